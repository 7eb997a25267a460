//! From what the user names to the files that the runtime will see.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::archive::{CheckedArchive, duplicates, short_name};
use super::code::Code;
use super::file::{BytesAt, CheckedFile};
use super::finding::{Finding, Grade, bad_link, closed_folder};
use super::stamp::CheckStamp;
use super::tree::{LAYERS, RuntimeTree, TASK, ends_in};
use super::{CheckError, CheckOptions};

/// Most folders that are looked into by way of links: two links in each folder to the next one double their number at
/// every step.
const LINKED_FOLDERS_MOST: usize = 10_000;

/// What lies in the runtime, and what was odd on the way.
pub(super) struct GatheredFiles {
    pub(super) tree: RuntimeTree,
    pub(super) findings: Vec<Finding>,
    /// The bundle is an archive of this size, bytes.
    pub(super) zip_size: Option<u64>,
}

/// Reads the bundle and its layers.
pub(super) fn gather(options: &CheckOptions) -> Result<GatheredFiles, CheckError> {
    let mut gathering = Gathering::default();
    let zip_size = gathering.add(&options.path, TASK, "")?;
    if gathering.files.is_empty() && gathering.findings.is_empty() {
        return Err(CheckError::Empty { path: options.path.clone() });
    }
    if is_layer(&gathering.files) {
        for file in &mut gathering.files {
            file.path = file.path.replacen(TASK, LAYERS, 1);
        }
    }
    for layer in &options.layers {
        gathering.add(layer, LAYERS, &format!("{}:", short_name(layer)))?;
    }
    let tree = RuntimeTree::of(gathering.files, gathering.archives);
    Ok(GatheredFiles { tree, findings: gathering.findings, zip_size })
}

/// Whether these are the files of a layer: Python code lies below `python/` and none beside it.
fn is_layer(files: &[CheckedFile]) -> bool {
    let below = |file: &CheckedFile| file.path.strip_prefix("/var/task/python/").is_some_and(|rest| !rest.is_empty());
    let beside = |file: &CheckedFile| {
        let rest = file.path.strip_prefix("/var/task/").unwrap_or_default();
        !rest.starts_with("python/") && (ends_in(rest, ".py") || rest.contains(".dist-info/"))
    };
    let is_package = |file: &CheckedFile| file.path == "/var/task/python/__init__.py";
    files.iter().any(below) && !files.iter().any(|file| beside(file) || is_package(file))
}

/// Where a folder belongs.
#[derive(Clone, Copy)]
struct FolderAt<'a> {
    /// Where the runtime sees the topmost folder.
    root: &'a str,
    /// What stands before the names of its files in messages.
    label: &'a str,
    /// The topmost folder.
    top: &'a Path,
    /// A link within the bundle led here.
    is_link: bool,
}

#[derive(Default)]
struct Gathering {
    files: Vec<CheckedFile>,
    archives: Vec<CheckedArchive>,
    findings: Vec<Finding>,
    /// How many folders were reached by links.
    linked_folders: usize,
}

impl Gathering {
    /// Adds a folder or archive below `root`; gives the size of an archive.
    fn add(&mut self, path: &Path, root: &str, label: &str) -> Result<Option<u64>, CheckError> {
        if path.is_dir() {
            // A folder with the whole file system of an image: what the function is made of lies in two places of it.
            let inner = [(path.join("var/task"), TASK), (path.join("opt"), LAYERS)];
            let is_image = root == TASK && inner[0].0.is_dir();
            let folders = if is_image { Vec::from(inner) } else { vec![(path.to_owned(), root)] };
            for (folder, root) in folders.iter().filter(|(folder, _)| folder.is_dir()) {
                self.folder(folder, FolderAt { root, label, top: folder, is_link: false }, &mut Vec::new())?;
            }
            return Ok(None);
        }
        let archive = match CheckedArchive::open(path)? {
            Ok(archive) => archive,
            Err(finding) => {
                self.findings.push(finding);
                return Ok(None);
            }
        };
        for name in duplicates(path) {
            let message = "the archive has more than one entry of this name".to_owned();
            self.findings.push(
                Finding::new(Code::DuplicateEntry, Grade::Warning, name.clone(), message)
                    .file(format!("{label}{name}")),
            );
        }
        let (files, findings) = archive.files(self.archives.len(), root, label);
        let size = archive.size;
        self.files.extend(files);
        self.findings.extend(findings);
        self.archives.push(archive);
        Ok(Some(size))
    }

    /// Adds what lies below a folder. `above` are the real folders that lead here, against links in a circle.
    fn folder(&mut self, folder: &Path, place: FolderAt<'_>, above: &mut Vec<PathBuf>) -> Result<(), CheckError> {
        let FolderAt { root, label, top, .. } = place;
        let failed = |source| CheckError::Read { path: folder.to_owned(), source };
        let real = fs_err::canonicalize(folder).map_err(failed)?;
        if above.contains(&real) {
            return Ok(());
        }
        if place.is_link {
            self.linked_folders += 1;
            if self.linked_folders > LINKED_FOLDERS_MOST {
                if self.linked_folders == LINKED_FOLDERS_MOST + 1 {
                    let message = "links lead to folders again and again: not all of them were looked into";
                    self.findings.push(Finding::new(Code::NotRead, Grade::Note, "links", message));
                }
                return Ok(());
            }
        }
        above.push(real);
        for entry in fs_err::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let relative = path.strip_prefix(top).unwrap_or(&path).to_string_lossy().into_owned();
            let shown = format!("{label}{relative}");
            let is_link = entry.file_type().map_err(failed)?.is_symlink();
            let Ok(metadata) = fs_err::metadata(&path) else {
                self.findings.push(bad_link(&relative, &shown, "leads nowhere"));
                continue;
            };
            let is_inner_link = is_link && Self::is_inside(&path, top);
            if is_link && !is_inner_link {
                self.findings.push(bad_link(&relative, &shown, "leads out of the bundle"));
            }
            let is_link = place.is_link || is_inner_link;
            if metadata.is_dir() {
                self.findings.extend(closed_folder(metadata.mode() & 0o7777, &relative, &shown));
                self.folder(&path, FolderAt { is_link, ..place }, above)?;
            } else if metadata.is_file() {
                self.files.push(CheckedFile {
                    path: format!("{root}/{relative}"),
                    label: shown,
                    size: metadata.len(),
                    mode: Some(metadata.mode() & 0o7777),
                    is_link,
                    content: BytesAt::Disk(path, CheckStamp::of(&metadata)),
                });
            }
        }
        above.pop();
        Ok(())
    }

    fn is_inside(link: &Path, top: &Path) -> bool {
        match (fs_err::canonicalize(link), fs_err::canonicalize(top)) {
            (Ok(target), Ok(top)) => target.starts_with(top),
            _ => false,
        }
    }
}
