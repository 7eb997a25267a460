//! Settings of a run, merged from flags, environment and files. Only this module reads the environment, the home
//! folder, the working folder and the clock.

mod config_file;
mod credentials;
mod detect;
mod host;
mod indexes;
mod key;
mod layers;
mod parse;
mod pip_config;
mod profile;
mod target;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use barrow::archive::Limits;
use barrow::bundle::Bytes;
use barrow::check::Ignore;
use barrow::fetch::FetchOptions;
use barrow::http::{AwsOptions, ClientOptions, Secret};
use barrow::install::{LinkMode, RecordPolicy};
use barrow::lock::LockKind;
use barrow::request::{
    AssemblySettings, BuildSettings, BundleKind, IndexSettings, LockSettings, PublishSettings, RequestOptions,
    SourceSettings,
};
use barrow::requirements::{FormatControl, ManifestInputs, ProjectSet};
use barrow::resolve::{PrereleaseMode, ResolveOptions, parse_moment};
use barrow::spec::{ExtraName, PackageName, SafeUrl};
use clap::ValueEnum;

pub(crate) use host::Host;
pub(crate) use key::KEYS;
pub(crate) use layers::{Record, Source};
pub(crate) use target::TargetSettings;

use crate::args::{
    AssemblyArgs, GeneralArgs, InputArgs, KeyringProvider, LinkChoice, OutputArgs, Prerelease, ResolutionArgs,
    ResolutionChoice, SettingArgs, SourceArgs, Unbuilt, WheelArgs,
};
use crate::failure::Failure;
use config_file::ConfigFile;
use layers::Layers;
use pip_config::PipConfig;

/// A setting that cannot be used: wrong usage.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum SettingsError {
    /// A value does not parse.
    #[error("invalid value for `{key}` from {origin}: {reason}")]
    Value { key: &'static str, origin: Source, reason: String },
    /// Anything else; the text is complete.
    #[error("{0}")]
    Other(String),
}

impl SettingsError {
    fn value(key: &'static str, origin: &Source, reason: String) -> Self {
        Self::Value { key, origin: origin.clone(), reason }
    }
}

/// What the command line gives to the settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) settings: SettingArgs,
    pub(crate) assembly: AssemblyArgs,
    pub(crate) files: SourceArgs,
}

/// The settings of a run.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the user's, independent of the others")]
pub(crate) struct Settings {
    /// What to resolve for.
    pub(crate) target: TargetSettings,
    /// `-r`, `-c`, `--override` and what is left out; requirements on the command line are added by the commands.
    pub(crate) inputs: ManifestInputs,
    pub(crate) require_hashes: bool,
    pub(crate) format_control: FormatControl,
    pub(crate) indexes: IndexSettings,
    pub(crate) client: ClientOptions,
    pub(crate) resolve: ResolveOptions,
    build: BuildSettings,
    /// `None`: a temporary one.
    pub(crate) cache_folder: Option<PathBuf>,
    pub(crate) temporary_folder: PathBuf,
    /// Which of the source's own files are taken; but for the folder, which the commands know.
    no_source: bool,
    exclude: Vec<String>,
    include: Vec<String>,
    /// The settings file, unless it belongs to the project.
    own_file: Option<PathBuf>,
    pub(crate) exclude_runtime: bool,
    pub(crate) link_mode: LinkMode,
    pub(crate) max_size: Option<Bytes>,
    /// How much an archive may hold.
    limits: Limits,
    /// What becomes of wheels whose RECORD is wrong.
    record: RecordPolicy,
    concurrent_downloads: usize,
    /// Where barrow remembers what it published, best first.
    pub(crate) state_folders: Vec<PathBuf>,
    extras: Vec<ExtraName>,
    groups: Vec<ExtraName>,
    pub(crate) lock: LockSettings,
    no_project: bool,
    now: u64,
    /// What `check` leaves out by a settings file.
    pub(crate) check_ignore: Vec<Ignore>,
    /// Where everything came from.
    pub(crate) records: Vec<Record>,
    /// For the user, before the run.
    pub(crate) warnings: Vec<String>,
}

