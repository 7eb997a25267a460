//! A page of an index as it was sent (PEP 503, PEP 691), before the names of its files are read.
//!
//! Texts and digests, borrowed from what was sent where that can be; no URL resolved, no file name parsed.
//! [`ProjectPage::pack`] gives the form that is cached and from which the files of a version are picked.

use std::borrow::Cow;
use std::sync::Arc;

use super::lenient_specifiers::specifiers;
use super::{
    DistFile, DistFilename, FilenameError, ForeignName, HashAlgorithm, HashDigest, IndexOrigin, MetadataOffer,
    PackageName, ProjectStatus, SafeUrl, SkippedFile, Version, Yanked,
};

/// Most files that one page may list. The largest project of PyPI has some twenty thousand, and the page of a mirror
/// that is used with `--find-links` lists those of all projects; what an attacker's page costs in memory is bounded by
/// it.
pub(super) const MOST_FILES: usize = 1_000_000;

/// A page: files as listed.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectPage<'a> {
    /// What relative references are resolved against.
    pub base: SafeUrl,
    /// The files, in the order of the page.
    pub files: Vec<ListedFile<'a>>,
    /// Entries that could not even be listed.
    pub skipped: Vec<SkippedFile>,
    /// What the index says of the project.
    pub status: ProjectStatus,
}

/// One file as a page lists it; only digests that count are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListedFile<'a> {
    /// File name, as listed.
    pub filename: Cow<'a, str>,
    /// URL or reference, as listed; the fragment is left out unless it is a digest and there is none that counts.
    pub reference: Cow<'a, str>,
    /// Digests, strongest first.
    pub hashes: Vec<HashDigest>,
    /// Size in bytes (PEP 700).
    pub size: Option<u64>,
    /// `requires-python`, as listed.
    pub requires_python: Option<Cow<'a, str>>,
    /// Withdrawn (PEP 592).
    pub yanked: Yanked,
    /// Whether METADATA is offered (PEP 658, PEP 714).
    pub metadata: MetadataOffer,
    /// Upload time (PEP 700), microseconds since 1970.
    pub upload_time: Option<i64>,
    /// URL of its attestations (PEP 740), as listed.
    pub provenance: Option<Cow<'a, str>>,
}

/// Why bytes are not a page of an index.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// Neither HTML nor JSON.
    #[error("the answer is neither JSON nor HTML ({})", content_type.as_deref().unwrap_or("no content type"))]
    Format {
        /// What the server said it is.
        content_type: Option<String>,
    },
    /// JSON that is not a page.
    #[error("the answer is not the JSON of a simple index")]
    Json(#[source] serde_json::Error),
    /// A version of the API that nobody has defined yet.
    #[error("the page has version {} of the simple API; only 1.x is known", ForeignName(.0))]
    ApiVersion(String),
    /// HTML of more than 4 GiB.
    #[error("the page is too long")]
    Length,
    /// More tags than a page can have that lists files.
    #[error("the page has more than {0} tags")]
    Tags(usize),
}

impl ProjectPage<'_> {
    /// This page as a value of its own, which borrows nothing.
    pub fn into_owned(self) -> ProjectPage<'static> {
        let files = self.files.into_iter().map(ListedFile::into_owned).collect();
        ProjectPage { base: self.base, files, skipped: self.skipped, status: self.status }
    }

    /// Whether a link of the page holds a user name or password: such a page must not be stored.
    pub fn holds_credentials(&self) -> bool {
        self.files.iter().any(|file| {
            file.reference.contains('@')
                && self.base.join(&file.reference).is_ok_and(|url| url.without_credentials() != url)
        })
    }
}

impl ListedFile<'_> {
    /// This file as a value of its own, which borrows nothing.
    pub(super) fn into_owned(self) -> ListedFile<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        ListedFile {
            filename: owned(self.filename),
            reference: owned(self.reference),
            requires_python: self.requires_python.map(owned),
            provenance: self.provenance.map(owned),
            hashes: self.hashes,
            size: self.size,
            yanked: self.yanked,
            metadata: self.metadata,
            upload_time: self.upload_time,
        }
    }

    /// The version, when name and URL can be read; `None` for a file of another project or of a kind that nobody
    /// installs.
    pub(super) fn check(&self, project: &PackageName, base: &SafeUrl) -> Result<Option<Version>, String> {
        let Some(filename) = read_filename(&self.filename, project)? else { return Ok(None) };
        resolve(&self.reference, base)?;
        Ok(Some(filename.version().clone()))
    }

    /// Reads name, URL and specifiers; `None` for a file of another project or of a kind that nobody installs.
    pub(super) fn read(
        &self,
        project: &PackageName,
        base: &SafeUrl,
        origin: &Arc<IndexOrigin>,
    ) -> Result<Option<DistFile>, String> {
        let Some(filename) = read_filename(&self.filename, project)? else { return Ok(None) };
        Ok(Some(DistFile {
            filename,
            url: resolve(&self.reference, base)?,
            hashes: self.hashes.clone(),
            size: self.size,
            requires_python: self.requires_python.as_deref().and_then(|text| specifiers(text).ok()),
            yanked: self.yanked.clone(),
            metadata: self.metadata.clone(),
            upload_time: self.upload_time,
            provenance: self.provenance.as_deref().and_then(|text| provenance(text, base)),
            origin: Arc::clone(origin),
        }))
    }
}

