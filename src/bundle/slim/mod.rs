//! Leaving out files of dependencies: what the user names (`NAME:GLOB`), and with `--slim` what no program needs.
//!
//! A distribution whose files were partly left out stays true to itself: its RECORD lists what is there, so that
//! `importlib.metadata` and `pip` see a whole distribution. METADATA, entry points, licences and `py.typed` are never
//! left out by a rule.

mod mentions;
mod needed;
mod rules;
mod selection;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use selection::patterns_of_rules;
pub(crate) use selection::{FileSelection, SlimRules, saved_by_slim, slim_rules};
pub use selection::{ServiceChoice, is_dist_pattern};
