//! What a page shows, as JSON for its script.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::ReportPart;
use crate::bundle::{SlimRules, UNZIPPED_LIMIT_BYTES, ZIP_UPLOAD_LIMIT_BYTES, slim_rules};
use crate::check::{Finding, Grade};
use crate::inventory::{Component, FileEntry};
use crate::spec::SafeUrl;

/// The data of all parts; no character of it can end the element that it stands in.
pub(super) fn json(parts: &[ReportPart]) -> String {
    let data = json!({
        "limit": UNZIPPED_LIMIT_BYTES,
        "zipLimit": ZIP_UPLOAD_LIMIT_BYTES,
        "parts": parts.iter().map(part).collect::<Vec<_>>(),
    });
    let mut text = String::new();
    for c in data.to_string().chars() {
        match c {
            '<' => text += "\\u003c",
            '>' => text += "\\u003e",
            '&' => text += "\\u0026",
            '\u{2028}' => text += "\\u2028",
            '\u{2029}' => text += "\\u2029",
            _ => text.push(c),
        }
    }
    text
}

/// Files and bytes that a rule of `--slim` would leave out, by its place in the table.
type Slimming = BTreeMap<usize, (usize, u64)>;

fn part(part: &ReportPart) -> Value {
    let inventory = &part.inventory;
    let mut slimming = Slimming::new();
    let dists: Vec<Value> = inventory.dists.iter().map(|one| dist(one, part, &mut slimming)).collect();
    let files: usize = inventory.dists.iter().map(|dist| dist.files.len()).sum();
    let rules = slim_rules().zip(0..).map(|(name, at)| {
        let (files, bytes) = slimming.get(&at).copied().unwrap_or_default();
        json!([name, files, bytes])
    });
    let own = |file: &FileEntry| json!([file.path, file.size, -1]);
    let changes = part.changes.as_ref().map(|changes| {
        let text = |version: &Option<crate::spec::Version>| version.as_ref().map(ToString::to_string);
        let change = |change: &crate::memory::DistChange| {
            json!([change.name.to_string(), text(&change.before), text(&change.now)])
        };
        changes.iter().map(change).collect::<Vec<_>>()
    });
    json!({
        "label": part.label,
        "runtime": part.states_target.then(|| inventory.target.runtime().to_string()),
        "arch": part.states_target.then(|| inventory.target.architecture().as_str()),
        "size": inventory.size_bytes(),
        "zip": part.zip_bytes,
        "files": files + inventory.own_files.len(),
        "slimmed": part.is_slimmed,
        "leftOut": [part.left_out.files, part.left_out.bytes],
        "excluded": part.excluded.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "changes": changes,
        "findings": part.findings.as_ref().map(|all| all.iter().map(finding).collect::<Vec<_>>()),
        "rules": rules.collect::<Vec<_>>(),
        "own": inventory.own_files.iter().map(own).collect::<Vec<_>>(),
        "dists": dists,
    })
}

fn dist(dist: &Component, part: &ReportPart, slimming: &mut Slimming) -> Value {
    // The rules speak of paths below the folder of packages.
    let paths = dist.files.iter().map(|file| file.path.strip_prefix("python/").unwrap_or(&file.path));
    let (mut saved, mut rules) = (0, SlimRules::new(paths.clone()));
    let files = dist.files.iter().zip(paths).map(|(file, path)| {
        let requires = |name: &str| dist.dependencies.iter().any(|other| other.as_ref() == name);
        let rule = if part.is_slimmed { None } else { rules.rule(dist.name.as_ref(), requires, path) };
        if let Some(rule) = rule {
            let (files, bytes) = slimming.entry(rule).or_default();
            (*files, *bytes, saved) = (*files + 1, *bytes + file.size, saved + file.size);
        }
        json!([file.path, file.size, rule.map_or(-1, |rule| i64::try_from(rule).unwrap_or(-1))])
    });
    let files: Vec<Value> = files.collect();
    let passed = part.passed_over.iter().filter(|(name, ..)| *name == dist.name);
    let index = dist.origin.index.as_ref();
    // The page is made to be passed on: a path of this machine would be of no use there, and tells who made it.
    let is_public = |url: &&SafeUrl| !url.is_file();
    json!({
        "name": dist.name.to_string(),
        "version": dist.version.to_string(),
        "license": dist.license.to_string(),
        "summary": dist.summary,
        "size": dist.size_bytes,
        "slim": saved,
        "by": dist.requested_by.iter()
            .map(|requested| json!([requested.by.as_ref().map(ToString::to_string), requested.requirement]))
            .collect::<Vec<_>>(),
        "way": part.inventory.way_to(&dist.name).iter().map(ToString::to_string).collect::<Vec<_>>(),
        "requires": dist.dependencies.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "index": index.map(|index| index.name.clone().unwrap_or_else(|| host(&index.url.to_string()))).unwrap_or_default(),
        "indexUrl": index.map(|index| &index.url).filter(is_public).map(ToString::to_string),
        "wheel": dist.origin.filename,
        "tag": dist.origin.filename.as_deref().map(tag).unwrap_or_default(),
        "url": dist.origin.url.as_ref().filter(is_public).map(ToString::to_string),
        "sha256": dist.origin.sha256.as_ref().map(crate::spec::HashDigest::hex),
        "passed": passed.map(|(_, version, why)| json!([version.to_string(), why])).collect::<Vec<_>>(),
        "files": files,
    })
}

/// The server of a URL; of a folder of this machine only that it is one.
fn host(url: &str) -> String {
    let server = url.split_once("://").and_then(|(_, rest)| rest.split('/').next()).filter(|host| !host.is_empty());
    server.unwrap_or("a folder").to_owned()
}

/// What a wheel is for, from its name: `cp313-cp313-manylinux_2_28_x86_64`.
fn tag(wheel: &str) -> String {
    let Some(stem) = wheel.strip_suffix(".whl") else { return String::new() };
    let parts: Vec<&str> = stem.rsplitn(4, '-').collect();
    match parts.as_slice() {
        // Of several platforms the first one; the name of the wheel stands beside it in full.
        [platform, abi, python, _] => {
            let first = platform.split_once('.').map_or(String::from(*platform), |(first, _)| format!("{first}…"));
            format!("{python}-{abi}-{first}")
        }
        _ => String::new(),
    }
}

fn finding(finding: &Finding) -> Value {
    let grade = match finding.grade {
        Grade::Error => "error",
        Grade::Warning => "warning",
        Grade::Note => "note",
    };
    let place = finding.file.as_ref().map(|file| match finding.line {
        Some(line) => format!("{file}:{line}"),
        None => file.clone(),
    });
    let way = if finding.chain.is_empty() { place } else { Some(finding.chain.join(" → ")) };
    json!({
        "grade": grade,
        "code": finding.code.to_string(),
        "text": finding.message,
        "place": way,
        "fix": finding.fix,
    })
}
