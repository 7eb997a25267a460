//! uv's own comparison, as far as it can change what is bundled: of each project of the user's, what it declares now
//! and what the lock repeats of it, and the settings of the resolution (uv, `Lock::satisfies`).

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

use super::uv_settings;
use super::uv_ties::{Part, Ties, by_extra, extra_of, sorted};
use super::{Comparison, report};
use crate::lock::LockError;
use crate::lock::marker::Evaluation;
use crate::lock::model::{Declared, DeclaredRequirement, Lock, LockPlace, LockedPackage, LockedSource, Pythons};
use crate::lock::project_files::ProjectFile;
use crate::lock::request::LockRequest;
use crate::spec::{ExtraName, PackageName, Version, VersionSpecifiers};
use crate::target::{Runtime, Target};

pub(super) fn compare(
    lock: &Lock,
    place: &LockPlace,
    request: &LockRequest,
    target: &Target,
) -> Result<Comparison, LockError> {
    let mut findings = Comparison::default();
    let root = ProjectFile::read(place)?;
    if let (Some(root), Some((locked, _))) = (&root, &lock.requires_python)
        && let Some(text) = root.requires_python()
        && let Ok(now) = Pythons::all_of(text)
        && sorted(text) != sorted(&locked.text)
        && lock.roots.as_ref().is_some_and(|roots| roots.members.len() == 1)
    {
        let difference = format!("pyproject.toml has requires-python `{text}`, the lock `{}`", locked.text);
        let python = target.python_full_version();
        let matters = now.take(python) != locked.take(python);
        if matters { &mut findings.differences } else { &mut findings.notes }.push(difference);
    }
    let mut files = Vec::new();
    for (at, package) in lock.packages.iter().enumerate() {
        let LockedSource::Folder { path, .. } = &package.source else { continue };
        let below = path.strip_prefix(&lock.folder).unwrap_or(path);
        let shown = lock.path.with_file_name("").join(below).join("pyproject.toml");
        let Some(file) = ProjectFile::read_in(path, &shown)? else { continue };
        // The tables of the root are for the members of its workspace, not for every folder that it leads to.
        let is_member = lock.roots.iter().flat_map(|roots| &roots.members).any(|(_, member)| *member == at);
        files.push((package, is_member, file));
    }
    for (package, is_member, file) in &files {
        let ties = Ties::of(lock, place, root.as_ref().filter(|_| *is_member), file);
        Project { lock, package, file, ties, request, target }.compare(&mut findings)?;
    }
    if let Some(root) = &root {
        uv_settings::compare(lock, place, root, target, &mut findings)?;
        let files: Vec<&ProjectFile> = files.iter().map(|(_, _, file)| file).collect();
        uv_settings::compare_indexes(lock, place, root, &files, &mut findings);
    }
    Ok(findings)
}

struct Project<'a> {
    lock: &'a Lock,
    package: &'a LockedPackage,
    file: &'a ProjectFile,
    ties: Ties<'a>,
    request: &'a LockRequest,
    target: &'a Target,
}

