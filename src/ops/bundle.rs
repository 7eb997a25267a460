//! `bundle`, `layer` and `install`: requirements in, a folder or zip out.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::shared_zip::{self, ReadyZip, SharedZip};
use super::{Error, bytecode, layers, left_out, too_large};
use crate::bundle::{
    Bundle, Bytes, Layout, SourceFiles, UNZIPPED_LIMIT_BYTES, Why, assemble, check_size, check_zip_size,
    credentials_line, refuse_secrets,
};
use crate::cache::Cache;
use crate::context::Context;
use crate::http::Secret;
use crate::install::{InstallOptions, InstalledDist, ensure_tree};
use crate::inventory::{denied_line, requested_by};
use crate::memory::{self, BundledDist, LeftOutFiles, Memory, News, Published, PublishedLayer};
use crate::publish::{OutputFormat, PublishOptions, PublishedZip, check_out, install_into, publish};
use crate::reporter::Stage;
use crate::request::{
    BundleKind, BundleOptions, InputKey, PublishSettings, Request, SelectionSettings, SourceSettings,
};
use crate::resolution::Resolution;
use crate::spec::{License, LicensePattern, PackageName, Version};
use crate::supply::{Inquiry, Installed, Session, install_each};

/// Whether there is something to do.
#[derive(Debug)]
pub enum Recall {
    /// Nothing has changed: this is the result of an earlier run on the same inputs; it lies in OUT, and asking anew could
    /// not change it.
    Unchanged(Box<Published>),
    /// It has to be made, by [`bundle`].
    Changed(Box<Preparation>),
}

/// What was found out before there were threads or sockets, for [`bundle`] to go on with.
#[derive(Debug)]
pub struct Preparation {
    /// `None`: it cannot be read without the network.
    request: Option<Request>,
    key: Option<InputKey>,
}

/// Looks whether an earlier run has made the same. It needs neither threads nor sockets, so it is to be asked before there
/// are any.
///
/// # Errors
/// What the user asks for is malformed or cannot be read.
pub fn recall(options: &BundleOptions, context: &Context) -> Result<Recall, Error> {
    let request = Request::read_locally(options.request.clone())?;
    let key = request.as_ref().and_then(|request| InputKey::for_output(request, options).ok());
    match memory::recall(options, key.as_ref(), context) {
        Ok(published) => Ok(Recall::Unchanged(Box::new(published))),
        Err(reason) => {
            context.detail(&format!("not unchanged since the last run: {reason}"));
            Ok(Recall::Changed(Box::new(Preparation { request, key })))
        }
    }
}

/// Resolves, downloads, installs, and publishes the result whole or not at all.
pub async fn bundle(options: BundleOptions, preparation: Preparation, context: Context) -> Result<Published, Error> {
    let session = Session::open(&options.request, &context)?;
    Box::pin(bundle_in(&session, options, preparation)).await
}

/// The same as one request of a run that may make several.
pub async fn bundle_in(
    session: &Arc<Session>,
    mut options: BundleOptions,
    preparation: Preparation,
) -> Result<Published, Error> {
    let Preparation { request, key } = preparation;
    let request = match request {
        Some(request) => request,
        None => session.read(options.request.clone()).await?,
    };
    let memory = Memory::open(request.clone(), key, &options, &session.cache);
    let mut inquiry = Box::pin(Inquiry::open(session, request)).await?;
    take_built_project(&inquiry, &mut options);
    // Where the last run has published the same, it most likely can be left alone, and is looked at only once.
    if !memory.has_last() {
        refuse_out(&options, &session.cache, &session.context)?;
    }
    // What may be had as a whole need not be fetched in parts meanwhile.
    if inquiry.shared().is_none() || !shared_zip::can_be_shared(&options) {
        inquiry.fetch_ahead(install_options(&options), left_out::known_before(&options));
    }
    let made = Box::pin(make(&inquiry, memory, options)).await;
    inquiry.give_up_ahead().await;
    made
}

