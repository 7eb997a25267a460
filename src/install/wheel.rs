//! From a wheel to its plan, or to the plan that the cache has of it.

use super::error::{InstallError, WheelFault};
use super::installed::InstalledDist;
use super::options::InstallOptions;
use super::outline::WheelOutline;
use super::plan::{self, PLAN};
use super::tree::{can_retry, ensure_tree, known_tree};
use super::verified::check_bytes;
use crate::archive::ZipReader;
use crate::cache::Cache;
use crate::fetch::FetchedWheel;
use crate::spec::HashDigest;

/// Reads and checks a wheel, or takes the plan that the cache has of it.
///
/// # Errors
/// When the archive, RECORD, METADATA or the layout are not as they must be; nothing is kept then.
pub fn install_wheel(
    wheel: &FetchedWheel,
    cache: &Cache,
    options: &InstallOptions,
) -> Result<InstalledDist, InstallError> {
    if let Some(mut dist) = known_plan(wheel, cache, options) {
        if options.checked_when_placed {
            dist.tree = known_tree(&dist, cache);
        }
        if options.tree && dist.tree.is_none() {
            ensure_tree(&mut dist, cache)?;
        } else if !options.tree {
            check_bytes(wheel, cache)?;
        }
        return Ok(dist);
    }
    let refused = |fault| InstallError::refused(wheel, fault);
    let archive = ZipReader::open(&wheel.path, &options.limits).map_err(|error| refused(error.into()))?;
    names_agree(wheel).map_err(refused)?;
    let outline = WheelOutline::read(wheel, &archive).map_err(refused)?;
    let was_degraded = cache.is_degraded();
    let dist = match outline.install(cache, options) {
        Err(InstallError::Unpack { .. }) if can_retry(cache, was_degraded) => outline.install(cache, options)?,
        other => other?,
    };
    // A plan that cannot be written costs the next run time, and nothing else.
    let _ = cache.write(&cache.install(&wheel.digest).join(PLAN), &plan::encode(&dist));
    Ok(dist)
}

/// What the cache knows of a wheel that was installed before, with every file; nothing is looked at but the plan
/// itself.
pub(crate) fn planned(cache: &Cache, digest: &HashDigest) -> Option<InstalledDist> {
    plan::decode(&cache.read(&cache.install(digest).join(PLAN))?, digest, &cache.wheel(digest))
}

fn known_plan(wheel: &FetchedWheel, cache: &Cache, options: &InstallOptions) -> Option<InstalledDist> {
    let bytes = cache.read(&cache.install(&wheel.digest).join(PLAN))?;
    let dist = plan::decode(&bytes, &wheel.digest, &wheel.path)?;
    let same = dist.name == wheel.filename.name && dist.version == wheel.filename.version;
    // It was made by a run that may have judged otherwise, of the same bytes from elsewhere.
    let accepted = options.record.accepts(dist.record, wheel) && dist.size() <= options.limits.unpacked_size;
    (same && accepted && names_agree(wheel).is_ok()).then_some(dist)
}

/// Judges a wheel as [`install_wheel`] would, writing nothing but its plan: for who passes wheels on to be installed
/// elsewhere. Gives what the user should know.
///
/// # Errors
/// Those of [`install_wheel`].
pub(crate) fn judge_wheel(
    wheel: &FetchedWheel,
    cache: &Cache,
    options: &InstallOptions,
) -> Result<Vec<String>, InstallError> {
    install_wheel(wheel, cache, &InstallOptions { tree: false, ..options.clone() }).map(|dist| dist.warnings)
}

fn names_agree(wheel: &FetchedWheel) -> Result<(), WheelFault> {
    if wheel.name == wheel.filename.name && wheel.version == wheel.filename.version {
        return Ok(());
    }
    Err(WheelFault::Identity {
        place: "resolution",
        found: format!("{}-{}", wheel.name, wheel.version),
        expected: format!("{}-{}", wheel.filename.name, wheel.filename.version),
    })
}
