//! Whatever the order in which answers arrive: the same inputs and the same index give the same answer.

use std::collections::BTreeSet;

use crate::support::{IndexServer, Listed, TestContext, WheelBuilder};

const PROJECTS: usize = 40;
const VERSIONS: usize = 6;

/// Every project asks for three later ones, in ranges that often do not go together; some requirements hang on markers
/// and extras, some releases are yanked, and half of them have no METADATA file.
fn listed(project: usize, version: usize) -> Listed {
    let mut wheel = WheelBuilder::new(&format!("p{project}"), &format!("1.{version}"));
    for step in 0..3 {
        let to = project + 1 + (project * 5 + step * 7 + version) % 11;
        if to >= PROJECTS {
            continue;
        }
        let lowest = (version + step).min(VERSIONS - 1) / 2;
        let extra = if (project + step).is_multiple_of(4) { "[fast]" } else { "" };
        let marker = match (project + version + step) % 5 {
            0 => "; python_version > '3'",
            1 => "; python_version > '3.0' and sys_platform == 'linux'",
            _ => "",
        };
        let highest = VERSIONS - (project + step + version) % 3;
        wheel = wheel.requires(&format!("p{to}{extra}>=1.{lowest},<1.{highest}{marker}"));
    }
    if project + 2 < PROJECTS {
        wheel = wheel.extra("fast", &[&format!("p{}!=1.{}", project + 2, VERSIONS - 1)]);
    }
    let listed = Listed::new(wheel).metadata(!(project + version).is_multiple_of(2));
    if (project + version).is_multiple_of(13) { listed.yanked("withdrawn") } else { listed }
}

#[test]
fn the_order_of_answers_changes_nothing() {
    let mut answers = BTreeSet::new();
    for seed in [None, Some(1), Some(2), Some(3), Some(4)] {
        let mut index = IndexServer::new();
        for project in 0..PROJECTS {
            for version in 0..VERSIONS {
                index = index.file(listed(project, version));
            }
        }
        let server = seed.into_iter().fold(index, IndexServer::disorder).start();
        let context = TestContext::new();
        context.write("requirements.txt", "p0\np1[fast]\np2\np3<1.5\np7\n");
        let lock = |format: &str| {
            let mut command = context.barrow();
            command.args(["lock", "-r", "requirements.txt", "--format", format, "-o", "-"]);
            let output = command.args(["--index-url", &server.url()]).output().unwrap();
            assert!(output.status.success(), "{}", context.show(&output));
            String::from_utf8(output.stdout).unwrap().replace(server.url().trim_end_matches("/simple/"), "INDEX")
        };
        answers.insert((lock("json"), lock("requirements"), lock("pylock")));
    }
    let (json, ..) = answers.first().unwrap();
    assert!(json.matches("\"version\"").count() > PROJECTS / 2, "{json}");
    assert_eq!(answers.len(), 1, "{answers:#?}");
}
