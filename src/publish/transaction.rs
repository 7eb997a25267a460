//! One output on its way from a bundle to its place, whole or not at all:
//!
//! ```text
//! Begun ── stage ──▶ Staged ── mark ──▶ Marked ── swap ──▶ Swapped ── finish ──▶ PublishedOutput
//! a hidden folder    the new content    OUT is locked,     OUT is new            its mark names the new
//! beside OUT         is whole in it     its mark names                           content alone, the old
//!                                       old and new                              content is gone
//! ```
//!
//! What is dropped on the way leaves OUT as it was, and nothing else. Several outputs are published together by staging
//! all of them before the first one is marked: after the stage nothing can fail for want of room or of a wheel.
//!
//! The new content takes OUT's place in one step: by rename where OUT is absent, by exchange where barrow made it
//! before. An empty folder keeps its inode and mode (others may hold it open, or have mounted it), as does a mount
//! point, so its entries are moved one by one under a journal that the next run obeys when this one is killed.
//!
//! Where OUT is exactly as it was written, what does not change stays where it is (`delta.rs`): files and folders
//! change places one by one under the journal, or, when there is one of them, as after an edit of the handler, in one
//! step without it. Where there are many, the whole output is exchanged.
//!
//! Files are not forced to disk one by one: after a power loss sizes differ from the mark and the output is made anew.
//! A zip is one file, and is forced.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::PublishError;
use super::delta::{Delta, ExactMark};
use super::journal::Journal;
use super::mark::Mark;
use super::marked_zip::MarkedZip;
use super::marking::Marking;
use super::options::{PublishOptions, PublishedOutput, Step, Steps};
use super::out_lock::OutLock;
use super::packages;
use super::place::{canonical_place, make_parents, refuse_dangerous, remove_made, same_mount};
use super::rename::{exchange, rename_to_absent};
use super::site::Site;
use super::stage::{WrittenTree, contents, write_tree};
use super::standing::{Occupant, OutputKind, refuse_foreign};
use super::stored::FolderIdentity;
use super::workplace::Workplace;
use super::zip::{WrittenZip, amend_zip, take_zip, write_zip};
use crate::bundle::Bundle;
use crate::cache::is_workplace_name;
use crate::debris::is_left_by_system;
use crate::durable::to_disk;
use crate::modes::where_modes_are_kept;

/// An output whose place is found, fit, and has a hidden folder.
pub(super) struct Begun<'a> {
    bundle: &'a Bundle<'a>,
    kind: OutputKind,
    options: PublishOptions<'a>,
    steps: Steps<'a>,
    site: Site,
    workplace: Workplace,
    place: OutPlace,
    /// The mark of OUT, when it lay there exactly as it was written.
    exact: Option<ExactMark>,
}

/// An output whose new content is whole in the hidden folder.
pub(super) struct Staged<'a> {
    begun: Begun<'a>,
    content: Content,
}

/// An output that no other run may touch, and whose mark names old and new.
pub(super) struct Marked<'a> {
    staged: Staged<'a>,
    lock: OutLock,
    marking: Marking<'a>,
    change: Change,
    replaced: bool,
    warnings: Vec<String>,
}

/// An output that is new.
pub(super) struct Swapped<'a>(Marked<'a>);

/// New content.
enum Content {
    Tree { root: PathBuf, written: WrittenTree, delta: Option<(Delta, ExactMark)> },
    Zip(PathBuf, WrittenZip),
}

/// How the new content takes its place.
enum Change {
    /// By rename, where nothing is.
    Appear,
    /// In the place of what is there, in one step.
    Replace,
    /// Entry by entry.
    Entries(Journal),
    /// What differs, while the rest stays.
    Differ(Delta),
}

/// OUT without links, and the folders on its way that were made for it; they go again with the value, if OUT did not
/// come.
struct OutPlace {
    out: PathBuf,
    made: Vec<PathBuf>,
}

impl<'a> Begun<'a> {
    /// Finds the place, refuses what must not be replaced, and makes the hidden folder.
    pub(super) fn begin(
        bundle: &'a Bundle<'a>,
        kind: OutputKind,
        options: &PublishOptions<'a>,
        steps: Steps<'a>,
    ) -> Result<Self, PublishError> {
        Self::begin_where(bundle, kind, options, steps, same_mount)
    }

