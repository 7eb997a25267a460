//! The key of a request, from outside: each option and each kind of input in turn. Where the bytes of the result
//! differ, so does the fingerprint; where it is equal, so are the bytes. And a run says what has changed.

use std::process::Command;

use crate::building::{BACKEND, can_build, folder, git};
use crate::support::{IndexServer, Listed, RunningIndex, TestContext, WheelBuilder, sha256_hex};

/// A change of the world, and whether it changes the bytes of the result.
struct Row {
    name: &'static str,
    flags: Vec<&'static str>,
    edit: Box<dyn Fn(&TestContext)>,
    changes: bool,
}

fn flags(flags: &'static str, changes: bool) -> Row {
    Row { name: flags, flags: flags.split(' ').collect(), edit: Box::new(|_| {}), changes }
}

fn edit(name: &'static str, changes: bool, edit: impl Fn(&TestContext) + 'static) -> Row {
    Row { name, flags: Vec::new(), edit: Box::new(edit), changes }
}

fn write(path: &'static str, text: &'static str, changes: bool) -> Row {
    edit(path, changes, move |context| _ = context.write(path, text))
}

/// Runs each row in a world of its own, beside the same world without the row.
fn check(world: &dyn Fn(&TestContext), index: &RunningIndex, arguments: &[&str], rows: Vec<Row>) {
    let make = |row: Option<&Row>| {
        let context = TestContext::new();
        world(&context);
        if let Some(row) = row {
            (row.edit)(&context);
        }
        let run = |command: &mut Command| {
            command.args(arguments).args(["--index-url", &index.url()]).env("BARROW_RUNTIME", "python3.13");
            let output = command.args(row.map_or(&[][..], |row| &row.flags)).output().unwrap();
            assert!(output.status.success(), "{:?}: {}", row.map(|row| row.name), context.show(&output));
            String::from_utf8(output.stdout).unwrap()
        };
        let print = run(context.barrow().args(["fingerprint", "app"]));
        run(context.barrow().args(["bundle", "app", "-o", "out"]));
        (context.tree("out"), print)
    };
    let (tree, print) = make(None);
    assert_eq!(make(None), (tree.clone(), print.clone()), "the same twice");
    for row in rows {
        let (other_tree, other_print) = make(Some(&row));
        assert_eq!(other_tree != tree, row.changes, "{}: the bytes\n{tree}\n{other_tree}", row.name);
        if row.changes {
            assert_ne!(other_print, print, "{}: other bytes, the same key", row.name);
        }
    }
}

fn index() -> RunningIndex {
    let tiny = |version: &str| WheelBuilder::new("tiny", version).requires("dep").file("tiny.py", version);
    let native = |tag: &str| WheelBuilder::new("native", "1.0").tag(tag).file("native.py", tag);
    IndexServer::new()
        .file(tiny("1.0"))
        .file(tiny("1.1"))
        .file(tiny("2.0rc1"))
        .file(WheelBuilder::new("dep", "1.0").file("dep.py", ""))
        .file(WheelBuilder::new("boto3", "1.0").file("boto3.py", ""))
        .file(native("cp312-cp312-manylinux_2_17_x86_64"))
        .file(native("cp313-cp313-manylinux_2_17_x86_64"))
        .file(native("cp313-cp313-manylinux_2_28_x86_64"))
        .file(native("cp313-cp313-manylinux_2_17_aarch64"))
        .start()
}

