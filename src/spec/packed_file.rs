//! One file of a packed page, as bytes.
//!
//! ```text
//! what is there (1 byte) │ name │ reference, without the name where it ends in it │ digests
//! │ size │ requires-python │ yanked │ digests of METADATA │ upload time │ provenance
//! ```
//! Texts and digests come with their length or number, numbers in groups of seven bits, the least first (LEB128).

use super::{HashAlgorithm, HashDigest, ListedFile, MetadataOffer, Yanked};

/// Bits of the first byte, which say which parts follow; this one says that the reference ends in the name.
const ENDS_IN_NAME: u8 = 1;
const SIZE: u8 = 1 << 1;
const REQUIRES_PYTHON: u8 = 1 << 2;
const YANKED: u8 = 1 << 3;
const METADATA: u8 = 1 << 4;
const UPLOAD_TIME: u8 = 1 << 5;
const PROVENANCE: u8 = 1 << 6;

/// A file as it lies in a block: nothing of it is copied.
pub(super) struct PackedFile<'a> {
    pub(super) filename: &'a str,
    reference: &'a str,
    ends_in_name: bool,
    hashes: Digests<'a>,
    size: Option<u64>,
    requires_python: Option<&'a str>,
    yanked: Option<&'a str>,
    metadata: Option<Digests<'a>>,
    upload_time: Option<i64>,
    provenance: Option<&'a str>,
}

/// Digests, each the number of its algorithm and its bytes.
struct Digests<'a>(&'a [u8]);

/// Appends a file to a block.
pub(super) fn write(block: &mut Vec<u8>, file: &ListedFile<'_>) {
    let before_name = file.reference.strip_suffix(&*file.filename);
    let flags = [
        (ENDS_IN_NAME, before_name.is_some()),
        (SIZE, file.size.is_some()),
        (REQUIRES_PYTHON, file.requires_python.is_some()),
        (YANKED, file.yanked.is_yanked()),
        (METADATA, matches!(file.metadata, MetadataOffer::Offered(_))),
        (UPLOAD_TIME, file.upload_time.is_some()),
        (PROVENANCE, file.provenance.is_some()),
    ];
    block.push(flags.iter().filter(|(_, is_there)| *is_there).fold(0, |all, (flag, _)| all | flag));
    write_bytes(block, file.filename.as_bytes());
    write_bytes(block, before_name.unwrap_or(&file.reference).as_bytes());
    write_digests(block, &file.hashes);
    if let Some(size) = file.size {
        write_number(block, size);
    }
    if let Some(text) = &file.requires_python {
        write_bytes(block, text.as_bytes());
    }
    if let Yanked::Yes(reason) = &file.yanked {
        write_bytes(block, reason.as_bytes());
    }
    if let MetadataOffer::Offered(digests) = &file.metadata {
        write_digests(block, digests);
    }
    if let Some(time) = file.upload_time {
        write_number(block, time.cast_unsigned());
    }
    if let Some(reference) = &file.provenance {
        write_bytes(block, reference.as_bytes());
    }
}

fn write_bytes(block: &mut Vec<u8>, bytes: &[u8]) {
    write_number(block, bytes.len() as u64);
    block.extend_from_slice(bytes);
}

fn write_digests(block: &mut Vec<u8>, digests: &[HashDigest]) {
    write_number(block, digests.iter().map(|digest| 1 + digest.bytes().len() as u64).sum());
    for digest in digests {
        block.push(digest.algorithm() as u8);
        block.extend_from_slice(digest.bytes());
    }
}

fn write_number(block: &mut Vec<u8>, mut number: u64) {
    loop {
        let [least, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return block.push(least);
        }
        block.push(least | 0x80);
    }
}

/// Takes a file from the beginning of `rest`; `None` when there is none.
pub(super) fn read<'a>(rest: &mut &'a [u8]) -> Option<PackedFile<'a>> {
    let (&flags, behind) = rest.split_first()?;
    *rest = behind;
    let has = |flag: u8| flags & flag != 0;
    Some(PackedFile {
        ends_in_name: has(ENDS_IN_NAME),
        filename: read_text(rest)?,
        reference: read_text(rest)?,
        hashes: Digests(read_bytes(rest)?),
        size: if has(SIZE) { Some(read_number(rest)?) } else { None },
        requires_python: if has(REQUIRES_PYTHON) { Some(read_text(rest)?) } else { None },
        yanked: if has(YANKED) { Some(read_text(rest)?) } else { None },
        metadata: if has(METADATA) { Some(Digests(read_bytes(rest)?)) } else { None },
        upload_time: if has(UPLOAD_TIME) { Some(read_number(rest)?.cast_signed()) } else { None },
        provenance: if has(PROVENANCE) { Some(read_text(rest)?) } else { None },
    })
}

impl<'a> PackedFile<'a> {
    /// The file as the page listed it.
    pub(super) fn listed(&self) -> ListedFile<'a> {
        let reference =
            if self.ends_in_name { [self.reference, self.filename].concat().into() } else { self.reference.into() };
        ListedFile {
            filename: self.filename.into(),
            reference,
            hashes: self.hashes.read(),
            size: self.size,
            requires_python: self.requires_python.map(Into::into),
            yanked: self.yanked.map_or(Yanked::No, |reason| Yanked::Yes(reason.to_owned())),
            metadata: self.metadata.as_ref().map_or(MetadataOffer::None, |it| MetadataOffer::Offered(it.read())),
            upload_time: self.upload_time,
            provenance: self.provenance.map(Into::into),
        }
    }
}

impl Digests<'_> {
    fn read(&self) -> Vec<HashDigest> {
        let mut rest = self.0;
        std::iter::from_fn(|| next_digest(&mut rest)).collect()
    }
}

/// Takes a digest from the beginning of `rest`; `None` when there is none.
fn next_digest(rest: &mut &[u8]) -> Option<HashDigest> {
    let (algorithm, behind) = rest.split_first()?;
    let algorithm = HashAlgorithm::ALL.into_iter().find(|known| *known as u8 == *algorithm)?;
    let (digest, behind) = behind.split_at_checked(algorithm.digest_len())?;
    *rest = behind;
    HashDigest::from_bytes(algorithm, digest)
}

fn read_text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(read_bytes(rest)?).ok()
}

fn read_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(read_number(rest)?).ok()?;
    let (bytes, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(bytes)
}

fn read_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}