    /// [`Begun::begin`] with `same_mount` to say whether two folders lie on one mount, so that tests can answer
    /// otherwise than the machine.
    pub(super) fn begin_where(
        bundle: &'a Bundle<'a>,
        kind: OutputKind,
        options: &PublishOptions<'a>,
        steps: Steps<'a>,
        same_mount: fn(&Path, &Path) -> bool,
    ) -> Result<Self, PublishError> {
        let out = find_out(&bundle.source_folders, kind, options)?;
        let failed = |action, source| PublishError::Publish { action, out: options.out.to_owned(), source };
        let made = make_parents(&out).map_err(|source| failed("make the folder of", source))?;
        let place = OutPlace { out, made };
        // Refused before anything is written. It is looked at again once the new content is ready.
        let mut exact = None;
        let check = || {
            if kind == OutputKind::Folder {
                exact = ExactMark::read(options.state_folders, &place.out, options.link_mode);
                if exact.is_some() {
                    return Ok(());
                }
            }
            let mark = Mark::read(options.state_folders, &place.out);
            let standing = kind.look(&place.out, mark.as_ref()).map_err(|source| failed("use", source))?;
            refuse_foreign(&place.out, &standing, options)
        };
        let (site, workplace) = Site::prepare(&place.out, options, same_mount, check)?;
        Ok(Self { bundle, kind, options: *options, steps, site, workplace, place, exact })
    }

    /// Writes the new content.
    pub(super) fn stage(mut self) -> Result<Staged<'a>, PublishError> {
        let content = match self.kind {
            OutputKind::Folder | OutputKind::Packages => {
                let root = self.workplace.make_new_tree().map_err(|source| self.failed("prepare", source))?;
                let delta = match self.exact.take() {
                    Some(old) => Delta::between(old.files(), &contents(self.bundle)?).map(|delta| (delta, old)),
                    None => None,
                };
                let kept = delta.as_ref().map_or(&[][..], |(delta, _)| &delta.kept);
                let written = write_tree(self.bundle, &root, kept, &self.options)?;
                Content::Tree { root, written, delta }
            }
            OutputKind::Zip => {
                let zip = self.workplace.new_zip();
                let written = match self.options.ready {
                    Some(ready) => take_zip(ready, self.bundle, &zip, &self.options)?,
                    None => write_zip(self.bundle, &zip, &self.options)?,
                };
                Content::Zip(zip, written)
            }
        };
        (self.steps)(Step::Staged);
        Ok(Staged { begun: self, content })
    }

    /// Writes the new content from `old`, the zip at OUT: the bundle has the user's own files alone. `None`: somebody has
    /// touched it.
    pub(super) fn stage_amended(self, old: &MarkedZip) -> Result<Option<Staged<'a>>, PublishError> {
        let zip = self.workplace.new_zip();
        let written = amend_zip(self.bundle, &self.place.out, old, &zip, &self.options)?;
        let Some(written) = written else { return Ok(None) };
        (self.steps)(Step::Staged);
        Ok(Some(Staged { begun: self, content: Content::Zip(zip, written) }))
    }

    fn failed(&self, action: &'static str, source: io::Error) -> PublishError {
        PublishError::Publish { action, out: self.place.out.clone(), source }
    }
}

