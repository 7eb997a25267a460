//! Trees and distributions made by hand, in temporary folders.

mod assembling;
mod collecting;
mod inspecting;
mod installing;
mod publishing;
mod killed;
mod locking;
mod mounts;
mod zipping;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{Bundle, BundleError, Layout, OutputFormat, PublishOptions, Published, SourceFiles, SourceOptions};
use crate::archive::{SafePath, deflate};
use crate::install::{FileContent, InstalledDist, InstalledFile, LinkMode};
use crate::spec::{sha256, write_record_line};

/// A folder with everything that a test needs, gone when the test ends.
struct Scene {
    folder: tempfile::TempDir,
    state_folders: Vec<PathBuf>,
    force: bool,
}

impl Scene {
    #[expect(clippy::disallowed_methods, reason = "tests choose where they work")]
    fn new() -> Self {
        Self::at(&std::env::temp_dir())
    }

    fn at(parent: &Path) -> Self {
        let folder = tempfile::tempdir_in(parent).unwrap();
        let state_folders = vec![folder.path().join("state")];
        Self { folder, state_folders, force: false }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes files below a folder of the scene; a name that ends in `*` is executable.
    fn write(&self, folder: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = self.path(folder);
        for (name, content) in files {
            let path = folder.join(name.trim_end_matches('*'));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            let mode = if name.ends_with('*') { 0o755 } else { 0o644 };
            fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        folder
    }

    /// A distribution with these files and a RECORD, unpacked, with its wheel.
    fn dist(&self, name: &str, version: &str, files: &[(&str, &str)]) -> InstalledDist {
        let base = self.path(&format!("cache/{name}-{version}"));
        let tree = base.join("files");
        let dist_info = SafePath::new(&format!("{name}-{version}.dist-info")).unwrap();
        let record_path = format!("{dist_info}/RECORD");
        let mut record = String::new();
        let mut wheel = b"not a zip, but its data is where the spans say".to_vec();
        let mut installed = Vec::new();
        for (path, content) in files {
            let executable = path.ends_with('*');
            let path = path.trim_end_matches('*');
            write_record_line(&mut record, path, Some((&sha256(content.as_bytes()), content.len() as u64)));
            let content = content.as_bytes();
            installed.push(InstalledFile {
                path: SafePath::new(path).unwrap(),
                executable,
                size: content.len() as u64,
                sha256: sha256(content),
                crc32: deflate(content).crc32,
                content: FileContent::WheelEntry {
                    offset: wheel.len() as u64,
                    compressed_size: content.len() as u64,
                    deflated: false,
                },
            });
            wheel.extend_from_slice(content);
        }
        write_record_line(&mut record, &record_path, None);
        let record = record.into_bytes();
        installed.push(InstalledFile {
            path: SafePath::new(&record_path).unwrap(),
            executable: false,
            size: record.len() as u64,
            sha256: sha256(&record),
            crc32: deflate(&record).crc32,
            content: FileContent::Generated(record.clone()),
        });
        installed.sort_by(|a, b| a.path.cmp(&b.path));
        let folder = format!("cache/{name}-{version}/files");
        self.write(&folder, files);
        self.write(&folder, &[(&record_path, std::str::from_utf8(&record).unwrap())]);
        let wheel_path = base.join("wheel.whl");
        fs::write(&wheel_path, &wheel).unwrap();
        InstalledDist {
            name: name.parse().unwrap(),
            version: version.parse().unwrap(),
            digest: sha256(&wheel),
            wheel: wheel_path,
            dist_info,
            files: installed,
            metadata: Vec::new(),
            warnings: Vec::new(),
            tree: Some(tree),
        }
    }

    fn collect(&self, source: &str, exclude: &[&str]) -> Result<SourceFiles, BundleError> {
        let exclude: Vec<String> = exclude.iter().map(ToString::to_string).collect();
        SourceFiles::collect(&SourceOptions {
            folder: &self.path(source),
            exclude: &exclude,
            out: &self.path("source/out"),
            state_folders: &self.state_folders,
        })
    }

    fn options<'a>(&'a self, out: &'a Path) -> PublishOptions<'a> {
        PublishOptions {
            out,
            format: OutputFormat::Folder,
            link_mode: LinkMode::Auto,
            force: self.force,
            state_folders: &self.state_folders,
            own_folders: &self.state_folders,
            fingerprint: None,
            cancel: None,
        }
    }

    /// Publishes one distribution with these files to a folder of the scene.
    fn publish(&self, out: &str, files: &[(&str, &str)]) -> Result<Published, BundleError> {
        self.publish_to(&self.path(out), files)
    }

    fn publish_to(&self, out: &Path, files: &[(&str, &str)]) -> Result<Published, BundleError> {
        let dists = [self.dist("demo", &version(files), files)];
        super::publish(&bundle(&dists), &self.options(out))
    }

    /// Fails when anything of barrow's own is left in a folder.
    fn assert_clean(&self, folder: &str) {
        let left = self.workplaces(folder);
        assert!(left.is_empty(), "{left:?} is left");
    }

    /// What the next run does first. A lock of the dead run may live on for a moment in a child process that another test
    /// has forked and that has not become its program yet.
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
        names.filter(|name| super::workplace::is_name(name)).collect()
    }
}

/// Different files, different version: the trees in the cache must not mix.
fn version(files: &[(&str, &str)]) -> String {
    let digest = sha256(format!("{files:?}").as_bytes());
    format!("1.{}", u32::from_be_bytes(digest.bytes()[..4].try_into().unwrap()))
}

fn bundle(dists: &[InstalledDist]) -> Bundle<'_> {
    super::assemble(dists, None, &Layout::function()).unwrap()
}

/// Every entry below a folder with its mode, and its content without the lines of RECORD.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    fn walk(folder: &Path, shown: &str, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{shown}{}", entry.file_name().to_string_lossy());
            let metadata = fs::symlink_metadata(entry.path()).unwrap();
            let mode = metadata.permissions().mode() & 0o7777;
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
