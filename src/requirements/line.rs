//! Taking one logical line apart: the requirement, and the options beside or instead of it.

use std::path::Path;
use std::str::FromStr;

use super::direct::{
    Folders, LocatedPath, Reference, is_archive, is_of_conda, is_short_git, is_ssh_address, is_url, is_wheel,
    path_reference, reference, relative_reference, scheme,
};
use super::option_line::{OptionName, OptionUse, Options, options_start, parse_options};
use super::problem::hide_all;
use super::{DirectReference, Origin, RequirementEntry};
use crate::spec::{
    DependencyParts, ExtraName, HashDigest, MarkerTree, PackageName, Requirement, SyntaxError, VersionOrUrl,
    parse_dependency, parse_extras_list, parse_marker, push_new,
};

/// Where a line stands: what may be said differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineContext {
    /// A requirements or overrides file.
    File,
    /// A constraints file: neither extras nor `-e`.
    Constraint,
    /// The command line: no options.
    CommandLine,
}

/// What a line says.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Its requirement.
    pub(super) requirement: Option<LineRequirement>,
    /// Its options.
    pub(super) options: Options,
    /// What pip ignores, and so does barrow.
    pub(super) warnings: Vec<String>,
}

/// A requirement, before it is known where it stands.
#[derive(Clone, Debug)]
pub(super) struct LineRequirement {
    pub(super) requirement: Requirement,
    text: String,
    direct: Option<DirectReference>,
    hashes: Vec<HashDigest>,
    config_settings: Vec<(String, String)>,
    /// Its name stands in what it leads to, which has to be fetched for that.
    pub(super) is_unnamed: bool,
}

/// Stands for the name of a project that is not known yet.
const UNNAMED: &str = "unnamed";

impl LineRequirement {
    /// A requirement that no line gave; `text` is what messages show.
    pub(super) fn new(requirement: Requirement, text: String) -> Self {
        let (hashes, config_settings) = (Vec::new(), Vec::new());
        Self { requirement, text, direct: None, hashes, config_settings, is_unnamed: false }
    }

    /// Puts a place where the versions were. A requirement that names a place itself keeps its own.
    pub(super) fn tie_to(&mut self, reference: &Reference) {
        if self.direct.is_none() {
            self.requirement.version_or_url = Some(VersionOrUrl::Url(reference.url.clone()));
            self.direct = Some(reference.direct.clone());
            self.hashes.extend(reference.hashes.iter().cloned());
        }
    }

    pub(super) fn is_editable(&self) -> bool {
        self.direct.as_ref().is_some_and(DirectReference::is_editable)
    }

    /// The entry; what is `hidden` is taken out of its text, and so are credentials.
    pub(super) fn into_entry(self, origin: Origin, hidden: &[(String, String)]) -> RequirementEntry {
        RequirementEntry {
            is_alone: false,
            requirement: self.requirement,
            text: hide_all(&self.text, hidden),
            hashes: self.hashes,
            config_settings: self.config_settings,
            direct: self.direct,
            origin,
        }
    }
}

