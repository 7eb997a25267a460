//! A wheel before its contents are read, and the one pass over them: the steps of the binary distribution format
//! ("Installing a wheel").

use super::error::{InstallError, WheelFault};
use super::installed::{FileContent, InstalledDist, InstalledFile, tree_mode};
use super::judgement::{Judgement, RecordPolicy, judge};
use super::layout::Layout;
use super::metadata::{check_identity, fields_only};
use super::options::InstallOptions;
use super::places::{Placed, Places};
use super::record::{Compared, Record, in_folder, write_record};
use super::scripts::{self, entry_point_scripts};
use super::stamps::Stamp;
use super::tree::TreeBuilder;
use super::unpack::{EntryJob, UnpackError, Unpacked, unpack};
use crate::archive::{DataSpan, SafePath, ZipEntry, ZipReader};
use crate::cache::Cache;
use crate::fetch::FetchedWheel;
use crate::spec::WheelFile;

/// Largest METADATA, WHEEL or `entry_points.txt`, bytes. The largest on PyPI are some hundred kilobytes.
const SMALL_FILE_MOST: u64 = 16 << 20;
/// Bytes that a line of RECORD has beside the path: the quotes, the digest of a sha512 and a size, generously.
const RECORD_LINE_MOST: u64 = 256;

/// Everything about a wheel that is known without reading the contents of its files.
pub(super) struct WheelOutline<'a> {
    wheel: &'a FetchedWheel,
    archive: &'a ZipReader,
    /// The entries that are files.
    files: Vec<&'a ZipEntry>,
    layout: Layout,
    record: Record,
    metadata: Vec<u8>,
    warnings: Vec<String>,
    places: Places<'a>,
}

