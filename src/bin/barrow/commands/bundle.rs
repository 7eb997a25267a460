//! `barrow bundle`.

use barrow::request::{BundleKind, BundleOptions};

use super::meaning::{refuse_no_folder, refuse_other_forms};
use super::report::ReportFile;
use super::{check, contents, last_word, result, sbom};
use crate::args::BundleArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::Flags;

pub(super) fn call(run: &Run, args: BundleArgs) -> Result<(), Failure> {
    let BundleArgs { source, output, layer, handler, files, assembly, result: _, settings } = args;
    refuse_other_forms(run, &output)?;
    let mut settings = run.settings(Flags { settings, assembly, files }, &source)?;
    refuse_no_folder(run, &source)?;
    settings.detect_input_of_source((&run.host, &run.output), &source)?;
    let (is_checked, handlers) = (output.check, handler);
    settings.want_project();
    let (target, is_list) = (settings.target.single()?, output.list);
    let kind = if layer { BundleKind::Layer } else { BundleKind::Function };
    let report = ReportFile::of(run, output.report.as_deref(), output.output.as_deref().as_slice(), &settings)?;
    let sboms = sbom::Sboms::of(run, &settings.sboms, output.output.as_deref())?;
    let request = settings.request_for(Vec::new(), &target)?;
    let assembly = settings.assembly_for(Some(&source), kind, &target)?;
    let options = BundleOptions::of(request, assembly, settings.publish(output), target);
    if is_list {
        return contents::list(run, options);
    }
    let published = run.bundle(options)?;
    let sboms = sboms.write(run, &published)?;
    if report.is_wanted() {
        let label = published.path.display().to_string();
        let made = check::Made::alone(&settings, &published, handlers.clone());
        let parts = report.parts(run, &label, &made, settings.selection.slim)?;
        report.write(run, &parts)?;
    }
    if run.is_json() {
        let told = result::with_sboms(result::published(&published), &sboms);
        Output::object(&result::with_shared(told, run.shared.get()))?;
        return if is_checked { check::published(run, &settings, &published, handlers) } else { Ok(()) };
    }
    last_word::tell(run, &published, &format!("Bundled {} files", published.files), "into");
    if is_checked { check::published(run, &settings, &published, handlers) } else { Ok(()) }
}
