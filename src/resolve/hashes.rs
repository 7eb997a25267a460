//! Hash-checking mode: every distribution is pinned and hashed by the user (pip documentation, "Secure installs").

use super::ResolveError;
use super::provider::Provider;
use crate::requirements::{DirectReference, RequirementEntry};
use crate::resolution::{Requirer, Resolution};
use crate::spec::{HashDigest, VersionOrUrl};

/// Refuses lines on one project whose digests exclude each other, before anything is asked of an index: no file would
/// do.
pub(super) fn check_agreement(provider: &Provider<'_>) -> Result<(), ResolveError> {
    match provider.policy.disjoint_hashes() {
        None => Ok(()),
        Some((name, first, second)) => {
            Err(ResolveError::DisjointHashes { name: name.clone(), first: first.clone(), second: second.clone() })
        }
    }
}

/// Checks the user's own lines before anything is asked of an index.
pub(super) fn check_user_lines(provider: &Provider<'_>) -> Result<(), ResolveError> {
    let mut unpinned = Vec::new();
    let mut unhashed = Vec::new();
    let mut without_digest = false;
    for entry in &provider.manifest.requirements {
        let name = &entry.requirement.name;
        if !provider.policy.applies(&entry.requirement) || provider.manifest.excludes(name) {
            continue;
        }
        let rules = provider.policy.rules(name);
        let shown = format!("{} ({})", entry.text, entry.origin);
        match &entry.requirement.version_or_url {
            Some(VersionOrUrl::Url(_)) if is_hashed_url(entry, rules.hashes.is_some()) => {}
            Some(VersionOrUrl::Url(_)) => {
                without_digest |= has_no_digest(entry);
                unhashed.push(shown);
            }
            _ if !rules.is_pinned => unpinned.push(shown),
            _ if rules.hashes.is_none() => unhashed.push(shown),
            _ => {}
        }
    }
    report(unpinned, unhashed, without_digest)
}

/// Refuses a file behind a URL or path that has another digest than its line demands: it was fetched to be read, so
/// that is known before anyone installs it.
pub(super) fn check_directs(resolution: &Resolution) -> Result<(), ResolveError> {
    for dist in resolution.dists.iter().filter(|dist| dist.is_direct) {
        let Some(origin) = &dist.hashes_from else { continue };
        for actual in &dist.file.hashes {
            let mut demanded = dist.accepted_hashes.iter().filter(|digest| digest.algorithm() == actual.algorithm());
            if let Some(expected) = demanded.next()
                && expected != actual
                && !demanded.any(|digest| digest == actual)
            {
                return Err(ResolveError::Digest {
                    file: dist.file.filename.as_str().to_owned(),
                    actual: actual.clone(),
                    expected: expected.clone(),
                    origin: origin.clone(),
                });
            }
        }
    }
    Ok(())
}

/// Checks that nothing came along that the user has not pinned and hashed.
pub(super) fn check_resolution(provider: &Provider<'_>, resolution: &Resolution) -> Result<(), ResolveError> {
    let mut unpinned = Vec::new();
    let mut unhashed = Vec::new();
    for dist in &resolution.dists {
        let rules = provider.policy.rules(&dist.name);
        let is_users = dist.required_by.iter().any(|by| matches!(by, Requirer::User { .. }));
        if rules.hashes.is_some() || (is_users && dist.is_direct) {
            continue;
        }
        let requirer = dist.required_by.iter().find_map(|by| match by {
            Requirer::Dist { name, requirement } => Some(format!("`{requirement}`, required by {name}")),
            Requirer::User { .. } => None,
        });
        let digests: Vec<String> = dist.file.hashes.iter().map(|digest| format!(" --hash={digest}")).collect();
        let line = format!("{}=={}{}", dist.name, dist.version, digests.concat());
        let shown = match requirer {
            Some(requirer) => format!("{line}   ({requirer})"),
            None => line,
        };
        if rules.is_pinned { unhashed.push(shown) } else { unpinned.push(shown) }
    }
    report(unpinned, unhashed, false)
}

fn report(unpinned: Vec<String>, unhashed: Vec<String>, without_digest: bool) -> Result<(), ResolveError> {
    if unpinned.is_empty() && unhashed.is_empty() {
        return Ok(());
    }
    Err(ResolveError::RequireHashes { unpinned, unhashed, without_digest })
}

/// Version control and folders have no one digest.
fn has_no_digest(entry: &RequirementEntry) -> bool {
    matches!(entry.direct, Some(DirectReference::Git { .. } | DirectReference::Folder { .. }))
}

/// Whether a URL comes with a digest.
fn is_hashed_url(entry: &RequirementEntry, has_hashes: bool) -> bool {
    !has_no_digest(entry) && (has_hashes || has_digest_in_url(entry))
}

fn has_digest_in_url(entry: &RequirementEntry) -> bool {
    let Some(VersionOrUrl::Url(url)) = &entry.requirement.version_or_url else { return false };
    url.fragment().is_some_and(|fragment| {
        fragment.split('&').any(|part| {
            part.split_once('=')
                .is_some_and(|(algorithm, hex)| format!("{algorithm}:{hex}").parse::<HashDigest>().is_ok())
        })
    })
}
