//! Outputs in which the user's own files alone become others.

use std::cell::Cell;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use fs_err as fs;

use super::{Scene, tree};
use crate::bundle::{BundleLayout, assemble};
use crate::install::InstalledDist;
use crate::publish::marked_zip::MarkedZip;
use crate::publish::options::{Step, Steps};
use crate::publish::{Amendment, OutputForm, PublishOptions, PublishedOutput, PublishedZip, is_unchanged, publish};
use crate::spec::sha256;

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

/// How an output is made whose name tells its form.
fn made_of<'a>(scene: &'a Scene, out: &'a Path, fingerprint: &'a str) -> PublishOptions<'a> {
    let format = if out.extension().is_some() { OutputForm::Zip } else { OutputForm::Folder };
    PublishOptions { fingerprint: Some(fingerprint), format, ..scene.options(out) }
}

/// Puts together and publishes what is in `source`, for the first time.
fn publish_whole(stage: &Stage, out: &str, fingerprint: &str) {
    let source = stage.collect("source", &[]).unwrap();
    let bundle = assemble(&stage.dists, Some(&source), &BundleLayout::function()).unwrap();
    publish(&bundle, &made_of(stage, &stage.path(out), fingerprint)).unwrap();
}

/// Publishes what is in `source` into what lies there.
fn amend(scene: &Scene, before: &str, fingerprint: &str, steps: Steps) -> Option<PublishedOutput> {
    amend_at(scene, "out", before, fingerprint, steps)
}

fn amend_at(scene: &Scene, out: &str, before: &str, fingerprint: &str, steps: Steps) -> Option<PublishedOutput> {
    let out = scene.path(out);
    let options = made_of(scene, &out, fingerprint);
    let amendment = Amendment::begin(before, &[], &options).unwrap()?;
    let source = scene.collect("source", &[]).unwrap();
    let own = assemble(&[], Some(&source), &BundleLayout::function()).unwrap();
    amendment.publish_with(&own, steps).unwrap()
}

fn stage() -> Stage {
    stage_at("out")
}

