//! A gzip stream that has one reading (RFC 1952).
//!
//! Programs disagree about what follows the first member: some read further members as one text, some stop, some pass
//! over zeros. So there is one member here, its length and CRC are right, and nothing follows it.

use std::io::{self, Read};

use flate2::{Decompress, FlushDecompress, Status};

use super::Bound;
use super::{ArchiveError, Crc32, Limits};

/// Bytes that are read and inflated at a time.
const CHUNK: usize = 64 << 10;

/// Longest file name, comment or extra field in the header, bytes: nobody writes them but for a short name.
const HEADER_FIELD_MOST: usize = 4096;

/// The inflated bytes of a gzip file, read forward. The end is told only once everything about it is proved.
pub(super) struct Gzip<R> {
    source: Buffered<R>,
    state: Decompress,
    crc: Crc32,
    made: u64,
    ended: bool,
    limits: Limits,
}

impl<R: Read> Gzip<R> {
    /// Reads the header.
    pub(super) fn new(source: R, limits: &Limits) -> Result<Self, ArchiveError> {
        let mut source = Buffered { source, buffer: vec![0; CHUNK], at: 0, end: 0, consumed: 0 };
        read_header(&mut source)?;
        let (state, crc) = (Decompress::new(false), Crc32::new());
        Ok(Self { source, state, crc, made: 0, ended: false, limits: *limits })
    }

    /// The next inflated bytes; none only at the end.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, ArchiveError> {
        while !self.ended && !out.is_empty() {
            let input = self.source.rest()?;
            let (before_in, before_out) = (self.state.total_in(), self.state.total_out());
            let status = self
                .state
                .decompress(input, out, FlushDecompress::None)
                .map_err(|_| ArchiveError::Tar("its data is not a deflate stream"))?;
            let consumed = usize::try_from(self.state.total_in() - before_in).expect("at most the buffer's length");
            let made = usize::try_from(self.state.total_out() - before_out).expect("at most the buffer's length");
            let is_cut_off = input.is_empty() && made == 0;
            self.source.advance(consumed);
            self.crc.update(&out[..made]);
            self.made += made as u64;
            self.check_limits()?;
            match status {
                Status::StreamEnd => self.check_end()?,
                Status::Ok | Status::BufError if is_cut_off => return Err(ArchiveError::Tar("it is cut off")),
                Status::Ok | Status::BufError => {}
            }
            if made > 0 {
                return Ok(made);
            }
        }
        Ok(0)
    }

    fn check_limits(&self) -> Result<(), ArchiveError> {
        // Headers and padding come on top of the contents: a block and a half for each entry, and a name.
        let headers = self.limits.entries.saturating_mul(1024).saturating_add(self.limits.directory_size);
        let most = self.limits.unpacked_size.saturating_add(headers);
        if self.made > most {
            return Err(ArchiveError::Limit { what: Bound::UnpackedBytes, actual: self.made, limit: most });
        }
        let ratio = self.made / self.source.consumed.max(1);
        if self.made > Limits::RATIO_FREE_SIZE && ratio > self.limits.ratio {
            let (what, limit) = (Bound::Ratio, self.limits.ratio);
            return Err(ArchiveError::Limit { what, actual: ratio, limit });
        }
        Ok(())
    }

    fn check_end(&mut self) -> Result<(), ArchiveError> {
        self.ended = true;
        let mut trailer = [0; 8];
        for byte in &mut trailer {
            *byte = self.source.byte()?;
        }
        let field = |at: usize| u32::from_le_bytes([trailer[at], trailer[at + 1], trailer[at + 2], trailer[at + 3]]);
        if field(0) != self.crc.sum() {
            return Err(ArchiveError::Tar("its content is damaged: its checksum (CRC) is another one"));
        }
        if u64::from(field(4)) != self.made & u64::from(u32::MAX) {
            return Err(ArchiveError::Tar("its content is damaged: it has another size than it says"));
        }
        // Zeros fill up blocks of tapes and disks, and are nothing to everybody.
        loop {
            let rest = self.source.rest()?;
            if rest.iter().any(|byte| *byte != 0) {
                return Err(ArchiveError::Tar("bytes follow the end of its gzip member"));
            }
            let count = rest.len();
            if count == 0 {
                return Ok(());
            }
            self.source.advance(count);
        }
    }
}

fn read_header(source: &mut Buffered<impl Read>) -> Result<(), ArchiveError> {
    // FHCRC, FEXTRA, FNAME and FCOMMENT of the flags; the first, FTEXT, says nothing that matters.
    const HEADER_CRC: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    const RESERVED: u8 = 0b1110_0000;
    let mut crc = Crc32::new();
    let mut fixed = [0; 10];
    for byte in &mut fixed {
        *byte = source.byte()?;
    }
    crc.update(&fixed);
    let flags = fixed[3];
    if fixed[..2] != [0x1f, 0x8b] {
        return Err(ArchiveError::Tar("it does not start with a gzip header"));
    }
    if fixed[2] != 8 {
        return Err(ArchiveError::Tar("its compression method is not deflate"));
    }
    if flags & RESERVED != 0 {
        return Err(ArchiveError::Tar("its gzip header has flags that nobody has defined"));
    }
    if flags & EXTRA != 0 {
        let length = [source.byte()?, source.byte()?];
        crc.update(&length);
        let length = usize::from(u16::from_le_bytes(length));
        if length > HEADER_FIELD_MOST {
            return Err(ArchiveError::Tar("its gzip header has a field that is too long"));
        }
        for _ in 0..length {
            crc.update(&[source.byte()?]);
        }
    }
    for _ in [NAME, COMMENT].into_iter().filter(|flag| flags & flag != 0) {
        let mut length = 0;
        loop {
            let byte = source.byte()?;
            crc.update(&[byte]);
            length += 1;
            match byte {
                0 => break,
                _ if length > HEADER_FIELD_MOST => {
                    return Err(ArchiveError::Tar("its gzip header has a field that is too long"));
                }
                _ => {}
            }
        }
    }
    if flags & HEADER_CRC != 0 {
        let promised = u16::from_le_bytes([source.byte()?, source.byte()?]);
        if u32::from(promised) != crc.sum() & 0xffff {
            return Err(ArchiveError::Tar("its gzip header is damaged: its checksum (CRC) is another one"));
        }
    }
    Ok(())
}

/// Compressed bytes, read forward and counted.
struct Buffered<R> {
    source: R,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    consumed: u64,
}

impl<R: Read> Buffered<R> {
    /// What has been read and not consumed, or the next chunk; empty only at the end.
    fn rest(&mut self) -> Result<&[u8], ArchiveError> {
        if self.at == self.end {
            self.at = 0;
            self.end = loop {
                match self.source.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => break read.map_err(ArchiveError::Read)?,
                }
            };
        }
        Ok(&self.buffer[self.at..self.end])
    }

    fn advance(&mut self, count: usize) {
        self.at += count;
        self.consumed += count as u64;
    }

    fn byte(&mut self) -> Result<u8, ArchiveError> {
        let byte = *self.rest()?.first().ok_or(ArchiveError::Tar("it is cut off"))?;
        self.advance(1);
        Ok(byte)
    }
}
