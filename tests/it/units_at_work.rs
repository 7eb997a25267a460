//! `barrow build` in repositories as people have them: settings in folders, odd names, moved files, layers in the same
//! run, and how it ends.

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::building::git;
use crate::support::{Fault, IndexServer, RunningIndex, TestContext, WheelBuilder, said};

fn server() -> IndexServer {
    IndexServer::new()
        .file(WheelBuilder::new("tiny", "1.0").file("tiny/__init__.py", "one"))
        .file(WheelBuilder::new("tiny", "2.0").file("tiny/__init__.py", "two"))
        .file(WheelBuilder::new("more", "1.0").file("more/__init__.py", ""))
}

fn repository(toml: &str) -> (TestContext, RunningIndex) {
    let (context, index) = (TestContext::new(), server().start());
    context.write("barrow.toml", toml);
    (context, index)
}

fn build(context: &TestContext, index: &RunningIndex, arguments: &[&str]) -> Output {
    context.barrow().arg("build").args(arguments).env("BARROW_INDEX_URL", index.url()).output().unwrap()
}

/// What was made, and of what state, by name.
fn states(output: &Output) -> BTreeMap<String, String> {
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(output)));
    let word = |unit: &Value, key: &str| unit[key].as_str().unwrap_or_default().to_owned();
    answer["units"].as_array().unwrap().iter().map(|unit| (word(unit, "name"), word(unit, "state"))).collect()
}

fn listed(context: &TestContext, index: &RunningIndex, arguments: &[&str]) -> Vec<String> {
    let output = build(context, index, &[&["--list", "--json"], arguments].concat());
    assert!(output.status.success(), "{}", said(&output));
    states(&output).into_keys().collect()
}

fn read(context: &TestContext, path: &str) -> String {
    fs_err::read_to_string(context.path(path)).unwrap()
}

