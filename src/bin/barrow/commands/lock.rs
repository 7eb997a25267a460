//! `barrow lock`.

use std::path::{Path, PathBuf};

use barrow::lock::pylock;
use barrow::lock::requirements::RequirementsStyle;
use barrow::ops::{self, LockForm, LockOptions};

use super::meaning::refuse_paths;
use crate::args::{AssemblyArgs, LockArgs, LockFormat, SourceArgs};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::paint::printable_json;
use crate::run::Run;
use crate::settings::Flags;

/// What a folder may state its needs in, best first.
const INPUTS: &[&str] =
    &["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "requirements.in", "requirements.txt", "pyproject.toml"];

pub(super) fn call(run: &Run, args: LockArgs) -> Result<(), Failure> {
    refuse_paths(run, "lock", &args.requirements)?;
    let flags = Flags { settings: args.settings, assembly: AssemblyArgs::default(), files: SourceArgs::default() };
    let mut settings = run.settings(flags, Path::new("."))?;
    if settings.options.inputs.requirement_files.is_empty() && args.requirements.is_empty() {
        let found = INPUTS.iter().map(PathBuf::from).find(|path| run.host.working_folder.join(path).is_file());
        let input = found.ok_or_else(|| {
            Failure::usage(format!("this folder has none of {}", INPUTS.join(", "))).hint("name a file with -r")
        })?;
        run.output.status(&format!("Using {}", input.display()));
        settings.options.inputs.requirement_files.push(input);
    }
    let format = match (args.format, &args.output) {
        (Some(format), Some(path)) => fitting(format, path)?,
        (Some(format), None) => format,
        (None, Some(path)) if path.as_os_str() != "-" => format_of(path)?,
        (None, _) if run.general.json => LockFormat::Json,
        (None, _) => LockFormat::Pylock,
    };
    if args.generate_hashes && format != LockFormat::Requirements {
        return Err(Failure::usage(
            "--generate-hashes belongs to --format requirements: other forms always have hashes",
        ));
    }
    let style = RequirementsStyle { hashes: args.generate_hashes, annotate: !args.no_annotate };
    let out = output_file(args.output, format);
    if args.check && out.is_none() {
        return Err(Failure::usage("--check needs a file to compare with: name it with -o"));
    }
    let targets = settings.target.all();
    let mut options = LockOptions::new(settings.request_for_all(args.requirements, &targets)?, targets);
    options.form = match format {
        LockFormat::Pylock => LockForm::Pylock,
        LockFormat::Requirements => LockForm::Requirements(style),
        LockFormat::Json => LockForm::Json,
    };
    options.out.clone_from(&out);
    (options.upgrade, options.upgrade_packages) = (args.upgrade, args.upgrade_package);
    (options.force, options.check) = (args.force, args.check);
    let locked = run.block_on(|context| ops::lock(options, context))?;
    match out {
        None if format == LockFormat::Json => Output::result(&printable_json(&locked.text)),
        None => Output::result(&locked.text),
        Some(path) if args.check && locked.changes => {
            let failure = Failure::new(format!("`{}` is not up to date", path.display()), Exit::Failed);
            Err(failure.hint("run `barrow lock` with the same options and without --check"))
        }
        Some(path) => {
            let done = if locked.changes { "written" } else { "is up to date" };
            run.output.status(&format!("{} {done}", path.display()));
            Ok(())
        }
    }
}

/// The form that was asked for, where the name of the file does not say another one.
fn fitting(format: LockFormat, path: &Path) -> Result<LockFormat, Failure> {
    let says_nothing = path.extension().is_none();
    match format_of(path) {
        Ok(by_name) if says_nothing || by_name == format => Ok(format),
        Err(_) if format != LockFormat::Pylock => Ok(format),
        _ => {
            let failure = Failure::usage(format!("under the name `{}` another form would be read", path.display()));
            Err(failure.hint("call it pylock.toml, pylock.NAME.toml, *.txt or *.json, as its form is"))
        }
    }
}

/// The form of a lock by the name of its file: what is written under a name is what is read from it.
fn format_of(path: &Path) -> Result<LockFormat, Failure> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("txt" | "in") => Ok(LockFormat::Requirements),
        Some("json") => Ok(LockFormat::Json),
        Some("toml") if pylock::is_pylock(path) => Ok(LockFormat::Pylock),
        // A device or a pipe.
        None => Ok(LockFormat::Pylock),
        Some(_) => {
            let failure = Failure::usage(format!("the name `{}` says no form of a lock", path.display()));
            Err(failure.hint("call it pylock.toml, pylock.NAME.toml, *.txt or *.json, or give --format"))
        }
    }
}

/// The file to write; `None` is standard output.
fn output_file(given: Option<PathBuf>, format: LockFormat) -> Option<PathBuf> {
    match (given, format) {
        (Some(path), _) if path.as_os_str() == "-" => None,
        (Some(path), _) => Some(path),
        (None, LockFormat::Pylock) => Some(PathBuf::from("pylock.toml")),
        (None, _) => None,
    }
}
