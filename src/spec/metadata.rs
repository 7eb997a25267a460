//! Core metadata: METADATA of wheels and PKG-INFO of sdists, as far as resolving needs it (core metadata 1.0 to 2.5).
//!
//! The file is a block of headers as in mail (RFC 822): names in any case, values that may be folded, a body after the
//! first empty line, which is not read. Bytes that are not UTF-8 are replaced: no field that counts may hold them.
//!
//! What cannot be used:
//! - `Requires-Dist` beyond repair makes the whole metadata an error, as in pip and uv: a requirement that is left out
//!   in silence gives a bundle that breaks at its first import. Another version of the project may still do.
//! - `Requires-Python` and `Provides-Extra` beyond repair are left out, with a warning: pip ignores them too.
//! - `Name` or `Version` twice with different values is an error, because readers would disagree on which counts.

use std::borrow::Cow;
use std::str::FromStr;

use super::{ExtraName, PackageName, Requirement, Version, VersionSpecifiers, lenient};

/// Most bytes of all `Requires-Dist` lines together. The projects on PyPI with the most dependencies, some seven
/// hundred with their extras, have less than a tenth of it.
const MOST_REQUIRES_BYTES: usize = 512 << 10;

/// The fields of core metadata that barrow uses.
#[derive(Clone, Debug, PartialEq)]
pub struct CoreMetadata {
    /// `Name`, normalized.
    pub name: PackageName,
    /// `Version`, by the rules of PEP 440.
    pub version: Version,
    /// `Requires-Dist`, in the order of the file. Old forms are repaired where the ecosystem does so.
    pub requires_dist: Vec<Requirement>,
    /// `Requires-Python`; `None` when absent, or when malformed beyond repair.
    pub requires_python: Option<VersionSpecifiers>,
    /// `Provides-Extra`, normalized.
    pub provides_extras: Vec<ExtraName>,
    /// `Dynamic` (2.2 and later), lower case: fields of an sdist that its wheel may answer differently.
    pub dynamic: Vec<String>,
    /// `Metadata-Version`, major and minor.
    pub metadata_version: (u32, u32),
    /// Lines that could not be used, for warnings: the text and the reason.
    pub warnings: Vec<String>,
}

