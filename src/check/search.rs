//! Finding a module the way Python's import system does it on Lambda (`importlib`'s path finder, PEP 420).

use std::fmt;

use super::tree::{RuntimeTree, ends_in};
use crate::python::{is_built_in, is_standard, only_system};
use crate::target::{Architecture, Target};

/// Where Python searches, and what it takes there.
pub(super) struct ModuleSearch<'a> {
    pub(super) tree: &'a RuntimeTree,
    roots: Vec<String>,
    target: &'a Target,
    minor: u8,
    /// Endings of native modules that this interpreter sees, in its order.
    native: Vec<String>,
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FoundModule {
    /// A file of the bundle or of a layer; a package has folders in which its submodules are.
    File { file: usize, folders: Option<Vec<String>> },
    /// Folders without code of their own.
    Namespace(Vec<String>),
    /// The standard library, or built in.
    Standard,
    /// A project that the runtime brings.
    Runtime,
    /// No place has a module of this name.
    Missing,
}

/// A file that would be the module on another system or for another Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForeignModule {
    pub(super) file: usize,
    pub(super) reason: ForeignReason,
}

/// Why the interpreter does not see a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ForeignReason {
    /// Compiled for another Python, such as `3.12`.
    Python(String),
    /// Compiled for another processor.
    Processor(String),
    /// Compiled for another system.
    System(&'static str),
}

/// Modules that the runtime brings, and the projects that they come with. Where its own library has `pip` and
/// `setuptools` is not published for every version: they are taken for there, because silence does less harm.
const RUNTIME: &[(&str, &str)] = &[
    ("awslambdaric", "awslambdaric"),
    ("boto3", "boto3"),
    ("botocore", "botocore"),
    ("dateutil", "python-dateutil"),
    ("jmespath", "jmespath"),
    ("runtime_client", "awslambdaric"),
    ("s3transfer", "s3transfer"),
    ("simplejson", "simplejson"),
    ("six", "six"),
    ("snapshot_restore_py", "snapshot-restore-py"),
    ("urllib3", "urllib3"),
];

/// The N of a target's Python 3.N.
pub(super) fn minor_of(target: &Target) -> u8 {
    u8::try_from(target.runtime().python_version().1).unwrap_or(u8::MAX)
}

/// The project of the runtime that brings a module.
pub(super) fn runtime_project(module: &str) -> Option<&'static str> {
    RUNTIME.binary_search_by(|(name, _)| (*name).cmp(module)).ok().map(|at| RUNTIME[at].1)
}

impl<'a> ModuleSearch<'a> {
    pub(super) fn new(tree: &'a RuntimeTree, target: &'a Target) -> Self {
        let (_, minor) = target.runtime().python_version();
        let machine = target.architecture().machine();
        let mut native =
            vec![format!(".cpython-3{minor}-{machine}-linux-gnu.so"), ".abi3.so".to_owned(), ".so".to_owned()];
        if minor >= 15 {
            native.insert(2, ".abi3t.so".to_owned());
        }
        Self {
            tree,
            target,
            // The standard library comes behind all of these, and what the runtime brings last.
            roots: vec![
                "/var/task".to_owned(),
                format!("/opt/python/lib/python3.{minor}/site-packages"),
                "/opt/python".to_owned(),
            ],
            minor: minor_of(target),
            native,
        }
    }

    /// Where Python searches.
    pub(super) fn roots(&self) -> &[String] {
        &self.roots
    }

    /// The N of the target's Python 3.N.
    pub(super) fn minor(&self) -> u8 {
        self.minor
    }

    /// Finds a module that is no submodule.
    pub(super) fn top(&self, name: &str) -> FoundModule {
        if is_built_in(name, self.minor) {
            return FoundModule::Standard;
        }
        let (found, portions) = self.in_folders(name, self.roots.iter().map(String::as_str));
        if let Some(found) = found {
            return found;
        }
        if is_standard(name, self.minor) && only_system(name).is_none() {
            return FoundModule::Standard;
        }
        let is_provided = |project: &str| project.parse().is_ok_and(|project| self.target.runtime().provides(&project));
        if runtime_project(name).is_some_and(is_provided) || (self.minor < 12 && is_installer(name)) {
            return FoundModule::Runtime;
        }
        if portions.is_empty() { FoundModule::Missing } else { FoundModule::Namespace(portions) }
    }

