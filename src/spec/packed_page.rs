//! A page of an index in the form in which it is kept: nothing has to be read of a file that nobody asks for.
//!
//! A page of a large project lists ten thousand files, and a run looks into a handful. So the page stays the bytes that
//! it is in the cache: a table with an entry of one size per file, whose fields are places in two heaps, one of bytes
//! (digests) and one of text. [`PackedPage::read`] checks all places once; everything else is read where it is needed.
//!
//! ```text
//! files n · length of heap · length of text (4 bytes each) │ n entries │ heap │ text
//! ```
//! All numbers are little endian. The heap ends with the base URL and the skipped entries in the `MessagePack` form.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::Arc;

use super::listed_dist::ReadRest;
use super::project_page::strip_project;
use super::{
    DistFile, HashAlgorithm, HashDigest, IndexOrigin, ListedDist, ListedFile, MetadataOffer, PackageName, PageError,
    ProjectDetail, ProjectPage, SafeUrl, SkippedFile, Version, Yanked,
};

/// Fields of an entry, each of eight bytes.
const FIELDS: usize = 8;
/// Bytes of an entry.
const ENTRY: usize = FIELDS * 8;
/// Bytes of the three numbers at the beginning.
const HEAD: usize = 12;
/// The field of what is not there.
const ABSENT: u64 = u64::MAX;

/// A page of an index, packed.
#[derive(Debug)]
pub struct PackedPage {
    bytes: Vec<u8>,
    /// Where the page begins in the bytes.
    start: usize,
    files: usize,
    heap_at: usize,
    text_at: usize,
    base: SafeUrl,
    skipped: Vec<SkippedFile>,
}

/// The fields of an entry, in their order.
#[derive(Clone, Copy)]
enum Field {
    Filename,
    Reference,
    RequiresPython,
    Yanked,
    Size,
    UploadTime,
    Hashes,
    Metadata,
}

impl ProjectPage {
    /// Packs the page.
    ///
    /// # Errors
    /// When it has more than the 4 GiB that the form can say.
    pub fn pack(&self) -> Result<PackedPage, PageError> {
        self.try_pack().ok_or(PageError::Length)
    }

    fn try_pack(&self) -> Option<PackedPage> {
        let mut packer = Packer::default();
        for file in &self.files {
            packer.file(file)?;
        }
        let last = rmp_serde::to_vec(&(&self.base, &self.skipped)).ok()?;
        let tail = packer.place_in_heap(&last)?;
        packer.table.extend(tail.to_le_bytes());
        let sizes = [self.files.len(), packer.heap.len(), packer.text.len()];
        let mut bytes = Vec::with_capacity(HEAD + packer.table.len() + packer.heap.len() + packer.text.len());
        for size in sizes {
            bytes.extend(u32::try_from(size).ok()?.to_le_bytes());
        }
        bytes.extend(packer.table);
        bytes.extend(packer.heap);
        bytes.extend(packer.text.as_bytes());
        PackedPage::read(bytes, 0)
    }
}

#[derive(Default)]
struct Packer<'a> {
    table: Vec<u8>,
    heap: Vec<u8>,
    text: String,
    /// Texts that many files share.
    shared: HashMap<&'a str, u64>,
}

impl<'a> Packer<'a> {
    fn file(&mut self, file: &'a ListedFile) -> Option<()> {
        let start = self.text.len();
        let reference = self.place_in_text(&file.reference)?;
        // Most references end in the name.
        let filename = match file.reference.strip_suffix(&*file.filename) {
            Some(before) => place(start + before.len(), file.filename.len())?,
            None => self.place_in_text(&file.filename)?,
        };
        let requires_python = match &file.requires_python {
            Some(text) => self.share(text)?,
            None => ABSENT,
        };
        let yanked = match &file.yanked {
            Yanked::Yes(reason) => self.share(reason)?,
            Yanked::No => ABSENT,
        };
        let hashes = self.digests(&file.hashes)?;
        let metadata = match &file.metadata {
            MetadataOffer::Offered(digests) => self.digests(digests)?,
            MetadataOffer::None => ABSENT,
        };
        let time = file.upload_time.map_or(ABSENT, i64::cast_unsigned);
        let fields =
            [filename, reference, requires_python, yanked, file.size.unwrap_or(ABSENT), time, hashes, metadata];
        self.table.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
        Some(())
    }

    fn place_in_text(&mut self, text: &str) -> Option<u64> {
        let place = place(self.text.len(), text.len());
        self.text.push_str(text);
        place
    }

    fn place_in_heap(&mut self, bytes: &[u8]) -> Option<u64> {
        let place = place(self.heap.len(), bytes.len());
        self.heap.extend_from_slice(bytes);
        place
    }

    fn share(&mut self, text: &'a str) -> Option<u64> {
        if let Some(place) = self.shared.get(text) {
            return Some(*place);
        }
        let place = self.place_in_text(text)?;
        self.shared.insert(text, place);
        Some(place)
    }

    fn digests(&mut self, digests: &[HashDigest]) -> Option<u64> {
        let start = self.heap.len();
        for digest in digests {
            self.heap.push(digest.algorithm() as u8);
            self.heap.extend_from_slice(digest.bytes());
        }
        place(start, self.heap.len() - start)
    }
}

