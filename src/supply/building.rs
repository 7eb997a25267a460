//! Building from source: what `build` needs is fetched, resolved and installed here, by the same rooms as everything
//! else.
//!
//! ```text
//! sdist, folder, repository ──▶ static metadata, if it has any ──▶ the resolver
//!                           └─▶ environment ──▶ backend ──▶ wheel in the cache ──▶ its METADATA, its files
//! ```
//!
//! What a backend requires is taken as wheels only, so a build never starts another one. As many run at a time as there
//! are processors for; of the same source, one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::bench::{Bench, Tools};
use super::kept_build::{BuildDetails, BuiltWheel, KeptBuild};
use super::made_with::MadeWith;
use super::material::{BuildSource, Whereabouts};
use super::placed::{self, PlacedRequirement};
use super::session::World;
use super::source::LiveSource;
use super::tied_sources::{OwnTies, TieWords, tied};
use super::user_lines::{UserLine, said_of_projects};
use super::{SupplyError, material, virtual_projects};
use crate::archive::{Limits, unpack_source};
use crate::blocking::blocking;
use crate::build::{
    AcceptedWheel, BuildError, BuildSystem, Checkout, Expected, GivenVariables, Interpreter, InterpreterSearch,
    OtherPython, SOURCE_DATE, UnpackedSource, Workshop, accept_wheel, copy_checkout, copy_folder, end_search_above,
    is_certain,
};
use crate::cache::Cache;
use crate::context::Context;
use crate::fetch::{FetchedWheel, Fetcher, Proof, WantedFile};
use crate::install::RecordPolicy;
use crate::request::Request;
use crate::requirements::{DirectReference, ProjectSet, RequirementEntry};
use crate::resolution::ResolvedDist;
use crate::resolve::{DirectDist, ResolveOptions};
use crate::shared::SharedCache;
use crate::spec::{
    CoreMetadata, DistFile, DistFilename, HashDigest, MarkerTree, PackageName, SafeUrl, SdistFilename, Version,
    VersionSpecifiers, WheelFilename, sha256,
};
use crate::target::Target;

/// Builds, for one request.
pub(super) struct SourceBuilder {
    pub(super) live: Arc<LiveSource>,
    pub(super) fetcher: Fetcher,
    /// What backends require is asked and fetched there.
    pub(super) backends: Arc<World>,
    pub(super) cache: Arc<Cache>,
    pub(super) context: Context,
    pub(super) workshop: Workshop,
    /// The variables that builds get.
    pub(super) given: Arc<GivenVariables>,
    search: InterpreterSearch,
    pub(super) options: ResolveOptions,
    /// How much an archive may hold.
    pub(super) limits: Limits,
    pub(super) record: RecordPolicy,
    /// What the user's own lines say of projects.
    words: HashMap<PackageName, UserLine>,
    /// Names of which the user's own files say where they come from.
    own_ties: OwnTies,
    /// Sources that the user names, each with where it is wanted.
    pub(super) named: Vec<(PackageName, MarkerTree, DirectReference)>,
    /// Limits on what backends require.
    pub(super) build_constraints: Vec<RequirementEntry>,
    /// Places that the tables of permitted sources lead to.
    permitted: Mutex<Vec<DirectReference>>,
    config_settings: Vec<(String, String)>,
    pub(super) offline: bool,
    /// A mirror stands for every other place.
    pub(super) has_mirror: bool,
    allowed: ProjectSet,
    pub(super) bench: Arc<Bench>,
    pub(super) shared: Option<Arc<SharedCache>>,
}

/// What a source distribution says of itself.
pub(super) struct Told {
    pub(super) metadata: Arc<CoreMetadata>,
    /// Whether it had to be built for that.
    pub(super) is_built: bool,
}

