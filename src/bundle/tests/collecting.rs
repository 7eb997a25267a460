//! The user's own files: what belongs to the function and what does not.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use fs_err as fs;

use super::Scene;
use crate::bundle::{SourceFiles, Why, credentials_line};

fn paths(files: &SourceFiles) -> Vec<String> {
    files.files.iter().map(|file| format!("{}{}", file.path, if file.executable { "*" } else { "" })).collect()
}

#[test]
fn own_files_and_nothing_else() {
    let scene = Scene::new();
    scene.write(
        "source",
        &[
            ("app.py", ""),
            ("run.sh*", ""),
            (".env", ""),
            (".gitignore", ""),
            ("barrow.toml", ""),
            ("pyproject.toml", ""),
            ("lib/a b.py", ""),
            ("lib/ünï.py", ""),
            ("venv/notes.txt", ""),
            (".git/HEAD", ""),
            ("sub/.hg/x", ""),
            (".svn/x", ""),
            (".venv/lib/x.py", ""),
            ("env/pyvenv.cfg", ""),
            ("env/lib/x.py", ""),
            ("lib/__pycache__/a.cpython-312.pyc", ""),
            ("lib/old.pyc", ""),
            ("node_modules/x/index.js", ""),
            (".DS_Store", ""),
            ("cdk.out/asset.1/app.py", ""),
            (".aws-sam/build/app.py", ""),
            (".pytest_cache/x", ""),
            ("out/app.py", ""),
            (".barrow-xyz.tmp/new/app.py", ""),
        ],
    );
    let expected = [".gitignore", "app.py", "lib/a b.py", "lib/ünï.py", "pyproject.toml", "run.sh*", "venv/notes.txt"];
    assert_eq!(paths(&scene.collect("source", &[]).unwrap()), expected);
}

#[test]
fn patterns() {
    let scene = Scene::new();
    let files = [
        ("a.md", ""),
        ("app.py", ""),
        ("data/a.md", ""),
        ("data/deep/b.bin", ""),
        ("docs/c.txt", ""),
        ("lib/docs/d.txt", ""),
        ("lib/tests/e.py", ""),
        ("tests", ""),
        ("[x].txt", ""),
    ];
    scene.write("source", &files);
    let check = |exclude: &[&str], left_out: &[&str]| {
        let found = paths(&scene.collect("source", exclude).unwrap());
        let mut expected: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        expected.retain(|path| !left_out.contains(path));
        expected.sort_unstable();
        assert_eq!(found, expected, "{exclude:?}");
    };
    check(&[], &[]);
    check(&["*.md"], &["a.md", "data/a.md"]);
    check(&["/*.md"], &["a.md"]);
    check(&["./*.md"], &["a.md"]);
    check(&["docs"], &["docs/c.txt", "lib/docs/d.txt"]);
    check(&["docs/"], &["docs/c.txt", "lib/docs/d.txt"]);
    check(&["/docs"], &["docs/c.txt"]);
    check(&["/docs/"], &["docs/c.txt"]);
    check(&["docs/**"], &["docs/c.txt"]);
    check(&["**/docs/**"], &["docs/c.txt", "lib/docs/d.txt"]);
    check(&["tests"], &["lib/tests/e.py", "tests"]);
    check(&["tests/"], &["lib/tests/e.py"]);
    check(&["data/*"], &["data/a.md", "data/deep/b.bin"]);
    check(&["data/*.bin"], &[]);
    check(&["data/**/*.bin"], &["data/deep/b.bin"]);
    check(&["*.md", "!data/a.md"], &["a.md"]);
    check(&["!data/a.md", "*.md"], &["a.md", "data/a.md"]);
    check(&["data", "!data/a.md"], &["data/a.md", "data/deep/b.bin"]);
    check(&["*.{py,txt}"], &["app.py", "docs/c.txt", "lib/docs/d.txt", "lib/tests/e.py", "[x].txt"]);
    check(&["\\[x\\].txt"], &["[x].txt"]);
    check(&["APP.py"], &[]);
    for wrong in ["[", "", "/", "!"] {
        let error = scene.collect("source", &[wrong]).unwrap_err().to_string();
        assert!(error.contains("`--exclude`"), "{error}");
    }
}

