//! What a mirror holds, as its manifest tells those who read from it, and where that lies.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::spec::{HashAlgorithm, HashDigest, SafeUrl};

/// The version of the form of manifests.
pub(crate) const MIRROR_FORM: u32 = 1;

/// What every manifest says of itself.
#[derive(Deserialize)]
struct Form {
    schema: u32,
}

/// The form of a manifest that is of another one than this version knows.
pub(crate) fn other_form(manifest: &[u8]) -> Option<u32> {
    let Form { schema } = serde_json::from_slice(manifest).ok()?;
    (schema != MIRROR_FORM).then_some(schema)
}

/// The place of which nobody knows any more what it was, as a manifest that was lost and made anew has it. It is none
/// that is asked.
pub(crate) const UNKNOWN_PLACE: &str = "unknown:";

/// Where a file lies below its mirror, with slashes.
pub(crate) fn mirrored_path(sha256: &str, filename: &str) -> String {
    format!("files/{}/{sha256}/{filename}", &sha256[..2])
}

/// Whether a text is a sha256 as manifests and paths have it: in small letters.
pub(crate) fn is_sha256(hex: &str) -> bool {
    let has_form = hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    has_form && HashDigest::from_hex(HashAlgorithm::Sha256, hex).is_ok()
}

/// How names of files end that hold repositories: they are bundles of Git.
pub(crate) const REPOSITORY_SUFFIX: &str = ".bundle";

/// A repository of a mirror, as the manifest has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MirroredRepository {
    /// Its URL, without credentials.
    pub url: String,
    /// The name of the file, which holds all its branches and tags.
    pub filename: String,
    /// The sha256 of the file, hexadecimal.
    pub sha256: String,
    /// Its size, bytes.
    pub size: u64,
    /// URLs of the repositories that it has as submodules; the mirror holds those too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub submodules: Vec<String>,
}

impl MirroredRepository {
    /// A file of which it is not known any more what repository it holds.
    pub(crate) fn unknown(filename: &str, sha256: &str, size: u64) -> Self {
        let url = format!("{UNKNOWN_PLACE}{sha256}/{filename}");
        Self { url, filename: filename.to_owned(), sha256: sha256.to_owned(), size, submodules: Vec::new() }
    }

    /// Whether it is not known what repository it is.
    pub fn is_unknown(&self) -> bool {
        self.url.starts_with(UNKNOWN_PLACE)
    }

    /// How the applications of a mirror call the repository behind a URL: `git+https://…`, without credentials.
    pub fn name_of(url: &SafeUrl) -> String {
        let plain = Self::url_of(url);
        let text = plain.trim_end_matches('/');
        format!("git+{}", text.strip_suffix(".git").unwrap_or(text))
    }

    /// How applications call it; `None` is impossible for one whose [`MirroredRepository::problem`] was asked for.
    pub fn name(&self) -> Option<String> {
        SafeUrl::parse(&self.url).ok().map(|url| Self::name_of(&url))
    }

    /// A URL as manifests have it: without credentials.
    pub(crate) fn url_of(url: &SafeUrl) -> String {
        url.without_credentials().without_fragment().reveal().to_string()
    }

    /// The name of a file for the repository behind a URL.
    pub(crate) fn filename_of(url: &SafeUrl) -> String {
        let last = url.file_name().unwrap_or_default().to_lowercase();
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let plain: String = last.trim_end_matches(".git").chars().filter(is_plain).take(100).collect();
        format!(
            "{}{REPOSITORY_SUFFIX}",
            Some(plain.trim_matches('.')).filter(|name| !name.is_empty()).unwrap_or("repository")
        )
    }

    /// Path below the mirror, with slashes.
    pub fn path(&self) -> String {
        mirrored_path(&self.sha256, &self.filename)
    }

    /// The digest of its file, if it is one.
    pub fn digest(&self) -> Option<HashDigest> {
        HashDigest::from_hex(HashAlgorithm::Sha256, &self.sha256).ok()
    }

    /// What is wrong with one of a manifest, so that no path leads out of the mirror.
    pub fn problem(&self) -> Option<&'static str> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !is_sha256(&self.sha256) {
            return Some("a digest that is no sha256");
        }
        if self.filename.starts_with('.') || !self.filename.bytes().all(is_plain) || self.filename.is_empty() {
            return Some("a file name with other characters than letters, digits, `-`, `_` and `.`");
        }
        let mut urls = self.submodules.iter().chain([&self.url]);
        if urls.all(|text| SafeUrl::parse(text).is_ok()) { None } else { Some("a URL that is none") }
    }
}

/// A manifest, as far as readers need it.
#[derive(Default, Deserialize)]
pub(super) struct Outline {
    #[serde(default)]
    applications: Vec<OutlinedApplication>,
    #[serde(default)]
    files: Vec<OutlinedFile>,
    #[serde(default)]
    pub(super) repositories: Vec<MirroredRepository>,
}

/// An application of a manifest.
#[derive(Deserialize)]
struct OutlinedApplication {
    /// Its files, each with the projects that lead to it.
    #[serde(default)]
    files: HashMap<String, Vec<String>>,
}

/// A file of a manifest.
#[derive(Deserialize)]
struct OutlinedFile {
    filename: String,
    sha256: String,
    source: Option<String>,
}

impl Outline {
    /// The sha256 of every file that came from a URL: of those that some application needs, else of all.
    pub(super) fn digests_from(&self, url: &SafeUrl) -> Vec<&str> {
        let source = source_of(url);
        let came_from_there = |file: &&OutlinedFile| source.is_some() && file.source == source;
        let is_needed =
            |file: &OutlinedFile| self.applications.iter().any(|one| one.files.contains_key(&file.filename));
        let all: Vec<&OutlinedFile> = self.files.iter().filter(came_from_there).collect();
        let one_is_needed = all.iter().any(|file| is_needed(file));
        let chosen = all.into_iter().filter(|file| !one_is_needed || is_needed(file));
        chosen.map(|file| file.sha256.as_str()).collect()
    }
}

/// Where bytes came from, as manifests have it: without what may be secret. `None`: paths of a machine are nobody's
/// business.
pub(crate) fn source_of(url: &SafeUrl) -> Option<String> {
    url.without_fragment().for_others()
}
