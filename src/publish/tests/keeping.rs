//! Outputs of which only a part changes.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use fs_err as fs;

use super::{Scene, publish_inside, tree};
use crate::bundle::{BundleLayout, assemble};
use crate::install::{InstalledDist, LinkMode};
use crate::publish::options::{Step, Steps};
use crate::publish::outputs::publish_with;
use crate::publish::standing::OutputKind;
use crate::publish::{PublishOptions, publish};

const STAYS: &[(&str, &str)] = &[("stay/a.py", "s"), ("stay/deep/b.py", "s"), ("shared/stay.py", "s")];
const ONE: &[(&str, &str)] =
    &[("shared/changed.py", "1"), ("shared/gone.py", "1"), ("old/x.py", "1"), ("swap/a.py", "1"), ("turn", "1")];
const TWO: &[(&str, &str)] =
    &[("shared/changed.py", "2"), ("shared/new.py", "2"), ("fresh/y.py", "2"), ("swap/b.py", "2"), ("turn/z.py", "2")];

/// Both versions of a distribution, each with the one that stays. The trees in the cache are written once: an output
/// shares their files.
fn versions(scene: &Scene) -> [[InstalledDist; 2]; 2] {
    let stay = scene.dist("stay", "1", STAYS);
    [scene.dist("demo", "1", ONE), scene.dist("demo", "2", TWO)].map(|demo| [demo, stay.clone()])
}

/// Every file and folder below OUT with its inode.
fn inodes(out: &Path) -> BTreeMap<String, u64> {
    let inode = |path: &String| fs::symlink_metadata(out.join(path.trim_end_matches('/'))).unwrap().ino();
    tree(out).into_keys().filter(|path| path != "RECORD").map(|path| (path.clone(), inode(&path))).collect()
}

fn put(scene: &Scene, out: &Path, dists: &[InstalledDist], inside: bool, steps: Steps) {
    let bundle = assemble(dists, None, &BundleLayout::function()).unwrap();
    if inside {
        publish_inside(&bundle, &scene.options(out), steps).unwrap();
    } else {
        publish_with(&bundle, OutputKind::Folder, &scene.options(out), steps).unwrap();
    }
}

#[test]
fn what_stays_the_same_stays_in_its_place() {
    let scene = Scene::new();
    let [one, two] = versions(&scene);
    let (out, fresh) = (scene.path("out"), scene.path("fresh"));
    put(&scene, &fresh, &two, false, &|_| {});
    put(&scene, &out, &one, false, &|_| {});
    let before = (inodes(&out), fs::metadata(&out).unwrap().ino());
    let steps = Cell::new(0);
    let count = |step| {
        if matches!(step, Step::Exchanged | Step::Removed | Step::Placed) {
            steps.set(steps.get() + 1);
        }
    };
    put(&scene, &out, &two, false, &count);
    assert_eq!(tree(&out), tree(&fresh));
    let after = inodes(&out);
    for path in ["stay/a.py", "stay/deep/", "stay/deep/b.py", "shared/", "shared/stay.py"] {
        assert_eq!(before.0[path], after[path], "{path}");
    }
    assert_eq!(fs::metadata(&out).unwrap().ino(), before.1);
    // Exchanged: changed.py, swap, turn, and the removed and new dist-info, gone.py, new.py, old, fresh.
    assert_eq!(steps.get(), 9);
    scene.assert_clean(".");
}

#[test]
fn a_run_that_dies_leaves_old_or_new_whatever_stays() {
    let mut deaths = 0;
    let steps =
        [Step::Staged, Step::Marked, Step::Journaled, Step::Exchanged, Step::Removed, Step::Placed, Step::Swapped];
    for inside in [false, true] {
        for step in steps {
            for count in 1..=4 {
                let scene = Scene::new();
                let [one, two] = versions(&scene);
                let (out, fresh) = (scene.path("out"), scene.path("fresh"));
                put(&scene, &fresh, &two, false, &|_| {});
                put(&scene, &out, &one, inside, &|_| {});
                let old = tree(&out);
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
                if catch_unwind(AssertUnwindSafe(|| put(&scene, &out, &two, inside, &dies))).is_ok() {
                    continue;
                }
                deaths += 1;
                let story = format!("{step:?} {count}, inside: {inside}");
                scene.recover("out");
                let found = tree(&out);
                assert!(found == old || found == tree(&fresh), "{story}: {found:?}");
                scene.assert_clean("out");
                scene.assert_clean(".");
                put(&scene, &out, &two, inside, &|_| {});
                assert_eq!(tree(&out), tree(&fresh), "{story}");
                put(&scene, &out, &one, inside, &|_| {});
                assert_eq!(tree(&out), old, "{story}");
            }
        }
    }
    assert!(deaths > 20, "{deaths}");
}

