//! What the user does not want to hear of.

use std::str::FromStr;

use globset::{Glob, GlobMatcher};

use super::CheckError;
use super::code::Code;
use super::finding::Finding;

/// `BAR012`, or `BAR012:cv2`, where the subject may have `*`.
#[derive(Clone, Debug)]
pub struct IgnoredFinding {
    code: Code,
    subject: Option<GlobMatcher>,
}

impl IgnoredFinding {
    /// Whether a finding is meant.
    pub fn matches(&self, finding: &Finding) -> bool {
        self.code == finding.code && self.subject.as_ref().is_none_or(|subject| subject.is_match(&finding.subject))
    }
}

impl FromStr for IgnoredFinding {
    type Err = CheckError;

    fn from_str(text: &str) -> Result<Self, CheckError> {
        let wrong = || CheckError::Ignore(text.to_owned());
        let (code, subject) = text.split_once(':').map_or((text, None), |(code, subject)| (code, Some(subject)));
        let subject = subject.map(|subject| Glob::new(subject.trim()).map(|glob| glob.compile_matcher()));
        Ok(Self { code: code.parse().map_err(|_| wrong())?, subject: subject.transpose().map_err(|_| wrong())? })
    }
}
