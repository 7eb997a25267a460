//! A finished folder or zip, read as it lies there.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::str::FromStr as _;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::component::{Component, FileEntry, Requested, Sbom, Vendored};
use super::contents::OutputFiles;
use super::graph::connect;
use super::{Inventory, InventoryError};
use crate::archive::folder_and_name;
use crate::spec::{CoreMetadata, License, PackageName, Version, WheelFile, metadata_fields, read_record};
use crate::target::Target;

/// How closely an output is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reading {
    /// Names and sizes.
    Sizes,
    /// The digest of every file as well.
    Digests,
    /// The SHA-1 of every file, besides its other digests.
    AllDigests,
}

/// Whether installed distributions lie at the top of a folder or zip, or below `python/`. What cannot be read holds
/// none.
pub fn has_distributions(path: &Path) -> bool {
    OutputFiles::open(path).is_ok_and(|contents| !dist_infos(&contents).is_empty())
}

/// Lists what a finished output holds. `target` decides which requirements apply.
///
/// # Errors
/// What cannot be read.
pub fn read_finished(path: &Path, target: &Target, reading: Reading) -> Result<Inventory, InventoryError> {
    let contents = OutputFiles::open(path)?;
    let mut found = Vec::new();
    for folder in dist_infos(&contents) {
        found.extend(Found::read(&contents, folder)?);
    }
    // Of two that own one file the last in name order does, as they were installed one after the other.
    found.sort_by(|a, b| a.component.name.cmp(&b.component.name));
    found.dedup_by(|later, first| later.component.name == first.component.name);
    let digests = match reading {
        Reading::Sizes => vec![(None, None); contents.files.len()],
        Reading::Digests | Reading::AllDigests => {
            let wants_sha1 = reading == Reading::AllDigests;
            let digest = |number| contents.digest(number, wants_sha1).map(|(sha256, sha1)| (Some(sha256), sha1));
            (0..contents.files.len()).into_par_iter().map(digest).collect::<Result<Vec<_>, _>>()?
        }
    };
    let mut owners: HashMap<usize, usize> = HashMap::new();
    for (at, dist) in found.iter().enumerate() {
        owners.extend(dist.files(&contents).into_iter().map(|number| (number, at)));
    }
    let mut own_files = Vec::new();
    for (number, ((path, size), (sha256, sha1))) in contents.files.iter().zip(digests).enumerate() {
        let file = FileEntry { path: path.clone(), size: *size, sha256, sha1 };
        match owners.get(&number) {
            Some(at) => found[*at].component.files.push(file),
            None => own_files.push(file),
        }
    }
    let (mut dists, mut metadata) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
    for mut dist in found {
        dist.component.size_bytes = Some(dist.component.files.iter().map(|file| file.size).sum());
        dist.component.sboms = sboms(&contents, &dist)?;
        dist.component.vendored = vendored(&contents, &dist)?;
        dists.push(dist.component);
        metadata.push(dist.metadata);
    }
    connect(&mut dists, &metadata, target.markers());
    let subject = path.file_name().map_or_else(|| ".".to_owned(), |name| name.to_string_lossy().into_owned());
    Ok(Inventory { subject, target: target.clone(), dists, own_files })
}

/// One `.dist-info` folder.
struct Found {
    component: Component,
    metadata: CoreMetadata,
    /// The folder, without a slash at its end.
    folder: String,
    /// What stands before the paths of RECORD.
    root: String,
    record: Vec<String>,
    top_level: Vec<String>,
}

/// The `.dist-info` folders where Python on Lambda searches: at the top of a function, below `python/` of a layer.
fn dist_infos(contents: &OutputFiles) -> Vec<&str> {
    let folders = contents.files.iter().filter_map(|(path, _)| path.strip_suffix("/METADATA"));
    let is_searched = |folder: &&str| {
        let Some(stem) = folder.strip_suffix(".dist-info") else { return false };
        let root = folder_and_name(stem).0;
        let versioned = root.strip_prefix("python/lib/python").and_then(|rest| rest.strip_suffix("/site-packages"));
        root.is_empty() || root == "python" || versioned.is_some_and(|version| !version.contains('/'))
    };
    folders.filter(is_searched).collect()
}

