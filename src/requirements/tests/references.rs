//! URLs, paths, folders, `-e` and Git.

use super::{Project, only, read_text};
use crate::requirements::DirectReference;

/// What a line refers to, in short.
fn reference(line: &str) -> String {
    let entry = only(&format!("{line}\n"));
    let name = entry.requirement.name.to_string();
    match entry.direct.unwrap() {
        DirectReference::Wheel { url } => format!("{name}: wheel {}", url.reveal()),
        DirectReference::Sdist { url, subdirectory } => format!("{name}: sdist {} {subdirectory:?}", url.reveal()),
        DirectReference::Folder { path, editable, .. } => format!("{name}: folder {} {editable}", path.display()),
        DirectReference::Git { url, revision, subdirectory, editable } => {
            format!("{name}: git {} {revision:?} {subdirectory:?} {editable}", url.reveal())
        }
    }
}

#[test]
fn urls() {
    let check = |line: &str, expected: &str| assert_eq!(reference(line), expected, "{line}");
    check("https://h/d/foo-1.0-py3-none-any.whl", "foo: wheel https://h/d/foo-1.0-py3-none-any.whl");
    check("Foo @ https://h/foo-1.0-py3-none-any.whl#egg=x", "foo: wheel https://h/foo-1.0-py3-none-any.whl");
    check("https://h/foo-1.0%2Blocal-py3-none-any.whl", "foo: wheel https://h/foo-1.0%2Blocal-py3-none-any.whl");
    check(
        "https://h/foo-1.0-py3-none-any.whl?sig=a;b ; os_name == 'posix'",
        "foo: wheel https://h/foo-1.0-py3-none-any.whl?sig=a;b",
    );
    check("https://h/foo-1.0-py3-none-any.whl[x,y]", "foo: wheel https://h/foo-1.0-py3-none-any.whl");
    check("foo @ https://h/x.tar.gz#subdirectory=a/b", "foo: sdist https://h/x.tar.gz Some(\"a/b\")");
    check("https://h/foo_bar-1.0.tar.gz", "foo-bar: sdist https://h/foo_bar-1.0.tar.gz None");
    check("https://h/archive#egg=foo", "foo: sdist https://h/archive None");
    check(
        "foo @ git+https://h/foo.git@v1@2#subdirectory=x",
        "foo: git https://h/foo.git@v1 Some(\"2\") Some(\"x\") false",
    );
    check("foo @ git+ssh://git@h/a/b.git", "foo: git ssh://git@h/a/b.git None None false");
    check("git+https://h/foo@feature%2Fx#egg=foo", "foo: git https://h/foo Some(\"feature/x\") None false");
    check("-e git+https://h/foo.git@main#egg=foo", "foo: git https://h/foo.git Some(\"main\") None true");
    check("-e 'foo[x] @ git+https://h/foo.git'", "foo: git https://h/foo.git None None true");
    check("foo @ file:///srv/foo-1.0.tar.gz", "foo: sdist file:///srv/foo-1.0.tar.gz None");
}

#[test]
fn hashes_of_fragments_count() {
    let entry = only(&format!("https://h/foo-1.0-py3-none-any.whl#sha256={}\n", "A".repeat(64)));
    assert_eq!(entry.hashes[0].to_string(), format!("sha256:{}", "a".repeat(64)));
    assert!(
        read_text("https://h/foo-1.0-py3-none-any.whl#sha256=abc\n").unwrap_err().contains("64 hexadecimal digits")
    );
}

#[test]
fn paths() {
    let wheel = "foo-1.0-py3-none-any.whl";
    let check = |line: &str, expected: &str| {
        let project = Project::new(&[
            ("a.txt", &format!("{line}\n")),
            (wheel, ""),
            ("sub dir/foo-1.0-py3-none-any.whl", ""),
            ("pkg/pyproject.toml", "[project]\nname = 'My.Pkg'\n"),
            ("old/setup.py", ""),
            ("old/setup.cfg", "[options]\nname = wrong\n[metadata]\nname = old-pkg\n"),
        ]);
        assert_eq!(project.printed(), [expected], "{line}");
    };
    check("./foo-1.0-py3-none-any.whl", "foo @ file://[FOLDER]/foo-1.0-py3-none-any.whl");
    check("foo-1.0-py3-none-any.whl[x]", "foo[x] @ file://[FOLDER]/foo-1.0-py3-none-any.whl");
    check("foo[x]@./foo-1.0-py3-none-any.whl", "foo[x] @ file://[FOLDER]/foo-1.0-py3-none-any.whl");
    check("./sub dir/foo-1.0-py3-none-any.whl", "foo @ file://[FOLDER]/sub%20dir/foo-1.0-py3-none-any.whl");
    check("file:./sub%20dir/../foo-1.0-py3-none-any.whl", "foo @ file://[FOLDER]/foo-1.0-py3-none-any.whl");
    check("./pkg[x] ; os_name == 'posix'", "my-pkg[x] @ file://[FOLDER]/pkg/ ; os_name == \"posix\"");
    check("-e ./pkg", "-e 'my-pkg @ file://[FOLDER]/pkg/'");
    check("-e old[x]", "-e 'old-pkg[x] @ file://[FOLDER]/old/'");
    check("-e ./pkg ; os_name == 'posix'", "-e 'my-pkg @ file://[FOLDER]/pkg/ ; os_name == \"posix\"'");
    check("-e \"./pkg ; os_name == 'posix'\"", "-e 'my-pkg @ file://[FOLDER]/pkg/ ; os_name == \"posix\"'");
    check("missing-1.0-py3-none-any.whl", "missing @ file://[FOLDER]/missing-1.0-py3-none-any.whl");
}

