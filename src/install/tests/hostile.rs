//! Wheels that are not what they say.

use super::{METADATA, TestCache, TestWheel, WHEEL, refuses};
use crate::archive::tests::builder::RawEntry;
use crate::archive::tests::chain;

const INFO: &str = "tiny_pkg-1.0.dist-info";

fn in_info(name: &str) -> String {
    format!("{INFO}/{name}")
}

#[test]
pub(super) fn identity() {
    let rename = |wheel: &mut TestWheel, info: &str| {
        let mut other = TestWheel { entries: Vec::new(), record_path: format!("{info}/RECORD"), ..wheel.clone() };
        other.add("tiny_pkg/__init__.py", "").add(&format!("{info}/WHEEL"), WHEEL);
        other.add(&format!("{info}/METADATA"), METADATA);
        *wheel = other;
    };
    refuses("another project's .dist-info", ".dist-info folder says", |wheel| rename(wheel, "other-1.0.dist-info"));
    refuses("another version's .dist-info", ".dist-info folder says", |wheel| rename(wheel, "tiny_pkg-1.1.dist-info"));
    refuses("a .dist-info without version", ".dist-info folder says", |wheel| rename(wheel, "tiny_pkg.dist-info"));
    refuses("a nameless .dist-info", ".dist-info folder says", |wheel| rename(wheel, ".dist-info"));
    refuses("no .dist-info", "0 `.dist-info` folders", |wheel| rename(wheel, "tiny_pkg-1.0.info"));
    refuses("two .dist-info folders", "2 `.dist-info` folders", |wheel| {
        wheel.add("other-2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: other\nVersion: 2.0\n");
    });
    refuses("two .dist-info folders, one in capitals", "2 `.dist-info` folders", |wheel| {
        wheel.add("other-2.0.DIST-INFO/METADATA", "Metadata-Version: 2.1\nName: other\nVersion: 2.0\n");
    });
    refuses("another file name", ".dist-info folder says", |wheel| {
        wheel.filename = "other-1.0-py3-none-any.whl".to_owned();
    });
    refuses("another version in the file name", ".dist-info folder says", |wheel| {
        wheel.filename = "tiny_pkg-1.0.1-py3-none-any.whl".to_owned();
    });
    refuses("another name in METADATA", "METADATA says evil", |wheel| {
        wheel.set(&in_info("METADATA"), &METADATA.replace("Tiny.Pkg", "evil"));
    });
    refuses("another version in METADATA", "METADATA says 2.0", |wheel| {
        wheel.set(&in_info("METADATA"), &METADATA.replace("Version: 1.0", "Version: 2.0"));
    });
    refuses("two names in METADATA", "METADATA is malformed", |wheel| {
        wheel.set(&in_info("METADATA"), &METADATA.replace("Summary: tiny", "Name: other"));
    });
    refuses("no name in METADATA", "METADATA is malformed", |wheel| {
        wheel.set(&in_info("METADATA"), "Metadata-Version: 2.1\nVersion: 1.0\n");
    });
    refuses("METADATA 3", "METADATA is malformed", |wheel| {
        wheel.set(&in_info("METADATA"), &METADATA.replace("Metadata-Version: 2.1", "Metadata-Version: 3.0"));
    });
    refuses("no METADATA", "has no `tiny_pkg-1.0.dist-info/METADATA`", |wheel| {
        wheel.remove(&in_info("METADATA"));
    });
    refuses("no WHEEL", "has no `tiny_pkg-1.0.dist-info/WHEEL`", |wheel| {
        wheel.remove(&in_info("WHEEL"));
    });
    let place = TestCache::new();
    let mut fetched = TestWheel::tiny().fetched(place.folder.path());
    fetched.version = "2.0".parse().unwrap();
    let error = super::install_wheel(&fetched, &place.cache, &super::InstallOptions::default()).unwrap_err();
    assert!(chain(&error).contains("resolution says tiny-pkg-2.0"), "{}", chain(&error));
}

