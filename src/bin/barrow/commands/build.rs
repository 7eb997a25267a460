//! `barrow build`: all functions and layers of barrow.toml in one run.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use barrow::request::{BundleKind, BundleOptions, places_of};
use barrow::target::Target;
use serde_json::{Value, json};

use super::batch::{self, Order, Outcome};
use super::check::{self, Made};
use super::differing::Differing;
use super::report::ReportFile;
use super::sbom::Sboms;
use crate::args::{BuildArgs, OutputArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::{ConfigFile, Flags, Settings, Unit, UnitKind, find_config, units_of};

/// One output of one unit for one target.
#[derive(Clone)]
struct Job {
    unit: Unit,
    target: Target,
    options: BundleOptions,
    /// Locks and layers that bring what is left out, besides those of its unit.
    without: Vec<PathBuf>,
    sboms: Sboms,
}

pub(super) fn call(run: &Run, args: &BuildArgs) -> Result<(), Failure> {
    let mut config = find_config(&run.host, &run.general, Path::new("."))?;
    if let Some(file) = &args.units {
        let units = ConfigFile::named(&run.host.working_folder.join(file)).map_err(Failure::usage)?;
        config.take_units(units).map_err(Failure::usage)?;
    }
    let units = choose(units_of(&run.host, &run.general, &config)?, &args.names, &config)?;
    let mut jobs = Vec::new();
    for unit in units {
        jobs.extend(of_unit(run, &unit, args)?);
    }
    refuse_shared_outputs(&jobs)?;
    if let Some(revision) = &args.changed_since {
        let folder = config.path.parent().unwrap_or(Path::new("."));
        let changed = Differing::since(folder, revision)?;
        retain_touched(&mut jobs, |job| job.is_touched_by(&changed, &config));
    }
    if args.list {
        return list(run, &jobs);
    }
    let settings = run.settings(Flags::default(), Path::new("."))?;
    let outs: Vec<&Path> = jobs.iter().map(|job| job.options.publish.out.as_path()).collect();
    let report = ReportFile::of(run, args.report.as_deref(), &outs, &settings)?;
    let outcome = make(run, &jobs, args)?;
    if args.github {
        outcome.tell_github(run)?;
    }
    let all_made: Vec<_> = each_made(&jobs, &outcome).collect();
    if report.is_wanted() {
        let mut parts = Vec::new();
        for (label, made, is_slimmed) in &all_made {
            parts.extend(report.parts(run, label, made, *is_slimmed)?);
        }
        report.write(run, &parts)?;
    }
    let checked: Vec<&Made<'_>> = all_made.iter().map(|(_, made, _)| made).filter(|_| args.check).collect();
    for made in &checked {
        made.check(run, settings.options.cache_folder.as_ref())?;
    }
    outcome.finish(run, json!({}))?;
    check::conclude_made(&checked)
}

/// Every output with its label, the handlers and layers of its unit, and whether it is slimmed.
fn each_made<'a>(jobs: &'a [Job], outcome: &'a Outcome) -> impl Iterator<Item = (&'a str, Made<'a>, bool)> {
    outcome.made.iter().map(move |(place, (label, published, is_slimmed))| {
        let job = &jobs[*place];
        let layers = job.unit.layers.iter().filter_map(|name| job.layer(name, jobs));
        let (of_without, elsewhere) = check::behind_without(&job.without, &job.options.request.inputs.brought);
        let layers = layers.filter_map(|(place, _)| outcome.made.get(&place)).flat_map(|(_, layer, _)| layer.places());
        let (handlers, ignore) = (job.unit.handlers.clone(), job.unit.config.check_ignore.clone());
        let layers = of_without.into_iter().chain(layers).collect();
        let (name, report) = (Some(label.as_str()), OnceCell::new());
        let made = Made { name, published, handlers, layers, elsewhere, ignore, report };
        (label.as_str(), made, *is_slimmed)
    })
}

/// Makes everything in one run: functions that use layers after their layers, which say what is left out.
fn make(run: &Run, jobs: &[Job], args: &BuildArgs) -> Result<Outcome, Failure> {
    let (mut orders, mut refused) = (Vec::with_capacity(jobs.len()), Outcome::default());
    for (place, job) in jobs.iter().enumerate() {
        match job.order(place, jobs) {
            Ok(order) => orders.push(order),
            Err(failure) => refused.fail(place, described(job), failure.about(&job.label())),
        }
    }
    Ok(refused.and(batch::make(run, orders, args.jobs)?))
}

