//! Summaries of files: digest, imports, needs. Made once, and kept in the cache for the next check of the same folder.
//!
//! A file is taken for the one that was summarised while its size, inode, time of modification and time of change are the
//! same. Of a file with several names the time of change is left out: it changes with every further name, as when a bundle is made
//! anew of files that are linked from the cache, and such files are not written to.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use super::file::Content;
use super::stamp::Stamp;
use super::tree::Tree;
use crate::cache::{Bucket, Cache};
use crate::elf::{ElfError, Object, is_elf};
use crate::python::{self, Module};
use crate::spec::{HashAlgorithm, HashDigest, sha256};

/// Changes with everything that makes a summary another one.
const VERSION: &str = "1";

/// Where summaries come from, and go to.
#[derive(Default)]
pub(super) struct Summaries {
    known: HashMap<String, Known>,
    new: Mutex<HashMap<String, Known>>,
}

/// What is known of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Known {
    stamp: Stamp,
    sha256: Option<[u8; 32]>,
    module: Option<Arc<Module>>,
    object: Option<Object>,
}

impl Summaries {
    /// The summaries of an earlier check of this place, for Python 3.`minor`.
    pub(super) fn open(cache: Option<&Cache>, path: &Path, minor: u64) -> Self {
        let known = cache.and_then(|cache| {
            let bytes = cache.read(&cache.entry(Bucket::Checks, &key(path, minor)))?;
            rmp_serde::from_slice(&bytes).ok()
        });
        Self { known: known.unwrap_or_default(), new: Mutex::default() }
    }

    /// Keeps them for the next check. A cache that cannot be written is only a cache.
    pub(super) fn keep(self, cache: &Cache, path: &Path, minor: u64) {
        let Ok(new) = self.new.into_inner() else { return };
        if new.is_empty() {
            return;
        }
        let mut all = self.known;
        all.extend(new);
        if let Ok(bytes) = rmp_serde::to_vec(&all) {
            let _ = cache.write(&cache.entry(Bucket::Checks, &key(path, minor)), &bytes);
        }
    }

    /// The summary of a source file by the grammar of Python 3.`minor`.
    pub(super) fn module(&self, tree: &Tree, file: usize, minor: u8) -> Arc<Module> {
        if let Some(module) = self.known(tree, file).and_then(|known| known.module.clone()) {
            return module;
        }
        let module = Arc::new(match tree.read(file) {
            Ok(bytes) => python::read(&bytes, minor),
            Err(_) => Module { is_unread: true, is_dynamic: true, ..Module::default() },
        });
        self.learn(tree, file, |known| known.module = Some(Arc::clone(&module)));
        module
    }

    /// A native object; `None` where the file is none.
    pub(super) fn object(&self, tree: &Tree, file: usize) -> Option<Result<Object, ElfError>> {
        if let Some(object) = self.known(tree, file).and_then(|known| known.object.clone()) {
            return Some(Ok(object));
        }
        let bytes = is_elf(&tree.start(file, 4)).then(|| tree.read(file).ok()).flatten()?;
        let object = Object::parse(&bytes);
        if let Ok(object) = &object {
            self.learn(tree, file, |known| known.object = Some(object.clone()));
        }
        Some(object)
    }

    /// The digest of a file.
    pub(super) fn digest(&self, tree: &Tree, file: usize) -> Option<HashDigest> {
        if let Some(digest) = self.known(tree, file).and_then(|known| known.sha256) {
            return HashDigest::from_bytes(HashAlgorithm::Sha256, &digest);
        }
        let digest = sha256(&tree.read(file).ok()?);
        if let Ok(bytes) = digest.bytes().try_into() {
            self.learn(tree, file, |known| known.sha256 = Some(bytes));
        }
        Some(digest)
    }

    /// What is known of a file that looks as it did.
    fn known(&self, tree: &Tree, file: usize) -> Option<&Known> {
        let Content::Disk(_, stamp) = &tree.files[file].content else { return None };
        self.known.get(&tree.files[file].path).filter(|known| known.stamp == *stamp)
    }

    fn learn(&self, tree: &Tree, file: usize, add: impl FnOnce(&mut Known)) {
        let Content::Disk(_, stamp) = &tree.files[file].content else { return };
        let Ok(mut new) = self.new.lock() else { return };
        let empty = || {
            let before = self.known(tree, file).cloned();
            before.unwrap_or(Known { stamp: *stamp, sha256: None, module: None, object: None })
        };
        add(new.entry(tree.files[file].path.clone()).or_insert_with(empty));
    }
}

fn key(path: &Path, minor: u64) -> String {
    format!("{VERSION}\n3.{minor}\n{}", path.display())
}
