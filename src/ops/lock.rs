//! `lock`: resolve only, and write down what was chosen.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Error;
use crate::archive::normalized;
use crate::context::Context;
use crate::fetch::WantedFile;
use crate::lock::requirements::RequirementsStyle;
use crate::lock::{KeptForm, KeptVersion, json, preferences, pylock, requirements};
use crate::mirror::{MirrorFile, files_of_manifest};
use crate::request::{Locked, Request, RequestOptions};
use crate::requirements::ManifestInputs;
use crate::resolution::Resolution;
use crate::spec::{HashAlgorithm, IndexOrigin, PackageName, SafeUrl, Version};
use crate::supply::Inquiry;
use crate::target::Target;
use crate::whole_file::write_whole;

/// What to lock, and how to write it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LockOptions {
    /// Requirements, and how to resolve them.
    pub request: RequestOptions,
    /// What to resolve for.
    pub targets: Vec<Target>,
    /// The form of the lock.
    pub form: LockForm,
    /// The file to write; `None`: the text is only returned.
    pub out: Option<PathBuf>,
    /// Whether the versions of an existing file are forgotten, rather than kept where they fit.
    pub upgrade: bool,
    /// Projects whose versions of an existing file are forgotten.
    pub upgrade_packages: Vec<PackageName>,
    /// Whether an input may be overwritten (`--force`).
    pub force: bool,
    /// Whether the file is only compared, and nothing written.
    pub check: bool,
}

impl LockOptions {
    /// A `pylock.toml` for these targets, which is only returned.
    pub fn new(request: RequestOptions, targets: Vec<Target>) -> Self {
        let (form, upgrade_packages) = (LockForm::Pylock, Vec::new());
        Self { request, targets, form, out: None, upgrade: false, upgrade_packages, force: false, check: false }
    }
}

/// The form of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockForm {
    /// PEP 751.
    Pylock,
    /// A requirements file.
    Requirements(RequirementsStyle),
    /// One JSON object with everything that is known of the resolution.
    Json,
}

/// A lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenLock {
    /// The whole text, whether or not it was written to a file.
    pub text: String,
    /// Whether the file had another text before, or was not there.
    pub changes: bool,
}

/// Resolves and writes the lock.
///
/// # Errors
/// The requirements cannot be resolved; the file is an input that must not be overwritten, or cannot be written.
pub async fn lock(mut options: LockOptions, context: Context) -> Result<WrittenLock, Error> {
    in_order(&mut options.targets);
    refuse_inputs(&options)?;
    let existing = options.out.as_deref().map(read_existing).transpose()?.flatten();
    let kept = kept_versions(existing.as_deref(), &options)?;
    let mut chosen: Vec<(PackageName, Version)> = Vec::new();
    let mut resolve_options = options.request.resolve.clone();
    resolve_options.siblings = matches!(options.form, LockForm::Requirements(style) if style.hashes);
    let inquiry = Box::pin(Inquiry::begin(options.request.clone(), &context)).await?;
    let asks_mirror = options.request.indexes.mirror.is_some() && inquiry.locked().is_none_or(Locked::asks_indexes);
    let mirrored = if asks_mirror { files_of_mirror(&inquiry).await? } else { Vec::new() };
    let mirrored: HashMap<&str, &MirrorFile> = mirrored.iter().map(|file| (file.sha256.as_str(), file)).collect();
    let mut resolutions = Vec::new();
    for target in &options.targets {
        // What counts most stands last: the target's own versions, then those of the targets before it, so that targets
        // differ as little as they have to.
        let (own, others): (Vec<_>, Vec<_>) = kept.iter().partition(|version| version.is_for(target));
        let pair = |kept: &KeptVersion| (kept.name.clone(), kept.version.clone());
        let others = others.into_iter().rev().map(pair);
        resolve_options.preferences = others.chain(chosen.clone()).chain(own.into_iter().map(pair)).collect();
        let mut resolution = inquiry.resolve(target, &resolve_options).await?.resolution;
        match options.form {
            LockForm::Pylock => compute_digests(&inquiry, &mut resolution, false).await?,
            LockForm::Requirements(style) if style.hashes => compute_digests(&inquiry, &mut resolution, true).await?,
            LockForm::Requirements(_) | LockForm::Json => {}
        }
        name_origins(&mirrored, &mut resolution);
        if resolutions.len() + 1 < options.targets.len() {
            chosen.extend(resolution.dists.iter().map(|dist| (dist.name.clone(), dist.version.clone())));
        }
        resolutions.push(resolution);
    }
    let text = write(&resolutions, &options, inquiry.request())?;
    let lock = inquiry.request().lock.clone();
    drop(inquiry);
    give_back((lock, resolutions));
    let changes = existing.is_none_or(|existing| existing.replace("\r\n", "\n") != text);
    if let (Some(path), true, false) = (&options.out, changes, options.check) {
        context.check_interrupted()?;
        replace(path, &text).map_err(|source| Error::WriteLock { path: path.clone(), source })?;
    }
    Ok(WrittenLock { text, changes })
}

