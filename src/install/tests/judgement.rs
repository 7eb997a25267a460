//! What becomes of wheels whose RECORD and archive disagree, and of other carelessness of honest tools.

use super::{METADATA, RawEntry, TestCache, TestWheel, WHEEL, generated, paths};
use crate::archive::tests::chain;
use crate::fetch::Proof;
use crate::install::{Agreement, InstalledDist, RecordPolicy};
use crate::spec::HashAlgorithm;

const INFO: &str = "tiny_pkg-1.0.dist-info";

fn strict() -> RecordPolicy {
    RecordPolicy { strict: true, ..RecordPolicy::default() }
}

fn accepting() -> RecordPolicy {
    RecordPolicy { accepted: ["tiny-pkg".parse().unwrap()].into(), ..strict() }
}

/// A wheel with one change, made after its RECORD.
fn changed(change: impl FnOnce(&mut TestWheel)) -> TestWheel {
    let mut wheel = TestWheel::tiny();
    wheel.add("tiny_pkg/data.txt", "text").add("tiny_pkg/native.so", "\u{7f}ELF");
    wheel.record = Some(wheel.true_record().into_bytes());
    change(&mut wheel);
    wheel
}

/// Installs a wheel of whose archive the digest was promised, in all ways, and without a promise; gives the warnings.
fn out_of_step(what: &str, expected: &str, change: impl FnOnce(&mut TestWheel)) {
    let mut wheel = changed(change);
    let place = TestCache::new();
    let refused = |place: &TestCache, wheel: &TestWheel, policy: RecordPolicy| {
        let error = place.install_as(wheel, true, policy).err().unwrap_or_else(|| panic!("{what}: accepted"));
        let first = expected.split(", and ").next().unwrap();
        assert!(chain(&error).contains(first), "{what}: {}", chain(&error));
    };
    refused(&place, &wheel, RecordPolicy::default());
    wheel.proof = Proof::Promised;
    refused(&place, &wheel, strict());
    for tree in [false, true] {
        let dist = place.install(&wheel, tree).unwrap_or_else(|error| panic!("{what}: {}", chain(&error)));
        assert_eq!(dist.record, Agreement::OutOfStep, "{what}");
        let [warning] = dist.warnings.as_slice() else { panic!("{what}: {:?}", dist.warnings) };
        assert!(warning.contains(expected), "{what}: {warning}");
        assert!(warning.contains("whose digest was verified"), "{what}: {warning}");
        // The plan in the cache was made by a run that accepted it.
        refused(&place, &wheel, strict());
        wheel.proof = Proof::Nothing;
        refused(&place, &wheel, RecordPolicy::default());
        wheel.proof = Proof::Promised;
        // Ours is written anew, and true.
        let record = generated(&dist, &format!("{INFO}/RECORD"));
        let written: Vec<_> =
            crate::spec::parse_record(record.as_bytes()).unwrap().into_iter().map(|entry| entry.path).collect();
        assert_eq!(written, paths(&dist), "{what}");
    }
    wheel.proof = Proof::Nothing;
    let accepted = TestCache::new().install_as(&wheel, true, accepting());
    assert_eq!(accepted.unwrap().warnings.len(), 1, "{what}");
}

/// A wheel that is refused though the digest of its archive was promised, and accepted by name.
fn contradiction(what: &str, expected: &str, change: impl FnOnce(&mut TestWheel)) {
    let mut wheel = changed(change);
    let place = TestCache::new();
    for proof in [Proof::Promised, Proof::Built, Proof::Nothing] {
        wheel.proof = proof;
        let error = place.install(&wheel, true).err().unwrap_or_else(|| panic!("{what}: accepted"));
        assert!(chain(&error).contains(expected), "{what}: {}", chain(&error));
        let dist =
            place.install_as(&wheel, true, accepting()).unwrap_or_else(|error| panic!("{what}: {}", chain(&error)));
        assert_eq!(dist.record, Agreement::Contradiction, "{what}");
        assert!(dist.warnings[0].contains("accepted all the same"), "{what}: {:?}", dist.warnings);
    }
}

