//! How the nouns of other rooms are encoded in a key. Structs are taken apart by name and without `..`: see the room's
//! documentation for what to do with a new field.

use globset::Glob;

use super::keyed::{Encoder, Keyed};
use super::options::BundleKind;
use crate::archive::Limits;
use crate::bundle::Bytes;
use crate::index::IndexStrategy;
use crate::install::LinkMode;
use crate::requirements::{
    FormatControl, IndexRole, Origin, Pin, ProjectSet, ReleaseControl, RequirementEntry, StatedMetadata, TableSettings,
};
use crate::resolve::{PrereleaseMode, ResolutionMode};
use crate::spec::{ExtraName, HashDigest, PackageName, Requirement, SafeUrl, Version, VersionOrUrl};
use crate::target::Target;

/// Encodes a type by the text that it is written as.
macro_rules! keyed_by_text {
    ($($name:ty),*) => {
        $(impl Keyed for $name {
            fn encode(&self, encoder: &mut Encoder) {
                self.to_string().encode(encoder);
            }
        })*
    };
}

keyed_by_text!(PackageName, ExtraName, Version, HashDigest);

/// Without credentials: they decide who asks and not what is asked for.
impl Keyed for SafeUrl {
    fn encode(&self, encoder: &mut Encoder) {
        self.without_credentials().reveal().as_str().encode(encoder);
    }
}

impl Keyed for Glob {
    fn encode(&self, encoder: &mut Encoder) {
        self.glob().encode(encoder);
    }
}

impl Keyed for Bytes {
    fn encode(&self, encoder: &mut Encoder) {
        self.0.encode(encoder);
    }
}

impl Keyed for Target {
    fn encode(&self, encoder: &mut Encoder) {
        encoder
            .field("runtime", self.runtime().name())
            .field("arch", self.architecture().as_str())
            .field("glibc", &self.glibc().to_string())
            .field("python", self.python_full_version());
        // What a profile of the user's says counts with its name; rows of the table change with barrow.
        if self.runtime().is_profile() {
            encoder.field("provided", &self.runtime().provided_projects().join(" "));
        }
    }
}

impl Keyed for Limits {
    fn encode(&self, encoder: &mut Encoder) {
        let Self { entries, directory_size, unpacked_size, ratio } = self;
        encoder
            .field("entries", entries)
            .field("directory-size", directory_size)
            .field("unpacked-size", unpacked_size)
            .field("ratio", ratio);
    }
}

impl Keyed for ProjectSet {
    fn encode(&self, encoder: &mut Encoder) {
        match self {
            Self::None => ":none:".encode(encoder),
            Self::All => ":all:".encode(encoder),
            Self::Projects(names) => _ = encoder.field("projects", names),
        }
    }
}

impl Keyed for FormatControl {
    fn encode(&self, encoder: &mut Encoder) {
        let Self { no_binary, only_binary } = self;
        encoder.field("no-binary", no_binary).field("only-binary", only_binary);
    }
}

impl Keyed for ReleaseControl {
    fn encode(&self, encoder: &mut Encoder) {
        let Self { all_releases, only_final } = self;
        encoder.field("all-releases", all_releases).field("only-final", only_final);
    }
}

/// Values whose word in the key stays what it is, whatever they are called in the program.
macro_rules! keyed_by_word {
    ($($name:ty { $($value:ident => $word:literal),* $(,)? })*) => {
        $(impl Keyed for $name {
            fn encode(&self, encoder: &mut Encoder) {
                match self { $(Self::$value => $word),* }.encode(encoder);
            }
        })*
    };
}

