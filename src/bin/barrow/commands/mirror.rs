//! `barrow mirror`.

use std::path::Path;

use barrow::bundle::Bytes;
use barrow::mirror::MirrorFile;
use barrow::ops::{self, MirrorOptions, Mirrored};
use serde_json::json;

use crate::args::{AssemblyArgs, MirrorArgs, SourceArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::Flags;

pub(super) fn call(run: &Run, args: MirrorArgs) -> Result<(), Failure> {
    let flags = Flags { settings: args.settings, assembly: AssemblyArgs::default(), files: SourceArgs::default() };
    let settings = run.settings(flags, Path::new("."))?;
    let is_required = settings.check_something_required(&args.requirements);
    if is_required.is_err() && args.verify && !args.prune {
        let mirrored = run.block_on(|_| ops::verify_mirror(args.output))?;
        run.output.status(&format!("Verified {} in {}", files(mirrored.files.len()), mirrored.path.display()));
        return if run.is_json() { print(&mirrored) } else { Ok(()) };
    }
    is_required?;
    let options = MirrorOptions {
        request: settings.request(args.requirements),
        targets: settings.target.all(),
        out: args.output,
        sdists: args.sdists,
        prune: args.prune,
        verify: args.verify,
    };
    let mirrored = run.block_on(|context| ops::mirror(options, context))?;
    if run.is_json() {
        return print(&mirrored);
    }
    let bytes = mirrored.added.iter().map(|file| file.size).sum();
    let removed = if mirrored.removed == 0 { String::new() } else { format!(", removed {}", mirrored.removed) };
    run.output.status(&format!(
        "Added {} ({}) to {}, {} there already{removed}",
        files(mirrored.added.len()),
        Bytes(bytes),
        mirrored.path.display(),
        mirrored.kept,
    ));
    Ok(())
}

/// `1 file`, `2 files`.
fn files(count: usize) -> String {
    format!("{count} file{}", if count == 1 { "" } else { "s" })
}

fn print(mirrored: &Mirrored) -> Result<(), Failure> {
    let names = |files: &[MirrorFile]| files.iter().map(|file| file.filename.clone()).collect::<Vec<_>>();
    Output::object(&json!({
        "schema": 1,
        "path": mirrored.path.display().to_string(),
        "added": names(&mirrored.added),
        "kept": mirrored.kept,
        "removed": mirrored.removed,
        "size_bytes": mirrored.files.iter().map(|file| file.size).sum::<u64>(),
        "files": mirrored.files,
    }))
}
