//! An index on the loopback address (PEP 503, 691, 658) that misbehaves on request and remembers what it was asked.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::oneshot;

use super::pages::{html_page, json_page, offered_metadata};
use super::wheel::normalize;
use super::{BuiltFile, sha256_hex};

/// In which shape project pages are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON to those who accept it, else HTML.
    Negotiated,
    /// Always JSON (PEP 691).
    Json,
    /// Always HTML (PEP 503), as `text/html`.
    Html,
}

/// How range requests for files are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ranges {
    /// As RFC 9110 says.
    Honoured,
    /// Not at all: 200 and the whole file.
    Ignored,
    /// `bytes=A-B` is honoured; `bytes=-N` gets 416.
    NoSuffix,
    /// Every range gets 416.
    Refused,
    /// Every range gets 403.
    Forbidden,
    /// Every range gets 500.
    Stumbling,
    /// Every part is shorter than it was said to be.
    CutOff,
}

/// What goes wrong with requests for one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// This status, always.
    Status(u16),
    /// 503 with `Retry-After: 0`, this many times; then all is well.
    Unavailable(u32),
    /// The connection breaks after half of the body, this many times; then all is well.
    Truncated(u32),
    /// One bit of the body is not what was promised.
    WrongBytes,
    /// Nothing for this long, then the answer.
    Slow(Duration),
    /// 302 to this URL.
    Redirect(String),
    /// 200 with this body, where the index has nothing itself.
    Answer(String),
}

/// A file as the index lists it; `From` a builder lists it plainly.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(super) file: BuiltFile,
    pub(super) yanked: Option<String>,
    pub(super) upload_time: Option<String>,
    pub(super) hashed: bool,
    pub(super) metadata: Option<bool>,
}

impl Listed {
    /// Lists a file plainly.
    pub(crate) fn new(file: impl Into<BuiltFile>) -> Self {
        Self { file: file.into(), yanked: None, upload_time: None, hashed: true, metadata: None }
    }

    /// The file itself.
    pub(crate) fn file(&self) -> &BuiltFile {
        &self.file
    }

    /// Withdrawn, with a reason (PEP 592).
    pub(crate) fn yanked(mut self, reason: &str) -> Self {
        self.yanked = Some(reason.to_owned());
        self
    }

    /// Upload time (PEP 700), such as `2024-02-03T04:05:06Z`.
    pub(crate) fn upload_time(mut self, time: &str) -> Self {
        self.upload_time = Some(time.to_owned());
        self
    }

    /// Without any digest.
    pub(crate) fn unhashed(mut self) -> Self {
        self.hashed = false;
        self
    }

    /// With or without a METADATA file of its own, whatever the server does otherwise.
    pub(crate) fn metadata(mut self, offered: bool) -> Self {
        self.metadata = Some(offered);
        self
    }
}

impl<T: Into<BuiltFile>> From<T> for Listed {
    fn from(file: T) -> Self {
        Self::new(file)
    }
}

/// One request that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoggedRequest {
    /// Path and query.
    pub(crate) path: String,
    /// `Range`, when there was one.
    pub(crate) range: Option<String>,
    /// Whether it carried `Authorization`.
    pub(crate) authorized: bool,
    /// Status of the answer.
    pub(crate) status: u16,
}

/// Describes an index; [`IndexServer::start`] makes it answer.
#[derive(Clone, Debug)]
pub(crate) struct IndexServer {
    files: Vec<Listed>,
    format: Format,
    ranges: Ranges,
    metadata: bool,
    credentials: Option<(String, String)>,
    max_age: Option<u32>,
    faults: Vec<(String, Fault)>,
    disorder: Option<u64>,
}

impl IndexServer {
    /// An empty index that does everything right: JSON or HTML as asked, METADATA files, ranges.
    pub(crate) fn new() -> Self {
        Self {
            files: Vec::new(),
            format: Format::Negotiated,
            ranges: Ranges::Honoured,
            metadata: true,
            credentials: None,
            max_age: None,
            faults: Vec::new(),
            disorder: None,
        }
    }

    /// Lists a file: a builder, a built file, or a [`Listed`].
    pub(crate) fn file(mut self, file: impl Into<Listed>) -> Self {
        self.files.push(file.into());
        self
    }

