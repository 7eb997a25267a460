//! `--mirror`: one place that stands for every index, file URL and page that files and settings name.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::building::{can_build, sdist};
use crate::support::raw_server::{RawServer, answer};
use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

const TARGET: [&str; 4] = ["--runtime", "python3.12", "--arch", "x86_64"];

/// A public and a private index, and a function whose files name both, and a wheel by URL.
struct World {
    context: TestContext,
    public: RunningIndex,
    private: RunningIndex,
}

impl World {
    fn new() -> Self {
        let context = TestContext::new();
        let app = WheelBuilder::new("app", "1.0").requires("lib>=2");
        let direct = WheelBuilder::new("direct", "3.0");
        let public =
            IndexServer::new().file(app).file(WheelBuilder::new("lib", "2.0")).file(direct).without_metadata().start();
        let private = IndexServer::new().file(WheelBuilder::new("acme", "0.5").requires("lib")).start();
        let url = public.url().replace("/simple/", "/files/direct-3.0-py3-none-any.whl");
        context.write(
            "function/requirements.txt",
            format!("--index-url {}\n--find-links ./no-such-folder\napp\nacme\ndirect @ {url}\n", public.url()),
        );
        context.write("function/handler.py", "import app\n");
        let settings =
            format!("[[index]]\nname = \"private\"\nurl = \"{}\"\n\n[sources]\nacme = \"private\"\n", private.url());
        context.write("barrow.toml", settings);
        Self { context, public, private }
    }

    fn asked(&self) -> usize {
        self.public.requests().len() + self.private.requests().len()
    }

    fn bundle(&self, out: &str, more: &[&str]) -> String {
        let mut command = self.context.barrow();
        self.context.succeed(command.args(["bundle", "function", "-o", out]).args(TARGET).args(more));
        if Path::new(out).extension().is_some() {
            return crate::support::sha256_hex(&fs_err::read(self.context.path(out)).unwrap());
        }
        self.context.tree(out)
    }

    fn mirror(&self, more: &[&str]) {
        self.context.succeed(self.context.barrow().args(["mirror", "-o", "mirror"]).args(TARGET).args(more));
    }
}

/// A server without index documents: what is no key of a file is refused, as object stores do that may not be listed.
fn object_store(folder: &Path) -> RawServer {
    let folder = folder.to_owned();
    RawServer::start(move |asked| {
        let path = folder.join(asked.path.trim_start_matches('/').replace("%2B", "+"));
        match fs_err::read(&path) {
            Ok(bytes) if !asked.path.ends_with('/') => answer(200, &[("content-type", "binary/octet-stream")], bytes),
            _ => answer(404, &[], "<Error><Code>NoSuchKey</Code></Error>"),
        }
    })
}

#[test]
fn a_mirror_stands_for_all_that_files_and_settings_name() {
    let world = World::new();
    fs_err::create_dir(world.context.path("function/no-such-folder")).unwrap();
    let (online, zip) = (world.bundle("online", &[]), world.bundle("online.zip", &[]));
    world.mirror(&["-r", "function/requirements.txt"]);
    fs_err::remove_dir(world.context.path("function/no-such-folder")).unwrap();
    let store = object_store(&world.context.path("mirror"));
    let file_url = format!("file://{}", world.context.path("mirror").display());
    let asked = world.asked();
    for (number, place) in
        ["mirror", "mirror/simple", &file_url, &store.url("/"), &store.url("/simple")].iter().enumerate()
    {
        let settings = ["--no-cache", "--mirror", *place];
        assert_eq!(world.bundle(&format!("there{number}"), &settings), online, "{place}");
        assert_eq!(world.bundle(&format!("there{number}.zip"), &settings), zip, "{place}");
    }
    assert_eq!(world.asked(), asked, "nothing but the mirror is asked");
    // The same by the environment, where there is no network at all.
    let Some(mut command) = world.context.barrow_without_network() else { return };
    command.args(["bundle", "function", "-o", "alone", "--no-cache"]).args(TARGET).env("BARROW_MIRROR", "mirror");
    world.context.succeed(&mut command);
    assert_eq!(world.context.tree("alone"), online);
}