#[test]
fn paths_start_from_their_file_then_from_the_working_folder() {
    let wheel = "foo-1.0-py3-none-any.whl";
    let text = format!("./{wheel}\n");
    let beside = Project::new(&[("sub/a.txt", &text), (&format!("sub/{wheel}"), "")]);
    assert_eq!(beside.printed(), [format!("foo @ file://[FOLDER]/sub/{wheel}")]);
    let elsewhere = Project::new(&[("sub/a.txt", &text), (wheel, "")]);
    assert_eq!(elsewhere.printed(), [format!("foo @ file://[FOLDER]/{wheel}")]);
    let warnings = elsewhere.read().unwrap().warnings;
    assert!(warnings[0].contains("it is taken from the working folder, as pip does"), "{warnings:?}");
    let both = Project::new(&[("sub/a.txt", &text), (&format!("sub/{wheel}"), ""), (wheel, "")]);
    let error = both.read().unwrap_err();
    assert!(error.contains("sub/a.txt:1:1") && error.contains("may mean"), "{error}");
    // Of a file that was found in a folder, that folder is meant.
    let mut found = Project::new(&[("sub/a.txt", &text), (&format!("sub/{wheel}"), ""), (wheel, "")]);
    found.inputs.are_found = true;
    assert_eq!(found.printed(), [format!("foo @ file://[FOLDER]/sub/{wheel}")]);
    let warnings = found.read().unwrap().warnings;
    assert!(warnings[0].contains("taken from the folder of this file, not from the working folder"), "{warnings:?}");
    // A file that includes another one has both from one place.
    let one = Project::new(&[("a.txt", &text), (wheel, "")]);
    assert_eq!(one.printed(), [format!("foo @ file://[FOLDER]/{wheel}")]);
}

#[test]
fn references_that_cannot_be_used() {
    let check = |line: &str, expected: &str| {
        let error = read_text(&format!("{line}\n")).expect_err(line);
        assert!(error.contains(expected), "{line}: {error}");
    };
    check("bar @ https://h/foo-1.0-py3-none-any.whl", "this wheel is of the project `foo`, not of `bar`");
    check("https://h/foo-1.0.whl", "does not have the form name-version");
    check("foo @ https://h/x.tar.gz#subdirectory=../x", "leads out of the project");
    check("foo @ https://h/x.tar.gz#subdirectory=/x", "leads out of the project");
    check("https://h/x.tar.gz#egg=foo[x]", "write `name[extra] @ URL`");
    check("foo @ git+https://h/x@", "no revision after the `@`");
    check("foo @ git+https://h/x@--upload-pack=x", "a revision cannot start with `-`");
    check("foo @ git+ext::sh", "not a kind of Git URL");
    check("-e https://h/x.tar.gz#egg=x", "can be editable");
    check("-e foo", "neither a folder nor a `git+` URL");
    check("foo @ file://other/x.tar.gz", "is not a local file");
    check("foo @ ftp://h/x.tar.gz", "`ftp` URLs are not supported");
    check("foo @ nonsense", "neither a URL nor a path");
    check(".", "a folder without `pyproject.toml` or `setup.py`");
    for line in ["git+git@h.example:a/b.git", "x @ git+git@h.example:a/b.git", "-e git+git@h.example:a/b.git#egg=x"] {
        check(line, "the short form of SSH addresses, and no URL");
        check(line, "write `git+ssh://` in front, and `/` instead of `:` after the host");
    }
    for path in [
        "home/conda/feedstock_root/build_artifacts/foo_1/work",
        "croot/foo_1700000000000/work",
        "tmp/build/80754af9/foo_1/work",
    ] {
        check(&format!("foo @ file:///{path}"), "`pip freeze` in an environment of conda");
    }
}
