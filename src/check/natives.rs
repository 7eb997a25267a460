//! Native objects: whether the runtime can load them, by the steps of its dynamic loader (glibc, "ld.so").

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::iter::successors;
use std::path::Path;

use rayon::prelude::*;

use super::bundle::CheckedBundle;
use super::code::Code;
use super::dists::is_beside_the_point;
use super::finding::{Finding, Grade};
use super::graph::Graph;
use super::imported::Certainty;
use super::known::Libraries;
use super::tree::{RuntimeTree, ends_in};
use crate::archive::{folder_and_name, normalized};
use crate::elf::{ElfError, FOREIGN_PREFIX, Object, foreign_format};
use crate::target::{LIBRARY_PATH, Presence, SymbolVersion, python_symbol_since};

/// Every native object of a function.
pub(super) struct Natives<'a> {
    bundle: CheckedBundle<'a>,
    libraries: &'a Libraries,
    objects: BTreeMap<usize, Result<Object, ElfError>>,
    /// Files by their last name, for libraries that lie elsewhere.
    by_name: HashMap<&'a str, Vec<usize>>,
    findings: Vec<Finding>,
}

/// A native module that is imported.
struct Reached {
    file: usize,
    /// The last part of the name that it is imported by.
    name: String,
    /// Whether the package may have something else of that name, so that the file is never loaded.
    may_be_attribute: bool,
    /// How bad it is where it cannot be loaded.
    grade: Grade,
    /// How the handler gets there.
    chain: Vec<String>,
}

/// One module with the libraries that its loading loads: objects in the order of loading, each with the place of the
/// one that needed it.
type Loading = [(usize, Option<usize>)];

/// An object as it comes to be loaded.
#[derive(Clone, Copy)]
struct Arrival<'c> {
    file: usize,
    /// How bad it is where it cannot be loaded.
    grade: Grade,
    /// How the handler gets there.
    chain: &'c [String],
}

impl<'a> Natives<'a> {
    /// Reads every object of the tree, on all processors.
    pub(super) fn read(bundle: CheckedBundle<'a>, libraries: &'a Libraries) -> Self {
        let tree = bundle.tree;
        let candidates: Vec<usize> = (0..tree.files.len()).filter(|file| may_be_object(tree, *file)).collect();
        let read = |file: usize| Some((file, bundle.summaries.object(file)?));
        let objects: BTreeMap<usize, _> =
            candidates.into_par_iter().filter_map(read).collect::<Vec<_>>().into_iter().collect();
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for file in objects.keys() {
            by_name.entry(folder_and_name(&tree.files[*file].path).1).or_default().push(*file);
        }
        Self { bundle, libraries, objects, by_name, findings: Vec::new() }
    }

    /// Number of objects.
    pub(super) fn count(&self) -> usize {
        self.objects.len()
    }

    /// Loads the native modules that a graph reaches, in its order, then looks at what nobody loads.
    pub(super) fn check(mut self, graph: &Graph<'_>) -> Vec<Finding> {
        let mut loaded: HashMap<String, usize> = HashMap::new();
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        for reached in self.reached(graph) {
            if self.objects.contains_key(&reached.file) {
                self.load(&reached, &mut loaded, &mut seen);
            } else {
                self.no_object(reached);
            }
        }
        let rest: Vec<usize> = self.objects.keys().copied().filter(|file| !seen.contains(file)).collect();
        for file in rest {
            self.unloaded(file);
        }
        self.findings
    }

    /// The native modules that a graph reaches, the surest first.
    fn reached(&self, graph: &Graph<'_>) -> Vec<Reached> {
        let nodes = graph.nodes.iter().enumerate().filter_map(|(number, node)| Some((number, node, node.file?)));
        let mut nodes: Vec<_> =
            nodes.filter(|(.., file)| ends_in(&self.bundle.tree.files[*file].path, ".so")).collect();
        nodes.sort_by_key(|(_, node, _)| std::cmp::Reverse(node.level));
        let reached = nodes.into_iter().map(|(number, node, file)| Reached {
            file,
            name: node.name.rsplit('.').next().unwrap_or(&node.name).to_owned(),
            may_be_attribute: node.may_be_attribute,
            grade: if node.level == Certainty::Surely { Grade::Error } else { Grade::Warning },
            chain: graph.chain(number),
        });
        reached.collect()
    }

