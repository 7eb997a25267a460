//! Credentials for AWS, from where the AWS programs find them: environment, profile, web identity, container, instance.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use reqsign_aws_v4::{
    AssumeRoleCredentialProvider, AssumeRoleWithWebIdentityCredentialProvider, Credential, ECSCredentialProvider,
    IMDSv2CredentialProvider, ProcessCredentialProvider, RequestSigner, SSOCredentialProvider,
    StaticCredentialProvider,
};
use reqsign_core::{Context, ProvideCredential, Signer};

use super::options::AwsOptions;
use super::profile::{Profiles, Section};
use crate::http::error::shown;

/// Most profiles that may lead to one another.
const LONGEST_CHAIN: usize = 5;

/// The name under which a role is taken when the profile gives none; it stands in the account's logs.
const SESSION_NAME: &str = "barrow";

/// Credentials and where they came from, in words.
pub(super) struct FoundCredential {
    pub(super) credential: Credential,
    pub(super) whence: String,
}

/// Why there are no credentials: every source that was tried.
pub(super) type Tried = Vec<String>;

/// A source that is not configured says so, one that is configured and fails ends the search.
enum Miss {
    Absent(String),
    Failed(String),
}

/// The region that is configured: variables, then the profile.
pub(super) fn region(aws: &AwsOptions) -> Option<String> {
    let variable = aws.variable("AWS_REGION").or_else(|| aws.variable("AWS_DEFAULT_REGION"));
    variable.map(str::to_owned).or_else(|| setting(aws, "region"))
}

/// The endpoint that the profile names for every service, unless such settings are to be ignored.
pub(super) fn endpoint(aws: &AwsOptions) -> Option<String> {
    let is_ignored = aws.is_on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    setting(aws, "endpoint_url").filter(|_| !is_ignored).map(|url| url.trim_end_matches('/').to_owned())
}

/// A setting of the chosen profile; files that cannot be read say nothing here, because the search reports them.
fn setting(aws: &AwsOptions, name: &str) -> Option<String> {
    let profiles = Profiles::read(aws).ok()?;
    profiles.profile(aws.profile().0)?.get(name).cloned()
}

/// Whether any source is configured, as far as that can be told without asking anybody.
pub(in crate::http) fn is_configured(aws: &AwsOptions) -> bool {
    let names = ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", CONTAINER_RELATIVE, CONTAINER_FULL];
    let has_profile = || Profiles::read(aws).is_ok_and(|profiles| profiles.profile(aws.profile().0).is_some());
    names.iter().any(|name| aws.variable(name).is_some()) || has_profile()
}

const CONTAINER_RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const CONTAINER_FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

/// Searches the sources in order.
pub(super) async fn find(context: &Context, aws: &AwsOptions, region: &str) -> Result<FoundCredential, Tried> {
    let search = Search { context, aws, region };
    let sources: [BoxFuture<'_, Result<FoundCredential, Miss>>; 5] = [
        Box::pin(async { in_environment(aws) }),
        Box::pin(search.in_chosen_profile()),
        Box::pin(by_web_identity(context, aws, region)),
        Box::pin(of_container(context, aws)),
        Box::pin(of_instance(context, aws)),
    ];
    let mut tried = Vec::new();
    for source in sources {
        match source.await {
            Ok(found) => return Ok(found),
            Err(Miss::Absent(reason)) => tried.push(reason),
            Err(Miss::Failed(reason)) => {
                tried.push(reason);
                break;
            }
        }
    }
    Err(tried)
}

fn in_environment(aws: &AwsOptions) -> Result<FoundCredential, Miss> {
    let (key, secret) = (aws.variable("AWS_ACCESS_KEY_ID"), aws.variable("AWS_SECRET_ACCESS_KEY"));
    match (key, secret) {
        (Some(key), Some(secret)) => {
            let token = aws.variable("AWS_SESSION_TOKEN").or_else(|| aws.variable("AWS_SECURITY_TOKEN"));
            Ok(FoundCredential { credential: keys(key, secret, token), whence: "AWS_ACCESS_KEY_ID".to_owned() })
        }
        (None, None) => Err(Miss::Absent("environment: AWS_ACCESS_KEY_ID is not set".to_owned())),
        (None, _) => Err(Miss::Failed("environment: AWS_SECRET_ACCESS_KEY without AWS_ACCESS_KEY_ID".to_owned())),
        (_, None) => Err(Miss::Failed("environment: AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY".to_owned())),
    }
}

pub(super) fn keys(key: &str, secret: &str, token: Option<&str>) -> Credential {
    Credential {
        access_key_id: key.to_owned(),
        secret_access_key: secret.to_owned(),
        session_token: token.map(str::to_owned),
        expires_in: None,
    }
}

