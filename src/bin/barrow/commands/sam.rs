//! `barrow sam build`: the Python functions and layers of a SAM template in one run.
//!
//! What `sam build` writes for each of them is written here: a folder named by its logical id, and a template that
//! leads to the folders. The template is written last and only when all of them are made, so that what can be deployed
//! is old or new.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use barrow::ops::{is_written_by_barrow, write_noted};
use barrow::request::{BundleKind, BundleOptions};
use barrow::requirements::NamePattern;
use barrow::sam::{Left, Nested, ResourceUse, SamUnit, SamUnitKind, Template};
use barrow::target::{Architecture, Runtime};
use serde_json::json;

use super::batch::{self, Order};
use super::sam_config::{BUILD_DIR, SamOrder, TEMPLATES, failure};
use super::sbom::Sboms;
use crate::args::{OutputArgs, SamBuildArgs, SettingArgs, TargetArgs};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::run::Run;
use crate::settings::{Flags, Settings, find_config};

/// What a template is called in its new place, whatever it was before.
pub(super) const BUILT_TEMPLATE: &str = "template.yaml";

/// More than any template has, bytes: `CloudFormation` takes a megabyte.
const TEMPLATE_MOST: u64 = 16 << 20;

/// Templates within templates: `CloudFormation` has no limit, and a template that names itself has no end.
const DEEPEST: usize = 8;

/// Everything to do.
#[derive(Default)]
struct Plan {
    units: Vec<Planned>,
    templates: Vec<Written>,
    left: Vec<(PathBuf, Left)>,
}

/// A function or layer, and its place.
struct Planned {
    /// Logical ids from the outermost template on.
    label: String,
    unit: SamUnit,
    template: PathBuf,
    source: PathBuf,
    out: PathBuf,
}

/// A template to be written.
struct Written {
    template: Template,
    /// Folders and templates by logical id, relative to `to`.
    built: BTreeMap<String, String>,
    /// The folder of the template, and the template itself.
    from: PathBuf,
    file: PathBuf,
    to: PathBuf,
}

pub(super) fn build(run: &Run, args: &SamBuildArgs) -> Result<(), Failure> {
    let asked = SamOrder::of(run, args)?;
    let mut plan = Plan::default();
    plan.add(run, &asked, &asked.template, asked.overrides.clone(), &asked.build_dir, "")?;
    plan.say_what_is_left(run, &asked);
    if plan.units.is_empty() {
        let text = format!("`{}` has no Python function or layer with code of its own", asked.template.display());
        return Err(Failure::new(text, Exit::Failed).hint("layers are built where Metadata has a BuildMethod"));
    }
    for Planned { unit, .. } in plan.units.iter().filter(|it| args.assembly.exclude.contains(&it.unit.name)) {
        // SAM's own option of that name leaves resources out.
        let (name, way) = (&unit.name, "`exclude` in samconfig.toml leaves functions and layers out");
        run.output.warn(&format!("`--exclude {name}` leaves out files of that name, and the resource is built: {way}"));
    }
    let force = args.force || asked.is_in_usual_place();
    let mut orders = Vec::with_capacity(plan.units.len());
    for (place, planned) in plan.units.iter().enumerate() {
        orders.push(Order { place, ..order(run, planned, args, asked.manifest.as_ref(), force)? });
    }
    // One run has one state folder, whatever is made in it.
    let state_folders = orders.first().map(|order| order.options.publish.state_folders.clone()).unwrap_or_default();
    plan.refuse_other_templates(&state_folders, force)?;
    let outcome = batch::make(run, orders, args.jobs)?;
    if args.github {
        outcome.tell_github(run)?;
    }
    let written = asked.build_dir.join(BUILT_TEMPLATE);
    if outcome.is_whole() {
        // Inner ones first: the outer one leads to them.
        for template in plan.templates.iter().rev() {
            template.write(run, &state_folders)?;
        }
    }
    let (is_whole, shown) = (outcome.is_whole(), written.display().to_string());
    outcome.finish(run, json!({ "template": if is_whole { Some(&shown) } else { None } }))?;
    run.output.status(&format!("Wrote {shown}, which `sam deploy`, `sam package` and `sam local` read"));
    Ok(())
}

