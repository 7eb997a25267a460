//! Specifiers as ranges, at the borders where it matters; the whole table is compared with `packaging` by
//! `tests/differential/packaging_specifiers.py`.

use std::str::FromStr as _;

use super::{contains, specifiers_range};
use crate::spec::{Version, VersionSpecifiers};

#[track_caller]
fn check(specifiers: &str, taken: &[&str], left_out: &[&str]) {
    let specifiers = VersionSpecifiers::from_str(specifiers).expect("the specifiers parse");
    let range = specifiers_range(&specifiers);
    for (versions, expected) in [(taken, true), (left_out, false)] {
        for text in versions {
            let version = Version::from_str(text).expect("the version parses");
            assert_eq!(range.contains(&version), expected, "{specifiers} as a range, {text}");
            assert_eq!(contains(&specifiers, &version), expected, "{specifiers}, {text}");
        }
    }
}

#[test]
fn equality_takes_local_versions_unless_it_names_one() {
    check("==1.0", &["1.0", "1.0.0", "1.0+cpu"], &["1.0.post0.dev0", "1.0rc1", "1.0.1"]);
    check("==1.0+cpu", &["1.0+cpu", "1.0.0+cpu"], &["1.0", "1.0+gpu"]);
    check("!=1.0", &["0.9", "1.0.post1"], &["1.0", "1.0+cpu"]);
    check("==1.0.post1", &["1.0.post1+x"], &["1.0.post2.dev0", "1.0"]);
    check("==1.0.dev1", &["1.0.dev1+x"], &["1.0.dev2"]);
}

#[test]
fn less_leaves_out_the_pre_releases_of_its_own_version() {
    check("<1.0", &["0.9.post1"], &["1.0.dev0", "1.0a1", "1.0"]);
    check("<1.0rc1", &["1.0.dev1", "1.0a1", "1.0rc1.dev1"], &["1.0rc1"]);
    check("<1.0.post1", &["1.0", "1.0rc1", "1.0+x"], &["1.0.post1.dev0", "1.0.post1"]);
    check("<0", &[], &["0.dev0", "0"]);
    check("<1!1", &["3.0", "1!0.9"], &["1!1.dev0", "1!1a1"]);
}

#[test]
fn greater_leaves_out_local_and_post_releases() {
    check(">1.0", &["1.0.0.1", "1.0.1.dev0"], &["1.0", "1.0+x", "1.0.post1", "1.0.post10+x"]);
    check(">1.0.post1", &["1.0.post2.dev0"], &["1.0.post1+x"]);
    check(">1.0a1", &["1.0a2.dev0", "1.0.post1"], &["1.0a1.post1", "1.0a1+x"]);
    check("<=1.0", &["1.0+x"], &["1.0.post0.dev0"]);
}

#[test]
fn prefixes_take_everything_of_their_release() {
    check("==1.2.*", &["1.2.dev0", "1.2", "1.2.9.post1"], &["1.3.dev0", "1.1"]);
    check("!=1.2.*", &["1.3.dev0", "1.1"], &["1.2.dev0", "1.2.9"]);
    check("~=1.4.2", &["1.4.2", "1.4.9"], &["1.4.1", "1.5.dev0"]);
    check("~=1!1.4", &["1!1.9"], &["1!2.dev0", "1.9"]);
}

#[test]
fn text_equality_compares_texts() {
    let specifiers = VersionSpecifiers::from_str("===1.0").expect("it parses");
    assert!(contains(&specifiers, &Version::new([1, 0])));
    assert!(!contains(&specifiers, &Version::new([1, 0, 0])));
}
