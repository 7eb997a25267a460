//! `pylock.toml`: written by `lock`, read by everything else, and the same bundle either way.

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder, said};

fn index() -> RunningIndex {
    IndexServer::new()
        .file(WheelBuilder::new("app", "1.0").requires("dep>=1").requires("gone; sys_platform == 'win32'"))
        .file(WheelBuilder::new("dep", "1.0"))
        .file(WheelBuilder::new("dep", "1.5"))
        .start()
}

#[test]
fn a_locked_function_is_the_same_bundle() {
    let context = TestContext::new();
    let index = index();
    context.write("function/handler.py", "import app\n");
    let requirements = context.write("requirements.txt", "app\n");
    let bundle = |out: &str, more: &[&str]| {
        context.succeed(context.barrow().args(["bundle", "function", "-o", out]).args(more));
        context.tree(out)
    };
    let url = index.url();
    let resolved = bundle("resolved", &["-r", "requirements.txt", "--index-url", &url]);

    let mut lock = context.barrow();
    context.succeed(lock.args(["lock", "-r"]).arg(&requirements).args(["--index-url", &url, "-o", "pylock.toml"]));
    let requests = index.requests().len();
    let locked = bundle("locked", &["-r", "pylock.toml", "--index-url", &url]);
    assert_eq!(resolved, locked);
    assert_eq!(index.requests().len(), requests, "what is locked and cached needs no network");

    // The lock in the source folder comes before its requirements.
    fs_err::copy(context.path("pylock.toml"), context.path("function/pylock.toml")).unwrap();
    context.write("function/requirements.txt", "no-such-name\n");
    let output =
        context.barrow().args(["bundle", "function", "-o", "found", "--offline", "--frozen"]).output().unwrap();
    assert!(output.status.success(), "{}", context.show(&output));
    assert!(said(&output).contains("Using function/pylock.toml"));
}

#[test]
fn a_lock_for_another_target_is_refused() {
    let context = TestContext::new();
    let index = index();
    let lock = ["lock", "app", "--runtime", "python3.12", "--arch", "arm64", "--index-url", &index.url()];
    context.succeed(context.barrow().args(lock));
    for target in [["--runtime", "python3.13"], ["--arch", "x86_64"]] {
        let mut install = context.barrow();
        install.env("BARROW_RUNTIME", "python3.12").env("BARROW_ARCH", "arm64");
        install.args(["install", "-r", "pylock.toml", "-t", "out"]).args(target);
        let output = install.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", context.show(&output));
        assert!(!context.path("out").exists());
    }
}

#[test]
fn versions_of_an_existing_lock_stay_until_they_are_upgraded() {
    let context = TestContext::new();
    let old = IndexServer::new()
        .file(WheelBuilder::new("app", "1.0").requires("dep>=1"))
        .file(WheelBuilder::new("dep", "1.0"))
        .start();
    let new = index();
    let lock = |server: &RunningIndex, format: &str, more: &[&str]| {
        let mut command = context.barrow();
        command.args(["lock", "app", "--no-cache", "--format", format, "-o", "thelock", "--index-url", &server.url()]);
        let output = command.args(more).output().unwrap();
        (output.status.code().unwrap(), fs_err::read_to_string(context.path("thelock")).unwrap_or_default())
    };
    for (format, pin_old, pin_new) in [
        ("requirements", "dep==1.0", "dep==1.5"),
        ("pylock", "dep-1.0-py3", "dep-1.5-py3"),
        ("json", "dep-1.0-py3", "dep-1.5-py3"),
    ] {
        let _ = fs_err::remove_file(context.path("thelock"));
        assert!(lock(&old, format, &[]).1.contains(pin_old), "{format}");
        assert!(lock(&new, format, &[]).1.contains(pin_old), "{format}: kept");
        assert!(lock(&new, format, &["--upgrade-package", "app"]).1.contains(pin_old), "{format}: another one");
        let before = fs_err::read_to_string(context.path("thelock")).unwrap();
        assert_eq!(lock(&new, format, &["--check"]).0, 0, "{format}: up to date");
        assert_eq!(lock(&new, format, &["--check", "--upgrade"]), (1, before), "{format}: would change");
        assert!(lock(&new, format, &["-P", "dep"]).1.contains(pin_new), "{format}: upgraded");
    }
}

#[test]
fn a_lock_stands_alone() {
    let context = TestContext::new();
    context.write("pylock.toml", "lock-version = \"1.0\"\ncreated-by = \"x\"\n");
    for more in [&["extra-name"][..], &["-c", "c.txt"], &["-r", "other.txt"]] {
        let mut command = context.barrow();
        let output = command.args(["install", "-t", "out", "-r", "pylock.toml"]).args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", context.show(&output));
    }
    for name in ["uv.lock", "poetry.lock", "Pipfile.lock"] {
        let context = TestContext::new();
        context.write(&format!("function/{name}"), "");
        context.write("function/requirements.txt", "");
        let output = context.barrow().args(["bundle", "function", "-o", "out"]).output().unwrap();
        let shown = context.show(&output);
        assert!(output.status.code() == Some(2) && shown.contains(name) && shown.contains("hint: `"), "{shown}");
    }
}

