//! Installing into a folder beside what lies there: packages are replaced, other files left alone.
//!
//! As `publish`, it prepares everything in a hidden folder and moves it in under a journal: after a failure the folder is
//! as it was, after a kill the next run takes it back.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::PublishError;
use super::installed_before::InstalledBefore;
use super::journal::Journal;
use super::mark::{Mark, MarkedFile};
use super::place::{canonical_place, make_parents, remove_made, same_mount};
use super::rename::rename_to_absent;
use super::stage::write_tree;
use super::transaction::{Marking, PublishOptions, Published, Site, State, Step, Steps, identities, refuse_foreign};
use crate::archive::SafePath;
use crate::bundle::Bundle;
use crate::spec::PackageName;

/// Installs a bundle into the folder OUT, beside what lies there.
///
/// The files of a distribution that is installed there already, in whatever version and by whomever, go as its RECORD
/// lists them. A file of another distribution with the same path is replaced, and told in the warnings.
///
/// # Errors
/// A file in the way that no distribution lists and that is different (unless `force`); something could not be written.
/// OUT is as it was before.
pub fn install_into(bundle: &Bundle, options: &PublishOptions) -> Result<Published, PublishError> {
    install_with(bundle, options, &|_| {})
}

pub(super) fn install_with(bundle: &Bundle, options: &PublishOptions, steps: Steps) -> Result<Published, PublishError> {
    let failed = |action, source| PublishError::Publish { action, out: options.out.to_owned(), source };
    let out = canonical_place(options.out).map_err(|source| failed("find the way to", source))?;
    let made = make_parents(&out).map_err(|source| failed("make the folder of", source))?;
    let result = install_at(bundle, &out, options, steps);
    if result.is_err() {
        remove_made(&made);
    }
    result
}

fn install_at(bundle: &Bundle, out: &Path, options: &PublishOptions, steps: Steps) -> Result<Published, PublishError> {
    let failed = |action, source| PublishError::Publish { action, out: out.to_owned(), source };
    let (site, workplace) = Site::prepare(out, options, state, same_mount)?;
    let new = workplace.make_new_tree().map_err(|source| failed("prepare", source))?;
    let mut files = write_tree(bundle, &new, options)?;
    steps(Step::Staged);

    let lock = site.lock(out, options)?;
    let old_mark = Mark::read(options.state_folders, out);
    let is_absent = state(out, None).map_err(|source| failed("use", source))? == State::Absent;
    let plan = if is_absent { Plan::default() } else { Plan::new(bundle, out, &new, old_mark.as_ref(), options)? };
    options.refuse_cancelled()?;
    files.extend(plan.still_marked(out, old_mark.as_ref(), &files));
    files.sort();
    let new_mark = Mark {
        fingerprint: options.fingerprint.map(str::to_owned),
        roots: identities(&new, out),
        files,
        zips: Vec::new(),
    };
    let marking = Marking::begin(new_mark, old_mark, out, options);
    steps(Step::Marked);
    let moved = if is_absent {
        rename_to_absent(&new, out)
    } else {
        let out_name = site.out_name(out).map(OsStr::to_owned);
        let journal = Journal { out_name, removals: plan.removals.clone(), placements: plan.placements };
        journal.perform(workplace.folder(), out, steps)
    };
    if let Err(source) = moved {
        marking.take_back();
        return Err(failed("install into", source));
    }
    steps(Step::Swapped);
    remove_empty_folders(out, &plan.removals);
    let mut warnings = plan.warnings;
    warnings.extend(marking.finish());
    drop(lock);
    drop(workplace);
    Ok(Published {
        out: out.to_owned(),
        files: bundle.files.len(),
        size_bytes: bundle.size_bytes,
        zip: None,
        replaced: !plan.removals.is_empty(),
        warnings,
    })
}

/// Anything may lie in the folder; what is in the way is judged file by file.
fn state(out: &Path, _mark: Option<&Mark>) -> io::Result<State> {
    match fs::metadata(out) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::Absent),
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => Ok(State::Empty),
        Ok(_) => Err(io::Error::new(io::ErrorKind::NotADirectory, "it is a file, not a folder")),
    }
}

/// What is to be moved where.
#[derive(Default)]
struct Plan {
    removals: Vec<PathBuf>,
    placements: Vec<PathBuf>,
    warnings: Vec<String>,
}

