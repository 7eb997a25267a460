//! A project folder of the user's: copied before it is built, so that nothing is left in it, and known by its content.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{BuildError, GivenVariables, git_state, links};
use crate::archive::composed_path;
use crate::cache::is_cache;
use crate::debris::{is_left_by_editor, is_left_by_system};
use crate::modes::where_modes_are_kept;
use crate::spec::{HashAlgorithm, HashDigest, Hasher};

/// Folders that tools keep their state in, at any depth: no build reads them.
const STATE: &[&str] =
    &["__pycache__", ".venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".aws-sam"];

/// Folders that belong to another tool where they stand beside the project's own files. Deeper, they may be what a package
/// ships.
const STATE_OF_THE_TOP: &[&str] = &["node_modules", "cdk.out"];

/// What a virtual environment has in its folder, whatever the folder is called (PEP 405).
const ENVIRONMENT: &str = "pyvenv.cfg";

/// Where git keeps what it knows of a project: a folder, or in worktrees a file that leads to one.
const GIT: &str = ".git";

/// What git leaves out, and hatchling of wheels.
const IGNORE_FILE: &str = ".gitignore";

/// Depth of folders, so that a link in a circle ends.
const DEEPEST: usize = 64;

/// Copies the project in `from` into `to`, an empty folder, but for what tools keep there. Links are copied as links
/// where they stay inside.
///
/// The answer is a digest over paths, modes and contents: the folder's identity as an input. What Git keeps is copied
/// too (versions are made of it), and does not count but for the commit that is checked out, tags, and the names of
/// tracked files. Links count as what they lead to where the copy would lack that.
pub(crate) fn copy_folder(from: &Path, to: &Path, label: &str) -> Result<HashDigest, BuildError> {
    Ok(Told::new(None, Links::AsTheyLead).of(from, Some(to), label)?.hasher.finish())
}

/// Copies the files of a repository that was fetched likewise, with each link as a link: what others have written brings
/// no file of this machine along. Those that lead out are left out; gives their paths.
pub(crate) fn copy_checkout(from: &Path, to: &Path, label: &str) -> Result<Vec<String>, BuildError> {
    Ok(Told::new(None, Links::AsLinks).of(from, Some(to), label)?.left_out)
}

/// The digest that [`copy_folder`] would give, without a copy.
pub(crate) fn folder_digest(folder: &Path, label: &str) -> Result<HashDigest, BuildError> {
    Ok(Told::new(None, Links::AsTheyLead).of(folder, None, label)?.hasher.finish())
}

/// The files that count for [`folder_digest`], but for what Git keeps.
pub(crate) fn folder_files(folder: &Path, label: &str) -> Result<Vec<PathBuf>, BuildError> {
    Ok(Told::new(None, Links::AsTheyLead).of(folder, None, label)?.files)
}

/// The digest, and which of the variables that are set the files name: what is built depends on both.
pub(crate) fn folder_digest_and_variables(
    folder: &Path,
    given: &GivenVariables,
    label: &str,
) -> Result<(HashDigest, BTreeSet<String>), BuildError> {
    let told = Told::new(Some(given), Links::AsTheyLead).of(folder, None, label)?;
    Ok((told.hasher.finish(), told.variables))
}

/// The ignore file that counts for a project which has none itself: the nearest one above, up to the top of its repository.
/// hatchling leaves out of wheels what it names; in the copy of the project it lies above too.
fn ignore_file_above(folder: &Path) -> Option<Vec<u8>> {
    let folder = fs::canonicalize(folder).ok()?;
    let has = |folder: &Path, name: &str| folder.join(name).exists();
    let nearest = folder.ancestors().find(|folder| has(folder, IGNORE_FILE) || has(folder, GIT))?;
    if nearest == folder { None } else { fs::read(nearest.join(IGNORE_FILE)).ok() }
}

/// Makes a copy of a source the end of what lies around it for tools that look further up, as hatchling does for the nearest
/// ignore file: above it is the cache, wherever that lies.
pub(crate) fn end_search_above(copy: &Path) -> Result<(), BuildError> {
    let Some(path) = copy.parent().map(|above| above.join(IGNORE_FILE)).filter(|path| !path.exists()) else {
        return Ok(());
    };
    fs::write(&path, "").map_err(|source| BuildError::File { action: "write", path, source })
}

/// What becomes of links that lead out of the folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    /// What they lead to stands in their place.
    AsTheyLead,
    AsLinks,
}

