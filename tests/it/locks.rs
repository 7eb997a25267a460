//! Locks of other tools: what they say is installed, and nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use barrow::lock::{
    Lock, LockKind, LockPlace, LockRequest, PackageOrigin, SelectedPackage, SourceOrigin, check_fresh, select,
};
use barrow::requirements::DirectReference;
use barrow::target::{Architecture, Runtime, Target};
use serde::Deserialize;

use crate::support::{IndexServer, TestContext, WheelBuilder, sha256_hex};

/// What the tool that wrote a lock says is in it, for one choice and target: version by name, or `folder`.
#[derive(Deserialize)]
struct Selection {
    extras: Vec<String>,
    groups: Vec<String>,
    runtime: String,
    arch: String,
    pins: BTreeMap<String, String>,
}

fn stored() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("wheels-fixtures/locks");
    let mut folders: Vec<PathBuf> = fs_err::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

fn pin(package: &SelectedPackage) -> (String, String) {
    let is_folder = |source: &SourceOrigin| matches!(source.reference, DirectReference::Folder { .. });
    let is_folder = matches!(&package.place, PackageOrigin::Source(source) if is_folder(source));
    let version = package.version.as_ref().filter(|_| !is_folder).map(ToString::to_string);
    (package.name.to_string(), version.unwrap_or_else(|| "folder".to_owned()))
}

/// The stored lock in a folder, and the place that it was read from.
fn read(folder: &Path) -> (Lock, LockPlace) {
    let file = LockKind::ALL.into_iter().map(|kind| folder.join(kind.file_name())).find(|path| path.is_file());
    let environment = BTreeMap::from([("PRIVATE_HOST".to_owned(), "private.test".to_owned())]);
    let place = LockPlace::new(&file.unwrap(), folder, environment);
    (Lock::read(&fs_err::read(place.file()).unwrap(), &place).unwrap(), place)
}

fn target(runtime: &str, arch: &str) -> Target {
    Target::new(runtime.parse::<Runtime>().unwrap(), arch.parse::<Architecture>().unwrap())
}

#[test]
fn a_lock_has_exactly_the_pins_that_its_own_tool_says() {
    let mut packages = std::collections::BTreeSet::new();
    for folder in stored() {
        let (lock, place) = read(&folder);
        let text = fs_err::read_to_string(folder.join("pins.json")).unwrap();
        for selection in serde_json::from_str::<Vec<Selection>>(&text).unwrap() {
            let parse = |names: &[String]| names.iter().map(|name| name.parse().unwrap()).collect();
            let (extras, groups) = (parse(&selection.extras), parse(&selection.groups));
            let request = LockRequest { extras, groups, ..LockRequest::default() };
            let target = target(&selection.runtime, &selection.arch);
            let selected = select(&lock, &request, &target).unwrap();
            let pins: BTreeMap<String, String> = selected.iter().map(pin).collect();
            let case =
                format!("{} {:?} {:?} {}", folder.display(), selection.extras, selection.groups, selection.runtime);
            assert_eq!(pins, selection.pins, "{case}");
            let warnings = check_fresh(&lock, &place, &request, &target).unwrap();
            assert!(warnings.is_empty(), "{case}: {warnings:?}");
            packages.extend(pins.into_keys());
        }
    }
    assert!(packages.len() >= 40, "{} packages", packages.len());
}

#[test]
fn a_lock_that_is_out_of_date_is_refused_where_it_matters() {
    for (fixture, old, new, matters) in [
        ("plain-uv-new", "lib-0>=1,<2", "lib-0>=2", true),
        ("plain-uv-new", "\"checker\"", "\"checker>=9\"", false),
        ("plain-uv-new", "version = \"0.1.0\"", "version = \"0.2.0\"", false),
        ("poetry-poetry-new", "lib-0 = \"^1.0\"", "lib-0 = \"^2.0\"", true),
        ("poetry-poetry-new", "lib-17 = \"*\"\n", "", true),
        ("poetry-poetry-1.8", "lib-9 = \"~1.0\"", "lib-9 = \"^1.0\"", false),
        ("pipfile-pipenv-new", "lib-0 = \"==1.5\"", "lib-0 = \"==2.0\"", true),
        ("pipfile-pipenv-new", "checker = \"*\"", "checker = \">=10\"", false),
    ] {
        let context = TestContext::new();
        let from = stored().into_iter().find(|folder| folder.ends_with(fixture)).unwrap();
        let mut changed = 0;
        for entry in fs_err::read_dir(&from).unwrap() {
            let path = entry.unwrap().path();
            let text = fs_err::read_to_string(&path).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let is_project = ["pyproject.toml", "Pipfile"].contains(&name.as_str());
            changed += usize::from(is_project && text.contains(old));
            context.write(&format!("project/{name}"), if is_project { text.replacen(old, new, 1) } else { text });
        }
        assert_eq!(changed, 1, "{fixture} {old}");
        let (lock, place) = read(&context.path("project"));
        let checked = check_fresh(&lock, &place, &LockRequest::default(), &target("python3.11", "x86_64"));
        match (checked, matters) {
            (Err(error), true) => assert!(error.to_string().contains("out of date"), "{fixture} {new}: {error}"),
            (Ok(warnings), false) => assert_eq!(warnings.len(), 1, "{fixture} {new}: {warnings:?}"),
            (other, _) => panic!("{fixture} {new}: {other:?}"),
        }
    }
}

