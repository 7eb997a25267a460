//! A distribution file of a page whose version is known, and all else only once it is looked into.
//!
//! A page lists thousands of files, of which the solver looks into a handful: those of the versions that it tries. The
//! others need no URL resolved, no tag split and no digest copied. What would make a file unusable is found out before:
//! holding one proves that the rest can be read.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::{DistFile, Version};

/// A distribution file of a page; derefs to [`DistFile`].
#[derive(Clone)]
pub struct ListedDist {
    version: Version,
    file: OnceLock<Box<DistFile>>,
    /// Who reads the rest, and the place on the page; absent when everything was read at once.
    rest: Option<(Arc<dyn ReadRest>, u32)>,
}

/// Reads what was put off.
pub(super) trait ReadRest: Send + Sync {
    /// The file at a place that was found to be readable.
    fn read_rest(&self, place: u32) -> DistFile;
}

impl ListedDist {
    /// A file of which only the version was read.
    pub(super) fn put_off(version: Version, page: Arc<dyn ReadRest>, place: u32) -> Self {
        Self { version, file: OnceLock::new(), rest: Some((page, place)) }
    }

    /// Version of the file: known without looking into it.
    pub fn version(&self) -> &Version {
        &self.version
    }
}

impl From<DistFile> for ListedDist {
    fn from(file: DistFile) -> Self {
        Self { version: file.version().clone(), file: OnceLock::from(Box::new(file)), rest: None }
    }
}

impl Deref for ListedDist {
    type Target = DistFile;

    fn deref(&self) -> &DistFile {
        self.file.get_or_init(|| {
            let (page, place) = self.rest.as_ref().expect("one of the two is always there");
            Box::new(page.read_rest(*place))
        })
    }
}

impl PartialEq for ListedDist {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl std::fmt::Debug for ListedDist {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}
