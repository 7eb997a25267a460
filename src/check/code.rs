//! The kinds of findings: data. A code keeps its number and its meaning for ever.

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
