//! The client that every request goes through.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::auth::{Asked, Authenticator};
use super::aws::{Buckets, is_in_bucket, known_user};
use super::encoded::ACCEPTED_CODINGS;
use super::error::{Error, Via, shown, shown_url};
use super::fault::Fault;
use super::login::{Login, LoginVerdict};
use super::means::Means;
use super::options::ClientOptions;
use super::payload::{Payload, Verb};
use super::realm::{Realm, is_allowed_insecure};
use super::retry::{Attempts, is_passing, retry_after};
use super::secret::Secret;
use super::shown::has_login;
use super::throttle::{BLAMELESS_MOST, HostTurn, Throttle};
use crate::reporter::{Level, Reporter};
use crate::spec::SafeUrl;

/// Redirects that are followed; browsers follow 20, pip 30, and indexes need two.
const REDIRECT_LIMIT: usize = 10;

/// How often one hop is repeated with other credentials: once with what asking found, once with a fresh token.
const LOGIN_LIMIT: usize = 2;

/// Longest answer in which a store says why it refuses, bytes.
const REFUSAL_LIMIT: usize = 16 * 1024;

/// How long that is waited for: without it the status alone is told.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(2);

/// What is asked of a server, before credentials, redirects and repetitions.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// Where to; userinfo in it is used as credentials.
    pub url: SafeUrl,
    /// `Accept`.
    pub accept: Option<&'static str>,
    /// `Range`, as bytes: `bytes=-N` or `bytes=A-B`.
    pub range: Option<String>,
    /// `If-Range`: the validator of the file of which a part is asked for.
    pub if_range: Option<String>,
    /// `If-None-Match`.
    pub if_none_match: Option<String>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<String>,
    /// Ask for the bytes as they are, and take them so even when a server calls them encoded (some call every `.tar.gz`
    /// so): for files, whose digests count.
    pub identity: bool,
    /// The index that lists what is asked for: its credentials go first where the path belongs to no index.
    pub listed_by: Option<SafeUrl>,
    /// Whoever reads the body knows the digest of the whole: where it has to be asked for once more, what has come
    /// before is not compared, which would take a checksum of every byte that comes.
    pub is_proved: bool,
    /// The user wrote this very URL: netrc's `default` is for its host.
    pub is_named: bool,
    /// What is asked: the content, unless something else is said.
    pub verb: Verb,
    /// What is sent.
    pub payload: Option<Payload>,
}

impl HttpRequest {
    /// A request for a page or another text.
    pub fn new(url: SafeUrl) -> Self {
        Self {
            url,
            accept: None,
            range: None,
            if_range: None,
            if_none_match: None,
            if_modified_since: None,
            identity: false,
            listed_by: None,
            is_proved: false,
            is_named: false,
            verb: Verb::Get,
            payload: None,
        }
    }

    /// A request for a file, whose bytes come as they are.
    pub fn file(url: SafeUrl) -> Self {
        Self { identity: true, ..Self::new(url) }
    }

    /// A request of another kind than for a content.
    pub fn of(verb: Verb, url: SafeUrl) -> Self {
        Self { verb, identity: true, ..Self::new(url) }
    }

    /// A request that a server takes a content.
    pub fn put(url: SafeUrl, payload: Payload) -> Self {
        Self { payload: Some(payload), ..Self::of(Verb::Put, url) }
    }

    /// Marks the request as one for what `index` lists: the credentials of that index count for it.
    #[must_use]
    pub fn listed_by(self, index: &SafeUrl) -> Self {
        Self { listed_by: Some(index.clone()), ..self }
    }
}

/// The client; cheap to clone.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
}

/// What clones of a client share.
pub(super) struct Shared {
    pub(super) means: Means,
    permits: Arc<Semaphore>,
    throttle: Throttle,
    auth: Authenticator,
    buckets: Buckets,
}

/// An answer with the URL that gave it.
pub(super) struct Hop {
    pub(super) inner: reqwest::Response,
    pub(super) url: Url,
    /// Its place among the requests of the host that was asked, until the body is read.
    pub(super) place: Option<HostTurn>,
}

