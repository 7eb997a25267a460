//! What a run is told: every setting as an argument, nothing from the host.

use std::path::{Path, PathBuf};

use crate::archive::{Limits, SafePath};
use crate::build::Compiler;
use crate::bundle::{Bytes, FileSelection, ServiceChoice, numbered};
use crate::fetch::FetchOptions;
use crate::http::ClientOptions;
use crate::index::{IndexLocation, IndexStrategy};
use crate::install::{InstallOptions, LinkMode, RecordPolicy};
use crate::requirements::{FormatControl, ManifestInputs};
use crate::resolve::{ResolveOptions, WheelRoom};
use crate::shared::SharedOptions;
use crate::spec::{DEFAULT_INDEX_URL, ExtraName, LicensePattern, SafeUrl};
use crate::target::Target;

/// Who says something that tables of a project may say as well: whoever stands later here counts more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SaidBy {
    /// Nobody.
    #[default]
    Nobody,
    /// pip's own settings alone, below the tables of the project.
    Pip,
    /// Flags, variables and files of barrow, and uv's variables, above those tables.
    Above,
}

/// Who says what the settings of indexes are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WhoSays {
    /// `--index-url`.
    pub default: SaidBy,
    /// `--extra-index-url`.
    pub extra: SaidBy,
    /// `--find-links`.
    pub find_links: SaidBy,
    /// `--no-index`, on or off.
    pub no_index: SaidBy,
}

/// The indexes of a run as the user gave them; their order is decided when a run starts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IndexSettings {
    /// `--index` and `[[index]]`, in order.
    pub named: Vec<IndexLocation>,
    /// `--extra-index-url`.
    pub extra: Vec<SafeUrl>,
    /// `--index-url`.
    pub default: IndexLocation,
    /// `--find-links`: pages and folders.
    pub find_links: Vec<SafeUrl>,
    /// `--mirror`: stands for all of these and for whatever files name, and nothing else is asked.
    pub mirror: Option<SafeUrl>,
    /// `--no-index`.
    pub no_index: bool,
    /// Which of several indexes answer.
    pub strategy: IndexStrategy,
    /// `[sources]`: patterns of project names, and the index that alone may answer for them.
    pub sources: Vec<(globset::Glob, String)>,
    /// `--refresh`.
    pub refresh: bool,
    /// Who says so.
    pub said_by: WhoSays,
}

/// PyPI alone.
impl Default for IndexSettings {
    fn default() -> Self {
        Self {
            named: Vec::new(),
            extra: Vec::new(),
            default: IndexLocation::new(SafeUrl::parse(DEFAULT_INDEX_URL).expect("the constant is a URL")),
            find_links: Vec::new(),
            mirror: None,
            no_index: false,
            strategy: IndexStrategy::default(),
            sources: Vec::new(),
            refresh: false,
            said_by: WhoSays::default(),
        }
    }
}

/// Building from source; which projects may be built is a setting of the solver.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct BuildSettings {
    /// `--no-build`: nothing at all, not even what the user names as source.
    pub forbidden: bool,
    /// `--build-python`: a path, or the name of a program on the PATH.
    pub python: Option<String>,
    /// `--config-settings`, for every build that no requirement has settings for.
    pub config_settings: Vec<(String, String)>,
    /// `--build-network`: backends may fetch what they like.
    pub network: bool,
}

/// Everything about asking for requirements and resolving them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RequestOptions {
    /// Files and names.
    pub inputs: ManifestInputs,
    /// `--extra`: of the pyproject.toml or lock among the inputs.
    pub extras: Vec<ExtraName>,
    /// `--group`: likewise.
    pub groups: Vec<ExtraName>,
    /// What is wanted of a lock, beside extras and groups.
    pub lock: LockSettings,
    /// `--require-hashes`.
    pub require_hashes: bool,
    /// `--no-binary` and `--only-binary`.
    pub format_control: FormatControl,
    /// Settings of the solver.
    pub resolve: ResolveOptions,
    /// Building from source.
    pub build: BuildSettings,
    /// Which indexes are asked, and how names are spread over them.
    pub indexes: IndexSettings,
    /// HTTP; the URLs of indexes and the trusted hosts of requirements files are added when the run starts.
    pub client: ClientOptions,
    /// `--concurrent-downloads`: files at the same time.
    pub concurrent_downloads: usize,
    /// The cache folder; `None`: a temporary one below `temporary_folder`.
    pub cache_folder: Option<PathBuf>,
    /// `--remote-cache` and what belongs to it: a cache that others share.
    pub shared: Option<SharedOptions>,
    /// Where temporary files go.
    pub temporary_folder: PathBuf,
    /// `--max-unpacked-size`, `--max-ratio`: how much an archive may hold.
    pub limits: Limits,
    /// `--strict`, `--accept-record`: what becomes of wheels whose RECORD is wrong.
    pub record: RecordPolicy,
    /// Seconds since 1970 when the run began.
    pub now: u64,
}

