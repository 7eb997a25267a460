//! Whether a mirror is exactly what its manifest says.

use std::collections::BTreeSet;
use std::path::Path;

use fs_err as fs;
use rayon::prelude::*;

use super::contents::{MANIFEST, manifest_of};
use super::signature::SIGNATURES;
use super::{Mirror, MirrorError, MirrorFile};
use crate::debris::is_left_by_system;
use crate::fetch::digest_of_file;
use crate::regular;
use crate::spec::{HashAlgorithm, HashDigest};

impl Mirror {
    /// Everything that is not as it should be, a fragment each: files and METADATA by their digests, pages by their
    /// bytes, and whatever lies in the folder and is neither.
    pub fn verify(&self) -> Vec<String> {
        let files: Vec<&MirrorFile> = self.files().collect();
        let mut problems: Vec<String> = files.par_iter().filter_map(|file| self.damage(file)).collect();
        problems.extend(self.repositories().filter_map(|repository| self.damage_of_repository(repository)));
        let pages = self.pages();
        for (path, expected) in &pages {
            match regular::read(&self.folder().join(path)) {
                Ok(bytes) if bytes == *expected => {}
                Ok(_) => problems.push(format!("{path} is not the page of the files in the manifest")),
                Err(error) => problems.push(unreadable(path, &error)),
            }
        }
        let mut known: BTreeSet<String> = pages.into_keys().collect();
        known.extend(self.contents.paths());
        known.extend([MANIFEST, SIGNATURES].map(str::to_owned));
        unlisted(self.folder(), "", &known, &mut problems);
        problems
    }

    /// One digest over the whole mirror: the sha256 of its manifest, which has that of every file and decides every
    /// page. It stands for what is in the folder when [`Mirror::verify`] finds nothing.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub fn digest(&self) -> Result<HashDigest, MirrorError> {
        let path = manifest_of(self.folder());
        digest_of_file(&path, HashAlgorithm::Sha256).map_err(|source| MirrorError::Read { path, source })
    }

    /// What is wrong with one file.
    pub(super) fn damage(&self, file: &MirrorFile) -> Option<String> {
        let metadata = file.metadata_path().zip(file.metadata_sha256.as_deref());
        let parts = [Some((file.path(), file.sha256.as_str())), metadata];
        parts.into_iter().flatten().find_map(|(path, expected)| self.damage_at(&path, expected))
    }

    /// Why the file at this place is not the one with that sha256, a fragment.
    pub(super) fn damage_at(&self, path: &str, expected: &str) -> Option<String> {
        match digest_of_file(&self.folder().join(path), HashAlgorithm::Sha256).map(|digest| digest.hex()) {
            Ok(actual) if actual == expected => None,
            Ok(actual) => Some(format!("{path} has the sha256 {actual}")),
            Err(error) => Some(unreadable(path, &error)),
        }
    }
}

/// What is wrong with something of the mirror that cannot be read.
fn unreadable(path: &str, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("{path} is missing"),
        other => format!("{path} cannot be read: {other}"),
    }
}

/// Adds every file below `folder` that is not known: a server would give it to whoever asks.
fn unlisted(folder: &Path, shown: &str, known: &BTreeSet<String>, problems: &mut Vec<String>) {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(unreadable(shown, &error));
            return;
        }
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // A system that carried the mirror leaves these, and no page names them.
        if is_left_by_system(&name) {
            continue;
        }
        let shown = if shown.is_empty() { name.into_owned() } else { format!("{shown}/{name}") };
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            unlisted(&entry.path(), &shown, known, problems);
        } else if !known.contains(&shown) {
            problems.push(format!("{shown} is not in the manifest"));
        }
    }
}