impl Settings {
    /// Merges everything. `folder` is where the search for settings files starts.
    pub(crate) fn read(host: &Host, general: &GeneralArgs, flags: Flags, folder: &Path) -> Result<Self, SettingsError> {
        refuse_unbuilt(host, &flags.settings.unbuilt)?;
        let no_config = general.no_config || switch_variable(host, "BARROW_NO_CONFIG")?;
        let config = if no_config { ConfigFile::default() } else { find_config(host, general, folder)? };
        let folder = &parse::normalized(&host.working_folder.join(folder));
        let pip = if no_config { PipConfig::default() } else { PipConfig::read(host).map_err(SettingsError::Other)? };
        let mut layers = Layers { host, config, pip, records: Vec::new() };
        let mut warnings = Vec::new();

        let SettingArgs { target, input, index, resolution, wheels, unbuilt: _ } = flags.settings;
        let target = target::read(&mut layers, target, folder, &input.requirement, &mut warnings)?;
        let no_deps = layers.switch("no-deps", input.no_deps)?;
        let require_hashes = layers.switch("require-hashes", input.require_hashes)?;
        let format_control = read_format_control(&mut layers, &input)?;
        let (extras, groups) =
            (name_list(&mut layers, "extra", &input.extra)?, name_list(&mut layers, "group", &input.group)?);
        let lock = LockSettings {
            all_extras: layers.switch("all-extras", input.all_extras)?,
            only_groups: name_list(&mut layers, "only-group", &input.only_group)?,
            frozen: layers.switch("frozen", input.frozen)?,
            folder: None,
            with_project: false,
        };
        let no_project = layers.switch("no-project", input.no_project)?;
        let (build, allow_build) = read_building(&mut layers, &input)?;
        let inputs = read_inputs(&mut layers, input)?;
        let (indexes, credentials) = indexes::read(&mut layers, &index, &mut warnings)?;
        let concurrent_downloads = read_count(&mut layers, "concurrent-downloads", index.concurrent_downloads)?;
        let mut client = read_client(&mut layers, index, &mut warnings)?;
        client.credentials = credentials;
        client.offline = layers.switch("offline", general.offline)?;
        let mut resolve = read_resolution(&mut layers, &resolution, no_deps)?;
        resolve.allow_build = allow_build;
        let no_source = layers.switch("no-source", flags.files.no_source)?;
        let exclude = layers.many("exclude", flags.files.exclude, |text| Ok(text.to_owned()))?;
        let include = layers.many("include", flags.files.include, |text| Ok(text.to_owned()))?;
        let exclude_runtime = layers.switch("exclude-runtime", flags.assembly.exclude_runtime)?;
        let link_mode = layers.one("link-mode", flags.assembly.link_mode, choice::<LinkChoice>)?;
        let size = |text: &str| text.parse::<Bytes>().map_err(|error| error.to_string());
        let max_size = layers.one("max-size", flags.assembly.max_size, size)?;
        let mut limits = Limits::default();
        if let Some(Bytes(most)) = layers.one("max-unpacked-size", resolution.max_unpacked_size, size)? {
            limits.unpacked_size = most;
        }
        let whole = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is not a whole number"));
        if let Some(most) = layers.one("max-ratio", resolution.max_ratio, whole)? {
            limits.ratio = most;
        }
        let record = read_record_policy(&mut layers, wheels)?;
        let cache_folder = read_cache_folder(&mut layers, general, &mut warnings)?;
        let state_folders = state_folders(host, cache_folder.as_deref());
        record_defaults(&mut layers);

        Ok(Self {
            target,
            inputs,
            require_hashes,
            format_control,
            indexes,
            client,
            resolve,
            build,
            cache_folder,
            temporary_folder: host.temporary_folder.clone(),
            no_source,
            exclude,
            include,
            own_file: Some(layers.config.path)
                .filter(|path| path.file_name().is_some_and(|name| name != "pyproject.toml")),
            exclude_runtime,
            link_mode: link_mode.unwrap_or(LinkChoice::Auto).into(),
            max_size,
            limits,
            record,
            concurrent_downloads: concurrent_downloads.unwrap_or(FetchOptions::default().concurrency),
            state_folders,
            extras,
            groups,
            lock,
            no_project,
            now: u64::try_from(host.now.as_second()).unwrap_or(0),
            check_ignore: std::mem::take(&mut layers.config.check_ignore),
            records: layers.records,
            warnings,
        })
    }

