//! Indexes without freshness: asked every time, and when the answer is the same, nothing is fetched or published.

use std::path::Path;
use std::process::Command;

use crate::support::{IndexServer, Listed, RunningIndex, TestContext, WheelBuilder, sha256_hex};

const SAYS: &str = "Nothing has changed";

fn tiny(version: &str) -> WheelBuilder {
    WheelBuilder::new("tiny", version).requires("dep").file("tiny.py", format!("VERSION = '{version}'\n"))
}

fn dep() -> WheelBuilder {
    WheelBuilder::new("dep", "1.0").file("dep/__init__.py", "").file("dep/data.txt", "data\n")
}

fn server() -> IndexServer {
    IndexServer::new().file(tiny("1.0")).file(dep())
}

/// What a run says, and what it asked.
struct Said {
    output: String,
    errors: String,
    asked: Vec<String>,
}

impl Said {
    fn is_unchanged(&self) -> bool {
        self.errors.contains(SAYS)
    }

    fn warnings(&self) -> Vec<&str> {
        self.errors.lines().filter(|line| line.starts_with("warning")).collect()
    }
}

/// Where runs happen, and the index that they ask.
struct Place {
    context: TestContext,
    index: RunningIndex,
}

impl Place {
    fn new(server: IndexServer) -> Self {
        let place = Self { context: TestContext::new(), index: server.start() };
        place.context.write("app/handler.py", "import tiny\n");
        place.context.write("app/requirements.txt", "tiny\n");
        place
    }

    fn run(&self, command: &mut Command) -> Said {
        let before = self.index.requests().len();
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", self.context.show(&output));
        let mut asked: Vec<String> =
            self.index.requests()[before..].iter().map(|asked| format!("{} {}", asked.status, asked.path)).collect();
        asked.sort();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { output: text(output.stdout), errors: text(output.stderr), asked }
    }

    fn bundle(&self, more: &[&str]) -> Said {
        let mut command = self.context.barrow();
        self.run(command.args(["bundle", "app", "--json", "--index-url", &self.index.url()]).args(more))
    }

    fn install(&self, arguments: &[&str]) -> Said {
        let mut command = self.context.barrow();
        self.run(command.args(["install", "-t", "out", "--index-url", &self.index.url()]).args(arguments))
    }

    /// Removes the wheels from the cache, and what was unpacked of them.
    fn lose_wheels(&self) {
        for folder in ["wheels-v1", "installs-v2"] {
            fs_err::remove_dir_all(self.context.cache().join(folder)).unwrap();
        }
    }
}

/// Paths, inodes and times of a folder's files: equal when no one has touched it.
fn untouched(folder: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt as _;
    let mut lines = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = fs_err::symlink_metadata(&path).unwrap();
        lines.push(format!("{} {} {}.{}", path.display(), about.ino(), about.ctime(), about.ctime_nsec()));
        if about.is_dir() {
            lines.extend(untouched(&path));
        }
    }
    lines.sort();
    lines
}

fn confirmed() -> Vec<String> {
    vec!["304 /simple/dep/".to_owned(), "304 /simple/tiny/".to_owned()]
}

#[test]
fn pages_are_confirmed_and_nothing_else_is_done() {
    for out in ["out", "out.zip"] {
        let place = Place::new(server());
        let first = place.bundle(&["-o", out]);
        assert!(!first.is_unchanged(), "{}", first.errors);
        place.lose_wheels();
        let path = place.context.path(out);
        let look = || if path.is_dir() { untouched(&path) } else { vec![sha256_hex(&fs_err::read(&path).unwrap())] };
        let before = look();
        let second = place.bundle(&["-o", out]);
        assert!(second.is_unchanged(), "{out}: {}", second.errors);
        assert_eq!((second.output, second.asked), (first.output, confirmed()), "{out}");
        assert_eq!(look(), before, "{out}");
        assert!(!place.context.cache().join("wheels-v1").exists(), "{out}");
    }
}

#[test]
fn layers_and_installs_are_left_alone_as_well() {
    let place = Place::new(server());
    for command in [&["layer", "-o", "layer"][..], &["install", "-t", "folder"]] {
        let run = || {
            let mut barrow = place.context.barrow();
            place.run(barrow.args(command).args(["-r", "app/requirements.txt", "--index-url", &place.index.url()]))
        };
        assert!(!run().is_unchanged());
        let again = run();
        assert!(again.is_unchanged(), "{}", again.errors);
        assert_eq!(again.asked, confirmed());
    }
}

