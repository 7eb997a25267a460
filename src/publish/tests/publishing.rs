//! Publishing into a folder: filled, replaced, refused, and as it was after a failure.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use fs_err as fs;

use super::{Scene, bundle, expected, tree};
use crate::archive::SafePath;
use crate::bundle::{BundleLayout, assemble};
use crate::publish::{PublishError, PublishOptions, is_unchanged, outputs_around, publish};

const ONE: &[(&str, &str)] = &[("a.py", "1"), ("pkg/b.py", "1"), ("bin/run*", "1")];
const TWO: &[(&str, &str)] = &[("a.py", "2"), ("pkg/deep/c.py", "2")];

#[test]
fn absent_then_replaced() {
    let scene = Scene::new();
    for out in ["out", "new/folders/out", "with space\nand newline", ".hidden"] {
        let first = scene.publish(out, ONE).unwrap();
        assert!(!first.replaced && first.warnings.is_empty(), "{first:?}");
        assert_eq!(tree(&scene.path(out)), expected(ONE));
        assert_eq!(fs::metadata(scene.path(out)).unwrap().mode() & 0o7777, 0o755);
        assert!(scene.publish(out, TWO).unwrap().replaced);
        assert_eq!(tree(&scene.path(out)), expected(TWO));
        assert!(scene.publish(out, ONE).unwrap().replaced);
        assert_eq!(tree(&scene.path(out)), expected(ONE));
    }
    scene.assert_clean(".");
    scene.assert_clean("new/folders");
}

#[test]
fn an_empty_folder_keeps_inode_and_mode() {
    let scene = Scene::new();
    let out = scene.path("out");
    fs::create_dir(&out).unwrap();
    fs::set_permissions(&out, std::fs::Permissions::from_mode(0o777)).unwrap();
    let inode = fs::metadata(&out).unwrap().ino();
    scene.publish("out", ONE).unwrap();
    let metadata = fs::metadata(&out).unwrap();
    assert_eq!((metadata.ino(), metadata.mode() & 0o7777), (inode, 0o777));
    assert_eq!(tree(&out), expected(ONE));
    scene.publish("out", TWO).unwrap();
    assert_eq!(tree(&out), expected(TWO));
    assert_eq!(fs::metadata(&out).unwrap().mode() & 0o7777, 0o777);
    scene.assert_clean(".");
}

#[test]
fn a_link_to_a_folder_is_followed() {
    let scene = Scene::new();
    fs::create_dir_all(scene.path("far/away")).unwrap();
    symlink("far/away", scene.path("out")).unwrap();
    scene.publish("out", ONE).unwrap();
    scene.publish("out", TWO).unwrap();
    assert!(fs::symlink_metadata(scene.path("out")).unwrap().is_symlink());
    assert_eq!(tree(&scene.path("far/away")), expected(TWO));
    scene.assert_clean("far");
    symlink("nowhere", scene.path("dangling")).unwrap();
    let error = scene.publish("dangling", ONE).unwrap_err();
    assert!(matches!(error, PublishError::Publish { .. }), "{error}");
}

#[test]
fn foreign_files_are_left_alone() {
    let mut scene = Scene::new();
    let check = |scene: &Scene, out: &str, named: &str| {
        let before = tree(&scene.path(out));
        let error = scene.publish(out, TWO).unwrap_err();
        assert!(matches!(error, PublishError::Occupied { .. }), "{error}");
        assert!(error.to_string().contains(named), "{error}");
        assert_eq!(tree(&scene.path(out)), before);
        scene.assert_clean(".");
    };
    scene.write("out", &[("mine.txt", "precious")]);
    check(&scene, "out", "(`mine.txt`)");
    scene.write("many", &[("1", ""), ("2", ""), ("3", ""), ("4", ""), ("5", "")]);
    check(&scene, "many", "(`1`, `2`, `3`, …)");
    fs::create_dir_all(scene.path("folders/empty")).unwrap();
    check(&scene, "folders", "`empty/`");

    scene.publish("made", ONE).unwrap();
    scene.write("made", &[("pkg/mine.py", "precious")]);
    check(&scene, "made", "`pkg/mine.py`");
    fs::remove_file(scene.path("made/pkg/mine.py")).unwrap();
    symlink("b.py", scene.path("made/pkg/link.py")).unwrap();
    check(&scene, "made", "`pkg/link.py`");
    fs::remove_file(scene.path("made/pkg/link.py")).unwrap();
    // A mark is for one place: what was moved elsewhere is not known there.
    fs::rename(scene.path("made"), scene.path("moved")).unwrap();
    check(&scene, "moved", "`a.py`");

    scene.force = true;
    for out in ["out", "many", "folders", "moved"] {
        assert!(scene.publish(out, TWO).unwrap().replaced);
        assert_eq!(tree(&scene.path(out)), expected(TWO));
    }
}

