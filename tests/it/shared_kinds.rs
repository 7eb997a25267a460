//! What a shared cache holds beside wheels of an index's sources: wheels of private indexes, wheels of folders and
//! repositories, zips with what was built; and that each is known by its content, wherever it lay.

use std::path::Path;
use std::process::Command;

use crate::building::{can_build, folder, git};
use crate::shared_cache::{WRITING, install, says, sources};
use crate::support::{IndexServer, ObjectStore, RunningIndex, StoreFault, TestContext, WheelBuilder};

fn wheels() -> RunningIndex {
    IndexServer::new()
        .file(WheelBuilder::new("app", "1.0").requires("lib"))
        .file(WheelBuilder::new("lib", "2.0"))
        .start()
}

/// Installs wheels of a private index on a machine, with the shared cache.
fn install_wheels(machine: &TestContext, index: &RunningIndex, store: &ObjectStore, more: &[&str]) -> String {
    let mut command = machine.barrow();
    command
        .args(["install", "app", "-t", "out", "--runtime", "python3.12", "--index-url", &index.url(), "-v"])
        .args(["--remote-cache", &format!("{}/team", store.url())])
        .args(more);
    says(machine, command)
}

fn fetched(index: &RunningIndex) -> usize {
    index.requests().iter().filter(|request| request.path.ends_with("-any.whl")).count()
}

#[test]
fn wheels_of_a_private_index_are_shared_in_namespaces_that_are_marked_for_them_alone() {
    let (index, store) = (wheels(), ObjectStore::start());
    let first = TestContext::new();
    install_wheels(&first, &index, &store, &["--remote-cache-write", "main"]);
    assert!(store.objects().is_empty(), "{:?}", store.keys(""));
    let first = TestContext::new();
    let shown = install_wheels(&first, &index, &store, &WRITING);
    assert!(shown.contains("0 hits, 2 misses, 2 uploaded"), "{shown}");
    assert_eq!((store.keys("/cas/sha256/").len(), store.keys("/claims/").len()), (2, 0), "nobody need be believed");
    let before = fetched(&index);
    let second = TestContext::new();
    let shown =
        install_wheels(&second, &index, &store, &["--remote-cache-private", "main", "--remote-cache-no-claims"]);
    assert!(shown.contains("Shared cache: 2 hits, 0 misses"), "{shown}");
    assert_eq!(fetched(&index), before, "{}", index.log());
    assert_eq!(second.tree("out"), first.tree("out"));
    // A namespace that is not marked is not asked for them.
    store.take_requests();
    let third = TestContext::new();
    install_wheels(&third, &index, &store, &[]);
    assert!(store.take_requests().is_empty() && fetched(&index) == before + 2);
    // Other bytes than the index promises are not taken from anywhere.
    for fault in [StoreFault::Lies, StoreFault::Cuts, StoreFault::Status(404), StoreFault::Status(403)] {
        store.mend();
        store.fault(Some("GET"), "/cas/", fault.clone());
        let before = fetched(&index);
        let machine = TestContext::new();
        let shown = install_wheels(&machine, &index, &store, &["--remote-cache-private", "main"]);
        assert_eq!((machine.tree("out"), fetched(&index)), (first.tree("out"), before + 2), "{fault:?}: {shown}");
    }
}

#[test]
fn no_claim_is_believed_where_none_is_to_be() {
    if !can_build() {
        return;
    }
    let (index, store) = (sources(), ObjectStore::start());
    let first = TestContext::new();
    says(&first, install(&first, &index, &store, &WRITING));
    store.take_requests();
    let second = TestContext::new();
    let shown = says(&second, install(&second, &index, &store, &["--remote-cache-no-claims"]));
    assert!(shown.contains("Building one-1.0") && shown.contains("Building two-2.0"), "{shown}");
    assert!(store.take_requests().is_empty());
}

/// A folder whose requirements are known without building it.
fn told_folder(machine: &TestContext, place: &str) {
    folder(machine, place, "{\"name\": \"mine\", \"version\": \"1.0\"}");
    let pyproject = machine.path(&format!("{place}/pyproject.toml"));
    let text = fs_err::read_to_string(&pyproject).unwrap();
    let told = text.replace("dynamic = ['version', 'dependencies']", "version = '1.0'\ndependencies = []");
    fs_err::write(pyproject, told).unwrap();
}

