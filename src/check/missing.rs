//! From imports that lead nowhere to findings: what is missing, why, and which project brings it.

use std::cell::OnceCell;

use super::bundle::CheckedBundle;
use super::code::Code;
use super::dists::is_beside_the_point;
use super::finding::{Finding, Grade};
use super::graph::Graph;
use super::imported::{Certainty, Missing};
use super::packed::PackedModules;
use super::search::{ForeignModule, ForeignReason, FoundModule, runtime_project};
use crate::python::{Moment, only_system, project_of_module, removal};
use crate::requirements::Brought;
use crate::spec::PackageName;
use crate::target::Target;

/// Turns what a graph misses into findings.
pub(super) fn findings(graph: &Graph<'_>, elsewhere: &[Brought]) -> Vec<Finding> {
    let packed = OnceCell::new();
    let absence = |missing| Absence { missing, graph, elsewhere, packed: &packed };
    graph.missing.iter().filter_map(|missing| absence(missing).finding()).collect()
}

/// An import that leads nowhere, and all that can say why.
struct Absence<'a> {
    missing: &'a Missing,
    graph: &'a Graph<'a>,
    elsewhere: &'a [Brought],
    /// The modules of archives in the bundle, which are read when somebody asks.
    packed: &'a OnceCell<PackedModules>,
}

