//! What is to be written: units with what is known of them, and the text of the file.

#![expect(clippy::format_push_string, reason = "a file for people, made once in a run")]

use std::collections::BTreeMap;

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
    /// Further settings, as they are written.
    pub(super) settings: Vec<(&'static str, String)>,
}

impl ConfigDraft {
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
        for (key, value) in &self.settings {
            line(key, value);
        }
        text + "# output = \"build/{name}.zip\"\n"
    }
}

/// The value that most have, the first of them where several are as frequent.
fn most<'a>(values: impl Iterator<Item = Option<&'a str>>) -> Option<&'a str> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (at, value) in values.flatten().enumerate() {
        counts.entry(value).or_insert((0, at)).0 += 1;
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
