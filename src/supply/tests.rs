//! Tests of the joints: what needs no network.

use std::convert::Infallible;

use super::indexes::{AllIndexes, in_order};
use crate::index::{IndexLocation, IndexStrategy};
use crate::request::{IndexSettings, WhoSays};
use crate::requirements::{FileOptions, Manifest};
use crate::spec::SafeUrl;

fn url(text: &str) -> SafeUrl {
    SafeUrl::parse(text).unwrap()
}

fn settings(named: &[&str], extra: &[&str], default: &str) -> IndexSettings {
    IndexSettings {
        mirror: None,
        named: named.iter().map(|text| IndexLocation::new(url(text))).collect(),
        extra: extra.iter().map(|text| url(text)).collect(),
        default: IndexLocation::new(url(default)),
        find_links: Vec::new(),
        no_index: false,
        strategy: IndexStrategy::FirstIndex,
        sources: Vec::new(),
        refresh: false,
        said_by: WhoSays::default(),
    }
}

#[test]
fn private_indexes_are_asked_before_public_ones() {
    const PYPI: &str = crate::request::DEFAULT_INDEX_URL;
    let check = |settings: &IndexSettings, file: &FileOptions, expected: &[&str]| {
        let known = |url: &SafeUrl| Ok::<bool, Infallible>(url.reveal().host_str() == Some("known"));
        let manifest = Manifest { options: file.clone(), ..Manifest::default() };
        let Ok(ordered) = in_order(&AllIndexes::of(settings, &manifest, None), known);
        let shown: Vec<String> = ordered.iter().map(|index| index.url.to_string()).collect();
        assert_eq!(shown, expected);
    };
    let none = FileOptions::default();
    check(&settings(&[], &[], PYPI), &none, &[PYPI]);
    check(&settings(&[], &["https://a/"], PYPI), &none, &["https://a/", PYPI]);
    // Whichever way round the two pip flags were used.
    check(&settings(&[], &[PYPI], "https://a/"), &none, &["https://a/", PYPI]);
    check(&settings(&[], &["https://a/"], "https://known/"), &none, &["https://known/", "https://a/"]);
    check(
        &settings(&[], &["https://a/", "https://known/"], "https://b/"),
        &none,
        &["https://known/", "https://a/", "https://b/"],
    );
    check(
        &settings(&["https://n/", "https://m/"], &["https://known/"], PYPI),
        &none,
        &["https://n/", "https://m/", "https://known/", PYPI],
    );
    check(&settings(&[PYPI, "https://n/"], &[], "https://b/"), &none, &["https://n/", "https://b/", PYPI]);
    // The same index is asked once; with or without the last slash it is the same.
    check(&settings(&["https://a/simple"], &["https://a/simple/"], PYPI), &none, &["https://a/simple", PYPI]);
    // A requirements file replaces the default and adds to the others.
    let file = FileOptions {
        index_url: Some(url("https://file/")),
        extra_index_urls: vec![url("https://more/")],
        ..FileOptions::default()
    };
    check(&settings(&[], &["https://a/"], PYPI), &file, &["https://a/", "https://more/", "https://file/"]);
}
