//! One file per command joins the rooms.

mod options;

pub use options::{DEFAULT_INDEX_URL, IndexSettings, NamedIndex, ProjectSource, RequestOptions};