/// The units of these names; without names, all.
fn choose(units: Vec<Unit>, names: &[String], config: &ConfigFile) -> Result<Vec<Unit>, Failure> {
    if units.is_empty() {
        let place = if config.path.as_os_str().is_empty() {
            "there is no barrow.toml here or above".to_owned()
        } else {
            format!("`{}` has neither [[function]] nor [[layer]]", config.path.display())
        };
        return Err(Failure::usage(place).hint("`barrow init` writes a barrow.toml from what it finds"));
    }
    if let Some(name) = names.iter().find(|name| units.iter().all(|unit| unit.name != **name)) {
        let known: Vec<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
        return Err(
            Failure::usage(format!("there is no unit `{name}`")).hint(format!("there are: {}", known.join(", ")))
        );
    }
    // A function cannot be made without its layers.
    let chosen = units.iter().filter(|unit| names.contains(&unit.name));
    let layers: Vec<String> = chosen.flat_map(|unit| unit.layers.iter().cloned()).collect();
    let is_wanted = |unit: &Unit| names.is_empty() || names.contains(&unit.name) || layers.contains(&unit.name);
    Ok(units.into_iter().filter(is_wanted).collect())
}

/// The settings of a unit, with the input that lies in its folder where it names none.
pub(super) fn settings_of_unit(run: &Run, unit: &Unit, flags: Flags) -> Result<Settings, Failure> {
    let folder = unit.source.clone().unwrap_or_else(|| run.host.working_folder.clone());
    let settings = Settings::read_with(&run.host, &run.general, flags, &folder, unit.config.clone());
    let mut settings = settings.map_err(|error| Failure::from(error).about(&unit.name))?;
    for warning in &settings.warnings {
        run.output.warn(&format!("{}: {warning}", unit.name));
    }
    if !unit.has_dependencies {
        settings.options.inputs.requirement_files.clear();
    } else if let Some(source) = unit.source.as_ref().filter(|_| unit.packages.is_empty()) {
        settings.take_input_of((&run.host, &run.output), source, &format!("{}: ", unit.name));
    }
    settings.want_project();
    Ok(settings)
}

/// Everything that one unit is to become.
fn of_unit(run: &Run, unit: &Unit, args: &BuildArgs) -> Result<Vec<Job>, Failure> {
    let settings = settings_of_unit(run, unit, Flags::default())?;
    let targets = settings.target.all();
    let kind = if unit.kind == UnitKind::Layer { BundleKind::Layer } else { BundleKind::Function };
    let mut jobs = Vec::new();
    for pattern in &unit.outputs {
        for target in &targets {
            let out = place(pattern, &unit.name, target, targets.len() > 1);
            let mut assembly = settings.assembly_for(unit.source.as_deref(), kind, target)?;
            let sboms = Sboms::for_unit(run, &settings.assembly.sboms, &out, &unit.name, target)?;
            sboms.keep_out_of(&mut assembly);
            let output = OutputArgs { output: Some(out), force: args.force, ..OutputArgs::default() };
            let request = settings.request_for(unit.packages.clone(), target)?;
            let options = BundleOptions::of(request, assembly, settings.publish(output), target.clone());
            let without = settings.without().to_vec();
            jobs.push(Job { unit: unit.clone(), target: target.clone(), options, sboms, without });
        }
    }
    Ok(jobs)
}

/// Where an output goes: `{name}`, `{runtime}` and `{arch}` stand for what they say. With several targets and no word
/// of the target in the pattern, runtime and architecture are put behind the name.
fn place(pattern: &Path, name: &str, target: &Target, is_one_of_several: bool) -> PathBuf {
    let (runtime, arch) = (target.runtime().name(), target.architecture().as_str());
    let text = pattern.to_string_lossy();
    let says_target = text.contains("{runtime}") || text.contains("{arch}");
    let text = text.replace("{name}", name).replace("{runtime}", runtime).replace("{arch}", arch);
    if says_target || !is_one_of_several {
        return PathBuf::from(text);
    }
    match text.strip_suffix(".zip") {
        Some(stem) => PathBuf::from(format!("{stem}-{runtime}-{arch}.zip")),
        None => PathBuf::from(format!("{text}-{runtime}-{arch}")),
    }
}

/// Two outputs at one place would replace each other in turn, and one inside another goes whenever that one is replaced.
fn refuse_shared_outputs(jobs: &[Job]) -> Result<(), Failure> {
    batch::refuse_shared_sboms(jobs.iter().map(|job| &job.sboms))?;
    let mut outs: Vec<(PathBuf, String)> = Vec::new();
    for job in jobs {
        outs.extend(job.options.outs().into_iter().map(|out| (out, job.label())));
    }
    // What lies in a folder follows it at once. Of equal places the first is named first.
    outs.sort_by(|(one, _), (other, _)| one.cmp(other));
    let shared = outs.array_windows().find(|[(one, _), (other, _)]| other.starts_with(one));
    let Some([(one, label), (other, label_of_other)]) = shared else { return Ok(()) };
    let text = if one == other {
        format!("{label} and {label_of_other} would both be made into `{}`", other.display())
    } else {
        format!("{label_of_other} would be made into `{}`, within the output of {label}", other.display())
    };
    Err(Failure::usage(text).hint("name other outputs: `output` takes {name}, {runtime} and {arch}"))
}