    /// The shape of project pages.
    pub(crate) fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// How ranges are answered.
    pub(crate) fn ranges(mut self, ranges: Ranges) -> Self {
        self.ranges = ranges;
        self
    }

    /// No METADATA files (PEP 658).
    pub(crate) fn without_metadata(mut self) -> Self {
        self.metadata = false;
        self
    }

    /// 401 unless a request carries these Basic credentials.
    pub(crate) fn credentials(mut self, user: &str, password: &str) -> Self {
        self.credentials = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Pages are fresh for so many seconds.
    pub(crate) fn max_age(mut self, seconds: u32) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Makes requests go wrong whose path ends in `path`.
    pub(crate) fn fault(mut self, path: &str, fault: Fault) -> Self {
        self.faults.push((path.to_owned(), fault));
        self
    }

    /// Each answer comes later by some milliseconds, which depend on its path and this number: answers arrive in
    /// another order with each.
    pub(crate) fn disorder(mut self, seed: u64) -> Self {
        self.disorder = Some(seed);
        self
    }

    /// Starts to answer, on a thread of its own, until the returned value is dropped.
    pub(crate) fn start(self) -> RunningIndex {
        let log = Arc::new(Mutex::new(Vec::new()));
        let site = Arc::new(Site::new(self, Arc::clone(&log)));
        let shown = Arc::clone(&site);
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let (tell, told) = std::sync::mpsc::channel();
        let serve = async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
            tell.send(listener.local_addr().expect("a bound socket has an address")).expect("the test waits");
            let router = axum::Router::new().fallback(answer).with_state(site);
            tokio::select! {
                result = axum::serve(listener, router) => result.expect("the server runs"),
                _ = stopped => {}
            }
        };
        let thread = std::thread::Builder::new()
            .name("index-server".to_owned())
            .spawn(move || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime can be made")
                    .block_on(serve);
            })
            .expect("a thread can be made");
        let address = told.recv().expect("the server tells its address");
        RunningIndex { address, log, site: shown, stop: Some(stop), thread: Some(thread) }
    }
}

/// An index that answers; dropping it ends it.
pub(crate) struct RunningIndex {
    address: std::net::SocketAddr,
    log: Arc<Mutex<Vec<LoggedRequest>>>,
    site: Arc<Site>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl RunningIndex {
    /// The URL to give as `--index-url`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/simple/", self.address)
    }

    /// The same URL with credentials in it.
    pub(crate) fn url_with(&self, user: &str, password: &str) -> String {
        format!("http://{user}:{password}@{}/simple/", self.address)
    }

    /// Lists one more file from now on.
    pub(crate) fn add(&self, file: impl Into<Listed>) {
        let listed = file.into();
        let mut projects = self.site.projects();
        projects.entry(normalize(&listed.file.project)).or_default().push(listed);
    }

    /// No longer has a file from now on; a project without files is not here.
    pub(crate) fn withdraw(&self, filename: &str) {
        let mut projects = self.site.projects();
        projects.values_mut().for_each(|files| files.retain(|listed| listed.file.filename != filename));
        projects.retain(|_, files| !files.is_empty());
    }

    /// Answers with this status from now on where a path ends so.
    pub(crate) fn fail(&self, path: &str, status: u16) {
        self.site.faults.lock().expect("no handler panicked").push((path.to_owned(), Fault::Status(status)));
    }

    /// Everything that was asked so far.
    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        self.log.lock().expect("no handler panicked").clone()
    }

    /// Everything that was asked so far as lines, sorted since parallel requests arrive in any order:
    /// `200 /simple/tiny/`, `206 /files/tiny-1.0-py3-none-any.whl bytes=-4096 with credentials`.
    pub(crate) fn log(&self) -> String {
        let mut lines: Vec<String> = self.requests().iter().map(LoggedRequest::line).collect();
        lines.sort();
        lines.concat()
    }
}

impl LoggedRequest {
    fn line(&self) -> String {
        let range = self.range.as_ref().map(|range| format!(" {range}")).unwrap_or_default();
        let authorized = if self.authorized { " with credentials" } else { "" };
        format!("{} {}{range}{authorized}\n", self.status, self.path)
    }
}

