//! `audit`: what is known about the distributions of an inventory.

use futures_util::StreamExt as _;
use futures_util::stream;

use super::Error;
use crate::audit::{Advisories, Finding, read_answer};
use crate::context::Context;
use crate::inventory::{Component, Inventory};
use crate::request::RequestOptions;
use crate::spec::{PackageName, SafeUrl, Version};
use crate::supply::{Inquiry, Session};

/// Questions to a server at the same time.
const QUESTIONS: usize = 16;

/// What was found, before anything is ignored.
#[derive(Clone, Debug, Default)]
pub struct Audited {
    /// Everything that is known.
    pub findings: Vec<Finding>,
    /// Distributions that nothing could be learnt about, each with the reason.
    pub unknown: Vec<(PackageName, Version, String)>,
}

/// Compares an inventory with advisories that lie on this machine.
pub fn audit_with(inventory: &Inventory, advisories: &Advisories) -> Audited {
    let of = |dist: &Component| {
        let known = advisories.of(&dist.name, &dist.version).into_iter();
        let (name, version) = (dist.name.clone(), dist.version.clone());
        known.map(move |advisory| Finding { name: name.clone(), version: version.clone(), advisory })
    };
    Audited { findings: inventory.dists.iter().flat_map(of).collect(), unknown: Vec::new() }
}

/// Asks the default index about every distribution. Those that another index has listed are not named to it.
///
/// # Errors
/// No index may be asked, or the one that may be says nothing about vulnerabilities.
pub async fn audit(request: RequestOptions, inventory: &Inventory, context: Context) -> Result<Audited, Error> {
    let indexes = &request.indexes;
    let default = indexes.default.url.clone();
    let is_closed = request.client.offline || indexes.no_index || indexes.mirror.is_some();
    let is_server = matches!(default.reveal().scheme(), "http" | "https");
    if is_closed || !is_server {
        return Err(Error::NobodyToAsk);
    }
    let session = Session::open(&request, &context)?;
    let inquiry = Box::pin(Inquiry::open(&session, session.read(request).await?)).await?;
    let is_known_there = |dist: &&Component| {
        let index = dist.origin.index.as_ref();
        index.is_none_or(|index| index.url.without_credentials() == default.without_credentials())
    };
    let (asked, private): (Vec<&Component>, Vec<&Component>) = inventory.dists.iter().partition(is_known_there);
    let answers = stream::iter(asked).map(|dist| {
        let (inquiry, default) = (&inquiry, &default);
        async move { (dist, ask(inquiry, default, dist).await) }
    });
    let answers: Vec<_> = answers.buffered(QUESTIONS).collect().await;
    context.check_interrupted()?;
    let mut audited = Audited::default();
    let mut answered = 0;
    for (dist, answer) in answers {
        if let Some(findings) = answer? {
            answered += 1;
            audited.findings.extend(findings);
        } else {
            let why = format!("{default} does not know it");
            audited.unknown.push((dist.name.clone(), dist.version.clone(), why));
        }
    }
    if answered == 0 && !audited.unknown.is_empty() {
        return Err(Error::NoAdvisories(default));
    }
    for dist in private {
        let index = dist.origin.index.as_ref().map(|index| index.url.to_string()).unwrap_or_default();
        let why = format!("it came from {index}, and is not named to others");
        audited.unknown.push((dist.name.clone(), dist.version.clone(), why));
    }
    Ok(audited)
}

/// What the index says about one distribution; `None`: it does not know it.
async fn ask(inquiry: &Inquiry, index: &SafeUrl, dist: &Component) -> Result<Option<Vec<Finding>>, Error> {
    let (name, version) = (&dist.name, &dist.version);
    let answer =
        inquiry.source().index().release(index, name, version).await.map_err(crate::supply::SupplyError::from)?;
    let advisories = answer.as_deref().and_then(read_answer);
    Ok(advisories.map(|advisories| {
        let finding = |advisory| Finding { name: name.clone(), version: version.clone(), advisory };
        advisories.into_iter().map(finding).collect()
    }))
}