impl Project<'_> {
    fn compare(&self, findings: &mut Comparison) -> Result<(), LockError> {
        let (file, package) = (self.file, self.package);
        let shown = file.path.display();
        if let Some(name) = file.name()
            && name.parse::<PackageName>().ok().as_ref() != Some(&package.name)
        {
            findings.differences.push(format!("{shown} is of the project `{name}`, the lock has {}", package.name));
        }
        if let (Some(version), Some(locked)) = (file.text("version"), &package.version)
            && version.parse().ok().as_ref() != Some(locked)
        {
            findings.notes.push(format!("{shown} has version {version}, the lock {locked}"));
        }
        // Without what it declared, only a resolution could tell; uv leaves it out where it means to.
        let Some(declared) = &package.declared else { return Ok(()) };
        if !file.is_dynamic("dependencies") {
            self.compare_extras(declared, findings)?;
            self.compare_groups(declared, findings)?;
        }
        Ok(())
    }

    /// What the project always requires, and what each of its extras does.
    fn compare_extras(&self, declared: &Declared, findings: &mut Comparison) -> Result<(), LockError> {
        let mut now = by_extra(self.file.dependencies());
        let mut optional: BTreeMap<_, _> = self.file.optional_dependencies().into_iter().collect();
        let mut parts: BTreeSet<Option<ExtraName>> = now.keys().cloned().collect();
        parts.insert(None);
        parts.extend(optional.keys().cloned().map(Some));
        if !self.file.is_dynamic("optional-dependencies") {
            parts.extend(declared.requires.iter().map(|it| extra_of(&it.marker)));
        }
        for extra in parts {
            let extras: Vec<ExtraName> = extra.iter().cloned().collect();
            let evaluation = Evaluation::new(self.lock, self.target.markers(), extras, Vec::new());
            let mut texts = now.remove(&extra).unwrap_or_default();
            let own = extra.as_ref().and_then(|extra| optional.remove(extra)).unwrap_or_default();
            texts.extend(own.into_iter().map(str::to_owned));
            let part = Part { extra: extra.as_ref(), ..Part::default() };
            let now = self.ties.requirements(&evaluation, &texts, part)?;
            let of_part = declared.requires.iter().filter(|it| extra_of(&it.marker) == extra);
            let then = of_part.map(|it| self.ties.declared(&evaluation, it)).collect::<Result<_, _>>()?;
            let (what, counts) = match &extra {
                None => ("dependencies".to_owned(), true),
                Some(extra) => {
                    (format!("extra `{extra}`"), self.request.all_extras || self.request.extras.contains(extra))
                }
            };
            report(findings, self.file, &what, [&now, &then], |_| counts);
            let of_part = declared.requires.iter().filter(|it| extra_of(&it.marker) == extra);
            self.compare_versions(of_part, &evaluation, (&what, counts), findings)?;
        }
        Ok(())
    }

    fn compare_groups(&self, declared: &Declared, findings: &mut Comparison) -> Result<(), LockError> {
        let wrong = |reason| LockError::Malformed { path: self.file.path.clone(), line: 1, reason };
        let evaluation = Evaluation::new(self.lock, self.target.markers(), Vec::new(), Vec::new());
        let mut groups = self.file.groups().map_err(wrong)?;
        let (uv, python) = (self.file.tool("uv"), self.target.python_full_version());
        if let Some(list) = uv.get("dev-dependencies").and_then(Value::as_array) {
            let dev: ExtraName = "dev".parse().expect("this is a name");
            groups.entry(dev).or_default().extend(list.iter().filter_map(|it| Some(it.as_str()?.to_owned())));
        }
        let names: BTreeSet<&ExtraName> = groups.keys().chain(declared.groups.keys()).collect();
        for group in names {
            let counts = self.request.groups.iter().chain(&self.request.only_groups).any(|it| it == group);
            if let Some(pythons) = pythons_of(&uv, group).filter(|pythons| !pythons.take(python)) {
                if counts {
                    return Err(self.other_python(group, &pythons));
                }
                continue;
            }
            let texts = groups.get(group).map(Vec::as_slice).unwrap_or_default();
            let part = Part { group: Some(group), ..Part::default() };
            let now = self.ties.requirements(&evaluation, texts, part)?;
            let locked = declared.groups.get(group).map(Vec::as_slice).unwrap_or_default();
            let then = locked.iter().map(|it| self.ties.declared(&evaluation, it)).collect::<Result<_, _>>()?;
            let what = format!("group `{group}`");
            report(findings, self.file, &what, [&now, &then], |_| counts);
            self.compare_versions(locked.iter(), &evaluation, (&what, counts), findings)?;
        }
        Ok(())
    }

    /// Why a group cannot be chosen, which is for other Pythons than the target's.
    fn other_python(&self, group: &ExtraName, pythons: &Pythons) -> LockError {
        LockError::OtherPython {
            path: self.file.path.clone(),
            group: Some(group.clone()),
            wanted: pythons.text.clone(),
            runtime: self.target.runtime(),
            python: self.target.python_full_version().clone(),
            fitting: Runtime::fitting(|python| pythons.take(python)),
        }
    }

    /// Whether the locked versions are such as the lock repeats that they have to be: a merge may have put it together
    /// of two. Where several are locked, one has to fit, for one fork or other; rules of the user's may take any.
    fn compare_versions<'a>(
        &self,
        declared: impl Iterator<Item = &'a DeclaredRequirement>,
        evaluation: &Evaluation<'_>,
        (what, counts): (&str, bool),
        findings: &mut Comparison,
    ) -> Result<(), LockError> {
        let is_overridden = |name: &PackageName| self.lock.settings.overrides.iter().any(|it| it.name == *name);
        let is_of_index = |it: &DeclaredRequirement| it.source.as_ref().is_none_or(|(kind, _)| kind == "index");
        for required in declared.filter(|it| is_of_index(it) && !is_overridden(&it.name)) {
            let Ok(specifiers) = required.specifiers.parse::<VersionSpecifiers>() else { continue };
            let packages = self.lock.packages.iter().filter(|package| package.name == required.name);
            let locked: Vec<&Version> = packages.filter_map(|package| package.version.as_ref()).collect();
            if locked.is_empty() || locked.iter().any(|version| specifiers.contains(version)) {
                continue;
            }
            let ((text, applies), _) = self.ties.declared(evaluation, required)?;
            let versions: Vec<String> = locked.iter().map(ToString::to_string).collect();
            let (shown, name, versions) = (self.file.path.display(), &required.name, versions.join(" and "));
            let difference = format!("{what}: {shown} has `{text}`, the lock {name} {versions}");
            let matters = counts && applies;
            if matters { &mut findings.differences } else { &mut findings.notes }.push(difference);
        }
        Ok(())
    }
}

/// The Pythons that a group is for, by `[tool.uv.dependency-groups]`.
fn pythons_of(uv: &toml::Table, group: &ExtraName) -> Option<Pythons> {
    let groups = uv.get("dependency-groups")?.as_table()?;
    let (_, said) = groups.iter().find(|(name, _)| name.parse().ok().as_ref() == Some(group))?;
    Pythons::all_of(said.get("requires-python")?.as_str()?).ok()
}
