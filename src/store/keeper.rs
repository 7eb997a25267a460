//! A store: bytes under keys.

use memchr::memmem;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::StoreError;
use super::listing::{self, ListedObject, ListingPage};
use crate::http::{self, Client, HttpRequest, Payload, Response, Verb};
use crate::spec::SafeUrl;

/// How the hosts of Azure's accounts end.
const AZURE_HOSTS: &str = ".blob.core.windows.net";

/// Largest page of a listing, bytes: it has at most 5,000 objects of about 500 bytes each.
const PAGE_LIMIT: u64 = 16 << 20;

/// Most objects that are listed at once: a store that says more has others than ours, or does not end.
const LISTED_MOST: usize = 5_000_000;

/// Largest answer that says why there is nothing, bytes.
const ERROR_LIMIT: u64 = 64 << 10;

/// What stores say where the bucket or container of a key is not there.
const NO_BUCKET: [&[u8]; 2] = [b"<Code>NoSuchBucket</Code>", b"<Code>ContainerNotFound</Code>"];

/// What kind of store a URL leads to: the kinds differ in what they want to hear, and in how they say no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StoreKind {
    Amazon,
    Google,
    Azure,
    /// Any other server that takes files.
    Files,
}

/// What a store has done with a content that was offered to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// The store has written it.
    Written,
    /// The store had one already, which stays.
    Present,
}

/// A store; cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    client: Client,
    place: SafeUrl,
    kind: StoreKind,
}

impl Store {
    /// The store at `place`; nothing is asked yet.
    ///
    /// # Errors
    /// The URL is not one of a store.
    pub(crate) fn new(place: &SafeUrl, client: Client) -> Result<Self, StoreError> {
        let failed = |reason| StoreError::Place { url: place.clone(), reason };
        let url = place.reveal();
        if url.host_str().is_none_or(str::is_empty) {
            return Err(failed("it has no host"));
        }
        let kind = match url.scheme() {
            "s3" => StoreKind::Amazon,
            "gs" => StoreKind::Google,
            "http" | "https" if is_azure(url.host_str().unwrap_or_default(), url.query().unwrap_or_default()) => {
                StoreKind::Azure
            }
            "http" | "https" => StoreKind::Files,
            _ => return Err(failed("give an s3, gs, https or http URL")),
        };
        Ok(Self { client, place: place.without_fragment(), kind })
    }

    /// Whether keys may end in a slash, so that a page can lie where a folder would be asked for.
    pub(crate) fn has_no_folders(&self) -> bool {
        self.kind != StoreKind::Files
    }

