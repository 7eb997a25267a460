//! What one index lists for one project, by version.
//!
//! A page lists thousands of versions, of which the solver looks into a handful. So a version's files are read when
//! they are asked for; what would make a file unusable was found out when the page was packed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{DistFile, IndexOrigin, PackageName, PackedPage, ProjectPage, ProjectStatus, SkippedFile, Version};

/// Everything that one index lists for one project.
#[derive(Clone)]
pub struct ProjectDetail {
    /// Normalized name of the project.
    pub name: PackageName,
    /// Files that were left out because their name, version or attributes do not parse, with the reason.
    pub skipped: Vec<SkippedFile>,
    /// What the index says of the project.
    pub status: ProjectStatus,
    /// The index, where it is a server's.
    pub origin: Option<Arc<IndexOrigin>>,
    releases: Releases,
}

/// Where the files are.
#[derive(Clone)]
enum Releases {
    /// In memory, lowest version first.
    Read(Vec<(Version, Vec<DistFile>)>),
    /// On a packed page, from which they are read when they are asked for.
    Packed(Arc<PackedPage>, Arc<IndexOrigin>),
}

impl ProjectDetail {
    /// Groups the usable files of a project by version; those of one version stay in their order.
    pub fn new(name: PackageName, files: Vec<DistFile>, skipped: Vec<SkippedFile>) -> Self {
        let mut releases: BTreeMap<Version, Vec<DistFile>> = BTreeMap::new();
        for file in files {
            releases.entry(file.version().clone()).or_default().push(file);
        }
        Self {
            name,
            skipped,
            status: ProjectStatus::default(),
            origin: None,
            releases: Releases::Read(releases.into_iter().collect()),
        }
    }

    fn packed(name: &PackageName, page: Arc<PackedPage>, origin: &Arc<IndexOrigin>) -> Self {
        let (skipped, status) = (page.skipped().to_vec(), page.status().clone());
        let (origin, releases) = (Some(Arc::clone(origin)), Releases::Packed(page, Arc::clone(origin)));
        Self { name: name.clone(), skipped, status, origin, releases }
    }

    /// Whether nothing is listed, not even what cannot be used.
    pub fn is_empty(&self) -> bool {
        self.version_count() == 0 && self.skipped.is_empty()
    }

    /// How many versions there are.
    pub fn version_count(&self) -> usize {
        match &self.releases {
            Releases::Read(releases) => releases.len(),
            Releases::Packed(page, _) => page.versions(),
        }
    }

    /// A version by its place; 0 is the lowest.
    pub fn version(&self, place: usize) -> Version {
        match &self.releases {
            Releases::Read(releases) => releases[place].0.clone(),
            Releases::Packed(page, _) => page.version(page.versions() - 1 - place),
        }
    }

    /// The files of the version at a place of which `is_wanted` takes the name, in the order of the page.
    pub fn files_at(&self, place: usize, is_wanted: &dyn Fn(&str) -> bool) -> Vec<DistFile> {
        match &self.releases {
            Releases::Read(releases) => {
                releases[place].1.iter().filter(|file| is_wanted(file.filename.as_str())).cloned().collect()
            }
            Releases::Packed(page, origin) => page.files(page.versions() - 1 - place, &self.name, origin, is_wanted),
        }
    }

    /// All files, lowest version first.
    pub fn files(&self) -> Vec<DistFile> {
        (0..self.version_count()).flat_map(|place| self.files_at(place, &|_| true)).collect()
    }
}

impl ProjectPage<'_> {
    /// The files of one project. Files of other projects and of kinds that nobody installs are passed over in silence;
    /// those that look like a distribution and are not one come with the reason.
    pub fn project(&self, project: &PackageName, origin: &Arc<IndexOrigin>) -> ProjectDetail {
        let (mut files, mut skipped) = (Vec::new(), self.skipped.clone());
        for file in &self.files {
            match file.read(project, &self.base, origin) {
                Ok(file) => files.extend(file),
                Err(reason) => skipped.push(SkippedFile { filename: file.filename.to_string(), reason }),
            }
        }
        ProjectDetail { origin: Some(Arc::clone(origin)), ..ProjectDetail::new(project.clone(), files, skipped) }
    }
}

impl PackedPage {
    /// The files of the project that it was packed for.
    pub fn project(self: Arc<Self>, project: &PackageName, origin: &Arc<IndexOrigin>) -> ProjectDetail {
        ProjectDetail::packed(project, self, origin)
    }
}

impl std::fmt::Debug for ProjectDetail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, skipped, status, origin: _, releases: _ } = self;
        f.debug_struct("ProjectDetail")
            .field("name", name)
            .field("files", &self.files())
            .field("skipped", skipped)
            .field("status", status)
            .finish()
    }
}