impl SourceBuilder {
    /// `world` is what the sources are asked from, `backends` what they require to be built.
    pub(super) fn new(request: &Request, world: &World, backends: Arc<World>, tools: Tools) -> Self {
        let build_constraints = request.of_builds.as_ref().unwrap_or(&request.manifest).build_constraints.clone();
        let (live, fetcher) = (Arc::clone(&world.source), world.fetcher.clone());
        let Request { options: request, manifest, .. } = request;
        let Tools { cache, context, bench, shared } = tools;
        let environment = Arc::new(request.inputs.environment.clone());
        let (words, own_ties) = said_of_projects(manifest);
        let of_entry = |entry: &RequirementEntry| {
            Some((entry.requirement.name.clone(), entry.requirement.marker.clone(), entry.direct.clone()?))
        };
        let named = manifest.requirements.iter().filter_map(of_entry).collect();
        let python = request
            .build
            .python
            .as_ref()
            .map(|word| if word.contains('/') { request.inputs.working_folder.join(word) } else { word.into() });
        Self {
            live,
            fetcher,
            backends,
            cache,
            workshop: Workshop {
                reporter: Arc::clone(&context.reporter),
                children: context.children.clone(),
                environment: Arc::clone(&environment),
                network: request.build.network,
            },
            given: Arc::new(GivenVariables::of(&environment)),
            search: InterpreterSearch { named: python, environment: (*environment).clone() },
            context,
            options: ResolveOptions {
                allow_build: ProjectSet::None,
                no_deps: false,
                siblings: false,
                preferences: Vec::new(),
                resolution: crate::resolve::ResolutionMode::Highest,
                ..request.advising(&request.resolve)
            },
            limits: request.limits,
            record: request.record.clone(),
            words,
            own_ties,
            permitted: Mutex::default(),
            named,
            build_constraints,
            config_settings: request.build.config_settings.clone(),
            offline: request.client.offline,
            has_mirror: request.indexes.mirror.is_some(),
            allowed: request.resolve.allow_build.clone(),
            bench,
            shared,
        }
    }

    /// The metadata of a source distribution of an index.
    pub(super) async fn metadata(&self, file: &DistFile, target: &Target) -> Result<Told, SupplyError> {
        let name = file.filename.name();
        if let Some(built) = self.known_wheel(file, &self.accepted_for(name), target).await? {
            let metadata = self.metadata_of(&built.wheel).await?;
            return Ok(Told { is_built: !is_certain(&metadata), metadata });
        }
        let mut wanted = WantedFile::listed(file);
        // Nothing of it may run before it has the digest that the user demands.
        let demanded = self.accepted_for(name);
        if !demanded.is_empty() {
            wanted.accepted = demanded;
        }
        let fetched = self.fetcher.fetch_file(&wanted).await?;
        let material = BuildSource::archive(file.filename.as_str(), fetched, &file.origin.url);
        if let Some(metadata) = material.static_metadata(self.limits).await? {
            return Ok(Told { metadata: Arc::new(metadata), is_built: false });
        }
        let built = self.build(&material, name, Some(file.version()), file.requires_python.as_ref(), target).await?;
        let mut metadata = (*self.metadata_of(&built.wheel).await?).clone();
        self.put_places_back(&mut metadata, &built.placed, &material, target)?;
        Ok(Told { metadata: Arc::new(metadata), is_built: true })
    }

    /// What stands behind a direct reference that is not a wheel.
    pub(super) async fn direct(
        &self,
        name: &PackageName,
        reference: &DirectReference,
        target: &Target,
    ) -> Result<Arc<DirectDist>, SupplyError> {
        let word = self.words.get(name);
        let is_same = |known: &DirectReference| known.is_same_place(reference);
        let is_permitted = || self.permitted.lock().unwrap_or_else(PoisonError::into_inner).iter().any(is_same);
        let is_allowed =
            word.is_some_and(|word| word.direct.iter().any(is_same)) || is_permitted() || self.allows(name);
        if !is_allowed {
            return Err(SupplyError::BuildNotAllowed { name: name.clone(), what: material::describe(reference) });
        }
        self.look_at(name, reference, self.accepted_for(name), target).await
    }

    /// Looks at what a direct reference leads to, of which it is known that it may be built.
    pub(super) async fn look_at(
        &self,
        name: &PackageName,
        reference: &DirectReference,
        accepted: Vec<HashDigest>,
        target: &Target,
    ) -> Result<Arc<DirectDist>, SupplyError> {
        let material = self.material(name, reference, accepted).await?;
        let (metadata, placed) = if let Some(metadata) = material.static_metadata(self.limits).await? {
            (metadata, Vec::new())
        } else if virtual_projects::is_virtual(reference) {
            let reason =
                "it is no package (`package = false`), so it is not built, and its `[project]` leaves out what it is";
            return Err(BuildError::Metadata { label: material.label, reason: reason.to_owned() }.into());
        } else {
            let built = self.build(&material, name, None, None, target).await?;
            ((*self.metadata_of(&built.wheel).await?).clone(), built.placed)
        };
        let mut metadata = self.with_ties(&material, reference, metadata, target).await?;
        self.put_places_back(&mut metadata, &placed, &material, target)?;
        let metadata = Arc::new(metadata);
        let (url, digest, size) = listing(&material, reference)?;
        let filename = DistFilename::Sdist(sdist_filename(&material.label, &metadata)?);
        let file = DistFile {
            hashes: digest.into_iter().collect(),
            size,
            requires_python: metadata.requires_python.clone(),
            ..DistFile::unlisted(filename, url)
        };
        Ok(Arc::new(DirectDist { file, metadata, built_from: Some(material.pinned(reference)) }))
    }

