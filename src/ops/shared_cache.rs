//! The shared cache itself: whether it can be used, what was built here brought there, what is there brought here, and
//! what is old removed.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Context, Error};
use crate::blocking::blocking;
use crate::cache::Cache;
use crate::fetch::WantedFile;
use crate::http::ClientOptions;
use crate::request::RequestOptions;
use crate::shared::{Pruned, SharedCache, SharedOptions, SharedStanding, Tally};
use crate::spec::SafeUrl;
use crate::supply::{Inquiry, is_private, kept_builds};
use crate::target::Target;

/// What was brought from a shared cache into the one of this machine.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Pulled {
    /// Distributions that are in the cache of this machine now, though they are built or come from a private index.
    pub ready: Vec<String>,
    /// Distributions that have to be built here: the shared cache has none.
    pub missing: Vec<String>,
    /// What the shared cache was good for.
    pub tally: Tally,
}

/// Tries whether a shared cache can be read and written as the settings want it.
///
/// # Errors
/// The place is no store, or the client cannot be set up. A namespace that cannot be used is part of the answer.
pub async fn shared_cache_standing(
    options: SharedOptions,
    client: ClientOptions,
    context: Context,
) -> Result<(SafeUrl, SharedStanding), Error> {
    let shared = SharedCache::open(options, &client, Arc::clone(&context.reporter))?;
    let standing = shared.standing().await;
    Ok((shared.place(), standing))
}

/// Brings every wheel that was built here to the namespace of a shared cache that is written.
///
/// # Errors
/// The place is no store, or the store is in trouble.
pub async fn push_to_shared_cache(
    options: SharedOptions,
    client: ClientOptions,
    cache: Cache,
    context: Context,
) -> Result<Tally, Error> {
    // Somebody asked for this, so trouble is an error, and there is time.
    let options = SharedOptions { required: true, wait: Duration::from_hours(1), ..options };
    let shared = SharedCache::open(options, &client, Arc::clone(&context.reporter))?;
    for offer in blocking(move || kept_builds(&cache)).await {
        shared.offer(offer);
    }
    Ok(shared.finish().await?)
}

/// Brings what requests for these targets need of a shared cache into the one of this machine. What only a build can
/// tell is built, as for every resolution; nothing else is.
///
/// # Errors
/// Nothing can be chosen, or the shared cache is in trouble.
pub async fn pull_from_shared_cache(
    mut options: RequestOptions,
    targets: Vec<Target>,
    context: Context,
) -> Result<Pulled, Error> {
    if let Some(shared) = &mut options.shared {
        // Somebody asked for this, so trouble is an error; and what is private is written by nobody who pulls.
        (shared.required, shared.write) = (true, None);
    }
    let inquiry = Box::pin(Inquiry::begin(options.clone(), &context)).await?;
    let mut pulled = Pulled::default();
    for target in &targets {
        let resolution = Box::pin(inquiry.resolve(target, &options.resolve)).await?.resolution;
        for dist in &resolution.dists {
            let is_wheel = dist.file.filename.as_wheel().is_some();
            let label = format!("{} {}", dist.name, dist.version);
            if !is_wheel && inquiry.ready_wheel(dist, target).await?.is_none() {
                pulled.missing.push(label);
            } else if !is_wheel {
                pulled.ready.push(label);
            } else if is_private(dist) {
                inquiry.fetcher().fetch_file(&WantedFile::resolved(dist)).await?;
                pulled.ready.push(label);
            }
        }
    }
    for list in [&mut pulled.ready, &mut pulled.missing] {
        list.sort();
        list.dedup();
    }
    pulled.tally = context.shared_tally().unwrap_or_default();
    Ok(pulled)
}

/// Removes from the namespace that is written what was written there before a time; with `is_dry`, only counts it.
///
/// # Errors
/// The store cannot list, or is in trouble.
pub async fn prune_shared_cache(
    options: SharedOptions,
    client: ClientOptions,
    (before, is_dry): (Timestamp, bool),
    context: Context,
) -> Result<Pruned, Error> {
    let Some(namespace) = options.write.clone() else { return Ok(Pruned::default()) };
    let shared = SharedCache::open(options, &client, Arc::clone(&context.reporter))?;
    Ok(shared.prune(&namespace, before, is_dry).await?)
}
