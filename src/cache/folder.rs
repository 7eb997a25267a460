//! The cache folder: names of entries, and reading and writing them whole.

use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use fs_err as fs;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::archive::crc32;
use crate::file_lock::FileLock;
use crate::regular;
use crate::spec::{HashDigest, sha256};

/// What other programs (backup tools) look for to leave a folder out.
///
/// Source: "Cache Directory Tagging Specification", version 0.6.
const TAG_NAME: &str = "CACHEDIR.TAG";
const CACHEDIR_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This folder is a cache of barrow; it can be removed at any time.\n\
    # For information about cache directory tags, see https://bford.info/cachedir/\n";

/// Whether a folder is a cache of barrow, by its tag.
pub(crate) fn is_cache(folder: &Path) -> bool {
    let tag = folder.join(TAG_NAME);
    fs::symlink_metadata(&tag).is_ok_and(|metadata| metadata.len() == CACHEDIR_TAG.len() as u64 && metadata.is_file())
        && fs::read(&tag).is_ok_and(|content| content == CACHEDIR_TAG.as_bytes())
}

/// Where temporary files lie until they are renamed to entries.
pub(super) const TEMPORARY: &str = "temporary-v1";

/// Bytes of the seal behind an entry's content: enough against accidents. Whoever may write to the cache could forge
/// any.
const SEAL: usize = 4;

/// The cache folder; a temporary one is removed when the value is dropped.
#[derive(Debug)]
pub struct Cache {
    root: PathBuf,
    /// Where a substitute may be made.
    fallback: Option<PathBuf>,
    /// Written instead of `root` once that turned out to be impossible.
    substitute: OnceLock<tempfile::TempDir>,
    /// Held by a run, so that nobody removes the cache meanwhile.
    in_use: OnceLock<FileLock>,
}

/// A kind of entry, with a folder of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// Project pages in parsed form.
    Pages,
    /// Core metadata.
    Metadata,
    /// Wheels as downloaded.
    Wheels,
    /// Install plans and unpacked trees.
    Installs,
    /// Resolutions by fingerprint.
    Resolutions,
    /// Finished results by fingerprint.
    Bundles,
    /// Which wheel was built of a source.
    Builds,
    /// Summaries of files that were checked.
    Checks,
    /// Checkouts of commits.
    Repositories,
}

impl Bucket {
    /// Every bucket that this version writes.
    pub const ALL: [Self; 9] = [
        Self::Pages,
        Self::Metadata,
        Self::Wheels,
        Self::Installs,
        Self::Resolutions,
        Self::Bundles,
        Self::Builds,
        Self::Checks,
        Self::Repositories,
    ];

    /// The folder's name, with the version of what is in it.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Pages => "pages-v5",
            Self::Metadata => "metadata-v2",
            Self::Wheels => "wheels-v1",
            Self::Installs => "installs-v2",
            Self::Resolutions => "resolutions-v1",
            Self::Bundles => "bundles-v2",
            Self::Builds => "builds-v1",
            Self::Checks => "checks-v3",
            Self::Repositories => "repositories-v1",
        }
    }
}

/// The cache could not be used. A run goes on without it; only the commands about the cache itself fail by this.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder could not be made or written.
    #[error("failed to write to the cache at `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// A folder could not be listed.
    #[error("failed to read the cache at `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// Runs still used the cache when it was to be removed.
    #[error("the cache at `{}` is not removed", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Names one of them, where the system tells.
        source: io::Error,
    },
    /// The folder could not be removed.
    #[error("failed to remove `{}` from the cache", path.display())]
    Remove { path: PathBuf, source: io::Error },
}

/// What was counted or removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Number of files.
    pub files: u64,
    /// Their sizes, bytes.
    pub bytes: u64,
}

impl Cache {
    /// The cache in `root`, which is made when first written to.
    pub fn at(root: PathBuf) -> Self {
        Self { root, fallback: None, substitute: OnceLock::new(), in_use: OnceLock::new() }
    }

    /// A cache in a fresh folder below `parent` that disappears with the value (`--no-cache`).
    pub fn temporary(parent: &Path) -> Result<Self, CacheError> {
        let folder = temporary_in(parent)?;
        // Nothing is read from `parent` itself: in a shared temporary folder, others may have put something there.
        let cache = Self::at(folder.path().to_owned());
        let _ = cache.substitute.set(folder);
        Ok(cache)
    }

    /// Removes the temporary folder, if there is one, now: for a run that ends while threads still hold the value.
    pub fn discard_temporary(&self) {
        if let Some(folder) = self.substitute.get() {
            let _ = fs_err::remove_dir_all(folder.path());
        }
    }

    /// Keeps the lock of a run for as long as the value lives.
    pub(super) fn hold(&self, lock: FileLock) {
        let _ = self.in_use.set(lock);
    }