impl<'a> Staged<'a> {
    /// Locks OUT, decides how the new content takes its place, and marks old and new.
    pub(super) fn mark(mut self) -> Result<Marked<'a>, PublishError> {
        let Begun { options, steps, .. } = self.begun;
        let lock = self.begun.site.lock(&self.begun.place.out, &options)?;
        if let Some((delta, old)) = self.still_valid_delta()? {
            options.refuse_cancelled()?;
            let new = self.new_mark(&packages::PackageMoves::default(), None)?;
            let marking = Marking::begin(new, Some(old), &self.begun.place.out, options.state_folders);
            steps(Step::Marked);
            let (change, warnings) = (Change::Differ(delta), Vec::new());
            return Ok(Marked { staged: self, lock, marking, change, replaced: true, warnings });
        }
        let out = &self.begun.place.out;
        let old = Mark::read(options.state_folders, out);
        let standing =
            self.begun.kind.look(out, old.as_ref()).map_err(|source| self.begun.failed("look into", source))?;
        refuse_foreign(out, &standing, &options)?;
        let (change, plan) = self.change(&standing, old.as_ref())?;
        options.refuse_cancelled()?;
        let new = self.new_mark(&plan, old.as_ref())?;
        let replaced = match &change {
            Change::Entries(journal) if standing == Occupant::Shared => !journal.removals.is_empty(),
            _ => matches!(standing, Occupant::Ours | Occupant::Foreign(_)),
        };
        let marking = Marking::begin(new, old, &self.begun.place.out, options.state_folders);
        steps(Step::Marked);
        Ok(Marked { staged: self, lock, marking, change, replaced, warnings: plan.warnings })
    }

    /// The difference that was staged and the mark of OUT, if OUT is still the folder that it was told from, published by
    /// nobody since. Otherwise the rest of the new content is written.
    fn still_valid_delta(&mut self) -> Result<Option<(Delta, Mark)>, PublishError> {
        let Content::Tree { root, written, delta } = &mut self.content else { return Ok(None) };
        let Some((delta, exact)) = delta.take() else { return Ok(None) };
        let out = &self.begun.place.out;
        if let Some(old) = exact.if_still_there(self.begun.options.state_folders, out) {
            return Ok(Some((delta, old)));
        }
        let failed = |source| PublishError::Publish { action: "prepare", out: out.clone(), source };
        fs::remove_dir_all(&*root).map_err(failed)?;
        *root = self.begun.workplace.make_new_tree().map_err(failed)?;
        *written = write_tree(self.begun.bundle, root, &[], &self.begun.options)?;
        Ok(None)
    }

    /// How the new content takes its place, and where packages lie beside other things, what becomes of those.
    fn change(
        &self,
        standing: &Occupant,
        old: Option<&Mark>,
    ) -> Result<(Change, packages::PackageMoves), PublishError> {
        let Begun { bundle, site, place: OutPlace { out, .. }, .. } = &self.begun;
        let mut plan = packages::PackageMoves::default();
        let change = match (standing, &self.content) {
            (Occupant::Absent, _) => Change::Appear,
            (Occupant::Shared, Content::Tree { root: new, .. }) => {
                plan = packages::PackageMoves::new(bundle, out, new, old, &self.begun.options)?;
                let (removals, placements) = (plan.removals.clone(), std::mem::take(&mut plan.placements));
                let out_name = site.out_name(out).map(OsStr::to_owned);
                Change::Entries(Journal { out_name, exchanges: Vec::new(), removals, placements })
            }
            (Occupant::Ours | Occupant::Foreign(_), _) if matches!(site, Site::Beside(_)) => Change::Replace,
            (_, Content::Zip(..)) => Change::Replace,
            (_, Content::Tree { root: new, .. }) => {
                let journal = self.begun.all_entries(new).map_err(|source| self.begun.failed("replace", source))?;
                Change::Entries(journal)
            }
        };
        Ok((change, plan))
    }

    fn new_mark(&mut self, plan: &packages::PackageMoves, old: Option<&Mark>) -> Result<Mark, PublishError> {
        let out = &self.begun.place.out;
        let fingerprint = self.begun.options.fingerprint.map(str::to_owned);
        match &mut self.content {
            Content::Zip(zip, written) => {
                let zip = MarkedZip::written(zip, written.parts.take());
                let zip = zip.map_err(|source| self.begun.failed("read", source))?;
                Ok(Mark { fingerprint, zips: vec![zip], ..Mark::default() })
            }
            Content::Tree { root, written, .. } => {
                let (mut files, has_modes) = (std::mem::take(&mut written.files), written.has_modes);
                if self.begun.kind == OutputKind::Packages {
                    files.extend(plan.still_marked(out, old, &files));
                    files.sort();
                }
                // One of the two will be OUT: the new folder, or the old one when entries are moved into it.
                let roots = [&*root, out].into_iter().filter_map(|folder| FolderIdentity::of(folder)).collect();
                let link_mode = Some(self.begun.options.link_mode as u8);
                Ok(Mark { fingerprint, roots, link_mode, files, has_modes, zips: Vec::new() })
            }
        }
    }
}

