//! An index in memory.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use barrow::requirements::DirectReference;
use barrow::resolve::{DirectDist, LikelyFiles, PackageSource, ProjectAnswer, SourceError};
use barrow::spec::{
    CoreMetadata, DistFile, DistFilename, ExtraName, HashDigest, IndexOrigin, MetadataOffer, PackageName,
    ProjectDetail, Requirement, SafeUrl, Version, VersionSpecifiers, Yanked,
};

use super::format::{DirectRelease, FullRelease, Release, Scenario};
use super::project;

/// A [`PackageSource`] over the packages of a scenario that counts what it is asked.
#[derive(Debug, Default)]
pub(crate) struct TableSource {
    projects: BTreeMap<PackageName, (Vec<DistFile>, OnceCell<Arc<ProjectDetail>>)>,
    metadata: BTreeMap<String, Result<Arc<CoreMetadata>, String>>,
    direct: BTreeMap<SafeUrl, Arc<DirectDist>>,
    offline: bool,
    asked_metadata: RefCell<BTreeSet<String>>,
    prefetched_metadata: RefCell<BTreeSet<String>>,
    project_questions: Cell<usize>,
}

impl TableSource {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let mut source = Self { offline: scenario.offline, ..Self::default() };
        for (name, releases) in &scenario.packages {
            for (version, release) in releases {
                match release {
                    Release::Requires(requires) => {
                        source.add(
                            name,
                            version,
                            &FullRelease { requires: requires.clone(), ..FullRelease::default() },
                        );
                    }
                    Release::Full(release) => source.add(name, version, release),
                }
            }
            source.projects.entry(project(name)).or_default();
        }
        for (url, release) in &scenario.direct {
            source.add_direct(url, release);
        }
        source
    }

    /// Adds a version of a project.
    pub(crate) fn add(&mut self, name: &str, version: &str, release: &FullRelease) {
        let normalized = project(name);
        let escaped = normalized.to_string().replace('-', "_");
        let default_wheels = if release.sdist { vec![] } else { vec!["py3-none-any".to_owned()] };
        let mut filenames: Vec<String> = release
            .wheels
            .as_ref()
            .unwrap_or(&default_wheels)
            .iter()
            .map(|tags| format!("{escaped}-{version}-{tags}.whl"))
            .collect();
        if release.sdist {
            filenames.push(format!("{escaped}-{version}.tar.gz"));
        }
        let metadata = match &release.broken {
            Some(reason) => Err(reason.clone()),
            None => Ok(Arc::new(metadata(
                &normalized,
                release.says_version.as_deref().unwrap_or(version),
                &release.requires,
                release.requires_python.as_deref(),
                &release.extras,
            ))),
        };
        let origin = index_origin("https://index.example/simple/");
        for filename in filenames {
            let shown_python = release.requires_python.as_deref().filter(|_| !release.hides_requires_python);
            let file = DistFile {
                filename: DistFilename::parse(&filename, &normalized)
                    .unwrap_or_else(|error| panic!("{filename}: {error}")),
                url: SafeUrl::parse(&format!("https://files.example/{filename}")).expect("the URL parses"),
                hashes: vec![digest_of(&filename)],
                size: None,
                requires_python: shown_python.map(specifiers),
                yanked: release.yanked.clone().map_or(Yanked::No, Yanked::Yes),
                metadata: MetadataOffer::Offered(Vec::new()),
                upload_time: release.uploaded.as_deref().map(microseconds),
                provenance: None,
                origin: Arc::clone(&origin),
            };
            self.projects.entry(normalized.clone()).or_default().0.push(file);
            self.metadata.insert(filename, metadata.clone());
        }
    }

    fn add_direct(&mut self, url: &str, release: &DirectRelease) {
        let name = project(&release.name);
        let safe = SafeUrl::parse(url).expect("the URL parses");
        let filename = safe.file_name().expect("the URL ends in a file name");
        let file = DistFile {
            filename: DistFilename::parse(&filename, &name).unwrap_or_else(|error| panic!("{filename}: {error}")),
            url: safe.clone(),
            hashes: vec![],
            size: None,
            requires_python: None,
            yanked: Yanked::No,
            metadata: MetadataOffer::None,
            upload_time: None,
            provenance: None,
            origin: index_origin(url),
        };
        let metadata =
            metadata(&name, &release.version, &release.requires, release.requires_python.as_deref(), &release.extras);
        self.direct.insert(safe, Arc::new(DirectDist { file, metadata: Arc::new(metadata), built_from: None }));
    }

    fn detail(&self, name: &PackageName) -> Option<Arc<ProjectDetail>> {
        let (files, detail) = self.projects.get(name)?;
        let read = || Arc::new(ProjectDetail::new(name.clone(), files.clone(), Vec::new()));
        Some(Arc::clone(detail.get_or_init(read)))
    }

    /// How many files' metadata were asked for.
    pub(crate) fn metadata_requests(&self) -> usize {
        self.asked_metadata.borrow().len()
    }

    /// How many files' metadata were asked for or fetched ahead.
    pub(crate) fn metadata_requests_with_prefetched(&self) -> usize {
        self.asked_metadata.borrow().union(&self.prefetched_metadata.borrow()).count()
    }

    /// How many questions for a project's page there were.
    pub(crate) fn project_questions(&self) -> usize {
        self.project_questions.get()
    }
}

