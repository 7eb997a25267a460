//! The reference pages of the manual, written from the command line and the table of settings themselves.
//!
//! `BARROW_WRITE_DOCS=1 cargo test --bin barrow reference` writes them anew; without it the test tells that they have
//! fallen behind.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, Command};
use serde_json::{Map, Value, json};

use crate::args::shown;
use crate::key::{Arity, KEYS, Key, OWN_KEYS};

/// A page below `docs/`, which has to be what the program says of itself.
#[expect(clippy::disallowed_methods, reason = "whoever runs the test says whether it writes")]
fn hold(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("BARROW_WRITE_DOCS").is_some() {
        fs_err::write(&path, text).unwrap();
    }
    let found = fs_err::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "docs/{name} is out of date: BARROW_WRITE_DOCS=1 cargo test --bin barrow reference");
}

#[test]
fn the_reference_of_the_command_line_is_what_the_program_says() {
    let mut text = String::from(
        "# Reference of the command line and the settings\n\n\
         <!-- Written by a test from the program itself: BARROW_WRITE_DOCS=1 cargo test --bin barrow reference -->\n\n\
         Every option of every command, then every setting with its variable and its key in `barrow.toml`. `barrow help COMMAND` says the\n\
         same in the terminal. A flag counts before its variable, and that before the file.\n\n## Commands\n\n",
    );
    let shown = shown();
    let shared = Shared::of(&shown);
    commands(&shown, "barrow", &shared, &mut text);
    shared.write(&mut text);
    text += "## Settings\n\nA list in a variable is separated by white space. In `barrow.toml` and `[tool.barrow]` of pyproject.toml a setting is a key at the top.\n\n";
    text +=
        "| key | kind | barrow's variable | variables and options of others that are read too |\n|---|---|---|---|\n";
    for key in KEYS {
        let alias = key.alias.map(|alias| format!(", `{alias}`")).unwrap_or_default();
        let others: Vec<String> = [key.uv, key.common].concat().into_iter().map(|name| format!("`{name}`")).collect();
        let pip = key.pip_variable().map(|name| format!("`{name}`"));
        let others: Vec<String> = others.into_iter().chain(pip).collect();
        let _ =
            writeln!(text, "| `{}`{alias} | {} | `{}` | {} |", key.name, kind(key), key.variable(), others.join(", "));
    }
    hold("reference.md", &text);
}

fn kind(key: &Key) -> &'static str {
    match key.kind {
        Arity::Text => "text",
        Arity::List => "list",
        Arity::Switch => "true or false",
        Arity::SwitchOrList => "true, false or list",
    }
}

/// Options that several commands have in the same words, by their headings: they stand once.
#[derive(Default)]
struct Shared {
    headings: Vec<(String, Vec<Arg>)>,
}

/// An option in this many commands is a shared one.
const SEVERAL: usize = 4;

impl Shared {
    fn of(command: &Command) -> Self {
        let mut all: Vec<(String, Arg, usize)> = Vec::new();
        for arg in leaves(command).into_iter().flat_map(Command::get_arguments).filter(|arg| is_listed(arg)) {
            match all.iter_mut().find(|(_, known, _)| is_same(known, arg)) {
                Some((_, _, count)) => *count += 1,
                None => all.push((arg.get_help_heading().unwrap_or("Options").to_owned(), arg.clone(), 1)),
            }
        }
        let mut shared = Self::default();
        for (heading, arg, _) in all.into_iter().filter(|(_, _, count)| *count >= SEVERAL) {
            match shared.headings.iter_mut().find(|(known, _)| *known == heading) {
                Some((_, options)) => options.push(arg),
                None => shared.headings.push((heading, vec![arg])),
            }
        }
        shared
    }

    /// The heading below which an option stands.
    fn heading_of(&self, arg: &Arg) -> Option<&str> {
        let found = self.headings.iter().find(|(_, options)| options.iter().any(|option| is_same(option, arg)));
        found.map(|(heading, _)| heading.as_str())
    }

    fn write(&self, text: &mut String) {
        text.push_str("## Options that several commands have\n\n");
        for (heading, options) in &self.headings {
            let _ = write!(text, "### {heading}\n\n");
            table(&options.iter().collect::<Vec<_>>(), text);
        }
    }
}

fn is_same(one: &Arg, other: &Arg) -> bool {
    one.get_long() == other.get_long()
        && one.get_help().map(ToString::to_string) == other.get_help().map(ToString::to_string)
}

/// The commands that do something themselves.
fn leaves(command: &Command) -> Vec<&Command> {
    let subs: Vec<&Command> = command.get_subcommands().filter(|sub| is_shown(sub)).collect();
    if subs.is_empty() { vec![command] } else { subs.into_iter().flat_map(leaves).collect() }
}

