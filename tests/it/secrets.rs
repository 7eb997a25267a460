//! Credentials from every source, and everything that every command writes: the one is never found in the other.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::support::raw_server::{RawServer, answer};
use crate::support::{IndexServer, RunningIndex, TestContext, TokenService, WheelBuilder};

const USER: &str = "deploy";
/// With characters that are written otherwise in URLs, so that both forms can be looked for.
const SECRET: &str = "m4rked/s3cret+of%ours";

/// Where the credentials come from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum From {
    Url,
    TokenAsUser,
    Password,
    Token,
    UvVariable,
    Netrc,
    PipConf,
    ConfigFile,
    Keyring,
    RequirementsFile,
    FindLinks,
    Proxy,
    CodeArtifact,
    ClientKey,
    WrongPassword,
    BrokenNetrc,
}

const SOURCES: [From; 16] = [
    From::Url,
    From::TokenAsUser,
    From::Password,
    From::Token,
    From::UvVariable,
    From::Netrc,
    From::PipConf,
    From::ConfigFile,
    From::Keyring,
    From::RequirementsFile,
    From::FindLinks,
    From::Proxy,
    From::CodeArtifact,
    From::ClientKey,
    From::WrongPassword,
    From::BrokenNetrc,
];

/// What needs no answer of an index, so that it succeeds with every source.
const LOCAL: &[&[&str]] = &[&["config"], &["config", "--json"], &["fingerprint", "source"], &["cache", "size"]];

const COMMANDS: &[&[&str]] = &[
    &["lock", "-o", "pylock.toml"],
    &["lock", "--format", "requirements", "--generate-hashes", "-o", "locked.txt"],
    &["lock", "--format", "json", "-o", "-"],
    &["tree"],
    &["tree", "--json"],
    &["why", "app"],
    &["why", "app", "--json"],
    &["install", "-t", "installed"],
    &["install", "-t", "installed-too", "--no-cache", "--json"],
    &["bundle", "source", "-o", "bundled", "--json"],
    &["bundle", "source", "-o", "bundle.zip"],
    &["bundle", "source", "-o", "described", "--sbom", "cyclonedx", "--sbom", "spdx", "--json"],
    &["layer", "-o", "layer"],
    &["mirror", "-o", "mirror", "--json"],
    &["mirror", "-o", "mirror", "--verify"],
];

/// What cannot be done: messages hold URLs.
const FAILING: &[&[&str]] = &[
    &["install", "missing-project", "-t", "nothing"],
    &["install", "missing-project", "-t", "nothing", "--json"],
    &["install", "app==9", "-t", "nothing", "--offline"],
    &["lock", "app==9", "--no-index", "-o", "-"],
    &["bundle", "source", "-o", "nothing", "--max-size", "1B"],
];

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The forms in which the secret could come to light.
fn marks() -> Vec<String> {
    let plain = [
        SECRET.to_owned(),
        encoded(SECRET),
        encoded(SECRET).to_lowercase(),
        SECRET.replace('%', "%25"),
        encoded(&encoded(SECRET)),
        // What `Debug` makes of it, and JSON, in which a slash may be escaped.
        SECRET.replace('/', "\\/"),
    ];
    // In base64 the same bytes look one of three ways, by what stands before them; the ends depend on the neighbours.
    let base64 = (0..3).flat_map(|before| {
        let text = [&vec![b'x'; before], SECRET.as_bytes()].concat();
        let inner = |text: String| text[[0, 2, 3][before]..text.len() - 2].to_owned();
        [inner(STANDARD_NO_PAD.encode(&text)), inner(URL_SAFE_NO_PAD.encode(&text))]
    });
    let pairs = [USER, "aws", "__token__", ""].map(|user| STANDARD.encode(format!("{user}:{SECRET}")));
    plain.into_iter().chain(base64).chain(pairs).chain(key_lines()).collect()
}

fn client_certificate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/tests/certificates/client.pem")
}

/// The lines of the private key of the client certificate.
fn key_lines() -> Vec<String> {
    let text = fs_err::read_to_string(client_certificate()).unwrap();
    let key = text.split("PRIVATE KEY-----").nth(1).unwrap();
    key.lines().filter(|line| line.len() > 20 && !line.starts_with('-')).map(str::to_owned).collect()
}