#[test]
pub(super) fn wheel_files() {
    let wheel_file = |what, expected, content: &str| {
        refuses(what, expected, |wheel| {
            wheel.set(&in_info("WHEEL"), content);
        });
    };
    wheel_file("version 2", "Wheel-Version 2.0", &WHEEL.replace("1.0", "2.0"));
    wheel_file("version 0", "Wheel-Version 0.9", &WHEEL.replace("1.0", "0.9"));
    wheel_file("a version that is none", "not of the form 1.0", &WHEEL.replace("1.0", "one"));
    wheel_file("a signed version", "not of the form 1.0", &WHEEL.replace("1.0", "+1.0"));
    wheel_file("no version", "no `Wheel-Version`", "Root-Is-Purelib: true\n");
    wheel_file("two versions", "more than one `Wheel-Version`", &format!("{WHEEL}Wheel-Version: 1.1\n"));
    wheel_file("no fields", "no `Wheel-Version`", "hello\n");
    wheel_file("a version behind the header", "no `Wheel-Version`", "Root-Is-Purelib: true\n\nWheel-Version: 1.0\n");
    wheel_file("an undecided root", "neither true nor false", &WHEEL.replace("true", "maybe"));
    wheel_file("nothing", "no `Wheel-Version`", "");
}

/// A RECORD with another line for its first file, `tiny_pkg/__init__.py`.
fn with_first_line(record: &str, line: &str) -> String {
    let (_, rest) = record.split_once('\n').unwrap();
    format!("{line}\n{rest}")
}

#[test]
pub(super) fn records() {
    let record = |what, expected, change: fn(String) -> String| {
        refuses(what, expected, |wheel| wheel.record = Some(change(wheel.true_record()).into_bytes()));
    };
    refuses("no RECORD", "has no `tiny_pkg-1.0.dist-info/RECORD`", |wheel| wheel.record_path = String::new());
    record("an empty RECORD", "not in RECORD", |_| String::new());
    record("a file that is not in RECORD", "`tiny_pkg/__init__.py` is in the archive, but not in RECORD", |text| {
        with_first_line(&text, "")
    });
    record("a file that is not there", "`tiny_pkg/extra.py` is in RECORD, but not in the archive", |text| {
        format!("tiny_pkg/extra.py,sha256={},0\n{text}", "A".repeat(43))
    });
    record("another digest", "another digest than RECORD says", |text| {
        with_first_line(&text, &format!("tiny_pkg/__init__.py,sha256={},10", "A".repeat(43)))
    });
    record("another size", "another size than RECORD says", |text| text.replacen(",10\n", ",11\n", 1));
    record("a size that is none", "malformed size", |text| text.replacen(",10\n", ",-1\n", 1));
    record("a huge size", "malformed size", |text| text.replacen(",10\n", ",99999999999999999999\n", 1));
    record("no digest", "has no hash in RECORD", |text| with_first_line(&text, "tiny_pkg/__init__.py,,10"));
    record("MD5", "proves nothing", |text| text.replacen("sha256=", "md5=", 1));
    record("SHA-1", "proves nothing", |text| text.replacen("sha256=", "sha1=", 1));
    record("an unknown digest", "proves nothing", |text| text.replacen("sha256=", "blake2b=", 1));
    record("a digest that is cut", "malformed hash", |text| text.replacen("sha256=", "sha256=A", 1));
    record("another digest, in hexadecimal", "another digest than RECORD says", |text| {
        with_first_line(&text, &format!("tiny_pkg/__init__.py,sha256={},10", "ab".repeat(32)))
    });
    record("digits that are not hexadecimal", "malformed hash", |text| {
        with_first_line(&text, &format!("tiny_pkg/__init__.py,sha256={},10", "xy".repeat(32)))
    });
    record("a digest without algorithm", "not of the form algorithm=digest", |text| text.replacen("sha256=", "", 1));
    record("a line above the target", "`.` or `..` component", |text| format!("../evil.py,,\n{text}"));
    record("a line above the target, inside", "`.` or `..` component", |text| {
        format!("tiny_pkg/../../evil.py,,\n{text}")
    });
    record("an absolute line", "`etc/passwd` is in RECORD, but not in", |text| format!("/etc/passwd,,\n{text}"));
    record("a line above the target, with backslashes", "`.` or `..` component", |text| {
        format!("..\\evil.py,,\n{text}")
    });
    record("a line with a drive", "drive letter", |text| format!("C:/evil.py,,\n{text}"));
    record("a line with backslashes", "`tiny_pkg/evil.py` is in RECORD, but not in", |text| {
        format!("tiny_pkg\\evil.py,,\n{text}")
    });
    record("a line with a control character", "control character", |text| format!("\u{1b}[2J,,\n{text}"));
    record("an empty path", "it is empty", |text| format!(",sha256=,\n{text}").replace("sha256=,", ","));
    record("two digests of one file", "is in RECORD twice", |text| {
        format!("{text}./tiny_pkg/__init__.py,sha256={},10\n", "A".repeat(43))
    });
    record("a digest of itself", "which cannot hold its own", |text| {
        text.replace("RECORD,,", &format!("RECORD,sha256={},", "A".repeat(43)))
    });
    record("two fields", "three fields", |text| format!("a,b\n{text}"));
    record("four fields, of a path with a comma", "more than three fields", |text| {
        format!("tiny_pkg/a,b.py,sha256={},10\n{text}", "A".repeat(43))
    });
    record("a file that is not there, in four fields", "`a` is in RECORD, but not in", |text| format!("a,,,\n{text}"));
    record("an open quote", "quote that is not closed", |text| format!("{text}\"a"));
    record("text behind a quote", "text behind a closing quote", |text| format!("\"a\"b,,\n{text}"));
    refuses("more lines than any of its files needs", "bytes in a file that is read whole", |wheel| {
        wheel.record = Some("a,,\n".repeat(5_000_000).into_bytes());
    });
    refuses("not UTF-8", "is not UTF-8", |wheel| wheel.record = Some(b"caf\xe9,,\n".to_vec()));
    refuses("a flipped file with its RECORD left as it was", "another digest", |wheel| {
        wheel.record = Some(wheel.true_record().into_bytes());
        wheel.set("tiny_pkg/__init__.py", "VALUE = 2\n");
    });
}

