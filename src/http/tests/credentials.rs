//! Which requests carry credentials, and which never do.

use super::helper_programs::program;
use super::server::{Answer, Server};
use super::{basic, client, get, listening_client, options, text_of, url};
use crate::http::{ClientOptions, Error, NamedCredentials, Secret};

fn log(entries: &[(&str, Option<String>)]) -> Vec<(String, Option<String>)> {
    entries.iter().map(|(path, header)| ((*path).to_owned(), header.clone())).collect()
}

fn named(url_text: &str, user: Option<&str>, password: &str) -> NamedCredentials {
    NamedCredentials {
        url: url(url_text),
        username: user.map(str::to_owned),
        password: Some(Secret::new(password)),
        token: None,
        bearer: false,
        setting: "BARROW_INDEX_CORP_PASSWORD".to_owned(),
    }
}

#[tokio::test]
async fn userinfo_goes_with_the_first_request_percent_decoded_as_utf8() {
    for (userinfo, header) in [
        ("user:secret", basic("user", "secret")),
        ("us%40er:p%C3%A4ss%3A%2F", basic("us@er", "päss:/")),
        (":token", basic("", "token")),
        ("token", basic("token", "")),
        ("token:", basic("token", "")),
        ("__token__:pypi-AgEI", basic("__token__", "pypi-AgEI")),
    ] {
        let server = Server::start(|_, _| Answer::text("ok"));
        get(&client(options()), &server.url_as(userinfo, "/simple/")).await.unwrap();
        assert_eq!(server.log(), log(&[("/simple/", Some(header))]), "{userinfo}");
    }
}

#[tokio::test]
async fn credentials_of_an_index_go_to_its_realm_only() {
    let index = Server::start(|_, _| Answer::text("ok"));
    let other = Server::start(|_, _| Answer::text("ok"));
    let client = client(ClientOptions { index_urls: vec![url(&index.url_as("u:p", "/simple/"))], ..options() });
    get(&client, &index.url("/simple/tiny/")).await.unwrap();
    get(&client, &index.url("/files/tiny.whl")).await.unwrap();
    get(&client, &other.url("/files/tiny.whl")).await.unwrap();
    get(&client, &index.url("/simple/").replace("127.0.0.1", "localhost")).await.unwrap();
    let header = Some(basic("u", "p"));
    let expected = log(&[("/simple/tiny/", header.clone()), ("/files/tiny.whl", header), ("/simple/", None)]);
    assert_eq!(index.log(), expected);
    assert_eq!(other.log(), log(&[("/files/tiny.whl", None)]));
}

#[tokio::test]
async fn of_several_indexes_in_a_realm_the_longest_path_decides() {
    let server = Server::start(|_, _| Answer::text("ok"));
    let index_urls = vec![
        url(&server.url_as("a:1", "/team-a/simple/")),
        url(&server.url_as("b:2", "/team-b/simple/")),
        url(&server.url("/public/simple/")),
        url(&server.url_as("sub:3", "/team-a/simple/sub/")),
    ];
    let client = client(ClientOptions { index_urls, ..options() });
    for (path, header) in [
        ("/team-a/simple/x/", Some(basic("a", "1"))),
        ("/team-b/simple/x/", Some(basic("b", "2"))),
        ("/team-b/packages/x.whl", Some(basic("b", "2"))),
        ("/team-a/simple/sub/x/", Some(basic("sub", "3"))),
        ("/team-a/simple/subway/", Some(basic("a", "1"))),
        ("/public/simple/x/", None),
        ("/elsewhere/x.whl", Some(basic("a", "1"))),
    ] {
        get(&client, &server.url(path)).await.unwrap();
        assert_eq!(server.log().last().unwrap(), &(path.to_owned(), header));
    }
}

