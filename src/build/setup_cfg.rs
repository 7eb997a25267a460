//! What `setup.cfg` says for certain of what a project requires (setuptools documentation, "Configuring setuptools
//! using setup.cfg files"), without any code being run.
//!
//! setuptools reads the file as Python's `configparser` does, and lets `setup.py`, plugins and `pyproject.toml` change
//! what it says. So only plain values count, and only where nothing of the project can have another word: the backend
//! is setuptools with `wheel` at most beside it, there is no `[project]` and no table of setuptools in
//! `pyproject.toml`, and `setup.py`, if there is one, calls `setup()` and does nothing else. All else is for a build to
//! say: `attr:`, `file:`, keys in an older spelling, texts that setuptools would warn of.

use std::str::FromStr as _;

use super::static_metadata::{only_with, whole};
use crate::spec::{
    CoreMetadata, ExtraName, PackageName, Requirement, Version, parse_requirement, parse_version_specifiers,
};

/// The files of a project that say it, as far as they are there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SetupFiles<'a> {
    pub(crate) cfg: Option<&'a str>,
    pub(crate) py: Option<&'a str>,
    pub(crate) pyproject: Option<&'a str>,
}

/// The metadata of the project; `None`: only a build can tell.
pub(crate) fn static_setup(files: &SetupFiles<'_>) -> Option<CoreMetadata> {
    let is_plain = files.pyproject.is_none_or(leaves_all_to_setup) && files.py.is_none_or(calls_setup_alone);
    // Without either of them there is no project to be built.
    let is_project = files.pyproject.is_some() || files.py.is_some();
    let sections = sections(files.cfg?).filter(|_| is_plain && is_project)?;
    let value = |section: &str, key: &str| {
        let entries = &sections.iter().find(|(name, _)| name == section)?.1;
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    };
    if value("options", "setup_requires").is_some_and(|list| !list.trim().is_empty()) {
        return None;
    }
    let name = PackageName::from_str(plain(value("metadata", "name")?)?).ok()?;
    let version = Version::from_str(plain(value("metadata", "version")?)?).ok()?;
    let requires_python = match value("options", "python_requires").map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => Some(parse_version_specifiers(text).ok()?),
        None => None,
    };
    let mut requires_dist = match value("options", "install_requires") {
        Some(list) => requirements(list)?,
        None => Vec::new(),
    };
    let mut provides_extras = Vec::new();
    let extras = sections.iter().find(|(name, _)| name == "options.extras_require");
    for (key, list) in extras.into_iter().flat_map(|(_, entries)| entries) {
        let extra = ExtraName::from_str(key).ok()?;
        for requirement in requirements(list)? {
            requires_dist.push(only_with(requirement, &extra).ok()?);
        }
        provides_extras.push(extra);
    }
    Some(whole(name, version, requires_dist, requires_python, provides_extras))
}

type Section = (String, Vec<(String, String)>);

/// Keys of `[metadata]` and `[options]` that are read here.
const KEYS: [&str; 5] = ["name", "version", "python_requires", "install_requires", "setup_requires"];

/// The sections of the file; `None`: `configparser` refuses it, or reads something else than what seems to stand there.
fn sections(text: &str) -> Option<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut is_open = false;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let bare = line.trim();
        // A value goes on after an empty line, where the next one is indented.
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            let value = sections.last_mut().and_then(|(_, entries)| entries.last_mut()).filter(|_| is_open)?;
            value.1.push('\n');
            value.1.push_str(bare);
            continue;
        }
        is_open = false;
        if let Some(header) = line.strip_prefix('[') {
            let name = header.split_once(']').filter(|(_, rest)| rest.trim().is_empty())?.0;
            if name == "DEFAULT" || sections.iter().any(|(known, _)| known == name) {
                return None;
            }
            sections.push((name.to_owned(), Vec::new()));
            continue;
        }
        let (key, value) = bare.split_once(['=', ':'])?;
        let (key, value) = (key.trim(), value.trim());
        let (section, entries) = sections.last_mut()?;
        let is_ours = ["metadata", "options"].contains(&section.as_str());
        let usual = key.to_ascii_lowercase().replace('-', "_");
        let is_respelled = is_ours && usual != key && KEYS.contains(&usual.as_str());
        if key.is_empty() || is_respelled || entries.iter().any(|(known, _)| known == key) {
            return None;
        }
        entries.push((key.to_owned(), value.to_owned()));
        is_open = true;
    }
    Some(sections)
}

