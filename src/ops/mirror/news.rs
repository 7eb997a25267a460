//! What indexes say by now of the files that a mirror has, and which applications it remembers.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::finding::MirrorFailures;
use super::plan::ApplicationPlan;
use crate::context::Context;
use crate::mirror::{Application, Mirror, MirrorError, MirrorFile, Upstream};
use crate::spec::PackageName;

/// Most projects that are listed at the same time: the lists of indexes hold much more than a mirror needs, so they
/// must not all be in memory.
const AT_ONCE: usize = 32;

/// Takes what the indexes of the applications say now of the files that the mirror has from them.
pub(super) async fn refresh(
    mirror: &mut Mirror,
    plans: &[ApplicationPlan],
    context: &Context,
    findings: &mut MirrorFailures,
) {
    for plan in plans {
        refresh_one(mirror, plan, context, findings).await;
        for name in &plan.asked {
            mirror.note_status(name, plan.inquiry.source().index().status(name));
        }
    }
}

/// Remembers the applications of which everything is there. With `force`, one that requires nothing any more too.
pub(super) fn remember(mirror: &mut Mirror, plans: Vec<ApplicationPlan>, force: bool, findings: &mut MirrorFailures) {
    for ApplicationPlan { application, is_whole, .. } in plans {
        if let Some(error) = nothing_required(mirror, &application).filter(|_| !force) {
            findings.add(&application.name, error);
        } else if is_whole {
            mirror.remember(application);
        }
    }
}

/// Why an application is refused that has files in the mirror and requires none any more: most likely its input is
/// empty by mistake.
fn nothing_required(mirror: &Mirror, application: &Application) -> Option<MirrorError> {
    let held = mirror.applications().find(|known| known.name == application.name)?.files.len();
    let is_empty = application.files.is_empty() && held > 0;
    is_empty.then(|| MirrorError::NothingRequired { name: application.name.clone(), held })
}

/// Takes what the indexes of an application say now of the files that the mirror has from them: what was withdrawn,
/// what is gone and what was replaced.
async fn refresh_one(mirror: &mut Mirror, plan: &ApplicationPlan, context: &Context, findings: &mut MirrorFailures) {
    let projects: HashSet<&str> = plan.asked.iter().map(AsRef::as_ref).collect();
    let of_these = mirror.files().filter(|file| projects.contains(file.project.as_str()));
    let held: BTreeSet<String> = of_these.map(|file| file.filename.clone()).collect();
    let mut listed: HashMap<(String, String), Upstream> = HashMap::new();
    let mut indexes = BTreeSet::new();
    let asked: Vec<&PackageName> = plan.asked.iter().collect();
    for some in asked.chunks(AT_ONCE) {
        let listings = futures_util::future::join_all(some.iter().map(|name| plan.inquiry.listed(name))).await;
        for file in listings.into_iter().flatten().flatten() {
            let index = file.origin.url.without_credentials().to_string();
            indexes.insert((file.filename.name().to_string(), index.clone()));
            if held.contains(file.filename.as_str()) {
                listed.insert((file.filename.as_str().to_owned(), index), Upstream::of(&file));
            }
        }
    }
    for name in held {
        let Some(MirrorFile { project, index, .. }) = mirror.file(&name) else { continue };
        if !indexes.contains(&(project.clone(), index.clone())) {
            continue;
        }
        let index = index.clone();
        match listed.get(&(name.clone(), index.clone())) {
            None => context.warn(&format!("`{name}` is no longer listed by {index}; it stays in the mirror")),
            Some(upstream) => {
                // Those of the application itself were compared when they were needed.
                let others = upstream.sha256.as_ref().filter(|_| !plan.application.files.contains_key(&name));
                let same = others.map_or(Ok(()), |sha256| mirror.check_same(&name, sha256));
                if let Err(error) = same {
                    findings.add(&plan.application.name, error);
                } else if mirror.refresh(&name, upstream) {
                    context.warn(&format!("`{name}` was withdrawn from {index}; it stays in the mirror"));
                }
            }
        }
    }
}
