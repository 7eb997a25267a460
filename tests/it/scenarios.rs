//! Every scenario of `wheels-fixtures/scenarios`, against the table of its packages.

use std::path::Path;

use barrow::resolution::PassedOver;
use barrow::resolve::ResolveError;

use crate::hints;
use crate::scenario::{self, Scenario, TableSource, UserLine};

#[test]
fn every_scenario_comes_out_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wheels-fixtures/scenarios");
    let scenarios = scenario::read_all(&folder);
    let mut failures = Vec::new();
    for (file, scenario) in &scenarios {
        if let Err(difference) = check(scenario) {
            failures.push(format!("{file}: {}\n{difference}", scenario.name));
        }
    }
    let names: std::collections::BTreeSet<_> = scenarios.iter().map(|(file, one)| (file, &one.name)).collect();
    assert_eq!(names.len(), scenarios.len(), "each scenario of a file has a name of its own");
    assert!(failures.is_empty(), "{} of {} scenarios fail\n\n{}", failures.len(), scenarios.len(), failures.join("\n"));
}

/// The order of requirement lines changes nothing.
#[test]
fn turning_the_lines_round_changes_no_answer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wheels-fixtures/scenarios");
    for (file, mut scenario) in scenario::read_all(&folder) {
        let expected = outcome(&scenario);
        let reverse = |lines: &mut Vec<UserLine>| lines.reverse();
        reverse(&mut scenario.requires);
        let reversed = outcome(&scenario);
        match (expected, reversed) {
            (Ok(expected), Ok(reversed)) => assert_eq!(expected, reversed, "{file}: {}", scenario.name),
            (Err(_), Err(_)) => {}
            (expected, reversed) => panic!("{file}: {}: {expected:?} but {reversed:?}", scenario.name),
        }
    }
}

fn outcome(scenario: &Scenario) -> Result<Vec<String>, String> {
    let source = TableSource::new(scenario);
    scenario.resolve(&source).map(|resolution| scenario::pins(&resolution)).map_err(|error| error.to_string())
}

fn check(scenario: &Scenario) -> Result<(), String> {
    let source = TableSource::new(scenario);
    let expect = &scenario.expect;
    let resolution = match scenario.resolve(&source) {
        Ok(resolution) => resolution,
        Err(error) => return check_error(scenario, &error),
    };
    let Some(expected) = &expect.pins else {
        return Err(format!("  an error was expected, but there is an answer: {:?}", scenario::pins(&resolution)));
    };
    same("pins", expected, &scenario::pins(&resolution))?;
    if let Some(expected) = &expect.files {
        let files: Vec<String> = resolution.dists.iter().map(|dist| dist.file.filename.to_string()).collect();
        same("files", expected, &files)?;
    }
    if let Some(expected) = &expect.warnings {
        same("warnings", expected, &resolution.warnings)?;
    }
    let passed_over: Vec<String> = resolution.passed_over.iter().map(PassedOver::to_string).collect();
    for sentence in &expect.passed_over {
        if !passed_over.contains(sentence) {
            return Err(format!("  passed over: `{sentence}` is not among {passed_over:#?}"));
        }
    }
    match expect.metadata_requests {
        Some(most) if source.metadata_requests() > most => {
            Err(format!("  {} metadata requests, at most {most} expected", source.metadata_requests()))
        }
        _ => Ok(()),
    }
}

fn check_error(scenario: &Scenario, error: &ResolveError) -> Result<(), String> {
    let (text, hints) = match error {
        ResolveError::NoSolution { explanation, hints, .. } => {
            (explanation.clone(), hints.iter().map(hints::resolution::of).collect::<Vec<_>>().join("\n"))
        }
        other => (other.to_string(), String::new()),
    };
    let Some(expected) = &scenario.expect.error else {
        return Err(format!("  an answer was expected, but there is an error:\n{text}\n{hints}"));
    };
    for part in expected {
        if !text.contains(part) {
            return Err(format!("  `{part}` is not in\n{text}"));
        }
    }
    for part in &scenario.expect.hints {
        if !hints.contains(part) {
            return Err(format!("  `{part}` is not among the hints\n{hints}\nof\n{text}"));
        }
    }
    Ok(())
}

fn same(what: &str, expected: &[String], actual: &[String]) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    Err(format!("  {what}: expected {expected:#?}\n  but found {actual:#?}"))
}