    /// The part of the settings that resolving needs, with requirements of the command line added.
    pub(crate) fn request(&self, positional: Vec<String>) -> RequestOptions {
        let inputs = ManifestInputs { positional, ..self.inputs.clone() };
        RequestOptions {
            inputs,
            extras: self.extras.clone(),
            groups: self.groups.clone(),
            lock: self.lock.clone(),
            require_hashes: self.require_hashes,
            format_control: self.format_control.clone(),
            resolve: self.resolve.clone(),
            build: self.build.clone(),
            indexes: self.indexes.clone(),
            client: self.client.clone(),
            cache_folder: self.cache_folder.clone(),
            temporary_folder: self.temporary_folder.clone(),
            limits: self.limits,
            record: self.record.clone(),
            concurrent_downloads: self.concurrent_downloads,
            now: self.now,
        }
    }
}

impl Settings {
    /// What is made of the dependencies, with the own files of the function in `source` unless the user wants none.
    pub(crate) fn assembly(&self, source: Option<&Path>, kind: BundleKind) -> AssemblySettings {
        let source = source.filter(|_| !self.no_source).map(|folder| SourceSettings {
            folder: folder.to_owned(),
            exclude: self.exclude.clone(),
            include: self.include.clone(),
            credential_files: self.own_file.iter().cloned().collect(),
        });
        AssemblySettings { source, kind, exclude_runtime: self.exclude_runtime }
    }

    /// Where a bundle or layer goes.
    pub(crate) fn publish(&self, output: OutputArgs) -> PublishSettings {
        let is_zip_name = output.output.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
        PublishSettings {
            zip: output.zip || is_zip_name,
            out: output.output,
            force: output.force,
            link_mode: self.link_mode,
            max_size: self.max_size,
            state_folders: self.state_folders.clone(),
        }
    }

    /// Fails when neither a file nor a name says what is required.
    pub(crate) fn check_something_required(&self, positional: &[String]) -> Result<(), Failure> {
        if positional.is_empty() && self.inputs.requirement_files.is_empty() {
            return Err(Failure::usage("nothing is required").hint("name a requirements file with -r, or packages"));
        }
        Ok(())
    }
}

/// The user's state folder by the platform's conventions, then a folder in the cache.
fn state_folders(host: &Host, cache_folder: Option<&Path>) -> Vec<PathBuf> {
    host.state_folder().into_iter().chain(cache_folder.map(|cache| cache.join("state-v1"))).collect()
}

fn find_config(host: &Host, general: &GeneralArgs, folder: &Path) -> Result<ConfigFile, SettingsError> {
    let named = general.config_file.clone().or_else(|| host.variable("BARROW_CONFIG_FILE").map(PathBuf::from));
    let config = match named {
        Some(path) => ConfigFile::named(&host.working_folder.join(path)).map(Some),
        None => ConfigFile::search(&parse::normalized(&host.working_folder.join(folder))),
    };
    config.map(Option::unwrap_or_default).map_err(SettingsError::Other)
}

fn refuse_unbuilt(host: &Host, unbuilt: &Unbuilt) -> Result<(), SettingsError> {
    let Unbuilt { slim, compile_bytecode, all_groups } = unbuilt;
    let given = [("--slim", *slim), ("--compile-bytecode", *compile_bytecode), ("--all-groups", *all_groups)];
    let variables = key::UNBUILT.iter().map(|name| format!("BARROW_{}", name.to_uppercase().replace('-', "_")));
    let named = given.iter().find(|(_, given)| *given).map(|(flag, _)| (*flag).to_owned());
    let named = named.or_else(|| variables.into_iter().find(|variable| host.variable(variable).is_some()));
    match named {
        Some(name) => Err(SettingsError::Other(format!("{name} is not built yet in this version of barrow"))),
        None => Ok(()),
    }
}

/// A switch that decides what is read at all, so that it cannot stand in a file.
fn switch_variable(host: &Host, name: &str) -> Result<bool, SettingsError> {
    match host.variable(name).map(parse::switch) {
        None => Ok(false),
        Some(Ok(on)) => Ok(on),
        Some(Err(reason)) => Err(SettingsError::Other(format!("invalid value of ${name}: {reason}"))),
    }
}

/// A word of a closed list; the message names them all.
pub(super) fn choice<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, true).map_err(|_| {
        let words: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|value| Some(value.to_possible_value()?.get_name().to_owned()))
            .collect();
        format!("`{text}` is none of {}", words.join(", "))
    })
}

