//! Talking to a build backend (PEP 517): one process for each hook, in an environment that was prepared for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fs_err as fs;
use serde_json::{Value, json};

use super::child::{ChildCommand, Children, last_lines, printable, run};
use super::surroundings::{hide_place, variables};
use super::{BuildError, BuildSystem, Interpreter, fence};
use crate::reporter::{Level, Reporter};

/// The program that runs in the environment.
const HOOK: &str = include_str!("hook.py");

/// Lines of a failed build that its error shows.
const LINES_SHOWN: usize = 30;

/// What a build works with beside the source; cheap to clone.
#[derive(Clone)]
pub(crate) struct Workshop {
    /// Told everything that a build writes, if it wants to know.
    pub reporter: Arc<dyn Reporter>,
    /// What is running, and whether the user wants it to stop.
    pub children: Children,
    /// The environment of this process, of which a build gets a part.
    pub environment: Arc<BTreeMap<String, String>>,
    /// Backends may use the network (`--build-network`).
    pub network: bool,
}

/// A source that is unpacked and waits for being built.
#[derive(Debug)]
pub(crate) struct UnpackedSource {
    /// The folder with its pyproject.toml or setup.py.
    pub folder: PathBuf,
    /// What messages call it.
    pub label: String,
    /// How it wants to be built.
    pub system: BuildSystem,
    /// `--config-settings`: a key that is there more than once becomes a list.
    pub config_settings: Vec<(String, String)>,
    /// The variables of the environment that it reads, set or not.
    pub variables: BTreeSet<String>,
}

/// A virtual environment with everything that a backend asked for.
///
/// ```text
/// ROOT/
/// ├── pyvenv.cfg                        makes it one (PEP 405)
/// ├── bin/python, bin/python3           links to the interpreter
/// └── lib/python3.N/site-packages/      the installed requirements, their scripts in `bin` below
/// ```
#[derive(Debug)]
pub(crate) struct BuildEnvironment {
    root: PathBuf,
    interpreter: Interpreter,
}

/// A backend that works longer than this hangs: the largest builds in C++ and Rust end within it on two processors.
const LONGEST: Duration = Duration::from_hours(2);

