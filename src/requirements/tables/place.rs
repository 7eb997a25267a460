//! Folders, archives and repositories, as tables name them.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::direct::{Reference, is_archive, path_reference, reference};
use super::super::line::without_project;
use super::document::PyprojectDocument;
use crate::archive::normalized;

/// What a revision of Git or a subdirectory may hold in a URL as it stands.
pub(in super::super) const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b'+');

/// A folder with a project in it, or an archive; `path` is relative to the file.
pub(super) fn local(
    document: &PyprojectDocument<'_>,
    path: &str,
    subdirectory: Option<&str>,
) -> Result<Reference, String> {
    if path.starts_with("file:") {
        return url(document, path, subdirectory);
    }
    let absolute = normalized(&document.folder.join(path));
    if !absolute.exists() {
        return Err(format!("there is no file or folder `{path}`"));
    }
    if absolute.is_dir() {
        let project = subdirectory.map_or_else(|| absolute.clone(), |below| absolute.join(below));
        if !is_project(&project) {
            return Err(without_project(path, &project));
        }
    } else if !is_archive(path) {
        return Err(format!("`{path}` is neither a folder nor an archive"));
    }
    let found = path_reference(&absolute, false)?;
    if subdirectory.is_none() { Ok(found) } else { url(document, found.url.reveal().as_str(), subdirectory) }
}

/// Whether a build could start in a folder.
pub(super) fn is_project(folder: &Path) -> bool {
    folder.join("pyproject.toml").is_file() || folder.join("setup.py").is_file()
}

/// An archive behind a URL.
pub(super) fn url(
    document: &PyprojectDocument<'_>,
    url: &str,
    subdirectory: Option<&str>,
) -> Result<Reference, String> {
    let text = match subdirectory {
        None => url.to_owned(),
        Some(below) => {
            let separator = if url.contains('#') { '&' } else { '#' };
            format!("{url}{separator}subdirectory={}", utf8_percent_encode(below, PLAIN))
        }
    };
    reference(&text, false, &document.folders())
}

/// A repository: a URL, `user@host:path`, or a folder. `revisions` are `rev`, `tag` and `branch`.
pub(super) fn git(
    document: &PyprojectDocument<'_>,
    place: &str,
    revisions: [Option<&str>; 3],
    subdirectory: Option<&str>,
) -> Result<Reference, String> {
    let mut revisions = revisions.into_iter().flatten();
    let (revision, None) = (revisions.next(), revisions.next()) else {
        return Err("it can have one of `rev`, `tag` and `branch`".to_owned());
    };
    let place = place.strip_prefix("git+").unwrap_or(place);
    let mut text = format!("git+{}", git_url(document, place)?);
    if let Some(revision) = revision {
        text.push('@');
        text.extend(utf8_percent_encode(revision, PLAIN));
    }
    if let Some(below) = subdirectory {
        text.push_str("#subdirectory=");
        text.extend(utf8_percent_encode(below, PLAIN));
    }
    reference(&text, false, &document.folders())
}

fn git_url(document: &PyprojectDocument<'_>, place: &str) -> Result<String, String> {
    if place.contains("://") {
        return Ok(place.to_owned());
    }
    if let Some((user_and_host, path)) = place.split_once(':')
        && !user_and_host.contains('/')
        && !user_and_host.is_empty()
    {
        return Ok(format!("ssh://{user_and_host}/{}", path.trim_start_matches('/')));
    }
    let folder = normalized(&document.folder.join(place));
    if !folder.is_dir() {
        return Err(format!("`{place}` is neither the URL of a Git repository nor a folder"));
    }
    crate::spec::SafeUrl::from_path(&folder, false)
        .map(|url| url.reveal().as_str().to_owned())
        .map_err(|error| error.to_string())
}
