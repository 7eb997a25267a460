//! Plain TOML is TOML: what is taken, and what is left.

use std::path::Path;

use proptest::prelude::*;
use toml::{Spanned, Table as Whole, Value};

use super::{Lines, TableByTable, read};

const LOCK: &str = r#"version = 1
requires-python = ">=3.10" # always
markers = ["os_name == 'nt'", 'a "b"',]

[manifest]
members = []

[[package]]
name = "one"
source = { registry = "https://example.org/simple" }
wheels = [
    { url = "https://example.org/one-1-py3-none-any.whl", size = 12, at = 2026-01-02T03:04:05Z },
    { url = "b", yes = true, no = false, half = 0.5, less = -1 },
]

[package.metadata.requires-dev]
dev = [{ name = "é \" \\ x" }]

[[package]]
name = "two"

[package.dependencies]
"backports.zoneinfo" = "*"
e1 = 1
e2 = 2
e3 = 3
e4 = 4
e5 = 5
e6 = 6
e7 = 7
e8 = 8
e9 = 9

[package.extras]
[[package.files]]
file = "x"

[metadata]
lock-version = "2.1"
"#;

fn plain(text: &str) -> Option<Whole> {
    read(text).ok()
}

/// The same, where the packages are read one by one.
fn by_package(text: &str) -> Option<Whole> {
    let (mut whole, mut tables): (Whole, _) = TableByTable::open(text, "package").ok()?;
    let mut packages = Vec::new();
    while let Some(package) = tables.read_next().ok()? {
        packages.push(Value::Table(package));
    }
    if !packages.is_empty() {
        assert!(whole.insert("package".to_owned(), Value::Array(packages)).is_none(), "{text}");
    }
    Some(whole)
}

/// What is read here is what all of TOML makes of it.
fn check(text: &str) {
    for table in [plain(text), by_package(text)].into_iter().flatten() {
        assert_eq!(toml::from_str::<Whole>(text).as_ref(), Ok(&table), "{text}");
    }
    if let Some(wheels) = read::<ByLines>(text).ok().and_then(ByLines::wheels) {
        let of_toml = toml::from_str::<ByLines>(text).ok().and_then(ByLines::wheels);
        assert_eq!(of_toml.as_ref(), Some(&wheels), "{text}");
    }
}

/// Packages whose wheels may be given out as text.
#[derive(serde::Deserialize)]
struct ByLines<'a> {
    #[serde(default, borrow)]
    package: Vec<PackageByLines<'a>>,
}

#[derive(serde::Deserialize)]
struct PackageByLines<'a> {
    #[serde(default, borrow)]
    wheels: Lines<'a, Value>,
}

impl ByLines<'_> {
    fn wheels(self) -> Option<Vec<Vec<Value>>> {
        self.package.into_iter().map(|package| package.wheels.items().ok()).collect()
    }
}

#[test]
fn an_array_over_lines_is_given_out_as_text() {
    let text_of = |text: &str| match read::<ByLines>(text).ok()?.package.pop()?.wheels {
        Lines::Text(text) => Some(text.to_owned()),
        Lines::Items(_) => None,
    };
    let usual = "[\n    { url = \"a\" },\n]";
    assert_eq!(text_of(&format!("[[package]]\nwheels = {usual}\n")).as_deref(), Some(usual));
    assert_eq!(text_of(&format!("[[package]]\nwheels = {usual} # all\nname = 'a'\n")).as_deref(), Some(usual));
    for other in ["[]", "[{ url = 'a' }]", "[\n    { url = 'a' },\n  ]", "[\r\n]"] {
        let text = format!("[[package]]\nwheels = {other}\n[[package.files]]\na = [\n]\n");
        assert_eq!(text_of(&text), None, "{other}");
        assert!(read::<ByLines>(&text).is_ok(), "{other}");
        check(&text);
    }
    let quoted = format!("\"{}\"", usual.replace('"', "'"));
    for wrong in [quoted.as_str(), "'[]'", "1", "[\n], 1", "[\n"] {
        assert!(read::<ByLines>(&format!("[[package]]\nwheels = {wrong}\n")).is_err(), "{wrong}");
    }
    let cut = "[[package]]\nwheels = [\n{ a = [\n] },\n]\n";
    assert!(read::<ByLines>(cut).is_err(), "the first line with a bracket ends another array");
    check(cut);
}

