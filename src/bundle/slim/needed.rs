//! What of the files that the rules name is needed all the same, as the code of the project itself says.
//!
//! A module in a folder of tests stays when code that stays imports it, and so do the packages around it and what it
//! imports of tests in turn. A header, a source or a file of data stays when code that stays has its name as a text
//! (`"kernels.cu"`), with what it includes. An assembly of .NET is no binary of Windows, and a model of a molecule
//! (`*.pdb`) no debug symbols.
//!
//! All code of a wheel is read for that, once: what was found is kept beside its install plan.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::mentions::{Mentions, is_of_another_kind, is_python, is_test_module};
use super::rules::{Doubt, RULES};
use crate::archive::{Crc32, folder_and_name};
use crate::bundle::BundleError;
use crate::cache::Cache;
use crate::install::{FileContent, InstalledDist};
use crate::python::on_large_stack;

/// The place in the table of the rule that names each file of a distribution; `None`: none does.
pub(super) type ByRules = Vec<Option<usize>>;

/// Changes with everything that makes another answer of the same files.
const FORM: u32 = 1;
/// Python source that tools run, and no program.
const FOR_TOOLS: &[&str] = &["conftest.py", "setup.py"];

/// What is needed of one wheel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Needed {
    /// [`FORM`], and a checksum of what the rules named.
    of: (u32, u32),
    /// Files that a rule names and that stay, by their places in the distribution.
    files: BTreeSet<usize>,
    /// Modules in folders of tests that its code imports and it has not.
    foreign: BTreeSet<String>,
}

/// Spares what is needed of what the rules name. `minor`: the Python 3 that it is for.
///
/// # Errors
/// A file cannot be read.
pub(super) fn spare_needed(
    dists: &[InstalledDist],
    by_rules: &mut [ByRules],
    cache: Option<&Cache>,
    minor: u64,
) -> Result<(), BundleError> {
    let minor = u8::try_from(minor).unwrap_or(u8::MAX);
    let note = |dist: &InstalledDist| cache.map(|cache| cache.install(&dist.digest).join(format!("needed-3.{minor}")));
    let known = |(dist, rules): (&InstalledDist, &ByRules)| {
        let known: Needed = rmp_serde::from_slice(&cache?.read(&note(dist)?)?).ok()?;
        (known.of == form_of(rules)).then_some(known)
    };
    let mut all: Vec<Option<Needed>> = dists.par_iter().zip(&*by_rules).map(known).collect();
    if all.contains(&None) {
        let unknown = all.par_iter_mut().zip(dists).zip(&*by_rules).filter(|((needed, _), _)| needed.is_none());
        on_large_stack(|| {
            unknown.try_for_each(|((needed, dist), rules)| {
                let found = needed.insert(Search::new(dist, rules, minor).of_own_code()?);
                if let (Some(cache), Some(note), Ok(bytes)) = (cache, note(dist), rmp_serde::to_vec(found)) {
                    // What cannot be kept costs the next run time, and nothing else.
                    let _ = cache.write(&note, &bytes);
                }
                Ok(())
            })
        })?;
    }
    let all: Vec<Needed> = all.into_iter().flatten().collect();
    let foreign: BTreeSet<&str> = all.iter().flat_map(|needed| &needed.foreign).map(String::as_str).collect();
    for ((dist, rules), needed) in dists.iter().zip(by_rules).zip(&all) {
        let of_others = if foreign.is_empty() { BTreeSet::new() } else { of_others(dist, rules, &foreign, minor)? };
        needed.files.iter().chain(&of_others).for_each(|file| rules[*file] = None);
    }
    Ok(())
}

/// What other projects need of a distribution.
fn of_others(
    dist: &InstalledDist,
    rules: &[Option<usize>],
    foreign: &BTreeSet<&str>,
    minor: u8,
) -> Result<BTreeSet<usize>, BundleError> {
    let search = Search::new(dist, rules, minor);
    let begin: BTreeSet<usize> = foreign.iter().flat_map(|module| search.files_of(module)).collect();
    if begin.is_empty() {
        return Ok(begin);
    }
    Ok(on_large_stack(|| search.with_what_they_need(begin))?.0)
}

/// What an answer depends on beside the wheel.
fn form_of(rules: &[Option<usize>]) -> (u32, u32) {
    let mut sum = Crc32::new();
    let byte = |rule: &Option<usize>| rule.and_then(|rule| u8::try_from(rule).ok()).unwrap_or(u8::MAX);
    sum.update(&rules.iter().map(byte).collect::<Vec<u8>>());
    (FORM, sum.sum())
}

