//! What users see: results on standard output, everything else on standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use barrow::reporter::{Level, Reporter, Stage, one_line, without_commands};
use barrow::spec::hide_credentials;
use clap::ValueEnum as _;

use crate::args::{ColorChoice, GeneralArgs};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::groups::Groups;
use crate::host::Host;
use crate::paint::{paint, printable, printable_json};
use crate::progress::{Progress, ProgressState, RowState};
use crate::wrap::{MOST_LINES, WIDEST, shortened, wrapped};

/// Which messages and results are shown, and how.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the user's, independent of the others")]
pub(crate) struct Output {
    colored: bool,
    /// Results, which go to standard output, are colored.
    colors_results: bool,
    /// Whether errors are shown.
    speaks: bool,
    /// The least important level that is shown; `None`: none.
    least: Option<Level>,
    json: bool,
    /// Where the messages of a failed run go as well.
    error_file: Option<PathBuf>,
    /// What stands in that file.
    told: Mutex<String>,
    /// How wide messages are.
    width: usize,
    /// What the log of a CI system folds away.
    groups: Option<Groups>,
    /// The line that shows what is being done; `None`: nobody watches.
    progress: Option<Progress>,
}

impl Output {
    /// Output as the flags and the environment ask for it.
    pub(crate) fn new(host: &Host, general: &GeneralArgs) -> Self {
        let variable = host.variable("BARROW_COLOR").and_then(|word| ColorChoice::from_str(word, true).ok());
        let is_colored = |usual: anstream::ColorChoice| match general.color.or(variable).unwrap_or_default() {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => usual != anstream::ColorChoice::Never,
        };
        let colored = is_colored(anstream::AutoStream::choice(&io::stderr()));
        let colors_results = is_colored(anstream::AutoStream::choice(&io::stdout()));
        let least = match (general.quiet, general.verbose) {
            (0, 0) => Some(Level::Status),
            (0, 1) => Some(Level::Detail),
            (0, _) => Some(Level::Trace),
            _ => None,
        };
        let is_watched = io::stderr().is_terminal() && host.variable("CI").is_none();
        let wants_progress = is_watched
            && least.is_some()
            && !general.no_progress
            && !general.json
            && host.variable("BARROW_NO_PROGRESS").is_none()
            && host.variable("TERM") != Some("dumb");
        Self {
            colored,
            colors_results,
            speaks: general.quiet < 2,
            least,
            json: general.json,
            error_file: general.error_file.clone().or_else(|| error_file(host)),
            told: Mutex::default(),
            width: width(),
            groups: if general.json { None } else { Groups::of(host) },
            progress: wants_progress.then(Progress::new),
        }
    }

    /// Whether results are painted.
    pub(crate) fn colors_results(&self) -> bool {
        self.colors_results
    }

    /// A warning of the binary itself.
    pub(crate) fn warn(&self, text: &str) {
        self.message(Level::Warning, text);
    }

    /// One line about a phase of the run.
    pub(crate) fn status(&self, text: &str) {
        self.message(Level::Status, text);
    }

    /// One decision of the run.
    pub(crate) fn detail(&self, text: &str) {
        self.message(Level::Detail, text);
    }

    /// Prints why the command line cannot be used, as JSON: nothing else is known of what the user wants.
    pub(crate) fn failure_before_start(failure: &Failure) {
        let _ = io::stderr().lock().write_all(json_line(failure).as_bytes());
    }

    /// Prints why the command line cannot be used; `text` has its colours, unless it holds something that is not for
    /// terminals.
    pub(crate) fn refusal_before_start(text: &str, is_harmful: bool) {
        let text = if is_harmful { printable(text) } else { text.to_owned() };
        let lines = wrapped(&text, width(), 0, 2);
        let _ = io::stderr().lock().write_all(lines.join("\n").as_bytes());
    }

