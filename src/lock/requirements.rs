//! A lock as a requirements file, in the form of pip-compile and uv (pip documentation, "Requirements File Format").

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::LockError;
use super::files::relative;
use crate::requirements::{DirectReference, Origin};
use crate::resolution::{Requirer, Resolution, ResolvedDist};
use crate::spec::HashDigest;

/// What is written beside names and versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequirementsStyle {
    /// The digests of every file of each version.
    pub hashes: bool,
    /// `# via` comments.
    pub annotate: bool,
}

/// Writes a resolution, sorted by name; `folder` is where the lock will lie, absolute.
///
/// # Errors
/// A digest is asked for of what has none: no index gives one, or it is a folder or a repository.
pub fn write(resolution: &Resolution, style: RequirementsStyle, folder: &Path) -> Result<String, LockError> {
    let target = &resolution.target;
    let mut text = format!(
        "# Locked by barrow for {} on {} (glibc {}).\n",
        target.runtime(),
        target.architecture(),
        target.glibc()
    );
    for dist in &resolution.dists {
        write_dist(&mut text, dist, style, folder)?;
    }
    Ok(text)
}

fn write_dist(
    text: &mut String,
    dist: &ResolvedDist,
    style: RequirementsStyle,
    folder: &Path,
) -> Result<(), LockError> {
    // One file with hashes in it demands one of every line, and folders and repositories have none.
    if style.hashes && !dist.has_digest() {
        return Err(LockError::Unhashable { name: dist.name.clone() });
    }
    let extras: Vec<&str> = dist.extras.iter().map(AsRef::as_ref).collect();
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let below = dist.built_from.as_ref().and_then(DirectReference::subdirectory);
    if let Some(path) = local_path(dist) {
        let path = relative(&path, folder);
        let start = if path.starts_with("../") || path == ".." { "" } else { "./" };
        push(text, format_args!("{start}{path}{extras}"));
    } else {
        push(text, format_args!("{}{extras}", dist.name));
        if dist.is_direct {
            push(text, format_args!(" @ {}", dist.file.url.without_secrets().reveal()));
        } else {
            push(text, format_args!("=={}", dist.version));
        }
    }
    let below = below.map(|below| format!("subdirectory={below}"));
    let digest = if style.hashes { None } else { demanded_of_url(dist) };
    let fragment: Vec<String> = below.into_iter().chain(digest).collect();
    if !fragment.is_empty() {
        push(text, format_args!("#{}", fragment.join("&")));
    }
    if style.hashes {
        for digest in hashes(dist)? {
            push(text, format_args!(" \\\n    --hash={digest}"));
        }
    }
    text.push('\n');
    if style.annotate {
        write_requirers(text, dist, folder);
    }
    Ok(())
}

/// The folder or file of this machine that a requirement of the user's leads to.
fn local_path(dist: &ResolvedDist) -> Option<PathBuf> {
    match &dist.built_from {
        Some(DirectReference::Folder { path, .. }) => Some(path.clone()),
        Some(DirectReference::Git { .. }) => None,
        _ => dist.file.url.to_file_path().filter(|_| dist.is_direct),
    }
}

/// The digest that the user's own URL demands, as a part of a URL: a lock is never laxer than what it was made of.
fn demanded_of_url(dist: &ResolvedDist) -> Option<String> {
    let is_url = dist.is_direct && local_path(dist).is_none() && dist.hashes_from.is_some();
    let digest = dist.accepted_hashes.first().filter(|_| is_url)?;
    Some(format!("{}={}", digest.algorithm().as_str(), digest.hex()))
}

/// One digest of every file of the version: the strongest that the index gives is the one that pip compares.
fn hashes(dist: &ResolvedDist) -> Result<BTreeSet<&HashDigest>, LockError> {
    let files = dist.siblings.iter().chain([&*dist.file]);
    let mut digests: BTreeSet<&HashDigest> = files.flat_map(|file| &file.hashes).collect();
    if dist.is_direct || digests.is_empty() {
        digests.extend(&dist.accepted_hashes);
    }
    if digests.is_empty() {
        return Err(LockError::NoHashes { name: dist.name.clone(), version: dist.version.clone() });
    }
    Ok(digests)
}

fn write_requirers(text: &mut String, dist: &ResolvedDist, folder: &Path) {
    let requirers: BTreeSet<String> = dist.required_by.iter().map(|by| requirer(by, folder)).collect();
    if let [only] = requirers.iter().collect::<Vec<_>>().as_slice() {
        push(text, format_args!("    # via {only}\n"));
    } else if !requirers.is_empty() {
        text.push_str("    # via\n");
        for requirer in &requirers {
            push(text, format_args!("    #   {requirer}\n"));
        }
    }
}

/// Who asked, as comments name it.
fn requirer(requirer: &Requirer, folder: &Path) -> String {
    match requirer {
        Requirer::User { origin: Origin::File { file, .. }, .. } => {
            // A path of this machine means nothing elsewhere, and a line end in it would end the comment.
            let shown = if file.is_absolute() { relative(file, folder) } else { file.display().to_string() };
            format!("-r {shown}").chars().map(|c| if c.is_control() { '?' } else { c }).collect()
        }
        Requirer::User { .. } => "the command line".to_owned(),
        Requirer::Dist { name, .. } => name.to_string(),
    }
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a string succeeds");
}
