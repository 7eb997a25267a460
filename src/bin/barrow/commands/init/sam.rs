//! From a SAM template.

use std::path::{Component, Path, PathBuf};

use barrow::sam::{ResourceUse, SamConfig, SamUnit, SamUnitKind, Template};
use barrow::target::Runtime;

use super::outline::{ConfigDraft, Outlined};
use crate::commands::sam_config::{self, SamConfigChoice, TEMPLATES};
use crate::failure::Failure;
use crate::run::Run;

/// Its functions and layers, with the values that SAM's settings file gives its parameters, and else their own.
pub(super) fn read(run: &Run) -> Result<Option<ConfigDraft>, Failure> {
    let folder = &run.host.working_folder;
    let usual = TEMPLATES.iter().copied().find(|name| folder.join(name).is_file());
    let config = match sam_config::read(run, &SamConfigChoice::default()) {
        Ok(config) => config.unwrap_or_default(),
        // Where no template lies here, the file is for what is made elsewhere.
        Err(_) if usual.is_none() => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let named = config.template_file.as_deref().and_then(Path::to_str);
    let Some(name) = named.filter(|name| folder.join(name).is_file()).or(usual) else { return Ok(None) };
    let text = fs_err::read_to_string(folder.join(name))
        .map_err(|error| Failure::usage(format!("`{name}` cannot be read")).because(&error))?;
    let mut outline = ConfigDraft { from: Some(name.to_owned()), ..ConfigDraft::default() };
    // Any file may be called so: one that is no template has nothing to carry over.
    let Ok(template) = Template::parse(Path::new(name), &text, config.parameter_overrides.clone().unwrap_or_default())
    else {
        outline.remarks.push(format!("`{name}` is no template that can be read, and nothing of it is carried over"));
        return Ok(Some(outline));
    };
    for parameter in template.parameters().unknown() {
        outline.remarks.push(format!("`{name}` has no parameter `{parameter}`"));
    }
    for found in template.resources_but(|name| config.exclude.iter().any(|other| other == name)) {
        match found {
            Ok(ResourceUse::Unit(unit)) => {
                if unit.layers.contains(&None) {
                    outline.remarks.push(format!(
                        "{name}:{}: a layer of `{}` lies elsewhere: what it brings is bundled, unless `without` names it",
                        unit.line, unit.name
                    ));
                }
                if unit.runtime.parse::<Runtime>().is_err() {
                    outline.remarks.push(format!(
                        "{name}:{}: the runtime of `{}` is not carried over: barrow does not know {}",
                        unit.line, unit.name, unit.runtime
                    ));
                }
                outline.units.push(outlined(unit, Path::new(name), &config));
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

/// A unit as `barrow sam build` makes it.
fn outlined(unit: SamUnit, template: &Path, config: &SamConfig) -> Outlined {
    let base = config.base_dir.as_deref().or(template.parent()).unwrap_or(Path::new(""));
    let manifest = config.manifest.as_ref().map(|file| file.to_string_lossy().into_owned());
    Outlined {
        is_layer: unit.kind == SamUnitKind::Layer,
        name: unit.name,
        source: Some(in_short(&base.join(&unit.source))),
        requirement: manifest,
        runtime: Some(unit.runtime).filter(|name| name.parse::<Runtime>().is_ok()),
        arch: Some(unit.architecture),
        handlers: unit.handler.into_iter().collect(),
        layers: unit.layers.into_iter().flatten().collect(),
        ..Outlined::default()
    }
}

/// A path without `.` and without ways into folders and out again.
fn in_short(path: &Path) -> String {
    let mut short = PathBuf::new();
    for component in path.components() {
        let is_way_out = component == Component::ParentDir;
        match component {
            Component::CurDir => {}
            _ if is_way_out && matches!(short.components().next_back(), Some(Component::Normal(_))) => {
                short.pop();
            }
            _ => short.push(component),
        }
    }
    if short.as_os_str().is_empty() { ".".to_owned() } else { short.to_string_lossy().into_owned() }
}
