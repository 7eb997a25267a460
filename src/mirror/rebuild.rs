//! A manifest that was lost, made anew of the pages and files of a mirror.
//!
//! The pages tell names, digests and what indexes said; the bytes have to be those. What nobody can tell any more is
//! for which applications files are there, where they came from, and of which repositories the bundles of Git are: a
//! run that needs them learns it again.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use fs_err as fs;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use super::MirrorFile;
use super::contents::Contents;
use super::license::{license, license_of_sdist};
use super::pages::reference;
use crate::archive::Limits;
use crate::fetch::digest_of_file;
use crate::index::{MirroredRepository, REPOSITORY_SUFFIX};
use crate::regular;
use crate::spec::{DistFilename, HashAlgorithm, PackageName, ProjectStatus};

/// A page of a project, as far as it is needed.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Page {
    name: PackageName,
    files: Vec<PageListing>,
    project_status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    status: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PageListing {
    filename: String,
    url: String,
    hashes: Hashes,
    size: u64,
    requires_python: Option<String>,
    core_metadata: Option<Hashes>,
    #[serde(default)]
    yanked: Value,
    upload_time: Option<String>,
}

#[derive(Deserialize)]
struct Hashes {
    sha256: String,
}

/// The files that the pages of a mirror list and that lie there whole; `None`: these are no pages that barrow wrote.
pub(super) fn rebuilt(folder: &Path) -> Option<Contents> {
    let mut contents = Contents::default();
    let mut listed = Vec::new();
    for entry in fs::read_dir(folder.join("simple")).ok()?.flatten().filter(|entry| entry.path().is_dir()) {
        let page: Page = serde_json::from_slice(&regular::read(&entry.path().join("index.json")).ok()?).ok()?;
        if let Some(Status { status, reason }) = page.project_status {
            contents.statuses.insert(page.name.to_string(), ProjectStatus { word: status, reason });
        }
        for listing in page.files {
            listed.push(file(&page.name, listing)?);
        }
    }
    let is_whole = |path: &str, sha256: &str| {
        digest_of_file(&folder.join(path), HashAlgorithm::Sha256).is_ok_and(|digest| digest.hex() == sha256)
    };
    let whole = |mut file: MirrorFile| {
        let metadata = file.metadata_path().zip(file.metadata_sha256.clone());
        let has_size = fs::metadata(folder.join(file.path())).is_ok_and(|about| about.len() == file.size);
        let is_good = has_size
            && is_whole(&file.path(), &file.sha256)
            && metadata.as_ref().is_none_or(|(path, sha256)| is_whole(path, sha256));
        file.license = match metadata {
            Some((path, _)) => regular::read(&folder.join(path)).ok().and_then(|bytes| license(&bytes)),
            None => license_of_sdist(&folder.join(file.path()), &Limits::default()),
        };
        is_good.then(|| (file.filename.clone(), file))
    };
    contents.files =
        listed.into_par_iter().filter_map(whole).collect::<Vec<_>>().into_iter().collect::<BTreeMap<_, _>>();
    let named = |held: MirroredRepository| Some((held.name()?, held));
    contents.repositories = bundles(folder).into_iter().filter_map(named).collect();
    (!contents.files.is_empty() || !contents.repositories.is_empty()).then_some(contents)
}

/// The bundles of Git that are whole: no page lists them, so they are looked for.
fn bundles(folder: &Path) -> Vec<MirroredRepository> {
    let below = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let of_digests = below(folder.join("files")).flat_map(below).collect::<Vec<_>>();
    let bundle = |place: PathBuf| {
        let (filename, sha256) = (place.file_name()?.to_str()?, place.parent()?.file_name()?.to_str()?);
        let mut held = MirroredRepository::unknown(filename, sha256, 0);
        let is_ours = held.problem().is_none() && folder.join(held.path()) == place;
        if !is_ours || !filename.ends_with(REPOSITORY_SUFFIX) || !is_bundle(&place) {
            return None;
        }
        held.size = fs::metadata(&place).ok()?.len();
        let digest = digest_of_file(&place, HashAlgorithm::Sha256).ok()?;
        (digest.hex() == held.sha256).then_some(held)
    };
    of_digests.into_par_iter().flat_map_iter(below).filter_map(bundle).collect()
}

/// Whether a file begins as bundles of Git do (gitformat-bundle).
fn is_bundle(path: &Path) -> bool {
    let mut first = [0; 16];
    let read = regular::open(path).and_then(|mut file| file.read_exact(&mut first));
    read.is_ok() && matches!(&first, b"# v2 git bundle\n" | b"# v3 git bundle\n")
}

/// A file that a page lists; `None`: it is not listed as barrow lists files.
fn file(project: &PackageName, listing: PageListing) -> Option<MirrorFile> {
    let PageListing { filename, url, hashes, size, requires_python, core_metadata, yanked, upload_time } = listing;
    let version = DistFilename::parse(&filename, project).ok()?.version().to_string();
    let known = MirrorFile::unknown(filename, project.to_string(), version, hashes.sha256, size);
    let yanked = match yanked {
        Value::String(reason) => Some(reason),
        Value::Bool(true) => Some(String::new()),
        _ => None,
    };
    let metadata_sha256 = core_metadata.map(|hashes| hashes.sha256);
    let file = MirrorFile { metadata_sha256, requires_python, yanked, upload_time, ..known };
    (file.problem().is_none() && reference(&file) == url).then_some(file)
}
