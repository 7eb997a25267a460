//! Publishing a bundle: whole or not at all, over what barrow made before and over nothing else.
//!
//! The new content is prepared in a hidden folder beside OUT, then takes OUT's place in one step: by rename where OUT is
//! absent, by exchange where barrow made it before. An empty folder keeps its inode and mode (others may hold it open, or
//! have mounted it), as does a mount point, so its entries are moved one by one under a journal that the next run
//! obeys when this one is killed. A mount point cannot be left by a rename, so there the hidden folder lies inside it.
//!
//! Files are not forced to disk one by one: after a power loss sizes differ from the mark and the output is made anew.
//! A zip is one file, and is forced.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use fs_err as fs;

use super::PublishError;
use super::journal::Journal;
use super::mark::{FolderIdentity, Mark, is_as_written, zip_identity};
use super::out_lock::OutLock;
use super::place::{canonical_place, make_parents, refuse_dangerous, remove_made, same_mount};
use super::rename::{exchange, rename_to_absent};
use super::stage::write_tree;
use super::workplace::{self, Workplace};
use super::zip::{PublishedZip, write_zip};
use crate::bundle::Bundle;
use crate::cache::is_workplace_name;
use crate::file_lock::LockError;
use crate::install::{LinkMode, where_modes_are_kept};

/// Names that a refusal shows, at most.
const SHOWN: usize = 3;

/// What a bundle becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// A folder.
    Folder,
    /// A zip.
    Zip,
}

/// Where and how to publish.
#[derive(Clone, Copy, Debug)]
pub struct PublishOptions<'a> {
    /// OUT; a link to a folder is followed.
    pub out: &'a Path,
    /// Folder or zip.
    pub format: OutputFormat,
    /// How files get from the cache to a folder.
    pub link_mode: LinkMode,
    /// Replace an OUT that holds what barrow did not make (`--force`).
    pub force: bool,
    /// Folders for the mark "barrow made this", best first: the user's state folder, then the cache.
    pub state_folders: &'a [PathBuf],
    /// Folders of barrow's own that OUT must not contain, such as the cache.
    pub own_folders: &'a [PathBuf],
    /// Identifies what the output is made of, so that a later run can ask [`is_unchanged`].
    pub fingerprint: Option<&'a str>,
    /// Set when the user interrupts.
    pub cancel: Option<&'a AtomicBool>,
}

/// What was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// OUT without links.
    pub out: PathBuf,
    /// Number of files.
    pub files: usize,
    /// Unzipped size, bytes.
    pub size_bytes: u64,
    /// The zip, when it is one.
    pub zip: Option<PublishedZip>,
    /// Whether there was something before.
    pub replaced: bool,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// The moments of publishing, for tests that die at one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    /// The new content is whole, OUT untouched.
    Staged,
    /// The mark names old and new.
    Marked,
    /// The journal is written.
    Journaled,
    /// One old entry was moved away.
    Removed,
    /// One new entry was moved in.
    Placed,
    /// OUT is new.
    Swapped,
}

/// Is told of each step.
pub(super) type Steps<'a> = &'a dyn Fn(Step);

impl PublishOptions<'_> {
    /// To be called between pieces of work, as long as OUT is untouched.
    pub(super) fn refuse_cancelled(&self) -> Result<(), PublishError> {
        let cancelled = self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed));
        if cancelled { Err(PublishError::Cancelled) } else { Ok(()) }
    }
}

/// Publishes a bundle.
///
/// # Errors
/// OUT holds what barrow did not make, or cannot be an output; something could not be written; the user interrupted. OUT is
/// as it was before, and nothing else is left.
pub fn publish(bundle: &Bundle, options: &PublishOptions) -> Result<Published, PublishError> {
    publish_with(bundle, options, &|_| {})
}

/// Refuses what [`publish`] would refuse in the end because of what OUT is: to be asked before anything is downloaded in vain.
pub fn check_out(source: Option<&Path>, options: &PublishOptions) -> Result<(), PublishError> {
    let out = find_out(source, options)?;
    let look = || {
        let mark = Mark::read(options.state_folders, &out);
        let state = match options.format {
            OutputFormat::Folder => folder_state(&out, mark.as_ref()),
            OutputFormat::Zip => zip_state(&out, mark.as_ref()),
        };
        let failed = |source| PublishError::Publish { action: "look into", out: out.clone(), source };
        refuse_foreign(&out, &state.map_err(failed)?, options)
    };
    match (look(), out.parent()) {
        // Another run may have replaced OUT between the looks at its mark and at what lies in it.
        (Err(_), Some(parent)) => {
            let _lock = Site::Beside(parent.to_owned()).lock(&out, options)?;
            look()
        }
        (result, _) => result,
    }
}

