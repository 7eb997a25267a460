//! The kinds of findings: data. A code keeps its number and its meaning for ever.

use std::fmt;
use std::str::FromStr;

use super::explanations::TABLE;

/// A kind of finding, in the order of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// BAR001: a library that the runtime does not have.
    LibraryAbsent,
    /// BAR002: a library that the runtime may have.
    LibraryLikely,
    /// BAR003: a library that lies where nothing looks for it.
    LibraryMisplaced,
    /// BAR004: a glibc newer than the runtime's.
    GlibcTooNew,
    /// BAR005: symbols newer than the runtime's library has.
    SymbolsTooNew,
    /// BAR006: native code for another processor.
    WrongProcessor,
    /// BAR007: native code for another Python version.
    WrongPython,
    /// BAR008: native code for another system.
    WrongSystem,
    /// BAR009: a stable-ABI module that needs a newer Python.
    StableAbi,
    /// BAR010: a damaged native object.
    DamagedObject,
    /// BAR011: an executable stack is asked for.
    ExecutableStack,
    /// BAR012: a module that is imported and nowhere to be found.
    MissingModule,
    /// BAR013: a module that is imported later and nowhere to be found.
    MissingLazily,
    /// BAR014: a part of a module that is not there.
    MissingSubmodule,
    /// BAR015: a module that Python no longer has.
    RemovedModule,
    /// BAR016: source that Python cannot parse.
    SyntaxError,
    /// BAR017: syntax that the runtime's Python lacks.
    NewerSyntax,
    /// BAR018: a file that hides a standard module.
    Shadowing,
    /// BAR019: a project that is left to the runtime.
    LeftToRuntime,
    /// BAR020: a handler that is none.
    MalformedHandler,
    /// BAR021: a handler module that is built into Python.
    BuiltInHandler,
    /// BAR022: a handler module that is not there.
    NoHandlerModule,
    /// BAR023: a handler function that is not there.
    NoHandlerFunction,
    /// BAR024: a start script that cannot start.
    HandlerScript,
    /// BAR025: a requirement that is not met.
    UnmetRequirement,
    /// BAR026: two versions of one project.
    TwoVersions,
    /// BAR027: a file that is not the one that was installed.
    ChangedFile,
    /// BAR028: files that were installed and are gone.
    LostFile,
    /// BAR029: a file in a package that no project listed.
    UnlistedFile,
    /// BAR030: a project that says it is for another Python.
    RequiresPython,
    /// BAR031: a .pth file that is needed and not read.
    PathFile,
    /// BAR032: byte code that is not used.
    ForeignBytecode,
    /// BAR033: an urllib3 that the runtime cannot use.
    SdkClash,
    /// BAR034: a bundle that differs from its lock.
    NotInLock,
    /// BAR035: a file that was not looked into.
    NotRead,
    /// BAR036: more than Lambda unpacks.
    TooLarge,
    /// BAR037: more than can be uploaded directly.
    ZipTooLarge,
    /// BAR038: more than five layers.
    TooManyLayers,
    /// BAR039: a zip that cannot be unpacked.
    BadZip,
    /// BAR040: a zip entry that Lambda does not unpack.
    ZipMethod,
    /// BAR041: a zip entry that leads out of the folder.
    UnsafePath,
    /// BAR042: a zip with two entries of one name.
    DuplicateEntry,
    /// BAR043: a zip without Unix modes.
    NoModes,
    /// BAR044: names that differ in case only.
    CaseClash,
    /// BAR045: a file that the function may not read.
    Unreadable,
    /// BAR046: a program that may not be executed.
    NotExecutable,
    /// BAR047: a link that leads out of the bundle.
    BadLink,
    /// BAR048: a layer whose modules are not found.
    LayerLayout,
}

/// What is documented about a code.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// Its number.
    pub number: u16,
    /// What it is, a fragment.
    pub title: &'static str,
    /// How bad it is.
    pub grade: &'static str,
    /// What AWS calls the failure.
    pub aws_error: Option<&'static str>,
    /// What it means.
    pub text: &'static str,
    /// When it is found.
    pub example: &'static str,
    /// What mends it.
    pub fix: &'static str,
}

/// A text that is no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no code of a finding: they run from BAR001 to BAR{last:03}", last = TABLE.len())]
pub struct UnknownCode(String);

impl Code {
    /// Every code, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(code, _)| *code)
    }

    /// What is documented about it.
    pub fn explanation(self) -> &'static Explanation {
        &TABLE[self as usize].1
    }

    /// What is documented about it as a page of text.
    pub fn page(self) -> String {
        let Explanation { title, grade, aws_error, text, example, fix, .. } = self.explanation();
        let aws = aws_error.map(|error| format!("On Lambda: {error}\n")).unwrap_or_default();
        format!("{self}: {title}\n\n{text}\n\nExample: {example}\nGrade: {grade}\n{aws}What helps: {fix}\n")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BAR{:03}", self.explanation().number)
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    /// Any case; the zeros may be left out.
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let unknown = || UnknownCode(text.to_owned());
        let digits =
            text.trim().get(3..).filter(|_| text.trim()[..3].eq_ignore_ascii_case("BAR")).ok_or_else(unknown)?;
        let number: u16 = digits.parse().map_err(|_| unknown())?;
        Self::all().find(|code| code.explanation().number == number).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbered_without_gaps_and_read_back() {
        for (at, code) in Code::all().enumerate() {
            let explanation = code.explanation();
            assert_eq!((usize::from(explanation.number), code as usize), (at + 1, at));
            assert_eq!(code.to_string().parse(), Ok(code));
            assert!(!explanation.title.ends_with('.') && explanation.text.ends_with('.'), "{code}");
        }
        assert_eq!("bar12".parse(), Ok(Code::MissingModule));
        for wrong in ["", "BAR", "BAR0", "BAR999", "E501", "BäR12"] {
            assert!(wrong.parse::<Code>().is_err(), "{wrong}");
        }
    }
}
