//! What a run reads: requirements, or a lock that has answered everything already.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::local::LookedAt;
use super::locked::{LockInput, Locked};
use super::{RequestError, RequestOptions, disguised};
use crate::lock::{LockKind, LockPlace, LockRequest, MadeOf};
use crate::regular::FileBytes;
use crate::requirements::{
    DirectReference, FileOptions, Manifest, ManifestInputs, PyprojectInput, RemoteFiles, declared_indexes,
    said_of_builds,
};

/// A request whose files are read: each of them once, however often what they say is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// As the user gave it.
    pub options: RequestOptions,
    /// What requirement, constraint and override files and the command line say together; for a lock, what the command
    /// line says.
    pub manifest: Arc<Manifest>,
    /// The lock that stands for a whole resolution.
    pub lock: Option<Arc<Locked>>,
    /// What is said beside a lock of where backends come from, in the place of `manifest`.
    pub of_builds: Option<Arc<Manifest>>,
    pub(super) looked_at: Arc<LookedAt>,
}

impl Request {
    /// Reads every file that `options` name.
    ///
    /// # Errors
    /// What is malformed or cannot be read, with its place. Requirements files behind URLs are among it: see
    /// [`Request::read_locally`] and [`Request::read_with`].
    pub(crate) fn read(options: RequestOptions) -> Result<Self, RequestError> {
        Self::read_inputs(options, None)
    }

    /// Reads every file that `options` name, without a network; `None` when one of them is behind a URL.
    pub(crate) fn read_locally(options: RequestOptions) -> Result<Option<Self>, RequestError> {
        let is_remote = Arc::new(AtomicBool::new(false));
        let note = Arc::clone(&is_remote);
        let remote = RemoteFiles::new(move |_| {
            note.store(true, Ordering::Relaxed);
            Err("it is not on this machine".to_owned())
        });
        let read = Self::read_inputs(options, Some(remote));
        if is_remote.load(Ordering::Relaxed) { Ok(None) } else { read.map(Some) }
    }

    /// Reads every file that `options` name; `remote` fetches those that are behind URLs.
    pub(crate) fn read_with(options: RequestOptions, remote: RemoteFiles) -> Result<Self, RequestError> {
        Self::read_inputs(options, Some(remote))
    }

    /// This request with the files as they were read; folders and files that requirements lead to on this machine are
    /// hashed again.
    pub(crate) fn looked_at_again(&self) -> Self {
        Self { looked_at: Arc::default(), ..self.clone() }
    }

    /// Every file that was read, by its path without links: whoever needs its bytes takes these, so that what is
    /// bundled of them is what was resolved.
    pub(crate) fn files_read(&self) -> BTreeMap<PathBuf, FileBytes> {
        let manifest = self.manifest.files_read.iter().map(|read| (read.path.clone(), read.bytes.clone()));
        let lock = self.lock.iter().map(|locked| (locked.input.place.file(), locked.bytes.clone()));
        let real = |(path, bytes)| Some((fs_err::canonicalize(path).ok()?, bytes));
        manifest.chain(lock).filter_map(real).collect()
    }

    /// What a lock of this in `folder` can say of its inputs; `None`: nothing.
    pub(crate) fn made_of(&self, folder: &Path) -> Option<MadeOf> {
        match Inputs::of(&self.options) {
            Ok(Inputs::Requirements(inputs)) => MadeOf::of(&inputs, &self.manifest, folder),
            Ok(Inputs::Lock(_)) | Err(_) => None,
        }
    }

    fn read_inputs(options: RequestOptions, remote: Option<RemoteFiles>) -> Result<Self, RequestError> {
        let mut of_builds = None;
        let (manifest, lock) = match Inputs::of(&options)? {
            Inputs::Requirements(mut inputs) => {
                inputs.remote = remote;
                (read_manifest(&options, &inputs)?, None)
            }
            Inputs::Lock(input) => {
                let locked = Locked::read(*input)?;
                let mut manifest = without_files(&options);
                if locked.lock.kind == LockKind::Pdm {
                    // Its files have no URLs, and where they come from stands in the project alone.
                    (manifest.indexes, manifest.pins) = declared_indexes(&locked.lock.folder, &options.inputs);
                }
                if !locked.decides_alone() {
                    of_builds = said_of_builds(&locked.lock.folder, &options.inputs).map(Arc::new);
                }
                (manifest, Some(Arc::new(locked)))
            }
        };
        Ok(Self { options, manifest: Arc::new(manifest), lock, of_builds, looked_at: Arc::default() })
    }
}