    /// Prints a result. A reader that went away has what it wanted.
    pub(crate) fn result(text: &str) -> Result<(), Failure> {
        match Self::written(text) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::new("failed to write to standard output", Exit::Failed).because(&error))
            }
            _ => Ok(()),
        }
    }

    /// Writes to standard output at once, and tells whether somebody reads.
    pub(crate) fn written(text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    /// Prints a result for people, in which there may be text from outside.
    pub(crate) fn text(text: &str) -> Result<(), Failure> {
        Self::result(&printable(text))
    }

    /// Prints one JSON object.
    pub(crate) fn object(value: &serde_json::Value) -> Result<(), Failure> {
        Self::result(&printable_json(&format!("{value:#}\n")))
    }

    /// Prints what another program looks for in what a run says.
    pub(crate) fn command(&self, text: &str) {
        self.write(&printable(text));
    }

    /// Prints why the run, or a part of it, failed, and gives it as text without colours. That, and the file for it,
    /// have everything, whatever is shown.
    pub(crate) fn failure(&self, failure: &Failure) -> String {
        let text = |colored, width, is_whole| {
            if self.json { json_line(failure) } else { failure.to_text(colored, width, is_whole) }
        };
        self.end_group();
        if self.speaks {
            self.write(&text(self.colored, self.width, self.shows(Level::Detail)));
        }
        let plain = text(false, WIDEST, true);
        if let Some(file) = &self.error_file {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            told.push_str(&plain);
            if let Err(error) = fs_err::write(file, &*told) {
                self.warn(&error.to_string());
            }
        }
        plain
    }

    /// Shows a table of outputs while they are made, where somebody watches; tells whether it is shown.
    pub(crate) fn begin_table(&self, names: impl Iterator<Item = String>) -> bool {
        self.update(|state| state.begin_table(names.map(|name| printable(&name)).collect())).is_some()
    }

    /// Tells the progress line, where there is one.
    fn update<T>(&self, change: impl FnOnce(&mut ProgressState) -> T) -> Option<T> {
        self.progress.as_ref().map(|progress| progress.update(change))
    }

    /// Shows in the table what happened to one of the outputs.
    pub(crate) fn reach_row(&self, place: usize, reached: RowState) {
        self.update(|state| state.reach_row(place, reached));
    }

    /// Ends the group of details that a CI system folds away.
    pub(crate) fn end_group(&self) {
        if let Some(groups) = &self.groups {
            groups.before(false, |mark| {
                if !mark.is_empty() {
                    self.write(&mark);
                }
            });
        }
    }

    /// Takes away the line that shows what is being done: the work is over.
    pub(crate) fn end_progress(&self) {
        if let Some(progress) = &self.progress {
            progress.end();
        }
    }

    /// Writes to standard error; there is nobody to tell when that fails.
    fn write(&self, text: &str) {
        let write = || {
            let _ = io::stderr().lock().write_all(text.as_bytes());
        };
        match &self.progress {
            Some(progress) => progress.suspend(write),
            None => write(),
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        paint(self.colored, code, text)
    }
}

impl Reporter for Output {
    fn message(&self, level: Level, text: &str) {
        if !self.shows(level) {
            return;
        }
        let text = one_line(&without_commands(&hide_credentials(text)));
        let label = if level == Level::Warning { "warning: " } else { "" };
        let mut lines = match level {
            // What a backend writes is left as it is.
            Level::Trace => vec![text],
            _ => wrapped(&text, self.width, label.len(), 2),
        };
        if !self.shows(Level::Detail) {
            lines = shortened(lines, MOST_LINES);
        }
        let text = lines.join("\n");
        let line = match level {
            Level::Warning => format!("{} {text}\n", self.paint("1;33", label.trim_end())),
            Level::Status => format!("{text}\n"),
            Level::Detail | Level::Trace => format!("{}\n", self.paint("2", &text)),
        };
        let is_detail = matches!(level, Level::Detail | Level::Trace);
        match &self.groups {
            Some(groups) => groups.before(is_detail, |mark| self.write(&(mark + &line))),
            None => self.write(&line),
        }
    }

    fn download_started(&self, filename: &str, size: Option<u64>) -> usize {
        self.update(|state| state.start(printable(filename), size)).unwrap_or(0)
    }

    fn download_progress(&self, handle: usize, bytes: u64) {
        self.update(|state| state.receive(handle, bytes));
    }

    fn download_finished(&self, handle: usize) {
        self.update(|state| state.finish(handle));
    }

    fn reached(&self, stage: Stage, done: usize, total: usize) {
        self.update(|state| state.reach(stage, done, total));
    }

    fn unit_reached(&self, place: usize, stage: Option<Stage>) {
        self.reach_row(place, RowState::Working(stage));
    }

    fn shows(&self, level: Level) -> bool {
        self.least.is_some_and(|least| level <= least)
    }
}

/// How wide messages are: as is read well, or as the terminal is where that is less.
fn width() -> usize {
    let terminal = io::stderr().is_terminal().then(|| usize::from(console::Term::stderr().size().1));
    terminal.map_or(WIDEST, |columns| columns.clamp(NARROWEST, WIDEST))
}

/// Columns that messages have even on a terminal with fewer, which breaks them itself.
const NARROWEST: usize = 40;

/// The file that the environment names for the message of a failed run.
pub(crate) fn error_file(host: &Host) -> Option<PathBuf> {
    host.variable("BARROW_ERROR_FILE").map(PathBuf::from)
}

fn json_line(failure: &Failure) -> String {
    printable_json(&format!("{}\n", failure.to_json())).into_owned()
}

/// Refuses a variable for colours that says nothing.
pub(crate) fn check_colors(host: &Host) -> Result<(), Failure> {
    match host.variable("BARROW_COLOR") {
        Some(word) if ColorChoice::from_str(word, true).is_err() => {
            Err(Failure::usage(format!("invalid value of $BARROW_COLOR: `{word}` is none of auto, always, never")))
        }
        _ => Ok(()),
    }
}
