//! Building from source: sdists that are allowed, folders, repositories and archives that are named, and what goes
//! wrong.
//!
//! The build backend of these tests lies in the sources themselves (`backend-path`), so nothing is fetched for it.

use std::path::Path;
use std::process::Command;

use crate::support::{BuiltFile, IndexServer, RunningIndex, SdistBuilder, TestContext, WheelBuilder, has, sha256_hex};

/// Builds a pure wheel by the rules of PEP 517 and nothing else. What it is told stands in `pyproject.toml`.
pub(crate) const BACKEND: &str = r#"
import base64, hashlib, json, os, zipfile

with open("own.json", encoding="utf-8") as file:
    OWN = json.load(file)

def get_requires_for_build_wheel(config_settings=None):
    return OWN.get("further", [])

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    if OWN.get("fails"):
        print("compiling \x1b[31mthe\x1b[0m unknown")
        raise RuntimeError("there is no compiler for this")
    name, version = OWN["name"], OWN["version"]
    module = {"VERSION": version, "SETTINGS": config_settings, "ENVIRON": dict(os.environ)}
    for wanted in OWN.get("imports", []):
        module[wanted] = __import__(wanted).VERSION
    requires = "".join("Requires-Dist: %s\n" % requirement for requirement in OWN.get("requires", []))
    tag = OWN.get("tag", "py3-none-any")
    info = "%s-%s.dist-info/" % (name, version)
    files = {
        name + ".py": "".join("%s = %r\n" % item for item in sorted(module.items()) if item[0] != "ENVIRON"),
        info + "METADATA": "Metadata-Version: 2.1\nName: %s\nVersion: %s\n%s" % (name, version, requires),
        info + "WHEEL": "Wheel-Version: 1.0\nGenerator: own\nRoot-Is-Purelib: true\nTag: %s\n" % tag,
    }
    if OWN.get("native"):
        files[name + "/native.so"] = bytes.fromhex(OWN["native"]).decode("latin-1")
    if OWN.get("shows_environment"):
        files["environment.json"] = json.dumps(module["ENVIRON"])
    record = ""
    for path, text in files.items():
        files[path] = data = text.encode("latin-1" if path.endswith(".so") else "utf-8")
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += "%s,sha256=%s,%d\n" % (path, digest, len(data))
    files[info + "RECORD"] = record + info + "RECORD,,\n"
    wheel = "%s-%s-%s.whl" % (name, version, tag)
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    os.makedirs("build", exist_ok=True)
    return wheel
"#;

const PYPROJECT: &str = "[build-system]\nrequires = []\nbuild-backend = 'own'\nbackend-path = ['backend']\n";

/// Whether this machine can build: without a Python these tests have nothing to test.
#[expect(clippy::print_stderr, reason = "a test that tests nothing says so")]
pub(crate) fn can_build() -> bool {
    let found = Path::new("/usr/bin/python3").is_file();
    if !found {
        eprintln!("skipped: there is no /usr/bin/python3");
    }
    found
}