/// OUT without links, unless it must not be an output.
fn find_out(source: Option<&Path>, options: &PublishOptions) -> Result<PathBuf, PublishError> {
    let failed = |source| PublishError::Publish { action: "find the way to", out: options.out.to_owned(), source };
    let out = canonical_place(options.out).map_err(failed)?;
    refuse_dangerous(&out, source, options.own_folders.iter().chain(options.state_folders))?;
    Ok(out)
}

/// Whether OUT is, file for file, what a run with this fingerprint published: by size and mtime, without reading contents.
pub fn is_unchanged(out: &Path, state_folders: &[PathBuf], fingerprint: &str) -> bool {
    canonical_place(out).is_ok_and(|out| is_as_written(state_folders, &out, fingerprint, true))
}

/// Whether all that a run with this fingerprint installed into OUT lies there as it was written, whatever else does.
pub fn is_installed_unchanged(out: &Path, state_folders: &[PathBuf], fingerprint: &str) -> bool {
    canonical_place(out).is_ok_and(|out| is_as_written(state_folders, &out, fingerprint, false))
}

/// Puts in order what killed runs have left at OUT, for a run that is going to publish nothing. While another process
/// publishes there, it is left to that one.
pub fn tidy(out: &Path) {
    let Ok(out) = canonical_place(out) else { return };
    let folders: Vec<&Path> = out.parent().into_iter().chain([out.as_path()]).collect();
    if folders.iter().any(|folder| workplace::has_leftovers(folder))
        && let Some(_lock) = OutLock::try_acquire(&out, true)
    {
        for folder in folders {
            let _ = workplace::recover(folder, &out, None);
        }
    }
}

pub(super) fn publish_with(bundle: &Bundle, options: &PublishOptions, steps: Steps) -> Result<Published, PublishError> {
    let failed = |action, source| PublishError::Publish { action, out: options.out.to_owned(), source };
    let out = find_out(bundle.source_folder.as_deref(), options)?;
    let made = make_parents(&out).map_err(|source| failed("make the folder of", source))?;
    let result = match options.format {
        OutputFormat::Folder => publish_folder(bundle, &out, options, steps, same_mount),
        OutputFormat::Zip => publish_zip(bundle, &out, options, steps),
    };
    if result.is_err() {
        remove_made(&made);
    }
    result
}

/// Publishes to a folder as if OUT were a mount point.
#[cfg(test)]
pub(super) fn publish_inside(bundle: &Bundle, options: &PublishOptions) -> Result<Published, PublishError> {
    publish_inside_with(bundle, options, &|_| {})
}

#[cfg(test)]
pub(super) fn publish_inside_with(
    bundle: &Bundle,
    options: &PublishOptions,
    steps: Steps,
) -> Result<Published, PublishError> {
    let out = fs::canonicalize(options.out).expect("the folder exists");
    publish_folder(bundle, &out, options, steps, |_, _| false)
}

/// What lies at OUT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Absent,
    /// A folder with nothing in it.
    Empty,
    /// All of it was made by barrow.
    Ours,
    /// Some of it was not; a few names.
    Foreign(Vec<String>),
}

fn publish_folder(
    bundle: &Bundle,
    out: &Path,
    options: &PublishOptions,
    steps: Steps,
    same_mount: fn(&Path, &Path) -> bool,
) -> Result<Published, PublishError> {
    let failed = |action, source| PublishError::Publish { action, out: out.to_owned(), source };
    // Refused before anything is written. It is looked at again once the new content is ready.
    let (site, workplace) = Site::prepare(out, options, folder_state, same_mount)?;
    let new = workplace.make_new_tree().map_err(|source| failed("prepare", source))?;
    let files = write_tree(bundle, &new, options)?;
    steps(Step::Staged);

    let lock = site.lock(out, options)?;
    let old_mark = Mark::read(options.state_folders, out);
    let state = folder_state(out, old_mark.as_ref()).map_err(|source| failed("look into", source))?;
    refuse_foreign(out, &state, options)?;
    options.refuse_cancelled()?;
    let new_mark = Mark {
        fingerprint: options.fingerprint.map(str::to_owned),
        roots: identities(&new, out),
        files,
        zips: Vec::new(),
    };
    let marking = Marking::begin(new_mark, old_mark, out, options);
    steps(Step::Marked);
    let swapped = match (&state, &site) {
        (State::Absent, _) => rename_to_absent(&new, out),
        (State::Ours | State::Foreign(_), Site::Beside(_)) => match exchange_trees(&new, out) {
            // Whatever the reason is: entry by entry it may still work.
            Err(_) => move_entries(&workplace, &site, out, steps),
            done => done,
        },
        (State::Empty, _) | (_, Site::Inside) => move_entries(&workplace, &site, out, steps),
    };
    if let Err(source) = swapped {
        marking.take_back();
        return Err(failed("replace", source));
    }
    steps(Step::Swapped);
    let warnings = marking.finish();
    drop(lock);
    drop(workplace);
    Ok(Published {
        out: out.to_owned(),
        files: bundle.files.len(),
        size_bytes: bundle.size_bytes,
        zip: None,
        replaced: matches!(state, State::Ours | State::Foreign(_)),
        warnings,
    })
}

