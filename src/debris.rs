//! What desktops, file systems and editors leave in folders that they have shown, copied or worked in. None of it belongs
//! to anyone's work.

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

/// Whether a file of this name is what an editor keeps beside a file that is open, or has kept of an older state: locks
/// (links that lead nowhere) and saved states of Emacs, swap files of Vim, backups of both.
pub(crate) fn is_left_by_editor(name: &str) -> bool {
    let is_swap = |name: &str| {
        let ending = name.rsplit_once(".sw").map(|(_, ending)| ending);
        ending.is_some_and(|ending| matches!(ending.as_bytes(), [b'a'..=b'p']))
    };
    let is_saved = |name: &str| name.len() > 2 && name.starts_with('#') && name.ends_with('#');
    name.starts_with(".#") || is_saved(name) || name.starts_with('.') && is_swap(name) || name.ends_with('~')
}

#[cfg(test)]
mod tests {
    use crate::debris::is_left_by_editor;

    #[test]
    fn files_of_editors_are_told_by_their_names() {
        for name in [".#app.py", "#app.py#", ".app.py.swp", ".env.swo", "app.py~", ".#"] {
            assert!(is_left_by_editor(name), "{name}");
        }
        for name in ["app.py", "#", "##", "# a", "a.swp", ".swift", ".x.swift", ".x.swz", "~a", ".gitignore"] {
            assert!(!is_left_by_editor(name), "{name}");
        }
    }
}
