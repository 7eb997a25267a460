//! Downloads: whole or not at all, continued where that is safe.

use std::io;

use super::server::{Answer, Asked, Server};
use super::{client, options, url};
use crate::http::{ClientOptions, Download, Error, Piece, Request};

const FILE: &[u8] = b"0123456789abcdefghij";

/// Downloads into memory: the answer, what lies in the sink, and how often it was started.
async fn download(server: &Server) -> (Result<Download, Error>, Vec<u8>, usize) {
    download_as(server, options()).await
}

async fn download_as(server: &Server, options: ClientOptions) -> (Result<Download, Error>, Vec<u8>, usize) {
    let (mut file, mut starts) = (Vec::new(), 0);
    let mut sink = |piece: Piece<'_>| {
        match piece {
            Piece::Start { .. } => {
                file.clear();
                starts += 1;
            }
            Piece::Bytes(bytes) => file.extend_from_slice(bytes),
        }
        Ok(())
    };
    let answer = client(options).download(&Request::new(url(&server.url("/tiny.whl"))), &mut sink).await;
    (answer, file, starts)
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
        let (answer, file, starts) = download(&server).await;
        assert_eq!((answer.unwrap().size, &file[..], starts), (20, FILE, 1));
        let asked = server.asked();
        assert_eq!(asked.len(), 3);
        assert!(asked[1..].iter().all(|asked| asked.header("if-range") == Some(value)));
        assert!(asked.iter().all(|asked| asked.header("accept-encoding") == Some("identity")));
    }
}

#[tokio::test]
async fn what_cannot_be_continued_starts_over() {
    type Handler = fn(&Asked, usize) -> Answer;
    let cases: [(&str, Handler); 9] = [
        ("no validator", |_, before| match before {
            0 => Answer::cut(200, &[], &FILE[..7], 20),
            _ => Answer::text("0123456789abcdefghij"),
        }),
        ("a weak validator", |_, before| match before {
            0 => Answer::cut(200, &[("etag", "W/\"v1\"")], &FILE[..7], 20),
            _ => Answer::new(200, &[], FILE),
        }),
        ("the whole file instead of the range", |_, before| match before {
            0 => Answer::cut(200, &[("etag", "\"v1\"")], &FILE[..7], 20),
            _ => Answer::new(200, &[("etag", "\"v1\"")], FILE),
        }),
        ("another range", |asked, before| match (before, first_byte(asked)) {
            (0, _) => Answer::cut(200, &[("etag", "\"v1\"")], &FILE[..7], 20),
            (_, Some(_)) => part(5, "bytes 5-19/20"),
            _ => Answer::new(200, &[], FILE),
        }),
        ("a range that lies", |asked, before| match (before, first_byte(asked)) {
            (0, _) => Answer::cut(200, &[("etag", "\"v1\"")], &FILE[..7], 20),
            (_, Some(_)) => part(5, "bytes 7-19/20"),
            _ => Answer::new(200, &[], FILE),
        }),
        ("another size", |asked, before| match (before, first_byte(asked)) {
            (0, _) => Answer::cut(200, &[("etag", "\"v1\"")], &FILE[..7], 20),
            (_, Some(_)) => Answer::new(206, &[("content-range", "bytes 7-29/30")], "x".repeat(23)),
            _ => Answer::new(200, &[], FILE),
        }),
        ("no range header", |asked, before| match (before, first_byte(asked)) {
            (0, _) => Answer::cut(200, &[("etag", "\"v1\"")], &FILE[..7], 20),
            (_, Some(_)) => Answer::new(206, &[], &FILE[7..]),
            _ => Answer::new(200, &[], FILE),
        }),
        ("416", |asked, before| match (before, first_byte(asked)) {
            (0, _) => Answer::cut(200, &[("etag", "\"v1\"")], &FILE[..7], 20),
            (_, Some(_)) => Answer::status(416),
            _ => Answer::new(200, &[], FILE),
        }),
        ("broken chunks", |_, before| match before {
            0 => Answer::raw("HTTP/1.1 200 OK\r\netag: \"v1\"\r\ntransfer-encoding: chunked\r\n\r\n5\r\n01234\r\n"),
            _ => Answer::new(200, &[], FILE),
        }),
    ];
    for (name, handler) in cases {
        let server = Server::start(handler);
        let (answer, file, starts) = download(&server).await;
        answer.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((&file[..], starts), (FILE, 2), "{name}");
    }
}

#[tokio::test]
async fn a_download_that_never_gets_whole_is_an_error() {
    let server = Server::start(|_, _| Answer::cut(200, &[("etag", "\"v1\"")], &FILE[..7], 20));
    let (answer, _, _) = download(&server).await;
    let error = answer.unwrap_err();
    assert!(matches!(error, Error::Truncated { received: 7, expected: Some(20), .. }), "{error}");
    assert_eq!(server.asked().len(), 4);

    let one_byte_each = Server::start(|asked, _| match first_byte(asked) {
        None => Answer::cut(200, &[("etag", "\"v1\"")], &FILE[..1], 20),
        Some(from) => {
            let range = format!("bytes {from}-19/20");
            Answer::cut(206, &[("content-range", &range)], &FILE[from..=from], 20 - from)
        }
    });
    assert!(download(&one_byte_each).await.0.is_err());
    assert_eq!(one_byte_each.asked().len(), 4);
}

#[tokio::test]
async fn an_attempt_that_brings_much_costs_no_repetition() {
    const SIZE: usize = 8 << 20;
    let server = Server::start(|asked, _| {
        let from = first_byte(asked).unwrap_or(0);
        let piece = vec![b'x'; (SIZE - from).min((1 << 20) + 1000)];
        if from == 0 {
            return Answer::cut(200, &[("etag", "\"v1\"")], &piece, SIZE);
        }
        let range = format!("bytes {from}-{}/{SIZE}", SIZE - 1);
        Answer::cut(206, &[("content-range", &range)], &piece, SIZE - from)
    });
    let (answer, file, starts) = download_as(&server, ClientOptions { retries: 1, ..options() }).await;
    assert_eq!((answer.unwrap().size, file.len(), starts, server.asked().len()), (SIZE as u64, SIZE, 1, 8));
}

#[tokio::test]
async fn statuses_and_a_full_disk_end_a_download() {
    for status in [204, 206, 304, 401, 404, 410] {
        let server = Server::start(move |_, _| Answer::status(status));
        assert_eq!(download(&server).await.0.unwrap_err().status(), Some(status));
        assert_eq!(server.asked().len(), 1);
    }
    let server = Server::start(|_, _| Answer::new(200, &[], FILE));
    let mut full = |_: Piece<'_>| Err(io::Error::from(io::ErrorKind::StorageFull));
    let answer = client(options()).download(&Request::new(url(&server.url("/"))), &mut full).await;
    assert!(matches!(answer.unwrap_err(), Error::Sink { .. }));
    assert_eq!(server.asked().len(), 1);
}
