//! `--source` and `sources`: folders beside SOURCE.

use std::fmt;
use std::path::Path;

use barrow::archive::SafePath;
use barrow::request::FurtherSource;

use super::layers::Layers;
use super::origin::Source;
use super::source_table::Table;
use super::{Host, SettingsError, parse};
use crate::args::SourceArgs;

/// Which of the user's own files are taken, SOURCE apart, which each command has as an argument.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the user's, independent of the others")]
pub(super) struct FileChoice {
    pub(super) no_source: bool,
    /// Folders beside SOURCE.
    pub(super) further: Vec<FurtherSource>,
    /// Whether the command line names them.
    pub(super) are_named: bool,
    pub(super) include: Vec<String>,
    pub(super) gitignore: bool,
    pub(super) follow_links: bool,
}

/// Reads which own files are taken, but for `exclude`, which is about dependencies too.
pub(super) fn read(layers: &mut Layers<'_>, args: SourceArgs) -> Result<FileChoice, SettingsError> {
    let no_source = layers.switch("no-source", args.no_source)?;
    let (shown, from) =
        layers.located("source", &args.sources, |host, base, text| source(host, base, text).map(Shown))?;
    Ok(FileChoice {
        no_source,
        further: shown.into_iter().map(|Shown(source)| source).collect(),
        are_named: from == Source::Flag("source"),
        include: layers.many("include", args.include, |text| Ok(text.to_owned()))?,
        gitignore: layers.switch("gitignore", args.gitignore)?,
        follow_links: layers.switch("follow-links", args.follow_links)?,
    })
}

fn source(host: &Host, base: &Path, text: &str) -> Result<FurtherSource, String> {
    let table = if text.starts_with('{') {
        serde_json::from_str(text).map_err(|error| format!("`{text}` is no table of a source: {error}"))?
    } else {
        // What follows the last colon is the prefix; `a:b:` is the folder `a:b` at the root.
        let (path, prefix) = text.rsplit_once(':').unwrap_or((text, ""));
        Table { path: path.to_owned(), prefix: prefix.to_owned(), ..Table::default() }
    };
    if table.path.is_empty() {
        return Err(format!("`{text}` names no folder: write DIR or DIR:PREFIX"));
    }
    let folder = parse::normalized(&host.absolute(base, &table.path));
    if !folder.is_dir() {
        return Err(format!("`{}` is not a folder", folder.display()));
    }
    let prefix = table.prefix.trim_start_matches("./").trim_end_matches('/');
    let prefix = match prefix {
        "" | "." => None,
        prefix => Some(
            SafePath::new(prefix).map_err(|error| format!("`{prefix}` is no place in a bundle: {}", error.reason))?,
        ),
    };
    Ok(FurtherSource { folder, label: table.path, prefix, only: table.include, exclude: table.exclude })
}

/// A source as `barrow config` shows it.
struct Shown(FurtherSource);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FurtherSource { folder: _, label, prefix, only, exclude } = &self.0;
        f.write_str(label)?;
        if let Some(prefix) = prefix {
            write!(f, ":{prefix}")?;
        }
        for (word, patterns) in [("include", only), ("exclude", exclude)] {
            if !patterns.is_empty() {
                write!(f, " {word} {}", patterns.join(" "))?;
            }
        }
        Ok(())
    }
}
