//! Tests of what makes a lock out of date, on locks in the words of their own tools.

use std::collections::BTreeMap;

use crate::lock::{Lock, LockPlace, LockRequest, check_fresh, select};
use crate::target::{Architecture, Runtime, Target};

/// What python3.13 on `x86_64` is told of a lock beside a project: warnings, or the differences that matter.
fn check(files: &[(&str, &str)], lock: &str, text: &str) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs_err::write(folder.path().join(name), text).unwrap();
    }
    let place = LockPlace {
        path: lock.into(),
        folder: folder.path().to_owned(),
        environment: BTreeMap::from([
            ("UV_INDEX".to_owned(), "given=https://given.test/simple".to_owned()),
            ("PRIVATE_HOST".to_owned(), "private.test".to_owned()),
        ]),
    };
    let lock = Lock::read(text.as_bytes(), &place).unwrap();
    let target = Target::new("python3.13".parse::<Runtime>().unwrap(), Architecture::X86_64);
    let request = LockRequest { all_extras: true, groups: vec!["prod".parse().unwrap()], ..LockRequest::default() };
    check_fresh(&lock, &place, &request, &target).map_err(|error| error.to_string())
}

const INDEXES: &str = r#"
[[tool.uv.index]]
name = "priv"
url = "http://user:secret@priv.test/"
explicit = true
[[tool.uv.index]]
name = "pp"
url = "http://pp.test/x/"
explicit = true
"#;

const PUBLIC: &str = "https://pypi.org/simple";

/// A `uv.lock` in which `toml` comes from the registry, and which repeats these requirements and settings.
fn uv_lock(registry: &str, requires_dist: &str, more: &str, settings: &str) -> String {
    format!(
        "version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n{settings}\n[[package]]\nname = \"a\"\n\
         version = \"1\"\nsource = {{ virtual = \".\" }}\ndependencies = [{{ name = \"toml\" }}]\n\n\
         [package.metadata]\nrequires-dist = [{requires_dist}]\n{more}\n\
         [[package]]\nname = \"toml\"\nversion = \"0.1\"\nsource = {{ registry = \"{registry}\" }}\n"
    )
}

/// The project beside it.
fn uv_project(dependencies: &str, sources: &str, more: &str) -> String {
    format!(
        "[project]\nname = \"a\"\nversion = \"1\"\nrequires-python = \">=3.11\"\ndependencies = [{dependencies}]\n\
         {more}\n[tool.uv.sources]\n{sources}\n{INDEXES}"
    )
}

fn check_uv(project: &str, lock: &str) -> Result<Vec<String>, String> {
    check(&[("pyproject.toml", project)], "uv.lock", lock)
}