#[test]
fn links_inside_are_followed() {
    let scene = Scene::new();
    scene.write("source", &[("shared/a.py", "a"), ("shared/run*", "")]);
    symlink("shared/a.py", scene.path("source/b.py")).unwrap();
    symlink("shared", scene.path("source/copy")).unwrap();
    symlink(scene.path("source/shared/run"), scene.path("source/absolute")).unwrap();
    let files = scene.collect("source", &[]).unwrap();
    assert_eq!(paths(&files), ["absolute*", "b.py", "copy/a.py", "copy/run*", "shared/a.py", "shared/run*"]);
    assert!(files.files.iter().all(|file| fs::symlink_metadata(&file.from).unwrap().is_file()));
}

#[test]
fn links_that_lead_elsewhere_are_refused() {
    let check = |target: &str, expected: &str| {
        let scene = Scene::new();
        scene.write("source", &[("app.py", ""), ("sub/x.py", "")]);
        scene.write("outside", &[("secret", "")]);
        scene.write("source-twin", &[("x", "")]);
        symlink(target, scene.path("source/sub/link")).unwrap();
        let error = scene.collect("source", &[]).unwrap_err().to_string();
        assert!(error.contains("source/sub/link`") && error.contains(expected), "{error}");
        assert_eq!(paths(&scene.collect("source", &["link"]).unwrap()), ["app.py", "sub/x.py"]);
    };
    check("../../outside/secret", "leads out of the source folder");
    check("../../outside", "leads out of the source folder");
    check("../../source-twin", "leads out of the source folder");
    check("/etc/passwd", "leads out of the source folder");
    check("nothing", "leads nowhere");
    check("link", "leads nowhere");
    check(".", "leads to a folder that it lies in");
    check("..", "leads to a folder that it lies in");
}

#[test]
fn odd_entries_are_refused() {
    let scene = Scene::new();
    scene.write("source", &[("app.py", "")]);
    let _socket = UnixListener::bind(scene.path("source/socket")).unwrap();
    let error = scene.collect("source", &[]).unwrap_err().to_string();
    assert!(error.ends_with("source/socket` in the source is a socket, which cannot be bundled"), "{error}");
    assert_eq!(paths(&scene.collect("source", &["socket"]).unwrap()), ["app.py"]);

    let check = |name: &[u8], expected: &str| {
        let scene = Scene::new();
        scene.write("source", &[("app.py", "")]);
        if fs::write(scene.path("source").join(OsStr::from_bytes(name)), "").is_err() {
            return; // This file system does not take the name.
        }
        let error = scene.collect("source", &[]).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains('\n') && !error.contains('\u{1b}'), "{error:?}");
        assert_eq!(paths(&scene.collect("source", &["odd*"]).unwrap()), ["app.py"]);
    };
    check(b"odd\xff.py", "its name is not UTF-8");
    check(b"odd\n.py", "it has a control character");
    check(b"odd\x1b[31m.py", "it has a control character");
    check(b"odd\\.py", "it has a backslash");
}

#[test]
fn source_must_be_a_folder() {
    let scene = Scene::new();
    scene.write("source", &[("app.py", "")]);
    for wrong in ["missing", "source/app.py"] {
        let error = scene.collect(wrong, &[]).unwrap_err().to_string();
        assert!(error.contains(wrong), "{error}");
    }
}

#[test]
fn outputs_in_the_source_are_left_out() {
    let scene = Scene::new();
    scene.write("source", &[("app.py", ""), ("out/a.py", ""), ("sub/out/b.py", "")]);
    assert_eq!(paths(&scene.collect("source", &[]).unwrap()), ["app.py", "sub/out/b.py"]);
}

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n";

