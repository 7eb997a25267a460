//! Outputs in which the user's own files alone become others.

use std::cell::Cell;
use std::os::unix::fs::MetadataExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use fs_err as fs;

use super::{Scene, tree};
use crate::bundle::{BundleLayout, assemble};
use crate::install::InstalledDist;
use crate::publish::options::{Step, Steps};
use crate::publish::{Amendment, PublishOptions, PublishedOutput, is_unchanged, publish};

const DEPENDENCY: &[(&str, &str)] = &[("dep/a.py", "a"), ("dep/deep/run*", "b"), ("dep/pkg/own.txt", "d")];
const ONE: &[(&str, &str)] = &[("handler.py", "1"), ("pkg/b.py", "1"), ("pkg/same.py", "same"), ("run*", "1")];
const TWO: &[(&str, &str)] = &[("handler.py", "22"), ("pkg/b.py", "2"), ("pkg/same.py", "same"), ("run*", "2")];

/// A scene with a distribution in the cache, which outputs share files with: it is written once.
struct Stage {
    scene: Scene,
    dists: [InstalledDist; 1],
}

impl std::ops::Deref for Stage {
    type Target = Scene;

    fn deref(&self) -> &Scene {
        &self.scene
    }
}

/// Puts together and publishes what is in `source`, for the first time.
fn publish_whole(stage: &Stage, out: &str, fingerprint: &str) {
    let source = stage.collect("source", &[]).unwrap();
    let bundle = assemble(&stage.dists, Some(&source), &BundleLayout::function()).unwrap();
    let path = stage.path(out);
    publish(&bundle, &PublishOptions { fingerprint: Some(fingerprint), ..stage.options(&path) }).unwrap();
}

/// Publishes what is in `source` into what lies there.
fn amend(scene: &Scene, before: &str, fingerprint: &str, steps: Steps) -> Option<PublishedOutput> {
    let out = scene.path("out");
    let options = PublishOptions { fingerprint: Some(fingerprint), ..scene.options(&out) };
    let amendment = Amendment::begin(before, &[], &options).unwrap()?;
    let source = scene.collect("source", &[]).unwrap();
    let own = assemble(&[], Some(&source), &BundleLayout::function()).unwrap();
    amendment.publish_with(&own, steps).unwrap()
}

fn stage() -> Stage {
    let scene = Scene::new();
    scene.write("source", ONE);
    let stage = Stage { dists: [scene.dist("dep", "1", DEPENDENCY)], scene };
    publish_whole(&stage, "out", "one");
    stage
}

#[test]
fn what_comes_out_is_what_would_be_put_together_anew() {
    let scene = stage();
    let inode = |path: &str| fs::symlink_metadata(scene.path("out").join(path)).unwrap().ino();
    let stays = ["dep/a.py", "dep/deep/run", "pkg/same.py", "pkg", ""].map(|path| (path, inode(path)));
    scene.write("source", TWO);
    publish_whole(&scene, "fresh", "other");
    let amended = amend(&scene, "one", "two", &|_| {}).unwrap();
    let (out, fresh) = (scene.path("out"), scene.path("fresh"));
    assert_eq!(tree(&out), tree(&fresh));
    assert_eq!((amended.files, amended.replaced), (8, true));
    let sizes: u64 = ["dep/a.py", "dep/deep/run", "handler.py", "pkg/b.py"]
        .map(|path| fs::metadata(out.join(path)).unwrap().len())
        .iter()
        .sum();
    assert!(amended.size_bytes > sizes);
    for (path, before) in stays {
        assert_eq!(inode(path), before, "{path}");
    }
    // The mark says what lies there now, so the next run finds it unchanged, and can go on from it.
    assert!(is_unchanged(&out, &scene.state_folders, "two") && !is_unchanged(&out, &scene.state_folders, "one"));
    scene.write("source", ONE);
    assert!(amend(&scene, "one", "three", &|_| {}).is_none(), "it is made of something else by now");
    amend(&scene, "two", "three", &|_| {}).unwrap();
    assert!(is_unchanged(&out, &scene.state_folders, "three"));
    scene.assert_clean(".");
}

#[test]
fn an_output_that_is_not_as_it_was_is_left_to_the_usual_way() {
    type Change<'a> = (&'a str, &'a dyn Fn(&Scene));
    let changes: [Change; 5] = [
        ("edited", &|scene| drop(scene.write("out", &[("dep/new.py", "foreign")]))),
        ("compiled", &|scene| drop(scene.write("out", &[("dep/__pycache__/a.cpython-312.pyc", "")]))),
        ("missing", &|scene| fs::remove_file(scene.path("out/dep/pkg/own.txt")).unwrap()),
        ("gone", &|scene| fs::remove_dir_all(scene.path("out")).unwrap()),
        ("another folder", &|scene| {
            fs::rename(scene.path("out"), scene.path("moved")).unwrap();
            fs::create_dir(scene.path("out")).unwrap();
        }),
    ];
    for (name, change) in changes {
        let scene = stage();
        change(&scene);
        scene.write("source", TWO);
        let before = scene.path("out").exists().then(|| tree(&scene.path("out")));
        assert!(amend(&scene, "one", "two", &|_| {}).is_none(), "{name}");
        assert_eq!(scene.path("out").exists().then(|| tree(&scene.path("out"))), before, "{name}");
        scene.assert_clean(".");
    }
    // Files that the output does not have are none that can change places.
    let scene = stage();
    scene.write("source", &[("new.py", "")]);
    assert!(amend(&scene, "one", "two", &|_| {}).is_none());
    // Another run that publishes in between has the last word.
    let scene = stage();
    scene.write("source", TWO);
    let meanwhile = |step| {
        if step == Step::Staged {
            publish_whole(&scene, "out", "theirs");
        }
    };
    assert!(amend(&scene, "one", "two", &meanwhile).is_none());
    assert!(is_unchanged(&scene.path("out"), &scene.state_folders, "theirs"));
    scene.assert_clean(".");
}

#[test]
fn a_run_that_dies_leaves_old_or_new() {
    let mut deaths = 0;
    for step in [Step::Staged, Step::Marked, Step::Journaled, Step::Exchanged, Step::Swapped] {
        for (count, edited) in [(1, TWO), (2, TWO), (3, TWO), (1, &TWO[..1])] {
            let scene = stage();
            let old = tree(&scene.path("out"));
            scene.write("source", edited);
            publish_whole(&scene, "fresh", "other");
            let new = tree(&scene.path("fresh"));
            let left = Cell::new(count);
            let dies = |reached| {
                if reached == step {
                    left.set(left.get() - 1);
                    if left.get() == 0 {
                        resume_unwind(Box::new("killed"));
                    }
                }
            };
            if catch_unwind(AssertUnwindSafe(|| amend(&scene, "one", "two", &dies))).is_ok() {
                continue;
            }
            deaths += 1;
            let story = format!("{step:?} {count}, {} files", edited.len());
            scene.recover("out");
            let found = tree(&scene.path("out"));
            assert!(found == old || found == new, "{story}: {found:?}");
            scene.assert_clean(".");
            scene.assert_clean("out");
            // What it is nobody knows, and it is barrow's: the next run publishes there without being forced to.
            let is_known = is_unchanged(&scene.path("out"), &scene.state_folders, "two");
            assert!(!is_known || found == new, "{story}");
            publish_whole(&scene, "out", "two");
            assert_eq!(tree(&scene.path("out")), new, "{story}");
        }
    }
    assert!(deaths > 8, "{deaths}");
}
