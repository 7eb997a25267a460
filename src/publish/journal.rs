//! Replacing what lies in a folder without replacing the folder: entry by entry, so that a run that was killed halfway
//! can be taken back by the next.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use fs_err as fs;

use super::options::{Step, Steps};
use super::rename::exchange;
use crate::modes::where_modes_are_kept;
use crate::regular;

/// First field of a journal: format and version.
const HEADER: &[u8] = b"barrow journal 2";
/// Last field: a journal without it was not written to its end.
const FOOTER: &[u8] = b"end";

/// What is to be moved, as paths below OUT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Journal {
    /// Name of OUT beside the workplace; `None` when the workplace lies inside OUT.
    pub(super) out_name: Option<std::ffi::OsString>,
    /// Change places between `new` and OUT, in this order, before anything else.
    pub(super) exchanges: Vec<Exchange>,
    /// Moved from OUT to `old`, in this order.
    pub(super) removals: Vec<PathBuf>,
    /// Moved from `new` to OUT, in this order, when everything old is away.
    pub(super) placements: Vec<PathBuf>,
}

/// Two entries with one name that change places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) path: PathBuf,
    /// Inode of the new one: where it lies tells whether the exchange was done.
    pub(super) inode: u64,
}

impl Exchange {
    /// An exchange to be done with what lies in the new tree.
    pub(super) fn with(new: &Path, path: PathBuf) -> io::Result<Self> {
        let inode = fs::symlink_metadata(new.join(&path))?.ino();
        Ok(Self { path, inode })
    }