#[test]
pub(super) fn data_folders() {
    let data = |what, expected, path: &str| {
        refuses(what, expected, |wheel| {
            wheel.add(path, "content");
        });
    };
    data("an unknown key", "one of the folders that `.data` can have", "tiny_pkg-1.0.data/etc/passwd");
    data("no key", "one of the folders that `.data` can have", "tiny_pkg-1.0.data/file");
    data("a key in another case", "one of the folders that `.data` can have", "tiny_pkg-1.0.data/Scripts/run");
    data("another project's data", "not this wheel's", "other-1.0.data/scripts/run");
    data("another version's data", "not this wheel's", "tiny_pkg-1.1.data/scripts/run");
    data("a file over a file", "one place", "tiny_pkg-1.0.data/purelib/tiny_pkg/__init__.py");
    data("a file over a folder", "one place", "tiny_pkg-1.0.data/data/tiny_pkg");
    data("a folder over a file", "one place", "tiny_pkg-1.0.data/data/tiny_pkg/run.sh/x");
    let into_info = "would be installed into a `.dist-info` folder";
    data("over RECORD", into_info, "tiny_pkg-1.0.data/data/tiny_pkg-1.0.dist-info/RECORD");
    data("over INSTALLER", into_info, "tiny_pkg-1.0.data/purelib/tiny_pkg-1.0.dist-info/INSTALLER");
    data("over METADATA", into_info, "tiny_pkg-1.0.data/platlib/tiny_pkg-1.0.dist-info/METADATA");
    data("entry points past the check", into_info, "tiny_pkg-1.0.data/purelib/tiny_pkg-1.0.dist-info/entry_points.txt");
    data("another distribution", into_info, "tiny_pkg-1.0.data/data/evil-9.dist-info/METADATA");
    data("another distribution in capitals", into_info, "tiny_pkg-1.0.data/data/evil-9.DIST-INFO/METADATA");
    data("a data folder in capitals", "not this wheel's", "tiny_pkg-1.0.DATA/scripts/run");
    refuses("two keys, one place", "one place", |wheel| {
        wheel.add("tiny_pkg-1.0.data/purelib/a.py", "1").add("tiny_pkg-1.0.data/platlib/a.py", "2");
    });
    refuses("two scripts, one place", "one place", |wheel| {
        wheel.add("tiny_pkg-1.0.data/scripts/run", "1").add("tiny.pkg-1.data/scripts/run", "2");
    });
    refuses("two files of one size and CRC, one place", "one place", |wheel| {
        wheel.add("tiny_pkg-1.0.data/purelib/a.py", "plumless").add("tiny_pkg-1.0.data/platlib/a.py", "buckeroo");
    });
    refuses("an entry point over a folder", "one place", |wheel| {
        wheel.add("bin/run/x", "1").add(&in_info("entry_points.txt"), "[console_scripts]\nrun = tiny_pkg:main\n");
    });
    refuses("a link among the data", "symbolic link", |wheel| {
        wheel.entries.push(RawEntry::stored("tiny_pkg-1.0.data/data/link", b"/etc").mode(0o120_777));
    });
}

