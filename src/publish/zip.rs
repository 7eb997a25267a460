//! Writing a bundle as a zip: compressed data of the wheels is copied as it is, all else is deflated in parallel, but
//! for files too large for memory: those pass through a file. With other contents of the user's own files a zip is
//! copied from what is there as far as it goes.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use fs_err as fs;
use rayon::prelude::*;

use super::PublishError;
use super::content_id::ContentId;
use super::digesting::DigestingFile;
use super::kept_digest::{Identity, KeptDigest};
use super::marked_zip::{MarkedZip, OwnEntry, ZipParts};
use super::options::{PublishOptions, PublishedZip, ReadyFile};
use crate::archive::{Compressed, DataSpan, ZipSink as _, ZipWriter, deflate, deflate_stream};
use crate::bundle::{Bundle, BundleContent, BundleFile, SourceFile};
use crate::durable::to_disk;
use crate::install::{FileContent, InstalledDist};
use crate::modes::where_modes_are_kept;
use crate::regular;
use crate::spec::{HashAlgorithm, HashDigest, HashState, Hasher, sha256};

/// Content that waits to be written at one time, at most, bytes.
const BATCH_BYTES: u64 = 32 << 20;
/// Size from which a user's file is not held in memory, bytes.
const LARGE_BYTES: u64 = BATCH_BYTES;
/// Files of a batch, at most.
const BATCH_FILES: usize = 1024;
/// Bytes that are copied between two looks whether the user has interrupted: a multiple of every block size.
const COPY_BYTES: u64 = 64 << 20;
/// Wheels that are open at one time, at most: far below every limit of open files.
const OPEN_WHEELS: usize = 16;

/// A zip that was written.
pub(super) struct WrittenZip {
    pub(super) zip: PublishedZip,
    /// Number of files.
    pub(super) files: usize,
    /// Unzipped size, bytes.
    pub(super) size_bytes: u64,
    /// What it takes to write it with other contents of the user's own files; `None`: it has none, or came as it is.
    pub(super) parts: Option<ZipParts>,
}

/// Writes the bundle to a new file, which is on disk when this returns.
///
/// The user's own files come last: when they are edited, all that is before them can be copied (`amend_zip`).
pub(super) fn write_zip(bundle: &Bundle, to: &Path, options: &PublishOptions) -> Result<WrittenZip, PublishError> {
    let is_own = |file: &&BundleFile| matches!(file.content, BundleContent::Source(_));
    let (own, others): (Vec<_>, Vec<_>) = bundle.files.iter().partition(is_own);
    let kept = options.cache.map(|cache| KeptDigest::find(bundle, &others, cache));
    let mut zip = UnfinishedZip::begin(to, kept.as_ref(), options)?;
    zip.add_all(&others, None)?;
    let before = zip.writer.progress();
    let identity = zip.end_beginning(kept.as_ref()).map_err(|source| stage_error("", options, source))?;
    let entries = zip.add_all(&own, None)?;
    let end = zip.writer.progress();
    let (zip, state) = zip.finish()?;
    if let (Some(kept), Some(identity), Some(state)) = (kept, identity, &state) {
        kept.keep(identity, state);
    }
    let size_bytes = others.iter().map(|file| file.size).sum();
    let (directory, sha256) = (end.position, zip.sha256.clone());
    let parts = state.filter(|_| !own.is_empty()).map(|state| ZipParts {
        before,
        size_bytes,
        state,
        directory,
        sha256,
        own: entries,
    });
    Ok(WrittenZip { zip, files: bundle.files.len(), size_bytes: bundle.size_bytes, parts })
}