#[test]
fn a_lock_tells_when_its_inputs_changed() {
    let (context, index) = (TestContext::new(), index());
    let lock = |more: &[&str]| {
        let mut command = context.barrow();
        command.args(["lock", "-o", "app/pylock.toml", "--index-url", &index.url()]).args(more);
        context.succeed(&mut command);
        fs_err::read_to_string(context.path("app/pylock.toml")).unwrap()
    };
    let bundle = |more: &[&str]| {
        let output = context.barrow().args(["bundle", "app", "-o", "out"]).args(more).output().unwrap();
        (output.status.code(), said(&output))
    };
    let changes = |file: &str, text: &str, told: &str| {
        let before = fs_err::read(context.path(file)).unwrap();
        context.write(file, text);
        let (code, shown) = bundle(&[]);
        let is_told = shown.contains("`app/pylock.toml` is out of date") && shown.contains(told);
        assert!(if told.is_empty() { code == Some(0) } else { code == Some(1) && is_told }, "{file} {text}: {shown}");
        assert_eq!(bundle(&["--frozen"]).0, Some(0));
        context.write(file, before);
    };
    context.write("app/handler.py", "import app\n");
    context.write("app/requirements.txt", "-r more/base.txt\n-c limits.txt\nApp\n");
    context.write("app/more/base.txt", "dep>=1\n");
    context.write("app/limits.txt", "dep<9\n");
    let written = lock(&["-r", "app/requirements.txt"]);
    assert!(written.contains("[tool.barrow.inputs]\nrequirements = [\"requirements.txt\"]\nsha256 = \""), "{written}");
    // An absolute name is the same input.
    assert_eq!(lock(&["-r", context.path("app/requirements.txt").to_str().unwrap()]), written);
    assert_eq!(bundle(&[]).0, Some(0));

    changes("app/requirements.txt", "# order\n-c limits.txt\n  app   # and words\n-r more/base.txt\n", "");
    changes(
        "app/requirements.txt",
        "-r more/base.txt\n-c limits.txt\napp>=2\n",
        "app/requirements.txt:3 asks for `app>=2`, the lock has app 1.0",
    );
    changes(
        "app/requirements.txt",
        "-r more/base.txt\n-c limits.txt\napp\nnew\n",
        "app/requirements.txt:4 asks for `new`, the lock does not have it",
    );
    changes(
        "app/requirements.txt",
        "-r more/base.txt\n-c limits.txt\n",
        "app/requirements.txt asked for something else",
    );
    changes("app/more/base.txt", "dep==1.0\n", "app/more/base.txt:1 asks for `dep==1.0`, the lock has dep 1.5");
    changes("app/limits.txt", "dep<1.5\n", "app/limits.txt:1 asks for `dep<1.5`, the lock has dep 1.5");
    let hint = "`barrow lock -r app/requirements.txt -o app/pylock.toml` and the options that it was made with";
    changes("app/limits.txt", "dep<1.5\n", hint);

    // What cannot be read says nothing, and neither does what is gone; nor do those who keep no such note.
    context.write("app/limits.txt", "dep<\n");
    let (code, shown) = bundle(&[]);
    assert!(code == Some(0) && shown.contains("whether `app/pylock.toml` is up to date is not known"), "{shown}");
    fs_err::remove_file(context.path("app/requirements.txt")).unwrap();
    let (code, shown) = bundle(&[]);
    assert!(code == Some(0) && !shown.contains("warning"), "{shown}");
    context.write("app/requirements.txt", "other\n");
    assert_eq!(bundle(&[]).0, Some(1));
    context.write("app/pylock.toml", &written[..written.find("\n[tool.barrow.inputs]").unwrap()]);
    assert_eq!(bundle(&[]).0, Some(0));
}

