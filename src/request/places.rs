//! Where on this machine everything lies that a request is made of.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::inputs::Request;
use super::{RequestError, RequestOptions, local};
use crate::spec::SafeUrl;

/// The files and folders that a request leads to, absolute: requirement files with those that they include, the lock,
/// local projects with what these name in turn, folders with distribution files. `None`: a requirements file is behind
/// a URL, and this machine alone cannot tell.
///
/// # Errors
/// What is malformed or cannot be read.
pub fn places_of(options: &RequestOptions) -> Result<Option<BTreeSet<PathBuf>>, RequestError> {
    let Some(request) = Request::read_locally(options.clone())? else { return Ok(None) };
    let mut places: BTreeSet<PathBuf> = request.manifest.files_read.iter().map(|read| read.path.clone()).collect();
    places.extend(request.lock.iter().map(|locked| locked.input.place.file()));
    let reached = local::reach(request.references(), &options.inputs.working_folder, &request.looked_at)?;
    places.extend(reached.into_iter().map(|content| content.place).filter(|place| place.is_absolute()));
    let (settings, files) = (&options.indexes, &request.manifest.options);
    let indexes = settings.named.iter().chain([&settings.default]).map(|index| &index.url);
    let urls = indexes.chain(&settings.extra).chain(&settings.find_links).chain(&settings.mirror);
    let urls = urls.chain(&files.index_url).chain(&files.extra_index_urls).chain(&files.find_links);
    places.extend(urls.filter_map(SafeUrl::to_file_path));
    Ok(Some(places))
}
