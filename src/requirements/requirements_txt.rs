//! Reading requirements files (pip documentation, "Requirements File Format"), file by file, line by line.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::decode::decode;
use super::direct::{Folders, reference, scheme};
use super::line::{Line, LineContext, read_line};
use super::lines::{LogicalLine, logical_lines, physical_lines};
use super::option_line::{OptionName, OptionUse, Options};
use super::options::{FEATURES, trusted_host};
use super::problem::{Problem, hide_all};
use super::pyproject::{PyprojectInput, read_pyproject};
use super::scope::Scope;
use super::script::{as_project, is_script};
use super::tables::{PyprojectDocument, Tables};
use super::toml_text::TomlText;
use super::{FileOptions, FileRead, Manifest, ManifestInputs, Origin, RequirementEntry};
use crate::archive::normalized;
use crate::regular::FileBytes;
use crate::spec::{SafeUrl, SyntaxError, line_at, push_new, sha256_without_userinfo};

/// How many files may be read in one run: a file may be included twice, so without a bound a few lines could ask for
/// millions.
const MAXIMUM_FILES: usize = 2000;

/// How deep files may include each other.
const MAXIMUM_DEPTH: usize = 100;

/// Largest requirements file, in bytes; one with every project of PyPI and a hash each stays below.
const MAXIMUM_SIZE: usize = 128 << 20;

/// What the entries of a file are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Requirement,
    Constraint,
    Override,
}

/// Reads files into a manifest and collects what is wrong.
pub(super) struct RequirementsReader<'a> {
    pub(super) inputs: &'a ManifestInputs,
    /// What was read so far.
    pub(super) manifest: Manifest,
    /// What was wrong so far.
    pub(super) problems: Vec<Problem>,
    /// Whether a `--hash` was seen.
    has_hashes: bool,
    files: usize,
    /// Every `pyproject.toml` whose tables were taken in.
    pub(super) tables_read: Vec<PathBuf>,
    /// Every file whose settings of uv were taken in.
    pub(super) settings_read: Vec<PathBuf>,
}

/// A requirements file that is to be read.
#[derive(Clone, Debug, PartialEq)]
enum Location {
    /// A local file: its absolute path, and what to call it.
    Local { path: PathBuf, shown: PathBuf },
    /// A page.
    Remote(SafeUrl),
    /// Standard input.
    Input,
}

impl Location {
    fn shown(&self) -> PathBuf {
        match self {
            Self::Local { shown, .. } => shown.clone(),
            Self::Remote(url) => url.to_string().into(),
            Self::Input => "standard input".into(),
        }
    }
}

/// The file that is being read.
struct Source<'a> {
    location: &'a Location,
    lines: Vec<&'a str>,
    folders: Folders,
}

impl Source<'_> {
    fn origin(&self, line: u32) -> Origin {
        Origin::File { file: self.location.shown(), line }
    }

    fn problem(&self, line: &LogicalLine, error: &SyntaxError) -> Problem {
        let (number, offset) = line.place(error.at);
        let physical = usize::try_from(number - 1).ok().and_then(|index| self.lines.get(index)).copied().unwrap_or("");
        Problem::in_line(self.origin(number), physical, offset, error, &line.expanded)
    }
}

impl<'a> RequirementsReader<'a> {
    pub(super) fn new(inputs: &'a ManifestInputs) -> Self {
        let options = FileOptions { format_control: inputs.format_control.clone(), ..FileOptions::default() };
        let manifest = Manifest { options, ..Manifest::default() };
        Self {
            inputs,
            manifest,
            problems: Vec::new(),
            has_hashes: false,
            files: 0,
            tables_read: Vec::new(),
            settings_read: Vec::new(),
        }
    }

    /// Reads a file that the command line names.
    pub(super) fn read_named(&mut self, file: &Path, role: Role) {
        let text = file.to_str().unwrap_or_default();
        let is_project = file.file_name().is_some_and(|name| name == "pyproject.toml") || is_script(file);
        if is_project && scheme(text).is_none() {
            return self.read_pyproject(&PyprojectInput { path: file.to_owned(), ..PyprojectInput::default() }, role);
        }
        let location = match scheme(text).as_deref() {
            Some("http" | "https" | "file") => locate_url(text),
            _ if self.inputs.standard_input.is_some() && text == "-" => Ok(Location::Input),
            _ => {
                Ok(Location::Local { path: normalized(&self.inputs.working_folder.join(file)), shown: file.to_owned() })
            }
        };
        match location {
            Ok(location) => self.read_file(&location, role, &mut Vec::new(), None),
            Err(why) => self.problems.push(Problem::whole(Origin::CommandLine, &format!("`{text}`: {why}"), None)),
        }
    }

