//! `pyproject.toml` as an input.

use super::Project;
use crate::requirements::PyprojectInput;

const TEXT: &str = r#"[project]
name = "My.App"
dependencies = ["requests>=2", "my-app[fast] ; python_version < '3.10'"]

[project.optional-dependencies]
fast = ["orjson", "my_app[deep]"]
deep = ["numpy", "my.app[fast]"]
All_Of-it = ["my-app[fast,deep]", "extra-one"]

[dependency-groups]
test = ["pytest", {include-group = "base"}]
Base = ["coverage[toml]"]
"#;

fn read(text: &str, extras: &[&str], groups: &[&str], only_groups: bool) -> Result<Vec<String>, String> {
    let mut project = Project::new(&[("pyproject.toml", text)]);
    project.inputs.requirement_files.clear();
    project.inputs.pyproject = Some(PyprojectInput {
        path: "pyproject.toml".into(),
        extras: extras.iter().map(|name| name.parse().unwrap()).collect(),
        groups: groups.iter().map(|name| name.parse().unwrap()).collect(),
        only_groups,
        ..PyprojectInput::default()
    });
    project.read().map(|manifest| {
        assert_eq!(manifest.files_read[0].path, project.path().join("pyproject.toml"));
        assert_eq!(manifest.files_read.len(), 1);
        manifest.requirements.iter().map(|entry| format!("{}:{entry}", entry.origin)).collect()
    })
}

#[test]
fn a_marker_of_a_dependency_may_ask_for_an_extra() {
    let text = "[project]\nname = 'x'\ndependencies = [\"a\", \"b; extra == 'zz' and python_version >= '3.8'\"]\n\
                [project.optional-dependencies]\nzz = [\"c; extra == 'zz'\"]\n";
    let shown = |extras: &[&str]| read(text, extras, &[], false).unwrap().join("\n");
    let bare = shown(&[]);
    let with_extra = shown(&["zz"]);
    let added: Vec<&str> = with_extra.lines().filter(|line| bare.lines().all(|other| other != *line)).collect();
    let ends = |end: &str| added.iter().any(|line| line.ends_with(end));
    assert!(added.len() == 2 && ends(":c") && ends("python_full_version >= \"3.8\""), "{added:?} beside {bare}");
}

#[test]
fn dependencies_extras_and_groups() {
    let check = |extras: &[&str], groups: &[&str], only_groups: bool, expected: &[&str]| {
        let found = read(TEXT, extras, groups, only_groups).unwrap();
        let found: Vec<&str> = found.iter().map(|line| line.trim_start_matches("pyproject.toml:")).collect();
        assert_eq!(found, expected, "{extras:?} {groups:?}");
    };
    let own =
        ["3:requests>=2", "6:orjson ; python_full_version < \"3.10\"", "7:numpy ; python_full_version < \"3.10\""];
    check(&[], &[], false, &own);
    check(&["all-of-it"], &[], false, &[own[0], own[1], own[2], "6:orjson", "7:numpy", "8:extra-one"]);
    check(&[], &["TEST"], true, &["11:pytest", "12:coverage[toml]"]);
    check(&[], &["test", "base"], true, &["11:pytest", "12:coverage[toml]"]);
}

#[test]
fn a_pyproject_among_requirement_files_gives_its_dependencies() {
    let project = Project::new(&[("pyproject.toml", "[project]\nname='x'\ndependencies=['foo']\n")]);
    assert_eq!(project.printed(), ["foo"]);
}

#[test]
fn what_is_wrong_is_shown_in_place() {
    let check = |text: &str, extras: &[&str], groups: &[&str], expected: &str| {
        let error = read(text, extras, groups, false).expect_err(text);
        assert!(error.contains(expected), "{text}\n{error}\nlacks {expected}");
    };
    check(
        "[project]\nname='x'\ndependencies = [\n  'foo=1',\n]\n",
        &[],
        &[],
        "pyproject.toml:4:7: `=` is not a version operator\n      'foo=1',\n          ^",
    );
    check("[project]\nname='x'\ndependencies = 'foo'\n", &[], &[], "pyproject.toml:3:16: ");
    check("[project\n", &[], &[], "pyproject.toml:1:");
    check(TEXT, &["slow"], &[], "there is no extra `slow`");
    check(TEXT, &[], &["docs"], "there is no dependency group `docs`");
    check("[tool.poetry]\nname = 'x'\n", &[], &[], "`[tool.poetry]` has no `dependencies` either");
    check("[tool.black]\n", &[], &[], "there is no `[project]` table");
    check("[build-system]\n", &[], &[], "hint: a requirements file with the line `.` builds the project");
    check("[dependency-groups]\na = ['b']\n", &[], &[], "there is no `[project]` table");
    check("[project]\nname='x'\ndynamic=['dependencies']\n", &[], &[], "`dependencies` is dynamic");
    check(
        "[project]\nname='x'\ndynamic=['dependencies']\n[tool.setuptools.dynamic]\ndependencies = { file = 'gone.txt' }\n",
        &[],
        &[],
        "pyproject.toml:5:25: failed to read the requirements file `gone.txt`: there is no such file",
    );
    check(
        "[project]\nname='x'\nrequires-python='3'\ndependencies=[]\n",
        &[],
        &[],
        "`requires-python` is not of the form",
    );
    let in_quotes = "pyproject.toml:3:17: `requires-python`: it must be a text in quotes";
    for limit in ["3.11", "['>=3.11']", "{ version = '>=3.11' }"] {
        check(&format!("[project]\nname='x'\nrequires-python={limit}\ndependencies=[]\n"), &[], &[], in_quotes);
    }
    let poetry = "[tool.poetry.dependencies]\npython = 3.11\n";
    check(poetry, &[], &[], "pyproject.toml:2:10: `python`: it must be a text in quotes");
    let cycle = "[project]\nname='x'\n[dependency-groups]\na = [{include-group = 'b'}]\nb = [{include-group = 'a'}]\n";
    check(cycle, &[], &["a"], "pyproject.toml:5:6: the group `a` includes itself: a → b → a");
    check(
        "[project]\nname='x'\n[dependency-groups]\na = [{include-group = 'c'}]\n",
        &[],
        &["a"],
        "there is no dependency group `c`",
    );
    check(
        "[project]\nname='x'\n[dependency-groups]\na = [{include = 'c'}]\n",
        &[],
        &["a"],
        "this cannot stand in a dependency group",
    );
    check(
        "[project]\nname='x'\n[dependency-groups]\nA_a = []\na-a = []\n",
        &[],
        &[],
        "is given twice, in different spellings",
    );
}

