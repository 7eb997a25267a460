//! Everything about OUT: plain, in name order, all or nothing.

use std::path::PathBuf;
use std::sync::Arc;

use super::chosen::ChosenDists;
use super::obtained::OutputMaterial;
use super::own_files::own_files;
use super::own_part::own_part;
use super::shared_zip::ReadyZip;
use super::{Error, bytecode, layers, too_large};
use crate::bundle::{
    Bundle, BundleLayout, Bytes, SourceFiles, UNZIPPED_LIMIT_BYTES, assemble, check_size, check_zip_size,
};
use crate::cache::Cache;
use crate::context::Context;
use crate::http::Secret;
use crate::install::ensure_tree;
use crate::memory::{self, LeftOutFiles, News, OwnPart, Published, PublishedLayer};
use crate::publish::{OutputForm, PublishOptions, PublishedZip, check_out, install_into, publish};
use crate::reporter::Stage;
use crate::request::{BundleKind, BundleOptions, PublishSettings, Request, SourceSettings};
use crate::resolution::Resolution;
use crate::spec::{PackageName, Version};
use crate::supply::Inquiry;

/// What is published, but for its material.
pub(super) struct Publication {
    pub(super) options: BundleOptions,
    pub(super) context: Context,
    pub(super) cache: Arc<Cache>,
    request: Request,
    resolution: Resolution,
    secrets: Vec<Secret>,
}

/// What was said while an output was made.
#[derive(Default)]
pub(super) struct OutputWarnings {
    source: Vec<String>,
    pub(super) bundle: Vec<String>,
    /// Warnings about the size of a zip. They are apart because a zip that was taken ready from the shared cache gets
    /// them too.
    zip: Vec<String>,
}

impl OutputWarnings {
    /// All of it, in order.
    pub(super) fn all(self) -> Vec<String> {
        self.source.into_iter().chain(self.bundle).chain(self.zip).collect()
    }
}

/// What lies in its place now, at OUT or at its numbered places.
#[derive(Default)]
struct PutInPlace {
    files: usize,
    size_bytes: u64,
    zip: Option<PublishedZip>,
    layers: Vec<PublishedLayer>,
    warnings: Vec<String>,
    own: Option<OwnPart>,
}

/// An output as it was published.
pub(super) struct PlacedOutput {
    pub(super) published: Published,
    pub(super) warnings: OutputWarnings,
    /// What a run needs that finds the user's own files edited.
    pub(super) own: Option<OwnPart>,
}

impl Publication {
    pub(super) fn new(inquiry: &Inquiry, resolution: Resolution, options: BundleOptions) -> Self {
        let (context, cache) = (inquiry.session.context.clone(), Arc::clone(&inquiry.session.cache));
        let (request, secrets) = (inquiry.request().clone(), inquiry.secrets());
        Self { options, context, cache, request, resolution, secrets }
    }

    /// Puts the material into its place with the user's own files. `made_of` identifies both, for the mark of OUT.
    ///
    /// With a zip that somebody else has made of the same inputs the user's own files are looked through all the same:
    /// what must not be in a bundle is refused here as well.
    pub(super) fn publish(
        &self,
        material: &OutputMaterial,
        news: &News,
        made_of: Option<&str>,
    ) -> Result<PlacedOutput, Error> {
        let context = &self.context;
        let mut warnings = OutputWarnings::default();
        let source = own_files(&self.options, &self.request, &self.secrets, &mut warnings.source, context)?;
        let (mut put, left_out) = match material {
            OutputMaterial::Ready(ready) => (self.put_ready(ready, source, made_of)?, ready.left_out()),
            OutputMaterial::Installed(chosen) => {
                (self.put_together(chosen, source.as_ref(), made_of, &mut warnings.bundle)?, chosen.left_out)
            }
        };
        context.give(&mut warnings.bundle, &put.warnings);
        let zips = put.zip.iter().chain(put.layers.iter().filter_map(|layer| layer.zip.as_ref()));
        context.give(&mut warnings.zip, zips.filter_map(|zip| check_zip_size(zip.size_bytes)));
        let own = put.own.take();
        Ok(PlacedOutput { published: self.published(put, news, left_out), warnings, own })
    }

