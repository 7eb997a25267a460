//! `barrow install`.

use std::path::Path;

use barrow::reporter::counted;
use barrow::request::{BundleKind, BundleOptions};

use super::meaning::refuse_paths;
use super::{last_word, result, sbom};
use crate::args::{InstallArgs, OutputArgs, SourceArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::Flags;

pub(super) fn call(run: &Run, args: InstallArgs) -> Result<(), Failure> {
    let InstallArgs { requirements, target, force, assembly, result: _, settings } = args;
    refuse_paths(run, "install", &requirements)?;
    if assembly.compile_bytecode {
        let message =
            "`barrow install` puts packages beside others, where bytecode could outlive its source: it compiles none";
        return Err(Failure::usage(message).hint("`barrow bundle` and `barrow layer` take --compile-bytecode"));
    }
    let settings = run.settings(Flags { settings, assembly, files: SourceArgs::default() }, Path::new("."))?;
    settings.check_something_required(&requirements)?;
    let sboms = sbom::Sboms::of(run, &settings.assembly.sboms, Some(&target))?;
    let mut publish = settings.publish(OutputArgs { output: Some(target), force, ..OutputArgs::default() });
    publish.zip = false;
    let target = settings.target.single()?;
    settings.warn_beside_lock(&run.output);
    let request = settings.request_for(requirements, &target)?;
    let assembly = settings.assembly_for(None, BundleKind::Packages, &target)?;
    let options = BundleOptions::of(request, assembly, publish, target);
    let installed = run.bundle(options)?;
    let sboms = sboms.write(run, &installed)?;
    if run.is_json() {
        let told = result::with_sboms(result::published(&installed), &sboms);
        return Output::object(&result::with_shared(told, run.shared.get()));
    }
    let what = format!("Installed {}", counted(installed.dists.len(), "package"));
    last_word::tell(run, &installed, &what, "into");
    Ok(())
}