#[test]
fn files_of_a_lock_are_found_by_their_digests() {
    let world = World::new();
    fs_err::create_dir(world.context.path("function/no-such-folder")).unwrap();
    let lock = ["lock", "-r", "function/requirements.txt", "-o", "pylock.toml"];
    world.context.succeed(world.context.barrow().args(lock).args(TARGET));
    fs_err::remove_file(world.context.path("function/requirements.txt")).unwrap();
    fs_err::rename(world.context.path("pylock.toml"), world.context.path("function/pylock.toml")).unwrap();
    let online = world.bundle("online", &[]);
    let fingerprint = |more: &[&str]| {
        let mut command = world.context.barrow();
        command.args(["fingerprint", "function"]).args(TARGET).args(more).output().unwrap().stdout
    };
    world.mirror(&["-r", "function/pylock.toml"]);
    let (asked, there) = (world.asked(), ["--no-cache", "--mirror", "mirror"]);
    assert_eq!(world.bundle("there", &there), online);
    assert_eq!(world.asked(), asked);
    assert_eq!(fingerprint(&[]), fingerprint(&["--mirror", "mirror"]), "its place is no input where a lock decides");

    // A warm cache knows the same files by the same digests, whatever their URLs.
    let text = fs_err::read_to_string(world.context.path("function/pylock.toml")).unwrap();
    let moved = text.replace(&world.public.url().replace("/simple/", ""), "http://files.invalid");
    assert_ne!(text, moved);
    world.context.write("function/pylock.toml", moved);
    // The lock itself lies in the bundle, and says other URLs now.
    let but_lock =
        |tree: &str| tree.lines().filter(|line| !line.ends_with("pylock.toml")).collect::<Vec<_>>().join("\n");
    assert_eq!(but_lock(&world.bundle("moved", &["--offline"])), but_lock(&online));
    assert_eq!(but_lock(&world.bundle("moved-there", &there)), but_lock(&online));

    // All that is missing is named, with the command that adds it.
    world.context.succeed(
        world
            .context
            .barrow()
            .args(["mirror", "lib==2.0", "-o", "other", "--index-url", &world.public.url()])
            .args(TARGET),
    );
    let mut command = world.context.barrow();
    let output = command.args(["bundle", "function", "-o", "none", "--no-cache", "--mirror", "other"]).args(TARGET);
    let output = output.output().unwrap();
    let shown = world.context.show(&output);
    for part in ["exit code: 1", "acme-0.5-", "app-1.0-", "direct-3.0-", "barrow mirror -r ", "pylock.toml"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("lib-2.0") && !world.context.path("none").exists(), "{shown}");
}

#[test]
fn what_a_mirror_cannot_stand_for_is_refused() {
    let world = World::new();
    world.mirror(&["lib", "--index-url", &world.public.url()]);
    let asked = world.asked();
    let refuse = |requirement: &str, code: i32, part: &str| {
        let mut command = world.context.barrow();
        let output = command.args(["install", requirement, "-t", "out", "--no-cache", "--mirror", "mirror"]).output();
        let output = output.unwrap();
        let shown = world.context.show(&output);
        assert!(output.status.code() == Some(code) && shown.contains(part), "{shown}");
    };
    refuse("tool @ git+https://git.invalid/tool@main", 1, "nothing but the mirror is asked");
    refuse("tool @ https://files.invalid/tool-1.0-py3-none-any.whl", 1, "not in the mirror");
    refuse("tool", 1, "barrow mirror tool");
    let mut command = world.context.barrow();
    let output =
        command.args(["install", "-r", &format!("{}lib/", world.public.url()), "-t", "out", "--mirror", "mirror"]);
    let shown = world.context.run(output);
    assert!(shown.contains("stands for it"), "{shown}");
    let shown = world.context.run(world.context.barrow().args(["install", "lib", "-t", "out", "--mirror", "nowhere"]));
    assert!(shown.contains("exit code: 2") && shown.contains("is no folder"), "{shown}");
    assert_eq!(world.asked(), asked);
}

#[test]
fn a_lock_that_is_written_behind_the_gap_is_the_one_before_it() {
    let server = IndexServer::new()
        .file(WheelBuilder::new("tiny", "1.0").requires("other"))
        .file(WheelBuilder::new("other", "2.0"))
        .start();
    let context = TestContext::new();
    let url = server.url();
    let run = |arguments: &[&str]| {
        let output = context.barrow().args(arguments).args(["--runtime", "python3.12"]).output().unwrap();
        assert!(output.status.success(), "{}", context.show(&output));
    };
    run(&["lock", "tiny", "-o", "pylock.toml", "--index-url", &url]);
    run(&["mirror", "tiny", "-o", "mirror", "--index-url", &url]);
    run(&["lock", "tiny", "-o", "pylock.behind.toml", "--mirror", "mirror", "--no-cache"]);
    let read = |name: &str| fs_err::read_to_string(context.path(name)).unwrap();
    assert_eq!(read("pylock.behind.toml"), read("pylock.toml"));
    assert!(read("pylock.toml").contains("url = "), "{}", read("pylock.toml"));
}

