//! Candidates that are looked at before the solver gets them.
//!
//! Each version that the solver turns down makes its sets longer, so a thousand of them take a million steps and
//! hundreds of megabytes. After some dozens of a project, those are kept from it that can never be used, whatever else
//! is chosen: no usable version meets one of their requirements, or what the user asks for leaves none that does. Fewer
//! are left to the solver, because it can explain them better.

use std::collections::BTreeMap;
use std::rc::Rc;

use pubgrub::Ranges;

use super::needs::{self, Needs};
use super::package::Package;
use super::provider::{Known, Provider};
use super::rivals::{Rival, Rivals};
use super::source::SourceError;
use super::sourced::SourcedVersion;
use crate::spec::PackageName;

impl Provider<'_> {
    /// Whether a version cannot be used whatever else is chosen.
    pub(super) fn is_screened_out(
        &self,
        name: &PackageName,
        version: &SourcedVersion,
        rivals: &[Rc<Rival>],
    ) -> Result<bool, SourceError> {
        let reason = match self.metadata(name, version)? {
            Ok(metadata) => needs::unmet(self, name, &metadata, rivals)?,
            Err(reason) => Some(reason),
        };
        let is_out = reason.is_some();
        if let Some(reason) = reason {
            self.state.borrow_mut().screened.insert((name.clone(), version.clone()), reason);
        }
        Ok(is_out)
    }

    /// The rivals that a version of a project has to agree with. Nothing is fetched for that: a project is no rival
    /// while some of its usable versions are not known.
    pub(super) fn rivals(&self, name: &PackageName) -> Result<Vec<Rc<Rival>>, SourceError> {
        let Rivals { mut known, mut open } = std::mem::take(&mut self.state.borrow_mut().rivals);
        if known.is_empty() {
            let leaves = of_projects(Needs::of_user(self)?);
            open.extend(leaves.iter().map(|(name, range)| (name.clone(), range.clone())));
            known.push(Rc::new(Rival { by: None, leaves }));
        }
        let mut still_open = Vec::new();
        for (by, range) in open {
            match self.leaves(&by, &range)? {
                Some(leaves) => known.push(Rc::new(Rival { by: Some(by), leaves })),
                None => still_open.push((by, range)),
            }
        }
        let others = known.iter().filter(|rival| rival.by.as_ref() != Some(name)).cloned().collect();
        self.state.borrow_mut().rivals = Rivals { known, open: still_open };
        Ok(others)
    }

    /// What the usable versions of a range require of others, together; `None` when that is not known of all of them.
    fn leaves(
        &self,
        name: &PackageName,
        range: &Ranges<SourcedVersion>,
    ) -> Result<Option<BTreeMap<PackageName, Ranges<SourcedVersion>>>, SourceError> {
        let rules = self.policy.rules(name);
        let Some(Known::Listed(listing)) = self.project_if_known(name) else { return Ok(None) };
        if rules.demand.is_some() || self.has_direct_in(name, range) {
            return Ok(None);
        }
        let candidates = || listing.candidates(&self.policy, rules, range).map(|(release, _)| &release.version);
        if !candidates().all(|version| self.known_metadata(name, version).is_some()) {
            return Ok(None);
        }
        let mut leaves: Option<BTreeMap<PackageName, Ranges<SourcedVersion>>> = None;
        for version in candidates() {
            let Some(Ok(metadata)) = self.known_metadata(name, version) else { continue };
            let Ok(needs) = Needs::of_dist(self, name, version, None, &metadata)? else { continue };
            let mut ranges = of_projects(needs);
            leaves = Some(match leaves {
                None => ranges,
                // A version that does not require a project goes with all versions of that project.
                Some(leaves) => leaves
                    .into_iter()
                    .filter_map(|(required, known)| {
                        let range = ranges.remove(&required)?;
                        Some((required, known.union(&range)))
                    })
                    .collect(),
            });
        }
        Ok(Some(leaves.unwrap_or_default()))
    }
}

fn of_projects(needs: Needs) -> BTreeMap<PackageName, Ranges<SourcedVersion>> {
    let projects = needs.ranges.into_iter().filter_map(|(package, range)| match package {
        Package::Project(name) => Some((name, range)),
        Package::Root | Package::Extra(..) => None,
    });
    projects.collect()
}