/// Files that must not leave the machine, by their names or by what is in them.
const SECRETS: &[(&str, &str)] = &[
    (".env", ""),
    (".env.production", ""),
    ("conf/prod.env", ""),
    (".netrc", ""),
    ("_netrc", ""),
    (".pypirc", ""),
    ("pip.conf", ""),
    ("sub/pip.ini", ""),
    (".npmrc", ""),
    (".git-credentials", ""),
    ("id_rsa", ""),
    ("keys/ID_ED25519", ""),
    ("server.key", "\0binary"),
    ("cert.pem", KEY),
    ("store.p12", ""),
    ("credentials.json", ""),
    ("gcp.json", "{\"type\": \"service_account\", \"private_key\": \"-----BEGIN PRIVATE KEY-----\\nMIIE\"}"),
    ("terraform.tfstate", ""),
    ("terraform.tfstate.backup", ""),
    ("prod.tfvars", ""),
    ("barrow.toml", ""),
    ("requirements.txt", "--index-url https://u:s3cret@h/simple\napp\n"),
    ("requirements/dev.txt", "https://u:s3cret@h/a.whl\n"),
    ("pyproject.toml", "[tool.x]\npassword = \"s3cret\"\n"),
    ("uv.lock", "source = { url = \"https://u:s3cret@h/\" }\n"),
    ("wanted.list", "-i https://u:s3cret@h/\n"),
    ("logins", "machine h login u password s3cret\n"),
];

/// The same in folders that are left out whole.
const SECRET_FOLDERS: &[(&str, &str)] = &[
    (".aws/credentials", ""),
    (".ssh/known_hosts", ""),
    (".docker/config.json", ""),
    (".kube/config", ""),
    ("home/.gnupg/x", ""),
    (".config/gcloud/x.db", ""),
];

#[test]
fn credentials_and_state_stay_home() {
    let scene = Scene::new();
    let harmless = [
        ("app.py", ""),
        (".docker/Dockerfile", ""),
        ("cacert.pem", "-----BEGIN CERTIFICATE-----\nMIIE\n"),
        ("data.json", "{\"type\": \"service_account\"}"),
        ("env.py", ""),
        ("environment.py", ""),
        ("keys.py", ""),
        ("public.key", "-----BEGIN PUBLIC KEY-----\nMIIE\n"),
        ("requirements-dev.txt", "--index-url https://u:${TOKEN}@h/simple\n"),
        ("secrets.py", ""),
        ("setup.cfg", "[metadata]\nname = app\n"),
    ];
    scene.write("source", &[&harmless[..], SECRETS, SECRET_FOLDERS].concat());
    let files = scene.collect("source", &[]).unwrap();
    assert_eq!(paths(&files), {
        let mut expected = harmless.map(|(path, _)| path);
        expected.sort_unstable();
        expected
    });
    let left_out = |path: &str| files.left_out.iter().any(|left| left.path == std::path::Path::new(path));
    for (path, _) in SECRETS {
        assert!(left_out(path), "{path}");
    }
    for folder in [".aws", ".ssh", ".docker/config.json", ".kube", "home/.gnupg", ".config/gcloud"] {
        assert!(left_out(folder), "{folder}");
    }

    let everything: Vec<&str> = [SECRETS, SECRET_FOLDERS].concat().iter().map(|(path, _)| *path).collect();
    let back = scene.collect_with("source", &[], &everything).unwrap();
    assert_eq!(back.files.len(), harmless.len() + everything.len(), "{:?}", back.left_out);
}

