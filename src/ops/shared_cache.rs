//! The shared cache itself: whether it can be used, and what was built here brought there.

use std::sync::Arc;

use super::{Context, Error};
use crate::cache::Cache;
use crate::http::ClientOptions;
use crate::shared::{SharedCache, SharedOptions, SharedStanding, Tally};
use crate::spec::SafeUrl;
use crate::supply::kept_builds;

/// Tries whether a shared cache can be read and written as the settings want it.
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
pub async fn push_to_shared_cache(
    options: SharedOptions,
    client: ClientOptions,
    cache: Cache,
    context: Context,
) -> Result<Tally, Error> {
    // Somebody asked for this, so trouble is an error, and there is time.
    let options = SharedOptions { required: true, wait: std::time::Duration::from_hours(1), ..options };
    let shared = SharedCache::open(options, &client, Arc::clone(&context.reporter))?;
    let reading = tokio::task::spawn_blocking(move || kept_builds(&cache));
    for offer in reading.await.map_err(|_| Error::Worker("reader"))? {
        shared.offer(offer);
    }
    Ok(shared.finish().await?)
}
