//! A cache that machines share: what the second one is spared, what is never taken, and that a store in trouble costs
//! time only.
//!
//! Every machine of these tests has a cache and a home of its own.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::building::{can_build, sdist};
use crate::support::{IndexServer, ObjectStore, RunningIndex, StoreFault, TestContext, WheelBuilder, sha256_hex};

/// An index with two packages that have to be built.
pub(crate) fn sources() -> RunningIndex {
    IndexServer::new().file(sdist("one", "1.0", "")).file(sdist("two", "2.0", "")).start()
}

pub(crate) const WRITING: [&str; 4] = ["--remote-cache-write", "main", "--remote-cache-private", "main"];

/// Installs both packages on a machine, with the shared cache.
pub(crate) fn install(machine: &TestContext, index: &RunningIndex, store: &ObjectStore, more: &[&str]) -> Command {
    let mut command = machine.barrow();
    let place = format!("{}/team", store.url());
    command
        .args(["install", "one", "two", "--allow-build", ":all:", "-t", "out", "--runtime", "python3.12"])
        .args(["--index-url", &index.url(), "--remote-cache", &place])
        .args(more);
    command
}

pub(crate) fn says(machine: &TestContext, mut command: Command) -> String {
    machine.succeed(&mut command)
}

/// A store with what one machine has built.
fn filled(index: &RunningIndex, more: &[&str]) -> (ObjectStore, TestContext) {
    let (store, first) = (ObjectStore::start(), TestContext::new());
    let shown = says(&first, install(&first, index, &store, &[&WRITING[..], more].concat()));
    assert!(shown.contains("Shared cache: 0 hits, 2 misses, 2 uploaded"), "{shown}");
    (store, first)
}

/// A new machine that has to make everything by itself, whatever is in the store.
fn builds_by_itself(index: &RunningIndex, store: &ObjectStore, more: &[&str], says_why: &str) {
    let machine = TestContext::new();
    let shown = says(&machine, install(&machine, index, store, &[&["-v"], more].concat()));
    assert!(shown.contains("Building one-1.0") && shown.contains("Building two-2.0"), "{shown}");
    assert!(shown.contains(says_why) && !shown.contains(" 1 hit"), "{says_why}: {shown}");
}

#[test]
fn the_second_machine_builds_nothing() {
    if !can_build() {
        return;
    }
    let index = sources();
    let (store, first) = filled(&index, &[]);
    let order: Vec<String> =
        store.take_requests().into_iter().filter(|it| it.method == "PUT").map(|it| it.key).collect();
    for claim in order.iter().filter(|key| key.contains("/claims/")) {
        let at = order.iter().position(|key| key == claim).unwrap();
        assert!(order[..at].iter().any(|key| key.contains("/cas/sha256/")), "contents come first: {order:?}");
    }
    let second = TestContext::new();
    let shown = says(&second, install(&second, &index, &store, &[]));
    assert!(shown.contains("Took one-1.0-py3-none-any.whl from the shared cache"), "{shown}");
    assert!(shown.contains("Shared cache: 2 hits, 0 misses") && shown.contains(" s saved"), "{shown}");
    assert!(!shown.contains("Building"), "{shown}");
    assert_eq!(second.tree("out"), first.tree("out"));
    let sources = index.requests().iter().filter(|it| it.path.ends_with(".tar.gz")).count();
    assert_eq!(sources, 2, "the second machine needs no source either: {}", index.log());
    assert!(
        store.take_requests().iter().all(|request| request.method == "GET"),
        "nothing is written unless that is asked for"
    );
    // What is in the machine's own cache is looked for nowhere else.
    let shown = says(&second, install(&second, &index, &store, &["--refresh"]));
    assert!(!shown.contains("Shared cache") && store.take_requests().is_empty(), "{shown}");
    let keys = store.keys("");
    assert!(keys.iter().all(|key| !key.contains("one") && !key.contains("two") && !key.contains("http")), "{keys:?}");
}

