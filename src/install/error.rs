//! Why a wheel could not be installed.

use std::path::PathBuf;

use crate::archive::{ArchiveError, SafePathError};
use crate::spec::{EntryPointsError, MetadataError, RecordError, WheelFileError};

/// A wheel could not be installed. Nothing of it is taken for installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The wheel is refused: it is not what its name says, or not what its RECORD says.
    #[error("`{wheel}` is refused")]
    Refused {
        /// The wheel.
        wheel: String,
        /// Why.
        #[source]
        fault: WheelFault,
    },
    /// The wheel itself cannot be read any more, though its bytes were right before.
    #[error("`{wheel}` cannot be read again")]
    Reread {
        /// The wheel.
        wheel: String,
        /// Why.
        #[source]
        fault: WheelFault,
    },
    /// The unpacked files could not be written.
    #[error("failed to unpack `{wheel}` in `{}`", path.display())]
    Unpack {
        /// The wheel.
        wheel: String,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The requirements that the resolution was made with are not those of the wheel.
    #[error(
        "`{wheel}` requires {}, but the index said that it requires {}: the resolution does not hold",
        list(actual),
        list(expected)
    )]
    Requirements {
        /// The wheel.
        wheel: String,
        /// What its METADATA requires on the target.
        actual: Vec<String>,
        /// What the resolution was made with.
        expected: Vec<String>,
    },
}

/// What is wrong with a wheel.
#[derive(Debug, thiserror::Error)]
pub enum WheelFault {
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Its bytes in the cache are no longer those that were downloaded.
    #[error("its bytes in the cache are not what they were")]
    Damaged,
    /// There is no `.dist-info` folder, or more than one.
    #[error("it has {} `.dist-info` folders instead of one", .0.len())]
    DistInfo(Vec<String>),
    /// A file that every wheel has is missing.
    #[error("it has no `{0}`")]
    Missing(String),
    /// Name or version differ from those of the file name.
    #[error("its {place} says {found}, but its file name says {expected}")]
    Identity {
        /// What says so.
        place: &'static str,
        /// What it says.
        found: String,
        /// What it should say.
        expected: String,
    },
    /// A major version of the wheel format that is not known.
    #[error("it has Wheel-Version {major}.{minor}, and only 1.x is known")]
    WheelVersion {
        /// Major.
        major: u32,
        /// Minor.
        minor: u32,
    },
    /// WHEEL is malformed.
    #[error("its WHEEL file is malformed")]
    WheelFile(#[from] WheelFileError),
    /// METADATA is malformed.
    #[error("its METADATA is malformed")]
    Metadata(#[from] MetadataError),
    /// RECORD is malformed.
    #[error("its RECORD is malformed")]
    RecordSyntax(#[from] RecordError),
    /// RECORD and the archive disagree.
    #[error("`{}` {reason}", path.escape_debug())]
    Record {
        /// The file.
        path: String,
        /// How they disagree.
        reason: &'static str,
    },
    /// A file in `.data` that belongs nowhere.
    #[error("`{}` {reason}", path.escape_debug())]
    Data {
        /// The file.
        path: String,
        /// Why.
        reason: &'static str,
    },
    /// `entry_points.txt` is malformed.
    #[error("its entry_points.txt is malformed")]
    EntryPoints(#[source] EntryPointsError),
    /// A script that its entry points ask for cannot be made.
    #[error("its script `{}` cannot be made", name.escape_debug())]
    Script {
        /// Name of the entry point.
        name: String,
        /// Why.
        #[source]
        fault: ScriptFault,
    },
    /// More scripts than anyone has.
    #[error("its entry points ask for more than {0} scripts")]
    TooManyScripts(usize),
    /// Two of its files would be installed at one place.
    #[error("`{}` and `{}` would be installed at one place: {reason}", first.escape_debug(), second.escape_debug())]
    Clash {
        /// The one.
        first: String,
        /// The other.
        second: String,
        /// How they clash.
        reason: &'static str,
    },
}

/// Why a script cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptFault {
    /// Its name is not the name of a file.
    #[error("its name is not that of a file")]
    Name,
    /// Its name leads elsewhere.
    #[error(transparent)]
    Path(#[from] SafePathError),
    /// It does not name a function.
    #[error(transparent)]
    Reference(#[from] EntryPointsError),
    /// Two entry points have its name.
    #[error("two entry points have its name and call different functions")]
    Twice,
}

fn list(requirements: &[String]) -> String {
    if requirements.is_empty() { "nothing".to_owned() } else { format!("`{}`", requirements.join("`, `")) }
}
