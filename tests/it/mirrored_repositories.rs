//! Git repositories across the air gap: mirrored as one file each, and cloned from there as from their own place.

use std::path::Path;
use std::process::Command;

use crate::building::{can_build, folder, git};
use crate::support::raw_server::{RawServer, answer};
use crate::support::{IndexServer, ObjectStore, RunningIndex, TestContext, WheelBuilder};

const TARGET: [&str; 4] = ["--runtime", "python3.12", "--arch", "x86_64"];
const MINE: &str = "https://git.invalid/team/Mine.git";
const PART: &str = "https://git.invalid/team/part.git";

/// A repository with a submodule, which git finds behind URLs where there is a "network".
struct World {
    context: TestContext,
    index: RunningIndex,
}

impl World {
    /// `None` on a machine that cannot build, or has no git.
    fn new() -> Option<Self> {
        if !can_build() || !Path::new("/usr/bin/git").is_file() {
            return None;
        }
        let context = TestContext::new();
        context.write("part/data.txt", "part");
        folder(&context, "mine", r#"{"name": "mine", "version": "0.1", "requires": ["lib"]}"#);
        let world = Self { context, index: IndexServer::new().file(WheelBuilder::new("lib", "2.0")).start() };
        for place in ["part", "mine"] {
            world.git(place, &["init", "--quiet", "--initial-branch=trunk"]);
            world.git(place, &["add", "."]);
            world.git(place, &["commit", "--quiet", "-m", "one"]);
        }
        let part = format!("url.{}.insteadOf={PART}", world.context.path("part").display());
        let add = ["-c", &part, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", PART, "parts/one"];
        world.git("mine", &add);
        world.git("mine", &["commit", "--quiet", "-m", "with a part"]);
        world.git("mine", &["tag", "v1"]);
        world.context.write("function/requirements.txt", format!("mine @ git+{MINE}@trunk\n"));
        world.context.write("function/handler.py", "");
        Some(world)
    }

    fn git(&self, place: &str, arguments: &[&str]) -> String {
        git(&self.context, place, arguments)
    }

    /// A new version on the branch.
    fn go_on(&self, version: &str) -> String {
        self.context
            .write("mine/own.json", format!(r#"{{"name": "mine", "version": "{version}", "requires": ["lib"]}}"#));
        self.git("mine", &["commit", "--quiet", "-a", "-m", version]);
        self.git("mine", &["rev-parse", "HEAD"])
    }

    /// barrow where git reaches the repositories.
    fn online(&self, arguments: &[&str]) -> String {
        let mut command = self.context.barrow();
        command.args(arguments).args(TARGET).args(["--index-url", &self.index.url()]);
        command.env("GIT_CONFIG_COUNT", "3").env("GIT_CONFIG_KEY_0", "protocol.file.allow");
        command.env("GIT_CONFIG_VALUE_0", "always");
        for (number, (place, url)) in [("mine", MINE), ("part", PART)].into_iter().enumerate() {
            let key = format!("url.{}.insteadOf", self.context.path(place).display());
            command.env(format!("GIT_CONFIG_KEY_{}", number + 1), key);
            command.env(format!("GIT_CONFIG_VALUE_{}", number + 1), url);
        }
        self.context.succeed(&mut command)
    }

    fn behind(&self, arguments: &[&str]) -> Command {
        let mut command = self.context.barrow();
        command.args(arguments).args(TARGET).arg("--no-cache");
        command
    }

    fn manifest(&self) -> serde_json::Value {
        serde_json::from_slice(&fs_err::read(self.context.path("m/barrow-mirror.json")).unwrap()).unwrap()
    }
}

#[test]
fn a_repository_is_built_from_the_mirror_as_from_its_own_place() {
    let Some(world) = World::new() else { return };
    let context = &world.context;
    world.online(&["bundle", "function", "-o", "online"]);
    let lock = ["lock", "-r", "function/requirements.txt", "-o", "-", "--format", "requirements"];
    world.online(&[&lock[..3], &["-o", "online.txt", "--format", "requirements"]].concat());
    let shown = world.online(&["mirror", "-r", "function/requirements.txt", "-o", "m"]);
    assert!(shown.contains(&format!("Mirrored the repository {MINE}")), "{shown}");
    assert!(shown.contains("Added 3 files") && shown.contains(" 0 there already"), "{shown}");
    let manifest = world.manifest();
    let urls: Vec<&str> =
        manifest["repositories"].as_array().unwrap().iter().map(|it| it["url"].as_str().unwrap()).collect();
    assert_eq!(urls, [MINE, PART]);
    assert_eq!(manifest["repositories"][0]["submodules"], serde_json::json!([PART]));
    let why = &manifest["applications"][0]["files"]["git+https://git.invalid/team/Mine"];
    assert_eq!(*why, serde_json::json!(["mine"]), "{manifest}");

    let tree = context.tree("online");
    let store = ObjectStore::start();
    let mut upload = context.barrow();
    upload.args(["mirror", "-o", "m", "--verify", "--upload", "s3://bucket/py"]);
    store.give_keys(&mut upload);
    context.succeed(&mut upload);
    for (place, out) in [("m", "from-folder"), ("m/simple", "from-pages"), ("s3://bucket/py", "from-store")] {
        let mut command = world.behind(&["bundle", "function", "-o", out, "--mirror", place]);
        store.give_keys(&mut command);
        context.succeed(&mut command);
        assert_eq!(context.tree(out), tree, "{place}");
    }
    let locked = world.behind(&[&lock[..], &["--mirror", "m"]].concat()).output().unwrap();
    assert_eq!(locked.stdout, fs_err::read(context.path("online.txt")).unwrap());

    // A second run brings nothing, and a lock of the commit is met by the same file.
    let before = context.tree("m");
    let shown = world.online(&["mirror", "-r", "function/requirements.txt", "-o", "m"]);
    assert!(shown.contains("Added 0 files (0 bytes)") && shown.contains(" 3 there already"), "{shown}");
    assert_eq!(context.tree("m"), before);
    let verified = context.run(context.barrow().args(["mirror", "-o", "m", "--verify", "--json"]));
    assert!(verified.contains("Verified 3 files") && verified.contains("\"kept\": 3,"), "{verified}");

    // Who signs off what crosses finds them in its bill.
    context.succeed(context.barrow().args(["mirror", "-o", "m", "--sbom", "cyclonedx", "--sbom", "spdx"]));
    let bill = |name: &str| serde_json::from_slice::<serde_json::Value>(&fs_err::read(context.path(name)).unwrap());
    let bill = [bill("m.cdx.json").unwrap(), bill("m.spdx.json").unwrap()];
    let sha256 = manifest["repositories"][0]["sha256"].as_str().unwrap();
    let mine = bill[0]["components"].as_array().unwrap().iter().find(|it| it["name"] == "mine").unwrap();
    let vcs = "git%2Bhttps://git.invalid/team/Mine.git";
    assert_eq!(mine["purl"], format!("pkg:generic/mine?checksum=sha256:{sha256}&vcs_url={vcs}"));
    assert_eq!(mine["externalReferences"], serde_json::json!([{ "type": "vcs", "url": MINE }]));
    assert!(mine["properties"].to_string().contains("function/requirements.txt: mine"), "{mine}");
    assert_eq!(bill[0]["metadata"]["component"]["properties"][0]["value"], "3");
    let mine = bill[1]["packages"].as_array().unwrap().iter().find(|it| it["packageFileName"] == "mine.bundle");
    assert_eq!(mine.unwrap()["downloadLocation"], format!("git+{MINE}"));
}

#[test]
fn the_manifest_is_asked_for_once_in_a_run() {
    let Some(world) = World::new() else { return };
    let context = &world.context;
    world.online(&["mirror", "-r", "function/requirements.txt", "-o", "m"]);
    let folder = context.path("m");
    let server = RawServer::start(move |asked| match fs_err::read(folder.join(asked.path.trim_start_matches('/'))) {
        Ok(bytes) => answer(200, &[], bytes),
        Err(_) => answer(404, &[], ""),
    });
    // Its repositories are in the manifest, and so are the places that a lock names.
    let requirement = format!("mine @ git+{MINE}");
    let lock = ["lock", &requirement, "lib", "-o", "pylock.toml", "--mirror", &server.url("/")];
    context.succeed(&mut world.behind(&lock));
    let lock = fs_err::read_to_string(context.path("pylock.toml")).unwrap();
    assert!(lock.contains(&world.index.url()) && lock.contains(MINE), "{lock}");
    let asked = server.asked().iter().filter(|asked| asked.path == "/barrow-mirror.json").count();
    assert_eq!(asked, 1);
}

#[test]
fn what_a_manifest_says_of_repositories_is_not_guessed_when_it_cannot_be_read() {
    let context = TestContext::new();
    let fails = |place: &str| {
        let mut command = context.barrow();
        command.args(["install", &format!("mine @ git+{MINE}"), "-t", "out", "--retries", "0", "--mirror", place]);
        let shown = context.run(&mut command);
        assert!(shown.starts_with("exit code: 1") && !shown.contains("with the same requirements"), "{shown}");
        shown
    };
    let server = RawServer::start(|_| answer(503, &[], ""));
    let shown = fails(&server.url("/"));
    assert!(shown.contains("failed to read the manifest of the mirror") && shown.contains("503"), "{shown}");
    let mut offline = context.barrow();
    offline.args(["install", &format!("mine @ git+{MINE}"), "-t", "out", "--offline", "--mirror", &server.url("/")]);
    let shown = context.run(&mut offline);
    assert!(shown.starts_with("exit code: 1") && shown.contains("the run is offline, and"), "{shown}");
    context.write("m/barrow-mirror.json", "{\"files\": 3}");
    let shown = fails("m");
    assert!(shown.contains("cannot be read") && shown.contains("carry the manifest again"), "{shown}");
}

#[test]
fn repositories_outlive_a_manifest_that_was_lost() {
    let Some(world) = World::new() else { return };
    let context = &world.context;
    let mirror = ["mirror", "-r", "function/requirements.txt", "-o", "m"];
    world.online(&mirror);
    world.online(&["bundle", "function", "-o", "online"]);
    let (before, repositories) = (context.tree("m"), world.manifest()["repositories"].clone());
    let lose = || fs_err::remove_file(context.path("m/barrow-mirror.json")).unwrap();
    lose();
    // Nobody knows whose they are: they are listed, and not removed.
    let url = world.index.url();
    let other = ["mirror", "lib", "--name", "other", "-o", "m", "--prune", "--index-url", &url];
    let shown = context.run(&mut world.behind(&other));
    assert!(shown.starts_with("exit code: 1") && shown.contains("what is whole: 3 files"), "{shown}");
    assert!(shown.contains("is not known who needs these:") && shown.contains(" git+unknown:"), "{shown}");
    let verified = context.run(context.barrow().args(["mirror", "-o", "m", "--verify"]));
    assert!(verified.contains("Verified 3 files"), "{verified}");
    let shown = context.run(world.behind(&["bundle", "function", "-o", "behind"]).args(["--mirror", "m"]));
    assert!(shown.starts_with("exit code: 1") && shown.contains("nothing but the mirror is asked"), "{shown}");

    // Mirrored again, they are known again by what they hold, and nothing of them is brought a second time.
    let shown = world.online(&mirror);
    assert!(!shown.contains("Mirrored the repository") && shown.contains("Added 0 files"), "{shown}");
    assert_eq!(world.manifest()["repositories"], repositories);
    context.succeed(context.barrow().args(["mirror", "-o", "m", "--remove", "other", "--prune"]));
    assert_eq!(context.tree("m"), before);
    context.succeed(&mut world.behind(&["bundle", "function", "-o", "behind", "--mirror", "m"]));
    assert_eq!(context.tree("behind"), context.tree("online"));

    // The same where the repository went on meanwhile: one file has what both have.
    lose();
    let commit = world.git("mine", &["rev-parse", "HEAD"]);
    world.go_on("0.2");
    let shown = world.online(&mirror);
    assert!(
        shown.contains("Added 1 file ") && !shown.contains("Mirrored the repository https://git.invalid/team/part")
    );
    assert_eq!(context.tree("m").matches("mine.bundle").count(), 1, "{}", context.tree("m"));
    context.succeed(context.barrow().args(["mirror", "-o", "m", "--verify"]));
    for revision in ["trunk", &commit] {
        let requirement = format!("mine @ git+{MINE}@{revision}");
        context.succeed(&mut world.behind(&["install", &requirement, "-t", revision, "--mirror", "m"]));
    }
    // What only looks like one is none: a damaged one, one with another name.
    lose();
    let held = repositories[1]["sha256"].as_str().unwrap();
    context.write(&format!("m/files/{}/{held}/part.bundle", &held[..2]), "# v2 git bundle\n");
    context.write("m/files/notes.bundle/x.bundle", "# v2 git bundle\n");
    let shown = context.run(&mut world.behind(&["mirror", "lib", "--name", "other", "-o", "m", "--index-url", &url]));
    assert!(shown.starts_with("exit code: 0") && shown.contains("what is whole: 2 files"), "{shown}");
}

#[test]
fn one_repository_has_what_all_applications_need_of_it() {
    let Some(world) = World::new() else { return };
    let context = &world.context;
    // The first application needs a commit without submodules, the second one with.
    world.git("mine", &["tag", "v0", "HEAD~1"]);
    let mut text = String::new();
    for (name, revision) in [("one", "v0"), ("two", "trunk")] {
        context.write(&format!("{name}/requirements.txt"), format!("mine @ git+{MINE}@{revision}\n"));
        context.write(&format!("{name}/handler.py"), "");
        world.online(&["bundle", name, "-o", &format!("online-{name}")]);
        text += &format!("[[mirror.application]]\nname = \"{name}\"\nrequirements = [\"{name}/requirements.txt\"]\n");
    }
    context.write("barrow.toml", text);
    world.online(&["mirror", "-o", "m"]);
    assert_eq!(world.manifest()["repositories"][0]["submodules"], serde_json::json!([PART]));
    for name in ["one", "two"] {
        context.succeed(&mut world.behind(&["bundle", name, "-o", &format!("behind-{name}"), "--mirror", "m"]));
        assert_eq!(context.tree(&format!("behind-{name}")), context.tree(&format!("online-{name}")), "{name}");
    }
}

#[test]
fn what_is_no_branch_has_its_name_behind_the_gap_too() {
    let Some(world) = World::new() else { return };
    let context = &world.context;
    let trunk = world.git("mine", &["rev-parse", "HEAD"]);
    for number in ["7", "8"] {
        world.go_on(&format!("0.{number}"));
        world.git("mine", &["update-ref", &format!("refs/pull/{number}/head"), "HEAD"]);
        world.git("mine", &["reset", "--quiet", "--hard", &trunk]);
    }
    // Both stay, though each run asks for one.
    for revision in ["refs/pull/7/head", "pull/8/head"] {
        world.online(&["mirror", &format!("mine @ git+{MINE}@{revision}"), "--name", revision, "-o", "m"]);
    }
    for (number, out) in [("7", "seven"), ("8", "eight")] {
        for revision in [format!("refs/pull/{number}/head"), format!("pull/{number}/head")] {
            let requirement = format!("mine @ git+{MINE}@{revision}");
            context.succeed(&mut world.behind(&["install", &requirement, "-t", out, "--mirror", "m"]));
            assert!(context.tree(out).contains(&format!("mine-0.{number}.dist-info")), "{revision}");
        }
    }
    // Nothing is written anew where the file has it already.
    let before = context.tree("m");
    let requirement = format!("mine @ git+{MINE}@refs/pull/7/head");
    world.online(&["mirror", &requirement, "--name", "refs/pull/7/head", "-o", "m"]);
    assert_eq!(context.tree("m"), before);
}

#[test]
fn commits_stay_whatever_becomes_of_the_branch() {
    let Some(world) = World::new() else { return };
    let context = &world.context;
    let first = world.go_on("0.2");
    let mirror = ["mirror", "-r", "function/requirements.txt", "-o", "m"];
    world.online(&mirror);
    fs_err::copy(context.path("m/barrow-mirror.json"), context.path("before.json")).unwrap();
    // The branch is written anew: the commit is on none.
    world.git("mine", &["reset", "--quiet", "--hard", "v1"]);
    world.go_on("0.3");
    let install = |revision: &str| {
        let requirement = format!("mine @ git+{MINE}{revision}");
        context.run(world.behind(&["install", &requirement, "-t", "out", "--mirror", "m"]).args(["--force"]))
    };
    assert!(install("@trunk").contains("exit code: 0") && context.tree("out").contains("mine-0.2"));
    world.online(&mirror);
    let first = format!("@{first}");
    for (revision, version) in
        [("@trunk", "mine-0.3"), (first.as_str(), "mine-0.2"), ("", "mine-0.3"), ("@v1", "mine-0.1")]
    {
        let shown = install(revision);
        assert!(shown.contains("exit code: 0") && context.tree("out").contains(version), "{revision}: {shown}");
    }
    let shown = install("@nothing");
    assert!(shown.contains("`nothing` of https://git.invalid/team/Mine.git is not in the mirror"), "{shown}");
    let diff = context.run(context.barrow().args(["mirror", "--diff", "before.json", "m"]));
    assert!(diff.contains(&format!("changed {MINE} sha256:")) && !diff.contains(PART), "{diff}");
    let verified = context.run(context.barrow().args(["mirror", "-o", "m", "--verify"]));
    assert!(verified.contains("exit code: 0"), "{verified}");

    // A bundle that was exchanged is built of by nobody; and what nobody needs goes.
    let path = world.manifest()["repositories"][0]["sha256"].as_str().unwrap().to_owned();
    context.write(&format!("m/files/{}/{path}/mine.bundle", &path[..2]), "# v2 git bundle\n");
    let shown = install("@trunk");
    assert!(shown.contains("exit code: 1") && shown.contains("mine.bundle"), "{shown}");
    fs_err::remove_file(context.path(&format!("m/files/{}/{path}/mine.bundle", &path[..2]))).unwrap();
    let shown = install("@trunk");
    assert!(shown.contains("exit code: 1") && shown.contains("`barrow mirror --verify` names all files"), "{shown}");
    let removed = context.run(context.barrow().args(["mirror", "-o", "m", "--remove", "function/requirements.txt"]));
    assert!(removed.contains("Removed git+https://git.invalid/team/Mine"), "{removed}");
    assert!(!context.tree("m").contains(".bundle"), "{}", context.tree("m"));
}

#[test]
fn a_repository_that_was_not_mirrored_is_asked_nowhere_else() {
    let world = IndexServer::new().file(WheelBuilder::new("lib", "2.0")).start();
    let context = TestContext::new();
    context.succeed(context.barrow().args(["mirror", "lib", "-o", "m", "--index-url", &world.url()]).args(TARGET));
    let mut command = context.barrow();
    command.args(["install", "mine @ git+https://git.invalid/mine.git", "-t", "out", "--mirror", "m"]);
    let shown = context.run(&mut command);
    assert!(shown.contains("exit code: 1") && shown.contains("nothing but the mirror is asked"), "{shown}");
    assert!(shown.contains("`barrow mirror` with the same requirements"), "{shown}");
}

#[test]
fn a_private_repository_and_its_part_are_fetched_with_what_the_url_says() {
    let Some(world) = World::new() else { return };
    let context = &world.context;
    // Addresses of submodules may be relative, so that whoever may read the one may read the other.
    world.git("mine", &["config", "--file", ".gitmodules", "submodule.parts/one.url", "../part"]);
    world.git("mine", &["commit", "--quiet", "-a", "-m", "beside it"]);
    for place in ["part", "mine"] {
        world.git(place, &["update-server-info"]);
    }
    let folder = context.path(".");
    let server = RawServer::start(move |asked| {
        // `me:se/cret` in base64.
        if asked.header("authorization") != Some("Basic bWU6c2UvY3JldA==") {
            return answer(401, &[("www-authenticate", "Basic realm=\"team\"")], "");
        }
        let path = asked.path.split('?').next().unwrap_or_default();
        let (repository, rest) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
        match fs_err::read(folder.join(repository).join(".git").join(rest)) {
            Ok(bytes) => answer(200, &[], bytes),
            Err(_) => answer(404, &[], ""),
        }
    });
    let of = |userinfo: &str| format!("mine @ git+{}", server.url("/mine").replace("://", &format!("://{userinfo}@")));
    let mut mirror = context.barrow();
    mirror.args(["mirror", &of("me:se%2Fcret"), "--name", "a", "-o", "m", "--index-url", &world.index.url()]);
    context.succeed(mirror.args(TARGET));
    assert!(!context.tree("m").is_empty() && server.asked().iter().any(|asked| asked.path.starts_with("/part/")));
    let shown =
        context.run(&mut world.behind(&["install", &of("me:hunter2"), "-t", "out", "--index-url", &world.index.url()]));
    assert!(shown.starts_with("exit code: 1") && !shown.contains("hunter2"), "{shown}");
}
