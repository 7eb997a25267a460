//! Names that the tables of tools tie to a place or an index.

use super::Project;
use crate::requirements::{DirectReference, Manifest, RequirementEntry};

/// What a project asks for, in lines: requirements, then `tie`s, `pin`s and `refused` names.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let project = Project::new(files);
    let manifest = project.read().unwrap_or_else(|error| panic!("{error}"));
    let folder = project.path().to_str().unwrap().to_owned();
    lines(&manifest).into_iter().map(|line| line.replace(&folder, "[FOLDER]")).collect()
}

fn lines(manifest: &Manifest) -> Vec<String> {
    let requirements = manifest.requirements.iter().map(shown);
    let ties = manifest.constraints.iter().map(|entry| format!("tie {} ({})", shown(entry), entry.origin));
    let pins = manifest.pins.iter().map(|pin| {
        let marker = pin.marker.try_to_string().map(|marker| format!(" ; {marker}")).unwrap_or_default();
        format!("pin {} to {}{marker} ({})", pin.name, pin.index, pin.origin)
    });
    let refused = manifest.refused.iter().map(|refused| format!("refused {}", refused.name));
    requirements.chain(ties).chain(pins).chain(refused).collect()
}

fn shown(entry: &RequirementEntry) -> String {
    let place = match &entry.direct {
        None => return entry.to_string(),
        Some(DirectReference::Folder { path, .. }) => path.display().to_string(),
        Some(DirectReference::Git { url, revision, subdirectory, .. }) => {
            format!("git {url} {} {}", revision.as_deref().unwrap_or("-"), subdirectory.as_deref().unwrap_or("-"))
        }
        Some(DirectReference::Wheel { url } | DirectReference::Sdist { url, .. }) => url.to_string(),
    };
    let marker = entry.requirement.marker.try_to_string().map(|marker| format!(" ; {marker}")).unwrap_or_default();
    format!("{} at {place}{marker}", entry.requirement.name)
}

/// What reading a project says when it fails.
fn wrong(files: &[(&str, &str)], expected: &str) {
    let error = Project::new(files).read().expect_err(expected);
    assert!(error.contains(expected), "{error}\nlacks {expected}");
}

const UTILS: (&str, &str) = ("libs/utils/pyproject.toml", "[project]\nname = 'utils'\nversion = '1'\n");

/// A project that requires `utils`, with more in its file.
fn project(more: &str) -> String {
    format!("[project]\nname = 'app'\nversion = '1'\ndependencies = ['utils>=1']\n{more}")
}

#[test]
fn sources_of_uv() {
    let check = |source: &str, expected: &[&str]| {
        let text = project(&format!("[tool.uv.sources]\nutils = {source}\n"));
        assert_eq!(told(&[("pyproject.toml", &text), UTILS]), expected, "{source}");
    };
    let folder = ["utils at [FOLDER]/libs/utils", "tie utils at [FOLDER]/libs/utils (pyproject.toml:6)"];
    check("{ path = 'libs/utils' }", &folder);
    check("{ path = 'libs/utils', editable = true }", &folder);
    check(
        "{ git = 'https://h/o/r', tag = 'v1', subdirectory = 'py' }",
        &["utils at git https://h/o/r v1 py", "tie utils at git https://h/o/r v1 py (pyproject.toml:6)"],
    );
    check(
        "{ git = 'git@h:o/r.git', branch = 'a/b' }",
        &["utils at git ssh://****@h/o/r.git a/b -", "tie utils at git ssh://****@h/o/r.git a/b - (pyproject.toml:6)"],
    );
    check(
        "{ url = 'https://h/utils-1-py3-none-any.whl' }",
        &[
            "utils at https://h/utils-1-py3-none-any.whl",
            "tie utils at https://h/utils-1-py3-none-any.whl (pyproject.toml:6)",
        ],
    );
    check("{ index = 'corp' }", &["utils>=1", "pin utils to corp (pyproject.toml:6)"]);
    check(
        "[{ index = 'one', marker = \"python_version < '3.12'\" }, { path = 'libs/utils', marker = \"python_version >= '3.12'\" }]",
        &[
            "utils at [FOLDER]/libs/utils ; python_full_version >= '3.12'",
            "utils>=1 ; python_full_version < \"3.12\"",
            "tie utils at [FOLDER]/libs/utils ; python_full_version >= '3.12' (pyproject.toml:6)",
            "pin utils to one ; python_full_version < '3.12' (pyproject.toml:6)",
        ],
    );
    // A tie to an extra counts with it, and this one was not asked for.
    check("{ path = 'libs/utils', extra = 'local' }", &["utils>=1"]);
}

