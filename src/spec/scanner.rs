//! Reading a text from left to right, and what is wrong at a place of it.

/// Where and why a text is not what its format asks for. Positions are byte offsets into the text that was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Where the error starts.
    pub at: usize,
    /// How many bytes are wrong; zero at the end of the text.
    pub length: usize,
    /// What is wrong.
    pub message: String,
    /// What could stand here.
    pub expected: Option<String>,
    /// What the author probably meant.
    pub hint: Option<String>,
}

impl SyntaxError {
    /// An error over `length` bytes at `at`.
    pub fn new(at: usize, length: usize, message: impl Into<String>) -> Self {
        Self { at, length, message: message.into(), expected: None, hint: None }
    }

    /// Says what could stand here.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what the author probably meant.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// This error in a longer text, in which the text that was read starts at `offset`.
    #[must_use]
    pub fn shifted(mut self, offset: usize) -> Self {
        self.at += offset;
        self
    }
}

/// A place in a text. Only spaces and tabs are blanks, as in `packaging`.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    /// Byte offset of the next character.
    pub(super) at: usize,
    /// Comparisons in markers that have no exact meaning are read as the ecosystem reads them.
    pub(super) repairs_markers: bool,
    /// Comparisons in markers so far.
    pub(super) comparisons: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, repairs_markers: false, comparisons: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The character before this place.
    pub(super) fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    pub(super) fn skip_blanks(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t'));
    }

    /// An error at the next character.
    pub(super) fn wrong(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError::new(self.at, self.peek().map_or(0, char::len_utf8), message)
    }
}

/// What to do about a character that a word processor has put in the place of what was typed.
pub(super) fn typographic(c: char) -> Option<&'static str> {
    match c {
        '\u{2018}'..='\u{201f}' => Some("this quote is typographic: write `\"`"),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some("this dash is typographic: write `-`"),
        _ => None,
    }
}
