//! The two calls of CodeArtifact that matter here: the token of a domain, and where a repository is.

use std::sync::Arc;

use ::http::{Method, Request};
use bytes::Bytes;
use reqsign_aws_v4::{EMPTY_STRING_SHA256, RequestSigner};
use url::form_urlencoded::Serializer;

use super::chain::{self, FoundCredential};
use super::options::AwsOptions;
use super::repository::{CodeArtifact, CodeArtifactIndex, ShortForm, suffix};
use super::{bridge, chain::reason};
use crate::http::error::{Error, shown, shown_url};
use crate::http::helper;
use crate::http::means::Means;
use crate::http::options::ClientOptions;
use crate::http::secret::Secret;
use crate::reporter::Reporter;
use crate::spec::SafeUrl;

/// A token, and in words how it was got.
pub(in crate::http) struct Token {
    pub(in crate::http) secret: Secret,
    pub(in crate::http) whence: String,
}

/// Gets a token for a domain; the error says everything that was tried.
pub(in crate::http) async fn mint(means: &Means, aws: &AwsOptions, wanted: &CodeArtifact) -> Result<Token, String> {
    let tried = match Caller::find(means, aws, &wanted.region).await {
        Ok(caller) => {
            let mut query = vec![("domain", wanted.domain.as_str())];
            query.extend(wanted.owner.as_deref().map(|owner| ("domain-owner", owner)));
            let answer: TokenAnswer = caller.call(&Method::POST, "/v1/authorization-token", &query).await?;
            let secret = Secret::new(answer.authorization_token);
            return Ok(Token { secret, whence: format!("a CodeArtifact token got with {}", caller.whence()) });
        }
        Err(tried) => tried,
    };
    let mut tried = tried.join("; ");
    if let Some(program) = &aws.program {
        match ask_program(means, program, wanted).await {
            Ok(secret) => return Ok(Token { secret, whence: "a token that `aws codeartifact` gave".to_owned() }),
            Err(reason) => tried = format!("{tried}; command line: {reason}"),
        }
    }
    let domain = &wanted.domain;
    Err(format!("no token for the CodeArtifact domain `{domain}`: nothing gave AWS credentials (tried {tried})"))
}

