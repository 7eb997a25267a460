//! Installing into a folder beside what is there: packages are replaced, other files left alone.

use std::cell::Cell;
use std::os::unix::fs::symlink;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use fs_err as fs;

use super::{Scene, bundle, tree};
use crate::install::InstalledDist;
use crate::publish::options::Step;
use crate::publish::outputs::publish_with;
use crate::publish::standing::OutputKind;
use crate::publish::{PublishError, PublishedOutput, install_into};

fn install(scene: &Scene, dists: &[InstalledDist]) -> Result<PublishedOutput, PublishError> {
    install_into(&bundle(dists), &scene.options(&scene.path("out")))
}

/// Paths of the files below `out`, without what is in `.dist-info` folders; of those, the names.
fn files(scene: &Scene) -> Vec<String> {
    let mut files: Vec<String> = tree(&scene.path("out")).into_keys().filter(|path| path != "RECORD").collect();
    for entry in fs::read_dir(scene.path("out")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".dist-info") {
            files.push(name);
        }
    }
    files.retain(|path| !path.ends_with('/'));
    files.sort();
    files
}

fn content(scene: &Scene, path: &str) -> String {
    fs::read_to_string(scene.path("out").join(path)).unwrap()
}

#[test]
fn packages_are_replaced_and_the_rest_stays() {
    let scene = Scene::new();
    let old = [
        scene.dist("a", "1.0", &[("a/__init__.py", "1"), ("a/gone.py", "1"), ("bin/a*", "1")]),
        scene.dist("b", "1.0", &[("b.py", "1")]),
    ];
    assert!(!install(&scene, &old).unwrap().replaced);
    scene.write("out", &[("mine.py", "mine"), ("a/mine.txt", "mine"), ("a/__pycache__/gone.cpython-312.pyc", "")]);
    let new = [scene.dist("a", "2.0", &[("a/__init__.py", "2"), ("a/more/x.py", "2"), ("bin/a*", "2")])];
    let published = install(&scene, &new).unwrap();
    assert!(published.replaced && published.warnings.is_empty(), "{published:?}");
    assert_eq!(
        files(&scene),
        [
            "a-2.0.dist-info",
            "a/__init__.py",
            "a/mine.txt",
            "a/more/x.py",
            "b-1.0.dist-info",
            "b.py",
            "bin/a",
            "mine.py"
        ]
    );
    assert_eq!(content(&scene, "a/__init__.py"), "2");
    assert!(!scene.path("out/a/__pycache__").exists());
    scene.assert_clean(".");
    install(&scene, &new).unwrap();
    install(&scene, &old).unwrap();
    assert_eq!(content(&scene, "a/gone.py"), "1");
    assert!(!scene.path("out/a/more").exists());
}

#[test]
fn unchanged_installs_are_known() {
    let scene = Scene::new();
    let out = scene.path("out");
    let dists = [scene.dist("a", "1.0", &[("a.py", "1")])];
    scene.write("out", &[("mine.py", "mine")]);
    let options = crate::publish::PublishOptions { fingerprint: Some("one"), ..scene.options(&out) };
    install_into(&bundle(&dists), &options).unwrap();
    let known = |fingerprint: &str| crate::publish::is_installed_unchanged(&out, &scene.state_folders, fingerprint);
    assert!(known("one") && !known("two"));
    assert!(!crate::publish::is_unchanged(&out, &scene.state_folders, "one"));
    scene.write("out", &[("a.py", "edited")]);
    assert!(!known("one"));
}

#[test]
fn names_are_compared_normalized() {
    let scene = Scene::new();
    scene.write(
        "out",
        &[
            ("Foo_Bar-1.0.dist-info/RECORD", "foo_bar.py,,\nFoo_Bar-1.0.dist-info/RECORD,,\n../../bin/foo,,\n"),
            ("Foo_Bar-1.0.dist-info/INSTALLER", "pip"),
            ("foo_bar.py", "1"),
            ("bin/foo", "1"),
        ],
    );
    install(&scene, &[scene.dist("foo-bar", "2.0", &[("foo_bar.py", "2"), ("bin/foo*", "2")])]).unwrap();
    assert_eq!(files(&scene), ["bin/foo", "foo-bar-2.0.dist-info", "foo_bar.py"]);
    assert_eq!(content(&scene, "bin/foo"), "2");
}

