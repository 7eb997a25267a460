//! A file that is hashed while it is written.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use crate::spec::{HashDigest, HashState, Hasher};

/// Bytes that are written and handed over at one time, at most.
pub(super) const CHUNK_BYTES: usize = 256 << 10;
/// Chunks that may wait for the hasher.
const CHUNKS: usize = 4;

/// Writes to a file, while a thread of its own computes the digest of the same bytes.
pub(super) struct DigestingFile {
    file: File,
    full: SyncSender<ToHash>,
    empty: Receiver<Vec<u8>>,
    hashing: JoinHandle<(HashDigest, Option<HashState>)>,
}

/// What the thread gets.
enum ToHash {
    Chunk(Vec<u8>),
    /// The state between two chunks is wanted later.
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
    /// For a file that holds what `hasher` has taken so far.
    pub(super) fn new(file: File, hasher: Hasher) -> io::Result<Self> {
        let (full, to_hash) = sync_channel(CHUNKS);
        let (spent, empty) = channel();
        let work = move || hash(hasher, &to_hash, &spent);
        let hashing = std::thread::Builder::new().name("hash".to_owned()).spawn(work)?;
        Ok(Self { file, full, empty, hashing })
    }

    /// Notes the state of the digest of what was written so far.
    pub(super) fn note_state(&mut self) -> io::Result<()> {
        self.full.send(ToHash::NoteState).map_err(|_| hasher_is_gone())
    }

    /// Waits for the digest.
    pub(super) fn finish(self) -> io::Result<DigestedFile> {
        drop(self.full);
        let (digest, state) = self.hashing.join().map_err(|_| hasher_is_gone())?;
        Ok(DigestedFile { file: self.file, digest, state })
    }
}

impl Write for DigestingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(&bytes[..bytes.len().min(CHUNK_BYTES)])?;
        let mut chunk = self.empty.try_recv().unwrap_or_default();
        chunk.clear();
        chunk.extend_from_slice(&bytes[..written]);
        self.full.send(ToHash::Chunk(chunk)).map_err(|_| hasher_is_gone())?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Hashes chunks in the order of their arrival and gives each back.
fn hash(mut hasher: Hasher, to_hash: &Receiver<ToHash>, spent: &Sender<Vec<u8>>) -> (HashDigest, Option<HashState>) {
    let mut state = None;
    for next in to_hash {
        match next {
            ToHash::Chunk(chunk) => {
                hasher.update(&chunk);
                // Nobody takes the last ones.
                let _ = spent.send(chunk);
            }
            ToHash::NoteState => state = hasher.state(),
        }
    }
    (hasher.finish(), state)
}

fn hasher_is_gone() -> io::Error {
    io::Error::other("the thread that hashes has ended")
}
