//! The project's answers to the questions of the `PubGrub` algorithm.

use std::sync::PoisonError;

use pubgrub::{Dependencies, DependencyProvider, PackageResolutionStatistics, Ranges};

use super::needs::Needs;
use super::package::Package;
use super::priority::{Merits, Priority};
use super::provider::{Interruption, MOST_PREFETCHES, Provider, root_version};
use super::sourced::SourcedVersion;
use crate::resolution::Exclusion;

impl DependencyProvider for Provider<'_> {
    type P = Package;
    type V = SourcedVersion;
    type VS = Ranges<SourcedVersion>;
    type M = Exclusion;
    type Priority = Priority;
    type Err = Interruption;

    fn should_cancel(&self) -> Result<(), Interruption> {
        if self.state.borrow().wants_restart { Err(Interruption::Restart) } else { Ok(()) }
    }

    fn prioritize(
        &self,
        package: &Package,
        range: &Ranges<SourcedVersion>,
        statistics: &PackageResolutionStatistics,
    ) -> Priority {
        if let Package::Project(name) = package {
            let arrived = {
                let mut state = self.state.borrow_mut();
                state.last_range.insert(name.clone(), range.clone());
                // A range that has changed may lead to another version than the one that was fetched ahead. While steps
                // are taken back ranges change to and fro, and most of what was fetched for them would be in vain.
                let is_early = state.prefetches.get(name).is_none_or(|count| *count < MOST_PREFETCHES);
                is_early.then(|| self.listings.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned())
            };
            if let Some(listing) = arrived.flatten()
                && let Some((_, file)) = listing.candidates(&self.policy, self.policy.rules(name), range).next()
            {
                self.prefetch(name, &[file]);
            }
        }
        let first_seen = self.first_seen(package);
        let state = self.state.borrow();
        let own = state.standings.get(package);
        let of_project = || state.standings.get(&Package::Project(package.name()?.clone()));
        let (standing, place) = own.or_else(of_project).copied().unwrap_or_default();
        let rules = package.name().map(|name| self.policy.rules(name));
        let merits = Merits {
            is_named: rules.is_some_and(|rules| rules.is_direct),
            is_limited: rules.is_some_and(|rules| rules.is_limited),
            standing,
            place,
            is_pressed_extra: own.is_some() && matches!(package, Package::Extra(..)),
            conflicts: statistics.conflict_count(),
            first_seen,
        };
        Priority::of(package, range, merits)
    }

    fn choose_version(
        &self,
        package: &Package,
        range: &Ranges<SourcedVersion>,
    ) -> Result<Option<SourcedVersion>, Interruption> {
        match package {
            Package::Root => Ok(Some(root_version())),
            Package::Project(name) => {
                self.note_rejection(package, name, range);
                // Nothing more is asked for in an order that is given up.
                self.should_cancel()?;
                let chosen = self.choose(name, range)?;
                if let Some(version) = &chosen {
                    self.state.borrow_mut().last_choice.insert(name.clone(), version.clone());
                }
                Ok(chosen)
            }
            Package::Extra(name, _) => {
                self.note_rejection(package, name, range);
                self.should_cancel()?;
                // An extra must get its project's version, so the project's own choice or range is the best guess.
                let (choice, project_range) = {
                    let state = self.state.borrow();
                    (state.last_choice.get(name).cloned(), state.last_range.get(name).cloned())
                };
                if let Some(version) = choice.filter(|version| range.contains(version)) {
                    return Ok(Some(version));
                }
                let narrowed = project_range.map(|project_range| project_range.intersection(range));
                if let Some(narrowed) = narrowed.filter(|narrowed| !narrowed.is_empty())
                    && let Some(version) = self.choose(name, &narrowed)?
                {
                    return Ok(Some(version));
                }
                Ok(self.choose(name, range)?)
            }
        }
    }

    fn get_dependencies(
        &self,
        package: &Package,
        version: &SourcedVersion,
    ) -> Result<Dependencies<Package, Ranges<SourcedVersion>, Exclusion>, Interruption> {
        let needs = match package {
            Package::Root => Needs::of_user(self)?,
            Package::Project(name) | Package::Extra(name, _) => {
                let metadata = match self.metadata(name, version)? {
                    Ok(metadata) => metadata,
                    Err(reason) => return Ok(Dependencies::Unavailable(reason)),
                };
                let extra = if let Package::Extra(_, extra) = package { Some(extra) } else { None };
                match Needs::of_dist(self, name, version, extra, &metadata)? {
                    Ok(needs) => needs,
                    Err(reason) => return Ok(Dependencies::Unavailable(reason)),
                }
            }
        };
        self.announce(&needs.ranges);
        for package in needs.ranges.keys() {
            self.first_seen(package);
        }
        Ok(Dependencies::Available(needs.ranges.into_iter().collect()))
    }
}
