//! A folder as text: one line per entry with mode, size, digest and path, for snapshots and comparisons.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::sha256_hex;

/// Lists everything below `root`, sorted by path: `0644     12 3f79bb7b435b  hello.py`; folders end in `/`.
///
/// Where the file system cannot clone, outputs are hard links, which are read-only. That depends on the machine, so it
/// is not shown: `0444` reads `0644`, `0555` reads `0755`. `tests/it/shared_bytes.rs` looks at the modes themselves.
pub(crate) fn tree(root: &Path) -> String {
    let mut lines = Vec::new();
    walk(root, "", &mut lines);
    lines.sort_by(|a: &(String, String), b| a.0.cmp(&b.0));
    lines.into_iter().map(|(path, facts)| format!("{facts}  {path}\n")).collect()
}

fn walk(folder: &Path, prefix: &str, lines: &mut Vec<(String, String)>) {
    for entry in fs_err::read_dir(folder).expect("the tree can be read") {
        let entry = entry.expect("the tree can be read");
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let metadata = fs_err::symlink_metadata(entry.path()).expect("the tree can be read");
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_dir() {
            lines.push((format!("{path}/"), format!("{mode:04o}      -            -")));
            walk(&entry.path(), &format!("{path}/"), lines);
        } else if metadata.is_symlink() {
            let to = fs_err::read_link(entry.path()).expect("the tree can be read");
            lines.push((format!("{path} -> {}", to.display()), format!("{mode:04o}      -            -")));
        } else {
            let bytes = fs_err::read(entry.path()).expect("the tree can be read");
            let mode = if mode & 0o222 == 0 { mode | 0o200 } else { mode };
            lines.push((path, format!("{mode:04o} {:6} {}", bytes.len(), &sha256_hex(&bytes)[..12])));
        }
    }
}
