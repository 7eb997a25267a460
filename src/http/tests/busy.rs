//! Servers that are asked too much, and answers that come by detours.

use std::time::Duration;

use super::server::{Answer, Server};
use super::{client, get, options, url};
use crate::http::throttle::Throttle;
use crate::http::{ClientOptions, HttpRequest};
use crate::spec::SafeUrl;

#[tokio::test]
async fn a_host_that_refuses_gets_fewer_requests_and_more_again() {
    let throttle = Throttle::new(8);
    let mut places = Vec::new();
    for _ in 0..8 {
        places.push(throttle.place("host").await);
    }
    let others = throttle.place("other").await;
    // Eight refusals of what was sent at one time halve once.
    assert!(places.iter().all(|place| place.refused(None)));
    places.truncate(4);
    let full = tokio::time::timeout(Duration::from_millis(1), throttle.place("host")).await;
    assert!(full.is_err(), "four of four places are taken");
    places.pop();
    let place = throttle.place("host").await;
    assert!(place.refused(None), "it had company");
    drop((places, place));
    let one = throttle.place("host").await;
    let two = throttle.place("host").await;
    assert!(tokio::time::timeout(Duration::from_millis(1), throttle.place("host")).await.is_err());
    for _ in 0..8 {
        one.answered();
    }
    let three = throttle.place("host").await;
    drop((two, three, others));
    assert!(!one.refused(None), "it was alone: the request itself is refused");
}

#[tokio::test]
async fn refusals_for_their_number_cost_no_attempt() {
    let server = Server::start(|_, before| if before < 12 { Answer::status(429) } else { Answer::text("ok") });
    let busy = client(ClientOptions { retries: 1, concurrency: 24, ..options() });
    let address = server.url("/");
    let all = (0..24).map(|_| get(&busy, &address));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.unwrap().1, "ok");
    }
    let server = Server::start(|_, _| Answer::status(429));
    let error = get(&client(ClientOptions { retries: 2, ..options() }), &server.url("/")).await.unwrap_err();
    assert_eq!((error.status(), server.asked().len()), (Some(429), 3), "alone, each refusal is an attempt");
}

#[tokio::test]
async fn faults_of_a_content_network_pass_and_203_is_an_answer() {
    for status in [520, 521, 522, 523, 524, 527] {
        let server = Server::start(
            move |_, before| {
                if before == 0 { Answer::status(status) } else { Answer::new(203, &[], "ok") }
            },
        );
        assert_eq!(get(&client(options()), &server.url("/")).await.unwrap(), (203, "ok".to_owned()), "{status}");
    }
    let server = Server::start(|_, _| Answer::status(530));
    assert!(get(&client(options()), &server.url("/")).await.is_err());
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn the_default_of_netrc_is_for_hosts_that_the_user_named() {
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    fs_err::write(&netrc, "default login user password secret\n").unwrap();
    let there = Server::start(|_, _| Answer::text("there"));
    let target = there.url("/file").replace("127.0.0.1", "localhost");
    let location = target.clone();
    let here = Server::start(move |_, _| Answer::redirect(&location));
    let named = ClientOptions { netrc: Some(netrc), index_urls: vec![url(&here.url("/simple/"))], ..options() };
    let named = client(named);
    assert_eq!(get(&named, &here.url("/simple/a")).await.unwrap().1, "there");
    assert!(here.asked()[0].authorization().is_some());
    assert_eq!(there.asked()[0].authorization(), None, "where a redirect leads");
    get(&named, &target).await.unwrap();
    assert_eq!(there.asked()[1].authorization(), None, "a host that a page named");
    let request = HttpRequest { is_named: true, ..HttpRequest::new(url(&target)) };
    named.get(request).await.unwrap();
    assert!(there.asked()[2].authorization().is_some(), "a URL of the user's own");
}

#[tokio::test]
async fn the_index_that_lists_a_file_opens_it() {
    let server = Server::start(|_, _| Answer::text("ok"));
    let feed = |name: &str| -> SafeUrl {
        url(&server.url(&format!("/{name}/simple/")).replace("http://", &format!("http://{name}:secret@")))
    };
    let feeds = client(ClientOptions { index_urls: vec![feed("one"), feed("two")], ..options() });
    for name in ["one", "two", "one"] {
        let file = url(&server.url("/files/a.whl"));
        feeds.get(HttpRequest::file(file).listed_by(&feed(name).without_credentials())).await.unwrap();
        let sent = server.asked().last().unwrap().authorization().unwrap().to_owned();
        assert_eq!(sent, super::basic(name, "secret"), "{name}");
    }
    // A path below an index belongs to that one, whoever lists it.
    let file = url(&server.url("/one/simple/a.whl"));
    feeds.get(HttpRequest::file(file).listed_by(&feed("two").without_credentials())).await.unwrap();
    assert_eq!(server.asked().last().unwrap().authorization().unwrap(), super::basic("one", "secret"));
}
