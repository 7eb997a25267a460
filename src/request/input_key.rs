//! The key of a request: every input that can change a byte of the result, each as a part with a name.
//!
//! The fingerprint, remembered results and remembered resolutions are three views of the one list of parts ([`Counts`]
//! says which part counts for which). Two lists can be compared part by part, so a run can say what has changed since
//! the last.
//!
//! In the fingerprint: barrow's version, the target, what requirements files and locks say, the content of every
//! folder, wheel, archive and repository of this machine that is reached from them, the variables of the environment
//! that builds of such folders read, indexes, options, and the paths, modes and contents of source files. Not in it:
//! credentials, absolute paths, times, owners, the order in which a file system lists. No network is asked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::inputs::Request;
use super::keyed::{Encoder, Keyed};
use super::local::{self, Look};
use super::options::{
    AssemblySettings, BuildSettings, BundleOptions, FingerprintOptions, PublishSettings, RequestOptions,
    SelectionSettings, SourceSettings,
};
use super::part::{Counts, KeyPart, PartKind};
use super::{LockSettings, Locked, RequestError};
use crate::build::{GivenVariables, backend_variables};
use crate::bundle::Why;
use crate::install::RecordPolicy;
use crate::requirements::{DirectReference, FileOptions, FormatControl, Manifest, ManifestInputs, ProjectSet, UvFiles};
use crate::resolve::{PrereleaseMode, ResolutionMode, ResolveOptions};
use crate::spec::{HashDigest, sha256, sha256_without_userinfo};
use crate::target::Target;

/// Changes when the encoding of a part does, so that keys of an older version are never taken for those of this one.
const FORMAT: &str = "key 2";

/// The key of a request; see the file's documentation.
#[derive(Clone, Debug)]
pub(crate) struct InputKey {
    parts: Vec<KeyPart>,
    /// Nothing local is unknown: folders that are asked like indexes could be looked through.
    pub(super) is_whole: bool,
}

impl InputKey {
    /// The key for `barrow fingerprint`.
    ///
    /// # Errors
    /// What cannot be read.
    pub(crate) fn for_fingerprint(request: &Request, options: &FingerprintOptions) -> Result<Self, RequestError> {
        Self::for_assembly(request, options, Look::AtContents)
    }

    /// The key of what is made with wheels that are chosen, for one who knows the digest of each of them: whatever else
    /// a folder offers that is asked like an index changes no byte any more, as little as it does on a server.
    ///
    /// # Errors
    /// What cannot be read.
    pub(crate) fn for_chosen_wheels(request: &Request, options: &FingerprintOptions) -> Result<Self, RequestError> {
        Self::for_assembly(request, options, Look::Away)
    }

    fn for_assembly(request: &Request, options: &FingerprintOptions, look: Look) -> Result<Self, RequestError> {
        let FingerprintOptions { request: _, target, assembly, base, state_folders } = options;
        let mut key = Self::for_resolution(request, target, base, look)?;
        key.add_assembly(assembly, request, base, state_folders)?;
        Ok(key)
    }

    /// The key of a run that publishes.
    ///
    /// # Errors
    /// What cannot be read.
    pub(crate) fn for_output(request: &Request, options: &BundleOptions) -> Result<Self, RequestError> {
        let BundleOptions { request: _, target, assembly, publish } = options;
        let base = options.base();
        let mut key = Self::for_resolution(request, target, &base, Look::AtStamps)?;
        key.add_assembly(assembly, request, &base, &publish.state_folders)?;
        key.add_publishing(publish);
        Ok(key)
    }

    /// The key of what would be chosen; paths are told relative to `base`.
    ///
    /// # Errors
    /// What cannot be read.
    pub(crate) fn for_resolution(
        request: &Request,
        target: &Target,
        base: &Path,
        look: Look,
    ) -> Result<Self, RequestError> {
        let mut key = Self { parts: Vec::new(), is_whole: true };
        key.other(Counts::Everywhere, "barrow", &(FORMAT, env!("CARGO_PKG_VERSION")));
        key.other(Counts::Everywhere, "the target", target);
        key.add_files(&request.manifest, request.lock.as_deref(), base);
        // An option is told before what it changes in the requirements.
        key.add_options(&request.options);
        key.add_manifest(&request.manifest);
        key.add_indexes(&request.options.indexes, request, base, look)?;
        key.add_local_content(request, base)?;
        Ok(key)
    }

