//! Everything ends: bounded waits, bounded requests, and half an answer is no answer.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::server::{Answer, Server, Step, head, read_request};
use super::{client, get, listening_client, options, text_of, url};
use crate::http::{ClientOptions, Error, HttpRequest};

#[tokio::test]
async fn faults_that_pass_are_survived() {
    let long = "x".repeat(5000);
    let faults = [
        Answer::status(500),
        Answer::status(502),
        Answer::status(503),
        Answer::status(504),
        Answer::status(408),
        Answer::status(425),
        Answer::status(429),
        Answer::nothing(),
        Answer::raw("HTTP/1.1 200 OK\r\ncontent-le"),
        Answer::cut(200, &[], b"xxxx", long.len()),
        Answer::silence(Duration::from_secs(4)),
        Answer(vec![Step::Send(head(200, &[])), Step::Wait(Duration::from_secs(4))]),
        Answer(vec![
            Step::Send([&head(200, &[])[..], b"content-length: 5000\r\n\r\nxxxx"].concat()),
            Step::Wait(Duration::from_secs(2)),
        ]),
    ];
    for fault in faults {
        let whole = long.clone();
        let bad = fault.clone();
        let server = Server::start(move |_, before| if before == 0 { bad.clone() } else { Answer::text(&whole) });
        let fast = ClientOptions { connect_timeout: Duration::from_millis(300), ..options() };
        let answer = get(&client(fast), &server.url("/")).await;
        // A body that breaks off is asked for again only if the headers say that it is the same answer.
        let (status, body) = answer.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!((status, body.len(), server.asked().len()), (200, long.len(), 2), "{fault:?}");
    }
}

#[tokio::test]
async fn faults_that_stay_are_given_up_after_the_last_attempt() {
    for fault in [
        Answer::status(500),
        Answer::nothing(),
        Answer::cut(200, &[], b"half", 8),
        Answer::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
        Answer::raw("this is not HTTP\r\n\r\n"),
    ] {
        let bad = fault.clone();
        let server = Server::start(move |_, _| bad.clone());
        let error = get(&client(options()), &server.url("/")).await.unwrap_err();
        assert_eq!(server.asked().len(), 4, "{fault:?}: {error}");
    }
}

#[tokio::test]
async fn other_statuses_are_not_repeated() {
    for status in [400, 401, 403, 404, 405, 410, 416, 418, 451, 501, 505] {
        let server = Server::start(move |_, _| Answer::status(status));
        let answer = get(&client(options()), &server.url("/")).await;
        let status_seen = answer.map_or_else(|error| error.status().unwrap(), |(status, _)| status);
        assert_eq!((status_seen, server.asked().len()), (status, 1));
    }
}

#[tokio::test]
async fn retry_after_is_respected_and_bounded() {
    let wanted = |value: &'static str| {
        Server::start(move |_, before| match before {
            0 => Answer::new(503, &[("retry-after", value), ("date", "Sun, 06 Nov 1994 08:49:37 GMT")], ""),
            _ => Answer::text("ok"),
        })
    };
    for (value, least) in [("1", 1000), ("Sun, 06 Nov 1994 08:49:38 GMT", 1000), ("0", 0), ("soon", 0)] {
        let server = wanted(value);
        let start = Instant::now();
        get(&client(options()), &server.url("/")).await.unwrap();
        let least = Duration::from_millis(least);
        assert!(start.elapsed() >= least && start.elapsed() < least + Duration::from_millis(900), "{value}");
    }
    for value in ["3600", "Sun, 06 Nov 1994 09:49:37 GMT", "99999999999999999999999"] {
        let server = wanted(value);
        let start = Instant::now();
        let error = get(&client(options()), &server.url("/")).await.unwrap_err();
        assert!(matches!(error, Error::ComeBackLater { .. }), "{error}");
        assert!(start.elapsed() < Duration::from_millis(900) && server.asked().len() == 1);
    }
}

