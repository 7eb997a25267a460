//! Opening what must be a regular file. A fifo or a device that lies in its place would keep a reader waiting for ever,
//! and whoever may write to a cache, a state folder or a mirror can put one there.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::sync::Arc;

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;

/// Opens a regular file for reading, through links; anything else is an error of the kind `InvalidInput`.
pub fn open(path: &Path) -> io::Result<fs::File> {
    // Without waiting: opening a fifo would, until somebody writes to it.
    let without_waiting = rustix::fs::OFlags::NONBLOCK.bits();
    let file = fs::OpenOptions::new().read(true).custom_flags(without_waiting.cast_signed()).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("`{}` is not a regular file", path.display())))
}

/// Most bytes that are reserved for a file before it is read: its length may promise more than there is.
const ROOM_MOST: u64 = 64 << 20;

/// The bytes of a regular file.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let room = usize::try_from(file.metadata()?.len().min(ROOM_MOST)).unwrap_or_default();
    let mut bytes = Vec::with_capacity(room);
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Most bytes that are read at one time.
const PIECE_MOST: u64 = 256 << 10;

/// Hands on what a reader gives, piece by piece; gives how many bytes that were. `size` is how many are expected: of
/// few, all are read at once, and the end with them. `unread` makes an error of what the reader answers.
pub(crate) fn each_piece<E>(
    mut from: impl io::Read,
    size: u64,
    unread: impl Fn(io::Error) -> E,
    mut hand_on: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<u64, E> {
    let room = usize::try_from(size.saturating_add(1).min(PIECE_MOST)).unwrap_or_default();
    let (mut buffer, mut total) = (vec![0; room], 0);
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(read) => {
                hand_on(&buffer[..read])?;
                total += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unread(error)),
        }
    }
}

/// Shows what a reader gives, piece by piece; gives how many bytes that were: [`each_piece`] where nothing but reading
/// can fail.
pub(crate) fn show_pieces(from: impl io::Read, size: u64, mut show: impl FnMut(&[u8])) -> io::Result<u64> {
    each_piece(from, size, std::convert::identity, |piece| {
        show(piece);
        Ok(())
    })
}

/// The bytes of a file that was read once, shared by everybody who needs them. `Debug` does not show them: a file may
/// hold credentials.
#[derive(Clone)]
pub struct FileBytes(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl From<Vec<u8>> for FileBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes))
    }
}

impl From<Arc<String>> for FileBytes {
    fn from(text: Arc<String>) -> Self {
        Self(text)
    }
}

impl PartialEq for FileBytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for FileBytes {}

impl std::ops::Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl fmt::Debug for FileBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// Whether two paths are regular files, and not links to such, of the same bytes.
pub(crate) fn same_content(a: &Path, b: &Path) -> io::Result<bool> {
    let (first, second) = (fs::symlink_metadata(a)?, fs::symlink_metadata(b)?);
    if !first.is_file() || !second.is_file() || first.len() != second.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (BufReader::new(open(a)?), BufReader::new(open(b)?));
    loop {
        let (left, right) = (a.fill_buf()?, b.fill_buf()?);
        let count = left.len().min(right.len());
        if left[..count] != right[..count] {
            return Ok(false);
        }
        if count == 0 {
            return Ok(left.is_empty() && right.is_empty());
        }
        a.consume(count);
        b.consume(count);
    }
}

// Fifos are made by a call that not every system has.
#[cfg(all(test, target_os = "linux"))]
mod tests {
    use fs_err as fs;

    use crate::regular::read;

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), b"content").unwrap();
        fs::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert_eq!(read(&at("file")).unwrap(), b"content");
        assert_eq!(read(&at("link")).unwrap(), b"content");
        for other in [at("fifo"), folder.path().to_owned()] {
            assert_eq!(read(&other).unwrap_err().kind(), std::io::ErrorKind::InvalidInput, "{}", other.display());
        }
        assert_eq!(read(&at("absent")).unwrap_err().kind(), std::io::ErrorKind::NotFound);
    }
}
