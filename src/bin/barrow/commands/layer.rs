//! `barrow layer`.

use std::path::Path;

use barrow::bundle::Bytes;
use barrow::request::{BundleKind, BundleOptions};

use super::result;
use crate::args::{LayerArgs, SourceArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::Flags;

pub(super) fn call(run: &Run, args: LayerArgs) -> Result<(), Failure> {
    let LayerArgs { requirements, output, assembly, result: _, settings } = args;
    let settings = run.settings(Flags { settings, assembly, files: SourceArgs::default() }, Path::new("."))?;
    settings.check_something_required(&requirements)?;
    let options = BundleOptions {
        request: settings.request(requirements),
        target: settings.target.single()?,
        assembly: settings.assembly(None, BundleKind::Layer),
        publish: settings.publish(output),
    };
    let published = run.bundle(options)?;
    if run.is_json() {
        return Output::object(&result::published(&published));
    }
    run.output.status(&format!(
        "Bundled {} files ({}) into the layer {}",
        published.files,
        Bytes(published.size_bytes),
        published.path.display()
    ));
    Ok(())
}
