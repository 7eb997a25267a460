//! Why a wheel could not be installed.

use std::path::PathBuf;

use crate::archive::{ArchiveError, SafePathError};
use crate::fetch::FetchedWheel;
use crate::spec::{EntryPointsError, ForeignName, MetadataError, PackageName, RecordError, WheelFileError};

/// A wheel could not be installed. Nothing of it is taken for installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The wheel is refused: it is not what its name says, or not what its RECORD says.
    #[error("`{wheel}` is refused")]
    Refused {
        wheel: String,
        /// Why.
        #[source]
        fault: WheelFault,
    },
    /// The wheel's RECORD disagrees with its archive, more than is accepted.
    #[error("`{wheel}` is refused")]
    Record {
        wheel: String,
        /// Its project.
        name: PackageName,
        /// On what they disagree.
        #[source]
        fault: RecordFault,
    },
    /// Two files of the wheel are one on the file system that it was to be unpacked on.
    #[error(
        "`{wheel}` cannot be unpacked here: `{}` is already there under a name that differs only in case or Unicode \
         normalization, which this file system takes for the same",
        path.display()
    )]
    Alike {
        wheel: String,
        /// The second of them.
        path: PathBuf,
    },
    /// The wheel itself cannot be read any more, though its bytes were right before.
    #[error("`{wheel}` cannot be read again")]
    Reread {
        wheel: String,
        /// Why.
        #[source]
        fault: WheelFault,
    },
    /// The unpacked files could not be written.
    #[error("failed to unpack `{wheel}` in `{}`", path.display())]
    Unpack { wheel: String, path: PathBuf, source: std::io::Error },
    /// The requirements that the resolution was made with are not those of the wheel.
    #[error(
        "`{wheel}` requires {}, but the index said that it requires {}: the resolution does not hold",
        list(actual),
        list(expected)
    )]
    Requirements {
        wheel: String,
        /// What its METADATA requires on the target.
        actual: Vec<String>,
        /// What the resolution was made with.
        expected: Vec<String>,
    },
}

impl InstallError {
    /// A wheel that is refused, for a reason that the user can overrule or for one that they cannot.
    pub(super) fn refused(wheel: &FetchedWheel, fault: WheelFault) -> Self {
        let (filename, name) = (wheel.filename.to_string(), wheel.name.clone());
        match fault {
            WheelFault::Record(fault) => Self::Record { wheel: filename, name, fault },
            fault => Self::Refused { wheel: filename, fault },
        }
    }

    /// A file that could not be written into an empty folder of ours: where something is in its place, it is another
    /// file of the same wheel.
    pub(super) fn unpack(wheel: &str, path: PathBuf, source: std::io::Error) -> Self {
        let wheel = wheel.to_owned();
        match source.kind() {
            std::io::ErrorKind::AlreadyExists => Self::Alike { wheel, path },
            _ => Self::Unpack { wheel, path, source },
        }
    }
}

/// What is wrong with a wheel.
#[derive(Debug, thiserror::Error)]
pub enum WheelFault {
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
    WheelVersion { major: u32, minor: u32 },
    /// WHEEL is malformed.
    #[error("its WHEEL file is malformed")]
    WheelFile(#[from] WheelFileError),
    /// METADATA is malformed.
    #[error("its METADATA is malformed")]
    Metadata(#[from] MetadataError),
    /// RECORD and the archive disagree.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// A file in `.data` that belongs nowhere.
    #[error("`{}` {reason}", ForeignName(path))]
    Data { path: String, reason: &'static str },
    /// `entry_points.txt` is malformed.
    #[error("its entry_points.txt is malformed")]
    EntryPoints(#[source] EntryPointsError),
    /// A script that its entry points ask for cannot be made.
    #[error("its script `{}` cannot be made", ForeignName(name))]
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
    #[error("`{}` and `{}` would be installed at one place: {reason}", ForeignName(first), ForeignName(second))]
    Clash {
        /// The file that is listed first.
        first: String,
        /// The file that is listed later.
        second: String,
        /// How they clash.
        reason: &'static str,
    },
}

/// What is wrong with the RECORD of a wheel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// The wheel has no RECORD.
    #[error("it has no `{0}`")]
    Missing(String),
    /// The RECORD is malformed.
    #[error("its RECORD is malformed")]
    Syntax(#[from] RecordError),
    /// A line names what no wheel can have.
    #[error("its RECORD names `{}`: {reason}", ForeignName(path))]
    Path {
        /// The path as it stands there.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// RECORD and archive disagree about a file.
    #[error("`{}` {reason}", ForeignName(path))]
    File {
        /// The file.
        path: String,
        /// How they disagree.
        reason: &'static str,
    },
}

/// Why a script cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptFault {
    /// Its name is not the name of a file.
    #[error("its name is not that of a file")]
    Name,
    /// Its name leads out of the folder of scripts.
    #[error(transparent)]
    Path(#[from] SafePathError),
    /// The entry point does not name a function.
    #[error(transparent)]
    Reference(#[from] EntryPointsError),
    /// Two entry points have its name.
    #[error("two entry points have its name and call different functions")]
    Twice,
}

fn list(requirements: &[String]) -> String {
    if requirements.is_empty() { "nothing".to_owned() } else { format!("`{}`", requirements.join("`, `")) }
}
