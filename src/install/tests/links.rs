//! From the cache to an output.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use fs_err as fs;

use super::{TestCache, TestWheel};
use crate::install::shares::Linked;
use crate::install::{InstalledDist, LinkError, LinkMode, Share, Sight, link_shares};

fn installed(place: &TestCache) -> InstalledDist {
    place.install(&TestWheel::tiny(), true).unwrap()
}

fn link(dist: &InstalledDist, out: &std::path::Path, mode: LinkMode) -> Result<Linked, LinkError> {
    let share = Share { dist, files: (0..dist.files.len()).collect() };
    link_shares(&[share], out, mode).map_err(|(_, error)| error)
}

#[test]
fn every_mode_gives_the_same_tree() {
    for mode in [LinkMode::Auto, LinkMode::Clone, LinkMode::Hardlink, LinkMode::Copy] {
        let place = TestCache::new();
        let dist = installed(&place);
        let out = place.folder.path().join("out");
        fs::create_dir(&out).unwrap();
        let linked = link(&dist, &out, mode).unwrap();
        assert_eq!(linked.seen[0].len(), dist.files.len());
        assert_ne!(linked.mode, LinkMode::Auto);
        for (file, seen) in dist.files.iter().zip(&linked.seen[0]) {
            let path = file.path.below(&out);
            assert_eq!(Sight::at(&path).unwrap(), *seen, "{mode:?}");
            let metadata = fs::metadata(&path).unwrap();
            assert_eq!(crate::spec::sha256(&fs::read(&path).unwrap()), file.sha256);
            let is_shared = linked.mode == LinkMode::Hardlink;
            assert_eq!(metadata.mode() & 0o7777, if is_shared { file.tree_mode() } else { file.mode() });
            assert_eq!(metadata.nlink(), if linked.mode == LinkMode::Hardlink { 2 } else { 1 });
            assert_eq!(
                fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o7777,
                if path.parent() == Some(&out) { fs::metadata(&out).unwrap().mode() & 0o7777 } else { 0o755 }
            );
        }
    }
}

/// Puts something in the way: given the output, and a folder outside of it.
type Obstacle = fn(&std::path::Path, &std::path::Path);

#[test]
fn nothing_is_overwritten_or_written_through() {
    let modes = [LinkMode::Auto, LinkMode::Clone, LinkMode::Hardlink, LinkMode::Copy];
    let obstacles: [(&str, Obstacle); 4] = [
        ("a file", |out, _| {
            fs::create_dir(out.join("tiny_pkg")).unwrap();
            fs::write(out.join("tiny_pkg/__init__.py"), "mine").unwrap();
        }),
        ("a link in the place of a file", |out, outside| {
            fs::create_dir(out.join("tiny_pkg")).unwrap();
            fs_err::os::unix::fs::symlink(outside.join("victim"), out.join("tiny_pkg/__init__.py")).unwrap();
        }),
        ("a link in the place of a folder", |out, outside| {
            fs_err::os::unix::fs::symlink(outside, out.join("tiny_pkg")).unwrap();
        }),
        ("a file in the place of a folder", |out, _| fs::write(out.join("tiny_pkg"), "mine").unwrap()),
    ];
    for mode in modes {
        for (what, obstacle) in obstacles {
            let place = TestCache::new();
            let dist = installed(&place);
            let (out, outside) = (place.folder.path().join("out"), place.folder.path().join("outside"));
            fs::create_dir(&out).unwrap();
            fs::create_dir(&outside).unwrap();
            fs::write(outside.join("victim"), "victim").unwrap();
            obstacle(&out, &outside);
            link(&dist, &out, mode).expect_err(what);
            assert_eq!(fs::read_to_string(outside.join("victim")).unwrap(), "victim", "{what}");
            assert_eq!(fs::read_dir(&outside).unwrap().count(), 1, "{what}: nothing was written outside");
        }
    }
}

#[test]
fn an_output_on_another_file_system_is_copied_to() {
    // `/dev/shm` is a file system of its own wherever Linux has it.
    let Ok(out) = tempfile::tempdir_in("/dev/shm") else { return };
    let place = TestCache::new();
    let dist = installed(&place);
    let device = |path: &std::path::Path| fs::metadata(path).unwrap().dev();
    if device(out.path()) == device(place.folder.path()) {
        return;
    }
    for mode in [LinkMode::Auto, LinkMode::Hardlink, LinkMode::Clone] {
        let to = out.path().join(format!("{mode:?}"));
        fs::create_dir(&to).unwrap();
        let linked = link(&dist, &to, mode).unwrap();
        assert_eq!(linked.mode, LinkMode::Copy);
    }
}

#[test]
fn copies_carry_fresh_times() {
    let place = TestCache::new();
    let dist = installed(&place);
    let tree = &dist.tree.as_ref().unwrap().folder;
    let before = fs::metadata(tree.join("tiny_pkg/run.sh")).unwrap();
    assert_eq!(before.permissions().mode() & 0o777, 0o555);
    assert!(before.modified().unwrap().elapsed().unwrap().as_secs() < 600, "the time of unpacking, not the zip's");
}

/// Does something to a file.
type Change = fn(&std::path::Path);

#[test]
fn what_was_changed_in_the_cache_never_reaches_an_output() {
    let changes: [(&str, Change); 4] = [
        ("edited", |file| fs::write(file, "VALUE = 666\n").unwrap()),
        ("removed", |file| fs::remove_file(file).unwrap()),
        ("another mode", |file| fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap()),
        ("a link", |file| {
            fs::remove_file(file).unwrap();
            fs_err::os::unix::fs::symlink("/etc/passwd", file).unwrap();
        }),
    ];
    for mode in [LinkMode::Auto, LinkMode::Clone, LinkMode::Hardlink, LinkMode::Copy] {
        for (what, change) in changes {
            let place = TestCache::new();
            let dist = installed(&place);
            change(&dist.tree.as_ref().unwrap().folder.join("tiny_pkg/__init__.py"));
            let out = place.folder.path().join("out");
            fs::create_dir(&out).unwrap();
            let error = link(&dist, &out, mode).expect_err(what);
            assert!(matches!(error, LinkError::Changed { .. }), "{what}: {error:?}");
            // Without looking, the plan that the cache has is taken as it is; mended, it can be linked.
            let options = crate::install::InstallOptions {
                tree: true,
                checked_when_placed: true,
                ..crate::install::InstallOptions::default()
            };
            let mut again = place.install_with(&TestWheel::tiny(), &options).unwrap();
            assert_eq!(again.tree, dist.tree, "{what}");
            crate::install::ensure_tree(&mut again, &place.cache).unwrap();
            let mended = place.folder.path().join("mended");
            fs::create_dir(&mended).unwrap();
            link(&again, &mended, mode).unwrap();
        }
    }
}
