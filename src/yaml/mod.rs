//! YAML 1.2 with positions: what a document says, and where in its text it says it (YAML Ain't Markup Language, version
//! 1.2).
//!
//! A text that people wrote is changed by replacing ranges of bytes, so that comments, tags and order stay as they are;
//! for that every [`Node`] knows its range. JSON is read as what it is, a part of YAML. Anchors, aliases and merge keys
//! (`<<`) are followed when a value is asked for and never written out, so that no small document becomes a large one.

mod builder;
mod edits;
mod node;
#[cfg(test)]
mod tests;

pub use builder::Document;
pub(crate) use edits::Edits;
pub use node::Node;
pub(crate) use node::NodeContent;
