//! What the solver asks of the world, and how it is answered.
//!
//! ```text
//! Session (a run) ──▶ Inquiry (one request in it) ──▶ Resolved ──▶ Installed
//!                        │        ▲
//!                        ▼        │ PackageSource
//!                      solver ──▶ BuildingSource ──▶ LiveSource (indexes, folders, cache)
//!                                        └─────────▶ SourceBuilder (sources are fetched and built)
//! ```
//!
//! The solver asks synchronously on a thread of its own; everything else here is asynchronous. Each question is asked
//! once in a run, whichever request asks it first. What the solver decides for is fetched and unpacked while it goes on
//! (`ahead.rs`).

mod ahead;
mod bench;
mod build_entry;
mod build_environment;
mod build_needs;
mod building;
mod building_source;
mod error;
mod indexes;
mod kept_build;
mod inquiry;
mod installing;
mod locked;
mod made_with;
mod material;
mod missing;
mod naming;
mod obtaining;
mod placed;
mod python_limits;
mod repositories;
mod session;
mod shared_builds;
mod solver_thread;
mod source;
mod table_settings;
#[cfg(test)]
mod tests;
mod tied_sources;
mod user_lines;
mod virtual_projects;

pub use error::{MirrorInputs, PythonRefused, SupplyError};
pub(crate) use indexes::is_private;
pub(crate) use inquiry::Inquiry;
pub(crate) use installing::{Installed, install_each};
pub(crate) use kept_build::kept_builds;
pub use python_limits::newest_runtime_for;
pub(crate) use repositories::NeededRepository;
pub(crate) use session::Session;
pub use source::LiveSource;
