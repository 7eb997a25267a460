//! Links to files of the same source: they stay links, so that a library with three names is in the bundle once.
//!
//! Lambda unpacks zips with their Unix modes, links included. A link to a folder becomes a folder of links to its
//! files, since patterns may leave out other ones under each name. What a link to a file leads to is copied where that
//! file is not taken itself.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::file::SourceFile;
use crate::archive::{folder_and_name, relative};

/// Tells those files that were found through links, and whose own place is in the same source, where that is.
/// `through_link` has an item for each file.
pub(super) fn keep_links(files: &mut [SourceFile], through_link: &[bool]) {
    let own = files.iter().zip(through_link).filter(|(_, is_link)| !**is_link);
    let places: HashMap<PathBuf, String> =
        own.map(|(file, _)| (file.from.clone(), file.path.as_str().to_owned())).collect();
    for (file, _) in files.iter_mut().zip(through_link).filter(|(_, is_link)| **is_link) {
        file.link = places.get(&file.from).map(|place| as_seen_from(place, file.path.as_str()));
    }
}

/// The path of `to` as seen from the folder in which `from` lies; both below the same folder.
fn as_seen_from(to: &str, from: &str) -> String {
    relative(Path::new(to), Path::new(folder_and_name(from).0)).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::as_seen_from;

    #[test]
    fn as_seen_from_the_folder() {
        for (to, from, expected) in [
            ("a.so.1", "a.so", "a.so.1"),
            ("lib/a.so.1", "lib/a.so", "a.so.1"),
            ("lib/a.so.1", "a.so", "lib/a.so.1"),
            ("a.so.1", "lib/deep/a.so", "../../a.so.1"),
            ("lib/x/a", "lib/y/a", "../x/a"),
        ] {
            assert_eq!(as_seen_from(to, from), expected, "{to} from {from}");
        }
    }
}
