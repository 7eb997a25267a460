//! A value of a document, with its place in the text.

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

/// A value with its place.
#[derive(Debug)]
pub struct Node {
    /// Its bytes in the text, anchor and tag included. A list or mapping that is written in lines ends where its last
    /// value ends.
    pub span: Range<usize>,
    /// Line of its first character, from 1.
    pub line: usize,
    /// Characters before it in that line.
    pub column: usize,
    /// A tag of the document's own, without its mark: `Ref` for `!Ref`.
    pub tag: Option<String>,
    /// Whether aliases can name it.
    pub is_anchored: bool,
    /// The value.
    pub content: NodeContent,
}

/// What a node holds.
#[derive(Debug)]
pub enum NodeContent {
    /// One text.
    Text {
        /// Without quotes and escapes.
        text: String,
        /// How it is written.
        style: Style,
    },
    /// A sequence.
    List {
        /// The entries in order.
        entries: Vec<Rc<Node>>,
    },
    /// A mapping.
    Map {
        /// Keys with their values, in order.
        entries: Vec<(Rc<Node>, Rc<Node>)>,
        /// Whether it is written in braces, as JSON is.
        is_flow: bool,
    },
    /// `*name`: what was anchored before.
    Alias(Rc<Node>),
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes, as JSON has it.
    Double,
    /// As lines below a `|` or `>`.
    Block,
}

impl Node {
    /// The node that an alias stands for; any other node is itself.
    pub fn followed(&self) -> &Self {
        let mut node = self;
        while let NodeContent::Alias(target) = &node.content {
            node = target;
        }
        node
    }

    /// The text of a value without a tag; `None` also for nothing, `~` and `null`.
    pub fn text(&self) -> Option<&str> {
        match self.followed() {
            Self { content: NodeContent::Text { text, .. }, tag: None, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// Whether it is nothing, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.followed().content, NodeContent::Text { text, style: Style::Plain }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The entries of a sequence without a tag.
    pub fn list(&self) -> Option<&[Rc<Self>]> {
        match self.followed() {
            Self { content: NodeContent::List { entries }, tag: None, .. } => Some(entries),
            _ => None,
        }
    }

    /// Whether it is a mapping without a tag.
    pub fn is_map(&self) -> bool {
        matches!(self.followed(), Self { content: NodeContent::Map { .. }, tag: None, .. })
    }

    /// The value of a key, its own or one that is merged in.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Keys that are texts with their values: its own, then those that `<<` merges in and that are not among them.
    pub fn entries(&self) -> Vec<(&str, &Self)> {
        let (mut found, mut names, mut seen) = (Vec::new(), HashSet::new(), HashSet::new());
        let mut open = vec![self.followed()];
        while let Some(node) = open.pop() {
            let NodeContent::Map { entries, .. } = &node.content else { continue };
            // A mapping that is merged in by many ways counts once.
            if !seen.insert(std::ptr::from_ref(node)) {
                continue;
            }
            let mut merged = Vec::new();
            for (key, value) in entries {
                match key.text() {
                    Some("<<") => match value.list() {
                        Some(list) => merged.extend(list.iter().map(|entry| entry.followed())),
                        None => merged.push(value.followed()),
                    },
                    Some(name) if names.insert(name) => found.push((name, &**value)),
                    _ => {}
                }
            }
            open.extend(merged.into_iter().rev());
        }
        found
    }

    /// The value of a key that is written in this very place: not merged in, and not behind an alias.
    pub fn own(&self, key: &str) -> Option<&Self> {
        let NodeContent::Map { entries, .. } = &self.content else { return None };
        entries.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| &**value)
    }

    /// Calls `look` for this node and all below it, each place of the text once.
    pub fn visit<'a>(&'a self, look: &mut impl FnMut(&'a Self)) {
        let mut open = vec![self];
        while let Some(node) = open.pop() {
            look(node);
            match &node.content {
                NodeContent::List { entries } => open.extend(entries.iter().map(Rc::as_ref)),
                NodeContent::Map { entries, .. } => {
                    open.extend(entries.iter().flat_map(|(key, value)| [key.as_ref(), value.as_ref()]));
                }
                NodeContent::Text { .. } | NodeContent::Alias(_) => {}
            }
        }
    }
}
