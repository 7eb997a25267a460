//! Nothing changed, nothing done: what a run made is remembered with the fingerprint of its inputs.
//!
//! OUT is left as it is, and no network is asked, when all of these hold:
//! - every input has the same fingerprint, and what was asked for has the same form;
//! - OUT is as it was written, by sizes and times;
//! - the indexes would answer from the cache: the freshness that their servers gave to the pages (`max-age`) has not
//!   run out. When every distribution is fixed by digests in the user's own file (a lock, `--hash`), no page matters and
//!   the result never ages.
//!
//! `--refresh` asks anew. A page of which the server gave no freshness, a name that an index did not know, direct URLs and
//! files without digests make a result that is not remembered. Folders that are asked like indexes count as inputs, by
//! the names, sizes and times of all that is in them. Offline, age does not count.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::bundle::{BundleKind, BundleOptions, BundledDist, Published, PublishedZip};
use super::fingerprint::{FingerprintOptions, fingerprint};
use super::{Context, IndexSettings};
use crate::bundle::{is_installed_unchanged, is_unchanged, tidy};
use crate::cache::{Bucket, Cache};
use crate::resolve::{Resolution, ResolvedDist};
use crate::spec::{HashDigest, IndexOrigin, PackageName, SafeUrl, Version, sha256};

/// Changes when what is remembered does.
const FORMAT: &str = "result 1";

/// The age of a result that never ages.
pub(super) const FOREVER: u64 = u64::MAX;

/// Entries of local folders that are looked at, at most: more take longer than what is saved.
const ENTRIES_MOST: usize = 5000;

/// What a run made of its inputs.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Seconds since 1970 until which indexes need not be asked.
    fresh_until: u64,
    files: usize,
    size_bytes: u64,
    zip: Option<(u64, HashDigest)>,
    dists: Vec<KeptDist>,
    excluded: Vec<PackageName>,
    warnings: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct KeptDist {
    name: PackageName,
    version: Version,
    filename: String,
    url: SafeUrl,
    index: (Option<String>, SafeUrl),
    sha256: HashDigest,
    size_bytes: u64,
}

/// Identifies the inputs of a run and the form of its result; `None` when they cannot be told without the network.
pub(super) fn identify(options: &BundleOptions) -> Option<String> {
    let (request, publish) = (&options.request, &options.publish);
    let working_folder = &request.inputs.working_folder;
    let source = options.source.as_ref().map(|source| working_folder.join(&source.folder));
    let inputs = fingerprint(&FingerprintOptions {
        request: request.clone(),
        target: options.target.clone(),
        source: options.source.clone(),
        base: source.unwrap_or_else(|| working_folder.clone()),
        exclude_runtime: publish.exclude_runtime,
        state_folders: publish.state_folders.clone(),
    });
    let form = format!(
        "{FORMAT}\n{}\n{}\n{:?} zip {} {:?} {:?}\n{:?} {:?} {:?} {:?}",
        inputs.ok()?.hex(),
        contents(&request.indexes)?,
        options.kind,
        publish.zip,
        publish.link_mode,
        publish.max_size,
        request.extras,
        request.groups,
        request.inputs.excluded,
        options.source.as_ref().map(|source| &source.exclude),
    );
    Some(sha256(form.as_bytes()).hex())
}

/// The result of an earlier run on the same inputs, when it lies in OUT and asking anew could not change it.
pub(super) fn recall(options: &BundleOptions, identity: &str, context: &Context) -> Option<Published> {
    let (request, publish) = (&options.request, &options.publish);
    if request.indexes.refresh {
        return None;
    }
    let cache = Cache::at(request.cache_folder.clone()?);
    let kept: Kept = rmp_serde::from_slice(&cache.read(&place(&cache, identity, &publish.out))?).ok()?;
    if !request.client.offline && kept.fresh_until <= request.now {
        return None;
    }
    tidy(&publish.out);
    let is_as_it_was = match options.kind {
        BundleKind::Function | BundleKind::Layer => is_unchanged,
        BundleKind::Packages => is_installed_unchanged,
    };
    if !is_as_it_was(&publish.out, &publish.state_folders, identity) {
        return None;
    }
    context.status("Nothing has changed since the last run");
    for warning in &kept.warnings {
        context.warn(warning);
    }
    Some(Published {
        path: publish.out.clone(),
        target: options.target.clone(),
        files: kept.files,
        size_bytes: kept.size_bytes,
        zip: kept.zip.map(|(size_bytes, sha256)| PublishedZip { size_bytes, sha256 }),
        dists: kept.dists.into_iter().map(BundledDist::from).collect(),
        excluded: kept.excluded,
    })
}

