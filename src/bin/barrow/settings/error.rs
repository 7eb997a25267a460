//! Settings that cannot be used.

use super::origin::Source;
use crate::exit_code::Exit;
use crate::failure::Failure;

/// A setting that cannot be used: wrong usage.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum SettingsError {
    /// A value does not parse.
    #[error("invalid value for `{key}` from {origin}: {reason}")]
    Value { key: &'static str, origin: Source, reason: String },
    /// Anything else; the text is complete.
    #[error("{0}")]
    Other(String),
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::of(&error, Exit::Usage)
    }
}

impl SettingsError {
    pub(super) fn value(key: &'static str, origin: &Source, reason: String) -> Self {
        Self::Value { key, origin: origin.clone(), reason }
    }
}
