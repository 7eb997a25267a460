//! METADATA of a wheel: that it belongs to the file name, and that the resolution was made with it.

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
    if resolved.built_from.is_some() {
        // The tables of its source may have put places where its wheel has versions, or the folder of a build.
        return compare_names(installed, &resolved.extras, &resolved.requires_dist, markers);
    }
    compare_requirements(installed, &resolved.extras, &resolved.requires_dist, markers)
}

/// Compares which projects are required, whatever their versions and places.
fn compare_names(
    installed: &InstalledDist,
    extras: &[ExtraName],
    expected: &[Requirement],
    markers: &MarkerEnvironment,
) -> Result<(), InstallError> {
    let actual = applying_requirements(installed, extras, markers)?;
    let names = |requirements: &[Requirement]| {
        let mut names: Vec<String> = requirements.iter().map(|requirement| requirement.name.to_string()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let (actual, expected) = (names(&actual), names(expected));
    if actual == expected {
        return Ok(());
    }
    Err(InstallError::Requirements { wheel: installed.label(), actual, expected })
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

pub(super) fn compare_requirements(
    installed: &InstalledDist,
    extras: &[ExtraName],
    expected: &[Requirement],
    markers: &MarkerEnvironment,
) -> Result<(), InstallError> {
    let actual = sorted(applying_requirements(installed, extras, markers)?.iter());
    let expected = sorted(expected.iter());
    if actual == expected {
        return Ok(());
    }
    Err(InstallError::Requirements { wheel: installed.label(), actual, expected })
}

fn sorted<'a>(requirements: impl Iterator<Item = &'a Requirement>) -> Vec<String> {
    let mut texts: Vec<String> = requirements.map(ToString::to_string).collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}
