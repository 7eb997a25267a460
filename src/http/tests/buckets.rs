//! Objects in buckets: addresses, signatures (checked by the stand-in itself), regions, refusals.

use std::time::Duration;

use super::codeartifact::{KEY, SECRET, refusal};
use super::server::{Answer, Server};
use super::{client, get, listening_client, options, text_of, url};
use crate::http::{AwsOptions, ClientOptions, HttpRequest, Payload, Secret, Verb};

/// The store: objects are under `/bucket/`, and every request has to be signed for `eu-west-1`.
fn store() -> Server {
    Server::start(|asked, _| {
        let is_other_region = asked.authorization().is_some_and(|it| it.contains("/us-east-1/s3/"));
        if is_other_region {
            return Answer::new(400, &[("x-amz-bucket-region", "eu-west-1")], "<Error><Code>Wrong</Code></Error>");
        }
        if let Some(reason) = refusal(asked, "s3") {
            return Answer::new(
                403,
                &[],
                format!("<Error><Code>AccessDenied</Code><Message>{reason}</Message></Error>"),
            );
        }
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/bucket/a%20b/torch-2.0%2Bcpu.whl") => Answer::text("the wheel"),
            ("PUT", "/bucket/new") if asked.body == "content" => Answer::status(200),
            ("PUT", "/bucket/old") if asked.header("if-none-match") == Some("*") => Answer::status(412),
            _ => Answer::status(404),
        }
    })
}

fn with(server: &Server, variables: &[(&str, &str)]) -> ClientOptions {
    let endpoint = server.url("").trim_end_matches('/').to_owned();
    let own = [("AWS_ENDPOINT_URL_S3", endpoint.as_str()), ("AWS_EC2_METADATA_DISABLED", "true")];
    let all = own.iter().chain(variables);
    let variables = all.map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect();
    ClientOptions { aws: Some(AwsOptions { variables, home: None, program: None }), ..options() }
}

fn keys<'a>() -> [(&'a str, &'a str); 3] {
    [("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_REGION", "eu-west-1")]
}

#[tokio::test]
async fn objects_are_asked_for_with_signatures_and_keys_encoded_once() {
    let server = store();
    let client = client(with(&server, &keys()));
    for text in ["s3://bucket/a%20b/torch-2.0+cpu.whl", "s3://bucket/a b/torch-2.0%2Bcpu.whl"] {
        assert_eq!(get(&client, text).await.unwrap(), (200, "the wheel".to_owned()), "{text}");
    }
    assert_eq!(get(&client, "s3://bucket/none").await.unwrap().0, 404);
    assert!(client.secrets().iter().any(|secret| secret.reveal() == SECRET));
}

#[tokio::test]
async fn contents_are_put_and_conditions_kept() {
    let server = store();
    let client = client(with(&server, &keys()));
    let payload = || Payload::bytes(b"content".to_vec(), "text/plain");
    let status = async |payload, text| client.get(HttpRequest::put(url(text), payload)).await.unwrap().status();
    assert_eq!(status(payload(), "s3://bucket/new").await, 200);
    assert_eq!(status(payload().only_if_absent(), "s3://bucket/old").await, 412);
    let head = client.get(HttpRequest::of(Verb::Head, url("s3://bucket/none"))).await.unwrap();
    assert_eq!(head.status(), 404);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), "content").unwrap();
    let digest = crate::spec::sha256(b"content");
    assert_eq!(status(Payload::file(file.path().to_owned(), 7, digest, "text/plain"), "s3://bucket/new").await, 200);
}

#[tokio::test]
async fn the_region_is_learned_from_the_store() {
    let server = store();
    let client = client(with(&server, &keys()[..2]));
    assert_eq!(get(&client, "s3://bucket/a b/torch-2.0+cpu.whl").await.unwrap().0, 200);
    assert_eq!(get(&client, "s3://bucket/a b/torch-2.0+cpu.whl").await.unwrap().0, 200);
    assert_eq!(server.asked().len(), 3, "the second request knows it: {:?}", server.log());
}

#[tokio::test]
async fn a_refusal_says_the_word_of_the_store_and_as_whom() {
    let server = store();
    let (client, heard) = listening_client(with(&server, &[]));
    let error = get(&client, "s3://bucket/none").await.unwrap_err();
    let text = text_of(&error);
    for part in ["s3://bucket/none", "403", "AccessDenied", "AWS_ACCESS_KEY_ID is not set", "s3:ListBucket"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let wrong = [("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", "another"), ("AWS_REGION", "eu-west-1")];
    let (wrong, heard_too) = listening_client(with(&server, &wrong));
    let text = text_of(&get(&wrong, "s3://bucket/none").await.unwrap_err());
    assert!(text.contains("the AWS credentials of AWS_ACCESS_KEY_ID") && !text.contains("another"), "{text}");
    for said in [heard.everything(), heard_too.everything()] {
        assert!(!said.contains(SECRET) && !said.contains("another"), "{said}");
    }
}

#[tokio::test]
async fn buckets_stand_in_the_host_where_the_endpoint_wants_that() {
    let options = |style: &str, variables: &[(&str, &str)]| {
        let server = Server::start(|_, _| Answer::status(404));
        let mut options = with(&server, variables);
        let aws = options.aws.as_mut().unwrap();
        aws.variables.push(("AWS_S3_ADDRESSING_STYLE".to_owned(), Secret::new(style)));
        (server, options)
    };
    let (_server, wrong) = options("sideways", &keys());
    let error = get(&client(wrong), "s3://bucket/a").await.unwrap_err();
    assert!(error.to_string().contains("`path` nor `virtual`"), "{error}");
    let (server, virtual_hosted) = options("virtual", &keys());
    // No name server is needed for names below localhost.
    let mut virtual_hosted = ClientOptions { connect_timeout: Duration::from_secs(2), retries: 0, ..virtual_hosted };
    let port = server.url("/").rsplit(':').next().unwrap().trim_end_matches('/').to_owned();
    let aws = virtual_hosted.aws.as_mut().unwrap();
    aws.variables[0].1 = Secret::new(format!("http://localhost:{port}"));
    match get(&client(virtual_hosted), "s3://bucket/a").await {
        Ok((status, _)) => {
            assert_eq!(status, 404);
            let host = server.asked()[0].header("host").unwrap().to_owned();
            assert_eq!((host, server.asked()[0].path.as_str()), (format!("bucket.localhost:{port}"), "/a"));
        }
        // Not every system finds names below localhost; then the name that was looked for is told.
        Err(error) => assert!(error.to_string().contains("s3://bucket/a"), "{error}"),
    }
    let dots = get(&client(with(&store(), &keys())), "s3://bucket/../other/key").await;
    assert!(dots.is_ok_and(|(status, _)| status == 404), "such a URL has no dots left");
}
