//! Parameters of a template, and what the command line says of them.

use std::collections::BTreeMap;

use super::problem::TemplateProblem;
use crate::yaml::{Node, NodeContent};

/// The parameters of a template with the values that they have in this run.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    declared: BTreeMap<String, Option<String>>,
    given: BTreeMap<String, String>,
}

impl Parameters {
    /// Reads the parameters that a template declares; `given` are the values of this run.
    pub(super) fn of(template: &Node, given: BTreeMap<String, String>) -> Self {
        let mut declared = BTreeMap::new();
        for (name, parameter) in template.get("Parameters").map(Node::entries).unwrap_or_default() {
            let kind = parameter.get("Type").and_then(Node::text).unwrap_or_default();
            let default = parameter.get("Default").and_then(|node| node.text().map(str::to_owned));
            // Its default is the name of a parameter in the account, not a value.
            let default = default.filter(|_| !kind.starts_with("AWS::SSM::"));
            declared.insert(name.to_owned(), default);
        }
        Self { declared, given }
    }

    /// Names that were given a value and that the template does not have.
    pub fn unknown(&self) -> Vec<&str> {
        self.given.keys().filter(|name| !self.declared.contains_key(*name)).map(String::as_str).collect()
    }

    /// The value of a parameter; `None`: `AWS::NoValue`, as if nothing were said.
    pub(super) fn value(&self, name: &str) -> Result<Option<String>, TemplateProblem> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        let Some(default) = self.declared.get(name) else {
            return Err(TemplateProblem::NoParameter { name: name.to_owned() });
        };
        let value = self.given.get(name).or(default.as_ref()).cloned();
        value.map(Some).ok_or_else(|| TemplateProblem::NoValue { name: name.to_owned() })
    }

    /// A text, or what a `Ref` stands for; `None`: nothing is said.
    pub(super) fn text(&self, node: &Node) -> Result<Option<String>, TemplateProblem> {
        if let Some(name) = reference(node) {
            return self.value(name);
        }
        match node.text() {
            Some(text) => Ok(Some(text.to_owned())),
            None if node.is_null() && node.followed().tag.is_none() => Ok(None),
            None => Err(TemplateProblem::Unreadable { what: described(node) }),
        }
    }

    /// A list of texts; one text has its parts separated by commas, as the value of a list parameter has.
    pub(super) fn texts(&self, node: &Node) -> Result<Vec<String>, TemplateProblem> {
        let Some(entries) = node.list() else {
            let text = self.text(node)?.unwrap_or_default();
            return Ok(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect());
        };
        let texts: Result<Vec<Option<String>>, TemplateProblem> =
            entries.iter().map(|entry| self.text(entry)).collect();
        Ok(texts?.into_iter().flatten().collect())
    }
}

/// The name in `!Ref name` or `{Ref: name}`.
pub(super) fn reference(node: &Node) -> Option<&str> {
    let node = node.followed();
    match (&node.content, node.tag.as_deref()) {
        (NodeContent::Text { text, .. }, Some("Ref")) => Some(text),
        (NodeContent::Map { entries, .. }, None) if entries.len() == 1 => node.own("Ref")?.text(),
        _ => None,
    }
}

/// What a value is, in the words of a template.
fn described(node: &Node) -> String {
    let node = node.followed();
    if let Some(tag) = &node.tag {
        return format!("`!{tag}`");
    }
    match node.entries().first() {
        Some((key, _)) if key.starts_with("Fn::") => format!("`{key}`"),
        Some(_) => "a mapping".to_owned(),
        None => "a list".to_owned(),
    }
}

/// The values of `--parameter-overrides`: `Name=value` and `ParameterKey=Name,ParameterValue=value`, any number in one
/// text, with quotes where a value has spaces.
///
/// # Errors
/// The text that is neither.
pub fn read_overrides(texts: &[String]) -> Result<BTreeMap<String, String>, String> {
    let mut values = BTreeMap::new();
    for text in texts {
        let mut latest: Option<String> = None;
        for word in words(text) {
            let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
            let pair = match word.strip_prefix("ParameterKey=") {
                Some(rest) => rest.split_once(",ParameterValue="),
                None => word.split_once('='),
            };
            if let Some((name, value)) = pair.filter(|(name, _)| is_name(name)) {
                values.insert(name.to_owned(), value.to_owned());
                latest = Some(name.to_owned());
            } else {
                // A value that the shell has freed of its quotes goes on.
                let value = latest.as_ref().and_then(|name| values.get_mut(name)).ok_or_else(|| word.clone())?;
                value.push(' ');
                value.push_str(&word);
            }
        }
    }
    Ok(values)
}

/// The words of a text, without quotes: those join what stands between them, and `\` takes the next character as it is.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', _) => word.get_or_insert_default().extend(characters.next()),
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