impl Plan {
    fn new(
        bundle: &Bundle,
        out: &Path,
        new: &Path,
        mark: Option<&Mark>,
        options: &PublishOptions,
    ) -> Result<Self, PublishError> {
        let failed = |source| PublishError::Publish { action: "look into", out: out.to_owned(), source };
        let names: HashSet<&PackageName> = bundle.dists.iter().map(|dist| &dist.name).collect();
        let prefix = bundle.layout.prefix.as_ref();
        let folder = prefix.map_or_else(|| out.to_owned(), |prefix| prefix.below(out));
        let before = match InstalledBefore::read(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => InstalledBefore::default(),
            result => result.map_err(failed)?,
        };
        let mut removals: BTreeSet<PathBuf> = BTreeSet::new();
        let below = prefix.map_or_else(PathBuf::new, |prefix| PathBuf::from(prefix.as_str()));
        if folder.is_dir() {
            removals.extend(before.removals(&folder, &names).map_err(failed)?.iter().map(|path| below.join(path)));
        }
        let marked: HashSet<&SafePath> =
            mark.into_iter().flat_map(|mark| mark.own_files(out)).map(|file| &file.path).collect();
        let mut placing = Placing { out, new, removals, placements: Vec::new(), in_the_way: Vec::new() };
        placing.folder(Path::new("")).map_err(failed)?;

        let mut warnings = Vec::new();
        let mut foreign = Vec::new();
        for path in &placing.in_the_way {
            let safe = |path: &Path| path.to_str().and_then(|path| SafePath::new(path).ok());
            let owner = path.strip_prefix(&below).ok().and_then(safe).and_then(|path| before.owner(&path, &names));
            let is_same = || same_content(&out.join(path), &new.join(path)).unwrap_or(false);
            match owner {
                _ if is_same() => {}
                Some(owner) => warnings.push(format!("`{}` of {owner} is replaced", path.display())),
                None if safe(path).is_some_and(|path| marked.contains(&path)) => {}
                None => foreign.push(path.to_string_lossy().into_owned()),
            }
        }
        if !foreign.is_empty() {
            refuse_foreign(out, &State::Foreign(foreign), options)?;
        }
        let mut removals = placing.removals;
        removals.extend(placing.in_the_way);
        Ok(Self { removals: outermost(removals), placements: placing.placements, warnings })
    }

    /// Files of the older mark that are there and neither removed nor replaced.
    fn still_marked(&self, out: &Path, old: Option<&Mark>, new: &[MarkedFile]) -> Vec<MarkedFile> {
        let new: HashSet<&SafePath> = new.iter().map(|file| &file.path).collect();
        let is_removed =
            |file: &MarkedFile| self.removals.iter().any(|removed| Path::new(file.path.as_str()).starts_with(removed));
        let old = old.into_iter().flat_map(|mark| &mark.files);
        let is_there = |file: &MarkedFile| fs::symlink_metadata(file.path.below(out)).is_ok();
        old.filter(|file| !new.contains(&file.path) && !is_removed(file) && is_there(file)).cloned().collect()
    }
}

/// Finds the largest parts of the new tree that can be moved in as a whole.
struct Placing<'a> {
    out: &'a Path,
    new: &'a Path,
    removals: BTreeSet<PathBuf>,
    placements: Vec<PathBuf>,
    /// What lies where something new is to lie, and is no folder on its way.
    in_the_way: Vec<PathBuf>,
}

impl Placing<'_> {
    fn folder(&mut self, path: &Path) -> io::Result<()> {
        let mut names =
            fs::read_dir(self.new.join(path))?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
        names.sort();
        for name in names {
            let path = path.join(name);
            let is_folder = fs::symlink_metadata(self.new.join(&path))?.is_dir();
            let there = fs::symlink_metadata(self.out.join(&path)).ok().filter(|_| !self.removals.contains(&path));
            match there {
                // A link to a folder is no folder: nothing is written through it.
                Some(there) if is_folder && there.is_dir() => self.folder(&path)?,
                Some(_) => {
                    self.in_the_way.push(path.clone());
                    self.placements.push(path);
                }
                None => self.placements.push(path),
            }
        }
        Ok(())
    }
}

/// Without the paths that lie below others.
fn outermost(paths: BTreeSet<PathBuf>) -> Vec<PathBuf> {
    // Component by component, as paths are ordered, what lies below a path comes right behind it.
    let mut outermost: Vec<PathBuf> = Vec::new();
    for path in paths {
        if outermost.last().is_none_or(|last| !path.starts_with(last)) {
            outermost.push(path);
        }
    }
    outermost
}

fn same_content(a: &Path, b: &Path) -> io::Result<bool> {
    use std::io::{BufRead as _, BufReader};
    let (first, second) = (fs::symlink_metadata(a)?, fs::symlink_metadata(b)?);
    if !first.is_file() || !second.is_file() || first.len() != second.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (BufReader::new(fs::File::open(a)?), BufReader::new(fs::File::open(b)?));
    loop {
        let (left, right) = (a.fill_buf()?, b.fill_buf()?);
        let count = left.len().min(right.len());
        if left[..count] != right[..count] {
            return Ok(false);
        }
        if count == 0 {
            return Ok(left.is_empty() && right.is_empty());
        }
        a.consume(count);
        b.consume(count);
    }
}

/// Removes folders that removals have left empty.
fn remove_empty_folders(out: &Path, removals: &[PathBuf]) {
    let mut folders: BTreeSet<&Path> = BTreeSet::new();
    for path in removals {
        folders.extend(path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()));
    }
    for folder in folders.iter().rev() {
        let _ = fs::remove_dir(out.join(folder));
    }
}
