//! From a wheel to its plan: the steps of the binary distribution format ("Installing a wheel").

use std::fs::File;

use super::error::{InstallError, WheelFault};
use super::installed::{FileContent, InstalledDist, InstalledFile};
use super::layout::{Layout, Place};
use super::metadata::{check_identity, fields_only};
use super::plan::{self, PLAN};
use super::record::{Record, in_folder, write_record};
use super::scripts::{self, entry_point_scripts};
use super::stamps::Stamp;
use super::tree::{TreeBuilder, ensure_tree};
use super::unpack::{Job, UnpackError, unpack};
use crate::archive::{ArchiveError, DataSpan, Limits, NameSet, SafePath, ZipEntry, ZipReader};
use crate::cache::Cache;
use crate::fetch::{FetchedWheel, digest_of_file};
use crate::spec::{HashAlgorithm, WheelFile};

/// Largest METADATA, WHEEL or `entry_points.txt`, bytes. The largest on PyPI are some hundred kilobytes.
const SMALL_FILE_MOST: u64 = 16 << 20;
/// Bytes that a line of RECORD has beside the path: the quotes, the digest of a sha512 and a size, generously.
const RECORD_LINE_MOST: u64 = 256;

/// How to install.
#[derive(Clone, Copy, Debug, Default)]
pub struct InstallOptions {
    /// How much an archive may hold.
    pub limits: Limits,
    /// Unpack the files as well; otherwise they are only checked, for a zip.
    pub tree: bool,
}

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
        if options.tree {
            ensure_tree(&mut dist, cache)?;
        } else {
            check_bytes(wheel)?;
        }
        return Ok(dist);
    }
    let refused = |fault| InstallError::Refused { wheel: wheel.filename.to_string(), fault };
    let archive = ZipReader::open(&wheel.path, &options.limits).map_err(|error| refused(error.into()))?;
    let outline = Outline::read(wheel, &archive).map_err(refused)?;
    let was_degraded = cache.is_degraded();
    let dist = match outline.install(wheel, &archive, cache, options) {
        Err(InstallError::Unpack { .. }) if can_retry(cache, was_degraded) => {
            outline.install(wheel, &archive, cache, options)?
        }
        other => other?,
    };
    // A plan that cannot be written costs the next run time, and nothing else.
    let _ = cache.write(&cache.install(&wheel.digest).join(PLAN), &plan::encode(&dist));
    Ok(dist)
}

/// Whether the cache, which could not be written, has found another place to write to since.
pub(super) fn can_retry(cache: &Cache, was_degraded: bool) -> bool {
    cache.degrade(was_degraded).unwrap_or(false)
}

fn known_plan(wheel: &FetchedWheel, cache: &Cache, options: &InstallOptions) -> Option<InstalledDist> {
    let bytes = cache.read(&cache.install(&wheel.digest).join(PLAN))?;
    let dist = plan::decode(&bytes, &wheel.digest, &wheel.path)?;
    let same = dist.name == wheel.filename.name && dist.version == wheel.filename.version;
    (same && names_agree(wheel).is_ok() && dist.size() <= options.limits.unpacked_size).then_some(dist)
}