#[test]
fn a_source_that_cannot_be_honoured_is_an_error_with_its_line() {
    let check = |source: &str, expected: &str| {
        let text = project(&format!("[tool.uv.sources]\nutils = {source}\n"));
        wrong(&[("pyproject.toml", &text), UTILS], expected);
    };
    check(
        "{ path = 'libs/other' }",
        "pyproject.toml:6:9: the source of `utils`: there is no file or folder `libs/other`",
    );
    check("{ workspace = true }", "no `pyproject.toml` here or above has this project in a workspace");
    check("{ workspace = false }", "`workspace` can only be true");
    check("{ path = 'libs/utils', git = 'https://h/r' }", "it must have one of");
    check("{ place = 'libs/utils' }", "it must have one of");
    check("{ path = 'libs/utils', as = 'x' }", "`as` is not known here");
    check("{ git = 'https://h/r', rev = 'a', tag = 'b' }", "it can have one of `rev`, `tag` and `branch`");
    check("{ path = 'libs/utils', package = false }", "say the same in both");
    check("{ index = 'a', marker = 'python' }", "`marker`: ");
    check("'libs/utils'", "it must be a table");
    check("[{ index = 'a' }, { index = 'b' }]", "is tied to the index `b` here, and to `a` at pyproject.toml:6");
    // Nobody needs it, so nobody is told.
    let text = project("[tool.uv.sources]\nother = { path = 'nowhere' }\n");
    assert_eq!(told(&[("pyproject.toml", &text)]), ["utils>=1", "refused other"]);
}

#[test]
fn a_workspace_of_uv_ties_its_members() {
    let root = "[tool.uv.workspace]\nmembers = ['libs/*', 'apps/**']\nexclude = ['libs/old']\n\
                [tool.uv.sources]\nshared = { index = 'corp' }\n";
    let app = "[project]\nname = 'app'\nversion = '1'\ndependencies = ['utils', 'shared']\n\
               [tool.uv.sources]\nutils = { workspace = true }\n";
    let files = [
        ("apps/one/app/pyproject.toml", app),
        ("pyproject.toml", root),
        UTILS,
        ("libs/old/pyproject.toml", "[project]\nname = 'old'\nversion = '1'\n"),
    ];
    let app_file = "apps/one/app/pyproject.toml";
    assert_eq!(
        told(&files),
        [
            "utils at [FOLDER]/libs/utils".to_owned(),
            "shared".to_owned(),
            format!("tie utils at [FOLDER]/libs/utils ({app_file}:6)"),
            "pin shared to corp (pyproject.toml:5)".to_owned(),
            // Whoever requires these without saying that they are members would get what is called so elsewhere.
            "refused app".to_owned(),
        ]
    );
    // A member that nothing ties is not looked for elsewhere either.
    let untied = app.replace("utils = { workspace = true }", "");
    wrong(
        &[(files[0].0, &untied), files[1], UTILS],
        "`utils` is a member of this workspace, but `[tool.uv.sources]` does not say so",
    );
    let unknown = app.replace("utils", "nothing");
    wrong(
        &[(files[0].0, &unknown), files[1], UTILS],
        "no member of the workspace of `pyproject.toml` is called `nothing`",
    );
}

#[test]
fn what_local_projects_require_is_tied_by_them() {
    let app = project("[tool.uv.sources]\nutils = { path = 'libs/utils' }\n");
    let utils = "[project]\nname = 'utils'\nversion = '1'\ndependencies = ['base', 'corp-thing', 'lost']\n[tool.uv.sources]\n\
                 base = { path = '../base' }\ncorp-thing = { index = 'corp' }\nlost = { path = 'lost' }\n\
                 [[tool.uv.index]]\nname = 'corp'\nurl = 'https://corp/simple'\n";
    let files = [
        ("pyproject.toml", &*app),
        ("libs/utils/pyproject.toml", utils),
        ("libs/base/pyproject.toml", "[project]\nname = 'base'\nversion = '1'\n"),
    ];
    let told_of_utils = [
        "tie base at [FOLDER]/libs/base (libs/utils/pyproject.toml:6)",
        "pin corp-thing to corp (libs/utils/pyproject.toml:7)",
        "refused lost",
    ];
    let found = told(&files);
    for line in told_of_utils {
        assert!(found.iter().any(|found| found == line), "{line}\n{found:#?}");
    }
    // The same where a requirements file names the folder.
    let files = [("requirements.txt", "./libs/utils\n"), files[1], files[2]];
    let found = told(&files);
    for line in told_of_utils {
        assert!(found.iter().any(|found| found == line), "{line}\n{found:#?}");
    }
}