    /// A module that is loaded as native code and is none for Linux.
    fn no_object(&mut self, Reached { file, grade, chain, .. }: Reached) {
        let (label, group) = (self.bundle.label(file), self.bundle.group(file));
        let finding = if let Some(system) = foreign_format(&self.bundle.tree.start(file, FOREIGN_PREFIX as u64)) {
            let message = format!("native code for {system}, and Lambda has Linux");
            let fix = format!("install {group} for Lambda: `barrow bundle` never takes the machine's own system");
            Finding::new(Code::WrongSystem, grade, group, message).fix(fix)
        } else {
            let is_empty = self.bundle.tree.files[file].size == 0;
            let message = if is_empty { "it is empty".to_owned() } else { ElfError::Other.to_string() };
            Finding::new(Code::DamagedObject, grade, label, message).fix(format!("install {group} again"))
        };
        self.findings.push(finding.file(label).chain(chain));
    }

    /// Loads one module with everything that it needs.
    fn load(&mut self, module: &Reached, loaded: &mut HashMap<String, usize>, seen: &mut BTreeSet<usize>) {
        let mut loading = vec![(module.file, None)];
        let mut queue = VecDeque::from([0_usize]);
        let mut local: HashMap<String, Option<usize>> = HashMap::new();
        while let Some(at) = queue.pop_front() {
            let (file, _) = loading[at];
            if !seen.insert(file) {
                continue;
            }
            let chain = self.load_chain(&module.chain, &loading, at);
            let arrival = Arrival { file, grade: module.grade, chain: &chain };
            let Some(object) = self.look(arrival) else { continue };
            if at == 0 {
                self.no_module(&object, module);
            }
            loaded.insert(folder_and_name(&self.bundle.tree.files[file].path).1.to_owned(), file);
            if let Some(soname) = &object.soname {
                loaded.insert(soname.clone(), file);
            }
            for name in &object.needed {
                if loaded.contains_key(name) {
                    continue;
                }
                let found = self.find(name, &loading, at);
                local.insert(name.clone(), found);
                if let Some(library) = found {
                    loading.push((library, Some(at)));
                    queue.push_back(loading.len() - 1);
                } else {
                    self.left_to_system(name, arrival);
                }
            }
            self.versions(&object, arrival, |library| {
                !loaded.contains_key(library) && local.get(library).is_none_or(Option::is_none)
            });
        }
    }

    /// An object that is loaded as a module and does not define it. Names beyond ASCII are spelled otherwise there.
    fn no_module(&mut self, object: &Object, Reached { file, name, grade, chain, may_be_attribute }: &Reached) {
        // Python asks for the name with `_` in place of `-`, and finds it in a library that the module needs, too.
        let name = &name.replace('-', "_");
        let defines = |object: &Object| object.modules.contains(name);
        let is_there = defines(object) || self.objects.values().flatten().any(defines);
        if is_there || *may_be_attribute || !name.is_ascii() {
            return;
        }
        let (label, group) = (self.bundle.label(*file), self.bundle.group(*file));
        let message = format!("it is imported as `{name}`, and does not define PyInit_{name}");
        let fix = match object.modules.as_slice() {
            [] => format!("it is a library: put it where Python takes it for no module, or install {group} again"),
            modules => format!("give the file the name of the module that it is: `{}`", modules.join("`, `")),
        };
        self.findings.push(Finding::of_file(Code::NoModule, *grade, label, message).chain(chain.clone()).fix(fix));
    }

    fn finding(&self, at: Arrival<'_>, code: Code, subject: &str, message: String) -> Finding {
        Finding::new(code, at.grade, subject, message).file(self.bundle.label(at.file)).chain(at.chain.to_vec())
    }

    /// What can be told from an object itself; the object where it can be loaded at all.
    fn look(&mut self, at: Arrival<'_>) -> Option<Object> {
        let (label, group, target) = (self.bundle.label(at.file), self.bundle.group(at.file), self.bundle.target);
        let object = match self.objects.get(&at.file)? {
            Ok(object) => object.clone(),
            Err(error) => {
                let finding = self.finding(at, Code::DamagedObject, label, error.to_string());
                self.findings.push(finding.fix(format!("install {group} again")));
                return None;
            }
        };
        if object.architecture() != Some(target.architecture()) {
            let own = object.architecture().map_or("another processor", |architecture| architecture.as_str());
            let message = format!("native code for {own}, and the function is for {}", target.architecture());
            let fix = format!("bundle again with `--arch {}`", target.architecture());
            self.findings.push(self.finding(at, Code::WrongProcessor, &group, message).fix(fix));
            return None;
        }
        if object.needs_musl() {
            let message = "native code for musl (Alpine Linux), and Lambda has glibc".to_owned();
            let fix = format!("install {group} from a manylinux wheel");
            self.findings.push(self.finding(at, Code::WrongSystem, &group, message).fix(fix));
            return None;
        }
        if object.has_executable_stack && !object.is_program {
            let message = "it asks for an executable stack, which newer versions of glibc refuse".to_owned();
            let grade = at.grade.min(Grade::Warning);
            self.findings.push(Finding::new(Code::ExecutableStack, grade, group.clone(), message).file(label));
        }
        let (_, minor) = target.runtime().python_version();
        let newest = object.python_symbols.iter().filter_map(|name| Some((python_symbol_since(name)?, name))).max();
        if let Some((since, name)) = newest.filter(|(since, _)| u64::from(*since) > minor) {
            let message = format!("it needs {name}, which came with Python 3.{since}");
            let fix = format!("take a version of {group} that is built for Python 3.{minor}");
            self.findings.push(self.finding(at, Code::StableAbi, &group, message).fix(fix));
        }
        Some(object)
    }