impl Drop for RunningIndex {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the handler needs.
struct Site {
    projects: Mutex<BTreeMap<String, Vec<Listed>>>,
    format: Format,
    ranges: Ranges,
    metadata: bool,
    max_age: Option<u32>,
    authorization: Option<String>,
    faults: Mutex<Vec<(String, Fault)>>,
    disorder: Option<u64>,
    log: Arc<Mutex<Vec<LoggedRequest>>>,
}

impl Site {
    fn new(server: IndexServer, log: Arc<Mutex<Vec<LoggedRequest>>>) -> Self {
        let mut projects: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
        for listed in server.files {
            projects.entry(normalize(&listed.file.project)).or_default().push(listed);
        }
        Self {
            projects: Mutex::new(projects),
            format: server.format,
            ranges: server.ranges,
            metadata: server.metadata,
            max_age: server.max_age,
            authorization: server
                .credentials
                .map(|(user, password)| format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))),
            faults: Mutex::new(server.faults),
            disorder: server.disorder,
            log,
        }
    }

    fn projects(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Vec<Listed>>> {
        self.projects.lock().expect("no handler panicked")
    }

    /// The fault that this request meets, counted down.
    fn take_fault(&self, path: &str) -> Option<Fault> {
        let mut faults = self.faults.lock().expect("no handler panicked");
        let (_, fault) = faults.iter_mut().find(|(end, fault)| {
            path.ends_with(end.as_str()) && !matches!(fault, Fault::Unavailable(0) | Fault::Truncated(0))
        })?;
        let met = fault.clone();
        if let Fault::Unavailable(times) | Fault::Truncated(times) = fault {
            *times -= 1;
        }
        Some(met)
    }

    fn page(&self, path: &str, headers: &HeaderMap) -> Option<(&'static str, Vec<u8>)> {
        let project = path.strip_prefix("/simple/")?.strip_suffix('/')?;
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let json = match self.format {
            Format::Json => true,
            Format::Html => false,
            Format::Negotiated => accept.contains("application/vnd.pypi.simple.v1+json"),
        };
        let projects = self.projects();
        let files = projects.get(project)?;
        Some(if json {
            (
                "application/vnd.pypi.simple.v1+json",
                json_page(project, files, "../../files/", self.metadata).into_bytes(),
            )
        } else {
            ("text/html; charset=utf-8", html_page(project, files, "../../files/", self.metadata).into_bytes())
        })
    }

    fn file(&self, path: &str) -> Option<Vec<u8>> {
        let name = path.strip_prefix("/files/")?;
        let projects = self.projects();
        let all = || projects.values().flatten();
        if let Some(whole) = all().find(|listed| listed.file.filename == name) {
            return Some(whole.file.bytes.clone());
        }
        let wheel = name.strip_suffix(".metadata")?;
        let listed = all().find(|listed| listed.file.filename == wheel)?;
        offered_metadata(listed, self.metadata).map(|text| text.clone().into_bytes())
    }
}

/// Answers one request and notes it.
async fn answer(State(site): State<Arc<Site>>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let headers = request.headers().clone();
    let response = answer_path(&site, &path, &headers).await;
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    site.log.lock().expect("no handler panicked").push(LoggedRequest {
        path,
        range,
        authorized: headers.contains_key(header::AUTHORIZATION),
        status: response.status().as_u16(),
    });
    response
}

async fn answer_path(site: &Site, path: &str, headers: &HeaderMap) -> Response {
    if let Some(expected) = &site.authorization
        && headers.get(header::AUTHORIZATION).is_none_or(|given| given.as_bytes() != expected.as_bytes())
    {
        return plain(401, &[(header::WWW_AUTHENTICATE, "Basic realm=\"tests\"".to_owned())], b"who are you?");
    }
    if let Some(seed) = site.disorder {
        tokio::time::sleep(delay(path, seed)).await;
    }
    let fault = site.take_fault(path);
    match &fault {
        Some(Fault::Status(status)) => return plain(*status, &[], b"told to fail"),
        Some(Fault::Unavailable(_)) => return plain(503, &[(header::RETRY_AFTER, "0".to_owned())], b"later"),
        Some(Fault::Answer(body)) => return plain(200, &[], body.as_bytes()),
        Some(Fault::Redirect(to)) => return plain(302, &[(header::LOCATION, to.clone())], b""),
        Some(Fault::Slow(time)) => tokio::time::sleep(*time).await,
        Some(Fault::Truncated(_) | Fault::WrongBytes) | None => {}
    }
    let response = if let Some((content_type, page)) = site.page(path, headers) {
        let etag = format!("\"{}\"", &sha256_hex(&page)[..16]);
        let age = site.max_age.map_or_else(|| "no-cache".to_owned(), |seconds| format!("max-age={seconds}"));
        if headers.get(header::IF_NONE_MATCH).is_some_and(|given| given.as_bytes() == etag.as_bytes()) {
            return plain(304, &[(header::ETAG, etag), (header::CACHE_CONTROL, age)], b"");
        }
        let kind = (header::CONTENT_TYPE, content_type.to_owned());
        plain(200, &[kind, (header::ETAG, etag), (header::CACHE_CONTROL, age)], &page)
    } else if let Some(mut bytes) = site.file(path) {
        if fault == Some(Fault::WrongBytes)
            && let Some(last) = bytes.last_mut()
        {
            *last ^= 1;
        }
        file_response(site.ranges, headers.get(header::RANGE).and_then(|range| range.to_str().ok()), &bytes)
    } else if path.strip_prefix("/simple/").is_some_and(|project| site.projects().contains_key(project)) {
        return plain(301, &[(header::LOCATION, format!("{path}/"))], b"");
    } else {
        plain(404, &[], b"not here")
    };
    if matches!(fault, Some(Fault::Truncated(_))) { truncate(response).await } else { response }
}

