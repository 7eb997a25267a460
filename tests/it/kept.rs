//! What an index, a table or a URL says, and must not be lost on the way: attestations, project status, digests of
//! every kind, words in the place of metadata, and lists of requirements that lie there unread.

use sha2::Digest as _;

use crate::building::{BACKEND, can_build, folder};
use crate::support::raw_server::{RawServer, answer};
use crate::support::{IndexServer, Listed, SdistBuilder, TestContext, WheelBuilder, sha256_hex};

fn run(context: &TestContext, arguments: &[&str]) -> (i32, String) {
    let output = context.barrow().args(arguments).output().unwrap();
    (output.status.code().unwrap(), context.show(&output))
}

#[test]
fn attestations_go_into_locks_and_come_out_of_them() {
    let wheel = WheelBuilder::new("tiny", "1.0").build();
    let (name, digest) = (wheel.filename.clone(), sha256_hex(&wheel.bytes));
    let bytes = wheel.bytes.clone();
    let server = RawServer::start(move |asked| {
        if asked.path.contains(".whl") {
            return answer(200, &[], &bytes);
        }
        let json = format!(
            "{{\"meta\": {{\"api-version\": \"1.3\"}}, \"name\": \"tiny\", \"files\": [{{\"filename\": \"{name}\", \
             \"url\": \"/{name}\", \"hashes\": {{\"sha256\": \"{digest}\"}}, \"provenance\": \"/integrity/{name}\"}}]}}"
        );
        answer(200, &[("content-type", "application/vnd.pypi.simple.v1+json"), ("cache-control", "max-age=600")], json)
    });
    let context = TestContext::new();
    let url = server.url("/simple/");
    let (code, shown) =
        run(&context, &["lock", "tiny", "--runtime", "python3.12", "-o", "pylock.toml", "--index-url", &url]);
    assert_eq!(code, 0, "{shown}");
    let lock = fs_err::read_to_string(context.path("pylock.toml")).unwrap();
    let expected = format!("tool.barrow.provenance = {{ \"{}\" = \"{}\" }}", wheel.filename, server.url("/integrity/"));
    assert!(lock.contains(&expected.replace("/\" }", &format!("/{}\" }}", wheel.filename))), "{lock}");
    // Read back and written again, it is the same; and an answer of the cache holds it too.
    for arguments in [["lock", "-r", "pylock.toml"], ["lock", "tiny", "--offline"]] {
        let more = ["--runtime", "python3.12", "-o", "pylock.again.toml", "--index-url", &url];
        let (code, shown) = run(&context, &[&arguments[..], &more[..]].concat());
        assert_eq!(code, 0, "{shown}");
        assert_eq!(fs_err::read_to_string(context.path("pylock.again.toml")).unwrap(), lock);
    }
    let (code, shown) =
        run(&context, &["mirror", "tiny", "--runtime", "python3.12", "-o", "mirror", "--index-url", &url]);
    assert_eq!(code, 0, "{shown}");
    let manifest = fs_err::read_to_string(context.path("mirror/barrow-mirror.json")).unwrap();
    assert!(manifest.contains("/integrity/tiny-1.0"), "{manifest}");
}

#[test]
fn the_status_of_a_project_is_told_again_when_its_resolution_is_remembered() {
    let wheel = WheelBuilder::new("tiny", "1.0").build();
    let server = RawServer::start(move |asked| {
        if asked.path.contains(".whl") {
            return answer(200, &[], &wheel.bytes);
        }
        let digest = sha256_hex(&wheel.bytes);
        let meta = "<meta name=\"pypi:project-status\" content=\"archived\">";
        let page = format!("<head>{meta}</head><a href=\"/{0}#sha256={digest}\">{0}</a>", wheel.filename);
        answer(200, &[("content-type", "text/html"), ("cache-control", "max-age=600")], page)
    });
    let context = TestContext::new();
    let url = server.url("/simple/");
    let said = "warning: tiny is archived";
    for form in ["requirements", "pylock", "json"] {
        let arguments = ["lock", "tiny", "--runtime", "python3.12", "--format", form, "-o", "-", "--index-url", &url];
        let (code, shown) = run(&context, &arguments);
        assert_eq!((code, shown.matches(said).count()), (0, 1), "{form}\n{shown}");
    }
    for _ in 0..3 {
        let arguments = ["install", "tiny", "--runtime", "python3.12", "-t", "out", "--index-url", &url];
        let (code, shown) = run(&context, &arguments);
        assert_eq!((code, shown.matches(said).count()), (0, 1), "{shown}");
    }
}

