//! TOML as tools write their locks, read in one pass straight into the types that are wanted.
//!
//! Tables one behind the other, each key on a line of its own, values of the usual kinds: that is what locks are made
//! of, and reading just that takes a fifteenth of what reading all of TOML takes. Whatever is written in another way,
//! and whatever does not fit the type, is [`Odd`]: the `toml` crate then reads the whole text, and says what is wrong
//! and where. So nothing may be taken here that TOML forbids, or with another meaning: a key that stands twice, a table
//! that is opened again and a control character in a text are odd as well.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use memchr::{memchr, memchr_iter, memchr2, memchr3};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_spanned::de::{SpannedDeserializer, is_spanned};

mod lines;
mod table_by_table;
#[cfg(test)]
mod tests;

pub(super) use lines::Lines;
pub(super) use table_by_table::TableByTable;

/// Reads a text; texts in the result may be parts of it.
///
/// # Errors
/// A text that is not as plain as it has to be, or does not fit the type.
pub(super) fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Odd> {
    T::deserialize(Table::new(&mut Reader::new(text)?, Vec::new()))
}

/// Not plain, or not what was wanted.
#[derive(Debug)]
pub(super) struct Odd;

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not plain TOML, or not what was wanted")
    }
}

impl std::error::Error for Odd {}

impl Error for Odd {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// How many arrays and inline tables may be within each other, and how long the path of a table may be.
const DEPTH_MOST: usize = 16;

/// A place in a text.
#[derive(Clone)]
struct Reader<'de> {
    text: &'de str,
    /// Offset, bytes.
    at: usize,
    /// The header that was read last, until its table is.
    header: Option<Header<'de>>,
    /// How many arrays and inline tables are open.
    depth: usize,
}

/// `[path]` or `[[path]]`.
#[derive(Clone)]
struct Header<'de> {
    path: Vec<&'de str>,
    is_of_array: bool,
}

impl Header<'_> {
    /// Whether it is `[[name]]`.
    fn opens_array(&self, name: &str) -> bool {
        self.is_of_array && self.path == [name]
    }
}

/// Holds that no control character is in a text but those that end lines, and tabs.
fn check_characters(text: &str) -> Result<(), Odd> {
    let bytes = text.as_bytes();
    let is_control = |byte: u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
    // Without a way out of the loop it is made of wide instructions.
    let has_control = bytes.iter().fold(false, |found, byte| found | is_control(*byte));
    let ends_no_line = |at: usize| bytes.get(at + 1) != Some(&b'\n');
    if has_control || memchr_iter(b'\r', bytes).any(ends_no_line) { Err(Odd) } else { Ok(()) }
}

impl<'de> Reader<'de> {
    /// At the beginning of a text that is as [`check_characters`] wants it.
    fn new(text: &'de str) -> Result<Self, Odd> {
        check_characters(text).map(|()| Self::unchecked(text))
    }

    /// At the beginning of a text that was checked, or will be.
    fn unchecked(text: &'de str) -> Self {
        Self { text, at: 0, header: None, depth: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, byte: u8) -> Result<(), Odd> {
        if self.take(byte) { Ok(()) } else { Err(Odd) }
    }

    /// The text from here on.
    fn rest(&self) -> &'de str {
        // Every place that is reached is behind an ASCII character.
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes the next so many bytes.
    fn advance(&mut self, length: usize) -> Result<&'de str, Odd> {
        let part = self.rest().get(..length).ok_or(Odd)?;
        self.at += length;
        Ok(part)
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn newline(&mut self) -> bool {
        if self.rest().starts_with("\r\n") {
            self.at += 2;
            return true;
        }
        self.take(b'\n')
    }

    fn comment(&mut self) -> Result<(), Odd> {
        if self.peek() != Some(b'#') {
            return Ok(());
        }
        let rest = self.rest();
        let line = &rest[..memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len())];
        let line = line.strip_suffix('\r').unwrap_or(line);
        self.advance(line.len()).map(drop)
    }

    /// Blanks, comments and ends of lines, as many as there are.
    fn skip_lines(&mut self) -> Result<(), Odd> {
        loop {
            match self.peek() {
                // Behind a carriage return there is a line feed (`check_characters`).
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'#') => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    /// What may stand behind a header or a value of a table.
    fn end_line(&mut self) -> Result<(), Odd> {
        self.skip_blanks();
        self.comment()?;
        if self.newline() || self.at == self.text.len() { Ok(()) } else { Err(Odd) }
    }

    fn key(&mut self) -> Result<&'de str, Odd> {
        if self.take(b'"') {
            let key = self.advance(memchr3(b'"', b'\\', b'\n', self.rest().as_bytes()).ok_or(Odd)?)?;
            return self.expect(b'"').map(|()| key);
        }
        let is_end = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let rest = self.rest();
        let length = rest.as_bytes().iter().position(is_end).unwrap_or(rest.len());
        if length == 0 { Err(Odd) } else { self.advance(length) }
    }

    /// A key, and what stands between it and its value.
    fn key_of_value(&mut self) -> Result<&'de str, Odd> {
        let key = self.key()?;
        self.skip_blanks();
        self.expect(b'=')?;
        self.skip_blanks();
        Ok(key)
    }