#[test]
fn a_zip_with_what_was_built_is_taken_whole_and_no_python_is_asked() {
    if !can_build() {
        return;
    }
    let store = ObjectStore::start();
    let write = |machine: &TestContext| {
        told_folder(machine, "parts/mine");
        machine.write("app/handler.py", "import mine\n");
        machine.write("app/requirements.txt", "../parts/mine\n");
    };
    let bundle = |machine: &TestContext| {
        let mut command = machine.barrow();
        command
            .args(["bundle", "app", "-o", "out.zip", "--runtime", "python3.12", "--no-index"])
            .args(["--remote-cache", &format!("{}/team", store.url())]);
        command
    };
    let zip = |machine: &TestContext, more: &[&str]| {
        write(machine);
        machine.succeed(bundle(machine).arg("-v").args(more))
    };
    let first = TestContext::new();
    let shown = zip(&first, &["--remote-cache-write", "main"]);
    assert!(shown.contains("Building ") && shown.contains("0 hits, 2 misses, 2 uploaded"), "{shown}");
    let second = TestContext::new();
    let shown = zip(&second, &[]);
    assert!(shown.contains("Shared cache: 1 hit, 0 misses"), "{shown}");
    assert!(!shown.contains("building with") && !shown.contains("Took mine"), "the zip is all that is needed: {shown}");
    assert_eq!(fs_err::read(second.path("out.zip")).unwrap(), fs_err::read(first.path("out.zip")).unwrap());
    assert!(zip(&second, &[]).contains("Nothing has changed"));
    // Another source is another zip, and so is one for other compilers.
    let third = TestContext::new();
    write(&third);
    third.write("parts/mine/more.py", "");
    let shown = third.succeed(&mut bundle(&third));
    assert!(shown.contains("Building ") && shown.contains("0 hits, 2 misses"), "{shown}");
    let fourth = TestContext::new();
    write(&fourth);
    let shown = fourth.succeed(bundle(&fourth).env("CFLAGS", "-march=native"));
    assert!(shown.contains("Building ") && shown.contains("0 hits, 2 misses"), "{shown}");
}

#[test]
fn folders_and_repositories_are_known_by_what_is_in_them_and_not_by_where_they_are() {
    if !can_build() || !Path::new("/usr/bin/git").is_file() {
        return;
    }
    let store = ObjectStore::start();
    let place = format!("{}/team", store.url());
    let run = |machine: &TestContext, requirement: &str, more: &[&str]| {
        let mut command: Command = machine.barrow();
        command
            .args([
                "install",
                requirement,
                "-t",
                "out",
                "--runtime",
                "python3.12",
                "--no-index",
                "--remote-cache",
                &place,
            ])
            .args(more);
        says(machine, command)
    };
    let own = "{\"name\": \"mine\", \"version\": \"1.0\"}";
    let (first, second) = (TestContext::new(), TestContext::new());
    folder(&first, "here/mine", own);
    folder(&second, "in/another/place", own);
    // One's own folder is one's own: no mark for private indexes is needed.
    let shown = run(&first, "./here/mine", &["--remote-cache-write", "main"]);
    assert!(shown.contains("1 uploaded"), "{shown}");
    assert!(run(&second, "./in/another/place", &[]).contains("1 hit, 0 misses"));

    let (first, second) = (TestContext::new(), TestContext::new());
    folder(&first, "repo", own);
    for arguments in [&["init", "--quiet"][..], &["add", "."], &["commit", "--quiet", "-m", "one"]] {
        git(&first, "repo", arguments);
    }
    let commit = git(&first, "repo", &["rev-parse", "HEAD"]);
    git(&first, ".", &["clone", "--quiet", "repo", &second.path("a-clone").display().to_string()]);
    let at = |machine: &TestContext, name: &str| format!("mine @ git+file://{}@{commit}", machine.path(name).display());
    // Who may read a repository is not known, so it counts as private.
    let shown = run(&first, &at(&first, "repo"), &["--remote-cache-write", "main"]);
    assert!(shown.contains("comes from a private index") && !shown.contains("uploaded"), "{shown}");
    let third = TestContext::new();
    let shown = run(&third, &at(&first, "repo"), &WRITING);
    assert!(shown.contains("1 uploaded"), "{shown}");
    let shown = run(&second, &at(&second, "a-clone"), &[]);
    assert!(shown.contains("1 hit, 0 misses"), "{shown}");
    // Backends make versions of tags, so with another tag it is another source.
    git(&second, "a-clone", &["tag", "v7"]);
    let fourth = TestContext::new();
    let shown = run(&fourth, &at(&second, "a-clone"), &[]);
    assert!(shown.contains("0 hits, 1 miss"), "{shown}");
}
