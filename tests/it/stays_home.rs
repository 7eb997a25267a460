//! Credentials and state in the source: left out and named, refused where they cannot be left out, back on demand.

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

/// A password that no file of a test has but those that are meant to.
const PASSWORD: &str = "m4rked-s3cret";
const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n";

fn function(context: &TestContext) -> RunningIndex {
    context.write("function/handler.py", "import tiny\n");
    context.write("function/requirements.txt", "tiny\n");
    IndexServer::new().file(WheelBuilder::new("tiny", "1.0").file("tiny.py", "x = 1\n")).start()
}

fn bundle(context: &TestContext, server: &RunningIndex, more: &[&str]) -> std::process::Command {
    let mut command = context.barrow();
    command.args(["bundle", "function", "--index-url", &server.url()]).args(more);
    command
}

#[test]
fn left_out_and_named_in_one_line() {
    let context = TestContext::new();
    let server = function(&context);
    for file in
        [".env", ".netrc", ".pypirc", "pip.conf", "id_rsa", ".aws/credentials", ".ssh/config", "terraform.tfstate"]
    {
        context.write(&format!("function/{file}"), "x");
    }
    context.write("function/barrow.toml", "");
    context.write("function/keys/server.pem", KEY);
    barrow_snapshot!(context, &mut bundle(&context, &server, &["-o", "out"]), @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.14 on x86_64
    warning: left out: .aws/, .env, .netrc, .pypirc, .ssh/, id_rsa, keys/server.pem, pip.conf (credentials), terraform.tfstate (state), barrow.toml (settings of barrow); --include to take them
    Bundled 7 files (491 bytes) into out
    ");
    insta::assert_snapshot!(context.tree("out"), @"
    0644     12 393793eec60f  handler.py
    0644      5 36d25d3d80f8  requirements.txt
    0755      -            -  tiny-1.0.dist-info/
    0644      7 7f0b61dd0635  tiny-1.0.dist-info/INSTALLER
    0644     46 67d9ff214424  tiny-1.0.dist-info/METADATA
    0644    332 625bad6e5463  tiny-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  tiny-1.0.dist-info/WHEEL
    0644      6 9e26bf369911  tiny.py
    ");
    // The same in every form of output.
    for arguments in [&["-o", "out.zip"][..], &["--layer", "-o", "layer"]] {
        context.succeed(&mut bundle(&context, &server, arguments));
    }
    let zip = fs_err::File::open(context.path("out.zip")).unwrap();
    let zip = zip::ZipArchive::new(zip).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let is_expected = |name: &str| name.starts_with("tiny") || ["handler.py", "requirements.txt"].contains(&name);
    assert!(names.iter().all(|name| is_expected(name)), "{names:?}");
    let layer = context.tree("layer");
    assert!(!layer.contains(".env") && !layer.contains("id_rsa") && !layer.contains(".pem"), "{layer}");

    let mut back = bundle(&context, &server, &["-o", "out", "--include", ".env", "--include", "*.pem"]);
    barrow_snapshot!(context, &mut back, @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.14 on x86_64
    warning: left out: .aws/, .netrc, .pypirc, .ssh/, id_rsa, pip.conf (credentials), terraform.tfstate (state), barrow.toml (settings of barrow); --include to take them
    Bundled 9 files (571 bytes) into out
    ");
    assert!(context.path("out/.env").is_file() && context.path("out/keys/server.pem").is_file());
    context.write("function/barrow.toml", "include = [\".env\", \"barrow.toml\"]\n");
    context.succeed(&mut bundle(&context, &server, &["-o", "out"]));
    assert!(context.path("out/.env").is_file() && context.path("out/barrow.toml").is_file());
    assert!(!context.path("out/id_rsa").exists());
}

#[test]
fn settings_alone_are_no_warning() {
    let context = TestContext::new();
    let server = function(&context);
    context.write("function/barrow.toml", "");
    barrow_snapshot!(context, &mut bundle(&context, &server, &["-o", "out"]), @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.14 on x86_64
    left out: barrow.toml (settings of barrow); --include to take them
    Bundled 7 files (491 bytes) into out
    ");
}

#[test]
fn files_that_hold_the_credentials_of_the_run_are_refused_by_name() {
    let context = TestContext::new();
    let server = function(&context);
    let index = server.url_with("deploy", PASSWORD);
    context.write("function/config.py", format!("TOKEN = \"{PASSWORD}\"\n"));
    context.write("function/data/notes.txt", KEY);
    let mut command = context.barrow();
    command.args(["bundle", "function", "--index-url", &index, "-o", "out"]);
    barrow_snapshot!(context, &mut command, @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.14 on x86_64
    error: the source file `config.py` holds a credential of this run, so it is not bundled
    the source file `data/notes.txt` holds a private key, so it is not bundled
    hint: leave it out with `--exclude config.py`, or take it as it is with `--include config.py`
    ");
    assert!(!context.path("out").exists());
    command.args(["--include", "config.py", "--exclude", "data"]);
    context.succeed(&mut command);
    assert!(context.path("out/config.py").is_file());
}

#[test]
fn files_that_credentials_come_from_stay_home_whatever_their_names() {
    let context = TestContext::new();
    let server = function(&context);
    context.write("function/logins", format!("machine 127.0.0.1 login deploy password {PASSWORD}\n"));
    context.chmod("function/logins", 0o600);
    context.write(
        "function/wanted.list",
        "tiny\na @ https://user:pass@files.example/a-1.0-py3-none-any.whl ; python_version < '3'\n",
    );
    context.write("function/mine.cfg", "no-deps = true\n");
    let arguments = [
        "-o",
        "out",
        "--netrc-file",
        "function/logins",
        "--config-file",
        "function/mine.cfg",
        "-r",
        "function/wanted.list",
    ];
    let mut command = bundle(&context, &server, &arguments);
    barrow_snapshot!(context, &mut command, @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Resolved 1 package for python3.14 on x86_64
    warning: left out: logins, mine.cfg, wanted.list (credentials); --include to take them
    Bundled 7 files (491 bytes) into out
    ");
    insta::assert_snapshot!(context.tree("out"), @"
    0644     12 393793eec60f  handler.py
    0644      5 36d25d3d80f8  requirements.txt
    0755      -            -  tiny-1.0.dist-info/
    0644      7 7f0b61dd0635  tiny-1.0.dist-info/INSTALLER
    0644     46 67d9ff214424  tiny-1.0.dist-info/METADATA
    0644    332 625bad6e5463  tiny-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  tiny-1.0.dist-info/WHEEL
    0644      6 9e26bf369911  tiny.py
    ");
}
