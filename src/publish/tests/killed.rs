//! Runs that die at each of their steps; the next one finds OUT old or new, and leaves nothing behind.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{Scene, bundle, expected, tree, version};
use crate::bundle::Bundle;
use crate::publish::journal::Journal;
use crate::publish::options::{Step, Steps};
use crate::publish::outputs::publish_with;
use crate::publish::standing::OutputKind;
use crate::publish::transaction::{Begun, Marked, Staged};
use crate::publish::{OutputForm, PublishError, PublishOptions, workplace};

const ONE: &[(&str, &str)] = &[("a.py", "1"), ("pkg/b.py", "1"), ("z/run*", "1")];
const TWO: &[(&str, &str)] = &[("a.py", "2"), ("new.py", "2"), ("pkg/deep/c.py", "2")];

/// Publishes `TWO`, and dies when the step has come `count` times; whether it did.
fn die(scene: &Scene, out: &Path, inside: bool, step: Step, count: usize) -> bool {
    let dists = [scene.dist("demo", "2", TWO)];
    let left = Cell::new(count);
    let hook = |reached: Step| {
        if reached == step {
            left.set(left.get() - 1);
            if left.get() == 0 {
                // A panic without a word on the terminal.
                resume_unwind(Box::new("killed"));
            }
        }
    };
    let run = || {
        if inside {
            super::publish_inside(&bundle(&dists), &scene.options(out), &hook)
        } else {
            publish_with(&bundle(&dists), OutputKind::Folder, &scene.options(out), &hook)
        }
    };
    catch_unwind(AssertUnwindSafe(run)).is_err()
}

/// What lay at OUT before.
#[derive(Clone, Copy, Debug)]
enum Before {
    Absent,
    Empty,
    Ours,
}

#[test]
fn old_or_new_and_the_next_run_repairs() {
    let mut deaths = 0;
    for before in [Before::Absent, Before::Empty, Before::Ours] {
        for inside in [false, true] {
            if inside && matches!(before, Before::Absent) {
                continue;
            }
            for step in [Step::Staged, Step::Marked, Step::Journaled, Step::Removed, Step::Placed, Step::Swapped] {
                for count in 1..=5 {
                    let scene = Scene::new();
                    let out = scene.path("out");
                    match before {
                        Before::Absent => {}
                        Before::Empty => fs::create_dir(&out).unwrap(),
                        Before::Ours => drop(scene.publish("out", ONE).unwrap()),
                    }
                    if !die(&scene, &out, inside, step, count) {
                        continue;
                    }
                    deaths += 1;
                    let story = format!("{before:?}, {step:?} {count}, inside: {inside}");
                    scene.recover("out");
                    if out.exists() {
                        let found = tree(&out);
                        let old = match before {
                            Before::Ours => found == expected(ONE),
                            _ => found.is_empty(),
                        };
                        assert!(old || found == expected(TWO), "{story}: {found:?}");
                        scene.assert_clean("out");
                    } else {
                        assert!(matches!(before, Before::Absent), "{story}: OUT is gone");
                    }
                    scene.assert_clean(".");
                    // OUT still belongs to barrow: the next run needs no force.
                    scene.publish("out", ONE).unwrap_or_else(|error| panic!("{story}: {error}"));
                    assert_eq!(tree(&out), expected(ONE), "{story}");
                }
            }
        }
    }
    assert!(deaths > 30, "{deaths}");
}

#[test]
fn a_zip_is_old_or_new() {
    for before in [None, Some(ONE)] {
        for step in [Step::Staged, Step::Marked, Step::Swapped] {
            let scene = Scene::new();
            let zip = scene.path("out.zip");
            let options = PublishOptions { format: OutputForm::Zip, ..scene.options(&zip) };
            let publish = |files, steps: Steps| {
                let dists = [scene.dist("demo", &version(files), files)];
                publish_with(&bundle(&dists), OutputKind::Zip, &options, steps).map(drop)
            };
            let read = || fs::read(&zip).ok();
            publish(TWO, &|_| {}).unwrap();
            let new = read();
            fs::remove_file(&zip).unwrap();
            if let Some(files) = before {
                publish(files, &|_| {}).unwrap();
            }
            let old = read();
            let dies = |reached| {
                if reached == step {
                    resume_unwind(Box::new("killed"));
                }
            };
            assert!(catch_unwind(AssertUnwindSafe(|| publish(TWO, &dies))).is_err());
            assert_eq!(read(), if step == Step::Swapped { new } else { old }, "{before:?}, {step:?}");
            scene.recover("out.zip");
            scene.assert_clean(".");
            publish(ONE, &|_| {}).unwrap_or_else(|error| panic!("{before:?}, {step:?}: {error}"));
        }
    }
}

fn stage_all<'a>(
    scene: &'a Scene,
    bundle: &'a Bundle<'a>,
    outs: &'a [PathBuf],
) -> Result<Vec<Staged<'a>>, PublishError> {
    let stage = |out: &'a PathBuf| Begun::begin(bundle, OutputKind::Folder, &scene.options(out), &|_| {})?.stage();
    outs.iter().map(stage).collect()
}

