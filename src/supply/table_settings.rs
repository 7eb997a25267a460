//! Settings of the resolution that stand in the tables of a project: they count where the user says nothing else.

use super::SupplyError;
use crate::requirements::{Manifest, Origin};
use crate::resolve::{PrereleaseMode, ResolutionMode, ResolveOptions, parse_moment};

/// The options with what the tables of the project say; `now` is in seconds since 1970.
pub(super) fn with_tables(
    options: &ResolveOptions,
    manifest: &Manifest,
    now: u64,
) -> Result<ResolveOptions, SupplyError> {
    let mut options = options.clone();
    let settings = &manifest.settings;
    if let Some((text, origin)) = settings.exclude_newer.as_ref().filter(|_| options.exclude_newer.is_none()) {
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        options.exclude_newer =
            Some(parse_moment(text, now).map_err(|reason| wrong(origin, "exclude-newer", &reason))?);
    }
    for (name, text, origin) in &settings.exclude_newer_package {
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let moment = text.as_ref().map(|text| parse_moment(text, now)).transpose();
        let moment = moment.map_err(|reason| wrong(origin, "exclude-newer-package", &reason))?;
        if options.exclude_newer_package.iter().all(|(known, _)| known != name) {
            options.exclude_newer_package.push((name.clone(), moment));
        }
    }
    if let Some((text, origin)) =
        settings.prerelease.as_ref().filter(|_| options.prerelease == PrereleaseMode::default())
    {
        options.prerelease = match &**text {
            "disallow" => PrereleaseMode::Disallow,
            "allow" => PrereleaseMode::Allow,
            "if-necessary" => PrereleaseMode::IfNecessary,
            "explicit" => PrereleaseMode::Explicit,
            "if-necessary-or-explicit" => PrereleaseMode::IfNecessaryOrExplicit,
            other => return Err(wrong(origin, "prerelease", &format!("`{other}` is not known"))),
        };
    }
    if let Some((text, origin)) =
        settings.resolution.as_ref().filter(|_| options.resolution == ResolutionMode::default())
    {
        options.resolution = match &**text {
            "highest" => ResolutionMode::Highest,
            "lowest" => ResolutionMode::Lowest,
            "lowest-direct" => ResolutionMode::LowestDirect,
            other => return Err(wrong(origin, "resolution", &format!("`{other}` is not known"))),
        };
    }
    Ok(options)
}

fn wrong(origin: &Origin, key: &'static str, reason: &str) -> SupplyError {
    SupplyError::Setting { origin: origin.clone(), key, reason: reason.to_owned() }
}
