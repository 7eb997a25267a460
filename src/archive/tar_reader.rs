//! A tar.gz archive that has one meaning.
//!
//! Tar has grown by extensions that not all programs know: long names (GNU and pax), sizes and sparse files in pax
//! records, headers that hold for all that follows. Attackers hide entries in what one program reads and another passes
//! over. Here an extension either means the same to every program of today, or the archive is refused.

use std::collections::HashSet;
use std::io::{self, Read};

use super::Bound;
use super::gzip::Gzip;
use super::pax::PaxRecords;
use super::tar_header::{BLOCK, TarHeader};
use super::{ArchiveError, Limits, NameClash, NameSet, SafePath};

/// Largest pax extended header, bytes: they hold a name or two, seldom attributes of a file.
const PAX_MOST: u64 = 1 << 20;

/// Largest GNU long name, bytes: above what [`SafePath`] takes, so that the message is about the name.
const LONG_NAME_MOST: u64 = 8 << 10;

/// Longest target of a link, bytes (Linux: `PATH_MAX`).
const LINK_MOST: usize = 4096;

/// Reads entries one after the other. Names are safe and do not clash; of the content of an entry nothing is proved
/// before the end, which [`TarReader::next`] tells by `None`.
pub(super) struct TarReader<R> {
    gzip: Gzip<R>,
    limits: Limits,
    names: NameSet,
    folders: HashSet<SafePath>,
    entries: u64,
    name_bytes: u64,
    unpacked: u64,
    /// Bytes of the last entry's content that were not read yet.
    left: u64,
    /// Bytes that fill up its last block.
    filling: u64,
    started: bool,
}

/// One entry of an archive.
#[derive(Debug)]
pub(super) struct TarEntry {
    /// Its name; a folder's without the slash at the end.
    pub(super) path: SafePath,
    /// What it is.
    pub(super) kind: TarKind,
}

/// What an entry is.
#[derive(Debug)]
pub(super) enum TarKind {
    Folder,
    File {
        /// Some execute bit of its mode is set.
        is_executable: bool,
        /// A file of this name came before. Whoever reads sees to it that this one is the same.
        is_again: bool,
    },
    /// The target as it stands there.
    Symlink(String),
    /// The name of another entry.
    HardLink(SafePath),
}

/// What stands before an entry and changes it.
#[derive(Default)]
struct Extensions {
    pax: Option<PaxRecords>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
}

impl<R: Read> TarReader<R> {
    pub(super) fn new(source: R, limits: &Limits) -> Result<Self, ArchiveError> {
        Ok(Self {
            gzip: Gzip::new(source, limits)?,
            limits: *limits,
            names: NameSet::new(),
            folders: HashSet::new(),
            entries: 0,
            name_bytes: 0,
            unpacked: 0,
            left: 0,
            filling: 0,
            started: false,
        })
    }

    /// The next entry; `None` at the end, once all of the archive is proved.
    pub(super) fn next(&mut self) -> Result<Option<TarEntry>, ArchiveError> {
        let mut extensions = Extensions::default();
        loop {
            self.pass_content()?;
            let block = self.block()?;
            if block.iter().all(|byte| *byte == 0) {
                return if extensions.any() {
                    Err(ArchiveError::Tar("it ends after a header that belongs to an entry"))
                } else {
                    self.check_end().map(|()| None)
                };
            }
            let header = TarHeader::parse(&block).map_err(|reason| refuse(&block[..100], reason))?;
            self.entries += 1;
            check(Bound::Entries, self.entries, self.limits.entries)?;
            let is_first = !std::mem::replace(&mut self.started, true);
            match header.kind {
                b'g' => {
                    let records = self.pax(&header)?;
                    // `git archive` notes the commit so, in front of everything.
                    if records.changes || !is_first {
                        return Err(refuse(
                            &header.name,
                            "it is a header for all that follow, which programs differ on",
                        ));
                    }
                }
                b'x' => {
                    let records = self.pax(&header)?;
                    extensions.refuse_two_kinds(&header, true)?;
                    if extensions.pax.replace(records).is_some() {
                        return Err(refuse(&header.name, "it is a second extended header for the same entry"));
                    }
                }
                b'L' | b'K' => {
                    let long = self.long_name(&header)?;
                    extensions.refuse_two_kinds(&header, false)?;
                    let place = if header.kind == b'L' { &mut extensions.long_name } else { &mut extensions.long_link };
                    if place.replace(long).is_some() {
                        return Err(refuse(&header.name, "it is a second long name for the same entry"));
                    }
                }
                _ => match self.entry(header, extensions)? {
                    Some(entry) => return Ok(Some(entry)),
                    None => extensions = Extensions::default(),
                },
            }
        }
    }

