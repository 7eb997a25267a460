//! Programs that are asked for credentials.

#![cfg(unix)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::server::{Answer, Server};
use super::{basic, client, get, listening_client, options, text_of, url};
use crate::http::ClientOptions;

/// A program that logs its arguments and then runs a piece of shell.
pub(super) fn program(folder: &Path, script: &str) -> PathBuf {
    let path = folder.join("program");
    let log = folder.join("log");
    let text = format!("#!/bin/sh\necho \"$*\" >> '{}'\n{script}\n", log.display());
    // Another process writes it: what this one has open for writing, a child of another test may have open as well, for
    // a moment, and a program that is open for writing cannot be started.
    let mut shell = Command::new("sh");
    let shell = shell.args(["-c", "cat > \"$0\" && chmod 755 \"$0\""]).arg(&path).stdin(Stdio::piped());
    let mut writer = shell.spawn().unwrap();
    writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
    path
}

pub(super) fn calls(folder: &Path) -> Vec<String> {
    let log = fs_err::read_to_string(folder.join("log")).unwrap_or_default();
    log.lines().map(str::to_owned).collect()
}

/// A server that wants `user:good`.
fn guarded(status: u16) -> Server {
    let good = basic("user", "good");
    Server::start(move |asked, _| match asked.authorization() {
        Some(header) if header == good => Answer::text("ok"),
        _ => Answer::status(status),
    })
}

#[tokio::test]
async fn keyring_is_asked_once_after_a_refusal_while_others_wait() {
    for status in [401, 403, 404] {
        let folder = tempfile::tempdir().unwrap();
        let script = r#"read line && exit 9; sleep 0.1; echo '{"username": "user", "password": "good"}'"#;
        let keyring_program = program(folder.path(), script);
        let server = guarded(status);
        let index = url(&server.url("/simple/"));
        let (client, heard) = listening_client(ClientOptions {
            keyring: true,
            keyring_program,
            index_urls: vec![index.clone()],
            ..options()
        });
        let paths: Vec<String> = (0..8).map(|number| server.url(&format!("/simple/{number}/"))).collect();
        for answer in futures_util::future::join_all(paths.iter().map(|path| get(&client, path))).await {
            let answer = answer.unwrap_or_else(|error| panic!("{error}\n{}", heard.everything()));
            assert_eq!(answer.1, "ok");
        }
        assert_eq!(calls(folder.path()), [format!("--mode=creds --output=json get {}", index.reveal())]);
        let before = server.asked().len();
        get(&client, &server.url("/files/x.whl")).await.unwrap();
        assert_eq!(server.asked().len(), before + 1, "what is known goes with the first request");
    }
}

#[tokio::test]
async fn keyring_is_asked_for_the_user_of_the_url_before_the_first_request() {
    let folder = tempfile::tempdir().unwrap();
    let script = "[ \"$2\" = 127.0.0.1:$PORT ] || exit 1; echo good";
    let server = guarded(401);
    let script = script.replace("$PORT", &server.address.port().to_string());
    let keyring_program = program(folder.path(), &script);
    let index_urls = vec![url(&server.url_as("user", "/simple/"))];
    let client = client(ClientOptions { keyring: true, keyring_program, index_urls, ..options() });
    get(&client, &server.url("/simple/x/")).await.unwrap();
    get(&client, &server.url("/simple/y/")).await.unwrap();
    assert_eq!(server.asked().len(), 2);
    let address = server.address;
    assert_eq!(calls(folder.path()), [format!("get http://{address}/simple/ user"), format!("get {address} user")]);
}

#[tokio::test]
async fn a_keyring_that_knows_nothing_is_asked_once() {
    let folder = tempfile::tempdir().unwrap();
    let keyring_program = program(folder.path(), "echo 'no \u{1b}[31mluck' >&2; exit 1");
    let server = guarded(401);
    let (client, heard) = listening_client(ClientOptions { keyring: true, keyring_program, ..options() });
    for path in ["/a", "/b"] {
        let error = get(&client, &server.url(path)).await.unwrap_err();
        assert!(text_of(&error).contains("keyring"), "{}", text_of(&error));
    }
    assert_eq!((calls(folder.path()).len(), server.asked().len()), (1, 2));
    assert!(heard.warnings()[0].ends_with("no \\u{1b}[31mluck"), "{:?}", heard.warnings());
}

#[tokio::test]
async fn a_keyring_that_hangs_or_is_missing_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let hanging = program(folder.path(), "exec sleep 20");
    for (keyring_program, text) in [(hanging, "did not answer"), (folder.path().join("missing"), "was not found")] {
        let server = guarded(401);
        let helper_timeout = Duration::from_millis(300);
        let (client, heard) =
            listening_client(ClientOptions { keyring: true, keyring_program, helper_timeout, ..options() });
        let start = Instant::now();
        assert_eq!(get(&client, &server.url("/")).await.unwrap_err().status(), Some(401));
        assert!(start.elapsed() < Duration::from_secs(5));
        assert!(heard.warnings()[0].contains(text), "{:?}", heard.warnings());
    }
}

#[tokio::test]
async fn a_token_that_expires_in_mid_run_is_minted_once_more() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("log").display().to_string();
    let script =
        format!(r#"echo "{{\"username\": \"user\", \"password\": \"token$(wc -l < '{count}' | tr -d ' ')\"}}""#);
    let keyring_program = program(folder.path(), &script);
    let (first, second) = (basic("user", "token1"), basic("user", "token2"));
    let server = Server::start(move |asked, before| match asked.authorization() {
        Some(header) if (before < 4 && header == first) || (before < 8 && header == second) => Answer::text("ok"),
        _ => Answer::status(401),
    });
    let client = client(ClientOptions { keyring: true, keyring_program, ..options() });
    for _ in 0..6 {
        get(&client, &server.url("/")).await.unwrap();
    }
    let error = get(&client, &server.url("/")).await.unwrap_err();
    // Refused, token 1 three times, refused with it, token 2 three times, then the end.
    assert_eq!((error.status(), calls(folder.path()).len()), (Some(401), 2));
    assert!(!format!("{error:?} {error}").contains("token2"));
}

#[tokio::test]
async fn a_minted_token_that_never_worked_is_not_minted_again() {
    let folder = tempfile::tempdir().unwrap();
    let keyring_program = program(folder.path(), r#"echo '{"username": "user", "password": "wrong"}'"#);
    let server = guarded(401);
    let client = client(ClientOptions { keyring: true, keyring_program, ..options() });
    for _ in 0..3 {
        assert_eq!(get(&client, &server.url("/")).await.unwrap_err().status(), Some(401));
    }
    assert_eq!((calls(folder.path()).len(), server.asked().len()), (1, 2));
}
