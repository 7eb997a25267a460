//! Many outputs in one run, however they were named: what is said of each, and how it ends.

use std::thread::available_parallelism;

use barrow::bundle::Bytes;
use barrow::ops::{self, BuildUnit, Built};
use barrow::reporter::{Level, Reporter as _};
use barrow::request::BundleOptions;
use serde_json::{Value, json};

use super::{last_word, result};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;

/// One output.
pub(super) struct Order {
    /// What messages call it.
    pub(super) label: String,
    /// What it is made of, and where it goes.
    pub(super) options: BundleOptions,
    /// What `--json` says of it, whatever becomes of it.
    pub(super) described: Value,
}

/// What became of all of them.
pub(super) struct Outcome {
    units: Vec<Value>,
    failed: Vec<Failure>,
}

/// Makes all of them, `jobs` at a time.
pub(super) fn make(run: &Run, orders: Vec<Order>, jobs: Option<usize>) -> Result<Outcome, Failure> {
    let jobs = jobs.unwrap_or_else(|| available_parallelism().map_or(2, std::num::NonZero::get));
    let mut described = Vec::with_capacity(orders.len());
    let mut units = Vec::with_capacity(orders.len());
    for Order { label, options, described: unit } in orders {
        described.push(unit);
        units.push(BuildUnit { label, options });
    }
    let tell = |built: &Built| {
        if let Ok(published) = &built.outcome {
            last_word::tell_changes(run, published, &format!("{}: ", built.label));
        }
        run.output.status(&line(built));
    };
    let all = run.block_on(|context| async move { ops::build(units, jobs, context, tell).await })?;
    let mut failed = Vec::new();
    for (unit, built) in described.iter_mut().zip(all) {
        match built.outcome {
            Ok(published) => {
                unit["state"] = json!(if published.is_unchanged { "unchanged" } else { "built" });
                unit["result"] = result::published(&published);
            }
            Err(error) => {
                let failure = Failure::from(error).about(&built.label);
                unit["state"] = json!("failed");
                unit["error"] = failure.to_json()["error"].clone();
                failed.push(failure);
            }
        }
    }
    Ok(Outcome { units: described, failed })
}

/// What became of one output, in one line.
fn line(built: &Built) -> String {
    match &built.outcome {
        Err(_) => format!("{}: failed", built.label),
        Ok(published) if published.is_unchanged => format!("{}: unchanged, {}", built.label, published.path.display()),
        Ok(published) => format!(
            "{}: {}, {} in {:.1} s, {}",
            built.label,
            ops::packages(published.dists.len()),
            Bytes(published.size_bytes),
            built.took.as_secs_f64(),
            published.path.display()
        ),
    }
}

impl Outcome {
    /// Whether everything was made.
    pub(super) fn is_whole(&self) -> bool {
        self.failed.is_empty()
    }

    /// The messages of all that failed, and one result for everything; `also` are further parts of what `--json` prints.
    pub(super) fn finish(self, run: &Run, also: Value) -> Result<(), Failure> {
        let count = self.units.len();
        if run.is_json() {
            let mut object = json!({ "schema": 1, "units": self.units });
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
