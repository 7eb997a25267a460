//! From a lock to what one target gets of it. Nothing is resolved: what the lock does not hold is an error.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::files::{ChoiceOfFile, origins};
use super::marker::Evaluation;
use super::model::{ConflictingPart, Edge, ExclusivePart, Lock, LockedPackage, LockedSource, ProjectPart, Roots};
use super::request::LockRequest;
use super::selected::{SelectedFor, SelectedPackage};
use super::two_threads::{PARTED_FROM, both, halves};
use super::{LockError, LockKind, conflicts};
use crate::requirements::Origin;
use crate::resolution::Requirer;
use crate::spec::{ExtraName, IndexOrigin, MarkerTree, PackageName, Requirement};
use crate::target::{Runtime, Target};

/// Selects what `target` gets: one package of each project, sorted by name.
///
/// # Errors
/// A lock that was not made for the target, an extra or group that it does not have, two versions of one project, a
/// package that would have to be built or has no file for the target.
pub fn select(lock: &Lock, request: &LockRequest, target: &Target) -> Result<Vec<SelectedPackage>, LockError> {
    select_parted(lock, request, target, PARTED_FROM)
}

/// The same, in two halves from so many packages on, and at least two.
pub(super) fn select_parted(
    lock: &Lock,
    request: &LockRequest,
    target: &Target,
    parted_from: usize,
) -> Result<Vec<SelectedPackage>, LockError> {
    let selection = Selection { lock, request, target, parted_from };
    selection.check_target()?;
    let taken = match &lock.roots {
        None => selection.flat()?,
        Some(roots) => selection.walk(roots)?,
    };
    selection.finish(&taken)
}

/// Packages that are taken, by their place in the lock.
struct Taken {
    packages: Vec<Option<Reasons>>,
    project: Option<usize>,
}

/// Why one is, and what it leads to: places of packages, in any order, some of them more than once.
#[derive(Default)]
struct Reasons {
    extras: BTreeSet<ExtraName>,
    by_user: bool,
    by: Vec<usize>,
    dependencies: Vec<usize>,
}

impl Taken {
    fn none_of(lock: &Lock) -> Self {
        Self { packages: lock.packages.iter().map(|_| None).collect(), project: None }
    }

    /// Takes a package, unless it is taken already.
    fn take(&mut self, at: usize) -> &mut Reasons {
        self.packages[at].get_or_insert_default()
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &Reasons)> {
        self.packages.iter().enumerate().filter_map(|(at, reasons)| Some((at, reasons.as_ref()?)))
    }
}

struct Selection<'a> {
    lock: &'a Lock,
    request: &'a LockRequest,
    target: &'a Target,
    parted_from: usize,
}

impl<'a> Selection<'a> {
    fn check_target(&self) -> Result<(), LockError> {
        let (lock, target) = (self.lock, self.target);
        // Pipenv installs for another Python than the one that was locked for, with a warning.
        if lock.kind != LockKind::Pipfile
            && let Some((pythons, _)) = &lock.requires_python
            && !pythons.take(target.python_full_version())
        {
            return Err(LockError::OtherPython {
                path: lock.path.clone(),
                group: None,
                wanted: pythons.text.clone(),
                runtime: target.runtime(),
                python: target.python_full_version().clone(),
                fitting: Runtime::fitting(|python| pythons.take(python)),
            });
        }
        if lock.environments.is_empty() {
            return Ok(());
        }
        let evaluation = Evaluation::new(lock, target.markers(), Vec::new(), Vec::new());
        for environment in &lock.environments {
            if evaluation.holds(Some(environment), &[])? {
                return Ok(());
            }
        }
        let (runtime, arch) = (target.runtime(), target.architecture());
        let texts: Vec<&str> = lock.environments.iter().map(|condition| condition.text.as_str()).collect();
        Err(lock.refused(format!("it is not for {runtime} on {arch}, but for {}", texts.join(" or "))))
    }

    fn takes_main(&self) -> bool {
        self.request.only_groups.is_empty()
    }

