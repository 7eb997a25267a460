//! One file per command joins the rooms.

mod source;

pub use source::LiveSource;
