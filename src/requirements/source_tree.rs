//! What the tables of a project tie that lies in a repository or an archive.
//!
//! Its own folder is a temporary one, so a tie to a folder of the same source becomes a reference to the source with
//! that folder as `#subdirectory=`. A tie to an index would need that index for this project alone, and one that leads
//! out of the source leads to nobody's files: both are errors where the name is required, and never a question to an
//! index.

use std::path::Path;

use percent_encoding::utf8_percent_encode;

use super::DirectReference;
use super::tables::{PLAIN, PyprojectDocument, Tables, Tie, TiedTo};
use super::toml_text::TomlText;
use crate::spec::{
    CoreMetadata, ExtraName, MarkerEnvironment, MarkerTree, PackageName, Requirement, SafeUrl, VersionOrUrl,
    parse_marker,
};

/// A project in a source that was unpacked or checked out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourceTree<'a> {
    /// The folder at the top of the source, absolute.
    pub(crate) top: &'a Path,
    /// The folder of the project, below the top.
    pub(crate) below: Option<&'a str>,
    /// What leads to the source.
    pub(crate) home: &'a DirectReference,
}

/// Whose word counts where a name is tied twice, and for whom the requirements are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TieContext<'a> {
    /// Names of which the user's own files say where they come from.
    pub(crate) settled: &'a [PackageName],
    /// Extras of the project that the user asks for.
    pub(crate) extras: &'a [ExtraName],
    /// The target.
    pub(crate) markers: &'a MarkerEnvironment,
}

impl SourceTree<'_> {
    /// Puts the places that the project's tables name into what it requires, and gives those places.
    ///
    /// # Errors
    /// The tables cannot be read, or what they say of a name that is required cannot be honoured; with file and line.
    pub(crate) fn tie(
        &self,
        metadata: &mut CoreMetadata,
        context: &TieContext<'_>,
    ) -> Result<Vec<DirectReference>, String> {
        let folder = self.below.map_or_else(|| self.top.to_owned(), |below| self.top.join(below));
        let Ok(text) = fs_err::read_to_string(folder.join("pyproject.toml")) else { return Ok(Vec::new()) };
        if !may_tie(&text) {
            return Ok(Vec::new());
        }
        let shown = folder.join("pyproject.toml");
        let shown = shown.strip_prefix(self.top).unwrap_or(&shown).to_owned();
        let toml = TomlText { text: text.trim_start_matches('\u{feff}'), file: &shown };
        let document = PyprojectDocument::parse(toml, &folder, self.top).map_err(|problem| problem.to_string())?;
        let known = Tables::read(&document).ties;
        let mut references = Vec::new();
        let mut tied = Vec::with_capacity(metadata.requires_dist.len());
        let mut lost: Vec<ExtraName> = Vec::new();
        for requirement in &metadata.requires_dist {
            let of_name: Vec<&Tie> =
                known.iter().filter(|tie| tie.name == requirement.name && tie.group.is_none()).collect();
            if of_name.is_empty() {
                tied.push(requirement.clone());
                continue;
            }
            if context.settled.contains(&requirement.name) {
                // The user's own word counts more, so what a build has written in its place does not.
                tied.push(without_place(requirement));
                continue;
            }
            let mut rest = requirement.marker.clone();
            for tie in of_name {
                let condition = condition(tie);
                let mut marker = requirement.marker.clone();
                marker.and(condition.clone());
                rest.and(condition.negate());
                match self.place(tie) {
                    Ok((url, reference)) => {
                        let mut placed = requirement.clone();
                        placed.version_or_url = Some(VersionOrUrl::Url(url));
                        placed.marker = marker;
                        tied.push(placed);
                        references.push(reference);
                    }
                    Err(why) if marker.evaluate(context.markers, context.extras) => {
                        return Err(format!("`{}` is required: {why}", requirement.name));
                    }
                    // Nobody has asked for it so far; whoever does is told that there is no such extra.
                    Err(_) => lost.extend(extras_for(&marker, metadata, context.markers)),
                }
            }
            if !rest.is_false() {
                tied.push(Requirement { marker: rest, ..requirement.clone() });
            }
        }
        metadata.requires_dist = tied;
        metadata.provides_extras.retain(|extra| !lost.contains(extra));
        Ok(references)
    }

    /// What a tie leads to, as seen from outside of the source.
    fn place(&self, tie: &Tie) -> Result<(SafeUrl, DirectReference), String> {
        let reference = match &tie.to {
            TiedTo::Place(reference) => reference,
            TiedTo::Index(index) => {
                return Err(format!(
                    "{} ties it to the index `{index}`, which is not asked for a project that is not yours: \
                     tie `{}` in your own `pyproject.toml`",
                    tie.origin, tie.name
                ));
            }
            TiedTo::Unusable(problem) => return Err(problem.to_string()),
        };
        let inside = |path: &Path| path.starts_with(self.top);
        match &reference.direct {
            DirectReference::Folder { path, subdirectory, .. } => {
                let path = subdirectory.as_ref().map_or_else(|| path.clone(), |below| path.join(below));
                let Ok(below) = path.strip_prefix(self.top) else {
                    return Err(format!("{} ties it to a folder outside of this source", tie.origin));
                };
                let direct = self.home_at(below);
                let url = direct.url().map_err(|error| format!("{}: {error}", tie.origin))?;
                Ok((url, direct))
            }
            DirectReference::Wheel { url } | DirectReference::Sdist { url, .. } | DirectReference::Git { url, .. } => {
                match url.to_file_path() {
                    None => Ok((reference.url.clone(), reference.direct.clone())),
                    Some(path) if inside(&path) => {
                        Err(format!("{} ties it to an archive inside of this source", tie.origin))
                    }
                    Some(_) => Err(format!("{} ties it to a file outside of this source", tie.origin)),
                }
            }
        }
    }

    /// The source with another folder below its top.
    fn home_at(&self, below: &Path) -> DirectReference {
        let mut home = self.home.clone();
        let below = below.to_string_lossy().into_owned();
        if let DirectReference::Sdist { subdirectory, .. }
        | DirectReference::Folder { subdirectory, .. }
        | DirectReference::Git { subdirectory, .. } = &mut home
        {
            *subdirectory = (!below.is_empty()).then_some(below);
        }
        if let DirectReference::Folder { editable, .. } | DirectReference::Git { editable, .. } = &mut home {
            *editable = false;
        }
        home
    }
}

