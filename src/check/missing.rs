//! From imports that lead nowhere to findings: what is missing, why, and which project brings it.

use super::code::Code;
use super::dists::Dists;
use super::finding::{Finding, Grade};
use super::graph::{Certainty, Graph, Missing, place};
use super::packed::PackedModules;
use super::search::{ForeignReason, FoundModule, runtime_project};
use super::tree::RuntimeTree;
use crate::python::{Moment, removal};
use crate::target::Target;

/// Projects whose modules are called otherwise than they are, as far as many use them.
const PROJECTS: &[(&str, &str)] = &[
    ("Crypto", "pycryptodome"),
    ("Cryptodome", "pycryptodomex"),
    ("MySQLdb", "mysqlclient"),
    ("OpenSSL", "pyOpenSSL"),
    ("PIL", "pillow"),
    ("_cffi_backend", "cffi"),
    ("attr", "attrs"),
    ("bs4", "beautifulsoup4"),
    ("cv2", "opencv-python-headless"),
    ("dateutil", "python-dateutil"),
    ("docx", "python-docx"),
    ("dotenv", "python-dotenv"),
    ("fitz", "PyMuPDF"),
    ("git", "GitPython"),
    ("jose", "python-jose"),
    ("jwt", "PyJWT"),
    ("magic", "python-magic"),
    ("markdown_it", "markdown-it-py"),
    ("multipart", "python-multipart"),
    ("pkg_resources", "setuptools"),
    ("pptx", "python-pptx"),
    ("psycopg2", "psycopg2-binary"),
    ("serial", "pyserial"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("slugify", "python-slugify"),
    ("typing_extensions", "typing-extensions"),
    ("win32api", "pywin32"),
    ("yaml", "PyYAML"),
    ("zmq", "pyzmq"),
];

/// Turns what a graph misses into findings.
pub(super) fn findings(graph: &Graph<'_>, tree: &RuntimeTree, dists: &Dists, target: &Target) -> Vec<Finding> {
    let packed = if graph.missing.is_empty() { PackedModules::default() } else { PackedModules::read(tree) };
    graph.missing.iter().filter_map(|missing| finding(missing, graph, tree, dists, target, &packed)).collect()
}

fn finding(
    missing: &Missing,
    graph: &Graph<'_>,
    tree: &RuntimeTree,
    dists: &Dists,
    target: &Target,
    packed: &PackedModules,
) -> Option<Finding> {
    let importer = &graph.nodes[missing.importer];
    let (parent, last) =
        missing.name.rsplit_once('.').map_or((None, missing.name.as_str()), |(up, last)| (Some(up), last));
    let grade = match missing.moment {
        Moment::Guarded(_) => Grade::Note,
        _ if missing.level == Certainty::Surely => Grade::Error,
        _ => Grade::Warning,
    };
    let place = place(graph.label(missing.importer), missing.line);
    let mut chain = graph.chain(missing.importer);
    chain.push(format!("{place} imports {}", missing.name));
    let find = |code, subject: &str, message: String| {
        Finding::new(code, grade, subject, message)
            .file(graph.label(missing.importer))
            .line(missing.line)
            .chain(chain.clone())
    };
    if missing.name.starts_with('.') {
        if !importer.is_users || grade == Grade::Note {
            return None;
        }
        let message = format!("`{}` leads out of the package of `{}`", missing.name, importer.name);
        return Some(find(Code::MissingSubmodule, &missing.name, message).fix("write the name without leading dots"));
    }
    if let Some(foreign) = graph.search.foreign(&missing.folders, last, target) {
        let file = &tree.files[foreign.file];
        let group = dists.group(&file.path, tree);
        let (code, message, fix) = made_for_others(&foreign.reason, &file.label, &group, target);
        return Some(find(code, &group, message).fix(fix));
    }
    if let Some(parent) = parent {
        if !importer.is_users && grade != Grade::Note && graph.is_namespace(parent) {
            let message = format!("`{}` is imported, and `{parent}` is a folder without it", missing.name);
            let fix = format!("add the project `{}` to the requirements", missing.name.replace(['.', '_'], "-"));
            return Some(find(Code::MissingModule, &missing.name, message).fix(fix));
        }
        // Packages make submodules in ways that cannot be seen: only the user's own code is taken at its word.
        if !importer.is_users || grade == Grade::Note {
            return None;
        }
        let what = if missing.is_name { "has neither such a name nor such a module" } else { "has no such module" };
        let message = format!("`{}` is imported, and `{parent}` {what}", missing.name);
        return Some(
            find(Code::MissingSubmodule, &missing.name, message).fix(format!("correct the name, or bundle `{last}`")),
        );
    }
    if missing.is_name {
        return None;
    }
    if let Some((since, instead)) = removal(last, graph.search.minor()) {
        // setuptools puts a module of this name in its place when it is imported.
        if last == "distutils" && matches!(graph.search.top("setuptools", target), FoundModule::File { .. }) {
            return None;
        }
        let message = format!("Python no longer has `{last}` since 3.{since}");
        return Some(find(Code::RemovedModule, last, message).fix(instead));
    }
    let is_later = missing.level == Certainty::Later || grade == Grade::Note;
    let code = if is_later { Code::MissingLazily } else { Code::MissingModule };
    let message = match missing.moment {
        Moment::Guarded(_) => format!("`{last}` is imported where its absence is caught, and is nowhere to be found"),
        _ if is_later => format!("`{last}` is imported later, and is nowhere to be found"),
        _ => format!("`{last}` is imported, and is nowhere to be found"),
    };
    if let Some(dist) = dists.bringing(last) {
        let fix = format!("install {} {} again: it says that it brings `{last}`", dist.name, dist.version);
        return Some(find(code, last, message).fix(fix));
    }
    if let Some(archive) = packed.holding(last) {
        let fix = format!("`{archive}` has it: whatever unpacks that has to run before the import");
        return Some(Finding { grade: grade.min(Grade::Warning), ..find(code, last, message) }.fix(fix));
    }
    let elsewhere = graph.search.elsewhere(last, "/var/task").into_iter().next();
    let fix = match elsewhere {
        Some(folder) => {
            let folder = folder.strip_prefix("/var/task/").unwrap_or(&folder).to_owned();
            format!("a module of this name lies in `{folder}`, where Python does not look: move it to the root")
        }
        None => format!("add the project `{}` to the requirements", project(last)),
    };
    Some(find(code, last, message).fix(fix))
}

/// The code, the message and the way out for a module that is there, compiled for something else than the target.
fn made_for_others(reason: &ForeignReason, label: &str, group: &str, target: &Target) -> (Code, String, String) {
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
    let row = PROJECTS.binary_search_by(|(name, _)| (*name).cmp(module)).ok();
    row.map_or_else(|| module.replace('_', "-"), |at| PROJECTS[at].1.to_owned())
}

/// Modules that are imported and cannot be parsed, or were not read.
pub(super) fn sources(graph: &mut Graph<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for node in 0..graph.nodes.len() {
        let Some(module) = graph.module(node) else { continue };
        let label = graph.label(node).to_owned();
        if module.is_unread {
            let message = "the file is damaged or too large: nothing is known about what it imports".to_owned();
            findings.push(Finding::new(Code::NotRead, Grade::Note, label.clone(), message).file(label));
            continue;
        }
        let Some(fault) = &module.fault else { continue };
        let grade = if graph.nodes[node].level == Certainty::Surely { Grade::Error } else { Grade::Warning };
        let (code, fix) = if fault.is_of_another_version {
            (Code::NewerSyntax, "take a runtime with that Python, or a version of the code for this one")
        } else {
            (Code::SyntaxError, "correct the file")
        };
        findings.push(
            Finding::new(code, grade, label.clone(), fault.reason.clone())
                .file(label)
                .line(fault.line)
                .chain(graph.chain(node))
                .fix(fix),
        );
    }
    findings
}

/// Projects that are left to the runtime.
pub(super) fn left_to_runtime(graph: &Graph<'_>, target: &Target) -> Vec<Finding> {
    let name = |module: &str| runtime_project(module).unwrap_or("setuptools").to_owned();
    let uses = graph.of_runtime.iter();
    uses.map(|(module, importer, line)| {
        let project = name(module);
        let message =
            format!("`{module}` comes from {}, in a version that AWS changes without notice", target.runtime());
        Finding::new(Code::LeftToRuntime, Grade::Note, project.clone(), message)
            .file(graph.label(*importer))
            .line(*line)
            .fix(format!("bundle {project} to fix its version"))
    })
    .collect()
}

/// The urllib3 of the bundle that the runtime's Python or botocore cannot use.
pub(super) fn sdk_clash(graph: &Graph<'_>, dists: &Dists, target: &Target) -> Option<Finding> {
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
        assert!(PROJECTS.is_sorted());
        assert_eq!(project("yaml"), "PyYAML");
        assert_eq!(project("six"), "six");
        assert_eq!(project("google_crc32c"), "google-crc32c");
    }
}