    /// What lies on this machine, and what builds read of the environment, where there may be any. For archives and
    /// repositories the variables are not known before they are built: what is kept of a build notes them.
    fn add_local_content(&mut self, request: &Request, base: &Path) -> Result<(), RequestError> {
        let environment = &request.options.inputs.environment;
        let given = GivenVariables::of(environment);
        let references = request.references();
        let is_built = |reference: &DirectReference| !matches!(reference, DirectReference::Wheel { .. });
        let builds = request.options.resolve.allow_build != ProjectSet::None || references.iter().any(is_built);
        let mut variables = BTreeSet::new();
        for reached in local::reach(references, base, (&request.looked_at, &given))? {
            self.place(Counts::Everywhere, reached.name, reached.digest);
            variables.extend(reached.variables);
        }
        if builds {
            variables.extend(backend_variables(environment).into_keys());
        }
        for name in variables {
            if let Some(digest) = given.digest(&name).cloned() {
                self.push(Counts::Everywhere, PartKind::Other, format!("the variable `{name}`"), None, digest);
            }
        }
        Ok(())
    }

    /// One hash over every input, equal on every machine where the same would be made.
    pub(crate) fn fingerprint(&self) -> HashDigest {
        self.view(|counts| matches!(counts, Counts::Everywhere | Counts::ForOutput))
    }

    /// Identifies what an output is made of and how; `None`: something cannot be told.
    pub(crate) fn result(&self) -> Option<HashDigest> {
        let counts =
            |it| matches!(it, Counts::Everywhere | Counts::ForOutput | Counts::OnThisMachine | Counts::ForResult);
        self.is_whole.then(|| self.view(counts))
    }

    /// Identifies a question to the solver; `None`: something cannot be told. `asked_as` says which indexes are asked,
    /// and as whom.
    pub(crate) fn resolution(&self, options: &ResolveOptions, asked_as: &str) -> Option<HashDigest> {
        // Tables of a project and an older lock may have added to what the parts say of these.
        let ResolveOptions {
            prerelease,
            resolution,
            prefer_binary,
            allow_build,
            exclude_newer,
            exclude_newer_package,
            no_deps,
            siblings,
            preferences,
            // They change hints alone.
            forbids_building: _,
            wheel_room: _,
        } = options;
        let counts = |it| matches!(it, Counts::Everywhere | Counts::OnThisMachine | Counts::ForResolution);
        let mut encoder = Encoder::new();
        encoder
            .field("inputs", &self.view(counts))
            .field("prerelease", prerelease)
            .field("resolution", resolution)
            .field("prefer-binary", prefer_binary)
            .field("allow-build", allow_build)
            .field("exclude-newer", exclude_newer)
            .field("exclude-newer-package", exclude_newer_package)
            .field("no-deps", no_deps)
            .field("siblings", siblings)
            .field("preferences", preferences)
            .field("asked-as", asked_as);
        self.is_whole.then(|| encoder.finish())
    }

    /// Every part, to be compared with by a later run.
    pub(crate) fn parts(&self) -> &[KeyPart] {
        &self.parts
    }

    /// The key that these parts were stored of; nothing local was unknown in it.
    pub(crate) fn of_stored(parts: Vec<KeyPart>) -> Self {
        Self { parts, is_whole: true }
    }

    /// Whether the contents of the user's own files are all that is not as it was: the same files are there.
    pub(crate) fn is_edited(&self, before: &Self) -> bool {
        let counting = |part: &&KeyPart| part.counts != Counts::ToExplain;
        let (now, then): (Vec<_>, Vec<_>) =
            (self.parts.iter().filter(counting).collect(), before.parts.iter().filter(counting).collect());
        self.is_whole && now.len() == then.len() && now.iter().zip(then).all(|(now, then)| now.is_edit_of(then))
    }

