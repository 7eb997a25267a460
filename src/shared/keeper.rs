//! The shared cache of a run: what is looked for, taken, and brought there in the end.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::arriving::{Arrived, NotArrived, receive};
use super::claim::{CLAIM_LIMIT, Claim, ClaimKind, SIZE_MOST, claim_place, content_place};
use super::offer::Offer;
use super::{Namespace, SharedError, SharedOptions, Tally};
use crate::blocking::beside_connections;
use crate::cache::Cache;
use crate::http::{Client, ClientOptions};
use crate::reporter::{Level, Reporter};
use crate::spec::{HashDigest, SafeUrl};
use crate::store::{Store, StoreError};

/// Longest time for a connection, and then for the first byte: what is shared can always be made here instead.
const PATIENCE: Duration = Duration::from_secs(1);

/// Slowest download that is waited for, bytes a second: a source of the same size takes longer to build.
const FLOOR: u32 = 1 << 20;

/// How often a request is repeated that failed.
const RETRIES: u32 = 1;

/// After so many failures a store is left alone for the rest of the run.
const FAILURES_MOST: u32 = 3;

/// Size that is assumed of a content whose size nobody says, bytes: the time that a download may take follows from it.
const SIZE_UNTOLD: u64 = 1 << 30;

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

/// The shared cache of a run.
pub(crate) struct SharedCache {
    pub(super) options: SharedOptions,
    pub(super) store: Store,
    pub(super) reporter: Arc<dyn Reporter>,
    state: Mutex<State>,
}

/// What is a warning once in a run, however often it happens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Warned {
    /// A claim of a namespace is not taken: an accident or an attack, and the first one stands for all of them.
    Claim(Namespace),
    /// Something of a private index is not brought to a namespace that is not for such.
    Private,
    /// Bytes are not those of their claim: somebody should look at that.
    Wrong,
    /// The store is in trouble: so nobody has to ask why there are no hits.
    Failure,
}

