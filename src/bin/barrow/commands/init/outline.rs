//! What is to be written: units with what is known of them, and the text of the file.

#![expect(clippy::format_push_string, reason = "a file for people, made once in a run")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use barrow::lock::find_input;
use serde_json::{Value, json};

/// Units, and what could not be carried over.
#[derive(Debug, Default)]
pub(super) struct ConfigDraft {
    /// The file that it was read from.
    pub(super) from: Option<String>,
    /// In the order of that file.
    pub(super) units: Vec<Outlined>,
    /// Whole sentences for the user.
    pub(super) remarks: Vec<String>,
}

/// One function or layer.
#[derive(Clone, Debug, Default)]
pub(super) struct Outlined {
    pub(super) is_layer: bool,
    pub(super) name: String,
    pub(super) source: Option<String>,
    /// What is required, where the source does not say it.
    pub(super) requirement: Option<String>,
    /// Nothing is required, whatever the source says.
    pub(super) is_alone: bool,
    pub(super) runtime: Option<String>,
    pub(super) arch: Option<String>,
    pub(super) handlers: Vec<String>,
    /// Names of the layers that it uses, the lowest first.
    pub(super) layers: Vec<String>,
    /// Further settings, as they are written.
    pub(super) settings: Vec<(&'static str, String)>,
}

impl ConfigDraft {
    /// Leaves out units whose folders are not there, which no build could read, and says what of the others is not.
    pub(super) fn drop_absent(&mut self, folder: &Path) {
        let from = self.from.clone().unwrap_or_default();
        let remarks = &mut self.remarks;
        self.units.retain(|unit| {
            let Some(source) = &unit.source else { return true };
            let is_there = folder.join(source).is_dir();
            if !is_there {
                remarks.push(format!("`{}` of {from} is not carried over: there is no folder `{source}`", unit.name));
            }
            is_there
        });
        self.drop_unusable_layers();
        self.tell_apart();
        let remarks = &mut self.remarks;
        let sources = self.units.iter().filter(|unit| unit.requirement.is_none() && !unit.is_alone);
        let mut sources: Vec<&String> = sources.filter_map(|unit| unit.source.as_ref()).collect();
        sources.sort();
        sources.dedup();
        remarks.extend(sources.into_iter().filter_map(|source| lockless(folder, Path::new(source))));
    }

    /// Gives units whose names are the same names of their own: no build takes two of one name, and outputs are named by
    /// them.
    pub(super) fn tell_apart(&mut self) {
        let mut taken: BTreeSet<String> = self.units.iter().map(|unit| unit.name.to_lowercase()).collect();
        let mut seen = BTreeSet::new();
        for unit in &mut self.units {
            if seen.insert(unit.name.to_lowercase()) {
                continue;
            }
            let numbered = (2..).map(|number| format!("{}-{number}", unit.name));
            let free = numbered.into_iter().find(|name| !taken.contains(&name.to_lowercase()));
            unit.name = free.unwrap_or_default();
            taken.insert(unit.name.to_lowercase());
            seen.insert(unit.name.to_lowercase());
        }
    }

    /// Leaves out layers of a function that no build could give it: a layer is made for the target of the function, or
    /// is none of the units.
    fn drop_unusable_layers(&mut self) {
        let from = self.from.clone().unwrap_or_default();
        let target = |unit: &Outlined| (unit.runtime.clone(), unit.arch.clone());
        let made: Vec<_> =
            self.units.iter().filter(|unit| unit.is_layer).map(|unit| (unit.name.clone(), target(unit))).collect();
        for unit in &mut self.units {
            let own = target(unit);
            let (name, remarks) = (&unit.name, &mut self.remarks);
            unit.layers.retain(|layer| {
                let reason = match made.iter().find(|(made, _)| made == layer) {
                    None => "it is no layer that is built here",
                    Some((_, other)) if *other != own => "it is for another runtime or processor",
                    Some(_) => return true,
                };
                let bundled = "; what it brings is bundled, unless `without` names it";
                let bundled = if unit.is_alone { "" } else { bundled };
                remarks
                    .push(format!("the layer `{layer}` of `{name}` in {from} is not carried over: {reason}{bundled}"));
                false
            });
        }
    }

