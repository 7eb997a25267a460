//! A page of an index in the form in which it is kept: nothing has to be read of a version that nobody asks for.
//!
//! A page of a large project lists ten thousand files, and a run looks into those of a handful of versions. So the
//! files are grouped by version when the page arrives: the head has the versions in order, and behind it each version
//! has a block with its files. A run reads the head, and of the blocks those that it tries.
//!
//! ```text
//! head    sizes of the parts (4 × 4 bytes) │ checksum │ per version: end of its text, end of its block │ texts │ last part
//! blocks  per version, newest first: checksum │ files
//! ```
//! All numbers are little endian. The last part of the head is the base URL, the skipped entries and the status of the
//! project in the `MessagePack` form. Head and blocks have checksums of their own, so damage is found in what is read,
//! and only there.

use std::borrow::Cow;
use std::ops::Range;
use std::str::FromStr as _;
use std::sync::Arc;

use super::packed_file::{self, PackedFile};
use super::packing::Packing;
use super::{DistFile, IndexOrigin, PackageName, PageError, ProjectPage, ProjectStatus, SafeUrl, SkippedFile, Version};

/// Bytes of the sizes at the beginning.
const SIZES: usize = 16;
/// Bytes of a checksum.
const CHECKSUM: usize = 8;
/// Where the table begins.
const TABLE: usize = SIZES + CHECKSUM;
/// Bytes of a version's entry in the table.
const ENTRY: usize = 8;

/// The two parts of a packed page, as they are written one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedBytes {
    /// What is read whenever the page is.
    pub head: Vec<u8>,
    /// The files of the project, in blocks of their own.
    pub blocks: Vec<u8>,
}

/// Where the blocks of a page are.
pub trait PageBlocks: Send + Sync {
    /// Some of their bytes; `None` when they cannot be read.
    fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>>;

    /// Told when what was read is not what was written.
    fn note_damage(&self) {}
}

impl PageBlocks for Vec<u8> {
    fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        self.get(range).map(Cow::Borrowed)
    }
}

/// A page of an index, packed.
pub struct PackedPage {
    head: Vec<u8>,
    blocks: Box<dyn PageBlocks>,
    versions: usize,
    texts_at: usize,
    base: SafeUrl,
    skipped: Vec<SkippedFile>,
    status: ProjectStatus,
}

impl ProjectPage<'_> {
    /// Packs the files of one project. Files of other projects and of kinds that nobody installs are left out in
    /// silence; those that look like a distribution and are not one are kept as skipped, with the reason.
    ///
    /// # Errors
    /// When it has more than the 4 GiB that the form can say.
    pub fn pack(&self, project: &PackageName) -> Result<PackedBytes, PageError> {
        encode(&Packing::of_project(self, project), &self.status).ok_or(PageError::Length)
    }

    /// Packs a page that lists files of many projects, as they are: as one block, to be unpacked as a whole.
    ///
    /// # Errors
    /// When it has more than the 4 GiB that the form can say.
    pub fn pack_whole(&self) -> Result<PackedBytes, PageError> {
        encode(&Packing::of_all(self), &self.status).ok_or(PageError::Length)
    }
}

fn encode(packing: &Packing<'_>, status: &ProjectStatus) -> Option<PackedBytes> {
    let last = rmp_serde::to_vec(&(packing.base, &packing.skipped, status)).ok()?;
    let (mut table, mut texts, mut blocks) = (Vec::new(), String::new(), Vec::new());
    for (version, files) in packing.releases.iter().rev() {
        texts.push_str(version);
        let start = blocks.len();
        blocks.extend([0; CHECKSUM]);
        for file in files {
            packed_file::write(&mut blocks, file);
        }
        let sum = checksum(&blocks[start + CHECKSUM..]).to_le_bytes();
        blocks[start..start + CHECKSUM].copy_from_slice(&sum);
        for end in [texts.len(), blocks.len()] {
            table.extend(u32::try_from(end).ok()?.to_le_bytes());
        }
    }
    let mut head = Vec::with_capacity(TABLE + table.len() + texts.len() + last.len());
    for size in [packing.releases.len(), texts.len(), last.len(), blocks.len()] {
        head.extend(u32::try_from(size).ok()?.to_le_bytes());
    }
    head.extend([0; CHECKSUM]);
    head.extend(table);
    head.extend(texts.as_bytes());
    head.extend(last);
    let sum = head_checksum(&head).to_le_bytes();
    head[SIZES..TABLE].copy_from_slice(&sum);
    Some(PackedBytes { head, blocks })
}

impl PackedBytes {
    /// The page that is packed in these bytes.
    pub fn into_page(self) -> Option<PackedPage> {
        PackedPage::read(self.head, Box::new(self.blocks))
    }
}

