//! Writing the files of a bundle into the folder where it is prepared.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::atomic::Ordering;

use fs_err as fs;
use rayon::prelude::*;

use super::assemble::{BundleContent, BundleFile};
use super::journal::create_folder;
use super::mark::MarkedFile;
use super::publish::PublishOptions;
use super::{Bundle, BundleError};

/// Writes every file of the bundle below `root`, which is made. Gives what was written.
pub(super) fn write_tree(
    bundle: &Bundle,
    root: &Path,
    options: &PublishOptions,
) -> Result<Vec<MarkedFile>, BundleError> {
    let failed = |path: &str, source| BundleError::Stage { path: path.to_owned(), out: options.out.to_owned(), source };
    create_folder(root).map_err(|source| failed("", source))?;
    for folder in folders(&bundle.files) {
        create_folder(&root.join(folder)).map_err(|source| failed(folder, source))?;
    }
    bundle
        .files
        .par_iter()
        .map(|file| {
            if options.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
                return Err(BundleError::Cancelled);
            }
            write_file(file, &file.path.below(root)).map_err(|error| match error {
                WriteError::NotUnpacked(dist) => BundleError::NotUnpacked(dist),
                WriteError::Source(source) => match &file.content {
                    BundleContent::Source(own) => BundleError::ReadSource { path: own.from.clone(), source },
                    _ => failed(file.path.as_str(), source),
                },
                WriteError::Write(source) => failed(file.path.as_str(), source),
            })
        })
        .collect()
}

/// Every folder, outer ones first.
fn folders<'a>(files: &'a [BundleFile]) -> BTreeSet<&'a str> {
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
    NotUnpacked(String),
    Source(io::Error),
    Write(io::Error),
}

fn write_file(file: &BundleFile, to: &Path) -> Result<MarkedFile, WriteError> {
    let mode = if file.executable { 0o755 } else { 0o644 };
    let metadata = match &file.content {
        BundleContent::Dist { dist, file } => {
            let tree = dist.tree.as_ref().ok_or_else(|| WriteError::NotUnpacked(dist.name.to_string()))?;
            copy(&file.path.below(tree), to, mode)?
        }
        BundleContent::Source(own) => copy(&own.from, to, mode)?,
        BundleContent::Generated(bytes) => write(to, mode, |out| io::Write::write_all(out, bytes))?,
    };
    Ok(MarkedFile::new(file.path.clone(), &metadata))
}

/// Copies content alone: mode and time are the bundle's own.
fn copy(from: &Path, to: &Path, mode: u32) -> Result<std::fs::Metadata, WriteError> {
    let mut source = fs::File::open(from).map_err(WriteError::Source)?;
    // Between files the standard library copies inside the kernel where it can.
    write(to, mode, |out| io::copy(source.file_mut(), out).map(drop))
}

fn write(
    to: &Path,
    mode: u32,
    fill: impl FnOnce(&mut std::fs::File) -> io::Result<()>,
) -> Result<std::fs::Metadata, WriteError> {
    let create = || -> io::Result<std::fs::Metadata> {
        let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(to)?;
        fill(&mut file)?;
        // The umask has no say in the mode of a bundle's file.
        file.set_permissions(std::fs::Permissions::from_mode(mode))?;
        file.metadata()
    };
    create().map_err(WriteError::Write)
}
