//! What uv's files of settings say counts as in uv, wherever uv would read them.

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

const PROJECT: &str = "[project]\nname = 'app'\nversion = '1'\ndependencies = ['thing']\n";

/// An index of the company's, and one that anyone may upload to, which is asked where nothing else is said.
fn indexes() -> (RunningIndex, RunningIndex) {
    let corp = IndexServer::new().file(WheelBuilder::new("thing", "1.0")).start();
    let public = IndexServer::new().file(WheelBuilder::new("thing", "99.0")).start();
    (corp, public)
}

/// The lock of a project, with the exit code; pip's setting, which stands below uv's, names the public index.
fn locked(context: &TestContext, variables: &[(&str, &str)], inputs: &[&str]) -> (i32, String) {
    let mut command = context.barrow();
    command.args(["lock", "--runtime", "python3.12", "--format", "json", "-o", "-"]).args(inputs);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    (output.status.code().unwrap(), context.show(&output))
}

#[test]
fn the_index_of_a_uv_toml_is_asked() {
    let (corp, public) = indexes();
    for table in ["[[index]]\nurl = 'CORP'\ndefault = true\n", "index-url = 'CORP'\n", "[pip]\nindex-url = 'CORP'\n"] {
        let text = table.replace("CORP", &corp.url());
        for place in
            ["work/fn/uv.toml", "work/uv.toml", "home/.config/uv/uv.toml", "xdg/uv/uv.toml", "shared/uv/uv.toml"]
        {
            for (input, content) in [("fn/pyproject.toml", PROJECT), ("fn/requirements.txt", "thing\n")] {
                let context = TestContext::new();
                context.write(input, content);
                let file = context.root().join(place);
                fs_err::create_dir_all(file.parent().unwrap()).unwrap();
                fs_err::write(&file, &text).unwrap();
                let (own, shared) = (context.root().join("xdg"), context.root().join("shared"));
                let mut variables = vec![];
                if place.starts_with("xdg") {
                    variables.push(("XDG_CONFIG_HOME", own.to_str().unwrap()));
                }
                variables.push(("XDG_CONFIG_DIRS", shared.to_str().unwrap()));
                let (code, shown) = locked(&context, &variables, &["-r", input]);
                assert!(code == 0 && shown.contains("thing-1.0"), "{place} {input}\n{table}\n{shown}");
            }
        }
    }
    assert!(!public.log().contains("/thing/"));
}

#[test]
fn a_uv_toml_takes_the_place_of_the_table_beside_it() {
    let (corp, public) = indexes();
    let context = TestContext::new();
    context.write("uv.toml", format!("index-url = '{}'\n", corp.url()));
    context.write("pyproject.toml", format!("{PROJECT}[tool.uv]\nindex-url = '{}'\n", public.url()));
    let (code, shown) = locked(&context, &[], &["-r", "pyproject.toml"]);
    assert!(code == 0 && shown.contains("thing-1.0"), "{shown}");
    // Its indexes are still there for what the table ties to them.
    let index = format!("[[tool.uv.index]]\nname = 'open'\nurl = '{}'\n", public.url());
    context.write("pyproject.toml", format!("{PROJECT}[tool.uv.sources]\nthing = {{ index = 'open' }}\n{index}"));
    let (code, shown) = locked(&context, &[], &["-r", "pyproject.toml"]);
    assert!(code == 0 && shown.contains("thing-99.0"), "{shown}");
}

#[test]
fn the_table_of_a_project_above_counts_for_what_lies_below() {
    let (corp, _) = indexes();
    let context = TestContext::new();
    context.write("pyproject.toml", format!("[[tool.uv.index]]\nurl = '{}'\ndefault = true\n", corp.url()));
    context.write("fn/requirements.txt", "thing\n");
    let (code, shown) = locked(&context, &[], &["-r", "fn/requirements.txt"]);
    assert!(code == 0 && shown.contains("thing-1.0"), "{shown}");
    // A member of a workspace has the settings of the root, not its own file.
    let index = format!("[[tool.uv.index]]\nurl = '{}'\ndefault = true\n", corp.url());
    context.write("pyproject.toml", format!("[tool.uv.workspace]\nmembers = ['fn']\n{index}"));
    context.write("fn/pyproject.toml", PROJECT);
    context.write("fn/uv.toml", "index-url = 'http://127.0.0.1:1/'\n");
    let (code, shown) = locked(&context, &[], &["-r", "fn/pyproject.toml"]);
    assert!(code == 0 && shown.contains("thing-1.0"), "{shown}");
}

