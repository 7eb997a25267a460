//! Bills of materials: what lies in the output, exactly and every time alike, and never inside it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder, sha256_hex};

const SBOM_INSIDE: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.4", "components": [
    {"type": "library", "name": "libz", "version": "1.3", "purl": "pkg:generic/libz@1.3", "licenses": [{"license": {"id": "Zlib"}}]},
    {"type": "cryptographic-asset", "name": "odd", "purl": "not a purl"}]}"#;

fn project() -> (TestContext, RunningIndex) {
    let context = TestContext::new();
    context.write("source/handler.py", "import top\n");
    context.write("source/requirements.txt", "top\n");
    let top = WheelBuilder::new("top", "1.0+local.1")
        .metadata_line("License-Expression: MIT OR Apache-2.0")
        .requires("low")
        .file("top.py", "x = 1\n")
        .file("tests/test_top.py", "")
        .file("top/tests/test_it.py", "import top\n")
        .file("top-1.0+local.1.dist-info/sboms/native.cdx.json", SBOM_INSIDE);
    let low = WheelBuilder::new("low", "1.5")
        .metadata_line("License: Our Own License (really)")
        .file("low.py", "y = 22\n")
        .file("low/_vendor/inner-4.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: Inner\nVersion: 4.0\n");
    (context, IndexServer::new().file(top).file(low).start())
}

fn bundle(context: &TestContext, index: &RunningIndex, more: &[&str]) -> String {
    let mut command = context.barrow();
    context.run(command.args(["bundle", "source", "--index-url", &index.url()]).args(more))
}

fn read(context: &TestContext, path: &str) -> Value {
    serde_json::from_slice(&fs_err::read(context.path(path)).unwrap()).unwrap()
}

/// Every file that a CycloneDX document lists, with its digest.
fn listed(document: &Value) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut waiting: Vec<&Value> = document["components"].as_array().unwrap().iter().collect();
    while let Some(component) = waiting.pop() {
        waiting.extend(component["components"].as_array().into_iter().flatten());
        if component["type"] == "file" {
            let digest = component["hashes"][0]["content"].as_str().unwrap().to_owned();
            files.insert(component["name"].as_str().unwrap().to_owned(), digest);
        }
    }
    files
}

/// Every file of a folder, with its digest.
fn lying(context: &TestContext, out: &str) -> BTreeMap<String, String> {
    let top = context.path(out);
    let (mut files, mut folders) = (BTreeMap::new(), vec![top.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&top).unwrap().to_str().unwrap().to_owned();
                files.insert(name, sha256_hex(&fs_err::read(&path).unwrap()));
            }
        }
    }
    files
}

#[test]
fn exactly_what_lies_there() {
    let (context, index) = project();
    let shown = bundle(&context, &index, &["-o", "out", "--slim", "--sbom", "cyclonedx", "--sbom", "spdx", "-q"]);
    assert!(shown.starts_with("exit code: 0"), "{shown}");
    let document = read(&context, "out.cdx.json");
    assert_eq!(listed(&document), lying(&context, "out"), "after what was left out");
    assert!(!context.path("out/top/tests").exists());
    let components = document["components"].as_array().unwrap();
    let top = components.iter().find(|component| component["name"] == "top").unwrap();
    assert_eq!(top["purl"], "pkg:pypi/top@1.0%2Blocal.1");
    assert_eq!(top["licenses"][0]["expression"], "MIT OR Apache-2.0");
    assert!(top["externalReferences"][0]["url"].as_str().unwrap().ends_with("-py3-none-any.whl"));
    let parts: Vec<&str> = top["components"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["type"] == "library")
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(parts, ["libz", "odd"], "of the bill that it brings; what is odd keeps its name alone");
    let low = components.iter().find(|component| component["name"] == "low").unwrap();
    assert_eq!(low["licenses"][0]["license"]["name"], "Our Own License (really)");
    assert!(low["components"].as_array().unwrap().iter().any(|part| part["purl"] == "pkg:pypi/inner@4.0"));
    let depends = document["dependencies"].as_array().unwrap();
    let of_top = depends.iter().find(|it| it["ref"] == top["bom-ref"]).unwrap();
    assert!(of_top["dependsOn"].as_array().unwrap().contains(&low["bom-ref"]));
    assert_eq!(
        depends[0]["dependsOn"],
        serde_json::json!([top["bom-ref"]]),
        "the output depends on what was asked for"
    );

    let document = read(&context, "out.spdx.json");
    let files = document["files"].as_array().unwrap();
    assert_eq!(files.len(), lying(&context, "out").len());
    let low = document["packages"].as_array().unwrap().iter().find(|it| it["name"] == "low").unwrap();
    assert_eq!(low["licenseDeclared"], "LicenseRef-Our-Own-License--really");
    assert_eq!(document["creationInfo"]["created"], "1980-01-01T00:00:00Z");
}