/// Remembers a result. Inputs that changed while they were read are not what it was made of, so they are looked at again.
pub(super) fn remember(
    published: &Published,
    options: &BundleOptions,
    identity: &str,
    fresh_until: u64,
    cache: &Cache,
    context: &Context,
) {
    if cache.is_degraded() || (options.source.is_some() && identify(options).as_deref() != Some(identity)) {
        return;
    }
    let kept = Kept {
        fresh_until,
        files: published.files,
        size_bytes: published.size_bytes,
        zip: published.zip.as_ref().map(|zip| (zip.size_bytes, zip.sha256.clone())),
        dists: published.dists.iter().map(KeptDist::from).collect(),
        excluded: published.excluded.clone(),
        warnings: context.warnings_so_far(),
    };
    // What cannot be remembered costs the next run time.
    if let Ok(bytes) = rmp_serde::to_vec(&kept) {
        let _ = cache.write(&place(cache, identity, &published.path), &bytes);
    }
}

/// What a resolution stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Digests of the user's own.
    Fixed,
    /// Pages of indexes, and inputs that are in the fingerprint.
    Pages,
    /// Something that can change without either showing it.
    Open,
}

/// What a resolution stands on.
pub(super) fn standing(resolution: &Resolution, asked: &[SafeUrl], settings: &IndexSettings) -> Standing {
    // What was built of a source depends on the Python of this machine, and on its backend.
    if resolution.dists.iter().any(|dist| dist.file.filename.as_wheel().is_none()) {
        return Standing::Open;
    }
    if resolution.dists.iter().all(|dist| dist.hashes_from.is_some()) {
        return Standing::Fixed;
    }
    let known = folders(settings);
    let is_known = |path: &Path| known.iter().any(|folder| path.starts_with(folder));
    // Folders that a requirements file names are not looked through before the next run.
    let is_unknown = |url: &SafeUrl| url.to_file_path().is_some_and(|path| path.is_dir() && !is_known(&path));
    let may_change = |dist: &ResolvedDist| match dist.file.url.to_file_path() {
        // What a requirement names is an input with its content.
        Some(path) => !dist.is_direct && !is_known(&path),
        None => dist.is_direct || dist.accepted_hashes.is_empty(),
    };
    let is_open = asked.iter().any(is_unknown) || resolution.dists.iter().any(may_change);
    if is_open { Standing::Open } else { Standing::Pages }
}

/// Folders of this machine that are asked like indexes.
fn folders(settings: &IndexSettings) -> Vec<PathBuf> {
    let named = settings.named.iter().chain([&settings.default]).map(|index| &index.url);
    let urls = named.chain(&settings.extra).chain(&settings.find_links);
    urls.filter_map(SafeUrl::to_file_path).filter(|path| path.is_dir()).collect()
}

/// Names, sizes and times of all that is in those folders, as a digest; `None` when it is too much to look at.
pub(super) fn contents(settings: &IndexSettings) -> Option<String> {
    let mut lines = Vec::new();
    let mut open = folders(settings);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).ok()? {
            let path = entry.ok()?.path();
            let metadata = fs::metadata(&path).ok()?;
            lines.push(format!("{} {} {}.{}", path.display(), metadata.len(), metadata.mtime(), metadata.mtime_nsec()));
            if metadata.is_dir() {
                open.push(path);
            }
        }
        if lines.len() > ENTRIES_MOST {
            return None;
        }
    }
    lines.sort_unstable();
    Some(sha256(lines.join("\n").as_bytes()).hex())
}

fn place(cache: &Cache, identity: &str, out: &Path) -> PathBuf {
    cache.entry(Bucket::Bundles, &format!("{identity}\n{}", out.display()))
}

impl From<&BundledDist> for KeptDist {
    fn from(dist: &BundledDist) -> Self {
        Self {
            name: dist.name.clone(),
            version: dist.version.clone(),
            filename: dist.filename.clone(),
            url: dist.url.clone(),
            index: (dist.index.name.clone(), dist.index.url.clone()),
            sha256: dist.sha256.clone(),
            size_bytes: dist.size_bytes,
        }
    }
}

impl From<KeptDist> for BundledDist {
    fn from(kept: KeptDist) -> Self {
        let (name, url) = kept.index;
        Self {
            name: kept.name,
            version: kept.version,
            filename: kept.filename,
            url: kept.url,
            index: IndexOrigin { name, url },
            sha256: kept.sha256,
            size_bytes: kept.size_bytes,
        }
    }
}
