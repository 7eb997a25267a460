//! A store of objects on the loopback address: PUT, GET, HEAD and DELETE of keys, which lies, stalls, cuts, denies and
//! fills up on request, and remembers what it was asked.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use tokio::sync::oneshot;

/// What goes wrong with requests for keys that have a text in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreFault {
    /// This status, always.
    Status(u16),
    /// Other bytes than were put there, of the same length.
    Lies,
    /// Half of the bytes, then the connection breaks.
    Cuts,
    /// Nothing for this long.
    Stalls(Duration),
    /// As many bytes as there are, each after this long.
    Drips(Duration),
    /// To another server, with what was asked.
    Redirects(String),
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: String,
}

/// One request: method, key, whether it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreRequest {
    pub(crate) method: String,
    pub(crate) key: String,
    pub(crate) is_signed: bool,
    pub(crate) has_credentials: bool,
    pub(crate) status: u16,
}

#[derive(Default)]
struct Kept {
    objects: BTreeMap<String, Object>,
    /// Objects that were written another day.
    old: BTreeMap<String, jiff::Timestamp>,
    faults: Vec<(Option<Method>, String, StoreFault)>,
    requests: Vec<StoreRequest>,
    wants_signatures: bool,
}

/// A running store.
pub(crate) struct ObjectStore {
    address: std::net::SocketAddr,
    kept: Arc<Mutex<Kept>>,
    _stop: oneshot::Sender<()>,
}

impl ObjectStore {
    /// Starts an empty store to which everybody may write.
    pub(crate) fn start() -> Self {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let (stop, stopped) = oneshot::channel::<()>();
        let (sender, receiver) = std::sync::mpsc::channel();
        let state = Arc::clone(&kept);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                sender.send(listener.local_addr().unwrap()).unwrap();
                let app = axum::Router::new().fallback(answer).with_state(state);
                tokio::select! {
                    _ = stopped => {}
                    _ = async { axum::serve(listener, app).await } => {}
                }
            });
        });
        Self { address: receiver.recv().unwrap(), kept, _stop: stop }
    }

    /// Where it is, without a slash at the end; a bucket is the first part of each key.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests without a signature of AWS are refused from now on.
    pub(crate) fn wants_signatures(&self) {
        self.kept.lock().unwrap().wants_signatures = true;
    }

    /// What goes wrong with keys that have `part` in them, for one method or all.
    pub(crate) fn fault(&self, method: Option<&str>, part: &str, fault: StoreFault) {
        let method = method.map(|method| method.parse().unwrap());
        self.kept.lock().unwrap().faults.push((method, part.to_owned(), fault));
    }

    /// All is well again.
    pub(crate) fn mend(&self) {
        self.kept.lock().unwrap().faults.clear();
    }

    /// Every object, by key.
    pub(crate) fn objects(&self) -> BTreeMap<String, Object> {
        self.kept.lock().unwrap().objects.clone()
    }

    /// The keys that have `part` in them.
    pub(crate) fn keys(&self, part: &str) -> Vec<String> {
        self.kept.lock().unwrap().objects.keys().filter(|key| key.contains(part)).cloned().collect()
    }

    /// Puts an object there as somebody else might.
    pub(crate) fn put(&self, key: &str, bytes: impl Into<Vec<u8>>) {
        let object = Object { bytes: bytes.into(), content_type: "application/octet-stream".to_owned() };
        self.kept.lock().unwrap().objects.insert(key.to_owned(), object);
    }

    /// Removes an object as a lifecycle rule would.
    pub(crate) fn remove(&self, key: &str) {
        self.kept.lock().unwrap().objects.remove(key);
    }

    /// Keys for the buckets of this store.
    pub(crate) fn give_keys(&self, command: &mut Command) {
        command
            .env("AWS_ENDPOINT_URL_S3", self.url())
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "marked/secret/key")
            .env("AWS_REGION", "eu-west-1");
    }

    /// An object was written some days ago.
    pub(crate) fn is_old(&self, key: &str, days: i64) {
        let then = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
        self.kept.lock().unwrap().old.insert(key.to_owned(), then);
    }

    /// The requests that came, in order; forgets them.
    pub(crate) fn take_requests(&self) -> Vec<StoreRequest> {
        std::mem::take(&mut self.kept.lock().unwrap().requests)
    }
}

