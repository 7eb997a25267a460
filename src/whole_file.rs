//! Files that are written whole or not at all: a reader sees the old content or the new one, also after a kill.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use fs_err as fs;

use crate::durable::to_disk;
use crate::modes::where_modes_are_kept;

/// Writes a file beside its place and renames it, when it is on disk. The folder has to be there.
///
/// The mode is that of the file which is replaced, else that of any new file: 0666 without what the umask takes.
///
/// # Errors
/// What the file system answers; the old file is as it was.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let old = fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file);
    let old_mode = old.map(|old| old.permissions().mode() & 0o777);
    // From the beginning nobody may read it who may not read the old one.
    let file = stage(path, bytes, old_mode.unwrap_or(0o666))?;
    if let Some(mode) = old_mode {
        where_modes_are_kept(file.as_file().set_permissions(Permissions::from_mode(mode)))?;
    }
    to_disk(file.as_file())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Writes a file that only its owner can read, whole or not at all. One that replaces another is not forced to disk:
/// after a power loss the old one may be there, or a damaged one.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let is_new = fs::symlink_metadata(path).is_err();
    let file = stage(path, bytes, 0o600)?;
    if is_new {
        to_disk(file.as_file())?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A file without its final name, beside its place.
fn stage(path: &Path, bytes: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let mut file = builder.prefix(".barrow-").permissions(Permissions::from_mode(mode)).tempfile_in(folder)?;
    file.write_all(bytes)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use fs_err as fs;

    use crate::whole_file::{write_private, write_whole};

    #[test]
    fn the_mode_of_an_old_file_stays_and_nothing_is_left_beside() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("file");
        write_whole(&place, b"one").unwrap();
        fs::set_permissions(&place, std::fs::Permissions::from_mode(0o640)).unwrap();
        write_whole(&place, b"two").unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"two");
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o640);
        write_private(&place, b"three").unwrap();
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write_whole(&folder.path().join("absent/file"), b"").is_err(), "the folder is not made");
    }
}
