//! Whether a lock leaves nothing for an index to decide.

use super::locked_file::LockedFile;
use super::model::{Lock, LockedPackage, LockedSource};
use crate::spec::PackageName;

impl Lock {
    /// Whether each file that may be taken has a digest in the lock, and none need be built but those that have to be
    /// allowed; `own` is a project whose folder is not built.
    pub(crate) fn has_every_digest(&self, own: Option<&PackageName>) -> bool {
        self.packages.iter().all(|package| is_decided(package, own))
    }
}

fn is_decided(package: &LockedPackage, own: Option<&PackageName>) -> bool {
    let wheels = &package.wheels;
    let have_digests = wheels.iter().all(LockedFile::has_digest);
    match &package.source {
        LockedSource::Index(_) => have_digests && (package.sdist.is_some() || !wheels.is_empty()),
        LockedSource::Archive { .. } => have_digests && package.sdist.is_none(),
        LockedSource::Folder { is_virtual, .. } => *is_virtual || own == Some(&package.name),
        LockedSource::Git { .. } => false,
    }
}
