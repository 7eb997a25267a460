//! `[tool.hatch]` (Hatch documentation, "Context formatting", "Environment configuration").

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{PyprojectDocument, texts};
use super::{Tables, Tie, TiedTo, pdm, workspace};
use crate::spec::SafeUrl;

/// Reads what environments say of places: their lists, and the members of their workspaces.
pub(super) fn read(document: &PyprojectDocument<'_>, tables: &mut Tables) {
    let Some(environments) = document.table(&["tool", "hatch", "envs"]) else { return };
    for (_, environment) in environments {
        let Some(environment) = environment.get_ref().as_table() else { continue };
        for key in ["dependencies", "extra-dependencies"] {
            let found = environment.get(key).and_then(|value| texts(value).ok()).unwrap_or_default();
            for (text, span) in found {
                let tie = pdm::tie_of(document, &formatted(document, text), &span);
                tables.ties.extend(tie);
            }
        }
        if let Some(members) = environment.get("workspace").and_then(|value| value.get_ref().as_table()?.get("members"))
        {
            tie_members(document, members, tables);
        }
    }
}

/// Members are patterns, or tables with a `path`.
fn tie_members(document: &PyprojectDocument<'_>, members: &Spanned<DeValue<'_>>, tables: &mut Tables) {
    let DeValue::Array(list) = members.get_ref() else { return };
    for member in list {
        let path = |table: &DeTable<'_>| table.get("path")?.get_ref().as_str().map(str::to_owned);
        let pattern = match member.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Table(table) => path(table),
            _ => None,
        };
        for folder in pattern.iter().flat_map(|pattern| workspace::expand(document.folder, pattern)) {
            let Ok(reference) = super::super::direct::path_reference(&folder, false) else { continue };
            let Some(name) = reference.name.clone() else { continue };
            tables.files.push(folder.join("pyproject.toml"));
            let (to, text) = (TiedTo::Place(Box::new(reference)), format!("{name} (member of the workspace)"));
            tables.ties.push(Tie::new(name, to, text, document.toml.origin(&member.span())));
        }
    }
}

/// A text with `{root}`, `{root:uri}`, `{root:parent}`, `{root:parent:uri}` and so on in it put in their places.
pub(super) fn formatted(document: &PyprojectDocument<'_>, text: &str) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{root") {
        let Some(end) = rest[start..].find('}').map(|end| start + end) else { break };
        done.push_str(&rest[..start]);
        let mut folder = document.folder;
        let mut as_url = false;
        for word in rest[start + "{root".len()..end].split(':').filter(|word| !word.is_empty()) {
            match word {
                "parent" => folder = folder.parent().unwrap_or(folder),
                "uri" => as_url = true,
                _ => {}
            }
        }
        match SafeUrl::from_path(folder, false) {
            Ok(url) if as_url => done.push_str(url.reveal().as_str()),
            _ => done.push_str(&folder.to_string_lossy()),
        }
        rest = &rest[end + 1..];
    }
    done.push_str(rest);
    done
}