#[test]
fn a_lock_notes_which_parts_of_a_project_it_is_of() {
    let (context, index) = (TestContext::new(), index());
    let project = "[project]\nname = \"p\"\nversion = \"1\"\ndependencies = [\"app\"]\n[project.optional-dependencies]\n\
                   more = [\"dep\"]\nrest = [\"gone\"]\n[dependency-groups]\nprod = [\"dep>=1.5\"]\ndev = [\"gone\"]\n";
    context.write("pyproject.toml", project);
    let mut lock = context.barrow();
    lock.args([
        "lock",
        "-r",
        "pyproject.toml",
        "--extra",
        "more",
        "--group",
        "prod",
        "--index-url",
        &index.url(),
        "dep",
    ]);
    context.succeed(&mut lock);
    let written = fs_err::read_to_string(context.path("pylock.toml")).unwrap();
    assert!(
        written.contains("\nproject = \"pyproject.toml\"\nextras = [\"more\"]\ngroups = [\"prod\"]\n"),
        "{written}"
    );
    let install = |now: &str| {
        context.write("pyproject.toml", now);
        let output = context.barrow().args(["install", "-r", "pylock.toml", "-t", "out"]).output().unwrap();
        (output.status.code(), said(&output))
    };
    assert_eq!(install(project).0, Some(0));
    assert_eq!(install(&project.replace("[\"gone\"]", "[\"gone>=2\"]")).0, Some(0), "parts that nobody chose");
    for (old, new) in [("[\"dep\"]", "[\"dep<1.5\"]"), ("dep>=1.5", "dep>=2"), ("[\"app\"]", "[\"app\", \"new\"]")] {
        let (code, shown) = install(&project.replace(old, new));
        assert!(code == Some(1) && shown.contains("pyproject.toml:"), "{new}: {shown}");
        assert!(shown.contains("`barrow lock -r pyproject.toml --extra more --group prod -o pylock.toml`"), "{shown}");
    }
}

#[test]
fn what_a_lock_notes_holds_no_secret() {
    let (context, index) = (TestContext::new(), index());
    let url = index.url().replace("/simple/", "/files/app-1.0-py3-none-any.whl");
    let lock = |requirement: &str, token: &str| {
        context.write("requirements.txt", requirement);
        let mut command = context.barrow();
        command.args(["lock", "-r", "requirements.txt", "--index-url", &index.url()]).env("TOKEN", token);
        context.succeed(&mut command);
        fs_err::read_to_string(context.path("pylock.toml")).unwrap()
    };
    let with = |user: &str| format!("app @ {}\n", url.replace("http://", &format!("http://{user}")));
    assert_eq!(lock(&with("me:first@"), ""), lock(&with("me:second@"), ""));
    assert_eq!(lock(&with("me:${TOKEN}@"), "s3cr3t-first"), lock(&with("me:${TOKEN}@"), "s3cr3t-second"));
}

#[test]
fn a_lock_is_the_same_in_whatever_order_targets_are_named() {
    let context = TestContext::new();
    let native = |version: &str, tag: &str| WheelBuilder::new("native", version).tag(tag);
    let index = IndexServer::new()
        .file(native("1.0", "cp312-cp312-manylinux_2_17_x86_64"))
        .file(native("1.0", "cp313-cp313-manylinux_2_17_x86_64"))
        .file(native("1.5", "cp313-cp313-manylinux_2_17_x86_64"))
        .file(native("1.0", "cp312-cp312-manylinux_2_17_aarch64"))
        .file(native("1.5", "cp313-cp313-manylinux_2_17_aarch64"))
        .start();
    let lock = |targets: &[&str], more: &[&str]| {
        let mut command = context.barrow();
        command.args(["lock", "native", "-o", "pylock.toml", "--index-url", &index.url()]).args(targets).args(more);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", context.show(&output));
        fs_err::read_to_string(context.path("pylock.toml")).unwrap()
    };
    let orders: [&[&str]; 3] = [
        &["--runtime", "python3.12", "--runtime", "python3.13", "--arch", "x86_64", "--arch", "arm64"],
        &["--runtime", "python3.13", "--runtime", "python3.12", "--arch", "x86_64", "--arch", "arm64"],
        &["--arch", "arm64", "--arch", "x86_64", "--runtime", "python3.13", "--runtime", "python3.12"],
    ];
    let written: Vec<String> = orders
        .iter()
        .map(|order| {
            let _ = fs_err::remove_file(context.path("pylock.toml"));
            lock(order, &[])
        })
        .collect();
    assert!(written.iter().all(|text| *text == written[0]), "{written:#?}");
    // Line ends that an editor or git has put there are no other lock.
    context.write("pylock.toml", written[0].replace('\n', "\r\n"));
    lock(orders[1], &["--check"]);
}

#[test]
fn flags_that_choose_nothing_of_a_lock_are_named() {
    let (context, index) = (TestContext::new(), index());
    context.succeed(context.barrow().args(["lock", "app", "--index-url", &index.url()]));
    let install = |more: &[&str]| {
        let output = context.barrow().args(["install", "-t", "out", "-r", "pylock.toml"]).args(more).output().unwrap();
        said(&output)
    };
    let told = install(&["--resolution", "lowest", "--exclude-newer", "2020-01-01", "--pre"]);
    let warning =
        "warning: `pylock.toml` is a lock, of which these flags choose nothing: --exclude-newer, --pre, --resolution";
    assert!(told.contains(warning), "{told}");
    assert!(!install(&["--frozen", "--offline"]).contains("choose nothing"));
    context.write("barrow.toml", "resolution = \"lowest\"\n");
    assert!(!install(&[]).contains("choose nothing"), "settings are for other runs too");
}
