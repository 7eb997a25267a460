//! What the rest of the program asks of this room: outputs are published, looked at, and put in order.

use std::path::{Path, PathBuf};

use fs_err as fs;

use super::PublishError;
use super::mark::{self, Mark, is_as_written, is_barrows_at_the_top};
use super::marked_zip::MarkedZip;
use super::options::{PublishOptions, PublishedOutput, Steps};
use super::out_lock::OutLock;
use super::place::canonical_place;
use super::site::Site;
use super::standing::{Occupant, OutputKind, refuse_foreign};
use super::transaction::{Begun, Staged, Swapped, find_out};
use super::workplace;
use crate::bundle::Bundle;

/// Publishes a bundle.
///
/// # Errors
/// OUT holds what barrow did not make, or cannot be an output; something could not be written; the user interrupted.
/// OUT is as it was before, and nothing else is left.
pub(crate) fn publish(bundle: &Bundle, options: &PublishOptions) -> Result<PublishedOutput, PublishError> {
    publish_with(bundle, OutputKind::of(options.format), options, &|_| {})
}

/// Publishes several bundles, each at a place of its own, together: all of them are whole beside their places before
/// the first takes its own. Afterwards the `gone` go, as far as barrow made them: outputs of an earlier run that are
/// none of this one.
///
/// # Errors
/// As for [`publish`]. Where one of them cannot take its place in the end, those before it have.
pub(crate) fn publish_together(
    bundles: &[Bundle],
    options: &[PublishOptions],
    gone: &[PathBuf],
) -> Result<Vec<PublishedOutput>, PublishError> {
    let staged = bundles
        .iter()
        .zip(options)
        .map(|(bundle, options)| Begun::begin(bundle, OutputKind::of(options.format), options, &|_| {})?.stage());
    let staged = staged.collect::<Result<Vec<_>, _>>()?;
    let marked = staged.into_iter().map(Staged::mark).collect::<Result<Vec<_>, _>>()?;
    let (mut swapped, mut failed) = (Vec::new(), None);
    for marked in marked {
        match marked.swap() {
            Ok(new) => swapped.push(new),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    let published: Vec<PublishedOutput> = swapped.into_iter().map(Swapped::finish).collect();
    if let Some(error) = failed {
        return Err(error);
    }
    if let Some(options) = options.first() {
        for out in gone {
            remove_own(out, options);
        }
    }
    Ok(published)
}

/// Removes an output that barrow made, if it is that still. What cannot be removed harms nobody.
fn remove_own(out: &Path, options: &PublishOptions) {
    let Ok(out) = canonical_place(out) else { return };
    let Some(_lock) = OutLock::try_acquire(&out, true) else { return };
    let Some(mark) = Mark::read(options.state_folders, &out) else { return };
    if OutputKind::of(options.format).look(&out, Some(&mark)).is_ok_and(|standing| standing == Occupant::Ours) {
        let removed = if out.is_dir() { fs::remove_dir_all(&out) } else { fs::remove_file(&out) };
        if removed.is_ok() {
            Mark::remove(options.state_folders, &out);
        }
    }
}

/// Installs a bundle into the folder OUT, beside what lies there.
///
/// The files of a distribution that is installed there already, in whatever version and by whomever, go as its RECORD
/// lists them. A file of another distribution with the same path is replaced, and told in the warnings.
///
/// # Errors
/// A file in the way that no distribution lists and that is different (unless `force`); something could not be written.
/// OUT is as it was before.
pub(crate) fn install_into(bundle: &Bundle, options: &PublishOptions) -> Result<PublishedOutput, PublishError> {
    publish_with(bundle, OutputKind::Packages, options, &|_| {})
}

pub(super) fn publish_with(
    bundle: &Bundle,
    kind: OutputKind,
    options: &PublishOptions,
    steps: Steps,
) -> Result<PublishedOutput, PublishError> {
    Ok(Begun::begin(bundle, kind, options, steps)?.stage()?.mark()?.swap()?.finish())
}

/// Refuses what [`publish`] would refuse in the end because of what OUT is: to be asked before anything is downloaded
/// in vain. Of the folder that barrow made last only what lies right in it is looked at here: publishing looks into
/// every folder of it, and to do so twice takes a tenth of a run in which one package has changed.
pub(crate) fn check_out(sources: &[PathBuf], options: &PublishOptions) -> Result<(), PublishError> {
    let kind = OutputKind::of(options.format);
    let out = find_out(sources, kind, options)?;
    if kind == OutputKind::Folder && is_barrows_at_the_top(options.state_folders, &out) {
        return Ok(());
    }
    let look = || {
        let mark = Mark::read(options.state_folders, &out);
        let failed = |source| PublishError::Publish { action: "look into", out: out.clone(), source };
        refuse_foreign(&out, &kind.look(&out, mark.as_ref()).map_err(failed)?, options)
    };
    match (look(), out.parent()) {
        // Another run may have replaced OUT between the looks at its mark and at what lies in it.
        (Err(_), Some(parent)) => {
            let _lock = Site::Beside(parent.to_owned()).lock(&out, options)?;
            look()
        }
        (result, _) => result,
    }
}

/// Whether OUT is, file for file, what a run with this fingerprint published: by size and mtime, without reading
/// contents.
pub(crate) fn is_unchanged(out: &Path, state_folders: &[PathBuf], fingerprint: &str) -> bool {
    canonical_place(out).is_ok_and(|out| is_as_written(state_folders, &out, fingerprint, true))
}

/// Whether all that a run with this fingerprint installed into OUT lies there as it was written, whatever else does.
pub(crate) fn is_installed_unchanged(out: &Path, state_folders: &[PathBuf], fingerprint: &str) -> bool {
    canonical_place(out).is_ok_and(|out| is_as_written(state_folders, &out, fingerprint, false))
}

/// Notes that barrow wrote a file beside its outputs, so that it is no source file of a later run. Without a place for
/// marks it is one.
pub fn mark_beside(file: &Path, state_folders: &[PathBuf]) {
    if let (Ok(place), Ok(zip)) = (canonical_place(file), MarkedZip::at(file)) {
        let _ = Mark { zips: vec![zip], ..Mark::default() }.write(state_folders, &place);
    }
}

/// Puts in order what killed runs have left at OUT, for a run that is going to publish nothing. While another process
/// publishes there, it is left to that one.
pub(crate) fn tidy(out: &Path) {
    let Ok(out) = canonical_place(out) else { return };
    let folders: Vec<&Path> = out.parent().into_iter().chain([out.as_path()]).collect();
    if folders.iter().any(|folder| workplace::has_leftovers(folder))
        && let Some(_lock) = OutLock::try_acquire(&out, true)
    {
        for folder in folders {
            let _ = workplace::recover(folder, &out, None);
        }
    }
}

/// The outputs that are no source files of `folder`, without links: OUT, and every one below the folder that barrow
/// made, as far as it knows.
pub(crate) fn outputs_around(state_folders: &[PathBuf], folder: &Path, out: Option<&Path>) -> Vec<PathBuf> {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let out = out.and_then(|out| canonical_place(out).ok());
    mark::outputs_below(state_folders, &folder).into_iter().chain(out).collect()
}