    /// Undoes it, as far as it was done.
    fn take_back(&self, new: &Path, out: &Path) -> io::Result<()> {
        let (new, out) = (new.join(&self.path), out.join(&self.path));
        match fs::symlink_metadata(&out) {
            Ok(found) if found.ino() == self.inode => exchange(&new, &out),
            // What has been removed since cannot change places.
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Journal {
    /// Moves everything, or, after an error, nothing.
    pub(super) fn perform(&self, workplace: &Path, out: &Path, steps: Steps) -> io::Result<()> {
        self.write(workplace)?;
        steps(Step::Journaled);
        let result = self.carry_out(workplace, out, steps);
        if result.is_err() {
            self.take_back(workplace, out)?;
            // Nothing is being placed any more. Another attempt in this workplace begins before that.
            match fs::remove_file(workplace.join("placing")) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::remove_file(workplace.join("journal"))?;
        result
    }

    /// This journal for a file system that cannot exchange: what would change places is removed, and the new one put
    /// there.
    pub(super) fn without_exchanges(&self) -> Self {
        let exchanged = || self.exchanges.iter().map(|exchange| exchange.path.clone());
        Self {
            out_name: self.out_name.clone(),
            exchanges: Vec::new(),
            removals: self.removals.iter().cloned().chain(exchanged()).collect(),
            placements: self.placements.iter().cloned().chain(exchanged()).collect(),
        }
    }

    /// The journal of an abandoned workplace; `None` when there is none, or not a whole one: then nothing was moved.
    pub(super) fn read(workplace: &Path) -> Option<Self> {
        let bytes = regular::read(&workplace.join("journal")).ok()?;
        let mut fields = bytes.split(|byte| *byte == 0);
        if fields.next()? != HEADER {
            return None;
        }
        let out_name = fields.next()?;
        let mut journal = Self {
            out_name: (!out_name.is_empty()).then(|| OsStr::from_bytes(out_name).to_owned()),
            exchanges: Vec::new(),
            removals: Vec::new(),
            placements: Vec::new(),
        };
        loop {
            match fields.next()? {
                FOOTER => return journal.is_safe().then_some(journal),
                [b'=', rest @ ..] => {
                    let (inode, path) = rest.split_at(rest.iter().position(|byte| *byte == b':')?);
                    let inode = std::str::from_utf8(inode).ok()?.parse().ok()?;
                    let path = PathBuf::from(OsStr::from_bytes(&path[1..]));
                    journal.exchanges.push(Exchange { path, inode });
                }
                [b'-', path @ ..] => journal.removals.push(PathBuf::from(OsStr::from_bytes(path))),
                [b'+', path @ ..] => journal.placements.push(PathBuf::from(OsStr::from_bytes(path))),
                _ => return None,
            }
        }
    }

    /// OUT, when the workplace lies in `folder`.
    pub(super) fn out(&self, folder: &Path) -> PathBuf {
        self.out_name.as_ref().map_or_else(|| folder.to_owned(), |name| folder.join(name))
    }

    /// Puts OUT in order after a kill: as new when everything had been moved, else as old.
    pub(super) fn recover(&self, workplace: &Path, folder: &Path) -> io::Result<()> {
        let out = self.out(folder);
        let is_complete = workplace.join("placing").exists()
            && self.placements.iter().all(|path| fs::symlink_metadata(workplace.join("new").join(path)).is_err());
        if !is_complete {
            self.take_back(workplace, &out)?;
        }
        fs::remove_file(workplace.join("journal"))
    }

    fn write(&self, workplace: &Path) -> io::Result<()> {
        let mut bytes = HEADER.to_vec();
        let mut field = |mark: &[u8], text: &OsStr| {
            bytes.push(0);
            bytes.extend_from_slice(mark);
            bytes.extend_from_slice(text.as_bytes());
        };
        field(b"", self.out_name.as_deref().unwrap_or_default());
        for Exchange { path, inode } in &self.exchanges {
            field(format!("={inode}:").as_bytes(), path.as_os_str());
        }
        self.removals.iter().for_each(|path| field(b"-", path.as_os_str()));
        self.placements.iter().for_each(|path| field(b"+", path.as_os_str()));
        field(FOOTER, OsStr::new(""));
        let temporary = workplace.join("journal.new");
        fs::write(&temporary, bytes)?;
        fs::rename(&temporary, workplace.join("journal"))
    }

    fn carry_out(&self, workplace: &Path, out: &Path, steps: Steps) -> io::Result<()> {
        let (old, new) = (workplace.join("old"), workplace.join("new"));
        create_folder(&old)?;
        for Exchange { path, .. } in &self.exchanges {
            exchange(&new.join(path), &out.join(path))?;
            steps(Step::Exchanged);
        }
        for path in &self.removals {
            create_parents(&old, path)?;
            move_entry(&out.join(path), &old.join(path))?;
            steps(Step::Removed);
        }
        fs::write(workplace.join("placing"), b"")?;
        for path in &self.placements {
            create_parents(out, path)?;
            move_entry(&new.join(path), &out.join(path))?;
            steps(Step::Placed);
        }
        Ok(())
    }

    /// Moves everything back; every step may have been done, half done, or not begun.
    fn take_back(&self, workplace: &Path, out: &Path) -> io::Result<()> {
        let (old, new) = (workplace.join("old"), workplace.join("new"));
        // Before the last removal OUT holds old entries under names that are also to be placed: they must not move.
        if workplace.join("placing").exists() {
            for path in self.placements.iter().rev() {
                move_back(&out.join(path), &new.join(path))?;
            }
        }
        for path in self.removals.iter().rev() {
            move_back(&old.join(path), &out.join(path))?;
        }
        self.exchanges.iter().rev().try_for_each(|exchange| exchange.take_back(&new, out))
    }

    /// A journal is our own, yet nothing that it says may lead outside OUT.
    fn is_safe(&self) -> bool {
        let is_plain = |path: &Path| {
            path.components().next().is_some() && path.components().all(|part| matches!(part, Component::Normal(_)))
        };
        let name_is_plain = self.out_name.as_ref().is_none_or(|name| {
            let path = Path::new(name);
            is_plain(path) && path.components().count() == 1
        });
        name_is_plain && {
            let exchanged = self.exchanges.iter().map(|exchange| &exchange.path);
            self.removals.iter().chain(&self.placements).chain(exchanged).all(|path| is_plain(path))
        }
    }
}

/// Renames, or where only folders cannot be renamed (those of lower layers of an overlay), moves what is in them.
fn move_entry(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
        result => return result,
    }
    let metadata = fs::symlink_metadata(from)?;
    if !metadata.is_dir() {
        return copy_entry(from, to, &metadata);
    }
    create_folder(to)?;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        move_entry(&from.join(&name), &to.join(&name))?;
    }
    where_modes_are_kept(fs::set_permissions(to, metadata.permissions()))?;
    fs::remove_dir(from)
}

fn copy_entry(from: &Path, to: &Path, metadata: &std::fs::Metadata) -> io::Result<()> {
    if metadata.is_symlink() {
        std::os::unix::fs::symlink(fs::read_link(from)?, to)?;
    } else {
        fs::copy(from, to)?;
    }
    fs::remove_file(from)
}

/// Moves what is at `from` back to `to`. What is at both was on its way when the process died, and `to` is whole.
fn move_back(from: &Path, to: &Path) -> io::Result<()> {
    let Ok(metadata) = fs::symlink_metadata(from) else { return Ok(()) };
    match fs::symlink_metadata(to) {
        Err(_) => {
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            move_entry(from, to)
        }
        Ok(_) if !metadata.is_dir() => fs::remove_file(from),
        Ok(_) => {
            for entry in fs::read_dir(from)? {
                let name = entry?.file_name();
                move_back(&from.join(&name), &to.join(&name))?;
            }
            fs::remove_dir(from)
        }
    }
}

/// Makes the folders on the way to `path` below `root`, as far as they do not exist.
pub(super) fn create_parents(root: &Path, path: &Path) -> io::Result<()> {
    let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else { return Ok(()) };
    if fs::symlink_metadata(root.join(parent)).is_ok() {
        return Ok(());
    }
    create_parents(root, parent)?;
    create_folder(&root.join(parent))
}

/// Makes a folder that others can search, whatever the umask.
pub(super) fn create_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => where_modes_are_kept(fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))),
    }
}
