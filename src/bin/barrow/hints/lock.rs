//! What the user can do where a lock cannot be used.

use barrow::lock::{Barrier, LockError, NoWheel};
use barrow::resolve::{Twin, twin_of};

/// What to do, a sentence each.
pub(crate) fn of(error: &LockError) -> Vec<String> {
    match error {
        LockError::OutOfDate { command, .. } => {
            vec![format!("bring it up to date with `{command}`, or take it as it is with `--frozen`")]
        }
        LockError::NoWheel(lacking) => {
            let NoWheel { name, elsewhere, has_source, .. } = lacking.as_ref();
            let mut hints = Vec::new();
            if *has_source {
                hints.push(format!("its source is locked too: build it with `--allow-build {name}`"));
            }
            if let Some(target) = elsewhere.last() {
                hints.push(format!("there is a wheel for {target}, or lock another version of {name}"));
            } else {
                hints.push(format!("lock another version of {name}, one with a wheel for Linux"));
            }
            hints
        }
        LockError::Unhashable { .. } => vec!["leave out --generate-hashes, or write pylock.toml".to_owned()],
        LockError::Malformed { path, .. } | LockError::Refused { path, .. } => {
            let beside = path.with_file_name("requirements.txt");
            let is_there = beside != *path && beside.is_file();
            is_there.then(|| format!("`{}` is there too: name it with -r", beside.display())).into_iter().collect()
        }
        LockError::NeedsBuilding { name, barrier: Barrier::NotAllowed, .. } => vec![match twin_of(name) {
            Some(Twin { because, instead, .. }) => format!("{name}: {because}; lock `{instead}` in its place"),
            None => format!("allow it with `--allow-build {name}`"),
        }],
        LockError::NeedsBuilding { barrier: Barrier::NoBuild, .. } => {
            vec!["`--no-build` forbids it: leave that out, or lock a wheel in its place".to_owned()]
        }
        LockError::NeedsBuilding { barrier: Barrier::OnlyBinary, .. } => {
            vec!["`--only-binary` forbids it: leave that out, or lock a wheel in its place".to_owned()]
        }
        LockError::Several(errors) => {
            let may = |error: &&LockError| error.could_be_built().is_some();
            let names: Vec<&str> = errors.iter().filter_map(|error| Some(error.could_be_built()?.as_ref())).collect();
            let allow = format!("allow building from source with `--allow-build {}`", names.join(","));
            let others = errors.iter().filter(|error| !may(error)).flat_map(of);
            let mut hints: Vec<String> = (!names.is_empty()).then_some(allow).into_iter().chain(others).collect();
            hints.dedup();
            hints
        }
        LockError::NoHashes { .. } => Vec::new(),
    }
}