impl Absence<'_> {
    /// What is told of it; `None`: it is nobody's business.
    fn finding(&self) -> Option<Finding> {
        let name = &self.missing.name;
        if name.starts_with('.') {
            return self.out_of_package();
        }
        let (parent, last) = name.rsplit_once('.').map_or((None, name.as_str()), |(up, last)| (Some(up), last));
        if let Some(ForeignModule { file, reason }) = self.graph.search.foreign(&self.missing.folders, last) {
            let bundle = self.graph.bundle;
            let group = bundle.group(file);
            let (code, message, fix) = made_for_others(&reason, bundle.label(file), &group, bundle.target);
            return Some(self.find(code, &group, message).fix(fix));
        }
        let removed = removal(last, self.graph.search.minor()).filter(|_| parent.is_none());
        if let (None, Some(system)) = (removed, only_system(name)) {
            return self.of_other_system(system);
        }
        match (parent, removed) {
            (Some(parent), _) => self.submodule(parent, last),
            (None, _) if self.missing.is_name => None,
            (None, Some((since, instead))) => self.removed(last, since, instead),
            (None, None) => Some(self.nowhere(last)),
        }
    }

    fn grade(&self) -> Grade {
        match self.missing.moment {
            Moment::Guarded(_) => Grade::Note,
            _ => self.missing.level.grade(),
        }
    }

    fn find(&self, code: Code, subject: &str, message: String) -> Finding {
        let finding = Finding::new(code, self.grade(), subject, message).file(self.graph.label(self.missing.importer));
        finding.line(self.missing.line).chain(self.graph.chain_to(self.missing))
    }

    /// The project of a module, where it is among those that lie elsewhere.
    fn brought(&self, module: &str) -> Option<&Brought> {
        let name: PackageName = project(&module.replace('.', "_")).parse().ok()?;
        self.elsewhere.iter().find(|brought| brought.name == name)
    }

    fn left_to(&self, brought: &Brought) -> Finding {
        let (message, fix) = words_of_elsewhere(&self.missing.name, brought);
        Finding { grade: Grade::Note, ..self.find(Code::LeftElsewhere, brought.name.as_ref(), message) }.fix(fix)
    }

    /// Packages make submodules in ways that cannot be seen: only the user's own code is taken at its word.
    fn is_taken_at_its_word(&self) -> bool {
        self.graph.nodes[self.missing.importer].is_users && self.grade() != Grade::Note
    }

    /// A relative name that leads out of its package.
    fn out_of_package(&self) -> Option<Finding> {
        if !self.is_taken_at_its_word() {
            return None;
        }
        let name = &self.missing.name;
        let importer = &self.graph.nodes[self.missing.importer].name;
        let message = format!("`{name}` leads out of the package of `{importer}`");
        Some(self.find(Code::MissingSubmodule, name, message).fix("write the name without leading dots"))
    }

    /// A part of a package or namespace that is there.
    fn submodule(&self, parent: &str, last: &str) -> Option<Finding> {
        let name = &self.missing.name;
        let is_users = self.graph.nodes[self.missing.importer].is_users;
        if !is_users && self.grade() != Grade::Note && self.graph.is_namespace(parent) {
            if let Some(brought) = self.brought(name) {
                return Some(self.left_to(brought));
            }
            let message = format!("`{name}` is imported, and `{parent}` is a folder without it");
            let fix = format!("add the project `{}` to the requirements", name.replace(['.', '_'], "-"));
            return Some(self.find(Code::MissingModule, name, message).fix(fix));
        }
        if let Some(dist) = self.graph.lost(&self.missing.folders, last).filter(|_| self.grade() != Grade::Note) {
            let message = format!("`{name}` is imported, and its file of {} {} is gone", dist.name, dist.version);
            let fix = format!("install {} again", dist.name);
            return Some(self.find(Code::MissingSubmodule, name, message).fix(fix));
        }
        let is_left_out = is_beside_the_point(last) && !is_users && self.grade() != Grade::Note;
        if !is_left_out && !self.is_taken_at_its_word() {
            return None;
        }
        let what =
            if self.missing.is_name { "has neither such a name nor such a module" } else { "has no such module" };
        let message = format!("`{name}` is imported, and `{parent}` {what}");
        let fix = if is_left_out {
            format!("bundle `{last}` as well: what makes packages smaller may have left it out")
        } else {
            format!("correct the name, or bundle `{last}`")
        };
        Some(self.find(Code::MissingSubmodule, name, message).fix(fix))
    }

    /// A module that Python had before 3.`since`.
    fn removed(&self, last: &str, since: u8, instead: &str) -> Option<Finding> {
        // setuptools puts a module of this name in its place when it is imported.
        let setuptools = || self.graph.search.top("setuptools");
        if last == "distutils" && matches!(setuptools(), FoundModule::File { .. }) {
            return None;
        }
        let message = format!("Python no longer has `{last}` since 3.{since}");
        Some(self.find(Code::RemovedModule, last, message).fix(instead))
    }

    /// A module that Python has on another system only. Below a condition, that is most likely asked for.
    fn of_other_system(&self, system: &str) -> Option<Finding> {
        let name = &self.missing.name;
        let (code, grade) = match self.missing.moment {
            Moment::Guarded(_) | Moment::Conditional => return None,
            Moment::Lazy => (Code::MissingLazily, Grade::Note),
            _ if self.missing.level == Certainty::Later => (Code::MissingLazily, self.grade()),
            _ => (Code::MissingModule, self.grade()),
        };
        let message = format!("`{name}` is imported, and Python has it on {system} only");
        let fix = "import it where `sys.platform` says so, or catch the ImportError";
        Some(Finding { grade, ..self.find(code, name, message) }.fix(fix))
    }

    /// A module at the top of which there is no trace where Python looks.
    fn nowhere(&self, last: &str) -> Finding {
        if let Some(brought) = self.brought(last) {
            return self.left_to(brought);
        }
        let is_later = self.missing.level == Certainty::Later || self.grade() == Grade::Note;
        let code = if is_later { Code::MissingLazily } else { Code::MissingModule };
        let how = match self.missing.moment {
            Moment::Guarded(_) => "imported where its absence is caught",
            _ if is_later => "imported later",
            _ => "imported",
        };
        let finding = self.find(code, last, format!("`{last}` is {how}, and is nowhere to be found"));
        if let Some(dist) = self.graph.bundle.dists.bringing(last) {
            let fix = format!("install {} {} again: it says that it brings `{last}`", dist.name, dist.version);
            return finding.fix(fix);
        }
        if let Some(archive) = self.packed.get_or_init(|| PackedModules::read(self.graph.bundle.tree)).holding(last) {
            let fix = format!("`{archive}` has it: whatever unpacks that has to run before the import");
            return Finding { grade: finding.grade.min(Grade::Warning), ..finding }.fix(fix);
        }
        let elsewhere = self.graph.search.elsewhere(last, "/var/task").into_iter().next();
        // A project may have modules of any name.
        if elsewhere.is_none() && !self.elsewhere.is_empty() {
            let fix =
                format!("add the project `{}` to the requirements, if nothing that is left out has it", project(last));
            return Finding { grade: finding.grade.min(Grade::Warning), ..finding }.fix(fix);
        }
        finding.fix(match elsewhere {
            Some(folder) => {
                let folder = folder.strip_prefix("/var/task/").unwrap_or(&folder);
                format!("a module of this name lies in `{folder}`, where Python does not look: move it to the root")
            }
            None => format!("add the project `{}` to the requirements", project(last)),
        })
    }
}

