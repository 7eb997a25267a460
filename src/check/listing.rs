//! What is in an archive, before anything of it is read: its files, where its links lead, and whether all of it has a
//! place.

use std::collections::{HashMap, HashSet};

use super::code::Code;
use super::file::{BytesAt, CheckedFile};
use super::finding::{Finding, Grade, bad_link};

/// Most links in a row that Linux follows (`ELOOP`).
const LINKS_IN_A_ROW: usize = 40;

/// Most files that are seen by way of links: links to folders multiply what lies in them.
const LINKED_MOST: usize = 50_000;

/// Files and findings of an archive.
#[derive(Default)]
pub(super) struct ArchiveListing {
    pub(super) files: Vec<CheckedFile>,
    pub(super) findings: Vec<Finding>,
}

impl ArchiveListing {
    /// Adds the files that symbolic links lead to, under the names of the links. `links` are names with
    /// what they lead to.
    pub(super) fn follow(&mut self, links: &[(String, String)], root: &str, label: &str) {
        if links.is_empty() {
            return;
        }
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        let targets: HashMap<&str, &str> = links.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let mut linked = Vec::new();
        for (name, _) in links {
            let shown = format!("{label}{name}");
            let target = match resolved(name, &targets) {
                Ok(target) => format!("{root}/{target}"),
                Err(what) => {
                    self.findings.push(bad_link(name, &shown, what));
                    continue;
                }
            };
            if target.len() == root.len() + 1 {
                continue;
            }
            let inside = format!("{target}/");
            let first = |path: &str| self.files.partition_point(|file| file.path.as_str() < path);
            let itself = self.files[first(&target)..].iter().take(1).filter(|file| file.path == target);
            let below = self.files[first(&inside)..].iter().take_while(|file| file.path.starts_with(&inside));
            let found = itself.chain(below);
            let before = linked.len();
            linked.extend(found.take(LINKED_MOST - linked.len()).filter_map(|file| {
                let below = &file.path[target.len()..];
                let BytesAt::Zip(number, index) = file.content else { return None };
                Some(CheckedFile {
                    path: format!("{root}/{name}{below}"),
                    label: format!("{shown}{below}"),
                    size: file.size,
                    mode: file.mode,
                    is_link: true,
                    content: BytesAt::Zip(number, index),
                })
            }));
            if linked.len() == before && before < LINKED_MOST {
                self.findings.push(bad_link(name, &shown, "leads nowhere"));
            }
        }
        if linked.len() == LINKED_MOST {
            let message = "links lead to folders again and again: not all of them were looked into";
            self.findings.push(Finding::new(Code::NotRead, Grade::Note, "links", message));
        }
        self.files.append(&mut linked);
    }

    /// Finds files that have no place because another one has the name of a folder above them.
    pub(super) fn check_places(&mut self, root: &str, label: &str) {
        let paths: HashSet<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        let mut in_the_way: Vec<&str> = Vec::new();
        for path in &paths {
            let above = std::iter::successors(path.rsplit_once('/'), |(folder, _)| folder.rsplit_once('/'));
            let mut folders = above.map(|(folder, _)| folder).take_while(|folder| folder.len() > root.len());
            in_the_way.extend(folders.find(|folder| paths.contains(folder)));
        }
        in_the_way.sort_unstable();
        in_the_way.dedup();
        let found = in_the_way.into_iter().map(|path| {
            let name = format!("{label}{}", path[root.len()..].trim_start_matches('/'));
            Finding::of_file(Code::BadZip, Grade::Error, &name, "it is a file and a folder at the same time")
        });
        self.findings.extend(found);
    }
}

/// The path that a link stands for, with all links on the way followed.
fn resolved(name: &str, targets: &HashMap<&str, &str>) -> Result<String, &'static str> {
    let mut done: Vec<String> = Vec::new();
    let mut open: Vec<String> = name.rsplit('/').map(str::to_owned).collect();
    let mut followed = 0;
    while let Some(part) = open.pop() {
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                done.pop().ok_or("leads out of the bundle")?;
                continue;
            }
            _ => done.push(part),
        }
        let Some(text) = targets.get(done.join("/").as_str()) else { continue };
        followed += 1;
        if text.is_empty() || followed > LINKS_IN_A_ROW {
            return Err("leads nowhere");
        }
        if text.starts_with('/') {
            return Err("leads out of the bundle");
        }
        done.pop();
        open.extend(text.rsplit('/').map(str::to_owned));
    }
    Ok(done.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_as_linux_does() {
        let links = [
            ("a", "b"),
            ("b", "d/e"),
            ("d", "real"),
            ("x/up", "../y"),
            ("out", "../z"),
            ("absolute", "/etc/passwd"),
            ("one", "two"),
            ("two", "one"),
            ("here", "./."),
            ("empty", ""),
        ];
        let targets = HashMap::from(links);
        let check = |name: &str, expected: Result<&str, &'static str>| {
            assert_eq!(resolved(name, &targets), expected.map(str::to_owned), "{name}");
        };
        check("a", Ok("real/e"));
        check("x/up", Ok("y"));
        check("out", Err("leads out of the bundle"));
        check("absolute", Err("leads out of the bundle"));
        check("one", Err("leads nowhere"));
        check("here", Ok(""));
        check("empty", Err("leads nowhere"));
    }
}