/// Every file of a project with the backend above.
pub(crate) fn project(own: &str) -> [(&'static str, String); 3] {
    [("pyproject.toml", PYPROJECT.to_owned()), ("backend/own.py", BACKEND.to_owned()), ("own.json", own.to_owned())]
}

/// An sdist that says nothing about its requirements before it is built.
pub(crate) fn sdist(name: &str, version: &str, more: &str) -> BuiltFile {
    let own = format!("{{\"name\": \"{name}\", \"version\": \"{version}\"{more}}}");
    let sdist = SdistBuilder::new(name, version).metadata_line("Dynamic: Requires-Dist");
    project(&own).into_iter().fold(sdist, |sdist, (path, text)| sdist.file(path, text)).build()
}

/// A project folder: its name can be read, all else is for its backend to say.
pub(crate) fn folder(context: &TestContext, place: &str, own: &str) {
    for (path, text) in project(own) {
        context.write(&format!("{place}/{path}"), text);
    }
    let name = own.split('"').nth(3).unwrap();
    let table = format!("{PYPROJECT}[project]\nname = '{name}'\ndynamic = ['version', 'dependencies']\n");
    context.write(&format!("{place}/pyproject.toml"), table);
}

fn install(context: &TestContext, server: &RunningIndex, arguments: &[&str]) -> Command {
    let mut command = context.barrow();
    command.args(["install", "-t", "out", "--runtime", "python3.12", "--index-url", &server.url()]).args(arguments);
    command
}

/// Runs a command that has to fail, and gives what it says.
fn fails(context: &TestContext, command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", context.show(&output));
    context.filter(&crate::support::said(&output))
}

/// Runs a command that has to succeed, and gives what it says.
fn says(context: &TestContext, command: &mut Command) -> String {
    context.succeed(command)
}

#[test]
fn an_sdist_is_built_where_that_is_allowed() {
    if !can_build() {
        return;
    }
    let server = IndexServer::new()
        .file(sdist("thing", "1.0", ", \"requires\": [\"dep>=2\"]"))
        .file(WheelBuilder::new("dep", "2.0"))
        .start();
    let context = TestContext::new();
    let shown = fails(&context, &mut install(&context, &server, &["thing"]));
    has(&shown, &["building is not allowed", "--allow-build thing"]);
    let shown = fails(&context, &mut install(&context, &server, &["thing", "--allow-build", "thing", "--no-build"]));
    has(&shown, &["building is not allowed"]);

    let shown = says(&context, &mut install(&context, &server, &["thing", "--allow-build", "thing"]));
    has(&shown, &["Building thing-1.0.tar.gz with Python 3.", "Built thing-1.0-py3-none-any.whl"]);
    let tree = context.tree("out");
    has(&tree, &["thing.py", "thing-1.0.dist-info/RECORD", "dep/__init__.py"]);
    // What was built is kept, and building again gives the same.
    fs_err::remove_dir_all(context.path("out")).unwrap();
    let shown = says(&context, &mut install(&context, &server, &["thing", "--allow-build", ":all:"]));
    assert!(!shown.contains("Building"), "{shown}");
    assert_eq!(context.tree("out"), tree);
    fs_err::remove_dir_all(context.path("out")).unwrap();
    let shown = says(&context, &mut install(&context, &server, &["thing", "--allow-build", "thing", "--no-cache"]));
    has(&shown, &["Building"]);
    assert_eq!(context.tree("out"), tree);
    // With the network a backend may make something else of the same source.
    fs_err::remove_dir_all(context.path("out")).unwrap();
    let with_network = ["thing", "--allow-build", "thing", "--build-network"];
    has(&says(&context, &mut install(&context, &server, &with_network)), &["Building"]);
}

#[test]
fn static_metadata_needs_no_build() {
    let broken = SdistBuilder::new("thing", "2.0").requires("dep>=2").file("pyproject.toml", "[build-system]\n");
    let server = IndexServer::new()
        .file(broken)
        .file(WheelBuilder::new("thing", "1.0"))
        .file(WheelBuilder::new("dep", "2.0"))
        .start();
    let context = TestContext::new();
    let lock = |more: &[&str]| {
        let mut command = context.barrow();
        command.args([
            "lock",
            "thing",
            "--format",
            "requirements",
            "--no-annotate",
            "-o",
            "-",
            "--index-url",
            &server.url(),
        ]);
        let output = command.args(more).output().unwrap();
        assert!(output.status.success(), "{}", context.show(&output));
        String::from_utf8(output.stdout).unwrap().lines().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(lock(&[]), "thing==1.0");
    assert_eq!(lock(&["--allow-build", "thing"]), "thing==1.0");
    assert_eq!(lock(&["--allow-build", "thing", "--no-prefer-binary"]), "dep==2.0 thing==2.0");
    assert_eq!(lock(&["--no-prefer-binary"]), "thing==1.0");
    assert_eq!(lock(&["--allow-build", "thing", "--no-binary", "thing"]), "dep==2.0 thing==2.0");
    context.write("barrow.toml", "allow-build = [\"thing\"]\nprefer-binary = false\n");
    assert_eq!(lock(&[]), "dep==2.0 thing==2.0");
    // Installing it needs the build, which its pyproject.toml makes impossible.
    let shown = fails(&context, &mut install(&context, &server, &["thing==2.0"]));
    has(&shown, &["the pyproject.toml of thing-2.0.tar.gz cannot be used", "no `requires`"]);
}

#[test]
fn folders_and_archives_that_are_named_are_built() {
    if !can_build() {
        return;
    }
    let server = IndexServer::new().file(WheelBuilder::new("dep", "2.0")).start();
    let context = TestContext::new();
    folder(&context, "mine", r#"{"name": "mine", "version": "0.1", "requires": ["dep"]}"#);
    folder(&context, "repo/packages/other", r#"{"name": "other", "version": "3.0"}"#);
    let archive = sdist("thing", "1.0", "");
    context.write("thing-1.0.tar.gz", &archive.bytes);
    let digest = sha256_hex(&archive.bytes);
    context.write(
        "requirements.txt",
        format!(
            "-e ./mine\nother @ file://{repo}#subdirectory=packages/other\n./thing-1.0.tar.gz --hash=sha256:{digest}\n\
             --no-require-hashes\n",
            repo = context.path("repo").display()
        ),
    );
    let before = context.tree("mine");
    let shown = says(&context, &mut install(&context, &server, &["-r", "requirements.txt"]));
    has(&shown, &["Built mine-0.1-py3-none-any.whl", "Built other-3.0", "Built thing-1.0"]);
    has(&context.tree("out"), &["mine.py", "other.py", "thing.py", "dep/__init__.py"]);
    assert_eq!(context.tree("mine"), before, "a build leaves nothing in the user's folder");
    // A change in the folder is another source, and another result.
    folder(&context, "mine", r#"{"name": "mine", "version": "0.2"}"#);
    says(&context, &mut install(&context, &server, &["-r", "requirements.txt"]));
    has(&context.tree("out"), &["mine-0.2.dist-info"]);

    let shown = fails(&context, &mut install(&context, &server, &["./mine", "--require-hashes"]));
    has(&shown, &["hashes are required", "folders and repositories have no digest"]);
    assert!(!shown.contains("--generate-hashes"), "that would not help: {shown}");
    let shown = fails(&context, &mut install(&context, &server, &["./mine", "--no-build"]));
    has(&shown, &["a project folder", "building is forbidden", "leave out `--no-build`"]);
}

#[test]
fn an_archive_with_another_digest_never_runs() {
    if !can_build() {
        return;
    }
    let server = IndexServer::new().file(sdist("thing", "1.0", ", \"fails\": true")).start();
    let context = TestContext::new();
    context.write("thing-1.0.tar.gz", sdist("thing", "1.0", ", \"fails\": true").bytes);
    let wrong = "0".repeat(64);
    let url = format!("file://{}", context.path("thing-1.0.tar.gz").display());
    for line in [format!("./thing-1.0.tar.gz --hash=sha256:{wrong}"), format!("thing @ {url}#sha256={wrong}")] {
        context.write("requirements.txt", line);
        let shown = fails(&context, &mut install(&context, &server, &["-r", "requirements.txt"]));
        has(&shown, &["has digest sha256:"]);
        assert!(!shown.contains("Building"), "{shown}");
    }
    context.write("requirements.txt", format!("thing==1.0 --hash=sha256:{wrong}"));
    let shown = fails(&context, &mut install(&context, &server, &["-r", "requirements.txt", "--allow-build", "thing"]));
    assert!(!shown.contains("Building"), "{shown}");
}

/// Runs git in a folder, with none of the settings of whoever runs the tests; gives what it prints.
pub(crate) fn git(context: &TestContext, folder: &str, arguments: &[&str]) -> String {
    let mut command = Command::new("/usr/bin/git");
    command.current_dir(context.path(folder)).env_clear().env("HOME", context.home());
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").args(["-c", "user.name=t", "-c", "user.email=t@example.com"]);
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_commit_is_fetched_once() {
    if !can_build() || !Path::new("/usr/bin/git").is_file() {
        return;
    }
    let server = IndexServer::new().start();
    let context = TestContext::new();
    folder(&context, "repo/below", r#"{"name": "mine", "version": "0.1"}"#);
    let git = |arguments: &[&str]| git(&context, "repo", arguments);
    git(&["init", "--quiet", "."]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    let commit = git(&["rev-parse", "HEAD"]);
    let url = format!("git+file://{}", context.path("repo").display());
    let install = |out: &str, revision: &str, more: &[&str]| {
        context.write("requirements.txt", format!("# {out}\nmine @ {url}@{revision}#subdirectory=below\n"));
        let mut command = context.barrow();
        command.args(["install", "-r", "requirements.txt", "-t", out, "--runtime", "python3.12"]);
        let output = command.args(["--index-url", &server.url()]).args(more).output().unwrap();
        (output.status.code(), context.show(&output))
    };
    // What a branch was then is known too.
    let (code, shown) = install("first", "HEAD", &[]);
    assert!(code == Some(0) && shown.contains("Fetching file://"), "{shown}");
    fs_err::rename(context.path("repo"), context.path("elsewhere")).unwrap();
    let (code, shown) = install("second", &commit, &["--offline"]);
    assert!(code == Some(0) && !shown.contains("Fetching") && !shown.contains("Building"), "{shown}");
    assert_eq!(context.tree("first"), context.tree("second"));
    // A branch may be another commit by now, and what was changed in the cache is not what was fetched.
    let (code, shown) = install("third", "HEAD", &[]);
    assert!(code == Some(1) && shown.contains("failed to fetch"), "{shown}");
    let top = context.cache().join("repositories-v1");
    let kept = fs_err::read_dir(fs_err::read_dir(top).unwrap().next().unwrap().unwrap().path()).unwrap();
    let kept = kept.map(|entry| entry.unwrap().path()).next().unwrap();
    fs_err::write(kept.join("below/pyproject.toml"), "").unwrap();
    let (code, shown) = install("fourth", &commit, &[]);
    assert!(code == Some(1) && shown.contains("failed to fetch"), "{shown}");
    fs_err::rename(context.path("elsewhere"), context.path("repo")).unwrap();
    let (code, shown) = install("fourth", &commit, &[]);
    assert!(code == Some(0) && shown.contains("Fetching file://"), "{shown}");
    let (code, shown) = install("fifth", &commit, &["--offline"]);
    assert!(code == Some(0) && !shown.contains("Fetching"), "{shown}");
}

#[test]
fn a_build_may_need_nothing_here_and_bring_data_for_windows() {
    if !can_build() {
        return;
    }
    let server = IndexServer::new().start();
    let context = TestContext::new();
    let mut launcher = b"MZ".to_vec();
    launcher.resize(0x3c, 0);
    launcher.extend([0x40, 0, 0, 0]);
    launcher.extend(b"PE\0\0");
    let native: String = launcher.iter().map(|byte| format!("{byte:02x}")).collect();
    let own = r#"{"name": "mine", "version": "0.1", "further": ["gone ; python_version < '3'"], "native": "NATIVE"}"#;
    folder(&context, "mine", &own.replace("NATIVE", &native));
    let table = fs_err::read_to_string(context.path("mine/pyproject.toml")).unwrap();
    context
        .write("mine/pyproject.toml", table.replace("requires = []", "requires = [\"gone; sys_platform == 'win32'\"]"));
    says(&context, &mut install(&context, &server, &["./mine"]));
    has(&context.tree("out"), &["mine/native.so"]);
}

#[test]
fn a_repository_is_built_at_its_commit() {
    if !can_build() || !Path::new("/usr/bin/git").is_file() {
        return;
    }
    let server = IndexServer::new().start();
    let context = TestContext::new();
    folder(&context, "repo/below", r#"{"name": "mine", "version": "0.1"}"#);
    let git = |arguments: &[&str]| git(&context, "repo", arguments);
    git(&["init", "--quiet", "--initial-branch=trunk"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    let first = git(&["rev-parse", "HEAD"]);
    git(&["tag", "v1"]);
    folder(&context, "repo/below", r#"{"name": "mine", "version": "0.2"}"#);
    git(&["commit", "--quiet", "-a", "-m", "two"]);
    let second = git(&["rev-parse", "HEAD"]);

    let url = format!("git+file://{}", context.path("repo").display());
    let lock = |revision: &str, format: &str| {
        let requirement = format!("mine @ {url}{revision}#subdirectory=below");
        let mut command = context.barrow();
        let server = server.url();
        command.args([
            "lock",
            &requirement,
            "--runtime",
            "python3.12",
            "--format",
            format,
            "-o",
            "-",
            "--no-annotate",
            "--index-url",
            &server,
        ]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", context.show(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    has(&lock("@v1", "requirements"), &[&format!("mine @ {url}@{first}#subdirectory=below")]);
    has(&lock("@trunk", "requirements"), &[&format!("@{second}#")]);
    has(&lock("", "requirements"), &[&format!("@{second}#")]);
    has(&lock(&format!("@{first}"), "requirements"), &[&format!("@{first}#")]);
    let pylock = lock("@v1", "pylock");
    has(&pylock, &["vcs = { type = \"git\"", &format!("commit-id = \"{first}\""), "subdirectory = \"below\""]);
    context.write("pylock.toml", pylock);
    says(&context, &mut install(&context, &server, &["-r", "pylock.toml"]));
    has(&context.tree("out"), &["mine-0.1.dist-info"]);
    let shown =
        fails(&context, &mut install(&context, &server, &[&format!("mine @ {url}@nothing#subdirectory=below")]));
    has(&shown, &["failed to fetch file://", "git fetch"]);

    for (below, reason) in [
        ("nothing", "there is no folder `nothing` in it"),
        ("below/backend", "below/backend has neither pyproject.toml nor setup.py"),
    ] {
        let requirement = format!("mine @ {url}#subdirectory={below}");
        has(&fails(&context, &mut install(&context, &server, &[&requirement])), &[reason]);
    }
    let pyproject = format!(
        "[project]\nname = 'app'\nversion = '1'\ndependencies = ['mine']\n\
         [tool.uv.sources]\nmine = {{ git = '{}', subdirectory = './below/' }}\n",
        url.trim_start_matches("git+")
    );
    context.write("pyproject.toml", pyproject);
    says(&context, &mut install(&context, &server, &["-r", "pyproject.toml"]));
    fs_err::remove_file(context.path("pyproject.toml")).unwrap();

    // A clone that lacks what was before, as CI systems make them, is a repository too.
    let shallow = format!("file://{}", context.path("repo").display());
    crate::building::git(&context, ".", &["clone", "--quiet", "--depth", "1", &shallow, "shallow"]);
    let requirement = format!("mine @ git+file://{}#subdirectory=below", context.path("shallow").display());
    says(&context, &mut install(&context, &server, &[&requirement]));

    // A branch may be called like a commit; the commit is meant.
    for name in ["refs/heads", "refs/tags"] {
        git(&["update-ref", &format!("{name}/{first}"), &second]);
        has(&lock(&format!("@{first}"), "requirements"), &[&format!("@{first}#")]);
    }
    says(&context, &mut install(&context, &server, &["-r", "pylock.toml", "--no-cache"]));
    has(&context.tree("out"), &["mine-0.1.dist-info"]);
    let shown =
        fails(&context, &mut install(&context, &server, &["mine @ git+https://127.0.0.1:9/x.git", "--offline"]));
    has(&shown, &["offline"]);
}

#[test]
fn locks_bring_sources_back() {
    if !can_build() {
        return;
    }
    let server = IndexServer::new().file(sdist("thing", "1.0", "")).start();
    let context = TestContext::new();
    folder(&context, "mine", r#"{"name": "mine", "version": "0.1"}"#);
    let arguments =
        ["lock", "thing", "./mine", "--allow-build", "thing", "--runtime", "python3.12", "-o", "pylock.toml"];
    context.succeed(context.barrow().args(arguments).args(["--index-url", &server.url()]));
    let lock = fs_err::read_to_string(context.path("pylock.toml")).unwrap();
    has(&lock, &["directory = { path = \"mine\" }", "sdist = { name = \"thing-1.0.tar.gz\""]);
    let shown = fails(&context, &mut install(&context, &server, &["-r", "pylock.toml"]));
    has(&shown, &["`thing` is only a source distribution", "--allow-build thing"]);
    says(&context, &mut install(&context, &server, &["-r", "pylock.toml", "--allow-build", "thing"]));
    has(&context.tree("out"), &["mine-0.1.dist-info", "thing-1.0.dist-info"]);
    let mirror = ["mirror", "thing", "--allow-build", "thing", "-o", "mirror", "--index-url", &server.url()];
    context.succeed(context.barrow().args(mirror));
    has(&context.tree("mirror"), &["thing-1.0.tar.gz"]);
}

#[test]
fn what_a_backend_requires_is_installed_for_it() {
    if !can_build() {
        return;
    }
    let backend = WheelBuilder::new("own", "1.0").file("own.py", BACKEND);
    let helper = WheelBuilder::new("helper", "7.0").file("helper.py", "VERSION = '7.0'\n");
    let own = r#"{"name": "thing", "version": "1.0", "further": ["helper>=7"], "imports": ["helper"]}"#;
    let pyproject = "[build-system]\nrequires = ['own']\nbuild-backend = 'own'\n";
    let thing = SdistBuilder::new("thing", "1.0").file("own.json", own).file("pyproject.toml", pyproject);
    let lost = SdistBuilder::new("lost", "1.0").file("pyproject.toml", pyproject.replace("['own']", "['absent>=3']"));
    let server = IndexServer::new().file(thing).file(lost).file(backend).file(helper).start();
    let context = TestContext::new();
    let settings = ["thing", "--allow-build", "thing", "-C", "fast=yes", "-C", "opt=1", "-C", "opt=2"];
    says(&context, &mut install(&context, &server, &settings));
    let module = fs_err::read_to_string(context.path("out/thing.py")).unwrap();
    has(&module, &["helper = '7.0'", "SETTINGS = {'fast': 'yes', 'opt': ['1', '2']}"]);
    assert!(!context.tree("out").contains("helper.py"), "what builds is not in the result");
    let shown = fails(&context, &mut install(&context, &server, &["lost", "--allow-build", "lost"]));
    has(&shown, &["what building lost-1.0.tar.gz requires cannot be had", "absent"]);
}

#[test]
fn a_build_learns_no_secrets() {
    if !can_build() {
        return;
    }
    let server = IndexServer::new().file(sdist("thing", "1.0", ", \"shows_environment\": true")).start();
    let context = TestContext::new();
    let mut command = install(&context, &server, &["thing", "--allow-build", "thing"]);
    for name in [
        "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "BARROW_INDEX_X_PASSWORD",
        "PIP_EXTRA",
        "UV_INDEX_X_USERNAME",
        "MY_PASSWORD",
    ] {
        command.env(name, "hunter2");
    }
    // What backends read reaches them.
    says(&context, command.env("MY_CHOICE", "kept").env("PDM_BUILD_SCM_VERSION", "3.0"));
    let environment = fs_err::read_to_string(context.path("out/environment.json")).unwrap();
    assert!(!environment.contains("hunter2"), "{environment}");
    assert!(!environment.contains(&context.home().display().to_string()), "{environment}");
    has(
        &environment,
        &["\"MY_CHOICE\": \"kept\"", "\"PDM_BUILD_SCM_VERSION\": \"3.0\"", "\"SOURCE_DATE_EPOCH\": \"315532800\""],
    );
}

#[test]
fn builds_that_fail_say_what_they_wrote() {
    if !can_build() {
        return;
    }
    let server = IndexServer::new()
        .file(sdist("broken", "1.0", ", \"fails\": true"))
        .file(sdist("foreign", "1.0", ", \"tag\": \"cp39-cp39-win_amd64\""))
        .file(SdistBuilder::new("without", "1.0").file("pyproject.toml", PYPROJECT))
        .start();
    let context = TestContext::new();
    let build = |name: &str, more: &[&str]| {
        let arguments: Vec<&str> = [name, "--allow-build", name].iter().chain(more).copied().collect();
        fails(&context, &mut install(&context, &server, &arguments))
    };
    let shown = build("broken", &["-v"]);
    has(
        &shown,
        &["building broken-1.0.tar.gz failed", "exit code 1", "there is no compiler for this", "compiling [31mthe"],
    );
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    has(&build("foreign", &[]), &["made `foreign-1.0-cp39-cp39-win_amd64.whl`", "python3.12", "cannot load"]);
    has(&build("without", &[]), &["No module named 'own'"]);
    assert!(!context.path("out").exists());
}

#[test]
fn a_hostile_archive_is_not_unpacked() {
    if !can_build() {
        return;
    }
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default()));
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    tar.append_link(&mut header, "thing-1.0/setup.py", "../../../../etc/passwd").unwrap();
    let bytes = tar.into_inner().and_then(flate2::write::GzEncoder::finish).unwrap();
    let context = TestContext::new();
    context.write("thing-1.0.tar.gz", bytes);
    let server = IndexServer::new().start();
    let shown = fails(&context, &mut install(&context, &server, &["./thing-1.0.tar.gz"]));
    has(&shown, &["failed to unpack", "leads outside"]);
}

#[test]
fn limits_hold_for_sources_and_what_is_made_of_them() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    context.write("thing-1.0.tar.gz", sdist("thing", "1.0", "").bytes);
    folder(&context, "thing", r#"{"name": "thing", "version": "1.0"}"#);
    let server = IndexServer::new().start();
    for (source, named) in [("./thing-1.0.tar.gz", "thing-1.0.tar.gz"), ("./thing", "thing-1.0-py3-none-any.whl")] {
        let shown = fails(&context, &mut install(&context, &server, &[source, "--max-unpacked-size", "10"]));
        has(
            &shown,
            &["failed to unpack", named, "at most 10 are accepted", "raise the limit with --max-unpacked-size"],
        );
    }
    says(&context, &mut install(&context, &server, &["./thing", "--max-unpacked-size", "10KB"]));
    // A wheel that was kept is held to the limits of this run.
    let shown = fails(&context, &mut install(&context, &server, &["./thing", "--max-unpacked-size", "10"]));
    has(&shown, &["failed to unpack", "at most 10 are accepted"]);
}

#[test]
fn a_python_that_can_build_is_needed() {
    let server = IndexServer::new().file(sdist("thing", "1.0", "")).start();
    let context = TestContext::new();
    let arguments = ["thing", "--allow-build", "thing"];
    let shown = fails(&context, install(&context, &server, &arguments).env("PATH", "/nonexistent"));
    has(&shown, &["building thing-1.0.tar.gz needs Python 3.12", "install Python 3.12", "--build-python PATH"]);
    let shown = fails(&context, install(&context, &server, &arguments).args(["--build-python", "./absent"]));
    has(&shown, &["work/./absent` cannot be used for building", "could not be started"]);
    let answer = r#"{"version": "3.9.1", "implementation": "cpython", "system": "Linux", "machine": "x86_64", "glibc": "glibc 2.36", "executable": "/usr/bin/python3"}"#;
    context.write("old", format!("#!/bin/sh\necho '{answer}'\n"));
    context.chmod("old", 0o755);
    let newer = SdistBuilder::new("newer", "1.0")
        .metadata_line("Requires-Python: >=3.12")
        .metadata_line("Dynamic: Requires-Dist");
    let mut newer = newer.build();
    newer.requires_python = Some(">=3.12".to_owned());
    let server = IndexServer::new().file(newer).start();
    let arguments = ["newer", "--allow-build", "newer", "--build-python", "./old"];
    let shown = fails(&context, &mut install(&context, &server, &arguments));
    has(&shown, &["it is Python 3.9.1, and newer-1.0.tar.gz needs >=3.12"]);
}

/// What another Python builds may fail for that alone: then it is said which one did, and how to give a better one.
#[test]
fn a_failed_build_by_another_python_says_so() {
    if !can_build() {
        return;
    }
    let server = IndexServer::new()
        .file(sdist("broken", "1.0", ", \"fails\": true"))
        .file(sdist("foreign", "1.0", ", \"tag\": \"cp39-cp39-manylinux_2_17_x86_64\""))
        .start();
    let context = TestContext::new();
    let answer = r#"{"version": "3.9.1", "implementation": "cpython", "system": "Linux", "machine": "x86_64", "libc": "glibc 2.36", "executable": "/usr/bin/python3"}"#;
    context.write("bin/python3", format!("#!/bin/sh\necho '{answer}'\n"));
    context.chmod("bin/python3", 0o755);
    let path = context.path("bin");
    for name in ["broken", "foreign"] {
        let arguments = [name, "--allow-build", name];
        let shown = fails(&context, install(&context, &server, &arguments).env("PATH", &path));
        has(
            &shown,
            &["it was built with Python 3.9.1, because no python3.12 that does was found", "--build-python PATH"],
        );
        let named = ["--build-python", "bin/python3"];
        let shown = fails(&context, install(&context, &server, &arguments).args(named));
        has(&shown, &["--build-python names Python 3.9.1, and the target has Python 3.12"]);
    }
}

#[test]
fn sources_that_others_name_are_not_built() {
    let context = TestContext::new();
    let folder = context.path("elsewhere");
    let asking = WheelBuilder::new("asking", "1.0").requires(&format!("mine @ file://{}/", folder.display()));
    let server = IndexServer::new().file(asking).start();
    fs_err::create_dir(&folder).unwrap();
    let shown = fails(&context, &mut install(&context, &server, &["asking"]));
    has(&shown, &["`mine` would have to be built from the folder", "--allow-build mine"]);
}

/// The real thing, with real backends: a release that has only an sdist, and one that PyPI has wheels of too.
#[test]
fn real_sdists_are_built_and_imported() {
    if crate::index::variable("BARROW_TEST_NETWORK").is_none() || !can_build() {
        return;
    }
    let context = TestContext::new();
    let names = ["docopt==0.6.2", "idna==3.10", "iniconfig==2.0.0", "rsa==4.9"];
    let arguments =
        ["install", "-t", "out", "--runtime", "python3.11", "--allow-build", ":all:", "--no-binary", ":all:"];
    says(&context, context.barrow().args(arguments).args(names));
    let script = "import sys; sys.path.insert(0, sys.argv[1]); import docopt, idna, iniconfig, rsa";
    let status = Command::new("/usr/bin/python3").args(["-S", "-c", script]).arg(context.path("out")).status();
    assert!(status.unwrap().success());
}

#[test]
fn the_same_wheel_built_again_is_not_published_again() {
    if !can_build() {
        return;
    }
    let (context, server) = (TestContext::new(), IndexServer::new().file(WheelBuilder::new("dep", "1.0")).start());
    folder(&context, "mine", r#"{"name": "mine", "version": "1.0", "requires": ["dep"]}"#);
    let run = || says(&context, &mut install(&context, &server, &["./mine"]));
    run();
    has(&run(), &["Nothing has changed"]);
    fs_err::remove_dir_all(context.cache().join("builds-v1")).unwrap();
    has(&run(), &["Built mine", "Nothing has changed"]);
    folder(&context, "mine", r#"{"name": "mine", "version": "1.1", "requires": ["dep"]}"#);
    let changed = run();
    assert!(!changed.contains("Nothing has changed"), "{changed}");
    has(&context.tree("out"), &["mine-1.1.dist-info"]);
}

#[test]
fn a_project_is_installed_by_the_path_that_pip_takes() {
    if !can_build() {
        return;
    }
    let (context, server) = (TestContext::new(), IndexServer::new().file(WheelBuilder::new("dep", "2.0")).start());
    folder(&context, "mine", r#"{"name": "mine", "version": "0.1", "requires": ["dep"]}"#);
    let installed = |folder: &str, words: &[&str]| {
        let mut command = install(&context, &server, words);
        let output = command.current_dir(context.path(folder)).output().unwrap();
        (output.status.code(), context.show(&output))
    };
    for word in [".", "./", "./."] {
        let (code, shown) = installed("mine", &[word, "--no-cache"]);
        assert!(code == Some(0) && context.path("mine/out/dep").is_dir(), "{word}: {shown}");
        fs_err::remove_dir_all(context.path("mine/out")).unwrap();
    }
    // What can only be read says so.
    context.write("plain/requirements.txt", "dep\n");
    let (code, shown) = installed("plain", &["."]);
    assert!(code == Some(2) && shown.contains("-r ./requirements.txt"), "{shown}");
}
