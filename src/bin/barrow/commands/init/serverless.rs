//! From a serverless.yml.
//!
//! Its variables (`${…}`) are a language of their own and are not read: what has one is told with its line.

use std::path::Path;

use barrow::lock::find_input;
use barrow::yaml::{Document, Node};

use super::outline::{ConfigDraft, Outlined, list, quoted};
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

/// A pattern of `package`.
#[derive(Clone)]
struct Pattern {
    glob: String,
    is_taken: bool,
    /// One-based.
    line: usize,
}

impl Pattern {
    fn is_everything(&self) -> bool {
        ["**", "**/*", "**/**"].contains(&self.glob.as_str())
    }
}

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
        self.remark_line(node.line, text);
    }

    /// Patterns of the service count for each function, and are told once.
    fn remark_line(&mut self, line: usize, text: &str) {
        let remark = format!("{}:{line}: {text}", self.name);
        if !self.outline.remarks.contains(&remark) {
            self.outline.remarks.push(remark);
        }
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
        let patterns = self.patterns(package);
        let mut settings = Vec::new();
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
            let Some(mut unit) = self.function(name, function, &whole) else { continue };
            let own = function.get("package");
            let is_alone = own.and_then(|node| node.get("individually")).and_then(|node| node.text());
            let has_module = function.get("module").is_some();
            if is_individual || is_alone == Some("true") || has_module {
                // The patterns of a function continue those of the service.
                let own = self.patterns(own.map(AsRef::as_ref));
                self.choose_files(&mut unit, [&patterns[..], &own].concat(), folder);
                self.outline.units.push(unit);
            } else {
                handlers.extend(unit.handlers);
            }
        }
        let is_unread =
            self.outline.units.is_empty() && whole.runtime.as_ref().is_some_and(|it| it.starts_with("python"));
        if !handlers.is_empty() || is_unread && self.tells_unread(root) {
            // Without `individually` the service is one package for all its functions.
            let mut service = Outlined { handlers, ..whole.clone() };
            self.choose_files(&mut service, patterns, folder);
            self.outline.units.push(service);
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
        let settings = whole.settings.clone();
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
            self.remark(layers, &text);
        }
    }

    /// Tells that the functions stand where they are not read, unless all of them were read and left out.
    fn tells_unread(&mut self, root: &Node) -> bool {
        let functions = root.get("functions");
        let is_unread = functions.is_none_or(|node| node.entries().is_empty());
        if is_unread {
            let text = "no functions are read here: the service is carried over as one function, without handlers";
            self.remark(functions.map_or(root, AsRef::as_ref), text);
        }
        is_unread
    }

    /// The patterns of `package` in the order in which they count, those that take files away with `!`: `exclude` and
    /// `include` are the form of older versions.
    fn patterns(&mut self, package: Option<&Node>) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        for key in ["exclude", "include", "patterns"] {
            let Some(node) = package.and_then(|node| node.get(key)) else { continue };
            for entry in node.list().unwrap_or_default() {
                let Some(text) = entry.text() else { continue };
                if text.contains("${") {
                    self.remark(entry, &format!("`{text}` is not carried over: it has a variable of Serverless"));
                    continue;
                }
                let (is_taken, glob) = match text.strip_prefix('!') {
                    Some(glob) => (false, glob),
                    None => (key != "exclude", text),
                };
                let glob = glob.strip_prefix("./").unwrap_or(glob).to_owned();
                patterns.push(Pattern { glob, is_taken, line: entry.line });
            }
        }
        patterns
    }

    /// Carries patterns over. The last that matches a file counts for Serverless, which starts with all files; barrow has
    /// patterns for what stays out, and a list of what alone is taken from a further source.
    fn choose_files(&mut self, unit: &mut Outlined, patterns: Vec<Pattern>, folder: &Path) {
        let starts_empty = patterns.iter().rposition(|pattern| !pattern.is_taken && pattern.is_everything());
        let (mut taken, mut excluded) = (Vec::new(), Vec::new());
        for Pattern { glob, is_taken, line } in patterns.into_iter().skip(starts_empty.map_or(0, |at| at + 1)) {
            let why = match (is_taken, starts_empty) {
                (false, _) => {
                    excluded.push(glob);
                    continue;
                }
                (true, Some(_)) if excluded.is_empty() => {
                    taken.push(glob);
                    continue;
                }
                (true, Some(_)) => "what an earlier pattern leaves out stays out in barrow",
                (true, None) => "barrow starts with all files of `source`",
            };
            self.remark_line(line, &format!("`{glob}` is not carried over: {why}"));
        }
        let Some(source) = unit.source.as_deref().filter(|source| *source == "." && !taken.is_empty()) else {
            if !excluded.is_empty() {
                unit.settings.push(("exclude", list(&excluded)));
            }
            return;
        };
        let (source, taken) = (quoted(source), list(&taken));
        let excluded = if excluded.is_empty() { String::new() } else { format!(", exclude = {}", list(&excluded)) };
        unit.settings.push(("sources", format!("[{{ path = {source}, include = {taken}{excluded} }}]")));
        // Requirements are found beside a source, and a list of files is none.
        let found =
            find_input(folder).and_then(|found| found.file.strip_prefix(folder).ok()?.to_str().map(str::to_owned));
        unit.requirement = unit.requirement.take().or(found);
        unit.source = None;
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
                self.remark(node, &text);
            }
        }
        let file = self.text(Some(custom), "fileName");
        file.or_else(|| Some("requirements.txt".to_owned()))
    }
}
