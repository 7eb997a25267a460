//! How wheels are installed.

use super::judgement::RecordPolicy;
use crate::archive::Limits;

/// How to install.
#[derive(Clone, Debug, Default)]
pub struct InstallOptions {
    /// How much an archive may hold.
    pub limits: Limits,
    /// What becomes of wheels whose RECORD is wrong.
    pub record: RecordPolicy,
    /// Unpack the files as well; otherwise they are only checked, for a zip.
    pub tree: bool,
    /// Do not look at unpacked files that the cache has: [`super::link_shares`] does, and tells of one that was
    /// changed.
    pub checked_when_placed: bool,
}
