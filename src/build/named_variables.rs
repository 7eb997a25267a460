//! Which variables of the environment a source reads, as far as its text says so.
//!
//! What a build reads of the environment cannot be seen from outside, and most of what is set is nobody's business: a
//! key over all of it would be another one in each run of a CI. But a program that reads a variable has its name
//! somewhere, mostly in quotes. So two kinds of names are taken from the texts of a source:
//! - each variable that is set now and whose name stands in quotes, `ENV{…}` or `env.…`;
//! - in a file that speaks of the environment at all, each name that may be one of a variable that is set some day.
//!
//! Too many names cost a build that was not needed, when one of them is set to something else. What a backend or its
//! plugins read without the source naming it is not among them, but for what `OF_BACKENDS` and `OF_COMPILERS` list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fs_err as fs;
use memchr::{memchr2_iter, memmem};

use super::surroundings::{Variables, given_variables};
use crate::spec::{HashDigest, sha256};

/// The variables that a source reads, each with a digest of its value; `None`: it is not set.
pub(crate) type NotedVariables = BTreeMap<String, Option<HashDigest>>;

/// Largest text that is looked into, bytes: larger ones are data.
const TEXT_MOST: usize = 1 << 20;

/// Endings of files in which programs and settings of builds are written.
const ENDINGS: &[&str] = &["py", "pyx", "pxd", "pxi", "cmake", "rs", "toml", "cfg", "build", "mk", "in", "sh"];

/// Names of such files that have none of the endings.
const NAMES: &[&str] = &["CMakeLists.txt", "Makefile", "GNUmakefile", "SConstruct", "SConscript", "configure"];

/// Words with which a file speaks of the environment.
const MENTIONS: &[&str] = &["environ", "getenv", "env::", "env!", "ENV{", "env.", "env:"];

/// What stands right before the quoted name of a variable where it is read.
const READERS: &[&str] = &[
    "environ[",
    "environ.get(",
    "environ.pop(",
    "environ.setdefault(",
    "getenv(",
    "env::var(",
    "env::var_os(",
    "env!(",
];

/// What stands right before the name of a variable that is not quoted, by the ending of the files in which it means that.
const BARE: &[(&str, &[&str])] = &[("cmake", &["ENV{"]), ("txt", &["ENV{"]), ("toml", &["env.", "env:"])];

/// The variables of this process that a build gets as they are, with digests of their values.
#[derive(Debug, Default)]
pub(crate) struct GivenVariables {
    digests: BTreeMap<String, HashDigest>,
    /// Bytes that one of the names begins with: most quoted words begin with none of them.
    first: Vec<bool>,
}

impl GivenVariables {
    /// Takes what a build gets of an environment.
    pub(crate) fn of(environment: &Variables) -> Self {
        let digest = |(name, value): (String, String)| {
            let digest = sha256(format!("variable\0{name}\0{value}").as_bytes());
            (name, digest)
        };
        let digests: BTreeMap<_, _> = given_variables(environment).into_iter().map(digest).collect();
        let mut first = vec![false; 256];
        digests.keys().filter_map(|name| name.bytes().next()).for_each(|byte| first[usize::from(byte)] = true);
        Self { digests, first }
    }

    /// The digest of a variable's value; `None`: it is not set.
    pub(crate) fn digest(&self, name: &str) -> Option<&HashDigest> {
        self.digests.get(name)
    }

    /// What these names stand for now.
    pub(crate) fn note(&self, names: BTreeSet<String>) -> NotedVariables {
        names.into_iter().map(|name| (name.clone(), self.digest(&name).cloned())).collect()
    }

    /// The first variable that is not as it was noted.
    pub(crate) fn first_change<'n>(&self, noted: &'n NotedVariables) -> Option<&'n str> {
        noted.iter().find(|(name, then)| self.digest(name) != then.as_ref()).map(|(name, _)| name.as_str())
    }

    /// Adds the variables that are set and that a file of a source names.
    pub(super) fn add_set(&self, file: &str, content: &[u8], found: &mut BTreeSet<String>) {
        if is_text(file, content.len()) {
            let may_begin = |byte: u8| self.first.get(usize::from(byte)) == Some(&true);
            words(file, content, may_begin, |word, _| {
                if self.digests.contains_key(word) {
                    found.insert(word.to_owned());
                }
            });
        }
    }

    /// Adds what [`Self::add_set`] does, and the variables that are not set and that the file may read.
    fn add_all(&self, file: &str, content: &[u8], found: &mut BTreeSet<String>) {
        self.add_set(file, content, found);
        let speaks_of_it = || MENTIONS.iter().any(|word| memmem::find(content, word.as_bytes()).is_some());
        if !is_text(file, content.len()) || !speaks_of_it() {
            return;
        }
        let is_shouted = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let is_read = |before: &[u8]| READERS.iter().chain(bare(file)).any(|word| before.ends_with(word.as_bytes()));
        let take = |word: &str, before: &[u8]| {
            if (word.len() > 1 && word.bytes().all(is_shouted)) || is_read(before) {
                found.insert(word.to_owned());
            }
        };
        words(file, content, |_| true, take);
    }

    /// The variables that a source in a folder names, set or not. Files that cannot be read are none of a build's.
    pub(crate) fn named_in(&self, folder: &Path) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let (path, name) = (entry.path(), entry.file_name());
                let Ok(metadata) = entry.metadata() else { continue };
                if metadata.is_dir() && name != ".git" {
                    open.push(path);
                } else if metadata.is_file()
                    && is_text(&name.to_string_lossy(), usize::try_from(metadata.len()).unwrap_or(usize::MAX))
                    && let Ok(content) = fs::read(&path)
                {
                    self.add_all(&name.to_string_lossy(), &content, &mut found);
                }
            }
        }
        // Those that barrow sets itself are the same in every build, and those that no build gets never change one.
        found.retain(|name| self.digests.contains_key(name) || may_be_given(name));
        found
    }
}

