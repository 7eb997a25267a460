//! Where the names of a project that uv locks come from: `[tool.uv.sources]`, and the indexes that it names (uv
//! documentation, "Managing dependencies", "Dependency sources").

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::archive::normalized;
use crate::lock::LockError;
use crate::lock::marker::Evaluation;
use crate::lock::model::{Condition, DeclaredRequirement, Lock, LockPlace, LockedSource};
use crate::lock::places::{index_place, path_place, place_of_index, plain_place};
use crate::lock::project_files::ProjectFile;
use crate::spec::{
    ExtraName, MarkerTree, PackageName, Requirement, SafeUrl, VersionOrUrl, parse_marker, parse_requirement,
};

/// Requirements in a form that compares: the text of each and whether it applies on the target, with its marker.
pub(super) type Requirements = BTreeMap<(String, bool), String>;

/// The part of a project that requires something.
#[derive(Clone, Copy, Default)]
pub(super) struct Part<'a> {
    pub(super) extra: Option<&'a ExtraName>,
    pub(super) group: Option<&'a ExtraName>,
}

/// What the tables of a project, and of the workspace around it, tie its names to.
pub(super) struct Ties<'a> {
    lock: &'a Lock,
    file: &'a ProjectFile,
    /// The tables of each name, and the folder that their paths start in.
    sources: BTreeMap<PackageName, (Vec<Table>, PathBuf)>,
    /// The place of each index that has a name.
    indexes: BTreeMap<String, String>,
}

impl<'a> Ties<'a> {
    /// The ties of a project, where those of `root` count too.
    pub(super) fn of(lock: &'a Lock, place: &LockPlace, root: Option<&ProjectFile>, file: &'a ProjectFile) -> Self {
        let (mut sources, mut indexes) = (BTreeMap::new(), BTreeMap::new());
        for file in root.into_iter().chain([file]) {
            let uv = file.tool("uv");
            for (name, value) in uv.get("sources").and_then(Value::as_table).into_iter().flatten() {
                let Ok(name) = name.parse::<PackageName>() else { continue };
                let tables = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
                let tables = tables.iter().filter_map(Value::as_table).cloned().collect();
                sources.insert(name, (tables, file.folder.clone()));
            }
            for index in uv.get("index").and_then(Value::as_array).into_iter().flatten() {
                let text = |key| index.get(key).and_then(Value::as_str);
                if let (Some(name), Some(url)) = (text("name"), text("url")) {
                    indexes.insert(name.to_owned(), index_place(url, &file.folder));
                }
            }
        }
        // What the command line or the environment names goes before the tables.
        for word in place.environment.get("UV_INDEX").into_iter().flat_map(|text| text.split_whitespace()) {
            if let Some((name, url)) = word.split_once('=').filter(|(name, _)| !name.contains([':', '/'])) {
                indexes.insert(name.to_owned(), index_place(url, &lock.folder));
            }
        }
        Self { lock, file, sources, indexes }
    }

    /// Requirements of a part of the file in the form that compares.
    pub(super) fn requirements(
        &self,
        evaluation: &Evaluation<'_>,
        texts: &[String],
        part: Part<'_>,
    ) -> Result<Requirements, LockError> {
        let wrong = |reason: String| LockError::Malformed { path: self.file.path.clone(), line: 1, reason };
        let mut found = Requirements::new();
        for text in texts {
            let text = text.replace("${PROJECT_ROOT}", self.file.folder.to_string_lossy().trim_start_matches('/'));
            // Not every parser takes a relative path for a URL; a requirement that cannot be read here is not compared.
            let Ok(requirement) = parse_requirement(&text) else { continue };
            let specifiers = match &requirement.version_or_url {
                Some(VersionOrUrl::VersionSpecifier(specifiers)) => specifiers.to_string(),
                _ => String::new(),
            };
            for (marker, place) in self.places(&requirement, part).map_err(wrong)? {
                let marker = marker.try_to_string().unwrap_or_default();
                let condition = (!marker.is_empty()).then(|| Condition { text: marker.clone(), at: 0 });
                let applies = evaluation.holds(condition.as_ref(), &[]).map_err(|error| wrong(error.to_string()))?;
                let text = shown(&requirement.name, &requirement.extras, &specifiers, place.as_deref());
                found.insert((text, applies), marker);
            }
        }
        Ok(found)
    }

