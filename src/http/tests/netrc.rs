//! netrc files, as CPython reads them.

use super::server::{Answer, Server};
use super::{get, listening_client, options};
use crate::http::ClientOptions;
use crate::http::netrc::Netrc;

/// What a host gets: login, password, line.
fn check(text: &str, host: &str, expected: Option<(&str, &str, usize)>) {
    let (netrc, fault) = Netrc::parse(text);
    assert_eq!(fault, None, "{text}");
    let entry = netrc.find(host).map(|entry| (entry.login.as_str(), entry.password.reveal(), entry.line));
    assert_eq!(entry, expected, "{text}");
}

#[test]
fn entries_are_found_by_host() {
    check("machine a.example login u password p", "a.example", Some(("u", "p", 1)));
    check("machine A.Example login u password p", "a.example", Some(("u", "p", 1)));
    check("machine a.example\n\tlogin u\r\n\tpassword p\r\n", "a.example", Some(("u", "p", 1)));
    check("machine a.example user u account x password p", "a.example", Some(("u", "p", 1)));
    check("machine a.example password p", "a.example", Some(("", "p", 1)));
    check("machine b.example login u password p", "a.example", None);
    check("machine a.example:8443 login u password p", "a.example", None);
    check("\n\nmachine x\nlogin a password b default login u password p", "a.example", Some(("u", "p", 4)));
    check("default login d password d\nmachine a login u password p", "a", Some(("u", "p", 2)));
    check("machine a login 1 password 1\nmachine a login 2 password 2", "a", Some(("2", "2", 2)));
    check("machine ::1 login u password p", "[::1]", Some(("u", "p", 1)));
    check("\u{feff}machine a login u password p", "a", Some(("u", "p", 1)));
    check("", "a", None);
}

#[test]
fn quotes_backslashes_and_comments() {
    check(r#"machine a login "a b" password "q\"uo\\te""#, "a", Some(("a b", r#"q"uo\te"#, 1)));
    check(r"machine a login u password back\ slash", "a", Some(("u", "back slash", 1)));
    check("machine a login u password #hash", "a", Some(("u", "#hash", 1)));
    check("machine a login u password p#ass", "a", Some(("u", "p#ass", 1)));
    check("# machine a login x password x\nmachine a login u password p", "a", Some(("u", "p", 2)));
    check("#machine a login x password x\nmachine a login u password p", "a", Some(("u", "p", 2)));
    check("#\nmachine a # why\nlogin u # who\npassword p", "a", Some(("u", "p", 2)));
    check("machine a login \"\" password \"\"", "a", Some(("", "", 1)));
    check("machine a login u password \"p", "a", Some(("u", "p", 1)));
    check("machine a login ü password päß", "a", Some(("ü", "päß", 1)));
}

#[test]
fn macros_are_skipped() {
    check("macdef init\nmachine a login x password x\n\nmachine a login u password p", "a", Some(("u", "p", 4)));
    check("machine a login u password p\nmacdef init\ncd /\nmachine a login x password x", "a", Some(("u", "p", 1)));
    check("macdef init\r\ncd /\r\n\r\nmachine a login u password p", "a", Some(("u", "p", 4)));
}

#[test]
fn faults_have_a_line_and_keep_what_stands_before() {
    for (text, line) in [
        ("machine a login u password p\n\nmachin b login x password x", 3),
        ("machine a login u password p\nmachine b loggin x", 2),
        ("machine a login u password p\nmachine", 2),
        ("machine a login u password p\nmachine b login", 2),
        ("machine a login u password p\nmacdef", 2),
    ] {
        let (netrc, fault) = Netrc::parse(text);
        assert_eq!(fault.unwrap().line, line, "{text}");
        assert_eq!(netrc.find("a").unwrap().login, "u", "{text}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_broken_or_readable_file_is_a_warning_with_its_line() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    fs_err::write(&netrc, "# ours\nmachine 127.0.0.1 login u password p\nnonsense hidden\n").unwrap();
    for (mode, count) in [(0o644, 2), (0o600, 1)] {
        fs_err::set_permissions(&netrc, std::fs::Permissions::from_mode(mode)).unwrap();
        let server = Server::start(|_, _| Answer::text("ok"));
        let (client, heard) = listening_client(ClientOptions { netrc: Some(netrc.clone()), ..options() });
        get(&client, &server.url("/")).await.unwrap();
        get(&client, &server.url("/")).await.unwrap();
        let warnings = heard.warnings();
        assert_eq!(warnings.len(), count, "{warnings:?}");
        assert!(warnings[0].contains("netrc:3: ") && !warnings[0].contains("hidden"), "{warnings:?}");
        assert!(count == 1 || warnings[1].contains("netrc:2: "), "{warnings:?}");
    }
}

#[tokio::test]
async fn a_missing_file_is_an_error_only_when_it_was_named() {
    let server = Server::start(|_, _| Answer::text("ok"));
    let missing = |netrc_required| ClientOptions { netrc: Some("/missing/netrc".into()), netrc_required, ..options() };
    let (client, heard) = listening_client(missing(false));
    get(&client, &server.url("/")).await.unwrap();
    assert!(heard.warnings().is_empty());
    let (client, _) = listening_client(missing(true));
    let error = get(&client, &server.url("/")).await.unwrap_err();
    assert_eq!(error.to_string(), "failed to read the netrc file `/missing/netrc`: there is no such file");
}
