//! What `sam build` takes from its own settings file, `samconfig.toml` or `samconfig.yaml` (AWS SAM developer guide,
//! "AWS SAM CLI configuration file").
//!
//! The file has a table for each environment, in it one for each command, and in that `parameters`, named like options
//! with `_`. Those of `global` count for every command; those of `build` come before them. What says what is built, and
//! where, is taken. What says how SAM works (containers, its cache, parallel work) has no part here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::parameters::read_overrides;
use super::problem::{SamError, TemplateProblem};
use crate::spec::{line_at, toml_reason};
use crate::yaml::{Document, Node};

/// Names of the file, in the order in which SAM looks for them.
pub const SAM_CONFIG_NAMES: &[&str] = &["samconfig.toml", "samconfig.yaml", "samconfig.yml"];

/// Parameters that say how SAM builds, and nothing about what comes of it.
const NEEDLESS: &[&str] = &[
    "build_image",
    "build_in_source",
    "cache_dir",
    "cached",
    "container_env_var",
    "container_env_var_file",
    "docker_network",
    "language_extensions",
    "mount_symlinks",
    "mount_with",
    "parallel",
    "skip_pull_image",
    "use_buildkit",
    "use_container",
];

/// Parameters of every command of SAM that say nothing about a build.
const OF_ALL_COMMANDS: &[&str] = &["beta_features", "debug", "output", "profile", "region", "save_params"];

/// What a file says about building in one environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SamConfig {
    /// The file, as messages name it.
    pub file: PathBuf,
    /// The template; like all paths here, from the folder in which the program is started.
    pub template_file: Option<PathBuf>,
    /// The folder that paths of functions and layers start from.
    pub base_dir: Option<PathBuf>,
    /// The folder of what is built.
    pub build_dir: Option<PathBuf>,
    /// The requirements file of every function and layer.
    pub manifest: Option<PathBuf>,
    /// Resources that are not built.
    pub exclude: Vec<String>,
    /// Values of the template's parameters; `None`: nothing is said.
    pub parameter_overrides: Option<BTreeMap<String, String>>,
    /// Names of the parameters that were taken.
    pub taken: BTreeSet<String>,
    /// Names of the parameters that say nothing about the result.
    pub passed_over: BTreeSet<String>,
    /// Parameters of `build` that SAM does not know either, with their lines.
    pub unknown: Vec<(String, usize)>,
    /// Whether the file has a table for the environment.
    pub has_environment: bool,
}

impl SamConfig {
    /// Reads the text of a file, for one of its environments.
    ///
    /// # Errors
    /// What is no TOML or YAML, and a parameter that has another form than SAM takes, with its line.
    pub fn parse(file: &Path, text: &str, environment: &str) -> Result<Self, SamError> {
        let root = if file.extension().is_some_and(|extension| extension == "toml") {
            from_toml(text).map_err(|(line, reason)| wrong(file, line, reason))?
        } else {
            let document = Document::parse(text).map_err(|error| wrong(file, error.line, error.reason))?;
            from_yaml(&document.root)
        };
        let mut config = Self { file: file.to_owned(), ..Self::default() };
        let Some(environment) = root.get(environment) else { return Ok(config) };
        config.has_environment = true;
        let mut template = None;
        for command in ["global", "build"] {
            let parameters = environment.get(command).and_then(|command| command.get("parameters"));
            for (name, entry) in parameters.map(SettingNode::entries).unwrap_or_default() {
                if name == "template" {
                    template = entry.text().filter(|text| !text.is_empty()).map(PathBuf::from);
                }
                config.take(command, name, entry).map_err(|reason| wrong(file, entry.line, reason))?;
            }
        }
        // The longer name of the option comes before the shorter one, wherever both stand.
        config.template_file = config.template_file.take().or(template);
        Ok(config)
    }

    /// Takes one parameter; the error is the reason why it cannot be taken.
    fn take(&mut self, command: &str, name: &str, entry: &SettingNode) -> Result<(), String> {
        let path = || match &entry.value {
            SettingValue::Text(text) if !text.is_empty() => Ok(Some(PathBuf::from(text))),
            SettingValue::Text(_) | SettingValue::Nothing => Ok(None),
            _ => Err(format!("`{name}` must be a text")),
        };
        match name {
            "template_file" => self.template_file = path()?,
            "template" => drop(path()?), // Of both names the longer one counts, so this one waits for the end.
            "base_dir" => self.base_dir = path()?,
            "build_dir" => self.build_dir = path()?,
            "manifest" => self.manifest = path()?,
            "exclude" => self.exclude = entry.texts().ok_or("`exclude` must be a text or a list of texts")?,
            "parameter_overrides" => self.parameter_overrides = Some(overrides(entry)?),
            "hook_name" => {
                return Err("`hook_name` makes the template of something else, which `sam build` alone does".to_owned());
            }
            _ if NEEDLESS.contains(&name) => {
                self.passed_over.insert(name.to_owned());
                return Ok(());
            }
            // What stands there for other commands is nobody's mistake.
            _ if command == "global" || OF_ALL_COMMANDS.contains(&name) => return Ok(()),
            _ => {
                self.unknown.push((name.to_owned(), entry.line));
                return Ok(());
            }
        }
        self.taken.insert(name.to_owned());
        Ok(())
    }
}

