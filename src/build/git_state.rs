//! What of a git repository shapes a build without being a file of the project: the commit and the tags that versions are
//! made of, and which files are tracked, because some backends package those alone.

use std::path::{Path, PathBuf};

use fs_err as fs;

/// Size of an entry of an index up to its name, bytes, and that of the flags that version 3 added.
///
/// Source: git's documentation, gitformat-index.
const FIXED: usize = 62;
const FURTHER_FLAGS: usize = 2;

/// The names of the tracked files, each with a NUL behind it, of the index in a `.git` folder; the index as it is, where
/// it cannot be read: it changes more often than the names.
pub(super) fn tracked(git: &Path) -> Vec<u8> {
    let index = fs::read(git.join("index")).unwrap_or_default();
    names(&index).unwrap_or(index)
}

/// The state of the repository that a `.git` file leads to, which worktrees and submodules have in the place of the
/// folder: texts of its own and of the repository that it shares.
pub(super) fn of_file(file: &Path) -> Vec<u8> {
    let Some(own) = led_to(file, "gitdir: ") else { return Vec::new() };
    let shared = led_to(&own.join("commondir"), "").unwrap_or_else(|| own.clone());
    let mut state = tracked(&own);
    let mut files = vec![own.join("HEAD"), shared.join("packed-refs")];
    // References lie in files or in tables (`--ref-format=reftable`); those of a worktree are in its own.
    for folder in [shared.join("refs"), shared.join("reftable"), own.join("reftable")] {
        add_files(&folder, &mut files);
    }
    for file in files {
        state.extend(file.strip_prefix(&shared).unwrap_or(&file).as_os_str().as_encoded_bytes());
        state.push(0);
        state.extend(fs::read(&file).unwrap_or_default());
        state.push(0);
    }
    state
}

/// Adds the files of a folder and of those in it, in order.
fn add_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { add_files(&path, files) } else { files.push(path) }
    }
}

/// The folder that a file names behind `before`, relative to its own.
fn led_to(file: &Path, before: &str) -> Option<PathBuf> {
    let text = fs::read_to_string(file).ok()?;
    let place = file.parent()?.join(text.strip_prefix(before)?.trim_end());
    fs::canonicalize(place).ok()
}

/// The names in an index of version 2 or 3 that has SHA-1 names of objects.
fn names(index: &[u8]) -> Option<Vec<u8>> {
    let number = |at: usize| Some(u32::from_be_bytes(index.get(at..at + 4)?.try_into().ok()?));
    if !index.starts_with(b"DIRC") || !(2..=3).contains(&number(4)?) {
        return None;
    }
    let (mut at, mut names) = (12, Vec::new());
    for _ in 0..number(8)? {
        let is_extended = index.get(at + FIXED - 2)? & 0x40 != 0;
        let start = at + FIXED + if is_extended { FURTHER_FLAGS } else { 0 };
        let length = index.get(start..)?.iter().position(|byte| *byte == 0)?;
        names.extend(&index[start..=start + length]);
        // An entry ends with one to eight NULs, so that the next begins at a multiple of eight from this one.
        at += (start - at + length + 8) / 8 * 8;
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn git(folder: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"];
        let done = Command::new("git").arg("-C").arg(folder).args(identity).args(arguments).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn repository() -> (tempfile::TempDir, PathBuf) {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("project");
        fs::create_dir_all(folder.join("pkg/a-rather-long-name-of-a-folder")).unwrap();
        for file in ["a", "setup.py", "pkg/a-rather-long-name-of-a-folder/with_a_file.py", "pkg/new.txt"] {
            fs::write(folder.join(file), file).unwrap();
        }
        git(&folder, &["init", "-q", "-b", "main"]);
        git(&folder, &["add", "a", "setup.py", "pkg/a-rather-long-name-of-a-folder"]);
        git(&folder, &["commit", "-q", "-m", "first"]);
        (place, folder)
    }

    #[test]
    fn tracked_files_are_named_whatever_else_the_index_says() {
        let (_place, folder) = repository();
        let of = || String::from_utf8(tracked(&folder.join(".git"))).unwrap();
        let expected = "a\0pkg/a-rather-long-name-of-a-folder/with_a_file.py\0setup.py\0";
        assert_eq!(of(), expected);
        // A new time of a file is news for git alone.
        fs::write(folder.join("a"), "a").unwrap();
        git(&folder, &["update-index", "--refresh", "--again"]);
        git(&folder, &["add", "--intent-to-add", "pkg/new.txt"]);
        assert_eq!(of(), expected.replace("setup.py", "pkg/new.txt\0setup.py"));
        git(&folder, &["update-index", "--index-version", "4"]);
        assert!(tracked(&folder.join(".git")).starts_with(b"DIRC"), "as it is");
    }

    #[test]
    fn a_worktree_has_the_state_of_its_repository() {
        let (place, folder) = repository();
        let tree = place.path().join("tree");
        git(&folder, &["worktree", "add", "-q", tree.to_str().unwrap(), "-b", "other"]);
        let mut seen = vec![of_file(&tree.join(".git"))];
        assert!(!seen[0].is_empty());
        for arguments in [&["commit", "-q", "--allow-empty", "-m", "next"][..], &["tag", "v2"], &["pack-refs", "--all"]]
        {
            git(&tree, arguments);
            let state = of_file(&tree.join(".git"));
            assert!(!seen.contains(&state), "{arguments:?}");
            seen.push(state);
        }
        assert!(of_file(&folder.join("nothing")).is_empty());
    }

    #[test]
    fn references_in_tables_count_too() {
        let (place, folder) = repository();
        let tree = place.path().join("tree");
        git(&folder, &["worktree", "add", "-q", tree.to_str().unwrap(), "-b", "other"]);
        let own = folder.join(".git/worktrees/tree");
        let mut seen = vec![of_file(&tree.join(".git"))];
        for table in [folder.join(".git/reftable/1.ref"), own.join("reftable/1.ref")] {
            fs::create_dir_all(table.parent().unwrap()).unwrap();
            fs::write(table, "a table").unwrap();
            let state = of_file(&tree.join(".git"));
            assert!(!seen.contains(&state));
            seen.push(state);
        }
    }
}
