//! The solver against trying everything: small random indexes with extras, pre-releases, yanked versions,
//! Requires-Python.

use std::collections::{BTreeMap, BTreeSet};

use barrow::resolution::Resolution;
use barrow::resolve::ResolveError;
use proptest::prelude::*;

use crate::scenario::{FullRelease, Release, Scenario, TableSource, UserLine};

const PROJECTS: [&str; 4] = ["a", "b", "c", "d"];
/// In order; `2.0a1` is a pre-release of `2.0`, which `<2.0` leaves out.
const VERSIONS: [&str; 5] = ["1.0", "1.5", "2.0a1", "2.0", "3.0"];
const PRERELEASE: usize = 2;

/// A requirement as numbers.
#[derive(Clone, Copy, Debug)]
struct Need {
    project: usize,
    operator: &'static str,
    version: usize,
    asks_extra: bool,
}

#[derive(Clone, Debug)]
struct Version {
    needs: Vec<Need>,
    /// What the extra `x` brings.
    extra_needs: Vec<Need>,
    is_yanked: bool,
    needs_newer_python: bool,
    is_sdist: bool,
}

/// A whole index and what the user asks of it.
#[derive(Clone, Debug)]
struct World {
    /// By project, then by version; `None` where there is no such version.
    projects: Vec<Vec<Option<Version>>>,
    user: Vec<Need>,
    disallows_prereleases: bool,
    lowest: bool,
}

impl Need {
    fn takes(self, version: usize) -> bool {
        match self.operator {
            "" => true,
            "==" => version == self.version,
            "!=" => version != self.version,
            ">=" => version >= self.version,
            "<=" => version <= self.version,
            "<" => version < self.version && !(version == PRERELEASE && self.version == PRERELEASE + 1),
            ">" => version > self.version,
            other => panic!("{other}"),
        }
    }

    fn text(self) -> String {
        let extra = if self.asks_extra { "[x]" } else { "" };
        let version = if self.operator.is_empty() { "" } else { VERSIONS[self.version] };
        format!("{}{extra}{}{version}", PROJECTS[self.project], self.operator)
    }
}

impl World {
    fn scenario(&self) -> Scenario {
        let mut packages = BTreeMap::new();
        for (name, versions) in PROJECTS.iter().zip(&self.projects) {
            let releases: BTreeMap<String, Release> = VERSIONS
                .iter()
                .zip(versions)
                .filter_map(|(text, version)| Some(((*text).to_owned(), release(version.as_ref()?))))
                .collect();
            packages.insert((*name).to_owned(), releases);
        }
        let mut scenario = Scenario {
            requires: self.user.iter().map(|need| UserLine::Plain(need.text())).collect(),
            packages,
            ..Scenario::default()
        };
        if self.disallows_prereleases {
            scenario.options.prerelease = Some("disallow".to_owned());
        }
        if self.lowest {
            scenario.options.resolution = Some("lowest".to_owned());
        }
        scenario
    }

    fn is_usable(&self, project: usize, version: usize) -> bool {
        let Some(release) = &self.projects[project][version] else { return false };
        let is_pinned =
            self.user.iter().any(|need| need.project == project && need.operator == "==" && need.version == version);
        let is_left_out = release.needs_newer_python
            || release.is_sdist
            || (release.is_yanked && !is_pinned)
            || (self.disallows_prereleases && version == PRERELEASE);
        !is_left_out
    }

    /// Whether a choice of versions meets everything; gives what is really needed of it.
    fn meets(&self, choice: &[Option<usize>]) -> Option<BTreeSet<usize>> {
        let mut queue: Vec<Need> = self.user.clone();
        let mut seen = BTreeSet::new();
        let mut needed = BTreeSet::new();
        while let Some(need) = queue.pop() {
            let version = choice[need.project]?;
            if !need.takes(version) || !self.is_usable(need.project, version) {
                return None;
            }
            needed.insert(need.project);
            let release = self.projects[need.project][version].as_ref()?;
            if seen.insert((need.project, false)) {
                queue.extend(&release.needs);
            }
            if need.asks_extra && seen.insert((need.project, true)) {
                queue.extend(&release.extra_needs);
            }
        }
        Some(needed)
    }

