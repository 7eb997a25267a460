//! Requirements files as users have them: files by URL, option lines, direct references, and what is wrong in them.

use crate::support::{BuiltFile, IndexServer, RunningIndex, SdistBuilder, TestContext, WheelBuilder, has};

/// Locks `requirements.txt` to standard output.
fn lock(context: &TestContext, requirements: &str, more: &[&str]) -> String {
    context.write("requirements.txt", requirements);
    let mut command = context.barrow();
    command.args(["lock", "-r", "requirements.txt", "--format", "requirements", "-o", "-", "--no-annotate"]);
    context.run(command.args(more))
}

/// The pins of a run that succeeded, one after the other.
fn pins(shown: &str) -> String {
    assert!(shown.contains("exit code: 0"), "{shown}");
    let lines = shown.lines().skip(2).take_while(|line| !line.starts_with("-----"));
    lines.filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join(" ")
}

/// A text that the index server offers as a file.
fn text(filename: &str, text: &str) -> BuiltFile {
    BuiltFile {
        project: "texts".to_owned(),
        filename: filename.to_owned(),
        bytes: text.as_bytes().to_vec(),
        metadata: None,
        requires_python: None,
    }
}

/// `a` and `b` in two versions each.
fn two_projects() -> IndexServer {
    ["a", "b"].into_iter().fold(IndexServer::new(), |server, name| {
        server.file(WheelBuilder::new(name, "1.0")).file(WheelBuilder::new(name, "2.0"))
    })
}

fn file_url(server_url: &str, name: &str) -> String {
    server_url.replace("/simple/", &format!("/files/{name}"))
}

#[test]
fn files_behind_urls() {
    let server = two_projects()
        .file(text("top.txt", "-r more.txt\na\n"))
        .file(text("more.txt", "b\n-c limits.txt\n"))
        .file(text("limits.txt", "a<2\n"))
        .file(text("broken.txt", "# fine\na=1\n-r absent.txt\n"))
        .credentials("reader", "s3cret")
        .start();
    let index = server.url_with("reader", "s3cret");
    let context = TestContext::new();
    let top = file_url(&index, "top.txt");
    assert_eq!(pins(&lock(&context, &format!("-r {top}\n"), &["--index-url", &index])), "a==1.0 b==2.0");

    let mut command = context.barrow();
    command.args(["lock", "-r", &top, "-c", &file_url(&index, "limits.txt"), "--format", "requirements", "-o", "-"]);
    let shown = context.run(command.args(["--index-url", &index]));
    has(&shown, &["exit code: 0", "a==1.0\n    # via -r http://reader:****@127.0.0.1:[PORT]/files/top.txt"]);
    assert!(!shown.contains("s3cret"), "{shown}");

    let shown = lock(&context, &format!("-r {}\n", file_url(&index, "broken.txt")), &["--index-url", &index]);
    has(&shown, &["exit code: 2", "/files/broken.txt:2:2: `=` is not a version operator", "hint: write `==1`"]);
    has(&shown, &["/files/broken.txt:3:4: failed to read", "answered with status 404"]);
    assert!(!shown.contains("s3cret"), "{shown}");

    let shown = lock(&context, &format!("-r {}\n", file_url(&server.url(), "top.txt")), &["--index-url", &index]);
    has(&shown, &["exit code: 2", "requirements.txt:1:4: failed to read", "401"]);
}

#[test]
fn files_by_path_and_file_url() {
    let server = two_projects().start();
    let context = TestContext::new();
    let limits = context.write("limits/b limits.txt", "b<2\n");
    context.write("sub/more.txt", "b\n-r ../again.txt\n-c ../limits/a.txt\n");
    context.write("limits/a.txt", "a!=2.0\n");
    context.write("again.txt", "\u{feff}a # once more\r\n");
    let url = format!("file://{}", limits.display()).replace(' ', "%20");
    let requirements = format!("-r sub/more.txt\n--constraint={url}\n");
    assert_eq!(pins(&lock(&context, &requirements, &["--index-url", &server.url()])), "a==1.0 b==1.0");

    context.write("again.txt", "-r requirements.txt\n");
    let shown = lock(&context, "-r again.txt\n", &["--index-url", &server.url()]);
    has(&shown, &["exit code: 2", "again.txt:1:4:", "`requirements.txt` includes itself"]);
}

