//! TLS: authorities of one's own, client certificates, and hosts that need not prove themselves.
//!
//! The certificates were made with OpenSSL for `localhost` and 127.0.0.1 and are valid until 2126; their keys guard
//! nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;

use super::server::{Answer, Server};
use super::{basic, client, get, options, text_of, url};
use crate::http::{ClientCertificateFault, ClientOptions, Error, TlsReason};

fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/tests/certificates").join(name)
}

fn config(name: &str, client_authority: bool) -> rustls::ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let read = |name: &str| fs_err::read(certificate(name)).unwrap();
    let chain = CertificateDer::pem_slice_iter(&read(name)).collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(&read(name)).unwrap();
    let builder =
        rustls::ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = if client_authority {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&read("ca.pem")).unwrap()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    builder.with_single_cert(chain, key).unwrap()
}

fn secure(server: &Server, path: &str) -> String {
    server.url(path).replace("http:", "https:")
}

fn trusting() -> ClientOptions {
    ClientOptions { ca_bundle: Some(certificate("ca.pem")), retries: 1, ..options() }
}

#[tokio::test]
async fn an_authority_of_ones_own_is_believed_and_no_other() {
    let server = Server::start_tls(config("server.pem", false), |_, _| Answer::text("ok"));
    assert_eq!(get(&client(trusting()), &secure(&server, "/")).await.unwrap().1, "ok");
    assert_eq!(
        get(&client(trusting()), &secure(&server, "/").replace("127.0.0.1", "localhost")).await.unwrap().1,
        "ok"
    );
    let folder = ClientOptions { ca_bundle: Some(certificate("")), ..options() };
    assert_eq!(get(&client(folder), &secure(&server, "/")).await.unwrap().1, "ok");
    let before = server.asked().len();
    for stranger in [options(), ClientOptions { ca_bundle: Some(certificate("client.pem")), ..options() }] {
        let error = get(&client(stranger), &secure(&server, "/")).await.unwrap_err();
        assert!(matches!(error, Error::Tls { .. }) && text_of(&error).contains("--cert"), "{error}");
    }
    assert_eq!(server.asked().len(), before);
}