    /// The places that a requirement is tied to, and under which marker; `None`: any index. What no source covers stays
    /// without a tie, as uv has it.
    fn places(&self, requirement: &Requirement, part: Part<'_>) -> Result<Vec<(MarkerTree, Option<String>)>, String> {
        if let Some(VersionOrUrl::Url(url)) = &requirement.version_or_url {
            return Ok(vec![(requirement.marker.clone(), Some(self.place_of_url(url.reveal().as_str())))]);
        }
        let mut rest = requirement.marker.clone();
        let mut places = Vec::new();
        if let Some((tables, folder)) = self.sources.get(&requirement.name) {
            for table in tables.iter().filter(|table| is_for(table, part)) {
                let text = table.get("marker").and_then(Value::as_str).filter(|text| !text.trim().is_empty());
                let own = text.map(parse_marker).transpose();
                let own = own.map_err(|error| format!("the marker of the source of {}: {error}", requirement.name))?;
                let own = own.unwrap_or(MarkerTree::TRUE);
                let mut marker = requirement.marker.clone();
                marker.and(own.clone());
                rest.and(own.negate());
                if !marker.is_false() {
                    places.push((marker, self.place_of_table(&requirement.name, table, folder)));
                }
            }
        }
        if !rest.is_false() {
            places.push((rest, None));
        }
        Ok(places)
    }

    /// What a table of `[tool.uv.sources]` ties a name to.
    fn place_of_table(&self, name: &PackageName, table: &Table, folder: &Path) -> Option<String> {
        let text = |key: &str| table.get(key).and_then(Value::as_str);
        let below = text("subdirectory").map(|below| format!("#subdirectory={below}")).unwrap_or_default();
        if table.contains_key("workspace") {
            return Some(self.member(name).map_or_else(|| "the workspace".to_owned(), |path| self.path(path)));
        }
        if let Some(path) = text("path") {
            return Some(self.path(&normalized(&folder.join(path.trim_start_matches("file://")))));
        }
        if let Some(git) = text("git") {
            let revision = ["rev", "tag", "branch"].into_iter().find_map(text);
            let revision = revision.map(|it| format!("@{it}")).unwrap_or_default();
            return Some(format!("git {}", plain_place(&format!("{}{revision}{below}", plain_place(git)))));
        }
        if let Some(url) = text("url") {
            return Some(format!("url {}", plain_place(&format!("{url}{below}"))));
        }
        let index = text("index")?;
        let place = self.indexes.get(index).cloned();
        Some(format!("index {}", place.unwrap_or_else(|| format!("{index}, which nothing names"))))
    }

    fn place_of_url(&self, url: &str) -> String {
        if let Some(git) = url.strip_prefix("git+") {
            return format!("git {}", plain_place(git));
        }
        let file = SafeUrl::parse(url).ok().and_then(|url| url.to_file_path());
        match file.or_else(|| Path::new(url).is_absolute().then(|| PathBuf::from(url))) {
            Some(path) => self.path(&normalized(&path)),
            None => format!("url {}", plain_place(url)),
        }
    }

    fn member(&self, name: &PackageName) -> Option<&Path> {
        let members = self.lock.roots.as_ref().map(|roots| roots.members.as_slice()).unwrap_or_default();
        members.iter().find(|(_, at)| self.lock.packages[*at].name == *name).map(|(path, _)| path.as_path())
    }

    /// A path in the words of messages: from the lock on.
    fn path(&self, path: &Path) -> String {
        path_place(path, &self.lock.folder)
    }

