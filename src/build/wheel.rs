//! From what a backend made to a wheel of the cache: checked for what was asked, and for the target.

use std::path::Path;

use fs_err as fs;

use super::{BuildError, own_places};
use crate::archive::{Limits, ZipReader};
use crate::cache::Cache;
use crate::elf::{FOREIGN_PREFIX, Object, WINDOWS, foreign_format, is_elf};
use crate::fetch::{FetchedWheel, Proof, digest_of_file};
use crate::spec::{HashAlgorithm, PackageName, Version, WheelFilename};
use crate::target::{HostSystem, Target};

/// Largest native file that is looked into, bytes: it is held in memory. Lambda takes 250 MiB in all.
const NATIVE_MOST: u64 = 1 << 30;

/// What the wheel has to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    /// What messages call the source.
    pub label: &'a str,
    /// The project; `None`: whatever the source is.
    pub name: Option<&'a PackageName>,
    /// The version; `None`: whatever the source has.
    pub version: Option<&'a Version>,
}

/// A wheel that was built and that the cache has.
pub(crate) struct AcceptedWheel {
    pub wheel: FetchedWheel,
    /// Requirements of its metadata that named a place of the machine that built it, as they were: the wheel has their
    /// names alone.
    pub placed: Vec<String>,
}

/// Takes a wheel that was built into the cache.
///
/// Holding the result proves that it is named as was expected and that the target can load it, as far as tags and the
/// native files in it say. Its content is proved by installing it, as that of any wheel.
pub(crate) fn accept_wheel(
    path: &Path,
    expected: Expected<'_>,
    target: &Target,
    cache: &Cache,
    limits: &Limits,
) -> Result<AcceptedWheel, BuildError> {
    let refuse = |reason: String| BuildError::Result { label: expected.label.to_owned(), reason };
    let text = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let filename: WheelFilename = text.parse().map_err(|error| refuse(format!("{error}")))?;
    if let Some(name) = expected.name.filter(|name| **name != filename.name) {
        return Err(refuse(format!("`{filename}` is a wheel of {}, not of {name}", filename.name)));
    }
    if let Some(version) = expected.version.filter(|version| **version != filename.version) {
        return Err(refuse(format!("`{filename}` is version {}, not {version}", filename.version)));
    }
    check_loadable(path, &filename, expected.label, target, limits)?;
    let placed = own_places::leave_out(path, expected.label, limits)?;
    let failed = |source| BuildError::File { action: "read", path: path.to_owned(), source };
    let mut file = cache.temporary_file()?;
    let mut source = fs::File::open(path).map_err(failed)?;
    let size = std::io::copy(&mut source, &mut file).map_err(failed)?;
    let digest = digest_of_file(path, HashAlgorithm::Sha256).map_err(failed)?;
    let path = cache.persist(file, &cache.wheel(&digest))?;
    let wheel = FetchedWheel {
        name: filename.name.clone(),
        version: filename.version.clone(),
        filename,
        digest,
        proof: Proof::Built,
        path,
        size,
        is_fresh: true,
    };
    Ok(AcceptedWheel { wheel, placed })
}

/// Checks that the target can load a wheel: by its tags, and by what its native files need.
pub(crate) fn check_loadable(
    path: &Path,
    filename: &WheelFilename,
    label: &str,
    target: &Target,
    limits: &Limits,
) -> Result<(), BuildError> {
    let foreign = |reason: String| BuildError::Foreign {
        label: label.to_owned(),
        wheel: filename.to_string(),
        target: format!("{} on {}", target.runtime(), target.architecture()),
        reason,
        other_python: None,
    };
    target.tags().compatibility(filename).map_err(|mismatch| foreign(format!("it {mismatch}")))?;
    if target.host().is_some_and(|system| !matches!(system, HostSystem::Glibc(_))) {
        // What was built on a machine for the builds of that machine runs there.
        return Ok(());
    }
    let unreadable = |source| BuildError::Unpack { label: format!("`{filename}`"), source };
    let wheel = ZipReader::open(path, limits).map_err(unreadable)?;
    for entry in wheel.entries().iter().filter(|entry| !entry.is_folder) {
        let start = wheel.prefix(entry, FOREIGN_PREFIX).map_err(unreadable)?;
        // A build for Windows alone makes code for Windows: elsewhere it is data, as the launchers of setuptools are.
        if let Some(system) = foreign_format(&start).filter(|system| *system != WINDOWS) {
            return Err(foreign(format!("its `{}` is native code for {system}", entry.path)));
        }
        if !is_elf(&start) {
            continue;
        }
        let content = wheel.read(entry, NATIVE_MOST).map_err(unreadable)?;
        let Ok(object) = Object::parse(&content) else {
            return Err(foreign(format!("its `{}` cannot be read", entry.path)));
        };
        if object.architecture() != Some(target.architecture()) {
            return Err(foreign(format!("its `{}` is for another processor", entry.path)));
        }
        if object.needs_musl() {
            return Err(foreign(format!("its `{}` needs musl, and the runtime has glibc", entry.path)));
        }
        if let Some(glibc) = object.glibc().filter(|glibc| *glibc > target.glibc()) {
            return Err(foreign(format!(
                "its `{}` needs glibc {glibc}, the runtime has {}",
                entry.path,
                target.glibc()
            )));
        }
    }
    Ok(())
}
