//! One index that stands for every place that files come from.
//!
//! A file is looked for on the page of its project: by the digests that were promised first, because a mirror may have
//! it under another URL and index, then by its name.

use crate::fetch::{FetchError, LocatedFile, StandIn, WantedFile};
use crate::resolve::ProjectAnswer;
use crate::spec::{DistFile, HashDigest, SafeUrl};

use super::IndexClient;

/// A mirror, asked like an index.
pub(crate) struct MirrorIndex {
    index: IndexClient,
    place: SafeUrl,
}

impl MirrorIndex {
    /// `index` asks the mirror and nothing else; `place` is the URL that its files are marked with.
    pub(crate) fn new(index: IndexClient, place: &SafeUrl) -> Self {
        Self { index, place: place.without_credentials().without_fragment() }
    }
}

impl StandIn for MirrorIndex {
    fn locate<'a>(&'a self, wanted: &'a WantedFile) -> LocatedFile<'a> {
        Box::pin(async move {
            let failed = |source| FetchError::StandIn { file: wanted.filename.clone(), source: Box::new(source) };
            let ProjectAnswer::Found(details) = self.index.project(&wanted.project).await.map_err(failed)? else {
                return Ok(None);
            };
            let files: Vec<DistFile> = details.iter().flat_map(|detail| detail.files()).collect();
            Ok(choose(&files, wanted).map(|file| wanted.at(file)))
        })
    }

    fn place(&self) -> &SafeUrl {
        &self.place
    }
}

/// The file with the digest, best of the same name too; else the file of that name.
fn choose<'a>(files: &'a [DistFile], wanted: &WantedFile) -> Option<&'a DistFile> {
    let has_name = |file: &&DistFile| file.filename.as_str() == wanted.filename;
    let has_one_of =
        |digests: &[HashDigest], file: &DistFile| file.hashes.iter().any(|digest| digests.contains(digest));
    // Several accepted digests may be those of all files of a version, for other platforms as well: they choose between
    // files of one name only.
    let known = match wanted.accepted.as_slice() {
        _ if !wanted.listed.is_empty() => wanted.listed.as_slice(),
        [only] => std::slice::from_ref(only),
        _ => &[],
    };
    let by_name = || files.iter().filter(has_name);
    by_name()
        .find(|file| has_one_of(&wanted.accepted, file) || has_one_of(&wanted.listed, file))
        .or_else(|| files.iter().find(|file| has_one_of(known, file)))
        .or_else(|| by_name().next())
}
