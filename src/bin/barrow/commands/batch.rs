//! Many outputs in one run, however they were named: what is said of each, and how it ends.

#![expect(clippy::format_push_string, reason = "a table for people, made once in a run")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::thread::available_parallelism;

use barrow::bundle::Bytes;
use barrow::ops::{self, BuildUnit, Built, Published};
use barrow::reporter::{Level, Reporter as _, counted};
use barrow::request::BundleOptions;
use serde_json::{Value, json};

use super::sbom::Sboms;
use super::{annotation, last_word, result};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::RowState;
use crate::run::Run;

/// One output that is to be made.
pub(super) struct Order {
    /// Its place among all that were asked for.
    pub(super) place: usize,
    /// What messages call it.
    pub(super) label: String,
    /// What it is made of, and where it goes.
    pub(super) options: BundleOptions,
    /// What `--json` says of it, whatever becomes of it.
    pub(super) described: Value,
    /// The bills of materials that are written of it.
    pub(super) sboms: Sboms,
    /// Places of the layers that bring a part of what it requires, all among the orders of one run.
    pub(super) layers: Vec<usize>,
    /// What brings something besides.
    pub(super) without: Vec<PathBuf>,
}

/// What became of all of them.
#[derive(Default)]
pub(super) struct Outcome {
    units: BTreeMap<usize, Value>,
    failed: Vec<Failure>,
    /// What was made, by place: its label, what was published, and whether it was slimmed.
    pub(super) made: BTreeMap<usize, (String, Published, bool)>,
}

/// Makes all of them, `jobs` at a time, those that use layers after their layers.
pub(super) fn make(run: &Run, orders: Vec<Order>, jobs: Option<usize>) -> Result<Outcome, Failure> {
    let jobs = jobs.unwrap_or_else(|| available_parallelism().map_or(2, std::num::NonZero::get));
    let mut described = Vec::with_capacity(orders.len());
    let mut units = Vec::with_capacity(orders.len());
    let slimmed: Vec<bool> = orders.iter().map(|order| order.options.assembly.selection.slim).collect();
    refuse_shared_sboms(orders.iter().map(|order| &order.sboms))?;
    let mut all_sboms = Vec::with_capacity(orders.len());
    let at: BTreeMap<usize, usize> = orders.iter().enumerate().map(|(at, order)| (order.place, at)).collect();
    for Order { place, label, options, described: unit, sboms, layers, without } in orders {
        described.push((place, unit));
        all_sboms.push(sboms);
        let layers = layers.iter().filter_map(|place| at.get(place).copied()).collect();
        units.push(BuildUnit { label, options, layers, without });
    }
    // A single one has the line of its downloads for itself.
    let has_table = units.len() > 1 && run.output.begin_table(units.iter().map(|unit| unit.label.clone()));
    let done = |built: &Built| if has_table { run.output.reach_row(built.place, row(built)) } else { tell(run, built) };
    let all = run.block_on(|context| async move { ops::build(units, jobs, context, done).await })?;
    if has_table {
        for built in &all {
            tell(run, built);
        }
    }
    let mut outcome = Outcome::default();
    for ((((place, mut unit), built), is_slimmed), sboms) in described.into_iter().zip(all).zip(slimmed).zip(all_sboms)
    {
        let made = built.outcome.map_err(Failure::from);
        let made = made.and_then(|published| Ok((sboms.write(run, &published)?, published)));
        match made {
            Ok((sboms, published)) => {
                unit["state"] = json!(if published.is_unchanged { "unchanged" } else { "built" });
                unit["result"] = result::with_sboms(result::published(&published), &sboms);
                outcome.units.insert(place, unit);
                outcome.made.insert(place, (built.label, published, is_slimmed));
            }
            Err(failure) => outcome.fail(place, unit, failure.about(&built.label)),
        }
    }
    Ok(outcome)
}

fn tell(run: &Run, built: &Built) {
    if let Ok(published) = &built.outcome {
        last_word::tell_changes(run, published, &format!("{}: ", built.label));
    }
    run.output.status(&line(built));
}

/// What became of one output, in the table.
fn row(built: &Built) -> RowState {
    match &built.outcome {
        Err(_) => RowState::Failed(built.took),
        Ok(published) => {
            let word = if published.is_unchanged { "unchanged" } else { "built" };
            RowState::Done(word, Bytes(published.size_bytes).to_string(), built.took)
        }
    }
}

