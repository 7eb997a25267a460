//! Names of archives.

/// Whether pip takes a file of this name for an archive.
pub(super) fn is_archive(name: &str) -> bool {
    const ENDINGS: [&str; 12] = [
        ".zip",
        ".whl",
        ".tar.bz2",
        ".tbz",
        ".tar.gz",
        ".tgz",
        ".tar",
        ".tar.xz",
        ".txz",
        ".tlz",
        ".tar.lz",
        ".tar.lzma",
    ];
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    ENDINGS.into_iter().any(|ending| name.len() > ending.len() && name.ends_with(ending))
}
