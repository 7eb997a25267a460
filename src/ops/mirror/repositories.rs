//! Git repositories of every plan, brought into the mirror as files.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::sync::Arc;

use super::finding::MirrorFailures;
use super::plan::ApplicationPlan;
use crate::blocking::blocking;
use crate::context::Context;
use crate::index::MirroredRepository;
use crate::mirror::Mirror;
use crate::ops::Error;
use crate::supply::{Inquiry, NeededRepository};

/// A repository, with all that any plan needs of it, and the places of those plans.
struct Wanted {
    needed: NeededRepository,
    plans: Vec<usize>,
}

/// Repositories that the mirror is to list, and for how many anyone asked.
#[derive(Default)]
pub(super) struct GatheredRepositories {
    pub(super) repositories: Vec<GatheredRepository>,
    /// Repositories that were needed and there already.
    pub(super) kept: usize,
}

/// A repository of which the mirror is to list something else than it does.
pub(super) struct GatheredRepository {
    pub(super) repository: MirroredRepository,
    /// Its file is new.
    pub(super) is_added: bool,
    /// The file of which the mirror did not know what repository it holds, and that it took the place of.
    pub(super) unknown: Option<MirroredRepository>,
}

/// Brings the repositories of the plans into the mirror, each once.
pub(super) async fn gather_repositories(
    plans: &mut [ApplicationPlan],
    mirror: &Arc<Mirror>,
    context: &Context,
    findings: &mut MirrorFailures,
) -> Result<GatheredRepositories, Error> {
    let mut gathered = GatheredRepositories::default();
    for (name, Wanted { needed, plans: askers }) in wanted(plans, context, findings).await? {
        let first = &plans[askers[0]];
        match gather_one(&first.inquiry, &name, needed, mirror).await {
            Ok(placed) => {
                match placed.as_ref().filter(|placed| placed.is_added) {
                    Some(added) => context.status(&format!("Mirrored the repository {}", added.repository.url)),
                    None => gathered.kept += 1,
                }
                gathered.repositories.extend(placed);
            }
            Err(error) => {
                findings.add(&first.application.name, error);
                for asker in askers {
                    plans[asker].is_whole = false;
                }
            }
        }
        context.check_interrupted()?;
    }
    Ok(gathered)
}

/// Every repository that a plan needs, by name. One may be a submodule for one plan and asked for itself by another.
async fn wanted(
    plans: &mut [ApplicationPlan],
    context: &Context,
    findings: &mut MirrorFailures,
) -> Result<BTreeMap<String, Wanted>, Error> {
    let mut all: BTreeMap<String, Wanted> = BTreeMap::new();
    for (place, plan) in plans.iter_mut().enumerate() {
        for (url, why) in std::mem::take(&mut plan.repositories).into_values() {
            context.check_interrupted()?;
            let needed = match plan.inquiry.needed_repositories(&url).await {
                Ok(needed) => needed,
                Err(error) => {
                    findings.add(&plan.application.name, error);
                    plan.is_whole = false;
                    continue;
                }
            };
            for (name, needed) in needed {
                plan.application.files.entry(name.clone()).or_insert_with(|| why.clone());
                match all.entry(name) {
                    Entry::Vacant(entry) => drop(entry.insert(Wanted { needed, plans: vec![place] })),
                    Entry::Occupied(mut entry) => {
                        entry.get_mut().needed.add(needed);
                        entry.get_mut().plans.push(place);
                    }
                }
            }
        }
    }
    Ok(all)
}

/// Brings one repository into the mirror; `None`: the mirror has it already, and says so.
async fn gather_one(
    inquiry: &Inquiry,
    name: &str,
    needed: NeededRepository,
    mirror: &Arc<Mirror>,
) -> Result<Option<GatheredRepository>, Error> {
    let (own, wanted) = (Arc::clone(mirror), name.to_owned());
    let held = blocking(move || own.repository(&wanted).map(|(held, path)| (held.clone(), path))).await;
    let held = match held {
        Some(held) => Some(held),
        None => recognized(inquiry, &needed, mirror).await?,
    };
    let unknown = held.as_ref().map(|(held, _)| held).filter(|held| held.is_unknown()).cloned();
    // All that any commit of the repository needs.
    let mut submodules = needed.submodules.clone();
    submodules.extend(held.iter().flat_map(|(held, _)| held.submodules.iter().cloned()));
    let submodules: Vec<String> = submodules.into_iter().collect();
    let earlier = held.as_ref().map(|(_, path)| path.as_path());
    let Some(file) = inquiry.repository_file(&needed, earlier).await? else {
        let url = MirroredRepository::url_of(&needed.url);
        let now = held.map(|(held, _)| MirroredRepository { url, submodules, ..held });
        let now = now.filter(|now| Some(now) != mirror.repository_listed(name));
        return Ok(now.map(|repository| GatheredRepository { repository, is_added: false, unknown }));
    };
    let mirror = Arc::clone(mirror);
    let placing = move || {
        let placed = mirror.place_repository(&needed.url, submodules, &file.path);
        drop(file);
        placed
    };
    let repository = blocking(placing).await?;
    Ok(Some(GatheredRepository { repository, is_added: true, unknown }))
}

/// The file that holds the repository, of those of which the mirror does not know what they hold.
async fn recognized(
    inquiry: &Inquiry,
    needed: &NeededRepository,
    mirror: &Arc<Mirror>,
) -> Result<Option<(MirroredRepository, PathBuf)>, Error> {
    let (own, url) = (Arc::clone(mirror), needed.url.clone());
    for (held, path) in blocking(move || own.unknown_repositories(&url)).await {
        if inquiry.is_file_of(needed, &path).await? {
            return Ok(Some((held, path)));
        }
    }
    Ok(None)
}
