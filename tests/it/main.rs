//! The one test binary: barrow from outside, through its command line and against servers that this process runs.

#![expect(clippy::format_push_string, clippy::format_collect, reason = "tests are read more often than they are run")]

mod scenario;
mod support;

mod brute_force;
mod explanations;
mod fixtures;
mod house_rules;
mod index;
mod scenario_scale;
mod scenarios;