/// Chooses, installs and publishes, as far as the last result does not hold.
async fn make(inquiry: &Inquiry, memory: Memory, options: BundleOptions) -> Result<Published, Error> {
    let (context, begun) = (inquiry.session.context.clone(), Instant::now());
    let resolved = inquiry.resolve(&options.target, &options.request.resolve).await?;
    let excluded = left_out::choose(&resolved.resolution, inquiry.manifest(), &options, &context)?;
    let mut news =
        News { dists: Vec::new(), excluded, freshness: resolved.freshness, warnings: vec![resolved.warnings] };
    if let Some(dists) = foresee(inquiry, &resolved.resolution, &news.excluded, &memory) {
        news.dists = dists;
        if let Some(published) = memory.again(&news, &options, &context) {
            return Ok(published);
        }
    }
    if memory.has_last() {
        refuse_out(&options, &inquiry.session.cache, &context)?;
    }
    let shared = SharedZip::of(inquiry, &resolved.resolution, &news.excluded, &options).await?;
    let ready = match &shared {
        Some(shared) => shared.take(&resolved.resolution, &options, &inquiry.session.cache).await?,
        None => None,
    };
    let (material, left_out) = if let Some(ready) = ready {
        news.dists.clone_from(&ready.dists);
        news.warnings.push(Vec::new());
        for warning in &ready.details.warnings {
            context.give(&mut news.warnings[1], warning);
        }
        let left_out = ready.left_out();
        (Material::Ready(Box::new(ready)), left_out)
    } else {
        let chosen = choose_and_install(inquiry, &resolved.resolution, &news.excluded, &options).await?;
        let Chosen { installed, whole, left_out } = chosen;
        news.dists = describe(&resolved.resolution, &installed.dists);
        news.warnings.push(installed.warnings);
        (Material::Installed { installed: installed.dists, whole }, left_out)
    };
    let (cache, secrets) = (Arc::clone(&inquiry.session.cache), inquiry.secrets());
    let resolution = resolved.resolution;
    let finishing = tokio::task::spawn_blocking(move || {
        if let Some(published) = memory.again(&news, &options, &context) {
            return Ok(published);
        }
        let memory = memory.forget(&options);
        let made_of = memory.made_of(&news.dists);
        let mut warnings = Vec::new();
        let output = Output {
            options: &options,
            resolution: &resolution,
            made_of: made_of.as_deref(),
            cache: &cache,
            secrets: &secrets,
        };
        let (mut published, is_plain) = match &material {
            Material::Installed { installed, whole } => output.publish(installed, whole, &mut warnings, &context)?,
            Material::Ready(ready) => (output.publish_ready(ready, &mut warnings, &context)?, false),
        };
        published.dists.clone_from(&news.dists);
        published.excluded.clone_from(&news.excluded);
        published.left_out = left_out;
        published.changes = memory::changes(&news.dists, &options, &cache);
        memory::remember(&news.dists, &options, &cache);
        if let Some(shared) = shared.filter(|_| is_plain) {
            shared.offer(&published, &news.warnings[1], begun.elapsed());
        }
        news.warnings.push(warnings);
        memory.remember(&published, &news, &options);
        Ok(published)
    });
    finishing.await.map_err(|_| Error::Worker("publisher"))?
}

/// Where the project of a lock is built, its packages are bundled and not its folder.
pub(super) fn take_built_project(inquiry: &Inquiry, options: &mut BundleOptions) {
    let is_built = inquiry.locked().is_some_and(|locked| locked.bundles_project(&inquiry.session.context));
    if let Some(source) = options.assembly.source.as_mut().filter(|_| is_built) {
        source.folder = None;
    }
}

/// Distributions that are ready to be put together.
pub(super) struct Chosen {
    pub(super) installed: Installed,
    /// The same, before files of theirs were left out.
    whole: Vec<InstalledDist>,
    left_out: LeftOutFiles,
}

