//! `barrow build`, `barrow init` and `barrow terraform`: many outputs in one run, and one for Terraform.

use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::building::git;
use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

fn index() -> RunningIndex {
    IndexServer::new()
        .file(WheelBuilder::new("tiny", "1.0").file("tiny/__init__.py", "one"))
        .file(WheelBuilder::new("tiny", "2.0").file("tiny/__init__.py", "two"))
        .file(WheelBuilder::new("native", "1.0").tag("cp312-cp312-manylinux_2_17_x86_64").file("native/x86.py", ""))
        .file(WheelBuilder::new("native", "1.0").tag("cp312-cp312-manylinux_2_17_aarch64").file("native/arm.py", ""))
        .start()
}

fn run(context: &TestContext, arguments: &[&str]) -> Output {
    context.barrow().args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", crate::support::said(output)))
}

/// The states of all units, in order.
fn states(output: &Output) -> Vec<(String, String)> {
    let word = |unit: &Value, key: &str| unit[key].as_str().unwrap().to_owned();
    json(output)["units"].as_array().unwrap().iter().map(|unit| (word(unit, "name"), word(unit, "state"))).collect()
}

fn repository(context: &TestContext, index: &RunningIndex) {
    context.write("services/orders/app.py", "import tiny\n");
    context.write("services/orders/requirements.txt", "tiny==1.0\n");
    context.write("services/users/app.py", "");
    context.write("services/users/requirements.txt", "tiny\n");
    context.write("shared/python_only.py", "");
    context.write("packages.txt", "tiny==2.0  # pinned\n\n# nothing\nnative\n");
    context.write(
        "barrow.toml",
        format!(
            "index-url = \"{}\"\n\
             [defaults]\nruntime = \"python3.12\"\n\
             [[layer]]\nname = \"shared\"\nsource = \"shared\"\noutput = \"out/shared\"\n\
             [[layer]]\nnames-from = \"packages.txt\"\narch = [\"x86_64\", \"arm64\"]\noutput = \"out/layer-{{name}}\"\n\
             [[function]]\nglob = \"services/*\"\noutput = [\"out/{{name}}\", \"out/{{name}}.zip\"]\n",
            index.url()
        ),
    );
}

#[test]
fn every_unit_is_made_in_one_run() {
    let (context, index) = (TestContext::new(), index());
    repository(&context, &index);
    let listed = run(&context, &["build", "--list"]);
    assert!(listed.status.success() && text(&listed.stdout).lines().count() == 9, "{}", text(&listed.stdout));
    assert!(!context.path("out").exists());

    let built = run(&context, &["build", "--jobs", "3"]);
    assert!(built.status.success(), "{}", crate::support::said(&built));
    assert!(crate::support::said(&built).contains("9 of 9 are built"), "{}", crate::support::said(&built));
    for path in [
        "out/orders/app.py",
        "out/orders/tiny/__init__.py",
        "out/orders.zip",
        "out/users/tiny/__init__.py",
        "out/users.zip",
        "out/shared/python/python_only.py",
        "out/layer-tiny-python3.12-x86_64/python/tiny/__init__.py",
        "out/layer-native-python3.12-x86_64/python/native/x86.py",
        "out/layer-native-python3.12-arm64/python/native/arm.py",
    ] {
        assert!(context.path(path).exists(), "{path}: {}", crate::support::said(&built));
    }
    assert_eq!(fs_err::read_to_string(context.path("out/orders/tiny/__init__.py")).unwrap(), "one");
    assert_eq!(fs_err::read_to_string(context.path("out/users/tiny/__init__.py")).unwrap(), "two");
    // Two functions and four layers ask for one project: its page is asked for once.
    assert_eq!(
        index.requests().iter().filter(|request| request.path.ends_with("/tiny/")).count(),
        1,
        "{}",
        index.log()
    );

    context.write("services/users/app.py", "changed = True\n");
    let again = run(&context, &["build", "--json"]);
    for (name, state) in states(&again) {
        let expected = if name == "users" { "built" } else { "unchanged" };
        assert_eq!(state, expected, "{name}");
    }
}

