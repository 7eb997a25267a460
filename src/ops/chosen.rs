//! The distributions of a bundle: installed, without what is left out of them, and what a result says of them.

use super::lacking::lacking;
use super::{Error, left_out};
use crate::bundle::Bytes;
use crate::install::{InstallOptions, InstalledDist};
use crate::inventory::{denied_line, requested_by};
use crate::memory::{BundledDist, LeftOutFiles, Memory};
use crate::reporter::counted;
use crate::request::BundleOptions;
use crate::resolution::Resolution;
use crate::spec::{License, LicensePattern, PackageName};
use crate::supply::{Inquiry, Installed, Session, install_each};

/// Where the project of a lock is built, its packages are bundled and not its folder.
pub(super) fn take_built_project(inquiry: &Inquiry, options: &mut BundleOptions) {
    let is_built = inquiry.locked().is_some_and(|locked| locked.bundles_project(&inquiry.session.context));
    if let Some(source) = options.assembly.source.as_mut().filter(|_| is_built) {
        source.folder = None;
    }
}

/// Distributions that are ready to be put together.
pub(super) struct ChosenDists {
    pub(super) installed: Vec<InstalledDist>,
    /// The same distributions with all their files, those that `installed` lacks included; `None`: it lacks none.
    pub(super) whole: Option<Vec<InstalledDist>>,
    pub(super) left_out: LeftOutFiles,
}

/// Installs what is not left out, without the files that are not wanted; gives it with the warnings that were given.
pub(super) async fn choose_and_install(
    inquiry: &Inquiry,
    resolution: &Resolution,
    excluded: &[PackageName],
    options: &BundleOptions,
) -> Result<(ChosenDists, Vec<String>), Error> {
    let context = &inquiry.session.context;
    let knows = inquiry.knows_requirements(&options.request.resolve);
    let mut installed = install_each(inquiry, resolution, excluded, install_options(options), knows).await?;
    refuse_licenses(&installed.dists, &options.assembly.deny_licenses, resolution)?;
    let manifest = inquiry.manifest();
    let locked = inquiry.locked().filter(|_| !options.request.resolve.no_deps);
    let lacking = locked.map(|locked| lacking(&installed.dists, resolution, locked, manifest)).transpose()?;
    let told = left_out::clashes(&installed.dists, excluded, manifest, options);
    let told = told.into_iter().chain(lacking.unwrap_or_default());
    let told = told.chain(left_out::unmatched_patterns(&installed.dists, manifest, inquiry.locked()));
    context.give(&mut installed.warnings, told);
    let whole = (!options.assembly.selection.files().takes_all()).then(|| installed.dists.clone());
    let left_out = leave_out_files(&mut installed, options, &inquiry.session)?;
    Ok((ChosenDists { installed: installed.dists, whole, left_out }, installed.warnings))
}

/// How the distributions of these options are installed.
pub(super) fn install_options(options: &BundleOptions) -> InstallOptions {
    let tree = !options.publish.zip;
    InstallOptions { checked_when_placed: tree, ..options.request.install_options(tree) }
}

/// Refuses distributions whose licences the user does not want, all at once.
fn refuse_licenses(
    installed: &[InstalledDist],
    patterns: &[LicensePattern],
    resolution: &Resolution,
) -> Result<(), Error> {
    if patterns.is_empty() {
        return Ok(());
    }
    let refused = installed.iter().filter_map(|dist| {
        let license = License::of_metadata(&dist.metadata);
        let resolved = resolution.dists.iter().find(|resolved| resolved.name == dist.name);
        let asked_by = resolved.map(requested_by).unwrap_or_default();
        license.is_denied(patterns).then(|| denied_line(&dist.name, &dist.version, &license, &asked_by))
    });
    let refused: Vec<String> = refused.collect();
    if refused.is_empty() { Ok(()) } else { Err(Error::DeniedLicenses(refused)) }
}

/// Takes files that are not wanted out of the distributions, and says how much that saves.
fn leave_out_files(
    installed: &mut Installed,
    options: &BundleOptions,
    session: &Session,
) -> Result<LeftOutFiles, Error> {
    let context = &session.context;
    let (_, minor) = options.target.runtime().python_version();
    let slimmed = options.assembly.selection.files().apply(&mut installed.dists, Some(&session.cache), minor)?;
    context.give(&mut installed.warnings, &slimmed.warnings);
    let total: u64 = slimmed.saved.values().map(|(_, bytes)| bytes).sum();
    let files = slimmed.saved.values().map(|(files, _)| files).sum();
    if total > 0 {
        let left = installed.dists.iter().map(InstalledDist::size).sum::<u64>();
        let mut parts: Vec<_> = slimmed.saved.iter().collect();
        parts.sort_by_key(|(_, (_, bytes))| std::cmp::Reverse(*bytes));
        let part = |(what, (files, bytes)): &(&String, &(usize, u64))| {
            format!("{what} {} ({})", Bytes(*bytes), counted(*files, "file"))
        };
        let parts = parts.iter().map(part).collect::<Vec<_>>().join(", ");
        context.status(&format!("Left out {} of {} of dependencies: {parts}", Bytes(total), Bytes(total + left)));
    }
    Ok(LeftOutFiles { files, bytes: total })
}

/// What the result will say about its distributions, when that can be told without fetching any: all are wheels of
/// known digests, and in the last result as well.
pub(super) fn foresee(
    inquiry: &Inquiry,
    resolution: &Resolution,
    excluded: &[PackageName],
    memory: &Memory,
) -> Option<Vec<BundledDist>> {
    let wanted = resolution.dists.iter().filter(|dist| !excluded.contains(&dist.name));
    let foreseen = wanted.map(|dist| {
        let sha256 = inquiry.known_digest(dist)?;
        let size_bytes = memory.size_of(&sha256)?;
        Some(BundledDist::of(dist, sha256, size_bytes))
    });
    foreseen.collect()
}
