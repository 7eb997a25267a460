//! RECORD of a wheel, held against the archive; RECORD of an installed distribution, written anew.

use std::collections::{HashMap, HashSet};

use super::error::WheelFault;
use super::installed::InstalledFile;
use crate::archive::{SafePath, ZipEntry};
use crate::spec::{HashDigest, RecordEntry, parse_record, write_record_line};

/// What RECORD promises for every file of a wheel that it must name.
pub(super) struct Record {
    entries: HashMap<String, RecordEntry>,
    own_path: SafePath,
}

impl Record {
    /// Parses a wheel's RECORD. Every path in it must be one that could be unpacked.
    pub(super) fn parse(bytes: &[u8], dist_info: &SafePath) -> Result<Self, WheelFault> {
        let own_path = in_folder(dist_info, "RECORD");
        let mut entries = HashMap::new();
        for entry in parse_record(bytes)? {
            let path = entry.path.clone();
            let refuse = |reason| WheelFault::Record { path: entry.path.clone(), reason };
            SafePath::new(&path).map_err(|error| refuse(error.reason))?;
            if path == own_path.as_str() {
                if entry.hash.is_some() {
                    return Err(refuse("has a hash in RECORD, which cannot hold its own"));
                }
            } else if entry.hash.is_none() && !is_signature(&path, dist_info) {
                return Err(refuse("has no hash in RECORD"));
            }
            if entries.insert(path, entry.clone()).is_some() {
                return Err(refuse("is in RECORD twice"));
            }
        }
        Ok(Self { entries, own_path })
    }

    /// Checks that RECORD names every file of the archive with its size, and nothing else.
    pub(super) fn check_names(&self, files: &[&ZipEntry], dist_info: &SafePath) -> Result<(), WheelFault> {
        let mut found = 0;
        for file in files {
            let path = file.path.as_str();
            let refuse = |reason| Err(WheelFault::Record { path: path.to_owned(), reason });
            match self.entries.get(path) {
                Some(entry) if entry.size.is_some_and(|size| size != file.span.size) => {
                    return refuse("has another size than RECORD says");
                }
                Some(_) => found += 1,
                None if path == self.own_path.as_str() || is_signature(path, dist_info) => {}
                None => return refuse("is in the archive, but not in RECORD"),
            }
        }
        if found == self.entries.len() {
            return Ok(());
        }
        // The first by name, so that the message does not change from run to run.
        let there: HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let missing = self.entries.keys().filter(|path| !there.contains(path.as_str())).min();
        let path = missing.cloned().unwrap_or_default();
        Err(WheelFault::Record { path, reason: "is in RECORD, but not in the archive" })
    }

    /// The digest that a file must have; `None` for RECORD itself and for signatures.
    pub(super) fn promised(&self, path: &str) -> Option<&HashDigest> {
        self.entries.get(path)?.hash.as_ref()
    }
}

/// Writes the RECORD of an installed distribution: every file with digest and size, sorted by path, itself without.
pub(super) fn write_record<'a>(files: impl Iterator<Item = &'a InstalledFile>, own_path: &SafePath) -> Vec<u8> {
    let mut lines: Vec<(&str, Option<(&HashDigest, u64)>)> =
        files.map(|file| (file.path.as_str(), Some((&file.sha256, file.size)))).collect();
    lines.push((own_path.as_str(), None));
    lines.sort_unstable_by_key(|(path, _)| *path);
    let mut text = String::new();
    for (path, proof) in lines {
        write_record_line(&mut text, path, proof);
    }
    text.into_bytes()
}

/// Signatures are made after RECORD and cannot be in it with a hash ("Signed wheel files").
fn is_signature(path: &str, dist_info: &SafePath) -> bool {
    let name = path.strip_prefix(dist_info.as_str()).and_then(|rest| rest.strip_prefix('/'));
    matches!(name, Some("RECORD.jws" | "RECORD.p7s"))
}

/// A file in a folder that is known to be safe.
pub(super) fn in_folder(folder: &SafePath, name: &'static str) -> SafePath {
    SafePath::new(name).expect("names of the format are safe").prefixed(folder)
}
