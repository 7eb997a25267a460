//! Walking sources: which of their files go into the bundle, and where.
//!
//! Everything but what `decide` leaves out, and virtual environments. A link to a file of the same source stays a link
//! (`links`), one to a folder is what it leads to. One that leads out of its source is followed only when the user
//! wants that, because its content would differ from machine to machine without a trace.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::decide::{Decision, OwnRules, Rules};
use super::file::SourceFile;
use super::left_out::{LeftOut, Why};
use super::links::keep_links;
use super::options::{SourceOptions, SourceRules};
use crate::archive::{SafePath, composed};
use crate::bundle::BundleError;
use crate::cache::is_cache;
use crate::regular::same_content;

/// The user's own files, sorted by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceFiles {
    /// The sources, without links.
    pub folders: Vec<PathBuf>,
    /// The files, sorted by path, each path once.
    pub files: Vec<SourceFile>,
    /// What is not among them, sorted by path.
    pub left_out: Vec<LeftOut>,
    /// Links that lead out of their source and were followed: as the user would name them, and where they lead.
    pub followed: Vec<(PathBuf, PathBuf)>,
    /// What the user should know: patterns that match nothing.
    pub warnings: Vec<String>,
}

impl SourceFiles {
    /// Walks the sources.
    ///
    /// # Errors
    /// A pattern that is none, a folder that cannot be read, a name that is not UTF-8 or has characters that are unsafe
    /// in a path, a link that leads outside or nowhere or into itself, a socket, pipe or device, one path of two
    /// sources with different content. Nothing that is excluded is an error.
    pub(crate) fn collect(sources: &[SourceOptions], rules: &SourceRules) -> Result<Self, BundleError> {
        let common = Rules::new(rules)?;
        let mut all = Self::default();
        for source in sources {
            let read_error = |error| BundleError::ReadSource { path: source.folder.to_owned(), source: error };
            let root = fs_err::canonicalize(source.folder).map_err(read_error)?;
            let owner =
                source.label.map_or_else(|| "the source folder".to_owned(), |label| format!("the source `{label}`"));
            let mut walk = Walk {
                rules: &common,
                own: OwnRules::new(&root, source, rules.gitignore)?,
                options: source,
                follow_links: rules.follow_links,
                owner: owner.as_str().into(),
                files: Vec::new(),
                through_link: Vec::new(),
                left_out: Vec::new(),
                followed: Vec::new(),
            };
            walk.folder(&root, &PathBuf::new(), None, &mut Vec::new())?;
            keep_links(&mut walk.files, &walk.through_link);
            all.files.append(&mut walk.files);
            all.left_out.append(&mut walk.left_out);
            all.followed.append(&mut walk.followed);
            all.warnings.extend(walk.own.unmatched(&owner));
            all.folders.push(root);
        }
        all.warnings.extend(common.unmatched(sources.len()));
        all.files.sort_by(|a, b| a.path.cmp(&b.path));
        all.left_out.sort_by(|a, b| a.path.cmp(&b.path));
        all.settle_collisions()?;
        Ok(all)
    }

    /// Keeps one of the files that several sources bring alike, and refuses those that differ.
    fn settle_collisions(&mut self) -> Result<(), BundleError> {
        let mut settled: Vec<SourceFile> = Vec::with_capacity(self.files.len());
        for file in self.files.drain(..) {
            match settled.last() {
                Some(last) if last.path == file.path && Arc::ptr_eq(&last.owner, &file.owner) => {
                    let reason = "another file has the same name in another Unicode normalization";
                    return Err(BundleError::SourceName { path: file.from, reason });
                }
                Some(last) if last.path == file.path => {
                    let read_error = |source| BundleError::ReadSource { path: file.from.clone(), source };
                    if !are_alike(last, &file).map_err(read_error)? {
                        let (owner, other) = (last.owner.to_string(), file.owner.to_string());
                        return Err(BundleError::SourceCollision { path: file.path, owner, other });
                    }
                }
                _ => settled.push(file),
            }
        }
        self.files = settled;
        Ok(())
    }
}

/// Whether two files would be the same in a bundle.
fn are_alike(a: &SourceFile, b: &SourceFile) -> std::io::Result<bool> {
    let may_be = (a.size, a.executable) == (b.size, b.executable);
    Ok(a.from == b.from || (may_be && same_content(&a.from, &b.from)?))
}

