//! The user's own files: what belongs to the function and what does not.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use fs_err as fs;

use super::Scene;
use crate::bundle::source_files::SourceFiles;

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
    let expected = [
        ".env",
        ".gitignore",
        "app.py",
        "barrow.toml",
        "lib/a b.py",
        "lib/ünï.py",
        "pyproject.toml",
        "run.sh*",
        "venv/notes.txt",
    ];
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
