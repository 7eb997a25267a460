//! Which indexes a run may ask.

use std::path::{Path, PathBuf};

use barrow::http::NamedCredentials;
use barrow::index::{IndexLocation, IndexStrategy};
use barrow::request::{IndexSettings, SaidBy, WhoSays};
use barrow::spec::SafeUrl;

use globset::Glob;

use super::config_file::ConfigIndex;
use super::layers::Layers;
use super::origin::Source;
use super::{Host, SettingsError, credentials, parse};
use crate::args::{IndexArgs, Strategy};

pub(super) fn read(
    layers: &mut Layers<'_>,
    flags: &IndexArgs,
) -> Result<(IndexSettings, Vec<NamedCredentials>), SettingsError> {
    let mut settings = IndexSettings::default();
    let (mut named, named_source) = layers.located("index", &flags.index, named_index)?;
    let extra_source;
    (settings.extra, extra_source) = layers.located("extra-index-url", &flags.extra_index_url, parse::location)?;
    let (given, given_source) = layers.located("index-url", flags.index_url.as_slice(), named_index)?;
    settings.mirror = read_mirror(layers, flags)?;
    settings.find_links = read_find_links(layers, flags, settings.mirror.is_some())?;
    settings.no_index = layers.switch("no-index", flags.no_index)?;
    // Where a mirror stands for them, or nothing does, nobody looks there.
    if settings.mirror.is_none() && !settings.no_index {
        check_folders("index", &named_source, named.iter().map(|Shown(index)| &index.url))?;
        check_folders("extra-index-url", &extra_source, &settings.extra)?;
        check_folders("index-url", &given_source, given.iter().map(|Shown(index)| &index.url))?;
    }
    let strategy = read_strategy(layers, flags)?;
    let configured_default = read_configured(layers, &mut named)?;
    settings.named = named.into_iter().map(|Shown(index)| index).collect();
    let given = given.into_iter().next().map(|Shown(index)| index);
    let is_configured = configured_default.is_some() && (given.is_none() || !is_above_file(&given_source));
    let chosen = if is_configured { configured_default } else { given };
    settings.said_by = WhoSays {
        default: if is_configured { SaidBy::Above } else { layers.said_by("index-url", flags.index_url.is_some()) },
        extra: layers.said_by("extra-index-url", !flags.extra_index_url.is_empty()),
        find_links: layers.said_by("find-links", !flags.find_links.is_empty()),
        no_index: layers.said_by("no-index", flags.no_index),
    };
    match chosen {
        Some(index) => settings.default = index,
        None => layers.record("index-url", vec![settings.default.url.to_string()], Source::Default),
    }
    settings.sources = read_sources(layers, &settings.named, &settings.default)?;
    if let Some(Strategy::UnsafeBestMatch) = strategy {
        settings.strategy = IndexStrategy::UnsafeBestMatch;
    }
    settings.refresh = layers.switch("refresh", flags.refresh)?;
    let credentials = read_credentials(layers, &settings);
    Ok((settings, credentials))
}

/// uv has a third word, for what lies between the two: whoever wants that is safe with the stricter one.
fn read_strategy(layers: &mut Layers<'_>, flags: &IndexArgs) -> Result<Option<Strategy>, SettingsError> {
    const UVS_OWN: &str = "unsafe-first-match";
    let found = layers.find("index-strategy", Vec::new()).filter(|_| flags.index_strategy.is_none());
    if let Some(found) = found
        && matches!(&found.source, Source::Variable(name) if name.starts_with("UV_"))
        && found.texts.iter().any(|text| text == UVS_OWN)
    {
        let source = found.source;
        layers.warnings.push(format!("`{UVS_OWN}` from {source} is passed over: `first-index` counts, as without it"));
        return Ok(None);
    }
    layers.one("index-strategy", flags.index_strategy, parse::choice::<Strategy>)
}

/// Adds the indexes of the settings file to those that are `named`, which stand above it; gives the one that the file
/// has as the default.
fn read_configured(layers: &mut Layers<'_>, named: &mut Vec<Shown>) -> Result<Option<IndexLocation>, SettingsError> {
    let mut default = None;
    for configured in layers.config.indexes.clone() {
        let index = configured_index(layers, &configured)?;
        let is_replaced = index.name.is_some() && named.iter().any(|Shown(other)| other.name == index.name);
        if configured.default {
            default = Some(index);
        } else if !is_replaced {
            named.push(Shown(index));
        }
    }
    Ok(default)
}

/// Whether a place stands above the settings file: a flag or a variable of our own does, what uv's and pip's say does
/// not.
fn is_above_file(source: &Source) -> bool {
    match source {
        Source::Flag(_) => true,
        Source::Variable(name) => name.starts_with("BARROW_"),
        _ => false,
    }
}

/// The credentials that variables of the environment have for the indexes.
fn read_credentials(layers: &mut Layers<'_>, settings: &IndexSettings) -> Vec<NamedCredentials> {
    let wants_bearer = |index: &IndexLocation| {
        let mut configured = layers.config.indexes.iter().filter(|configured| configured.bearer);
        index.name.is_some() && configured.any(|configured| configured.name == index.name)
    };
    let indexes = settings.named.iter().chain([&settings.default]);
    let found = indexes.filter_map(|index| credentials::from_environment(layers.host, index, wants_bearer(index)));
    let found: Vec<NamedCredentials> = found.collect();
    for credentials in &found {
        let url = credentials.url.without_credentials().to_string();
        layers.record("credentials", vec![url], Source::Variable(credentials.setting.clone()));
    }
    found
}

/// An index as `barrow config` shows it.
struct Shown(IndexLocation);

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.name {
            Some(name) => write!(f, "{name}={}", self.0.url),
            None => write!(f, "{}", self.0.url),
        }
    }
}