impl RequestOptions {
    /// How the wheels are installed; `tree`: unpacked, and not only checked.
    pub fn install_options(&self, tree: bool) -> InstallOptions {
        InstallOptions { limits: self.limits, record: self.record.clone(), tree, checked_when_placed: false }
    }

    /// Nothing is required yet, and all else is as usual. Relative paths start from `working_folder`, which is
    /// absolute; the run began at `now`, in seconds since 1970.
    pub fn new(working_folder: impl Into<PathBuf>, temporary_folder: impl Into<PathBuf>, now: u64) -> Self {
        Self {
            inputs: ManifestInputs { working_folder: working_folder.into(), ..ManifestInputs::default() },
            extras: Vec::new(),
            groups: Vec::new(),
            lock: LockSettings::default(),
            require_hashes: false,
            format_control: FormatControl::default(),
            resolve: ResolveOptions::default(),
            build: BuildSettings::default(),
            indexes: IndexSettings::default(),
            client: ClientOptions::default(),
            concurrent_downloads: FetchOptions::default().concurrency,
            cache_folder: None,
            shared: None,
            temporary_folder: temporary_folder.into(),
            limits: Limits::default(),
            record: RecordPolicy::default(),
            now,
        }
    }

    /// `options` with what hints have to know of the rest of the request.
    pub(crate) fn advising(&self, options: &ResolveOptions) -> ResolveOptions {
        let wheel_room = if self.indexes.mirror.is_some() { WheelRoom::Mirror } else { WheelRoom::Folder };
        ResolveOptions { forbids_building: self.build.forbidden, wheel_room, ..options.clone() }
    }

    /// Requires what a file says: requirements, a lock or a `pyproject.toml`.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.inputs.requirement_files.push(path.into());
        self
    }

    /// Requires this, as on the command line.
    #[must_use]
    pub fn requirement(mut self, text: impl Into<String>) -> Self {
        self.inputs.positional.push(text.into());
        self
    }

    /// Asks this index in the place of PyPI.
    #[must_use]
    pub fn index(mut self, url: SafeUrl) -> Self {
        self.indexes.default = IndexLocation::new(url);
        self.indexes.said_by.default = SaidBy::Above;
        self
    }

    /// Keeps what is fetched for later runs.
    #[must_use]
    pub fn cached_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache_folder = Some(folder.into());
        self
    }
}

/// What is wanted of a lock.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LockSettings {
    /// `--all-extras`.
    pub all_extras: bool,
    /// `--only-group`: nothing but these groups.
    pub only_groups: Vec<ExtraName>,
    /// `--frozen`: the lock counts although the project may have changed since.
    pub frozen: bool,
    /// The folder whose project is meant, as the user named it; `None`: the project beside the lock.
    pub folder: Option<PathBuf>,
    /// The project itself is wanted too, where its tool builds it.
    pub with_project: bool,
}

/// What a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleKind {
    /// A function: OUT is the bundle and nothing else.
    Function,
    /// A layer: the same, with dependencies below `python/`.
    Layer,
    /// Packages in a folder that may hold other things.
    Packages,
}

/// The user's own files.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SourceSettings {
    /// SOURCE; `None`: only what further sources bring.
    pub folder: Option<PathBuf>,
    /// `--source`: folders beside SOURCE.
    pub further: Vec<FurtherSource>,
    /// Patterns of `--exclude`.
    pub exclude: Vec<String>,
    /// Patterns of `--include`: what they name is taken although it is left out by default.
    pub include: Vec<String>,
    /// `--gitignore`: where a folder has no `.barrowignore`, its `.gitignore` counts.
    pub gitignore: bool,
    /// `--follow-links`: also those that lead out of a source.
    pub follow_links: bool,
    /// Files that credentials or settings of the run come from.
    pub credential_files: Vec<PathBuf>,
    /// Files that the run writes beside OUT: no part of the source, wherever they lie.
    pub written_files: Vec<PathBuf>,
}

/// A folder whose files are in the bundle beside those of SOURCE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FurtherSource {
    /// The folder.
    pub folder: PathBuf,
    /// What messages call it, as the user wrote it.
    pub label: String,
    /// Where its files lie in the bundle; `None`: at the root.
    pub prefix: Option<SafePath>,
    /// Patterns: nothing else of it is taken. Without any, everything is.
    pub only: Vec<String>,
    /// Patterns of what is left out of it, besides those that count for all.
    pub exclude: Vec<String>,
}

impl SourceSettings {
    /// Every folder.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folder.as_deref().into_iter().chain(self.further.iter().map(|source| source.folder.as_path()))
    }
}

/// What is made of the chosen distributions: every option that decides which files with which bytes a result has,
/// wherever it goes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AssemblySettings {
    /// The user's own files; `None`: dependencies only.
    pub source: Option<SourceSettings>,
    /// What the result is.
    pub kind: BundleKind,
    /// Leave out what the Lambda runtime brings.
    pub exclude_runtime: bool,
    /// Which files of dependencies are left out.
    pub selection: SelectionSettings,
    /// `--compile-bytecode`: with which Python.
    pub bytecode: Option<Compiler>,
    /// `--split`: the layer is spread over at most so many.
    pub split: Option<usize>,
    /// `--deny-license`: licences that no distribution may have.
    pub deny_licenses: Vec<LicensePattern>,
}

