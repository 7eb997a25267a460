//! One file per command joins the rooms.

mod options;
mod source;

pub use options::{DEFAULT_INDEX_URL, IndexSettings, NamedIndex, ProjectSource, RequestOptions};
pub use source::LiveSource;
