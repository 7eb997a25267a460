//! Downloads: whole or not at all, continued where that is safe.

use super::server::{Answer, Asked, Server};
use super::{client, options, url};
use crate::http::{ClientOptions, Error, HttpRequest};

const FILE: &[u8] = b"0123456789abcdefghij";

/// Downloads chunk by chunk.
async fn download(server: &Server, options: ClientOptions) -> Result<Vec<u8>, Error> {
    let mut response = client(options).get(HttpRequest::file(url(&server.url("/tiny.whl")))).await?;
    let mut file = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        assert!(!chunk.is_empty());
        file.extend_from_slice(&chunk);
    }
    Ok(file)
}

fn first_byte(asked: &Asked) -> Option<usize> {
    asked.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

fn part(from: usize, content_range: &str) -> Answer {
    Answer::new(206, &[("content-range", content_range)], &FILE[from..])
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_ended() {
    for (validator, value) in [("etag", "\"v1\""), ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")] {
        let server = Server::start(move |asked, _| match first_byte(asked) {
            None => Answer::cut(200, &[(validator, value)], &FILE[..7], FILE.len()),
            Some(7) => {
                let range = [("content-range", "bytes 7-19/20")];
                Answer::cut(206, &range, &FILE[7..12], FILE.len() - 7)
            }
            Some(from) => part(from, &format!("bytes {from}-19/20")),
        });
        assert_eq!(download(&server, options()).await.unwrap(), FILE);
        let asked = server.asked();
        assert_eq!(asked.len(), 3);
        assert!(asked[1..].iter().all(|asked| asked.header("if-range") == Some(value)));
        assert!(asked.iter().all(|asked| asked.header("accept-encoding") == Some("identity")));
    }
}

type Headers = &'static [(&'static str, &'static str)];
type Handler = fn(&Asked) -> Answer;

/// The beginning of the file, then the end of the connection.
fn beginning(headers: &[(&str, &str)]) -> Answer {
    Answer::cut(200, headers, &FILE[..7], FILE.len())
}

const TAG: (&str, &str) = ("etag", "\"v1\"");

#[tokio::test]
async fn what_cannot_be_continued_is_read_again_from_the_start() {
    // What comes on the second request, and on a third if the second did not help.
    let cases: [(&str, Headers, usize, Handler); 8] = [
        ("no validator", &[], 2, |_| Answer::new(200, &[], FILE)),
        ("a weak validator", &[("etag", "W/\"v1\"")], 2, |_| Answer::new(200, &[("etag", "W/\"v1\"")], FILE)),
        ("the whole file instead of the range", &[TAG], 2, |_| Answer::new(200, &[TAG], FILE)),
        ("another range", &[TAG], 3, |asked| match first_byte(asked) {
            Some(_) => part(5, "bytes 5-19/20"),
            None => Answer::new(200, &[TAG], FILE),
        }),
        ("a range that lies", &[TAG], 3, |asked| match first_byte(asked) {
            Some(_) => part(5, "bytes 7-19/20"),
            None => Answer::new(200, &[TAG], FILE),
        }),
        ("another size", &[TAG], 3, |asked| match first_byte(asked) {
            Some(_) => Answer::new(206, &[("content-range", "bytes 7-29/30")], "x".repeat(23)),
            None => Answer::new(200, &[TAG], FILE),
        }),
        ("no range header", &[TAG], 3, |asked| match first_byte(asked) {
            Some(_) => Answer::new(206, &[], &FILE[7..]),
            None => Answer::new(200, &[TAG], FILE),
        }),
        ("416", &[TAG], 3, |asked| match first_byte(asked) {
            Some(_) => Answer::status(416),
            None => Answer::new(200, &[TAG], FILE),
        }),
    ];
    for (name, headers, requests, handler) in cases {
        let headers = headers.to_vec();
        let server = Server::start(move |asked, before| if before == 0 { beginning(&headers) } else { handler(asked) });
        let file = download(&server, options()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((&file[..], server.asked().len()), (FILE, requests), "{name}");
    }
}

#[tokio::test]
async fn a_chunked_body_that_breaks_is_read_again() {
    let server = Server::start(|_, before| {
        let end = if before == 0 { "" } else { "5\r\n56789\r\n0\r\n\r\n" };
        Answer::raw(&format!(
            "HTTP/1.1 200 OK\r\netag: \"v1\"\r\ntransfer-encoding: chunked\r\n\r\n5\r\n01234\r\n{end}"
        ))
    });
    assert_eq!(download(&server, options()).await.unwrap(), b"0123456789");
    assert!(server.asked().iter().all(|asked| asked.header("range").is_none()));
}

#[tokio::test]
async fn two_files_are_never_mixed() {
    let cases: [(&str, Headers, Handler); 5] = [
        ("another file without validator", &[], |_| Answer::new(200, &[], "x".repeat(20))),
        ("another validator", &[TAG], |_| Answer::new(200, &[("etag", "\"v2\"")], FILE)),
        ("another size", &[], |_| Answer::new(200, &[], "0123456789")),
        ("another type", &[], |_| Answer::new(200, &[("content-type", "text/html")], FILE)),
        ("gone", &[TAG], |_| Answer::status(404)),
    ];
    for (name, headers, handler) in cases {
        let headers = headers.to_vec();
        let server = Server::start(move |asked, before| if before == 0 { beginning(&headers) } else { handler(asked) });
        let error = download(&server, options()).await.unwrap_err();
        assert!(matches!(error, Error::Changed { .. }), "{name}: {error}");
        assert_eq!(server.asked().len(), 2, "{name}");
    }
}

#[tokio::test]
async fn where_the_reader_knows_the_digest_nothing_is_compared() {
    let another = "x".repeat(FILE.len());
    let server =
        Server::start(move |_, before| if before == 0 { beginning(&[]) } else { Answer::new(200, &[], &another) });
    let request = HttpRequest { is_proved: true, ..HttpRequest::file(url(&server.url("/tiny.whl"))) };
    let body = client(options()).get(request).await.unwrap().bytes(100).await.unwrap();
    assert_eq!(body, [&FILE[..7], "x".repeat(13).as_bytes()].concat(), "which no digest is of");
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_range_that_the_caller_asked_for_is_read_again_as_it_is() {
    let range = [("content-range", "bytes 10-19/20"), TAG];
    let server = Server::start(move |_, before| match before {
        0 => Answer::cut(206, &range, &FILE[10..13], 10),
        _ => Answer::new(206, &range, &FILE[10..]),
    });
    let request = HttpRequest { range: Some("bytes=10-19".to_owned()), ..HttpRequest::file(url(&server.url("/"))) };
    let response = client(options()).get(request).await.unwrap();
    assert_eq!((response.status(), &response.bytes(100).await.unwrap()[..]), (206, &FILE[10..]));
    assert!(server.asked().iter().all(|asked| asked.header("range") == Some("bytes=10-19")));
}

#[tokio::test]
async fn a_download_that_never_gets_whole_is_an_error() {
    let server = Server::start(|_, _| beginning(&[TAG]));
    let error = download(&server, options()).await.unwrap_err();
    assert!(matches!(error, Error::Truncated { .. }), "{error}");
    assert_eq!(server.asked().len(), 4);

    let one_byte_each = Server::start(|asked, _| match first_byte(asked) {
        None => Answer::cut(200, &[TAG], &FILE[..1], 20),
        Some(from) => {
            let range = format!("bytes {from}-19/20");
            Answer::cut(206, &[("content-range", &range)], &FILE[from..=from], 20 - from)
        }
    });
    assert!(download(&one_byte_each, options()).await.is_err());
    assert_eq!(one_byte_each.asked().len(), 4);
}

#[tokio::test]
async fn a_piece_that_brings_much_costs_no_repetition() {
    const SIZE: usize = 8 << 20;
    let server = Server::start(|asked, _| {
        let from = first_byte(asked).unwrap_or(0);
        let piece = vec![b'x'; (SIZE - from).min((1 << 20) + 1000)];
        if from == 0 {
            return Answer::cut(200, &[TAG], &piece, SIZE);
        }
        let range = format!("bytes {from}-{}/{SIZE}", SIZE - 1);
        Answer::cut(206, &[("content-range", &range)], &piece, SIZE - from)
    });
    let file = download(&server, ClientOptions { retries: 1, ..options() }).await.unwrap();
    assert_eq!((file.len(), server.asked().len()), (SIZE, 8));
}

#[tokio::test]
async fn answers_without_a_body_have_none() {
    for status in [204, 304] {
        let server = Server::start(move |_, _| Answer::cut(status, &[], b"", 20));
        let response = client(options()).get(HttpRequest::new(url(&server.url("/")))).await.unwrap();
        assert_eq!(response.bytes(10).await.unwrap(), b"");
        assert_eq!(server.asked().len(), 1);
    }
}
