//! Where files of a wheel go, and what the installer adds.

use super::{METADATA, TestCache, TestWheel, WHEEL, generated, paths};
use crate::install::metadata::compare_requirements;
use crate::spec::{ExtraName, Requirement};
use crate::target::{Architecture, Runtime, Target};

#[test]
fn a_wheel_is_spread_as_pip_install_target_does_it() {
    let mut wheel = TestWheel::tiny();
    wheel
        .add("tiny_pkg-1.0.data/purelib/pure.py", "")
        .add("tiny_pkg-1.0.data/platlib/plat.py", "")
        .add("tiny_pkg-1.0.data/data/share/doc.txt", "text")
        .add("tiny_pkg-1.0.data/headers/tiny.h", "int x;")
        .add("tiny_pkg-1.0.data/scripts/old", "#!python -u\nprint(1)\n")
        .add("tiny_pkg-1.0.data/scripts/window", "#!pythonw\r\nprint(1)\n")
        .add("tiny_pkg-1.0.data/scripts/shell", "#!/bin/sh\n")
        .add("tiny_pkg-1.0.data/scripts/run", "#!python\nthe script that the entry point replaces\n")
        .add("tiny_pkg-1.0.dist-info/INSTALLER", "evil")
        .add("tiny_pkg-1.0.dist-info/REQUESTED", "")
        .add("tiny_pkg-1.0.dist-info/direct_url.json", "{}")
        .add(
            "tiny_pkg-1.0.dist-info/entry_points.txt",
            "# comment\n[console_scripts]\n  run = tiny_pkg.cli:App.main [extra]\n\n[gui_scripts]\nshow = tiny_pkg:show\n\
             [other.group]\nx = anything at all\n",
        );
    wheel.entries.push(super::RawEntry::stored("tiny_pkg/folder/", b""));
    let dist = TestCache::new().install(&wheel, false).unwrap();
    let expected = [
        "bin/old",
        "bin/run",
        "bin/shell",
        "bin/show",
        "bin/window",
        "include/tiny-pkg/tiny.h",
        "plat.py",
        "pure.py",
        "share/doc.txt",
        "tiny_pkg-1.0.dist-info/INSTALLER",
        "tiny_pkg-1.0.dist-info/METADATA",
        "tiny_pkg-1.0.dist-info/RECORD",
        "tiny_pkg-1.0.dist-info/WHEEL",
        "tiny_pkg-1.0.dist-info/entry_points.txt",
        "tiny_pkg/__init__.py",
        "tiny_pkg/run.sh",
    ];
    assert_eq!(paths(&dist), expected);
    let executable: Vec<_> = dist.files.iter().filter(|file| file.executable).map(|file| file.path.as_str()).collect();
    assert_eq!(executable, ["bin/old", "bin/run", "bin/shell", "bin/show", "bin/window", "tiny_pkg/run.sh"]);
    assert_eq!(generated(&dist, "bin/old"), "#!/usr/bin/env python3\nprint(1)\n");
    assert_eq!(generated(&dist, "bin/window"), "#!/usr/bin/env python3\nprint(1)\n");
    assert_eq!(generated(&dist, "tiny_pkg-1.0.dist-info/INSTALLER"), "barrow\n");
    assert_eq!(
        generated(&dist, "bin/run"),
        "#!/usr/bin/env python3\nimport sys\n\nfrom tiny_pkg.cli import App\n\nif __name__ == \"__main__\":\n    \
         sys.exit(App.main())\n"
    );
}

#[test]
fn record_tells_what_is_installed() {
    let place = TestCache::new();
    let dist = place.install(&TestWheel::tiny(), true).unwrap();
    let record = generated(&dist, "tiny_pkg-1.0.dist-info/RECORD");
    let entries = crate::spec::parse_record(record.as_bytes()).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(), paths(&dist));
    for (entry, file) in entries.iter().zip(&dist.files) {
        if entry.path.ends_with("/RECORD") {
            assert_eq!((&entry.hash, entry.size), (&None, None));
        } else {
            assert_eq!((entry.hash.as_ref(), entry.size), (Some(&file.sha256), Some(file.size)));
        }
        let content = fs_err::read(file.path.below(&dist.tree.as_ref().unwrap().folder)).unwrap();
        assert_eq!(crate::spec::sha256(&content), file.sha256);
        assert_eq!(crate::archive::tests::builder::crc32(&content), file.crc32);
    }
}