impl DirectReference {
    /// The URL that stands for it in a requirement.
    fn url(&self) -> Result<SafeUrl, crate::spec::UrlError> {
        let mut text = match self {
            Self::Wheel { url } | Self::Sdist { url, .. } => url.reveal().to_string(),
            Self::Folder { path, .. } => SafeUrl::from_path(path, true)?.reveal().to_string(),
            Self::Git { url, revision, .. } => {
                let revision = revision.as_deref().map(|revision| format!("@{}", utf8_percent_encode(revision, PLAIN)));
                format!("git+{}{}", url.reveal(), revision.unwrap_or_default())
            }
        };
        if let Some(below) = self.subdirectory() {
            text.push_str("#subdirectory=");
            text.extend(utf8_percent_encode(below, PLAIN));
        }
        SafeUrl::parse(&text)
    }
}

/// Whether a `pyproject.toml` may tie names at all: most of those that are published do not.
pub(crate) fn may_tie(pyproject: &str) -> bool {
    ["uv", "poetry", "pdm", "hatch", "rye"].iter().any(|tool| pyproject.contains(&format!("tool.{tool}")))
        || pyproject.contains("[tool]")
}

/// Where a tie counts.
fn condition(tie: &Tie) -> MarkerTree {
    let mut marker = tie.marker.clone();
    if let Some(extra) = &tie.extra
        && let Ok(with_extra) = parse_marker(&format!("extra == '{extra}'"))
    {
        marker.and(with_extra);
    }
    marker
}

/// A requirement of the name alone, when a place of this machine stands in it: a build wrote it there.
fn without_place(requirement: &Requirement) -> Requirement {
    let is_here = matches!(&requirement.version_or_url, Some(VersionOrUrl::Url(url)) if url.is_file());
    Requirement { version_or_url: requirement.version_or_url.clone().filter(|_| !is_here), ..requirement.clone() }
}

/// The extras of a project with which a marker is true.
fn extras_for<'m>(
    marker: &'m MarkerTree,
    metadata: &'m CoreMetadata,
    markers: &'m MarkerEnvironment,
) -> impl Iterator<Item = ExtraName> + use<'m> {
    let extras = metadata.provides_extras.iter();
    extras.filter(|extra| marker.evaluate(markers, std::slice::from_ref(*extra))).cloned()
}