/// What lies in the folder of a unit counts before what all have, and behind what its table says.
#[test]
fn a_folder_has_settings_of_its_own() {
    let (context, index) = repository(
        "[defaults]\nruntime = \"python3.12\"\narch = \"arm64\"\n[[function]]\nglob = \"services/*/src\"\n\
         [[function]]\nsource = \"last\"\nruntime = \"python3.11\"\n",
    );
    for folder in ["services/a/src", "services/b/src", "last"] {
        context.write(&format!("{folder}/app.py"), "");
        context.write(&format!("{folder}/requirements.txt"), "tiny\n");
    }
    context.write("services/a/barrow.toml", "runtime = \"python3.13\"\nconstraint = \"limits.txt\"\n");
    context.write("services/a/limits.txt", "tiny<2\n");
    context.write("last/pyproject.toml", "[tool.barrow]\nruntime = \"python3.10\"\nexclude = [\"notes.txt\"]\n");
    context.write("last/notes.txt", "");
    let output = build(&context, &index, &["--json"]);
    assert!(output.status.success(), "{}", said(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let targets: Vec<String> = answer["units"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unit| ["name", "runtime", "arch"].map(|key| unit[key].as_str().unwrap()).join(" "))
        .collect();
    assert_eq!(targets, ["a python3.13 arm64", "b python3.12 arm64", "last python3.11 arm64"]);
    assert_eq!(read(&context, "build/a/tiny/__init__.py"), "one");
    assert_eq!(read(&context, "build/b/tiny/__init__.py"), "two");
    assert!(context.path("build/last/app.py").is_file() && !context.path("build/last/notes.txt").exists());
    // Where a file is named, and where none is to be read, those of folders are not looked for.
    let output = build(&context, &index, &["--config-file", "barrow.toml", "--json"]);
    assert_eq!(states(&output)["a"], "built", "{}", said(&output));
    assert_eq!(read(&context, "build/a/tiny/__init__.py"), "two");
    context.write("services/a/barrow.toml", "runtim = \"x\"\n");
    let output = build(&context, &index, &[]);
    assert!(output.status.code() == Some(2) && said(&output).contains("barrow.toml:1: unknown setting `runtim`"));
}

/// A name that a folder ties to an index is asked from no other.
#[test]
fn a_folder_ties_its_names() {
    let (context, index) = repository("[defaults]\nruntime = \"python3.12\"\n[[function]]\nglob = \"services/*\"\n");
    let own = IndexServer::new().file(WheelBuilder::new("tiny", "0.1").file("tiny/__init__.py", "own")).start();
    for folder in ["a", "b"] {
        context.write(&format!("services/{folder}/app.py"), "");
        context.write(&format!("services/{folder}/requirements.txt"), "tiny\nmore\n");
    }
    let tie = "[[index]]\nname = \"own\"\nexplicit = true\nurl = ";
    context.write("services/a/barrow.toml", format!("{tie}\"{}\"\n[sources]\ntiny = \"own\"\n", own.url()));
    let output = build(&context, &index, &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(read(&context, "build/a/tiny/__init__.py"), "own");
    assert_eq!(read(&context, "build/b/tiny/__init__.py"), "two");
    context.write("services/a/barrow.toml", "[sources]\ntiny = \"nobody\"\n");
    let output = build(&context, &index, &[]);
    let told = said(&output);
    assert!(output.status.code() == Some(2) && told.contains("services/a/barrow.toml:2: there is no index"), "{told}");
}

/// Layers are made in the run that uses them: each page is asked for once, and a function begins when its layers are
/// there.
#[test]
fn layers_and_their_functions_share_one_run() {
    let (context, index) = repository(
        "[defaults]\nruntime = \"python3.12\"\n[[layer]]\nname = \"shared\"\npackages = [\"tiny<2\"]\noutput = [\"l\", \"l.zip\"]\n\
         [[function]]\nglob = \"services/*\"\nlayers = [\"shared\"]\n",
    );
    for folder in ["a", "b", "c"] {
        context.write(&format!("services/{folder}/app.py"), "");
        context.write(&format!("services/{folder}/requirements.txt"), "tiny\nmore\n");
    }
    let output = build(&context, &index, &["--jobs", "1"]);
    assert!(output.status.success() && said(&output).contains("5 of 5 are built"), "{}", said(&output));
    for folder in ["a", "b", "c"] {
        assert!(context.path(&format!("build/{folder}/more/__init__.py")).is_file());
        assert!(!context.path(&format!("build/{folder}/tiny")).exists());
    }
    for page in ["/tiny/", "/more/"] {
        let asked = index.requests().iter().filter(|request| request.path.ends_with(page)).count();
        assert_eq!(asked, 1, "{page}: {}", index.log());
    }
    let again = build(&context, &index, &["--json"]);
    assert!(states(&again).values().all(|state| state == "unchanged"), "{}", said(&again));
    // A layer of other versions makes its functions anew, whatever they say of themselves.
    let toml = read(&context, "barrow.toml");
    context.write("barrow.toml", toml.replace("tiny<2", "more"));
    let changed = build(&context, &index, &["--json"]);
    assert!(states(&changed).values().all(|state| state == "built"), "{}", said(&changed));
    assert_eq!(read(&context, "build/a/tiny/__init__.py"), "two");
    // One that fails takes its functions along, and nobody else.
    context.write(
        "barrow.toml",
        toml.replace("tiny<2", "absent") + "[[function]]\nname = \"d\"\nsource = \"services/a\"\n",
    );
    let failed = build(&context, &index, &[]);
    let told = said(&failed);
    assert!(failed.status.code() == Some(1) && told.contains("5 of 6 could not be built"), "{told}");
    assert!(
        told.contains("a (python3.12, x86_64): its layer shared (python3.12, x86_64) could not be built"),
        "{told}"
    );
    assert!(context.path("build/d/tiny/__init__.py").is_file(), "{told}");
}

#[test]
fn names_with_spaces_and_several_targets_and_outputs() {
    let (context, index) = repository(
        "[[function]]\nsource = \"my functions/order mail\"\nruntime = [\"python3.12\", \"python3.13\"]\narch = [\"x86_64\", \"arm64\"]\n\
         output = [\"out dir/{name}\", \"out dir/{name}.zip\", \"by target/{runtime}/{arch}/{name}.zip\"]\n",
    );
    context.write("my functions/order mail/app.py", "");
    context.write("my functions/order mail/requirements.txt", "tiny\n");
    let output = build(&context, &index, &["order mail"]);
    assert!(output.status.success() && said(&output).contains("12 of 12 are built"), "{}", said(&output));
    for place in [
        "out dir/order mail-python3.12-arm64/tiny/__init__.py",
        "out dir/order mail-python3.13-x86_64.zip",
        "by target/python3.13/arm64/order mail.zip",
    ] {
        assert!(context.path(place).is_file(), "{place}: {}", said(&output));
    }
    let bytes = |path: &str| fs_err::read(context.path(path)).unwrap();
    assert!(bytes("out dir/order mail-python3.13-x86_64.zip") == bytes("by target/python3.13/x86_64/order mail.zip"));
}

#[test]
fn lists_of_names_are_written_like_requirements() {
    let toml = "[defaults]\nruntime = \"python3.12\"\n[[layer]]\nnames-from = \"list.txt\"\n";
    let (context, index) = repository(toml);
    context.write(
        "list.txt",
        "\u{feff}# one a line\n\n  # and this\ntiny[extra]==1.0 \\\n    ; python_version >= '3.9'   # why\r\nmore>=1\t# tabs\nMore_2 @ \
         https://example.com/more.whl#egg=x\n",
    );
    assert_eq!(listed(&context, &index, &[]), ["More_2", "more", "tiny"]);
    let output = build(&context, &index, &["tiny", "more"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(read(&context, "build/tiny/python/tiny/__init__.py"), "one");
    let check = |list: &str, exit: i32, part: &str| {
        context.write("list.txt", list);
        let output = build(&context, &index, &[]);
        assert!(output.status.code() == Some(exit) && said(&output).contains(part), "{list}: {}", said(&output));
    };
    check("tiny\n-r other.txt\n", 2, "`-r other.txt` is no requirement that begins with the name of a project");
    check("tiny<2; python_version < '3'\ntiny; python_version > '3'\n", 2, "two units of the name `tiny`");
    // A layer without anything in it is no layer.
    check("tiny; python_version < '3'\n", 1, "tiny (python3.12, x86_64)");
    assert!(!context.path("build/tiny").exists() || context.path("build/tiny/python/tiny").exists());
    check("# nothing\n", 2, "has no line with a name");
}

#[test]
fn patterns_mean_folders_of_people() {
    let (context, index) = repository("runtime = \"python3.12\"\n[[function]]\nglob = \"*\"\n");
    for folder in ["one", "two", ".git", ".venv", "__pycache__", "node_modules", "deep/er/fn", "deep/fn"] {
        context.write(&format!("{folder}/app.py"), "");
    }
    assert_eq!(listed(&context, &index, &[]), ["deep", "one", "two"]);
    assert!(build(&context, &index, &[]).status.success());
    // What it has made itself is nobody's source.
    assert_eq!(listed(&context, &index, &[]), ["deep", "one", "two"]);
    let glob = |pattern: &str| {
        context.write("barrow.toml", format!("runtime = \"python3.12\"\n[[function]]\nglob = \"{pattern}\"\n"));
        listed(&context, &index, &[])
    };
    assert_eq!(glob("deep/**/fn"), ["er-fn", "fn"]);
    assert_eq!(glob("./t*/"), ["two"]);
    assert_eq!(glob(".ve*"), [".venv"]);
    assert_eq!(glob("{one,two}"), ["one", "two"]);
    context.write("deploy/barrow.toml", "runtime = \"python3.12\"\n[[function]]\nglob = \"../deep/*\"\n");
    let mut command = context.barrow();
    let output = command.args(["build", "--list", "--json"]).current_dir(context.path("deploy")).output().unwrap();
    assert_eq!(states(&output).into_keys().collect::<Vec<_>>(), ["er", "fn"], "{}", said(&output));
}

#[test]
fn keys_that_would_not_count_are_refused() {
    let (context, index) = repository("");
    context.write("a/app.py", "");
    context.write("list.txt", "tiny\n");
    let check = |toml: &str, part: &str| {
        context.write("barrow.toml", toml);
        let output = build(&context, &index, &["--list"]);
        assert!(output.status.code() == Some(2) && said(&output).contains(part), "{toml}: {}", said(&output));
    };
    check("[[function]]\nglob = \"*\"\nname = \"x\"\n", "barrow.toml:1: each folder or line has a name of its own");
    check("[[layer]]\nnames-from = \"list.txt\"\nname = \"x\"\n", "barrow.toml:1: each folder or line");
    check(
        "[[layer]]\nnames-from = \"list.txt\"\nsource = \"a\"\n",
        "barrow.toml:1: `names-from` stands for units without",
    );
    check(
        "[[function]]\nsource = \"a\"\noutput = \"b/{nme}.zip\"\n",
        "barrow.toml:3: `{nme}` in `output` means nothing",
    );
}

/// A file that was moved has changed two units, a link's target the unit that has the link, a settings file its own.
#[test]
fn what_has_changed_is_found_where_it_was() {
    let (context, index) = repository("runtime = \"python3.12\"\n[[function]]\nglob = \"services/*\"\n");
    for folder in ["a", "b", "c", "d"] {
        context.write(&format!("services/{folder}/app.py"), format!("name = \"{folder}\"\n"));
    }
    context.write("services/a/moved.py", "a long line that git knows again wherever it is\n");
    context.write("elsewhere/real/app.py", "");
    std::os::unix::fs::symlink("../elsewhere/real", context.path("services/e")).unwrap();
    let git = |arguments: &[&str]| _ = git(&context, "", arguments);
    git(&["init", "-q"]);
    git(&["config", "diff.relative", "true"]);
    git(&["config", "diff.renames", "copies"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "first"]);
    let changed = || listed(&context, &index, &["--changed-since", "HEAD"]);
    assert!(changed().is_empty());
    git(&["mv", "services/a/moved.py", "services/b/moved.py"]);
    assert_eq!(changed(), ["a", "b"]);
    git(&["commit", "-q", "-m", "second"]);
    assert!(changed().is_empty());
    context.write("elsewhere/real/app.py", "changed = True\n");
    assert_eq!(changed(), ["e"]);
    fs_err::remove_file(context.path("services/d/app.py")).unwrap();
    context.write("services/c/barrow.toml", "exclude = [\"x\"]\n");
    assert_eq!(changed(), ["c", "d", "e"]);
    // Nothing to do is done.
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "third"]);
    let output = build(&context, &index, &["--changed-since", "HEAD"]);
    assert!(output.status.success() && said(&output).contains("0 of 0 are built"), "{}", said(&output));
}

/// What is bundled counts wherever it lies: behind links, and where git does not look.
#[test]
fn what_has_changed_is_found_behind_links_and_where_git_ignores_it() {
    let units = "runtime = \"python3.12\"\nfollow-links = true\n[[function]]\nglob = \"services/*\"\n";
    let (context, index) = repository(units);
    for folder in ["a", "b", "c", "d"] {
        context.write(&format!("services/{folder}/app.py"), "");
    }
    context.write("lib/one/u.py", "");
    context.write("lib/two/u.py", "");
    context.write("lib/gone.py", "");
    context.write("libs/gen/pyproject.toml", "[project]\nname = \"gen\"\nversion = \"1\"\n");
    context.write("services/d/requirements.txt", "../../libs/gen\n");
    context.write(".gitignore", "gen.py\n");
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, context.path(at)).unwrap();
    link("one", "lib/current");
    link("../../lib", "services/a/lib");
    link("../../lib/current/u.py", "services/b/u.py");
    let git = |arguments: &[&str]| _ = git(&context, "", arguments);
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "first"]);
    let changed = |expected: &[&str]| {
        assert_eq!(listed(&context, &index, &["--changed-since", "HEAD"]), expected);
        git(&["add", "."]);
        git(&["commit", "-q", "--allow-empty", "-m", "next"]);
    };
    changed(&[]);
    context.write("lib/one/u.py", "x = 1\n");
    changed(&["a", "b"]);
    fs_err::remove_file(context.path("lib/gone.py")).unwrap();
    changed(&["a"]);
    fs_err::remove_file(context.path("lib/current")).unwrap();
    link("two", "lib/current");
    changed(&["a", "b"]);
    // Nobody knows what they were then, so they count each time.
    context.write("services/c/gen.py", "");
    context.write("libs/gen/gen.py", "");
    changed(&["c", "d"]);
    changed(&["c", "d"]);
    // What is not bundled does not count.
    context.write("services/c/barrow.toml", "exclude = [\"gen.py\"]\n");
    context.write("libs/gen/.venv/gen.py", "");
    fs_err::remove_file(context.path("libs/gen/gen.py")).unwrap();
    changed(&["c"]);
    changed(&[]);
}