    /// Whether any choice of versions meets everything.
    fn has_solution(&self) -> bool {
        let options = VERSIONS.len() + 1;
        (0..options.pow(4)).any(|number| {
            let choice: Vec<Option<usize>> =
                (0..4).map(|place| (number / options.pow(place) % options).checked_sub(1)).collect();
            self.meets(&choice).is_some()
        })
    }
}

fn release(version: &Version) -> Release {
    let mut requires: Vec<String> = version.needs.iter().map(|need| need.text()).collect();
    requires.extend(version.extra_needs.iter().map(|need| format!("{} ; extra == 'x'", need.text())));
    Release::Full(Box::new(FullRelease {
        requires,
        extras: vec!["x".to_owned()],
        yanked: version.is_yanked.then(|| "broken".to_owned()),
        requires_python: version.needs_newer_python.then(|| ">=3.13".to_owned()),
        sdist: version.is_sdist,
        ..FullRelease::default()
    }))
}

fn need() -> impl Strategy<Value = Need> {
    let operator = prop_oneof![
        3 => Just(""), 2 => Just(">="), 2 => Just("<="), 2 => Just("<"), 1 => Just(">"), 1 => Just("=="), 1 => Just("!=")
    ];
    (0..4usize, operator, 0..5usize, prop::bool::weighted(0.3))
        .prop_map(|(project, operator, version, asks_extra)| Need { project, operator, version, asks_extra })
        // `>2.0a1` and `<=` at pre-releases hold more than the plain order says; borders have a test of their own.
        .prop_filter("plain order", |need| !(need.operator == ">" && need.version == PRERELEASE))
}

fn version() -> impl Strategy<Value = Version> {
    (
        prop::collection::vec(need(), 0..3),
        prop::collection::vec(need(), 0..2),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(needs, extra_needs, is_yanked, needs_newer_python, is_sdist)| Version {
            needs,
            extra_needs,
            is_yanked,
            needs_newer_python,
            is_sdist,
        })
}

fn world() -> impl Strategy<Value = World> {
    let project = prop::collection::vec(prop::option::weighted(0.7, version()), VERSIONS.len());
    (
        prop::collection::vec(project, PROJECTS.len()),
        prop::collection::vec(need(), 1..4),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(projects, user, disallows_prereleases, lowest)| World {
            projects,
            user,
            disallows_prereleases,
            lowest,
        })
}

/// The choice of a resolution, as numbers.
fn choice(resolution: &Resolution) -> Vec<Option<usize>> {
    let version_of = |project: &str| {
        let dist = resolution.dists.iter().find(|dist| dist.name.to_string() == *project)?;
        let text = dist.version.to_string();
        Some(VERSIONS.iter().position(|known| *known == text).expect("the version is one of the world"))
    };
    PROJECTS.iter().map(|project| version_of(project)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn finds_an_answer_exactly_when_there_is_one(world in world()) {
        let scenario = world.scenario();
        let source = TableSource::new(&scenario);
        match scenario.resolve(&source) {
            Ok(resolution) => {
                let choice = choice(&resolution);
                let needed = world.meets(&choice);
                prop_assert!(needed.is_some(), "{choice:?} does not meet everything");
                let chosen: BTreeSet<usize> = (0..4).filter(|place| choice[*place].is_some()).collect();
                prop_assert_eq!(needed, Some(chosen), "exactly what is needed is chosen");
            }
            Err(ResolveError::NoSolution { explanation, .. }) => {
                prop_assert!(!world.has_solution(), "there is a solution, but: {}", explanation);
                prop_assert!(!explanation.is_empty());
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