#[test]
fn what_was_done_to_the_output_is_mended() {
    let place = Place::new(server());
    let run = || place.bundle(&["-o", "out"]).is_unchanged();
    assert!(!run());
    let tree = place.context.tree("out");
    let mended = |what: &str| {
        assert!(!run(), "{what}");
        assert_eq!(place.context.tree("out"), tree, "{what}");
        assert!(run(), "{what}, and again");
    };
    let out = |path: &str| place.context.path("out").join(path);
    place.context.write("out/handler.py", "edited = True\n");
    mended("an edited file");
    fs_err::remove_file(out("dep/data.txt")).unwrap();
    mended("a removed file");
    for entry in fs_err::read_dir(out("")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { fs_err::remove_dir_all(path) } else { fs_err::remove_file(path) }.unwrap();
    }
    mended("an empty folder, as CDK gives it");
    fs_err::remove_dir_all(out("")).unwrap();
    mended("no folder");

    place.context.write("out/foreign.txt", "the user's own\n");
    let mut command = place.context.barrow();
    let refused = command.args(["bundle", "app", "-o", "out", "--index-url", &place.index.url()]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "{}", place.context.show(&refused));
    assert!(place.context.show(&refused).contains("foreign.txt"));
}

#[test]
fn modes_of_the_output_are_mended() {
    let place = Place::new(server());
    let run = || place.bundle(&["-o", "out"]).is_unchanged();
    assert!(!run());
    let tree = place.context.tree("out");
    for (path, mode) in [
        ("handler.py", 0o600),
        ("handler.py", 0o000),
        ("handler.py", 0o4755),
        ("handler.py", 0o755),
        ("tiny.py", 0o640),
        ("dep/data.txt", 0o777),
        ("dep", 0o700),
        ("dep", 0o777),
    ] {
        chmod(&place, &format!("out/{path}"), mode);
        assert!(!run(), "{path}: {mode:o}");
        assert_eq!(place.context.tree("out"), tree, "{path}: {mode:o}");
        assert!(run(), "{path}: {mode:o}, and again");
    }
    // OUT itself is where the user wants it, and as open as the user wants it.
    chmod(&place, "out", 0o700);
    assert!(run());
    // A group that a folder passes on is that of its place.
    chmod(&place, "out/dep", 0o2755);
    assert!(run());
}

#[test]
fn modes_of_what_is_installed_are_mended_and_folders_are_the_users() {
    let place = Place::new(server());
    let run = || place.install(&["tiny"]).is_unchanged();
    place.context.write("out/own/notes.txt", "the user's own\n");
    assert!(!run());
    let tree = place.context.tree("out");
    chmod(&place, "out/dep/data.txt", 0o600);
    assert!(!run());
    assert_eq!(place.context.tree("out"), tree);
    assert!(run());
    chmod(&place, "out/dep", 0o700);
    chmod(&place, "out/own/notes.txt", 0o600);
    assert!(run(), "others may have made them");
}