    /// The file of the bundle that the loader takes for a needed library; `None`: the system's, or none.
    fn find(&self, name: &str, loading: &Loading, at: usize) -> Option<usize> {
        let object = |file: usize| self.objects.get(&file).and_then(|object| object.as_ref().ok());
        let file = loading[at].0;
        let own = object(file)?;
        if name.contains('/') {
            return self.usable(&self.expand(name, file));
        }
        if own.runpath.is_empty() {
            // DT_RPATH of the object and of those that led to it, as far as they have no DT_RUNPATH.
            let in_rpath = |file: usize| {
                let loader = object(file).filter(|object| object.runpath.is_empty())?;
                self.in_folders(&loader.rpath, file, name)
            };
            if let Some(found) = loaders(loading, at).find_map(in_rpath) {
                return Some(found);
            }
        }
        if self.presence(name) == Presence::Certain {
            return None;
        }
        let on_path = LIBRARY_PATH.iter().find_map(|folder| self.usable(&format!("{folder}/{name}")));
        on_path.or_else(|| self.in_folders(&own.runpath, file, name))
    }

    fn in_folders(&self, folders: &[String], file: usize, name: &str) -> Option<usize> {
        folders.iter().find_map(|folder| self.usable(&format!("{}/{name}", self.expand(folder, file))))
    }

    /// `$ORIGIN`, `$LIB` and `$PLATFORM` in a path, and `..` resolved.
    fn expand(&self, path: &str, file: usize) -> String {
        let origin = folder_and_name(&self.bundle.tree.files[file].path).0;
        let machine = self.bundle.target.architecture().machine();
        let mut path = path.to_owned();
        for (name, value) in [("ORIGIN", origin), ("LIB", "lib64"), ("PLATFORM", machine)] {
            path = path.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
        }
        normalized(Path::new(&format!("/{path}"))).to_string_lossy().into_owned()
    }

    /// A file that the loader takes: objects for other processors it passes over.
    fn usable(&self, path: &str) -> Option<usize> {
        let file = self.bundle.tree.file(path)?;
        match self.objects.get(&file)? {
            Ok(object) => (object.architecture() == Some(self.bundle.target.architecture())).then_some(file),
            Err(_) => Some(file),
        }
    }

    fn presence(&self, name: &str) -> Presence {
        self.libraries.presence(name, self.bundle.target)
    }

    /// A library that the bundle does not have where the loader looks.
    fn left_to_system(&mut self, name: &str, at: Arrival<'_>) {
        let (runtime, group) = (self.bundle.target.runtime(), self.bundle.group(at.file));
        let perhaps = Arrival { grade: at.grade.min(Grade::Warning), ..at };
        let elsewhere = self.by_name.get(name).and_then(|files| files.first());
        let finding = match (self.presence(name), elsewhere) {
            (Presence::Certain, _) => return,
            (_, Some(other)) => {
                let other = self.bundle.label(*other);
                let message = format!("{name} lies at `{other}`, where the loader does not look for it");
                self.finding(perhaps, Code::LibraryMisplaced, name, message)
                    .fix("move it to `lib/` of the bundle, unless the package loads it itself")
            }
            (Presence::Likely, None) => {
                let message = format!(
                    "{group} needs {name}, which the base image of {runtime} has, and the runtime itself perhaps not"
                );
                self.finding(perhaps, Code::LibraryLikely, name, message)
                    .fix(format!("put {name} of {} into `lib/` of the bundle to be sure", runtime.amazon_linux()))
            }
            (Presence::Absent, None) => {
                let message = format!("{group} needs {name}, which is neither in the bundle nor in {runtime}");
                self.finding(at, Code::LibraryAbsent, name, message).fix(self.way_out(&group, name))
            }
        };
        self.findings.push(finding);
    }

