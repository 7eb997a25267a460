//! Behaviour of the room, construct by construct. pip's own reading of hundreds of files is compared in
//! `tests/differential/`; here is what barrow adds, and what must hold without pip.

mod errors;
mod files;
mod options;
mod printed;
mod pyproject;
mod references;
mod ties;

use std::path::{Path, PathBuf};

use super::{Manifest, ManifestInputs, RequirementEntry};

/// A folder with files, and what is read from it.
struct Project {
    folder: tempfile::TempDir,
    inputs: ManifestInputs,
}

impl Project {
    /// Files by name; the first is the requirements file.
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The system's folder for such things may be a symbolic link, and answers are compared with absolute paths.
        let working_folder = fs_err::canonicalize(folder.path()).unwrap();
        for (name, text) in files {
            let path = working_folder.join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
        let requirement_files = files.first().map(|(name, _)| PathBuf::from(name)).into_iter().collect();
        Self { folder, inputs: ManifestInputs { requirement_files, working_folder, ..ManifestInputs::default() } }
    }

    fn path(&self) -> &Path {
        &self.inputs.working_folder
    }

    fn read(&self) -> Result<Manifest, String> {
        assert!(self.folder.path().is_dir());
        Manifest::read(&self.inputs)
            .map_err(|error| error.to_string().replace(self.path().to_str().unwrap(), "[FOLDER]"))
    }

    /// The entries, printed, with the folder left out.
    fn printed(&self) -> Vec<String> {
        let manifest = self.read().unwrap();
        let folder = self.path().to_str().unwrap();
        manifest.requirements.iter().map(|entry| entry.to_string().replace(folder, "[FOLDER]")).collect()
    }
}

/// Reads one file with this text.
fn read_text(text: &str) -> Result<Manifest, String> {
    Project::new(&[("requirements.txt", text)]).read()
}

/// The entries of a file, printed.
fn printed(text: &str) -> Vec<String> {
    read_text(text).unwrap().requirements.iter().map(RequirementEntry::to_string).collect()
}

/// The only entry of a file.
fn only(text: &str) -> RequirementEntry {
    let mut entries = read_text(text).unwrap().requirements;
    assert_eq!(entries.len(), 1, "{text}");
    entries.remove(0)
}