#[test]
fn requirements_and_every_option_about_them() {
    let world = |context: &TestContext| {
        context.write("app/handler.py", "import tiny\n");
        context.write("app/requirements.txt", "-r more.txt\ntiny<2\nboto3\n");
        context.write("app/more.txt", "native\n");
        context.write("constraints.txt", "tiny<1.1\n");
        context.write("overrides.txt", "tiny==1.0\n");
        context.write("shared/common.py", "");
        context.write("brought/python/dep-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: dep\nVersion: 1.0\n");
        context.write("app/.gitignore", "notes.md\n");
        context.write("app/notes.md", "");
    };
    let rows = vec![
        flags("--runtime python3.12", true),
        flags("--arch arm64", true),
        flags("--glibc 2.17", true),
        flags("--python-version 3.13.1", false),
        flags("--exclude-package dep", true),
        flags("--exclude-package de?", true),
        flags("--without brought", true),
        flags("--exclude-runtime", true),
        flags("--deny-license GPL-*", false),
        flags("--sbom cyclonedx", false),
        flags("--no-deps", true),
        flags("--pre --override pre.txt", true),
        flags("--resolution lowest", true),
        flags("--no-prefer-binary", false),
        flags("--only-binary :all:", false),
        flags("--no-build", false),
        flags("--allow-build dep", false),
        flags("--build-python python3", false),
        flags("--config-settings a=b", false),
        flags("--no-binary absent", false),
        flags("--build-network", false),
        flags("--index-strategy unsafe-best-match", false),
        flags("--find-links more-wheels", true),
        flags("--max-ratio 60", false),
        flags("--exclude handler.py", true),
        flags("--no-source", true),
        flags("--source shared", true),
        flags("--source shared:common", true),
        flags("--source {\"path\":\"shared\",\"include\":[\"*.none\"]}", false),
        flags("--gitignore", true),
        flags("--follow-links", false),
        flags("-c constraints.txt -r app/requirements.txt", true),
        flags("--no-deps-requirement app/requirements.txt", true),
        flags("--override overrides.txt -r app/requirements.txt", true),
        write("app/handler.py", "import tiny  # edited\n", true),
        write("app/requirements.txt", "-r more.txt\ntiny==1.0\nboto3\n", true),
        write("app/more.txt", "native\n# a word\n", true),
        write("app/new.py", "", true),
        write("app/.barrowignore", "handler.py\n", true),
        write("app/.barrowignore", "nothing\n", false),
        edit("a link", true, |context| {
            std::os::unix::fs::symlink("handler.py", context.path("app/link.py")).unwrap();
        }),
        edit("mode", true, |context| context.chmod("app/handler.py", 0o755)),
    ];
    let rows = rows.into_iter().map(|mut row| {
        match row.name {
            "--pre --override pre.txt" => {
                row.flags = vec!["--pre", "--override", "pre.txt"];
                row.edit = Box::new(|context| _ = context.write("pre.txt", "tiny\n"));
            }
            "--find-links more-wheels" => {
                row.edit = Box::new(|context| {
                    let wheel = WheelBuilder::new("tiny", "1.2").file("tiny.py", "1.2").build();
                    context.write(&format!("more-wheels/{}", wheel.filename), &wheel.bytes);
                });
            }
            _ => {}
        }
        row
    });
    check(&world, &index(), &[], rows.collect());
}

#[test]
fn an_input_file_that_is_bundled_counts_with_all_that_is_in_it() {
    let script = |broker: &'static str| {
        format!("# /// script\n# dependencies = [\"tiny\"]\n# ///\nBROKER = \"amqp://{broker}@queue/x\"\n")
    };
    let world = move |context: &TestContext| _ = context.write("app/main.py", script("guest:old"));
    let edited = edit("app/main.py", true, move |context| _ = context.write("app/main.py", script("guest:new")));
    check(&world, &index(), &["-r", "app/main.py"], vec![edited]);
}

#[test]
fn the_newest_moment_that_counts() {
    let listed = |version: &str, time: &str| {
        Listed::new(WheelBuilder::new("tiny", version).file("tiny.py", version)).upload_time(time)
    };
    let (old, new) = (listed("1.0", "2020-01-01T00:00:00Z"), listed("1.1", "2024-01-01T00:00:00Z"));
    let index = IndexServer::new().file(old).file(new).start();
    let world = |context: &TestContext| _ = context.write("app/requirements.txt", "tiny\n");
    let rows = vec![flags("--exclude-newer 2022-01-01", true), flags("--exclude-newer 2025-01-01", false)];
    check(&world, &index, &[], rows);
}