#[test]
fn tables_beside_a_requirements_file_count() {
    let app = project("[tool.uv.sources]\nutils = { path = 'libs/utils' }\n");
    let files = [("requirements.txt", "thing\n"), ("pyproject.toml", &*app), UTILS];
    assert_eq!(told(&files), ["thing", "tie utils at [FOLDER]/libs/utils (pyproject.toml:6)"]);
}

#[test]
fn limits_of_uv_count() {
    let text = project(
        "[tool.uv]\nconstraint-dependencies = ['a<2']\noverride-dependencies = ['b==1']\nexclude-dependencies = ['c']\n\
         exclude-newer = '2026-01-01'\nprerelease = 'allow'\nindex-url = 'https://all/simple'\nfind-links = ['wheels']\n\
         [[tool.uv.index]]\nname = 'corp'\nurl = 'https://corp/simple'\nexplicit = true\n",
    );
    let manifest = Project::new(&[("pyproject.toml", &text)]).read().unwrap();
    assert_eq!(manifest.constraints[0].to_string(), "a<2");
    assert_eq!(manifest.overrides[0].to_string(), "b==1");
    assert_eq!(manifest.excluded[0].as_ref(), "c");
    assert_eq!(manifest.settings.exclude_newer.unwrap().0, "2026-01-01");
    assert_eq!(manifest.settings.prerelease.unwrap().0, "allow");
    let indexes: Vec<String> =
        manifest.indexes.iter().map(|index| format!("{:?} {:?}", index.name, index.role)).collect();
    assert_eq!(indexes, ["Some(\"corp\") Explicit", "None Default", "None Links"]);
}

#[test]
fn dependencies_of_poetry() {
    let poetry = "[tool.poetry]\nname = 'app'\n[tool.poetry.dependencies]\npython = '^3.9'\nutils = { path = 'libs/utils', develop = true }\n\
                  requests = { version = '^2.1', extras = ['socks'] }\nsix = '1.*'\n\
                  old = [{ version = '<2', python = '<3.10' }, { version = '>=2', python = '>=3.10' }]\n\
                  tool = { version = '~1.2', optional = true }\nprivate = { version = '*', source = 'corp' }\n\
                  [tool.poetry.extras]\nmore = ['tool']\n\
                  [tool.poetry.group.dev.dependencies]\npytest = '*'\nhelper = { git = 'https://h/r.git', rev = 'abc' }\n\
                  [[tool.poetry.source]]\nname = 'corp'\nurl = 'https://corp/simple'\npriority = 'explicit'\n";
    let found = told(&[("pyproject.toml", poetry), UTILS]);
    assert_eq!(
        found,
        [
            "old<2 ; python_full_version < \"3.10\"",
            "old>=2 ; python_full_version >= \"3.10\"",
            "private",
            "requests[socks]>=2.1,<3",
            "six==1.*",
            "utils at [FOLDER]/libs/utils",
            "tie utils at [FOLDER]/libs/utils (pyproject.toml:5)",
            "tie helper at git https://h/r.git abc - (pyproject.toml:15)",
            "pin private to corp (pyproject.toml:10)",
        ]
    );
    let mut project = Project::new(&[("pyproject.toml", poetry), UTILS]);
    let input = super::super::PyprojectInput {
        path: project.inputs.requirement_files.remove(0),
        extras: vec!["more".parse().unwrap()],
        groups: vec!["dev".parse().unwrap()],
        ..super::super::PyprojectInput::default()
    };
    project.inputs.pyproject = Some(input);
    let found = lines(&project.read().unwrap());
    for line in ["tool>=1.2,<1.3", "pytest", "helper at git https://h/r.git abc -"] {
        assert!(found.iter().any(|found| found == line), "{line}\n{found:#?}");
    }
}

#[test]
fn a_project_that_poetry_completes() {
    let check = |project: &str, poetry: &str, expected: &[&str]| {
        let text = format!("[project]\nname = 'app'\nversion = '1'\n{project}[tool.poetry.dependencies]\n{poetry}");
        assert_eq!(told(&[("pyproject.toml", &text), UTILS]), expected, "{project}");
    };
    // Without dependencies of its own, all of Poetry's count.
    check("", "six = '^1'\n", &["six>=1,<2"]);
    check("dynamic = ['dependencies']\n", "six = '^1'\n", &["six>=1,<2"]);
    check("dependencies = []\n", "six = '^1'\n", &["six>=1,<2"]);
    // With them, Poetry's say more about the same names, and nothing else.
    check(
        "dependencies = ['utils', 'six>=1.5', 'thing']\n",
        "utils = { path = 'libs/utils', develop = true }\nsix = '^1'\nthing = { source = 'corp' }\nalone = '*'\n",
        &[
            "utils at [FOLDER]/libs/utils",
            "six>=1,>=1.5,<2",
            "thing",
            "tie utils at [FOLDER]/libs/utils (pyproject.toml:6)",
            "pin thing to corp (pyproject.toml:8)",
        ],
    );
}

