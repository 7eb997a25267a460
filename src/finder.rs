//! What macOS leaves in folders that it has shown or copied. None of it belongs to anyone's work.

/// Files and folders by their whole names: notes of the Finder, indexes of Spotlight, wastebaskets, and what its
/// archives add.
const NAMES: &[&str] = &[
    ".AppleDouble",
    ".DS_Store",
    ".LSOverride",
    ".Spotlight-V100",
    ".Trashes",
    ".fseventsd",
    ".localized",
    "Icon\r",
    "__MACOSX",
];

/// Whether a file or folder of this name is one of them. `._NAME` holds the attributes of `NAME` where a file system
/// cannot.
pub(crate) fn is_left_by_mac(name: &str) -> bool {
    NAMES.contains(&name) || name.starts_with("._")
}
