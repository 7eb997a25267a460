//! The target of a run: flags and files, else `.python-version`, else the newest runtime that the project takes.

use std::iter;
use std::path::{Path, PathBuf};

use barrow::lock::{self, LockKind};
use barrow::ops::newest_runtime_for;
use barrow::requirements::is_script;
use barrow::resolve::contains;
use barrow::spec::{Version, VersionSpecifiers};
use barrow::target::{AGENTCORE, Architecture, Glibc, Runtime, Target};

use super::SettingsError;
use super::config_file::ConfigFile;
use super::layers::Layers;
use super::origin::Source;
use super::parse;
use crate::args::{self, TargetArgs};

const PYPROJECT: &str = "pyproject.toml";

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
            _ => Err(SettingsError::Other(
                "only one --runtime and one --arch can be given here: `barrow lock` and `barrow mirror` take several, and `barrow build` \
                 makes an output for each that a unit names"
                    .to_owned(),
            )),
        }
    }
}

pub(super) fn read(
    layers: &mut Layers<'_>,
    flags: TargetArgs,
    folder: &Path,
    files: &[PathBuf],
) -> Result<TargetSettings, SettingsError> {
    let TargetArgs { runtime, python_version, arch, glibc } = flags;
    let (runtimes, python_version) = read_runtimes(layers, &runtime, python_version, folder, files)?;
    let architectures = read_architectures(layers, arch, &runtimes)?;
    let glibc = layers.one("glibc", glibc, |text| text.parse::<Glibc>().map_err(|error| error.to_string()))?;
    let today = layers.host.today();
    layers.warnings.extend(runtimes.iter().filter_map(|runtime| runtime.warning(&today)));
    let python_full_version = python_version.filter(|version| version.release().len() > 2);
    Ok(TargetSettings { runtimes, architectures, glibc, python_full_version })
}

/// The runtimes, and the version of Python that is given with them. Both say which Python, so where they stand in two
/// places the better one counts.
fn read_runtimes(
    layers: &mut Layers<'_>,
    runtime: &[String],
    python_version: Option<Version>,
    folder: &Path,
    files: &[PathBuf],
) -> Result<(Vec<Runtime>, Option<Version>), SettingsError> {
    let runtime_from = layers.rank_of("runtime", !runtime.is_empty());
    let version_from = layers.rank_of("python-version", python_version.is_some());
    let python_version = layers.one_unrecorded("python-version", python_version, args::python_version)?;
    let version = python_version.as_ref().map(|(version, _)| version);
    let mut runtimes = if version_from < runtime_from {
        Vec::new()
    } else {
        let profiles = profiles(&layers.config)?;
        layers.located("runtime", runtime, |_, _, text| named(text, version, &profiles))?.0
    };
    runtimes.dedup_by_key(|runtime| runtime.name());
    if runtimes.is_empty() {
        let (runtime, source) = unnamed_runtime(layers, version, folder, files)?;
        layers.record("runtime", vec![runtime.to_string()], source);
        runtimes.push(runtime);
    }
    let Some((version, source)) = python_version else { return Ok((runtimes, None)) };
    match check_agreement(&version, &runtimes) {
        Err(_) if runtime_from < version_from => Ok((runtimes, None)),
        Err(contradiction) => Err(contradiction),
        Ok(()) => {
            layers.record("python-version", vec![version.to_string()], source);
            Ok((runtimes, Some(version)))
        }
    }
}

/// The runtime where none is named: that of the Python which is, else of `.python-version`, else of the project.
fn unnamed_runtime(
    layers: &mut Layers<'_>,
    python: Option<&Version>,
    folder: &Path,
    files: &[PathBuf],
) -> Result<(Runtime, Source), SettingsError> {
    if let Some(version) = python {
        let runtime = Runtime::of_python(version)
            .map_err(|error| SettingsError::Other(format!("invalid value for `python-version`: {error}")))?;
        return Ok((runtime, Source::Other("python-version".to_owned())));
    }
    if let Some(found) = python_version_file(&layers.host.working_folder.join(folder), &mut layers.warnings)? {
        return Ok(found);
    }
    Ok(newest_that_fits(layers, folder, files).unwrap_or((Runtime::newest(), Source::Default)))
}

/// The architectures, which all of the runtimes must have.
fn read_architectures(
    layers: &mut Layers<'_>,
    arch: Vec<Architecture>,
    runtimes: &[Runtime],
) -> Result<Vec<Architecture>, SettingsError> {
    let mut architectures =
        layers.many("arch", arch, |text| text.parse::<Architecture>().map_err(|error| error.to_string()))?;
    architectures.dedup();
    if architectures.is_empty() {
        let usual = runtimes.iter().find_map(|runtime| runtime.only_architecture()).unwrap_or(Architecture::X86_64);
        layers.record("arch", vec![usual.to_string()], Source::Default);
        architectures.push(usual);
    }
    check_architectures(runtimes, &architectures)?;
    Ok(architectures)
}

