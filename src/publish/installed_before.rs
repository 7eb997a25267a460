//! What is installed in a folder already: distributions with their RECORDs ("Recording installed projects").
//!
//! A RECORD here was written by someone else at some time: a line of it is believed only as far as it names a file
//! inside the folder, reached without a link. A file that two distributions list stays as long as one of them does.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use fs_err as fs;

use super::names_on_disk::listed_name;
use crate::archive::SafePath;
use crate::debris::is_left_by_system;
use crate::regular;
use crate::spec::{PackageName, read_record};

/// The distributions in a folder.
#[derive(Debug, Default)]
pub(super) struct InstalledBefore {
    dists: Vec<Before>,
}

#[derive(Debug)]
struct Before {
    name: PackageName,
    label: String,
    dist_info: String,
    /// Paths that its RECORD lists, below the folder.
    files: HashSet<SafePath>,
}

impl InstalledBefore {
    /// Reads every `.dist-info` folder. One without a readable RECORD lists nothing.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let mut dists = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(dist_info) = entry.file_name().into_string() else { continue };
            let Some((name, version)) = dist_info.strip_suffix(".dist-info").and_then(|stem| stem.rsplit_once('-'))
            else {
                continue;
            };
            let Ok(package) = PackageName::from_str(name) else { continue };
            if !entry.file_type()?.is_dir() {
                continue;
            }
            let record = regular::read(&entry.path().join("RECORD")).ok().and_then(|bytes| read_record(&bytes).ok());
            let files = record.unwrap_or_default().iter().filter_map(|line| listed(&line.path)).collect();
            dists.push(Before { label: format!("{package} {version}"), name: package, dist_info, files });
        }
        dists.sort_by(|a, b| a.label.cmp(&b.label));
        Ok(Self { dists })
    }

    /// What has to go when distributions with these names are installed: as few paths as possible, whole folders where
    /// nothing else lies in them.
    pub(super) fn removals(&self, folder: &Path, names: &HashSet<&PackageName>) -> io::Result<Vec<PathBuf>> {
        let (going, staying): (Vec<_>, Vec<_>) = self.dists.iter().partition(|dist| names.contains(&dist.name));
        let kept: HashSet<&SafePath> = staying.iter().flat_map(|dist| &dist.files).collect();
        let files: HashSet<&str> = going
            .iter()
            .flat_map(|dist| &dist.files)
            .filter(|path| !kept.contains(path))
            .map(SafePath::as_str)
            .collect();
        let folders: HashSet<&str> = going.iter().map(|dist| dist.dist_info.as_str()).collect();
        let tops: BTreeSet<&str> =
            files.iter().map(|path| path.split('/').next().unwrap_or(path)).chain(folders.iter().copied()).collect();
        let mut sweep = Sweep { files, folders, found: Vec::new() };
        for top in tops {
            if sweep.goes(&folder.join(top), top)? {
                sweep.found.push(PathBuf::from(top));
            }
        }
        Ok(sweep.found)
    }

    /// The distribution, not among `names`, that lists a file.
    pub(super) fn owner(&self, path: &SafePath, names: &HashSet<&PackageName>) -> Option<&str> {
        let dist = self.dists.iter().find(|dist| !names.contains(&dist.name) && dist.files.contains(path))?;
        Some(&dist.label)
    }
}

/// The path of a line as it lies below the folder; `None` for one that leads outside.
fn listed(path: &str) -> Option<SafePath> {
    // `pip install --target` moves scripts into `bin`, but leaves the way there as it was in a complete environment.
    let script = path.strip_prefix("../../bin/").filter(|name| !name.contains('/'));
    match script {
        Some(name) => SafePath::new(&format!("bin/{name}")).ok(),
        None => SafePath::new(path).ok(),
    }
}

/// Finds the largest parts of a tree that go as a whole. Links are never followed.
struct Sweep<'a> {
    files: HashSet<&'a str>,
    folders: HashSet<&'a str>,
    found: Vec<PathBuf>,
}

impl Sweep<'_> {
    /// Whether all of an entry goes; if not, what goes of it is in `found`.
    fn goes(&mut self, entry: &Path, path: &str) -> io::Result<bool> {
        let Ok(metadata) = fs::symlink_metadata(entry) else { return Ok(false) };
        if !metadata.is_dir() {
            return Ok(self.files.contains(path) || self.is_compiled(path));
        }
        if self.folders.contains(path) {
            return Ok(true);
        }
        let mut going = Vec::new();
        let mut all = true;
        for inner in fs::read_dir(entry)? {
            let inner = inner?;
            let goes = match listed_name(entry, &inner.file_name()) {
                Some(name) => {
                    let path = format!("{path}/{name}");
                    let goes = self.goes(&inner.path(), &path)?;
                    if goes {
                        going.push(PathBuf::from(path));
                    }
                    goes
                }
                None => false,
            };
            // What a system left keeps no folder, and goes with it alone.
            all &= goes || inner.file_name().to_str().is_some_and(is_left_by_system);
        }
        // An empty folder was there before anyone listed a file in it.
        if all && !going.is_empty() {
            return Ok(true);
        }
        self.found.append(&mut going);
        Ok(false)
    }

    /// Python compiled it from a file that goes.
    fn is_compiled(&self, path: &str) -> bool {
        let Some((folder, name)) = path.rsplit_once('/') else { return false };
        let Some(folder) = folder.strip_suffix("__pycache__") else { return false };
        let Some((stem, _)) = name.split_once('.').filter(|_| Path::new(name).extension().is_some_and(|e| e == "pyc"))
        else {
            return false;
        };
        self.files.contains(format!("{folder}{stem}.py").as_str())
    }
}