/// None for half of all paths, and up to fifteen milliseconds for the others.
fn delay(path: &str, seed: u64) -> Duration {
    let digest = sha256_hex(format!("{seed} {path}").as_bytes());
    let number = u64::from_str_radix(&digest[..8], 16).expect("a digest is hexadecimal");
    Duration::from_millis((number % 30).saturating_sub(15))
}

/// Answers with a file or the asked part of it (RFC 9110, section 14).
fn file_response(ranges: Ranges, range: Option<&str>, bytes: &[u8]) -> Response {
    let length = bytes.len();
    let kind = (header::CONTENT_TYPE, "application/octet-stream".to_owned());
    let accepts = (header::ACCEPT_RANGES, "bytes".to_owned());
    let Some(range) = range.filter(|_| ranges != Ranges::Ignored) else {
        return if ranges == Ranges::Ignored {
            plain(200, &[kind], bytes)
        } else {
            plain(200, &[kind, accepts], bytes)
        };
    };
    if ranges == Ranges::Forbidden {
        return plain(403, &[], b"no parts");
    }
    if ranges == Ranges::Stumbling {
        return plain(500, &[], b"no parts");
    }
    let refused = || plain(416, &[(header::CONTENT_RANGE, format!("bytes */{length}"))], b"");
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return refused();
    };
    let suffix = first.is_empty();
    if ranges == Ranges::Refused || (suffix && ranges == Ranges::NoSuffix) {
        return refused();
    }
    let (first, last) = if suffix {
        (last.parse().ok().map(|count: usize| length.saturating_sub(count)), Some(length.saturating_sub(1)))
    } else {
        let last =
            if last.is_empty() { Some(length - 1) } else { last.parse().ok().map(|last: usize| last.min(length - 1)) };
        (first.parse().ok(), last)
    };
    match (first, last) {
        (Some(first), Some(last)) if first <= last && first < length => {
            let part = (header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}"));
            let cut = if ranges == Ranges::CutOff { (last - first) / 2 } else { 0 };
            plain(206, &[kind, accepts, part], &bytes[first..=last - cut])
        }
        _ => refused(),
    }
}

/// Sends half of a body whose whole length was promised, then breaks the connection.
async fn truncate(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("the body is in memory");
    parts.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
    let half: [Result<Bytes, std::io::Error>; 2] =
        [Ok(bytes.slice(..bytes.len() / 2)), Err(std::io::Error::other("told to break"))];
    // Time for the first half to leave before the connection breaks.
    let stream = futures_util::StreamExt::then(futures_util::stream::iter(half), async |part| {
        tokio::time::sleep(Duration::from_millis(20)).await;
        part
    });
    Response::from_parts(parts, Body::from_stream(stream))
}

fn plain(status: u16, headers: &[(HeaderName, String)], body: &[u8]) -> Response {
    let status = StatusCode::from_u16(status).expect("a test names a real status");
    let builder = Response::builder().status(status);
    headers
        .iter()
        .fold(builder, |builder, (name, value)| builder.header(name, value))
        .body(Body::from(body.to_vec()))
        .expect("a test names real headers")
}
