//! What a source says about its requirements for certain, without any of its code being run.
//!
//! PKG-INFO counts from version 2.2 of the metadata on, where `Dynamic` names the fields that a wheel may answer
//! differently (PEP 643); else the `[project]` table of pyproject.toml, as far as it leaves none of them `dynamic` (PEP
//! 621).

use super::BuildError;
use crate::spec::{
    CoreMetadata, ExtraName, PackageName, Requirement, Version, VersionSpecifiers, lenient, toml_reason,
};

/// Fields that decide a resolution, as PKG-INFO calls them.
const DECISIVE: [&str; 3] = ["requires-dist", "requires-python", "provides-extra"];

/// Fields that decide a resolution, as `[project]` calls them.
const DECISIVE_KEYS: [&str; 4] = ["version", "dependencies", "optional-dependencies", "requires-python"];

/// The metadata of a source; `None` when only building it can tell.
pub(crate) fn static_metadata(
    pkg_info: Option<&[u8]>,
    pyproject: Option<&[u8]>,
    label: &str,
) -> Result<Option<CoreMetadata>, BuildError> {
    // A PKG-INFO that cannot be used is what building is for.
    let stated = pkg_info.and_then(|bytes| CoreMetadata::parse(bytes).ok()).filter(is_certain);
    if stated.is_some() {
        return Ok(stated);
    }
    let Some(bytes) = pyproject else { return Ok(None) };
    let failed = |reason: String| BuildError::Pyproject { label: label.to_owned(), reason };
    let text = std::str::from_utf8(bytes).map_err(|_| failed("it is not UTF-8".to_owned()))?;
    let document: toml::Table = text.parse().map_err(|error: toml::de::Error| failed(toml_reason(text, &error)))?;
    let project = document.get("project").and_then(toml::Value::as_table);
    project.map_or(Ok(None), |project| of_project(project).map_err(failed))
}

/// Whether metadata would be the same after another build.
pub(crate) fn is_certain(metadata: &CoreMetadata) -> bool {
    metadata.metadata_version >= (2, 2) && !metadata.dynamic.iter().any(|it| DECISIVE.contains(&it.as_str()))
}

fn of_project(project: &toml::Table) -> Result<Option<CoreMetadata>, String> {
    let dynamic = project.get("dynamic").and_then(toml::Value::as_array);
    let is_dynamic = |key: &str| dynamic.is_some_and(|keys| keys.iter().any(|it| it.as_str() == Some(key)));
    if DECISIVE_KEYS.iter().any(|key| is_dynamic(key)) {
        return Ok(None);
    }
    let text = |key: &str| project.get(key).and_then(toml::Value::as_str);
    // Both must be there; what is wrong with them is for the backend to say.
    let (Some(name), Some(version)) = (text("name"), text("version")) else { return Ok(None) };
    if has_fields_to_fill(project) {
        return Ok(None);
    }
    let mut requires_dist = requirements(project.get("dependencies"), "dependencies")?;
    let mut provides_extras = Vec::new();
    if let Some(extras) = project.get("optional-dependencies").and_then(toml::Value::as_table) {
        for (key, value) in extras {
            let extra: ExtraName = key.parse().map_err(|_| format!("`{key}` is no name of an extra"))?;
            for requirement in requirements(Some(value), key)? {
                requires_dist.push(only_with(requirement, &extra)?);
            }
            provides_extras.push(extra);
        }
    }
    let requires_python = text("requires-python").map(lenient::specifiers).transpose()?;
    let name = name.parse().map_err(|error| format!("`name`: {error}"))?;
    let version = version.parse().map_err(|error| format!("`version`: {error}"))?;
    Ok(Some(whole(name, version, requires_dist, requires_python, provides_extras)))
}

/// Metadata of a project whose files say all of it, so that nothing is left to a build.
pub(super) fn whole(
    name: PackageName,
    version: Version,
    requires_dist: Vec<Requirement>,
    requires_python: Option<VersionSpecifiers>,
    provides_extras: Vec<ExtraName>,
) -> CoreMetadata {
    CoreMetadata {
        name,
        version,
        requires_dist,
        requires_python,
        provides_extras,
        dynamic: Vec::new(),
        metadata_version: (2, 2),
        warnings: Vec::new(),
    }
}