#[tokio::test]
async fn silent_and_dripping_servers_are_given_up() {
    let drip = |head: Vec<u8>| {
        let mut steps = vec![Step::Send(head)];
        for _ in 0..200 {
            steps.push(Step::Send(b"x".to_vec()));
            steps.push(Step::Wait(Duration::from_millis(25)));
        }
        Answer(steps)
    };
    let dripped_body = drip([&head(200, &[])[..], b"content-length: 900\r\n\r\n"].concat());
    let dripped_head = drip(b"HTTP/1.1 200 OK\r\nx-".to_vec());
    for answer in [Answer::silence(Duration::from_secs(9)), dripped_body, dripped_head] {
        let server = Server::start(move |_, _| answer.clone());
        let fast = ClientOptions { connect_timeout: Duration::from_millis(100), retries: 1, ..options() };
        let start = Instant::now();
        let error = get(&client(fast), &server.url("/")).await.unwrap_err();
        assert!(matches!(error, Error::Timeout { .. }), "{error}");
        assert!(start.elapsed() < Duration::from_secs(3) && server.asked().len() == 2, "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn redirects_are_bounded() {
    let circle = Server::start(|asked, _| Answer::redirect(if asked.path == "/a" { "/b" } else { "/a" }));
    let error = get(&client(options()), &circle.url("/a")).await.unwrap_err();
    assert!(matches!(error, Error::RedirectLoop { .. }) && circle.asked().len() == 2, "{error}");

    let myself = Server::start(|_, _| Answer::redirect(""));
    let error = get(&client(options()), &myself.url("/a")).await.unwrap_err();
    assert!(matches!(error, Error::RedirectLoop { .. }) && myself.asked().len() == 1, "{error}");

    let endless = Server::start(|_, before| Answer::redirect(&format!("/{before}")));
    let error = get(&client(options()), &endless.url("/a")).await.unwrap_err();
    assert!(matches!(error, Error::TooManyRedirects { .. }) && endless.asked().len() == 11, "{error}");

    let ten = Server::start(
        |_, before| if before < 10 { Answer::redirect(&format!("/{before}")) } else { Answer::text("ok") },
    );
    let response = client(options()).get(HttpRequest::new(url(&ten.url("/a#fragment")))).await.unwrap();
    assert_eq!(response.url().to_string(), ten.url("/9"));

    for location in ["file:///etc/passwd", "ftp://host/x", "http://", "http://[::1", "javascript:alert(1)"] {
        let bad = Server::start(move |_, _| Answer::redirect(location));
        let error = get(&client(options()), &bad.url("/a")).await.unwrap_err();
        assert!(matches!(error, Error::BadRedirect { .. }) && bad.asked().len() == 1, "{location}: {error}");
    }
    let nowhere = Server::start(|_, _| Answer::status(302));
    assert_eq!(get(&client(options()), &nowhere.url("/a")).await.unwrap_err().status(), Some(302));
}

#[tokio::test]
async fn bodies_are_limited_announced_or_not() {
    let bodies = [
        Answer::text(&"x".repeat(1000)),
        Answer::cut(200, &[], b"", usize::MAX / 2),
        Answer::raw(&format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1000))),
        Answer::new(200, &[("content-encoding", "gzip")], zeros_as_gzip(1 << 20)),
        Answer::new(200, &[("content-encoding", "gzip, x-gzip")], gzip(&zeros_as_gzip(1 << 20))),
    ];
    for body in bodies {
        let server = Server::start(move |_, _| body.clone());
        let response = client(options()).get(HttpRequest::new(url(&server.url("/")))).await.unwrap();
        let error = response.bytes(999).await.unwrap_err();
        assert!(matches!(error, Error::TooLarge { limit: 999, .. }) && server.asked().len() == 1, "{error}");
    }
}

#[tokio::test]
async fn pages_are_decoded_and_files_are_not() {
    let packed = zeros_as_gzip(100);
    let sent = packed.clone();
    let server = Server::start(move |_, _| Answer::new(200, &[("content-encoding", "gzip")], &sent));
    let client = client(options());
    let page = client.get(HttpRequest::new(url(&server.url("/")))).await.unwrap().bytes(1000).await.unwrap();
    let file = client.get(HttpRequest::file(url(&server.url("/")))).await.unwrap().bytes(1000).await.unwrap();
    assert_eq!((page, file), (vec![0; 100], packed));
    let accepted: Vec<_> =
        server.asked().iter().map(|asked| asked.header("accept-encoding").unwrap().to_owned()).collect();
    let mut encodings: Vec<&str> = accepted[0].split(',').map(str::trim).collect();
    encodings.sort_unstable();
    assert_eq!(encodings, ["br", "gzip", "zstd"], "another one needs its bomb in `tests/it/answers.rs`");
    assert_eq!(accepted[1], "identity");
}

