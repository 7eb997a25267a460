//! What differs from a revision of git, and what that concerns.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::exit_code::Exit;
use crate::failure::Failure;

/// What git says of a revision and of what is there now.
pub(super) struct Differing {
    /// Files that differ, those that git does not know included. A submodule that differs, or in which something does, is
    /// one path.
    paths: Vec<PathBuf>,
    /// All that was compared: of files that git ignores, and of those elsewhere, nobody knows whether they differ.
    seen: BTreeSet<PathBuf>,
}

impl Differing {
    /// Asks git in the repository that `folder` lies in.
    pub(super) fn since(folder: &Path, revision: &str) -> Result<Self, Failure> {
        let git = |arguments: &[&str]| -> Result<String, Failure> {
            let output = Command::new("git").arg("-C").arg(folder).args(arguments).output();
            let output = output.map_err(|error| {
                let failure = Failure::new("failed to run git", Exit::Failed).because(&error);
                failure.hint("--changed-since asks git: install it, or leave that out")
            })?;
            if output.status.success() {
                return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
            }
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(Failure::new(format!("git does not know what changed since `{revision}`: {why}"), Exit::Failed))
        };
        if revision.starts_with('-') {
            return Err(Failure::usage(format!("`{revision}` is not a revision")));
        }
        let top = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?.trim_end());
        let paths_of = |arguments: &[&str]| -> Result<Vec<PathBuf>, Failure> {
            let paths = git(arguments)?;
            Ok(paths.split('\0').filter(|path| !path.is_empty()).map(|path| top.join(path)).collect())
        };
        // A file that was moved is gone where it was, whatever git is told to say by default; paths start at the top.
        let modules = "--ignore-submodules=none";
        let diff =
            ["diff", "--name-only", "--no-renames", "--no-relative", "--no-ext-diff", modules, "-z", revision, "--"];
        let mut paths = paths_of(&diff)?;
        let unknown = paths_of(&["ls-files", "--others", "--exclude-standard", "-z", "--full-name", ":/"])?;
        let known = paths_of(&["ls-files", "--cached", "-z", "--full-name", ":/"])?;
        paths.extend(unknown.iter().cloned());
        // A link that differs leads to what may lie behind others.
        let links = paths.iter().filter(|path| path.is_symlink()).filter_map(|link| fs_err::canonicalize(link).ok());
        let links: Vec<PathBuf> = links.collect();
        paths.extend(links);
        Ok(Self { paths, seen: known.into_iter().chain(unknown).collect() })
    }

    /// Whether anything differs.
    pub(super) fn has_any(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Whether what lies at one of these places differs, or is a file of which nobody knows.
    pub(super) fn concerns(&self, mut places: BTreeSet<PathBuf>) -> bool {
        // git names what lies behind a link by its own place.
        let real: Vec<PathBuf> = places.iter().filter_map(|place| fs_err::canonicalize(place).ok()).collect();
        let is_unseen = |place: &PathBuf| place.is_file() && !has_above(&self.seen, place);
        let has_unseen = real.iter().any(is_unseen);
        places.extend(real);
        has_unseen || self.paths.iter().any(|path| has_above(&places, path) || has_below(&places, path))
    }
}

/// Whether a path or a folder above it is among `paths`.
fn has_above(paths: &BTreeSet<PathBuf>, path: &Path) -> bool {
    path.ancestors().any(|above| paths.contains(above))
}

/// Whether something in the folder `path` is among `paths`, where it stands right behind it.
fn has_below(paths: &BTreeSet<PathBuf>, path: &Path) -> bool {
    paths.range(path.to_owned()..).next().is_some_and(|next| next.starts_with(path))
}
