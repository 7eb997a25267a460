//! What the signer crate may use of the world: the variables that were handed in, files, programs under our rules, and
//! requests through this room's own connections.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ::http::{Request, Response, header};
use bytes::{Bytes, BytesMut};
use reqsign_core::{CommandExecute, CommandOutput, Context, Env, Error, FileRead, HttpSend, Result};
use url::{Host, Url};

use super::options::AwsOptions;
use crate::http::error::shown_url;
use crate::http::fault::Fault;
use crate::http::helper;
use crate::http::means::Means;
use crate::http::realm::{is_allowed_insecure, is_loopback};
use crate::reporter::Level;

/// How long the metadata service of a machine or container may take: it is next door, or it is not there at all.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);

/// Longest answer, bytes: tokens and credentials have a few thousand.
const ANSWER_LIMIT: usize = 256 * 1024;

/// The context of the signer crate, made of what we have.
pub(super) fn context(means: &Means, aws: &AwsOptions) -> Context {
    let surroundings = Surroundings(aws.clone());
    let bridge = Bridge(means.clone());
    Context::new()
        .with_env(surroundings)
        .with_file_read(Files)
        .with_command_execute(bridge.clone())
        .with_http_send(bridge)
}

/// The variables that were handed in.
#[derive(Debug)]
struct Surroundings(AwsOptions);

impl Env for Surroundings {
    fn var(&self, name: &str) -> Option<String> {
        self.0.variable(name).map(str::to_owned)
    }

    fn vars(&self) -> HashMap<String, String> {
        let set = self.0.variables.iter().filter_map(|(name, _)| Some((name.clone(), self.var(name)?)));
        set.collect()
    }

    fn home_dir(&self) -> Option<PathBuf> {
        self.0.home.clone()
    }
}

#[derive(Debug)]
struct Files;

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> Result<Vec<u8>> {
        fs_err::read(path).map_err(|error| Error::config_invalid(error.to_string()))
    }
}

#[derive(Clone)]
struct Bridge(Means);

impl fmt::Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bridge")
    }
}

impl CommandExecute for Bridge {
    async fn command_execute<'a>(&'a self, program: &'a str, arguments: &'a [&'a str]) -> Result<CommandOutput> {
        let Means { options, reporter, .. } = &self.0;
        let answer = helper::run(program.as_ref(), arguments, options.helper_timeout, &**reporter).await;
        let answer = answer.map_err(Error::unexpected)?;
        let status = i32::from(answer.is_none());
        Ok(CommandOutput { status, stdout: answer.unwrap_or_default().into_bytes(), stderr: Vec::new() })
    }
}

impl Bridge {
    /// The crate knows no `AWS_ENDPOINT_URL_STS`.
    fn to_own_endpoint(&self, mut request: Request<Bytes>) -> Result<Request<Bytes>> {
        let is_sts = request.uri().host().is_some_and(|host| host.starts_with("sts."));
        let aws = self.0.options.aws.as_ref();
        if let Some(endpoint) = aws.and_then(|aws| aws.endpoint("STS")).filter(|_| is_sts) {
            let rest = request.uri().path_and_query().map_or("/", |rest| rest.as_str());
            *request.uri_mut() = format!("{endpoint}{rest}").parse()?;
        }
        Ok(request)
    }
}

impl HttpSend for Bridge {
    async fn http_send(&self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let request = self.to_own_endpoint(request)?;
        send(&self.0, request).await.map_err(Error::unexpected)
    }
}

/// Sends one request: no redirects, no credentials but those in it, and one repetition where the fault may pass.
pub(super) async fn send(means: &Means, request: Request<Bytes>) -> std::result::Result<Response<Bytes>, String> {
    let url = Url::parse(&request.uri().to_string()).map_err(|error| format!("not a valid URL ({error})"))?;
    let shown = shown_url(&url);
    if means.options.offline {
        return Err(format!("`{shown}` was not asked: the run is offline"));
    }
    if !may_travel(&url, &means.options.insecure_hosts) {
        return Err(format!("`{shown}` was not asked: the connection would not be encrypted"));
    }
    // The metadata service may stand elsewhere; who asks it sends headers of its own.
    let asks_metadata = |name: &header::HeaderName| name.as_str().starts_with("x-aws-ec2-metadata");
    let is_metadata = is_metadata_service(&url) || request.headers().keys().any(asks_metadata);
    let limit = if is_metadata { METADATA_TIMEOUT } else { means.options.connect_timeout + means.options.timeout };
    let mut attempts = if is_metadata { 1 } else { 2 };
    loop {
        attempts -= 1;
        let outcome = tokio::time::timeout(limit, send_once(means, &request, &url)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(format!("no answer within {} s", limit.as_secs_f32())));
        if means.reporter.shows(Level::Trace) {
            let status = outcome.as_ref().map_or_else(Clone::clone, |answer| answer.status().as_u16().to_string());
            means.reporter.message(Level::Trace, &format!("{} {shown}: {status}", request.method()));
        }
        let may_pass = outcome.as_ref().map_or(true, |answer| answer.status().is_server_error());
        if attempts == 0 || !may_pass {
            return outcome.map_err(|reason| format!("`{shown}`: {reason}"));
        }
        tokio::time::sleep(means.options.first_pause).await;
    }
}

async fn send_once(means: &Means, request: &Request<Bytes>, url: &Url) -> std::result::Result<Response<Bytes>, String> {
    let mut own = request.clone();
    // The connection says by itself where it goes, unless the signature is for the name of a service that stands
    // elsewhere.
    let authority = request.uri().authority().map(::http::uri::Authority::as_str);
    if own.headers().get(header::HOST).and_then(|host| host.to_str().ok()) == authority {
        own.headers_mut().remove(header::HOST);
    }
    let pool = means.transport.pool(url, &means.options).map_err(|error| error.to_string())?;
    let own = reqwest::Request::try_from(own.map(reqwest::Body::from)).map_err(|_| "not a request".to_owned())?;
    let broken = |error: &reqwest::Error| Fault::of_transport(error, url, means.transport.proxy(url)).error.to_string();
    let mut answer = pool.execute(own).await.map_err(|error| broken(&error))?;
    let status = answer.status();
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| broken(&error))? {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            return Err(format!("the answer is larger than {ANSWER_LIMIT} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::new(body.freeze());
    *response.status_mut() = status;
    *response.headers_mut() = answer.headers().clone();
    Ok(response)
}

/// Whether requests with keys and answers with tokens may go there: encrypted, or without leaving the machine.
pub(super) fn may_travel(url: &Url, insecure_hosts: &[String]) -> bool {
    url.scheme() == "https" || is_loopback(url) || is_metadata_service(url) || is_allowed_insecure(url, insecure_hosts)
}

/// The metadata services of AWS machines and containers: link-local addresses (IPv6: AWS's own network), never proxied.
pub(in crate::http) fn is_metadata_service(url: &Url) -> bool {
    let address: IpAddr = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        _ => return false,
    };
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.segments()[..2] == [0xfd00, 0x0ec2],
    }
}