/// A value that stands for itself.
fn plain(value: &str) -> Option<&str> {
    let is_directive = ["attr:", "file:"].iter().any(|start| value.trim_start().starts_with(start));
    Some(value.trim()).filter(|value| !value.is_empty() && !value.contains('\n') && !is_directive)
}

/// A list of requirements, each on a line of its own. On a single line a semicolon would part two of them, and begin a
/// marker everywhere else.
fn requirements(list: &str) -> Option<Vec<Requirement>> {
    if list.trim_start().starts_with("file:") || (!list.contains('\n') && list.contains(';')) {
        return None;
    }
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| parse_requirement(line).ok().filter(|_| !line.contains(" #"))).collect()
}

/// Whether `pyproject.toml` has no word of its own on what setuptools makes.
fn leaves_all_to_setup(text: &str) -> bool {
    let Ok(document) = text.trim_start_matches('\u{feff}').parse::<toml::Table>() else { return false };
    let of_tools = |name: &str| document.get("tool").and_then(|tools| tools.get(name)).is_some();
    if document.contains_key("project") || of_tools("setuptools") || of_tools("distutils") {
        return false;
    }
    let Some(system) = document.get("build-system") else { return true };
    let backend = system.get("build-backend").map_or(Some("setuptools.build_meta"), toml::Value::as_str);
    let is_setuptools = matches!(backend, Some("setuptools.build_meta" | "setuptools.build_meta:__legacy__"));
    let requires = system.get("requires").and_then(toml::Value::as_array);
    let is_usual = |entry: &toml::Value| {
        let named = entry.as_str().and_then(|text| parse_requirement(text).ok());
        named.is_some_and(|requirement| ["setuptools", "wheel"].contains(&requirement.name.as_ref()))
    };
    is_setuptools && system.get("backend-path").is_none() && requires.is_some_and(|list| list.iter().all(is_usual))
}

/// Lines of a `setup.py` that change nothing.
const USUAL: [&str; 5] = [
    "",
    "import setuptools",
    "from setuptools import setup",
    "if __name__ == \"__main__\":",
    "if __name__ == '__main__':",
];

/// Whether `setup.py` imports setuptools, calls `setup()` without arguments, and does nothing else.
fn calls_setup_alone(text: &str) -> bool {
    let mut calls = 0;
    let are_usual = text.trim_start_matches('\u{feff}').lines().map(str::trim).all(|line| {
        let code = line.split('#').next().unwrap_or_default().trim().trim_end_matches(';');
        let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_call = ["setup()", "setuptools.setup()"].contains(&code.as_str());
        calls += usize::from(is_call);
        is_call || USUAL.contains(&code.as_str()) || is_docstring(line)
    });
    are_usual && calls == 1
}