impl AssemblySettings {
    /// Dependencies alone, with all of their files.
    pub fn new(kind: BundleKind) -> Self {
        Self {
            source: None,
            kind,
            exclude_runtime: false,
            selection: SelectionSettings::default(),
            bytecode: None,
            split: None,
            deny_licenses: Vec::new(),
        }
    }
}

/// Which files of dependencies are left out.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SelectionSettings {
    /// `NAME:GLOB` of `--exclude`.
    pub exclude: Vec<String>,
    /// `--slim`.
    pub slim: bool,
    /// `--slim botocore=…`.
    pub services: Option<ServiceChoice>,
}

impl SelectionSettings {
    /// As the assembling room takes it.
    pub(crate) fn files(&self) -> FileSelection<'_> {
        FileSelection { exclude: &self.exclude, slim: self.slim, services: self.services.as_ref() }
    }
}

/// What to bundle.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BundleOptions {
    /// Requirements, and how to resolve them.
    pub request: RequestOptions,
    /// What to resolve for.
    pub target: Target,
    /// What is made of what was chosen.
    pub assembly: AssemblySettings,
    /// Where the result goes.
    pub publish: PublishSettings,
}

impl BundleOptions {
    /// The dependencies of a function in `out`: a folder, or a zip by its name. Marks that say what barrow has made are
    /// kept in `state_folder`.
    pub fn new(
        request: RequestOptions,
        target: Target,
        out: impl Into<PathBuf>,
        state_folder: impl Into<PathBuf>,
    ) -> Self {
        let publish = PublishSettings::new(out, vec![state_folder.into()]);
        Self::of(request, AssemblySettings::new(BundleKind::Function), publish, target)
    }

    /// With every part as it is.
    pub fn of(request: RequestOptions, assembly: AssemblySettings, publish: PublishSettings, target: Target) -> Self {
        Self { request, target, assembly, publish }
    }

    /// With the files of a folder.
    #[must_use]
    pub fn source(mut self, folder: impl Into<PathBuf>) -> Self {
        let source = SourceSettings { folder: Some(folder.into()), ..SourceSettings::default() };
        self.assembly.source = Some(source);
        self
    }

    /// Every place that may be written to: OUT, or one for each layer.
    pub fn outs(&self) -> Vec<PathBuf> {
        let out = &self.publish.out;
        let layers = self.assembly.split.map(|layers| (1..=layers).map(|number| numbered(out, number)).collect());
        layers.unwrap_or_else(|| vec![out.clone()])
    }

    /// Absolute path of the folder that paths are told relative to: SOURCE, else the working folder.
    pub(crate) fn base(&self) -> PathBuf {
        let working_folder = &self.request.inputs.working_folder;
        let source = self.assembly.source.as_ref().and_then(|source| source.folder.as_ref());
        source.map_or_else(|| working_folder.clone(), |folder| working_folder.join(folder))
    }
}

/// What to take the fingerprint of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FingerprintOptions {
    /// Requirements, and how they would be resolved.
    pub request: RequestOptions,
    /// What they would be resolved for.
    pub target: Target,
    /// What would be made of them.
    pub assembly: AssemblySettings,
    /// Absolute path of the folder that paths are told relative to.
    pub base: PathBuf,
    /// Where barrow remembers what it published: outputs inside the source folder are no source.
    pub state_folders: Vec<PathBuf>,
}

impl FingerprintOptions {
    /// For what these options would publish.
    pub fn of(options: &BundleOptions) -> Self {
        let BundleOptions { request, target, assembly, publish } = options;
        let (request, target, assembly) = (request.clone(), target.clone(), assembly.clone());
        Self { request, target, assembly, base: options.base(), state_folders: publish.state_folders.clone() }
    }

    /// For what would be made in `base`, the absolute path of the folder that paths are told relative to.
    pub fn new(request: RequestOptions, assembly: AssemblySettings, base: PathBuf, target: Target) -> Self {
        Self { request, target, assembly, base, state_folders: Vec::new() }
    }
}

/// Where a bundle goes, and in what form.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PublishSettings {
    /// OUT: the folder or zip that is written.
    pub out: PathBuf,
    /// A zip rather than a folder.
    pub zip: bool,
    /// Replace what barrow did not put there.
    pub force: bool,
    /// How files get from the cache into a folder.
    pub link_mode: LinkMode,
    /// Largest unzipped size.
    pub max_size: Option<Bytes>,
    /// Where barrow remembers what it published, best first.
    pub state_folders: Vec<PathBuf>,
}

impl PublishSettings {
    /// A folder, or a zip by the name of `out`. What barrow remembers of it lies in the first of `state_folders` that
    /// can be written.
    pub fn new(out: impl Into<PathBuf>, state_folders: Vec<PathBuf>) -> Self {
        let out = out.into();
        let zip = out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
        Self { out, zip, force: false, link_mode: LinkMode::default(), max_size: None, state_folders }
    }
}
