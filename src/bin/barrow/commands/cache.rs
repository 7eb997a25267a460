//! `barrow cache`.

use std::path::{Path, PathBuf};

use barrow::bundle::Bytes;
use barrow::cache::{Cache, Usage};
use serde_json::json;

use crate::args::CacheCommand;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::Flags;

pub(super) fn call(run: &Run, command: &CacheCommand) -> Result<(), Failure> {
    let folder = folder(run)?;
    let cache = Cache::at(folder.clone());
    match command {
        CacheCommand::Dir if run.general.json => {
            Output::object(&json!({ "schema": 1, "path": folder.display().to_string() }))
        }
        CacheCommand::Dir => Output::result(&format!("{}\n", folder.display())),
        CacheCommand::Size => {
            let Usage { files, bytes } = cache.size().map_err(barrow::ops::Error::from)?;
            if run.general.json {
                return Output::object(&json!({ "schema": 1, "files": files, "size_bytes": bytes }));
            }
            Output::result(&format!("{bytes}\n"))?;
            run.output.status(&format!("{files} files, {} in {}", Bytes(bytes), folder.display()));
            Ok(())
        }
        CacheCommand::Prune => {
            removed(run, &folder, cache.prune(run.host.now.into()).map_err(barrow::ops::Error::from)?)
        }
        CacheCommand::Clean => removed(run, &folder, cache.clean().map_err(barrow::ops::Error::from)?),
    }
}

fn folder(run: &Run) -> Result<PathBuf, Failure> {
    let settings = run.settings(Flags::default(), Path::new("."))?;
    settings.cache_folder.ok_or_else(|| {
        Failure::usage("there is no cache folder").hint("name one with --cache-dir, and leave --no-cache out")
    })
}

fn removed(run: &Run, folder: &Path, Usage { files, bytes }: Usage) -> Result<(), Failure> {
    if run.general.json {
        return Output::object(&json!({ "schema": 1, "files": files, "size_bytes": bytes }));
    }
    run.output.status(&format!("Removed {files} files ({}) from {}", Bytes(bytes), folder.display()));
    Ok(())
}