/// Why metadata cannot be used at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// A field that must be there is missing.
    #[error("there is no `{0}` field")]
    Missing(&'static str),
    /// A field that must be there once is there twice, with different values.
    #[error("the `{field}` field is there twice: `{first}` and `{second}`")]
    Ambiguous {
        /// Name of the field.
        field: &'static str,
        /// Its first value.
        first: String,
        /// Another value.
        second: String,
    },
    /// A field cannot be parsed.
    #[error("`{field}: {}` cannot be used: {reason}", beginning(value))]
    Field {
        /// Name of the field.
        field: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The fields of one name are larger together than any honest project needs.
    #[error("its `{field}` fields have more than {limit} bytes")]
    TooMuch {
        /// Name of the field.
        field: &'static str,
        /// How much is accepted.
        limit: usize,
    },
    /// A major version that nobody has defined yet.
    #[error("metadata version {0} is newer than any that is known (2.x)")]
    Version(String),
}

impl CoreMetadata {
    /// Parses the bytes of a METADATA or PKG-INFO file.
    ///
    /// # Errors
    /// A field that is missing or malformed, fields that are too large, and a major version that is not known.
    pub fn parse(bytes: &[u8]) -> Result<Self, MetadataError> {
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        let mut name = Once::new("Name");
        let mut version = Once::new("Version");
        let mut metadata_version = Once::new("Metadata-Version");
        let mut requires_dist = Vec::new();
        let mut requires_size = 0;
        let mut requires_python = None;
        let mut provides_extras = Vec::new();
        let mut dynamic = Vec::new();
        let mut warnings = Vec::new();
        for (field, value) in Headers(&text) {
            let value = value.trim();
            match field.to_ascii_lowercase().as_str() {
                "name" => name.set(value)?,
                "version" => version.set(value)?,
                "metadata-version" => metadata_version.set(value)?,
                "requires-dist" => {
                    requires_size += value.len() + "Requires-Dist:\n".len();
                    if requires_size > MOST_REQUIRES_BYTES {
                        return Err(MetadataError::TooMuch { field: "Requires-Dist", limit: MOST_REQUIRES_BYTES });
                    }
                    requires_dist.push(
                        lenient::requirement(value).map_err(|reason| field_error("Requires-Dist", value, reason))?,
                    );
                }
                "requires-python" if value.is_empty() => {}
                "requires-python" => match lenient::specifiers(value) {
                    Ok(specifiers) => requires_python = Some(specifiers),
                    Err(reason) => warnings.push(format!("`Requires-Python: {value}` is ignored: {reason}")),
                },
                "provides-extra" => match ExtraName::from_str(value) {
                    Ok(extra) => provides_extras.push(extra),
                    Err(_) => warnings.push(format!("`Provides-Extra: {value}` is ignored: it is not a valid name")),
                },
                "dynamic" => dynamic.push(value.to_ascii_lowercase()),
                _ => {}
            }
        }
        let (name, version) = (name.required()?, version.required()?);
        let metadata_version = match metadata_version.0 {
            Some(text) => parse_metadata_version(&text, &mut warnings)?,
            None => (1, 0),
        };
        Ok(Self {
            name: PackageName::from_str(&name).map_err(|error| field_error("Name", &name, error.to_string()))?,
            version: Version::from_str(&version)
                .map_err(|_| field_error("Version", &version, "it is no version such as 1.2.3".to_owned()))?,
            requires_dist,
            requires_python,
            provides_extras,
            dynamic,
            metadata_version,
            warnings,
        })
    }
}

/// All fields of a METADATA or PKG-INFO file in their order, names as they are spelled there, without the description.
pub(crate) fn metadata_fields(bytes: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    Headers(&text).map(|(field, value)| (field.to_owned(), value.trim().to_owned())).collect()
}

fn field_error(field: &'static str, value: &str, reason: String) -> MetadataError {
    MetadataError::Field { field, value: value.to_owned(), reason }
}

/// Source: core metadata, "Metadata-Version": a newer minor version is a warning, a newer major one an error.
fn parse_metadata_version(text: &str, warnings: &mut Vec<String>) -> Result<(u32, u32), MetadataError> {
    let parsed = text.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    match parsed {
        Some((major, _)) if major > 2 => Err(MetadataError::Version(text.to_owned())),
        Some(version) => Ok(version),
        None => {
            warnings.push(format!("`Metadata-Version: {text}` is not a version"));
            Ok((1, 0))
        }
    }
}

/// A field that may stand once.
struct Once(Option<String>, &'static str);

impl Once {
    fn new(field: &'static str) -> Self {
        Self(None, field)
    }

    fn set(&mut self, value: &str) -> Result<(), MetadataError> {
        match &self.0 {
            Some(first) if first != value => {
                Err(MetadataError::Ambiguous { field: self.1, first: first.clone(), second: value.to_owned() })
            }
            _ => {
                self.0 = Some(value.to_owned());
                Ok(())
            }
        }
    }

    fn required(self) -> Result<String, MetadataError> {
        self.0.filter(|value| !value.is_empty()).ok_or(MetadataError::Missing(self.1))
    }
}

/// The headers of a message, folded lines joined; lines that are no header are passed over.
///
/// Python's `email` takes such a line for the beginning of the body, so what follows would be lost to it; reading on
/// loses nothing.
struct Headers<'a>(&'a str);

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a str, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = self.take_line().filter(|line| !line.is_empty())?;
            let mut value = match line.split_once(':') {
                Some((field, value)) if !field.is_empty() && !field.contains([' ', '\t']) => (field, Cow::from(value)),
                _ => continue,
            };
            while self.0.starts_with([' ', '\t']) {
                let more = self.take_line().expect("the rest starts with a blank, so it is not empty");
                let joined = value.1.to_mut();
                joined.push(' ');
                joined.push_str(more.trim());
            }
            return Some(value);
        }
    }
}

impl<'a> Headers<'a> {
    /// The next line without its ending; `None` at the end of the text.
    fn take_line(&mut self) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let (line, rest) = self.0.split_once('\n').unwrap_or((self.0, ""));
        self.0 = rest;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}

/// As much of a value as a message shows: some have thousands of characters.
fn beginning(value: &str) -> String {
    const MOST: usize = 120;
    let mut shown: String = value.chars().take(MOST).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}
