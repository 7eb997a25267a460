//! The files of a finished folder or zip, whoever made it.

use std::collections::HashMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::InventoryError;
use super::foreign_zip::{ForeignZip, NoZip, foreign_zip, open_foreign_zip, plain_name};
use crate::archive::normalized;
use crate::regular;
use crate::spec::{HashAlgorithm, HashDigest, Hasher, WeakHasher};

/// Most files that are listed.
const FILES_MOST: usize = 1 << 20;
/// Largest file that is read into memory, bytes: metadata, and bills of materials.
const READ_MOST: u64 = 64 << 20;

/// The files of an output.
pub(super) struct OutputFiles {
    path: PathBuf,
    /// Paths below the top with sizes in bytes, sorted.
    pub(super) files: Vec<(String, u64)>,
    /// The texts of links in a folder that lead to files of the same output: such a link is content of its own, as it
    /// is in a zip.
    links: HashMap<String, String>,
    archive: Option<OpenedZip>,
}

/// A zip in memory; every reading thread has its own view of it.
struct OpenedZip {
    zip: ForeignZip,
    /// For each file its place in the archive.
    places: Vec<usize>,
}

impl OutputFiles {
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
        let (mut files, mut links) = (Vec::new(), HashMap::new());
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
                // A link out of the output counts as the file that it leads to; what leads nowhere, and fifos, are no
                // content.
                let Ok(about) = fs::metadata(entry.path()) else { continue };
                let link = if kind.is_symlink() && about.is_file() { link_inside(&entry.path(), path) } else { None };
                if let Some(text) = link {
                    files.push((name.clone(), text.len() as u64));
                    links.insert(name, text);
                } else if about.is_file() {
                    files.push((name, about.len()));
                }
                if files.len() > FILES_MOST {
                    return Err(too_many(path));
                }
            }
        }
        files.sort_unstable();
        Ok(Self { path: path.to_owned(), files, links, archive: None })
    }

    fn zip(path: &Path) -> Result<Self, InventoryError> {
        let read = |source| InventoryError::Read { path: path.to_owned(), source };
        let broken = |error: &dyn std::fmt::Display| InventoryError::Archive {
            path: path.to_owned(),
            // The program library says it in the letters of the format.
            reason: error.to_string().replace(
                "invalid Zip archive: Could not find EOCD",
                "it has no end record, so it is cut off or no zip",
            ),
        };
        let (mut archive, _) = open_foreign_zip(path).map_err(|why| match why {
            NoZip::Read(source) => read(source),
            NoZip::TooLarge(size) => {
                InventoryError::TooMuch { path: path.to_owned(), what: format!("an archive of {size} bytes") }
            }
            NoZip::NoArchive => InventoryError::NoArchive(path.to_owned()),
            NoZip::Broken(error) => broken(&error),
        })?;
        if archive.len() > FILES_MOST {
            return Err(too_many(path));
        }
        let mut entries = Vec::with_capacity(archive.len());
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(|error| broken(&error))?;
            if !entry.is_dir() {
                entries.push((plain_name(entry.name_raw()), entry.size(), index));
            }
        }
        entries.sort_unstable();
        let places = entries.iter().map(|(_, _, index)| *index).collect();
        let files = entries.into_iter().map(|(name, size, _)| (name, size)).collect();
        Ok(Self {
            path: path.to_owned(),
            files,
            links: HashMap::new(),
            archive: Some(OpenedZip { zip: archive, places }),
        })
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
        let mut take = |piece: &[u8]| {
            take(piece);
            Ok(())
        };
        if let Some(text) = self.links.get(name) {
            return take(text.as_bytes());
        }
        let failed = |source| InventoryError::Read { path: self.path.join(name), source };
        if *size > most {
            return Err(failed(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large to be read")));
        }
        match &self.archive {
            None => {
                // What has grown since is what lies there now.
                let file = regular::open(&self.path.join(name)).map_err(failed)?.take(most);
                regular::each_piece(file, *size, failed, take)?;
            }
            Some(OpenedZip { zip, places }) => {
                let mut zip = zip.clone();
                let entry = zip.by_index(places[number]).map_err(|error| failed(io::Error::other(error)))?;
                // Not more than it says: what unpacks to more is a bomb or damaged.
                let read = regular::each_piece(entry.take(size.saturating_add(1)), *size, failed, take)?;
                if read != *size {
                    let text = "it has another size than the archive says";
                    return Err(failed(io::Error::new(io::ErrorKind::InvalidData, text)));
                }
            }
        }
        Ok(())
    }
}

/// The text of a link that leads to another place below `top`, as seen from its own folder; `None`: it is no such link.
fn link_inside(path: &Path, top: &Path) -> Option<String> {
    let text = fs::read_link(path).ok()?;
    let target = normalized(&path.parent()?.join(&text));
    (text.is_relative() && target.starts_with(normalized(top))).then(|| text.to_string_lossy().into_owned())
}

fn too_many(path: &Path) -> InventoryError {
    InventoryError::TooMuch { path: path.to_owned(), what: format!("{FILES_MOST} files") }
}

/// The files of a zip whose names are wanted, one after the other.
///
/// # Errors
/// A file that is larger than [`READ_MOST`], by its name.
pub(crate) fn small_files_of_zip(
    bytes: Vec<u8>,
    is_wanted: impl Fn(&str) -> bool,
) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut zip = foreign_zip(bytes).map_err(io::Error::other)?;
    let mut files = Vec::new();
    for index in 0..zip.len() {
        let entry = zip.by_index(index).map_err(io::Error::other)?;
        let name = plain_name(entry.name_raw());
        if !entry.is_dir() && is_wanted(&name) {
            let mut content = Vec::new();
            entry.take(READ_MOST + 1).read_to_end(&mut content)?;
            if content.len() as u64 > READ_MOST {
                let text = format!("`{name}` in it is larger than {} MB", READ_MOST >> 20);
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
            }
            files.push((name, content));
        }
    }
    Ok(files)
}