/// The code, the message and the way out for a module that is there, compiled for something else than the target.
pub(super) fn made_for_others(
    reason: &ForeignReason,
    label: &str,
    group: &str,
    target: &Target,
) -> (Code, String, String) {
    let (runtime, architecture) = (target.runtime(), target.architecture());
    match reason {
        ForeignReason::Python(version) => (
            Code::WrongPython,
            format!("`{label}` is compiled for Python {version}, and {runtime} does not see it"),
            format!("bundle again with `--runtime {runtime}`"),
        ),
        ForeignReason::Processor(machine) => (
            Code::WrongProcessor,
            format!("`{label}` is compiled for {machine}, and the function is for {architecture}"),
            format!("bundle again with `--arch {architecture}`"),
        ),
        ForeignReason::System(system) => (
            Code::WrongSystem,
            format!("`{label}` is compiled for {system}, and {runtime} does not see it"),
            format!("install {group} for Lambda: `barrow bundle` never takes the machine's own system"),
        ),
    }
}

/// The project that brings a module: by the short table, else of the same name.
pub(super) fn project(module: &str) -> String {
    if let Some(project) = runtime_project(module) {
        return project.to_owned();
    }
    project_of_module(module).map_or_else(|| module.replace('_', "-"), str::to_owned)
}

/// Modules that are imported and cannot be parsed, or were not read.
pub(super) fn sources(graph: &mut Graph<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for node in 0..graph.nodes.len() {
        let Some(module) = graph.module(node) else { continue };
        let label = graph.label(node).to_owned();
        if module.is_unread {
            let message = "the file is damaged, too large, or in an encoding that is not known: nothing is known about what it imports".to_owned();
            findings.push(Finding::of_file(Code::NotRead, Grade::Note, &label, message));
            continue;
        }
        let Some(fault) = &module.fault else { continue };
        let grade = graph.nodes[node].level.grade();
        let (code, fix) = if fault.is_of_another_version {
            (Code::NewerSyntax, "take a runtime with that Python, or a version of the code for this one")
        } else {
            (Code::SyntaxError, "correct the file")
        };
        let finding = Finding::of_file(code, grade, &label, fault.reason.clone());
        findings.push(finding.line(fault.line).chain(graph.chain(node)).fix(fix));
    }
    findings
}

/// What is told of a module of a project that lies elsewhere, and what to do.
fn words_of_elsewhere(module: &str, brought: &Brought) -> (String, String) {
    let Brought { name, version, by } = brought;
    let by = by.display();
    let message = format!("`{module}` is imported, and {name} {version} of `{by}` is not looked at");
    (message, format!("nothing, as long as {name} is there; `--without` with the layer itself has it looked at"))
}

/// Projects that are left to the runtime, unless they lie `elsewhere`.
pub(super) fn left_to_runtime(graph: &Graph<'_>, elsewhere: &[Brought]) -> Vec<Finding> {
    let runtime = graph.bundle.target.runtime();
    let name = |module: &str| runtime_project(module).unwrap_or("setuptools").to_owned();
    let uses = graph.of_runtime.iter();
    uses.map(|(module, importer, line)| {
        let project = name(module);
        let brought = elsewhere.iter().find(|brought| brought.name.as_ref() == project);
        let (code, (message, fix)) = if let Some(brought) = brought {
            (Code::LeftElsewhere, words_of_elsewhere(module, brought))
        } else {
            let message = format!("`{module}` comes from {runtime}, in a version that AWS changes without notice");
            (Code::LeftToRuntime, (message, format!("bundle {project} to fix its version")))
        };
        Finding::new(code, Grade::Note, project, message).file(graph.label(*importer)).line(*line).fix(fix)
    })
    .collect()
}

/// The urllib3 of the bundle that the runtime's Python or botocore cannot use.
pub(super) fn sdk_clash(graph: &Graph<'_>) -> Option<Finding> {
    let CheckedBundle { dists, target, .. } = graph.bundle;
    let (_, minor) = target.runtime().python_version();
    let urllib3 = dists.named(&"urllib3".parse().ok()?)?;
    if minor >= 10 || urllib3.version.release().first().copied().unwrap_or(0) < 2 {
        return None;
    }
    let grade = if graph.is_loaded("urllib3") { Grade::Error } else { Grade::Warning };
    let message = format!(
        "urllib3 {} needs OpenSSL 1.1.1, and {} has 1.0.2; its botocore takes urllib3 1.26 only",
        urllib3.version,
        target.runtime()
    );
    Some(
        Finding::new(Code::SdkClash, grade, "urllib3", message)
            .fix("require `urllib3<2`, or take a runtime from python3.10 on"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_by_module() {
        assert_eq!(project("yaml"), "PyYAML");
        assert_eq!(project("six"), "six");
        assert_eq!(project("google_crc32c"), "google-crc32c");
    }
}
