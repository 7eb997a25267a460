//! Whether OUT is, file for file, as it was written: told from sizes, times and modes, folder by folder.
//!
//! Each folder is opened once and its files are looked up in it, which takes a third of the time of looking up whole
//! paths. With many files a second thread helps; a pool of threads would take longer to start than all this.

use std::collections::HashMap;
use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, openat, statat};

use super::content_id::{CONTENT_BYTES, EXECUTABLE, LINK};
use super::stored::{StoredFile, StoredFolder, is_derived};
use crate::archive::{composed, folder_and_name};
use crate::cache::is_workplace_name;
use crate::install::Sight;

/// Number of files from which a second thread is worth its start.
const WORTH_A_THREAD: usize = 500;

/// What may lie in an output beside the files that were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alone {
    /// Files of others may lie there: only those that were written are looked at.
    No,
    /// What Python or the Finder made of the files.
    ButForDerived,
    /// Nothing.
    Exactly,
}

/// Whether the folders are below `out` with the same files, of the modes that they were given if `with_modes`, and
/// nothing else than `alone` says.
pub(super) fn inspect(out: &Path, folders: &[StoredFolder], alone: Alone, with_modes: bool) -> bool {
    every_folder(out, folders, |root, folder, inner| is_as_stored(root, folder, alone, with_modes, inner))
}

/// Whether nothing lies right in `out` but what is listed there and what is derived from that, by names and kinds. What
/// lies in its folders is not looked at.
pub(super) fn top_holds_nothing_else(out: &Path, folders: &[StoredFolder]) -> bool {
    let Some(top) = folders.iter().find(|folder| folder.path.is_empty()) else { return false };
    let inner: Vec<&str> = folders.iter().map(|folder| folder.path).filter(|path| !path.contains('/')).collect();
    open(CWD, out).is_ok_and(|opened| is_alone(&opened, top, Alone::ButForDerived, &inner, true))
}

/// Whether something is true of every folder, of which it is told the names of the folders in it too.
fn every_folder(
    out: &Path,
    folders: &[StoredFolder],
    is_good: impl Fn(&OwnedFd, &StoredFolder, &[&str]) -> bool + Sync,
) -> bool {
    let Ok(root) = open(CWD, out) else { return false };
    let inner = inner_folders(folders);
    let next = AtomicUsize::new(0);
    let is_so = AtomicBool::new(!folders.is_empty());
    let work = || {
        while is_so.load(Ordering::Relaxed)
            && let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let inner = inner.get(folder.path).map_or(&[][..], Vec::as_slice);
            if !is_good(&root, folder, inner) {
                is_so.store(false, Ordering::Relaxed);
            }
        }
    };
    let files: usize = folders.iter().map(|folder| folder.files.len()).sum();
    if files < WORTH_A_THREAD {
        work();
    } else {
        std::thread::scope(|scope| {
            // Where no thread can be had, the other one does everything.
            let _ = std::thread::Builder::new().spawn_scoped(scope, work);
            work();
        });
    }
    is_so.into_inner()
}

/// The names of the folders right in each folder, sorted.
fn inner_folders<'a>(folders: &[StoredFolder<'a>]) -> HashMap<&'a str, Vec<&'a str>> {
    let mut inner: HashMap<&str, Vec<&str>> = HashMap::new();
    for folder in folders.iter().filter(|folder| !folder.path.is_empty()) {
        let (parent, name) = folder_and_name(folder.path);
        inner.entry(parent).or_default().push(name);
    }
    for names in inner.values_mut() {
        names.sort_unstable();
    }
    inner
}

/// Whether one folder has its files and, unless anything may, nothing beside these and its `inner` folders.
///
/// Folders are barrow's own where nothing of others may lie, but for OUT itself.
fn is_as_stored(root: &OwnedFd, folder: &StoredFolder, alone: Alone, with_modes: bool, inner: &[&str]) -> bool {
    let Ok(opened) = open(root, place_of(folder)) else { return false };
    let kinds = folder.contents.0.as_chunks::<CONTENT_BYTES>().0.iter().map(|content| content[CONTENT_BYTES - 1]);
    let is_there = |(StoredFile(name, size, modified), kind): (&StoredFile, u8)| {
        let (is_link, executable) = (kind & LINK != 0, Some(kind & EXECUTABLE != 0));
        let seen = statat(&opened, *name, AtFlags::SYMLINK_NOFOLLOW).map(|found| Sight::of(&found));
        seen.is_ok_and(|seen| {
            seen.is_as(is_link, *size, *modified) && (is_link || !with_modes || seen.executable == executable)
        })
    };
    let has_its_mode = || {
        let has = |mode: Mode| mode & (Mode::RWXU | Mode::RWXG | Mode::RWXO) == Mode::from_raw_mode(0o755);
        folder.path.is_empty() || fstat(&opened).is_ok_and(|found| has(Mode::from_raw_mode(found.st_mode)))
    };
    folder.files.len() == kinds.len()
        && (!with_modes || alone == Alone::No || has_its_mode())
        && folder.files.iter().zip(kinds).all(is_there)
        && (alone == Alone::No || is_alone(&opened, folder, alone, inner, false))
}

