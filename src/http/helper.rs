//! Programs that are asked for credentials: `keyring`, `aws`, and what AWS profiles name.
//!
//! They run with standard input closed and under a time limit. What `aws` and its like write on standard error is
//! passed on as it comes, because it may ask the person to do something; what `keyring` writes is chatter of its
//! backends unless it fails.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use url::Url;

use super::error::shown;
use super::secret::Secret;
use crate::reporter::{Level, Reporter};
use crate::spec::SafeUrl;

/// Longest answer of a helper, bytes: tokens have a few thousand.
const ANSWER_LIMIT: u64 = 64 * 1024;

/// What a helper answered.
pub(super) struct HelperAnswer {
    pub(super) user: String,
    pub(super) password: Secret,
}

/// Asks `keyring` for one service.
///
/// With a user name it is asked as every version understands it; without one as keyring 25.2.1 and later do.
pub(super) async fn ask_keyring(
    program: &Path,
    service: &str,
    user: Option<&str>,
    limit: Duration,
    reporter: &dyn Reporter,
) -> Result<Option<HelperAnswer>, String> {
    let Some(user) = user else {
        let arguments = ["--mode=creds", "--output=json", "get", service];
        return Ok(run_quietly(program, &arguments, limit, reporter).await?.as_deref().and_then(parse_credentials));
    };
    let answer = run_quietly(program, &["get", service, user], limit, reporter).await?;
    let password = answer.as_deref().map(|text| text.trim_end_matches(['\r', '\n'])).filter(|text| !text.is_empty());
    Ok(password.map(|password| HelperAnswer { user: user.to_owned(), password: Secret::new(password) }))
}

/// `{"username": …, "password": …}`, or the two on lines of their own.
fn parse_credentials(text: &str) -> Option<HelperAnswer> {
    #[derive(serde::Deserialize)]
    struct Credentials {
        username: String,
        password: String,
    }
    let (user, password) = if let Ok(credentials) = serde_json::from_str::<Credentials>(text) {
        (credentials.username, credentials.password)
    } else {
        let mut lines = text.lines();
        (lines.next()?.to_owned(), lines.next()?.to_owned())
    };
    (!password.is_empty()).then(|| HelperAnswer { user, password: Secret::new(password) })
}

/// The services under which keyring may hold an index's credentials, as pip and uv call it: the URL, then the host.
pub(super) fn keyring_services(index: Option<&SafeUrl>, url: &Url) -> Vec<String> {
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let index = index.map(|index| index.without_credentials().without_fragment().reveal().to_string());
    index.into_iter().chain([host]).collect()
}

/// Runs a program; `None` when it ends with a failure, which is how these programs say "nothing here". What it says on
/// standard error is passed on at once.
pub(super) async fn run(
    program: &Path,
    arguments: &[&str],
    limit: Duration,
    reporter: &dyn Reporter,
) -> Result<Option<String>, String> {
    talk_to(program, arguments, limit, &|text| reporter.message(Level::Warning, text)).await
}

/// Runs a program as [`run`] does; what it says on standard error is a warning only when it fails.
async fn run_quietly(
    program: &Path,
    arguments: &[&str],
    limit: Duration,
    reporter: &dyn Reporter,
) -> Result<Option<String>, String> {
    let said = std::sync::Mutex::new(Vec::new());
    let hold = |text: &str| said.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(text.to_owned());
    let answer = talk_to(program, arguments, limit, &hold).await;
    let level = if matches!(answer, Ok(Some(_))) { Level::Detail } else { Level::Warning };
    for text in said.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter() {
        reporter.message(level, text);
    }
    answer
}

async fn talk_to(
    program: &Path,
    arguments: &[&str],
    limit: Duration,
    says: &(dyn Fn(&str) + Sync),
) -> Result<Option<String>, String> {
    let name = program.display().to_string();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("the program `{name}` was not found"),
            _ => format!("the program `{name}` could not be started: {error}"),
        })?;
    let mut stdout = child.stdout.take().expect("it was asked to be piped").take(ANSWER_LIMIT);
    let mut stderr = BufReader::new(child.stderr.take().expect("it was asked to be piped")).take(ANSWER_LIMIT);
    let talk = async {
        let mut answer = Vec::new();
        let listen = async {
            let mut line = Vec::new();
            while stderr.read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
                let text = shown(String::from_utf8_lossy(&line).trim_end());
                if !text.is_empty() {
                    says(&format!("{name}: {text}"));
                }
                line.clear();
            }
        };
        let (read, ()) = tokio::join!(stdout.read_to_end(&mut answer), listen);
        read.map_err(|error| format!("the answer of `{name}` could not be read: {error}"))?;
        let status = child.wait().await.map_err(|error| format!("`{name}` could not be waited for: {error}"))?;
        Ok::<_, String>(status.success().then_some(answer))
    };
    let answer = tokio::time::timeout(limit, talk)
        .await
        .map_err(|_| format!("the program `{name}` did not answer within {} seconds", limit.as_secs()))??;
    answer.map(|bytes| String::from_utf8(bytes).map_err(|_| format!("the answer of `{name}` is not UTF-8"))).transpose()
}