impl<'a> WheelOutline<'a> {
    pub(super) fn read(wheel: &'a FetchedWheel, archive: &'a ZipReader) -> Result<Self, WheelFault> {
        let files: Vec<&ZipEntry> = archive.entries().iter().filter(|entry| !entry.is_folder).collect();
        let layout = Layout::find(files.iter().map(|file| &file.path), &wheel.filename)?;
        let optional = |name: &'static str, most: u64| {
            let path = in_folder(&layout.dist_info, name);
            let entry = files.iter().find(|file| file.path == path);
            entry.map(|entry| archive.read(entry, most)).transpose().map_err(WheelFault::from)
        };
        let required = |name: &'static str| {
            optional(name, SMALL_FILE_MOST)?
                .ok_or_else(|| WheelFault::Missing(in_folder(&layout.dist_info, name).to_string()))
        };

        // Unpack, a: parse `.dist-info/WHEEL`.
        let wheel_file = WheelFile::parse(&required("WHEEL")?)?;
        // Unpack, b: warn if the minor version is greater, abort if the major version is greater.
        let mut warnings = check_wheel_version(wheel_file.version)?;
        let metadata = fields_only(&required("METADATA")?).to_vec();
        check_identity(&metadata, &wheel.filename)?;
        // RECORD may name files that were removed from the wheel, but not more of them than anyone has.
        let lines = files.iter().map(|file| 2 * file.path.as_str().len() as u64 + RECORD_LINE_MOST);
        let record_most = lines.sum::<u64>() + SMALL_FILE_MOST;
        let compared = Compared { archive, files: &files, dist_info: &layout.dist_info };
        let record = Record::compare(optional("RECORD", record_most)?.as_deref(), compared)?;

        // Unpack, c and d: purelib and platlib are one folder here, so Root-Is-Purelib makes no difference.
        let spread = files.iter().map(|&entry| Ok(Placed::new(entry, layout.place(&entry.path)?)));
        let spread = spread.collect::<Result<Vec<_>, WheelFault>>()?;
        let scripts = match optional("entry_points.txt", SMALL_FILE_MOST)? {
            Some(entry_points) => entry_point_scripts(&entry_points)?,
            None => std::collections::BTreeMap::new(),
        };
        let mut places = Places::settle(spread, scripts, &mut warnings)?;
        let installer = in_folder(&layout.dist_info, "INSTALLER");
        places.generated.push(InstalledFile::generated(installer, false, b"barrow\n".to_vec()));
        places.check_clashes(&in_folder(&layout.dist_info, "RECORD"))?;
        Ok(Self { wheel, archive, files, layout, record, metadata, warnings, places })
    }

    /// Reads every content once: checks it and, where a tree is wanted, writes it.
    pub(super) fn install(&self, cache: &Cache, options: &InstallOptions) -> Result<InstalledDist, InstallError> {
        let refused = |fault| InstallError::refused(self.wheel, fault);
        let rewritten = self.rewritten_scripts().map_err(refused)?;
        let builder = options.tree.then(|| TreeBuilder::begin(cache, self.wheel.filename.as_str())).transpose()?;
        let kept: Vec<Option<(SafePath, bool)>> = self.places.files.iter().map(|file| file.kept(&rewritten)).collect();
        if let Some(builder) = &builder {
            let generated = self.places.generated.iter().chain(&rewritten).map(|file| &file.path);
            builder.make_folders(kept.iter().flatten().map(|(path, _)| path).chain(generated))?;
        }
        let unpacked = self.unpack(&kept, builder.as_ref())?;
        let judgement = self.judge(&unpacked, &options.record).map_err(refused)?;
        self.places.check_twins(&unpacked).map_err(refused)?;

        let mut files = taken(&self.places.files, kept, unpacked);
        let mut generated: Vec<InstalledFile> = self.places.generated.clone();
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
        let mut dist = self.dist(files, judgement);
        if let Some(builder) = builder {
            let stamps: Vec<Stamp> = stamps.into_iter().flatten().collect();
            builder.finish(&mut dist, stamps, cache)?;
        }
        Ok(dist)
    }

    fn unpack(
        &self,
        kept: &[Option<(SafePath, bool)>],
        builder: Option<&TreeBuilder>,
    ) -> Result<Vec<Unpacked>, InstallError> {
        let job = |(file, kept): (&Placed<'a>, &'_ Option<(SafePath, bool)>)| EntryJob {
            name: file.entry.path.as_str(),
            span: file.entry.span,
            promised: self.record.promised(file.entry.path.as_str()),
            target: kept
                .as_ref()
                .zip(builder)
                .map(|((path, executable), builder)| (builder.path_of(path), tree_mode(*executable))),
        };
        let jobs: Vec<EntryJob<'_>> = self.places.files.iter().zip(kept).map(job).collect();
        unpack(self.archive.file(), &jobs).map_err(|error| match error {
            UnpackError::Fault(fault) => InstallError::refused(self.wheel, fault),
            UnpackError::Write { path, source } => InstallError::unpack(self.wheel.filename.as_str(), path, source),
        })
    }

    /// What becomes of the wheel, now that its contents are known too.
    fn judge(&self, unpacked: &[Unpacked], policy: &RecordPolicy) -> Result<Judgement, WheelFault> {
        let compared = Compared { archive: self.archive, files: &self.files, dist_info: &self.layout.dist_info };
        let differing = self.places.files.iter().zip(unpacked).filter(|(_, unpacked)| !unpacked.is_as_promised);
        let disagreements = self.record.with_contents(differing.map(|(file, _)| file.entry), compared)?;
        Ok(judge(disagreements, self.wheel, policy)?)
    }

    fn dist(&self, files: Vec<InstalledFile>, judgement: Judgement) -> InstalledDist {
        InstalledDist {
            name: self.wheel.name.clone(),
            version: self.wheel.version.clone(),
            digest: self.wheel.digest.clone(),
            wheel: self.wheel.path.clone(),
            dist_info: self.layout.dist_info.clone(),
            files,
            metadata: self.metadata.clone(),
            record: judgement.agreement,
            warnings: self.warnings.iter().cloned().chain(judgement.warning).collect(),
            tree: None,
            rewritten: Vec::new(),
        }
    }

    /// Scripts that start with `#!python`, with their first line changed (step "Spread", c).
    fn rewritten_scripts(&self) -> Result<Vec<InstalledFile>, WheelFault> {
        let mut rewritten = Vec::new();
        let mut left = scripts::REWRITTEN_MOST;
        for (entry, path) in self.places.scripts() {
            if self.archive.prefix(entry, scripts::MARKER.len())? != scripts::MARKER {
                continue;
            }
            let content = self.archive.read(entry, left)?;
            left -= content.len() as u64;
            rewritten.push(InstalledFile::generated(path.clone(), true, scripts::rewrite_first_line(&content)));
        }
        Ok(rewritten)
    }
}

/// The files that come from the wheel as they are, with the stamps of those that were written.
fn taken(
    files: &[Placed<'_>],
    kept: Vec<Option<(SafePath, bool)>>,
    unpacked: Vec<Unpacked>,
) -> Vec<(InstalledFile, Option<Stamp>)> {
    let mut taken = Vec::with_capacity(files.len() + 2);
    for ((file, kept), unpacked) in files.iter().zip(kept).zip(unpacked) {
        let Some((path, executable)) = kept else { continue };
        let DataSpan { offset, compressed_size, size, crc32, deflated } = file.entry.span;
        let content = FileContent::WheelEntry { offset, compressed_size, deflated };
        let file = InstalledFile { path, executable, size, sha256: unpacked.sha256, crc32, content };
        taken.push((file, unpacked.stamp));
    }
    taken
}

fn check_wheel_version((major, minor): (u32, u32)) -> Result<Vec<String>, WheelFault> {
    match (major, minor) {
        (1, 0) => Ok(Vec::new()),
        (1, _) => Ok(vec![format!("has Wheel-Version 1.{minor}, newer than the 1.0 that is known")]),
        _ => Err(WheelFault::WheelVersion { major, minor }),
    }
}
