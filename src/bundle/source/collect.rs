//! Walking a source: which of its files go into the bundle.
//!
//! Everything but what is never part of a function (`never.rs`), what must not leave the machine (`secrets.rs`), virtual
//! environments, outputs of barrow, and what the user excludes. `--include` brings back what is left out without the
//! user's having said so. Links are followed when they stay inside SOURCE, so that the bundle holds no link; one that leads
//! outside is refused, because its content would differ from machine to machine without a trace.

use std::ffi::OsStr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::left_out::{LeftOut, Why};
use super::never::never_part;
use super::secrets::secret_by_name;
use crate::archive::SafePath;
use crate::bundle::BundleError;
use crate::bundle::patterns::Patterns;

/// What to collect.
#[derive(Clone, Copy, Debug)]
pub struct SourceOptions<'a> {
    /// SOURCE.
    pub folder: &'a Path,
    /// Patterns of `--exclude`, read like lines of a `.gitignore` in SOURCE.
    pub exclude: &'a [String],
    /// Patterns of `--include`, read alike: what they name is taken although it is left out by default.
    pub include: &'a [String],
    /// Files that requirements are read from: one with a credential in it is left out, whatever its name.
    pub input_files: &'a [PathBuf],
    /// Files that credentials or settings of the run come from: left out, whatever their names.
    pub credential_files: &'a [PathBuf],
    /// Outputs of barrow, without links: never collected, even where they lie inside SOURCE.
    pub outputs: &'a [PathBuf],
}

/// The user's own files, sorted by path.
#[derive(Clone, Debug)]
pub struct SourceFiles {
    /// SOURCE, without links.
    pub folder: PathBuf,
    /// The files, sorted by path.
    pub files: Vec<SourceFile>,
    /// What is not among them, sorted by path.
    pub left_out: Vec<LeftOut>,
    /// What the user should know: patterns that match nothing.
    pub warnings: Vec<String>,
}

/// One file of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Path in the bundle.
    pub path: SafePath,
    /// Where the bytes are, without links.
    pub from: PathBuf,
    /// The owner may execute it: mode 0755 instead of 0644.
    pub executable: bool,
    /// Size when it was collected, bytes.
    pub size: u64,
    /// A pattern of `--include` names it, so the user knows what it holds.
    pub is_included: bool,
}

impl SourceFiles {
    /// Walks SOURCE.
    ///
    /// # Errors
    /// A pattern that is none, a folder that cannot be read, a name that is not UTF-8 or has characters that are unsafe in
    /// a path, a link that leads outside or nowhere or into itself, a socket, pipe or device. Nothing that is excluded is an error.
    pub fn collect(options: &SourceOptions) -> Result<Self, BundleError> {
        let read_error = |source| BundleError::ReadSource { path: options.folder.to_owned(), source };
        let folder = fs_err::canonicalize(options.folder).map_err(read_error)?;
        let canonical = |paths: &[PathBuf]| paths.iter().filter_map(|path| fs_err::canonicalize(path).ok()).collect();
        let mut walk = Walk {
            exclude: Patterns::new(options.exclude, "--exclude")?,
            include: Patterns::new(options.include, "--include")?,
            input_files: canonical(options.input_files),
            credential_files: canonical(options.credential_files),
            outputs: options.outputs,
            root: &folder,
            files: Vec::new(),
            left_out: Vec::new(),
        };
        walk.folder(&folder, &PathBuf::new(), None, &mut Vec::new())?;
        let warnings = walk.unmatched();
        let (mut files, mut left_out) = (walk.files, walk.left_out);
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        left_out.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { folder, files, left_out, warnings })
    }
}

struct Walk<'a> {
    exclude: Patterns,
    include: Patterns,
    input_files: Vec<PathBuf>,
    credential_files: Vec<PathBuf>,
    outputs: &'a [PathBuf],
    root: &'a Path,
    files: Vec<SourceFile>,
    left_out: Vec<LeftOut>,
}

/// What becomes of an entry.
enum Decision {
    Take,
    LeaveOut(Why),
    /// A folder that is left out, but for what patterns of `--include` name in it.
    LookInto(Why),
}

