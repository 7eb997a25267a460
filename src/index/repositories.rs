//! Git repositories that a mirror holds: each as one file, which `git` clones as it clones the repository.

use serde::{Deserialize, Serialize};

use super::IndexClient;
use super::static_pages::MIRROR_MANIFEST;
use crate::fetch::WantedFile;
use crate::spec::{HashAlgorithm, HashDigest, PackageName, SafeUrl};

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

/// The manifest, as far as it tells of repositories.
#[derive(Deserialize)]
struct RepositoryList {
    #[serde(default)]
    repositories: Vec<MirroredRepository>,
}

impl MirroredRepository {
    /// The name by which the applications of a mirror call the repository behind a URL: `git+https://…`, without
    /// credentials.
    pub fn name_of(url: &SafeUrl) -> String {
        let plain = url.without_credentials().without_fragment();
        let text = plain.reveal().as_str().trim_end_matches('/');
        format!("git+{}", text.strip_suffix(".git").unwrap_or(text))
    }

    /// The name by which applications call it. Never `None` for one in which [`MirroredRepository::problem`] finds
    /// nothing.
    pub fn name(&self) -> Option<String> {
        SafeUrl::parse(&self.url).ok().map(|url| Self::name_of(&url))
    }

    /// The name of a file for the repository behind a URL.
    pub(crate) fn filename_of(url: &SafeUrl) -> String {
        let last = url.file_name().unwrap_or_default().to_lowercase();
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let plain: String = last.trim_end_matches(".git").chars().filter(is_plain).take(100).collect();
        format!("{}.bundle", Some(plain.trim_matches('.')).filter(|name| !name.is_empty()).unwrap_or("repository"))
    }

    /// Path below the mirror, with slashes.
    pub fn path(&self) -> String {
        format!("files/{}/{}/{}", &self.sha256[..2], self.sha256, self.filename)
    }

    /// The digest of its file, if it is one.
    pub fn digest(&self) -> Option<HashDigest> {
        HashDigest::from_hex(HashAlgorithm::Sha256, &self.sha256).ok()
    }

    /// What is wrong with a repository that a manifest lists: no name may lead out of the mirror.
    pub fn problem(&self) -> Option<&'static str> {
        let is_hex = self.sha256.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !is_hex || self.digest().is_none() {
            return Some("a digest that is no sha256");
        }
        if self.filename.starts_with('.') || !self.filename.bytes().all(is_plain) || self.filename.is_empty() {
            return Some("a file name with other characters than letters, digits, `-`, `_` and `.`");
        }
        let mut urls = self.submodules.iter().chain([&self.url]);
        if urls.all(|text| SafeUrl::parse(text).is_ok()) { None } else { Some("a URL that is none") }
    }
}

impl IndexClient {
    /// The file of the repository behind `url`, and those of its submodules, where the mirror that stands for
    /// everything has them: each with its URL. `project` is for whose sake they are asked for.
    pub(crate) async fn repository_files(&self, url: &SafeUrl, project: &PackageName) -> Vec<(SafeUrl, WantedFile)> {
        let manifest =
            self.mirror_manifest().await.and_then(|bytes| serde_json::from_slice::<RepositoryList>(&bytes).ok());
        let held = manifest.map(|manifest| manifest.repositories).unwrap_or_default();
        let of = |url: &SafeUrl| {
            let name = MirroredRepository::name_of(url);
            held.iter().find(|held| held.problem().is_none() && held.name().as_ref() == Some(&name))
        };
        let Some(own) = of(url) else { return Vec::new() };
        let submodules = own.submodules.iter().filter_map(|url| SafeUrl::parse(url).ok());
        let wanted = [url.clone()].into_iter().chain(submodules).filter_map(|url| {
            let file = of(&url)?;
            let digests: Vec<HashDigest> = file.digest().into_iter().collect();
            let wanted = WantedFile {
                filename: file.filename.clone(),
                project: project.clone(),
                url: self.beside_pages(&file.path())?,
                accepted: digests.clone(),
                listed: digests,
                size: Some(file.size),
                hashes_from: None,
                index: self.indexes.first()?.location.url.without_credentials().without_fragment(),
            };
            Some((url, wanted))
        });
        wanted.collect()
    }

    /// The URL of a file of the mirror that is the only index; `path` is below the mirror. `None`: a folder is no
    /// mirror.
    pub(super) fn beside_pages(&self, path: &str) -> Option<SafeUrl> {
        let [index] = self.indexes.as_slice() else { return None };
        let url = &index.location.url;
        let Some(folder) = url.to_file_path() else {
            return url.without_fragment().below(&[""]).join(&format!("../{path}")).ok();
        };
        let places = [Some(folder.as_path()), folder.parent()];
        let mirror = places.into_iter().flatten().find(|folder| folder.join(MIRROR_MANIFEST).is_file())?;
        SafeUrl::from_path(&mirror.join(path), false).ok()
    }
}