impl Job {
    fn label(&self) -> String {
        format!("{} ({}, {})", self.unit.name, self.target.runtime(), self.target.architecture())
    }

    /// Whether something that it is made of differs; where that cannot be told, it counts as if it did.
    fn is_touched_by(&self, changed: &Differing, config: &ConfigFile) -> bool {
        // What is wrong with its files is told when it is built.
        let Some(mut places) = places_of(&self.options) else { return changed.has_any() };
        let settings = [&Some(config.path.clone()), &self.unit.own_settings, &self.unit.listed_in];
        let working_folder = &self.options.request.inputs.working_folder;
        let without = self.without.iter().map(|path| working_folder.join(path));
        places.extend(settings.into_iter().flatten().cloned().chain(without).chain(self.unit.source.clone()));
        changed.concerns(places)
    }
}

impl Job {
    /// What is to be made of it, behind its layers.
    fn order(&self, place: usize, jobs: &[Self]) -> Result<Order, Failure> {
        let of_name = |name: &String| {
            let found = self.layer(name, jobs).map(|(place, _)| place);
            found.ok_or_else(|| {
                let (runtime, arch) = (self.target.runtime(), self.target.architecture());
                let text = format!("its layer `{name}` is not made for {runtime} on {arch}");
                Failure::usage(text).hint("give the layer the same `runtime` and `arch`")
            })
        };
        Ok(Order {
            place,
            label: self.label(),
            described: described(self),
            options: self.options.clone(),
            sboms: self.sboms.clone(),
            layers: self.unit.layers.iter().map(of_name).collect::<Result<_, _>>()?,
            without: self.without.clone(),
        })
    }

    /// The layer of this name for the same target, with its place among all.
    fn layer<'a>(&self, name: &str, jobs: &'a [Self]) -> Option<(usize, &'a Self)> {
        let target = |job: &Self| (job.target.runtime().name(), job.target.architecture());
        let is_it = |job: &Self| job.unit.name == name && target(job) == target(self);
        jobs.iter().enumerate().find(|(_, job)| is_it(job))
    }
}

/// Keeps what is touched, the functions whose layers are, and the layers of what is kept.
fn retain_touched(jobs: &mut Vec<Job>, is_touched: impl Fn(&Job) -> bool) {
    let mut names: BTreeSet<String> =
        jobs.iter().filter(|job| is_touched(job)).map(|job| job.unit.name.clone()).collect();
    let users = jobs.iter().filter(|job| job.unit.layers.iter().any(|layer| names.contains(layer)));
    let users: Vec<String> = users.map(|job| job.unit.name.clone()).collect();
    names.extend(users);
    let layers = jobs.iter().filter(|job| names.contains(&job.unit.name)).flat_map(|job| job.unit.layers.clone());
    let layers: Vec<String> = layers.collect();
    names.extend(layers);
    jobs.retain(|job| names.contains(&job.unit.name));
}

fn list(run: &Run, jobs: &[Job]) -> Result<(), Failure> {
    if run.is_json() {
        let units: Vec<Value> = jobs.iter().map(described).collect();
        return Output::object(&json!({ "schema": 1, "units": units }));
    }
    let width = jobs.iter().map(|job| job.unit.name.chars().count()).max().unwrap_or(0);
    let lines = jobs.iter().map(|job| {
        let (name, runtime, arch) = (&job.unit.name, job.target.runtime(), job.target.architecture());
        format!("{name:width$}  {}  {runtime}  {arch}  {}\n", kind(job), job.options.publish.out.display())
    });
    Output::text(&lines.collect::<String>())
}

fn kind(job: &Job) -> &'static str {
    if job.unit.kind == UnitKind::Layer { "layer" } else { "function" }
}

fn described(job: &Job) -> Value {
    json!({
        "name": job.unit.name,
        "kind": kind(job),
        "runtime": job.target.runtime().name(),
        "arch": job.target.architecture().as_str(),
        "source": job.unit.source.as_ref().map(|source| source.display().to_string()),
        "handlers": job.unit.handlers,
        "output": job.options.publish.out.display().to_string(),
    })
}