/// Writes the zip `old`, which lies at `from`, to a new file with the files of `own` in the place of all of the user's;
/// the new file is on disk when this returns. `None`: somebody has touched the old one, or these are not the files that
/// it has.
pub(super) fn amend_zip(
    own: &Bundle,
    from: &Path,
    old: &MarkedZip,
    to: &Path,
    options: &PublishOptions,
) -> Result<Option<WrittenZip>, PublishError> {
    let failed = |source| stage_error("", options, source);
    let Ok(source) = regular::open(from).map(|file| file.into_parts().0) else { return Ok(None) };
    let parts = || old.untouched_parts(&source);
    let Some(parts_before) = parts() else { return Ok(None) };
    let paths = own.files.iter().map(|file| file.path.as_str());
    if !paths.eq(parts_before.own.iter().map(|entry| entry.path.as_str())) {
        return Ok(None);
    }
    let Some((hasher, directory)) = parts_before.beginning(&source).map_err(failed)? else { return Ok(None) };

    let file = create(to).map_err(failed)?;
    copy_beginning(&source, &file, parts_before.before.position, options)?;
    let file = DigestingFile::new(file, hasher).map_err(failed)?;
    let writer = ZipWriter::resume(file, parts_before.before, directory);
    let mut zip = UnfinishedZip { writer, wheels: OpenWheels::default(), identity: None, to, options };
    let files: Vec<&BundleFile> = own.files.iter().collect();
    let entries = zip.add_all(&files, Some(OldZip { file: &source, parts: parts_before }))?;
    let end = zip.writer.progress();
    let (zip, _) = zip.finish()?;
    // Nobody has written to it meanwhile either.
    let Some(ZipParts { before, size_bytes, state, .. }) = parts() else { return Ok(None) };
    let (before, size_bytes, state) = (*before, *size_bytes, state.clone());
    let (directory, sha256) = (end.position, zip.sha256.clone());
    Ok(Some(WrittenZip {
        zip,
        files: usize::try_from(end.entries).unwrap_or(usize::MAX),
        size_bytes: size_bytes + own.size_bytes,
        parts: Some(ZipParts { before, size_bytes, state, directory, sha256, own: entries }),
    }))
}

/// Copies the first `length` bytes.
fn copy_beginning(mut from: &File, mut to: &File, length: u64, options: &PublishOptions) -> Result<(), PublishError> {
    let failed = |source| stage_error("", options, source);
    from.rewind().map_err(failed)?;
    let mut left = length;
    while left > 0 {
        options.refuse_cancelled()?;
        // Between files the standard library copies inside the kernel where it can.
        let copied = io::copy(&mut from.take(left.min(COPY_BYTES)), &mut to).map_err(failed)?;
        if copied == 0 {
            return Err(failed(io::ErrorKind::UnexpectedEof.into()));
        }
        left -= copied;
    }
    Ok(())
}

fn create(to: &Path) -> io::Result<File> {
    Ok(fs::OpenOptions::new().read(true).write(true).create_new(true).open(to)?.into_parts().0)
}

fn stage_error(path: &str, options: &PublishOptions, source: io::Error) -> PublishError {
    PublishError::Stage { path: path.to_owned(), out: options.out.to_owned(), source }
}

/// A zip that is being written.
struct UnfinishedZip<'a, 'o> {
    writer: ZipWriter<DigestingFile>,
    wheels: OpenWheels<'a>,
    /// What was written so far, as long as that is what the distributions give.
    identity: Option<Identity>,
    to: &'o Path,
    options: &'o PublishOptions<'o>,
}

impl<'a, 'o> UnfinishedZip<'a, 'o> {
    /// Begins with what the distributions give; where the digest of that is kept, nothing is hashed yet.
    fn begin(to: &'o Path, kept: Option<&KeptDigest>, options: &'o PublishOptions<'o>) -> Result<Self, PublishError> {
        let file = create(to).and_then(|file| match kept.filter(|kept| kept.is_there()) {
            Some(_) => Ok(DigestingFile::unhashed(file)),
            None => DigestingFile::new(file, Hasher::new(HashAlgorithm::Sha256)),
        });
        let file = file.map_err(|source| stage_error("", options, source))?;
        let identity = kept.map(|_| Identity::new());
        Ok(Self { writer: ZipWriter::new(file), wheels: OpenWheels::default(), identity, to, options })
    }

    /// Notes the state of the digest behind what the distributions give, and gives what identifies that. A digest that
    /// was kept goes on from here, or from the start of the zip where it is not certain.
    fn end_beginning(&mut self, kept: Option<&KeptDigest>) -> io::Result<Option<HashDigest>> {
        let identity = self.identity.take().map(|identity| identity.finish(self.writer.directory()));
        let position = self.writer.progress().position;
        let out = self.writer.out();
        if let (Some(kept), Some(identity)) = (kept.filter(|kept| kept.is_there()), &identity) {
            match kept.resume(identity) {
                Some(hasher) => out.hash_from(hasher, position)?,
                None => out.hash_from(Hasher::new(HashAlgorithm::Sha256), 0)?,
            }
        }
        out.note_state()?;
        Ok(identity)
    }

