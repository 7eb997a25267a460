//! `barrow cache`.

use std::path::{Path, PathBuf};

use barrow::cache::Cache;
use serde_json::json;

use super::result;
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
            let (files, bytes) = cache.size().map_err(barrow::ops::Error::from)?;
            if run.general.json {
                return Output::object(&json!({ "schema": 1, "files": files, "size_bytes": bytes }));
            }
            Output::result(&format!("{bytes}\n"))?;
            run.output.status(&format!("{files} files, {} in {}", result::size(bytes), folder.display()));
            Ok(())
        }
        CacheCommand::Prune => removed(run, &folder, cache.prune().map_err(barrow::ops::Error::from)?),
        CacheCommand::Clean => removed(run, &folder, cache.clean().map_err(barrow::ops::Error::from)?),
    }
}

fn folder(run: &Run) -> Result<PathBuf, Failure> {
    let settings = run.settings(Flags::default(), Path::new("."))?;
    settings.cache_folder.ok_or_else(|| {
        Failure::usage("there is no cache folder").hint("name one with --cache-dir, and leave --no-cache out")
    })
}

fn removed(run: &Run, folder: &Path, (files, bytes): (u64, u64)) -> Result<(), Failure> {
    if run.general.json {
        return Output::object(&json!({ "schema": 1, "files": files, "size_bytes": bytes }));
    }
    run.output.status(&format!("Removed {files} files ({}) from {}", result::size(bytes), folder.display()));
    Ok(())
}
