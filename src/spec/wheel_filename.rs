//! File names of wheels and source distributions
//! (binary distribution format, "File name convention"; source distribution format, "Source distribution file name").

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ForeignName, PackageName, Tag, Version};
use crate::reporter::one_line;

/// The parsed name of a wheel; `Display` gives the name exactly as it was.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WheelFilename {
    text: Box<str>,
    /// Normalized name of the project.
    pub name: PackageName,
    /// The version; `Display` of the name keeps the spelling of the file.
    pub version: Version,
    /// Build number and the rest of the build tag: the tie-breaker between otherwise equal wheels; absent sorts first.
    pub build: Option<(u64, Box<str>)>,
    /// Its tags in lower case, where the name has them otherwise.
    lower_tags: Option<Box<str>>,
}

/// The tags of one kind in a compressed tag set, in lower case; there is at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagSet<'a>(&'a str);

impl<'a> TagSet<'a> {
    /// As the name has them, with `.` between them.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// One by one.
    pub fn iter(self) -> std::str::Split<'a, char> {
        self.0.split('.')
    }
}

/// Why a text is not the name of a wheel or sdist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilenameError {
    /// Neither `.whl` nor a known sdist extension.
    #[error("`{}` is neither a wheel (.whl) nor a source distribution (.tar.gz, .zip)", ForeignName(.0))]
    Extension(String),
    /// Wrong number of `-` separated parts.
    #[error("`{}` does not have the form name-version[-build]-python-abi-platform.whl", ForeignName(.0))]
    Parts(String),
    /// A wheel made for a part of the machines of its platform (PEP 817, PEP 825), which nobody can choose among
    /// without looking at the machine.
    #[error("`{}` is the variant `{label}` of a wheel, and variants are not chosen between", ForeignName(file))]
    Variant {
        /// The whole name.
        file: String,
        /// Its label.
        label: String,
    },
    /// A part that is not what stands in its place.
    #[error("`{}` has an invalid {part}: `{value}`", ForeignName(file))]
    Part {
        /// The whole name.
        file: String,
        /// Which part.
        part: &'static str,
        /// Its text.
        value: String,
    },
}

impl WheelFilename {
    /// The name exactly as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a text is this wheel's version, spelled in any way: that of METADATA, or of a folder in the archive.
    pub fn is_version(&self, text: &str) -> bool {
        let own = self.text.split('-').nth(1).unwrap_or_default();
        text == own
            || unescaped(text).any(|version| version == self.version || unescaped(own).any(|own| own == version))
    }

    /// Interpreter tags of the compressed tag set.
    pub fn pythons(&self) -> TagSet<'_> {
        self.tag_set(2)
    }

    /// ABI tags of the compressed tag set.
    pub fn abis(&self) -> TagSet<'_> {
        self.tag_set(1)
    }

    /// Platform tags of the compressed tag set.
    pub fn platforms(&self) -> TagSet<'_> {
        self.tag_set(0)
    }

    /// A part of the name, counted from its end.
    fn tag_set(&self, place: usize) -> TagSet<'_> {
        let stem = self.text.strip_suffix(".whl").unwrap_or(&self.text);
        TagSet(self.lower_tags.as_deref().unwrap_or(stem).rsplit('-').nth(place).unwrap_or_default())
    }

    /// All tags of the compressed tag set, in the order of the name.
    pub fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.pythons().iter().flat_map(move |python| {
            self.abis().iter().flat_map(move |abi| {
                self.platforms().iter().map(move |platform| Tag {
                    python: python.to_string(),
                    abi: abi.to_string(),
                    platform: platform.to_string(),
                })
            })
        })
    }
}

/// What a version of a file or folder name may stand for: hyphens are escaped there, and old tools escaped the `+` of a
/// local version in the same way.
fn unescaped(version: &str) -> impl Iterator<Item = Version> {
    let readings: [fn(&str) -> String; 2] = [|it| it.replace('_', "-"), |it| it.replacen('_', "+", 1)];
    readings.into_iter().filter_map(|read| read(version).parse().ok())
}

impl FromStr for WheelFilename {
    type Err = FilenameError;

    fn from_str(text: &str) -> Result<Self, FilenameError> {
        let stem = text.strip_suffix(".whl").ok_or_else(|| FilenameError::Extension(text.to_owned()))?;
        let bad = |part, value: &str| FilenameError::Part { file: text.to_owned(), part, value: value.to_owned() };
        check_characters(text)?;
        let parts: Vec<&str> = stem.split('-').collect();
        if let Some(label) = variant_label(&parts) {
            return Err(FilenameError::Variant { file: text.to_owned(), label: label.to_owned() });
        }
        let (name, version, build, tags) = match parts.as_slice() {
            [name, version, python, abi, platform] => (*name, *version, None, [*python, *abi, *platform]),
            [name, version, build, python, abi, platform] => {
                (*name, *version, Some(*build), [*python, *abi, *platform])
            }
            _ => return Err(FilenameError::Parts(text.to_owned())),
        };
        let build = match build {
            None => None,
            Some(build) => {
                let digits = build.bytes().take_while(u8::is_ascii_digit).count();
                let number = build[..digits].parse().map_err(|_| bad("build tag", build))?;
                Some((number, build[digits..].into()))
            }
        };
        let name = PackageName::from_str(name).map_err(|_| bad("project name", name))?;
        let version = unescaped(version).next().ok_or_else(|| bad("version", version))?;
        for (part, value) in ["python tag", "abi tag", "platform tag"].into_iter().zip(tags) {
            if value.split('.').any(str::is_empty) {
                return Err(bad(part, value));
            }
        }
        let is_lower = |tag: &&str| !tag.bytes().any(|byte| byte.is_ascii_uppercase());
        let lower_tags = (!tags.iter().all(is_lower)).then(|| tags.join("-").to_ascii_lowercase().into());
        Ok(Self { text: text.into(), name, version, build, lower_tags })
    }
}

