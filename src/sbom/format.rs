//! Which bill is written, and what it says of itself.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::spec::{HashDigest, sha256};

/// A format of bills of materials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SbomFormat {
    /// CycloneDX 1.6, JSON.
    CycloneDx,
    /// SPDX 2.3, JSON.
    Spdx,
}

/// What is not in the inventory.
#[derive(Clone, Debug, Default)]
pub struct SbomOptions {
    /// When the output was made, seconds since 1970: `SOURCE_DATE_EPOCH`. Nothing else is a time that two runs share.
    pub created: Option<i64>,
    /// Digest of the output itself, when it is one file.
    pub sha256: Option<HashDigest>,
    /// The target is known, and not merely the default of who looks at an output of somebody else.
    pub states_target: bool,
}

impl SbomFormat {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::CycloneDx, Self::Spdx];

    /// Its name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CycloneDx => "cyclonedx",
            Self::Spdx => "spdx",
        }
    }

    /// The usual end of a file's name.
    fn end(self) -> &'static str {
        match self {
            Self::CycloneDx => ".cdx.json",
            Self::Spdx => ".spdx.json",
        }
    }

    /// The file beside an output that describes it: of the same name with another end.
    pub fn beside(self, output: &Path) -> PathBuf {
        // `build/` is `build`.
        let mut name = output.components().as_path().as_os_str().to_owned();
        name.push(self.end());
        PathBuf::from(name)
    }
}

impl fmt::Display for SbomFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SbomFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|format| text.eq_ignore_ascii_case(format.as_str()));
        known.ok_or_else(|| format!("`{text}` is neither cyclonedx nor spdx"))
    }
}

/// A UUID that is a digest of content (RFC 9562, version 8).
pub(super) fn uuid_of(content: &str) -> String {
    let digest = sha256(content.as_bytes()).hex();
    format!("{}-{}-8{}-8{}-{}", &digest[..8], &digest[8..12], &digest[13..16], &digest[17..20], &digest[20..32])
}

/// A time as both formats have it: UTC, in whole seconds.
pub(super) fn time(seconds: i64) -> Option<String> {
    let time = jiff::Timestamp::from_second(seconds).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