impl PackedPage {
    /// How long head and blocks are, when `beginning` has the sizes.
    pub fn lengths(beginning: &[u8]) -> Option<(usize, usize)> {
        let mut sizes = beginning.get(..SIZES)?.chunks_exact(4).map(number);
        let (versions, texts, last, blocks) = (sizes.next()?, sizes.next()?, sizes.next()?, sizes.next()?);
        let head = TABLE.checked_add(versions.checked_mul(ENTRY)?)?.checked_add(texts)?.checked_add(last)?;
        Some((head, blocks))
    }

    /// Reads a page; `None` when the head is not one, or not whole.
    pub fn read(head: Vec<u8>, blocks: Box<dyn PageBlocks>) -> Option<Self> {
        let (length, _) = Self::lengths(&head)?;
        if head.len() != length || head_checksum(&head).to_le_bytes() != head[SIZES..TABLE] {
            return None;
        }
        let (versions, texts) = (number(&head[..4]), number(&head[4..8]));
        let texts_at = TABLE + versions * ENTRY;
        let (base, skipped, status) = rmp_serde::from_slice(&head[texts_at + texts..]).ok()?;
        Some(Self { head, blocks, versions, texts_at, base, skipped, status })
    }

    /// The page as it was, when it was packed as a whole. `None`: it is damaged.
    pub fn unpack(&self) -> Option<ProjectPage<'static>> {
        let mut files = Vec::new();
        for place in 0..self.versions {
            self.each_file(place, |file| files.push(file.listed().into_owned()))?;
        }
        Some(ProjectPage { base: self.base.clone(), files, skipped: self.skipped.clone(), status: self.status.clone() })
    }

    /// Entries of the page that are not usable.
    pub(super) fn skipped(&self) -> &[SkippedFile] {
        &self.skipped
    }

    /// What the index says of the project.
    pub(super) fn status(&self) -> &ProjectStatus {
        &self.status
    }

    /// How many versions it has.
    pub(super) fn versions(&self) -> usize {
        self.versions
    }

    /// A version; 0 is the newest.
    pub(super) fn version(&self, place: usize) -> Version {
        let start = place.checked_sub(1).map_or(0, |before| self.ends(before).0);
        let text = self.head.get(self.texts_at + start..self.texts_at + self.ends(place).0);
        let version = text.and_then(|text| Version::from_str(std::str::from_utf8(text).ok()?).ok());
        version.unwrap_or_else(|| {
            self.blocks.note_damage();
            Version::new([0]).with_dev(Some(0))
        })
    }

    /// The files of a version of which `is_wanted` takes the name, in the order of the page.
    pub(super) fn files(
        &self,
        place: usize,
        project: &PackageName,
        origin: &Arc<IndexOrigin>,
        is_wanted: &dyn Fn(&str) -> bool,
    ) -> Vec<DistFile> {
        let mut files = Vec::new();
        let all = self.each_file(place, |file| {
            if is_wanted(file.filename) {
                // What cannot be read was not packed.
                files.extend(file.listed().read(project, &self.base, origin).ok().flatten());
            }
        });
        if all.is_none() {
            self.blocks.note_damage();
        }
        files
    }

    fn each_file(&self, place: usize, mut look: impl FnMut(&PackedFile<'_>)) -> Option<()> {
        let start = place.checked_sub(1).map_or(0, |before| self.ends(before).1);
        let block = self.blocks.read(start..self.ends(place).1)?;
        let (sum, mut rest) = block.split_at_checked(CHECKSUM)?;
        (checksum(rest).to_le_bytes() == sum).then_some(())?;
        while !rest.is_empty() {
            look(&packed_file::read(&mut rest)?);
        }
        Some(())
    }

    /// Where the text and the block of a version end.
    fn ends(&self, place: usize) -> (usize, usize) {
        let entry = &self.head[TABLE + place * ENTRY..][..ENTRY];
        (number(&entry[..4]), number(&entry[4..]))
    }
}

/// The checksum of a head: of everything but the checksum.
fn head_checksum(head: &[u8]) -> u64 {
    checksum(&head[..SIZES]) ^ checksum(&head[TABLE..]).rotate_left(1)
}

/// Four bytes as a number.
fn number(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// A checksum against damage, not against malice: who can write the cache can write any page.
fn checksum(bytes: &[u8]) -> u64 {
    // An odd number without a pattern: the fraction of the golden ratio.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut words = bytes.chunks_exact(8);
    let mix = |sum: u64, word: u64| (sum ^ word).wrapping_mul(FACTOR).rotate_left(29);
    let sum = words.by_ref().fold(bytes.len() as u64, |sum, word| {
        mix(sum, word.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    });
    let last = words.remainder().iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
    mix(mix(sum, last), FACTOR)
}