    /// The wheel of a distribution of which there is only the source.
    pub(super) async fn wheel(&self, dist: &ResolvedDist, target: &Target) -> Result<FetchedWheel, SupplyError> {
        if dist.built_from.is_none()
            && let Some(built) = self.known_wheel(&dist.file, &dist.accepted_hashes, target).await?
        {
            return Ok(built.wheel);
        }
        let material = self.material_of(dist).await?;
        let requires_python = dist.file.requires_python.as_ref();
        Ok(self.build(&material, &dist.name, Some(&dist.version), requires_python, target).await?.wheel)
    }

    /// What a chosen source is built from.
    pub(super) async fn material_of(&self, dist: &ResolvedDist) -> Result<BuildSource, SupplyError> {
        if let Some(reference) = &dist.built_from {
            return self.material(&dist.name, reference, dist.accepted_hashes.clone()).await;
        }
        let fetched = self.fetcher.fetch_file(&WantedFile::resolved(dist)).await?;
        Ok(BuildSource::archive(dist.file.filename.as_str(), fetched, &dist.file.origin.url))
    }

    /// The metadata of a source with the places that its tables tie names to. Those may be built as well: the tables
    /// that name them belong to what the user named.
    async fn with_ties(
        &self,
        material: &BuildSource,
        reference: &DirectReference,
        metadata: CoreMetadata,
        target: &Target,
    ) -> Result<CoreMetadata, SupplyError> {
        if metadata.requires_dist.is_empty() {
            return Ok(metadata);
        }
        let words = TieWords {
            settled: self.own_ties.on(target),
            extras: self.words.get(&metadata.name).map(|word| word.extras.clone()).unwrap_or_default(),
            target: target.clone(),
        };
        let room = self.cache.temporary_folder()?;
        let (metadata, places) = tied(material, reference, metadata, words, (room, self.limits)).await?;
        self.permitted.lock().unwrap_or_else(PoisonError::into_inner).extend(places);
        Ok(metadata)
    }

    /// Gives requirements the places that a build tied them to, where neither the user's own files nor tables say others.
    fn put_places_back(
        &self,
        metadata: &mut CoreMetadata,
        placed: &[PlacedRequirement],
        material: &BuildSource,
        target: &Target,
    ) -> Result<(), BuildError> {
        let folder = match &material.origin {
            Whereabouts::Folder { path, .. } => Some(path.as_path()),
            Whereabouts::Archive { .. } | Whereabouts::Git(_) => None,
        };
        let settled = self.own_ties.on(target);
        placed::put_back(metadata, placed, folder, |name| settled.contains(name), (&material.label, target))
    }

    /// The digests that the user demands of a project's files.
    pub(super) fn accepted_for(&self, name: &PackageName) -> Vec<HashDigest> {
        self.words.get(name).map(|word| word.hashes.clone()).unwrap_or_default()
    }

    /// Whether `--allow-build` names a project.
    fn allows(&self, name: &PackageName) -> bool {
        self.allowed == ProjectSet::All || self.allowed.names(name)
    }

    pub(super) fn warn(&self, text: &str) {
        self.context.warn(text);
    }

    pub(super) fn tell(&self, text: &str) {
        self.context.status(text);
    }