    fn header(&mut self) -> Result<Header<'de>, Odd> {
        self.expect(b'[')?;
        let is_of_array = self.take(b'[');
        let mut path = Vec::with_capacity(3);
        loop {
            self.skip_blanks();
            path.push(self.key()?);
            self.skip_blanks();
            if !self.take(b'.') {
                break;
            }
            if path.len() == DEPTH_MOST {
                return Err(Odd);
            }
        }
        self.expect(b']')?;
        if is_of_array {
            self.expect(b']')?;
        }
        self.end_line()?;
        Ok(Header { path, is_of_array })
    }

    /// A text in quotes; those at its beginning are taken already.
    fn basic_text(&mut self) -> Result<Cow<'de, str>, Odd> {
        let mut read = Cow::Borrowed("");
        loop {
            let length = memchr3(b'"', b'\\', b'\n', self.rest().as_bytes()).ok_or(Odd)?;
            let part = self.advance(length)?;
            if read.is_empty() {
                read = Cow::Borrowed(part);
            } else {
                read.to_mut().push_str(part);
            }
            if self.take(b'"') {
                return Ok(read);
            }
            let sign = match self.advance(2)? {
                "\\\"" => '"',
                "\\\\" => '\\',
                "\\n" => '\n',
                "\\t" => '\t',
                _ => return Err(Odd),
            };
            read.to_mut().push(sign);
        }
    }

    fn literal_text(&mut self) -> Result<&'de str, Odd> {
        let text = self.advance(memchr2(b'\'', b'\n', self.rest().as_bytes()).ok_or(Odd)?)?;
        self.expect(b'\'').map(|()| text)
    }

    /// Lets `read` read what stands between the brackets of an array or inline table.
    fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<(T, bool), Odd>) -> Result<T, Odd> {
        self.at += 1;
        self.depth += 1;
        if self.depth > DEPTH_MOST {
            return Err(Odd);
        }
        let (value, is_whole) = read(self)?;
        self.depth -= 1;
        if is_whole { Ok(value) } else { Err(Odd) }
    }
}

/// The keys of a table, each of which may stand there once.
#[derive(Default)]
struct Keys<'de> {
    first: [&'de str; 8],
    count: usize,
    others: BTreeSet<&'de str>,
}

impl<'de> Keys<'de> {
    fn add(&mut self, key: &'de str) -> Result<(), Odd> {
        if self.first[..self.count].contains(&key) {
            return Err(Odd);
        }
        match self.first.get_mut(self.count) {
            Some(place) => {
                *place = key;
                self.count += 1;
                Ok(())
            }
            None if self.others.insert(key) => Ok(()),
            None => Err(Odd),
        }
    }
}

