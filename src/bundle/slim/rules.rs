//! What no program needs of a distribution: a table of rules, each with its reason.
//!
//! A rule stands here only after every package that it was tried on could still be imported whole: `tests/network/slim`
//! installs the most used packages, slims them, imports every module that could be imported before, and compares. What
//! that run gave is in `docs/contents.md`. Packages that open such files while they run are exceptions, with the reason
//! beside them.

/// A kind of files that `--slim` leaves out.
pub(super) struct Rule {
    /// What it leaves out, for messages.
    pub(super) name: &'static str,
    /// Patterns of files below the folder of packages, as in a `.gitignore`.
    pub(super) patterns: &'static [&'static str],
    /// Only of these projects; empty: of all.
    pub(super) only: &'static [&'static str],
    /// Not of these projects: their own code reads such files.
    pub(super) never: &'static [&'static str],
    /// Not of projects that require this one, which reads such files for them.
    pub(super) unless_requires: &'static [&'static str],
    /// What may speak for a file that it names.
    pub(super) doubt: Doubt,
    /// Why nothing misses it; a test compares it with the documentation.
    #[cfg(test)]
    pub(super) why: &'static str,
}

/// What may speak for a file that a rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Nothing.
    None,
    /// It lies in a folder of tests: code imports it, or has its name. Such a folder has modules of Python.
    Imported,
    /// Code has its name.
    Named,
    /// Its ending has another meaning too.
    Kind,
}

const fn rule(name: &'static str, patterns: &'static [&'static str], why: &'static str) -> Rule {
    #[cfg(not(test))]
    let _ = why;
    Rule {
        name,
        patterns,
        only: &[],
        never: &[],
        unless_requires: &[],
        doubt: Doubt::None,
        #[cfg(test)]
        why,
    }
}

impl Rule {
    const fn only(self, only: &'static [&'static str]) -> Self {
        Self { only, ..self }
    }

    const fn never(self, never: &'static [&'static str]) -> Self {
        Self { never, ..self }
    }

    const fn unless_requires(self, unless_requires: &'static [&'static str]) -> Self {
        Self { unless_requires, ..self }
    }

    const fn doubt(self, doubt: Doubt) -> Self {
        Self { doubt, ..self }
    }
}

/// Files that no rule leaves out, whatever matches: they say what is installed, how it starts, and on what terms.
pub(super) const KEPT: &[&str] =
    &["/*.dist-info/", "py.typed", "LICENSE*", "LICENCE*", "COPYING*", "NOTICE*", "AUTHORS*"];

/// Projects whose purpose is to compile or to be compiled with: they hand out sources and headers while they run.
const COMPILERS: &[&str] = &[
    "cffi",
    "cppyy",
    "cppyy-cling",
    "cppyy-backend",
    "cupy",
    "cupy-cuda11x",
    "cupy-cuda12x",
    "cython",
    "jax-triton",
    "mypy",
    "mypy-extensions",
    "nanobind",
    "numba",
    "pybind11",
    "pybind11-global",
    "pythran",
    "torch",
    "triton",
    "ziglang",
];

/// The rules; the first that matches a file counts it.
pub(super) const RULES: &[Rule] = &[
    rule("tests", &["/*/**/tests/"], "tests inside packages are imported by test runners only")
        .never(&["hypothesis", "pytest", "numba", "torch"])
        .doubt(Doubt::Imported),
    rule("stubs", &["*.pyi"], "stubs are read by type checkers only")
        .never(&["mypy", "pyright", "typeshed-client", "jedi", "basedpyright", "pytype"])
        .unless_requires(&["lazy-loader"]),
    rule("headers", &["*.h", "*.hh", "*.hpp", "*.hxx", "*.cuh", "*.inl"], "headers are read by compilers only")
        .never(COMPILERS)
        .doubt(Doubt::Named),
    rule(
        "native sources",
        &["*.c", "*.cc", "*.cpp", "*.cxx", "*.cu", "*.pyx", "*.pxd", "*.pxi", "*.pyx.in", "*.pxd.in", "*.f", "*.f90"],
        "sources of extension modules are read by compilers only",
    )
    .never(COMPILERS)
    .doubt(Doubt::Named),
    rule("static libraries", &["*.a", "*.lib", "*.la"], "static libraries are read by linkers only")
        .never(COMPILERS)
        .doubt(Doubt::Named),
    rule(
        "foreign binaries",
        &["*.dll", "*.dylib", "*.exe", "*.pyd"],
        "Linux cannot load binaries of Windows and macOS",
    )
    .doubt(Doubt::Kind),
    rule("debug symbols", &["*.pdb", "*.dSYM/", "*.debug"], "symbols are read by debuggers only").doubt(Doubt::Kind),
    rule("bytecode", &["__pycache__/"], "bytecode of another Python; the target makes its own"),
    rule(
        "documentation",
        &[
            // One pattern for each ending: only paths with that ending are then held against it.
            "/*/doc/**/*.rst",
            "/*/doc/**/*.md",
            "/*/doc/**/*.ipynb",
            "/*/docs/**/*.rst",
            "/*/docs/**/*.md",
            "/*/docs/**/*.ipynb",
            "/share/doc/",
            "/share/man/",
            "/share/info/",
        ],
        "documentation is read by people only",
    )
    .doubt(Doubt::Named),
    rule(
        "examples",
        &["/boto3/examples/", "/botocore/data/**/examples-1.json*"],
        "examples are read for documentation only",
    )
    .only(&["boto3", "botocore"]),
];
