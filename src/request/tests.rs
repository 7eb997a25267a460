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

/// A folder for repositories that are written by hand.
struct Repositories(tempfile::TempDir);

impl Repositories {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn look(&self, path: &str, revision: Option<&str>) -> Option<HashDigest> {
        commit(&self.0.path().join(path), revision)
    }
}

#[test]
fn a_revision_is_known_by_its_commit() {
    let repositories = Repositories::new();
    let write = |path: &str, text: &str| repositories.write(path, text);
    let look = |revision: Option<&str>| repositories.look("", revision);
    assert_eq!(look(None), None, "no repository");
    write(".git/HEAD", "ref: refs/heads/main\n");
    write(".git/refs/heads/main", &format!("{FIRST}\n"));
    write(".git/packed-refs", &format!("# pack-refs with: peeled\n{SECOND} refs/tags/v1\n^{FIRST}\n"));
    let check = |revision: Option<&str>, expected: &str| assert_eq!(look(revision), look(Some(expected)));
    assert_ne!(look(Some(FIRST)), look(Some(SECOND)));
    check(None, FIRST);
    check(Some("main"), FIRST);
    check(Some("v1"), SECOND);
    check(Some("refs/heads/main"), FIRST);
    // What cannot be read by its name changes with any reference.
    let before = look(Some("main~1"));
    assert!(before.is_some() && before != look(Some(FIRST)));
    write(".git/refs/heads/other", &format!("{SECOND}\n"));
    assert_ne!(look(Some("main~1")), before);
    write(".git/refs/heads/main", &format!("{SECOND}\n"));
    check(None, SECOND);
    // A linked worktree has a HEAD of its own, and the references of the repository.
    write("tree/.git", "gitdir: ../.git/worktrees/tree\n");
    write(".git/worktrees/tree/HEAD", "ref: refs/heads/other\n");
    write(".git/worktrees/tree/commondir", "../..\n");
    assert_eq!(repositories.look("tree", None), look(Some(SECOND)));
}

#[test]
fn tags_count_beside_the_commit() {
    let repositories = Repositories::new();
    repositories.write(".git/HEAD", "ref: refs/heads/main\n");
    repositories.write(".git/refs/heads/main", &format!("{FIRST}\n"));
    let look = || [None, Some("main"), Some(FIRST)].map(|revision| repositories.look("", revision));
    let untagged = look();
    repositories.write(".git/refs/heads/other", &format!("{SECOND}\n"));
    assert_eq!(look(), untagged, "another branch");
    repositories.write(".git/refs/tags/v5.0", &format!("{FIRST}\n"));
    let tagged = look();
    assert!(tagged.iter().all(|found| !untagged.contains(found)), "a tag on the commit");
    // As `git pack-refs` does, which changes nothing.
    fs::remove_file(repositories.0.path().join(".git/refs/tags/v5.0")).unwrap();
    repositories.write(".git/packed-refs", &format!("# pack-refs with: peeled\n{FIRST} refs/tags/v5.0\n"));
    assert_eq!(look(), tagged, "packed");
    repositories.write(".git/refs/tags/v5.0", &format!("{SECOND}\n"));
    assert!(look().iter().all(|found| !tagged.contains(found)), "the tag moved");
}

#[test]
fn a_repository_is_found_where_git_finds_it() {
    for (folder, path) in [
        ("bare.git", "bare"),
        ("bare.git", "bare/"),
        ("bare.git", "bare.git"),
        ("tree.git/.git", "tree"),
        ("tree.git/.git", "tree.git"),
        ("plain", "plain"),
    ] {
        let repositories = Repositories::new();
        repositories.write(&format!("{folder}/HEAD"), "ref: refs/heads/main\n");
        let reference = format!("{folder}/refs/heads/main");
        repositories.write(&reference, FIRST);
        let before = repositories.look(path, None);
        assert!(before.is_some(), "{path} for {folder}");
        repositories.write(&reference, SECOND);
        assert_ne!(repositories.look(path, None), before, "{path} for {folder}");
    }
    // Where both are, the one that git takes.
    let repositories = Repositories::new();
    repositories.write("both/HEAD", FIRST);
    repositories.write("both.git/HEAD", SECOND);
    assert_eq!(repositories.look("both", None), repositories.look("both", Some(FIRST)));
}

#[test]
fn references_in_tables_count() {
    let repositories = Repositories::new();
    repositories.write("bare.git/HEAD", "ref: refs/heads/.invalid\n");
    repositories.write("bare.git/reftable/tables.list", "one.ref\n");
    repositories.write("bare.git/reftable/one.ref", "a table");
    let before = repositories.look("bare.git", None);
    assert!(before.is_some());
    assert_eq!(repositories.look("bare.git", None), before);
    repositories.write("bare.git/reftable/one.ref", "another table");
    let changed = repositories.look("bare.git", None);
    assert_ne!(changed, before);
    repositories.write("bare.git/reftable/tables.list", "one.ref\ntwo.ref\n");
    assert_ne!(repositories.look("bare.git", None), changed);
    assert_ne!(repositories.look("bare.git", Some("v1")), repositories.look("bare.git", Some("v2")));
}
