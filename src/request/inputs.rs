//! What a run reads: requirements, or a lock that has answered everything already.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{RequestError, RequestOptions};
use crate::lock::pylock::{self, PylockInput, is_pylock};
use crate::requirements::{
    DirectReference, FileOptions, FileRead, Manifest, ManifestInputs, PyprojectInput, RemoteFiles,
};
use crate::resolution::ResolvedDist;
use crate::spec::{sha256, without_userinfo};
use crate::target::Target;

/// Files that state what a folder needs, best first: locks, then requirements, then the project's own statement.
const CANDIDATES: &[&str] =
    &["pylock.toml", "uv.lock", "poetry.lock", "Pipfile.lock", "requirements.txt", "pyproject.toml"];

/// The first file of `folder` that states what it needs.
pub fn detect_input(folder: &Path) -> Result<PathBuf, RequestError> {
    let found = CANDIDATES.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| RequestError::Usage {
        message: format!("`{}` has none of {}", folder.display(), CANDIDATES.join(", ")),
        hint: Some("name a requirements file with -r".to_owned()),
    })
}

/// A request whose files are read: each of them once, however often what they say is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// As the user gave it.
    pub options: RequestOptions,
    /// What requirement, constraint and override files and the command line say together; for a lock, what the command
    /// line says.
    pub manifest: Arc<Manifest>,
    /// The lock that stands for a whole resolution.
    pub lock: Option<LockText>,
}

/// A lock as it was read.
#[derive(Clone, Debug)]
pub struct LockText {
    /// Which lock, and what of it.
    pub input: PylockInput,
    /// Its content.
    pub text: String,
}

impl Request {
    /// Reads every file that `options` name.
    ///
    /// # Errors
    /// What is malformed or cannot be read, with its place. Requirements files behind URLs are among it: see
    /// [`Request::read_locally`] and [`Request::read_with`].
    pub fn read(options: RequestOptions) -> Result<Self, RequestError> {
        Self::read_inputs(options, None)
    }

    /// The same without a network; `None` when that is not enough, because a file is behind a URL.
    pub fn read_locally(options: RequestOptions) -> Result<Option<Self>, RequestError> {
        let is_remote = Arc::new(AtomicBool::new(false));
        let note = Arc::clone(&is_remote);
        let remote = RemoteFiles::new(move |_| {
            note.store(true, Ordering::Relaxed);
            Err("it is not on this machine".to_owned())
        });
        let read = Self::read_inputs(options, Some(remote));
        if is_remote.load(Ordering::Relaxed) { Ok(None) } else { read.map(Some) }
    }

    /// The same, where `remote` fetches the files that are behind URLs.
    pub fn read_with(options: RequestOptions, remote: RemoteFiles) -> Result<Self, RequestError> {
        Self::read_inputs(options, Some(remote))
    }

    /// Whether the files below `folder` that were read still say what they said.
    pub(crate) fn still_reads(&self, folder: &Path) -> bool {
        let is_still_so = |file: &FileRead| {
            fs_err::read(&file.path).is_ok_and(|bytes| sha256(&without_userinfo(&bytes)) == file.content)
        };
        self.manifest.files_read.iter().filter(|file| file.path.starts_with(folder)).all(is_still_so)
    }

    fn read_inputs(options: RequestOptions, remote: Option<RemoteFiles>) -> Result<Self, RequestError> {
        let (manifest, lock) = match Inputs::of(&options)? {
            Inputs::Requirements(mut inputs) => {
                inputs.remote = remote;
                (read_manifest(&options, &inputs)?, None)
            }
            Inputs::Lock(input) => (without_files(&options), Some(LockText::read(input)?)),
        };
        Ok(Self { options, manifest: Arc::new(manifest), lock })
    }
}

impl LockText {
    fn read(input: PylockInput) -> Result<Self, RequestError> {
        let path = input.folder.join(input.path.file_name().unwrap_or_default());
        match fs_err::read_to_string(path) {
            Ok(text) => Ok(Self { input, text }),
            Err(source) => Err(RequestError::ReadInput { path: input.path, source }),
        }
    }

