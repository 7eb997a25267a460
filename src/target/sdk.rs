//! Which parts of the AWS SDK in a runtime need which others, as far as that has been stable for years.
//!
//! Sources: `Requires-Dist` of botocore 1.26 to 1.44, boto3 and s3transfer of the same time (read on 2026-11-29). A
//! runtime has some version of each, and does not say which.

use super::Runtime;

/// One part needs another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SdkNeed {
    /// Who needs it.
    pub by: &'static str,
    /// What is needed.
    pub of: &'static str,
    /// The versions that will do; `None`: those of the same release, which is told by no fixed bounds.
    pub specifiers: Option<&'static str>,
}

const fn need(by: &'static str, of: &'static str, specifiers: Option<&'static str>) -> SdkNeed {
    SdkNeed { by, of, specifiers }
}

/// The needs that hold in every runtime.
const ALWAYS: [SdkNeed; 7] = [
    need("boto3", "botocore", None),
    need("boto3", "s3transfer", None),
    need("botocore", "boto3", None),
    need("s3transfer", "botocore", None),
    need("s3transfer", "boto3", None),
    need("botocore", "jmespath", Some("<2.0.0,>=0.7.1")),
    need("botocore", "python-dateutil", Some("<3.0.0,>=2.1")),
];

/// botocore takes urllib3 2 from Python 3.10 on.
const URLLIB3: SdkNeed = need("botocore", "urllib3", Some("!=2.2.0,<3,>=1.25.4"));
const URLLIB3_BEFORE_3_10: SdkNeed = need("botocore", "urllib3", Some("<1.27,>=1.25.4"));

/// The major versions that do not exist yet: an upper bound from there on takes every version that a runtime can have.
const NEXT_MAJORS: [(&str, u64); 8] = [
    ("boto3", 2),
    ("botocore", 2),
    ("jmespath", 2),
    ("python-dateutil", 3),
    ("s3transfer", 1),
    ("simplejson", 5),
    ("six", 2),
    ("urllib3", 3),
];

impl SdkNeed {
    /// The needs that hold in one runtime.
    pub(crate) fn of(runtime: Runtime) -> impl Iterator<Item = Self> {
        let urllib3 = if runtime.python_version() < (3, 10) { URLLIB3_BEFORE_3_10 } else { URLLIB3 };
        ALWAYS.into_iter().chain([urllib3])
    }

    /// The major version of a project that does not exist yet; `None`: nothing is known of it.
    pub(crate) fn next_major(name: &str) -> Option<u64> {
        NEXT_MAJORS.iter().find(|(known, _)| *known == name).map(|(_, next)| *next)
    }
}
