//! What a wheel is built from: an archive, a folder, a commit. Fetched, and known by its content.

use std::path::{Path, PathBuf};

use super::SupplyError;
use super::indexes::is_public;
use crate::archive::{Limits, SafePath, read_source};
use crate::blocking::blocking;
use crate::build::{BuildError, Checkout, SetupFiles, static_metadata, static_setup};
use crate::fetch::FetchedFile;
use crate::requirements::DirectReference;
use crate::spec::{CoreMetadata, HashDigest, SafeUrl};

/// Largest PKG-INFO or pyproject.toml that is read, bytes: descriptions with pictures in them reach a few megabytes.
const METADATA_MOST: u64 = 16 << 20;

/// A source that can be built.
#[derive(Clone, Debug)]
pub(super) struct BuildSource {
    /// What messages call it.
    pub(super) label: String,
    pub(super) origin: Whereabouts,
    /// The folder of the project, below the top of the source.
    pub(super) subdirectory: Option<SafePath>,
    /// Whether it comes from a private index: then not everybody may have what is built of it.
    pub(super) is_private: bool,
}

/// Where a source lies.
#[derive(Clone, Debug)]
pub(super) enum Whereabouts {
    /// In the cache, with the digest that was promised.
    Archive { file: FetchedFile },
    /// Where the user has it.
    Folder { path: PathBuf, digest: HashDigest },
    /// In the cache, or in a temporary folder, which goes with the session.
    Git(Checkout),
}

impl BuildSource {
    /// An archive that an index lists.
    pub(super) fn archive(filename: &str, file: FetchedFile, index: &SafeUrl) -> Self {
        let (label, origin) = (filename.to_owned(), Whereabouts::Archive { file });
        Self { label, origin, subdirectory: None, is_private: !is_public(index) }
    }

    /// Says by its content which source it is.
    pub(super) fn identity(&self) -> String {
        let below = self.subdirectory.as_ref().map_or("", SafePath::as_str);
        match &self.origin {
            Whereabouts::Archive { file } => identity_of_archive(&file.digest, below),
            Whereabouts::Folder { digest, .. } => format!("folder {digest} {below}"),
            // Wherever it was fetched from: a commit is a content, and tags are beside it.
            Whereabouts::Git(Checkout { commit, described, .. }) => format!("git {commit} {described} {below}"),
        }
    }

    /// What it says of itself for certain; `None` when it has to be built to know.
    pub(super) async fn static_metadata(&self, limits: Limits) -> Result<Option<CoreMetadata>, SupplyError> {
        let (origin, label) = (self.origin.clone(), self.label.clone());
        let below = self.subdirectory.as_ref().map(|below| format!("{below}/")).unwrap_or_default();
        let reading = blocking(move || {
            let names = [format!("{below}PKG-INFO"), format!("{below}pyproject.toml")];
            let [info, pyproject] = match &origin {
                Whereabouts::Archive { file } => {
                    let wanted = [names[0].as_str(), names[1].as_str()];
                    let mut kept = read_source(&file.path, &wanted, METADATA_MOST, &limits)
                        .map_err(|source| BuildError::Unpack { label: label.clone(), source })?;
                    names.map(|name| kept.remove(&name))
                }
                // A PKG-INFO that lies in a folder is left from something else.
                Whereabouts::Folder { path, .. } | Whereabouts::Git(Checkout { folder: path, .. }) => {
                    let pyproject = fs_err::read(path.join(&names[1])).ok();
                    let stated = static_metadata(None, pyproject.as_deref(), &label)?;
                    return Ok(stated.or_else(|| said_by_setup(&path.join(&below), pyproject.as_deref())));
                }
            };
            static_metadata(info.as_deref(), pyproject.as_deref(), &label)
        });
        Ok(reading.await?)
    }

    /// The reference that leads to this source, now and later: the commit stands in the place of a branch.
    pub(super) fn pinned(&self, reference: &DirectReference) -> DirectReference {
        match (reference, &self.origin) {
            (DirectReference::Git { url, subdirectory, editable, .. }, Whereabouts::Git(Checkout { commit, .. })) => {
                let (url, subdirectory, editable) = (url.clone(), subdirectory.clone(), *editable);
                DirectReference::Git { url, revision: Some(commit.clone()), subdirectory, editable }
            }
            _ => reference.clone(),
        }
    }
}

/// What the files of setuptools in a folder say for certain.
fn said_by_setup(folder: &Path, pyproject: Option<&[u8]>) -> Option<CoreMetadata> {
    let [cfg, py] = ["setup.cfg", "setup.py"].map(|name| fs_err::read_to_string(folder.join(name)).ok());
    let pyproject = pyproject.map(std::str::from_utf8).transpose().ok()?;
    static_setup(&SetupFiles { cfg: cfg.as_deref(), py: py.as_deref(), pyproject })
}

/// Says which archive it is that is built.
pub(super) fn identity_of_archive(digest: &HashDigest, below: &str) -> String {
    format!("archive {digest} {below}")
}

/// What a reference leads to, for messages.
pub(super) fn describe(reference: &DirectReference) -> String {
    match reference {
        DirectReference::Wheel { url } => format!("the wheel {url}"),
        DirectReference::Sdist { url, .. } => format!("the source archive {url}"),
        DirectReference::Folder { path, .. } => format!("the folder `{}`", path.display()),
        DirectReference::Git { url, .. } => format!("the git repository {url}"),
    }
}
