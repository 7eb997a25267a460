//! From a serverless.yml.
//!
//! Its variables (`${…}`) are a language of their own and are not read: what has one is told with its line.

use std::path::Path;

use barrow::yaml::{Document, Node};

use super::outline::{ConfigDraft, Outlined, list};
use crate::failure::Failure;

/// Names of the file.
pub(super) const NAMES: [&str; 2] = ["serverless.yml", "serverless.yaml"];

/// Options of serverless-python-requirements that have no part here, and why.
const NEEDLESS: &[(&str, &str)] = &[
    ("dockerizePip", "no container is needed"),
    ("dockerImage", "no container is needed"),
    ("dockerFile", "no container is needed"),
    ("dockerSsh", "no container is needed"),
    ("pythonBin", "no Python is needed"),
    ("useStaticCache", "barrow has a cache of its own"),
    ("useDownloadCache", "barrow has a cache of its own"),
    ("cacheLocation", "barrow has a cache of its own; --cache-dir places it"),
    ("usePipenv", "the lock is found"),
    ("usePoetry", "the lock is found"),
    ("requirePoetryLockFile", "the lock is found"),
    ("pipCmdExtraArgs", "write what it asks for as settings: index-url, find-links and so on"),
    ("zip", "leave it out and see whether the bundle is small enough"),
    ("slimPatterns", "write it as `exclude`, such as \"*:**/*.html\""),
    ("strip", "barrow changes no binaries"),
];

/// A `serverless.yml` under reading.
struct Reader<'a> {
    name: &'a str,
    outline: ConfigDraft,
}

/// Its functions, for the targets that it names.
pub(super) fn read(folder: &Path) -> Result<Option<ConfigDraft>, Failure> {
    let Some(name) = NAMES.into_iter().find(|name| folder.join(name).is_file()) else { return Ok(None) };
    let text = fs_err::read_to_string(folder.join(name))
        .map_err(|error| Failure::usage(format!("`{name}` cannot be read")).because(&error))?;
    let document =
        Document::parse(&text).map_err(|error| Failure::usage(format!("{name}:{}: {}", error.line, error.reason)))?;
    let mut reader = Reader { name, outline: ConfigDraft { from: Some(name.to_owned()), ..ConfigDraft::default() } };
    reader.service(&document.root, folder);
    Ok(Some(reader.outline))
}

