//! What is required, and how it may be got: files, extras, wheels, building.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use barrow::bundle::{ServiceChoice, is_dist_pattern};
use barrow::install::RecordPolicy;
use barrow::lock::LockKind;
use barrow::regular::FileBytes;
use barrow::request::{BuildSettings, SelectionSettings};
use barrow::requirements::{FormatControl, ManifestInputs, NamePattern, ProjectSet, is_script};
use barrow::spec::{ExtraName, PackageName};

use super::layers::Layers;
use super::{SettingsError, parse};
use crate::args::{InputArgs, WheelArgs};
use crate::standard_input::StandardInput;

pub(super) fn read_inputs(layers: &mut Layers<'_>, input: InputArgs) -> Result<ManifestInputs, SettingsError> {
    // Files that are named where the command is given take the place of a lock that settings name.
    let names_files = !input.requirement.is_empty() || !input.no_deps_requirement.is_empty();
    let named_here = names_files && input.lock.is_none();
    let mut requirement_files = layers.paths("requirement", input.requirement);
    let no_deps_files = layers.paths("no-deps-requirement", input.no_deps_requirement);
    requirement_files.extend(no_deps_files.iter().cloned());
    let locks = if named_here { Vec::new() } else { layers.paths("lock", input.lock.into_iter().collect()) };
    for lock in locks {
        if let Some(script) = script_of_lock(&lock) {
            return Err(SettingsError::Other(format!(
                "`{}` is the lock of a script, which is not read: make one that is with `uv export --script {} -o \
                 pylock.toml`, and name that with --lock",
                lock.display(),
                script.display()
            )));
        }
        if LockKind::of(&lock).is_none() {
            let names: Vec<&str> = LockKind::ALL.into_iter().map(LockKind::file_name).collect();
            let (lock, names) = (lock.display(), names.join(", "));
            return Err(SettingsError::Other(format!(
                "`{lock}` is not named like a lock that is known: {names}; a list of requirements is given with -r"
            )));
        }
        requirement_files.push(lock);
    }
    warn_of_script_locks(layers, &requirement_files);
    let has_common_constraints = input.constraint.is_empty();
    let constraint_files = layers.paths("constraint", input.constraint);
    let override_files = layers.paths("override", input.overrides);
    let standard_input = read_standard_input(layers, [&requirement_files, &constraint_files, &override_files])?;
    let (mut excluded, mut excluded_patterns) = (Vec::new(), Vec::new());
    // A flag is about this run, so that a name which nothing requires is told as a pattern is. What stands in a file or
    // variable may be for many.
    let is_flag = !input.exclude_package.is_empty();
    for word in layers.many("exclude-package", input.exclude_package, |text| Ok(text.to_owned()))? {
        let wrong = |reason: String| SettingsError::Other(format!("invalid value for `exclude-package`: {reason}"));
        if let Some(pattern) = NamePattern::parse(&word).map_err(|error| wrong(error.to_string()))? {
            excluded_patterns.push(pattern);
            continue;
        }
        let name = word.parse::<PackageName>().map_err(|error| wrong(error.to_string()))?;
        match NamePattern::new(name.as_ref()) {
            Ok(pattern) if is_flag => excluded_patterns.push(pattern),
            _ => excluded.push(name),
        }
    }
    Ok(ManifestInputs {
        requirement_files,
        no_deps_files,
        constraint_files,
        has_common_constraints,
        override_files,
        standard_input,
        excluded,
        excluded_patterns,
        working_folder: layers.host.working_folder.clone(),
        uv: layers.uv.files.clone(),
        environment: layers.host.environment.clone(),
        ..ManifestInputs::default()
    })
}

/// The script that uv has locked in a file: `job.py.lock` is for `job.py`.
fn script_of_lock(file: &Path) -> Option<PathBuf> {
    let script = file.to_str()?.strip_suffix(".lock").map(PathBuf::from)?;
    is_script(&script).then_some(script)
}

/// What a script needs is resolved anew, though somebody has locked it.
fn warn_of_script_locks(layers: &mut Layers<'_>, files: &[PathBuf]) {
    for script in files.iter().filter(|file| is_script(file)) {
        let (shown, lock) = (script.display(), format!("{}.lock", script.display()));
        if layers.host.working_folder.join(&lock).is_file() {
            layers.warnings.push(format!(
                "`{lock}` is not used: what `{shown}` needs is resolved anew; `uv export --script {shown} -o pylock.toml` \
                 makes a lock that is read"
            ));
        }
    }
}

/// Reads standard input where `-` stands among the files, for one of them.
fn read_standard_input(layers: &Layers<'_>, files: [&Vec<PathBuf>; 3]) -> Result<Option<FileBytes>, SettingsError> {
    match files.into_iter().flatten().filter(|file| StandardInput::is_meant(file)).count() {
        0 => Ok(None),
        1 => layers.host.standard_input.read().map(Some).map_err(SettingsError::Other),
        _ => Err(SettingsError::Other(
            "`-` is given twice, and standard input can stand for one file; one of that name is `./-`".to_owned(),
        )),
    }
}

