//! Repair of other people's specifiers and requirements (PEP 440, PEP 508) where the ecosystem reads them too.
//!
//! Old releases carry forms that no installer of today accepts as written. They cannot be changed any more, so what
//! has one obvious meaning is read with it. Only metadata and index pages pass through here, never the user's files.
//!
//! | form | read as |
//! |---|---|
//! | `>=3.6,` · `>=3.6,,<4` | the empty part is left out |
//! | `>=3.6 <4` · `>=3.6<4` | a comma stands between |
//! | `>=3.5.*` · `<4.0.*` · `>3.*` | without `.*` |
//! | `!=3.0*` · `==3.0*` | `.*` |
//! | `!=~5.0` | `!=5.0.*` |
//! | `~=5` · `~=3.7.*` | `>=5,==5.*` · `==3.7.*` |
//! | `>dev` | `>0.dev0` |
//! | `>=9.0.0a1.0` | `>=9.0.0a1` |
//! | `===2004d`, which is no version | what no version fulfils |
//! | `'>=3.6'` · `>='3.6'` | without quotes |
//!
//! Markers have forms of their own, see `lenient_marker.rs`.

use super::Requirement;
use super::dependency::parse_requirement_of_others;
use super::lenient_specifiers::repair_specifiers;
pub use super::lenient_specifiers::specifiers;

/// Parses a requirement of other people, repairing its specifiers where needed; the error says what stays wrong.
pub fn requirement(text: &str) -> Result<Requirement, String> {
    parse_requirement_of_others(text).or_else(|error| {
        let repaired = repair_requirement(text).and_then(|repaired| parse_requirement_of_others(&repaired).ok());
        repaired.ok_or(error.message)
    })
}

/// The requirement with repaired specifiers; `None` when it has none.
fn repair_requirement(text: &str) -> Option<String> {
    let (head, marker) = match text.split_once(';') {
        Some((head, marker)) => (head, Some(marker)),
        None => (text, None),
    };
    let name_end = match head.find('[') {
        Some(open) => open + head[open..].find(']')? + 1,
        None => head.find(|c: char| !(c.is_ascii_alphanumeric() || "-_. ".contains(c))).unwrap_or(head.len()),
    };
    let (name, rest) = head.split_at(name_end);
    if rest.trim_start().starts_with('@') {
        return None;
    }
    let rest = rest.trim();
    let inner = rest.strip_prefix('(').map_or(rest, |inner| inner.strip_suffix(')').unwrap_or(inner));
    let specifiers = repair_specifiers(inner)?;
    let marker = marker.filter(|marker| !marker.trim().is_empty());
    Some(marker.map_or_else(|| format!("{name}{specifiers}"), |marker| format!("{name}{specifiers} ;{marker}")))
}
