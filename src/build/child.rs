//! Programs that a build runs: in a process group of their own, so that they end with all that they have started.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::surroundings::Variables;
use super::{BuildError, fence};

/// How often a running program is looked at.
const PAUSE: Duration = Duration::from_millis(10);

/// Most bytes that are read of what a program writes: those at its end.
const OUTPUT_MOST: u64 = 4 << 20;

/// Programs that are running, and whether they may go on; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Children {
    groups: Arc<Mutex<BTreeSet<i32>>>,
    /// Set when the user wants to stop.
    pub(crate) interrupted: Arc<AtomicBool>,
}

impl Children {
    /// Ends all of them and what they have started: for a run that is over, however it came about.
    pub fn kill_all(&self) {
        for group in std::mem::take(&mut *self.groups()) {
            kill_group(group);
        }
    }

    fn groups(&self) -> MutexGuard<'_, BTreeSet<i32>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A program to run.
pub(super) struct ChildCommand<'a> {
    pub(super) program: &'a Path,
    pub(super) arguments: Vec<OsString>,
    pub(super) folder: &'a Path,
    pub(super) variables: &'a Variables,
    /// The time after which it is ended.
    pub(super) limit: Option<Duration>,
    /// Whether it may use the network.
    pub(super) network: bool,
}

/// What became of it.
pub(super) struct ChildOutput {
    pub(super) success: bool,
    /// For messages: `exit code 1`.
    pub(super) status: String,
    /// What it wrote on standard output and standard error, in this order of time.
    pub(super) output: String,
}

/// Runs a program to its end, or until the user wants to stop.
pub(super) fn run(job: &ChildCommand<'_>, children: &Children) -> Result<ChildOutput, BuildError> {
    let failed = |source| BuildError::Start { program: job.program.to_owned(), source };
    let mut written = tempfile::tempfile().map_err(failed)?;
    let (stdout, stderr) = (written.try_clone().map_err(failed)?, written.try_clone().map_err(failed)?);
    let fence = if job.network { &[] } else { fence::words() };
    let mut command = match fence {
        [] => Command::new(job.program),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(job.program);
            command
        }
    };
    command.args(&job.arguments).current_dir(job.folder).env_clear().envs(job.variables.iter());
    command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).process_group(0);
    let mut child = command.spawn().map_err(failed)?;
    let group = i32::try_from(child.id()).expect("the system's process numbers are of this type");
    children.groups().insert(group);
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ok(describe(status)),
            Ok(None) if children.interrupted.load(Ordering::Relaxed) => break Err(BuildError::Interrupted),
            Ok(None) if job.limit.is_some_and(|limit| started.elapsed() > limit) => {
                let minutes = started.elapsed().as_secs() / 60;
                let after = if minutes == 0 { "in time".to_owned() } else { format!("within {minutes} minutes") };
                break Ok((false, format!("no answer {after}, and was stopped")));
            }
            Ok(None) => std::thread::sleep(PAUSE),
            Err(error) => break Err(failed(error)),
        }
    };
    // A program that has ended may have left others behind.
    children.groups().remove(&group);
    kill_group(group);
    let _ = child.wait();
    let (success, status) = status?;
    Ok(ChildOutput { success, status, output: end_of(&mut written).map_err(failed)? })
}

fn describe(status: ExitStatus) -> (bool, String) {
    use std::os::unix::process::ExitStatusExt as _;
    let text = match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no exit code".to_owned(),
    };
    (status.success(), text)
}

fn end_of(file: &mut std::fs::File) -> std::io::Result<String> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(OUTPUT_MOST)))?;
    let mut bytes = Vec::new();
    file.take(OUTPUT_MOST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The last lines of an output, without control characters, for a message.
pub(super) fn last_lines(output: &str, count: usize) -> String {
    let lines: Vec<&str> = output.trim_end().lines().collect();
    let lines = &lines[lines.len().saturating_sub(count)..];
    lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n")
}

/// A line that a terminal takes for nothing but text.
pub(super) fn printable(line: &str) -> String {
    line.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| !c.is_control()).collect()
}

/// Ends a program and what it has started: the standard library ends one process only.
fn kill_group(group: i32) {
    if let Some(group) = rustix::process::Pid::from_raw(group) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}
