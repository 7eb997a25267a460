//! What people mean by a word that names a file or a folder.

use crate::support::{IndexServer, TestContext, WheelBuilder};

fn run(context: &TestContext, arguments: &[&str]) -> String {
    context.run(context.barrow().args(arguments).arg("--no-index"))
}

#[test]
fn a_folder_is_no_package() {
    let context = TestContext::new();
    context.write("app/handler.py", "");
    context.write("app/requirements.txt", "tiny\n");
    context.write("code/handler.py", "");
    insta::assert_snapshot!(run(&context, &["tree", "app"]), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: `app` is a folder here, and `barrow tree` takes names of packages
    hint: for what the folder requires, `-r app/requirements.txt`
    hint: for the package of that name, write it with a version: `app>=0`
    ");
    for command in [&["lock"][..], &["why"], &["install", "-t", "out"]] {
        let shown = run(&context, &[command, &["app/"]].concat());
        let is_name = command == ["why"];
        let expected = if is_name { "not a valid" } else { "`app/` is a folder here" };
        assert!(shown.starts_with("exit code: 2") && (shown.contains(expected) || is_name), "{command:?}: {shown}");
    }
    insta::assert_snapshot!(run(&context, &["why", "code"]), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: `code` is a folder here, and `barrow why` takes names of packages
    hint: for the package of that name, write it with a version: `code>=0`
    ");
    // No package is called like a path.
    context.write("requirements.txt", "tiny\n");
    for (arguments, told) in [
        (["tree", "."].as_slice(), "`-r ./requirements.txt`"),
        (&["tree", "./"], "`-r ./requirements.txt`"),
        (&["why", "tiny", "."], "`-r ./requirements.txt`"),
        (
            &["install", "-t", "out", "-r", "."],
            "it is a folder, which has a `requirements.txt`: name that, `./requirements.txt`",
        ),
    ] {
        let shown = run(&context, arguments);
        assert!(shown.starts_with("exit code: 2") && shown.contains(told), "{arguments:?}: {shown}");
        assert!(!shown.contains(">=0"), "{arguments:?}: {shown}");
    }
    // What could be built is meant as for pip, by its path.
    context.write("lib/pyproject.toml", "[project]\nname = \"lib\"\nversion = \"1.0\"\n");
    for arguments in [["install", "./lib", "-t", "out", "--no-build"], ["layer", "./lib", "-o", "out", "--no-build"]] {
        let shown = run(&context, &arguments);
        assert!(shown.starts_with("exit code: 1"), "{arguments:?}: {shown}");
    }
    let here =
        context.barrow().current_dir(context.path("lib")).args(["layer", ".", "-o", "out", "--no-build"]).output();
    assert_eq!(here.unwrap().status.code(), Some(1));
    // A path leads to a project, or to what states requirements.
    for arguments in [
        ["tree", "./app"].as_slice(),
        &["audit", "../{here}/app/"],
        &["lock", "./app", "-o", "pylock.toml"],
        &["why", "tiny", "./app"],
        &["install", "./app", "-t", "out"],
    ] {
        let here = context.path("").file_name().unwrap().to_string_lossy().into_owned();
        let words: Vec<String> = arguments.iter().map(|word| word.replace("{here}", &here)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let shown = run(&context, &words);
        assert!(shown.starts_with("exit code: 2") && shown.contains("app/requirements.txt`"), "{arguments:?}: {shown}");
        assert!(!shown.contains(">=0"), "{arguments:?}: {shown}");
    }
    // The way out, and a folder that only bears the name.
    fs_err::create_dir(context.path("tiny")).unwrap();
    for word in ["code>=0", "tiny"] {
        assert!(run(&context, &["tree", word]).starts_with("exit code: 1"), "{word}");
    }
}

#[test]
fn a_file_is_named_with_r() {
    let context = TestContext::new();
    context.write("requirements.txt", "tiny\n");
    insta::assert_snapshot!(run(&context, &["install", "-t", "z", "requirements.txt"]), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: `requirements.txt` is a file, and `barrow install` takes names of packages here
    hint: name it with `-r requirements.txt`
    ");
}

#[test]
fn outputs_that_lambda_does_not_take() {
    let context = TestContext::new();
    context.write("app/handler.py", "");
    insta::assert_snapshot!(run(&context, &["bundle", "app", "-o", "x.tar.gz"]), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: `x.tar.gz` is the name of an archive that Lambda does not take
    hint: barrow writes folders, and zips when the name ends in .zip or `--zip` is given
    ");
    insta::assert_snapshot!(run(&context, &["bundle", "app", "-o", "-"]), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: a bundle cannot be written to standard output
    hint: name a folder, or a file that ends in .zip; `./-` is the folder of that name
    ");
}

#[test]
fn a_mirror_is_not_made_in_a_source() {
    let context = TestContext::new();
    context.write("app/handler.py", "");
    context.write("requirements.txt", "tiny\n");
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    let mut command = context.barrow();
    command.args(["mirror", "-r", "requirements.txt", "-o", "app", "--index-url", &server.url()]);
    barrow_snapshot!(context, &mut command, @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Resolved 1 package for python3.14 on x86_64
    error: `app` holds `handler.py` and is no mirror of barrow
    hint: name an empty or new folder, or begin the mirror beside what is there with --force
    ");
    assert_eq!(fs_err::read_dir(context.path("app")).unwrap().count(), 1);
}
