//! RECORD of a wheel, held against the archive; RECORD of an installed distribution, written anew.

use std::collections::{HashMap, HashSet};

use super::error::{RecordFault, WheelFault};
use super::installed::InstalledFile;
use super::judgement::{Agreement, Disagreement, is_executed};
use crate::archive::{SafePath, ZipEntry, ZipReader};
use crate::spec::{HashDigest, RecordLine, WEAK_HASH, normalized_record_path, read_record, write_record_line};

/// A wheel's RECORD, compared with the directory of its archive.
#[derive(Debug)]
pub(super) struct Record {
    lines: HashMap<String, RecordLine>,
    /// Where the two disagree, as far as names and sizes tell.
    disagreements: Vec<Disagreement>,
}

/// A wheel whose RECORD is being compared.
#[derive(Clone, Copy)]
pub(super) struct Compared<'a> {
    pub(super) archive: &'a ZipReader,
    /// The entries that are files.
    pub(super) files: &'a [&'a ZipEntry],
    pub(super) dist_info: &'a SafePath,
}

impl Record {
    /// Compares a RECORD, `None` where the wheel has none, with the names and sizes of the archive.
    pub(super) fn compare(bytes: Option<&[u8]>, wheel: Compared<'_>) -> Result<Self, WheelFault> {
        let mut record = Self { lines: HashMap::new(), disagreements: Vec::new() };
        let own_path = in_folder(wheel.dist_info, "RECORD");
        let contradiction = |fault| Disagreement { agreement: Agreement::Contradiction, path: String::new(), fault };
        match bytes.map(read_record) {
            None => record.disagreements.push(contradiction(RecordFault::Missing(own_path.to_string()))),
            Some(Err(error)) => record.disagreements.push(contradiction(error.into())),
            Some(Ok(lines)) => {
                for line in lines {
                    record.add(line);
                }
                record.compare_files(&own_path, wheel)?;
            }
        }
        Ok(record)
    }

    /// The digest that RECORD gives for a file; `None` for RECORD itself and where there is none to compare with.
    pub(super) fn promised(&self, path: &str) -> Option<&HashDigest> {
        self.lines.get(path)?.hash.as_ref().ok()?.as_ref()
    }

    /// Takes a line: paths are spelled with `/`, and without what stands for the top of the wheel in front of them.
    fn add(&mut self, mut line: RecordLine) {
        let path = normalized_record_path(&line.path);
        if let Err(error) = SafePath::new(&path) {
            let fault = RecordFault::Path { path: line.path.clone(), reason: error.reason };
            let disagreement = Disagreement { agreement: Agreement::Contradiction, path: line.path, fault };
            self.disagreements.push(disagreement);
            return;
        }
        line.path.clone_from(&path);
        match self.lines.get_mut(&path) {
            None => drop(self.lines.insert(path, line)),
            Some(known) if (&known.hash, &known.size) == (&line.hash, &line.size) => {}
            Some(known) => known.hash = Err("is in RECORD twice, with different digests"),
        }
    }

    fn compare_files(&mut self, own_path: &SafePath, wheel: Compared<'_>) -> Result<(), WheelFault> {
        let mut found = 0;
        let mut disagreements = Vec::new();
        for file in wheel.files {
            let path = file.path.as_str();
            let mut out_of_step = |reason| disagreements.push(disagreement(Agreement::OutOfStep, path, reason));
            let line = self.lines.get(path);
            found += usize::from(line.is_some());
            match line {
                _ if is_signature(path, wheel.dist_info) => {}
                None if path == own_path.as_str() => {}
                None => out_of_step("is in the archive, but not in RECORD"),
                Some(line) if path == own_path.as_str() => {
                    if !matches!(line.hash, Ok(None)) {
                        out_of_step("has a hash in RECORD, which cannot hold its own");
                    }
                }
                Some(RecordLine { hash: Ok(None), .. }) => out_of_step("has no hash in RECORD"),
                Some(RecordLine { hash: Err(WEAK_HASH), .. }) => out_of_step(WEAK_HASH),
                Some(line) => {
                    if let Some(reason) = contradicts(line, file) {
                        disagreements.push(contradicted(file, wheel, reason)?);
                    }
                }
            }
        }
        if found != self.lines.len() {
            let there: HashSet<&str> = wheel.files.iter().map(|file| file.path.as_str()).collect();
            let missing = self.lines.keys().filter(|path| !there.contains(path.as_str()));
            let reason = "is in RECORD, but not in the archive";
            disagreements.extend(missing.map(|path| disagreement(Agreement::OutOfStep, path, reason)));
        }
        self.disagreements.append(&mut disagreements);
        Ok(())
    }

