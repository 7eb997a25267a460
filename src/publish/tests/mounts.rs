//! Mount points of every kind, in a mount namespace of their own. Skipped where the system does not allow one.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{Scene, expected, tree};
use crate::publish::PublishError;

const ONE: &[(&str, &str)] = &[("a.py", "1"), ("pkg/b.py", "1")];
const TWO: &[(&str, &str)] = &[("a.py", "2"), ("pkg/deep/c.py", "2")];

/// Where the inner test works.
const FOLDER: &str = "BARROW_TEST_MOUNTS";

#[test]
#[cfg(target_os = "linux")]
fn mount_points() {
    let can = std::process::Command::new("unshare").args(["--mount", "true"]).output();
    if !can.is_ok_and(|output| output.status.success()) {
        return;
    }
    let scene = Scene::new();
    let script = "cd \"$BARROW_TEST_MOUNTS\" && mkdir bind twin memory full parent parent/out shown &&
        mount --bind twin bind && mount -t tmpfs none memory && mount -t tmpfs -o size=64k none full &&
        mount --bind parent parent && mount --bind shown parent/out && mount -o remount,bind,ro parent &&
        exec \"$0\" --ignored --exact publish::tests::mounts::inside_the_namespace";
    let output = std::process::Command::new("unshare")
        .args(["--mount", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, scene.path(""))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
#[ignore = "run by `mount_points`, where the mounts are"]
#[expect(clippy::disallowed_methods, reason = "the outer test tells the folder this way")]
fn inside_the_namespace() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let scene = Scene::new();
    for out in ["bind", "memory", "parent/out"] {
        let out = folder.join(out);
        let inode = fs::metadata(&out).unwrap().ino();
        for files in [ONE, TWO, ONE] {
            scene.publish_to(&out, files).unwrap_or_else(|error| panic!("{}: {error:?}", out.display()));
            assert_eq!(tree(&out), expected(files));
            assert_bare(&out);
        }
        assert_eq!(fs::metadata(&out).unwrap().ino(), inode);
        fs::write(out.join("mine.txt"), "precious").unwrap();
        assert!(matches!(scene.publish_to(&out, TWO), Err(PublishError::Occupied { .. })));
        assert_bare(&out);
    }
    // Nothing can be written beside, and there is no inside.
    let error = scene.publish_to(&folder.join("parent/other"), ONE).unwrap_err();
    assert!(matches!(error, PublishError::Publish { action: "make", .. }), "{error:?}");
    let full = folder.join("full");
    scene.publish_to(&full, ONE).unwrap();
    let large = "x".repeat(1 << 20);
    for out in [full.clone(), full.join("deeper/out")] {
        let error = scene.publish_to(&out, &[("large.bin", &large)]).unwrap_err();
        assert!(matches!(error, PublishError::Link { .. }), "{error:?}");
    }
    assert_eq!(tree(&full), expected(ONE));
    assert_bare(&full);
}

/// Nothing of barrow's own lies in the folder.
fn assert_bare(folder: &Path) {
    let mut names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.all(|name| !crate::cache::is_workplace_name(&name)), "{}", folder.display());
}
