//! The runtime table.

use std::fmt;
use std::str::FromStr;

use crate::spec::Version;

/// A Lambda runtime: a row of the table. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Runtime(&'static Row);

/// One row: adding a runtime is adding one of these.
struct Row {
    name: &'static str,
    minor: u64,
    patch: u64,
    amazon_linux: AmazonLinux,
    /// Date from which AWS no longer supports the runtime, as `YYYY-MM-DD`.
    deprecated_on: &'static str,
}

static TABLE: &[Row] = &[];

/// The generation of Amazon Linux beneath a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AmazonLinux {
    /// Amazon Linux 2: glibc 2.26.
    Al2,
    /// Amazon Linux 2023: glibc 2.34.
    Al2023,
}

/// A glibc version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glibc {
    /// Major, always 2 so far.
    pub major: u32,
    /// Minor.
    pub minor: u32,
}

/// A processor architecture that Lambda offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Architecture {
    /// 64-bit Intel and AMD.
    X86_64,
    /// 64-bit Arm (Graviton), `aarch64` in tags and markers.
    Arm64,
}

/// A text that names no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not in the table.
    #[error("unknown runtime `{given}`: barrow knows {known}")]
    Runtime {
        /// What was asked for.
        given: String,
        /// All names of the table.
        known: String,
    },
    /// Not an architecture of Lambda.
    #[error("unknown architecture `{0}`: Lambda has x86_64 and arm64")]
    Architecture(String),
    /// Not of the form `2.N`.
    #[error("`{0}` is not a glibc version: give it as 2.N, such as 2.28")]
    Glibc(String),
}

impl Runtime {
    /// Every runtime, oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(Self)
    }

    /// The newest runtime of the table: the default.
    pub fn newest() -> Self {
        Self(TABLE.last().expect("the table is not empty"))
    }

    /// The runtime of a Python version such as `3.12` or `3.12.4`.
    pub fn of_python(version: &Version) -> Result<Self, TargetError> {
        todo!("{version}")
    }

    /// AWS's name, such as `python3.12`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Major and minor version of Python.
    pub fn python_version(self) -> (u64, u64) {
        (3, self.0.minor)
    }

    /// Full version of Python that markers are evaluated with unless the user names another.
    pub fn python_full_version(self) -> Version {
        Version::new([3, self.0.minor, self.0.patch])
    }

    /// The operating system beneath.
    pub fn amazon_linux(self) -> AmazonLinux {
        self.0.amazon_linux
    }

    /// The newest glibc whose symbols can be loaded.
    pub fn glibc(self) -> Glibc {
        todo!()
    }

    /// The date from which AWS no longer supports it, as `YYYY-MM-DD`.
    pub fn deprecated_on(self) -> &'static str {
        self.0.deprecated_on
    }

    /// Normalized names of the projects that the runtime itself brings.
    pub fn provided_projects(self) -> &'static [&'static str] {
        todo!()
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Runtime {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        todo!("{text}")
    }
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

    fn from_str(text: &str) -> Result<Self, TargetError> {
        match text {
            "x86_64" | "amd64" => Ok(Self::X86_64),
            "arm64" | "aarch64" => Ok(Self::Arm64),
            _ => Err(TargetError::Architecture(text.to_owned())),
        }
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Glibc {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        todo!("{text}")
    }
}
