//! Arrays whose items tools write one to a line: given out as text, to a reader who knows how such a line looks.

use std::fmt;
use std::marker::PhantomData;

use memchr::memchr;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};

use super::{Odd, Reader};

/// An array that is still a text where it was read by this reader and goes over lines.
#[derive(Debug)]
pub(in crate::lock) enum Lines<'a, T> {
    /// From its first bracket to the next one that closes an array, which is at the beginning of a line. It may be that
    /// of an array within it; then [`items`](Self::items) refuses the text.
    Text(&'a str),
    Items(Vec<T>),
}

/// By this name a [`Reader`] knows that the text will do.
const NAME: &str = "$barrow::lock::plain_toml::Lines";

impl<T> Default for Lines<'_, T> {
    fn default() -> Self {
        Self::Items(Vec::new())
    }
}

impl<'a, T: Deserialize<'a>> Lines<'a, T> {
    /// The items.
    ///
    /// # Errors
    /// As [`read`](super::read).
    pub(in crate::lock) fn items(self) -> Result<Vec<T>, Odd> {
        let text = match self {
            Self::Text(text) => text,
            Self::Items(items) => return Ok(items),
        };
        // It was looked through for control characters with the whole, of which it is a part.
        let mut reader = Reader::unchecked(text);
        let items = Vec::deserialize(&mut reader)?;
        if reader.at == text.len() { Ok(items) } else { Err(Odd) }
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Lines<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, LinesVisitor(PhantomData))
    }
}

struct LinesVisitor<'a, T>(PhantomData<Lines<'a, T>>);

impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for LinesVisitor<'a, T> {
    type Value = Lines<'a, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    /// Only a [`Reader`] gives a text here; a value that is a text comes as the newtype around it.
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Lines::Text(text))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Vec::deserialize(deserializer).map(Lines::Items)
    }
}

/// The array at the beginning of `rest`, where the newtype of this name can be read from its text.
pub(super) fn text_for<'de>(name: &str, rest: &'de str) -> Option<&'de str> {
    if name != NAME || !rest.starts_with("[\n") {
        return None;
    }
    // The first bracket has to be it: that of the next header ends the search in any case.
    let last = memchr(b']', rest.as_bytes())?;
    rest.get(..=last).filter(|array| array.ends_with("\n]"))
}
