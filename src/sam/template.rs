//! A template as a file: its resources, and what is wrong with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::parameters::Parameters;
use super::problem::{ProblemAt, SamError, TemplateProblem};
use super::unit::{Resource, ResourceUse};
use crate::yaml::{Document, Node, NodeContent};

/// What `sam build` can be told to leave out.
const NAMED_BY_SAM: [&str; 4] = [
    "AWS::Serverless::Function",
    "AWS::Lambda::Function",
    "AWS::Serverless::LayerVersion",
    "AWS::Lambda::LayerVersion",
];

/// A template that was read.
#[derive(Debug)]
pub struct Template {
    /// The file, as messages name it.
    pub file: PathBuf,
    pub(super) document: Document,
    parameters: Parameters,
}

impl Template {
    /// Reads the text of a template; `given` are values for its parameters.
    ///
    /// # Errors
    /// What is no YAML or JSON, or has no resources.
    pub fn parse(file: &Path, text: &str, given: BTreeMap<String, String>) -> Result<Self, SamError> {
        let error = |line, text: String| SamError { file: file.to_owned(), line, problem: TemplateProblem::Text(text) };
        let document = Document::parse(text).map_err(|problem| error(problem.line, problem.reason))?;
        if !document.root.get("Resources").is_some_and(Node::is_map) {
            return Err(error(document.root.line, "a template has a mapping of `Resources`".to_owned()));
        }
        let parameters = Parameters::of(&document.root, given);
        Ok(Self { file: file.to_owned(), document, parameters })
    }

    /// The parameters with their values.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Everything that concerns a build, in the order of the template; an error concerns one resource.
    pub fn resources(&self) -> Vec<Result<ResourceUse, SamError>> {
        self.resources_but(|_| false)
    }

    /// Everything that concerns a build but the functions and layers whose logical ids are `excluded`: nothing of them
    /// is read, so nothing in them can be wrong.
    pub fn resources_but(&self, excluded: impl Fn(&str) -> bool) -> Vec<Result<ResourceUse, SamError>> {
        let error = |(line, problem): ProblemAt| SamError { file: self.file.clone(), line, problem };
        let globals = |kind: &str| {
            let section = if kind == "AWS::Serverless::Function" { "Function" } else { "LayerVersion" };
            let node = self.document.root.get("Globals")?.get(section)?;
            kind.starts_with("AWS::Serverless::").then_some(node)
        };
        let mut found = Vec::new();
        for (name, key_line, node) in self.named_resources() {
            let kind = node.get("Type").and_then(Node::text).unwrap_or_default();
            if NAMED_BY_SAM.contains(&kind) && excluded(name) {
                continue;
            }
            if name.starts_with("Fn::ForEach") {
                found.push(Err(error((key_line, TemplateProblem::ForEach { name: name.to_owned() }))));
                continue;
            }
            let (globals, parameters) = (globals(kind), &self.parameters);
            let resource = Resource { name, line: key_line, node, globals, parameters };
            match resource.read() {
                Ok(None) => {}
                Ok(Some(_)) if !is_name(name) => {
                    found.push(Err(error((key_line, TemplateProblem::Name { name: name.to_owned() }))));
                }
                Ok(Some(what)) => found.push(Ok(what)),
                Err(located) => found.push(Err(error(located))),
            }
        }
        found
    }

    /// Where the content of a layer lies, relative to the folder of the template: a folder or an archive; `None` for a
    /// logical id that is no layer, or one that lies elsewhere.
    pub fn layer_content(&self, name: &str) -> Option<String> {
        let (name, line, node) = self.named_resources().into_iter().find(|(known, ..)| *known == name)?;
        Resource { name, line, node, globals: None, parameters: &self.parameters }.layer_content()
    }

    /// Logical ids with their lines and resources.
    pub(super) fn named_resources(&self) -> Vec<(&str, usize, &Node)> {
        let resources = self.document.root.get("Resources").map(Node::entries).unwrap_or_default();
        resources.into_iter().map(|(name, node)| (name, self.key_line(name).unwrap_or(node.line), node)).collect()
    }

    fn key_line(&self, name: &str) -> Option<usize> {
        let NodeContent::Map { entries, .. } = &self.document.root.get("Resources")?.followed().content else {
            return None;
        };
        entries.iter().find(|(key, _)| key.text() == Some(name)).map(|(key, _)| key.line)
    }
}

/// Whether a logical id can become the name of a folder.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && name.chars().all(|c| c.is_ascii_alphanumeric())
}