    fn groups(&self) -> impl Iterator<Item = &'a ExtraName> {
        self.request.groups.iter().chain(&self.request.only_groups)
    }

    /// What the user names has to be there.
    fn check_names(&self, extras: &[ExtraName], groups: &[ExtraName]) -> Result<(), LockError> {
        let lacks = |what: &'static str, missing: &ExtraName, offered: &[ExtraName]| {
            let offered: Vec<&str> = offered.iter().map(AsRef::as_ref).collect();
            let offered = if offered.is_empty() { "none".to_owned() } else { offered.join(", ") };
            Err(LockError::NoPart { path: self.lock.path.clone(), what, name: missing.clone(), offered })
        };
        match self.request.extras.iter().find(|name| !extras.contains(name)) {
            Some(missing) => lacks("extra", missing, extras),
            None => match self.groups().find(|name| !groups.contains(name)) {
                Some(missing) => lacks("group", missing, groups),
                None => Ok(()),
            },
        }
    }

    fn flat(&self) -> Result<Taken, LockError> {
        let lock = self.lock;
        self.check_names(&lock.extras, &lock.groups)?;
        let extras = if self.request.all_extras { lock.extras.clone() } else { self.request.extras.clone() };
        let mut groups: Vec<ExtraName> = self.groups().cloned().collect();
        if self.takes_main() {
            groups.extend(lock.default_groups.iter().cloned());
        }
        let evaluation = Evaluation::new(lock, self.target.markers(), extras.clone(), groups.clone());
        let mut taken = Taken::none_of(lock);
        for (at, package) in lock.packages.iter().enumerate() {
            for wanted in &package.wanted {
                let part_counts = match &wanted.part {
                    ProjectPart::Main => self.takes_main() || lock.kind == LockKind::Pylock,
                    ProjectPart::Group(name) => groups.contains(name),
                    ProjectPart::Named(name) => groups.contains(name) || extras.contains(name),
                };
                if part_counts && evaluation.holds(wanted.marker.as_ref(), &[])? {
                    taken.take(at);
                    break;
                }
            }
        }
        self.connect(&mut taken, &extras, &groups);
        taken.project = lock.project.filter(|_| self.takes_main());
        if let Some(project) = taken.project {
            taken.take(project).by_user = true;
        }
        Ok(taken)
    }

    /// Notes for each package of a flat lock which others require it, leaving out requirements that do not apply on the
    /// target. The user requires what the project beside the lock names, and what no other package does.
    fn connect(&self, taken: &mut Taken, extras: &[ExtraName], groups: &[ExtraName]) {
        let packages = &self.lock.packages;
        let places: HashMap<&PackageName, usize> = taken.iter().map(|(at, _)| (&packages[at].name, at)).collect();
        let mut asked: Vec<(usize, usize)> = Vec::new();
        for (from, _) in taken.iter() {
            let names = packages[from].dependencies.iter().map(|edge| &edge.name);
            asked.extend(names.filter_map(|name| Some((from, *places.get(name)?))));
        }
        for (from, to) in asked {
            taken.take(from).dependencies.push(to);
            taken.take(to).by.push(from);
        }
        for reasons in taken.packages.iter_mut().flatten() {
            reasons.by_user = reasons.by.is_empty();
        }
        let Some(project) = self.lock.project.map(|at| &packages[at]) else { return };
        let main = project.dependencies.iter().filter(|_| self.takes_main());
        let chosen = extras.iter().filter_map(|name| project.extras.get(name));
        let chosen = chosen.chain(groups.iter().filter_map(|name| project.groups.get(name))).flatten();
        for at in main.chain(chosen).filter_map(|edge| places.get(&edge.name)) {
            taken.take(*at).by_user = true;
        }
    }

    fn walk(&self, roots: &'a Roots) -> Result<Taken, LockError> {
        let (start, with_loose) = self.start(roots)?;
        let offered = |of: fn(&LockedPackage) -> &BTreeMap<ExtraName, Vec<Edge>>| -> Vec<ExtraName> {
            start.iter().flat_map(|at| of(&self.lock.packages[*at]).keys().cloned()).collect()
        };
        let (extras_there, mut groups_there) = (offered(|it| &it.extras), offered(|it| &it.groups));
        if with_loose {
            groups_there.extend(roots.groups.keys().cloned());
        }
        self.check_names(&extras_there, &groups_there)?;
        let extras = if self.request.all_extras { extras_there } else { self.request.extras.clone() };
        // Names that a walk meets may decide markers that it had passed, so it is repeated until none is new.
        let mut names = self.conflict_names(&start, &extras);
        loop {
            conflicts::refuse(self.lock, &names)?;
            let mut walk = Walk::new(self, names.clone());
            if with_loose {
                walk.enter_loose(roots)?;
            }
            for at in &start {
                walk.enter_root(*at, &extras)?;
            }
            let met = walk.run()?;
            if met.iter().all(|name| names.contains(name)) {
                let mut taken = walk.taken;
                taken.project = (!with_loose && self.takes_main()).then(|| start[0]);
                return Ok(taken);
            }
            names.extend(met);
        }
    }

    /// The user's projects that are meant, and whether that is the whole of a workspace whose root is no project.
    fn start(&self, roots: &Roots) -> Result<(Vec<usize>, bool), LockError> {
        let lock = self.lock;
        // A folder elsewhere says nothing about which project of the lock is meant.
        let folder = self.request.folder.as_deref().filter(|folder| folder.starts_with(&lock.folder));
        let folder = folder.unwrap_or(&lock.folder);
        let nearest = roots
            .members
            .iter()
            .filter(|(member, _)| folder.starts_with(member))
            .max_by_key(|(member, _)| member.components().count());
        match nearest {
            Some((_, at)) => Ok((vec![*at], false)),
            None if folder == lock.folder => Ok((roots.members.iter().map(|(_, at)| *at).collect(), true)),
            None => Err(lock.refused(format!("`{}` is none of the projects that it is for", folder.display()))),
        }
    }

    /// The names under which uv writes the parts that were chosen into markers, where parts exclude each other.
    fn conflict_names(&self, start: &[usize], extras: &[ExtraName]) -> Vec<ExtraName> {
        if self.lock.conflicts.is_empty() {
            return Vec::new();
        }
        let mut parts = Vec::new();
        for at in start {
            let package = &self.lock.packages[*at].name;
            let part = |part| ConflictingPart { package: package.clone(), part };
            if self.takes_main() {
                parts.push(part(ExclusivePart::Main));
                parts.extend(extras.iter().cloned().map(ExclusivePart::Extra).map(part));
            }
            parts.extend(self.groups().cloned().map(ExclusivePart::Group).map(part));
        }
        parts.iter().filter_map(ConflictingPart::name_in_markers).collect()
    }

    fn finish(&self, taken: &Taken) -> Result<Vec<SelectedPackage>, LockError> {
        let lock = self.lock;
        let is_wanted = |(at, _): &(usize, &Reasons)| {
            let is_project = taken.project == Some(*at);
            let is_virtual = matches!(lock.packages[*at].source, LockedSource::Folder { is_virtual: true, .. });
            !(is_virtual || (is_project && !self.request.with_project))
        };
        let mut wanted: Vec<(usize, &Reasons)> = taken.iter().filter(is_wanted).collect();
        if lock.kind == LockKind::Pipfile {
            // What the project always needs is installed first, and what is there is not installed again.
            wanted.sort_by_key(|(at, _)| lock.packages[*at].wanted.iter().all(|it| it.part != ProjectPart::Main));
        }
        let indexes = origins(lock);
        let choose = |part: &[(usize, &Reasons)]| -> Vec<(usize, Result<SelectedPackage, LockError>)> {
            part.iter().map(|(at, reasons)| (*at, self.package(&lock.packages[*at], reasons, &indexes))).collect()
        };
        let mut packages: Vec<SelectedPackage> = Vec::with_capacity(wanted.len());
        let mut places: HashMap<&PackageName, (usize, usize)> = HashMap::with_capacity(wanted.len());
        let mut lacking: Vec<LockError> = Vec::new();
        let (one, other) = match halves(&wanted, self.parted_from) {
            None => (choose(&wanted), Vec::new()),
            Some((one, other)) => both(|| choose(one), || choose(other)),
        };
        for (at, selected) in one.into_iter().chain(other) {
            let package = &lock.packages[at];
            let selected = match selected {
                Err(error) if error.is_of_one_package() => {
                    lacking.push(error);
                    continue;
                }
                other => other?,
            };
            let Some((place, first)) = places.get(&package.name) else {
                places.insert(&package.name, (packages.len(), at));
                packages.push(selected);
                continue;
            };
            let is_one = match lock.kind {
                // An entry for an extra repeats the package with what the extra requires.
                LockKind::Pdm => packages[*place].place == selected.place,
                // Each category has all that it needs, whatever the others have.
                LockKind::Pipfile => packages[*place].is_same_pin(&selected),
                _ => false,
            };
            if !is_one {
                return Err(self.twice(&lock.packages[*first], package));
            }
            packages[*place].merge(selected);
        }
        if lacking.len() > 1 {
            return Err(LockError::Several(lacking));
        }
        if let Some(only) = lacking.pop() {
            return Err(only);
        }
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(packages)
    }

    /// A package that the target would get two of.
    fn twice(&self, one: &LockedPackage, other: &LockedPackage) -> LockError {
        let lock = self.lock;
        let entry = |package: &LockedPackage| {
            let version = package.version.as_ref().map(|version| format!("{version} ")).unwrap_or_default();
            format!("{version}({}:{})", lock.path.display(), lock.line(package.at))
        };
        let advice = match (lock.kind, one.version == other.version) {
            (LockKind::Pylock, _) => "the markers of one of them should leave the target out".to_owned(),
            (_, true) => format!("both should be from one place (then `{}`)", lock.kind.update_command()),
            (_, false) => {
                let command = lock.kind.update_command();
                format!("take fewer extras and groups, or require one version in all of them (then `{command}`)")
            }
        };
        let (name, one, other) = (&one.name, entry(one), entry(other));
        lock.refused(format!("{name} stands in it twice for this target, {one} and {other}: {advice}"))
    }

    fn package(
        &self,
        package: &LockedPackage,
        reasons: &Reasons,
        indexes: &[Arc<IndexOrigin>],
    ) -> Result<SelectedPackage, LockError> {
        let (lock, python) = (self.lock, self.target.python_full_version());
        if let Some(pythons) = &package.requires_python
            && !pythons.take(python)
        {
            let (name, needed) = (&package.name, &pythons.text);
            return Err(lock.refused(format!("{name} needs Python {needed}, and the target has {python}")));
        }
        let choice = ChoiceOfFile { lock, request: self.request, package, target: self.target, indexes };
        let (place, at) = choice.choose()?;
        let line = |at| u32::try_from(lock.line(at)).unwrap_or(u32::MAX);
        let entry = Origin::File { file: lock.path.clone(), line: line(package.at) };
        let requirement = Arc::new(named(&package.name));
        let name_of = |at: usize| lock.packages[at].name.clone();
        let by: BTreeSet<usize> = reasons.by.iter().copied().collect();
        let mut required_by = Vec::with_capacity(by.len() + usize::from(reasons.by_user));
        if reasons.by_user {
            required_by.push(Requirer::User { origin: entry, requirement: Arc::clone(&requirement) });
        }
        let others = by.into_iter().map(name_of);
        required_by.extend(others.map(|name| Requirer::Dist { name, requirement: Arc::clone(&requirement) }));
        let mut dependencies: Vec<PackageName> = reasons.dependencies.iter().copied().map(name_of).collect();
        dependencies.sort_unstable();
        dependencies.dedup();
        let asked = SelectedFor { extras: reasons.extras.iter().cloned().collect(), dependencies, required_by };
        let origin = Origin::File { file: lock.path.clone(), line: line(at) };
        Ok(SelectedPackage { name: package.name.clone(), version: package.version.clone(), place, origin, asked })
    }
}

