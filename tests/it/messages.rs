//! How messages look: in lines that are read, folded away on CI, and whole in the file for them.

use crate::support::{IndexServer, TestContext, WheelBuilder};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_message_has_twelve_lines_and_all_of_it_with_v() {
    let context = TestContext::new();
    let mut lock = "lock-version = \"1.0\"\ncreated-by = \"x\"\n".to_owned();
    for at in 0..30 {
        lock += &format!("[[packages]]\nname = \"p{at}\"\nversion = \"1.0\"\n");
        lock += &format!(
            "sdist = {{ url = \"https://corp.example/p{at}-1.0.tar.gz\", hashes = {{ sha256 = \"{at:064}\" }} }}\n"
        );
    }
    context.write("pylock.toml", lock);
    let install = |more: &[&str]| {
        let mut command = context.barrow();
        let output = command.args(["install", "--lock", "pylock.toml", "-t", "out"]).args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let told = text(&output.stderr);
        told[told.find("error: ").unwrap()..].to_owned()
    };
    let (short, whole) = (install(&[]), install(&["-v"]));
    assert!(short.lines().all(|line| line.chars().count() <= 100), "{short}");
    assert_eq!(short.lines().count(), 12, "{short}");
    assert!(short.contains("`-v` shows all of it") && short.contains("hint: allow building"), "{short}");
    assert!(whole.contains("`p29` ") && !whole.contains("`-v` shows"), "{whole}");
}

#[test]
fn details_are_folded_away_on_ci() {
    let context = TestContext::new();
    let index = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    let install = |variables: &[(&str, &str)], words: &[&str]| {
        let mut command = context.barrow();
        command.args(["install", "tiny", "-t", "out", "--index-url", &index.url()]).args(words);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        text(&output.stderr)
    };
    let github = install(&[("GITHUB_ACTIONS", "true")], &["-v"]);
    let lines: Vec<&str> = github.lines().collect();
    let mut is_open = false;
    for line in &lines {
        match *line {
            "::group::Details" => assert!(!std::mem::replace(&mut is_open, true), "{github}"),
            "::endgroup::" => assert!(std::mem::replace(&mut is_open, false), "{github}"),
            line if line.starts_with("Resolved ") || line.starts_with("Installed ") => assert!(!is_open, "{github}"),
            _ => {}
        }
    }
    assert!(!is_open && lines.contains(&"::group::Details"), "{github}");
    // What a run says without -v needs no folding, and a failure is never folded away.
    assert!(!install(&[("GITHUB_ACTIONS", "true")], &[]).contains("::group::"));
    let failed = install(&[("GITHUB_ACTIONS", "true")], &["-v", "tiny>2"]);
    assert!(failed.find("error: ").unwrap() > failed.rfind("::endgroup::").unwrap(), "{failed}");
    let gitlab = install(&[("GITLAB_CI", "true")], &["-v"]);
    let begins: Vec<&str> = gitlab.split("section_start:").skip(1).collect();
    assert!(!begins.is_empty() && begins.len() == gitlab.matches("section_end:").count(), "{gitlab}");
    let (time, rest) = begins[0].split_once(':').unwrap();
    assert!(
        time.parse::<i64>().is_ok() && rest.starts_with("barrow_1[collapsed=true]\r\u{1b}[0KDetails\n"),
        "{gitlab}"
    );
    assert!(!install(&[], &["-v"]).contains("section_start"));
}

