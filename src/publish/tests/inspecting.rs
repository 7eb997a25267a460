//! When an output is as it was written, and when it is not.

use std::path::Path;

use fs_err as fs;

use super::{Scene, bundle};
use crate::archive::SafePath;
use crate::publish::content_id::{CONTENT_BYTES, ContentId};
use crate::publish::mark::{Mark, MarkedFile, encoded, is_barrows_at_the_top};
use crate::publish::standing::{Occupant, OutputKind};
use crate::publish::stored::StoredMark;
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

/// Whether an output is taken for barrow's by the names at its top, before anything is fetched. What is refused there is
/// refused in the end, and what is not, by what lies deeper in it, is as well.
fn is_alone(what: &str, expected: bool, change: impl FnOnce(&Path)) {
    let scene = Scene::new();
    let out = scene.path("out");
    let dists = [scene.dist("demo", "1.0", &FILES)];
    publish(&bundle(&dists), &scene.options(&out)).unwrap();
    change(&out);
    assert_eq!(is_barrows_at_the_top(&scene.state_folders, &out), expected, "{what}");
    let mark = Mark::read(&scene.state_folders, &out);
    let standing = OutputKind::Folder.look(&out, mark.as_ref()).unwrap();
    let is_ours = standing == Occupant::Ours;
    assert_eq!(check_out(&[], &scene.options(&out)).is_ok(), expected || is_ours, "{what}: {standing:?}");
    let dists = [scene.dist("demo", "1.1", &FILES)];
    assert_eq!(publish(&bundle(&dists), &scene.options(&out)).is_ok(), is_ours, "{what}: {standing:?}");
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
    is_alone("a new file", false, |out| write(&out.join("new.py"), ""));
    is_alone("a new folder", false, |out| fs::create_dir(out.join("new")).unwrap());
    is_alone("a new file further in", true, |out| write(&out.join("space/inner/new.py"), ""));
    is_alone("a new folder further in", true, |out| fs::create_dir(out.join("space/new")).unwrap());
    is_alone("a folder in the place of a file", false, |out| {
        fs::remove_file(out.join("top.py")).unwrap();
        fs::create_dir(out.join("top.py")).unwrap();
    });
    is_alone("a link in the place of a file", false, |out| {
        fs::remove_file(out.join("top.py")).unwrap();
        fs_err::os::unix::fs::symlink("elsewhere", out.join("top.py")).unwrap();
    });
    is_alone("a file in the place of a folder", false, |out| {
        fs::remove_dir_all(out.join("space")).unwrap();
        write(&out.join("space"), "");
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

/// A mark of these files, each with its size.
fn mark_of(files: &[(&str, u64)]) -> Mark {
    let file = |(path, size): &(&str, u64)| MarkedFile {
        path: SafePath::new(path).unwrap(),
        size: *size,
        modified: 7,
        content: ContentId([u8::try_from(*size).unwrap(); CONTENT_BYTES]),
    };
    let mut files: Vec<MarkedFile> = files.iter().map(file).collect();
    files.sort();
    Mark { files, ..Mark::default() }
}

#[test]
fn a_mark_is_read_as_it_was_written() {
    let scene = Scene::new();
    let out = scene.path("out");
    // In the order of paths what is in `a` comes behind `a-b` and `a.py`, and between two files of `a/b` lies a folder.
    let old = [("a-b/c.py", 1), ("a.py", 2), ("a/b-c/d.py", 3), ("a/b/a.py", 4), ("a/b/c/d/e.py", 5), ("a/b/z.py", 6)];
    let new = [("a.py", 2), ("a/b-c/d.py", 9), ("a/b/c/d/e.py", 5), ("z/y/x.py", 8), ("a0/b.py", 7)];
    let (old, new) = (mark_of(&old), mark_of(&new));
    let read = || Mark::read(&scene.state_folders, &out).unwrap();
    for mark in [&old, &new, &mark_of(&[])] {
        mark.write(&scene.state_folders, &out).unwrap();
        assert_eq!(read(), *mark);
    }
    new.write_with(&old, &scene.state_folders, &out).unwrap();
    let mut both: Vec<MarkedFile> = old.files.iter().chain(&new.files).cloned().collect();
    both.sort();
    both.dedup();
    assert_eq!(read().files, both);
    let bytes = encoded(&scene.state_folders, &out).next().unwrap();
    let folders = StoredMark::decode(&bytes, &out).unwrap().folders;
    let folders: Vec<&str> = folders.iter().map(|folder| folder.path).collect();
    assert_eq!(folders, ["", "a", "a-b", "a/b", "a/b-c", "a/b/c", "a/b/c/d", "a0", "z", "z/y"]);
}