#[test]
fn a_repository_counts_by_its_commit() {
    if !can_build() || !std::path::Path::new("/usr/bin/git").is_file() {
        return;
    }
    let index = IndexServer::new().start();
    // The URL has the place in it, so these are compared within one world.
    let context = TestContext::new();
    let git = |arguments: &[&str]| _ = git(&context, "repo", arguments);
    project(&context, "repo", "mine", "");
    git(&["init", "--quiet", "--initial-branch=trunk"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    context.write("app/handler.py", "");
    context.write("app/requirements.txt", format!("mine @ git+file://{}\n", context.path("repo").display()));
    let make = || {
        let run = |command: &mut Command| {
            let output = command.args(["--runtime", "python3.12", "--index-url", &index.url()]).output().unwrap();
            assert!(output.status.success(), "{}", context.show(&output));
            output.stdout
        };
        let print = run(context.barrow().args(["fingerprint", "app"]));
        run(context.barrow().args(["bundle", "app", "-o", "out"]));
        (context.tree("out"), print)
    };
    let before = make();
    (rebuilt("repo").edit)(&context);
    assert_eq!(make(), before, "what is not committed is not built");
    git(&["commit", "--quiet", "-a", "-m", "two"]);
    let after = make();
    assert!(after.0 != before.0 && after.1 != before.1, "the commit counts");
}

#[test]
fn the_compiler_counts_by_its_version() {
    if !can_build() {
        return;
    }
    let world = |context: &TestContext| _ = context.write("app/handler.py", "x = 1\n");
    let rows = vec![flags("--compile-bytecode", true), flags("--build-python python3", false)];
    let of_system = |flag: &'static str| {
        let output = Command::new("/usr/bin/python3")
            .args(["-c", "import sys; print('python%d.%d' % sys.version_info[:2])"])
            .output();
        let runtime: &'static str = String::from_utf8(output.unwrap().stdout).unwrap().trim().to_owned().leak();
        vec![flag, runtime]
    };
    check(&world, &index(), &of_system("--runtime"), rows);
}

#[test]
fn extras_and_groups_of_a_project() {
    let world = |context: &TestContext| {
        context.write("app/handler.py", "");
        let table = "[project]\nname = 'p'\nversion = '1'\ndependencies = []\n\
            [project.optional-dependencies]\na = ['tiny']\n[dependency-groups]\ng = ['dep']\n";
        context.write("app/pyproject.toml", table);
    };
    check(&world, &index(), &[], vec![flags("--extra a", true), flags("--group g", true)]);
}

/// A lock whose parts are chosen by options.
fn lock(index: &RunningIndex) -> String {
    let package = |name: &str, marker: &str| {
        let bytes = WheelBuilder::new(name, "1.0").file(&format!("{name}.py"), "").build().bytes;
        let (file, url) = (format!("{name}-1.0-py3-none-any.whl"), index.url());
        let url = url.trim_end_matches('/').trim_end_matches("simple");
        format!(
            "[[packages]]\nname = '{name}'\nversion = '1.0'\n{marker}\n\
             wheels = [{{name = '{file}', url = '{url}files/{file}', hashes = {{sha256 = '{}'}}}}]\n",
            sha256_hex(&bytes)
        )
    };
    format!(
        "lock-version = '1.0'\ncreated-by = 'a test'\nextras = ['a']\ndependency-groups = ['g']\n{}{}{}",
        package("one", ""),
        package("two", "marker = \"'a' in extras\""),
        package("three", "marker = \"'g' in dependency_groups\"")
    )
}

#[test]
fn a_lock_and_every_option_about_it() {
    let wheel = |name: &str| WheelBuilder::new(name, "1.0").file(&format!("{name}.py"), "");
    let index = IndexServer::new().file(wheel("one")).file(wheel("two")).file(wheel("three")).start();
    let text = lock(&index);
    let other = text.replace("created-by = 'a test'", "created-by = 'another one'");
    let world = move |context: &TestContext| {
        context.write("app/handler.py", "");
        context.write("pylock.toml", &text);
    };
    let rows = vec![
        flags("--extra a", true),
        flags("--group g", true),
        flags("--exclude-package one", true),
        flags("--require-hashes", false),
        flags("--no-build", false),
        edit("the lock's own words", false, move |context| _ = context.write("pylock.toml", &other)),
    ];
    check(&world, &index, &["-r", "pylock.toml"], rows);
}

#[test]
fn options_of_a_lock_are_told_apart() {
    let index = IndexServer::new().start();
    let context = TestContext::new();
    context.write("app/pylock.toml", lock(&index));
    let print = |more: &[&str]| {
        let output = context.barrow().args(["fingerprint", "app"]).args(more).output().unwrap();
        assert!(output.status.success(), "{}", context.show(&output));
        output.stdout
    };
    let all: [&[&str]; 5] =
        [&[], &["--extra", "a"], &["--group", "g"], &["--exclude-package", "one"], &["--require-hashes"]];
    let prints: Vec<_> = all.iter().map(|more| print(more)).collect();
    for (at, print) in prints.iter().enumerate() {
        assert!(!prints[..at].contains(print), "{:?} has the key of another", all[at]);
    }
}

#[test]
fn wheels_of_this_machine() {
    let put = |context: &TestContext, place: &str, content: &str| {
        let wheel = WheelBuilder::new("tiny", "1.0").file("tiny.py", content).build();
        context.write(&format!("{place}/{}", wheel.filename), &wheel.bytes);
    };
    let world = move |context: &TestContext| {
        context.write("app/handler.py", "");
        put(context, "wheels", "x = 1\n");
    };
    // Of the same name and size as before.
    let edited = || edit("a wheel", true, move |context| put(context, "wheels", "x = 2\n"));
    let index = IndexServer::new().start();
    let with = |text: &'static str| {
        move |context: &TestContext| {
            world(context);
            context.write("app/requirements.txt", text);
        }
    };
    check(&with("tiny\n--no-index\n--find-links wheels\n"), &index, &[], vec![edited()]);
    check(&with("./wheels/tiny-1.0-py3-none-any.whl\n"), &index, &[], vec![edited()]);
}