    /// All disagreements, now that the contents of `differing` are known not to have their promised digests.
    pub(super) fn with_contents<'b>(
        &self,
        differing: impl Iterator<Item = &'b ZipEntry>,
        wheel: Compared<'_>,
    ) -> Result<Vec<Disagreement>, WheelFault> {
        let mut disagreements = self.disagreements.clone();
        let known: HashSet<&str> = self.disagreements.iter().map(|known| known.path.as_str()).collect();
        for file in differing.filter(|file| !known.contains(file.path.as_str())) {
            if !is_signature(file.path.as_str(), wheel.dist_info) {
                disagreements.push(contradicted(file, wheel, "has another digest than RECORD says")?);
            }
        }
        Ok(disagreements)
    }
}

/// Why a line of RECORD cannot be true of a file, as far as the directory of the archive tells; `None`: it may be.
fn contradicts(line: &RecordLine, file: &ZipEntry) -> Option<&'static str> {
    match (&line.hash, &line.size) {
        (Err(reason), _) | (_, Err(reason)) => Some(reason),
        (_, Ok(Some(size))) if *size != file.span.size => Some("has another size than RECORD says"),
        _ => None,
    }
}

fn disagreement(agreement: Agreement, path: &str, reason: &'static str) -> Disagreement {
    let fault = RecordFault::File { path: path.to_owned(), reason };
    Disagreement { agreement, path: path.to_owned(), fault }
}

/// A file that is not what RECORD says of it.
fn contradicted(file: &ZipEntry, wheel: Compared<'_>, reason: &'static str) -> Result<Disagreement, WheelFault> {
    let executed = is_executed(file, wheel.dist_info, wheel.archive)?;
    let agreement = if executed { Agreement::Contradiction } else { Agreement::OutOfStep };
    Ok(disagreement(agreement, file.path.as_str(), reason))
}

/// Writes the RECORD of an installed distribution: every file with digest and size, sorted by path, itself without.
pub(super) fn write_record<'a>(files: impl Iterator<Item = &'a InstalledFile>, own_path: &SafePath) -> Vec<u8> {
    let mut lines: Vec<(&str, Option<(&HashDigest, u64)>)> =
        files.map(|file| (file.path.as_str(), Some((&file.sha256, file.size)))).collect();
    lines.push((own_path.as_str(), None));
    lines.sort_unstable_by_key(|(path, _)| *path);
    let mut text = String::new();
    for (path, proof) in lines {
        write_record_line(&mut text, path, proof);
    }
    text.into_bytes()
}

/// Signatures of wheels, which the format has given up (PEP 815): they are made after RECORD, and nobody checks them.
fn is_signature(path: &str, dist_info: &SafePath) -> bool {
    let name = path.strip_prefix(dist_info.as_str()).and_then(|rest| rest.strip_prefix('/'));
    name.is_some_and(|name| name == "RECORD.jws" || name.strip_suffix(".p7s").is_some_and(|name| !name.contains('/')))
}

/// A file in a folder that is known to be safe.
pub(super) fn in_folder(folder: &SafePath, name: &'static str) -> SafePath {
    SafePath::new(name).expect("names of the format are safe").prefixed(folder)
}
