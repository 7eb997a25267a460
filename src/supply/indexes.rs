//! The order in which indexes are asked.
//!
//! Entries of `--index` as given, then indexes that we have credentials for, then the other extra ones, then the
//! default; public PyPI is always asked last. So a private name is never looked up in public first, whichever way
//! round the two pip flags were used.

use crate::index::IndexLocation;
use crate::request::{DEFAULT_INDEX_URL, IndexSettings};
use crate::requirements::{DirectReference, FileOptions, IndexRole, Manifest, Pin};
use crate::resolution::ResolvedDist;
use crate::spec::{MarkerTree, SafeUrl};
use crate::target::{Architecture, Runtime, Target};

/// The indexes of a run with those that tables of projects declare; settings count more.
#[derive(Clone, Debug)]
pub(super) struct AllIndexes {
    pub(super) settings: IndexSettings,
    pub(super) file: FileOptions,
    /// Asked after the default.
    later: Vec<IndexLocation>,
}

impl AllIndexes {
    /// For a target, ties with a marker count where it is true; without one, where it is true for some target.
    pub(super) fn of(settings: &IndexSettings, manifest: &Manifest, target: Option<&Target>) -> Self {
        if let Some(mirror) = &settings.mirror {
            return Self::mirror(mirror, settings, manifest);
        }
        let (mut settings, mut file) = (settings.beside_tables(manifest), manifest.options.clone());
        let mut later = Vec::new();
        for declared in &manifest.indexes {
            let is_known = declared.name.is_some()
                && settings.named.iter().chain([&settings.default]).any(|index| index.name == declared.name);
            if is_known {
                continue;
            }
            let explicit = declared.role == IndexRole::Explicit;
            let index = IndexLocation { explicit, ..IndexLocation::new(declared.url.clone()) };
            let index = IndexLocation { name: declared.name.clone(), ..index };
            match declared.role {
                IndexRole::Default if index.name == settings.default.name && index.url == settings.default.url => {}
                // Where another default counts, this index is still meant for what is tied to it.
                IndexRole::Default => settings.named.push(IndexLocation { explicit: true, ..index }),
                IndexRole::Listed | IndexRole::Explicit => settings.named.push(index),
                IndexRole::Later => later.push(index),
                IndexRole::Links => file.find_links.push(declared.url.clone()),
            }
        }
        let counts = |pin: &&Pin| match target {
            Some(target) => pin.marker.evaluate(target.markers(), &[]),
            None => holds_anywhere(&pin.marker),
        };
        for pin in manifest.pins.iter().filter(counts) {
            // PyPI needs no declaration.
            let is_pypi = pin.index.eq_ignore_ascii_case("pypi");
            let is_declared = settings
                .named
                .iter()
                .chain([&settings.default])
                .chain(&later)
                .any(|index| index.name.as_deref() == Some(&*pin.index));
            if is_pypi && !is_declared {
                let url = SafeUrl::parse(DEFAULT_INDEX_URL).expect("the constant is a URL");
                let name = Some(pin.index.clone());
                settings.named.push(IndexLocation { name, explicit: true, ..IndexLocation::new(url) });
            }
            if let Ok(name) = globset::Glob::new(pin.name.as_ref()) {
                settings.sources.push((name, pin.index.clone()));
            }
        }
        Self { settings, file, later }
    }

    /// The mirror alone, in the place of everything that settings, files and tables name. What is tied to an index is
    /// asked from it too: the mirror was made by asking that index.
    fn mirror(mirror: &SafeUrl, settings: &IndexSettings, manifest: &Manifest) -> Self {
        let settings = IndexSettings {
            named: Vec::new(),
            extra: Vec::new(),
            default: IndexLocation::new(mirror.clone()),
            find_links: Vec::new(),
            no_index: false,
            sources: Vec::new(),
            ..settings.clone()
        };
        let file = FileOptions {
            index_url: None,
            extra_index_urls: Vec::new(),
            find_links: Vec::new(),
            no_index: false,
            ..manifest.options.clone()
        };
        Self { settings, file, later: Vec::new() }
    }
}

