//! What importing the handler imports: a walk over modules, from level to level.
//!
//! Only imports that run are followed: hard ones, and those of the user's own that run later. What is missing where an
//! import is guarded decides whether its fallback runs, and is otherwise no finding.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::bundle::CheckedBundle;
use super::dists::{Dist, is_beside_the_point};
use super::imported::{Certainty, ImportedModule, Missing, NO_LINE, place};
use super::search::{FoundModule, ModuleSearch};
use super::tree::ends_in;
use crate::python::{Import, Module, Moment, is_of_every_module, only_system};

/// The modules that were reached so far, and all that is needed to go on.
pub(super) struct Graph<'a> {
    pub(super) search: ModuleSearch<'a>,
    pub(super) bundle: CheckedBundle<'a>,
    /// The top-level name of the handler's module.
    own_top: Option<String>,
    pub(super) nodes: Vec<ImportedModule>,
    by_name: HashMap<String, usize>,
    modules: HashMap<usize, Arc<Module>>,
    next: Vec<usize>,
    pub(super) missing: Vec<Missing>,
    /// Projects of the runtime that are used, with the first that imports each.
    pub(super) of_runtime: Vec<(String, usize, usize)>,
    /// Modules whose import is guarded, which are not followed, with who imports them.
    pub(super) guarded: Vec<(String, usize)>,
    /// Conditional imports of projects are followed like hard ones: more than is certain to run, and what is missing
    /// there is missing for certain only where something else says so too.
    pub(super) follows_conditions: bool,
    /// Files of native modules for other targets, where an import of them is guarded.
    pub(super) optional: HashSet<usize>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(bundle: CheckedBundle<'a>, own_top: Option<String>) -> Self {
        Self {
            search: ModuleSearch::new(bundle.tree, bundle.target),
            bundle,
            own_top,
            nodes: Vec::new(),
            by_name: HashMap::new(),
            modules: HashMap::new(),
            next: Vec::new(),
            missing: Vec::new(),
            of_runtime: Vec::new(),
            guarded: Vec::new(),
            follows_conditions: false,
            optional: HashSet::new(),
        }
    }

    /// Imports a module as the runtime does with the handler's; gives its node, or what is missing.
    pub(super) fn start(&mut self, name: &str, level: Certainty) -> Result<usize, String> {
        self.load(name, level, None).map_err(|missing| missing.0)
    }

    /// Follows everything, the surest first.
    pub(super) fn walk(&mut self) {
        for level in [Certainty::Surely, Certainty::Probably, Certainty::Later] {
            self.walk_down_to(level);
        }
        self.search_elsewhere();
    }

    fn walk_down_to(&mut self, level: Certainty) {
        loop {
            let (now, later): (Vec<usize>, Vec<usize>) =
                std::mem::take(&mut self.next).into_iter().partition(|node| self.nodes[*node].level >= level);
            self.next = later;
            if now.is_empty() {
                return;
            }
            self.read_ahead(&now);
            for node in now {
                self.follow(node);
            }
        }
    }

    /// The summary of a module's source.
    pub(super) fn module(&mut self, node: usize) -> Option<Arc<Module>> {
        let file = self.nodes[node].file.filter(|file| ends_in(&self.bundle.tree.files[*file].path, ".py"))?;
        if let Some(module) = self.modules.get(&file) {
            return Some(Arc::clone(module));
        }
        let module = self.bundle.summaries.module(file, self.search.minor());
        self.modules.insert(file, Arc::clone(&module));
        Some(module)
    }

    /// The summaries of several modules at once, on all processors.
    fn read_ahead(&mut self, nodes: &[usize]) {
        let is_source =
            |file: &usize| ends_in(&self.bundle.tree.files[*file].path, ".py") && !self.modules.contains_key(file);
        let mut files: Vec<usize> = nodes.iter().filter_map(|node| self.nodes[*node].file).filter(is_source).collect();
        files.sort_unstable();
        files.dedup();
        let (summaries, minor) = (self.bundle.summaries, self.search.minor());
        let read: Vec<_> = files.into_par_iter().map(|file| (file, summaries.module(file, minor))).collect();
        self.modules.extend(read);
    }

    /// Follows the imports of one module.
    fn follow(&mut self, node: usize) {
        let Some(module) = self.module(node) else { return self.follow_native(node) };
        let level = self.nodes[node].level;
        let failed = self.failed_guards(node, &module);
        for import in &module.imports {
            let is_users = self.nodes[node].is_users;
            if import.level == 0 && matches!(import.moment, Moment::Guarded(_)) {
                self.guarded.push((import.module.clone(), node));
            }
            let level = match module.moment(import, &failed) {
                Some(Moment::Hard) => level,
                Some(Moment::Lazy | Moment::Conditional) if is_users => Certainty::Later,
                Some(Moment::Guarded(_)) if is_users => {
                    self.note_guarded(node, import);
                    continue;
                }
                Some(Moment::Conditional) if self.follows_conditions => level,
                Some(Moment::Guarded(_)) if self.follows_conditions => {
                    self.note_optional(node, import);
                    continue;
                }
                _ => continue,
            };
            self.import(node, import, level);
        }
    }

    /// Follows what can be known of the imports of a native module: what cffi generates loads its own core.
    fn follow_native(&mut self, node: usize) {
        let file = self.nodes[node].file.filter(|file| ends_in(&self.bundle.tree.files[*file].path, ".so"));
        if let Some(Ok(object)) = file.and_then(|file| self.bundle.summaries.object(file))
            && object.needs_cffi
        {
            let (module, names) = ("_cffi_backend".to_owned(), Vec::new());
            let import = Import { module, level: 0, names, line: NO_LINE, moment: Moment::Hard };
            self.import(node, &import, self.nodes[node].level);
        }
    }

    /// The guards of a module behind which something is missing: their fallbacks run.
    fn failed_guards(&mut self, node: usize, module: &Module) -> HashSet<u32> {
        let mut failed = HashSet::new();
        for import in &module.imports {
            if let Moment::Guarded(guard) = import.moment
                && !failed.contains(&guard)
                && self.is_absent(node, import)
            {
                failed.insert(guard);
            }
        }
        failed
    }

    /// Whether it is certain that an import fails for want of its first part.
    fn is_absent(&mut self, node: usize, import: &Import) -> bool {
        // What leads out of its package fails for certain.
        let Some(name) = self.absolute(node, import) else { return import.level > 0 };
        let top = name.split('.').next().unwrap_or(&name);
        if import.level == 0 {
            return self.search.top(top) == FoundModule::Missing;
        }
        // Of its own package: `from . import _speed` and `from ._speed import x`.
        let (package, wanted) = match (import.module.is_empty(), import.names.as_slice()) {
            (true, [one]) => (name.clone(), one.clone()),
            (false, _) if !import.module.contains('.') => match name.rsplit_once('.') {
                Some((package, last)) => (package.to_owned(), last.to_owned()),
                None => return false,
            },
            _ => return false,
        };
        let Some(package) = self.by_name.get(&package).copied() else { return false };
        let Some(folders) = self.nodes[package].folders.clone() else { return false };
        let is_bound = |module: &Module| module.names.contains(&wanted) && package != node;
        let binds = is_of_every_module(&wanted)
            || self.module(package).is_none_or(|module| module.is_dynamic || is_bound(&module));
        !binds && self.search.below(&folders, &wanted) == FoundModule::Missing
    }

    /// A guarded import of the user's own whose module is missing: worth a note.
    fn note_guarded(&mut self, node: usize, import: &Import) {
        if import.level == 0 && self.is_absent(node, import) {
            let name = import.module.split('.').next().unwrap_or(&import.module).to_owned();
            self.add_missing(node, import, name, Vec::new(), Certainty::Later, false);
        }
    }

    /// A guarded import of a native module for another target: its package does without it.
    fn note_optional(&mut self, node: usize, import: &Import) {
        let Some(name) = self.absolute(node, import) else { return };
        let below = import.names.iter().map(|wanted| format!("{name}.{wanted}"));
        for name in std::iter::once(name.clone()).chain(below) {
            let (folders, last) = match name.rsplit_once('.') {
                None => (Some(self.search.roots().to_vec()), name.as_str()),
                Some((package, last)) => {
                    let package = self.by_name.get(package).map(|package| &self.nodes[*package]);
                    (package.and_then(|package| package.folders.clone()), last)
                }
            };
            let found = folders.and_then(|folders| {
                let file = self.search.file_below(&folders, last);
                file.or_else(|| Some(self.search.foreign(&folders, last)?.file))
            });
            self.optional.extend(found);
        }
    }

    /// Runs one import.
    fn import(&mut self, node: usize, import: &Import, level: Certainty) {
        let Some(name) = self.absolute(node, import) else {
            let name = format!("{}{}", ".".repeat(usize::try_from(import.level).unwrap_or(0).min(9)), import.module);
            return self.add_missing(node, import, name, Vec::new(), level, false);
        };
        let from = Some((node, import.line));
        let loaded = match self.load(&name, level, from) {
            Ok(loaded) => loaded,
            Err((missing, folders)) => return self.add_missing(node, import, missing, folders, level, false),
        };
        for wanted in import.names.iter().filter(|wanted| *wanted != "*") {
            self.import_name(node, import, loaded, wanted, level);
        }
    }

    /// `from package import name`: a submodule is loaded where the package binds no such name itself.
    fn import_name(&mut self, node: usize, import: &Import, package: usize, wanted: &str, level: Certainty) {
        if self.nodes[package].is_of_runtime {
            let name = format!("{}.{wanted}", self.nodes[package].name);
            if only_system(&name).is_some() {
                self.add_missing(node, import, name, Vec::new(), level, true);
            }
            return;
        }
        if is_of_every_module(wanted) {
            return;
        }
        let module = self.module(package);
        let is_bound = module.as_ref().is_some_and(|module| module.names.contains(wanted));
        let name = format!("{}.{wanted}", self.nodes[package].name);
        if is_bound {
            // What a package imports of itself is bound by this very import, and is one of its submodules before.
            if package == node
                && self.nodes[package].folders.is_some()
                && let Err((missing, folders)) = self.load(&name, level, Some((node, import.line)))
                && self.is_known_to_fail(&folders, &missing)
            {
                self.add_missing(node, import, missing, folders, level, true);
            }
            return;
        }
        if self.nodes[package].folders.is_some() {
            match self.load(&name, level, Some((node, import.line))) {
                Ok(loaded) => {
                    let is_native =
                        self.nodes[loaded].file.is_some_and(|file| ends_in(&self.bundle.tree.files[file].path, ".so"));
                    if is_native && self.nodes[package].file.is_some() && self.binds(package, wanted) != Some(false) {
                        self.nodes[loaded].may_be_attribute = true;
                    }
                    return;
                }
                Err((missing, folders)) => {
                    // A native package binds names that cannot be seen; a folder without code has none.
                    let is_bare = self.nodes[package].file.is_none();
                    let is_certain = is_bare || self.is_known_to_fail(&folders, &missing);
                    if is_certain || self.binds(package, wanted) == Some(false) {
                        self.add_missing(node, import, missing, folders, level, true);
                    }
                    return;
                }
            }
        }
        if self.binds(package, wanted) == Some(false) {
            self.add_missing(node, import, name, Vec::new(), level, true);
        }
    }

    /// Whether a module binds a name, by itself or by taking all names of others; `None`: nobody can know.
    pub(super) fn binds(&mut self, node: usize, name: &str) -> Option<bool> {
        let mut open = vec![node];
        let mut seen = HashSet::new();
        let mut is_known = true;
        while let Some(node) = open.pop() {
            if !seen.insert(node) {
                continue;
            }
            let Some(module) = self.module(node) else {
                is_known = false;
                continue;
            };
            if module.names.contains(name) {
                return Some(true);
            }
            is_known &= !module.is_dynamic && !module.is_unread && module.fault.is_none();
            // A star leaves out names with an underscore, unless `__all__` has them.
            for import in module.imports.iter().filter(|import| import.names.iter().any(|name| name == "*")) {
                let source = self.absolute(node, import).and_then(|source| self.by_name.get(&source).copied());
                is_known &= source.is_some();
                open.extend(source);
            }
        }
        is_known.then_some(false)
    }

    fn add_missing(
        &mut self,
        importer: usize,
        import: &Import,
        name: String,
        folders: Vec<String>,
        level: Certainty,
        is_name: bool,
    ) {
        let (line, moment) = (import.line, import.moment);
        self.missing.push(Missing { name, folders, importer, line, level, moment, is_name });
    }

    /// The dotted name that an import asks for; `None` for one that leads out of its package.
    fn absolute(&self, node: usize, import: &Import) -> Option<String> {
        if import.level == 0 {
            return Some(import.module.clone());
        }
        let node = &self.nodes[node];
        let is_package = node.folders.is_some();
        let mut parts: Vec<&str> = node.name.split('.').collect();
        let up = usize::try_from(import.level).ok()? - usize::from(is_package);
        if up >= parts.len() {
            return None;
        }
        parts.truncate(parts.len() - up);
        parts.extend(import.module.split('.').filter(|part| !part.is_empty()));
        Some(parts.join("."))
    }

    /// Loads a module and every package above it; gives its node, or the name that is missing with the folders in which
    /// it was searched.
    fn load(
        &mut self,
        name: &str,
        level: Certainty,
        from: Option<(usize, usize)>,
    ) -> Result<usize, (String, Vec<String>)> {
        let mut parent: Option<usize> = None;
        let mut end = 0;
        for part in name.split('.') {
            end += part.len() + usize::from(end > 0);
            let full = &name[..end];
            if let Some(known) = self.by_name.get(full).copied() {
                self.raise(known, level, from);
                parent = Some(known);
                continue;
            }
            let found = match parent {
                None => self.search.top(part),
                Some(parent) => match self.below(parent, part) {
                    Some(found) => found,
                    // A file that lies there for another target says that the name is one of a native module, and the
                    // project's own list that it is one of its files; and tests are no modules that come as it runs.
                    None if self.nodes[parent].folders.as_ref().is_some_and(|at| self.is_known_to_fail(at, full))
                        || is_beside_the_point(part) =>
                    {
                        FoundModule::Missing
                    }
                    // Of what the runtime brings, and of modules that make submodules as they run, everything is
                    // believed.
                    None => return Ok(parent),
                },
            };
            if matches!(found, FoundModule::Missing | FoundModule::Namespace(_)) {
                let folders = parent.and_then(|parent| self.nodes[parent].folders.clone());
                let folders = folders.unwrap_or_else(|| self.search.roots().to_vec());
                // A folder without code beside such a file has what type checkers read, and stands for nothing.
                if found == FoundModule::Missing || self.is_for_others(&folders, full) {
                    return Err((full.to_owned(), folders));
                }
            }
            parent = Some(self.add(full, found, level, from));
        }
        parent.ok_or_else(|| (name.to_owned(), Vec::new()))
    }

    /// Whether what would be a module of this dotted name in these folders is native code for another target.
    fn is_for_others(&self, folders: &[String], name: &str) -> bool {
        let last = name.rsplit('.').next().unwrap_or(name);
        self.search.foreign(folders, last).is_some()
    }

    /// Whether a module of this dotted name, which is not to be found in these folders, ought to be there: for another
    /// target it is, or a project has installed it.
    fn is_known_to_fail(&self, folders: &[String], name: &str) -> bool {
        self.is_for_others(folders, name) || self.lost(folders, name).is_some()
    }

    /// The project that has installed a module of this dotted name in one of these folders, where its file is gone.
    pub(super) fn lost(&self, folders: &[String], name: &str) -> Option<&Dist> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let stems = folders.iter().flat_map(|folder| [format!("{folder}/{last}"), format!("{folder}/{last}/__init__")]);
        let mut paths = stems.flat_map(|stem| self.search.files_of(stem));
        paths.find_map(|path| self.bundle.dists.owner(&path).filter(|_| self.bundle.tree.file(&path).is_none()))
    }

    /// Finds a submodule; `None`: nothing can be known.
    fn below(&mut self, parent: usize, part: &str) -> Option<FoundModule> {
        if self.nodes[parent].is_of_runtime {
            let name = format!("{}.{part}", self.nodes[parent].name);
            return only_system(&name).map(|_| FoundModule::Missing);
        }
        let folders = self.nodes[parent].folders.clone().unwrap_or_default();
        let found = self.search.below(&folders, part);
        if found != FoundModule::Missing {
            return Some(found);
        }
        let Some(module) = self.module(parent) else {
            return if self.nodes[parent].file.is_some() { None } else { Some(FoundModule::Missing) };
        };
        if !module.is_dynamic && !module.is_unread && module.fault.is_none() {
            return Some(FoundModule::Missing);
        }
        // A package that extends its path has portions in other roots, as old namespaces do.
        let path = self.nodes[parent].name.replace('.', "/");
        let portions: Vec<String> = self.search.roots().iter().map(|root| format!("{root}/{path}")).collect();
        match self.search.below(&portions, part) {
            FoundModule::Missing => None,
            found => Some(found),
        }
    }

    fn add(&mut self, name: &str, found: FoundModule, level: Certainty, from: Option<(usize, usize)>) -> usize {
        let number = self.nodes.len();
        let top = name.split('.').next().unwrap_or(name).to_owned();
        if found == FoundModule::Runtime
            && let Some((importer, line)) = from
            && self.nodes[importer].file.is_some()
        {
            self.of_runtime.push((top.clone(), importer, line));
        }
        let (file, folders, is_of_runtime) = match found {
            FoundModule::File { file, folders } => (Some(file), folders, false),
            FoundModule::Namespace(folders) => (None, Some(folders), false),
            FoundModule::Standard | FoundModule::Runtime | FoundModule::Missing => (None, None, true),
        };
        let is_users = file.is_some_and(|file| self.is_users(file, &top));
        self.nodes.push(ImportedModule {
            name: name.to_owned(),
            file,
            folders,
            is_of_runtime,
            level,
            from,
            is_users,
            may_be_attribute: false,
        });
        self.by_name.insert(name.to_owned(), number);
        self.next.push(number);
        self.load_native_core(number);
        number
    }

    /// A package `x` that has a native module `x` or `_x` loads it, whichever way it takes to do so.
    fn load_native_core(&mut self, node: usize) {
        let ImportedModule { name, folders, level, from, .. } = &self.nodes[node];
        let (Some(folders), Some(last)) = (folders.clone(), name.rsplit('.').next()) else { return };
        let (level, from) = (*level, *from);
        for core in [last.to_owned(), format!("_{last}")] {
            let full = format!("{name}.{core}", name = self.nodes[node].name);
            if let found @ FoundModule::File { file, folders: None } = &self.search.below(&folders, &core)
                && ends_in(&self.bundle.tree.files[*file].path, ".so")
                && !self.by_name.contains_key(&full)
            {
                self.add(&full, found.clone(), level, from);
            }
        }
    }

    /// A module that is imported more surely than was known is followed again.
    fn raise(&mut self, node: usize, level: Certainty, from: Option<(usize, usize)>) {
        if self.nodes[node].level < level {
            self.nodes[node].level = level;
            self.nodes[node].from = from;
            self.next.push(node);
        }
    }

    /// Whether a file is the user's own. Without any metadata of projects, only what lies with the handler is.
    fn is_users(&self, file: usize, top: &str) -> bool {
        let path = &self.bundle.tree.files[file].path;
        if !self.bundle.dists.all.is_empty() {
            return !self.bundle.dists.is_third_party(path, self.search.roots());
        }
        let is_single = path.strip_prefix("/var/task/").is_some_and(|rest| !rest.contains('/'));
        is_single || self.own_top.as_deref().is_none_or(|own| own == top)
    }

    /// The folders of a package in which modules may lie that it lets Python find: its own, and the others of its project,
    /// as `pkg_resources` has what lies in `setuptools`.
    fn folders_beside(&self, top: &str) -> Vec<String> {
        let own = self.by_name.get(top).and_then(|top| self.nodes[*top].folders.as_ref()?.first().cloned());
        let others = own.as_ref().map(|own| self.bundle.dists.tops_beside(&format!("{own}/__init__.py")));
        own.into_iter().chain(others.unwrap_or_default()).collect()
    }

    /// Modules that are missing may lie where somebody's code lets Python search: the user's own for all, that of a
    /// package for itself.
    fn search_elsewhere(&mut self) {
        for _ in 0..16 {
            let changers: Vec<usize> = (0..self.nodes.len())
                .filter(|node| self.module(*node).is_some_and(|module| module.changes_path))
                .collect();
            let of_user = changers.iter().any(|node| self.nodes[*node].is_users);
            let tops: HashSet<String> = changers
                .iter()
                .map(|node| self.nodes[*node].name.split('.').next().unwrap_or_default().to_owned())
                .collect();
            let mut again = false;
            for missing in std::mem::take(&mut self.missing) {
                let importer = &self.nodes[missing.importer];
                let top = importer.name.split('.').next().unwrap_or_default();
                let within = if of_user {
                    vec!["/var/task".to_owned()]
                } else if tops.contains(top) {
                    self.folders_beside(top)
                } else {
                    Vec::new()
                };
                let first = missing.name.split('.').next().unwrap_or(&missing.name);
                let mut folders = within.iter().flat_map(|within| self.search.elsewhere(first, within));
                let Some(folder) = folders.next().filter(|_| !missing.is_name && !missing.name.contains('.')) else {
                    self.missing.push(missing);
                    continue;
                };
                let found = self.search.below(&[folder], first);
                if found != FoundModule::Missing && !self.by_name.contains_key(first) {
                    self.add(first, found, missing.level, Some((missing.importer, missing.line)));
                }
                again = true;
            }
            if !again {
                return;
            }
            self.walk_down_to(Certainty::Later);
        }
    }

    /// How the runtime gets to a module: `file:line` of every import on the way, the handler first.
    pub(super) fn chain(&self, node: usize) -> Vec<String> {
        let mut chain = Vec::new();
        let mut at = self.nodes[node].from;
        // A chain is as long as there are modules, at most.
        while let Some((from, line)) = at.filter(|_| chain.len() <= self.nodes.len()) {
            chain.push(place(self.label(from), line));
            at = self.nodes[from].from;
        }
        chain.reverse();
        chain
    }

    /// What the user would call a module's file.
    /// The same to an import that leads nowhere.
    pub(super) fn chain_to(&self, missing: &Missing) -> Vec<String> {
        let mut chain = self.chain(missing.importer);
        chain.push(format!("{} imports {}", place(self.label(missing.importer), missing.line), missing.name));
        chain
    }

    pub(super) fn label(&self, node: usize) -> &str {
        let ImportedModule { file, name, .. } = &self.nodes[node];
        file.map_or(name.as_str(), |file| &self.bundle.tree.files[file].label)
    }

    /// Whether a module is a folder without code of its own: it has nothing but what lies in it.
    pub(super) fn is_namespace(&self, name: &str) -> bool {
        let node = self.by_name.get(name).map(|node| &self.nodes[*node]);
        node.is_some_and(|node| node.file.is_none() && !node.is_of_runtime)
    }

    /// Whether a module of this name is imported.
    pub(super) fn is_loaded(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }
}
