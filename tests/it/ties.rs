//! A name that a project ties to a folder, repository or index is never asked from any other place.

use std::path::Path;

use crate::building::git;
use crate::support::{IndexServer, RunningIndex, SdistBuilder, TestContext, WheelBuilder};

/// An index that anyone may upload to: it has every name, in a version that no project means.
fn public(names: &[&str]) -> RunningIndex {
    names.iter().fold(IndexServer::new(), |server, name| server.file(WheelBuilder::new(name, "99.0"))).start()
}

/// A project whose metadata can be read without a build.
fn library(context: &TestContext, folder: &str, name: &str, dependencies: &str, more: &str) {
    let text = format!("[project]\nname = '{name}'\nversion = '1.0'\ndependencies = [{dependencies}]\n{more}");
    context.write(&format!("{folder}/pyproject.toml"), text);
}

/// The lock of what `inputs` ask for, with the exit code; and whether the public index was asked for a name.
fn locked(context: &TestContext, server: &RunningIndex, inputs: &[&str]) -> (i32, String) {
    let mut command = context.barrow();
    command.args(["lock", "--runtime", "python3.12", "--index-url", &server.url(), "--format", "json", "-o", "-"]);
    let output = command.args(inputs).output().unwrap();
    (output.status.code().unwrap(), context.show(&output))
}

fn never_asked(server: &RunningIndex, name: &str) {
    let log = server.log();
    assert!(!log.contains(&format!("/{name}/")), "`{name}` was asked from the public index:\n{log}");
}

#[test]
fn a_folder_is_taken_and_no_index_asked() {
    let tables = [
        "[tool.uv.sources]\nutils = { path = 'libs/utils' }\n",
        "[tool.uv.sources]\nutils = { workspace = true }\n[tool.uv.workspace]\nmembers = ['libs/*']\n",
        "[tool.poetry.dependencies]\nutils = { path = 'libs/utils', develop = true }\n",
        "[tool.pdm.dev-dependencies]\ndev = ['-e file:///${PROJECT_ROOT}/libs/utils#egg=utils']\n",
        "[tool.hatch.envs.default]\ndependencies = ['utils @ {root:uri}/libs/utils']\n",
    ];
    for table in tables {
        let server = public(&["utils", "thing"]);
        let context = TestContext::new();
        library(&context, "libs/utils", "utils", "'thing'", "");
        context.write(
            "pyproject.toml",
            format!("[project]\nname = 'app'\nversion = '1'\ndependencies = ['utils']\n{table}"),
        );
        let (code, shown) = locked(&context, &server, &["-r", "pyproject.toml"]);
        assert_eq!(code, 0, "{table}\n{shown}");
        assert!(shown.contains("libs/utils") && shown.contains("thing-99.0"), "{table}\n{shown}");
        never_asked(&server, "utils");
    }
}

#[test]
fn a_tie_counts_for_what_others_require() {
    let server = IndexServer::new()
        .file(WheelBuilder::new("framework", "1.0").requires("utils"))
        .file(WheelBuilder::new("utils", "99.0"))
        .start();
    let context = TestContext::new();
    library(&context, "libs/utils", "utils", "", "");
    context.write(
        "pyproject.toml",
        "[project]\nname = 'app'\nversion = '1'\ndependencies = ['framework']\n\
         [tool.uv.sources]\nutils = { path = 'libs/utils' }\n",
    );
    let (code, shown) = locked(&context, &server, &["-r", "pyproject.toml"]);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("libs/utils"), "{shown}");
    never_asked(&server, "utils");
}

#[test]
fn what_a_local_project_ties_is_not_asked_for_it() {
    let server = public(&["utils", "base"]);
    let context = TestContext::new();
    library(&context, "libs/utils", "utils", "'base'", "[tool.uv.sources]\nbase = { path = '../base' }\n");
    library(&context, "libs/base", "base", "", "");
    context.write("requirements.txt", "./libs/utils\n");
    let (code, shown) = locked(&context, &server, &["-r", "requirements.txt"]);
    assert_eq!(code, 0, "{shown}");
    never_asked(&server, "base");
}

#[test]
fn what_cannot_be_honoured_is_an_error_and_not_looked_for() {
    let server = public(&["utils", "base"]);
    let context = TestContext::new();
    // Required by the project itself: wrong input, with its line.
    context.write(
        "pyproject.toml",
        "[project]\nname = 'app'\nversion = '1'\ndependencies = ['utils']\n[tool.uv.sources]\nutils = { path = 'gone' }\n",
    );
    let (code, shown) = locked(&context, &server, &["-r", "pyproject.toml"]);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("pyproject.toml:6:9: the source of `utils`: there is no file or folder `gone`"), "{shown}");
    never_asked(&server, "utils");
    // Required by a project that is required: known only while resolving.
    library(&context, "libs/utils", "utils", "'base'", "[tool.uv.sources]\nbase = { path = '../gone' }\n");
    context.write("requirements.txt", "./libs/utils\n");
    fs_err::remove_file(context.path("pyproject.toml")).unwrap();
    let (code, shown) = locked(&context, &server, &["-r", "requirements.txt"]);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("libs/utils/pyproject.toml:6:8: the source of `base`"), "{shown}");
    never_asked(&server, "base");
}

