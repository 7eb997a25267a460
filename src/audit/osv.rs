//! Advisories that lie on this machine, in OSV's form: one file, a folder, or a zip such as OSV publishes for each
//! ecosystem.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use fs_err as fs;
use serde_json::Value;

use super::Advisory;
use super::index_answer::first_sentence;
use crate::inventory::small_files_of_zip;
use crate::regular;
use crate::spec::{PackageName, Version, json_reason};

/// Largest file of advisories, bytes: all of PyPI's together have less.
const FILE_MOST: u64 = 256 << 20;

/// Why advisories cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Something cannot be read.
    #[error("failed to read the advisories `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A file that is no advisory.
    #[error("`{file}` is not an advisory in OSV's form: {reason}")]
    Form { file: String, reason: String },
    /// There is nothing to audit with.
    #[error("`{}` holds no advisories about Python packages", .0.display())]
    Empty(PathBuf),
}

/// Advisories by project.
#[derive(Clone, Debug, Default)]
pub struct Advisories {
    by_project: BTreeMap<PackageName, Vec<OsvRecord>>,
}

/// What one advisory says about one project.
#[derive(Clone, Debug)]
struct OsvRecord {
    advisory: Advisory,
    versions: Vec<Version>,
    ranges: Vec<Vec<Event>>,
}

/// Where a range of versions begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    /// From this one on; `None`: from the first.
    Introduced(Option<Version>),
    /// Before this one.
    Fixed(Version),
    /// Up to this one.
    LastAffected(Version),
}

impl Advisories {
    /// Adds the advisories of a file, folder or zip.
    ///
    /// # Errors
    /// What cannot be read, or is no advisory; a place that has none.
    pub fn add(&mut self, path: &Path) -> Result<(), AuditError> {
        let read = |source| AuditError::Read { path: path.to_owned(), source };
        let mut count = 0;
        if fs::metadata(path).map_err(read)?.is_dir() {
            let mut folders = vec![path.to_owned()];
            while let Some(folder) = folders.pop() {
                let mut entries: Vec<PathBuf> = Vec::new();
                for entry in fs::read_dir(&folder).map_err(read)? {
                    entries.push(entry.map_err(read)?.path());
                }
                entries.sort();
                for entry in entries {
                    if entry.is_dir() {
                        folders.push(entry);
                    } else if is_json(&entry) {
                        count += self.add_text(&entry.display().to_string(), &read_file(&entry)?)?;
                    }
                }
            }
        } else {
            let bytes = read_file(path)?;
            if bytes.starts_with(b"PK") {
                let is_wanted = |name: &str| is_json(Path::new(name));
                for (name, bytes) in small_files_of_zip(bytes, is_wanted).map_err(read)? {
                    count += self.add_text(&format!("{}:{name}", path.display()), &bytes)?;
                }
            } else {
                count = self.add_text(&path.display().to_string(), &bytes)?;
            }
        }
        if count == 0 { Err(AuditError::Empty(path.to_owned())) } else { Ok(()) }
    }

    /// Adds one advisory, or a list of them; how many are about Python packages.
    fn add_text(&mut self, file: &str, bytes: &[u8]) -> Result<usize, AuditError> {
        let wrong = |reason: String| AuditError::Form { file: file.to_owned(), reason };
        let document: Value = serde_json::from_slice(bytes).map_err(|error| wrong(json_reason(bytes, &error)))?;
        // An answer of OSV's API has its advisories in `vulns`.
        let list = document.as_array().or_else(|| document["vulns"].as_array());
        let all: Vec<&Value> = list.map_or_else(|| vec![&document], |list| list.iter().collect());
        all.into_iter().try_fold(0, |count, one| Ok(count + self.add_one(one).map_err(wrong)?))
    }