impl BuildEnvironment {
    /// Makes an environment without any package in `root`, an empty folder.
    pub(crate) fn create(root: &Path, interpreter: Interpreter) -> Result<Self, BuildError> {
        let made = Self { root: root.to_owned(), interpreter };
        let executable = &made.interpreter.executable;
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| BuildError::File { action: "make the build environment in", path, source }
        };
        let bin = root.join("bin");
        fs::create_dir_all(&bin).map_err(failed(root))?;
        for name in ["python", "python3"] {
            fs::os::unix::fs::symlink(executable, bin.join(name)).map_err(failed(root))?;
        }
        let home = executable.parent().unwrap_or(Path::new("/")).display();
        let version = &made.interpreter.version;
        let config = format!("home = {home}\ninclude-system-site-packages = false\nversion = {version}\n");
        fs::write(root.join("pyvenv.cfg"), config).map_err(failed(root))?;
        if let Some(folder) = made.site_packages().parent() {
            fs::create_dir_all(folder).map_err(failed(root))?;
        }
        Ok(made)
    }

    /// Where packages are installed; does not exist before they are.
    pub(crate) fn site_packages(&self) -> PathBuf {
        let (major, minor) = self.interpreter.target.runtime().python_version();
        self.root.join("lib").join(format!("python{major}.{minor}")).join("site-packages")
    }

    /// What the backend needs beside `[build-system] requires` (PEP 517, "`get_requires_for_build_wheel`").
    pub(crate) fn further_requirements(
        &self,
        project: &UnpackedSource,
        workshop: &Workshop,
    ) -> Result<Vec<String>, BuildError> {
        let arguments = json!([config_settings(project)]);
        let answer =
            self.call("get_requires_for_build_wheel", &arguments, "asking for its requirements", project, workshop)?;
        let texts = answer.as_array().map(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
        texts.flatten().ok_or_else(|| BuildError::Result {
            label: project.label.clone(),
            reason: "its backend does not answer with a list of requirements".to_owned(),
        })
    }

    /// Builds a wheel into `folder`, an empty one (PEP 517, "`build_wheel`"). Gives its path; nothing is proved of it.
    pub(crate) fn build_wheel(
        &self,
        folder: &Path,
        project: &UnpackedSource,
        workshop: &Workshop,
    ) -> Result<PathBuf, BuildError> {
        let arguments = json!([folder.display().to_string(), config_settings(project)]);
        let answer = self.call("build_wheel", &arguments, "its backend", project, workshop)?;
        let refuse = |reason: &str| BuildError::Result { label: project.label.clone(), reason: reason.to_owned() };
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = entries.map_err(|source| BuildError::File { action: "read", path: folder.to_owned(), source })?;
        let [only] = entries.as_slice() else { return Err(refuse("there is not exactly one file in its folder")) };
        if answer.as_str().map(std::ffi::OsStr::new) != Some(only.file_name().as_os_str()) {
            return Err(refuse("its backend says another name than the file has"));
        }
        let metadata = fs::symlink_metadata(only.path());
        if !metadata.is_ok_and(|metadata| metadata.is_file()) {
            return Err(refuse("what its backend made is not a file"));
        }
        Ok(only.path())
    }

    fn call(
        &self,
        hook: &str,
        arguments: &Value,
        step: &'static str,
        project: &UnpackedSource,
        workshop: &Workshop,
    ) -> Result<Value, BuildError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| BuildError::File { action: "talk to the build backend through", path, source }
        };
        // The home of the build too: what it keeps there goes with it.
        let home = self.root.join("home");
        fs::create_dir_all(&home).map_err(failed(&home))?;
        let file = |name: &str| self.root.join(name);
        let (program, request, answer) = (file("hook.py"), file("request.json"), file("answer.json"));
        fs::write(&program, HOOK).map_err(failed(&program))?;
        let backend_path: Vec<String> =
            project.system.backend_path.iter().map(|path| path.display().to_string()).collect();
        let asked = json!({
            "hook": hook,
            "backend": project.system.backend,
            "backend_path": backend_path,
            "arguments": arguments.as_array().map(|all| trimmed(all)),
        });
        fs::write(&request, asked.to_string()).map_err(failed(&request))?;
        let _ = fs::remove_file(&answer);
        let scripts = self.site_packages().join("bin");
        let bin = self.root.join("bin");
        let mut variables = variables(&workshop.environment, &home, &[&bin, &scripts]);
        hide_place(&mut variables, self.root.parent().unwrap_or(&self.root));
        let job = ChildCommand {
            program: &bin.join("python"),
            arguments: vec!["-s".into(), program.into(), request.into(), answer.clone().into()],
            folder: &project.folder,
            variables: &variables,
            limit: Some(LONGEST),
            network: workshop.network,
        };
        let ended = run(&job, &workshop.children)?;
        if workshop.reporter.shows(Level::Detail) {
            for line in ended.output.lines() {
                workshop.reporter.message(Level::Detail, &format!("{}: {}", project.label, printable(line)));
            }
        }
        let output = || last_lines(&ended.output, LINES_SHOWN);
        if !ended.success {
            let is_fenced = !workshop.network && !fence::words().is_empty();
            let misses_network = is_fenced && fence::misses_network(&ended.output);
            return Err(without_answer(project, step, &ended.status, output(), misses_network));
        }
        let text = fs::read_to_string(&answer).map_err(failed(&answer))?;
        serde_json::from_str(&text).map_err(|_| without_answer(project, step, "no answer", output(), false))
    }
}

/// A step that ended without what it was asked for.
fn without_answer(
    project: &UnpackedSource,
    step: &'static str,
    status: &str,
    output: String,
    misses_network: bool,
) -> BuildError {
    let (label, status) = (project.label.clone(), status.to_owned());
    BuildError::Failed { label, step, status, output, misses_network, other_python: None }
}

/// Arguments without the empty ones at the end, which are the defaults.
fn trimmed(all: &[Value]) -> Vec<Value> {
    let length = all.iter().rposition(|value| !value.is_null()).map_or(0, |last| last + 1);
    all[..length].to_vec()
}

fn config_settings(project: &UnpackedSource) -> Value {
    let mut settings: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, value) in &project.config_settings {
        settings.entry(key).or_default().push(value);
    }
    if settings.is_empty() {
        return Value::Null;
    }
    let shown = settings.into_iter().map(|(key, values)| match values.as_slice() {
        [only] => (key.to_owned(), json!(only)),
        several => (key.to_owned(), json!(several)),
    });
    Value::Object(shown.collect())
}
