//! Writing a lock. Files and folders of this machine are named relative to the lock, so that it means the same
//! elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::lock::MadeOf;
use crate::lock::files::relative;
use crate::requirements::DirectReference;
use crate::resolution::{Resolution, ResolvedDist};
use crate::spec::{DistFile, HashDigest, PackageName};
use crate::target::Target;

/// The only version of the format.
const LOCK_VERSION: &str = "1.0";

/// Writes one resolution for each of several targets; `folder` is where the lock will lie, absolute, and `made_of` what it
/// tells of its inputs.
///
/// A package that all targets get alike stands there once, without a marker; else its marker names the targets. The
/// wheels of one version stand together, whichever target takes which.
pub fn write(resolutions: &[Resolution], folder: &Path, made_of: Option<&MadeOf>) -> String {
    let targets: Vec<&Target> = resolutions.iter().map(|resolution| &resolution.target).collect();
    let mut text = format!("lock-version = {}\n", quoted(LOCK_VERSION));
    let environments: Vec<String> = targets.iter().map(|target| quoted(&environment(target))).collect();
    if let [only] = environments.as_slice() {
        push(&mut text, format_args!("environments = [{only}]\n"));
    } else {
        push(&mut text, format_args!("environments = [\n    {},\n]\n", environments.join(",\n    ")));
    }
    push(&mut text, format_args!("requires-python = {}\n", quoted(&requires_python(&targets))));
    text.push_str("created-by = \"barrow\"\n");
    let packages = merged(resolutions);
    for package in &packages {
        let is_ambiguous = |name: &PackageName| packages.iter().filter(|other| other.first().name == *name).count() > 1;
        package.write(&mut text, &targets, folder, &is_ambiguous);
    }
    for target in &targets {
        text.push_str(if targets.len() == 1 { "\n[tool.barrow]\n" } else { "\n[[tool.barrow.targets]]\n" });
        push(&mut text, format_args!("runtime = {}\n", quoted(target.runtime().name())));
        push(&mut text, format_args!("arch = {}\n", quoted(target.architecture().as_str())));
        push(&mut text, format_args!("glibc = {}\n", quoted(&target.glibc().to_string())));
    }
    if let Some(made_of) = made_of {
        let table = toml::to_string(made_of).expect("texts, flags and lists of texts are TOML");
        push(&mut text, format_args!("\n[tool.barrow.inputs]\n{table}"));
    }
    text
}

/// The Pythons of all targets.
fn requires_python(targets: &[&Target]) -> String {
    let mut versions: Vec<(u64, u64)> = targets.iter().map(|target| target.runtime().python_version()).collect();
    versions.sort_unstable();
    versions.dedup();
    match versions.as_slice() {
        [(major, minor)] => format!("=={major}.{minor}.*"),
        [(major, minor), ..] => format!(">={major}.{minor}"),
        [] => String::new(),
    }
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

/// A package of one version and source, as each target that gets it has it: place of the target, distribution.
struct Merged<'a>(Vec<(usize, &'a ResolvedDist)>);

/// The packages of all resolutions, sorted by name and then by the first target that gets them.
fn merged(resolutions: &[Resolution]) -> Vec<Merged<'_>> {
    let mut packages: Vec<Merged<'_>> = Vec::new();
    for (place, resolution) in resolutions.iter().enumerate() {
        for dist in &resolution.dists {
            match packages.iter_mut().find(|package| is_same(package.first(), dist)) {
                Some(package) => package.0.push((place, dist)),
                None => packages.push(Merged(vec![(place, dist)])),
            }
        }
    }
    packages.sort_by(|a, b| a.first().name.cmp(&b.first().name).then(a.0[0].0.cmp(&b.0[0].0)));
    packages
}

fn is_same(one: &ResolvedDist, other: &ResolvedDist) -> bool {
    one.name == other.name
        && one.version == other.version
        && one.built_from == other.built_from
        && one.is_direct == other.is_direct
        && (!one.is_direct || one.file.url == other.file.url)
        && one.file.origin.url == other.file.origin.url
}

