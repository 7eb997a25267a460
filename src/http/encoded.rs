//! Content codings: which are asked for, and what came undone again.
//!
//! Spec: RFC 9110, sections 8.4 (`Content-Encoding`) and 12.5.3 (`Accept-Encoding`).

use super::error::shown;
use crate::archive::{CodingFault, ContentCoding};

/// The codings that are asked for. `deflate` is read and not asked for: servers disagree about what it is.
pub(super) const ACCEPTED_CODINGS: &str = "gzip, br, zstd";

/// Most codings of one body, one around the other: nobody uses more than one.
const CODINGS_MOST: usize = 3;

/// Words that stand for no coding in the headers of some servers: charsets, what S3 clients leave in the metadata of
/// their objects (`aws-chunked`), and transfer encodings of mail.
const NO_CODINGS: [&str; 9] = ["", "identity", "none", "aws-chunked", "utf-8", "utf8", "binary", "7bit", "8bit"];

/// Why what came cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Undecodable {
    /// It is larger than its reader accepts.
    TooLarge,
    /// It is in a coding that nobody asked for and we do not know.
    Unknown(String),
    /// It is not what it is called.
    Damaged(String),
}

/// Undoes the codings that the `header` of a body names.
pub(super) fn decode(body: Vec<u8>, header: &str, limit: u64) -> Result<Vec<u8>, Undecodable> {
    let names = header.split(',').map(|name| name.trim().to_ascii_lowercase());
    let names: Vec<String> = names.filter(|name| !NO_CODINGS.contains(&name.as_str())).collect();
    if names.len() > CODINGS_MOST {
        return Err(unknown(&names.join(", ")));
    }
    // The last one was put on last.
    let mut bytes = body;
    for name in names.into_iter().rev() {
        let Some(coding) = of_name(&name) else { return Err(unknown(&name)) };
        let decoded = coding.decode(&bytes, limit).map_err(|fault| match fault {
            CodingFault::TooLarge => Undecodable::TooLarge,
            CodingFault::Damaged(what) => Undecodable::Damaged(format!("it is called `{name}`, and {what}")),
        })?;
        bytes = decoded;
    }
    Ok(bytes)
}

fn unknown(name: &str) -> Undecodable {
    Undecodable::Unknown(format!("its content coding `{}` was not asked for", shown(name)))
}

fn of_name(name: &str) -> Option<ContentCoding> {
    Some(match name {
        "gzip" | "x-gzip" => ContentCoding::Gzip,
        "deflate" => ContentCoding::Deflate,
        "br" => ContentCoding::Brotli,
        "zstd" => ContentCoding::Zstandard,
        _ => return None,
    })
}