/// Installs what is not left out, without the files that are not wanted, and says what may go wrong for what is not there.
pub(super) async fn choose_and_install(
    inquiry: &Inquiry,
    resolution: &Resolution,
    excluded: &[PackageName],
    options: &BundleOptions,
) -> Result<Chosen, Error> {
    let context = &inquiry.session.context;
    let knows = inquiry.knows_requirements(&options.request.resolve);
    let mut installed = install_each(inquiry, resolution, excluded, install_options(options), knows).await?;
    refuse_licenses(&installed.dists, &options.assembly.deny_licenses, resolution)?;
    let manifest = inquiry.manifest();
    let told = left_out::clashes(&installed.dists, excluded, manifest, options);
    for warning in told.into_iter().chain(left_out::unmatched_patterns(&installed.dists, manifest)) {
        context.give(&mut installed.warnings, &warning);
    }
    let whole = installed.dists.clone();
    let left_out = leave_out_files(&mut installed, &options.assembly.selection, context)?;
    Ok(Chosen { installed, whole, left_out })
}

pub(super) fn install_options(options: &BundleOptions) -> InstallOptions {
    let tree = !options.publish.zip;
    InstallOptions { checked_when_placed: tree, ..options.request.install_options(tree) }
}

/// Refuses early what could not be published in the end because of what OUT is.
fn refuse_out(options: &BundleOptions, cache: &Cache, context: &Context) -> Result<(), Error> {
    if options.assembly.kind == BundleKind::Packages {
        return Ok(());
    }
    let sources = options.assembly.source.iter().flat_map(SourceSettings::folders);
    let sources: Vec<PathBuf> = sources.filter_map(|folder| fs_err::canonicalize(folder).ok()).collect();
    let own_folders = [cache.root().to_owned()];
    let publish_options = options.publish.to_options(&own_folders, None, context);
    match options.assembly.split {
        None => Ok(check_out(&sources, &publish_options)?),
        Some(count) => Ok(layers::places(&options.publish.out, count)
            .iter()
            .try_for_each(|out| check_out(&sources, &PublishOptions { out, ..publish_options }))?),
    }
}

/// What an output is made of.
enum Material {
    /// Distributions that are unpacked, or looked into; `whole`: before files of theirs were left out.
    Installed { installed: Vec<InstalledDist>, whole: Vec<InstalledDist> },
    /// A zip that somebody else has made of the same.
    Ready(Box<ReadyZip>),
}

/// What lies in its place, at OUT or at its numbered places.
struct Put {
    zip: Option<PublishedZip>,
    layers: Vec<PublishedLayer>,
    warnings: Vec<String>,
}

/// Everything about OUT: plain, in name order, all or nothing.
struct Output<'a> {
    options: &'a BundleOptions,
    resolution: &'a Resolution,
    made_of: Option<&'a str>,
    cache: &'a Cache,
    secrets: &'a [Secret],
}

