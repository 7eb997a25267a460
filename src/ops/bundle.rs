//! `bundle`, `layer` and `install`: requirements in, a folder or zip out.

use std::path::PathBuf;
use std::sync::Arc;

use super::installing::install_each;
use super::request::{Session, packages, read_request};
use super::unchanged::{self, Memory};
use super::{Context, Error};
use crate::bundle::{
    Bundle, Layout, SourceFiles, Why, assemble, check_size, check_zip_size, credentials_line, refuse_secrets,
};
use crate::cache::Cache;
use crate::http::Secret;
use crate::install::{InstallOptions, InstalledDist};
use crate::publish::{OutputFormat, PublishOptions, PublishedZip, check_out, install_into, outputs_around, publish};
use crate::reporter::Stage;
use crate::request::{BundleKind, BundleOptions, InputKey, PublishSettings, Request, SourceSettings};
use crate::resolution::{Resolution, ResolvedDist};
use crate::spec::{HashDigest, IndexOrigin, PackageName, SafeUrl, Version};
use crate::target::{Runtime, Target};

/// What was published.
#[derive(Clone, Debug)]
pub struct Published {
    /// OUT.
    pub path: PathBuf,
    /// What it is for.
    pub target: Target,
    /// Number of files.
    pub files: usize,
    /// Unzipped size, bytes.
    pub size_bytes: u64,
    /// The zip, if it is one.
    pub zip: Option<PublishedZip>,
    /// The distributions, sorted by name.
    pub dists: Vec<BundledDist>,
    /// Projects that were left to the runtime, sorted.
    pub excluded: Vec<PackageName>,
}

/// One distribution of a bundle.
#[derive(Clone, Debug)]
pub struct BundledDist {
    /// Name.
    pub name: PackageName,
    /// Version.
    pub version: Version,
    /// Name of the wheel.
    pub filename: String,
    /// Where the wheel came from.
    pub url: SafeUrl,
    /// The index that listed it.
    pub index: IndexOrigin,
    /// Digest of the wheel.
    pub sha256: HashDigest,
    /// Unpacked size, bytes.
    pub size_bytes: u64,
}

/// Whether there is something to do.
#[derive(Debug)]
pub enum Recall {
    /// Nothing has changed: this is the result of an earlier run on the same inputs; it lies in OUT, and asking anew could
    /// not change it.
    Unchanged(Published),
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
    match unchanged::recall(options, key.as_ref(), context) {
        Ok(published) => Ok(Recall::Unchanged(published)),
        Err(reason) => {
            context.detail(&format!("not unchanged since the last run: {reason}"));
            Ok(Recall::Changed(Box::new(Preparation { request, key })))
        }
    }
}

/// Resolves, downloads, installs, and publishes the result whole or not at all.
pub async fn bundle(options: BundleOptions, preparation: Preparation, context: Context) -> Result<Published, Error> {
    let Preparation { request, key } = preparation;
    let request = match request {
        Some(request) => request,
        None => read_request(options.request.clone(), &context).await?,
    };
    let session = Session::open(request.clone(), &context).await?;
    let mut memory = Memory::open(request, key, &options, &session.cache);
    // Where the last run has published the same, it most likely can be left alone, and is looked at only once.
    if !memory.has_last() {
        refuse_out(&options, &session.cache, &context)?;
    }
    let install_options = InstallOptions { tree: !options.publish.zip, limits: options.request.limits };
    let runtime = options.target.runtime();
    session
        .fetch_ahead(install_options, if options.assembly.exclude_runtime { runtime.provided_projects() } else { &[] });
    let resolution = match session.resolve(&options.target, &options.request.resolve).await {
        Ok(resolution) => resolution,
        Err(error) => {
            session.give_up_ahead().await;
            return Err(error);
        }
    };
    let excluded = left_to_runtime(&resolution, runtime, options.assembly.exclude_runtime, &context);
    let fresh_until = session.fresh_until(&resolution, &options.request.indexes);
    memory.note_warnings(&context);
    if let Some(dists) = foresee(&session, &resolution, &excluded, &memory)
        && let Some(published) = memory.again(&dists, &excluded, fresh_until, &options, &context)
    {
        session.give_up_ahead().await;
        return Ok(published);
    }
    if memory.has_last()
        && let Err(error) = refuse_out(&options, &session.cache, &context)
    {
        session.give_up_ahead().await;
        return Err(error);
    }
    let knows = session.knows_requirements(&options.request.resolve);
    let installed = install_each(&session, &resolution, &excluded, install_options, knows, &context).await?;

    memory.note_warnings(&context);
    let dists = describe(&resolution, &installed);
    let cache = Arc::clone(&session.cache);
    let secrets = session.secrets();
    let finishing = tokio::task::spawn_blocking(move || {
        if let Some(published) = memory.again(&dists, &excluded, fresh_until, &options, &context) {
            return Ok(published);
        }
        memory.forget(&options);
        let made_of = memory.made_of(&dists);
        let mut published = assemble_and_publish(&installed, &options, made_of.as_deref(), &cache, &secrets, &context)?;
        published.dists = dists;
        published.excluded = excluded;
        memory.remember(&published, fresh_until, &options, &context);
        Ok(published)
    });
    finishing.await.map_err(|_| Error::Worker("publisher"))?
}