impl Client {
    /// Makes a client. It opens no socket and reads no file: TLS roots are loaded with the first https request, netrc
    /// with the first request.
    pub fn new(options: ClientOptions, reporter: Arc<dyn Reporter>) -> Result<Self, Error> {
        let permits = Arc::new(Semaphore::new(options.concurrency.clamp(1, Semaphore::MAX_PERMITS)));
        let throttle = Throttle::new(options.concurrency);
        let auth = Authenticator::new(&options);
        let means = Means::new(options, reporter);
        let buckets = Buckets::default();
        Ok(Self { shared: Arc::new(Shared { means, permits, throttle, auth, buckets }) })
    }

    /// Whether credentials for this index are at hand without asking any program.
    ///
    /// # Errors
    /// A netrc file that the user named cannot be read.
    pub fn has_credentials(&self, index: &SafeUrl) -> Result<bool, Error> {
        if is_in_bucket(index.reveal()) {
            return Ok(self.user_for(index).is_some());
        }
        self.shared.auth.has_at_hand(index.reveal(), &self.shared.means)
    }

    /// Whether no socket is opened.
    pub fn is_offline(&self) -> bool {
        self.shared.means.options.offline
    }

    /// The user as whom `url` would be asked, as far as that is known without asking a program; `None`: as nobody.
    ///
    /// It belongs into the keys of what is kept of private indexes. It may be a token (some stand in the place of the
    /// user), so a key must not show it.
    pub fn user_for(&self, url: &SafeUrl) -> Option<String> {
        if is_in_bucket(url.reveal()) {
            return known_user(url.reveal(), self.shared.means.options.aws.as_ref());
        }
        self.shared.auth.known_user(url.reveal(), &self.shared.means)
    }

    /// Every credential that was given or found so far: passwords and tokens, those of netrc for other hosts too.
    pub fn secrets(&self) -> Vec<Secret> {
        let mut secrets = self.shared.auth.secrets(&self.shared.means);
        secrets.extend(self.shared.buckets.secrets());
        secrets
    }

    /// A place among the concurrent requests.
    pub(super) async fn permit(&self, request: &HttpRequest) -> Result<OwnedSemaphorePermit, Error> {
        let url = || shown_url(request.url.reveal());
        if self.shared.means.options.offline {
            return Err(Error::Offline { url: url() });
        }
        if !is_http(request.url.reveal()) && !is_in_bucket(request.url.reveal()) {
            return Err(Error::Scheme { url: url() });
        }
        if let Some(only) = &self.shared.means.options.only
            && Realm::of(only.reveal()) != Realm::of(request.url.reveal())
        {
            return Err(Error::NotTheMirror { url: url(), mirror: shown_url(only.reveal()) });
        }
        Ok(Arc::clone(&self.shared.permits).acquire_owned().await.expect("the semaphore of a client is never closed"))
    }

    /// Sends a request until an answer comes that the caller handles, or no attempt is left.
    pub(super) async fn send(&self, request: &HttpRequest, attempts: &mut Attempts) -> Result<Hop, Error> {
        let host = request.url.reveal().host_str().unwrap_or_default();
        let mut blameless = 0;
        loop {
            let place = self.shared.throttle.place(host).await;
            let fault = match self.follow(request).await {
                Ok(hop) => {
                    place.answered();
                    return Ok(Hop { place: Some(place), ..hop });
                }
                Err(fault) => fault,
            };
            if fault.error.status() == Some(429) && place.refused(fault.pause) && blameless < BLAMELESS_MOST {
                blameless += 1;
                self.trace(|| format!("{}; fewer requests at the same time", fault.error));
                continue;
            }
            drop(place);
            self.pause_after(fault, attempts).await?;
        }
    }

