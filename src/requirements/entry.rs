//! One requirement and what stood beside it.

use std::fmt;
use std::path::PathBuf;

use super::Origin;
use super::archive_name::is_archive;
use super::shell::quote;
use crate::spec::{HashDigest, Requirement, SafeUrl, VersionOrUrl};

/// One requirement and what stood beside it.
///
/// `Display` writes it as one line of a requirements file that reads back as the same entry, but for what
/// [`SafeUrl`] hides: credentials and query strings appear as `****`. `{:#}` puts every hash on a line of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct RequirementEntry {
    /// The parsed requirement. A direct reference's URL stands in it, fragment included, and, taken apart, in `direct`.
    pub requirement: Requirement,
    /// Its text as the user wrote it, without comment and options, credentials hidden: for messages.
    pub text: String,
    /// Digests of `--hash` and of a URL's fragment, any of which is accepted.
    pub hashes: Vec<HashDigest>,
    /// `--config-settings`, for a build: key and value in the order given, a key possibly more than once.
    pub config_settings: Vec<(String, String)>,
    /// What the URL or path of a direct reference leads to.
    pub direct: Option<DirectReference>,
    /// What its project requires in turn is not followed.
    pub is_alone: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// What a URL or path requirement leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum DirectReference {
    /// A wheel: `http(s)` or `file` URL without fragment. Its name was parsed, and agrees with the requirement.
    Wheel {
        /// Where it is.
        url: SafeUrl,
    },
    /// A source archive, or what a URL without a telling name may turn out to be.
    Sdist {
        /// Where it is, without fragment.
        url: SafeUrl,
        /// `#subdirectory=`.
        subdirectory: Option<String>,
    },
    /// A folder with a project in it.
    Folder {
        /// Absolute path.
        path: PathBuf,
        /// Given with `-e`.
        editable: bool,
        /// `#subdirectory=`.
        subdirectory: Option<String>,
    },
    /// A Git repository.
    Git {
        /// The URL after `git+`, without revision and fragment.
        url: SafeUrl,
        /// The text after `@`.
        revision: Option<String>,
        /// `#subdirectory=`.
        subdirectory: Option<String>,
        /// Given with `-e`.
        editable: bool,
    },
}

impl DirectReference {
    /// What the URL of a requirement in metadata leads to.
    pub fn of_url(url: &SafeUrl) -> Self {
        let subdirectory = url
            .fragment()
            .and_then(|fragment| fragment.split('&').find_map(|part| part.strip_prefix("subdirectory=")))
            .map(|text| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned());
        let plain = url.without_fragment();
        let file_name = plain.file_name().unwrap_or_default();
        if let Some(git) = plain.reveal().as_str().strip_prefix("git+") {
            // The `@` of a user name stands before the path, that of a revision behind.
            let path_start = git.find("://").map_or(0, |at| at + 3);
            let path_start = git[path_start..].find('/').map_or(git.len(), |at| path_start + at);
            let (address, revision) = match git[path_start..].rfind('@') {
                Some(at) => {
                    let revision = percent_encoding::percent_decode_str(&git[path_start + at + 1..]);
                    (&git[..path_start + at], Some(revision.decode_utf8_lossy().into_owned()))
                }
                None => (git, None),
            };
            if let Ok(url) = SafeUrl::parse(address) {
                return Self::Git { url, revision, subdirectory, editable: false };
            }
        }
        if file_name.to_ascii_lowercase().ends_with(".whl") {
            return Self::Wheel { url: plain };
        }
        match plain.to_file_path() {
            Some(path) if !is_archive(&file_name) => Self::Folder { path, editable: false, subdirectory },
            _ => Self::Sdist { url: plain, subdirectory },
        }
    }

    /// The folder of the project below the top of a source.
    pub fn subdirectory(&self) -> Option<&str> {
        match self {
            Self::Wheel { .. } => None,
            Self::Sdist { subdirectory, .. } | Self::Folder { subdirectory, .. } | Self::Git { subdirectory, .. } => {
                subdirectory.as_deref()
            }
        }
    }

    /// Where it is on this machine.
    pub(super) fn local_path(&self) -> Option<PathBuf> {
        match self {
            Self::Folder { path, .. } => Some(path.clone()),
            Self::Wheel { url } | Self::Sdist { url, .. } | Self::Git { url, .. } => url.to_file_path(),
        }
    }

    /// Whether both lead to the same source: being editable is no difference to a bundle.
    pub fn is_same_place(&self, other: &Self) -> bool {
        let plain = |reference: &Self| {
            let mut plain = reference.clone();
            if let Self::Folder { editable, .. } | Self::Git { editable, .. } = &mut plain {
                *editable = false;
            }
            plain
        };
        plain(self) == plain(other)
    }

    /// Whether it was given with `-e`.
    pub fn is_editable(&self) -> bool {
        matches!(self, Self::Folder { editable: true, .. } | Self::Git { editable: true, .. })
    }
}

impl fmt::Display for RequirementEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requirement = Plain(&self.requirement).to_string();
        if self.direct.as_ref().is_some_and(DirectReference::is_editable) {
            write!(f, "-e {}", quote(&requirement))?;
        } else {
            f.write_str(&requirement)?;
        }
        for (key, value) in &self.config_settings {
            write!(f, " --config-settings={}", quote(&format!("{key}={value}")))?;
        }
        let from_url: Vec<&str> = match &self.requirement.version_or_url {
            Some(VersionOrUrl::Url(url)) => url.fragment().unwrap_or_default().split('&').collect(),
            _ => Vec::new(),
        };
        for hash in &self.hashes {
            let in_fragment = |part: &&str| {
                part.split_once('=').is_some_and(|(algorithm, hex)| {
                    algorithm == hash.algorithm().as_str() && hex.eq_ignore_ascii_case(&hash.hex())
                })
            };
            if !from_url.iter().any(in_fragment) {
                f.write_str(if f.alternate() { " \\\n    " } else { " " })?;
                write!(f, "--hash={hash}")?;
            }
        }
        Ok(())
    }
}

/// A requirement as other tools print it: `name[extra]>=1 ; marker`, the marker with double quotes.
struct Plain<'a>(&'a Requirement);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Requirement { name, extras, version_or_url, marker, .. } = self.0;
        write!(f, "{name}")?;
        if !extras.is_empty() {
            let extras: Vec<&str> = extras.iter().map(AsRef::as_ref).collect();
            write!(f, "[{}]", extras.join(","))?;
        }
        match version_or_url {
            None => {}
            Some(VersionOrUrl::Url(url)) => write!(f, " @ {url}")?,
            Some(VersionOrUrl::VersionSpecifier(specifiers)) => {
                let specifiers: Vec<String> = specifiers.iter().map(ToString::to_string).collect();
                f.write_str(&specifiers.join(","))?;
            }
        }
        if let Some(marker) = marker.contents() {
            // Neither kind of quote stands inside a value, so one can be exchanged for the other.
            write!(f, " ; {}", marker.to_string().replace('\'', "\""))?;
        }
        Ok(())
    }
}
