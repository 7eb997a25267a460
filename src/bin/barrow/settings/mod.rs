//! Settings of a run, merged from flags, environment and files. What they start from, the environment, the home folder,
//! the working folder and the clock, was read by `host.rs`.

mod assembly;
mod beside_lock;
mod client;
mod config_file;
mod config_reader;
mod credentials;
mod detect;
mod error;
mod glob;
mod indexes;
mod inputs;
pub(crate) mod keys;
mod layers;
mod origin;
mod parse;
mod pip_config;
mod profile;
mod shared;
mod source_table;
mod sources;
mod target;
mod tool_settings;
mod toml_values;
mod unit_tables;
mod units;
mod uv_config;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use barrow::bundle::Bytes;
use barrow::check::IgnoredFinding;
use barrow::http::NamedCredentials;
use barrow::ops;
use barrow::request::{AssemblySettings, BundleKind, LockSettings, PublishSettings, RequestOptions, SourceSettings};
use barrow::resolve::{PrereleaseMode, ResolveOptions, parse_moment};
use barrow::target::Target;

pub(crate) use config_file::ConfigFile;
pub(crate) use config_reader::{ConfigValue, WrittenIn};
pub(crate) use error::SettingsError;
pub(crate) use layers::SettingRecord;
pub(crate) use origin::Source;
pub(crate) use target::TargetSettings;
pub(crate) use toml_values::nearest;
pub(crate) use unit_tables::UnitKind;
pub(crate) use units::Unit;

use crate::args::{
    AssemblyArgs, GeneralArgs, IndexArgs, InputArgs, OutputArgs, Prerelease, ResolutionArgs, ResolutionChoice,
    SettingArgs, SourceArgs, whole_number,
};
use crate::failure::Failure;
use crate::host::Host;
use crate::key;
use assembly::AssemblyChoice;
use client::{read_client, read_count};
use inputs::{name_list, read_building, read_format_control, read_inputs, read_record_policy};
use layers::Layers;
use pip_config::PipConfig;
use sources::FileChoice;
use uv_config::UvConfig;

/// The flags of a command, as far as they are settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) settings: SettingArgs,
    pub(crate) assembly: AssemblyArgs,
    pub(crate) files: SourceArgs,
}

/// The settings of a run.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// What to resolve for.
    pub(crate) target: TargetSettings,
    /// What resolving needs; requirements on the command line are added by [`Settings::request`].
    pub(crate) options: RequestOptions,
    /// Which of the source's own files are taken; but for the folder, which the commands know.
    files: FileChoice,
    /// The settings file, unless it belongs to the project.
    own_file: Option<PathBuf>,
    pub(crate) assembly: AssemblyChoice,
    /// Where barrow remembers what it published, best first.
    pub(crate) state_folders: Vec<PathBuf>,
    no_project: bool,
    /// Locks and layers that bring what need not be bundled.
    without: Vec<PathBuf>,
    /// Names of `[[mirror.application]]`.
    pub(crate) applications: Vec<String>,
    /// What `audit` leaves out by a settings file.
    pub(crate) audit_ignore: Vec<barrow::audit::IgnoredAdvisory>,
    /// What `check` leaves out by a settings file.
    pub(crate) check_ignore: Vec<IgnoredFinding>,
    /// Every setting with its value as a text and the place that it came from.
    pub(crate) records: Vec<SettingRecord>,
    /// Warnings that are given before the run.
    pub(crate) warnings: Vec<String>,
}

impl Settings {
    /// Merges the settings of all places. `folder` is where the search for settings files starts.
    pub(crate) fn read(host: &Host, general: &GeneralArgs, flags: Flags, folder: &Path) -> Result<Self, SettingsError> {
        Self::read_with(host, general, flags, folder, find_config(host, general, folder)?)
    }