    /// The first thing that is not as it was, as a fragment; `None`: nothing of it.
    pub(crate) fn first_change(&self, before: &[KeyPart]) -> Option<String> {
        let is_in = |part: &KeyPart, parts: &[KeyPart]| parts.contains(part);
        let namesake =
            |part: &KeyPart| before.iter().find(|other| (other.kind, &other.name) == (part.kind, &part.name));
        let changed = self.parts.iter().find(|part| !is_in(part, before));
        let gone = || before.iter().find(|part| !is_in(part, &self.parts)).map(KeyPart::gone);
        changed.map(|part| part.changed(namesake(part))).or_else(gone)
    }

    fn view(&self, counts: impl Fn(Counts) -> bool) -> HashDigest {
        let mut encoder = Encoder::new();
        for KeyPart { counts: _, kind: _, name, given: _, digest } in
            self.parts.iter().filter(|part| counts(part.counts))
        {
            encoder.field(name, digest);
        }
        encoder.finish()
    }

    pub(super) fn push(
        &mut self,
        counts: Counts,
        kind: PartKind,
        name: impl Into<String>,
        given: Option<String>,
        digest: HashDigest,
    ) {
        self.parts.push(KeyPart { counts, kind, name: name.into(), given, digest });
    }

    pub(super) fn other(&mut self, counts: Counts, name: &str, value: &(impl Keyed + ?Sized)) {
        self.push(counts, PartKind::Other, name, None, Encoder::digest(value));
    }

    /// A file or folder, by its content.
    pub(super) fn place(&mut self, counts: Counts, name: String, content: HashDigest) {
        self.push(counts, PartKind::Place, name, None, content);
    }

    pub(super) fn option(&mut self, counts: Counts, flag: &str, value: &(impl Keyed + ?Sized), given: Option<String>) {
        self.push(counts, PartKind::Option, flag, given, Encoder::digest(value));
    }

    pub(super) fn switch(&mut self, counts: Counts, flag: &str, is_on: bool) {
        self.option(counts, flag, &is_on, is_on.then(|| flag.to_owned()));
    }

    fn names(&mut self, counts: Counts, flag: &str, names: &[impl Keyed + std::fmt::Display]) {
        let given = names.iter().map(|name| format!("{flag} {name}")).collect::<Vec<_>>().join(" ");
        self.option(counts, flag, names, (!names.is_empty()).then_some(given));
    }

    fn projects(&mut self, flag: &str, projects: &ProjectSet) {
        let given = match projects {
            ProjectSet::None => None,
            ProjectSet::All => Some(format!("{flag} :all:")),
            ProjectSet::Projects(names) => {
                Some(names.iter().map(|name| format!("{flag} {name}")).collect::<Vec<_>>().join(" "))
            }
        };
        self.option(Counts::Everywhere, flag, projects, given);
    }

    /// The files that were read: a lock counts with its text, requirements files with what they say
    /// ([`Self::add_manifest`]).
    fn add_files(&mut self, manifest: &Manifest, lock: Option<&Locked>, base: &Path) {
        for file in &manifest.files_read {
            self.place(Counts::ToExplain, local::relative(&file.path, base), file.content.clone());
            let path = Encoder::digest(&*file.path.to_string_lossy());
            self.place(Counts::ForResolution, file.path.display().to_string(), path);
        }
        if let Some(Locked { lock, input, .. }) = lock {
            let content = sha256_without_userinfo(lock.text().as_bytes());
            self.place(Counts::Everywhere, local::relative(&input.place.file(), base), content);
            // What the project declares now decides whether the lock is still good, and what is warned of.
            for path in lock.project_files(&input.place.environment) {
                if let Ok(bytes) = fs_err::read(&path) {
                    let content = sha256_without_userinfo(&bytes);
                    self.place(Counts::ForResult, local::relative(&path, base), content);
                }
            }
        }
    }

