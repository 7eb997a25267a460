//! Locks with a digest of the project file: Poetry's, PDM's and Pipenv's.
//!
//! Where the digest is another one, what the project asks for now is held against what is locked: a requirement that
//! the locked version does not meet is a difference, and so is a package that nobody asks for any more.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::Comparison;
use super::content_hash::{COMPACT, JsonObject, SPACED};
use crate::lock::LockKind;
use crate::lock::marker::Evaluation;
use crate::lock::model::{Edge, Lock, LockPlace, LockedPackage, LockedSource, ProjectPart, ProjectTie};
use crate::lock::places::{index_place, place_of, place_of_index, public_index};
use crate::lock::project_files::ProjectFile;
use crate::lock::request::LockRequest;
use crate::lock::{LockError, pdm, pipfile, poetry};
use crate::spec::{ExtraName, PackageName};
use crate::target::Target;

pub(super) fn compare(
    lock: &Lock,
    place: &LockPlace,
    request: &LockRequest,
    target: &Target,
) -> Result<Comparison, LockError> {
    let Some(ProjectNow { project, is_locked: false, sources, overrides, excludes }) = read(lock, place)? else {
        return Ok(Comparison::default());
    };
    let mut findings = Comparison::default();
    let file = if lock.kind == LockKind::Pipfile { "Pipfile" } else { "pyproject.toml" };
    let extras = if request.all_extras { lock.extras.clone() } else { request.extras.clone() };
    let groups: Vec<ExtraName> = request.groups.iter().chain(&request.only_groups).cloned().collect();
    let evaluation = Evaluation::new(lock, target.markers(), extras.clone(), groups.clone());
    let mut asked: BTreeSet<PackageName> = BTreeSet::new();
    for (edges, counts) in sections(&project, request, &extras, &groups) {
        for edge in edges {
            asked.insert(edge.name.clone());
            let applies = evaluation.holds(edge.marker.as_ref(), &[])?;
            let edge = overrides.iter().find(|other| other.name == edge.name).unwrap_or(edge);
            if let Some(difference) = unmet(lock, edge, &sources, file) {
                if applies && counts { &mut findings.differences } else { &mut findings.notes }.push(difference);
            } else if counts && !applies && is_taken_alone(lock, &edge.name, &evaluation)? {
                findings.differences.push(format!("{file} does not ask for {} here, the lock does", edge.name));
            }
        }
    }
    let is_locked = |name: &PackageName| lock.packages.iter().any(|package| package.name == *name);
    for edge in overrides.iter().filter(|edge| !asked.contains(&edge.name) && is_locked(&edge.name)) {
        findings.differences.extend(unmet(lock, edge, &sources, file));
    }
    findings.differences.extend(sources.unknown(lock, file));
    for name in excludes.iter().filter(|name| is_locked(name)) {
        findings.differences.push(format!("{file} excludes {name}, the lock has it"));
    }
    for name in forgotten(lock, &asked, request) {
        findings.differences.push(format!("{file} does not ask for {name}, the lock does"));
    }
    if findings.differences.is_empty() && findings.notes.is_empty() {
        findings.notes.push(format!("{file} has changed since, and what it asks for is still in the lock"));
    }
    Ok(findings)
}

