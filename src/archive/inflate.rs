//! The bytes of an entry, checked against its sizes and CRC while they pass.
//!
//! There are two ways to inflate. Most entries are small enough to be in memory as a whole, twice, and libdeflate
//! inflates such ones in little more than half of the time (`whole.rs`). What it does not confirm, and what is larger,
//! goes through zlib piece by piece, which has the last word: it alone refuses, and says why.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};

use super::data_span::DataSpan;
use super::whole::WholeInflater;
use super::{ArchiveError, Crc32, ReadAt};

/// Bytes that are read or handed on at once.
const CHUNK: usize = 128 << 10;

/// Reads entries one after the other, reusing its buffers; one per thread.
pub(crate) struct Inflater {
    state: Decompress,
    input: Vec<u8>,
    output: Vec<u8>,
    whole: WholeInflater,
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inflater").finish_non_exhaustive()
    }
}

impl Default for Inflater {
    fn default() -> Self {
        Self { state: Decompress::new(false), input: Vec::new(), output: Vec::new(), whole: WholeInflater::default() }
    }
}

impl Inflater {
    /// Hands the content of the entry called `name` to `sink`, in pieces.
    ///
    /// # Errors
    /// When the content has another size or CRC than promised, or its deflate stream does not end exactly where the
    /// data ends. Pieces were handed on by then: what was made of them is to be thrown away.
    pub(crate) fn read(
        &mut self,
        file: &(impl ReadAt + ?Sized),
        name: &str,
        span: &DataSpan,
        mut sink: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), ArchiveError> {
        match self.whole.read(file, span).map_err(ArchiveError::Read)? {
            Some(content) => sink(content).map_err(|source| ArchiveError::Write { entry: name.to_owned(), source }),
            None => self.read_in_pieces(file, name, span, sink),
        }
    }

    fn read_in_pieces(
        &mut self,
        file: &(impl ReadAt + ?Sized),
        name: &str,
        span: &DataSpan,
        mut sink: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), ArchiveError> {
        let refuse = |reason| ArchiveError::entry(name, reason);
        let mut crc = Crc32::new();
        let mut pass = |bytes: &[u8]| {
            crc.update(bytes);
            sink(bytes).map_err(|source| ArchiveError::Write { entry: name.to_owned(), source })
        };
        let mut source = Source { file, offset: span.offset, left: span.compressed_size };
        if span.deflated {
            self.inflate(&mut source, span.size, refuse, &mut pass)?;
        } else {
            if span.size != span.compressed_size {
                return Err(refuse("it is stored, but its two sizes differ"));
            }
            while source.fill(&mut self.input)? {
                pass(&self.input)?;
            }
        }
        if crc.sum() != span.crc32 {
            return Err(refuse("its content is damaged: its checksum (CRC) is another one"));
        }
        Ok(())
    }

    fn inflate(
        &mut self,
        source: &mut Source<'_, impl ReadAt + ?Sized>,
        size: u64,
        refuse: impl Fn(&'static str) -> ArchiveError,
        pass: &mut impl FnMut(&[u8]) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        self.state.reset(false);
        // One byte more than promised, so that too much content is seen and not cut off.
        let room = usize::try_from(size).unwrap_or(CHUNK).saturating_add(1).min(CHUNK);
        if self.output.len() < room {
            self.output.resize(room, 0);
        }
        self.input.clear();
        let (mut at, mut made) = (0, 0_u64);
        loop {
            if at == self.input.len() {
                at = 0;
                if !source.fill(&mut self.input)? {
                    self.input.clear();
                }
            }
            let (before_in, before_out) = (self.state.total_in(), self.state.total_out());
            let status = self
                .state
                .decompress(&self.input[at..], &mut self.output, FlushDecompress::None)
                .map_err(|_| refuse("its data is not a deflate stream"))?;
            let consumed = self.state.total_in() - before_in;
            let produced = usize::try_from(self.state.total_out() - before_out).expect("at most the buffer's length");
            at += usize::try_from(consumed).expect("at most the buffer's length");
            made += produced as u64;
            if made > size {
                return Err(refuse("it holds more than its promised size"));
            }
            if produced > 0 {
                pass(&self.output[..produced])?;
            }
            match status {
                Status::StreamEnd => break,
                Status::Ok | Status::BufError if consumed == 0 && produced == 0 => {
                    return Err(refuse("its data is cut off"));
                }
                Status::Ok | Status::BufError => {}
            }
        }
        if made != size {
            return Err(refuse("it holds less than its promised size"));
        }
        if at != self.input.len() || source.left != 0 {
            return Err(refuse("bytes follow the end of its deflate stream"));
        }
        Ok(())
    }
}

/// The data of an entry, read forward.
struct Source<'a, F: ?Sized> {
    file: &'a F,
    offset: u64,
    left: u64,
}

impl<F: ReadAt + ?Sized> Source<'_, F> {
    /// Replaces `buffer` by the next bytes; false at the end.
    fn fill(&mut self, buffer: &mut Vec<u8>) -> Result<bool, ArchiveError> {
        let length = usize::try_from(self.left).unwrap_or(CHUNK).min(CHUNK);
        if length == 0 {
            return Ok(false);
        }
        buffer.resize(length, 0);
        self.file.read_exact_at(buffer, self.offset).map_err(ArchiveError::Read)?;
        self.offset += length as u64;
        self.left -= length as u64;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Compressed, deflate};

    /// Bytes that look random and are the same in each run.
    fn chance(seed: &mut u64) -> u64 {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        *seed
    }

    #[test]
    fn what_is_inflated_in_one_piece_is_what_is_inflated_in_pieces() {
        let mut seed = 0x9e37_79b9_7f4a_7c15;
        let content: Vec<u8> =
            (0..6000).map(|_| b"import os\n"[usize::try_from(chance(&mut seed) % 10).unwrap()]).collect();
        let Compressed { data, size, crc32, deflated } = deflate(&content);
        let (mut inflater, mut confirmed) = (Inflater::default(), 0);
        for round in 0..4000 {
            let mut data = data.clone();
            let at = usize::try_from(chance(&mut seed)).unwrap_or(usize::MAX) % data.len();
            match round % 4 {
                0 => {}
                1 => data[at] ^= 1 << (seed % 8),
                2 => data.truncate(at + 1),
                _ => data.extend_from_slice(&seed.to_le_bytes()[..=at % 8]),
            }
            let span = DataSpan { offset: 0, compressed_size: data.len() as u64, size, crc32, deflated };
            let whole = inflater.whole.read(&data, &span).unwrap().map(<[u8]>::to_vec);
            let mut pieces = Vec::new();
            let read = inflater.read_in_pieces(&data, "a", &span, |bytes| {
                pieces.extend_from_slice(bytes);
                Ok(())
            });
            assert!(whole.is_none() || read.is_ok() && whole.as_ref() == Some(&pieces), "round {round}");
            assert!(read.is_err() || pieces == content, "round {round}");
            confirmed += u32::from(whole.is_some());
        }
        assert!(confirmed >= 1000, "{confirmed} of 4000");
    }
}
