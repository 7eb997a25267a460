//! Texts and URLs from outside, as messages may show them.

use url::Url;

use crate::reporter::is_harmful;
use crate::spec::SafeUrl;

/// Longest text of a server that is repeated in a message, characters.
const LONGEST_TEXT: usize = 200;

/// A text from outside, made safe to print: control characters escaped, and not endless.
pub(super) fn shown(text: &str) -> String {
    let mut safe = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST_TEXT {
            safe.push('…');
            break;
        }
        if is_harmful(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Whether a URL has a user or a password in it.
pub(super) fn has_login(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// A URL for messages and for callers: without userinfo and fragment.
#[expect(clippy::unnecessary_box_returns, reason = "errors hold their URLs boxed, so that results stay small")]
pub(super) fn shown_url(url: &Url) -> Box<SafeUrl> {
    Box::new(SafeUrl::from(url.clone()).without_credentials().without_fragment())
}
