//! What a folder asks for when no file was named.

use std::path::{Path, PathBuf};

use super::Error;

/// Files that state what a folder needs, best first: locks, then requirements, then the project's own statement.
const CANDIDATES: &[&str] =
    &["pylock.toml", "uv.lock", "poetry.lock", "Pipfile.lock", "requirements.txt", "pyproject.toml"];

/// The first file of `folder` that states what it needs.
pub fn detect_input(folder: &Path) -> Result<PathBuf, Error> {
    let found = CANDIDATES.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| Error::Usage {
        message: format!("`{}` has none of {}", folder.display(), CANDIDATES.join(", ")),
        hint: Some("name a requirements file with -r".to_owned()),
    })
}

/// Refuses the files that this version cannot read, with the way out.
pub fn check_readable(path: &Path) -> Result<(), Error> {
    let shown = path.display();
    let export = match path.file_name().and_then(|name| name.to_str()) {
        Some("uv.lock") => "uv export --frozen -o requirements.txt",
        Some("poetry.lock") => "poetry export -o requirements.txt",
        Some("Pipfile.lock") => "pipenv requirements --hash > requirements.txt",
        _ => return Ok(()),
    };
    Err(Error::Usage {
        message: format!("`{shown}` cannot be read yet: this version of barrow does not know its form"),
        hint: Some(format!("`{export}` writes a file that can, then name it with -r")),
    })
}
