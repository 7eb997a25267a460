//! Outputs of bundles that are made by hand, in temporary folders.

mod amending;
mod digests;
mod inspecting;
mod installing;
mod keeping;
mod publishing;
mod killed;
mod locking;
mod mounts;
mod zipping;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use fs_err as fs;

use super::options::Steps;
use super::standing::OutputKind;
use super::transaction::Begun;
use super::{OutputForm, PublishError, PublishOptions, PublishedOutput};
use crate::bundle::Bundle;
use crate::bundle::tests::{Scene, bundle, version};
use crate::install::LinkMode;

impl Scene {
    fn options<'a>(&'a self, out: &'a Path) -> PublishOptions<'a> {
        PublishOptions {
            out,
            format: OutputForm::Folder,
            link_mode: LinkMode::Auto,
            force: self.force,
            state_folders: &self.state_folders,
            own_folders: &self.state_folders,
            fingerprint: None,
            cache: None,
            ready: None,
            cancel: None,
        }
    }

    /// Publishes one distribution with these files to a folder of the scene.
    fn publish(&self, out: &str, files: &[(&str, &str)]) -> Result<PublishedOutput, PublishError> {
        self.publish_to(&self.path(out), files)
    }

    fn publish_to(&self, out: &Path, files: &[(&str, &str)]) -> Result<PublishedOutput, PublishError> {
        let dists = [self.dist("demo", &version(files), files)];
        super::publish(&bundle(&dists), &self.options(out))
    }

    /// Fails when anything of barrow's own is left in a folder.
    fn assert_clean(&self, folder: &str) {
        let left = self.workplaces(folder);
        assert!(left.is_empty(), "{left:?} is left");
    }

    /// What the next run does first. A lock of the dead run may live on for a moment in a child process that another
    /// test has forked and that has not become its program yet.
    fn recover(&self, out: &str) {
        for _ in 0..500 {
            super::tidy(&self.path(out));
            let is_clean = |folder: &str| !self.path(folder).is_dir() || self.workplaces(folder).is_empty();
            if is_clean(out) && is_clean(".") {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    fn workplaces(&self, folder: &str) -> Vec<std::ffi::OsString> {
        let names = fs::read_dir(self.path(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| crate::cache::is_workplace_name(name)).collect()
    }
}

/// Publishes to a folder as if it were a mount point.
fn publish_inside(bundle: &Bundle, options: &PublishOptions, steps: Steps) -> Result<PublishedOutput, PublishError> {
    let begun = Begun::begin_where(bundle, OutputKind::Folder, options, steps, |_, _| false)?;
    Ok(begun.stage()?.mark()?.swap()?.finish())
}

/// Every entry below a folder with its mode, and its content without the lines of RECORD.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    fn walk(folder: &Path, shown: &str, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{shown}{}", entry.file_name().to_string_lossy());
            let metadata = fs::symlink_metadata(entry.path()).unwrap();
            let mode = metadata.permissions().mode() & 0o7777;
            // Whether a file is linked, and so read-only, depends on the file system.
            let mode = if metadata.is_file() { mode | 0o200 } else { mode };
            if metadata.is_dir() {
                found.insert(format!("{path}/"), format!("{mode:o}"));
                walk(&entry.path(), &format!("{path}/"), found);
            } else if path.ends_with("/RECORD") {
                found.insert("RECORD".to_owned(), format!("{mode:o}"));
            } else {
                found.insert(path, format!("{mode:o} {}", fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, "", &mut found);
    found.retain(|path, _| !path.ends_with(".dist-info/"));
    found
}

/// What [`tree`] gives for these files.
fn expected(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut expected = BTreeMap::from([("RECORD".to_owned(), "644".to_owned())]);
    for (path, content) in files {
        let mode = if path.ends_with('*') { "755" } else { "644" };
        let path = path.trim_end_matches('*');
        expected.insert(path.to_owned(), format!("{mode} {content}"));
        for (at, _) in path.match_indices('/') {
            expected.insert(path[..=at].to_owned(), "755".to_owned());
        }
    }
    expected
}