impl fmt::Display for WheelFilename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for WheelFilename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The label of a variant, which stands behind the platform. A build tag begins with a digit, so that six parts are one
/// or the other.
fn variant_label<'a>(parts: &[&'a str]) -> Option<&'a str> {
    let is_build = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    let label = match parts {
        [_, _, third, _, _, label] if !is_build(third) => label,
        [_, _, third, _, _, _, label] if is_build(third) => label,
        _ => return None,
    };
    let is_label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.');
    (!label.is_empty() && label.chars().all(is_label)).then_some(label)
}

/// Names, versions and tags are ASCII without blanks (PEP 440 allows blanks around a version, file names have none).
fn check_characters(text: &str) -> Result<(), FilenameError> {
    match text.chars().find(|&c| !c.is_ascii_graphic() || c == '/' || c == '\\') {
        Some(odd) => {
            Err(FilenameError::Part { file: text.to_owned(), part: "character", value: one_line(&odd.to_string()) })
        }
        None => Ok(()),
    }
}

/// How a source distribution is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SdistFormat {
    /// `.tar.gz`, the only one that PEP 625 allows, and `.tgz`, which is the same.
    TarGz,
    /// `.zip`, still found for old releases.
    Zip,
}

/// How the names of source distributions end. PyPI takes no others since 2017 (PEP 527); archives of bzip2, xz and plain
/// tar are older than every Python of a runtime.
const SDIST_ENDINGS: [(&str, SdistFormat); 3] =
    [(".tar.gz", SdistFormat::TarGz), (".tgz", SdistFormat::TarGz), (".zip", SdistFormat::Zip)];

/// The name of a source distribution without its ending, and what that says; `None`: it has another ending.
pub(crate) fn sdist_stem(text: &str) -> Option<(&str, SdistFormat)> {
    SDIST_ENDINGS.iter().find_map(|(ending, format)| Some((text.strip_suffix(ending)?, *format)))
}

/// Whether a name ends as those of wheels and source distributions do.
pub(crate) fn ends_as_dist(text: &str) -> bool {
    text.strip_suffix(".whl").is_some() || sdist_stem(text).is_some()
}

/// The parsed name of a source distribution; `Display` gives the name exactly as it was.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SdistFilename {
    text: Box<str>,
    /// Normalized name of the project.
    pub name: PackageName,
    /// The version; `Display` of the name keeps the spelling of the file.
    pub version: Version,
    /// How it is packed.
    pub format: SdistFormat,
}

impl SdistFilename {
    /// Parses the name of an sdist of a project whose name is known: old names hold unescaped hyphens,
    /// so without it `a-b-1.tar.gz` could be read in two ways.
    ///
    /// # Errors
    /// A name that is not that of an sdist of the project.
    pub fn parse(text: &str, project: &PackageName) -> Result<Self, FilenameError> {
        let (stem, format) = sdist_stem(text).ok_or_else(|| FilenameError::Extension(text.to_owned()))?;
        check_characters(text)?;
        let bad = |part, value: &str| FilenameError::Part { file: text.to_owned(), part, value: value.to_owned() };
        let split = stem
            .match_indices('-')
            .map(|(at, _)| at)
            .find(|&at| PackageName::from_str(&stem[..at]).is_ok_and(|name| name == *project));
        let at = split.ok_or_else(|| bad("project name", stem))?;
        let version = &stem[at + 1..];
        Ok(Self {
            name: project.clone(),
            version: Version::from_str(version).map_err(|_| bad("version", version))?,
            format,
            text: text.into(),
        })
    }

    /// The name exactly as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SdistFilename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for SdistFilename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The name of a distribution file that barrow can use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DistFilename {
    /// A wheel.
    Wheel(WheelFilename),
    /// A source distribution.
    Sdist(SdistFilename),
}

impl DistFilename {
    /// Parses the name of a file listed for `project`.
    ///
    /// # Errors
    /// A name that is neither that of a wheel nor that of an sdist of the project.
    pub fn parse(text: &str, project: &PackageName) -> Result<Self, FilenameError> {
        if text.strip_suffix(".whl").is_none() {
            return SdistFilename::parse(text, project).map(Self::Sdist);
        }
        let wheel = WheelFilename::from_str(text)?;
        if wheel.name == *project {
            Ok(Self::Wheel(wheel))
        } else {
            Err(FilenameError::Part { file: text.to_owned(), part: "project name", value: wheel.name.to_string() })
        }
    }

    /// Normalized name of the project.
    pub fn name(&self) -> &PackageName {
        match self {
            Self::Wheel(wheel) => &wheel.name,
            Self::Sdist(sdist) => &sdist.name,
        }
    }

    /// The version that the file is of.
    pub fn version(&self) -> &Version {
        match self {
            Self::Wheel(wheel) => &wheel.version,
            Self::Sdist(sdist) => &sdist.version,
        }
    }

    /// The wheel's name, when it is one.
    pub fn as_wheel(&self) -> Option<&WheelFilename> {
        match self {
            Self::Wheel(wheel) => Some(wheel),
            Self::Sdist(_) => None,
        }
    }

    /// The name exactly as it was given.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Wheel(wheel) => wheel.as_str(),
            Self::Sdist(sdist) => sdist.as_str(),
        }
    }
}

/// With the name of its project, without which the name of an sdist cannot be read.
impl Serialize for DistFilename {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.name(), self.as_str()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DistFilename {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (project, text) = <(PackageName, String)>::deserialize(deserializer)?;
        Self::parse(&text, &project).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for DistFilename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
