//! Entries that are inflated in one piece, by libdeflate.
//!
//! libdeflate's function for bare deflate streams does not tell where the stream ended, and bytes after the end have to
//! be refused. Its function for gzip files (RFC 1952) does tell, if it is asked cunningly: it looks for the checksum
//! and the size of the content right behind the end of the stream. So an entry is given to it as the gzip file that it
//! would be, and whether the four bytes of the size occur anywhere before their place at the end of that file is looked
//! up first: if not, they were found where they were put, and the checksum before them is the promised one. To look for
//! checksum and size together would not do: the data may hold the checksum of a content that was not promised.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use libdeflater::Decompressor;
use memchr::memmem;

use super::ReadAt;
use super::data_span::DataSpan;

/// Content and data of an entry up to this many bytes together may be in memory in every thread.
const FREE: u64 = 1 << 20;
/// Bytes that the larger ones of all threads may have together. What finds no room is inflated in pieces: nobody waits.
const ROOM: u64 = 16 << 20;
/// A gzip file's first bytes: deflated, no flags, no time, an unknown system (RFC 1952, section 2.3).
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Bytes of [`ROOM`] that are taken.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// Inflates entries one after the other, reusing its buffers.
#[derive(Default)]
pub(super) struct WholeInflater {
    decompressor: Option<Decompressor>,
    input: Vec<u8>,
    output: Vec<u8>,
    room: Room,
}

/// A part of [`ROOM`], given back when it is dropped.
struct Room {
    /// Bytes that all parts together have taken.
    taken: &'static AtomicU64,
    /// Bytes that this part has taken.
    bytes: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self { taken: &TAKEN, bytes: 0 }
    }
}