#[test]
fn every_digest_of_a_url_is_compared_as_soon_as_its_file_is_known() {
    let context = TestContext::new();
    let wheel = WheelBuilder::new("tiny", "1.0").build();
    context.write(&wheel.filename, &wheel.bytes);
    let archive = SdistBuilder::new("tiny", "1.0").build();
    context.write(&archive.filename, &archive.bytes);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let digest = |kind: &str, bytes: &[u8]| match kind {
        "md5" => hex(&md5::Md5::digest(bytes)),
        "sha1" => hex(&sha1::Sha1::digest(bytes)),
        "sha224" => hex(&sha2::Sha224::digest(bytes)),
        "sha256" => hex(&sha2::Sha256::digest(bytes)),
        "sha384" => hex(&sha2::Sha384::digest(bytes)),
        _ => hex(&sha2::Sha512::digest(bytes)),
    };
    for (name, bytes) in [(&wheel.filename, &wheel.bytes), (&archive.filename, &archive.bytes)] {
        let place = format!("file://{}", context.path(name).display());
        for kind in ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] {
            let good = digest(kind, bytes);
            let bad = digest(kind, b"something else");
            for (hex, expected) in [(&good, 0), (&bad, 1)] {
                context.write("requirements.txt", format!("tiny @ {place}#{kind}={hex}\n"));
                let arguments = ["lock", "-r", "requirements.txt", "--no-index", "--runtime", "python3.12", "-o", "-"];
                let (code, shown) = run(&context, &arguments);
                assert_eq!(code, expected, "{name} {kind}\n{shown}");
                if expected == 1 {
                    assert!(shown.contains("has digest") && shown.contains(&format!("{kind}:{bad}")), "{shown}");
                }
            }
        }
    }
}

#[test]
fn words_in_the_place_of_metadata_count() {
    let server = IndexServer::new()
        .file(WheelBuilder::new("thing", "2.0").requires("absent").file("thing.py", ""))
        .file(WheelBuilder::new("other", "1.0").file("other.py", ""))
        .start();
    let context = TestContext::new();
    let lock = |table: &str| {
        let text = format!("[project]\nname = 'app'\nversion = '1'\ndependencies = ['thing']\n[tool.uv]\n{table}\n");
        context.write("pyproject.toml", text);
        let arguments =
            ["install", "-r", "pyproject.toml", "-t", "out", "--runtime", "python3.12", "--index-url", &server.url()];
        run(&context, &arguments)
    };
    let (code, shown) = lock("");
    assert!(code == 1 && shown.contains("`absent` is not on"), "{shown}");
    let (code, shown) = lock("dependency-metadata = [{ name = 'thing', version = '2.0', requires-dist = ['other'] }]");
    assert!(code == 0 && context.path("out/other.py").is_file(), "{shown}");
    // Another version is meant, so that the package's own word counts.
    let (code, shown) = lock("dependency-metadata = [{ name = 'thing', version = '1.0', requires-dist = ['other'] }]");
    assert!(code == 1 && shown.contains("`absent` is not on"), "{shown}");
    for (table, said) in [
        ("dependency-metadata = [{ version = '1.0' }]", "pyproject.toml:6:24: `dependency-metadata`: it has no `name`"),
        ("dependency-metadata = [{ name = 'thing', requires-dist = 'x' }]", "`requires-dist` must be a list of texts"),
        ("dependency-metadata = [{ name = 'thing', requires = [] }]", "`requires` is not known here"),
        ("exclude-newer-package = { thing = true }", "`thing` of `exclude-newer-package` must be a date"),
        ("exclude-newer-package = { thing = 'soon' }", "`exclude-newer-package`: `soon` is not a date"),
    ] {
        let (code, shown) = lock(table);
        assert!(code == 2 && shown.contains(said), "{said}\n{shown}");
    }
}

#[test]
fn times_of_single_projects_count() {
    let old = |name: &str| Listed::new(WheelBuilder::new(name, "1.0")).upload_time("2024-01-01T00:00:00Z");
    let new = |name: &str| Listed::new(WheelBuilder::new(name, "2.0")).upload_time("2026-01-01T00:00:00Z");
    let server = ["one", "two"].iter().fold(IndexServer::new(), |server, name| server.file(old(name)).file(new(name)));
    let server = server.start();
    let context = TestContext::new();
    let check = |table: &str, one: &str, two: &str| {
        let text =
            format!("[project]\nname = 'app'\nversion = '1'\ndependencies = ['one', 'two']\n[tool.uv]\n{table}\n");
        context.write("pyproject.toml", text);
        let arguments =
            ["lock", "-r", "pyproject.toml", "--format", "requirements", "-o", "-", "--index-url", &server.url()];
        let (code, shown) = run(&context, &arguments);
        assert_eq!(code, 0, "{shown}");
        assert!(
            shown.contains(&format!("one=={one}\n")) && shown.contains(&format!("two=={two}\n")),
            "{table}\n{shown}"
        );
    };
    check("exclude-newer = '2025-01-01'", "1.0", "1.0");
    check("exclude-newer = '2025-01-01'\nexclude-newer-package = { two = false }", "1.0", "2.0");
    check("exclude-newer = '2025-01-01'\nexclude-newer-package = { one = 2026-02-01 }", "2.0", "1.0");
    check("exclude-newer-package = { one = '2025-01-01' }", "1.0", "2.0");
}

