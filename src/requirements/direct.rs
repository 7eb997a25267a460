//! URLs and paths that stand in the place of versions: what they lead to, and what their fragment says
//! (pip documentation, "VCS Support", "Local project installs"; PyPA specification "Direct URL").

use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

pub(super) use super::archive_name::is_archive;
use super::{DirectReference, setup_files};
use crate::archive::normalized;
use crate::spec::{HashAlgorithm, HashDigest, PackageName, SafeUrl, WeakDigest, WheelFilename, sdist_stem};

/// Where relative paths start.
#[derive(Clone, Debug, Default)]
pub(super) struct Folders {
    /// Folder of the file that is being read; none for a remote file or the command line.
    pub(super) of_file: Option<PathBuf>,
    /// Folder in which barrow was started.
    pub(super) working: PathBuf,
    /// Whether the file was found in a folder that the user named: then what it says is seen from there.
    pub(super) is_found: bool,
}

impl Folders {
    /// The absolute path of one that stands in a requirement: from the folder of the file, as in uv; when nothing is
    /// there, from the working folder, as in pip.
    pub(super) fn resolve(&self, path: &str) -> Result<LocatedPath, String> {
        let from_working = normalized(&self.working.join(path));
        let Some(folder) = &self.of_file else { return Ok(LocatedPath { path: from_working, note: None }) };
        let from_file = normalized(&folder.join(path));
        let (mut file_counts, mut working_counts) = (from_file.exists(), from_working.exists());
        if file_counts && working_counts && is_usable(&from_file) != is_usable(&from_working) {
            // A folder without a project in it is not meant, as by `-e .` in a file that lies in `requirements/`.
            (file_counts, working_counts) = (is_usable(&from_file), is_usable(&from_working));
        }
        match (file_counts, working_counts) {
            (true, true) if self.is_found && !is_same_place(&from_file, &from_working) => {
                let note = format!("`{path}` is taken from the folder of this file, not from the working folder");
                Ok(LocatedPath { path: from_file, note: Some(note) })
            }
            (true, true) if !is_same_place(&from_file, &from_working) => Err(format!(
                "`{path}` may mean `{}`, from the folder of this file, or `{}`, from the working folder; \
                 run in the folder of the file, or write the whole path",
                from_file.display(),
                from_working.display()
            )),
            (false, true) => {
                let note =
                    format!("`{path}` is not beside this file; it is taken from the working folder, as pip does");
                Ok(LocatedPath { path: from_working, note: Some(note) })
            }
            _ => Ok(LocatedPath { path: from_file, note: None }),
        }
    }
}

/// Where a path leads to.
pub(super) struct LocatedPath {
    /// Absolute.
    pub(super) path: PathBuf,
    /// What the user should know of the way there.
    pub(super) note: Option<String>,
}

/// Whether something could be installed from a path.
fn is_usable(path: &Path) -> bool {
    path.is_file() || path.join("pyproject.toml").is_file() || path.join("setup.py").is_file()
}

/// Whether two paths that exist lead to one file or folder.
fn is_same_place(one: &Path, two: &Path) -> bool {
    one == two || matches!((fs_err::canonicalize(one), fs_err::canonicalize(two)), (Ok(one), Ok(two)) if one == two)
}

/// What was found behind a URL or path.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reference {
    /// The URL as it stands in the requirement, absolute.
    pub(super) url: SafeUrl,
    /// What it leads to.
    pub(super) direct: DirectReference,
    /// The project, as far as the URL or the project's own files say.
    pub(super) name: Option<PackageName>,
    /// Digests in the fragment.
    pub(super) hashes: Vec<HashDigest>,
    /// What could not be used.
    pub(super) warnings: Vec<String>,
}

/// Whether a text is a URL for pip: it has a scheme that pip knows.
pub(super) fn is_url(text: &str) -> bool {
    scheme(text).is_some_and(|scheme| {
        matches!(scheme.as_str(), "http" | "https" | "file" | "ftp") || version_control(&scheme).is_some()
    })
}

