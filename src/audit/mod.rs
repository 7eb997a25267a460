//! Known vulnerabilities of what an inventory holds.
//!
//! ```text
//! index (its JSON) ──┐
//! OSV files ─────────┴──▶ Advisory ──▶ findings (of one distribution each, aliases joined) ──▶ what is ignored, with a reason
//! ```
//!
//! The form of advisories is OSV's (<https://ossf.github.io/osv-schema/>), which PyPI's own database has too. What
//! cannot be told is never taken for "nothing is known": a distribution that no source knows is named.

mod advisory;
mod finding;
mod index_answer;
mod osv;
#[cfg(test)]
mod tests;

use advisory::Advisory;
pub use finding::{IgnoredAdvisory, Judged, Vulnerability, judge};
pub(crate) use index_answer::read_answer;
pub use osv::Advisories;
pub(crate) use osv::AuditError;