/// One walk along the edges of a lock.
struct Walk<'a> {
    selection: &'a Selection<'a>,
    evaluation: Evaluation<'a>,
    names: Vec<ExtraName>,
    met: Vec<ExtraName>,
    by_name: HashMap<&'a PackageName, Vec<usize>>,
    open: Vec<(usize, Option<ExtraName>)>,
    seen: BTreeSet<(usize, ExtraName)>,
    /// Of each package, whether it was seen without an extra: most are seen many times.
    seen_bare: Vec<bool>,
    taken: Taken,
}

impl<'a> Walk<'a> {
    fn new(selection: &'a Selection<'a>, names: Vec<ExtraName>) -> Self {
        let mut by_name: HashMap<&PackageName, Vec<usize>> = HashMap::new();
        for (at, package) in selection.lock.packages.iter().enumerate() {
            by_name.entry(&package.name).or_default().push(at);
        }
        Self {
            evaluation: Evaluation::new(selection.lock, selection.target.markers(), Vec::new(), Vec::new()),
            selection,
            names,
            met: Vec::new(),
            by_name,
            open: Vec::new(),
            seen: BTreeSet::new(),
            seen_bare: vec![false; selection.lock.packages.len()],
            taken: Taken::none_of(selection.lock),
        }
    }

    fn enter_loose(&mut self, roots: &'a Roots) -> Result<(), LockError> {
        if self.selection.takes_main() {
            self.follow(None, &roots.dependencies, &[])?;
        }
        for edges in self.selection.groups().filter_map(|group| roots.groups.get(group)) {
            self.follow(None, edges, &[])?;
        }
        Ok(())
    }

