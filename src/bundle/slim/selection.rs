//! Which files of which distribution are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::rules::{KEPT, RULES, Rule};
use crate::archive::SafePath;
use crate::bundle::BundleError;
use crate::bundle::patterns::{NamePattern, Patterns};
use crate::install::{InstalledDist, InstalledFile};
use crate::spec::{parse_record, write_record_line};

/// The API data that is kept of a project: `botocore=s3,dynamodb,sts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceChoice {
    /// Names of services, as folders of `botocore/data` have them.
    pub services: BTreeSet<String>,
}

/// What of the dependencies is left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileSelection<'a> {
    /// `NAME:GLOB` of `--exclude`, in the order given.
    pub exclude: &'a [String],
    /// `--slim`.
    pub slim: bool,
    /// `--slim botocore=…`.
    pub services: Option<&'a ServiceChoice>,
}

/// What was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slimmed {
    /// By what left it out: files and bytes.
    pub saved: BTreeMap<String, (usize, u64)>,
    /// What the user should know: patterns that match nothing.
    pub warnings: Vec<String>,
}

/// Whether a pattern of `--exclude` is one for files of dependencies; gives name and glob.
///
/// The name is that of a project, or a pattern of names. A file of the source with a colon in its name is written `./a:b`.
pub fn is_dist_pattern(text: &str) -> Option<(&str, &str)> {
    let (name, glob) = text.split_once(':')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-*?[]".contains(c);
    (!name.is_empty() && !glob.is_empty() && name.chars().all(is_name)).then_some((name, glob))
}

impl FileSelection<'_> {
    /// Leaves out files of the distributions; their RECORDs list what stays.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn apply(&self, dists: &mut [InstalledDist]) -> Result<Slimmed, BundleError> {
        let named: Vec<Named> = self
            .exclude
            .iter()
            .filter_map(|text| is_dist_pattern(text).map(|(name, glob)| Named::parse(text, name, glob)))
            .collect::<Result<_, _>>()?;
        let mut slimmed = Slimmed::default();
        if named.is_empty() && !self.slim && self.services.is_none() {
            return Ok(slimmed);
        }
        for dist in dists.iter_mut() {
            let reason = |file: &InstalledFile| self.reason(dist, file, &named);
            let left_out: Vec<Option<String>> = dist.files.iter().map(reason).collect();
            leave_out(dist, &left_out, &mut slimmed.saved);
        }
        for named in named.iter().filter(|named| !named.glob.was_used()) {
            slimmed.warnings.push(format!("`--exclude {}` matches no file of a dependency", named.text));
        }
        slimmed.warnings.extend(self.unknown_services(dists));
        Ok(slimmed)
    }

    /// What leaves a file out; `None`: it stays.
    fn reason(&self, dist: &InstalledDist, file: &InstalledFile, named: &[Named]) -> Option<String> {
        let path = std::path::Path::new(file.path.as_str());
        let excluded = named.iter().filter(|named| named.name.matches(dist.name.as_ref()));
        // All are asked, so that each knows whether it matches anything.
        let chosen = excluded.filter(|named| named.glob.choose_below(path)).fold(None, |_, named| Some(named));
        if let Some(named) = chosen {
            return Some(named.text.to_owned());
        }
        if self.services.is_some_and(|choice| choice.leaves_out(dist.name.as_ref(), &file.path)) {
            return Some("API data of other services".to_owned());
        }
        if !self.slim || KEPT_PATTERNS.choose_below(path) {
            return None;
        }
        let requires = |wanted: &str| {
            let metadata = dist.core_metadata().ok();
            metadata.is_some_and(|metadata| metadata.requires_dist.iter().any(|needed| needed.name.as_ref() == wanted))
        };
        let rule = first_rule(dist.name.as_ref(), requires, path)?;
        Some(RULES[rule].name.to_owned())
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

/// A `NAME:GLOB`.
struct Named<'a> {
    text: &'a str,
    name: NamePattern,
    glob: Patterns,
}

impl<'a> Named<'a> {
    fn parse(text: &'a str, name: &str, glob: &str) -> Result<Self, BundleError> {
        Ok(Self { text, name: NamePattern::parse(name, "--exclude")?, glob: Patterns::new(&[glob], "--exclude")? })
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
pub fn slim_rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name)
}

/// The rule by which `--slim` leaves out a file of a project, by its place in the table; `None`: it stays. `requires` tells whether the
/// project requires another one; `path` is below the folder of packages.
pub fn slim_rule(project: &str, requires: impl Fn(&str) -> bool, path: &str) -> Option<usize> {
    let path = std::path::Path::new(path);
    if KEPT_PATTERNS.choose_below(path) { None } else { first_rule(project, requires, path) }
}

fn first_rule(project: &str, requires: impl Fn(&str) -> bool, path: &std::path::Path) -> Option<usize> {
    // What a project requires is read from its METADATA: that is asked last.
    let fits = |(rule, patterns): &(&Rule, Patterns)| patterns.choose_below(path) && applies(rule, project, &requires);
    RULE_PATTERNS.iter().position(fits)
}

/// Whether a rule is for this project at all.
fn applies(rule: &Rule, name: &str, requires: impl Fn(&str) -> bool) -> bool {
    (rule.only.is_empty() || rule.only.contains(&name))
        && !rule.never.contains(&name)
        && !rule.unless_requires.iter().any(|wanted| requires(wanted))
}

static KEPT_PATTERNS: LazyLock<Patterns> =
    LazyLock::new(|| Patterns::new(KEPT, "--slim").expect("the patterns of the table are patterns"));

static RULE_PATTERNS: LazyLock<Vec<(&Rule, Patterns)>> = LazyLock::new(|| {
    let read =
        |rule: &'static Rule| Patterns::new(rule.patterns, "--slim").expect("the patterns of the table are patterns");
    RULES.iter().map(|rule| (rule, read(rule))).collect()
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
