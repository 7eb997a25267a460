//! Settings of uv's resolution that a `uv.lock` repeats: constraints, overrides, what is left out, and the indexes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::{Table, Value};

use super::uv_ties::{Part, Ties};
use super::{Comparison, report};
use crate::lock::LockError;
use crate::lock::marker::Evaluation;
use crate::lock::model::{Lock, LockPlace, LockedSource};
use crate::lock::places::{index_place, place_of_index, public_index};
use crate::lock::project_files::ProjectFile;
use crate::spec::{PackageName, lenient};
use crate::target::Target;

/// Compares what uv reads in the root of the workspace alone.
pub(super) fn compare(
    lock: &Lock,
    place: &LockPlace,
    root: &ProjectFile,
    target: &Target,
    findings: &mut Comparison,
) -> Result<(), LockError> {
    let (uv, settings) = (root.tool("uv"), &lock.settings);
    let ties = Ties::of(lock, place, None, root);
    let evaluation = Evaluation::new(lock, target.markers(), Vec::new(), Vec::new());
    // A rule about a name that is not there changes nothing.
    let is_locked = |text: &str| {
        let name = text.split(['[', ' ', '<', '>', '=', '!', '~']).next().unwrap_or_default();
        lock.packages.iter().any(|package| package.name.as_ref() == name)
    };
    for (key, locked, counts) in [
        ("constraint-dependencies", &settings.constraints, true),
        ("override-dependencies", &settings.overrides, true),
        ("build-constraint-dependencies", &settings.build_constraints, false),
    ] {
        let now = ties.requirements(&evaluation, &texts(&uv, key), Part::default())?;
        let then = locked.iter().map(|it| ties.declared(&evaluation, it)).collect::<Result<_, _>>()?;
        report(findings, root, key, [&now, &then], |text| counts && is_locked(text));
    }
    let names = |list: &[String]| list.iter().filter_map(|name| name.parse().ok()).collect::<BTreeSet<PackageName>>();
    let (now, then) = (names(&texts(&uv, "exclude-dependencies")), names(&settings.excludes));
    if now != then {
        findings.differences.push(sides("exclude-dependencies", root, [&listed(&now), &listed(&then)]));
    }
    compare_options(lock, root, &uv, findings);
    compare_times(lock, root, &uv, findings);
    let tables = uv.get("dependency-metadata").and_then(Value::as_array).into_iter().flatten();
    let now: BTreeSet<String> = tables.filter_map(|table| metadata(table.as_table()?, is_locked)).collect();
    let then: BTreeSet<String> =
        lock.settings.dependency_metadata.iter().filter_map(|table| metadata(table, is_locked)).collect();
    if now != then {
        findings.differences.push(sides("dependency-metadata", root, [&listed(&now), &listed(&then)]));
    }
    Ok(())
}

/// How versions are chosen. An option that only the lock has may have stood on the command line that made it.
fn compare_options(lock: &Lock, root: &ProjectFile, uv: &Table, findings: &mut Comparison) {
    for (key, default) in
        [("resolution", "highest"), ("prerelease", "if-necessary-or-explicit"), ("fork-strategy", "requires-python")]
    {
        let now = uv.get(key).and_then(Value::as_str);
        let then = lock.settings.options.get(key).map_or(default, String::as_str);
        // uv writes down neither of these two.
        let is_unwritten = |value: &str| ["if-necessary", "if-necessary-or-explicit"].contains(&value);
        let are_alike = key == "prerelease" && is_unwritten(then) && now.is_none_or(is_unwritten);
        if now.unwrap_or(default) != then && !are_alike {
            let text = sides(key, root, [&format!("`{}`", now.unwrap_or(default)), &format!("`{then}`")]);
            if now.is_some() { &mut findings.differences } else { &mut findings.notes }.push(text);
        }
    }
}

/// From which time on files are left out, as far as one side has such a time and the other has none: the times are
/// written in several ways.
fn compare_times(lock: &Lock, root: &ProjectFile, uv: &Table, findings: &mut Comparison) {
    let told = |is_there: bool| if is_there { "a time" } else { "nothing" };
    let (now, then) = (uv.contains_key("exclude-newer"), lock.settings.has_exclude_newer);
    if now != then {
        let text = sides("exclude-newer", root, [told(now), told(then)]);
        if now { &mut findings.differences } else { &mut findings.notes }.push(text);
    }
    let is_locked = |name: &&String| lock.packages.iter().any(|package| package.name.as_ref() == name.as_str());
    let table = uv.get("exclude-newer-package").and_then(Value::as_table).into_iter().flatten();
    let names: BTreeSet<String> = table.map(|(name, _)| name.to_ascii_lowercase().replace(['_', '.'], "-")).collect();
    let locked = &lock.settings.exclude_newer_package;
    for name in names.symmetric_difference(locked).filter(is_locked) {
        let (now, then) = (names.contains(name), locked.contains(name));
        let text = sides(&format!("exclude-newer-package of {name}"), root, [told(now), told(then)]);
        if now { &mut findings.differences } else { &mut findings.notes }.push(text);
    }
}

