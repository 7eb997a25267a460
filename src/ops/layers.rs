//! A layer that is spread over several, published together.

use std::path::PathBuf;

use super::Error;
use crate::bundle::{Bundle, LAYER_LIMIT, numbered, split};
use crate::memory::PublishedLayer;
use crate::publish::{PublishOptions, publish_together};
use crate::resolution::Resolution;
use crate::spec::PackageName;

/// Splits a layer and publishes its parts at the numbered places of OUT; gives them with what the user should know.
/// Layers that an earlier run has made at higher numbers go.
pub(super) fn publish_split(
    bundle: &Bundle,
    layers: usize,
    resolution: &Resolution,
    options: &PublishOptions,
) -> Result<(Vec<PublishedLayer>, Vec<String>), Error> {
    let is_own = |name: &PackageName| {
        let own = resolution.dists.iter().find(|dist| dist.name == *name);
        own.is_some_and(|dist| dist.is_direct || dist.built_from.is_some())
    };
    let parts = split(bundle, layers, is_own)?;
    let outs: Vec<PathBuf> = (1..=parts.len()).map(|number| numbered(options.out, number)).collect();
    let gone: Vec<PathBuf> = (parts.len() + 1..=LAYER_LIMIT).map(|number| numbered(options.out, number)).collect();
    let each: Vec<PublishOptions> = outs.iter().map(|out| PublishOptions { out, ..*options }).collect();
    let published = publish_together(&parts, &each, &gone)?;
    let warnings = published.iter().flat_map(|layer| layer.warnings.clone()).collect();
    let layer = |((published, part), path): ((crate::publish::PublishedOutput, &Bundle), PathBuf)| PublishedLayer {
        path,
        files: published.files,
        size_bytes: published.size_bytes,
        zip: published.zip,
        dists: part.dists.iter().map(|dist| dist.name.clone()).collect(),
    };
    Ok((published.into_iter().zip(&parts).zip(outs).map(layer).collect(), warnings))
}