impl<'a> Marked<'a> {
    /// Lets the new content take its place. After an error OUT is as it was.
    pub(super) fn swap(self) -> Result<Swapped<'a>, PublishError> {
        let begun = &self.staged.begun;
        let out = &begun.place.out;
        let perform = |journal: &Journal| journal.perform(begun.workplace.folder(), out, begun.steps);
        let swapped = match (&self.change, &self.staged.content) {
            (Change::Appear, Content::Tree { root: new, .. } | Content::Zip(new, _)) => rename_to_absent(new, out),
            (Change::Replace, Content::Zip(new, _)) => fs::rename(new, out),
            // Whatever the reason is that folders cannot be exchanged: entry by entry it may still work.
            (Change::Replace, Content::Tree { root: new, .. }) => {
                exchange_trees(new, out).or_else(|_| perform(&begun.all_entries(new)?))
            }
            (Change::Entries(journal), _) => perform(journal),
            (Change::Differ(delta), _) => delta.perform(&begun.workplace, &begun.site, out, begun.steps),
        };
        if let Err(source) = swapped {
            let action = if begun.kind == OutputKind::Packages { "install into" } else { "replace" };
            let error = begun.failed(action, source);
            self.marking.take_back(&self.staged.begun.place.out);
            return Err(error);
        }
        if begun.kind == OutputKind::Zip {
            // The new name is on disk when the folder is; a file system that cannot promise it is no reason to fail.
            let _ = out.parent().map(|parent| fs::File::open(parent).and_then(|parent| to_disk(parent.file())));
        }
        (begun.steps)(Step::Swapped);
        Ok(Swapped(self))
    }
}

impl Swapped<'_> {
    /// Marks the new content alone, and lets go of the old.
    pub(super) fn finish(self) -> PublishedOutput {
        let Marked { staged, lock, marking, change, replaced, mut warnings } = self.0;
        let Begun { bundle, kind, workplace, mut place, .. } = staged.begun;
        if let (OutputKind::Packages, Change::Entries(journal)) = (kind, &change) {
            packages::remove_empty_folders(&place.out, &journal.removals);
        }
        warnings.extend(marking.finish(&place.out));
        drop(lock);
        drop(workplace);
        place.made.clear();
        let (files, size_bytes, zip) = match staged.content {
            Content::Zip(_, written) => (written.files, written.size_bytes, Some(written.zip)),
            Content::Tree { .. } => (bundle.files.len(), bundle.size_bytes, None),
        };
        PublishedOutput { out: std::mem::take(&mut place.out), files, size_bytes, zip, replaced, warnings }
    }
}

impl Begun<'_> {
    /// Everything old goes, everything new comes.
    fn all_entries(&self, new: &Path) -> io::Result<Journal> {
        let names = |folder: &Path| -> io::Result<Vec<PathBuf>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let name = entry.file_name();
                // Folders of the system's lie at the top of a volume, and nobody else may move them.
                let is_of_system = name.to_str().is_some_and(is_left_by_system) && entry.file_type()?.is_dir();
                if !is_workplace_name(&name) && !is_of_system {
                    names.push(PathBuf::from(name));
                }
            }
            names.sort();
            Ok(names)
        };
        let out = &self.place.out;
        Ok(Journal {
            out_name: self.site.out_name(out).map(OsStr::to_owned),
            exchanges: Vec::new(),
            removals: names(out)?,
            placements: names(new)?,
        })
    }
}

impl Drop for OutPlace {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            remove_made(&self.made);
        }
    }
}

/// OUT without links, unless it must not be an output of this kind.
pub(super) fn find_out(
    sources: &[PathBuf],
    kind: OutputKind,
    options: &PublishOptions,
) -> Result<PathBuf, PublishError> {
    let failed = |source| PublishError::Publish { action: "find the way to", out: options.out.to_owned(), source };
    let out = canonical_place(options.out).map_err(failed)?;
    if kind != OutputKind::Packages {
        refuse_dangerous(&out, sources, options.own_folders.iter().chain(options.state_folders))?;
    }
    Ok(out)
}

/// Lets two folders change places; the new one takes over the mode of the old.
fn exchange_trees(new: &Path, out: &Path) -> io::Result<()> {
    let mode = fs::metadata(out)?.permissions().mode() & 0o7777;
    where_modes_are_kept(fs::set_permissions(new, std::fs::Permissions::from_mode(mode)))?;
    exchange(new, out)
}