#[test]
fn variables_choose_the_file_or_none() {
    let (corp, public) = indexes();
    let context = TestContext::new();
    context.write("requirements.txt", "thing\n");
    context.write("uv.toml", "index-url = 'http://127.0.0.1:1/'\n");
    let named = context.write("named.toml", format!("index-url = '{}'\n", corp.url()));
    let url = public.url();
    let pip = ("PIP_INDEX_URL", url.as_str());
    let (code, shown) = locked(&context, &[("UV_CONFIG_FILE", named.to_str().unwrap())], &["-r", "requirements.txt"]);
    assert!(code == 0 && shown.contains("thing-1.0"), "{shown}");
    let (code, shown) = locked(&context, &[("UV_NO_CONFIG", "1"), pip], &["-r", "requirements.txt"]);
    assert!(code == 0 && shown.contains("thing-99.0"), "{shown}");
    let (code, shown) = locked(&context, &[("UV_CONFIG_FILE", "gone.toml")], &["-r", "requirements.txt"]);
    assert!(code == 2 && shown.contains("there is no file `gone.toml`, which $UV_CONFIG_FILE names"), "{shown}");
}

#[test]
fn what_a_uv_toml_cannot_say_is_an_error() {
    for (text, told) in [
        ("[sources]\nthing = { path = 'x' }\n", "`sources` counts in a pyproject.toml alone"),
        ("[tool.uv]\nindex-url = 'https://x.example/'\n", "here the keys of `[tool.uv]` stand at the top"),
        ("index = 3\n", "`index` must be a list of tables"),
        ("[[index]]\nname = 'corp'\n", "an index needs a `url`"),
        ("index-url = \n", "uv.toml:1"),
    ] {
        let context = TestContext::new();
        context.write("requirements.txt", "thing\n");
        context.write("uv.toml", text);
        let (code, shown) = locked(&context, &[], &["-r", "requirements.txt", "--offline"]);
        assert!(code == 2 && shown.contains(told), "{text}\n{shown}");
    }
}

#[test]
fn config_shows_what_counts_and_its_place() {
    let context = TestContext::new();
    context.write("pyproject.toml", PROJECT);
    let settings = "exclude-newer = '2024-01-01T00:00:00Z'\nresolution = 'lowest'\nprerelease = 'allow'\n\
                    index-url = 'https://corp.example/simple'\nfind-links = ['links']\nkeyring-provider = 'subprocess'\n\
                    allow-insecure-host = ['corp.example']\n";
    let expected = [
        ("exclude-newer = 2024-01-01T00:00:00Z", 1),
        ("resolution = lowest", 2),
        ("prerelease = allow", 3),
        ("index-url = https://corp.example/simple", 4),
        ("keyring-provider = subprocess", 6),
        ("allow-insecure-host = corp.example", 7),
    ];
    let shown = |name: &str, before: u32| {
        let told = context.run(context.barrow().arg("config"));
        for (line, number) in expected {
            let found = told.lines().find(|told| told.starts_with(line)).unwrap_or_else(|| panic!("{line}\n{told}"));
            assert!(found.ends_with(&format!("{name}:{}", number + before)), "{found}");
        }
        assert!(told.contains("find-links = ") && told.contains("/links"), "{told}");
    };
    context.write("uv.toml", settings);
    shown("uv.toml", 0);
    fs_err::remove_file(context.path("uv.toml")).unwrap();
    context.write("pyproject.toml", format!("{PROJECT}[tool.uv]\n{settings}"));
    shown("pyproject.toml", 5);
    // Who is told something else does it.
    let told = context.run(context.barrow().args(["config", "--resolution", "highest"]));
    assert!(told.contains("resolution = highest  # --resolution"), "{told}");
}

#[test]
fn a_name_that_is_tied_above_is_never_asked_from_an_index() {
    let server = IndexServer::new().file(WheelBuilder::new("mem", "99.0")).start();
    let context = TestContext::new();
    context.write("libs/mem/pyproject.toml", "[project]\nname = 'mem'\nversion = '1.0'\ndependencies = []\n");
    context.write("fn/requirements.txt", "mem\n");
    let workspace = "[project]\nname = 'app'\nversion = '1'\n[tool.uv.workspace]\nmembers = ['libs/*']\n";
    context.write("pyproject.toml", format!("{workspace}[tool.uv.sources]\nmem = {{ workspace = true }}\n"));
    let url = server.url();
    let inputs = ["-r", "fn/requirements.txt", "--index-url", &url];
    let (code, shown) = locked(&context, &[], &inputs);
    assert!(code == 0 && shown.contains("libs/mem"), "{shown}");
    // A member of which nothing is said is refused.
    context.write("pyproject.toml", workspace);
    let (code, shown) = locked(&context, &[], &inputs);
    assert!(code != 0 && shown.contains("`mem` is a member of this workspace"), "{shown}");
    assert!(!server.log().contains("/mem/"), "{}", server.log());
}