/// Whether a lock of Pipenv, which does not say who requires what, has a package for this target.
fn is_taken_alone(lock: &Lock, name: &PackageName, evaluation: &Evaluation<'_>) -> Result<bool, LockError> {
    let packages = lock.packages.iter().filter(|package| lock.kind == LockKind::Pipfile && package.name == *name);
    for wanted in packages.flat_map(|package| &package.wanted) {
        if evaluation.holds(wanted.marker.as_ref(), &[])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the project's file says now.
struct ProjectNow {
    project: LockedPackage,
    /// The lock has the digest of this.
    is_locked: bool,
    sources: Sources,
    /// What stands there for all that is required of a name.
    overrides: Vec<Edge>,
    /// What is left out, whoever requires it.
    excludes: Vec<PackageName>,
}

/// Reads the file of the project; `None`: there is none.
fn read(lock: &Lock, place: &LockPlace) -> Result<Option<ProjectNow>, LockError> {
    let (mut overrides, mut excludes) = (Vec::new(), Vec::new());
    let (project, is_locked, sources) = if lock.kind == LockKind::Pipfile {
        let Some((project, table)) = pipfile::declared(lock, place)? else { return Ok(None) };
        (project, is_pipfile(lock, &table), Sources::of_pipfile(&table, place))
    } else {
        let Some(file) = ProjectFile::read(place)? else { return Ok(None) };
        if lock.kind == LockKind::Pdm {
            (overrides, excludes) = (pdm::overrides(&file), pdm::excludes(&file));
            (pdm::declared(lock, &file)?, is_pdm(lock, &file), Sources::default())
        } else {
            let Some(project) = poetry::declared(lock, place)? else { return Ok(None) };
            (project, is_poetry(lock, &file), Sources::of_poetry(&file))
        }
    };
    Ok(Some(ProjectNow { project, is_locked, sources, overrides, excludes }))
}

/// What the project asks for, by part, and whether that part is wanted now.
fn sections<'a>(
    project: &'a LockedPackage,
    request: &LockRequest,
    extras: &[ExtraName],
    groups: &[ExtraName],
) -> Vec<(&'a [Edge], bool)> {
    let main = std::iter::once((project.dependencies.as_slice(), request.only_groups.is_empty()));
    let of_extras = project.extras.iter().map(|(name, edges)| (edges.as_slice(), extras.contains(name)));
    let of_groups = project.groups.iter().map(|(name, edges)| (edges.as_slice(), groups.contains(name)));
    main.chain(of_extras).chain(of_groups).collect()
}

/// What is wrong with the locked version of something that the project asks for.
fn unmet(lock: &Lock, edge: &Edge, sources: &Sources, file: &str) -> Option<String> {
    let locked: Vec<&LockedPackage> = lock.packages.iter().filter(|package| package.name == edge.name).collect();
    let wanted: Vec<String> = edge.which.any_of.iter().map(ToString::to_string).collect();
    let wanted = wanted.join(" || ");
    let asks = if wanted.is_empty() { edge.name.to_string() } else { format!("{} {wanted}", edge.name) };
    if locked.is_empty() {
        return Some(format!("{file} asks for `{asks}`, the lock does not have it"));
    }
    let takes = |package: &&&LockedPackage| {
        package.version.as_ref().is_none_or(|version| {
            edge.which.any_of.is_empty() || edge.which.any_of.iter().any(|it| crate::resolve::contains(it, version))
        })
    };
    let tie = edge.which.tie.as_deref();
    let comes_from_there =
        |package: &&LockedPackage| tie.map_or_else(|| sources.take(lock, package), |tie| tie.takes(lock, package));
    let fitting: Vec<&LockedPackage> = locked.iter().filter(takes).copied().collect();
    if fitting.is_empty() {
        let versions = locked.iter().filter_map(|package| Some(package.version.as_ref()?.to_string()));
        let versions: BTreeSet<String> = versions.collect();
        let versions: Vec<String> = versions.into_iter().collect();
        return Some(format!("{file} asks for `{asks}`, the lock has {} {}", edge.name, versions.join(" and ")));
    }
    let lacks = |extra: &&ExtraName| !fitting.iter().any(|package| has_extra(lock, package, extra));
    if let Some(extra) = edge.extras.iter().find(lacks) {
        return Some(format!(
            "{file} asks for `{}[{extra}]`, the lock has {} without that extra",
            edge.name, edge.name
        ));
    }
    if fitting.iter().any(comes_from_there) {
        return None;
    }
    let asks = tie.map_or(asks, |tie| format!("{} from {tie}", edge.name));
    let places = fitting.iter().map(|package| {
        let place = place_of(lock, package).unwrap_or_else(|| "an index".to_owned());
        let revision = match &package.source {
            LockedSource::Git { commit, .. } => Some(package.revision.as_ref().unwrap_or(commit).clone()),
            _ => None,
        };
        ProjectTie { place, revision }.to_string()
    });
    let places: BTreeSet<String> = places.collect();
    let places: Vec<String> = places.into_iter().collect();
    Some(format!("{file} asks for `{asks}`, the lock has {} from {}", edge.name, places.join(" and ")))
}

/// Whether a package is locked with an extra. Poetry keeps no note of it, but what the extra requires is there then.
fn has_extra(lock: &Lock, package: &LockedPackage, extra: &ExtraName) -> bool {
    let edges = package.extras.get(extra);
    if lock.kind == LockKind::Poetry {
        let is_locked = |edge: &Edge| lock.packages.iter().any(|package| package.name == edge.name);
        // What is for some Pythons or systems alone may not be needed by any that the lock is for.
        return edges.into_iter().flatten().all(|edge| edge.marker.is_some() || is_locked(edge));
    }
    edges.is_some()
}

/// The indexes that a project names.
#[derive(Default)]
struct Sources {
    /// All of them; `None`: the lock does not say which index a package is of.
    all: Option<BTreeSet<String>>,
    /// Those that are asked for names without a tie.
    for_untied: BTreeSet<String>,
}

impl Sources {
    fn of_pipfile(table: &Table, place: &LockPlace) -> Self {
        let mut places: Vec<String> = pipfile::sources_of(table, place).into_iter().map(|(_, place)| place).collect();
        if !table.contains_key("source") {
            places.push(public_index().to_owned());
        }
        let asks_all = get(table, &["pipenv", "install_search_all_sources"]).and_then(Value::as_bool) == Some(true);
        let asked = if asks_all { places.len() } else { 1 };
        let for_untied = places.iter().take(asked).cloned().collect();
        Self { all: Some(places.into_iter().collect()), for_untied }
    }

    fn of_poetry(file: &ProjectFile) -> Self {
        let mut all = BTreeSet::from([public_index().to_owned()]);
        let mut for_untied = all.clone();
        let table = get(&file.table, &["tool", "poetry", "source"]).and_then(Value::as_array);
        for source in table.into_iter().flatten() {
            let text = |key: &str| source.get(key).and_then(Value::as_str);
            let Some(url) = text("url") else { continue };
            let url = index_place(url, &file.folder);
            if text("priority") != Some("explicit") {
                for_untied.insert(url.clone());
            }
            all.insert(url);
        }
        Self { all: Some(all), for_untied }
    }

    /// Whether a locked package may be what is meant by a name without a tie.
    fn take(&self, lock: &Lock, package: &LockedPackage) -> bool {
        if !matches!(package.source, LockedSource::Index(_)) {
            return false;
        }
        let place = place_of(lock, package);
        let place = place.as_deref().and_then(|place| place.strip_prefix("index "));
        self.all.is_none() || place.is_none_or(|place| self.for_untied.contains(place))
    }

    /// Indexes that packages of the lock are of, and that the project does not name.
    fn unknown(&self, lock: &Lock, file: &str) -> Vec<String> {
        let Some(known) = &self.all else { return Vec::new() };
        let mut unknown = BTreeMap::new();
        for package in &lock.packages {
            if let LockedSource::Index(Some(at)) = package.source {
                let place = place_of_index(&lock.indexes[at].url);
                if !known.contains(&place) {
                    unknown.entry(place).or_insert(&package.name);
                }
            }
        }
        let told = |(place, name)| format!("{file} names no index {place}, the lock has {name} from there");
        unknown.into_iter().map(told).collect()
    }
}

/// Packages of a flat lock that are wanted, that the project does not ask for, and that no other package requires.
fn forgotten(lock: &Lock, asked: &BTreeSet<PackageName>, request: &LockRequest) -> Vec<PackageName> {
    // Pipenv does not say who requires what; a walk does not reach what nobody asks for.
    if lock.kind == LockKind::Pipfile || lock.roots.is_some() || !request.only_groups.is_empty() {
        return Vec::new();
    }
    let required: BTreeSet<&PackageName> = lock
        .packages
        .iter()
        .flat_map(|package| package.dependencies.iter().chain(package.extras.values().flatten()))
        .map(|edge| &edge.name)
        .collect();
    let is_forgotten = |package: &&LockedPackage| {
        package.wanted.iter().any(|wanted| wanted.part == ProjectPart::Main)
            && !asked.contains(&package.name)
            && !required.contains(&package.name)
    };
    lock.packages.iter().filter(is_forgotten).map(|package| package.name.clone()).collect()
}

fn get<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(key))
}