async fn by_web_identity(context: &Context, aws: &AwsOptions, region: &str) -> Result<FoundCredential, Miss> {
    let Some(file) = aws.variable("AWS_WEB_IDENTITY_TOKEN_FILE") else {
        return Err(Miss::Absent("web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set".to_owned()));
    };
    let Some(role) = aws.variable("AWS_ROLE_ARN") else {
        return Err(Miss::Failed("web identity: AWS_WEB_IDENTITY_TOKEN_FILE without AWS_ROLE_ARN".to_owned()));
    };
    let session = aws.variable("AWS_ROLE_SESSION_NAME").unwrap_or(SESSION_NAME);
    let provider = web_identity(role, file, session, region);
    ask("web identity", "the web identity of AWS_WEB_IDENTITY_TOKEN_FILE", &provider, context).await
}

fn web_identity(role: &str, file: &str, session: &str, region: &str) -> AssumeRoleWithWebIdentityCredentialProvider {
    AssumeRoleWithWebIdentityCredentialProvider::with_config(role.to_owned(), file.into())
        .with_role_session_name(session.to_owned())
        .with_region(region.to_owned())
        .with_regional_sts_endpoint()
}

async fn of_container(context: &Context, aws: &AwsOptions) -> Result<FoundCredential, Miss> {
    let provider = match (aws.variable(CONTAINER_RELATIVE), aws.variable(CONTAINER_FULL)) {
        (Some(path), _) => ECSCredentialProvider::new().with_relative_uri(path),
        (None, Some(url)) => ECSCredentialProvider::new().with_endpoint(url),
        (None, None) => return Err(Miss::Absent(format!("container: {CONTAINER_RELATIVE} is not set"))),
    };
    ask("container", "the role of the container", &provider, context).await
}

async fn of_instance(context: &Context, aws: &AwsOptions) -> Result<FoundCredential, Miss> {
    if aws.is_on("AWS_EC2_METADATA_DISABLED") {
        return Err(Miss::Absent("instance: switched off by AWS_EC2_METADATA_DISABLED".to_owned()));
    }
    let provider = match aws.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
        Some(endpoint) => IMDSv2CredentialProvider::new().with_endpoint(endpoint.trim_end_matches('/')),
        None => IMDSv2CredentialProvider::new(),
    };
    ask("instance", "the role of the instance", &provider, context).await
}

/// A search through profiles that may lead to one another.
struct Search<'a> {
    context: &'a Context,
    aws: &'a AwsOptions,
    region: &'a str,
}

