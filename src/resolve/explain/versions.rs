//! Sets of versions in words: only versions that exist, as compact as they can be.

use std::ops::Bound;

use pubgrub::Ranges;

use super::super::package::Package;
use super::super::provider::{Known, Provider};
use super::super::sourced::SourcedVersion;
use crate::spec::Version;

/// A package with the versions of a range: `a 1.0`, `a >=1.0,<=2.1`, `every version of a`.
pub(super) fn package_in(provider: &Provider<'_>, package: &Package, range: &Ranges<SourcedVersion>) -> String {
    let Some(name) = package.name() else { return "you".to_owned() };
    if let Some(direct) = range.as_singleton().and_then(|version| provider.direct_of(version)) {
        return format!("{package} {} (from {})", direct.dist.metadata.version, direct.dist.file.url);
    }
    let Some(Known::Listed(listing)) = provider.project_if_known(name) else {
        return with_range(package, range);
    };
    let all: Vec<&SourcedVersion> = listing.releases().map(|release| &release.version).collect();
    let inside: Vec<bool> = all.iter().map(|version| range.contains(*version)).collect();
    let count = inside.iter().filter(|is_inside| **is_inside).count();
    if count == 0 {
        return with_range(package, range);
    }
    if count == all.len() {
        return if count == 1 { format!("{package} {}", all[0]) } else { format!("every version of {package}") };
    }
    let mut parts: Vec<String> = Vec::new();
    let mut start = 0;
    while start < all.len() {
        if !inside[start] {
            start += 1;
            continue;
        }
        let end = (start..all.len()).find(|&place| !inside[place]).unwrap_or(all.len());
        parts.push(match (start, end - start) {
            (_, 1) => all[start].to_string(),
            (0, _) => format!("<={}", all[end - 1]),
            _ if end == all.len() => format!(">={}", all[start]),
            (_, 2) => format!("{} or {}", all[start], all[end - 1]),
            _ => format!(">={},<={}", all[start], all[end - 1]),
        });
        start = end;
    }
    if parts.len() > 4 {
        let more = parts.len() - 3;
        parts.truncate(3);
        return format!("{package} {} (and {more} more ranges)", parts.join(" or "));
    }
    format!("{package} {}", parts.join(" or "))
}

/// A package with a range that holds no version that is listed.
pub(super) fn with_range(package: &Package, range: &Ranges<SourcedVersion>) -> String {
    let range = specifiers(range);
    if range.is_empty() { package.to_string() } else { format!("{package}{range}") }
}

/// A range as specifiers, near enough for reading: `>=1.0,<2.0`, empty for all versions.
pub(super) fn specifiers(range: &Ranges<SourcedVersion>) -> String {
    let parts: Vec<String> = range.iter().map(|(lower, upper)| segment(lower, upper)).collect();
    match parts.as_slice() {
        [first, _, _, .., last] => format!("{first} or … or {last} ({} ranges)", parts.len()),
        _ => parts.join(" or "),
    }
}

fn segment(lower: &Bound<SourcedVersion>, upper: &Bound<SourcedVersion>) -> String {
    if let (Bound::Included(lower), Bound::Included(upper)) = (lower, upper)
        && lower.version == upper.version
    {
        return format!("=={}", lower.version);
    }
    if let (Bound::Included(lower), Bound::Excluded(upper)) = (lower, upper)
        && super::super::ranges::after_locals(&lower.version).is_some_and(|next| next == upper.version)
    {
        return format!("=={}", lower.version);
    }
    let mut parts = Vec::new();
    match lower {
        Bound::Unbounded => {}
        Bound::Included(version) => parts.push(format!(">={}", without_first_dev(&version.version))),
        Bound::Excluded(version) if version.version.post() == Some(u64::MAX) => {
            parts.push(format!(">{}", version.version.clone().with_post(None)));
        }
        Bound::Excluded(version) => parts.push(format!(">{}", version.version)),
    }
    match upper {
        Bound::Unbounded => {}
        Bound::Included(version) => parts.push(format!("<={}", version.version)),
        Bound::Excluded(version) if is_after_locals(&version.version) => {
            parts.push(format!("<={}", before_post(&version.version)));
        }
        Bound::Excluded(version) => parts.push(format!("<{}", without_first_dev(&version.version))),
    }
    parts.join(",")
}

/// Whether a bound is the one that `<=V` has.
fn is_after_locals(version: &Version) -> bool {
    version.is_post() && version.dev() == Some(0)
}

fn before_post(version: &Version) -> Version {
    let post = version.post().and_then(|post| post.checked_sub(1));
    version.clone().with_dev(None).with_post(post)
}

/// `2.0.dev0` stands for `2.0` with all its pre-releases, which a person writes as `2.0`.
fn without_first_dev(version: &Version) -> Version {
    if version.dev() == Some(0) { version.clone().with_dev(None) } else { version.clone() }
}