    /// Where a substitute is made once the cache turns out to be read-only or full.
    #[must_use]
    pub fn with_fallback(mut self, parent: PathBuf) -> Self {
        self.fallback = Some(parent);
        self
    }

    /// From now on writes to a temporary folder, which goes with the value; what can be read in the cache still is.
    ///
    /// The write functions do this themselves; it is for callers whose own writes into a temporary file failed.
    /// `was_degraded` is what [`Self::is_degraded`] said before that write. Returns whether writing again has a chance:
    /// it has as well when another thread found out first.
    pub fn degrade(&self, was_degraded: bool) -> Result<bool, CacheError> {
        let Some(parent) = self.fallback.as_ref().filter(|_| !was_degraded) else { return Ok(false) };
        if self.substitute.get().is_none() {
            let _ = self.substitute.set(temporary_in(parent)?);
        }
        Ok(true)
    }

    /// Whether writes go to a temporary folder because the cache cannot be written (or is not wanted).
    pub fn is_degraded(&self) -> bool {
        self.substitute.get().is_some()
    }

    /// The folder that is written to.
    pub fn root(&self) -> &Path {
        self.substitute.get().map_or(&self.root, tempfile::TempDir::path)
    }

    /// The place of an entry whose key is the sha256 of `key`; it need not exist.
    pub fn entry(&self, bucket: Bucket, key: &str) -> PathBuf {
        self.place(bucket, &sha256(key.as_bytes()).hex(), "")
    }

    /// The place of the entry that has this name in its bucket; `None` for what is no name of an entry.
    pub fn entry_named(&self, bucket: Bucket, name: &str) -> Option<PathBuf> {
        let is_name = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_name.then(|| self.place(bucket, name, ""))
    }

    /// The place of a wheel with this sha256.
    pub fn wheel(&self, digest: &HashDigest) -> PathBuf {
        self.place(Bucket::Wheels, &digest.hex(), ".whl")
    }

    /// The folder of a wheel's install plan and unpacked tree.
    pub fn install(&self, wheel: &HashDigest) -> PathBuf {
        self.place(Bucket::Installs, &wheel.hex(), "")
    }

    /// The bytes of an entry; `None` when it is absent, damaged or cannot be read: the cache is only a cache.
    pub fn read(&self, entry: &Path) -> Option<Vec<u8>> {
        let mut bytes = regular::read(entry).ok()?;
        is_sealed(&bytes).then(|| bytes.truncate(bytes.len() - SEAL))?;
        Some(bytes)
    }

    /// A value that was kept as an entry, if there is one that can be read.
    pub fn recall<T: DeserializeOwned>(&self, entry: &Path) -> Option<T> {
        rmp_serde::from_slice(&self.read(entry)?).ok()
    }

    /// Keeps a value for later runs, to be recalled. Where it cannot be written, that costs them time and nothing else.
    pub fn keep(&self, entry: &Path, value: &impl Serialize) {
        if let (Ok(bytes), false) = (rmp_serde::to_vec(value), self.is_degraded()) {
            let _ = self.write(entry, &bytes);
        }
    }

    /// Writes an entry whole or not at all; returns where it is now. It is not forced to disk: after a power loss the
    /// seal does not fit what is there, and the entry counts as absent.
    pub fn write(&self, entry: &Path, bytes: &[u8]) -> Result<PathBuf, CacheError> {
        self.write_parts(entry, &[bytes, &seal(bytes)])
    }

    /// Writes an entry as [`Cache::write`] does, but without a seal: for content that has checksums of its own and of
    /// which parts are read.
    pub fn write_unsealed(&self, entry: &Path, bytes: &[u8]) -> Result<PathBuf, CacheError> {
        self.write_parts(entry, &[bytes])
    }

    /// An empty temporary file in the cache, on the same file system as its entries, to be persisted as one.
    pub fn temporary_file(&self) -> Result<tempfile::NamedTempFile, CacheError> {
        self.degrading(|| {
            let folder = self.temporary_parent()?;
            let file = tempfile::Builder::new().prefix("file-").tempfile_in(&folder);
            file.map_err(|source| CacheError::Write { path: folder, source })
        })
    }

    /// An empty temporary folder in the cache, on the same file system as its entries; it goes with the value.
    pub fn temporary_folder(&self) -> Result<tempfile::TempDir, CacheError> {
        self.degrading(|| {
            let folder = self.temporary_parent()?;
            let made = tempfile::Builder::new().prefix("folder-").tempdir_in(&folder);
            made.map_err(|source| CacheError::Write { path: folder, source })
        })
    }

    /// Renames a temporary file of this cache to the place of an entry, replacing what is there; returns where it
    /// is now.
    pub fn persist(&self, file: tempfile::NamedTempFile, entry: &Path) -> Result<PathBuf, CacheError> {
        self.rename(file, &self.redirected(entry))
    }

