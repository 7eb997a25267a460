//! Summaries of files: digest, imports, needs. Made once for each content, and kept in the cache for all later checks.
//!
//! A summary belongs to the bytes that it is of, by their sha256, so it serves wherever the same file lies. What is
//! known lies in two kinds of entries:
//!
//! - one for each installed project, under the digest of its RECORD: the same wheel brings the same one into every
//!   bundle, whoever made it. A bundle of known wheels that was never checked before is therefore parsed no further
//!   than the user's own files.
//! - one for the place of the bundle: the user's own files, and what each file looked like, so that the next check of
//!   the same place reads none that did not change.
//!
//! A file is taken for the one that was seen while its size, inode, time of modification and time of change are the
//! same. Of a file with several names the time of change is left out: it changes with every further name, as when a
//! bundle is made anew of files that are linked from the cache, and such files are not written to. They are known by
//! their RECORD too, in whatever bundle they lie. A file of a zip is known while the zip is.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rayon::prelude::*;

use super::dists::Dists;
use super::facts::{Digest, Facts};
use super::file::BytesAt;
use super::stamp::CheckStamp;
use super::tree::RuntimeTree;
use crate::cache::{Bucket, Cache};
use crate::elf::{ElfError, Object, is_elf};
use crate::python::{self, Module};
use crate::regular;
use crate::spec::{HashAlgorithm, HashDigest, sha256};

/// Where summaries come from, and go to.
pub(super) struct Summaries<'a> {
    tree: &'a RuntimeTree,
    cache: Option<&'a Cache>,
    /// The place first, then the projects.
    groups: Vec<Group>,
    /// The group of each file.
    group_of: Vec<usize>,
    /// Files that are no native objects, as their first bytes say.
    no_objects: Mutex<Vec<usize>>,
}

/// What is known together.
#[derive(Default)]
struct Group {
    entry: PathBuf,
    known: Facts,
    new: Mutex<Facts>,
}

/// The group of what belongs to no project.
const PLACE: usize = 0;

impl<'a> Summaries<'a> {
    /// What earlier checks left, for Python 3.`minor`.
    pub(super) fn open(
        cache: Option<&'a Cache>,
        place: &Path,
        minor: u64,
        tree: &'a RuntimeTree,
        dists: &Dists,
    ) -> Self {
        let mut keys = vec![format!("place {}", place.display())];
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let group_of = tree.files.iter().map(|file| {
            let Some(record) = dists.owner(&file.path).and_then(|dist| dist.record_digest.as_ref()) else {
                return PLACE;
            };
            let key = format!("record {}", record.hex());
            *numbers.entry(key).or_insert_with_key(|key| {
                keys.push(key.clone());
                keys.len() - 1
            })
        });
        let group_of: Vec<usize> = group_of.collect();
        let open = |key: String| match cache {
            None => Group::default(),
            Some(cache) => {
                let entry = cache.entry(Bucket::Checks, &format!("3.{minor}\n{key}"));
                let known = regular::read(&entry).ok().and_then(|bytes| Facts::decode(&bytes));
                Group { entry, known: known.unwrap_or_default(), new: Mutex::default() }
            }
        };
        Self { tree, cache, groups: keys.into_par_iter().map(open).collect(), group_of, no_objects: Mutex::default() }
    }

    /// Keeps what is new for the next checks. A cache that cannot be written is only a cache.
    pub(super) fn keep(&self) {
        let Some(cache) = self.cache else { return };
        let no_objects = self.no_objects.lock().map(|mut files| std::mem::take(&mut *files)).unwrap_or_default();
        for file in no_objects {
            if let Some(digest) = self.seen(file)
                && self.known(file, |facts| facts.objects.get(&digest).map(drop)).is_none()
            {
                self.learn(file, |facts| _ = facts.objects.insert(digest, Vec::new()));
            }
        }
        self.groups.par_iter().enumerate().for_each(|(number, Group { entry, known, new })| {
            let Ok(new) = new.lock() else { return };
            if new.is_empty() {
                return;
            }
            let mut known = known.clone();
            known.add(new.clone());
            if number == PLACE {
                // What was in an earlier bundle at this place is of no more use.
                known.seen.retain(|path, _| self.tree.file(path).is_some());
                let is_here: HashSet<Digest> = known.seen.values().map(|(_, digest)| *digest).collect();
                known.modules.retain(|digest, _| is_here.contains(digest));
                known.objects.retain(|digest, _| is_here.contains(digest));
            }
            let _ = cache.write_unsealed(entry, &known.encode());
        });
    }

