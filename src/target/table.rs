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
        /// Not for production yet.
        preview: bool,
        /// When it ends; `None` where AWS has not said.
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
    RuntimeRow {
        name: "python3.8",
        minor: 8,
        patch: 20,
        glibc: AL2,
        home: Home::Lambda {
            preview: false,
            dates: Some(Dates { deprecated: "2024-10-14", no_new_functions: "2027-02-01", no_updates: "2027-03-03" }),
        },
        libraries: None,
        provided: SDK_AND_CLIENT,
    },
    RuntimeRow {
        name: "python3.9",
        minor: 9,
        patch: 25,
        glibc: AL2,
        home: Home::Lambda {
            preview: false,
            dates: Some(Dates { deprecated: "2025-12-15", no_new_functions: "2027-02-01", no_updates: "2027-03-03" }),
        },
        libraries: None,
        provided: SDK_AND_CLIENT,
    },
    RuntimeRow {
        name: "python3.10",
        minor: 10,
        patch: 19,
        glibc: AL2,
        home: Home::Lambda {
            preview: false,
            dates: Some(Dates { deprecated: "2026-10-31", no_new_functions: "2027-02-01", no_updates: "2027-03-03" }),
        },
        libraries: None,
        provided: SDK_AND_CLIENT,
    },
    RuntimeRow {
        name: "python3.11",
        minor: 11,
        patch: 14,
        glibc: AL2,
        home: Home::Lambda {
            preview: false,
            dates: Some(Dates { deprecated: "2027-06-30", no_new_functions: "2027-07-31", no_updates: "2027-08-31" }),
        },
        libraries: None,
        provided: SDK_AND_CLIENT,
    },
    RuntimeRow {
        name: "python3.12",
        minor: 12,
        patch: 12,
        glibc: AL2023,
        home: Home::Lambda {
            preview: false,
            dates: Some(Dates { deprecated: "2028-10-31", no_new_functions: "2028-11-30", no_updates: "2029-01-10" }),
        },
        libraries: None,
        provided: SDK_CLIENT_AND_SNAPSTART,
    },
    RuntimeRow {
        name: "python3.13",
        minor: 13,
        patch: 11,
        glibc: AL2023,
        home: Home::Lambda {
            preview: false,
            dates: Some(Dates { deprecated: "2029-06-30", no_new_functions: "2029-07-31", no_updates: "2029-08-31" }),
        },
        libraries: None,
        provided: SDK_CLIENT_AND_SNAPSTART,
    },
    RuntimeRow {
        name: "python3.14",
        minor: 14,
        patch: 2,
        glibc: AL2023,
        home: Home::Lambda {
            preview: false,
            dates: Some(Dates { deprecated: "2029-06-30", no_new_functions: "2029-07-31", no_updates: "2029-08-31" }),
        },
        libraries: None,
        provided: SDK_CLIENT_AND_SNAPSTART,
    },
    RuntimeRow {
        name: "python3.15",
        minor: 15,
        patch: 0,
        glibc: AL2023,
        home: Home::Lambda { preview: true, dates: None },
        libraries: None,
        provided: SDK_CLIENT_AND_SNAPSTART,
    },
];

/// Profiles that barrow brings: Bedrock `AgentCore` runs uploaded code on Amazon Linux 2023 whatever the Python
/// version, on Arm alone, and brings nothing.
pub(super) static PROFILES: &[RuntimeRow] = &[
    RuntimeRow {
        name: "agentcore-python3.10",
        minor: 10,
        patch: 19,
        glibc: AL2023,
        home: Home::Elsewhere { architecture: Some(Architecture::Arm64) },
        libraries: None,
        provided: &[],
    },
    RuntimeRow {
        name: "agentcore-python3.11",
        minor: 11,
        patch: 14,
        glibc: AL2023,
        home: Home::Elsewhere { architecture: Some(Architecture::Arm64) },
        libraries: None,
        provided: &[],
    },
    RuntimeRow {
        name: "agentcore-python3.12",
        minor: 12,
        patch: 12,
        glibc: AL2023,
        home: Home::Elsewhere { architecture: Some(Architecture::Arm64) },
        libraries: None,
        provided: &[],
    },
    RuntimeRow {
        name: "agentcore-python3.13",
        minor: 13,
        patch: 11,
        glibc: AL2023,
        home: Home::Elsewhere { architecture: Some(Architecture::Arm64) },
        libraries: None,
        provided: &[],
    },
    RuntimeRow {
        name: "agentcore-python3.14",
        minor: 14,
        patch: 2,
        glibc: AL2023,
        home: Home::Elsewhere { architecture: Some(Architecture::Arm64) },
        libraries: None,
        provided: &[],
    },
];

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
