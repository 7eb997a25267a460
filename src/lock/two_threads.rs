//! Two halves of one piece of work at the same time: locks of hundreds of packages take long enough for that.

use std::io;
use std::os::unix::fs::FileExt as _;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// From how many packages on a second thread is worth its start.
pub(super) const PARTED_FROM: usize = 100;

/// Both halves of a list that has so many, and at least two.
pub(super) fn halves<T>(list: &[T], parted_from: usize) -> Option<(&[T], &[T])> {
    (list.len() >= parted_from.max(2)).then(|| list.split_at(list.len() / 2))
}

/// Does `one` here and `other` on a thread of its own, or behind it where the system gives no thread.
pub(super) fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl Fn() -> B + Sync) -> (A, B) {
    thread::scope(|scope| {
        let started = thread::Builder::new().name("lock".to_owned()).spawn_scoped(scope, &other);
        let one = one();
        let other = match started {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => other(),
        };
        (one, other)
    })
}

/// From how many bytes on a file is read in two halves, and up to how many: its length may promise more than there is.
const READ_IN_HALVES: std::ops::Range<usize> = 1 << 20..64 << 20;

/// The bytes of a file. Most of the time that a large one takes goes into memory that nobody has used yet.
pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    in_halves(path, READ_IN_HALVES).map_or_else(|| fs_err::read(path), Ok)
}

/// The same for a regular file that has so many bytes; `None`: it is another one, or cannot be read so.
pub(super) fn in_halves(path: &Path, lengths: std::ops::Range<usize>) -> Option<Vec<u8>> {
    let about = fs_err::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let length = usize::try_from(about.len()).ok().filter(|length| lengths.contains(length))?;
    let file = fs_err::File::open(path).ok()?;
    let read = |part: &mut [u8], from: usize| file.file().read_exact_at(part, from as u64).ok();
    let mut bytes = vec![0; length];
    let (front, back) = bytes.split_at_mut(length / 2);
    let (middle, back) = (front.len(), Mutex::new(back));
    let rest = || read(&mut back.lock().unwrap_or_else(PoisonError::into_inner), middle);
    let (front, back) = both(|| read(front, 0), rest);
    // It may have grown since it was asked for its length.
    let is_whole = file.file().read_at(&mut [0], length as u64).is_ok_and(|more| more == 0);
    (front.is_some() && back.is_some() && is_whole).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_in_two_halves_as_in_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for length in [2, 3, 100_001] {
            let content: Vec<u8> = (0..=250).cycle().take(length).collect();
            fs_err::write(&path, &content).unwrap();
            assert_eq!(in_halves(&path, 2..length), None, "not among the lengths");
            assert_eq!(in_halves(&path, 2..length + 1).as_ref(), Some(&content));
            assert_eq!(read_file(&path).unwrap(), content);
        }
        assert_eq!(in_halves(folder.path(), 0..usize::MAX), None);
        assert!(read_file(&folder.path().join("absent")).is_err());
    }

    #[test]
    fn halves_are_taken_from_so_many_on() {
        assert_eq!(halves(&[1, 2, 3], 4), None);
        assert_eq!(halves(&[1, 2, 3], 3), Some((&[1][..], &[2, 3][..])));
        assert_eq!(halves(&[1], 0), None, "nothing would be left for the other");
        assert_eq!(both(|| 1, || 2), (1, 2));
    }
}
