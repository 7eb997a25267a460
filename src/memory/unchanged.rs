//! What a run made, remembered with the fingerprint of its inputs: where nothing has changed, nothing is done.
//!
//! An output depends on its inputs, which the fingerprint identifies, and on the distributions, which their digests
//! identify. The mark of OUT names both. OUT is left as it is when its mark names what this run would publish, and OUT
//! is as it was written, by sizes and times. A run finds that out as early as it can:
//! - Before any network is asked, while the freshness that servers gave to their pages (`max-age`) has not run out.
//!   When every distribution is fixed by digests in the user's own file (a lock, `--hash`), no page matters and that
//!   time never ends. Offline, age does not count.
//! - Once the distributions are chosen, after the servers were asked: nothing is fetched, unpacked or published. A
//!   direct URL was fetched or confirmed by then.
//! - Once they are unpacked, where the digest of one was not known before: an index that gives none, a wheel that was
//!   built.
//!
//! `--refresh` asks and publishes anew: it is for those who do not trust what is remembered, nor sizes and times.
//! Folders that are asked like indexes count as inputs, by the names, sizes and times of all that is in them.

use std::path::PathBuf;
use std::sync::Arc;

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::edited::{Edited, OwnPart, Warnings};
use super::last_run::place_of;
use super::published::{BundledDist, LeftOutFiles, Published, PublishedLayer};
use crate::bundle::numbered;
use crate::cache::{Bucket, Cache};
use crate::context::Context;
use crate::index::Freshness;
use crate::publish::{PublishedZip, is_installed_unchanged, is_unchanged, tidy};
use crate::request::{BundleKind, BundleOptions, InputKey, KeyPart, Request, RequestOptions};
use crate::spec::{HashDigest, PackageName, Version, sha256};

/// The version of the form: another one when something else is remembered.
const FORMAT: &str = "result 10";

/// The option under which nothing is taken as it was, as `InputKey` names options.
const REFRESH: &str = "--refresh";

/// What is said of an output that was left as it is.
const UNCHANGED: &str = "Nothing has changed since the last run";

/// What a run made of its inputs.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    /// How long no server need be asked; `None`: what the result was made of can change unseen.
    freshness: Option<Freshness>,
    files: usize,
    size_bytes: u64,
    zip: Option<PublishedZip>,
    dists: Vec<BundledDist>,
    excluded: Vec<PackageName>,
    /// Without their places, which follow from OUT.
    layers: Vec<PublishedLayer>,
    passed_over: Vec<(PackageName, Version, String)>,
    left_out: LeftOutFiles,
    /// What an output with other contents of the same own files needs; `None`: it has to be put together anew.
    own: Option<OwnPart>,
    warnings: Warnings,
}

/// The result of an earlier run on the same inputs, when it lies in OUT and asking anew could not change it; else why
/// not, as a fragment.
pub(crate) fn recall(options: &BundleOptions, key: Option<&InputKey>, context: &Context) -> Result<Published, String> {
    let request = &options.request;
    if request.indexes.refresh {
        return Err(format!("`{REFRESH}` was given"));
    }
    let Some(folder) = request.cache_folder.clone() else { return Err("there is no cache".to_owned()) };
    let cache = Cache::at(folder);
    let Some((key, identity)) = key.and_then(|key| Some((key, identity(key)?))) else {
        return Err("what is asked for cannot be told without the network".to_owned());
    };
    let kept = find(options, &identity, &cache).map_err(|reason| {
        let change = last_inputs(options, &cache).and_then(|before| key.first_change(&before));
        change.unwrap_or(reason)
    })?;
    context.status(UNCHANGED);
    kept.warnings.iter().flatten().for_each(|warning| context.warn(warning));
    Ok(kept.published(kept.dists.clone(), kept.excluded.clone(), options))
}

/// The result that is remembered for these inputs, if it still holds; else why not, as a fragment.
fn find(options: &BundleOptions, identity: &str, cache: &Cache) -> Result<Kept, String> {
    let request = &options.request;
    let Some(kept) = Kept::read(options, identity, cache) else {
        return Err("no last run with this output is remembered".to_owned());
    };
    let Some(freshness) = &kept.freshness else {
        return Err("it was made of something that can change without that showing".to_owned());
    };
    if !still_holds(freshness, request) {
        return Err(match &freshness.stalest {
            _ if request.now < freshness.since => "the clock shows an earlier time than in the last run".to_owned(),
            Some(project) => format!("the page of {project} is older than its freshness"),
            None => "a page of links is older than its freshness".to_owned(),
        });
    }
    if !lies_in_out(options, &made_of(identity, &kept.dists), kept.layers.len()) {
        return Err(format!("`{}` is not as it was left", options.publish.out.display()));
    }
    Ok(kept)
}

/// Whether the result may be taken without asking any server.
fn still_holds(freshness: &Freshness, request: &RequestOptions) -> bool {
    request.client.offline || freshness.holds(request.now)
}