impl Reader<'_> {
    fn remark(&mut self, node: &Node, text: &str) {
        self.outline.remarks.push(format!("{}:{}: {text}", self.name, node.line));
    }

    /// A text without variables.
    fn text(&mut self, parent: Option<&Node>, key: &str) -> Option<String> {
        let node = parent?.get(key)?;
        let text = node.text().unwrap_or("${");
        if text.contains("${") {
            self.remark(node, &format!("`{key}` is not carried over: it has a variable of Serverless"));
            return None;
        }
        Some(text.to_owned())
    }

    fn service(&mut self, root: &Node, folder: &Path) {
        let provider = root.get("provider").map(AsRef::as_ref);
        let (runtime, arch) = (self.text(provider, "runtime"), self.text(provider, "architecture"));
        let package = root.get("package").map(AsRef::as_ref);
        let is_individual =
            package.and_then(|node| node.get("individually")).and_then(|node| node.text()) == Some("true");
        let custom = root.get("custom").and_then(|node| node.get("pythonRequirements")).map(AsRef::as_ref);
        let mut settings = self.exclusions(package);
        let requirement = self.requirements(custom, &mut settings);
        let layer = custom.and_then(|node| node.get("layer")).filter(|node| node.text() != Some("false"));
        let whole = Outlined {
            name: self.text(Some(root), "service").unwrap_or_else(|| "service".to_owned()),
            source: Some(".".to_owned()),
            requirement: requirement.filter(|file| folder.join(file).is_file()),
            runtime,
            arch,
            settings,
            ..Outlined::default()
        };
        self.layers("the provider", provider);
        let mut handlers = Vec::new();
        for (name, function) in root.get("functions").map(|node| node.entries()).unwrap_or_default() {
            let Some(unit) = self.function(name, function, &whole) else { continue };
            let is_alone =
                function.get("package").and_then(|node| node.get("individually")).and_then(|node| node.text());
            if is_individual || is_alone == Some("true") || function.get("module").is_some() {
                self.outline.units.push(unit);
            } else {
                handlers.extend(unit.handlers);
            }
        }
        if !handlers.is_empty() {
            // Without `individually` the service is one package for all its functions.
            self.outline.units.push(Outlined { handlers, ..whole.clone() });
        }
        if let Some(layer) = layer.filter(|_| !self.outline.units.is_empty()) {
            self.remark(layer, "functions have no dependencies of their own: all are in the layer `requirements`");
            for unit in &mut self.outline.units {
                (unit.is_alone, unit.requirement) = (true, None);
            }
            let requirement = whole.requirement.clone().or_else(|| Some("requirements.txt".to_owned()));
            let name = "requirements".to_owned();
            self.outline.units.push(Outlined { is_layer: true, name, source: None, requirement, ..whole });
        }
    }

    fn function(&mut self, name: &str, function: &Node, whole: &Outlined) -> Option<Outlined> {
        if function.get("image").is_some() {
            self.remark(function, &format!("`{name}` is not carried over: it is a container image"));
            return None;
        }
        let runtime = match function.get("runtime") {
            Some(_) => self.text(Some(function), "runtime"),
            None => whole.runtime.clone(),
        };
        if let Some(other) = runtime.as_ref().filter(|name| !name.starts_with("python")) {
            self.remark(function, &format!("`{name}` is not carried over: its runtime is {other}"));
            return None;
        }
        let arch = match function.get("architecture") {
            Some(_) => self.text(Some(function), "architecture"),
            None => whole.arch.clone(),
        };
        let handler = self.text(Some(function), "handler")?;
        let module = self.text(Some(function), "module").map(|module| module.trim_end_matches('/').to_owned());
        self.layers(&format!("`{name}`"), Some(function));
        // The handler of a module starts in its folder.
        let inner = module.as_ref().and_then(|module| handler.strip_prefix(module)?.strip_prefix('/'));
        let handlers = vec![inner.unwrap_or(&handler).to_owned()];
        let mut settings = whole.settings.clone();
        let own = self.exclusions(function.get("package").map(AsRef::as_ref));
        settings.retain(|(key, _)| own.iter().all(|(other, _)| other != key));
        settings.extend(own);
        let requirement = if module.is_some() { None } else { whole.requirement.clone() };
        let source = module.or_else(|| whole.source.clone());
        let name = name.to_owned();
        Some(Outlined { name, source, requirement, runtime, arch, handlers, settings, ..Outlined::default() })
    }

    /// Layers are named by ARNs and references: nothing says what they bring.
    fn layers(&mut self, whose: &str, owner: Option<&Node>) {
        if let Some(layers) = owner.and_then(|owner| owner.get("layers")) {
            let text = format!(
                "`layers` of {whose} are not carried over: what they bring is bundled, unless `layers` or `without` names it"
            );
            self.outline.remarks.push(format!("{}:{}: {text}", self.name, layers.line));
        }
    }

    /// Patterns with `!` are what stays out. Those that add files are relative to what all others leave.
    fn exclusions(&mut self, package: Option<&Node>) -> Vec<(&'static str, String)> {
        let mut excluded = Vec::new();
        for key in ["patterns", "exclude", "include"] {
            let Some(node) = package.and_then(|node| node.get(key)) else { continue };
            for entry in node.list().unwrap_or_default() {
                match entry.text() {
                    Some(text) if text.contains("${") => {
                        self.remark(entry, &format!("`{text}` is not carried over: it has a variable of Serverless"));
                    }
                    Some(text) if key == "exclude" => excluded.push(text.to_owned()),
                    Some(text) => match text.strip_prefix('!') {
                        Some(pattern) => excluded.push(pattern.to_owned()),
                        None => {
                            self.remark(
                                entry,
                                &format!("`{text}` is not carried over: barrow starts with all files of `source`"),
                            );
                        }
                    },
                    None => {}
                }
            }
        }
        if excluded.is_empty() { Vec::new() } else { vec![("exclude", list(&excluded))] }
    }

    /// `custom.pythonRequirements`: settings that mean the same, and the file that states the requirements.
    fn requirements(&mut self, custom: Option<&Node>, settings: &mut Vec<(&'static str, String)>) -> Option<String> {
        let custom = custom?;
        if custom.get("slim").and_then(|node| node.text()) == Some("true") {
            settings.push(("slim", "true".to_owned()));
        }
        let names = custom.get("noDeploy").and_then(|node| node.list()).unwrap_or_default();
        let names: Vec<String> = names.iter().filter_map(|node| node.text().map(str::to_owned)).collect();
        if !names.is_empty() {
            settings.push(("exclude-package", list(&names)));
        }
        for (option, why) in NEEDLESS {
            if let Some(node) = custom.get(option) {
                let text = format!("`{option}` is not carried over: {why}");
                self.outline.remarks.push(format!("{}:{}: {text}", self.name, node.line));
            }
        }
        let file = self.text(Some(custom), "fileName");
        file.or_else(|| Some("requirements.txt".to_owned()))
    }
}
