//! Every shape of docs/units.md is built as it stands there.

use std::process::Output;

use crate::locked_sources;
use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

/// The examples below "Shapes", in order.
fn shapes() -> Vec<String> {
    let text = fs_err::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/units.md")).unwrap();
    let (_, shapes) = text.split_once("## Shapes").unwrap();
    shapes.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// A repository in which each of them has something to build.
fn repository() -> (TestContext, RunningIndex) {
    let (context, index) = (
        TestContext::new(),
        IndexServer::new()
            .file(WheelBuilder::new("tiny", "1.0").file("tiny/__init__.py", ""))
            .file(WheelBuilder::new("more", "1.0").file("more/__init__.py", ""))
            .file(WheelBuilder::new("needy", "1.0").file("needy/__init__.py", "").requires("more"))
            .file(WheelBuilder::new("worker", "1.0").file("worker/__init__.py", ""))
            .start(),
    );
    for function in ["billing/src/charge", "billing/src/refund", "mail/src/send"] {
        context.write(&format!("services/{function}/app.py"), "");
        context.write(&format!("services/{function}/requirements.txt"), "tiny\n");
    }
    context.write("services/billing/shared/money.py", "");
    context.write("services/mail/shared/address.py", "");
    for function in ["report", "api", "web"] {
        context.write(&format!("functions/{function}/app.py"), "");
    }
    context.write("functions/web/requirements.txt", "tiny\n");
    context.write("functions/mixed/app.py", "");
    context.write("functions/mixed/requirements.txt", "tiny\nmore\n");
    context.write("requirements/base.txt", "tiny\n");
    context.write("requirements/report.txt", "more\n");
    context.write("requirements/alone.txt", "needy\n");
    context.write("requirements.txt", "tiny\nmore\n");
    context.write("packages.txt", "tiny\nmore\n");
    context.write("libs/common/log.py", "");
    context.write("libs/common/requirements.txt", "tiny\n");
    for app in ["one", "two"] {
        context.write(&format!("apps/{app}/src/app.py"), "");
        let lock = format!("apps/{app}/pylock.toml");
        let mut command = context.barrow();
        command.args(["lock", "tiny", "-o", &lock, "--index-url", &index.url(), "--runtime", "python3.12"]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", crate::support::said(&output));
    }
    project(&context, &index);
    (context, index)
}

/// A project with an extra and a group, and the lock that uv would write of it.
fn project(context: &TestContext, index: &RunningIndex) {
    let files = index.url().replace("/simple/", "/files");
    let package = |name: &str| {
        let wheel = WheelBuilder::new(name, "1.0").file(&format!("{name}/__init__.py"), "").build();
        let digest = crate::support::sha256_hex(&wheel.bytes);
        let source = format!("{{ registry = \"{}\" }}", index.url());
        let place = format!("url = \"{files}/{name}-1.0-py3-none-any.whl\"");
        locked_sources::package(name, "1.0", &source, &locked_sources::wheels(&place, &digest))
    };
    context.write(
        "backend/pyproject.toml",
        "[project]\nname = \"backend\"\nversion = \"0.1.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"tiny\"]\n\
         [project.optional-dependencies]\nfast = [\"more\"]\n[dependency-groups]\njobs = [\"worker\"]\n",
    );
    let own = "[[package]]\nname = \"backend\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\n\
               dependencies = [\n    { name = \"tiny\" },\n]\n\n[package.optional-dependencies]\nfast = [\n    { name = \"more\" },\n]\n\n\
               [package.dev-dependencies]\njobs = [\n    { name = \"worker\" },\n]\n\n[package.metadata]\nrequires-dist = [\n    \
               { name = \"more\", marker = \"extra == 'fast'\" },\n    { name = \"tiny\" },\n]\nprovides-extras = [\"fast\"]\n\n\
               [package.metadata.requires-dev]\njobs = [{ name = \"worker\" }]\n\n";
    let others: String = ["more", "tiny", "worker"].map(package).concat();
    context
        .write("backend/uv.lock", format!("version = 1\nrevision = 3\nrequires-python = \">=3.9\"\n\n{own}{others}"));
    for folder in ["web", "jobs"] {
        context.write(&format!("backend/{folder}/app.py"), "");
    }
}

fn build(context: &TestContext, index: &RunningIndex, arguments: &[&str]) -> Output {
    let mut command = context.barrow();
    command.arg("build").args(arguments).env("BARROW_INDEX_URL", index.url());
    command.output().unwrap()
}

/// Whether a file is in an output: a folder, or a zip by its name.
fn holds(context: &TestContext, place: &str) -> bool {
    match place.split_once(".zip/") {
        None => context.path(place).exists(),
        Some((stem, name)) => {
            let file = fs_err::File::open(context.path(&format!("{stem}.zip"))).unwrap();
            zip::ZipArchive::new(file.into_parts().0).unwrap().by_name(name).is_ok()
        }
    }
}

/// For each shape: files that must be there, and files that must not.
const EXPECTED: &[(&[&str], &[&str])] = &[
    (
        &[
            "build/billing-charge/app.py",
            "build/billing-charge/shared/money.py",
            "build/billing-refund/tiny/__init__.py",
            "build/mail-send/shared/address.py",
        ],
        &["build/mail-send/shared/money.py"],
    ),
    (&["build/report/app.py", "build/report/tiny/__init__.py", "build/report/more/__init__.py"], &[]),
    (&["build/report/tiny/__init__.py", "build/report/needy/__init__.py"], &["build/report/more"]),
    (&["build/one/common/log.py", "build/two/common/log.py", "build/two/tiny/__init__.py"], &["build/one/more"]),
    (
        &[
            "build/web/tiny/__init__.py",
            "build/web/more/__init__.py",
            "build/jobs/app.py",
            "build/jobs/worker/__init__.py",
        ],
        &["build/web/worker", "build/jobs/tiny", "build/jobs/more"],
    ),
    (&["build/api/app.py"], &["build/api/tiny"]),
    (
        &[
            "build/dependencies/python/tiny/__init__.py",
            "build/dependencies/python/more/__init__.py",
            "build/web/app.py",
        ],
        &["build/web/tiny"],
    ),
    (
        &["build/shared/python/tiny/__init__.py", "build/mixed/more/__init__.py", "build/mixed/app.py"],
        &["build/mixed/tiny", "build/shared/python/more"],
    ),
    (
        &["build/common-python3.11-x86_64/python/log.py", "build/common-python3.13-arm64/python/tiny/__init__.py"],
        &["build/common"],
    ),
    (
        &[
            "layers/tiny-python3.11-x86_64.zip/python/tiny/__init__.py",
            "layers/more-python3.13-arm64.zip/python/more/__init__.py",
        ],
        &["layers/tiny.zip"],
    ),
    (
        &[
            "build/web/tiny/__init__.py",
            "build/web.zip/app.py",
            "build/web-layer.zip/python/app.py",
            "build/web-layer.zip/python/tiny/__init__.py",
        ],
        &["build/web-layer"],
    ),
];

#[test]
fn every_shape_of_the_manual_is_built() {
    let (context, index) = repository();
    let shapes = shapes();
    assert_eq!(shapes.len(), EXPECTED.len(), "each example has what it must make");
    for (shape, (there, absent)) in shapes.iter().zip(EXPECTED) {
        let _ = fs_err::remove_dir_all(context.path("build"));
        let runtime = if shape.contains("runtime =") { "" } else { "runtime = \"python3.12\"\n" };
        context.write("barrow.toml", format!("{runtime}{shape}"));
        let output = build(&context, &index, &[]);
        let told = crate::support::said(&output);
        assert!(output.status.success(), "{shape}\n{told}");
        for place in *there {
            assert!(holds(&context, place), "{place} is missing:\n{shape}\n{told}");
        }
        for place in *absent {
            assert!(!holds(&context, place), "{place} is there:\n{shape}");
        }
    }
    // The last shape has one content in all three.
    let names = |place: &str| context.tree(place);
    assert!(names("build/web").contains("tiny/__init__.py"));
}

/// Layers that fail, that are not there, and that are for another target.
#[test]
fn a_function_needs_its_layers() {
    let (context, index) = repository();
    let check = |layer: &str, arguments: &[&str], exit: i32, part: &str| {
        let function = "[[function]]\nsource = \"functions/mixed\"\nlayers = [\"shared\"]\n";
        context.write("barrow.toml", format!("[defaults]\nruntime = \"python3.12\"\n{function}{layer}"));
        let output = build(&context, &index, arguments);
        let told = crate::support::said(&output);
        assert!(output.status.code() == Some(exit) && told.contains(part), "{layer}: {told}");
    };
    let layer = |packages: &str| format!("[[layer]]\nname = \"shared\"\npackages = {packages}\n");
    check("", &[], 2, "barrow.toml:3: there is no layer `shared`");
    check(
        &layer("[\"absent\"]"),
        &[],
        1,
        "mixed (python3.12, x86_64): its layer shared (python3.12, x86_64) could not be built",
    );
    check(
        &(layer("[\"tiny\"]") + "arch = \"arm64\"\n"),
        &[],
        1,
        "its layer `shared` is not made for python3.12 on x86_64",
    );
    check(&(layer("[\"tiny\"]") + "layers = [\"shared\"]\n"), &[], 2, "a layer uses no layers");
    assert!(!context.path("build/mixed").exists());
    // Named alone, it brings its layer along.
    check(&layer("[\"tiny\"]"), &["mixed"], 0, "2 of 2 are built");
    assert!(holds(&context, "build/mixed/more/__init__.py") && !holds(&context, "build/mixed/tiny"));
}

#[test]
fn a_folder_of_the_unit_needs_one() {
    let (context, index) = repository();
    context.write("barrow.toml", "[[layer]]\nname = \"x\"\npackages = [\"tiny\"]\nrequirement = \"{source}/x.txt\"\n");
    let output = build(&context, &index, &["--list"]);
    let told = crate::support::said(&output);
    assert!(output.status.code() == Some(2) && told.contains("barrow.toml:1: `{source}/x.txt` has {source}"), "{told}");
}