#[test]
fn contents_that_are_poisoned_cut_or_gone_are_not_taken() {
    if !can_build() {
        return;
    }
    let index = sources();
    let (store, _) = filled(&index, &[]);
    let good = store.objects();
    let contents = store.keys("/cas/");
    let spoil = |change: &dyn Fn(&[u8]) -> Vec<u8>| {
        for key in &contents {
            store.put(key, change(&good[key].bytes));
        }
    };
    spoil(&|bytes| bytes.iter().map(|byte| byte ^ 1).collect());
    builds_by_itself(&index, &store, &[], "is not what its claim says");
    spoil(&|bytes| bytes[..bytes.len() / 2].to_vec());
    builds_by_itself(&index, &store, &[], "is not what its claim says");
    spoil(&|bytes| [bytes, b"and more"].concat());
    builds_by_itself(&index, &store, &[], "is larger than its claim says");
    for key in &contents {
        store.remove(key);
    }
    builds_by_itself(&index, &store, &[], "is gone from the shared cache");
    // Whoever writes puts it in order again.
    let third = TestContext::new();
    says(&third, install(&third, &index, &store, &WRITING));
    let fourth = TestContext::new();
    let shown = says(&fourth, install(&fourth, &index, &store, &[]));
    assert!(shown.contains("Shared cache: 2 hits"), "{shown}");
}

#[test]
fn claims_that_are_swapped_replayed_or_malformed_are_not_taken() {
    if !can_build() {
        return;
    }
    let index = sources();
    let (store, _) = filled(&index, &[]);
    let good = store.objects();
    let claims = store.keys("/claims/");
    let [one, two] = &claims[..] else { panic!("{claims:?}") };
    store.put(one, good[two].bytes.clone());
    store.put(two, good[one].bytes.clone());
    builds_by_itself(&index, &store, &[], "a claim about something else");
    for text in ["", "{}", "not even JSON", &"x".repeat(2 << 20)] {
        for key in &claims {
            store.put(key, text);
        }
        builds_by_itself(&index, &store, &[], "hared cache");
    }
    // From a namespace that anybody may write to one that is trusted.
    let (other, _) = filled_in(&index, "pulls");
    for key in other.keys("/claims/") {
        store.put(&key.replace("/pulls/", "/main/"), other.objects()[&key].bytes.clone());
    }
    builds_by_itself(&index, &store, &[], "a claim about something else");
}

fn filled_in(index: &RunningIndex, namespace: &str) -> (ObjectStore, TestContext) {
    let (store, machine) = (ObjectStore::start(), TestContext::new());
    let more = ["--remote-cache-write", namespace, "--remote-cache-private", namespace];
    says(&machine, install(&machine, index, &store, &more));
    (store, machine)
}

#[test]
fn only_claims_that_a_trusted_key_has_signed_are_taken_where_keys_are_named() {
    if !can_build() {
        return;
    }
    let (index, keys) = (sources(), TestContext::new());
    for name in ["ours", "theirs"] {
        let pem = keys.path(&format!("{name}.pem"));
        assert!(
            Command::new("openssl")
                .args(["genpkey", "-algorithm", "ed25519", "-out"])
                .arg(&pem)
                .status()
                .unwrap()
                .success()
        );
        let public = Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(&pem).output().unwrap();
        keys.write(&format!("{name}.pub"), public.stdout);
    }
    let path = |name: &str| keys.path(name).display().to_string();
    let (ours, theirs, public) = (path("ours.pem"), path("theirs.pem"), path("ours.pub"));
    let (unsigned, _) = filled(&index, &[]);
    builds_by_itself(&index, &unsigned, &["--remote-cache-key", &public], "it is not signed");
    let (foreign, _) = filled(&index, &["--remote-cache-sign-key", &theirs]);
    builds_by_itself(&index, &foreign, &["--remote-cache-key", &public], "not among the keys");
    let (signed, _) = filled(&index, &["--remote-cache-sign-key", &ours]);
    // A key that a settings file names lies beside that file, wherever the run starts.
    let below = TestContext::new();
    below.write("keys/ours.pub", fs_err::read(&public).unwrap());
    below.write("barrow.toml", "remote-cache-key = [\"keys/ours.pub\"]\n");
    below.write("deep/down/empty.txt", "");
    let mut inside = install(&below, &index, &signed, &[]);
    inside.current_dir(below.path("deep/down"));
    let shown = says(&below, inside);
    assert!(shown.contains("Shared cache: 2 hits"), "{shown}");
    let private = format!("--remote-cache-key={}", fs_err::read_to_string(&ours).unwrap());
    let private = install(&below, &index, &signed, &[&private]).output().unwrap();
    let shown = below.show(&private);
    assert!(shown.contains("private key") && !shown.contains("BEGIN"), "{shown}");
    let second = TestContext::new();
    let shown = says(&second, install(&second, &index, &signed, &["--remote-cache-key", &public]));
    assert!(shown.contains("Shared cache: 2 hits"), "{shown}");
    for key in signed.keys("/claims/") {
        let text = String::from_utf8(signed.objects()[&key].bytes.clone()).unwrap();
        signed.put(&key, text.replace("\\\"took\\\":", "\\\"took\\\":1"));
    }
    builds_by_itself(&index, &signed, &["--remote-cache-key", &public], "is wrong");
    // Signed claims take the place of those that nobody takes.
    let third = TestContext::new();
    let more = ["--remote-cache-key", &public, "--remote-cache-sign-key", &ours];
    says(&third, install(&third, &index, &signed, &[&WRITING[..], &more].concat()));
    let fourth = TestContext::new();
    let shown = says(&fourth, install(&fourth, &index, &signed, &["--remote-cache-key", &public]));
    assert!(shown.contains("Shared cache: 2 hits"), "{shown}");
}