#[test]
fn of_several_outputs_none_is_touched_before_all_are_staged() {
    let scene = Scene::new();
    scene.publish("first", ONE).unwrap();
    scene.write("second", &[("mine.py", "precious")]);
    let dists = [scene.dist("demo", "2", TWO)];
    let bundle = bundle(&dists);
    let outs = [scene.path("first"), scene.path("second"), scene.path("third")];
    assert!(matches!(stage_all(&scene, &bundle, &outs).map(drop), Err(PublishError::Occupied { .. })));
    assert_eq!(tree(&outs[0]), expected(ONE));
    scene.assert_clean(".");

    fs::remove_file(outs[1].join("mine.py")).unwrap();
    let staged = stage_all(&scene, &bundle, &outs).unwrap();
    assert_eq!((tree(&outs[0]), outs[2].exists()), (expected(ONE), false));
    for staged in staged {
        staged.mark().and_then(Marked::swap).unwrap().finish();
    }
    for out in &outs {
        assert_eq!(tree(out), expected(TWO));
    }
    scene.assert_clean(".");
}

#[test]
fn the_next_run_repairs_by_itself() {
    let scene = Scene::new();
    let out = scene.path("out");
    fs::create_dir(&out).unwrap();
    assert!(die(&scene, &out, false, Step::Placed, 2));
    assert!(!tree(&out).is_empty());
    scene.publish("out", ONE).unwrap();
    assert_eq!(tree(&out), expected(ONE));
    scene.assert_clean(".");
}

#[test]
fn only_our_own_journals_are_obeyed() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new();
    scene.write("out", &[("mine.py", "precious")]);
    let plant = |name: &str, mode: u32, journal: &[u8]| {
        let folder = scene.write(name, &[("old/evil.py", "evil"), ("placing", "")]);
        fs::write(folder.join("journal"), journal).unwrap();
        fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let begin = b"barrow journal 2\0".as_slice();
    plant(".barrow-open.tmp", 0o755, &[begin, b"out\0-evil.py\0+mine.py\0end"].concat());
    plant(".barrow-torn.tmp", 0o700, &[begin, b"out\0-evil.py\0+mine.py"].concat());
    plant(".barrow-climbs.tmp", 0o700, &[begin, b"..\0-evil.py\0end"].concat());
    plant(".barrow-climbs2.tmp", 0o700, &[begin, b"out\0-../evil.py\0+../mine.py\0end"].concat());
    plant(".barrow-root.tmp", 0o700, &[begin, b"out\0-/evil.py\0+/mine.py\0end"].concat());
    plant(".barrow-newer.tmp", 0o700, b"barrow journal 3\0out\0-evil.py\0end");
    workplace::recover(&scene.path("."), &scene.path("out"), None).unwrap();
    assert_eq!(tree(&scene.path("out")).len(), 1);
    assert!(!scene.path("evil.py").exists());
    assert!(scene.path(".barrow-open.tmp").exists(), "not ours to remove");
}

#[test]
fn entries_that_cannot_be_renamed_back_and_forth() {
    // Half-moved folders, as a death between two renames inside one folder leaves them.
    let scene = Scene::new();
    let work = scene.write(
        "work",
        &[("old/pkg/a.py", "old a"), ("old/pkg/both.py", "torn"), ("new/pkg/x.py", "new"), ("journal", "")],
    );
    let out = scene.write("out", &[("pkg/b.py", "old b"), ("pkg/both.py", "whole")]);
    let journal = Journal {
        out_name: Some("out".into()),
        exchanges: Vec::new(),
        removals: vec!["pkg".into()],
        placements: vec!["pkg".into()],
    };
    journal.recover(&work, &scene.path(".")).unwrap();
    let found: Vec<(String, String)> = tree(&out).into_iter().collect();
    let expected =
        [("pkg/", "755"), ("pkg/a.py", "644 old a"), ("pkg/b.py", "644 old b"), ("pkg/both.py", "644 whole")];
    assert_eq!(found, expected.map(|(path, content)| (path.to_owned(), content.to_owned())));
}

/// A second attempt in the same workplace must not take over what the first one noted.
#[test]
fn an_attempt_that_failed_leaves_no_word_that_it_was_placing() {
    let folder = tempfile::tempdir().unwrap();
    let (workplace, out) = (folder.path().join("workplace"), folder.path().join("out"));
    for path in ["workplace/new", "out"] {
        fs::create_dir_all(folder.path().join(path)).unwrap();
    }
    fs::write(out.join("a"), "old").unwrap();
    let journal = Journal {
        out_name: Some("out".into()),
        exchanges: Vec::new(),
        removals: vec!["a".into()],
        placements: vec!["a".into()],
    };
    // What is to be placed is missing, so placing fails when everything old is away.
    journal.perform(&workplace, &out, &|_| {}).unwrap_err();
    assert_eq!(fs::read(out.join("a")).unwrap(), b"old");
    assert!(!workplace.join("placing").exists() && !workplace.join("journal").exists());
}
