//! Trees in the cache: whole or absent, healed when changed.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;

use fs_err as fs;

use super::{TestCache, TestWheel, paths};
use crate::cache::Cache;
use crate::install::{InstallOptions, InstalledDist, ensure_tree, install_wheel};
use crate::spec::sha256;

fn tree(dist: &InstalledDist) -> PathBuf {
    dist.tree.clone().expect("a tree was asked for").folder
}

/// Checks that every file of the tree is what the plan says.
fn assert_whole(dist: &InstalledDist) {
    for file in &dist.files {
        let path = file.path.below(&tree(dist));
        let metadata = fs::symlink_metadata(&path).unwrap();
        assert!(metadata.is_file(), "{}", file.path);
        assert_eq!(metadata.mode() & 0o7777, file.tree_mode(), "{}", file.path);
        assert_eq!(sha256(&fs::read(&path).unwrap()), file.sha256, "{}", file.path);
    }
}

#[test]
fn plan_and_tree_are_found_again() {
    let place = TestCache::new();
    let wheel = TestWheel::tiny();
    let first = place.install(&wheel, true).unwrap();
    assert_whole(&first);
    let inode = |dist: &InstalledDist| fs::metadata(tree(dist).join("tiny_pkg/__init__.py")).unwrap().ino();
    let second = place.install(&wheel, true).unwrap();
    assert_eq!(first, second);
    assert_eq!(inode(&first), inode(&second), "nothing was written again");
    let without = place.install(&wheel, false).unwrap();
    assert_eq!(InstalledDist { tree: None, ..first }, without);
}

#[test]
fn a_plan_gets_its_tree_later() {
    let place = TestCache::new();
    let mut dist = place.install(&TestWheel::tiny(), false).unwrap();
    assert_eq!(dist.tree, None);
    ensure_tree(&mut dist, &place.cache).unwrap();
    assert_whole(&dist);
}

#[test]
fn changed_files_are_healed() {
    let wheel = TestWheel::tiny();
    let change = |what: &str, change: fn(&std::path::Path)| {
        let place = TestCache::new();
        let dist = place.install(&wheel, true).unwrap();
        let file = tree(&dist).join("tiny_pkg/__init__.py");
        let output = place.folder.path().join("output.py");
        fs::hard_link(&file, &output).unwrap();
        change(&file);
        let edited = fs::read(&output).unwrap();
        for _ in 0..2 {
            let again = place.install(&wheel, true).unwrap();
            assert_eq!(paths(&again), paths(&dist), "{what}");
            assert_whole(&again);
        }
        assert_eq!(fs::read(&output).unwrap(), edited, "{what}: the output keeps what it had");
    };
    change("edited", |file| fs::write(file, "VALUE = 666\n").unwrap());
    change("edited at the same length", |file| fs::write(file, "VALUE = 2\n").unwrap());
    change("emptied", |file| fs::write(file, "").unwrap());
    change("removed", |file| fs::remove_file(file).unwrap());
    change("another mode", |file| fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap());
    change("set-user-ID", |file| fs::set_permissions(file, std::fs::Permissions::from_mode(0o4755)).unwrap());
    change("a link", |file| {
        fs::remove_file(file).unwrap();
        fs_err::os::unix::fs::symlink("/etc/passwd", file).unwrap();
    });
    change("a folder", |file| {
        fs::remove_file(file).unwrap();
        fs::create_dir(file).unwrap();
        fs::write(file.join("x"), "x").unwrap();
    });
    change("its folder is gone", |file| fs::remove_dir_all(file.parent().unwrap()).unwrap());
    change("a file where its folder was", |file| {
        fs::remove_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file.parent().unwrap(), "x").unwrap();
    });
}