#[test]
fn a_store_in_trouble_costs_seconds_and_nothing_else() {
    if !can_build() {
        return;
    }
    let index = sources();
    let (store, first) = filled(&index, &[]);
    let minute = Duration::from_mins(1);
    let troubles = [
        (None, "", StoreFault::Status(403)),
        (None, "", StoreFault::Status(500)),
        (Some("PUT"), "", StoreFault::Status(507)),
        (Some("GET"), "/cas/", StoreFault::Cuts),
        (Some("GET"), "/cas/", StoreFault::Lies),
        (Some("GET"), "/claims/", StoreFault::Lies),
        (None, "", StoreFault::Stalls(minute)),
        (Some("GET"), "/cas/", StoreFault::Drips(Duration::from_millis(300))),
    ];
    for (method, part, fault) in troubles {
        store.mend();
        store.fault(method, part, fault.clone());
        let (machine, begun) = (TestContext::new(), Instant::now());
        let shown = says(&machine, install(&machine, &index, &store, &WRITING));
        assert_eq!(machine.tree("out"), first.tree("out"), "{fault:?}: {shown}");
        assert!(begun.elapsed() < Duration::from_secs(45), "{fault:?} took {:?}", begun.elapsed());
        assert!(shown.matches("not used any more").count() <= 1, "{fault:?}: {shown}");
        // A store that only refuses uploads is asked for none by who finds everything there.
        if let (None, StoreFault::Status(status)) = (method, fault) {
            let told = shown.contains("warning: shared cache:") && shown.contains(&status.to_string());
            assert!(told, "what was refused, and why: {shown}");
        }
    }
    drop(store);
    let gone = ObjectStore::start();
    let place = gone.url();
    drop(gone);
    let machine = TestContext::new();
    let mut command = machine.barrow();
    command.args(["install", "one", "two", "--allow-build", ":all:", "-t", "out", "--runtime", "python3.12"]).args([
        "--index-url",
        &index.url(),
        "--remote-cache",
        &place,
    ]);
    let shown = says(&machine, command);
    assert_eq!(machine.tree("out"), first.tree("out"), "{shown}");
}

#[test]
fn trouble_is_an_error_where_the_cache_is_required() {
    if !can_build() {
        return;
    }
    let index = sources();
    let (store, _) = filled(&index, &[]);
    store.fault(None, "/claims/", StoreFault::Status(403));
    let machine = TestContext::new();
    let output = install(&machine, &index, &store, &["--remote-cache-require"]).output().unwrap();
    let shown = machine.show(&output);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.contains("is required and cannot be used") && shown.contains("403"), "{shown}");
    assert!(!machine.path("out").exists());
    // What is not there is no trouble.
    let (empty, machine) = (ObjectStore::start(), TestContext::new());
    says(&machine, install(&machine, &index, &empty, &["--remote-cache-require"]));
}

#[test]
fn what_comes_from_a_private_index_goes_to_no_other_namespace() {
    if !can_build() {
        return;
    }
    let (index, store, machine) = (sources(), ObjectStore::start(), TestContext::new());
    let shown = says(&machine, install(&machine, &index, &store, &["--remote-cache-write", "main"]));
    assert!(shown.matches("comes from a private index").count() == 1, "told once: {shown}");
    assert!(store.objects().is_empty());
}

