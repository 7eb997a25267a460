//! A lock as a requirements file, in the form of pip-compile and uv (pip documentation, "Requirements File Format").

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::LockError;
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

/// Writes a resolution, sorted by name.
pub fn write(resolution: &Resolution, style: RequirementsStyle) -> Result<String, LockError> {
    let target = &resolution.target;
    let mut text = format!(
        "# Locked by barrow for {} on {} (glibc {}).\n",
        target.runtime(),
        target.architecture(),
        target.glibc()
    );
    for dist in &resolution.dists {
        write_dist(&mut text, dist, style)?;
    }
    Ok(text)
}

fn write_dist(text: &mut String, dist: &ResolvedDist, style: RequirementsStyle) -> Result<(), LockError> {
    text.push_str(dist.name.as_ref());
    if !dist.extras.is_empty() {
        let extras: Vec<&str> = dist.extras.iter().map(AsRef::as_ref).collect();
        push(text, format_args!("[{}]", extras.join(",")));
    }
    if dist.is_direct {
        push(text, format_args!(" @ {}", dist.file.url.without_credentials().reveal()));
        if let Some(below) = dist.built_from.as_ref().and_then(DirectReference::subdirectory) {
            push(text, format_args!("#subdirectory={below}"));
        }
    } else {
        push(text, format_args!("=={}", dist.version));
    }
    // Folders and repositories have no one digest.
    if style.hashes && dist.has_digest() {
        for digest in hashes(dist)? {
            push(text, format_args!(" \\\n    --hash={digest}"));
        }
    }
    text.push('\n');
    if style.annotate {
        write_requirers(text, dist);
    }
    Ok(())
}

/// One digest of every file of the version: the strongest that the index gives is the one that pip compares.
fn hashes(dist: &ResolvedDist) -> Result<BTreeSet<&HashDigest>, LockError> {
    let files = dist.siblings.iter().chain([&dist.file]);
    let mut digests: BTreeSet<&HashDigest> = files.flat_map(|file| &file.hashes).collect();
    if dist.is_direct || digests.is_empty() {
        digests.extend(&dist.accepted_hashes);
    }
    if digests.is_empty() {
        return Err(LockError::NoHashes { name: dist.name.clone(), version: dist.version.clone() });
    }
    Ok(digests)
}

fn write_requirers(text: &mut String, dist: &ResolvedDist) {
    let requirers: BTreeSet<String> = dist.required_by.iter().map(requirer).collect();
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
fn requirer(requirer: &Requirer) -> String {
    match requirer {
        Requirer::User { origin: Origin::File { file, .. }, .. } => {
            // A line end in a path would end the comment.
            format!("-r {}", file.display()).chars().map(|c| if c.is_control() { '?' } else { c }).collect()
        }
        Requirer::User { .. } => "the command line".to_owned(),
        Requirer::Dist { name, .. } => name.to_string(),
    }
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a string succeeds");
}