#[test]
fn edited_and_derived_files_are_still_ours() {
    let scene = Scene::new();
    scene.publish("out", ONE).unwrap();
    fs::remove_file(scene.path("out/a.py")).unwrap();
    scene.write(
        "out",
        &[
            ("pkg/b.py", "edited"),
            ("__pycache__/a.cpython-312.pyc", ""),
            ("pkg/__pycache__/b.pyc", ""),
            (".DS_Store", ""),
        ],
    );
    scene.publish("out", TWO).unwrap();
    assert_eq!(tree(&scene.path("out")), expected(TWO));
}

#[test]
fn what_systems_leave_of_their_own_is_nobodys() {
    let scene = Scene::new();
    // A folder with such notes alone is an empty one: it is filled, and stays the folder that it is.
    scene.write("out", &[(".DS_Store", ""), ("__MACOSX/._a.py", ""), (".fseventsd/0", ""), ("Thumbs.db", "")]);
    let inode = || fs::metadata(scene.path("out")).unwrap().ino();
    let before = inode();
    scene.publish("out", ONE).unwrap();
    assert_eq!(inode(), before);
    let notes = [".fseventsd", "__MACOSX"];
    let mut found = tree(&scene.path("out"));
    found.retain(|path, _| !notes.iter().any(|note| path.starts_with(note)));
    assert_eq!(found, expected(ONE));
    // They make nothing somebody else's, wherever they lie.
    scene.write("out", &[("pkg/__MACOSX/._b.py", ""), ("pkg/.AppleDouble/b.py", ""), ("pkg/desktop.ini", "")]);
    assert!(scene.publish("out", TWO).unwrap().replaced);
    assert_eq!(tree(&scene.path("out")), expected(TWO));
    scene.write("other", &[("__MACOSX/._a.py", ""), ("notes.txt", "")]);
    assert!(matches!(scene.publish("other", ONE), Err(PublishError::Occupied { .. })));
}

#[test]
fn a_folder_that_was_made_anew_is_not_ours() {
    let scene = Scene::new();
    let out = scene.publish("out", ONE).unwrap().out;
    // Ours, moved away and back: the files are as they were written.
    fs::rename(&out, scene.path("kept")).unwrap();
    fs::create_dir(&out).unwrap();
    for entry in fs::read_dir(scene.path("kept")).unwrap().map(Result::unwrap) {
        fs::rename(entry.path(), out.join(entry.file_name())).unwrap();
    }
    scene.publish("out", TWO).unwrap();
    assert_eq!(tree(&out), expected(TWO));
    // Someone else's, under the same names.
    fs::remove_dir_all(&out).unwrap();
    scene.write("out", &[("a.py", "precious")]);
    assert!(matches!(scene.publish("out", ONE), Err(PublishError::Occupied { .. })));
    assert_eq!(fs::read_to_string(out.join("a.py")).unwrap(), "precious");
}

#[test]
fn what_must_stay_is_never_replaced() {
    let mut scene = Scene::new();
    scene.force = true;
    scene.write("source", &[("app.py", "app")]);
    let source = scene.collect("source", &[]).unwrap();
    let bundle = assemble(&[], Some(&source), &BundleLayout::function()).unwrap();
    for out in ["source", ".", "source/../source", "state"] {
        let out = scene.path(out);
        fs::create_dir_all(scene.path("state/inner")).unwrap();
        let error = publish(&bundle, &scene.options(&out)).unwrap_err();
        assert!(matches!(error, PublishError::Unfit { .. }), "{error}");
    }
    let error = publish(&bundle, &scene.options(Path::new("/"))).unwrap_err();
    assert!(matches!(error, PublishError::Unfit { .. }), "{error}");
    publish(&bundle, &scene.options(&scene.path("source/out"))).unwrap();
    assert_eq!(fs::read_to_string(scene.path("source/out/app.py")).unwrap(), "app");
}

#[test]
fn a_file_is_no_folder() {
    let mut scene = Scene::new();
    scene.force = true;
    scene.write(".", &[("out", "precious")]);
    for out in ["out", "out/below"] {
        let error = scene.publish(out, ONE).unwrap_err();
        assert!(matches!(error, PublishError::Publish { .. }), "{error}");
    }
    assert_eq!(fs::read_to_string(scene.path("out")).unwrap(), "precious");
    scene.assert_clean(".");
}

