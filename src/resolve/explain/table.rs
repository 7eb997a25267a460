//! The table of versions, the tags of their wheels and the runtimes that could load them, for where no wheel fits.

use std::collections::BTreeSet;

use pubgrub::Ranges;

use super::super::listing::{Listing, Release};
use super::super::provider::{Known, Provider};
use super::super::ranges;
use super::super::sourced::SourcedVersion;
use crate::resolution::Exclusion;
use crate::spec::{PackageName, WheelFilename};
use crate::target::{Architecture, Runtime, Tags, span};

/// Versions that are shown, newest first.
const MOST_VERSIONS: usize = 5;
/// Tags that are shown of each version, nearest to the target first.
const MOST_TAGS: usize = 3;

/// The table of a project, when none of its wheels in a range fits the target.
pub(super) fn of(provider: &Provider<'_>, name: &PackageName, range: &Ranges<SourcedVersion>) -> Option<String> {
    let Some(Known::Listed(listing)) = provider.project_if_known(name) else { return None };
    let policy = &provider.policy;
    let rules = policy.rules(name);
    let shown: Vec<&Release> = listing
        .releases()
        .rev()
        .filter(|release| range.contains(&release.version))
        .filter(|release| matches!(listing.verdict(policy, rules, release), Err(Exclusion::Tags(_))))
        .collect();
    if shown.is_empty() {
        return None;
    }
    let mut rows = vec![[name.to_string(), "wheels for".to_owned(), "could be loaded by".to_owned()]];
    for release in shown.iter().take(MOST_VERSIONS) {
        rows.push([release.version.to_string(), tags(provider, &listing, release), loaders(&listing, release)]);
    }
    let mut widths = [0; 3];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut lines: Vec<String> = rows
        .iter()
        .map(|[version, tags, loaders]| {
            let line = format!("  {version:<0$}  {tags:<1$}  {loaders}", widths[0], widths[1]);
            line.trim_end().to_owned()
        })
        .collect();
    if shown.len() > MOST_VERSIONS {
        lines.push(format!("  and {} older versions", shown.len() - MOST_VERSIONS));
    }
    Some(lines.join("\n"))
}

/// Where a release's wheels could be loaded, judged by tags and Requires-Python; `no runtime` when nowhere.
pub(super) fn loaders(listing: &Listing, release: &Release) -> String {
    let mut parts: Vec<String> = Vec::new();
    for architecture in [Architecture::X86_64, Architecture::Arm64] {
        let runtimes = runtimes_that_load(listing, release, architecture);
        if let Some(text) = span(&runtimes) {
            parts.push(format!("{text} ({architecture})"));
        }
    }
    if parts.is_empty() { "no runtime".to_owned() } else { parts.join(", ") }
}

/// The runtimes that could load a wheel of a release, oldest first.
pub(super) fn runtimes_that_load(listing: &Listing, release: &Release, architecture: Architecture) -> Vec<Runtime> {
    let loading = Runtime::all()
        .filter(|runtime| {
            let tags = Tags::new(*runtime, architecture, runtime.glibc());
            listing.files(release).any(|file| {
                file.filename.as_wheel().is_some_and(|wheel| tags.priority(wheel).is_some())
                    && file
                        .requires_python
                        .as_ref()
                        .is_none_or(|specifiers| ranges::contains(specifiers, &runtime.python_full_version()))
            })
        })
        .collect();
    offered(loading)
}

/// Without the previews, unless there are only those: nobody is sent to one for want of looking.
pub(super) fn offered(runtimes: Vec<Runtime>) -> Vec<Runtime> {
    let released: Vec<Runtime> = runtimes.iter().copied().filter(|runtime| !runtime.is_preview()).collect();
    if released.is_empty() { runtimes } else { released }
}

fn tags(provider: &Provider<'_>, listing: &Listing, release: &Release) -> String {
    let target = provider.policy.target.tags();
    let mut wheels: Vec<&WheelFilename> = listing.files(release).filter_map(|file| file.filename.as_wheel()).collect();
    wheels.sort_by_cached_key(|wheel| std::cmp::Reverse(target.compatibility(wheel).err()));
    let mut seen = BTreeSet::new();
    let mut texts: Vec<String> = Vec::new();
    for wheel in wheels {
        let text = format!("{}-{}-{}", wheel.pythons.join("."), wheel.abis.join("."), wheel.platforms.join("."));
        if seen.insert(text.clone()) {
            texts.push(text);
        }
    }
    let more = texts.len().saturating_sub(MOST_TAGS);
    texts.truncate(MOST_TAGS);
    let shown = texts.join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
