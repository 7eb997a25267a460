//! `barrow install`.

use std::path::Path;

use barrow::ops;
use barrow::request::{BundleKind, BundleOptions};

use super::meaning::refuse_paths;
use super::{last_word, result};
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
    let mut publish = settings.publish(OutputArgs { output: Some(target), force, ..OutputArgs::default() });
    publish.zip = false;
    let target = settings.target.single()?;
    let options = BundleOptions {
        request: settings.request_for(requirements, &target)?,
        assembly: settings.assembly_for(None, BundleKind::Packages, &target)?,
        publish,
        target,
    };
    let installed = run.bundle(options)?;
    if run.is_json() {
        return Output::object(&result::with_shared(result::published(&installed), run.shared.get()));
    }
    let what = format!("Installed {}", ops::packages(installed.dists.len()));
    last_word::tell(run, &installed, &what, "into");
    Ok(())
}
