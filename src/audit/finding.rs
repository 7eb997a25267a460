//! What is found in an inventory, and what of it is ignored.

use std::str::FromStr;

use super::Advisory;
use crate::spec::{PackageName, Version};

/// A vulnerability of a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vulnerability {
    pub name: PackageName,
    pub version: Version,
    /// What is known about it.
    pub advisory: Advisory,
}

/// An advisory that the user leaves out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredAdvisory {
    /// Its identifier, or one of its aliases.
    pub id: String,
    /// Why it does not matter here.
    pub reason: Option<String>,
}

impl FromStr for IgnoredAdvisory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, reason) = match text.split_once('=') {
            Some((id, reason)) => (id.trim(), Some(reason.trim()).filter(|reason| !reason.is_empty())),
            None => (text.trim(), None),
        };
        if id.is_empty() || id.contains(char::is_whitespace) {
            return Err(format!("`{text}` is not of the form ID=REASON, such as `CVE-2024-1234=only on Windows`"));
        }
        Ok(Self { id: id.to_owned(), reason: reason.map(str::to_owned) })
    }
}

/// Findings as they count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// What counts, by name and identifier.
    pub findings: Vec<Vulnerability>,
    /// What does not, with the reason.
    pub ignored: Vec<(Vulnerability, IgnoredAdvisory)>,
    /// Identifiers that are to be ignored and that nothing has.
    pub unused: Vec<IgnoredAdvisory>,
}

/// Joins advisories about one flaw, and sets apart what is ignored.
pub fn judge(all: Vec<Vulnerability>, ignores: &[IgnoredAdvisory]) -> Judged {
    let mut joined: Vec<Vulnerability> = Vec::new();
    for finding in all {
        let is_same = |known: &&mut Vulnerability| {
            known.name == finding.name
                && known.version == finding.version
                && finding.advisory.names().any(|name| known.advisory.is_called(name))
        };
        match joined.iter_mut().find(is_same) {
            Some(known) => known.advisory.join(finding.advisory),
            None => joined.push(finding),
        }
    }
    joined.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.advisory.id.cmp(&b.advisory.id)));
    let mut judged = Judged::default();
    for finding in joined {
        match ignores.iter().find(|ignore| finding.advisory.is_called(&ignore.id)) {
            Some(ignore) => judged.ignored.push((finding, ignore.clone())),
            None => judged.findings.push(finding),
        }
    }
    let is_used =
        |ignore: &&IgnoredAdvisory| judged.ignored.iter().any(|(finding, _)| finding.advisory.is_called(&ignore.id));
    judged.unused = ignores.iter().filter(|ignore| !is_used(ignore)).cloned().collect();
    judged
}
