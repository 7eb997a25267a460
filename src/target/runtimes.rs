//! What a runtime is asked: its rows are in `table`, those of the user in `barrow.toml`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::architecture::Architecture;
use super::error::TargetError;
use super::glibc::Glibc;
use super::table::{AL2023, Dates, Home, PROFILES, RuntimeRow, TABLE};
use crate::spec::{PackageName, Version};

/// A runtime: a row of the table, or a profile of the user. Cheap to copy; older Pythons are less than newer ones.
#[derive(Clone, Copy)]
pub struct Runtime(&'static RuntimeRow);

/// A runtime that is in no table of ours: one that a customer manages, the base of a container, another service.
#[derive(Clone, Debug)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// Its Python: major and minor version, and a patch level where markers shall see a certain one.
    pub python: Version,
    /// The newest glibc whose symbols can be loaded; `None`: that of the Lambda runtime of the same Python.
    pub glibc: Option<Glibc>,
    /// The processor that it has, where it has only one.
    pub architecture: Option<Architecture>,
    /// File names of the shared libraries that it has, whatever the processor; `None`: those of its Amazon Linux.
    pub libraries: Option<Vec<String>>,
    /// Projects that it brings.
    pub provided: Vec<PackageName>,
}

/// The generation of Amazon Linux beneath a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AmazonLinux {
    /// Amazon Linux 2: glibc 2.26.
    Al2,
    /// Amazon Linux 2023: glibc 2.34.
    Al2023,
}

impl fmt::Display for AmazonLinux {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Al2 => "Amazon Linux 2",
            Self::Al2023 => "Amazon Linux 2023",
        })
    }
}

impl Runtime {
    /// Every runtime of Lambda, oldest first, the preview included.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(Self)
    }

    /// The runtimes whose Python is taken, oldest first: those for production, and the previews where there is no other.
    pub fn fitting(takes: impl Fn(&Version) -> bool) -> Vec<Self> {
        Self::offered(|runtime| takes(&runtime.python_full_version()))
    }

    /// The runtimes that fit, oldest first: without the previews, unless there are only those, because nobody is sent
    /// to one for want of looking.
    pub(crate) fn offered(fits: impl Fn(Self) -> bool) -> Vec<Self> {
        let all = Self::all().filter(|runtime| fits(*runtime));
        let (previews, released): (Vec<Self>, Vec<Self>) = all.partition(|runtime| runtime.is_preview());
        if released.is_empty() { previews } else { released }
    }

    /// The newest runtime of Lambda that is for production: the default.
    ///
    /// # Panics
    /// Never: the table has such a row.
    pub fn newest() -> Self {
        Self::all().filter(|runtime| !runtime.is_preview()).last().expect("the table has released runtimes")
    }

    /// The runtime that a profile describes. It lives as long as the program, which reads its settings once.
    ///
    /// # Errors
    /// A Python that no runtime of Lambda has.
    pub fn of_profile(profile: Profile) -> Result<Self, TargetError> {
        let unknown = |_| TargetError::Python { name: profile.name.clone(), python: profile.python.to_string() };
        let base = Self::of_python(&profile.python).map_err(unknown)?;
        let mut provided: Vec<&'static str> =
            profile.provided.iter().map(|name| leaked(name.as_ref().to_owned())).collect();
        provided.sort_unstable();
        let libraries = profile.libraries.map(|libraries| {
            let mut libraries: Vec<&'static str> = libraries.into_iter().map(leaked).collect();
            libraries.sort_unstable();
            &*libraries.leak()
        });
        Ok(Self(Box::leak(Box::new(RuntimeRow {
            name: leaked(profile.name),
            minor: base.0.minor,
            patch: profile.python.release().get(2).copied().unwrap_or(base.0.patch),
            glibc: profile.glibc.unwrap_or(base.0.glibc),
            home: Home::Elsewhere { architecture: profile.architecture },
            libraries,
            provided: provided.leak(),
        }))))
    }

    /// The runtime of a Python version such as `3.12` or `3.12.4`.
    ///
    /// # Errors
    /// A version that no runtime of Lambda has.
    pub fn of_python(version: &Version) -> Result<Self, TargetError> {
        let minor = match version.release() {
            [3, minor, ..] if version.epoch() == 0 => Some(*minor),
            _ => None,
        };
        Self::all()
            .find(|runtime| Some(u64::from(runtime.0.minor)) == minor)
            .ok_or_else(|| unknown(&version.to_string()))
    }

    /// AWS's name, such as `python3.12`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Major and minor version of Python.
    pub fn python_version(self) -> (u64, u64) {
        (3, u64::from(self.0.minor))
    }

    /// Full version of Python that markers are evaluated with unless the user names another.
    pub fn python_full_version(self) -> Version {
        Version::new([3, u64::from(self.0.minor), self.0.patch])
    }

    /// The `N` of Python 3.N.
    pub(super) fn minor(self) -> u32 {
        self.0.minor
    }

    /// The operating system beneath; of a profile, the one that its glibc is nearest to.
    pub fn amazon_linux(self) -> AmazonLinux {
        if self.0.glibc >= AL2023 { AmazonLinux::Al2023 } else { AmazonLinux::Al2 }
    }

    /// The newest glibc whose symbols can be loaded.
    pub fn glibc(self) -> Glibc {
        self.0.glibc
    }

    /// When AWS ends it; `None` where it has not said, and for what is not Lambda's.
    pub fn dates(self) -> Option<Dates> {
        match self.0.home {
            Home::Lambda { dates } => dates,
            Home::Elsewhere { .. } => None,
        }
    }

    /// Whether AWS offers it for trying out only.
    pub fn is_preview(self) -> bool {
        matches!(self.0.home, Home::Lambda { dates: None })
    }

    /// Whether it is described by a profile, and not one of Lambda's own.
    pub fn is_profile(self) -> bool {
        matches!(self.0.home, Home::Elsewhere { .. })
    }

    /// The processor that it has, where it has only one.
    pub fn only_architecture(self) -> Option<Architecture> {
        match self.0.home {
            Home::Lambda { .. } => None,
            Home::Elsewhere { architecture } => architecture,
        }
    }

    /// File names of the shared libraries that it has, sorted, whatever the processor; `None`: those of the Amazon
    /// Linux with its glibc.
    pub fn libraries(self) -> Option<&'static [&'static str]> {
        self.0.libraries
    }

    /// What the user should know about it on the day `today`, given as `YYYY-MM-DD`; a sentence.
    pub fn warning(self, today: &str) -> Option<String> {
        if self.is_preview() {
            return Some(format!("{self} is a preview: AWS does not support it for production, and may change it"));
        }
        let Dates { deprecated, no_new_functions, no_updates } = self.dates()?;
        if today >= no_updates {
            Some(format!("AWS no longer updates functions with {self} (since {no_updates})"))
        } else if today >= no_new_functions {
            Some(format!(
                "AWS creates no new functions with {self} (since {no_new_functions}), and updates none from {no_updates}"
            ))
        } else if today >= deprecated {
            Some(format!(
                "AWS no longer supports {self} (since {deprecated}): no new functions from {no_new_functions}, no updates \
                 from {no_updates}"
            ))
        } else {
            None
        }
    }

    /// Normalized names of the projects that the runtime itself brings, sorted.
    ///
    /// Their versions differ by region and date, so a bundle that needs a certain one has to carry it.
    pub fn provided_projects(self) -> &'static [&'static str] {
        self.0.provided
    }

    /// Whether the runtime itself brings this project, in some version.
    pub fn provides(self, project: &PackageName) -> bool {
        self.0.provided.binary_search(&project.as_ref()).is_ok()
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Runtime {
    type Err = TargetError;

    /// Takes AWS's name; the bare version (`3.12`) is understood too. Of the profiles that barrow brings it takes the
    /// name, and `agentcore` for the newest of those.
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let of_lambda =
            Self::all().find(|runtime| runtime.name() == text || runtime.name().strip_prefix("python") == Some(text));
        let mut profiles = PROFILES.iter().rev().map(Self);
        let is_meant = |runtime: &Self| runtime.name() == text || text == AGENTCORE;
        of_lambda.or_else(|| profiles.find(is_meant)).ok_or_else(|| unknown(text))
    }
}

