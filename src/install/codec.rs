//! The compact form in which plans, stamps and summaries lie in the cache: a first line with the version, fields
//! without names, and a checksum at the end, so that a damaged or cut file is as good as none.

use crate::archive::crc32;

/// Writes fields.
pub(crate) struct FieldWriter(Vec<u8>);

impl FieldWriter {
    pub(crate) fn new(first_line: &str) -> Self {
        Self(first_line.as_bytes().to_vec())
    }

    pub(crate) fn number(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&crc32(&self.0).to_le_bytes());
        self.0
    }
}

/// Reads fields; `None` wherever something else was written than is asked for.
pub(crate) struct FieldReader<'a>(&'a [u8]);

impl<'a> FieldReader<'a> {
    pub(crate) fn new(first_line: &str, bytes: &'a [u8]) -> Option<Self> {
        let (content, promised) = bytes.split_last_chunk()?;
        (u32::from_le_bytes(*promised) == crc32(content)).then_some(())?;
        content.strip_prefix(first_line.as_bytes()).map(Self)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*number))
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// A number of items that follow, each of at least eight bytes: never more than there can be.
    pub(crate) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len() / 8).then_some(count)
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}