#[test]
fn packages_are_read_one_by_one_where_they_stand_last() {
    let (text, _) = LOCK.split_once("[metadata]").unwrap();
    assert_eq!(by_package(text), plain(text));
    assert!(plain(text).is_some());
    assert!(by_package(LOCK).is_none(), "a table stands behind them");
    assert!(by_package("package = []\n[[package]]\n").is_none());
    assert_eq!(by_package("a = 1\n[b]\n"), plain("a = 1\n[b]\n"));
}

#[test]
fn a_plain_text_reads_as_toml_does() {
    assert!(plain(LOCK).is_some());
    check(LOCK);
    let text = LOCK.replace('\n', "\r\n");
    assert!(plain(&text).is_some());
    check(&text);
}

#[test]
fn locks_of_every_tool_are_plain() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("wheels-fixtures/locks");
    let mut count = 0;
    for folder in fs_err::read_dir(root).unwrap() {
        for entry in fs_err::read_dir(folder.unwrap().path()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"].contains(&name) {
                continue;
            }
            let text = fs_err::read_to_string(&path).unwrap();
            assert!(plain(&text).is_some(), "{}", path.display());
            check(&text);
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}

#[test]
fn what_toml_forbids_is_odd() {
    for text in [
        "a = 1\na = 2",
        "a = 1\n\"a\" = 2",
        "a = { b = 1, b = 2 }",
        "[a]\n[a]",
        "[a]\nb = 1\n[a.b]",
        "[a]\n[b]\n[a.c]\n[a]",
        "a = []\n[[a]]",
        "[a]\n[[a]]",
        "[[a]]\n[a]",
        "a = \"\u{1}\"",
        "a = \"\u{7f}\"",
        "a = '\n'",
        "# \u{1}",
        "a = 01",
        "a = 1 b = 2",
        "a = { b = 1, }x",
        "a = { b = 1 c = 2 }",
        "a = [1 2]",
        "a = [,]",
        "a = [1",
        "a = \"",
        "a = \"\\q\"",
        "a",
        "a =",
        "= 1",
        "[a",
        "[[a]",
        "[a] b = 1",
        "a = 1979-13-01",
        "a = yes",
        "a = 9223372036854775808",
        "e1=1\ne2=1\ne3=1\ne4=1\ne5=1\ne6=1\ne7=1\ne8=1\ne9=1\ne9=1",
    ] {
        assert!(plain(text).is_none(), "{text}");
    }
}

#[test]
fn what_is_written_otherwise_is_left_to_toml() {
    for text in [
        "a.b = 1",
        "a = \"\"\"\nb\"\"\"",
        "a = '''b'''",
        "a = \"\\u00e9\"",
        "[a.b]\n[a]",
        "[[a]]\n[b]\n[[a]]",
        "a = {\n b = 1 }",
        "a = nan",
    ] {
        assert!(plain(text).is_none(), "{text}");
    }
    let deep = |times: usize| format!("a = {}{}", "[".repeat(times), "]".repeat(times));
    assert!(plain(&deep(16)).is_some() && plain(&deep(17)).is_none());
    assert!(plain(&format!("[{}]", ["a"; 17].join("."))).is_none());
}

#[test]
fn places_are_those_of_toml() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Places {
        package: Vec<Place>,
    }
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Place {
        name: Spanned<String>,
    }
    let spans = |places: Places| -> Vec<_> { places.package.iter().map(|place| place.name.span()).collect() };
    let of_toml: Places = toml::from_str(LOCK).unwrap();
    assert_eq!(spans(read(LOCK).unwrap()), spans(of_toml));
}

proptest! {
    /// However a lock is damaged, what is still taken is what all of TOML takes, and with the same meaning.
    #[test]
    fn nothing_is_read_that_toml_reads_otherwise(
        is_cut in any::<bool>(),
        changes in proptest::collection::vec((0..LOCK.len(), 0_usize..40, 0_usize..6), 1..5),
    ) {
        const SIGNS: [&str; 40] = [
            "[", "]", "{", "}", "\"", "'", "\\", "\n", "\r", "\t", " ", "#", ",", ".", "=", "-", "+", "0", "1", "9", "_",
            ":", "T", "Z", "e", "true", "a", "[[", "]]", "\"\"\"", "'''", "\r\n", "\u{0}", "é", "name", "[a]\n",
            "[[package]]\n", "a = 1\n", "\\\"", "",
        ];
        let mut text = LOCK.to_owned();
        if is_cut {
            text.truncate(LOCK.find("[metadata]").unwrap_or_default());
        }
        for (at, sign, length) in changes {
            let start = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let end = (start + length..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
            text.replace_range(start..end, SIGNS[sign]);
        }
        check(&text);
    }
}