/// Two bills of materials at one place would replace each other.
pub(super) fn refuse_shared_sboms<'a>(all: impl Iterator<Item = &'a Sboms>) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    match all.flat_map(Sboms::places).find(|place| !seen.insert(*place)) {
        None => Ok(()),
        Some(place) => Err(Failure::usage(format!("two bills of materials go to `{}`", place.display()))
            .hint("the FILE of `sbom` takes {name}, {runtime} and {arch}")),
    }
}

/// What became of one output, in one line.
fn line(built: &Built) -> String {
    match &built.outcome {
        Err(_) => format!("{}: failed", built.label),
        Ok(published) if published.is_unchanged => format!("{}: unchanged, {}", built.label, published.path.display()),
        Ok(published) => format!(
            "{}: {}, {} in {:.1} s, {}",
            built.label,
            counted(published.dists.len(), "package"),
            Bytes(published.size_bytes),
            built.took.as_secs_f64(),
            published.path.display()
        ),
    }
}

impl Outcome {
    /// Notes an output that could not be made.
    pub(super) fn fail(&mut self, place: usize, mut unit: Value, failure: Failure) {
        unit["state"] = json!("failed");
        unit["error"] = failure.to_json()["error"].clone();
        self.units.insert(place, unit);
        self.failed.push(failure);
    }

    /// This outcome together with that of other outputs.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.units.extend(other.units);
        self.made.extend(other.made);
        self.failed.extend(other.failed);
        self
    }

    /// Whether everything was made.
    pub(super) fn is_whole(&self) -> bool {
        self.failed.is_empty()
    }

    /// An annotation for each that failed, and a table where the job collects its summary.
    pub(super) fn tell_github(&self, run: &Run) -> Result<(), Failure> {
        // With --json, standard output is one object; GitHub reads commands on standard error too.
        let annotations = self
            .failed
            .iter()
            .map(|failure| annotation::of_failure("barrow build", failure.message(), &failure.details()));
        let annotations: String = annotations.collect();
        if run.is_json() {
            run.output.command(&annotations);
        } else {
            Output::text(&annotations)?;
        }
        let Some(file) = run.host.variable("GITHUB_STEP_SUMMARY") else { return Ok(()) };
        let failed = |error: std::io::Error| {
            Failure::new(format!("failed to write the summary of the job to `{file}`"), Exit::Failed).because(&error)
        };
        let mut summary = fs_err::OpenOptions::new().create(true).append(true).open(file).map_err(failed)?;
        summary.write_all(self.table().as_bytes()).map_err(failed)
    }

    /// The units as a table in Markdown.
    fn table(&self) -> String {
        let mut text = String::from("| unit | target | state | size | zip |\n| --- | --- | --- | ---: | ---: |\n");
        let word = |value: &Value| value.as_str().unwrap_or_default().replace('|', "\\|");
        let size = |value: &Value| value.as_u64().map(|size| Bytes(size).to_string()).unwrap_or_default();
        for unit in self.units.values() {
            let state = if unit["state"] == "failed" { "**failed**".to_owned() } else { word(&unit["state"]) };
            let result = &unit["result"];
            text += &format!(
                "| {} | {}, {} | {state} | {} | {} |\n",
                word(&unit["name"]),
                word(&unit["runtime"]),
                word(&unit["arch"]),
                size(&result["size_bytes"]),
                size(&result["zip_size_bytes"]),
            );
        }
        text + "\n"
    }

    /// The messages of all that failed, and one result for everything; `also` are further parts of what `--json`
    /// prints.
    pub(super) fn finish(&self, run: &Run, also: Value) -> Result<(), Failure> {
        let count = self.units.len();
        if run.is_json() {
            let mut object = json!({ "schema": 1, "units": self.units.values().collect::<Vec<_>>() });
            if let (Some(object), Value::Object(also)) = (object.as_object_mut(), also) {
                object.extend(also);
            }
            Output::object(&object)?;
        }
        if self.failed.is_empty() {
            run.output.message(Level::Status, &format!("{count} of {count} are built"));
            return Ok(());
        }
        for failure in &self.failed {
            run.output.failure(failure);
        }
        Err(Failure::new(format!("{} of {count} could not be built", self.failed.len()), Exit::Failed))
    }
}
