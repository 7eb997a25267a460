//! `[tool.pdm]` (PDM documentation, "Manage dependencies", "Configure the project") and `[tool.rye]`.

use std::str::FromStr as _;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::line::read_specifier;
use super::document::{Fields, PyprojectDocument, texts};
use super::{DeclaredIndex, IndexRole, Tables, Tie, TiedTo, place, uv};
use crate::requirements::RequirementEntry;
use crate::spec::{ExtraName, PackageName, SafeUrl};

/// What stands for the project's folder in URLs (PDM documentation, "Local dependencies").
pub(super) const PROJECT_ROOT: &str = "${PROJECT_ROOT}";

/// The name that stands for the default index.
const PYPI: &str = "pypi";

/// Reads the tables of both tools.
pub(super) fn read(document: &PyprojectDocument<'_>, tables: &mut Tables) {
    for tool in ["pdm", "rye"] {
        let Some(table) = document.table(&["tool", tool]) else { continue };
        for key in ["source", "sources"] {
            read_indexes(document, table, key, tables);
        }
        read_development(document, table, tables);
    }
    let Some(resolution) = document.table(&["tool", "pdm", "resolution"]) else { return };
    read_overrides(document, resolution, tables);
    if let Some(value) = resolution.get("excludes") {
        for (text, span) in texts(value).unwrap_or_default() {
            match PackageName::from_str(text) {
                Ok(name) => tables.excluded.push(name),
                Err(_) => tables.problems.push(document.problem(&span, format!("`{text}` is not a project name"))),
            }
        }
    }
    if let Some(value) = resolution.get("allow-prereleases").filter(|value| value.get_ref().as_bool() == Some(true)) {
        let origin = document.toml.origin(&value.span());
        tables.settings.prerelease.get_or_insert_with(|| ("allow".to_owned(), origin));
    }
}

/// `[[tool.pdm.source]]`.
fn read_indexes(document: &PyprojectDocument<'_>, table: &DeTable<'_>, key: &str, tables: &mut Tables) {
    let Some(value) = table.get(key) else { return };
    let DeValue::Array(list) = value.get_ref() else { return };
    for entry in list {
        match read_index(document, entry, tables) {
            Ok(index) => tables.indexes.push(index),
            Err(why) => tables.problems.push(document.problem(&entry.span(), why)),
        }
    }
}

fn read_index(
    document: &PyprojectDocument<'_>,
    value: &Spanned<DeValue<'_>>,
    tables: &mut Tables,
) -> Result<DeclaredIndex, String> {
    let DeValue::Table(table) = value.get_ref() else { return Err("a source must be a table".to_owned()) };
    let mut fields = Fields::of(table);
    let name = fields.text("name")?.map(str::to_owned);
    let url =
        fields.text("url")?.ok_or("a source needs a `url`")?.replace(PROJECT_ROOT, &document.folder.to_string_lossy());
    let is_links = fields.text("type")? == Some("find_links");
    let origin = document.toml.origin(&value.span());
    let mut unset = Vec::new();
    let mut given = |text: &str| with_variables(document, text, &mut unset);
    let user = fields.text("username")?.map(&mut given);
    let password = fields.text("password")?.map(&mut given);
    let url = location_of(document, &url, &mut given)?.with_login(user.as_deref(), password.as_deref());
    for name in unset {
        tables.warnings.push(format!("{origin}: the variable `{name}` that this source names is not set"));
    }
    fields.pass_over(&["verify_ssl", "ca_certs", "client_cert", "client_key"]);
    if fields.has("exclude_packages") {
        return Err("`exclude_packages` is not supported: name what the source is for in `include_packages`".to_owned());
    }
    let mut is_explicit = false;
    if let Some(included) = fields.value("include_packages") {
        let index = name.clone().ok_or("a source with `include_packages` needs a `name`")?;
        is_explicit = true;
        for (pattern, span) in texts(included).map_err(|_| "`include_packages` must be a list of names".to_owned())? {
            let name = PackageName::from_str(pattern)
                .map_err(|_| format!("the pattern `{pattern}` of `include_packages` is not supported: give names"))?;
            let text = format!("{pattern} of `include_packages`");
            tables.ties.push(Tie::new(name, TiedTo::Index(index.clone()), text, document.toml.origin(&span)));
        }
    }
    let role = match (is_links, is_explicit, name.as_deref()) {
        (true, _, _) => IndexRole::Links,
        (_, true, _) => IndexRole::Explicit,
        (_, _, Some(PYPI)) => IndexRole::Default,
        _ => IndexRole::Listed,
    };
    Ok(DeclaredIndex { name, url, role, origin })
}

/// The place of a source. What variables give to its userinfo is no part of its syntax, whatever characters it has.
fn location_of(
    document: &PyprojectDocument<'_>,
    url: &str,
    given: &mut impl FnMut(&str) -> String,
) -> Result<SafeUrl, String> {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let end = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    let Some(at) = url[authority..end].rfind('@').map(|at| authority + at) else {
        return uv::location(document, &given(url));
    };
    let (user, password) = url[authority..at].split_once(':').unwrap_or((&url[authority..at], ""));
    let mut encoded = |text: &str| if text.contains("${") { percent_encoded(&given(text)) } else { text.to_owned() };
    let userinfo = format!("{}:{}", encoded(user), encoded(password));
    uv::location(document, &format!("{}{userinfo}{}", &url[..authority], given(&url[at..])))
}

