//! Whether a bundle loads: every reason why importing the handler would fail on Lambda, told before it is deployed.
//!
//! ```text
//! PATH, layers ──▶ gather ──▶ RuntimeTree ──▶ dists ──▶ graph (imports, from the handler on) ──▶ natives (loader, symbols) ──▶ Report
//!                                        └──────▶ tidy (names, modes, sizes)
//! ```
//!
//! Nothing is run and nothing is asked: the tables are in [`crate::target`]. An error is what certainly breaks; what
//! may break is a warning, and what an import catches, or nobody loads, is silence or a note. Any bundle is taken,
//! whoever made it, and hostile files end in a note.
//!
//! Where nobody names a handler, modules at the root that look like one are taken for handlers, and every project of
//! the bundle is taken for imported.

mod archive;
mod bundle;
mod catalogue;
mod code;
mod dists;
mod error;
mod explanations;
mod facts;
mod file;
mod finding;
mod foreign;
mod gather;
mod graph;
mod imported;
mod handler;
mod ignore;
mod known;
mod listing;
mod locked;
mod missing;
mod natives;
mod packed;
mod search;
mod stamp;
mod summaries;
mod tidy;
mod tree;

use std::collections::HashMap;
use std::path::PathBuf;

use rayon::prelude::*;

pub use code::Code;
pub use error::CheckError;
pub use finding::{Finding, Grade, Report};
pub use ignore::IgnoredFinding;
pub use known::PROBE;
use locked::LockedVersion;
pub use locked::read_lock;

use crate::cache::Cache;
use crate::python::on_large_stack;
use crate::requirements::Brought;
use crate::spec::HashDigest;
use crate::target::Target;
use bundle::CheckedBundle;
use dists::Dists;
use file::{BytesAt, CheckedFile};
use gather::{GatheredFiles, gather};
use graph::Graph;
use handler::Handler;
use imported::Certainty;
use known::Libraries;
use natives::Natives;
use summaries::Summaries;
use tree::RuntimeTree;

/// What to check.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// A folder or a zip: a function, a layer, or the file system of an image.
    pub path: PathBuf,
    /// Folders or zips of layers, the lowest first.
    pub layers: Vec<PathBuf>,
    /// Projects that lie where it runs, in something that is not looked at.
    pub elsewhere: Vec<Brought>,
    /// Handlers, as AWS has them; none: modules that look like one.
    pub handlers: Vec<String>,
    /// What it has to run on.
    pub target: Target,
    /// The projects and versions of a lock that it has to be made of.
    pub locked: Option<Vec<LockedVersion>>,
    /// What `--probe` printed on a real runtime.
    pub libraries: Option<PathBuf>,
    /// Where summaries are kept between checks; `None`: nowhere.
    pub cache_folder: Option<PathBuf>,
    /// What the user does not want to hear of.
    pub ignore: Vec<IgnoredFinding>,
}

impl CheckOptions {
    /// The bundle at `path` by itself, without layers; nothing is kept for later checks.
    pub fn new(path: impl Into<PathBuf>, target: Target) -> Self {
        Self {
            path: path.into(),
            layers: Vec::new(),
            elsewhere: Vec::new(),
            handlers: Vec::new(),
            target,
            locked: None,
            libraries: None,
            cache_folder: None,
            ignore: Vec::new(),
        }
    }
}

/// Checks a bundle.
///
/// # Errors
/// What cannot be read at all. Everything that is wrong in a bundle is a finding.
pub fn check(options: &CheckOptions) -> Result<Report, CheckError> {
    let libraries = options.libraries.as_deref().map(Libraries::read).transpose()?.unwrap_or_default();
    let GatheredFiles { tree, mut findings, zip_size } = gather(options)?;
    let mut report = Report {
        files: tree.files.len(),
        size_bytes: tree.files.iter().map(CheckedFile::room).sum(),
        ..Report::default()
    };
    // Of an archive that cannot be read, nothing else is known.
    if tree.files.is_empty() {
        return Ok(report.settle(findings));
    }
    let (modules, objects, found) = on_large_stack(|| look_into(options, &tree, &libraries, zip_size));
    (report.modules, report.objects) = (modules, objects);
    findings.extend(found);
    let all = findings.len();
    findings.retain(|finding| !options.ignore.iter().any(|ignore| ignore.matches(finding)));
    report.ignored = all - findings.len();
    Ok(report.settle(findings))
}

/// Everything that needs the content of files: numbers of modules and of objects, and what was found.
fn look_into(
    options: &CheckOptions,
    tree: &RuntimeTree,
    libraries: &Libraries,
    zip_size: Option<u64>,
) -> (usize, usize, Vec<Finding>) {
    let target = &options.target;
    let roots = search::ModuleSearch::new(tree, target).roots().to_vec();
    let dists = Dists::read(tree, &roots);
    let (_, minor) = target.runtime().python_version();
    let cache = options.cache_folder.as_ref().map(|folder| Cache::at(folder.clone()));
    let summaries = &Summaries::open(cache.as_ref(), &options.path, minor, tree, &dists);
    let mut findings = dists.findings(tree, options);
    findings.extend(tidy::sizes(tree, &dists, options.layers.len(), zip_size));
    if let Some(locked) = &options.locked {
        findings.extend(locked::findings(&dists, locked, target));
    }
    let bundle = CheckedBundle { tree, dists: &dists, summaries, target };
    let mut graph = walk(options, bundle, false, &mut findings);
    findings.extend(tidy::findings(&graph));
    findings.extend(missing::sources(&mut graph));
    let missed = missing::findings(&graph, &options.elsewhere);
    // What is missing as a module is not told once more as a requirement.
    let told: Vec<String> = missed.iter().map(|finding| missing::project(&finding.subject).to_lowercase()).collect();
    findings
        .retain(|finding| finding.code != Code::UnmetRequirement || !told.contains(&finding.subject.to_lowercase()));
    findings.extend(missed);
    findings.extend(missing::left_to_runtime(&graph, &options.elsewhere));
    findings.extend(missing::sdk_clash(&graph));
    let modules = graph.nodes.iter().filter(|node| node.file.is_some()).count();
    let natives = Natives::read(bundle, libraries);
    let objects = natives.count();
    findings.extend(natives.check(&graph));
    findings.extend(foreign::findings(options, &graph, &findings));
    // Last, because what was read until now has its digest and is whole.
    findings.extend(dists.record_findings(tree, &digests(tree, &dists, summaries)));
    findings.extend(damaged(tree, summaries));
    summaries.keep();
    (modules, objects, findings)
}

