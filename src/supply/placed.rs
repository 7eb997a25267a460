//! Requirements that a build tied to a place of this machine. The wheel has their names alone, and the solver is given
//! the places: a name that a project ties to a file or folder is asked from nowhere else.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::archive::normalized;
use crate::build::BuildError;
use crate::spec::{CoreMetadata, PackageName, Requirement, SafeUrl, VersionOrUrl, lenient};
use crate::target::Target;

/// A requirement with a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlacedRequirement {
    /// As the wheel has it, without the place.
    requirement: String,
    /// Absolute; relative to the top of the source where the backend named the copy that was built, or what would lie
    /// beside it.
    place: PathBuf,
}

impl PlacedRequirement {
    /// Takes a requirement of a wheel that was built in the folder `source`, somewhere below `work`, where nothing else
    /// lies that a project can mean.
    pub(super) fn of_build(text: &str, source: &Path, work: &Path) -> Option<Self> {
        let mut requirement = lenient::requirement(text).ok()?;
        let VersionOrUrl::Url(url) = requirement.version_or_url.take()? else { return None };
        let place = normalized(&url.to_file_path()?);
        // Backends tell folders as they were given them, or as they really are.
        let real = |path: &Path| fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let forms = [(normalized(source), normalized(work)), (real(source), real(work))];
        let inside = forms.into_iter().find(|(_, work)| place.starts_with(work));
        let place = inside.map(|(source, _)| relative(&place, &source)).unwrap_or(place);
        Some(Self { requirement: requirement.to_string(), place })
    }

    /// The requirement with its place, for a source that lies in `folder`; `None`: it lies nowhere.
    fn in_place(&self, folder: Option<&Path>) -> Option<Requirement> {
        let place = if self.place.is_absolute() { self.place.clone() } else { normalized(&folder?.join(&self.place)) };
        let mut requirement = lenient::requirement(&self.requirement).ok()?;
        let is_folder = !place.is_file();
        requirement.version_or_url = Some(VersionOrUrl::Url(SafeUrl::from_path(&place, is_folder).ok()?));
        Some(requirement)
    }
}

/// The way from one folder to a place, both absolute.
fn relative(place: &Path, from: &Path) -> PathBuf {
    let shared = place.components().zip(from.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(shared).map(|_| std::path::Component::ParentDir);
    up.chain(place.components().skip(shared)).collect()
}

/// Gives the requirements of a built source their places again, but for names that are settled: those have the places
/// that the user's own files say.
///
/// # Errors
/// A requirement that the target needs is tied to a file of a source that lies in no folder of the user's.
pub(super) fn put_back(
    metadata: &mut CoreMetadata,
    placed: &[PlacedRequirement],
    folder: Option<&Path>,
    settled: impl Fn(&PackageName) -> bool,
    (label, target): (&str, &Target),
) -> Result<(), BuildError> {
    for one in placed {
        let Ok(bare) = lenient::requirement(&one.requirement) else { continue };
        let Some(there) = metadata.requires_dist.iter_mut().find(|it| **it == bare) else { continue };
        if settled(&bare.name) {
            continue;
        }
        match one.in_place(folder) {
            Some(requirement) => *there = requirement,
            None if !bare.marker.evaluate(target.markers(), &[]) => {}
            None => {
                return Err(BuildError::Metadata {
                    label: label.to_owned(),
                    reason: format!(
                        "it ties `{}` to `{}` beside its own files, and these lie in no folder: name that one yourself, as \
                         `{} @ URL`",
                        bare.name,
                        one.place.display(),
                        bare.name
                    ),
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_build_are_seen_from_the_source() {
        let (source, work) = (Path::new("/c/tmp/x/source"), Path::new("/c"));
        let of = |text: &str| {
            PlacedRequirement::of_build(text, source, work).map(|it| (it.requirement, it.place.display().to_string()))
        };
        let is = |requirement: &str, place: &str| Some((requirement.to_owned(), place.to_owned()));
        assert_eq!(of("a @ file:///c/tmp/x/source/v/a-1-py3-none-any.whl"), is("a", "v/a-1-py3-none-any.whl"));
        assert_eq!(of("a[b] @ file:///c/tmp/x/two ; extra == 'z'"), is("a[b] ; extra == 'z'", "../two"));
        assert_eq!(of("a @ file:///c/two"), is("a", "../../../two"));
        assert_eq!(of("a @ file:///home/two"), is("a", "/home/two"));
        assert_eq!(of("a>1"), None);
        let two = PlacedRequirement { requirement: "a".to_owned(), place: "../two".into() };
        let shown = |folder| two.in_place(folder).map(|it| it.to_string());
        assert_eq!(shown(Some(Path::new("/home/one"))).as_deref(), Some("a @ file:///home/two/"));
        assert_eq!(shown(None), None);
    }
}
