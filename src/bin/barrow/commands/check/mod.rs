//! `barrow check`.

mod annotations;
mod findings;
mod sam_build;
mod sarif;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use barrow::bundle::Bytes;
use barrow::check::{self, CheckOptions, Grade, IgnoredFinding, Report};
use barrow::ops::{Published, is_layer};
use barrow::reporter::counted;
use barrow::requirements::Brought;
use barrow::target::Target;

use super::meaning::refuse_missing;
use super::sam_config::parameters;
use crate::args::{CheckArgs, SettingArgs, TargetArgs};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::{Flags, Settings};

/// Something that is checked by itself.
struct CheckedPart {
    /// What tells it from the others, where there are several.
    name: Option<String>,
    /// What the user would call it.
    path: PathBuf,
    options: CheckOptions,
}

/// What was found in a part.
struct Checked {
    name: Option<String>,
    path: PathBuf,
    target: Target,
    report: Report,
}

pub(super) fn call(run: &Run, args: CheckArgs) -> Result<(), Failure> {
    if args.probe {
        return Output::result(check::PROBE);
    }
    let (is_sarif, is_github, is_strict) = (args.sarif, args.github, args.strict);
    let checked: Vec<Checked> = parts(run, args)?.into_iter().map(look_at).collect::<Result<_, _>>()?;
    let is_verbose = run.general.verbose > 0;
    if run.is_json() {
        Output::object(&findings::json(&checked))?;
    } else if is_sarif {
        Output::object(&sarif::log(&checked))?;
    } else if is_github {
        Output::text(&checked.iter().map(|part| annotations::text(&part.report, &part.path)).collect::<String>())?;
    } else {
        let least = if is_verbose { Grade::Note } else { Grade::Warning };
        Output::text(&findings::text(&checked, least))?;
    }
    for Checked { name, target, report, .. } in &checked {
        let before = name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        run.output.status(&format!("{before}{}", summary(report, target, is_verbose)));
    }
    conclude(checked.iter().map(|part| &part.report), is_strict)
}

/// What there is to check: the functions of a folder that `sam build` filled, else what the user names.
fn parts(run: &Run, args: CheckArgs) -> Result<Vec<CheckedPart>, Failure> {
    let path = args.path.unwrap_or_default();
    let says_target = args.target != TargetArgs::default();
    let flags = Flags { settings: SettingArgs { target: args.target, ..SettingArgs::default() }, ..Flags::default() };
    let settings = run.settings(flags, Path::new("."))?;
    refuse_missing(run, &path)?;
    let folder = &run.host.working_folder;
    let libraries = args.libraries.map(|file| folder.join(file));
    let ignore: Vec<_> = args.ignore.into_iter().chain(settings.check_ignore).collect();
    let cache_folder = settings.options.cache_folder.clone();
    let overrides = parameters(&args.parameter_overrides)?;
    let gives_values = !overrides.is_empty();
    if args.handler.is_empty()
        && args.layer.is_empty()
        && args.lock.is_none()
        && let Some(units) = sam_build::units(run, &path, overrides)?
    {
        if says_target {
            let text = format!("the template in `{}` says the runtime and processor of each function", path.display());
            return Err(Failure::usage(text).hint("leave them out, or check the folder of one function"));
        }
        let part = |unit: sam_build::SamBuildUnit| CheckedPart {
            name: Some(unit.name),
            options: CheckOptions {
                layers: unit.layers.iter().map(|layer| folder.join(layer)).collect(),
                handlers: unit.handler.into_iter().collect(),
                libraries: libraries.clone(),
                cache_folder: cache_folder.clone(),
                ignore: ignore.clone(),
                ..CheckOptions::new(folder.join(&unit.path), unit.target)
            },
            path: unit.path,
        };
        return Ok(units.into_iter().map(part).collect());
    }
    if gives_values {
        let text = format!("`{}` is no folder that `sam build` filled, so no template has parameters", path.display());
        return Err(
            Failure::usage(text).hint("leave --parameter-overrides out, and name the target with --runtime and --arch")
        );
    }
    let target = settings.target.single()?;
    let locked = args.lock.map(|lock| check::read_lock(&folder.join(lock), &target)).transpose()?;
    let options = CheckOptions {
        path: folder.join(&path),
        layers: args.layer.iter().map(|layer| folder.join(layer)).collect(),
        handlers: args.handler,
        elsewhere: Vec::new(),
        target,
        locked,
        libraries,
        cache_folder,
        ignore,
    };
    Ok(vec![CheckedPart { name: None, path, options }])
}

fn look_at(part: CheckedPart) -> Result<Checked, Failure> {
    let report = check::check(&part.options)?;
    Ok(Checked { name: part.name, path: part.path, target: part.options.target, report })
}

/// An output that was just made.
pub(super) struct Made<'a> {
    /// What tells it from the others, where there are several.
    pub(super) name: Option<&'a str>,
    pub(super) published: &'a Published,
    pub(super) handlers: Vec<String>,
    /// The layers that it uses, the lowest first.
    pub(super) layers: Vec<PathBuf>,
    /// What is left to a lock or list.
    pub(super) elsewhere: Vec<Brought>,
    pub(super) ignore: Vec<IgnoredFinding>,
    /// What was found, once it was looked for: the page and the check have the same.
    pub(super) report: OnceCell<Report>,
}

