//! `self version-check`: the newest barrow that the indexes have. Nobody but who asks for it starts this.

use super::Error;
use crate::context::Context;
use crate::request::RequestOptions;
use crate::resolve::ProjectAnswer;
use crate::spec::{DistFile, DistFilename, PackageName, SafeUrl, TagSet, Version};
use crate::supply::Inquiry;

/// What the indexes say about barrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Newest {
    /// The highest version, and the index that has it.
    Is(Version, SafeUrl),
    /// None of these has a release of it.
    Nowhere(Vec<SafeUrl>),
    /// Nobody is asked, because the run is offline.
    Offline,
}

/// Asks the indexes for the newest release of barrow; of versions before a release only where `with_previews`.
///
/// # Errors
/// An index cannot be asked.
///
/// # Panics
/// Never: `barrow` is a name.
pub async fn newest_barrow(request: RequestOptions, with_previews: bool, context: Context) -> Result<Newest, Error> {
    let inquiry = Box::pin(Inquiry::begin(request, &context)).await?;
    let name: PackageName = "barrow".parse().expect("it is a name");
    let found = match inquiry.source().index().project(&name).await? {
        ProjectAnswer::Offline => return Ok(Newest::Offline),
        ProjectAnswer::NotFound { asked } => return Ok(Newest::Nowhere(asked)),
        ProjectAnswer::Found(found) => found,
    };
    let files: Vec<DistFile> = found.iter().flat_map(|detail| detail.files()).collect();
    let ours = files.iter().filter(|file| is_release(file) && (with_previews || !file.version().any_prerelease()));
    let newest = ours.max_by(|one, other| one.version().cmp(other.version()));
    if let Some(file) = newest {
        return Ok(Newest::Is(file.version().clone(), file.origin.url.clone()));
    }
    let mut asked: Vec<SafeUrl> = files.iter().map(|file| file.origin.url.clone()).collect();
    asked.dedup();
    Ok(Newest::Nowhere(asked))
}

/// Whether a file looks like a release of this program: a wheel for any Python of one platform, as `tools/release`
/// makes them. Another project of the name would have others.
fn is_release(file: &DistFile) -> bool {
    let DistFilename::Wheel(wheel) = &file.filename else { return false };
    let is_only = |tags: TagSet<'_>, tag: &str| tags.iter().all(|other| other == tag);
    is_only(wheel.pythons(), "py3")
        && is_only(wheel.abis(), "none")
        && !wheel.platforms().iter().any(|platform| platform == "any")
        && !file.yanked.is_yanked()
}
