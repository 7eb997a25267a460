//! The committed index is what our own code makes, and nothing lies in `wheels-fixtures` unlisted or unused.
//!
//! `BARROW_WRITE_FIXTURES=1 cargo test --test it fixtures` writes the generated files anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::{Listed, WheelBuilder, html_page, json_page};

/// Largest file that may be stored, in bytes.
const LARGEST: u64 = 20 * 1024;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wheels-fixtures")
}

/// Our own tiny packages: enough for the rules that a resolver and an installer have to know.
fn listed() -> BTreeMap<&'static str, Vec<Listed>> {
    let pure = |name: &str, version: &str| WheelBuilder::new(name, version).stored();
    let greeting = |version: &str| {
        let content = format!(
            "\"\"\"Greets.\"\"\"\n\n__version__ = \"{version}\"\n\n\ndef greet(name):\n    return f\"Hello, {{name}}!\"\n"
        );
        pure("barrow-greeting", version).requires_python(">=3.8").file("barrow_greeting/__init__.py", content)
    };
    let hello = pure("barrow-hello", "1.0")
        .requires("barrow-greeting>=1,<3")
        .requires("barrow-native>=1")
        .requires("barrow-windows>=1; sys_platform == 'win32'")
        .file(
            "barrow_hello/__init__.py",
            "\"\"\"Says hello, and from which machine.\"\"\"\n\nfrom barrow_greeting import greet\n\
             from barrow_native import machine\n\n\ndef hello(name):\n    return f\"{greet(name)} This is {machine()}.\"\n",
        );
    let tool = pure("barrow-tool", "2.0")
        .extra("colour", &["barrow-colours>=1"])
        .file(
            "barrow_tool/__init__.py",
            "\"\"\"Has a command.\"\"\"\n\n\ndef main():\n    print(\"barrow-tool 2.0\")\n",
        )
        .file("barrow_tool/data/notes.txt", "Package data.\n")
        .data("scripts/barrow-tool-check", "#!python\nimport barrow_tool\n\nbarrow_tool.main()\n")
        .mode(0o755)
        .entry_point("console_scripts", "barrow-tool = barrow_tool:main");
    let colours = pure("barrow-colours", "1.0")
        .file("barrow_colours.py", "\"\"\"Colours.\"\"\"\n\nNAMES = (\"red\", \"green\", \"blue\")\n");

    let mut native = Vec::new();
    for machine in ["x86_64", "aarch64"] {
        native.push(native_wheel("1.0", "cp310", "abi3", "2_17", machine));
    }
    for python in ["cp312", "cp313", "cp314"] {
        for machine in ["x86_64", "aarch64"] {
            native.push(native_wheel("1.1", python, python, "2_28", machine));
        }
    }
    BTreeMap::from([
        ("barrow-colours", vec![Listed::new(colours)]),
        (
            "barrow-greeting",
            vec![
                Listed::new(greeting("1.0")),
                Listed::new(greeting("1.1")),
                Listed::new(greeting("1.2")).yanked("greets the wrong person"),
                Listed::new(greeting("1.3").requires_python(">=3.99")),
                Listed::new(greeting("2.0rc1")),
            ],
        ),
        ("barrow-hello", vec![Listed::new(hello)]),
        ("barrow-native", native.into_iter().map(Listed::new).collect()),
        ("barrow-tool", vec![Listed::new(tool)]),
    ])
}

/// A wheel with the shared object that `elf/native.c` became. It uses the stable ABI, so that the same file serves
/// under every name that CPython looks for.
fn native_wheel(version: &str, python: &str, abi: &str, glibc: &str, machine: &str) -> WheelBuilder {
    let library = fs_err::read(root().join(format!("elf/native.{machine}.so"))).expect("the shared object is stored");
    let suffix = match abi {
        "abi3" => "abi3.so".to_owned(),
        abi => format!("cpython-{}-{machine}-linux-gnu.so", abi.trim_start_matches("cp")),
    };
    WheelBuilder::new("barrow-native", version)
        .stored()
        .tag(&format!("{python}-{abi}-manylinux_{glibc}_{machine}"))
        .requires_python(">=3.10")
        .file(
            "barrow_native/__init__.py",
            "\"\"\"A native extension.\"\"\"\n\nfrom ._native import length, machine\n\n__all__ = [\"length\", \"machine\"]\n",
        )
        .file(&format!("barrow_native/_native.{suffix}"), library)
        .mode(0o755)
}