#[test]
fn whichever_file_of_a_folder_was_changed_is_healed() {
    let place = TestCache::new();
    let wheel = TestWheel::tiny();
    let dist = place.install(&wheel, true).unwrap();
    for file in &dist.files {
        let path = file.path.below(&tree(&dist));
        let mode = if file.executable { 0o444 } else { 0o555 };
        fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_whole(&place.install(&wheel, true).unwrap());
        fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(&path, vec![b'?'; usize::try_from(file.size).unwrap()]).unwrap();
        assert_whole(&place.install(&wheel, true).unwrap());
    }
}

#[test]
fn damaged_entries_cost_time_only() {
    let wheel = TestWheel::tiny();
    let damage = |what: &str, damage: fn(&std::path::Path)| {
        let place = TestCache::new();
        let first = place.install(&wheel, true).unwrap();
        damage(&place.cache.install(&first.digest));
        let again = place.install(&wheel, true).unwrap();
        assert_eq!(InstalledDist { tree: None, ..first }, InstalledDist { tree: None, ..again.clone() }, "{what}");
        assert_whole(&again);
    };
    damage("no plan", |place| fs::remove_file(place.join("plan")).unwrap());
    damage("an empty plan", |place| fs::write(place.join("plan"), "").unwrap());
    damage("another version's plan", |place| fs::write(place.join("plan"), "barrow install plan 2\nxxxx").unwrap());
    damage("a folder for a plan", |place| {
        fs::remove_file(place.join("plan")).unwrap();
        fs::create_dir(place.join("plan")).unwrap();
    });
    damage("a cut plan", |place| {
        let bytes = fs::read(place.join("plan")).unwrap();
        fs::write(place.join("plan"), &bytes[..bytes.len() / 2]).unwrap();
    });
    damage("no stamps", |place| fs::remove_file(place.join("tree/stamps")).unwrap());
    damage("empty stamps", |place| fs::write(place.join("tree/stamps"), "").unwrap());
    damage("cut stamps", |place| {
        let bytes = fs::read(place.join("tree/stamps")).unwrap();
        fs::write(place.join("tree/stamps"), &bytes[..bytes.len() / 2]).unwrap();
    });
    damage("no files", |place| fs::remove_dir_all(place.join("tree/files")).unwrap());
    damage("a file for the tree", |place| {
        fs::remove_dir_all(place.join("tree")).unwrap();
        fs::write(place.join("tree"), "").unwrap();
    });
    damage("a file for everything", |place| {
        fs::remove_dir_all(place).unwrap();
        fs::write(place, "").unwrap();
    });
}

#[test]
fn every_flipped_bit_of_a_plan_is_seen() {
    let place = TestCache::new();
    let wheel = TestWheel::tiny();
    let first = place.install(&wheel, false).unwrap();
    let plan = place.cache.install(&first.digest).join("plan");
    let bytes = fs::read(&plan).unwrap();
    for position in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (position % 8);
        assert_eq!(crate::install::plan::decode(&damaged, &first.digest, &first.wheel), None, "{position}");
    }
}

#[test]
fn a_damaged_wheel_is_told() {
    let place = TestCache::new();
    let mut dist = place.install(&TestWheel::tiny(), false).unwrap();
    let mut bytes = fs::read(&dist.wheel).unwrap();
    bytes[60] ^= 1;
    fs::write(&dist.wheel, bytes).unwrap();
    let error = ensure_tree(&mut dist, &place.cache).unwrap_err();
    assert!(crate::archive::tests::chain(&error).contains("cannot be read again"), "{error:?}");
    assert!(!place.cache.install(&dist.digest).join("tree").exists());
}

#[test]
fn a_damaged_wheel_gets_into_no_zip() {
    let place = TestCache::new();
    let fetched = TestWheel::tiny().fetched(place.folder.path());
    let options = InstallOptions::default();
    let dist = install_wheel(&fetched, &place.cache, &options).unwrap();
    let mut bytes = fs::read(&dist.wheel).unwrap();
    bytes[60] ^= 1;
    fs::write(&dist.wheel, bytes).unwrap();
    let error = install_wheel(&fetched, &place.cache, &options).unwrap_err();
    assert!(crate::archive::tests::chain(&error).contains("not what they were"), "{error:?}");
}

