//! One index that stands for every place that files come from.
//!
//! A file is looked for on the page of its project: by the digests that were promised first, because a mirror may have
//! it under another URL and index, then by its name. Not every URL ends in a name of a file (`…/archive/main.zip`): what
//! nothing else is known of is looked for by where it came from.

use std::sync::Arc;

use crate::fetch::{FetchError, LocatedFile, StandIn, WantedFile};
use crate::resolve::ProjectAnswer;
use crate::spec::{DistFile, HashDigest, SafeUrl};

use super::{IndexClient, IndexError};

/// A mirror, asked like an index.
pub(crate) struct MirrorIndex {
    index: Arc<IndexClient>,
    place: SafeUrl,
}

impl MirrorIndex {
    /// `index` asks the mirror and nothing else; `place` is the URL that its files are marked with.
    pub(crate) fn new(index: Arc<IndexClient>, place: &SafeUrl) -> Self {
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
            let chosen = match choose(&files, wanted) {
                None => self.of_same_place(&files, wanted).await.map_err(failed)?,
                chosen => chosen,
            };
            Ok(chosen.map(|file| wanted.at(file)))
        })
    }

    fn place(&self) -> &SafeUrl {
        &self.place
    }
}

impl MirrorIndex {
    /// The file that came from the URL that is wanted. A URL that gave several over time gives the newest; where it has a
    /// query, that may have chosen between them, and is not known any more: it may have been a secret.
    async fn of_same_place<'a>(
        &self,
        files: &'a [DistFile],
        wanted: &WantedFile,
    ) -> Result<Option<&'a DistFile>, IndexError> {
        if !wanted.accepted.is_empty() || !wanted.listed.is_empty() {
            return Ok(None);
        }
        let digests = self.index.outline().await?.digests_from(&wanted.url);
        let is_from_there = |file: &&DistFile| file.hashes.iter().any(|known| digests.contains(&known.hex().as_str()));
        let found: Vec<&DistFile> = files.iter().filter(is_from_there).collect();
        let is_known = found.len() == 1 || wanted.url.reveal().query().is_none();
        Ok(found.into_iter().filter(|_| is_known).max_by_key(|file| file.version()))
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
