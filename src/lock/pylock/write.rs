//! Writing a lock. Files in folders are named relative to the lock where they can be.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::requirements::DirectReference;
use crate::resolution::{Resolution, ResolvedDist};
use crate::spec::{DistFile, HashDigest};
use crate::target::Target;

/// The only version of the format.
const LOCK_VERSION: &str = "1.0";

/// Writes a resolution; `folder` is where the lock will lie, `None` when that is not known.
pub fn write(resolution: &Resolution, folder: Option<&Path>) -> String {
    let target = &resolution.target;
    let (major, minor) = target.runtime().python_version();
    let mut text = format!("lock-version = {}\n", quoted(LOCK_VERSION));
    push(&mut text, format_args!("environments = [{}]\n", quoted(&environment(target))));
    push(&mut text, format_args!("requires-python = {}\n", quoted(&format!("=={major}.{minor}.*"))));
    text.push_str("created-by = \"barrow\"\n");
    for dist in &resolution.dists {
        write_package(&mut text, dist, folder);
    }
    text.push_str("\n[tool.barrow]\n");
    push(&mut text, format_args!("runtime = {}\n", quoted(target.runtime().name())));
    push(&mut text, format_args!("arch = {}\n", quoted(target.architecture().as_str())));
    push(&mut text, format_args!("glibc = {}\n", quoted(&target.glibc().to_string())));
    text
}

/// The marker that holds on the target and on no other Lambda target.
fn environment(target: &Target) -> String {
    let (major, minor) = target.runtime().python_version();
    format!(
        "python_version == '{major}.{minor}' and sys_platform == 'linux' and platform_machine == '{}' and \
         implementation_name == 'cpython'",
        target.architecture().machine()
    )
}

fn write_package(text: &mut String, dist: &ResolvedDist, folder: Option<&Path>) {
    push(text, format_args!("\n[[packages]]\nname = {}\n", quoted(dist.name.as_ref())));
    // The version of a folder is what the folder says at the time.
    if !matches!(dist.built_from, Some(DirectReference::Folder { .. })) {
        push(text, format_args!("version = {}\n", quoted(&dist.version.to_string())));
    }
    if let Some(requires_python) = &dist.file.requires_python {
        push(text, format_args!("requires-python = {}\n", quoted(&requires_python.to_string())));
    }
    if !dist.dependencies.is_empty() {
        let names: Vec<String> =
            dist.dependencies.iter().map(|name| format!("{{ name = {} }}", quoted(name.as_ref()))).collect();
        push(text, format_args!("dependencies = [{}]\n", names.join(", ")));
    }
    match &dist.built_from {
        Some(DirectReference::Git { url, revision, subdirectory, .. }) => {
            let mut keys = vec!["type = \"git\"".to_owned()];
            keys.push(format!("url = {}", quoted(url.without_credentials().reveal().as_str())));
            keys.extend(revision.iter().map(|commit| format!("commit-id = {}", quoted(commit))));
            keys.extend(subdirectory_key(subdirectory.as_deref()));
            push(text, format_args!("vcs = {{ {} }}\n", keys.join(", ")));
            return;
        }
        Some(DirectReference::Folder { path, subdirectory, .. }) => {
            let path = relative(path, folder).display().to_string();
            let mut keys = vec![format!("path = {}", quoted(if path.is_empty() { "." } else { &path }))];
            keys.extend(subdirectory_key(subdirectory.as_deref()));
            push(text, format_args!("directory = {{ {} }}\n", keys.join(", ")));
            return;
        }
        _ => {}
    }
    let digests = if dist.file.hashes.is_empty() { &dist.accepted_hashes } else { &dist.file.hashes };
    if dist.is_direct {
        let subdirectory = match &dist.built_from {
            Some(DirectReference::Sdist { subdirectory, .. }) => subdirectory_key(subdirectory.as_deref()),
            _ => None,
        };
        let keys: Vec<String> = [file(&dist.file, digests, folder, false)].into_iter().chain(subdirectory).collect();
        push(text, format_args!("archive = {{ {} }}\n", keys.join(", ")));
        return;
    }
    // An index in a folder has no URL that means anything elsewhere; a file that no index listed names none.
    let index = dist.file.origin.url.without_credentials();
    if index.to_file_path().is_none() && index != dist.file.url.without_credentials() {
        push(text, format_args!("index = {}\n", quoted(index.reveal().as_str())));
    }
    let entry = file(&dist.file, digests, folder, true);
    if dist.file.filename.as_wheel().is_some() {
        push(text, format_args!("wheels = [\n    {{ {entry} }},\n]\n"));
    } else {
        push(text, format_args!("sdist = {{ {entry} }}\n"));
    }
}

fn subdirectory_key(subdirectory: Option<&str>) -> Option<String> {
    subdirectory.map(|below| format!("subdirectory = {}", quoted(below)))
}

/// The keys of a file's table.
fn file(file: &DistFile, digests: &[HashDigest], folder: Option<&Path>, has_name: bool) -> String {
    let mut keys = Vec::new();
    if has_name {
        keys.push(format!("name = {}", quoted(file.filename.as_str())));
    }
    if let (true, Some(time)) =
        (has_name, file.upload_time.and_then(|time| jiff::Timestamp::from_microsecond(time).ok()))
    {
        keys.push(format!("upload-time = {time}"));
    }
    keys.push(match file.url.to_file_path() {
        Some(path) => format!("path = {}", quoted(&relative(&path, folder).display().to_string().replace('\\', "/"))),
        None => format!("url = {}", quoted(file.url.without_credentials().without_fragment().reveal().as_str())),
    });
    keys.extend(file.size.map(|size| format!("size = {size}")));
    let digests: Vec<String> =
        digests.iter().map(|digest| format!("{} = {}", digest.algorithm().as_str(), quoted(&digest.hex()))).collect();
    let mut unique: Vec<String> = Vec::new();
    for digest in digests {
        let algorithm = digest.split(' ').next().unwrap_or_default().to_owned();
        if unique.iter().all(|other| !other.starts_with(&algorithm)) {
            unique.push(digest);
        }
    }
    keys.push(format!("hashes = {{ {} }}", unique.join(", ")));
    keys.join(", ")
}

/// `path` as seen from `folder`.
fn relative(path: &Path, folder: Option<&Path>) -> PathBuf {
    let Some(folder) = folder else { return path.to_owned() };
    if !folder.is_absolute() {
        return path.to_owned();
    }
    let shared = path.components().zip(folder.components()).take_while(|(left, right)| left == right).count();
    if shared <= 1 {
        return path.to_owned();
    }
    let up = folder.components().skip(shared).map(|_| "..");
    up.map(PathBuf::from).chain([path.components().skip(shared).collect()]).collect()
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a string succeeds");
}