    /// Adds files in this order, from the `old` zip what has the same content there; gives those of the user.
    fn add_all(
        &mut self,
        files: &[&'a BundleFile<'a>],
        old: Option<OldZip<'a>>,
    ) -> Result<Vec<OwnEntry>, PublishError> {
        let mut own = Vec::new();
        for batch in (Batches { files }) {
            self.options.refuse_cancelled()?;
            let ready: Vec<Result<Ready, PublishError>> = batch.par_iter().map(|file| prepare(file, old)).collect();
            for (file, ready) in batch.iter().zip(ready) {
                let added = self.add(file, ready?);
                own.extend(added.map_err(|source| stage_error(file.path.as_str(), self.options, source))?);
            }
        }
        Ok(own)
    }

    /// Adds one file, and gives it if it is the user's.
    fn add(&mut self, file: &BundleFile, ready: Ready<'a>) -> io::Result<Option<OwnEntry>> {
        let Self { writer, wheels, identity, to, .. } = self;
        let (path, executable) = (&file.path, file.executable);
        match (identity, &ready) {
            (Some(identity), Ready::Compressed(compressed, _)) => identity.add(&compressed.data),
            (Some(identity), Ready::InWheel(dist, span)) => identity.add_copied(dist, span),
            _ => {}
        }
        let (content, span) = match ready {
            Ready::Link(text) => (Some(ContentId::link(text)), writer.add_link(path, text)?),
            Ready::Compressed(compressed, content) => (content, writer.add(path, executable, &compressed)?),
            Ready::Large(own) => {
                let (spool, span, content) = spool(own, executable, to)?;
                (Some(content), writer.splice(path, executable, &spool, &span)?)
            }
            Ready::InWheel(dist, span) => (None, writer.splice(path, executable, wheels.of(dist)?, &span)?),
            Ready::InOldZip(zip, entry) => (Some(entry.content), writer.splice(path, executable, zip, &entry.span)?),
        };
        Ok(content.map(|content| OwnEntry { path: path.to_string(), content, span }))
    }

    /// Ends the zip; gives also the state that was noted.
    fn finish(self) -> Result<(PublishedZip, Option<HashState>), PublishError> {
        let finish = || {
            let (out, size_bytes) = self.writer.finish()?;
            let written = out.finish()?;
            complete(&written.file)?;
            Ok((PublishedZip { size_bytes, sha256: written.digest }, written.state))
        };
        finish().map_err(|source| stage_error("", self.options, source))
    }
}

/// Gives a zip its mode, and waits until it is on disk.
fn complete(zip: &File) -> io::Result<()> {
    where_modes_are_kept(zip.set_permissions(std::fs::Permissions::from_mode(0o644)))?;
    to_disk(zip)
}

/// Makes a zip that was made already the new file, which is on disk when this returns: it is moved there, or copied
/// where it lies on another file system.
pub(super) fn take_zip(
    ready: ReadyFile<'_>,
    bundle: &Bundle,
    to: &Path,
    options: &PublishOptions,
) -> Result<WrittenZip, PublishError> {
    let take = || -> io::Result<PublishedZip> {
        if fs::rename(ready.path, to).is_err() {
            return copy_zip(ready.path, to);
        }
        complete(fs::OpenOptions::new().write(true).open(to)?.file())?;
        Ok(PublishedZip { size_bytes: ready.size_bytes, sha256: ready.sha256.clone() })
    };
    let zip = take().map_err(|source| stage_error("", options, source))?;
    Ok(WrittenZip { zip, files: bundle.files.len(), size_bytes: bundle.size_bytes, parts: None })
}

fn copy_zip(ready: &Path, to: &Path) -> io::Result<PublishedZip> {
    let from = fs::File::open(ready)?;
    let size_bytes = from.metadata()?.len();
    let mut file = DigestingFile::new(create(to)?, Hasher::new(HashAlgorithm::Sha256))?;
    file.append(from.file(), 0, size_bytes)?;
    let written = file.finish()?;
    complete(&written.file)?;
    Ok(PublishedZip { size_bytes, sha256: written.digest })
}

