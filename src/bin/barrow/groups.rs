//! What the log of a CI system folds away: the details that `-v` adds, which are looked at when something went wrong.
//!
//! GitHub reads `::group::` and `::endgroup::` (GitHub Actions, "Workflow commands"), GitLab reads markers with a time
//! and a name (GitLab CI/CD, "Custom collapsible sections"). Warnings, errors and the lines that a run has without `-v`
//! stay outside.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::host::Host;

/// What a group is called.
const TITLE: &str = "Details";

/// Groups in the log of the system that the run is in.
pub(crate) struct Groups {
    system: System,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
enum System {
    GitHub,
    /// When the program began, for both clocks: seconds since 1970, and the one that measures.
    GitLab(i64, Instant),
}

#[derive(Default)]
struct State {
    is_open: bool,
    /// Groups so far: each needs a name of its own.
    count: usize,
}

impl Groups {
    /// The groups of the system whose variables are there; `None`: of no such system.
    pub(crate) fn of(host: &Host) -> Option<Self> {
        let is = |variable: &str| host.variable(variable).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let system = if is("GITHUB_ACTIONS") {
            System::GitHub
        } else if is("GITLAB_CI") {
            System::GitLab(host.now.as_second(), Instant::now())
        } else {
            return None;
        };
        Some(Self { system, state: Mutex::default() })
    }

    /// Gives `write` what is printed before the next line: a group is opened before a detail, and closed before
    /// anything else. Lines of other threads wait meanwhile, so that none of them comes between the mark and its line.
    pub(crate) fn before(&self, is_detail: bool, write: impl FnOnce(String)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        write(self.mark(&mut state, is_detail));
    }

    fn mark(&self, state: &mut State, is_detail: bool) -> String {
        if state.is_open == is_detail {
            return String::new();
        }
        state.is_open = is_detail;
        if is_detail {
            state.count += 1;
        }
        match (self.system, is_detail) {
            (System::GitHub, true) => format!("::group::{TITLE}\n"),
            (System::GitHub, false) => "::endgroup::\n".to_owned(),
            (System::GitLab(..), true) => {
                let (time, name) = (self.time(), state.count);
                format!("\u{1b}[0Ksection_start:{time}:barrow_{name}[collapsed=true]\r\u{1b}[0K{TITLE}\n")
            }
            (System::GitLab(..), false) => {
                format!("\u{1b}[0Ksection_end:{}:barrow_{}\r\u{1b}[0K\n", self.time(), state.count)
            }
        }
    }

    fn time(&self) -> i64 {
        match self.system {
            System::GitHub => 0,
            System::GitLab(now, began) => now.saturating_add(i64::try_from(began.elapsed().as_secs()).unwrap_or(0)),
        }
    }
}
