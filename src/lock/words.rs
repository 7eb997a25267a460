//! Texts of a lock that are not copied: most of a lock is for other targets, and nobody asks for it.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use crate::spec::LineEnds;

/// A text as it is read: a part of the file where it stands there as it is.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct TextPart<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl Deref for TextPart<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A text of a lock, by its place in [`FileText`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    start: u32,
    length: u32,
}

impl Words {
    fn at(start: usize, length: usize) -> Self {
        // No lock is so large (`FileText::MOST`); what is too much would be an empty text.
        let [start, length] = [start, length].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        Self { start, length }
    }

    /// So many bytes of it, from an offset on.
    pub(super) fn part(self, from: usize, length: usize) -> Self {
        Self::at(self.start as usize + from, length)
    }
}

/// The text of a file, whose lines are counted once, and behind it the texts that do not stand in it as they are.
#[derive(Clone, Debug, Default)]
pub(super) struct FileText {
    pub(super) text: Arc<String>,
    others: String,
    ends: OnceLock<LineEnds>,
}

impl FileText {
    /// Most bytes of a file.
    pub(super) const MOST: usize = 1 << 31;

    pub(super) fn new(text: Arc<String>) -> Self {
        Self { text, others: String::new(), ends: OnceLock::new() }
    }

    /// One-based number of the line at an offset.
    pub(super) fn line(&self, at: usize) -> usize {
        self.ends.get_or_init(|| LineEnds::of(&self.text)).line_at(&self.text, at)
    }

    pub(super) fn get(&self, words: Words) -> &str {
        let (start, length) = (words.start as usize, words.length as usize);
        let found = match start.checked_sub(self.text.len()) {
            None => self.text.get(start..start + length),
            Some(start) => self.others.get(start..start + length),
        };
        found.unwrap_or_default()
    }

    /// Where a text starts in the file; `None`: it is no part of it.
    pub(super) fn place(&self, words: Words) -> Option<usize> {
        Some(words.start as usize).filter(|start| *start < self.text.len())
    }

    /// A text that was read, without a copy of it where it is a part of the file.
    pub(super) fn words(&mut self, read: TextPart<'_>) -> Words {
        match read.0 {
            Cow::Borrowed(part) => self.part(part).unwrap_or_else(|| self.add(part)),
            Cow::Owned(text) => self.add(&text),
        }
    }

    /// A text that is no part of the file.
    pub(super) fn add(&mut self, text: &str) -> Words {
        let start = self.text.len() + self.others.len();
        self.others.push_str(text);
        Words::at(start, text.len())
    }

    /// Takes in the texts that another one has behind the same file; gives the way from their places there to those here.
    pub(super) fn take_in(&mut self, other: &Self) -> impl Fn(Words) -> Words + use<> {
        let (end, moved) = (self.text.len(), self.others.len());
        self.others.push_str(&other.others);
        move |words| match words.start as usize {
            start if start < end => words,
            start => Words::at(start + moved, words.length as usize),
        }
    }

    /// A part of the file by where it lies in memory; `None`: it lies elsewhere.
    pub(super) fn part(&self, part: &str) -> Option<Words> {
        let start = part.as_ptr().addr().checked_sub(self.text.as_ptr().addr())?;
        (start.checked_add(part.len())? <= self.text.len()).then(|| Words::at(start, part.len()))
    }
}