/// A `uv.lock` of a project in whose folder it lies: one package, and the project itself, built or not.
fn uv_lock(url: &str, digest: &str, source: &str) -> String {
    format!(
        "version = 1\nrevision = 3\nrequires-python = \">=3.9\"\n\n[[package]]\nname = \"app\"\nversion = \"1.0\"\n\
         source = {{ registry = \"{url}\" }}\nwheels = [\n    {{ url = \"{url}app-1.0-py3-none-any.whl\", \
         hash = \"sha256:{digest}\" }},\n]\n\n[[package]]\nname = \"service\"\nversion = \"0.1.0\"\n\
         source = {source}\ndependencies = [\n    {{ name = \"app\" }},\n]\n\n[package.metadata]\n\
         requires-dist = [{{ name = \"app\" }}]\n"
    )
}

#[test]
fn a_lock_above_is_found_and_a_flipped_digest_is_refused_with_its_line() {
    let context = TestContext::new();
    let wheel = WheelBuilder::new("app", "1.0").build();
    let digest = sha256_hex(&wheel.bytes);
    let index = IndexServer::new().file(wheel).start();
    let url = index.url();
    let files = url.replace("/simple/", "/files/");
    let lock = |digest: &str| {
        uv_lock(&url, digest, "{ virtual = \".\" }").replace(&format!("{url}app"), &format!("{files}app"))
    };
    context.write("project/uv.lock", lock(&digest));
    let pyproject =
        "[project]\nname = \"service\"\nversion = \"0.1.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"app\"]\n";
    context.write("project/pyproject.toml", pyproject);
    context.write("project/functions/one/handler.py", "import app\n");
    context.write("project/requirements.txt", "no-such-name\n");
    let bundle = |source: &str, more: &[&str]| {
        let output = context.barrow().args(["bundle", source, "-o", "out", "--force"]).args(more).output().unwrap();
        (output.status.code(), context.show(&output))
    };
    let (code, shown) = bundle("project/functions/one", &[]);
    assert!(code == Some(0) && shown.contains("Using project/uv.lock"), "{shown}");
    assert!(context.path("out/handler.py").is_file() && context.path("out/app").is_dir(), "{}", context.tree("out"));
    let (code, shown) = bundle("project", &[]);
    assert!(code == Some(0) && shown.contains("project/requirements.txt is not used: a lock comes first"), "{shown}");
    assert!(shown.contains("The folder of service is copied"), "{shown}");

    context.write("project/pyproject.toml", pyproject.replace("[\"app\"]", "[\"app>=2\"]"));
    let (code, shown) = bundle("project", &[]);
    assert!(code == Some(1) && shown.contains("out of date") && shown.contains("`uv lock`"), "{shown}");
    assert_eq!(bundle("project", &["--frozen"]).0, Some(0));

    let flipped = if digest.starts_with('0') { "1" } else { "0" }.to_owned() + &digest[1..];
    context.write("project/uv.lock", lock(&flipped));
    let (code, shown) = bundle("project", &["--frozen", "--no-cache"]);
    assert!(code == Some(1) && shown.contains("uv.lock:10"), "{shown}");
}