fn is_shown(command: &Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

fn commands(command: &Command, name: &str, shared: &Shared, text: &mut String) {
    if command.get_name() != "barrow" {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = write!(text, "### {name}\n\n{about}.\n\n");
        let words: Vec<String> = command
            .get_positionals()
            .map(|arg| {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                let names = arg.get_value_names().unwrap_or_default();
                let name = names.first().map_or_else(|| arg.get_id().as_str().to_uppercase(), ToString::to_string);
                format!("- `{name}`: {help}\n")
            })
            .collect();
        if !words.is_empty() {
            let _ = writeln!(text, "{}", words.concat());
        }
        let listed: Vec<&Arg> = command.get_arguments().filter(|arg| is_listed(arg)).collect();
        let own: Vec<&Arg> = listed.iter().copied().filter(|arg| shared.heading_of(arg).is_none()).collect();
        table(&own, text);
        let mut headings: Vec<String> = Vec::new();
        for heading in listed.iter().filter_map(|arg| shared.heading_of(arg)) {
            let link = format!("[{heading}](#{})", heading.to_lowercase().replace(' ', "-"));
            if !headings.contains(&link) {
                headings.push(link);
            }
        }
        if !headings.is_empty() {
            let _ = write!(text, "Shared: {}.\n\n", headings.join(", "));
        }
    }
    for sub in command.get_subcommands().filter(|sub| is_shown(sub)) {
        commands(sub, &format!("{name} {}", sub.get_name()), shared, text);
    }
}

fn is_listed(arg: &Arg) -> bool {
    arg.get_long().is_some() && !arg.is_hide_set()
}

fn table(options: &[&Arg], text: &mut String) {
    if options.is_empty() {
        return;
    }
    text.push_str("| option | does |\n|---|---|\n");
    for arg in options {
        let short = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
        let takes_value = arg.get_action().takes_values();
        let value = arg.get_value_names().filter(|_| takes_value).map(|names| names[0].to_string());
        let value = value.map(|value| format!(" {value}")).unwrap_or_default();
        let values: Vec<String> = arg
            .get_possible_values()
            .iter()
            .filter(|value| takes_value && !value.is_hide_set())
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        let values = if values.is_empty() { String::new() } else { format!(" One of {}.", values.join(", ")) };
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let option = format!("{short}--{}{value}", arg.get_long().unwrap_or_default());
        let _ = writeln!(text, "| `{}` | {}.{values} |", escaped(&option), escaped(help.trim_end_matches('.')));
    }
    text.push('\n');
}

/// As text of a cell.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}

#[test]
fn the_schema_of_barrow_toml_has_every_setting() {
    let mut text = serde_json::to_string_pretty(&schema()).unwrap();
    text.push('\n');
    hold("barrow.schema.json", &text);
}

fn schema() -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let one_or_more = json!({"anyOf": [{"type": "string"}, texts]});
    let mut settings = Map::new();
    for key in KEYS {
        let value = match key.kind {
            // Numbers may be written as such.
            Arity::Text => json!({"type": ["string", "integer", "number"]}),
            Arity::List => one_or_more.clone(),
            Arity::Switch => json!({"type": "boolean"}),
            Arity::SwitchOrList => json!({"anyOf": [{"type": ["boolean", "integer", "string"]}, texts]}),
        };
        for name in [Some(key.name), key.alias].into_iter().flatten() {
            settings.insert(name.to_owned(), value.clone());
        }
    }
    let with = |own: Value| {
        let mut all = settings.clone();
        all.extend(own.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
        Value::Object(all)
    };
    let mut own = Map::new();
    for name in OWN_KEYS {
        let value = match *name {
            "dependencies" => json!({"type": "boolean"}),
            "sources" => json!({"type": "array", "items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/source"}]}}),
            _ => one_or_more.clone(),
        };
        own.insert((*name).to_owned(), value);
    }
    let unit = json!({"type": "object", "additionalProperties": false, "properties": with(Value::Object(own))});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "barrow.toml",
        "description": "Settings of barrow; the same keys stand below [tool.barrow] in pyproject.toml.",
        "type": "object",
        "additionalProperties": false,
        "properties": with(json!({
            "runtime": {"anyOf": [
                {"type": "string"},
                texts,
                {"type": "object", "properties": {"default": {"type": "string"}}, "additionalProperties": {"$ref": "#/$defs/runtime"}}
            ]},
            "index": {"type": "array", "items": {"$ref": "#/$defs/index"}},
            "sources": {"anyOf": [
                {"type": "object", "additionalProperties": {"type": "string"}},
                {"type": "array", "items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/source"}]}}
            ]},
            "mirror": {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": false, "properties": {
                "place": {"type": "string"},
                "application": {"type": "array", "items": {"$ref": "#/$defs/application"}}
            }}]},
            "check": {"type": "object", "additionalProperties": false, "properties": {"ignore": texts}},
            "audit": {"type": "object", "additionalProperties": false, "properties": {"ignore": texts}},
            "defaults": {"type": "object", "additionalProperties": false, "properties": settings},
            "function": {"type": "array", "items": {"$ref": "#/$defs/unit"}},
            "layer": {"type": "array", "items": {"$ref": "#/$defs/unit"}},
        })),
        "$defs": {
            "unit": unit,
            "source": {"type": "object", "required": ["path"], "additionalProperties": false, "properties": {
                "path": {"type": "string"}, "prefix": {"type": "string"}, "include": one_or_more, "exclude": one_or_more
            }},
            "index": {"type": "object", "required": ["url"], "additionalProperties": false, "properties": {
                "name": {"type": "string"}, "url": {"type": "string"}, "explicit": {"type": "boolean"},
                "default": {"type": "boolean"}, "auth": {"enum": ["basic", "bearer"]},
                "ignore-status": {"type": "array", "items": {"type": "integer"}}
            }},
            "runtime": {"type": "object", "required": ["python"], "additionalProperties": false, "properties": {
                "python": {"type": "string"}, "glibc": {"type": "string"}, "arch": one_or_more,
                "provided": texts, "libraries": texts
            }},
            "application": {"type": "object", "required": ["name"], "additionalProperties": false,
                "properties": with(json!({"name": {"type": "string"}}))}
        }
    })
}
