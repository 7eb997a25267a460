//! Runs that are stopped while they publish, and those that come meanwhile.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use fs_err as fs;

use super::{Scene, bundle, expected, tree};
use crate::file_lock::FileLock;
use crate::publish::options::{Step, Steps};
use crate::publish::out_lock::{OutLock, is_lock_name, lock_name};
use crate::publish::outputs::publish_with;
use crate::publish::standing::OutputKind;
use crate::publish::workplace::{self, Workplace};
use crate::publish::{OutputForm, PublishError, publish};

const ONE: &[(&str, &str)] = &[("a.py", "1"), ("pkg/b.py", "1")];
const TWO: &[(&str, &str)] = &[("a.py", "2"), ("pkg/deep/c.py", "2")];

/// Runs `work` while another run is stopped at this step, and then lets that one go on.
fn while_stopped<T>(step: Step, run: impl FnOnce(Steps) + Send, work: impl FnOnce() -> T) -> T {
    let (reached, is_there) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let stopped = Cell::new(false);
            run(&|now| {
                if now == step && !stopped.replace(true) {
                    reached.send(()).unwrap();
                    // The sender is dropped when the work is done, or has failed.
                    let _ = may_go_on.recv();
                }
            });
        });
        is_there.recv().unwrap();
        let result = catch_unwind(AssertUnwindSafe(work));
        drop(go_on);
        result.unwrap_or_else(|panic| resume_unwind(panic))
    })
}

#[test]
fn a_stopped_run_is_in_nobody_elses_way() {
    for step in [Step::Staged, Step::Marked, Step::Journaled, Step::Placed, Step::Swapped] {
        let scene = Scene::new();
        fs::create_dir(scene.path("stopped")).unwrap();
        let dists = [scene.dist("demo", "1", ONE)];
        let out = scene.path("stopped");
        let stopped = |steps: Steps| {
            drop(publish_with(&bundle(&dists), OutputKind::Folder, &scene.options(&out), steps).unwrap());
        };
        while_stopped(step, stopped, || {
            for files in [ONE, TWO] {
                scene.publish("other", files).unwrap();
                assert_eq!(tree(&scene.path("other")), expected(files));
            }
            let zip = scene.path("other.zip");
            let options = scene.options(&zip);
            let options = crate::publish::PublishOptions { format: OutputForm::Zip, ..options };
            publish(&bundle(&dists), &options).unwrap();
            let installed = scene.path("installed");
            publish_with(&bundle(&dists), OutputKind::Packages, &scene.options(&installed), &|_| {}).unwrap();
        });
        assert_eq!(tree(&out), expected(ONE), "{step:?}");
        scene.assert_clean(".");
    }
}

#[test]
fn at_its_own_out_it_is_waited_for() {
    let scene = Scene::new();
    let dists = [scene.dist("demo", "1", ONE)];
    let out = scene.path("out");
    let stopped =
        |steps: Steps| drop(publish_with(&bundle(&dists), OutputKind::Folder, &scene.options(&out), steps).unwrap());
    while_stopped(Step::Marked, stopped, || {
        let cancel = AtomicBool::new(false);
        let options = crate::publish::PublishOptions { cancel: Some(&cancel), ..scene.options(&out) };
        let is_busy = || OutLock::try_acquire(&out, true).is_none();
        assert!(is_busy());
        cancel.store(true, Ordering::Relaxed);
        let error = publish(&bundle(&dists), &options).unwrap_err();
        assert!(matches!(error, PublishError::Cancelled), "{error:?}");
        #[cfg(target_os = "linux")]
        assert_eq!(crate::file_lock::holder(&scene.path(&lock_name("out".as_ref()))), Some(std::process::id()));
    });
    assert_eq!(tree(&out), expected(ONE));
    scene.assert_clean(".");
}