    fn add_manifest(&mut self, manifest: &Manifest) {
        let Manifest {
            requirements,
            unnamed,
            constraints,
            build_constraints,
            overrides,
            excluded,
            excluded_patterns,
            alternatives,
            options,
            pins,
            // `add_indexes` takes them with those of the command line.
            indexes: _,
            refused,
            settings,
            python,
            files_read: _,
            warnings,
        } = manifest;
        let lists = [
            ("requirements", requirements),
            ("requirements without a name", unnamed),
            ("constraints", constraints),
            ("constraints of builds", build_constraints),
            ("overrides", overrides),
        ];
        for (name, entries) in lists {
            self.other(Counts::Everywhere, &format!("what is said in {name}"), entries);
            // The answer names lines of files.
            let lines: Vec<_> = entries.iter().map(|entry| (entry.text.as_str(), &entry.origin)).collect();
            self.other(Counts::ForResolution, name, &lines);
        }
        let alternatives: Vec<_> = alternatives
            .iter()
            .map(|said| {
                let any_of: Vec<String> = said.any_of.iter().map(ToString::to_string).collect();
                ((said.name.to_string(), said.marker.try_to_string()), any_of)
            })
            .collect();
        if !alternatives.is_empty() {
            self.other(Counts::Everywhere, "alternatives of versions", &alternatives);
        }
        self.other(Counts::ForResolution, "warnings", warnings);
        self.other(Counts::Everywhere, "what is tied to an index", pins);
        let refused: Vec<_> = refused.iter().map(|refused| (&refused.name, refused.problem.to_string())).collect();
        self.other(Counts::ForResolution, "refused", &refused);
        self.other(Counts::Everywhere, "what is said in tables", settings);
        let python: Vec<&str> = python.iter().map(|limit| limit.text.as_str()).collect();
        self.other(Counts::Everywhere, "the Python that projects take", &python);
        let patterns = excluded_patterns.iter().map(ToString::to_string);
        let excluded: Vec<String> = excluded.iter().map(ToString::to_string).chain(patterns).collect();
        self.names(Counts::Everywhere, "--exclude-package", &excluded);
        self.add_file_options(options);
    }

    /// What option lines of requirements files and flags of the same name say together.
    fn add_file_options(&mut self, options: &FileOptions) {
        // Indexes and pages are told with those of the command line.
        let FileOptions {
            index_url: _,
            extra_index_urls: _,
            find_links: _,
            no_index: _,
            format_control,
            release_control,
            prefer_binary,
            require_hashes,
            no_require_hashes,
            pre,
            // Whom a connection trusts changes no byte: what comes over it has a digest or counts as before.
            trusted_hosts: _,
            // None of them changes what barrow does.
            features: _,
        } = options;
        let FormatControl { no_binary, only_binary } = format_control;
        self.projects("--no-binary", no_binary);
        self.projects("--only-binary", only_binary);
        self.switch(Counts::Everywhere, "--require-hashes", *require_hashes);
        let rest = (release_control, ((prefer_binary, no_require_hashes), pre));
        self.other(Counts::Everywhere, "what is said in option lines", &rest);
    }

    fn add_options(&mut self, options: &RequestOptions) {
        let RequestOptions {
            inputs,
            extras,
            groups,
            lock,
            // Both are part of the manifest's options.
            require_hashes: _,
            format_control: _,
            resolve,
            build,
            // `add_indexes` takes them together with those of the files.
            indexes: _,
            // How servers are reached, and as whom, and how long that may take. Which of them are asked is in
            // `indexes`. What is known offline is not remembered as what is known.
            client: _,
            // Where bytes lie in the meantime.
            cache_folder: _,
            // What is taken from there is what would be made of the same inputs.
            shared: _,
            temporary_folder: _,
            concurrent_downloads: _,
            limits,
            record,
            // When pages are too old is no question of the inputs.
            now: _,
        } = options;
        self.add_inputs(inputs);
        self.names(Counts::Everywhere, "--extra", extras);
        self.names(Counts::Everywhere, "--group", groups);
        self.add_lock_settings(lock);
        self.add_resolve_options(resolve);
        self.add_build_settings(build);
        self.option(Counts::ForResult, "--max-unpacked-size and --max-ratio", limits, None);
        let RecordPolicy { strict, accepted } = record;
        self.switch(Counts::ForResult, "--strict", *strict);
        self.names(Counts::ForResult, "--accept-record", accepted);
    }

