//! Versions of glibc.

use std::fmt;
use std::str::FromStr;

use super::error::TargetError;

/// A glibc version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Glibc {
    /// Major, always 2 so far.
    pub major: u32,
    /// Minor: each release raises it by one.
    pub minor: u32,
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Glibc {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let digits = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        let minor = text.strip_prefix("2.").filter(digits).and_then(|minor| minor.parse().ok());
        minor.map(|minor| Self { major: 2, minor }).ok_or_else(|| TargetError::Glibc(text.to_owned()))
    }
}
