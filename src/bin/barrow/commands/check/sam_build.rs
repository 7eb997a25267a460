//! A folder that `sam build` filled (AWS's or barrow's own): its functions with their targets, handlers and layers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use barrow::sam::{ResourceUse, SamUnit, SamUnitKind, Template};
use barrow::target::{Architecture, Runtime, Target};

use crate::commands::sam::{BUILT_TEMPLATE, read};
use crate::commands::sam_config::failure;
use crate::failure::Failure;
use crate::run::Run;

/// Templates within templates that are looked into.
const DEEPEST: usize = 8;

/// A function, or a layer that no function here uses.
pub(super) struct SamBuildUnit {
    /// Logical ids from the outermost template on.
    pub(super) name: String,
    /// Its folder.
    pub(super) path: PathBuf,
    pub(super) target: Target,
    pub(super) handler: Option<String>,
    /// The lowest first.
    pub(super) layers: Vec<PathBuf>,
}

/// The units of such a folder, with these values of the template's parameters; `None` for any other folder: one without
/// a template, or with code beside it.
pub(super) fn units(
    run: &Run,
    folder: &Path,
    parameters: BTreeMap<String, String>,
) -> Result<Option<Vec<SamBuildUnit>>, Failure> {
    let absolute = run.host.working_folder.join(folder);
    if !absolute.join(BUILT_TEMPLATE).is_file() || has_code(&absolute) {
        return Ok(None);
    }
    let mut units = Vec::new();
    add(run, folder, parameters, "", &mut units)?;
    Ok((!units.is_empty()).then_some(units))
}

/// Whether modules or projects lie in a folder: it is a function itself, of which a template is a file like others.
fn has_code(folder: &Path) -> bool {
    let mut names = fs_err::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.any(|name| {
        let extension = Path::new(&name).extension();
        extension.is_some_and(|extension| extension == "py" || extension == "dist-info")
    })
}

/// Adds the units of the template in a folder, and of those within it.
fn add(
    run: &Run,
    folder: &Path,
    given: BTreeMap<String, String>,
    before: &str,
    units: &mut Vec<SamBuildUnit>,
) -> Result<(), Failure> {
    let file = folder.join(BUILT_TEMPLATE);
    let template = read(run, &file, given)?;
    let (mut built, mut inner) = (Vec::new(), Vec::new());
    for found in template.resources() {
        match found.map_err(|error| failure(&error))? {
            ResourceUse::Unit(unit) => built.push(unit),
            ResourceUse::Nested(nested) => inner.push(nested),
            ResourceUse::Left(_) => {}
        }
    }
    let used: BTreeSet<String> = built.iter().flat_map(|unit| unit.layers.iter().flatten().cloned()).collect();
    for unit in built.into_iter().filter(|unit| unit.kind == SamUnitKind::Function || !used.contains(&unit.name)) {
        units.extend(one(run, folder, &template, unit, before)?);
    }
    for nested in inner {
        let location = folder.join(&nested.location);
        let is_built = location.file_name().is_some_and(|name| name == BUILT_TEMPLATE);
        let Some(below) = location.parent().filter(|_| is_built && before.matches('/').count() < DEEPEST) else {
            continue;
        };
        if run.host.working_folder.join(&location).is_file() {
            add(run, below, nested.parameters, &format!("{before}{}/", nested.name), units)?;
        }
    }
    Ok(())
}

/// One function or layer; `None` where its code is not in the folder.
fn one(
    run: &Run,
    folder: &Path,
    template: &Template,
    unit: SamUnit,
    before: &str,
) -> Result<Option<SamBuildUnit>, Failure> {
    let path = folder.join(&unit.source);
    if !run.host.working_folder.join(&path).is_dir() {
        return Ok(None);
    }
    let name = format!("{before}{}", unit.name);
    let wrong =
        |reason: String| Failure::usage(format!("{}:{}: `{name}`: {reason}", template.file.display(), unit.line));
    let runtime: Runtime = unit.runtime.parse().map_err(|error| wrong(format!("{error}")))?;
    let architecture: Architecture = unit.architecture.parse().map_err(|error| wrong(format!("{error}")))?;
    let mut layers = Vec::new();
    for layer in &unit.layers {
        let place = layer.as_ref().and_then(|layer| template.layer_content(layer)).map(|content| folder.join(content));
        match place.filter(|place| run.host.working_folder.join(place).exists()) {
            Some(place) => layers.push(place),
            None => run.output.warn(&format!("{name}: one of its layers is not here, and what it brings is not seen")),
        }
    }
    let target = Target::new(runtime, architecture);
    Ok(Some(SamBuildUnit { name, path, target, handler: unit.handler, layers }))
}