/// Poetry's recipe: the parts of the file that decide about versions. Before 2.3 dependency groups were none of them.
fn is_poetry(lock: &Lock, file: &ProjectFile) -> bool {
    let Some(locked) = &lock.content_hash else { return true };
    [true, false].iter().any(|with_groups| poetry_digest(&file.table, *with_groups) == *locked)
}

fn poetry_digest(table: &Table, with_groups: bool) -> String {
    let mut poetry: Vec<(String, Option<Value>)> = Vec::new();
    let legacy = ["dependencies", "source", "extras", "dev-dependencies"];
    let keys = legacy.into_iter().chain(["group"]);
    let mut project = Table::new();
    for key in ["requires-python", "dependencies", "optional-dependencies"] {
        if let Some(value) = get(table, &["project", key]) {
            project.insert(key.to_owned(), value.clone());
        }
    }
    let groups = table.get("dependency-groups").filter(|_| with_groups);
    let is_standard = !project.is_empty() || groups.is_some();
    for key in keys {
        let value = get(table, &["tool", "poetry", key]).cloned();
        if value.is_some() || (!is_standard && legacy.contains(&key)) {
            poetry.push((key.to_owned(), value));
        }
    }
    if !is_standard {
        return JsonObject(poetry).digest(SPACED);
    }
    let poetry: Table = poetry.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    let tool = Table::from_iter([("poetry".to_owned(), Value::Table(poetry))]);
    let mut parts = vec![("tool".to_owned(), Some(Value::Table(tool)))];
    if !project.is_empty() {
        parts.push(("project".to_owned(), Some(Value::Table(project))));
    }
    if let Some(groups) = groups {
        parts.push(("dependency-groups".to_owned(), Some(groups.clone())));
    }
    JsonObject(parts).digest(SPACED)
}