    fn add_inputs(&mut self, inputs: &ManifestInputs) {
        // All of these were read into the manifest, or are a lock.
        let ManifestInputs {
            requirement_files: _,
            are_found: _,
            no_deps_files: _,
            pyproject: _,
            constraint_files: _,
            has_common_constraints: _,
            override_files: _,
            positional: _,
            standard_input: _,
            excluded: _,
            excluded_patterns: _,
            brought,
            working_folder: _,
            // What the files say with it was read. Builds have it too, but what was built is never taken for unchanged.
            environment: _,
            format_control: _,
            uv: UvFiles { files: _, are_alone },
            remote: _,
        } = inputs;
        self.switch(Counts::Everywhere, "UV_CONFIG_FILE or UV_NO_CONFIG", *are_alone);
        let brought: Vec<String> = brought.iter().map(|it| format!("{} {}", it.name, it.version)).collect();
        self.option(Counts::Everywhere, "--without", &brought, (!brought.is_empty()).then(|| "--without".to_owned()));
    }

    fn add_lock_settings(&mut self, lock: &LockSettings) {
        // The folder of the run is in every path; which project of a lock it means follows from that and the lock.
        let LockSettings { all_extras, only_groups, frozen, folder, with_project } = lock;
        self.switch(Counts::Everywhere, "--all-extras", *all_extras);
        self.names(Counts::Everywhere, "--only-group", only_groups);
        self.switch(Counts::Everywhere, "--no-project", !*with_project);
        // It decides whether a run fails, not what it makes.
        self.switch(Counts::ForResult, "--frozen", *frozen);
        let folder = folder.as_ref().map(|folder| folder.to_string_lossy().into_owned());
        self.option(Counts::ForResult, "the folder that is bundled", &folder, None);
    }

    fn add_build_settings(&mut self, build: &BuildSettings) {
        let BuildSettings { forbidden, python, config_settings, network } = build;
        self.switch(Counts::Everywhere, "--build-network", *network);
        self.switch(Counts::Everywhere, "--no-build", *forbidden);
        // A Python is known by its name: a path is one of this machine.
        let python = python.as_deref().map(|word| word.rsplit('/').next().unwrap_or(word).to_owned());
        let given = python.as_ref().map(|it| format!("--build-python {it}"));
        self.option(Counts::Everywhere, "--build-python", &python, given);
        // Values may be secrets.
        let given = (!config_settings.is_empty()).then(|| "--config-settings".to_owned());
        self.option(Counts::Everywhere, "--config-settings", config_settings, given);
    }

    fn add_resolve_options(&mut self, options: &ResolveOptions) {
        // `resolution` has the last two: they change what is told of a choice, or stand in a lock that is written anew.
        let ResolveOptions {
            prerelease,
            resolution,
            prefer_binary,
            allow_build,
            exclude_newer,
            no_deps,
            siblings: _,
            // Only tables of a project say it, and those count as they are.
            exclude_newer_package: _,
            preferences: _,
            forbids_building: _,
            wheel_room: _,
        } = options;
        let is_usual = *prerelease == PrereleaseMode::default();
        self.option(Counts::Everywhere, "--prerelease", prerelease, (!is_usual).then(|| "--prerelease".to_owned()));
        let is_usual = *resolution == ResolutionMode::default();
        self.option(Counts::Everywhere, "--resolution", resolution, (!is_usual).then(|| "--resolution".to_owned()));
        self.switch(Counts::Everywhere, "--no-prefer-binary", !prefer_binary);
        self.projects("--allow-build", allow_build);
        let given = exclude_newer.map(|_| "--exclude-newer".to_owned());
        self.option(Counts::Everywhere, "--exclude-newer", exclude_newer, given);
        self.switch(Counts::Everywhere, "--no-deps", *no_deps);
    }