/// Looks through the code of a distribution.
struct Search<'a> {
    dist: &'a InstalledDist,
    rules: &'a [Option<usize>],
    minor: u8,
    /// Modules in folders of tests that are named by a rule.
    modules: HashMap<String, Vec<usize>>,
    /// Files that are named by a rule, by their names without folders.
    names: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Search<'a> {
    fn new(dist: &'a InstalledDist, rules: &'a [Option<usize>], minor: u8) -> Self {
        let mut search = Self { dist, rules, minor, modules: HashMap::new(), names: HashMap::new() };
        for (at, file) in dist.files.iter().enumerate() {
            let path = file.path.as_str();
            match search.doubt(at) {
                Some(Doubt::Imported) if is_module(path) => {
                    search.modules.entry(module_of(path)).or_default().push(at);
                }
                Some(Doubt::Imported | Doubt::Named) => {
                    search.names.entry(folder_and_name(path).1).or_default().push(at);
                }
                _ => {}
            }
        }
        search
    }

    fn doubt(&self, at: usize) -> Option<Doubt> {
        self.rules[at].map(|rule| RULES[rule].doubt)
    }

    /// What is needed by the code of the distribution that no rule names.
    fn of_own_code(&self) -> Result<Needed, BundleError> {
        let files: Vec<usize> = (0..self.rules.len()).collect();
        let look = |at: &usize| -> Result<(BTreeSet<usize>, BTreeSet<String>), BundleError> {
            match self.doubt(*at) {
                Some(Doubt::Kind) if is_of_another_kind(self.path(*at), &self.read(*at)?) => {
                    Ok((BTreeSet::from([*at]), BTreeSet::new()))
                }
                None if self.is_asked(*at) => self.mentioned_in(*at),
                _ => Ok((BTreeSet::new(), BTreeSet::new())),
            }
        };
        let found = files.par_iter().map(look).collect::<Result<Vec<_>, _>>()?;
        let (begin, foreign): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let (files, more) = self.with_what_they_need(begin.into_iter().flatten().collect())?;
        let foreign = foreign.into_iter().flatten().chain(more).collect();
        Ok(Needed { of: form_of(self.rules), files, foreign })
    }

    /// Files, and all that they need in turn; with the modules that the distribution has not.
    fn with_what_they_need(&self, begin: BTreeSet<usize>) -> Result<(BTreeSet<usize>, BTreeSet<String>), BundleError> {
        let (mut needed, mut foreign) = (begin.clone(), BTreeSet::new());
        let mut open: Vec<usize> = begin.into_iter().collect();
        while let Some(at) = open.pop() {
            let says_what_it_needs = is_python(self.path(at)) || self.doubt(at) == Some(Doubt::Named);
            if !says_what_it_needs {
                continue;
            }
            let (files, modules) = self.mentioned_in(at)?;
            foreign.extend(modules);
            open.extend(files.into_iter().filter(|file| needed.insert(*file)));
        }
        Ok((needed, foreign))
    }

    /// Whether a file that stays is code that may need what the rules name.
    fn is_asked(&self, at: usize) -> bool {
        let path = self.path(at);
        let is_script = path.starts_with("bin/") && matches!(self.dist.files[at].content, FileContent::Generated(_));
        (is_python(path) && !FOR_TOOLS.contains(&folder_and_name(path).1)) || is_script
    }

    /// What a file mentions: files that a rule names, and modules of tests that the distribution has not.
    fn mentioned_in(&self, at: usize) -> Result<(BTreeSet<usize>, BTreeSet<String>), BundleError> {
        let (path, bytes) = (self.path(at), self.read(at)?);
        let mentions = Mentions { path, bytes: &bytes, minor: self.minor };
        let mut files = BTreeSet::new();
        if !self.names.is_empty() || !self.modules.is_empty() {
            for text in mentions.texts() {
                files.extend(self.names.get(text).into_iter().flatten());
                if is_test_module(text) {
                    files.extend(self.files_of(text));
                }
            }
        }
        let mut foreign = BTreeSet::new();
        for module in mentions.test_modules() {
            let before = files.len();
            files.extend(self.files_of(&module));
            if files.len() == before {
                foreign.insert(module);
            }
        }
        Ok((files, foreign))
    }

    /// The files of a module in a folder of tests, and of the packages around it.
    fn files_of(&self, module: &str) -> impl Iterator<Item = usize> {
        let ends = module.match_indices('.').map(|(at, _)| at).chain([module.len()]);
        ends.filter_map(|end| self.modules.get(&module[..end])).flatten().copied()
    }

    fn path(&self, at: usize) -> &'a str {
        self.dist.files[at].path.as_str()
    }

    fn read(&self, at: usize) -> Result<Vec<u8>, BundleError> {
        let failed = |source| BundleError::ReadSource { path: self.dist.wheel.clone(), source };
        self.dist.read(&self.dist.files[at]).map_err(failed)
    }
}

/// Whether a file can be imported.
fn is_module(path: &str) -> bool {
    is_python(path) || path.strip_suffix(".so").is_some()
}

/// The name by which a file is imported.
fn module_of(path: &str) -> String {
    let (folder, name) = folder_and_name(path);
    let stem = name.split('.').next().unwrap_or(name);
    let whole = if stem == "__init__" { folder.to_owned() } else { format!("{folder}/{stem}") };
    whole.replace('/', ".")
}