    fn enter_root(&mut self, at: usize, extras: &[ExtraName]) -> Result<(), LockError> {
        let package = &self.selection.lock.packages[at];
        if self.selection.takes_main() {
            self.enter(at, None);
            for extra in extras.iter().filter(|extra| package.extras.contains_key(extra)) {
                self.enter(at, Some(extra.clone()));
            }
            self.taken.take(at).by_user = true;
        }
        for edges in self.selection.groups().filter_map(|group| package.groups.get(group)) {
            self.follow(None, edges, &[])?;
        }
        Ok(())
    }

    fn enter(&mut self, at: usize, extra: Option<ExtraName>) {
        let is_new = match &extra {
            None => !std::mem::replace(&mut self.seen_bare[at], true),
            Some(extra) => self.seen.insert((at, extra.clone())),
        };
        if is_new {
            self.open.push((at, extra));
        }
    }

    /// Walks on until nothing is open; gives the names that were met and are not among those it was made for.
    fn run(&mut self) -> Result<Vec<ExtraName>, LockError> {
        while let Some((at, extra)) = self.open.pop() {
            let package: &'a LockedPackage = &self.selection.lock.packages[at];
            self.taken.take(at).extras.extend(extra.clone());
            match &extra {
                None => self.follow(Some(at), &package.dependencies, &[])?,
                Some(extra) => {
                    let edges = package.extras.get(extra).map(Vec::as_slice).unwrap_or_default();
                    self.follow(Some(at), edges, std::slice::from_ref(extra))?;
                }
            }
        }
        Ok(std::mem::take(&mut self.met))
    }

