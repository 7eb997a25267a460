//! Modules in archives that lie in the bundle: something unpacks them when the function starts, or Python imports from
//! the archive itself.

use std::collections::HashSet;

use super::tree::{RuntimeTree, TASK, ends_in};
use crate::inventory::foreign_zip;

/// Most archives that are looked into.
const ARCHIVES_MOST: usize = 16;

/// The modules in each archive at the top of the bundle, by what the user calls it.
pub(super) struct PackedModules(Vec<(String, HashSet<String>)>);

impl PackedModules {
    /// Lists the archives. One that cannot be read holds nothing.
    pub(super) fn read(tree: &RuntimeTree) -> Self {
        let is_archive = |name: &&String| [".zip", ".whl", ".pyz", ".egg"].iter().any(|ending| ends_in(name, ending));
        let mut names: Vec<&String> = tree.names(TASK).iter().filter(is_archive).collect();
        names.sort_unstable();
        let modules = |name: &String| {
            let zip = foreign_zip(tree.read(tree.file(&format!("{TASK}/{name}"))?).ok()?).ok()?;
            let modules = zip.file_names().filter_map(|name| module_of(&name.ok()?)).collect();
            Some((name.clone(), modules))
        };
        Self(names.into_iter().take(ARCHIVES_MOST).filter_map(modules).collect())
    }

    /// The archive that has a module.
    pub(super) fn holding(&self, module: &str) -> Option<&str> {
        self.0.iter().find(|(_, modules)| modules.contains(module)).map(|(archive, _)| archive.as_str())
    }
}

/// The module at the top that a file of an archive belongs to.
fn module_of(name: &str) -> Option<String> {
    let name = name.trim_start_matches("./");
    if let Some((folder, file)) = name.split_once('/') {
        return (!file.is_empty()).then(|| folder.to_owned());
    }
    let stem = name.strip_suffix(".py").or_else(|| name.strip_suffix(".so")?.split('.').next());
    stem.map(str::to_owned)
}