/// The name of a file of `project`; `None` for what is of another project or of a kind that nobody installs.
fn read_filename(text: &str, project: &PackageName) -> Result<Option<DistFilename>, String> {
    let Some(rest) = strip_project(text, project) else { return Ok(None) };
    match DistFilename::parse(text, project) {
        Ok(filename) => Ok(Some(filename)),
        Err(FilenameError::Extension(_)) => Ok(None),
        // `acme-tools-1.0.tar.gz` on a page that is asked for `acme`.
        Err(_) if !rest.starts_with(|c: char| c.is_ascii_digit() || c == 'v') => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// What follows the project and a hyphen in a file name; `None` when the name is of another project. This is decided
/// for every link of a find-links page and every project, so nothing is parsed for it.
pub(super) fn strip_project<'a>(text: &'a str, project: &PackageName) -> Option<&'a str> {
    let is_separator = |byte: u8| matches!(byte, b'-' | b'_' | b'.');
    let mut rest = text.as_bytes();
    for wanted in project.as_ref().bytes() {
        let (&first, others) = rest.split_first()?;
        rest = if wanted == b'-' && is_separator(first) {
            &others[others.iter().take_while(|&&byte| is_separator(byte)).count()..]
        } else if first.to_ascii_lowercase() == wanted {
            others
        } else {
            return None;
        };
    }
    rest.strip_prefix(b"-").map(|rest| &text[text.len() - rest.len()..])
}

/// The URL of a listed file.
fn resolve(reference: &str, base: &SafeUrl) -> Result<SafeUrl, String> {
    let url = base.join(reference).map_err(|error| format!("its URL is {error}"))?;
    match url.reveal().scheme() {
        "http" | "https" => Ok(url),
        // What lies beside a page in a bucket is asked for with the credentials of that bucket.
        scheme @ ("s3" | "gs") if base.reveal().scheme() == scheme => Ok(url),
        "file" if base.is_file() => Ok(url),
        "file" => Err("a page of a server must not name files of this machine".to_owned()),
        scheme => Err(format!("its URL has the scheme `{scheme}`")),
    }
}

/// The URL of a file's attestations. What cannot be read is left out: nothing is decided by it.
fn provenance(reference: &str, base: &SafeUrl) -> Option<SafeUrl> {
    let url = base.join(reference).ok()?.without_credentials();
    matches!(url.reveal().scheme(), "http" | "https").then_some(url)
}

/// Reads `algorithm`/`hex` pairs: only those that count, strongest first.
pub(super) fn digests<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<HashDigest> {
    strongest_first(pairs.filter_map(|(name, hex)| digest(name, hex)).collect())
}

/// A digest of a page, if it counts.
pub(super) fn digest(name: &str, hex: &str) -> Option<HashDigest> {
    HashDigest::from_hex(algorithm(name)?, hex).ok()
}

/// Why a file that has no digest that counts cannot be used: one is promised, and nothing can have it. A digest that is
/// left empty is none.
pub(super) fn malformed_digest(name: &str, hex: &str) -> Option<String> {
    let algorithm = algorithm(name).filter(|_| !hex.trim().is_empty() && digest(name, hex).is_none())?;
    Some(format!("its {} digest is malformed", algorithm.as_str()))
}

fn algorithm(name: &str) -> Option<HashAlgorithm> {
    HashAlgorithm::ALL.into_iter().find(|algorithm| name.eq_ignore_ascii_case(algorithm.as_str()))
}

/// Sorts digests as they are kept.
pub(super) fn strongest_first(mut digests: Vec<HashDigest>) -> Vec<HashDigest> {
    digests.sort_unstable_by(|one, other| other.cmp(one));
    digests.dedup();
    digests
}