#[test]
fn a_failure_leaves_everything_as_it_was() {
    let scene = Scene::new();
    let check = |out: &str| {
        let before = fs::metadata(scene.path(out)).ok().map(|_| tree(&scene.path(out)));
        let mut dists = [scene.dist("demo", "9", TWO), scene.dist("last", "1", &[("z.py", "")])];
        fs::remove_file(dists[1].tree.as_ref().unwrap().folder.join("z.py")).unwrap();
        let error = publish(&bundle(&dists), &scene.options(&scene.path(out))).unwrap_err();
        assert!(matches!(error, PublishError::Link { .. }), "{error}");
        dists[1].tree = None;
        let error = publish(&bundle(&dists), &scene.options(&scene.path(out))).unwrap_err();
        assert!(matches!(error, PublishError::NotUnpacked(_)), "{error}");
        let cancel = AtomicBool::new(true);
        let tree_of_other = dists[0].tree.clone();
        dists[1].tree = tree_of_other;
        let options_out = scene.path(out);
        let options = PublishOptions { cancel: Some(&cancel), ..scene.options(&options_out) };
        assert!(matches!(publish(&bundle(&dists), &options), Err(PublishError::Cancelled)));
        assert_eq!(fs::metadata(scene.path(out)).ok().map(|_| tree(&scene.path(out))), before);
        scene.assert_clean(".");
    };
    scene.publish("made", ONE).unwrap();
    check("made");
    fs::create_dir(scene.path("empty")).unwrap();
    check("empty");
    check("absent");
    check("several/absent");
    assert!(!scene.path("several").exists());
    // Nothing that failed has changed what is known about the output.
    scene.publish("made", TWO).unwrap();
}

#[test]
fn own_files_are_copies_with_fresh_times() {
    let scene = Scene::new();
    scene.write("source", &[("app.py", "app")]);
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_hours(87_600);
    let own = scene.path("source/app.py");
    std::fs::File::options().write(true).open(&own).unwrap().set_modified(long_ago).unwrap();
    fs::set_permissions(&own, std::fs::Permissions::from_mode(0o600)).unwrap();
    let source = scene.collect("source", &[]).unwrap();
    publish(&assemble(&[], Some(&source), &BundleLayout::function()).unwrap(), &scene.options(&scene.path("out")))
        .unwrap();
    let metadata = fs::metadata(scene.path("out/app.py")).unwrap();
    assert_ne!(metadata.ino(), fs::metadata(&own).unwrap().ino());
    assert_ne!(metadata.modified().unwrap(), long_ago);
    assert_eq!(metadata.mode() & 0o7777, 0o644);
}

#[test]
fn another_file_system() {
    let Some(memory) = Some(Path::new("/dev/shm")).filter(|folder| folder.is_dir()) else { return };
    let (scene, other) = (Scene::new(), Scene::at(memory));
    let out = other.path("out");
    scene.publish_to(&out, ONE).unwrap();
    scene.publish_to(&out, TWO).unwrap();
    assert_eq!(tree(&out), expected(TWO));
    other.assert_clean(".");
    // A link from one file system to the other.
    fs::create_dir(other.path("target")).unwrap();
    symlink(other.path("target"), scene.path("link")).unwrap();
    scene.publish("link", ONE).unwrap();
    assert_eq!(tree(&other.path("target")), expected(ONE));
}

/// The mount point is only looked at where there is one that a test may write to.
#[test]
fn inside_when_there_is_no_beside() {
    let scene = Scene::new();
    let out = scene.path("out");
    fs::create_dir(&out).unwrap();
    let inode = fs::metadata(&out).unwrap().ino();
    for files in [ONE, TWO, ONE] {
        let dists = [scene.dist("demo", &super::version(files), files)];
        super::publish_inside(&bundle(&dists), &scene.options(&out), &|_| {}).unwrap();
        assert_eq!(tree(&out), expected(files));
        scene.assert_clean("out");
    }
    assert_eq!(fs::metadata(&out).unwrap().ino(), inode);
}

#[test]
fn without_a_place_for_marks() {
    let mut scene = Scene::new();
    scene.state_folders = vec![];
    let published = scene.publish("out", ONE).unwrap();
    assert!(published.warnings[0].contains("the next run will ask for `--force`"), "{published:?}");
    assert!(matches!(scene.publish("out", ONE), Err(PublishError::Occupied { .. })));
    // The first that can be written is used.
    scene.write(".", &[("file", "")]);
    scene.state_folders = vec![scene.path("file"), scene.path("state")];
    scene.publish("other", ONE).unwrap();
    assert!(scene.publish("other", TWO).unwrap().warnings.is_empty());
}