#[test]
fn what_a_url_does_not_name_is_found_by_where_it_came_from() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    let archives = ["/team/one/archive/main.zip", "/team/two/archive/main.zip", "/download?file=three", "/download"];
    let server = RawServer::start(move |asked| match archives.iter().position(|path| *path == asked.path) {
        Some(number) => answer(200, &[], sdist(["one", "two", "three", "four"][number], "1.0", "").bytes),
        None => answer(404, &[], ""),
    });
    let line = |name: &str, path: &str| format!("{name} @ {}\n", server.url(path));
    let lines: String =
        ["one", "two", "three", "four"].iter().zip(archives).map(|(name, path)| line(name, path)).collect();
    context.write("requirements.txt", &lines);
    let words = ["-r", "requirements.txt", "--no-index"];
    let run = |more: &[&str]| context.succeed(context.barrow().args(more).args(TARGET));
    run(&[&["install", "-t", "online"][..], &words].concat());
    run(&[&["mirror", "-o", "mirror"][..], &words].concat());
    let asked = server.asked().len();
    let store = object_store(&context.path("mirror"));
    for (number, place) in ["mirror", "mirror/simple", &store.url("/")].iter().enumerate() {
        let out = format!("behind{number}");
        run(&["install", "-t", &out, "-r", "requirements.txt", "--no-cache", "--mirror", place]);
        assert_eq!(context.tree(&out), context.tree("online"), "{place}");
    }
    // Of another project there is none, wherever it would come from; nor are other bytes taken for promised ones.
    let promised = format!("#sha256={}", "0".repeat(64));
    for requirement in [
        line("five", archives[0]),
        line("one", "/team/one/archive/other.zip"),
        line("one", archives[0]).trim().to_owned() + &promised,
    ] {
        let mut command = context.barrow();
        let shown = context.run(
            command
                .args(["install", requirement.trim(), "-t", "none", "--mirror", "mirror", "--no-cache"])
                .args(TARGET),
        );
        assert!(shown.starts_with("exit code: 1") && shown.contains("not in the mirror"), "{shown}");
    }
    assert_eq!(server.asked().len(), asked);
}

#[test]
fn a_url_that_gives_something_else_gives_what_it_gave_last() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    let version = Arc::new(AtomicUsize::new(2));
    let now = Arc::clone(&version);
    let server = RawServer::start(move |_| {
        answer(200, &[], sdist("moving", &format!("{}.0", now.load(Ordering::SeqCst)), "").bytes)
    });
    let mirror = |query: &str, name: &str| {
        let requirement = format!("moving @ {}", server.url(&format!("/archive/main.zip{query}")));
        let words = ["mirror", &requirement, "-o", "m", "--no-index", "--no-cache", "--name", name];
        context.succeed(context.barrow().args(words).args(TARGET));
    };
    let install = |query: &str| {
        let requirement = format!("moving @ {}", server.url(&format!("/archive/main.zip{query}")));
        let words = ["install", &requirement, "-t", "out", "--no-cache", "--mirror", "m"];
        let shown = context.run(context.barrow().args(words).args(TARGET));
        if shown.starts_with("exit code: 0") { context.tree("out") } else { shown }
    };
    // Forwards and back again: what the application needs now, not what it needed once.
    for now in [2, 3, 1] {
        version.store(now, Ordering::SeqCst);
        mirror("", "one");
        let tree = install("");
        assert!(tree.contains(&format!("moving-{now}.0.dist-info")), "{tree}");
    }
    // Of several that are needed the newest; but not where the query may have been what chose.
    version.store(3, Ordering::SeqCst);
    mirror("", "two");
    assert!(install("").contains("moving-3.0.dist-info"));
    let shown = install("?version=1");
    assert!(shown.contains("not in the mirror"), "{shown}");
}

#[test]
fn a_damaged_wheel_is_told_as_what_it_is() {
    let world = World::new();
    world.mirror(&["lib", "--index-url", &world.public.url()]);
    let tree = world.context.tree("mirror");
    let wheel = tree.split_whitespace().find(|word| word.ends_with("lib-2.0-py3-none-any.whl")).unwrap();
    world.context.write(&format!("mirror/{wheel}"), "damaged");
    let mut command = world.context.barrow();
    let shown = world
        .context
        .run(command.args(["install", "lib", "-t", "out", "--mirror", "mirror", "--no-cache"]).args(TARGET));
    assert!(shown.starts_with("exit code: 1") && shown.contains("has digest sha256:"), "{shown}");
    assert!(shown.contains("a damaged copy"), "{shown}");
}

#[test]
fn a_mirror_with_other_versions_is_told_with_the_command_that_brings_them() {
    let world = World::new();
    world.mirror(&["lib==2.0", "--index-url", &world.public.url()]);
    let mut command = world.context.barrow();
    command.args(["install", "lib==3.0", "-t", "out", "--mirror", "mirror"]).args(TARGET);
    let output = command.output().unwrap();
    let shown = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("`barrow mirror lib==3.0 --runtime python3.12"), "{shown}");
}
