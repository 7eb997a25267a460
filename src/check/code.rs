//! The kinds of findings: data. A code keeps its number and its meaning for ever.

/// A kind of finding, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// BAR001: a library that the runtime does not have.
    LibraryAbsent = 1,
    /// BAR002: a library that the runtime may have.
    LibraryLikely = 2,
    /// BAR003: a library that lies where nothing looks for it.
    LibraryMisplaced = 3,
    /// BAR004: a glibc newer than the runtime's.
    GlibcTooNew = 4,
    /// BAR005: symbols newer than the runtime's library has.
    SymbolsTooNew = 5,
    /// BAR006: native code for another processor.
    WrongProcessor = 6,
    /// BAR007: native code for another Python version.
    WrongPython = 7,
    /// BAR008: native code for another system.
    WrongSystem = 8,
    /// BAR009: a stable-ABI module that needs a newer Python.
    StableAbi = 9,
    /// BAR010: a damaged native object.
    DamagedObject = 10,
    /// BAR011: an executable stack is asked for.
    ExecutableStack = 11,
    /// BAR012: a module that is imported and nowhere to be found.
    MissingModule = 12,
    /// BAR013: a module that is imported later and nowhere to be found.
    MissingLazily = 13,
    /// BAR014: a part of a module that is not there.
    MissingSubmodule = 14,
    /// BAR015: a module that Python no longer has.
    RemovedModule = 15,
    /// BAR016: source that Python cannot parse.
    SyntaxError = 16,
    /// BAR017: syntax that the runtime's Python lacks.
    NewerSyntax = 17,
    /// BAR018: a file that hides a standard module.
    Shadowing = 18,
    /// BAR019: a project that is left to the runtime.
    LeftToRuntime = 19,
    /// BAR020: a handler that is none.
    MalformedHandler = 20,
    /// BAR021: a handler module that is built into Python.
    BuiltInHandler = 21,
    /// BAR022: a handler module that is not there.
    NoHandlerModule = 22,
    /// BAR023: a handler function that is not there.
    NoHandlerFunction = 23,
    /// BAR024: a start script that cannot start.
    HandlerScript = 24,
    /// BAR025: a requirement that is not met.
    UnmetRequirement = 25,
    /// BAR026: two versions of one project.
    TwoVersions = 26,
    /// BAR027: a file that is not the one that was installed.
    ChangedFile = 27,
    /// BAR028: files that were installed and are gone.
    LostFile = 28,
    /// BAR029: a file in a package that no project listed.
    UnlistedFile = 29,
    /// BAR030: a project that says it is for another Python.
    RequiresPython = 30,
    /// BAR031: a .pth file that is needed and not read.
    PathFile = 31,
    /// BAR032: byte code that is not used.
    ForeignBytecode = 32,
    /// BAR033: an urllib3 that the runtime cannot use.
    SdkClash = 33,
    /// BAR034: a bundle that differs from its lock.
    NotInLock = 34,
    /// BAR035: a file that was not looked into.
    NotRead = 35,
    /// BAR036: more than Lambda unpacks.
    TooLarge = 36,
    /// BAR037: more than can be uploaded directly.
    ZipTooLarge = 37,
    /// BAR038: more than five layers.
    TooManyLayers = 38,
    /// BAR039: a zip that cannot be unpacked.
    BadZip = 39,
    /// BAR040: a zip entry that Lambda does not unpack.
    ZipMethod = 40,
    /// BAR041: a zip entry that leads out of the folder.
    UnsafePath = 41,
    /// BAR042: a zip with two entries of one name.
    DuplicateEntry = 42,
    /// BAR043: a zip without Unix modes.
    NoModes = 43,
    /// BAR044: names that differ in case only.
    CaseClash = 44,
    /// BAR045: a file that the function may not read.
    Unreadable = 45,
    /// BAR046: a program that may not be executed.
    NotExecutable = 46,
    /// BAR047: a link that leads out of the bundle.
    BadLink = 47,
    /// BAR048: a layer whose modules are not found.
    LayerLayout = 48,
    /// BAR049: native code that is imported and is no module.
    NoModule = 49,
    /// BAR050: a project that is left to what a lock or list names.
    LeftElsewhere = 50,
}

/// What is documented about a code.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    pub code: Code,
    /// What the kind is called, a fragment.
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