    /// The wheel of a source: the one that was built of the same before, else built now.
    async fn build(
        &self,
        material: &BuildSource,
        name: &PackageName,
        version: Option<&Version>,
        requires_python: Option<&VersionSpecifiers>,
        target: &Target,
    ) -> Result<BuiltWheel, SupplyError> {
        self.context.check_interrupted()?;
        let interpreter = self.interpreter(&material.label, requires_python, target).await?;
        let config_settings = self.config_settings_of(name);
        let other = self.other_python(&interpreter, target);
        let told = |error: SupplyError| match error {
            SupplyError::Build(error) => SupplyError::Build(error.built_with(other.as_ref())),
            error => error,
        };
        let entry = self.entry(&material.identity(), name, &interpreter, &config_settings);
        let own_turn = self.bench.turns.of(&entry);
        let _own_turn = own_turn.lock().await;
        let source = (material.label.as_str(), material.is_private);
        let ready = self.ready_wheel((&entry, &interpreter), source, (name, version), target);
        if let Some(built) = ready.await.map_err(told)? {
            return Ok(built);
        }
        // Never closed, so this is a permit.
        let _turn = self.bench.turns.all.acquire().await;
        let started = Instant::now();
        self.context.status(&format!("Building {} with Python {}", material.label, interpreter.version));
        let room = self.cache.temporary_folder()?;
        let project = self.unpack(material, room.path().join("source"), config_settings).await?;
        let variables = self.given.note(project.variables.clone());
        let project = Arc::new(project);
        let (environment, made_with) =
            self.whole_environment(room.path(), &interpreter, &project).await.map_err(told)?;
        let out = room.path().join("wheel");
        let (workshop, cache, target) = (self.workshop.clone(), Arc::clone(&self.cache), target.clone());
        let (own, name_wanted, version_wanted) = (Arc::clone(&project), name.clone(), version.cloned());
        let limits = self.limits;
        let building = blocking(move || {
            let failed = |source| BuildError::File { action: "make", path: out.clone(), source };
            fs_err::create_dir(&out).map_err(failed)?;
            let made = environment.build_wheel(&out, &own, &workshop)?;
            let expected = Expected { label: &own.label, name: Some(&name_wanted), version: version_wanted.as_ref() };
            accept_wheel(&made, expected, &target, &cache, &limits)
        });
        let AcceptedWheel { wheel, placed } = building.await.map_err(|error| told(error.into()))?;
        let source = room.path().join("source");
        let placed =
            placed.iter().filter_map(|text| PlacedRequirement::of_build(text, &source, self.cache.root())).collect();
        let built = BuiltWheel { wheel, placed };
        self.bench.note(name, &variables);
        let details = BuildDetails { variables, made_with };
        let kept = KeptBuild::of(&built, started.elapsed(), material.is_private, details);
        self.keep(&entry, &kept);
        self.offer_wheel(&entry, &kept, built.wheel.size);
        self.context.status(&format!("Built {} in {}", built.wheel.filename, seconds(started.elapsed())));
        Ok(built)
    }

    /// The Python that builds, where the target has another version.
    fn other_python(&self, interpreter: &Interpreter, target: &Target) -> Option<OtherPython> {
        let (major, minor) = target.runtime().python_version();
        (interpreter.target.runtime().python_version() != (major, minor)).then(|| OtherPython {
            used: interpreter.version.to_string(),
            wanted: format!("{major}.{minor}"),
            is_named: self.search.named.is_some(),
        })
    }

    /// That it cannot be kept costs a later run time.
    pub(super) fn keep(&self, entry: &Path, kept: &KeptBuild) {
        if let Ok(bytes) = serde_json::to_vec(kept) {
            let _ = self.cache.write(entry, &bytes);
        }
    }

    /// What the cache has of a build, with the same variables.
    pub(super) fn kept(
        &self,
        entry: &Path,
        name: &PackageName,
        version: Option<&Version>,
    ) -> Option<(BuiltWheel, MadeWith)> {
        let kept: KeptBuild = serde_json::from_slice(&self.cache.read(entry)?).ok()?;
        let filename: WheelFilename = kept.filename.parse().ok()?;
        if let Some(variable) = self.given.first_change(&kept.variables) {
            self.context.detail(&format!("{filename} is not taken from the cache: `{variable}` is not as it was"));
            return None;
        }
        let path = self.cache.wheel(&kept.sha256);
        let size = fs_err::metadata(&path).ok().filter(std::fs::Metadata::is_file)?.len();
        // One that is damaged is as good as absent: it is built again.
        if sha256(&fs_err::read(&path).ok()?) != kept.sha256 {
            return None;
        }
        let fits = filename.name == *name && version.is_none_or(|version| filename.version == *version);
        fits.then(|| self.bench.note(name, &kept.variables));
        let wheel = FetchedWheel {
            name: filename.name.clone(),
            version: filename.version.clone(),
            digest: kept.sha256,
            proof: Proof::Built,
            filename,
            path,
            size,
            is_fresh: false,
        };
        fits.then_some((BuiltWheel { wheel, placed: kept.placed }, kept.made_with))
    }

