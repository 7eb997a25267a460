//! `barrow init`: a barrow.toml from what lies here.

#![expect(clippy::format_push_string, reason = "a file for people, made once in a run")]

use std::path::{Path, PathBuf};

use barrow::lock::find_input;

use crate::args::InitArgs;
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;

/// How far down functions are looked for. Deeper ones are named by hand.
const DEEPEST: usize = 4;

/// Folders that hold no functions: results, environments and packages of other tools.
const PASSED_OVER: &[&str] =
    &["build", "dist", "node_modules", "cdk.out", "venv", "site-packages", "__pycache__", "tests"];

/// Files of other tools that say more than can be read here, and what to do about them.
const OTHERS: &[(&str, &str)] = &[
    ("template.yaml", "runtimes, architectures and handlers of a SAM template are not carried over"),
    ("template.yml", "runtimes, architectures and handlers of a SAM template are not carried over"),
    ("serverless.yml", "runtimes, architectures and handlers of serverless.yml are not carried over"),
];

pub(super) fn call(run: &Run, args: &InitArgs) -> Result<(), Failure> {
    let folder = &run.host.working_folder;
    let path = folder.join("barrow.toml");
    if path.exists() && !args.force {
        return Err(Failure::usage("`barrow.toml` is there already").hint("--force replaces it"));
    }
    let found = functions(folder);
    if found.is_empty() {
        return Err(Failure::new(
            "no folder here has a requirements file, a lock or a pyproject.toml with Python files beside it",
            Exit::Failed,
        )
        .hint("`barrow bundle SOURCE -o OUT` bundles a folder without any"));
    }
    fs_err::write(&path, written(&found))
        .map_err(|error| Failure::new("failed to write `barrow.toml`", Exit::Failed).because(&error))?;
    for (file, words) in OTHERS.iter().filter(|(file, _)| folder.join(file).is_file()) {
        run.output.warn(&format!("{file}: {words}; add `runtime`, `arch` and `handler` where they differ"));
    }
    run.output.status(&format!("Wrote barrow.toml with {} units; `barrow build --list` shows them", found.len()));
    Output::result("")
}

/// Folders with Python files and something that states what they need, relative to `root`, in order.
fn functions(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs_err::read_dir(root.join(&folder)) else { continue };
        let entries: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        let has_code = entries.iter().any(|path| path.extension().is_some_and(|extension| extension == "py"));
        if has_code && states_needs(&root.join(&folder)) {
            found.push(folder);
            continue;
        }
        if folder.components().count() == DEEPEST {
            continue;
        }
        for path in entries.iter().filter(|path| path.is_dir() && !path.is_symlink()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !name.starts_with('.') && !PASSED_OVER.contains(&name.as_ref()) {
                folders.push(folder.join(name.as_ref()));
            }
        }
    }
    found.sort();
    found
}

/// Whether a folder itself has a lock, a requirements file or a pyproject.toml; one above it may be for others.
fn states_needs(folder: &Path) -> bool {
    find_input(folder).is_some_and(|found| found.file.parent() == Some(folder))
}

fn written(found: &[PathBuf]) -> String {
    let mut text = String::from(
        "# What `barrow build` makes. Every setting of `barrow bundle` can stand in [defaults] and in each unit.\n\n\
         [defaults]\n# runtime = \"python3.13\"\n# arch = \"arm64\"\n# exclude-runtime = true\n",
    );
    for folder in found {
        let source = if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.to_string_lossy().into_owned() };
        let name = if source == "." { "function".to_owned() } else { source.replace(['/', '\\'], "-") };
        text += &format!("\n[[function]]\nname = {name:?}\nsource = {source:?}\n# output = \"build/{{name}}.zip\"\n");
    }
    text
}