/// Refuses early what could not be published in the end because of what OUT is.
fn refuse_out(options: &BundleOptions, cache: &Cache, context: &Context) -> Result<(), Error> {
    if options.assembly.kind == BundleKind::Packages {
        return Ok(());
    }
    let source = options.assembly.source.as_ref().map(|source| source.folder.as_path());
    let source = source.and_then(|folder| fs_err::canonicalize(folder).ok());
    let own_folders = [cache.root().to_owned()];
    Ok(check_out(source.as_deref(), &options.publish.to_options(&own_folders, None, context))?)
}

/// Everything about OUT: plain, in name order, all or nothing.
fn assemble_and_publish(
    installed: &[InstalledDist],
    options: &BundleOptions,
    made_of: Option<&str>,
    cache: &Cache,
    secrets: &[Secret],
    context: &Context,
) -> Result<Published, Error> {
    let settings = &options.publish;
    let source = options.assembly.source.as_ref();
    let source = source.map(|source| own_files(source, options, secrets, context)).transpose()?;
    let layout = if options.assembly.kind == BundleKind::Layer { Layout::layer() } else { Layout::function() };
    let bundle = assemble(installed, source.as_ref(), &layout)?;
    report(&bundle, settings, context)?;
    context.reporter.reached(Stage::Writing, 0, bundle.files.len());
    context.check_interrupted()?;
    let own_folders = [cache.root().to_owned()];
    let publish_options = settings.to_options(&own_folders, made_of, context);
    let published = match options.assembly.kind {
        BundleKind::Function | BundleKind::Layer => publish(&bundle, &publish_options)?,
        BundleKind::Packages => install_into(&bundle, &publish_options)?,
    };
    for warning in &published.warnings {
        context.warn(warning);
    }
    if let Some(warning) = published.zip.as_ref().and_then(|zip| check_zip_size(zip.size_bytes)) {
        context.warn(&warning);
    }
    Ok(Published {
        path: settings.out.clone(),
        target: options.target.clone(),
        files: published.files,
        size_bytes: published.size_bytes,
        zip: published.zip,
        dists: Vec::new(),
        excluded: Vec::new(),
    })
}

/// The user's own files; what was left out for what it may hold is told, and what must not go with them is refused.
fn own_files(
    source: &SourceSettings,
    options: &BundleOptions,
    secrets: &[Secret],
    context: &Context,
) -> Result<SourceFiles, Error> {
    let outputs = outputs_around(&options.publish.state_folders, &source.folder, Some(&options.publish.out));
    let files = source.collect(&options.request, &outputs)?;
    if let Some(names) = credentials_line(&files.left_out) {
        let line = format!("left out: {names}; --include to take them");
        // That the settings of barrow stay here concerns nobody; what the function may have been reading does.
        let is_harmless = files.left_out.iter().all(|left| !matches!(left.why, Why::Credentials(_) | Why::State(_)));
        if is_harmless { context.status(&line) } else { context.warn(&line) }
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
            cancel: Some(&context.interrupted),
        }
    }
}

fn report(bundle: &Bundle<'_>, settings: &PublishSettings, context: &Context) -> Result<(), Error> {
    for warning in &bundle.warnings {
        context.warn(warning);
    }
    if let Some(warning) = check_size(bundle, settings.max_size)? {
        context.warn(&warning);
    }
    Ok(())
}

/// The projects that the runtime brings and the user wants to leave to it. What else needs one of them gets the
/// runtime's version, which may be another: that is told.
pub(super) fn left_to_runtime(
    resolution: &Resolution,
    runtime: Runtime,
    is_wanted: bool,
    context: &Context,
) -> Vec<PackageName> {
    if !is_wanted {
        return Vec::new();
    }
    let provided = runtime.provided_projects();
    let is_provided = |name: &PackageName| provided.contains(&name.as_ref());
    let excluded: Vec<PackageName> =
        resolution.dists.iter().map(|dist| &dist.name).filter(|name| is_provided(name)).cloned().collect();
    for dist in resolution.dists.iter().filter(|dist| !is_provided(&dist.name)) {
        for name in dist.dependencies.iter().filter(|name| excluded.contains(name)) {
            context.detail(&format!("{} will use the {name} of the runtime", dist.name));
        }
    }
    if !excluded.is_empty() {
        context.status(&format!("Left {} to {runtime}", packages(excluded.len())));
    }
    excluded
}

/// What the result will say about its distributions, when that can be told without fetching any: all are wheels of known
/// digests, and in the last result as well.
fn foresee(
    session: &Session,
    resolution: &Resolution,
    excluded: &[PackageName],
    memory: &Memory,
) -> Option<Vec<BundledDist>> {
    let wanted = resolution.dists.iter().filter(|dist| !excluded.contains(&dist.name));
    let foreseen = wanted.map(|dist| {
        let sha256 = session.known_digest(dist)?;
        let size_bytes = memory.size_of(&sha256)?;
        Some(BundledDist::of(dist, sha256, size_bytes))
    });
    foreseen.collect()
}

/// What a result says about its distributions.
fn describe(resolution: &Resolution, installed: &[InstalledDist]) -> Vec<BundledDist> {
    let described = installed.iter().filter_map(|dist| {
        let resolved = resolution.dists.iter().find(|resolved| resolved.name == dist.name)?;
        Some(BundledDist::of(resolved, dist.digest.clone(), dist.size()))
    });
    described.collect()
}

impl BundledDist {
    fn of(resolved: &ResolvedDist, sha256: HashDigest, size_bytes: u64) -> Self {
        Self {
            name: resolved.name.clone(),
            version: resolved.version.clone(),
            filename: resolved.file.filename.to_string(),
            url: resolved.file.url.without_credentials(),
            index: (*resolved.file.origin).clone(),
            sha256,
            size_bytes,
        }
    }
}
