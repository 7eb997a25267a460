//! What pages of this machine link to. The files of an index need not lie below its pages: those of bandersnatch are
//! beside the folder of the pages, and a page of `--find-links` may name any place.

use std::path::{Path, PathBuf};

use crate::regular;
use crate::spec::{MetadataOffer, ProjectPage, SafeUrl, ends_as_dist};

/// Names of the pages in folders that are asked like indexes.
const PAGES: &[&str] = &["index.html", "index.json"];

/// Whether a file is a page of the index that is asked for as `asked`: a folder with pages, or a page itself.
pub(super) fn is_page(path: &Path, asked: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    if path == asked { !ends_as_dist(name) } else { PAGES.contains(&name) && path.starts_with(asked) }
}

/// The files of this machine that a page links to and says no digest of, and their metadata likewise: with a digest,
/// the page says it all. A page that cannot be read links nowhere here, and is reported when it is asked.
pub(super) fn linked(page: &Path) -> Vec<PathBuf> {
    let Ok(bytes) = regular::read(page) else { return Vec::new() };
    let Ok(url) = SafeUrl::from_path(page, false) else { return Vec::new() };
    let Ok(parsed) = ProjectPage::parse(&bytes, None, &url) else { return Vec::new() };
    let mut found = Vec::new();
    for file in &parsed.files {
        let has_metadata = matches!(&file.metadata, MetadataOffer::Offered(digests) if digests.is_empty());
        if !file.hashes.is_empty() && !has_metadata {
            continue;
        }
        let Ok(url) = parsed.base.join(&file.reference) else { continue };
        found.extend(file.hashes.is_empty().then(|| url.to_file_path()).flatten());
        found.extend(has_metadata.then(|| url.with_path_suffix(".metadata").to_file_path()).flatten());
    }
    found
}