#[test]
fn a_run_that_dies_while_another_prepares_is_put_in_order_by_that_one() {
    for step in [Step::Journaled, Step::Placed] {
        let scene = Scene::new();
        let out = scene.path("out");
        fs::create_dir(&out).unwrap();
        let (first, second) = ([scene.dist("demo", "1", ONE)], [scene.dist("demo", "2", TWO)]);
        let dies = |reached: Step| {
            if reached == step {
                // A panic without a word on the terminal.
                resume_unwind(Box::new("killed"));
            }
        };
        let stopped = |steps: Steps| {
            drop(publish_with(&bundle(&first), OutputKind::Folder, &scene.options(&out), steps).unwrap());
        };
        while_stopped(Step::Staged, stopped, || {
            let run = || publish_with(&bundle(&second), OutputKind::Folder, &scene.options(&out), &dies);
            assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
        });
        assert_eq!(tree(&out), expected(ONE), "{step:?}");
        scene.recover("out");
        assert_eq!(tree(&out), expected(ONE), "{step:?}");
        scene.assert_clean(".");
    }
}

#[test]
fn what_another_out_has_left_is_put_in_order_while_nobody_is_there() {
    let scene = Scene::new();
    let dists = [scene.dist("demo", "2", TWO)];
    let out = scene.path("dead");
    fs::create_dir(&out).unwrap();
    let dies = |reached: Step| {
        if reached == Step::Placed {
            resume_unwind(Box::new("killed"));
        }
    };
    let run = || publish_with(&bundle(&dists), OutputKind::Folder, &scene.options(&out), &dies);
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    let busy = OutLock::try_acquire(&out, true).unwrap();
    let half = tree(&out);
    scene.publish("other", ONE).unwrap();
    assert_eq!(tree(&out), half, "someone is busy there");
    drop(busy);
    scene.recover("other");
    assert!(tree(&out).is_empty());
    scene.assert_clean(".");
}

#[test]
fn no_workplace_is_taken_away_from_its_owner() {
    let scene = Scene::new();
    let folder = scene.path("");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    workplace::recover(&folder, Path::new("/elsewhere"), None).unwrap();
                }
            });
        }
        for _ in 0..2_000 {
            let workplace = Workplace::create(&folder).unwrap();
            fs::write(workplace.folder().join("mine"), "mine").unwrap();
            assert!(workplace.folder().join("mine").exists());
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn lock_files_go_with_their_locks() {
    let scene = Scene::new();
    let out = scene.path("out");
    let file = scene.path(&lock_name("out".as_ref()));
    assert!(is_lock_name(file.file_name().unwrap()));
    let lock = OutLock::try_acquire(&out, true).unwrap();
    assert!(file.exists() && OutLock::try_acquire(&out, true).is_none());
    drop(lock);
    assert!(!file.exists());

    // A dead process has left one, for this OUT or another.
    fs::write(&file, "").unwrap();
    fs::write(scene.path(&lock_name("another".as_ref())), "").unwrap();
    scene.publish("out", ONE).unwrap();
    scene.assert_clean(".");

    // What else may lie there is nobody's lock, and no reason to wait.
    for plant in [
        |at: &Path| fs::write(at, "precious").unwrap(),
        |at: &Path| fs::create_dir(at).unwrap(),
        |at: &Path| fs::os::unix::fs::symlink("elsewhere", at).unwrap(),
        |at: &Path| {
            let fifo = std::process::Command::new("mkfifo").arg(at).status().unwrap();
            assert!(fifo.success());
        },
    ] {
        plant(&file);
        scene.publish("out", ONE).unwrap();
        let left = fs::symlink_metadata(&file).unwrap();
        assert!(!scene.path("elsewhere").exists());
        if left.is_dir() { fs::remove_dir(&file).unwrap() } else { fs::remove_file(&file).unwrap() }
    }
}

#[test]
fn a_lock_on_what_was_removed_counts_for_nothing() {
    let scene = Scene::new();
    let file = scene.path("lock");
    let held = FileLock::on_file(&file).unwrap().unwrap();
    fs::remove_file(&file).unwrap();
    let second = FileLock::on_file(&file).unwrap().unwrap();
    drop(held);
    assert!(file.exists(), "it is the lock of another one");
    drop(second);
    assert!(!file.exists());
}
