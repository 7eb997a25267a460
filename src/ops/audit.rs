//! `audit`: what is known about the distributions of an inventory or a mirror.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::Error;
use crate::audit::{Advisories, Vulnerability, read_answer};
use crate::context::Context;
use crate::inventory::{Component, Inventory};
use crate::mirror::Mirror;
use crate::request::RequestOptions;
use crate::spec::{DistFilename, PackageName, SafeUrl, Version};
use crate::supply::Inquiry;

/// Questions to a server at the same time.
const QUESTIONS: usize = 16;

/// What was found, before anything is ignored.
#[derive(Clone, Debug, Default)]
pub struct Audited {
    /// Everything that is known.
    pub findings: Vec<Vulnerability>,
    /// Distributions that nothing could be learnt about, each with the reason.
    pub unknown: Vec<(PackageName, Version, String)>,
}

/// A distribution about which it is asked.
#[derive(Clone, Debug)]
pub struct AuditSubject {
    /// The project, by its normalized name.
    pub name: PackageName,
    /// The version of which vulnerabilities are looked for.
    pub version: Version,
    /// The indexes that its files came from, as far as they are known.
    pub indexes: Vec<SafeUrl>,
    /// How it came here: for each who wants it, the names from there to its own.
    pub ways: Vec<Vec<String>>,
}

/// The distributions of an inventory.
pub fn subjects_of(inventory: &Inventory) -> Vec<AuditSubject> {
    let subject = |dist: &Component| AuditSubject {
        name: dist.name.clone(),
        version: dist.version.clone(),
        indexes: dist.origin.index.iter().map(|index| index.url.clone()).collect(),
        ways: vec![inventory.way_to(&dist.name).into_iter().map(ToString::to_string).collect()],
    };
    inventory.dists.iter().map(subject).collect()
}

/// Every version of every project of which a mirror has files; the ways begin with the applications.
pub fn subjects_of_mirror(mirror: &Mirror) -> Vec<AuditSubject> {
    let mut subjects: BTreeMap<(PackageName, Version), AuditSubject> = BTreeMap::new();
    for file in mirror.files() {
        let Ok(name) = file.project.parse::<PackageName>() else { continue };
        let Ok(filename) = DistFilename::parse(&file.filename, &name) else { continue };
        let version = filename.version().clone();
        let subject = subjects.entry((name.clone(), version.clone())).or_insert_with(|| AuditSubject {
            name,
            version,
            indexes: Vec::new(),
            ways: Vec::new(),
        });
        subject.indexes.extend(SafeUrl::parse(&file.index));
        for application in mirror.applications() {
            let Some(way) = application.files.get(&file.filename) else { continue };
            let way = [application.name.clone()].into_iter().chain(way.iter().cloned()).collect();
            if !subject.ways.contains(&way) {
                subject.ways.push(way);
            }
        }
    }
    subjects.into_values().collect()
}

/// Compares distributions with advisories that lie on this machine.
pub fn audit_with(subjects: &[AuditSubject], advisories: &Advisories) -> Audited {
    let of = |dist: &AuditSubject| {
        let known = advisories.of(&dist.name, &dist.version).into_iter();
        let (name, version) = (dist.name.clone(), dist.version.clone());
        known.map(move |advisory| Vulnerability { name: name.clone(), version: version.clone(), advisory })
    };
    Audited { findings: subjects.iter().flat_map(of).collect(), unknown: Vec::new() }
}

/// Asks the default index about every distribution. Those that another index has listed are not named to it.
///
/// # Errors
/// No index may be asked, or the one that may be says nothing about vulnerabilities.
pub async fn audit(request: RequestOptions, subjects: &[AuditSubject], context: Context) -> Result<Audited, Error> {
    let indexes = &request.indexes;
    let default = indexes.default.url.clone();
    let is_closed = request.client.offline || indexes.no_index || indexes.mirror.is_some();
    let is_server = matches!(default.reveal().scheme(), "http" | "https");
    if is_closed || !is_server {
        return Err(Error::NobodyToAsk);
    }
    let inquiry = Box::pin(Inquiry::begin(request, &context)).await?;
    let is_known_there = |dist: &&AuditSubject| dist.indexes.iter().all(|index| index.is_same_index(&default));
    let (asked, private): (Vec<&AuditSubject>, Vec<&AuditSubject>) = subjects.iter().partition(is_known_there);
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
        let others = dist.indexes.iter().filter(|index| !index.is_same_index(&default));
        let index = others.map(ToString::to_string).next().unwrap_or_default();
        let why = format!("it came from {index}, and is not named to others");
        audited.unknown.push((dist.name.clone(), dist.version.clone(), why));
    }
    Ok(audited)
}

/// What the index says about one distribution; `None`: it does not know it.
async fn ask(inquiry: &Inquiry, index: &SafeUrl, dist: &AuditSubject) -> Result<Option<Vec<Vulnerability>>, Error> {
    let (name, version) = (&dist.name, &dist.version);
    let answer = inquiry.source().index().release(index, name, version).await?;
    let advisories = answer.as_deref().and_then(read_answer);
    Ok(advisories.map(|advisories| {
        let finding = |advisory| Vulnerability { name: name.clone(), version: version.clone(), advisory };
        advisories.into_iter().map(finding).collect()
    }))
}
