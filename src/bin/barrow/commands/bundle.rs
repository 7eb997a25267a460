//! `barrow bundle`.

use std::path::Path;

use barrow::ops::Published;
use barrow::reporter::counted;
use barrow::request::{BundleKind, BundleOptions};

use super::meaning::{refuse_no_folder, refuse_other_forms};
use super::report::ReportFile;
use super::{check, contents, last_word, result, sbom};
use crate::args::{BundleArgs, OutputArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::{Flags, Settings};

pub(super) fn call(run: &Run, args: BundleArgs) -> Result<(), Failure> {
    let BundleArgs { source, output, layer, handler, files, assembly, result: _, settings } = args;
    refuse_other_forms(run, &output)?;
    let mut settings = run.settings(Flags { settings, assembly, files }, &source)?;
    refuse_no_folder(run, &source)?;
    settings.detect_input_of_source((&run.host, &run.output), &source)?;
    settings.want_project();
    let kind = if layer { BundleKind::Layer } else { BundleKind::Function };
    let wanted = Wanted { kind, source: Some(&source), requirements: Vec::new(), handlers: handler };
    make(run, &settings, output, wanted, |_| "into".to_owned())
}

/// The one output of a run, as the command line wants it.
pub(super) struct Wanted<'a> {
    pub kind: BundleKind,
    /// The folder of the user's own files.
    pub source: Option<&'a Path>,
    pub requirements: Vec<String>,
    /// What Lambda calls, where it has to be there.
    pub handlers: Vec<String>,
}

/// Makes it, and tells, writes down and checks what was made. `place` has the words before its path.
pub(super) fn make(
    run: &Run,
    settings: &Settings,
    output: OutputArgs,
    wanted: Wanted<'_>,
    place: impl FnOnce(&Published) -> String,
) -> Result<(), Failure> {
    let Wanted { kind, source, requirements, handlers } = wanted;
    let (target, is_checked, is_list) = (settings.target.single()?, output.check, output.list);
    let report = ReportFile::of(run, output.report.as_deref(), output.output.as_deref().as_slice(), settings)?;
    let sboms = sbom::Sboms::of(run, &settings.assembly.sboms, output.output.as_deref())?;
    settings.warn_beside_lock(&run.output);
    let request = settings.request_for(requirements, &target)?;
    let brought = request.inputs.brought.clone();
    let assembly = settings.assembly_for(source, kind, &target)?;
    let options = BundleOptions::of(request, assembly, settings.publish(output), target);
    if is_list {
        return contents::list(run, options);
    }
    let published = run.bundle(options)?;
    let sboms = sboms.write(run, &published)?;
    let made = check::Made::alone(settings, &published, handlers, &brought);
    if report.is_wanted() {
        let label = published.path.display().to_string();
        let parts = report.parts(run, &label, &made, settings.assembly.selection.slim)?;
        report.write(run, &parts)?;
    }
    if run.is_json() {
        let told = result::with_sboms(result::published(&published), &sboms);
        Output::object(&result::with_shared(told, run.shared.get()))?;
    } else {
        let what = format!("Bundled {}", counted(published.files, "file"));
        last_word::tell(run, &published, &what, &place(&published));
    }
    if is_checked { check::made(run, settings, &made) } else { Ok(()) }
}
