//! Constraints of Poetry on versions, as a pyproject without a lock has them.

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

const VERSIONS: [&str; 9] = ["0.9", "1.0", "2.0", "2.7", "3.5", "3.6", "3.7.1", "3.8", "3.10"];

fn locked(context: &TestContext, index: &RunningIndex, table: &str, more: &[&str]) -> String {
    let head = "[tool.poetry]\nname = 'app'\nversion = '1'\n[tool.poetry.dependencies]\npython = '^3.10'\n";
    context.write("pyproject.toml", format!("{head}{table}\n"));
    let mut command = context.barrow();
    command.args(["lock", "-r", "pyproject.toml", "--runtime", "python3.12", "--index-url", &index.url()]);
    context.show(&command.args(["--format", "requirements", "-o", "-"]).args(more).output().unwrap())
}

#[test]
fn alternatives_are_taken_as_poetry_takes_them() {
    let mut server = IndexServer::new();
    for version in VERSIONS {
        server = server.file(WheelBuilder::new("dep", version));
    }
    // Requires what lies between the alternatives.
    let server = server.file(WheelBuilder::new("other", "1.0").requires("dep<3"));
    let index = server.start();
    let context = TestContext::new();
    for (constraint, expected) in [
        ("<=3.5 || 3.7.1", "3.7.1"),
        ("<=3.5||3.7.1", "3.7.1"),
        ("~2.7 || ^3.6", "3.10"),
        ("~2.7 || >=3.5 , <3.6", "3.5"),
        ("1.0 || 2.0", "2.0"),
        ("2.0", "2.0"),
        ("2.7.* || 3.5.*", "3.5"),
        ("!=3.10,!=3.8", "3.7.1"),
        ("!=3.* || 3.5", "3.5"),
        ("==0.9 || >=3.8,!=3.10", "3.8"),
        ("<2 || >2.5", "3.10"),
        ("<2|>3.6,<3.8", "3.7.1"),
    ] {
        let shown = locked(&context, &index, &format!("dep = '{constraint}'"), &[]);
        assert!(shown.contains(&format!("dep=={expected}\n")), "{constraint}\n{shown}");
        let shown = locked(&context, &index, &format!("dep = {{ version = '{constraint}' }}"), &[]);
        assert!(shown.contains(&format!("dep=={expected}\n")), "{constraint}\n{shown}");
    }
    // The alternative that something else leaves.
    let shown = locked(&context, &index, "dep = '~2.7 || ^3.6'\nother = '*'", &[]);
    assert!(shown.contains("dep==2.7\n"), "{shown}");
    let shown = locked(&context, &index, "dep = '~2.7 || ^3.6'", &["--resolution", "lowest"]);
    assert!(shown.contains("dep==2.7\n"), "{shown}");
    // One under a marker counts where the marker holds.
    let table = "dep = [{ version = '1.0 || 2.0', python = '<3.12' }, { version = '1.0 || 2.7', python = '>=3.12' }]";
    let shown = locked(&context, &index, table, &[]);
    assert!(shown.contains("dep==2.7\n"), "{shown}");
    context.write("overrides.txt", "dep==3.5\n");
    let shown = locked(&context, &index, "dep = '1.0 || 2.0'", &["--override", "overrides.txt"]);
    assert!(shown.contains("dep==3.5\n"), "{shown}");
    // Between the alternatives there is nothing to choose.
    let shown = locked(&context, &index, "dep = '1.1 || 3.9'", &[]);
    assert!(shown.contains("exit code: 1") && shown.contains("dep = '1.1 || 3.9'"), "{shown}");
    let shown = locked(&context, &index, "dep = '1.1 || newest'", &[]);
    assert!(shown.contains("exit code: 2") && shown.contains("`newest` is not a version constraint"), "{shown}");
}