#[test]
fn dependencies_that_stand_in_other_files() {
    let check = |text: &str, extras: &[&str], expected: &[&str]| {
        let mut project = Project::new(&[("pyproject.toml", text), ("base.txt", "a>=1\n# no\n"), ("more.txt", "b\n")]);
        project.inputs.requirement_files.clear();
        project.inputs.pyproject = Some(PyprojectInput {
            path: "pyproject.toml".into(),
            extras: extras.iter().map(|name| name.parse().unwrap()).collect(),
            ..PyprojectInput::default()
        });
        let manifest = project.read().unwrap();
        let found: Vec<String> =
            manifest.requirements.iter().map(|entry| format!("{}:{entry}", entry.origin)).collect();
        assert_eq!(found, expected, "{text}");
        assert!(
            manifest.files_read.iter().any(|read| read.path == project.path().join("base.txt")),
            "it is an input of the fingerprint"
        );
    };
    let project = "[project]\nname = 'x'\ndynamic = ['dependencies', 'optional-dependencies']\n";
    let setuptools = format!(
        "{project}[tool.setuptools.dynamic]\ndependencies = {{ file = ['base.txt'] }}\n\
         optional-dependencies.more = {{ file = 'more.txt' }}\n"
    );
    check(&setuptools, &[], &["base.txt:1:a>=1"]);
    check(&setuptools, &["more"], &["base.txt:1:a>=1", "more.txt:1:b"]);
    check(
        &format!("{project}[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ['base.txt']\n"),
        &[],
        &["base.txt:1:a>=1"],
    );
}

#[test]
fn the_older_table_of_flit() {
    let project = Project::new(&[("pyproject.toml", "[tool.flit.metadata]\nmodule = 'x'\nrequires = ['a>=1']\n")]);
    assert_eq!(project.printed(), ["a>=1"]);
}

#[test]
fn the_versions_of_python_that_a_project_takes() {
    let check = |text: &str, expected: &[&str]| {
        let manifest = Project::new(&[("pyproject.toml", text)]).read().unwrap();
        let found: Vec<String> =
            manifest.python.iter().map(|limit| format!("{} {}", limit.origin, limit.text)).collect();
        assert_eq!(found, expected, "{text}");
    };
    check(
        "[project]\nname='x'\ndependencies=[]\nrequires-python = '>=3.9'\n",
        &["pyproject.toml:4 requires-python = \">=3.9\""],
    );
    check("[tool.poetry.dependencies]\npython = '^3.9 || ^3.11'\n", &["pyproject.toml:2 python = \"^3.9 || ^3.11\""]);
    check("[project]\nname='x'\ndependencies=[]\n", &[]);
}

#[test]
fn every_extra_of_whichever_table() {
    let check = |text: &str, expected: &[&str]| {
        let mut project = Project::new(&[("pyproject.toml", text), ("more.txt", "more\n")]);
        project.inputs.requirement_files.clear();
        let (path, all_extras) = ("pyproject.toml".into(), true);
        project.inputs.pyproject = Some(PyprojectInput { path, all_extras, ..PyprojectInput::default() });
        let manifest = project.read().unwrap();
        let found: Vec<String> = manifest.requirements.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{text}");
    };
    check("[project]\nname = 'x'\n[project.optional-dependencies]\na = ['b']\nC_d = ['e']\n", &["b", "e"]);
    check(
        "[tool.poetry.dependencies]\nf = { version = '*', optional = true }\ng = { version = '*', optional = true }\n\
         h = '*'\n[tool.poetry.extras]\none = ['f']\ntwo = ['f', 'g']\n",
        &["h", "f", "g"],
    );
    check(
        "[project]\nname = 'x'\ndynamic = ['optional-dependencies']\n\
         [tool.setuptools.dynamic]\noptional-dependencies.late = { file = 'more.txt' }\n",
        &["more"],
    );
}

#[test]
fn groups_need_no_project() {
    let groups = "[dependency-groups]\na = ['b']\n";
    assert_eq!(read(groups, &[], &["a"], false), Ok(vec!["pyproject.toml:2:b".to_owned()]));
}