/// Every generated file: path below `wheels-fixtures` and content.
fn generated() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut names = String::from("<!DOCTYPE html>\n<html><head><title>Simple index</title></head><body>\n");
    let mut projects = Vec::new();
    for (project, listed) in listed() {
        names += &format!("<a href=\"{project}/\">{project}</a><br/>\n");
        projects.push(serde_json::json!({ "name": project }));
        let html = html_page(project, &listed, "../../wheels/", true);
        let json = json_page(project, &listed, "../../wheels/", true) + "\n";
        files.insert(format!("simple/{project}/index.html"), html.into_bytes());
        files.insert(format!("simple/{project}/index.json"), json.into_bytes());
        for file in listed.iter().map(Listed::file) {
            let metadata = file.metadata.clone().expect("every fixture is a wheel");
            files.insert(format!("wheels/{}", file.filename), file.bytes.clone());
            files.insert(format!("wheels/{}.metadata", file.filename), metadata.into_bytes());
        }
    }
    files.insert("simple/index.html".to_owned(), (names + "</body></html>\n").into_bytes());
    let index = serde_json::json!({ "meta": { "api-version": "1.1" }, "projects": projects });
    files.insert("simple/index.json".to_owned(), format!("{index}\n").into_bytes());
    files
}

/// Every stored file, as a path below `wheels-fixtures`.
fn stored() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).expect("the fixtures can be read") {
            let path = entry.expect("the fixtures can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let relative = path.strip_prefix(root()).expect("it was found below");
                found.push(relative.to_str().expect("fixtures have plain names").to_owned());
            }
        }
    }
    found.sort();
    found
}

/// A row of the table in the fixtures' README: files, and the source file that uses them.
struct Row {
    pattern: String,
    used_by: String,
}

fn rows() -> Vec<Row> {
    let readme = fs_err::read_to_string(root().join("README.md")).expect("the fixtures have a README");
    let rows = readme.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| `")?.trim_end_matches('|').split('|').map(str::trim).collect();
        let [pattern, _made, used_by] = cells[..] else { panic!("three columns are needed: {line}") };
        Some(Row { pattern: pattern.trim_end_matches('`').to_owned(), used_by: used_by.trim_matches('`').to_owned() })
    });
    rows.collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the switch that writes the fixtures is an environment variable")]
fn stored_files_equal_what_the_generator_makes() {
    let generated = generated();
    if std::env::var_os("BARROW_WRITE_FIXTURES").is_some() {
        for folder in ["simple", "wheels"].map(|folder| root().join(folder)).iter().filter(|folder| folder.exists()) {
            fs_err::remove_dir_all(folder).unwrap();
        }
        for (path, bytes) in &generated {
            let path = root().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, bytes).unwrap();
        }
    }
    for (path, bytes) in &generated {
        assert!(
            fs_err::read(root().join(path)).is_ok_and(|stored| stored == *bytes),
            "`{path}` is not what the generator makes: BARROW_WRITE_FIXTURES=1 cargo test --test it fixtures"
        );
    }
    let foreign: Vec<String> = stored()
        .into_iter()
        .filter(|path| (path.starts_with("simple/") || path.starts_with("wheels/")) && !generated.contains_key(path))
        .collect();
    assert!(foreign.is_empty(), "not made by the generator: {foreign:?}");
}

#[test]
fn every_stored_file_is_small_listed_and_used() {
    let rows = rows();
    let matchers: Vec<globset::GlobMatcher> = rows
        .iter()
        .map(|row| globset::GlobBuilder::new(&row.pattern).literal_separator(true).build().unwrap().compile_matcher())
        .collect();
    for path in stored() {
        if path != "README.md" {
            assert!(matchers.iter().any(|matcher| matcher.is_match(&path)), "`{path}` is not listed in README.md");
        }
        let size = fs_err::metadata(root().join(&path)).unwrap().len();
        assert!(size <= LARGEST, "`{path}` has {size} bytes");
    }
    for (row, matcher) in rows.iter().zip(&matchers) {
        assert!(stored().iter().any(|path| matcher.is_match(path)), "`{}` is listed and not there", row.pattern);
        let user = Path::new(env!("CARGO_MANIFEST_DIR")).join(&row.used_by);
        let folder = row.pattern.split('/').next().unwrap();
        let text = fs_err::read_to_string(&user).unwrap_or_default();
        assert!(text.contains(folder), "`{}` is said to be used by `{}`", row.pattern, row.used_by);
    }
}