impl Request {
    /// What asks for what backends require: without a lock, the request itself.
    pub(crate) fn of_backends(&self) -> Option<Self> {
        let said = Manifest::clone(self.of_builds.as_ref()?);
        // What is demanded of files is demanded of these too.
        let manifest = Arc::new(Manifest { options: self.manifest.options.clone(), ..said });
        Some(Self { manifest, lock: None, of_builds: None, ..self.clone() })
    }

    /// What requirements and locks name in the place of versions.
    pub(super) fn references(&self) -> Vec<DirectReference> {
        let Manifest { requirements, unnamed, constraints, overrides, .. } = &*self.manifest;
        let entries = requirements.iter().chain(unnamed).chain(constraints).chain(overrides);
        let locked = self.lock.iter().flat_map(|lock| lock.references());
        entries.filter_map(|entry| entry.direct.clone()).chain(locked).collect()
    }
}

/// Reads the requirements together with what the command line says beside them.
fn read_manifest(request: &RequestOptions, inputs: &ManifestInputs) -> Result<Manifest, RequestError> {
    let inputs = ManifestInputs { format_control: request.format_control.clone(), ..inputs.clone() };
    let mut manifest = Manifest::read(&inputs).map_err(|error| disguised::explain(error, &inputs))?;
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
    let (excluded, excluded_patterns) = (request.inputs.excluded.clone(), request.inputs.excluded_patterns.clone());
    Manifest { excluded, excluded_patterns, options, ..Manifest::default() }
}

/// What the files are that the user named.
enum Inputs {
    /// Requirements, to be resolved.
    Requirements(Box<ManifestInputs>),
    /// A lock, to be taken as it is.
    Lock(Box<LockInput>),
}

impl Inputs {
    /// Sorts out what the user named.
    fn of(request: &RequestOptions) -> Result<Self, RequestError> {
        let files = &request.inputs.requirement_files;
        let has_extras = !request.extras.is_empty() || request.lock.all_extras;
        if has_extras && !request.lock.only_groups.is_empty() {
            return Err(RequestError::ExtrasBesideGroups);
        }
        if let Some(lock) = files.iter().find(|file| LockKind::of(file).is_some()) {
            return lock_alone(request, lock).map(|input| Self::Lock(Box::new(input)));
        }
        let others = request.inputs.constraint_files.iter().chain(&request.inputs.override_files);
        files.iter().chain(others).try_for_each(|file| disguised::refuse_foreign_name(file))?;
        files.iter().try_for_each(|file| disguised::refuse_extras_behind(file, &request.inputs.working_folder))?;
        let mut inputs = request.inputs.clone();
        let settings = &request.lock;
        let selects = !(request.extras.is_empty() && request.groups.is_empty() && settings.only_groups.is_empty());
        if selects || settings.all_extras {
            let is_project = |path: &PathBuf| path.file_name().is_some_and(|name| name == "pyproject.toml");
            let place = inputs.requirement_files.iter().position(is_project);
            let Some(path) = place.map(|at| inputs.requirement_files.remove(at)) else {
                return Err(RequestError::NothingToSelectFrom);
            };
            let (extras, all_extras) = (request.extras.clone(), settings.all_extras);
            let groups = request.groups.iter().chain(&settings.only_groups).cloned().collect();
            let only_groups = !settings.only_groups.is_empty();
            inputs.pyproject = Some(PyprojectInput { path, extras, all_extras, groups, only_groups });
        }
        Ok(Self::Requirements(Box::new(inputs)))
    }
}

/// A lock stands for a whole resolution, so nothing can be added to it.
fn lock_alone(request: &RequestOptions, lock: &Path) -> Result<LockInput, RequestError> {
    let ManifestInputs { requirement_files, constraint_files, override_files, positional, .. } = &request.inputs;
    let left_aside = if request.inputs.has_common_constraints { constraint_files.as_slice() } else { &[] };
    let constraints = constraint_files.len() - left_aside.len();
    let others = requirement_files.len() - 1 + constraints + override_files.len() + positional.len();
    if others > 0 {
        return Err(RequestError::BesideLock { path: lock.to_owned() });
    }
    let working_folder = &request.inputs.working_folder;
    let settings = &request.lock;
    Ok(LockInput {
        place: LockPlace::new(lock, working_folder, request.inputs.environment.clone()),
        frozen: settings.frozen,
        left_aside: left_aside.to_vec(),
        wanted: LockRequest {
            extras: request.extras.clone(),
            all_extras: settings.all_extras,
            groups: request.groups.clone(),
            only_groups: settings.only_groups.clone(),
            with_project: settings.with_project,
            folder: settings.folder.as_ref().map(|folder| crate::archive::normalized(&working_folder.join(folder))),
            allow_build: request.resolve.allow_build.clone(),
            no_build: request.build.forbidden,
            format_control: request.format_control.clone(),
        },
    })
}