/// Whether it depends on the target which index a name is tied to.
pub(super) fn depend_on_target(manifest: &Manifest) -> bool {
    manifest.pins.iter().any(|pin| !pin.marker.is_true())
}

/// Whether a marker is true for some target.
pub(super) fn holds_anywhere(marker: &MarkerTree) -> bool {
    let holds = |(runtime, architecture): (Runtime, Architecture)| {
        marker.evaluate(Target::new(runtime, architecture).markers(), &[])
    };
    let architectures = [Architecture::X86_64, Architecture::Arm64];
    let mut targets = Runtime::all().flat_map(|runtime| architectures.map(|architecture| (runtime, architecture)));
    marker.is_true() || targets.any(holds)
}

/// Every index, those that only answer for their own projects included: named ones, extra ones, the default.
pub(super) fn unordered(all: &AllIndexes) -> Vec<IndexLocation> {
    let AllIndexes { settings, file, later } = all;
    settings.named.iter().cloned().chain(unnamed(settings, file)).chain(later.iter().cloned()).collect()
}

/// Every index in the order of asking.
pub(super) fn in_order<E>(
    all: &AllIndexes,
    has_credentials: impl Fn(&SafeUrl) -> Result<bool, E>,
) -> Result<Vec<IndexLocation>, E> {
    let AllIndexes { settings, file, later } = all;
    let mut with_credentials = Vec::new();
    let mut without = Vec::new();
    for index in unnamed(settings, file) {
        let group = if has_credentials(&index.url)? { &mut with_credentials } else { &mut without };
        group.push(index);
    }
    let mut ordered = settings.named.clone();
    ordered.append(&mut with_credentials);
    ordered.append(&mut without);
    ordered.extend(later.iter().cloned());
    ordered.sort_by_key(|index| is_public(&index.url));
    Ok(without_repetition(ordered))
}

fn unnamed(settings: &IndexSettings, file: &FileOptions) -> Vec<IndexLocation> {
    // As in pip, a requirements file's own `--index-url` replaces the default.
    let default = file.index_url.clone().map_or_else(|| settings.default.clone(), IndexLocation::new);
    settings.extra.iter().chain(&file.extra_index_urls).cloned().map(IndexLocation::new).chain([default]).collect()
}

/// Whether this is PyPI itself, where anyone may take a name.
pub(crate) fn is_public(url: &SafeUrl) -> bool {
    let public = SafeUrl::parse(DEFAULT_INDEX_URL).expect("the constant is a URL");
    url.reveal().host_str() == public.reveal().host_str()
}

/// Whether not everybody may have what a distribution is: it comes from somewhere else than PyPI and the user's own
/// folders.
pub(crate) fn is_private(dist: &ResolvedDist) -> bool {
    dist.built_from.as_ref().map_or_else(|| !is_public(&dist.file.origin.url), is_private_reference)
}

/// Whether not everybody may have what a direct reference leads to: anything but a folder of the user's and the files
/// of PyPI.
pub(super) fn is_private_reference(reference: &DirectReference) -> bool {
    match reference {
        DirectReference::Folder { .. } => false,
        // Who may read a repository or a server is not seen from its URL: keys and helpers have credentials too.
        DirectReference::Wheel { url } | DirectReference::Sdist { url, .. } | DirectReference::Git { url, .. } => {
            !is_public(url)
        }
    }
}

/// Keeps the first of several entries with the same URL.
fn without_repetition(indexes: Vec<IndexLocation>) -> Vec<IndexLocation> {
    let mut kept: Vec<IndexLocation> = Vec::new();
    for index in indexes {
        let is_same = |other: &&IndexLocation| other.url.is_same_index(&index.url) && other.explicit == index.explicit;
        match kept.iter().find(is_same) {
            None => kept.push(index),
            // Names are tied to it under this name too.
            Some(other) if index.name.is_some() && other.name != index.name => {
                kept.push(IndexLocation { explicit: true, ..index });
            }
            Some(_) => {}
        }
    }
    kept
}
