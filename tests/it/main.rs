//! The one test binary: barrow from outside, through its command line and against servers that this process runs.

#![expect(clippy::format_push_string, clippy::format_collect, reason = "tests are read more often than they are run")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

/// The words of the command line, for what the library says in kinds and values.
#[path = "../../src/bin/barrow/hints/mod.rs"]
#[expect(dead_code, reason = "the tests of the library need some of them")]
mod hints;
mod scenario;
/// How messages are broken into lines.
#[path = "../../src/bin/barrow/wrap.rs"]
mod wrap;
#[macro_use]
mod support;

mod air_gap;
mod air_gap_page;
mod answers;
mod audit;
mod as_people_write;
mod brute_force;
mod build;
mod build_hosts;
mod build_places;
mod build_variables;
mod build_indexes;
mod building;
mod bundle;
mod bytecode;
mod cache_in_use;
mod check;
mod cli;
mod clear_ends;
mod clock;
mod contents;
mod codeartifact;
mod edits;
mod elf;
mod error_page;
mod errors;
mod examples;
mod explanations;
mod fingerprint;
mod fixtures;
mod hashes;
mod honest;
mod house_rules;
mod index;
mod last_word;
mod layers;
mod scenario_scale;
mod indexes;
mod init;
mod input_key;
mod install;
mod kept;
mod lock;
mod locks;
mod locked_sources;
mod meaning;
mod messages;
mod mirror;
mod mirror_apps;
mod mirror_known;
mod mirrored_repositories;
mod one_mirror;
mod order_of_settings;
mod pylock;
mod poetry_constraints;
mod projects;
mod reasons;
mod remembered;
mod report;
mod reproducible;
mod requirements;
mod sam;
mod sam_config;
mod sboms;
mod scenarios;
mod still_the_same;
mod stores;
mod ties;
mod tree;
mod timing;
mod unchanged;
mod units;
mod units_at_work;
mod uv_settings;
mod version_check;
mod without;
mod secrets;
mod serve;
mod setup_cfg;
mod shared_bytes;
mod shared_cache;
mod shared_care;
mod shared_kinds;
mod slim;
mod sources;
mod stays_home;