#[tokio::test]
async fn settings_of_an_index_are_used_and_its_url_comes_before_them() {
    let server = Server::start(|_, _| Answer::text("ok"));
    let simple = server.url("/simple/");
    let token = |bearer| NamedCredentials {
        password: None,
        token: Some(Secret::new("t0k")),
        bearer,
        ..named(&simple, None, "")
    };
    for (index, credentials, header) in [
        (simple.clone(), named(&simple, Some("u"), "p"), basic("u", "p")),
        (simple.clone(), named(&simple, None, "p"), basic("", "p")),
        (simple.clone(), token(false), basic("__token__", "t0k")),
        (simple.clone(), token(true), "Bearer t0k".to_owned()),
        (server.url_as("url:own", "/simple/"), named(&simple, Some("u"), "p"), basic("url", "own")),
        (server.url_as("url", "/simple/"), named(&server.url_as("url", "/simple/"), None, "p"), basic("url", "p")),
    ] {
        let options = ClientOptions { index_urls: vec![url(&index)], credentials: vec![credentials], ..options() };
        let client = client(options);
        // Pages are asked for by the index's URL, with its user name; files by what the pages say.
        for page in [server.url("/simple/x/"), url(&index).join("x/").unwrap().reveal().to_string()] {
            get(&client, &page).await.unwrap();
            assert_eq!(server.log().last().unwrap().1.as_ref(), Some(&header));
        }
        let page = index.replace("/simple/", "/simple/x/");
        get(&client, &page).await.unwrap();
        assert_eq!(server.log().last().unwrap().1, Some(header), "{page}");
    }
}

#[tokio::test]
async fn a_token_goes_as_bearer_where_the_server_asks_for_that_alone() {
    for (challenges, is_sent) in [
        (&["Bearer realm=\"packages\""][..], true),
        (&["Basic realm=\"packages\"", "Bearer"], false),
        (&["Bearer, Basic realm=\"packages\""], false),
        (&[], false),
    ] {
        let headers: Vec<(&str, &str)> = challenges.iter().map(|challenge| ("www-authenticate", *challenge)).collect();
        let refusal = Answer::new(401, &headers, "");
        let server = Server::start(move |asked, _| match asked.authorization() {
            Some("Bearer t0k") => Answer::text("ok"),
            _ => refusal.clone(),
        });
        let token = NamedCredentials {
            password: None,
            token: Some(Secret::new("t0k")),
            ..named(&server.url("/simple/"), None, "")
        };
        let client = client(ClientOptions { credentials: vec![token], ..options() });
        let answers = [get(&client, &server.url("/simple/a/")).await, get(&client, &server.url("/simple/b/")).await];
        assert!(answers.iter().all(|answer| answer.is_ok() == is_sent), "{challenges:?}");
        let basic = Some(basic("__token__", "t0k"));
        let sent: Vec<Option<String>> = server.log().into_iter().map(|(_, header)| header).collect();
        let bearer = Some("Bearer t0k".to_owned());
        assert_eq!(sent, if is_sent { vec![basic, bearer.clone(), bearer] } else { vec![basic] }, "{challenges:?}");
    }
}

#[tokio::test]
async fn a_user_name_by_a_setting_asks_netrc_for_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    fs_err::write(&netrc, "machine 127.0.0.1 login bob password b").unwrap();
    let server = Server::start(|_, _| Answer::text("ok"));
    let index_urls = vec![url(&server.url("/simple/"))];
    for (user, header) in [("bob", basic("bob", "b")), ("eve", basic("eve", ""))] {
        let credentials = vec![NamedCredentials { password: None, ..named(&server.url("/simple/"), Some(user), "") }];
        let index_urls = index_urls.clone();
        let options = ClientOptions { index_urls, credentials, netrc: Some(netrc.clone()), ..options() };
        get(&client(options), &server.url("/simple/x/")).await.unwrap();
        assert_eq!(server.log().last().unwrap().1, Some(header));
    }
}