/// What is found out of a folder on the way through it.
struct Told<'a> {
    hasher: Hasher,
    /// Variables that are looked for in its files.
    given: Option<&'a GivenVariables>,
    variables: BTreeSet<String>,
    links: Links,
    /// Where its files lie, but for what Git keeps.
    files: Vec<PathBuf>,
    /// Links that lead out, where they are none of the user's.
    left_out: Vec<String>,
}

impl<'a> Told<'a> {
    fn new(given: Option<&'a GivenVariables>, links: Links) -> Self {
        let (hasher, variables) = (Hasher::new(HashAlgorithm::Sha256), BTreeSet::new());
        Self { hasher, given, variables, links, files: Vec::new(), left_out: Vec::new() }
    }

    /// The same, with all that is told of a folder, which is copied `to` another place where there is one.
    fn of(mut self, folder: &Path, to: Option<&Path>, label: &str) -> Result<Self, BuildError> {
        if let Some(content) = ignore_file_above(folder).filter(|_| self.links == Links::AsTheyLead) {
            self.note("above", IGNORE_FILE, &content);
            if let Some(place) = to.and_then(Path::parent) {
                let path = place.join(IGNORE_FILE);
                fs::write(&path, &content).map_err(|source| BuildError::File { action: "write", path, source })?;
            }
        }
        copy(folder, to, "", &mut self, 0).map_err(|error| error.into_build_error(label))?;
        Ok(self)
    }

    /// Takes what is at a path of the folder into the digest, if it counts.
    fn note(&mut self, kind: &str, path: &str, content: &[u8]) {
        if counts(path) {
            self.hasher.update(format!("{kind}\0{}\0{path}\0{}\0", path.len(), content.len()).as_bytes());
            self.hasher.update(content);
        }
    }
}

enum CopyError {
    File(std::io::Error),
    /// A file or folder has this name in two Unicode normalizations.
    Twice(String),
    TooDeep,
}

impl CopyError {
    fn into_build_error(self, label: &str) -> BuildError {
        match self {
            Self::File(source) => BuildError::File { action: "copy", path: label.into(), source },
            Self::Twice(path) => BuildError::Metadata {
                label: label.to_owned(),
                reason: format!("it has `{path}` twice, in two Unicode normalizations"),
            },
            Self::TooDeep => BuildError::Metadata {
                label: label.to_owned(),
                reason: format!("its folders are more than {DEEPEST} deep"),
            },
        }
    }
}

impl From<std::io::Error> for CopyError {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

/// What git notes of its own work changes without the project changing; what versions are made of does not.
fn counts(path: &str) -> bool {
    match path.strip_prefix(GIT) {
        // The state of the repository, which is told in the place of a file.
        Some("") => true,
        Some(inside) if inside.starts_with('/') => {
            matches!(inside, "/HEAD" | "/packed-refs")
                || inside.starts_with("/refs/")
                || inside.starts_with("/reftable/")
        }
        _ => true,
    }
}

/// The real path of the project's folder, of which `folder` is the one at `shown`.
fn top(folder: &Path, shown: &str) -> std::io::Result<PathBuf> {
    let top = folder.ancestors().nth(shown.matches('/').count());
    fs::canonicalize(top.unwrap_or(folder))
}

/// What is in a folder, in order, with names as they are typed.
fn listed(folder: &Path, shown: &str) -> Result<Vec<(PathBuf, fs::DirEntry)>, CopyError> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !is_left_by_system(&name) && !is_left_by_editor(&name) {
            // HFS+ gives names back taken apart, and a module is looked for as it is written in a program.
            entries.push((composed_path(Path::new(&entry.file_name())).into_owned(), entry));
        }
    }
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    match entries.array_windows().find(|[(one, _), (other, _)]| one == other) {
        Some([(name, _), _]) => Err(CopyError::Twice(format!("{shown}{}", name.display()))),
        None => Ok(entries),
    }
}

