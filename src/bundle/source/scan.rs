//! Looking into the files that are taken, so that no credential of the run and no private key goes with them.
//!
//! A file that the user includes by name is not looked into. Every form in which a credential is usually written
//! counts: as it is, percent-encoded as in URLs, and with the escapes of JSON. Credentials that are ordinary words
//! count only where a value stands, and very short ones not at all: they would be found everywhere.

use std::io::Read;
use std::path::Path;

use aho_corasick::AhoCorasick;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rayon::prelude::*;

use super::collect::SourceFiles;
use super::credential_text::KEY_HEADERS;
use super::file::SourceFile;
use crate::bundle::BundleError;
use crate::http::Secret;

/// Shortest credential that is looked for, bytes.
const SECRET_LEAST: usize = 6;
/// Length from which a credential counts even inside a longer word, bytes.
const UNMISTAKABLE: usize = 16;
/// What programs encode in the userinfo of a URL; some encode the rest too.
const USERINFO: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Bytes that are looked at together.
const CHUNK_BYTES: usize = 8 << 20;
/// Bytes around a find that decide whether it is one.
const AROUND: usize = 128;

/// Refuses files in which a credential of this run or a private key stands; all of them are named.
pub(crate) fn refuse_secrets(source: &SourceFiles, secrets: &[Secret]) -> Result<(), BundleError> {
    let finder = Finder::new(secrets);
    let looked_at: Vec<&SourceFile> = source.files.iter().filter(|file| !file.is_included).collect();
    let found = looked_at.par_iter().map(|file| {
        let read_error = |error| BundleError::ReadSource { path: file.from.clone(), source: error };
        let is_code = is_code(file.path.as_str());
        let found = file.open().and_then(|content| finder.look_into(content, is_code)).map_err(read_error)?;
        Ok(found.map(|found| (file.path.as_str().to_owned(), found)))
    });
    let files: Vec<_> = found.filter_map(Result::transpose).collect::<Result<_, BundleError>>()?;
    if files.is_empty() { Ok(()) } else { Err(BundleError::HoldsSecret { files }) }
}

/// Whether texts in a file are quoted more often than meant: the header of a key alone is no key there.
fn is_code(path: &str) -> bool {
    const CODE: [&str; 14] = ["py", "pyi", "pyx", "js", "mjs", "cjs", "ts", "go", "rs", "java", "c", "h", "cpp", "sh"];
    Path::new(path).extension().is_some_and(|extension| CODE.iter().any(|code| extension.eq_ignore_ascii_case(code)))
}

/// What a pattern stands for.
#[derive(Clone, Copy)]
enum Kind {
    /// The header of a key. One that only keys have needs nothing behind it.
    Key { is_plain: bool },
    /// A credential; an ordinary word counts only as a value.
    Credential { is_word: bool },
}

/// Everything that is looked for, at once.
struct Finder {
    automaton: AhoCorasick,
    kinds: Vec<Kind>,
    longest: usize,
}

impl Finder {
    fn new(secrets: &[Secret]) -> Self {
        let key = |text: &&str| ((*text).to_owned(), Kind::Key { is_plain: text.starts_with("PuTTY") });
        let mut patterns: Vec<(String, Kind)> = KEY_HEADERS.iter().map(key).collect();
        for secret in secrets.iter().map(Secret::reveal).filter(|secret| secret.len() >= SECRET_LEAST) {
            let is_word = secret.bytes().all(|byte| byte.is_ascii_lowercase()) && secret.len() < UNMISTAKABLE;
            let encoded = [USERINFO, NON_ALPHANUMERIC].map(|set| utf8_percent_encode(secret, set).to_string());
            for form in encoded.into_iter().chain([secret.to_owned(), secret.replace('/', "\\/")]) {
                if patterns.iter().all(|(known, _)| *known != form) {
                    patterns.push((form, Kind::Credential { is_word }));
                }
            }
        }
        let longest = patterns.iter().map(|(text, _)| text.len()).max().unwrap_or_default();
        let (texts, kinds): (Vec<_>, Vec<_>) = patterns.into_iter().unzip();
        let automaton = AhoCorasick::new(texts).expect("a few short texts make a small automaton");
        Self { automaton, kinds, longest }
    }

    /// The first thing in a file that must not leave the machine.
    fn look_into(&self, mut file: impl Read, is_code: bool) -> std::io::Result<Option<&'static str>> {
        let kept_back = self.longest + 2 * AROUND;
        let (mut buffer, mut is_first) = (Vec::new(), true);
        loop {
            let wanted = CHUNK_BYTES as u64;
            let is_end = (&mut file).take(wanted).read_to_end(&mut buffer)? < CHUNK_BYTES;
            let piece = Piece { bytes: &buffer, is_first, is_end, is_code: is_code || buffer.contains(&0) };
            if let Some(found) = self.find(&piece) {
                return Ok(Some(found));
            }
            if is_end {
                return Ok(None);
            }
            buffer.drain(..buffer.len().saturating_sub(kept_back));
            is_first = false;
        }
    }

    fn find(&self, piece: &Piece<'_>) -> Option<&'static str> {
        self.automaton.find_overlapping_iter(piece.bytes).find_map(|found| {
            // What lies too near to an end is decided with the neighbouring piece, which holds it again.
            let is_whole = (piece.is_first || found.start() >= AROUND)
                && (piece.is_end || found.end() + AROUND <= piece.bytes.len());
            let (before, after) = (&piece.bytes[..found.start()], &piece.bytes[found.end()..]);
            let found = match self.kinds[found.pattern().as_usize()] {
                Kind::Key { is_plain } => {
                    (is_plain && !piece.is_code || begins_key(after, piece.is_code)).then_some("a private key")
                }
                Kind::Credential { is_word } => {
                    is_credential(before, after, found.len(), is_word).then_some("a credential of this run")
                }
            };
            found.filter(|_| is_whole)
        })
    }
}