impl Output<'_> {
    /// Publishes a zip that somebody else has made of the same inputs. The user's own files are looked through all the same: what
    /// must not be in a bundle is refused here as well.
    fn publish_ready(
        &self,
        ready: &ReadyZip,
        warnings: &mut Vec<String>,
        context: &Context,
    ) -> Result<Published, Error> {
        let BundleOptions { assembly, publish: settings, .. } = self.options;
        let source = assembly.source.as_ref();
        let source =
            source.map(|source| own_files(source, self.options, self.secrets, warnings, context)).transpose()?;
        let layout = if assembly.kind == BundleKind::Layer { Layout::layer() } else { Layout::function() };
        let bundle = Bundle {
            files: Vec::new(),
            size_bytes: ready.details.size_bytes,
            dists: Vec::new(),
            layout,
            source_folders: source.map(|source| source.folders).unwrap_or_default(),
            warnings: Vec::new(),
            alike: Vec::new(),
        };
        context.check_interrupted()?;
        let own_folders = [self.cache.root().to_owned()];
        let publish_options = PublishOptions {
            ready: Some(ready.file.path()),
            ..settings.to_options(&own_folders, self.made_of, context)
        };
        let published = publish(&bundle, &publish_options)?;
        let by_size = published.zip.as_ref().and_then(|zip| check_zip_size(zip.size_bytes));
        for warning in published.warnings.iter().chain(&by_size) {
            context.give(warnings, warning);
        }
        Ok(Published {
            path: settings.out.clone(),
            target: self.options.target.clone(),
            files: ready.details.files,
            size_bytes: ready.details.size_bytes,
            zip: published.zip,
            layers: Vec::new(),
            dists: Vec::new(),
            excluded: Vec::new(),
            passed_over: passed_over(self.resolution),
            left_out: LeftOutFiles::default(),
            changes: None,
            is_unchanged: false,
        })
    }

    /// Publishes what was installed; whether there was nothing to say about it but of the user's own files, so that others may
    /// have the same. `whole`: the distributions before files of theirs were left out.
    fn publish(
        &self,
        installed: &[InstalledDist],
        whole: &[InstalledDist],
        warnings: &mut Vec<String>,
        context: &Context,
    ) -> Result<(Published, bool), Error> {
        let BundleOptions { assembly, publish: settings, .. } = self.options;
        let source = assembly.source.as_ref();
        let source =
            source.map(|source| own_files(source, self.options, self.secrets, warnings, context)).transpose()?;
        let layout = if assembly.kind == BundleKind::Layer { Layout::layer() } else { Layout::function() };
        let said = warnings.len();
        let mut bundle = assemble(installed, source.as_ref(), &layout)?;
        let compiled = bytecode::compile(&bundle, self.options, context)?;
        bundle.add_made(&compiled);
        self.check_size(&bundle, warnings, context)?;
        context.reporter.reached(Stage::Writing, 0, bundle.files.len());
        context.check_interrupted()?;
        let own_folders = [self.cache.root().to_owned()];
        let publish_options = settings.to_options(&own_folders, self.made_of, context);
        let put = |bundle: &Bundle| -> Result<Put, Error> {
            let published = match (assembly.kind, assembly.split) {
                (BundleKind::Layer, Some(count)) => {
                    let (layers, warnings) = layers::publish_split(bundle, count, self.resolution, &publish_options)?;
                    return Ok(Put { zip: None, layers, warnings });
                }
                (BundleKind::Function | BundleKind::Layer, _) => publish(bundle, &publish_options)?,
                (BundleKind::Packages, _) => install_into(bundle, &publish_options)?,
            };
            Ok(Put { zip: published.zip, layers: Vec::new(), warnings: published.warnings })
        };
        let (files, size_bytes) = (bundle.files.len(), bundle.size_bytes);
        let published = match put(&bundle) {
            Err(Error::Publish(error)) if error.found_a_changed_file() => {
                let mut mended = whole.to_vec();
                mended.iter_mut().try_for_each(|dist| ensure_tree(dist, self.cache))?;
                assembly.selection.files().apply(&mut mended)?;
                let mut bundle = assemble(&mended, source.as_ref(), &layout)?;
                bundle.add_made(&compiled);
                put(&bundle)?
            }
            done => done?,
        };
        for warning in &published.warnings {
            context.give(warnings, warning);
        }
        for zip in published.zip.iter().chain(published.layers.iter().filter_map(|layer| layer.zip.as_ref())) {
            if let Some(warning) = check_zip_size(zip.size_bytes) {
                context.give(warnings, &warning);
            }
        }
        let published = Published {
            path: settings.out.clone(),
            target: self.options.target.clone(),
            files,
            size_bytes,
            zip: published.zip,
            layers: published.layers,
            dists: Vec::new(),
            excluded: Vec::new(),
            passed_over: passed_over(self.resolution),
            left_out: LeftOutFiles::default(),
            changes: None,
            is_unchanged: false,
        };
        Ok((published, warnings.len() == said))
    }

    /// Gives the warnings of the bundle, and refuses it where it is larger than it may be.
    fn check_size(&self, bundle: &Bundle, warnings: &mut Vec<String>, context: &Context) -> Result<(), Error> {
        for warning in &bundle.warnings {
            context.give(warnings, warning);
        }
        // Layers that are too large together are of no use to anybody.
        let by_lambda = self.options.assembly.split.map(|_| Bytes(UNZIPPED_LIMIT_BYTES));
        let limit = self.options.publish.max_size.or(by_lambda);
        let checked = check_size(bundle, limit).map_err(|error| match limit {
            Some(limit) => too_large::refuse(bundle, limit, self.resolution, self.options),
            None => error.into(),
        });
        if let Some(warning) = checked? {
            context.give(warnings, &warning);
            for way in too_large::ways(bundle, self.options).iter().filter(|way| way.contains(" would save ")) {
                context.status(way);
            }
        }
        Ok(())
    }
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
    selection: &SelectionSettings,
    context: &Context,
) -> Result<LeftOutFiles, Error> {
    let slimmed = selection.files().apply(&mut installed.dists)?;
    for warning in &slimmed.warnings {
        context.give(&mut installed.warnings, warning);
    }
    let total: u64 = slimmed.saved.values().map(|(_, bytes)| bytes).sum();
    let files = slimmed.saved.values().map(|(files, _)| files).sum();
    if total > 0 {
        let left = installed.dists.iter().map(InstalledDist::size).sum::<u64>();
        let mut parts: Vec<_> = slimmed.saved.iter().collect();
        parts.sort_by_key(|(_, (_, bytes))| std::cmp::Reverse(*bytes));
        let part = |(what, (files, bytes)): &(&String, &(usize, u64))| {
            format!("{what} {} ({files} file{})", Bytes(*bytes), if *files == 1 { "" } else { "s" })
        };
        let parts = parts.iter().map(part).collect::<Vec<_>>().join(", ");
        context.status(&format!("Left out {} of {} of dependencies: {parts}", Bytes(total), Bytes(total + left)));
    }
    Ok(LeftOutFiles { files, bytes: total })
}

