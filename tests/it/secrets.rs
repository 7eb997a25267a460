//! Credentials from every source, and everything that every command writes: the one is never found in the other.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

const USER: &str = "deploy";
/// With characters that are written otherwise in URLs, so that both forms can be looked for.
const SECRET: &str = "m4rked/s3cret+of%ours";

/// Where the credentials come from.
#[derive(Clone, Copy, Debug)]
enum From {
    Url,
    Variable,
    Netrc,
    PipConf,
    Keyring,
    RequirementsFile,
}

const SOURCES: [From; 6] =
    [From::Url, From::Variable, From::Netrc, From::PipConf, From::Keyring, From::RequirementsFile];

const COMMANDS: &[&[&str]] = &[
    &["config"],
    &["config", "--json"],
    &["lock", "-o", "pylock.toml"],
    &["lock", "--format", "requirements", "--generate-hashes", "-o", "locked.txt"],
    &["lock", "--format", "json", "-o", "-"],
    &["tree"],
    &["why", "app", "--json"],
    &["install", "-t", "installed"],
    &["bundle", "source", "-o", "bundled", "--json"],
    &["bundle", "source", "-o", "bundle.zip"],
    &["layer", "-o", "layer"],
    &["fingerprint", "source"],
    &["mirror", "-o", "mirror"],
    // What cannot be done: messages hold URLs.
    &["install", "missing-project", "-t", "nothing"],
    &["install", "app==9", "-t", "nothing", "--offline"],
];

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The forms in which the secret could come to light.
fn marks() -> Vec<String> {
    let pair = format!("{USER}:{SECRET}");
    let plain = [SECRET.to_owned(), encoded(SECRET), encoded(SECRET).to_lowercase(), SECRET.replace('%', "%25")];
    plain.into_iter().chain([STANDARD.encode(&pair), URL_SAFE.encode(&pair), STANDARD.encode(SECRET)]).collect()
}

/// A context whose settings hold the credentials, and what every command is given.
fn prepare(from: From, server: &RunningIndex) -> (TestContext, Vec<(&'static str, String)>, Vec<String>) {
    let context = TestContext::new();
    context.write("source/app.py", "def handler(event, context): pass\n");
    let (plain, full) = (server.url(), server.url_with(USER, &encoded(SECRET)));
    let user_only = plain.replace("http://", &format!("http://{USER}@"));
    let mut text = "app\n".to_owned();
    let path = |path: &Path| path.display().to_string();
    let (variables, index) = match from {
        From::Url => (vec![], Some(full)),
        From::Variable => (
            vec![("BARROW_INDEX_CORP_USERNAME", USER.to_owned()), ("BARROW_INDEX_CORP_PASSWORD", SECRET.to_owned())],
            Some(plain.clone()),
        ),
        From::Netrc => {
            let netrc = context.write("netrc", format!("machine 127.0.0.1 login {USER} password {SECRET}\n"));
            context.chmod("netrc", 0o600);
            (vec![("NETRC", path(&netrc))], Some(plain.clone()))
        }
        From::PipConf => {
            let conf = context.write("pip.conf", format!("[global]\nindex-url = {full}\n"));
            (vec![("PIP_CONFIG_FILE", path(&conf))], None)
        }
        From::Keyring => {
            let keyring = context.write("bin/keyring", format!("#!/bin/sh\necho '{SECRET}'\n"));
            fs_err::set_permissions(&keyring, std::fs::Permissions::from_mode(0o755)).unwrap();
            let folders = format!("{}:/usr/bin:/bin", context.path("bin").display());
            (vec![("PATH", folders), ("BARROW_KEYRING_PROVIDER", "subprocess".to_owned())], Some(user_only))
        }
        From::RequirementsFile => {
            text = format!("--index-url {full}\n{text}");
            (vec![], None)
        }
    };
    context.write("requirements.txt", text);
    let mut arguments: Vec<String> = ["-r", "requirements.txt", "-vvv"].map(str::to_owned).to_vec();
    if let Some(index) = index {
        arguments.extend(["--index-url".to_owned(), index]);
    }
    if matches!(from, From::Variable) {
        arguments.extend(["--index".to_owned(), format!("corp={plain}")]);
    }
    (context, variables, arguments)
}

#[test]
fn a_credential_is_written_nowhere() {
    let app = WheelBuilder::new("app", "1.0").requires("lib");
    for from in SOURCES {
        let server = IndexServer::new().file(app.clone()).file(WheelBuilder::new("lib", "2.0"));
        let server = server.credentials(USER, SECRET).start();
        let (context, variables, arguments) = prepare(from, &server);
        // What the user wrote himself is not what barrow wrote.
        let own = ["netrc", "pip.conf", "bin", "requirements.txt"].map(|name| context.path(name));
        for words in COMMANDS {
            let mut command: Command = context.barrow();
            let output = command.args(*words).args(&arguments).envs(variables.iter().cloned()).output().unwrap();
            let shown = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
            let shown = String::from_utf8_lossy(&shown).into_owned();
            let is_expected_to_fail = words.contains(&"nothing");
            assert_eq!(output.status.success(), !is_expected_to_fail, "{from:?} {words:?}\n{shown}");
            for mark in marks() {
                assert!(!shown.contains(&mark), "{from:?} {words:?} shows `{mark}`:\n{shown}");
            }
        }
        let found = find_below(context.root(), &own);
        assert!(found.is_empty(), "{from:?}: {found:?}");
    }
}

/// Files below `folder` with a mark in name or content, those in `own` aside.
fn find_below(folder: &Path, own: &[std::path::PathBuf]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if own.contains(&path) {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            found.extend(find_below(&path, own));
        }
        let content = if path.is_file() { fs_err::read(&path).unwrap() } else { Vec::new() };
        let has = |bytes: &[u8], mark: &str| bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
        let marked = marks().into_iter().find(|mark| has(&content, mark) || has(path.as_os_str().as_bytes(), mark));
        found.extend(marked.map(|mark| format!("`{mark}` in {}", path.display())));
    }
    found
}
