//! Writing the files of a bundle into the folder where it is prepared.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use rayon::prelude::*;

use super::PublishError;
use super::content_id::ContentId;
use super::delta::KeptFile;
use super::journal::{create_folder, create_parents};
use super::mark::MarkedFile;
use super::options::PublishOptions;
use crate::archive::{Alike, SafePath, each_folder_of};
use crate::bundle::{Bundle, BundleContent, BundleFile, SourceFile};
use crate::install::{LinkError, Share, Sight, link_shares};
use crate::modes::where_modes_are_kept;
use crate::regular::each_piece;
use crate::spec::{HashAlgorithm, Hasher, PackageName, sha256};

/// The mode of every folder of an output. What a folder has beyond it, as the group that passes on, is that of its place.
const FOLDER_MODE: u32 = 0o755;
/// Files whose contents one thread identifies at a time: those of distributions are known.
const CONTENTS_AT_ONCE: usize = 256;

/// Files as they were written.
pub(super) struct WrittenTree {
    /// What the output will hold, sorted by path.
    pub(super) files: Vec<MarkedFile>,
    /// Whether they and their folders have the modes that they were given.
    pub(super) has_modes: bool,
}

/// Writes the files of the bundle below `root`, an empty folder, but for those that stay where they are: `kept` has one
/// item for each file, or none at all; they have their modes.
///
/// Files of distributions come from the cache as the link mode says. The user's own are always copied: no one who edits
/// a bundle may edit the source with it.
pub(super) fn write_tree(
    bundle: &Bundle,
    root: &Path,
    kept: &[Option<KeptFile>],
    options: &PublishOptions,
) -> Result<WrittenTree, PublishError> {
    let failed =
        |path: &str, source| PublishError::Stage { path: path.to_owned(), out: options.out.to_owned(), source };
    if let Some(Alike { first, second, .. }) = bundle.alike.first()
        && ignores_case(root).map_err(|source| failed("", source))?
    {
        let (first, second) = (first.clone(), second.clone());
        return Err(PublishError::Alike { first, second, out: options.out.to_owned() });
    }
    let dist_root = bundle.layout.prefix.as_ref().map_or_else(|| root.to_owned(), |prefix| prefix.below(root));
    let (linked, written) = divide(&bundle.files, kept);
    if let Some(prefix) = bundle.layout.prefix.as_ref().filter(|_| !linked.shares.is_empty()) {
        create_parents(root, Path::new(prefix.as_str())).map_err(|source| failed(prefix.as_str(), source))?;
        create_folder(&dist_root).map_err(|source| failed(prefix.as_str(), source))?;
    }

    options.refuse_cancelled()?;
    let seen = link_shares(&linked.shares, &dist_root, options.link_mode).map_err(|(at, error)| {
        let dist = linked.shares[at].dist.name.to_string();
        match error {
            LinkError::NotUnpacked => PublishError::NotUnpacked(dist),
            source => PublishError::Link { dist, out: options.out.to_owned(), source },
        }
    })?;

    for folder in folders(&written) {
        create_folder(&root.join(folder)).map_err(|source| failed(folder, source))?;
    }
    let write = |file: &&BundleFile| {
        options.refuse_cancelled()?;
        write_file(file, &file.path.below(root)).map_err(|error| match (error, &file.content) {
            (WriteError::Source(source), BundleContent::Source(own)) => {
                PublishError::ReadSource { path: own.from.clone(), source }
            }
            (WriteError::Source(source) | WriteError::Write(source), _) => failed(file.path.as_str(), source),
        })
    };
    let written: Vec<(Sight, ContentId)> = written.par_iter().map(write).collect::<Result<_, _>>()?;

    let mut has_modes = has_folder_mode(bundle, root, kept);
    let mut now = |seen: &Sight, content: ContentId| {
        has_modes &= seen.is_link || seen.executable == Some(content.is_executable());
        KeptFile { size: seen.size, modified: seen.modified, content }
    };
    let mut written = written.into_iter();
    let marked = bundle.files.iter().zip(&linked.places).enumerate().map(|(at, (file, place))| {
        let KeptFile { size, modified, content } = match (place, &file.content) {
            (Supplier::Kept, _) => kept[at]?,
            (Supplier::Linked(share, position), BundleContent::Dist { file, .. }) => {
                now(&seen.seen[*share][*position], ContentId::new(&file.sha256, file.executable))
            }
            _ => written.next().map(|(seen, content)| now(&seen, content))?,
        };
        Some(MarkedFile { path: file.path.clone(), size, modified, content })
    });
    let files = marked.map(|file| file.expect("each file is kept, linked or written")).collect();
    Ok(WrittenTree { files, has_modes })
}

/// Whether folders below `root` have their mode: one of them, since a file system keeps the modes of all or of none.
fn has_folder_mode(bundle: &Bundle, root: &Path, kept: &[Option<KeptFile>]) -> bool {
    let is_new = |at: usize| kept.get(at).is_none_or(Option::is_none);
    let new = bundle.files.iter().enumerate().filter(|(at, _)| is_new(*at));
    let folder = new.filter_map(|(_, file)| file.path.as_str().split_once('/')).map(|(folder, _)| folder).next();
    let mode = |folder: &str| Some(fs::symlink_metadata(root.join(folder)).ok()?.permissions().mode());
    folder.and_then(mode).is_none_or(|mode| mode & 0o777 == FOLDER_MODE)
}