#[test]
fn indexes_and_links_of_files() {
    let (server, other) = (two_projects().start(), IndexServer::new().file(WheelBuilder::new("c", "1.0")).start());
    let context = TestContext::new();
    let wheel = WheelBuilder::new("d", "1.0").build();
    context.write("sub/wheels/d-1.0-py3-none-any.whl", &wheel.bytes);

    // The file's own index replaces the one that was set elsewhere, which is said aloud.
    let shown = lock(&context, &format!("-i {}\nc\n", other.url()), &["--index-url", &server.url()]);
    assert_eq!(pins(&shown), "c==1.0");
    has(&shown, &["warning: the --index-url of a requirements file replaces"]);
    let extra = format!("--extra-index-url \"{}\"\na\nc\n", other.url());
    assert_eq!(pins(&lock(&context, &extra, &["--index-url", &server.url()])), "a==2.0 c==1.0");

    // Relative to the file that says so.
    context.write("sub/more.txt", "--find-links=wheels\nd\n");
    assert_eq!(pins(&lock(&context, "-r sub/more.txt\na\n", &["--index-url", &server.url()])), "a==2.0 d==1.0");
    assert_eq!(pins(&lock(&context, "-r sub/more.txt\n--no-index\n", &["--index-url", &server.url()])), "d==1.0");
    let asked = server.requests().len();
    let shown = lock(&context, "-r sub/more.txt\n--no-index\na\n", &["--index-url", &server.url()]);
    has(&shown, &["exit code: 1", "no index was asked for `a`"]);
    assert_eq!(server.requests().len(), asked, "--no-index asks no index");

    // A name from the environment stays out of messages.
    let mut command = context.barrow();
    context.write("requirements.txt", "--index-url http://user:${TOKEN}@127.0.0.1:1/simple/\na\n");
    command.args(["lock", "-r", "requirements.txt", "--format", "requirements", "-v"]).env("TOKEN", "hidden-t0ken");
    let shown = context.run(&mut command);
    has(&shown, &["exit code: 1"]);
    assert!(!shown.contains("hidden-t0ken"), "{shown}");
}

#[test]
fn which_versions_and_files_options_of_files_allow() {
    let server = IndexServer::new()
        .file(WheelBuilder::new("early", "1.0"))
        .file(WheelBuilder::new("early", "2.0b1"))
        .file(WheelBuilder::new("only-early", "1.0a1"))
        .file(SdistBuilder::new("early", "1.0"))
        .start();
    let context = TestContext::new();
    let check = |requirements: &str, more: &[&str], expected: Result<&str, &str>| {
        let arguments: Vec<&str> = more.iter().copied().chain(["--index-url"]).collect();
        let url = server.url();
        let arguments: Vec<&str> = arguments.into_iter().chain([url.as_str()]).collect();
        let shown = lock(&context, requirements, &arguments);
        match expected {
            Ok(expected) => assert_eq!(pins(&shown), expected, "{requirements}"),
            Err(expected) => has(&shown, &["exit code: 1", expected]),
        }
    };
    check("early\n", &[], Ok("early==1.0"));
    check("--pre\nearly\n", &[], Ok("early==2.0b1"));
    check("--all-releases early\nearly\n", &[], Ok("early==2.0b1"));
    check("--all-releases :all:\nearly\n", &[], Ok("early==2.0b1"));
    check("--all-releases :all:\n--only-final early\nearly\nonly-early", &[], Ok("early==1.0 only-early==1.0a1"));
    check("--only-final only-early\nonly-early\n", &[], Err("it is a pre-release"));
    check("--no-binary early\nearly\n", &[], Err("leaving out wheels leaves no file of it"));
    check("early --no-binary :all:\n", &[], Err("leaving out wheels leaves no file of it"));
    check("--prefer-binary\n--use-feature=fast-deps\n--only-binary :all:\nearly\n", &[], Ok("early==1.0"));
    // The command line comes first, files after it; a name counts more than `:all:`.
    check("early\n", &["--no-binary", "early"], Err("leaving out wheels leaves no file of it"));
    check("--only-binary early\nearly\n", &["--no-binary", "early"], Ok("early==1.0"));
    check("--only-binary early\nearly\n", &["--no-binary", ":all:"], Ok("early==1.0"));
    check("--no-binary early\nearly\n", &["--only-binary", "early"], Err("leaving out wheels leaves no file of it"));
    check("--no-binary :none:\nearly\n", &["--no-binary", ":all:"], Ok("early==1.0"));
}

