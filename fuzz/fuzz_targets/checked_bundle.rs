//! Bundles: whatever lies in them, `check` comes to an end, and to the same one again.
//!
//! The input is a list of files, each a line with its path and then its content, with two bytes 0xff between them. They
//! become a zip, so that imports are followed over several modules and RECORD, METADATA and native objects are read as
//! well.

#![no_main]

use std::io::Write as _;

use barrow::check::{CheckOptions, Grade, check};
use barrow::target::{Architecture, Target};
use libfuzzer_sys::fuzz_target;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("barrow-fuzz-{}.zip", std::process::id()));
    if fs_err::write(&path, archive(bytes)).is_err() {
        return;
    }
    let target = Target::new("python3.13".parse().expect("a runtime"), Architecture::X86_64);
    let options = CheckOptions { handlers: vec!["app.handler".to_owned()], ..CheckOptions::new(path, target) };
    let Ok(report) = check(&options) else { return };
    let again = check(&options).expect("it could be read before");
    assert_eq!(report.findings, again.findings);
    assert!(report.findings.is_sorted_by(|a, b| a.grade >= b.grade));
    assert!(report.findings.iter().all(|finding| finding.grade == Grade::Note || !finding.message.is_empty()));
});

/// A zip of the files that the input lists; of those with one name the first.
fn archive(bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o644);
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.windows(2).position(|two| two == [0xff, 0xff]).unwrap_or(rest.len());
        let file = &rest[..end];
        rest = rest.get(end + 2..).unwrap_or_default();
        let line = file.iter().position(|byte| *byte == b'\n').unwrap_or(file.len());
        let name = String::from_utf8_lossy(&file[..line]).into_owned();
        if writer.start_file(name, options).is_ok() {
            let _ = writer.write_all(file.get(line + 1..).unwrap_or_default());
        }
    }
    writer.finish().map(std::io::Cursor::into_inner).unwrap_or_default()
}
