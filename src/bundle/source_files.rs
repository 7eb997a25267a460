//! The user's own files: what of SOURCE goes into a bundle.
//!
//! Everything but what is never part of a function (see `NEVER`), virtual environments, outputs of barrow, and what the
//! user excludes. `pyproject.toml`, requirement files, `barrow.toml` and `.env` are files like any other and are copied.
//! Links are followed when they stay inside SOURCE, so that the bundle holds no link; one that leads outside is refused,
//! because its content would differ from machine to machine without a trace.

use std::ffi::OsStr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::BundleError;
use super::exclude::Excludes;
use crate::archive::SafePath;
use crate::cache::is_workplace_name;

/// Names that are never collected, at any depth: version control, environments, caches and outputs of other tools.
const NEVER: &[&str] = &[
    ".DS_Store",
    ".aws-sam",
    ".bzr",
    ".git",
    ".hg",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".serverless",
    ".svn",
    ".terraform",
    ".tox",
    ".venv",
    "__pycache__",
    "cdk.out",
    "node_modules",
];

/// What to collect.
#[derive(Clone, Copy, Debug)]
pub struct SourceOptions<'a> {
    /// SOURCE.
    pub folder: &'a Path,
    /// Patterns of `--exclude`, read like lines of a `.gitignore` in SOURCE.
    pub exclude: &'a [String],
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
        let excludes = Excludes::new(options.exclude)?;
        let mut walk = Walk { excludes, outputs: options.outputs, root: &folder, files: Vec::new() };
        walk.folder(&folder, &PathBuf::new(), &mut Vec::new())?;
        let mut files = walk.files;
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { folder, files })
    }
}

struct Walk<'a> {
    excludes: Excludes,
    outputs: &'a [PathBuf],
    root: &'a Path,
    files: Vec<SourceFile>,
}

impl Walk<'_> {
    /// Collects below `real`, a folder without links that appears in the bundle at `shown`; `above` are the real folders that lead here.
    fn folder(&mut self, real: &Path, shown: &Path, above: &mut Vec<PathBuf>) -> Result<(), BundleError> {
        let read_error = |source| BundleError::ReadSource { path: self.root.join(shown), source };
        let mut entries =
            fs_err::read_dir(real).map_err(read_error)?.collect::<Result<Vec<_>, _>>().map_err(read_error)?;
        let is_environment = !shown.as_os_str().is_empty() && entries.iter().any(|e| e.file_name() == "pyvenv.cfg");
        if is_environment {
            return Ok(());
        }
        entries.sort_unstable_by_key(fs_err::DirEntry::file_name);
        above.push(real.to_owned());
        for entry in entries {
            let name = entry.file_name();
            let shown = shown.join(&name);
            let file_type =
                entry.file_type().map_err(|source| BundleError::ReadSource { path: self.root.join(&shown), source })?;
            if is_never(&name) {
                continue;
            }
            if file_type.is_symlink() {
                self.link(&entry.path(), &shown, above)?;
            } else {
                self.entry(&entry.path(), &shown, file_type, above)?;
            }
        }
        above.pop();
        Ok(())
    }

    /// A link is what it leads to.
    fn link(&mut self, link: &Path, shown: &Path, above: &mut Vec<PathBuf>) -> Result<(), BundleError> {
        let refuse = |reason| BundleError::SourceLink { path: self.root.join(shown), reason };
        let target = fs_err::canonicalize(link);
        let is_folder = target.as_ref().is_ok_and(|target| target.is_dir());
        if self.excludes.leave_out(shown, is_folder) {
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
        self.entry(&target, shown, metadata.file_type(), above)
    }

    /// A file or folder at `real`, which is no link.
    fn entry(
        &mut self,
        real: &Path,
        shown: &Path,
        file_type: std::fs::FileType,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), BundleError> {
        let is_folder = file_type.is_dir();
        if self.excludes.leave_out(shown, is_folder) || self.outputs.iter().any(|output| output == real) {
            return Ok(());
        }
        if is_folder {
            return self.folder(real, shown, above);
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
        });
        Ok(())
    }

    fn safe_path(&self, shown: &Path) -> Result<SafePath, BundleError> {
        let refuse = |reason| BundleError::SourceName { path: self.root.join(shown), reason };
        let text = shown.to_str().ok_or_else(|| refuse("its name is not UTF-8"))?;
        SafePath::new(text).map_err(|error| refuse(error.reason))
    }
}

fn is_never(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let compiled = Path::new(name).extension().is_some_and(|extension| extension == "pyc" || extension == "pyo");
    compiled || NEVER.binary_search(&name).is_ok() || is_workplace_name(OsStr::new(name))
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
