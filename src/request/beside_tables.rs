//! What settings of indexes come to beside the tables of a project: flags, variables and files of barrow and uv's
//! variables stand above the tables, pip's settings below them.

use super::options::{IndexSettings, SaidBy};
use crate::index::IndexLocation;
use crate::requirements::{IndexRole, Manifest};

impl IndexSettings {
    /// The settings without what tables of the project say otherwise and count more for, and with the default index
    /// that they name where nobody above them names one. Their other indexes are not among it.
    pub(crate) fn beside_tables(&self, manifest: &Manifest) -> Self {
        let mut settings = self.clone();
        let declared = |role: IndexRole| manifest.indexes.iter().filter(move |index| index.role == role);
        // A requirements file's own `--index-url` counts more than either.
        let may_be_declared = self.said_by.default < SaidBy::Above && manifest.options.index_url.is_none();
        if let Some(index) = declared(IndexRole::Default).next().filter(|_| may_be_declared) {
            settings.default = IndexLocation { name: index.name.clone(), ..IndexLocation::new(index.url.clone()) };
        }
        // A table of named indexes says nothing of `extra-index-url`: both count, those of the table first.
        if self.said_by.extra == SaidBy::Pip && declared(IndexRole::Listed).any(|index| index.name.is_none()) {
            settings.extra.clear();
        }
        if self.said_by.find_links == SaidBy::Pip && declared(IndexRole::Links).next().is_some() {
            settings.find_links.clear();
        }
        if let Some((is_on, _)) = &manifest.settings.no_index
            && self.said_by.no_index < SaidBy::Above
        {
            settings.no_index = *is_on;
        }
        settings
    }
}