impl PackageSource for TableSource {
    fn project(&self, name: &PackageName) -> Result<ProjectAnswer, SourceError> {
        self.project_questions.set(self.project_questions.get() + 1);
        if self.offline {
            return Ok(ProjectAnswer::Offline);
        }
        Ok(match self.detail(name) {
            Some(detail) => ProjectAnswer::Found(vec![detail]),
            None => ProjectAnswer::NotFound { asked: vec![index_origin("https://index.example/simple/").url.clone()] },
        })
    }

    fn metadata(&self, file: &DistFile) -> Result<Arc<CoreMetadata>, SourceError> {
        self.asked_metadata.borrow_mut().insert(file.filename.to_string());
        match &self.metadata[file.filename.as_str()] {
            Ok(metadata) => Ok(Arc::clone(metadata)),
            Err(reason) => Err(SourceError::new(reason.clone(), true)),
        }
    }

    fn direct(&self, name: &PackageName, reference: &DirectReference) -> Result<Arc<DirectDist>, SourceError> {
        let (DirectReference::Wheel { url } | DirectReference::Sdist { url, .. }) = reference else {
            panic!("scenarios have wheels and sdists behind URLs")
        };
        self.direct
            .get(url)
            .cloned()
            .ok_or_else(|| SourceError::new(format!("nothing found at {url} for `{name}`"), false))
    }

    fn prefetch_projects(&self, _names: &[PackageName]) {}

    fn prefetch_likely(&self, name: &PackageName, likely: LikelyFiles) {
        if let Some(detail) = self.detail(name).filter(|_| !self.offline) {
            let files = likely(&ProjectAnswer::Found(vec![detail]));
            self.prefetched_metadata.borrow_mut().extend(files.iter().map(|file| file.filename.to_string()));
        }
    }

    fn prefetch_metadata(&self, files: &[&DistFile]) {
        self.prefetched_metadata.borrow_mut().extend(files.iter().map(|file| file.filename.to_string()));
    }
}

/// The digest that the table gives a file: that of its name.
pub(super) fn digest_of(filename: &str) -> HashDigest {
    barrow::spec::sha256(filename.as_bytes())
}

/// A date or time as microseconds since 1970.
pub(super) fn microseconds(text: &str) -> i64 {
    let text = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    text.parse::<jiff::Timestamp>().unwrap_or_else(|error| panic!("{text}: {error}")).as_microsecond()
}

fn metadata(
    name: &PackageName,
    version: &str,
    requires: &[String],
    requires_python: Option<&str>,
    extras: &[String],
) -> CoreMetadata {
    let requirement = |text: &String| Requirement::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    CoreMetadata {
        name: name.clone(),
        version: Version::from_str(version).unwrap_or_else(|error| panic!("{error}")),
        requires_dist: requires.iter().map(requirement).collect(),
        requires_python: requires_python.map(specifiers),
        provides_extras: extras.iter().map(|extra| ExtraName::from_str(extra).expect("the extra parses")).collect(),
        dynamic: Vec::new(),
        metadata_version: (2, 1),
        warnings: Vec::new(),
    }
}

fn specifiers(text: &str) -> VersionSpecifiers {
    VersionSpecifiers::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn index_origin(url: &str) -> Arc<IndexOrigin> {
    Arc::new(IndexOrigin { name: None, url: SafeUrl::parse(url).expect("the URL parses") })
}
