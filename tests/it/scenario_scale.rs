//! Sizes: long chains of conflicts, wide graphs, and how much is asked for.

use std::collections::BTreeMap;

use crate::scenario::{self, Release, Scenario, TableSource, UserLine};

fn requires(lines: &[&str]) -> Release {
    Release::Requires(lines.iter().map(|line| (*line).to_owned()).collect())
}

/// Hundreds of versions, each of which asks for another version of a project that has none of them: the derivation is
/// as long, and telling it must neither take long nor overflow the stack.
#[test]
fn a_conflict_of_many_versions_is_told_in_a_few_lines() {
    let versions = 200;
    let mut scenario = Scenario { requires: vec![UserLine::Plain("a".to_owned())], ..Scenario::default() };
    let a = (0..versions).map(|n| (format!("1.{n}"), requires(&[&format!("b==1.{n}")]))).collect();
    let b = (0..versions).map(|n| (format!("2.{n}"), requires(&[]))).collect();
    scenario.packages = BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), b)]);
    let source = TableSource::new(&scenario);
    let error = scenario.resolve(&source).expect_err("there is no solution").to_string();
    assert!(error.len() < 3000, "{error}");
    assert!(error.contains("a 1.199 requires `b==1.199`"), "{error}");
}

/// Projects in layers, each version of which asks for three of the next layer, some of them in old versions only.
#[test]
fn a_wide_graph_asks_for_little_more_than_it_needs() {
    let (layers, width) = (20, 10);
    let mut scenario = Scenario::default();
    for layer in 0..layers {
        for place in 0..width {
            let releases: BTreeMap<String, Release> = (0..10)
                .map(|version| {
                    let needs: Vec<String> = (0..3)
                        .filter(|_| layer + 1 < layers)
                        .map(|step| {
                            let to = (place * 3 + step * 7 + version) % width;
                            format!("p{}-{to}>=1.{},<1.{}", layer + 1, version / 2, 9 - (place + step) % 3)
                        })
                        .collect();
                    (format!("1.{version}"), Release::Requires(needs))
                })
                .collect();
            scenario.packages.insert(format!("p{layer}-{place}"), releases);
        }
    }
    scenario.requires = (0..width).map(|place| UserLine::Plain(format!("p0-{place}"))).collect();
    let source = TableSource::new(&scenario);
    let resolution = scenario.resolve(&source).expect("there is a solution");
    let chosen = resolution.dists.len();
    assert!(chosen > 150, "{chosen}");
    assert_eq!(scenario::pins(&resolution).len(), chosen);
    let (asked, ahead) = (source.metadata_requests(), source.metadata_requests_with_prefetched());
    assert!(asked <= chosen * 5 / 4, "{asked} for {chosen}");
    assert!(ahead <= chosen * 2, "{ahead} for {chosen}");
    assert!(source.project_questions() <= chosen + 20, "{} for {chosen}", source.project_questions());
}

/// Backtracking through many versions fetches ahead in batches.
#[test]
fn backtracking_fetches_ahead() {
    let mut scenario = Scenario {
        requires: vec![UserLine::Plain("a".to_owned()), UserLine::Plain("b<1.5".to_owned())],
        ..Scenario::default()
    };
    let a = (0..100).map(|n| (format!("1.{n}"), requires(&[&format!("b>=1.{n}")]))).collect();
    let b = (0..100).map(|n| (format!("1.{n}"), requires(&[]))).collect();
    scenario.packages = BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), b)]);
    let source = TableSource::new(&scenario);
    let resolution = scenario.resolve(&source).expect("there is a solution");
    assert_eq!(scenario::pins(&resolution), ["a==1.4", "b==1.4"]);
    let (asked, ahead) = (source.metadata_requests(), source.metadata_requests_with_prefetched());
    assert!(asked <= 97, "{asked}");
    assert!(ahead <= 101, "{ahead}");
}

/// Two thousand versions that cannot be used at all: most of them are kept from the solver, whose sets would grow with
/// each, and the explanation still names the first in full.
#[test]
fn versions_that_nothing_meets_are_screened() {
    let versions = 2000;
    let mut scenario = Scenario { requires: vec![UserLine::Plain("a".to_owned())], ..Scenario::default() };
    let a = (0..versions).map(|n| (format!("1.{n}"), requires(&[&format!("b==1.{n}")]))).collect();
    scenario.packages =
        BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), [("2.0".to_owned(), requires(&[]))].into())]);
    let source = TableSource::new(&scenario);
    let error = scenario.resolve(&source).expect_err("there is no solution").to_string();
    assert!(error.len() < 3000, "{error}");
    assert!(error.contains("a 1.1999 requires `b==1.1999`"), "{error}");
    assert!(error.contains("1.1939: it requires `b==1.1939`, which no usable version meets"), "{error}");
}

/// Two thousand versions that do not go with what the user asks for beside them: most are kept from the solver as well,
/// and the one that does go is found among them.
#[test]
fn versions_that_go_with_nothing_the_user_names_are_screened() {
    let scenario_with = |oldest: u32| {
        let mut scenario = Scenario {
            requires: vec![UserLine::Plain("a".to_owned()), UserLine::Plain("b<2".to_owned())],
            ..Scenario::default()
        };
        let releases = |count: u32, needs: &dyn Fn(u32) -> Vec<String>| -> BTreeMap<String, Release> {
            (0..count).map(|n| (format!("1.{n}"), Release::Requires(needs(n)))).collect()
        };
        let a = releases(2000, &|n| vec![format!("shared>=1.{},<1.{}", n + oldest, n + oldest + 1)]);
        let b = releases(10, &|n| vec![format!("shared<1.{}", n + 3)]);
        scenario.packages = BTreeMap::from([
            ("a".to_owned(), a),
            ("b".to_owned(), b),
            ("shared".to_owned(), releases(2100, &|_| Vec::new())),
        ]);
        scenario
    };
    let scenario = scenario_with(0);
    let resolution = scenario.resolve(&TableSource::new(&scenario)).expect("there is a solution");
    assert_eq!(scenario::pins(&resolution), ["a==1.11", "b==1.9", "shared==1.11"]);

    let scenario = scenario_with(50);
    let error = scenario.resolve(&TableSource::new(&scenario)).expect_err("there is no solution").to_string();
    assert!(error.len() < 3000, "{error}");
    assert!(error.contains("which no version of b goes with"), "{error}");
}
