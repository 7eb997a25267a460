//! What the user could do, each judged true before it is said.

use std::collections::BTreeSet;

use pubgrub::Ranges;

use super::super::PrereleaseMode;
use super::super::candidate;
use super::super::listing::{Listing, Release};
use super::super::needs;
use super::super::package::Package;
use super::super::provider::{Known, Provider};
use super::super::sourced::SourcedVersion;
use super::derivation::Fact;
use super::table;
use super::twins;
use crate::resolution::Exclusion;
use crate::spec::PackageName;

/// Facts of a derivation that hints are looked for; a person reads fewer.
const MOST_PROBLEMS: usize = 20;

/// Accepted digests that are shown beside the one that a file has.
const MOST_DIGESTS: usize = 3;

/// Hints for the facts of a derivation, each once, in the order of the facts.
pub(super) fn of(provider: &Provider<'_>, facts: &[Fact]) -> Vec<String> {
    let mut hints: Vec<String> = Vec::new();
    let mut tell = |hint: String| {
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    };
    let problems = facts.iter().filter(|fact| !matches!(fact, Fact::Requires { .. })).take(MOST_PROBLEMS);
    let requirements = facts.iter().filter(|fact| matches!(fact, Fact::Requires { .. })).take(MOST_PROBLEMS);
    for fact in problems.chain(requirements) {
        match fact {
            Fact::NoVersions { package: Package::Project(name), range } => match provider.project_if_known(name) {
                Some(Known::Unknown(_)) => unknown_name(provider, name).into_iter().for_each(&mut tell),
                Some(Known::Offline) => {
                    tell(format!("run once without `--offline`, so that what is known of `{name}` is in the cache"));
                }
                Some(Known::Listed(listing)) => {
                    for_releases(provider, name, &listing, range).into_iter().for_each(&mut tell);
                }
                None => {}
            },
            Fact::Unusable { package, reason: Exclusion::RequiresPython { specifiers, .. }, .. } => {
                let runtimes: Vec<_> = crate::target::Runtime::all()
                    .filter(|runtime| super::super::contains(specifiers, &runtime.python_full_version()))
                    .collect();
                let runtimes = table::offered(runtimes);
                if let (Some(span), Some(name)) = (table::span(&runtimes), package.name()) {
                    tell(format!("`{name}` needs Python {specifiers}, which {span} {}", has(runtimes.len())));
                }
            }
            Fact::Requires { package, required, .. } if *package != Package::Root => {
                if let Some(hint) = user_direct_against(provider, required) {
                    tell(hint);
                }
            }
            _ => {}
        }
    }
    hints
}

/// Projects of the derivation that building would help.
pub(super) fn unbuilt(provider: &Provider<'_>, facts: &[Fact]) -> Vec<PackageName> {
    let mut found: Vec<PackageName> = Vec::new();
    for fact in facts.iter().take(MOST_PROBLEMS) {
        if let Fact::NoVersions { package: Package::Project(name), range } = fact
            && let Some(Known::Listed(listing)) = provider.project_if_known(name)
            && twins::of(name.as_ref()).is_none()
            && !found.contains(name)
        {
            let (policy, rules) = (&provider.policy, provider.policy.rules(name));
            let mut inside = listing.releases().filter(|release| range.contains(&release.version));
            if inside.any(|release| listing.exclusion(policy, rules, release) == Some(Exclusion::OnlySdist)) {
                found.push(name.clone());
            }
        }
    }
    found
}