    /// Puts a zip that is ready into its place.
    fn put_ready(
        &self,
        ready: &ReadyZip,
        source: Option<SourceFiles>,
        made_of: Option<&str>,
    ) -> Result<PutInPlace, Error> {
        let (files, size_bytes) = (ready.details.files, ready.details.size_bytes);
        let source_folders = source.map(|source| source.folders).unwrap_or_default();
        let bundle = Bundle { size_bytes, layout: self.layout(), source_folders, ..Bundle::default() };
        self.context.check_interrupted()?;
        let own_folders = [self.cache.root().to_owned()];
        let options = self.options.publish.to_options(&own_folders, made_of, &self.context);
        let published = publish(&bundle, &PublishOptions { ready: Some(ready.file()), ..options })?;
        let (zip, warnings) = (published.zip, published.warnings);
        Ok(PutInPlace { files, size_bytes, zip, warnings, ..PutInPlace::default() })
    }

    /// Puts distributions and the user's files together and into their place. A file of the cache that somebody has
    /// changed meanwhile is unpacked again, once.
    fn put_together(
        &self,
        chosen: &ChosenDists,
        source: Option<&SourceFiles>,
        made_of: Option<&str>,
        warnings: &mut Vec<String>,
    ) -> Result<PutInPlace, Error> {
        let mut bundle = assemble(&chosen.installed, source, &self.layout())?;
        let compiled = bytecode::compile(&bundle, &self.options, &self.context)?;
        bundle.add_made(&compiled);
        let bundle = bundle;
        let is_too_large = bundle.size_bytes > UNZIPPED_LIMIT_BYTES;
        let ways = if is_too_large { too_large::savings(&bundle, &self.options) } else { Vec::new() };
        self.check_size(&bundle, &ways, warnings)?;
        self.context.reporter.reached(Stage::Writing, 0, bundle.files.len());
        self.context.check_interrupted()?;
        let own = own_part(&bundle, &chosen.installed, source, &ways, &self.options);
        let put = match self.put(&bundle, made_of) {
            Err(Error::Publish(error)) if error.found_a_changed_file() => {
                let mut mended = chosen.whole.as_ref().unwrap_or(&chosen.installed).clone();
                mended.iter_mut().try_for_each(|dist| ensure_tree(dist, &self.cache))?;
                let (_, minor) = self.options.target.runtime().python_version();
                self.options.assembly.selection.files().apply(&mut mended, Some(&self.cache), minor)?;
                let mut bundle = assemble(&mended, source, &self.layout())?;
                bundle.add_made(&compiled);
                self.put(&bundle, made_of)
            }
            done => done,
        };
        Ok(PutInPlace { own, ..put? })
    }

    fn put(&self, bundle: &Bundle, made_of: Option<&str>) -> Result<PutInPlace, Error> {
        let own_folders = [self.cache.root().to_owned()];
        let options = self.options.publish.to_options(&own_folders, made_of, &self.context);
        // Who asks for everything anew does not trust what was kept.
        let kept = Some(&*self.cache).filter(|_| !self.options.request.indexes.refresh);
        let options = PublishOptions { cache: kept, ..options };
        let (files, size_bytes) = (bundle.files.len(), bundle.size_bytes);
        let assembly = &self.options.assembly;
        let published = match (assembly.kind, assembly.split) {
            (BundleKind::Layer, Some(count)) => {
                let (layers, warnings) = layers::publish_split(bundle, count, &self.resolution, &options)?;
                return Ok(PutInPlace { files, size_bytes, layers, warnings, ..PutInPlace::default() });
            }
            (BundleKind::Function | BundleKind::Layer, _) => publish(bundle, &options)?,
            (BundleKind::Packages, _) => install_into(bundle, &options)?,
        };
        let (zip, warnings) = (published.zip, published.warnings);
        Ok(PutInPlace { files, size_bytes, zip, warnings, ..PutInPlace::default() })
    }

