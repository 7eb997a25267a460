//! Projects whose native code is all for another target than the one that is checked.
//!
//! Imports alone do not always lead there: they stand below conditions that nobody can decide, or are made by calls.
//! But a project that was built for one target, and not for this one, says so by all of its files.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::bundle::CheckedBundle;
use super::code::Code;
use super::dists::is_beside_the_point;
use super::finding::{Finding, Grade};
use super::graph::Graph;
use super::imported::Certainty;
use super::missing::made_for_others;
use super::search::{ForeignReason, FoundModule, foreign_reason, minor_of};
use super::tree::{RuntimeTree, ends_in};
use super::{CheckOptions, walk};
use crate::archive::folder_and_name;
use crate::python::{Module, Moment};

/// What the native files of one project are for.
#[derive(Default)]
struct NativeFiles {
    /// Those for others, each with what it is for.
    foreign: Vec<(usize, ForeignReason)>,
    /// It has a Python module for this target.
    has_module: bool,
    /// It has another native object for this processor.
    has_object: bool,
}

/// The findings of projects that the handler reaches, as far as nothing of the kind is told of them already.
pub(super) fn findings(options: &CheckOptions, graph: &Graph<'_>, told: &[Finding]) -> Vec<Finding> {
    let CheckedBundle { tree, dists, target, .. } = graph.bundle;
    let levels = reached(graph);
    let mut suspects = native_files(graph.bundle, &levels);
    suspects.retain(|number, files| {
        let grade = levels[number].0.grade();
        let name = dists.all[*number].name.to_string();
        files.is_wholly_for_others()
            && !dists.all[*number].is_for_any(tree)
            && !told.iter().any(|finding| is_of_kind(finding.code) && finding.grade >= grade && finding.subject == name)
    });
    if suspects.is_empty() {
        return Vec::new();
    }
    let further = walk(options, graph.bundle, true, &mut Vec::new());
    let needed = needed(&further);
    let finding = |(number, files): (usize, NativeFiles)| {
        let (level, node) = levels[&number];
        let is_needed = |(file, _): &&(usize, ForeignReason)| needed.contains_key(file);
        let first = files.foreign.iter().filter(|(file, _)| !further.optional.contains(file)).find(is_needed);
        let is_optional =
            |(file, _): &(usize, ForeignReason)| further.optional.contains(file) || has_source(*file, tree);
        let is_spared = first.is_none()
            && (files.foreign.iter().any(is_optional) || provides_for_absence(number, &files, graph.bundle));
        let (file, reason) = first.or(files.foreign.first())?;
        let name = dists.all[number].name.to_string();
        let label = &tree.files[*file].label;
        let (code, message, fix) = made_for_others(reason, label, &name, target);
        let grade = if is_spared { Grade::Warning } else { level.grade() };
        let mut chain = graph.chain(node);
        chain.push(graph.label(node).to_owned());
        let chain = needed.get(file).filter(|_| first.is_some()).cloned().unwrap_or(chain);
        Some(
            Finding::new(code, grade, name.clone(), format!("{message}: no native file of {name} is for this target"))
                .file(label.clone())
                .chain(chain)
                .fix(fix),
        )
    };
    suspects.into_iter().filter_map(finding).collect()
}

/// The projects that are imported, each with the surest of its modules. One whose import is guarded may be imported.
fn reached(graph: &Graph<'_>) -> HashMap<usize, (Certainty, usize)> {
    let CheckedBundle { tree, dists, .. } = graph.bundle;
    let mut levels: HashMap<usize, (Certainty, usize)> = HashMap::new();
    let owner = |file: usize| dists.owner_number(&tree.files[file].path);
    for (number, node) in graph.nodes.iter().enumerate() {
        let Some(owner) = node.file.and_then(owner) else { continue };
        let known = levels.entry(owner).or_insert((node.level, number));
        if known.0 < node.level {
            *known = (node.level, number);
        }
    }
    for (module, importer) in &graph.guarded {
        let top = module.split('.').next().unwrap_or(module);
        if let FoundModule::File { file, .. } = graph.search.top(top)
            && let Some(owner) = owner(file)
        {
            levels.entry(owner).or_insert((Certainty::Later, *importer));
        }
    }
    levels
}

/// Whether a code is told of native code for another target.
fn is_of_kind(code: Code) -> bool {
    matches!(code, Code::WrongProcessor | Code::WrongPython | Code::WrongSystem)
}