impl<'a> Made<'a> {
    /// The one output of a run.
    pub(super) fn alone(
        settings: &Settings,
        published: &'a Published,
        handlers: Vec<String>,
        brought: &[Brought],
    ) -> Self {
        let (layers, elsewhere) = behind_without(settings.without(), brought);
        let ignore = settings.check_ignore.clone();
        Self { name: None, published, handlers, layers, elsewhere, ignore, report: OnceCell::new() }
    }

    /// How it is checked: its own layers, which belong together, behind those that it uses.
    fn options(&self, run: &Run, cache_folder: Option<&PathBuf>) -> CheckOptions {
        let own = self.published.places();
        let mut places: Vec<_> =
            self.layers.iter().chain(&own).map(|place| run.host.working_folder.join(place)).collect();
        let path = places.pop().unwrap_or_default();
        CheckOptions {
            layers: places,
            elsewhere: self.elsewhere.clone(),
            handlers: self.handlers.clone(),
            cache_folder: cache_folder.cloned(),
            ignore: self.ignore.clone(),
            ..CheckOptions::new(path, self.published.target.clone())
        }
    }

    /// What is found in it. It is looked through once.
    pub(super) fn report(&self, run: &Run, cache_folder: Option<&PathBuf>) -> Result<&Report, Failure> {
        if let Some(report) = self.report.get() {
            return Ok(report);
        }
        let report = check::check(&self.options(run, cache_folder))?;
        Ok(self.report.get_or_init(|| report))
    }

    /// Tells what is found in it that breaks nothing; that goes to standard error, since standard output is for the
    /// result. What breaks is said by the failure that it makes of the run ([`conclude_made`]).
    pub(super) fn check(&self, run: &Run, cache_folder: Option<&PathBuf>) -> Result<(), Failure> {
        let report = self.report(run, cache_folder)?;
        let before = self.label();
        let is_verbose = run.general.verbose > 0;
        let least = if is_verbose { Grade::Note } else { Grade::Warning };
        let is_told = |grade: Grade| grade >= least && grade < Grade::Error;
        for finding in report.findings.iter().filter(|finding| is_told(finding.grade)) {
            run.output.warn(&format!("{before}{}", findings::one_line(finding)));
        }
        run.output.status(&format!("{before}{}", summary(report, &self.published.target, is_verbose)));
        Ok(())
    }

    /// What stands before each line about it.
    fn label(&self) -> String {
        self.name.map(|name| format!("{name}: ")).unwrap_or_default()
    }

    /// What was found that breaks, a line each.
    fn errors(&self) -> impl Iterator<Item = String> {
        let findings = self.report.get().into_iter().flat_map(|report| &report.findings);
        let errors = findings.filter(|finding| finding.grade == Grade::Error);
        errors.map(|finding| format!("{}{}", self.label(), findings::one_line(finding)))
    }
}

/// What `--without` names, for a check: the layers, and what is left to locks and lists, of which no file is known.
pub(super) fn behind_without(without: &[PathBuf], brought: &[Brought]) -> (Vec<PathBuf>, Vec<Brought>) {
    let elsewhere = brought.iter().filter(|brought| !is_layer(&brought.by));
    (without.iter().filter(|place| is_layer(place)).cloned().collect(), elsewhere.cloned().collect())
}

/// Checks the one output of a run, and fails where it would not load.
pub(super) fn made(run: &Run, settings: &Settings, made: &Made<'_>) -> Result<(), Failure> {
    made.check(run, settings.options.cache_folder.as_ref())?;
    conclude_made(&[made])
}

/// Fails where an output that was checked would not load, with what was found in it.
pub(super) fn conclude_made(checked: &[&Made<'_>]) -> Result<(), Failure> {
    conclude(checked.iter().filter_map(|made| made.report.get()), false)
        .map_err(|failure| checked.iter().flat_map(|made| made.errors()).fold(failure, Failure::cause))
}

/// One line about the whole.
fn summary(report: &Report, target: &Target, shows_notes: bool) -> String {
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
fn conclude<'a>(reports: impl IntoIterator<Item = &'a Report>, is_strict: bool) -> Result<(), Failure> {
    let (mut errors, mut warnings, mut worst) = (0, 0, None);
    for report in reports {
        errors += report.count(Grade::Error);
        warnings += report.count(Grade::Warning);
        let first = report.findings.first().map(|finding| (finding.grade, finding.code));
        // Of equally bad ones the first.
        if first.map(|(grade, _)| grade) > worst.map(|(grade, _)| grade) {
            worst = first;
        }
    }
    let what = match (errors, is_strict) {
        (0, true) if warnings > 0 => counted(warnings, "warning"),
        (0, _) => return Ok(()),
        (errors, _) => counted(errors, "error"),
    };
    let failure = Failure::new(format!("the check found {what}"), Exit::Failed);
    Err(failure.hints(worst.map(|(_, code)| format!("`barrow explain {code}` says more about the first of them"))))
}
