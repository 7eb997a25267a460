//! Tokens of CodeArtifact, against a stand-in of the services that are asked for them. It checks signatures by itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::server::{Answer, Asked, Server};
use super::{Heard, basic, client, get, listening_client, options, text_of, url};
use crate::http::aws::CodeArtifact;
use crate::http::{AwsOptions, ClientOptions, Error, Secret, find_repository};

pub(super) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(super) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SESSION: &str = "session/token+with=signs";
const TOKEN: &str = "minted-token";
const LOGIN: &str = "identity-center-login";

/// The services of AWS, on one address.
fn aws_services() -> Server {
    Server::start(|asked, _| {
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let json = |text: &str| Answer::new(200, &[("content-type", "application/json")], text);
        let keys = |names: [&str; 4]| {
            let [key, secret, token, end] = names;
            json(&format!(
                r#"{{"Code": "Success", "{key}": "{KEY}", "{secret}": "{SECRET}", "{token}": "{SESSION}", "{end}": "2099-01-01T00:00:00Z"}}"#
            ))
        };
        let usual = ["AccessKeyId", "SecretAccessKey", "Token", "Expiration"];
        match (asked.method.as_str(), path) {
            ("POST", "/v1/authorization-token") => match refusal(asked, "codeartifact") {
                Some(reason) => Answer::new(403, &[], format!(r#"{{"message": "{reason}"}}"#)),
                None if query.contains("domain=corp") => {
                    json(&format!(r#"{{"authorizationToken": "{TOKEN}", "expiration": 4070908800}}"#))
                }
                None => Answer::new(404, &[], r#"{"message": "Domain not found"}"#),
            },
            ("GET", "/v1/repository/endpoint") if refusal(asked, "codeartifact").is_none() => {
                let host = asked.header("host").unwrap();
                json(&format!(r#"{{"repositoryEndpoint": "http://{host}/pypi/private/"}}"#))
            }
            (_, "/") => {
                let form = if query.is_empty() { &asked.body } else { query };
                let is_web = form.contains("Action=AssumeRoleWithWebIdentity")
                    && form.contains("WebIdentityToken=eyJ.web.identity");
                let action = if is_web { "AssumeRoleWithWebIdentity" } else { "AssumeRole" };
                if !is_web && (refusal(asked, "sts").is_some() || !form.contains("ExternalId=ours")) {
                    return Answer::new(
                        403,
                        &[],
                        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
                    );
                }
                Answer::text(&format!(
                    "<{action}Response><{action}Result><Credentials><AccessKeyId>{KEY}</AccessKeyId><SecretAccessKey>{SECRET}\
                     </SecretAccessKey><SessionToken>{SESSION}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
                     </Credentials></{action}Result></{action}Response>"
                ))
            }
            ("GET", "/federation/credentials") if asked.header("x-amz-sso_bearer_token") == Some(LOGIN) => {
                json(&format!(
                    r#"{{"roleCredentials": {{"accessKeyId": "{KEY}", "secretAccessKey": "{SECRET}", "sessionToken": "{SESSION}", "expiration": 4070908800000}}}}"#
                ))
            }
            ("GET", "/container") if asked.authorization() == Some("container-secret") => keys(usual),
            ("PUT", "/latest/api/token") => Answer::text("imds-token"),
            ("GET", path) if asked.header("x-aws-ec2-metadata-token") == Some("imds-token") => match path {
                "/latest/meta-data/iam/security-credentials/" => Answer::text("the-role"),
                "/latest/meta-data/iam/security-credentials/the-role" => keys(usual),
                _ => Answer::status(404),
            },
            ("GET", "/pypi/private/simple/") if asked.authorization() == Some(&basic("aws", TOKEN)) => {
                Answer::text("the index")
            }
            _ => Answer::status(401),
        }
    })
}

/// Why the signature is not the one that AWS would compute (Signature Version 4), if it is not.
pub(super) fn refusal(asked: &Asked, service: &str) -> Option<String> {
    let parse = || {
        let rest = asked.authorization()?.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let parts: BTreeMap<&str, &str> = rest.split(", ").filter_map(|part| part.split_once('=')).collect();
        Some((*parts.get("Credential")?, *parts.get("SignedHeaders")?, *parts.get("Signature")?))
    };
    let Some((credential, signed, signature)) = parse() else { return Some("not signed".to_owned()) };
    let scope: Vec<&str> = credential.split('/').collect();
    let [KEY, date, "eu-west-1", named, "aws4_request"] = scope[..] else { return Some(credential.to_owned()) };
    let body_hash = hex(&Sha256::digest(&asked.body));
    let covers = |name| signed.split(';').any(|it| it == name);
    if named != service || asked.header("x-amz-content-sha256")? != body_hash || !covers("host") {
        return Some("another service, body or host".to_owned());
    }
    if asked.header("x-amz-security-token").is_some_and(|token| token != SESSION || !covers("x-amz-security-token")) {
        return Some("the session token is not signed".to_owned());
    }
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let mut query: Vec<&str> = query.split('&').collect();
    query.sort_unstable();
    let headers: Vec<String> = signed.split(';').map(|name| format!("{name}:{}\n", asked.headers[name])).collect();
    let headers = headers.concat();
    let request = format!("{}\n{path}\n{}\n{headers}\n{signed}\n{body_hash}", asked.method, query.join("&"));
    let scope = scope[1..].join("/");
    let time = asked.header("x-amz-date")?;
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(request)));
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in [date, "eu-west-1", service, "aws4_request", &text] {
        key = hmac(&key, part.as_bytes());
    }
    (hex(&key) != signature).then(|| "the signature does not match".to_owned())
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block.resize(64, 0);
    let padded = |pad: u8| block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
    let inner = Sha256::digest([padded(0x36), text.to_vec()].concat());
    Sha256::digest([padded(0x5c), inner.to_vec()].concat()).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Surroundings whose services are the stand-in, and where no other source is asked.
fn surroundings(services: &Server, home: &Path, variables: &[(&str, String)]) -> AwsOptions {
    let usual = [
        ("AWS_ENDPOINT_URL", services.url("")),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ];
    // The last of a name counts.
    let all: BTreeMap<&str, String> = usual.into_iter().chain(variables.iter().cloned()).collect();
    let variables = all.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(value))).collect();
    AwsOptions { variables, home: Some(home.to_owned()), program: None }
}

/// Asks for the index of the repository, from nothing but `codeartifact://corp/private`.
async fn ask(aws: AwsOptions) -> (Result<(u16, String), Error>, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    let base = ClientOptions { aws: Some(aws), ..options() };
    let found = match find_repository(&url("codeartifact://corp/private"), &base, heard.clone()).await {
        Ok(found) => found,
        Err(error) => return (Err(error), heard),
    };
    let index = found.url.reveal().to_string();
    let base = ClientOptions { index_urls: vec![found.url.clone()], repositories: vec![found], ..base };
    let (client, heard) = listening_client(base);
    (get(&client, &index).await, heard)
}

fn write(home: &Path, name: &str, text: &str) {
    let path = home.join(".aws").join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, text).unwrap();
}

const SSO: &str = "sso_account_id = 123456789012\nsso_role_name = Reader\n";
const LOGIN_AT: &str = "sso_start_url = https://corp.awsapps.example/start\nsso_region = eu-west-1\n";

#[tokio::test]
async fn every_source_of_the_chain_gives_a_token() {
    let services = aws_services();
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let set = |name: &'static str, value: &str| (name, value.to_owned());
    let profile = |name: &str| vec![set("AWS_PROFILE", name)];
    write(
        home,
        "credentials",
        &format!(
            "# keys\n[keys]\naws_access_key_id = {KEY}\naws_secret_access_key={SECRET}\n\n[temporary]\naws_access_key_id={KEY} # ours\n\
         aws_secret_access_key={SECRET}\naws_session_token={SESSION}\n[role-source]\naws_access_key_id={KEY}\naws_secret_access_key={SECRET}\n"
        ),
    );
    let script = home.join("process");
    fs_err::write(
        &script,
        format!(
            "#!/bin/sh\necho '{{\"Version\": 1, \"AccessKeyId\": \"{KEY}\", \"SecretAccessKey\": \"{SECRET}\"}}'\n"
        ),
    )
    .unwrap();
    fs_err::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let web = home.join("web-token");
    fs_err::write(&web, "eyJ.web.identity\n").unwrap();
    write(
        home,
        "config",
        &format!(
            "[default]\nregion = eu-west-1\ns3 =\n    max_queue_size = 1\n\n[profile new login]\nsso_session = corp\n{SSO}\
         [sso-session corp]\n{LOGIN_AT}sso_registration_scopes = sso:account:access\n\n[profile old]\n{LOGIN_AT}{SSO}\
         [profile role]\nrole_arn = arn:aws:iam::123456789012:role/reader\nsource_profile = role-source\nexternal_id = ours\n\
         [profile web]\nrole_arn = arn:aws:iam::123456789012:role/reader\nweb_identity_token_file = {}\n\
         [profile process]\ncredential_process = {} --json\n[profile empty]\n[profile circle]\nrole_arn = x\nsource_profile = circle2\n\
         [profile circle2]\nrole_arn = x\nsource_profile = circle\n[profile second]\nrole_arn = x\nmfa_serial = y\nsource_profile = keys\n\
         [profile lost]\nsso_session = gone\n{SSO}",
            web.display(),
            script.display()
        ),
    );
    let login = format!(r#"{{"accessToken": "{LOGIN}", "expiresAt": "2099-01-01T00:00:00Z"}}"#);
    for (name, expires) in [("corp", "2099"), ("https://corp.awsapps.example/start", "2099")] {
        // The cache of the AWS programs names files by SHA-1; these two were computed by `sha1sum`.
        let hash = if name == "corp" { CORP_SHA1 } else { START_SHA1 };
        write(home, &format!("sso/cache/{hash}.json"), &login.replace("2099", expires));
    }
    let key = set("AWS_ACCESS_KEY_ID", KEY);
    let secret = set("AWS_SECRET_ACCESS_KEY", SECRET);
    let role = set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/reader");
    let container = set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &services.url("/container"));
    let imds = set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &services.url("/"));
    let on = set("AWS_EC2_METADATA_DISABLED", "false");
    for (variables, whence) in [
        (vec![key.clone(), secret.clone()], "AWS_ACCESS_KEY_ID"),
        (vec![key.clone(), secret.clone(), set("AWS_SESSION_TOKEN", SESSION)], "AWS_ACCESS_KEY_ID"),
        (profile("keys"), "profile `keys`"),
        (profile("temporary"), "profile `temporary`"),
        (profile("new login"), "profile `new login`"),
        (profile("old"), "profile `old`"),
        (profile("role"), "profile `role`"),
        (profile("web"), "profile `web`"),
        (profile("process"), "profile `process`"),
        (vec![set("AWS_WEB_IDENTITY_TOKEN_FILE", &web.display().to_string()), role], "AWS_WEB_IDENTITY_TOKEN_FILE"),
        (vec![container, set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-secret")], "the container"),
        (vec![imds, on], "the instance"),
    ] {
        let (answer, heard) = ask(surroundings(&services, home, &variables)).await;
        assert_eq!(answer.map_err(|error| format!("{whence}: {}", text_of(&error))).unwrap().1, "the index");
        assert!(heard.everything().contains(whence), "{whence}: {}", heard.everything());
        for secret in [SECRET, SESSION, TOKEN, LOGIN, "eyJ.web", "container-secret", "imds-token"] {
            assert!(!heard.everything().contains(secret), "{whence}: {}", heard.everything());
        }
    }
    for (variables, reason) in [
        (profile("nobody"), "there is no `nobody`"),
        (profile("empty"), "profile `empty`: it holds no credentials"),
        (profile("circle"), "without end"),
        (profile("second"), "a code of a second factor"),
        (profile("lost"), "there is no sso-session `gone`"),
        (vec![key], "AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY"),
        (vec![], "instance: switched off by AWS_EC2_METADATA_DISABLED"),
    ] {
        let (answer, _) = ask(surroundings(&services, home, &variables)).await;
        let text = text_of(&answer.unwrap_err());
        assert!(text.contains(reason) && text.contains("`codeartifact://corp/private"), "{text}");
    }
}

/// `printf corp | sha1sum`
const CORP_SHA1: &str = "ee0bfd2552fbd840c02cc48b6e823320543c450f";
/// `printf https://corp.awsapps.example/start | sha1sum`
const START_SHA1: &str = "1667e2e8d0e47b926b6e3048caee923410901ca4";

fn with_keys(services: &Server, home: &Path, secret: &str) -> AwsOptions {
    let keys = [("AWS_ACCESS_KEY_ID", KEY.to_owned()), ("AWS_SECRET_ACCESS_KEY", secret.to_owned())];
    surroundings(services, home, &keys)
}

#[tokio::test]
async fn a_token_is_minted_once_while_others_wait_and_goes_only_to_its_index() {
    let services = aws_services();
    let elsewhere = Server::start(|_, _| Answer::text("ok"));
    let folder = tempfile::tempdir().unwrap();
    let base = ClientOptions { aws: Some(with_keys(&services, folder.path(), SECRET)), ..options() };
    let found = find_repository(&url("codeartifact://corp/private"), &base, Arc::new(Heard::default())).await.unwrap();
    let index = found.url.reveal().to_string();
    let client = client(ClientOptions { index_urls: vec![found.url.clone()], repositories: vec![found], ..base });
    for answer in futures_util::future::join_all((0..8).map(|_| get(&client, &index))).await {
        assert_eq!(answer.unwrap().1, "the index");
    }
    get(&client, &elsewhere.url("/files/x.whl")).await.unwrap();
    let minted = services.asked().iter().filter(|asked| asked.path.starts_with("/v1/authorization-token")).count();
    assert_eq!(minted, 1);
    assert_eq!(elsewhere.log(), [("/files/x.whl".to_owned(), None)]);
}

#[tokio::test]
async fn a_refused_call_says_who_asked_and_what_the_service_said() {
    let services = aws_services();
    let folder = tempfile::tempdir().unwrap();
    let host = "corp-123456789012.d.codeartifact.eu-west-1.amazonaws.com";
    let (client, heard) = listening_client(ClientOptions {
        proxy: Some(url(&services.url("/"))),
        proxy_environment: vec![("NO_PROXY".to_owned(), Secret::new("127.0.0.1"))],
        insecure_hosts: vec![host.to_owned()],
        aws: Some(with_keys(&services, folder.path(), "another secret")),
        ..options()
    });
    let error = get(&client, &format!("http://{host}/pypi/private/simple/")).await.unwrap_err();
    assert!(text_of(&error).contains("a token of CodeArtifact"), "{}", text_of(&error));
    let warning = heard.warnings().join("\n");
    for part in ["/v1/authorization-token", "AWS_ACCESS_KEY_ID", "status 403", "the signature does not match"] {
        assert!(warning.contains(part), "{warning}");
    }
    assert!(!warning.contains("another secret"));
}

#[tokio::test]
async fn the_command_line_is_asked_where_nothing_else_gives_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let aws = super::helper_programs::program(folder.path(), "echo minted");
    let good = basic("aws", "minted");
    let proxy = Server::start(move |asked, _| match asked.authorization() {
        Some(header) if header == good => Answer::text("ok"),
        _ => Answer::status(401),
    });
    let host = "my-team-123456789012.d.codeartifact.eu-west-1.amazonaws.com";
    let surroundings = |program: &Path| {
        let variables = vec![("AWS_EC2_METADATA_DISABLED".to_owned(), Secret::new("true"))];
        AwsOptions { variables, home: None, program: Some(program.to_owned()) }
    };
    let base = |program: &Path| ClientOptions {
        proxy: Some(url(&proxy.url("/"))),
        insecure_hosts: vec![host.to_owned()],
        aws: Some(surroundings(program)),
        ..options()
    };
    for (index, requests) in [(format!("http://{host}/pypi/x/simple/"), 2), (format!("http://aws@{host}/y/"), 1)] {
        let before = proxy.asked().len();
        assert_eq!(get(&client(base(&aws)), &index).await.unwrap().1, "ok");
        assert_eq!(proxy.asked().len() - before, requests, "{index}");
    }
    let call = "codeartifact get-authorization-token --domain my-team --domain-owner 123456789012 --region eu-west-1 \
                --query authorizationToken --output text";
    assert_eq!(super::helper_programs::calls(folder.path()), [call, call]);
    let (client, heard) = listening_client(base(&folder.path().join("missing")));
    get(&client, &format!("http://{host}/pypi/x/simple/")).await.unwrap_err();
    let warning = heard.warnings().join("\n");
    for part in ["environment: AWS_ACCESS_KEY_ID is not set", "profile", "web identity", "container", "was not found"] {
        assert!(warning.contains(part), "{warning}");
    }
}

#[tokio::test]
async fn services_are_asked_over_https_or_on_this_machine_only() {
    let folder = tempfile::tempdir().unwrap();
    let services = aws_services();
    let mut aws = with_keys(&services, folder.path(), SECRET);
    aws.variables.retain(|(name, _)| name != "AWS_ENDPOINT_URL");
    aws.variables.push(("AWS_ENDPOINT_URL_CODEARTIFACT".to_owned(), Secret::new("http://codeartifact.example")));
    let (answer, _) = ask(aws).await;
    let text = text_of(&answer.unwrap_err());
    assert!(text.contains("would not be encrypted"), "{text}");
}

#[tokio::test]
async fn an_instance_that_does_not_answer_costs_about_a_second() {
    let silent = Server::start(|_, _| Answer::silence(Duration::from_secs(5)));
    let folder = tempfile::tempdir().unwrap();
    let set = |name, value: String| (name, value);
    let variables =
        [set("AWS_EC2_METADATA_DISABLED", "false".into()), set("AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.url(""))];
    let start = Instant::now();
    let (answer, _) = ask(surroundings(&silent, folder.path(), &variables)).await;
    assert!(text_of(&answer.unwrap_err()).contains("instance"), "it says what was tried");
    assert!(start.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn the_short_form_needs_no_service_where_it_says_everything() {
    let aws = |region: Option<&str>| {
        let region = region.map(|region| ("AWS_REGION".to_owned(), Secret::new(region)));
        AwsOptions { variables: region.into_iter().collect(), home: None, program: None }
    };
    let find = async |text: &str, region| {
        let options = ClientOptions { aws: Some(aws(region)), offline: true, ..options() };
        let found = find_repository(&url(text), &options, Arc::new(Heard::default())).await;
        found.map(|found| found.url.reveal().to_string()).map_err(|error| text_of(&error))
    };
    let expected = "https://corp-123456789012.d.codeartifact.eu-west-1.amazonaws.com/pypi/private/simple/";
    let owner = "codeartifact://corp/private?owner=123456789012";
    assert_eq!(find(&format!("{owner}&region=eu-west-1"), None).await.unwrap(), expected);
    assert_eq!(find(owner, Some("eu-west-1")).await.unwrap(), expected);
    assert!(find(owner, Some("cn-north-1")).await.unwrap().contains(".cn-north-1.amazonaws.com.cn/"));
    for (text, reason) in [
        (owner, "no region is known"),
        ("codeartifact://corp/private?region=eu-west-1", "the run is offline"),
        ("codeartifact://corp", "DOMAIN/REPOSITORY"),
        ("codeartifact://corp/a/b", "DOMAIN/REPOSITORY"),
        ("codeartifact://corp/private?owner=12", "12 digits"),
        ("codeartifact://corp/private?token=x", "only `owner` and `region`"),
    ] {
        let said = find(text, None).await.unwrap_err();
        assert!(said.contains(reason), "{text}: {said}");
    }
}

#[test]
fn codeartifact_hosts_are_recognised_strictly() {
    let check = |host: &str, expected: Option<(&str, &str, &str)>| {
        let found = CodeArtifact::of(url(&format!("https://{host}/pypi/repo/simple/")).reveal());
        let found = found.as_ref();
        let found = found.map(|it| (it.domain.as_str(), it.owner.as_deref().unwrap_or_default(), it.region.as_str()));
        assert_eq!(found, expected, "{host}");
    };
    let account = "corp-123456789012.d.codeartifact";
    check(&format!("{account}.eu-west-1.amazonaws.com"), Some(("corp", "123456789012", "eu-west-1")));
    check(&format!("{account}.cn-north-1.amazonaws.com.cn"), Some(("corp", "123456789012", "cn-north-1")));
    check(&format!("{account}.eu-west-1.on.aws"), Some(("corp", "123456789012", "eu-west-1")));
    check(&format!("{account}.eu-west-1.amazonaws.com.evil.example"), None);
    check(&format!("{account}.evil.example"), None);
    check("corp.d.codeartifact.eu-west-1.amazonaws.com", None);
    check("-123456789012.d.codeartifact.eu-west-1.amazonaws.com", None);
    check("x.corp-123456789012.d.codeartifact.eu-west-1.amazonaws.com", None);
    check("amazonaws.com", None);
}
