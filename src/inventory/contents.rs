//! The files of a finished folder or zip, whoever made it.

use std::io::{self, Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;
use zip::ZipArchive;

use super::InventoryError;
use crate::regular;
use crate::spec::{HashAlgorithm, HashDigest, Hasher, WeakHasher};

/// Largest zip that is read, bytes. Lambda takes a quarter of it unpacked.
const ARCHIVE_MOST: u64 = 1 << 30;
/// Most files that are listed.
const FILES_MOST: usize = 1 << 20;
/// Largest file that is read into memory, bytes: metadata, and bills of materials.
const READ_MOST: u64 = 64 << 20;

/// The files of an output.
pub(super) struct Contents {
    path: PathBuf,
    /// Paths below the top with sizes in bytes, sorted.
    pub(super) files: Vec<(String, u64)>,
    archive: Option<Archive>,
}

/// A zip in memory; every reading thread has its own view of it.
struct Archive {
    zip: ZipArchive<Cursor<Arc<[u8]>>>,
    /// For each file its place in the archive.
    places: Vec<usize>,
}

impl Contents {
    /// Lists a folder or a zip.
    pub(super) fn open(path: &Path) -> Result<Self, InventoryError> {
        let read = |source| InventoryError::Read { path: path.to_owned(), source };
        if fs::metadata(path).map_err(read)?.is_dir() { Self::folder(path) } else { Self::zip(path) }
    }

    fn folder(path: &Path) -> Result<Self, InventoryError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| InventoryError::Read { path, source }
        };
        let mut files = Vec::new();
        let mut folders = vec![(path.to_owned(), String::new())];
        while let Some((folder, prefix)) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(failed(&folder))? {
                let entry = entry.map_err(failed(&folder))?;
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                let kind = entry.file_type().map_err(failed(&entry.path()))?;
                if kind.is_dir() {
                    folders.push((entry.path(), format!("{name}/")));
                    continue;
                }
                // A link to a file counts as that file; what leads nowhere, and fifos, are no content.
                let Ok(about) = fs::metadata(entry.path()) else { continue };
                if about.is_file() {
                    files.push((name, about.len()));
                }
                if files.len() > FILES_MOST {
                    return Err(too_many(path));
                }
            }
        }
        files.sort_unstable();
        Ok(Self { path: path.to_owned(), files, archive: None })
    }

    fn zip(path: &Path) -> Result<Self, InventoryError> {
        let read = |source| InventoryError::Read { path: path.to_owned(), source };
        let size = regular::open(path).and_then(|file| Ok(file.metadata()?.len())).map_err(read)?;
        if size > ARCHIVE_MOST {
            return Err(InventoryError::TooMuch { path: path.to_owned(), what: format!("{ARCHIVE_MOST} bytes") });
        }
        let bytes: Arc<[u8]> = regular::read(path).map_err(read)?.into();
        if !bytes.starts_with(b"PK") && !bytes.windows(4).any(|four| four == b"PK\x05\x06") {
            return Err(InventoryError::NoArchive(path.to_owned()));
        }
        let broken = |error: &dyn std::fmt::Display| InventoryError::Archive {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
        if archive.len() > FILES_MOST {
            return Err(too_many(path));
        }
        let mut entries = Vec::with_capacity(archive.len());
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(|error| broken(&error))?;
            if !entry.is_dir() {
                entries.push((String::from_utf8_lossy(entry.name_raw()).into_owned(), entry.size(), index));
            }
        }
        entries.sort_unstable();
        let places = entries.iter().map(|(_, _, index)| *index).collect();
        let files = entries.into_iter().map(|(name, size, _)| (name, size)).collect();
        Ok(Self { path: path.to_owned(), files, archive: Some(Archive { zip: archive, places }) })
    }

    /// The number of the file at a path.
    pub(super) fn find(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|(name, _)| name.as_str().cmp(path)).ok()
    }

    /// The bytes of a small file.
    pub(super) fn read(&self, number: usize) -> Result<Vec<u8>, InventoryError> {
        let mut bytes = Vec::new();
        self.pass(number, READ_MOST, |part| bytes.extend_from_slice(part))?;
        Ok(bytes)
    }

    /// The digest of a file, and its SHA-1 in hexadecimal where that is wanted.
    pub(super) fn digest(
        &self,
        number: usize,
        wants_sha1: bool,
    ) -> Result<(HashDigest, Option<String>), InventoryError> {
        let mut hasher = Hasher::new(HashAlgorithm::Sha256);
        let mut weak = wants_sha1.then(WeakHasher::sha1);
        self.pass(number, u64::MAX, |part| {
            hasher.update(part);
            if let Some(weak) = &mut weak {
                weak.update(part);
            }
        })?;
        Ok((hasher.finish(), weak.map(WeakHasher::finish_hex)))
    }

    fn pass(&self, number: usize, most: u64, mut take: impl FnMut(&[u8])) -> Result<(), InventoryError> {
        let (name, size) = &self.files[number];
        let failed = |source| InventoryError::Read { path: self.path.join(name), source };
        if *size > most {
            return Err(failed(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large to be read")));
        }
        match &self.archive {
            None => {
                // What has grown since is what lies there now.
                pour(regular::open(&self.path.join(name)).map_err(failed)?.take(most), &mut take).map_err(failed)?;
            }
            Some(Archive { zip, places }) => {
                let mut zip = zip.clone();
                let entry = zip.by_index(places[number]).map_err(|error| failed(io::Error::other(error)))?;
                // Not more than it says: what unpacks to more is a bomb or damaged.
                let read = pour(entry.take(size.saturating_add(1)), &mut take).map_err(failed)?;
                if read != *size {
                    let text = "it has another size than the archive says";
                    return Err(failed(io::Error::new(io::ErrorKind::InvalidData, text)));
                }
            }
        }
        Ok(())
    }
}

fn pour(mut from: impl io::Read, take: &mut impl FnMut(&[u8])) -> io::Result<u64> {
    let (mut buffer, mut total) = (vec![0; 128 << 10], 0);
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(read) => {
                take(&buffer[..read]);
                total += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn too_many(path: &Path) -> InventoryError {
    InventoryError::TooMuch { path: path.to_owned(), what: format!("{FILES_MOST} files") }
}

/// The files of a zip whose names are wanted, one after the other, each at most [`READ_MOST`].
pub(crate) fn small_files_of_zip(
    bytes: Vec<u8>,
    is_wanted: impl Fn(&str) -> bool,
) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(io::Error::other)?;
    let mut files = Vec::new();
    for index in 0..zip.len() {
        let entry = zip.by_index(index).map_err(io::Error::other)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if !entry.is_dir() && is_wanted(&name) {
            let mut content = Vec::new();
            entry.take(READ_MOST).read_to_end(&mut content)?;
            files.push((name, content));
        }
    }
    Ok(files)
}
