//! Places of this machine that builds have to do with: the wheels of a backend, what lies around a copy of a source, and
//! requirements that name files and folders.

use crate::building::{BACKEND, can_build, folder};
use crate::support::{IndexServer, TestContext, WheelBuilder};

/// A function that needs the local project `lib`.
fn function(context: &TestContext, more: &str) {
    context.write("app/requirements.txt", format!("{more}../lib\n"));
    context.write("app/handler.py", "import lib\n");
}

fn bundle(context: &TestContext, arguments: &[&str]) -> String {
    let mut command = context.barrow();
    command.args(["bundle", "app", "-o", "out", "-v", "--runtime", "python3.12"]).args(arguments);
    context.succeed(&mut command)
}

fn line_of_lib(context: &TestContext, start: &str) -> String {
    let text = fs_err::read_to_string(context.path("out/lib.py")).unwrap();
    text.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned()
}

#[test]
fn another_backend_in_a_folder_builds_anew() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    let tool = |version: &str, value: &str| {
        let text = BACKEND.replace("\"SETTINGS\": config_settings", &format!("\"SETTINGS\": {value:?}"));
        let wheel = WheelBuilder::new("tool", version).file("tool.py", text).build();
        context.write(&format!("links/{}", wheel.filename), &wheel.bytes);
    };
    tool("1.0", "one");
    context.write("lib/own.json", r#"{"name": "lib", "version": "1.0"}"#);
    context.write(
        "lib/pyproject.toml",
        "[build-system]\nrequires = ['tool']\nbuild-backend = 'tool'\n\
        [project]\nname = 'lib'\ndynamic = ['version', 'dependencies']\n",
    );
    function(&context, "--no-index\n-f ../links\n");
    bundle(&context, &[]);
    assert_eq!(line_of_lib(&context, "SETTINGS"), "SETTINGS = 'one'");
    let said = bundle(&context, &["--refresh"]);
    assert!(!said.contains("Building"), "it is the same backend: {said}");
    // The same version with other bytes, then another version.
    for (version, value) in [("1.0", "two"), ("2.0", "three")] {
        tool(version, value);
        let said = bundle(&context, &[]);
        assert!(said.contains("is built again: what builds it has changed"), "{said}");
        assert_eq!(line_of_lib(&context, "SETTINGS"), format!("SETTINGS = '{value}'"));
    }
    // What was built needs no backend any more.
    fs_err::remove_dir_all(context.path("links")).unwrap();
    fs_err::create_dir(context.path("links")).unwrap();
    let said = bundle(&context, &["--refresh"]);
    assert!(!said.contains("Building"), "{said}");
}

#[test]
fn the_repository_that_the_cache_lies_in_has_no_say() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    context.write("repo/.git/HEAD", "ref: refs/heads/main\n");
    context.write("repo/.gitignore", "*\n");
    folder(&context, "lib", r#"{"name": "lib", "version": "1.0", "imports": ["around"]}"#);
    let looks = "import pathlib\nVERSION = next(it.read_text() for it in \
        (up / '.gitignore' for up in pathlib.Path.cwd().parents) if it.exists())\n";
    context.write("lib/backend/around.py", looks);
    function(&context, "");
    let cache = context.path("repo/cache");
    bundle(&context, &["--no-index", "--cache-dir", cache.to_str().unwrap()]);
    assert_eq!(line_of_lib(&context, "around"), "around = ''");
}

#[test]
fn a_file_that_a_build_names_is_taken_and_no_namesake() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    let index = IndexServer::new().file(WheelBuilder::new("tied", "2.0").file("tied.py", "STRANGER = 1\n")).start();
    let own = WheelBuilder::new("tied", "1.0").file("tied.py", "OWN = 1\n").build();
    let place = context.write(&format!("wheels/{}", own.filename), &own.bytes);
    context.write(&format!("lib/vendor/{}", own.filename), &own.bytes);
    let read = |path: &str| fs_err::read_to_string(context.path(path)).unwrap();
    // Anywhere on this machine, and in the copy that is built.
    for url in
        [format!("file://{}", place.display()), format!("' + 'file://' + os.getcwd() + '/vendor/{}", own.filename)]
    {
        folder(&context, "lib", r#"{"name": "lib", "version": "1.0"}"#);
        let backend = BACKEND.replace("OWN.get(\"requires\", [])", &format!("['tied @ {url}']"));
        context.write("lib/backend/own.py", backend);
        function(&context, "");
        // Built, and as the cache has it.
        for _ in 0..2 {
            bundle(&context, &["--index-url", &index.url(), "--refresh"]);
            assert_eq!(read("out/tied.py"), "OWN = 1\n", "{url}");
            let metadata = read("out/lib-1.0.dist-info/METADATA");
            assert!(metadata.contains("Requires-Dist: tied\n"), "no place in the bundle: {metadata}");
        }
    }
}

#[test]
fn a_requirement_that_the_backend_fills_in_is_for_the_backend() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    let own = WheelBuilder::new("tied", "1.0").file("tied.py", "OWN = 1\n").build();
    context.write(&format!("lib/vendor/{}", own.filename), &own.bytes);
    folder(&context, "lib", r#"{"name": "lib", "version": "1.0"}"#);
    let said = format!("'tied @ file://' + os.getcwd() + '/vendor/{}'", own.filename);
    context.write("lib/backend/own.py", BACKEND.replace("OWN.get(\"requires\", [])", &format!("[{said}]")));
    let system = "[build-system]\nrequires = []\nbuild-backend = 'own'\nbackend-path = ['backend']\n";
    let project = "[project]\nname = 'lib'\nversion = '1.0'\ndependencies = ['tied @ {root:uri}/vendor/tied.whl']\n";
    context.write("lib/pyproject.toml", format!("{system}{project}"));
    function(&context, "");
    bundle(&context, &["--no-index"]);
    assert!(context.path("out/tied.py").is_file());
}
