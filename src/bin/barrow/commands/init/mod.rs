//! `barrow init`: a barrow.toml from what lies here.
//!
//! A SAM template or a serverless.yml says what the functions are, and for which target; without one, folders do. What
//! they say and barrow.toml cannot, or what cannot be known before a deployment, is told with its line.

mod folders;
mod outline;
mod python_requirements;
mod sam;
mod serverless;

use std::path::Path;

use crate::args::InitArgs;
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use outline::ConfigDraft;

pub(super) fn call(run: &Run, args: &InitArgs) -> Result<(), Failure> {
    let folder = &run.host.working_folder;
    let path = folder.join("barrow.toml");
    if path.exists() && !args.force {
        return Err(Failure::usage("`barrow.toml` is there already").hint("--force replaces it"));
    }
    let outline = find(run)?;
    if outline.units.is_empty() {
        for remark in &outline.remarks {
            run.output.warn(remark);
        }
        return Err(Failure::new(
            "no folder here has a requirements file, a lock or a pyproject.toml with Python files beside it",
            Exit::Failed,
        )
        .hint("`barrow bundle SOURCE -o OUT` bundles a folder without any"));
    }
    let text = outline.text();
    fs_err::write(&path, &text)
        .map_err(|error| Failure::new("failed to write `barrow.toml`", Exit::Failed).because(&error))?;
    for remark in &outline.remarks {
        run.output.warn(remark);
    }
    let from = outline.from.as_ref().map(|file| format!(" from {file}")).unwrap_or_default();
    run.output.status(&format!(
        "Wrote barrow.toml{from} with {}; `barrow build --list` shows what it makes",
        if outline.units.len() == 1 { "1 unit".to_owned() } else { format!("{} units", outline.units.len()) }
    ));
    if run.is_json() { Output::object(&outline.value(&path, &text)) } else { Output::text(&text) }
}

/// The first of these that has something to build, with the remarks of those before it.
fn find(run: &Run) -> Result<ConfigDraft, Failure> {
    let folder = &run.host.working_folder;
    let mut remarks = Vec::new();
    for read in [sam::read, serverless::read] {
        let Some(mut outline) = read(run)? else { continue };
        outline.remarks.splice(0..0, std::mem::take(&mut remarks)).for_each(drop);
        outline.drop_absent(folder);
        if !outline.units.is_empty() {
            outline.remarks.extend(not_read(folder, outline.from.as_deref()));
            return Ok(outline);
        }
        remarks = outline.remarks;
    }
    let mut outline = folders::read(folder);
    outline.remarks.splice(0..0, remarks).for_each(drop);
    Ok(outline)
}

/// A word on a file of another framework that lies here too.
fn not_read(folder: &Path, from: Option<&str>) -> Option<String> {
    let other = serverless::NAMES.into_iter().find(|name| folder.join(name).is_file())?;
    let from = from.filter(|from| !serverless::NAMES.contains(from))?;
    Some(format!("`{other}` is not read: {from} says what is built, and of both one counts"))
}