    /// Merges the settings of all places; `config` is the settings file, which was read already.
    pub(crate) fn read_with(
        host: &Host,
        general: &GeneralArgs,
        flags: Flags,
        folder: &Path,
        mut config: ConfigFile,
    ) -> Result<Self, SettingsError> {
        let applications = config.applications.iter().map(|application| application.name.clone()).collect();
        take_application(&mut config, flags.settings.input.application.as_deref());
        let folder = &parse::normalized(&host.working_folder.join(folder));
        let reads_config = !reads_no_config(host, general)?;
        let pip = reads_config.then(|| PipConfig::read(host)).transpose().map_err(SettingsError::Other)?;
        let uv = UvConfig::read(host, &folders_of(host, folder, &flags.settings.input.requirement), reads_config)?;
        let pip = pip.unwrap_or_default();
        let mut layers = Layers { host, config, uv, pip, records: Vec::new(), warnings: Vec::new() };
        if let Some(beside) = &layers.config.passed_over {
            layers.warnings.push(format!(
                "[tool.barrow] of `{}` is passed over: `{}` lies beside it, and of both that one counts",
                beside.display(),
                layers.config.path.display()
            ));
        }
        let now = u64::try_from(host.now.as_second()).unwrap_or(0);
        let mut options = RequestOptions::new(&host.working_folder, &host.temporary_folder, now);

        let SettingArgs { target, input, index, resolution, wheels, shared } = flags.settings;
        let named: Vec<PathBuf> = input.requirement.iter().chain(&input.lock).cloned().collect();
        let target = target::read(&mut layers, target, folder, &named)?;
        let no_project = layers.switch("no-project", input.no_project)?;
        let without = layers.paths("without", input.without.clone());
        read_required(&mut layers, &mut options, input, &resolution)?;
        read_indexes(&mut layers, &mut options, index, general.offline)?;
        let files = sources::read(&mut layers, flags.files)?;
        let assembly = assembly::read(&mut layers, flags.assembly)?;
        read_limits(&mut layers, &mut options, &resolution)?;
        options.record = read_record_policy(&mut layers, wheels)?;
        options.shared = shared::read(&mut layers, shared)?;
        options.cache_folder = read_cache_folder(&mut layers, general)?;
        let state_folders = state_folders(host, options.cache_folder.as_deref());
        record_defaults(&mut layers);

        let Layers { config, records, warnings, .. } = layers;
        let is_own = |path: &PathBuf| path.file_name().is_some_and(|name| name != "pyproject.toml");
        Ok(Self {
            target,
            options,
            files,
            own_file: Some(config.path).filter(is_own),
            assembly,
            state_folders,
            no_project,
            without,
            applications,
            audit_ignore: config.audit_ignore,
            check_ignore: config.check_ignore,
            records,
            warnings,
        })
    }

    /// The part of the settings that resolving needs, with requirements of the command line added.
    pub(crate) fn request(&self, positional: Vec<String>) -> RequestOptions {
        let mut request = self.options.clone();
        request.inputs.positional = positional;
        request
    }

    /// Options of a request that requires nothing: for asking the indexes of the settings about projects that are known
    /// already.
    pub(crate) fn request_for_nothing(&self) -> RequestOptions {
        let mut request = self.request(Vec::new());
        request.inputs.requirement_files.clear();
        request.inputs.constraint_files.clear();
        request.inputs.override_files.clear();
        request.lock = LockSettings::default();
        request
    }
}

impl Settings {
    /// Options of the request for `target`: where locks and layers bring some of what is required, all else agrees with
    /// them.
    pub(crate) fn request_for(&self, positional: Vec<String>, target: &Target) -> Result<RequestOptions, Failure> {
        let mut request = self.request(positional);
        request.inputs.brought = ops::brought(&self.without, target, &request)?;
        Ok(request)
    }

    /// The same, for several targets.
    pub(crate) fn request_for_all(
        &self,
        positional: Vec<String>,
        targets: &[Target],
    ) -> Result<RequestOptions, Failure> {
        let mut request = self.request(positional);
        request.inputs.brought = ops::brought_to_all(&self.without, targets, &request)?;
        Ok(request)
    }

