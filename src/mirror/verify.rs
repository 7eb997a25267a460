//! Whether a mirror still is what its manifest says.

use rayon::prelude::*;

use super::{Mirror, MirrorFile};
use crate::fetch::digest_of_file;
use crate::regular;
use crate::spec::HashAlgorithm;

impl Mirror {
    /// Everything that is not as it should be, a fragment each: files and METADATA by their digests, pages by their bytes.
    pub fn verify(&self) -> Vec<String> {
        let files: Vec<&MirrorFile> = self.files().collect();
        let mut problems: Vec<String> = files.par_iter().filter_map(|file| self.damage(file)).collect();
        for (path, expected) in self.pages() {
            match regular::read(&self.folder().join(&path)) {
                Ok(bytes) if bytes == expected => {}
                Ok(_) => problems.push(format!("{path} is not the page of the files in the manifest")),
                Err(error) => problems.push(format!("{path} cannot be read: {}", error.kind())),
            }
        }
        problems
    }

    /// What is wrong with one file.
    pub(super) fn damage(&self, file: &MirrorFile) -> Option<String> {
        let metadata = file.metadata_path().zip(file.metadata_sha256.as_deref());
        let parts = [Some((file.path(), file.sha256.as_str())), metadata];
        let digest = |path: &str| digest_of_file(&self.folder().join(path), HashAlgorithm::Sha256);
        parts.into_iter().flatten().find_map(|(path, expected)| match digest(&path).map(|digest| digest.hex()) {
            Ok(actual) if actual == expected => None,
            Ok(actual) => Some(format!("{path} has the sha256 {actual}")),
            Err(error) => Some(format!("{path} cannot be read: {}", error.kind())),
        })
    }
}
