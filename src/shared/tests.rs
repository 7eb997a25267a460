//! Claims: what is taken, and what is not.

use super::claim::{Claim, ClaimRefusal};
use super::claim::{claim_place, content_place};
use super::{ClaimKind, Namespace};
use crate::signing::{Distrust, SigningKey};
use crate::spec::{HashDigest, sha256};

const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIPKy3UJ7eS/PJNUzs2o5d1fudroefX6u1eoi6EbE8cQq\n-----END PRIVATE KEY-----\n";
const OTHER: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEILqTCRvaQ7COL4dGz6HRJu+o0OqVpA+9672hkC+YGuAY\n-----END PRIVATE KEY-----\n";

fn digest(text: &str) -> HashDigest {
    sha256(text.as_bytes())
}

fn claim(namespace: &Namespace, kind: ClaimKind, key: &HashDigest) -> Claim {
    Claim::new((namespace, kind, key), ("a.whl", &digest("content"), 7), 1234, serde_json::Value::Null)
}

#[test]
fn a_claim_is_taken_in_its_own_place_alone() {
    let (main, other) = (Namespace::usual(), "other".parse().unwrap());
    let (key, another) = (digest("key"), digest("another"));
    let sealed = claim(&main, ClaimKind::Builds, &key).seal(None);
    let open = |namespace, kind, key| Claim::open(&sealed, (namespace, kind, key), &[]);
    let opened = open(&main, ClaimKind::Builds, &key).unwrap();
    assert_eq!((opened.name.as_str(), opened.size, opened.took), ("a.whl", 7, 1234));
    assert_eq!(opened.digest(), Some(digest("content")));
    for elsewhere in [
        open(&other, ClaimKind::Builds, &key),
        open(&main, ClaimKind::Bundles, &key),
        open(&main, ClaimKind::Builds, &another),
    ] {
        assert_eq!(elsewhere, Err(ClaimRefusal::Elsewhere));
    }
}

#[test]
fn a_claim_needs_a_signature_of_a_trusted_key_where_there_are_any() {
    let (ours, theirs) = (SigningKey::from_pem(PRIVATE).unwrap(), SigningKey::from_pem(OTHER).unwrap());
    let (main, key) = (Namespace::usual(), digest("key"));
    let claim = claim(&main, ClaimKind::Builds, &key);
    let open = |bytes: &[u8]| Claim::open(bytes, (&main, ClaimKind::Builds, &key), &[ours.public()]);
    assert_eq!(open(&claim.seal(Some(&ours))), Ok(claim.clone()));
    assert_eq!(open(&claim.seal(None)), Err(ClaimRefusal::Distrust(Distrust::Unsigned)));
    let unknown = ClaimRefusal::Distrust(Distrust::Unknown(theirs.public().to_string()));
    assert_eq!(open(&claim.seal(Some(&theirs))), Err(unknown));
    let changed = String::from_utf8(claim.seal(Some(&ours))).unwrap().replace("1234", "4321");
    assert_eq!(open(changed.as_bytes()), Err(ClaimRefusal::Distrust(Distrust::Wrong(ours.public()))));
}

#[test]
fn what_is_no_claim_is_refused() {
    let (main, key) = (Namespace::usual(), digest("key"));
    let wrong_digest = claim(&main, ClaimKind::Builds, &key).seal(None);
    let wrong_digest = String::from_utf8(wrong_digest).unwrap().replace(&digest("content").hex(), "../../etc");
    let large = String::from_utf8(claim(&main, ClaimKind::Builds, &key).seal(None)).unwrap();
    let large = large.replace("\\\"size\\\":7", "\\\"size\\\":18446744073709551615");
    assert!(large.contains("18446744073709551615"), "{large}");
    let texts =
        ["", "{}", "[]", "null", "{\"claim\": \"\"}", "{\"claim\": \"{}\"}", &wrong_digest, &large, "\u{0}\u{ff}"];
    for text in texts {
        let opened = Claim::open(text.as_bytes(), (&main, ClaimKind::Builds, &key), &[]);
        assert_eq!(opened, Err(ClaimRefusal::Malformed), "{text}");
    }
}

#[test]
fn places_tell_nothing_and_lead_nowhere_else() {
    let (main, key) = (Namespace::usual(), digest("key"));
    let hex = key.hex();
    assert_eq!(claim_place(&main, ClaimKind::Bundles, &key), format!("main/claims/v1/bundles/{}/{hex}", &hex[..2]));
    assert_eq!(content_place(&main, &key), format!("main/cas/sha256/{}/{hex}", &hex[..2]));
    for text in ["", ".", "..", "a/b", "a b", "-a", ".a", "ä", "a\\b", &"a".repeat(64)] {
        assert!(text.parse::<Namespace>().is_err(), "{text}");
    }
    for text in ["a", "main", "team-1.x_y", "2026"] {
        assert!(text.parse::<Namespace>().is_ok(), "{text}");
    }
}