#[test]
fn what_a_uv_project_ties_a_name_to_is_compared() {
    let of_pp = uv_lock("http://pp.test/x", r#"{ name = "toml", index = "http://pp.test/x" }"#, "", "");
    let of_given = of_pp.replace("http://pp.test/x", "https://given.test/simple/");
    let of_old = of_pp.replace("index = \"http://pp.test/x\"", "index = \"pp\"");
    let untied = uv_lock(PUBLIC, r#"{ name = "toml" }"#, "", "");
    let of_git = uv_lock(PUBLIC, r#"{ name = "toml", git = "https://git.test/toml?subdirectory=py&rev=v1" }"#, "", "");
    let of_path = uv_lock(PUBLIC, r#"{ name = "toml", directory = "libs/toml" }"#, "", "");
    for (lock, source, told) in [
        (&of_pp, r#"toml = { index = "pp" }"#, ""),
        (&of_given, r#"toml = { index = "given" }"#, ""),
        (&of_old, r#"toml = { index = "pp" }"#, ""),
        (
            &of_pp,
            r#"toml = { index = "priv" }"#,
            "`toml from index http://priv.test`, the lock `toml from index http://pp.test/x`",
        ),
        (
            &of_old,
            r#"toml = { index = "priv" }"#,
            "`toml from index http://priv.test`, the lock `toml from index http://pp.test/x`",
        ),
        (&of_pp, r#"toml = { index = "gone" }"#, "`toml from index gone, which nothing names`"),
        (&of_pp, "", "has `toml`, the lock `toml from index http://pp.test/x`"),
        (&untied, r#"toml = { index = "pp" }"#, "has `toml from index http://pp.test/x`, the lock `toml`"),
        (&of_git, r#"toml = { git = "https://me:secret@git.test/toml.git", tag = "v1", subdirectory = "py" }"#, ""),
        (
            &of_git,
            r#"toml = { git = "https://git.test/toml", tag = "v1" }"#,
            "the lock `toml from git https://git.test/toml@v1#py`",
        ),
        (&of_path, r#"toml = { path = "./libs/toml/" }"#, ""),
        (
            &of_path,
            r#"toml = { path = "libs/other" }"#,
            "has `toml from path libs/other`, the lock `toml from path libs/toml`",
        ),
    ] {
        let checked = check_uv(&uv_project("\"toml\"", source, ""), lock);
        match told {
            "" => assert_eq!(checked, Ok(Vec::new()), "{source}"),
            told => {
                let error = checked.unwrap_err();
                assert!(error.contains(told) && !error.contains("secret"), "{source}: {error}");
            }
        }
    }
}

#[test]
fn a_source_for_a_part_of_what_is_required_leaves_the_rest() {
    let http = r#"index = "http://priv.test/""#;
    let covered = |marker: &str, rest: &str| {
        let lines =
            format!("{{ name = \"toml\", marker = \"{rest}\" }}, {{ name = \"toml\", marker = \"{marker}\", {http} }}");
        uv_lock(PUBLIC, &lines, "", "")
    };
    let darwin = covered("sys_platform == 'darwin'", "sys_platform != 'darwin'");
    let linux = covered("sys_platform == 'linux'", "sys_platform != 'linux'");
    let of_group = uv_lock(
        PUBLIC,
        r#"{ name = "toml" }"#,
        &format!(
            "[package.metadata.requires-dev]\nother = [{{ name = \"toml\" }}]\nprod = [{{ name = \"toml\", {http}, conflict = {{ package = \"a\", group = \"prod\" }} }}]\n"
        ),
        "",
    );
    let of_extra = uv_lock(
        PUBLIC,
        &format!(
            "{{ name = \"toml\" }}, {{ name = \"toml\", marker = \"extra == 'x'\", {http} }}, {{ name = \"toml\", marker = \"extra == 'y'\" }}"
        ),
        "provides-extras = [\"x\", \"y\"]",
        "",
    );
    let inline = uv_lock(PUBLIC, r#"{ name = "toml", marker = "extra == 'web'" }"#, "provides-extras = [\"web\"]", "");
    let plain = "\"toml\"";
    let groups = "[dependency-groups]\nprod = [\"toml\"]\nother = [\"toml\"]";
    let extras = "[project.optional-dependencies]\nx = [\"toml\"]\ny = [\"toml\"]";
    let web = "[project.optional-dependencies]\nweb = []";
    for (dependencies, source, more, lock) in [
        (plain, r#"toml = { index = "priv", marker = "sys_platform == 'darwin'" }"#, "", &darwin),
        (plain, r#"toml = [{ index = "priv", marker = "sys_platform == 'darwin'" }]"#, "", &darwin),
        (plain, r#"toml = { index = "priv", marker = "sys_platform == 'linux'" }"#, "", &linux),
        (plain, r#"toml = { index = "priv", group = "prod" }"#, groups, &of_group),
        (plain, r#"toml = { index = "priv", extra = "x" }"#, extras, &of_extra),
        ("\"toml; extra == 'web'\"", "", web, &inline),
    ] {
        assert_eq!(check_uv(&uv_project(dependencies, source, more), lock), Ok(Vec::new()), "{source}");
    }
    for (source, more, lock, told) in [
        ("", extras, &of_extra, "extra `x`: pyproject.toml has `toml`, the lock `toml from index http://priv.test`"),
        ("", groups, &of_group, "group `prod`: pyproject.toml has `toml`, the lock `toml from index http://priv.test`"),
        (
            r#"toml = { index = "priv", marker = "sys_platform == 'darwin'" }"#,
            "",
            &linux,
            "pyproject.toml has `toml; sys_platform != 'darwin'`, `toml from index http://priv.test; sys_platform == 'darwin'`, \
             the lock `toml; sys_platform != 'linux'`, `toml from index http://priv.test; sys_platform == 'linux'`",
        ),
    ] {
        let error = check_uv(&uv_project(plain, source, more), lock).unwrap_err();
        assert!(error.contains(told), "{source}: {error}");
    }
}

#[test]
fn locked_versions_have_to_be_such_as_the_project_asks_for() {
    let check = |marker: &str, specifier: &str, settings: &str| {
        let extras = "[project.optional-dependencies]\nweb = []\n";
        let dependency = if marker.is_empty() { String::new() } else { format!("; {marker}") };
        let tables = if settings.is_empty() { "" } else { "[tool.uv]\noverride-dependencies = ['toml==0.1']\n" };
        let project = uv_project(&format!("\"toml{specifier}{dependency}\""), "", &format!("{extras}{tables}"));
        let marker = if marker.is_empty() { String::new() } else { format!(", marker = \"{marker}\"") };
        let required = format!("{{ name = \"toml\", specifier = \"{specifier}\"{marker} }}");
        check_uv(&project, &uv_lock(PUBLIC, &required, "", settings))
    };
    assert_eq!(check("", "==0.1", ""), Ok(Vec::new()));
    assert_eq!(check("", ">=0.1,<1", ""), Ok(Vec::new()));
    let told = "dependencies: pyproject.toml has `toml==0.2`, the lock toml 0.1";
    let differs = check("", "==0.2", "").unwrap_err();
    assert!(differs.contains("is out of date"), "{differs}");
    // On another system than the target's it is told, and matters to nobody.
    let warned = check("sys_platform == 'win32'", "==0.2", "").unwrap();
    assert!(warned.len() == 1 && warned[0].contains(told), "{warned:?}");
    let overridden = "[manifest]\noverrides = [{ name = \"toml\", specifier = \"==0.1\" }]\n";
    assert_eq!(check("", "==0.2", overridden), Ok(Vec::new()), "a rule of the user's");
}

#[test]
fn settings_that_a_uv_lock_repeats_are_compared() {
    let settings = "[options]\nresolution-mode = \"lowest-direct\"\n\n[manifest]\n\
                    constraints = [{ name = \"toml\", specifier = \"<2\" }]\n\
                    overrides = [{ name = \"toml\", specifier = \"==0.1\" }]\nexcludes = [\"colorama\"]\n\
                    build-constraints = [{ name = \"setuptools\", specifier = \"<90\" }]\n";
    let lock = uv_lock(PUBLIC, r#"{ name = "toml" }"#, "", settings);
    let now = "constraint-dependencies = [\"toml<2\"]\noverride-dependencies = [\"toml==0.1\"]\n\
               exclude-dependencies = [\"Colorama\"]\nbuild-constraint-dependencies = [\"setuptools<90\"]\n\
               resolution = \"lowest-direct\"\n";
    for (old, new, told) in [
        ("", "", ""),
        ("toml<2", "toml<1", "constraint-dependencies: pyproject.toml has `toml<1`, the lock `toml<2`"),
        ("toml==0.1", "toml==0.2", "override-dependencies: pyproject.toml has `toml==0.2`, the lock `toml==0.1`"),
        ("\"Colorama\"", "", "exclude-dependencies: pyproject.toml has nothing, the lock `colorama`"),
        ("lowest-direct", "lowest", "resolution: pyproject.toml has `lowest`, the lock `lowest-direct`"),
        (
            "resolution",
            "exclude-newer = \"7 days\"\nresolution",
            "exclude-newer: pyproject.toml has a time, the lock nothing",
        ),
        (
            "resolution",
            "exclude-newer-package = { Toml = \"7 days\" }\nresolution",
            "exclude-newer-package of toml: pyproject.toml has a time, the lock nothing",
        ),
        ("resolution", "exclude-newer-package = { other = \"7 days\" }\nresolution", ""),
        (
            "resolution",
            "dependency-metadata = [{ name = \"toml\", requires-dist = [\"idna >=3\"] }]\nresolution",
            "dependency-metadata: pyproject.toml has `toml requires idna>=3`, the lock nothing",
        ),
        ("resolution", "dependency-metadata = [{ name = \"other\", requires-dist = [] }]\nresolution", ""),
        ("resolution", "prerelease = \"if-necessary\"\nresolution", ""),
        ("resolution", "prerelease = \"allow\"\nresolution", "prerelease: pyproject.toml has `allow`"),
        ("setuptools<90", "setuptools<80", "no difference here: build-constraint-dependencies"),
        ("\"toml<2\"", "\"toml<2\", \"other<3\"", "no difference here: constraint-dependencies"),
    ] {
        let project = uv_project("\"toml\"", "", &format!("[tool.uv]\n{}", now.replacen(old, new, 1)));
        let checked = check_uv(&project, &lock);
        match (told, checked) {
            ("", checked) => assert_eq!(checked, Ok(Vec::new())),
            (told, Ok(warnings)) => {
                assert!(told.starts_with("no difference") && warnings[0].contains(told), "{warnings:?}");
            }
            (told, Err(error)) => assert!(error.contains(told), "{error}"),
        }
    }
    let other = uv_lock("https://elsewhere.test/simple", r#"{ name = "toml" }"#, "", "");
    let error = check_uv(&uv_project("\"toml\"", "", ""), &other).unwrap_err();
    assert!(error.contains("the lock `https://elsewhere.test/simple` (for toml)"), "{error}");
    // A project that names no index leaves that to the machine.
    let bare = uv_project("\"toml\"", "", "").replace(INDEXES, "");
    assert_eq!(check_uv(&bare, &other), Ok(Vec::new()));
}

/// The same for a stored lock, beside its project with one text in place of another.
#[test]
fn times_and_prereleases_that_a_uv_lock_repeats_are_compared() {
    let settings = "[options]\nexclude-newer = \"2025-01-01T00:00:00Z\"\n\n[options.exclude-newer-package]\n\
                    toml = \"2025-01-01T00:00:00Z\"\n\n[manifest]\n";
    let metadata = "[[manifest.dependency-metadata]]\nname = \"toml\"\nrequires-dist = [\"idna>=3\"]\n";
    let lock = uv_lock(PUBLIC, r#"{ name = "toml" }"#, "", settings);
    let with_metadata = uv_lock(PUBLIC, r#"{ name = "toml" }"#, "", metadata);
    let now = "[tool.uv]\ndependency-metadata = [{ name = \"toml\", requires-dist = [\"idna >= 3\"] }]\n";
    assert_eq!(check_uv(&uv_project("\"toml\"", "", now), &with_metadata), Ok(Vec::new()));
    let error = check_uv(&uv_project("\"toml\"", "", ""), &with_metadata).unwrap_err();
    assert!(error.contains("dependency-metadata: pyproject.toml has nothing, the lock `toml"), "{error}");
    let both = "[tool.uv]\nexclude-newer = \"2025-01-01\"\nexclude-newer-package = { toml = \"2025-01-01\" }\n";
    assert_eq!(check_uv(&uv_project("\"toml\"", "", both), &lock), Ok(Vec::new()));
    // Both may have been given on the command line.
    let warnings = check_uv(&uv_project("\"toml\"", "", ""), &lock).unwrap();
    assert!(warnings[0].contains("exclude-newer: pyproject.toml has nothing, the lock a time"), "{warnings:?}");
}

#[test]
fn extras_that_are_not_locked_make_a_lock_out_of_date() {
    for (fixture, old, new) in [
        ("pdm-pdm-new", "client[socks]>=2", "client[socks,more]>=2"),
        ("pipfile-pipenv-new", r#"["socks"]"#, r#"["socks", "more"]"#),
    ] {
        let error = check_stored(fixture, old, new).unwrap_err();
        assert!(error.contains("asks for `client[more]`, the lock has client without that extra"), "{error}");
    }
    let excludes = "[tool.pdm.resolution]\nexcludes = [\"Lib.1\", \"other\"]\n\n[tool.pdm]\n";
    let error = check_stored("pdm-pdm-new", "[tool.pdm]\n", excludes).unwrap_err();
    assert!(error.contains("excludes lib-1, the lock has it") && !error.contains("other"), "{error}");
}

#[test]
fn targets_of_pdm_are_asked_for_their_processor() {
    let lock = |targets: &str| {
        format!(
            "[metadata]\ngroups = [\"default\"]\nstrategy = [\"inherit_metadata\"]\nlock_version = \"4.5.0\"\n\
             content_hash = \"sha256:00\"\n{targets}"
        )
    };
    let target = |python: &str, platform: &str| {
        format!("[[metadata.targets]]\nrequires_python = \"{python}\"\nplatform = \"{platform}\"\n")
    };
    let read = |targets: &str, architecture| {
        let place = LockPlace { path: "pdm.lock".into(), folder: "/nowhere".into(), environment: BTreeMap::new() };
        let lock = Lock::read(lock(targets).as_bytes(), &place).unwrap();
        let target = Target::new("python3.13".parse::<Runtime>().unwrap(), architecture);
        select(&lock, &LockRequest::default(), &target).map(drop).map_err(|error| error.to_string())
    };
    let (intel, arm) = (Architecture::X86_64, Architecture::Arm64);
    for platform in ["linux", "manylinux_2_40_x86_64"] {
        let targets = target(">=3.11,<3.14", platform);
        assert_eq!(read(&targets, intel), Ok(()));
        let error = read(&targets, arm).unwrap_err();
        assert!(error.contains("not for python3.13 on arm64, but for sys_platform == 'linux'"), "{error}");
    }
    for (platform, architecture) in
        [("macos_arm64", arm), ("windows_amd64", intel), ("alpine", intel), ("musllinux_1_2_aarch64", arm)]
    {
        assert!(read(&target("==3.13.*", platform), architecture).is_err(), "{platform}");
    }
    let pair = target("==3.12.*", "manylinux_2_40_aarch64") + &target("==3.13.*", "manylinux_2_40_x86_64");
    assert_eq!(read(&pair, intel), Ok(()));
    assert!(read(&pair, arm).is_err(), "that Python was locked for the other processor");
    assert_eq!(read(&(pair + "[[metadata.targets]]\nrequires_python = \">=3.11\"\n"), arm), Ok(()));
}

#[test]
fn a_pipfile_says_more_than_its_lock_can_tell() {
    let lock = "{\"_meta\": {\"hash\": {\"sha256\": \"0\"}, \"pipfile-spec\": 6, \"requires\": {}, \"sources\": []}, \
                \"default\": {\"lib\": {\"git\": \"https://git.test/lib.git\", \"ref\": \"4e55e2b0b2c6a5e0cb1d9d9a2b9c5f1e5b7a8c9d\"}, \
                \"dep\": {\"version\": \"==1.0\", \"hashes\": [\"sha256:00\"]}}, \"develop\": {}}";
    let told = |lib: &str, dep: &str| {
        let file = format!("[packages]\nlib = {lib}\ndep = {dep}\n");
        check(&[("Pipfile", &file)], "Pipfile.lock", lock)
    };
    let at = |revision: &str| format!("{{git = \"https://git.test/lib\", ref = \"{revision}\"}}");
    assert!(told(&at("4e55e2b"), "\"*\"").is_ok(), "that commit");
    let moved = told(&at("v2"), "\"*\"").unwrap_err();
    assert!(
        moved
            .contains("`lib from git https://git.test/lib@v2`, the lock has lib from git https://git.test/lib@4e55e2b"),
        "{moved}"
    );
    assert!(told("{git = \"https://git.test/lib\"}", "\"*\"").is_err(), "whatever it was before");
    let elsewhere = told(&at("4e55e2b"), "{version = \"*\", markers = \"python_version < '3.9'\"}").unwrap_err();
    assert!(elsewhere.contains("Pipfile does not ask for dep here, the lock does"), "{elsewhere}");
}

#[test]
fn a_group_for_other_pythons_cannot_be_chosen() {
    let lock = "version = 1\nrequires-python = \">=3.11\"\n[[package]]\nname = \"p\"\nversion = \"1\"\nsource = { virtual = \".\" }\n\
                [package.metadata]\n[package.metadata.requires-dev]\nGROUP = [{ name = \"dep\", marker = \"python_full_version >= '3.14'\" }]\n";
    let project = "[project]\nname = \"p\"\nversion = \"1\"\nrequires-python = \">=3.11\"\n[dependency-groups]\nGROUP = [\"dep\"]\n\
                   [tool.uv.dependency-groups]\nGROUP = { requires-python = \">=3.14\" }\n";
    let told = |group: &str| {
        check(&[("pyproject.toml", &project.replace("GROUP", group))], "uv.lock", &lock.replace("GROUP", group))
    };
    assert_eq!(
        told("prod").unwrap_err(),
        "the group `prod` of `pyproject.toml` is for Python >=3.14, and python3.13 has 3.13.11"
    );
    assert_eq!(told("dev"), Ok(Vec::new()), "nobody chose it");
}

fn check_stored(fixture: &str, old: &str, new: &str) -> Result<Vec<String>, String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("wheels-fixtures/locks").join(fixture);
    let read = |name: &str| fs_err::read_to_string(folder.join(name));
    let (name, lock) = if fixture.starts_with("pipfile") {
        ("Pipfile", "Pipfile.lock")
    } else {
        ("pyproject.toml", if fixture.starts_with("pdm") { "pdm.lock" } else { "poetry.lock" })
    };
    let project = read(name).unwrap();
    assert!(project.contains(old), "{fixture} {old}");
    check(&[(name, &project.replacen(old, new, 1))], lock, &read(lock).unwrap())
}

#[test]
fn where_packages_of_other_tools_come_from_is_compared() {
    for (fixture, old, new, told) in [
        (
            "poetry-poetry-new",
            r#"corp-base = {version = "*", source = "private"}"#,
            r#"corp-base = {version = "*", source = "ours"}"#,
            "asks for `corp-base from index http://index.test/simple`, the lock has corp-base from index http://private.test/simple",
        ),
        (
            "poetry-poetry-new",
            r#"corp-base = {version = "*", source = "private"}"#,
            r#"corp-base = "*""#,
            "asks for `corp-base`, the lock has corp-base from index http://private.test/simple",
        ),
        (
            "poetry-poetry-new",
            r#"lib-1 = "*""#,
            r#"lib-1 = {git = "git@git.test:lib/one.git", tag = "v1"}"#,
            "asks for `lib-1 from git ssh://git@git.test/lib/one@v1`, the lock has lib-1 from index http://index.test/simple",
        ),
        (
            "poetry-poetry-1.8",
            r#"lib-1 = "*""#,
            r#"lib-1 = {path = "libs/one"}"#,
            "asks for `lib-1 from path libs/one`, the lock has lib-1 from index http://index.test/simple",
        ),
        (
            "poetry-poetry-new",
            "http://private.test/simple/",
            "http://other.test/simple/",
            "names no index http://private.test/simple, the lock has corp-base from there",
        ),
        (
            "pipfile-pipenv-new",
            r#"corp-base = {version = "*", index = "private"}"#,
            r#"corp-base = {version = "*", index = "ours"}"#,
            "asks for `corp-base from index http://index.test/simple`, the lock has corp-base from index http://private.test/simple",
        ),
        (
            "pipfile-pipenv-new",
            r#"corp-base = {version = "*", index = "private"}"#,
            r#"corp-base = {git = "https://git.test/base", ref = "v1"}"#,
            "asks for `corp-base from git https://git.test/base@v1`, the lock has corp-base from index http://private.test/simple",
        ),
        (
            "pipfile-pipenv-new",
            r#"corp-base = {version = "*", index = "private"}"#,
            r#"corp-base = "*""#,
            "the lock has corp-base from index http://private.test/simple",
        ),
        (
            "pdm-pdm-new",
            "\"lib-1\"",
            "\"lib-1 @ https://files.test/lib_1-1.0-py3-none-any.whl\"",
            "asks for `lib-1 from url https://files.test/lib_1-1.0-py3-none-any.whl`, the lock has lib-1 from an index",
        ),
        (
            "pdm-pdm-new",
            "[tool.pdm]",
            "[tool.pdm.resolution.overrides]\nlib-1 = \"0.0.1\"\n\n[tool.pdm]",
            "asks for `lib-1 ==0.0.1`, the lock has lib-1",
        ),
    ] {
        let error = check_stored(fixture, old, new).unwrap_err();
        assert!(error.contains(told), "{fixture} {new}: {error}");
    }
    for (fixture, old, new) in [
        ("poetry-poetry-new", "http://private.test/simple/", "http://private.test/simple"),
        ("poetry-poetry-new", r#"lib-0 = "^1.0""#, r#"lib-0 = {version = "^1.0", source = "ours"}"#),
        ("pipfile-pipenv-new", "lib-1 = \"*\"", "lib-1 = {version = \"*\", index = \"ours\"}"),
    ] {
        let warnings = check_stored(fixture, old, new).unwrap();
        assert_eq!(warnings.len(), 1, "{fixture} {new}: {warnings:?}");
    }
}

/// A repository, a folder and an archive as Poetry, PDM and Pipenv write them.
#[test]
fn repositories_folders_and_archives_are_compared() {
    let commit = "4e55e2bf94d939144fa2a902db0e4607b31ec5cb";
    let source = format!(
        "type = \"git\"\nurl = \"https://git.test/lib.git\"\nreference = \"v1\"\nresolved_reference = \"{commit}\""
    );
    let poetry = |source: &str| {
        format!(
            "[[package]]\nname = \"lib\"\nversion = \"1.0\"\noptional = false\ngroups = [\"main\"]\n\
             files = [{{ file = \"lib-1.0-py3-none-any.whl\", hash = \"sha256:00\" }}]\n\n[package.source]\n{source}\n\n\
             [metadata]\nlock-version = \"2.1\"\npython-versions = \">=3.9\"\ncontent-hash = \"old\"\n"
        )
    };
    let git = poetry(&source);
    let folder = poetry("type = \"directory\"\nurl = \"libs/lib\"");
    let archive = poetry("type = \"url\"\nurl = \"https://files.test/lib-1.0-py3-none-any.whl\"");
    for (lock, line, told) in [
        (&git, r#"{ git = "https://git.test/lib", tag = "v1" }"#, ""),
        (&git, r#"{ git = "https://git.test/lib", rev = "4e55e2b" }"#, ""),
        (
            &git,
            r#"{ git = "https://git.test/lib", tag = "v2" }"#,
            "lib from git https://git.test/lib@v2`, the lock has lib from git https://git.test/lib@v1",
        ),
        (
            &git,
            r#"{ git = "https://git.test/other", tag = "v1" }"#,
            "the lock has lib from git https://git.test/lib@v1",
        ),
        (&git, r#"{ git = "https://git.test/lib", tag = "v1", subdirectory = "py" }"#, "https://git.test/lib#py@v1"),
        (&git, r#""*""#, "the lock has lib from git https://git.test/lib@v1"),
        (&folder, r#"{ path = "./libs/lib/" }"#, ""),
        (&folder, r#"{ path = "libs/lib", develop = true }"#, ""),
        (&folder, r#"{ git = "https://git.test/lib" }"#, "the lock has lib from path libs/lib"),
        (&archive, r#"{ url = "https://files.test/lib-1.0-py3-none-any.whl" }"#, ""),
        (
            &archive,
            r#"{ url = "https://files.test/lib-1.1-py3-none-any.whl" }"#,
            "the lock has lib from url https://files.test/lib-1.0",
        ),
    ] {
        let project =
            format!("[tool.poetry]\nname = \"a\"\nversion = \"1\"\n\n[tool.poetry.dependencies]\nlib = {line}\n");
        let checked = check(&[("pyproject.toml", &project)], "poetry.lock", lock);
        match told {
            "" => assert_eq!(checked.map(|warnings| warnings.len()), Ok(1), "{line}"),
            told => {
                let error = checked.unwrap_err();
                assert!(error.contains(told), "{line}: {error}");
            }
        }
    }
}
