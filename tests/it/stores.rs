//! Mirrors in stores: brought there, read from there, signed; and what servers without accounts are told apart by.

use std::process::{Command, Output};

use crate::support::{IndexServer, ObjectStore, RunningIndex, StoreFault, TestContext, WheelBuilder};

fn index() -> RunningIndex {
    let app = WheelBuilder::new("app", "1.0").requires("lib");
    let local = WheelBuilder::new("local", "1.0+cpu");
    IndexServer::new().file(app).file(WheelBuilder::new("lib", "2.0")).file(local).start()
}

/// barrow with credentials for the store.
fn barrow(context: &TestContext, store: &ObjectStore, arguments: &[&str]) -> Command {
    let mut command = context.barrow();
    store.give_keys(command.args(arguments));
    command
}

fn done(context: &TestContext, mut command: Command) -> String {
    context.succeed(&mut command)
}

fn refused(context: &TestContext, mut command: Command, code: i32, parts: &[&str]) -> Output {
    let output = command.output().unwrap();
    let shown = context.show(&output);
    assert_eq!(output.status.code(), Some(code), "{shown}");
    for part in parts {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    output
}

fn mirror(context: &TestContext, server: &RunningIndex, names: &[&str]) {
    let mut command = context.barrow();
    command.args(["mirror", "-o", "mirror", "--index-url", &server.url()]).args(names);
    context.succeed(&mut command);
}

const UPLOAD: [&str; 5] = ["mirror", "-o", "mirror", "--upload", "s3://bucket/team"];

#[test]
fn a_mirror_in_a_bucket_answers_as_the_index_did() {
    let (context, server, store) = (TestContext::new(), index(), ObjectStore::start());
    store.wants_signatures();
    mirror(&context, &server, &["app", "local"]);
    let shown = done(&context, barrow(&context, &store, &UPLOAD));
    assert!(shown.contains("Uploaded ") && !shown.contains("marked"), "{shown}");
    let objects = store.objects();
    let page = &objects["bucket/team/simple/app/"];
    assert_eq!(page, &objects["bucket/team/simple/app/index.html"]);
    assert_eq!(page.content_type, "text/html; charset=utf-8");
    assert_eq!(objects["bucket/team/simple/app/index.json"].content_type, "application/vnd.pypi.simple.v1+json");
    let install = |place: &[&str], out: &str| {
        let arguments = [&["install", "app", "local", "--no-cache", "-t", out], place].concat();
        done(&context, barrow(&context, &store, &arguments));
        context.tree(out)
    };
    let online = install(&["--index-url", &server.url()], "online");
    assert_eq!(install(&["--mirror", "s3://bucket/team"], "mirrored"), online);
    assert_eq!(install(&["--index-url", "s3://bucket/team/simple"], "indexed"), online);
}

#[test]
fn files_come_before_pages_and_the_manifest_last_and_nothing_twice() {
    let (context, server, store) = (TestContext::new(), index(), ObjectStore::start());
    mirror(&context, &server, &["lib"]);
    done(&context, barrow(&context, &store, &UPLOAD));
    let puts = |store: &ObjectStore| -> Vec<String> {
        let requests = store.take_requests().into_iter().filter(|request| request.method == "PUT");
        requests.map(|request| request.key.replace("bucket/team/", "")).collect()
    };
    let first = puts(&store);
    let rank = |key: &String| match key {
        key if key.starts_with("files/") => 0,
        key if key.starts_with("simple/lib/") => 1,
        key if key.starts_with("simple/") => 2,
        _ => 3,
    };
    assert!(first.is_sorted_by_key(rank), "{first:?}");
    assert_eq!(first.last().unwrap(), "barrow-mirror.json");
    let shown = done(&context, barrow(&context, &store, &UPLOAD));
    assert!(shown.contains("Uploaded 0 files"), "{shown}");
    assert_eq!(puts(&store), Vec::<String>::new());
    mirror(&context, &server, &["app"]);
    done(&context, barrow(&context, &store, &UPLOAD));
    let more = puts(&store);
    assert!(more.iter().all(|key| !key.contains("lib-2.0") && !key.starts_with("simple/lib/")), "{more:?}");
    assert!(more.iter().any(|key| key.ends_with("app-1.0-py3-none-any.whl")), "{more:?}");
}

#[test]
fn an_upload_that_fails_leaves_no_page_without_its_files_and_is_gone_on_with() {
    let (context, server, store) = (TestContext::new(), index(), ObjectStore::start());
    mirror(&context, &server, &["app"]);
    store.fault(Some("PUT"), "app-1.0-py3-none-any.whl", StoreFault::Status(507));
    refused(&context, barrow(&context, &store, &UPLOAD), 1, &["failed to write `files/", "507"]);
    assert!(store.keys("simple/").is_empty() && store.keys("barrow-mirror").is_empty());
    store.mend();
    store.fault(Some("PUT"), "simple/", StoreFault::Status(507));
    refused(&context, barrow(&context, &store, &UPLOAD), 1, &["failed to write `simple/", "507"]);
    assert!(store.keys("barrow-mirror").is_empty());
    store.mend();
    let shown = done(&context, barrow(&context, &store, &UPLOAD));
    assert!(!shown.contains(" 0 there already"), "what came before is not brought again: {shown}");
    // What is damaged here is brought nowhere.
    let wheel = fs_err::read_dir(context.path("mirror/files")).unwrap().next().unwrap().unwrap().path();
    let folder = fs_err::read_dir(wheel).unwrap().next().unwrap().unwrap().path();
    for file in fs_err::read_dir(folder).unwrap() {
        fs_err::write(file.unwrap().path(), "damaged").unwrap();
    }
    let another = [&UPLOAD[..4], &["s3://bucket/other"]].concat();
    refused(&context, barrow(&context, &store, &another), 1, &["is damaged"]);
    assert!(store.keys("bucket/other").is_empty());
}

#[test]
fn what_the_mirror_has_no_more_is_removed_with_prune_alone() {
    let (context, server, store) = (TestContext::new(), index(), ObjectStore::start());
    mirror(&context, &server, &["app", "--name", "one"]);
    mirror(&context, &server, &["local", "--name", "two"]);
    done(&context, barrow(&context, &store, &UPLOAD));
    context.succeed(context.barrow().args(["mirror", "-o", "mirror", "--remove", "two"]));
    done(&context, barrow(&context, &store, &UPLOAD));
    assert!(!store.keys("local").is_empty());
    // The store's manifest names it no more, so it is found by nothing but its key: the upload that forgets is the one
    // to prune.
    mirror(&context, &server, &["local", "--name", "two"]);
    done(&context, barrow(&context, &store, &UPLOAD));
    context.succeed(context.barrow().args(["mirror", "-o", "mirror", "--remove", "two"]));
    done(&context, barrow(&context, &store, &[&UPLOAD[..], &["--prune"]].concat()));
    assert_eq!(store.keys("local"), Vec::<String>::new());
    assert!(!store.keys("lib-2.0").is_empty());
}

#[test]
fn an_object_store_without_documents_for_folders_serves_pages_by_their_names() {
    let (context, server, store) = (TestContext::new(), index(), ObjectStore::start());
    mirror(&context, &server, &["app"]);
    let plain = format!("{}/plain", store.url());
    done(&context, barrow(&context, &store, &["mirror", "-o", "mirror", "--upload", &plain]));
    assert!(store.keys("simple/app/").iter().all(|key| !key.ends_with('/')), "a server with folders has them itself");
    let index = format!("{plain}/simple/");
    context.succeed(context.barrow().args(["install", "app", "-t", "out", "--index-url", &index]));
    assert!(context.path("out/app").exists());
    let missing = context.barrow().args(["install", "nothing", "-t", "none", "--index-url", &index]).output().unwrap();
    let shown = context.show(&missing);
    assert!(shown.contains("missing: `nothing`; `barrow mirror nothing "), "{shown}");
}

#[test]
fn a_signature_proves_who_made_the_mirror() {
    let (context, server) = (TestContext::new(), index());
    for name in ["ours", "theirs"] {
        let key = context.path(&format!("{name}.pem"));
        let made =
            Command::new("openssl").args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(&key).output().unwrap();
        assert!(made.status.success());
        let public = Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(&key).output().unwrap();
        context.write(&format!("{name}.pub"), public.stdout);
    }
    let run = |arguments: &[&str]| {
        let mut command = context.barrow();
        command.args(["mirror", "-o", "mirror"]).args(arguments);
        command
    };
    mirror(&context, &server, &["lib", "--sign-key", "ours.pem"]);
    done(&context, run(&["--verify", "--verify-key", "ours.pub"]));
    done(&context, run(&["--verify", "--verify-key", "theirs.pub", "--verify-key", "ours.pub"]));
    refused(&context, run(&["--verify", "--verify-key", "theirs.pub"]), 1, &["not trusted", "not among the keys"]);
    // A manifest that was changed by somebody without the key, with the signature that was there.
    let manifest = fs_err::read_to_string(context.path("mirror/barrow-mirror.json")).unwrap();
    context.write("mirror/barrow-mirror.json", manifest.replace("\"lib\"", "\"lib\" "));
    refused(&context, run(&["--verify", "--verify-key", "ours.pub"]), 1, &["not trusted", "is wrong"]);
    context.write("mirror/barrow-mirror.json", &manifest);
    // Another manifest has no signature until it is signed again.
    let mut more = run(&["app", "--index-url", &server.url()]);
    let shown = context.show(&more.output().unwrap());
    assert!(shown.contains("not signed any more"), "{shown}");
    refused(&context, run(&["--verify", "--verify-key", "ours.pub"]), 1, &["it is not signed"]);
    done(&context, run(&["--sign-key", "ours.pem"]));
    done(&context, run(&["--verify", "--verify-key", "ours.pub"]));
    // What is left after a removal is signed by who removes.
    mirror(&context, &server, &["local", "--name", "two", "--sign-key", "ours.pem"]);
    done(&context, run(&["--remove", "two", "--sign-key", "ours.pem"]));
    done(&context, run(&["--verify", "--verify-key", "ours.pub"]));
    refused(&context, run(&["--list", "--sign-key", "ours.pem"]), 2, &["cannot be used with"]);
    refused(&context, run(&["--remove", "two", "--expect", "sha256:0"]), 2, &["cannot be used with"]);
    refused(&context, run(&["--remove", "two", "-r", "x.txt"]), 2, &["cannot be used with"]);
    // Whatever else is asked for, a key that is named is held against it; and what is changed cannot be what was
    // signed.
    let store = ObjectStore::start();
    let upload = ["--verify", "--verify-key", "theirs.pub", "--prune", "--upload", &store.url()];
    refused(&context, run(&upload), 1, &["not trusted"]);
    assert!(store.objects().is_empty(), "nothing is uploaded that nobody vouches for");
    // Nothing is done with a mirror before one of the keys that are named was found to have signed it.
    fs_err::copy(context.path("mirror/barrow-mirror.json"), context.path("sent.json")).unwrap();
    fs_err::copy(context.path("mirror/barrow-mirror.json.sig"), context.path("sent.json.sig")).unwrap();
    let url = store.url();
    for words in [
        &["--list"][..],
        &["--remove", "app"],
        &["--upload", &url],
        &["--sbom", "cyclonedx=bill.json"],
        &["--sign-key", "theirs.pem"],
        &[],
    ] {
        refused(&context, run(&[words, &["--verify-key", "theirs.pub"]].concat()), 1, &["not among the keys"]);
    }
    assert!(store.objects().is_empty() && !context.path("bill.json").exists());
    let compared = |key: &str| {
        let mut command = context.barrow();
        command.args(["mirror", "--diff", "sent.json", "mirror", "--verify-key", key]);
        command
    };
    refused(&context, compared("theirs.pub"), 1, &["not among the keys"]);
    done(&context, compared("ours.pub"));
    done(&context, run(&["--list", "--verify-key", "ours.pub"]));
    done(&context, run(&["--verify-key", "ours.pub"]));
    done(&context, run(&["--upload", &url, "--verify-key", "ours.pub"]));
    assert!(!store.objects().is_empty());
    let changing = ["app", "--index-url", &server.url(), "--verify", "--verify-key", "ours.pub"];
    refused(&context, run(&changing), 2, &["--verify-key is for a mirror that is not changed"]);
    refused(&context, run(&["app", "--upload", "ftp://host/x"]), 2, &["no store"]);
    refused(&context, run(&["--sign-key", "ours.pub"]), 2, &["not a private key"]);
    refused(&context, run(&["--verify", "--verify-key", "nowhere"]), 2, &["no key and no file"]);
}

#[test]
fn a_server_of_files_that_forbids_is_not_taken_for_one_with_accounts() {
    let (context, store) = (TestContext::new(), ObjectStore::start());
    store.fault(None, "simple/app", StoreFault::Status(403));
    let index = format!("{}/simple/", store.url());
    let mut command = context.barrow();
    command.args(["install", "app", "-t", "out", "--index-url", &index]);
    let output = refused(&context, command, 1, &["403 Forbidden", "755 and 644"]);
    assert!(!context.show(&output).contains("asked without credentials"), "{}", context.show(&output));
}

#[test]
fn a_store_that_refuses_says_what_it_wants() {
    let (context, server, store) = (TestContext::new(), index(), ObjectStore::start());
    mirror(&context, &server, &["lib"]);
    store.fault(None, "team", StoreFault::Status(403));
    let parts = ["s3://bucket/team/", "403 Forbidden (Said)", "AWS_ACCESS_KEY_ID"];
    let output = refused(&context, barrow(&context, &store, &UPLOAD), 1, &parts);
    assert!(!context.show(&output).contains("marked/secret"));
    refused(
        &context,
        barrow(&context, &store, &["mirror", "-o", "mirror", "--upload", "ftp://host/x"]),
        2,
        &["no store"],
    );
    refused(
        &context,
        barrow(&context, &store, &["mirror", "-o", "mirror", "--upload", "mirror2"]),
        2,
        &["the store is"],
    );
}