fn read_inputs(layers: &mut Layers<'_>, input: InputArgs) -> Result<ManifestInputs, SettingsError> {
    let mut requirement_files = layers.paths("requirement", input.requirement);
    if let Some(lock) = input.lock {
        if LockKind::of(&lock).is_none() {
            let names: Vec<&str> = LockKind::ALL.into_iter().map(LockKind::file_name).collect();
            let (lock, names) = (lock.display(), names.join(", "));
            return Err(SettingsError::Other(format!("`{lock}` is not named like a lock that is known: {names}")));
        }
        requirement_files.push(lock);
    }
    let constraint_files = layers.paths("constraint", input.constraint);
    let override_files = layers.paths("override", input.overrides);
    let name = |text: &str| text.parse::<PackageName>().map_err(|error| error.to_string());
    let excluded = layers.many("exclude-package", input.exclude_package, name)?;
    Ok(ManifestInputs {
        requirement_files,
        constraint_files,
        override_files,
        excluded,
        working_folder: layers.host.working_folder.clone(),
        environment: layers.host.environment.clone(),
        ..ManifestInputs::default()
    })
}

/// Names that may be given as several flags or separated by commas.
fn name_list(layers: &mut Layers<'_>, key: &'static str, flag: &[ExtraName]) -> Result<Vec<ExtraName>, SettingsError> {
    layers.many(key, flag.to_vec(), |text| text.parse::<ExtraName>().map_err(|error| error.to_string()))
}

/// `--no-binary` and `--only-binary`, read as pip reads them: a project that one takes in leaves the other.
fn read_format_control(layers: &mut Layers<'_>, input: &InputArgs) -> Result<FormatControl, SettingsError> {
    let no_binary = layers.many("no-binary", input.no_binary.clone(), |text| Ok(text.to_owned()))?;
    let only_binary = layers.many("only-binary", input.only_binary.clone(), |text| Ok(text.to_owned()))?;
    let wrong = |key: &str, word: &str| SettingsError::Other(format!("invalid value for `{key}`: `{word}` is no name"));
    let mut control = FormatControl { no_binary: ProjectSet::None, only_binary: ProjectSet::None };
    for word in &no_binary {
        control.no_binary.extend(word, &mut control.only_binary).map_err(|word| wrong("no-binary", &word))?;
    }
    for word in &only_binary {
        control.only_binary.extend(word, &mut control.no_binary).map_err(|word| wrong("only-binary", &word))?;
    }
    Ok(control)
}

fn read_record_policy(layers: &mut Layers<'_>, wheels: WheelArgs) -> Result<RecordPolicy, SettingsError> {
    let strict = layers.switch("strict", wheels.strict)?;
    let name = |text: &str| text.parse::<PackageName>().map_err(|_| format!("`{text}` is not a valid name"));
    let accepted = layers.many("accept-record", wheels.accept_record, name)?;
    Ok(RecordPolicy { strict, accepted: accepted.into() })
}

/// Building, and the projects that may be built.
fn read_building(layers: &mut Layers<'_>, input: &InputArgs) -> Result<(BuildSettings, ProjectSet), SettingsError> {
    let words = layers.many("allow-build", input.allow_build.clone(), |text| Ok(text.to_owned()))?;
    let forbidden = layers.switch("no-build", input.no_build)?;
    let python = layers.one("build-python", input.build_python.clone(), |text| Ok(text.to_owned()))?;
    let settings = layers.many("config-settings", input.config_settings.clone(), |text| Ok(text.to_owned()))?;
    let mut allowed = ProjectSet::None;
    for word in &words {
        let wrong = |word| SettingsError::Other(format!("invalid value for `allow-build`: `{word}` is no name"));
        allowed.extend(word, &mut ProjectSet::None).map_err(wrong)?;
    }
    let pair = |text: &String| {
        let (key, value) = text.split_once('=').filter(|(key, _)| !key.is_empty())?;
        Some((key.to_owned(), value.to_owned()))
    };
    let config_settings: Option<Vec<_>> = settings.iter().map(pair).collect();
    let config_settings =
        config_settings.ok_or_else(|| SettingsError::Other("`config-settings` has the form KEY=VALUE".to_owned()))?;
    let settings = BuildSettings { forbidden, python, config_settings };
    Ok((settings, if forbidden { ProjectSet::None } else { allowed }))
}