    /// How to do without a library.
    fn way_out(&self, group: &str, name: &str) -> String {
        let linux = self.bundle.target.runtime().amazon_linux();
        let lib = format!("put {name}, built for {linux}, into `lib/` of the bundle or of a layer");
        match group {
            "opencv-python" => format!("take opencv-python-headless in its place, or {lib}"),
            "opencv-contrib-python" => format!("take opencv-contrib-python-headless in its place, or {lib}"),
            _ => lib,
        }
    }

    /// Versions of symbols that the libraries of the system must have.
    fn versions(&mut self, object: &Object, at: Arrival<'_>, is_systems: impl Fn(&str) -> bool) {
        let (runtime, glibc) = (self.bundle.target.runtime(), self.bundle.target.glibc());
        let group = self.bundle.group(at.file);
        let needed: Vec<_> = object.versions.iter().filter(|needed| is_systems(&needed.library)).collect();
        let newest = object.glibc().filter(|needed| *needed > glibc);
        if let Some(newest) = newest {
            let message = format!("{group} needs glibc {newest}, and {runtime} has {glibc}");
            let fix = format!("take a version of {group} with a wheel for glibc {glibc} or older");
            let fix = if runtime.glibc().minor < 34 { format!("{fix}, or a runtime from python3.12 on") } else { fix };
            self.findings.push(self.finding(at, Code::GlibcTooNew, &group, message).fix(fix));
        }
        for needed in needed {
            if newest.is_some() && needed.version.starts_with("GLIBC_") {
                continue;
            }
            let (grade, rest) = match runtime.symbol_version(&needed.version, glibc) {
                SymbolVersion::Present | SymbolVersion::Unknown => continue,
                SymbolVersion::Recent { safe } => {
                    (at.grade.min(Grade::Warning), format!("only updates of {runtime} have more than {safe}"))
                }
                SymbolVersion::TooNew { newest } => (at.grade, format!("{runtime} has up to {newest}")),
            };
            let code = if needed.version.starts_with("GLIBC_") { Code::GlibcTooNew } else { Code::SymbolsTooNew };
            let message = format!("{group} needs {} of {}, and {rest}", needed.version, needed.library);
            let fix =
                format!("take another version of {group}, or carry {} with an rpath that finds it", needed.library);
            self.findings.push(self.finding(Arrival { grade, ..at }, code, &group, message).fix(fix));
        }
    }

    /// An object that importing the handler does not load: whatever is wrong with it is a note.
    fn unloaded(&mut self, file: usize) {
        if self.bundle.tree.files[file].path.split('/').any(is_beside_the_point) {
            return;
        }
        let at = Arrival { file, grade: Grade::Note, chain: &[] };
        if let Some(object) = self.look(at).filter(|object| !object.is_program) {
            self.versions(&object, at, |_| true);
            // What lies anywhere in the bundle may have been loaded before by whoever loads this.
            for name in &object.needed {
                if !self.by_name.contains_key(name.as_str()) && self.presence(name) == Presence::Absent {
                    self.left_to_system(name, at);
                }
            }
        }
    }

    /// The chain of imports, then that of libraries.
    fn load_chain(&self, chain: &[String], loading: &Loading, at: usize) -> Vec<String> {
        let libraries: Vec<&str> = loaders(loading, at).map(|file| self.bundle.label(file)).collect();
        chain.iter().map(String::as_str).chain(libraries.into_iter().rev()).map(str::to_owned).collect()
    }
}

/// The object at a place, the one that needed it, the one that needed that, and so on.
fn loaders(loading: &Loading, at: usize) -> impl Iterator<Item = usize> {
    successors(Some(at), |at| loading[*at].1).map(|at| loading[at].0)
}

/// Whether a file may be an object by its name; its first bytes decide.
fn may_be_object(tree: &RuntimeTree, file: usize) -> bool {
    let path = &tree.files[file].path;
    if path.contains(".dist-info/") {
        return false;
    }
    let name = folder_and_name(path).1;
    name.contains(".so")
        || !name.contains('.')
        || tree.files[file].mode.is_some_and(|mode| mode & 0o111 != 0) && !is_text(name)
}

fn is_text(name: &str) -> bool {
    [".py", ".pyi", ".txt", ".json", ".sh", ".h"].iter().any(|ending| name.ends_with(ending))
}
