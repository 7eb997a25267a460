//! How a project wants to be built: `[build-system]` of its pyproject.toml (PEP 517, PEP 518).

use std::path::{Path, PathBuf};

use super::BuildError;
use crate::archive::SafePath;
use crate::spec::toml_reason;

/// What a project has at its top, at least one of them.
const PROJECT_FILES: [&str; 3] = ["pyproject.toml", "setup.py", "setup.cfg"];

/// What a project without a statement is built with (PEP 517, "Build requirements"): setuptools, as if its `setup.py`
/// were run.
const LEGACY_BACKEND: &str = "setuptools.build_meta:__legacy__";

/// The first release of setuptools that has this backend.
const LEGACY_REQUIREMENT: &str = "setuptools>=40.8.0";

/// How a project wants to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BuildSystem {
    /// Requirements that must be there before the backend can be asked anything.
    pub requires: Vec<String>,
    /// `module:object`.
    pub backend: String,
    /// Folders of the project, absolute, in which the backend itself lies.
    pub backend_path: Vec<PathBuf>,
}

impl BuildSystem {
    /// Reads the statement of the project in `folder`.
    pub(crate) fn read(folder: &Path, label: &str) -> Result<Self, BuildError> {
        let path = folder.join("pyproject.toml");
        let text = match fs_err::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(BuildError::File { action: "read", path, source }),
            Ok(text) => text,
        };
        Self::parse(&text, folder).map_err(|reason| BuildError::Pyproject { label: label.to_owned(), reason })
    }

    /// The folder of a project, `below` the top of what was fetched: it is there, and a project.
    pub(crate) fn project_in(top: &Path, below: Option<&SafePath>, label: &str) -> Result<PathBuf, BuildError> {
        let folder = below.map_or_else(|| top.to_owned(), |below| below.below(top));
        let refuse = |reason| Err(BuildError::Metadata { label: label.to_owned(), reason });
        match below {
            Some(below) if !folder.is_dir() => return refuse(format!("there is no folder `{below}` in it")),
            _ => {}
        }
        if PROJECT_FILES.iter().any(|name| folder.join(name).is_file()) {
            return Ok(folder);
        }
        let place = below.map_or("it", SafePath::as_str);
        refuse(format!("{place} has neither pyproject.toml nor setup.py, so it is no project"))
    }

    fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        let document: toml::Table = text.parse().map_err(|error: toml::de::Error| toml_reason(text, &error))?;
        let legacy = |requires| Self { requires, backend: LEGACY_BACKEND.to_owned(), backend_path: Vec::new() };
        let Some(table) = document.get("build-system") else { return Ok(legacy(vec![LEGACY_REQUIREMENT.to_owned()])) };
        let table = table.as_table().ok_or("`build-system` is not a table")?;
        let requires = texts(table, "requires")?.ok_or("`build-system` has no `requires`")?;
        let Some(backend) = table.get("build-backend") else { return Ok(legacy(requires)) };
        let backend = backend.as_str().filter(|backend| is_reference(backend));
        let backend = backend.ok_or("`build-backend` is not of the form `module:object`")?.to_owned();
        let mut backend_path = Vec::new();
        for path in texts(table, "backend-path")?.unwrap_or_default() {
            // PEP 517: these lie in the source tree.
            let inside = path.strip_prefix("./").unwrap_or(&path).trim_end_matches('/');
            backend_path.push(match inside {
                "." | "" => folder.to_owned(),
                _ => SafePath::new(inside).map_err(|error| format!("`backend-path`: {error}"))?.below(folder),
            });
        }
        Ok(Self { requires, backend, backend_path })
    }
}

/// A list of texts; `None` when it is absent.
fn texts(table: &toml::Table, key: &str) -> Result<Option<Vec<String>>, String> {
    let Some(value) = table.get(key) else { return Ok(None) };
    let texts = value.as_array().and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
    texts.map(Some).ok_or_else(|| format!("`{key}` of `build-system` is not a list of texts"))
}

fn is_reference(backend: &str) -> bool {
    let (module, object) = backend.split_once(':').unwrap_or((backend, "object"));
    let is_name = |name: &str| {
        let mut chars = name.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_') && chars.all(|c| c.is_alphanumeric() || c == '_')
    };
    module.split('.').all(is_name) && object.split('.').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_systems_are_read() {
        let folder = Path::new("/project");
        let check = |text: &str, requires: &[&str], backend: &str, paths: &[&str]| {
            let system = BuildSystem::parse(text, folder).expect(text);
            assert_eq!(system.requires, requires, "{text}");
            assert_eq!(system.backend, backend, "{text}");
            assert_eq!(system.backend_path, paths.iter().map(PathBuf::from).collect::<Vec<_>>(), "{text}");
        };
        check("", &[LEGACY_REQUIREMENT], LEGACY_BACKEND, &[]);
        check("[project]\nname = 'a'", &[LEGACY_REQUIREMENT], LEGACY_BACKEND, &[]);
        check("[build-system]\nrequires = ['setuptools']", &["setuptools"], LEGACY_BACKEND, &[]);
        check(
            "[build-system]\nrequires = ['flit_core >=3']\nbuild-backend = 'flit_core.buildapi'",
            &["flit_core >=3"],
            "flit_core.buildapi",
            &[],
        );
        check(
            "[build-system]\nrequires = []\nbuild-backend = 'own:backend.api'\nbackend-path = ['.', './tools/', 'a/b']",
            &[],
            "own:backend.api",
            &["/project", "/project/tools", "/project/a/b"],
        );
    }

    #[test]
    fn build_systems_that_cannot_be_used() {
        let check = |text: &str, expected: &str| {
            let reason = BuildSystem::parse(text, Path::new("/project")).expect_err(text);
            assert!(reason.contains(expected), "{text}: {reason}");
        };
        check("[build-system]\nbuild-backend = 'a'", "no `requires`");
        check("[build-system]\nrequires = 'setuptools'", "not a list of texts");
        check("[build-system]\nrequires = [1]", "not a list of texts");
        check("build-system = 1", "not a table");
        check("[build-system", "TOML");
        check("[build-system]\nrequires = []\nbuild-backend = 'os; evil'", "module:object");
        check("[build-system]\nrequires = []\nbuild-backend = 'a'\nbackend-path = ['../x']", "backend-path");
        check("[build-system]\nrequires = []\nbuild-backend = 'a'\nbackend-path = ['/x']", "backend-path");
    }
}