#[test]
fn lists_that_lie_there_unread_are_told() {
    let context = TestContext::new();
    let bundle = |place: &str| run(&context, &["bundle", place, "-o", &format!("{place}-out")]);
    for (file, text, said) in [
        ("environment.yml", "dependencies: [python]\n", "it is a list for conda"),
        ("requirements-prod.txt", "tiny\n", "only `requirements.txt` is taken by itself; name this one with -r"),
        ("requirements/base.txt", "tiny\n", "only `requirements.txt` is taken by itself"),
        ("setup.py", "", "that would run it"),
        (
            "setup.cfg",
            "[options]\ninstall_requires = tiny\n",
            "only a build reads it, and without a pyproject.toml or setup.py beside it there is none",
        ),
    ] {
        let place = file.replace(['.', '/'], "-");
        context.write(&format!("{place}/app.py"), "");
        context.write(&format!("{place}/{file}"), text);
        let (code, shown) = bundle(&place);
        assert!(code == 0 && shown.contains(&format!("`{place}/{file}` is not read: {said}")), "{file}\n{shown}");
    }
    context.write("piped/Pipfile", "[packages]\ntiny = '*'\n");
    let (code, shown) = bundle("piped");
    assert!(code == 2 && shown.contains("`piped/Pipfile` names what is required, and is not locked"), "{shown}");
    assert!(shown.contains("pipenv lock"), "{shown}");
    context.write("unpiped/Pipfile", "[packages]\n[dev-packages]\ntiny = '*'\n");
    assert_eq!(bundle("unpiped").0, 0);
    context.write("listed/requirements-prod.txt", "tiny\n");
    let (code, shown) = run(&context, &["lock", "listed"]);
    assert!(code != 0, "{shown}");
}

#[test]
fn the_lock_of_a_script_is_told() {
    let context = TestContext::new();
    context.write("job.py", "# /// script\n# dependencies = []\n# ///\n");
    context.write("job.py.lock", "version = 1\n");
    let (_, shown) = run(&context, &["lock", "-r", "job.py", "-o", "-", "--no-index"]);
    assert!(shown.contains("`job.py.lock` is not used") && shown.contains("uv export --script job.py"), "{shown}");
    let (code, shown) = run(&context, &["lock", "--lock", "job.py.lock", "-o", "-"]);
    assert!(code == 2 && shown.contains("`job.py.lock` is the lock of a script, which is not read"), "{shown}");
}

#[test]
fn what_is_not_used_beside_a_list_is_told() {
    let context = TestContext::new();
    context.write("fn/requirements.txt", "");
    context.write("fn/Pipfile", "[packages]\ntiny = '*'\n");
    context.write("fn/pyproject.toml", "[project]\nname = 'fn'\nversion = '1'\ndependencies = ['tiny']\n");
    let (code, shown) = run(&context, &["bundle", "fn", "-o", "out"]);
    assert!(code == 0 && shown.contains("Using fn/requirements.txt"), "{shown}");
    assert!(shown.contains("fn/pyproject.toml is not used: requirements.txt comes first"), "{shown}");
    assert!(shown.contains("fn/Pipfile is not used: it has no Pipfile.lock beside it"), "{shown}");
    // What names nothing could not have been meant.
    context.write("fn/Pipfile", "[packages]\n");
    context.write("fn/pyproject.toml", "[project]\nname = 'fn'\nversion = '1'\n");
    let (_, shown) = run(&context, &["bundle", "fn", "-o", "out", "--force"]);
    assert!(!shown.contains("is not used"), "{shown}");
}

