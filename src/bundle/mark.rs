//! The mark that says "barrow made this", outside of OUT.
//!
//! It lies in a state folder, named by the digest of OUT's path, and lists every file with size and mtime. OUT is barrow's
//! when every file in it is listed, edited or not; a zip is, when its size and its directory are those of the mark.
//! Before OUT is replaced the mark lists old and new together, so that a kill leaves no OUT that belongs to no one.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use rayon::prelude::*;

use super::workplace;
use crate::archive::SafePath;
use crate::spec::{HashAlgorithm, HashDigest, Hasher, sha256};

/// First line of a mark: format and version.
const HEADER: &str = "barrow output 1";
/// Folder of the marks; its name carries the version of the format.
const FOLDER: &str = "outputs-v1";
/// Length of a zip's end by which it is recognised: it holds the directory, and that the CRC of every file.
const ZIP_TAIL: u64 = 1 << 20;

/// What barrow wrote to one OUT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// What the result was made from, in the words of the caller.
    pub(super) fingerprint: Option<String>,
    /// Files of a folder, sorted by path.
    pub(super) files: Vec<MarkedFile>,
    /// Size of a zip and digest of its end.
    pub(super) zips: Vec<(u64, HashDigest)>,
}

/// One file as it was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MarkedFile {
    pub(super) path: SafePath,
    pub(super) size: u64,
    /// Nanoseconds since 1970.
    pub(super) modified: i128,
}

impl Mark {
    /// The mark of OUT; `None` when there is none that can be read.
    pub(super) fn read(state_folders: &[PathBuf], out: &Path) -> Option<Self> {
        state_folders.iter().find_map(|folder| {
            let text = fs::read_to_string(place(folder, out)).ok()?;
            parse(&text).filter(|(marked, _)| marked == out).map(|(_, mark)| mark)
        })
    }

    /// Writes the mark of OUT, whole or not at all, to the first folder that takes it.
    pub(super) fn write(&self, state_folders: &[PathBuf], out: &Path) -> io::Result<()> {
        let mut result = Err(io::Error::new(io::ErrorKind::NotFound, "there is no folder for it"));
        for (rank, folder) in state_folders.iter().enumerate() {
            result = self.write_to(&place(folder, out), out);
            if result.is_ok() {
                // An older mark in another folder would contradict it.
                let others = state_folders.iter().enumerate().filter(|(other, _)| *other != rank);
                others.for_each(|(_, folder)| drop(fs::remove_file(place(folder, out))));
                break;
            }
        }
        result
    }

    /// Forgets the mark of OUT.
    pub(super) fn remove(state_folders: &[PathBuf], out: &Path) {
        for folder in state_folders {
            let _ = fs::remove_file(place(folder, out));
        }
    }

    /// This mark and another together: what belongs to one of them belongs to barrow.
    pub(super) fn or(&self, other: &Self) -> Self {
        let mut files: Vec<MarkedFile> = self.files.iter().chain(&other.files).cloned().collect();
        files.sort();
        let zips = self.zips.iter().chain(&other.zips).cloned().collect();
        Self { fingerprint: None, files, zips }
    }

    /// What lies in the folder `out` that is not barrow's, at most `limit` of it.
    pub(super) fn foreign(&self, out: &Path, limit: usize) -> io::Result<Vec<String>> {
        let files: HashSet<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        let mut folders = HashSet::new();
        for file in &files {
            let mut path = *file;
            while let Some((parent, _)) = path.rsplit_once('/') {
                if !folders.insert(parent) {
                    break;
                }
                path = parent;
            }
        }
        let mut search = Search { files, folders, limit, found: Vec::new() };
        search.folder(out, "")?;
        Ok(search.found)
    }

    /// Whether `out` is as it was written: the same files with the same sizes and times, and nothing else.
    pub(super) fn matches(&self, out: &Path) -> bool {
        let is_as_written = |file: &MarkedFile| {
            fs::symlink_metadata(file.path.below(out))
                .is_ok_and(|metadata| metadata.is_file() && MarkedFile::new(file.path.clone(), &metadata) == *file)
        };
        if let [identity] = self.zips.as_slice() {
            return zip_identity(out).is_ok_and(|found| found == *identity);
        }
        !self.files.is_empty()
            && self.files.par_iter().all(is_as_written)
            && self.foreign(out, 1).is_ok_and(|foreign| foreign.is_empty())
    }

