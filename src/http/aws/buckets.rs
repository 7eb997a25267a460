//! Object stores: `s3://BUCKET/KEY` and `gs://BUCKET/KEY` as requests with AWS Signature Version 4.
//!
//! Credentials for S3 and for what is compatible with it are those of the chain; Google's store is spoken to by its XML
//! interface with HMAC keys (`GS_ACCESS_KEY_ID`, `GS_SECRET_ACCESS_KEY`). Without any, requests are anonymous: buckets
//! can be public.
//!
//! The signatures are those of `reqsign-aws-v4`, which the room has for CodeArtifact. Ours are the address (path or
//! virtual-hosted), the encoding of keys, and the region: the store itself says it when another one was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ::http::{HeaderMap, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqsign_aws_v4::{Credential, EMPTY_STRING_SHA256, RequestSigner};
use tokio::sync::Mutex as AsyncMutex;
use url::Url;

use super::bridge;
use super::chain::{self, reason};
use super::options::AwsOptions;
use super::repository::suffix;
use crate::http::error::{Error, shown_url};
use crate::http::means::Means;
use crate::http::payload::{Payload, Verb};
use crate::http::secret::Secret;

/// The region that is signed for when nobody names one; the store corrects it.
const USUAL_REGION: &str = "us-east-1";

/// Google's XML interface.
const GOOGLE: &str = "https://storage.googleapis.com";

/// Characters that stand for themselves in a key (AWS: "Create a signed AWS API request", `UriEncode`). A `+` must not:
/// S3 takes it for a space.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Credentials that run out so soon are got anew, seconds.
const SOON: i64 = 120;

/// Whose store it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum BucketHost {
    Amazon,
    Google,
}

/// What a client knows of object stores.
#[derive(Default)]
pub(in crate::http) struct Buckets {
    /// Where buckets turned out to be.
    regions: Mutex<HashMap<String, String>>,
    known: AsyncMutex<HashMap<BucketHost, Known>>,
    secrets: Mutex<Vec<Secret>>,
}

/// What the search for credentials has given.
#[derive(Clone)]
enum Known {
    Found(Arc<chain::FoundCredential>),
    /// Nothing, and where it was looked.
    Nothing(Arc<str>),
}

/// A request as it goes out.
pub(in crate::http) struct Signed {
    pub(in crate::http) url: Url,
    pub(in crate::http) headers: HeaderMap,
    /// With which credentials; or where none were found.
    pub(in crate::http) whence: Result<String, String>,
    region: String,
}

/// Whether a URL names an object in a bucket.
pub(in crate::http) fn is_in_bucket(url: &Url) -> bool {
    provider(url).is_some() && url.has_host()
}

fn provider(url: &Url) -> Option<BucketHost> {
    match url.scheme() {
        "s3" => Some(BucketHost::Amazon),
        "gs" => Some(BucketHost::Google),
        _ => None,
    }
}

impl Buckets {
    /// The request for an object, signed at this moment.
    pub(in crate::http) async fn sign(
        &self,
        url: &Url,
        verb: Verb,
        payload: Option<&Payload>,
        means: &Means,
    ) -> Result<Signed, Error> {
        let failed = |reason: String| Error::Bucket { url: shown_url(url), reason };
        let none = AwsOptions::default();
        let aws = means.options.aws.as_ref().unwrap_or(&none);
        let provider = provider(url).ok_or_else(|| failed("it is no object store".to_owned()))?;
        let region = self.region(url, provider, aws);
        let address = address(url, provider, &region, aws).map_err(failed)?;
        let known = self.credentials(provider, &region, means, aws).await;
        let found = match known {
            Known::Found(found) => found,
            Known::Nothing(tried) => {
                let whence = Err(tried.to_string());
                return Ok(Signed { url: address, headers: HeaderMap::new(), whence, region });
            }
        };
        if !bridge::may_travel(&address, &means.options.insecure_hosts) {
            return Err(Error::PlainHttp { url: shown_url(&address) });
        }
        let digest = payload.map_or_else(|| EMPTY_STRING_SHA256.to_owned(), |payload| payload.sha256.hex());
        let request = Request::builder().method(verb.method()).uri(address.as_str());
        let request = request.header("x-amz-content-sha256", digest).body(());
        let mut parts = request.map_err(|_| failed("its address is no URL".to_owned()))?.into_parts().0;
        let signer = RequestSigner::new("s3", &region).with_standard_session_token();
        let signer = found.signer(bridge::context(means, aws), signer);
        signer.sign(&mut parts, None).await.map_err(|error| failed(reason(&error)))?;
        parts.headers.remove(::http::header::HOST);
        let whence = match provider {
            BucketHost::Amazon => format!("the AWS credentials of {}", found.whence),
            BucketHost::Google => format!("the HMAC key of {}", found.whence),
        };
        Ok(Signed { url: address, headers: parts.headers, whence: Ok(whence), region })
    }

    /// Whether an answer says that the bucket is in another region than the one that was asked: then it is known from
    /// now on, and asking again is right.
    pub(in crate::http) fn is_elsewhere(&self, url: &Url, signed: &Signed, answer: &reqwest::Response) -> bool {
        if !matches!(answer.status().as_u16(), 301 | 307 | 400 | 403) {
            return false;
        }
        let region = answer.headers().get("x-amz-bucket-region").and_then(|value| value.to_str().ok());
        let Some(region) = region.filter(|region| *region != signed.region && is_region(region)) else { return false };
        let bucket = url.host_str().unwrap_or_default().to_owned();
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        // Another request may have learned it meanwhile; this one was signed for the wrong region all the same.
        regions.insert(bucket, region.to_owned());
        true
    }

