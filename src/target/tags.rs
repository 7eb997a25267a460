//! The tags that a target can load, in order (PEP 425, PEP 600).
//!
//! The order is that of `packaging.tags` for CPython on glibc, but for one thing: the plain `linux_ARCH` stands behind
//! the manylinux platforms, as it did before `packaging` 26.3. There it says "built on this very machine"; here no
//! wheel was built on the target, and a manylinux tag promises a glibc where a plain one promises nothing. `musllinux`
//! is never loadable on Lambda, nor is what is made for free-threaded Python (`cp314t`; `abi3t` alone, PEP 803): a
//! wheel for both kinds of Python says `abi3.abi3t`, and is taken for the former.
//!
//! The list is regular, so it is never written down: a tag's place follows from its parts, and judging a wheel
//! allocates nothing.

use std::fmt;
use std::sync::Arc;

use memchr::memrchr;
use serde::{Deserialize, Serialize};

use super::{Architecture, Glibc, Runtime};
use crate::spec::{Tag, WheelFilename};

/// The tags that a target can load, best first.
#[derive(Clone, Debug)]
pub struct Tags {
    minor: u32,
    architecture: Architecture,
    glibc: Glibc,
    /// The platforms of a machine without a glibc, best first; they take the place of those that the glibc gives.
    listed: Option<Arc<[String]>>,
}

/// How well a wheel fits: greater is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagPriority(u32);

/// Why the target cannot load a wheel: the nearest miss of all its tags, greater being nearer. `Display` gives the
/// end of a sentence that starts with the wheel: "needs glibc 2.27, the runtime has 2.26".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TagMismatch {
    /// Made for another interpreter or Python version; the tags it has.
    Python(String),
    /// Made for another ABI (debug, another implementation…); the tags it has.
    Abi(String),
    /// Made for Python without the interpreter lock, which no runtime has; the tags it has.
    FreeThreaded(String),
    /// Made for another operating system or libc; the tags it has.
    Platform(String),
    /// Made for another processor; the tags it has.
    Architecture(String),
    /// Made for a newer glibc.
    Glibc {
        /// The oldest that would do.
        needed: Glibc,
        /// What the target has.
        available: Glibc,
    },
}

impl Tags {
    /// The tags of a runtime on an architecture with a glibc ceiling.
    pub fn new(runtime: Runtime, architecture: Architecture, glibc: Glibc) -> Self {
        Self { minor: runtime.minor(), architecture, glibc, listed: None }
    }

    /// The tags of the same Python on a machine with these platform tags, best first; `any` is not among them.
    pub(super) fn on_platforms(self, platforms: Vec<String>) -> Self {
        Self { listed: Some(platforms.into()), ..self }
    }

    /// All tags, best first.
    pub fn iter(&self) -> impl Iterator<Item = Tag> {
        let platforms: Vec<String> = self.platforms().collect();
        let on_platforms = self.rows().flat_map(move |(python, abi)| {
            platforms.clone().into_iter().map(move |platform| Tag {
                python: python.to_string(),
                abi: abi.to_string(),
                platform,
            })
        });
        on_platforms.chain(self.any_rows().map(|python| Tag {
            python: python.to_string(),
            abi: Abi::None.to_string(),
            platform: "any".to_owned(),
        }))
    }

    /// The platforms that can be loaded, best first, `any` apart.
    pub fn platforms(&self) -> impl Iterator<Item = String> {
        let machine = self.architecture.machine();
        let has_glibc = self.listed.is_none();
        let manylinux = has_glibc.then(|| (self.oldest_minor()..=self.glibc.minor).rev());
        let manylinux = manylinux.into_iter().flatten().flat_map(move |minor| {
            let legacy = LEGACY.iter().find(|(_, alias)| *alias == minor);
            std::iter::once(format!("manylinux_2_{minor}_{machine}"))
                .chain(legacy.map(|(name, _)| format!("{name}_{machine}")))
        });
        let plain = has_glibc.then(|| format!("linux_{machine}"));
        manylinux.chain(plain).chain(self.listed.iter().flat_map(|platforms| platforms.iter().cloned()))
    }

    /// How well the best of a wheel's tags fits, or why none does.
    ///
    /// # Errors
    /// The reason why none of its tags fits.
    pub fn compatibility(&self, wheel: &WheelFilename) -> Result<TagPriority, TagMismatch> {
        self.priority(wheel).ok_or_else(|| self.mismatch(wheel))
    }

    /// How well the best of a wheel's tags fits; `None` when none does. For those who do not ask why: it never
    /// allocates.
    pub fn priority(&self, wheel: &WheelFilename) -> Option<TagPriority> {
        self.best(wheel.pythons().iter(), &wheel.abis().iter(), &wheel.platforms().iter())
    }

