//! `bundle --list`: what a bundle would hold, and what of the sources it would not.
//!
//! Everything is done but publishing: OUT is neither looked at nor named. Wheels come from the cache where they are
//! there, and are not unpacked.

use super::chosen::{choose_and_install, install_options, take_built_project};
use super::output::layout_of;
use super::own_files::own_files;
use super::{Error, bytecode, left_out};
use crate::blocking::blocking;
use crate::bundle::{BundleContent, LeftOut, assemble};
use crate::context::Context;
use crate::request::{BundleOptions, Request};
use crate::spec::{PackageName, Version};
use crate::supply::{Inquiry, Session};

/// What a bundle would hold.
#[derive(Clone, Debug)]
pub struct BundleContents {
    /// Its files, sorted by path.
    pub files: Vec<BundledFile>,
    /// Unzipped size, bytes.
    pub size_bytes: u64,
    /// What of the sources is not in it, and why; sorted by path.
    pub left_out: Vec<LeftOut>,
    /// Projects that are required and not in it.
    pub excluded: Vec<PackageName>,
}

/// One file of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundledFile {
    /// Path below OUT.
    pub path: String,
    /// Size, bytes.
    pub size: u64,
    /// Whose it is.
    pub owner: FileOwner,
}

/// Whose a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOwner {
    /// A distribution's.
    Dist(PackageName, Version),
    /// The user's: `the source folder`, or another source as it was named.
    Source(String),
    /// Nobody's: barrow makes it for the bundle.
    Made,
}

/// Lists what [`super::bundle()`] would publish.
///
/// # Errors
/// As `bundle`, but for what concerns OUT.
pub async fn contents(mut options: BundleOptions, context: Context) -> Result<BundleContents, Error> {
    // Nothing is unpacked for a zip.
    options.publish.zip = true;
    let session = Session::open(&options.request, &context)?;
    let request = match Request::read_locally(options.request.clone())? {
        Some(request) => request,
        None => session.read(options.request.clone()).await?,
    };
    let mut inquiry = Box::pin(Inquiry::open(&session, request)).await?;
    take_built_project(&inquiry, &mut options);
    inquiry.fetch_ahead(install_options(&options), left_out::known_before(&options));
    let listed = Box::pin(list(&inquiry, options)).await;
    inquiry.give_up_ahead().await;
    listed
}

async fn list(inquiry: &Inquiry, options: BundleOptions) -> Result<BundleContents, Error> {
    let context = inquiry.session.context.clone();
    let resolved = inquiry.resolve(&options.target, &options.request.resolve).await?;
    let excluded = left_out::choose(&resolved.resolution, inquiry.manifest(), &options, &context)?;
    let (chosen, _) = choose_and_install(inquiry, &resolved.resolution, &excluded, &options).await?;
    let (secrets, request) = (inquiry.secrets(), inquiry.request().clone());
    blocking(move || {
        let mut warnings = Vec::new();
        let mut source = own_files(&options, &request, &secrets, &mut warnings, &context)?;
        let mut bundle = assemble(&chosen.installed, source.as_ref(), &layout_of(&options))?;
        let compiled = bytecode::compile(&bundle, &options, &context)?;
        bundle.add_made(&compiled);
        context.give(&mut warnings, &bundle.warnings);
        let files = bundle.files.iter().map(|file| BundledFile {
            path: file.path.to_string(),
            size: file.size,
            owner: match &file.content {
                BundleContent::Dist { dist, .. } => FileOwner::Dist(dist.name.clone(), dist.version.clone()),
                BundleContent::Source(own) => FileOwner::Source(own.owner.to_string()),
                BundleContent::Generated(_) => FileOwner::Made,
            },
        });
        let (files, size_bytes) = (files.collect(), bundle.size_bytes);
        drop(bundle);
        let left_out = source.as_mut().map(|source| std::mem::take(&mut source.left_out)).unwrap_or_default();
        Ok(BundleContents { files, size_bytes, left_out, excluded })
    })
    .await
}