#[test]
fn an_edited_handler_is_one_step_without_a_journal() {
    let scene = Scene::new();
    let out = scene.path("out");
    let [dists, _] = versions(&scene);
    let seen = Cell::new(Vec::new());
    let put = |text: &str| {
        scene.write("source", &[("app.py", text), ("lib/other.py", "same")]);
        let source = scene.collect("source", &[]).unwrap();
        let bundle = assemble(&dists, Some(&source), &BundleLayout::function()).unwrap();
        seen.take();
        let note = |step| {
            let mut steps = seen.take();
            steps.push(step);
            seen.set(steps);
        };
        publish_with(&bundle, OutputKind::Folder, &scene.options(&out), &note).unwrap();
        (seen.take(), inodes(&out), tree(&out))
    };
    let (_, first, _) = put("1");
    let (steps, second, found) = put("2");
    assert_eq!(steps, [Step::Staged, Step::Marked, Step::Swapped]);
    let changed: Vec<&String> = first.keys().filter(|path| first[*path] != second[*path]).collect();
    assert_eq!(changed, ["app.py"]);
    assert_eq!(found["app.py"], "644 2");
    // Back again, at the same length: what a file holds counts, not its size.
    assert_eq!(put("1").2["app.py"], "644 1");
}

/// Does something to an output.
type Change = fn(&Path);

#[test]
fn an_output_that_is_not_exactly_as_written_is_made_anew() {
    let changes: [(&str, Change); 6] = [
        ("a file of another mode", |out| chmod(&out.join("stay/a.py"), 0o755)),
        ("a folder of another mode", |out| chmod(&out.join("stay/deep"), 0o700)),
        ("a file is gone", |out| fs::remove_file(out.join("stay/a.py")).unwrap()),
        ("an edited copy", |out| {
            fs::remove_file(out.join("stay/a.py")).unwrap();
            fs::write(out.join("stay/a.py"), "edited").unwrap();
        }),
        ("compiled files", |out| {
            fs::create_dir(out.join("stay/__pycache__")).unwrap();
            fs::write(out.join("stay/__pycache__/a.cpython-312.pyc"), "").unwrap();
        }),
        ("the Finder's", |out| fs::write(out.join("stay/.DS_Store"), "").unwrap()),
    ];
    for (what, change) in changes {
        for inside in [false, true] {
            let scene = Scene::new();
            let [one, two] = versions(&scene);
            let (out, fresh) = (scene.path("out"), scene.path("fresh"));
            let copying = |dists: &[InstalledDist], out: &Path| {
                let options = PublishOptions { link_mode: LinkMode::Copy, ..scene.options(out) };
                let bundle = assemble(dists, None, &BundleLayout::function()).unwrap();
                if inside { publish_inside(&bundle, &options, &|_| {}) } else { publish(&bundle, &options) }.map(drop)
            };
            fs::create_dir(&fresh).unwrap();
            copying(&two, &fresh).unwrap();
            fs::create_dir(&out).unwrap();
            copying(&one, &out).unwrap();
            change(&out);
            copying(&two, &out).unwrap();
            assert_eq!(tree(&out), tree(&fresh), "{what}");
        }
    }
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn another_way_of_placing_files_is_no_reason_to_keep_them() {
    let scene = Scene::new();
    let out = scene.path("out");
    let [dists, _] = versions(&scene);
    let bundle = assemble(&dists, None, &BundleLayout::function()).unwrap();
    publish(&bundle, &scene.options(&out)).unwrap();
    let copying = PublishOptions { link_mode: LinkMode::Copy, ..scene.options(&out) };
    publish(&bundle, &copying).unwrap();
    assert_eq!(fs::metadata(out.join("stay/a.py")).unwrap().nlink(), 1);
}

#[test]
fn what_changes_in_many_places_is_never_seen_in_part() {
    for step in [Step::Staged, Step::Marked, Step::Swapped] {
        let scene = Scene::new();
        let out = scene.path("out");
        let [dists, _] = versions(&scene);
        let put = |text: &str, steps: Steps| {
            for at in 0..40 {
                scene.write("source", &[(&format!("app{at}.py"), text), ("same.py", "same")]);
            }
            let source = scene.collect("source", &[]).unwrap();
            let bundle = assemble(&dists, Some(&source), &BundleLayout::function()).unwrap();
            publish_with(&bundle, OutputKind::Folder, &scene.options(&out), steps).unwrap();
        };
        put("2", &|_| {});
        let new = tree(&out);
        put("1", &|_| {});
        let old = tree(&out);
        let seen = Cell::new(Vec::new());
        let dies = |reached: Step| {
            let mut steps = seen.take();
            steps.push(reached);
            seen.set(steps);
            if reached == step {
                resume_unwind(Box::new("killed"));
            }
        };
        assert!(catch_unwind(AssertUnwindSafe(|| put("2", &dies))).is_err());
        // As it lies there, without a next run.
        assert_eq!(tree(&out), if step == Step::Swapped { new } else { old }, "{step:?}");
        assert!(!seen.take().contains(&Step::Exchanged), "{step:?}");
    }
}
