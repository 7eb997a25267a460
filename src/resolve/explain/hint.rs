//! What the user could do about requirements that cannot be met: kinds and values. Whoever shows them has the words.

use super::super::{FoundBefore, WheelRoom};
use super::twins::Twin;
use crate::requirements::Origin;
use crate::resolution::Barrier;
use crate::spec::{PackageName, Version, VersionSpecifiers};
use crate::target::{Architecture, Glibc, Runtime};

/// Something that the user could do, or should know to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// No index knows the name, and these are close to it, the closest first.
    DidYouMean(Vec<PackageName>),
    /// No index knows the name, which is that of a module of the standard library.
    Standard(PackageName),
    /// `pkg-resources`, which `pip freeze` of Debian and Ubuntu lists, and which is a part of setuptools.
    OfDebian,
    /// The run is offline, and nothing is known of the project.
    UnknownOffline(PackageName),
    /// The project needs another Python, which these runtimes have.
    NeedsPython {
        /// The project.
        name: PackageName,
        /// What it takes.
        specifiers: VersionSpecifiers,
        /// Runtimes with such a Python, oldest first.
        runtimes: Vec<Runtime>,
    },
    /// A pre-release would do.
    Prerelease {
        /// The project.
        name: PackageName,
        /// The pre-release.
        version: Version,
        /// The pre-release would also count if a requirement named it.
        when_named: bool,
    },
    /// The pre-release of a version that the range takes is not in the range itself.
    PrereleaseBefore {
        /// The project.
        name: PackageName,
        /// The pre-release.
        version: Version,
    },
    /// A withdrawn version would do.
    Yanked {
        /// The project.
        name: PackageName,
        /// The withdrawn version.
        version: Version,
    },
    /// A version would do if it could be built.
    OnlySource {
        /// The project.
        name: PackageName,
        /// The version that would have to be built.
        version: Version,
        /// There are wheels of it too, which no target of this kind can load.
        has_wheels: bool,
        /// What it would be built for, such as `python3.12/x86_64`.
        target: String,
        /// A project that does the same job in wheels, where building is known to fail.
        twin: Option<Twin>,
        /// What stands against building it.
        barrier: Barrier,
        /// Where a wheel of it could be put.
        room: WheelRoom,
    },
    /// Projects of which a version would do if it could be built.
    OnlySources {
        /// The projects.
        names: Vec<PackageName>,
        /// What stands against building them.
        barrier: Barrier,
        /// Where wheels of them could be put.
        room: WheelRoom,
    },
    /// There is a wheel, and the user leaves wheels out.
    WheelsLeftOut {
        /// The project.
        name: PackageName,
        /// The version that has a wheel.
        version: Version,
        /// There is a source archive, which could be built if this did not stand against it.
        source: Option<Barrier>,
    },
    /// A version would do that is newer than the user's date, or of which no date is known.
    TooNew {
        /// The project.
        name: PackageName,
        /// The version that is too new.
        version: Version,
        /// When it was uploaded.
        uploaded: Option<jiff::Timestamp>,
    },
    /// A version would do that a constraint does not take.
    Constrained {
        /// The project.
        name: PackageName,
        /// The version that the constraint rules out.
        version: Version,
        /// The constraint.
        text: String,
        /// Where it stands.
        origin: Origin,
    },
    /// The file that would be used has another digest than is accepted.
    OtherDigest {
        /// Name of the file.
        file: String,
        /// Its digest.
        actual: String,
        /// Where digests are demanded.
        origin: Origin,
        /// Some of the digests that are accepted, those that are most like the actual one first.
        accepted: Vec<String>,
        /// How many more are accepted.
        more: usize,
    },
    /// Another target could load the version.
    OtherTarget {
        /// The project.
        name: PackageName,
        /// The version that another target could load.
        version: Version,
        /// Runtimes that could load it, oldest first.
        runtimes: Vec<Runtime>,
        /// The architecture, where it is not that of the target.
        architecture: Option<Architecture>,
        /// The glibc of those runtimes, where it is what makes the difference.
        glibc: Option<Glibc>,
    },
    /// The version could be loaded with the runtime's own glibc, in the place of which the user gives an older one.
    OwnGlibc {
        /// The project.
        name: PackageName,
        /// The version.
        version: Version,
        /// What the user gives.
        given: Glibc,
        /// The runtime.
        runtime: Runtime,
    },
    /// No version of the range has a wheel that the target can load, and another version has one.
    NewestThatLoads {
        /// The project.
        name: PackageName,
        /// The newest such version.
        version: Version,
        /// The runtime of the target.
        runtime: Runtime,
        /// Its architecture.
        architecture: Architecture,
    },
    /// The user wants no index to be asked.
    NoIndex(PackageName),
    /// An index has the project, so that those behind it were not asked.
    FoundBefore(PackageName, FoundBefore),
    /// No index that was asked has the project, and no name that many use is like it.
    Nowhere(PackageName),
    /// A build takes the project, and no index that was asked has it.
    BuildLacks {
        /// The project.
        name: PackageName,
        /// Where a wheel of it could be put.
        room: WheelRoom,
    },
    /// Wheels of the version are for other systems alone, and there is no source of it.
    OtherSystems {
        /// The project.
        name: PackageName,
        /// The version.
        version: Version,
        /// There are wheels for Windows.
        has_windows: bool,
    },
    /// The user gives a URL for the project, so no index is asked for it.
    OnlyFromUrl {
        /// The project.
        name: PackageName,
        /// Where the URL is given.
        origin: Option<Origin>,
    },
}

impl Hint {
    /// Whether it speaks for a version of which nothing is known but that something keeps it out.
    pub(super) fn is_of_version_alone(&self) -> bool {
        matches!(self, Self::Prerelease { .. } | Self::PrereleaseBefore { .. } | Self::Yanked { .. })
    }
}