    /// Whether somebody has said what the target is.
    pub(crate) fn states_target(&self) -> bool {
        let words = ["runtime", "python-version", "glibc"];
        self.records.iter().any(|record| words.contains(&record.key) && record.source != Source::Default)
    }

    /// Locks and layers that bring what is left out.
    pub(crate) fn without(&self) -> &[PathBuf] {
        &self.without
    }

    /// What is made of the dependencies, with the own files of the function in `source` unless the user wants none.
    fn assembly_of(&self, source: Option<&Path>, kind: BundleKind) -> AssemblySettings {
        let mut files = SourceSettings::default();
        files.folder = source.map(Path::to_owned);
        files.further.clone_from(&self.files.further);
        files.exclude.clone_from(&self.assembly.exclude);
        files.include.clone_from(&self.files.include);
        (files.gitignore, files.follow_links) = (self.files.gitignore, self.files.follow_links);
        files.credential_files = self.own_file.iter().cloned().collect();
        files.written_files = self.assembly.sboms.iter().filter_map(|sbom| sbom.file.clone()).collect();
        let has_source = !self.files.no_source && kind != BundleKind::Packages && files.folders().next().is_some();
        let mut assembly = AssemblySettings::new(kind);
        assembly.source = has_source.then_some(files);
        assembly.split = Some(self.assembly.split).filter(|layers| *layers > 0 && kind == BundleKind::Layer);
        assembly.exclude_runtime = self.assembly.exclude_runtime;
        assembly.selection = self.assembly.selection.clone();
        assembly.deny_licenses.clone_from(&self.assembly.deny_licenses);
        assembly
    }

    /// What is made of the dependencies for `target`, with the Python that compiles for it where bytecode is wanted.
    pub(crate) fn assembly_for(
        &self,
        source: Option<&Path>,
        kind: BundleKind,
        target: &Target,
    ) -> Result<AssemblySettings, Failure> {
        let mut assembly = self.assembly_of(source, kind);
        // Where packages lie beside others, bytecode could outlive its source, with which Python would not compare it.
        if self.assembly.compile_bytecode && kind != BundleKind::Packages {
            if assembly.split.is_some() {
                return Err(Failure::usage(
                    "`--split` plans layers by the sizes of wheels, so it cannot go with `--compile-bytecode`",
                )
                .hint("leave one of them out"));
            }
            assembly.bytecode = Some(ops::find_compiler(&self.request(Vec::new()), target)?);
        }
        Ok(assembly)
    }

    /// Takes no further sources but those that the command line names; gives whether it names any.
    pub(crate) fn take_named_sources(&mut self) -> bool {
        if !self.files.are_named {
            self.files.further.clear();
        }
        self.files.are_named
    }

    /// Where a bundle or layer goes.
    pub(crate) fn publish(&self, output: OutputArgs) -> PublishSettings {
        let mut publish = PublishSettings::new(output.output.unwrap_or_default(), self.state_folders.clone());
        publish.zip |= output.zip;
        publish.force = output.force;
        publish.link_mode = self.assembly.link_mode;
        publish.max_size = self.assembly.max_size;
        publish
    }

    /// Fails when neither a file nor a name says what is required.
    pub(crate) fn check_something_required(&self, positional: &[String]) -> Result<(), Failure> {
        if positional.is_empty() && self.options.inputs.requirement_files.is_empty() {
            return Err(Failure::usage("nothing is required").hint("name a requirements file with -r, or packages"));
        }
        Ok(())
    }
}

/// The folders of the project that settings of its tools are for: those of the files that are named, else the source.
fn folders_of(host: &Host, folder: &Path, files: &[PathBuf]) -> Vec<PathBuf> {
    if files.is_empty() {
        return vec![folder.to_owned()];
    }
    let of_file = |file: &PathBuf| Some(parse::normalized(&host.working_folder.join(file)).parent()?.to_owned());
    files.iter().filter_map(of_file).collect()
}

