//! Why a run failed, as one message: what failed, why, and what the user can do.

#![expect(clippy::format_push_string, reason = "a text for people, made once in a run")]

use std::error::Error;

use serde_json::{Value, json};

use crate::exit_code::Exit;
use crate::hints;
use crate::paint::{paint, printable};

/// A failed run.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    exit: Exit,
}

impl Failure {
    /// A failure without causes and hints.
    pub(crate) fn new(message: impl Into<String>, exit: Exit) -> Self {
        Self { message: message.into(), causes: Vec::new(), hints: Vec::new(), exit }
    }

    /// Wrong usage.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(message, Exit::Usage)
    }

    /// A signal stopped the run.
    pub(crate) fn interrupted() -> Self {
        Self::new("interrupted", Exit::Interrupted)
    }

    /// An error of the library with its chain of causes.
    pub(crate) fn of(error: &dyn Error, exit: Exit) -> Self {
        let failure = Self::new(error.to_string(), exit);
        match error.source() {
            Some(source) => failure.because(source),
            None => failure,
        }
    }

    /// Adds a cause and its own causes; what was said already is not repeated.
    pub(crate) fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            let text = cause.to_string();
            let said = self.causes.last().unwrap_or(&self.message);
            if !text.is_empty() && !said.ends_with(&text) {
                self.causes.push(text);
            }
            next = cause.source();
        }
        self
    }

    /// Adds what the user can do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says what it is about, where several things may fail.
    pub(crate) fn about(mut self, label: &str) -> Self {
        self.message = format!("{label}: {}", self.message);
        self
    }

    /// Exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// For people.
    pub(crate) fn to_text(&self, colored: bool) -> String {
        let mut text = format!("{} {}\n", paint(colored, "1;31", "error:"), printable(self.message.trim_end()));
        for cause in &self.causes {
            text += &format!("  {} {}\n", paint(colored, "1", "because:"), indented(&printable(cause.trim_end())));
        }
        for hint in &self.hints {
            text += &format!("{} {}\n", paint(colored, "1;36", "hint:"), printable(hint));
        }
        text
    }

    /// What failed.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Why, and what the user can do, a line each.
    pub(crate) fn details(&self) -> String {
        let causes = self.causes.iter().map(|cause| format!("because: {cause}"));
        let hints = self.hints.iter().map(|hint| format!("hint: {hint}"));
        causes.chain(hints).collect::<Vec<_>>().join("\n")
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "schema": 1,
            "error": {
                "message": self.message,
                "causes": self.causes,
                "hints": self.hints,
                "exit_code": self.exit as u8,
            },
        })
    }
}

/// Keeps the lines of one cause together.
fn indented(text: &str) -> String {
    text.replace('\n', "\n    ")
}

impl From<barrow::request::RequestError> for Failure {
    fn from(error: barrow::request::RequestError) -> Self {
        barrow::ops::Error::from(error).into()
    }
}

impl From<barrow::ops::Error> for Failure {
    fn from(error: barrow::ops::Error) -> Self {
        let exit = if error.is_usage() { Exit::Usage } else { Exit::Failed };
        let failure = Self::of(&error, exit);
        hints::of(&error).into_iter().fold(failure, Self::hint)
    }
}

impl From<barrow::check::CheckError> for Failure {
    /// What cannot be checked at all is wrong usage.
    fn from(error: barrow::check::CheckError) -> Self {
        Self::of(&error, Exit::Usage)
    }
}