#[derive(Default)]
pub(super) struct State {
    failures: u32,
    pub(super) is_off: bool,
    pub(super) offers: Vec<Offer>,
    /// Keys of which no namespace has a claim.
    missing: HashSet<(ClaimKind, HashDigest)>,
    /// Places of claims that are not taken or whose content is missing: a run that may write puts a good one there.
    pub(super) stale: HashSet<String>,
    /// What the user was warned of already: what comes later of the same is for who asks for details.
    warned: HashSet<Warned>,
    /// Offers of this run that are in the store now, whoever brought them.
    pub(super) settled: u32,
    pub(super) tally: Tally,
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
        if self.options.no_claims || self.state().missing.contains(&(kind, key.clone())) {
            return Ok(None);
        }
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
                    self.warn_once(Warned::Claim(namespace.clone()), &text);
                }
            }
        }
        let mut state = self.state();
        state.tally.misses += 1;
        state.missing.insert((kind, key.clone()));
        drop(state);
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
        let FoundClaim { claim, namespace, .. } = found;
        let Some(digest) = claim.digest() else { return Ok(None) };
        let content = WantedContent { namespace, name: &claim.name, digest: &digest, size: Some(claim.size) };
        let file = self.get(content, cache).await;
        if !matches!(file, Ok(Some(_))) {
            self.missed(found);
        }
        file
    }

    /// The file of a private index with this digest, from the namespaces that may hold such; `None`: none has it.
    /// No claim is needed for it: the index, the lock or the user has said the digest.
    ///
    /// # Errors
    /// The store is required and in trouble.
    pub(crate) async fn private_file(
        &self,
        (name, digest, size): (&str, &HashDigest, Option<u64>),
        cache: &Cache,
    ) -> Result<Option<tempfile::NamedTempFile>, SharedError> {
        let (begun, mut is_asked) = (Instant::now(), false);
        for namespace in self.options.read.iter().filter(|namespace| self.options.private.contains(namespace)) {
            if self.state().is_off {
                return Ok(None);
            }
            is_asked = true;
            if let Some(file) = self.get(WantedContent { namespace, name, digest, size }, cache).await? {
                let bytes = file.as_file().metadata().map_or(0, |about| about.len());
                let mut state = self.state();
                state.tally.hits += 1;
                state.tally.bytes += bytes;
                drop(state);
                let seconds = begun.elapsed().as_secs_f64();
                self.detail(&format!("{name} from the shared cache, namespace `{namespace}`, in {seconds:.1} s"));
                return Ok(Some(file));
            }
        }
        self.state().tally.misses += u32::from(is_asked);
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
        state.missing.insert((found.kind, found.key.clone()));
    }

    /// Offers a result: it is brought there by [`Self::finish`].
    pub(crate) fn offer(&self, offer: Offer) {
        let Some(namespace) = &self.options.write else { return };
        if offer.is_private && !self.options.private.contains(namespace) {
            let text = format!(
                "{} is not brought to the shared cache: it comes from a private index, and namespace `{namespace}` is not \
                 marked for that (`remote-cache-private`)",
                offer.name
            );
            self.warn_once(Warned::Private, &text);
            return;
        }
        self.state().offers.push(offer);
    }

    /// What the shared cache was good for so far.
    pub(crate) fn tally(&self) -> Tally {
        self.state().tally
    }

    /// The URL of the store, without credentials and query.
    pub(crate) fn place(&self) -> SafeUrl {
        self.options.place.without_credentials().without_query()
    }

    /// A content, with the digest that it must have; `None`: it is not there, or what is there is not taken.
    async fn get(
        &self,
        content: WantedContent<'_>,
        cache: &Cache,
    ) -> Result<Option<tempfile::NamedTempFile>, SharedError> {
        let size = content.size.unwrap_or(SIZE_UNTOLD);
        let longest = PATIENCE * 6 + Duration::from_secs(size / u64::from(FLOOR) * 2);
        match tokio::time::timeout(longest, self.download(content, cache)).await {
            Ok(Ok(Some(file))) => return Ok(Some(file)),
            Ok(Ok(None)) => self.detail(&format!("{} is gone from the shared cache, or never was in it", content.name)),
            Ok(Err(Trouble::Store(error))) => self.failed(error)?,
            Ok(Err(Trouble::Answer(reason))) => self.answered_wrong(&reason)?,
            Err(_) => {
                self.answered_wrong(&format!("`{}` did not come within {} s", content.name, longest.as_secs()))?;
            }
        }
        Ok(None)
    }

    async fn download(
        &self,
        WantedContent { namespace, name, digest, size: promised }: WantedContent<'_>,
        cache: &Cache,
    ) -> Result<Option<tempfile::NamedTempFile>, Trouble> {
        let place = content_place(namespace, digest);
        let Some(response) = self.store.get(&place).await.map_err(Trouble::Store)? else { return Ok(None) };
        let wrong = |what: &str| Trouble::Answer(format!("the content of {name} {what}, and is not taken"));
        let file = cache.temporary_file().map_err(|error| Trouble::Answer(error.to_string()))?;
        // Who waits here is mostly on a thread of his own, to which every piece would have to be handed.
        let arrived = beside_connections(receive(response, file, promised.unwrap_or(SIZE_MOST))).await;
        let Arrived { file, size, digest: found } = arrived.map_err(|error| match error {
            NotArrived::Broken(source) => Trouble::Store(StoreError::Request { action: "read", key: place, source }),
            NotArrived::Unwritten(error) => Trouble::Answer(error.to_string()),
            NotArrived::TooLarge => wrong("is larger than its claim says"),
        })?;
        if promised.is_some_and(|promised| size != promised) || found != *digest {
            return Err(wrong("is not what its claim says"));
        }
        Ok(Some(file))
    }

    fn answered_wrong(&self, reason: &str) -> Result<(), SharedError> {
        if self.options.required {
            return Err(SharedError::Answer { place: self.place(), reason: reason.to_owned() });
        }
        self.state().warned.insert(Warned::Failure);
        self.count_failure(Warned::Wrong, reason);
        Ok(())
    }

    pub(super) fn failed(&self, source: StoreError) -> Result<(), SharedError> {
        if self.options.required {
            return Err(SharedError::Store { place: self.place(), source });
        }
        let why = std::error::Error::source(&source).map_or_else(|| source.to_string(), ToString::to_string);
        self.count_failure(Warned::Failure, &why);
        Ok(())
    }

    fn count_failure(&self, what: Warned, reason: &str) {
        let mut state = self.state();
        state.failures += 1;
        let is_last = state.failures == FAILURES_MOST;
        state.is_off |= is_last;
        drop(state);
        if is_last {
            let text = format!("the shared cache is not used any more in this run: {reason}");
            self.reporter.message(Level::Warning, &text);
        } else {
            self.warn_once(what, &format!("shared cache: {reason}"));
        }
    }

    /// A warning the first time, a detail from then on.
    fn warn_once(&self, what: Warned, text: &str) {
        let is_first = self.state().warned.insert(what);
        self.reporter.message(if is_first { Level::Warning } else { Level::Detail }, text);
    }

    pub(super) fn detail(&self, text: &str) {
        self.reporter.message(Level::Detail, text);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A content that is wanted.
#[derive(Clone, Copy)]
struct WantedContent<'a> {
    namespace: &'a Namespace,
    /// What messages call it.
    name: &'a str,
    digest: &'a HashDigest,
    /// Bytes, where that is known.
    size: Option<u64>,
}

/// Why a content could not be taken.
enum Trouble {
    Store(StoreError),
    Answer(String),
}
