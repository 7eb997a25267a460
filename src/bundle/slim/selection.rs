//! Which files of which distribution are left out.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::LazyLock;

use super::mentions::is_python;
use super::needed::{ByRules, spare_needed};
use super::rules::{Doubt, KEPT, RULES, Rule};
use crate::archive::{SafePath, composed, folder_and_name};
use crate::bundle::BundleError;
use crate::bundle::patterns::{Choice, Patterns, way_to};
use crate::bundle::table_patterns::TablePattern;
use crate::cache::Cache;
use crate::install::InstalledDist;
use crate::requirements::NamePattern;
use crate::spec::{parse_record, write_record_line};

/// The API data that is kept of a project: `botocore=s3,dynamodb,sts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceChoice {
    /// Names of services, as folders of `botocore/data` have them.
    pub services: BTreeSet<String>,
}

/// What of the dependencies is left out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FileSelection<'a> {
    /// `NAME:GLOB` and `NAME:!GLOB` of `--exclude`, in the order given.
    pub exclude: &'a [String],
    /// `--slim`.
    pub slim: bool,
    /// `--slim botocore=…`.
    pub services: Option<&'a ServiceChoice>,
}

/// What was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slimmed {
    /// By what left it out: files and bytes.
    pub saved: BTreeMap<String, (usize, u64)>,
    /// What the user should know: patterns that match nothing.
    pub warnings: Vec<String>,
}

/// Whether a pattern of `--exclude` is one for files of dependencies; gives name and glob.
///
/// The name is that of a project, or a pattern of names. A file of the source with a colon in its name is written
/// `./a:b`.
pub fn is_dist_pattern(text: &str) -> Option<(&str, &str)> {
    let (name, glob) = text.split_once(':')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-*?[]".contains(c);
    (!name.is_empty() && !glob.is_empty() && name.chars().all(is_name)).then_some((name, glob))
}

impl FileSelection<'_> {
    /// Leaves out files of the distributions, for Python 3.`minor`; their RECORDs list what stays. The cache has what
    /// is known of them.
    ///
    /// # Errors
    /// A pattern that is none, or a file that cannot be read.
    pub(crate) fn apply(
        &self,
        dists: &mut [InstalledDist],
        cache: Option<&Cache>,
        minor: u64,
    ) -> Result<Slimmed, BundleError> {
        let named: Vec<Named> = self
            .exclude
            .iter()
            .filter_map(|text| is_dist_pattern(text).map(|(name, glob)| Named::parse(text, name, glob)))
            .collect::<Result<_, _>>()?;
        let mut slimmed = Slimmed::default();
        if self.takes_all() {
            return Ok(slimmed);
        }
        let by_rules = self.by_rules(dists, cache, minor)?;
        for (dist, rules) in dists.iter_mut().zip(by_rules) {
            let left_out = self.reasons(dist, &named, &rules);
            leave_out(dist, &left_out, &mut slimmed.saved);
        }
        for named in named.iter().filter(|named| !named.glob.was_used()) {
            slimmed.warnings.push(format!("`--exclude {}` matches no file of a dependency", named.text));
        }
        slimmed.warnings.extend(self.unknown_services(dists));
        Ok(slimmed)
    }

    /// Whether nothing is left out of any distribution.
    pub(crate) fn takes_all(&self) -> bool {
        !self.slim && self.services.is_none() && !self.exclude.iter().any(|text| is_dist_pattern(text).is_some())
    }

    /// The rule of `--slim` that leaves out each file of each distribution.
    fn by_rules(
        &self,
        dists: &[InstalledDist],
        cache: Option<&Cache>,
        minor: u64,
    ) -> Result<Vec<ByRules>, BundleError> {
        if !self.slim {
            return Ok(dists.iter().map(|dist| vec![None; dist.files.len()]).collect());
        }
        let mut by_rules: Vec<ByRules> = dists.iter().map(named_by_rules).collect();
        spare_needed(dists, &mut by_rules, cache, minor)?;
        Ok(by_rules)
    }

    /// What leaves each file of a distribution out; `None`: it stays.
    fn reasons(&self, dist: &InstalledDist, named: &[Named], rules: &[Option<usize>]) -> Vec<Option<String>> {
        let name = dist.name.as_ref();
        let named: Vec<&Named> = named.iter().filter(|named| named.name.matches(&dist.name)).collect();
        let reasons = dist.files.iter().zip(rules).map(|(file, rule)| {
            match decided_by(&named, Path::new(file.path.as_str())) {
                Some((Choice::Chosen, named)) => return Some(named.text.to_owned()),
                // The user has the last word, also over the rules of `--slim`.
                Some((Choice::TakenBack, _)) => return None,
                None => {}
            }
            if self.services.is_some_and(|choice| choice.leaves_out(name, &file.path)) {
                return Some("API data of other services".to_owned());
            }
            rule.map(|rule| RULES[rule].name.to_owned())
        });
        reasons.collect()
    }

    fn unknown_services(&self, dists: &[InstalledDist]) -> Vec<String> {
        let Some(choice) = self.services else { return Vec::new() };
        let Some(botocore) = dists.iter().find(|dist| dist.name.as_ref() == "botocore") else {
            return vec!["`--slim botocore=…` matches nothing: botocore is not among the dependencies".to_owned()];
        };
        let known: BTreeSet<&str> = botocore.files.iter().filter_map(|file| service_of(&file.path)).collect();
        let unknown: Vec<&str> =
            choice.services.iter().map(String::as_str).filter(|service| !known.contains(service)).collect();
        if unknown.is_empty() {
            return Vec::new();
        }
        vec![format!("botocore {} has no service {}", botocore.version, unknown.join(", "))]
    }
}