/// A zip takes the compressed bytes as they are, and nothing behind this looks at them again: damage that came over the
/// cache since they were downloaded must show here.
fn check_bytes(wheel: &FetchedWheel) -> Result<(), InstallError> {
    let failed = |fault: WheelFault| InstallError::Reread { wheel: wheel.filename.to_string(), fault };
    let actual = digest_of_file(&wheel.path, HashAlgorithm::Sha256)
        .map_err(|error| failed(WheelFault::Archive(ArchiveError::Read(error))))?;
    if actual == wheel.digest { Ok(()) } else { Err(failed(WheelFault::Damaged)) }
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

/// Everything about a wheel that is known without reading the contents of its files.
struct Outline<'a> {
    layout: Layout,
    record: Record,
    metadata: Vec<u8>,
    warnings: Vec<String>,
    /// Every file, and where it goes; generated scripts are not among them.
    places: Vec<(&'a ZipEntry, Place)>,
    /// What the installer makes, apart from RECORD.
    generated: Vec<InstalledFile>,
}

impl<'a> Outline<'a> {
    fn read(wheel: &FetchedWheel, archive: &'a ZipReader) -> Result<Self, WheelFault> {
        names_agree(wheel)?;
        let files: Vec<&ZipEntry> = archive.entries().iter().filter(|entry| !entry.is_folder).collect();
        let layout = Layout::find(files.iter().map(|file| &file.path), &wheel.filename)?;
        let optional = |name: &'static str, most: u64| {
            let path = in_folder(&layout.dist_info, name);
            let entry = files.iter().find(|file| file.path == path);
            entry.map(|entry| archive.read(entry, most)).transpose().map_err(WheelFault::from)
        };
        let required = |name: &'static str, most: u64| {
            optional(name, most)?.ok_or_else(|| WheelFault::Missing(in_folder(&layout.dist_info, name).to_string()))
        };

        // Unpack, a: parse `.dist-info/WHEEL`.
        let wheel_file = WheelFile::parse(&required("WHEEL", SMALL_FILE_MOST)?)?;
        // Unpack, b: warn if the minor version is greater, abort if the major version is greater.
        let warnings = check_wheel_version(wheel_file.version)?;
        let metadata = fields_only(&required("METADATA", SMALL_FILE_MOST)?).to_vec();
        check_identity(&metadata, &wheel.filename)?;
        // A RECORD that names more than the files that are there is refused anyway: it need not be read for that.
        let lines = files.iter().map(|file| 2 * file.path.as_str().len() as u64 + RECORD_LINE_MOST);
        let record_most = lines.sum::<u64>() + RECORD_LINE_MOST;
        let record = Record::parse(&required("RECORD", record_most)?, &layout.dist_info)?;
        record.check_names(&files, &layout.dist_info)?;

        // Unpack, c and d: purelib and platlib are one folder here, so Root-Is-Purelib makes no difference.
        let places = files.iter().map(|&file| Ok((file, layout.place(&file.path)?)));
        let mut places = places.collect::<Result<Vec<_>, WheelFault>>()?;
        let mut generated = Vec::new();
        if let Some(entry_points) = optional("entry_points.txt", SMALL_FILE_MOST)? {
            for (path, content) in entry_point_scripts(&entry_points)? {
                // Old wheels bring the script of an entry point as a file too; like pip, we take the entry point.
                let same = |place: &Place| matches!(place, Place::Script(script) if *script == path);
                places.iter_mut().filter(|(_, place)| same(place)).for_each(|(_, place)| *place = Place::Dropped);
                generated.push(InstalledFile::generated(path, true, content));
            }
        }
        generated.push(InstalledFile::generated(
            in_folder(&layout.dist_info, "INSTALLER"),
            false,
            b"barrow\n".to_vec(),
        ));
        let outline = Self { layout, record, metadata, warnings, places, generated };
        outline.check_clashes()?;
        Ok(outline)
    }

    /// Two files of one wheel at one place: which one stays would depend on the installer.
    fn check_clashes(&self) -> Result<(), WheelFault> {
        let mut names = NameSet::new();
        let own = in_folder(&self.layout.dist_info, "RECORD");
        let unpacked = self.places.iter().filter_map(|(_, place)| match place {
            Place::At(path) | Place::Script(path) => Some(path),
            Place::Dropped => None,
        });
        for path in unpacked.chain(self.generated.iter().map(|file| &file.path)).chain([&own]) {
            names.add_file(path).map_err(|clash| WheelFault::Clash {
                first: clash.first,
                second: path.to_string(),
                reason: clash.reason,
            })?;
        }
        Ok(())
    }

    /// Reads every content once: checks it and, where a tree is wanted, writes it.
    fn install(
        &self,
        wheel: &FetchedWheel,
        archive: &ZipReader,
        cache: &Cache,
        options: &InstallOptions,
    ) -> Result<InstalledDist, InstallError> {
        let refused = |fault| InstallError::Refused { wheel: wheel.filename.to_string(), fault };
        let rewritten = self.rewritten_scripts(archive).map_err(refused)?;
        let builder = options.tree.then(|| TreeBuilder::begin(cache, wheel.filename.as_str())).transpose()?;
        let kept = |(entry, place): &(&ZipEntry, Place)| match place {
            Place::At(path) => Some((path.clone(), entry.is_executable)),
            Place::Script(path) => {
                let is_rewritten = rewritten.iter().any(|file| file.path == *path);
                (!is_rewritten).then(|| (path.clone(), true))
            }
            Place::Dropped => None,
        };
        let kept: Vec<Option<(SafePath, bool)>> = self.places.iter().map(kept).collect();
        if let Some(builder) = &builder {
            let generated = self.generated.iter().chain(&rewritten).map(|file| &file.path);
            builder.make_folders(kept.iter().flatten().map(|(path, _)| path).chain(generated))?;
        }
        let jobs: Vec<Job<'_>> = self
            .places
            .iter()
            .zip(&kept)
            .map(|((entry, _), kept)| Job {
                name: entry.path.as_str(),
                span: entry.span,
                promised: self.record.promised(entry.path.as_str()),
                target: kept.as_ref().zip(builder.as_ref()).map(|((path, executable), builder)| {
                    (builder.path_of(path), if *executable { 0o755 } else { 0o644 })
                }),
            })
            .collect();
        let file: &File = archive.file();
        let unpacked = unpack(file, &jobs).map_err(|error| match error {
            UnpackError::Fault(fault) => refused(fault),
            UnpackError::Write { path, source } => {
                InstallError::Unpack { wheel: wheel.filename.to_string(), path, source }
            }
        })?;

        let mut files: Vec<(InstalledFile, Option<Stamp>)> = Vec::with_capacity(jobs.len() + 2);
        for ((job, kept), unpacked) in jobs.iter().zip(kept).zip(unpacked) {
            let Some((path, executable)) = kept else { continue };
            let DataSpan { offset, compressed_size, size, crc32, deflated } = job.span;
            let content = FileContent::WheelEntry { offset, compressed_size, deflated };
            files.push((
                InstalledFile { path, executable, size, sha256: unpacked.sha256, crc32, content },
                unpacked.stamp,
            ));
        }
        let mut generated: Vec<InstalledFile> = self.generated.clone();
        generated.extend(rewritten);
        // Spread, d: RECORD with the installed paths.
        let own_path = in_folder(&self.layout.dist_info, "RECORD");
        let record = write_record(files.iter().map(|(file, _)| file).chain(&generated), &own_path);
        generated.push(InstalledFile::generated(own_path, false, record));
        for file in generated {
            let stamp = builder.as_ref().map(|builder| builder.write_generated(&file)).transpose()?;
            files.push((file, stamp));
        }
        files.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        let (files, stamps): (Vec<_>, Vec<_>) = files.into_iter().unzip();
        let mut dist = InstalledDist {
            name: wheel.name.clone(),
            version: wheel.version.clone(),
            digest: wheel.digest.clone(),
            wheel: wheel.path.clone(),
            dist_info: self.layout.dist_info.clone(),
            files,
            metadata: self.metadata.clone(),
            warnings: self.warnings.clone(),
            tree: None,
        };
        if let Some(builder) = builder {
            let stamps: Vec<Stamp> = stamps.into_iter().flatten().collect();
            builder.finish(&mut dist, &stamps, cache)?;
        }
        Ok(dist)
    }

    /// Scripts that start with `#!python`, with their first line changed (step "Spread", c).
    fn rewritten_scripts(&self, archive: &ZipReader) -> Result<Vec<InstalledFile>, WheelFault> {
        let mut rewritten = Vec::new();
        let mut left = scripts::REWRITTEN_MOST;
        for (entry, place) in &self.places {
            let Place::Script(path) = place else { continue };
            if archive.prefix(entry, scripts::MARKER.len())? != scripts::MARKER {
                continue;
            }
            let content = archive.read(entry, left)?;
            left -= content.len() as u64;
            rewritten.push(InstalledFile::generated(path.clone(), true, scripts::rewrite_first_line(&content)));
        }
        Ok(rewritten)
    }
}

fn check_wheel_version((major, minor): (u32, u32)) -> Result<Vec<String>, WheelFault> {
    match (major, minor) {
        (1, 0) => Ok(Vec::new()),
        (1, _) => Ok(vec![format!("has Wheel-Version 1.{minor}, newer than the 1.0 that is known")]),
        _ => Err(WheelFault::WheelVersion { major, minor }),
    }
}