#[tokio::test]
async fn a_redirect_to_another_realm_drops_credentials_and_one_within_keeps_them() {
    let other = Server::start(|_, _| Answer::text("ok"));
    let target = other.url("/file.whl");
    let server = Server::start(move |asked, _| match asked.path.as_str() {
        "/out" => Answer::redirect(&target),
        "/in" => Answer::redirect("/there"),
        _ => Answer::text("ok"),
    });
    let client = client(ClientOptions { index_urls: vec![url(&server.url_as("u:p", "/"))], ..options() });
    get(&client, &server.url("/out")).await.unwrap();
    get(&client, &server.url("/in")).await.unwrap();
    let header = Some(basic("u", "p"));
    assert_eq!(server.log(), log(&[("/out", header.clone()), ("/in", header.clone()), ("/there", header)]));
    assert_eq!(other.log(), log(&[("/file.whl", None)]));
}

#[tokio::test]
async fn userinfo_in_a_redirect_is_ignored_and_not_shown() {
    let other = Server::start(|_, _| Answer::status(401));
    let target = other.url_as("evil:planted", "/x");
    let server = Server::start(move |_, _| Answer::redirect(&target));
    let (client, heard) = listening_client(options());
    let error = get(&client, &server.url("/")).await.unwrap_err();
    assert_eq!(other.log(), log(&[("/x", None)]));
    let shown = text_of(&error) + &heard.everything();
    assert!(!shown.contains("planted"), "{shown}");
}

#[tokio::test]
async fn a_refusal_is_never_repeated_and_says_as_whom_we_asked() {
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    fs_err::write(&netrc, "\n\nmachine 127.0.0.1 login bob password hidden\n").unwrap();
    for status in [401, 403] {
        let server = Server::start(move |_, _| Answer::status(status));
        let with_netrc = ClientOptions { netrc: Some(netrc.clone()), ..options() };
        let error = get(&client(with_netrc), &server.url("/simple/")).await.unwrap_err();
        assert_eq!(server.log(), log(&[("/simple/", Some(basic("bob", "hidden")))]));
        assert_eq!(error.status(), Some(status));
        let text = text_of(&error);
        assert!(text.contains("user `bob`") && text.contains("netrc line 3") && !text.contains("hidden"), "{text}");

        let error = get(&client(options()), &server.url("/simple/")).await.unwrap_err();
        assert_eq!(server.log().len(), 2);
        // A server that forbids without asking for credentials may have none to take.
        let part = if status == 401 { "without credentials" } else { "modes 755 and 644" };
        assert!(text_of(&error).contains(part), "{}", text_of(&error));
    }
}

#[tokio::test]
async fn wrong_credentials_of_the_url_are_final() {
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    fs_err::write(&netrc, "machine 127.0.0.1 login bob password right").unwrap();
    let server = Server::start(|_, _| Answer::status(401));
    let client = client(ClientOptions { netrc: Some(netrc), ..options() });
    let error = get(&client, &server.url_as("bob:wrong", "/")).await.unwrap_err();
    assert_eq!(server.log(), log(&[("/", Some(basic("bob", "wrong")))]));
    assert!(text_of(&error).contains("user `bob`, credentials from the URL"), "{}", text_of(&error));
}

