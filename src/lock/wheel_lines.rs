//! The wheels of a package, from lines as uv writes them: most of a lock's text is these.
//!
//! A line that is written in any other way, be it with one blank more, is left to the reader of TOML with all others of
//! its package. So what is taken here is what that reader would give.

use memchr::{memchr_iter, memchr3};

use super::words::{FileText, Words};

/// `{ url = "…", hash = "…", size = 1, upload-time = "…" },`, of which size and time may be missing.
#[derive(Debug)]
pub(super) struct WheelLine {
    pub(super) url: Words,
    pub(super) hashes: Option<Words>,
    pub(super) size: Option<u64>,
    pub(super) upload_time: Option<Words>,
}

impl WheelLine {
    /// The one in which a URL stands that [`read`] gave.
    pub(super) fn of_url(text: &FileText, url: Words) -> Self {
        let nothing = Self { url, hashes: None, size: None, upload_time: None };
        let file = text.part(&text.text).zip(text.place(url));
        let line = file.and_then(|(words, at)| Lines { text: text.text.as_bytes(), at, words }.rest_of_line());
        line.unwrap_or(nothing)
    }
}

/// Reads an array, a part of `text`, and gives what becomes of the URL of each; `None`: a line of it is not as usual.
pub(super) fn read<T>(text: &FileText, array: &str, of_url: impl Fn(Words) -> T) -> Option<Vec<T>> {
    let bytes = array.as_bytes();
    let mut lines = Lines { text: bytes, at: 0, words: text.part(array)? };
    if !lines.take(b"[\n") {
        return None;
    }
    let mut wheels = Vec::with_capacity(memchr_iter(b'\n', bytes).count().saturating_sub(1));
    while lines.rest() != b"]" {
        let line = if lines.take(b"    { url = \"") { lines.rest_of_line()? } else { return None };
        wheels.push(of_url(line.url));
    }
    Some(wheels)
}

struct Lines<'t> {
    text: &'t [u8],
    /// How far it is read, bytes.
    at: usize,
    /// The place of the text in the file.
    words: Words,
}

impl<'t> Lines<'t> {
    fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The rest of a line, from its URL on.
    fn rest_of_line(&mut self) -> Option<WheelLine> {
        let url = self.text_to_quote()?;
        let hashes = if self.take(b", hash = \"") { Some(self.text_to_quote()?) } else { return None };
        let size = if self.take(b", size = ") { Some(self.number()?) } else { None };
        let upload_time = if self.take(b", upload-time = \"") { Some(self.text_to_quote()?) } else { None };
        self.take(b" },\n").then_some(WheelLine { url, hashes, size, upload_time })
    }

    /// Takes a word, if it comes next.
    #[inline]
    fn take<const N: usize>(&mut self, word: &[u8; N]) -> bool {
        let is_next = self.rest().first_chunk() == Some(word);
        self.at += if is_next { N } else { 0 };
        is_next
    }

    /// Takes a text that ends in its line, and the quote behind it. A backslash stands for another character than itself.
    fn text_to_quote(&mut self) -> Option<Words> {
        let (start, length) = (self.at, memchr3(b'"', b'\n', b'\\', self.rest())?);
        self.at += length;
        self.take(b"\"").then(|| self.words.part(start, length))
    }

    /// Takes a number that needs no sign and no zeros before it, and is not too large for TOML.
    fn number(&mut self) -> Option<u64> {
        let rest = self.rest();
        let digits = &rest[..rest.iter().take_while(|byte| byte.is_ascii_digit()).count()];
        self.at += digits.len();
        let is_usual = matches!(digits, [b'0'] | [b'1'..=b'9', ..]) && digits.len() < 19;
        let number = |before, digit: &u8| before * 10 + u64::from(digit - b'0');
        is_usual.then(|| digits.iter().fold(0, number))
    }
}
