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
    });
    project.read().map(|manifest| {
        assert_eq!(manifest.files_read[0].path, project.path().join("pyproject.toml"));
        assert_eq!(manifest.files_read.len(), 1);
        manifest.requirements.iter().map(|entry| format!("{}:{entry}", entry.origin)).collect()
    })
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
    check("[build-system]\n", &[], &[], "there is no `[project]` table");
    check("[project]\nname='x'\ndynamic=['dependencies']\n", &[], &[], "`dependencies` is dynamic");
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