    fn add_assembly(
        &mut self,
        assembly: &AssemblySettings,
        request: &Request,
        base: &Path,
        state_folders: &[PathBuf],
    ) -> Result<(), RequestError> {
        let AssemblySettings { source, kind, exclude_runtime, selection, split, bytecode, deny_licenses } = assembly;
        self.other(Counts::ForOutput, "the kind of the output", kind);
        self.switch(Counts::ForOutput, "--exclude-runtime", *exclude_runtime);
        // The version of the compiler decides about its bytes, wherever it lies.
        let compiler = bytecode.as_ref().map(|compiler| compiler.interpreter.version.to_string());
        let given = compiler.as_ref().map(|version| format!("--compile-bytecode (Python {version})"));
        self.option(Counts::ForOutput, "--compile-bytecode", &compiler, given);
        let given = split.map(|layers| format!("--split {layers}"));
        self.option(Counts::ForOutput, "--split", &split.map(|layers| layers as u64), given);
        let SelectionSettings { exclude, slim, services } = selection;
        self.names(Counts::ForOutput, "--exclude", exclude);
        self.switch(Counts::ForOutput, "--slim", *slim);
        let services: Vec<String> = services.iter().flat_map(|choice| choice.services.iter().cloned()).collect();
        self.names(Counts::ForOutput, "--slim botocore", &services);
        let denied: Vec<String> = deny_licenses.iter().map(ToString::to_string).collect();
        self.names(Counts::ForResult, "--deny-license", &denied);
        source.as_ref().map_or(Ok(()), |source| self.add_source(source, request, base, state_folders))
    }

    fn add_source(
        &mut self,
        source: &SourceSettings,
        request: &Request,
        base: &Path,
        state_folders: &[PathBuf],
    ) -> Result<(), RequestError> {
        // Folders count by what is in them; files that carry credentials, and those that the run writes, by not being
        // there.
        let SourceSettings {
            folder: _,
            further,
            exclude,
            include,
            gitignore,
            follow_links,
            credential_files: _,
            written_files: _,
        } = source;
        let files = request.collect(source, state_folders, None)?;
        // Patterns count by what they leave, places and links by what is found, and all are told.
        let further: Vec<&str> = further.iter().map(|source| source.label.as_str()).collect();
        self.names(Counts::ForResult, "--source", &further);
        self.switch(Counts::ForResult, "--gitignore", *gitignore);
        self.switch(Counts::ForResult, "--follow-links", *follow_links);
        self.names(Counts::ForResult, "--exclude", exclude);
        self.names(Counts::ForResult, "--include", include);
        // What was left out for what it may hold is told to the user.
        let told = files.left_out.iter().filter(|left| matches!(left.why, Why::Credentials(_) | Why::State(_)));
        let left_out: Vec<String> = told.map(|left| left.path.display().to_string()).collect();
        self.other(Counts::ForResult, "what is left out of the source", &left_out);
        for file in &files.files {
            let content = match &file.bytes {
                // A file with credentials is left out; what is bundled counts as it is.
                Some(bytes) => sha256(bytes),
                None => local::content(&file.from)?,
            };
            let mut encoder = Encoder::new();
            encoder.field("executable", &file.executable).field("content", &content).field("link", &file.link);
            let name = local::relative(&base.join(file.path.as_str()), base);
            self.place(Counts::ForOutput, name, encoder.finish());
        }
        Ok(())
    }

    fn add_publishing(&mut self, publish: &PublishSettings) {
        let PublishSettings {
            // Each output has results of its own.
            out: _,
            zip,
            // What was there before is no input.
            force: _,
            link_mode,
            max_size,
            // Where marks lie; the outputs that they name are left out of the source, which counts.
            state_folders: _,
        } = publish;
        self.switch(Counts::ForResult, "--zip", *zip);
        self.option(Counts::ForResult, "--link-mode", link_mode, None);
        let given = max_size.map(|size| format!("--max-size {size}"));
        self.option(Counts::ForResult, "--max-size", max_size, given);
    }
}
