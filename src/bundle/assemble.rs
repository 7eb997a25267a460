//! Putting distributions and the user's files together: what lies where, before anything is written.

use super::BundleError;
use super::conflicts::{Settled, settle};
use super::contents::{Bundle, BundleContent, BundleFile, BundleLayout};
use super::source::SourceFiles;
use crate::install::{FileContent, InstalledDist};

/// Puts distributions and the user's files together.
///
/// Where two distributions have the same path with different content, the last in name order wins, as when they are
/// installed one after the other; the user's own files win over every distribution. Both are told in `warnings`, and
/// the RECORD of a distribution that lost a file names what lies there now, so it stays true.
///
/// # Errors
/// A path that is a file of one and a folder of another; nothing to bundle.
pub(crate) fn assemble<'a>(
    dists: &'a [InstalledDist],
    source: Option<&'a SourceFiles>,
    layout: &BundleLayout,
) -> Result<Bundle<'a>, BundleError> {
    let mut dists: Vec<&InstalledDist> = dists.iter().collect();
    dists.sort_by(|a, b| a.name.cmp(&b.name));
    let source_files = source.map_or(&[][..], |source| &source.files);

    let dist_files: usize = dists.iter().map(|dist| dist.files.len()).sum();
    let mut claims = Vec::with_capacity(dist_files + source_files.len());
    for dist in &dists {
        claims.extend(dist.files.iter().map(|file| {
            let path = layout.place(&file.path);
            let content = match &file.content {
                // The tree has another one, which other bundles share.
                FileContent::Generated(bytes) if dist.rewritten.contains(&file.path) => {
                    BundleContent::Generated(bytes.clone())
                }
                _ => BundleContent::Dist { dist, file },
            };
            BundleFile { path, executable: file.executable, size: file.size, content }
        }));
    }
    claims.extend(source_files.iter().map(|file| {
        let (path, content) = (layout.place(&file.path), BundleContent::Source(file));
        let size = file.link.as_ref().map_or(file.size, |text| text.len() as u64);
        BundleFile { path, executable: file.executable, size, content }
    }));

    let Settled { files, warnings, alike } = settle(claims, layout)?;
    if files.is_empty() {
        return Err(BundleError::Empty);
    }
    let size_bytes = files.iter().map(|file| file.size).sum();
    let source_folders = source.map(|source| source.folders.clone()).unwrap_or_default();
    Ok(Bundle { files, size_bytes, dists, layout: layout.clone(), source_folders, warnings, alike })
}