/// Reads a line that is not empty.
pub(super) fn read_line(text: &str, folders: &Folders, place: LineContext) -> Result<Line, SyntaxError> {
    let start = if place == LineContext::CommandLine { text.len() } else { options_start(text) };
    let (requirement_text, option_text) = text.split_at(start);
    let options = parse_options(option_text).map_err(|error| with_command_hint(error.shifted(start), text))?;
    let options = shifted(options, start);
    let mut warnings = Vec::new();
    if !requirement_text.trim().is_empty() {
        refuse_stray(&options, text)?;
        if let Some(option) = options.uses.iter().find(|option| names_requirements(option.name)) {
            return Err(option
                .wrong("this option stands beside a requirement")
                .hint(format!("pip would ignore it; put `{}` on a line of its own", option.name.long())));
        }
        warn_ignored(&options, &mut warnings, &[OptionName::Hash, OptionName::ConfigSettings], "beside a requirement");
        let read = read_requirement(requirement_text, folders, place, &mut warnings);
        let mut found = read.map_err(|error| with_command_hint(error, text))?;
        add_options(&mut found, &options)?;
        return Ok(Line { requirement: Some(found), options, warnings });
    }
    let mut names = options.uses.iter().filter(|option| names_requirements(option.name));
    let first = names.next();
    if let (Some(first), Some(second)) = (first, names.next()) {
        return Err(second
            .wrong("a second option of this kind stands on the line")
            .hint(format!("pip would read `{}` alone; give each a line of its own", first.name.long())));
    }
    if let Some(option) = first.filter(|option| option.name == OptionName::Editable).cloned() {
        let found = read_editable(text, &option, &options, folders, place, &mut warnings)?;
        return Ok(Line { requirement: Some(found), options, warnings });
    }
    refuse_stray(&options, text)?;
    if let Some(option) = first {
        warn_ignored(&options, &mut warnings, &[option.name], "beside a file name");
        return Ok(Line { requirement: None, options, warnings });
    }
    for option in options.of(OptionName::Hash).chain(options.of(OptionName::ConfigSettings)) {
        warnings.push(format!("`{}` without a requirement says nothing", option.name.long()));
    }
    for option in options.of(OptionName::Hash) {
        parse_hash(option)?;
    }
    Ok(Line { requirement: None, options, warnings })
}

fn shifted(mut options: Options, by: usize) -> Options {
    for option in &mut options.uses {
        option.at += by;
        option.end += by;
        option.value_at += by;
    }
    for word in &mut options.stray {
        word.at += by;
        word.end += by;
    }
    options
}

fn names_requirements(name: OptionName) -> bool {
    matches!(name, OptionName::Requirement | OptionName::Constraint | OptionName::Editable)
}

/// pip drops words that belong to no option. A requirement among them would be lost without a word.
fn refuse_stray(options: &Options, text: &str) -> Result<(), SyntaxError> {
    let Some(word) = options.stray.first() else { return Ok(()) };
    let error = SyntaxError::new(word.at, word.end - word.at, format!("`{}` belongs to no option", word.text));
    Err(if text.starts_with("- ") {
        error.hint("one requirement stands on a line, without a dash before it")
    } else {
        error.hint("pip would ignore it; a requirement stands on a line of its own, options behind it")
    })
}

fn warn_ignored(options: &Options, warnings: &mut Vec<String>, heeded: &[OptionName], place: &str) {
    /// Options that count for the whole run, wherever they stand.
    const GLOBAL: [OptionName; 4] =
        [OptionName::NoBinary, OptionName::OnlyBinary, OptionName::AllReleases, OptionName::OnlyFinal];
    for option in &options.uses {
        if !heeded.contains(&option.name) && !GLOBAL.contains(&option.name) {
            warnings.push(format!("`{}` {place} is ignored, as pip does", option.name.long()));
        }
    }
}

fn add_options(found: &mut LineRequirement, options: &Options) -> Result<(), SyntaxError> {
    for option in options.of(OptionName::Hash) {
        let hash = parse_hash(option)?;
        push_new(&mut found.hashes, hash);
    }
    for option in options.of(OptionName::ConfigSettings) {
        found.config_settings.push(parse_setting(option)?);
    }
    Ok(())
}

fn parse_hash(option: &OptionUse) -> Result<HashDigest, SyntaxError> {
    HashDigest::from_str(&option.value)
        .map_err(|error| option.wrong_value(error.to_string()).expected("`sha256:` and 64 hexadecimal digits"))
}

fn parse_setting(option: &OptionUse) -> Result<(String, String), SyntaxError> {
    match option.value.split_once('=') {
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err(option.wrong_value("a setting is a key and a value").expected("`KEY=VALUE`")),
    }
}