/// Writes the wheel of `tiny` to several places.
fn place_wheels(context: &TestContext) {
    let wheel = WheelBuilder::new("tiny", "1.0+local.1").extra("more", &["a"]).build();
    for path in ["wheels/tiny-1.0+local.1-py3-none-any.whl", "wheels/with blank/tiny-1.0+local.1-py3-none-any.whl"] {
        context.write(path, &wheel.bytes);
    }
}

fn installs(context: &TestContext, server: &RunningIndex, line: &str, expected: &str) {
    context.write("requirements.txt", format!("{line}\n"));
    let mut command = context.barrow();
    command.args(["install", "-r", "requirements.txt", "-t", "out", "--index-url", &server.url()]);
    has(&context.run(&mut command), &["exit code: 0", expected]);
    let dist_info = "out/tiny-1.0+local.1.dist-info/METADATA";
    assert!(context.path(dist_info).is_file(), "{line}\n{}", context.tree("out"));
    fs_err::remove_dir_all(context.path("out")).unwrap();
}

#[test]
fn wheels_by_path_and_url() {
    let server = two_projects().start();
    let context = TestContext::new();
    place_wheels(&context);
    let folder = context.path("wheels");
    let folder = folder.display();
    for line in [
        "./wheels/tiny-1.0+local.1-py3-none-any.whl",
        "wheels/tiny-1.0+local.1-py3-none-any.whl ; python_version > '3'",
        "./wheels/with blank/tiny-1.0+local.1-py3-none-any.whl",
        &format!("{folder}/tiny-1.0+local.1-py3-none-any.whl"),
        &format!("file://{folder}/tiny-1.0%2Blocal.1-py3-none-any.whl#egg=tiny"),
        &format!("tiny @ file://{folder}/with%20blank/tiny-1.0%2Blocal.1-py3-none-any.whl"),
        &format!("Tiny@file://{folder}/tiny-1.0+local.1-py3-none-any.whl ; sys_platform == 'linux' # why"),
    ] {
        installs(&context, &server, line, "Installed 1 package ");
    }
    installs(&context, &server, "./wheels/tiny-1.0+local.1-py3-none-any.whl[more]", "Installed 2 packages ");
    let line = format!("tiny[More] @ file://{folder}/tiny-1.0+local.1-py3-none-any.whl");
    installs(&context, &server, &line, "Installed 2 packages ");
}

#[test]
fn what_would_have_to_be_built_is_named_with_its_line() {
    let context = TestContext::new();
    context.write("project/pyproject.toml", "[project]\nname = 'project'\nversion = '1'\n");
    context.write("thing-1.0.tar.gz", "");
    let requirements = "\
        -e ./project\n./project\n-e git+https://example.com/one.git#egg=one\n\
        two @ git+ssh://git@example.com/two.git@v1\n./thing-1.0.tar.gz\nhttps://example.com/three-1.0.tar.gz\n";
    let shown = lock(&context, requirements, &["--no-build"]);
    has(&shown, &["exit code: 1"]);
    for (number, kind) in [
        (1, "an editable folder"),
        (2, "a project folder"),
        (3, "a git repository"),
        (4, "a git repository"),
        (5, "a source archive"),
        (6, "a source archive"),
    ] {
        let start = format!("requirements.txt:{number}: ");
        let sentence = shown.lines().find(|line| line.contains(&start)).unwrap_or_else(|| panic!("{shown}"));
        has(sentence, &[kind, "building is forbidden"]);
    }
}