/// Identifies the inputs of a run and the form of its result.
fn identity(key: &InputKey) -> Option<String> {
    Some(sha256(format!("{FORMAT}\n{}", key.result()?).as_bytes()).hex())
}

/// The inputs of the last run with this output.
fn last_inputs(options: &BundleOptions, cache: &Cache) -> Option<Vec<KeyPart>> {
    cache.recall(&inputs_place(cache, options))
}

/// What is remembered for one output while a run goes on: the last result on the same inputs, for a run that had to ask
/// whether it still holds, and what this run leaves to the next.
#[derive(Clone)]
pub(crate) struct Memory {
    request: Request,
    /// The key of the inputs as they were when the run began.
    key: Option<InputKey>,
    identity: Option<String>,
    last: Option<Kept>,
    /// The identity and the result of the last run with the same output, when only the contents of the user's own files
    /// were others.
    edited: Option<(String, Kept)>,
    cache: Arc<Cache>,
}

/// What a run has found out so far.
pub(crate) struct News {
    pub(crate) dists: Vec<BundledDist>,
    pub(crate) excluded: Vec<PackageName>,
    /// How long these distributions stay the answer without any server being asked; `None`: they can change unseen.
    pub(crate) freshness: Option<Freshness>,
    /// The warnings of each part that is done, in the order of [`Warnings`].
    pub(crate) warnings: Vec<Vec<String>>,
}

impl Memory {
    /// Reads what is remembered for a run on these inputs.
    pub(crate) fn open(request: Request, key: Option<InputKey>, options: &BundleOptions, cache: &Arc<Cache>) -> Self {
        let identity = key.as_ref().and_then(identity);
        let last = identity.as_deref().and_then(|identity| Kept::read(options, identity, cache));
        let edited = key.as_ref().zip(identity.as_ref()).and_then(|(key, now)| {
            let before = InputKey::of_stored(last_inputs(options, cache)?);
            let identity = self::identity(&before).filter(|identity| identity != now && key.is_edited(&before))?;
            let kept = Kept::read(options, &identity, cache)?;
            Some((identity, kept))
        });
        Self { request, key, identity, last, edited, cache: Arc::clone(cache) }
    }

    /// Whether there is a last result that may still hold.
    pub(crate) fn has_last(&self) -> bool {
        self.last.is_some()
    }

    /// The unpacked size of a wheel, when it was part of the last result, bytes.
    pub(crate) fn size_of(&self, wheel: &HashDigest) -> Option<u64> {
        let edited = self.edited.as_ref().map(|(_, kept)| kept);
        let mut dists = self.last.iter().chain(edited).flat_map(|kept| &kept.dists);
        dists.find(|dist| dist.sha256 == *wheel).map(|dist| dist.size_bytes)
    }

    /// Identifies what OUT will hold, for its mark.
    pub(crate) fn made_of(&self, dists: &[BundledDist]) -> Option<String> {
        self.identity.as_deref().map(|identity| made_of(identity, dists))
    }

    /// The last result, when it was made of these distributions as well and lies in OUT as it was written.
    pub(crate) fn again(&self, news: &News, options: &BundleOptions, context: &Context) -> Option<Published> {
        let last = self.last.as_ref()?;
        if !lies_in_out(options, &self.made_of(&news.dists)?, last.layers.len()) {
            return None;
        }
        context.status(UNCHANGED);
        let mut warnings = last.warnings.clone();
        for (part, given) in warnings.iter_mut().zip(&news.warnings) {
            part.clone_from(given);
        }
        // The parts of the run that are passed over now give the warnings of last time.
        warnings.iter().skip(news.warnings.len()).flatten().for_each(|warning| context.warn(warning));
        let published = last.published(news.dists.clone(), news.excluded.clone(), options);
        self.write(&Kept::new(&published, news.freshness.as_ref(), last.own.clone(), warnings), options);
        Some(published)
    }

    /// The last result with this output, when the contents of the user's own files are all that has changed since.
    /// That holds while nobody need be asked, or once the distributions are chosen again: `news` says what was found
    /// out then.
    pub(crate) fn edited(&self, options: &BundleOptions, news: Option<&News>) -> Option<Edited> {
        let (identity, kept) = self.edited.as_ref()?;
        let made_of = |dists: &[BundledDist]| made_of(identity, dists);
        let (dists, freshness) = match news {
            Some(news) if made_of(&news.dists) == made_of(&kept.dists) && news.excluded == kept.excluded => {
                (&news.dists, news.freshness.clone())
            }
            Some(_) => return None,
            None => {
                let fresh = kept.freshness.clone().filter(|freshness| still_holds(freshness, &options.request));
                (&kept.dists, Some(fresh?))
            }
        };
        Some(Edited {
            made_of: made_of(dists),
            freshness,
            size_bytes: kept.size_bytes,
            dists: dists.clone(),
            excluded: kept.excluded.clone(),
            passed_over: kept.passed_over.clone(),
            left_out: kept.left_out,
            own: kept.own.clone()?,
            warnings: kept.warnings.clone(),
        })
    }

