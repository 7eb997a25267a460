//! Scenarios of resolving, read from TOML (`wheels-fixtures/scenarios/README.md` describes the format).

mod format;
mod table;

use std::path::Path;
use std::str::FromStr;

use barrow::requirements::{DirectReference, Manifest, Origin, ProjectSet, RequirementEntry};
use barrow::resolution::Resolution;
use barrow::resolve::{PrereleaseMode, ResolutionMode, ResolveError, ResolveOptions};
use barrow::spec::{PackageName, Requirement, SafeUrl, Version, VersionOrUrl};
use barrow::target::{Architecture, Runtime, Target};

pub(crate) use format::{FullRelease, Release, Scenario, UserLine};
pub(crate) use table::TableSource;

/// Reads every scenario of a folder, in the order of file names and files.
pub(crate) fn read_all(folder: &Path) -> Vec<(String, Scenario)> {
    let mut paths: Vec<_> = fs_err::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    let mut scenarios = Vec::new();
    for path in paths {
        let stem = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        let text = fs_err::read_to_string(&path).expect("the file can be read");
        let file: format::File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        scenarios.extend(file.scenario.into_iter().map(|scenario| (stem.clone(), scenario)));
    }
    scenarios
}

/// Reads one scenario from its text, without the `[[scenario]]` line.
pub(crate) fn parse(text: &str) -> Scenario {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}"))
}

impl Scenario {
    /// The target, `python3.12/x86_64` unless it says otherwise.
    pub(crate) fn target(&self) -> Target {
        let text = self.target.as_deref().unwrap_or("python3.12/x86_64");
        let (runtime, architecture) = text.split_once('/').expect("a target is runtime/architecture");
        Target::with_overrides(
            Runtime::from_str(runtime).expect("the runtime is known"),
            Architecture::from_str(architecture).expect("the architecture is known"),
            self.glibc.as_deref().map(|glibc| glibc.parse().expect("the glibc parses")),
            self.python_full_version.as_deref().map(|version| version.parse().expect("the version parses")),
        )
    }

    /// Everything that the user asks for.
    pub(crate) fn manifest(&self) -> Manifest {
        let entries = |file: &str, lines: &[UserLine]| {
            (1..).zip(lines).map(|(number, line)| entry(file, number, line)).collect::<Vec<_>>()
        };
        let mut manifest = Manifest::default();
        manifest.requirements = entries("requirements.txt", &self.requires);
        manifest.constraints = entries("constraints.txt", &self.constraints);
        manifest.overrides = entries("overrides.txt", &self.overrides);
        manifest.excluded = self.excluded.iter().map(|name| project(name)).collect();
        manifest.options.require_hashes =
            self.options.require_hashes || manifest.requirements.iter().any(|entry| !entry.hashes.is_empty());
        manifest.options.pre = self.options.pre;
        manifest.options.format_control.no_binary = project_set(&self.options.no_binary);
        manifest.options.format_control.only_binary = project_set(&self.options.only_binary);
        manifest
    }

    /// The options.
    pub(crate) fn resolve_options(&self) -> ResolveOptions {
        let mut options = ResolveOptions::default();
        options.siblings = true;
        options.prerelease = match self.options.prerelease.as_deref() {
            None | Some("if-necessary") => PrereleaseMode::IfNecessary,
            Some("disallow") => PrereleaseMode::Disallow,
            Some("allow") => PrereleaseMode::Allow,
            Some("explicit") => PrereleaseMode::Explicit,
            Some("if-necessary-or-explicit") => PrereleaseMode::IfNecessaryOrExplicit,
            Some(other) => panic!("unknown pre-release mode {other}"),
        };
        options.resolution = match self.options.resolution.as_deref() {
            None | Some("highest") => ResolutionMode::Highest,
            Some("lowest") => ResolutionMode::Lowest,
            Some("lowest-direct") => ResolutionMode::LowestDirect,
            Some(other) => panic!("unknown resolution mode {other}"),
        };
        options.prefer_binary = !self.options.no_prefer_binary;
        options.allow_build = project_set(&self.options.allow_build);
        options.exclude_newer = self.options.exclude_newer.as_deref().map(table::microseconds);
        options.no_deps = self.options.no_deps;
        options.preferences = self.preferences.iter().map(|pin| name_and_version(pin)).collect();
        options
    }

    /// What comes out of it against the table of its packages.
    pub(crate) fn resolve(&self, source: &TableSource) -> Result<Resolution, ResolveError> {
        barrow::resolve::resolve(&self.manifest(), &self.target(), &self.resolve_options(), source)
    }
}

/// Projects as options name them.
fn project_set(words: &[String]) -> ProjectSet {
    match words {
        [] => ProjectSet::None,
        [all] if all == ":all:" => ProjectSet::All,
        names => ProjectSet::Projects(names.iter().map(|name| project(name)).collect()),
    }
}

/// The pins of a resolution, one `name==version` or `name[extra]==version` each, `name @ url` for direct ones.
pub(crate) fn pins(resolution: &Resolution) -> Vec<String> {
    let pin = |dist: &barrow::resolution::ResolvedDist| {
        let extras: Vec<String> = dist.extras.iter().map(ToString::to_string).collect();
        let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
        if dist.is_direct {
            format!("{}{extras} @ {}", dist.name, dist.file.url)
        } else {
            format!("{}{extras}=={}", dist.name, dist.version)
        }
    };
    resolution.dists.iter().map(pin).collect()
}

/// A normalized name.
pub(crate) fn project(name: &str) -> PackageName {
    PackageName::from_str(name).unwrap_or_else(|error| panic!("{error}"))
}

fn name_and_version(pin: &str) -> (PackageName, Version) {
    let (name, version) = pin.split_once("==").expect("a pin is name==version");
    (project(name), Version::from_str(version).expect("the version parses"))
}

fn entry(file: &str, number: u32, line: &UserLine) -> RequirementEntry {
    let (text, hashes) = match line {
        UserLine::Plain(text) => (text, [].as_slice()),
        UserLine::Hashed { line, hash_of } => (line, hash_of.as_slice()),
    };
    let requirement = Requirement::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let direct = match &requirement.version_or_url {
        Some(VersionOrUrl::Url(url)) => Some(direct_reference(url)),
        _ => None,
    };
    RequirementEntry {
        is_alone: false,
        requirement,
        text: text.clone(),
        hashes: hashes.iter().map(|file| table::digest_of(file)).collect(),
        direct,
        config_settings: Vec::new(),
        origin: Origin::File { file: file.into(), line: number },
    }
}

fn direct_reference(url: &SafeUrl) -> DirectReference {
    let url = url.without_fragment();
    let path = url.file_name().unwrap_or_default();
    if std::path::Path::new(&path).extension().is_some_and(|extension| extension == "whl") {
        DirectReference::Wheel { url }
    } else {
        DirectReference::Sdist { url, subdirectory: None }
    }
}