    /// Hands on what is left of the content of the last entry, piece by piece.
    pub(super) fn read_content(&mut self, mut sink: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), ArchiveError> {
        let mut buffer = vec![0; usize::try_from(self.left).unwrap_or(usize::MAX).min(64 << 10)];
        while self.left > 0 {
            let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
            let count = self.gzip.read(&mut buffer[..wanted])?;
            if count == 0 {
                return Err(ArchiveError::Tar("it is cut off"));
            }
            sink(&buffer[..count])
                .map_err(|source| ArchiveError::Write { entry: "content of an entry".to_owned(), source })?;
            self.left -= count as u64;
        }
        Ok(())
    }

    fn entry(&mut self, header: TarHeader, extensions: Extensions) -> Result<Option<TarEntry>, ArchiveError> {
        let pax = extensions.pax.unwrap_or_default();
        let ends_in_slash = header.name.ends_with(b"/");
        let name = one_of(pax.path, extensions.long_name, header.name)?;
        let link = one_of(pax.linkpath, extensions.long_link, header.link)?;
        if pax.size.is_some_and(|size| size != header.size) {
            return Err(refuse(&name, "its extended header says another size than its header"));
        }
        let text = std::str::from_utf8(&name).map_err(|_| refuse(&name, "its name is not UTF-8"))?;
        // Python decides by the name in the header, others by the one in the extension.
        if header.kind == 0 && ends_in_slash != name.ends_with(b"/") {
            return Err(refuse(&name, "it has two names, of which one is that of a folder"));
        }
        let is_folder = header.kind == b'5' || (header.kind == 0 && text.ends_with('/'));
        let mut kind = match header.kind {
            _ if is_folder => TarKind::Folder,
            0 | b'0' => TarKind::File { is_executable: header.mode & 0o111 != 0, is_again: false },
            b'1' | b'2' => link_kind(header.kind, &link, &name)?,
            b'3' | b'4' | b'6' => return Err(refuse(&name, "it is a device or a pipe")),
            b'S' => return Err(refuse(&name, "it is a sparse file")),
            _ => return Err(refuse(&name, "it is of a kind that programs differ on")),
        };
        let is_file = matches!(kind, TarKind::File { .. });
        if !is_file && header.size != 0 {
            return Err(refuse(&name, "it has a content, and is no file"));
        }
        if matches!(header.kind, 0 | b'0' | b'5') && !link.is_empty() {
            return Err(refuse(&name, "it has the target of a link, and is none"));
        }
        self.unpacked = self.unpacked.saturating_add(header.size);
        check(Bound::UnpackedBytes, self.unpacked, self.limits.unpacked_size)?;
        self.name_bytes += (name.len() + link.len()) as u64;
        check(Bound::NameBytes, self.name_bytes, self.limits.directory_size)?;
        self.expect_content(header.size);
        let Some(path) = clean(text, is_folder)? else { return Ok(None) };
        // A folder that is named twice is one folder to everybody.
        if !is_folder || self.folders.insert(path.clone()) {
            let added = if is_folder { self.names.add_folder(&path) } else { self.names.add_file(&path) };
            match (added, &mut kind) {
                (Ok(()), _) => {}
                (Err(clash), TarKind::File { is_again, .. }) if clash.is_repeated => *is_again = true,
                (Err(NameClash { first, reason, .. }), _) => {
                    return Err(ArchiveError::Clash { first, second: path.as_str().to_owned(), reason });
                }
            }
            self.names.check(&self.limits)?;
        }
        Ok(Some(TarEntry { path, kind }))
    }

    fn pax(&mut self, header: &TarHeader) -> Result<PaxRecords, ArchiveError> {
        let content = self.extension(header, PAX_MOST)?;
        PaxRecords::parse(&content).map_err(|reason| refuse(&header.name, reason))
    }

    fn long_name(&mut self, header: &TarHeader) -> Result<Vec<u8>, ArchiveError> {
        let mut name = self.extension(header, LONG_NAME_MOST)?;
        if name.last() == Some(&0) {
            name.pop();
        }
        if name.is_empty() || name.contains(&0) {
            return Err(refuse(&header.name, "it is a malformed long name"));
        }
        Ok(name)
    }

    /// The content of a header that belongs to an entry.
    fn extension(&mut self, header: &TarHeader, most: u64) -> Result<Vec<u8>, ArchiveError> {
        check(Bound::HeaderBytes, header.size, most)?;
        self.name_bytes += header.size;
        check(Bound::NameBytes, self.name_bytes, self.limits.directory_size)?;
        self.expect_content(header.size);
        let mut content = Vec::new();
        self.read_content(|bytes| {
            content.extend_from_slice(bytes);
            Ok(())
        })?;
        Ok(content)
    }