/// The native files of the projects that are reached.
fn native_files(
    bundle: CheckedBundle<'_>,
    reached: &HashMap<usize, (Certainty, usize)>,
) -> BTreeMap<usize, NativeFiles> {
    let CheckedBundle { tree, dists, summaries, target } = bundle;
    let minor = minor_of(target);
    let mut all: BTreeMap<usize, NativeFiles> = BTreeMap::new();
    for (number, file) in tree.files.iter().enumerate() {
        let name = folder_and_name(&file.path).1;
        let is_native = name.contains(".so") || [".pyd", ".dll", ".dylib"].iter().any(|ending| ends_in(name, ending));
        let owner = if is_native { dists.owner_number(&file.path) } else { None };
        let Some(owner) = owner.filter(|owner| reached.contains_key(owner)) else { continue };
        let files = all.entry(owner).or_default();
        let by_name = name.find('.').and_then(|dot| foreign_reason(&name[dot..], minor, target.architecture()));
        let reason = by_name.or_else(|| match name.rsplit_once('.') {
            Some((_, "dll")) => Some(ForeignReason::System("Windows")),
            Some((_, "dylib")) => Some(ForeignReason::System("macOS")),
            _ => None,
        });
        let object = if reason.is_none() { summaries.object(number).and_then(Result::ok) } else { None };
        let reason = reason.or_else(|| {
            let object = object.as_ref()?;
            let own = object.architecture();
            let machine = own.map_or("another processor", |architecture| architecture.machine());
            (own != Some(target.architecture())).then(|| ForeignReason::Processor(machine.to_owned()))
        });
        match (reason, object) {
            (Some(reason), _) if !file.path.split('/').any(is_beside_the_point) => files.foreign.push((number, reason)),
            (None, Some(object)) if object.modules.is_empty() => files.has_object = true,
            (None, Some(_)) => files.has_module = true,
            _ => {}
        }
    }
    all
}

impl NativeFiles {
    /// Whether all of them are for one other target. Who brings files for several systems side by side chooses between
    /// them. Beside modules that this Python does not see, libraries for this processor may be those that they need.
    fn is_wholly_for_others(&self) -> bool {
        let is_unseen = self.foreign.iter().any(|(_, reason)| match reason {
            ForeignReason::Python(_) => true,
            ForeignReason::System(system) => !matches!(*system, "Windows" | "macOS"),
            ForeignReason::Processor(_) => false,
        });
        let agree = |(at, (_, reason)): (usize, &(usize, ForeignReason))| {
            self.foreign[at + 1..].iter().all(|(_, other)| may_be_of_one(reason, other))
        };
        let is_empty = self.foreign.is_empty();
        !is_empty && !self.has_module && (is_unseen || !self.has_object) && self.foreign.iter().enumerate().all(agree)
    }
}

/// Whether files of one build may be for others by these two reasons.
fn may_be_of_one(one: &ForeignReason, other: &ForeignReason) -> bool {
    one == other
        || matches!(
            (one, other),
            (ForeignReason::Python(_), ForeignReason::Processor(_))
                | (ForeignReason::Processor(_), ForeignReason::Python(_))
        )
}

/// Native files for other targets that are imported, unless a condition that nobody knows is against it, with how.
fn needed(graph: &Graph<'_>) -> HashMap<usize, Vec<String>> {
    let CheckedBundle { tree, summaries, target, .. } = graph.bundle;
    let mut needed = HashMap::new();
    for missing in &graph.missing {
        let last = missing.name.rsplit('.').next().unwrap_or(&missing.name);
        if let Some(foreign) = graph.search.foreign(&missing.folders, last) {
            needed.entry(foreign.file).or_insert_with(|| graph.chain_to(missing));
        }
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        let Some(file) = node.file.filter(|file| ends_in(&tree.files[*file].path, ".so")) else { continue };
        if let Some(Ok(object)) = summaries.object(file)
            && object.architecture() != Some(target.architecture())
        {
            needed.entry(file).or_insert_with(|| graph.chain(number));
        }
    }
    needed
}

/// Whether the code of a project provides for the absence of one of these native files: it guards an import of it, or
/// one of a module that needs it.
fn provides_for_absence(project: usize, files: &NativeFiles, at: CheckedBundle<'_>) -> bool {
    let stem = |file: usize| {
        let name = folder_and_name(&at.tree.files[file].path).1;
        name.split('.').next().unwrap_or(name).to_owned()
    };
    let natives: HashSet<String> = files.foreign.iter().map(|(file, _)| stem(*file)).collect();
    let is_code = |file: &usize| {
        let path = &at.tree.files[*file].path;
        let is_source = ends_in(path, ".py") && !path.split('/').any(is_beside_the_point);
        is_source && at.dists.owner_number(path) == Some(project)
    };
    let sources: Vec<usize> = (0..at.tree.files.len()).filter(is_code).collect();
    let minor = minor_of(at.target);
    let read = |file: usize| (stem(file), at.summaries.module(file, minor));
    let modules: Vec<_> = sources.into_par_iter().map(read).collect();
    let needs_one = |(_, module): &&(String, Arc<Module>)| {
        let mut hard = module.imports.iter().filter(|import| import.moment == Moment::Hard);
        hard.any(|import| import.last_names().any(|name| natives.contains(name)))
    };
    let needing: HashSet<&str> = modules.iter().filter(needs_one).map(|(name, _)| name.as_str()).collect();
    let mut imports = modules.iter().flat_map(|(_, module)| &module.imports);
    imports.any(|import| {
        matches!(import.moment, Moment::Guarded(_))
            && import.last_names().any(|name| natives.contains(name) || needing.contains(name))
    })
}

/// Whether the source of a native module lies beside it, and runs in its place.
fn has_source(file: usize, tree: &RuntimeTree) -> bool {
    let (folder, name) = folder_and_name(&tree.files[file].path);
    let stem = name.split('.').next().unwrap_or(name);
    tree.file(&format!("{folder}/{stem}.py")).is_some()
}