/// The path of a folder below OUT.
fn place_of<'a>(folder: &StoredFolder<'a>) -> &'a Path {
    Path::new(if folder.path.is_empty() { "." } else { folder.path })
}

/// Whether nothing lies in a folder but what is listed and what Python makes of it. That what is listed is a file or a
/// folder, as it should be, is found out where its own turn comes, or here if `by_kind`.
fn is_alone(opened: &OwnedFd, folder: &StoredFolder, alone: Alone, inner: &[&str], by_kind: bool) -> bool {
    let position = |name: &str| folder.files.binary_search_by(|StoredFile(listed, ..)| (*listed).cmp(name)).ok();
    let is_listed = |name: &str| position(name).is_some() || inner.binary_search(&name).is_ok();
    // A file system that does not tell a kind tells none that is listed.
    let is_of_its_kind = |name: &str, kind: FileType| match position(name) {
        Some(at) => {
            let is_link = folder.content(at).is_some_and(|content| content[CONTENT_BYTES - 1] & LINK != 0);
            kind == FileType::RegularFile || (is_link && kind == FileType::Symlink)
        }
        None => kind == FileType::Directory,
    };
    // HFS+ gives names back taken apart.
    let is_same = |name: &str, other: &str| {
        let inode = |name: &str| statat(opened, name, AtFlags::SYMLINK_NOFOLLOW).map(|found| found.st_ino);
        name != other && matches!((inode(name), inode(other)), (Ok(one), Ok(other)) if one == other)
    };
    every_entry(opened, |name, kind| {
        (is_listed(name) && (!by_kind || is_of_its_kind(name, kind)))
            || (!name.is_ascii() && is_listed(&composed(name)) && is_same(name, &composed(name)))
            || (folder.path.is_empty() && is_workplace_name(name.as_ref()))
            || (alone == Alone::ButForDerived && is_derived(&format!("{}/{name}", folder.path)))
            || (alone == Alone::ButForDerived
                && name == "__pycache__"
                && open(opened, Path::new(name))
                    .is_ok_and(|compiled| every_entry(&compiled, |inside, _| is_derived(&format!("{name}/{inside}")))))
    })
}

/// Whether something is true of the names and kinds of all entries of a folder.
fn every_entry(folder: &OwnedFd, is_so: impl Fn(&str, FileType) -> bool) -> bool {
    entries(folder, |name: &CStr, kind| name.to_str().is_ok_and(|name| matches!(name, "." | "..") || is_so(name, kind)))
}

/// Reads a folder through the handle that is there, most of them with one system call; `Dir` opens each once more.
#[cfg(target_os = "linux")]
fn entries(folder: &OwnedFd, is_good: impl Fn(&CStr, FileType) -> bool) -> bool {
    let mut buffer = [std::mem::MaybeUninit::uninit(); 16 << 10];
    let mut entries = rustix::fs::RawDir::new(folder, &mut buffer);
    while let Some(entry) = entries.next() {
        if !entry.is_ok_and(|entry| is_good(entry.file_name(), entry.file_type())) {
            return false;
        }
    }
    true
}

#[cfg(not(target_os = "linux"))]
fn entries(folder: &OwnedFd, is_good: impl Fn(&CStr, FileType) -> bool) -> bool {
    let Ok(mut entries) = rustix::fs::Dir::read_from(folder) else { return false };
    entries.all(|entry| entry.is_ok_and(|entry| is_good(entry.file_name(), entry.file_type())))
}

/// Opens a folder; a link to one is none.
fn open(at: impl AsFd, path: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(at, path, flags, Mode::empty())
}
