//! Zips that we write: the same bytes every time, and good for every reader.

use std::io::Write as _;

use crate::archive::{Inflater, Limits, ReadAt as _, SafePath, ZipReader, ZipSink, ZipWriter, deflate};

impl ZipSink for Vec<u8> {
    fn append(&mut self, from: &std::fs::File, offset: u64, length: u64) -> std::io::Result<()> {
        let mut bytes = vec![0; usize::try_from(length).unwrap()];
        from.read_exact_at(&mut bytes, offset)?;
        self.write_all(&bytes)
    }
}

fn path(text: &str) -> SafePath {
    SafePath::new(text).unwrap()
}

/// A wheel-like archive to splice from.
fn source() -> (tempfile::NamedTempFile, ZipReader) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let large: Vec<u8> = (0..400_000_u32).flat_map(|index| (index.wrapping_mul(2_654_435_761)).to_le_bytes()).collect();
    let mut zip = super::RawZip::honest();
    zip.push(super::builder::RawEntry::new("large.bin", &large));
    zip.push(super::builder::RawEntry::stored("stored.bin", &large));
    file.write_all(&zip.bytes()).unwrap();
    let reader = ZipReader::open(file.path(), &Limits::default()).unwrap();
    (file, reader)
}

fn write() -> Vec<u8> {
    let (_file, reader) = source();
    let mut writer = ZipWriter::new(Vec::new());
    writer.add(&path("lambda_function.py"), false, &deflate(&b"def handler(): pass\n".repeat(9))).unwrap();
    writer.add(&path("bin/tool"), true, &deflate(b"x")).unwrap();
    writer.add(&path("empty"), false, &deflate(b"")).unwrap();
    writer.add(&path("data/caf\u{e9}.txt"), false, &deflate(b"text")).unwrap();
    for entry in reader.entries() {
        let target = entry.path.prefixed(&path("wheel"));
        writer.splice(&target, entry.is_executable, reader.file(), &entry.span).unwrap();
    }
    let (bytes, size) = writer.finish().unwrap();
    assert_eq!(bytes.len() as u64, size);
    bytes
}

#[test]
fn bytes_are_the_same_every_time() {
    let bytes = write();
    assert_eq!(bytes, write());
    assert_eq!(&bytes[10..14], [0, 0, 0x21, 0], "1980-01-01 00:00");
}

#[test]
fn our_reader_takes_it() {
    let reader = ZipReader::new(write(), &Limits::default()).unwrap();
    let mut inflater = Inflater::default();
    for entry in reader.entries() {
        inflater.read(reader.file(), entry.path.as_str(), &entry.span, |_| Ok(())).unwrap();
    }
    let listed: Vec<_> =
        reader.entries().iter().map(|entry| (entry.path.as_str(), entry.is_executable, entry.span.size)).collect();
    let expected = [
        ("lambda_function.py", false, 180),
        ("bin/tool", true, 1),
        ("empty", false, 0),
        ("data/café.txt", false, 4),
        ("wheel/pkg/__init__.py", false, 36),
        ("wheel/pkg/data.bin", false, 40),
        ("wheel/other.py", false, 11),
        ("wheel/large.bin", false, 1_600_000),
        ("wheel/stored.bin", false, 1_600_000),
    ];
    assert_eq!(listed, expected);
}

#[test]
fn the_zip_crate_takes_it() {
    let bytes = write();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(archive.len(), 9);
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mode = if name == "bin/tool" { 0o100_755 } else { 0o100_644 };
        assert_eq!(file.unix_mode(), Some(mode), "{name}");
        assert_eq!(file.last_modified().map(|time| (time.year(), time.month(), time.day())), Some((1980, 1, 1)));
        std::io::copy(&mut file, &mut std::io::sink()).unwrap();
    }
}

#[test]
fn pythons_zipfile_takes_it() {
    let mut file = tempfile::Builder::new().suffix(".zip").tempfile().unwrap();
    file.write_all(&write()).unwrap();
    let Ok(output) = std::process::Command::new("python3").args(["-m", "zipfile", "-t"]).arg(file.path()).output()
    else {
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("corrupt"));
}

#[test]
fn many_entries_need_zip64() {
    let mut writer = ZipWriter::new(Vec::new());
    let content = deflate(b"");
    for index in 0..70_000 {
        writer.add(&path(&format!("{index}")), false, &content).unwrap();
    }
    let (bytes, _) = writer.finish().unwrap();
    assert_eq!(ZipReader::new(bytes.clone(), &Limits::default()).unwrap().entries().len(), 70_000);
    assert_eq!(zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap().len(), 70_000);
}

#[test]
fn an_archive_is_gone_on_with_from_its_beginning() {
    let name = |index: usize| path(&format!("{index:03}"));
    let content = |index: usize| deflate(&b"line\n".repeat(index));
    let mut whole = ZipWriter::new(Vec::new());
    let mut points = Vec::new();
    for index in 0..20 {
        points.push((whole.progress(), whole.out().clone()));
        let span = whole.add(&name(index), index % 2 == 0, &content(index)).unwrap();
        assert_eq!(span.offset + span.compressed_size, whole.progress().position);
    }
    let end = whole.progress();
    let (bytes, _) = whole.finish().unwrap();
    let directory = &bytes[usize::try_from(end.position).unwrap()..];
    for (progress, written) in points {
        let beginning = directory[..usize::try_from(progress.directory_bytes).unwrap()].to_vec();
        let mut writer = ZipWriter::resume(written, progress, beginning);
        for index in usize::try_from(progress.entries).unwrap()..20 {
            writer.add(&name(index), index % 2 == 0, &content(index)).unwrap();
        }
        assert_eq!(writer.progress(), end);
        assert_eq!(writer.finish().unwrap().0, bytes);
    }
}

#[test]
fn what_does_not_shrink_is_stored() {
    assert!(deflate(&[b'x'; 100]).deflated);
    assert!(!deflate(b"x").deflated);
    assert!(!deflate(b"").deflated);
    let noise: Vec<u8> = (0..5000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let stored = deflate(&noise);
    assert!(stored.data.len() <= noise.len());
}