/// Writes a wheel of `tiny` with this text into a folder, and the page that links to it, with or without its digest.
fn page_and_wheel(context: &TestContext, [page, reference, folder]: [&str; 3], text: &str, with_digest: bool) {
    let wheel = WheelBuilder::new("tiny", "1.0").file("tiny.py", text).build();
    let name = &wheel.filename;
    let fragment = if with_digest { format!("#sha256={}", sha256_hex(&wheel.bytes)) } else { String::new() };
    context.write(page, format!("<a href=\"{reference}{name}{fragment}\">{name}</a>"));
    context.write(&format!("{folder}/{name}"), &wheel.bytes);
}

/// Pages whose files lie elsewhere: that of a project in a tree, as bandersnatch writes it, and one of its own. With
/// each, the requirements that name it.
const PAGES: [([&str; 3], &str); 2] = [
    (["web/simple/tiny/index.html", "../../links/", "web/links"], "tiny\n--no-index\n--find-links web/simple\n"),
    (["pages/page.html", "../links/", "links"], "tiny\n--no-index\n--find-links pages/page.html\n"),
];

#[test]
fn files_that_pages_link_to_count_wherever_they_lie() {
    for (places, requirements) in PAGES {
        for with_digest in [false, true] {
            let world = |context: &TestContext| {
                context.write("app/handler.py", "");
                context.write("app/requirements.txt", requirements);
                page_and_wheel(context, places, "x = 1\n", with_digest);
            };
            let edited = edit("a wheel", true, move |context| page_and_wheel(context, places, "x = 2\n", with_digest));
            let beside = edit("a wheel that no page names", false, move |context| {
                context.write(&format!("{}/other-1.0-py3-none-any.whl", places[2]), "");
            });
            let rows = vec![edited, beside];
            check(&world, &IndexServer::new().start(), &[], rows);
        }
    }
}

