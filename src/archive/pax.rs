//! Extended header records of a tar archive (POSIX.1-2024, "pax Extended Header").

/// The records that change an entry.
#[derive(Debug, Default)]
pub(super) struct PaxRecords {
    /// Its name.
    pub(super) path: Option<Vec<u8>>,
    /// Target of a link.
    pub(super) linkpath: Option<Vec<u8>>,
    /// Size of its content.
    pub(super) size: Option<u64>,
    /// Some record does more than describe, such as one that renames the entry.
    pub(super) changes: bool,
}

/// Records that say nothing about name, kind or content: times, owners, attributes of one file system or another.
const DESCRIPTIONS: &[&str] = &["mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment"];

/// Beginnings of the names of further records that only describe, as [`DESCRIPTIONS`] do.
const DESCRIPTION_FAMILIES: &[&str] = &[
    "LIBARCHIVE.",
    "SCHILY.xattr.",
    "SCHILY.acl.",
    "SCHILY.fflags",
    "SCHILY.dev",
    "SCHILY.ino",
    "SCHILY.nlink",
    "RHT.security.",
    "MSWINDOWS.",
];

impl PaxRecords {
    /// Reads the content of an extended header. An error says what is wrong with it.
    pub(super) fn parse(mut content: &[u8]) -> Result<Self, &'static str> {
        let mut records = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        while !content.is_empty() {
            let (key, value, rest) = split_record(content).ok_or("it has a malformed extended header")?;
            content = rest;
            if seen.contains(&key) {
                return Err("it has the same record twice in its extended header");
            }
            seen.push(key);
            match key {
                "path" | "linkpath" | "size" if value.is_empty() => {
                    return Err("it has an empty record in its extended header");
                }
                "path" => records.path = Some(value.to_vec()),
                "linkpath" => records.linkpath = Some(value.to_vec()),
                "size" => records.size = Some(decimal(value).ok_or("it has a size that is not a number")?),
                // Names must be UTF-8 whatever this says.
                "hdrcharset" if matches!(value, b"ISO-IR 10646 2000 UTF-8" | b"BINARY") => {}
                _ if is_description(key) => continue,
                _ if key.starts_with("GNU.sparse.") => return Err("it is a sparse file"),
                _ => return Err("it has a record in its extended header that is not known"),
            }
            records.changes = true;
        }
        Ok(records)
    }
}

fn is_description(key: &str) -> bool {
    DESCRIPTIONS.contains(&key) || DESCRIPTION_FAMILIES.iter().any(|family| key.starts_with(family))
}

/// Splits off `LENGTH KEY=VALUE\n`, where the length counts all of it.
fn split_record(content: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let blank = content.iter().take(12).position(|byte| *byte == b' ')?;
    let length = usize::try_from(decimal(&content[..blank])?).ok()?;
    if length <= blank + 1 || length > content.len() {
        return None;
    }
    let (record, rest) = content.split_at(length);
    let record = record[blank + 1..].strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let key = std::str::from_utf8(&record[..equals]).ok().filter(|key| !key.is_empty())?;
    Some((key, &record[equals + 1..], rest))
}

/// A number without sign and leading zeros.
fn decimal(digits: &[u8]) -> Option<u64> {
    let is_plain = digits.iter().all(u8::is_ascii_digit) && (digits.len() == 1 || digits.first() != Some(&b'0'));
    std::str::from_utf8(digits).ok().filter(|_| is_plain)?.parse().ok()
}
