//! A file that is hashed while it is written.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use crate::archive::{ReadAt as _, ZipSink};
use crate::spec::{HashDigest, HashState, Hasher};

/// Bytes that are gathered before they are written.
const CHUNK_BYTES: usize = 256 << 10;
/// Bytes of another file that are copied before they are hashed, while the next ones are copied.
const APPENDED_BYTES: u64 = 4 << 20;
/// Bytes that are hashed at one time: they stay in the processor's cache.
const HASHED_BYTES: usize = 128 << 10;

/// Writes to a file, while a thread of its own reads what has come there and computes its digest. So the kernel can copy
/// from other files, and nothing has to wait for the digest but the end.
pub(super) struct DigestingFile {
    file: File,
    /// What is not written yet.
    waiting: Vec<u8>,
    /// `None`: nothing is hashed yet.
    hashing: Option<Hashing>,
}

/// The thread that hashes.
struct Hashing {
    progress: Sender<Progress>,
    thread: JoinHandle<io::Result<(HashDigest, Option<HashState>)>>,
}

/// What the thread is told.
enum Progress {
    /// So many bytes more are in the file.
    Written(u64),
    /// The state of the digest here is wanted later.
    NoteState,
}

/// A file that is written.
pub(super) struct DigestedFile {
    pub(super) file: File,
    /// The digest of all that it holds.
    pub(super) digest: HashDigest,
    /// The last state that was to be noted.
    pub(super) state: Option<HashState>,
}

impl DigestingFile {
    /// For a file, opened for reading too, that holds what `hasher` has taken so far.
    pub(super) fn new(file: File, hasher: Hasher) -> io::Result<Self> {
        let mut file = Self::unhashed(file);
        let position = file.file.stream_position()?;
        file.hash_from(hasher, position)?;
        Ok(file)
    }

    /// For a file, opened for reading too, that is hashed once [`DigestingFile::hash_from`] says from where.
    pub(super) fn unhashed(file: File) -> Self {
        Self { file, waiting: Vec::with_capacity(CHUNK_BYTES), hashing: None }
    }

    /// Hashes the file from `position` on: what is before `hasher` has taken.
    pub(super) fn hash_from(&mut self, hasher: Hasher, position: u64) -> io::Result<()> {
        self.flush()?;
        let (progress, to_hash) = channel();
        let (written, end) = (self.file.try_clone()?, self.file.stream_position()?);
        let work = move || hash(hasher, &written, position, &to_hash);
        let thread = std::thread::Builder::new().name("hash".to_owned()).spawn(work)?;
        self.hashing = Some(Hashing { progress, thread });
        self.tell(Progress::Written(end.saturating_sub(position)));
        Ok(())
    }

    /// Notes the state of the digest of what was written so far.
    pub(super) fn note_state(&mut self) -> io::Result<()> {
        self.flush()?;
        self.tell(Progress::NoteState);
        Ok(())
    }

    /// Waits for the digest.
    pub(super) fn finish(mut self) -> io::Result<DigestedFile> {
        self.flush()?;
        let ended = || io::Error::other("the thread that hashes has ended");
        let Hashing { progress, thread } = self.hashing.ok_or_else(ended)?;
        drop(progress);
        let (digest, state) = thread.join().map_err(|_| ended())??;
        Ok(DigestedFile { file: self.file, digest, state })
    }

    /// A thread that could not read has ended, and says so in the end.
    fn tell(&self, progress: Progress) {
        let _ = self.hashing.as_ref().map(|hashing| hashing.progress.send(progress));
    }
}

impl Write for DigestingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.waiting.len() + bytes.len() > CHUNK_BYTES {
            self.flush()?;
        }
        let taken = &bytes[..bytes.len().min(CHUNK_BYTES)];
        self.waiting.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.file.write_all(&self.waiting)?;
            self.tell(Progress::Written(self.waiting.len() as u64));
            self.waiting.clear();
        }
        Ok(())
    }
}

impl ZipSink for DigestingFile {
    fn append(&mut self, mut from: &File, offset: u64, length: u64) -> io::Result<()> {
        self.flush()?;
        from.seek(SeekFrom::Start(offset))?;
        let mut left = length;
        while left > 0 {
            // Between files the standard library copies inside the kernel where it can.
            let copied = io::copy(&mut from.take(left.min(APPENDED_BYTES)), &mut self.file)?;
            if copied == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.tell(Progress::Written(copied));
            left -= copied;
        }
        Ok(())
    }
}

/// Hashes what is written, from `position` on.
fn hash(
    mut hasher: Hasher,
    file: &File,
    mut position: u64,
    progress: &Receiver<Progress>,
) -> io::Result<(HashDigest, Option<HashState>)> {
    let (mut state, mut buffer) = (None, vec![0; HASHED_BYTES]);
    for next in progress {
        match next {
            Progress::Written(length) => {
                let end = position + length;
                while position < end {
                    let room = usize::try_from(end - position).unwrap_or(HASHED_BYTES).min(HASHED_BYTES);
                    file.read_exact_at(&mut buffer[..room], position)?;
                    hasher.update(&buffer[..room]);
                    position += room as u64;
                }
            }
            Progress::NoteState => state = hasher.state(),
        }
    }
    Ok((hasher.finish(), state))
}
