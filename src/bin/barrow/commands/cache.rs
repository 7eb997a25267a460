//! `barrow cache`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use barrow::bundle::Bytes;
use barrow::cache::{Cache, Usage};
use barrow::ops;
use barrow::reporter::counted;
use barrow::shared::{Namespace, Pruned, SharedOptions};
use serde_json::json;

use super::meaning::refuse_paths;
use crate::args::{CacheCommand, PullArgs, RemoteArgs, RemoteCommand, SettingArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::{Flags, Settings};

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
            run.output.status(&format!("{}, {} in {}", counted(files, "file"), Bytes(bytes), folder.display()));
            Ok(())
        }
        CacheCommand::Prune => {
            removed(run, &folder, cache.prune(run.host.now.into()).map_err(barrow::ops::Error::from)?)
        }
        CacheCommand::Remote(command) => remote(run, command, cache),
        CacheCommand::Clean => {
            let waiting = || run.output.status("Waiting for the runs that use the cache to end");
            removed(run, &folder, cache.clean_after(waiting).map_err(barrow::ops::Error::from)?)
        }
    }
}

/// How a namespace of the shared cache is used, its name, and why it cannot be.
type UsedNamespace<'a> = (&'static str, &'a Namespace, &'a Option<String>);

fn remote(run: &Run, command: &RemoteCommand, cache: Cache) -> Result<(), Failure> {
    let shared = match command {
        RemoteCommand::Status(RemoteArgs { shared }) | RemoteCommand::Push(RemoteArgs { shared }) => shared,
        RemoteCommand::Prune(args) => &args.shared,
        RemoteCommand::Pull(args) => return pull(run, args),
    };
    let flags =
        Flags { settings: SettingArgs { shared: shared.clone(), ..SettingArgs::default() }, ..Flags::default() };
    let settings = run.settings(flags, Path::new("."))?;
    let options = named(&settings)?;
    let client = settings.options.client.clone();
    if matches!(command, RemoteCommand::Push(_) | RemoteCommand::Prune(_)) && options.write.is_none() {
        let message = "no namespace of the shared cache is written";
        return Err(Failure::usage(message).hint("name one with `--remote-cache-write NAMESPACE`"));
    }
    if let RemoteCommand::Prune(args) = command {
        let before = run.host.now - Duration::from_secs(u64::from(args.older_than) * 86_400);
        let pruned =
            run.block_on(|context| ops::prune_shared_cache(options, client, (before, args.dry_run), context))?;
        return tell_pruned(run, args.dry_run, pruned);
    }
    if let RemoteCommand::Push(_) = command {
        let tally = run.block_on(|context| ops::push_to_shared_cache(options, client, cache, context))?;
        if run.general.json {
            return Output::object(
                &json!({ "schema": 1, "uploaded": tally.uploaded, "not_uploaded": tally.not_uploaded }),
            );
        }
        run.output.status(&format!("Uploaded {}", counted(tally.uploaded, "result")));
        return Ok(());
    }
    let (place, standing) = run.block_on(|context| ops::shared_cache_standing(options, client, context))?;
    let read = standing.read.iter().map(|(namespace, why)| ("read", namespace, why));
    let all: Vec<_> = read.chain(standing.write.iter().map(|(namespace, why)| ("write", namespace, why))).collect();
    if run.general.json {
        let namespace = |used: &UsedNamespace<'_>| {
            let (what, namespace, why) = used;
            json!({ "namespace": namespace.to_string(), "use": what, "works": why.is_none(), "problem": why })
        };
        let namespaces: Vec<_> = all.iter().map(namespace).collect();
        Output::object(&json!({ "schema": 1, "place": place.to_string(), "namespaces": namespaces }))?;
    } else {
        let line = |(what, namespace, why): &UsedNamespace<'_>| match why {
            None => format!("{what} {namespace}: works\n"),
            Some(why) => format!("{what} {namespace}: {why}\n"),
        };
        Output::text(&format!("{place}\n{}", all.iter().map(line).collect::<String>()))?;
    }
    match all.iter().find(|(.., why)| why.is_some()) {
        None => Ok(()),
        Some((what, namespace, why)) => {
            let why = why.as_deref().unwrap_or_default();
            let message = format!("namespace `{namespace}` of the shared cache cannot be used to {what}: {why}");
            Err(Failure::new(message, crate::exit_code::Exit::Failed))
        }
    }
}

/// The shared cache that the settings name.
fn named(settings: &Settings) -> Result<SharedOptions, Failure> {
    let unnamed = || Failure::usage("no shared cache is named").hint("name one with `--remote-cache URL`");
    settings.options.shared.clone().ok_or_else(unnamed)
}

/// Brings what requirements need into the cache of this machine.
fn pull(run: &Run, args: &PullArgs) -> Result<(), Failure> {
    refuse_paths(run, "cache remote pull", &args.requirements)?;
    let mut settings = run.settings(Flags { settings: args.settings.clone(), ..Flags::default() }, Path::new("."))?;
    settings.detect_input((&run.host, &run.output), Path::new("."), &args.requirements)?;
    named(&settings)?;
    if settings.options.cache_folder.is_none() {
        return Err(no_folder());
    }
    let (request, targets) = (settings.request(args.requirements.clone()), settings.target.all());
    let pulled = run.block_on(|context| ops::pull_from_shared_cache(request, targets, context))?;
    if run.general.json {
        return Output::object(&json!({
            "schema": 1,
            "ready": pulled.ready,
            "missing": pulled.missing,
            "hits": pulled.tally.hits,
            "misses": pulled.tally.misses,
            "size_bytes": pulled.tally.bytes,
        }));
    }
    for missing in &pulled.missing {
        run.output.status(&format!("{missing} is not in the shared cache, and will be built"));
    }
    let (ready, taken) = (pulled.ready.len(), pulled.tally.hits);
    let (plural, bytes) = (if ready == 1 { " is" } else { "s are" }, Bytes(pulled.tally.bytes));
    run.output.status(&format!("{ready} result{plural} in the cache of this machine, {taken} taken now ({bytes})"));
    Ok(())
}

/// Tells what was removed, or would be.
fn tell_pruned(run: &Run, is_dry: bool, pruned: Pruned) -> Result<(), Failure> {
    let Pruned { claims, contents, bytes, kept } = pruned;
    if run.general.json {
        return Output::object(&json!({
            "schema": 1,
            "claims": claims,
            "contents": contents,
            "size_bytes": bytes,
            "kept": kept,
            "dry_run": is_dry,
        }));
    }
    let verb = if is_dry { "Would remove" } else { "Removed" };
    let (claims, contents) = (counted(claims, "claim"), counted(contents, "content"));
    let stay = if kept == 1 { "stays" } else { "stay" };
    let text = format!("{verb} {claims} and {contents} ({}); {kept} {stay}", Bytes(bytes));
    run.output.status(&text);
    Ok(())
}

fn no_folder() -> Failure {
    Failure::usage("there is no cache folder").hint("name one with --cache-dir, and leave --no-cache out")
}

fn folder(run: &Run) -> Result<PathBuf, Failure> {
    let settings = run.settings(Flags::default(), Path::new("."))?;
    settings.options.cache_folder.ok_or_else(no_folder)
}

fn removed(run: &Run, folder: &Path, Usage { files, bytes }: Usage) -> Result<(), Failure> {
    if run.general.json {
        return Output::object(&json!({ "schema": 1, "files": files, "size_bytes": bytes }));
    }
    run.output.status(&format!("Removed {} ({}) from {}", counted(files, "file"), Bytes(bytes), folder.display()));
    Ok(())
}
