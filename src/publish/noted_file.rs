//! The note that says "barrow wrote this file", of files that lie beside what users have: not their own, as long as
//! they hold what was written.
//!
//! It lies in a state folder as the marks of outputs do, named by the digest of the file's path, and is the digest of
//! what was written.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::regular;
use crate::spec::sha256;
use crate::whole_file::{write_private, write_whole};

/// Folder of the notes; its name carries the version of the format.
const FOLDER: &str = "files-v1";

/// Whether a file holds what barrow has written there, as far as a note in one of the folders says.
pub fn is_written_by_barrow(path: &Path, state_folders: &[PathBuf]) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    let notes = || state_folders.iter().filter_map(|folder| regular::read(&place(folder, path)).ok());
    is_file && {
        let content = regular::read(path).map(|bytes| sha256(&bytes).hex());
        content.is_ok_and(|content| notes().any(|note| note == content.as_bytes()))
    }
}

/// Writes a file whole or not at all, and notes that barrow wrote it. Gives a warning where that cannot be noted.
///
/// # Errors
/// What the file system answers; the old file is as it was.
pub fn write_noted(path: &Path, bytes: &[u8], state_folders: &[PathBuf]) -> io::Result<Option<String>> {
    write_whole(path, bytes)?;
    let note = sha256(bytes).hex();
    let mut result = Err(io::Error::new(io::ErrorKind::NotFound, "there is no folder for it"));
    for folder in state_folders {
        let place = place(folder, path);
        result =
            place.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| write_private(&place, note.as_bytes()));
        if result.is_ok() {
            break;
        }
    }
    Ok(result.err().map(|error| super::marking::not_noted(path, &error)))
}

fn place(state_folder: &Path, path: &Path) -> PathBuf {
    state_folder.join(FOLDER).join(sha256(path.as_os_str().as_bytes()).hex())
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::{is_written_by_barrow, write_noted};

    #[test]
    fn a_file_is_barrows_as_long_as_it_holds_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let (path, state) = (folder.path().join("file"), [folder.path().join("no/\0"), folder.path().join("state")]);
        fs::write(&path, "theirs").unwrap();
        assert!(!is_written_by_barrow(&path, &state));
        assert_eq!(write_noted(&path, b"ours", &state).unwrap(), None);
        assert!(is_written_by_barrow(&path, &state) && !is_written_by_barrow(&folder.path().join("other"), &state));
        fs::write(&path, "edited").unwrap();
        assert!(!is_written_by_barrow(&path, &state));
        fs::rename(&path, folder.path().join("elsewhere")).unwrap();
        fs::write(folder.path().join("elsewhere"), "ours").unwrap();
        fs::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
        assert!(!is_written_by_barrow(&path, &state), "a link is the user's own");
        let warning = write_noted(&path, b"ours", &state[..1]).unwrap();
        assert!(warning.is_some_and(|warning| warning.contains("could not note that barrow made")));
    }
}