    /// Whether the target might load a file of this name. Only the text is looked at: a yes may turn out to be wrong
    /// when the name is read, a no does not.
    pub fn may_load(&self, filename: &str) -> bool {
        let Some(stem) = filename.strip_suffix(".whl") else { return true };
        // A lock may have ten thousand names, so only their ends are looked at, many bytes at a time.
        let cut = |text: &str| memrchr(b'-', text.as_bytes()).map(|at| (at, at + 1));
        let Some((of_platforms, platforms)) = cut(stem) else { return true };
        let Some((of_abis, abis)) = cut(&stem[..of_platforms]) else { return true };
        let Some((_, pythons)) = cut(&stem[..of_abis]) else { return true };
        if stem.as_bytes()[pythons..].iter().fold(false, |found, byte| found | byte.is_ascii_uppercase()) {
            return true;
        }
        let (pythons, abis) = (&stem[pythons..of_abis], &stem[abis..of_platforms]);
        // The full ABI of another Python: most names, where there is a wheel for each.
        if matches!(Abi::parse(abis), Abi::CPython(minor) if minor != self.minor) {
            return false;
        }
        let platforms = &stem[platforms..];
        self.best(pythons.split('.'), &abis.split('.'), &platforms.split('.')).is_some()
    }

    fn best<'a>(
        &self,
        pythons: impl Iterator<Item = &'a str>,
        abis: &(impl Iterator<Item = &'a str> + Clone),
        platforms: &(impl Iterator<Item = &'a str> + Clone),
    ) -> Option<TagPriority> {
        let platform_count = self.platform_count();
        let any_start = self.row_count() * platform_count;
        let mut best: Option<u32> = None;
        for python in pythons.map(InterpreterTag::parse) {
            for abi in abis.clone().map(Abi::parse) {
                let row = self.row(python, abi);
                let any_row = if abi == Abi::None { self.any_row(python) } else { None };
                if row.is_none() && any_row.is_none() {
                    continue;
                }
                for platform in platforms.clone() {
                    let place = if platform == "any" {
                        any_row.map(|row| any_start + row)
                    } else {
                        row.zip(self.platform_place(platform)).map(|(row, place)| row * platform_count + place)
                    };
                    best = [best, place].into_iter().flatten().min();
                }
            }
        }
        best.map(|place| TagPriority(u32::MAX - place))
    }

    /// The newest glibc that can be had.
    pub(super) fn glibc(&self) -> Glibc {
        self.glibc
    }

    /// Whether one of a wheel's platforms can be loaded, whatever its Python.
    pub(super) fn has_platform_of(&self, wheel: &WheelFilename) -> bool {
        wheel.platforms().iter().any(|platform| platform == "any" || self.platform_place(platform).is_some())
    }

    /// Why a wheel that does not fit does not: what would have to change least.
    fn mismatch(&self, wheel: &WheelFilename) -> TagMismatch {
        let pythons = || wheel.pythons().iter().map(InterpreterTag::parse);
        let abis = || wheel.abis().iter().map(Abi::parse);
        // Whether the interpreter fits is asked without the platform, whether the ABI fits with the interpreter.
        let fits = |python, abi| self.row(python, abi).is_some() || abi == Abi::None && self.any_row(python).is_some();
        if !pythons().any(|python| abis().any(|abi| fits(python, abi))) {
            let interpreter_fits =
                pythons().any(|python| python == InterpreterTag::CPython(self.minor) || self.any_row(python).is_some());
            let is_free_threaded = |abi: &str| {
                abi == "abi3t"
                    || abi
                        .strip_prefix("cp3")
                        .and_then(|rest| rest.strip_suffix('t'))
                        .is_some_and(|minor| number(minor).is_some())
            };
            return if wheel.abis().iter().all(is_free_threaded) {
                TagMismatch::FreeThreaded(wheel.abis().as_str().to_owned())
            } else if interpreter_fits {
                TagMismatch::Abi(wheel.abis().as_str().to_owned())
            } else {
                TagMismatch::Python(wheel.pythons().as_str().to_owned())
            };
        }
        if self.listed.is_some() {
            return TagMismatch::Platform(wheel.platforms().as_str().to_owned());
        }
        let mut other_machine = false;
        let mut needed: Option<Glibc> = None;
        for platform in wheel.platforms().iter() {
            match Platform::parse(platform) {
                Platform::Manylinux { glibc, machine, .. } if machine == self.architecture.machine() => {
                    needed = [needed, Some(glibc)].into_iter().flatten().min();
                }
                Platform::Manylinux { .. } | Platform::Linux(_) => other_machine = true,
                Platform::Any | Platform::Other => {}
            }
        }
        match needed {
            Some(needed) if needed > self.glibc => TagMismatch::Glibc { needed, available: self.glibc },
            _ if other_machine => TagMismatch::Architecture(wheel.platforms().as_str().to_owned()),
            _ => TagMismatch::Platform(wheel.platforms().as_str().to_owned()),
        }
    }

    /// The pairs of interpreter and ABI that go with each platform, best first. `row` is its inverse.
    fn rows(&self) -> impl Iterator<Item = (InterpreterTag, Abi)> {
        let own = InterpreterTag::CPython(self.minor);
        [(own, Abi::CPython(self.minor)), (own, Abi::Abi3), (own, Abi::None)]
            .into_iter()
            .chain((OLDEST_ABI3..self.minor).rev().map(|minor| (InterpreterTag::CPython(minor), Abi::Abi3)))
            .chain(self.generic().map(|python| (python, Abi::None)))
    }

    /// The interpreters that go with the platform `any`, best first. `any_row` is its inverse.
    fn any_rows(&self) -> impl Iterator<Item = InterpreterTag> {
        std::iter::once(InterpreterTag::CPython(self.minor)).chain(self.generic())
    }

    /// `py312`, `py3`, `py311` … `py30`.
    fn generic(&self) -> impl Iterator<Item = InterpreterTag> {
        [InterpreterTag::Generic(Some(self.minor)), InterpreterTag::Generic(None)]
            .into_iter()
            .chain((0..self.minor).rev().map(|minor| InterpreterTag::Generic(Some(minor))))
    }

    fn row(&self, python: InterpreterTag, abi: Abi) -> Option<u32> {
        let generic_start = 3 + (self.minor - OLDEST_ABI3);
        match (python, abi) {
            (InterpreterTag::CPython(minor), Abi::CPython(abi)) if minor == self.minor && abi == minor => Some(0),
            (InterpreterTag::CPython(minor), Abi::Abi3) if minor == self.minor => Some(1),
            (InterpreterTag::CPython(minor), Abi::None) if minor == self.minor => Some(2),
            (InterpreterTag::CPython(minor), Abi::Abi3) if (OLDEST_ABI3..self.minor).contains(&minor) => {
                Some(2 + (self.minor - minor))
            }
            (python, Abi::None) => self.generic_row(python).map(|row| generic_start + row),
            _ => None,
        }
    }

    fn any_row(&self, python: InterpreterTag) -> Option<u32> {
        match python {
            InterpreterTag::CPython(minor) if minor == self.minor => Some(0),
            python => self.generic_row(python).map(|row| 1 + row),
        }
    }

    fn generic_row(&self, python: InterpreterTag) -> Option<u32> {
        match python {
            InterpreterTag::Generic(None) => Some(1),
            InterpreterTag::Generic(Some(minor)) if minor == self.minor => Some(0),
            InterpreterTag::Generic(Some(minor)) if minor < self.minor => Some(1 + self.minor - minor),
            _ => None,
        }
    }

    fn row_count(&self) -> u32 {
        3 + (self.minor - OLDEST_ABI3) + self.minor + 2
    }

    fn platform_place(&self, platform: &str) -> Option<u32> {
        if let Some(listed) = &self.listed {
            return listed.iter().position(|it| it == platform).and_then(|place| u32::try_from(place).ok());
        }
        match Platform::parse(platform) {
            Platform::Linux(machine) if machine == self.architecture.machine() => Some(self.platform_count() - 1),
            Platform::Manylinux { glibc: Glibc { major: 2, minor }, machine, legacy }
                if machine == self.architecture.machine() =>
            {
                let loadable = (self.oldest_minor()..=self.glibc.minor).contains(&minor);
                loadable.then(|| self.glibc.minor - minor + self.legacy_above(minor) + u32::from(legacy))
            }
            _ => None,
        }
    }

    fn platform_count(&self) -> u32 {
        if let Some(listed) = &self.listed {
            return u32::try_from(listed.len()).unwrap_or(u32::MAX);
        }
        (self.glibc.minor + 1).saturating_sub(self.oldest_minor()) + self.legacy_above(self.oldest_minor() - 1) + 1
    }

    /// Number of legacy names from the ceiling down to `minor`, itself excluded.
    fn legacy_above(&self, minor: u32) -> u32 {
        let range = minor + 1..=self.glibc.minor;
        LEGACY.iter().map(|(_, alias)| u32::from(range.contains(alias) && *alias >= self.oldest_minor())).sum()
    }

    /// The oldest manylinux of the architecture: that of `CentOS` 5 on `x86_64`, of `CentOS` 7 on `aarch64`.
    fn oldest_minor(&self) -> u32 {
        match self.architecture {
            Architecture::X86_64 => 5,
            Architecture::Arm64 => 17,
        }
    }
}

/// Names of manylinux before PEP 600 (PEP 513, 571, 599) and the glibc 2.N that each stands for.
const LEGACY: [(&str, u32); 3] = [("manylinux2014", 17), ("manylinux2010", 12), ("manylinux1", 5)];

/// The minor version of Python that brought the stable ABI (PEP 384).
const OLDEST_ABI3: u32 = 2;

/// An interpreter tag, as far as it can matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InterpreterTag {
    /// `cp3N`.
    CPython(u32),
    /// `py3N`, or `py3` without a minor version.
    Generic(Option<u32>),
    /// Python 2, other implementations, anything else.
    Other,
}

