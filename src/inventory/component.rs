//! One distribution of an output.

use serde::{Deserialize, Serialize};

use crate::spec::{ExtraName, HashDigest, IndexOrigin, License, PackageName, SafeUrl, Version};

/// One distribution, with everything that is known of it.
#[derive(Clone, Debug)]
pub struct Component {
    /// Name, normalized.
    pub name: PackageName,
    pub version: Version,
    /// Its licence.
    pub license: License,
    /// `Summary` of its metadata.
    pub summary: Option<String>,
    /// `Author`, else `Author-email`, else the maintainer.
    pub author: Option<String>,
    /// Unpacked size of what is in the output, bytes; `None`: not known without fetching the wheel.
    pub size_bytes: Option<u64>,
    /// Its files, sorted by path; empty where they are not known.
    pub files: Vec<FileEntry>,
    /// Its wheel, and where that came from, as far as it is known.
    pub origin: WheelOrigin,
    /// The wheel's tags.
    pub tags: Vec<String>,
    /// The extras of it that are in use.
    pub extras: Vec<ExtraName>,
    /// The distributions of the output that it requires, sorted.
    pub dependencies: Vec<PackageName>,
    /// Who asked for it.
    pub requested_by: Vec<Requested>,
    /// Bills of materials that it brings (PEP 770).
    pub sboms: Vec<Sbom>,
    /// Distributions that it carries inside itself.
    pub vendored: Vec<Vendored>,
}

/// A wheel, and where it came from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WheelOrigin {
    /// Name of the wheel.
    pub filename: Option<String>,
    /// Where its bytes came from, without credentials.
    pub url: Option<SafeUrl>,
    /// The index that listed it.
    pub index: Option<IndexOrigin>,
    /// Digest of the wheel.
    pub sha256: Option<HashDigest>,
    /// Size of the wheel, bytes.
    pub wheel_bytes: Option<u64>,
}

/// Who asked for a distribution.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Requested {
    /// The distribution that did; `None`: the user.
    pub by: Option<PackageName>,
    /// In which words.
    pub requirement: String,
}

/// One file of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Path below the output's top, with `/` between folders.
    pub path: String,
    /// Size, bytes.
    pub size: u64,
    /// Digest of the content, where it was read.
    pub sha256: Option<HashDigest>,
    /// Its SHA-1, hexadecimal, where one was asked for: SPDX wants it, and nothing else does.
    pub sha1: Option<String>,
}

/// A bill of materials that a distribution brings in its `.dist-info/sboms/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sbom {
    /// Its path below the output's top.
    pub path: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// A distribution inside another one, such as those in `setuptools/_vendor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendored {
    /// Name, normalized.
    pub name: PackageName,
    pub version: Version,
    /// Its licence.
    pub license: License,
}

impl Component {
    /// A distribution of which nothing is known but this.
    pub(super) fn new(name: PackageName, version: Version) -> Self {
        Self {
            name,
            version,
            license: License::default(),
            summary: None,
            author: None,
            size_bytes: None,
            files: Vec::new(),
            origin: WheelOrigin::default(),
            tags: Vec::new(),
            extras: Vec::new(),
            dependencies: Vec::new(),
            requested_by: Vec::new(),
            sboms: Vec::new(),
            vendored: Vec::new(),
        }
    }

    /// Takes what METADATA says about it.
    pub(super) fn describe(&mut self, fields: &[(String, String)]) {
        let first = |names: &[&str]| {
            names.iter().find_map(|name| {
                let of_name = fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
                of_name.map(|(_, value)| value.clone()).filter(|value| !value.is_empty() && value != "UNKNOWN")
            })
        };
        self.license = License::of_fields(fields);
        self.summary = first(&["Summary"]);
        self.author = first(&["Author", "Author-email", "Maintainer", "Maintainer-email"]);
    }

    /// Whether the user asked for it.
    pub fn is_asked_for(&self) -> bool {
        self.requested_by.iter().any(|requested| requested.by.is_none())
    }
}