    pub(super) async fn interpreter(
        &self,
        label: &str,
        requires_python: Option<&VersionSpecifiers>,
        target: &Target,
    ) -> Result<Interpreter, SupplyError> {
        let wanted = target.runtime().python_version();
        let key = format!("{wanted:?} {requires_python:?} {:?}", self.search.named);
        let known = || self.bench.interpreters.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known() {
            return Ok(known);
        }
        let _asking = self.bench.asking.lock().await;
        if let Some(known) = known() {
            return Ok(known);
        }
        let (search, workshop) = (self.search.clone(), self.workshop.clone());
        let (label, requires_python) = (label.to_owned(), requires_python.cloned());
        let searching = blocking(move || search.find(wanted, requires_python.as_ref(), &label, &workshop.children));
        let found = searching.await?;
        self.context.detail(&format!("building with `{}`, Python {}", found.executable.display(), found.version));
        self.bench.interpreters.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
        Ok(found)
    }

    pub(super) fn config_settings_of(&self, name: &PackageName) -> Vec<(String, String)> {
        match self.words.get(name) {
            Some(word) if !word.config_settings.is_empty() => word.config_settings.clone(),
            _ => self.config_settings.clone(),
        }
    }

    /// The source in a folder of its own, where a build may do what it likes.
    pub(super) async fn unpack(
        &self,
        material: &BuildSource,
        into: PathBuf,
        config_settings: Vec<(String, String)>,
    ) -> Result<UnpackedSource, SupplyError> {
        let (origin, label, subdirectory) =
            (material.origin.clone(), material.label.clone(), material.subdirectory.clone());
        let (limits, given, context) = (self.limits, Arc::clone(&self.given), self.context.clone());
        let unpacking = blocking(move || {
            let top = match &origin {
                Whereabouts::Archive { file } => {
                    let failed = |source| BuildError::File { action: "make", path: into.clone(), source };
                    fs_err::create_dir(&into).map_err(failed)?;
                    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(SOURCE_DATE);
                    unpack_source(&file.path, &into, date, &limits)
                        .map_err(|source| BuildError::Unpack { label: label.clone(), source })?
                }
                Whereabouts::Folder { path, .. } => {
                    copy_folder(path, &into, &label)?;
                    into.clone()
                }
                Whereabouts::Git(Checkout { folder, .. }) => {
                    for link in copy_checkout(folder, &into, &label)? {
                        context
                            .warn(&format!("the link `{link}` of {label} leads out of it, so its build is without it"));
                    }
                    into.clone()
                }
            };
            end_search_above(&into)?;
            let folder = BuildSystem::project_in(&top, subdirectory.as_ref(), &label)?;
            let system = BuildSystem::read(&folder, &label)?;
            let variables = given.named_in(&top);
            Ok::<_, BuildError>(UnpackedSource { folder, label, system, config_settings, variables })
        });
        Ok(unpacking.await?)
    }

    /// The metadata of a wheel that was built.
    async fn metadata_of(&self, wheel: &FetchedWheel) -> Result<Arc<CoreMetadata>, SupplyError> {
        let url = SafeUrl::from_path(&wheel.path, false)
            .map_err(|error| BuildError::Metadata { label: wheel.filename.to_string(), reason: error.to_string() })?;
        let filename = DistFilename::Wheel(wheel.filename.clone());
        let file = DistFile { size: Some(wheel.size), ..DistFile::unlisted(filename, url) };
        Ok(self.live.index().metadata(&file).await?)
    }
}

/// URL, digest and size of a source, as an index would say them.
fn listing(
    material: &BuildSource,
    reference: &DirectReference,
) -> Result<(SafeUrl, Option<HashDigest>, Option<u64>), BuildError> {
    let url = match (&material.origin, reference) {
        (_, DirectReference::Folder { path, .. }) => SafeUrl::from_path(path, true),
        (Whereabouts::Git(Checkout { commit, .. }), DirectReference::Git { url, .. }) => {
            SafeUrl::parse(&format!("git+{}@{commit}", url.reveal()))
        }
        (_, DirectReference::Wheel { url } | DirectReference::Sdist { url, .. } | DirectReference::Git { url, .. }) => {
            Ok(url.clone())
        }
    };
    let url = url.map_err(|error| BuildError::Metadata { label: material.label.clone(), reason: error.to_string() })?;
    Ok(match &material.origin {
        Whereabouts::Archive { file } => (url, Some(file.digest.clone()), Some(file.size)),
        Whereabouts::Folder { .. } | Whereabouts::Git(_) => (url, None, None),
    })
}

/// What a source without a telling name is called.
fn sdist_filename(label: &str, metadata: &CoreMetadata) -> Result<SdistFilename, BuildError> {
    let CoreMetadata { name, version, .. } = metadata;
    SdistFilename::parse(&format!("{}-{version}.tar.gz", name.as_dist_info_name()), name)
        .map_err(|error| BuildError::Metadata { label: label.to_owned(), reason: error.to_string() })
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
