//! The wheels of a package, from lines as uv writes them: most of a lock's text is these.
//!
//! A line that is written in any other way, be it with one blank more, is left to the reader of TOML with all others of
//! its package. So what is taken here is what that reader would give.

use memchr::{memchr, memchr_iter, memchr2};

use crate::lock::model::{FilePlace, LockedFile};
use crate::lock::words::{FileText, Words};

/// Reads an array, a part of `text`; `None`: a line of it is not as usual.
pub(super) fn read(text: &FileText, array: &str) -> Option<Vec<LockedFile>> {
    let bytes = array.as_bytes();
    let mut lines = Lines { array: bytes, at: 0, words: text.part(array)? };
    // A backslash stands for another character than itself.
    if !lines.take(b"[\n") || memchr(b'\\', bytes).is_some() {
        return None;
    }
    let mut wheels = Vec::with_capacity(memchr_iter(b'\n', bytes).count());
    while lines.rest() != b"]" {
        wheels.push(lines.wheel()?);
    }
    Some(wheels)
}

struct Lines<'t> {
    array: &'t [u8],
    /// How far it is read, bytes.
    at: usize,
    /// The place of the array in the file.
    words: Words,
}

impl<'t> Lines<'t> {
    fn rest(&self) -> &'t [u8] {
        self.array.get(self.at..).unwrap_or_default()
    }

    /// `{ url = "…", hash = "…", size = 1, upload-time = "…" },`, of which all but the URL may be missing.
    fn wheel(&mut self) -> Option<LockedFile> {
        let url = if self.take(b"    { url = \"") { self.text_to_quote()? } else { return None };
        let hashes = if self.take(b", hash = \"") { Some(self.text_to_quote()?) } else { None };
        let size = if self.take(b", size = ") { Some(self.number()?) } else { None };
        let upload_time = if self.take(b", upload-time = \"") { Some(self.text_to_quote()?) } else { None };
        let wheel = LockedFile { size, upload_time, ..LockedFile::new(None, FilePlace::Url(url), hashes) };
        self.take(b" },\n").then_some(wheel)
    }

    /// Takes a word, if it comes next.
    #[inline]
    fn take(&mut self, word: &[u8]) -> bool {
        let is_next = self.rest().starts_with(word);
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    /// Takes a text that ends in its line, and the quote behind it.
    fn text_to_quote(&mut self) -> Option<Words> {
        let (start, length) = (self.at, memchr2(b'"', b'\n', self.rest())?);
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
