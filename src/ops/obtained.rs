//! What an output is made of: a zip of the shared cache, or distributions that are installed here.

use super::Error;
use super::chosen::{ChosenDists, choose_and_install};
use super::shared_zip::{ReadyZip, SharedZip};
use crate::memory::BundledDist;
use crate::request::BundleOptions;
use crate::resolution::Resolution;
use crate::spec::PackageName;
use crate::supply::Inquiry;

/// What an output is made of.
pub(super) enum OutputMaterial {
    /// Distributions that are unpacked, or looked into.
    Installed(ChosenDists),
    /// A zip that somebody else has made of the same inputs.
    Ready(Box<ReadyZip>),
}

/// Gets what an output is made of: a zip of the shared cache, else the distributions; with the warnings that were
/// given.
pub(super) async fn obtain(
    inquiry: &Inquiry,
    resolution: &Resolution,
    excluded: &[PackageName],
    shared: Option<&SharedZip>,
    options: &BundleOptions,
) -> Result<(OutputMaterial, Vec<String>), Error> {
    let context = &inquiry.session.context;
    if let Some(shared) = shared
        && let Some(ready) = shared.take(inquiry, resolution, options).await?
    {
        let mut warnings = Vec::new();
        context.give(&mut warnings, &ready.details.warnings);
        return Ok((OutputMaterial::Ready(Box::new(ready)), warnings));
    }
    let (chosen, warnings) = choose_and_install(inquiry, resolution, excluded, options).await?;
    Ok((OutputMaterial::Installed(chosen), warnings))
}

/// What a result says about its distributions.
pub(super) fn describe(resolution: &Resolution, material: &OutputMaterial) -> Vec<BundledDist> {
    let installed = match material {
        OutputMaterial::Ready(ready) => return ready.dists.clone(),
        OutputMaterial::Installed(chosen) => &chosen.installed,
    };
    let described = installed.iter().filter_map(|dist| {
        let resolved = resolution.dists.iter().find(|resolved| resolved.name == dist.name)?;
        Some(BundledDist::of(resolved, dist.digest.clone(), dist.size()))
    });
    described.collect()
}