#[test]
fn the_file_for_errors_has_all_that_failed_in_a_build() {
    let context = TestContext::new();
    let index = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    let toml = format!(
        "index-url = \"{}\"\n[[layer]]\nname = \"a\"\npackages = [\"tiny>3\"]\n[[layer]]\nname = \"b\"\npackages = [\"absent\"]\n",
        index.url()
    );
    context.write("barrow.toml", toml);
    let output = context.barrow().args(["build", "--error-file", "errors.txt"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let written = fs_err::read_to_string(context.path("errors.txt")).unwrap();
    for part in ["error: a (", "tiny>3", "error: b (", "`absent`", "error: 2 of 2 could not be built"] {
        assert!(written.contains(part), "{part}: {written}");
    }
    assert!(text(&output.stderr).ends_with(&written), "{written}");
}

#[test]
fn a_wrong_value_is_named_with_the_file_that_has_it() {
    let context = TestContext::new();
    context.write("app/handler.py", "");
    context.write("barrow.toml", "");
    let refused = |words: &[&str]| {
        let shown = context.run(context.barrow().args(words));
        assert!(shown.starts_with("exit code: 2"), "{shown}");
        shown
    };
    context.write("units.toml", "[defaults]\nmax-size = \"huge\"\n[[function]]\nsource = \"app\"\n");
    let shown = refused(&["build", "--units", "units.toml"]);
    assert!(shown.contains("units.toml:2: `huge` is not a size") && !shown.contains("barrow.toml"), "{shown}");
    context.write("units.toml", "\n[[function]]\nsource = \"app\"\nmax-size = \"huge\"\n");
    assert!(refused(&["build", "--units", "units.toml"]).contains("units.toml:4: `huge`"));
    context.write("units.toml", "\n[[function]]\nglob = \"no/*\"\n");
    assert!(refused(&["build", "--units", "units.toml"]).contains("units.toml:2: the pattern"));
    let terraform = |query: &str| {
        context.write("query.json", query);
        let file = fs_err::File::open(context.path("query.json")).unwrap();
        context.run(context.barrow().arg("terraform").stdin(std::process::Stdio::from(file.into_parts().0)))
    };
    let shown = terraform(r#"{"source": "app", "output": "o.zip", "max_size": "huge"}"#);
    assert!(shown.contains("invalid value for `max-size` from the query on standard input"), "{shown}");
}

#[test]
fn hints_about_a_finished_output_name_what_works_there() {
    let context = TestContext::new();
    let index = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    context.succeed(context.barrow().args(["install", "tiny", "-t", "out", "--index-url", &index.url()]));
    context.write(
        "osv.json",
        r#"{"id": "X-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "tiny"}, "versions": ["1.0"]}]}"#,
    );
    let audited = context.run(context.barrow().args(["audit", "out", "--osv", "osv.json"]));
    assert!(audited.contains("`barrow tree out --invert NAME`") && !audited.contains("barrow why"), "{audited}");
    let denied = context.run(context.barrow().args(["tree", "out", "--deny-license", "unknown"]));
    assert!(denied.contains("`barrow tree out --invert NAME`") && !denied.contains("barrow why"), "{denied}");
    context.succeed(context.barrow().args(["tree", "out", "--invert", "tiny"]));
}

#[test]
fn a_name_with_a_slip_is_answered_with_the_one_that_is_meant() {
    let context = TestContext::new();
    let index = IndexServer::new().file(WheelBuilder::new("requets", "1.0")).start();
    let install =
        |name: &str| context.run(context.barrow().args(["install", name, "-t", "out", "--index-url", &index.url()]));
    assert!(install("nunpy").contains("hint: did you mean `numpy`?"));
    assert!(!install("our-own-library").contains("did you mean"));
    // What is there is taken, however much it looks like another name.
    assert!(install("requets").starts_with("exit code: 0"));
    // A name that the project ties to an index of its own is no slip of a public one.
    context.write(
        "app/pyproject.toml",
        format!(
            "[project]\nname = \"app\"\nversion = \"1\"\ndependencies = [\"nunpy\"]\n[tool.uv.sources]\nnunpy = {{ index = \"corp\" }}\n[[tool.uv.index]]\nname = \"corp\"\nurl = \"{}\"\n",
            index.url()
        ),
    );
    let tied = context.run(context.barrow().args(["bundle", "app", "-o", "tied", "--index-url", &index.url()]));
    assert!(tied.contains("nunpy") && tied.starts_with("exit code: 1") && !tied.contains("did you mean"), "{tied}");
}