fn publish_zip(bundle: &Bundle, out: &Path, options: &PublishOptions, steps: Steps) -> Result<Published, PublishError> {
    let failed = |action, source| PublishError::Publish { action, out: out.to_owned(), source };
    let (site, workplace) = Site::prepare(out, options, zip_state, same_mount)?;
    let new = workplace.new_zip();
    let zip = write_zip(bundle, &new, options)?;
    let identity = zip_identity(&new).map_err(|source| failed("read", source))?;
    steps(Step::Staged);

    let lock = site.lock(out, options)?;
    let old_mark = Mark::read(options.state_folders, out);
    let state = zip_state(out, old_mark.as_ref()).map_err(|source| failed("read", source))?;
    refuse_foreign(out, &state, options)?;
    options.refuse_cancelled()?;
    let fingerprint = options.fingerprint.map(str::to_owned);
    let new_mark = Mark { fingerprint, zips: vec![identity], ..Mark::default() };
    let marking = Marking::begin(new_mark, old_mark, out, options);
    steps(Step::Marked);
    let swapped = match state {
        State::Absent => rename_to_absent(&new, out),
        _ => fs::rename(&new, out),
    };
    if let Err(source) = swapped {
        marking.take_back();
        return Err(failed("replace", source));
    }
    // The new name is on disk when the folder is; a file system that cannot promise it is no reason to fail.
    let _ = out.parent().map(|parent| fs::File::open(parent).and_then(|parent| parent.sync_all()));
    steps(Step::Swapped);
    let warnings = marking.finish();
    drop(lock);
    drop(workplace);
    Ok(Published {
        out: out.to_owned(),
        files: bundle.files.len(),
        size_bytes: bundle.size_bytes,
        zip: Some(zip),
        replaced: state != State::Absent,
        warnings,
    })
}

/// The folders of which one will be OUT: the new one, or the old one when entries are moved into it.
pub(super) fn identities(new: &Path, out: &Path) -> Vec<FolderIdentity> {
    [new, out].into_iter().filter_map(FolderIdentity::of).collect()
}

fn folder_state(out: &Path, mark: Option<&Mark>) -> io::Result<State> {
    match fs::metadata(out) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Absent),
        Err(error) => return Err(error),
        Ok(metadata) if !metadata.is_dir() => {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is a file, not a folder"));
        }
        Ok(_) => {}
    }
    let mut entries = fs::read_dir(out)?;
    if entries.all(|entry| entry.is_ok_and(|entry| is_workplace_name(&entry.file_name()))) {
        return Ok(State::Empty);
    }
    let foreign = mark.unwrap_or(&Mark::default()).foreign(out, SHOWN + 1)?;
    Ok(if foreign.is_empty() { State::Ours } else { State::Foreign(foreign) })
}

fn zip_state(out: &Path, mark: Option<&Mark>) -> io::Result<State> {
    match fs::metadata(out) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Absent),
        Err(error) => return Err(error),
        Ok(metadata) if metadata.is_dir() => {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, not a zip"));
        }
        Ok(metadata) if !metadata.is_file() => {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
        }
        Ok(_) => {}
    }
    let marked = mark.map_or(&[][..], |mark| &mark.zips);
    let is_ours = !marked.is_empty() && marked.contains(&zip_identity(out)?);
    let name = out.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(if is_ours { State::Ours } else { State::Foreign(vec![name]) })
}

pub(super) fn refuse_foreign(out: &Path, state: &State, options: &PublishOptions) -> Result<(), PublishError> {
    match state {
        State::Foreign(names) if !options.force => {
            let mut files: Vec<String> =
                names.iter().take(SHOWN).map(|name| format!("`{}`", name.escape_debug())).collect();
            if names.len() > SHOWN {
                files.push("…".to_owned());
            }
            Err(PublishError::Occupied { out: out.to_owned(), files: files.join(", ") })
        }
        _ => Ok(()),
    }
}

/// The mark of OUT while OUT changes.
pub(super) struct Marking<'a> {
    new: Mark,
    old: Option<Mark>,
    out: &'a Path,
    state_folders: &'a [PathBuf],
    begun: io::Result<()>,
}