impl Plan {
    /// Adds what a template has, and the templates within it. `prefix` is the way to it.
    fn add(
        &mut self,
        run: &Run,
        asked: &SamOrder,
        file: &Path,
        given: BTreeMap<String, String>,
        to: &Path,
        prefix: &str,
    ) -> Result<(), Failure> {
        let template = read(run, file, given)?;
        if prefix.is_empty() {
            for name in template.parameters().unknown() {
                run.output.warn(&format!("`{}` has no parameter `{name}`", file.display()));
            }
        }
        let folder = file.parent().unwrap_or(Path::new(""));
        // Where a folder is named, all templates start there, those within others too.
        let base = asked.base_dir.as_deref().unwrap_or(folder);
        let mut built = BTreeMap::new();
        let place = self.templates.len();
        let mut inner = Vec::new();
        for found in template.resources_but(|name| asked.exclude.iter().any(|other| other == name)) {
            match found.map_err(|error| failure(&error))? {
                ResourceUse::Unit(unit) => {
                    built.insert(unit.name.clone(), unit.name.clone());
                    let (label, out) = (format!("{prefix}{}", unit.name), to.join(&unit.name));
                    let source = base.join(&unit.source);
                    if !run.host.working_folder.join(&source).is_dir() {
                        let at = format!("{}:{}", file.display(), unit.line);
                        let text = format!("{at}: the code of `{}` is not a folder: {}", unit.name, source.display());
                        return Err(Failure::usage(text));
                    }
                    self.units.push(Planned { label, unit, template: file.to_owned(), source, out });
                }
                ResourceUse::Left(left) => self.left.push((file.to_owned(), left)),
                ResourceUse::Nested(nested) => {
                    built.insert(nested.name.clone(), format!("{}/{BUILT_TEMPLATE}", nested.name));
                    inner.push(nested);
                }
            }
        }
        let absolute = |path: &Path| run.host.working_folder.join(path);
        let from = absolute(folder);
        self.templates.insert(place, Written { template, built, from, file: absolute(file), to: absolute(to) });
        for Nested { name, location, parameters, line } in inner {
            let way = format!("{prefix}{name}/");
            let at = || format!("{}:{line}", file.display());
            if way.matches('/').count() > DEEPEST {
                return Err(Failure::usage(format!("{}: templates are nested more than {DEEPEST} deep", at())));
            }
            let inner = folder.join(&location);
            if !absolute(&inner).is_file() {
                return Err(Failure::usage(format!("{}: the template `{}` is not there", at(), inner.display())));
            }
            self.add(run, asked, &inner, parameters, &to.join(&name), &way)?;
        }
        Ok(())
    }

    /// Refuses to write over a template that is read here and, without `force`, over one that barrow did not write.
    ///
    /// # Errors
    /// One of these lies where a template is to be written.
    fn refuse_other_templates(&self, state_folders: &[PathBuf], force: bool) -> Result<(), Failure> {
        let identity = |path: &Path| fs_err::metadata(path).map(|found| (found.dev(), found.ino())).ok();
        let read: Vec<_> = self.templates.iter().filter_map(|template| identity(&template.file)).collect();
        for template in &self.templates {
            let place = template.to.join(BUILT_TEMPLATE);
            if fs_err::symlink_metadata(&place).is_err() {
                continue;
            }
            if identity(&place).is_some_and(|there| read.contains(&there)) {
                let text = format!("`{}` is a template that is built here, and would be replaced", place.display());
                return Err(Failure::new(text, Exit::Failed).hint("name another folder with --build-dir"));
            }
            if !force && !template.may_replace(&place, state_folders)? {
                let text = format!("`{}` is not what barrow wrote there, so it is left alone", place.display());
                return Err(Failure::new(text, Exit::Failed)
                    .hint("use another --build-dir, or --force to replace it with the template that is built"));
            }
        }
        Ok(())
    }

    /// One word on each resource that SAM has to build, and how both are put together.
    fn say_what_is_left(&self, run: &Run, asked: &SamOrder) {
        for (file, left) in &self.left {
            let at = format!("{}:{}", file.display(), left.line);
            run.output.warn(&format!("{at}: `{}` is left to SAM: {}", left.name, left.why));
        }
        if self.left.is_empty() || self.units.is_empty() {
            return;
        }
        let said = asked.config.clone().unwrap_or_default();
        let is_found = TEMPLATES.iter().any(|name| Path::new(name) == asked.template)
            || said.template_file.as_ref() == Some(&asked.template);
        let template = if is_found { String::new() } else { format!(" -t {}", asked.template.display()) };
        let excluded: Vec<String> =
            self.units.iter().map(|planned| format!(" --exclude {}", planned.unit.name)).collect();
        let excluded = excluded.concat();
        // SAM's settings lie beside another template than the one that it writes.
        let theirs = said.build_dir.unwrap_or_else(|| PathBuf::from(BUILD_DIR));
        let config = asked.config.iter().map(|config| format!(" --samconfig {}", config.file.display()));
        let base = asked.base_dir.iter().map(|_| format!(" --base-dir {}", theirs.display()));
        let further: String = config.chain(base).collect();
        run.output.status(&format!(
            "`sam build{template}{excluded}` builds the rest; \
             `barrow sam build -t {}/{BUILT_TEMPLATE} --build-dir .aws-sam/all{further}` then adds these",
            theirs.display()
        ));
    }
}

impl Written {
    /// Whether what lies in its place is barrow's, or the same text.
    fn may_replace(&self, place: &Path, state_folders: &[PathBuf]) -> Result<bool, Failure> {
        let (path, text) = self.rewritten()?;
        let is_same = fs_err::symlink_metadata(place).is_ok_and(|found| found.is_file())
            && fs_err::read_to_string(&path).is_ok_and(|old| old == text);
        Ok(is_same || is_written_by_barrow(&path, state_folders))
    }