#[test]
fn a_wheel_that_another_takes_the_place_of_is_no_longer_the_same() {
    let folder = (["unused.html", "wheels/", "wheels"], "tiny\n--no-index\n--find-links wheels\n");
    for (places, requirements) in [folder].into_iter().chain(PAGES) {
        let context = TestContext::new();
        context.write("app/handler.py", "");
        context.write("app/requirements.txt", requirements);
        let wheel = format!("{}/tiny-1.0-py3-none-any.whl", places[2]);
        let bundle = || {
            let output =
                context.barrow().args(["bundle", "app", "-o", "out", "--runtime", "python3.13"]).output().unwrap();
            assert!(output.status.success(), "{}", context.show(&output));
            (context.show(&output).contains("Nothing has changed"), context.tree("out"))
        };
        page_and_wheel(&context, places, "x = 1\n", false);
        let (_, first) = bundle();
        assert_eq!(bundle(), (true, first.clone()), "{requirements}");
        let modified = fs_err::metadata(context.path(&wheel)).unwrap().modified().unwrap();
        // Of the same name, size and time as before.
        page_and_wheel(&context, places, "x = 2\n", false);
        for file in [&*wheel, places[0]] {
            let file = fs_err::File::options().write(true).open(context.path(file)).unwrap();
            file.file().set_modified(modified).unwrap();
        }
        let (is_unchanged, second) = bundle();
        assert!(!is_unchanged && second != first, "{requirements}");
    }
}

/// A project folder that says all about itself, with the backend of the tests.
fn project(context: &TestContext, place: &str, name: &str, requires: &str) {
    let quoted = if requires.is_empty() { String::new() } else { format!("\"{requires}\"") };
    folder(context, place, &format!("{{\"name\": \"{name}\", \"version\": \"1\", \"requires\": [{quoted}]}}"));
    let table = format!(
        "[build-system]\nrequires = []\nbuild-backend = 'own'\nbackend-path = ['backend']\n\
         [project]\nname = '{name}'\nversion = '1'\ndependencies = [{quoted}]\n"
    );
    context.write(&format!("{place}/pyproject.toml"), table);
}

/// A change of a backend, and so of what it builds.
fn rebuilt(place: &'static str) -> Row {
    edit(place, true, move |context| {
        let backend = BACKEND.replace("\"SETTINGS\": config_settings", "\"SETTINGS\": 1");
        context.write(&format!("{place}/backend/own.py"), backend);
    })
}

#[test]
fn folders_that_lead_to_folders() {
    if !can_build() {
        return;
    }
    let index = IndexServer::new().start();
    // A requirement by path is one of this machine, so these are compared within one world.
    let context = TestContext::new();
    context.write("app/handler.py", "");
    project(&context, "one", "one", &format!("two @ file://{}", context.path("two").display()));
    project(&context, "two", "two", "");
    context.write("app/requirements.txt", "./one\n");
    let make = || {
        let run = |command: &mut Command| {
            command.args(["--runtime", "python3.12", "--allow-build", "two", "--index-url", &index.url()]);
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", context.show(&output));
            output.stdout
        };
        let print = run(context.barrow().args(["fingerprint", "app"]));
        run(context.barrow().args(["bundle", "app", "-o", "out"]));
        (context.tree("out"), print)
    };
    let mut before = make();
    assert_eq!(make(), before);
    for place in ["one", "two"] {
        (rebuilt(place).edit)(&context);
        let after = make();
        assert!(after.0 != before.0 && after.1 != before.1, "the content of `{place}` counts");
        before = after;
    }

    let locked = |context: &TestContext| {
        context.write("app/handler.py", "");
        project(context, "lib", "lib", "");
        let lock = "lock-version = '1.0'\ncreated-by = 'a test'\n\
            [[packages]]\nname = 'lib'\ndirectory = {path = '../lib'}\n";
        context.write("app/pylock.toml", lock);
    };
    check(&locked, &index, &["--runtime", "python3.12"], vec![rebuilt("lib")]);
}