/// A run's surroundings.
struct Setup {
    context: TestContext,
    variables: Vec<(&'static str, String)>,
    arguments: Vec<String>,
    /// Whether the index answers.
    works: bool,
    _service: Option<TokenService>,
}

fn prepare(from: From, server: &RunningIndex) -> Setup {
    let context = TestContext::new();
    context.write("source/app.py", "def handler(event, context): pass\n");
    let (plain, full) = (server.url(), server.url_with(USER, &encoded(SECRET)));
    let path = |path: PathBuf| path.display().to_string();
    let mut text = "app\n".to_owned();
    let mut arguments: Vec<String> = ["-r", "requirements.txt", "-vvv"].map(str::to_owned).to_vec();
    let mut index = Some(plain.clone());
    let mut variables = Vec::new();
    let mut service = None;
    let mut works = true;
    let netrc = |text: String| {
        let file = context.write("netrc", text);
        context.chmod("netrc", 0o600);
        ("NETRC", path(file))
    };
    match from {
        From::Url => index = Some(full),
        From::TokenAsUser => index = Some(plain.replace("http://", &format!("http://{}@", encoded(SECRET)))),
        From::Password => {
            variables.push(("BARROW_INDEX_CORP_USERNAME", USER.to_owned()));
            variables.push(("BARROW_INDEX_CORP_PASSWORD", SECRET.to_owned()));
        }
        From::Token => variables.push(("BARROW_INDEX_CORP_TOKEN", SECRET.to_owned())),
        From::UvVariable => {
            variables.push(("UV_INDEX_CORP_USERNAME", USER.to_owned()));
            variables.push(("UV_INDEX_CORP_PASSWORD", SECRET.to_owned()));
        }
        From::Netrc => variables.push(netrc(format!("machine 127.0.0.1 login {USER} password {SECRET}\n"))),
        From::BrokenNetrc => {
            works = false;
            variables.push(netrc(format!("machine 127.0.0.1 login {USER} passwort {SECRET}\n")));
        }
        From::PipConf => {
            let conf = context.write("pip.conf", format!("[global]\nindex-url = {full}\n"));
            variables.push(("PIP_CONFIG_FILE", path(conf)));
            index = None;
        }
        From::ConfigFile => {
            context.write("barrow.toml", format!("[[index]]\nname = \"corp\"\nurl = \"{full}\"\ndefault = true\n"));
            index = None;
        }
        From::Keyring => {
            let keyring = context.write("bin/keyring", format!("#!/bin/sh\necho '{SECRET}'\n"));
            fs_err::set_permissions(&keyring, std::fs::Permissions::from_mode(0o755)).unwrap();
            let folders = format!("{}:/usr/bin:/bin", context.path("bin").display());
            variables.extend([("PATH", folders), ("BARROW_KEYRING_PROVIDER", "subprocess".to_owned())]);
            index = Some(plain.replace("http://", &format!("http://{USER}@")));
        }
        From::RequirementsFile => {
            text = format!("--index-url {full}\n{text}");
            index = None;
        }
        From::FindLinks => {
            let page = format!("{full}app/");
            let more = format!("{full}lib/");
            arguments.extend(["--no-index", "--find-links", &page, "--find-links", &more].map(str::to_owned));
            index = None;
        }
        From::Proxy => {
            // The server answers to whole URLs too: so it is the proxy of a host that is none.
            index = Some("http://packages.example/simple/".to_owned());
            variables.push(("HTTP_PROXY", full.replace("/simple/", "")));
        }
        From::CodeArtifact => {
            let started = TokenService::start(server, SECRET);
            variables.extend([
                ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
                ("AWS_SESSION_TOKEN", SECRET.to_owned()),
                ("AWS_REGION", "eu-west-1".to_owned()),
                ("AWS_ENDPOINT_URL", started.url()),
            ]);
            service = Some(started);
            index = Some("codeartifact://acme/private".to_owned());
        }
        From::ClientKey => {
            // The server speaks no TLS, so the certificate is read and the handshake fails.
            works = false;
            index = Some(plain.replace("http://", "https://"));
            arguments.extend(["--client-cert".to_owned(), path(client_certificate()), "--retries=0".to_owned()]);
        }
        From::WrongPassword => {
            works = false;
            index = Some(server.url_with("somebody", &encoded(SECRET)));
        }
    }
    context.write("requirements.txt", text);
    arguments.extend(index.into_iter().flat_map(|index| ["--index-url".to_owned(), index]));
    if matches!(from, From::Password | From::Token | From::UvVariable) {
        arguments.extend(["--index".to_owned(), format!("corp={plain}")]);
    }
    variables.push(("BARROW_ERROR_FILE", path(context.path("error.txt"))));
    Setup { context, variables, arguments, works, _service: service }
}

/// An index whose files only the credentials open.
fn index_for(from: From) -> RunningIndex {
    let app = WheelBuilder::new("app", "1.0").requires("lib");
    let server = IndexServer::new().file(app).file(WheelBuilder::new("lib", "2.0"));
    match from {
        From::Proxy => server.start(),
        From::TokenAsUser => server.credentials(SECRET, "").start(),
        From::Token => server.credentials("__token__", SECRET).start(),
        From::CodeArtifact => server.credentials("aws", SECRET).start(),
        _ => server.credentials(USER, SECRET).start(),
    }
}

#[test]
fn a_credential_is_written_nowhere() {
    let marks = marks();
    for from in SOURCES {
        let server = index_for(from);
        let setup = prepare(from, &server);
        let context = &setup.context;
        // What the user wrote himself is not what barrow wrote.
        let own = ["netrc", "pip.conf", "bin", "requirements.txt", "barrow.toml"].map(|name| context.path(name));
        let all = LOCAL.iter().chain(COMMANDS).chain(FAILING);
        for words in all {
            let mut command = context.barrow();
            command.args(*words).envs(setup.variables.iter().cloned());
            if words[0] != "cache" {
                command.args(&setup.arguments);
            }
            let output = command.output().unwrap();
            let shown = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
            let shown = String::from_utf8_lossy(&shown).into_owned();
            let succeeds = LOCAL.contains(words) || (setup.works && COMMANDS.contains(words));
            assert_eq!(output.status.success(), succeeds, "{from:?} {words:?}\n{shown}");
            for mark in &marks {
                assert!(!shown.contains(mark), "{from:?} {words:?} shows `{mark}`:\n{shown}");
            }
            let found = find_below(context.root(), &own, &marks);
            assert!(found.is_empty(), "{from:?} {words:?}: {found:?}");
        }
        assert!(context.path("error.txt").exists(), "{from:?}: a run failed");
        let was_used = !setup.works || server.requests().iter().any(|request| request.authorized);
        assert!(was_used || from == From::Proxy, "{from:?}: {}", server.log());
    }
}

/// Files below `folder` with a mark in name or content, those in `own` aside.
fn find_below(folder: &Path, own: &[PathBuf], marks: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if own.contains(&path) {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            found.extend(find_below(&path, own, marks));
        }
        let content = if path.is_file() { fs_err::read(&path).unwrap() } else { Vec::new() };
        let (content, name) = (String::from_utf8_lossy(&content), String::from_utf8_lossy(path.as_os_str().as_bytes()));
        let marked = marks.iter().find(|mark| content.contains(*mark) || name.contains(*mark));
        found.extend(marked.map(|mark| format!("`{mark}` in {}", path.display())));
    }
    found
}

