//! The tables of an array at the end of a text, one by one or in two halves.

use memchr::memmem;
use serde::Deserialize;

use super::{Odd, Reader, Table, check_characters};

/// A text that ends with an array of tables, which are read one by one: none of a thousand has to wait for the others.
#[derive(Clone)]
pub(in crate::lock) struct TableByTable<'de> {
    reader: Reader<'de>,
    name: &'static str,
    /// What is still to be checked: when the first table is read, so that each part is checked by whoever reads it.
    unchecked: Option<&'de str>,
}

impl<'de> TableByTable<'de> {
    /// Reads what stands before the tables `[[name]]`. It counts once these are read, whether or not there are any.
    ///
    /// # Errors
    /// As [`read`](super::read).
    pub(in crate::lock) fn open<T: Deserialize<'de>>(text: &'de str, name: &'static str) -> Result<(T, Self), Odd> {
        let mut reader = Reader::unchecked(text);
        let head = T::deserialize(Table { until: Some(name), ..Table::new(&mut reader, Vec::new()) })?;
        Ok((head, Self { reader, name, unchecked: Some(text) }))
    }

    /// Whether there is no table at all, and nothing else.
    pub(in crate::lock) fn is_at_end(&self) -> bool {
        self.reader.header.is_none()
    }

    /// Reads the next table; `None`: there is no other, and the text is at its end.
    ///
    /// # Errors
    /// As [`read`](super::read), and what stands behind the tables.
    pub(in crate::lock) fn read_next<T: Deserialize<'de>>(&mut self) -> Result<Option<T>, Odd> {
        self.unchecked.take().map_or(Ok(()), check_characters)?;
        let reader = &mut self.reader;
        match reader.header.take() {
            None => Ok(None),
            Some(header) if header.opens_array(self.name) => T::deserialize(Table::new(reader, header.path)).map(Some),
            Some(_) => Err(Odd),
        }
    }

    /// The same tables in two parts, of about the same length, which give what all of them would give one behind the
    /// other. They part where a line begins with `[[name]]`. In a plain text that is a header wherever it stands: a
    /// value that goes over the line has no end in the first part, which is [`Odd`] then as the whole is.
    ///
    /// # Errors
    /// As [`read`](super::read).
    pub(in crate::lock) fn halves(self) -> Result<(Self, Option<Self>), Odd> {
        let Self { reader, name, unchecked } = self;
        let middle = usize::midpoint(reader.at, reader.text.len());
        let heading = format!("\n[[{name}]]");
        let Some(offset) = memmem::find(&reader.text.as_bytes()[middle..], heading.as_bytes()) else {
            return Ok((Self { reader, name, unchecked }, None));
        };
        let (text, at) = (reader.text, middle + offset + 1);
        let mut second = Reader { at, ..Reader::unchecked(text) };
        second.header = Some(second.header()?);
        let first = Reader { text: &text[..at], ..reader };
        let [before, behind] = [&text[..at], &text[at..]].map(|part| unchecked.map(|_| part));
        let second = Self { reader: second, name, unchecked: behind };
        Ok((Self { reader: first, name, unchecked: before }, Some(second)))
    }
}