/// Adds a hint where somebody has pasted a whole command into a file.
fn with_command_hint(error: SyntaxError, text: &str) -> SyntaxError {
    let words: Vec<&str> = text.trim_start_matches(['$', '>', '!', '%', ' ']).split_whitespace().take(4).collect();
    let is_pip = |word: &str| word == "pip" || (word.starts_with("pip3") && word.len() < 8);
    let command = match words.as_slice() {
        [pip, "install", ..] if is_pip(pip) => Some("pip install"),
        ["uv", "pip", "install", ..] => Some("uv pip install"),
        ["uv", "add", ..] => Some("uv add"),
        ["poetry" | "pipenv" | "pdm" | "rye", "add" | "install", ..] => Some(words[0]),
        [python, "-m", pip, ..] if python.starts_with("py") && is_pip(pip) => Some("python -m pip install"),
        ["conda" | "mamba", "install", ..] => Some("conda install"),
        ["sudo", ..] => Some("sudo"),
        _ => None,
    };
    match command {
        None => error,
        Some(command) => SyntaxError {
            expected: Some("a requirement".to_owned()),
            hint: Some(format!("this line is a command; remove `{command}` and write one requirement on each line")),
            ..error
        },
    }
}

/// Reads a dependency specifier as it stands in metadata: a project name first, no paths in its place.
pub(super) fn read_specifier(
    text: &str,
    folders: &Folders,
    warnings: &mut Vec<String>,
) -> Result<LineRequirement, SyntaxError> {
    let parts = parse_dependency(text)?;
    let marker = parts.marker.clone();
    read_named(text, parts, false, folders)?.into_found(marker, text.trim(), warnings)
}

/// Reads what stands before the options: a requirement, a URL or a path, with extras and marker.
fn read_requirement(
    text: &str,
    folders: &Folders,
    place: LineContext,
    warnings: &mut Vec<String>,
) -> Result<LineRequirement, SyntaxError> {
    // In a URL a semicolon is an ordinary character unless a blank follows it.
    let separator = if is_url(text.trim_start()) { "; " } else { ";" };
    let (subject, marker) = match text.find(separator) {
        None => (text, MarkerTree::TRUE),
        Some(at) => {
            let rest = &text[at + separator.len()..];
            let marker = if rest.trim().is_empty() {
                MarkerTree::TRUE
            } else {
                parse_marker(rest).map_err(|error| error.shifted(at + separator.len()))?
            };
            (&text[..at], marker)
        }
    };
    let offset = subject.len() - subject.trim_start().len();
    let subject = subject.trim();
    let parts = read_subject(subject, folders).map_err(|error| error.shifted(offset))?;
    let found = parts.into_found(marker, text.trim(), warnings).map_err(|error| error.shifted(offset))?;
    if place == LineContext::Constraint && !found.requirement.extras.is_empty() {
        let at = offset + subject.find('[').unwrap_or(0);
        let length = subject.find(']').map_or(0, |end| (end + 1 + offset).saturating_sub(at));
        return Err(SyntaxError::new(at, length, "a constraint cannot have extras")
            .hint("a constraint limits versions and adds nothing; name the extra in a requirement"));
    }
    Ok(found)
}

/// A requirement without its marker.
struct Subject {
    text_length: usize,
    name: Option<PackageName>,
    extras: Vec<ExtraName>,
    version_or_url: Option<VersionOrUrl<crate::spec::SafeUrl>>,
    reference: Option<Reference>,
}

impl Subject {
    fn of_reference(text: &str, name: Option<PackageName>, extras: Vec<ExtraName>, reference: Reference) -> Self {
        let name = name.or_else(|| reference.name.clone());
        let version_or_url = Some(VersionOrUrl::Url(reference.url.clone()));
        Self { text_length: text.len(), name, extras, version_or_url, reference: Some(reference) }
    }