#[test]
fn what_may_differ() {
    let accepts = |what: &str, change: fn(&mut TestWheel)| {
        let mut wheel = TestWheel::tiny();
        change(&mut wheel);
        if let Err(error) = TestCache::new().install(&wheel, true) {
            panic!("{what}: {}", crate::archive::tests::chain(&error));
        }
    };
    accepts("another spelling of name and version", |wheel| {
        let info = "Tiny.Pkg-1.dist-info";
        wheel.entries.clear();
        wheel.add("a.py", "").add(&format!("{info}/WHEEL"), WHEEL);
        wheel.add(&format!("{info}/METADATA"), METADATA);
        wheel.record_path = format!("{info}/RECORD");
    });
    accepts("a RECORD with the line ends of Windows", |wheel| {
        wheel.record = Some(wheel.true_record().replace('\n', "\r\n").into_bytes());
    });
    accepts("a RECORD of five fields, of which nobody has defined two", |wheel| {
        wheel.record = Some(wheel.true_record().replace('\n', ",,later\n").into_bytes());
    });
    accepts("a RECORD without its last line end", |wheel| {
        wheel.record = Some(wheel.true_record().trim_end().as_bytes().to_vec());
    });
    accepts("a RECORD that does not name itself", |wheel| {
        let record = wheel.true_record();
        wheel.record = Some(record.replace("tiny_pkg-1.0.dist-info/RECORD,,\n", "").into_bytes());
    });
    accepts("a RECORD without sizes", |wheel| {
        wheel.record = Some(wheel.true_record().replace(",10\n", ",\n").into_bytes());
    });
    accepts("stronger digests", |wheel| {
        let record = wheel.true_record();
        let digest = "sha512=z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg_SpIdNs6c5H0NE8XYXysP-DGNKHfuwvY7kxvUdBeoGlODJ6-SfaPg";
        wheel.record = Some(format!("empty.py,{digest},0\n{record}").into_bytes());
        wheel.add("empty.py", "");
    });
    accepts("names with commas and quotes", |wheel| {
        wheel.add("tiny_pkg/a,\"b\".txt", "x");
    });
    accepts("signatures that are not in RECORD", |wheel| {
        let record = wheel.true_record();
        wheel.add("tiny_pkg-1.0.dist-info/RECORD.jws", "{}").add("tiny_pkg-1.0.dist-info/RECORD.p7s", "x");
        wheel.record = Some(record.into_bytes());
    });
    accepts("a folder that looks like .dist-info further down", |wheel| {
        wheel.add("tiny_pkg/_vendor/other-1.0.dist-info/METADATA", "Name: other");
    });
}

#[test]
fn a_newer_minor_version_is_a_warning() {
    let mut wheel = TestWheel::tiny();
    wheel.set("tiny_pkg-1.0.dist-info/WHEEL", &WHEEL.replace("1.0", "1.9"));
    let place = TestCache::new();
    let dist = place.install(&wheel, false).unwrap();
    assert_eq!(dist.warnings, ["has Wheel-Version 1.9, newer than the 1.0 that is known"]);
    assert_eq!(place.install(&wheel, false).unwrap().warnings, dist.warnings, "from the cache too");
}

#[test]
fn requirements_are_those_of_the_wheel() {
    let mut wheel = TestWheel::tiny();
    let lines = "Requires-Dist: extra-dep ; extra == 'more'\nRequires-Dist: colorama; sys_platform == 'win32'\nSummary";
    wheel.set("tiny_pkg-1.0.dist-info/METADATA", &METADATA.replace("Summary", lines));
    let place = TestCache::new();
    let target = Target::new(Runtime::newest(), Architecture::X86_64);
    // Fresh, and from the plan in the cache.
    for _ in 0..2 {
        let dist = place.install(&wheel, false).unwrap();
        let check = |extras: &[&str], expected: &[&str]| {
            let extras: Vec<ExtraName> = extras.iter().map(|extra| extra.parse().unwrap()).collect();
            let expected: Vec<Requirement> = expected.iter().map(|text| text.parse().unwrap()).collect();
            compare_requirements(&dist, &extras, &expected, target.markers(), ToString::to_string)
                .map_err(|error| error.to_string())
        };
        assert_eq!(check(&[], &["dep>=2"]), Ok(()));
        assert_eq!(check(&["more"], &["extra-dep ; extra == 'more'", "dep>=2"]), Ok(()));
        let differs = "`tiny-pkg 1.0` requires `dep>=2`, but the index said that it requires nothing: \
                       the resolution does not hold";
        assert_eq!(check(&[], &[]), Err(differs.to_owned()));
        assert!(check(&[], &["dep>=3"]).is_err());
        assert!(check(&["more"], &["dep>=2"]).is_err());
    }
}

#[test]
fn a_plan_keeps_the_fields_of_metadata_only() {
    let dist = TestCache::new().install(&TestWheel::tiny(), false).unwrap();
    assert_eq!(String::from_utf8(dist.metadata).unwrap(), METADATA.replace("\nText\n", ""));
}

#[test]
fn a_line_of_blanks_does_not_end_the_fields() {
    let folded = "License: BSD\n        \n        Copyright\n\t\nRequires-Dist: other\nSummary";
    let mut wheel = TestWheel::tiny();
    wheel.set("tiny_pkg-1.0.dist-info/METADATA", &METADATA.replace("Summary", folded));
    let dist = TestCache::new().install(&wheel, false).unwrap();
    let requires: Vec<String> = dist.core_metadata().unwrap().requires_dist.iter().map(ToString::to_string).collect();
    assert_eq!(requires, ["dep>=2", "other"]);
}