#[test]
fn dependencies_of_poetry_that_cannot_be_read() {
    let check = |line: &str, expected: &str| {
        let text = format!("[tool.poetry.dependencies]\n{line}\n");
        wrong(&[("pyproject.toml", &text), UTILS], expected);
    };
    check("six = 'newest'", "pyproject.toml:2:7: the dependency `six`: `newest` is not a version constraint");
    check("six = { version = '1', mirror = 'x' }", "`mirror` is not known here");
    check("utils = { path = 'libs/other' }", "there is no file or folder `libs/other`");
    check("utils = { path = 'libs/utils', git = 'https://h/r' }", "it can have one of `path`, `git` and `url`");
    check("six = 1", "it must be a text or a table");
}

#[test]
fn repositories_of_poetry() {
    let check = |sources: &str, expected: &[&str]| {
        let text = format!("[tool.poetry.dependencies]\nsix = '*'\n{sources}");
        let manifest = Project::new(&[("pyproject.toml", &text)]).read().unwrap();
        let found: Vec<String> = manifest
            .indexes
            .iter()
            .map(|index| format!("{} {:?}", index.name.as_deref().unwrap_or("-"), index.role))
            .collect();
        assert_eq!(found, expected, "{sources}");
    };
    let source = |name: &str, rest: &str| {
        format!("[[tool.poetry.source]]\nname = '{name}'\nurl = 'https://{name}/simple'\n{rest}\n")
    };
    check(&source("a", "priority = 'supplemental'"), &["a Later"]);
    check(&source("a", "priority = 'explicit'"), &["a Explicit"]);
    // A primary source takes the place of PyPI, unless PyPI is named too.
    check(&source("a", ""), &["a Default"]);
    check(&(source("a", "") + &source("b", "priority = 'primary'")), &["a Listed", "b Default"]);
    check(&(source("a", "") + "[[tool.poetry.source]]\nname = 'PyPI'\n"), &["a Listed"]);
    check(&source("a", "priority = 'default'"), &["a Default"]);
}

#[test]
fn tables_of_pdm_rye_and_hatch() {
    let check = |more: &str, expected: &[&str]| {
        assert_eq!(told(&[("pyproject.toml", &project(more)), UTILS]), expected, "{more}");
    };
    let tied = ["utils at [FOLDER]/libs/utils", "tie utils at [FOLDER]/libs/utils (pyproject.toml:6)"];
    check("[tool.pdm.dev-dependencies]\ndev = ['-e file:///${PROJECT_ROOT}/libs/utils#egg=utils']\n", &tied);
    check("[tool.rye]\ndev-dependencies = ['utils @ file:///${PROJECT_ROOT}/libs/utils']\n", &tied);
    check("[tool.hatch.envs.default]\ndependencies = ['utils @ {root:uri}/libs/utils', 'x']\n", &tied);
    check("[tool.hatch.envs.default.workspace]\nmembers = ['libs/*']\n", &tied);
    check(
        "[[tool.pdm.source]]\nname = 'corp'\nurl = 'https://corp'\ninclude_packages = ['utils']\n",
        &["utils>=1", "pin utils to corp (pyproject.toml:8)"],
    );
    let text = project("").replace("'utils>=1'", "'utils @ file:///${PROJECT_ROOT}/libs/utils'");
    assert_eq!(told(&[("pyproject.toml", &text), UTILS]), ["utils at [FOLDER]/libs/utils"]);
    let text = project("").replace("'utils>=1'", "'utils @ {root:uri}/libs/utils'");
    assert_eq!(told(&[("pyproject.toml", &text), UTILS]), ["utils at [FOLDER]/libs/utils"]);
}

#[test]
fn a_name_that_is_tied_to_two_places_is_an_error() {
    let app = project("[tool.uv.sources]\nutils = { path = 'libs/utils' }\nother = { path = 'libs/other' }\n");
    let other = "[project]\nname = 'other'\nversion = '1'\n[tool.uv.sources]\nutils = { index = 'corp' }\n";
    let files = [("pyproject.toml", &*app), UTILS, ("libs/other/pyproject.toml", other)];
    wrong(&files, "`utils` is tied to a place here, and to the index `corp` at libs/other/pyproject.toml:5");
}