/// A place of a heap as a field: where, and in the upper half how long.
fn place(start: usize, length: usize) -> Option<u64> {
    Some(u64::from(u32::try_from(start).ok()?) | u64::from(u32::try_from(length).ok()?) << 32)
}

impl PackedPage {
    /// Reads a page from `start` to the end of the bytes; `None` when they are not one, or not whole.
    pub fn read(bytes: Vec<u8>, start: usize) -> Option<Self> {
        let size = |at: usize| {
            let number = bytes.get(start..)?.get(at..at + 4)?;
            usize::try_from(u32::from_le_bytes(number.try_into().ok()?)).ok()
        };
        let (files, heap, text) = (size(0)?, size(4)?, size(8)?);
        let table_at = start.checked_add(HEAD)?;
        let tail_at = table_at.checked_add(files.checked_mul(ENTRY)?)?;
        let heap_at = tail_at.checked_add(8)?;
        let text_at = heap_at.checked_add(heap)?;
        (text_at.checked_add(text)? == bytes.len()).then_some(())?;
        let base = SafeUrl::parse("file:///").ok()?;
        let mut page = Self { bytes, start, files, heap_at, text_at, base, skipped: Vec::new() };
        let text = std::str::from_utf8(&page.bytes[text_at..]).ok()?;
        for at in 0..files {
            for field in [Field::Filename, Field::Reference, Field::RequiresPython, Field::Yanked] {
                let place = page.field(at, field);
                let is_needed = matches!(field, Field::Filename | Field::Reference);
                if place != ABSENT || is_needed {
                    text.get(range(place))?;
                }
            }
            let (hashes, metadata) = (page.field(at, Field::Hashes), page.field(at, Field::Metadata));
            for place in [Some(hashes), Some(metadata).filter(|metadata| *metadata != ABSENT)].into_iter().flatten() {
                let mut bytes = page.heap(place)?;
                while !bytes.is_empty() {
                    next_digest(&mut bytes)?;
                }
            }
        }
        let last = &page.bytes[tail_at..heap_at];
        let last = page.heap(u64::from_le_bytes(last.try_into().ok()?))?;
        (page.base, page.skipped) = rmp_serde::from_slice(last).ok()?;
        Some(page)
    }

    /// The bytes of the page, as they are kept.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The files of one project. Files of other projects and of kinds that nobody installs are passed over in silence;
    /// those that look like a distribution and are not one come with the reason.
    ///
    /// Of a file that is like most only the version is read here; see [`ListedDist`].
    pub fn project(self: &Arc<Self>, project: &PackageName, origin: &Arc<IndexOrigin>) -> ProjectDetail {
        let reader: Arc<dyn ReadRest> =
            Arc::new(Reader { page: Arc::clone(self), project: project.clone(), origin: Arc::clone(origin) });
        let mut detail = ProjectDetail { name: project.clone(), files: Vec::new(), skipped: self.skipped.clone() };
        let mut glance = Glance::new(&self.base);
        for (place, at) in (0..).zip(0..self.files) {
            let filename = self.text(at, Field::Filename).unwrap_or_default();
            let Some(rest) = strip_project(filename, project) else { continue };
            let reference = self.text(at, Field::Reference).unwrap_or_default();
            if let Some(version) = glance.version(filename, rest, reference) {
                detail.files.push(ListedDist::put_off(version, Arc::clone(&reader), place));
                continue;
            }
            match self.listed(at).read(project, &self.base, origin) {
                Ok(Some(file)) => detail.files.push(file.into()),
                Ok(None) => {}
                Err(reason) => detail.skipped.push(SkippedFile { filename: filename.to_owned(), reason }),
            }
        }
        detail
    }

    /// A file as the page lists it.
    fn listed(&self, at: usize) -> ListedFile {
        let number = |field| Some(self.field(at, field)).filter(|field| *field != ABSENT);
        let owned = |field| self.text(at, field).unwrap_or_default();
        let digests = |place| self.digests(place).expect("every place was checked when the page was read");
        ListedFile {
            filename: owned(Field::Filename).into(),
            reference: owned(Field::Reference).into(),
            hashes: digests(self.field(at, Field::Hashes)),
            size: number(Field::Size),
            requires_python: self.text(at, Field::RequiresPython).map(Into::into),
            yanked: self.text(at, Field::Yanked).map_or(Yanked::No, |reason| Yanked::Yes(reason.to_owned())),
            metadata: number(Field::Metadata).map_or(MetadataOffer::None, |it| MetadataOffer::Offered(digests(it))),
            upload_time: number(Field::UploadTime).map(u64::cast_signed),
        }
    }

    fn field(&self, at: usize, field: Field) -> u64 {
        let at = self.start + HEAD + at * ENTRY + field as usize * 8;
        let bytes = self.bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(ABSENT, u64::from_le_bytes)
    }

    fn text(&self, at: usize, field: Field) -> Option<&str> {
        let place = Some(self.field(at, field)).filter(|place| *place != ABSENT)?;
        std::str::from_utf8(self.bytes[self.text_at..].get(range(place))?).ok()
    }

