//! Progress and messages as a trait: rooms tell, only the binary shows.

use std::fmt;

/// How important a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something the user should know; shown unless `-q`.
    Warning,
    /// One line per phase; shown unless `-q`.
    Status,
    /// Every decision; shown with `-v`.
    Detail,
    /// Every request; shown with `-vv`.
    Trace,
}

/// What a run is doing, for a line that shows it while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Projects are asked for and versions chosen; counted in projects.
    Resolving,
    /// Wheels are built from source; counted in wheels.
    Building,
    /// Wheels are unpacked into the cache; counted in wheels.
    Unpacking,
    /// The output is written; counted in files.
    Writing,
    /// The work is done or given up, and what only this run needed on disk is removed.
    Removing,
}

/// Receives what rooms have to tell. Texts are single lines and hold no credential.
pub trait Reporter: Send + Sync {
    /// A message.
    fn message(&self, level: Level, text: &str);

    /// A download of `size` bytes (when known) starts; the handle is for [`Reporter::download_progress`] and
    /// [`Reporter::download_finished`].
    fn download_started(&self, filename: &str, size: Option<u64>) -> usize;

    /// More bytes of a download have arrived.
    fn download_progress(&self, handle: usize, bytes: u64);

    /// A download has ended, well or not.
    fn download_finished(&self, handle: usize);

    /// A stage of the run has done `done` of `total`; `total` is 0 while it is not known.
    fn reached(&self, stage: Stage, done: usize, total: usize) {
        let _ = (stage, done, total);
    }

    /// The output at `place`, one of several, is in this stage now; `None`: work on it begins.
    fn unit_reached(&self, place: usize, stage: Option<Stage>) {
        let _ = (place, stage);
    }

    /// Whether messages of this level are shown, for texts that are costly to make.
    fn shows(&self, level: Level) -> bool;
}

/// Whether a character could make a terminal do something, or show text otherwise than it is: control characters, and
/// marks that turn the direction of writing around or cannot be seen.
pub fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// Text from outside as part of a line: what is harmful is shown as escapes, line ends too, so that it cannot pass for
/// a line of our own.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// Text in which no system that reads logs finds a command: GitHub and Azure take `##[command]` and `##vso[command]` for one
/// wherever in a line they stand (actions/runner, `ActionCommand`; Azure Pipelines, "Logging commands").
pub fn without_commands(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains("##[") || text.contains("##vso[") {
        text.replace("##[", "# #[").replace("##vso[", "# #vso[").into()
    } else {
        text.into()
    }
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

/// A number of things: `1 package`, `2 packages`.
pub fn counted(count: impl fmt::Display + Copy, what: &str) -> String {
    let count = count.to_string();
    let s = if count == "1" { "" } else { "s" };
    format!("{count} {what}{s}")
}

/// A reporter that shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn message(&self, _level: Level, _text: &str) {}
    fn download_started(&self, _filename: &str, _size: Option<u64>) -> usize {
        0
    }
    fn download_progress(&self, _handle: usize, _bytes: u64) {}
    fn download_finished(&self, _handle: usize) {}
    fn shows(&self, _level: Level) -> bool {
        false
    }
}
