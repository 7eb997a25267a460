//! From a resolution to installed distributions: downloads and unpacking overlap, each under a limit of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::task::JoinSet;

use super::SupplyError;
use super::inquiry::{Inquiry, Parts};
use crate::blocking::{blocking, joined};
use crate::fetch::FetchedWheel;
use crate::install::{InstallOptions, InstalledDist, check_requirements, install_wheel};
use crate::reporter::Stage;
use crate::resolution::{Resolution, ResolvedDist};
use crate::spec::PackageName;

/// What was installed.
pub(crate) struct Installed {
    /// The distributions, sorted by name.
    pub(crate) dists: Vec<InstalledDist>,
    /// Warnings that were given on the way.
    pub(crate) warnings: Vec<String>,
}

/// Fetches and installs every distribution of `resolution` but those in `excluded`.
pub(crate) async fn install_each(
    inquiry: &Inquiry,
    resolution: &Resolution,
    excluded: &[PackageName],
    options: InstallOptions,
    knows_requirements: bool,
) -> Result<Installed, SupplyError> {
    let context = &inquiry.session.context;
    let wanted = resolution.dists.iter().filter(|dist| !excluded.contains(&dist.name));
    let wanted: Vec<Arc<ResolvedDist>> = wanted.cloned().map(Arc::new).collect();
    let by_name: BTreeMap<PackageName, Arc<ResolvedDist>> =
        wanted.iter().map(|dist| (dist.name.clone(), Arc::clone(dist))).collect();
    let workers = available_parallelism().map_or(2, std::num::NonZero::get);
    let (wheels, sources): (Vec<Arc<ResolvedDist>>, Vec<Arc<ResolvedDist>>) =
        wanted.iter().cloned().partition(|dist| dist.file.filename.as_wheel().is_some());
    let mut downloads = inquiry.fetcher().fetch_all(&wheels, inquiry.settle_ahead(&wheels))?;
    let mut installs: JoinSet<Result<InstalledDist, SupplyError>> = JoinSet::new();
    for dist in sources {
        let (builder, target) = (Arc::clone(&inquiry.builder), resolution.target.clone());
        let job = Installation { session: inquiry.parts(), dist, options: options.clone() };
        installs.spawn(async move {
            let built = builder.wheel(&job.dist, &target).await?;
            job.install(&built).await
        });
    }
    let mut installed = Vec::with_capacity(wanted.len());
    let mut has_more = true;
    while has_more || !installs.is_empty() {
        tokio::select! {
            next = downloads.next(), if has_more && installs.len() < workers => match next {
                None => has_more = false,
                Some(fetched) => {
                    let fetched = fetched?;
                    let Some(dist) = by_name.get(&fetched.name).cloned() else { continue };
                    let job = Installation { session: inquiry.parts(), dist, options: options.clone() };
                    installs.spawn(job.run(fetched));
                }
            },
            Some(done) = installs.join_next() => {
                let done = joined(done).await?;
                context.check_interrupted()?;
                installed.push(done);
                context.reporter.reached(Stage::Unpacking, installed.len(), wanted.len());
            }
        }
    }
    installed.sort_by(|a, b| a.name.cmp(&b.name));
    let mut warnings = Vec::new();
    for dist in &installed {
        let labelled = dist.warnings.iter().map(|warning| format!("{} {}: {warning}", dist.name, dist.version));
        context.give(&mut warnings, labelled);
        if knows_requirements && !inquiry.is_stated(&dist.name) {
            check_requirements(dist, &by_name[&dist.name], resolution.target.markers())?;
        }
    }
    Ok(Installed { dists: installed, warnings })
}

struct Installation {
    session: Parts,
    dist: Arc<ResolvedDist>,
    options: InstallOptions,
}

impl Installation {
    /// Installs one wheel. When it is refused because the cached bytes were damaged, it is fetched once more.
    async fn run(self, fetched: FetchedWheel) -> Result<InstalledDist, SupplyError> {
        match self.install(&fetched).await {
            Err(error) => match self.session.fetcher.heal(&self.dist, &fetched).await? {
                Some(healed) => self.install(&healed).await,
                None => Err(error),
            },
            done => done,
        }
    }

    async fn install(&self, fetched: &FetchedWheel) -> Result<InstalledDist, SupplyError> {
        let (fetched, cache, options) = (fetched.clone(), Arc::clone(&self.session.cache), self.options.clone());
        Ok(blocking(move || install_wheel(&fetched, &cache, &options)).await?)
    }
}
