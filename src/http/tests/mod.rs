//! The door against servers that misbehave: which requests carried credentials, and that everything ends.

mod server;
mod buckets;
mod busy;
mod codeartifact;
mod credentials;
mod ends;
mod files;
mod helper_programs;
mod netrc;
mod texts;
mod tls;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Client, ClientOptions, Error, HttpRequest};
use crate::reporter::{Level, Reporter};
use crate::spec::SafeUrl;

/// Options that make tests fast.
fn options() -> ClientOptions {
    ClientOptions {
        timeout: Duration::from_millis(400),
        connect_timeout: Duration::from_secs(2),
        first_pause: Duration::from_millis(4),
        longest_pause: Duration::from_secs(2),
        aws: None,
        ..ClientOptions::default()
    }
}

/// Remembers messages of every level.
#[derive(Default)]
struct Heard(Mutex<Vec<(Level, String)>>);

impl Heard {
    fn warnings(&self) -> Vec<String> {
        let heard = self.0.lock().unwrap();
        heard.iter().filter(|(level, _)| *level == Level::Warning).map(|(_, text)| text.clone()).collect()
    }

    fn everything(&self) -> String {
        self.0.lock().unwrap().iter().fold(String::new(), |all, (_, text)| all + text + "\n")
    }
}

impl Reporter for Heard {
    fn message(&self, level: Level, text: &str) {
        self.0.lock().unwrap().push((level, text.to_owned()));
    }
    fn download_started(&self, _filename: &str, _size: Option<u64>) -> usize {
        0
    }
    fn download_progress(&self, _handle: usize, _bytes: u64) {}
    fn download_finished(&self, _handle: usize) {}
    fn shows(&self, _level: Level) -> bool {
        true
    }
}

fn client(options: ClientOptions) -> Client {
    Client::new(options, Arc::new(Heard::default())).unwrap()
}

fn listening_client(options: ClientOptions) -> (Client, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    (Client::new(options, heard.clone()).unwrap(), heard)
}

fn url(text: &str) -> SafeUrl {
    SafeUrl::parse(text).unwrap()
}

/// Gets a URL: status and body.
async fn get(client: &Client, text: &str) -> Result<(u16, String), Error> {
    let response = client.get(HttpRequest::new(url(text))).await?;
    let status = response.status();
    Ok((status, String::from_utf8(response.bytes(1 << 20).await?).unwrap()))
}

/// The words of the command line.
#[path = "../../bin/barrow/hints/http.rs"]
mod hints;

/// An error and its hint, as a person sees them.
fn text_of(error: &Error) -> String {
    use std::error::Error as _;
    let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{source} {}", hints::of(error).unwrap_or_default())
}

fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}