/// The user's own files; what was left out for what it may hold is told, and what must not go with them is refused.
pub(super) fn own_files(
    source: &SourceSettings,
    options: &BundleOptions,
    secrets: &[Secret],
    warnings: &mut Vec<String>,
    context: &Context,
) -> Result<SourceFiles, Error> {
    let PublishSettings { state_folders, out, .. } = &options.publish;
    let files = source.collect(&options.request, state_folders, Some(out))?;
    for (link, target) in &files.followed {
        context.detail(&format!("followed the link `{}`, which leads to `{}`", link.display(), target.display()));
    }
    for warning in &files.warnings {
        context.give(warnings, warning);
    }
    if let Some(names) = credentials_line(&files.left_out) {
        let line = format!("left out: {names}; --include to take them");
        // That the settings of barrow stay here concerns nobody; what the function may have been reading does.
        let is_harmless = files.left_out.iter().all(|left| !matches!(left.why, Why::Credentials(_) | Why::State(_)));
        if is_harmless { context.status(&line) } else { context.give(warnings, &line) }
    }
    refuse_secrets(&files, secrets)?;
    Ok(files)
}

impl PublishSettings {
    fn to_options<'a>(
        &'a self,
        own_folders: &'a [PathBuf],
        fingerprint: Option<&'a str>,
        context: &'a Context,
    ) -> PublishOptions<'a> {
        PublishOptions {
            out: &self.out,
            format: if self.zip { OutputFormat::Zip } else { OutputFormat::Folder },
            link_mode: self.link_mode,
            force: self.force,
            state_folders: &self.state_folders,
            own_folders,
            fingerprint,
            ready: None,
            cancel: Some(&context.interrupted),
        }
    }
}

/// What the result will say about its distributions, when that can be told without fetching any: all are wheels of known
/// digests, and in the last result as well.
fn foresee(
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

/// The versions that were passed over, as a result says it.
fn passed_over(resolution: &Resolution) -> Vec<(PackageName, Version, String)> {
    let passed = resolution.passed_over.iter();
    passed.map(|passed| (passed.name.clone(), passed.version.clone(), passed.exclusion.to_string())).collect()
}

/// What a result says about its distributions.
fn describe(resolution: &Resolution, installed: &[InstalledDist]) -> Vec<BundledDist> {
    let described = installed.iter().filter_map(|dist| {
        let resolved = resolution.dists.iter().find(|resolved| resolved.name == dist.name)?;
        Some(BundledDist::of(resolved, dist.digest.clone(), dist.size()))
    });
    described.collect()
}
