//! A file that is hashed while it is written.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use crate::spec::{HashAlgorithm, HashDigest, Hasher};

/// Bytes that are written and handed over at one time, at most.
pub(super) const CHUNK_BYTES: usize = 256 << 10;
/// Chunks that may wait for the hasher.
const CHUNKS: usize = 4;

/// Writes to a file, while a thread of its own computes the sha256 of the same bytes.
pub(super) struct DigestingFile {
    file: File,
    full: SyncSender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
    hashing: JoinHandle<HashDigest>,
}

impl DigestingFile {
    /// For a file in which nothing is written yet.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let (full, to_hash) = sync_channel(CHUNKS);
        let (spent, empty) = channel();
        let hashing = std::thread::Builder::new().name("hash".to_owned()).spawn(move || hash(&to_hash, &spent))?;
        Ok(Self { file, full, empty, hashing })
    }

    /// The file, and the sha256 of all that was written to it.
    pub(super) fn finish(self) -> io::Result<(File, HashDigest)> {
        drop(self.full);
        let digest = self.hashing.join().map_err(|_| hasher_is_gone())?;
        Ok((self.file, digest))
    }
}

impl Write for DigestingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(&bytes[..bytes.len().min(CHUNK_BYTES)])?;
        let mut chunk = self.empty.try_recv().unwrap_or_default();
        chunk.clear();
        chunk.extend_from_slice(&bytes[..written]);
        self.full.send(chunk).map_err(|_| hasher_is_gone())?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Hashes chunks in the order of their arrival and gives each back.
fn hash(chunks: &Receiver<Vec<u8>>, spent: &Sender<Vec<u8>>) -> HashDigest {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    for chunk in chunks {
        hasher.update(&chunk);
        // Nobody takes the last ones.
        let _ = spent.send(chunk);
    }
    hasher.finish()
}

fn hasher_is_gone() -> io::Error {
    io::Error::other("the thread that hashes has ended")
}
