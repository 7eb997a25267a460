//! Wheels whose own papers are wrong, and archives that are damaged or mean harm, one way each.

use crate::support::{BuiltFile, IndexServer, ZipEntry, sha256_base64, write_zip};

const WHEEL: &str = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n";
const METADATA: &str = "Metadata-Version: 2.1\nName: NAME\nVersion: 1.0\n";

/// What a wheel is made of; `NAME` in its texts is its name, `INFO` in its paths the folder of its papers.
struct Made {
    name: &'static str,
    metadata: String,
    entries: Vec<ZipEntry>,
}

impl Made {
    fn new(name: &'static str, wheel: &str, metadata: &str, more: &[(&str, &str)]) -> Self {
        let info = format!("{name}-1.0.dist-info");
        let metadata = metadata.replace("NAME", name);
        let mut entries = vec![entry(&format!("{info}/METADATA"), &metadata), entry(&format!("{info}/WHEEL"), wheel)];
        entries.extend(more.iter().map(|(path, text)| entry(&path.replace("INFO", &info), text)));
        let line =
            |entry: &ZipEntry| format!("{},sha256={},{}\n", entry.name, sha256_base64(&entry.bytes), entry.bytes.len());
        let record: String = entries.iter().map(line).collect();
        entries.push(entry(&format!("{info}/RECORD"), &record));
        Self { name, metadata, entries }
    }

    /// With files beside its papers.
    fn of_files(name: &'static str, more: &[(&str, &str)]) -> Self {
        Self::new(name, WHEEL, METADATA, more)
    }

    /// Without one of its papers.
    fn without(mut self, paper: &str) -> Self {
        self.entries.retain(|entry| !entry.name.ends_with(&format!("/{paper}")));
        self
    }

    /// With a RECORD that is made of the text of the right one.
    fn with_record(mut self, change: impl Fn(&str) -> String) -> Self {
        let record = self.entries.last_mut().unwrap();
        record.bytes = change(std::str::from_utf8(&record.bytes).unwrap()).into_bytes();
        self
    }

    /// With its last file but RECORD as something that is no file.
    fn with_mode(mut self, mode: u32) -> Self {
        let at = self.entries.len() - 2;
        self.entries[at].mode = mode;
        self
    }

    fn file(self) -> BuiltFile {
        BuiltFile {
            project: self.name.to_owned(),
            filename: format!("{}-1.0-py3-none-any.whl", self.name),
            bytes: write_zip(&self.entries),
            metadata: Some(self.metadata),
            requires_python: None,
        }
    }

    /// The same with other bytes in the place of a content, which has no room for a right checksum.
    fn damaged(self, content: &str) -> BuiltFile {
        let mut file = self.file();
        let at = file.bytes.windows(content.len()).position(|bytes| bytes == content.as_bytes()).unwrap();
        file.bytes[at] ^= 1;
        file
    }
}

fn entry(name: &str, text: &str) -> ZipEntry {
    ZipEntry { name: name.to_owned(), bytes: text.as_bytes().to_vec(), mode: 0o100_644, deflate: false }
}

/// The index with all of them.
pub(super) fn hostile(index: IndexServer) -> IndexServer {
    let of_wheel = |name, text: &str| Made::new(name, text, METADATA, &[]).file();
    let of_metadata = |name, text: &str| Made::new(name, WHEEL, text, &[]).file();
    let of_files = |name, more: &[(&str, &str)]| Made::of_files(name, more).file();
    let of_record = |name, change: &dyn Fn(&str) -> String| Made::of_files(name, &[]).with_record(change).file();
    let lying = of_files("lying", &[]);
    let long = format!("{}.py", "long".repeat(70));
    let index = index
        .file(of_wheel("later_wheel", "Wheel-Version: 2.0\nRoot-Is-Purelib: true\n"))
        .file(of_wheel("no_wheel_version", "Root-Is-Purelib: true\n"))
        .file(of_wheel("odd_wheel_version", "Wheel-Version: one\nRoot-Is-Purelib: true\n"))
        .file(of_wheel("odd_purelib", "Wheel-Version: 1.0\nRoot-Is-Purelib: perhaps\n"))
        .file(of_wheel("two_purelibs", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nRoot-Is-Purelib: false\n"))
        .file(of_metadata("later_metadata", "Metadata-Version: 9.0\nName: NAME\nVersion: 1.0\n"))
        .file(of_metadata("no_version", "Metadata-Version: 2.1\nName: NAME\n"))
        .file(of_metadata("odd_version", "Metadata-Version: 2.1\nName: NAME\nVersion: newest\n"))
        .file(of_metadata("two_names", "Metadata-Version: 2.1\nName: NAME\nName: other\nVersion: 1.0\n"))
        .file(of_metadata("other_name", "Metadata-Version: 2.1\nName: other\nVersion: 1.0\n"))
        .file(of_metadata("odd_requires", &(METADATA.to_owned() + "Requires-Dist: a b c\n")))
        .file(of_metadata("odd_marker", &(METADATA.to_owned() + "Requires-Dist: tiny; python_version >\n")))
        .file(of_metadata("no_text", "\0\u{1}\n"))
        .file(Made::of_files("no_metadata", &[]).without("METADATA").file())
        .file(Made::of_files("no_wheel_file", &[]).without("WHEEL").file())
        .file(Made::of_files("no_record", &[]).without("RECORD").file())
        .file(BuiltFile { metadata: lying.metadata.map(|text| text + "Requires-Dist: shared\n"), ..lying });
    let index = index
        .file(of_record("odd_record", &|_| "a,b\n".to_owned()))
        .file(of_record("outside_record", &|_| "../../etc/passwd,,\n".to_owned()))
        .file(of_record("odd_hash", &|text| text.replace("sha256=", "sha256=?")))
        .file(of_record("weak_hash", &|text| text.replace("sha256=", "md5=")))
        .file(of_record("odd_size", &|text| text.replace('\n', "k\n")))
        .file(of_record("absent_file", &|text| format!("{text}absent.py,,\n")))
        .file(of_record("open_quote", &|text| format!("{text}\"open,,\n")));
    index
        .file(of_files("two_infos", &[("other-1.0.dist-info/METADATA", "")]))
        .file(of_files("odd_entry_points", &[("INFO/entry_points.txt", "[console_scripts]\nno sign of a value\n")]))
        .file(of_files("escaping", &[("../../escaped.py", "")]))
        .file(of_files("absolute", &[("/etc/absolute.py", "")]))
        .file(of_files("backslash", &[("back\\slash.py", "")]))
        .file(of_files("controlled", &[("control\u{7}.py", "")]))
        .file(of_files("too_long", &[(long.as_str(), "")]))
        .file(of_files("alike", &[("alike/A.py", ""), ("alike/a.py", "x = 1\n")]))
        .file(of_files("doubled", &[("doubled.py", "1"), ("doubled.py", "2")]))
        .file(of_files("file_and_folder", &[("place", ""), ("place/inside.py", "")]))
        .file(of_files("one_place", &[("one_place.py", "1"), ("one_place-1.0.data/purelib/one_place.py", "2")]))
        .file(of_files("odd_data", &[("odd_data-1.0.data/elsewhere/x", "")]))
        .file(Made::of_files("linked", &[("linked.py", "/etc/passwd")]).with_mode(0o120_777).file())
        .file(Made::of_files("piped", &[("pipe", "")]).with_mode(0o010_644).file())
        .file(Made::of_files("damaged", &[("damaged.py", DAMAGED)]).damaged(DAMAGED))
}

/// A content that is stored, so that it is found in the archive.
const DAMAGED: &str = "content = 'something longer'\n";