#[test]
fn all_that_a_lock_would_have_to_build_is_told_at_once() {
    let context = TestContext::new();
    let package = |name: &str| {
        let digest = "0".repeat(64);
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://index.test/simple\" }}\n\
             sdist = {{ url = \"https://index.test/{name}-1.0.tar.gz\", hash = \"sha256:{digest}\" }}\n\n"
        )
    };
    let names = ["one", "psycopg2", "two"];
    let edges: Vec<String> = names.iter().map(|name| format!("{{ name = \"{name}\" }}")).collect();
    let root = format!(
        "[[package]]\nname = \"app\"\nversion = \"1\"\nsource = {{ virtual = \".\" }}\ndependencies = [{}]\n",
        edges.join(", ")
    );
    let packages: Vec<String> = names.iter().map(|name| package(name)).collect();
    let text = format!("version = 1\nrequires-python = \">=3.9\"\n\n{}{root}", packages.concat());
    context.write("uv.lock", text);
    let pyproject = "[project]\nname = 'app'\nversion = '1'\nrequires-python = '>=3.9'\n";
    context.write("pyproject.toml", format!("{pyproject}dependencies = ['one', 'psycopg2', 'two']\n"));
    let (code, shown) = run(&context, &["bundle", ".", "-o", "out", "--frozen"]);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("uv.lock:5: `one` is only a source distribution and would have to be built\n"), "{shown}");
    assert!(shown.contains("`two` is only a source distribution and would have to be built\n"), "{shown}");
    assert!(shown.contains("psycopg2: it links with libpq; lock `psycopg2-binary` in its place"), "{shown}");
    assert!(shown.contains("allow building from source with `--allow-build one,two`"), "{shown}");
}

#[test]
fn builds_have_no_network_where_that_can_be_had() {
    let can_fence = ["--net", "--map-current-user"].iter().any(|first| {
        let mut command = std::process::Command::new("/usr/bin/unshare");
        let more: &[&str] = if *first == "--net" { &[] } else { &["--net"] };
        command.arg(first).args(more).args(["--", "/bin/sh", "-c", ":"]).output().is_ok_and(|it| it.status.success())
    });
    if !can_build() || !can_fence {
        return;
    }
    let server = IndexServer::new().start();
    let context = TestContext::new();
    folder(&context, "mine", "{\"name\": \"mine\", \"version\": \"1.0\"}");
    let asks = format!("import urllib.request\nurllib.request.urlopen({:?}, timeout=9).read()\n", server.url());
    let backend = fs_err::read_to_string(context.path("mine/backend/own.py")).unwrap();
    let asking = format!("    exec({asks:?})\n    name, version = ");
    context.write("mine/backend/own.py", backend.replace("    name, version = ", &asking));
    let arguments = ["install", "./mine", "-t", "out", "--runtime", "python3.12", "--index-url", &server.url()];
    let (code, shown) = run(&context, &arguments);
    assert!(code == 1 && shown.contains("builds have no network"), "{shown}");
    assert!(shown.contains("allow that with --build-network"), "{shown}");
    // The backend reaches its server; which says that there is no such page.
    let (code, shown) = run(&context, &[&arguments[..], &["--build-network"]].concat());
    assert!(code == 0 || shown.contains("HTTP Error"), "{shown}");
    assert!(!shown.contains("builds have no network"), "{shown}");
}

