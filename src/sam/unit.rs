//! What a resource of a template asks to be built.

use std::collections::BTreeMap;

use super::parameters::{Parameters, reference};
use super::problem::{ProblemAt, TemplateProblem};
use crate::yaml::Node;

/// A function or layer of Python with code of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamUnit {
    /// Its logical id.
    pub name: String,
    /// What it is.
    pub kind: SamUnitKind,
    /// Folder of its files, as the template has it: relative to the folder of the template.
    pub source: String,
    /// The name of its runtime, such as `python3.13`.
    pub runtime: String,
    /// The name of its architecture, such as `arm64`.
    pub architecture: String,
    /// Its handler, such as `app.handler`, where it can be known.
    pub handler: Option<String>,
    /// Its layers, the lowest first: those of the template by their logical ids; `None` for one that lies elsewhere.
    pub layers: Vec<Option<String>>,
    /// Line of its logical id.
    pub line: usize,
}

/// What a [`SamUnit`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamUnitKind {
    Function,
    Layer,
}

/// A resource that SAM would build and that is no Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its logical id.
    pub name: String,
    /// What it is instead of Python, for messages.
    pub why: String,
    /// Line of its logical id.
    pub line: usize,
}

/// A template within a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nested {
    /// Its logical id.
    pub name: String,
    /// The file, relative to the folder of the template.
    pub location: String,
    /// Values for its parameters, as far as they can be known.
    pub parameters: BTreeMap<String, String>,
    /// Line of its logical id.
    pub line: usize,
}

/// What was found in a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceUse {
    /// Something to build.
    Unit(SamUnit),
    /// Something that SAM would build and that is no Python.
    Left(Left),
    /// A template of its own.
    Nested(Nested),
}

/// A resource under reading.
pub(super) struct Resource<'a> {
    pub(super) name: &'a str,
    pub(super) line: usize,
    pub(super) node: &'a Node,
    pub(super) globals: Option<&'a Node>,
    pub(super) parameters: &'a Parameters,
}