#[test]
fn out_of_step_is_a_warning_where_the_archive_is_proved() {
    out_of_step(
        "files that are gone",
        "`tiny_pkg/gone.py` is in RECORD, but not in the archive, and 1 more",
        |wheel| {
            let record = String::from_utf8(wheel.record.take().unwrap()).unwrap();
            wheel.record = Some(format!("{record}tiny_pkg/gone.py,,\ntiny_pkg/gone.txt,,\n").into_bytes());
        },
    );
    out_of_step("a module that was added", "`tiny_pkg/new.py` is in the archive, but not in RECORD", |wheel| {
        wheel.add("tiny_pkg/new.py", "VALUE = 2\n");
    });
    out_of_step("a WHEEL that was written again", "WHEEL` has another size than RECORD says", |wheel| {
        wheel.set(&format!("{INFO}/WHEEL"), &format!("{WHEEL}Build: 1\n"));
    });
    out_of_step("METADATA of the same size", "METADATA` has another digest than RECORD says", |wheel| {
        wheel.set(&format!("{INFO}/METADATA"), &METADATA.replace("tiny\n", "tinY\n"));
    });
    out_of_step("data that was changed", "`tiny_pkg/data.txt` has another digest than RECORD says", |wheel| {
        wheel.set("tiny_pkg/data.txt", "TEXT");
    });
    let lines = |wheel: &mut TestWheel, change: &dyn Fn(&str) -> String| {
        let record = String::from_utf8(wheel.record.take().unwrap()).unwrap();
        wheel.record = Some(record.lines().map(change).map(|line| line + "\n").collect::<String>().into_bytes());
    };
    let is_module = |line: &str| line.starts_with("tiny_pkg/__init__.py");
    out_of_step("no digest", "has no hash in RECORD", |wheel| {
        lines(wheel, &|line| if is_module(line) { "tiny_pkg/__init__.py,,".to_owned() } else { line.to_owned() });
    });
    out_of_step("MD5", "proves nothing", |wheel| {
        lines(wheel, &|line| {
            if is_module(line) { "tiny_pkg/__init__.py,md5=AA,10".to_owned() } else { line.to_owned() }
        });
    });
    out_of_step("an empty RECORD", "is in the archive, but not in RECORD, and 5 more", |wheel| {
        wheel.record = Some(Vec::new());
    });
}

#[test]
fn contradictions_are_refused_whoever_vouches() {
    contradiction("another module", "`tiny_pkg/__init__.py` has another digest than RECORD says", |wheel| {
        wheel.set("tiny_pkg/__init__.py", "VALUE = 2\n");
    });
    contradiction("a longer module", "`tiny_pkg/__init__.py` has another size than RECORD says", |wheel| {
        wheel.set("tiny_pkg/__init__.py", "VALUE = 22\n");
    });
    contradiction("another library", "`tiny_pkg/native.so` has another digest", |wheel| {
        wheel.set("tiny_pkg/native.so", "\u{7f}elf");
    });
    contradiction("data that is a program now", "`tiny_pkg/data.txt` has another digest", |wheel| {
        wheel.set("tiny_pkg/data.txt", "#!/x");
    });
    contradiction(
        "a line that leads outside",
        "its RECORD names `../evil.py`: it has a `.` or `..` component",
        |wheel| {
            wheel.record = Some([b"../evil.py,,\n", wheel.record.as_deref().unwrap()].concat());
        },
    );
    contradiction("no RECORD", "has no `tiny_pkg-1.0.dist-info/RECORD`", |wheel| wheel.record_path = String::new());
    contradiction("no RECORD that can be read", "its RECORD is malformed", |wheel| {
        wheel.record = Some(b"\"a".to_vec());
    });
}

/// A wheel that is installed without a word, whoever vouches for it.
fn fine(what: &str, change: impl FnOnce(&mut TestWheel)) -> (InstalledDist, TestCache) {
    let mut wheel = TestWheel::tiny();
    change(&mut wheel);
    let place = TestCache::new();
    let dist = place.install_as(&wheel, true, strict()).unwrap_or_else(|error| panic!("{what}: {}", chain(&error)));
    assert_eq!((dist.record, &dist.warnings), (Agreement::Full, &Vec::new()), "{what}");
    (dist, place)
}