impl InterpreterTag {
    fn parse(text: &str) -> Self {
        if let Some(minor) = text.strip_prefix("cp3").and_then(number) {
            return Self::CPython(minor);
        }
        match text.strip_prefix("py3") {
            Some("") => Self::Generic(None),
            Some(minor) => number(minor).map_or(Self::Other, |minor| Self::Generic(Some(minor))),
            None => Self::Other,
        }
    }
}

impl fmt::Display for InterpreterTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CPython(minor) => write!(f, "cp3{minor}"),
            Self::Generic(Some(minor)) => write!(f, "py3{minor}"),
            Self::Generic(None) => f.write_str("py3"),
            Self::Other => f.write_str("other"),
        }
    }
}

/// An ABI tag, as far as it can matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Abi {
    /// `cp3N`: the full ABI of one minor version.
    CPython(u32),
    /// `abi3`: the stable ABI.
    Abi3,
    /// `none`.
    None,
    /// Free-threaded, debug, other implementations, anything else.
    Other,
}

impl Abi {
    fn parse(text: &str) -> Self {
        match text {
            "abi3" => Self::Abi3,
            "none" => Self::None,
            _ => text.strip_prefix("cp3").and_then(number).map_or(Self::Other, Self::CPython),
        }
    }
}

impl fmt::Display for Abi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CPython(minor) => write!(f, "cp3{minor}"),
            Self::Abi3 => f.write_str("abi3"),
            Self::None => f.write_str("none"),
            Self::Other => f.write_str("other"),
        }
    }
}

