//! From a serverless.yml.
//!
//! Its variables (`${…}`) are a language of their own and are not read: what has one is told with its line.

use std::path::Path;

use barrow::lock::find_input;
use barrow::target::{Architecture, Runtime};
use barrow::yaml::{Document, Node};
use globset::Glob;

use super::outline::{ConfigDraft, Outlined, list, quoted};
use super::python_requirements::PythonRequirements;
use crate::failure::Failure;
use crate::run::Run;

/// Names of the file.
pub(super) const NAMES: [&str; 2] = ["serverless.yml", "serverless.yaml"];

/// The layer that `layer` of serverless-python-requirements makes: its name here, and what functions call it.
const LAYER: (&str, &str) = ("requirements", "PythonRequirementsLambdaLayer");

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

    /// The pattern as it starts in a folder of the service, where it is about files of that folder.
    fn within(mut self, folder: &str) -> Option<Self> {
        for part in folder.split('/').filter(|part| *part != ".") {
            if self.glob.starts_with("**") {
                break;
            }
            let (first, below) = self.glob.split_once('/')?;
            let is_same = Glob::new(first).is_ok_and(|glob| glob.compile_matcher().is_match(part));
            self.glob = is_same.then(|| below.to_owned())?;
        }
        Some(self)
    }

    /// The pattern in barrow's words, where one without a slash holds at any depth.
    fn anchored(self) -> String {
        if self.glob.contains('/') || self.is_everything() { self.glob } else { format!("/{}", self.glob) }
    }
}

/// A `serverless.yml` under reading.
struct Reader<'a> {
    name: &'a str,
    contents: &'a str,
    outline: ConfigDraft,
}