    /// Follows the edges of a package, or those of the user's own that belong to none.
    fn follow(&mut self, from: Option<usize>, edges: &'a [Edge], extras: &[ExtraName]) -> Result<(), LockError> {
        for edge in edges {
            let own = self.names_of(edge);
            let names: Vec<ExtraName> = self.names.iter().chain(&own).chain(extras).cloned().collect();
            if !self.evaluation.holds(edge.marker.as_ref(), &names)? {
                continue;
            }
            self.met.extend(own.into_iter().filter(|name| !self.names.contains(name)));
            let to = self.find(from, edge)?;
            self.enter(to, None);
            for extra in &edge.extras {
                self.enter(to, Some(extra.clone()));
            }
            let reasons = self.taken.take(to);
            match from {
                None => reasons.by_user = true,
                Some(from) if from != to => {
                    reasons.by.push(from);
                    self.taken.take(from).dependencies.push(to);
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The names under which the extras of an edge stand in markers, where parts exclude each other.
    fn names_of(&self, edge: &Edge) -> Vec<ExtraName> {
        if self.selection.lock.conflicts.is_empty() {
            return Vec::new();
        }
        let part = |extra: &ExtraName| ConflictingPart {
            package: edge.name.clone(),
            part: ExclusivePart::Extra(extra.clone()),
        };
        edge.extras.iter().filter_map(|extra| part(extra).name_in_markers()).collect()
    }

    /// What the user's projects themselves require of a name on the target.
    fn own_edges_to(&self, name: &PackageName) -> Result<Vec<&'a Edge>, LockError> {
        let lock = self.selection.lock;
        let members = lock.roots.iter().flat_map(|roots| &roots.members).map(|(_, at)| &lock.packages[*at]);
        let mut edges: Vec<&Edge> = Vec::new();
        for edge in members.flat_map(|package| &package.dependencies).filter(|edge| edge.name == *name) {
            if self.evaluation.holds(edge.marker.as_ref(), &self.names)? {
                edges.push(edge);
            }
        }
        Ok(edges)
    }

    fn find(&self, from: Option<usize>, edge: &Edge) -> Result<usize, LockError> {
        let lock = self.selection.lock;
        let all = self.by_name.get(&edge.name).map(Vec::as_slice).unwrap_or_default();
        let fits = |at: &&usize| {
            let package = &lock.packages[**at];
            let version_fits = edge.which.version.as_ref().is_none_or(|it| package.version.as_ref() == Some(it));
            let source_fits = edge.which.source.is_none() || edge.which.source == package.source_key;
            version_fits && source_fits
        };
        // Nearly always there is one, and it fits.
        if let [only] = all
            && fits(&only)
        {
            return Ok(*only);
        }
        let mut candidates: Vec<usize> = all.iter().filter(fits).copied().collect();
        let takes = |edge: &Edge, at: &usize| {
            let takes = |version| edge.which.any_of.iter().any(|it| crate::resolve::contains(it, version));
            edge.which.any_of.is_empty() || lock.packages[*at].version.as_ref().is_none_or(takes)
        };
        if candidates.len() > 1 {
            candidates.retain(|at| takes(edge, at));
        }
        if candidates.len() > 1 {
            // The project's own requirements part versions by markers, and what others require takes any of them.
            for own in self.own_edges_to(&edge.name)? {
                if candidates.iter().any(|at| takes(own, at)) {
                    candidates.retain(|at| takes(own, at));
                }
            }
        }
        if candidates.len() > 1 {
            let python = self.selection.target.python_full_version();
            let runs = |at: &usize| lock.packages[*at].requires_python.as_ref().is_none_or(|it| it.take(python));
            if candidates.iter().any(runs) {
                candidates.retain(runs);
            }
        }
        let at = from.map_or(0, |from| lock.packages[from].at);
        let asker = from.map_or_else(|| "the project".to_owned(), |from| lock.packages[from].name.to_string());
        match candidates.as_slice() {
            [only] => Ok(*only),
            [] => Err(lock.malformed(at, format!("{asker} requires {}, which the lock does not have", edge.name))),
            // The newest of those that fit, as the tool that wrote it would take.
            several => {
                let newest = several.iter().max_by(|a, b| lock.packages[**a].version.cmp(&lock.packages[**b].version));
                Ok(newest.copied().unwrap_or(several[0]))
            }
        }
    }
}

/// A requirement that names a project and nothing else.
fn named(name: &PackageName) -> Requirement {
    Requirement {
        name: name.clone(),
        extras: Vec::new(),
        version_or_url: None,
        marker: MarkerTree::default(),
        origin: None,
    }
}