/// The pattern of a project that decides about its file at `path`, and how. As in a `.gitignore`, the last one that
/// matches decides, `!` takes back, and nothing is taken back below a folder that is left out.
fn decided_by<'a, 'b>(of_project: &[&'b Named<'a>], path: &Path) -> Option<(Choice, &'b Named<'a>)> {
    let deciding = |(entry, is_folder): (&Path, bool)| {
        let verdicts = of_project.iter().filter_map(|named| Some((named.glob.verdict(entry, is_folder)?, *named)));
        // All are asked, so that each knows whether it matches anything.
        verdicts.fold(None, |_, last| Some(last))
    };
    let decided: Vec<_> = way_to(path).into_iter().filter_map(deciding).collect();
    decided.iter().find(|(verdict, _)| *verdict == Choice::Chosen).or(decided.last()).copied()
}

/// A `NAME:GLOB`.
struct Named<'a> {
    text: &'a str,
    name: NamePattern,
    glob: Patterns,
}

impl<'a> Named<'a> {
    fn parse(text: &'a str, name: &str, glob: &str) -> Result<Self, BundleError> {
        let option = "--exclude";
        let invalid = |source| BundleError::Pattern { pattern: name.to_owned(), option, source };
        Ok(Self { text, name: NamePattern::new(name).map_err(invalid)?, glob: Patterns::new(&[glob], option)? })
    }
}

impl ServiceChoice {
    /// Reads `botocore=s3,dynamodb`; `None`: it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let services = text.strip_prefix("botocore=")?;
        let services: BTreeSet<String> =
            services.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        (!services.is_empty()).then_some(Self { services })
    }

    /// Whether a file is API data of a service that was not chosen.
    fn leaves_out(&self, dist: &str, path: &SafePath) -> bool {
        (dist == "botocore" || dist == "boto3")
            && service_of(path).is_some_and(|service| !self.services.contains(service))
    }
}

/// The service whose API a file describes.
fn service_of(path: &SafePath) -> Option<&str> {
    let mut components = path.components();
    let is_data = matches!(components.next(), Some("botocore" | "boto3")) && components.next() == Some("data");
    let service = components.next().filter(|_| is_data)?;
    components.next().map(|_| service)
}

/// The names of the rules of `--slim`, in the order of the table.
pub(crate) fn slim_rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name)
}

/// Every pattern of the rules, and of what they keep.
#[cfg(test)]
pub(crate) fn patterns_of_rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.patterns).chain([KEPT]).flatten().copied()
}

/// How many bytes of a distribution `--slim` would leave out, but for the few that turn out to be needed.
pub(crate) fn saved_by_slim(dist: &InstalledDist) -> u64 {
    dist.files.iter().zip(named_by_rules(dist)).map(|(file, rule)| rule.map_or(0, |_| file.size)).sum()
}

/// The rule that names each file of a distribution.
fn named_by_rules(dist: &InstalledDist) -> ByRules {
    let paths = || dist.files.iter().map(|file| file.path.as_str());
    let (mut rules, requires) = (SlimRules::new(paths()), requires(dist));
    paths().map(|path| rules.rule(dist.name.as_ref(), &requires, path)).collect()
}

/// Whether a distribution requires a project. Its METADATA is read when that is asked first, and once.
fn requires(dist: &InstalledDist) -> impl Fn(&str) -> bool {
    let metadata = LazyCell::new(move || dist.core_metadata().ok());
    move |wanted| {
        let metadata = metadata.as_ref();
        metadata.is_some_and(|metadata| metadata.requires_dist.iter().any(|needed| needed.name.as_ref() == wanted))
    }
}

/// Finds the rules by which `--slim` leaves out files of one distribution. Each folder is held against them once.
#[derive(Debug)]
pub(crate) struct SlimRules<'a> {
    folders: HashMap<&'a str, Verdict>,
    /// Folders of tests that have modules of Python. Others hold data of programs.
    suites: HashSet<&'a str>,
}