/// Its functions, for the targets that it names.
pub(super) fn read(run: &Run) -> Result<Option<ConfigDraft>, Failure> {
    let folder = &run.host.working_folder;
    let Some(name) = NAMES.into_iter().find(|name| folder.join(name).is_file()) else { return Ok(None) };
    let text = fs_err::read_to_string(folder.join(name))
        .map_err(|error| Failure::usage(format!("`{name}` cannot be read")).because(&error))?;
    let document =
        Document::parse(&text).map_err(|error| Failure::usage(format!("{name}:{}: {}", error.line, error.reason)))?;
    let mut reader = Reader {
        name,
        contents: &text,
        outline: ConfigDraft { from: Some(name.to_owned()), ..ConfigDraft::default() },
    };
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
        let provider = root.get("provider");
        // The processor is what Serverless takes where nothing is said.
        let (runtime, arch) = (self.runtime(provider), self.arch(provider, Some("x86_64")));
        let package = root.get("package");
        let custom = root.get("custom");
        let mut options = PythonRequirements::read(custom.and_then(|node| node.get("pythonRequirements")));
        if let Some(node) = custom.and_then(|node| node.get("barrow")) {
            self.remark(node, "`barrow` of `custom` is not carried over: write its settings in [defaults]");
        }
        let layers = self.layers("the provider", provider).unwrap_or_default();
        let whole = Outlined {
            name: self.text(Some(root), "service").unwrap_or_else(|| "service".to_owned()),
            source: Some(".".to_owned()),
            runtime,
            arch,
            layers,
            settings: std::mem::take(&mut options.settings),
            ..Outlined::default()
        };
        let patterns = self.patterns(package);
        self.functions(root, folder, &whole, &patterns, &options);
        let is_python = whole.runtime.as_ref().is_some_and(|it| it.starts_with("python"));
        if self.outline.units.is_empty() && is_python && self.tells_unread(root) {
            let unit = self.packaged(whole.clone(), patterns, folder, &options);
            self.outline.units.push(unit);
        }
        options.tell_missing_locks(&self.outline.units, folder);
        for (line, text) in &options.remarks {
            self.remark_line(*line, text);
        }
        if let Some(layer) = options.layer.filter(|_| !self.outline.units.is_empty()) {
            self.remark(layer, "functions have no dependencies of their own: all are in the layer `requirements`");
            self.add_layer(whole, folder, &options);
        }
    }

    /// A unit for each function that is packaged by itself, and one for all others with the same target and layers.
    fn functions(
        &mut self,
        root: &Node,
        folder: &Path,
        whole: &Outlined,
        patterns: &[Pattern],
        options: &PythonRequirements,
    ) {
        let says = |package: Option<&Node>| package?.get("individually")?.text().map(|text| text == "true");
        let is_individual = says(root.get("package")).unwrap_or_default();
        // Places of units that hold several functions.
        let mut shared: Vec<usize> = Vec::new();
        for (name, function) in root.get("functions").map(Node::entries).unwrap_or_default() {
            let Some(unit) = self.function(name, function, whole) else { continue };
            let package = function.get("package");
            let own = self.patterns(package);
            let has_module = unit.source != whole.source;
            if says(package).unwrap_or(is_individual) || has_module || !own.is_empty() {
                // The patterns of a function continue those of the service.
                let unit = self.packaged(unit, [patterns, &own].concat(), folder, options);
                self.outline.units.push(unit);
                continue;
            }
            let is_same = |at: &&usize| {
                let other = &self.outline.units[**at];
                (&other.runtime, &other.arch, &other.layers) == (&unit.runtime, &unit.arch, &unit.layers)
            };
            if let Some(at) = shared.iter().find(is_same) {
                self.outline.units[*at].handlers.extend(unit.handlers);
                continue;
            }
            let mut parts = vec![whole.name.clone()];
            if !shared.is_empty() {
                parts.extend([&unit.runtime, &unit.arch].into_iter().flatten().cloned());
            }
            shared.push(self.outline.units.len());
            let unit = self.packaged(Outlined { name: parts.join("-"), ..unit }, patterns.to_vec(), folder, options);
            self.outline.units.push(unit);
        }
    }

    /// A unit with the files that are chosen for it and what it requires.
    fn packaged(
        &mut self,
        mut unit: Outlined,
        patterns: Vec<Pattern>,
        folder: &Path,
        options: &PythonRequirements,
    ) -> Outlined {
        options.state_needs(&mut unit, folder);
        self.choose_files(&mut unit, patterns, folder);
        unit
    }

    /// The layer of all dependencies; functions have none then. It is for the target of the provider, and of the first
    /// function where that is no Python.
    fn add_layer(&mut self, whole: Outlined, folder: &Path, options: &PythonRequirements) {
        let is_python = |unit: &&Outlined| unit.runtime.as_ref().is_some_and(|it| it.starts_with("python"));
        let target = Some(&whole).filter(is_python).or(self.outline.units.first());
        let target = target.map(|unit| (unit.runtime.clone(), unit.arch.clone()));
        for unit in &mut self.outline.units {
            (unit.is_alone, unit.requirement) = (true, None);
        }
        let (runtime, arch) = target.unwrap_or_default();
        let name = LAYER.0.to_owned();
        let mut layer = Outlined { is_layer: true, name, runtime, arch, layers: Vec::new(), ..whole };
        options.state_needs(&mut layer, folder);
        layer.requirement = layer.requirement.or_else(|| found_beside(folder)).or(Some("requirements.txt".to_owned()));
        (layer.source, layer.is_alone) = (None, false);
        self.outline.units.push(layer);
    }

    /// The runtime that a function or the provider names; one that barrow does not know cannot be built for.
    fn runtime(&mut self, owner: Option<&Node>) -> Option<String> {
        let name = self.text(owner, "runtime")?;
        if !name.starts_with("python") || name.parse::<Runtime>().is_ok() {
            return Some(name);
        }
        self.remark(owner?.get("runtime")?, &format!("`runtime` is not carried over: barrow does not know {name}"));
        None
    }

    /// The architecture that a function or the provider names, and `unsaid` where it names none.
    fn arch(&mut self, owner: Option<&Node>, unsaid: Option<&str>) -> Option<String> {
        let Some(node) = owner.and_then(|owner| owner.get("architecture")) else { return unsaid.map(str::to_owned) };
        let name = self.text(owner, "architecture")?;
        if name.parse::<Architecture>().is_err() {
            self.remark(node, &format!("`architecture` is not carried over: barrow does not know {name}"));
            return None;
        }
        Some(name)
    }

    fn function(&mut self, name: &str, function: &Node, whole: &Outlined) -> Option<Outlined> {
        if function.get("image").is_some() {
            self.remark(function, &format!("`{name}` is not carried over: it is a container image"));
            return None;
        }
        let runtime = match function.get("runtime") {
            Some(_) => self.runtime(Some(function)),
            None => whole.runtime.clone(),
        };
        if let Some(other) = runtime.as_ref().filter(|name| !name.starts_with("python")) {
            self.remark(function, &format!("`{name}` is not carried over: its runtime is {other}"));
            return None;
        }
        let arch = self.arch(Some(function), whole.arch.as_deref());
        let handler = self.text(Some(function), "handler")?;
        let module = self.text(Some(function), "module").map(|module| in_service(&module));
        let module = module.filter(|module| !module.is_empty());
        let layers = self.layers(&format!("`{name}`"), Some(function)).unwrap_or_else(|| whole.layers.clone());
        // The handler of a module starts in its folder.
        let inner = module.as_ref().and_then(|module| handler.strip_prefix(module)?.strip_prefix('/'));
        let handlers = vec![inner.unwrap_or(&handler).to_owned()];
        let settings = whole.settings.clone();
        let source = module.or_else(|| whole.source.clone());
        let name = name.to_owned();
        Some(Outlined { name, source, runtime, arch, handlers, layers, settings, ..Outlined::default() })
    }

    /// The layer of the requirements where it is named. Others are named by ARNs and references: nothing says what they
    /// bring.
    fn layers(&mut self, whose: &str, owner: Option<&Node>) -> Option<Vec<String>> {
        let node = owner?.get("layers")?;
        // It may stand as `Ref: NAME` or `!Ref NAME`.
        let is_made = |layer: &&Node| self.contents[layer.span.clone()].contains(LAYER.1);
        let made = node.list().unwrap_or_default().iter().map(|layer| layer.followed()).filter(is_made).count();
        if node.list().is_none_or(|layers| made < layers.len()) {
            let text = format!(
                "`layers` of {whose} are not carried over: what they bring is bundled, unless `layers` or `without` names it"
            );
            self.remark(node, &text);
        }
        Some(vec![LAYER.0.to_owned(); made.min(1)])
    }

    /// Tells that the functions stand where they are not read, unless all of them were read and left out.
    fn tells_unread(&mut self, root: &Node) -> bool {
        let functions = root.get("functions");
        let is_unread = functions.is_none_or(|node| node.entries().is_empty());
        if is_unread {
            let text = "no functions are read here: the service is carried over as one function, without handlers";
            self.remark(functions.unwrap_or(root), text);
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
                let (is_taken, glob) = text.strip_prefix('!').map_or((key != "exclude", text), |glob| (false, glob));
                let glob = glob.strip_prefix("./").unwrap_or(glob).to_owned();
                patterns.push(Pattern { glob, is_taken, line: entry.line });
            }
        }
        patterns
    }

    /// Carries patterns over. The last that matches a file counts for Serverless, which starts with all files; barrow has
    /// patterns for what stays out, and a list of what alone is taken from a further source.
    fn choose_files(&mut self, unit: &mut Outlined, patterns: Vec<Pattern>, folder: &Path) {
        let root = unit.source.as_deref().unwrap_or(".");
        let patterns: Vec<Pattern> = patterns.into_iter().filter_map(|pattern| pattern.within(root)).collect();
        let starts_empty = patterns.iter().rposition(|pattern| !pattern.is_taken && pattern.is_everything());
        let (mut taken, mut excluded) = (Vec::new(), Vec::new());
        for pattern in patterns.into_iter().skip(starts_empty.map_or(0, |at| at + 1)) {
            let why = match (pattern.is_taken, starts_empty) {
                (false, _) => {
                    let glob = pattern.anchored();
                    // A star of Serverless takes files alone, and folders with what is in them stay.
                    let back = (glob.ends_with("/*") && !glob.ends_with("**/*")).then(|| format!("!{glob}/"));
                    excluded.extend([glob].into_iter().chain(back));
                    continue;
                }
                (true, Some(_)) if excluded.is_empty() => {
                    taken.push(pattern.anchored());
                    continue;
                }
                (true, Some(_)) => "what an earlier pattern leaves out stays out in barrow",
                (true, None) => "barrow starts with all files of `source`",
            };
            self.remark_line(pattern.line, &format!("`{}` is not carried over: {why}", pattern.glob));
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
        if !unit.is_alone {
            unit.requirement = unit.requirement.take().or_else(|| found_beside(folder));
        }
        unit.source = None;
    }
}

/// The file in a folder that states what is needed, by its name.
fn found_beside(folder: &Path) -> Option<String> {
    find_input(folder)?.file.strip_prefix(folder).ok()?.to_str().map(str::to_owned)
}

/// The folder of a module as paths in the service start: `./services/orders/` as `services/orders`.
fn in_service(module: &str) -> String {
    let parts: Vec<&str> = module.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    parts.join("/")
}
