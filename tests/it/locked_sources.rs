//! Locks of uv and Pipenv whose packages come from folders, repositories and URLs, and the project that is locked,
//! built itself.

use std::path::Path;
use std::process::Command;

use crate::building::{can_build, folder, git};
use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder, sha256_hex};

/// Builds whatever lies in `src` by the rules of PEP 517, as backends of the usual kind do.
const SRC_BACKEND: &str = r#"
import base64, hashlib, os, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = "service-0.1.0.dist-info/"
    files = {}
    for folder, _, names in os.walk("src"):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                files[os.path.relpath(path, "src").replace(os.sep, "/")] = file.read()
    files[info + "METADATA"] = b"Metadata-Version: 2.1\nName: service\nVersion: 0.1.0\nRequires-Dist: app\n"
    files[info + "WHEEL"] = b"Wheel-Version: 1.0\nGenerator: src\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = "".join("%s,sha256=%s,%d\n" % (path, base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode(),
                                            len(data)) for path, data in files.items())
    files[info + "RECORD"] = (record + info + "RECORD,,\n").encode()
    wheel = "service-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w") as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return wheel
"#;

fn run(context: &TestContext, arguments: &[&str]) -> (Option<i32>, String) {
    let output = context.barrow().args(arguments).args(["--runtime", "python3.12"]).output().unwrap();
    (output.status.code(), context.show(&output))
}

/// A `[[package]]` of `uv.lock`.
pub(crate) fn package(name: &str, version: &str, source: &str, more: &str) -> String {
    format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {source}\n{more}\n")
}

/// The wheel of a package there.
pub(crate) fn wheels(place: &str, digest: &str) -> String {
    format!("wheels = [\n    {{ {place}, hash = \"sha256:{digest}\" }},\n]\n")
}

/// A project that is not built and requires one package of each kind of source; the lock, with the commit of the
/// repository.
struct Sources {
    context: TestContext,
    /// Serves what comes from the registry and by URL.
    index: RunningIndex,
    lock: String,
    commit: String,
}