/// Runs of files that are held in memory together.
struct Batches<'a, 'b> {
    files: &'b [&'a BundleFile<'a>],
}

impl<'a, 'b> Iterator for Batches<'a, 'b> {
    type Item = &'b [&'a BundleFile<'a>];

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = 0;
        let mut count = 0;
        while count < self.files.len().min(BATCH_FILES) && (count == 0 || bytes < BATCH_BYTES) {
            if let BundleContent::Source(own) = &self.files[count].content {
                bytes += Some(own.size).filter(|size| *size < LARGE_BYTES).unwrap_or_default();
            }
            count += 1;
        }
        let (batch, rest) = self.files.split_at(count);
        self.files = rest;
        (!batch.is_empty()).then_some(batch)
    }
}

/// A zip that is written anew with other files of the user's.
#[derive(Clone, Copy)]
struct OldZip<'a> {
    file: &'a File,
    parts: &'a ZipParts,
}

/// A file that can be written.
enum Ready<'a> {
    Link(&'a str),
    /// With what identifies the content of one of the user's.
    Compressed(Compressed, Option<ContentId>),
    Large(&'a SourceFile),
    InWheel(&'a InstalledDist, DataSpan),
    InOldZip(&'a File, &'a OwnEntry),
}

fn prepare<'a>(file: &'a BundleFile<'a>, old: Option<OldZip<'a>>) -> Result<Ready<'a>, PublishError> {
    match &file.content {
        BundleContent::Generated(bytes) => Ok(Ready::Compressed(deflate(bytes), None)),
        BundleContent::Source(SourceFile { link: Some(text), .. }) => Ok(Ready::Link(text)),
        BundleContent::Source(own) => {
            prepare_own(file, own, old).map_err(|source| PublishError::ReadSource { path: own.from.clone(), source })
        }
        BundleContent::Dist { dist, file } => match (&file.content, file.span()) {
            (FileContent::Generated(bytes), _) => Ok(Ready::Compressed(deflate(bytes), None)),
            (FileContent::WheelEntry { .. }, span) => {
                Ok(Ready::InWheel(dist, span.expect("an entry of a wheel has a place in it")))
            }
        },
    }
}

fn prepare_own<'a>(file: &BundleFile, own: &'a SourceFile, old: Option<OldZip<'a>>) -> io::Result<Ready<'a>> {
    let in_old =
        |content| old.and_then(|OldZip { file: zip, parts }| Some((zip, parts.find(file.path.as_str(), content)?)));
    if own.size >= LARGE_BYTES {
        let content =
            old.map(|_| own.digest()).transpose()?.map(|(digest, _)| ContentId::new(&digest, file.executable));
        return Ok(content.and_then(in_old).map_or(Ready::Large(own), |(zip, entry)| Ready::InOldZip(zip, entry)));
    }
    let bytes = own.read()?;
    let content = ContentId::new(&sha256(&bytes), file.executable);
    Ok(match in_old(content) {
        Some((zip, entry)) => Ready::InOldZip(zip, entry),
        None => Ready::Compressed(deflate(&bytes), Some(content)),
    })
}

/// Compresses a large file into one without a name, beside the zip.
fn spool(from: &SourceFile, executable: bool, zip: &Path) -> io::Result<(File, DataSpan, ContentId)> {
    let spool = tempfile::tempfile_in(zip.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    let span = deflate_stream(&mut from.open()?, &spool, 0, |piece| hasher.update(piece))?;
    Ok((spool, span, ContentId::new(&hasher.finish(), executable)))
}

/// The wheels used last: files come sorted by path, so each wheel is mostly used in one go.
#[derive(Default)]
struct OpenWheels<'a> {
    recent: Vec<(&'a Path, File)>,
}

impl<'a> OpenWheels<'a> {
    fn of(&mut self, dist: &'a InstalledDist) -> io::Result<&File> {
        if let Some(place) = self.recent.iter().position(|(path, _)| *path == dist.wheel) {
            let wheel = self.recent.remove(place);
            self.recent.push(wheel);
        } else {
            if self.recent.len() == OPEN_WHEELS {
                self.recent.remove(0);
            }
            self.recent.push((&dist.wheel, fs::File::open(&dist.wheel)?.into_parts().0));
        }
        Ok(&self.recent.last().expect("one was pushed").1)
    }
}
