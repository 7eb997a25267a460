//! The encoding of source files (PEP 263).
//!
//! A file is UTF-8 unless one of its first two lines declares another encoding. What imports a file has is written in
//! ASCII nearly always, so a table of all characters is not needed: of encodings in which ASCII means itself it is
//! enough to know which bytes belong together. Of every other encoding nothing is known.

use super::module::SyntaxFault;
use crate::spec::{declared_encoding, line_at};

/// What the bytes of a source file say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoding {
    /// The text.
    Exact(String),
    /// The text with some letter in the place of each character that is not ASCII.
    Approximate(String),
    /// Nothing: the encoding is not known.
    Unknown,
    /// Python cannot decode it.
    Fault(SyntaxFault),
}

/// Encodings, as far as they are told apart here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    /// ASCII, and bytes from 0x80 on for all else.
    HighBytes,
    /// ASCII, and pairs whose first byte is from 0x80 on; the second one may be an ASCII letter or sign.
    Pairs,
    /// The same, with single bytes for half-width katakana.
    ShiftJis,
}

/// A letter that may stand in a name, where Python takes it for itself and for no letter of ASCII.
const LETTER: char = 'あ';

/// Decodes a source file.
pub(super) fn decode(bytes: &[u8]) -> Decoding {
    let fault = |at: usize, reason: String| {
        Decoding::Fault(SyntaxFault { line: line_at(bytes, at), reason, is_of_another_version: false })
    };
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return fault(at, "source code cannot contain null bytes".to_owned());
    }
    let (body, has_mark) = bytes.strip_prefix(b"\xef\xbb\xbf").map_or((bytes, false), |body| (body, true));
    let skipped = bytes.len() - body.len();
    let declared = declared(body);
    let encoding = match declared {
        None => Some(Encoding::Utf8),
        Some(name) => Encoding::of(name),
    };
    if let Some(name) = declared.filter(|_| has_mark && encoding != Some(Encoding::Utf8)) {
        return fault(skipped, format!("the file starts as UTF-8 does and is declared as {name}"));
    }
    match (encoding, std::str::from_utf8(body)) {
        (None, _) => Decoding::Unknown,
        (Some(Encoding::Utf8), Err(error)) => {
            let at = skipped + error.valid_up_to();
            let reason = if declared.is_some() { "and that is declared" } else { "and no encoding declared" };
            fault(at, format!("non-UTF-8 code, {reason}"))
        }
        (Some(Encoding::Ascii), text) if text.is_err() || !body.is_ascii() => {
            let at = body.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
            fault(skipped + at, "code that is not ASCII, and that is declared".to_owned())
        }
        (Some(Encoding::Utf8), Ok(text)) => Decoding::Exact(text.to_owned()),
        (Some(_), Ok(text)) if text.is_ascii() => Decoding::Exact(text.to_owned()),
        (Some(Encoding::Latin1), _) => Decoding::Exact(body.iter().map(|byte| char::from(*byte)).collect()),
        (Some(encoding), _) => Decoding::Approximate(encoding.approximate(body)),
    }
}

/// The encoding that one of the first two lines declares; the second counts where the first is a comment or empty.
fn declared(body: &[u8]) -> Option<&str> {
    for line in body.split(|byte| *byte == b'\n').take(2) {
        let line = line.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let line = line.trim_ascii_start();
        if !line.is_empty() && !line.starts_with(b"#") {
            return None;
        }
        if let Some(name) = declared_encoding(line) {
            return Some(name);
        }
    }
    None
}

impl Encoding {
    /// The encoding of a name, as Python's registry of codecs has it; `None`: one of which nothing is known.
    fn of(name: &str) -> Option<Self> {
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let page = ["cp", "windows", "ibm", "ms"].iter().find_map(|start| name.strip_prefix(start)).unwrap_or(&name);
        Some(match name.as_str() {
            "u8" | "utf" | "cp65001" => Self::Utf8,
            name if name.starts_with("utf8") => Self::Utf8,
            "ascii" | "usascii" | "us" | "646" | "ansix341968" | "iso646us" | "cp367" => Self::Ascii,
            "latin1" | "latin" | "l1" | "iso88591" | "isolatin1" | "8859" | "cp819" => Self::Latin1,
            "shiftjis" | "sjis" | "csshiftjis" | "mskanji" | "windows31j" => Self::ShiftJis,
            "big5" | "big5tw" | "big5hkscs" | "gbk" | "gb18030" | "gb180302000" | "uhc" | "johab" => Self::Pairs,
            "gb2312" | "gb231280" | "ujis" | "ksc5601" | "kz1048" | "ptcp154" | "tis620" | "hproman8" => {
                Self::HighBytes
            }
            name if ["iso8859", "latin", "euc", "koi8", "mac"].iter().any(|start| name.starts_with(start)) => {
                Self::HighBytes
            }
            _ => match page {
                "932" => Self::ShiftJis,
                "936" | "949" | "950" | "1361" => Self::Pairs,
                "437" | "720" | "737" | "775" | "850" | "852" | "855" | "856" | "857" | "858" | "860" | "861"
                | "862" | "863" | "865" | "866" | "869" | "874" | "1125" | "1250" | "1251" | "1252" | "1253"
                | "1254" | "1255" | "1256" | "1257" | "1258" => Self::HighBytes,
                _ => return None,
            },
        })
    }