/// A run says, with `-v`, what has changed since the last.
#[test]
fn the_first_reason_is_told() {
    let index = index();
    let context = TestContext::new();
    context.write("app/handler.py", "");
    context.write("app/pyproject.toml", "[project]\nname = 'p'\nversion = '1'\ndependencies = ['tiny==1.0']\n[project.optional-dependencies]\na = ['dep']\n");
    context.write("requirements.txt", "dep\n");
    let run = |more: &[&str]| {
        let mut command = context.barrow();
        let output =
            command.args(["bundle", "app", "-o", "out", "-v", "--index-url", &index.url()]).args(more).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", context.show(&output));
        let text = crate::support::said(&output);
        let line = text.lines().find_map(|line| line.split_once("not unchanged since the last run: "));
        line.map(|(_, reason)| context.filter(reason)).unwrap_or_default()
    };
    assert_eq!(run(&[]), "no last run with this output is remembered");
    assert_eq!(run(&["--extra", "a"]), "`--extra a` was not given last time");
    assert_eq!(run(&[]), "`--extra a` was given last time");
    context.write("app/handler.py", "edited = True\n");
    assert_eq!(run(&[]), "handler.py changed");
    context.write("app/new.py", "");
    assert_eq!(run(&[]), "new.py is new");
    fs_err::remove_file(context.path("app/new.py")).unwrap();
    assert_eq!(run(&[]), "new.py is gone");
    assert_eq!(run(&["-r", "requirements.txt"]), "requirements.txt is new");
    context.write("requirements.txt", "dep==1.0\n");
    assert_eq!(run(&["-r", "requirements.txt"]), "requirements.txt changed");
    assert_eq!(run(&["-r", "requirements.txt"]), "the page of dep is older than its freshness");
    assert_eq!(run(&["-r", "requirements.txt", "--runtime", "python3.12"]), "the target changed");
    assert_eq!(run(&["-r", "requirements.txt", "--refresh"]), "`--refresh` was given");
    assert_eq!(run(&["-r", "requirements.txt", "--no-cache"]), "there is no cache");
}

/// Requirements files are read once in a run, whoever asks for what they say: also for whether a credential stands in
/// them, and for the copy of those that lie in SOURCE.
#[cfg(target_os = "linux")]
#[test]
fn requirements_are_read_once() {
    use std::mem::MaybeUninit;

    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};

    let index = index();
    let context = TestContext::new();
    context.write("app/handler.py", "");
    context.write("more.txt", "tiny\n");
    context.write("requirements.txt", "-r more.txt\n");
    context.write("app/requirements.txt", "-r parts/more.txt\n");
    context.write("app/parts/more.txt", "tiny\n");
    let check = |files: &[&str], arguments: &[&str]| {
        let watch = inotify::init(CreateFlags::NONBLOCK).unwrap();
        let watched: Vec<i32> = files
            .iter()
            // Opening twice in a row would be one event without the closing in between.
            .map(|file| {
                let flags = WatchFlags::OPEN | WatchFlags::CLOSE;
                inotify::add_watch(&watch, context.path(file), flags).unwrap()
            })
            .collect();
        for what in ["made", "unchanged"] {
            let mut command = context.barrow();
            context.succeed(command.args(["bundle", "app", "--index-url", &index.url()]).args(arguments));
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut reader = Reader::new(&watch, &mut buffer);
            let mut opened: Vec<i32> =
                std::iter::from_fn(|| reader.next().ok().map(|event| (event.wd(), event.events())))
                    .filter(|(_, events)| events.contains(ReadFlags::OPEN))
                    .map(|(file, _)| file)
                    .collect();
            opened.sort_unstable();
            assert_eq!(opened, watched, "{what} with {arguments:?}: each of {files:?} once");
        }
    };
    check(&["requirements.txt", "more.txt"], &["-r", "requirements.txt", "-o", "out"]);
    check(&["app/requirements.txt", "app/parts/more.txt"], &["-o", "own"]);
    check(&["app/requirements.txt", "app/parts/more.txt"], &["-o", "own.zip"]);
    assert_eq!(fs_err::read_to_string(context.path("own/parts/more.txt")).unwrap(), "tiny\n");
}