    fn expect_content(&mut self, size: u64) {
        self.left = size;
        self.filling = size.next_multiple_of(BLOCK as u64) - size;
    }

    /// Reads over what is left of the last entry.
    fn pass_content(&mut self) -> Result<(), ArchiveError> {
        self.read_content(|_| Ok(()))?;
        let filling = usize::try_from(std::mem::take(&mut self.filling)).expect("less than a block");
        let mut rest = [0; BLOCK];
        if self.fill(&mut rest[..filling])? != filling {
            return Err(ArchiveError::Tar("it is cut off"));
        }
        if rest.iter().any(|byte| *byte != 0) {
            return Err(ArchiveError::Tar("bytes stand between its entries"));
        }
        Ok(())
    }

    fn block(&mut self) -> Result<[u8; BLOCK], ArchiveError> {
        let mut block = [0; BLOCK];
        match self.fill(&mut block)? {
            BLOCK => Ok(block),
            0 => Err(ArchiveError::Tar("it ends without a block of zeros")),
            _ => Err(ArchiveError::Tar("it is cut off")),
        }
    }

    /// After the first block of zeros there is nothing but zeros, in whole blocks.
    fn check_end(&mut self) -> Result<(), ArchiveError> {
        loop {
            let mut block = [0; BLOCK];
            match self.fill(&mut block)? {
                0 => return Ok(()),
                BLOCK if block.iter().all(|byte| *byte == 0) => {}
                BLOCK => return Err(ArchiveError::Tar("bytes follow the block of zeros at its end")),
                _ => return Err(ArchiveError::Tar("its last block is not whole")),
            }
        }
    }

    /// Fills the buffer as far as there are bytes.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.gzip.read(&mut buffer[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }
}

fn check(what: Bound, actual: u64, limit: u64) -> Result<(), ArchiveError> {
    if actual > limit { Err(ArchiveError::Limit { what, actual, limit }) } else { Ok(()) }
}

impl Extensions {
    fn any(&self) -> bool {
        self.pax.is_some() || self.long_name.is_some() || self.long_link.is_some()
    }

    /// Refuses headers of pax and of GNU tar for one entry: programs have taken the size that the one gives for that of
    /// the other. No writer mixes them.
    fn refuse_two_kinds(&self, header: &TarHeader, is_pax: bool) -> Result<(), ArchiveError> {
        let has_other = if is_pax { self.long_name.is_some() || self.long_link.is_some() } else { self.pax.is_some() };
        if has_other {
            Err(refuse(&header.name, "it is an extension of a second kind for the same entry"))
        } else {
            Ok(())
        }
    }
}

fn refuse(name: &[u8], reason: &'static str) -> ArchiveError {
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    ArchiveError::entry(&String::from_utf8_lossy(&name[..end]), reason)
}

/// The name that counts; two extensions that both give one are understood in different ways.
fn one_of(pax: Option<Vec<u8>>, gnu: Option<Vec<u8>>, plain: Vec<u8>) -> Result<Vec<u8>, ArchiveError> {
    match (pax, gnu) {
        (Some(name), Some(_)) => Err(refuse(&name, "it has a long name of two kinds")),
        (Some(name), None) | (None, Some(name)) => Ok(name),
        (None, None) => Ok(plain),
    }
}

fn link_kind(kind: u8, link: &[u8], name: &[u8]) -> Result<TarKind, ArchiveError> {
    if link.len() > LINK_MOST {
        return Err(refuse(name, "the target of its link is longer than any system takes"));
    }
    let target = std::str::from_utf8(link).map_err(|_| refuse(name, "the target of its link is not UTF-8"))?;
    if kind == b'2' {
        return Ok(TarKind::Symlink(target.to_owned()));
    }
    let target = clean(target, false)?.ok_or_else(|| refuse(name, "it is a link to no file"))?;
    Ok(TarKind::HardLink(target))
}

/// The path of a name: without `./` before it, as `tar -c .` writes it, and without the slash after a folder's. `None`:
/// the folder of the archive itself.
fn clean(name: &str, is_folder: bool) -> Result<Option<SafePath>, ArchiveError> {
    let name = if is_folder { name.strip_suffix('/').unwrap_or(name) } else { name };
    if is_folder && name == "." {
        return Ok(None);
    }
    Ok(Some(SafePath::new(name.strip_prefix("./").unwrap_or(name))?))
}
