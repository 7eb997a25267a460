//! `entry_points.txt`: what a distribution offers by name ("Entry points specification").

use super::ForeignName;

/// One entry point, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoint {
    /// The group, such as `console_scripts`.
    pub group: String,
    /// The name, for a script that of its command.
    pub name: String,
    /// The object reference and, for old files, extras.
    pub value: String,
}

/// A function that a script calls: `module:attribute`, both dotted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectReference {
    /// The module to import.
    pub module: String,
    /// The attribute of the module, and attributes of that.
    pub attributes: String,
}

/// An `entry_points.txt` or a part of it that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryPointsError {
    /// Not UTF-8.
    #[error("it is not UTF-8")]
    Encoding,
    /// A line that is neither a group, an entry nor a comment.
    #[error("line {line} is not of the form name = value")]
    Line {
        /// The line, from 1.
        line: usize,
    },
    /// A reference that is not `module:function`.
    #[error("`{}` is not of the form module:function", ForeignName(.0))]
    Reference(String),
}

/// Parses an `entry_points.txt` as `importlib.metadata` reads it: every line by itself, so that the indented files that
/// old setuptools wrote are read too.
///
/// # Errors
/// What is not UTF-8, and the first line that is neither a group, an entry nor a comment.
pub fn parse_entry_points(bytes: &[u8]) -> Result<Vec<EntryPoint>, EntryPointsError> {
    let text = std::str::from_utf8(bytes).map_err(|_| EntryPointsError::Encoding)?;
    let mut group = None;
    let mut entries = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            group = Some(name.trim().to_owned());
            continue;
        }
        let (Some(group), Some((name, value))) = (&group, line.split_once('=')) else {
            return Err(EntryPointsError::Line { line: index + 1 });
        };
        entries.push(EntryPoint { group: group.clone(), name: name.trim().to_owned(), value: value.trim().to_owned() });
    }
    Ok(entries)
}

impl ObjectReference {
    /// Parses the value of a script's entry point: both halves are needed, extras behind them are ignored.
    ///
    /// # Errors
    /// What is not of the form `module:function`.
    pub fn parse(value: &str) -> Result<Self, EntryPointsError> {
        let reference = value.split_once('[').map_or(value, |(reference, _)| reference).trim();
        let parsed = reference.split_once(':').and_then(|(module, attributes)| {
            let (module, attributes) = (module.trim(), attributes.trim());
            (is_dotted_name(module) && is_dotted_name(attributes))
                .then(|| Self { module: module.to_owned(), attributes: attributes.to_owned() })
        });
        parsed.ok_or_else(|| EntryPointsError::Reference(value.to_owned()))
    }

    /// The first of the attributes: what is imported from the module.
    pub fn imported(&self) -> &str {
        self.attributes.split_once('.').map_or(&self.attributes, |(first, _)| first)
    }
}

/// Whether every part is a Python identifier (letters, digits and underscores, not starting with a digit), so that the
/// name can stand in a script without meaning anything else.
fn is_dotted_name(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.starts_with(|first: char| first.is_numeric())
            && !part.is_empty()
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    })
}