/// The scheme of a URL, lower case.
pub(super) fn scheme(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once(':')?;
    let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    // One letter is a drive of Windows.
    (valid && scheme.len() > 1).then(|| scheme.to_ascii_lowercase())
}

/// The version control system of a scheme.
fn version_control(scheme: &str) -> Option<&str> {
    let (system, _) = scheme.split_once('+')?;
    matches!(system, "git" | "hg" | "svn" | "bzr").then_some(system)
}

/// Looks at a URL. Relative `file:` URLs start from `folders`.
pub(super) fn reference(text: &str, editable: bool, folders: &Folders) -> Result<Reference, String> {
    let scheme = scheme(text).unwrap_or_default();
    match scheme.as_str() {
        "http" | "https" => http_reference(text, editable),
        "file" => file_reference(text, editable, folders),
        "" => Err("this is not a URL".to_owned()),
        _ if scheme.starts_with("git+") => git_reference(text, &scheme, editable),
        _ if version_control(&scheme).is_some() => {
            Err(format!("`{scheme}` URLs are not supported; of the version control systems only Git is"))
        }
        _ => Err(format!("`{scheme}` URLs are not supported; use `https`, `file` or `git+https`")),
    }
}

/// Looks at a path to an archive or a folder.
pub(super) fn path_reference(path: &Path, editable: bool) -> Result<Reference, String> {
    let is_folder = path.is_dir();
    let url = SafeUrl::from_path(path, is_folder).map_err(|error| error.to_string())?;
    local_reference(url, path, is_folder, editable)
}

fn http_reference(text: &str, editable: bool) -> Result<Reference, String> {
    let url = SafeUrl::parse(text).map_err(|error| error.to_string())?;
    if editable {
        return Err("only a folder or a `git+` URL can be editable".to_owned());
    }
    let fragment = Fragment::read(&url)?;
    let plain = fragment.with_weak_digest(url.without_fragment());
    let (direct, name) = match plain.file_name() {
        Some(file) if is_wheel(&file) => {
            let wheel = WheelFilename::from_str(&file).map_err(|error| error.to_string())?;
            (DirectReference::Wheel { url: plain }, Some(wheel.name))
        }
        file => {
            let guessed = file.and_then(|file| sdist_name(&file));
            (DirectReference::Sdist { url: plain, subdirectory: fragment.subdirectory.clone() }, guessed)
        }
    };
    Ok(fragment.into_reference(url, direct, name))
}

fn file_reference(text: &str, editable: bool, folders: &Folders) -> Result<Reference, String> {
    let rest = &text["file:".len()..];
    let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(rest, fragment)| (rest, Some(fragment)));
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    let path = match rest.strip_prefix("//") {
        None => rest,
        Some(rest) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
                return Err(format!("a `file` URL with the host `{host}` is not a local file"));
            }
            path
        }
    };
    let decoded = percent_encoding::percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| "the path of this URL is not UTF-8".to_owned())?;
    if decoded.is_empty() {
        return Err("this `file` URL has no path".to_owned());
    }
    let LocatedPath { path, note } = folders.resolve(&decoded)?;
    let is_folder = path.is_dir() || decoded.ends_with('/') || (!path.exists() && !is_archive(&decoded));
    let mut url = SafeUrl::from_path(&path, is_folder).map_err(|error| error.to_string())?;
    if let Some(fragment) = fragment {
        url = url.join(&format!("#{fragment}")).map_err(|error| error.to_string())?;
    }
    let mut found = local_reference(url, &path, is_folder, editable)?;
    found.warnings.extend(note);
    Ok(found)
}

/// Looks at a path to an archive or a folder that starts from `folders`.
pub(super) fn relative_reference(path: &str, editable: bool, folders: &Folders) -> Result<Reference, String> {
    let LocatedPath { path, note } = folders.resolve(path)?;
    let mut found = path_reference(&path, editable)?;
    found.warnings.extend(note);
    Ok(found)
}