#[test]
fn constraints_overrides_and_exclusions() {
    let server = two_projects().file(WheelBuilder::new("top", "1.0").requires("a>=2").requires("b")).start();
    let context = TestContext::new();
    let url = server.url();
    let index = ["--index-url", url.as_str()];
    let with = |flag: &'static str, value: &'static str| [flag, value, index[0], index[1]];
    // A constraint limits what is there, and adds nothing.
    context.write("limits.txt", "b<2\nabsent==1\n");
    assert_eq!(pins(&lock(&context, "top\n", &with("-c", "limits.txt"))), "a==2.0 b==1.0 top==1.0");
    context.write("limits.txt", "a<2\n");
    has(&lock(&context, "top\n", &with("-c", "limits.txt")), &["exit code: 1", "`a<2`", "limits.txt:1"]);
    let wheel = file_url(&url, "b-1.0-py3-none-any.whl");
    context.write("limits.txt", format!("b @ {wheel}\n"));
    has(
        &lock(&context, "top\n", &with("-c", "limits.txt")),
        &["exit code: 0", "\nb @ http://127.0.0.1:[PORT]/files/b-1.0"],
    );
    context.write("limits.txt", "a[extra]<2\n");
    has(&lock(&context, "top\n", &with("-c", "limits.txt")), &["exit code: 2", "limits.txt:1:2: a constraint cannot"]);
    context.write("overrides.txt", "a==1.0\n");
    assert_eq!(pins(&lock(&context, "top\n", &with("--override", "overrides.txt"))), "a==1.0 b==2.0 top==1.0");
    assert_eq!(pins(&lock(&context, "top\n", &with("--exclude-package", "a"))), "b==2.0 top==1.0");
}

