//! RECORD: every file of a distribution with its digest and size ("Recording installed projects", "The RECORD file").

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::{HashAlgorithm, HashDigest, line_at};

/// What is said of a digest that proves nothing, whether it fits or not.
pub(crate) const WEAK_HASH: &str = "has a hash in RECORD that proves nothing: sha256, sha384 or sha512 is needed";

/// One line of a RECORD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordEntry {
    /// The path as written; nothing is known about where it leads.
    pub path: String,
    /// Digest, where given.
    pub hash: Option<HashDigest>,
    /// Size in bytes, where given.
    pub size: Option<u64>,
    /// Line of the file that it starts on, from 1.
    pub line: usize,
}

/// One line of a RECORD as it stands there, for whoever judges the lines one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLine {
    /// The path as written; nothing is known about where it leads.
    pub path: String,
    /// Digest, where given; the error says why the text is none.
    pub hash: Result<Option<HashDigest>, &'static str>,
    /// Size in bytes, where given; the error says why the text is none.
    pub size: Result<Option<u64>, &'static str>,
    /// Line of the file that it starts on, from 1.
    pub line: usize,
}

/// A RECORD that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of RECORD {reason}")]
pub struct RecordError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Parses a RECORD of which every line has to be right.
///
/// # Errors
/// The first line that is malformed, by its number.
pub fn parse_record(bytes: &[u8]) -> Result<Vec<RecordEntry>, RecordError> {
    let entry = |RecordLine { path, hash, size, line }| {
        let fail = |reason| RecordError { line, reason };
        Ok(RecordEntry { path, hash: hash.map_err(fail)?, size: size.map_err(fail)?, line })
    };
    read_record(bytes)?.into_iter().map(entry).collect()
}

/// Reads the lines of a RECORD: UTF-8, comma-separated as Python's `csv` module writes it: path, hash and size,
/// and whatever some tools put behind these.
pub(crate) fn read_record(bytes: &[u8]) -> Result<Vec<RecordLine>, RecordError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| RecordError { line: line_at(bytes, error.valid_up_to()), reason: "is not UTF-8" })?;
    let mut entries = Vec::new();
    let mut rows = Rows { rest: text, line: 1 };
    while let Some((line, fields)) = rows.next_row()? {
        let fail = |reason| RecordError { line, reason };
        match fields.as_slice() {
            // An empty line.
            [only] if only.is_empty() => {}
            [path, hash, size, more @ ..] => {
                let (hash, size) = (parse_hash(hash), parse_size(size));
                // Fields that nobody has defined, as pip passes over. Where the first three are not what they should be,
                // a comma of the path may have cut them.
                if !more.is_empty() && (hash.is_err() || size.is_err()) {
                    return Err(fail("has more than three fields, and the first are not path, hash and size"));
                }
                entries.push(RecordLine { path: path.clone(), hash, size, line });
            }
            _ => return Err(fail("does not have the three fields path, hash and size")),
        }
    }
    Ok(entries)
}

/// Writes one line of a RECORD; without digest for RECORD itself.
pub fn write_record_line(out: &mut String, path: &str, proof: Option<(&HashDigest, u64)>) {
    use std::fmt::Write as _;
    if path.contains([',', '"', '\r', '\n']) {
        let _ = write!(out, "\"{}\"", path.replace('"', "\"\""));
    } else {
        out.push_str(path);
    }
    match proof {
        Some((digest, size)) => {
            let _ = writeln!(out, ",{}={},{size}", digest.algorithm().as_str(), URL_SAFE_NO_PAD.encode(digest.bytes()));
        }
        None => out.push_str(",,\n"),
    }
}

fn parse_hash(field: &str) -> Result<Option<HashDigest>, &'static str> {
    if field.is_empty() {
        return Ok(None);
    }
    let (name, encoded) = field.split_once('=').ok_or("has a hash that is not of the form algorithm=digest")?;
    // The format rules md5 and everything weaker than sha256 out.
    let algorithm = HashAlgorithm::of(name).ok_or(WEAK_HASH)?;
    // The format says base64; uv_build before 0.8 wrote hexadecimal digits, which no base64 of the same digest is as
    // long as.
    if encoded.len() == algorithm.digest_len() * 2 {
        return HashDigest::from_hex(algorithm, encoded).map(Some).map_err(|_| "has a malformed hash");
    }
    // Some tools write the plain alphabet of base64, with padding: the same digest in other letters.
    let encoded = encoded.trim_end_matches('=');
    let bytes = URL_SAFE_NO_PAD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded)).ok();
    let digest = bytes.and_then(|bytes| HashDigest::from_bytes(algorithm, &bytes));
    digest.ok_or("has a malformed hash").map(Some)
}

/// A path of RECORD as an archive would spell it: some tools write `\`, and `/` or `./` in front.
pub(crate) fn normalized_record_path(path: &str) -> String {
    let path = path.replace('\\', "/");
    let components: Vec<&str> =
        path.split('/').filter(|component| !component.is_empty() && *component != ".").collect();
    components.join("/")
}

fn parse_size(field: &str) -> Result<Option<u64>, &'static str> {
    if field.is_empty() {
        return Ok(None);
    }
    let digits = field.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| field.parse().ok()).flatten().map(Some).ok_or("has a malformed size")
}

/// Splits a text into rows of fields by the rules of Python's `csv` module, default dialect, strict.
struct Rows<'a> {
    rest: &'a str,
    line: usize,
}

impl Rows<'_> {
    fn next_row(&mut self) -> Result<Option<(usize, Vec<String>)>, RecordError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let start = self.line;
        let mut fields = Vec::with_capacity(3);
        loop {
            fields.push(self.next_field()?);
            let mut chars = self.rest.chars();
            match chars.next() {
                Some(',') => self.rest = chars.as_str(),
                end => {
                    if end == Some('\r') && chars.as_str().starts_with('\n') {
                        chars.next();
                    }
                    self.rest = chars.as_str();
                    self.line += 1;
                    return Ok(Some((start, fields)));
                }
            }
        }
    }

    /// Takes a field and leaves what ends it.
    fn next_field(&mut self) -> Result<String, RecordError> {
        let Some(mut quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find([',', '\r', '\n']).unwrap_or(self.rest.len());
            let (field, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Ok(field.to_owned());
        };
        let mut field = String::new();
        loop {
            let Some((text, rest)) = quoted.split_once('"') else {
                return Err(RecordError { line: self.line, reason: "has a quote that is not closed" });
            };
            field.push_str(text);
            self.line += text.matches('\n').count();
            if let Some(rest) = rest.strip_prefix('"') {
                field.push('"');
                quoted = rest;
                continue;
            }
            if !rest.is_empty() && !rest.starts_with([',', '\r', '\n']) {
                return Err(RecordError { line: self.line, reason: "has text behind a closing quote" });
            }
            self.rest = rest;
            return Ok(field);
        }
    }
}