fn local_reference(url: SafeUrl, path: &Path, is_folder: bool, editable: bool) -> Result<Reference, String> {
    let fragment = Fragment::read(&url)?;
    let plain = fragment.with_weak_digest(url.without_fragment());
    let subdirectory = fragment.subdirectory.clone();
    if is_folder {
        let project = subdirectory.as_ref().map_or(path.to_owned(), |below| path.join(below));
        let name = folder_name(&project);
        let direct = DirectReference::Folder { path: path.to_owned(), editable, subdirectory };
        return Ok(fragment.into_reference(url, direct, name));
    }
    if editable {
        return Err("only a folder or a `git+` URL can be editable".to_owned());
    }
    let file = plain.file_name().unwrap_or_default();
    let (direct, name) = if is_wheel(&file) {
        let wheel = WheelFilename::from_str(&file).map_err(|error| error.to_string())?;
        (DirectReference::Wheel { url: plain }, Some(wheel.name))
    } else {
        (DirectReference::Sdist { url: plain, subdirectory }, sdist_name(&file))
    };
    Ok(fragment.into_reference(url, direct, name))
}

/// Whether this is the short form of SSH, `git+user@host:path`, which is no URL.
pub(super) fn is_short_git(text: &str) -> bool {
    text.strip_prefix("git+").is_some_and(is_ssh_address)
}

/// Whether this is `user@host:path`, as SSH and git take it.
pub(super) fn is_ssh_address(text: &str) -> bool {
    let place = text.split_once(':');
    place.is_some_and(|(place, path)| place.contains('@') && !place.contains('/') && !path.starts_with("//"))
}

/// Whether a path is one of the machines that build for conda, which `pip freeze` writes down as it finds it.
pub(super) fn is_of_conda(path: &Path) -> bool {
    // `feedstock_root` is conda-forge's, `croot` and the others are those of Anaconda's own builders.
    const MARKS: [&str; 7] =
        ["/feedstock_root/", "/croot/", "/conda-bld/", "/home/conda/", "/tmp/build/80754af9/", "/ci_py3", "/ktietz/"];
    let text = path.to_string_lossy();
    MARKS.iter().any(|mark| text.contains(mark)) && !path.exists()
}

fn git_reference(text: &str, scheme: &str, editable: bool) -> Result<Reference, String> {
    if !matches!(scheme, "git+http" | "git+https" | "git+ssh" | "git+git" | "git+file") {
        return Err(format!("`{scheme}` is not a kind of Git URL; use `git+https`, `git+ssh` or `git+file`"));
    }
    let inner = &text["git+".len()..];
    let parsed = |text: &str| {
        SafeUrl::parse(text).map_err(|error| {
            let scp = scheme == "git+ssh" && text.rsplit_once(':').is_some_and(|(_, path)| path.contains('/'));
            let hint = if scp { "; write `/` instead of `:` after the host" } else { "" };
            format!("{error}{hint}")
        })
    };
    let whole = parsed(inner)?;
    let url = SafeUrl::parse(&format!("git+{}", whole.reveal())).map_err(|error| error.to_string())?;
    let fragment = Fragment::read(&url)?;
    let plain = whole.without_fragment();
    let (url_only, revision) = match plain.reveal().path().rsplit_once('@') {
        None => (plain.clone(), None),
        Some((_, "")) => return Err("there is no revision after the `@` of this URL".to_owned()),
        Some((path, revision)) => {
            let mut without = plain.reveal().clone();
            without.set_path(path);
            let revision = percent_encoding::percent_decode_str(revision).decode_utf8();
            let revision = revision.map_err(|_| "the revision of this URL is not UTF-8".to_owned())?.into_owned();
            if revision.starts_with('-') {
                return Err("a revision cannot start with `-`".to_owned());
            }
            (SafeUrl::parse(without.as_str()).map_err(|error| error.to_string())?, Some(revision))
        }
    };
    let direct =
        DirectReference::Git { url: url_only, revision, subdirectory: fragment.subdirectory.clone(), editable };
    Ok(fragment.into_reference(url, direct, None))
}

/// `#egg=`, `#subdirectory=` and digests.
#[derive(Default)]
struct Fragment {
    egg: Option<PackageName>,
    subdirectory: Option<String>,
    hashes: Vec<HashDigest>,
    weak: Option<WeakDigest>,
    warnings: Vec<String>,
}