    /// Reads bytes as those of a file that the command line names.
    pub(super) fn read_bytes(&mut self, bytes: &[u8], file: &Path, role: Role) {
        let path = normalized(&self.inputs.working_folder.join(file));
        self.read_contents(bytes, &Location::Local { path, shown: file.to_owned() }, role, &mut Vec::new());
    }

    /// Reads a `pyproject.toml`, or a script that says the same in comments, that the command line names.
    pub(super) fn read_pyproject(&mut self, input: &PyprojectInput, role: Role) {
        let path = normalized(&self.inputs.working_folder.join(&input.path));
        let refuse = |why: String| Problem::whole(Origin::CommandLine, &why, None);
        let bytes = self.fetch(&Location::Local { path: path.clone(), shown: input.path.clone() });
        let text = bytes.as_ref().map_err(String::clone);
        let text = match text.and_then(|bytes| std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())) {
            Ok(text) => text,
            Err(why) => return self.problems.push(refuse(format!("failed to read `{}`: {why}", input.path.display()))),
        };
        let folder = path.parent().unwrap_or(Path::new("/"));
        let text = text.trim_start_matches('\u{feff}');
        let text = match is_script(&input.path).then(|| as_project(text)).transpose() {
            Ok(project) => project.map_or(Cow::Borrowed(text), Cow::Owned),
            Err(why) => return self.problems.push(refuse(format!("`{}`: {why}", input.path.display()))),
        };
        let toml = TomlText { text: &text, file: &input.path };
        let document = match PyprojectDocument::parse(toml, folder, &self.inputs.working_folder) {
            Ok(document) => document,
            Err(problem) => return self.problems.push(problem),
        };
        let document = document.with_uv_settings(!self.inputs.uv.are_alone);
        let document = document.with_environment(&self.inputs.environment);
        let tables = Tables::read(&document);
        let answer = read_pyproject(&document, &tables, input);
        self.problems.extend(answer.problems);
        self.manifest.warnings.extend(answer.warnings);
        self.manifest.alternatives.extend(answer.alternatives);
        for entry in answer.entries {
            self.push(entry, role);
        }
        for (extra, (file, span)) in &tables.dynamic {
            let is_wanted = match extra {
                None => !input.only_groups && answer.is_dynamic,
                Some(extra) => answer.extras.contains(extra),
            };
            if is_wanted {
                let shown = normalized(&input.path.parent().unwrap_or(Path::new("")).join(file));
                let location = Location::Local { path: normalized(&folder.join(file)), shown };
                let asked = |why: String| document.toml.problem(span, &SyntaxError::new(0, span.len(), why));
                self.read_file(&location, role, &mut Vec::new(), Some(&asked));
            }
        }
        self.tables_read.push(path.clone());
        self.take_tables(tables, Scope::Input { extras: &answer.extras, groups: &answer.groups });
    }

    /// Reads a requirement from the command line: no comments, no options, no variables.
    pub(super) fn read_positional(&mut self, text: &str) {
        let line = LogicalLine::alone(text.trim());
        let folders = Folders { working: self.inputs.working_folder.clone(), ..Folders::default() };
        let problem = |error: &SyntaxError| Problem::in_line(Origin::CommandLine, &line.text, error.at, error, &[]);
        match read_line(&line.text, &folders, LineContext::CommandLine) {
            Ok(Line { requirement: Some(found), warnings, .. }) => {
                self.warn(&Origin::CommandLine, &warnings, &[]);
                let is_unnamed = found.is_unnamed;
                let entry = found.into_entry(Origin::CommandLine, &[]);
                let manifest = &mut self.manifest;
                let list = if is_unnamed { &mut manifest.unnamed } else { &mut manifest.requirements };
                list.push(entry);
            }
            Ok(_) => self.problems.push(problem(&SyntaxError::new(0, 0, "there is no requirement"))),
            Err(error) => self.problems.push(problem(&error)),
        }
    }

    /// Ends the reading.
    pub(super) fn finish(mut self) -> (Manifest, Vec<Problem>) {
        let options = &mut self.manifest.options;
        if options.no_index {
            options.index_url = None;
            options.extra_index_urls.clear();
        }
        if self.has_hashes && !options.no_require_hashes {
            options.require_hashes = true;
        }
        // A file that is included twice has its errors once.
        let mut seen = BTreeSet::new();
        self.problems.retain(|problem| seen.insert(problem.to_string()));
        (self.manifest, self.problems)
    }

    fn warn(&mut self, origin: &Origin, warnings: &[String], hidden: &[(String, String)]) {
        self.manifest
            .warnings
            .extend(warnings.iter().map(|warning| format!("{origin}: {}", hide_all(warning, hidden))));
    }

    /// Reads one file and those it includes. `ancestors` are the files that are being read, outermost first;
    /// `asked` is the line that names this one.
    fn read_file(
        &mut self,
        location: &Location,
        role: Role,
        ancestors: &mut Vec<Location>,
        asked: Option<&dyn Fn(String) -> Problem>,
    ) {
        let refuse = |reader: &mut Self, why: String| {
            let problem = match asked {
                Some(asked) => asked(why),
                None => Problem::whole(Origin::CommandLine, &why, None),
            };
            reader.problems.push(problem);
        };
        let shown = location.shown();
        if ancestors.iter().any(|ancestor| is_same(ancestor, location)) {
            let chain: Vec<String> = ancestors.iter().map(|file| file.shown().display().to_string()).collect();
            return refuse(
                self,
                format!("`{}` includes itself: {} → {}", shown.display(), chain.join(" → "), shown.display()),
            );
        }
        if self.files == MAXIMUM_FILES || ancestors.len() == MAXIMUM_DEPTH {
            return refuse(self, "too many files include each other".to_owned());
        }
        self.files += 1;
        let bytes = match self.fetch(location) {
            Ok(bytes) => bytes,
            Err(why) => {
                let kind = match role {
                    Role::Requirement => "requirements",
                    Role::Constraint => "constraints",
                    Role::Override => "overrides",
                };
                let why = format!("failed to read the {kind} file `{}`: {why}", shown.display());
                return refuse(self, with_file_of_folder(why, location));
            }
        };
        self.read_contents(&bytes, location, role, ancestors);
    }

    /// Reads the bytes of a file.
    fn read_contents(&mut self, bytes: &[u8], location: &Location, role: Role, ancestors: &mut Vec<Location>) {
        let text = match decode(bytes) {
            Ok(text) => text,
            Err((at, why)) => {
                let line = u32::try_from(line_at(bytes, at)).unwrap_or(u32::MAX);
                let origin = Origin::File { file: location.shown(), line };
                return self.problems.push(Problem::whole(origin, &why, None));
            }
        };
        let of_file = match location {
            Location::Local { path, .. } => path.parent().map(Path::to_owned),
            Location::Remote(_) | Location::Input => None,
        };
        let folders = Folders { of_file, working: self.inputs.working_folder.clone(), is_found: self.inputs.are_found };
        let source = Source { location, lines: physical_lines(&text), folders };
        ancestors.push(location.clone());
        for line in logical_lines(&source.lines, &self.inputs.environment) {
            if let Err(error) = self.read_logical_line(&line, &source, role, ancestors) {
                self.problems.push(source.problem(&line, &error));
            }
        }
        ancestors.pop();
    }

    /// Notes that a file of this machine was read.
    pub(super) fn note_read(&mut self, path: &Path, bytes: FileBytes) {
        if self.manifest.files_read.iter().all(|read| read.path != *path) {
            let content = sha256_without_userinfo(&bytes);
            self.manifest.files_read.push(FileRead { path: path.to_owned(), content, bytes });
        }
    }

    fn fetch(&mut self, location: &Location) -> Result<FileBytes, String> {
        let bytes = match location {
            Location::Local { path, .. } => {
                // The path is named by the message around it.
                let bytes = FileBytes::from(read_at_most(path).map_err(|error| reason(&error))?);
                self.note_read(path, bytes.clone());
                bytes
            }
            Location::Remote(url) => match &self.inputs.remote {
                Some(remote) => remote.fetch(url)?.into(),
                None => return Err("remote requirements files are not available here".to_owned()),
            },
            // What it says counts; there is no file of which anything else could.
            Location::Input => match &self.inputs.standard_input {
                Some(bytes) => bytes.clone(),
                None => return Err("there is none".to_owned()),
            },
        };
        if bytes.len() > MAXIMUM_SIZE { Err("it is too large".to_owned()) } else { Ok(bytes) }
    }

    fn read_logical_line(
        &mut self,
        line: &LogicalLine,
        source: &Source<'_>,
        role: Role,
        ancestors: &mut Vec<Location>,
    ) -> Result<(), SyntaxError> {
        let place = if role == Role::Constraint { LineContext::Constraint } else { LineContext::File };
        let Line { requirement, options, warnings } = read_line(&line.text, &source.folders, place)?;
        let origin = source.origin(line.number);
        self.warn(&origin, &warnings, &line.expanded);
        if let Some(found) = requirement {
            self.has_hashes |= options.of(OptionName::Hash).next().is_some() && !found.is_editable();
            self.format_options(&options)?;
            let is_unnamed = found.is_unnamed;
            if is_unnamed && role != Role::Requirement {
                return Err(SyntaxError::new(0, line.text.len(), "the name of the project is not known")
                    .expected("`name @ URL`"));
            }
            let entry = found.into_entry(origin, &line.expanded);
            if is_unnamed {
                self.manifest.unnamed.push(entry);
            } else {
                self.push(entry, role);
            }
            return Ok(());
        }
        // In a constraints file `-r` names requirements, as in pip.
        let role_inside = if role == Role::Override { role } else { Role::Requirement };
        let nested = options.of(OptionName::Requirement).next().map(|option| (option, role_inside));
        let nested =
            nested.or_else(|| options.of(OptionName::Constraint).next().map(|option| (option, Role::Constraint)));
        let Some((option, nested_role)) = nested else {
            return self.option_line(&options, source);
        };
        let location = locate_nested(&option.value, source.location, &self.inputs.working_folder)
            .map_err(|why| option.wrong_value(why))?;
        let asked = |why: String| source.problem(line, &option.wrong_value(why));
        self.read_file(&location, nested_role, ancestors, Some(&asked));
        Ok(())
    }

    fn push(&mut self, entry: RequirementEntry, role: Role) {
        match role {
            Role::Requirement => self.manifest.requirements.push(entry),
            Role::Constraint => self.manifest.constraints.push(entry),
            Role::Override => self.manifest.overrides.push(entry),
        }
    }

    /// `--no-binary` and its like, the only options of another kind that pip heeds beside a requirement.
    fn format_options(&mut self, options: &Options) -> Result<(), SyntaxError> {
        let FileOptions { format_control: formats, release_control: releases, .. } = &mut self.manifest.options;
        for option in &options.uses {
            let (set, other) = match option.name {
                OptionName::NoBinary => (&mut formats.no_binary, &mut formats.only_binary),
                OptionName::OnlyBinary => (&mut formats.only_binary, &mut formats.no_binary),
                OptionName::AllReleases => (&mut releases.all_releases, &mut releases.only_final),
                OptionName::OnlyFinal => (&mut releases.only_final, &mut releases.all_releases),
                _ => continue,
            };
            set.extend(&option.value, other).map_err(|word| {
                option
                    .wrong_value(format!("`{word}` is not a project name"))
                    .expected("project names with commas between them, `:all:` or `:none:`")
            })?;
        }
        Ok(())
    }

    fn option_line(&mut self, options: &Options, source: &Source<'_>) -> Result<(), SyntaxError> {
        self.format_options(options)?;
        for option in &options.uses {
            let all = &mut self.manifest.options;
            let folders = &source.folders;
            match option.name {
                OptionName::IndexUrl => all.index_url = Some(location_url(option, folders, true)?),
                OptionName::ExtraIndexUrl => {
                    push_new(&mut all.extra_index_urls, location_url(option, folders, true)?);
                }
                OptionName::FindLinks => push_new(&mut all.find_links, location_url(option, folders, false)?),
                OptionName::NoIndex => all.no_index = true,
                OptionName::PreferBinary => all.prefer_binary = true,
                OptionName::Pre => all.pre = true,
                OptionName::RequireHashes | OptionName::NoRequireHashes => {
                    all.require_hashes |= option.name == OptionName::RequireHashes;
                    all.no_require_hashes |= option.name == OptionName::NoRequireHashes;
                    if all.require_hashes && all.no_require_hashes {
                        return Err(option.wrong("`--require-hashes` and `--no-require-hashes` exclude each other"));
                    }
                }
                OptionName::TrustedHost => {
                    push_new(&mut all.trusted_hosts, trusted_host(option).map_err(|why| option.wrong_value(why))?);
                }
                OptionName::UseFeature => {
                    if !FEATURES.contains(&option.value.as_str()) {
                        return Err(option
                            .wrong_value(format!("`{}` is not a feature that pip knows", option.value))
                            .expected(format!("one of {}", FEATURES.map(|name| format!("`{name}`")).join(", "))));
                    }
                    push_new(&mut all.features, option.value.clone());
                }
                OptionName::NoBinary
                | OptionName::OnlyBinary
                | OptionName::AllReleases
                | OptionName::OnlyFinal
                | OptionName::Hash
                | OptionName::ConfigSettings
                | OptionName::Requirement
                | OptionName::Constraint
                | OptionName::Editable => {}
            }
        }
        Ok(())
    }
}

