//! From which indexes comes what backends require: those that the tables of the project name, with a lock or without.

use crate::building::{BACKEND, can_build};
use crate::locked_sources::package;
use crate::support::{IndexServer, RunningIndex, SdistBuilder, TestContext, WheelBuilder, sha256_hex};

const REQUIRES_OWN: &str = "[build-system]\nrequires = ['own']\nbuild-backend = 'own'\n";

/// A project with a local one, whose backend `own` is on the index of the company alone, and a source archive.
struct World {
    context: TestContext,
    corp: RunningIndex,
    /// What is asked where nothing else is said; it has nothing.
    nothing: RunningIndex,
}

impl World {
    fn new() -> Self {
        let backend = WheelBuilder::new("own", "1.0").file("own.py", BACKEND);
        let own = r#"{"name": "thing", "version": "1.0"}"#;
        let thing = SdistBuilder::new("thing", "1.0").file("own.json", own).file("pyproject.toml", REQUIRES_OWN);
        let corp = IndexServer::new().file(backend).file(thing).start();
        let context = TestContext::new();
        context.write("lib/own.json", r#"{"name": "lib", "version": "1.0"}"#);
        let project = "[project]\nname = 'lib'\nversion = '1.0'\n";
        context.write("lib/pyproject.toml", format!("{REQUIRES_OWN}{project}"));
        Self { context, corp, nothing: IndexServer::new().start() }
    }

    fn project(&self, tables: &str) {
        let tables = tables.replace("CORP", &self.corp.url()).replace("NOTHING", &self.nothing.url());
        let project = "[project]\nname = 'app'\nversion = '1.0'\nrequires-python = '>=3.12'\ndependencies = ['lib']\n";
        let sources = "[tool.uv.sources]\nlib = { path = 'lib' }\n";
        self.context.write("pyproject.toml", format!("{project}{sources}{tables}"));
    }

    fn lock(&self) {
        let lib = package("lib", "1.0", "{ directory = \"lib\" }", "");
        let app = "dependencies = [\n    { name = \"lib\" },\n]\n\n[package.metadata]\n\
            requires-dist = [{ name = \"lib\", directory = \"lib\" }]\n";
        let app = package("app", "1.0", "{ virtual = \".\" }", app);
        let head = "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n\n";
        self.context.write("uv.lock", format!("{head}{app}\n{lib}"));
    }

    /// Whether the installation succeeds, and what it says. Another cache each time: builds are kept.
    fn install(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = self.context.barrow();
        command.args(["install", "-t", "out", "--runtime", "python3.12", "--no-cache"]).args(arguments);
        let output = command.env("PIP_INDEX_URL", self.nothing.url()).output().unwrap();
        (output.status.success(), self.context.show(&output))
    }
}

#[test]
fn what_backends_require_comes_from_the_indexes_of_the_project() {
    if !can_build() {
        return;
    }
    let world = World::new();
    let default = "[[tool.uv.index]]\nurl = 'CORP'\ndefault = true\n";
    let tied = "own = { index = 'corp' }\n[[tool.uv.index]]\nname = 'corp'\nurl = 'CORP'\nexplicit = true\n\
        [[tool.uv.index]]\nurl = 'NOTHING'\ndefault = true\n";
    let untied = "[[tool.uv.index]]\nname = 'corp'\nurl = 'CORP'\nexplicit = true\n\
        [[tool.uv.index]]\nurl = 'NOTHING'\ndefault = true\n";
    let constrained = format!("{default}[tool.uv]\nbuild-constraint-dependencies = ['own>1']\n");
    for input in ["pyproject.toml", "uv.lock"] {
        for (tables, succeeds) in [(default, true), (tied, true), (untied, false), ("", false), (&*constrained, false)]
        {
            world.project(tables);
            world.lock();
            let (done, shown) = world.install(&["-r", input, "--frozen"]);
            assert_eq!(done, succeeds, "{input}\n{tables}\n{shown}");
            assert!(done || shown.contains("own"), "{input}\n{tables}\n{shown}");
        }
    }
    // What the user says counts more than a table.
    world.project(default);
    let (done, shown) = world.install(&["-r", "uv.lock", "--frozen", "--index-url", &world.nothing.url()]);
    assert!(!done && shown.contains("own"), "{shown}");
}

#[test]
fn a_permitted_source_of_a_lock_is_built_with_the_indexes_of_the_project() {
    if !can_build() {
        return;
    }
    let world = World::new();
    let url = world.corp.url();
    let file = "thing-1.0.tar.gz";
    let address = format!("{}files/{file}", url.trim_end_matches("simple/"));
    let sdist = SdistBuilder::new("thing", "1.0")
        .file("own.json", r#"{"name": "thing", "version": "1.0"}"#)
        .file("pyproject.toml", REQUIRES_OWN)
        .build();
    let digest = sha256_hex(&sdist.bytes);
    let sdist = format!("sdist = {{ url = \"{address}\", hash = \"sha256:{digest}\" }}\n");
    let thing = package("thing", "1.0", "{ registry = \"https://pypi.org/simple\" }", &sdist);
    let app = package("app", "1.0", "{ virtual = \".\" }", "dependencies = [\n    { name = \"thing\" },\n]\n");
    let head = "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n\n";
    world.context.write("uv.lock", format!("{head}{app}\n{thing}"));
    let arguments = ["-r", "uv.lock", "--frozen", "--allow-build", "thing"];
    for (table, succeeds) in [("[[tool.uv.index]]\nurl = 'CORP'\ndefault = true\n", true), ("", false)] {
        world.project(table);
        let (done, shown) = world.install(&arguments);
        assert_eq!(done, succeeds, "{table}\n{shown}");
    }
}