/// What the patterns of the rules say of a path and of the folders that it lies in.
#[derive(Clone, Copy, Debug, Default)]
struct Verdict {
    /// No rule leaves it out.
    is_kept: bool,
    /// A bit for each rule that has a pattern for it.
    rules: u64,
}

impl<'a> SlimRules<'a> {
    /// For a distribution with files at these paths below the folder of packages.
    pub(crate) fn new(paths: impl Iterator<Item = &'a str>) -> Self {
        let suites = paths.filter(|path| is_python(path)).filter_map(suite_of).collect();
        Self { folders: HashMap::new(), suites }
    }

    /// The rule for a file of a project, by its place in the table; `None`: it stays. `requires` tells whether the
    /// project requires another one; `path` is below the folder of packages.
    pub(crate) fn rule(&mut self, project: &str, requires: impl Fn(&str) -> bool, path: &'a str) -> Option<usize> {
        let around = self.folder(folder_and_name(path).0);
        let verdict = around.and(Verdict::of(path, false));
        if verdict.is_kept {
            return None;
        }
        // What a project requires is read from its METADATA: that is asked last.
        let is_in_suite = || suite_of(path).is_some_and(|suite| self.suites.contains(suite));
        let has = |at: &usize| verdict.rules & (1 << at) != 0;
        let is_meant = |at: &usize| RULES[*at].doubt != Doubt::Imported || is_in_suite();
        (0..RULES.len()).filter(has).filter(is_meant).find(|&at| applies(&RULES[at], project, &requires))
    }

    fn folder(&mut self, folder: &'a str) -> Verdict {
        if folder.is_empty() {
            return Verdict::default();
        }
        if let Some(verdict) = self.folders.get(folder) {
            return *verdict;
        }
        let around = self.folder(folder_and_name(folder).0);
        let verdict = around.and(Verdict::of(folder, true));
        self.folders.insert(folder, verdict);
        verdict
    }
}

/// The outermost folder of tests that a file lies in.
fn suite_of(path: &str) -> Option<&str> {
    memchr::memmem::find(path.as_bytes(), b"/tests/").map(|at| &path[..at + "/tests".len()])
}

impl Verdict {
    fn of(path: &str, is_folder: bool) -> Self {
        let path = &*composed(path);
        let name = folder_and_name(path).1;
        let has_one = |list: &Vec<TablePattern>| list.iter().any(|pattern| pattern.is_for(path, name, is_folder));
        let lists = LISTS.iter().enumerate().filter(|(_, list)| has_one(list));
        lists.fold(Self::default(), |verdict, (at, _)| match at.checked_sub(1) {
            None => Self { is_kept: true, ..verdict },
            Some(rule) => Self { rules: verdict.rules | 1 << rule, ..verdict },
        })
    }

    fn and(self, other: Self) -> Self {
        Self { is_kept: self.is_kept || other.is_kept, rules: self.rules | other.rules }
    }
}

/// Whether a rule is for this project at all.
fn applies(rule: &Rule, name: &str, requires: impl Fn(&str) -> bool) -> bool {
    (rule.only.is_empty() || rule.only.contains(&name))
        && !rule.never.contains(&name)
        && !rule.unless_requires.iter().any(|wanted| requires(wanted))
}

/// The patterns of what is kept, then those of each rule.
static LISTS: LazyLock<Vec<Vec<TablePattern>>> = LazyLock::new(|| {
    let lists = std::iter::once(KEPT).chain(RULES.iter().map(|rule| rule.patterns));
    lists.map(|list| list.iter().map(|text| TablePattern::new(text)).collect()).collect()
});

/// Takes files out of a distribution, and their lines out of its RECORD.
fn leave_out(dist: &mut InstalledDist, reasons: &[Option<String>], saved: &mut BTreeMap<String, (usize, u64)>) {
    let mut gone: BTreeSet<SafePath> = BTreeSet::new();
    for (file, reason) in dist.files.iter().zip(reasons) {
        if let Some(reason) = reason {
            let (files, bytes) = saved.entry(reason.clone()).or_default();
            (*files, *bytes) = (*files + 1, *bytes + file.size);
            gone.insert(file.path.clone());
        }
    }
    if gone.is_empty() {
        return;
    }
    dist.leave_out(|file| gone.contains(&file.path));
    let record = dist.record_path();
    if let Some(text) = dist.record().and_then(|record| without(record, &gone)) {
        dist.rewrite(&record, text);
    }
}

/// A RECORD without the lines of these files. `None` if it cannot be read.
fn without(record: &[u8], gone: &BTreeSet<SafePath>) -> Option<Vec<u8>> {
    let gone: BTreeSet<&str> = gone.iter().map(SafePath::as_str).collect();
    let mut text = String::with_capacity(record.len());
    for entry in parse_record(record).ok()?.iter().filter(|entry| !gone.contains(entry.path.as_str())) {
        write_record_line(&mut text, &entry.path, entry.hash.as_ref().zip(entry.size));
    }
    Some(text.into_bytes())
}