    /// Makes the folder in which `entry` is going to lie, and marks the root as a cache. A file that lies in the
    /// place of a folder is damage, and goes.
    pub fn make_parent(&self, entry: &Path) -> Result<(), CacheError> {
        self.make_root()?;
        let parent = entry.parent().unwrap_or(self.root());
        let failed = |source| CacheError::Write { path: parent.to_owned(), source };
        let Err(error) = fs::create_dir_all(parent) else { return Ok(()) };
        let inside = |place: &&Path| place.starts_with(self.root()) && *place != self.root();
        let obstacle =
            parent.ancestors().take_while(inside).find(|place| place.symlink_metadata().is_ok_and(|it| !it.is_dir()));
        let Some(obstacle) = obstacle else { return Err(failed(error)) };
        fs::remove_file(obstacle).and_then(|()| fs::create_dir_all(parent)).map_err(failed)
    }

    fn write_parts(&self, entry: &Path, parts: &[&[u8]]) -> Result<PathBuf, CacheError> {
        self.degrading(|| {
            let mut file = self.temporary_file()?;
            let written = parts.iter().try_for_each(|part| file.write_all(part));
            written.map_err(|source| CacheError::Write { path: entry.to_owned(), source })?;
            self.rename(file, &self.redirected(entry))
        })
    }

    fn rename(&self, file: tempfile::NamedTempFile, entry: &Path) -> Result<PathBuf, CacheError> {
        let failed = |source| CacheError::Write { path: entry.to_owned(), source };
        self.make_parent(entry)?;
        match file.persist(entry) {
            Ok(_) => Ok(entry.to_owned()),
            // A folder lies in the place, which no rename of a file replaces: it is damage.
            Err(error) if entry.is_dir() => {
                fs::remove_dir_all(entry).map_err(failed)?;
                error.file.persist(entry).map_err(|error| failed(error.error))?;
                Ok(entry.to_owned())
            }
            Err(error) => Err(failed(error.error)),
        }
    }

    /// Runs a write, once more in the substitute when the cache cannot be written.
    fn degrading<T>(&self, write: impl Fn() -> Result<T, CacheError>) -> Result<T, CacheError> {
        let was_degraded = self.is_degraded();
        match write() {
            Err(error) => match self.degrade(was_degraded) {
                Ok(true) => write(),
                _ => Err(error),
            },
            done => done,
        }
    }

    fn place(&self, bucket: Bucket, hex: &str, suffix: &str) -> PathBuf {
        let below: PathBuf = [bucket.folder(), &hex[..2], &format!("{hex}{suffix}")].iter().collect();
        let primary = self.root.join(&below);
        match self.substitute.get() {
            Some(substitute) => {
                let place = substitute.path().join(below);
                if !place.exists() && primary.exists() { primary } else { place }
            }
            None => primary,
        }
    }

    /// Where an entry is written: its place, or the one in the substitute once the cache turned out to be unwritable.
    pub fn redirected(&self, entry: &Path) -> PathBuf {
        match (self.substitute.get(), entry.strip_prefix(&self.root)) {
            (Some(substitute), Ok(below)) if !entry.starts_with(substitute.path()) => substitute.path().join(below),
            _ => entry.to_owned(),
        }
    }

    fn temporary_parent(&self) -> Result<PathBuf, CacheError> {
        let folder = self.root().join(TEMPORARY);
        if !folder.is_dir() {
            self.make_parent(&folder.join("file"))?;
            // Trees grow here, and each is renamed to its place as a whole.
            super::spread_subfolders(&folder);
        }
        Ok(folder)
    }

    pub(super) fn make_root(&self) -> Result<(), CacheError> {
        let root = self.root();
        let failed = |source| CacheError::Write { path: root.to_owned(), source };
        let tag = root.join(TAG_NAME);
        if tag.is_file() {
            return Ok(());
        }
        create_private(root).map_err(failed)?;
        // A courtesy to other programs: no entry is worse off without it. What lies in its place is never opened, for
        // it may be a fifo or a link.
        let _ = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&tag)
            .and_then(|mut file| file.write_all(CACHEDIR_TAG.as_bytes()));
        Ok(())
    }
}

/// The checksum that an entry ends with.
fn seal(content: &[u8]) -> [u8; SEAL] {
    crc32(content).to_le_bytes()
}

fn is_sealed(bytes: &[u8]) -> bool {
    bytes.split_last_chunk().is_some_and(|(content, found)| seal(content) == *found)
}

/// Makes a folder and its missing parents; the folder itself is for its owner alone, because it can hold pages
/// of private indexes.
fn create_private(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(_) if folder.is_dir() => Ok(()),
        made => made,
    }
}

fn temporary_in(parent: &Path) -> Result<tempfile::TempDir, CacheError> {
    let failed = |source| CacheError::Write { path: parent.to_owned(), source };
    tempfile::Builder::new().prefix("barrow-").tempdir_in(parent).map_err(failed)
}
