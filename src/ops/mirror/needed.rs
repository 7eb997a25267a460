//! A file that an application needs.

use crate::resolution::ResolvedDist;
use crate::spec::{DistFile, HashAlgorithm, HashDigest};

/// A file that the mirror must have.
pub(super) enum Needed {
    Wheel(Box<ResolvedDist>),
    Sdist(Box<DistFile>),
}

impl Needed {
    /// A wheel that is needed. What the resolution says of it beside the file is dropped: a run holds thousands of
    /// them.
    pub(super) fn wheel(dist: ResolvedDist) -> Self {
        Self::Wheel(Box::new(ResolvedDist {
            siblings: Vec::new(),
            extras: Vec::new(),
            dependencies: Vec::new(),
            required_by: Vec::new(),
            requires_dist: Vec::new(),
            ..dist
        }))
    }

    pub(super) fn file(&self) -> &DistFile {
        match self {
            Self::Wheel(dist) => &dist.file,
            Self::Sdist(file) => file,
        }
    }

    pub(super) fn has_sha256(&self) -> bool {
        self.accepted().iter().any(|digest| digest.algorithm() == HashAlgorithm::Sha256)
    }

    pub(super) fn accepted(&self) -> &[HashDigest] {
        match self {
            Self::Wheel(dist) => &dist.accepted_hashes,
            Self::Sdist(file) => &file.hashes,
        }
    }

    /// The file with every digest that is accepted.
    pub(super) fn listing(&self) -> DistFile {
        DistFile { hashes: self.accepted().to_vec(), ..self.file().clone() }
    }
}
