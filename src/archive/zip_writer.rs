//! Writing zips that are the same bytes everywhere: fixed times, given modes, the caller's order, no extra fields.
//!
//! Sizes and CRC are known before an entry is written, so output streams and needs no data descriptors: programs that
//! read from the front, such as Java's `ZipInputStream`, accept it. Zip64 is used only where a number demands it.

use std::fs::File;
use std::io::{self, Write};

use flate2::{Compress, Compression, FlushCompress, Status};
use serde::{Deserialize, Serialize};

use super::fields::{
    CENTRAL_HEADER, DEFLATED, END_RECORD, FLAG_UTF8, LOCAL_HEADER, STORED, ZIP64_END_RECORD, ZIP64_LOCATOR,
};
use super::{Crc32, DataSpan, ReadAt as _, SafePath, crc32};
use crate::regular::each_piece;

/// 1980-01-01 00:00 in MS-DOS form, the earliest that a zip can express: date in the upper half, time in the lower.
const TIME: u32 = 0x0021_0000;
/// The level whose output is within a percent of the best for Python source, at a third of its cost.
const LEVEL: u32 = 6;
/// Spans up to this length are copied through memory, longer ones by the kernel.
const COPY_MOST: usize = 64 << 10;

/// What an archive is written to.
pub(crate) trait ZipSink: Write {
    /// Writes `length` bytes of a file, from `offset` on.
    fn append(&mut self, from: &File, offset: u64, length: u64) -> io::Result<()>;
}

/// Writes one archive.
#[derive(Debug)]
pub(crate) struct ZipWriter<W> {
    out: W,
    position: u64,
    directory: Vec<u8>,
    entries: u64,
    buffer: Vec<u8>,
}

/// How far an archive is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ZipProgress {
    /// Where the next entry begins, or the directory.
    pub position: u64,
    /// Bytes of the directory about the entries so far.
    pub directory_bytes: u64,
    pub entries: u64,
}

/// Content that is ready to be written: deflated, or stored where deflate does not make it smaller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compressed {
    pub data: Vec<u8>,
    /// Length of the content.
    pub size: u64,
    /// CRC-32 of the content.
    pub crc32: u32,
    /// Whether `data` is deflated.
    pub deflated: bool,
}

/// Compresses content for [`ZipWriter::add`]; to be called from several threads.
pub(crate) fn deflate(content: &[u8]) -> Compressed {
    let (size, crc32) = (content.len() as u64, crc32(content));
    let mut data = vec![0; content.len()];
    let mut state = Compress::new(Compression::new(LEVEL), false);
    // A buffer as long as the content is enough for every deflate stream that is worth having.
    let finished = matches!(state.compress(content, &mut data, FlushCompress::Finish), Ok(Status::StreamEnd));
    let length = usize::try_from(state.total_out()).unwrap_or(usize::MAX);
    if finished && length < content.len() {
        data.truncate(length);
        return Compressed { data, size, crc32, deflated: true };
    }
    data.copy_from_slice(content);
    Compressed { data, size, crc32, deflated: false }
}

/// Compresses content that is too large for memory, from `content` to `out` at its `offset`; what was written can be
/// spliced into an archive. `each` sees all of the content, piece by piece.
pub(crate) fn deflate_stream(
    content: &mut impl io::Read,
    out: impl Write,
    offset: u64,
    mut each: impl FnMut(&[u8]),
) -> io::Result<DataSpan> {
    let mut encoder = flate2::write::DeflateEncoder::new(out, Compression::new(LEVEL));
    let mut crc = Crc32::new();
    let size = each_piece(content, u64::MAX, std::convert::identity, |piece| {
        crc.update(piece);
        each(piece);
        encoder.write_all(piece)
    })?;
    encoder.try_finish()?;
    let compressed_size = encoder.total_out();
    encoder.finish()?.flush()?;
    Ok(DataSpan { offset, compressed_size, size, crc32: crc.sum(), deflated: true })
}

impl<W: ZipSink> ZipWriter<W> {
    /// An archive that is written to `out`, from its current position.
    pub(crate) fn new(out: W) -> Self {
        Self { out, position: 0, directory: Vec::new(), entries: 0, buffer: Vec::new() }
    }

    /// Goes on with an archive that was written so far to `out`, with this beginning of its directory.
    pub(crate) fn resume(out: W, progress: ZipProgress, directory: Vec<u8>) -> Self {
        Self { out, position: progress.position, directory, entries: progress.entries, buffer: Vec::new() }
    }

    /// How far it is.
    pub(crate) fn progress(&self) -> ZipProgress {
        let directory_bytes = self.directory.len() as u64;
        ZipProgress { position: self.position, directory_bytes, entries: self.entries }
    }

    /// What the directory says of the entries so far.
    pub(crate) fn directory(&self) -> &[u8] {
        &self.directory
    }

    /// What is written to.
    pub(crate) fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Adds a file with content that is ready; gives where its data lies now.
    pub(crate) fn add(&mut self, path: &SafePath, executable: bool, content: &Compressed) -> io::Result<DataSpan> {
        let Compressed { data, size, crc32, deflated } = content;
        self.put(path, file_mode(executable), data, (*size, *crc32, *deflated))
    }

    /// Adds a symbolic link with this text, as Info-ZIP writes them: the text is the content, and the mode says what it
    /// is. Gives where it lies.
    pub(crate) fn add_link(&mut self, path: &SafePath, text: &str) -> io::Result<DataSpan> {
        self.put(path, LINK_MODE, text.as_bytes(), (text.len() as u64, crc32(text.as_bytes()), false))
    }

