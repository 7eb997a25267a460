//! Encodings that cannot be confused, commits of repositories, and what is said of a change.

use fs_err as fs;

use super::keyed::Encoder;
use super::repository::commit;
use crate::spec::HashDigest;

#[test]
fn no_two_values_are_encoded_alike() {
    let texts = |texts: &[&str]| Encoder::digest(texts);
    let digests = [
        texts(&[]),
        texts(&[""]),
        texts(&["", ""]),
        texts(&["ab"]),
        texts(&["a", "b"]),
        Encoder::digest(&("a", "b")),
        Encoder::digest(&Some("ab")),
        Encoder::digest(&None::<&str>),
        Encoder::digest(&Some("")),
        Encoder::digest(&true),
        Encoder::digest(&1_u64),
        Encoder::digest(&vec![Some("a"), None]),
        Encoder::digest(&vec![None, Some("a")]),
    ];
    for (at, digest) in digests.iter().enumerate() {
        assert!(!digests[..at].contains(digest), "the value {at} is encoded like one before it");
    }
}

#[test]
fn a_field_counts_with_its_name() {
    let field = |name: &str, value: &str| {
        let mut encoder = Encoder::new();
        encoder.field(name, value);
        encoder.finish()
    };
    assert_eq!(field("a", "b"), field("a", "b"));
    assert_ne!(field("a", "b"), field("ab", ""));
    assert_ne!(field("a", "b"), field("b", "a"));
}

const FIRST: &str = "1111111111111111111111111111111111111111";
const SECOND: &str = "2222222222222222222222222222222222222222";

#[test]
fn a_revision_is_known_by_its_commit() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let look = |revision: Option<&str>| commit(folder.path(), revision);
    assert_eq!(look(None), None, "no repository");
    write(".git/HEAD", "ref: refs/heads/main\n");
    write(".git/refs/heads/main", &format!("{FIRST}\n"));
    write(".git/packed-refs", &format!("# pack-refs with: peeled\n{SECOND} refs/tags/v1\n^{FIRST}\n"));
    let known = |commit: &str| Some(Encoder::digest(commit));
    let check = |revision: Option<&str>, expected: Option<HashDigest>| assert_eq!(look(revision), expected);
    check(None, known(FIRST));
    check(Some("main"), known(FIRST));
    check(Some("v1"), known(SECOND));
    check(Some(SECOND), known(SECOND));
    check(Some("refs/heads/main"), known(FIRST));
    // What cannot be read by its name changes with any reference.
    let before = look(Some("main~1"));
    assert!(before.is_some() && before != known(FIRST));
    write(".git/refs/heads/other", &format!("{SECOND}\n"));
    assert_ne!(look(Some("main~1")), before);
    write(".git/refs/heads/main", &format!("{SECOND}\n"));
    check(None, known(SECOND));
    // A linked worktree has a HEAD of its own, and the references of the repository.
    write("tree/.git", "gitdir: ../.git/worktrees/tree\n");
    write(".git/worktrees/tree/HEAD", "ref: refs/heads/other\n");
    write(".git/worktrees/tree/commondir", "../..\n");
    assert_eq!(commit(&folder.path().join("tree"), None), known(SECOND));
}