/// A value behind a key or in an array.
impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Odd;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        let rest = self.rest();
        match self.peek().ok_or(Odd)? {
            b'"' if rest.starts_with("\"\"\"") => Err(Odd),
            b'\'' if rest.starts_with("'''") => Err(Odd),
            b'"' => {
                self.at += 1;
                match self.basic_text()? {
                    Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                    Cow::Owned(text) => visitor.visit_string(text),
                }
            }
            b'\'' => {
                self.at += 1;
                visitor.visit_borrowed_str(self.literal_text()?)
            }
            b'[' => self.within(|reader| {
                let mut items = Items { reader, is_first: true, is_whole: false };
                Ok((visitor.visit_seq(&mut items)?, items.is_whole))
            }),
            b'{' => self.within(|reader| {
                let mut fields = Fields { reader, keys: Keys::default(), is_whole: false };
                Ok((visitor.visit_map(&mut fields)?, fields.is_whole))
            }),
            _ => {
                let is_end = |byte: u8| matches!(byte, b',' | b']' | b'}' | b'#' | b' ' | b'\t' | b'\r' | b'\n');
                let word = self.advance(rest.bytes().take_while(|byte| !is_end(*byte)).count())?;
                match word.as_bytes() {
                    b"true" => visitor.visit_bool(true),
                    b"false" => visitor.visit_bool(false),
                    b"0" => visitor.visit_i64(0),
                    [b'1'..=b'9', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
                        visitor.visit_i64(word.parse().map_err(|_| Odd)?)
                    }
                    // Dates and other numbers.
                    [b'0'..=b'9' | b'+' | b'-', ..] => {
                        let value = toml::de::ValueDeserializer::parse(word).map_err(|_| Odd)?;
                        value.deserialize_any(visitor).map_err(|_| Odd)
                    }
                    _ => Err(Odd),
                }
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Odd> {
        match lines::text_for(name, self.rest()) {
            Some(array) => visitor.visit_borrowed_str(self.advance(array.len())?),
            None => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Odd> {
        if !is_spanned(name) {
            return self.deserialize_any(visitor);
        }
        let start = self.at;
        let mut ahead = Reader { text: self.text, at: start, header: None, depth: self.depth };
        IgnoredAny::deserialize(&mut ahead)?;
        visitor.visit_map(SpannedDeserializer::new(self, start..ahead.at))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Odd> for &mut Reader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The items of an array.
struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    is_first: bool,
    /// Its end was read.
    is_whole: bool,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Odd;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Odd> {
        let reader = &mut *self.reader;
        reader.skip_lines()?;
        if !self.is_first && reader.take(b',') {
            reader.skip_lines()?;
        } else if !self.is_first && reader.peek() != Some(b']') {
            return Err(Odd);
        }
        self.is_first = false;
        self.is_whole = reader.take(b']');
        if self.is_whole { Ok(None) } else { seed.deserialize(reader).map(Some) }
    }
}

/// The fields of an inline table.
struct Fields<'r, 'de> {
    reader: &'r mut Reader<'de>,
    keys: Keys<'de>,
    /// Its end was read.
    is_whole: bool,
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Odd;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Odd> {
        let reader = &mut *self.reader;
        reader.skip_blanks();
        self.is_whole = reader.take(b'}');
        if self.is_whole {
            return Ok(None);
        }
        if self.keys.count > 0 {
            reader.expect(b',')?;
            reader.skip_blanks();
        }
        let key = reader.key_of_value()?;
        self.keys.add(key)?;
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Odd> {
        seed.deserialize(&mut *self.reader)
    }
}

/// A table, or the whole document: its keys with their values, then the tables below it.
struct Table<'r, 'de> {
    reader: &'r mut Reader<'de>,
    path: Vec<&'de str>,
    keys: Keys<'de>,
    /// The key that was read last is that of a table below this one.
    is_below: bool,
    /// It ends before the tables `[[until]]`.
    until: Option<&'static str>,
    /// Its end was read.
    is_whole: bool,
}

impl<'r, 'de> Table<'r, 'de> {
    fn new(reader: &'r mut Reader<'de>, path: Vec<&'de str>) -> Self {
        Self { reader, path, keys: Keys::default(), is_below: false, until: None, is_whole: false }
    }
}

impl<'de> MapAccess<'de> for Table<'_, 'de> {
    type Error = Odd;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Odd> {
        let reader = &mut *self.reader;
        if reader.header.is_none() {
            reader.skip_lines()?;
            match reader.peek() {
                None => {
                    self.is_whole = true;
                    return Ok(None);
                }
                Some(b'[') => reader.header = Some(reader.header()?),
                Some(_) => {
                    let key = reader.key_of_value()?;
                    self.keys.add(key)?;
                    return seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some);
                }
            }
        }
        if let Some(name) = self.until
            && reader.header.as_ref().is_some_and(|header| header.opens_array(name))
        {
            self.is_whole = true;
            return self.keys.add(name).map(|()| None);
        }
        let below = reader.header.as_ref().and_then(|header| header.path.strip_prefix(self.path.as_slice()));
        let Some(key) = below.and_then(|below| below.first().copied()) else {
            self.is_whole = true;
            return Ok(None);
        };
        self.is_below = true;
        self.keys.add(key)?;
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Odd> {
        if self.is_below {
            let depth = self.path.len() + 1;
            return seed.deserialize(Below { reader: &mut *self.reader, depth });
        }
        let value = seed.deserialize(&mut *self.reader)?;
        self.reader.end_line().map(|()| value)
    }
}

impl<'de> Deserializer<'de> for Table<'_, 'de> {
    type Error = Odd;

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Odd> {
        let value = visitor.visit_map(&mut self)?;
        if self.is_whole { Ok(value) } else { Err(Odd) }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Odd> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

/// What the header that was read last opens, up to so many parts of its path: a table, or an array of tables.
struct Below<'r, 'de> {
    reader: &'r mut Reader<'de>,
    depth: usize,
}

impl<'de> Deserializer<'de> for Below<'_, 'de> {
    type Error = Odd;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        let Self { reader, depth } = self;
        let Some(Header { path, is_of_array }) = &reader.header else { return Err(Odd) };
        let (is_meant, is_of_array) = (path.len() == depth, *is_of_array);
        let path = path[..depth].to_vec();
        if is_meant && is_of_array {
            let mut tables = Tables { reader, path, is_whole: false };
            let value = visitor.visit_seq(&mut tables)?;
            return if tables.is_whole { Ok(value) } else { Err(Odd) };
        }
        // A table that only those below it tell of has nothing of its own.
        if is_meant {
            reader.header = None;
        }
        Table::new(reader, path).deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Odd> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

/// The tables of an array of tables, as long as they follow each other.
struct Tables<'r, 'de> {
    reader: &'r mut Reader<'de>,
    path: Vec<&'de str>,
    /// Its end was read.
    is_whole: bool,
}

impl<'de> SeqAccess<'de> for Tables<'_, 'de> {
    type Error = Odd;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Odd> {
        let next = self.reader.header.take_if(|header| header.is_of_array && header.path == self.path);
        self.is_whole = next.is_none();
        if self.is_whole {
            return Ok(None);
        }
        seed.deserialize(Table::new(&mut *self.reader, self.path.clone())).map(Some)
    }
}