fn percent_encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A text with the variables that it names (PDM documentation, "Configure the project"); those that are not set are
/// noted, and stay as they are.
fn with_variables(document: &PyprojectDocument<'_>, text: &str, unset: &mut Vec<String>) -> String {
    let mut rest = text;
    let mut result = String::new();
    while let Some((before, name, after)) =
        rest.split_once("${").and_then(|(before, rest)| rest.split_once('}').map(|(name, after)| (before, name, after)))
    {
        result.push_str(before);
        if let Some(value) = document.environment.and_then(|environment| environment.get(name)) {
            result.push_str(value);
        } else {
            result.extend(["${", name, "}"]);
            unset.push(name.to_owned());
        }
        rest = after;
    }
    result + rest
}

/// `[tool.pdm.dev-dependencies]`, by group, and `[tool.rye] dev-dependencies`, a list. What they name by a place is
/// tied to it.
fn read_development(document: &PyprojectDocument<'_>, table: &DeTable<'_>, tables: &mut Tables) {
    let Some(value) = table.get("dev-dependencies") else { return };
    let groups: Vec<(&str, &Spanned<DeValue<'_>>)> = match value.get_ref() {
        DeValue::Table(groups) => groups.iter().map(|(key, list)| (&**key.get_ref(), list)).collect(),
        _ => vec![("dev", value)],
    };
    for (group, list) in groups {
        let Ok(found) = texts(list) else {
            tables.problems.push(document.problem(&list.span(), "this must be a list of requirements"));
            continue;
        };
        let mut lines = Vec::new();
        for (text, span) in found {
            let text = expanded(document, text);
            if let Some(tie) = tie_of(document, &text, &span) {
                tables.ties.push(tie);
            }
            lines.push((text, span));
        }
        if let Ok(group) = ExtraName::from_str(group) {
            tables.groups.push((group, lines));
        }
    }
}

/// A text with the project's folder in its place, and as a specifier where it is `-e URL#egg=name`.
pub(super) fn expanded(document: &PyprojectDocument<'_>, text: &str) -> String {
    let text = text.replace(PROJECT_ROOT, &document.folder.to_string_lossy());
    let editable = text.strip_prefix("-e ").or_else(|| text.strip_prefix("--editable ")).map(str::trim);
    match editable.map(|url| (url, url.split(['#', '&']).find_map(|part| part.strip_prefix("egg=")))) {
        Some((url, Some(name))) => format!("{name} @ {url}"),
        Some((url, None)) => match place::local(document, url, None).ok().and_then(|found| found.name) {
            Some(name) => format!("{name} @ {url}"),
            None => url.to_owned(),
        },
        None => text,
    }
}

/// The tie that a requirement with a place of its own is for its name.
pub(super) fn tie_of(document: &PyprojectDocument<'_>, text: &str, span: &std::ops::Range<usize>) -> Option<Tie> {
    if !text.contains('@') {
        return None;
    }
    let found = read_specifier(text, &document.folders(), &mut Vec::new()).ok()?;
    let RequirementEntry { requirement, direct, text, origin, hashes, .. } =
        found.into_entry(document.toml.origin(span), &[]);
    let Some(crate::spec::VersionOrUrl::Url(url)) = requirement.version_or_url else { return None };
    let name = Some(requirement.name.clone());
    let reference = super::Reference { url, direct: direct?, name, hashes, warnings: Vec::new() };
    let to = TiedTo::Place(Box::new(reference));
    Some(Tie { marker: requirement.marker, ..Tie::new(requirement.name, to, text, origin) })
}

/// `[tool.pdm.resolution.overrides]`: a version, a specifier or a URL for a name.
fn read_overrides(document: &PyprojectDocument<'_>, resolution: &DeTable<'_>, tables: &mut Tables) {
    let Some(overrides) = resolution.get("overrides").and_then(|value| value.get_ref().as_table()) else { return };
    for (key, value) in overrides {
        let name = key.get_ref();
        let Some(text) = value.get_ref().as_str() else {
            tables.problems.push(document.problem(&value.span(), format!("the override of `{name}` must be a text")));
            continue;
        };
        let written = if text.contains("://") || text.starts_with("file:") {
            format!("{name} @ {}", expanded(document, text))
        } else if text.starts_with(|c: char| c.is_ascii_digit()) {
            format!("{name}=={text}")
        } else {
            format!("{name}{text}")
        };
        match read_specifier(&written, &document.folders(), &mut Vec::new()) {
            Ok(found) => {
                let origin = document.toml.origin(&value.span());
                tables.overrides.push(found.into_entry(origin, &[]));
            }
            Err(error) => tables.problems.push(document.problem(&value.span(), error.message)),
        }
    }
}
