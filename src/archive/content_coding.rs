//! Bodies in a content coding of HTTP, decoded whole (RFC 9110, section 8.4.1).
//!
//! All of a body counts: every member of a gzip (RFC 1952, section 2.2) and every frame of a Zstandard stream (RFC 8878,
//! section 3), for a page whose end is passed over has fewer versions and looks well. A stream that is cut off, and bytes
//! behind the end that are none of it, are errors; zeros behind a gzip are nothing, as for everybody.

use std::io::Read;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::bufread::GzDecoder;
use flate2::{Decompress, FlushDecompress, Status};

/// Bytes by which the room for what is decoded grows.
const STEP_BYTES: usize = 64 << 10;

/// Largest window of a Zstandard frame that is given memory, as a power of two: the one that RFC 9659 sets for HTTP.
const ZSTANDARD_WINDOW: u32 = 23;

/// How a body is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentCoding {
    /// One gzip member after the other.
    Gzip,
    /// A zlib stream by the letter (RFC 1950), a bare deflate stream from some servers.
    Deflate,
    /// One Brotli stream (RFC 7932).
    Brotli,
    /// One Zstandard frame after the other.
    Zstandard,
}

/// Why a body cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodingFault {
    /// It decodes to more bytes than its reader accepts.
    TooLarge,
    /// It is not what its coding says.
    Damaged(&'static str),
}

const CUT_OFF: CodingFault = CodingFault::Damaged("is cut off");
const FOLLOWED: CodingFault = CodingFault::Damaged("has bytes behind its end");
const NO_STREAM: CodingFault = CodingFault::Damaged("is no such stream");

impl ContentCoding {
    /// Decodes a whole body, to `limit` bytes at most. One of no bytes is empty in every coding.
    pub(crate) fn decode(self, bytes: &[u8], limit: u64) -> Result<Vec<u8>, CodingFault> {
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Self::Gzip => gunzip(bytes, limit),
            Self::Deflate => match inflate(bytes, true, limit) {
                Err(NO_STREAM) => inflate(bytes, false, limit),
                decoded => decoded,
            },
            Self::Brotli => from_brotli(bytes, limit),
            Self::Zstandard => from_zstandard(bytes, limit),
        }
    }
}

fn gunzip(bytes: &[u8], limit: u64) -> Result<Vec<u8>, CodingFault> {
    let (mut rest, mut decoded) = (bytes, Vec::new());
    loop {
        let mut member = GzDecoder::new(rest);
        read_all(&mut member, &mut decoded, limit)?;
        rest = member.into_inner();
        if rest.iter().all(|byte| *byte == 0) {
            return Ok(decoded);
        }
        if !rest.starts_with(&[0x1f, 0x8b]) {
            return Err(FOLLOWED);
        }
    }
}

fn from_zstandard(bytes: &[u8], limit: u64) -> Result<Vec<u8>, CodingFault> {
    let mut frames = zstd::stream::read::Decoder::with_buffer(bytes).map_err(|_| NO_STREAM)?;
    frames.window_log_max(ZSTANDARD_WINDOW).map_err(|_| NO_STREAM)?;
    let mut decoded = Vec::new();
    read_all(&mut frames, &mut decoded, limit)?;
    Ok(decoded)
}

/// Reads to the end, behind what is there already.
fn read_all(from: &mut impl Read, decoded: &mut Vec<u8>, limit: u64) -> Result<(), CodingFault> {
    let room = limit.saturating_sub(decoded.len() as u64);
    let read = from.take(room + 1).read_to_end(decoded);
    let made = read.map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => CUT_OFF,
        _ => NO_STREAM,
    })?;
    if made as u64 > room { Err(CodingFault::TooLarge) } else { Ok(()) }
}

fn inflate(bytes: &[u8], has_header: bool, limit: u64) -> Result<Vec<u8>, CodingFault> {
    let (mut state, mut decoded) = (Decompress::new(has_header), Vec::new());
    loop {
        decoded.reserve(STEP_BYTES);
        let rest = usize::try_from(state.total_in()).ok().and_then(|read| bytes.get(read..)).unwrap_or_default();
        let status = state.decompress_vec(rest, &mut decoded, FlushDecompress::None).map_err(|_| NO_STREAM)?;
        let is_all_read = state.total_in() == bytes.len() as u64;
        match status {
            _ if decoded.len() as u64 > limit => return Err(CodingFault::TooLarge),
            Status::StreamEnd if is_all_read => return Ok(decoded),
            Status::StreamEnd => return Err(FOLLOWED),
            // There was room for more, and nothing to make it of.
            Status::Ok | Status::BufError if is_all_read && decoded.len() < decoded.capacity() => return Err(CUT_OFF),
            Status::Ok | Status::BufError => {}
        }
    }
}

fn from_brotli(bytes: &[u8], limit: u64) -> Result<Vec<u8>, CodingFault> {
    let allocator = StandardAlloc::default;
    let mut state = BrotliState::new(allocator(), allocator(), allocator());
    let (mut left, mut read, mut made, mut decoded) = (bytes.len(), 0, 0, Vec::new());
    loop {
        decoded.resize(made + STEP_BYTES, 0);
        let (mut room, mut total) = (STEP_BYTES, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            bytes,
            &mut room,
            &mut made,
            &mut decoded,
            &mut total,
            &mut state,
        );
        match result {
            _ if made as u64 > limit => return Err(CodingFault::TooLarge),
            BrotliResult::ResultSuccess if left > 0 => return Err(FOLLOWED),
            BrotliResult::ResultSuccess => break,
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput => return Err(CUT_OFF),
            BrotliResult::ResultFailure => return Err(NO_STREAM),
        }
    }
    decoded.truncate(made);
    Ok(decoded)
}
