//! HTML in which what looks like a tag is one: without the contents of scripts, styles and text fields, and with `&lt;`
//! for the `<` that begins nothing. The tokenizer would see tags in the first, and swallow the next tag after the other.
//!
//! Spec: HTML Living Standard, 13.1.2 ("raw text elements", "escapable raw text elements") and 13.2.5.6 ("tag open
//! state").

use std::borrow::Cow;

/// The elements of that kind that a page of an index may have. A `title` with tags in it nobody writes.
const ELEMENTS: [&str; 3] = ["script", "style", "textarea"];

/// The text of a page with nothing between the tags of such elements.
pub(super) fn plain_markup(text: &str) -> Cow<'_, str> {
    let is_odd = |at: usize| {
        let rest = &text[at + 1..];
        !begins_markup(rest) || ELEMENTS.iter().any(|name| begins(rest, name))
    };
    if !memchr::memchr_iter(b'<', text.as_bytes()).any(is_odd) {
        return Cow::Borrowed(text);
    }
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = memchr::memchr(b'<', rest.as_bytes()) {
        kept.push_str(&rest[..start]);
        let markup = &rest[start..];
        if !begins_markup(&markup[1..]) {
            kept.push_str("&lt;");
            rest = &markup[1..];
            continue;
        }
        let length = length_of_markup(markup);
        let element = ELEMENTS.into_iter().find(|name| begins(&markup[1..], name));
        let (markup, behind) = markup.split_at(length);
        // What closes itself has nothing in it for pip.
        let element = element.filter(|_| !markup.ends_with("/>"));
        kept.push_str(markup);
        // Without an end tag all of the rest is in it, as browsers have it.
        rest = element.map_or(behind, |name| &behind[end_tag(behind, name)..]);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// Whether the name of a tag begins here.
fn begins(text: &str, name: &str) -> bool {
    let (start, rest) = text.as_bytes().split_at(name.len().min(text.len()));
    start.eq_ignore_ascii_case(name.as_bytes())
        && rest.first().is_none_or(|next| next.is_ascii_whitespace() || matches!(next, b'>' | b'/'))
}

/// Whether what stands behind a `<` makes it the beginning of a tag, comment or declaration.
fn begins_markup(rest: &str) -> bool {
    rest.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '/' | '!' | '?'))
}

/// Length of the comment or tag that begins here.
fn length_of_markup(text: &str) -> usize {
    if let Some(comment) = text.strip_prefix("<!--") {
        return comment.find("-->").map_or(text.len(), |end| end + 7);
    }
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// Where the end tag of an element begins.
fn end_tag(text: &str, name: &str) -> usize {
    let is_end = |at: &usize| text[at + 1..].strip_prefix('/').is_some_and(|rest| begins(rest, name));
    memchr::memchr_iter(b'<', text.as_bytes()).find(is_end).unwrap_or(text.len())
}
