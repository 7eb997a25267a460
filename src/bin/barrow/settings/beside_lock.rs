//! Flags that choose among versions, beside a lock, which has chosen.

use barrow::lock::LockKind;

use super::Settings;
use super::origin::Source;
use crate::output::Output;

/// Settings that count only where something is resolved.
const CHOOSE: [&str; 6] = ["exclude-newer", "prerelease", "pre", "resolution", "prefer-binary", "no-prefer-binary"];

impl Settings {
    /// Tells of flags that were given beside a lock and choose nothing of it. Variables and files of settings are for
    /// other runs too.
    pub(crate) fn warn_beside_lock(&self, output: &Output) {
        let files = &self.options.inputs.requirement_files;
        let Some(lock) = files.iter().find(|file| LockKind::of(file).is_some()) else { return };
        let is_given = |key: &str| self.records.iter().any(|it| it.key == key && matches!(it.source, Source::Flag(_)));
        let flags: Vec<String> = CHOOSE.into_iter().filter(|key| is_given(key)).map(|key| format!("--{key}")).collect();
        if !flags.is_empty() {
            let (lock, flags) = (lock.display(), flags.join(", "));
            output.warn(&format!("`{lock}` is a lock, of which these flags choose nothing: {flags}"));
        }
    }
}
