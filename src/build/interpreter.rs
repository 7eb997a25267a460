//! The Python of this machine that builds: found, and asked what it is.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::BuildError;
use super::child::{ChildCommand, Children, last_lines, run};
use super::surroundings::variables;
use super::xcode::{STUB, is_stub};
use crate::resolve::contains;
use crate::spec::{Version, VersionSpecifiers};
use crate::target::{Architecture, HostSystem, Runtime, Target};

/// An interpreter that takes longer to say what it is does not work.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Prints what is asked of an interpreter, as the last line.
const QUESTION: &str = "\
import json, os, sys
libc, system = None, os.uname()
try:
    libc = os.confstr('CS_GNU_LIBC_VERSION')
except (AttributeError, ValueError, OSError):
    pass
if not libc and system.sysname == 'Linux':
    import glob, subprocess
    for loader in glob.glob('/lib/ld-musl-*.so.1'):
        said = subprocess.run([loader], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        words = said.stderr.decode('utf-8', 'replace').split()
        libc = ' '.join(['musl'] + words[words.index('Version') + 1:][:1]) if 'Version' in words else None
macos = ''
if system.sysname == 'Darwin':
    import platform
    macos = platform.mac_ver()[0]
print(json.dumps({
    'version': sys.version.split()[0], 'implementation': sys.implementation.name, 'system': system.sysname,
    'machine': system.machine, 'libc': libc, 'macos': macos,
    'executable': getattr(sys, '_base_executable', None) or sys.executable,
}))";

/// A Python of this machine.
#[derive(Clone, Debug)]
pub struct Interpreter {
    /// The program itself, not a link in a virtual environment.
    pub executable: PathBuf,
    /// Its full version.
    pub version: Version,
    /// What wheels it can load on this machine.
    pub target: Target,
}

/// Where to look for one.
#[derive(Clone, Debug, Default)]
pub struct InterpreterSearch {
    /// The one that the user named: an absolute path, or a name to be found on the PATH.
    pub named: Option<PathBuf>,
    /// The environment of this process.
    pub environment: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Answer {
    version: String,
    implementation: String,
    system: String,
    machine: String,
    /// `glibc 2.36` or `musl 1.2.4`.
    libc: Option<String>,
    /// Version of macOS, empty elsewhere.
    #[serde(default)]
    macos: String,
    executable: PathBuf,
}

/// What a program says that it is, or why it does not do; the error ends the search.
type Introduction = Result<Result<Interpreter, String>, BuildError>;

impl InterpreterSearch {
    /// The interpreter to build with: the one that was named, else that of the target's minor version, else any that
    /// the source's `requires-python` takes.
    pub fn find(
        &self,
        wanted: (u64, u64),
        requires_python: Option<&VersionSpecifiers>,
        label: &str,
        children: &Children,
    ) -> Result<Interpreter, BuildError> {
        let fits = |interpreter: &Interpreter| requires_python.is_none_or(|it| contains(it, &interpreter.version));
        let too_other = |interpreter: &Interpreter| {
            let needed = requires_python.map(ToString::to_string).unwrap_or_default();
            format!("it is Python {}, and {label} needs {needed}", interpreter.version)
        };
        if let Some(path) = &self.named {
            let failed = |reason| BuildError::Interpreter { path: path.clone(), reason };
            let on_path = path.to_str().filter(|name| !name.contains('/'));
            let program = match on_path {
                None => path.clone(),
                Some(name) => {
                    let found = self.candidates(&[name]).into_iter().next();
                    found.ok_or_else(|| failed("it is not on the PATH".to_owned()))?
                }
            };
            let found = self.ask(&program, children)?.map_err(failed)?;
            return if fits(&found) { Ok(found) } else { Err(failed(too_other(&found))) };
        }
        let (major, minor) = wanted;
        let mut tried = Vec::new();
        let mut second_best = None;
        let exact = self.candidates(&[&format!("python{major}.{minor}")]);
        // One after the other as long as the name says what it is; of the rest any may be it, so all are asked at once.
        let answers = exact.into_iter().map(|program| (self.ask(&program, children), program));
        let others = std::iter::once_with(|| self.ask_all(self.other_candidates(), children)).flatten();
        for (answer, program) in answers.chain(others) {
            match answer? {
                Err(reason) => tried.push(format!("`{}`: {reason}", program.display())),
                Ok(found) if !fits(&found) => tried.push(format!("`{}`: {}", program.display(), too_other(&found))),
                Ok(found) if found.target.runtime().python_version() == wanted => return Ok(found),
                Ok(found) => second_best = second_best.or(Some(found)),
            }
        }
        second_best.ok_or_else(|| BuildError::NoInterpreter {
            label: label.to_owned(),
            wanted: format!("Python {major}.{minor}"),
            tried,
        })
    }

    /// What many programs say, in their order.
    fn ask_all(&self, programs: Vec<PathBuf>, children: &Children) -> Vec<(Introduction, PathBuf)> {
        std::thread::scope(|scope| {
            let ask = |program: PathBuf| scope.spawn(move || (self.ask(&program, children), program));
            let asking: Vec<_> = programs.into_iter().map(ask).collect();
            let joined =
                asking.into_iter().map(|asked| asked.join().unwrap_or_else(|it| std::panic::resume_unwind(it)));
            joined.collect()
        })
    }

    /// Programs whose names do not say their version, each once though it has several names.
    fn other_candidates(&self) -> Vec<PathBuf> {
        let mut seen = HashSet::new();
        let mut programs = self.candidates(&["python3", "python"]);
        programs.retain(|program| seen.insert(fs_err::canonicalize(program).unwrap_or_else(|_| program.clone())));
        programs
    }

    /// Programs of these names on the PATH, in the order of the names.
    fn candidates(&self, names: &[&str]) -> Vec<PathBuf> {
        let path = self.environment.get("PATH").map(String::as_str).unwrap_or_default();
        let folders: Vec<&Path> = path.split(':').map(Path::new).filter(|folder| folder.is_absolute()).collect();
        let below = |name: &&str| folders.iter().map(|folder| folder.join(name)).collect::<Vec<_>>();
        names.iter().flat_map(below).filter(|program| program.is_file()).collect()
    }

    /// What a program says that it is, or why it does not do.
    fn ask(&self, program: &Path, children: &Children) -> Introduction {
        if is_stub(program) {
            return Ok(Err(STUB.to_owned()));
        }
        let mut variables = variables(&self.environment, Path::new("/"), &[]);
        // Without it, macOS 11 and later say to a Python that was made for older ones that they are version 10.16.
        variables.insert("SYSTEM_VERSION_COMPAT".to_owned(), "0".to_owned());
        // Managers of versions put a script of theirs in the place of `python3`, which needs to find its home.
        variables.extend(self.environment.get("HOME").map(|home| ("HOME".to_owned(), home.clone())));
        let job = ChildCommand {
            program,
            arguments: ["-I", "-c", QUESTION].map(Into::into).to_vec(),
            folder: Path::new("/"),
            variables: &variables,
            limit: Some(ANSWER_LIMIT),
            network: true,
        };
        let ended = match run(&job, children) {
            Ok(ended) => ended,
            Err(BuildError::Start { source, .. }) => return Ok(Err(format!("it could not be started: {source}"))),
            Err(error) => return Err(error),
        };
        if !ended.success {
            let said = last_lines(&ended.output, 1);
            return Ok(Err(format!(
                "it ended with {}{}",
                ended.status,
                if said.is_empty() { said } else { format!(": {said}") }
            )));
        }
        let answer = ended.output.lines().last().and_then(|line| serde_json::from_str::<Answer>(line).ok());
        Ok(answer.ok_or_else(|| "it does not answer like a Python".to_owned()).and_then(Answer::into_interpreter))
    }
}

impl Answer {
    fn system(&self) -> HostSystem {
        let numbers = |text: &str| {
            let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
            Some((parts.next()??, parts.next().flatten().unwrap_or(0)))
        };
        let libc = self.libc.as_deref().unwrap_or_default();
        let found = match self.system.as_str() {
            "Darwin" => numbers(&self.macos).map(|(major, minor)| HostSystem::MacOs { major, minor }),
            "Linux" => match libc.split_once(' ') {
                Some(("glibc", version)) => version.parse().ok().map(HostSystem::Glibc),
                Some(("musl", version)) => {
                    numbers(version).filter(|(major, _)| *major == 1).map(|(_, minor)| HostSystem::Musl { minor })
                }
                _ => None,
            },
            _ => None,
        };
        found.unwrap_or(HostSystem::Other)
    }

    fn into_interpreter(self) -> Result<Interpreter, String> {
        if self.implementation != "cpython" {
            return Err(format!("it is {}, and only CPython builds for Lambda", self.implementation));
        }
        // A version between two releases is called `3.13.0+`.
        let version: Version = self.version.trim_end_matches('+').parse().map_err(|error| format!("{error}"))?;
        let runtime = Runtime::of_python(&version).map_err(|_| format!("it is Python {version}"))?;
        let architecture = match self.machine.as_str() {
            "aarch64" | "arm64" => Architecture::Arm64,
            "x86_64" | "AMD64" => Architecture::X86_64,
            other => return Err(format!("it runs on {other}")),
        };
        let target = Target::of_host(runtime, architecture, self.system(), version.clone());
        Ok(Interpreter { executable: self.executable, version, target })
    }
}
