//! Looking after a shared cache: whether it can be used, and what of it is old.

use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::claim::{CLAIM_LIMIT, Claim};
use super::{Namespace, SharedCache, SharedError};
use crate::http::Payload;
use crate::reporter::chain;
use crate::store::{ListedObject, StoreError};

/// Requests that are made at the same time.
const AT_ONCE: usize = 16;

/// What a store says about itself, for a person who sets it up.
#[derive(Clone, Debug)]
pub struct SharedStanding {
    /// Namespaces that are read, each with why it cannot be.
    pub read: Vec<(Namespace, Option<String>)>,
    /// The namespace that is written, with why it cannot be.
    pub write: Option<(Namespace, Option<String>)>,
}

/// What was removed of a namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Claims that were older than they may be.
    pub claims: u64,
    /// Contents that were older, and that no remaining claim names.
    pub contents: u64,
    /// Size of both together, bytes.
    pub bytes: u64,
    /// Claims and contents that stay.
    pub kept: u64,
}

impl SharedCache {
    /// Tries whether the namespaces can be read and written as the settings want it.
    pub(crate) async fn standing(&self) -> SharedStanding {
        let mut read = Vec::new();
        for namespace in &self.options.read {
            // Asking for an object that is not there shows as well whether the namespace can be read.
            let asked = self.store.read(&status_place(namespace), CLAIM_LIMIT).await;
            read.push((namespace.clone(), asked.err().map(|error| chain(&error))));
        }
        let write = match &self.options.write {
            None => None,
            Some(namespace) => {
                let payload = Payload::bytes(b"written by `barrow cache remote status`\n".to_vec(), "text/plain");
                let put = self.store.put(&status_place(namespace), payload).await;
                Some((namespace.clone(), put.err().map(|error| chain(&error))))
            }
        };
        SharedStanding { read, write }
    }

    /// Removes what was written to a namespace before a time; with `is_dry`, only counts it. Claims go first, so that
    /// none is left without its content; a content that was written long ago stays as long as a younger claim names it.
    ///
    /// # Errors
    /// The store cannot list, or is in trouble: then nothing more is removed.
    pub(crate) async fn prune(
        &self,
        namespace: &Namespace,
        before: Timestamp,
        is_dry: bool,
    ) -> Result<Pruned, SharedError> {
        let pruning = self.prune_store(namespace, before, is_dry);
        pruning.await.map_err(|source| SharedError::Store { place: self.place(), source })
    }

    async fn prune_store(&self, namespace: &Namespace, before: Timestamp, is_dry: bool) -> Result<Pruned, StoreError> {
        // Contents before claims: a claim that is written in between counts for the content that it names.
        let contents = self.store.list(&format!("{namespace}/cas/sha256/")).await?;
        let claims = self.store.list(&format!("{namespace}/claims/")).await?;
        let is_old = |listed: &ListedObject| listed.modified < before;
        let (old_claims, young_claims): (Vec<_>, Vec<_>) = claims.into_iter().partition(is_old);
        let named = stream::iter(&young_claims).map(|claim| self.store.read(&claim.key, CLAIM_LIMIT));
        let named: Vec<Option<Vec<u8>>> = named.buffer_unordered(AT_ONCE).try_collect().await?;
        let named: HashSet<String> =
            named.iter().flatten().filter_map(|bytes| Some(Claim::named_content(bytes)?.hex())).collect();
        let is_named = |content: &ListedObject| content.key.rsplit('/').next().is_some_and(|name| named.contains(name));
        let (old_contents, young_contents): (Vec<_>, Vec<_>) =
            contents.into_iter().partition(|content| is_old(content) && !is_named(content));
        if !is_dry {
            for old in [&old_claims, &old_contents] {
                let removing = stream::iter(old).map(|listed| self.store.remove(&listed.key));
                removing.buffer_unordered(AT_ONCE).try_collect::<Vec<bool>>().await?;
            }
        }
        Ok(Pruned {
            claims: old_claims.len() as u64,
            contents: old_contents.len() as u64,
            bytes: old_claims.iter().chain(&old_contents).map(|listed| listed.size).sum(),
            kept: (young_claims.len() + young_contents.len()) as u64,
        })
    }
}

fn status_place(namespace: &Namespace) -> String {
    format!("{namespace}/claims/status")
}