#[test]
fn other_spellings_are_no_disagreement() {
    fine("hexadecimal digests", |wheel| {
        let hex = |line: &str| {
            let entry = crate::spec::parse_record(line.as_bytes()).unwrap().remove(0);
            let hash = entry.hash.map_or_else(String::new, |hash| format!("sha256={}", hash.hex()));
            format!("{},{hash},{}\n", entry.path, entry.size.map_or_else(String::new, |size| size.to_string()))
        };
        wheel.record = Some(wheel.true_record().lines().map(hex).collect::<String>().into_bytes());
    });
    for start in ["/", "./", ".\\", "//", "/./"] {
        fine(start, |wheel| {
            let lines = wheel.true_record();
            wheel.record =
                Some(lines.lines().map(|line| [start, line, "\n"].concat()).collect::<String>().into_bytes());
        });
    }
    fine("backslashes", |wheel| wheel.record = Some(wheel.true_record().replace('/', "\\").into_bytes()));
    fine("lines twice", |wheel| wheel.record = Some(wheel.true_record().repeat(2).into_bytes()));
    fine("signatures, which nobody checks", |wheel| {
        wheel.record =
            Some((wheel.true_record() + &format!("{INFO}/RECORD.jws,sha256={},1\n", "A".repeat(43))).into_bytes());
        wheel.add(&format!("{INFO}/RECORD.jws"), "{}").add(&format!("{INFO}/METADATA.p7s"), "x");
    });
}

#[test]
fn wheel_is_read_like_the_header_of_a_mail() {
    for content in [
        "Wheel-Version: 1.0\nGenerator: a tool\n  that folds\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n\nWhatever stands here: is text\nand more of it\n",
        "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: \nTag: odd\nTag\n",
        "\nWheel-Version: 1.0\r\nRoot-Is-Purelib: False\r\n",
        "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nWheel-Version: 1.0\n",
    ] {
        fine(content, |wheel| {
            wheel.set(&format!("{INFO}/WHEEL"), content);
        });
    }
}

#[test]
fn one_version_in_many_spellings() {
    let cases = [
        ("tiny_pkg-1.0+abc.1-py3-none-any.whl", "tiny_pkg-1.0_abc.1", "1.0+abc.1"),
        ("tiny_pkg-1.0_abc.1-py3-none-any.whl", "tiny_pkg-1.0_abc.1", "1.0+abc.1"),
        ("tiny_pkg-1.0_abc.1-py3-none-any.whl", "tiny_pkg-1.0+abc.1", "1.0+abc.1"),
        ("tiny_pkg-1.0.0-py3-none-any.whl", "tiny_pkg-1.0", "1.0.0"),
        ("tiny_pkg-1.0-py3-none-any.whl", "Tiny.Pkg-1", "1"),
        ("tiny_pkg-1.0rc1-py3-none-any.whl", "tiny_pkg-1.0_rc1", "1.0-rc1"),
    ];
    for (filename, stem, version) in cases {
        let mut wheel = TestWheel::tiny();
        wheel.filename = filename.to_owned();
        wheel.entries.clear();
        wheel.add(&format!("{stem}.dist-info/WHEEL"), WHEEL);
        wheel.add(
            &format!("{stem}.dist-info/METADATA"),
            &METADATA.replace("Version: 1.0\nRequires", &format!("Version: {version}\nRequires")),
        );
        wheel.add("tiny_pkg.py", "").add(&format!("{stem}.data/data/share/x"), "").add("tiny_pkg-9.data.txt", "");
        wheel.record_path = format!("{stem}.dist-info/RECORD");
        let dist =
            TestCache::new().install(&wheel, true).unwrap_or_else(|error| panic!("{filename}: {}", chain(&error)));
        assert!(paths(&dist).contains(&"share/x"), "{filename}");
    }
    let (dist, _place) = fine("a `.data` folder of its own spelling", |wheel| {
        wheel.add("tiny.pkg-1.data/scripts/run", "#!/bin/sh\n");
    });
    assert!(paths(&dist).contains(&"bin/run"));
}

