//! What was chosen, listed: for `tree` and `audit`.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::Error;
use crate::context::Context;
use crate::inventory::{Inventory, of_resolution};
use crate::request::RequestOptions;
use crate::resolution::Resolution;
use crate::resolve::contains;
use crate::spec::{DistFile, License, PackageName, Version, Yanked};
use crate::supply::{Inquiry, Session};
use crate::target::Target;

/// Questions to servers at the same time.
const QUESTIONS: usize = 16;

/// What is asked about distributions that were not installed on this machine before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Their unpacked sizes, by the directories of the wheels.
    pub sizes: bool,
    /// Their licences, by their metadata.
    pub licenses: bool,
    /// The newest version of each.
    pub newest: bool,
}

/// What was found out.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// What was chosen.
    pub resolution: Resolution,
    /// The chosen distributions as an inventory, with what the options asked to find out.
    pub inventory: Inventory,
    /// The newest version of each that the target's Python can use, where that was asked for.
    pub newest: BTreeMap<PackageName, Version>,
}

impl Surveyed {
    /// Versions better than the chosen ones that were passed over, and why, as the end of a sentence.
    pub fn passed_over(&self) -> Vec<(PackageName, Version, String)> {
        super::output::passed_over(&self.resolution)
    }
}

/// Resolves and lists what was chosen; nothing is fetched but what tells about it.
///
/// # Errors
/// The requirements cannot be read or resolved.
pub async fn survey(
    request: RequestOptions,
    target: Target,
    survey: Survey,
    context: Context,
) -> Result<Surveyed, Error> {
    let options = request.resolve.clone();
    let session = Session::open(&request, &context)?;
    let inquiry = Box::pin(Inquiry::open(&session, session.read(request).await?)).await?;
    let resolution = inquiry.resolve(&target, &options).await?.resolution;
    let mut inventory = of_resolution(&resolution, &session.cache);
    let file_of = |name: &PackageName| {
        resolution.dists.iter().find(|dist| dist.name == *name).map(|dist| Arc::from(dist.file.clone()))
    };
    let unknown = inventory.dists.iter().enumerate().filter(|(_, dist)| dist.size_bytes.is_none());
    let unknown: Vec<(usize, Arc<DistFile>)> =
        unknown.filter_map(|(at, dist)| Some((at, file_of(&dist.name)?))).collect();
    let answers = stream::iter(unknown).map(|(at, file)| {
        let inquiry = &inquiry;
        async move {
            let size = if survey.sizes { inquiry.source().index().unpacked_size(&file).await } else { None };
            let license = if survey.licenses { license_of(inquiry, &file).await } else { None };
            (at, size, license)
        }
    });
    let answers: Vec<_> = answers.buffer_unordered(QUESTIONS).collect().await;
    for (at, size, license) in answers {
        let dist = &mut inventory.dists[at];
        dist.size_bytes = size;
        dist.license = license.unwrap_or_default();
    }
    context.check_interrupted()?;
    let names: Vec<PackageName> = inventory.dists.iter().map(|dist| dist.name.clone()).collect();
    let newest = if survey.newest { newest_of(&inquiry, names, &target).await } else { BTreeMap::new() };
    Ok(Surveyed { resolution, inventory, newest })
}

/// The newest versions of projects that the target's Python can use, as far as the indexes list them.
///
/// # Errors
/// The request cannot be read. A project about which an index cannot answer is left out.
pub async fn newest_versions(
    request: RequestOptions,
    names: Vec<PackageName>,
    target: Target,
    context: Context,
) -> Result<BTreeMap<PackageName, Version>, Error> {
    let inquiry = Box::pin(Inquiry::begin(request, &context)).await?;
    Ok(newest_of(&inquiry, names, &target).await)
}

async fn newest_of(inquiry: &Inquiry, names: Vec<PackageName>, target: &Target) -> BTreeMap<PackageName, Version> {
    let answers = stream::iter(names).map(|name| async move {
        let files = inquiry.listed(&name).await?;
        let is_usable = |file: &&DistFile| {
            let python = file.requires_python.as_ref();
            file.yanked == Yanked::No
                && !file.version().any_prerelease()
                && python.is_none_or(|python| contains(python, target.python_full_version()))
        };
        let newest = files.iter().filter(is_usable).map(DistFile::version).max()?.clone();
        Some((name, newest))
    });
    answers.buffer_unordered(QUESTIONS).filter_map(std::future::ready).collect().await
}

async fn license_of(inquiry: &Inquiry, file: &DistFile) -> Option<License> {
    let index = inquiry.source().index();
    file.filename.as_wheel()?;
    index.metadata(file).await.ok()?;
    Some(License::of_metadata(&index.metadata_bytes_at_hand(file)?))
}
