//! Places of this machine in the metadata of a wheel that was built here.
//!
//! poetry-core writes what a project requires by path as `name @ file:///…`, with the path of the folder in which it was
//! built: another one in each run. A bundle holds no path of the machine that made it. So the name stays in the wheel, and
//! whoever chooses versions gets the place beside it: a name that is tied to a place is asked from nowhere else.

use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use fs_err as fs;

use super::BuildError;
use crate::archive::{ArchiveError, Limits, ZipReader, ZipSink, ZipWriter, deflate};
use crate::spec::{sha256, write_record_line};

/// Largest METADATA or RECORD that is read, bytes.
const TEXT_MOST: u64 = 64 << 20;

/// What stands before a requirement in METADATA.
const FIELD: &str = "Requires-Dist:";

/// Takes places of this machine out of the requirements of a built wheel; one without any stays as it is. Gives these
/// requirements as they were.
pub(super) fn leave_out(wheel: &Path, label: &str, limits: &Limits) -> Result<Vec<String>, BuildError> {
    let unreadable = |source| BuildError::Unpack { label: label.to_owned(), source };
    let failed = |source| BuildError::File { action: "write", path: wheel.to_owned(), source };
    let reader = ZipReader::open(wheel, limits).map_err(unreadable)?;
    let Some(Changed { metadata, record, placed }) = changed(&reader).map_err(unreadable)? else {
        return Ok(Vec::new());
    };
    let made = wheel.with_extension("part");
    let mut writer = ZipWriter::new(fs::File::create(&made).map_err(failed)?);
    for entry in reader.entries().iter().filter(|entry| !entry.is_folder) {
        let new = [&metadata, &record].into_iter().find(|(path, _)| *path == entry.path.as_str());
        match new {
            Some((_, text)) => writer.add(&entry.path, entry.is_executable, &deflate(text.as_bytes())),
            None => writer.splice(&entry.path, entry.is_executable, reader.file(), &entry.span),
        }
        .map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    fs::rename(&made, wheel).map_err(failed)?;
    Ok(placed)
}

/// A file of the wheel with its new text.
type NewText = (String, String);

/// METADATA without places, the RECORD that goes with it, and the requirements that had places.
struct Changed {
    metadata: NewText,
    record: NewText,
    placed: Vec<String>,
}

/// What becomes of a wheel with places; `None`: it has none.
fn changed(wheel: &ZipReader) -> Result<Option<Changed>, ArchiveError> {
    let is_metadata = |path: &str| path.strip_suffix("/METADATA").is_some_and(|at| at.ends_with(".dist-info"));
    let Some(entry) = wheel.entries().iter().find(|entry| is_metadata(entry.path.as_str())) else { return Ok(None) };
    let path = entry.path.as_str().to_owned();
    let old = wheel.read(entry, TEXT_MOST)?;
    let Some((text, placed)) = std::str::from_utf8(&old).ok().and_then(without_places) else { return Ok(None) };
    let record_path = path.replace("/METADATA", "/RECORD");
    let Some(record) = wheel.entry(&record_path) else { return Ok(None) };
    let Ok(record) = String::from_utf8(wheel.read(record, TEXT_MOST)?) else { return Ok(None) };
    let mut line = String::new();
    write_record_line(&mut line, &path, Some((&sha256(text.as_bytes()), text.len() as u64)));
    let lines = record.lines().map(|old| match old.strip_prefix(path.as_str()) {
        Some(rest) if rest.starts_with(',') => line.clone(),
        _ => format!("{old}\n"),
    });
    let record = lines.collect();
    Ok(Some(Changed { metadata: (path, text), record: (record_path, record), placed }))
}

/// The text of METADATA with requirements by name alone where a place of this machine was given, and these requirements
/// as they were; `None`: there are none.
fn without_places(text: &str) -> Option<(String, Vec<String>)> {
    let (mut new, mut is_head, mut placed) = (String::with_capacity(text.len()), true, Vec::new());
    for line in text.split_inclusive('\n') {
        is_head &= !line.trim_end().is_empty();
        let place = if is_head && line.starts_with(FIELD) { line.find("@ file:") } else { None };
        let Some(at) = place else {
            new.push_str(line);
            continue;
        };
        placed.push(line.trim_start_matches(FIELD).trim().to_owned());
        new.push_str(line[..at].trim_end());
        // A marker stands behind a space, because a URL may have a semicolon in it (PEP 508).
        match line[at..].find(" ;") {
            Some(marker) => new.push_str(&line[at + marker..]),
            None => new.push('\n'),
        }
    }
    (!placed.is_empty()).then_some((new, placed))
}

impl ZipSink for fs::File {
    fn append(&mut self, from: &std::fs::File, offset: u64, length: u64) -> io::Result<()> {
        let (mut buffer, end) = (vec![0; 1 << 16], offset + length);
        let mut at = offset;
        while at < end {
            let wanted = usize::try_from(end - at).unwrap_or(usize::MAX).min(buffer.len());
            from.read_exact_at(&mut buffer[..wanted], at)?;
            self.write_all(&buffer[..wanted])?;
            at += wanted as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_and_its_place_goes() {
        let check = |old: &str, new: Option<&str>| {
            assert_eq!(without_places(old).map(|(text, _)| text).as_deref(), new, "{old}");
        };
        check(
            "Name: lib\nRequires-Dist: two @ file:///tmp/x/two\nRequires-Dist: a[b] @ file:///y ; extra == \"z\"\nX: y\n\nRequires-Dist: t @ file:///t\n",
            Some(
                "Name: lib\nRequires-Dist: two\nRequires-Dist: a[b] ; extra == \"z\"\nX: y\n\nRequires-Dist: t @ file:///t\n",
            ),
        );
        check("Requires-Dist: two @ file:///tmp/x/two\r\n", Some("Requires-Dist: two\n"));
        check("Requires-Dist: two @ https://host/two.whl\nSummary: see @ file:///x\n", None);
        let (_, placed) =
            without_places("Requires-Dist: b\nRequires-Dist: a[c] @ file:///y ; extra == \"z\"\r\n").unwrap();
        assert_eq!(placed, ["a[c] @ file:///y ; extra == \"z\""]);
    }
}