    /// The result, with what differs from the last one.
    fn published(&self, put: PutInPlace, news: &News, left_out: LeftOutFiles) -> Published {
        Published {
            path: self.options.publish.out.clone(),
            target: self.options.target.clone(),
            files: put.files,
            size_bytes: put.size_bytes,
            zip: put.zip,
            layers: put.layers,
            dists: news.dists.clone(),
            excluded: news.excluded.clone(),
            passed_over: passed_over(&self.resolution),
            left_out,
            changes: memory::changes(&news.dists, &self.options, &self.cache),
            is_unchanged: false,
        }
    }

    fn layout(&self) -> BundleLayout {
        layout_of(&self.options)
    }

    /// Gives the warnings of the bundle, and refuses it where it is larger than it may be.
    fn check_size(&self, bundle: &Bundle, ways: &[String], warnings: &mut Vec<String>) -> Result<(), Error> {
        let context = &self.context;
        context.give(warnings, &bundle.warnings);
        // Layers that are too large together are of no use to anybody.
        let by_lambda = self.options.assembly.split.map(|_| Bytes(UNZIPPED_LIMIT_BYTES));
        let limit = self.options.publish.max_size.or(by_lambda);
        let checked = check_size(bundle, limit).map_err(|error| match limit {
            Some(limit) => too_large::refuse(bundle, limit, &self.resolution, &self.options),
            None => error.into(),
        });
        if let Some(warning) = checked? {
            context.give(warnings, [warning]);
            for way in ways {
                context.status(way);
            }
        }
        Ok(())
    }
}

/// Where the dependencies of these options lie in a bundle.
pub(super) fn layout_of(options: &BundleOptions) -> BundleLayout {
    if options.assembly.kind == BundleKind::Layer { BundleLayout::layer() } else { BundleLayout::function() }
}

/// Refuses early what could not be published in the end because of what OUT is.
pub(super) fn refuse_out(options: &BundleOptions, cache: &Cache, context: &Context) -> Result<(), Error> {
    if options.assembly.kind == BundleKind::Packages {
        return Ok(());
    }
    let sources = source_folders(options);
    let own_folders = [cache.root().to_owned()];
    let publish_options = options.publish.to_options(&own_folders, None, context);
    let mut outs = options.outs().into_iter();
    Ok(outs.try_for_each(|out| check_out(&sources, &PublishOptions { out: &out, ..publish_options }))?)
}

/// The folders of the user's own files, without links, as far as they are there.
pub(super) fn source_folders(options: &BundleOptions) -> Vec<PathBuf> {
    let sources = options.assembly.source.iter().flat_map(SourceSettings::folders);
    sources.filter_map(|folder| fs_err::canonicalize(folder).ok()).collect()
}

impl PublishSettings {
    pub(super) fn to_options<'a>(
        &'a self,
        own_folders: &'a [PathBuf],
        fingerprint: Option<&'a str>,
        context: &'a Context,
    ) -> PublishOptions<'a> {
        PublishOptions {
            out: &self.out,
            format: if self.zip { OutputForm::Zip } else { OutputForm::Folder },
            link_mode: self.link_mode,
            force: self.force,
            state_folders: &self.state_folders,
            own_folders,
            fingerprint,
            cache: None,
            ready: None,
            cancel: Some(&context.interrupted),
        }
    }
}

/// The versions that were passed over, as a result says it.
pub(super) fn passed_over(resolution: &Resolution) -> Vec<(PackageName, Version, String)> {
    let passed = resolution.passed_over.iter();
    passed.map(|passed| (passed.name.clone(), passed.version.clone(), passed.exclusion.to_string())).collect()
}
