//! Where packages come from, in words that compare: `index URL`, `git URL`, `path PATH`, `url URL`.

use std::path::{Path, PathBuf};

use toml::Value;

use super::locked_file::FilePlace;
use super::model::{Lock, LockKind, LockedPackage, LockedSource, ProjectTie, Which};
use crate::archive::normalized;
use crate::spec::{DEFAULT_INDEX_URL, SafeUrl, VersionOrUrl};

/// The index that is asked where nothing names another one, as places have it.
pub(super) fn public_index() -> &'static str {
    DEFAULT_INDEX_URL.trim_end_matches('/')
}

impl Which {
    /// What a requirement in the standard form says behind its name; paths in URLs start in `folder`.
    pub(super) fn of_standard(said: Option<VersionOrUrl<SafeUrl>>, folder: &Path) -> Self {
        let mut which = Self::default();
        match said {
            Some(VersionOrUrl::VersionSpecifier(specifiers)) => which.any_of.push(specifiers),
            Some(VersionOrUrl::Url(url)) => {
                which.tie = Some(Box::new(ProjectTie::of_url(url.reveal().as_str(), folder)));
            }
            None => {}
        }
        which
    }
}

impl ProjectTie {
    /// What a line of Poetry's or Pipenv's ties its name to; `None`: nothing. `index` says where the one of a name is.
    pub(super) fn of_table(table: &Value, folder: &Path, index: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let text = |key: &str| table.get(key).and_then(Value::as_str);
        let first = |keys: &[&str]| keys.iter().find_map(|key| text(key));
        if let Some(git) = text("git") {
            let below = text("subdirectory").map(|it| format!("#subdirectory={it}")).unwrap_or_default();
            let revision = first(&["ref", "rev", "tag", "branch"]).map(str::to_owned);
            return Some(Self { place: git_place(&format!("{git}{below}")), revision });
        }
        let place = match (first(&["path", "file", "url"]), first(&["source", "index"])) {
            (Some(place), _) if place.contains("://") => return Some(Self::of_url(place, folder)),
            (Some(path), _) => path_place(&normalized(&folder.join(path)), folder),
            (None, Some(name)) => {
                let known = index(name).or_else(|| name.contains("://").then(|| index_place(name, folder)));
                format!("index {}", known.unwrap_or_else(|| format!("{name}, which nothing names")))
            }
            (None, None) => return None,
        };
        Some(Self { place, revision: None })
    }

    /// What the URL behind `@` in a requirement ties its name to.
    pub(super) fn of_url(url: &str, folder: &Path) -> Self {
        if let Some(git) = url.strip_prefix("git+") {
            let (git, fragment) = git.split_once('#').unwrap_or((git, ""));
            // Not the `@` behind a user.
            let path = git.find("://").map_or(0, |at| at + 3);
            let path = git[path..].find('/').map_or(path, |at| path + at);
            let revision = git[path..].find('@').map(|at| path + at);
            let (git, revision) = revision.map_or((git, None), |at| (&git[..at], Some(git[at + 1..].to_owned())));
            return Self { place: git_place(&format!("{git}#{fragment}")), revision };
        }
        let file = SafeUrl::parse(url).ok().and_then(|url| url.to_file_path());
        let place = match file {
            Some(path) => path_place(&normalized(&path), folder),
            None => format!("url {}", plain_place(url)),
        };
        Self { place, revision: None }
    }

    /// Whether a locked package comes from there.
    pub(super) fn takes(&self, lock: &Lock, package: &LockedPackage) -> bool {
        if place_of(lock, package).is_none_or(|place| place != self.place) {
            // PDM does not say which index a package is of.
            return lock.kind == LockKind::Pdm
                && self.place.starts_with("index ")
                && matches!(package.source, LockedSource::Index(_));
        }
        let LockedSource::Git { commit, .. } = &package.source else { return true };
        match (&self.revision, &package.revision) {
            (Some(now), Some(then)) if now == then => true,
            (Some(now), _) if is_commit(now) => commit.starts_with(&now.to_ascii_lowercase()),
            // Pipenv keeps the commit alone, so that nobody can tell what it was asked for.
            (_, None) => self.revision.is_none() && lock.kind != LockKind::Pipfile,
            // Poetry writes a name where none was given.
            (None, Some(then)) => ["HEAD", "main", "master"].contains(&then.as_str()),
            (Some(_), Some(_)) => false,
        }
    }
}

