//! The answer to "what does this target get": one file of every project that is needed, and what was refused on the
//! way.
//!
//! The solver gives a [`Resolution`] after choosing, a lock gives one by selection; what comes after cannot tell them
//! apart.

mod barrier;
mod exclusion;
mod resolved;

pub use barrier::Barrier;
pub use exclusion::Exclusion;
pub use resolved::{PassedOver, Requirer, Resolution, ResolvedDist};
