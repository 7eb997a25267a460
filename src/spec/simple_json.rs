//! Pages of an index as JSON (PEP 691, with PEP 592, 658, 700, 708, 714).
//!
//! Only `files` must be there. Every key of a file but its name and URL is optional, and a value of the wrong kind
//! spoils at most its file, never the page. PEP 708's `tracks` and `alternate-locations` are read over: which index
//! answers for a project is the user's word here, so they decide nothing.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::project_page::digests;
use super::{HashDigest, ListedFile, MetadataOffer, PageError, ProjectPage, SafeUrl, SkippedFile, Yanked};

/// Parses the bytes of a page that came from `url`.
pub(super) fn parse(bytes: &[u8], url: &SafeUrl) -> Result<ProjectPage, PageError> {
    let page: Page<'_> = serde_json::from_slice(bytes).map_err(PageError::Json)?;
    if let Loose::Map(meta) = &page.meta
        && let Some(Loose::Text(version)) = find(meta, "api-version")
        && version.split('.').next() != Some("1")
    {
        return Err(PageError::ApiVersion(version.to_string()));
    }
    let mut files = Vec::with_capacity(page.files.len());
    let mut skipped = Vec::new();
    for file in &page.files {
        match file {
            Loose::Map(keys) => match read_file(keys) {
                Ok(file) => files.push(file),
                Err(file) => skipped.push(file),
            },
            _ => skipped.push(skip("?", "its entry is not an object")),
        }
    }
    Ok(ProjectPage { base: url.without_fragment(), files, skipped })
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default)]
    meta: Loose<'a>,
    #[serde(borrow)]
    files: Vec<Loose<'a>>,
}

/// A JSON value of any kind, borrowed where it can be.
#[derive(Debug, Default)]
enum Loose<'a> {
    #[default]
    Other,
    Bool(bool),
    Number(u64),
    Text(Cow<'a, str>),
    Map(Vec<(Cow<'a, str>, Loose<'a>)>),
}

fn find<'a, 'b>(keys: &'b [(Cow<'a, str>, Loose<'a>)], key: &str) -> Option<&'b Loose<'a>> {
    keys.iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

fn skip(filename: &str, reason: &str) -> SkippedFile {
    SkippedFile { filename: filename.to_owned(), reason: reason.to_owned() }
}

fn read_file(keys: &[(Cow<'_, str>, Loose<'_>)]) -> Result<ListedFile, SkippedFile> {
    let mut listed = ListedFile::default();
    let mut metadata = [None, None];
    for (key, value) in keys {
        match (key.as_ref(), value) {
            ("filename", Loose::Text(text)) => listed.filename = text.as_ref().into(),
            ("url", Loose::Text(text)) => {
                listed.reference = text.split('#').next().expect("splitting gives at least one part").into();
            }
            ("hashes", Loose::Map(pairs)) => listed.hashes = read_digests(pairs),
            ("size", Loose::Number(size)) => listed.size = Some(*size),
            ("requires-python", Loose::Text(text)) if !text.trim().is_empty() => {
                listed.requires_python = Some(text.as_ref().into());
            }
            ("yanked", Loose::Bool(true)) => listed.yanked = Yanked::Yes(String::new()),
            // PEP 691: a reason is a non-empty text; pip takes an empty one for "no".
            ("yanked", Loose::Text(text)) if !text.is_empty() => listed.yanked = Yanked::Yes(text.to_string()),
            ("upload-time", Loose::Text(text)) => listed.upload_time = microseconds(text),
            ("core-metadata", value) => metadata[0] = read_offer(value),
            ("dist-info-metadata", value) => metadata[1] = read_offer(value),
            _ => {}
        }
    }
    // PEP 714: the new key counts where both are there.
    let [new, old] = metadata;
    listed.metadata = new.or(old).unwrap_or_default();
    if listed.filename.is_empty() {
        return Err(skip(&listed.reference, "it has no file name"));
    }
    if listed.reference.is_empty() {
        return Err(skip(&listed.filename, "it has no URL"));
    }
    Ok(listed)
}

fn read_offer(value: &Loose<'_>) -> Option<MetadataOffer> {
    match value {
        Loose::Bool(true) => Some(MetadataOffer::Offered(Vec::new())),
        Loose::Bool(false) => Some(MetadataOffer::None),
        Loose::Map(pairs) => Some(MetadataOffer::Offered(read_digests(pairs))),
        _ => None,
    }
}

fn read_digests(pairs: &[(Cow<'_, str>, Loose<'_>)]) -> Vec<HashDigest> {
    digests(pairs.iter().filter_map(|(name, value)| match value {
        Loose::Text(hex) => Some((name.as_ref(), hex.as_ref())),
        _ => None,
    }))
}

/// PEP 700: `yyyy-mm-ddThh:mm:ss.ffffffZ`. A time without zone is taken for UTC, as some mirrors send it.
fn microseconds(text: &str) -> Option<i64> {
    let timestamp = text.parse::<jiff::Timestamp>().ok();
    let timestamp = timestamp.or_else(|| {
        let time = text.parse::<jiff::civil::DateTime>().ok()?;
        time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    });
    timestamp.map(jiff::Timestamp::as_microsecond)
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Loose::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Loose::Number(value))
    }

    fn visit_i64<E>(self, _value: i64) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_f64<E>(self, _value: f64) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut keys = Vec::with_capacity(12);
        while let Some(key) = map.next_key::<Loose<'de>>()? {
            let Loose::Text(key) = key else { return Err(A::Error::custom("a key that is not a text")) };
            keys.push((key, map.next_value()?));
        }
        Ok(Loose::Map(keys))
    }
}
