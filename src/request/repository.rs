//! Which commit a revision names in a Git repository of this machine (gitrepository-layout(5), gitrevisions(7)),
//! without running `git`: the key of a request is asked for in every run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::keyed::Encoder;
use crate::build::is_commit;
use crate::spec::HashDigest;

/// Most symbolic references that are followed, one after the other: `HEAD` names a branch, and hardly anything names
/// more.
const LINKS_MOST: usize = 5;

/// The commit of a revision, hashed; of one that cannot be read here (`main~1`, an abbreviated commit), all references
/// of the repository, any of which may lead to it. `None`: there is no repository.
pub(super) fn commit(path: &Path, revision: Option<&str>) -> Option<HashDigest> {
    let repository = Repository::find(path)?;
    let wanted = revision.unwrap_or("HEAD");
    if is_commit(wanted) {
        return Some(Encoder::digest(wanted));
    }
    // In the order of `build::check_out`, which clones first: a branch goes before a tag.
    let names = [format!("refs/heads/{wanted}"), format!("refs/tags/{wanted}"), wanted.to_owned()];
    match names.iter().find_map(|name| repository.resolve(name, LINKS_MOST)) {
        Some(commit) => Some(Encoder::digest(&commit)),
        None => Some(Encoder::digest(&repository.all().into_iter().collect::<Vec<_>>())),
    }
}

struct Repository {
    /// Where `HEAD` is, and where the references are: they differ in a linked worktree.
    own: PathBuf,
    common: PathBuf,
    packed: BTreeMap<String, String>,
}

impl Repository {
    fn find(path: &Path) -> Option<Self> {
        let inside = path.join(".git");
        let own = if inside.is_dir() {
            inside
        } else if let Ok(text) = fs::read_to_string(&inside) {
            path.join(text.strip_prefix("gitdir:")?.trim())
        } else {
            path.to_owned()
        };
        let common = match fs::read_to_string(own.join("commondir")) {
            Ok(text) => own.join(text.trim()),
            Err(_) => own.clone(),
        };
        if !own.join("HEAD").is_file() {
            return None;
        }
        let packed = fs::read_to_string(common.join("packed-refs")).unwrap_or_default();
        let lines = packed.lines().filter_map(|line| line.split_once(' '));
        let packed = lines.map(|(commit, name)| (name.to_owned(), commit.to_owned())).collect();
        Some(Self { own, common, packed })
    }

    fn resolve(&self, name: &str, links: usize) -> Option<String> {
        // A name with a way upwards is none.
        if name.split('/').any(|part| part == "..") {
            return None;
        }
        let folder = if name.starts_with("refs/") { &self.common } else { &self.own };
        let loose = fs::read_to_string(folder.join(name)).ok();
        let text = loose.as_deref().map(str::trim).or_else(|| self.packed.get(name).map(String::as_str))?;
        match text.strip_prefix("ref:") {
            Some(next) if links > 0 => self.resolve(next.trim(), links - 1),
            Some(_) => None,
            None => is_commit(text).then(|| text.to_owned()),
        }
    }

    /// Every reference with what it names.
    fn all(&self) -> BTreeMap<String, String> {
        let mut found = self.packed.clone();
        let head = fs::read_to_string(self.own.join("HEAD")).unwrap_or_default();
        found.insert("HEAD".to_owned(), head);
        let mut open = vec![self.common.join("refs")];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if let Ok(text) = fs::read_to_string(&path) {
                    let name = path.strip_prefix(&self.common).unwrap_or(&path).to_string_lossy().into_owned();
                    found.insert(name, text);
                }
            }
        }
        found
    }
}
