//! `barrow fingerprint`.

use barrow::ops;
use barrow::request::{BundleKind, FingerprintOptions};
use serde_json::json;

use crate::args::FingerprintArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::Flags;

pub(super) fn call(run: &Run, args: FingerprintArgs) -> Result<(), Failure> {
    let FingerprintArgs { source, files, assembly, result: _, settings } = args;
    let mut settings = run.settings(Flags { settings, assembly, files }, &source)?;
    settings.detect_input_of_source(run, &source)?;
    settings.want_project();
    let target = settings.target.single()?;
    let (runtime, arch) = (target.runtime().name(), target.architecture().as_str());
    let options = FingerprintOptions {
        request: settings.request_for(Vec::new(), &target)?,
        assembly: settings.assembly_for(Some(&source), BundleKind::Function, &target)?,
        base: run.host.working_folder.join(&source),
        state_folders: settings.state_folders.clone(),
        target,
    };
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
