//! What can go wrong with lock files.

use std::path::PathBuf;

use super::made_of::MadeOf;
use crate::resolution::Barrier;
use crate::resolve::twin_of;
use crate::spec::{ExtraName, PackageName, Version};
use crate::target::Runtime;

/// A lock could not be written or read. `path` is the file, `line` is counted from 1.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Hashes were asked for and the index gives none.
    #[error("no digest is known for {name} {version}: the index lists none that counts")]
    NoHashes { name: PackageName, version: Version },
    /// Hashes were asked for, and a source has no one digest.
    #[error(
        "`{name}` is a folder or a repository, which has no hash, and one hash in the file demands one of every line"
    )]
    Unhashable { name: PackageName },
    /// The file is not what it should be.
    #[error("{}:{line}: {reason}", path.display())]
    Malformed { path: PathBuf, line: usize, reason: String },
    /// A file is locked without a digest that counts.
    #[error("{}:{line}: a file of {name} has no sha256, sha384 or sha512 digest", path.display())]
    NoDigest { path: PathBuf, line: usize, name: PackageName },
    /// The file is well formed, and cannot be used for the target.
    #[error("`{}` cannot be used: {reason}", path.display())]
    Refused { path: PathBuf, reason: String },
    /// An extra or a group is wanted that it does not have.
    #[error("`{}` cannot be used: it has no {what} `{name}` (it has {offered})", path.display())]
    NoPart {
        path: PathBuf,
        /// `extra` or `group`.
        what: &'static str,
        name: ExtraName,
        /// What it has of them, in words.
        offered: String,
    },
    /// Parts of projects are wanted together that exclude each other, as the line says; `parts` are in words.
    #[error("{}:{line}: {} and {} exclude each other, and both are wanted", path.display(), parts[0], parts[1])]
    Exclusive { path: PathBuf, line: usize, parts: [String; 2] },
    /// The lock was made for other Pythons.
    #[error(
        "{}`{}` is for Python {wanted}, and {runtime} has {python}",
        group.as_ref().map(|group| format!("the group `{group}` of ")).unwrap_or_default(),
        path.display()
    )]
    OtherPython {
        path: PathBuf,
        /// The dependency group that is meant, and not all of it.
        group: Option<ExtraName>,
        /// What it is for, as it is written.
        wanted: String,
        runtime: Runtime,
        python: Version,
        /// Runtimes that it is for, oldest first.
        fitting: Vec<Runtime>,
    },
    /// No wheel of a package fits, and its source may not be built.
    #[error(transparent)]
    NoWheel(Box<NoWheel>),
    /// The project has changed since the lock was made; `differences` are a line each, with both sides.
    #[error("`{}` is out of date:\n  {}", path.display(), differences.join("\n  "))]
    OutOfDate {
        path: PathBuf,
        differences: Vec<String>,
        command: &'static str,
        /// What it was made of, where it says so.
        made_of: Option<Box<MadeOf>>,
    },
    /// A package has no wheel but something else, and may not be built.
    #[error("{}:{line}: `{name}` is {what} and would have to be built{barrier}", path.display())]
    NeedsBuilding { path: PathBuf, line: usize, name: PackageName, what: &'static str, barrier: Barrier },
    /// A package has wheels alone, and the user leaves those out.
    #[error("{}:{line}: {name} is locked with wheels alone, which are not to be taken", path.display())]
    OnlyWheels { path: PathBuf, line: usize, name: PackageName },
    /// Several packages have no file for the target: each as one of the two above.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<LockError>),
}

/// A locked package without a wheel for the target.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}:{line}: {name}{} is locked without a wheel for {target}: {}",
    path.display(),
    version.as_ref().map(|version| format!(" {version}")).unwrap_or_default(),
    made_for.as_ref().map_or_else(|| "it has none at all".to_owned(), |made_for| format!("its wheels are for {made_for}"))
)]
pub struct NoWheel {
    /// The file.
    pub path: PathBuf,
    /// One-based line.
    pub line: usize,
    /// Project.
    pub name: PackageName,
    /// The locked version.
    pub version: Option<Version>,
    /// The target, such as `python3.13 on x86_64`.
    pub target: String,
    /// What the wheels that are there are made for; `None`: there are none.
    pub made_for: Option<String>,
    /// Targets that would take one of them.
    pub elsewhere: Vec<String>,
    /// There is a source archive, which could be built if this did not stand against it.
    pub sdist: Option<Barrier>,
}

impl LockError {
    /// The project that allowing to build it would help, as far as that is known.
    pub fn could_be_built(&self) -> Option<&PackageName> {
        match self {
            Self::NeedsBuilding { name, barrier: Barrier::NotAllowed, .. } => twin_of(name).is_none().then_some(name),
            Self::NoWheel(lacking) => (lacking.sdist == Some(Barrier::NotAllowed)).then_some(&lacking.name),
            _ => None,
        }
    }

    /// Whether it is of one package alone, so that others may have the same.
    pub(super) fn is_of_one_package(&self) -> bool {
        matches!(self, Self::NeedsBuilding { .. } | Self::NoWheel(_))
    }

    /// Whether the user's file is wrong, rather than the world.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Malformed { .. }
                | Self::NoDigest { .. }
                | Self::Exclusive { .. }
                | Self::NoPart { .. }
                | Self::OnlyWheels { .. }
        )
    }
}
