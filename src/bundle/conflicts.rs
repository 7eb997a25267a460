//! Several claims to one path: who wins, who is told, and what no one can win.

use std::collections::{BTreeMap, BTreeSet};

use super::BundleError;
use super::contents::{BundleContent, BundleFile, BundleLayout};
use crate::archive::{Alike, NameSet, SafePath, are_certainly_apart};
use crate::install::{FileContent, InstalledDist};
use crate::spec::{HashDigest, parse_record, sha256, write_record_line};

/// The files of a bundle, each path once.
pub(super) struct Settled<'a> {
    /// Sorted by path.
    pub(super) files: Vec<BundleFile<'a>>,
    /// What the user should know.
    pub(super) warnings: Vec<String>,
    /// Paths that are one on some file systems.
    pub(super) alike: Vec<Alike>,
}

/// Gives each path to the last who claims it; the files come sorted by path, with what the user should know.
pub(super) fn settle<'a>(mut claims: Vec<BundleFile<'a>>, layout: &BundleLayout) -> Result<Settled<'a>, BundleError> {
    // Stable: claims to one path stay in the order of those who make them. Each one's files come sorted, so this is a
    // merge.
    claims.sort_by(|a, b| a.path.cmp(&b.path));
    let mut files: Vec<BundleFile> = Vec::with_capacity(claims.len());
    let mut replaced = Replaced::default();
    for claim in claims {
        match files.last_mut() {
            Some(last) if last.path == claim.path => {
                let loser = std::mem::replace(last, claim);
                replaced.note(&loser, last)?;
            }
            _ => files.push(claim),
        }
    }
    let alike = refuse_clashes(&files)?;
    replaced.correct_records(&mut files, layout);
    let mut warnings = replaced.warnings();
    warnings.extend(tell_alike(&alike));
    Ok(Settled { files, warnings, alike })
}

/// Refuses what no file system can hold: a file that is also a folder. Names that only some of them take for one are
/// fine where the bundle runs, so they are told.
fn refuse_clashes(files: &[BundleFile]) -> Result<Vec<Alike>, BundleError> {
    if are_certainly_apart(files.iter().map(|file| &file.path)) {
        return Ok(Vec::new());
    }
    let mut names = NameSet::new();
    for file in files {
        names.add_file(&file.path).map_err(|clash| {
            let inside = |path: &str| {
                path == clash.first || path.strip_prefix(&clash.first).is_some_and(|rest| rest.starts_with('/'))
            };
            let other = files.iter().find(|other| inside(other.path.as_str()));
            BundleError::Clash {
                path: file.path.clone(),
                owner: file.content.owner(),
                other_owner: other.map_or_else(|| file.content.owner(), |other| other.content.owner()),
                other: clash.first,
                reason: clash.reason,
            }
        })?;
    }
    Ok(names.alike().to_vec())
}

fn tell_alike(alike: &[Alike]) -> Option<String> {
    let Alike { first, second, reason } = alike.first()?;
    let more = match alike.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more pairs"),
    };
    Some(format!("`{first}` and `{second}`{more}: {reason}; Lambda tells them apart, and other systems may not"))
}

/// Files that lost their place to a different content.
#[derive(Default)]
struct Replaced<'a> {
    /// By winner and loser: the first path, and how many there are.
    pairs: BTreeMap<(String, String), (SafePath, usize)>,
    /// By name of the loser: which of its files.
    lost: BTreeMap<&'a str, (&'a InstalledDist, BTreeSet<&'a SafePath>)>,
    /// By path in the bundle: what lies there now.
    now: BTreeMap<SafePath, (HashDigest, u64)>,
}

impl<'a> Replaced<'a> {
    fn note(&mut self, loser: &BundleFile<'a>, winner: &BundleFile<'a>) -> Result<(), BundleError> {
        let BundleContent::Dist { dist, file } = loser.content else { return Ok(()) };
        let (digest, size) = match &winner.content {
            BundleContent::Dist { file, .. } => (file.sha256.clone(), file.size),
            BundleContent::Generated(bytes) => (sha256(bytes), bytes.len() as u64),
            BundleContent::Source(source) => {
                source.digest().map_err(|error| BundleError::ReadSource { path: source.from.clone(), source: error })?
            }
        };
        if digest == file.sha256 {
            return Ok(());
        }
        let owners = (winner.content.owner(), format!("{} {}", dist.name, dist.version));
        self.pairs.entry(owners).or_insert_with(|| (winner.path.clone(), 0)).1 += 1;
        let (_, lost) = self.lost.entry(dist.name.as_ref()).or_insert_with(|| (dist, BTreeSet::new()));
        lost.insert(&file.path);
        self.now.insert(winner.path.clone(), (digest, size));
        Ok(())
    }

    /// Lets the RECORD of each loser name what lies in its files' places.
    fn correct_records(&self, files: &mut [BundleFile], layout: &BundleLayout) {
        for (dist, lost) in self.lost.values() {
            let Some((path, record)) = record_of(dist) else { continue };
            let path = layout.place(path);
            let now =
                lost.iter().filter_map(|path| Some((path.as_str(), self.now.get(&layout.place(path))?))).collect();
            let Ok(place) = files.binary_search_by(|file| file.path.cmp(&path)) else { continue };
            let is_its_own = match &files[place].content {
                BundleContent::Dist { dist: owner, .. } => owner.name == dist.name,
                BundleContent::Generated(bytes) => bytes == record,
                BundleContent::Source(_) => false,
            };
            if let Some(record) = corrected(record, &now).filter(|_| is_its_own) {
                files[place].size = record.len() as u64;
                files[place].content = BundleContent::Generated(record);
            }
        }
    }

    fn warnings(&self) -> Vec<String> {
        let sentence = |((winner, loser), (path, count)): (&(String, String), &(SafePath, usize))| match count - 1 {
            0 => format!("{winner} replaces `{path}` of {loser}"),
            1 => format!("{winner} replaces `{path}` and 1 more file of {loser}"),
            more => format!("{winner} replaces `{path}` and {more} more files of {loser}"),
        };
        self.pairs.iter().map(sentence).collect()
    }
}

fn record_of(dist: &InstalledDist) -> Option<(&SafePath, &[u8])> {
    dist.files.iter().find_map(|file| match &file.content {
        FileContent::Generated(bytes) if is_record(&file.path) => Some((&file.path, bytes.as_slice())),
        _ => None,
    })
}

fn is_record(path: &SafePath) -> bool {
    let mut components = path.components();
    let folder = components.next().unwrap_or_default();
    folder.ends_with(".dist-info") && components.eq(["RECORD"])
}

/// A RECORD whose lines for files that lost their places give digest and size of what lies there now. `None` if it
/// cannot be read.
fn corrected(record: &[u8], now: &BTreeMap<&str, &(HashDigest, u64)>) -> Option<Vec<u8>> {
    let mut text = String::with_capacity(record.len());
    for entry in parse_record(record).ok()? {
        let changed = now.get(entry.path.as_str()).map(|(digest, size)| (digest, *size));
        write_record_line(&mut text, &entry.path, changed.or(entry.hash.as_ref().zip(entry.size)));
    }
    Some(text.into_bytes())
}
