//! The versions that an existing lock holds, to be kept where they still fit.

use std::path::Path;

use serde::Deserialize as _;
use serde_json::Value;

use super::LockError;
use crate::spec::{MarkerTree, PackageName, Version, line_at, parse_marker, toml_reason};
use crate::target::Target;

/// A version that a lock holds of a project.
pub(crate) struct KeptVersion {
    pub(crate) name: PackageName,
    pub(crate) version: Version,
    /// When it is the one that is meant; `None`: always.
    marker: Option<MarkerTree>,
}

impl KeptVersion {
    /// What cannot be read as a marker leaves nothing out: a preference is only a preference.
    fn new(name: &str, version: &str, marker: Option<&str>) -> Option<Self> {
        let marker = marker.and_then(|text| parse_marker(text).ok());
        Some(Self { name: name.parse().ok()?, version: version.parse().ok()?, marker })
    }

    /// Whether it is the version that the target has, where the lock has several.
    pub(crate) fn is_for(&self, target: &Target) -> bool {
        self.marker.as_ref().is_none_or(|marker| marker.evaluate(target.markers(), &[]))
    }
}

/// The form of a file that is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeptForm {
    Pylock,
    Requirements,
    Json,
}

/// Reads the versions of a lock in a form that barrow writes. An entry without one is passed over; an empty file has
/// none.
///
/// # Errors
/// The file is no such lock: what it holds would be lost without a word.
pub(crate) fn preferences(text: &str, form: KeptForm, path: &Path) -> Result<Vec<KeptVersion>, LockError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let malformed = |line: usize, reason: String| LockError::Malformed { path: path.to_owned(), line, reason };
    let document: Value = match form {
        KeptForm::Requirements => {
            // No requirement begins like that, and the marks of a merge do.
            let starts_wrong = |line: &str| line.starts_with(['<', '=', '>']);
            if let Some(at) = text.lines().position(starts_wrong) {
                return Err(malformed(at + 1, "this is no requirement".to_owned()));
            }
            return Ok(text.lines().filter_map(pin).collect());
        }
        KeptForm::Json => {
            serde_json::from_str(text).map_err(|error| malformed(error.line(), format!("it is not JSON: {error}")))?
        }
        KeptForm::Pylock => toml::from_str::<toml::Value>(text)
            .map_err(|error| {
                let at = error.span().map_or(0, |span| span.start);
                malformed(line_at(text.as_bytes(), at), toml_reason(text, &error))
            })
            .and_then(|table| Value::deserialize(table).map_err(|error| malformed(1, error.to_string())))?,
    };
    // Every form says its version, and a lock of nothing may have no packages.
    let key = if form == KeptForm::Json { "schema" } else { "lock-version" };
    if document.get(key).is_none() {
        return Err(malformed(1, format!("it is no lock: it has no `{key}`")));
    }
    let packages = document.get("packages").and_then(Value::as_array).into_iter().flatten();
    let text = |entry: &'_ Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let kept = packages.filter_map(|entry| {
        KeptVersion::new(&text(entry, "name")?, &text(entry, "version")?, text(entry, "marker").as_deref())
    });
    Ok(kept.collect())
}

/// The pin of a line such as `name[extra]==1.0 ; python_version < '3.10' \`.
fn pin(line: &str) -> Option<KeptVersion> {
    let line = line.split(" #").next()?.trim();
    let (name, rest) = line.split_once("==")?;
    let name = name.split('[').next()?.trim();
    let version = rest.trim_start_matches('=').split([' ', ';', '\\', ',']).find(|part| !part.is_empty())?;
    let marker = rest.split_once(';').map(|(_, marker)| marker.trim_end_matches('\\').trim());
    KeptVersion::new(name, version, marker)
}
