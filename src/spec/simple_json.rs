//! Pages of an index as JSON (PEP 691, with PEP 592, 658, 700, 708, 714, 740, 792).
//!
//! Only `files` must be there. Every key of a file but its name and URL is optional, and a value of the wrong kind
//! spoils at most its file, never the page. PEP 708's `tracks` and `alternate-locations` are read over: which index
//! answers for a project is the user's word here, so they decide nothing.
//!
//! A page can have tens of thousands of files, so what is kept of each is read right out of the text: values of the
//! keys that count, borrowed from the page, and nothing of the others.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::project_page::{MOST_FILES, digest, malformed_digest, strongest_first};
use super::{
    HashDigest, ListedFile, MetadataOffer, PageError, ProjectPage, ProjectStatus, SafeUrl, SkippedFile, WeakDigest,
    Yanked,
};

/// Parses the bytes of a page that came from `url`.
pub(super) fn parse<'a>(bytes: &'a [u8], url: &SafeUrl) -> Result<ProjectPage<'a>, PageError> {
    let page: Page<'a> = serde_json::from_slice(bytes).map_err(PageError::Json)?;
    if let Loose::Map(Meta(Some(version))) = &page.meta
        && version.split('.').next() != Some("1")
    {
        return Err(PageError::ApiVersion(version.to_string()));
    }
    let Files { mut files, skipped } = page.files;
    let status = if let Loose::Map(Status(status)) = page.status { status } else { ProjectStatus::default() };
    if status.is_quarantined() {
        files.clear();
    }
    Ok(ProjectPage { base: url.without_fragment(), files, skipped, status })
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default)]
    meta: Loose<'a, Meta<'a>>,
    #[serde(borrow)]
    files: Files<'a>,
    #[serde(borrow, default, rename = "project-status")]
    status: Loose<'a, Status>,
}

/// The files, read one after the other, so that what is skipped takes no room.
#[derive(Default)]
struct Files<'a> {
    files: Vec<ListedFile<'a>>,
    skipped: Vec<SkippedFile>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Files<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FilesVisitor(PhantomData))
    }
}

struct FilesVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for FilesVisitor<'a> {
    type Value = Files<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Files<'a>, A::Error> {
        let mut read = Files::default();
        while let Some(file) = sequence.next_element::<Loose<'de, Entry<'de>>>()? {
            if read.files.len() + read.skipped.len() == MOST_FILES {
                return Err(A::Error::custom(format_args!("more than {MOST_FILES} files are on one page")));
            }
            match file {
                Loose::Map(Entry(Ok(file))) => read.files.push(file),
                Loose::Map(Entry(Err(file))) => read.skipped.push(file),
                _ => read.skipped.push(skip("?", "its entry is not an object")),
            }
        }
        Ok(read)
    }
}

/// A JSON value of any kind, borrowed where it can be; of a map only what `M` keeps.
#[derive(Default)]
enum Loose<'a, M> {
    #[default]
    Other,
    Bool(bool),
    Number(u64),
    Text(Cow<'a, str>),
    Map(M),
}

/// What is kept of a map.
trait FromMap<'de>: Sized {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;
}

/// `api-version`.
struct Meta<'a>(Option<Cow<'a, str>>);

/// `project-status`.
struct Status(ProjectStatus);

/// A file, or why there is none.
struct Entry<'a>(Result<ListedFile<'a>, SkippedFile>);

/// Digests by algorithm, strongest first.
struct Digests(Vec<HashDigest>);

/// Digests of a file: those that count, strongest first, and one that can only speak against it.
#[derive(Default)]
struct FileDigests {
    strong: Vec<HashDigest>,
    weak: Option<WeakDigest>,
    /// What is wrong with one that would count.
    malformed: Option<String>,
}

/// A map of which nothing is kept.
struct Nothing;

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "kebab-case")]
enum Key {
    ApiVersion,
    Filename,
    Url,
    Hashes,
    Size,
    RequiresPython,
    Yanked,
    UploadTime,
    CoreMetadata,
    DistInfoMetadata,
    Provenance,
    Status,
    Reason,
    #[serde(other)]
    Other,
}

impl<'de: 'a, 'a> FromMap<'de> for Meta<'a> {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut version = None;
        while let Some(key) = map.next_key()? {
            match (key, map.next_value::<Loose<'de, Nothing>>()?) {
                (Key::ApiVersion, Loose::Text(text)) => version = Some(text),
                // Not of the form that PEP 691 wants, and yet clear.
                (Key::ApiVersion, Loose::Number(number)) => version = Some(number.to_string().into()),
                _ => {}
            }
        }
        Ok(Self(version))
    }
}

impl<'de> FromMap<'de> for Status {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut status = ProjectStatus::default();
        while let Some(key) = map.next_key()? {
            match key {
                Key::Status => status.word = text(&mut map)?.unwrap_or_default().into_owned(),
                Key::Reason => status.reason = text(&mut map)?.map(Cow::into_owned),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Self(status))
    }
}

