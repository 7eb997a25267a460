//! Tests of the lock room: what is read, what is written, and that both agree.

use std::path::Path;
use std::sync::Arc;

/// The words of the command line.
#[path = "../bin/barrow/hints/lock.rs"]
mod hints;

use super::model::LockedSource;
use super::pylock::{self, is_pylock};
use super::requirements::{self, RequirementsStyle};
use super::select::select_parted;
use super::{
    KeptForm, Lock, LockError, LockKind, LockPlace, LockRequest, PackageOrigin, SelectedPackage, json, preferences,
    select,
};
use crate::resolution::Resolution;
use crate::target::{Architecture, Runtime, Target};

const ONE: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const TWO: &str = "2222222222222222222222222222222222222222222222222222222222222222";

fn target(runtime: &str, architecture: Architecture) -> Target {
    Target::new(runtime.parse::<Runtime>().unwrap(), architecture)
}

fn read(text: &str) -> Result<Resolution, LockError> {
    read_for(text, &LockRequest::default())
}

/// What python3.12 on arm64 gets of a `pylock.toml`.
fn read_for(text: &str, request: &LockRequest) -> Result<Resolution, LockError> {
    let place = LockPlace { path: "pylock.toml".into(), folder: "/home/user/app".into(), ..LockPlace::default() };
    let target = target("python3.12", Architecture::Arm64);
    let lock = Lock::read(text.as_bytes(), &place)?;
    let packages = select(&lock, request, &target)?.into_iter();
    let dists = packages.map(|package| package.into_known().expect("the lock says everything")).collect();
    Ok(Resolution { target, dists, warnings: Vec::new(), passed_over: Vec::new() })
}

/// A lock as another tool may write it: for several targets, with extras and groups.
fn foreign() -> String {
    format!(
        r#"lock-version = "1.0"
environments = ["sys_platform == 'win32'", "sys_platform == 'linux'"]
requires-python = ">=3.9"
extras = ["fast"]
dependency-groups = ["dev", "default"]
default-groups = ["default"]
created-by = "another tool"

[[packages]]
name = "App_Base"
version = "1.0"
index = "https://user:secret@index/simple"
dependencies = [{{ name = "native" }}, {{ name = "only-windows" }}]
wheels = [
    {{ name = "app_base-1.0-py3-none-any.whl", url = "https://user:secret@files/app_base-1.0-py3-none-any.whl#x", upload-time = 2026-01-02T03:04:05Z, size = 10, hashes = {{ sha256 = "{ONE}", md5 = "00" }} }},
]

[[packages]]
name = "native"
version = "2.0"
wheels = [
    {{ url = "https://files/native-2.0-cp312-cp312-manylinux_2_17_x86_64.whl", hashes = {{ sha256 = "{ONE}" }} }},
    {{ url = "https://files/native-2.0-cp312-cp312-manylinux_2_17_aarch64.whl", hashes = {{ sha256 = "{TWO}" }} }},
    {{ url = "https://files/native-2.0-cp312-cp312-manylinux_2_38_aarch64.whl", hashes = {{ sha256 = "{ONE}" }} }},
]
sdist = {{ url = "https://files/native-2.0.tar.gz", hashes = {{ sha256 = "{ONE}" }} }}

[[packages]]
name = "only-windows"
version = "1"
marker = "sys_platform == 'win32'"
directory = {{ path = "." }}

[[packages]]
name = "quick"
version = "3"
marker = "'fast' in extras and sys_platform == 'linux'"
wheels = [{{ path = "wheels/quick-3-py3-none-any.whl", hashes = {{ sha256 = "{TWO}" }} }}]

[[packages]]
name = "checker"
version = "4"
marker = "'dev' in dependency_groups"
wheels = [{{ path = "wheels/checker-4-py3-none-any.whl", hashes = {{ sha256 = "{TWO}" }} }}]

[[packages]]
name = "usual"
version = "5"
marker = "'default' in dependency_groups or 'fast' not in extras"
archive = {{ url = "https://files/usual-5-py3-none-any.whl", hashes = {{ sha256 = "{TWO}" }} }}
"#
    )
}

