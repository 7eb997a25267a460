//! What becomes of one entry of a source: taken, left out, or looked into. `docs/contents.md` is the same table for the
//! user.
//!
//! In this order: outputs of barrow, what the user excludes, what `include` does not bring back of the rest (never a
//! part of a function, credentials, ignore files), and the patterns of a source that brings only what they name.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::ignore_files::{BARROWIGNORE, IgnoreFiles};
use super::left_out::Why;
use super::never::never_part;
use super::options::{SourceOptions, SourceRules};
use super::secrets::secret_by_name;
use crate::bundle::BundleError;
use crate::bundle::patterns::Patterns;
use crate::regular::FileBytes;

/// What counts for all sources of a bundle.
pub(super) struct Rules {
    exclude: Patterns,
    include: Patterns,
    input_files: Vec<PathBuf>,
    credential_files: Vec<PathBuf>,
    /// Files that were read already, by their paths without links.
    known: BTreeMap<PathBuf, FileBytes>,
}

/// What counts for one source.
pub(super) struct OwnRules<'a> {
    /// The source, without links.
    pub(super) root: &'a Path,
    outputs: &'a [PathBuf],
    only: Patterns,
    exclude: Patterns,
    pub(super) ignore_files: IgnoreFiles,
}

/// What becomes of an entry.
pub(super) enum Decision {
    Take,
    LeaveOut(Why),
    /// A folder that is left out, but for what patterns of `--include` name in it.
    LookInto(Why),
}

impl Rules {
    pub(super) fn new(rules: &SourceRules) -> Result<Self, BundleError> {
        let canonical = |paths: &[PathBuf]| paths.iter().filter_map(|path| fs_err::canonicalize(path).ok()).collect();
        Ok(Self {
            exclude: Patterns::new(rules.exclude, "--exclude")?,
            include: Patterns::new(rules.include, "--include")?,
            input_files: canonical(rules.input_files),
            credential_files: canonical(rules.credential_files),
            known: rules.known.cloned().unwrap_or_default(),
        })
    }

    /// Whether the user names the file at `shown`, and so knows what it holds.
    pub(super) fn includes(&self, shown: &Path) -> bool {
        self.include.choose(shown, false)
    }

    /// What the file at `real` holds, where it was read already.
    pub(super) fn known(&self, real: &Path) -> Option<&FileBytes> {
        self.known.get(real)
    }

    /// What becomes of the entry at `shown` of a source, whose bytes are at `real`. `inside`: the folder that it lies
    /// in is left out for this reason, so only what is asked for is taken.
    pub(super) fn decide(
        &self,
        own: &OwnRules<'_>,
        shown: &Path,
        real: &Path,
        is_folder: bool,
        inside: Option<&Why>,
    ) -> Decision {
        if own.outputs.iter().any(|output| output == real) {
            return Decision::LeaveOut(Why::Output);
        }
        let excluded = own.exclude.chosen_by(shown, is_folder).or_else(|| self.exclude.chosen_by(shown, is_folder));
        if let Some(pattern) = excluded {
            return Decision::LeaveOut(Why::Excluded(pattern.to_owned()));
        }
        let usual = || self.by_default(own, shown, real, is_folder);
        let ignored = || own.ignore_files.reason(shown, is_folder);
        if let Some(why) = inside.cloned().or_else(usual).or_else(ignored)
            && !self.include.choose(shown, is_folder)
        {
            let is_way = is_folder && self.include.lead_through(shown);
            return if is_way { Decision::LookInto(why) } else { Decision::LeaveOut(why) };
        }
        if is_folder || own.only.is_empty() || own.only.choose_below(shown) {
            Decision::Take
        } else {
            Decision::LeaveOut(Why::NotSelected)
        }
    }

    /// Why the entry is left out when the user says nothing about it.
    fn by_default(&self, own: &OwnRules<'_>, shown: &Path, real: &Path, is_folder: bool) -> Option<Why> {
        let name = shown.file_name();
        if let Some(what) = name.and_then(never_part) {
            return Some(Why::Never(what));
        }
        if name == Some(OsStr::new(BARROWIGNORE)) {
            return Some(Why::Never("an ignore file of barrow"));
        }
        let known = self.known(real);
        let is_input = self.input_files.iter().any(|file| file == real);
        // What a link leads to is what it is, under whatever name.
        let by_target = || {
            let target = real.strip_prefix(own.root).or_else(|_| real.strip_prefix("/")).ok();
            let target = target.filter(|target| *target != shown)?;
            let mut ancestors = target.ancestors().filter(|above| !above.as_os_str().is_empty());
            ancestors.find_map(|above| secret_by_name(above, (real, known), is_folder || above != target, is_input))
        };
        let by_use = || {
            let what = "a file that credentials or settings of this run come from";
            self.credential_files.iter().any(|file| file == real).then_some(Why::Credentials(what))
        };
        secret_by_name(shown, (real, known), is_folder, is_input).or_else(by_target).or_else(by_use)
    }

    /// Patterns that match nothing in any source. Many people exclude what is left out anyhow, whether it is there or
    /// not: that is no mistake.
    pub(super) fn unmatched(&self, sources: usize) -> Vec<String> {
        let place = if sources == 1 { "the source" } else { "any source" };
        let excluded = self.exclude.unused().filter(|pattern| !is_usual(pattern)).map(|pattern| ("--exclude", pattern));
        let included = self.include.unused().map(|pattern| ("--include", pattern));
        excluded.chain(included).map(|(option, text)| format!("`{option} {text}` matches nothing in {place}")).collect()
    }
}

impl<'a> OwnRules<'a> {
    pub(super) fn new(root: &'a Path, options: &SourceOptions<'a>, gitignore: bool) -> Result<Self, BundleError> {
        Ok(Self {
            root,
            outputs: options.outputs,
            only: Patterns::new(options.only, "include")?,
            exclude: Patterns::new(options.exclude, "exclude")?,
            ignore_files: IgnoreFiles::above(root, gitignore)?,
        })
    }

    /// Patterns of this source alone that match nothing in it.
    pub(super) fn unmatched(&self, source: &str) -> Vec<String> {
        let excluded = self.exclude.unused().filter(|pattern| !is_usual(pattern)).map(|pattern| ("exclude", pattern));
        let included = self.only.unused().map(|pattern| ("include", pattern));
        excluded
            .chain(included)
            .map(|(key, text)| format!("`{text}`, an `{key}` of {source}, matches nothing in it"))
            .collect()
    }
}

/// Whether a pattern names what is left out anyhow.
fn is_usual(pattern: &str) -> bool {
    let name = pattern.trim_end_matches(['/', '*']).rsplit('/').next().unwrap_or_default();
    pattern.contains(".py[") || never_part(OsStr::new(name)).is_some()
}