#[test]
fn what_is_in_the_way() {
    let mut scene = Scene::new();
    scene.write("out", &[("a.py", "mine"), ("same.py", "same"), ("folder.py/x", "mine")]);
    symlink("/etc", scene.path("out/link")).unwrap();
    let check = |scene: &Scene, path: &str, refused: bool| {
        let result = install(scene, &[scene.dist("demo", &super::version(&[(path, "")]), &[(path, "same")])]);
        match result {
            Ok(_) => assert!(!refused, "{path}"),
            Err(error @ PublishError::Occupied { .. }) => {
                assert!(refused && error.to_string().contains('`'), "{error}");
            }
            Err(error) => panic!("{path}: {error}"),
        }
        scene.assert_clean(".");
    };
    check(&scene, "same.py", false);
    check(&scene, "free.py", false);
    for path in ["a.py", "a.py/deeper.py", "folder.py", "link", "link/passwd"] {
        check(&scene, path, true);
    }
    assert_eq!(content(&scene, "a.py"), "mine");
    scene.force = true;
    for path in ["a.py", "folder.py", "link/passwd"] {
        check(&scene, path, false);
        assert_eq!(content(&scene, path), "same");
    }
    assert!(!fs::symlink_metadata(scene.path("out/link")).unwrap().is_symlink());
    assert_ne!(fs::read_to_string("/etc/passwd").unwrap(), "same");
}

#[test]
fn shared_files() {
    let scene = Scene::new();
    let first = [
        scene.dist("a", "1.0", &[("ns/__init__.py", "ns"), ("ns/a.py", "1")]),
        scene.dist("b", "1.0", &[("ns/__init__.py", "ns"), ("ns/b.py", "1")]),
    ];
    install(&scene, &first).unwrap();
    // The new `a` no longer has the file, but `b` still lists it.
    let published = install(&scene, &[scene.dist("a", "2.0", &[("ns/a.py", "2")])]).unwrap();
    assert_eq!(published.warnings, Vec::<String>::new());
    assert_eq!(content(&scene, "ns/__init__.py"), "ns");
    let published = install(&scene, &[scene.dist("c", "1.0", &[("ns/__init__.py", "other")])]).unwrap();
    assert_eq!(published.warnings, ["`ns/__init__.py` of b 1.0 is replaced"]);
}

#[test]
fn records_lead_nowhere_else() {
    let scene = Scene::new();
    scene.write(".", &[("outside.txt", "precious"), ("bin/tool", "precious")]);
    scene.write("far", &[("x.py", "precious")]);
    let record = "../outside.txt,,\n../far/x.py,,\n/etc/passwd,,\nlink/x.py,,\na/../../outside.txt,,\n\
                  ../../bin/../outside.txt,,\n../../bin/,,\na.py,,\n";
    scene.write("out", &[("demo-1.0.dist-info/RECORD", record), ("a.py", "old")]);
    symlink("../far", scene.path("out/link")).unwrap();
    symlink("../far", scene.path("out/other-1.0.dist-info")).unwrap();
    let dists = [scene.dist("demo", "2.0", &[("a.py", "new")]), scene.dist("other", "2.0", &[("b.py", "new")])];
    install(&scene, &dists).unwrap();
    assert_eq!(content(&scene, "a.py"), "new");
    for path in ["outside.txt", "far/x.py", "bin/tool"] {
        assert_eq!(fs::read_to_string(scene.path(path)).unwrap(), "precious", "{path}");
    }
    assert!(!scene.path("out/demo-1.0.dist-info").exists());
}

#[test]
fn killed_at_each_step() {
    let mut deaths = 0;
    for step in [Step::Staged, Step::Marked, Step::Journaled, Step::Removed, Step::Placed, Step::Swapped] {
        for count in 1..=6 {
            let scene = Scene::new();
            scene.write("out", &[("a/mine.txt", "mine"), ("mine.py", "mine")]);
            let old = [scene.dist("a", "1.0", &[("a/__init__.py", "1"), ("a/gone.py", "1"), ("b.py", "1")])];
            install(&scene, &old).unwrap();
            let before = tree(&scene.path("out"));
            let new = [scene.dist("a", "2.0", &[("a/__init__.py", "2"), ("a/more/x.py", "2"), ("c.py", "2")])];
            let left = Cell::new(count);
            let dies = |reached: Step| {
                if reached == step {
                    left.set(left.get() - 1);
                    if left.get() == 0 {
                        // A panic without a word on the terminal.
                        resume_unwind(Box::new("killed"));
                    }
                }
            };
            let out = scene.path("out");
            let run = || publish_with(&bundle(&new), OutputKind::Packages, &scene.options(&out), &dies);
            if catch_unwind(AssertUnwindSafe(run)).is_ok() {
                continue;
            }
            deaths += 1;
            scene.recover("out");
            scene.assert_clean(".");
            let found = tree(&out);
            let is_new = found.contains_key("a/more/x.py") && !found.contains_key("a/gone.py");
            assert!(found == before || is_new, "{step:?} {count}: {found:?}");
            install(&scene, &new).unwrap();
            assert_eq!(
                files(&scene),
                ["a-2.0.dist-info", "a/__init__.py", "a/mine.txt", "a/more/x.py", "c.py", "mine.py"]
            );
        }
    }
    assert!(deaths > 10, "{deaths}");
}