/// Which files of dependencies are left out, and the patterns that are about the source.
pub(super) fn read_selection(
    layers: &mut Layers<'_>,
    exclude: Vec<String>,
    slim: Vec<String>,
) -> Result<(SelectionSettings, Vec<String>), SettingsError> {
    let (of_dists, of_source) = exclude.into_iter().partition(|text| is_dist_pattern(text).is_some());
    let mut selection = SelectionSettings::default();
    selection.exclude = of_dists;
    for word in layers.many("slim", slim, |text| Ok(text.to_owned()))? {
        if let Some(choice) = ServiceChoice::parse(&word) {
            selection.slim = true;
            let known = selection.services.get_or_insert_with(|| ServiceChoice { services: BTreeSet::new() });
            known.services.extend(choice.services);
        } else {
            selection.slim = parse::switch(&word).map_err(|_| {
                SettingsError::Other(format!(
                    "invalid value for `slim`: `{word}` is neither on, off nor botocore=SERVICE,…"
                ))
            })?;
        }
    }
    Ok((selection, of_source))
}

/// Names that may be given as several flags or separated by commas.
pub(super) fn name_list(
    layers: &mut Layers<'_>,
    key: &'static str,
    flag: &[ExtraName],
) -> Result<Vec<ExtraName>, SettingsError> {
    layers.many(key, flag.to_vec(), |text| text.parse::<ExtraName>().map_err(|error| error.to_string()))
}

/// `--no-binary` and `--only-binary`, read as pip reads them: a project that one takes in leaves the other.
pub(super) fn read_format_control(layers: &mut Layers<'_>, input: &InputArgs) -> Result<FormatControl, SettingsError> {
    let no_binary = layers.many("no-binary", input.no_binary.clone(), |text| Ok(text.to_owned()))?;
    let only_binary = layers.many("only-binary", input.only_binary.clone(), |text| Ok(text.to_owned()))?;
    let wrong = |key: &str, word: &str| SettingsError::Other(format!("invalid value for `{key}`: `{word}` is no name"));
    let mut control = FormatControl { no_binary: ProjectSet::None, only_binary: ProjectSet::None };
    // A name counts more than `:all:`, whichever option it stands behind: which of the two came first is not known here.
    let is_of_all = |word: &String| word.split(',').any(|part| part == ":all:");
    for of_all in [true, false] {
        for word in no_binary.iter().filter(|word| is_of_all(word) == of_all) {
            control.no_binary.extend(word, &mut control.only_binary).map_err(|word| wrong("no-binary", &word))?;
        }
        for word in only_binary.iter().filter(|word| is_of_all(word) == of_all) {
            control.only_binary.extend(word, &mut control.no_binary).map_err(|word| wrong("only-binary", &word))?;
        }
    }
    Ok(control)
}

pub(super) fn read_record_policy(layers: &mut Layers<'_>, wheels: WheelArgs) -> Result<RecordPolicy, SettingsError> {
    let strict = layers.switch("strict", wheels.strict)?;
    let name = |text: &str| text.parse::<PackageName>().map_err(|_| format!("`{text}` is not a valid name"));
    let accepted = layers.many("accept-record", wheels.accept_record, name)?;
    Ok(RecordPolicy { strict, accepted: accepted.into() })
}

/// Building, and the projects that may be built.
pub(super) fn read_building(
    layers: &mut Layers<'_>,
    input: &InputArgs,
) -> Result<(BuildSettings, ProjectSet), SettingsError> {
    let words = layers.many("allow-build", input.allow_build.clone(), |text| Ok(text.to_owned()))?;
    let forbidden = layers.switch("no-build", input.no_build)?;
    let network = layers.switch("build-network", input.build_network)?;
    let python = layers.one("build-python", input.build_python.clone(), |text| Ok(text.to_owned()))?;
    let settings = layers.many("config-settings", input.config_settings.clone(), |text| Ok(text.to_owned()))?;
    let mut allowed = ProjectSet::None;
    for word in &words {
        let wrong = |word| SettingsError::Other(format!("invalid value for `allow-build`: `{word}` is no name"));
        allowed.extend(word, &mut ProjectSet::None).map_err(wrong)?;
    }
    let pair = |text: &String| {
        let (key, value) = text.split_once('=').filter(|(key, _)| !key.is_empty())?;
        Some((key.to_owned(), value.to_owned()))
    };
    let config_settings: Option<Vec<_>> = settings.iter().map(pair).collect();
    let config_settings =
        config_settings.ok_or_else(|| SettingsError::Other("`config-settings` has the form KEY=VALUE".to_owned()))?;
    let mut build = BuildSettings::default();
    (build.forbidden, build.python, build.network) = (forbidden, python, network);
    build.config_settings = config_settings;
    Ok((build, if forbidden { ProjectSet::None } else { allowed }))
}
