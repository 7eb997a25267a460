//! The mark that says "barrow made this", outside of OUT.
//!
//! It lies in a state folder, named by the digest of OUT's path, and lists every file with size and mtime. OUT is
//! barrow's when every file in it is listed, edited or not; a zip is, when its size and its directory are those of the
//! mark. A folder that is not the one that was marked, but took its place, is barrow's only as far as its files are as
//! they were written: someone may have made a folder of the same name with a `handler.py` of his own.
//!
//! Before OUT is replaced the mark lists old and new together, so that a kill leaves no OUT that belongs to no one.

use std::collections::{HashMap, HashSet};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use fs_err as fs;
use rayon::prelude::*;

use super::content_id::ContentId;
use super::inspection::{Alone, inspect, top_holds_nothing_else};
use super::marked_zip::MarkedZip;
use super::names_on_disk::listed_name;
use super::stored::{FolderIdentity, StoredFile, StoredFolder, StoredMark, is_derived};
use crate::archive::{SafePath, each_folder_of};
use crate::cache::is_workplace_name;
use crate::debris::is_left_by_system;
use crate::install::Sight;
use crate::regular;
use crate::spec::sha256;
use crate::whole_file::write_private;

/// First bytes of a mark: format and version. The length of OUT's path follows (four bytes, little endian), the path,
/// and what [`StoredMark`] holds.
const HEADER: &[u8] = b"barrow output 5\n";
/// Folder of the marks; its name carries the version of the format.
const FOLDER: &str = "outputs-v5";
/// Bytes from the beginning of a mark that hold OUT's path: the longest that Linux takes, and what is before it.
const PATH_MOST: u64 = 4096 + 64;
/// Capacity of the buffer for [`PATH_MOST`] bytes: some more, because a buffer that is full is made larger to see
/// whether more comes.
const PATH_ROOM: usize = 4096 + 64 + 32;

/// Bytes that a file takes in a mark, more or less.
const FILE_ROOM: usize = 64;

/// How old the mark of an output is at least when it is forgotten because the output is gone.
const GONE: Duration = Duration::from_hours(24);

/// What barrow wrote to one OUT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// What the result was made from, in the words of the caller.
    pub(super) fingerprint: Option<String>,
    /// The folder that OUT is; while it is being replaced, the one that will be as well.
    pub(super) roots: Vec<FolderIdentity>,
    /// How files were placed in a folder; `None` while the mark names old and new together.
    pub(super) link_mode: Option<u8>,
    /// Files of a folder, sorted by path.
    pub(super) files: Vec<MarkedFile>,
    /// Whether files and folders had the modes that they were given: where a file system keeps none, or nobody has
    /// looked, a mode tells of no change.
    pub(super) has_modes: bool,
    /// The zip that OUT is; while it is being replaced, the one that will be as well.
    pub(super) zips: Vec<MarkedZip>,
}

/// One file as it was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MarkedFile {
    pub(super) path: SafePath,
    pub(super) size: u64,
    /// Nanoseconds since 1970.
    pub(super) modified: i64,
    pub(super) content: ContentId,
}

impl Mark {
    /// The mark of OUT; `None` when there is none that can be read.
    pub(super) fn read(state_folders: &[PathBuf], out: &Path) -> Option<Self> {
        with_stored(state_folders, out, |stored| Self::of(&stored))?
    }

    /// What a mark as it lies on disk says; `None` where it lists what is no path.
    pub(super) fn of(stored: &StoredMark) -> Option<Self> {
        let mut files = Vec::with_capacity(stored.folders.iter().map(|folder| folder.files.len()).sum());
        let mut path = String::new();
        for folder in &stored.folders {
            for (StoredFile(name, size, modified), content) in folder.files.iter().zip(folder.contents.0.as_chunks().0)
            {
                path.clear();
                if !folder.path.is_empty() {
                    path.push_str(folder.path);
                    path.push('/');
                }
                path.push_str(name);
                let path = SafePath::new(&path).ok()?;
                files.push(MarkedFile { path, size: *size, modified: *modified, content: ContentId(*content) });
            }
        }
        files.sort();
        Some(Self {
            fingerprint: stored.fingerprint.map(str::to_owned),
            roots: stored.roots.clone(),
            link_mode: stored.link_mode,
            files,
            has_modes: stored.has_modes,
            zips: stored.zips.clone(),
        })
    }