    /// Waits before the next attempt; the error when there is none left.
    pub(super) async fn pause_after(&self, fault: Fault, attempts: &mut Attempts) -> Result<(), Error> {
        let text = fault.error.to_string();
        let pause = attempts.after(fault).map_err(|fault| fault.error)?;
        self.trace(|| format!("{text}; trying again in {:.1} s", pause.as_secs_f32()));
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// One attempt: the request and the redirects that it meets.
    async fn follow(&self, request: &HttpRequest) -> Result<Hop, Fault> {
        let start = request.url.reveal();
        let mut url = start.clone();
        let mut visited = Vec::new();
        loop {
            url.set_fragment(None);
            let hop = if is_in_bucket(&url) {
                return self.judge(self.hop_in_bucket(request, &url).await?, request.verb);
            } else {
                self.hop(request, &url, visited.is_empty()).await?
            };
            let Some(location) = redirect_target(&hop.inner, request.verb) else {
                return self.judge(hop, request.verb);
            };
            let target = hop.url.join(&location).map_err(|_| bad_redirect(&hop.url, &location))?;
            // Userinfo in a redirect is the server's, not the user's.
            let mut target = without_userinfo(target);
            target.set_fragment(None);
            if !is_http(&target) {
                return Err(bad_redirect(&hop.url, &location).into());
            }
            let is_downgrade = hop.url.scheme() == "https" && target.scheme() == "http";
            if is_downgrade && !is_allowed_insecure(&target, &self.shared.means.options.insecure_hosts) {
                let error = Error::InsecureRedirect { url: shown_url(&hop.url), target: shown_url(&target) };
                return Err(error.into());
            }
            self.trace(|| format!("{} redirects to {}", shown_url(&hop.url), shown_url(&target)));
            visited.push(without_userinfo(url));
            if visited.contains(&target) {
                return Err(Error::RedirectLoop { url: shown_url(start), last: shown_url(&target) }.into());
            }
            if visited.len() > REDIRECT_LIMIT {
                let (url, last) = (shown_url(start), shown_url(&target));
                return Err(Error::TooManyRedirects { url, limit: REDIRECT_LIMIT, last }.into());
            }
            url = target;
        }
    }

    /// Asks one URL, with the credentials that belong to it, and again when others turn up.
    async fn hop(&self, request: &HttpRequest, url: &Url, own: bool) -> Result<Hop, Fault> {
        let Shared { means, auth, .. } = &*self.shared;
        let asked = Asked { url, own, is_named: request.is_named, listed_by: request.listed_by.as_ref() };
        let mut login = auth.first(asked, means).await?;
        for _ in 0..LOGIN_LIMIT {
            let (status, answer) = self.ask_carefully(request, url, login.as_ref()).await?;
            if matches!(status, 401 | 403 | 404)
                && let Some(other) = auth.after_refusal(asked, status, login.as_ref(), means).await
            {
                login = Some(other);
                continue;
            }
            return self.accept(url, status, answer, login.as_ref());
        }
        let (status, answer) = self.ask_carefully(request, url, login.as_ref()).await?;
        self.accept(url, status, answer, login.as_ref())
    }

    /// Asks for an object of a bucket, and again when it turns out to be in another region.
    async fn hop_in_bucket(&self, request: &HttpRequest, url: &Url) -> Result<Hop, Fault> {
        let Shared { means, buckets, .. } = &*self.shared;
        let mut is_again = false;
        loop {
            let signed = buckets.sign(url, request.verb, request.payload.as_ref(), means).await?;
            let whence = match &signed.whence {
                Ok(whence) => whence.clone(),
                Err(tried) => format!("no credentials, because none were found ({tried})"),
            };
            let answer = self.exchange(request, (url, &signed.url), signed.headers.clone(), &whence).await?;
            if !is_again && buckets.is_elsewhere(url, &signed, &answer) {
                is_again = true;
                continue;
            }
            let status = answer.status().as_u16();
            if matches!(status, 301 | 307 | 400 | 401 | 403) {
                let (url, code) = (shown_url(url), refusal_code(answer).await);
                return Err(Error::Refused { url, status, code, whence: whence.into() }.into());
            }
            return Ok(Hop { inner: answer, url: url.clone(), place: None });
        }
    }

    /// Turns the refusals of a server into errors that say as whom it was asked.
    fn accept(
        &self,
        url: &Url,
        status: u16,
        answer: Option<reqwest::Response>,
        login: Option<&Arc<Login>>,
    ) -> Result<Hop, Fault> {
        match answer {
            Some(inner) if !matches!(status, 401 | 403 | 407) => Ok(Hop { inner, url: url.clone(), place: None }),
            _ if status == 407 => Err(self.proxy_refused(url)),
            answer => {
                let looked_in = || self.shared.auth.looked_in(url, &self.shared.means);
                // Who forbids and asks for no credentials may have none to take: a server of files that its user cannot
                // read.
                let wants_none = status == 403
                    && answer.is_some_and(|answer| !answer.headers().contains_key(header::WWW_AUTHENTICATE))
                    && !self.shared.auth.knows_accounts(url);
                Err(Fault::from(Error::Status {
                    url: shown_url(url),
                    status,
                    sent_as: login.map(|login| Box::new(login.sent_as())),
                    looked_in: (login.is_none() && !wants_none).then(|| Box::new(looked_in())),
                }))
            }
        }
    }

    fn proxy_refused(&self, url: &Url) -> Fault {
        let proxy = self.shared.means.transport.proxy(url);
        let (via, has_login) = (Via(proxy.map(shown_url)), proxy.is_some_and(has_login));
        Error::ProxyRefused { url: shown_url(url), via, has_login }.into()
    }

    /// Asks one URL. Credentials that no server has accepted yet are tried by one request while the others wait: wrong
    /// ones are sent once and not fifty times. No response: they are known to be wrong.
    async fn ask_carefully(
        &self,
        request: &HttpRequest,
        url: &Url,
        login: Option<&Arc<Login>>,
    ) -> Result<(u16, Option<reqwest::Response>), Fault> {
        let trial = match login.filter(|login| login.verdict() == LoginVerdict::Untried) {
            Some(login) => Some(login.trial.lock().await),
            None => None,
        };
        if login.is_some_and(|login| login.verdict() == LoginVerdict::Refused) {
            return Ok((401, None));
        }
        let mut answer = self.ask(request, url, login).await?;
        if trial.is_some() && wants_bearer(&answer) && login.is_some_and(|login| login.turn_to_bearer()) {
            answer = self.ask(request, url, login).await?;
        }
        let status = answer.status().as_u16();
        if let Some(login) = login.filter(|_| !is_passing(status)) {
            login.answered(status);
        }
        drop(trial);
        Ok((status, Some(answer)))
    }

    /// One request to a server that knows its users by `Authorization`.
    async fn ask(
        &self,
        request: &HttpRequest,
        url: &Url,
        login: Option<&Arc<Login>>,
    ) -> Result<reqwest::Response, Fault> {
        let mut headers = HeaderMap::new();
        if let Some(login) = login {
            let value = login.header().ok_or_else(|| Error::Unsendable { url: shown_url(url) })?;
            headers.insert(header::AUTHORIZATION, value);
        }
        let whence = login.map_or_else(String::new, |login| login.sent_as().to_string());
        self.exchange(request, (url, &without_userinfo(url.clone())), headers, &whence).await
    }

    /// One request on the wire: what is called `url` is asked for at `address`.
    async fn exchange(
        &self,
        request: &HttpRequest,
        (url, address): (&Url, &Url),
        own: HeaderMap,
        whence: &str,
    ) -> Result<reqwest::Response, Fault> {
        let Means { options, transport, .. } = &self.shared.means;
        let pool = transport.pool(address, options)?;
        let mut builder = pool.request(request.verb.method(), address.clone()).headers(own);
        let headers = [
            (header::ACCEPT, request.accept),
            (header::RANGE, request.range.as_deref()),
            (header::IF_RANGE, request.if_range.as_deref()),
            (header::IF_NONE_MATCH, request.if_none_match.as_deref()),
            (header::IF_MODIFIED_SINCE, request.if_modified_since.as_deref()),
            (header::ACCEPT_ENCODING, Some(if request.identity { "identity" } else { ACCEPTED_CODINGS })),
        ];
        for (name, value) in headers {
            // A validator that no header can hold came from a damaged cache entry: asking without it is right.
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                builder = builder.header(name, value);
            }
        }
        let mut limit = options.connect_timeout + options.timeout;
        if let Some(payload) = &request.payload {
            let body =
                payload.body().map_err(|error| Error::Content { url: shown_url(url), reason: error.to_string() })?;
            builder = builder.header(header::CONTENT_TYPE, payload.content_type);
            builder = builder.header(header::CONTENT_LENGTH, payload.size).body(body);
            if payload.only_if_absent {
                builder = builder.header(header::IF_NONE_MATCH, "*");
            }
            for (name, value) in &payload.headers {
                builder = builder.header(*name, value);
            }
            limit += Duration::from_secs(payload.size / u64::from(options.slowest.max(1)));
        }
        let answer = tokio::time::timeout(limit, builder.send()).await;
        let answer = match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Fault::of_transport(&error, url, transport.proxy(address))),
            Err(_) => Err(Fault::passing(Error::Timeout {
                url: shown_url(url),
                what: "did not answer",
                seconds: limit.as_secs_f32(),
            })),
        };
        self.trace(|| {
            let outcome = answer.as_ref().map_or_else(
                |fault| fault.error.to_string(),
                |answer| format!("{} {:?}", answer.status().as_u16(), answer.version()),
            );
            let sent_as = if whence.is_empty() { String::new() } else { format!(" as {whence}") };
            let range = request.range.as_ref().map_or_else(String::new, |range| format!(" ({})", shown(range)));
            format!("{} {}{range}{sent_as}: {outcome}", request.verb.method(), shown_url(url))
        });
        answer
    }

    /// Sorts the statuses of answers that are no redirects.
    fn judge(&self, hop: Hop, verb: Verb) -> Result<Hop, Fault> {
        let status = hop.inner.status().as_u16();
        if matches!(status, 200..=299) || verb.handles(status) {
            return Ok(hop);
        }
        let url = shown_url(&hop.url);
        let refused = Error::Status { url: url.clone(), status, sent_as: None, looked_in: None };
        if !is_passing(status) {
            return Err(refused.into());
        }
        let text = |name| hop.inner.headers().get(name).and_then(|value| value.to_str().ok());
        let pause = text(header::RETRY_AFTER).and_then(|value| retry_after(value, text(header::DATE)));
        match pause.filter(|pause| *pause > self.shared.means.options.longest_pause) {
            Some(pause) => Err(Error::ComeBackLater { url, status, seconds: pause.as_secs() }.into()),
            None => Err(Fault { pause, ..Fault::passing(refused) }),
        }
    }

    fn trace(&self, text: impl FnOnce() -> String) {
        if self.shared.means.reporter.shows(Level::Trace) {
            self.shared.means.reporter.message(Level::Trace, &text());
        }
    }
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