/// What a table says in the place of a package's metadata, as one text; `None`: nothing of that name is locked.
fn metadata(table: &Table, is_locked: impl Fn(&str) -> bool) -> Option<String> {
    let text = |key: &str| table.get(key).and_then(Value::as_str);
    let name: PackageName = text("name")?.parse().ok()?;
    let list = table.get("requires-dist").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let requires: BTreeSet<String> = list
        .map(|text| lenient::requirement(text).map_or_else(|_| text.to_owned(), |requirement| requirement.to_string()))
        .collect();
    let version = text("version").map(|version| format!("=={version}")).unwrap_or_default();
    let requires = requires.into_iter().collect::<Vec<_>>().join(", ");
    is_locked(name.as_ref()).then(|| format!("{name}{version} requires {requires}"))
}

fn sides(what: &str, root: &ProjectFile, [now, then]: [&str; 2]) -> String {
    format!("{what}: {} has {now}, the lock {then}", root.path.display())
}

/// Compares the indexes that the project names with those that packages came from. A project that names none leaves
/// them to settings of a machine.
pub(super) fn compare_indexes(
    lock: &Lock,
    place: &LockPlace,
    root: &ProjectFile,
    files: &[&ProjectFile],
    findings: &mut Comparison,
) {
    let mut known = Indexes::default();
    known.add(&root.tool("uv"), &root.folder);
    if let Ok(text) = fs_err::read_to_string(root.folder.join("uv.toml")) {
        known.add(&text.parse().unwrap_or_default(), &root.folder);
    }
    if known.places.is_empty() {
        return;
    }
    for file in files {
        known.add(&file.tool("uv"), &file.folder);
    }
    for key in ["UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"] {
        for word in place.environment.get(key).into_iter().flat_map(|text| text.split([' ', ',', '\n'])) {
            let named = word.split_once('=').filter(|(name, _)| !name.contains([':', '/']));
            known.places.insert(index_place(named.map_or(word, |(_, url)| url), &root.folder));
        }
    }
    if !known.has_default {
        known.places.insert(public_index().to_owned());
    }
    let mut others: BTreeMap<String, &PackageName> = BTreeMap::new();
    for package in &lock.packages {
        if let LockedSource::Index(Some(at)) = package.source {
            let place = place_of_index(&lock.indexes[at].url);
            if !known.places.contains(&place) {
                others.entry(place).or_insert(&package.name);
            }
        }
    }
    if !others.is_empty() {
        let others: Vec<String> = others.iter().map(|(place, name)| format!("`{place}` (for {name})")).collect();
        findings.differences.push(sides("indexes", root, [&listed(&known.places), &others.join(", ")]));
    }
}

/// Indexes that files name.
#[derive(Default)]
struct Indexes {
    places: BTreeSet<String>,
    /// One of them stands for the public one.
    has_default: bool,
}

impl Indexes {
    fn add(&mut self, uv: &Table, folder: &Path) {
        for index in uv.get("index").and_then(Value::as_array).into_iter().flatten() {
            self.has_default |= index.get("default").and_then(Value::as_bool) == Some(true);
            self.places.extend(index.get("url").and_then(Value::as_str).map(|url| index_place(url, folder)));
        }
        let default = uv.get("index-url").and_then(Value::as_str);
        self.has_default |= default.is_some();
        self.places.extend(default.map(|url| index_place(url, folder)));
        for key in ["extra-index-url", "find-links"] {
            self.places.extend(texts(uv, key).iter().map(|url| index_place(url, folder)));
        }
    }
}

fn texts(table: &Table, key: &str) -> Vec<String> {
    let list = table.get(key).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|text| Some(text.as_str()?.to_owned())).collect()
}

fn listed<T: std::fmt::Display>(items: &BTreeSet<T>) -> String {
    let items: Vec<String> = items.iter().map(|item| format!("`{item}`")).collect();
    if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
}