/// Whether a variable would reach a build if it were set.
fn may_be_given(name: &str) -> bool {
    let one = Variables::from([(name.to_owned(), String::new())]);
    given_variables(&one).contains_key(name)
}

fn is_text(file: &str, length: usize) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let has_ending = || Path::new(name).extension().is_some_and(|end| ENDINGS.iter().any(|known| end == *known));
    length <= TEXT_MOST && (has_ending() || NAMES.contains(&name))
}

/// What stands before names without quotes in a file.
fn bare(file: &str) -> &'static [&'static str] {
    let end = file.rsplit('.').next().unwrap_or_default();
    BARE.iter().find(|(known, _)| *known == end).map_or(&[], |(_, markers)| markers)
}

/// Gives every word of a text that may name a variable and begins with one of some bytes, with what stands before it.
fn words(file: &str, content: &[u8], may_begin: impl Fn(u8) -> bool, mut take: impl FnMut(&str, &[u8])) {
    for at in memchr2_iter(b'"', b'\'', content) {
        // First what most quotes end with: every file is looked through whenever the digest of its folder is wanted.
        if content.get(at + 1).is_some_and(|byte| may_begin(*byte))
            && let Some(word) = word_at(content, at + 1)
            && content.get(at + 1 + word.len()) == Some(&content[at])
        {
            take(word, content[..at].trim_ascii_end());
        }
    }
    for marker in bare(file) {
        for at in memmem::find_iter(content, marker.as_bytes()) {
            let begin = at + marker.len();
            if let Some(word) = word_at(content, begin) {
                take(word, &content[..begin]);
            }
        }
    }
}

fn word_at(content: &[u8], begin: usize) -> Option<&str> {
    let rest = content.get(begin..)?;
    rest.first().filter(|byte| byte.is_ascii_alphabetic() || **byte == b'_')?;
    let length = rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
    std::str::from_utf8(&rest[..length.unwrap_or(rest.len())]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(variables: &[(&str, &str)]) -> GivenVariables {
        let own = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        GivenVariables::of(&own.collect())
    }

    #[test]
    fn names_are_found_as_each_language_writes_them() {
        let given = given(&[("SET", "1"), ("other_set", "2"), ("NOBODYS", "3"), ("HOME", "/home/me")]);
        let check = |file: &str, text: &str, set: &[&str], all: &[&str]| {
            let (mut found_set, mut found) = (BTreeSet::new(), BTreeSet::new());
            given.add_set(file, text.as_bytes(), &mut found_set);
            given.add_all(file, text.as_bytes(), &mut found);
            assert_eq!(found_set.iter().collect::<Vec<_>>(), set, "{text}");
            assert_eq!(found.iter().collect::<Vec<_>>(), all, "{text}");
        };
        check("setup.py", "os.environ['SET'], os.getenv( \"UNSET\", 'x')", &["SET"], &["SET", "UNSET"]);
        check(
            "a/setup.py",
            "env = os.environ\nflag(env, 'UNSET', 'other_set')",
            &["other_set"],
            &["UNSET", "other_set"],
        );
        check("setup.py", "os.environ.get('unset'), d['word']", &[], &["unset"]);
        check("setup.py", "NAMES = 'UNSET', 'SET', 'SETTING'", &["SET"], &["SET"]);
        check("CMakeLists.txt", "if($ENV{SET} OR DEFINED ENV{UNSET})", &["SET"], &["SET", "UNSET"]);
        check("build.rs", "env::var(\"SET\"); option_env!(\"UNSET\")", &["SET"], &["SET", "UNSET"]);
        check(
            "pyproject.toml",
            "variable = \"SET\"\nif.env.other_set = true",
            &["SET", "other_set"],
            &["SET", "other_set"],
        );
        check("notes.md", "os.environ['SET']", &[], &[]);
        check("setup.py", "os.environ['", &[], &[]);
        check("setup.py", "os.environ['HOME']", &[], &["HOME"]);
        let large = format!("os.environ['SET']{}", " ".repeat(TEXT_MOST));
        check("data.py", &large, &[], &[]);
    }

    #[test]
    fn what_no_build_gets_is_not_noted_and_no_value_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let text = "import os\nos.environ['HOME'], os.environ['PATH'], os.environ['MY_TOKEN'], os.environ['AWS_REGION']\n\
                    os.environ['FLAG'], os.environ['UNSET']\n";
        fs::create_dir(folder.path().join("tools")).unwrap();
        fs::write(folder.path().join("tools/flags.py"), text).unwrap();
        let environment = [("FLAG", "plain-word"), ("HOME", "/h"), ("PATH", "/bin"), ("MY_TOKEN", "t")];
        let given_now = given(&environment);
        let noted = given_now.note(given_now.named_in(folder.path()));
        assert_eq!(noted.keys().collect::<Vec<_>>(), ["FLAG", "UNSET"]);
        assert!(!format!("{noted:?}{given_now:?}").contains("plain-word"));
        assert_eq!(given_now.first_change(&noted), None);
        assert_eq!(given(&[("FLAG", "another")]).first_change(&noted), Some("FLAG"));
        assert_eq!(given(&[("FLAG", "plain-word"), ("UNSET", "")]).first_change(&noted), Some("UNSET"));
    }
}
