//! What is remembered between runs: the results of outputs, and what the solver chose, each under the key of its inputs
//! ([`InputKey`](crate::request::InputKey)).
//!
//! What is remembered is only ever a shorter way to the same answer. Whoever takes it has to show that asking anew
//! would give the same: by the freshness of the pages that it was made of, by digests, and for an output by what lies
//! in OUT.

mod last_run;
mod published;
mod edited;
mod resolutions;
mod footing;
mod unchanged;

pub(crate) use edited::{Edited, OwnPart};
pub(crate) use footing::{Footing, footing};
pub(crate) use last_run::{changes, remember};
pub use published::{BundledDist, DistChange, LeftOutFiles, Published, PublishedLayer};
pub(crate) use resolutions::Question;
pub(crate) use unchanged::{Memory, News, recall};
