//! Files by their names, modes and sizes, whatever is in them.

use std::collections::HashMap;

use super::bundle::CheckedBundle;
use super::code::Code;
use super::dists::Dists;
use super::file::CheckedFile;
use super::finding::{Finding, Grade};
use super::graph::Graph;
use super::search::ModuleSearch;
use super::tree::{RuntimeTree, ends_in};
use crate::bundle::{Bytes, UNZIPPED_LIMIT_BYTES, ZIP_UPLOAD_LIMIT_BYTES};
use crate::python::{is_built_in, is_standard};
use crate::target::Target;

/// Most layers of a function.
///
/// Source: AWS Lambda developer guide, "Lambda quotas".
const LAYERS_MOST: usize = 5;

/// First two bytes of a `.pyc`, little end first, by the N of Python 3.N.
///
/// Source: CPython, `Include/internal/pycore_magic_number.h` of each release.
const BYTECODE: &[(u8, u16)] = &[(8, 3413), (9, 3425), (10, 3439), (11, 3495), (12, 3531), (13, 3571), (14, 3627)];

/// What is wrong with single files by their names and modes.
pub(super) fn findings(graph: &Graph<'_>) -> Vec<Finding> {
    let CheckedBundle { tree, dists, target, .. } = graph.bundle;
    let search = &graph.search;
    let mut findings = Vec::new();
    let mut lower: HashMap<String, usize> = HashMap::new();
    for (number, file) in tree.files.iter().enumerate() {
        if let Some(other) = lower.insert(file.path.to_lowercase(), number) {
            let message = format!("its name differs from `{}` in case only", tree.files[other].label);
            findings.push(Finding::of_file(Code::CaseClash, Grade::Note, &file.label, message));
        }
        findings.extend(mode(tree, number));
        findings.extend(path_file(tree, number, search));
        findings.extend(bytecode(tree, number, search.minor()));
        findings.extend(shadowing(tree, number, search, dists));
    }
    findings.extend(layer_layout(tree, search, target));
    findings
}

/// What is wrong with sizes and numbers: of the unpacked bundle, of its zip, of its layers.
pub(super) fn sizes(tree: &RuntimeTree, dists: &Dists, layers: usize, zip: Option<u64>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let total: u64 = tree.files.iter().map(CheckedFile::room).sum();
    if total > UNZIPPED_LIMIT_BYTES {
        let mut by_group: HashMap<String, u64> = HashMap::new();
        for file in tree.files.iter().filter(|file| !file.is_link) {
            *by_group.entry(dists.group(&file.path, tree)).or_default() += file.size;
        }
        let mut largest: Vec<(String, u64)> = by_group.into_iter().collect();
        largest.sort_by(|(name, size), (other, others)| others.cmp(size).then_with(|| name.cmp(other)));
        let parts: Vec<String> =
            largest.iter().take(3).map(|(name, size)| format!("{name} {}", Bytes(*size))).collect();
        let message = format!(
            "{} unpacked ({total} bytes), and Lambda takes {} with all layers; the largest: {}",
            Bytes(total),
            Bytes(UNZIPPED_LIMIT_BYTES),
            parts.join(", ")
        );
        findings.push(
            Finding::new(Code::TooLarge, Grade::Error, "size", message)
                .fix("leave out what the runtime has, or deploy a container image"),
        );
    }
    if let Some(size) = zip.filter(|size| *size > ZIP_UPLOAD_LIMIT_BYTES) {
        let message =
            format!("the zip has {}, and {} can be uploaded directly", Bytes(size), Bytes(ZIP_UPLOAD_LIMIT_BYTES));
        findings.push(Finding::new(Code::ZipTooLarge, Grade::Warning, "zip", message).fix("upload it by way of S3"));
    }
    if layers > LAYERS_MOST {
        let message = format!("{layers} layers, and a function has {LAYERS_MOST} at most");
        findings.push(Finding::new(Code::TooManyLayers, Grade::Error, "layers", message).fix("merge some of them"));
    }
    findings
}

fn mode(tree: &RuntimeTree, number: usize) -> Option<Finding> {
    let file = &tree.files[number];
    let mode = file.mode?;
    let find = |code, grade, message: String| Finding::of_file(code, grade, &file.label, message);
    if mode & 0o004 == 0 {
        let message = format!("it has mode {mode:04o}: others may not read it, and the function runs as another user");
        return Some(
            find(Code::Unreadable, Grade::Error, message).fix("give others the right to read it: `chmod -R a+rX`"),
        );
    }
    let relative = file.path.strip_prefix("/var/task/").or_else(|| file.path.strip_prefix("/opt/"))?;
    let (folder, _) = relative.split_once('/')?;
    let grade = match folder {
        "extensions" if relative.matches('/').count() == 1 && file.path.starts_with("/opt/") => Grade::Error,
        "bin" if relative.matches('/').count() == 1 => Grade::Warning,
        _ => return None,
    };
    if mode & 0o001 != 0 {
        return None;
    }
    let start = tree.start(number, 4);
    if !start.starts_with(b"#!") && !start.starts_with(b"\x7fELF") {
        return None;
    }
    let message = format!("the program has mode {mode:04o}: it may not be executed");
    Some(find(Code::NotExecutable, grade, message).fix("give it the right to be executed: `chmod 755`"))
}

