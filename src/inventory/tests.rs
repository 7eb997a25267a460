//! Outputs that were made by hand.

use std::io::Write as _;

use fs_err as fs;

use super::{Reading, Requested, WheelOrigin, has_distributions, read_finished};
use crate::spec::{PackageName, sha256};
use crate::target::{Architecture, Runtime, Target};

fn target() -> Target {
    Target::new("python3.13".parse::<Runtime>().unwrap(), Architecture::X86_64)
}

/// `one` asks for an extra of `two`, which brings `three`; `four` is vendored in `one`.
fn files(root: &str) -> Vec<(String, &'static str)> {
    let at = |path: &str| format!("{root}{path}");
    vec![
        ("handler.py".to_owned(), "import one\n"),
        (at("one.py"), "x = 1\n"),
        (
            at("one/_vendor/four-4.0.dist-info/METADATA"),
            "Metadata-Version: 2.1\nName: Four\nVersion: 4.0\nLicense: MIT\n",
        ),
        (
            at("one-1.0.dist-info/METADATA"),
            "Metadata-Version: 2.4\nName: One\nVersion: 1.0\nLicense-Expression: Apache-2.0\nRequires-Dist: two[more]\n\
             Requires-Dist: absent; python_version < '3'\n\nA description with License: GPL\n",
        ),
        (
            at("one-1.0.dist-info/RECORD"),
            "one.py,,\none/_vendor/four-4.0.dist-info/METADATA,,\n../etc/passwd,,\ngone.py,,\n",
        ),
        (at("one-1.0.dist-info/WHEEL"), "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
        (at("one-1.0.dist-info/sboms/parts.cdx.json"), "{}"),
        (
            at("two-2.0.dist-info/METADATA"),
            "Metadata-Version: 2.1\nName: two\nVersion: 2.0\nProvides-Extra: more\nRequires-Dist: three; extra == 'more'\n\
             Requires-Dist: one; extra == 'other'\n",
        ),
        (at("two-2.0.dist-info/top_level.txt"), "two\n"),
        (at("two/__init__.py"), "y = 2\n"),
        (at("three-3.0.dist-info/METADATA"), "Metadata-Version: 2.1\nName: three\nVersion: 3.0\n"),
        (at("deep/inside-1.0.dist-info/METADATA"), "Metadata-Version: 2.1\nName: inside\nVersion: 1.0\n"),
    ]
}

fn folder(root: &str) -> tempfile::TempDir {
    let top = tempfile::tempdir().unwrap();
    for (path, text) in files(root) {
        let path = top.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    top
}

fn name(text: &str) -> PackageName {
    text.parse().unwrap()
}

/// A library with two names is in a bundle once, and so it is counted.
#[test]
fn a_link_inside_counts_as_its_text_in_a_folder_and_in_a_zip() {
    use std::os::unix::fs::symlink;

    let (top, zip) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
    fs::create_dir(top.path().join("lib")).unwrap();
    fs::write(top.path().join("lib/a.so.1"), "library").unwrap();
    symlink("a.so.1", top.path().join("lib/a.so")).unwrap();
    let mut writer = zip::ZipWriter::new(zip.as_file());
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("lib/a.so.1", options).unwrap();
    writer.write_all(b"library").unwrap();
    writer.add_symlink("lib/a.so", "a.so.1", options).unwrap();
    writer.finish().unwrap();
    let listed = |place| read_finished(place, &target(), Reading::Digests).unwrap().own_files;
    assert_eq!(listed(top.path()), listed(zip.path()));
    assert_eq!(listed(top.path()).iter().map(|file| file.size).sum::<u64>(), 13);
    // What a link out of the output leads to is a part of it.
    let other = tempfile::tempdir().unwrap();
    symlink(top.path().join("lib/a.so.1"), other.path().join("a.so")).unwrap();
    assert_eq!(listed(other.path())[0].sha256, Some(sha256(b"library")));
}

#[test]
fn a_folder_a_zip_and_a_layer_say_the_same() {
    let zip = tempfile::NamedTempFile::new().unwrap();
    let mut writer = zip::ZipWriter::new(zip.as_file());
    for (path, text) in files("") {
        writer.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap();
    let (function, layer) = (folder(""), folder("python/"));
    for (top, root) in [(function.path(), ""), (zip.path(), ""), (layer.path(), "python/")] {
        let inventory = read_finished(top, &target(), Reading::Digests).unwrap();
        let names: Vec<&str> = inventory.dists.iter().map(|dist| dist.name.as_ref()).collect();
        assert_eq!(names, ["one", "three", "two"], "{root}");
        let one = inventory.dist(&name("one")).unwrap();
        assert_eq!((one.version.to_string().as_str(), one.license.to_string().as_str()), ("1.0", "Apache-2.0"));
        assert_eq!(one.dependencies, [name("two")]);
        assert_eq!(one.sboms.iter().map(|sbom| sbom.content.as_slice()).collect::<Vec<_>>(), [b"{}"]);
        assert_eq!(one.tags, ["py3-none-any"]);
        assert_eq!(
            one.vendored.iter().map(|part| (part.name.as_ref(), part.version.to_string())).collect::<Vec<_>>(),
            [("four", "4.0".to_owned())]
        );
        let own = one.files.iter().find(|file| file.path == format!("{root}one.py")).unwrap();
        assert_eq!((own.size, own.sha256.clone()), (6, Some(sha256(b"x = 1\n"))));
        assert_eq!(one.size_bytes, Some(one.files.iter().map(|file| file.size).sum()));
        let two = inventory.dist(&name("two")).unwrap();
        assert_eq!(
            (two.dependencies.clone(), two.extras.len()),
            (vec![name("three")], 1),
            "the extra is asked for, the other is not"
        );
        assert!(two.files.iter().any(|file| file.path == format!("{root}two/__init__.py")), "by top_level.txt");
        let own: Vec<&str> = inventory.own_files.iter().map(|file| file.path.as_str()).collect();
        let mut expected = ["handler.py".to_owned(), format!("{root}deep/inside-1.0.dist-info/METADATA")];
        expected.sort();
        assert_eq!(own, expected);
        assert_eq!(inventory.tops().map(|dist| dist.name.as_ref()).collect::<Vec<&str>>(), ["one"]);
        assert_eq!(inventory.way_to(&name("three")).len(), 3);
        let total: usize = files("").iter().map(|(_, text)| text.len()).sum();
        assert_eq!(inventory.size_bytes(), total as u64);
    }
}

#[test]
fn what_the_maker_knows_is_added() {
    let top = folder("");
    let asked = |by: Option<&str>| vec![Requested { by: by.map(name), requirement: "it".to_owned() }];
    let origin = WheelOrigin { filename: Some("one-1.0-py3-none-any.whl".to_owned()), ..WheelOrigin::default() };
    let told = [
        (name("one"), origin.clone(), vec![], asked(None)),
        (name("three"), WheelOrigin::default(), vec![], asked(Some("one"))),
    ];
    let told = told.iter().map(|(name, origin, extras, by)| (name, origin.clone(), extras.clone(), by.clone()));
    let inventory = read_finished(top.path(), &target(), Reading::Sizes).unwrap().with_origins(told);
    let one = inventory.dist(&name("one")).unwrap();
    assert_eq!((&one.origin, one.is_asked_for()), (&origin, true));
    assert_eq!(
        one.dependencies,
        [name("three"), name("two")],
        "what the maker says, and what the metadata says of the rest"
    );
    assert!(one.files.iter().all(|file| file.sha256.is_none()));
}

#[test]
fn what_is_no_output() {
    let top = tempfile::tempdir().unwrap();
    assert!(!has_distributions(top.path()) && has_distributions(folder("").path()));
    fs::write(top.path().join("file"), "text").unwrap();
    let error = |path: &str| read_finished(&top.path().join(path), &target(), Reading::Sizes).unwrap_err().to_string();
    assert!(error("file").ends_with("is neither a folder nor a zip archive"));
    assert!(error("absent").starts_with("failed to read"));
    let cut = top.path().join("cut.zip");
    fs::write(&cut, b"PK\x05\x06 and no more").unwrap();
    assert!(error("cut.zip").contains("cannot be read"));
    // Metadata that are none make no distribution.
    let broken = top.path().join("broken");
    fs::create_dir_all(broken.join("x-1.dist-info")).unwrap();
    fs::write(broken.join("x-1.dist-info/METADATA"), "Name: x\n").unwrap();
    let inventory = read_finished(&broken, &target(), Reading::Sizes).unwrap();
    assert_eq!((inventory.dists.len(), inventory.own_files.len()), (0, 1));
}
