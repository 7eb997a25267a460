//! The table of versions, the tags of their wheels and the runtimes that could load them, for where no wheel fits.

use pubgrub::Ranges;

use super::super::listing::{ListedVersions, Release};
use super::super::provider::{Known, Provider};
use super::super::ranges;
use super::super::sourced::SourcedVersion;
use crate::resolution::Exclusion;
use crate::spec::{DistFile, PackageName, WheelFilename};
use crate::target::{Architecture, Glibc, Runtime, Tags, span, wheels_in_words};

/// Most rows that are shown, newest versions first; neighbouring versions that differ in nothing are one row.
const MOST_ROWS: usize = 4;
/// Most versions that are looked at to make rows; a project may have thousands.
const MOST_VERSIONS: usize = 200;
/// Columns that a table may have; where its cells need more, each row is told in words.
const WIDEST: usize = 98;

/// The versions of one row, oldest last, what their wheels are for, and where they could be loaded.
struct Row {
    versions: Vec<String>,
    wheels: String,
    loaders: String,
}

impl Row {
    fn span(&self) -> String {
        match self.versions.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [newest, other] => format!("{other}, {newest}"),
            [newest, .., oldest] => format!("{oldest} to {newest}"),
        }
    }
}

/// The table of a project, when none of its wheels in a range fits the target.
pub(super) fn of(provider: &Provider<'_>, name: &PackageName, range: &Ranges<SourcedVersion>) -> Option<String> {
    let Some(Known::Listed(listing)) = provider.project_if_known(name) else { return None };
    let policy = &provider.policy;
    let rules = policy.rules(name);
    let shown: Vec<&Release> = listing
        .releases()
        .rev()
        .filter(|release| range.contains(&release.version))
        .filter(|release| matches!(listing.verdict(policy, rules, release), Err(Exclusion::Tags(_))))
        .collect();
    let mut rows: Vec<Row> = Vec::new();
    for release in shown.iter().take(MOST_VERSIONS) {
        let (version, wheels) = (release.version.to_string(), made_for(provider, &listing, release));
        let loaders = loaders(&listing, release);
        let is_full = rows.len() == MOST_ROWS;
        match rows.last_mut() {
            Some(row) if row.wheels == wheels && row.loaders == loaders => row.versions.push(version),
            _ if is_full => break,
            _ => rows.push(Row { versions: vec![version], wheels, loaders }),
        }
    }
    if rows.is_empty() {
        return None;
    }
    let told: usize = rows.iter().map(|row| row.versions.len()).sum();
    let mut lines = lines(name, &rows);
    match shown.len() - told {
        0 => {}
        1 => lines.push("  and 1 older version".to_owned()),
        more => lines.push(format!("  and {more} older versions")),
    }
    Some(lines.join("\n"))
}

/// The rows in columns, else each in words.
fn lines(name: &PackageName, rows: &[Row]) -> Vec<String> {
    let head = [name.to_string(), "wheels for".to_owned(), "could be loaded by".to_owned()];
    let cells = rows.iter().map(|row| [row.span(), row.wheels.clone(), row.loaders.clone()]);
    let cells: Vec<[String; 3]> = std::iter::once(head).chain(cells).collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    if widths.iter().sum::<usize>() + 6 > WIDEST {
        let words = rows.iter().map(|Row { wheels, loaders, .. }| format!("{wheels}; could be loaded by {loaders}"));
        return rows.iter().zip(words).map(|(row, words)| format!("  {name} {}: {words}", row.span())).collect();
    }
    let line = |[version, wheels, loaders]: &[String; 3]| {
        format!("  {version:<0$}  {wheels:<1$}  {loaders}", widths[0], widths[1]).trim_end().to_owned()
    };
    cells.iter().map(line).collect()
}

/// Where a release's wheels could be loaded, judged by tags and Requires-Python; `no runtime` when nowhere.
pub(super) fn loaders(listing: &ListedVersions, release: &Release) -> String {
    let both = [Architecture::X86_64, Architecture::Arm64];
    let spans = both.map(|architecture| span(&runtimes_that_load(architecture, None, || listing.files(release))));
    match spans {
        [None, None] => "no runtime".to_owned(),
        [Some(one), Some(other)] if one == other => one,
        spans => {
            let told = spans.into_iter().zip(both).filter_map(|(span, on)| Some(format!("{} ({on})", span?)));
            told.collect::<Vec<_>>().join(", ")
        }
    }
}

/// The runtimes that could load one of the files, with a glibc no newer than `ceiling`, oldest first.
pub(super) fn runtimes_that_load<'f, F: Iterator<Item = &'f DistFile>>(
    architecture: Architecture,
    ceiling: Option<Glibc>,
    files: impl Fn() -> F,
) -> Vec<Runtime> {
    Runtime::offered(|runtime| {
        let glibc = ceiling.map_or(runtime.glibc(), |ceiling| ceiling.min(runtime.glibc()));
        let (tags, python) = (Tags::new(runtime, architecture, glibc), runtime.python_full_version());
        files().any(|file| {
            file.filename.as_wheel().is_some_and(|wheel| tags.priority(wheel).is_some())
                && file.requires_python.as_ref().is_none_or(|specifiers| ranges::contains(specifiers, &python))
        })
    })
}

/// What a release's wheels are for: the Pythons of those for Linux, where there are such, and the processors.
fn made_for(provider: &Provider<'_>, listing: &ListedVersions, release: &Release) -> String {
    let files: Vec<&WheelFilename> = listing.files(release).filter_map(|file| file.filename.as_wheel()).collect();
    wheels_in_words(&files, provider.policy.target.glibc())
}