    fn heap(&self, place: u64) -> Option<&[u8]> {
        self.bytes[self.heap_at..self.text_at].get(range(place))
    }

    fn digests(&self, place: u64) -> Option<Vec<HashDigest>> {
        let mut bytes = self.heap(place)?;
        let mut digests = Vec::new();
        while !bytes.is_empty() {
            let (algorithm, digest) = next_digest(&mut bytes)?;
            digests.push(HashDigest::from_bytes(algorithm, digest)?);
        }
        Some(digests)
    }
}

/// Takes a digest from the beginning of `bytes`; `None` when there is none.
fn next_digest<'a>(bytes: &mut &'a [u8]) -> Option<(HashAlgorithm, &'a [u8])> {
    let (algorithm, rest) = bytes.split_first()?;
    let known = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
    let algorithm = known.into_iter().find(|known| *known as u8 == *algorithm)?;
    let (digest, rest) = rest.split_at_checked(algorithm.digest_len())?;
    *bytes = rest;
    Some((algorithm, digest))
}

/// A field as a place of a heap.
fn range(place: u64) -> std::ops::Range<usize> {
    let (start, length) = (place & u64::from(u32::MAX), place >> 32);
    let end = usize::try_from(start + length).unwrap_or(usize::MAX);
    usize::try_from(start).unwrap_or(usize::MAX)..end
}

/// Reads the rest of a page's files.
struct Reader {
    page: Arc<PackedPage>,
    project: PackageName,
    origin: Arc<IndexOrigin>,
}

impl ReadRest for Reader {
    fn read_rest(&self, place: u32) -> DistFile {
        let read = self.page.listed(place as usize).read(&self.project, &self.page.base, &self.origin);
        read.ok().flatten().expect("a glance has shown that it can be read")
    }
}

/// A glance at file after file: whether one is surely readable, and its version. What a glance is not sure of is read
/// in full.
struct Glance<'a> {
    /// Whether relative references end at a server, whatever they are.
    base_is_server: bool,
    /// `https://host/` of the last reference that was read in full.
    host: Option<&'a str>,
    /// The last version and its text: files of one version stand together.
    last: Option<(&'a str, Version)>,
}

impl<'a> Glance<'a> {
    fn new(base: &SafeUrl) -> Self {
        Self { base_is_server: matches!(base.reveal().scheme(), "http" | "https"), host: None, last: None }
    }

    /// The version of a file, when its name (of which `rest` follows the project and a hyphen) and its reference are
    /// such that reading it in full cannot fail.
    fn version(&mut self, filename: &str, rest: &'a str, reference: &'a str) -> Option<Version> {
        if !self.can_resolve(reference) {
            return None;
        }
        let version = match rest.strip_suffix(".whl") {
            Some(stem) => {
                let name = filename.strip_suffix(rest)?.strip_suffix('-')?;
                let (version, tags) = stem.split_once('-')?;
                // An underscore in a version, odd characters and a build tag are left to the full reading.
                let is_simple = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'!');
                let is_sure = !name.contains('-') && version.bytes().all(is_simple) && are_three_tags(tags);
                is_sure.then_some(version)?
            }
            None => rest.strip_suffix(".tar.gz").or_else(|| rest.strip_suffix(".zip"))?,
        };
        if let Some((text, known)) = &self.last
            && *text == version
        {
            return Some(known.clone());
        }
        let parsed = Version::from_str(version).ok()?;
        self.last = Some((version, parsed.clone()));
        Some(parsed)
    }

    /// Whether a reference surely gives a URL of a server. Behind the host nothing can go wrong any more: every text
    /// is a path (WHATWG URL, section 4.4), so files on a host that was read once need no reading.
    fn can_resolve(&mut self, reference: &'a str) -> bool {
        if self.host.is_some_and(|host| reference.starts_with(host)) {
            return true;
        }
        if !reference.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\') {
            return false;
        }
        if reference.starts_with('/') && !reference.starts_with("//") {
            return self.base_is_server;
        }
        let Some(authority) = reference.strip_prefix("https://").or_else(|| reference.strip_prefix("http://")) else {
            return false;
        };
        let Some(slash) = authority.find('/').filter(|&at| at > 0 && !authority[..at].contains(['?', '#', '@'])) else {
            return false;
        };
        let host = &reference[..=reference.len() - authority.len() + slash];
        if SafeUrl::parse(host).is_err() {
            return false;
        }
        self.host = Some(host);
        true
    }
}

/// Whether these are three sets of tags, none of them or of their members empty or odd.
fn are_three_tags(tags: &str) -> bool {
    let mut sets = 1;
    let mut is_begun = false;
    for byte in tags.bytes() {
        match byte {
            b'-' | b'.' if !is_begun => return false,
            b'-' => {
                sets += 1;
                is_begun = false;
            }
            b'.' => is_begun = false,
            b'/' | b'\\' => return false,
            0x21..0x7f => is_begun = true,
            _ => return false,
        }
    }
    sets == 3 && is_begun
}