    /// What the lock repeats, in the form that compares.
    pub(super) fn declared(
        &self,
        evaluation: &Evaluation<'_>,
        requirement: &DeclaredRequirement,
    ) -> Result<((String, bool), String), LockError> {
        let marker = requirement.marker.clone();
        let condition = (!marker.is_empty()).then(|| Condition { text: marker.clone(), at: 0 });
        let applies = evaluation.holds(condition.as_ref(), &[])?;
        let place = requirement.source.as_ref().map(|(kind, place)| match kind.as_str() {
            "folder" | "path" => self.path(&normalized(&self.lock.folder.join(place))),
            "index" => format!("index {}", self.locked_index(&requirement.name, place)),
            kind => format!("{kind} {}", plain_place(place)),
        });
        let text = shown(&requirement.name, &requirement.extras, &requirement.specifiers, place.as_deref());
        Ok(((text, applies), marker))
    }

    /// Where the index is that the lock repeats for a name. Old versions of uv wrote the name of the index, and new
    /// ones write a folder as it was called on their machine: then the package says where it came from.
    fn locked_index(&self, name: &PackageName, written: &str) -> String {
        if written.contains("://") && !written.starts_with("file:") {
            return index_place(written, &self.lock.folder);
        }
        let known = self.indexes.get(written);
        let from = self.lock.packages.iter().filter(|package| package.name == *name);
        let from = from.filter_map(|package| match package.source {
            LockedSource::Index(Some(at)) => Some(&self.lock.indexes[at].url),
            _ => None,
        });
        let from: Vec<String> =
            from.filter(|url| url.is_file() || !written.starts_with("file:")).map(place_of_index).collect();
        let same = from.iter().find(|place| known.is_none_or(|known| *known == **place));
        same.or(from.first()).or(known).cloned().unwrap_or_else(|| index_place(written, &self.lock.folder))
    }
}

/// Whether a source is for the part: `extra` and `group` restrict it to one.
fn is_for(table: &Table, part: Part<'_>) -> bool {
    let is_it = |key: &str, name: Option<&ExtraName>| {
        table.get(key).and_then(Value::as_str).is_none_or(|text| text.parse().ok().as_ref() == name)
    };
    is_it("extra", part.extra) && is_it("group", part.group)
}

/// Requirements of a file, each under the extra that its marker names.
pub(super) fn by_extra(texts: Vec<&str>) -> BTreeMap<Option<ExtraName>, Vec<String>> {
    let mut by_extra: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for text in texts {
        let marker = parse_requirement(text).ok().and_then(|it| it.marker.try_to_string()).unwrap_or_default();
        by_extra.entry(extra_of(&marker)).or_default().push(text.to_owned());
    }
    by_extra
}

/// The extra whose requirement this is, by its marker.
pub(super) fn extra_of(marker: &str) -> Option<ExtraName> {
    let rest = &marker[marker.find("extra ==")? + "extra ==".len()..];
    let rest = rest.trim_start();
    let quote = rest.chars().next()?;
    rest[1..].split(quote).next()?.parse().ok()
}

fn shown(name: &PackageName, extras: &[ExtraName], specifiers: &str, place: Option<&str>) -> String {
    let mut extras: Vec<&str> = extras.iter().map(AsRef::as_ref).collect();
    extras.sort_unstable();
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let specifiers = match place {
        // A place decides, whatever versions are asked for.
        Some(place) if !place.starts_with("index ") => String::new(),
        _ => sorted(specifiers),
    };
    let place = place.map(|place| format!(" from {place}")).unwrap_or_default();
    format!("{name}{extras}{specifiers}{place}")
}

/// Specifiers without blanks, in order.
pub(super) fn sorted(specifiers: &str) -> String {
    let mut parts: Vec<String> = specifiers
        .split(',')
        .map(|part| part.split_whitespace().collect())
        .filter(|part: &String| !part.is_empty())
        .collect();
    parts.sort_unstable();
    parts.join(",")
}