    fn add_one(&mut self, value: &Value) -> Result<usize, String> {
        let text = |value: &Value| value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let id = text(&value["id"]).ok_or("it has no `id`")?;
        let affected = value["affected"].as_array().ok_or("it has no list `affected`")?;
        if !value["withdrawn"].is_null() {
            return Ok(0);
        }
        let aliases = value["aliases"].as_array().into_iter().flatten().filter_map(&text);
        let summary = text(&value["summary"]).or_else(|| text(&value["details"]).map(|it| first_sentence(&it)));
        let link = format!("https://osv.dev/vulnerability/{id}");
        let advisory = Advisory { id, aliases: aliases.collect(), summary, fixed_in: Vec::new(), link: Some(link) };
        let mut count = 0;
        for package in affected.iter().filter(|it| it["package"]["ecosystem"] == "PyPI") {
            let name = package["package"]["name"].as_str().and_then(|name| PackageName::from_str(name).ok());
            let Some(name) = name else { continue };
            let versions = package["versions"].as_array().into_iter().flatten();
            let versions = versions.filter_map(|version| Version::from_str(version.as_str()?).ok()).collect();
            let ranges = package["ranges"].as_array().into_iter().flatten().filter(|range| range["type"] != "GIT");
            let ranges: Vec<Vec<Event>> = ranges.map(events).collect();
            self.by_project.entry(name).or_default().push(OsvRecord { advisory: advisory.clone(), versions, ranges });
            count += 1;
        }
        Ok(count)
    }

    /// What is known about a version.
    pub fn of(&self, name: &PackageName, version: &Version) -> Vec<Advisory> {
        // `2.0.0+cpu` is a build of 2.0.0, and that is what advisories name.
        let version = &version.clone().without_local();
        let records = self.by_project.get(name).into_iter().flatten();
        let affecting = records.filter(|record| record.affects(version));
        affecting.map(|record| Advisory { fixed_in: record.fixed_after(version), ..record.advisory.clone() }).collect()
    }
}

impl OsvRecord {
    /// The algorithm of the OSV schema, "Evaluation".
    fn affects(&self, version: &Version) -> bool {
        self.versions.contains(version) || self.ranges.iter().any(|events| is_inside(events, version))
    }

    /// The fixes of the ranges that the version lies in; without any, all later ones.
    fn fixed_after(&self, version: &Version) -> Vec<Version> {
        let fixes = |events: &Vec<Event>| -> Vec<Version> {
            let fixed = events.iter().filter_map(|event| match event {
                Event::Fixed(fixed) if fixed > version => Some(fixed.clone()),
                _ => None,
            });
            // The first behind it ends the range that it lies in.
            fixed.min().into_iter().collect()
        };
        let mut all: Vec<Version> = self.ranges.iter().flat_map(fixes).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Whether a version lies in a range: events in order of their versions, each changing the answer for what comes behind
/// it.
fn is_inside(events: &[Event], version: &Version) -> bool {
    let mut events: Vec<&Event> = events.iter().collect();
    events.sort_by(|a, b| a.version().cmp(&b.version()));
    let mut inside = false;
    for event in events {
        match event {
            Event::Introduced(None) => inside = true,
            Event::Introduced(Some(introduced)) if version >= introduced => inside = true,
            Event::Fixed(fixed) if version >= fixed => inside = false,
            Event::LastAffected(last) if version > last => inside = false,
            _ => {}
        }
    }
    inside
}

impl Event {
    fn version(&self) -> Option<&Version> {
        match self {
            Self::Introduced(version) => version.as_ref(),
            Self::Fixed(version) | Self::LastAffected(version) => Some(version),
        }
    }
}

fn events(range: &Value) -> Vec<Event> {
    let version = |value: &Value| Version::from_str(value.as_str()?).ok();
    let event = |event: &Value| {
        if event["introduced"] == "0" {
            return Some(Event::Introduced(None));
        }
        let introduced = version(&event["introduced"]).map(|version| Event::Introduced(Some(version)));
        introduced
            .or_else(|| version(&event["fixed"]).map(Event::Fixed))
            .or_else(|| version(&event["last_affected"]).map(Event::LastAffected))
    };
    range["events"].as_array().into_iter().flatten().filter_map(event).collect()
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

fn read_file(path: &Path) -> Result<Vec<u8>, AuditError> {
    let failed = |source| AuditError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let mut file = regular::open(path).map_err(failed)?;
    file.by_ref().take(FILE_MOST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FILE_MOST {
        return Err(failed(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large to be read")));
    }
    Ok(bytes)
}