/// Hints on the newest release of each kind of exclusion.
fn for_releases(
    provider: &Provider<'_>,
    name: &PackageName,
    listing: &Listing,
    range: &Ranges<SourcedVersion>,
) -> Vec<String> {
    let policy = &provider.policy;
    let rules = policy.rules(name);
    let mut hints = Vec::new();
    let mut told: BTreeSet<&'static str> = BTreeSet::new();
    hints.extend(prerelease_below(provider, name, listing, range));
    for release in listing.releases().rev().filter(|release| range.contains(&release.version)) {
        let Some(reason) = listing.exclusion(policy, rules, release) else { continue };
        let version = &release.version;
        let hint = match &reason {
            Exclusion::Prerelease => Some((
                "prerelease",
                match policy.prerelease {
                    PrereleaseMode::Explicit => format!(
                        "{name} {version} is a pre-release: allow it with `--prerelease if-necessary` or name it in a requirement"
                    ),
                    _ => format!("{name} {version} is a pre-release: allow it with `--prerelease if-necessary`"),
                },
            )),
            Exclusion::Yanked(_) => Some((
                "yanked",
                format!("{name} {version} is yanked: require `{name}=={version}` exactly to use it all the same"),
            )),
            Exclusion::OnlySdist => Some((
                "sdist",
                if let Some(twin) = twins::of(name.as_ref()) {
                    let twins::Twin { because, instead, .. } = twin;
                    format!(
                        "{name} {version} has only a source distribution, and {because}: require `{instead}` in its place"
                    )
                } else {
                    format!(
                        "{name} {version} has only a source distribution: allow building it with `--allow-build {name}`, or offer a wheel of it for {} with `--find-links`",
                        super::super::conclude::target_name(provider)
                    )
                },
            )),
            Exclusion::NoBinary => {
                let has_source = listing.files(release).any(|file| file.filename.as_wheel().is_none());
                let way_out =
                    if has_source { format!(": allow building it with `--allow-build {name}`") } else { String::new() };
                Some((
                    "no-binary",
                    format!("{name} {version} has a wheel, but `--no-binary` leaves wheels out{way_out}"),
                ))
            }
            Exclusion::TooNew | Exclusion::UploadTimeUnknown => {
                newer_would_fit(provider, name, listing, release).map(|hint| ("time", hint))
            }
            Exclusion::Constraint { text, origin } => {
                let usable = listing.verdict(policy, rules, release).is_ok();
                usable.then(|| {
                    (
                        "constraint",
                        format!("{name} {version} would do, but the constraint `{text}` at {origin} does not take it"),
                    )
                })
            }
            Exclusion::Hash => other_digests(provider, name, listing, release).map(|hint| ("hash", hint)),
            Exclusion::Tags(_) | Exclusion::RequiresPython { .. } => {
                other_runtimes(provider, name, listing, release).map(|hint| ("runtime", hint))
            }
            Exclusion::Metadata(_)
            | Exclusion::WheelPreferred
            | Exclusion::Conflict { .. }
            | Exclusion::Unmet(_)
            | Exclusion::Rivalled { .. } => None,
        };
        if let Some((kind, hint)) = hint
            && told.insert(kind)
        {
            hints.push(hint);
        }
    }
    hints
}

/// The file that would be used but for its digest: which digest it has, and which the user accepts.
fn other_digests(provider: &Provider<'_>, name: &PackageName, listing: &Listing, release: &Release) -> Option<String> {
    let policy = &provider.policy;
    let rules = policy.rules(name);
    let hashes = rules.hashes.as_ref()?;
    let mut without_hashes = rules.clone();
    without_hashes.hashes = None;
    let (_, file) = listing
        .files(release)
        .filter_map(|file| Some((candidate::judge(policy, &without_hashes, file).ok()?, file)))
        .max_by(|left, right| candidate::compare_files((&left.0, left.1), (&right.0, right.1)))?;
    let actual = file.hashes.iter().map(ToString::to_string).max()?;
    // The digest that was meant, when one was mistyped, agrees with the actual one in most places: nearest first.
    let mut accepted: Vec<(usize, String)> = hashes
        .digests
        .iter()
        .map(ToString::to_string)
        .map(|digest| (digest.chars().zip(actual.chars()).filter(|(a, b)| a != b).count(), digest))
        .collect();
    accepted.sort();
    let more = accepted.len().saturating_sub(MOST_DIGESTS);
    let accepted: Vec<String> = accepted.into_iter().take(MOST_DIGESTS).map(|(_, digest)| digest).collect();
    let accepted = if accepted.is_empty() { "no digest".to_owned() } else { accepted.join(", ") };
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let origin = &hashes.origin;
    let file = &file.filename;
    Some(format!("`{file}` has digest {actual}, but `--hash` at {origin} expects {accepted}{more}"))
}