#[test]
fn what_the_project_names_is_where_drawings_begin() {
    let context = TestContext::new();
    let from = stored().into_iter().find(|folder| folder.ends_with("plain-uv-new")).unwrap();
    for name in ["uv.lock", "pyproject.toml"] {
        context.write(&format!("project/{name}"), fs_err::read(from.join(name)).unwrap());
    }
    context.write("elsewhere/file", "");
    let tree = |folder: &str, lock: &str| {
        let mut command = context.barrow();
        command.args(["tree", "-q", "-r", lock, "--depth", "1"]).current_dir(context.path(folder));
        context.succeed(&mut command);
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let drawn = tree("project", "uv.lock");
    assert!(drawn.contains("\nlib-10 2.0") && !drawn.contains("\nleaf-"), "{drawn}");
    assert_eq!(tree("elsewhere", "../project/uv.lock"), drawn, "by another name of it");
}

#[test]
fn one_lock_serves_several_targets() {
    let context = TestContext::new();
    let index = IndexServer::new()
        .file(WheelBuilder::new("native", "1.0").tag("cp312-cp312-manylinux_2_17_x86_64"))
        .file(WheelBuilder::new("native", "1.0").tag("cp312-cp312-manylinux_2_17_aarch64"))
        .file(WheelBuilder::new("native", "2.0").tag("cp313-cp313-manylinux_2_17_x86_64"))
        .file(WheelBuilder::new("native", "2.0").tag("cp313-cp313-manylinux_2_17_aarch64"))
        .start();
    context.write("requirements.in", "native\n");
    let (url, targets) =
        (index.url(), ["--runtime", "python3.12", "--runtime", "python3.13", "--arch", "x86_64", "--arch", "arm64"]);
    let lock = |out: &str, more: &[&str]| {
        let mut command = context.barrow();
        let output =
            command.args(["lock", "-r", "requirements.in", "-o", out, "--index-url", &url]).args(more).output();
        let output = output.unwrap();
        (output.status.code(), context.show(&output))
    };
    let (code, shown) = lock("pylock.toml", &targets);
    assert_eq!(code, Some(0), "{shown}");
    for (runtime, version) in [("python3.12", "1.0"), ("python3.13", "2.0")] {
        for arch in ["x86_64", "arm64"] {
            let mut command = context.barrow();
            command.args(["lock", "-r", "pylock.toml", "-o", "-", "--format", "requirements"]);
            let output = command.args(["--runtime", runtime, "--arch", arch, "--offline"]).output().unwrap();
            let shown = context.show(&output);
            assert!(shown.contains(&format!("native=={version}")), "{shown}");
        }
    }
    assert_eq!(lock("requirements.txt", &targets).0, Some(2), "a requirements file holds one target");
    let (code, shown) = lock("requirements.txt", &["--runtime", "python3.13"]);
    assert!(code == Some(0), "{shown}");
    assert!(fs_err::read_to_string(context.path("requirements.txt")).unwrap().contains("native==2.0"));
    let (code, shown) = lock("requirements.in", &["--runtime", "python3.13"]);
    assert!(code == Some(2) && shown.contains("is an input of the lock"), "{shown}");
}

#[test]
fn parts_of_a_project_that_exclude_each_other_are_not_chosen_together() {
    for fixture in ["conflicts-uv-0.7", "conflicts-uv-new"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wheels-fixtures/locks").join(fixture);
        let (lock, _) = read(&folder);
        let both =
            LockRequest { extras: ["old", "new"].map(|name| name.parse().unwrap()).into(), ..LockRequest::default() };
        let all = LockRequest { all_extras: true, ..LockRequest::default() };
        for request in [both, all] {
            let error = select(&lock, &request, &target("python3.13", "x86_64")).unwrap_err().to_string();
            let told = "uv.lock:4: the extra `new` of service and the extra `old` of service exclude each other";
            assert!(error.contains(told), "{error}");
        }
    }
    let text = r#"
version = 1
requires-python = ">=3.10"
conflicts = [
    [{ package = "app", extra = "old" }, { package = "app", extra = "new" }],
    [{ package = "app", group = "a" }, { package = "app", extra = "old" }, { package = "app", group = "b" }],
    [{ package = "lib", extra = "one" }, { package = "lib", extra = "two" }],
    [{ package = "app" }, { package = "app", group = "alone" }],
]

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "lib", extra = ["one"], marker = "extra == 'extra-3-lib-one'" }]

[package.optional-dependencies]
both = [{ name = "lib", extra = ["two"], marker = "extra == 'extra-3-lib-two'" }]
new = []
old = []

[package.dev-dependencies]
a = []
alone = []
b = []

[[package]]
name = "lib"
version = "1"
source = { virtual = "lib" }

[package.optional-dependencies]
one = []
two = []
"#;
    let place = LockPlace::new(Path::new("uv.lock"), Path::new("/project"), BTreeMap::new());
    let lock = Lock::read(text.as_bytes(), &place).unwrap();
    for (extras, groups, only_groups, told) in [
        ("new", "b", "", ""),
        ("new old", "", "", "5: the extra `old` of app and the extra `new` of app"),
        ("", "a b", "", "6: the group `a` of app and the group `b` of app"),
        ("old", "b", "", "6: the extra `old` of app and the group `b` of app"),
        ("", "", "b a", "6: the group `a` of app and the group `b` of app"),
        // What a chosen extra requires in turn counts as well.
        ("both", "", "", "7: the extra `one` of lib and the extra `two` of lib"),
        ("", "alone", "", "8: app itself and the group `alone` of app"),
        ("", "", "alone", ""),
    ] {
        let names = |text: &str| text.split_whitespace().map(|name| name.parse().unwrap()).collect();
        let (extras, groups, only_groups) = (names(extras), names(groups), names(only_groups));
        let request = LockRequest { extras, groups, only_groups, ..LockRequest::default() };
        let error = select(&lock, &request, &target("python3.13", "x86_64")).err().map(|error| error.to_string());
        let wanted = (!told.is_empty()).then(|| format!("uv.lock:{told} exclude each other, and both are wanted"));
        assert_eq!(error, wanted);
    }
}
