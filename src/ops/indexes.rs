//! The order in which indexes are asked.
//!
//! Entries of `--index` as given, then indexes that we have credentials for, then the other extra ones, then the
//! default; public PyPI is always asked last. So a private name is never looked up in public first, whichever way
//! round the two pip flags were used.

use super::options::{DEFAULT_INDEX_URL, IndexSettings};
use crate::index::IndexLocation;
use crate::requirements::FileOptions;
use crate::spec::SafeUrl;

/// Every index, those that only answer for their own projects included: named ones, extra ones, the default.
pub(super) fn unordered(settings: &IndexSettings, file: &FileOptions) -> Vec<IndexLocation> {
    settings.named.iter().cloned().chain(unnamed(settings, file)).collect()
}

/// Every index in the order of asking.
pub(super) fn in_order<E>(
    settings: &IndexSettings,
    file: &FileOptions,
    has_credentials: impl Fn(&SafeUrl) -> Result<bool, E>,
) -> Result<Vec<IndexLocation>, E> {
    let mut with_credentials = Vec::new();
    let mut without = Vec::new();
    for index in unnamed(settings, file) {
        let group = if has_credentials(&index.url)? { &mut with_credentials } else { &mut without };
        group.push(index);
    }
    let mut ordered = settings.named.clone();
    ordered.append(&mut with_credentials);
    ordered.append(&mut without);
    ordered.sort_by_key(|index| is_public(&index.url));
    Ok(without_repetition(ordered))
}

fn unnamed(settings: &IndexSettings, file: &FileOptions) -> Vec<IndexLocation> {
    // As in pip, a requirements file's own `--index-url` replaces the default.
    let default = match &file.index_url {
        Some(url) => IndexLocation::new(url.clone()),
        None => settings.default.clone(),
    };
    settings.extra.iter().chain(&file.extra_index_urls).cloned().map(IndexLocation::new).chain([default]).collect()
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
