//! Variables of the environment that a source reads: what is built depends on them, so a wheel that was built with
//! others is not taken, and no key changes with variables that nobody reads.

use std::process::Command;

use crate::building::{BACKEND, can_build, folder, project};
use crate::shared_cache::WRITING;
use crate::support::{BuiltFile, IndexServer, ObjectStore, RunningIndex, SdistBuilder, TestContext, has};

/// What the backend imports to fill the module that it builds.
const FLAGS: &str = "import os\nVERSION = os.environ.get('MY_FLAG', 'unset')\n";

/// A project in a folder, and a function that needs it.
fn write_folder(context: &TestContext) {
    folder(context, "lib", r#"{"name": "lib", "version": "1.0", "imports": ["flags"]}"#);
    context.write("lib/backend/flags.py", FLAGS);
    context.write("app/requirements.txt", "../lib\n");
    context.write("app/handler.py", "import lib\n");
}

/// The same as a source archive.
fn archive() -> BuiltFile {
    let sdist = SdistBuilder::new("lib", "1.0").metadata_line("Dynamic: Requires-Dist");
    let own = r#"{"name": "lib", "version": "1.0", "imports": ["flags"]}"#;
    let sdist = project(own).into_iter().fold(sdist, |sdist, (path, text)| sdist.file(path, text));
    sdist.file("backend/flags.py", FLAGS).build()
}

fn flag_in(context: &TestContext) -> String {
    let text = fs_err::read_to_string(context.path("out/lib.py")).unwrap();
    text.lines().find_map(|line| line.strip_prefix("flags = ")).unwrap().trim_matches('\'').to_owned()
}

#[test]
fn a_folder_is_built_again_when_a_variable_that_it_reads_changes() {
    if !can_build() {
        return;
    }
    assert!(!BACKEND.contains("BUILD_NUMBER"), "nobody reads it");
    let context = TestContext::new();
    write_folder(&context);
    let line = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command: Command = context.barrow();
        command.args(arguments).args(["--runtime", "python3.12", "--no-index"]).envs(variables.iter().copied());
        command
    };
    let print = |variables: &[(&str, &str)]| line(&["fingerprint", "app"], variables).output().unwrap().stdout;
    let with_one = print(&[("MY_FLAG", "one")]);
    assert!(!with_one.is_empty());
    assert_eq!(with_one, print(&[("MY_FLAG", "one"), ("BUILD_NUMBER", "7")]));
    assert_ne!(with_one, print(&[("MY_FLAG", "two")]));
    assert_ne!(with_one, print(&[("MY_FLAG", "one"), ("CFLAGS", "-O3")]), "compilers read it");
    assert_ne!(with_one, print(&[]));

    let bundle = |variables: &[(&str, &str)]| {
        let said = context.succeed(&mut line(&["bundle", "app", "-o", "out", "-v"], variables));
        (said, flag_in(&context))
    };
    assert_eq!(bundle(&[]).1, "unset");
    let (said, flag) = bundle(&[("MY_FLAG", "plain-word")]);
    assert_eq!(flag, "plain-word");
    has(&said, &["the variable `MY_FLAG` changed", "`MY_FLAG` is not as it was", "Building"]);
    let (said, _) = bundle(&[("MY_FLAG", "plain-word"), ("BUILD_NUMBER", "8")]);
    assert!(said.contains("Nothing has changed") && !said.contains("Building"), "{said}");
    let (said, flag) = bundle(&[]);
    assert_eq!(flag, "unset", "{said}");
    for bucket in ["builds-v1", "bundles-v2"] {
        for file in files_below(&context.cache().join(bucket)) {
            let bytes = fs_err::read(&file).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains("plain-word"), "{}", file.display());
        }
    }
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn install(machine: &TestContext, index: &RunningIndex, flag: &str, more: &[&str]) -> (String, String) {
    let mut command = machine.barrow();
    command.args(["install", "lib", "--allow-build", "lib", "-t", "out", "--runtime", "python3.12", "-v"]);
    let said = machine.succeed(command.args(["--index-url", &index.url()]).args(more).env("MY_FLAG", flag));
    (said, flag_in(machine))
}

#[test]
fn an_archive_is_built_again_when_a_variable_that_it_reads_changes() {
    if !can_build() {
        return;
    }
    let (context, index) = (TestContext::new(), IndexServer::new().file(archive()).start());
    assert_eq!(install(&context, &index, "one", &[]).1, "one");
    let (said, flag) = install(&context, &index, "two", &[]);
    assert_eq!(flag, "two");
    has(&said, &["lib-1.0-py3-none-any.whl is not taken from the cache: `MY_FLAG` is not as it was", "Building"]);
    let (said, _) = install(&context, &index, "two", &[]);
    assert!(said.contains("Nothing has changed") && !said.contains("Building"), "{said}");
}

#[test]
fn a_build_with_other_variables_is_not_taken_from_others() {
    if !can_build() {
        return;
    }
    let (index, store) = (IndexServer::new().file(archive()).start(), ObjectStore::start());
    let place = format!("{}/team", store.url());
    let on_new_machine = |flag: &str, more: &[&str]| {
        install(&TestContext::new(), &index, flag, &[&["--remote-cache", &place], more].concat())
    };
    has(&on_new_machine("plain-word", &WRITING).0, &["1 uploaded"]);
    for (key, object) in store.objects().iter().filter(|(key, _)| key.contains("/claims/")) {
        let text = String::from_utf8_lossy(&object.bytes);
        assert!(text.contains("MY_FLAG") && !text.contains("plain-word"), "{key}: {text}");
    }
    let (said, flag) = on_new_machine("plain-word", &[]);
    assert!(said.contains("1 hit") && !said.contains("Building"), "{said}");
    assert_eq!(flag, "plain-word");
    let (said, flag) = on_new_machine("two", &WRITING);
    assert_eq!(flag, "two");
    has(&said, &["is not taken from the shared cache: `MY_FLAG` is not as it was", "Building", "1 uploaded"]);
    let (said, flag) = on_new_machine("two", &[]);
    assert!(said.contains("1 hit") && !said.contains("Building"), "the newer one has replaced it: {said}");
    assert_eq!(flag, "two");
}

#[test]
fn a_zip_of_a_build_with_other_variables_is_not_taken_from_others() {
    if !can_build() {
        return;
    }
    let (index, store) = (IndexServer::new().file(archive()).start(), ObjectStore::start());
    let place = format!("{}/team", store.url());
    let bundle = |flag: &str, more: &[&str]| {
        let machine = TestContext::new();
        machine.write("app/requirements.txt", "lib\n");
        machine.write("app/handler.py", "import lib\n");
        let mut command = machine.barrow();
        command.args(["bundle", "app", "-o", "out.zip", "--runtime", "python3.12", "--allow-build", "lib", "-v"]);
        command.args(["--index-url", &index.url(), "--remote-cache", &place]).args(more).env("MY_FLAG", flag);
        (machine.succeed(&mut command), fs_err::read(machine.path("out.zip")).unwrap())
    };
    let (_, one) = bundle("one", &WRITING);
    let (said, again) = bundle("one", &[]);
    assert!(again == one && !said.contains("Building"), "{said}");
    let (said, two) = bundle("two", &[]);
    assert!(two != one && said.contains("Building"), "{said}");
}
