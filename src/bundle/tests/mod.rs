//! Trees and distributions made by hand, in temporary folders.

mod assembling;
mod collecting;
mod splitting;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{Bundle, BundleError, BundleLayout, SourceFiles, SourceOptions, SourceRules};
use crate::archive::{SafePath, deflate};
use crate::install::{FileContent, InstalledDist, InstalledFile, UnpackedTree};
use crate::spec::{sha256, write_record_line};

/// A folder with everything that a test needs, gone when the test ends.
pub(crate) struct Scene {
    folder: tempfile::TempDir,
    pub(crate) state_folders: Vec<PathBuf>,
    pub(crate) force: bool,
}

impl Scene {
    #[expect(clippy::disallowed_methods, reason = "tests choose where they work")]
    pub(crate) fn new() -> Self {
        Self::at(&std::env::temp_dir())
    }

    pub(crate) fn at(parent: &Path) -> Self {
        let folder = tempfile::tempdir_in(parent).unwrap();
        let state_folders = vec![folder.path().join("state")];
        Self { folder, state_folders, force: false }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes files below a folder of the scene; a name that ends in `*` is executable.
    pub(crate) fn write(&self, folder: &str, files: &[(&str, &str)]) -> PathBuf {
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
    pub(crate) fn dist(&self, name: &str, version: &str, files: &[(&str, &str)]) -> InstalledDist {
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
        let mut dist = InstalledDist {
            name: name.parse().unwrap(),
            version: version.parse().unwrap(),
            digest: sha256(&wheel),
            wheel: wheel_path,
            dist_info,
            files: installed,
            metadata: Vec::new(),
            record: crate::install::Agreement::Full,
            warnings: Vec::new(),
            tree: None,
            rewritten: Vec::new(),
        };
        for file in &dist.files {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(file.tree_mode());
            fs::set_permissions(file.path.below(&tree), mode).unwrap();
        }
        dist.tree = Some(UnpackedTree::look(tree, &dist.files));
        dist
    }

    pub(crate) fn collect(&self, source: &str, exclude: &[&str]) -> Result<SourceFiles, BundleError> {
        self.collect_with(source, exclude, &[])
    }

    pub(crate) fn collect_with(
        &self,
        source: &str,
        exclude: &[&str],
        include: &[&str],
    ) -> Result<SourceFiles, BundleError> {
        let [exclude, include] =
            [exclude, include].map(|patterns| patterns.iter().map(ToString::to_string).collect::<Vec<_>>());
        let rules = SourceRules {
            exclude: &exclude,
            include: &include,
            input_files: &[self.path("source/wanted.list")],
            credential_files: &[self.path("source/logins")],
            ..SourceRules::default()
        };
        let (folder, outputs) = (self.path(source), [self.path("source/out")]);
        SourceFiles::collect(&[SourceOptions { outputs: &outputs, ..source_at(&folder) }], &rules)
    }
}

/// SOURCE at a folder, all of it.
pub(crate) fn source_at(folder: &Path) -> SourceOptions<'_> {
    SourceOptions { folder, label: None, prefix: None, only: &[], exclude: &[], outputs: &[] }
}

/// Different files, different version: the trees in the cache must not mix.
pub(crate) fn version(files: &[(&str, &str)]) -> String {
    let digest = sha256(format!("{files:?}").as_bytes());
    format!("1.{}", u32::from_be_bytes(digest.bytes()[..4].try_into().unwrap()))
}

pub(crate) fn bundle(dists: &[InstalledDist]) -> Bundle<'_> {
    super::assemble(dists, None, &BundleLayout::function()).unwrap()
}