/// Changes a byte of a file in its place, and sets the time of its last change back, as far as a program can.
fn damage_unseen(path: &std::path::Path) {
    use std::os::unix::fs::FileExt as _;
    let before = fs::metadata(path).unwrap();
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.file().read_exact_at(&mut byte, 60).unwrap();
    file.file().write_all_at(&[byte[0] ^ 1], 60).unwrap();
    file.file().set_modified(before.modified().unwrap()).unwrap();
    let after = fs::metadata(path).unwrap();
    assert_eq!((after.modified().unwrap(), after.len()), (before.modified().unwrap(), before.len()));
}

#[test]
fn a_wheel_that_nobody_has_touched_is_not_hashed_again() {
    let place = TestCache::new();
    let fetched = TestWheel::tiny().fetched(place.folder.path());
    let options = InstallOptions::default();
    let dist = install_wheel(&fetched, &place.cache, &options).unwrap();
    let note = place.cache.install(&dist.digest).join("verified");
    assert!(!note.exists(), "its entries were read");
    // A wheel that was changed a moment ago may be changed again within the same tick of the clock.
    install_wheel(&fetched, &place.cache, &options).unwrap();
    let changed = fs::metadata(&dist.wheel).unwrap().modified().unwrap();
    fs::OpenOptions::new().write(true).open(&note).unwrap().file().set_modified(changed).unwrap();
    let first = fs::metadata(&note).unwrap().modified().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(150));
    install_wheel(&fetched, &place.cache, &options).unwrap();
    let second = fs::metadata(&note).unwrap().modified().unwrap();
    assert_ne!(first, second, "it was hashed once more");
    install_wheel(&fetched, &place.cache, &options).unwrap();
    assert_eq!(fs::metadata(&note).unwrap().modified().unwrap(), second, "it is not hashed any more");

    damage_unseen(&dist.wheel);
    let error = install_wheel(&fetched, &place.cache, &options).unwrap_err();
    assert!(crate::archive::tests::chain(&error).contains("not what they were"), "{error:?}");
    // What is noted is no word on the bytes: with it, they would pass.
    let stamp = crate::file_stamp::FileStamp::at(&dist.wheel).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(150));
    place.cache.write(&note, &rmp_serde::to_vec(&stamp).unwrap()).unwrap();
    install_wheel(&fetched, &place.cache, &options).unwrap();
    // Of a note that is damaged nothing is taken.
    fs::write(&note, "no note").unwrap();
    assert!(install_wheel(&fetched, &place.cache, &options).is_err());
}

#[test]
fn many_at_once() {
    let place = TestCache::new();
    let fetched = TestWheel::tiny().fetched(place.folder.path());
    let options = InstallOptions { tree: true, ..InstallOptions::default() };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let cache = Cache::at(place.folder.path().join("cache"));
                assert_whole(&install_wheel(&fetched, &cache, &options).unwrap());
            });
        }
    });
    let left: Vec<_> = fs::read_dir(place.folder.path().join("cache/temporary-v1")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_cache_that_cannot_be_written() {
    let place = TestCache::new();
    let fetched = TestWheel::tiny().fetched(place.folder.path());
    let options = InstallOptions { tree: true, ..InstallOptions::default() };
    // A file in the place of the folder: nothing below it can be made, whoever runs the test.
    let blocked = place.folder.path().join("blocked");
    fs::write(&blocked, "").unwrap();
    let without = Cache::at(blocked.join("cache"));
    assert!(install_wheel(&fetched, &without, &options).is_err(), "no place for a tree");
    assert!(install_wheel(&fetched, &without, &InstallOptions::default()).is_ok(), "a zip needs none");
    let cache = Cache::at(blocked.join("cache")).with_fallback(place.folder.path().to_owned());
    let dist = install_wheel(&fetched, &cache, &options).unwrap();
    assert_whole(&dist);
    assert!(tree(&dist).starts_with(place.folder.path()));
    assert_whole(&install_wheel(&fetched, &cache, &options).unwrap());
}
