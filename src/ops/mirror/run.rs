//! The command itself, from applications to a mirror that is published.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::finding::MirrorFailures;
use super::folder::{UNSIGNED, open, refuse_damage};
use super::gather::{Gathered, gather};
use super::news::{refresh, remember};
use super::options::{MirrorOptions, Mirrored};
use super::plan::ApplicationPlan;
use crate::context::Context;
use crate::mirror::Mirror;
use crate::ops::Error;

/// Resolves every application for its targets and adds what is missing to the mirror.
pub async fn mirror(options: MirrorOptions, context: Context) -> Result<Mirrored, Error> {
    let mut findings = MirrorFailures::new(options.applications.len() == 1);
    let mut plans = ApplicationPlan::make_all(&options, &context, &mut findings).await?;
    let Some(first) = plans.first() else { return Err(findings.into_error()) };
    let mirror = Arc::new(open(options.out.clone(), first.judge.options.limits, context.clone()).await?);
    let gathered = gather(&mut plans, &mirror, options.verify, &context, &mut findings).await?;
    let mut mirror = Arc::into_inner(mirror).ok_or(Error::Worker("mirror"))?;
    gathered.added.values().for_each(|file| mirror.list(file.clone()));
    gathered.unknown.iter().for_each(|file| mirror.complete(file));
    refresh(&mut mirror, &plans, &context, &mut findings).await;
    remember(&mut mirror, plans, options.force, &mut findings);
    let publishing = move || publish(mirror, gathered, &options, findings, &context);
    tokio::task::spawn_blocking(publishing).await.map_err(|_| Error::Worker("mirror"))?
}

/// Writes pages and manifest. What is not all that was asked for is neither pruned nor signed.
fn publish(
    mut mirror: Mirror,
    gathered: Gathered,
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
    match &options.sign_key {
        Some(key) if findings.is_empty() => mirror.sign(key)?,
        _ if changes.lost_signatures => context.warn(UNSIGNED),
        _ => {}
    }
    if !findings.is_empty() {
        return Err(findings.into_error());
    }
    if options.verify {
        refuse_damage(&mirror)?;
    }
    let Gathered { added, kept, .. } = gathered;
    let added = BTreeMap::into_values(added).collect();
    Ok(Mirrored { added, kept, removed: changes.removed, ..Mirrored::of(&mirror)? })
}
