//! `--find-links`: pages, folders and single files that stand beside the indexes.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::folder::{self, Folder};
use super::readings::{Evidence, Readings};
use super::server::{AskError, Asking, PageAnswer, Reach};
use super::{IndexError, IndexOptions, LocalPlace};
use crate::spec::{IndexOrigin, PackageName, ProjectDetail, ProjectPage, ProjectStatus, SafeUrl, ends_as_dist};

/// One value of `--find-links`.
pub(super) struct FindLinks {
    url: SafeUrl,
    origin: Arc<IndexOrigin>,
    kind: Kind,
}

/// What there is of a project.
pub(super) enum Links {
    /// What the page or folder lists of the project; `None`: it does not list the project.
    Of(Option<ProjectDetail>),
    /// A server would have to be asked.
    NotAtHand,
}

enum Kind {
    Folder(Folder),
    /// A page that lists files of many projects, read once per run; `None`: offline, and not in the cache.
    Page(OnceCell<(Option<ProjectPage<'static>>, Evidence)>),
    File(ProjectPage<'static>),
}

impl FindLinks {
    /// All of them, not yet looked at.
    pub(super) fn of(options: &IndexOptions) -> Vec<Self> {
        options.find_links.iter().map(Self::new).collect()
    }

    fn new(url: &SafeUrl) -> Self {
        let origin = Arc::new(IndexOrigin { name: None, url: url.without_credentials().without_fragment() });
        let kind = match (single_file(url), url.to_file_path()) {
            (Some(page), _) => Kind::File(page),
            (None, Some(path)) if !path.is_file() => Kind::Folder(Folder::new(path, LocalPlace::FindLinks)),
            _ => Kind::Page(OnceCell::new()),
        };
        Self { url: url.clone(), origin, kind }
    }

    /// Whether this is one file of a server, which may be another one tomorrow.
    pub(super) fn is_remote_file(&self) -> bool {
        matches!(self.kind, Kind::File(_)) && self.url.to_file_path().is_none()
    }

    /// The files of one project.
    pub(super) async fn project(&self, project: &PackageName, asking: &Asking<'_>) -> Result<Links, IndexError> {
        let detail = match &self.kind {
            Kind::Folder(folder) => return folder.project(project, &self.origin).map(Links::Of),
            Kind::File(page) => page.project(project, &self.origin),
            // A page of many projects is read once, by whoever may wait for it.
            Kind::Page(page) if asking.reach == Reach::AtHand && !page.initialized() => return Ok(Links::NotAtHand),
            Kind::Page(page) => {
                let (page, evidence) = page.get_or_try_init(|| self.read_once(asking)).await?;
                asking.readings.add(evidence);
                match page {
                    Some(page) => page.project(project, &self.origin),
                    None => return Ok(Links::Of(None)),
                }
            }
        };
        Ok(Links::Of((!detail.is_empty()).then_some(detail)))
    }

    /// The page with the evidence for it, which counts for every project that is looked for on it.
    async fn read_once(&self, asking: &Asking<'_>) -> Result<(Option<ProjectPage<'static>>, Evidence), IndexError> {
        let readings = Readings::of(None);
        let page = self.read(&Asking { readings: &readings, ..*asking }).await?;
        Ok((page, readings.into_evidence()))
    }

    async fn read(&self, asking: &Asking<'_>) -> Result<Option<ProjectPage<'static>>, IndexError> {
        let malformed = |source| IndexError::FindLinksPage { url: self.url.clone(), source };
        if let Some(path) = self.url.to_file_path() {
            let page = folder::read_page(&path, LocalPlace::FindLinksPage)?.map_err(malformed)?;
            return Ok(Some(page));
        }
        match asking.page(&self.url, None).await {
            Ok(PageAnswer::Page(page)) => Ok(page.unpack()),
            Ok(PageAnswer::Absent(status)) => Err(IndexError::FindLinksGone { url: self.url.clone(), status }),
            Ok(PageAnswer::Offline | PageAnswer::NotAtHand) => Ok(None),
            Err(AskError::Http(source)) => Err(IndexError::FindLinks { url: self.url.clone(), source }),
            Err(AskError::Page(source)) => Err(malformed(source)),
        }
    }
}

/// The page that holds nothing but the distribution that the URL itself names.
fn single_file(url: &SafeUrl) -> Option<ProjectPage<'static>> {
    let name = url.file_name()?;
    ends_as_dist(&name).then(|| {
        let fragment = url.fragment().unwrap_or_default();
        let mut file = folder::listed(&name);
        file.hashes = fragment.split('&').filter_map(|field| field.replacen('=', ":", 1).parse().ok()).collect();
        ProjectPage {
            base: url.without_fragment(),
            files: vec![file],
            skipped: Vec::new(),
            status: ProjectStatus::default(),
        }
    })
}