#[test]
fn namespaces_are_read_in_order_and_the_one_that_is_written_too() {
    if !can_build() {
        return;
    }
    let index = sources();
    let (store, _) = filled_in(&index, "pulls");
    let machine = TestContext::new();
    let shown = says(&machine, install(&machine, &index, &store, &[]));
    assert!(shown.contains("0 hits, 2 misses"), "main is read alone: {shown}");
    let machine = TestContext::new();
    let shown = says(&machine, install(&machine, &index, &store, &["--remote-cache-read", "main,pulls"]));
    assert!(shown.contains("2 hits"), "{shown}");
    let machine = TestContext::new();
    let shown = says(&machine, install(&machine, &index, &store, &["--remote-cache-write", "pulls"]));
    assert!(shown.contains("2 hits"), "{shown}");
}

#[test]
fn a_finished_zip_is_taken_as_it_is_and_nothing_else_is_fetched() {
    let (index, store) = (wheels(), ObjectStore::start());
    let zip = |machine: &TestContext, more: &[&str]| {
        machine.write("app/handler.py", "import app\n");
        machine.write(
            "requirements.txt",
            format!("app==1.0 --hash=sha256:{}\n", sha256_hex(&WheelBuilder::new("app", "1.0").build().bytes)),
        );
        let mut command = machine.barrow();
        command
            .args(["bundle", "app", "-r", "requirements.txt", "-o", "out.zip", "--runtime", "python3.12"])
            .args(["--index-url", &index.url()])
            .env("BARROW_REMOTE_CACHE", format!("{}/team", store.url()))
            .args(more);
        says(machine, command)
    };
    let first = TestContext::new();
    let shown = zip(&first, &WRITING);
    assert!(shown.contains("0 hits, 2 misses, 2 uploaded"), "the zip and the wheel of a private index: {shown}");
    let fetched = |index: &RunningIndex| index.requests().iter().filter(|it| it.path.ends_with("-any.whl")).count();
    let before = fetched(&index);
    let second = TestContext::new();
    let shown = zip(&second, &[]);
    assert!(shown.contains("Shared cache: 1 hit, 0 misses"), "{shown}");
    assert_eq!(fs_err::read(second.path("out.zip")).unwrap(), fs_err::read(first.path("out.zip")).unwrap());
    assert_eq!(fetched(&index), before, "no wheel is needed: {}", index.log());
    let shown = zip(&second, &[]);
    assert!(shown.contains("Nothing has changed"), "{shown}");
    // Other inputs are another zip.
    second.write("app/more.py", "");
    let shown = zip(&second, &[]);
    assert!(shown.contains("0 hits, 1 miss"), "{shown}");
    // A zip that is not what its claim says is made here.
    for key in store.keys("/cas/") {
        store.put(&key, store.objects()[&key].bytes.iter().rev().copied().collect::<Vec<u8>>());
    }
    let third = TestContext::new();
    let shown = zip(&third, &[]);
    assert!(shown.contains("0 hits, 1 miss"), "{shown}");
    assert_eq!(fs_err::read(third.path("out.zip")).unwrap(), fs_err::read(first.path("out.zip")).unwrap());
}

#[test]
fn a_zip_of_wheels_out_of_a_folder_is_known_by_those_that_were_chosen() {
    let store = ObjectStore::start();
    let wheel = |content: &str| WheelBuilder::new("app", "1.0").file("app/more.py", content).build().bytes;
    let zip = |wanted: &str, others: &[(&str, &str)]| {
        let machine = TestContext::new();
        machine.write("links/app-1.0-py3-none-any.whl", wheel(wanted));
        for (name, content) in others {
            machine.write(&format!("links/{name}"), *content);
        }
        machine.write("app/handler.py", "import app\n");
        machine.write("app/requirements.txt", format!("app==1.0 --hash=sha256:{}\n", sha256_hex(&wheel(wanted))));
        let mut command = machine.barrow();
        command
            .args(["bundle", "app", "-o", "out.zip", "--runtime", "python3.12", "--no-index", "--find-links", "links"])
            .env("BARROW_REMOTE_CACHE", format!("{}/team", store.url()))
            .args(WRITING);
        let shown = says(&machine, command);
        (shown, fs_err::read(machine.path("out.zip")).unwrap())
    };
    let (shown, first) = zip("ONE = 1\n", &[]);
    assert!(shown.contains("0 hits, 1 miss, 1 uploaded"), "{shown}");
    // What else is offered was not chosen, as on a server.
    let (shown, second) = zip("ONE = 1\n", &[("lib-2.0-py3-none-any.whl", "a wheel"), ("app-0.9.tar.gz", "a source")]);
    assert!(shown.contains("1 hit, 0 misses"), "{shown}");
    assert_eq!(second, first);
    // A wheel of the same name is another one.
    let (shown, third) = zip("TWO = 2\n", &[]);
    assert!(shown.contains("0 hits, 1 miss, 1 uploaded"), "{shown}");
    assert_ne!(third, first);
}