    /// Writes the mark of OUT, whole or not at all, to the first folder that takes it.
    ///
    /// The first mark of an OUT is forced to disk: it would be empty after a power loss, and OUT would belong to no
    /// one. ext4 and Btrfs take care of that themselves where a file replaces another one.
    pub(super) fn write(&self, state_folders: &[PathBuf], out: &Path) -> io::Result<()> {
        write_encoded(&self.stored().encode(out)?, state_folders, out)
    }

    /// Forgets the mark of OUT.
    pub(super) fn remove(state_folders: &[PathBuf], out: &Path) {
        for folder in state_folders {
            let _ = fs::remove_file(place(folder, out));
        }
    }

    /// Writes the mark for the time in which this one takes the place of `old`: what belongs to one of them belongs to
    /// barrow.
    pub(super) fn write_with(&self, old: &Self, state_folders: &[PathBuf], out: &Path) -> io::Result<()> {
        let files = merged(&self.files, &old.files);
        let both = StoredMark {
            fingerprint: None,
            roots: self.roots.iter().chain(&old.roots).copied().collect(),
            link_mode: None,
            zips: self.zips.iter().chain(&old.zips).cloned().collect(),
            folders: by_folder(&files),
            has_modes: false,
        };
        write_encoded(&both.encode(out)?, state_folders, out)
    }

    /// The listed files as far as they can be barrow's at `out`: all of them, or, where another folder lies there by
    /// now, those that are as they were written.
    pub(super) fn own_files(&self, out: &Path) -> Vec<&MarkedFile> {
        let is_another =
            !self.roots.is_empty() && FolderIdentity::of(out).is_some_and(|identity| !self.roots.contains(&identity));
        self.files.par_iter().filter(|file| !is_another || file.is_as_written(out)).collect()
    }

    /// What lies in the folder `out` that is not barrow's, at most `limit` of it.
    pub(super) fn foreign(&self, out: &Path, limit: usize) -> io::Result<Vec<String>> {
        let own = self.own_files(out);
        let files: HashMap<&str, bool> = own.iter().map(|file| (file.path.as_str(), file.content.is_link())).collect();
        let mut folders = HashSet::new();
        for file in files.keys() {
            each_folder_of(file, |folder| folders.insert(folder));
        }
        let mut search = Search { files, folders, limit, found: Vec::new() };
        search.folder(out, "")?;
        Ok(search.found)
    }

    fn stored(&self) -> StoredMark<'_> {
        StoredMark {
            fingerprint: self.fingerprint.as_deref(),
            roots: self.roots.clone(),
            link_mode: self.link_mode,
            zips: self.zips.clone(),
            folders: by_folder(&self.files.iter().collect::<Vec<_>>()),
            has_modes: self.has_modes,
        }
    }
}

/// The files of two lists, each sorted, sorted; what is in both of them once.
fn merged<'a>(one: &'a [MarkedFile], other: &'a [MarkedFile]) -> Vec<&'a MarkedFile> {
    let mut files = Vec::with_capacity(one.len().max(other.len()));
    let mut others = other.iter().peekable();
    for file in one {
        while let Some(order) = others.peek().map(|next| (*next).cmp(file)).filter(|order| order.is_le()) {
            files.extend(others.next().filter(|_| order.is_lt()));
        }
        files.push(file);
    }
    files.extend(others);
    files
}

/// Files, sorted by path, by folder. Folders that hold nothing but folders are there too, so that nothing foreign hides
/// in one.
fn by_folder<'a>(files: &[&'a MarkedFile]) -> Vec<StoredFolder<'a>> {
    if files.is_empty() {
        return Vec::new();
    }
    let mut folders = vec![StoredFolder::default()];
    // The folders that the last file lies in, from the outermost on: all that is in one comes without a break.
    let mut within = vec![0];
    for file in files {
        let path = file.path.as_str();
        let is_in = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        while within.pop_if(|at| *at != 0 && !is_in(folders[*at].path)).is_some() {}
        let last = within.last().copied().unwrap_or_default();
        let mut name = if last == 0 { 0 } else { folders[last].path.len() + 1 };
        while let Some(length) = path[name..].find('/') {
            within.push(folders.len());
            folders.push(StoredFolder { path: &path[..name + length], ..StoredFolder::default() });
            name += length + 1;
        }
        let folder = &mut folders[within.last().copied().unwrap_or_default()];
        folder.files.push(StoredFile(&path[name..], file.size, file.modified));
        folder.contents.0.to_mut().extend(file.content.0);
    }
    folders.sort_unstable_by_key(|folder| folder.path);
    folders
}

