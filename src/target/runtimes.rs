//! The runtime table.
//!
//! Sources: AWS Lambda developer guide, "Lambda runtimes" (operating systems, deprecation dates) and "Runtimes included
//! SDK versions"; the base images (glibc, the projects that they bring).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::spec::{PackageName, Version};

/// A Lambda runtime: a row of the table. Cheap to copy; older runtimes are less than newer ones.
#[derive(Clone, Copy)]
pub struct Runtime(&'static Row);

/// One row: adding a runtime is adding one of these.
struct Row {
    name: &'static str,
    minor: u32,
    /// Patch level that markers see unless the user names another. AWS moves every function to new patch levels over
    /// time and by region, so this is the level of the base images when the row was last looked at (early 2026), not a promise.
    patch: u64,
    amazon_linux: AmazonLinux,
    /// Date from which AWS no longer supports the runtime, as `YYYY-MM-DD`.
    deprecated_on: &'static str,
    /// Normalized names of the projects that the runtime itself brings, sorted.
    provided: &'static [&'static str],
}

static TABLE: &[Row] = &[
    Row {
        name: "python3.8",
        minor: 8,
        patch: 20,
        amazon_linux: AmazonLinux::Al2,
        deprecated_on: "2024-10-14",
        provided: SDK_AND_CLIENT,
    },
    Row {
        name: "python3.9",
        minor: 9,
        patch: 25,
        amazon_linux: AmazonLinux::Al2,
        deprecated_on: "2025-12-15",
        provided: SDK_AND_CLIENT,
    },
    Row {
        name: "python3.10",
        minor: 10,
        patch: 19,
        amazon_linux: AmazonLinux::Al2,
        deprecated_on: "2026-10-31",
        provided: SDK_AND_CLIENT,
    },
    Row {
        name: "python3.11",
        minor: 11,
        patch: 14,
        amazon_linux: AmazonLinux::Al2,
        deprecated_on: "2027-06-30",
        provided: SDK_AND_CLIENT,
    },
    Row {
        name: "python3.12",
        minor: 12,
        patch: 12,
        amazon_linux: AmazonLinux::Al2023,
        deprecated_on: "2028-10-31",
        provided: SDK_CLIENT_AND_SNAPSTART,
    },
    Row {
        name: "python3.13",
        minor: 13,
        patch: 11,
        amazon_linux: AmazonLinux::Al2023,
        deprecated_on: "2029-06-30",
        provided: SDK_CLIENT_AND_SNAPSTART,
    },
    Row {
        name: "python3.14",
        minor: 14,
        patch: 2,
        amazon_linux: AmazonLinux::Al2023,
        deprecated_on: "2029-06-30",
        provided: SDK_CLIENT_AND_SNAPSTART,
    },
];

/// Checked by the compiler: the table is not empty.
static NEWEST: &Row = match TABLE {
    [.., newest] => newest,
    [] => panic!("the table is empty"),
};

/// The AWS SDK with its closure, and the runtime interface client with its own.
const SDK_AND_CLIENT: &[&str] =
    &["awslambdaric", "boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "simplejson", "six", "urllib3"];

/// The same where `SnapStart` is offered (Python 3.12 and later): its hooks are a project of their own.
const SDK_CLIENT_AND_SNAPSTART: &[&str] = &[
    "awslambdaric",
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot-restore-py",
    "urllib3",
];

/// The generation of Amazon Linux beneath a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AmazonLinux {
    /// Amazon Linux 2: glibc 2.26.
    Al2,
    /// Amazon Linux 2023: glibc 2.34.
    Al2023,
}

/// A glibc version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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
        Self(NEWEST)
    }

    /// The runtime of a Python version such as `3.12` or `3.12.4`.
    pub fn of_python(version: &Version) -> Result<Self, TargetError> {
        let minor = match version.release() {
            [3, minor, ..] if version.epoch() == 0 => Some(*minor),
            _ => None,
        };
        Self::all()
            .find(|runtime| Some(u64::from(runtime.0.minor)) == minor)
            .ok_or_else(|| unknown(&version.to_string()))
    }

    /// AWS's name, such as `python3.12`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Major and minor version of Python.
    pub fn python_version(self) -> (u64, u64) {
        (3, u64::from(self.0.minor))
    }

    /// Full version of Python that markers are evaluated with unless the user names another.
    pub fn python_full_version(self) -> Version {
        Version::new([3, u64::from(self.0.minor), self.0.patch])
    }

    /// The `N` of Python 3.N.
    pub(super) fn minor(self) -> u32 {
        self.0.minor
    }

    /// The operating system beneath.
    pub fn amazon_linux(self) -> AmazonLinux {
        self.0.amazon_linux
    }

    /// The newest glibc whose symbols can be loaded.
    pub fn glibc(self) -> Glibc {
        self.0.amazon_linux.glibc()
    }

    /// The date from which AWS no longer supports it, as `YYYY-MM-DD`.
    pub fn deprecated_on(self) -> &'static str {
        self.0.deprecated_on
    }

    /// Whether AWS no longer supports it on the day `on`, given as `YYYY-MM-DD`.
    pub fn is_deprecated(self, on: &str) -> bool {
        on >= self.0.deprecated_on
    }

    /// Normalized names of the projects that the runtime itself brings, sorted.
    ///
    /// Their versions differ by region and date, so a bundle that needs a certain one has to carry it.
    pub fn provided_projects(self) -> &'static [&'static str] {
        self.0.provided
    }

    /// Whether the runtime itself brings this project, in some version.
    pub fn provides(self, project: &PackageName) -> bool {
        self.0.provided.binary_search(&project.as_ref()).is_ok()
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

    /// Takes AWS's name; the bare version (`3.12`) is understood too.
    fn from_str(text: &str) -> Result<Self, TargetError> {
        Self::all()
            .find(|runtime| runtime.name() == text || runtime.name().strip_prefix("python") == Some(text))
            .ok_or_else(|| unknown(text))
    }
}

fn unknown(given: &str) -> TargetError {
    let known: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
    TargetError::Runtime { given: given.to_owned(), known: known.join(", ") }
}

impl PartialEq for Runtime {
    fn eq(&self, other: &Self) -> bool {
        self.0.minor == other.0.minor
    }
}

impl Eq for Runtime {}

impl PartialOrd for Runtime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Runtime {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.minor.cmp(&other.0.minor)
    }
}

impl Hash for Runtime {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.minor.hash(state);
    }
}

impl AmazonLinux {
    /// The glibc that it has.
    pub fn glibc(self) -> Glibc {
        match self {
            Self::Al2 => Glibc { major: 2, minor: 26 },
            Self::Al2023 => Glibc { major: 2, minor: 34 },
        }
    }
}

impl fmt::Display for AmazonLinux {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Al2 => "Amazon Linux 2",
            Self::Al2023 => "Amazon Linux 2023",
        })
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
        let digits = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        let minor = text.strip_prefix("2.").filter(digits).and_then(|minor| minor.parse().ok());
        minor.map(|minor| Self { major: 2, minor }).ok_or_else(|| TargetError::Glibc(text.to_owned()))
    }
}