/// `.pth` and `.start` files, which Python does not read here.
fn path_file(tree: &RuntimeTree, number: usize, search: &ModuleSearch<'_>) -> Option<Finding> {
    let file = &tree.files[number];
    let (folder, name) = file.path.rsplit_once('/')?;
    let is_path_file = ends_in(name, ".pth") || ends_in(name, ".start");
    if !is_path_file || !search.roots().iter().any(|root| root == folder) {
        return None;
    }
    let text = String::from_utf8_lossy(&tree.start(number, 4096)).into_owned();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    // What adds the folder itself, or runs code that only helps tools, is needed by nobody.
    let is_editable =
        name.starts_with("__editable__") || lines.any(|line| line.starts_with('/') || line.starts_with(".."));
    let (grade, message) = if is_editable {
        let message =
            "an editable install: Python does not read this file here, and the project itself is not in the bundle";
        (Grade::Warning, message)
    } else {
        (Grade::Note, "Python does not read this file here: what it adds to the path or runs at start has no effect")
    };
    let finding = Finding::of_file(Code::PathFile, grade, &file.label, message);
    Some(finding.fix("install the project itself, not in editable mode"))
}

/// Byte code of other versions, and such that stands alone.
fn bytecode(tree: &RuntimeTree, number: usize, minor: u8) -> Option<Finding> {
    let file = &tree.files[number];
    let stem = file.path.strip_suffix(".pyc")?;
    let find = |grade, message: String| Finding::of_file(Code::ForeignBytecode, grade, &file.label, message);
    if let Some((folder, name)) = stem.rsplit_once("/__pycache__/") {
        let (module, tag) = name.split_once(".cpython-3")?;
        let version = tag.split('.').next().unwrap_or(tag);
        if tree.file(&format!("{folder}/{module}.py")).is_none() {
            return Some(find(Grade::Note, "it belongs to a source that is not there, and is not used".to_owned()));
        }
        return (version != minor.to_string())
            .then(|| find(Grade::Note, format!("it is of Python 3.{version}, and is not used")));
    }
    if tree.file(&format!("{stem}.py")).is_some() {
        return None;
    }
    let magic = BYTECODE.iter().find(|(version, _)| *version == minor).map(|(_, magic)| *magic)?;
    let start = tree.start(number, 2);
    let found = u16::from_le_bytes(start.try_into().ok()?);
    let other = BYTECODE.iter().find(|(_, magic)| *magic == found).map(|(version, _)| format!("Python 3.{version}"));
    (found != magic).then(|| {
        let of = other.unwrap_or_else(|| "another Python".to_owned());
        find(Grade::Warning, format!("the module is byte code of {of}, which Python 3.{minor} refuses"))
            .fix("bundle the source, or compile it with the runtime's Python")
    })
}

/// A file that is imported in the place of a standard module: the user's own, or that of a project which brought the
/// module to older Pythons.
fn shadowing(tree: &RuntimeTree, number: usize, search: &ModuleSearch<'_>, dists: &Dists) -> Option<Finding> {
    /// Python's own tests, which nobody imports; projects put theirs in a folder of that name by mistake.
    const TESTS: &str = "test";
    let file = &tree.files[number];
    let relative = search.roots().iter().find_map(|root| file.path.strip_prefix(root.as_str())?.strip_prefix('/'))?;
    let name = relative.strip_suffix("/__init__.py").or_else(|| relative.strip_suffix(".py"))?;
    if name.contains('/') || !is_standard(name, search.minor()) {
        return None;
    }
    let (whose, fix) = match dists.owner(&file.path) {
        Some(_) if name == TESTS || is_built_in(name, search.minor()) => return None,
        Some(dist) => {
            let needed = format!("Python 3.{} has the module itself", search.minor());
            let fix = format!("leave {} out, or require it for older Pythons alone: {needed}", dist.name);
            (format!("`{relative}` of {} {}", dist.name, dist.version), fix)
        }
        None if dists.is_third_party(&file.path, search.roots()) => return None,
        None => {
            let fix = "rename it: the folder of the function is searched before the standard library";
            ("it".to_owned(), fix.to_owned())
        }
    };
    let message = format!("{whose} is imported in the place of the standard module `{name}`");
    Some(Finding::new(Code::Shadowing, Grade::Warning, name, message).file(&file.label).fix(fix))
}

/// Layers whose modules Python does not see.
fn layer_layout(tree: &RuntimeTree, search: &ModuleSearch<'_>, target: &Target) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut stray: Vec<&str> = Vec::new();
    for name in tree.names("/opt").iter().filter(|name| *name != "python") {
        let is_module = ends_in(name, ".py") || tree.file(&format!("/opt/{name}/__init__.py")).is_some();
        if is_module && name != "bin" {
            stray.push(name);
        }
    }
    stray.sort_unstable();
    if let Some(first) = stray.first() {
        let message = format!("`{first}` lies at the root of the layer, where Python does not look");
        findings.push(
            Finding::new(Code::LayerLayout, Grade::Warning, *first, message).fix("put it into `python/` of the layer"),
        );
    }
    for version in tree.names("/opt/python/lib") {
        let own = format!("/opt/python/lib/{version}/site-packages");
        if tree.is_folder(&own) && !search.roots().contains(&own) {
            let message =
                format!("`python/lib/{version}/site-packages` is for another version than {}", target.runtime());
            findings.push(
                Finding::new(Code::LayerLayout, Grade::Warning, version.as_str(), message)
                    .fix(format!("make the layer for {}", target.runtime())),
            );
        }
    }
    findings
}
