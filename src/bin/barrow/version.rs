//! What `barrow --version --verbose` says of the program: which source it was made of, and for what.

use std::ffi::OsString;

/// Whether the command line asks for the version and nothing else.
pub(crate) fn asks_for_all(arguments: &[OsString]) -> bool {
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
pub(crate) fn lines() -> String {
    let profile = option_env!("BARROW_PROFILE").unwrap_or(if cfg!(debug_assertions) { "debug" } else { "release" });
    let commit = option_env!("BARROW_COMMIT").map(|commit| format!("commit: {commit}\n")).unwrap_or_default();
    format!("barrow {}\ntarget: {}\nprofile: {profile}\n{commit}", env!("CARGO_PKG_VERSION"), target())
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
