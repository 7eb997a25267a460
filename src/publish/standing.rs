//! What lies at OUT, and whether it may be replaced.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use fs_err as fs;

use super::PublishError;
use super::mark::Mark;
use super::options::{OutputForm, PublishOptions};
use crate::cache::is_workplace_name;
use crate::debris::is_left_by_system;
use crate::spec::ForeignName;

/// Names that a refusal shows, at most.
const SHOWN: usize = 3;

/// A kind of output: what is made, and what may lie there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputKind {
    /// A folder that holds the bundle and nothing else.
    Folder,
    Zip,
    /// A folder in which packages lie beside anything else.
    Packages,
}

/// What lies at OUT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Occupant {
    Absent,
    /// A folder with nothing in it.
    Empty,
    /// All of it was made by barrow.
    Ours,
    /// Some of it was not; a few names.
    Foreign(Vec<String>),
    /// A folder whose content is judged file by file, where packages are installed.
    Shared,
}

impl OutputKind {
    pub(super) fn of(format: OutputForm) -> Self {
        match format {
            OutputForm::Folder => Self::Folder,
            OutputForm::Zip => Self::Zip,
        }
    }

    /// Looks at what lies at `out`.
    ///
    /// # Errors
    /// It is something that this kind of output can never replace, such as a file where a folder is to be.
    pub(super) fn look(self, out: &Path, mark: Option<&Mark>) -> io::Result<Occupant> {
        let metadata = match fs::metadata(out) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Occupant::Absent),
            result => result?,
        };
        match self {
            Self::Zip if metadata.is_dir() => {
                Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, not a zip"))
            }
            Self::Zip if !metadata.is_file() => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")),
            Self::Zip => zip(out, mark),
            Self::Folder | Self::Packages if !metadata.is_dir() => {
                Err(io::Error::new(io::ErrorKind::NotADirectory, "it is a file, not a folder"))
            }
            Self::Folder => folder(out, mark),
            Self::Packages => Ok(Occupant::Shared),
        }
    }
}

fn folder(out: &Path, mark: Option<&Mark>) -> io::Result<Occupant> {
    let mut entries = fs::read_dir(out)?;
    let is_nothing = |name: &OsStr| is_workplace_name(name) || name.to_str().is_some_and(is_left_by_system);
    if entries.all(|entry| entry.is_ok_and(|entry| is_nothing(&entry.file_name()))) {
        return Ok(Occupant::Empty);
    }
    let foreign = mark.unwrap_or(&Mark::default()).foreign(out, SHOWN + 1)?;
    Ok(if foreign.is_empty() { Occupant::Ours } else { Occupant::Foreign(foreign) })
}

fn zip(out: &Path, mark: Option<&Mark>) -> io::Result<Occupant> {
    for zip in mark.map_or(&[][..], |mark| &mark.zips) {
        if zip.lies_at(out)? {
            return Ok(Occupant::Ours);
        }
    }
    let name = out.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Occupant::Foreign(vec![name]))
}

/// Refuses to replace what barrow did not make, without `--force`.
pub(super) fn refuse_foreign(out: &Path, standing: &Occupant, options: &PublishOptions) -> Result<(), PublishError> {
    match standing {
        Occupant::Foreign(names) if !options.force => {
            let mut files: Vec<String> =
                names.iter().take(SHOWN).map(|name| format!("`{}`", ForeignName(name))).collect();
            if names.len() > SHOWN {
                files.push("…".to_owned());
            }
            Err(PublishError::Occupied { out: out.to_owned(), files: files.join(", ") })
        }
        _ => Ok(()),
    }
}