    fn write_to(&self, place: &Path, out: &Path) -> io::Result<()> {
        let folder = place.parent().ok_or(io::ErrorKind::InvalidInput)?;
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let mut writer = io::BufWriter::new(file.as_file_mut());
        let encoded = percent_encode(out.as_os_str().as_bytes(), NON_ALPHANUMERIC);
        writeln!(writer, "{HEADER}\nout {encoded}")?;
        if let Some(fingerprint) = &self.fingerprint {
            writeln!(writer, "fingerprint {}", fingerprint.replace('\n', " "))?;
        }
        for (size, tail) in &self.zips {
            writeln!(writer, "zip {size} {tail}")?;
        }
        for file in &self.files {
            writeln!(writer, "file {} {} {}", file.size, file.modified, file.path)?;
        }
        writeln!(writer, "end")?;
        writer.flush()?;
        drop(writer);
        file.persist(place)?;
        Ok(())
    }
}

impl MarkedFile {
    /// A file with this path as it is on disk.
    pub(super) fn new(path: SafePath, metadata: &std::fs::Metadata) -> Self {
        let modified = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
        Self { path, size: metadata.len(), modified }
    }
}

/// Size and digest of the end of a zip, by which it is recognised.
pub(super) fn zip_identity(zip: &Path) -> io::Result<(u64, HashDigest)> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut file = fs::File::open(zip)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(ZIP_TAIL)))?;
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((size, hasher.finish())),
            count => hasher.update(&buffer[..count]),
        }
    }
}

/// Every output below `folder` that barrow made, as far as it knows.
pub(super) fn outputs_below(state_folders: &[PathBuf], folder: &Path) -> Vec<PathBuf> {
    let marks = state_folders.iter().filter_map(|state| fs::read_dir(state.join(FOLDER)).ok()).flatten().flatten();
    let outputs = marks.filter_map(|mark| marked_out(&mark.path()));
    outputs.filter(|out| out.starts_with(folder) && out != folder).collect()
}

/// The OUT of a mark, from its first lines.
fn marked_out(mark: &Path) -> Option<PathBuf> {
    use std::io::BufRead as _;
    let mut lines = io::BufReader::new(fs::File::open(mark).ok()?).lines();
    let header = lines.next()?.ok()?;
    let out = lines.next()?.ok()?;
    out.strip_prefix("out ").filter(|_| header == HEADER).map(decode)
}

fn place(state_folder: &Path, out: &Path) -> PathBuf {
    state_folder.join(FOLDER).join(sha256(out.as_os_str().as_bytes()).hex())
}

fn decode(encoded: &str) -> PathBuf {
    PathBuf::from(std::ffi::OsString::from_vec(percent_decode_str(encoded).collect()))
}

fn parse(text: &str) -> Option<(PathBuf, Mark)> {
    let mut lines = text.lines();
    if lines.next()? != HEADER {
        return None;
    }
    let out = decode(lines.next()?.strip_prefix("out ")?);
    let mut mark = Mark::default();
    for line in lines {
        match line.split_once(' ') {
            Some(("file", fields)) => {
                let mut fields = fields.splitn(3, ' ');
                mark.files.push(MarkedFile {
                    size: fields.next()?.parse().ok()?,
                    modified: fields.next()?.parse().ok()?,
                    path: SafePath::new(fields.next()?).ok()?,
                });
            }
            Some(("zip", fields)) => {
                let (size, tail) = fields.split_once(' ')?;
                mark.zips.push((size.parse().ok()?, tail.parse().ok()?));
            }
            Some(("fingerprint", text)) => mark.fingerprint = Some(text.to_owned()),
            None if line == "end" => return Some((out, mark)),
            _ => return None,
        }
    }
    None
}

/// Looks for what is not listed.
struct Search<'a> {
    files: HashSet<&'a str>,
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
            if shown.is_empty() && workplace::is_name(&name) {
                continue;
            }
            let file_type = entry.file_type()?;
            // A name that is not UTF-8 is none of barrow's, and the replacement makes it none.
            let path = if shown.is_empty() {
                name.to_string_lossy().into_owned()
            } else {
                format!("{shown}/{}", name.to_string_lossy())
            };
            if file_type.is_dir() {
                if self.folders.contains(path.as_str()) || name == "__pycache__" {
                    self.folder(&entry.path(), &path)?;
                } else {
                    self.found.push(format!("{path}/"));
                }
            } else if !(file_type.is_file() && (self.files.contains(path.as_str()) || is_derived(&path))) {
                self.found.push(path);
            }
        }
        Ok(())
    }
}

/// Made by Python or the Finder from what lies beside it: no one misses it.
fn is_derived(path: &str) -> bool {
    let mut components = path.rsplit('/');
    let name = components.next().unwrap_or_default();
    let is_compiled = Path::new(name).extension().is_some_and(|extension| extension == "pyc");
    is_compiled && components.next() == Some("__pycache__") || name == ".DS_Store"
}