/// Turns the short form of a repository into its index. Account and region come from the URL, then from what is
/// configured; the service itself is asked where that does not say it all.
pub(in crate::http) async fn resolve_index(means: &Means, url: &SafeUrl) -> Result<CodeArtifactIndex, Error> {
    let fail = |reason: String| Error::Repository { url: shown_url(url.reveal()), reason };
    let short = ShortForm::parse(url.reveal()).map_err(fail)?;
    let none = AwsOptions::default();
    let aws = means.options.aws.as_ref().unwrap_or(&none);
    let region = short.region.clone().or_else(|| chain::region(aws));
    let region = region.ok_or_else(|| fail("no region is known: add `?region=…` or set AWS_REGION".to_owned()))?;
    let domain = CodeArtifact { domain: short.domain.clone(), owner: short.owner.clone(), region: region.clone() };
    let known = short.owner.as_deref().filter(|_| aws.endpoint("CODEARTIFACT").is_none());
    if let Some(url) = known.and_then(|owner| short.url(owner, &region)) {
        return Ok(CodeArtifactIndex { url, domain });
    }
    if means.options.offline {
        return Err(fail("its account is not known, and the run is offline: add `?owner=…&region=…`".to_owned()));
    }
    let caller = Caller::find(means, aws, &region).await;
    let caller = caller.map_err(|tried| {
        fail(format!("nothing gave AWS credentials (tried {}); with `?owner=…` none are needed here", tried.join("; ")))
    })?;
    let mut query = vec![("domain", short.domain.as_str()), ("repository", &short.repository), ("format", "pypi")];
    query.extend(short.owner.as_deref().map(|owner| ("domain-owner", owner)));
    let answer = caller.call::<EndpointAnswer>(&Method::GET, "/v1/repository/endpoint", &query).await.map_err(fail)?;
    let index = format!("{}/simple/", answer.repository_endpoint.trim_end_matches('/'));
    let url = SafeUrl::parse(&index).ok().filter(|url| matches!(url.reveal().scheme(), "http" | "https"));
    let url = url.ok_or_else(|| fail("the service names an endpoint that is no URL".to_owned()))?;
    Ok(CodeArtifactIndex { url, domain })
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenAnswer {
    authorization_token: String,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndpointAnswer {
    repository_endpoint: String,
}

/// One who may call the service.
struct Caller<'a> {
    means: &'a Means,
    aws: &'a AwsOptions,
    region: &'a str,
    found: FoundCredential,
}

impl<'a> Caller<'a> {
    async fn find(means: &'a Means, aws: &'a AwsOptions, region: &'a str) -> Result<Self, chain::Tried> {
        let context = bridge::context(means, aws);
        let found = chain::find(&context, aws, region).await?;
        Ok(Self { means, aws, region, found })
    }

    fn whence(&self) -> String {
        format!("the AWS credentials of {}", self.found.whence)
    }

    /// Sends one signed request and reads its answer.
    async fn call<A: serde::de::DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<A, String> {
        let base = self.aws.endpoint("CODEARTIFACT").map(str::to_owned);
        let base = base.unwrap_or_else(|| format!("https://codeartifact.{}.{}", self.region, suffix(self.region)));
        let query = Serializer::new(String::new()).extend_pairs(query).finish();
        let failed = |reason: String| format!("`{base}{path}`, asked with {}: {reason}", self.whence());
        let request = Request::builder().method(method).uri(format!("{base}{path}?{query}"));
        let request = request.header("x-amz-content-sha256", EMPTY_STRING_SHA256).body(Bytes::new());
        let (mut parts, body) = request.map_err(|_| failed("that is not a URL".to_owned()))?.into_parts();
        let signer = RequestSigner::new("codeartifact", self.region).with_standard_session_token();
        let signer = self.found.signer(bridge::context(self.means, self.aws), signer);
        signer.sign(&mut parts, None).await.map_err(|error| failed(reason(&error)))?;
        let answer = bridge::send(self.means, Request::from_parts(parts, body)).await.map_err(failed)?;
        if !answer.status().is_success() {
            return Err(failed(refusal(answer.status().as_u16(), answer.body())));
        }
        // What cannot be read is not repeated: it may hold the token.
        serde_json::from_slice(answer.body()).map_err(|_| failed("the answer is not what was asked for".to_owned()))
    }
}

/// Status and message of a refusal, as the service words it.
fn refusal(status: u16, body: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Refusal {
        #[serde(alias = "Message")]
        message: String,
    }
    match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) => format!("status {status}, {}", shown(&refusal.message)),
        Err(_) => format!("status {status}"),
    }
}

/// Gets a token from the AWS command line.
async fn ask_program(means: &Means, program: &std::path::Path, wanted: &CodeArtifact) -> Result<Secret, String> {
    let owner = wanted.owner.iter().flat_map(|owner| ["--domain-owner", owner]);
    let arguments: Vec<&str> = ["codeartifact", "get-authorization-token", "--domain", &wanted.domain]
        .into_iter()
        .chain(owner)
        .chain(["--region", &wanted.region, "--query", "authorizationToken", "--output", "text"])
        .collect();
    let answer = helper::run(program, &arguments, means.options.helper_timeout, &*means.reporter).await?;
    let token = answer.as_deref().map(str::trim).filter(|token| !token.is_empty() && *token != "None");
    token.map(Secret::new).ok_or_else(|| format!("`{}` gave no token", program.display()))
}

/// Turns the short form of a repository into its index, before there is a client that knows of it.
///
/// # Errors
/// The URL is malformed, the region is not known, or the service refuses to say where the repository is.
pub(crate) async fn find_repository(
    url: &SafeUrl,
    options: &ClientOptions,
    reporter: Arc<dyn Reporter>,
) -> Result<CodeArtifactIndex, Error> {
    resolve_index(&Means::new(options.clone(), reporter), url).await
}