#[test]
fn a_program_that_is_packed_twice() {
    let (dist, _place) = fine("a script that the package has too", |wheel| {
        wheel.add("bin/run", "#!/bin/sh\n").add("tiny_pkg-1.0.data/scripts/run", "#!/bin/sh\n");
    });
    let run = dist.files.iter().find(|file| file.path.as_str() == "bin/run").unwrap();
    assert!(run.executable);
    fine("a file in two of the folders of `.data`", |wheel| {
        wheel.add("a.py", "1").add("tiny_pkg-1.0.data/purelib/a.py", "1").add("tiny_pkg-1.0.data/platlib/a.py", "1");
    });
    fine("an entry that is there twice", |wheel| {
        wheel.add("twice.py", "x = 1\n");
        wheel.record = Some(wheel.true_record().into_bytes());
        wheel.add("twice.py", "x = 1\n");
    });
    for (package, script) in [
        ("bin/run", "tiny_pkg-1.0.data/scripts/run"),
        ("tiny_pkg-1.0.data/data/bin/run", "tiny_pkg-1.0.data/scripts/run"),
    ] {
        for turned in [false, true] {
            let mut wheel = TestWheel::tiny();
            let files = [(package, "#!/bin/sh\n# the package's\n"), (script, "#!python\n# the script\n")];
            let [one, two] = if turned { [files[1], files[0]] } else { files };
            wheel.add(one.0, one.1).add(two.0, two.1);
            let dist = TestCache::new().install(&wheel, true).unwrap();
            assert_eq!(dist.warnings, ["its script `bin/run` is left out: the package has another file there"]);
            let run = dist.files.iter().find(|file| file.path.as_str() == "bin/run").unwrap();
            assert_eq!(run.sha256, crate::spec::sha256(files[0].1.as_bytes()));
        }
    }
    let mut wheel = TestWheel::tiny();
    wheel.add("bin/run", "1").add(&format!("{INFO}/entry_points.txt"), "[console_scripts]\nrun = tiny_pkg:main\n");
    let dist = TestCache::new().install(&wheel, true).unwrap();
    assert_eq!(dist.warnings, ["its script `bin/run` is left out: the package has another file there"]);
}

#[test]
fn modes_come_out_harmless_and_readable() {
    use std::os::unix::fs::PermissionsExt as _;
    let modes = [(0o104_755, 0o555), (0o106_711, 0o555), (0o100_000, 0o444), (0o100_666, 0o444), (0o101_777, 0o555)];
    let (dist, _place) = fine("modes of all kinds", |wheel| {
        for (mode, _) in modes {
            wheel.entries.push(RawEntry::new(&format!("tiny_pkg/{mode:o}"), b"x").mode(mode));
        }
    });
    for (mode, expected) in modes {
        let path = dist.tree.as_ref().unwrap().folder.join(format!("tiny_pkg/{mode:o}"));
        assert_eq!(fs_err::metadata(path).unwrap().permissions().mode() & 0o7777, expected, "{mode:o}");
    }
}

#[test]
fn a_folder_without_files_is_nothing() {
    let (dist, _place) = fine("a folder that Windows could not hold", |wheel| {
        wheel.entries.push(RawEntry::stored("tiny_pkg./", b""));
        wheel.entries.push(RawEntry::stored("TINY_PKG/", b""));
    });
    assert!(!dist.tree.unwrap().folder.join("tiny_pkg.").exists());
}

#[test]
fn stronger_digests_count_as_well() {
    let digest = |bytes: &[u8]| {
        let mut hasher = crate::spec::Hasher::new(HashAlgorithm::Sha384);
        hasher.update(bytes);
        hasher.finish().hex()
    };
    fine("sha384 in hexadecimal", |wheel| {
        let record = wheel.true_record();
        wheel.add("empty.py", "");
        wheel.record = Some(format!("empty.py,sha384={},0\n{record}", digest(b"")).into_bytes());
    });
}
