//! `barrow tree`: what is in a resolution, a lock, or a finished folder or zip.

mod drawing;
mod listed;
mod object;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use barrow::inventory::{Inventory, Reading, has_distributions, read_finished};
use barrow::ops::{self, Error, Survey, Surveyed};
use barrow::request::LockSettings;
use barrow::spec::{PackageName, Version};

use super::meaning::refuse_paths;
use super::report::ReportFile;
use super::sbom;
use crate::args::{AssemblyArgs, SourceArgs, TreeArgs};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::hints::supply::quoted;
use crate::output::Output;
use crate::run::Run;
use crate::settings::{Flags, Settings};

pub(super) use drawing::Looks;

pub(super) fn call(run: &Run, args: TreeArgs) -> Result<(), Failure> {
    let finished = finished(run, &args.requirements);
    if finished.is_none() {
        refuse_paths(run, "tree", &args.requirements)?;
    }
    let assembly = AssemblyArgs { deny_license: args.deny_license, ..AssemblyArgs::default() };
    let flags = Flags { settings: args.settings, assembly, files: SourceArgs::default() };
    let mut settings = run.settings(flags, Path::new("."))?;
    if !args.sbom.is_empty() {
        let path = finished.ok_or_else(|| {
            Failure::usage("a bill of materials describes what lies in a finished folder or zip")
                .hint("bundle first, and name the output: `barrow tree build --sbom cyclonedx`")
        })?;
        return sbom::of_finished(run, &settings, &path, &args.sbom);
    }
    let outs: Vec<&Path> = finished.as_deref().filter(|path| path.is_dir()).into_iter().collect();
    let report = ReportFile::of(run, args.report.as_deref(), &outs, &settings)?;
    let wants_licenses =
        args.licenses || !settings.assembly.deny_licenses.is_empty() || run.is_json() || report.is_wanted();
    let survey = Survey { sizes: true, licenses: wants_licenses, newest: args.outdated };
    let word = args.requirements.join(" ");
    let listed = match &finished {
        Some(path) => of_finished(run, &settings, path, args.outdated)?,
        None => of_requirements(run, &mut settings, args.requirements, survey)?,
    };
    let ListedDist { inventory, newest, surveyed } = &listed;
    if let Some(name) = args.invert.as_ref().filter(|name| inventory.dist(name).is_none()) {
        return Err(Error::NotInResolution(name.clone()).into());
    }
    let looks = Looks { licenses: args.licenses, newest, colors: run.output.colors_results() };
    if run.is_json() {
        let resolution = surveyed.as_ref().map(|surveyed| &surveyed.resolution);
        Output::object(&object::value(inventory, newest, resolution))?;
    } else if args.sizes {
        Output::result(&listed::by_size(inventory, &looks))?;
    } else if let Some(name) = &args.invert {
        Output::result(&drawing::inverted(inventory, name, args.depth, &looks))?;
    } else {
        Output::result(&drawing::tree(inventory, args.depth, &looks))?;
    }
    if report.is_wanted() {
        let part = match (&finished, surveyed) {
            (Some(path), _) => report.part_of_finished(&settings, &word, path, inventory.clone())?,
            (None, Some(surveyed)) => ReportFile::part_of_choice(&label(&settings, &word), surveyed),
            (None, None) => return Ok(()),
        };
        report.write(run, &[part])?;
    }
    let denied = inventory.denied(&settings.assembly.deny_licenses);
    match &finished {
        _ if denied.is_empty() => Ok(()),
        // What lies there was not asked for by anybody whom a resolution would know.
        Some(_) => Err(Failure::of(&Error::DeniedLicenses(denied), Exit::Failed).hint(format!(
            "`barrow tree {} --invert NAME` tells who requires one; `--deny-license` and `deny-licenses` say what is ruled out",
            quoted(&word)
        ))),
        None => Err(Error::DeniedLicenses(denied).into()),
    }
}

/// What the page of a resolution is called: the requirements, else the files that have them.
fn label(settings: &Settings, words: &str) -> String {
    let files = settings.options.inputs.requirement_files.iter().map(|file| file.display().to_string());
    let named = (!words.is_empty()).then(|| words.to_owned());
    files.chain(named).collect::<Vec<_>>().join(", ")
}

/// What is shown.
struct ListedDist {
    inventory: Inventory,
    newest: BTreeMap<PackageName, Version>,
    /// What was found out beside, where something was resolved.
    surveyed: Option<Surveyed>,
}

/// The finished folder or zip that the only word names.
pub(super) fn finished(run: &Run, words: &[String]) -> Option<PathBuf> {
    let [word] = words else { return None };
    let path = run.host.working_folder.join(word);
    let is_zip = path.is_file() && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
    (is_zip || path.is_dir() && has_distributions(&path)).then_some(path)
}

fn of_finished(run: &Run, settings: &Settings, path: &Path, outdated: bool) -> Result<ListedDist, Failure> {
    let target = settings.target.single()?;
    let inventory = read_finished(path, &target, Reading::Sizes).map_err(Error::from)?;
    let mut newest = BTreeMap::new();
    if outdated {
        let names = inventory.dists.iter().map(|dist| dist.name.clone()).collect();
        // The versions of what lies there are asked for, and nothing that this folder requires.
        let mut request = settings.request(Vec::new());
        request.inputs.requirement_files.clear();
        request.lock = LockSettings::default();
        newest = run.block_on(|context| ops::newest_versions(request, names, target, context))?;
    }
    Ok(ListedDist { inventory, newest, surveyed: None })
}

fn of_requirements(
    run: &Run,
    settings: &mut Settings,
    requirements: Vec<String>,
    survey: Survey,
) -> Result<ListedDist, Failure> {
    settings.detect_input((&run.host, &run.output), Path::new("."), &requirements)?;
    let target = settings.target.single()?;
    let request = settings.request_for(requirements, &target)?;
    let surveyed = run.block_on(|context| ops::survey(request, target, survey, context))?;
    let (inventory, newest) = (surveyed.inventory.clone(), surveyed.newest.clone());
    Ok(ListedDist { inventory, newest, surveyed: Some(surveyed) })
}