/// The user's state folder by the platform's conventions, then a folder in the cache.
fn state_folders(host: &Host, cache_folder: Option<&Path>) -> Vec<PathBuf> {
    host.state_folder().into_iter().chain(cache_folder.map(|cache| cache.join("state-v1"))).collect()
}

/// Whether the run was told to read no settings files: by the flag or by its variable, because no file could say it.
pub(crate) fn reads_no_config(host: &Host, general: &GeneralArgs) -> Result<bool, SettingsError> {
    const NAME: &str = "BARROW_NO_CONFIG";
    match host.variable(NAME).map(parse::switch) {
        _ if general.no_config => Ok(true),
        None => Ok(false),
        Some(on) => on.map_err(|reason| SettingsError::Other(format!("invalid value of ${NAME}: {reason}"))),
    }
}

/// The settings file of a run: the one that was named, else the nearest upwards of `folder`; none where none is to be
/// read.
pub(crate) fn find_config(host: &Host, general: &GeneralArgs, folder: &Path) -> Result<ConfigFile, SettingsError> {
    if reads_no_config(host, general)? {
        return Ok(ConfigFile::default());
    }
    let named = general.config_file.clone().or_else(|| host.variable("BARROW_CONFIG_FILE").map(PathBuf::from));
    let config = match named {
        Some(path) => ConfigFile::named(&host.working_folder.join(path)).map(Some),
        None => ConfigFile::search(&parse::normalized(&host.working_folder.join(folder))),
    };
    config.map(Option::unwrap_or_default).map_err(SettingsError::Other)
}

/// The units of a file with the settings of their own folders: those in the folder of a unit, and in folders between it
/// and the file. None are looked for where a file was named, or none is to be read.
pub(crate) fn units_of(host: &Host, general: &GeneralArgs, config: &ConfigFile) -> Result<Vec<Unit>, SettingsError> {
    let mut units = config.units().map_err(SettingsError::Other)?;
    let is_named = general.config_file.is_some() || host.variable("BARROW_CONFIG_FILE").is_some();
    if is_named || reads_no_config(host, general)? {
        return Ok(units);
    }
    let absolute = |path: &Path| parse::normalized(&host.working_folder.join(path));
    let top = absolute(config.path.parent().unwrap_or(Path::new("")));
    for unit in &mut units {
        let Some(source) = unit.source.as_deref().map(absolute) else { continue };
        // Above a folder that lies elsewhere are settings of others.
        let is_within = source.starts_with(&top);
        let mut folders =
            source.ancestors().take_while(|folder| if is_within { *folder != top } else { *folder == source });
        let own = folders.find_map(|folder| ConfigFile::of_folder(folder).transpose());
        if let Some(own) = own.transpose().map_err(SettingsError::Other)? {
            unit.take_own(own);
        }
    }
    Ok(units)
}

/// Adds the settings of the `[[mirror.application]]` that was named.
fn take_application(config: &mut ConfigFile, name: Option<&str>) {
    let named = config.applications.iter().find(|application| Some(application.name.as_str()) == name);
    let values = named.map(|application| application.values.clone()).unwrap_or_default();
    config.values.extend(values);
}

/// What is required, and how it is chosen and built.
fn read_required(
    layers: &mut Layers<'_>,
    options: &mut RequestOptions,
    input: InputArgs,
    resolution: &ResolutionArgs,
) -> Result<(), SettingsError> {
    let no_deps = layers.switch("no-deps", input.no_deps)?;
    options.require_hashes = layers.switch("require-hashes", input.require_hashes)?;
    options.format_control = read_format_control(layers, &input)?;
    options.extras = name_list(layers, "extra", &input.extra)?;
    options.groups = name_list(layers, "group", &input.group)?;
    options.lock.all_extras = layers.switch("all-extras", input.all_extras)?;
    options.lock.only_groups = name_list(layers, "only-group", &input.only_group)?;
    options.lock.frozen = layers.switch("frozen", input.frozen)?;
    let (build, allow_build) = read_building(layers, &input)?;
    options.build = build;
    options.inputs = read_inputs(layers, input)?;
    options.resolve = read_resolution(layers, resolution, no_deps)?;
    options.resolve.allow_build = allow_build;
    Ok(())
}

