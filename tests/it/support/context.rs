//! A clean place to run the binary in.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::{told, tree};
use crate::index::variable;

/// The program that is tested: the one of this build, or the one that `BARROW_TESTED_PROGRAM` names by an absolute path,
/// such as a released program, or a script that runs one for another processor.
pub(crate) fn program() -> OsString {
    variable("BARROW_TESTED_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_barrow").into())
}

/// A temporary home, working folder and cache; the environment of the test run does not reach the binary.
pub(crate) struct TestContext {
    root: tempfile::TempDir,
}

impl TestContext {
    /// A fresh context: `work/` is the working folder, `home/` the home, `cache/` the cache.
    pub(crate) fn new() -> Self {
        Self::at(tempfile::Builder::new().prefix("barrow-it-").tempdir())
    }

    /// The same below `folder`, for what depends on how long paths are.
    pub(crate) fn below(folder: &Path) -> Self {
        Self::at(tempfile::Builder::new().prefix("barrow-it-").tempdir_in(folder))
    }

    fn at(root: std::io::Result<tempfile::TempDir>) -> Self {
        let root = root.expect("a temporary folder can be made");
        for folder in ["work", "home"] {
            fs_err::create_dir(root.path().join(folder)).expect("a fresh folder is writable");
        }
        Self { root }
    }

    /// A path below the working folder.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.path().join("work").join(relative)
    }

    /// The temporary folder that holds everything: `work/`, `home/`, `cache/`.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// The home folder.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// The cache folder.
    pub(crate) fn cache(&self) -> PathBuf {
        self.root.path().join("cache")
    }

    /// Writes a file below the working folder, with its folders, and returns its path.
    pub(crate) fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        fs_err::create_dir_all(path.parent().expect("a file has a folder")).expect("the work folder is writable");
        fs_err::write(&path, bytes).expect("the work folder is writable");
        path
    }

    /// Sets the mode of a path below the working folder.
    pub(crate) fn chmod(&self, relative: &str, mode: u32) {
        fs_err::set_permissions(self.path(relative), std::fs::Permissions::from_mode(mode))
            .expect("the work folder is our own");
    }

    /// The binary, in the working folder, with a cleared environment.
    pub(crate) fn barrow(&self) -> Command {
        self.prepare(Command::new(program()))
    }

    /// The binary under a umask, written in octal.
    pub(crate) fn barrow_with_umask(&self, umask: &str) -> Command {
        let mut command = self.prepare(Command::new("/bin/sh"));
        command.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]).arg(program());
        command
    }

    /// The binary in a namespace without any network; `None` where this machine allows none, with the reason printed.
    #[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
    pub(crate) fn barrow_without_network(&self) -> Option<Command> {
        // The first needs rights over the machine, the second that users may make namespaces.
        let ways: [&[&str]; 2] = [&["--net"], &["--map-root-user", "--net"]];
        let works = |way: &&[&str]| {
            Command::new("unshare").args(*way).arg("true").output().is_ok_and(|done| done.status.success())
        };
        let Some(way) = ways.iter().find(|way| works(way)) else {
            println!("skipped: this machine allows no namespace without a network (`unshare --net`)");
            return None;
        };
        let mut command = self.prepare(Command::new("unshare"));
        command.args(*way).arg(program());
        Some(command)
    }

    fn prepare(&self, mut command: Command) -> Command {
        command
            .current_dir(self.path(""))
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", "/usr/bin:/bin")
            .env("BARROW_CACHE_DIR", self.cache())
            .env("COLUMNS", "100")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command and shows exit code, standard output and standard error, filtered.
    ///
    /// # Panics
    /// A message that is wider or longer than messages may be.
    pub(crate) fn run(&self, command: &mut Command) -> String {
        let output = command.output().expect("the command can be started");
        let is_verbose = command.get_args().any(|word| word.to_str().is_some_and(is_verbose));
        told::check(&String::from_utf8_lossy(&output.stderr), is_verbose);
        self.show(&output)
    }

    /// Shows what a finished command left, filtered. Lines that were broken because they were too wide are whole again:
    /// where they break depends on the length of the temporary folder's name.
    pub(crate) fn show(&self, output: &Output) -> String {
        let code = output.status.code().map_or_else(|| output.status.to_string(), |code| code.to_string());
        let text = format!(
            "exit code: {code}\n----- stdout -----\n{}----- stderr -----\n{}",
            ended(&output.stdout),
            told::joined(&ended(&output.stderr))
        );
        self.filter(&text)
    }

    /// Runs a command that has to succeed, and gives what it says.
    pub(crate) fn succeed(&self, command: &mut Command) -> String {
        let output = command.output().expect("the command can be started");
        assert!(output.status.success(), "{command:?}\n{}", self.show(&output));
        told::said(&output)
    }

    /// A folder below the working folder as text.
    pub(crate) fn tree(&self, relative: &str) -> String {
        tree(&self.path(relative))
    }

    /// Replaces what differs from run to run: the temporary folder, the project's own, ports of the loopback address,
    /// elapsed times.
    pub(crate) fn filter(&self, text: &str) -> String {
        let text = text.replace(&self.root.path().display().to_string(), "[TEMP]");
        let text = text.replace(env!("CARGO_MANIFEST_DIR"), "[PROJECT]");
        let text = replace_digits(&text, "127.0.0.1:", "[PORT]");
        without_end(&replace_times(&text))
    }
}

fn is_verbose(word: &str) -> bool {
    word == "--verbose" || word.strip_prefix('-').is_some_and(|word| !word.is_empty() && word.chars().all(|c| c == 'v'))
}

/// Output as text that ends in a newline unless empty.
fn ended(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn replace_digits(text: &str, before: &str, by: &str) -> String {
    let mut parts = text.split(before);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += before;
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        out += if rest.len() < part.len() { by } else { "" };
        out += rest;
    }
    out
}

/// The last line of a run says how long it took: ` in 1.2 s` goes.
fn without_end(text: &str) -> String {
    let line = |line: &str| {
        let Some((before, after)) =
            line.split_once(" in ").filter(|_| line.starts_with("Bundled ") || line.starts_with("Installed "))
        else {
            return line.to_owned();
        };
        match after.split_once(" s") {
            Some((number, rest)) if number.parse::<f64>().is_ok() => format!("{before}{rest}"),
            _ => line.to_owned(),
        }
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// `in 1.23s`, `in 45ms` and the like become `in [TIME]`.
fn replace_times(text: &str) -> String {
    let mut parts = text.split(" in ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += " in ";
        let after_number = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let unit = ["ms", "µs", "s"].into_iter().find(|unit| {
            after_number.len() < part.len()
                && after_number.strip_prefix(unit).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        });
        match unit {
            Some(unit) => {
                out += "[TIME]";
                out += &after_number[unit.len()..];
            }
            None => out += part,
        }
    }
    out
}