/// A platform tag, as far as it can matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Platform<'a> {
    Any,
    /// Manylinux, under its modern name or the legacy one that stands right behind.
    Manylinux {
        glibc: Glibc,
        machine: &'a str,
        legacy: bool,
    },
    /// Plain Linux, with the machine.
    Linux(&'a str),
    /// musllinux, macOS, Windows, anything else.
    Other,
}

impl<'a> Platform<'a> {
    fn parse(text: &'a str) -> Self {
        if text == "any" {
            return Self::Any;
        }
        if let Some(machine) = text.strip_prefix("linux_") {
            return Self::Linux(machine);
        }
        if let Some(rest) = text.strip_prefix("manylinux_") {
            let mut parts = rest.splitn(3, '_');
            let glibc = parts.next().and_then(number).zip(parts.next().and_then(number));
            return match (glibc, parts.next()) {
                (Some((major, minor)), Some(machine)) => {
                    Self::Manylinux { glibc: Glibc { major, minor }, machine, legacy: false }
                }
                _ => Self::Other,
            };
        }
        let legacy = LEGACY.iter().find_map(|(name, minor)| {
            let machine = text.strip_prefix(name)?.strip_prefix('_')?;
            Some(Self::Manylinux { glibc: Glibc { major: 2, minor: *minor }, machine, legacy: true })
        });
        legacy.unwrap_or(Self::Other)
    }
}

/// A number written the one way that tags write it: no sign, no leading zero.
fn number(text: &str) -> Option<u32> {
    let canonical = text == "0" || !text.starts_with('0');
    (canonical && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

impl fmt::Display for TagMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Python(tags) => write!(f, "is made for another Python: {tags}"),
            Self::Abi(tags) => write!(f, "is made for another Python ABI: {tags}"),
            Self::FreeThreaded(tags) => {
                write!(f, "is made for free-threaded Python, which no Lambda runtime is: {tags}")
            }
            Self::Platform(tags) => write!(f, "is made for another platform: {tags}"),
            Self::Architecture(tags) => write!(f, "is made for another processor: {tags}"),
            Self::Glibc { needed, available } => write!(f, "needs glibc {needed}, the runtime has {available}"),
        }
    }
}
