//! Replaces the user's own files in an output whose other files stay: those are neither unpacked nor compared again.
//!
//! ```text
//! Amendment::begin ── OUT is exactly as it was written ──▶ publish ── own files that differ change places ──▶ OUT
//! ```
//!
//! The mark of a folder is worked on as it lies on disk (`stored.rs`): an edited line of a handler must not cost a look
//! at thousands of paths. A zip is written anew beside the old one, from which most of it is copied (`zip.rs`). The
//! moments and promises are those of any other output (`transaction.rs`).

use std::path::PathBuf;

use super::PublishError;
use super::content_id::ContentId;
use super::delta::{Delta, KeptFile, MOVES_MOST};
use super::inspection::{Alone, inspect};
use super::mark::{Mark, MarkedFile, encoded, write_encoded};
use super::marked_zip::MarkedZip;
use super::marking::not_noted;
use super::options::{PublishOptions, PublishedOutput, Step, Steps};
use super::place::same_mount;
use super::site::Site;
use super::stage::{contents, write_tree};
use super::standing::OutputKind;
use super::stored::{FolderIdentity, StoredFile, StoredMark};
use super::transaction::{Begun, find_out};
use super::workplace::Workplace;
use crate::archive::SafePath;
use crate::bundle::Bundle;
use crate::regular;

/// An output that lies there exactly as it was written.
pub(crate) enum Amendment<'a> {
    Folder(FolderAmendment<'a>),
    Zip(ZipAmendment<'a>),
}

/// A zip that nobody has touched.
pub(crate) struct ZipAmendment<'a> {
    options: PublishOptions<'a>,
    old: Box<MarkedZip>,
}

/// A folder with nothing else in it.
pub(crate) struct FolderAmendment<'a> {
    options: PublishOptions<'a>,
    out: PathBuf,
    site: Site,
    workplace: Workplace,
    /// Its mark.
    mark: Vec<u8>,
}

impl<'a> Amendment<'a> {
    /// Looks whether OUT is exactly what a run with the fingerprint `before` wrote; `None`: it is not.
    ///
    /// # Errors
    /// OUT cannot be an output; another process does not let go of it; the user interrupted.
    pub(crate) fn begin(
        before: &str,
        sources: &[PathBuf],
        options: &PublishOptions<'a>,
    ) -> Result<Option<Self>, PublishError> {
        let kind = OutputKind::of(options.format);
        let out = find_out(sources, kind, options)?;
        if kind != OutputKind::Zip {
            return Ok(FolderAmendment::begin(before, out, options)?.map(Self::Folder));
        }
        let mark = Mark::read(options.state_folders, &out).filter(|mark| mark.fingerprint.as_deref() == Some(before));
        let zip = mark.and_then(|mark| <[MarkedZip; 1]>::try_from(mark.zips).ok());
        let untouched = zip.filter(|[zip]| {
            let found = regular::open(&out);
            found.is_ok_and(|found| zip.untouched_parts(found.file()).is_some())
        });
        Ok(untouched.map(|[zip]| Self::Zip(ZipAmendment { options: *options, old: Box::new(zip) })))
    }

    /// Lets the user's own files change places with those of `own`, which has no others; `None`: it had others, or
    /// another run has published meanwhile.
    ///
    /// # Errors
    /// Something could not be read or written; the user interrupted. OUT is as it was.
    pub(crate) fn publish(self, own: &Bundle) -> Result<Option<PublishedOutput>, PublishError> {
        self.publish_with(own, &|_| {})
    }

    pub(super) fn publish_with(self, own: &Bundle, steps: Steps) -> Result<Option<PublishedOutput>, PublishError> {
        match self {
            Self::Folder(folder) => folder.publish(own, steps),
            Self::Zip(ZipAmendment { options, old }) => {
                let staged = Begun::begin(own, OutputKind::Zip, &options, steps)?.stage_amended(&old)?;
                staged.map(|staged| Ok(staged.mark()?.swap()?.finish())).transpose()
            }
        }
    }
}

impl<'a> FolderAmendment<'a> {
    fn begin(before: &str, out: PathBuf, options: &PublishOptions<'a>) -> Result<Option<Self>, PublishError> {
        if FolderIdentity::of(&out).is_none() {
            return Ok(None);
        }
        let is_exact = |stored: &StoredMark| {
            let is_of_before = stored.fingerprint == Some(before) && stored.link_mode == Some(options.link_mode as u8);
            let is_folder = FolderIdentity::is_known(&out, &stored.roots);
            is_of_before && is_folder && inspect(&out, &stored.folders, Alone::Exactly, true)
        };
        let mut mark = None;
        let look = || {
            let mut marks = encoded(options.state_folders, &out);
            mark = marks.find(|bytes| StoredMark::decode(bytes, &out).is_some_and(|stored| is_exact(&stored)));
            Ok(())
        };
        let (site, workplace) = Site::prepare(&out, options, same_mount, look)?;
        Ok(mark.map(|mark| Self { options: *options, out, site, workplace, mark }))
    }

