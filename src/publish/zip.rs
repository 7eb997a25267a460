//! Writing a bundle as a zip: compressed data of the wheels is copied as it is, all else is deflated in parallel, but
//! for files too large for memory: those pass through a file.

use std::fs::File;
use std::io::{self, BufWriter};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use fs_err as fs;
use rayon::prelude::*;

use super::PublishError;
use super::digesting::{CHUNK_BYTES, DigestingFile};
use super::options::{PublishOptions, PublishedZip, ReadyFile};
use crate::archive::{Compressed, DataSpan, ZipWriter, deflate, deflate_stream};
use crate::bundle::{Bundle, BundleContent, BundleFile, SourceFile};
use crate::durable::to_disk;
use crate::install::{FileContent, InstalledDist};
use crate::modes::where_modes_are_kept;

/// Content that waits to be written at one time, at most, bytes.
const BATCH_BYTES: u64 = 32 << 20;
/// Size from which a user's file is not held in memory, bytes.
const LARGE_BYTES: u64 = BATCH_BYTES;
/// Files of a batch, at most.
const BATCH_FILES: usize = 1024;
/// Wheels that are open at one time, at most: far below every limit of open files.
const OPEN_WHEELS: usize = 16;

/// Writes the bundle to a new file, which is on disk when this returns.
pub(super) fn write_zip(bundle: &Bundle, to: &Path, options: &PublishOptions) -> Result<PublishedZip, PublishError> {
    let failed =
        |path: &str, source| PublishError::Stage { path: path.to_owned(), out: options.out.to_owned(), source };
    let file = fs::File::create_new(to).map_err(|source| failed("", source))?.into_parts().0;
    let file = DigestingFile::new(file).map_err(|source| failed("", source))?;
    let mut writer = ZipWriter::new(BufWriter::with_capacity(CHUNK_BYTES, file));
    let mut wheels = OpenWheels::default();
    for batch in (Batches { files: &bundle.files }) {
        options.refuse_cancelled()?;
        let ready: Vec<Result<Ready, PublishError>> = batch.par_iter().map(|file| prepare(file)).collect();
        for (file, ready) in batch.iter().zip(ready) {
            let written = match ready? {
                Ready::Link(text) => writer.add_link(&file.path, text),
                Ready::Compressed(content) => writer.add(&file.path, file.executable, &content),
                Ready::Large(own) => {
                    spool(own, to).and_then(|(spool, span)| writer.splice(&file.path, file.executable, &spool, &span))
                }
                Ready::InWheel(dist, span) => {
                    wheels.of(dist).and_then(|wheel| writer.splice(&file.path, file.executable, wheel, &span))
                }
            };
            written.map_err(|source| failed(file.path.as_str(), source))?;
        }
    }
    let finish = || -> io::Result<PublishedZip> {
        let (out, size_bytes) = writer.finish()?;
        let (file, sha256) = out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?;
        where_modes_are_kept(file.set_permissions(std::fs::Permissions::from_mode(0o644)))?;
        to_disk(&file)?;
        Ok(PublishedZip { size_bytes, sha256 })
    };
    finish().map_err(|source| failed("", source))
}

/// Makes a zip that was made already the new file, which is on disk when this returns: it is moved there, or copied
/// where it lies on another file system.
pub(super) fn take_zip(
    ready: ReadyFile<'_>,
    to: &Path,
    options: &PublishOptions,
) -> Result<PublishedZip, PublishError> {
    if fs::rename(ready.path, to).is_err() {
        return copy_zip(ready.path, to, options);
    }
    let finish = || -> io::Result<PublishedZip> {
        let file = fs::OpenOptions::new().write(true).open(to)?.into_parts().0;
        where_modes_are_kept(file.set_permissions(std::fs::Permissions::from_mode(0o644)))?;
        to_disk(&file)?;
        Ok(PublishedZip { size_bytes: ready.size_bytes, sha256: ready.sha256.clone() })
    };
    finish().map_err(|source| PublishError::Stage { path: String::new(), out: options.out.to_owned(), source })
}

fn copy_zip(ready: &Path, to: &Path, options: &PublishOptions) -> Result<PublishedZip, PublishError> {
    let copy = || -> io::Result<PublishedZip> {
        let mut from = fs::File::open(ready)?;
        let mut file = DigestingFile::new(fs::File::create_new(to)?.into_parts().0)?;
        let size_bytes = io::copy(&mut from, &mut file)?;
        let (file, sha256) = file.finish()?;
        where_modes_are_kept(file.set_permissions(std::fs::Permissions::from_mode(0o644)))?;
        to_disk(&file)?;
        Ok(PublishedZip { size_bytes, sha256 })
    };
    copy().map_err(|source| PublishError::Stage { path: String::new(), out: options.out.to_owned(), source })
}

/// Runs of files that are held in memory together.
struct Batches<'a, 'b> {
    files: &'b [BundleFile<'a>],
}

impl<'a, 'b> Iterator for Batches<'a, 'b> {
    type Item = &'b [BundleFile<'a>];

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

/// A file that can be written.
enum Ready<'a> {
    Link(&'a str),
    Compressed(Compressed),
    Large(&'a SourceFile),
    InWheel(&'a InstalledDist, DataSpan),
}

fn prepare<'a>(file: &BundleFile<'a>) -> Result<Ready<'a>, PublishError> {
    match &file.content {
        BundleContent::Generated(bytes) => Ok(Ready::Compressed(deflate(bytes))),
        BundleContent::Source(SourceFile { link: Some(text), .. }) => Ok(Ready::Link(text)),
        BundleContent::Source(own) if own.size >= LARGE_BYTES => Ok(Ready::Large(own)),
        BundleContent::Source(own) => {
            let failed = |source| PublishError::ReadSource { path: own.from.clone(), source };
            Ok(Ready::Compressed(deflate(&own.read().map_err(failed)?)))
        }
        BundleContent::Dist { dist, file } => match (&file.content, file.span()) {
            (FileContent::Generated(bytes), _) => Ok(Ready::Compressed(deflate(bytes))),
            (FileContent::WheelEntry { .. }, span) => {
                Ok(Ready::InWheel(dist, span.expect("an entry of a wheel has a place in it")))
            }
        },
    }
}

/// Compresses a large file into one without a name, beside the zip.
fn spool(from: &SourceFile, zip: &Path) -> io::Result<(File, DataSpan)> {
    let spool = tempfile::tempfile_in(zip.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
    let span = deflate_stream(&mut from.open()?, &spool, 0)?;
    Ok((spool, span))
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