#[test]
fn unchanged_folders_are_known() {
    let scene = Scene::new();
    let dists = [scene.dist("demo", "1.0", ONE)];
    let out = scene.path("out");
    let options = PublishOptions { fingerprint: Some("one"), ..scene.options(&out) };
    let known = |fingerprint: &str| is_unchanged(&out, &scene.state_folders, fingerprint);
    assert!(!known("one"));
    publish(&bundle(&dists), &options).unwrap();
    assert!(known("one") && !known("two"));
    scene.write("out", &[("mine.py", "")]);
    assert!(!known("one"));
    fs::remove_file(scene.path("out/mine.py")).unwrap();
    assert!(known("one"));
    fs::write(scene.path("out/a.py"), "longer").unwrap();
    assert!(!known("one"));
    // The edit went through a hard link into the cache, so the tree there has to be mended first.
    let error = publish(&bundle(&dists), &options).unwrap_err();
    assert!(error.found_a_changed_file(), "{error:?}");
    let dists = [scene.dist("demo", "1.0", ONE)];
    publish(&bundle(&dists), &options).unwrap();
    fs::remove_file(scene.path("out/a.py")).unwrap();
    assert!(!known("one"));
}

#[test]
fn two_at_once_give_one_of_the_two() {
    let scene = Scene::new();
    let one = [scene.dist("demo", "1", ONE)];
    let two = [scene.dist("demo", "2", TWO)];
    let out = scene.path("out");
    for round in 0..20 {
        if round == 10 {
            fs::remove_dir_all(&out).unwrap();
            fs::create_dir(&out).unwrap();
        }
        std::thread::scope(|scope| {
            for dists in [&one, &two, &one, &two] {
                let (scene, out) = (&scene, &out);
                scope.spawn(move || publish(&bundle(dists), &scene.options(out)).unwrap());
            }
        });
        let found = tree(&out);
        assert!(found == expected(ONE) || found == expected(TWO), "{found:?}");
        scene.assert_clean(".");
    }
}

#[test]
fn dependencies_of_a_layer_lie_below_its_prefix() {
    let scene = Scene::new();
    let dists = [scene.dist("a", "1.0", &[("a.py", "1")])];
    publish(&assemble(&dists, None, &BundleLayout::layer()).unwrap(), &scene.options(&scene.path("layer"))).unwrap();
    assert!(tree(&scene.path("layer")).contains_key("python/a.py"));
    let deep = BundleLayout { prefix: Some(SafePath::new("python/lib/python3.12/site-packages").unwrap()) };
    publish(&assemble(&dists, None, &deep).unwrap(), &scene.options(&scene.path("deep"))).unwrap();
    assert!(tree(&scene.path("deep")).contains_key("python/lib/python3.12/site-packages/a.py"));
}

#[test]
fn earlier_outputs_below_a_folder_are_known() {
    let scene = Scene::new();
    let source = scene.write("source", &[("app.py", "")]);
    let earlier = scene.publish("source/build/arm64", &[("a.py", "")]).unwrap().out;
    scene.publish("elsewhere", &[("a.py", "")]).unwrap();
    let around = |out| outputs_around(&scene.state_folders, &source, out);
    assert_eq!(around(None), std::slice::from_ref(&earlier));
    let absent = scene.path("absent");
    assert_eq!(around(Some(&absent)), [earlier, fs::canonicalize(scene.path("")).unwrap().join("absent")]);
}

#[test]
fn outputs_that_are_long_gone_are_forgotten() {
    let scene = Scene::new();
    let age = |days: u64| {
        let then = std::time::SystemTime::now() - std::time::Duration::from_hours(days * 24);
        for folder in scene.state_folders.iter().flat_map(|state| fs::read_dir(state).unwrap()) {
            for mark in fs::read_dir(folder.unwrap().path()).unwrap() {
                let mark = fs::File::options().write(true).open(mark.unwrap().path()).unwrap();
                mark.file().set_modified(then).unwrap();
            }
        }
    };
    let publish = |name: &str| scene.publish(name, &[("a.py", "")]).unwrap().out;
    let (kept, gone) = (publish("kept"), publish("gone"));
    let elsewhere = publish("volume/elsewhere");
    fs::remove_dir_all(&gone).unwrap();
    fs::remove_dir_all(elsewhere.parent().unwrap()).unwrap();
    let known = || {
        let mut known = outputs_around(&scene.state_folders, &scene.path(""), None);
        known.sort();
        known
    };
    let first = publish("first");
    assert_eq!(known(), [&first, &gone, &kept, &elsewhere].map(Clone::clone), "of today");
    age(2);
    let second = publish("second");
    assert_eq!(known(), [&first, &kept, &second, &elsewhere].map(Clone::clone), "of the day before yesterday");
}
