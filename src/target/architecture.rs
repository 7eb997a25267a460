//! The processors that Lambda offers.

use std::fmt;
use std::str::FromStr;

use super::error::TargetError;

/// A processor architecture that Lambda offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Architecture {
    /// 64-bit Intel and AMD.
    X86_64,
    /// 64-bit Arm (Graviton), `aarch64` in tags and markers.
    Arm64,
}

impl Architecture {
    /// Lambda's name: `x86_64` or `arm64`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// The machine name of Linux, as tags and markers have it: `x86_64` or `aarch64`.
    pub fn machine(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Architecture {
    type Err = TargetError;

    /// Takes the names of Lambda and of Linux in any case: the CDK writes `ARM_64`, and others `ARM64`.
    fn from_str(text: &str) -> Result<Self, TargetError> {
        match text.to_ascii_lowercase().as_str() {
            "x86_64" | "amd64" => Ok(Self::X86_64),
            "arm64" | "arm_64" | "aarch64" => Ok(Self::Arm64),
            _ => Err(TargetError::Architecture(text.to_owned())),
        }
    }
}