/// A pre-release of a version that the range would take, when it holds no listed version: `2.0rc1` for `>=2.0`.
fn prerelease_below(
    provider: &Provider<'_>,
    name: &PackageName,
    listing: &Listing,
    range: &Ranges<SourcedVersion>,
) -> Option<String> {
    if listing.has_any_in(range) {
        return None;
    }
    let release = listing.releases().rev().find(|release| {
        let version = &release.version.version;
        let last = version.only_release().with_epoch(version.epoch());
        version.any_prerelease()
            && range.contains(&SourcedVersion::listed(last))
            && listing.verdict(&provider.policy, provider.policy.rules(name), release).is_ok()
    })?;
    let version = &release.version;
    Some(format!("{name} {version} is a pre-release and comes before that: require `{name}>={version}` to use it"))
}

/// A file that only `--exclude-newer` keeps out.
fn newer_would_fit(
    provider: &Provider<'_>,
    name: &PackageName,
    listing: &Listing,
    release: &Release,
) -> Option<String> {
    let policy = &provider.policy;
    let rules = policy.rules(name);
    let file = listing.files(release).find(|file| candidate::judge_apart_from_time(policy, rules, file).is_ok())?;
    let version = &release.version;
    Some(match file.upload_time.and_then(|time| jiff::Timestamp::from_microsecond(time).ok()) {
        Some(time) => format!("{name} {version} would do, but it was uploaded at {time}, after `--exclude-newer`"),
        None => format!("{name} {version} would do, but its index gives no upload time, which `--exclude-newer` needs"),
    })
}

/// Runtimes on which a release would do.
fn other_runtimes(provider: &Provider<'_>, name: &PackageName, listing: &Listing, release: &Release) -> Option<String> {
    let target = &provider.policy.target;
    let version = &release.version;
    let same = table::runtimes_that_load(listing, release, target.architecture());
    if let Some(span) = table::span(&same) {
        let glibc = same.first().filter(|_| {
            let python = target.runtime().python_version();
            same.iter().all(|runtime| runtime.python_version() > python)
        });
        let because = match (listing.verdict(&provider.policy, provider.policy.rules(name), release), glibc) {
            (Err(Exclusion::Tags(crate::target::TagMismatch::Glibc { .. })), Some(first)) => {
                format!(", with glibc {}", first.glibc())
            }
            _ => String::new(),
        };
        return Some(format!("{name} {version} can be loaded by {span}{because}"));
    }
    let other = match target.architecture() {
        crate::target::Architecture::X86_64 => crate::target::Architecture::Arm64,
        crate::target::Architecture::Arm64 => crate::target::Architecture::X86_64,
    };
    let there = table::runtimes_that_load(listing, release, other);
    table::span(&there).map(|span| format!("{name} {version} can be loaded by {span} on {other}"))
}

/// Names that are known in this run and close to one that no index knows.
fn unknown_name(provider: &Provider<'_>, name: &PackageName) -> Option<String> {
    let text = name.to_string();
    let most = match text.len() {
        0..=3 => 1,
        4..=8 => 2,
        _ => 3,
    };
    let mut close: Vec<(usize, String)> = provider
        .names_met()
        .into_iter()
        .filter(|known| known != name)
        .map(|known| known.to_string())
        .map(|known| (strsim::osa_distance(&text, &known), known))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    close.sort();
    let close: Vec<String> = close.into_iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
    (!close.is_empty()).then(|| format!("did you mean {}?", close.join(" or ")))
}

/// A direct reference of the user's that an index requirement of another project does not take.
fn user_direct_against(provider: &Provider<'_>, required: &Package) -> Option<String> {
    let name = required.name()?;
    let direct = needs::user_requirements(provider)
        .into_iter()
        .find(|applied| applied.requirement.name == *name && applied.direct.is_some())?;
    let origin = direct.origin.map(|origin| format!(" ({origin})")).unwrap_or_default();
    Some(format!("`{name}` can only come from the URL that you give for it{origin}"))
}

fn has(count: usize) -> &'static str {
    if count == 1 { "has" } else { "have" }
}