/// Brings targets into the one order in which a lock has them, however they were named: each is resolved with the
/// versions of those before it at hand.
fn in_order(targets: &mut Vec<Target>) {
    let place = |target: &Target| {
        let name = target.runtime().name().to_owned();
        (target.python_full_version().clone(), name, target.architecture(), target.glibc())
    };
    targets.sort_by_cached_key(place);
    targets.dedup_by_key(|target| place(target));
}

/// The versions of the file that is written anew, as far as they are to be kept.
fn kept_versions(existing: Option<&str>, options: &LockOptions) -> Result<Vec<KeptVersion>, Error> {
    let (Some(text), Some(path), false) = (existing, &options.out, options.upgrade) else { return Ok(Vec::new()) };
    let form = match options.form {
        LockForm::Pylock => KeptForm::Pylock,
        LockForm::Requirements(_) => KeptForm::Requirements,
        LockForm::Json => KeptForm::Json,
    };
    let mut kept = match preferences(text, form, path) {
        Err(_) if options.force => Vec::new(),
        read => read.map_err(Error::ExistingLock)?,
    };
    kept.retain(|version| !options.upgrade_packages.contains(&version.name));
    Ok(kept)
}

/// Drops what is large and nothing but memory, on a thread for which nobody waits: the process may end before that.
fn give_back(value: impl Send + 'static) {
    drop(tokio::task::spawn_blocking(move || drop(value)));
}

/// What the lock is made of is not overwritten with it, unless the user says so.
fn refuse_inputs(options: &LockOptions) -> Result<(), Error> {
    let Some(out) = &options.out else { return Ok(()) };
    if options.upgrade || options.force || options.check {
        return Ok(());
    }
    let working_folder = &options.request.inputs.working_folder;
    let whole = |path: &Path| fs_err::canonicalize(working_folder.join(path)).ok();
    let ManifestInputs { requirement_files, constraint_files, override_files, .. } = &options.request.inputs;
    let mut inputs = requirement_files.iter().chain(constraint_files).chain(override_files);
    let place = whole(out);
    if place.is_none() || inputs.all(|input| whole(input) != place) {
        return Ok(());
    }
    Err(Error::OverInput { path: out.clone() })
}

/// What the manifest of the mirror tells of its files; nothing where it has none.
async fn files_of_mirror(inquiry: &Inquiry) -> Result<Vec<MirrorFile>, Error> {
    let manifest = inquiry.mirror_manifest().await?;
    Ok(manifest.map(|bytes| files_of_manifest(bytes)).transpose()?.unwrap_or_default())
}

