//! Pages of an index as HTML (PEP 503, with PEP 592, 629, 658, 714, 792), and pages of `--find-links`.
//!
//! Every anchor with a `href` is a file; its name is the last segment of the path, as pip and uv read it, not the text
//! between the tags. Anchors that lead elsewhere are dropped without a word: pages have headers and footers.

use std::borrow::Cow;

use super::plain_markup::plain_markup;
use super::project_page::{MOST_FILES, digests, malformed_digest};
use super::{
    ListedFile, MetadataOffer, PageError, ProjectPage, ProjectStatus, SafeUrl, SkippedFile, WeakDigest, Yanked,
    ends_as_dist,
};

/// Most tags of a page: three for each file, as most servers write them. The tokenizer keeps a node of each in memory.
const MOST_TAGS: usize = 3 * MOST_FILES;

/// Parses the bytes of a page that came from `url`.
pub(super) fn parse(bytes: &[u8], url: &SafeUrl) -> Result<ProjectPage<'static>, PageError> {
    let text = String::from_utf8_lossy(bytes);
    let text = plain_markup(&text);
    if text.matches('<').count() > MOST_TAGS {
        return Err(PageError::Tags(MOST_TAGS));
    }
    let document = tl::parse(&text, tl::ParserOptions::new()).map_err(|_| PageError::Length)?;
    let (mut base, mut status) = (None, ProjectStatus::default());
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    for tag in document.nodes().iter().filter_map(tl::Node::as_tag) {
        let name = tag.name().as_bytes();
        let attributes = Attributes(tag.attributes());
        if name.eq_ignore_ascii_case(b"a") {
            match read_anchor(&attributes) {
                Some(Ok(file)) => files.push(file),
                Some(Err(file)) => skipped.push(file),
                None => {}
            }
        } else if name.eq_ignore_ascii_case(b"base") && base.is_none() {
            // HTML: the first `base` with a `href` counts, wherever it stands.
            base = attributes.get("href").and_then(|href| read_base(&href, url));
        } else if name.eq_ignore_ascii_case(b"meta")
            && let Some(field) = attributes.get("name").filter(|name| name.starts_with("pypi:project-status"))
        {
            let content = attributes.get("content").unwrap_or_default().into_owned();
            match &*field {
                "pypi:project-status" => status.word = content,
                "pypi:project-status-reason" => status.reason = Some(content),
                _ => {}
            }
        } else if name.eq_ignore_ascii_case(b"meta")
            && attributes.get("name").is_some_and(|name| name == "pypi:repository-version")
            && let Some(version) = attributes.get("content")
            && version.trim().split('.').next() != Some("1")
        {
            return Err(PageError::ApiVersion(version.into_owned()));
        }
    }
    let base = base.as_ref().unwrap_or(url).without_fragment();
    if status.is_quarantined() {
        files.clear();
    }
    Ok(ProjectPage { base, files, skipped, status })
}

/// The URL that links of the page are relative to, from its `base` tag. A page of a server cannot set it to a place on
/// this machine; credentials in it are left out, because no link inherits them.
fn read_base(href: &str, url: &SafeUrl) -> Option<SafeUrl> {
    let base = url.join(href).ok()?.without_credentials();
    let scheme = base.reveal().scheme();
    (matches!(scheme, "http" | "https") || scheme == url.reveal().scheme()).then_some(base)
}

/// The file of an anchor, or why it cannot be used; `None`: it leads to something else.
fn read_anchor(attributes: &Attributes<'_, '_>) -> Option<Result<ListedFile<'static>, SkippedFile>> {
    let href = attributes.get("href")?;
    let (reference, fragment) = href.trim().split_once('#').unwrap_or((href.trim(), ""));
    let path = reference.split('?').next().expect("splitting gives at least one part");
    let segment = path.rsplit('/').next().expect("splitting gives at least one part");
    let filename = percent_encoding::percent_decode_str(segment).decode_utf8().ok()?;
    if !ends_as_dist(&filename) {
        return None;
    }
    // The fragment is `sha256=<hex>`; some servers join several fields with `&`.
    let fields = fragment.split('&').filter_map(|field| field.split_once('='));
    let hashes = digests(fields.clone());
    let malformed = fields.clone().find_map(|(name, hex)| malformed_digest(name, hex)).filter(|_| hashes.is_empty());
    if let Some(reason) = malformed {
        return Some(Err(SkippedFile { filename: filename.into_owned(), reason }));
    }
    // A digest that proves nothing stays in the fragment: one that does not match still speaks against the file.
    let weak = fields.clone().find_map(|(name, hex)| WeakDigest::of_pair(name, hex)).filter(|_| hashes.is_empty());
    let reference = weak.map_or_else(|| reference.to_owned(), |weak| format!("{reference}#{}", weak.as_fragment()));
    let metadata = attributes.get("data-core-metadata").or_else(|| attributes.get("data-dist-info-metadata"));
    Some(Ok(ListedFile {
        filename: filename.into_owned().into(),
        reference: reference.into(),
        hashes,
        size: None,
        requires_python: attributes
            .get("data-requires-python")
            .filter(|text| !text.trim().is_empty())
            .map(|text| text.into_owned().into()),
        yanked: attributes.get("data-yanked").map_or(Yanked::No, |reason| Yanked::Yes(reason.trim().to_owned())),
        metadata: metadata.map_or(MetadataOffer::None, |value| read_offer(&value)),
        upload_time: None,
        provenance: attributes
            .get("data-provenance")
            .filter(|text| !text.is_empty())
            .map(|text| text.into_owned().into()),
    }))
}

/// PEP 658: `true`, or one `algorithm=hex`.
fn read_offer(value: &str) -> MetadataOffer {
    match value.trim() {
        "" | "false" => MetadataOffer::None,
        value => MetadataOffer::Offered(digests(value.split_once('=').into_iter())),
    }
}

/// Attributes of a tag with entities decoded: the tokenizer does not.
struct Attributes<'a, 'text>(&'a tl::Attributes<'text>);

impl<'a> Attributes<'a, '_> {
    /// The value of an attribute; empty when it is there without one.
    fn get(&self, name: &'static str) -> Option<Cow<'a, str>> {
        let value = self.0.get(name)?;
        let Some(value) = value else { return Some(Cow::Borrowed("")) };
        let text = match value.as_utf8_str() {
            Cow::Borrowed(text) => html_escape::decode_html_entities(text),
            Cow::Owned(text) => html_escape::decode_html_entities(&text).into_owned().into(),
        };
        Some(text)
    }
}