#[test]
fn the_marks_are_found_in_whatever_surrounds_them() {
    let marks = marks();
    for before in ["", "a", "ab", "user:", "Basic deploy:"] {
        let text = STANDARD.encode(format!("{before}{SECRET}!"));
        assert!(marks.iter().any(|mark| text.contains(mark)), "{before}: {text}");
    }
}

#[test]
fn a_token_in_the_query_of_an_index_is_in_no_lock_and_no_result() {
    let wheel = WheelBuilder::new("tiny", "1.0").build();
    let index = RawServer::start(move |asked| {
        let path = asked.path.split('?').next().unwrap_or_default();
        match path.rsplit('/').next() {
            Some("") => {
                answer(200, &[("content-type", "text/html")], format!("<a href=\"/{0}\">{0}</a>", wheel.filename))
            }
            _ => answer(200, &[], &wheel.bytes),
        }
    });
    let context = TestContext::new();
    let url = format!("{}?page=1&token=s3cr3ttoken", index.url("/simple/"));
    let run = |words: &[&str]| {
        let output = context.barrow().args(words).args(["--index-url", &url]).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    for words in [
        &["lock", "tiny", "-o", "-"][..],
        &["lock", "tiny", "-o", "-", "--format", "json"],
        &["lock", "tiny", "-o", "-", "--format", "requirements", "--generate-hashes"],
        &["tree", "tiny", "--json"],
        &["install", "tiny", "-t", "out", "--json"],
    ] {
        let told = run(words);
        assert!(!told.contains("s3cr3ttoken"), "{words:?}: {told}");
    }
    assert!(run(&["lock", "tiny", "-o", "-"]).contains("?page=1\""), "what is no secret stays");
}

#[test]
fn a_url_in_the_wrong_place_is_refused_without_its_password() {
    let context = TestContext::new();
    let url = "https://deploy:s3cret@host.test/simple/";
    let lines: [&[&str]; 14] = [
        &["lock", "bb", "-o", "-", "--extra", url],
        &["lock", "bb", "-o", "-", "--group", url],
        &["lock", "bb", "-o", "-", "--index-strategy", url],
        &["lock", "bb", "-o", "-", "--keyring-provider", url],
        &["lock", "bb", "-o", "-", "--accept-record", url],
        &["lock", "bb", "-o", "-", "--prerelease", url],
        &["bundle", "--source", url, "-o", "out"],
        &["bundle", "--max-size", url, "-o", "out"],
        &["bundle", url, url, "-o", "out"],
        &["why", url],
        &["explain", url],
        &["check", ".", "--handler", url],
        &["cache", url],
        &[url],
    ];
    for words in lines {
        for more in [&[][..], &["--color", "always"], &["--json"]] {
            let output = context.barrow().args(words).args(more).output().unwrap();
            let shown = context.show(&output).replace(url, "");
            let said = [&output.stdout[..], &output.stderr].concat();
            assert!(!output.status.success(), "{words:?}: {shown}");
            assert!(!String::from_utf8_lossy(&said).contains("s3cret"), "{words:?} {more:?}: {shown}");
        }
    }
}
