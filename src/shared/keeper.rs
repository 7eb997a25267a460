//! The shared cache of a run: what is looked for, taken, and brought there in the end.

use std::collections::HashSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};

use super::claim::{CLAIM_LIMIT, Claim, ClaimKind, claim_place, content_place};
use super::{Namespace, SharedError, SharedOptions, Tally};
use crate::cache::Cache;
use crate::http::{Client, ClientOptions, Payload};
use crate::reporter::{Level, Reporter, chain};
use crate::spec::{HashAlgorithm, HashDigest, Hasher, SafeUrl};
use crate::store::{Put, Store, StoreError};

/// Time for a connection, and after it to the first byte: what is shared can always be made here instead.
const PATIENCE: Duration = Duration::from_secs(1);

/// Slowest content that is waited for, bytes a second: a source of the same size takes longer to build.
const FLOOR: u32 = 1 << 20;

/// Further attempts.
const RETRIES: u32 = 1;

/// After so many failures a store is left alone for the rest of the run.
const FAILURES_MOST: u32 = 3;

/// Contents that are brought at the same time.
const UPLOADS_AT_ONCE: usize = 4;

/// A claim that may be taken, and where it was found.
#[derive(Clone, Debug)]
pub(crate) struct FoundClaim {
    /// What it says.
    pub claim: Claim,
    namespace: Namespace,
    kind: ClaimKind,
    key: HashDigest,
    begun: Instant,
}

/// A result that others may use.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    /// What it is.
    pub kind: ClaimKind,
    /// The key of its inputs.
    pub key: HashDigest,
    /// What it is called.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// sha256 of the file.
    pub digest: HashDigest,
    /// Size of the file, bytes.
    pub size: u64,
    /// How long it took to make.
    pub took: Duration,
    /// What else is to be known of it.
    pub details: serde_json::Value,
    /// Something of it comes from a private index.
    pub is_private: bool,
}

/// What a store says about itself, for a person who sets it up.
#[derive(Clone, Debug)]
pub struct SharedStanding {
    /// Namespaces that are read, each with why it cannot be.
    pub read: Vec<(Namespace, Option<String>)>,
    /// The namespace that is written, with why it cannot be.
    pub write: Option<(Namespace, Option<String>)>,
}

/// The shared cache of a run.
pub(crate) struct SharedCache {
    options: SharedOptions,
    store: Store,
    reporter: Arc<dyn Reporter>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures: u32,
    is_off: bool,
    offers: Vec<Offer>,
    /// Places of claims that lead nowhere or are not taken: whoever writes may put a good one there.
    stale: HashSet<String>,
    /// Namespaces of which it was said already that a claim is not taken.
    told: HashSet<Namespace>,
    is_told_private: bool,
    is_told_wrong: bool,
    /// Offers that are there now, whoever brought them.
    settled: u32,
    tally: Tally,
}

impl SharedCache {
    /// The shared cache that `options` name; nothing is asked yet. `client` says how servers are asked otherwise.
    ///
    /// # Errors
    /// The client cannot be set up, or the place is no store.
    pub(crate) fn open(
        options: SharedOptions,
        client: &ClientOptions,
        reporter: Arc<dyn Reporter>,
    ) -> Result<Arc<Self>, SharedError> {
        let mut client = ClientOptions {
            connect_timeout: client.connect_timeout.min(PATIENCE),
            timeout: client.timeout.min(PATIENCE),
            slowest: FLOOR,
            retries: RETRIES,
            first_pause: Duration::from_millis(100),
            longest_pause: PATIENCE,
            patience: PATIENCE * 5,
            only: None,
            ..client.clone()
        };
        client.index_urls.push(options.place.clone());
        let client = Client::new(client, Arc::clone(&reporter))?;
        let place = options.place.without_credentials();
        let store = Store::new(&options.place, client).map_err(|source| SharedError::Store { place, source })?;
        Ok(Arc::new(Self { options, store, reporter, state: Mutex::default() }))
    }