impl<'a> Marking<'a> {
    /// Marks what lies in OUT and what will. Without a place for marks OUT is published all the same.
    pub(super) fn begin(new: Mark, old: Option<Mark>, out: &'a Path, options: &PublishOptions<'a>) -> Self {
        let both = old.as_ref().map(|old| new.or(old));
        let begun = both.as_ref().unwrap_or(&new).write(options.state_folders, out);
        Self { new, old, out, state_folders: options.state_folders, begun }
    }

    /// OUT is as it was.
    pub(super) fn take_back(self) {
        match self.old {
            Some(old) => drop(old.write(self.state_folders, self.out)),
            None => Mark::remove(self.state_folders, self.out),
        }
    }

    /// OUT is new; gives what the user should know.
    pub(super) fn finish(self) -> Vec<String> {
        // Without an older mark the first one named the new content alone.
        let done = self.begun.and_then(|()| match self.old {
            Some(_) => self.new.write(self.state_folders, self.out),
            None => Ok(()),
        });
        let sentence = |error| {
            let out = self.out.display();
            format!("could not note that barrow made `{out}`, so the next run will ask for `--force`: {error}")
        };
        done.err().map(sentence).into_iter().collect()
    }
}

/// Where the hidden folder lies.
pub(super) enum Site {
    /// In this folder, beside OUT.
    Beside(PathBuf),
    /// In OUT itself.
    Inside,
}

impl Site {
    /// Finds a place for the hidden folder, puts in order what killed runs have left there, refuses what lies at OUT where it
    /// must be, and makes the folder.
    pub(super) fn prepare(
        out: &Path,
        options: &PublishOptions,
        state: fn(&Path, Option<&Mark>) -> io::Result<State>,
        same_mount: fn(&Path, &Path) -> bool,
    ) -> Result<(Self, Workplace), PublishError> {
        let failed = |action, source| PublishError::Publish { action, out: out.to_owned(), source };
        let check = || {
            let mark = Mark::read(options.state_folders, out);
            let state = state(out, mark.as_ref()).map_err(|source| failed("use", source))?;
            refuse_foreign(out, &state, options)
        };
        let parent = out.parent().ok_or_else(|| failed("use", io::ErrorKind::InvalidInput.into()))?;
        let is_folder = fs::metadata(out).is_ok_and(|metadata| metadata.is_dir());
        let may_be_beside = !is_folder || same_mount(out, parent);
        let site = if may_be_beside { Self::Beside(parent.to_owned()) } else { Self::Inside };
        let _lock = site.lock(out, options)?;
        check()?;
        if may_be_beside {
            match Workplace::create(parent) {
                Ok(workplace) => return Ok((site, workplace)),
                Err(error) if !is_folder => return Err(failed("make", error)),
                Err(_) => {}
            }
        }
        let workplace = Workplace::create(out).map_err(|source| failed("write to", source))?;
        Ok((Self::Inside, workplace))
    }

    /// Keeps other processes from publishing at the same OUT, and puts in order what killed ones have left there.
    pub(super) fn lock(&self, out: &Path, options: &PublishOptions) -> Result<OutLock, PublishError> {
        let locked = || {
            let lock = OutLock::acquire(out, matches!(self, Self::Beside(_)), options.cancel)?;
            if let Self::Beside(parent) = self {
                workplace::recover(parent, out, options.cancel)?;
            }
            workplace::recover(out, out, options.cancel)?;
            Ok(lock)
        };
        locked().map_err(|error| match error {
            LockError::Cancelled => PublishError::Cancelled,
            LockError::Busy { process } => PublishError::Busy { out: out.to_owned(), process },
        })
    }

    /// The name by which a journal finds OUT again.
    pub(super) fn out_name<'a>(&self, out: &'a Path) -> Option<&'a OsStr> {
        match self {
            Self::Beside(_) => out.file_name(),
            Self::Inside => None,
        }
    }
}

/// Lets two folders change places; the new one takes over the mode of the old.
fn exchange_trees(new: &Path, out: &Path) -> io::Result<()> {
    let mode = fs::metadata(out)?.permissions().mode() & 0o7777;
    where_modes_are_kept(fs::set_permissions(new, std::fs::Permissions::from_mode(mode)))?;
    exchange(new, out)
}

/// Moves everything old out of OUT and everything new into it.
fn move_entries(workplace: &Workplace, site: &Site, out: &Path, steps: Steps) -> io::Result<()> {
    let names = |folder: &Path| -> io::Result<Vec<PathBuf>> {
        let mut names: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|entry| Ok(PathBuf::from(entry?.file_name()))).collect::<io::Result<_>>()?;
        names.retain(|name| !is_workplace_name(name.as_os_str()));
        names.sort();
        Ok(names)
    };
    let journal = Journal {
        out_name: site.out_name(out).map(OsStr::to_owned),
        removals: names(out)?,
        placements: names(&workplace.new_tree())?,
    };
    journal.perform(workplace.folder(), out, steps)
}
