//! Writing the files of a bundle into the folder where it is prepared.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use fs_err as fs;
use rayon::prelude::*;

use super::PublishError;
use super::journal::{create_folder, create_parents};
use super::mark::MarkedFile;
use super::options::PublishOptions;
use crate::archive::Alike;
use crate::bundle::{Bundle, BundleContent, BundleFile};
use crate::install::{InstalledDist, InstalledFile, Viewer, link_tree, where_modes_are_kept};

/// Files that one thread looks at at a time: a look takes a microsecond.
const MARKED_AT_ONCE: usize = 256;

/// Writes every file of the bundle below `root`, an empty folder. Gives what was written, sorted by path.
///
/// Files of distributions come from the cache as the link mode says. The user's own are always copied: no one who edits a
/// bundle may edit the source with it.
pub(super) fn write_tree(
    bundle: &Bundle,
    root: &Path,
    options: &PublishOptions,
) -> Result<Vec<MarkedFile>, PublishError> {
    let failed =
        |path: &str, source| PublishError::Stage { path: path.to_owned(), out: options.out.to_owned(), source };
    if let Some(Alike { first, second, .. }) = bundle.alike.first()
        && ignores_case(root).map_err(|source| failed("", source))?
    {
        let (first, second) = (first.clone(), second.clone());
        return Err(PublishError::Alike { first, second, out: options.out.to_owned() });
    }
    let dist_root = bundle.layout.prefix.as_ref().map_or_else(|| root.to_owned(), |prefix| prefix.below(root));
    let (linked, written) = divide(&bundle.files);
    if let Some(prefix) = bundle.layout.prefix.as_ref().filter(|_| !linked.is_empty()) {
        create_parents(root, Path::new(prefix.as_str())).map_err(|source| failed(prefix.as_str(), source))?;
        create_folder(&dist_root).map_err(|source| failed(prefix.as_str(), source))?;
    }

    linked.par_iter().try_for_each(|(dist, files)| {
        options.refuse_cancelled()?;
        let tree = dist.tree.as_ref().ok_or_else(|| PublishError::NotUnpacked(dist.name.to_string()))?;
        link_tree(files, tree, &dist_root, options.link_mode).map(drop).map_err(|source| PublishError::Link {
            dist: dist.name.to_string(),
            out: options.out.to_owned(),
            source,
        })
    })?;

    for folder in folders(&written) {
        create_folder(&root.join(folder)).map_err(|source| failed(folder, source))?;
    }
    written.par_iter().try_for_each(|file| {
        options.refuse_cancelled()?;
        write_file(file, &file.path.below(root)).map_err(|error| match (error, &file.content) {
            (WriteError::Source(source), BundleContent::Source(own)) => {
                PublishError::ReadSource { path: own.from.clone(), source }
            }
            (WriteError::Source(source) | WriteError::Write(source), _) => failed(file.path.as_str(), source),
        })
    })?;

    let marked = bundle.files.par_chunks(MARKED_AT_ONCE).map(|files| {
        let mut viewer = Viewer::new(root).map_err(|source| failed("", source))?;
        let marked = files.iter().map(|file| {
            let seen = viewer.look(&file.path).map_err(|source| failed(file.path.as_str(), source))?;
            Ok(MarkedFile { path: file.path.clone(), size: seen.size, modified: seen.modified })
        });
        marked.collect::<Result<Vec<_>, _>>()
    });
    Ok(marked.collect::<Result<Vec<_>, _>>()?.concat())
}

/// Whether the file system of a folder takes names for one that differ in case only.
fn ignores_case(folder: &Path) -> io::Result<bool> {
    let probe = folder.join(".barrow-Case");
    fs::write(&probe, "")?;
    let found = fs::symlink_metadata(folder.join(".barrow-cASE")).is_ok();
    fs::remove_file(&probe)?;
    Ok(found)
}

/// The files that are linked, by distribution, and those that are written.
fn divide<'a, 'b>(
    files: &'b [BundleFile<'a>],
) -> (Vec<(&'a InstalledDist, Vec<&'a InstalledFile>)>, Vec<&'b BundleFile<'a>>) {
    let mut linked: BTreeMap<_, (&InstalledDist, Vec<&InstalledFile>)> = BTreeMap::new();
    let mut written = Vec::new();
    for file in files {
        match &file.content {
            BundleContent::Dist { dist, file } => {
                linked.entry(&dist.name).or_insert_with(|| (dist, Vec::new())).1.push(file);
            }
            _ => written.push(file),
        }
    }
    (linked.into_values().collect(), written)
}

/// Every folder, outer ones first.
fn folders<'a>(files: &[&'a BundleFile]) -> BTreeSet<&'a str> {
    let mut folders = BTreeSet::new();
    for file in files {
        let mut path = file.path.as_str();
        while let Some((parent, _)) = path.rsplit_once('/') {
            if !folders.insert(parent) {
                break;
            }
            path = parent;
        }
    }
    folders
}

enum WriteError {
    Source(io::Error),
    Write(io::Error),
}

/// Writes a file that no distribution has: content alone is taken over, mode and time are the bundle's own.
fn write_file(file: &BundleFile, to: &Path) -> Result<(), WriteError> {
    let mode = if file.executable { 0o755 } else { 0o644 };
    match &file.content {
        BundleContent::Source(own) => {
            let mut source = fs::File::open(&own.from).map_err(WriteError::Source)?;
            // Between files the standard library copies inside the kernel where it can.
            write(to, mode, |out| io::copy(source.file_mut(), out).map(drop))
        }
        BundleContent::Generated(bytes) => write(to, mode, |out| io::Write::write_all(out, bytes)),
        BundleContent::Dist { .. } => unreachable!("files of distributions are linked"),
    }
}

fn write(to: &Path, mode: u32, fill: impl FnOnce(&mut std::fs::File) -> io::Result<()>) -> Result<(), WriteError> {
    let create = || -> io::Result<()> {
        let mut target = std::fs::File::options().write(true).create_new(true).mode(mode).open(to)?;
        fill(&mut target)?;
        // The umask has no say in the mode of a bundle's file.
        where_modes_are_kept(target.set_permissions(std::fs::Permissions::from_mode(mode)))
    };
    create().map_err(WriteError::Write)
}
