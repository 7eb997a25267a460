//! Uploads what a run has made to the shared cache, when the run has done its own work.

use futures_util::{StreamExt as _, stream};

use super::claim::{CLAIM_LIMIT, Claim, ClaimKind, claim_place, content_place};
use super::{Namespace, Offer, SharedCache, SharedError, Tally};
use crate::http::Payload;
use crate::reporter::Level;
use crate::spec::HashDigest;
use crate::store::{Put, StoreError};

/// Contents that are uploaded at the same time.
const UPLOADS_AT_ONCE: usize = 4;

impl SharedCache {
    /// Whether files of private indexes are uploaded.
    pub(crate) fn takes_private_files(&self) -> bool {
        self.options.write.as_ref().is_some_and(|namespace| self.options.private.contains(namespace))
    }

    /// Uploads what was offered, as far as there is time, and tells what the cache was good for.
    ///
    /// # Errors
    /// The store is required and in trouble.
    pub(crate) async fn finish(&self) -> Result<Tally, SharedError> {
        let offers = std::mem::take(&mut self.state().offers);
        let count = u32::try_from(offers.len()).unwrap_or(u32::MAX);
        let mut outcome = Ok(());
        if let Some(namespace) = self.options.write.as_ref().filter(|_| !offers.is_empty()) {
            let uploading = stream::iter(offers).map(|offer| self.bring(offer, namespace));
            let uploading = uploading.buffer_unordered(UPLOADS_AT_ONCE).collect::<Vec<Result<(), SharedError>>>();
            if let Ok(outcomes) = tokio::time::timeout(self.options.wait, uploading).await {
                outcome = outcomes.into_iter().collect::<Result<(), _>>();
            } else {
                let (seconds, settled) = (self.options.wait.as_secs_f64(), self.state().settled);
                let left = count.saturating_sub(settled);
                let text = format!(
                    "uploads to the shared cache were given up after {seconds} s: {left} of {count} are not there"
                );
                self.reporter.message(Level::Warning, &text);
            }
            let mut state = self.state();
            state.tally.not_uploaded += count.saturating_sub(std::mem::take(&mut state.settled));
        }
        outcome?;
        Ok(self.tally())
    }

    async fn bring(&self, offer: Offer, namespace: &Namespace) -> Result<(), SharedError> {
        if self.state().is_off {
            return Ok(());
        }
        match self.put(&offer, namespace).await {
            Ok(put) => {
                let mut state = self.state();
                state.settled += 1;
                state.tally.uploaded += u32::from(put == Put::Written);
                drop(state);
                let what = if put == Put::Written { "is in" } else { "was already in" };
                self.detail(&format!("{} {what} the shared cache", offer.name));
                Ok(())
            }
            Err(error) => self.failed(error),
        }
    }

    /// Writes a content, and then the claim about it: whoever finds the claim finds the content.
    async fn put(&self, offer: &Offer, namespace: &Namespace) -> Result<Put, StoreError> {
        let Offer { about, name, path, digest, size, took, details, is_private: _ } = offer;
        if let Some((kind, key)) = about
            && self.is_claimed(namespace, *kind, key).await?
        {
            return Ok(Put::Present);
        }
        let place = content_place(namespace, digest);
        let mut put = Put::Present;
        if self.store.has(&place).await? != Some(Some(*size)) {
            let content = Payload::file(path.clone(), *size, digest.clone(), "application/octet-stream");
            put = self.store.put(&place, content.only_if_absent()).await?;
        }
        let Some((kind, key)) = about else { return Ok(put) };
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let claim = Claim::new((namespace, *kind, key), (name, digest, *size), took, details.clone());
        let sealed = Payload::bytes(claim.seal(self.options.sign_key.as_deref()), "application/json");
        let place = claim_place(namespace, *kind, key);
        let is_stale = self.state().stale.contains(&place);
        self.store.put(&place, if is_stale { sealed } else { sealed.only_if_absent() }).await
    }

    /// Whether others may take what a claim says by now: then a content of this run would be one that nobody asks for,
    /// as few builds give the same bytes twice. A claim that is of no use to them is to be written anew.
    async fn is_claimed(&self, namespace: &Namespace, kind: ClaimKind, key: &HashDigest) -> Result<bool, StoreError> {
        let place = claim_place(namespace, kind, key);
        if self.state().stale.contains(&place) {
            return Ok(false);
        }
        let Some(bytes) = self.store.read(&place, CLAIM_LIMIT).await? else { return Ok(false) };
        let claim = Claim::open(&bytes, (namespace, kind, key), &self.options.keys).ok();
        let is_whole = match claim.and_then(|claim| Some((claim.digest()?, claim.size))) {
            Some((digest, size)) => self.store.has(&content_place(namespace, &digest)).await? == Some(Some(size)),
            None => false,
        };
        if !is_whole {
            self.state().stale.insert(place);
        }
        Ok(is_whole)
    }
}
