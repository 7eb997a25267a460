//! The user's own files, as a bundle takes them.

use super::Error;
use crate::bundle::{SourceFiles, Why, credentials_line, foreign_natives, refuse_secrets};
use crate::context::Context;
use crate::http::Secret;
use crate::request::{BundleOptions, PublishSettings, Request};

/// Collects the user's own files. Tells which were left out because they may hold secrets, and refuses what must not be
/// bundled. `None`: no own files are wanted.
pub(super) fn own_files(
    options: &BundleOptions,
    request: &Request,
    secrets: &[Secret],
    warnings: &mut Vec<String>,
    context: &Context,
) -> Result<Option<SourceFiles>, Error> {
    let files = collect(options, request)?;
    if let Some(files) = &files {
        judge(files, options, secrets, warnings, context)?;
    }
    Ok(files)
}

/// Collects the user's own files, and tells nothing.
pub(super) fn collect(options: &BundleOptions, request: &Request) -> Result<Option<SourceFiles>, Error> {
    let Some(source) = &options.assembly.source else { return Ok(None) };
    let PublishSettings { state_folders, out, .. } = &options.publish;
    Ok(Some(request.collect(source, state_folders, Some(out))?))
}

/// Tells which files were left out because they may hold secrets, and refuses what must not be among the user's own
/// files.
pub(super) fn judge(
    files: &SourceFiles,
    options: &BundleOptions,
    secrets: &[Secret],
    warnings: &mut Vec<String>,
    context: &Context,
) -> Result<(), Error> {
    for (link, target) in &files.followed {
        context.detail(&format!("followed the link `{}`, which leads to `{}`", link.display(), target.display()));
    }
    context.give(warnings, &files.warnings);
    if let Some(names) = credentials_line(&files.left_out) {
        let line = format!("left out: {names}; --include to take them");
        // Nobody needs to hear that barrow's own settings stay here. Other files that are left out may be read by the
        // function.
        let is_harmless = files.left_out.iter().all(|left| !matches!(left.why, Why::Credentials(_) | Why::State(_)));
        if is_harmless { context.status(&line) } else { context.give(warnings, [line]) }
    }
    context.give(warnings, foreign_natives(&files.files, options.target.architecture()));
    refuse_secrets(files, secrets)?;
    Ok(())
}
