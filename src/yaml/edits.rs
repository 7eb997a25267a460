//! Changes to the text of a document that leave all else as it is.

use std::ops::Range;

use super::builder::Document;
use super::node::{Node, NodeContent, Style};

/// Changes to one document.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    changes: Vec<(Range<usize>, String)>,
    /// Aliases of changed texts, with the texts that they stood for. A change of an alias itself counts instead.
    kept: Vec<(Range<usize>, String)>,
}

impl Edits {
    /// Whether a range is changed already.
    pub(crate) fn touch(&self, span: &Range<usize>) -> bool {
        self.changes.iter().any(|(range, _)| range == span)
    }

    /// Whether a value is changed to this text.
    pub(crate) fn makes(&self, node: &Node, text: &str) -> bool {
        let written = [plain_or_quoted(text, false), quoted(text)];
        let is_it = |new: &String| written.iter().any(|it| new.trim_start() == it || new.ends_with(&format!(" {it}")));
        self.changes.iter().any(|(range, new)| *range == node.span && is_it(new))
    }

    /// Puts a text in the place of a value. An anchor stays, and aliases of it keep the text that they stood for.
    ///
    /// # Errors
    /// The reason in words: the value is written as lines below a `|` or `>`.
    pub(crate) fn replace(&mut self, document: &Document, node: &Node, text: &str) -> Result<(), String> {
        let style = match &node.content {
            NodeContent::Text { style: Style::Block, .. } => return Err("it must stand on one line".to_owned()),
            NodeContent::Text { style, .. } => *style,
            _ => Style::Plain,
        };
        let mut new = plain_or_quoted(text, style == Style::Double || is_json(document));
        if node.is_anchored {
            let old = &document.text[node.span.clone()];
            let anchor = old.find('&').map_or("", |at| old[at..].split_whitespace().next().unwrap_or(""));
            new = format!("{anchor} {new}");
            self.keep_elsewhere(document, node);
        }
        // A value that is not written has an empty range right behind its colon.
        if node.span.is_empty() {
            new.insert(0, ' ');
        }
        self.changes.push((node.span.clone(), new));
        Ok(())
    }

    /// Writes the old text in the place of every alias of a text that changes.
    fn keep_elsewhere(&mut self, document: &Document, node: &Node) {
        let NodeContent::Text { text, .. } = &node.content else { return };
        let kept = plain_or_quoted(text, false);
        let mut aliases = Vec::new();
        document.root.visit(&mut |other| {
            if let NodeContent::Alias(target) = &other.content
                && std::ptr::eq(target.as_ref(), node)
            {
                aliases.push(other.span.clone());
            }
        });
        self.kept.extend(aliases.into_iter().map(|span| (span, kept.clone())));
    }

    /// Adds a key in front of a mapping's first.
    ///
    /// # Errors
    /// The reason in words: the node is no mapping that is written out in this place.
    pub(crate) fn insert(&mut self, document: &Document, map: &Node, key: &str, value: &str) -> Result<(), String> {
        if map.is_null() && map.tag.is_none() {
            let new = format!("{{{}: {}}}", quoted(key), quoted(value));
            let new = if map.span.is_empty() { format!(" {new}") } else { new };
            self.changes.push((map.span.clone(), new));
            return Ok(());
        }
        let NodeContent::Map { entries, is_flow } = &map.content else {
            return Err("it must be written out as a mapping".to_owned());
        };
        let text = &document.text;
        if *is_flow {
            let brace = text[map.span.clone()].find('{').map_or(map.span.start, |at| map.span.start + at) + 1;
            let space = entries.first().and_then(|(first, _)| text.get(brace..first.span.start)).unwrap_or("");
            let comma = if entries.is_empty() { "" } else { "," };
            // A comment before the first key is not repeated.
            let space = if space.trim().is_empty() { space } else { "" };
            let new = format!("{space}{}: {}{comma}", quoted(key), quoted(value));
            let new = if space.is_empty() && !comma.is_empty() { format!("{new} ") } else { new };
            self.changes.push((brace..brace, new));
            return Ok(());
        }
        let Some((first, _)) = entries.first() else { return Err("it must not be empty".to_owned()) };
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let indent = " ".repeat(first.column);
        let start = first.span.start;
        self.changes.push((start..start, format!("{key}: {}{end}{indent}", plain_or_quoted(value, false))));
        Ok(())
    }

    /// Adds a key with a mapping of one key in front of a mapping's first.
    ///
    /// # Errors
    /// As [`Edits::insert`].
    pub(crate) fn insert_map(
        &mut self,
        document: &Document,
        map: &Node,
        key: &str,
        inner: (&str, &str),
    ) -> Result<(), String> {
        let before = self.changes.len();
        self.insert(document, map, key, "")?;
        let value = format!("{{{}: {}}}", quoted(inner.0), quoted(inner.1));
        if let Some((_, new)) = self.changes.get_mut(before) {
            *new = new.replacen("\"\"", &value, 1);
        }
        Ok(())
    }

    /// The changed text.
    pub(crate) fn apply(mut self, document: &Document) -> String {
        let kept = std::mem::take(&mut self.kept);
        let kept: Vec<_> = kept.into_iter().filter(|(span, _)| !self.touch(span)).collect();
        self.changes.extend(kept);
        self.changes.sort_by_key(|(range, _)| (range.start, range.end));
        let text = &document.text;
        let mut new = String::with_capacity(text.len() + 256);
        let mut done = 0;
        for (range, replacement) in &self.changes {
            // What lies within a range that was replaced is gone.
            if range.start < done {
                continue;
            }
            new.push_str(&text[done..range.start]);
            new.push_str(replacement);
            done = range.end;
        }
        new.push_str(&text[done..]);
        new
    }
}

fn is_json(document: &Document) -> bool {
    document.text.trim_start().starts_with('{')
}

/// A text as YAML has it: without quotes where it is a path or a name and nothing else can be meant.
pub(super) fn plain_or_quoted(text: &str, always: bool) -> String {
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '.' | '/'))
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '-'))
        && text.chars().any(|c| c.is_ascii_alphabetic())
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | ".inf" | ".nan"
        );
    if is_name && !always { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes, as JSON and YAML both read it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