impl Sources {
    fn new() -> Self {
        let context = TestContext::new();
        let (registry, by_url) =
            (WheelBuilder::new("from-registry", "1.0").build(), WheelBuilder::new("by-url", "2.0").build());
        let by_path = WheelBuilder::new("by-path", "3.0").build();
        let digests = [&registry, &by_url, &by_path].map(|file| sha256_hex(&file.bytes));
        context.write("project/vendor/by_path-3.0-py3-none-any.whl", &by_path.bytes);
        let index = IndexServer::new().file(registry).file(by_url).start();
        let (url, files) = (index.url(), index.url().replace("/simple/", "/files"));
        folder(&context, "shared/plain", r#"{"name": "plain", "version": "4.0", "requires": ["from-registry"]}"#);
        folder(&context, "project/libs/linked", r#"{"name": "linked", "version": "5.0"}"#);
        folder(&context, "repo/below", r#"{"name": "from_git", "version": "6.0"}"#);
        git(&context, "repo", &["init", "--quiet", "--initial-branch=trunk"]);
        git(&context, "repo", &["add", "."]);
        git(&context, "repo", &["commit", "--quiet", "-m", "one"]);
        let commit = git(&context, "repo", &["rev-parse", "HEAD"]);
        let repository = format!("file://{}", context.path("repo").display());
        let names = ["by-path", "by-url", "from-git", "from-registry", "linked", "plain"];
        let edges: String = names.iter().map(|name| format!("    {{ name = \"{name}\" }},\n")).collect();
        let lock = [
            "version = 1\nrevision = 3\nrequires-python = \">=3.9\"\n\n".to_owned(),
            package(
                "by-path",
                "3.0",
                "{ path = \"vendor/by_path-3.0-py3-none-any.whl\" }",
                &wheels("filename = \"by_path-3.0-py3-none-any.whl\"", &digests[2]),
            ),
            package(
                "by-url",
                "2.0",
                &format!("{{ url = \"{files}/by_url-2.0-py3-none-any.whl\" }}"),
                &wheels(&format!("url = \"{files}/by_url-2.0-py3-none-any.whl\""), &digests[1]),
            ),
            package(
                "from-git",
                "6.0",
                &format!("{{ git = \"{repository}?subdirectory=below&rev=trunk#{commit}\" }}"),
                "",
            ),
            package(
                "from-registry",
                "1.0",
                &format!("{{ registry = \"{url}\" }}"),
                &wheels(&format!("url = \"{files}/from_registry-1.0-py3-none-any.whl\""), &digests[0]),
            ),
            package("linked", "5.0", "{ editable = \"libs/linked\" }", ""),
            package(
                "plain",
                "4.0",
                "{ directory = \"../shared/plain\" }",
                "dependencies = [\n    { name = \"from-registry\" },\n]\n",
            ),
            package("service", "0.1.0", "{ virtual = \".\" }", &format!("dependencies = [\n{edges}]\n")),
        ]
        .concat();
        context.write("project/uv.lock", &lock);
        context.write("project/handler.py", "import plain\n");
        Self { context, index, lock, commit }
    }

    fn install(&self, more: &[&str]) -> (Option<i32>, String) {
        run(&self.context, &[&["install", "--lock", "project/uv.lock", "-t", "out", "--frozen"], more].concat())
    }
}

#[test]
fn every_kind_of_source_of_a_lock_is_installed() {
    if !can_build() || !Path::new("/usr/bin/git").is_file() {
        return;
    }
    let sources = Sources::new();
    let (code, shown) = sources.install(&[]);
    assert_eq!(code, Some(0), "{shown}");
    let tree = sources.context.tree("out");
    for part in ["by_path-3.0", "by_url-2.0", "from_git-6.0", "from_registry-1.0", "linked-5.0", "plain-4.0"] {
        assert!(tree.contains(&format!("{part}.dist-info/METADATA")), "{part}: {tree}");
    }
    // No index is asked where the lock has URLs: two files were fetched, and no page.
    assert!(sources.index.requests().iter().all(|request| request.path.contains("/files/")), "{}", sources.index.log());
    // The fingerprint covers what is reached: a folder that lies elsewhere, and a file beside the project.
    let fingerprint = || run(&sources.context, &["fingerprint", "project", "--frozen"]).1;
    let before = fingerprint();
    assert_eq!(fingerprint(), before);
    folder(&sources.context, "shared/plain", r#"{"name": "plain", "version": "4.1", "requires": ["from-registry"]}"#);
    assert_ne!(fingerprint(), before);
}

#[test]
fn a_source_of_a_lock_that_is_not_what_it_says_is_refused() {
    if !can_build() || !Path::new("/usr/bin/git").is_file() {
        return;
    }
    let sources = Sources::new();
    let refused = |lock: String, parts: &[&str]| {
        sources.context.write("project/uv.lock", lock);
        let (code, shown) = sources.install(&["--no-cache"]);
        assert!(matches!(code, Some(1 | 2)), "{shown}");
        assert!(!sources.context.path("out").exists(), "{shown}");
        for part in parts {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    };
    let other = "0123456789".repeat(4);
    refused(
        sources.lock.replace(&format!("#{}", sources.commit), &format!("#{other}")),
        &["failed to fetch file://", &other],
    );
    refused(sources.lock.replace(&format!("#{}", sources.commit), ""), &["uv.lock:", "from-git"]);
    refused(sources.lock.replace("../shared/plain", "../shared/nothing"), &["shared/nothing"]);
    refused(sources.lock.replace("vendor/by_path", "vendor/other"), &["vendor/other"]);
    let digest = sources.lock.split("sha256:").nth(1).unwrap()[..64].to_owned();
    refused(sources.lock.replace(&digest, &"0".repeat(64)), &["uv.lock:", "by_path-3.0-py3-none-any.whl"]);
    refused(sources.lock.replace("{ virtual = \".\" }", "{ cloud = \".\" }"), &["uv.lock:", "the source of service"]);
}

#[test]
fn a_project_in_src_is_bundled_through_its_lock_and_imports() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    let wheel = WheelBuilder::new("app", "1.0").file("app/__init__.py", "VALUE = 7\n").build();
    let digest = sha256_hex(&wheel.bytes);
    let index = IndexServer::new().file(wheel).start();
    let files = index.url().replace("/simple/", "/files");
    context.write(
        "pyproject.toml",
        "[project]\nname = \"service\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\ndependencies = [\"app\"]\n\n\
         [build-system]\nrequires = []\nbuild-backend = \"own\"\nbackend-path = [\"backend\"]\n",
    );
    context.write("backend/own.py", SRC_BACKEND);
    context.write("src/xyz/__init__.py", "");
    context.write("src/xyz/app.py", "import app\n\n\ndef handler(event, context):\n    return app.VALUE\n");
    context.write("tests/test_app.py", "");
    let lock = [
        "version = 1\nrevision = 3\nrequires-python = \">=3.8\"\n\n".to_owned(),
        package("app", "1.0", &format!("{{ registry = \"{}\" }}", index.url()), &wheels(&format!("url = \"{files}/app-1.0-py3-none-any.whl\""), &digest)),
        package("service", "0.1.0", "{ editable = \".\" }", "dependencies = [\n    { name = \"app\" },\n]\n\n[package.metadata]\nrequires-dist = [{ name = \"app\" }]\n"),
    ]
    .concat();
    context.write("uv.lock", lock);
    let (code, shown) = run(&context, &["bundle", ".", "-o", "out"]);
    assert!(code == Some(0) && shown.contains("The project service is built: its packages are bundled"), "{shown}");
    let tree = context.tree("out");
    assert!(!tree.contains("src/") && !tree.contains("test_app") && !tree.contains("uv.lock"), "{tree}");
    let mut python = Command::new("/usr/bin/python3");
    python.env_clear().env("PYTHONPATH", context.path("out")).args([
        "-B",
        "-c",
        "import xyz.app; print(xyz.app.handler({}, None))",
    ]);
    let output = python.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "7\n", "{}", String::from_utf8_lossy(&output.stderr));

    // Without the project, the folder is copied as it is, and dependencies lie beside it.
    let (code, shown) = run(&context, &["bundle", ".", "-o", "plain", "--no-project"]);
    assert!(code == Some(0) && shown.contains("The folder of service is copied"), "{shown}");
    assert!(context.path("plain/src/xyz/app.py").is_file() && context.path("plain/app/__init__.py").is_file());
}

#[test]
fn what_pipenv_did_not_lock_is_told() {
    let context = TestContext::new();
    let needs = "only-linux>=1; sys_platform == 'linux'";
    let client =
        WheelBuilder::new("client", "2.0").requires(needs).requires("only-mac; sys_platform == 'darwin'").build();
    let digest = sha256_hex(&client.bytes);
    let index = IndexServer::new().file(client).file(WheelBuilder::new("only-linux", "1.0")).start();
    let lock = format!(
        "{{\n    \"_meta\": {{\n        \"pipfile-spec\": 6,\n        \"sources\": [{{\"name\": \"ours\", \"url\": \"{}\"}}]\n    }},\n    \
         \"default\": {{\n        \"client\": {{\n            \"hashes\": [\"sha256:{digest}\"],\n            \"version\": \"==2.0\"\n        }}\n    }},\n    \
         \"develop\": {{}}\n}}\n",
        index.url()
    );
    context.write("fn/Pipfile.lock", lock);
    context.write("fn/handler.py", "");
    let told = "client requires only-linux on Linux with this Python, and `fn/Pipfile.lock` does not have it";
    let (code, shown) = run(&context, &["bundle", "fn", "-o", "out"]);
    assert!(code == Some(0) && shown.contains(told) && !shown.contains("only-mac"), "{shown}");
    assert!(!context.path("out/only_linux").exists(), "what a lock has is what is installed");
    // It is told again by a run that finds the output as it is.
    let (code, shown) = run(&context, &["bundle", "fn", "-o", "out"]);
    assert!(code == Some(0) && shown.contains(told) && shown.contains("Nothing has changed"), "{shown}");
    for quiet in [["--exclude-package", "only-linux"].as_slice(), &["--no-deps"]] {
        let (code, shown) = run(&context, &[&["bundle", "fn", "-o", "quiet", "--force"], quiet].concat());
        assert!(code == Some(0) && !shown.contains(told), "{shown}");
    }
}

#[test]
fn what_pip_did_not_lock_is_told() {
    let context = TestContext::new();
    let client = WheelBuilder::new("client", "2.0").requires("only-linux>=1; sys_platform == 'linux'").build();
    let (name, digest) = (client.filename.clone(), sha256_hex(&client.bytes));
    let index = IndexServer::new().file(client).file(WheelBuilder::new("only-linux", "1.0")).start();
    let url = index.url().replace("/simple/", "/files/");
    let lock = |tool: &str| {
        format!(
            "lock-version = \"1.0\"\ncreated-by = \"{tool}\"\n\n[[packages]]\nname = \"client\"\nversion = \"2.0\"\n\n\
             [[packages.wheels]]\nname = \"{name}\"\nurl = \"{url}{name}\"\n\n[packages.wheels.hashes]\nsha256 = \"{digest}\"\n"
        )
    };
    context.write("fn/pylock.toml", lock("pip"));
    context.write("fn/handler.py", "");
    let told = "client requires only-linux on Linux with this Python, and `fn/pylock.toml` does not have it, as pip locks for \
                the machine that it runs on; lock on such a machine, or name only-linux among what pip locks";
    let (code, shown) = run(&context, &["bundle", "fn", "-o", "out"]);
    assert!(code == Some(0) && shown.contains(told), "{shown}");
    // Another tool knows what it leaves out.
    context.write("fn/pylock.toml", lock("another tool"));
    let (code, shown) = run(&context, &["bundle", "fn", "-o", "out"]);
    assert!(code == Some(0) && !shown.contains("only-linux"), "{shown}");
}

#[test]
fn what_pipenv_does_not_pin_counts_where_its_marker_holds() {
    let thing = WheelBuilder::new("thing", "1.0").build();
    let digest = sha256_hex(&thing.bytes);
    let index = IndexServer::new().file(thing).start();
    // Pipenv 2026 writes these entries for packages that the machine that locks does not install.
    let lock = |unpinned: &str| {
        format!(
            "{{\n    \"_meta\": {{\"pipfile-spec\": 6, \"sources\": [{{\"name\": \"ours\", \"url\": \"{}\"}}]}},\n    \
             \"default\": {{\n        \"thing\": {{\"hashes\": [\"sha256:{digest}\"], \"version\": \"==1.0\"}},\n        {unpinned}\n    }},\n    \
             \"develop\": {{}}\n}}\n",
            index.url()
        )
    };
    let context = TestContext::new();
    context.write("fn/handler.py", "");
    let pipfile = "[packages]\nthing = '*'\nby_key = {version = '*', sys_platform = \"== 'win32'\"}\n";
    context.write("fn/Pipfile", pipfile);
    for passed_over in [
        "\"by-key\": {}",
        "\"by-key\": {\"version\": \"*\"}",
        "\"other\": {\"markers\": \"sys_platform == 'win32'\", \"version\": \"*\"}",
    ] {
        context.write("fn/Pipfile.lock", lock(passed_over));
        let (code, shown) = run(&context, &["bundle", "fn", "-o", "out", "--frozen"]);
        assert!(code == Some(0) && shown.contains("Resolved 1 package for"), "{passed_over}\n{shown}");
    }
    for counted in ["\"other\": {}", "\"other\": {\"markers\": \"sys_platform == 'linux'\", \"version\": \"*\"}"] {
        context.write("fn/Pipfile.lock", lock(counted));
        let (code, shown) = run(&context, &["bundle", "fn", "-o", "out", "--frozen"]);
        assert!(code == Some(2) && shown.contains("fn/Pipfile.lock:5: other has no version"), "{counted}\n{shown}");
    }
}

#[test]
fn categories_of_pipenv_may_have_the_same_package() {
    let thing = WheelBuilder::new("thing", "1.0").build();
    let digest = format!("\"sha256:{}\"", sha256_hex(&thing.bytes));
    let newer = WheelBuilder::new("thing", "2.0").build();
    let newer_digest = format!("\"sha256:{}\"", sha256_hex(&newer.bytes));
    let foreign = format!("\"sha256:{}\"", "0".repeat(64));
    let index = IndexServer::new().file(thing).file(newer).start();
    let context = TestContext::new();
    context.write("fn/handler.py", "");
    let entry = |hashes: &str, version: &str| {
        format!(
            "\"thing\": {{\"hashes\": [{hashes}], \"markers\": \"python_version >= '3.8'\", \"version\": \"=={version}\"}}"
        )
    };
    let lock = |default: &str, batch: &str| {
        let sources = format!("\"sources\": [{{\"name\": \"ours\", \"url\": \"{}\"}}]", index.url());
        let categories =
            format!("\"batch\": {{\n        {batch}\n    }},\n    \"default\": {{\n        {default}\n    }}");
        let lock = format!("{{\n    \"_meta\": {{\"pipfile-spec\": 6, {sources}}},\n    {categories}\n}}\n");
        context.write("fn/Pipfile.lock", lock);
    };
    let both = format!("{digest}, {foreign}");
    for (default, batch) in [(&digest, &digest), (&digest, &both), (&foreign, &digest)] {
        lock(&entry(default, "1.0"), &entry(batch, "1.0"));
        let (code, shown) = run(&context, &["bundle", "fn", "-o", "out", "--force", "--group", "batch"]);
        assert!(code == Some(0) && shown.contains("Resolved 1 package for"), "{default} {batch}\n{shown}");
    }
    lock(&entry(&digest, "1.0"), &entry(&newer_digest, "2.0"));
    let (code, shown) = run(&context, &["bundle", "fn", "-o", "other", "--group", "batch"]);
    let told = "thing stands in it twice for this target, 1.0 (fn/Pipfile.lock:7) and 2.0 (fn/Pipfile.lock:4): take fewer \
                extras and groups, or require one version in all of them (then `pipenv lock`)";
    assert!(code != Some(0) && shown.contains(told), "{shown}");
    let (code, shown) = run(&context, &["bundle", "fn", "-o", "other", "--only-group", "batch"]);
    assert!(code == Some(0) && shown.contains("Resolved 1 package for"), "{shown}");
}

#[test]
fn the_python_of_a_pipfile_counts() {
    let context = TestContext::new();
    context.write("fn/handler.py", "");
    let run = |context: &TestContext, arguments: &[&str]| {
        let output = context.barrow().args(arguments).output().unwrap();
        (output.status.code(), context.show(&output))
    };
    for (requires, runtime) in [
        ("\"python_version\": \"3.11\"", "python3.11"),
        ("\"python_full_version\": \"3.12.4\", \"python_version\": \"3.12\"", "python3.12"),
    ] {
        let meta = format!("\"pipfile-spec\": 6,\n        \"requires\": {{{requires}}}, \"sources\": []");
        let lock = format!("{{\n    \"_meta\": {{\n        {meta}\n    }},\n    \"default\": {{}}\n}}\n");
        context.write("fn/Pipfile.lock", lock);
        for place in [["fn"].as_slice(), &["fn", "-r", "fn/Pipfile.lock"], &["fn", "--lock", "fn/Pipfile.lock"]] {
            let out = format!("out-{runtime}{}", place.concat().len());
            let (code, shown) = run(&context, &[&["bundle", "-o", out.as_str()], place].concat());
            assert!(code == Some(0) && shown.contains(&format!("for {runtime}")), "{place:?}\n{shown}");
        }
        let (_, shown) = run(&context, &["config", "fn"]);
        assert!(shown.contains(&format!("runtime = {runtime}  # fn/Pipfile.lock:4")), "{shown}");
        let (code, shown) = run(&context, &["bundle", "fn", "-o", "no", "--runtime", "python3.13"]);
        let told =
            format!("`fn/Pipfile.lock` was locked for Python {}", &requires[requires.find("3.1").unwrap()..][..4]);
        assert!(code == Some(0) && shown.contains(&told) && shown.contains("not for python3.13"), "{shown}");
    }
}
