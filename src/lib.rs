//! barrow resolves Python requirements for an AWS Lambda target, downloads the wheels that fit its runtime and
//! architecture, and bundles them with the handler's source: no container, no Python on the host.
//!
//! ```text
//!  -r FILE, NAME… ──▶ requirements ──┐
//!  --runtime, --arch ──▶ target ─────┼──▶ resolve ──▶ Resolution ──▶ fetch ──▶ (build) ──▶ install ──▶ bundle ──▶ publish ──▶ OUT
//!  index pages ──▶ http ──▶ index ───┘
//! ```
//!
//! For other programs are [`ops`], which has a function for each command, and what it takes and gives: [`request`],
//! [`requirements`], [`target`], [`spec`], [`resolution`], [`resolve`] and [`reporter`]. The rooms that the
//! documentation hides are public for the command line, which is a crate of its own; nobody else should count on them.
//!
//! Rooms in reading order; a room imports only rooms above it.

// Tests include the words of the command line, which names the library as others do.
#[cfg(test)]
extern crate self as barrow;

pub mod reporter;
#[doc(hidden)]
pub mod regular;
mod file_stamp;
mod file_lock;
mod blocking;
mod durable;
mod modes;
mod whole_file;
mod debris;
pub mod spec;
#[doc(hidden)]
pub mod signing;
#[doc(hidden)]
pub mod archive;
pub mod target;
#[doc(hidden)]
pub mod elf;
#[doc(hidden)]
pub mod python;
#[doc(hidden)]
pub mod yaml;
#[doc(hidden)]
pub mod sam;
pub mod requirements;
pub mod resolution;
pub mod resolve;
#[doc(hidden)]
pub mod lock;
#[doc(hidden)]
pub mod cache;
#[doc(hidden)]
pub mod http;
mod store;
#[doc(hidden)]
pub mod shared;
#[doc(hidden)]
pub mod fetch;
#[doc(hidden)]
pub mod index;
#[doc(hidden)]
pub mod build;
#[doc(hidden)]
pub mod install;
#[doc(hidden)]
pub mod bundle;
#[doc(hidden)]
pub mod inventory;
#[doc(hidden)]
pub mod sbom;
#[doc(hidden)]
pub mod audit;
#[doc(hidden)]
pub mod publish;
pub mod request;
mod context;
mod memory;
mod supply;
#[doc(hidden)]
pub mod mirror;
#[doc(hidden)]
pub mod check;
#[doc(hidden)]
pub mod report;
pub mod ops;