/// Whether the server asks for a bearer token, and would not take a password instead.
fn wants_bearer(answer: &reqwest::Response) -> bool {
    let challenges = answer.headers().get_all(header::WWW_AUTHENTICATE).iter();
    let challenges: Vec<String> =
        challenges.filter_map(|value| Some(value.to_str().ok()?.trim().to_ascii_lowercase())).collect();
    let takes_passwords = challenges.iter().any(|challenge| challenge.contains("basic"));
    answer.status() == 401 && !takes_passwords && challenges.iter().any(|challenge| challenge.starts_with("bearer"))
}

fn without_userinfo(mut url: Url) -> Url {
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// Where a response redirects to. Servers send UTF-8 in `Location` although only ASCII is allowed.
fn redirect_target(answer: &reqwest::Response, verb: Verb) -> Option<String> {
    let status = answer.status().as_u16();
    // The others may be followed by asking for a content, and mean nothing to one who brings it.
    let is_followed = match status {
        301..=303 => matches!(verb, Verb::Get | Verb::Head),
        307 | 308 => true,
        _ => false,
    };
    if !is_followed {
        return None;
    }
    let location = answer.headers().get(header::LOCATION)?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

/// The word in which a store says why it refuses: `<Code>` of its answer (S3 API reference, "REST error responses").
async fn refusal_code(mut answer: reqwest::Response) -> String {
    let mut body = Vec::new();
    let reading = async {
        while let Ok(Some(chunk)) = answer.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > REFUSAL_LIMIT {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(REFUSAL_PATIENCE, reading).await;
    let text = String::from_utf8_lossy(&body);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map_or("", |(code, _)| code);
    let is_word = code.len() < 60 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_word { code.to_owned() } else { String::new() }
}

fn bad_redirect(url: &Url, location: &str) -> Error {
    // A `Location` that is no URL can still hold a password in what looks like its authority.
    let location = location.rfind('@').map_or_else(|| location.to_owned(), |at| format!("****{}", &location[at..]));
    Error::BadRedirect { url: shown_url(url), location: shown(&location) }
}