fn stage_at(out: &str) -> Stage {
    let scene = Scene::new();
    scene.write("source", ONE);
    let stage = Stage { dists: [scene.dist("dep", "1", DEPENDENCY)], scene };
    publish_whole(&stage, out, "one");
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

#[test]
fn a_zip_is_byte_for_byte_what_would_be_put_together_anew() {
    let scene = stage_at("out.zip");
    let long = "all work and no play ".repeat(20_000);
    let large = "0123456789abcdef".repeat((32 << 16) + 1);
    fs::os::unix::fs::symlink("same.py", scene.path("source/pkg/link.py")).unwrap();
    scene.write("source", &[("model.bin", &large)]);
    publish_whole(&scene, "out.zip", "0");
    let edits: [&[(&str, &str)]; 6] = [
        &[("handler.py", "22")],
        &[("handler.py", ""), ("pkg/b.py", &long)],
        &[("handler.py", "1"), ("pkg/b.py", "1"), ("run", "1")],
        &[("run*", "1")],
        &[("model.bin", &large[1..])],
        &[],
    ];
    for (number, edit) in edits.iter().enumerate() {
        scene.write("source", edit);
        let (before, now) = (number.to_string(), (number + 1).to_string());
        let amended = amend_at(&scene, "out.zip", &before, &now, &|_| {}).unwrap();
        publish_whole(&scene, "fresh.zip", "other");
        let bytes = fs::read(scene.path("out.zip")).unwrap();
        assert!(bytes == fs::read(scene.path("fresh.zip")).unwrap(), "{number}");
        let zip = PublishedZip { size_bytes: bytes.len() as u64, sha256: sha256(&bytes) };
        assert_eq!((amended.zip, amended.files, amended.size_bytes), (Some(zip), 10, unzipped(&bytes)));
        assert!(amended.replaced && is_unchanged(&scene.path("out.zip"), &scene.state_folders, &now));
        assert_eq!(fs::metadata(scene.path("out.zip")).unwrap().mode() & 0o777, 0o644);
    }
    scene.assert_clean(".");
}

/// The size of all files of a zip, in bytes, as another reader sees them.
fn unzipped(zip: &[u8]) -> u64 {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    (0..archive.len()).map(|index| archive.by_index(index).unwrap().size()).sum()
}

#[test]
fn a_zip_that_somebody_has_touched_is_left_to_the_usual_way() {
    type Change<'a> = (&'a str, &'a dyn Fn(&Path));
    /// Writes to the file as it lies there, and sets the time back.
    fn overwrite(zip: &Path, offset: u64) {
        let file = fs::OpenOptions::new().write(true).open(zip).unwrap().into_parts().0;
        let modified = file.metadata().unwrap().modified().unwrap();
        file.write_all_at(b"?", offset).unwrap();
        file.set_modified(modified).unwrap();
    }
    let changes: [Change; 7] = [
        ("a byte of a dependency", &|zip| overwrite(zip, 45)),
        ("a byte of the directory", &|zip| overwrite(zip, fs::metadata(zip).unwrap().len() - 60)),
        ("more at the end", &|zip| {
            use std::io::Write as _;
            fs::OpenOptions::new().append(true).open(zip).unwrap().write_all(b"more").unwrap();
        }),
        ("the same bytes, written again", &|zip| fs::write(zip, fs::read(zip).unwrap()).unwrap()),
        ("another file of the same bytes and time", &|zip| {
            let modified = fs::metadata(zip).unwrap().modified().unwrap();
            let copy = zip.with_extension("copy");
            fs::copy(zip, &copy).unwrap();
            fs::File::open(&copy).unwrap().file().set_modified(modified).unwrap();
            fs::rename(copy, zip).unwrap();
        }),
        ("another mode", &|zip| fs::set_permissions(zip, std::fs::Permissions::from_mode(0o600)).unwrap()),
        ("nothing there", &|zip| fs::remove_file(zip).unwrap()),
    ];
    for (name, change) in changes {
        let scene = stage_at("out.zip");
        let zip = scene.path("out.zip");
        // Times are no finer than a tick of the clock, and a person is slower than that.
        std::thread::sleep(std::time::Duration::from_millis(20));
        change(&zip);
        scene.write("source", TWO);
        let before = fs::read(&zip).ok();
        assert!(amend_at(&scene, "out.zip", "one", "two", &|_| {}).is_none(), "{name}");
        assert!(fs::read(&zip).ok() == before, "{name}");
        scene.assert_clean(".");
    }
    // What happens after the first look is seen as well: to the zip, and to the files.
    let late: [Change; 2] = [
        ("zip", &|folder| overwrite(&folder.join("out.zip"), 45)),
        ("files", &|folder| fs::write(folder.join("source/new.py"), "").unwrap()),
    ];
    for (name, change) in late {
        let mut scene = stage_at("out.zip");
        std::thread::sleep(std::time::Duration::from_millis(20));
        // By its end it is not even barrow's any more.
        scene.scene.force = true;
        let out = scene.path("out.zip");
        let amendment = Amendment::begin("one", &[], &made_of(&scene, &out, "two")).unwrap().unwrap();
        change(&scene.path(""));
        let source = scene.collect("source", &[]).unwrap();
        let own = assemble(&[], Some(&source), &BundleLayout::function()).unwrap();
        assert!(amendment.publish(&own).unwrap().is_none(), "{name}");
        scene.assert_clean(".");
    }
}

#[test]
fn a_run_that_dies_leaves_the_old_zip_or_the_new_one() {
    for step in [Step::Staged, Step::Marked, Step::Swapped] {
        let scene = stage_at("out.zip");
        let read = || fs::read(scene.path("out.zip")).unwrap();
        let old = read();
        scene.write("source", TWO);
        publish_whole(&scene, "fresh.zip", "other");
        let new = fs::read(scene.path("fresh.zip")).unwrap();
        let dies = |reached| {
            if reached == step {
                resume_unwind(Box::new("killed"));
            }
        };
        assert!(catch_unwind(AssertUnwindSafe(|| amend_at(&scene, "out.zip", "one", "two", &dies))).is_err());
        assert!(read() == if step == Step::Swapped { new.clone() } else { old }, "{step:?}");
        scene.recover("out.zip");
        scene.assert_clean(".");
        // Nobody relies on what the mark said before, and OUT is barrow's.
        let again = amend_at(&scene, "out.zip", "one", "two", &|_| {});
        assert_eq!(again.is_some(), step == Step::Staged, "{step:?}");
        publish_whole(&scene, "out.zip", "two");
        assert!(read() == new, "{step:?}");
        scene.write("source", ONE);
        amend_at(&scene, "out.zip", "two", "three", &|_| {}).unwrap();
    }
}

#[test]
fn what_was_noted_of_a_zip_before_is_known() {
    let scene = stage_at("out.zip");
    let zip = MarkedZip::at(&scene.path("out.zip")).unwrap();
    // Its size, and the digest of its end: all that there was to a zip without parts.
    let bytes = fs::read(scene.path("out.zip")).unwrap();
    let noted = rmp_serde::to_vec(&(bytes.len() as u64, sha256(&bytes))).unwrap();
    assert_eq!(rmp_serde::from_slice::<MarkedZip>(&noted).unwrap(), zip);
    // What is damaged is worth nothing.
    let zip = MarkedZip::written(&scene.path("out.zip"), None).unwrap();
    assert!(zip.untouched_parts(fs::File::open(scene.path("out.zip")).unwrap().file()).is_none());
}
