//! `--report`: the page about what was made.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use barrow::check::{self, CheckOptions};
use barrow::inventory::{Inventory, Reading};
use barrow::ops::{Surveyed, write_whole};
use barrow::publish::mark_beside;
use barrow::report::{BEGINNING, ReportPart, page};

use super::check::Made;
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::run::Run;
use crate::settings::Settings;

/// The page that was asked for.
pub(super) struct ReportFile {
    place: Option<PathBuf>,
    state_folders: Vec<PathBuf>,
    cache_folder: Option<PathBuf>,
}

impl ReportFile {
    /// Refuses a place that holds something else, or that is part of one of the outputs.
    pub(super) fn of(run: &Run, file: Option<&Path>, outs: &[&Path], settings: &Settings) -> Result<Self, Failure> {
        let place = file.map(|file| run.host.working_folder.join(file));
        if let (Some(place), Some(file)) = (&place, file) {
            refuse_other_content(place, file)?;
            if outs.iter().any(|out| place.starts_with(run.host.working_folder.join(out))) {
                let message = format!("the report `{}` would lie in the output", file.display());
                return Err(Failure::usage(message).hint("name a file beside it"));
            }
        }
        let (state_folders, cache_folder) = (settings.state_folders.clone(), settings.options.cache_folder.clone());
        Ok(Self { place, state_folders, cache_folder })
    }

    /// Whether there is to be one.
    pub(super) fn is_wanted(&self) -> bool {
        self.place.is_some()
    }

    /// Looks through an output: a part for each layer that it was split into, else one. It is checked as `barrow check`
    /// does.
    pub(super) fn parts(
        &self,
        run: &Run,
        label: &str,
        made: &Made<'_>,
        is_slimmed: bool,
    ) -> Result<Vec<ReportPart>, Failure> {
        let published = made.published;
        let places: Vec<PathBuf> = published.places().iter().map(|place| run.host.working_folder.join(place)).collect();
        let findings = &made.report(run, self.cache_folder.as_ref())?.findings;
        let zip = |at: usize| published.layers.get(at).map_or(published.zip.as_ref(), |layer| layer.zip.as_ref());
        let part = |(at, place): (usize, &PathBuf)| {
            let inventory = published.inventory(place, Reading::Sizes);
            let inventory = inventory.map_err(|error| Failure::of(&error, Exit::Failed))?;
            let label = if places.len() > 1 { format!("{label}, layer {}", at + 1) } else { label.to_owned() };
            Ok(ReportPart {
                zip_bytes: zip(at).map(|zip| zip.size_bytes),
                is_slimmed,
                left_out: published.left_out,
                excluded: published.excluded.clone(),
                changes: published.changes.clone(),
                passed_over: published.passed_over.clone(),
                findings: Some(findings.clone()),
                ..ReportPart::new(label, inventory)
            })
        };
        places.iter().enumerate().map(part).collect()
    }

    /// The part about an output that is there, whoever made it. It is checked where somebody has said for which target
    /// it is.
    pub(super) fn part_of_finished(
        &self,
        settings: &Settings,
        label: &str,
        path: &Path,
        inventory: Inventory,
    ) -> Result<ReportPart, Failure> {
        let states_target = settings.states_target();
        let options = CheckOptions {
            cache_folder: self.cache_folder.clone(),
            ignore: settings.check_ignore.clone(),
            ..CheckOptions::new(path, inventory.target.clone())
        };
        let findings = if states_target { Some(check::check(&options)?.findings) } else { None };
        let zip_bytes = path.is_file().then(|| fs_err::metadata(path).ok()).flatten().map(|file| file.len());
        Ok(ReportPart { states_target, zip_bytes, findings, ..ReportPart::new(label, inventory) })
    }

    /// The part about what was chosen and not made.
    pub(super) fn part_of_choice(label: &str, surveyed: &Surveyed) -> ReportPart {
        ReportPart { passed_over: surveyed.passed_over(), ..ReportPart::new(label, surveyed.inventory.clone()) }
    }

    /// Writes the page, whole or not at all, and remembers that it is no source file.
    pub(super) fn write(&self, run: &Run, parts: &[ReportPart]) -> Result<(), Failure> {
        let Some(place) = &self.place else { return Ok(()) };
        let failed = |error: &std::io::Error| {
            Failure::new(format!("failed to write the report `{}`", place.display()), Exit::Failed).because(error)
        };
        let folder = place.parent().unwrap_or(Path::new("."));
        fs_err::create_dir_all(folder).map_err(|error| failed(&error))?;
        write_whole(place, page(parts).as_bytes()).map_err(|error| failed(&error))?;
        mark_beside(place, &self.state_folders);
        run.output.status(&format!("Wrote the report {}", place.display()));
        Ok(())
    }
}

/// What is there may be an older report, and nothing else.
fn refuse_other_content(place: &Path, shown: &Path) -> Result<(), Failure> {
    let refused = |what: &str| {
        Err(Failure::usage(format!("`{}` {what}, so it is left alone", shown.display()))
            .hint("name another file for the report"))
    };
    if place.is_dir() {
        return refused("is a folder");
    }
    if !place.exists() {
        return Ok(());
    }
    let mut beginning = Vec::new();
    let read = barrow::regular::open(place)
        .and_then(|file| file.take(BEGINNING.len() as u64).read_to_end(&mut beginning).map(drop));
    if read.is_err() || beginning != BEGINNING.as_bytes() { refused("is no report of barrow") } else { Ok(()) }
}
