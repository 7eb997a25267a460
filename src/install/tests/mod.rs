//! Wheels, honest and hostile, installed into caches that are whole, damaged or unwritable.

mod corpus;
mod hostile;
mod layout;
mod judgement;
mod links;
mod trees;

use std::path::Path;

use super::{FileContent, InstallError, InstallOptions, InstalledDist, RecordPolicy, install_wheel};
use crate::archive::Inflater;
use crate::archive::tests::builder::{RawEntry, RawZip};
use crate::archive::tests::{chain, note};
use crate::cache::Cache;
use crate::fetch::{FetchedWheel, Proof};
use crate::spec::{WheelFilename, sha256, write_record_line};

/// A wheel by its files; RECORD is made from them unless it is given.
#[derive(Clone)]
pub(super) struct TestWheel {
    pub(super) filename: String,
    pub(super) entries: Vec<RawEntry>,
    /// Lines of RECORD; `None` writes the truth.
    pub(super) record: Option<Vec<u8>>,
    pub(super) record_path: String,
    /// Who vouches for the archive; nobody at first.
    pub(super) proof: Proof,
}

const WHEEL: &str = "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
const METADATA: &str =
    "Metadata-Version: 2.1\nName: Tiny.Pkg\nVersion: 1.0\nRequires-Dist: dep>=2\nSummary: tiny\n\nText\n";

impl TestWheel {
    /// `tiny-pkg` 1.0: a module, a program, and what every wheel has.
    pub(super) fn tiny() -> Self {
        let mut wheel = Self {
            filename: "tiny_pkg-1.0-py3-none-any.whl".to_owned(),
            entries: Vec::new(),
            record: None,
            record_path: "tiny_pkg-1.0.dist-info/RECORD".to_owned(),
            proof: Proof::Nothing,
        };
        wheel.add("tiny_pkg/__init__.py", "VALUE = 1\n");
        wheel.entries.push(RawEntry::new("tiny_pkg/run.sh", b"#!/bin/sh\n").mode(0o100_755));
        wheel.add("tiny_pkg-1.0.dist-info/WHEEL", WHEEL);
        wheel.add("tiny_pkg-1.0.dist-info/METADATA", METADATA);
        wheel
    }

    pub(super) fn add(&mut self, path: &str, content: &str) -> &mut Self {
        self.entries.push(RawEntry::new(path, content.as_bytes()));
        self
    }

    pub(super) fn remove(&mut self, path: &str) -> &mut Self {
        self.entries.retain(|entry| entry.central.name != path.as_bytes());
        self
    }

    /// Replaces the content of a file, RECORD following.
    pub(super) fn set(&mut self, path: &str, content: &str) -> &mut Self {
        self.remove(path).add(path, content)
    }

    /// The RECORD that tells the truth.
    pub(super) fn true_record(&self) -> String {
        let mut lines = String::new();
        for entry in self.entries.iter().filter(|entry| !entry.central.name.ends_with(b"/")) {
            let content = content_of(entry);
            let name = String::from_utf8(entry.central.name.clone()).unwrap();
            write_record_line(&mut lines, &name, Some((&sha256(&content), content.len() as u64)));
        }
        write_record_line(&mut lines, &self.record_path, None);
        lines
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut zip = RawZip::of(self.entries.clone());
        let record = self.record.clone().unwrap_or_else(|| self.true_record().into_bytes());
        if !self.record_path.is_empty() {
            zip.push(RawEntry::new(&self.record_path, &record));
        }
        zip.bytes()
    }

    /// Writes the wheel into `folder`, as if it had been fetched.
    pub(super) fn fetched(&self, folder: &Path) -> FetchedWheel {
        let bytes = self.bytes();
        let filename: WheelFilename = self.filename.parse().unwrap();
        let path = folder.join(filename.as_str());
        fs_err::write(&path, &bytes).unwrap();
        FetchedWheel {
            name: filename.name.clone(),
            version: filename.version.clone(),
            digest: sha256(&bytes),
            proof: self.proof,
            size: bytes.len() as u64,
            is_fresh: true,
            path,
            filename,
        }
    }
}

fn content_of(entry: &RawEntry) -> Vec<u8> {
    let span = crate::archive::DataSpan {
        offset: 0,
        compressed_size: u64::from(entry.central.compressed_size),
        size: u64::from(entry.central.size),
        crc32: entry.central.crc32,
        deflated: entry.central.method == 8,
    };
    let mut content = Vec::new();
    Inflater::default()
        .read(&entry.data, "entry", &span, |bytes| {
            content.extend_from_slice(bytes);
            Ok(())
        })
        .unwrap();
    content
}

/// A cache and a folder for wheels, in one temporary folder.
pub(super) struct TestCache {
    pub(super) folder: tempfile::TempDir,
    pub(super) cache: Cache,
}

impl TestCache {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("cache"));
        Self { folder, cache }
    }

    pub(super) fn install(&self, wheel: &TestWheel, tree: bool) -> Result<InstalledDist, InstallError> {
        self.install_as(wheel, tree, RecordPolicy::default())
    }

    pub(super) fn install_as(
        &self,
        wheel: &TestWheel,
        tree: bool,
        record: RecordPolicy,
    ) -> Result<InstalledDist, InstallError> {
        let options = InstallOptions { record, tree, ..InstallOptions::default() };
        self.install_with(wheel, &options)
    }

    pub(super) fn install_with(
        &self,
        wheel: &TestWheel,
        options: &InstallOptions,
    ) -> Result<InstalledDist, InstallError> {
        install_wheel(&wheel.fetched(self.folder.path()), &self.cache, options)
    }
}

/// The paths of a distribution.
pub(super) fn paths(dist: &InstalledDist) -> Vec<&str> {
    dist.files.iter().map(|file| file.path.as_str()).collect()
}

/// The content of a file that the installer made.
pub(super) fn generated<'a>(dist: &'a InstalledDist, path: &str) -> &'a str {
    let file = dist.files.iter().find(|file| file.path.as_str() == path).expect("the file is there");
    match &file.content {
        FileContent::Generated(content) => std::str::from_utf8(content).unwrap(),
        FileContent::WheelEntry { .. } => panic!("`{path}` comes from the wheel"),
    }
}

/// Makes one change to an honest wheel and expects that it is refused for the reason that `expected` is a part of,
/// with and without a tree, and that nothing stays in the cache.
pub(super) fn refuses(what: &str, expected: &str, change: impl FnOnce(&mut TestWheel)) {
    let mut wheel = TestWheel::tiny();
    change(&mut wheel);
    for tree in [false, true] {
        let place = TestCache::new();
        match place.install(&wheel, tree) {
            Ok(_) => panic!("{what}: accepted"),
            Err(error) => {
                let text = chain(&error);
                assert!(text.contains(expected), "{what}: refused for another reason: {text}");
                if tree {
                    note(what, &text);
                }
            }
        }
        let digest = sha256(&wheel.bytes());
        assert!(!place.cache.install(&digest).exists(), "{what}: something stayed in the cache");
    }
}