    fn publish(self, own: &Bundle, steps: Steps) -> Result<Option<PublishedOutput>, PublishError> {
        let Self { options, out, site, workplace, mark } = self;
        let failed = |action, source| PublishError::Publish { action, out: out.clone(), source };
        let Some(before) = StoredMark::decode(&mark, &out) else { return Ok(None) };
        let Some((places, kept)) = find_all(&before, &contents(own)?) else { return Ok(None) };
        if kept.iter().filter(|kept| kept.is_none()).count() > MOVES_MOST {
            return Ok(None);
        }
        let root = workplace.make_new_tree().map_err(|source| failed("prepare", source))?;
        let written = write_tree(own, &root, &kept, &options)?.files;
        steps(Step::Staged);

        let _lock = site.lock(&out, &options)?;
        let is_same = FolderIdentity::is_known(&out, &before.roots);
        if !is_same || encoded(options.state_folders, &out).next().as_ref() != Some(&mark) {
            return Ok(None);
        }
        options.refuse_cancelled()?;
        let (both, new) = marks(&before, &places, &kept, &written, options.fingerprint);
        let encode = |stored: &StoredMark| stored.encode(&out).map_err(|source| failed("mark", source));
        let (both, named) = (encode(&both)?, encode(&new)?);
        // Without a place for marks OUT is published all the same.
        let begun = write_encoded(&both, options.state_folders, &out);
        steps(Step::Marked);

        let changed = written.iter().zip(&kept).filter(|(_, kept)| kept.is_none());
        let exchanges = changed.map(|(file, _)| PathBuf::from(file.path.as_str())).collect();
        let delta = Delta { exchanges, ..Delta::default() };
        if let Err(source) = delta.perform(&workplace, &site, &out, steps) {
            let _ = write_encoded(&mark, options.state_folders, &out);
            return Err(failed("replace", source));
        }
        steps(Step::Swapped);
        let noted = begun.and_then(|()| write_encoded(&named, options.state_folders, &out));
        let warnings = noted.err().map(|error| not_noted(&out, &error)).into_iter().collect();
        let files = new.folders.iter().flat_map(|folder| &folder.files);
        let (files, size_bytes) = (files.clone().count(), files.map(|StoredFile(_, size, _)| size).sum());
        Ok(Some(PublishedOutput { out: out.clone(), files, size_bytes, zip: None, replaced: true, warnings }))
    }
}

/// Where a mark lists a file: the position of its folder, and the position of the file in that folder.
type ListedAt = (usize, usize);

/// Where the mark lists each file of `own`, and its line of the mark where the content is the same. `None`: one is not
/// listed.
fn find_all(before: &StoredMark, own: &[(&SafePath, ContentId)]) -> Option<(Vec<ListedAt>, Vec<Option<KeptFile>>)> {
    let found = own.iter().map(|&(path, content)| {
        let (folder, file) = before.find(path.as_str())?;
        let listed = &before.folders[folder];
        let StoredFile(_, size, modified) = listed.files[file];
        let is_same = content.0 == *listed.content(file)?;
        let kept = KeptFile { size, modified, content };
        Some(((folder, file), is_same.then_some(kept)))
    });
    Some(found.collect::<Option<Vec<_>>>()?.into_iter().unzip())
}

/// The mark for the time of the change, which names old and new files together, and the mark of the new content.
fn marks<'a>(
    before: &StoredMark<'a>,
    places: &[ListedAt],
    kept: &[Option<KeptFile>],
    written: &[MarkedFile],
    fingerprint: Option<&'a str>,
) -> (StoredMark<'a>, StoredMark<'a>) {
    let mut new = StoredMark { fingerprint, ..before.clone() };
    let mut both = StoredMark { fingerprint: None, link_mode: None, ..before.clone() };
    let changed = places.iter().zip(written).zip(kept).filter(|(_, kept)| kept.is_none());
    // The last one goes first, so that what is inserted moves no position that is still to come.
    for ((&(folder, at), file), _) in changed.rev() {
        let name = before.folders[folder].files[at].0;
        let line = StoredFile(name, file.size, file.modified);
        new.folders[folder].replace(at, line, file.content.0);
        both.folders[folder].insert(at + 1, line, file.content.0);
    }
    (both, new)
}
