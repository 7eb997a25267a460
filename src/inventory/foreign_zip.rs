//! Zips of anyone's in memory, read as leniently as AWS reads them: what our own reader refuses, Lambda may well
//! accept.

use std::io::{self, Cursor};
use std::path::Path;
use std::sync::Arc;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::regular;

/// Largest archive that is read, bytes: Lambda takes a quarter of it unpacked.
const ARCHIVE_MOST: u64 = 1 << 30;

/// A zip in memory. It is cheap to clone, so that every reading thread has a view of its own.
pub(crate) type ForeignZip = ZipArchive<Cursor<Arc<[u8]>>>;

/// Why a file is not read as a zip.
pub(crate) enum NoZip {
    /// The file cannot be read at all.
    Read(io::Error),
    /// The file is larger than what is read; its size, bytes.
    TooLarge(u64),
    /// Nothing in the file says that it is a zip.
    NoArchive,
    /// The zip is damaged.
    Broken(ZipError),
}

/// Reads a zip; gives it with its own size, bytes.
pub(crate) fn open_foreign_zip(path: &Path) -> Result<(ForeignZip, u64), NoZip> {
    let size = regular::open(path).and_then(|file| Ok(file.metadata()?.len())).map_err(NoZip::Read)?;
    if size > ARCHIVE_MOST {
        return Err(NoZip::TooLarge(size));
    }
    let bytes = regular::read(path).map_err(NoZip::Read)?;
    if !bytes.starts_with(b"PK") && !bytes.windows(4).any(|four| four == b"PK\x05\x06") {
        return Err(NoZip::NoArchive);
    }
    Ok((foreign_zip(bytes).map_err(NoZip::Broken)?, size))
}

/// The zip that these bytes are.
pub(crate) fn foreign_zip(bytes: Vec<u8>) -> Result<ForeignZip, ZipError> {
    ZipArchive::new(Cursor::new(bytes.into()))
}

/// The name of an entry as unpackers understand it: without the `.` and empty components that some programs write. An
/// absolute name stays one, and the folder at the top has none.
pub(crate) fn plain_name(raw: &[u8]) -> String {
    let name = String::from_utf8_lossy(raw);
    let is_odd = |component: &str| component.is_empty() || component == ".";
    let (whole, end) = name.strip_suffix('/').map_or((&*name, ""), |folder| (folder, "/"));
    if name.starts_with('/') || !whole.split('/').any(is_odd) {
        return name.into_owned();
    }
    let components: Vec<&str> = whole.split('/').filter(|component| !is_odd(component)).collect();
    if components.is_empty() { String::new() } else { format!("{}{end}", components.join("/")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_unpackers_understand_them() {
        let check = |raw: &str, plain: &str| assert_eq!(plain_name(raw.as_bytes()), plain, "{raw}");
        check("a/b.py", "a/b.py");
        check("a/", "a/");
        check("./a.py", "a.py");
        check("././a//b/./c.py", "a/b/c.py");
        check("./a/", "a/");
        check("./", "");
        check("/a.py", "/a.py");
        check("../a.py", "../a.py");
    }
}