    /// Every credential that was found so far.
    pub(in crate::http) fn secrets(&self) -> Vec<Secret> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn region(&self, url: &Url, provider: BucketHost, aws: &AwsOptions) -> String {
        if provider == BucketHost::Google {
            return "auto".to_owned();
        }
        let regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let known = url.host_str().and_then(|bucket| regions.get(bucket)).cloned();
        known.or_else(|| chain::region(aws)).unwrap_or_else(|| USUAL_REGION.to_owned())
    }

    async fn credentials(&self, provider: BucketHost, region: &str, means: &Means, aws: &AwsOptions) -> Known {
        let mut all = self.known.lock().await;
        if let Some(known) = all.get(&provider).filter(|known| known.lasts()) {
            return known.clone();
        }
        let known = match provider {
            BucketHost::Google => google(aws),
            BucketHost::Amazon => match chain::find(&bridge::context(means, aws), aws, region).await {
                Ok(found) => Known::Found(Arc::new(found)),
                Err(tried) => Known::Nothing(tried.join("; ").into()),
            },
        };
        if let Known::Found(found) = &known {
            let Credential { secret_access_key, session_token, .. } = &found.credential;
            let secrets = [Some(secret_access_key), session_token.as_ref()].into_iter().flatten().map(Secret::new);
            self.secrets.lock().unwrap_or_else(PoisonError::into_inner).extend(secrets);
        }
        all.insert(provider, known.clone());
        known
    }
}

/// As whom a bucket would be asked, as far as that can be told without asking anybody.
pub(in crate::http) fn known_user(url: &Url, aws: Option<&AwsOptions>) -> Option<String> {
    let aws = aws?;
    let key = match provider(url)? {
        BucketHost::Amazon => aws.variable("AWS_ACCESS_KEY_ID"),
        BucketHost::Google => aws.variable("GS_ACCESS_KEY_ID"),
    };
    let is_configured = || (provider(url) == Some(BucketHost::Amazon) && chain::is_configured(aws)).then_some("aws");
    key.or_else(is_configured).map(str::to_owned)
}

impl Known {
    fn lasts(&self) -> bool {
        let Self::Found(found) = self else { return true };
        found.credential.expires_in.is_none_or(|end| end.as_second() > jiff::Timestamp::now().as_second() + SOON)
    }
}

fn google(aws: &AwsOptions) -> Known {
    match (aws.variable("GS_ACCESS_KEY_ID"), aws.variable("GS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => {
            let (credential, whence) = (chain::keys(id, secret, None), "GS_ACCESS_KEY_ID".to_owned());
            Known::Found(Arc::new(chain::FoundCredential { credential, whence }))
        }
        _ => Known::Nothing("GS_ACCESS_KEY_ID and GS_SECRET_ACCESS_KEY, an HMAC key, are not set".into()),
    }
}

fn is_region(text: &str) -> bool {
    !text.is_empty() && text.len() < 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Where an object is asked for. An endpoint of its own is taken to want the bucket in the path, as most do; Amazon's
/// wants it in the host, but for buckets with a dot, to whose names no certificate fits.
fn address(url: &Url, provider: BucketHost, region: &str, aws: &AwsOptions) -> Result<Url, String> {
    let bucket = url.host_str().filter(|bucket| !bucket.is_empty()).ok_or("the bucket is missing")?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if !bucket.bytes().all(is_name) {
        return Err(format!("`{bucket}` is no name of a bucket"));
    }
    let endpoint = match provider {
        BucketHost::Amazon => aws.endpoint("S3").map(str::to_owned).or_else(|| chain::endpoint(aws)),
        BucketHost::Google => aws.variable("GS_ENDPOINT_URL").map(str::to_owned).or_else(|| Some(GOOGLE.to_owned())),
    };
    let usual_style = if endpoint.is_some() || bucket.contains('.') { "path" } else { "virtual" };
    let style = match aws.variable("AWS_S3_ADDRESSING_STYLE").filter(|_| provider == BucketHost::Amazon) {
        None | Some("auto") => usual_style,
        Some(style @ ("path" | "virtual")) => style,
        Some(other) => return Err(format!("AWS_S3_ADDRESSING_STYLE is `{other}`, and neither `path` nor `virtual`")),
    };
    let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.{}", suffix(region)));
    let key = segments(url)?;
    let (scheme, rest) = endpoint.split_once("://").ok_or_else(|| format!("the endpoint `{endpoint}` is no URL"))?;
    let rest = rest.trim_end_matches('/');
    let text = match style {
        "virtual" => format!("{scheme}://{bucket}.{rest}/{key}"),
        _ => format!("{scheme}://{rest}/{bucket}/{key}"),
    };
    let mut address = Url::parse(&text).map_err(|_| format!("the endpoint `{endpoint}` is no URL"))?;
    if !matches!(address.scheme(), "http" | "https") {
        return Err(format!("the endpoint `{endpoint}` is neither http nor https"));
    }
    address.set_query(url.query());
    Ok(address)
}

/// The key of an object, every segment encoded once.
fn segments(url: &Url) -> Result<String, String> {
    let encoded = url.path().trim_start_matches('/').split('/').map(|segment| {
        let decoded = percent_decode_str(segment).decode_utf8().map_err(|_| "its key is no UTF-8".to_owned())?;
        if matches!(&*decoded, "." | "..") {
            return Err("its key has a `.` or `..` in it".to_owned());
        }
        Ok(utf8_percent_encode(&decoded, &UNRESERVED).to_string())
    });
    encoded.collect::<Result<Vec<_>, _>>().map(|segments| segments.join("/"))
}