fn location_url(option: &OptionUse, folders: &Folders, always_folder: bool) -> Result<SafeUrl, SyntaxError> {
    let value = option.value.trim();
    if value.is_empty() {
        return Err(option
            .wrong_value(format!("`{}` needs a value", option.name.long()))
            .expected("a URL or a folder"));
    }
    match scheme(value).as_deref() {
        Some("http" | "https" | "codeartifact" | "s3" | "gs") => {
            SafeUrl::parse(value).map_err(|error| option.wrong_value(error.to_string()))
        }
        Some("file") => {
            let found = reference(value, false, folders).map_err(|why| option.wrong_value(why))?;
            Ok(found.url)
        }
        Some(other) if value.contains("://") => Err(option
            .wrong_value(format!("`{other}` URLs are not supported here"))
            .expected("`https`, `http`, `file` or a folder")),
        _ => {
            let path = folders.resolve(value).map_err(|why| option.wrong_value(why))?.path;
            let is_folder = always_folder || path.is_dir() || value.ends_with('/');
            SafeUrl::from_named_path(value, &path, is_folder).map_err(|error| option.wrong_value(error.to_string()))
        }
    }
}

fn locate_url(text: &str) -> Result<Location, String> {
    let url = SafeUrl::parse(text).map_err(|error| error.to_string())?;
    if !url.is_file() {
        return Ok(Location::Remote(url));
    }
    let path = url.to_file_path().ok_or_else(|| "this `file` URL is not a local file".to_owned())?;
    Ok(Location::Local { shown: path.clone(), path })
}

