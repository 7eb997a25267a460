//! Where on this machine everything lies that an output is made of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::inputs::Request;
use super::local::LocalContent;
use super::{BundleOptions, IndexSettings, RequestError, local};
use crate::build::{GivenVariables, folder_files};
use crate::requirements::Manifest;
use crate::spec::SafeUrl;

/// The files and folders that an output is made of, absolute: the user's own files, by the places that links lead to;
/// requirement files with those that they include, the lock and the project files that it was made from; local projects
/// with their files and with what these name in turn; folders with distribution files. `None`: this machine alone cannot
/// tell, because a requirements file is behind a URL, or something is malformed or cannot be read.
pub fn places_of(options: &BundleOptions) -> Option<BTreeSet<PathBuf>> {
    let request = Request::read_locally(options.request.clone()).ok()??;
    let mut places = of_request(&request).ok()?;
    if let Some(source) = &options.assembly.source {
        let own = request.collect(source, &options.publish.state_folders, Some(&options.publish.out)).ok()?;
        places.extend(source.folders().map(Path::to_owned));
        places.extend(own.files.into_iter().map(|file| file.from));
        places.extend(own.followed.into_iter().map(|(_, target)| target));
    }
    Some(places)
}

fn of_request(request: &Request) -> Result<BTreeSet<PathBuf>, RequestError> {
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
    let reached = local::reach(request.references(), &request.options.inputs.working_folder, looked_at)?;
    for LocalContent { place, is_project, .. } in reached.into_iter().filter(|content| content.place.is_absolute()) {
        if is_project && place.is_dir() {
            places.extend(folder_files(&place, &place.display().to_string())?);
        }
        places.insert(place);
    }
    places.extend(local_indexes(&request.options.indexes, &request.manifest));
    Ok(places)
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