impl Found {
    /// `None`: its METADATA has no name or version that can be used.
    fn read(contents: &OutputFiles, folder: &str) -> Result<Option<Self>, InventoryError> {
        let file =
            |name: &str| contents.find(&format!("{folder}/{name}")).map(|number| contents.read(number)).transpose();
        let Some(text) = file("METADATA")? else { return Ok(None) };
        let Ok(metadata) = CoreMetadata::parse(&text) else { return Ok(None) };
        let mut component = Component::new(metadata.name.clone(), metadata.version.clone());
        component.describe(&metadata_fields(&text));
        if let Some(wheel) = file("WHEEL")?.and_then(|wheel| WheelFile::parse(&wheel).ok()) {
            component.tags = wheel.tags;
        }
        if contents.find(&format!("{folder}/REQUESTED")).is_some() {
            component.requested_by.push(Requested { by: None, requirement: metadata.name.to_string() });
        }
        let root = folder.rsplit_once('/').map_or_else(String::new, |(root, _)| format!("{root}/"));
        let record = file("RECORD")?.and_then(|record| read_record(&record).ok()).unwrap_or_default();
        let record = record.into_iter().filter_map(|line| place(&root, &line.path)).collect();
        let top_level = file("top_level.txt")?.unwrap_or_default();
        let top_level = String::from_utf8_lossy(&top_level).lines().map(|line| line.trim().to_owned()).collect();
        Ok(Some(Self { component, metadata, folder: folder.to_owned(), root, record, top_level }))
    }

    /// The numbers of its files: what RECORD lists and is there, and all of its `.dist-info` folder. Without a RECORD,
    /// what lies below the names of `top_level.txt`.
    fn files(&self, contents: &OutputFiles) -> Vec<usize> {
        let mut numbers: Vec<usize> = self.record.iter().filter_map(|path| contents.find(path)).collect();
        numbers.extend(below(contents, &self.folder));
        if self.record.is_empty() {
            for name in self.top_level.iter().filter(|name| !name.is_empty()) {
                numbers.extend(below(contents, &format!("{}{name}", self.root)));
                numbers.extend(contents.find(&format!("{}{name}.py", self.root)));
            }
        }
        numbers
    }
}

/// The numbers of the files below a folder.
fn below(contents: &OutputFiles, folder: &str) -> impl Iterator<Item = usize> {
    let prefix = format!("{folder}/");
    let start = contents.files.partition_point(|(path, _)| path.as_str() < prefix.as_str());
    let rest = contents.files[start..].iter().take_while(move |(path, _)| path.starts_with(&prefix));
    (start..).zip(rest).map(|(number, _)| number)
}

/// Where a line of RECORD leads; `None`: out of the output.
fn place(root: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = root.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    (!path.starts_with('/')).then(|| parts.join("/"))
}

/// PEP 770: bills of materials lie in `.dist-info/sboms/`.
fn sboms(contents: &OutputFiles, dist: &Found) -> Result<Vec<Sbom>, InventoryError> {
    let read = |number: usize| Ok(Sbom { path: contents.files[number].0.clone(), content: contents.read(number)? });
    below(contents, &format!("{}/sboms", dist.folder)).map(read).collect()
}

/// Distributions whose `.dist-info` folders lie inside another one.
fn vendored(contents: &OutputFiles, dist: &Found) -> Result<Vec<Vendored>, InventoryError> {
    let mut all: BTreeMap<(PackageName, Version), License> = BTreeMap::new();
    for file in &dist.component.files {
        let Some(folder) = file.path.strip_suffix(".dist-info/METADATA") else { continue };
        let own = dist.folder.strip_suffix(".dist-info").unwrap_or_default();
        let Some(number) = contents.find(&file.path).filter(|_| folder != own) else { continue };
        let fields = metadata_fields(&contents.read(number)?);
        let value = |name: &str| fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, it)| it);
        let name = value("Name").and_then(|text| PackageName::from_str(text).ok());
        let version = value("Version").and_then(|text| Version::from_str(text).ok());
        if let Some(key) = name.zip(version) {
            all.insert(key, License::of_fields(&fields));
        }
    }
    Ok(all.into_iter().map(|((name, version), license)| Vendored { name, version, license }).collect())
}
