//! One advisory, as far as it is about one project.

use crate::spec::Version;

/// What an advisory says about one version of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// Its identifier, such as `PYSEC-2024-1`.
    pub id: String,
    /// What other databases call it, such as `CVE-2024-1`.
    pub aliases: Vec<String>,
    /// In few words, where it has them.
    pub summary: Option<String>,
    /// Versions that are known to mend it, lowest first.
    pub fixed_in: Vec<Version>,
    /// Where to read about it.
    pub link: Option<String>,
}

impl Advisory {
    /// Whether it goes by this identifier; letters in any case.
    pub fn is_called(&self, id: &str) -> bool {
        self.names().any(|name| name.eq_ignore_ascii_case(id))
    }

    /// All that it is called.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.id).chain(&self.aliases)
    }

    /// Takes in what another one says of the same flaw.
    pub(super) fn join(&mut self, other: Self) {
        let names: Vec<String> = other.names().filter(|name| !self.is_called(name)).cloned().collect();
        self.aliases.extend(names);
        self.aliases.sort_unstable();
        self.summary = self.summary.take().or(other.summary);
        self.link = self.link.take().or(other.link);
        self.fixed_in.extend(other.fixed_in);
        self.fixed_in.sort_unstable();
        self.fixed_in.dedup();
    }
}
