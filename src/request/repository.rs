//! Which commit a revision names in a Git repository of this machine (gitrepository-layout(5), gitrevisions(7)),
//! without running `git`: the key of a request is asked for in every run.
//!
//! Backends make versions of tags, so all tags of the repository count beside the commit, wherever they point to: which
//! of them are ancestors only the objects say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::keyed::Encoder;
use crate::build::is_commit;
use crate::fetch::digest_of_file;
use crate::spec::{HashAlgorithm, HashDigest};

/// Most symbolic references that are followed, one after the other: `HEAD` names a branch, and hardly anything names
/// more.
const LINKS_MOST: usize = 5;

/// What `git` tries behind a path, in its order: a working tree, the repository itself, and both with the ending that
/// bare repositories have, which may be left out of a URL.
const ENDINGS: &[&str] = &["/.git", "", ".git/.git", ".git"];

/// The commit of a revision with the tags, hashed; of a revision that cannot be read here (`main~1`, an abbreviated
/// commit), all references of the repository, any of which may lead to it. `None`: there is no repository.
pub(super) fn commit(path: &Path, revision: Option<&str>) -> Option<HashDigest> {
    let repository = Repository::find(path)?;
    let wanted = revision.unwrap_or("HEAD");
    if let Some(tables) = repository.tables() {
        // They are not taken apart: a key may differ once too often.
        return Some(Encoder::digest(&(wanted, tables)));
    }
    // In the order of `build::check_out`, which clones first: a branch goes before a tag.
    let names = [format!("refs/heads/{wanted}"), format!("refs/tags/{wanted}"), wanted.to_owned()];
    let resolved = || names.iter().find_map(|name| repository.resolve(name, LINKS_MOST));
    let found = if is_commit(wanted) { Some(wanted.to_owned()) } else { resolved() };
    let counting = repository.references(if found.is_some() { "refs/tags" } else { "refs" });
    let head = fs::read_to_string(repository.own.join("HEAD")).ok().filter(|_| found.is_none());
    Some(Encoder::digest(&((found, head), counting.into_iter().collect::<Vec<_>>())))
}

struct Repository {
    /// Where `HEAD` is, and where the references are: they differ in a linked worktree.
    own: PathBuf,
    common: PathBuf,
    packed: BTreeMap<String, String>,
}

impl Repository {
    fn find(path: &Path) -> Option<Self> {
        // Without a slash at its end.
        let path: PathBuf = path.components().collect();
        let own = ENDINGS.iter().find_map(|ending| Self::folder_at(&path, ending))?;
        let common = fs::read_to_string(own.join("commondir")).map_or(own.clone(), |text| own.join(text.trim()));
        let packed = fs::read_to_string(common.join("packed-refs")).unwrap_or_default();
        let lines = packed.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
        let packed = lines.map(|(commit, name)| (name.to_owned(), commit.to_owned())).collect();
        Some(Self { own, common, packed })
    }

    /// The folder of the repository that `git` would find at a path with this ending: it, or what a file there names.
    fn folder_at(path: &Path, ending: &str) -> Option<PathBuf> {
        let mut place = path.as_os_str().to_owned();
        place.push(ending);
        let place = PathBuf::from(place);
        let folder = match fs::read_to_string(&place) {
            Ok(text) => place.parent()?.join(text.strip_prefix("gitdir:")?.trim()),
            Err(_) => place,
        };
        folder.join("HEAD").is_file().then_some(folder)
    }

    /// The files of a repository whose references lie in tables (`--ref-format=reftable`), oldest first, each with its
    /// content. A linked worktree has some of its own beside those of the repository.
    fn tables(&self) -> Option<Vec<(String, Option<HashDigest>)>> {
        let folders = [&self.own, &self.common].map(|folder| folder.join("reftable"));
        let lists = folders.iter().map(|folder| fs::read_to_string(folder.join("tables.list")));
        let lists: Vec<_> = folders.iter().zip(lists).filter_map(|(folder, list)| Some((folder, list.ok()?))).collect();
        let tables = |(folder, list): &(&PathBuf, String)| {
            // A table that is gone meanwhile counts by its name, which no other has.
            let digest = |name: &str| digest_of_file(&folder.join(name), HashAlgorithm::Sha256).ok();
            let table = |name: &str| (name.to_owned(), digest(name));
            list.lines().map(table).collect::<Vec<_>>()
        };
        (!lists.is_empty()).then(|| lists.iter().flat_map(tables).collect())
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

    /// Every reference below a place, with what it names.
    fn references(&self, below: &str) -> BTreeMap<String, String> {
        let mut found = self.packed.clone();
        found.retain(|name, _| Path::new(name).starts_with(below));
        let mut open = vec![self.common.join(below)];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if let Ok(text) = fs::read_to_string(&path) {
                    let name = path.strip_prefix(&self.common).unwrap_or(&path).to_string_lossy().into_owned();
                    found.insert(name, text.trim().to_owned());
                }
            }
        }
        found
    }
}