/// Follows the imports of the handlers, and where it is asked for conditional ones of projects too.
fn walk<'a>(
    options: &CheckOptions,
    bundle: CheckedBundle<'a>,
    follows_conditions: bool,
    findings: &mut Vec<Finding>,
) -> Graph<'a> {
    let (scripts, handlers): (Vec<&String>, Vec<&String>) =
        options.handlers.iter().partition(|handler| handler::is_script(handler));
    findings.extend(scripts.into_iter().flat_map(|script| handler::check_script(script, bundle.tree)));
    let parsed: Vec<Result<Handler<'_>, Finding>> = handlers.into_iter().map(|it| Handler::parse(it)).collect();
    let own_top = parsed.iter().flatten().next().map(|handler| handler.top().to_owned());
    let mut graph = Graph::new(bundle, own_top);
    graph.follows_conditions = follows_conditions;
    let mut started = Vec::new();
    for handler in parsed {
        match handler {
            Ok(handler) => {
                let node = handler.start(&mut graph, findings);
                started.extend(node.map(|node| (handler, node)));
            }
            Err(finding) => findings.push(finding),
        }
    }
    if options.handlers.is_empty() {
        start_without_handler(&mut graph);
    }
    graph.walk();
    for (handler, node) in started {
        handler.function(&mut graph, node, findings);
    }
    graph
}

/// Starts at what could be a handler, and at every project.
fn start_without_handler(graph: &mut Graph<'_>) {
    let CheckedBundle { tree, dists, target, .. } = graph.bundle;
    let roots = graph.search.roots().to_vec();
    let mut own: Vec<String> = roots
        .iter()
        .flat_map(|root| tree.names(root).iter().map(move |name| (root, name)))
        .filter(|(root, name)| !dists.is_third_party(&format!("{root}/{name}"), &roots))
        .filter_map(|(_, name)| name.strip_suffix(".py").map(str::to_owned))
        .filter(|name| !is_tool(name))
        .collect();
    own.sort_unstable();
    for module in own {
        let Ok(node) = graph.start(&module, Certainty::Probably) else { continue };
        let looks_like_handler = is_usual_name(&module)
            || graph.module(node).is_some_and(|module| module.names.iter().any(|name| name.contains("handler")));
        if looks_like_handler {
            let _ = graph.start(&module, Certainty::Surely);
        }
    }
    for (module, is_sure) in dists.top_modules(target) {
        let _ = graph.start(&module, if is_sure { Certainty::Surely } else { Certainty::Probably });
    }
}

/// Modules at the root that are for the developer.
fn is_tool(name: &str) -> bool {
    dists::is_beside_the_point(name)
        || name.starts_with("test_")
        || name.ends_with("_test")
        || matches!(
            name,
            "noxfile" | "fabfile" | "manage" | "tasks" | "locustfile" | "deploy" | "gunicorn_conf" | "dodo"
        )
}

/// Names that AWS and its tools give to the module of a handler.
fn is_usual_name(name: &str) -> bool {
    matches!(name, "app" | "main" | "handler" | "lambda_function" | "index" | "function")
}

/// Entries of archives that do not unpack to what the archive says of them.
fn damaged(tree: &RuntimeTree, summaries: &Summaries<'_>) -> Vec<Finding> {
    if tree.is_bomb {
        let message = "the archive unpacks to so much that nothing in it was looked into".to_owned();
        return vec![Finding::new(Code::NotRead, Grade::Note, "archive", message)];
    }
    let is_zipped = |file: &usize| matches!(tree.files[*file].content, BytesAt::Zip(..)) && !tree.files[*file].is_link;
    let zipped: Vec<usize> = (0..tree.files.len()).filter(is_zipped).collect();
    let fault = |file: usize| {
        let error = summaries.unpack(file).err()?;
        let find = |code, grade, message: String| Finding::of_file(code, grade, &tree.files[file].label, message);
        Some(if error.kind() == std::io::ErrorKind::FileTooLarge {
            find(Code::NotRead, Grade::Note, "the file is too large to be looked into".to_owned())
        } else {
            let message = format!("the entry cannot be unpacked: {error}");
            find(Code::BadZip, Grade::Error, message).fix("make the archive again")
        })
    };
    zipped.into_par_iter().filter_map(fault).collect()
}

/// The digests of files that RECORD promises one for, made on all processors.
fn digests(tree: &RuntimeTree, dists: &Dists, summaries: &Summaries<'_>) -> HashMap<usize, HashDigest> {
    let files = dists.promised_files(tree);
    files.into_par_iter().filter_map(|file| Some((file, summaries.digest(file)?))).collect()
}