#[tokio::test]
async fn an_answer_that_changes_while_it_is_repeated_is_read_anew() {
    let server = Server::start(|_, before| match before {
        0 => Answer::cut(200, &[("etag", "\"1\"")], b"half", 8),
        _ => Answer::new(200, &[("etag", "\"2\"")], "whole"),
    });
    assert_eq!(get(&client(options()), &server.url("/")).await.unwrap(), (200, "whole".to_owned()));
    let server = Server::start(|_, before| {
        let tag = format!("\"{before}\"");
        Answer::cut(200, &[("etag", &tag)], b"half", 8)
    });
    let error = get(&client(options()), &server.url("/")).await.unwrap_err();
    assert!(matches!(error, Error::Truncated { .. }), "{error}");
}

#[tokio::test]
async fn offline_opens_no_socket_and_other_schemes_are_refused() {
    let server = Server::start(|_, _| Answer::text("ok"));
    let offline = client(ClientOptions { offline: true, ..options() });
    assert!(matches!(get(&offline, &server.url("/")).await.unwrap_err(), Error::Offline { .. }));
    assert!(server.asked().is_empty());
    assert!(matches!(get(&client(options()), "file:///x").await.unwrap_err(), Error::Scheme { .. }));
}

#[tokio::test]
async fn nobody_listening_is_said_after_the_last_attempt() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (client, heard) = listening_client(options());
    let error = get(&client, &format!("http://u:p@{address}/")).await.unwrap_err();
    let text = text_of(&error);
    assert!(text.contains("refused") && text.contains(&address.to_string()) && !text.contains("u:p"), "{text}");
    assert_eq!(heard.everything().matches("trying again").count(), 3);
}

#[tokio::test]
async fn a_page_that_cannot_be_decoded_is_asked_for_again_and_one_in_an_unknown_coding_is_not() {
    let gzipped = [("content-encoding", "gzip")];
    let packed = zeros_as_gzip(100);
    let whole = packed.clone();
    let server = Server::start(move |_, before| match before {
        0 | 1 => Answer::new(200, &gzipped, &whole[..whole.len() - 3]),
        _ => Answer::new(200, &gzipped, &whole),
    });
    assert_eq!(get(&client(options()), &server.url("/")).await.unwrap().1.len(), 100);
    assert_eq!(server.asked().len(), 3);
    let always = Server::start(move |_, _| Answer::new(200, &gzipped, [&packed[..], b"more"].concat()));
    let error = get(&client(options()), &always.url("/")).await.unwrap_err();
    assert!(matches!(error, Error::Coding { .. }) && always.asked().len() == 4, "{error}");
    let unknown = Server::start(|_, _| Answer::new(200, &[("content-encoding", "compress")], "page"));
    let error = get(&client(options()), &unknown.url("/")).await.unwrap_err();
    assert!(matches!(error, Error::Coding { .. }) && unknown.asked().len() == 1, "{error}");
}

#[tokio::test]
async fn pages_and_files_of_a_host_share_their_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (count, connections) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, count) = (stream.unwrap(), count.clone());
            count.send(()).unwrap();
            std::thread::spawn(move || {
                while read_request(&mut stream).is_some() {
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
                }
            });
        }
    });
    let (client, page) = (client(options()), format!("http://{address}/simple/tiny/"));
    for request in [HttpRequest::new(url(&page)), HttpRequest::file(url(&page)), HttpRequest::new(url(&page))] {
        assert_eq!(client.get(request).await.unwrap().bytes(10).await.unwrap(), b"ok");
    }
    assert_eq!(connections.try_iter().count(), 1);
}

fn zeros_as_gzip(count: usize) -> Vec<u8> {
    gzip(&vec![0; count])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