    fn into_found(
        self,
        marker: MarkerTree,
        text: &str,
        warnings: &mut Vec<String>,
    ) -> Result<LineRequirement, SyntaxError> {
        let can_be_looked_at = self.reference.as_ref().is_some_and(|reference| match &reference.direct {
            DirectReference::Git { .. } => true,
            DirectReference::Sdist { url, .. } => is_archive(&url.file_name().unwrap_or_default()),
            DirectReference::Wheel { .. } | DirectReference::Folder { .. } => false,
        });
        let is_unnamed = self.name.is_none();
        let Some(name) = self.name.or_else(|| PackageName::from_str(UNNAMED).ok().filter(|_| can_be_looked_at)) else {
            return Err(SyntaxError::new(0, self.text_length, "the name of the project is not known")
                .expected("`name @ URL`")
                .hint("put the name before it: `name @ https://…` or `name @ file:///…`"));
        };
        let (direct, hashes) = match self.reference {
            None => (None, Vec::new()),
            Some(reference) => {
                warnings.extend(reference.warnings);
                (Some(reference.direct), reference.hashes)
            }
        };
        let requirement =
            Requirement { name, extras: self.extras, version_or_url: self.version_or_url, marker, origin: None };
        let (text, config_settings) = (text.to_owned(), Vec::new());
        Ok(LineRequirement { requirement, text, direct, hashes, config_settings, is_unnamed })
    }
}

fn read_subject(subject: &str, folders: &Folders) -> Result<Subject, SyntaxError> {
    if subject.is_empty() {
        return Err(SyntaxError::new(0, 0, "there is no requirement before the marker").expected("a project name"));
    }
    let whole = |why: String| SyntaxError::new(0, subject.len(), why);
    if is_short_git(subject) {
        return Err(of_short_git(subject, 0));
    }
    if is_url(subject) {
        let (url, extras) = url_extras(subject)?;
        if let Some(blank) = url.find([' ', '\t']) {
            return Err(SyntaxError::new(blank, 0, "nothing but a marker follows a URL")
                .expected("` ; ` and a marker, or the end"));
        }
        let found = reference(url, false, folders).map_err(whole)?;
        return Ok(Subject::of_reference(subject, None, extras, found));
    }
    let (path, extras_text) = split_extras(subject);
    if looks_like_path(subject) || is_archive(path) {
        let LocatedPath { path: absolute, note } = folders.resolve(path).map_err(whole)?;
        let before_at = subject.split_once('@').map(|(before, _)| before);
        let named = before_at.is_some_and(|before| !looks_like_path(before));
        if (looks_like_path(subject) && absolute.is_dir()) || (is_archive(path) && (absolute.is_file() || !named)) {
            let extras = extras_text.map_or(Ok(Vec::new()), |(at, text)| {
                parse_extras_list(&text.to_lowercase()).map_err(|error| error.shifted(at))
            })?;
            refuse_without_project(&absolute, path).map_err(whole)?;
            let mut found = path_reference(&absolute, false).map_err(whole)?;
            found.warnings.extend(note);
            return Ok(Subject::of_reference(subject, None, extras, found));
        }
    }
    let parts = parse_dependency(subject).map_err(|error| with_path_hint(error, subject, folders))?;
    read_named(subject, parts, false, folders)
}

/// `name[extra] @ URL`, `name @ path` and everything with versions.
fn read_named(
    subject: &str,
    parts: DependencyParts,
    editable: bool,
    folders: &Folders,
) -> Result<Subject, SyntaxError> {
    let DependencyParts { name, extras, specifiers, url, .. } = parts;
    let Some((at, url)) = url else {
        let version_or_url = (!specifiers.is_empty()).then_some(VersionOrUrl::VersionSpecifier(specifiers));
        return Ok(Subject { text_length: subject.len(), name: Some(name), extras, version_or_url, reference: None });
    };
    let wrong = |why: String| SyntaxError::new(at, url.len(), why);
    if is_ssh_address(url.strip_prefix("git+").unwrap_or(&url)) {
        return Err(of_short_git(&url, at));
    }
    let found = match scheme(&url) {
        Some(_) => reference(&url, editable, folders),
        None if looks_like_path(&url) || is_archive(&url) => relative_reference(&url, editable, folders),
        None => {
            let error = SyntaxError::new(at, url.len(), "this is neither a URL nor a path")
                .expected("`https://…`, `file://…` or a path");
            let is_version = url.starts_with(|c: char| c.is_ascii_digit());
            return Err(match url.as_str() {
                "latest" => error.hint(format!("write `{name}` alone: the newest version that fits is taken")),
                _ if is_version => error.hint(format!("write `{name}=={url}`")),
                _ => error,
            });
        }
    }
    .map_err(wrong)?;
    if found.direct.local_path().is_some_and(|path| is_of_conda(&path)) {
        return Err(wrong(format!(
            "this path is of the machine that built conda's package of `{name}`: \
             it was written by `pip freeze` in an environment of conda"
        ))
        .hint(format!("write `{name}==VERSION`; `pip list --format=freeze` there writes all lines like that")));
    }
    if let (DirectReference::Wheel { .. }, Some(inside)) = (&found.direct, &found.name)
        && *inside != name
    {
        return Err(wrong(format!("this wheel is of the project `{inside}`, not of `{name}`")));
    }
    Ok(Subject::of_reference(subject, Some(name), extras, found))
}