/// A part of a file.
struct Piece<'a> {
    bytes: &'a [u8],
    is_first: bool,
    is_end: bool,
    is_code: bool,
}

/// Whether what follows on the header of a key is one: programs that read keys have the header in them too.
fn begins_key(after: &[u8], is_code: bool) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let after = &after[..after.len().min(AROUND)];
    let spaces = after.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    let (text, breaks) = skip_breaks(&after[spaces..]);
    if breaks == 0 {
        let run = text.iter().take_while(|byte| is_base64(byte)).count();
        return run >= UNMISTAKABLE || (text.is_empty() && !is_code);
    }
    !is_code || text.first().is_some_and(is_base64)
}

/// Steps over ends of lines, also those that are written as `\n` or `\\n`; gives how many bytes they took.
fn skip_breaks(text: &[u8]) -> (&[u8], usize) {
    let mut rest = text;
    loop {
        let next =
            [&b"\n"[..], b"\r", b"\\n", b"\\r", b"\\\\n", b"\\\\r"].iter().find_map(|end| rest.strip_prefix(*end));
        let blank = || rest.strip_prefix(b" ").filter(|_| rest.len() < text.len());
        match next.or_else(blank) {
            Some(next) => rest = next,
            None => return (rest, text.len() - rest.len()),
        }
    }
}

/// Whether a text that reads like a credential is one, by what stands around it.
fn is_credential(before: &[u8], after: &[u8], length: usize, is_word: bool) -> bool {
    if length >= UNMISTAKABLE {
        return true;
    }
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    if is_part(before.last()) || is_part(after.first()) {
        return false;
    }
    if !is_word {
        return true;
    }
    let quoted = before.iter().rev().find(|byte| !matches!(byte, b'"' | b'\'' | b' '));
    matches!(quoted, Some(b'=' | b':')) || before.ends_with(b"password ")
}

#[cfg(test)]
mod tests {
    use super::{AROUND, CHUNK_BYTES, Finder};
    use crate::http::Secret;

    fn check(content: &[u8], is_code: bool, expected: Option<&str>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), content).unwrap();
        let secrets = ["t0ken-of-ours/x", "hunter", "abc"].map(Secret::new);
        let found = Finder::new(&secrets).look_into(file.reopen().unwrap(), is_code).unwrap();
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(&content[..content.len().min(200)]));
    }

    #[test]
    fn private_keys() {
        let key = Some("a private key");
        for text in [
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n",
            "x = '''-----BEGIN PRIVATE KEY-----\r\nMIIE\n'''",
            "{\"private_key\": \"-----BEGIN PRIVATE KEY-----\\nMIIE\"}",
            "KEY=-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXktdjEAAAAA",
            "PuTTY-User-Key-File-3: ssh-ed25519 AAAAAAAAAAAAAA\n",
        ] {
            let is_code = text.starts_with("x =");
            check(text.as_bytes(), is_code, key);
        }
        check(b"-----BEGIN EC PRIVATE KEY-----", false, key);
        for text in [
            "if text.startswith(\"-----BEGIN PRIVATE KEY-----\"):",
            "pem = \"-----BEGIN PRIVATE KEY-----\\n\" + key",
            "pem = f\"-----BEGIN PRIVATE KEY-----\\n{key}\\n\"",
        ] {
            check(text.as_bytes(), true, None);
        }
        check(b"\0-----BEGIN RSA PRIVATE KEY-----\0-----END", false, None);
        check(b"-----BEGIN CERTIFICATE-----\nMIIE", false, None);
    }

    #[test]
    fn credentials_of_the_run() {
        let credential = Some("a credential of this run");
        check(b"TOKEN = \"t0ken-of-ours/x\"", true, credential);
        check(b"https://u:t0ken%2Dof%2Dours%2Fx@host", false, credential);
        check(b"{\"t\": \"t0ken-of-ours\\/x\"}", false, credential);
        check(b"password = \"hunter\"", true, credential);
        check(b"https://me:hunter@host", false, credential);
        check(b"machine m login l password hunter", false, credential);
        check(b"the hunter and the hunters = abc", false, None);
        check(b"at0ken-of-ours/x", false, None);
    }

    #[test]
    fn finds_across_pieces() {
        for at in [CHUNK_BYTES - 20, CHUNK_BYTES - 5, CHUNK_BYTES, CHUNK_BYTES - AROUND, 2 * CHUNK_BYTES - 7] {
            let mut content = vec![b' '; at];
            content.extend_from_slice(b"t0ken-of-ours/x");
            content.extend(vec![b' '; 300]);
            check(&content, false, Some("a credential of this run"));
        }
    }
}
