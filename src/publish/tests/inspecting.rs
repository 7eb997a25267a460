//! When an output is as it was written, and when it is not.

use std::path::Path;

use fs_err as fs;

use super::{Scene, bundle};
use crate::publish::mark::{Mark, is_barrows_alone};
use crate::publish::standing::{Occupant, OutputKind};
use crate::publish::{PublishOptions, check_out, is_unchanged, publish};

const FILES: [(&str, &str); 3] = [("top.py", "1"), ("space/inner/one.py", "2"), ("space/inner/two.py", "3")];

/// Whether an output is still known after something was done to it.
fn check(what: &str, expected: bool, change: impl FnOnce(&Path)) {
    let scene = Scene::new();
    let out = scene.path("out");
    let dists = [scene.dist("demo", "1.0", &FILES)];
    let options = PublishOptions { fingerprint: Some("one"), ..scene.options(&out) };
    publish(&bundle(&dists), &options).unwrap();
    change(&out);
    assert_eq!(is_unchanged(&out, &scene.state_folders, "one"), expected, "{what}");
}

#[test]
fn what_makes_another_output() {
    check("a file in a folder that holds folders alone", false, |out| fs::write(out.join("space/new.py"), "").unwrap());
    check("an empty folder", false, |out| fs::create_dir(out.join("space/new")).unwrap());
    check("a file that is gone", false, |out| fs::remove_file(out.join("space/inner/two.py")).unwrap());
    check("a folder that is gone", false, |out| fs::remove_dir_all(out.join("space/inner")).unwrap());
    check("a file of another size", false, |out| {
        fs::remove_file(out.join("top.py")).unwrap();
        fs::write(out.join("top.py"), "longer").unwrap();
    });
    check("a file of another time", false, |out| {
        let file = std::fs::File::options().write(true).open(out.join("top.py")).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    });
    check("a link in the place of a file", false, |out| {
        fs::rename(out.join("top.py"), out.join("../moved.py")).unwrap();
        fs_err::os::unix::fs::symlink("../moved.py", out.join("top.py")).unwrap();
    });
    check("a link in the place of a folder", false, |out| {
        fs::rename(out.join("space"), out.join("../moved")).unwrap();
        fs_err::os::unix::fs::symlink("../moved", out.join("space")).unwrap();
    });
    check("something else in a folder that Python makes", false, |out| {
        fs::create_dir(out.join("space/__pycache__")).unwrap();
        fs::write(out.join("space/__pycache__/new.py"), "").unwrap();
    });
}

#[test]
fn what_is_still_the_same_output() {
    check("nothing", true, |_| {});
    check("what Python compiled", true, |out| {
        fs::create_dir(out.join("space/inner/__pycache__")).unwrap();
        fs::write(out.join("space/inner/__pycache__/one.cpython-312.pyc"), "").unwrap();
    });
    check("what the Finder leaves", true, |out| fs::write(out.join("space/.DS_Store"), "").unwrap());
}

/// Whether an output is known to hold nothing that is not barrow's, by names alone.
fn is_alone(what: &str, expected: bool, change: impl FnOnce(&Path)) {
    let scene = Scene::new();
    let out = scene.path("out");
    let dists = [scene.dist("demo", "1.0", &FILES)];
    publish(&bundle(&dists), &scene.options(&out)).unwrap();
    change(&out);
    assert_eq!(is_barrows_alone(&scene.state_folders, &out), expected, "{what}");
    let mark = Mark::read(&scene.state_folders, &out);
    let standing = OutputKind::Folder.look(&out, mark.as_ref()).unwrap();
    assert!(!expected || standing == Occupant::Ours, "{what}: {standing:?}");
    assert_eq!(check_out(&[], &scene.options(&out)).is_ok(), standing == Occupant::Ours, "{what}");
}

#[test]
fn what_is_barrows_by_its_name() {
    let write = |path: &Path, text: &str| {
        let _ = fs::remove_file(path);
        fs::write(path, text).unwrap();
    };
    is_alone("nothing", true, |_| {});
    is_alone("a file that was edited", true, |out| write(&out.join("top.py"), "longer"));
    is_alone("a file that is gone", true, |out| fs::remove_file(out.join("space/inner/two.py")).unwrap());
    is_alone("what Python compiled", true, |out| {
        fs::create_dir(out.join("space/inner/__pycache__")).unwrap();
        write(&out.join("space/inner/__pycache__/one.cpython-312.pyc"), "");
    });
    is_alone("a new file", false, |out| write(&out.join("space/inner/new.py"), ""));
    is_alone("a new folder", false, |out| fs::create_dir(out.join("space/new")).unwrap());
    is_alone("a folder in the place of a file", false, |out| {
        fs::remove_file(out.join("top.py")).unwrap();
        fs::create_dir(out.join("top.py")).unwrap();
    });
    is_alone("a link in the place of a file", false, |out| {
        fs::remove_file(out.join("top.py")).unwrap();
        fs_err::os::unix::fs::symlink("elsewhere", out.join("top.py")).unwrap();
    });
    is_alone("a file in the place of a folder", false, |out| {
        fs::remove_dir_all(out.join("space/inner")).unwrap();
        write(&out.join("space/inner"), "");
    });
    is_alone("another folder in its place", false, |out| {
        fs::rename(out, out.with_extension("old")).unwrap();
        fs::create_dir(out).unwrap();
        write(&out.join("top.py"), "mine");
    });
}

#[test]
fn one_of_many_files() {
    let scene = Scene::new();
    let out = scene.path("out");
    let names: Vec<String> = (0..1200).map(|number| format!("part{}/file{number}.py", number % 7)).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    let dists = [scene.dist("demo", "1.0", &files)];
    let options = PublishOptions { fingerprint: Some("one"), ..scene.options(&out) };
    publish(&bundle(&dists), &options).unwrap();
    assert!(is_unchanged(&out, &scene.state_folders, "one"));
    fs::remove_file(out.join("part5/file1111.py")).unwrap();
    assert!(!is_unchanged(&out, &scene.state_folders, "one"));
}
