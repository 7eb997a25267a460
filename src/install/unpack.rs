//! One pass over the entries of a wheel: inflated, hashed, checked and, where a tree is wanted, written, in parallel.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::error::WheelFault;
use super::stamps::Stamp;
use crate::archive::{ArchiveError, DataSpan, Inflater};
use crate::modes::where_modes_are_kept;
use crate::spec::{HashAlgorithm, HashDigest, Hasher};

/// One entry to be read.
#[derive(Debug)]
pub(super) struct EntryJob<'a> {
    /// The entry's name, for messages.
    pub(super) name: &'a str,
    pub(super) span: DataSpan,
    /// The digest that its content should have.
    pub(super) promised: Option<&'a HashDigest>,
    /// The file to write and its mode.
    pub(super) target: Option<(PathBuf, u32)>,
}

/// What was read.
#[derive(Clone, Debug)]
pub(super) struct Unpacked {
    /// The sha256 of the content.
    pub(super) sha256: HashDigest,
    /// Its digest is the promised one, if one was promised.
    pub(super) is_as_promised: bool,
    /// The stamp of the file, when one was written.
    pub(super) stamp: Option<Stamp>,
}

/// Why an entry could not be unpacked.
#[derive(Debug)]
pub(super) enum UnpackError {
    /// Its content is wrong.
    Fault(WheelFault),
    /// It cannot be written.
    Write { path: PathBuf, source: io::Error },
}

/// Runs all jobs; results are in their order. The first job that fails, by order, among those that ran names the error.
pub(super) fn unpack(wheel: &File, jobs: &[EntryJob<'_>]) -> Result<Vec<Unpacked>, UnpackError> {
    // Large entries first, so that none of them is begun when all others are done.
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(jobs[index].span.size));
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<Unpacked, UnpackError>)>> = Mutex::new(Vec::with_capacity(jobs.len()));
    let work = || {
        let mut inflater = Inflater::default();
        let mut mine = Vec::new();
        while let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = run(wheel, &mut inflater, &jobs[index]);
            if result.is_err() {
                next.store(jobs.len(), Ordering::Relaxed);
            }
            mine.push((index, result));
        }
        done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut mine);
    };
    rayon::scope(|scope| {
        for _ in 1..workers(jobs).min(rayon::current_num_threads()) {
            scope.spawn(|_| work());
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// How many threads are worth their start: one for every sixteen entries or megabyte, and no more than entries.
fn workers(jobs: &[EntryJob<'_>]) -> usize {
    let size: u64 = jobs.iter().map(|job| job.span.size).sum();
    let by_size = usize::try_from(size >> 20).unwrap_or(usize::MAX);
    jobs.len().div_ceil(16).max(by_size).min(jobs.len())
}

fn run(wheel: &File, inflater: &mut Inflater, job: &EntryJob<'_>) -> Result<Unpacked, UnpackError> {
    let mut sha256 = Hasher::new(HashAlgorithm::Sha256);
    let stronger = job.promised.map(HashDigest::algorithm).filter(|&algorithm| algorithm != HashAlgorithm::Sha256);
    let mut stronger = stronger.map(Hasher::new);
    let written = |path: &Path, source| UnpackError::Write { path: path.to_owned(), source };
    let mut file = match &job.target {
        Some((path, mode)) => Some(create(path, *mode).map_err(|source| written(path, source))?),
        None => None,
    };
    let read = inflater.read(wheel, job.name, &job.span, |bytes| {
        sha256.update(bytes);
        if let Some(stronger) = &mut stronger {
            stronger.update(bytes);
        }
        file.as_mut().map_or(Ok(()), |file| file.write_all(bytes))
    });
    match (read, &job.target) {
        (Ok(()), _) => {}
        (Err(ArchiveError::Write { source, .. }), Some((path, _))) => return Err(written(path, source)),
        (Err(error), _) => return Err(UnpackError::Fault(error.into())),
    }
    let sha256 = sha256.finish();
    let actual = stronger.map_or_else(|| sha256.clone(), Hasher::finish);
    let is_as_promised = job.promised.is_none_or(|promised| *promised == actual);
    let stamp = match (&file, &job.target) {
        (Some(file), Some((path, mode))) => Some(settle(file, *mode).map_err(|source| written(path, source))?),
        _ => None,
    };
    Ok(Unpacked { sha256, is_as_promised, stamp })
}

/// Makes a new file: whatever lies in its place, a link too, is an error and stays.
pub(super) fn create(path: &Path, mode: u32) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

/// Gives a file that was written its exact mode, which the umask may have narrowed, and takes its stamp.
pub(super) fn settle(file: &File, mode: u32) -> io::Result<Stamp> {
    let mut metadata = file.metadata()?;
    if metadata.mode() & 0o7777 != mode {
        where_modes_are_kept(file.set_permissions(std::fs::Permissions::from_mode(mode)))?;
        metadata = file.metadata()?;
    }
    Ok(Stamp::of(&metadata, mode))
}