#[test]
fn a_name_that_is_tied_to_an_index_is_asked_from_it_alone() {
    let corp = IndexServer::new().file(WheelBuilder::new("utils", "1.0").requires("thing")).start();
    let tables = [
        "[tool.uv.sources]\nutils = { index = 'corp' }\n[[tool.uv.index]]\nname = 'corp'\nurl = 'CORP'\nexplicit = true\n",
        "[tool.uv.sources]\nutils = { index = 'corp' }\n[[tool.uv.index]]\nname = 'corp'\nurl = 'CORP'\n",
        "[tool.poetry.dependencies]\nutils = { source = 'corp' }\n\
         [[tool.poetry.source]]\nname = 'corp'\nurl = 'CORP'\npriority = 'explicit'\n",
        "[[tool.pdm.source]]\nname = 'corp'\nurl = 'CORP'\ninclude_packages = ['utils']\n",
    ];
    for table in tables {
        let server = public(&["utils", "thing"]);
        let context = TestContext::new();
        let table = table.replace("CORP", &corp.url());
        context.write(
            "pyproject.toml",
            format!("[project]\nname = 'app'\nversion = '1'\ndependencies = ['utils']\n{table}"),
        );
        let (code, shown) = locked(&context, &server, &["-r", "pyproject.toml"]);
        assert_eq!(code, 0, "{table}\n{shown}");
        assert!(shown.contains("utils-1.0") && shown.contains("thing-99.0"), "{table}\n{shown}");
        never_asked(&server, "utils");
    }
}

#[test]
fn an_index_that_is_nowhere_declared_is_an_error() {
    let server = public(&["utils"]);
    let context = TestContext::new();
    context.write(
        "pyproject.toml",
        "[project]\nname = 'app'\nversion = '1'\ndependencies = ['utils']\n[tool.uv.sources]\nutils = { index = 'corp' }\n",
    );
    let (code, shown) = locked(&context, &server, &["-r", "pyproject.toml"]);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("corp") && shown.contains("--index corp=URL"), "{shown}");
    never_asked(&server, "utils");
}

#[test]
fn the_fingerprint_covers_every_folder_that_is_reached() {
    let context = TestContext::new();
    library(&context, "libs/utils", "utils", "'base'", "[tool.uv.sources]\nbase = { path = '../base' }\n");
    library(&context, "libs/base", "base", "", "");
    context.write("app/handler.py", "");
    context.write(
        "app/pyproject.toml",
        "[project]\nname = 'app'\nversion = '1'\ndependencies = ['utils']\n[tool.uv.sources]\nutils = { path = '../libs/utils' }\n",
    );
    let print = || {
        let output = context.barrow().args(["fingerprint", "app"]).output().unwrap();
        assert!(output.status.success(), "{}", context.show(&output));
        output.stdout
    };
    let before = print();
    assert_eq!(before, print());
    context.write("libs/base/base.py", "CHANGED = True\n");
    assert_ne!(before, print());
}

/// Makes a repository of a folder; false where there is no git.
fn repository(context: &TestContext, folder: &str) -> bool {
    if !Path::new("/usr/bin/git").is_file() {
        return false;
    }
    for arguments in
        [&["init", "--quiet", "--initial-branch=trunk"][..], &["add", "."], &["commit", "--quiet", "-m", "one"]]
    {
        git(context, folder, arguments);
    }
    true
}

/// Tables that tie `base` to a folder beside the project, and what else has to stand at the top of the source.
const TIED_BESIDE: [(&str, &str); 3] = [
    ("[tool.uv.sources]\nbase = { path = '../base' }\n", ""),
    ("[tool.poetry.dependencies]\nbase = { path = '../base', develop = true }\n", ""),
    (
        "[tool.uv.sources]\nbase = { workspace = true }\n",
        "[project]\nname = 'all'\nversion = '1'\n[tool.uv.workspace]\nmembers = ['app', 'base']\n",
    ),
];

#[test]
fn what_a_repository_ties_comes_from_it() {
    for (table, top) in TIED_BESIDE {
        let server = public(&["base", "thing"]);
        let context = TestContext::new();
        library(&context, "mono/app", "app", "'base>=1'", table);
        library(&context, "mono/base", "base", "'thing'", "");
        context.write("mono/pyproject.toml", top);
        if !repository(&context, "mono") {
            return;
        }
        let line = format!("app @ git+file://{}@trunk#subdirectory=app", context.path("mono").display());
        let (code, shown) = locked(&context, &server, &[&line]);
        assert_eq!(code, 0, "{table}\n{shown}");
        assert!(shown.contains("#subdirectory=base") && shown.contains("thing-99.0"), "{table}\n{shown}");
        never_asked(&server, "base");
        // Both by name: one source.
        let base = line.replace("app", "base");
        let (code, shown) = locked(&context, &server, &[&line, &base]);
        assert_eq!(code, 0, "{table}\n{shown}");
        never_asked(&server, "base");
    }
}