    /// What was written where, as JSON.
    pub(super) fn value(&self, path: &Path, text: &str) -> Value {
        json!({
            "schema": 1,
            "path": path.display().to_string(),
            "from": self.from,
            "text": text,
            "units": self.units.iter().map(Outlined::value).collect::<Vec<_>>(),
            "remarks": self.remarks,
        })
    }

    /// The text of barrow.toml. What most units have stands in `[defaults]`.
    pub(super) fn text(&self) -> String {
        let runtime = most(self.units.iter().map(|unit| unit.runtime.as_deref()));
        let arch = most(self.units.iter().map(|unit| unit.arch.as_deref()));
        let mut text = String::from(
            "# What `barrow build` makes. Every setting of `barrow bundle` can stand in [defaults] and in each unit.\n\n[defaults]\n",
        );
        match runtime {
            Some(runtime) => text += &format!("runtime = {}\n", quoted(runtime)),
            None => text += "# runtime = \"python3.13\"\n",
        }
        match arch {
            Some(arch) => text += &format!("arch = {}\n", quoted(arch)),
            None => text += "# arch = \"arm64\"\n",
        }
        text += "# exclude-runtime = true\n";
        for unit in &self.units {
            text += &unit.text(runtime, arch);
        }
        text
    }
}

impl Outlined {
    fn value(&self) -> Value {
        json!({
            "name": self.name,
            "kind": if self.is_layer { "layer" } else { "function" },
            "source": self.source,
            "requirement": self.requirement,
            "runtime": self.runtime,
            "arch": self.arch,
            "handlers": self.handlers,
            "layers": self.layers,
        })
    }

    fn text(&self, runtime: Option<&str>, arch: Option<&str>) -> String {
        let mut text = format!("\n[[{}]]\n", if self.is_layer { "layer" } else { "function" });
        let mut line = |key: &str, value: &str| text += &format!("{key} = {value}\n");
        line("name", &quoted(&self.name));
        if let Some(source) = &self.source {
            line("source", &quoted(source));
        }
        if let Some(file) = &self.requirement {
            line("requirement", &quoted(file));
        }
        if self.is_alone {
            line("dependencies", "false");
        }
        if let Some(own) = self.runtime.as_deref().filter(|own| Some(*own) != runtime) {
            line("runtime", &quoted(own));
        }
        if let Some(own) = self.arch.as_deref().filter(|own| Some(*own) != arch) {
            line("arch", &quoted(own));
        }
        match &self.handlers[..] {
            [] => {}
            [one] => line("handler", &quoted(one)),
            many => line("handler", &list(many)),
        }
        if !self.layers.is_empty() {
            line("layers", &list(&self.layers));
        }
        for (key, value) in &self.settings {
            line(key, value);
        }
        text + "# output = \"build/{name}.zip\"\n"
    }
}

/// A word on a Pipfile without its lock: what it asks for would not be in the bundle.
pub(super) fn lockless(root: &Path, source: &Path) -> Option<String> {
    let folder = root.join(source);
    let has_input = find_input(&folder).is_some_and(|found| found.file.parent() == Some(&folder));
    let is_lockless = folder.join("Pipfile").is_file() && !has_input;
    let shown = if source == Path::new(".") { PathBuf::from("Pipfile") } else { source.join("Pipfile") };
    is_lockless.then(|| {
        format!("`{}` has no lock beside it, and the lock is what is built: run `pipenv lock`", shown.display())
    })
}

/// The value that most have, the first of them where several are as frequent. There is none where one has no value: what
/// is written for all would count for it too.
fn most<'a>(values: impl Iterator<Item = Option<&'a str>>) -> Option<&'a str> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (at, value) in values.enumerate() {
        counts.entry(value?).or_insert((0, at)).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, (count, at))| (*count, usize::MAX - at)).map(|(value, _)| value)
}

/// A text as TOML has it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A list of texts as TOML has it.
pub(super) fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}
