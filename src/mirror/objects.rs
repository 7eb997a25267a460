//! A mirror as a list of objects, in the order in which a store has to get them: whoever reads there while they arrive
//! finds every file that a page names.
//!
//! A store without folders has no documents for them either. So each page lies there also under the key that is asked
//! for, `simple/NAME/`, and pip and uv can use such a store as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::contents::{Contents, MANIFEST, parse_manifest};
use super::signature::{SIGNATURES, signature_bytes};
use super::{Mirror, MirrorError, MirrorFile};
use crate::spec::HashDigest;

/// Content type of a page in HTML.
const HTML: &str = "text/html; charset=utf-8";

/// Content type of a page in JSON (PEP 691).
const JSON: &str = "application/vnd.pypi.simple.v1+json";

/// Content type of everything else that is text.
const PLAIN: &str = "application/json";

/// Content type of files.
const BYTES: &str = "application/octet-stream";

/// One object of a mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorObject {
    /// Its key, below the place of the mirror.
    pub key: String,
    /// What it consists of.
    pub content: ObjectContent,
    pub content_type: &'static str,
}

/// What an object consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectContent {
    /// Bytes that are in memory.
    Bytes(Vec<u8>),
    /// A file of the mirror.
    File {
        /// Where it lies.
        path: PathBuf,
        /// Its size, bytes; `None`: it is to be looked at.
        size: Option<u64>,
        sha256: HashDigest,
    },
}

/// What a store has to get, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// Stages, one after the other; the objects of a stage may go at the same time.
    pub stages: Vec<Vec<MirrorObject>>,
    /// Keys that nothing names any more.
    pub gone: Vec<String>,
    /// Objects that are there already.
    pub present: usize,
}

impl Mirror {
    /// What a store lacks of this mirror. `there` is the manifest that the store has; `None`: it has none. With `bare`,
    /// pages lie under the keys of folders too.
    ///
    /// # Errors
    /// The manifest of the store is none.
    pub fn transfer(&self, there: Option<&[u8]>, bare: bool) -> Result<Transfer, MirrorError> {
        let there = there.map(|bytes| parse_manifest(bytes, Path::new(MANIFEST))).transpose()?.unwrap_or_default();
        let mut transfer = Transfer::default();
        let is_known: BTreeSet<String> = there.paths().collect();
        let mut files = Vec::new();
        let of_files = self.files().flat_map(|file| self.objects_of(file));
        let of_repositories = self.repositories().filter_map(|repository| {
            Some(self.file_object(repository.path(), Some(repository.size), repository.digest()?))
        });
        for object in of_files.chain(of_repositories) {
            if is_known.contains(&object.key) { transfer.present += 1 } else { files.push(object) }
        }
        let before = Self::pages_of(&there);
        let now = self.pages();
        let (mut project_pages, mut root_pages) = (Vec::new(), Vec::new());
        for (path, bytes) in &now {
            let objects = page_objects(path, bytes, bare);
            if before.get(path) == Some(bytes) {
                transfer.present += objects.len();
            } else if path.matches('/').count() == 1 {
                root_pages.extend(objects);
            } else {
                project_pages.extend(objects);
            }
        }
        let manifest = self.manifest_bytes()?;
        let mut last = vec![object(MANIFEST.to_owned(), manifest, PLAIN)];
        last.splice(0..0, signature_bytes(self.folder()).map(|bytes| object(SIGNATURES.to_owned(), bytes, PLAIN)));
        transfer.stages = vec![files, project_pages, root_pages, last];
        transfer.stages.retain(|stage| !stage.is_empty());
        let needed: BTreeSet<String> = self.contents.paths().collect();
        let gone_pages = before.iter().filter(|(path, _)| !now.contains_key(*path));
        let gone_pages = gone_pages.flat_map(|(path, bytes)| page_objects(path, bytes, bare)).map(|object| object.key);
        transfer.gone = gone_pages.chain(is_known.into_iter().filter(|key| !needed.contains(key))).collect();
        Ok(transfer)
    }

    fn objects_of(&self, file: &MirrorFile) -> Vec<MirrorObject> {
        let metadata = file.metadata_path().zip(file.metadata_digest());
        let metadata = metadata.map(|(key, sha256)| self.file_object(key, None, sha256));
        let own = file.digest().map(|sha256| self.file_object(file.path(), Some(file.size), sha256));
        // METADATA first: a page says that it is there.
        [metadata, own].into_iter().flatten().collect()
    }

    fn file_object(&self, key: String, size: Option<u64>, sha256: HashDigest) -> MirrorObject {
        let content = ObjectContent::File { path: self.folder().join(&key), size, sha256 };
        MirrorObject { key, content, content_type: BYTES }
    }
}

fn page_objects(path: &str, bytes: &[u8], bare: bool) -> Vec<MirrorObject> {
    match path.strip_suffix("index.html") {
        None => vec![object(path.to_owned(), bytes.to_owned(), JSON)],
        Some(folder) => {
            let own = object(path.to_owned(), bytes.to_owned(), HTML);
            let of_folder = bare.then(|| object(folder.to_owned(), bytes.to_owned(), HTML));
            [Some(own), of_folder].into_iter().flatten().collect()
        }
    }
}

fn object(key: String, bytes: Vec<u8>, content_type: &'static str) -> MirrorObject {
    MirrorObject { key, content: ObjectContent::Bytes(bytes), content_type }
}

/// What a manifest lists, as pages.
impl Mirror {
    fn pages_of(contents: &Contents) -> BTreeMap<String, Vec<u8>> {
        if contents.files.is_empty() && contents.applications.is_empty() {
            return BTreeMap::new();
        }
        super::folder::pages(contents)
    }
}