#[test]
fn one_line_names_what_stays_home() {
    let scene = Scene::new();
    let files = [("id_rsa", ""), (".env", ""), (".aws/config", ""), ("x.tfstate", ""), ("barrow.toml", "")];
    scene.write("source", &files);
    assert_eq!(
        credentials_line(&scene.collect("source", &[]).unwrap().left_out).unwrap(),
        ".aws/, .env, id_rsa (credentials), x.tfstate (state), barrow.toml (settings of barrow)"
    );
    let many: Vec<String> = ('a'..='n').map(|letter| format!("{letter}.env")).collect();
    scene.write("many", &many.iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>());
    let named = credentials_line(&scene.collect("many", &[]).unwrap().left_out).unwrap();
    assert!(named.ends_with("k.env, l.env, 2 more (credentials)"), "{named}");
    scene.write("plain", &[("app.py", ""), (".git/config", ""), ("node_modules/x", "")]);
    assert_eq!(credentials_line(&scene.collect("plain", &[]).unwrap().left_out), None);
}

#[test]
fn what_is_left_out_by_default_comes_back_by_name() {
    let scene = Scene::new();
    let files = [
        (".aws/config", ""),
        (".aws/credentials", ""),
        (".env", ""),
        ("__pycache__/a.pyc", ""),
        ("app.py", ""),
        ("data/.env", ""),
        ("node_modules/a/b.js", ""),
        ("node_modules/c.js", ""),
    ];
    scene.write("source", &files);
    let check = |include: &[&str], exclude: &[&str], back: &[&str]| {
        let found = paths(&scene.collect_with("source", exclude, include).unwrap());
        let mut expected = [&["app.py"], back].concat();
        expected.sort_unstable();
        assert_eq!(found, expected, "{include:?}");
    };
    check(&[], &[], &[]);
    check(&[".env"], &[], &[".env", "data/.env"]);
    check(&["/.env"], &[], &[".env"]);
    check(&[".env"], &["data/.env"], &[".env"]);
    check(&["data"], &[], &[]);
    check(&["data/**"], &[], &["data/.env"]);
    check(&[".aws"], &[], &[".aws/config", ".aws/credentials"]);
    check(&[".aws/config"], &[], &[".aws/config"]);
    check(&["*.js"], &[], &[]);
    check(&["node_modules/a/**"], &[], &["node_modules/a/b.js"]);
    check(&["node_modules/"], &[], &["node_modules/a/b.js", "node_modules/c.js"]);
    check(&["__pycache__/*.pyc"], &[], &["__pycache__/a.pyc"]);
    let error = scene.collect_with("source", &[], &["["]).unwrap_err().to_string();
    assert!(error.contains("`--include`"), "{error}");
}

#[test]
fn a_link_to_a_secret_is_one() {
    let scene = Scene::new();
    scene.write("source", &[("app.py", ""), (".env", "x"), (".aws/config", "x")]);
    symlink(".env", scene.path("source/settings.txt")).unwrap();
    symlink(".aws/config", scene.path("source/cloud.txt")).unwrap();
    symlink(".aws", scene.path("source/cloud")).unwrap();
    let files = scene.collect("source", &[]).unwrap();
    assert_eq!(paths(&files), ["app.py"]);
    let is_secret = |name: &str| {
        let left = files.left_out.iter().find(|left| left.path == std::path::Path::new(name));
        left.is_some_and(|left| matches!(left.why, Why::Credentials(_)))
    };
    assert!(["settings.txt", "cloud.txt", "cloud"].iter().all(|name| is_secret(name)), "{:?}", files.left_out);
}

#[test]
fn every_name_that_stays_home_stands_in_the_documentation() {
    let page = include_str!("../../../docs/contents.md");
    for name in crate::bundle::source::names_that_stay_home() {
        assert!(page.contains(&format!("`{name}`")), "docs/contents.md lacks `{name}`");
    }
}

#[test]
fn a_pattern_that_matches_nothing_is_told() {
    let scene = Scene::new();
    scene.write("source", &[("app.py", ""), ("docs/a.md", "")]);
    let files =
        scene.collect_with("source", &["docs", "test/", "*.pyc", "__pycache__/", ".git", "!x"], &[".env"]).unwrap();
    assert_eq!(
        files.warnings,
        ["`--exclude test/` matches nothing in the source", "`--include .env` matches nothing in the source"]
    );
}