impl Resource<'_> {
    /// What it asks for; `None`: nothing that concerns a build.
    pub(super) fn read(&self) -> Result<Option<ResourceUse>, ProblemAt> {
        match self.node.get("Type").and_then(Node::text).unwrap_or_default() {
            "AWS::Serverless::Function" => self.function("CodeUri", &["InlineCode", "ImageUri"]),
            "AWS::Lambda::Function" => self.function("Code", &[]),
            "AWS::Serverless::LayerVersion" => self.layer("ContentUri"),
            "AWS::Lambda::LayerVersion" => self.layer("Content"),
            "AWS::Serverless::Application" => Ok(self.nested("Location")),
            "AWS::CloudFormation::Stack" => Ok(self.nested("TemplateURL")),
            _ => Ok(None),
        }
    }

    fn function(&self, code: &str, elsewhere: &[&str]) -> Result<Option<ResourceUse>, ProblemAt> {
        if elsewhere.iter().any(|key| self.property(key).is_some()) || self.is_skipped()? {
            return Ok(None);
        }
        if self.value("PackageType")?.is_some_and(|kind| kind == "Image") {
            return Ok(Some(self.left("it is a container image")));
        }
        // The code of a plain function says where it is; one of SAM lies beside the template when it says nothing.
        let is_optional = code == "CodeUri";
        let Some(source) = self.source(code, is_optional)? else { return Ok(None) };
        let Some(runtime) = self.value("Runtime")? else { return Err((self.line, self.no_runtime())) };
        if !runtime.starts_with("python") {
            return Ok(Some(self.left(&format!("its runtime is {runtime}"))));
        }
        if let Some(method) = self.method()?.filter(|method| !builds_python(method)) {
            return Ok(Some(self.left(&format!("its BuildMethod is {method}"))));
        }
        self.refuse_build_properties()?;
        let architectures = self.values("Architectures")?;
        if let [_, second, ..] = &architectures[..] {
            let line = self.property("Architectures").map_or(self.line, |node| node.line);
            return Err((line, TemplateProblem::TwoArchitectures { second: second.clone() }));
        }
        let architecture = architectures.into_iter().next().unwrap_or_else(|| "x86_64".to_owned());
        let handler = self.value("Handler").ok().flatten();
        Ok(Some(self.unit(SamUnitKind::Function, source, runtime, architecture, handler)))
    }

    fn no_runtime(&self) -> TemplateProblem {
        TemplateProblem::NoRuntime { name: self.name.to_owned() }
    }

    fn layer(&self, content: &str) -> Result<Option<ResourceUse>, ProblemAt> {
        let Some(method) = self.method()? else { return Ok(None) };
        if self.is_skipped()? {
            return Ok(None);
        }
        let Some(source) = self.source(content, false)? else { return Ok(None) };
        if !builds_python(&method) {
            return Ok(Some(self.left(&format!("its BuildMethod is {method}"))));
        }
        self.refuse_build_properties()?;
        let mut runtimes = self.values("CompatibleRuntimes")?.into_iter().filter(|name| name.starts_with("python"));
        let runtime = if method == UV { runtimes.next() } else { Some(method) };
        let runtime = runtime.ok_or_else(|| (self.line, self.no_runtime()))?;
        let stated = match self.metadata("BuildArchitecture") {
            Some(node) => self.read_text(node)?,
            None => None,
        };
        let compatible = self.values("CompatibleArchitectures")?;
        let only = compatible.first().filter(|_| compatible.len() == 1).cloned();
        let architecture = stated.or(only).unwrap_or_else(|| "x86_64".to_owned());
        Ok(Some(self.unit(SamUnitKind::Layer, source, runtime, architecture, None)))
    }

    fn nested(&self, location: &str) -> Option<ResourceUse> {
        // One of the application repository is named by a mapping, and one that is elsewhere by a URL.
        let location = self.property(location)?.text().filter(|text| is_local(text))?;
        let given = self.property("Parameters").map(Node::entries).unwrap_or_default();
        // What depends on other resources is asked for only where the inner template asks for it.
        let known = given
            .into_iter()
            .filter_map(|(name, node)| Some((name.to_owned(), self.parameters.text(node).ok().flatten()?)));
        let (name, parameters) = (self.name.to_owned(), known.collect());
        Some(ResourceUse::Nested(Nested { name, location: location.to_owned(), parameters, line: self.line }))
    }

    fn unit(
        &self,
        kind: SamUnitKind,
        source: String,
        runtime: String,
        architecture: String,
        handler: Option<String>,
    ) -> ResourceUse {
        let (name, line, layers) = (self.name.to_owned(), self.line, self.layers());
        ResourceUse::Unit(SamUnit { name, kind, source, runtime, architecture, handler, layers, line })
    }

    /// Layers of all functions, then its own, as SAM joins them.
    fn layers(&self) -> Vec<Option<String>> {
        let own = self.node.get("Properties").and_then(|properties| properties.get("Layers"));
        let lists = [self.globals.and_then(|globals| globals.get("Layers")), own];
        let entries = lists.iter().flatten().filter_map(|list| list.list()).flatten();
        entries.map(|entry| reference(entry).map(str::to_owned)).collect()
    }

    /// Where the content of a layer lies, a folder or an archive; `None` for what is no layer, or lies elsewhere.
    pub(super) fn layer_content(&self) -> Option<String> {
        let key = match self.node.get("Type")?.text()? {
            "AWS::Serverless::LayerVersion" => "ContentUri",
            "AWS::Lambda::LayerVersion" => "Content",
            _ => return None,
        };
        let text = self.parameters.text(self.property(key)?).ok()??;
        is_local(&text).then_some(text)
    }

    fn left(&self, why: &str) -> ResourceUse {
        ResourceUse::Left(Left { name: self.name.to_owned(), why: why.to_owned(), line: self.line })
    }

    /// The folder of its files; `None`: they are in a bucket, in the template or packed already.
    fn source(&self, key: &str, is_optional: bool) -> Result<Option<String>, ProblemAt> {
        let Some(node) = self.property(key) else {
            return Ok(is_optional.then(|| ".".to_owned()));
        };
        let is_elsewhere = ["S3Bucket", "Bucket", "ZipFile", "ImageUri"].iter().any(|key| node.get(key).is_some());
        if is_elsewhere {
            return Ok(None);
        }
        let source = self.read_text(node)?.or_else(|| is_optional.then(|| ".".to_owned()));
        Ok(source.filter(|text| is_local(text) && !is_packed(text)))
    }

    /// The value of a property: the resource's own, else that of `Globals`.
    fn property(&self, key: &str) -> Option<&Node> {
        let own = self.node.get("Properties").and_then(|properties| properties.get(key));
        own.or_else(|| self.globals?.get(key))
    }

    fn metadata(&self, key: &str) -> Option<&Node> {
        self.node.get("Metadata")?.get(key)
    }

    fn read_text(&self, node: &Node) -> Result<Option<String>, ProblemAt> {
        self.parameters.text(node).map_err(|problem| (node.line, problem))
    }

    fn value(&self, key: &str) -> Result<Option<String>, ProblemAt> {
        self.property(key).map_or(Ok(None), |node| self.read_text(node))
    }

    fn values(&self, key: &str) -> Result<Vec<String>, ProblemAt> {
        let texts = |node: &Node| self.parameters.texts(node).map_err(|problem| (node.line, problem));
        self.property(key).map_or(Ok(Vec::new()), texts)
    }

    fn method(&self) -> Result<Option<String>, ProblemAt> {
        self.metadata("BuildMethod").map_or(Ok(None), |node| self.read_text(node))
    }

    fn is_skipped(&self) -> Result<bool, ProblemAt> {
        let said = self.metadata("SkipBuild").map_or(Ok(None), |node| self.read_text(node))?;
        Ok(said.is_some_and(|text| text.eq_ignore_ascii_case("true")))
    }

    /// Refuses properties that would change the layout of a Python build.
    fn refuse_build_properties(&self) -> Result<(), ProblemAt> {
        let properties = self.metadata("BuildProperties").map(Node::entries).unwrap_or_default();
        match properties.iter().find(|(key, _)| key.starts_with("ParentPackage")) {
            Some((key, node)) => Err((node.line, TemplateProblem::BuildProperty { name: (*key).to_owned() })),
            None => Ok(()),
        }
    }
}

/// SAM's word for a build by uv; barrow reads the same files.
const UV: &str = "python-uv";

fn builds_python(method: &str) -> bool {
    method == UV || method.starts_with("python3")
}

/// Whether a text is a path, and one relative or absolute on this machine.
pub(super) fn is_local(text: &str) -> bool {
    !["s3://", "http://", "https://"].iter().any(|start| text.starts_with(start))
}

/// Whether a path names an archive, which is deployed as it is.
fn is_packed(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| ["zip", "jar", "gz", "whl"].contains(&extension.as_str()))
}