fn names(resolution: &Resolution) -> String {
    let names = resolution.dists.iter().map(|dist| format!("{}=={}", dist.name, dist.version));
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_lock_gives_what_the_target_needs() {
    let text = foreign();
    let resolution = read(&text).unwrap();
    assert_eq!(names(&resolution), "app-base==1.0 native==2.0 usual==5");
    let native = &resolution.dists[1];
    assert_eq!(native.file.filename.as_str(), "native-2.0-cp312-cp312-manylinux_2_17_aarch64.whl");
    assert_eq!(native.accepted_hashes[0].hex(), TWO);
    assert_eq!(resolution.dists[0].dependencies.len(), 1, "what is not for this target is no dependency");

    let selected = LockRequest {
        extras: vec!["fast".parse().unwrap()],
        groups: vec!["dev".parse().unwrap()],
        ..LockRequest::default()
    };
    let resolution = read_for(&text, &selected).unwrap();
    assert_eq!(names(&resolution), "app-base==1.0 checker==4 native==2.0 quick==3 usual==5");
    let local = resolution.dists[3].file.url.to_file_path();
    assert_eq!(local.as_deref(), Some(Path::new("/home/user/app/wheels/quick-3-py3-none-any.whl")));
}

/// PEP 751 demands no version of an entry.
#[test]
fn the_name_of_a_file_says_its_version() {
    let text = format!(
        "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"a\"\n\
         wheels = [{{ url = \"https://x/a-1-py3-none-any.whl\", hashes = {{ sha256 = \"{ONE}\" }} }}]\n"
    );
    assert_eq!(names(&read(&text).unwrap()), "a==1");
}

#[test]
fn what_cannot_be_used_is_refused_with_its_place() {
    let check = |text: &str, expected: &str| {
        assert_eq!(read(text).unwrap_err().to_string(), expected, "{text}");
    };
    let head = "lock-version = \"1.0\"\ncreated-by = \"x\"\n";
    check("lock-version = \"2.0\"\n", "pylock.toml:1: lock-version 2.0 is not known, only 1.x");
    check("\nlock-version = 1\n", "pylock.toml:2: this must be a text, and is the number `1`");
    let python = format!("{head}requires-python = \"<3.12\"\n");
    check(&python, "`pylock.toml` is for Python <3.12, and python3.12 has 3.12.12");
    let windows = format!("{head}environments = [\"sys_platform == 'win32'\"]\n");
    let expected = "`pylock.toml` cannot be used: it is not for python3.12 on arm64, but for sys_platform == 'win32'";
    check(&windows, expected);
    let package = format!("{head}[[packages]]\nname = \"a\"\nversion = \"1\"\n");
    check(&package, "pylock.toml:4: a has no file at all");
    let sdist = format!("{package}sdist = {{ url = \"https://x/a-1.tar.gz\", hashes = {{ sha256 = \"{ONE}\" }} }}\n");
    check(&sdist, "pylock.toml:4: `a` is only a source distribution and would have to be built");
    assert_eq!(hints::of(&read(&sdist).unwrap_err()), ["allow it with `--allow-build a`"]);
    let vcs =
        |commit: &str| format!("{package}vcs = {{ type = \"git\", url = \"https://x\", commit-id = \"{commit}\" }}\n");
    check(&vcs("main"), "pylock.toml:4: the commit of a is not one");
    let forbidding = LockRequest { no_build: true, ..LockRequest::default() };
    let error = read_for(&vcs(&ONE[..40]), &forbidding).unwrap_err();
    let expected = "pylock.toml:4: `a` is a repository and would have to be built: building is forbidden";
    assert_eq!(error.to_string(), expected);
    let wheel = |name: &str, hashes: &str| {
        format!("{package}wheels = [{{ url = \"https://x/{name}\", hashes = {{ {hashes} }} }}]\n")
    };
    let good = format!("sha256 = \"{ONE}\"");
    check(
        &wheel("a-1-py3-none-any.whl", "md5 = \"00\""),
        "pylock.toml:4: a file of a has no sha256, sha384 or sha512 digest",
    );
    check(
        &wheel("a-1-py3-none-any.whl", &format!("sha256 = \"{ONE} and more\"")),
        &format!(
            "pylock.toml:6: a digest of a: `{ONE} and more` is not a sha256 digest: 64 hexadecimal digits are needed"
        ),
    );
    check(
        &wheel("a-1-cp312-cp312-win_amd64.whl", &good),
        "pylock.toml:4: a 1 is locked without a wheel for python3.12 on arm64: its wheels are for CPython 3.12 on Windows",
    );
    check(&wheel("a-2-py3-none-any.whl", &good), "pylock.toml:4: `a-2-py3-none-any.whl` is not a file of version 1");
    let twice = wheel("a-1-py3-none-any.whl", &good);
    let twice = format!("{twice}{}", twice.strip_prefix(head).unwrap());
    let told = "a stands in it twice for this target, 1 (pylock.toml:4) and 1 (pylock.toml:8): the markers of one of them \
                should leave the target out";
    check(&twice, &format!("`pylock.toml` cannot be used: {told}"));
    let unknown = LockRequest { extras: vec!["slow".parse().unwrap()], ..LockRequest::default() };
    let error = read_for(&foreign(), &unknown).unwrap_err();
    assert_eq!(error.to_string(), "`pylock.toml` cannot be used: it has no extra `slow` (it has fast)");
    assert!(error.is_usage(), "a name that is not there is a wrong word of the command line");
}

#[test]
fn a_lock_that_was_written_reads_the_same() {
    let resolution = read(&foreign()).unwrap();
    let written = pylock::write(std::slice::from_ref(&resolution), Path::new("/home/user/app"), None);
    assert!(!written.contains("secret"), "{written}");
    let again = read(&written).unwrap();
    assert_eq!(names(&again), names(&resolution));
    assert_eq!(pylock::write(std::slice::from_ref(&again), Path::new("/home/user/app"), None), written);
    insta::assert_snapshot!(written);
}

#[test]
fn requirements_are_written_as_pip_reads_them() {
    let resolution = read(&foreign()).unwrap();
    let style = RequirementsStyle { hashes: false, annotate: true };
    insta::assert_snapshot!(requirements::write(&resolution, style, Path::new("/home/user/app")).unwrap());
    let style = RequirementsStyle { hashes: true, annotate: false };
    insta::assert_snapshot!(requirements::write(&resolution, style, Path::new("/home/user/app")).unwrap());
}

#[test]
fn json_says_everything() {
    let text = json::write(&read(&foreign()).unwrap());
    assert_eq!(json::write_parted(&read(&foreign()).unwrap(), 0), text, "in two halves");
    let value = json::value(&read(&foreign()).unwrap());
    assert_eq!(serde_json::to_string_pretty(&value).unwrap() + "\n", text, "in the usual form");
    assert!(!text.contains("secret"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_source_archive_is_one_by_any_of_its_endings() {
    let has_archive = |name: &str, text: &str, ending: &str| {
        let place = LockPlace { path: name.into(), folder: "/app".into(), ..LockPlace::default() };
        let lock = Lock::read(text.replace(".END", ending).replace("ONE", ONE).as_bytes(), &place).unwrap();
        let package = &lock.packages[0];
        package.sdist.is_some() || matches!(package.source, LockedSource::Archive { .. })
    };
    let package = "[[package]]\nname = 'a'\nversion = '1'\ngroups = ['main']\n";
    let files = "files = [\n    {file = 'a-1.END', hash = 'sha256:ONE'},\n]\n";
    let of_poetry = "[metadata]\nlock-version = '2.1'\npython-versions = '*'\n";
    let of_pdm = "[metadata]\nlock_version = '4.5.0'\nstrategy = ['inherit_metadata']\n";
    let poetry = format!("{package}optional = false\npython-versions = '*'\n{files}{of_poetry}");
    let (pdm, of_path) = (format!("{of_pdm}{package}{files}"), format!("{of_pdm}{package}path = './a-1.END'\n"));
    let pipfile = "{\"_meta\": {\"pipfile-spec\": 6}, \"default\": {\"a\": {\"path\": \"./a-1.END\"}}}";
    let of_pipenv = ("Pipfile.lock", pipfile);
    for (name, text) in [("poetry.lock", &*poetry), ("pdm.lock", &*pdm), ("pdm.lock", &*of_path), of_pipenv] {
        for ending in [".tar.gz", ".tgz", ".zip"] {
            assert!(has_archive(name, text, ending), "{name}, {ending}");
        }
        assert!(!has_archive(name, text, ".tar.bz2"), "{name}");
    }
}

/// Locks of every tool in the fixtures, and their places.
fn fixtures() -> Vec<Lock> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("wheels-fixtures/locks");
    let folders = fs_err::read_dir(root).unwrap().map(|folder| folder.unwrap().path());
    let files = folders.flat_map(|folder| fs_err::read_dir(folder).unwrap().map(|file| file.unwrap().path()));
    let locks = files.filter(|file| LockKind::of(file).is_some()).filter_map(|file| {
        let place = LockPlace::new(&file, Path::new("/"), std::collections::BTreeMap::new());
        Lock::read(&fs_err::read(&file).unwrap(), &place).ok()
    });
    locks.collect()
}

/// A `uv.lock` of so many packages, of which each requires the next one, and every third has no wheel for the target
/// where `with_gaps`.
fn chain(count: usize, with_gaps: bool) -> Lock {
    let package = |at: usize| {
        let platform = if with_gaps && at.is_multiple_of(3) { "cp311-cp311-win32" } else { "py3-none-any" };
        let next = format!("dependencies = [{{ name = \"p{}\" }}]\n", at + 1);
        let next = if at + 1 < count { next.as_str() } else { "" };
        let head = format!("name = \"p{at}\"\nversion = \"1\"\nsource = {{ registry = \"https://x/simple\" }}");
        let wheel = format!("{{ url = \"https://x/p{at}-1-{platform}.whl\", hash = \"sha256:{ONE}\" }},");
        format!("[[package]]\n{head}\n{next}wheels = [\n    {wheel}\n]\n\n")
    };
    let packages: String = (0..count).map(package).collect();
    let project = "[[package]]\nname = \"app\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"p0\" }]\n";
    let place = LockPlace { path: "uv.lock".into(), folder: "/app".into(), ..LockPlace::default() };
    Lock::read(format!("version = 1\n\n{packages}{project}").as_bytes(), &place).unwrap()
}

#[test]
fn what_is_selected_in_halves_is_what_is_selected_in_one_piece() {
    let request = LockRequest { all_extras: true, ..LockRequest::default() };
    let (large, lacking) = (chain(250, false), chain(250, true));
    let fixtures = fixtures();
    assert!(fixtures.len() > 10, "{}", fixtures.len());
    for lock in fixtures.iter().chain([&large, &lacking]) {
        for target in [target("python3.12", Architecture::Arm64), target("python3.10", Architecture::X86_64)] {
            let [whole, halves] = [usize::MAX, 0].map(|parted_from| {
                let selected = select_parted(lock, &request, &target, parted_from);
                selected.map(|packages| format!("{packages:?}")).map_err(|error| error.to_string())
            });
            assert_eq!(whole, halves, "{}", lock.path.display());
        }
    }
    let target = target("python3.12", Architecture::Arm64);
    let selected = select(&large, &request, &target).unwrap();
    assert_eq!(selected.len(), 250);
    let index = |package: &SelectedPackage| match &package.place {
        PackageOrigin::File { file, .. } => Arc::clone(&file.origin),
        other => panic!("{other:?}"),
    };
    let is_shared = |package: &SelectedPackage| Arc::ptr_eq(&index(package), &index(&selected[0]));
    assert!(selected.iter().all(is_shared), "an index is there once");
    let LockError::Several(errors) = select(&lacking, &request, &target).unwrap_err() else { panic!("several lack") };
    assert_eq!(errors.len(), 84, "every one is told, of both halves");
}

#[test]
fn what_others_require_takes_the_version_that_the_project_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let project = "[tool.poetry]\nname = 'x'\nversion = '1'\npackage-mode = false\n[tool.poetry.dependencies]\nb = '*'\n\
                   a = [{version = '<2', python = '<3.12'}, {version = '>=2', python = '>=3.12'}]\n";
    fs_err::write(folder.path().join("pyproject.toml"), project).unwrap();
    let package = |name: &str, version: &str| {
        format!(
            "[[package]]\nname = '{name}'\nversion = '{version}'\noptional = false\npython-versions = '*'\n\
             files = [{{file = '{name}-{version}-py3-none-any.whl', hash = 'sha256:{ONE}'}}]\n"
        )
    };
    let (one, two, other) = (package("a", "1"), package("a", "2"), package("b", "1"));
    let end = "[package.dependencies]\na = '>=1'\n[metadata]\nlock-version = '2.0'\npython-versions = '*'\n";
    let place = LockPlace { path: "poetry.lock".into(), folder: folder.path().to_owned(), ..LockPlace::default() };
    let lock = Lock::read(format!("{one}{two}{other}{end}").as_bytes(), &place).unwrap();
    for (runtime, expected) in [("python3.11", "a 1, b 1"), ("python3.13", "a 2, b 1")] {
        let target = target(runtime, Architecture::X86_64);
        let selected = select(&lock, &LockRequest::default(), &target).unwrap();
        let shown = selected.iter().map(|it| format!("{} {}", it.name, it.version.as_ref().unwrap()));
        assert_eq!(shown.collect::<Vec<_>>().join(", "), expected, "{runtime}");
    }
}

#[test]
fn preferences_are_read_from_every_form() {
    let shown = |text: &str, form: KeptForm, runtime: &str| {
        let target = Target::new(runtime.parse().unwrap(), Architecture::X86_64);
        let kept = preferences(text, form, Path::new("a.lock")).map_err(|error| error.to_string())?;
        let pairs = kept.into_iter().filter(|kept| kept.is_for(&target));
        let pairs: Vec<String> = pairs.map(|kept| format!("{} {}", kept.name, kept.version)).collect();
        Ok::<_, String>(pairs.join(", "))
    };
    let (pylock, lines, json) = (KeptForm::Pylock, KeptForm::Requirements, KeptForm::Json);
    let newer = |text: &str, form| shown(text, form, "python3.12");
    let resolution = read(&foreign()).unwrap();
    let style = RequirementsStyle { hashes: true, annotate: true };
    let expected = Ok("app-base 1.0, native 2.0, usual 5".to_owned());
    let one = pylock::write(std::slice::from_ref(&resolution), Path::new("/"), None);
    assert_eq!(newer(&one, pylock), expected);
    assert_eq!(newer(&json::write(&resolution), json), expected);
    let text = requirements::write(&resolution, style, Path::new("/home/user/app")).unwrap();
    assert_eq!(newer(&text, lines).unwrap(), "app-base 1.0, native 2.0");
    let text = "a[x,y]==1.0 ; python_version < '4' # why\nb>=2\n-r c.txt\nd===3\n";
    assert_eq!(newer(text, lines).unwrap(), "a 1.0, d 3");

    let two = "a==1 ; python_version < '3.10' \\\n    --hash=sha256:00\na==2 ; python_version >= '3.10'\n";
    assert_eq!(newer(two, lines).unwrap(), "a 2");
    assert_eq!(shown(two, lines, "python3.9").unwrap(), "a 1");

    for form in [pylock, lines, json] {
        assert_eq!(newer(" \n", form).unwrap(), "");
    }
    assert_eq!(newer("<<<<<<< HEAD\na==1\n=======\n", lines).unwrap_err(), "a.lock:1: this is no requirement");
    assert!(newer(&format!("a = 1\n{one}>>>>>>> x\n"), pylock).unwrap_err().starts_with("a.lock:"));
    assert_eq!(newer("[project]\n", pylock).unwrap_err(), "a.lock:1: it is no lock: it has no `lock-version`");
    assert_eq!(newer("{ \"packages\": {} }", json).unwrap_err(), "a.lock:1: it is no lock: it has no `schema`");
    assert!(newer("{\n<<<<<<< HEAD\n", json).unwrap_err().starts_with("a.lock:2: it is not JSON"));
}

#[test]
fn locks_are_known_by_their_names() {
    for (name, expected) in [
        ("pylock.toml", true),
        ("a/pylock.dev.toml", true),
        ("pylock..toml", false),
        ("pylock.a.b.toml", false),
        ("mypylock.toml", false),
        ("pyproject.toml", false),
    ] {
        assert_eq!(is_pylock(Path::new(name)), expected, "{name}");
    }
}