/// A folder is a project when a build could start in it.
fn refuse_without_project(path: &Path, shown: &str) -> Result<(), String> {
    if path.is_dir() && !path.join("pyproject.toml").is_file() && !path.join("setup.py").is_file() {
        return Err(without_project(shown, path));
    }
    Ok(())
}

/// The message that a folder is no project, with the path as it was written and the absolute path.
pub(super) fn without_project(shown: &str, path: &Path) -> String {
    let place = path.display().to_string();
    let place = if place == shown { String::new() } else { format!(" (`{place}`)") };
    format!("`{shown}`{place} is a folder without `pyproject.toml` or `setup.py`")
}

/// Extras at the end of a path: the brackets and where they start.
fn split_extras(text: &str) -> (&str, Option<(usize, &str)>) {
    let Some(inside) = text.strip_suffix(']') else { return (text, None) };
    match inside.rfind(['[', ']']) {
        Some(at) if at > 0 && inside[at..].starts_with('[') && at + 1 < inside.len() => {
            (text[..at].trim_end(), Some((at, &text[at..])))
        }
        _ => (text, None),
    }
}

/// Extras behind the URL of a wheel, where no URL can have brackets of its own.
fn url_extras(text: &str) -> Result<(&str, Vec<ExtraName>), SyntaxError> {
    match split_extras(text) {
        (url, Some((at, extras))) if is_wheel(url) => {
            Ok((url, parse_extras_list(extras).map_err(|error| error.shifted(at))?))
        }
        _ => Ok((text, Vec::new())),
    }
}

fn looks_like_path(text: &str) -> bool {
    text.contains(std::path::MAIN_SEPARATOR) || text.contains('/') || text.starts_with('.')
}

fn with_path_hint(error: SyntaxError, subject: &str, folders: &Folders) -> SyntaxError {
    if subject.contains('\\') && error.hint.is_none() {
        return error.hint("in a path `/` stands between folders, and never `\\`");
    }
    if !looks_like_path(subject) || error.hint.is_some() && !subject.starts_with(['.', '/']) {
        return error;
    }
    if subject.contains("://") {
        return error.hint("this looks like a URL; put `name @ ` before it, and no blank inside");
    }
    if folders.resolve(subject).is_ok_and(|found| found.path.is_file()) {
        return error.hint(format!("this is a file; if it holds requirements, write `-r {subject}`"));
    }
    if subject.starts_with(['.', '/']) {
        return SyntaxError::new(0, subject.len(), format!("there is no file or folder `{subject}`"));
    }
    error.hint("if this is a path, nothing is there")
}

/// The error for the short form of SSH, which looks like the URL of a repository and which only Git's own commands
/// take.
fn of_short_git(text: &str, at: usize) -> SyntaxError {
    SyntaxError::new(at, text.len(), "this is the short form of SSH addresses, and no URL")
        .hint("write `git+ssh://` in front, and `/` instead of `:` after the host")
}

