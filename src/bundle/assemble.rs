//! Putting distributions and the user's files together: what lies where, before anything is written.

use super::BundleError;
use super::conflicts::{Settled, settle};
use super::contents::{Bundle, BundleContent, BundleFile, BundleLayout};
use super::source::{SourceFile, SourceFiles};
use crate::archive::SafePath;
use crate::install::{FileContent, InstalledDist, InstalledFile};

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
    for run in runs(&dists, source_files) {
        match run {
            Run::Dist(dist, files) => claims.extend(files.iter().map(|file| claim(dist, file, layout))),
            Run::Source(files) => claims.extend(files.iter().map(|file| {
                let (path, content) = (layout.place(&file.path), BundleContent::Source(file));
                let size = file.link.as_ref().map_or(file.size, |text| text.len() as u64);
                BundleFile { path, executable: file.executable, size, content }
            })),
        }
    }

    let Settled { files, warnings, alike } = settle(claims, layout)?;
    if files.is_empty() {
        return Err(BundleError::Empty);
    }
    let size_bytes = files.iter().map(|file| file.size).sum();
    let source_folders = source.map(|source| source.folders.clone()).unwrap_or_default();
    Ok(Bundle { files, size_bytes, dists, layout: layout.clone(), source_folders, warnings, alike })
}

/// What a file of a distribution is in the bundle.
fn claim<'a>(dist: &'a InstalledDist, file: &'a InstalledFile, layout: &BundleLayout) -> BundleFile<'a> {
    let content = match &file.content {
        // The tree has another one, which other bundles share.
        FileContent::Generated(bytes) if dist.rewritten.contains(&file.path) => BundleContent::Generated(bytes.clone()),
        _ => BundleContent::Dist { dist, file },
    };
    BundleFile { path: layout.place(&file.path), executable: file.executable, size: file.size, content }
}

/// Files of one owner that lie in one folder at the top, or one file there.
enum Run<'a> {
    Dist(&'a InstalledDist, &'a [InstalledFile]),
    Source(&'a [SourceFile]),
}

/// All files, in the order of what is at the top; what has one name there stays in the order of its owners. Most of
/// that belongs to one distribution, whose files are sorted, so all of them nearly are: to sort thousands of files
/// from lists of fifty owners takes six comparisons for each, and so little more than one.
fn runs<'a>(dists: &[&'a InstalledDist], source: &'a [SourceFile]) -> impl Iterator<Item = Run<'a>> {
    let mut runs: Vec<(&str, Run)> = Vec::new();
    for &dist in dists {
        let files = dist.files.chunk_by(|one, next| top_of(&one.path) == top_of(&next.path));
        runs.extend(files.map(|files| (top_of(&files[0].path), Run::Dist(dist, files))));
    }
    let files = source.chunk_by(|one, next| top_of(&one.path) == top_of(&next.path));
    runs.extend(files.map(|files| (top_of(&files[0].path), Run::Source(files))));
    runs.sort_by_key(|(top, _)| *top);
    runs.into_iter().map(|(_, run)| run)
}

/// The first part of a path, with the slash behind it: so it compares with another one as the paths do.
fn top_of(path: &SafePath) -> &str {
    path.as_str().split_inclusive('/').next().unwrap_or_default()
}
