//! The files of a page grouped by version, lowest first, ready to be packed.

use std::str::FromStr as _;

use super::project_page::strip_project;
use super::{ListedFile, PackageName, ProjectPage, SafeUrl, SkippedFile, Version, sdist_stem};

/// The part of a page that is packed.
pub(super) struct Packing<'a> {
    pub(super) base: &'a SafeUrl,
    pub(super) skipped: Vec<SkippedFile>,
    /// Versions and their files, lowest first; the files of a version stay in the order of the page.
    pub(super) releases: Vec<(String, Vec<&'a ListedFile<'a>>)>,
}

impl<'a> Packing<'a> {
    /// The files of one project.
    pub(super) fn of_project(page: &'a ProjectPage<'a>, project: &PackageName) -> Self {
        let mut skipped = page.skipped.clone();
        let mut glance = Glance::new(&page.base);
        // Files of one version mostly stand together, so there are far fewer runs than files.
        let mut runs: Vec<(Version, Vec<&ListedFile<'_>>)> = Vec::new();
        for file in &page.files {
            let Some(rest) = strip_project(&file.filename, project) else { continue };
            let version = match glance.version(&file.filename, rest, &file.reference) {
                Some(version) => version,
                None => match file.check(project, &page.base) {
                    Ok(Some(version)) => version,
                    Ok(None) => continue,
                    Err(reason) => {
                        skipped.push(SkippedFile { filename: file.filename.to_string(), reason });
                        continue;
                    }
                },
            };
            match runs.last_mut() {
                Some((last, files)) if *last == version => files.push(file),
                _ => runs.push((version, vec![file])),
            }
        }
        runs.sort_by(|(one, _), (other, _)| one.cmp(other));
        runs.dedup_by(|(later, files), (earlier, all)| {
            let is_same = later == earlier;
            if is_same {
                all.append(files);
            }
            is_same
        });
        let releases = runs.into_iter().map(|(version, files)| (version.to_string(), files)).collect();
        Self { base: &page.base, skipped, releases }
    }

    /// All files, as if they were of one version.
    pub(super) fn of_all(page: &'a ProjectPage<'a>) -> Self {
        let releases = vec![(String::new(), page.files.iter().collect())];
        Self { base: &page.base, skipped: page.skipped.clone(), releases }
    }
}

/// A glance at file after file: whether one is surely readable, and its version. What a glance is not sure of is read
/// in full.
struct Glance<'a> {
    /// Whether relative references end at a server, whatever they are.
    base_is_server: bool,
    /// `https://host/` of the last reference that was read in full.
    host: Option<&'a str>,
    /// The last version and its text: files of one version stand together.
    last: Option<(&'a str, Version)>,
}

impl<'a> Glance<'a> {
    fn new(base: &SafeUrl) -> Self {
        Self { base_is_server: matches!(base.reveal().scheme(), "http" | "https"), host: None, last: None }
    }

    /// The version of a file, when its name (of which `rest` follows the project and a hyphen) and its reference are
    /// such that reading it in full cannot fail.
    fn version(&mut self, filename: &str, rest: &'a str, reference: &'a str) -> Option<Version> {
        if !self.can_resolve(reference) {
            return None;
        }
        let version = match rest.strip_suffix(".whl") {
            Some(stem) => {
                let name = filename.strip_suffix(rest)?.strip_suffix('-')?;
                let (version, tags) = stem.split_once('-')?;
                // An underscore in a version, odd characters and a build tag are left to the full reading.
                let is_simple = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'!');
                let is_sure = !name.contains('-') && version.bytes().all(is_simple) && are_three_tags(tags);
                is_sure.then_some(version)?
            }
            None => sdist_stem(rest)?.0,
        };
        if let Some((text, known)) = &self.last
            && *text == version
        {
            return Some(known.clone());
        }
        let parsed = Version::from_str(version).ok()?;
        self.last = Some((version, parsed.clone()));
        Some(parsed)
    }

    /// Whether a reference surely gives a URL of a server. Behind the host nothing can go wrong any more: every text
    /// is a path (WHATWG URL, section 4.4), so files on a host that was read once need no reading.
    fn can_resolve(&mut self, reference: &'a str) -> bool {
        if self.host.is_some_and(|host| reference.starts_with(host)) {
            return true;
        }
        if !reference.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\') {
            return false;
        }
        if reference.starts_with('/') && !reference.starts_with("//") {
            return self.base_is_server;
        }
        let Some(authority) = reference.strip_prefix("https://").or_else(|| reference.strip_prefix("http://")) else {
            return false;
        };
        let Some(slash) = authority.find('/').filter(|&at| at > 0 && !authority[..at].contains(['?', '#', '@'])) else {
            return false;
        };
        let host = &reference[..=reference.len() - authority.len() + slash];
        if SafeUrl::parse(host).is_err() {
            return false;
        }
        self.host = Some(host);
        true
    }
}

/// Whether these are three sets of tags, none of them or of their members empty or odd.
fn are_three_tags(tags: &str) -> bool {
    let mut sets = 1;
    let mut is_begun = false;
    for byte in tags.bytes() {
        match byte {
            b'-' | b'.' if !is_begun => return false,
            b'-' => {
                sets += 1;
                is_begun = false;
            }
            b'.' => is_begun = false,
            b'/' | b'\\' => return false,
            0x21..0x7f => is_begun = true,
            _ => return false,
        }
    }
    sets == 3 && is_begun
}
