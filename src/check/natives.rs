//! Native objects: whether the runtime can load them, by the steps of its dynamic loader (glibc, "ld.so").

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use rayon::prelude::*;

use super::code::Code;
use super::dists::{Dists, is_beside_the_point};
use super::finding::{Finding, Grade};
use super::graph::Graph;
use super::imported::Certainty;
use super::known::Libraries;
use super::summaries::Summaries;
use super::tree::{RuntimeTree, ends_in};
use crate::archive::folder_and_name;
use crate::elf::{ElfError, FOREIGN_PREFIX, Object, foreign_format};
use crate::target::{LIBRARY_PATH, Presence, SymbolVersion, Target, python_symbol_since};

/// Every native object of a function.
pub(super) struct Natives<'a> {
    tree: &'a RuntimeTree,
    target: &'a Target,
    dists: &'a Dists,
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

/// One module with the libraries that its loading loads.
struct Loading {
    /// Objects in the order of loading; each with the one that needed it.
    objects: Vec<(usize, Option<usize>)>,
}

impl<'a> Natives<'a> {
    /// Reads every object of the tree, on all processors.
    pub(super) fn read(
        tree: &'a RuntimeTree,
        target: &'a Target,
        dists: &'a Dists,
        libraries: &'a Libraries,
        summaries: &Summaries<'_>,
    ) -> Self {
        let candidates: Vec<usize> = (0..tree.files.len()).filter(|file| may_be_object(tree, *file)).collect();
        let read = |file: usize| Some((file, summaries.object(file)?));
        let objects: BTreeMap<usize, _> =
            candidates.into_par_iter().filter_map(read).collect::<Vec<_>>().into_iter().collect();
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for file in objects.keys() {
            by_name.entry(last_name(&tree.files[*file].path)).or_default().push(*file);
        }
        Self { tree, target, dists, libraries, objects, by_name, findings: Vec::new() }
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
        let mut nodes: Vec<_> = nodes.filter(|(.., file)| ends_in(&self.tree.files[*file].path, ".so")).collect();
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
        let label = self.tree.files[file].label.clone();
        let group = self.dists.group(&self.tree.files[file].path, self.tree);
        let finding = if let Some(system) = foreign_format(&self.tree.start(file, FOREIGN_PREFIX)) {
            let message = format!("native code for {system}, and Lambda has Linux");
            let fix = format!("install {group} for Lambda: `barrow bundle` never takes the machine's own system");
            Finding::new(Code::WrongSystem, grade, group, message).fix(fix)
        } else {
            let message =
                if self.tree.files[file].size == 0 { "it is empty".to_owned() } else { ElfError::Other.to_string() };
            Finding::new(Code::DamagedObject, grade, label.clone(), message).fix(format!("install {group} again"))
        };
        self.add(finding.file(label).chain(chain));
    }