impl Room {
    /// Enlarges the part to `wanted` bytes; false when there are not as many left.
    fn enlarge(&mut self, wanted: u64) -> bool {
        let more = wanted.saturating_sub(self.bytes);
        let add = |taken: u64| taken.checked_add(more).filter(|taken| *taken <= ROOM);
        let is_there = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok();
        self.bytes += if is_there { more } else { 0 };
        is_there
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl WholeInflater {
    /// The content of an entry, of exactly the promised size and CRC, from data that end where its deflate stream does.
    /// `None` when it is not such an entry, or not known to be one.
    pub(super) fn read(&mut self, file: &(impl ReadAt + ?Sized), span: &DataSpan) -> io::Result<Option<&[u8]>> {
        if !span.deflated || span.size == 0 || !self.has_room(span) {
            return Ok(None);
        }
        let (Ok(size), Ok(length), Ok(size_of_gzip)) =
            (usize::try_from(span.size), usize::try_from(span.compressed_size), u32::try_from(span.size))
        else {
            return Ok(None);
        };
        let end = HEAD.len() + length;
        let mut tail = [0; 8];
        tail[..4].copy_from_slice(&span.crc32.to_le_bytes());
        tail[4..].copy_from_slice(&size_of_gzip.to_le_bytes());
        grow(&mut self.input, end + tail.len());
        let input = &mut self.input[..end + tail.len()];
        input[..HEAD.len()].copy_from_slice(&HEAD);
        file.read_exact_at(&mut input[HEAD.len()..end], span.offset)?;
        input[end..].copy_from_slice(&tail);
        // A stream that ends at `length` has its size four bytes later: no stream can end before.
        if memmem::find(&input[HEAD.len() + 4..], &tail[4..]) != Some(length) {
            return Ok(None);
        }
        grow(&mut self.output, size);
        let output = &mut self.output[..size];
        let made = self.decompressor.get_or_insert_with(Decompressor::new).gzip_decompress(input, output);
        Ok((made == Ok(size)).then_some(output))
    }

    /// Whether content and data of an entry may be in memory.
    fn has_room(&mut self, span: &DataSpan) -> bool {
        // What the buffers have grown to stays theirs.
        let longest = |buffer: &Vec<u8>, wanted: u64| wanted.max(buffer.len() as u64);
        let (size, compressed) = (longest(&self.output, span.size), longest(&self.input, span.compressed_size));
        let Some(both) = size.checked_add(compressed) else { return false };
        both <= FREE || self.room.enlarge(both)
    }
}

/// Makes a buffer that is too short anew, of exactly the length, which is what was counted. What it held is gone: large
/// ones come from the system full of zeros, so that nothing has to be written before the content is.
fn grow(buffer: &mut Vec<u8>, length: usize) {
    if buffer.len() < length {
        *buffer = Vec::new();
        *buffer = vec![0; length];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Compressed, deflate};

    /// A file that holds one deflated entry and nothing else.
    fn entry(content: &[u8]) -> (Vec<u8>, DataSpan) {
        let Compressed { data, size, crc32, deflated } = deflate(content);
        let span = DataSpan { offset: 0, compressed_size: data.len() as u64, size, crc32, deflated };
        (data, span)
    }

    fn read(file: &Vec<u8>, span: &DataSpan) -> Option<Vec<u8>> {
        WholeInflater::default().read(file, span).expect("memory can be read").map(<[u8]>::to_vec)
    }

    #[test]
    fn what_is_as_promised_is_inflated() {
        let content = b"def handler(event, context): return event\n".repeat(300);
        let (file, span) = entry(&content);
        assert_eq!(read(&file, &span), Some(content));
    }

    #[test]
    fn what_is_not_as_promised_is_left_to_the_other_way() {
        let content = b"def handler(event, context): return event\n".repeat(300);
        let (file, span) = entry(&content);
        assert_eq!(read(&file, &DataSpan { crc32: span.crc32 ^ 1, ..span }), None, "another CRC");
        assert_eq!(read(&file, &DataSpan { size: span.size - 1, ..span }), None, "more than promised");
        assert_eq!(read(&file, &DataSpan { size: span.size + 1, ..span }), None, "less than promised");
        assert_eq!(read(&file, &DataSpan { compressed_size: span.compressed_size - 1, ..span }), None, "cut off");
        assert_eq!(read(&file, &DataSpan { deflated: false, ..span }), None, "stored");
        assert_eq!(read(&vec![0xff; file.len()], &span), None, "no deflate stream");
    }

    #[test]
    fn large_entries_share_a_room() {
        static TAKEN: AtomicU64 = AtomicU64::new(0);
        let (mut one, mut other) = (Room { taken: &TAKEN, bytes: 0 }, Room { taken: &TAKEN, bytes: 0 });
        assert!(one.enlarge(ROOM / 2) && one.enlarge(ROOM * 3 / 4), "a part grows");
        assert!(!other.enlarge(ROOM / 2), "the other finds no room");
        drop(one);
        assert!(other.enlarge(ROOM / 2), "and finds it when it is given back");
    }

    #[test]
    fn an_end_with_the_checksum_of_another_content_is_none() {
        let content = b"print('hello')\n".repeat(40);
        let (file, span) = entry(&content);
        let longer = [&file[..], &span.crc32.to_le_bytes(), &600_u32.to_le_bytes()].concat();
        let span = DataSpan { compressed_size: longer.len() as u64, crc32: span.crc32 ^ 1, ..span };
        assert_eq!(read(&longer, &span), None, "what zlib refuses twice");
    }

    #[test]
    fn bytes_after_the_stream_are_seen_also_when_they_play_its_end() {
        let (file, span) = entry(&b"print('hello')\n".repeat(40));
        let tail = [span.crc32.to_le_bytes(), 600_u32.to_le_bytes()].concat();
        for behind in [vec![0], tail.clone(), [tail, b"hidden".to_vec()].concat()] {
            let longer = [file.clone(), behind].concat();
            let span = DataSpan { compressed_size: longer.len() as u64, ..span };
            assert_eq!(read(&longer, &span), None);
        }
    }
}