/// Where a file is that another one names.
fn locate_nested(value: &str, parent: &Location, working_folder: &Path) -> Result<Location, String> {
    if value.is_empty() {
        return Err("the name of a file is missing".to_owned());
    }
    let absolute = matches!(scheme(value).as_deref(), Some("http" | "https" | "file"));
    match parent {
        Location::Remote(url) => {
            // The file beside a page is asked for as the page was, with its credentials.
            let joined = url.reveal().join(value).map_err(|error| error.to_string())?;
            if joined.scheme() == "file" {
                return Err("a page cannot name a local file".to_owned());
            }
            locate_url(joined.as_str())
        }
        Location::Local { .. } | Location::Input if absolute => locate_url(value),
        Location::Input => Ok(Location::Local { path: normalized(&working_folder.join(value)), shown: value.into() }),
        Location::Local { path, shown } => {
            let beside = |file: &Path| normalized(&file.parent().unwrap_or(Path::new("")).join(value));
            Ok(Location::Local { path: beside(path), shown: beside(shown) })
        }
    }
}

fn is_same(one: &Location, other: &Location) -> bool {
    match (one, other) {
        (Location::Local { path: one, .. }, Location::Local { path: other, .. }) => one == other,
        (Location::Remote(one), Location::Remote(other)) => one.reveal() == other.reveal(),
        (Location::Input, Location::Input) => true,
        _ => false,
    }
}

/// The bytes of a file that may as well be a device or a pipe without end.
fn read_at_most(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs_err::File::open(path)?.take(MAXIMUM_SIZE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The reason with the file that may be meant, where a folder is named in its place.
fn with_file_of_folder(why: String, location: &Location) -> String {
    let Location::Local { path, shown } = location else { return why };
    let mut files = ["requirements.txt", "pyproject.toml"].into_iter().filter(|name| path.join(name).is_file());
    match files.next() {
        Some(name) => format!("{why}, which has a `{name}`: name that, `{}`", shown.join(name).display()),
        None => why,
    }
}

/// Why a file could not be read, without its path.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        kind => kind.to_string(),
    }
}