    /// Finds a submodule in the folders of its package.
    pub(super) fn below(&self, folders: &[String], name: &str) -> FoundModule {
        let (found, portions) = self.in_folders(name, folders.iter().map(String::as_str));
        found.unwrap_or(if portions.is_empty() { FoundModule::Missing } else { FoundModule::Namespace(portions) })
    }

    /// The module in the first folder that has it, or the folders that are portions of a namespace.
    fn in_folders<'b>(&self, name: &str, folders: impl Iterator<Item = &'b str>) -> (Option<FoundModule>, Vec<String>) {
        let mut portions = Vec::new();
        for folder in folders {
            let inner = format!("{folder}/{name}");
            if self.tree.is_folder(&inner) {
                if let Some(file) = self.code(&format!("{inner}/__init__")) {
                    return (Some(FoundModule::File { file, folders: Some(vec![inner]) }), portions);
                }
                // A file beside it counts before a folder without code.
                if let Some(file) = self.code(&inner) {
                    return (Some(FoundModule::File { file, folders: None }), portions);
                }
                portions.push(inner);
            } else if let Some(file) = self.code(&inner) {
                return (Some(FoundModule::File { file, folders: None }), portions);
            }
        }
        (None, portions)
    }

    /// The file of a module by its path without ending.
    fn code(&self, stem: &str) -> Option<usize> {
        self.files_of(stem).find_map(|path| self.tree.file(&path))
    }

    /// The files that Python takes for a module by its path without ending, the first that is there.
    pub(super) fn files_of(&self, stem: impl fmt::Display) -> impl Iterator<Item = String> {
        let endings = self.native.iter().map(String::as_str).chain([".py", ".pyc"]);
        endings.map(move |ending| format!("{stem}{ending}"))
    }

    /// The file of a module in these folders.
    pub(super) fn file_below(&self, folders: &[String], name: &str) -> Option<usize> {
        match self.below(folders, name) {
            FoundModule::File { file, .. } => Some(file),
            _ => None,
        }
    }

    /// A file in these folders that would be the module elsewhere.
    pub(super) fn foreign(&self, folders: &[String], name: &str) -> Option<ForeignModule> {
        folders.iter().find_map(|folder| {
            let here = self.foreign_in(folder, name);
            here.or_else(|| self.foreign_in(&format!("{folder}/{name}"), "__init__"))
        })
    }

    fn foreign_in(&self, folder: &str, name: &str) -> Option<ForeignModule> {
        let mut names: Vec<&String> = self.tree.names(folder).iter().collect();
        names.sort_unstable();
        names.into_iter().find_map(|file| {
            let ending = file.strip_prefix(name).filter(|ending| ending.starts_with('.'))?;
            let reason = foreign_reason(ending, self.minor, self.target.architecture())?;
            Some(ForeignModule { file: self.tree.file(&format!("{folder}/{file}"))?, reason })
        })
    }

    /// Folders anywhere below `within` in which a module of this name lies; nearest to the top first.
    pub(super) fn elsewhere(&self, name: &str, within: &str) -> Vec<String> {
        let prefix = format!("{within}/");
        let inner = format!("/{name}/");
        // Folders without code of their own count behind those that have some.
        let (mut folders, mut namespaces): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for file in self.tree.files.iter().filter(|file| file.path.starts_with(&prefix)) {
            let Some((folder, last)) = file.path.rsplit_once('/') else { continue };
            let is_module = last.strip_suffix(".py") == Some(name);
            let package = folder.strip_suffix(name).and_then(|above| above.strip_suffix('/'));
            match (is_module, package) {
                (true, _) => folders.push(folder.to_owned()),
                (_, Some(above)) if last == "__init__.py" => folders.push(above.to_owned()),
                _ if ends_in(last, ".py") => {
                    let at = file.path.find(&inner).filter(|at| *at >= within.len());
                    namespaces.extend(at.map(|at| file.path[..at].to_owned()));
                }
                _ => {}
            }
        }
        for found in [&mut folders, &mut namespaces] {
            found.sort_by_key(|folder| folder.matches('/').count());
            found.dedup();
        }
        folders.extend(namespaces);
        folders
    }
}

