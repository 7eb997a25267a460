//! `barrow cache`.

use std::path::{Path, PathBuf};

use barrow::bundle::Bytes;
use barrow::cache::{Cache, Usage};
use barrow::ops;
use barrow::shared::Namespace;
use serde_json::json;

use crate::args::{CacheCommand, RemoteArgs, RemoteCommand, SettingArgs};
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
        CacheCommand::Remote(command) => remote(run, command, cache),
        CacheCommand::Clean => removed(run, &folder, cache.clean().map_err(barrow::ops::Error::from)?),
    }
}

fn remote(run: &Run, command: &RemoteCommand, cache: Cache) -> Result<(), Failure> {
    let (RemoteCommand::Status(RemoteArgs { shared }) | RemoteCommand::Push(RemoteArgs { shared })) = command;
    let flags =
        Flags { settings: SettingArgs { shared: shared.clone(), ..SettingArgs::default() }, ..Flags::default() };
    let settings = run.settings(flags, Path::new("."))?;
    let Some(options) = settings.shared.clone() else {
        return Err(Failure::usage("no shared cache is named").hint("name one with `--remote-cache URL`"));
    };
    let client = settings.client.clone();
    if let RemoteCommand::Push(_) = command {
        if options.write.is_none() {
            let message = "no namespace of the shared cache is written";
            return Err(Failure::usage(message).hint("name one with `--remote-cache-write NAMESPACE`"));
        }
        let tally = run.block_on(|context| ops::push_to_shared_cache(options, client, cache, context))?;
        if run.general.json {
            return Output::object(
                &json!({ "schema": 1, "uploaded": tally.uploaded, "not_uploaded": tally.not_uploaded }),
            );
        }
        let plural = if tally.uploaded == 1 { "" } else { "s" };
        run.output.status(&format!("Uploaded {} result{plural}", tally.uploaded));
        return Ok(());
    }
    let (place, standing) = run.block_on(|context| ops::shared_cache_standing(options, client, context))?;
    let read = standing.read.iter().map(|(namespace, why)| ("read", namespace, why));
    let all: Vec<_> = read.chain(standing.write.iter().map(|(namespace, why)| ("write", namespace, why))).collect();
    if run.general.json {
        let namespace = |(what, namespace, why): &(&str, &Namespace, &Option<String>)| json!({ "namespace": namespace.to_string(), "use": what, "works": why.is_none(), "problem": why });
        let namespaces: Vec<_> = all.iter().map(namespace).collect();
        Output::object(&json!({ "schema": 1, "place": place.to_string(), "namespaces": namespaces }))?;
    } else {
        let line = |(what, namespace, why): &(&str, &Namespace, &Option<String>)| match why {
            None => format!("{what} {namespace}: works\n"),
            Some(why) => format!("{what} {namespace}: {why}\n"),
        };
        Output::text(&format!("{place}\n{}", all.iter().map(line).collect::<String>()))?;
    }
    match all.iter().find(|(.., why)| why.is_some()) {
        None => Ok(()),
        Some((what, namespace, _)) => {
            let message = format!("namespace `{namespace}` of the shared cache cannot be used to {what}");
            Err(Failure::new(message, crate::exit_code::Exit::Failed))
        }
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