impl<'de: 'a, 'a> FromMap<'de> for Entry<'a> {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut listed = ListedFile::default();
        let (mut new, mut old, mut digests) = (None, None, FileDigests::default());
        while let Some(key) = map.next_key()? {
            match key {
                Key::Filename => listed.filename = text(&mut map)?.unwrap_or_default(),
                Key::Url => listed.reference = without_fragment(text(&mut map)?.unwrap_or_default()),
                Key::Hashes => {
                    if let Loose::Map(found) = map.next_value()? {
                        digests = found;
                    }
                }
                Key::Size => {
                    if let Loose::<Nothing>::Number(size) = map.next_value()? {
                        listed.size = Some(size);
                    }
                }
                Key::RequiresPython => listed.requires_python = text(&mut map)?.filter(|text| !text.trim().is_empty()),
                Key::Yanked => match map.next_value::<Loose<'de, Nothing>>()? {
                    Loose::Bool(true) => listed.yanked = Yanked::Yes(String::new()),
                    // PEP 691: a reason is a non-empty text; pip takes an empty one for "no".
                    Loose::Text(text) if !text.is_empty() => listed.yanked = Yanked::Yes(text.into_owned()),
                    _ => {}
                },
                Key::UploadTime => listed.upload_time = text(&mut map)?.and_then(|text| microseconds(&text)),
                Key::Provenance => listed.provenance = text(&mut map)?.filter(|text| !text.is_empty()),
                Key::CoreMetadata => new = read_offer(map.next_value()?),
                Key::DistInfoMetadata => old = read_offer(map.next_value()?),
                Key::ApiVersion | Key::Status | Key::Reason | Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let FileDigests { strong, weak, malformed } = digests;
        listed.hashes = strong;
        let malformed = malformed.filter(|_| listed.hashes.is_empty());
        if let Some(weak) = weak.filter(|_| listed.hashes.is_empty()) {
            listed.reference = format!("{}#{}", listed.reference, weak.as_fragment()).into();
        }
        // PEP 714: the new key counts where both are there.
        listed.metadata = new.or(old).unwrap_or_default();
        Ok(Self(if listed.filename.is_empty() {
            Err(skip(&listed.reference, "it has no file name"))
        } else if listed.reference.is_empty() {
            Err(skip(&listed.filename, "it has no URL"))
        } else if let Some(reason) = malformed {
            Err(skip(&listed.filename, &reason))
        } else {
            Ok(listed)
        }))
    }
}

impl<'de> FromMap<'de> for FileDigests {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let (mut digests, mut weak, mut malformed) = (Vec::with_capacity(1), None, None);
        while let Some(name) = map.next_key::<Loose<'de, Nothing>>()? {
            let value: Loose<'de, Nothing> = map.next_value()?;
            if let (Loose::Text(name), Loose::Text(hex)) = (name, value) {
                digests.extend(digest(&name, &hex));
                weak = weak.or_else(|| WeakDigest::of_pair(&name, &hex));
                malformed = malformed.or_else(|| malformed_digest(&name, &hex));
            }
        }
        Ok(Self { strong: strongest_first(digests), weak, malformed })
    }
}

impl<'de> FromMap<'de> for Digests {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        FileDigests::from_map(map).map(|digests| Self(digests.strong))
    }
}

impl<'de> FromMap<'de> for Nothing {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self)
    }
}

fn skip(filename: &str, reason: &str) -> SkippedFile {
    SkippedFile { filename: filename.to_owned(), reason: reason.to_owned() }
}

/// The next value, when it is a text.
fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
    Ok(match map.next_value::<Loose<'de, Nothing>>()? {
        Loose::Text(text) => Some(text),
        _ => None,
    })
}

fn without_fragment(reference: Cow<'_, str>) -> Cow<'_, str> {
    match (reference.find('#'), reference) {
        (None, whole) => whole,
        (Some(end), Cow::Borrowed(text)) => Cow::Borrowed(&text[..end]),
        (Some(end), Cow::Owned(mut text)) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

fn read_offer(value: Loose<'_, Digests>) -> Option<MetadataOffer> {
    match value {
        Loose::Bool(true) => Some(MetadataOffer::Offered(Vec::new())),
        Loose::Bool(false) => Some(MetadataOffer::None),
        Loose::Map(Digests(digests)) => Some(MetadataOffer::Offered(digests)),
        _ => None,
    }
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

impl<'de: 'a, 'a, M: FromMap<'de>> Deserialize<'de> for Loose<'a, M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor(PhantomData))
    }
}

struct LooseVisitor<M>(PhantomData<M>);

impl<'de, M: FromMap<'de>> Visitor<'de> for LooseVisitor<M> {
    type Value = Loose<'de, M>;

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

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        M::from_map(map).map(Loose::Map)
    }
}