fn wrong(file: &Path, line: usize, reason: String) -> SamError {
    SamError { file: file.to_owned(), line, problem: TemplateProblem::Text(reason) }
}

/// Values for the template's parameters: a text as on the command line, a list of such texts and tables, or a table of
/// values.
fn overrides(entry: &SettingNode) -> Result<BTreeMap<String, String>, String> {
    let unread = |text: &str| format!("`{text}` of `parameter_overrides` gives no parameter a value");
    let mut values = BTreeMap::new();
    match &entry.value {
        SettingValue::Nothing => {}
        SettingValue::Text(text) => {
            values.extend(read_overrides(std::slice::from_ref(text)).map_err(|word| unread(&word))?);
        }
        SettingValue::List(entries) => {
            for entry in entries {
                values.extend(overrides(entry)?);
            }
        }
        SettingValue::Table(entries) => {
            for (name, entry) in entries {
                let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
                let text = match (&entry.value, entry.texts()) {
                    _ if !is_name => return Err(unread(name)),
                    (SettingValue::Nothing, _) => String::new(),
                    (_, Some(texts)) => texts.join(","),
                    (_, None) => {
                        return Err(format!("`{name}` of `parameter_overrides` must be a text or a list of texts"));
                    }
                };
                values.insert(name.clone(), text);
            }
        }
    }
    Ok(values)
}

/// A value with its line, whichever language it is written in.
#[derive(Debug)]
struct SettingNode {
    value: SettingValue,
    line: usize,
}

#[derive(Debug)]
enum SettingValue {
    Nothing,
    /// Numbers and switches too, as they are written.
    Text(String),
    List(Vec<SettingNode>),
    Table(Vec<(String, SettingNode)>),
}

impl SettingNode {
    fn entries(&self) -> &[(String, Self)] {
        if let SettingValue::Table(entries) = &self.value { entries } else { &[] }
    }

    fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, entry)| entry)
    }

    fn text(&self) -> Option<&str> {
        if let SettingValue::Text(text) = &self.value { Some(text) } else { None }
    }

    /// A text, or a list of texts.
    fn texts(&self) -> Option<Vec<String>> {
        match &self.value {
            SettingValue::Text(text) => Some(vec![text.clone()]),
            SettingValue::List(entries) => entries.iter().map(|entry| entry.text().map(str::to_owned)).collect(),
            _ => None,
        }
    }
}

/// Reads a document of TOML; the error is the line and the reason why it is none.
fn from_toml(text: &str) -> Result<SettingNode, (usize, String)> {
    let line = |start: usize| line_at(text, start);
    let document = DeTable::parse(text).map_err(|error| {
        let start = error.span().unwrap_or_default().start;
        (line(start), toml_reason(text, &error))
    })?;
    Ok(SettingNode { value: of_table(document.get_ref(), &line), line: 1 })
}

fn of_table(table: &DeTable<'_>, line: &dyn Fn(usize) -> usize) -> SettingValue {
    let entry = |(name, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        (name.get_ref().to_string(), of_value(value, line))
    };
    SettingValue::Table(table.iter().map(entry).collect())
}

fn of_value(value: &Spanned<DeValue<'_>>, line: &dyn Fn(usize) -> usize) -> SettingNode {
    let read = match value.get_ref() {
        DeValue::String(text) => SettingValue::Text(text.to_string()),
        DeValue::Integer(number) => SettingValue::Text(number.to_string()),
        DeValue::Float(number) => SettingValue::Text(number.to_string()),
        DeValue::Boolean(on) => SettingValue::Text(on.to_string()),
        DeValue::Datetime(time) => SettingValue::Text(time.to_string()),
        DeValue::Array(values) => SettingValue::List(values.iter().map(|value| of_value(value, line)).collect()),
        DeValue::Table(table) => of_table(table, line),
    };
    SettingNode { value: read, line: line(value.span().start) }
}

fn from_yaml(node: &Node) -> SettingNode {
    let value = match (node.text(), node.list()) {
        (Some(text), _) => SettingValue::Text(text.to_owned()),
        (None, Some(entries)) => SettingValue::List(entries.iter().map(|entry| from_yaml(entry)).collect()),
        (None, None) => {
            let entries = node.entries();
            // A tag of its own has no meaning in this file.
            if entries.is_empty() && !node.is_map() {
                SettingValue::Nothing
            } else {
                SettingValue::Table(
                    entries.into_iter().map(|(name, entry)| (name.to_owned(), from_yaml(entry))).collect(),
                )
            }
        }
    };
    SettingNode { value, line: node.line }
}