/// A text on a line of its own, which says nothing to Python.
fn is_docstring(line: &str) -> bool {
    let marks = ["\"\"\"", "'''"];
    marks.iter().any(|mark| {
        line.len() >= 6 && line.starts_with(mark) && line.ends_with(mark) && line.matches(mark).count() == 2
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CFG: &str = "[metadata]\nname = the-lib\nversion = 1.2\n[options]\npackages = find:\npython_requires = >=3.8\n\
        install_requires =\n    requests>=2\n    # a word\n    dep; python_version < \"3.9\"\n\n    last\n\
        [options.extras_require]\nfast = speed>1\nTest =\n    check\n    more; os_name == 'posix'\n";

    fn shown(cfg: &str, py: Option<&str>, pyproject: Option<&str>) -> Option<String> {
        let metadata = static_setup(&SetupFiles { cfg: Some(cfg), py, pyproject })?;
        let requires: Vec<String> = metadata.requires_dist.iter().map(ToString::to_string).collect();
        let python = metadata.requires_python.map(|python| python.to_string()).unwrap_or_default();
        Some(format!("{} {} {python} [{}]", metadata.name, metadata.version, requires.join(", ")))
    }

    #[test]
    fn plain_values_are_certain() {
        let expected = "the-lib 1.2 >=3.8 [requests>=2, dep ; python_full_version < '3.9', last, \
            speed>1 ; extra == 'fast', check ; extra == 'test', more ; os_name == 'posix' and extra == 'test']";
        let usual = "#!/usr/bin/env python\n\"\"\"Builds.\"\"\"\nfrom setuptools import setup\n\n\
            if __name__ == '__main__':\n    setup()\n";
        let system =
            "[build-system]\nrequires = ['setuptools>=61', 'wheel']\nbuild-backend = 'setuptools.build_meta'\n";
        for (py, pyproject) in [
            (Some("import setuptools\nsetuptools.setup()  # all in setup.cfg\n"), None),
            (Some(usual), None),
            (None, Some(system)),
            (Some(usual), Some(system)),
            (None, Some("[build-system]\nrequires = ['setuptools']\n[tool.black]\nline-length = 100\n")),
            (None, Some("[tool.uv]\npackage = true\n")),
        ] {
            assert_eq!(shown(CFG, py, pyproject).as_deref(), Some(expected), "{py:?} {pyproject:?}");
        }
    }

    #[test]
    fn what_may_be_otherwise_is_for_a_build_to_say() {
        let system = "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n";
        let py = "from setuptools import setup\nsetup()\n";
        let with = |from: &str, to: &str| CFG.replacen(from, to, 1);
        for cfg in [
            with("version = 1.2", "version = attr: lib.__version__"),
            with("version = 1.2", "version = file: VERSION"),
            with("version = 1.2\n", ""),
            with("name = the-lib\n", ""),
            with("version = 1.2", "version = newest"),
            with("version = 1.2", "Version = 1.2"),
            with("install_requires =\n", "install-requires =\n"),
            with("install_requires =\n    requests>=2", "install_requires = file: requirements.txt"),
            with("install_requires =\n    requests>=2\n", "install_requires = a; b\n"),
            with("    requests>=2", "    requests ?= 2"),
            with("    requests>=2", "    -r requirements.txt"),
            with("python_requires = >=3.8", "python_requires = >= three"),
            with("packages = find:", "setup_requires = setuptools_scm"),
            with("[options]", "[metadata]"),
            with("python_requires = >=3.8", "python_requires = >=3.8\npython_requires = >=3.9"),
            with("Test =", "not a name! ="),
            with("[options]", "stray\n[options]"),
        ] {
            assert_eq!(shown(&cfg, Some(py), None), None, "{cfg}");
        }
        for (py, pyproject) in [
            (None, None),
            (Some("from setuptools import setup\nsetup(version='2')\n"), None),
            (Some("from setuptools import setup\nimport os\nsetup()\n"), None),
            (Some("from setuptools import setup\nsetup()\nsetup()\n"), None),
            (Some("from setuptools import setup\n"), None),
            (Some("from distutils.core import setup\nsetup()\n"), None),
            (Some(py), Some("[project]\nname = 'x'\ndynamic = ['version', 'dependencies']\n")),
            (Some(py), Some("[tool.setuptools]\nzip-safe = false\n")),
            (Some(py), Some("[build-system]\nrequires = ['setuptools', 'setuptools_scm']\n")),
            (Some(py), Some("[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n")),
            (Some(py), Some("[build-system]\nrequires = []\nbuild-backend = 'own'\nbackend-path = ['.']\n")),
            (Some(py), Some("[build-system\n")),
        ] {
            assert_eq!(shown(CFG, py, pyproject), None, "{py:?} {pyproject:?}");
        }
        assert!(shown(CFG, Some(py), Some(system)).is_some());
        assert_eq!(static_setup(&SetupFiles { cfg: None, py: Some(py), pyproject: None }), None);
    }
}