/// `-e`, whose value is a folder or a `git+` URL. A marker may follow, in quotes with it or not.
fn read_editable(
    text: &str,
    option: &OptionUse,
    options: &Options,
    folders: &Folders,
    place: LineContext,
    warnings: &mut Vec<String>,
) -> Result<LineRequirement, SyntaxError> {
    if place == LineContext::Constraint {
        let error = option.wrong("a constraint cannot be editable");
        return Err(error.hint("remove `-e`, or move the line to a requirements file"));
    }
    warn_ignored(
        options,
        warnings,
        &[OptionName::Editable, OptionName::ConfigSettings],
        "beside an editable requirement",
    );
    let whole = |error: SyntaxError| option.wrong_value(error.message);
    let placed = |error: SyntaxError| SyntaxError { at: option.value_at, length: option.value_length(), ..error };
    let Some((value, outer_marker)) = marker_behind(text, option.value.trim(), options)? else {
        return refuse_stray(options, text).and(Err(option.wrong("words stand behind it")));
    };
    let mut found = match parse_dependency(value) {
        Ok(parts) if parts.url.is_some() => {
            let marker = parts.marker.clone();
            let subject = read_named(value, parts, true, folders).map_err(whole)?;
            subject.into_found(marker, value, warnings).map_err(whole)?
        }
        _ => {
            let (value, marker) = match value.split_once("; ").or_else(|| value.split_once(" ;")) {
                Some((value, marker)) => (value.trim(), parse_marker(marker).map_err(whole)?),
                None => (value, MarkerTree::TRUE),
            };
            let subject = editable_subject(value, folders).map_err(placed)?;
            subject.into_found(marker, value, warnings).map_err(placed)?
        }
    };
    found.requirement.marker.and(outer_marker);
    found.text = format!("-e {}", option.value);
    for option in options.of(OptionName::ConfigSettings) {
        found.config_settings.push(parse_setting(option)?);
    }
    Ok(found)
}

/// The value without the sign of a marker, and the marker that stands behind it in words of its own; `None`: these
/// words are none.
fn marker_behind<'t>(
    text: &str,
    value: &'t str,
    options: &Options,
) -> Result<Option<(&'t str, MarkerTree)>, SyntaxError> {
    match options.stray.as_slice() {
        [] => Ok(Some((value, MarkerTree::TRUE))),
        [first, .., last] | [first @ last] if first.text.starts_with(';') || value.ends_with(';') => {
            let from = first.at + usize::from(first.text.starts_with(';'));
            let marker = parse_marker(&text[from..last.end]).map_err(|error| error.shifted(from))?;
            Ok(Some((value.trim_end_matches(';').trim_end(), marker)))
        }
        _ => Ok(None),
    }
}

fn editable_subject(value: &str, folders: &Folders) -> Result<Subject, SyntaxError> {
    let whole = |why: String| SyntaxError::new(0, value.len(), why);
    let (bare, extras_text) = split_extras(value);
    let extras = || extras_text.map_or(Ok(Vec::new()), |(_, text)| parse_extras_list(&text.to_lowercase()));
    let system = scheme(value).unwrap_or_default();
    if is_short_git(value) {
        return Err(of_short_git(value, 0));
    }
    if system == "file" {
        let found = reference(bare, true, folders).map_err(whole)?;
        return Ok(Subject::of_reference(value, None, extras()?, found));
    }
    if is_url(value) {
        let found = reference(value, true, folders).map_err(whole)?;
        return Ok(Subject::of_reference(value, None, Vec::new(), found));
    }
    if system == "git" {
        let found = reference(&format!("git+{value}"), true, folders).map_err(whole)?;
        return Ok(Subject::of_reference(value, None, Vec::new(), found));
    }
    let LocatedPath { path, note } = folders.resolve(bare).map_err(whole)?;
    if path.is_dir() {
        refuse_without_project(&path, bare).map_err(whole)?;
        let mut found = path_reference(&path, true).map_err(whole)?;
        found.warnings.extend(note);
        return Ok(Subject::of_reference(value, None, extras()?, found));
    }
    Err(whole(format!("`{value}` is neither a folder nor a `git+` URL"))
        .expected("a folder with a project in it, or `git+https://…`"))
}
