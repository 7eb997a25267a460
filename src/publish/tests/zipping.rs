//! Zips: the same bytes whatever the order and the machine, and readable by another reader.

use std::io::Read as _;

use super::{Scene, bundle};
use crate::bundle::{BundleContent, BundleFile, BundleLayout, assemble};
use crate::publish::{OutputForm, PublishError, PublishOptions, PublishedOutput, PublishedZip, is_unchanged, publish};
use crate::spec::sha256;

fn publish_zip(scene: &Scene, out: &str, files: &[(&str, &str)]) -> Result<PublishedOutput, PublishError> {
    let dists = [scene.dist("demo", &super::version(files), files)];
    let out = scene.path(out);
    publish(&bundle(&dists), &PublishOptions { format: OutputForm::Zip, ..scene.options(&out) })
}

/// Name, mode and content of every entry, as another reader sees them.
fn entries(path: &std::path::Path) -> Vec<(String, u32, String)> {
    let mut archive = zip::ZipArchive::new(fs_err::File::open(path).unwrap()).unwrap();
    let mut entry = |index| {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        (entry.name().unwrap().into_owned(), entry.unix_mode().unwrap() & 0o7777, content)
    };
    let count = zip::ZipArchive::new(fs_err::File::open(path).unwrap()).unwrap().len();
    (0..count).map(&mut entry).collect()
}

#[test]
fn the_same_files_as_a_folder() {
    let scene = Scene::new();
    let long = "all work and no play ".repeat(500);
    let dists = [
        scene.dist("a", "1.0", &[("a.py", &long), ("bin/a*", "#!"), ("empty.py", "")]),
        scene.dist("b", "2.0", &[("a.py", "other"), ("b/ü.py", "b")]),
    ];
    scene.write("source", &[("app.py", &long), ("run*", "run")]);
    let source = scene.collect("source", &[]).unwrap();
    let bundle = assemble(&dists, Some(&source), &BundleLayout::function()).unwrap();
    let (folder, file) = (scene.path("folder"), scene.path("fn.zip"));
    publish(&bundle, &scene.options(&folder)).unwrap();
    let options = PublishOptions { format: OutputForm::Zip, ..scene.options(&file) };
    let published = publish(&bundle, &options).unwrap();
    let bytes = fs_err::read(&file).unwrap();
    let expected = PublishedZip { size_bytes: bytes.len() as u64, sha256: sha256(&bytes) };
    assert_eq!(published.zip, Some(expected));
    assert!(!published.replaced);
    let found = entries(&file);
    let is_own = |file: &&BundleFile| matches!(file.content, BundleContent::Source(_));
    let (own, others): (Vec<_>, Vec<_>) = bundle.files.iter().partition(is_own);
    let expected: Vec<(String, u32, String)> = others
        .into_iter()
        .chain(own)
        .map(|file| {
            let content = fs_err::read_to_string(file.path.below(&folder)).unwrap();
            (file.path.to_string(), if file.executable { 0o755 } else { 0o644 }, content)
        })
        .collect();
    assert_eq!(found, expected);
    let first = fs_err::read(&file).unwrap();
    assert!(publish(&bundle, &options).unwrap().replaced);
    assert_eq!(fs_err::read(&file).unwrap(), first);
    scene.assert_clean(".");
}

#[test]
fn only_what_barrow_made_is_replaced() {
    let mut scene = Scene::new();
    scene.write(".", &[("out.zip", "precious")]);
    let error = publish_zip(&scene, "out.zip", &[("a.py", "1")]).unwrap_err();
    assert!(matches!(error, PublishError::Occupied { .. }), "{error}");
    assert_eq!(fs_err::read_to_string(scene.path("out.zip")).unwrap(), "precious");
    scene.force = true;
    publish_zip(&scene, "out.zip", &[("a.py", "1")]).unwrap();
    scene.force = false;
    publish_zip(&scene, "out.zip", &[("a.py", "2")]).unwrap();
    // Someone else's archive of the same size.
    let size = fs_err::read(scene.path("out.zip")).unwrap().len();
    fs_err::write(scene.path("out.zip"), "x".repeat(size)).unwrap();
    assert!(matches!(publish_zip(&scene, "out.zip", &[("a.py", "3")]), Err(PublishError::Occupied { .. })));
    scene.write("folder.zip", &[("x", "")]);
    scene.force = true;
    let error = publish_zip(&scene, "folder.zip", &[("a.py", "1")]).unwrap_err();
    assert!(matches!(error, PublishError::Publish { .. }), "{error}");
    scene.assert_clean(".");
}

#[test]
fn large_files_pass_through_a_file() {
    let scene = Scene::new();
    let large = "0123456789abcdef".repeat(2 << 20) + "end";
    scene.write("source", &[("a.py", "a"), ("model.bin", &large), ("z.py", "z")]);
    let source = scene.collect("source", &[]).unwrap();
    let out = scene.path("out.zip");
    let bundle = assemble(&[], Some(&source), &BundleLayout::function()).unwrap();
    publish(&bundle, &PublishOptions { format: OutputForm::Zip, ..scene.options(&out) }).unwrap();
    let found = entries(&out);
    assert_eq!(found.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), ["a.py", "model.bin", "z.py"]);
    assert!(found[1].2 == large, "the content differs");
    assert!(fs_err::metadata(&out).unwrap().len() < 1 << 20);
    scene.assert_clean(".");
}

#[test]
fn unchanged_zips_are_known() {
    let scene = Scene::new();
    let dists = [scene.dist("demo", "1.0", &[("a.py", "1")])];
    let out = scene.path("out.zip");
    let options = PublishOptions { format: OutputForm::Zip, fingerprint: Some("one"), ..scene.options(&out) };
    publish(&bundle(&dists), &options).unwrap();
    assert!(is_unchanged(&out, &scene.state_folders, "one"));
    assert!(!is_unchanged(&out, &scene.state_folders, "two"));
    fs_err::write(&out, "other").unwrap();
    assert!(!is_unchanged(&out, &scene.state_folders, "one"));
}