/// Which indexes are asked, and how.
fn read_indexes(
    layers: &mut Layers<'_>,
    options: &mut RequestOptions,
    index: IndexArgs,
    offline: bool,
) -> Result<(), SettingsError> {
    let (indexes, credentials) = indexes::read(layers, &index)?;
    if let Some(count) = read_count(layers, "concurrent-downloads", index.concurrent_downloads)? {
        options.concurrent_downloads = count;
    }
    let mut client = read_client(layers, index)?;
    client.credentials = credentials;
    let named = indexes.named.iter().chain([&indexes.default]);
    let variables = named.filter_map(|index| {
        Some((index.url.without_credentials(), NamedCredentials::variables_of(index.name.as_deref()?)))
    });
    client.variables = variables.collect();
    client.only.clone_from(&indexes.mirror);
    client.offline = layers.switch("offline", offline)?;
    (options.indexes, options.client) = (indexes, client);
    Ok(())
}

/// How much an archive may hold.
fn read_limits(
    layers: &mut Layers<'_>,
    options: &mut RequestOptions,
    resolution: &ResolutionArgs,
) -> Result<(), SettingsError> {
    if let Some(Bytes(most)) = layers.one("max-unpacked-size", resolution.max_unpacked_size, parse::size)? {
        options.limits.unpacked_size = most;
    }
    if let Some(most) = layers.one("max-ratio", resolution.max_ratio, whole_number)? {
        options.limits.ratio = most;
    }
    Ok(())
}

fn read_resolution(
    layers: &mut Layers<'_>,
    resolution: &ResolutionArgs,
    no_deps: bool,
) -> Result<ResolveOptions, SettingsError> {
    let layers_now = layers.host.now.as_second();
    let (exclude_newer, _) = layers.located("exclude-newer", resolution.exclude_newer.as_slice(), |_, _, text| {
        parse_moment(text, layers_now).map(|moment| ShownMoment { text: text.to_owned(), moment })
    })?;
    let pre = layers.switch("pre", resolution.pre)?;
    let prerelease = layers.one("prerelease", resolution.prerelease, parse::choice::<Prerelease>)?;
    let mode = layers.one("resolution", resolution.resolution, parse::choice::<ResolutionChoice>)?;
    let prefers = layers.one("prefer-binary", resolution.prefer_binary.then_some(true), parse::switch)?;
    let prefers_not = layers.switch("no-prefer-binary", resolution.no_prefer_binary)?;
    let mut options = ResolveOptions::default();
    options.prerelease = match prerelease {
        Some(choice) => choice.into(),
        None if pre => PrereleaseMode::Allow,
        None => PrereleaseMode::default(),
    };
    options.resolution = mode.map_or_else(Default::default, Into::into);
    options.prefer_binary = resolution.prefer_binary || (prefers.unwrap_or(true) && !prefers_not);
    options.exclude_newer = exclude_newer.first().map(|newest| newest.moment);
    options.no_deps = no_deps;
    Ok(options)
}

/// A point in time that is shown as the user wrote it.
struct ShownMoment {
    text: String,
    moment: i64,
}

impl std::fmt::Display for ShownMoment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn read_cache_folder(layers: &mut Layers<'_>, general: &GeneralArgs) -> Result<Option<PathBuf>, SettingsError> {
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
            layers
                .warnings
                .push("no home folder is known: using a temporary cache (set --cache-dir to keep one)".to_owned());
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
    in_order(&mut layers.records);
}

/// Puts settings in the order of the table. What is not in it is no setting of its own, and stands last.
fn in_order(records: &mut [SettingRecord]) {
    let place = |record: &SettingRecord| key::KEYS.iter().position(|key| key.name == record.key);
    records.sort_by_key(|record| place(record).unwrap_or(usize::MAX));
}