/// The list of a bucket, two objects a page.
fn list(kept: &Kept, bucket: &str, query: &str) -> Vec<u8> {
    let words = url::form_urlencoded::parse(query.as_bytes()).collect::<BTreeMap<_, _>>();
    let (after, prefix) = (words.get("continuation-token"), &words["prefix"]);
    let inside = |key: &&String| {
        let own = key.strip_prefix(&format!("{bucket}/"));
        own.is_some_and(|own| own.starts_with(&**prefix) && after.is_none_or(|after| own > &**after))
    };
    let keys: Vec<&String> = kept.objects.keys().filter(inside).collect();
    let object = |key: &&String| {
        let (own, size) = (&key[bucket.len() + 1..], kept.objects[*key].bytes.len());
        let modified = kept.old.get(*key).copied().unwrap_or_else(jiff::Timestamp::now);
        format!("<Contents><Key>{own}</Key><LastModified>{modified}</LastModified><Size>{size}</Size></Contents>")
    };
    let page: String = keys.iter().take(2).map(object).collect();
    let next = if keys.len() > 2 { keys[1][bucket.len() + 1..].to_owned() } else { String::new() };
    format!("<ListBucketResult><NextContinuationToken>{next}</NextContinuationToken>{page}</ListBucketResult>").into()
}

async fn answer(State(kept): State<Arc<Mutex<Kept>>>, request: Request) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let key = percent_encoding::percent_decode_str(&path).decode_utf8_lossy().into_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let has_credentials = request.headers().contains_key(header::AUTHORIZATION);
    let is_signed = request
        .headers()
        .get(header::AUTHORIZATION)
        .is_some_and(|value| value.to_str().is_ok_and(|value| value.starts_with("AWS4-HMAC-SHA256 ")));
    let fault = {
        let kept = kept.lock().unwrap();
        let fits = |(on, part, _): &&(Option<Method>, String, StoreFault)| {
            on.as_ref().is_none_or(|on| *on == method) && key.contains(part.as_str())
        };
        kept.faults.iter().find(fits).map(|(_, _, fault)| fault.clone())
    };
    if let Some(StoreFault::Redirects(place)) = &fault {
        kept.lock().unwrap().requests.push(StoreRequest {
            method: method.to_string(),
            key,
            is_signed,
            has_credentials,
            status: 307,
        });
        let answer =
            Response::builder().status(307).header(header::LOCATION, format!("{place}/{path}?token=marked-too"));
        return answer.body(Body::empty()).unwrap();
    }
    if let Some(StoreFault::Stalls(time)) = &fault {
        tokio::time::sleep(*time).await;
    }
    let only_if_absent = request.headers().get(header::IF_NONE_MATCH).is_some();
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let content_type = content_type.to_owned();
    let body = to_bytes(request.into_body(), usize::MAX).await;
    let mut kept = kept.lock().unwrap();
    let refused = kept.wants_signatures && !is_signed;
    let (status, object) = match (&fault, &body) {
        (Some(StoreFault::Status(status)), _) => (*status, None),
        _ if refused => (403, None),
        (_, Err(_)) => (400, None),
        (_, Ok(body)) => match method.as_str() {
            "PUT" if only_if_absent && kept.objects.contains_key(&key) => (412, None),
            "PUT" => {
                kept.objects.insert(key.clone(), Object { bytes: body.to_vec(), content_type });
                (200, None)
            }
            "GET" if query.contains("list-type=2") => {
                let bytes = list(&kept, key.trim_end_matches('/'), &query);
                (200, Some(Object { bytes, content_type: "application/xml".to_owned() }))
            }
            "GET" | "HEAD" => match kept.objects.get(&key) {
                Some(object) => (200, Some(object.clone())),
                None => (404, None),
            },
            "DELETE" => (if kept.objects.remove(&key).is_some() { 204 } else { 404 }, None),
            _ => (405, None),
        },
    };
    kept.requests.push(StoreRequest { method: method.to_string(), key, is_signed, has_credentials, status });
    drop(kept);
    let answer = Response::builder().status(StatusCode::from_u16(status).unwrap());
    let Some(Object { mut bytes, content_type }) = object else {
        let answer = answer.header(header::CONTENT_TYPE, "application/xml");
        return answer.body(Body::from("<Error><Code>Said</Code></Error>")).unwrap();
    };
    let answer = answer.header(header::CONTENT_TYPE, content_type).header(header::CONTENT_LENGTH, bytes.len());
    if method == Method::HEAD {
        return answer.body(Body::empty()).unwrap();
    }
    match fault {
        Some(StoreFault::Lies) => {
            for byte in &mut bytes {
                *byte ^= 1;
            }
            answer.body(Body::from(bytes)).unwrap()
        }
        Some(StoreFault::Cuts) => {
            let half = bytes[..bytes.len() / 2].to_vec();
            let broken = std::io::Error::other("cut");
            let parts = futures_util::stream::iter([Ok(axum::body::Bytes::from(half)), Err(broken)]);
            answer.body(Body::from_stream(parts)).unwrap()
        }
        Some(StoreFault::Drips(time)) => {
            let drip = futures_util::stream::unfold(bytes.into_iter(), move |mut left| async move {
                tokio::time::sleep(time).await;
                let byte = left.next()?;
                Some((Ok::<_, std::io::Error>(axum::body::Bytes::from(vec![byte])), left))
            });
            answer.body(Body::from_stream(drip)).unwrap()
        }
        _ => answer.body(Body::from(bytes)).unwrap(),
    }
}