    /// Loads one module with everything that it needs.
    fn load(&mut self, module: &Reached, loaded: &mut HashMap<String, usize>, seen: &mut BTreeSet<usize>) {
        let grade = module.grade;
        let mut loading = Loading { objects: vec![(module.file, None)] };
        let mut queue = VecDeque::from([0_usize]);
        let mut local: HashMap<String, Option<usize>> = HashMap::new();
        while let Some(at) = queue.pop_front() {
            let (file, _) = loading.objects[at];
            if !seen.insert(file) {
                continue;
            }
            let chain = self.load_chain(&module.chain, &loading, at);
            let Some(object) = self.look(file, grade, &chain) else { continue };
            if at == 0 {
                self.no_module(&object, module);
            }
            loaded.insert(last_name(&self.tree.files[file].path).to_owned(), file);
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
                    loading.objects.push((library, Some(at)));
                    queue.push_back(loading.objects.len() - 1);
                } else {
                    self.left_to_system(name, file, grade, &chain);
                }
            }
            self.versions(&object, file, grade, &chain, |library| {
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
        let label = self.tree.files[*file].label.clone();
        let group = self.dists.group(&self.tree.files[*file].path, self.tree);
        let message = format!("it is imported as `{name}`, and does not define PyInit_{name}");
        let fix = match object.modules.as_slice() {
            [] => format!("it is a library: put it where Python takes it for no module, or install {group} again"),
            modules => format!("give the file the name of the module that it is: `{}`", modules.join("`, `")),
        };
        self.add(
            Finding::new(Code::NoModule, *grade, label.clone(), message).file(label).chain(chain.clone()).fix(fix),
        );
    }

    /// What can be told from an object itself; the object where it can be loaded at all.
    fn look(&mut self, file: usize, grade: Grade, chain: &[String]) -> Option<Object> {
        let label = self.tree.files[file].label.clone();
        let group = self.dists.group(&self.tree.files[file].path, self.tree);
        let object = match self.objects.get(&file)? {
            Ok(object) => object.clone(),
            Err(error) => {
                let finding = Finding::new(Code::DamagedObject, grade, label.clone(), error.to_string());
                self.add(finding.file(label).chain(chain.to_vec()).fix(format!("install {group} again")));
                return None;
            }
        };
        if object.architecture() != Some(self.target.architecture()) {
            let own = object.architecture().map_or("another processor", |architecture| architecture.as_str());
            let message = format!("native code for {own}, and the function is for {}", self.target.architecture());
            let fix = format!("bundle again with `--arch {}`", self.target.architecture());
            self.add(
                Finding::new(Code::WrongProcessor, grade, group, message).file(label).chain(chain.to_vec()).fix(fix),
            );
            return None;
        }
        if object.needs_musl() {
            let message = "native code for musl (Alpine Linux), and Lambda has glibc".to_owned();
            let fix = format!("install {group} from a manylinux wheel");
            self.add(Finding::new(Code::WrongSystem, grade, group, message).file(label).chain(chain.to_vec()).fix(fix));
            return None;
        }
        if object.has_executable_stack && !object.is_program {
            let message = "it asks for an executable stack, which newer versions of glibc refuse".to_owned();
            let grade = grade.min(Grade::Warning);
            self.add(Finding::new(Code::ExecutableStack, grade, group.clone(), message).file(label.clone()));
        }
        let (_, minor) = self.target.runtime().python_version();
        let newest = object.python_symbols.iter().filter_map(|name| Some((python_symbol_since(name)?, name))).max();
        if let Some((since, name)) = newest.filter(|(since, _)| u64::from(*since) > minor) {
            let message = format!("it needs {name}, which came with Python 3.{since}");
            let fix = format!("take a version of {group} that is built for Python 3.{minor}");
            self.add(Finding::new(Code::StableAbi, grade, group, message).file(label).chain(chain.to_vec()).fix(fix));
        }
        Some(object)
    }

    /// The file of the bundle that the loader takes for a needed library; `None`: the system's, or none.
    fn find(&self, name: &str, loading: &Loading, at: usize) -> Option<usize> {
        let object = |at: usize| self.objects.get(&loading.objects[at].0).and_then(|object| object.as_ref().ok());
        let own = object(at)?;
        if name.contains('/') {
            return self.usable(&self.expand(name, loading.objects[at].0));
        }
        if own.runpath.is_empty() {
            // DT_RPATH of the object and of those that led to it, as far as they have no DT_RUNPATH.
            let mut next = Some(at);
            while let Some(loader) = next {
                if let Some(found) = object(loader).filter(|object| object.runpath.is_empty()) {
                    let file = loading.objects[loader].0;
                    if let Some(found) = self.in_folders(&found.rpath, file, name) {
                        return Some(found);
                    }
                }
                next = loading.objects[loader].1;
            }
        }
        if self.presence(name) == Presence::Certain {
            return None;
        }
        let on_path = LIBRARY_PATH.iter().find_map(|folder| self.usable(&format!("{folder}/{name}")));
        on_path.or_else(|| self.in_folders(&own.runpath, loading.objects[at].0, name))
    }

    fn in_folders(&self, folders: &[String], file: usize, name: &str) -> Option<usize> {
        folders.iter().find_map(|folder| self.usable(&format!("{}/{name}", self.expand(folder, file))))
    }

    /// `$ORIGIN`, `$LIB` and `$PLATFORM` in a path, and `..` resolved.
    fn expand(&self, path: &str, file: usize) -> String {
        let origin = folder_and_name(&self.tree.files[file].path).0;
        let machine = self.target.architecture().machine();
        let mut path = path.to_owned();
        for (name, value) in [("ORIGIN", origin), ("LIB", "lib64"), ("PLATFORM", machine)] {
            path = path.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        format!("/{}", parts.join("/"))
    }

    /// A file that the loader takes: objects for other processors it passes over.
    fn usable(&self, path: &str) -> Option<usize> {
        let file = self.tree.file(path)?;
        match self.objects.get(&file)? {
            Ok(object) => (object.architecture() == Some(self.target.architecture())).then_some(file),
            Err(_) => Some(file),
        }
    }

    fn presence(&self, name: &str) -> Presence {
        self.libraries.presence(name, self.target)
    }

    /// A library that the bundle does not have where the loader looks.
    fn left_to_system(&mut self, name: &str, file: usize, grade: Grade, chain: &[String]) {
        let runtime = self.target.runtime();
        let label = self.tree.files[file].label.clone();
        let group = self.dists.group(&self.tree.files[file].path, self.tree);
        let finding = match self.presence(name) {
            Presence::Certain => return,
            _ if self.by_name.contains_key(name) => {
                let other = self.by_name[name].first().map_or("", |other| &self.tree.files[*other].label);
                let message = format!("{name} lies at `{other}`, where the loader does not look for it");
                Finding::new(Code::LibraryMisplaced, grade.min(Grade::Warning), name, message)
                    .fix("move it to `lib/` of the bundle, unless the package loads it itself")
            }
            Presence::Likely => {
                let message = format!(
                    "{group} needs {name}, which the base image of {runtime} has, and the runtime itself perhaps not"
                );
                Finding::new(Code::LibraryLikely, grade.min(Grade::Warning), name, message)
                    .fix(format!("put {name} of {} into `lib/` of the bundle to be sure", runtime.amazon_linux()))
            }
            Presence::Absent => {
                let message = format!("{group} needs {name}, which is neither in the bundle nor in {runtime}");
                Finding::new(Code::LibraryAbsent, grade, name, message).fix(self.way_out(&group, name))
            }
        };
        self.add(finding.file(label).chain(chain.to_vec()));
    }

    /// How to do without a library.
    fn way_out(&self, group: &str, name: &str) -> String {
        let lib = format!(
            "put {name}, built for {}, into `lib/` of the bundle or of a layer",
            self.target.runtime().amazon_linux()
        );
        match group {
            "opencv-python" => format!("take opencv-python-headless in its place, or {lib}"),
            "opencv-contrib-python" => format!("take opencv-contrib-python-headless in its place, or {lib}"),
            _ => lib,
        }
    }

    /// Versions of symbols that the libraries of the system must have.
    fn versions(
        &mut self,
        object: &Object,
        file: usize,
        grade: Grade,
        chain: &[String],
        is_systems: impl Fn(&str) -> bool,
    ) {
        let (runtime, glibc) = (self.target.runtime(), self.target.glibc());
        let label = self.tree.files[file].label.clone();
        let group = self.dists.group(&self.tree.files[file].path, self.tree);
        let needed: Vec<_> = object.versions.iter().filter(|needed| is_systems(&needed.library)).collect();
        let newest = object.glibc().filter(|needed| *needed > glibc);
        if let Some(newest) = newest {
            let message = format!("{group} needs glibc {newest}, and {runtime} has {glibc}");
            let fix = format!("take a version of {group} with a wheel for glibc {glibc} or older");
            let fix = if runtime.glibc().minor < 34 { format!("{fix}, or a runtime from python3.12 on") } else { fix };
            self.add(
                Finding::new(Code::GlibcTooNew, grade, group.clone(), message)
                    .file(label.clone())
                    .chain(chain.to_vec())
                    .fix(fix),
            );
        }
        for needed in needed {
            if newest.is_some() && needed.version.starts_with("GLIBC_") {
                continue;
            }
            let (grade, rest) = match runtime.symbol_version(&needed.version, glibc) {
                SymbolVersion::Present | SymbolVersion::Unknown => continue,
                SymbolVersion::Recent { safe } => {
                    (grade.min(Grade::Warning), format!("only updates of {runtime} have more than {safe}"))
                }
                SymbolVersion::TooNew { newest } => (grade, format!("{runtime} has up to {newest}")),
            };
            let code = if needed.version.starts_with("GLIBC_") { Code::GlibcTooNew } else { Code::SymbolsTooNew };
            let message = format!("{group} needs {} of {}, and {rest}", needed.version, needed.library);
            let fix =
                format!("take another version of {group}, or carry {} with an rpath that finds it", needed.library);
            self.add(
                Finding::new(code, grade, group.clone(), message).file(label.clone()).chain(chain.to_vec()).fix(fix),
            );
        }
    }

    /// An object that importing the handler does not load: whatever is wrong with it is a note.
    fn unloaded(&mut self, file: usize) {
        let path = &self.tree.files[file].path;
        if path.split('/').any(is_beside_the_point) {
            return;
        }
        let Some(object) = self.look(file, Grade::Note, &[]) else { return };
        if !object.is_program {
            self.versions(&object, file, Grade::Note, &[], |_| true);
        }
    }

    /// The chain of imports, then that of libraries.
    fn load_chain(&self, chain: &[String], loading: &Loading, at: usize) -> Vec<String> {
        let mut libraries = Vec::new();
        let mut next = Some(at);
        while let Some(object) = next {
            libraries.push(self.tree.files[loading.objects[object].0].label.clone());
            next = loading.objects[object].1;
        }
        libraries.reverse();
        chain.iter().cloned().chain(libraries).collect()
    }

    fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

/// Whether a file may be an object by its name; its first bytes decide.
fn may_be_object(tree: &RuntimeTree, file: usize) -> bool {
    let path = &tree.files[file].path;
    if path.contains(".dist-info/") {
        return false;
    }
    let name = last_name(path);
    name.contains(".so")
        || !name.contains('.')
        || tree.files[file].mode.is_some_and(|mode| mode & 0o111 != 0) && !is_text(name)
}

fn is_text(name: &str) -> bool {
    [".py", ".pyi", ".txt", ".json", ".sh", ".h"].iter().any(|ending| name.ends_with(ending))
}

fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
