//! Folders as indexes and as `--find-links`.
//!
//! A folder can hold a tree of pages (`NAME/index.json` or `NAME/index.html`, directly or below `simple/`, as mirrors
//! write it), a tree without pages (`NAME/*.whl`), or just files; all of them count.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use fs_err as fs;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{IndexError, LocalPlace};
use crate::regular;
use crate::spec::{
    IndexOrigin, ListedFile, PackageName, PageError, ProjectDetail, ProjectPage, ProjectStatus, SafeUrl,
};

/// Characters that stand for themselves in a path segment.
const SEGMENT: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'+').remove(b'!');

/// A folder of distribution files that is asked like an index.
pub(super) struct Folder {
    path: PathBuf,
    what: LocalPlace,
    contents: OnceLock<Contents>,
}

/// What is in a folder, listed once per run.
struct Contents {
    /// Folders of projects by normalized name, those directly in the folder first.
    projects: BTreeMap<PackageName, Vec<PathBuf>>,
    /// The files, as a page.
    files: ProjectPage<'static>,
}

impl Folder {
    /// A folder that has not been looked at; `what` it is, for messages.
    pub(super) fn new(path: PathBuf, what: LocalPlace) -> Self {
        Self { path, what, contents: OnceLock::new() }
    }

    /// What the folder has of a project; `None`: nothing.
    pub(super) fn project(
        &self,
        project: &PackageName,
        origin: &Arc<IndexOrigin>,
    ) -> Result<Option<ProjectDetail>, IndexError> {
        let contents = self.contents()?;
        let folders = contents.projects.get(project).map(Vec::as_slice).unwrap_or_default();
        let detail = contents.files.project(project, origin);
        if folders.is_empty() {
            return Ok((!detail.is_empty()).then_some(detail));
        }
        let (mut files, mut skipped, mut status) = (detail.files(), detail.skipped, ProjectStatus::default());
        for folder in folders {
            let page = self.page(folder, project)?;
            if page.status.is_telling() {
                status = page.status.clone();
            }
            let more = page.project(project, origin);
            files.extend(more.files());
            skipped.extend(more.skipped);
        }
        let mut detail = ProjectDetail::new(project.clone(), files, skipped);
        detail.status = status;
        Ok(Some(detail))
    }

    /// The page in a project's folder, or its files.
    fn page(&self, folder: &Path, project: &PackageName) -> Result<ProjectPage<'static>, IndexError> {
        for name in ["index.json", "index.html"] {
            let path = folder.join(name);
            if path.is_file() {
                let unreadable = |source| IndexError::Page {
                    index: format!("the {} `{}`", self.what, path.display()),
                    project: project.clone(),
                    source,
                };
                return read_page(&path, self.what)?.map_err(unreadable);
            }
        }
        Ok(self.list(folder)?.1)
    }

    fn contents(&self) -> Result<&Contents, IndexError> {
        if let Some(contents) = self.contents.get() {
            return Ok(contents);
        }
        let (folders, files) = self.list(&self.path)?;
        let mut projects = BTreeMap::new();
        let mut add = |folders: Vec<PathBuf>| {
            for folder in folders {
                let name = folder.file_name().and_then(|name| PackageName::from_str(name.to_str()?).ok());
                if let Some(name) = name {
                    projects.entry(name).or_insert_with(Vec::new).push(folder);
                }
            }
        };
        let simple = self.path.join("simple");
        let has_simple = folders.contains(&simple);
        // Beside the pages of a mirror lies the folder with its files, which is no project.
        let files_of_mirror = has_simple.then(|| self.path.join("files"));
        let is_project = |folder: &PathBuf| *folder != simple && Some(folder) != files_of_mirror.as_ref();
        add(folders.into_iter().filter(is_project).collect());
        if has_simple {
            add(self.list(&simple)?.0);
        }
        Ok(self.contents.get_or_init(|| Contents { projects, files }))
    }

    /// The folders in a folder, and its files as a page, both sorted by name.
    fn list(&self, folder: &Path) -> Result<(Vec<PathBuf>, ProjectPage<'static>), IndexError> {
        let failed = |source| IndexError::Folder { what: self.what, path: folder.to_owned(), source };
        let mut folders = Vec::new();
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            // Links are followed: mirrors are built of them.
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(name) = entry.file_name().into_string() {
                files.push(listed(&name));
            }
        }
        folders.sort_unstable();
        files.sort_unstable_by(|one, other| one.filename.cmp(&other.filename));
        let absolute = std::path::absolute(folder).map_err(failed)?;
        let base = SafeUrl::from_path(&absolute, true).expect("an absolute path is a file URL");
        Ok((folders, ProjectPage { base, files, skipped: Vec::new(), status: ProjectStatus::default() }))
    }
}

/// A file of a folder as a page would list it.
pub(super) fn listed(name: &str) -> ListedFile<'static> {
    ListedFile {
        filename: name.to_owned().into(),
        reference: utf8_percent_encode(name, &SEGMENT).to_string().into(),
        ..ListedFile::default()
    }
}

/// A page that is a file of this machine.
pub(super) fn read_page(path: &Path, what: LocalPlace) -> Result<Result<ProjectPage<'static>, PageError>, IndexError> {
    let failed = |source| IndexError::Folder { what, path: path.to_owned(), source };
    let bytes = regular::read(path).map_err(failed)?;
    let absolute = std::path::absolute(path).map_err(failed)?;
    let url = SafeUrl::from_path(&absolute, false).expect("an absolute path is a file URL");
    Ok(ProjectPage::parse(&bytes, None, &url).map(ProjectPage::into_owned))
}
