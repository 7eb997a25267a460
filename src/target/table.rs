//! The rows of the runtime table.
//!
//! Sources: AWS Lambda developer guide, "Lambda runtimes" (operating systems, the three dates; as of the release of
//! `cfn-lint` of October 2026, which copies them) and "Runtimes included SDK versions"; the base images (glibc, the
//! projects that they bring); for the preview of Python 3.15 its announcement of July 2026; for Bedrock `AgentCore` its
//! developer guide, "Direct code deployment".

use super::architecture::Architecture;
use super::glibc::Glibc;

/// One row: adding a runtime is adding one of these.
#[derive(Debug)]
pub(super) struct RuntimeRow {
    pub(super) name: &'static str,
    pub(super) minor: u32,
    /// Patch level that markers see unless the user names another. AWS moves every function to new patch levels over
    /// time and by region, so this is the level of the base images when the row was last looked at (early 2026), not a
    /// promise.
    pub(super) patch: u64,
    /// The newest glibc whose symbols can be loaded.
    pub(super) glibc: Glibc,
    pub(super) home: Home,
    /// File names of the shared libraries that it has, sorted; `None`: those of its Amazon Linux.
    pub(super) libraries: Option<&'static [&'static str]>,
    /// Normalized names of the projects that the runtime itself brings, sorted.
    pub(super) provided: &'static [&'static str],
}

/// Where a runtime is at home.
#[derive(Debug)]
pub(super) enum Home {
    /// AWS Lambda manages it.
    Lambda {
        /// When it ends; `None`: it is a preview, not for production yet.
        dates: Option<Dates>,
    },
    /// Another service, or a container of the user.
    Elsewhere {
        /// The processor that it has, where it has only one.
        architecture: Option<Architecture>,
    },
}

/// When a runtime ends, in AWS's three steps, each as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// From here it gets no security updates and no support.
    pub deprecated: &'static str,
    /// From here no function is created with it.
    pub no_new_functions: &'static str,
    /// From here no function with it is updated.
    pub no_updates: &'static str,
}

/// The glibc of Amazon Linux 2.
const AL2: Glibc = Glibc { major: 2, minor: 26 };
/// The glibc of Amazon Linux 2023.
pub(super) const AL2023: Glibc = Glibc { major: 2, minor: 34 };

/// The runtimes of Lambda, oldest first.
pub(super) static TABLE: &[RuntimeRow] = &[
    lambda("python3.8", 8, 20, AL2, Some(["2024-10-14", "2027-02-01", "2027-03-03"]), SDK_AND_CLIENT),
    lambda("python3.9", 9, 25, AL2, Some(["2025-12-15", "2027-02-01", "2027-03-03"]), SDK_AND_CLIENT),
    lambda("python3.10", 10, 19, AL2, Some(["2026-10-31", "2027-02-01", "2027-03-03"]), SDK_AND_CLIENT),
    lambda("python3.11", 11, 14, AL2, Some(["2027-06-30", "2027-07-31", "2027-08-31"]), SDK_AND_CLIENT),
    lambda("python3.12", 12, 12, AL2023, Some(["2028-10-31", "2028-11-30", "2029-01-10"]), SDK_CLIENT_AND_SNAPSTART),
    lambda("python3.13", 13, 11, AL2023, Some(["2029-06-30", "2029-07-31", "2029-08-31"]), SDK_CLIENT_AND_SNAPSTART),
    lambda("python3.14", 14, 2, AL2023, Some(["2029-06-30", "2029-07-31", "2029-08-31"]), SDK_CLIENT_AND_SNAPSTART),
    lambda("python3.15", 15, 0, AL2023, None, SDK_CLIENT_AND_SNAPSTART),
];

/// Profiles that barrow brings: Bedrock `AgentCore` runs uploaded code on Amazon Linux 2023 whatever the Python
/// version, on Arm alone, and brings nothing.
pub(super) static PROFILES: &[RuntimeRow] = &[
    agentcore("agentcore-python3.10", 10, 19),
    agentcore("agentcore-python3.11", 11, 14),
    agentcore("agentcore-python3.12", 12, 12),
    agentcore("agentcore-python3.13", 13, 11),
    agentcore("agentcore-python3.14", 14, 2),
];

/// A runtime of Lambda: name, minor and patch version of Python, glibc, the fields of [`Dates`] in their order, and the
/// projects that it brings.
const fn lambda(
    name: &'static str,
    minor: u32,
    patch: u64,
    glibc: Glibc,
    dates: Option<[&'static str; 3]>,
    provided: &'static [&'static str],
) -> RuntimeRow {
    let dates = match dates {
        None => None,
        Some([deprecated, no_new_functions, no_updates]) => Some(Dates { deprecated, no_new_functions, no_updates }),
    };
    RuntimeRow { name, minor, patch, glibc, home: Home::Lambda { dates }, libraries: None, provided }
}

/// A runtime of Bedrock `AgentCore`: name, minor and patch version of Python.
const fn agentcore(name: &'static str, minor: u32, patch: u64) -> RuntimeRow {
    let home = Home::Elsewhere { architecture: Some(Architecture::Arm64) };
    RuntimeRow { name, minor, patch, glibc: AL2023, home, libraries: None, provided: &[] }
}

/// The AWS SDK with its closure, and the runtime interface client with its own.
const SDK_AND_CLIENT: &[&str] =
    &["awslambdaric", "boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "simplejson", "six", "urllib3"];

/// The AWS SDK, the runtime interface client and the hooks of `SnapStart`, which runtimes from Python 3.12 on have.
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
