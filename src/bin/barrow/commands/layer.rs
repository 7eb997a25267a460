//! `barrow layer`.

use std::path::{Path, PathBuf};

use barrow::request::BundleKind;

use super::bundle::{Wanted, make};
use super::meaning::{refuse_other_forms, refuse_paths};
use crate::args::LayerArgs;
use crate::failure::Failure;
use crate::run::Run;
use crate::settings::Flags;

pub(super) fn call(run: &Run, args: LayerArgs) -> Result<(), Failure> {
    let LayerArgs { requirements, output, split, files, mut assembly, result: _, settings } = args;
    refuse_other_forms(run, &output)?;
    assembly.split = split;
    let (source, requirements) = source_of(run, requirements);
    refuse_paths(run, "layer", &requirements)?;
    let folder = source.as_deref().unwrap_or(Path::new("."));
    let mut settings = run.settings(Flags { settings, assembly, files }, folder)?;
    match &source {
        Some(folder) => settings.detect_input_of_source((&run.host, &run.output), folder)?,
        None if settings.take_named_sources() => {}
        None => settings.check_something_required(&requirements)?,
    }
    let wanted = Wanted { kind: BundleKind::Layer, source: source.as_deref(), requirements, handlers: Vec::new() };
    make(run, &settings, output, wanted, |published| match published.layers.len() {
        0 => "into the layer".to_owned(),
        1 => "into 1 layer of".to_owned(),
        count => format!("into {count} layers of"),
    })
}

/// The folder of the user's own files among the words, if the only one is that of a folder: `shared`, or `./shared`
/// where nothing in it could be built. What could be built is a requirement, as for pip.
fn source_of(run: &Run, words: Vec<String>) -> (Option<PathBuf>, Vec<String>) {
    let [word] = &words[..] else { return (None, words) };
    let folder = run.host.working_folder.join(word);
    let is_project = || ["pyproject.toml", "setup.py"].iter().any(|file| folder.join(file).is_file());
    let is_path = word.contains(std::path::MAIN_SEPARATOR) || word.starts_with('.');
    if folder.is_dir() && !(is_path && is_project()) { (Some(PathBuf::from(word)), Vec::new()) } else { (None, words) }
}
