//! From the events of the parser to a tree.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::node::{Node, NodeContent, Style};
use crate::spec::unfinished_merge;

/// Most levels of a document, more than any template has: a tree is dropped level by level, and the stack has an end.
const DEEPEST: usize = 100;

/// The beginning of tags of the core schema, which only say what a value is anyway.
const CORE_SCHEMA: &str = "tag:yaml.org,2002:";

/// A document and its text.
#[derive(Debug)]
pub struct Document {
    /// As it was given, without a byte order mark.
    pub text: String,
    /// Its value.
    pub root: Rc<Node>,
    #[expect(dead_code, reason = "held so that it is dropped last")]
    anchors: Anchors,
}

/// Why a text is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct YamlError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

impl Document {
    /// Reads a text that holds one document.
    ///
    /// # Errors
    /// What is no YAML, a second document, a key that is given twice, an alias within what it names, and too many levels.
    pub fn parse(text: &str) -> Result<Self, YamlError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut builder = Builder::new(text);
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                let (line, reason) =
                    unfinished_merge(text).unwrap_or_else(|| (error.marker().line(), plain(error.info())));
                YamlError { line, reason: format!("not valid YAML: {reason}") }
            })?;
            builder.take(event, span)?;
        }
        let root = builder.root.ok_or_else(|| YamlError { line: 1, reason: "the file is empty".to_owned() })?;
        Ok(Self { text: text.to_owned(), root, anchors: builder.anchors })
    }
}

/// What the parser says, and what it means to those who write such files.
const MEANINGS: &[(&str, &str)] = &[
    ("tabs disallowed", "a tab stands where only spaces may"),
    ("did not find expected key", "the indentation does not fit what stands above, or a `:` is missing"),
    ("did not find expected '-'", "the indentation does not fit the list above, or a `-` is missing"),
    ("did not find expected ',' or '}'", "a `,` or `}` is missing"),
    ("did not find expected ',' or ']'", "a `,` or `]` is missing"),
    ("did not find expected node content", "a value is missing, or a `{` or `[` is not closed"),
    ("quoted scalar, found unexpected end", "a quote is not closed"),
    ("found unknown anchor", "an alias (`*NAME`) stands before what it names, or without it"),
];

/// A message of the parser in words that help.
fn plain(message: &str) -> &str {
    MEANINGS.iter().find(|(part, _)| message.contains(part)).map_or(message, |(_, meaning)| *meaning)
}

/// The anchored nodes, in the order in which they end: an alias names only what has ended before it.
#[derive(Debug, Default)]
struct Anchors {
    nodes: Vec<Rc<Node>>,
    places: HashMap<usize, usize>,
}

impl Drop for Anchors {
    /// Drops the last one first: a long chain of aliases of aliases would overflow the stack if it were dropped from
    /// its outer end.
    fn drop(&mut self) {
        while self.nodes.pop().is_some() {}
    }
}

struct Builder<'a> {
    text: &'a str,
    /// Where each character begins, in bytes; empty where characters are bytes.
    offsets: Vec<usize>,
    open: Vec<Open>,
    root: Option<Rc<Node>>,
    anchors: Anchors,
}

/// A list or mapping whose end has not come.
struct Open {
    span: Span,
    anchor: usize,
    tag: Option<String>,
    children: Vec<Rc<Node>>,
    is_map: bool,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        let offsets = if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at).collect() };
        Self { text, offsets, open: Vec::new(), root: None, anchors: Anchors::default() }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => Err(at(span, "a second document begins here")),
            Event::Scalar(text, style, anchor, tag) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::Single,
                    ScalarStyle::DoubleQuoted => Style::Double,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                let content = NodeContent::Text { text: text.into_owned(), style };
                let node = self.node(span, self.range(span), anchor, tag_name(tag.as_deref()), content);
                self.add(node);
                Ok(())
            }
            Event::Alias(anchor) => {
                let target = self.anchors.places.get(&anchor).map(|place| Rc::clone(&self.anchors.nodes[*place]));
                let target = target.ok_or_else(|| at(span, "an alias stands within what it names"))?;
                let node = self.node(span, self.range(span), 0, None, NodeContent::Alias(target));
                self.add(node);
                Ok(())
            }
            Event::SequenceStart(anchor, tag) => self.begin(span, anchor, tag.as_deref(), false),
            Event::MappingStart(anchor, tag) => self.begin(span, anchor, tag.as_deref(), true),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, span: Span, anchor: usize, tag: Option<&Tag>, is_map: bool) -> Result<(), YamlError> {
        if self.open.len() == DEEPEST {
            return Err(at(span, &format!("there are more than {DEEPEST} levels")));
        }
        self.open.push(Open { span, anchor, tag: tag_name(tag), children: Vec::new(), is_map });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), YamlError> {
        let Some(Open { span: start, anchor, tag, children, is_map }) = self.open.pop() else { return Ok(()) };
        // What is written in braces has an end that is a character of the text.
        let (begin, end) = (self.range(start), self.range(span));
        let is_flow = !end.is_empty();
        let last = children.last().map_or(begin.end, |child| child.span.end);
        let range = begin.start..if is_flow { end.end } else { last };
        let content = if is_map {
            let mut entries = Vec::with_capacity(children.len() / 2);
            let mut children = children.into_iter();
            while let (Some(key), Some(value)) = (children.next(), children.next()) {
                entries.push((key, value));
            }
            refuse_doubles(&entries)?;
            NodeContent::Map { entries, is_flow }
        } else {
            NodeContent::List { entries: children }
        };
        let node = self.node(start, range, anchor, tag, content);
        self.add(node);
        Ok(())
    }

    fn node(
        &mut self,
        span: Span,
        range: Range<usize>,
        anchor: usize,
        tag: Option<String>,
        content: NodeContent,
    ) -> Rc<Node> {
        let (line, column) = (span.start.line(), span.start.col());
        let node = Rc::new(Node { span: range, line, column, tag, is_anchored: anchor > 0, content });
        if anchor > 0 {
            self.anchors.places.insert(anchor, self.anchors.nodes.len());
            self.anchors.nodes.push(Rc::clone(&node));
        }
        node
    }

    fn add(&mut self, node: Rc<Node>) {
        match self.open.last_mut() {
            Some(open) => open.children.push(node),
            None => self.root = Some(node),
        }
    }

    fn range(&self, span: Span) -> Range<usize> {
        let byte = |index: usize| {
            if self.offsets.is_empty() {
                index.min(self.text.len())
            } else {
                self.offsets.get(index).copied().unwrap_or(self.text.len())
            }
        };
        let (start, end) = (byte(span.start.index()), byte(span.end.index()));
        // The parser places a value that is not written at the colon.
        if start >= end && self.text[start..].starts_with(':') { start + 1..start + 1 } else { start..end.max(start) }
    }
}

fn tag_name(tag: Option<&Tag>) -> Option<String> {
    let tag = tag?;
    match tag.handle.as_str() {
        CORE_SCHEMA => None,
        "!" => Some(tag.suffix.clone()),
        handle => Some(format!("{handle}{}", tag.suffix)),
    }
}

fn refuse_doubles(entries: &[(Rc<Node>, Rc<Node>)]) -> Result<(), YamlError> {
    let mut names = HashSet::new();
    for (key, _) in entries {
        if let Some(name) = key.text()
            && !names.insert(name)
            && name != "<<"
        {
            return Err(YamlError { line: key.line, reason: format!("`{name}` is given twice") });
        }
    }
    Ok(())
}

fn at(span: Span, reason: &str) -> YamlError {
    YamlError { line: span.start.line(), reason: reason.to_owned() }
}