/// Writes the bytes of a mark of OUT; see [`Mark::write`].
pub(super) fn write_encoded(bytes: &[u8], state_folders: &[PathBuf], out: &Path) -> io::Result<()> {
    let mut result = Err(io::Error::new(io::ErrorKind::NotFound, "there is no folder for it"));
    for (rank, folder) in state_folders.iter().enumerate() {
        result = write_to(&place(folder, out), bytes);
        if result.is_ok() {
            // An older mark in another folder would contradict it.
            let others = state_folders.iter().enumerate().filter(|(other, _)| *other != rank);
            others.for_each(|(_, folder)| drop(fs::remove_file(place(folder, out))));
            break;
        }
    }
    result
}

fn write_to(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = place.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let is_first = fs::symlink_metadata(place).is_err();
    write_private(place, bytes)?;
    if is_first && let Ok(now) = fs::metadata(place).and_then(|metadata| metadata.modified()) {
        forget_gone(folder, now);
    }
    Ok(())
}

/// Whether OUT is as a run with this fingerprint has written it: a zip by its stamp, or by its size and end; a folder
/// by the sizes, times and modes of its files and, if `alone`, by nothing else lying in it.
pub(super) fn is_as_written(state_folders: &[PathBuf], out: &Path, fingerprint: &str, alone: bool) -> bool {
    let is_so = with_stored(state_folders, out, |stored| match stored.zips.as_slice() {
        _ if stored.fingerprint != Some(fingerprint) => false,
        [zip] => zip.lies_at(out).unwrap_or(false),
        _ => inspect(out, &stored.folders, if alone { Alone::ButForDerived } else { Alone::No }, stored.has_modes),
    });
    is_so.unwrap_or(false)
}

/// Whether OUT is the folder that was marked last, and what lies right in it are files and folders of the same names and
/// what is derived from them.
pub(super) fn is_barrows_at_the_top(state_folders: &[PathBuf], out: &Path) -> bool {
    let is_so = with_stored(state_folders, out, |stored| {
        FolderIdentity::is_known(out, &stored.roots) && top_holds_nothing_else(out, &stored.folders)
    });
    is_so.unwrap_or(false)
}

/// What `look` makes of the mark of OUT; `None` when there is none that can be read.
fn with_stored<T>(state_folders: &[PathBuf], out: &Path, look: impl FnOnce(StoredMark) -> T) -> Option<T> {
    for bytes in encoded(state_folders, out) {
        if let Some(stored) = StoredMark::decode(&bytes, out) {
            return Some(look(stored));
        }
    }
    None
}

/// What lies where marks of OUT would lie, best first.
pub(super) fn encoded(state_folders: &[PathBuf], out: &Path) -> impl Iterator<Item = Vec<u8>> {
    state_folders.iter().filter_map(|folder| regular::read(&place(folder, out)).ok())
}

impl<'a> StoredMark<'a> {
    /// Reads a mark; `None` when it is damaged, or that of another output.
    pub(super) fn decode(bytes: &'a [u8], out: &Path) -> Option<Self> {
        let (marked, rest) = split_out(bytes)?;
        if marked != out.as_os_str().as_bytes() {
            return None;
        }
        rmp_serde::from_slice(rest).ok()
    }

    /// The bytes of a mark of `out`.
    pub(super) fn encode(&self, out: &Path) -> io::Result<Vec<u8>> {
        let out = out.as_os_str().as_bytes();
        let files: usize = self.folders.iter().map(|folder| folder.files.len() + 1).sum();
        let mut bytes = Vec::with_capacity(HEADER.len() + PATH_ROOM + files * FILE_ROOM);
        bytes.extend_from_slice(HEADER);
        bytes.extend(u32::try_from(out.len()).map_err(io::Error::other)?.to_le_bytes());
        bytes.extend(out);
        rmp_serde::encode::write(&mut bytes, self).map_err(io::Error::other)?;
        Ok(bytes)
    }
}

