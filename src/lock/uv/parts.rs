//! A lock of which two halves were read apart.

use crate::lock::locked_file::{FileParts, FilePlace, LockedFile};
use crate::lock::model::{Lock, LockedSource};

impl Lock {
    /// This lock, then the packages of another one that was read from the same text.
    pub(super) fn followed_by(mut self, mut other: Self) -> Self {
        let moved = self.text.take_in(&other.text);
        let indexes: Vec<usize> = other.indexes.into_iter().map(|index| self.index(index)).collect();
        for package in &mut other.packages {
            if let LockedSource::Index(Some(at)) = &mut package.source {
                *at = indexes[*at];
            }
            for file in package.wheels.iter_mut().chain(&mut package.sdist) {
                // A line is a part of the file.
                let LockedFile::Read(parts) = file else { continue };
                let FileParts { name, place, hashes, size: _, upload_time, provenance } = &mut **parts;
                for words in [name, hashes, upload_time, provenance].into_iter().flatten() {
                    *words = moved(*words);
                }
                if let FilePlace::Url(words) | FilePlace::Path(words) = place {
                    *words = moved(*words);
                }
            }
        }
        self.packages.append(&mut other.packages);
        self
    }
}