impl Search<'_> {
    async fn in_chosen_profile(&self) -> Result<FoundCredential, Miss> {
        let (name, is_chosen) = self.aws.profile();
        let profiles = Profiles::read(self.aws).map_err(|reason| Miss::Failed(format!("profile: {reason}")))?;
        match profiles.profile(name) {
            Some(_) => self.in_profile(&profiles, name, 0).await,
            None if is_chosen => {
                Err(Miss::Failed(format!("profile: there is no `{}`, which AWS_PROFILE names", shown(name))))
            }
            None => Err(Miss::Absent("profile: there is no `default`".to_owned())),
        }
    }

    /// What a profile gives: a role first, then a login, then keys, as the AWS programs do it.
    async fn in_profile(&self, profiles: &Profiles, name: &str, depth: usize) -> Result<FoundCredential, Miss> {
        let failed = |reason: &str| Miss::Failed(format!("profile `{}`: {reason}", shown(name)));
        let settings = profiles.profile(name).ok_or_else(|| failed("it is not in the configuration"))?;
        if depth == LONGEST_CHAIN {
            return Err(failed("the profiles lead to one another without end"));
        }
        let get = |key: &str| settings.get(key).map(String::as_str).filter(|value| !value.is_empty());
        let what = format!("profile `{}`", shown(name));
        if let Some(role) = get("role_arn").filter(|_| get("source_profile") != Some(name)) {
            return self.by_role(profiles, settings, name, role, depth).await;
        }
        if get("sso_session").is_some() || get("sso_start_url").is_some() {
            let provider = self.login(profiles, settings).map_err(|reason| failed(&reason))?;
            return ask(&what, &what, &provider, self.context).await;
        }
        if let (Some(key), Some(secret)) = (get("aws_access_key_id"), get("aws_secret_access_key")) {
            return Ok(FoundCredential { credential: keys(key, secret, get("aws_session_token")), whence: what });
        }
        match get("credential_process") {
            // The crate splits at white space; what is quoted is for a program that knows shells.
            Some(command) if command.contains(['"', '\'', '\\']) => {
                Err(failed("its credential_process needs the `aws` program to be split into words"))
            }
            Some(command) => {
                let provider = ProcessCredentialProvider::new().with_command(command);
                ask(&what, &what, &provider, self.context).await
            }
            None if self.aws.profile().1 || depth > 0 => Err(failed("it holds no credentials")),
            None => Err(Miss::Absent(format!("{what}: it holds no credentials"))),
        }
    }

    /// Takes a role with other credentials.
    async fn by_role(
        &self,
        profiles: &Profiles,
        settings: &Section,
        name: &str,
        role: &str,
        depth: usize,
    ) -> Result<FoundCredential, Miss> {
        let get = |key: &str| settings.get(key).map(String::as_str);
        let what = format!("profile `{}`", shown(name));
        let session = get("role_session_name").unwrap_or(SESSION_NAME);
        if let Some(file) = get("web_identity_token_file") {
            return ask(&what, &what, &web_identity(role, file, session, self.region), self.context).await;
        }
        if get("mfa_serial").is_some() {
            return Err(Miss::Failed(format!("{what}: its role wants a code of a second factor")));
        }
        let source = match (get("source_profile"), get("credential_source")) {
            (Some(source), _) => Box::pin(self.in_profile(profiles, source, depth + 1)).await?,
            (None, Some("Environment")) => in_environment(self.aws).map_err(Miss::failed)?,
            (None, Some("EcsContainer")) => of_container(self.context, self.aws).await.map_err(Miss::failed)?,
            (None, Some("Ec2InstanceMetadata")) => of_instance(self.context, self.aws).await.map_err(Miss::failed)?,
            _ => {
                return Err(Miss::Failed(format!("{what}: its role has neither source_profile nor credential_source")));
            }
        };
        let signer = source.signer(self.context.clone(), RequestSigner::new("sts", self.region));
        let mut provider = AssumeRoleCredentialProvider::new(role.to_owned(), signer)
            .with_role_session_name(session.to_owned())
            .with_region(self.region.to_owned())
            .with_regional_sts_endpoint();
        if let Some(id) = get("external_id") {
            provider = provider.with_external_id(id.to_owned());
        }
        if let Some(seconds) = get("duration_seconds").and_then(|seconds| seconds.parse().ok()) {
            provider = provider.with_duration_seconds(seconds);
        }
        ask(&what, &what, &provider, self.context).await
    }

    /// A login of IAM Identity Center that `aws sso login` left in the cache.
    fn login(&self, profiles: &Profiles, settings: &Section) -> Result<SSOCredentialProvider, String> {
        let empty = BTreeMap::new();
        let session = settings.get("sso_session");
        let shared = match session {
            Some(name) => profiles.sso_session(name).ok_or_else(|| format!("there is no sso-session `{name}`"))?,
            None => &empty,
        };
        let get = |key: &str| {
            let value = settings.get(key).or_else(|| shared.get(key));
            value.cloned().ok_or_else(|| format!("`{key}` is missing"))
        };
        // The cached login is found by the name of the session; only older configurations go by the start URL.
        let cached_under = match session {
            Some(name) => name.clone(),
            None => get("sso_start_url")?,
        };
        let mut provider = SSOCredentialProvider::new()
            .with_account_id(get("sso_account_id")?)
            .with_role_name(get("sso_role_name")?)
            .with_region(get("sso_region")?)
            .with_start_url(cached_under);
        if let Some(endpoint) = self.aws.endpoint("SSO") {
            provider = provider.with_endpoint(format!("{endpoint}/federation/credentials"));
        }
        Ok(provider)
    }
}

impl FoundCredential {
    /// What signs requests with it.
    pub(super) fn signer(&self, context: Context, signer: RequestSigner) -> Signer<Credential> {
        let Credential { access_key_id, secret_access_key, session_token, .. } = &self.credential;
        let given = StaticCredentialProvider::new(access_key_id, secret_access_key);
        let given = session_token.iter().fold(given, |given, token| given.with_session_token(token));
        Signer::new(context, given, signer)
    }
}

impl Miss {
    /// Takes the absence of a source that has to be there for a failure.
    fn failed(self) -> Self {
        match self {
            Self::Absent(reason) | Self::Failed(reason) => Self::Failed(reason),
        }
    }
}

/// Asks a source that is configured.
async fn ask(
    what: &str,
    whence: &str,
    provider: &impl ProvideCredential<Credential = Credential>,
    context: &Context,
) -> Result<FoundCredential, Miss> {
    match provider.provide_credential(context).await {
        Ok(Some(credential)) => Ok(FoundCredential { credential, whence: whence.to_owned() }),
        Ok(None) => Err(Miss::Failed(format!("{what}: it gives no credentials"))),
        Err(error) => Err(Miss::Failed(format!("{what}: {}", reason(&error)))),
    }
}

/// Why a source failed. What could not be parsed is not repeated: it may be a credential that came in another shape.
pub(super) fn reason(error: &reqsign_core::Error) -> String {
    use std::error::Error as _;
    let text = error.to_string();
    if text.contains("failed to parse") {
        return shown(text.split(": ").next().unwrap_or_default());
    }
    match error.source() {
        Some(source) => format!("{}: {}", shown(&text), shown(&source.to_string())),
        None => shown(&text),
    }
}