impl std::fmt::Display for ProjectTie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place)?;
        self.revision.as_ref().map_or(Ok(()), |revision| write!(f, "@{revision}"))
    }
}

fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Where a locked package comes from; `None`: an index that the lock does not name.
pub(super) fn place_of(lock: &Lock, package: &LockedPackage) -> Option<String> {
    let below = |it: &Option<String>| it.as_ref().map(|it| format!("#subdirectory={it}")).unwrap_or_default();
    Some(match &package.source {
        LockedSource::Index(Some(at)) => format!("index {}", place_of_index(&lock.indexes[*at].url)),
        LockedSource::Index(None) if lock.kind == LockKind::Poetry => format!("index {}", public_index()),
        LockedSource::Index(None) => return None,
        LockedSource::Git { url, subdirectory, .. } => git_place(&format!("{}{}", url.reveal(), below(subdirectory))),
        LockedSource::Folder { path, .. } => path_place(path, &lock.folder),
        LockedSource::Archive { subdirectory } => match package.files().next()?.place() {
            FilePlace::Url(url) => {
                format!("url {}", plain_place(&format!("{}{}", lock.text.get(url), below(subdirectory))))
            }
            FilePlace::Path(path) => path_place(&normalized(&lock.folder.join(lock.text.get(path))), &lock.folder),
            FilePlace::Index => return None,
        },
    })
}

/// A path, from the folder of the lock on.
pub(super) fn path_place(path: &Path, folder: &Path) -> String {
    let below: PathBuf = path.strip_prefix(folder).unwrap_or(path).components().collect();
    if below.as_os_str().is_empty() { "path .".to_owned() } else { format!("path {}", below.display()) }
}

/// A repository, however its URL is written.
fn git_place(text: &str) -> String {
    let url = match text.split_once(':') {
        Some((host, path)) if !text.contains("://") && host.contains('@') => format!("ssh://{host}/{path}"),
        // What Poetry writes for a repository of this machine.
        _ => text.replace("file://None/", "file:///"),
    };
    format!("git {}", plain_place(&url))
}

/// Where an index is, in one form: without credentials and the slash at the end.
pub(super) fn index_place(text: &str, folder: &Path) -> String {
    let url = if text.contains("://") {
        SafeUrl::parse(text)
    } else {
        SafeUrl::from_path(&normalized(&folder.join(text)), true)
    };
    url.map_or_else(|_| text.trim_end_matches('/').to_owned(), |url| place_of_index(&url))
}

/// The same of a URL.
pub(super) fn place_of_index(url: &SafeUrl) -> String {
    match url.to_file_path() {
        Some(path) => normalized(&path).display().to_string(),
        None => url.without_credentials().reveal().as_str().trim_end_matches('/').to_owned(),
    }
}

/// A place without what is written in several ways: scheme, credentials, query and commit. The revision stands behind
/// `@`, the folder of the project in it behind `#`.
pub(super) fn plain_place(place: &str) -> String {
    let (place, fragment) = place.split_once('#').unwrap_or((place, ""));
    let (base, query) = place.split_once('?').unwrap_or((place, ""));
    let pairs = || query.split('&').chain(fragment.split('&')).filter_map(|pair| pair.split_once('='));
    let revision = pairs().find(|(key, _)| ["rev", "tag", "branch"].contains(key));
    let revision = revision.map(|(_, value)| format!("@{}", value.replace("%2F", "/"))).unwrap_or_default();
    let below = pairs().find(|(key, _)| *key == "subdirectory");
    let below = below.map(|(_, value)| format!("#{}", value.replace("%2F", "/").trim_matches('/'))).unwrap_or_default();
    let base = base.trim_start_matches("git+");
    let base = match SafeUrl::parse(base) {
        Ok(url) if base.starts_with("http") => url.without_credentials().reveal().to_string(),
        _ => base.to_owned(),
    };
    let base = base.trim_end_matches('/').trim_end_matches(".git");
    format!("{base}{revision}{below}")
}
