//! What the solver needs to know of the world.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::requirements::DirectReference;
use crate::resolution::Barrier;
use crate::spec::{CoreMetadata, DistFile, PackageName, ProjectDetail, SafeUrl};

/// Answers the solver's questions, synchronously; implementations fetch ahead on their own.
///
/// Answers never change within a run, so asking twice is cheap.
pub trait PackageSource {
    /// What the indexes list for a project.
    fn project(&self, name: &PackageName) -> Result<ProjectAnswer, SourceError>;

    /// The core metadata of a distribution file.
    fn metadata(&self, file: &DistFile) -> Result<Arc<CoreMetadata>, SourceError>;

    /// The one distribution behind a direct reference.
    fn direct(&self, name: &PackageName, reference: &DirectReference) -> Result<Arc<DirectDist>, SourceError>;

    /// Says that these projects will be asked for soon, so that a source can fetch their pages ahead.
    fn prefetch_projects(&self, names: &[PackageName]);

    /// Says that this project will be asked for soon, and then the metadata of the files that `likely` picks from the
    /// answer.
    ///
    /// A source that fetches ahead calls `likely` once, from any thread, as soon as the answer has arrived, and goes on
    /// to fetch the metadata of those files. The default fetches no metadata ahead.
    fn prefetch_likely(&self, name: &PackageName, likely: LikelyFiles) {
        drop(likely);
        self.prefetch_projects(std::slice::from_ref(name));
    }

    /// Says that the metadata of these files will likely be asked for.
    fn prefetch_metadata(&self, files: &[&DistFile]);

    /// The index that has a project, and those behind it, where they were not asked for that reason. The default knows
    /// of none.
    fn found_before(&self, _name: &PackageName) -> Option<FoundBefore> {
        None
    }
}

/// Picks, from what the indexes list for a project, the files whose metadata will likely be asked for.
///
/// Calling it also does the sorting of versions, which the solver's thread is then spared.
pub type LikelyFiles = Box<dyn FnOnce(&ProjectAnswer) -> Vec<DistFile> + Send>;

/// What the indexes say about a name.
#[derive(Clone, Debug)]
pub enum ProjectAnswer {
    /// The files of every index that counts under the strategy, best index first.
    Found(Vec<Arc<ProjectDetail>>),
    /// No index knows the name. `asked` are the indexes, for the message.
    NotFound {
        /// The indexes that were asked, shown without credentials.
        asked: Vec<SafeUrl>,
    },
    /// Nothing is known, because the run is offline.
    Offline,
}

/// The distribution behind a direct reference.
#[derive(Clone, Debug)]
pub struct DirectDist {
    /// The file: its digest, when the URL or the requirement gave one.
    pub file: DistFile,
    /// Its metadata.
    pub metadata: Arc<CoreMetadata>,
    /// What it is made from: the reference, with the commit in the place of a branch. `None`: the file is a wheel.
    pub built_from: Option<DirectReference>,
}

/// That an index has a project, so that others were not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundBefore {
    /// The index that has it.
    pub found: SafeUrl,
    /// The indexes behind it.
    pub not_asked: Vec<SafeUrl>,
}

/// A question that could not be answered: what failed, and whether another version may do.
#[derive(Clone, Debug)]
pub struct SourceError {
    cause: Arc<dyn Error + Send + Sync>,
    /// Whether only this file is affected: another version may do.
    pub skippable: bool,
}

impl SourceError {
    /// An error of whatever was asked; its own message says what was asked, and of whom.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>, skippable: bool) -> Self {
        Self { cause: cause.into().into(), skippable }
    }

    /// This error, for a question about what has no other version: nothing is tried in its place.
    #[must_use]
    pub fn final_word(self) -> Self {
        Self { skippable: false, ..self }
    }

    /// What failed, to be looked at by its type.
    pub fn cause(&self) -> &(dyn Error + 'static) {
        &*self.cause
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl Error for SourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}

/// An answer that does not fit the question.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// Another distribution than the one that is required.
    #[error("`{file}` is a distribution of `{found}`, but it is required as `{wanted}`")]
    OtherProject {
        /// Name of the file.
        file: String,
        /// Whose it is.
        found: PackageName,
        /// Whose it should be.
        wanted: PackageName,
    },
    /// No wheel of it is to be used, its source may not be built, and something requires it.
    #[error("no wheel of `{name}` is to be used, and its source would have to be built{barrier}")]
    Unbuilt {
        /// The project.
        name: PackageName,
        /// What stands against building it.
        barrier: Barrier,
    },
    /// What was listed before is not any more.
    #[error("the file of `{name}` {version} is no longer listed")]
    NoLongerListed {
        /// The project.
        name: PackageName,
        /// The version, with where it comes from.
        version: String,
    },
}