    /// The summary of a source file by the grammar of Python 3.`minor`.
    pub(super) fn module(&self, file: usize, minor: u8) -> Arc<Module> {
        let known = |digest: &Digest| -> Option<Module> {
            self.known(file, |facts| rmp_serde::from_slice(facts.modules.get(digest)?).ok())
        };
        let seen = self.seen(file);
        if let Some(module) = seen.as_ref().and_then(known) {
            return Arc::new(module);
        }
        let Ok(bytes) = self.tree.read(file) else { return Arc::new(Module::unread()) };
        let Some(digest) = seen.or_else(|| self.see(file, &bytes)) else {
            return Arc::new(python::read(&bytes, minor));
        };
        // The content may be known where the file is not.
        if let Some(module) = known(&digest) {
            return Arc::new(module);
        }
        let module = python::read(&bytes, minor);
        if let Ok(packed) = rmp_serde::to_vec(&module) {
            self.learn(file, |facts| _ = facts.modules.insert(digest, packed));
        }
        Arc::new(module)
    }

    /// A native object; `None` where the file is none.
    pub(super) fn object(&self, file: usize) -> Option<Result<Object, ElfError>> {
        let known = |digest: &Digest| -> Option<Option<Object>> {
            self.known(file, |facts| {
                let packed = facts.objects.get(digest)?;
                if packed.is_empty() { Some(None) } else { rmp_serde::from_slice(packed).ok().map(Some) }
            })
        };
        let seen = self.seen(file);
        if let Some(object) = seen.as_ref().and_then(known) {
            return object.map(Ok);
        }
        if !is_elf(&self.tree.start(file, 4)) {
            // Its digest may become known later in this check.
            self.no_objects.lock().ok()?.push(file);
            return None;
        }
        let bytes = self.tree.read(file).ok()?;
        let digest = seen.or_else(|| self.see(file, &bytes));
        if let Some(object) = digest.as_ref().and_then(known) {
            return object.map(Ok);
        }
        let object = Object::parse(&bytes);
        if let (Some(digest), Ok(object)) = (digest, &object)
            && let Ok(packed) = rmp_serde::to_vec(object)
        {
            self.learn(file, |facts| _ = facts.objects.insert(digest, packed));
        }
        Some(object)
    }

    /// The digest of a file.
    pub(super) fn digest(&self, file: usize) -> Option<HashDigest> {
        let digest = self.seen(file).or_else(|| self.see(file, &self.tree.read(file).ok()?))?;
        HashDigest::from_bytes(HashAlgorithm::Sha256, &digest)
    }

    /// Reads a file of an archive to its end, unless this check or an earlier one did.
    ///
    /// # Errors
    /// Its bytes are not those that the archive promises.
    pub(super) fn unpack(&self, file: usize) -> io::Result<()> {
        if self.seen(file).is_none() {
            self.see(file, &self.tree.read(file)?);
        }
        Ok(())
    }

    /// The digest of a file that was read before, unless it looks otherwise by now.
    fn seen(&self, file: usize) -> Option<Digest> {
        let (path, stamp) = (&self.tree.files[file].path, self.stamp(file));
        let is_it =
            |seen: Option<&(CheckStamp, Digest)>| seen.filter(|(known, _)| *known == stamp).map(|(_, digest)| *digest);
        let place = &self.groups[PLACE];
        is_it(place.known.seen.get(path))
            .or_else(|| is_it(self.groups[self.group_of[file]].known.seen.get(path)))
            .or_else(|| is_it(place.new.lock().ok()?.seen.get(path)))
    }

    /// Remembers the digest of a file that was read.
    fn see(&self, file: usize, bytes: &[u8]) -> Option<Digest> {
        let digest: Digest = sha256(bytes).bytes().try_into().ok()?;
        let (path, stamp, group) = (&self.tree.files[file].path, self.stamp(file), self.group_of[file]);
        self.groups[PLACE].new.lock().ok()?.seen.insert(path.clone(), (stamp, digest));
        if group != PLACE && stamp.has_other_names() {
            self.groups[group].new.lock().ok()?.seen.insert(path.clone(), (stamp, digest));
        }
        Some(digest)
    }

    /// What an earlier check or this one knows in the group of a file.
    fn known<T>(&self, file: usize, get: impl Fn(&Facts) -> Option<T>) -> Option<T> {
        let group = &self.groups[self.group_of[file]];
        get(&group.known).or_else(|| group.new.lock().ok().and_then(|new| get(&new)))
    }

    /// Remembers a summary for later checks.
    fn learn(&self, file: usize, add: impl FnOnce(&mut Facts)) {
        if self.cache.is_some()
            && let Ok(mut new) = self.groups[self.group_of[file]].new.lock()
        {
            add(&mut new);
        }
    }

    fn stamp(&self, file: usize) -> CheckStamp {
        match &self.tree.files[file].content {
            BytesAt::Disk(_, stamp) => *stamp,
            BytesAt::Zip(archive, _) => self.tree.archives[*archive].stamp,
        }
    }
}
