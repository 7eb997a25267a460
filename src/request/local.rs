//! Content of this machine that a request leads to: folders, wheels, archives and repositories, and what they lead to
//! in turn.
//!
//! What a project says without being built is followed: the requirements of `[project]` and of its extras, what its
//! backend needs, and the paths in the tables of tools. Whether a marker holds or an extra is asked for makes no
//! difference: a key may differ once too often, and never once too seldom. What only a build can tell is covered by the
//! content of the project, as far as it does not name yet another one.

use std::collections::{BTreeSet, VecDeque};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fs_err as fs;

use super::RequestError;
use super::keyed::Encoder;
use super::linked::{is_page, linked};
use super::repository;
use crate::archive::{Limits, normalized, read_source};
use crate::build::{BuildSystem, GivenVariables, folder_digest_and_variables, static_metadata};
use crate::fetch::digest_of_file;
use crate::requirements::DirectReference;
use crate::spec::{HashAlgorithm, HashDigest, Requirement, SafeUrl, VersionOrUrl, lenient};

/// Most entries of a folder that is asked like an index whose times are looked at: looking at more takes longer than it
/// saves.
const ENTRIES_MOST: usize = 5000;

/// How deep folders may lie below a folder that is asked like an index: a mirror has them four deep.
const DEEPEST: usize = 8;

/// Largest metadata of an archive that is read, bytes: descriptions with pictures in them reach a few megabytes.
const METADATA_MOST: u64 = 16 << 20;

/// How content that is offered and may never be used is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// By its bytes.
    AtContents,
    /// By names, sizes and times, which is quick, and true on one machine only.
    AtStamps,
    /// Not at all, because whoever asks knows the digest of each file that was chosen of it.
    Away,
}

/// Something on this machine, and its content.
#[derive(Clone, Debug)]
pub(super) struct LocalContent {
    /// Path relative to the base, for messages.
    pub(super) name: String,
    /// Where it lies; empty: elsewhere.
    pub(super) place: PathBuf,
    /// Whether it is the folder of a project.
    pub(super) is_project: bool,
    pub(super) digest: HashDigest,
    /// Variables that are set, and that what is built of it may read.
    pub(super) variables: BTreeSet<String>,
}

/// What lies behind a reference.
#[derive(Clone, Debug)]
struct Content {
    digest: HashDigest,
    /// References in it.
    further: Vec<DirectReference>,
    /// Variables that are set, and that its files name.
    variables: BTreeSet<String>,
}

impl Content {
    fn new(digest: HashDigest, further: Vec<DirectReference>) -> Self {
        Self { digest, further, variables: BTreeSet::new() }
    }
}

/// What was looked at for a request, so that a file or folder is hashed once, however often the request is asked for a
/// key.
#[derive(Debug, Default)]
pub(crate) struct LookedAt(Mutex<Vec<(DirectReference, Option<Content>)>>);

impl LookedAt {
    fn look_at(&self, reference: &DirectReference, given: &GivenVariables) -> Result<Option<Content>, RequestError> {
        // Held while it is looked at: whoever asks meanwhile gets the same answer. References are few.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, content)) = known.iter().find(|(other, _)| other == reference) {
            return Ok(content.clone());
        }
        let content = look_at(reference, given)?;
        known.push((reference.clone(), content.clone()));
        Ok(content)
    }
}

/// Everything on this machine that these references lead to, each once, in the order of finding. What is not there is
/// reported when it is needed. `given` are the variables that a build would get.
pub(super) fn reach(
    first: Vec<DirectReference>,
    base: &Path,
    (looked_at, given): (&LookedAt, &GivenVariables),
) -> Result<Vec<LocalContent>, RequestError> {
    let mut reached = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: VecDeque<DirectReference> = first.into();
    while let Some(reference) = open.pop_front() {
        let (name, place) = describe(&reference, base);
        if !seen.insert((name.clone(), place.clone())) {
            continue;
        }
        let mut encoder = Encoder::new();
        encoder.field("reference", &name);
        let mut variables = BTreeSet::new();
        if let Some(content) = looked_at.look_at(&reference, given)? {
            encoder.field("content", &content.digest);
            open.extend(content.further);
            variables = content.variables;
        }
        let is_project = matches!(reference, DirectReference::Folder { .. });
        reached.push(LocalContent { name, place, is_project, digest: encoder.finish(), variables });
    }
    Ok(reached)
}