/// What a unit is made of is all that its files lead to: lists that they include, projects elsewhere, wheels of a folder.
#[test]
fn what_has_changed_is_found_where_files_lead_to() {
    let tables = "runtime = \"python3.12\"\n[[function]]\nname = \"a\"\nsource = \"services/a\"\nrequirements = [\"lists/a.txt\"]\n\
                  [[function]]\nname = \"b\"\nsource = \"services/b\"\nfind-links = [\"wheels\"]\npackages = [\"tiny\"]\n\
                  [[layer]]\nnames-from = \"names.txt\"\n\
                  [[function]]\nname = \"c\"\nsource = \"services/c\"\n";
    let (context, index) = repository(tables);
    context.write(
        "services/c/pyproject.toml",
        "[project]\nname = \"c\"\nversion = \"1\"\ndependencies = [\"tiny\"]\n\
         [[tool.uv.index]]\nname = \"own\"\nurl = \"../../own-index\"\n",
    );
    context.write("own-index/tiny/index.html", "");
    context.write("services/a/app.py", "");
    context.write("services/b/app.py", "");
    context.write("lists/a.txt", "-r base.txt\n../libs/one\n");
    context.write("lists/base.txt", "tiny\n");
    context.write(
        "libs/one/pyproject.toml",
        "[project]\nname = \"one\"\nversion = \"1\"\n[tool.uv.sources]\ntwo = { path = \"../two\" }\n",
    );
    context.write("libs/two/pyproject.toml", "[project]\nname = \"two\"\nversion = \"1\"\n");
    context.write("libs/three/pyproject.toml", "[project]\nname = \"three\"\nversion = \"1\"\n");
    context.write("wheels/README.md", "");
    context.write("names.txt", "tiny\n");
    let git = |arguments: &[&str]| _ = git(&context, "", arguments);
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "first"]);
    let changed = |path: &str, text: &str, expected: &[&str]| {
        context.write(path, text);
        assert_eq!(listed(&context, &index, &["--changed-since", "HEAD"]), expected, "{path}");
        git(&["add", "."]);
        git(&["commit", "-q", "-m", "next"]);
    };
    changed("lists/base.txt", "tiny>=1\n", &["a"]);
    changed("libs/one/one.py", "", &["a"]);
    changed("libs/two/two.py", "", &["a"]);
    changed("libs/three/three.py", "", &[]);
    changed("lists/other.txt", "tiny\n", &[]);
    changed("wheels/new.whl", "", &["b"]);
    changed("own-index/tiny/index.html", "<!DOCTYPE html>", &["c"]);
    changed("names.txt", "tiny>=1\n", &["tiny"]);
}

