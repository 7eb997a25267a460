//! Repositories of CodeArtifact, as URLs name them.

use url::{Host, Url};

use crate::spec::SafeUrl;

/// What stands before a repository in its short form.
const SCHEME: &str = "codeartifact";

/// A domain of AWS CodeArtifact, which is what a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) struct CodeArtifact {
    pub(in crate::http) domain: String,
    /// The account; without one it is that of the credentials.
    pub(in crate::http) owner: Option<String>,
    pub(in crate::http) region: String,
}

/// A repository that was named in the short form, and the index that it is.
#[derive(Clone, Debug)]
pub struct CodeArtifactIndex {
    /// The index.
    pub url: SafeUrl,
    pub(in crate::http) domain: CodeArtifact,
}

impl CodeArtifactIndex {
    /// Whether the URL is the short form, `codeartifact://DOMAIN/REPOSITORY`, which no server answers.
    pub fn is_short(url: &SafeUrl) -> bool {
        url.reveal().scheme() == SCHEME
    }
}

/// The short form: `codeartifact://DOMAIN/REPOSITORY?owner=ACCOUNT&region=REGION`, of which the query may be absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShortForm {
    pub(super) domain: String,
    pub(super) repository: String,
    pub(super) owner: Option<String>,
    pub(super) region: Option<String>,
}

impl ShortForm {
    /// Reads the short form; the text says what is wrong.
    pub(super) fn parse(url: &Url) -> Result<Self, String> {
        let domain = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let repository = url.path().trim_matches('/').to_owned();
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !is_name(&domain) || !is_name(&repository) {
            return Err("write `codeartifact://DOMAIN/REPOSITORY`".to_owned());
        }
        let (mut owner, mut region) = (None, None);
        for (key, value) in url.query_pairs() {
            match &*key {
                "owner" if is_account(&value) => owner = Some(value.into_owned()),
                "owner" => return Err("`owner` is the 12 digits of an AWS account".to_owned()),
                "region" if is_name(&value) => region = Some(value.into_owned()),
                "region" => return Err("`region` is no name of an AWS region".to_owned()),
                _ => return Err(format!("there is no `{key}`, only `owner` and `region`")),
            }
        }
        Ok(Self { domain, repository, owner, region })
    }

    /// The index, by the service's own rule for host names.
    pub(super) fn url(&self, owner: &str, region: &str) -> Option<SafeUrl> {
        let (domain, repository, suffix) = (&self.domain, &self.repository, suffix(region));
        let text = format!("https://{domain}-{owner}.d.codeartifact.{region}.{suffix}/pypi/{repository}/simple/");
        SafeUrl::parse(&text).ok()
    }
}

impl CodeArtifact {
    /// Recognises `DOMAIN-OWNER.d.codeartifact.REGION.amazonaws.com` (also of the China partition and the dual-stack
    /// names). Strict: a token must not be minted for, and sent to, a host that merely looks like it.
    pub(in crate::http) fn of(url: &Url) -> Option<Self> {
        let Some(Host::Domain(host)) = url.host() else { return None };
        let host = host.to_ascii_lowercase();
        let (account, rest) = host.split_once(".d.codeartifact.")?;
        let (domain, owner) = account.rsplit_once('-')?;
        let (region, suffix) = rest.split_once('.')?;
        let is_sound = !domain.is_empty()
            && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && is_account(owner)
            && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && ["amazonaws.com", "amazonaws.com.cn", "on.aws"].contains(&suffix);
        is_sound.then(|| Self { domain: domain.to_owned(), owner: Some(owner.to_owned()), region: region.to_owned() })
    }
}

/// The end of the names of AWS hosts in a region.
pub(super) fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