#[tokio::test]
async fn hosts_allowed_by_name_need_no_certificate_and_others_do() {
    let server = Server::start_tls(config("self-signed.pem", false), |_, _| Answer::text("ok"));
    let allowed = |host: &str| ClientOptions { insecure_hosts: vec![host.to_owned()], ..options() };
    let port = server.address.port();
    for host in ["127.0.0.1".to_owned(), format!("127.0.0.1:{port}")] {
        assert_eq!(get(&client(allowed(&host)), &secure(&server, "/")).await.unwrap().1, "ok");
    }
    for host in ["localhost", "127.0.0.1:1"] {
        let error = get(&client(allowed(host)), &secure(&server, "/")).await.unwrap_err();
        assert!(matches!(error, Error::Tls { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_client_certificate_is_presented() {
    let server = Server::start_tls(config("server.pem", true), |_, _| Answer::text("ok"));
    let with = ClientOptions { client_certificate: Some(certificate("client.pem")), ..trusting() };
    assert_eq!(get(&client(with), &secure(&server, "/")).await.unwrap().1, "ok");
    let error = get(&client(trusting()), &secure(&server, "/")).await.unwrap_err();
    assert!(matches!(&error, Error::Tls { reason: TlsReason::WantsCertificate, .. }), "{error}");
}

#[tokio::test]
async fn a_client_certificate_that_cannot_be_used_is_told_from_others() {
    use ClientCertificateFault::{EncryptedKey, NoCertificate, NoKey};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("client.pem");
    let client_pem = fs_err::read_to_string(certificate("client.pem")).unwrap();
    let encrypted = client_pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let alone = fs_err::read_to_string(certificate("ca.pem")).unwrap();
    let server = Server::start_tls(config("server.pem", true), |_, _| Answer::text("ok"));
    for (text, expected) in [("hello", NoCertificate), (alone.as_str(), NoKey), (encrypted.as_str(), EncryptedKey)] {
        fs_err::write(&file, text).unwrap();
        for trust in [trusting(), ClientOptions { insecure_hosts: vec!["127.0.0.1".to_owned()], ..options() }] {
            let with = ClientOptions { client_certificate: Some(file.clone()), ..trust };
            let error = get(&client(with), &secure(&server, "/")).await.unwrap_err();
            assert!(matches!(&error, Error::ClientCertificate { fault, .. } if *fault == expected), "{error}");
        }
    }
}

#[tokio::test]
async fn files_that_are_no_certificates_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.pem");
    fs_err::write(&text, "hello").unwrap();
    let server = Server::start_tls(config("server.pem", false), |_, _| Answer::text("ok"));
    for options in [
        ClientOptions { ca_bundle: Some(text.clone()), ..options() },
        ClientOptions { ca_bundle: Some(folder.path().join("missing.pem")), ..options() },
        ClientOptions { client_certificate: Some(folder.path().join("missing.pem")), ..options() },
    ] {
        let error = get(&client(options), &secure(&server, "/")).await.unwrap_err();
        assert!(matches!(&error, Error::Certificates { .. }) && error.to_string().contains(".pem"), "{error}");
    }
}

#[tokio::test]
async fn encryption_is_never_given_up_by_a_redirect() {
    let plain = Server::start(|_, _| Answer::text("ok"));
    let target = plain.url("/x");
    let server = Server::start_tls(config("server.pem", false), move |_, _| Answer::redirect(&target));
    let error = get(&client(trusting()), &secure(&server, "/")).await.unwrap_err();
    assert!(matches!(error, Error::InsecureRedirect { .. }) && plain.asked().is_empty(), "{error}");
    let allowed = ClientOptions { insecure_hosts: vec![plain.address.to_string()], ..trusting() };
    assert_eq!(get(&client(allowed), &secure(&server, "/")).await.unwrap().1, "ok");
}

#[tokio::test]
async fn credentials_of_https_stay_there() {
    let server = Server::start_tls(config("server.pem", false), |_, _| Answer::text("ok"));
    let address = server.address;
    let index_urls = vec![url(&format!("https://u:p@{address}/simple/"))];
    let client = client(ClientOptions { index_urls, ..trusting() });
    get(&client, &secure(&server, "/simple/x/")).await.unwrap();
    assert_eq!(server.asked()[0].authorization(), Some(basic("u", "p").as_str()));
}

#[tokio::test]
async fn a_self_signed_certificate_in_the_bundle_is_believed_for_its_name_only() {
    let server = Server::start_tls(config("self-signed.pem", false), |_, _| Answer::text("ok"));
    let pinned = || ClientOptions { ca_bundle: Some(certificate("self-signed.pem")), ..trusting() };
    assert_eq!(get(&client(pinned()), &secure(&server, "/")).await.unwrap().1, "ok");
    let error = get(&client(pinned()), &secure(&server, "/").replace("127.0.0.1", "127.0.0.2")).await.unwrap_err();
    assert!(matches!(error, Error::Tls { .. } | Error::Connect { .. }), "{error}");
    let other = Server::start_tls(config("server.pem", false), |_, _| Answer::text("ok"));
    let error = get(&client(pinned()), &secure(&other, "/")).await.unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error}");
}

#[tokio::test]
async fn what_speaks_no_tls_is_said_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answering = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 512]);
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let error =
        get(&client(ClientOptions { retries: 0, ..trusting() }), &format!("https://{address}/")).await.unwrap_err();
    answering.join().unwrap();
    let text = text_of(&error);
    assert!(text.contains("does not speak TLS") && !text.contains("--cert"), "{text}");
}

#[test]
fn three_sentences_and_a_hint_where_it_helps() {
    use rustls::CertificateError::{ExpiredContext, NotValidYetContext, UnknownIssuer};
    use rustls::pki_types::UnixTime;
    let at = |seconds| UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let check = |fault, expected: &str, helps: bool| {
        let reason = crate::http::TlsReason::of(&rustls::Error::InvalidCertificate(fault), "words".to_owned());
        assert_eq!(reason.to_string(), expected);
        let error = Error::Tls { url: Box::new(url("https://host/")), reason };
        assert_eq!(super::hints::of(&error).unwrap().contains("--cert"), helps, "{expected}");
    };
    let expired = ExpiredContext { time: at(1_800_000_000), not_after: at(1_790_000_000) };
    check(expired, "its certificate expired on 2026-09-21", false);
    let early = NotValidYetContext { time: at(1_700_000_000), not_before: at(1_790_000_000) };
    check(early, "its certificate is valid only from 2026-09-21", false);
    check(UnknownIssuer, "its certificate is signed by an authority that this machine does not know", true);
}
