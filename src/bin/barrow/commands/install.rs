//! `barrow install`.

use std::path::Path;

use barrow::ops::{self, InstallOptions};

use super::result;
use crate::args::{InstallArgs, SourceArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::Flags;

pub(super) fn call(run: &Run, args: InstallArgs) -> Result<(), Failure> {
    let InstallArgs { requirements, target, assembly, result, settings } = args;
    let settings = run.settings(Flags { settings, assembly, files: SourceArgs::default() }, Path::new("."))?;
    settings.check_something_required(&requirements)?;
    let options = InstallOptions {
        request: settings.request(requirements),
        target: settings.target.single()?,
        folder: target,
        exclude_runtime: settings.exclude_runtime,
        link_mode: settings.link_mode.into(),
        max_size: settings.max_size,
        state_folder: settings.state_folder.clone(),
    };
    let installed = run.block_on(|context| ops::install(options, context))?;
    if run.is_json(result) {
        return Output::object(&result::published(&installed));
    }
    run.output.status(&format!(
        "Installed {} ({}) into {}",
        ops::packages(installed.dists.len()),
        result::size(installed.size_bytes),
        installed.path.display()
    ));
    Ok(())
}