struct Walk<'a> {
    rules: &'a Rules,
    own: OwnRules<'a>,
    options: &'a SourceOptions<'a>,
    follow_links: bool,
    owner: Arc<str>,
    files: Vec<SourceFile>,
    /// For each of `files`, whether a link leads to it or to a folder above it.
    through_link: Vec<bool>,
    left_out: Vec<LeftOut>,
    followed: Vec<(PathBuf, PathBuf)>,
}

impl Walk<'_> {
    /// Collects below `real`, a folder without links that appears at `shown`; `above` are the real folders that lead
    /// here.
    fn folder(
        &mut self,
        real: &Path,
        shown: &Path,
        inside: Option<&Why>,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), BundleError> {
        let path = self.place(shown);
        let read_error = |source| BundleError::ReadSource { path: path.clone(), source };
        let mut entries =
            fs_err::read_dir(real).map_err(read_error)?.collect::<Result<Vec<_>, _>>().map_err(read_error)?;
        let is_environment = entries.iter().any(|entry| entry.file_name() == "pyvenv.cfg");
        let what = if is_environment { "a virtual environment" } else { "a cache of barrow" };
        if !shown.as_os_str().is_empty() && (is_environment || is_cache(real)) {
            self.leave_out(shown, true, Why::Never(what));
            return Ok(());
        }
        entries.sort_unstable_by_key(fs_err::DirEntry::file_name);
        self.own.ignore_files.enter(real, shown)?;
        above.push(real.to_owned());
        for entry in entries {
            let shown = shown.join(entry.file_name());
            let file_type =
                entry.file_type().map_err(|source| BundleError::ReadSource { path: self.place(&shown), source })?;
            if file_type.is_symlink() {
                self.link(&entry.path(), &shown, inside, above)?;
            } else {
                self.entry(&entry.path(), &shown, file_type, inside, above)?;
            }
        }
        above.pop();
        self.own.ignore_files.leave(shown);
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
        let path = self.place(shown);
        let refuse = |reason| BundleError::SourceLink { path: path.clone(), reason };
        let target = fs_err::canonicalize(link);
        let is_folder = target.as_ref().is_ok_and(|target| target.is_dir());
        let real = target.as_deref().unwrap_or(link);
        if let Decision::LeaveOut(why) = self.rules.decide(&self.own, shown, real, is_folder, inside) {
            self.leave_out(shown, is_folder, why);
            return Ok(());
        }
        let target = target.map_err(|_| refuse("leads nowhere"))?;
        if !target.starts_with(self.own.root) {
            if !self.follow_links {
                return Err(BundleError::LinkOutside { path, target });
            }
            self.followed.push((path.clone(), target.clone()));
        }
        if above.contains(&target) {
            return Err(refuse("leads to a folder that it lies in"));
        }
        let metadata = fs_err::symlink_metadata(&target)
            .map_err(|source| BundleError::ReadSource { path: path.clone(), source })?;
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
        let inside = match self.rules.decide(&self.own, shown, real, is_folder, inside) {
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
            return Err(BundleError::SourceKind { path: self.place(shown), kind: kind(file_type) });
        }
        let metadata = fs_err::symlink_metadata(real)
            .map_err(|source| BundleError::ReadSource { path: self.place(shown), source })?;
        let path = self.safe_path(shown)?;
        let bytes = self.rules.known(real).cloned();
        self.files.push(SourceFile {
            path: self.options.prefix.map_or_else(|| path.clone(), |prefix| path.prefixed(prefix)),
            from: real.to_owned(),
            link: None,
            executable: metadata.permissions().mode() & 0o100 != 0,
            size: bytes.as_ref().map_or(metadata.len(), |bytes| bytes.len() as u64),
            bytes,
            is_included: self.rules.includes(shown),
            owner: Arc::clone(&self.owner),
        });
        self.through_link.push(real != self.place(shown));
        Ok(())
    }

    fn leave_out(&mut self, shown: &Path, is_folder: bool, why: Why) {
        let path = self.options.label.map_or_else(|| shown.to_owned(), |label| Path::new(label).join(shown));
        self.left_out.push(LeftOut { path, is_folder, why });
    }

    /// Where an entry lies, for messages.
    fn place(&self, shown: &Path) -> PathBuf {
        self.own.root.join(shown)
    }

    fn safe_path(&self, shown: &Path) -> Result<SafePath, BundleError> {
        let refuse = |reason| BundleError::SourceName { path: self.place(shown), reason };
        let text = shown.to_str().ok_or_else(|| refuse("its name is not UTF-8"))?;
        // Some file systems of macOS give back names taken apart (é as e and an accent), and Lambda looks for them as
        // they are written in a program.
        SafePath::new(&composed(text)).map_err(|error| refuse(error.reason))
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
