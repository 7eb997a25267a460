//! `glob` of a unit: the folders that a pattern stands for.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;

/// Folders that no pattern matches: tools leave them beside functions.
const PASSED_OVER: [&str; 3] = ["__pycache__", "node_modules", "site-packages"];

/// How far down `**` looks.
const DEEPEST: usize = 12;

/// The folders that a pattern matches, in order, each with a name: what its wildcards stand for. Patterns start at
/// `base`. Hidden folders are matched by what begins with a dot itself, and no folder is matched in which `outputs`
/// lie.
pub(super) fn folders(base: &Path, pattern: &str, outputs: &[String]) -> Result<Vec<(String, PathBuf)>, String> {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    let parts: Vec<&str> = pattern.split('/').collect();
    let is_wild = |part: &str| part.contains(['*', '?', '[', '{']);
    let first_wild = parts.iter().position(|part| is_wild(part)).unwrap_or(parts.len());
    let is_deep = parts.contains(&"**");
    let depth = if is_deep { DEEPEST } else { parts.len() };
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| error.to_string())?;
    let glob = glob.compile_matcher();
    let is_hidden_meant = parts.iter().any(|part| part.starts_with('.') && !matches!(*part, "." | ".."));

    let start: PathBuf = parts[..first_wild].iter().collect();
    let mut found = Vec::new();
    if first_wild == parts.len() && base.join(&start).is_dir() {
        found.push(start.clone());
    }
    let mut open = vec![start];
    while let Some(folder) = open.pop() {
        if folder.components().count() >= depth {
            continue;
        }
        let Ok(entries) = fs_err::read_dir(base.join(&folder)) else { continue };
        for entry in entries.filter_map(Result::ok).filter(|entry| entry.path().is_dir()) {
            let name = entry.file_name();
            let text = name.to_string_lossy();
            if PASSED_OVER.contains(&&*text) || (text.starts_with('.') && !is_hidden_meant) {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_symlink()) && leads_up(&entry.path()) {
                continue;
            }
            let path = folder.join(&name);
            if glob.is_match(&path)
                && !outputs.iter().any(|output| Path::new(output.trim_start_matches("./")).starts_with(&path))
            {
                found.push(path.clone());
            }
            open.push(path);
        }
    }
    if found.is_empty() {
        return Err(format!("the pattern `{pattern}` matches no folder"));
    }
    found.sort();
    let name = |path: &Path| {
        let of_path: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let stands_for =
            |at: &usize| *at >= first_wild && (is_deep || parts.get(*at).is_some_and(|part| is_wild(part)));
        let named: Vec<&str> =
            of_path.iter().enumerate().filter(|(at, _)| stands_for(at)).map(|(_, part)| part.as_ref()).collect();
        let last = of_path.last().map_or("", AsRef::as_ref);
        if named.is_empty() { last.to_owned() } else { named.join("-") }
    };
    Ok(found.into_iter().map(|path| (name(&path), super::parse::normalized(&base.join(&path)))).collect())
}

/// Whether a link leads to a folder that it lies in, so that following it would never end.
fn leads_up(link: &Path) -> bool {
    let whole = |path: &Path| fs_err::canonicalize(path).ok();
    let inner = link.parent().and_then(whole);
    whole(link).zip(inner).is_some_and(|(target, inner)| inner.starts_with(target))
}

#[cfg(test)]
mod tests {
    use crate::settings::glob::folders;

    #[test]
    fn links_are_followed_but_for_those_that_lead_up() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs_err::create_dir_all(at("fns/one")).unwrap();
        fs_err::create_dir_all(at("elsewhere/two")).unwrap();
        fs_err::os::unix::fs::symlink("..", at("fns/up")).unwrap();
        fs_err::os::unix::fs::symlink(".", at("fns/one/here")).unwrap();
        fs_err::os::unix::fs::symlink("../elsewhere", at("fns/more")).unwrap();
        let found = folders(folder.path(), "fns/**", &[]).unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["more", "more-two", "one"]);
    }
}