keyed_by_word! {
    PrereleaseMode {
        Disallow => "disallow",
        Allow => "allow",
        IfNecessary => "if-necessary",
        Explicit => "explicit",
        IfNecessaryOrExplicit => "if-necessary-or-explicit",
    }
    ResolutionMode { Highest => "highest", Lowest => "lowest", LowestDirect => "lowest-direct" }
    IndexStrategy { FirstIndex => "first-index", UnsafeBestMatch => "unsafe-best-match" }
    LinkMode { Auto => "auto", Clone => "clone", Hardlink => "hardlink", Copy => "copy" }
    IndexRole { Listed => "listed", Later => "later", Default => "default", Explicit => "explicit", Links => "links" }
    BundleKind { Function => "function", Layer => "layer", Packages => "packages" }
}

/// What is required; a URL counts as the reference that the entry has beside it.
impl Keyed for Requirement {
    fn encode(&self, encoder: &mut Encoder) {
        let Self { name, extras, version_or_url, marker, origin: _ } = self;
        let specifiers = match version_or_url {
            Some(VersionOrUrl::VersionSpecifier(specifiers)) => specifiers.to_string(),
            Some(VersionOrUrl::Url(_)) | None => String::new(),
        };
        encoder
            .field("name", name)
            .field("extras", extras)
            .field("specifiers", &specifiers)
            .field("marker", &marker.try_to_string().unwrap_or_default());
    }
}

/// What an entry means, wherever and however it is written.
impl Keyed for RequirementEntry {
    fn encode(&self, encoder: &mut Encoder) {
        // Text and origin are for messages; the reference counts with what it leads to, by `local.rs`.
        let Self { requirement, text: _, hashes, config_settings, direct, is_alone, origin: _ } = self;
        encoder
            .field("requirement", requirement)
            .field("hashes", hashes)
            .field("config-settings", config_settings)
            .field("is-direct", &direct.is_some())
            .field("is-alone", is_alone);
    }
}

impl Keyed for Origin {
    fn encode(&self, encoder: &mut Encoder) {
        match self {
            Self::File { file, line } => {
                encoder.field("file", &*file.to_string_lossy()).field("line", &u64::from(*line));
            }
            Self::CommandLine => "command-line".encode(encoder),
            // Its versions count, wherever they come from.
            Self::Brought { by: _ } => "brought".encode(encoder),
            Self::Build => "build".encode(encoder),
        }
    }
}

impl Keyed for Pin {
    fn encode(&self, encoder: &mut Encoder) {
        let Self { name, index, marker, origin: _ } = self;
        encoder.field("name", name).field("index", index).field("marker", &marker.try_to_string().unwrap_or_default());
    }
}

impl Keyed for StatedMetadata {
    fn encode(&self, encoder: &mut Encoder) {
        let Self { name, version, requires_dist, requires_python, provides_extras } = self;
        encoder
            .field("name", name)
            .field("version", version)
            .field("requires-dist", &requires_dist.iter().map(ToString::to_string).collect::<Vec<_>>())
            .field("requires-python", &requires_python.as_ref().map(ToString::to_string))
            .field("provides-extras", provides_extras);
    }
}

/// What tables say, wherever they say it. A span of time in `exclude-newer` counts as it is written: how long ago that
/// is is told by the age of pages.
impl Keyed for TableSettings {
    fn encode(&self, encoder: &mut Encoder) {
        let Self {
            exclude_newer,
            exclude_newer_package,
            dependency_metadata,
            prerelease,
            resolution,
            no_index,
            prereleases_of,
        } = self;
        let of_packages = exclude_newer_package.iter().map(|(name, text, _)| (name.to_string(), text.clone()));

        let text = |setting: &Option<(String, Origin)>| setting.as_ref().map(|(text, _)| text.clone());
        encoder
            .field("exclude-newer", &text(exclude_newer))
            .field("exclude-newer-package", &of_packages.collect::<Vec<_>>())
            .field("dependency-metadata", dependency_metadata)
            .field("prerelease", &text(prerelease))
            .field("resolution", &text(resolution))
            .field("no-index", &no_index.as_ref().map(|(is_on, _)| *is_on))
            .field("prereleases-of", prereleases_of);
    }
}
