//! `custom.pythonRequirements` of a serverless.yml: the options of serverless-python-requirements. What counts here is
//! what counts for the plugin of barrow, which reads the same options (`integrations/serverless`).

use std::path::Path;

use barrow::lock::{LockKind, find_input};
use barrow::yaml::Node;

use super::outline::{Outlined, list};

/// Options that have no part here, and why.
const NEEDLESS: &[(&str, &str)] = &[
    ("dockerizePip", "no container is needed"),
    ("dockerImage", "no container is needed"),
    ("dockerFile", "no container is needed"),
    ("dockerSsh", "no container is needed"),
    ("dockerPrivateKey", "no container is needed"),
    ("dockerEnv", "no container is needed"),
    ("dockerBuildCmdExtraArgs", "no container is needed"),
    ("dockerRunCmdExtraArgs", "no container is needed"),
    ("dockerExtraFiles", "no container is needed"),
    ("dockerRootless", "no container is needed"),
    ("pythonBin", "no Python is needed"),
    ("useStaticCache", "barrow has a cache of its own"),
    ("useDownloadCache", "barrow has a cache of its own"),
    ("cacheLocation", "barrow has a cache of its own; --cache-dir places it"),
    ("staticCacheMaxVersions", "barrow has a cache of its own"),
    ("invalidateCaches", "barrow's cache is checked, never stale"),
    ("cleanupZipHelper", "nothing is zipped within the bundle"),
    ("requirePoetryLockFile", "a lock counts where there is one"),
    ("pipCmdExtraArgs", "write what it asks for as settings: index-url, find-links and so on"),
    ("zip", "leave it out and see whether the bundle is small enough"),
    ("slimPatterns", "write it as `exclude`, such as \"*:**/*.html\""),
    ("slimPatternsAppendDefaults", "what `slim` leaves out is a table of barrow's"),
    ("strip", "barrow changes no binaries"),
    ("vendor", "copy the folder into the service, or require it by its path"),
    ("poetryWithoutGroups", "name the groups that are wanted as `group`"),
];

/// The file of requirements where no other is named.
const USUAL_FILE: &str = "requirements.txt";

/// What the options ask for.
pub(super) struct PythonRequirements<'a> {
    /// Settings that mean the same.
    pub(super) settings: Vec<(&'static str, String)>,
    /// The layer that holds all dependencies, where there is to be one.
    pub(super) layer: Option<&'a Node>,
    /// The file of requirements.
    file: String,
    /// Whether a lock comes before that file.
    takes_locks: bool,
    /// Locks that are asked for by an option: it, the lock and the command that makes it.
    asked: Vec<(&'a Node, AskedLock)>,
    /// Lines, and what is not carried over of them.
    pub(super) remarks: Vec<(usize, String)>,
}

/// An option that asks for a lock, the lock, and the command that makes it.
type AskedLock = (&'static str, LockKind, &'static str);

const ASKED_LOCKS: [AskedLock; 2] =
    [("usePoetry", LockKind::Poetry, "poetry lock"), ("usePipenv", LockKind::Pipfile, "pipenv lock")];

impl<'a> PythonRequirements<'a> {
    /// Reads the options, where there are any.
    pub(super) fn read(custom: Option<&'a Node>) -> Self {
        let mut read = Self {
            settings: Vec::new(),
            layer: None,
            file: USUAL_FILE.to_owned(),
            takes_locks: true,
            asked: Vec::new(),
            remarks: Vec::new(),
        };
        let Some(custom) = custom else { return read };
        for (name, node) in custom.entries() {
            read.take(name, node);
        }
        let is_refused = |(name, ..): &AskedLock| custom.get(name).is_some_and(|node| node.text() == Some("false"));
        read.takes_locks &= !ASKED_LOCKS.iter().all(is_refused);
        read
    }

    fn take(&mut self, name: &str, node: &'a Node) {
        // `false` and nothing ask for nothing.
        if node.is_null() || node.text().is_some_and(|text| text == "false" || text.is_empty()) {
            return;
        }
        let texts = || match node.list() {
            Some(entries) => entries.iter().filter_map(|entry| entry.text().map(str::to_owned)).collect(),
            None => node.text().map(str::to_owned).into_iter().collect::<Vec<_>>(),
        };
        if node.list().is_some_and(<[_]>::is_empty) {
            return;
        }
        let mut has_variable = false;
        node.visit(&mut |node| has_variable |= node.text().is_some_and(|text| text.contains("${")));
        let known = NEEDLESS.iter().find(|(option, _)| *option == name).map(|(_, why)| *why);
        let why = match (name, known) {
            (_, Some(why)) => why,
            ("layer", _) => {
                self.layer = Some(node);
                return;
            }
            (_, _) if has_variable => "it has a variable of Serverless",
            ("slim", _) => return self.settings.push(("slim", "true".to_owned())),
            ("noDeploy", _) => return self.settings.push(("exclude-package", list(&texts()))),
            ("poetryWithGroups", _) => return self.settings.push(("group", list(&texts()))),
            ("poetryOnlyGroups", _) => return self.settings.push(("only-group", list(&texts()))),
            ("fileName", _) => {
                node.text().unwrap_or(USUAL_FILE).clone_into(&mut self.file);
                self.takes_locks = self.file == USUAL_FILE;
                return;
            }
            _ => match ASKED_LOCKS.into_iter().find(|(option, ..)| *option == name) {
                Some(asked) => return self.asked.push((node, asked)),
                None => "it is no option that is known here",
            },
        };
        self.remarks.push((node.line, format!("`{name}` is not carried over: {why}")));
    }

    /// Says what states the requirements of a unit with a folder as its source, where barrow would not find it there:
    /// a lock of the folder, else the file; `service` is the folder of the file.
    pub(super) fn state_needs(&self, unit: &mut Outlined, service: &Path) {
        let root = unit.source.as_deref().unwrap_or(".");
        let beside = |name: &str| if root == "." { name.to_owned() } else { format!("{root}/{name}") };
        let is_there = |name: &&str| service.join(beside(name)).is_file();
        if !self.takes_locks {
            unit.requirement = Some(self.file.as_str()).filter(is_there).map(beside);
            unit.is_alone = unit.requirement.is_none();
            return;
        }
        // The folder of a module is looked into from its source on, and a lock may lie above it.
        if root == "." {
            let locks = LockKind::ALL.map(LockKind::file_name);
            let mut names = locks.iter().copied().chain([self.file.as_str()]);
            unit.requirement = names.find(is_there).map(beside);
        }
    }

    /// What is not there though it is asked for: a lock that counts for none of the units.
    pub(super) fn tell_missing_locks(&mut self, units: &[Outlined], service: &Path) {
        for (node, (option, kind, command)) in std::mem::take(&mut self.asked) {
            let is_of_unit = |unit: &Outlined| {
                let root = service.join(unit.source.as_deref().unwrap_or("."));
                find_input(&root).is_some_and(|found| LockKind::of(&found.file) == Some(kind))
            };
            if !self.takes_locks || !units.iter().any(is_of_unit) {
                let lock = kind.file_name();
                let why = if self.takes_locks {
                    format!("there is no `{lock}` that counts, and `{command}` makes it")
                } else {
                    format!("`fileName` comes before `{lock}`")
                };
                self.remarks.push((node.line, format!("`{option}` is not carried over: {why}")));
            }
        }
    }
}
