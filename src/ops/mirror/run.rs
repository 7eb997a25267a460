//! The command itself, from applications to a mirror that is published.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::finding::MirrorFailures;
use super::folder::{open, refuse_damage, sign_or_warn};
use super::gather::{Gathered, gather};
use super::news::{refresh, remember};
use super::options::{MirrorOptions, Mirrored};
use super::plan::ApplicationPlan;
use super::repositories::{GatheredRepository, gather_repositories};
use crate::blocking::blocking;
use crate::context::Context;
use crate::mirror::Mirror;
use crate::ops::Error;

/// Resolves every application for its targets and adds what is missing to the mirror.
///
/// # Errors
/// Everything that could not be mirrored; what could be is in the mirror.
pub async fn mirror(options: MirrorOptions, context: Context) -> Result<Mirrored, Error> {
    let mut findings = MirrorFailures::new(options.applications.len() == 1);
    let mut plans = ApplicationPlan::make_all(&options, &context, &mut findings).await?;
    // All is chosen: what was learnt for that is not needed any more.
    for plan in &plans {
        plan.inquiry.source().forget_answers();
    }
    let Some(first) = plans.first() else { return Err(findings.into_error()) };
    let limits = first.judge.options.limits;
    let mirror = Arc::new(open(options.out.clone(), limits, options.force, context.clone()).await?);
    let gathered = gather(&mut plans, &mirror, options.verify, &context, &mut findings).await?;
    let repositories = gather_repositories(&mut plans, &mirror, &context, &mut findings).await?;
    let mut mirror = Arc::into_inner(mirror).ok_or(Error::Worker("mirror"))?;
    let Gathered { added, kept, unknown } = gathered;
    let kept = kept + repositories.kept;
    let mut added_names: BTreeSet<String> = added.keys().cloned().collect();
    for file in added.into_values() {
        mirror.list(file);
    }
    for GatheredRepository { repository, is_added, unknown } in repositories.repositories {
        added_names.extend(repository.name().filter(|_| is_added));
        mirror.list_repository(repository, unknown.as_ref());
    }
    for file in &unknown {
        mirror.complete(file);
    }
    refresh(&mut mirror, &plans, &context, &mut findings).await;
    remember(&mut mirror, plans, options.force, &mut findings);
    let publishing = move || {
        let mirrored = publish(mirror, &options, findings, &context)?;
        Ok(Mirrored { added: added_names.into_iter().collect(), kept, ..mirrored })
    };
    blocking(publishing).await
}

/// Writes pages and manifest. A mirror that lacks some of what was asked for is neither pruned nor signed.
fn publish(
    mut mirror: Mirror,
    options: &MirrorOptions,
    mut findings: MirrorFailures,
    context: &Context,
) -> Result<Mirrored, Error> {
    let keep = mirror.needed();
    if options.prune
        && findings.is_empty()
        && !options.force
        && let Err(error) = mirror.check_prune(&keep)
    {
        findings.add_of_mirror(error);
    }
    let changes = mirror.publish((options.prune && findings.is_empty()).then_some(&keep))?;
    let key = options.sign_key.as_deref().filter(|_| findings.is_empty());
    sign_or_warn(&mirror, key, &changes, context)?;
    if !findings.is_empty() {
        return Err(findings.into_error());
    }
    if options.verify {
        refuse_damage(&mirror)?;
    }
    Ok(Mirrored { removed: changes.removed, ..Mirrored::of(mirror)? })
}
