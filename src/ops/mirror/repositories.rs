//! Git repositories of every plan, brought into the mirror as files.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
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

/// Brings the repositories of the plans into the mirror, each once; gives those that are new or have new commits.
pub(super) async fn gather_repositories(
    plans: &mut [ApplicationPlan],
    mirror: &Arc<Mirror>,
    context: &Context,
    findings: &mut MirrorFailures,
) -> Result<Vec<MirroredRepository>, Error> {
    let mut gathered = Vec::new();
    for (name, Wanted { needed, plans: askers }) in wanted(plans, findings).await {
        let first = &plans[askers[0]];
        match gather_one(&first.inquiry, &name, needed, mirror).await {
            Ok(placed) => {
                if let Some(repository) = &placed {
                    context.status(&format!("Mirrored the repository {}", repository.url));
                }
                gathered.extend(placed);
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
async fn wanted(plans: &mut [ApplicationPlan], findings: &mut MirrorFailures) -> BTreeMap<String, Wanted> {
    let mut all: BTreeMap<String, Wanted> = BTreeMap::new();
    for (place, plan) in plans.iter_mut().enumerate() {
        for (url, why) in std::mem::take(&mut plan.repositories).into_values() {
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
    all
}

/// Brings one repository into the mirror; `None`: the mirror has all that is needed of it already.
async fn gather_one(
    inquiry: &Inquiry,
    name: &str,
    needed: NeededRepository,
    mirror: &Arc<Mirror>,
) -> Result<Option<MirroredRepository>, Error> {
    let (own, wanted) = (Arc::clone(mirror), name.to_owned());
    let held = blocking(move || own.repository(&wanted).map(|(held, path)| (held.clone(), path))).await;
    // All that any commit of the repository needs.
    let mut submodules = needed.submodules.clone();
    submodules.extend(held.iter().flat_map(|(held, _)| held.submodules.iter().cloned()));
    let submodules: Vec<String> = submodules.into_iter().collect();
    let earlier = held.as_ref().map(|(_, path)| path.as_path());
    let Some(file) = inquiry.repository_file(&needed, earlier).await? else {
        let held = held.map(|(held, _)| MirroredRepository { submodules, ..held });
        return Ok(held.filter(|now| Some(now) != mirror.repository_listed(name)));
    };
    let mirror = Arc::clone(mirror);
    let placing = move || {
        let placed = mirror.place_repository(&needed.url, submodules, &file.path);
        drop(file);
        placed
    };
    Ok(Some(blocking(placing).await?))
}