    fn put(
        &mut self,
        path: &SafePath,
        mode: u32,
        data: &[u8],
        (size, crc32, deflated): (u64, u32, bool),
    ) -> io::Result<DataSpan> {
        let span = DataSpan { offset: 0, compressed_size: data.len() as u64, size, crc32, deflated };
        let offset = self.begin(path, mode, &span)?;
        self.out.write_all(data)?;
        self.position += span.compressed_size;
        Ok(DataSpan { offset, ..span })
    }

    /// Adds a file whose compressed data is copied as it is from another archive; gives where it lies now. Nothing is
    /// checked here: `span` is to come from an archive that was.
    pub(crate) fn splice(
        &mut self,
        path: &SafePath,
        executable: bool,
        source: &File,
        span: &DataSpan,
    ) -> io::Result<DataSpan> {
        let offset = self.begin(path, file_mode(executable), span)?;
        let short = usize::try_from(span.compressed_size).ok().filter(|&length| length <= COPY_MOST);
        if let Some(length) = short {
            self.buffer.resize(length, 0);
            source.read_exact_at(&mut self.buffer, span.offset)?;
            self.out.write_all(&self.buffer)?;
        } else {
            self.out.append(source, span.offset, span.compressed_size)?;
        }
        self.position += span.compressed_size;
        Ok(DataSpan { offset, ..*span })
    }

    /// Writes the directory; gives what was written to and the size of the archive.
    pub(crate) fn finish(mut self) -> io::Result<(W, u64)> {
        let (offset, size, entries) = (self.position, self.directory.len() as u64, self.entries);
        let wide = offset >= u64::from(u32::MAX) || size >= u64::from(u32::MAX) || entries >= u64::from(u16::MAX);
        let mut end = Record::default();
        if wide {
            end.u32(ZIP64_END_RECORD).u64(44).u16(VERSION_MADE_BY).u16(VERSION_ZIP64).u32(0).u32(0);
            end.u64(entries).u64(entries).u64(size).u64(offset);
            end.u32(ZIP64_LOCATOR).u32(0).u64(offset + size).u32(1);
        }
        let entries16 = u16::try_from(entries).unwrap_or(u16::MAX);
        end.u32(END_RECORD).u16(0).u16(0).u16(entries16).u16(entries16);
        end.u32(saturated(size)).u32(saturated(offset)).u16(0);
        self.out.write_all(&self.directory)?;
        self.out.write_all(&end.0)?;
        self.out.flush()?;
        Ok((self.out, offset + size + end.0.len() as u64))
    }

    /// Writes the local header of an entry and notes its central header; gives where its data begins.
    fn begin(&mut self, path: &SafePath, mode: u32, span: &DataSpan) -> io::Result<u64> {
        let name = path.as_str().as_bytes();
        let name_length = u16::try_from(name.len()).map_err(|_| io::ErrorKind::InvalidFilename)?;
        let flags = if path.as_str().is_ascii() { 0 } else { FLAG_UTF8 };
        let method = if span.deflated { DEFLATED } else { STORED };
        let limit = u64::from(u32::MAX);
        let (wide_sizes, wide_offset) = (span.size.max(span.compressed_size) >= limit, self.position >= limit);
        let version = if wide_sizes || wide_offset { VERSION_ZIP64 } else { VERSION };
        // The sizes go wide together: a local header's zip64 field must hold both.
        let size = if wide_sizes { u32::MAX } else { saturated(span.size) };
        let compressed_size = if wide_sizes { u32::MAX } else { saturated(span.compressed_size) };

        let mut extra = Record::default();
        if wide_sizes {
            extra.u16(1).u16(16).u64(span.size).u64(span.compressed_size);
        }
        let extra_length = u16::try_from(extra.0.len()).expect("at most 20 bytes");
        let mut local = Record::default();
        local.u32(LOCAL_HEADER).u16(version).u16(flags).u16(method).u32(TIME);
        local.u32(span.crc32).u32(compressed_size).u32(size).u16(name_length).u16(extra_length);
        local.0.extend_from_slice(name);
        local.0.extend_from_slice(&extra.0);
        self.out.write_all(&local.0)?;

        let mut extra = Record::default();
        if wide_sizes || wide_offset {
            extra.u16(1).u16(if wide_sizes { 16 } else { 0 } + if wide_offset { 8 } else { 0 });
            if wide_sizes {
                extra.u64(span.size).u64(span.compressed_size);
            }
            if wide_offset {
                extra.u64(self.position);
            }
        }
        let extra_length = u16::try_from(extra.0.len()).expect("at most 28 bytes");
        let mut central = Record(std::mem::take(&mut self.directory));
        central.u32(CENTRAL_HEADER).u16(VERSION_MADE_BY).u16(version).u16(flags).u16(method).u32(TIME);
        central.u32(span.crc32).u32(compressed_size).u32(size).u16(name_length).u16(extra_length);
        central.u16(0).u16(0).u16(0).u32(mode << 16).u32(saturated(self.position));
        central.0.extend_from_slice(name);
        central.0.extend_from_slice(&extra.0);
        self.directory = central.0;
        self.position += local.0.len() as u64;
        self.entries += 1;
        Ok(self.position)
    }
}

/// Made on Unix (modes count), by the rules of version 4.5.
const VERSION_MADE_BY: u16 = 0x03_2d;
/// Needed to extract: deflate.
const VERSION: u16 = 20;
/// Needed to extract: zip64.
const VERSION_ZIP64: u16 = 45;

/// Mode of a symbolic link.
const LINK_MODE: u32 = 0o120_777;

/// Mode of a file.
fn file_mode(executable: bool) -> u32 {
    if executable { 0o100_755 } else { 0o100_644 }
}

fn saturated(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Little-endian fields, one after the other.
#[derive(Default)]
struct Record(Vec<u8>);

impl Record {
    fn u16(&mut self, value: u16) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }
}
