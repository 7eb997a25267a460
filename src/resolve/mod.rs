//! Choosing one version and one file for every project that is needed. No I/O: the world is behind [`PackageSource`].
//!
//! ```
//! use std::sync::Arc;
//!
//! use barrow::requirements::{DirectReference, Manifest, ManifestInputs};
//! use barrow::resolve::{DirectDist, PackageSource, ProjectAnswer, ResolveOptions, SourceError, resolve};
//! use barrow::spec::{CoreMetadata, DistFile, DistFilename, PackageName, ProjectDetail, SafeUrl};
//! use barrow::target::{Architecture, Runtime, Target};
//!
//! /// A world in which every project has two versions, and none requires another.
//! struct SmallWorld;
//!
//! impl PackageSource for SmallWorld {
//!     fn project(&self, name: &PackageName) -> Result<ProjectAnswer, SourceError> {
//!         let file = |version: &str| {
//!             let filename = format!("{name}-{version}-py3-none-any.whl");
//!             let url = SafeUrl::parse(&format!("https://example.org/{filename}")).unwrap();
//!             DistFile::unlisted(DistFilename::parse(&filename, name).unwrap(), url)
//!         };
//!         let files = vec![file("1.0"), file("2.0")];
//!         Ok(ProjectAnswer::Found(vec![Arc::new(ProjectDetail::new(name.clone(), files, Vec::new()))]))
//!     }
//!
//!     fn metadata(&self, file: &DistFile) -> Result<Arc<CoreMetadata>, SourceError> {
//!         let text = format!("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", file.filename.name(), file.version());
//!         Ok(Arc::new(CoreMetadata::parse(text.as_bytes()).unwrap()))
//!     }
//!
//!     fn direct(&self, _: &PackageName, _: &DirectReference) -> Result<Arc<DirectDist>, SourceError> {
//!         unreachable!("nobody requires a URL")
//!     }
//!
//!     fn prefetch_projects(&self, _: &[PackageName]) {}
//!
//!     fn prefetch_metadata(&self, _: &[&DistFile]) {}
//! }
//!
//! let positional = vec!["demo<2".to_owned()];
//! let inputs = ManifestInputs { positional, working_folder: "/".into(), ..ManifestInputs::default() };
//! let target = Target::new(Runtime::newest(), Architecture::X86_64);
//! let resolution = resolve(&Manifest::read(&inputs)?, &target, &ResolveOptions::default(), &SmallWorld)?;
//! assert_eq!(resolution.dists[0].file.filename.as_str(), "demo-1.0-py3-none-any.whl");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod candidate;
mod conclude;
mod decisions;
mod explain;
mod hashes;
mod listing;
mod moment;
mod needs;
mod package;
mod policy;
mod priority;
mod provider;
mod ranges;
mod rivals;
mod screening;
mod source;
mod sourced;
#[cfg(test)]
mod tests;

pub use explain::{Hint, Twin, twin_of};
pub use moment::parse_moment;
pub use ranges::{contains, specifiers_range};
pub use source::{DirectDist, FoundBefore, LikelyFiles, PackageSource, ProjectAnswer, SourceError, Unfit};

use std::sync::Arc;

use pubgrub::PubGrubError;

use self::package::Package;
use self::policy::Policy;
use self::provider::{Interruption, Provider};
use crate::requirements::{Manifest, Origin, ProjectSet};
use crate::resolution::Resolution;
use crate::spec::{HashDigest, PackageName};
use crate::target::Target;

/// Which pre-releases may be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PrereleaseMode {
    /// No pre-release may be chosen.
    Disallow,
    /// Pre-releases count like final versions.
    Allow,
    /// Pre-releases count where no final version satisfies the requirements.
    #[default]
    IfNecessary,
    /// Pre-releases of a project count where a specifier of the user's names one.
    Explicit,
    /// Pre-releases count where either of the last two lets them count.
    IfNecessaryOrExplicit,
}

/// Which end of the allowed versions is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ResolutionMode {
    /// The newest of everything.
    #[default]
    Highest,
    /// The oldest of everything.
    Lowest,
    /// The oldest of what the user names, the newest of the rest.
    LowestDirect,
}

/// Where the run looks for wheels, so that one could be put there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WheelRoom {
    /// Any folder that is named.
    #[default]
    Folder,
    /// The mirror that stands for every other place.
    Mirror,
}

/// Settings of one resolution.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct ResolveOptions {
    /// Which pre-releases may be chosen.
    pub prerelease: PrereleaseMode,
    /// Which end of the allowed versions is taken.
    pub resolution: ResolutionMode,
    /// The newest version with a loadable wheel wins over a newer one without. Without building there is no other kind
    /// of candidate, so both answers are the same then.
    pub prefer_binary: bool,
    /// Projects whose source distributions may be built.
    pub allow_build: ProjectSet,
    /// Files uploaded later than this (microseconds since 1970, exclusive) do not exist.
    pub exclude_newer: Option<i64>,
    /// Projects with an upload time of their own in the place of `exclude_newer` (microseconds since 1970); `None`:
    /// none counts for the project.
    pub exclude_newer_package: Vec<(PackageName, Option<i64>)>,
    /// Requirements of what was chosen are not followed.
    pub no_deps: bool,
    /// Every file of the chosen versions is listed with them, which few need.
    pub siblings: bool,
    /// Versions to keep where they still fit: `(project, version)` of an existing lock.
    pub preferences: Vec<(PackageName, crate::spec::Version)>,
    /// The user forbids all building, so that no hint advises to allow it without saying so.
    pub forbids_building: bool,
    /// Where the user could put wheels, for hints.
    pub wheel_room: WheelRoom,
}