    /// The content of a key, to be read by one who knows its digest; `None`: there is none.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Response>, StoreError> {
        self.answer(key, HttpRequest { is_proved: true, ..HttpRequest::file(self.url(key)) }).await
    }

    async fn answer(&self, key: &str, request: HttpRequest) -> Result<Option<Response>, StoreError> {
        let response = self.ask(request, "read", key).await?;
        match response.status() {
            200 | 203 => Ok(Some(response)),
            404 if self.kind != StoreKind::Files => self.absent(response).await,
            404 | 410 => Ok(None),
            status => Err(StoreError::Status { action: "read", key: key.to_owned(), status }),
        }
    }

    /// That there is nothing under a key, unless the answer says that the bucket itself is not there (S3 API reference,
    /// "Error responses"; Azure, "Blob service error codes").
    async fn absent<T>(&self, response: Response) -> Result<Option<T>, StoreError> {
        // An answer that is larger, or that ends early, says nothing of the kind.
        let text = response.bytes(ERROR_LIMIT).await.unwrap_or_default();
        let lacks_bucket = NO_BUCKET.iter().any(|code| memmem::find(&text, code).is_some());
        if lacks_bucket { Err(StoreError::NoBucket { url: self.place.clone() }) } else { Ok(None) }
    }

    /// The content of a key, whole; `None`: there is none. One that is larger than `limit` bytes is refused.
    pub(crate) async fn read(&self, key: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let request = HttpRequest::file(self.url(key));
        let Some(response) = self.answer(key, request).await? else { return Ok(None) };
        let failed = |source| StoreError::Request { action: "read", key: key.to_owned(), source };
        response.bytes(limit).await.map(Some).map_err(failed)
    }

    /// The size of the content of a key, bytes, where the store tells it; `None`: there is none.
    pub(crate) async fn has(&self, key: &str) -> Result<Option<Option<u64>>, StoreError> {
        let response = self.ask(HttpRequest::of(Verb::Head, self.url(key)), "look for", key).await?;
        match response.status() {
            200 | 204 => Ok(Some(response.header("content-length").and_then(|size| size.trim().parse().ok()))),
            404 | 410 => Ok(None),
            status => Err(StoreError::Status { action: "look for", key: key.to_owned(), status }),
        }
    }

    /// Puts a content under a key. A payload that is to be written only where there is nothing is not compared with
    /// what is there.
    pub(crate) async fn put(&self, key: &str, mut payload: Payload) -> Result<Put, StoreError> {
        match self.kind {
            StoreKind::Azure => payload.headers.push(("x-ms-blob-type", "BlockBlob".to_owned())),
            // Its own condition does not go together with the signature of an HMAC key.
            StoreKind::Google if payload.only_if_absent => {
                if self.has(key).await?.is_some() {
                    return Ok(Put::Present);
                }
                payload.only_if_absent = false;
            }
            _ => {}
        }
        let mut has_folders = self.kind != StoreKind::Files;
        loop {
            let only_if_absent = payload.only_if_absent;
            let request = HttpRequest::put(self.url(key), payload.clone());
            let status = self.ask(request, "write", key).await?.status();
            match status {
                200..=299 => return Ok(Put::Written),
                // "There is one" or, from S3, "somebody else is writing it now".
                304 | 412 if only_if_absent => return Ok(Put::Present),
                409 if only_if_absent && self.kind != StoreKind::Files => return Ok(Put::Present),
                // A folder above is missing.
                404 | 409 if !has_folders => {
                    has_folders = true;
                    self.make_folders(key).await?;
                }
                status => return Err(StoreError::Status { action: "write", key: key.to_owned(), status }),
            }
        }
    }

    /// Removes a key; whether there was a content.
    pub(crate) async fn remove(&self, key: &str) -> Result<bool, StoreError> {
        let status = self.ask(HttpRequest::of(Verb::Delete, self.url(key)), "remove", key).await?.status();
        match status {
            200..=299 => Ok(true),
            404 | 410 => Ok(false),
            status => Err(StoreError::Status { action: "remove", key: key.to_owned(), status }),
        }
    }

    /// Everything below a prefix, which ends in a slash.
    ///
    /// # Errors
    /// The store cannot list, or is in trouble.
    pub(crate) async fn list(&self, prefix: &str) -> Result<Vec<ListedObject>, StoreError> {
        let own = self.place.reveal();
        let mut segments: Vec<&str> = own.path().split('/').filter(|segment| !segment.is_empty()).collect();
        let mut top = own.clone();
        let dialect = match self.kind {
            StoreKind::Files => return Err(StoreError::NoList { url: self.place.clone() }),
            StoreKind::Amazon | StoreKind::Google => {
                top.set_path("/");
                &listing::S3
            }
            StoreKind::Azure => {
                // An emulator has the account in front of the container.
                let is_azure = own.host_str().is_some_and(|host| host.ends_with(AZURE_HOSTS));
                let rest = segments.split_off(segments.len().min(if is_azure { 1 } else { 2 }));
                top.set_path(&segments.join("/"));
                segments = rest;
                &listing::AZURE
            }
        };
        let below: String = segments.iter().flat_map(|segment| [*segment, "/"]).collect();
        let below = percent_decode_str(&below).decode_utf8_lossy().into_owned();
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let signature = own.query().map(|query| format!("{query}&")).unwrap_or_default();
        let question = format!("{signature}{}&prefix={}", dialect.question, encoded(&format!("{below}{prefix}")));
        let (mut found, mut next) = (Vec::new(), None::<String>);
        loop {
            let further = next.as_ref().map(|next| format!("&{}={}", dialect.further, encoded(next)));
            top.set_query(Some(&format!("{question}{}", further.unwrap_or_default())));
            let failed = |source| StoreError::Request { action: "list", key: prefix.to_owned(), source };
            let response = self.client.get(HttpRequest::file(top.clone().into())).await.map_err(failed)?;
            let status = response.status();
            let unreadable = || StoreError::Status { action: "list", key: prefix.to_owned(), status };
            if status != 200 {
                return Err(unreadable());
            }
            let text = String::from_utf8_lossy(&response.bytes(PAGE_LIMIT).await.map_err(failed)?).into_owned();
            let page = ListingPage::read(&text, dialect).ok_or_else(unreadable)?;
            // What a store says is below the prefix, or it is none of ours.
            found.extend(page.objects.into_iter().filter_map(|listed| {
                let key = listed.key.strip_prefix(&below).filter(|key| key.starts_with(prefix) && is_plain(key))?;
                Some(ListedObject { key: key.to_owned(), ..listed })
            }));
            if page.next.is_none() {
                return Ok(found);
            }
            // The same page again and again is no end either.
            if found.len() > LISTED_MOST || page.next == next {
                return Err(unreadable());
            }
            next = page.next;
        }
    }

    async fn make_folders(&self, key: &str) -> Result<(), StoreError> {
        let parts: Vec<&str> = key.split('/').collect();
        for count in 1..parts.len() {
            let folder = format!("{}/", parts[..count].join("/"));
            // Those that are there already say so, and what cannot be made is told by the content that goes there.
            self.ask(HttpRequest::of(Verb::MakeFolder, self.url(&folder)), "make the folder", &folder).await?;
        }
        Ok(())
    }

    async fn ask(&self, request: HttpRequest, action: &'static str, key: &str) -> Result<Response, StoreError> {
        let failed = |source: http::Error| StoreError::Request { action, key: key.to_owned(), source };
        self.client.get(request).await.map_err(failed)
    }

    /// The URL of a key; a query, which may be a signature, stays where it is.
    fn url(&self, key: &str) -> SafeUrl {
        self.place.below(&key.split('/').collect::<Vec<_>>())
    }
}

/// Whether a key leads to nowhere but itself.
fn is_plain(key: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    key.bytes().all(is_fine) && key.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Whether a URL is one of Azure's with a shared access signature (also that of an emulator under any name).
fn is_azure(host: &str, query: &str) -> bool {
    let has = |name: &str| query.split('&').any(|pair| pair.starts_with(name));
    host.ends_with(AZURE_HOSTS) || (has("sv=") && has("sig="))
}
