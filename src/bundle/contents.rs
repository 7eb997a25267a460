//! What a bundle holds: every file, and where its bytes are.

use std::cmp::Reverse;
use std::path::PathBuf;

use super::source::SourceFile;
use crate::archive::{Alike, SafePath};
use crate::install::{InstalledDist, InstalledFile};
use crate::spec::sha256;

/// How a bundle is laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BundleLayout {
    /// Folder of the dependencies; `None` puts them at the root. The user's own files are always at the root.
    pub prefix: Option<SafePath>,
}

/// A bundle as it will be: every file and where its bytes are. Holding one proves that the files can stand beside each
/// other, on any file system where `alike` is empty; nothing is written yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bundle<'a> {
    /// The files, sorted by path, each path once.
    pub files: Vec<BundleFile<'a>>,
    /// Unzipped size, bytes.
    pub size_bytes: u64,
    /// The distributions, sorted by name.
    pub dists: Vec<&'a InstalledDist>,
    /// How it is laid out.
    pub layout: BundleLayout,
    /// The sources of the user's files: publishing refuses to replace them.
    pub source_folders: Vec<PathBuf>,
    /// What the user should know: files that replace others, names that differ in case only.
    pub warnings: Vec<String>,
    /// Paths that some file systems take for one: a folder there cannot hold the bundle.
    pub alike: Vec<Alike>,
}

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BundleFile<'a> {
    /// Path below OUT.
    pub path: SafePath,
    /// Mode 0755 instead of 0644.
    pub executable: bool,
    /// Size, bytes. That of a user's file may change until it is copied.
    pub size: u64,
    /// Where the bytes are.
    pub content: BundleContent<'a>,
}

/// Where the bytes of a file of a bundle are.
#[derive(Clone, Debug)]
pub(crate) enum BundleContent<'a> {
    /// A file of an installed distribution.
    Dist {
        /// The distribution that has the file.
        dist: &'a InstalledDist,
        /// The file of the distribution.
        file: &'a InstalledFile,
    },
    /// One of the user's own files.
    Source(&'a SourceFile),
    /// Made here: a RECORD whose files were partly replaced.
    Generated(Vec<u8>),
}

impl BundleLayout {
    /// Everything at the root: a function.
    pub(crate) fn function() -> Self {
        Self { prefix: None }
    }

    /// Everything below `python/`: a layer.
    ///
    /// Source: AWS Lambda developer guide, "Packaging your layer content", "Layer paths for each Lambda runtime".
    ///
    /// # Panics
    /// Never: the path is a safe one.
    pub(crate) fn layer() -> Self {
        Self { prefix: Some(SafePath::new("python").expect("the path is safe")) }
    }

    /// Where a file of a distribution or of the user lies in the bundle.
    pub(super) fn place(&self, path: &SafePath) -> SafePath {
        self.prefix.as_ref().map_or_else(|| path.clone(), |prefix| path.prefixed(prefix))
    }
}

impl Bundle<'_> {
    /// The `count` largest parts of the bundle with their sizes in bytes, largest first.
    pub(crate) fn largest(&self, count: usize) -> impl Iterator<Item = (String, u64)> {
        let mut sizes: Vec<(String, u64)> =
            self.dists.iter().map(|dist| (dist.name.to_string(), dist.size())).collect();
        let own = self.own_bytes();
        if own > 0 {
            sizes.push(("source files".to_owned(), own));
        }
        sizes.sort_by_key(|(_, size)| Reverse(*size));
        sizes.into_iter().take(count)
    }

    /// Size of the user's own files together, bytes.
    pub(crate) fn own_bytes(&self) -> u64 {
        let own = self.files.iter().filter(|file| matches!(file.content, BundleContent::Source(_)));
        own.map(|file| file.size).sum()
    }

    /// Adds files that are made for this bundle; each takes the place of what has its path.
    pub(crate) fn add_made(&mut self, files: &[(SafePath, Vec<u8>)]) {
        let made = files.iter().map(|(path, bytes)| BundleFile {
            path: path.clone(),
            executable: false,
            size: bytes.len() as u64,
            content: BundleContent::Generated(bytes.clone()),
        });
        self.files.extend(made);
        // Of equal paths the later one comes first.
        self.files.sort_by(|a, b| b.path.cmp(&a.path));
        self.files.reverse();
        self.files.dedup_by(|earlier, later| earlier.path == later.path);
        self.size_bytes = self.files.iter().map(|file| file.size).sum();
    }
}

impl BundleContent<'_> {
    /// Whose it is, for messages.
    pub(crate) fn owner(&self) -> String {
        match self {
            Self::Dist { dist, .. } => format!("{} {}", dist.name, dist.version),
            Self::Source(file) => file.owner.to_string(),
            Self::Generated(_) => "the bundle".to_owned(),
        }
    }
}

impl PartialEq for BundleContent<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dist { file, .. }, Self::Dist { file: other, .. }) => file.sha256 == other.sha256,
            (Self::Source(file), Self::Source(other)) => file == other,
            (Self::Generated(bytes), Self::Generated(other)) => bytes == other,
            (Self::Dist { file, .. }, Self::Generated(bytes)) | (Self::Generated(bytes), Self::Dist { file, .. }) => {
                file.sha256 == sha256(bytes)
            }
            _ => false,
        }
    }
}
