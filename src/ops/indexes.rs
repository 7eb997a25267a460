//! The order in which indexes are asked.
//!
//! Entries of `--index` as given, then indexes that we have credentials for, then the other extra ones, then the
//! default; public PyPI is always asked last. So a private name is never looked up in public first, whichever way
//! round the two pip flags were used.

use super::options::{DEFAULT_INDEX_URL, IndexSettings};
use crate::index::IndexLocation;
use crate::requirements::FileOptions;
use crate::spec::SafeUrl;

/// Every index in the order of asking, those that only answer for their own projects included.
pub(super) fn in_order(settings: &IndexSettings, file: &FileOptions) -> Vec<IndexLocation> {
    // As in pip, a requirements file's own `--index-url` replaces the default.
    let default = match &file.index_url {
        Some(url) => IndexLocation::new(url.clone()),
        None => settings.default.clone(),
    };
    let extra = settings.extra.iter().chain(&file.extra_index_urls).cloned().map(IndexLocation::new);
    let mut unnamed: Vec<IndexLocation> = extra.chain([default]).collect();
    unnamed.sort_by_key(|index| !has_credentials(&index.url, &settings.netrc_hosts));

    let mut ordered = settings.named.clone();
    ordered.extend(unnamed);
    ordered.sort_by_key(|index| is_public(&index.url));
    without_repetition(ordered)
}

fn has_credentials(url: &SafeUrl, netrc_hosts: &[String]) -> bool {
    let revealed = url.reveal();
    let host = revealed.host_str().unwrap_or_default();
    let in_url = !revealed.username().is_empty() || revealed.password().is_some();
    in_url || netrc_hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
}

/// Whether this is PyPI itself, where anyone may take a name.
fn is_public(url: &SafeUrl) -> bool {
    let public = SafeUrl::parse(DEFAULT_INDEX_URL).expect("the constant is a URL");
    url.reveal().host_str() == public.reveal().host_str()
}

/// Keeps the first of several entries with the same URL.
fn without_repetition(indexes: Vec<IndexLocation>) -> Vec<IndexLocation> {
    let plain = |index: &IndexLocation| {
        let url = index.url.without_credentials();
        url.reveal().as_str().trim_end_matches('/').to_owned()
    };
    let mut kept: Vec<IndexLocation> = Vec::new();
    for index in indexes {
        if kept.iter().all(|other| plain(other) != plain(&index) || other.explicit != index.explicit) {
            kept.push(index);
        }
    }
    kept
}