impl Fragment {
    /// The URL of the file, with the digest that can only speak against it where there is no better one.
    fn with_weak_digest(&self, url: SafeUrl) -> SafeUrl {
        let weak = self.weak.as_ref().filter(|_| self.hashes.is_empty());
        weak.and_then(|weak| url.join(&format!("#{}", weak.as_fragment())).ok()).unwrap_or(url)
    }

    fn read(url: &SafeUrl) -> Result<Self, String> {
        let mut fragment = Self::default();
        for part in url.fragment().unwrap_or_default().split('&') {
            let Some((key, value)) = part.split_once('=') else { continue };
            match key {
                "egg" => {
                    let name = PackageName::from_str(value).map_err(|_| {
                        format!(
                            "`{value}` after `egg=` is not a project name; write `name[extra] @ URL` for more than that"
                        )
                    })?;
                    fragment.egg.get_or_insert(name);
                }
                "subdirectory" => {
                    let value = percent_encoding::percent_decode_str(value).decode_utf8();
                    let value = value.map_err(|_| "the subdirectory of this URL is not UTF-8".to_owned())?;
                    if Path::new(&*value)
                        .components()
                        .any(|part| !matches!(part, Component::Normal(_) | Component::CurDir))
                    {
                        return Err(format!("the subdirectory `{value}` leads out of the project"));
                    }
                    fragment.subdirectory.get_or_insert(value.into_owned());
                }
                "md5" | "sha1" | "sha224" => {
                    fragment.weak = fragment.weak.or_else(|| WeakDigest::of_pair(key, value));
                    fragment.warnings.push(format!("the {key} digest of this URL proves nothing: give a sha256"));
                }
                _ => {
                    let digest = HashAlgorithm::of(key).map(|algorithm| HashDigest::from_hex(algorithm, value));
                    fragment.hashes.extend(digest.transpose().map_err(|error| error.to_string())?);
                }
            }
        }
        Ok(fragment)
    }

    fn into_reference(self, url: SafeUrl, direct: DirectReference, name: Option<PackageName>) -> Reference {
        let name = match direct {
            DirectReference::Wheel { .. } => name,
            _ => self.egg.or(name),
        };
        Reference { url, direct, name, hashes: self.hashes, warnings: self.warnings }
    }
}

/// Whether this is the name of a wheel; its ending is lower case, for pip too.
pub(super) fn is_wheel(name: &str) -> bool {
    name.strip_suffix(".whl").is_some()
}

/// The project in the name of a source archive, `name-1.0.tar.gz`.
fn sdist_name(file: &str) -> Option<PackageName> {
    let (stem, _) = sdist_stem(file)?;
    let (name, version) = stem.rsplit_once('-')?;
    crate::spec::Version::from_str(version).ok()?;
    PackageName::from_str(name).ok()
}

/// The name that a project's own files give, without running any of them.
fn folder_name(folder: &Path) -> Option<PackageName> {
    static_name(|file| fs_err::read_to_string(folder.join(file)).ok())
}

/// Files that may say the name of a project, for [`static_name`].
pub(crate) const NAMING_FILES: [&str; 4] = ["PKG-INFO", "pyproject.toml", "setup.cfg", "setup.py"];

/// The name that a project's own files give, without running any of them; `read` gives the text of a file at its top.
pub(crate) fn static_name(read: impl Fn(&str) -> Option<String>) -> Option<PackageName> {
    let pyproject = read("pyproject.toml").unwrap_or_default();
    let table: toml::Table = pyproject.parse().unwrap_or_default();
    let tool = |name: &str| table.get("tool")?.get(name)?.as_table();
    let in_table = table
        .get("project")
        .and_then(|project| project.get("name"))
        .or_else(|| tool("poetry")?.get("name"))
        .or_else(|| tool("flit")?.get("metadata")?.get("dist-name"))
        .or_else(|| tool("flit")?.get("metadata")?.get("module"));
    match in_table.and_then(toml::Value::as_str) {
        Some(name) => PackageName::from_str(name).ok(),
        None => setup_files::project_name(read),
    }
}