#[test]
fn a_mirror_holds_what_building_takes() {
    if !can_build() {
        return;
    }
    let system = "[build-system]\nrequires = ['helper']\nbuild-backend = 'own'\nbackend-path = ['backend']\n";
    let own = "{\"name\": \"thing\", \"version\": \"1.0\", \"imports\": [\"helper\"], \"further\": [\"later\"]}";
    let sdist = SdistBuilder::new("thing", "1.0").file("pyproject.toml", system).file("backend/own.py", BACKEND);
    let sdist = sdist.file("own.json", own).build();
    let module = |name: &str| WheelBuilder::new(name, "1.0").file(&format!("{name}.py"), "VERSION = 'one'\n");
    let server = IndexServer::new()
        .file(sdist)
        .file(module("helper"))
        .file(module("later"))
        .file(WheelBuilder::new("native", "1.0").tag("py3-none-manylinux_2_17_aarch64"))
        .start();
    let context = TestContext::new();
    let url = server.url();
    let names = || {
        let manifest = fs_err::read(context.path("m/barrow-mirror.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        let files = manifest["files"].as_array().unwrap().iter();
        files.map(|file| file["project"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let target = ["--runtime", "python3.12", "--index-url", &url];
    let mirror = |more: &[&str]| run(&context, &[&["mirror", "thing", "-o", "m"], &target[..], more].concat());
    let (code, shown) = mirror(&["--allow-build", "thing"]);
    assert_eq!((code, names()), (0, ["helper", "later", "thing"].map(str::to_owned).to_vec()), "{shown}");
    // Without a network, and with a cache that knows nothing, it is built from the mirror alone.
    let arguments = ["install", "thing", "-t", "out", "--runtime", "python3.12", "--allow-build", "thing"];
    let (code, shown) = run(&context, &[&arguments[..], &["--mirror", "m", "--no-cache"]].concat());
    assert_eq!(code, 0, "{shown}");
    assert!(fs_err::read_to_string(context.path("out/thing.py")).unwrap().contains("helper = 'one'"), "{shown}");
    // For another machine what its wheels are.
    let (code, shown) = mirror(&["--allow-build", "thing", "--build-platform", "python3.12/arm64"]);
    assert_eq!(code, 0, "{shown}");
    let (code, shown) = mirror(&["--build-platform", "python9"]);
    assert!(code == 2 && shown.contains("--build-platform python9"), "{shown}");
    // What a chosen archive beside a wheel would take is named by its pyproject.toml, of which nothing is run.
    fs_err::remove_dir_all(context.path("m")).unwrap();
    let (code, shown) =
        run(&context, &[&["mirror", "native", "-o", "m", "--sdists", "--arch", "arm64"], &target[..]].concat());
    assert_eq!((code, names()), (0, vec!["native".to_owned()]), "{shown}");
}

#[test]
fn files_of_pdm_come_from_the_sources_of_the_project() {
    let wheel = WheelBuilder::new("tiny", "1.0").file("tiny.py", "").build();
    let digest = sha256_hex(&wheel.bytes);
    let lock = format!(
        "[metadata]\ngroups = [\"default\"]\nstrategy = [\"inherit_metadata\"]\nlock_version = \"4.5.0\"\n\n\
         [[package]]\nname = \"tiny\"\nversion = \"1.0\"\ngroups = [\"default\"]\nfiles = [\n    \
         {{file = \"{}\", hash = \"sha256:{digest}\"}},\n]\n",
        wheel.filename
    );
    let server = IndexServer::new().file(wheel).start();
    let context = TestContext::new();
    context.write("app/pdm.lock", lock);
    let project = "[project]\nname = 'app'\nversion = '1'\ndependencies = ['tiny']\n[tool.pdm]\ndistribution = false\n";
    let source = format!("[[tool.pdm.source]]\nname = 'pypi'\nurl = '{}'\nverify_ssl = false\n", server.url());
    context.write("app/pyproject.toml", format!("{project}{source}"));
    let (code, shown) = run(&context, &["bundle", "app", "-o", "out", "--runtime", "python3.12", "--frozen"]);
    assert!(code == 0 && context.path("out/tiny.py").is_file(), "{shown}");
    // The folder of the run makes no difference.
    let (code, shown) = run(&context, &["fingerprint", "app", "--runtime", "python3.12", "--frozen"]);
    assert_eq!(code, 0, "{shown}");
}

#[test]
fn sources_of_pdm_have_their_users_in_fields_and_in_variables() {
    let server = IndexServer::new().credentials("jo", "se/k:r@t").file(WheelBuilder::new("tiny", "1.0")).start();
    let context = TestContext::new();
    let project = "[project]\nname = 'app'\nversion = '1'\ndependencies = ['tiny']\n[tool.pdm]\ndistribution = false\n";
    let url = |userinfo: &str| server.url().replace("http://", &format!("http://{userinfo}"));
    for (url, more) in [
        (url(""), "username = 'jo'\npassword = 'se/k:r@t'\n"),
        (url(""), "username = '${WHO}'\npassword = '${KEY}'\n"),
        (url("${WHO}:${KEY}@"), ""),
        (url("jo:${KEY}@"), ""),
    ] {
        let source = format!("{project}[[tool.pdm.source]]\nname = 'pypi'\nurl = '{url}'\n{more}");
        context.write("app/pyproject.toml", source);
        for words in [
            &["bundle", "app", "-o", "out", "--runtime", "python3.12", "--no-cache"][..],
            &["lock", "-r", "app/pyproject.toml", "-o", "-", "--runtime", "python3.12", "-v", "--no-cache"],
            &["config", "app"],
        ] {
            let mut command = context.barrow();
            let output = command.args(words).env("WHO", "jo").env("KEY", "se/k:r@t").output().unwrap();
            let shown =
                format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(
                output.status.success() && !shown.contains("r@t") && !shown.contains("r%40t"),
                "{words:?}: {shown}"
            );
        }
        assert!(context.path("out/tiny").exists() || context.path("out/tiny.py").exists());
        assert!(!context.path("out/pyproject.toml").exists() || !source_has_password(more));
    }
}

fn source_has_password(more: &str) -> bool {
    more.contains("r@t")
}
