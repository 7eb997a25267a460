//! What is shown: never a secret, never a raw control character.

use super::server::{Answer, Server};
use super::{basic, get, listening_client, options, text_of, url};
use crate::http::error::shown;
use crate::http::{ClientOptions, NamedCredentials, Secret};

const MARK: &str = "m4rked-s3cret";

fn leaks(text: &str) -> bool {
    let coded = basic("user", MARK);
    text.contains(MARK) || text.contains(&coded["Basic ".len()..]) || text.contains("m4rked%2Ds3cret")
}

#[tokio::test]
async fn no_message_holds_a_credential() {
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    fs_err::write(&netrc, format!("machine 127.0.0.1 login user password {MARK}\nmachine {MARK}")).unwrap();
    let answers = [
        Answer::status(401),
        Answer::status(500),
        Answer::nothing(),
        Answer::raw(&format!("HTTP/1.1 999 {MARK}\r\n\r\n")),
        Answer::cut(200, &[], b"x", 9),
        Answer::redirect(&format!("http://user:{MARK}@[::1/")),
        Answer::redirect(&format!("http://user:{MARK}@127.0.0.1:1/x?token={MARK}")),
        Answer::redirect(&format!("ftp://user:{MARK}@host/")),
    ];
    for answer in answers {
        let sent = answer.clone();
        let server = Server::start(move |_, _| sent.clone());
        let named = |url_text: String| NamedCredentials {
            url: url(&url_text),
            username: Some("user".to_owned()),
            password: Some(Secret::new(MARK)),
            token: Some(Secret::new(MARK)),
            bearer: false,
            setting: "BARROW_INDEX_X_PASSWORD".to_owned(),
        };
        let by_url = server.url_as(&format!("user:{MARK}"), "/?signature=x");
        let variants = [
            (by_url.clone(), options()),
            (server.url("/"), ClientOptions { index_urls: vec![url(&by_url)], ..options() }),
            (server.url("/"), ClientOptions { netrc: Some(netrc.clone()), ..options() }),
            (server.url("/"), ClientOptions { credentials: vec![named(server.url("/"))], ..options() }),
            (
                "http://elsewhere.example/".to_owned(),
                ClientOptions {
                    proxy_environment: vec![("http_proxy".to_owned(), Secret::new(by_url.clone()))],
                    ..options()
                },
            ),
        ];
        for (target, options) in variants {
            let options = ClientOptions { retries: 1, ..options };
            let shown_options = format!("{options:?}");
            let (client, heard) = listening_client(options);
            let error = get(&client, &target).await.unwrap_err();
            let text = format!("{} {error:?} {} {shown_options}", text_of(&error), heard.everything());
            assert!(!leaks(&text), "{answer:?} {text}");
            assert!(!text.contains("signature=x"), "{text}");
        }
    }
}

#[test]
fn control_characters_are_escaped_and_texts_are_cut() {
    assert_eq!(shown("a\u{1b}[2Jb\nc\u{7}"), "a\\u{1b}[2Jb\\u{a}c\\u{7}");
    assert_eq!(shown("\u{202e}gpj"), "\\u{202e}gpj");
    assert_eq!(shown("ünïcode"), "ünïcode");
    assert_eq!(shown(&"x".repeat(1000)).chars().count(), 201);
}

#[tokio::test]
async fn a_location_with_control_characters_is_not_printed_raw() {
    let server = Server::start(|_, _| Answer::redirect("http://[\u{9b}31m\u{202e}"));
    let (client, _) = listening_client(options());
    let text = text_of(&get(&client, &server.url("/")).await.unwrap_err());
    assert!(!text.contains('\u{9b}') && !text.contains('\u{202e}'), "{text:?}");
}