#[test]
fn every_time_alike() {
    let bills = |out: &str, epoch: Option<&str>| {
        let (context, index) = project();
        let mut command = context.barrow();
        command.args([
            "bundle",
            "source",
            "-o",
            out,
            "--sbom",
            "cyclonedx",
            "--sbom",
            "spdx",
            "--index-url",
            &index.url(),
        ]);
        command.envs(epoch.map(|epoch| ("SOURCE_DATE_EPOCH", epoch)));
        context.succeed(&mut command);
        let port = index.url();
        [".cdx.json", ".spdx.json"].map(|end| {
            let text = fs_err::read_to_string(context.path(&format!("{out}{end}"))).unwrap();
            assert!(!text.contains(context.root().to_str().unwrap()), "no path of this machine");
            // The port differs from run to run, and with it the serial number.
            let text = text.replace(port.trim_end_matches("simple/"), "");
            text.lines().filter(|line| !line.contains("urn:uuid:")).map(str::to_owned).collect::<Vec<_>>()
        })
    };
    assert_eq!(bills("out.zip", None), bills("out.zip", None));
    let dated = bills("out.zip", Some("1700000000"));
    assert!(dated.iter().all(|bill| bill.iter().any(|line| line.contains("\"2023-11-14T22:13:20Z\""))));
    let (context, index) = project();
    let again = |more: &[&str]| {
        let shown = bundle(&context, &index, &[&["-o", "out.zip", "--sbom", "cyclonedx"], more].concat());
        (shown, fs_err::read(context.path("out.zip.cdx.json")).unwrap())
    };
    let (first, bill) = again(&[]);
    let (second, same) = again(&[]);
    assert!(first.contains("Wrote out.zip.cdx.json") && !second.contains("Wrote"), "{second}");
    assert!(second.contains("Nothing has changed"), "{second}");
    assert_eq!(bill, same);
    // One that was lost comes back, though the output is as it was.
    fs_err::remove_file(context.path("out.zip.cdx.json")).unwrap();
    assert_eq!(again(&[]).1, bill);
    let mut wrong = context.barrow();
    wrong.args(["bundle", "source", "-o", "other", "--sbom", "spdx"]).env("SOURCE_DATE_EPOCH", "yesterday");
    assert!(context.run(&mut wrong).contains("is no number of seconds"));
    assert!(!context.path("other").exists());
}

#[test]
fn never_in_an_output() {
    let (context, index) = project();
    let inside = bundle(&context, &index, &["-o", "out", "--sbom", "cyclonedx=out/bom.json"]);
    insta::assert_snapshot!(inside, @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    Using source/requirements.txt
    error: `out/bom.json` lies in the output, where nothing may lie that is not deployed
    hint: name a file beside it, or give `--sbom cyclonedx` alone
    ");
    let twice = bundle(&context, &index, &["-o", "out", "--sbom", "cyclonedx=bom.json", "--sbom", "spdx=./bom.json"]);
    assert!(twice.starts_with("exit code: 2") && twice.contains("two bills of materials go to"), "{twice}");
    let other = bundle(&context, &index, &["-o", "out", "--sbom", "swid"]);
    assert!(other.starts_with("exit code: 2") && other.contains("neither cyclonedx nor spdx"), "{other}");
    // Beside an output inside the source, and anywhere else in it.
    for _ in 0..2 {
        let shown =
            bundle(&context, &index, &["-o", "source/build", "--sbom", "cyclonedx", "--sbom", "spdx=source/bom.json"]);
        assert!(shown.starts_with("exit code: 0"), "{shown}");
        let names: Vec<String> = lying(&context, "source/build").into_keys().collect();
        assert!(names.iter().all(|name| !name.contains("cdx.json") || name.contains("sboms/")), "{names:?}");
        assert!(!names.contains(&"bom.json".to_owned()), "{names:?}");
    }
    assert!(context.path("source/build.cdx.json").is_file() && context.path("source/bom.json").is_file());
}

#[test]
fn of_every_command() {
    let (context, index) = project();
    let run = |arguments: &[&str]| {
        let mut command = context.barrow();
        context.succeed(command.args(arguments).env("BARROW_INDEX_URL", index.url()));
    };
    run(&["install", "low", "-t", "installed", "--sbom", "cyclonedx"]);
    run(&["layer", "top", "-o", "layer.zip", "--sbom", "spdx"]);
    context.write(
        "barrow.toml",
        "[defaults]\nsbom = ['cyclonedx', 'spdx=bills/{name}.json']\n[[function]]\nsource = 'source'\n",
    );
    run(&["build"]);
    for file in ["installed.cdx.json", "layer.zip.spdx.json", "build/source.cdx.json", "bills/source.json"] {
        assert!(context.path(file).is_file(), "{file}");
    }
    fs_err::remove_file(context.path("barrow.toml")).unwrap();
    let names = listed(&read(&context, "installed.cdx.json")).into_keys().collect::<Vec<_>>();
    assert!(names.contains(&"low.py".to_owned()), "{names:?}");
    // Of an output that is there: it says the same, but for what only the maker knew.
    let output = context.barrow().args(["tree", "build/source", "--sbom", "cyclonedx"]).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(listed(&told), listed(&read(&context, "build/source.cdx.json")));
    assert!(!told.to_string().contains("barrow:runtime"), "nobody said for which it was made");
    let shown = context.run(context.barrow().args(["tree", "low", "--sbom", "cyclonedx"]));
    assert!(shown.starts_with("exit code: 2") && shown.contains("barrow tree build --sbom cyclonedx"), "{shown}");
    let json = context
        .barrow()
        .args(["bundle", "source", "-o", "told", "--sbom", "spdx", "--json", "--index-url", &index.url()])
        .output()
        .unwrap();
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["sboms"], serde_json::json!([{ "format": "spdx", "path": "told.spdx.json" }]));
}