#[test]
fn what_an_archive_ties_comes_from_it() {
    for (table, top) in TIED_BESIDE {
        let server = public(&["base", "thing"]);
        let context = TestContext::new();
        let project = |name: &str, dependencies: &str, more: &str| {
            format!("[project]\nname = '{name}'\nversion = '1.0'\ndependencies = [{dependencies}]\n{more}")
        };
        let archive = SdistBuilder::new("mono", "1.0")
            .file("app/pyproject.toml", project("app", "'base'", table))
            .file("base/pyproject.toml", project("base", "'thing'", ""))
            .file("pyproject.toml", top)
            .build();
        context.write("mono-1.0.tar.gz", archive.bytes);
        let line = format!("app @ file://{}#subdirectory=app", context.path("mono-1.0.tar.gz").display());
        let (code, shown) = locked(&context, &server, &[&line]);
        assert_eq!(code, 0, "{table}\n{shown}");
        assert!(shown.contains("thing-99.0"), "{table}\n{shown}");
        never_asked(&server, "base");
    }
}

#[test]
fn what_a_repository_ties_to_elsewhere_is_an_error() {
    let elsewhere = [
        ("[tool.uv.sources]\nbase = { path = '../../other' }\n", "there is no file or folder"),
        ("[tool.uv.sources]\nbase = { index = 'corp' }\n", "app/pyproject.toml:6 ties it to the index `corp`"),
        ("[tool.uv.sources]\nbase = { workspace = true }\n", "no `pyproject.toml` here or above"),
    ];
    for (table, expected) in elsewhere {
        let server = public(&["base"]);
        let context = TestContext::new();
        library(&context, "mono/app", "app", "'base'", table);
        if !repository(&context, "mono") {
            return;
        }
        let line = format!("app @ git+file://{}#subdirectory=app", context.path("mono").display());
        let (code, shown) = locked(&context, &server, &[&line]);
        assert_eq!(code, 1, "{table}\n{shown}");
        assert!(shown.contains("`base` is required") && shown.contains(expected), "{table}\n{shown}");
        never_asked(&server, "base");
        // The user's own word helps.
        library(&context, "mine", "base", "", "");
        let (code, shown) = locked(&context, &server, &[&line, "base @ ./mine"]);
        assert_eq!(code, 0, "{table}\n{shown}");
        never_asked(&server, "base");
    }
}

#[test]
fn markers_choose_the_index_for_the_target() {
    let index = |version: &str| IndexServer::new().file(WheelBuilder::new("utils", version)).start();
    let (one, two) = (index("1.0"), index("2.0"));
    let server = public(&["utils"]);
    let context = TestContext::new();
    let write = |first: &str, second: &str| {
        let (one, two) = (one.url(), two.url());
        context.write(
            "pyproject.toml",
            format!(
                "[project]\nname = 'app'\nversion = '1'\ndependencies = ['utils']\n[tool.uv]\nsources.utils = [\n\
                 {{ index = 'one', marker = \"{first}\" }},\n{{ index = 'two', marker = \"{second}\" }}]\n\
                 [[tool.uv.index]]\nname = 'one'\nurl = '{one}'\nexplicit = true\n\
                 [[tool.uv.index]]\nname = 'two'\nurl = '{two}'\nexplicit = true\n"
            ),
        );
    };
    let check = |architecture: &str, expected: &str| {
        let (code, shown) = locked(&context, &server, &["-r", "pyproject.toml", "--arch", architecture]);
        assert_eq!(code, 0, "{shown}");
        assert!(shown.contains(&format!("utils-{expected}")), "{architecture}\n{shown}");
        never_asked(&server, "utils");
    };
    write("platform_machine == 'x86_64'", "platform_machine == 'aarch64'");
    check("x86_64", "1.0");
    check("arm64", "2.0");
    write("sys_platform == 'darwin'", "sys_platform != 'darwin'");
    check("x86_64", "2.0");
    // They overlap, but not for every target.
    write("platform_machine == 'x86_64'", "sys_platform == 'darwin' or platform_machine == 'aarch64'");
    check("arm64", "2.0");
    write("platform_machine == 'x86_64'", "python_version >= '3.13'");
    check("x86_64", "1.0");
    // For this one they do.
    write("platform_machine == 'x86_64'", "python_version >= '3.12'");
    let (code, shown) = locked(&context, &server, &["-r", "pyproject.toml"]);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("`utils` is tied to the index `two` here, and to `one` at pyproject.toml:7"), "{shown}");
    never_asked(&server, "utils");
}
