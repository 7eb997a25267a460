//! METADATA of a wheel: that it belongs to the file name, and that the resolution was made with it.

use std::collections::BTreeSet;

use super::error::{InstallError, WheelFault};
use super::installed::InstalledDist;
use crate::resolution::ResolvedDist;
use crate::spec::{CoreMetadata, ExtraName, MarkerEnvironment, Requirement, WheelFilename};

/// The fields of a METADATA file, up to the empty line before the description. A line of blanks is no empty line: texts
/// of licenses that were folded into a field have them.
pub(super) fn fields_only(metadata: &[u8]) -> &[u8] {
    let mut start = 0;
    for line in metadata.split_inclusive(|&byte| byte == b'\n') {
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
        start += line.len();
    }
    &metadata[..start]
}

/// Checks that METADATA has the name and version of the file name.
pub(super) fn check_identity(metadata: &[u8], filename: &WheelFilename) -> Result<(), WheelFault> {
    let metadata = CoreMetadata::parse(metadata)?;
    let differ = |found: String, expected: String| Err(WheelFault::Identity { place: "METADATA", found, expected });
    if metadata.name != filename.name {
        return differ(metadata.name.to_string(), filename.name.to_string());
    }
    if !filename.is_version(&metadata.version.to_string()) {
        return differ(metadata.version.to_string(), filename.version.to_string());
    }
    Ok(())
}

/// Checks that the wheel requires on the target what the resolution was made with, whatever an index said about it.
///
/// Not for resolutions without dependencies (`--no-deps`) or from locks that do not carry requirements.
pub(crate) fn check_requirements(
    installed: &InstalledDist,
    resolved: &ResolvedDist,
    markers: &MarkerEnvironment,
) -> Result<(), InstallError> {
    // The tables of its source may have put places where its wheel has versions, or the folder of a build.
    let text: fn(&Requirement) -> String =
        if resolved.built_from.is_some() { |it: &Requirement| it.name.to_string() } else { Requirement::to_string };
    compare_requirements(installed, &resolved.extras, &resolved.requires_dist, markers, text)
}

/// What a wheel requires on the target, by its own METADATA, with these of its extras.
///
/// # Errors
/// Its METADATA cannot be read.
pub(crate) fn applying_requirements(
    installed: &InstalledDist,
    extras: &[ExtraName],
    markers: &MarkerEnvironment,
) -> Result<Vec<Requirement>, InstallError> {
    let metadata = installed
        .core_metadata()
        .map_err(|error| InstallError::Refused { wheel: installed.label(), fault: error.into() })?;
    let applies = |requirement: &Requirement| {
        requirement.marker.evaluate(markers, &[])
            || extras.iter().any(|extra| requirement.marker.evaluate(markers, std::slice::from_ref(extra)))
    };
    Ok(metadata.requires_dist.into_iter().filter(applies).collect())
}

/// Compares what of each requirement `text` tells.
pub(super) fn compare_requirements(
    installed: &InstalledDist,
    extras: &[ExtraName],
    expected: &[Requirement],
    markers: &MarkerEnvironment,
    text: fn(&Requirement) -> String,
) -> Result<(), InstallError> {
    let sorted = |requirements: &[Requirement]| requirements.iter().map(text).collect::<BTreeSet<_>>();
    let (actual, expected) = (sorted(&applying_requirements(installed, extras, markers)?), sorted(expected));
    if actual == expected {
        return Ok(());
    }
    let (actual, expected) = (actual.into_iter().collect(), expected.into_iter().collect());
    Err(InstallError::Requirements { wheel: installed.label(), actual, expected })
}
