//! What desktops and file systems leave in folders that they have shown or copied. None of it belongs to anyone's work.

/// Files and folders of macOS by their whole names: notes of the Finder, indexes of Spotlight, wastebaskets, versions of
/// documents, and what its archives add.
const OF_MAC: &[&str] = &[
    ".AppleDouble",
    ".DS_Store",
    ".DocumentRevisions-V100",
    ".LSOverride",
    ".Spotlight-V100",
    ".TemporaryItems",
    ".Trashes",
    ".VolumeIcon.icns",
    ".apdisk",
    ".fseventsd",
    ".localized",
    "Icon\r",
    "__MACOSX",
];

/// Files and folders of Windows, which knows no case of letters: small pictures and looks of folders, wastebaskets, and
/// what lies at the top of each of its volumes.
const OF_WINDOWS: &[&str] =
    &["$recycle.bin", "desktop.ini", "ehthumbs.db", "ehthumbs_vista.db", "system volume information", "thumbs.db"];

/// Whether a file or folder of this name is one of them. `._NAME` holds the attributes of `NAME` where a file system of
/// macOS cannot.
pub(crate) fn is_left_by_system(name: &str) -> bool {
    OF_MAC.contains(&name) || name.starts_with("._") || OF_WINDOWS.iter().any(|other| name.eq_ignore_ascii_case(other))
}