fn wheels() -> RunningIndex {
    IndexServer::new().file(WheelBuilder::new("app", "1.0")).start()
}

#[test]
fn the_cache_itself_says_how_it_stands_and_takes_what_was_built_before() {
    if !can_build() {
        return;
    }
    let (index, store, machine) = (sources(), ObjectStore::start(), TestContext::new());
    let place = format!("{}/team", store.url());
    let mut command = machine.barrow();
    command
        .args(["install", "one", "two", "--allow-build", ":all:", "-t", "out", "--runtime", "python3.12"])
        .args(["--index-url", &index.url()]);
    says(&machine, command);
    machine.write("barrow.toml", format!("remote-cache = \"{place}\"\nremote-cache-private = [\"main\"]\n"));
    let remote = |arguments: &[&str]| {
        let mut command = machine.barrow();
        command.args(["cache", "remote"]).args(arguments);
        command
    };
    let output = remote(&["status"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("read main: works"), "{}", machine.show(&output));
    let output = remote(&["push"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", machine.show(&output));
    let shown = says(&machine, remote(&["push", "--remote-cache-write", "main"]));
    assert!(shown.contains("Uploaded 2 results"), "{shown}");
    let second = TestContext::new();
    let shown = says(&second, install(&second, &index, &store, &[]));
    assert!(shown.contains("2 hits"), "{shown}");
    store.fault(Some("PUT"), "", StoreFault::Status(403));
    let output = remote(&["status", "--remote-cache-write", "main"]).output().unwrap();
    let shown = machine.show(&output);
    assert!(output.status.code() == Some(1) && shown.contains("read main: works") && shown.contains("403"), "{shown}");
}

#[test]
fn what_others_have_claimed_meanwhile_is_not_brought_again() {
    if !can_build() {
        return;
    }
    let index = sources();
    // As one of a herd of machines: by the time that it has built, another one has written.
    let (store, machine) = (ObjectStore::start(), TestContext::new());
    let mut alone = machine.barrow();
    alone
        .args(["install", "one", "two", "--allow-build", ":all:", "-t", "out", "--runtime", "python3.12"])
        .args(["--index-url", &index.url()]);
    says(&machine, alone);
    let place = format!("{}/team", store.url());
    let push = || {
        let mut command = machine.barrow();
        command.args(["cache", "remote", "push", "--remote-cache", &place]).args(WRITING);
        says(&machine, command)
    };
    assert!(push().contains("Uploaded 2 results"));
    let is_written = || store.take_requests().iter().any(|request| request.method == "PUT");
    assert!(is_written() && push().contains("Uploaded 0 results") && !is_written());
    // The other one's build gave other bytes.
    let good = store.objects();
    let contents = store.keys("/cas/");
    for key in store.keys("/claims/") {
        let text = String::from_utf8(good[&key].bytes.clone()).unwrap();
        let (own, other) = if text.contains(name_of(&contents[0])) { (0, 1) } else { (1, 0) };
        let size = |at: usize| format!("\\\"size\\\":{},", good[&contents[at]].bytes.len());
        let swapped =
            text.replace(name_of(&contents[own]), name_of(&contents[other])).replace(&size(own), &size(other));
        assert!(swapped != text && swapped.contains(&size(other)), "{text}");
        store.put(&key, swapped);
    }
    assert!(push().contains("Uploaded 0 results") && !is_written(), "one of the two is enough for all");
    // A claim whose content is gone is written anew, with the content.
    for key in contents {
        store.remove(&key);
    }
    assert!(push().contains("Uploaded 2 results"));
    let second = TestContext::new();
    let shown = says(&second, install(&second, &index, &store, &[]));
    assert!(shown.contains("Shared cache: 2 hits"), "{shown}");
}

/// The digest in the key of a content.
fn name_of(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let machine = TestContext::new();
    for (arguments, part) in [
        (["--remote-cache", "ftp://host/x"], "no store"),
        (["--remote-cache-write", "a/b"], "a namespace has letters"),
        (["--remote-cache-key", "nowhere"], "no key and no file"),
    ] {
        let mut command = machine.barrow();
        let output = command.args(["install", "app", "-t", "out"]).args(arguments).output().unwrap();
        let shown = machine.show(&output);
        assert!(output.status.code() == Some(2) && shown.contains(part), "{shown}");
    }
}