/// What identifies the content of each file, as it is now. A file of the user's is read for it.
pub(super) fn contents<'a>(bundle: &'a Bundle) -> Result<Vec<(&'a SafePath, ContentId)>, PublishError> {
    let content = |file: &'a BundleFile| {
        let digest = match &file.content {
            BundleContent::Dist { file: own, .. } => {
                return Ok((&file.path, ContentId::new(&own.sha256, file.executable)));
            }
            BundleContent::Generated(bytes) => sha256(bytes),
            BundleContent::Source(SourceFile { link: Some(text), .. }) => {
                return Ok((&file.path, ContentId::link(text)));
            }
            BundleContent::Source(own) => {
                let failed = |source| PublishError::ReadSource { path: own.from.clone(), source };
                own.digest().map_err(failed)?.0
            }
        };
        Ok((&file.path, ContentId::new(&digest, file.executable)))
    };
    bundle.files.par_iter().with_min_len(CONTENTS_AT_ONCE).map(content).collect()
}

/// Where a file of the bundle comes from.
enum Supplier {
    /// The file lies in the output already.
    Kept,
    /// From the cache: share, and position in it.
    Linked(usize, usize),
    /// The bytes are written here.
    Written,
}

/// Whether the file system of a folder takes names for one that differ in case only.
fn ignores_case(folder: &Path) -> io::Result<bool> {
    let probe = folder.join(".barrow-Case");
    fs::write(&probe, "")?;
    let found = fs::symlink_metadata(folder.join(".barrow-cASE")).is_ok();
    fs::remove_file(&probe)?;
    Ok(found)
}

/// Files of distributions, which are linked.
struct LinkedFiles<'a> {
    shares: Vec<Share<'a>>,
    /// Where each file of the bundle comes from, in the order of the bundle.
    places: Vec<Supplier>,
}

/// The files that are linked, and those that are written.
fn divide<'a, 'b>(
    files: &'b [BundleFile<'a>],
    kept: &[Option<KeptFile>],
) -> (LinkedFiles<'a>, Vec<&'b BundleFile<'a>>) {
    let mut linked = LinkedFiles { shares: Vec::new(), places: Vec::with_capacity(files.len()) };
    let mut written = Vec::new();
    let mut share_of: HashMap<&PackageName, (usize, usize)> = HashMap::new();
    for (at, file) in files.iter().enumerate() {
        if kept.get(at).is_some_and(Option::is_some) {
            linked.places.push(Supplier::Kept);
            continue;
        }
        let BundleContent::Dist { dist, file: own } = &file.content else {
            written.push(file);
            linked.places.push(Supplier::Written);
            continue;
        };
        let (share, cursor) = share_of.entry(&dist.name).or_insert_with(|| {
            linked.shares.push(Share { dist, files: Vec::new() });
            (linked.shares.len() - 1, 0)
        });
        // Both lists are sorted by path.
        let further = dist.files[*cursor..].iter().position(|other| std::ptr::eq(other, *own));
        *cursor += further.expect("a file of a bundle is one of its distribution");
        let files = &mut linked.shares[*share].files;
        files.push(*cursor);
        linked.places.push(Supplier::Linked(*share, files.len() - 1));
    }
    (linked, written)
}

/// Every folder, outer ones first.
fn folders<'a>(files: &[&'a BundleFile]) -> BTreeSet<&'a str> {
    let mut folders = BTreeSet::new();
    for file in files {
        each_folder_of(file.path.as_str(), |folder| folders.insert(folder));
    }
    folders
}

enum WriteError {
    Source(io::Error),
    Write(io::Error),
}

/// Writes a file that no distribution has: content alone is taken over, mode and time are the bundle's own. What is
/// noted as its content is what was written, whatever becomes of the source meanwhile.
fn write_file(file: &BundleFile, to: &Path) -> Result<(Sight, ContentId), WriteError> {
    if let BundleContent::Source(SourceFile { link: Some(text), .. }) = &file.content {
        let linked = fs::os::unix::fs::symlink(text, to).and_then(|()| Sight::at(to));
        return linked.map(|seen| (seen, ContentId::link(text))).map_err(WriteError::Write);
    }
    let mode = if file.executable { 0o755 } else { 0o644 };
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    let mut target =
        fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(to).map_err(WriteError::Write)?;
    match &file.content {
        BundleContent::Source(own) => {
            let content = own.open().map_err(WriteError::Source)?;
            each_piece(content, own.size, WriteError::Source, |piece| {
                hasher.update(piece);
                target.write_all(piece).map_err(WriteError::Write)
            })?;
        }
        BundleContent::Generated(bytes) => {
            hasher.update(bytes);
            target.write_all(bytes).map_err(WriteError::Write)?;
        }
        BundleContent::Dist { .. } => unreachable!("files of distributions are linked"),
    }
    // The umask has no say in the mode of a bundle's file.
    where_modes_are_kept(target.set_permissions(std::fs::Permissions::from_mode(mode)))
        .and_then(|()| Sight::of_file(target.file()))
        .map(|seen| (seen, ContentId::new(&hasher.finish(), file.executable)))
        .map_err(WriteError::Write)
}