/// PDM's recipe, for a project that is alone.
fn is_pdm(lock: &Lock, file: &ProjectFile) -> bool {
    let Some(locked) = lock.content_hash.as_deref().and_then(|hash| hash.strip_prefix("sha256:")) else { return false };
    let part = |path: &[&str], default: Value| Some(get(&file.table, path).cloned().unwrap_or(default));
    let empty_table = || Value::Table(Table::new());
    let empty_list = || Value::Array(Vec::new());
    let dev = |with_groups: bool| {
        let mut all = get(&file.table, &["tool", "pdm", "dev-dependencies"]).and_then(Value::as_table).cloned();
        if let Some(groups) = file.table.get("dependency-groups").and_then(Value::as_table).filter(|_| with_groups) {
            all.get_or_insert_default().extend(groups.clone());
        }
        Some(Value::Table(all.unwrap_or_default()))
    };
    // Until 2.15 the overrides alone were part of it, not all of that table.
    let resolution = |is_old: bool| {
        let table = ["tool", "pdm", "resolution"];
        let overrides = [&table[..], &["overrides"]].concat();
        let (key, path) = if is_old { ("overrides", &overrides[..]) } else { ("resolution", &table[..]) };
        (key.to_owned(), part(path, empty_table()))
    };
    let object = |with_groups, is_old| {
        JsonObject(vec![
            ("sources".to_owned(), part(&["tool", "pdm", "source"], empty_list())),
            ("dependencies".to_owned(), part(&["project", "dependencies"], empty_list())),
            ("dev-dependencies".to_owned(), dev(with_groups)),
            ("optional-dependencies".to_owned(), part(&["project", "optional-dependencies"], empty_table())),
            ("requires-python".to_owned(), part(&["project", "requires-python"], Value::String(String::new()))),
            resolution(is_old),
        ])
    };
    let recipes = [(true, false), (false, false), (false, true)];
    recipes.into_iter().any(|(with_groups, is_old)| object(with_groups, is_old).digest(SPACED) == locked)
}

/// Pipenv's recipe (plette, `Pipfile.get_hash`).
fn is_pipfile(lock: &Lock, file: &Table) -> bool {
    let Some(locked) = &lock.content_hash else { return true };
    let take = |key: &str| file.get(key).cloned().unwrap_or_else(|| Value::Table(Table::new()));
    // Without one, Pipenv takes a default that is not in the file.
    let Some(sources) = file.get("source").cloned() else { return false };
    let meta = Table::from_iter([("sources".to_owned(), sources), ("requires".to_owned(), take("requires"))]);
    let mut parts = vec![
        ("_meta".to_owned(), Some(Value::Table(meta))),
        ("default".to_owned(), Some(take("packages"))),
        ("develop".to_owned(), Some(take("dev-packages"))),
    ];
    for (category, value) in file {
        if !["source", "requires", "packages", "dev-packages", "pipenv", "scripts"].contains(&category.as_str()) {
            parts.push((category.clone(), Some(value.clone())));
        }
    }
    JsonObject(parts).digest(COMPACT) == *locked
}