/// What all built-in profiles of Bedrock `AgentCore` are called together.
pub const AGENTCORE: &str = "agentcore";

/// A text for the life of the program.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn unknown(given: &str) -> TargetError {
    let span = |rows: &[RuntimeRow]| match rows {
        [first, .., last] => Some(format!("{} to {}", first.name, last.name)),
        rows => rows.first().map(|row| row.name.to_owned()),
    };
    let known: Vec<String> = [span(TABLE), span(PROFILES)].into_iter().flatten().collect();
    TargetError::Runtime { given: given.to_owned(), meant: meant(given), known: known.join(", and ") }
}

/// The runtime that a text names in other words: `PYTHON_3_13` of the CDK, `py313`, `Python3.13`, `python3.13.2`.
fn meant(given: &str) -> Option<&'static str> {
    let mut numbers = given.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
    let (first, second) = (numbers.next()?, numbers.next());
    let minor = match (first, second) {
        ("3", Some(minor)) => minor,
        (joined, None) => joined.strip_prefix('3')?,
        _ => return None,
    };
    let name = format!("python3.{minor}");
    Runtime::all().map(Runtime::name).find(|known| *known == name)
}

impl PartialEq for Runtime {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Runtime {}

impl PartialOrd for Runtime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Runtime {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.minor, self.0.name).cmp(&(other.0.minor, other.0.name))
    }
}

impl Hash for Runtime {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

/// Runtimes in words: `python3.12`, `python3.12 to python3.14`.
pub fn span(runtimes: &[Runtime]) -> Option<String> {
    let all: Vec<Runtime> = Runtime::all().collect();
    match runtimes {
        [] => None,
        [one] => Some(one.to_string()),
        [first, .., last] => {
            let start = all.iter().position(|runtime| runtime == first)?;
            if all[start..].starts_with(runtimes) {
                let to = if runtimes.len() == 2 { "and" } else { "to" };
                return Some(format!("{first} {to} {last}"));
            }
            Some(runtimes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
    }
}