impl Walk<'_> {
    /// Collects below `real`, a folder without links that appears in the bundle at `shown`; `above` are the real folders
    /// that lead here. `inside`: the folder is left out for this reason, so only what is asked for is taken.
    fn folder(
        &mut self,
        real: &Path,
        shown: &Path,
        inside: Option<&Why>,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), BundleError> {
        let read_error = |source| BundleError::ReadSource { path: self.root.join(shown), source };
        let mut entries =
            fs_err::read_dir(real).map_err(read_error)?.collect::<Result<Vec<_>, _>>().map_err(read_error)?;
        let is_environment = !shown.as_os_str().is_empty() && entries.iter().any(|e| e.file_name() == "pyvenv.cfg");
        if is_environment {
            self.leave_out(shown, true, Why::Never("a virtual environment"));
            return Ok(());
        }
        entries.sort_unstable_by_key(fs_err::DirEntry::file_name);
        above.push(real.to_owned());
        for entry in entries {
            let shown = shown.join(entry.file_name());
            let file_type =
                entry.file_type().map_err(|source| BundleError::ReadSource { path: self.root.join(&shown), source })?;
            if file_type.is_symlink() {
                self.link(&entry.path(), &shown, inside, above)?;
            } else {
                self.entry(&entry.path(), &shown, file_type, inside, above)?;
            }
        }
        above.pop();
        Ok(())
    }

    /// A link is what it leads to.
    fn link(
        &mut self,
        link: &Path,
        shown: &Path,
        inside: Option<&Why>,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), BundleError> {
        let refuse = |reason| BundleError::SourceLink { path: self.root.join(shown), reason };
        let target = fs_err::canonicalize(link);
        let is_folder = target.as_ref().is_ok_and(|target| target.is_dir());
        if let Decision::LeaveOut(why) = self.decide(shown, target.as_deref().unwrap_or(link), is_folder, inside) {
            self.leave_out(shown, is_folder, why);
            return Ok(());
        }
        let target = target.map_err(|_| refuse("leads nowhere"))?;
        if !target.starts_with(self.root) {
            return Err(refuse("leads out of the source folder"));
        }
        if above.contains(&target) {
            return Err(refuse("leads to a folder that it lies in"));
        }
        let metadata = fs_err::symlink_metadata(&target)
            .map_err(|source| BundleError::ReadSource { path: self.root.join(shown), source })?;
        self.entry(&target, shown, metadata.file_type(), inside, above)
    }

    /// A file or folder at `real`, which is no link.
    fn entry(
        &mut self,
        real: &Path,
        shown: &Path,
        file_type: std::fs::FileType,
        inside: Option<&Why>,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), BundleError> {
        let is_folder = file_type.is_dir();
        let inside = match self.decide(shown, real, is_folder, inside) {
            Decision::Take => None,
            Decision::LookInto(why) => Some(why),
            Decision::LeaveOut(why) => {
                self.leave_out(shown, is_folder, why);
                return Ok(());
            }
        };
        if is_folder {
            return self.folder(real, shown, inside.as_ref(), above);
        }
        if !file_type.is_file() {
            return Err(BundleError::SourceKind { path: self.root.join(shown), kind: kind(file_type) });
        }
        let metadata = fs_err::symlink_metadata(real)
            .map_err(|source| BundleError::ReadSource { path: self.root.join(shown), source })?;
        self.files.push(SourceFile {
            path: self.safe_path(shown)?,
            from: real.to_owned(),
            executable: metadata.permissions().mode() & 0o100 != 0,
            size: metadata.len(),
            is_included: self.include.choose(shown, false),
        });
        Ok(())
    }

    /// What becomes of the entry at `shown`, whose bytes are at `real`.
    fn decide(&self, shown: &Path, real: &Path, is_folder: bool, inside: Option<&Why>) -> Decision {
        if self.outputs.iter().any(|output| output == real) {
            return Decision::LeaveOut(Why::Output);
        }
        if self.exclude.choose(shown, is_folder) {
            return Decision::LeaveOut(Why::Excluded);
        }
        let by_default = || self.by_default(shown, real, is_folder);
        let Some(why) = inside.cloned().or_else(by_default) else { return Decision::Take };
        if self.include.choose(shown, is_folder) {
            Decision::Take
        } else if is_folder && self.include.lead_through(shown) {
            Decision::LookInto(why)
        } else {
            Decision::LeaveOut(why)
        }
    }

    /// Why the entry is left out when the user says nothing about it.
    fn by_default(&self, shown: &Path, real: &Path, is_folder: bool) -> Option<Why> {
        if let Some(what) = shown.file_name().and_then(never_part) {
            return Some(Why::Never(what));
        }
        let is_input = self.input_files.iter().any(|file| file == real);
        // What a link leads to is what it is, under whatever name.
        let by_target = || {
            let target = real.strip_prefix(self.root).ok().filter(|target| *target != shown)?;
            let mut ancestors = target.ancestors().filter(|above| !above.as_os_str().is_empty());
            ancestors.find_map(|above| secret_by_name(above, real, is_folder || above != target, is_input))
        };
        let by_use = || {
            let what = "a file that credentials or settings of this run come from";
            self.credential_files.iter().any(|file| file == real).then_some(Why::Credentials(what))
        };
        secret_by_name(shown, real, is_folder, is_input).or_else(by_target).or_else(by_use)
    }

    /// Patterns that match nothing. Many people exclude what is left out anyhow, whether it is there or not: that is no mistake.
    fn unmatched(&self) -> Vec<String> {
        let is_usual = |pattern: &str| {
            let name = pattern.trim_end_matches(['/', '*']).rsplit('/').next().unwrap_or_default();
            pattern.contains(".py[") || never_part(OsStr::new(name)).is_some()
        };
        let excluded = self.exclude.unused().filter(|pattern| !is_usual(pattern)).map(|pattern| ("--exclude", pattern));
        let included = self.include.unused().map(|pattern| ("--include", pattern));
        excluded
            .chain(included)
            .map(|(option, text)| format!("`{option} {text}` matches nothing in the source"))
            .collect()
    }

    fn leave_out(&mut self, shown: &Path, is_folder: bool, why: Why) {
        self.left_out.push(LeftOut { path: shown.to_owned(), is_folder, why });
    }

    fn safe_path(&self, shown: &Path) -> Result<SafePath, BundleError> {
        let refuse = |reason| BundleError::SourceName { path: self.root.join(shown), reason };
        let text = shown.to_str().ok_or_else(|| refuse("its name is not UTF-8"))?;
        SafePath::new(text).map_err(|error| refuse(error.reason))
    }
}

fn kind(file_type: std::fs::FileType) -> &'static str {
    if file_type.is_socket() {
        "a socket"
    } else if file_type.is_fifo() {
        "a named pipe"
    } else {
        "a device"
    }
}
