//! A mirror over time: many applications, what is removed and what is not, upstream changes, and what a reviewer sees.

use crate::support::{IndexServer, Listed, RunningIndex, TestContext, WheelBuilder, sha256_hex};

fn index() -> RunningIndex {
    let old = WheelBuilder::new("lib", "1.0").metadata_line("License-Expression: MIT");
    IndexServer::new()
        .file(WheelBuilder::new("app", "1.0").requires("lib"))
        .file(old)
        .file(WheelBuilder::new("lib", "2.0"))
        .max_age(0)
        .start()
}

/// Runs `barrow mirror` and gives exit code and what it said, on both streams.
fn mirror(context: &TestContext, arguments: &[&str]) -> String {
    context.run(context.barrow().args(["mirror", "--runtime", "python3.12"]).args(arguments))
}

fn done(context: &TestContext, arguments: &[&str]) -> String {
    let shown = mirror(context, arguments);
    assert!(shown.starts_with("exit code: 0"), "{shown}");
    shown
}

fn refused(context: &TestContext, arguments: &[&str], parts: &[&str]) {
    let shown = mirror(context, arguments);
    assert!(shown.starts_with("exit code: 1"), "{shown}");
    for part in parts {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

fn manifest(context: &TestContext) -> serde_json::Value {
    serde_json::from_slice(&fs_err::read(context.path("m/barrow-mirror.json")).unwrap()).unwrap()
}

#[test]
fn each_application_is_resolved_alone_and_remembered() {
    let (context, server) = (TestContext::new(), index());
    context.write("old/requirements.txt", "lib<2\n");
    context.write("new/requirements.txt", "app\nlib>=2\n");
    let url = server.url();
    done(&context, &["./old", "./new/", "-o", "m", "--index-url", &url]);
    let listed = done(&context, &["-o", "m", "--list"]);
    assert!(listed.contains("old: 1 file (") && listed.contains("new: 2 files ("), "{listed}");
    assert!(listed.contains("for python3.12/x86_64"), "{listed}");
    let manifest = manifest(&context);
    assert_eq!(manifest["applications"][0]["files"]["lib-2.0-py3-none-any.whl"], serde_json::json!(["lib"]));
    let file =
        manifest["files"].as_array().unwrap().iter().find(|file| file["version"] == "1.0" && file["project"] == "lib");
    let file = file.unwrap();
    assert_eq!(file["license"], "MIT");
    assert!(file["source"].as_str().unwrap().ends_with("/files/lib-1.0-py3-none-any.whl"), "{file}");

    // Each finds what it had online.
    for (folder, version) in [("old", "lib-1.0"), ("new", "lib-2.0")] {
        let arguments = ["lock", "-r", &format!("{folder}/requirements.txt"), "--format", "json", "--mirror", "m"];
        let shown = context.run(context.barrow().args(arguments).args(["-o", "-", "--no-cache"]));
        assert!(shown.contains(version), "{shown}");
    }
    // What one does not need any more, the other may.
    context.write("old/requirements.txt", "lib\n");
    let shown = done(&context, &["./old", "-o", "m", "--index-url", &url, "--prune"]);
    assert!(shown.contains("Removed lib-1.0-py3-none-any.whl") && shown.contains("removed 1"), "{shown}");
    let shown = done(&context, &["-o", "m", "--remove", "new"]);
    assert!(shown.contains("Removed app-1.0-py3-none-any.whl") && !shown.contains("Removed lib"), "{shown}");
    refused(&context, &["-o", "m", "--remove", "new"], &["no application `new`: it has `old`"]);
    // With --prune, what nobody has needed before goes as well, and still little by mistake.
    done(&context, &["app", "lib", "-o", "m", "--name", "new", "--index-url", &url]);
    done(&context, &["lib<2", "-o", "m", "--name", "new", "--index-url", &url]);
    let shown = done(&context, &["-o", "m", "--remove", "new", "--prune"]);
    assert!(shown.contains("Removed app-1.0") && shown.contains("Removed lib-1.0"), "{shown}");
    done(&context, &["-o", "m", "--verify"]);
}

#[test]
fn applications_of_the_settings_file() {
    let (context, server) = (TestContext::new(), index());
    context.write("one.txt", "lib<2\n");
    context.write("two.txt", "app\n");
    let text = "[[mirror.application]]\nname = \"one\"\nrequirements = [\"one.txt\"]\n\n\
                [[mirror.application]]\nname = \"two\"\nrequirements = [\"two.txt\"]\narch = [\"x86_64\", \"arm64\"]\n";
    context.write("barrow.toml", text);
    let url = server.url();
    done(&context, &["-o", "m", "--index-url", &url, "--prune"]);
    let listed = done(&context, &["-o", "m", "--list"]);
    assert!(listed.contains("one: 1 file (") && listed.contains("two: 2 files ("), "{listed}");
    assert!(listed.contains("for python3.12/arm64, python3.12/x86_64"), "{listed}");
    // Of two with one name the second would be the first again.
    context.write("barrow.toml", format!("{text}\n[[mirror.application]]\nname = \"one\"\n"));
    let shown = mirror(&context, &["-o", "m", "--index-url", &url]);
    assert!(shown.starts_with("exit code: 2") && shown.contains("two applications called `one`"), "{shown}");
    context.write("barrow.toml", text);
    // One that cannot be resolved stops no other.
    context.write("one.txt", "lib==9\n");
    refused(&context, &["-o", "other", "--index-url", &url], &["one: ", "lib"]);
    assert!(context.path("other/simple/app/index.json").exists());
    assert!(!context.path("other/simple/lib/index.json").exists() || listed.contains("two"));
}

#[test]
fn little_is_removed_by_mistake() {
    let (context, server) = (TestContext::new(), index());
    let url = server.url();
    context.write("requirements.txt", "app\nlib<2\n");
    let run = ["-r", "requirements.txt", "-o", "m", "--index-url", &url];
    done(&context, &run);
    let before = context.tree("m");
    context.write("requirements.txt", "# nothing\n");
    let prune = [&run[..], &["--prune"]].concat();
    refused(&context, &prune, &["requires nothing", "2 files", "--force"]);
    refused(&context, &run, &["requires nothing"]);
    assert_eq!(context.tree("m"), before);
    context.write("requirements.txt", "lib>=2\n");
    refused(&context, &prune, &["2 of 3 files would be removed", "app-1.0-py3-none-any.whl", "--force"]);
    assert!(context.path("m/simple/app/index.html").exists());
    done(&context, &[&prune[..], &["--force"]].concat());
    assert!(!context.path("m/simple/app").exists());
}

#[test]
fn upstream_changes_are_told_and_never_taken_in_silence() {
    let (context, server) = (TestContext::new(), index());
    let url = server.url();
    let run = ["lib<2", "-o", "m", "--index-url", &url, "--name", "one"];
    done(&context, &run);
    fs_err::copy(context.path("m/barrow-mirror.json"), context.path("before.json")).unwrap();
    let before = manifest(&context)["files"][0]["sha256"].as_str().unwrap().to_owned();

    // Withdrawn: the mirror says so from now on.
    server.withdraw("lib-1.0-py3-none-any.whl");
    let old = WheelBuilder::new("lib", "1.0").metadata_line("License-Expression: MIT");
    server.add(Listed::new(old).yanked("broken"));
    let shown = done(&context, &["lib==1.0", "-o", "m", "--index-url", &url, "--name", "one"]);
    assert!(shown.contains("was withdrawn"), "{shown}");
    let shown = done(&context, &["lib", "-o", "m", "--index-url", &url, "--name", "two"]);
    assert!(shown.contains("Added 1 file"), "{shown}");
    let difference = done(&context, &["--diff", "before.json", "m"]);
    assert!(difference.contains("added lib-2.0-py3-none-any.whl sha256:"), "{difference}");
    assert!(difference.contains("yanked lib-1.0-py3-none-any.whl: broken"), "{difference}");
    let output = context.barrow().args(["mirror", "--diff", "before.json", "m", "--json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((json["added"].as_array().unwrap().len(), json["removed"].as_array().unwrap().len()), (1, 0), "{json}");
    assert!(done(&context, &["--diff", "m", "m"]).contains("Nothing changed"));

    // Gone: it stays, and is named.
    server.withdraw("lib-1.0-py3-none-any.whl");
    let shown = done(&context, &["lib", "-o", "m", "--index-url", &url, "--name", "two"]);
    assert!(shown.contains("lib-1.0-py3-none-any.whl` is no longer listed"), "{shown}");

    // Other bytes under the same name: both digests, and nothing replaced.
    let other = WheelBuilder::new("lib", "1.0").file("lib/more.py", "").build();
    let digest = sha256_hex(&other.bytes);
    server.add(other);
    refused(&context, &run, &[&before, &digest, "nothing was replaced"]);
    refused(&context, &["lib", "-o", "m", "--index-url", &url, "--name", "two"], &[&before, &digest]);
    done(&context, &["-o", "m", "--verify"]);
}

#[test]
fn a_mirror_is_exactly_what_its_manifest_says() {
    let (context, server) = (TestContext::new(), index());
    let mut umask = context.barrow_with_umask("077");
    context.succeed(umask.args(["mirror", "app", "-o", "m", "--index-url", &server.url()]));
    let tree = context.tree("m");
    assert!(tree.lines().all(|line| line.starts_with("0755") || line.starts_with("0644")), "{tree}");
    let manifest = fs_err::read(context.path("m/barrow-mirror.json")).unwrap();
    let digest = format!("sha256:{}", sha256_hex(&manifest));
    let shown = done(&context, &["-o", "m", "--verify"]);
    assert!(shown.contains(&digest), "{shown}");
    done(&context, &["-o", "m", "--verify", "--expect", &digest]);
    done(&context, &["-o", "m", "--verify", "--expect", digest.trim_start_matches("sha256:")]);
    let wrong = format!("sha256:{}", "0".repeat(64));
    refused(&context, &["-o", "m", "--expect", &wrong], &[&digest, &wrong]);
    assert!(mirror(&context, &["-o", "m", "--expect", "sha256:1"]).starts_with("exit code: 2"));
    for planted in ["simple/evil/index.html", "files/00/evil-1.0-py3-none-any.whl", "evil.html"] {
        context.write(&format!("m/{planted}"), "<a href=\"../../files/x\">x</a>");
        refused(&context, &["-o", "m", "--verify"], &[&format!("{planted} is not in the manifest")]);
        fs_err::remove_file(context.path(&format!("m/{planted}"))).unwrap();
    }
    done(&context, &["-o", "m", "--verify"]);
    // What pruning removes is named, whether the manifest named it or not.
    context.write("m/files/00/evil-1.0-py3-none-any.whl", "x");
    let shown = done(&context, &["app", "-o", "m", "--prune", "--index-url", &server.url()]);
    assert!(shown.contains("Removed files/00/evil-1.0-py3-none-any.whl"), "{shown}");
    assert!(shown.contains("removed 1\n"), "{shown}");
    // A file that went by hand is told by whoever needs it.
    let tree = context.tree("m");
    let wheel = tree.lines().find_map(|line| line.split(' ').find(|word| word.ends_with("lib-2.0-py3-none-any.whl")));
    fs_err::remove_file(context.path("m").join(wheel.unwrap())).unwrap();
    let install = ["install", "app", "-t", "out", "--mirror", "m", "--runtime", "python3.12", "--no-cache"];
    let shown = context.run(context.barrow().args(install));
    assert!(shown.starts_with("exit code: 1") && shown.contains("`barrow mirror --verify` names"), "{shown}");
}

#[test]
fn what_is_good_is_published() {
    let context = TestContext::new();
    let bad = WheelBuilder::new("bad", "1.0").build();
    let (name, bytes) = (bad.filename.clone(), bad.bytes.clone());
    let server = IndexServer::new().file(bad).file(WheelBuilder::new("good", "1.0")).start();
    server.fail(&format!("/files/{name}"), 500);
    assert!(!bytes.is_empty());
    let arguments = ["good", "bad", "-o", "m", "--retries", "0", "--index-url", &server.url()];
    refused(&context, &arguments, &[&name]);
    assert!(context.path("m/simple/good/index.json").exists());
    assert!(!context.path("m/simple/bad/index.json").exists());
}

#[test]
fn units_are_applications() {
    let (context, server) = (TestContext::new(), index());
    for folder in ["orders", "mail", "plain"] {
        context.write(&format!("units/{folder}/app.py"), "");
    }
    context.write("units/orders/requirements.txt", "lib<2\n");
    context.write("units/mail/requirements.txt", "lib>=2\n");
    let units = "[[function]]\nglob = 'units/*'\noutput = 'build/{name}'\n";
    context.write("barrow.toml", format!("index-url = '{}'\n{units}", server.url()));
    done(&context, &["-o", "m"]);
    let written = manifest(&context);
    let names: Vec<&str> =
        written["applications"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["mail", "orders"], "{written}");
    assert_eq!(written["files"].as_array().unwrap().len(), 2, "{written}");
    // One of them alone, and a name that nothing has.
    done(&context, &["-o", "m", "--name", "orders"]);
    let shown = mirror(&context, &["-o", "m", "--name", "absent"]);
    assert!(shown.starts_with("exit code: 2") && shown.contains("no unit is called so"), "{shown}");
}

/// The mirror that settings name for everybody is made by asking the indexes, whether it is there or not.
#[test]
fn a_mirror_is_not_asked_for_what_comes_into_it() {
    let (context, server) = (TestContext::new(), index());
    let settings = |mirror: &str| {
        let text = format!(
            "index-url = \"{}\"\n{mirror}[[mirror.application]]\nname = \"one\"\nrequirements = [\"one.txt\"]\n",
            server.url()
        );
        context.write("barrow.toml", text);
    };
    context.write("one.txt", "lib<2\n");
    settings("[mirror]\nplace = \"m\"\n");
    assert!(done(&context, &["-o", "m"]).contains("Added 1 file "));
    context.write("one.txt", "lib\n");
    assert!(done(&context, &["-o", "./m/"]).contains("Added 1 file "));
    // Another one is made of it, and it is asked where the command line says so.
    context.write("one.txt", "app\n");
    assert!(mirror(&context, &["-o", "other"]).starts_with("exit code: 1"));
    assert!(mirror(&context, &["-o", "m", "--mirror", "m"]).starts_with("exit code: 1"));
    assert!(done(&context, &["-o", "m"]).contains("Added 1 file "));
}

#[test]
fn a_mirror_does_not_begin_beside_other_things() {
    let (context, server) = (TestContext::new(), index());
    let make = |folder: &str, more: &[&str]| {
        mirror(&context, &[&["app", "-o", folder, "--index-url", &server.url()], more].concat())
    };
    for (number, name) in ["notes.txt", ".gitkeep", ".git/HEAD", "simple/app/index.html"].iter().enumerate() {
        let folder = format!("m{number}");
        context.write(&format!("{folder}/{name}"), "x");
        let shown = make(&folder, &[]);
        assert!(shown.starts_with("exit code: 1") && shown.contains("is no mirror of barrow"), "{name}: {shown}");
        assert!(!context.path(&format!("{folder}/files")).exists());
        assert!(make(&folder, &["--force"]).starts_with("exit code: 0"), "{name}");
        // It is one now.
        assert!(make(&folder, &[]).starts_with("exit code: 0"), "{name}");
    }
    context.write("m/.DS_Store", "");
    assert!(make("m", &[]).starts_with("exit code: 0"));
    done(&context, &["-o", "m", "--verify"]);
}
