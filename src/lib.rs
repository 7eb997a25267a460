//! barrow resolves Python requirements for an AWS Lambda target, downloads the wheels that fit its runtime and
//! architecture, and bundles them with the handler's source: no container, no Python on the host.
//!
//! ```text
//!  -r FILE, NAME… ──▶ requirements ──┐
//!  --runtime, --arch ──▶ target ─────┼──▶ resolve ──▶ Resolution ──▶ fetch ──▶ (build) ──▶ install ──▶ bundle ──▶ publish ──▶ OUT
//!  index pages ──▶ http ──▶ index ───┘
//! ```
//!
//! Rooms in reading order; a room imports only rooms above it.

// Tests include the words of the command line, which names the library as others do.
#[cfg(test)]
extern crate self as barrow;

pub mod reporter;
pub mod regular;
mod file_lock;
mod durable;
mod finder;
pub mod spec;
pub mod signing;
pub mod archive;
pub mod target;
pub mod elf;
pub mod python;
pub mod yaml;
pub mod sam;
pub mod requirements;
pub mod resolution;
pub mod resolve;
pub mod lock;
pub mod cache;
pub mod http;
pub mod store;
pub mod shared;
pub mod fetch;
pub mod index;
pub mod build;
pub mod install;
pub mod bundle;
pub mod inventory;
pub mod sbom;
pub mod audit;
pub mod publish;
pub mod request;
mod context;
mod memory;
mod supply;
pub mod mirror;
pub mod check;
pub mod report;
pub mod ops;