/// Puts the places in the world in the stead of those in a mirror, as far as its manifest tells them, so that a lock
/// which is written behind an air gap is the one that would be written before it. `known`: its files by sha256.
fn name_origins(known: &HashMap<&str, &MirrorFile>, resolution: &mut Resolution) {
    if known.is_empty() {
        return;
    }
    for dist in resolution.dists.iter_mut().filter(|dist| !dist.is_direct) {
        for file in std::iter::once(&mut *dist.file).chain(&mut dist.siblings) {
            let sha256 = file.hashes.iter().find(|digest| digest.algorithm() == HashAlgorithm::Sha256);
            if let Some(known) = sha256.and_then(|digest| known.get(digest.hex().as_str()))
                && let Some(Ok(url)) = known.source.as_ref().map(|url| SafeUrl::parse(url))
                && let Ok(index) = SafeUrl::parse(&known.index)
            {
                file.url = url;
                file.origin = Arc::new(IndexOrigin { name: None, url: index });
                file.size = file.size.filter(|_| !known.measured);
                file.provenance = known.provenance.as_ref().and_then(|url| SafeUrl::parse(url).ok());
            }
        }
    }
}

/// Computes the digests that folders and plain indexes do not give from the files themselves: of the chosen files, or
/// of every file of their versions.
async fn compute_digests(inquiry: &Inquiry, resolution: &mut Resolution, of_siblings: bool) -> Result<(), Error> {
    for dist in resolution.dists.iter_mut().filter(|dist| dist.has_digest()) {
        if dist.file.hashes.is_empty() {
            let fetched = inquiry.fetcher().fetch_file(&WantedFile::resolved(dist)).await?;
            dist.file.hashes.push(fetched.digest);
        }
        for sibling in dist.siblings.iter_mut().filter(|sibling| of_siblings && sibling.hashes.is_empty()) {
            if sibling.filename == dist.file.filename {
                sibling.hashes.clone_from(&dist.file.hashes);
            } else {
                let fetched = inquiry.fetcher().fetch_file(&WantedFile::listed(sibling)).await?;
                sibling.hashes.push(fetched.digest);
            }
        }
    }
    Ok(())
}

fn write(resolutions: &[Resolution], options: &LockOptions, request: &Request) -> Result<String, Error> {
    let working_folder = &options.request.inputs.working_folder;
    // What goes to standard output is meant for a file in this folder.
    let out = options.out.as_ref().map_or_else(|| working_folder.join("-"), |out| working_folder.join(out));
    let folder = normalized(out.parent().unwrap_or(working_folder));
    match (options.form, resolutions) {
        (LockForm::Pylock, several) => Ok(pylock::write(several, &folder, request.made_of(&folder).as_ref())),
        (LockForm::Requirements(style), [only]) => Ok(requirements::write(only, style, &folder)?),
        (LockForm::Json, [only]) => Ok(json::write(only)),
        (LockForm::Requirements(_) | LockForm::Json, _) => Err(Error::SeveralTargets),
    }
}

fn read_existing(path: &Path) -> Result<Option<String>, Error> {
    if is_special(path) {
        return Ok(None);
    }
    match fs_err::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::ReadInput { path: path.to_owned(), source }),
    }
}

fn is_special(path: &Path) -> bool {
    fs_err::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// Writes beside the file and renames, so that a reader sees the old or the new lock. A link stays a link.
fn replace(path: &Path, text: &str) -> Result<(), std::io::Error> {
    if is_special(path) {
        // A device or a pipe takes the text, and stays what it is.
        return fs_err::OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes());
    }
    let target = fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    write_whole(&target, text.as_bytes())
}

/// Resolves and writes nothing: for `tree` and `why`.
///
/// # Errors
/// The requirements cannot be read or resolved.
pub async fn resolve_only(request: RequestOptions, target: Target, context: Context) -> Result<Resolution, Error> {
    let options = request.resolve.clone();
    let inquiry = Box::pin(Inquiry::begin(request, &context)).await?;
    Ok(inquiry.resolve(&target, &options).await?.resolution)
}
