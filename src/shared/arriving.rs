//! A content on its way from a store into a file: it is written where it arrives while another thread hashes it, and
//! the system is told to begin with the disk before the end has come.

use std::io::{self, Write as _};
use std::sync::mpsc;

use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use crate::blocking::joined;
use crate::durable::begin_to_disk;
use crate::http::{self, Response};
use crate::spec::{HashAlgorithm, HashDigest, Hasher};

/// Bytes that are hashed at one time: they stay in the processor's cache.
const BATCH_BYTES: usize = 256 << 10;

/// Batches that may wait to be hashed.
const WAITING_MOST: usize = 8;

/// Bytes that are written before the system is told to bring them to the disk: enough for it to do so in one go.
const WRITE_BACK_BYTES: u64 = 8 << 20;

/// A content that has come whole.
pub(super) struct Arrived {
    pub(super) file: NamedTempFile,
    /// Bytes.
    pub(super) size: u64,
    /// The digest of these bytes.
    pub(super) digest: HashDigest,
}

/// Why a content has not come whole.
pub(super) enum NotArrived {
    /// The connection has failed, or the server.
    Broken(http::Error),
    /// The file cannot be written.
    Unwritten(io::Error),
    /// There is more than there may be.
    TooLarge,
}

/// Takes the body of an answer, at most `limit` bytes, into a file.
pub(super) async fn receive(mut body: Response, file: NamedTempFile, limit: u64) -> Result<Arrived, NotArrived> {
    let mut arriving = ArrivingContent::into_file(file);
    while let Some(piece) = body.chunk().await.map_err(NotArrived::Broken)? {
        if arriving.size + piece.len() as u64 > limit {
            return Err(NotArrived::TooLarge);
        }
        arriving.take(piece).await.map_err(NotArrived::Unwritten)?;
    }
    Ok(arriving.finish().await)
}

/// A content of which a part has come.
///
/// What is to be hashed is copied, into batches that come back empty: a connection that gets its memory back at once
/// reads into the same again, and one that does not is given new memory by the system for every piece, which takes
/// several times as long as to copy it.
struct ArrivingContent {
    file: NamedTempFile,
    size: u64,
    /// Bytes of which the system was told.
    told: u64,
    batch: Vec<u8>,
    to_hash: Sender<Vec<u8>>,
    hashed: mpsc::Receiver<Vec<u8>>,
    hashing: JoinHandle<HashDigest>,
}

impl ArrivingContent {
    fn into_file(file: NamedTempFile) -> Self {
        let (to_hash, batches) = channel(WAITING_MOST);
        let (emptied, hashed) = mpsc::channel();
        let hashing = tokio::task::spawn_blocking(move || hash(batches, &emptied));
        Self { file, size: 0, told: 0, batch: Vec::with_capacity(BATCH_BYTES), to_hash, hashed, hashing }
    }

    /// Writes here, as `fetch` does: that is copying to the system's own cache, and takes less time than waking a
    /// thread that would do it and then be out of work until the next piece comes. Hashing takes longer, and there is
    /// always something for it.
    async fn take(&mut self, piece: Bytes) -> io::Result<()> {
        self.file.write_all(&piece)?;
        self.size += piece.len() as u64;
        if self.size - self.told >= WRITE_BACK_BYTES {
            self.begin_to_disk();
        }
        let mut rest = &piece[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(BATCH_BYTES - self.batch.len()));
            self.batch.extend_from_slice(now);
            rest = later;
            if self.batch.len() == BATCH_BYTES {
                self.hash_batch().await;
            }
        }
        Ok(())
    }

    async fn hash_batch(&mut self) {
        let empty = self.hashed.try_recv().unwrap_or_else(|_| Vec::with_capacity(BATCH_BYTES));
        // Nobody takes it where hashing has ended in a panic, which `finish` passes on.
        let _ = self.to_hash.send(std::mem::replace(&mut self.batch, empty)).await;
    }

    fn begin_to_disk(&mut self) {
        begin_to_disk(self.file.as_file(), self.told, self.size - self.told);
        self.told = self.size;
    }

    /// The file with all that has come, and its digest. The disk is written to while the rest is hashed, and until
    /// somebody waits for it.
    async fn finish(mut self) -> Arrived {
        self.begin_to_disk();
        self.hash_batch().await;
        drop(self.to_hash);
        Arrived { file: self.file, size: self.size, digest: joined(self.hashing.await).await }
    }
}

fn hash(mut batches: Receiver<Vec<u8>>, emptied: &mpsc::Sender<Vec<u8>>) -> HashDigest {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    while let Some(mut batch) = batches.blocking_recv() {
        hasher.update(&batch);
        batch.clear();
        // Where all has come nobody needs it.
        let _ = emptied.send(batch);
    }
    hasher.finish()
}