/// What one unit makes is what `bundle` makes.
#[test]
fn a_unit_is_a_bundle() {
    let (context, index) = (TestContext::new(), index());
    repository(&context, &index);
    assert!(run(&context, &["build", "orders"]).status.success());
    let words = ["bundle", "services/orders", "-o", "alone.zip", "--runtime", "python3.12"];
    assert!(run(&context, &words).status.success());
    let bytes = |path: &str| fs_err::read(context.path(path)).unwrap();
    assert!(bytes("out/orders.zip") == bytes("alone.zip"));
    assert!(!context.path("out/users").exists());
}

#[test]
fn one_that_fails_stops_no_other() {
    let (context, index) = (TestContext::new(), index());
    repository(&context, &index);
    context.write("services/orders/requirements.txt", "absent\n");
    let output = run(&context, &["build", "orders", "users", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let units = json(&output);
    assert_eq!(units["units"][0]["state"], "failed");
    assert!(units["units"][0]["error"]["message"].as_str().unwrap().contains("orders"), "{units}");
    assert!(!context.path("out/orders").exists() && context.path("out/users/app.py").exists());
    let output = run(&context, &["build", "orders", "users"]);
    let told = crate::support::said(&output);
    assert!(told.contains("absent") && told.contains("2 of 4 could not be built"), "{told}");
}

/// What GitHub shows: each failure at its place, and a table of everything.
#[test]
fn github_gets_annotations_and_a_summary() {
    let (context, index) = (TestContext::new(), index());
    repository(&context, &index);
    context.write("services/orders/requirements.txt", "absent\n");
    context.write("summary.md", "before\n");
    let mut command = context.barrow();
    command.args(["build", "orders", "users", "--github"]).env("GITHUB_STEP_SUMMARY", context.path("summary.md"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stdout);
    assert_eq!(told.matches("::error ").count(), 2, "{told}");
    assert!(told.contains("title=barrow build::orders (python3.12, x86_64)") && told.contains("absent"), "{told}");
    let summary = fs_err::read_to_string(context.path("summary.md")).unwrap();
    assert!(summary.starts_with("before\n| unit | target | state |"), "{summary}");
    assert!(summary.contains("| orders | python3.12, x86_64 | **failed** |"), "{summary}");
    assert!(summary.contains("| users | python3.12, x86_64 | built | "), "{summary}");
}

/// A program that knows what is to be made has a file of its own for it; settings stay those of the user.
#[test]
fn units_of_another_file_have_the_settings_of_barrow_toml() {
    let (context, index) = (TestContext::new(), index());
    repository(&context, &index);
    context.write("elsewhere/units.toml", "[[function]]\nsource = \"services/orders\"\noutput = \"made\"\n");
    let output = run(&context, &["build", "--units", "elsewhere/units.toml"]);
    assert!(output.status.success(), "{}", crate::support::said(&output));
    assert!(context.path("made/tiny/__init__.py").is_file() && !context.path("out").exists());
    context.write("elsewhere/units.toml", "runtime = \"python3.12\"\n");
    let output = run(&context, &["build", "--units", "elsewhere/units.toml"]);
    assert!(
        output.status.code() == Some(2)
            && crate::support::said(&output).contains("units.toml:1: `runtime` belongs into")
    );
}

#[test]
fn what_cannot_be_read_names_its_line() {
    let context = TestContext::new();
    let check = |toml: &str, part: &str| {
        context.write("barrow.toml", toml);
        let output = run(&context, &["build"]);
        let told = crate::support::said(&output);
        assert!(output.status.code() == Some(2) && told.contains(part), "{toml}: {told}");
    };
    context.write("a/app.py", "");
    check("runtime = \"python3.12\"\n", "barrow init");
    check(
        "[[function]]\nname = \"a\"\nsauce = \"a\"\n",
        "barrow.toml:3: unknown setting `sauce`: did you mean `source`?",
    );
    check("[[function]]\nsource = \"nowhere\"\n", "barrow.toml:1: the source");
    check("[[function]]\nglob = \"x/*\"\n", "matches no folder");
    check("[[function]]\nsource = \"a\"\n[[layer]]\nsource = \"a\"\n", "two units of the name `a`");
    check("[[layer]]\nname = \"x\"\n", "neither a `source` nor anything that it requires");
    check("[[function]]\nsource = \"a\"\nruntime = \"python2.7\"\n", "barrow.toml:3");
    check(
        "[[function]]\nsource = \"a\"\noutput = \"o\"\n[[function]]\nname = \"b\"\nsource = \"a\"\noutput = \"o\"\n",
        "would both be made into",
    );
    let within = |output: &str| {
        let units = format!("[[layer]]\nname = \"b\"\nsource = \"a\"\noutput = \"{output}\"\n");
        check(&format!("{units}[[function]]\nsource = \"a\"\noutput = \"o\"\n"), "within the output of a (");
    };
    within("o/inner");
    within("o/layers/b.zip");
    context.write("barrow.toml", "[[function]]\nsource = \"a\"\n");
    let output = run(&context, &["build", "b"]);
    assert!(output.status.code() == Some(2) && crate::support::said(&output).contains("there are: a"));
}

#[test]
fn only_what_has_changed_since_a_revision() {
    let (context, index) = (TestContext::new(), index());
    repository(&context, &index);
    let git = |arguments: &[&str]| _ = git(&context, "", arguments);
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "first"]);
    let names = || {
        let output = run(&context, &["build", "--list", "--json", "--changed-since", "HEAD"]);
        let units = json(&output)["units"].as_array().unwrap().clone();
        let mut names: Vec<String> = units.iter().map(|unit| unit["name"].as_str().unwrap().to_owned()).collect();
        names.dedup();
        names
    };
    assert!(names().is_empty());
    context.write("services/users/more.py", "");
    assert_eq!(names(), ["users"]);
    context.write("shared/python_only.py", "x = 1\n");
    assert_eq!(names(), ["users", "shared"]);
    // A source beside the folder of barrow.toml is the same folder by whatever way it is named.
    context.write("deploy/barrow.toml", "[[layer]]\nname = \"beside\"\nsource = \"../shared\"\noutput = \"out\"\n");
    let output = context
        .barrow()
        .args(["build", "--list", "--changed-since", "HEAD"])
        .current_dir(context.path("deploy"))
        .output();
    let output = output.unwrap();
    assert!(text(&output.stdout).contains("beside"), "{}", crate::support::said(&output));
    let output = run(&context, &["build", "--changed-since", "no-such-revision"]);
    assert!(output.status.code() == Some(1) && crate::support::said(&output).contains("no-such-revision"));
}

#[test]
fn no_settings_file_is_read_where_that_is_said() {
    let (context, index) = (TestContext::new(), index());
    repository(&context, &index);
    for command in [["build", "--list"], ["sam", "build"]] {
        let output = context.barrow().args(command).arg("--no-config").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}: {}", text(&output.stdout));
    }
    let output = context.barrow().args(["build", "--list"]).env("BARROW_NO_CONFIG", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
}

#[test]
fn init_writes_what_build_can_read() {
    let (context, index) = (TestContext::new(), index());
    repository(&context, &index);
    fs_err::remove_file(context.path("barrow.toml")).unwrap();
    let output = run(&context, &["init"]);
    assert!(output.status.success(), "{}", crate::support::said(&output));
    let listed = text(&run(&context, &["build", "--list"]).stdout);
    assert!(listed.contains("services-orders") && listed.contains("services-users"), "{listed}");
    assert_eq!(
        text(&output.stdout),
        fs_err::read_to_string(context.path("barrow.toml")).unwrap(),
        "what it wrote is printed"
    );
    let output = run(&context, &["init"]);
    assert!(output.status.code() == Some(2) && crate::support::said(&output).contains("--force"));
}

/// The protocol as Terraform speaks it: one object of texts in, one out, twice with equal results.
#[test]
fn terraform_gets_a_flat_answer() {
    let (context, index) = (TestContext::new(), index());
    repository(&context, &index);
    let ask = |query: &str| {
        let mut child = context.barrow();
        let child = child.arg("terraform").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        child.stdin.take().unwrap().write_all(query.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let query = |out: &str| {
        format!(
            "{{\"source\": \"services/orders\", \"output\": \"{out}\", \"runtime\": \"python3.12\", \"arch\": \"arm64\", \
             \"exclude_package\": \"\", \"exclude_runtime\": \"false\"}}"
        )
    };
    let (first, second) = (ask(&query("a.zip")), ask(&query("b/b.zip")));
    assert!(first.status.success(), "{}", crate::support::said(&first));
    let (first, second) = (json(&first), json(&second));
    for key in ["sha256", "sha256_base64", "size", "fingerprint", "runtime", "arch"] {
        assert!(first[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {first}");
        assert_eq!(first[key], second[key], "{key}");
    }
    assert!(first.as_object().unwrap().values().all(Value::is_string));
    assert_eq!(first["arch"], "arm64");
    assert!(context.path("a.zip").is_file() && context.path("b/b.zip").is_file());
    // Commas stand between requirements, and within one.
    for packages in ["tiny>=1,<2", "tiny>=1,<2\\nnative", "tiny==1.0,native"] {
        let answer = ask(&format!(
            "{{\"source\": \"services/users\", \"output\": \"c.zip\", \"runtime\": \"python3.12\", \"packages\": \"{packages}\"}}"
        ));
        assert!(answer.status.success(), "{packages}: {}", crate::support::said(&answer));
    }
    for (query, part) in [
        ("[]", "flat JSON object"),
        ("", "there is nothing on standard input"),
        (
            "{\"source\": \"shared\", \"output\": \"a.zip\", \"exclude_runtime\": true}",
            "`exclude_runtime` of the query must be a text",
        ),
        (
            "{\"source\": \"shared\", \"output\": \"a.zip\", \"exclude\": [\"x\"]}",
            "`exclude` of the query must be a text, and is",
        ),
        ("{\"source\": \"services/orders\"}", "`output`"),
        ("{\"source\": \"nowhere\", \"output\": \"a.zip\"}", "there is no folder `nowhere`"),
        ("{\"source\": \"shared\", \"output\": \"a.zip\", \"colour\": \"red\"}", "`colour`"),
    ] {
        let output = ask(query);
        assert!(output.status.code() == Some(2) && output.stdout.is_empty(), "{query}");
        assert!(crate::support::said(&output).contains(part), "{query}: {}", crate::support::said(&output));
    }
}

/// A lock named in the file counts like one on the command line, and `-r` there takes its place.
#[test]
fn a_unit_can_name_its_lock() {
    let (context, index) = (TestContext::new(), index());
    context.write("app/app.py", "");
    context.write("newest.txt", "tiny\n");
    context.write("locks/README", "");
    let settings = ["--index-url", &index.url(), "--runtime", "python3.12"];
    let locked = run(&context, &[&["lock", "tiny==1.0", "-o", "locks/pylock.toml"][..], &settings].concat());
    assert!(locked.status.success(), "{}", crate::support::said(&locked));
    let lock = "lock = \"locks/pylock.toml\"\n";
    let url = index.url();
    let unit = format!(
        "index-url = \"{url}\"\nruntime = \"python3.12\"\n[[function]]\nsource = \"app\"\n{lock}output = \"out\"\n"
    );
    context.write("barrow.toml", unit);
    let built = run(&context, &["build"]);
    assert!(built.status.success(), "{}", crate::support::said(&built));
    assert_eq!(fs_err::read_to_string(context.path("out/tiny/__init__.py")).unwrap(), "one");

    context.write("barrow.toml", lock);
    for (arguments, content) in [(&[][..], "one"), (&["-r", "newest.txt"], "two")] {
        let made = run(&context, &[&["bundle", "app", "-o", "made"][..], &settings, arguments].concat());
        assert!(made.status.success(), "{}", crate::support::said(&made));
        assert_eq!(fs_err::read_to_string(context.path("made/tiny/__init__.py")).unwrap(), content);
    }
    context.write("barrow.toml", "lock = \"requirements.txt\"\n");
    let refused = run(&context, &["bundle", "app", "-o", "made"]);
    assert!(crate::support::said(&refused).contains("not named like a lock"), "{}", crate::support::said(&refused));
}