fn chmod(place: &Place, path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::set_permissions(place.context.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn other_distributions_or_inputs_are_published() {
    let place = Place::new(server());
    let run = |more: &[&str]| place.bundle(&[&["-o", "out"], more].concat()).is_unchanged();
    let changed = |what: &str| {
        assert!(!run(&[]), "{what}");
        assert!(run(&[]), "{what}, and again");
    };
    changed("the first run");
    place.index.add(tiny("1.1"));
    changed("a newer version");
    assert!(place.context.tree("out").contains("tiny-1.1"));
    place.index.withdraw("tiny-1.1-py3-none-any.whl");
    changed("the older version again");
    assert!(place.context.tree("out").contains("tiny-1.0"));
    place.index.withdraw("dep-1.0-py3-none-any.whl");
    place.index.add(dep().file("dep/more.py", ""));
    changed("another file of the same name");
    place.context.write("app/handler.py", "import tiny, dep\n");
    changed("an edited source");
    assert!(!run(&["--refresh"]), "the word of those who trust nothing");
    assert!(!run(&["--link-mode", "copy"]));
    assert!(!run(&["--max-unpacked-size", "10MB"]), "a limit that the wheels were not held to");
}

#[test]
fn a_result_that_a_killed_run_has_replaced_is_not_taken_for_its_own() {
    let place = Place::new(server());
    let run = || place.bundle(&["-o", "out"]);
    assert!(!run().is_unchanged());
    let remembered = place.context.cache().join("bundles-v2");
    let older = place.context.path("older");
    fs_err::rename(&remembered, &older).unwrap();
    place.index.add(tiny("1.1"));
    assert!(!run().is_unchanged());
    // As if that run had ended before it could say what it made.
    fs_err::remove_dir_all(&remembered).unwrap();
    fs_err::rename(&older, &remembered).unwrap();
    place.index.withdraw("tiny-1.1-py3-none-any.whl");
    let again = run();
    assert!(!again.is_unchanged(), "{}", again.errors);
    assert!(place.context.tree("out").contains("tiny-1.0"));
}

#[test]
fn warnings_are_given_again_and_once() {
    let place = Place::new(
        IndexServer::new()
            .file(Listed::new(tiny("1.0")).yanked("broken"))
            .file(dep().file("tiny.py", "VERSION = 'of dep'\n")),
    );
    place.context.write("app/requirements.txt", "tiny==1.0\n");
    let first = place.bundle(&["-o", "out"]);
    assert!(first.warnings().len() >= 2, "{}", first.errors);
    for what in ["asked", "and again"] {
        let again = place.bundle(&["-o", "out"]);
        assert!(again.is_unchanged(), "{what}: {}", again.errors);
        assert_eq!(again.warnings(), first.warnings(), "{what}");
    }
    let offline = place.bundle(&["-o", "out", "--offline"]);
    assert_eq!((offline.is_unchanged(), offline.warnings()), (true, first.warnings()));
}

#[test]
fn files_without_digests_are_asked_about_and_compared() {
    let place = Place::new(IndexServer::new().file(Listed::new(tiny("1.0")).unhashed()).file(dep()));
    let run = || place.install(&["tiny"]);
    assert!(!run().is_unchanged());
    let before = untouched(&place.context.path("out"));
    let again = run();
    assert!(again.is_unchanged(), "{}", again.errors);
    assert!(again.asked.iter().any(|asked| asked.ends_with("/files/tiny-1.0-py3-none-any.whl")), "{:?}", again.asked);
    assert_eq!(untouched(&place.context.path("out")), before);
    let offline = place.install(&["tiny", "--offline"]);
    assert!(offline.is_unchanged() && offline.asked.is_empty(), "{}", offline.errors);

    place.index.withdraw("tiny-1.0-py3-none-any.whl");
    place.index.add(Listed::new(tiny("1.0").file("new.py", "")).unhashed());
    assert!(!run().is_unchanged());
    assert!(place.context.path("out/new.py").is_file());
    assert!(run().is_unchanged());
}

#[test]
fn a_direct_url_is_asked_about_and_compared() {
    let place = Place::new(server());
    let url = format!("{}files/tiny-1.0-py3-none-any.whl", place.index.url().trim_end_matches("simple/"));
    let requirement = format!("tiny @ {url}");
    let run = || place.install(&[&requirement]);
    assert!(!run().is_unchanged());
    let again = run();
    assert!(again.is_unchanged(), "{}", again.errors);
    assert!(again.asked.iter().any(|asked| asked.contains("/files/tiny-1.0")), "{:?}", again.asked);
    place.index.withdraw("tiny-1.0-py3-none-any.whl");
    place.index.add(tiny("1.0").file("new.py", ""));
    assert!(!run().is_unchanged());
    assert!(place.context.path("out/new.py").is_file());
}

#[test]
fn behind_a_private_index_without_the_name_nothing_changes_either() {
    let place = Place::new(server());
    let private = IndexServer::new().start();
    let url = private.url();
    let run = || place.bundle(&["-o", "out", "--extra-index-url", &url]);
    assert!(!run().is_unchanged());
    let before = private.requests().len();
    let again = run();
    assert!(again.is_unchanged(), "{}", again.errors);
    assert_eq!((again.asked, private.requests().len() - before), (confirmed(), 2));
    private.add(dep().file("dep/own.py", ""));
    assert!(!run().is_unchanged());
    assert!(place.context.path("out/dep/own.py").is_file());
}
