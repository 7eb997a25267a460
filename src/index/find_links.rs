//! `--find-links`: pages, folders and single files that stand beside the indexes.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::folder::{self, Folder};
use super::server::{AskError, Asking, PageAnswer};
use super::{IndexError, IndexOptions};
use crate::spec::{IndexOrigin, PackageName, PackedPage, ProjectDetail, ProjectPage, SafeUrl};

/// One value of `--find-links`.
pub(super) struct FindLinks {
    url: SafeUrl,
    origin: Arc<IndexOrigin>,
    kind: Kind,
}

enum Kind {
    Folder(Folder),
    /// A page that lists files of many projects, read once per run; `None`: offline, and not in the cache.
    Page(OnceCell<Option<Arc<PackedPage>>>),
    File(Arc<PackedPage>),
}

impl FindLinks {
    /// All of them, not yet looked at.
    pub(super) fn of(options: &IndexOptions) -> Vec<Self> {
        options.find_links.iter().map(Self::new).collect()
    }

    fn new(url: &SafeUrl) -> Self {
        let origin = Arc::new(IndexOrigin { name: None, url: url.without_credentials().without_fragment() });
        let kind = match (single_file(url), url.to_file_path()) {
            (Some(page), _) => Kind::File(Arc::new(page)),
            (None, Some(path)) if !path.is_file() => Kind::Folder(Folder::new(path, "find-links folder")),
            _ => Kind::Page(OnceCell::new()),
        };
        Self { url: url.clone(), origin, kind }
    }

    /// Whether this is one file of a server, which may be another one tomorrow.
    pub(super) fn is_remote_file(&self) -> bool {
        matches!(self.kind, Kind::File(_)) && self.url.to_file_path().is_none()
    }

    /// The files of one project; `None`: there is nothing.
    pub(super) async fn project(
        &self,
        project: &PackageName,
        asking: &Asking<'_>,
    ) -> Result<Option<ProjectDetail>, IndexError> {
        let detail = match &self.kind {
            Kind::Folder(folder) => return folder.project(project, &self.origin),
            Kind::File(page) => page.project(project, &self.origin),
            Kind::Page(page) => match page.get_or_try_init(|| self.read(asking)).await? {
                Some(page) => page.project(project, &self.origin),
                None => return Ok(None),
            },
        };
        Ok((!detail.files.is_empty() || !detail.skipped.is_empty()).then_some(detail))
    }

    async fn read(&self, asking: &Asking<'_>) -> Result<Option<Arc<PackedPage>>, IndexError> {
        let malformed = |source| IndexError::FindLinksPage { url: self.url.clone(), source };
        if let Some(path) = self.url.to_file_path() {
            let page = folder::read_page(&path, "find-links page")?.map_err(malformed)?;
            return Ok(Some(Arc::new(page)));
        }
        match asking.page(&self.url).await {
            Ok(PageAnswer::Page(page)) => Ok(Some(page)),
            Ok(PageAnswer::Absent(status)) => Err(IndexError::FindLinksGone { url: self.url.clone(), status }),
            Ok(PageAnswer::Offline) => Ok(None),
            Err(AskError::Http(source)) => Err(IndexError::FindLinks { url: self.url.clone(), source }),
            Err(AskError::Page(source)) => Err(malformed(source)),
        }
    }
}

/// The page that holds nothing but the distribution that the URL itself names.
fn single_file(url: &SafeUrl) -> Option<PackedPage> {
    let name = url.file_name()?;
    [".whl", ".tar.gz", ".zip"].iter().any(|extension| name.ends_with(extension)).then(|| {
        let fragment = url.fragment().unwrap_or_default();
        let mut file = folder::listed(&name);
        file.hashes = fragment.split('&').filter_map(|field| field.replacen('=', ":", 1).parse().ok()).collect();
        let page = ProjectPage { base: url.without_fragment(), files: vec![file], skipped: Vec::new() };
        page.pack().expect("one file takes less than 4 GiB")
    })
}
