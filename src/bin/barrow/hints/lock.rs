//! What the user can do where a lock cannot be used.

use std::path::Path;

use barrow::lock::{LockError, MadeOf, NoWheel};
use barrow::resolution::Barrier;
use barrow::resolve::{Twin, twin_of};

/// What to do, a sentence each.
pub(crate) fn of(error: &LockError) -> Vec<String> {
    match error {
        LockError::OutOfDate { path, made_of: Some(made_of), .. } => vec![format!(
            "bring it up to date with `{}` and the options that it was made with, or take it as it is with `--frozen`",
            made_again(path, made_of)
        )],
        LockError::OutOfDate { command, .. } => {
            vec![format!("bring it up to date with `{command}`, or take it as it is with `--frozen`")]
        }
        LockError::NoWheel(lacking) => {
            let NoWheel { name, elsewhere, sdist, .. } = lacking.as_ref();
            let mut hints = Vec::new();
            match sdist.map(lifted) {
                Some(Some(way)) => hints.push(format!("its source is locked too, and {way}")),
                Some(None) => hints.push(format!("its source is locked too: build it with `--allow-build {name}`")),
                None => {}
            }
            if let Some(target) = elsewhere.last() {
                hints.push(format!("there is a wheel for {target}, or lock another version of {name}"));
            } else {
                hints.push(format!("lock another version of {name}, one with a wheel for Linux"));
            }
            hints
        }
        LockError::Exclusive { .. } => vec![CHOOSE_ONE.to_owned()],
        LockError::OtherPython { fitting, path, group, .. } => {
            let runtime = match &fitting[..] {
                [] => "no runtime of Lambda has such a Python: lock again for one that there is".to_owned(),
                [one] => format!("pass `--runtime {one}` (`runtime = \"{one}\"` in barrow.toml), or lock again"),
                several => {
                    let names: Vec<&str> = several.iter().map(|runtime| runtime.name()).collect();
                    let last = names.last().copied().unwrap_or_default();
                    format!(
                        "pass `--runtime {last}` (`runtime = \"{last}\"` in barrow.toml); the {} is for {}",
                        if group.is_some() { "group" } else { "lock" },
                        names.join(", ")
                    )
                }
            };
            [runtime].into_iter().chain(requirements_beside(path)).collect()
        }
        LockError::Unhashable { .. } => vec!["leave out --generate-hashes, or write pylock.toml".to_owned()],
        LockError::NoDigest { path, .. } => vec![lock_with_digests(path)],
        LockError::Malformed { path, .. } | LockError::Refused { path, .. } | LockError::NoPart { path, .. } => {
            requirements_beside(path).into_iter().collect()
        }
        LockError::NeedsBuilding { name, barrier, .. } => vec![match (lifted(*barrier), twin_of(name)) {
            (Some(way), _) => format!("{way}, or lock a wheel in its place"),
            (None, Some(Twin { because, instead, .. })) => format!("{name}: {because}; lock `{instead}` in its place"),
            (None, None) => format!("allow it with `--allow-build {name}`"),
        }],
        LockError::Several(errors) => of_several(errors),
        LockError::OnlyWheels { name, .. } => {
            vec![format!("`--no-binary` (`no-binary` in tables) leaves wheels out: leave that out for {name}")]
        }
        LockError::NoHashes { .. } => Vec::new(),
    }
}

/// What to do where several packages have no file for the target.
fn of_several(errors: &[LockError]) -> Vec<String> {
    let may = |error: &&LockError| error.could_be_built().is_some();
    let names: Vec<&str> = errors.iter().filter_map(|error| Some(error.could_be_built()?.as_ref())).collect();
    let allow = format!("allow building from source with `--allow-build {}`", named(&names));
    let others = errors.iter().filter(|error| !may(error)).flat_map(of);
    let mut hints: Vec<String> = (!names.is_empty()).then_some(allow).into_iter().chain(others).collect();
    hints.dedup();
    hints
}

/// How to come to digests that a lock does not have, because the index that it was made with tells none.
fn lock_with_digests(path: &Path) -> String {
    let input = ["pyproject.toml", "requirements.txt"].map(|name| path.with_file_name(name));
    let input = input.iter().find(|input| input.is_file()).map(|input| input.display().to_string());
    let (own, input) = (path.with_file_name("pylock.toml"), input.unwrap_or_else(|| "FILE".to_owned()));
    if own == *path {
        return format!("`barrow lock -r {input} -o {}` computes digests that an index does not tell", own.display());
    }
    format!(
        "its index told no digests when it was made: `barrow lock -r {input} -o {}` computes them, and comes before it",
        own.display()
    )
}

/// The command that makes a lock again, as far as it tells of what it was made.
fn made_again(path: &Path, made_of: &MadeOf) -> String {
    let MadeOf { requirements, constraints, overrides, project, extras, all_extras, groups, only_groups, .. } = made_of;
    let beside = |file: &String| path.parent().unwrap_or(Path::new("")).join(file).display().to_string();
    let files = |flag: &'static str, files: &[String]| -> Vec<String> {
        files.iter().map(|file| format!("{flag} {}", beside(file))).collect()
    };
    let names = |flag: &'static str, names: &[String]| -> Vec<String> {
        names.iter().map(|name| format!("{flag} {name}")).collect()
    };
    let mut words = vec!["barrow lock".to_owned()];
    words.extend(project.iter().map(|file| format!("-r {}", beside(file))));
    words.extend(files("-r", requirements));
    words.extend(files("-c", constraints));
    words.extend(files("--override", overrides));
    words.extend(names("--extra", extras));
    words.extend(all_extras.then(|| "--all-extras".to_owned()));
    words.extend(names(if *only_groups { "--only-group" } else { "--group" }, groups));
    words.push(format!("-o {}", path.display()));
    words.join(" ")
}

/// What to do about parts that exclude each other.
const CHOOSE_ONE: &str = "choose one of them by `--extra`, `--group`, or `--only-group`, which leaves the project out; \
                          `conflicts` below `[tool.uv]` in pyproject.toml says what excludes what";

/// Which option stands against a build, and how it is lifted; `None`: only nobody has allowed it.
pub(super) fn lifted(barrier: Barrier) -> Option<&'static str> {
    match barrier {
        Barrier::NoBuild => Some("`--no-build` forbids building: leave that out"),
        Barrier::OnlyBinary => Some("`--only-binary` takes wheels alone: leave that out for it"),
        Barrier::NotAllowed => None,
    }
}

/// Names as an option takes them; of many, the word that stands for all.
pub(super) fn named(names: &[&str]) -> String {
    if names.len() > MOST_NAMES { ":all:".to_owned() } else { names.join(",") }
}

/// Names that a hint lists; more are not typed by anybody.
const MOST_NAMES: usize = 6;

/// Requirements that lie beside a lock that cannot be used.
fn requirements_beside(path: &std::path::Path) -> Option<String> {
    let beside = path.with_file_name("requirements.txt");
    let is_there = beside != *path && beside.is_file();
    is_there.then(|| format!("`{}` is there too: name it with -r", beside.display()))
}
