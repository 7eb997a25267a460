//! From the bytes of a requirements file to text
//! (pip documentation, "Requirements File Format", "Encoding").
//!
//! A byte order mark decides; else a `coding:` comment in one of the first two lines; else it is UTF-8.
//! pip falls back to the locale's encoding then, which differs between machines; here that is an error.

use crate::spec::declared_encoding;

/// Decodes a requirements file.
///
/// # Errors
/// Why it is not text, and the byte offset of the place, as far as there is one.
pub(super) fn decode(bytes: &[u8]) -> Result<String, (usize, String)> {
    // The mark of UTF-32, little end first, starts with that of UTF-16: the longer ones are tried first.
    const MARKS: [(&[u8], Encoding); 5] = [
        (&[0xEF, 0xBB, 0xBF], Encoding::Utf8),
        (&[0xFF, 0xFE, 0, 0], Encoding::Utf32 { big: false }),
        (&[0, 0, 0xFE, 0xFF], Encoding::Utf32 { big: true }),
        (&[0xFF, 0xFE], Encoding::Utf16 { big: false }),
        (&[0xFE, 0xFF], Encoding::Utf16 { big: true }),
    ];
    if let Some((mark, encoding)) = MARKS.into_iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return encoding.decode(&bytes[mark.len()..]).map_err(|(at, why)| (at + mark.len(), why));
    }
    match declared(bytes) {
        None => Encoding::Utf8.decode(bytes).map_err(|(at, why)| {
            (
                at,
                format!("{why}; save it as UTF-8, or name its encoding in the first line: `# -*- coding: latin-1 -*-`"),
            )
        }),
        Some((at, name)) => Encoding::named(name)
            .ok_or_else(|| (at, format!("the encoding `{name}` is not known; UTF-8 is the one to use")))?
            .decode(bytes),
    }
}

/// The encoding that a comment in the first two lines names (PEP 263), and where.
fn declared(bytes: &[u8]) -> Option<(usize, &str)> {
    let mut start = 0;
    for line in bytes.split(|&b| b == b'\n').take(2) {
        if let Some(name) = declared_encoding(line).filter(|_| line.starts_with(b"#")) {
            return Some((start, name));
        }
        start += line.len() + 1;
    }
    None
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16 { big: bool },
    Utf32 { big: bool },
    Ascii,
    Latin1,
    Latin9,
    Windows1252,
}

impl Encoding {
    /// The encodings that requirements files are found in, under Python's names for them.
    fn named(name: &str) -> Option<Self> {
        let plain: String = name.to_ascii_lowercase().chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect();
        Some(match plain.as_str() {
            "utf8" | "u8" | "utf8sig" | "utf" | "cp65001" => Self::Utf8,
            "utf16le" => Self::Utf16 { big: false },
            "utf16be" => Self::Utf16 { big: true },
            "utf32le" => Self::Utf32 { big: false },
            "utf32be" => Self::Utf32 { big: true },
            "ascii" | "usascii" | "646" => Self::Ascii,
            "latin1" | "latin" | "l1" | "iso88591" | "88591" | "cp819" => Self::Latin1,
            "iso885915" | "latin9" | "l9" => Self::Latin9,
            "cp1252" | "windows1252" | "1252" => Self::Windows1252,
            _ => return None,
        })
    }

    fn decode(self, bytes: &[u8]) -> Result<String, (usize, String)> {
        match self {
            Self::Utf8 => match str::from_utf8(bytes) {
                Ok(text) => Ok(text.to_owned()),
                Err(error) => Err((error.valid_up_to(), "the file is not UTF-8".to_owned())),
            },
            Self::Ascii => match bytes.iter().position(|b| !b.is_ascii()) {
                None => Ok(bytes.iter().map(|&b| char::from(b)).collect()),
                Some(at) => Err((at, "the file says that it is ASCII, and it is not".to_owned())),
            },
            Self::Latin1 => Ok(bytes.iter().map(|&b| char::from(b)).collect()),
            Self::Latin9 => Ok(bytes.iter().map(|&b| latin9(b)).collect()),
            Self::Windows1252 => bytes
                .iter()
                .enumerate()
                .map(|(at, &b)| windows_1252(b).ok_or_else(|| (at, "the file is not Windows-1252".to_owned())))
                .collect(),
            Self::Utf16 { big } => {
                let units = bytes.chunks(2).map(|pair| match *pair {
                    [first, second] if big => u16::from_be_bytes([first, second]),
                    [first, second] => u16::from_le_bytes([first, second]),
                    // Half a unit at the end; a lone surrogate is refused below as well.
                    _ => 0xD800,
                });
                let mut at = 0;
                char::decode_utf16(units)
                    .map(|unit| match unit {
                        Ok(c) => {
                            at += c.len_utf16() * 2;
                            Ok(c)
                        }
                        Err(_) => Err((at, "the file is not UTF-16".to_owned())),
                    })
                    .collect()
            }
            Self::Utf32 { big } => bytes
                .chunks(4)
                .enumerate()
                .map(|(index, unit)| {
                    let unit = <[u8; 4]>::try_from(unit).ok();
                    let number = unit.map(|unit| if big { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) });
                    number.and_then(char::from_u32).ok_or_else(|| (index * 4, "the file is not UTF-32".to_owned()))
                })
                .collect(),
        }
    }
}

/// ISO 8859-15: eight characters differ from Latin-1.
fn latin9(byte: u8) -> char {
    match byte {
        0xA4 => '€',
        0xA6 => 'Š',
        0xA8 => 'š',
        0xB4 => 'Ž',
        0xB8 => 'ž',
        0xBC => 'Œ',
        0xBD => 'œ',
        0xBE => 'Ÿ',
        same => char::from(same),
    }
}

/// Windows code page 1252: differs from Latin-1 between 0x80 and 0x9F, where five bytes mean nothing.
fn windows_1252(byte: u8) -> Option<char> {
    const HIGH: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”',
        '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => Some(HIGH[usize::from(byte - 0x80)]).filter(|c| *c != '\0'),
        same => Some(char::from(same)),
    }
}