fn copy(from: &Path, to: Option<&Path>, shown: &str, told: &mut Told<'_>, depth: usize) -> Result<(), CopyError> {
    if depth > DEEPEST {
        return Err(CopyError::TooDeep);
    }
    if let Some(to) = to {
        fs::create_dir_all(to)?;
    }
    let entries = listed(from, shown)?;
    if entries.is_empty() && !shown.starts_with(GIT) {
        told.note("empty", shown, b"");
    }
    for (name, entry) in entries {
        let (path, target) = (entry.path(), to.map(|to| to.join(&name)));
        let name = name.to_string_lossy();
        let below = format!("{shown}{name}");
        let mut metadata = fs::symlink_metadata(&path)?;
        if metadata.is_symlink() && told.links == Links::AsTheyLead {
            // What the copy would lack is what backends find that build in the folder itself.
            metadata = links::out_of(&top(from, shown)?, &path).unwrap_or(metadata);
        }
        if below == GIT {
            let state = if metadata.is_dir() { git_state::tracked(&path) } else { git_state::of_file(&path) };
            told.note("state", &below, &state);
        }
        if metadata.is_symlink() {
            if told.links == Links::AsLinks && links::leads_out(&top(from, shown)?, &path) {
                told.left_out.push(below);
                continue;
            }
            let link = fs::read_link(&path)?;
            told.note("link", &below, link.to_string_lossy().as_bytes());
            if let Some(target) = target {
                fs::os::unix::fs::symlink(link, target)?;
            }
        } else if metadata.is_dir() {
            let is_state = STATE.contains(&&*name) || shown.is_empty() && STATE_OF_THE_TOP.contains(&&*name);
            if !is_state && !path.join(ENVIRONMENT).exists() && !is_cache(&path) {
                copy(&path, target.as_deref(), &format!("{below}/"), told, depth + 1)?;
            }
        } else if metadata.is_file() {
            let kind = if metadata.permissions().mode() & 0o111 == 0 { "file" } else { "program" };
            let content = fs::read(&path)?;
            if below != GIT {
                told.note(kind, &below, &content);
            }
            if let Some(given) = told.given {
                given.add_set(&name, &content, &mut told.variables);
            }
            if let Some(target) = target {
                fs::write(&target, &content)?;
                where_modes_are_kept(fs::set_permissions(&target, metadata.permissions()))?;
            }
            if !Path::new(&below).starts_with(GIT) {
                told.files.push(path);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "content").unwrap();
        }
        folder
    }

    #[test]
    fn names_that_hfs_took_apart_are_as_they_are_typed() {
        let (apart, typed) = (
            project(&["pkg/gro\u{308}\u{df}e/u\u{308}ber/a\u{308}.py", "pkg/z.py"]),
            project(&["pkg/gr\u{f6}\u{df}e/\u{fc}ber/\u{e4}.py", "pkg/z.py"]),
        );
        let copy = tempfile::tempdir().unwrap();
        let digest = copy_folder(apart.path(), copy.path(), "it").unwrap();
        assert!(copy.path().join("pkg/gr\u{f6}\u{df}e/\u{fc}ber/\u{e4}.py").exists());
        assert_eq!(digest, folder_digest(typed.path(), "it").unwrap());
        assert_eq!(digest, folder_digest(apart.path(), "it").unwrap());

        let both = project(&["pkg/u\u{308}/a.py", "pkg/\u{fc}/b.py"]);
        let error = folder_digest(both.path(), "it").unwrap_err().to_string();
        assert!(error.contains("`pkg/\u{fc}` twice"), "{error}");
    }

    #[test]
    fn the_ignore_file_of_the_repository_above_goes_along() {
        let above = project(&["packages/api/api.py", "packages/other/.gitignore"]);
        let api = above.path().join("packages/api");
        let copied = |project: &Path| {
            let place = tempfile::tempdir().unwrap();
            let digest = copy_folder(project, &place.path().join("source"), "it").unwrap();
            assert_eq!(digest, folder_digest(project, "it").unwrap());
            (digest, fs::read_to_string(place.path().join(IGNORE_FILE)).ok())
        };
        let mut seen = vec![copied(&api)];
        for (content, expected) in [("*.log\n", Some("*.log\n")), ("*.tmp\n", Some("*.tmp\n"))] {
            fs::write(above.path().join(IGNORE_FILE), content).unwrap();
            let now = copied(&api);
            assert_eq!(now.1.as_deref(), expected);
            assert!(!seen.iter().any(|(digest, _)| *digest == now.0));
            seen.push(now);
        }
        // Its own counts alone, and nothing above the repository does.
        assert_eq!(copied(&above.path().join("packages/other")).1, None);
        fs::create_dir(above.path().join("packages/.git")).unwrap();
        assert_eq!(copied(&api), seen[0]);
    }

    #[test]
    fn links_of_a_repository_bring_nothing_of_this_machine() {
        let (own, repository) = (project(&["secret.txt"]), project(&["pkg/a.txt", "b.txt"]));
        let link = |text: &Path, name: &str| {
            fs::os::unix::fs::symlink(text, repository.path().join("pkg").join(name)).unwrap();
        };
        link(&own.path().join("secret.txt"), "absolute");
        link(Path::new("../../etc"), "upwards");
        link(Path::new("../b.txt"), "inside");
        link(Path::new("gone.txt"), "gone");
        let copy = tempfile::tempdir().unwrap();
        let left_out = copy_checkout(repository.path(), &copy.path().join("source"), "it").unwrap();
        assert_eq!(left_out, ["pkg/absolute", "pkg/upwards"]);
        let names = fs::read_dir(copy.path().join("source/pkg")).unwrap();
        let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a.txt", "gone", "inside"]);
    }

    #[test]
    fn a_package_is_not_taken_for_the_state_of_a_tool_by_its_name() {
        let own = ["pkg/venv/__init__.py", "pkg/static/node_modules/jq/x.js", "pkg/cdk.out/a.txt"];
        let state = [
            "venv/pyvenv.cfg",
            "venv/lib/a.py",
            "pkg/env/pyvenv.cfg",
            ".venv/a.py",
            "node_modules/jq/x.js",
            "cdk.out/manifest.json",
            "pkg/__pycache__/a.pyc",
        ];
        let (all, plain) = (project(&[&own[..], &state].concat()), project(&own));
        let copy = tempfile::tempdir().unwrap();
        let digest = copy_folder(all.path(), copy.path(), "it").unwrap();
        assert_eq!(digest, folder_digest(plain.path(), "it").unwrap());
        assert!(own.iter().all(|path| copy.path().join(path).exists()));
        assert!(state.iter().all(|path| !copy.path().join(path).exists()));
    }

    #[test]
    fn what_lies_outside_is_copied_and_counts() {
        let place = project(&["project/pkg/a.py", "shared/d.json", "shared/more/e.json"]);
        let folder = place.path().join("project");
        std::os::unix::fs::symlink("../../shared", folder.join("pkg/data")).unwrap();
        std::os::unix::fs::symlink("a.py", folder.join("pkg/b.py")).unwrap();
        let copy = tempfile::tempdir().unwrap();
        let digest = copy_folder(&folder, copy.path(), "it").unwrap();
        assert_eq!(fs::read_to_string(copy.path().join("pkg/data/more/e.json")).unwrap(), "content");
        assert!(!copy.path().join("pkg/data").is_symlink() && copy.path().join("pkg/b.py").is_symlink());
        let checkout = tempfile::tempdir().unwrap();
        assert_eq!(copy_checkout(&folder, checkout.path(), "it").unwrap(), ["pkg/data"]);
        assert!(!checkout.path().join("pkg/data").is_symlink() && checkout.path().join("pkg/b.py").is_symlink());
        fs::write(place.path().join("shared/d.json"), "other").unwrap();
        let other = folder_digest(&folder, "it").unwrap();
        assert_ne!(digest, other);
        fs::create_dir(folder.join("empty")).unwrap();
        assert_ne!(folder_digest(&folder, "it").unwrap(), other);
    }

    #[test]
    fn what_the_finder_leaves_is_no_part_of_a_project() {
        let plain = project(&["pkg/a.py"]);
        let noted = project(&[
            "pkg/a.py",
            "pkg/._a.py",
            "pkg/.DS_Store",
            "pkg/Icon\r",
            "__MACOSX/pkg/._a.py",
            ".AppleDouble/a.py",
            ".fseventsd/0",
            ".Spotlight-V100/x",
            "pkg/.localized",
            "pkg/Thumbs.db",
            "pkg/Desktop.ini",
            "$RECYCLE.BIN/x",
            ".TemporaryItems/x",
            ".DocumentRevisions-V100/x",
            ".apdisk",
            ".VolumeIcon.icns",
        ]);
        let copy = tempfile::tempdir().unwrap();
        assert_eq!(copy_folder(noted.path(), copy.path(), "it").unwrap(), folder_digest(plain.path(), "it").unwrap());
        assert_eq!(fs::read_dir(copy.path()).unwrap().count(), 1);
        assert_eq!(fs::read_dir(copy.path().join("pkg")).unwrap().count(), 1);
    }
}
