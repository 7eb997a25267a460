//! Scripts: those of a wheel, with their first line made neutral, and those that its entry points ask for.

use std::collections::BTreeMap;

use super::error::{ScriptFault, WheelFault};
use crate::archive::SafePath;
use crate::spec::{ObjectReference, parse_entry_points};

/// The first line of every script: no path of the machine that made the bundle, and the Python that the target has.
pub(super) const FIRST_LINE: &str = "#!/usr/bin/env python3\n";
/// A script whose first line starts so is meant for the installed Python (step "Spread", c).
pub(super) const MARKER: &[u8] = b"#!python";
/// Most bytes of all scripts of a wheel whose first line is rewritten: they are held in memory.
pub(super) const REWRITTEN_MOST: u64 = 16 << 20;
/// Most scripts that the entry points of a wheel may ask for: each line of a few bytes makes a file. The largest known
/// collections of tools have some hundred.
const SCRIPTS_MOST: usize = 10_000;

/// Replaces the first line of a script that starts with `#!python` (`#!pythonw` included).
pub(super) fn rewrite_first_line(content: &[u8]) -> Vec<u8> {
    let rest = content.iter().position(|&byte| byte == b'\n').map_or(&[][..], |end| &content[end + 1..]);
    [FIRST_LINE.as_bytes(), rest].concat()
}

/// The scripts that an `entry_points.txt` asks for, by path.
pub(super) fn entry_point_scripts(entry_points: &[u8]) -> Result<BTreeMap<SafePath, Vec<u8>>, WheelFault> {
    let mut scripts = BTreeMap::new();
    for entry in parse_entry_points(entry_points).map_err(WheelFault::EntryPoints)? {
        if entry.group != "console_scripts" && entry.group != "gui_scripts" {
            continue;
        }
        let fail = |fault| WheelFault::Script { name: entry.name.clone(), fault };
        let path = script_path(&entry.name).map_err(fail)?;
        let reference = ObjectReference::parse(&entry.value).map_err(|error| fail(error.into()))?;
        let content = script(&reference);
        if scripts.get(&path).is_some_and(|other| *other != content) {
            return Err(fail(ScriptFault::Twice));
        }
        scripts.insert(path, content);
        if scripts.len() > SCRIPTS_MOST {
            return Err(WheelFault::TooManyScripts(SCRIPTS_MOST));
        }
    }
    Ok(scripts)
}

/// Names of entry points become names of files: they are one component, and nothing else.
fn script_path(name: &str) -> Result<SafePath, ScriptFault> {
    let path = SafePath::new(name)?;
    if name.contains('/') || name.trim() != name {
        return Err(ScriptFault::Name);
    }
    Ok(path.prefixed(&SafePath::new("bin").expect("a safe name")))
}

fn script(reference: &ObjectReference) -> Vec<u8> {
    let ObjectReference { module, attributes } = reference;
    let imported = reference.imported();
    format!(
        "{FIRST_LINE}import sys\n\nfrom {module} import {imported}\n\nif __name__ == \"__main__\":\n    \
         sys.exit({attributes}())\n"
    )
    .into_bytes()
}
