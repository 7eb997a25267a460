//! What `barrow --version` says of the program, and with `--verbose`: which source it was made of, and for what.

use std::ffi::OsString;

/// What is said to a command line that asks for the version and nothing else.
pub(crate) fn asked_for(arguments: &[OsString]) -> Option<String> {
    if asks_for_all(arguments) {
        return Some(lines());
    }
    matches!(arguments, [_, word] if word == "--version" || word == "-V").then(line)
}

/// Whether the command line asks for all that is known of the version.
fn asks_for_all(arguments: &[OsString]) -> bool {
    let words = || arguments.iter().skip(1);
    let is_version = |word: &OsString| word == "--version" || word == "-V";
    let is_verbose = |word: &OsString| word == "--verbose" || word == "-v";
    words().any(|word| word == "-Vv" || word == "-vV") && words().count() == 1
        || words().any(is_version)
            && words().any(is_verbose)
            && words().all(|word| is_version(word) || is_verbose(word))
}

/// A line for each thing that is known of this build. The release script gives commit and profile; a build by hand has
/// neither.
fn lines() -> String {
    let profile = option_env!("BARROW_PROFILE").unwrap_or(if cfg!(debug_assertions) { "debug" } else { "release" });
    let commit = option_env!("BARROW_COMMIT").map(|commit| format!("commit: {commit}\n")).unwrap_or_default();
    format!("{}target: {}\nprofile: {profile}\n{commit}", line(), target())
}

/// The name and the version, as the parser says them of any program.
fn line() -> String {
    format!("barrow {}\n", env!("CARGO_PKG_VERSION"))
}

/// The target triple, as Rust names it.
fn target() -> String {
    let architecture = std::env::consts::ARCH;
    if cfg!(target_os = "macos") {
        format!("{architecture}-apple-darwin")
    } else {
        let library = if cfg!(target_env = "musl") { "musl" } else { "gnu" };
        format!("{architecture}-unknown-{}-{library}", std::env::consts::OS)
    }
}