fn read_client(
    layers: &mut Layers<'_>,
    index: crate::args::IndexArgs,
    warnings: &mut Vec<String>,
) -> Result<ClientOptions, SettingsError> {
    let defaults = ClientOptions::default();
    let host = layers.host;
    let keyring = layers.one("keyring-provider", index.keyring_provider, keyring_provider)?;
    let named_netrc = layers.path("netrc-file", index.netrc_file);
    let netrc_required = named_netrc.is_some();
    let netrc = named_netrc.or_else(|| usual_netrc(layers));
    let ca_bundle = layers.path_of_all_programs("cert", index.cert, warnings);
    let client_certificate = layers.path_of_all_programs("client-cert", index.client_cert, warnings);
    let proxy_url = |text: &str| {
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        SafeUrl::parse(&with_scheme).map_err(|error| error.to_string())
    };
    let flag = index.proxy.as_deref().map(proxy_url).transpose();
    let flag = flag.map_err(|why| SettingsError::value("proxy", &Source::Flag("proxy"), why))?;
    let proxy = layers.one("proxy", flag, proxy_url)?;
    let insecure_hosts = layers.many("allow-insecure-host", index.allow_insecure_host, |text| Ok(text.to_owned()))?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is not a whole number"));
    let timeout = layers.one("timeout", index.timeout, number)?;
    let retries = layers.one("retries", index.retries.map(u64::from), number)?;
    let concurrency = read_count(layers, "concurrent-requests", index.concurrent_requests)?;
    let timeout = timeout.map_or(defaults.timeout, |seconds| Duration::from_secs(seconds.max(1)));
    Ok(ClientOptions {
        concurrency: concurrency.unwrap_or(defaults.concurrency),
        keyring: keyring == Some(KeyringProvider::Subprocess),
        netrc,
        netrc_required,
        ca_bundle,
        client_certificate,
        proxy,
        proxy_environment: proxy_environment(layers),
        aws: Some(aws_options(host)),
        insecure_hosts,
        // Whoever has less patience than that has less for connecting too.
        connect_timeout: defaults.connect_timeout.min(timeout),
        timeout,
        retries: retries.map_or(defaults.retries, |count| u32::try_from(count).unwrap_or(u32::MAX)),
        ..defaults
    })
}

/// A number of things at the same time: at least one.
fn read_count(layers: &mut Layers<'_>, name: &'static str, flag: Option<u64>) -> Result<Option<usize>, SettingsError> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is not a whole number"));
    match layers.one(name, flag, number)? {
        Some(0) => Err(SettingsError::Other(format!("`{name}` must be at least 1"))),
        count => Ok(count.map(|count| usize::try_from(count).unwrap_or(usize::MAX))),
    }
}

/// pip has two more words, for keyring as a module of Python and for either; the program asks the same store.
fn keyring_provider(text: &str) -> Result<KeyringProvider, String> {
    match text {
        "import" | "auto" => Ok(KeyringProvider::Subprocess),
        text => choice(text),
    }
}

/// What the surroundings say about AWS; nobody is asked for it before an index of CodeArtifact needs a token.
fn aws_options(host: &Host) -> AwsOptions {
    let own = host.environment.iter().filter(|(name, _)| name.starts_with("AWS_"));
    let variables = own.map(|(name, value)| (name.clone(), Secret::new(value.clone()))).collect();
    AwsOptions { variables, home: host.home.clone(), program: Some("aws".into()) }
}

/// `$NETRC`, else `.netrc` or `_netrc` in the home folder, as pip has it.
fn usual_netrc(layers: &mut Layers<'_>) -> Option<PathBuf> {
    let host = layers.host;
    let (path, source) = if let Some(path) = host.variable("NETRC") {
        (host.absolute(&host.working_folder, path), Source::Variable("NETRC".to_owned()))
    } else {
        let home = host.home.as_ref()?;
        let path = [".netrc", "_netrc"].iter().map(|name| home.join(name)).find(|path| path.is_file())?;
        (path, Source::Default)
    };
    layers.record("netrc-file", vec![path.display().to_string()], source);
    Some(path)
}

