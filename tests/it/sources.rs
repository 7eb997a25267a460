//! More than one source, links, and ignore files, in every form of output.

use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

fn index() -> RunningIndex {
    IndexServer::new().file(WheelBuilder::new("tiny", "1.0").file("tiny.py", "x = 1\n")).start()
}

fn world() -> (TestContext, RunningIndex) {
    let context = TestContext::new();
    context.write("function/handler.py", "import common.log\n");
    context.write("shared/log.py", "import logging\n");
    context.write("shared/notes.md", "");
    context.write("shared/.env", "PASSWORD=x\n");
    (context, index())
}

fn run(context: &TestContext, index: &RunningIndex, arguments: &[&str]) -> Output {
    context.barrow().args(arguments).args(["--index-url", &index.url()]).output().unwrap()
}

fn succeed(context: &TestContext, index: &RunningIndex, arguments: &[&str]) -> String {
    let output = run(context, index, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", context.show(&output));
    crate::support::said(&output)
}

/// Paths of the files of an output.
fn paths(context: &TestContext, out: &str) -> Vec<String> {
    let tree = context.tree(out);
    let paths = tree.lines().filter_map(|line| line.split_once("  ").map(|(_, rest)| rest));
    let last = |path: &str| path.rsplit_once("  ").map_or(path, |(_, path)| path).trim().to_owned();
    paths
        .map(last)
        .map(|path| path.rsplit(' ').next().unwrap_or_default().to_owned())
        .filter(|path| !path.ends_with('/'))
        .collect()
}

#[test]
fn folders_beside_the_function() {
    let (context, index) = world();
    let told = succeed(&context, &index, &["bundle", "function", "--source", "shared:common", "-o", "out"]);
    assert!(told.contains("left out: shared/.env (credentials); --include to take them"), "{told}");
    assert_eq!(paths(&context, "out"), ["common/log.py", "common/notes.md", "handler.py"]);
    // The same in a zip and as a layer, and by settings with patterns.
    succeed(&context, &index, &["bundle", "function", "--source", "shared:common", "-o", "out.zip"]);
    let zip = zip::ZipArchive::new(fs_err::File::open(context.path("out.zip")).unwrap()).unwrap();
    let mut names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    names.sort();
    assert_eq!(names, ["common/log.py", "common/notes.md", "handler.py"]);
    succeed(&context, &index, &["layer", "tiny", "--source", "shared:common", "--exclude", "*.md", "-o", "layer"]);
    let layer = paths(&context, "layer");
    assert!(
        layer.contains(&"python/common/log.py".to_owned()) && layer.contains(&"python/tiny.py".to_owned()),
        "{layer:?}"
    );
    assert!(!layer.iter().any(|path| path.contains(".md") || path.contains(".env")), "{layer:?}");
    context.write(
        "function/barrow.toml",
        "sources = [\"../shared:whole\", { path = \"../shared\", prefix = \"common\", include = [\"**/*.py\"] }]\n",
    );
    succeed(&context, &index, &["bundle", "function", "-o", "out"]);
    assert_eq!(paths(&context, "out"), ["common/log.py", "handler.py", "whole/log.py", "whole/notes.md"]);
    let unchanged = succeed(&context, &index, &["bundle", "function", "-o", "out", "-v"]);
    assert!(!unchanged.contains("not unchanged"), "{unchanged}");
    context.write("shared/log.py", "import logging  # edited\n");
    let changed = succeed(&context, &index, &["bundle", "function", "-o", "out", "-v"]);
    assert!(changed.contains("common/log.py changed"), "{changed}");
    // A layer of names alone has no folders beside anything, unless they are named.
    context.write("barrow.toml", "sources = [\"shared:common\"]\n");
    succeed(&context, &index, &["layer", "tiny", "-o", "layer"]);
    assert!(!context.path("layer/python/common").exists());
    succeed(&context, &index, &["layer", "--source", "shared:common", "-o", "layer"]);
    assert!(context.path("layer/python/common/log.py").exists());
    // `install` installs packages.
    succeed(&context, &index, &["install", "tiny", "-t", "installed"]);
    assert!(!context.path("installed/common").exists());
}

#[test]
fn what_cannot_stand_beside_each_other() {
    let (context, index) = world();
    context.write("shared/handler.py", "another = True\n");
    barrow_snapshot!(context, context.barrow().args(["bundle", "function", "--source", "shared", "-o", "out", "--index-url", &index.url()]), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    `function` names no dependencies: its own files alone are bundled
    Resolved 0 packages for python3.14 on x86_64
    error: `handler.py` comes from the source folder and, with other content, from the source `shared`
    hint: give one of the sources a prefix (`--source DIR:PREFIX`), or leave the file out with `exclude`
    ");
    assert!(!context.path("out").exists());
    context.write("shared/handler.py", "import common.log\n");
    succeed(&context, &index, &["bundle", "function", "--source", "shared", "-o", "out"]);
    let wrong = |flag: &str| {
        let output = run(&context, &index, &["bundle", "function", "--source", flag, "-o", "out2"]);
        assert_eq!(output.status.code(), Some(2), "{flag}");
        crate::support::said(&output)
    };
    assert!(
        wrong("nowhere").contains("invalid value for `source` from --source")
            && wrong("nowhere").contains("is not a folder")
    );
    assert!(
        wrong("shared:../up").contains("`../up` is no place in a bundle: it has a `.` or `..` component"),
        "{}",
        wrong("shared:../up")
    );
    assert!(wrong(":x").contains("names no folder"));
    let settings = |text: &str| {
        context.write("function/barrow.toml", text);
        let output = run(&context, &index, &["bundle", "function", "-o", "out2"]);
        assert_eq!(output.status.code(), Some(2), "{text}");
        crate::support::said(&output)
    };
    let told = settings("source = \"../shared\"\n");
    assert!(told.contains("barrow.toml:1: `source` is the folder of a [[function]]"), "{told}");
    let told = settings("\nsources = [{ path = \"../shared\", prefx = \"x\" }]\n");
    assert!(told.contains("barrow.toml:2: unknown setting `prefx` of a source: did you mean `prefix`?"), "{told}");
    assert!(settings("sources = [{ prefix = \"x\" }]\n").contains("a source needs a `path`"));
    assert!(settings("sources = [3]\n").contains("`sources` must be a list of folders"));
}

#[test]
fn units_have_folders_of_their_own() {
    let (context, index) = world();
    context.write("layer-requirements.txt", "tiny\n");
    context.write(
        "barrow.toml",
        format!(
            "index-url = \"{}\"\nsources = [\"shared:common\"]\n\
             [[function]]\nsource = \"function\"\noutput = \"out/function\"\n\
             [[function]]\nname = \"alone\"\nsource = \"function\"\nsources = []\noutput = \"out/alone\"\n\
             [[layer]]\nname = \"code\"\nsources = [{{ path = \"shared\", exclude = \"*.md\" }}]\noutput = \"out/code\"\n\
             [[layer]]\nname = \"packages\"\nrequirement = \"layer-requirements.txt\"\noutput = \"out/packages\"\n",
            index.url()
        ),
    );
    context.succeed(context.barrow().args(["build"]));
    assert_eq!(paths(&context, "out/function"), ["common/log.py", "common/notes.md", "handler.py"]);
    assert_eq!(paths(&context, "out/alone"), ["handler.py"]);
    assert_eq!(paths(&context, "out/code"), ["python/log.py"]);
    assert!(
        !context.path("out/packages/python/common").exists() && context.path("out/packages/python/tiny.py").exists()
    );
}

/// A library under three names.
fn library(context: &TestContext) {
    context.write("function/lib/libdemo.so.1.2", vec![7; 100_000]);
    for (link, to) in [("libdemo.so.1", "libdemo.so.1.2"), ("libdemo.so", "libdemo.so.1")] {
        symlink(to, context.path(&format!("function/lib/{link}"))).unwrap();
    }
}

#[test]
fn a_library_with_three_names_is_there_once() {
    let (context, index) = world();
    library(&context);
    let bundle = |out: &str| succeed(&context, &index, &["bundle", "function", "-o", out, "-v"]);
    bundle("out");
    let tree = context.tree("out/lib");
    assert_eq!(tree.matches(" -> libdemo.so.1.2").count(), 2, "{tree}");
    assert_eq!(tree.matches("100000").count(), 1, "{tree}");
    let again = bundle("out");
    assert!(!again.contains("not unchanged"), "{again}");
    // A link that is another one is not what was written.
    fs_err::remove_file(context.path("out/lib/libdemo.so")).unwrap();
    symlink("libdemo.so.1", context.path("out/lib/libdemo.so")).unwrap();
    assert!(bundle("out").contains("not unchanged"));
    assert_eq!(context.tree("out/lib"), tree);
    // A change beside it lets the links be links.
    context.write("function/handler.py", "edited = True\n");
    bundle("out");
    assert_eq!(context.tree("out/lib"), tree);

    bundle("out.zip");
    bundle("twin.zip");
    let bytes = fs_err::read(context.path("out.zip")).unwrap();
    assert_eq!(bytes, fs_err::read(context.path("twin.zip")).unwrap());
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    for link in ["lib/libdemo.so", "lib/libdemo.so.1"] {
        let mut entry = zip.by_name(link).unwrap();
        assert_eq!(entry.unix_mode(), Some(0o120_777));
        let mut text = String::new();
        std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
        assert_eq!(text, "libdemo.so.1.2");
    }
    if Command::new("unzip").arg("-v").output().is_ok() {
        let status =
            Command::new("unzip").args(["-q", "out.zip", "-d", "unzipped"]).current_dir(context.path("")).status();
        assert!(status.unwrap().success());
        assert_eq!(context.tree("unzipped/lib"), tree);
    }
    for out in ["out", "out.zip"] {
        let output = context.barrow().args(["check", out, "--json"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("the link"), "{text}");
    }
}

#[test]
fn links_to_elsewhere_are_followed_on_demand() {
    let (context, index) = world();
    symlink("../shared/log.py", context.path("function/log.py")).unwrap();
    let refused = run(&context, &index, &["bundle", "function", "-o", "out"]);
    assert_eq!(refused.status.code(), Some(1));
    let text = context.show(&refused);
    assert!(text.contains("function/log.py` in the source leads out of the source folder, to `"), "{text}");
    assert!(text.contains("hint: `--follow-links` takes what it leads to"), "{text}");
    let told = succeed(&context, &index, &["bundle", "function", "-o", "out", "--follow-links", "-v"]);
    assert!(told.contains("followed the link `") && told.contains("/shared/log.py`"), "{told}");
    assert!(fs_err::symlink_metadata(context.path("out/log.py")).unwrap().is_file(), "it is a copy");
    context.write("function/barrow.toml", "follow-links = true\n");
    succeed(&context, &index, &["bundle", "function", "-o", "out"]);
    let mut command = context.barrow();
    command
        .args(["bundle", "function", "-o", "out2", "--no-config", "--index-url", &index.url()])
        .env("BARROW_FOLLOW_LINKS", "1");
    context.succeed(&mut command);
}

#[test]
fn ignore_files_in_every_form() {
    let (context, index) = world();
    context.write("function/.barrowignore", "*.md\n/data/\n");
    context.write("function/readme.md", "");
    context.write("function/data/big.bin", "");
    context.write("function/sub/.gitignore", "x.py\n");
    context.write("function/sub/x.py", "");
    succeed(&context, &index, &["bundle", "function", "-o", "out"]);
    assert_eq!(paths(&context, "out"), ["handler.py", "sub/.gitignore", "sub/x.py"]);
    succeed(&context, &index, &["bundle", "function", "-o", "out", "--gitignore"]);
    assert_eq!(paths(&context, "out"), ["handler.py", "sub/.gitignore"]);
    context.write("function/.barrowignore", "{a\n");
    let wrong = run(&context, &index, &["bundle", "function", "-o", "out"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", context.show(&wrong));
    assert!(context.show(&wrong).contains("function/.barrowignore:1: not a pattern"), "{}", context.show(&wrong));
}

#[test]
fn a_cache_below_the_source_and_what_editors_keep_are_no_part_of_it() {
    let (context, index) = world();
    context.write("function/handler.py", "");
    context.write("function/requirements.txt", "tiny\n");
    fs_err::os::unix::fs::symlink("me@host.1234:1", context.path("function/.#handler.py")).unwrap();
    context.write("function/.secrets.env.swp", "TOKEN=1");
    let mut seen = Vec::new();
    for _ in 0..2 {
        succeed(&context, &index, &["bundle", "function", "-o", "out", "--cache-dir", "function/.barrow"]);
        seen.push(context.tree("out"));
        assert!(context.path("function/.barrow/CACHEDIR.TAG").is_file());
    }
    assert_eq!(seen[0], seen[1]);
    assert!(!seen[0].contains(".barrow") && !seen[0].contains(".#") && !seen[0].contains("swp"), "{}", seen[0]);
    // A folder of that name, or with another tool's tag, is the user's.
    context.write("function/.barrow2/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
    succeed(&context, &index, &["bundle", "function", "-o", "out"]);
    assert!(paths(&context, "out").iter().any(|path| path == ".barrow2/CACHEDIR.TAG"));
}