    /// The text with a letter in the place of each character that is not ASCII.
    fn approximate(self, body: &[u8]) -> String {
        let starts_pair = |byte: u8| match self {
            Self::Pairs => byte > 0x80,
            Self::ShiftJis => matches!(byte, 0x81..=0x9f | 0xe0..=0xfc),
            _ => false,
        };
        let mut text = String::with_capacity(body.len());
        let mut bytes = body.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            if byte.is_ascii() {
                text.push(char::from(byte));
                continue;
            }
            text.push(LETTER);
            // No second byte is a sign of ASCII below the digits, so ends of lines stay where they are.
            if starts_pair(byte) {
                let _ = bytes.next_if(|second| *second >= b'0');
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations() {
        let check =
            |source: &str, expected: Option<&str>| assert_eq!(declared(source.as_bytes()), expected, "{source}");
        check("# -*- coding: latin-1 -*-", Some("latin-1"));
        check("#!/usr/bin/python\r\n# vim: set fileencoding=cp1252 :", Some("cp1252"));
        check("\n#coding=\t utf_8", Some("utf_8"));
        check("# coding  : no\n# encoding=yes.x", Some("yes.x"));
        check("x = 1  # coding: latin-1\n", None);
        check("x = 1\n# coding: latin-1", None);
        check("\n\n# coding: latin-1", None);
        check("# coding:\n# decoding", None);
    }

    #[test]
    fn what_stands_for_which_bytes() {
        let approximate = |text: &str| Decoding::Approximate(text.to_owned());
        let check = |name: &str, body: &[u8], expected: Decoding| {
            let declaration = format!("#coding:{name}\n");
            let found = match decode(&[declaration.as_bytes(), body].concat()) {
                Decoding::Exact(text) => Decoding::Exact(text[declaration.len()..].to_owned()),
                Decoding::Approximate(text) => Decoding::Approximate(text[declaration.len()..].to_owned()),
                other => other,
            };
            assert_eq!(found, expected, "{name}");
        };
        let fault = |reason: &str| {
            Decoding::Fault(SyntaxFault { line: 2, reason: reason.to_owned(), is_of_another_version: false })
        };
        check("latin-1", b"\xe9", Decoding::Exact("é".to_owned()));
        check("latin-1", "é".as_bytes(), Decoding::Exact("Ã©".to_owned()));
        check("ISO_8859-15", b"'\xa4'", approximate("'あ'"));
        check("windows-1252", b"x = '\x93'", approximate("x = 'あ'"));
        // The second byte of this sign is a backslash in ASCII.
        check("Shift_JIS", b"'\x95\x5c'\n", approximate("'あ'\n"));
        check("cp932", b"'\xb1\x5c'", approximate("'あ\\'"));
        check("gbk", b"'\x81\x5c'", approximate("'あ'"));
        check("gb18030", b"'\x81\x30\x81\x30'", approximate("'ああ'"));
        check("euc-jp", b"'\xa4\xa2'", approximate("'ああ'"));
        check("big5", b"'\xa4\n", approximate("'あ\n"));
        check("shift_jis", b"x", Decoding::Exact("x".to_owned()));
        check("utf-8-sig", "é".as_bytes(), Decoding::Exact("é".to_owned()));
        check(
            "utf8",
            b"x\n\xe9",
            Decoding::Fault(SyntaxFault { line: 3, ..of("non-UTF-8 code, and that is declared") }),
        );
        check("us-ascii", "é".as_bytes(), fault("code that is not ASCII, and that is declared"));
        check("iso-2022-jp", b"x", Decoding::Unknown);
        check("cp037", b"x", Decoding::Unknown);
        check("none-such", b"x", Decoding::Unknown);
        let marked = decode(b"\xef\xbb\xbf# coding: latin-1\nx");
        assert_eq!(
            marked,
            Decoding::Fault(SyntaxFault { line: 1, ..of("the file starts as UTF-8 does and is declared as latin-1") })
        );
    }

    fn of(reason: &str) -> SyntaxFault {
        SyntaxFault { line: 2, reason: reason.to_owned(), is_of_another_version: false }
    }
}
