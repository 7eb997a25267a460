//! Where on this machine everything lies that a request is made of.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::inputs::Request;
use super::{IndexSettings, RequestError, RequestOptions, local};
use crate::build::GivenVariables;
use crate::requirements::Manifest;
use crate::spec::SafeUrl;

/// The files and folders that a request leads to, absolute: requirement files with those that they include, the lock
/// and the project files that it was made from, local projects with what these name in turn, folders with distribution
/// files. `None`: a requirements file is behind a URL, and this machine alone cannot tell.
///
/// # Errors
/// What is malformed or cannot be read.
pub fn places_of(options: &RequestOptions) -> Result<Option<BTreeSet<PathBuf>>, RequestError> {
    let Some(request) = Request::read_locally(options.clone())? else { return Ok(None) };
    let mut places: BTreeSet<PathBuf> = request.manifest.files_read.iter().map(|read| read.path.clone()).collect();
    if let Some(locked) = &request.lock {
        places.insert(locked.input.place.file());
        // They decide whether the lock is still good.
        places.extend(
            locked.lock.project_files(&locked.input.place.environment).into_iter().filter(|file| file.is_file()),
        );
    }
    // Where something lies does not depend on the environment of builds.
    let looked_at = (&*request.looked_at, &GivenVariables::default());
    let reached = local::reach(request.references(), &options.inputs.working_folder, looked_at)?;
    places.extend(reached.into_iter().map(|content| content.place).filter(|place| place.is_absolute()));
    places.extend(local_indexes(&options.indexes, &request.manifest));
    Ok(Some(places))
}

/// What lies on this machine of what is asked like an index: by settings, option lines and tables.
pub(crate) fn local_indexes(settings: &IndexSettings, manifest: &Manifest) -> Vec<PathBuf> {
    let named = settings.named.iter().chain([&settings.default]).map(|index| &index.url);
    let urls = named.chain(&settings.extra).chain(&settings.find_links).chain(&settings.mirror);
    let file = &manifest.options;
    let urls = urls.chain(&file.index_url).chain(&file.extra_index_urls).chain(&file.find_links);
    let urls = urls.chain(manifest.indexes.iter().map(|index| &index.url));
    urls.filter_map(SafeUrl::to_file_path).collect()
}
