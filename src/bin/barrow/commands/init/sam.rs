//! From a SAM template.

use std::collections::BTreeMap;
use std::path::Path;

use barrow::sam::{ResourceUse, SamUnitKind, Template};

use super::outline::{ConfigDraft, Outlined};
use crate::commands::sam_config::TEMPLATES;
use crate::failure::Failure;

/// Its functions and layers, with the values that its parameters have by default.
pub(super) fn read(folder: &Path) -> Result<Option<ConfigDraft>, Failure> {
    let Some(name) = TEMPLATES.iter().copied().find(|name| folder.join(name).is_file()) else { return Ok(None) };
    let text = fs_err::read_to_string(folder.join(name))
        .map_err(|error| Failure::usage(format!("`{name}` cannot be read")).because(&error))?;
    let mut outline = ConfigDraft { from: Some(name.to_owned()), ..ConfigDraft::default() };
    // Any file may be called so: one that is no template has nothing to carry over.
    let Ok(template) = Template::parse(Path::new(name), &text, BTreeMap::new()) else {
        outline.remarks.push(format!("`{name}` is no template that can be read, and nothing of it is carried over"));
        return Ok(Some(outline));
    };
    for found in template.resources() {
        match found {
            Ok(ResourceUse::Unit(unit)) => {
                if unit.layers.contains(&None) {
                    outline.remarks.push(format!(
                        "{name}:{}: a layer of `{}` lies elsewhere: what it brings is bundled, unless `without` names it",
                        unit.line, unit.name
                    ));
                }
                outline.units.push(Outlined {
                    is_layer: unit.kind == SamUnitKind::Layer,
                    name: unit.name,
                    source: Some(unit.source.trim_end_matches('/').trim_start_matches("./").to_owned())
                        .map(|source| if source.is_empty() { ".".to_owned() } else { source }),
                    runtime: Some(unit.runtime),
                    arch: Some(unit.architecture),
                    handlers: unit.handler.into_iter().collect(),
                    layers: unit.layers.into_iter().flatten().collect(),
                    ..Outlined::default()
                });
            }
            Ok(ResourceUse::Left(left)) => {
                outline
                    .remarks
                    .push(format!("{name}:{}: `{}` is not carried over: {}", left.line, left.name, left.why));
            }
            Ok(ResourceUse::Nested(nested)) => outline.remarks.push(format!(
                "{name}:{}: what `{}` names is not carried over: run `barrow init` beside it",
                nested.line, nested.name
            )),
            Err(error) => outline.remarks.push(format!("not carried over: {error}")),
        }
    }
    if !outline.units.is_empty() {
        outline.remarks.push(format!("`barrow sam build` builds {name} as it is, without a barrow.toml"));
    }
    Ok(Some(outline))
}