/// What a reference is called, the same on every machine, and where it leads to on this one.
fn describe(reference: &DirectReference, base: &Path) -> (String, PathBuf) {
    let (name, path, rest) = match reference {
        DirectReference::Wheel { url } => (place(url, base), url.to_file_path(), None),
        DirectReference::Sdist { url, subdirectory } => (place(url, base), url.to_file_path(), subdirectory.as_ref()),
        // Whether it is editable changes nothing: it is built all the same.
        DirectReference::Folder { path, editable: _, subdirectory } => {
            (relative(path, base), Some(path.clone()), subdirectory.as_ref())
        }
        DirectReference::Git { url, revision, subdirectory, editable: _ } => {
            let revision = revision.as_deref().map(|revision| format!("@{revision}")).unwrap_or_default();
            (format!("{}{revision}", place(url, base)), url.to_file_path(), subdirectory.as_ref())
        }
    };
    let name = rest.map_or_else(|| name.clone(), |below| format!("{name}#subdirectory={below}"));
    (name, path.unwrap_or_default())
}

fn look_at(reference: &DirectReference, given: &GivenVariables) -> Result<Option<Content>, RequestError> {
    Ok(match reference {
        DirectReference::Wheel { url } => match url.to_file_path().filter(|path| path.is_file()) {
            Some(path) => Some(Content::new(content(&path)?, Vec::new())),
            None => None,
        },
        DirectReference::Sdist { url, subdirectory } => match url.to_file_path().filter(|path| path.is_file()) {
            Some(path) => Some(Content::new(content(&path)?, named_by_archive(&path, subdirectory.as_deref()))),
            None => None,
        },
        DirectReference::Folder { path, editable: _, subdirectory } if path.is_dir() => {
            let project = subdirectory.as_ref().map_or_else(|| path.clone(), |below| path.join(below));
            let (digest, variables) = folder_digest_and_variables(path, given, &path.display().to_string())?;
            Some(Content { digest, further: named_by_project(&project), variables })
        }
        DirectReference::Folder { .. } => None,
        DirectReference::Git { url, revision, .. } => {
            let commit = url.to_file_path().and_then(|path| repository::commit(&path, revision.as_deref()));
            commit.map(|commit| Content::new(commit, Vec::new()))
        }
    })
}

/// What a project in a folder names in the place of versions.
fn named_by_project(folder: &Path) -> Vec<DirectReference> {
    let Ok(text) = fs::read_to_string(folder.join("pyproject.toml")) else { return Vec::new() };
    let label = folder.display().to_string();
    let mut named = named_by_metadata(None, Some(text.as_bytes()), &label);
    let Ok(table) = text.parse::<toml::Table>() else { return named };
    if let Ok(system) = BuildSystem::read(folder, &label) {
        named.extend(system.requires.iter().filter_map(|text| lenient::requirement(text).ok()).filter_map(url_of));
    }
    let mut paths = Vec::new();
    table.get("tool").into_iter().for_each(|tools| collect_paths(tools, &mut paths));
    named.extend(paths.into_iter().filter_map(|path| {
        let path = normalized(&folder.join(path));
        if path.is_dir() {
            return Some(DirectReference::Folder { path, editable: false, subdirectory: None });
        }
        // It is not built of this, but its content counts alike.
        SafeUrl::from_path(&path, false).ok().map(|url| DirectReference::Wheel { url })
    }));
    named
}

/// What a source archive leads to on this machine, by the metadata below the folder at its top. An archive that cannot
/// be read leads nowhere here, and is reported when it is needed.
fn named_by_archive(path: &Path, subdirectory: Option<&str>) -> Vec<DirectReference> {
    let below = subdirectory.map(|below| format!("{}/", below.trim_matches('/'))).unwrap_or_default();
    let names = [format!("{below}PKG-INFO"), format!("{below}pyproject.toml")];
    let wanted = [names[0].as_str(), names[1].as_str()];
    let Ok(kept) = read_source(path, &wanted, METADATA_MOST, &Limits::default()) else { return Vec::new() };
    let [info, pyproject] = wanted.map(|name| kept.get(name).map(Vec::as_slice));
    named_by_metadata(info, pyproject, &path.display().to_string())
}

fn named_by_metadata(info: Option<&[u8]>, pyproject: Option<&[u8]>, label: &str) -> Vec<DirectReference> {
    let Ok(Some(metadata)) = static_metadata(info, pyproject, label) else { return Vec::new() };
    metadata.requires_dist.into_iter().filter_map(url_of).collect()
}

fn url_of(requirement: Requirement) -> Option<DirectReference> {
    match requirement.version_or_url? {
        VersionOrUrl::Url(url) => Some(DirectReference::of_url(&url)),
        VersionOrUrl::VersionSpecifier(_) => None,
    }
}

/// Every `path = "…"` in tables of tools: the sources of uv, the dependencies of Poetry and PDM.
fn collect_paths(value: &toml::Value, found: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                match value.as_str() {
                    Some(path) if key == "path" => found.push(path.to_owned()),
                    _ => collect_paths(value, found),
                }
            }
        }
        toml::Value::Array(values) => values.iter().for_each(|value| collect_paths(value, found)),
        _ => {}
    }
}

