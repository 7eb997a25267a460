//! What object stores answer when they are asked what they have: the XML of S3's `ListObjectsV2`, which Google speaks
//! too, and of Azure's List Blobs.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use percent_encoding::percent_decode_str;

/// An object that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedObject {
    /// Its key, below the place of the store.
    pub(crate) key: String,
    /// Size, bytes.
    pub(crate) size: u64,
    /// When it was written.
    pub(crate) modified: Timestamp,
}

/// One page of a listing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ListingPage {
    /// Objects, their keys counted from the top of the bucket.
    pub(super) objects: Vec<ListedObject>,
    /// What to ask for the next page with; `None`: this was the last one.
    pub(super) next: Option<String>,
}

/// How it is asked for, and what the elements are called.
pub(super) struct ListingDialect {
    /// The query that asks for a listing.
    pub(super) question: &'static str,
    /// What a query for a further page calls what came with the one before.
    pub(super) further: &'static str,
    object: &'static str,
    key: &'static str,
    modified: &'static str,
    size: &'static str,
    next: &'static str,
    /// Keys are percent-encoded, because that was asked for.
    is_encoded: bool,
}

/// S3 API reference, `ListObjectsV2`.
pub(super) const S3: ListingDialect = ListingDialect {
    question: "list-type=2&max-keys=1000&encoding-type=url",
    further: "continuation-token",
    object: "Contents",
    key: "Key",
    modified: "LastModified",
    size: "Size",
    next: "NextContinuationToken",
    is_encoded: true,
};

/// Azure's REST reference, "List Blobs".
pub(super) const AZURE: ListingDialect = ListingDialect {
    question: "restype=container&comp=list",
    further: "marker",
    object: "Blob",
    key: "Name",
    modified: "Last-Modified",
    size: "Content-Length",
    next: "NextMarker",
    is_encoded: false,
};

impl ListingPage {
    /// Reads a page; `None`: it is none. An object of which something is not said is left out: whoever looks after a
    /// store removes nothing of which he does not know the age.
    pub(super) fn read(xml: &str, dialect: &ListingDialect) -> Option<Self> {
        if !xml.contains("<ListBucketResult") && !xml.contains("<EnumerationResults") {
            return None;
        }
        let mut page = Self { objects: Vec::new(), next: element(xml, dialect.next) };
        // A part that passed for the whole would hide claims, and what they name would be removed.
        if page.next.is_none() && element(xml, "IsTruncated").as_deref() == Some("true") {
            return None;
        }
        let (open, close) = (format!("<{}>", dialect.object), format!("</{}>", dialect.object));
        let mut rest = xml;
        while let Some((_, from)) = rest.split_once(&open) {
            let (object, after) = from.split_once(&close)?;
            page.objects.extend(listed(object, dialect));
            rest = after;
        }
        Some(page)
    }
}

fn listed(object: &str, dialect: &ListingDialect) -> Option<ListedObject> {
    let key = element(object, dialect.key)?;
    // A plus sign stands for a space in some stores' answers and for itself in others': our own keys have neither.
    let key = if dialect.is_encoded { percent_decode_str(&key).decode_utf8().ok()?.into_owned() } else { key };
    let modified = element(object, dialect.modified)?;
    let by_mail = || rfc2822::DateTimeParser::new().parse_timestamp(&modified).ok();
    let modified = modified.parse().ok().or_else(by_mail)?;
    Some(ListedObject { key, size: element(object, dialect.size)?.parse().ok()?, modified })
}

/// The text of the first element with this name; an empty one counts as none.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, from) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = from.split_once(&format!("</{name}>"))?;
    let text = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        .into_iter()
        .fold(text.trim().to_owned(), |text, (entity, character)| text.replace(entity, character));
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{AZURE, ListingPage, S3};

    #[test]
    fn pages_of_both_kinds_are_read() {
        let s3 = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>true\
            </IsTruncated><NextContinuationToken>a&amp;b=</NextContinuationToken><Contents><Key>team/main/a%2Bb</Key>\
            <LastModified>2026-11-02T03:04:05.000Z</LastModified><Size>7</Size></Contents>\
            <Contents><Key>team/ageless</Key><Size>7</Size></Contents></ListBucketResult>";
        let page = ListingPage::read(s3, &S3).unwrap();
        assert_eq!(page.next.as_deref(), Some("a&b="));
        assert_eq!(page.objects.len(), 1, "one without an age is left out");
        assert_eq!((page.objects[0].key.as_str(), page.objects[0].size), ("team/main/a+b", 7));
        assert_eq!(page.objects[0].modified.to_string(), "2026-11-02T03:04:05Z");
        let azure = "<EnumerationResults><Blobs><Blob><Name>main/x%41</Name><Properties><Last-Modified>Mon, 02 Nov 2026 \
            03:04:05 GMT</Last-Modified><Content-Length>9</Content-Length></Properties></Blob></Blobs><NextMarker />\
            </EnumerationResults>";
        let page = ListingPage::read(azure, &AZURE).unwrap();
        assert_eq!(page.next, None);
        assert_eq!((page.objects[0].key.as_str(), page.objects[0].size), ("main/x%41", 9));
        assert_eq!(page.objects[0].modified.to_string(), "2026-11-02T03:04:05Z");
        let endless = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
        for text in ["", "<html>no</html>", "<ListBucketResult><Contents><Key>cut", endless] {
            assert_eq!(ListingPage::read(text, &S3), None, "{text}");
        }
    }
}
