//! What `barrow cache` does: measuring, pruning and removing, without touching what is not ours.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use fs_err as fs;

use super::folder::{Bucket, Cache, CacheError, TEMPORARY, Usage};
use super::in_use::HeldAlone;
use crate::regular;

/// Age after which a temporary file belongs to no living run.
const STALE: Duration = Duration::from_hours(24);

/// How often the removal of a folder is repeated in which another run makes new files.
const REMOVALS: u32 = 5;

impl Cache {
    /// Files and bytes in the cache.
    pub fn size(&self) -> Result<Usage, CacheError> {
        let mut usage = Usage::default();
        for folder in self.own_folders()? {
            measure(&folder.path(), &mut usage);
        }
        Ok(usage)
    }

    /// Removes everything that barrow made in the cache folder, of any version; other files stay. Runs that use the
    /// cache are waited for.
    pub fn clean(&self) -> Result<Usage, CacheError> {
        self.clean_after(|| {})
    }

    /// As [`Cache::clean`]; `waiting` is called once when there are runs to wait for.
    pub fn clean_after(&self, waiting: impl FnMut()) -> Result<Usage, CacheError> {
        let mut held = HeldAlone::wait_for(self.root(), waiting)?;
        let mut usage = Usage::default();
        for folder in self.own_folders()? {
            remove(&folder.path(), &mut usage)?;
        }
        let tag = self.root().join("CACHEDIR.TAG");
        if regular::read(&tag).is_ok_and(|text| text.windows(6).any(|word| word == b"barrow")) {
            remove(&tag, &mut usage)?;
        }
        held.end_turn();
        // Goes only when it is empty, and only that is wanted.
        let _ = fs::remove_dir(self.root());
        Ok(usage)
    }

    /// Removes what no run of this version reads: entries of older formats and what interrupted runs left.
    pub fn prune(&self, now: SystemTime) -> Result<Usage, CacheError> {
        let mut usage = Usage::default();
        for folder in self.own_folders()? {
            if is_older_format(&folder.file_name().to_string_lossy()) {
                remove(&folder.path(), &mut usage)?;
            } else if folder.file_name() == TEMPORARY {
                for left in entries(&folder.path())? {
                    let modified = left.metadata().and_then(|metadata| metadata.modified());
                    let is_stale = modified.is_ok_and(|then| now.duration_since(then).is_ok_and(|age| age > STALE));
                    if is_stale {
                        remove(&left.path(), &mut usage)?;
                    }
                }
            }
        }
        Ok(usage)
    }

    /// The folders in the root whose names are of our scheme, whatever their version.
    fn own_folders(&self) -> Result<Vec<fs::DirEntry>, CacheError> {
        let mut folders = entries(self.root())?;
        folders.retain(|folder| {
            folder.file_name().to_str().and_then(split_version).is_some_and(|(name, _)| {
                name == stem(TEMPORARY) || Bucket::ALL.iter().any(|bucket| name == stem(bucket.folder()))
            }) && folder.file_type().is_ok_and(|kind| kind.is_dir())
        });
        Ok(folders)
    }
}

/// `pages-v1` is `("pages", 1)`.
fn split_version(name: &str) -> Option<(&str, u32)> {
    let (stem, version) = name.rsplit_once("-v")?;
    Some((stem, version.parse().ok()?))
}

fn stem(folder: &str) -> &str {
    split_version(folder).map_or(folder, |(stem, _)| stem)
}

fn is_older_format(name: &str) -> bool {
    let current = Bucket::ALL.iter().map(|bucket| bucket.folder()).chain([TEMPORARY]);
    split_version(name).is_some_and(|(name, version)| {
        current.filter_map(split_version).any(|(stem, current)| stem == name && version < current)
    })
}

/// The entries of a folder; none when it does not exist.
fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>, CacheError> {
    let failed = |source| CacheError::Read { path: folder.to_owned(), source };
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect::<Result<_, _>>().map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(error)),
    }
}

/// Counts the files below `path`; what another run removes meanwhile is not there.
fn measure(path: &Path, usage: &mut Usage) {
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    if metadata.is_dir() {
        for entry in entries(path).unwrap_or_default() {
            measure(&entry.path(), usage);
        }
    } else {
        usage.files += 1;
        usage.bytes += metadata.len();
    }
}

/// Removes a file or folder, never through a link, and counts what went.
fn remove(path: &Path, usage: &mut Usage) -> Result<(), CacheError> {
    measure(path, usage);
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let mut removed = fs::remove_dir_all(path);
            for _ in 1..REMOVALS {
                if removed.is_ok() {
                    break;
                }
                make_writable(path);
                removed = fs::remove_dir_all(path);
            }
            removed
        }
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(CacheError::Remove { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

/// Lets the owner remove what is in the folders below `folder`.
fn make_writable(folder: &Path) {
    let _ = fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700));
    for entry in entries(folder).unwrap_or_default() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_writable(&entry.path());
        }
    }
}