    /// The claim about the inputs with this key, from the first namespace that has one which may be taken.
    ///
    /// # Errors
    /// The store is required and in trouble.
    pub(crate) async fn find(&self, kind: ClaimKind, key: &HashDigest) -> Result<Option<FoundClaim>, SharedError> {
        let begun = Instant::now();
        for namespace in &self.options.read {
            if self.state().is_off {
                return Ok(None);
            }
            let place = claim_place(namespace, kind, key);
            let bytes = match self.store.read(&place, CLAIM_LIMIT).await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => continue,
                Err(error) => {
                    self.failed(error)?;
                    continue;
                }
            };
            match Claim::open(&bytes, (namespace, kind, key), &self.options.keys) {
                Ok(claim) => {
                    let (namespace, key) = (namespace.clone(), key.clone());
                    return Ok(Some(FoundClaim { claim, namespace, kind, key, begun }));
                }
                Err(refusal) => {
                    self.state().stale.insert(place.clone());
                    let text = format!("a claim of the shared cache is not taken, `{place}`: {refusal}");
                    // One is an accident or an attack, and many are told by the first.
                    let is_first = self.state().told.insert(namespace.clone());
                    self.reporter.message(if is_first { Level::Warning } else { Level::Detail }, &text);
                }
            }
        }
        self.state().tally.misses += 1;
        self.detail(&format!("the shared cache has nothing for {} {}", kind.folder(), &key.hex()[..12]));
        Ok(None)
    }

    /// The content of a claim, as a file of the cache with the digest that was claimed; `None`: it is not to be had.
    ///
    /// # Errors
    /// The store is required and in trouble.
    pub(crate) async fn fetch(
        &self,
        found: &FoundClaim,
        cache: &Cache,
    ) -> Result<Option<tempfile::NamedTempFile>, SharedError> {
        let Some(digest) = found.claim.digest() else { return Ok(None) };
        let longest = PATIENCE * 6 + Duration::from_secs(found.claim.size / u64::from(FLOOR) * 2);
        let fetching = self.download(found, &digest, cache);
        let outcome = tokio::time::timeout(longest, fetching).await;
        let reason = match outcome {
            Ok(Ok(Some(file))) => return Ok(Some(file)),
            Ok(Ok(None)) => None,
            Ok(Err(Trouble::Store(error))) => {
                self.missed(found);
                self.failed(error)?;
                return Ok(None);
            }
            Ok(Err(Trouble::Answer(reason))) => Some(reason),
            Err(_) => Some(format!("`{}` did not come within {} s", found.claim.name, longest.as_secs())),
        };
        self.missed(found);
        match reason {
            Some(reason) => self.answered_wrong(&reason)?,
            None => self.detail(&format!("the content of a claim is gone from the shared cache: {}", found.claim.name)),
        }
        Ok(None)
    }

    /// Notes that a content was of use.
    pub(crate) fn took(&self, found: &FoundClaim) {
        let (made, got) = (Duration::from_millis(found.claim.took), found.begun.elapsed());
        let mut state = self.state();
        state.tally.hits += 1;
        state.tally.bytes += found.claim.size;
        state.tally.saved += made.saturating_sub(got);
        drop(state);
        let Claim { name, .. } = &found.claim;
        self.detail(&format!(
            "{name} from the shared cache, namespace `{}`, in {:.1} s; it took {:.1} s to make",
            found.namespace,
            got.as_secs_f64(),
            made.as_secs_f64()
        ));
    }

    /// Notes that a content was of no use, though it has the digest of its claim.
    pub(crate) fn missed(&self, found: &FoundClaim) {
        let mut state = self.state();
        state.tally.misses += 1;
        state.stale.insert(claim_place(&found.namespace, found.kind, &found.key));
    }

    /// Offers a result: it is brought there by [`Self::finish`].
    pub(crate) fn offer(&self, offer: Offer) {
        let Some(namespace) = &self.options.write else { return };
        if offer.is_private && !self.options.private.contains(namespace) {
            let is_first = !std::mem::replace(&mut self.state().is_told_private, true);
            let text = format!(
                "{} is not brought to the shared cache: it comes from a private index, and namespace `{namespace}` is not \
                 marked for that (`remote-cache-private`)",
                offer.name
            );
            self.reporter.message(if is_first { Level::Warning } else { Level::Detail }, &text);
            return;
        }
        self.state().offers.push(offer);
    }

    /// Brings what was offered there, as far as there is time, and tells what the cache was good for.
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
                let seconds = self.options.wait.as_secs_f64();
                self.detail(&format!("uploads to the shared cache were given up after {seconds} s"));
            }
            let mut state = self.state();
            state.tally.not_uploaded += count.saturating_sub(std::mem::take(&mut state.settled));
        }
        outcome?;
        Ok(self.state().tally)
    }

    /// What it was good for so far.
    pub(crate) fn tally(&self) -> Tally {
        self.state().tally
    }

    /// Tries whether the namespaces can be read and written as the settings want it.
    pub(crate) async fn standing(&self) -> SharedStanding {
        let mut read = Vec::new();
        for namespace in &self.options.read {
            // What is not there may be asked for as well.
            let asked = self.store.read(&format!("{namespace}/claims/status"), CLAIM_LIMIT).await;
            read.push((namespace.clone(), asked.err().map(|error| chain(&error))));
        }
        let write = match &self.options.write {
            None => None,
            Some(namespace) => {
                let payload = Payload::bytes(b"written by `barrow cache remote status`\n".to_vec(), "text/plain");
                let put = self.store.put(&format!("{namespace}/claims/status"), payload).await;
                Some((namespace.clone(), put.err().map(|error| chain(&error))))
            }
        };
        SharedStanding { read, write }
    }

    /// Where it is.
    pub(crate) fn place(&self) -> SafeUrl {
        self.options.place.without_credentials().without_query()
    }

    async fn download(
        &self,
        found: &FoundClaim,
        digest: &HashDigest,
        cache: &Cache,
    ) -> Result<Option<tempfile::NamedTempFile>, Trouble> {
        let FoundClaim { claim, namespace, .. } = found;
        let place = content_place(namespace, digest);
        let Some(mut response) = self.store.get(&place).await? else { return Ok(None) };
        let wrong = |what: &str| Trouble::Answer(format!("the content of {} {what}, and is not taken", claim.name));
        let mut file = cache.temporary_file().map_err(|error| Trouble::Answer(error.to_string()))?;
        let (mut hasher, mut size) = (Hasher::new(HashAlgorithm::Sha256), 0);
        let broken = |source| StoreError::Request { action: "read", key: place.clone(), source };
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            size += chunk.len() as u64;
            if size > claim.size {
                return Err(wrong("is larger than its claim says"));
            }
            hasher.update(&chunk);
            file.write_all(&chunk).map_err(|error| Trouble::Answer(error.to_string()))?;
        }
        if size != claim.size || hasher.finish() != *digest {
            return Err(wrong("is not what its claim says"));
        }
        Ok(Some(file))
    }

    /// Brings a content, and then the claim about it: whoever finds the claim finds the content.
    async fn bring(&self, offer: Offer, namespace: &Namespace) -> Result<(), SharedError> {
        if self.state().is_off {
            return Ok(());
        }
        let Offer { kind, key, name, path, digest, size, took, details, is_private: _ } = offer;
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let claim = Claim::new((namespace, kind, &key), (&name, &digest, size), took, details);
        let place = claim_place(namespace, kind, &key);
        let sealed = Payload::bytes(claim.seal(self.options.sign_key.as_deref()), "application/json");
        let is_stale = self.state().stale.contains(&place);
        let sealed = if is_stale { sealed } else { sealed.only_if_absent() };
        let content = Payload::file(path, size, digest.clone(), "application/octet-stream").only_if_absent();
        let bringing = async {
            let content_place = content_place(namespace, &digest);
            if self.store.has(&content_place).await? != Some(Some(size)) {
                self.store.put(&content_place, content).await?;
            }
            self.store.put(&place, sealed).await
        };
        match bringing.await {
            Ok(put) => {
                let mut state = self.state();
                state.settled += 1;
                state.tally.uploaded += u32::from(put == Put::Written);
                drop(state);
                let what = if put == Put::Written { "is in" } else { "was already in" };
                self.detail(&format!("{name} {what} the shared cache"));
                Ok(())
            }
            Err(error) => self.failed(error),
        }
    }

    fn answered_wrong(&self, reason: &str) -> Result<(), SharedError> {
        if self.options.required {
            return Err(SharedError::Answer { place: self.place(), reason: reason.to_owned() });
        }
        // Bytes that are not those of a claim are an accident or an attack, and somebody should look at that.
        let is_first = !std::mem::replace(&mut self.state().is_told_wrong, true);
        if is_first {
            self.reporter.message(Level::Warning, &format!("shared cache: {reason}"));
        }
        self.count_failure(reason);
        Ok(())
    }

    fn failed(&self, source: StoreError) -> Result<(), SharedError> {
        if self.options.required {
            return Err(SharedError::Store { place: self.place(), source });
        }
        let why = std::error::Error::source(&source).map_or_else(|| source.to_string(), ToString::to_string);
        self.count_failure(&why);
        Ok(())
    }

    fn count_failure(&self, reason: &str) {
        let mut state = self.state();
        state.failures += 1;
        let is_last = state.failures == FAILURES_MOST;
        state.is_off |= is_last;
        drop(state);
        if is_last {
            let text = format!("the shared cache is not used any more in this run: {reason}");
            self.reporter.message(Level::Warning, &text);
        } else {
            self.detail(&format!("shared cache: {reason}"));
        }
    }

    fn detail(&self, text: &str) {
        self.reporter.message(Level::Detail, text);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a content could not be taken.
enum Trouble {
    Store(StoreError),
    Answer(String),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
