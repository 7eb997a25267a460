//! Looking after a shared cache: what is brought here, what is removed there, and that no credential is ever said.

use crate::building::can_build;
use crate::shared_cache::{WRITING, install, says, sources};
use crate::support::{ObjectStore, StoreFault, TestContext};

#[test]
fn what_others_have_built_is_brought_here_and_what_nobody_has_is_named() {
    if !can_build() {
        return;
    }
    let (index, store) = (sources(), ObjectStore::start());
    let place = format!("{}/team", store.url());
    let pull = |machine: &TestContext, more: &[&str]| {
        let mut command = machine.barrow();
        command
            .args(["cache", "remote", "pull", "one", "two", "--allow-build", ":all:", "--runtime", "python3.12"])
            .args(["--index-url", &index.url(), "--remote-cache", &place])
            .args(more);
        command
    };
    let first = TestContext::new();
    says(&first, install(&first, &index, &store, &WRITING));
    let second = TestContext::new();
    let shown = says(&second, pull(&second, &[]));
    assert!(shown.contains("2 results are in the cache of this machine, 2 taken now"), "{shown}");
    assert!(!shown.contains("Building"), "{shown}");
    // Nothing is asked of the store any more, and nothing is built.
    store.take_requests();
    let shown = says(&second, install(&second, &index, &store, &[]));
    assert!(!shown.contains("Building") && store.take_requests().is_empty(), "{shown}");
    let output = pull(&second, &["--json"]).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["ready"], &told["hits"]), (&serde_json::json!(["one 1.0", "two 2.0"]), &serde_json::json!(0)));
    // Trouble with the store is an error for somebody who asks for just that.
    store.fault(None, "", StoreFault::Status(403));
    let third = TestContext::new();
    let output = pull(&third, &[]).output().unwrap();
    assert!(output.status.code() == Some(1) && third.show(&output).contains("403"), "{}", third.show(&output));
    let mut nowhere = third.barrow();
    let output = nowhere.args(["cache", "remote", "pull", "one"]).output().unwrap();
    assert!(output.status.code() == Some(2), "{}", third.show(&output));
}

#[test]
fn what_is_old_is_removed_and_nothing_that_a_younger_claim_names() {
    if !can_build() {
        return;
    }
    let (index, store, machine) = (sources(), ObjectStore::start(), TestContext::new());
    let s3 = |machine: &TestContext, arguments: &[&str]| {
        let mut command = machine.barrow();
        command.args(arguments).args(["--remote-cache", "s3://bucket/team", "--remote-cache-write", "main"]);
        store.give_keys(&mut command);
        command
    };
    let build = ["install", "one", "two", "--allow-build", ":all:", "-t", "out", "--runtime", "python3.12"];
    let build = [&build[..], &["--remote-cache-private", "main", "--index-url"]].concat();
    let url = index.url();
    says(&machine, s3(&machine, &[&build[..], &[&url]].concat()));
    assert_eq!(store.keys("bucket/team/main/").len(), 4, "{:?}", store.keys(""));
    let prune = |more: &[&str]| {
        let arguments = [&["cache", "remote", "prune", "--older-than", "10"][..], more].concat();
        says(&machine, s3(&machine, &arguments))
    };
    store.put("bucket/team/other/claims/v1/builds/aa/old", "another namespace");
    store.put("bucket/elsewhere", "not of the cache");
    for key in store.keys("bucket/") {
        store.is_old(&key, 20);
    }
    let claims = store.keys("team/main/claims/");
    store.is_old(&claims[0], 1);
    let shown = prune(&["--dry-run"]);
    assert!(shown.contains("Would remove 1 claim and 1 content (") && shown.contains("; 2 stay"), "{shown}");
    assert_eq!(store.keys("bucket/").len(), 6);
    let shown = prune(&[]);
    assert!(shown.contains("Removed 1 claim and 1 content (") && shown.contains("; 2 stay"), "{shown}");
    assert_eq!(store.keys("team/main/").len(), 2);
    assert_eq!(store.keys("bucket/").len(), 4, "nothing else is touched: {:?}", store.keys(""));
    // The result whose claim is young is still to be had, and the other one is made again.
    let second = TestContext::new();
    let shown = says(&second, s3(&second, &[&build[..], &[&url]].concat()));
    assert!(shown.contains("1 hit, 1 miss"), "{shown}");
    // Without rights nothing is half done, and servers of files say that they cannot.
    store.fault(Some("GET"), "", StoreFault::Status(403));
    let arguments = ["cache", "remote", "prune", "--older-than", "0"];
    let output = s3(&machine, &arguments).output().unwrap();
    assert!(output.status.code() == Some(1) && !machine.show(&output).contains("marked"), "{}", machine.show(&output));
    assert_eq!(store.keys("team/main/").len(), 4);
    let mut plain = machine.barrow();
    let place = format!("{}/team", store.url());
    plain.args(arguments).args(["--remote-cache", &place, "--remote-cache-write", "main"]);
    let output = plain.output().unwrap();
    assert!(machine.show(&output).contains("cannot say what it has"), "{}", machine.show(&output));
    let mut nameless = machine.barrow();
    let output = nameless.args(arguments).args(["--remote-cache", &place]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", machine.show(&output));
}

#[test]
fn no_credential_of_the_store_is_said_or_taken_to_another_host() {
    if !can_build() {
        return;
    }
    let (index, store, other) = (sources(), ObjectStore::start(), ObjectStore::start());
    let with_password = store.url().replace("http://", "http://writer:marked-password@");
    let with_signature = format!("{}/box?sv=2020&sig=marked-signature", store.url());
    let faults = [None, Some(StoreFault::Status(403)), Some(StoreFault::Status(500)), Some(StoreFault::Cuts)];
    let redirect = Some(StoreFault::Redirects(other.url()));
    for place in [with_password.as_str(), &with_signature] {
        for fault in faults.iter().chain([&redirect]) {
            store.mend();
            if let Some(fault) = fault {
                store.fault(None, "", fault.clone());
            }
            let machine = TestContext::new();
            let names = ["one", "two", "--allow-build", ":all:", "-t", "out", "--runtime", "python3.12", "--index-url"];
            let url = index.url();
            for words in [
                &[&["install"][..], &names, &[&url], &WRITING, &["-vvv", "--json"]].concat()[..],
                &[&["install"][..], &names, &[&url], &["--remote-cache-require"]].concat()[..],
                &["cache", "remote", "status", "-vvv", "--remote-cache-write", "main"][..],
                &["cache", "remote", "status", "--json", "--remote-cache-write", "main"][..],
                &["cache", "remote", "push", "-vvv", "--remote-cache-write", "main"][..],
                &["cache", "remote", "prune", "-vvv", "--remote-cache-write", "main"][..],
                &["config", "--json"][..],
                &["config"][..],
            ] {
                let mut command = machine.barrow();
                command.args(words);
                let output = command.env("BARROW_REMOTE_CACHE", place).output().unwrap();
                let shown = machine.show(&output);
                assert!(!shown.contains("marked-"), "{words:?} {fault:?}: {shown}");
            }
            for file in walk(machine.root()) {
                let bytes = fs_err::read(&file).unwrap();
                let is_in = bytes.windows(7).any(|part| part == b"marked-");
                assert!(!is_in, "{} {fault:?}", file.display());
            }
        }
    }
    let followed = other.take_requests();
    assert!(!followed.is_empty() && followed.iter().all(|request| !request.has_credentials), "{followed:?}");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| if path.is_dir() && !path.is_symlink() { walk(&path) } else { vec![path] });
    below.filter(|path| path.is_file()).collect()
}