fn named_index(host: &Host, base: &Path, text: &str) -> Result<Shown, String> {
    let (name, url) = parse::named_index(text)?;
    Ok(Shown(IndexLocation { name, ..IndexLocation::new(parse::location(host, base, url)?) }))
}

/// A folder that the command line names as an index must be there. What stands in files and variables is for commands
/// that ask no index too, and may be there by the time that one is asked.
fn check_folders<'u>(
    setting: &'static str,
    source: &Source,
    urls: impl IntoIterator<Item = &'u SafeUrl>,
) -> Result<(), SettingsError> {
    if !matches!(source, Source::Flag(_)) {
        return Ok(());
    }
    let mut missing = urls.into_iter().filter_map(SafeUrl::to_file_path).filter(|path| !path.exists());
    missing.next().map_or(Ok(()), |path| {
        Err(SettingsError::value(setting, source, format!("`{}` does not exist", path.display())))
    })
}

fn configured_index(layers: &mut Layers<'_>, configured: &ConfigIndex) -> Result<IndexLocation, SettingsError> {
    let file = configured.file.clone().unwrap_or_else(|| layers.config.path.clone());
    let base = file.parent().unwrap_or(Path::new("")).to_owned();
    let source = Source::File { file, line: configured.line };
    let url = parse::location(layers.host, &base, &configured.url)
        .map_err(|reason| SettingsError::value("index", &source, reason))?;
    let index = IndexLocation {
        name: configured.name.clone(),
        url,
        explicit: configured.explicit,
        ignore_status: configured.ignore_status.clone(),
    };
    let shown = Shown(index);
    let ignored = configured.ignore_status.iter().map(|status| format!("ignore-status={status}"));
    let marks =
        [("explicit", configured.explicit), ("default", configured.default), ("auth=bearer", configured.bearer)];
    let marks = marks.into_iter().filter(|(_, is_on)| *is_on).map(|(mark, _)| mark.to_owned());
    layers.record("index", [shown.to_string()].into_iter().chain(marks).chain(ignored).collect(), source);
    Ok(shown.0)
}

/// Reads the place of the mirror as the URL of an index: of a server, the folder of the pages, which is `simple` unless
/// the URL names it; a folder is looked through for it. What the run makes is nothing that it could ask, where a file or
/// variable names it.
fn read_mirror(layers: &mut Layers<'_>, flags: &IndexArgs) -> Result<Option<SafeUrl>, SettingsError> {
    let (places, source) = layers.located("mirror", flags.mirror.as_slice(), parse::location)?;
    let Some(place) = places.into_iter().next() else { return Ok(None) };
    if let Some(path) = place.to_file_path() {
        let is_place = |made: &PathBuf| is_same_place(&path, &layers.host.working_folder.join(made));
        if flags.mirror.is_none() && flags.made_mirror.as_ref().is_some_and(is_place) {
            return Ok(None);
        }
        if path.is_dir() {
            return Ok(Some(place));
        }
        let reason = format!("`{}` is no folder", path.display());
        return Err(SettingsError::value("mirror", &source, reason));
    }
    if place.reveal().scheme() == "codeartifact" {
        return Err(SettingsError::value("mirror", &source, "give the https URL of the repository".to_owned()));
    }
    let has_pages = place.reveal().path().trim_end_matches('/').ends_with("/simple");
    Ok(Some(if has_pages { place.below(&[""]) } else { place.below(&["simple", ""]) }))
}

/// Whether two paths lead to one place, which need not be there yet.
fn is_same_place(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs_err::canonicalize(path).unwrap_or_else(|_| parse::normalized(path));
    real(one) == real(other)
}

/// What pip's settings name and is not there is passed over with a warning, as pip does; what the user told barrow
/// itself must be there.
fn read_find_links(
    layers: &mut Layers<'_>,
    flags: &IndexArgs,
    has_mirror: bool,
) -> Result<Vec<SafeUrl>, SettingsError> {
    let (places, source) = layers.located("find-links", &flags.find_links, parse::location)?;
    let is_pips = layers.said_by("find-links", !flags.find_links.is_empty()) == SaidBy::Pip;
    let mut found = Vec::new();
    for place in places {
        match place.to_file_path().filter(|path| !path.exists()) {
            None => found.push(place),
            // Nobody will look there.
            Some(_) if has_mirror => {}
            Some(path) if is_pips => {
                layers.warnings.push(format!("`{}` from {source} is passed over: it does not exist", path.display()));
            }
            Some(path) => {
                let reason = format!("`{}` does not exist", path.display());
                return Err(SettingsError::value("find-links", &source, reason));
            }
        }
    }
    Ok(found)
}

fn read_sources(
    layers: &mut Layers<'_>,
    named: &[IndexLocation],
    default: &IndexLocation,
) -> Result<Vec<(Glob, String)>, SettingsError> {
    let known: Vec<&str> = named.iter().chain([default]).filter_map(|index| index.name.as_deref()).collect();
    layers
        .config
        .sources
        .clone()
        .into_iter()
        .map(|source| {
            let file = source.file.unwrap_or_else(|| layers.config.path.clone());
            let place = format!("{}:{}", file.display(), source.line);
            if !known.contains(&source.index.as_str()) {
                return Err(SettingsError::Other(format!(
                    "{place}: there is no index named `{}`: [[index]] with its `name` makes one",
                    source.index
                )));
            }
            let pattern = Glob::new(&source.pattern.to_lowercase().replace(['_', '.'], "-"))
                .map_err(|error| SettingsError::Other(format!("{place}: {error}")))?;
            let shown = format!("{}={}", source.pattern, source.index);
            layers.record("sources", vec![shown], Source::File { file, line: source.line });
            Ok((pattern, source.index))
        })
        .collect()
}