#[test]
fn one_of_ten_fails() {
    let (context, index) = repository("runtime = \"python3.12\"\n[[function]]\nglob = \"services/*\"\n");
    for number in 0..10 {
        context.write(&format!("services/f{number}/app.py"), "");
        context.write(&format!("services/f{number}/requirements.txt"), "tiny\n");
    }
    assert!(build(&context, &index, &[]).status.success());
    let before = context.tree("build/f4");
    for number in 0..10 {
        context.write(&format!("services/f{number}/app.py"), "changed = True\n");
    }
    context.write("services/f4/requirements.txt", "tiny==9\n");
    let output = build(&context, &index, &[]);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(context.tree("build/f4"), before, "the one that failed is as it was");
    for number in (0..10).filter(|number| *number != 4) {
        assert!(read(&context, &format!("build/f{number}/app.py")).contains("changed"), "f{number}: {told}");
    }
    let error = told.find("error: f4 (python3.12, x86_64):").unwrap_or_else(|| panic!("{told}"));
    let summary = told.find("1 of 10 could not be built").unwrap();
    assert!(error < summary && told[error..summary].contains("tiny"), "{told}");
}

/// An interrupted run leaves each output old or new, and the next one ends the work.
#[test]
fn an_interruption_leaves_everything_consistent() {
    let context = TestContext::new();
    context.write("barrow.toml", "runtime = \"python3.12\"\n[[function]]\nglob = \"services/*\"\n");
    for (name, requirement) in [("a", "tiny\n"), ("b", "tiny\nmore\n"), ("c", "")] {
        context.write(&format!("services/{name}/app.py"), "");
        context.write(&format!("services/{name}/requirements.txt"), requirement);
    }
    let healthy = server().start();
    context.write("services/b/requirements.txt", "tiny\n");
    assert!(build(&context, &healthy, &[]).status.success());
    let before = context.tree("build/b");
    context.write("services/b/requirements.txt", "tiny\nmore\n");
    context.write("services/a/app.py", "changed = True\n");
    let slow = server().fault("more-1.0-py3-none-any.whl", Fault::Slow(Duration::from_mins(1))).start();
    let mut command = context.barrow();
    command.args(["build"]).env("BARROW_INDEX_URL", slow.url()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let start = Instant::now();
    while !context.path("build/a/app.py").is_file() || !read(&context, "build/a/app.py").contains("changed") {
        assert!(start.elapsed() < Duration::from_secs(30), "the run never came so far:\n{}", slow.log());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert_eq!(context.tree("build/b"), before, "{}", said(&output));
    let beside: Vec<_> =
        fs_err::read_dir(context.path("build")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside.len(), 3, "nothing half-made is left: {beside:?}");
    let output = build(&context, &healthy, &["--json"]);
    assert!(output.status.success() && states(&output)["b"] == "built", "{}", said(&output));
}
