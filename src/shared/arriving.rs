//! A content on its way from a store into a file: it is hashed here while another thread writes it, and the system is
//! told to begin with the disk before the end has come.

use std::io::{self, Write as _};

use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use crate::blocking::joined;
use crate::durable::begin_to_disk;
use crate::spec::{HashAlgorithm, HashDigest, Hasher};

/// Pieces that may wait to be written: some hundred kilobytes each, as connections give them.
const WAITING_MOST: usize = 16;

/// Bytes that are written before the system is told to bring them to the disk: enough for it to do so in one go.
const WRITE_BACK_BYTES: u64 = 8 << 20;

/// A content of which a part has come.
pub(super) struct ArrivingContent {
    hasher: Hasher,
    size: u64,
    to_write: Sender<Bytes>,
    writing: JoinHandle<io::Result<NamedTempFile>>,
}

/// The writer has ended before its time; [`ArrivingContent::finish`] tells why.
pub(super) struct WriterGone;

impl ArrivingContent {
    pub(super) fn into_file(file: NamedTempFile) -> Self {
        let (to_write, pieces) = channel(WAITING_MOST);
        let writing = tokio::task::spawn_blocking(move || write(file, pieces));
        Self { hasher: Hasher::new(HashAlgorithm::Sha256), size: 0, to_write, writing }
    }

    /// Bytes that have come.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) async fn take(&mut self, piece: Bytes) -> Result<(), WriterGone> {
        self.size += piece.len() as u64;
        self.to_write.send(piece.clone()).await.map_err(|_| WriterGone)?;
        self.hasher.update(&piece);
        Ok(())
    }

    /// The file with all that has come, and its digest.
    pub(super) async fn finish(self) -> io::Result<(NamedTempFile, HashDigest)> {
        drop(self.to_write);
        let file = joined(self.writing.await).await?;
        Ok((file, self.hasher.finish()))
    }
}

fn write(mut file: NamedTempFile, mut pieces: Receiver<Bytes>) -> io::Result<NamedTempFile> {
    let (mut written, mut begun) = (0, 0);
    while let Some(piece) = pieces.blocking_recv() {
        file.write_all(&piece)?;
        written += piece.len() as u64;
        if written - begun >= WRITE_BACK_BYTES {
            begin_to_disk(file.as_file(), begun, written - begun);
            begun = written;
        }
    }
    Ok(file)
}