fn is_installer(name: &str) -> bool {
    matches!(name, "pip" | "setuptools" | "pkg_resources" | "_distutils_hack")
}

/// Why Python 3.`minor` on Lambda does not see a native module with this ending; `None` where it does, or it is none.
pub(super) fn foreign_reason(ending: &str, minor: u8, architecture: Architecture) -> Option<ForeignReason> {
    if ends_in(ending, ".pyd") {
        return Some(ForeignReason::System("Windows"));
    }
    let tag = ending.strip_suffix(".so")?.strip_prefix('.')?;
    if tag.is_empty() || tag == "abi3" {
        return None;
    }
    if tag.contains("darwin") {
        return Some(ForeignReason::System("macOS"));
    }
    if tag.contains("musl") {
        return Some(ForeignReason::System("musl"));
    }
    if tag.starts_with("pypy") {
        return Some(ForeignReason::System("PyPy"));
    }
    if tag == "abi3t" {
        return (minor < 15).then(|| ForeignReason::Python("3.15".to_owned()));
    }
    if let Some(old) = tag.strip_prefix("cpython-2") {
        let digits: String = old.chars().take_while(char::is_ascii_digit).collect();
        return Some(ForeignReason::Python(format!("2.{digits}")));
    }
    let rest = tag.strip_prefix("cpython-3")?;
    let (version, platform) = rest.split_once('-').unwrap_or((rest, ""));
    if let Some(plain) = version.strip_suffix('t')
        && plain.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Some(ForeignReason::System("a free-threaded Python"));
    }
    if version != minor.to_string() {
        return Some(ForeignReason::Python(format!("3.{version}")));
    }
    let machine = platform.strip_suffix("-linux-gnu").unwrap_or(platform);
    (machine != architecture.machine()).then(|| ForeignReason::Processor(machine.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_that_are_not_seen() {
        let check = |ending: &str, expected: Option<ForeignReason>| {
            assert_eq!(foreign_reason(ending, 13, Architecture::X86_64), expected, "{ending}");
        };
        check(".cpython-313-x86_64-linux-gnu.so", None);
        check(".abi3.so", None);
        check(".so", None);
        check(".py", None);
        check(".cpython-312-x86_64-linux-gnu.so", Some(ForeignReason::Python("3.12".to_owned())));
        check(".cpython-313-aarch64-linux-gnu.so", Some(ForeignReason::Processor("aarch64".to_owned())));
        check(".cpython-313t-x86_64-linux-gnu.so", Some(ForeignReason::System("a free-threaded Python")));
        check(".cpython-313-x86_64-linux-musl.so", Some(ForeignReason::System("musl")));
        check(".pypy311-pp73-x86_64-linux-gnu.so", Some(ForeignReason::System("PyPy")));
        check(".cpython-27mu-x86_64-linux-gnu.so", Some(ForeignReason::Python("2.7".to_owned())));
        check(".abi3t.so", Some(ForeignReason::Python("3.15".to_owned())));
        check(".cpython-313-darwin.so", Some(ForeignReason::System("macOS")));
        check(".cp313-win_amd64.pyd", Some(ForeignReason::System("Windows")));
    }

    #[test]
    fn projects_of_the_runtime() {
        assert!(RUNTIME.is_sorted());
        assert_eq!(runtime_project("dateutil"), Some("python-dateutil"));
        assert_eq!(runtime_project("requests"), None);
    }
}