#[tokio::test]
async fn wrong_credentials_are_tried_once_however_many_ask() {
    let server = Server::start(|_, _| Answer::status(401));
    let client = client(ClientOptions { index_urls: vec![url(&server.url_as("u:wrong", "/"))], ..options() });
    let paths: Vec<String> = (0..20).map(|number| server.url(&format!("/{number}"))).collect();
    let all = futures_util::future::join_all(paths.iter().map(|path| get(&client, path))).await;
    assert!(all.iter().all(|answer| answer.as_ref().unwrap_err().status() == Some(401)));
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn netrc_is_for_its_host_on_any_port_and_for_the_user_of_the_url() {
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    fs_err::write(&netrc, "machine 127.0.0.1 login bob password b").unwrap();
    let server = Server::start(|_, _| Answer::text("ok"));
    let with_netrc = || ClientOptions { netrc: Some(netrc.clone()), ..options() };
    for (index, header) in [
        (server.url("/"), Some(basic("bob", "b"))),
        (server.url_as("bob", "/"), Some(basic("bob", "b"))),
        (server.url_as("eve", "/"), Some(basic("eve", ""))),
        (server.url("/").replace("127.0.0.1", "localhost"), None),
    ] {
        get(&client(with_netrc()), &index).await.unwrap();
        assert_eq!(server.log().last().unwrap().1, header, "{index}");
    }
}

#[tokio::test]
async fn nothing_secret_goes_over_plain_http_to_other_machines() {
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    fs_err::write(&netrc, "machine index.example login bob password b").unwrap();
    let proxy = Server::start(|_, _| Answer::text("ok"));
    let base = || ClientOptions { proxy: Some(url(&proxy.url("/"))), netrc: Some(netrc.clone()), ..options() };
    get(&client(base()), "http://index.example/simple/").await.unwrap();
    assert_eq!(proxy.log(), log(&[("http://index.example/simple/", None)]));
    let error = get(&client(base()), "http://u:p@index.example/simple/").await.unwrap_err();
    assert!(matches!(error, Error::PlainHttp { .. }), "{error}");
    assert_eq!(proxy.log().len(), 1);
    for allowed in ["index.example", "index.example:80"] {
        let allowed = ClientOptions { insecure_hosts: vec![allowed.to_owned()], ..base() };
        get(&client(allowed), "http://index.example/simple/").await.unwrap();
        assert_eq!(proxy.log().last().unwrap().1, Some(basic("bob", "b")));
    }
    let other_port = ClientOptions { insecure_hosts: vec!["index.example:81".to_owned()], ..base() };
    get(&client(other_port), "http://index.example/simple/").await.unwrap();
    assert_eq!(proxy.log().last().unwrap().1, None);
}

#[tokio::test]
async fn a_proxy_gets_its_own_credentials_and_no_proxy_exempts() {
    let proxy = Server::start(|_, _| Answer::text("by proxy"));
    let direct = Server::start(|_, _| Answer::text("direct"));
    let environment = |no_proxy: &str| {
        vec![
            ("HTTP_PROXY".to_owned(), Secret::new(proxy.url_as("pu:p%40ss", ""))),
            ("NO_PROXY".to_owned(), Secret::new(no_proxy)),
        ]
    };
    for (no_proxy, body) in [
        ("", "by proxy"),
        ("example.com, 10.0.0.0/8", "by proxy"),
        ("127.0.0.1", "direct"),
        ("127.0.0.0/8", "direct"),
        ("*", "direct"),
        ("127.0.0.1:1", "by proxy"),
    ] {
        let (client, heard) = listening_client(ClientOptions { proxy_environment: environment(no_proxy), ..options() });
        let (_, answer) = get(&client, &direct.url("/x")).await.unwrap();
        assert_eq!(answer, body, "{no_proxy}");
        assert!(!heard.everything().contains("p@ss") && !heard.everything().contains("p%40ss"));
    }
    assert!(proxy.asked().iter().all(|asked| asked.header("proxy-authorization") == Some(&basic("pu", "p@ss"))));
    assert!(direct.asked().iter().all(|asked| asked.header("proxy-authorization").is_none()));
}

#[tokio::test]
async fn a_proxy_that_wants_other_credentials_is_asked_once() {
    let refusing = Answer::raw("HTTP/1.1 407 No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n");
    for target in ["http://elsewhere.example/", "https://elsewhere.example/"] {
        let answer = refusing.clone();
        let proxy = Server::start(move |_, _| answer.clone());
        let client = client(ClientOptions { proxy: Some(url(&proxy.url_as("pu:wrong", "/"))), ..options() });
        let error = get(&client, target).await.unwrap_err();
        let text = text_of(&error);
        assert!(matches!(error, Error::ProxyRefused { .. }) && !text.contains("wrong"), "{text}");
        assert!(text.contains(&proxy.address.to_string()), "{text}");
        assert!(text.contains("which refuses the user and password that it was given (407"), "{text}");
        assert_eq!(proxy.asked().len(), 1);
        assert_eq!(proxy.asked()[0].header("proxy-authorization"), Some(basic("pu", "wrong").as_str()));
    }
}

#[tokio::test]
async fn the_user_of_a_url_is_known_before_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    fs_err::write(&netrc, "machine netrc.example login bob password b").unwrap();
    let index_urls = vec![url("https://alice:x@corp.example/simple/"), url("https://token@corp.example/other/")];
    let credentials = vec![named("https://named.example/simple/", Some("carol"), "p")];
    let client = client(ClientOptions { index_urls, credentials, netrc: Some(netrc), ..options() });
    for (text, user) in [
        ("https://corp.example/simple/x/", Some("alice")),
        ("https://corp.example/other/x/", Some("token")),
        ("https://dave:y@corp.example/simple/x/", Some("dave")),
        ("https://named.example/simple/x/", Some("carol")),
        ("https://netrc.example/simple/x/", Some("bob")),
        ("http://netrc.example/simple/x/", None),
        ("https://example.org/simple/x/", None),
    ] {
        assert_eq!(client.user_for(&url(text)).as_deref(), user, "{text}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_no_url_matters_only_to_what_goes_through_it() {
    let server = Server::start(|_, _| Answer::text("ok"));
    for (value, no_proxy, works) in
        [("http://[x", "", false), ("gopher://x", "", false), ("gopher://x", "127.0.0.1", true), ("  ", "", true)]
    {
        let set = |name: &str, value: &str| (name.to_owned(), Secret::new(value));
        let proxy_environment = vec![set("http_proxy", value), set("no_proxy", no_proxy)];
        let answer = get(&client(ClientOptions { proxy_environment, ..options() }), &server.url("/")).await;
        assert_eq!(answer.is_ok(), works, "{value}");
        if let Err(error) = answer {
            assert!(matches!(&error, Error::Proxy { setting } if setting == "HTTP_PROXY"), "{error}");
        }
    }
}

#[tokio::test]
async fn the_proxies_of_the_system_serve_where_nothing_is_set() {
    let proxy = Server::start(|_, _| Answer::text("by proxy"));
    let direct = Server::start(|_, _| Answer::text("direct"));
    let folder = tempfile::tempdir().unwrap();
    let (host, port) = (proxy.address.ip(), proxy.address.port());
    let script = format!(
        "echo \"$1\" >> '{}'\necho '<dictionary> {{'\necho '  HTTPEnable : 1'\necho '  HTTPProxy : {host}'\necho '  HTTPPort : {port}'\necho '}}'\n",
        folder.path().join("asked").display()
    );
    let base = || ClientOptions { system_proxies: Some(program(folder.path(), &script)), ..options() };

    let by_system = client(base());
    for _ in 0..2 {
        assert_eq!(get(&by_system, "http://index.example/simple/").await.unwrap().1, "by proxy");
    }
    assert_eq!(get(&by_system, &direct.url("/x")).await.unwrap().1, "direct", "this machine is asked directly");
    let asked = || fs_err::read_to_string(folder.path().join("asked")).unwrap();
    assert_eq!(asked(), "--proxy\n", "the system is asked once");

    let set = |name: &str, value: &str| vec![(name.to_owned(), Secret::new(value))];
    let variable = ClientOptions { proxy_environment: set("HTTP_PROXY", &direct.url_as("", "")), ..base() };
    assert_eq!(get(&client(variable), "http://index.example/").await.unwrap().1, "direct");
    assert_eq!(asked(), "--proxy\n", "a variable comes first, and nobody is asked");
    let exempt = ClientOptions { proxy_environment: set("NO_PROXY", "index.example"), retries: 0, ..base() };
    assert!(get(&client(exempt), "http://index.example/").await.is_err(), "NO_PROXY holds for the system's too");

    let broken = ClientOptions { system_proxies: Some(folder.path().join("none")), ..options() };
    assert_eq!(get(&client(broken), &direct.url("/x")).await.unwrap().1, "direct");
}