/// What an index of this machine offers: the files of one that are in a folder, or a page; `None`: too much to look at,
/// or it cannot be.
pub(super) fn offered(path: &Path, look: Look) -> Result<Option<HashDigest>, RequestError> {
    // What is not there is reported when it is asked.
    if !path.exists() {
        return Ok(Some(Encoder::digest("absent")));
    }
    if look == Look::AtStamps {
        // What pages link to elsewhere is not remembered at all (`Footing`).
        return Ok(if path.is_dir() { stamps(path) } else { Some(content(path)?) });
    }
    // A page's files may lie beside it.
    let top = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let mut contents = Contents { lines: Vec::new(), seen: BTreeSet::new() };
    let mut pages = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<(PathBuf, usize)> = vec![(top.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        // Links may lead back to where they are.
        if depth > DEEPEST || !seen.insert(fs::canonicalize(&folder).unwrap_or_else(|_| folder.clone())) {
            continue;
        }
        let failed = |source| RequestError::ReadInput { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            if file.is_dir() {
                open.push((file, depth + 1));
            } else if (is_offered(&file) || file == path) && file.is_file() {
                let below = file.strip_prefix(top).unwrap_or(&file).to_string_lossy().into_owned();
                if is_page(&file, path) {
                    pages.push((below.clone(), file.clone()));
                }
                contents.add(below, file)?;
            }
        }
    }
    // By name: a file that two pages link to counts with the first.
    pages.sort_unstable();
    for (below, page) in pages {
        for file in linked(&page).into_iter().filter(|file| file.is_file()) {
            // Where it lies is what the page says.
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            contents.add(format!("{below} -> {name}"), file)?;
        }
    }
    contents.lines.sort_unstable();
    Ok(Some(Encoder::digest(&contents.lines)))
}

/// Files with the digests of their contents, each once.
struct Contents {
    lines: Vec<(String, HashDigest)>,
    seen: BTreeSet<PathBuf>,
}

impl Contents {
    fn add(&mut self, name: String, file: PathBuf) -> Result<(), RequestError> {
        if !self.seen.contains(&file) {
            self.lines.push((name, content(&file)?));
            self.seen.insert(file);
        }
        Ok(())
    }
}

/// Whether an index has anything to do with files of this name: pages, metadata and distribution files. A folder that
/// is asked like an index may hold much else.
fn is_offered(path: &Path) -> bool {
    const KINDS: &[&str] = &["whl", "gz", "tgz", "zip", "bz2", "xz", "html", "htm", "json", "metadata"];
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| KINDS.contains(&extension))
}

/// What tells all that is in a folder from what it was, as a digest; `None` when it is too much to look at.
fn stamps(folder: &Path) -> Option<HashDigest> {
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        // Links may lead back to where they are.
        let itself = fs::metadata(&folder).ok()?;
        if !seen.insert((itself.dev(), itself.ino())) {
            continue;
        }
        for entry in fs::read_dir(&folder).ok()? {
            let path = entry.ok()?.path();
            let (stamp, is_folder) = stamp(&path)?;
            lines.push(stamp);
            if is_folder {
                open.push(path);
            }
        }
        if lines.len() > ENTRIES_MOST {
            return None;
        }
    }
    lines.sort_unstable();
    Some(Encoder::digest(&lines))
}

/// A path, and what tells the file there from what it was.
type Stamp = (String, ((u64, u64), [(i64, i64); 2]));

/// What tells a file that was changed or replaced from what it was, and whether it is a folder. One that was put in the
/// place of another has a number of its own, and the time of the last change of its inode is set by the system alone.
fn stamp(path: &Path) -> Option<(Stamp, bool)> {
    // A link that leads nowhere counts as what it is.
    let metadata = fs::metadata(path).or_else(|_| fs::symlink_metadata(path)).ok()?;
    let times = [(metadata.mtime(), metadata.mtime_nsec()), (metadata.ctime(), metadata.ctime_nsec())];
    let told = ((metadata.len(), metadata.ino()), times);
    Some(((path.to_string_lossy().into_owned(), told), metadata.is_dir()))
}

/// The digest of a file.
pub(super) fn content(path: &Path) -> Result<HashDigest, RequestError> {
    digest_of_file(path, HashAlgorithm::Sha256)
        .map_err(|source| RequestError::ReadInput { path: path.to_owned(), source })
}

/// A URL without credentials; a place of this machine as seen from the base.
pub(super) fn place(url: &SafeUrl, base: &Path) -> String {
    match url.to_file_path() {
        Some(path) => relative(&path, base),
        None => url.without_credentials().reveal().to_string(),
    }
}

/// `path` as seen from the base; only its name when it lies elsewhere.
pub(super) fn relative(path: &Path, base: &Path) -> String {
    let inside = path.strip_prefix(base).ok().or_else(|| path.file_name().map(Path::new));
    inside.unwrap_or(path).to_string_lossy().into_owned()
}
