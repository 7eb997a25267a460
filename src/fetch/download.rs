//! One body from the network to a file of the cache.

use std::io::Write as _;

use super::pointer::{Pointer, Unchanged};
use super::{DigestMismatch, FetchError, FetchedFile, WantedFile, stored};
use crate::cache::{Cache, CacheError};
use crate::http::{self, Client, HttpRequest, Response};
use crate::reporter::Reporter;
use crate::spec::{HashAlgorithm, HashDigest, Hasher, WeakDigest, WeakHasher};

/// Largest file that is downloaded when the index does not say its size, bytes.
///
/// Far above what any index takes (PyPI: 1 GB where asked for), low enough that an endless body ends.
const FILE_LIMIT: u64 = 8 << 30;

/// Digests of the bytes that pass: sha256, by which the cache is ordered, and what else can prove them.
pub(super) struct Digests {
    hashers: Vec<Hasher>,
    /// A weak digest that was promised, which can only speak against the bytes, and its hasher.
    weak: Option<(WeakDigest, WeakHasher)>,
    bytes: u64,
}

impl Digests {
    pub(super) fn new(wanted: &WantedFile) -> Self {
        let accepted = &wanted.accepted;
        let others = [HashAlgorithm::Sha384, HashAlgorithm::Sha512];
        let others = others.into_iter().filter(|other| accepted.iter().any(|digest| digest.algorithm() == *other));
        let weak = WeakDigest::of_fragment(&wanted.url).map(|weak| (weak.clone(), weak.hasher()));
        Self {
            hashers: std::iter::once(HashAlgorithm::Sha256).chain(others).map(Hasher::new).collect(),
            weak,
            bytes: 0,
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        for hasher in &mut self.hashers {
            hasher.update(bytes);
        }
        if let Some((_, hasher)) = &mut self.weak {
            hasher.update(bytes);
        }
        self.bytes += bytes.len() as u64;
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The sha256, when one of the digests is accepted (or none was promised).
    pub(super) fn finish(self, wanted: &WantedFile) -> Result<HashDigest, FetchError> {
        let digests: Vec<HashDigest> = self.hashers.into_iter().map(Hasher::finish).collect();
        if !wanted.accepted.is_empty() && !digests.iter().any(|digest| wanted.accepted.contains(digest)) {
            let comparable = |digest: &&HashDigest| digest.algorithm() == wanted.accepted[0].algorithm();
            return Err(FetchError::DigestMismatch(Box::new(DigestMismatch {
                file: wanted.filename.clone(),
                url: wanted.url.clone(),
                expected: wanted.accepted.clone(),
                actual: digests.iter().find(comparable).unwrap_or(&digests[0]).clone(),
                hashes_from: wanted.hashes_from.clone(),
            })));
        }
        if let Some((expected, hasher)) = self.weak {
            let actual = hasher.finish();
            if actual != expected {
                let (file, url) = (wanted.filename.clone(), wanted.url.without_fragment());
                return Err(FetchError::WeakMismatch { file, url, expected, actual });
            }
        }
        Ok(digests.into_iter().next().expect("sha256 is always computed"))
    }
}

/// Downloads a file. Of one without a promised digest the server is asked whether the stored one is unchanged.
pub(super) async fn download(
    client: &Client,
    cache: &Cache,
    reporter: &dyn Reporter,
    wanted: &WantedFile,
) -> Result<FetchedFile, FetchError> {
    let mut request = HttpRequest::file(wanted.url.clone()).listed_by(&wanted.index);
    let pointer = if wanted.is_told_by_index() { None } else { Pointer::read(cache, &wanted.url) };
    let pointer = pointer.filter(|pointer| wanted.accepts_as_known(&pointer.sha256));
    let stored = pointer.as_ref().and_then(|pointer| stored::find(cache, &pointer.sha256, wanted.size));
    if let (Some(Pointer { unchanged: Unchanged::Server { etag, last_modified }, .. }), Some(_)) = (&pointer, &stored) {
        request.if_none_match.clone_from(etag);
        request.if_modified_since.clone_from(last_modified);
    }
    let asked_whether_changed = request.if_none_match.is_some() || request.if_modified_since.is_some();
    let failed = |source| FetchError::Download { file: wanted.filename.clone(), source };
    let response = client.get(request).await.map_err(failed)?;
    match (response.status(), stored) {
        (304, Some(stored)) if asked_whether_changed => Ok(stored),
        // 203: a proxy in between has changed the answer; whether it is the file its digest tells.
        (200 | 203, _) => receive(cache, reporter, wanted, response).await,
        (status, _) => Err(gone(wanted, status)),
    }
}

fn gone(wanted: &WantedFile, status: u16) -> FetchError {
    FetchError::Gone { file: wanted.filename.clone(), url: wanted.url.clone(), status }
}

/// Takes the whole body of an answer into the cache.
pub(super) async fn receive(
    cache: &Cache,
    reporter: &dyn Reporter,
    wanted: &WantedFile,
    mut response: Response,
) -> Result<FetchedFile, FetchError> {
    let header = |name| response.header(name).map(str::to_owned);
    let unchanged = Unchanged::Server { etag: header("etag"), last_modified: header("last-modified") };
    let length = header("content-length").and_then(|length| length.parse().ok());
    let mut receiver = Receiver::start(cache, reporter, wanted, length)?;
    let failed = |source| FetchError::Download { file: wanted.filename.clone(), source };
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => receiver.take(&chunk)?,
            Ok(None) => break,
            // It broke off, and cannot be gone on with: what came is thrown away.
            Err(http::Error::Changed { .. }) => {
                response.begin_anew().await.map_err(failed)?;
                receiver = Receiver::start(cache, reporter, wanted, length)?;
            }
            Err(error) => return Err(failed(error)),
        }
    }
    let fetched = receiver.finish()?;
    if !wanted.is_told_by_index() {
        Pointer { sha256: fetched.digest.clone(), unchanged }.write(cache, &wanted.url);
    }
    Ok(fetched)
}