/// The newest runtime that the project takes: that of the source folder or above it, where that is locked, and those
/// beside the files that are named.
fn newest_that_fits(layers: &Layers<'_>, folder: &Path, files: &[PathBuf]) -> Option<(Runtime, Source)> {
    let working_folder = &layers.host.working_folder;
    let absolute = |path: &Path| parse::normalized(&working_folder.join(path));
    // A script and a lock of Pipenv speak for themselves, any other file for the project that it lies in.
    let speaks = |file: &PathBuf| {
        let file = absolute(file);
        let is_own = is_script(&file) || LockKind::of(&file) == Some(LockKind::Pipfile);
        if is_own { file } else { file.with_file_name(PYPROJECT) }
    };
    let mut speaking: Vec<PathBuf> = files.iter().map(speaks).collect();
    if speaking.is_empty() {
        let folder = absolute(folder);
        let input = lock::find_input(&folder).map(|found| speaks(&found.file));
        speaking.extend(iter::once(folder.join(PYPROJECT)).chain(input));
    }
    speaking.dedup();
    let (runtime, limit) = newest_runtime_for(&speaking, working_folder)?;
    Some((runtime, Source::Other(limit.origin.to_string())))
}

/// The runtimes that `[runtime.NAME]` tables of the settings file describe.
fn profiles(config: &ConfigFile) -> Result<Vec<Runtime>, SettingsError> {
    let described = config.runtimes.iter().map(|(profile, line)| {
        let source = Source::File { file: config.path.clone(), line: *line };
        if profile.name.parse::<Runtime>().is_ok() {
            let reason = format!("`{}` is the name of a runtime that barrow has", profile.name);
            return Err(SettingsError::value("runtime", &source, reason));
        }
        Runtime::of_profile(profile.clone())
            .map_err(|error| SettingsError::value("runtime", &source, error.to_string()))
    });
    described.collect()
}

/// The runtime of a name: a profile of the user's, else one of those that barrow has.
fn named(text: &str, python: Option<&Version>, profiles: &[Runtime]) -> Result<Runtime, String> {
    if let Some(profile) = profiles.iter().find(|profile| profile.name() == text) {
        return Ok(*profile);
    }
    // The family has a runtime for each Python.
    let version = python.and_then(|version| version.release().get(..2));
    let of_family = version.map(|version| format!("{AGENTCORE}-python{}.{}", version[0], version[1]));
    let name = of_family.filter(|_| text == AGENTCORE).unwrap_or_else(|| text.to_owned());
    name.parse::<Runtime>().map_err(|error| match profiles {
        [] => error.to_string(),
        profiles => {
            let own: Vec<&str> = profiles.iter().map(|profile| profile.name()).collect();
            format!("{error}, and the settings describe {}", own.join(", "))
        }
    })
}

fn check_architectures(runtimes: &[Runtime], architectures: &[Architecture]) -> Result<(), SettingsError> {
    for runtime in runtimes {
        if let Some(only) = runtime.only_architecture()
            && let Some(other) = architectures.iter().find(|architecture| **architecture != only)
        {
            return Err(SettingsError::Other(format!("{runtime} runs on {only} only, not on {other}")));
        }
    }
    Ok(())
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
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).enumerate();
        let Some((index, word)) = lines.into_iter().find(|(_, line)| !line.is_empty() && !line.starts_with('#')) else {
            continue;
        };
        let source = Source::File { file: path.clone(), line: index + 1 };
        let Some(wanted) = WantedPython::of(word) else {
            warnings.push(format!(
                "{}:{}: `{word}` is not a Python version and is passed over",
                path.display(),
                index + 1
            ));
            return Ok(None);
        };
        let runtime = wanted.runtime().map_err(|reason| SettingsError::value("runtime", &source, reason))?;
        return Ok(Some((runtime, source)));
    }
    Ok(None)
}

/// What a `.python-version` asks for, in the words of pyenv and uv.
enum WantedPython {
    Version(Version),
    Specifiers(VersionSpecifiers),
}

impl WantedPython {
    /// `None`: it is another Python, such as `PyPy`, or the name of an environment.
    fn of(word: &str) -> Option<Self> {
        if word.starts_with(['<', '>', '=', '!', '~']) {
            return word.parse().ok().map(Self::Specifiers);
        }
        let word = word.strip_prefix("cpython").or_else(|| word.strip_prefix("python")).unwrap_or(word);
        let word = word.trim_start_matches(['-', '@']);
        // Behind the version are `-dev`, the platform of uv's long form, and the environments of pyenv-virtualenv.
        let number = word.split(['-', '/']).next().filter(|number| !number.is_empty())?;
        match number.strip_prefix('3') {
            Some("") => "==3.*".parse().ok().map(Self::Specifiers),
            Some(minor) if minor.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("3.{minor}").parse().ok().map(Self::Version)
            }
            _ => number.parse().ok().map(Self::Version),
        }
    }

    /// The runtime of that Python; of several, the newest one that is released.
    fn runtime(&self) -> Result<Runtime, String> {
        match self {
            Self::Version(version) => Runtime::of_python(version).map_err(|error| error.to_string()),
            Self::Specifiers(specifiers) => Runtime::fitting(|python| contains(specifiers, python))
                .pop()
                .ok_or_else(|| format!("no runtime of Lambda has a Python that `{specifiers}` takes")),
        }
    }
}