/// The proxies of the environment, which matter where no setting names one.
fn proxy_environment(layers: &mut Layers<'_>) -> Vec<(String, Secret)> {
    let host = layers.host;
    let names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
    names
        .iter()
        .flat_map(|name| [(*name).to_owned(), name.to_lowercase()])
        .filter_map(|name| Some((host.variable(&name)?.to_owned(), name)))
        .map(|(value, name)| {
            layers.record("proxy", vec![shown_proxy(&name, &value)], Source::Variable(name.clone()));
            (name, Secret::new(value))
        })
        .collect()
}

/// A proxy variable without its password; what is no URL is not shown at all, it may hold one.
fn shown_proxy(name: &str, value: &str) -> String {
    if name.eq_ignore_ascii_case("NO_PROXY") {
        return value.to_owned();
    }
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    SafeUrl::parse(&with_scheme).map_or_else(|_| "****".to_owned(), |url| url.to_string())
}

fn read_resolution(
    layers: &mut Layers<'_>,
    resolution: &ResolutionArgs,
    no_deps: bool,
) -> Result<ResolveOptions, SettingsError> {
    let layers_now = layers.host.now.as_second();
    let (exclude_newer, _) = layers.located("exclude-newer", resolution.exclude_newer.as_slice(), |_, _, text| {
        parse_moment(text, layers_now).map(|moment| Moment { text: text.to_owned(), moment })
    })?;
    let pre = layers.switch("pre", resolution.pre)?;
    let prerelease = layers.one("prerelease", resolution.prerelease, choice::<Prerelease>)?;
    let mode = layers.one("resolution", resolution.resolution, choice::<ResolutionChoice>)?;
    let prefers = layers.one("prefer-binary", resolution.prefer_binary.then_some(true), parse::switch)?;
    let prefers_not = layers.switch("no-prefer-binary", resolution.no_prefer_binary)?;
    Ok(ResolveOptions {
        siblings: false,
        prerelease: match prerelease {
            Some(choice) => choice.into(),
            None if pre => PrereleaseMode::Allow,
            None => PrereleaseMode::default(),
        },
        resolution: mode.map_or_else(Default::default, Into::into),
        prefer_binary: resolution.prefer_binary || (prefers.unwrap_or(true) && !prefers_not),
        allow_build: ProjectSet::None,
        exclude_newer: exclude_newer.first().map(|newest| newest.moment),
        no_deps,
        preferences: Vec::new(),
    })
}

/// A point in time that is shown as the user wrote it.
struct Moment {
    text: String,
    moment: i64,
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn read_cache_folder(
    layers: &mut Layers<'_>,
    general: &GeneralArgs,
    warnings: &mut Vec<String>,
) -> Result<Option<PathBuf>, SettingsError> {
    let no_cache = layers.switch("no-cache", general.no_cache)?;
    let named = layers.path("cache-dir", general.cache_dir.clone());
    if no_cache {
        return Ok(None);
    }
    if let Some(folder) = named {
        return Ok(Some(layers.host.working_folder.join(folder)));
    }
    let usual = layers.host.cache_folder();
    match &usual {
        Some(folder) => layers.record("cache-dir", vec![folder.display().to_string()], Source::Default),
        None => {
            warnings.push("no home folder is known: using a temporary cache (set --cache-dir to keep one)".to_owned());
        }
    }
    Ok(usual)
}

/// Adds what is in effect without anyone having asked for it, and puts everything in the order of the table.
fn record_defaults(layers: &mut Layers<'_>) {
    let defaults = [
        ("index-strategy", "first-index"),
        ("keyring-provider", "disabled"),
        ("prerelease", "if-necessary"),
        ("resolution", "highest"),
        ("prefer-binary", "true"),
        ("link-mode", "auto"),
        ("timeout", "30"),
        ("retries", "3"),
        ("concurrent-requests", "50"),
        ("concurrent-downloads", "24"),
    ];
    for (name, value) in defaults {
        if layers.records.iter().all(|record| record.key != name) {
            layers.record(name, vec![value.to_owned()], Source::Default);
        }
    }
    // What is not in the table is no setting of its own, and stands last.
    let place = |record: &Record| key::KEYS.iter().position(|key| key.name == record.key);
    layers.records.sort_by_key(|record| place(record).unwrap_or(usize::MAX));
}