/// Bytes on their way into the cache.
struct Receiver<'a> {
    cache: &'a Cache,
    wanted: &'a WantedFile,
    file: tempfile::NamedTempFile,
    digests: Digests,
    progress: DownloadProgress<'a>,
}

impl<'a> Receiver<'a> {
    fn start(
        cache: &'a Cache,
        reporter: &'a dyn Reporter,
        wanted: &'a WantedFile,
        size: Option<u64>,
    ) -> Result<Self, FetchError> {
        Ok(Self {
            cache,
            wanted,
            file: cache.temporary_file()?,
            digests: Digests::new(wanted),
            progress: DownloadProgress::start(reporter, &wanted.filename, wanted.size.or(size)),
        })
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.digests.update(bytes);
        if self.digests.bytes() > self.wanted.size.unwrap_or(FILE_LIMIT) {
            return Err(self.wrong_size());
        }
        // Written here and not on a thread for blocking work: a chunk is some kilobytes for the system's own cache,
        // and handing each to another thread takes longer than writing it.
        let written = self.file.write_all(bytes);
        written.map_err(|source| CacheError::Write { path: self.file.path().to_owned(), source })?;
        self.progress.add(bytes.len());
        Ok(())
    }

    fn finish(self) -> Result<FetchedFile, FetchError> {
        let size = self.digests.bytes();
        if self.wanted.accepted.is_empty() && self.wanted.size.is_some_and(|promised| promised != size) {
            return Err(self.wrong_size());
        }
        let digest = self.digests.finish(self.wanted)?;
        let path = self.cache.persist(self.file, &self.cache.wheel(&digest))?;
        Ok(FetchedFile { digest, path, size, is_fresh: true })
    }

    fn wrong_size(&self) -> FetchError {
        FetchError::SizeMismatch {
            file: self.wanted.filename.clone(),
            url: self.wanted.url.clone(),
            expected: self.wanted.size.unwrap_or(FILE_LIMIT),
            actual: self.digests.bytes(),
        }
    }
}

/// The progress of one download; ends it when dropped.
struct DownloadProgress<'a> {
    reporter: &'a dyn Reporter,
    handle: usize,
}

impl<'a> DownloadProgress<'a> {
    fn start(reporter: &'a dyn Reporter, filename: &str, size: Option<u64>) -> Self {
        Self { reporter, handle: reporter.download_started(filename, size) }
    }

    fn add(&self, bytes: usize) {
        self.reporter.download_progress(self.handle, bytes as u64);
    }
}

impl Drop for DownloadProgress<'_> {
    fn drop(&mut self) {
        self.reporter.download_finished(self.handle);
    }
}
