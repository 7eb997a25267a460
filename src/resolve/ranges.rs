//! Specifiers as sets of versions (PEP 440, "Version specifiers"), as the newest `packaging` reads them.
//!
//! A set holds every version that the specifier takes, pre-releases included: whether a pre-release may be chosen is a
//! question of its own. Versions have gaps: nothing lies between `1.0` with all its local versions and
//! `1.0.post0.dev0`, so "`1.0` and whatever local version of it" is the half-open range up to there.
//!
//! `===` compares texts. A set orders versions, and `1.0` and `1.0.0` are the same place in that order, so the set of
//! `===1.0` holds both; [`contains`] tells them apart, and so does the provider where a project lists such a version.

use pubgrub::Ranges;

use crate::spec::{Operator, Prerelease, Version, VersionSpecifier, VersionSpecifiers};

/// The versions that all specifiers take.
pub fn specifiers_range(specifiers: &VersionSpecifiers) -> Ranges<Version> {
    specifiers.iter().map(specifier_range).fold(Ranges::full(), |all, one| all.intersection(&one))
}

/// The versions that one specifier takes.
pub(super) fn specifier_range(specifier: &VersionSpecifier) -> Ranges<Version> {
    let version = specifier.version();
    match specifier.operator() {
        Operator::Equal => equal(version),
        Operator::NotEqual => equal(version).complement(),
        Operator::ExactEqual => Ranges::singleton(version.clone()),
        Operator::EqualStar => prefix(version),
        Operator::NotEqualStar => prefix(version).complement(),
        Operator::TildeEqual => {
            let release = version.release();
            let parent = Version::new(&release[..release.len().saturating_sub(1).max(1)]).with_epoch(version.epoch());
            below_prefix_end(&parent).intersection(&Ranges::higher_than(version.clone()))
        }
        Operator::LessThan => less_than(version),
        Operator::LessThanEqual => below(after_locals(version)),
        Operator::GreaterThan => greater_than(version),
        Operator::GreaterThanEqual => Ranges::higher_than(version.clone()),
    }
}

/// Whether all specifiers take a version, `===` by its text.
pub fn contains(specifiers: &VersionSpecifiers, version: &Version) -> bool {
    specifiers.iter().all(|specifier| match specifier.operator() {
        Operator::ExactEqual => is_same_text(specifier.version(), version),
        _ => specifier_range(specifier).contains(version),
    })
}

/// Whether two versions are written alike, which `===` asks for: `1.0` and `1.0.0` are equal but not alike.
pub(super) fn is_same_text(left: &Version, right: &Version) -> bool {
    left == right && left.release().len() == right.release().len()
}

/// Whether a specifier takes one version only: what the user asks for by name.
pub(super) fn is_exact(specifier: &VersionSpecifier) -> bool {
    matches!(specifier.operator(), Operator::Equal | Operator::ExactEqual)
}

/// A version and all its local versions; a local version only itself.
fn equal(version: &Version) -> Ranges<Version> {
    if version.is_local() {
        return Ranges::singleton(version.clone());
    }
    below(after_locals(version)).intersection(&Ranges::higher_than(version.clone()))
}

/// `==1.2.*`: from `1.2.dev0` to before `1.3.dev0`.
fn prefix(version: &Version) -> Ranges<Version> {
    below_prefix_end(version).intersection(&Ranges::higher_than(first_of_release(version)))
}

/// Everything before the first version whose release is past that prefix.
fn below_prefix_end(version: &Version) -> Ranges<Version> {
    let mut release = version.release().to_vec();
    let last = release.last_mut().expect("a release has at least one number");
    match last.checked_add(1) {
        Some(next) => *last = next,
        // No component can be larger, so nothing of this release is past the prefix.
        None => return Ranges::full(),
    }
    below(Some(Version::new(release).with_epoch(version.epoch()).with_dev(Some(0))))
}

/// `<V`: pre-releases of V are excluded unless V is one itself, and so is its family of development releases.
fn less_than(version: &Version) -> Ranges<Version> {
    let bound =
        if version.any_prerelease() { version.clone() } else { version.clone().without_local().with_dev(Some(0)) };
    below(Some(bound))
}

/// `>V`: neither local nor, unless V is one itself, post-releases of V.
fn greater_than(version: &Version) -> Ranges<Version> {
    let public = version.clone().without_local();
    if public.is_dev() || public.is_post() {
        return match after_locals(&public) {
            Some(next) => Ranges::higher_than(next),
            None => Ranges::strictly_higher_than(public),
        };
    }
    match public.pre() {
        Some(pre) => match pre.number.checked_add(1) {
            Some(number) => {
                let next = Prerelease { kind: pre.kind, number };
                Ranges::higher_than(public.with_pre(Some(next)).with_dev(Some(0)))
            }
            None => Ranges::strictly_higher_than(public.with_post(Some(u64::MAX))),
        },
        // The versions after all post-releases of a final release have no least one: `1.0.0.0.1.dev0` is among them.
        None => Ranges::strictly_higher_than(public.with_post(Some(u64::MAX))),
    }
}

/// The least version that is neither V, nor a local version of V, nor before V. `None` where numbers end.
pub(super) fn after_locals(version: &Version) -> Option<Version> {
    let public = version.clone().without_local();
    if let Some(dev) = public.dev() {
        return dev.checked_add(1).map(|dev| public.with_dev(Some(dev)));
    }
    match public.post() {
        Some(post) => post.checked_add(1).map(|post| public.with_post(Some(post)).with_dev(Some(0))),
        None => Some(public.with_post(Some(0)).with_dev(Some(0))),
    }
}

/// The versions before a bound: none before the least version of all, all where there is no bound.
fn below(bound: Option<Version>) -> Ranges<Version> {
    match bound {
        None => Ranges::full(),
        Some(bound) if bound <= Version::new([0]).with_dev(Some(0)) => Ranges::empty(),
        Some(bound) => Ranges::strictly_lower_than(bound),
    }
}

/// The least version with the release of V.
fn first_of_release(version: &Version) -> Version {
    Version::new(version.release()).with_epoch(version.epoch()).with_dev(Some(0))
}

/// Whether a specifier names a pre-release and so asks for them, as `packaging` counts it: `!=` does not.
pub(super) fn names_prerelease(specifier: &VersionSpecifier) -> bool {
    let asks = !matches!(specifier.operator(), Operator::NotEqual | Operator::NotEqualStar | Operator::EqualStar);
    asks && specifier.version().any_prerelease()
}
