//! `barrow fingerprint`.

use barrow::ops;
use barrow::request::{BundleKind, FingerprintOptions};
use serde_json::json;

use super::meaning::refuse_no_folder;
use crate::args::FingerprintArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::Flags;

pub(super) fn call(run: &Run, args: FingerprintArgs) -> Result<(), Failure> {
    let FingerprintArgs { source, files, assembly, result: _, settings } = args;
    let mut settings = run.settings(Flags { settings, assembly, files }, &source)?;
    refuse_no_folder(run, &source)?;
    settings.detect_input_of_source((&run.host, &run.output), &source)?;
    settings.want_project();
    let target = settings.target.single()?;
    let (runtime, arch) = (target.runtime().name(), target.architecture().as_str());
    let request = settings.request_for(Vec::new(), &target)?;
    let assembly = settings.assembly_for(Some(&source), BundleKind::Function, &target)?;
    let mut options = FingerprintOptions::new(request, assembly, run.host.working_folder.join(&source), target);
    options.state_folders.clone_from(&settings.state_folders);
    let fingerprint = ops::fingerprint(&options)?;
    if run.is_json() {
        // Terraform's external data source wants one flat object of strings.
        return Output::object(&json!({
            "schema": "1",
            "fingerprint": fingerprint.hex(),
            "runtime": runtime,
            "arch": arch,
            "barrow_version": env!("CARGO_PKG_VERSION"),
        }));
    }
    Output::result(&format!("{}\n", fingerprint.hex()))
}
