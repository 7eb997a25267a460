//! The part of a request's key that says where distribution files may come from.

use std::path::Path;

use super::RequestError;
use super::input_key::InputKey;
use super::inputs::Request;
use super::local::{self, Look};
use super::options::IndexSettings;
use super::part::Counts;
use crate::index::IndexLocation;
use crate::requirements::Manifest;
use crate::spec::SafeUrl;

impl InputKey {
    /// Indexes of options and files, as they come to beside the tables of a project. Those that are folders count with
    /// all that is in them. Where a lock decides about every byte, none of them counts.
    pub(super) fn add_indexes(
        &mut self,
        settings: &IndexSettings,
        request: &Request,
        base: &Path,
        look: Look,
    ) -> Result<(), RequestError> {
        if request.lock.as_ref().is_some_and(|locked| locked.decides_alone()) {
            return Ok(());
        }
        let Manifest { options: file, indexes: declared, .. } = &*request.manifest;
        let is_decided = request.lock.is_some() || file.require_hashes;
        let IndexSettings {
            named,
            extra,
            default,
            find_links,
            mirror,
            no_index,
            strategy,
            sources,
            // Whether to look anew at all is not a question of what there is.
            refresh: _,
            // It has decided what the others are.
            said_by: _,
        } = &settings.beside_tables(&request.manifest);
        self.switch(Counts::Everywhere, "--no-index", *no_index || file.no_index);
        self.option(Counts::Everywhere, "--index-strategy", strategy, None);
        let index = |index: &IndexLocation| {
            // The statuses decide whether a refusal counts as "not here", and so which index answers.
            let IndexLocation { name, url, explicit, ignore_status } = index;
            let statuses: Vec<u64> = ignore_status.iter().map(|status| u64::from(*status)).collect();
            ((name.clone(), local::place(url, base)), (*explicit, statuses))
        };
        let place = |url: &SafeUrl| local::place(url, base);
        self.option(Counts::Everywhere, "--index", &named.iter().map(index).collect::<Vec<_>>(), None);
        let extra: Vec<&SafeUrl> = extra.iter().chain(&file.extra_index_urls).collect();
        let places: Vec<String> = extra.iter().map(|url| place(url)).collect();
        self.option(Counts::Everywhere, "--extra-index-url", &places, None);
        let default = file.index_url.clone().map_or_else(|| default.clone(), IndexLocation::new);
        self.option(Counts::Everywhere, "--index-url", &index(&default), None);
        let pages: Vec<&SafeUrl> = find_links.iter().chain(&file.find_links).collect();
        let places: Vec<String> = pages.iter().map(|url| place(url)).collect();
        self.option(Counts::Everywhere, "--find-links", &places, None);
        self.option(Counts::Everywhere, "[sources]", sources, None);

        let tables: Vec<_> =
            declared.iter().map(|index| ((index.name.clone(), place(&index.url)), index.role)).collect();
        self.other(Counts::Everywhere, "what tables declare as indexes", &tables);
        if let Some(of_builds) = &request.of_builds {
            let tables: Vec<_> =
                of_builds.indexes.iter().map(|index| ((index.name.clone(), place(&index.url)), index.role)).collect();
            self.other(Counts::Everywhere, "what tables declare as indexes for builds", &(tables, &of_builds.pins));
        }

        if let Some(mirror) = mirror {
            return self.add_mirror(mirror, is_decided, base, look);
        }
        let urls = named.iter().map(|index| &index.url).chain(extra).chain([&default.url]).chain(pages);
        let urls = urls.chain(declared.iter().map(|index| &index.url));
        urls.filter_map(SafeUrl::to_file_path).try_for_each(|path| self.add_offered(&path, base, look))
    }

    /// A folder that is asked like an index.
    fn add_offered(&mut self, path: &Path, base: &Path, look: Look) -> Result<(), RequestError> {
        let counts = match look {
            Look::AtContents => Counts::Everywhere,
            Look::AtStamps => Counts::OnThisMachine,
            Look::Away => return Ok(()),
        };
        match local::offered(path, look)? {
            Some(digest) => self.place(counts, local::relative(path, base), digest),

            None => self.is_whole = false,
        }
        Ok(())
    }

    /// A mirror stands for the indexes, so it alone is looked at. Where a lock or hashes decide about every file, its
    /// place changes no byte: the fingerprint is that of a machine with a network.
    fn add_mirror(&mut self, mirror: &SafeUrl, is_decided: bool, base: &Path, look: Look) -> Result<(), RequestError> {
        let counts = if is_decided { Counts::OnThisMachine } else { Counts::Everywhere };
        let place = local::place(mirror, base);
        let given = Some(format!("--mirror {place}"));
        self.option(counts, "--mirror", &place, given);
        let path = mirror.to_file_path().filter(|_| !is_decided || look == Look::AtStamps);
        path.map_or(Ok(()), |path| self.add_offered(&path, base, look))
    }
}