impl Merged<'_> {
    fn first(&self) -> &ResolvedDist {
        self.0[0].1
    }

    fn write(
        &self,
        text: &mut String,
        targets: &[&Target],
        folder: &Path,
        is_ambiguous: &dyn Fn(&PackageName) -> bool,
    ) {
        let dist = self.first();
        push(text, format_args!("\n[[packages]]\nname = {}\n", quoted(dist.name.as_ref())));
        // The version of a folder is what the folder says at the time.
        if !matches!(dist.built_from, Some(DirectReference::Folder { .. })) {
            push(text, format_args!("version = {}\n", quoted(&dist.version.to_string())));
        }
        if self.0.len() < targets.len() {
            let markers: Vec<String> = self.0.iter().map(|(place, _)| environment(targets[*place])).collect();
            let marker = match markers.as_slice() {
                [only] => only.clone(),
                several => several.iter().map(|marker| format!("({marker})")).collect::<Vec<_>>().join(" or "),
            };
            push(text, format_args!("marker = {}\n", quoted(&marker)));
        }
        if let Some(requires_python) = &dist.file.requires_python {
            push(text, format_args!("requires-python = {}\n", quoted(&requires_python.to_string())));
        }
        let names: BTreeSet<&PackageName> = self.0.iter().flat_map(|(_, dist)| &dist.dependencies).collect();
        // A name that stands there twice is left out: which of its versions is meant depends on the target.
        let names = names.into_iter().filter(|name| !is_ambiguous(name));
        let names: Vec<String> = names.map(|name| format!("{{ name = {} }}", quoted(name.as_ref()))).collect();
        if !names.is_empty() {
            push(text, format_args!("dependencies = [{}]\n", names.join(", ")));
        }
        self.write_source(text, folder);
    }

    fn write_source(&self, text: &mut String, folder: &Path) {
        let dist = self.first();
        match &dist.built_from {
            Some(DirectReference::Git { url, revision, subdirectory, .. }) => {
                let mut keys = vec!["type = \"git\"".to_owned()];
                keys.push(match url.to_file_path() {
                    Some(path) => format!("path = {}", quoted(&relative(&path, folder))),
                    None => format!("url = {}", quoted(url.without_secrets().reveal().as_str())),
                });
                keys.extend(revision.iter().map(|commit| format!("commit-id = {}", quoted(commit))));
                keys.extend(subdirectory_key(subdirectory.as_deref()));
                push(text, format_args!("vcs = {{ {} }}\n", keys.join(", ")));
                return;
            }
            Some(DirectReference::Folder { path, subdirectory, .. }) => {
                let path = relative(path, folder);
                let mut keys = vec![format!("path = {}", quoted(if path.is_empty() { "." } else { &path }))];
                keys.extend(subdirectory_key(subdirectory.as_deref()));
                push(text, format_args!("directory = {{ {} }}\n", keys.join(", ")));
                return;
            }
            _ => {}
        }
        if dist.is_direct {
            let subdirectory = match &dist.built_from {
                Some(DirectReference::Sdist { subdirectory, .. }) => subdirectory_key(subdirectory.as_deref()),
                _ => None,
            };
            let file = file(&dist.file, digests(dist), folder, false);
            let keys: Vec<String> = [file].into_iter().chain(subdirectory).collect();
            push(text, format_args!("archive = {{ {} }}\n", keys.join(", ")));
            return;
        }
        // An index in a folder has no URL that means anything elsewhere; a file that no index listed names none.
        let index = &dist.file.origin.url;
        if !index.is_file() && index.without_credentials() != dist.file.url.without_credentials() {
            push(text, format_args!("index = {}\n", quoted(index.without_secrets().reveal().as_str())));
        }
        let mut wheels: Vec<String> = Vec::new();
        for (_, dist) in &self.0 {
            let entry = file(&dist.file, digests(dist), folder, true);
            if dist.file.filename.as_wheel().is_none() {
                let line = format!("sdist = {{ {entry} }}\n");
                if !text.ends_with(&line) {
                    text.push_str(&line);
                }
            } else if !wheels.contains(&entry) {
                wheels.push(entry);
            }
        }
        if !wheels.is_empty() {
            text.push_str("wheels = [\n");
            for entry in &wheels {
                push(text, format_args!("    {{ {entry} }},\n"));
            }
            text.push_str("]\n");
        }
        self.write_provenance(text);
    }

    /// Where the attestations of its files are (PEP 740), by file name. The form has no key for that, and a table for
    /// what a tool knows of a package.
    fn write_provenance(&self, text: &mut String) {
        let known: BTreeMap<&str, String> = (self.0.iter())
            .filter_map(|(_, dist)| Some((dist.file.filename.as_str(), dist.file.provenance.as_ref()?)))
            .map(|(name, url)| (name, url.without_secrets().reveal().to_string()))
            .collect();
        if !known.is_empty() {
            let known: Vec<String> =
                known.iter().map(|(name, url)| format!("{} = {}", quoted(name), quoted(url))).collect();
            push(text, format_args!("tool.barrow.provenance = {{ {} }}\n", known.join(", ")));
        }
    }
}

fn digests(dist: &ResolvedDist) -> &[HashDigest] {
    if dist.file.hashes.is_empty() { &dist.accepted_hashes } else { &dist.file.hashes }
}

fn subdirectory_key(subdirectory: Option<&str>) -> Option<String> {
    subdirectory.map(|below| format!("subdirectory = {}", quoted(below)))
}

/// The keys of a file's table.
fn file(file: &DistFile, digests: &[HashDigest], folder: &Path, has_name: bool) -> String {
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
        Some(path) => format!("path = {}", quoted(&relative(&path, folder))),
        None => format!("url = {}", quoted(file.url.without_secrets().without_fragment().reveal().as_str())),
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

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a string succeeds");
}