    /// Folders, files and repositories of this machine that the lock names for a target. What is wrong with the lock is
    /// reported when it is installed.
    pub(super) fn references(&self, target: &Target) -> Vec<DirectReference> {
        let dists =
            pylock::read(&self.text, &self.input, target).map(|resolution| resolution.dists).unwrap_or_default();
        let reference = |dist: ResolvedDist| {
            let url = || dist.file.url.clone();
            let file = || match dist.file.filename.as_wheel() {
                Some(_) => DirectReference::Wheel { url: url() },
                None => DirectReference::Sdist { url: url(), subdirectory: None },
            };
            dist.built_from.clone().unwrap_or_else(file)
        };
        // What is elsewhere has a digest or a commit in the lock's text.
        let is_here = |reference: &DirectReference| match reference {
            DirectReference::Folder { .. } => true,
            DirectReference::Wheel { url } | DirectReference::Sdist { url, .. } | DirectReference::Git { url, .. } => {
                url.to_file_path().is_some()
            }
        };
        dists.into_iter().map(reference).filter(is_here).collect()
    }
}

/// Reads the requirements together with what the command line says beside them.
fn read_manifest(request: &RequestOptions, inputs: &ManifestInputs) -> Result<Manifest, RequestError> {
    let inputs = ManifestInputs { format_control: request.format_control.clone(), ..inputs.clone() };
    let mut manifest = Manifest::read(&inputs)?;
    manifest.options.require_hashes |= request.require_hashes;
    for name in std::mem::take(&mut manifest.settings.prereleases_of) {
        // The name is one; there is nothing that could not be parsed.
        let control = &mut manifest.options.release_control;
        let _ = control.all_releases.extend(name.as_ref(), &mut control.only_final);
    }
    Ok(manifest)
}

/// What the command line says, for a lock, which has no options of its own.
fn without_files(request: &RequestOptions) -> Manifest {
    let options = FileOptions {
        require_hashes: request.require_hashes,
        format_control: request.format_control.clone(),
        ..FileOptions::default()
    };
    Manifest { options, excluded: request.inputs.excluded.clone(), ..Manifest::default() }
}

/// What the files are that the user named.
enum Inputs {
    /// Requirements, to be resolved.
    Requirements(Box<ManifestInputs>),
    /// A lock, to be taken as it is.
    Lock(PylockInput),
}

impl Inputs {
    /// Sorts out what the user named.
    fn of(request: &RequestOptions) -> Result<Self, RequestError> {
        let files = &request.inputs.requirement_files;
        for file in files {
            check_readable(file)?;
        }
        if let Some(lock) = files.iter().find(|file| is_pylock(file)) {
            return lock_alone(request, lock).map(Self::Lock);
        }
        let mut inputs = request.inputs.clone();
        if !(request.extras.is_empty() && request.groups.is_empty()) {
            let is_project = |path: &PathBuf| path.file_name().is_some_and(|name| name == "pyproject.toml");
            let place = inputs.requirement_files.iter().position(is_project);
            let Some(path) = place.map(|at| inputs.requirement_files.remove(at)) else {
                return Err(RequestError::Usage {
                    message: "--extra and --group select from a pyproject.toml or a lock, and there is none".to_owned(),
                    hint: Some("name one with -r".to_owned()),
                });
            };
            let (extras, groups) = (request.extras.clone(), request.groups.clone());
            inputs.pyproject = Some(PyprojectInput { path, extras, groups, only_groups: false });
        }
        Ok(Self::Requirements(Box::new(inputs)))
    }
}

/// A lock stands for a whole resolution, so nothing can be added to it.
fn lock_alone(request: &RequestOptions, lock: &Path) -> Result<PylockInput, RequestError> {
    let ManifestInputs { requirement_files, constraint_files, override_files, positional, .. } = &request.inputs;
    let others = requirement_files.len() - 1 + constraint_files.len() + override_files.len() + positional.len();
    if others > 0 {
        return Err(RequestError::Usage {
            message: format!("`{}` is a lock: no other requirements can be given beside it", lock.display()),
            hint: None,
        });
    }
    let absolute = request.inputs.working_folder.join(lock);
    Ok(PylockInput {
        path: lock.to_owned(),
        folder: absolute.parent().unwrap_or(Path::new("/")).to_owned(),
        extras: request.extras.clone(),
        groups: request.groups.clone(),
        allow_build: request.resolve.allow_build.clone(),
        no_build: request.build.forbidden,
    })
}

/// Refuses the files that this version cannot read, with the way out.
fn check_readable(path: &Path) -> Result<(), RequestError> {
    let shown = path.display();
    let export = match path.file_name().and_then(|name| name.to_str()) {
        Some("uv.lock") => "uv export --frozen -o requirements.txt",
        Some("poetry.lock") => "poetry export -o requirements.txt",
        Some("Pipfile.lock") => "pipenv requirements --hash > requirements.txt",
        _ => return Ok(()),
    };
    Err(RequestError::Usage {
        message: format!("`{shown}` cannot be read yet: this version of barrow does not know its form"),
        hint: Some(format!("`{export}` writes a file that can, then name it with -r")),
    })
}
