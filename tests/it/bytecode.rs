//! `--compile-bytecode`: in every form of output, the same every time, and never beside another source.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::building::can_build;
use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

/// The runtime whose Python this machine has.
fn runtime() -> String {
    let program = "import sys; print('python%d.%d' % sys.version_info[:2])";
    let output = Command::new("/usr/bin/python3").args(["-c", program]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn function(context: &TestContext) -> RunningIndex {
    context.write(
        "function/handler.py",
        "import tiny\nKIND = {'a', 'b', 'c', 'd'} if tiny.x in {'p', 'q', 'r'} else None\n",
    );
    context.write("function/requirements.txt", "tiny\n");
    context.write("function/python2.py", "print 'old'\n");
    context.write("function/.hidden.py", "x = 1\n");
    let many: String =
        (0..400).map(|n| format!("def f{n}(a, b={n}):\n    return {{'k{n}': (a, b, 'shared', 1.5)}}\n")).collect();
    let wheel = WheelBuilder::new("tiny", "1.0").file("tiny/__init__.py", "x = 1\n").file("tiny/many.py", many);
    IndexServer::new().file(wheel).start()
}

fn bundle(context: &TestContext, server: &RunningIndex, arguments: &[&str]) -> Command {
    let mut command = context.barrow();
    command.args(["bundle", "function", "--runtime", &runtime(), "--index-url", &server.url()]).args(arguments);
    command
}

/// The bytecode of a folder, by path.
fn compiled(context: &TestContext, out: &str) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![context.path(out)];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "pyc") {
                let name = path.strip_prefix(context.path(out)).unwrap().display().to_string();
                found.insert(name, fs_err::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn python_uses_it_in_every_form_of_output() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    let server = function(&context);
    let output = bundle(&context, &server, &["-o", "out", "--compile-bytecode", "-v"]).output().unwrap();
    assert!(output.status.success(), "{}", context.show(&output));
    let told = context.show(&output);
    assert!(told.contains("Compiled 4 files (") && told.contains("`python2.py` is no Python 3."), "{told}");
    let tag = runtime().replace("python", "cpython-").replace("3.", "3");
    let found = compiled(&context, "out");
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    let expected = ["__pycache__/.hidden", "__pycache__/handler", "tiny/__pycache__/__init__", "tiny/__pycache__/many"];
    assert_eq!(names, expected.map(|stem| format!("{stem}.{tag}.pyc")));
    for (name, bytes) in &found {
        // PEP 552: never compared with the source.
        assert_eq!(bytes[4..8], [1, 0, 0, 0], "{name}");
        let text = String::from_utf8_lossy(bytes).into_owned();
        assert!(text.contains("/var/task/"), "{name} says where it runs");
        assert!(!text.contains(&context.root().display().to_string()), "{name} names this machine");
    }
    // Python takes it, and does not look at the source any more.
    let mode = fs_err::metadata(context.path("out/handler.py")).unwrap().permissions().mode();
    fs_err::remove_file(context.path("out/handler.py")).unwrap();
    fs_err::write(context.path("out/handler.py"), "raise SystemExit('the source was compiled')\n").unwrap();
    let load = Command::new("/usr/bin/python3")
        .args(["-S", "-E", "-B", "-c", "import handler, tiny.many"])
        .current_dir(context.path("out"))
        .output();
    let load = load.unwrap();
    assert!(load.status.success(), "{}", crate::support::said(&load));
    assert_eq!(mode & 0o777, 0o644);

    // The same bytes again, in a zip too; those of a layer name its own place.
    context.succeed(&mut bundle(&context, &server, &["-o", "twin", "--compile-bytecode", "--link-mode", "copy"]));
    assert_eq!(compiled(&context, "twin"), found);
    context.succeed(&mut bundle(&context, &server, &["-o", "out.zip", "--compile-bytecode"]));
    let mut zip = zip::ZipArchive::new(fs_err::File::open(context.path("out.zip")).unwrap()).unwrap();
    for (name, bytes) in &found {
        let mut entry = Vec::new();
        std::io::Read::read_to_end(&mut zip.by_name(name).unwrap(), &mut entry).unwrap();
        assert_eq!(entry, *bytes, "{name}");
    }
    context.succeed(&mut bundle(&context, &server, &["-o", "layer", "--layer", "--compile-bytecode"]));
    let layer = compiled(&context, "layer");
    let many = &layer[&format!("python/tiny/__pycache__/many.{tag}.pyc")];
    assert!(String::from_utf8_lossy(many).contains("/opt/python/tiny/many.py"));
    // A run that has nothing to do does nothing, and one without the option has none.
    let again =
        bundle(&context, &server, &["-o", "twin", "--compile-bytecode", "--link-mode", "copy", "-v"]).output().unwrap();
    assert!(context.show(&again).contains("Nothing has changed"), "{}", context.show(&again));
    context.succeed(&mut bundle(&context, &server, &["-o", "twin", "--link-mode", "copy"]));
    assert!(compiled(&context, "twin").is_empty());
}

/// What a file replaces is not what is compiled for its place, and linked files stay as they are.
#[test]
fn it_is_that_of_the_source_that_is_there() {
    if !can_build() {
        return;
    }
    let context = TestContext::new();
    let server = function(&context);
    context.write("function/tiny/__init__.py", "x = 'mine'\n");
    let arguments = ["-o", "out", "--compile-bytecode", "--link-mode", "hardlink", "--slim"];
    context.succeed(&mut bundle(&context, &server, &arguments));
    let say = |out: &str| {
        let mut python = Command::new("/usr/bin/python3");
        let output =
            python.args(["-S", "-E", "-B", "-c", "import tiny; print(tiny.x)"]).current_dir(context.path(out)).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert_eq!(say("out"), "mine\n");
    fs_err::remove_dir_all(context.path("function/tiny")).unwrap();
    context.succeed(&mut bundle(&context, &server, &arguments));
    assert_eq!(say("out"), "1\n");
    context.succeed(&mut bundle(&context, &server, &["-o", "plain", "--link-mode", "hardlink"]));
    assert!(compiled(&context, "plain").is_empty(), "nothing of it is in the cache");
}

#[test]
fn without_a_python_of_that_version_it_is_refused() {
    let context = TestContext::new();
    let server = function(&context);
    let run = |more: &[&str]| {
        let mut command = context.barrow();
        command.args(["bundle", "function", "-o", "out", "--compile-bytecode", "--runtime", "python3.14"]);
        let output = command
            .args(["--index-url", &server.url()])
            .args(more)
            .env("PATH", context.path("nowhere"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", context.show(&output));
        context.show(&output)
    };
    let told = run(&[]);
    assert!(told.contains("bytecode for python3.14 needs Python 3.14, and there is none"), "{told}");
    assert!(told.contains("hint: install Python 3.14") && told.contains("--build-python PATH"), "{told}");
    if can_build() && runtime() != "python3.14" {
        let told = run(&["--build-python", "/usr/bin/python3"]);
        assert!(told.contains("`/usr/bin/python3` cannot be used for building: it is Python 3."), "{told}");
    }
    assert!(!context.path("out").exists());
    let install = context.barrow().args(["install", "tiny", "-t", "t", "--compile-bytecode"]).output().unwrap();
    assert_eq!(install.status.code(), Some(2), "{}", context.show(&install));
    assert!(context.show(&install).contains("bytecode could outlive its source"), "{}", context.show(&install));
    let split =
        context.barrow().args(["layer", "tiny", "-o", "l", "--split", "2", "--compile-bytecode"]).output().unwrap();
    assert_eq!(split.status.code(), Some(2), "{}", context.show(&split));
}