/// The newest versions that have a wheel, with all that they require, and nothing is built.
impl Default for ResolveOptions {
    fn default() -> Self {
        Self {
            prerelease: PrereleaseMode::default(),
            resolution: ResolutionMode::default(),
            prefer_binary: true,
            allow_build: ProjectSet::None,
            exclude_newer: None,
            exclude_newer_package: Vec::new(),
            no_deps: false,
            siblings: false,
            preferences: Vec::new(),
            forbids_building: false,
            wheel_room: WheelRoom::default(),
        }
    }
}

/// Chooses one file for every project that `manifest` needs on `target`.
///
/// Blocks while the source answers, so it wants a thread of its own. The answer depends on the arguments and on what
/// the source says, never on when it says it.
///
/// # Errors
/// No choice of versions meets the requirements, which is explained; hashes are required and missing; the source could
/// not answer.
pub fn resolve(
    manifest: &Manifest,
    target: &Target,
    options: &ResolveOptions,
    source: &dyn PackageSource,
) -> Result<Resolution, ResolveError> {
    let policy = Arc::new(Policy::new(manifest, target, options));
    let provider = Provider::new(manifest, source, policy, options.no_deps);
    hashes::check_agreement(&provider)?;
    if manifest.options.require_hashes {
        hashes::check_user_lines(&provider)?;
    }
    loop {
        let interruption = match pubgrub::resolve(&provider, Package::Root, provider::root_version()) {
            Ok(versions) => {
                let resolution = conclude::conclude(&provider, versions, options.siblings)?;
                hashes::check_directs(&resolution)?;
                if manifest.options.require_hashes {
                    hashes::check_resolution(&provider, &resolution)?;
                }
                return Ok(resolution);
            }
            Err(PubGrubError::NoSolution(derivation)) => return Err(explain::no_solution(&provider, derivation)),
            Err(
                PubGrubError::ErrorRetrievingDependencies { source, .. }
                | PubGrubError::ErrorChoosingVersion { source, .. }
                | PubGrubError::ErrorInShouldCancel(source),
            ) => source,
        };
        match interruption {
            Interruption::Restart => provider.start_over(),
            Interruption::Source(error) => return Err(ResolveError::Source(error)),
        }
    }
}

/// Why there is no resolution.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The requirements cannot be met together; the text is the explanation, the hints are true.
    #[error("{explanation}")]
    NoSolution {
        /// The derivation in plain sentences.
        explanation: String,
        /// What could be done, each judged true.
        hints: Vec<Hint>,
        /// Projects that may do when building them is allowed: they have sources only, as far as this derivation met
        /// them.
        unbuilt: Vec<PackageName>,
    },
    /// Hashes are required, and these requirements lack a pin or a hash. All of them are named.
    #[error("{}", hashes_text(unpinned, unhashed))]
    RequireHashes {
        /// Requirements that take more than one version; those that came along as the lines to add.
        unpinned: Vec<String>,
        /// Pinned requirements without a hash.
        unhashed: Vec<String>,
        /// Folders or repositories are among them, which have no digest.
        without_digest: bool,
    },
    /// Several lines demand digests of one project, and no file can have one that they all accept.
    #[error("the digests that {first} and {second} demand of `{name}` have nothing in common")]
    DisjointHashes {
        /// The project.
        name: PackageName,
        /// The line that is read first.
        first: Origin,
        /// The line whose digests exclude those of the first.
        second: Origin,
    },
    /// The file behind a URL or path is not the one whose digest its line demands.
    #[error("`{file}` has digest {actual}, but {expected} was promised by {origin}")]
    Digest {
        /// Name of the file.
        file: String,
        /// The digest that the file has.
        actual: HashDigest,
        /// The digest that is demanded.
        expected: HashDigest,
        /// The line that demands it.
        origin: Origin,
    },
    /// The world could not be asked.
    #[error(transparent)]
    Source(#[from] SourceError),
}

fn hashes_text(unpinned: &[String], unhashed: &[String]) -> String {
    let list = |intro: &str, lines: &[String]| {
        let lines = lines.iter().map(String::as_str);
        std::iter::once(intro).chain(lines).collect::<Vec<_>>().join("\n  ")
    };
    let mut parts = Vec::new();
    if !unpinned.is_empty() {
        parts.push(list(
            "hashes are required, so every requirement must be pinned with `==`, but these are not:",
            unpinned,
        ));
    }
    if !unhashed.is_empty() {
        parts.push(list("hashes are required, but these requirements have none:", unhashed));
    }
    parts.join("\n")
}
