//! Solving, without a network: 200 projects of 20 versions that need each other.

#[path = "../tests/it/scenario/mod.rs"]
#[expect(dead_code, unused_imports, reason = "tests ask more of a scenario")]
mod scenario;

use scenario::{Scenario, TableSource};

fn main() {
    divan::main();
}

const PROJECTS: usize = 200;

/// The newest versions fit together: no step back.
#[divan::bench]
fn straight(bencher: divan::Bencher) {
    solve(bencher, |version| format!(">=1.{}", version / 2));
}

/// Each version allows only a window of the next project's, so that many choices have to be taken back.
#[divan::bench]
fn with_steps_back(bencher: divan::Bencher) {
    solve(bencher, |version| format!(">=1.{},<1.{}", version / 2, (version / 2 + 12).min(version + 1)));
}

fn solve(bencher: divan::Bencher, range: fn(usize) -> String) {
    let scenario = synthetic(range);
    let source = TableSource::new(&scenario);
    bencher.bench_local(|| {
        let resolution = scenario.resolve(&source).expect("there is a solution");
        assert_eq!(resolution.dists.len(), PROJECTS);
    });
}

fn synthetic(range: fn(usize) -> String) -> Scenario {
    let mut text = String::from("requires = [\"project-0\"]\n[packages]\n");
    for number in 0..PROJECTS {
        let versions: Vec<String> = (0..20)
            .map(|version| {
                let requires: Vec<String> = [1, 2, 7]
                    .iter()
                    .map(|step| number + step)
                    .filter(|other| *other < PROJECTS)
                    .map(|other| format!("\"project-{other}{}\"", range(version)))
                    .collect();
                format!("\"1.{version}\" = [{}]", requires.join(", "))
            })
            .collect();
        text += &["project-", &number.to_string(), " = { ", &versions.join(", "), " }\n"].concat();
    }
    scenario::parse(&text)
}