#[test]
fn every_slip_of_a_file_in_one_run() {
    let context = TestContext::new();
    let shown = lock(
        &context,
        "requests=2.0\n\"django\ncelery^5.0\npip install foo\nsix ; python_version < 3.8\n\
         boto3 --global-option=x\n--use-feature bogus\nfine==1.0\n-r missing.txt\n",
        &[],
    );
    // All of them are more than a message shows.
    assert!(shown.contains("`-v` shows all of it") && shown.contains("missing.txt"), "{shown}");
    let mut whole = context.barrow();
    whole.args(["lock", "-r", "requirements.txt", "-o", "pylock.toml", "--error-file", "errors.txt"]);
    assert_eq!(whole.output().unwrap().status.code(), Some(2));
    let whole = fs_err::read_to_string(context.path("errors.txt")).unwrap();
    let shown = context.filter(&crate::support::told::joined(&whole));
    insta::assert_snapshot!(shown, @r#"
    error: requirements.txt:1:9: `=` is not a version operator
        requests=2.0
                ^ expected one of `==`, `>=`, `<=`, `!=`, `~=`, `<`, `>`, `===`
        hint: write `==2.0`
    requirements.txt:2:1: a requirement starts with the name of a project
        "django
        ^ expected a project name
        hint: a requirements file takes requirements without quotes around them
    requirements.txt:3:7: `^` is not a version operator
        celery^5.0
              ^ expected one of `==`, `>=`, `<=`, `!=`, `~=`, `<`, `>`, `===`
        hint: this is Poetry's notation; `^5.0` means `>=5.0,<6`
    requirements.txt:4:5: `i` cannot stand after the name
        pip install foo
            ^ expected a requirement
        hint: this line is a command; remove `pip install` and write one requirement on each line
    requirements.txt:5:24: a value in a marker stands in quotes
        six ; python_version < 3.8
                               ^^^ expected a quoted text, or a variable such as `python_version`, `sys_platform` or `platform_machine`
        hint: write `"3.8"`
    requirements.txt:6:7: `--global-option` is not an option of requirements files
        boto3 --global-option=x
              ^^^^^^^^^^^^^^^^^
        hint: it hands arguments to `setup.py`, which builds no longer run; use `--config-settings KEY=VALUE`
    requirements.txt:7:15: `bogus` is not a feature that pip knows
        --use-feature bogus
                      ^^^^^ expected one of `fast-deps`, `inprocess-build-deps`, `venv-isolation`, `truststore`, `no-binary-enable-wheel-cache`, `build-constraint`
    requirements.txt:9:4: failed to read the requirements file `missing.txt`: there is no such file
        -r missing.txt
           ^^^^^^^^^^^
    "#);
}

/// Runs barrow with a text on standard input.
fn run_with_input(context: &TestContext, words: &[&str], input: &str) -> String {
    context.write("../input", input);
    let file = fs_err::File::open(context.path("../input")).unwrap().into_parts().0;
    context.run(context.barrow().args(words).stdin(file))
}

#[test]
fn standard_input_is_a_file_whose_paths_start_in_the_working_folder() {
    let server = two_projects().start();
    let index = server.url();
    let context = TestContext::new();
    context.write("lists/limits.txt", "b<2\n");
    context.write("lists/more.txt", "-c limits.txt\nb\n");
    context.write("wheels/local-3.0-py3-none-any.whl", WheelBuilder::new("local", "3.0").build().bytes);
    let lock = ["lock", "--format", "requirements", "-o", "-", "--index-url", &index];
    let with = |words: &[&str], input: &str| run_with_input(&context, &[&lock[..], words].concat(), input);
    let shown = with(&["-r", "-"], "a\n-r lists/more.txt\n./wheels/local-3.0-py3-none-any.whl\n");
    has(&shown, &["exit code: 0", "a==2.0\n    # via -r standard input\n", "b==1.0\n    # via -r lists/more.txt\n"]);
    has(&shown, &["./wheels/local-3.0-py3-none-any.whl\n    # via -r standard input\n"]);
    // Constraints and overrides may come from there as well, and a file of that name is meant by its path.
    context.write("-", "b\n");
    has(&with(&["a", "-c", "-"], "a<2\n"), &["a==1.0\n"]);
    has(&with(&["-r", "./-", "--override", "-"], "b<2\n"), &["b==1.0\n"]);

    // What the project in the working folder says of a name counts as for a file there.
    context.write("pyproject.toml", "[tool.uv.sources]\na = { path = 'absent' }\n");
    let shown = with(&["-r", "-"], "a\n");
    has(&shown, &["exit code: 1", "pyproject.toml:2:5: the source of `a`: there is no file or folder `absent`"]);
    fs_err::remove_file(context.path("pyproject.toml")).unwrap();

    let shown = with(&["-r", "-"], "# fine\na=1\n-r absent.txt\n-r standard input\n");
    has(&shown, &["exit code: 2", "standard input:2:2: `=` is not a version operator"]);
    has(&shown, &["standard input:3:4: failed to read the requirements file `absent.txt`: there is no such file"]);
    has(&with(&["-r", "-", "-c", "-"], "a\n"), &["exit code: 2", "`-` is given twice"]);
    let terminal = std::process::Stdio::from(fs_err::File::open("/dev/ptmx").unwrap().into_parts().0);
    let shown = context.run(context.barrow().args(["install", "-r", "-", "-t", "out"]).stdin(terminal));
    has(&shown, &["exit code: 2", "`-` is standard input, and that is a terminal"]);
}

#[test]
fn what_comes_on_standard_input_is_part_of_what_a_result_was_made_of() {
    let server = two_projects().start();
    let index = server.url();
    let context = TestContext::new();
    context.write("app/handler.py", "");
    let bundle = ["bundle", "app", "-r", "-", "-o", "out", "--index-url", &index];
    let fingerprint = ["fingerprint", "app", "-r", "-", "--index-url", &index];
    has(&run_with_input(&context, &bundle, "a==1.0\n"), &["exit code: 0"]);
    let before = run_with_input(&context, &fingerprint, "a==1.0\n");
    has(&before, &["exit code: 0"]);
    has(&run_with_input(&context, &bundle, "a==1.0\n"), &["Nothing has changed"]);
    assert_eq!(run_with_input(&context, &fingerprint, "a==1.0\n"), before);
    let shown = run_with_input(&context, &bundle, "a==2.0\n");
    assert!(shown.contains("exit code: 0") && !shown.contains("Nothing has changed"), "{shown}");
    assert!(context.path("out/a-2.0.dist-info").is_dir(), "{shown}");
    assert_ne!(run_with_input(&context, &fingerprint, "a==2.0\n"), before);
}

#[test]
fn what_no_target_needs_is_not_fetched_to_know_its_name() {
    let server = two_projects().start();
    let context = TestContext::new();
    let nowhere = "git+https://127.0.0.1:1/one@v1 ; sys_platform == 'win32'\n\
                   https://127.0.0.1:1/two/main.zip ; python_version < '3'\na\n";
    assert_eq!(pins(&lock(&context, nowhere, &["--index-url", &server.url()])), "a==2.0");
    let wanted = "https://127.0.0.1:1/two/main.zip ; python_full_version == '3.12.1'\n";
    has(
        &lock(&context, wanted, &["--index-url", &server.url(), "--retries", "0"]),
        &["exit code: 1", "failed to download `main.zip`"],
    );
}
