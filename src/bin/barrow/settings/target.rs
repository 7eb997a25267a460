//! The target of a run: flags and files, else `.python-version`, else the newest runtime that the project takes.

use std::path::{Path, PathBuf};

use barrow::ops::newest_runtime_for;
use barrow::spec::Version;
use barrow::target::{Architecture, Glibc, Runtime, Target};

use super::SettingsError;
use super::layers::{Layers, Source};
use super::parse;
use crate::args::TargetArgs;

/// What to resolve for: every pair of a runtime and an architecture.
#[derive(Clone, Debug)]
pub(crate) struct TargetSettings {
    /// At least one.
    pub(crate) runtimes: Vec<Runtime>,
    /// At least one.
    pub(crate) architectures: Vec<Architecture>,
    pub(crate) glibc: Option<Glibc>,
    /// The user's own full Python version.
    pub(crate) python_full_version: Option<Version>,
}

impl TargetSettings {
    /// Every target, runtimes first.
    pub(crate) fn all(&self) -> Vec<Target> {
        let pairs =
            self.runtimes.iter().flat_map(|runtime| self.architectures.iter().map(move |arch| (*runtime, *arch)));
        pairs
            .map(|(runtime, arch)| Target::with_overrides(runtime, arch, self.glibc, self.python_full_version.clone()))
            .collect()
    }

    /// The only target.
    pub(crate) fn single(&self) -> Result<Target, SettingsError> {
        let mut all = self.all();
        match (all.pop(), all.is_empty()) {
            (Some(target), true) => Ok(target),
            _ => Err(SettingsError::Other("only one --runtime and one --arch can be given here".to_owned())),
        }
    }
}

pub(super) fn read(
    layers: &mut Layers<'_>,
    flags: TargetArgs,
    folder: &Path,
    files: &[PathBuf],
    warnings: &mut Vec<String>,
) -> Result<TargetSettings, SettingsError> {
    let version = |text: &str| text.parse::<Version>().map_err(|error| error.to_string());
    // A flag stands above every other place, so `--python-version` alone replaces a runtime of the environment.
    let python_flag_alone = flags.python_version.is_some() && flags.runtime.is_empty();
    let python_version = layers.one("python-version", flags.python_version, version)?;
    let mut runtimes = if python_flag_alone {
        Vec::new()
    } else {
        layers.many("runtime", flags.runtime, |text| text.parse::<Runtime>().map_err(|error| error.to_string()))?
    };
    runtimes.dedup_by_key(|runtime| runtime.name());
    if runtimes.is_empty() {
        let (runtime, source) = match &python_version {
            Some(version) => {
                let runtime = Runtime::of_python(version).map_err(|error| SettingsError::Other(error.to_string()))?;
                (runtime, Source::Other("python-version".to_owned()))
            }
            None => match python_version_file(&layers.host.working_folder.join(folder), warnings)? {
                Some(found) => found,
                None => newest_that_fits(layers, folder, files).unwrap_or((Runtime::newest(), Source::Default)),
            },
        };
        layers.record("runtime", vec![runtime.to_string()], source);
        runtimes.push(runtime);
    }
    if let Some(version) = &python_version {
        check_agreement(version, &runtimes)?;
    }
    let mut architectures =
        layers.many("arch", flags.arch, |text| text.parse::<Architecture>().map_err(|error| error.to_string()))?;
    architectures.dedup();
    if architectures.is_empty() {
        layers.record("arch", vec![Architecture::X86_64.to_string()], Source::Default);
        architectures.push(Architecture::X86_64);
    }
    let glibc = layers.one("glibc", flags.glibc, |text| text.parse::<Glibc>().map_err(|error| error.to_string()))?;
    let today = layers.host.today();
    for runtime in &runtimes {
        if today.as_str() >= runtime.deprecated_on() {
            let date = runtime.deprecated_on();
            warnings.push(format!("AWS no longer supports {runtime} (since {date}): new functions may be refused"));
        }
    }
    let python_full_version = python_version.filter(|version| version.release().len() > 2);
    Ok(TargetSettings { runtimes, architectures, glibc, python_full_version })
}

/// The newest runtime that the project takes: that of the source folder, and those beside the files that are named.
fn newest_that_fits(layers: &Layers<'_>, folder: &Path, files: &[PathBuf]) -> Option<(Runtime, Source)> {
    let working_folder = &layers.host.working_folder;
    let absolute = |path: &Path| parse::normalized(&working_folder.join(path));
    let mut folders: Vec<PathBuf> = files.iter().filter_map(|file| Some(absolute(file).parent()?.to_owned())).collect();
    if folders.is_empty() {
        folders.push(absolute(folder));
    }
    folders.dedup();
    let (runtime, limit) = newest_runtime_for(&folders, working_folder)?;
    Some((runtime, Source::Other(limit.origin.to_string())))
}

fn check_agreement(version: &Version, runtimes: &[Runtime]) -> Result<(), SettingsError> {
    for runtime in runtimes {
        let (major, minor) = runtime.python_version();
        if version.release().get(..2) != Some(&[major, minor]) {
            let message = format!("python-version {version} and runtime {runtime} contradict each other");
            return Err(SettingsError::Other(message));
        }
    }
    Ok(())
}

/// The runtime of the nearest `.python-version`. Only its minor version counts: the patch is that of the developer's
/// machine, not of Lambda.
fn python_version_file(folder: &Path, warnings: &mut Vec<String>) -> Result<Option<(Runtime, Source)>, SettingsError> {
    for folder in folder.ancestors() {
        let path = folder.join(".python-version");
        let Ok(text) = fs_err::read_to_string(&path) else { continue };
        let lines = text.lines().map(str::trim).enumerate();
        let Some((index, word)) = lines.into_iter().find(|(_, line)| !line.is_empty() && !line.starts_with('#')) else {
            continue;
        };
        let number = word.trim_start_matches("cpython-").trim_start_matches("python").trim_end_matches("-dev");
        let Ok(version) = number.parse::<Version>() else {
            warnings.push(format!(
                "{}:{}: `{word}` is not a Python version and is passed over",
                path.display(),
                index + 1
            ));
            return Ok(None);
        };
        let source = Source::File { file: path, line: index + 1 };
        let runtime = Runtime::of_python(&version)
            .map_err(|error| SettingsError::value("runtime", &source, error.to_string()))?;
        return Ok(Some((runtime, source)));
    }
    Ok(None)
}
