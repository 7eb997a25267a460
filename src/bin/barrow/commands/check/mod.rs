//! `barrow check`.

mod annotations;
mod findings;
mod sarif;

use std::path::Path;

use barrow::bundle::Bytes;
use barrow::check::{self, CheckOptions, Grade, Report};
use barrow::ops::Published;
use barrow::target::Target;

use crate::args::{CheckArgs, SettingArgs};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::{Flags, Settings};

pub(super) fn call(run: &Run, args: CheckArgs) -> Result<(), Failure> {
    if args.probe {
        return Output::result(check::PROBE);
    }
    let path = args.path.unwrap_or_default();
    let flags = Flags { settings: SettingArgs { target: args.target, ..SettingArgs::default() }, ..Flags::default() };
    let settings = run.settings(flags, Path::new("."))?;
    let target = settings.target.single()?;
    let folder = &run.host.working_folder;
    let locked = args.lock.map(|lock| check::read_lock(&folder.join(lock), &target)).transpose()?;
    let options = CheckOptions {
        path: folder.join(&path),
        layers: args.layer.iter().map(|layer| folder.join(layer)).collect(),
        handlers: args.handler,
        target,
        locked,
        libraries: args.libraries.map(|file| folder.join(file)),
        cache_folder: settings.cache_folder.clone(),
        ignore: args.ignore.into_iter().chain(settings.check_ignore).collect(),
    };
    let report = check::check(&options)?;
    if run.is_json() {
        Output::object(&findings::json(&report, &path, &options.target))?;
    } else if args.sarif {
        Output::object(&sarif::log(&report, &path))?;
    } else if args.github {
        Output::text(&annotations::text(&report, &path))?;
    } else {
        let least = if run.general.verbose > 0 { Grade::Note } else { Grade::Warning };
        Output::text(&findings::text(&report, least))?;
    }
    run.output.status(&summary(&report, &options.target, run.general.verbose > 0));
    conclude(&report, args.strict)
}

/// Checks what was just made; findings go to standard error, since standard output is for the result.
pub(super) fn published(
    run: &Run,
    settings: &Settings,
    published: &Published,
    handlers: Vec<String>,
) -> Result<(), Failure> {
    // Layers that belong together are looked at together.
    let mut places: Vec<_> = published.layers.iter().map(|layer| run.host.working_folder.join(&layer.path)).collect();
    let path = places.pop().unwrap_or_else(|| run.host.working_folder.join(&published.path));
    let options = CheckOptions {
        path,
        layers: places,
        handlers,
        target: published.target.clone(),
        locked: None,
        libraries: None,
        cache_folder: settings.cache_folder.clone(),
        ignore: settings.check_ignore.clone(),
    };
    let report = check::check(&options)?;
    let least = if run.general.verbose > 0 { Grade::Note } else { Grade::Warning };
    for finding in report.findings.iter().filter(|finding| finding.grade >= least) {
        run.output.warn(&findings::one_line(finding));
    }
    run.output.status(&summary(&report, &options.target, run.general.verbose > 0));
    conclude(&report, false)
}

/// One line about the whole.
pub(super) fn summary(report: &Report, target: &Target, shows_notes: bool) -> String {
    let notes = report.count(Grade::Note);
    let hidden = if notes > 0 && !shows_notes { " (see them with -v)" } else { "" };
    let ignored = if report.ignored > 0 { format!(", {} ignored", report.ignored) } else { String::new() };
    format!(
        "Checked {} ({}) for {} on {}: {}, {}, {}{hidden}{ignored}",
        counted(report.files, "file"),
        Bytes(report.size_bytes),
        target.runtime(),
        target.architecture(),
        counted(report.count(Grade::Error), "error"),
        counted(report.count(Grade::Warning), "warning"),
        counted(notes, "note"),
    )
}

/// Fails where something was found that breaks.
pub(super) fn conclude(report: &Report, is_strict: bool) -> Result<(), Failure> {
    let (errors, warnings) = (report.count(Grade::Error), report.count(Grade::Warning));
    let what = match (errors, is_strict) {
        (0, true) if warnings > 0 => counted(warnings, "warning"),
        (0, _) => return Ok(()),
        (errors, _) => counted(errors, "error"),
    };
    let first = report.findings.first().map(|finding| finding.code);
    let failure = Failure::new(format!("the check found {what}"), Exit::Failed);
    Err(match first {
        Some(code) => failure.hint(format!("`barrow explain {code}` says more about the first of them")),
        None => failure,
    })
}

/// `1 file`, `2 files`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
