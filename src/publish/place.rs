//! OUT as a place on disk: its path without links, and on which mount it lies.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::PublishError;

/// OUT as an absolute path without links. It, and the last of its folders, need not exist.
pub(super) fn canonical_place(out: &Path) -> io::Result<PathBuf> {
    match fs_err::canonicalize(out) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(io::Error::new(error.kind(), "a part of its path is a file, not a folder"));
        }
        result => return result,
    }
    if fs_err::symlink_metadata(out).is_ok() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "it is a link that leads nowhere"));
    }
    let (Some(parent), Some(Component::Normal(name))) = (out.parent(), out.components().next_back()) else {
        return Err(io::Error::new(io::ErrorKind::NotFound, "a folder of its path does not exist"));
    };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    Ok(canonical_place(parent)?.join(name))
}

/// Refuses an OUT whose replacement would take away what must stay: everything, the source, barrow's own folders.
pub(super) fn refuse_dangerous<'a>(
    out: &Path,
    sources: &[PathBuf],
    mut own_folders: impl Iterator<Item = &'a PathBuf>,
) -> Result<(), PublishError> {
    let refuse = |reason: &str| Err(PublishError::Unfit { out: out.to_owned(), reason: reason.to_owned() });
    if out.parent().is_none() {
        return refuse("it is the root of the file system");
    }
    if sources.iter().any(|source| source.starts_with(out)) {
        return refuse("the source folder lies in it");
    }
    let holds = |folder: &PathBuf| canonical_place(folder).is_ok_and(|folder| folder.starts_with(out));
    if own_folders.any(holds) {
        return refuse("barrow's own folders lie in it");
    }
    Ok(())
}

/// Whether entries can be renamed from one folder to the other: they lie on one mount, not only on one file system.
pub(super) fn same_mount(a: &Path, b: &Path) -> bool {
    matches!((mount(a), mount(b)), (Ok(a), Ok(b)) if a == b)
}

/// Device and, where the system tells it, number of the mount: a bind mount has the device of what it shows.
fn mount(folder: &Path) -> io::Result<(u64, Option<u64>)> {
    use std::os::unix::fs::MetadataExt as _;
    Ok((fs_err::metadata(folder)?.dev(), mount_number(folder)))
}

#[cfg(target_os = "linux")]
fn mount_number(folder: &Path) -> Option<u64> {
    use std::os::fd::AsRawFd as _;
    // The kernel tells it for an open file in plain text, since Linux 3.15.
    let folder = fs_err::File::open(folder).ok()?;
    let info = fs_err::read_to_string(format!("/proc/self/fdinfo/{}", folder.as_raw_fd())).ok()?;
    info.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim().parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn mount_number(_folder: &Path) -> Option<u64> {
    None
}

/// The folders on the way to `out` that do not exist yet, outermost first, are made; gives those that were.
pub(super) fn make_parents(out: &Path) -> io::Result<Vec<PathBuf>> {
    let mut made = Vec::new();
    for folder in out.ancestors().skip(1) {
        if fs_err::metadata(folder).is_ok() {
            break;
        }
        made.push(folder.to_owned());
    }
    made.reverse();
    for (count, folder) in made.iter().enumerate() {
        match fs_err::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                remove_made(&made[..count]);
                return Err(error);
            }
            _ => {}
        }
    }
    Ok(made)
}

/// Takes back what [`make_parents`] made, as far as nothing lies in it.
pub(super) fn remove_made(folders: &[PathBuf]) {
    for folder in folders.iter().rev() {
        let _ = fs_err::remove_dir(folder);
    }
}
