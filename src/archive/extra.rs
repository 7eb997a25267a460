//! Extra fields of local and central headers (APPNOTE 4.5, 4.6).

use super::crc32;
use super::fields::{holds_signature, u16_at, u32_at, u64_at};

/// Zip64 extended information.
const ZIP64: u16 = 0x0001;
/// PKWARE Unix: may carry the target of a link.
const PKWARE_UNIX: u16 = 0x000d;
/// Its length without a link target.
const PKWARE_UNIX_PLAIN: usize = 12;
/// Info-ZIP Unicode path.
const UNICODE_PATH: u16 = 0x7075;
/// Fields that change what an entry is: patch descriptor, strong encryption, `ASi` Unix (links, devices), AES.
const FORBIDDEN: [u16; 4] = [0x000f, 0x0017, 0x756e, 0x9901];

/// What extra fields say that matters.
#[derive(Debug, Default)]
pub(super) struct Extra<'a> {
    /// The content of the zip64 field.
    pub(super) zip64: Option<&'a [u8]>,
}

/// Sizes and offset of a header, after zip64 took the place of those that did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Unpacked size.
    pub(super) size: u64,
    /// Size of the data.
    pub(super) compressed_size: u64,
    /// Offset of the local header; meaningless in a local header.
    pub(super) offset: u64,
}

impl<'a> Extra<'a> {
    /// Reads the extra fields of an entry whose name is `name`; the error is the reason to refuse it.
    pub(super) fn parse(bytes: &'a [u8], name: &[u8]) -> Result<Self, &'static str> {
        let mut extra = Self::default();
        let mut unicode_path_seen = false;
        let mut rest = bytes;
        while !rest.is_empty() {
            if rest.len() < 4 {
                return Err("its extra fields do not fill their space");
            }
            let (id, length) = (u16_at(rest, 0), usize::from(u16_at(rest, 2)));
            let Some(content) = rest[4..].get(..length) else {
                return Err("an extra field is longer than its space");
            };
            rest = &rest[4 + length..];
            match id {
                ZIP64 if extra.zip64.is_some() => return Err("it has two zip64 fields"),
                ZIP64 => extra.zip64 = Some(content),
                UNICODE_PATH if unicode_path_seen => return Err("it has two Unicode path fields"),
                UNICODE_PATH => {
                    unicode_path_seen = true;
                    if !is_same_path(content, name) {
                        return Err("its Unicode path field gives another name");
                    }
                }
                PKWARE_UNIX if length > PKWARE_UNIX_PLAIN => return Err("it is a link or device"),
                id if FORBIDDEN.contains(&id) => return Err("it is encrypted, a patch, a link or a device"),
                _ => {}
            }
        }
        if holds_signature(bytes) {
            return Err("its extra fields hold the signature of a zip record");
        }
        Ok(extra)
    }

    /// Takes the zip64 values of those fields that are at their maximum: exactly these must be there, in this order.
    pub(super) fn widen(&self, size: u32, compressed_size: u32, offset: u32) -> Result<Sizes, &'static str> {
        let mut rest = self.zip64.unwrap_or_default();
        let mut take = |field: u32| {
            if field != u32::MAX {
                return Ok(u64::from(field));
            }
            if rest.len() < 8 {
                return Err("a size or offset is missing from its zip64 field");
            }
            let value = u64_at(rest, 0);
            rest = &rest[8..];
            Ok(value)
        };
        let sizes = Sizes { size: take(size)?, compressed_size: take(compressed_size)?, offset: take(offset)? };
        if !rest.is_empty() {
            return Err("its zip64 field holds more than what did not fit");
        }
        Ok(sizes)
    }
}

impl Extra<'_> {
    /// The sizes of a local header, where zip64 holds both. Bazel's zipper writes the field also where both fit
    /// (protobuf's wheels): accepted as long as it says the same.
    pub(super) fn widen_local(&self, size: u32, compressed_size: u32) -> Result<Sizes, &'static str> {
        let Some(wide) = self.zip64.filter(|wide| wide.len() == 16) else {
            return self.widen(size, compressed_size, 0);
        };
        let sizes = Sizes { size: u64_at(wide, 0), compressed_size: u64_at(wide, 8), offset: 0 };
        let agree = |narrow: u32, wide: u64| narrow == u32::MAX || u64::from(narrow) == wide;
        if !agree(size, sizes.size) || !agree(compressed_size, sizes.compressed_size) {
            return Err("its zip64 field disagrees with its local header");
        }
        Ok(sizes)
    }
}

/// Whether a Unicode path field repeats `name`: version 1, the name's CRC, the name.
fn is_same_path(content: &[u8], name: &[u8]) -> bool {
    content.len() >= 5 && content[0] == 1 && u32_at(content, 1) == crc32(name) && &content[5..] == name
}
