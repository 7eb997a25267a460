//! Solving, without a network: projects of 20 versions that need each other, and one project of many versions.

#[path = "../tests/it/scenario/mod.rs"]
#[expect(dead_code, unused_imports, reason = "tests ask more of a scenario")]
mod scenario;

use scenario::{Scenario, TableSource};

fn main() {
    divan::main();
}

/// The newest versions fit together: no step back.
#[divan::bench(args = [100, 1000, 5000])]
fn straight(bencher: divan::Bencher, projects: usize) {
    solve(bencher, projects, |version| format!(">=1.{}", version / 2));
}

/// Each version allows only a window of the next project's, so that many choices have to be taken back.
#[divan::bench(args = [100, 1000, 5000])]
fn with_steps_back(bencher: divan::Bencher, projects: usize) {
    solve(bencher, projects, |version| format!(">=1.{},<1.{}", version / 2, (version / 2 + 12).min(version + 1)));
}

/// Every version of a project needs another version of a project that has none of them.
#[divan::bench(args = [100, 1000, 5000])]
fn absent_pins(bencher: divan::Bencher, versions: usize) {
    let pins = |number: usize| format!("\"1.{number}\" = [\"b==1.{number}\"]");
    let a: Vec<String> = (0..versions).map(pins).collect();
    let scenario = scenario::parse(&format!(
        "requires = [\"a\"]\n[packages]\na = {{ {} }}\nb = {{ \"2.0\" = [] }}\n",
        a.join(", ")
    ));
    let source = TableSource::new(&scenario);
    bencher.bench_local(|| scenario.resolve(&source).expect_err("there is no solution"));
}

fn solve(bencher: divan::Bencher, projects: usize, range: fn(usize) -> String) {
    let scenario = synthetic(projects, range);
    let source = TableSource::new(&scenario);
    bencher.bench_local(|| {
        let resolution = scenario.resolve(&source).expect("there is a solution");
        assert_eq!(resolution.dists.len(), projects);
    });
}

fn synthetic(projects: usize, range: fn(usize) -> String) -> Scenario {
    let mut text = String::from("requires = [\"project-0\"]\n[packages]\n");
    for number in 0..projects {
        let versions: Vec<String> = (0..20)
            .map(|version| {
                let requires: Vec<String> = [1, 2, 7]
                    .iter()
                    .map(|step| number + step)
                    .filter(|other| *other < projects)
                    .map(|other| format!("\"project-{other}{}\"", range(version)))
                    .collect();
                format!("\"1.{version}\" = [{}]", requires.join(", "))
            })
            .collect();
        text += &["project-", &number.to_string(), " = { ", &versions.join(", "), " }\n"].concat();
    }
    scenario::parse(&text)
}