/// Whether a backend has to fill in what requirements say, as hatchling does with `{root:uri}`.
fn has_fields_to_fill(project: &toml::Table) -> bool {
    let extras = project.get("optional-dependencies").and_then(toml::Value::as_table).into_iter().flatten();
    let lists = project.get("dependencies").into_iter().chain(extras.map(|(_, list)| list));
    let texts = lists.filter_map(toml::Value::as_array).flatten().filter_map(toml::Value::as_str);
    texts.into_iter().any(|text| text.contains('{') && lenient::requirement(text).is_err())
}

fn requirements(value: Option<&toml::Value>, key: &str) -> Result<Vec<Requirement>, String> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let items = value.as_array().ok_or_else(|| format!("`{key}` is not a list"))?;
    let parsed = items.iter().map(|item| {
        let text = item.as_str().ok_or_else(|| format!("`{key}` is not a list of texts"))?;
        lenient::requirement(text).map_err(|reason| format!("`{text}` in `{key}`: {reason}"))
    });
    parsed.collect()
}

/// A requirement that counts with an extra only, as the wheel's metadata will have it.
pub(super) fn only_with(requirement: Requirement, extra: &ExtraName) -> Result<Requirement, String> {
    let Requirement { name, extras, version_or_url, marker, origin } = requirement;
    let bare = Requirement { name, extras, version_or_url, marker: crate::spec::MarkerTree::default(), origin };
    let marker = match marker.contents() {
        Some(marker) => format!("({marker}) and extra == '{extra}'"),
        None => format!("extra == '{extra}'"),
    };
    lenient::requirement(&format!("{bare} ; {marker}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pkg_info: Option<&str>, pyproject: Option<&str>) -> Option<String> {
        let metadata = static_metadata(pkg_info.map(str::as_bytes), pyproject.map(str::as_bytes), "x").expect("usable");
        metadata.map(|metadata| {
            let requires: Vec<String> = metadata.requires_dist.iter().map(ToString::to_string).collect();
            format!("{} {} {}", metadata.name, metadata.version, requires.join(", "))
        })
    }

    #[test]
    fn static_metadata_is_found() {
        let info = |rest: &str| format!("Metadata-Version: 2.2\nName: a\nVersion: 1\nRequires-Dist: b>1\n{rest}");
        let found = Some("a 1 b>1".to_owned());
        assert_eq!(shown(Some(&info("")), None), found);
        assert_eq!(shown(Some(&info("Dynamic: License\n")), None), found);
        assert_eq!(shown(Some(&info("Dynamic: Requires-Dist\n")), None), None);
        assert_eq!(shown(Some(&info("Dynamic: provides-extra\n")), None), None);
        assert_eq!(shown(Some(&info("").replace("2.2", "2.1")), None), None);
        assert_eq!(shown(Some("nothing"), None), None);
        assert_eq!(shown(None, None), None);
        let project = "[project]\nname = 'a'\nversion = '1'\ndependencies = ['b>1']\n";
        assert_eq!(shown(None, Some(project)), found);
        assert_eq!(shown(Some("nothing"), Some(project)), found);
        assert_eq!(shown(None, Some(&format!("{project}dynamic = ['readme']"))), found);
        assert_eq!(shown(None, Some(&format!("{project}dynamic = ['optional-dependencies']"))), None);
        assert_eq!(shown(None, Some("[project]\nname = 'a'\ndynamic = ['version']")), None);
        assert_eq!(shown(None, Some("[tool.poetry]\nname = 'a'")), None);
        assert_eq!(shown(None, Some(&project.replace("b>1", "b @ {root:uri}/v/b-1-py3-none-any.whl"))), None);
        let extras = format!("{project}[project.optional-dependencies]\nE_X = ['c; os_name == \"posix\"', 'd']");
        let expected = "a 1 b>1, c ; os_name == 'posix' and extra == 'e-x', d ; extra == 'e-x'";
        assert_eq!(shown(None, Some(&extras)).as_deref(), Some(expected));
    }
}