#[test]
pub(super) fn entry_points() {
    let script = |line: &str, expected: &str| {
        for group in ["console_scripts", "gui_scripts"] {
            let text = format!("[{group}]\n{line}\n");
            refuses(line, expected, |wheel| {
                wheel.add(&in_info("entry_points.txt"), &text);
            });
        }
    };
    script("../evil = tiny_pkg:main", "`.` or `..`");
    script("../../tiny_pkg/__init__.py = tiny_pkg:main", "`.` or `..`");
    script("/usr/bin/evil = tiny_pkg:main", "absolute");
    script("a/b = tiny_pkg:main", "not that of a file");
    script("a\\b = tiny_pkg:main", "backslash");
    script(".. = tiny_pkg:main", "`.` or `..`");
    script(". = tiny_pkg:main", "`.` or `..`");
    script("= tiny_pkg:main", "it is empty");
    script("C:evil = tiny_pkg:main", "drive letter");
    script("e\u{7}vil = tiny_pkg:main", "control character");
    script("e\0vil = tiny_pkg:main", "control character");
    script("run = tiny_pkg", "not of the form module:function");
    script("run = :main", "not of the form module:function");
    script("run = tiny_pkg:", "not of the form module:function");
    script("run = tiny pkg:main", "not of the form module:function");
    script("run = os:system('x') or print", "not of the form module:function");
    script("run = os; import evil:main", "not of the form module:function");
    script("run = tiny_pkg:main; evil()", "not of the form module:function");
    script("run = tiny-pkg:main", "not of the form module:function");
    script("run = 1tiny:main", "not of the form module:function");
    script("run = ..tiny:main", "not of the form module:function");
    script("run", "not of the form name = value");
    script("run = a:b\nrun = c:d", "two entry points have its name");
    let many: Vec<String> = (0..=10_000).map(|number| format!("run{number}=a:b")).collect();
    script(&many.join("\n"), "more than 10000 scripts");
    refuses("an entry without group", "not of the form name = value", |wheel| {
        wheel.add(&in_info("entry_points.txt"), "run = a:b\n");
    });
    refuses("not UTF-8", "not UTF-8", |wheel| {
        wheel.entries.push(RawEntry::new(&in_info("entry_points.txt"), b"[console_scripts]\ncaf\xe9 = a:b\n"));
    });
}

#[test]
pub(super) fn archives() {
    refuses("an archive with a name that leads outside", "`.` or `..`", |wheel| {
        wheel.add("../evil.py", "");
    });
    refuses("an archive with another local header", "another compression method", |wheel| {
        wheel.entries[0].local.method = 0;
    });
    refuses("content with another CRC", "checksum (CRC) is another one", |wheel| {
        wheel.record = Some(wheel.true_record().into_bytes());
        wheel.entries[0].both(|header| header.crc32 ^= 1);
    });
}