    /// Forgets the last result before OUT becomes another one: a run that is killed between the two must not leave the
    /// word that OUT still holds it.
    pub(crate) fn forget(self, options: &BundleOptions) -> Self {
        if let Some(identity) = &self.identity {
            let _ = fs::remove_file(place(&self.cache, identity, options));
        }
        Self { last: None, ..self }
    }

    /// Remembers a result. Inputs that changed while they were read are not what it was made of, so they are looked at
    /// again.
    pub(crate) fn remember(&self, published: &Published, news: &News, own: Option<OwnPart>, options: &BundleOptions) {
        let Some(key) = &self.key else { return };
        let is_as_it_was = || {
            // What was read is what was published; what lies in folders may have changed meanwhile.
            let again = InputKey::for_output(&self.request.looked_at_again(), options).ok();
            again.as_ref().and_then(identity) == self.identity
        };
        if self.identity.is_some() && is_as_it_was() {
            let mut warnings = Warnings::default();
            for (part, given) in warnings.iter_mut().zip(&news.warnings) {
                part.clone_from(given);
            }
            self.write(&Kept::new(published, news.freshness.as_ref(), own, warnings), options);
            self.cache.keep(&inputs_place(&self.cache, options), &key.parts());
        }
    }

    /// What cannot be remembered costs the next run time.
    fn write(&self, kept: &Kept, options: &BundleOptions) {
        if let Some(identity) = &self.identity
            && self.last.as_ref() != Some(kept)
        {
            self.cache.keep(&place(&self.cache, identity, options), kept);
        }
    }
}

impl Kept {
    /// What is remembered; nothing under `--refresh`.
    fn read(options: &BundleOptions, identity: &str, cache: &Cache) -> Option<Self> {
        if options.request.indexes.refresh {
            return None;
        }
        cache.recall(&place(cache, identity, options))
    }

    /// A result to be remembered.
    fn new(published: &Published, freshness: Option<&Freshness>, own: Option<OwnPart>, warnings: Warnings) -> Self {
        Self {
            freshness: freshness.cloned(),
            files: published.files,
            size_bytes: published.size_bytes,
            zip: published.zip.clone(),
            layers: published
                .layers
                .iter()
                .map(|layer| PublishedLayer { path: PathBuf::new(), ..layer.clone() })
                .collect(),
            dists: published.dists.clone(),
            excluded: published.excluded.clone(),
            passed_over: published.passed_over.clone(),
            left_out: published.left_out,
            own,
            warnings,
        }
    }

    /// The result with the distributions as this run knows them.
    fn published(&self, dists: Vec<BundledDist>, excluded: Vec<PackageName>, options: &BundleOptions) -> Published {
        let out = &options.publish.out;
        let layers = self.layers.iter().zip(1..);
        let layers = layers.map(|(layer, number)| PublishedLayer { path: numbered(out, number), ..layer.clone() });
        Published {
            path: out.clone(),
            target: options.target.clone(),
            files: self.files,
            size_bytes: self.size_bytes,
            zip: self.zip.clone(),
            layers: layers.collect(),
            dists,
            excluded,
            passed_over: self.passed_over.clone(),
            left_out: self.left_out,
            changes: Some(Vec::new()),
            is_unchanged: true,
        }
    }
}

/// Identifies what an output holds: the inputs, and name and digest of each wheel.
fn made_of(identity: &str, dists: &[BundledDist]) -> String {
    let mut lines: Vec<String> = dists.iter().map(|dist| format!("{} {}", dist.filename, dist.sha256)).collect();
    lines.sort_unstable();
    sha256(format!("{identity}\n{}", lines.join("\n")).as_bytes()).hex()
}

/// Whether OUT, or each of its layers, was made of `made_of` and is as it was written. What a killed run has left there
/// is put in order first.
fn lies_in_out(options: &BundleOptions, made_of: &str, layers: usize) -> bool {
    let publish = &options.publish;
    if options.assembly.split.is_some() {
        let outs = (1..=layers).map(|number| numbered(&publish.out, number));
        let is_there = |out: &PathBuf| {
            tidy(out);
            is_unchanged(out, &publish.state_folders, made_of)
        };
        // Every output is looked at, also behind one that is not as it was, so that each is put in order.
        let missing = outs.filter(|out| !is_there(out)).count();
        return layers > 0 && missing == 0;
    }
    tidy(&publish.out);
    let is_as_it_was = match options.assembly.kind {
        BundleKind::Function | BundleKind::Layer => is_unchanged,
        BundleKind::Packages => is_installed_unchanged,
    };
    is_as_it_was(&publish.out, &publish.state_folders, made_of)
}

fn place(cache: &Cache, identity: &str, options: &BundleOptions) -> PathBuf {
    cache.entry(Bucket::Bundles, &format!("{identity}\n{}", place_of(options).display()))
}

/// Where the inputs of the last run with an output are remembered, to tell what has changed since.
fn inputs_place(cache: &Cache, options: &BundleOptions) -> PathBuf {
    cache.entry(Bucket::Bundles, &format!("inputs of\n{}", place_of(options).display()))
}
