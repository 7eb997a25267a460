//! One package that was selected of a lock, and the distribution that becomes of it.

use super::files::{PackageOrigin, SourceOrigin, source_file};
use crate::requirements::{DirectReference, Origin};
use crate::resolution::{Requirer, ResolvedDist};
use crate::spec::{DistFile, ExtraName, HashDigest, PackageName, Version};

/// One package that a target gets.
#[derive(Clone, Debug)]
pub struct SelectedPackage {
    /// Normalized name.
    pub name: PackageName,
    /// The locked version; `None`: the source says it.
    pub version: Option<Version>,
    /// Where it is had from.
    pub place: PackageOrigin,
    /// The place in the lock where its digest stands, else its entry.
    pub origin: Origin,
    pub(super) asked: SelectedFor,
}

/// What asks for a package, and what it asks for.
#[derive(Clone, Debug)]
pub(super) struct SelectedFor {
    pub(super) extras: Vec<ExtraName>,
    pub(super) dependencies: Vec<PackageName>,
    pub(super) required_by: Vec<Requirer>,
}

impl SelectedPackage {
    /// Whether another entry of a lock asks for the same: whatever digests it has, and whichever index it names.
    pub(super) fn is_same_pin(&self, other: &Self) -> bool {
        let is_listed = |package: &Self| matches!(package.place, PackageOrigin::Listed(_));
        let is_version = self.version.is_some() && self.version == other.version;
        self.place == other.place || (is_version && is_listed(self) && is_listed(other))
    }

    /// Takes what another entry of the same package adds to this one.
    pub(super) fn merge(&mut self, other: Self) {
        if let (PackageOrigin::Listed(own), PackageOrigin::Listed(more)) = (&mut self.place, other.place) {
            let new = more.accepted.into_iter().filter(|digest| !own.accepted.contains(digest));
            own.accepted.extend(new.collect::<Vec<_>>());
        }
        // Why it is there, the first says.
        self.asked.dependencies.extend(other.asked.dependencies);
        self.asked.dependencies.sort();
        self.asked.dependencies.dedup();
    }

    /// The distribution, where the lock says everything of it; else the package as it is.
    ///
    /// # Errors
    /// The package, when an index has to find its file, or its source to say its version.
    pub fn into_known(self) -> Result<ResolvedDist, Box<Self>> {
        let package = match self.place {
            // Not copied: of hundreds of packages nearly all are here.
            PackageOrigin::File { file, is_direct } => {
                let accepted = file.hashes.clone();
                return Ok(self.asked.dist(self.name, self.origin, (file, accepted), is_direct, None));
            }
            place => Self { place, ..self },
        };
        let known = match (&package.place, &package.version) {
            (PackageOrigin::Source(source), Some(version)) if !package.is_folder() => {
                let SourceOrigin { url, accepted, .. } = &**source;
                source_file(&package.name, version, url, accepted.clone()).map(|file| (file, accepted.clone()))
            }
            _ => None,
        };
        match known {
            Some((file, accepted)) => Ok(package.into_dist(file, accepted)),
            None => Err(Box::new(package)),
        }
    }

    /// The version of a folder is what the folder says now.
    fn is_folder(&self) -> bool {
        let PackageOrigin::Source(source) = &self.place else { return false };
        matches!(source.reference, DirectReference::Folder { .. })
    }

    /// The distribution, once its file and version are known.
    pub fn into_dist(self, file: DistFile, accepted_hashes: Vec<HashDigest>) -> ResolvedDist {
        let (is_direct, built_from) = match self.place {
            PackageOrigin::File { is_direct, .. } => (is_direct, None),
            PackageOrigin::Source(source) => (true, Some(source.reference)),
            PackageOrigin::Listed(_) => (false, None),
        };
        self.asked.dist(self.name, self.origin, (Box::new(file), accepted_hashes), is_direct, built_from)
    }
}

impl SelectedFor {
    /// The distribution for which that is asked; `file` with the digests that it may have.
    fn dist(
        self,
        name: PackageName,
        origin: Origin,
        file: (Box<DistFile>, Vec<HashDigest>),
        is_direct: bool,
        built_from: Option<DirectReference>,
    ) -> ResolvedDist {
        let (Self { extras, dependencies, required_by }, (file, accepted_hashes)) = (self, file);
        ResolvedDist {
            version: file.version().clone(),
            hashes_from: Some(origin),
            accepted_hashes,
            siblings: Vec::new(),
            extras,
            dependencies,
            required_by,
            requires_dist: Vec::new(),
            is_direct,
            built_from,
            file,
            name,
        }
    }
}