    /// Its place, without links, and its text. The folder has to be there.
    fn rewritten(&self) -> Result<(PathBuf, String), Failure> {
        // Where a link is on the way, `..` of a relative path leads elsewhere than its text says.
        let from = fs_err::canonicalize(&self.from).map_err(|error| self.failed(&error))?;
        let to = fs_err::canonicalize(&self.to).map_err(|error| self.failed(&error))?;
        let text = self.template.rewritten(&self.built, &from, &to).map_err(|error| failure(&error))?;
        Ok((to.join(BUILT_TEMPLATE), text))
    }

    /// Writes the template into its place, whole or not at all.
    fn write(&self, run: &Run, state_folders: &[PathBuf]) -> Result<(), Failure> {
        fs_err::create_dir_all(&self.to).map_err(|error| self.failed(&error))?;
        let (path, text) = self.rewritten()?;
        let is_same = fs_err::read_to_string(&path).is_ok_and(|old| old == text);
        if is_same && is_written_by_barrow(&path, state_folders) {
            return Ok(());
        }
        let warning = write_noted(&path, text.as_bytes(), state_folders).map_err(|error| self.failed(&error))?;
        if let Some(warning) = warning {
            run.output.warn(&warning);
        }
        run.output.detail(&format!("wrote {}", path.display()));
        Ok(())
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        let text = format!("failed to write `{}`", self.to.join(BUILT_TEMPLATE).display());
        Failure::new(text, Exit::Failed).because(error)
    }
}

pub(super) fn read(run: &Run, file: &Path, given: BTreeMap<String, String>) -> Result<Template, Failure> {
    let path = run.host.working_folder.join(file);
    let failed = |error: &dyn std::error::Error| {
        Failure::usage(format!("the template `{}` cannot be read", file.display())).because(error)
    };
    let size = fs_err::metadata(&path).map_err(|error| failed(&error))?;
    if size.is_dir() {
        return Err(Failure::usage(format!("`{}` is a folder, not a template", file.display())));
    }
    if !size.is_file() || size.len() > TEMPLATE_MOST {
        return Err(Failure::usage(format!("`{}` is not a file of a template's size", file.display())));
    }
    let text = fs_err::read_to_string(&path).map_err(|error| failed(&error))?;
    Template::parse(file, &text, given).map_err(|error| failure(&error))
}

/// What one function or layer is made of: the settings of its folder, for the template's target.
fn order(
    run: &Run,
    planned: &Planned,
    args: &SamBuildArgs,
    manifest: Option<&PathBuf>,
    force: bool,
) -> Result<Order, Failure> {
    let Planned { label, unit, template, source, out } = planned;
    let wrong =
        |reason: String| Failure::usage(format!("{}:{}: `{}`: {reason}", template.display(), unit.line, unit.name));
    let runtime: Runtime = unit.runtime.parse().map_err(|error| wrong(format!("{error}")))?;
    let architecture: Architecture = unit.architecture.parse().map_err(|error| wrong(format!("{error}")))?;
    let target =
        TargetArgs { runtime: vec![runtime.name().to_owned()], arch: vec![architecture], ..TargetArgs::default() };
    let mut input = args.input.clone();
    input.requirement.extend(manifest.cloned());
    let settings = SettingArgs {
        target,
        input,
        index: args.index.clone(),
        resolution: args.resolution.clone(),
        wheels: args.wheels.clone(),
        ..SettingArgs::default()
    };
    let flags = Flags { settings, assembly: args.assembly.clone(), files: args.files.clone() };
    let config = find_config(&run.host, &run.general, source)?;
    let mut settings = Settings::read_with(&run.host, &run.general, flags, source, config)
        .map_err(|error| wrong(error.to_string()))?;
    for warning in &settings.warnings {
        run.output.warn(&format!("{label}: {warning}"));
    }
    settings.take_input_of((&run.host, &run.output), source, &format!("{label}: "));
    settings.want_project();
    // A flag for many functions need not concern each of them.
    let inputs = &mut settings.options.inputs;
    inputs.excluded.extend(inputs.excluded_patterns.iter().filter_map(NamePattern::plain_name));
    inputs.excluded_patterns.retain(|pattern| pattern.plain_name().is_none());
    let kind = if unit.kind == SamUnitKind::Layer { BundleKind::Layer } else { BundleKind::Function };
    let output = OutputArgs { output: Some(out.clone()), force, ..OutputArgs::default() };
    let target = settings.target.single()?;
    let described = json!({
        "name": label,
        "kind": if unit.kind == SamUnitKind::Layer { "layer" } else { "function" },
        "runtime": target.runtime().name(),
        "arch": target.architecture().as_str(),
        "source": source.display().to_string(),
        "handlers": unit.handler.iter().collect::<Vec<_>>(),
        "output": out.display().to_string(),
    });
    let sboms = Sboms::for_unit(run, &settings.assembly.sboms, out, label, &target)?;
    let mut assembly = settings.assembly_for(Some(source), kind, &target)?;
    sboms.keep_out_of(&mut assembly);
    let request = settings.request_for(Vec::new(), &target)?;
    let options = BundleOptions::of(request, assembly, settings.publish(output), target);
    Ok(Order { place: 0, label: label.clone(), options, described, sboms, layers: Vec::new(), without: Vec::new() })
}