/// OUT of a mark, as bytes, and what follows.
fn split_out(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.strip_prefix(HEADER)?.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

impl MarkedFile {
    /// Whether it lies below `out` as it was written, by size and time.
    fn is_as_written(&self, out: &Path) -> bool {
        Sight::at(&self.path.below(out)).is_ok_and(|seen| seen.is_as(self.content.is_link(), self.size, self.modified))
    }
}

/// Every output below `folder` that barrow made, as far as it knows.
pub(super) fn outputs_below(state_folders: &[PathBuf], folder: &Path) -> Vec<PathBuf> {
    let marks = state_folders.iter().filter_map(|state| fs::read_dir(state.join(FOLDER)).ok()).flatten().flatten();
    let outputs = marks.filter_map(|mark| marked_out(&mark.path()));
    outputs.filter(|out| out.starts_with(folder) && out != folder).collect()
}

/// The OUT of a mark, from its beginning. The name of a mark is the digest of its OUT: what one says is read once in a
/// process, however many outputs it makes.
fn marked_out(mark: &Path) -> Option<PathBuf> {
    use std::io::Read as _;
    // Paths of marks begin alike, and there may be thousands: comparing them is what an ordered map would be busy with.
    static KNOWN: LazyLock<Mutex<HashMap<PathBuf, PathBuf>>> = LazyLock::new(Mutex::default);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(out) = known().get(mark) {
        return Some(out.clone());
    }
    let mut beginning = Vec::with_capacity(PATH_ROOM);
    regular::open(mark).ok()?.take(PATH_MOST).read_to_end(&mut beginning).ok()?;
    let (out, _) = split_out(&beginning)?;
    let out = PathBuf::from(std::ffi::OsString::from_vec(out.to_vec()));
    known().insert(mark.to_owned(), out.clone());
    Some(out)
}

/// Forgets outputs that are gone, and were last written a day ago or more: whoever makes a folder for each version of a
/// function, as the AWS CDK does, would have thousands of marks in the end, and each run reads the beginning of all.
/// One whose folder is gone too may be on a volume that is not mounted, and stays.
fn forget_gone(folder: &Path, now: SystemTime) {
    let Ok(marks) = fs::read_dir(folder) else { return };
    for mark in marks.flatten() {
        let modified = mark.metadata().and_then(|metadata| metadata.modified());
        let is_old = modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > GONE));
        let is_gone = |out: &PathBuf| {
            let is_absent = fs::symlink_metadata(out).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
            is_absent && out.parent().is_some_and(Path::is_dir)
        };
        if is_old && marked_out(&mark.path()).as_ref().is_some_and(is_gone) {
            let _ = fs::remove_file(mark.path());
        }
    }
}

fn place(state_folder: &Path, out: &Path) -> PathBuf {
    state_folder.join(FOLDER).join(sha256(out.as_os_str().as_bytes()).hex())
}

/// Looks for what is not listed.
struct Search<'a> {
    /// Files that barrow wrote, each with whether it is a link.
    files: HashMap<&'a str, bool>,
    folders: HashSet<&'a str>,
    limit: usize,
    found: Vec<String>,
}

impl Search<'_> {
    fn folder(&mut self, folder: &Path, shown: &str) -> io::Result<()> {
        let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_unstable_by_key(fs::DirEntry::file_name);
        for entry in entries {
            if self.found.len() >= self.limit {
                break;
            }
            let name = entry.file_name();
            if shown.is_empty() && is_workplace_name(&name) {
                continue;
            }
            if name.to_str().is_some_and(is_left_by_system) {
                continue;
            }
            let file_type = entry.file_type()?;
            // A name that is not UTF-8 is none of barrow's, and the replacement makes it none.
            let name = listed_name(folder, &name).unwrap_or_else(|| name.to_string_lossy().into_owned());
            let path = if shown.is_empty() { name.clone() } else { format!("{shown}/{name}") };
            if file_type.is_dir() {
                if self.folders.contains(path.as_str()) || name == "__pycache__" {
                    self.folder(&entry.path(), &path)?;
                } else {
                    self.found.push(format!("{path}/"));
                }
            } else {
                let own = self.files.get(path.as_str());
                let is_own_link = file_type.is_symlink() && own.is_some_and(|is_link| *is_link);
                if !is_own_link && !(file_type.is_file() && (own.is_some() || is_derived(&path))) {
                    self.found.push(path);
                }
            }
        }
        Ok(())
    }
}
