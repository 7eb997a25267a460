//! The files of every plan, brought into the mirror.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::finding::MirrorFailures;
use super::needed::Needed;
use super::place::{add_all, missing};
use super::plan::ApplicationPlan;
use crate::context::Context;
use crate::mirror::{Mirror, MirrorError, MirrorFile};
use crate::ops::Error;
use crate::spec::{DistFile, HashAlgorithm, HashDigest};

/// The files that came into the mirror, and those that were needed and there already.
pub(super) struct Gathered {
    /// Files that were not there before, by name.
    pub(super) added: BTreeMap<String, MirrorFile>,
    /// Files that were needed and there already.
    pub(super) kept: usize,
    /// Files that were there already and of which the mirror does not know where they came from: its manifest was lost
    /// and made anew.
    pub(super) unknown: Vec<DistFile>,
}

/// Brings what is missing into the mirror, plan after plan; files of one name have the same bytes for all of them.
pub(super) async fn gather(
    plans: &mut [ApplicationPlan],
    mirror: &Arc<Mirror>,
    verify: bool,
    context: &Context,
    findings: &mut MirrorFailures,
) -> Result<Gathered, Error> {
    let mut added: BTreeMap<String, MirrorFile> = BTreeMap::new();
    let (mut names, mut unknown) = (BTreeSet::new(), Vec::new());
    for plan in plans {
        names.extend(plan.needed.keys().cloned());
        let known = findings.count();
        let name = plan.application.name.clone();
        let mut needed = std::mem::take(&mut plan.needed);
        needed.retain(|file, needed| match refuse_others(needed.accepted(), file, mirror, &added) {
            Ok(()) => !added.contains_key(file),
            Err(error) => {
                findings.add(&name, error);
                false
            }
        });
        let is_unknown = |file: &str| mirror.file(file).is_some_and(MirrorFile::is_unknown);
        unknown.extend(needed.iter().filter(|(file, _)| is_unknown(file)).map(|(_, needed)| needed.listing()));
        let missing = missing(needed, mirror, verify).await;
        let unhashed = known_without_digest(&missing, mirror);
        for one in add_all(missing, plan.inquiry.fetcher(), mirror, &plan.judge, context).await? {
            let same = |file: MirrorFile| mirror.check_same(&file.filename, &file.sha256).map(|()| file);
            match one.and_then(|file| same(file).map_err(Error::from)) {
                Ok(file) if unhashed.contains(&file.filename) => {}
                Ok(file) => {
                    added.insert(file.filename.clone(), file);
                }
                Err(error) => findings.add(&name, error),
            }
        }
        plan.is_whole = findings.count() == known;
        context.check_interrupted()?;
    }
    let kept = names.len() - added.len().min(names.len());
    Ok(Gathered { added, kept, unknown })
}

/// Names of needed files for which no digest is promised, and of which the mirror has one with a known origin. Whether
/// it has the same bytes shows only when the needed file has come.
fn known_without_digest(missing: &BTreeMap<String, Needed>, mirror: &Mirror) -> BTreeSet<String> {
    let is_held = |name: &str| mirror.file(name).is_some_and(|file| !file.is_unknown());
    let is_known = |(name, needed): &(&String, &Needed)| !needed.has_sha256() && is_held(name);
    missing.iter().filter(is_known).map(|(name, _)| name.clone()).collect()
}

/// Refuses a file when the mirror, or another application of this run, has other bytes under its name, as far as
/// digests tell before it is fetched.
fn refuse_others(
    accepted: &[HashDigest],
    name: &str,
    mirror: &Mirror,
    added: &BTreeMap<String, MirrorFile>,
) -> Result<(), MirrorError> {
    let sha256: Vec<String> =
        accepted.iter().filter(|it| it.algorithm() == HashAlgorithm::Sha256).map(HashDigest::hex).collect();
    let Some(held) = mirror.file(name).or_else(|| added.get(name)) else { return Ok(()) };
    // Digests of other kinds are compared when the file has come.
    let is_refused = sha256.len() == accepted.len() && !sha256.is_empty() && !sha256.contains(&held.sha256);
    if !is_refused {
        return Ok(());
    }
    let (file, held, offered) = (name.to_owned(), held.sha256.clone(), sha256.join(" or "));
    Err(MirrorError::OtherBytes { file, held, offered })
}
