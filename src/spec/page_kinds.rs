//! Which form a page of an index has: HTML (PEP 503) or JSON (PEP 691).

use super::project_page::{PageError, ProjectPage};
use super::{SafeUrl, simple_html, simple_json};

impl<'a> ProjectPage<'a> {
    /// Parses a page. What the server says of its type is believed only where the content does not show it: servers
    /// send JSON as `text/plain` and HTML as `application/octet-stream`.
    pub fn parse(bytes: &'a [u8], content_type: Option<&str>, url: &SafeUrl) -> Result<Self, PageError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let says =
            |what: &str| content_type.is_some_and(|content_type| content_type.to_ascii_lowercase().contains(what));
        let unknown = || PageError::Format { content_type: content_type.map(str::to_owned) };
        match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => simple_json::parse(bytes, url),
            // UTF-16, in which no link would be found: that is another thing than a page without any.
            _ if bytes.iter().take(4).any(|byte| *byte == 0) => Err(unknown()),
            Some(b'<') => simple_html::parse(bytes, url),
            _ if says("html") => simple_html::parse(bytes, url),
            _ if says("json") => simple_json::parse(bytes, url),
            _ => Err(unknown()),
        }
    }
}
