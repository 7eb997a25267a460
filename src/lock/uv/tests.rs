//! Every way of reading a lock gives the same: package by package, in two halves, and as a whole.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::read::{package_by_package, read, whole};
use crate::lock::locked_file::LockedFile;
use crate::lock::{Lock, LockPlace};

fn place() -> LockPlace {
    LockPlace { path: "uv.lock".into(), folder: "/project".into(), ..LockPlace::default() }
}

/// What is known of a lock, as a text.
fn shown(mut lock: Lock) -> String {
    for file in lock.packages.iter_mut().flat_map(|package| &mut package.wheels) {
        *file = file.parts(&lock.text).into();
    }
    format!("{lock:?}")
}

/// A text read package by package, by one thread and by two.
fn quickly(text: &Arc<String>, place: &LockPlace) -> [Option<String>; 2] {
    [usize::MAX, 0].map(|parted_from| package_by_package(text, place, parted_from).map(shown))
}

#[test]
fn all_ways_of_reading_give_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("wheels-fixtures/locks");
    let mut count = 0;
    for folder in fs_err::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let Ok(text) = fs_err::read_to_string(folder.join("uv.lock")) else { continue };
        let (text, place) = (Arc::new(text), LockPlace { folder, ..LockPlace::default() });
        let slow = whole(&text, &place).ok().map(shown);
        assert!(slow.is_some());
        assert_eq!(quickly(&text, &place), [slow.clone(), slow], "uv writes its packages last");
        count += 1;
    }
    assert!(count > 5, "{count}");
}

#[test]
fn packages_under_their_old_name_are_read_too() {
    let text =
        "version = 1\n[[distribution]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"https://x/simple\" }\n";
    let text = Arc::new(text.to_owned());
    let lock = read(&text, &place()).unwrap();
    assert_eq!(lock.packages.len(), 1);
    let whole = whole(&text, &place()).ok().map(shown);
    assert_eq!(quickly(&text, &place()), [whole.clone(), whole]);
    // Under both names they would be one field twice.
    let other = "[[package]]\nname = 'b'\nsource = { virtual = '.' }\n";
    for twice in [text.replace("version = 1\n[[", &format!("version = 1\n{other}[[")), format!("{text}{other}")] {
        let twice = Arc::new(twice);
        assert_eq!(quickly(&twice, &place()), [None, None]);
        assert!(read(&twice, &place()).is_err());
    }
}

/// Entries of a lock: usual ones, ones with texts that look like headings, and wrong ones.
const ENTRIES: &[&str] = &[
    "name = 'a'\nversion = '1'\nsource = { registry = 'https://one/simple' }\nwheels = [\n    { url = 'https://one/a-1-py3-none-any.whl', hash = 'sha256:00' },\n]\n",
    "name = 'b'\nsource = { registry = 'https://two/simple' }\nsdist = { path = 'b-\\u0031.tar.gz' }\nwheels = [{ url = \"b\\\"1\" }]\n",
    "name = 'c'\nsource = { registry = '../folder' }\nwheels = [{ path = 'c-1-py3-none-any.whl' }, { path = 'd', hash = \"a\\\\b\" }]\n",
    "name = 'd'\nsource = { git = 'https://x/d#0123456789012345678901234567890123456789' }\n",
    "name = 'e'\nsource = { url = 'https://x/e.whl' }\nwheels = [{ hash = 'sha256:11' }]\n\n[package.metadata]\nrequires-dist = []\n",
    "name = 'f'\nsource = { virtual = '[[package]]' }\n# [[package]]\n",
    "name = 'g'\nsource = { virtual = \"\\n[[package]]\\nname = 'z'\" }\n",
    "name = 'h'\nsource = { virtual = '.' }\ndependencies = [\n{ name = 'a' },\n]\n",
    "name = 'i'\nsource = { virtual = \"\"\"\n[[package]]\nname = 'z'\nsource = { virtual = '.' }\n\"\"\" }\n",
    "name = 'j'\nsource = { virtual = '\'\'\n[[package]]\n\'\'' }\n",
    "name = 'k'\nsource = { virtual = '.' }\nother = [\n[[package]]\n]\n",
    "name = 'l'\nsource = { virtual = '.' }\nother = [\n[['package']]\n]\n",
    "name = 'm'\nsource = { virtual = '.' }\r\n",
    "name = '_'\nsource = { virtual = '.' }\n",
    "name = 'n'\n",
    "name = 'o'\nname = 'o'\nsource = { virtual = '.' }\n",
    "name = 'p'\nversion = 'newest'\nsource = { virtual = '.' }\n",
    "name = 'q'\nsource = { virtual = '.' }\n[other]\n",
    "name = 'r'\nsource = { virtual = 'é\u{1f600}' }\n\n",
];

/// Lines between the brackets of `wheels`: usual ones, ones that TOML allows and uv does not write, and wrong ones.
const WHEEL_LINES: &[&str] = &[
    "    { url = \"https://x/a-1-py3-none-any.whl\", hash = \"sha256:00\", size = 12, upload-time = \"2026-01-02T03:04:05Z\" },\n",
    "    { url = \"https://x/é-1-py3-none-any.whl\", hash = \"sha256:11\" },\n",
    "    { url = \"\", hash = \"sha256:66\", size = 0 },\n",
    "    { url = \"https://x/b.whl\", hash = \"sha256:66\", upload-time = \"\" },\n",
    "    { url = \"https://x/c.whl\", hash = \"sha256:66\", size = 999999999999999999 },\n",
    "    { url = \"https://x/c.whl\", hash = \"sha256:66\", size = 1000000000000000000 },\n",
    "    { url = \"https://x/c.whl\", hash = \"sha256:66\", size = 18446744073709551615 },\n",
    "    { url = \"https://x/c.whl\", hash = \"sha256:66\", size = 1_000 },\n",
    "    { url = \"https://x/c.whl\", hash = \"sha256:66\", size = 01 },\n",
    "    { url = \"https://x/c.whl\", hash = \"sha256:66\", size = -1 },\n",
    "    { url = \"https://x/c.whl\", hash = \"sha256:66\", size = +1 },\n",
    "    { url = \"https://x/c.whl\", hash = \"sha256:66\", size = },\n",
    "    { url = \"https://x/c.whl\", hash = \"sha256:66\", size = 1.0 },\n",
    "    { hash = \"sha256:22\", url = \"https://x/d.whl\" },\n",
    "    { url = \"https://x/e.whl\", url = \"https://x/f.whl\" },\n",
    "    { url = \"https://x/\\u0067.whl\" },\n",
    "    { url = \"https://x/\\\"h.whl\", hash = \"a\\\\\" },\n",
    "    { url = 'https://x/i.whl', hash = \"sha256:33\" },\n",
    "    { path = \"j-1-py3-none-any.whl\", hash = \"sha256:44\" },\n",
    "    { filename = \"k-1-py3-none-any.whl\", hash = \"sha256:55\" },\n",
    "    { url = \"https://x/l.whl\", upload-time = 2026-01-02T03:04:05Z },\n",
    "    { url = \"https://x/m.whl\" }, # } ]\n",
    "    { url = \"https://x/n.whl\" }, { url = \"https://x/o.whl\" },\n",
    "  { url = \"https://x/p.whl\" },\n",
    "    { url = \"https://x/q.whl\" },\r\n",
    "    { url = \"https://x/r.whl\", other = [\n]\n },\n",
    "    { url = \"https://x/r.whl\", other = [\n] },\n",
    "    { url = \"\"\"\n]\n\"\"\" },\n",
    "    { url = \"https://x/s.whl\" }\n",
    "    { url = \"https://x/t\n.whl\" },\n",
    "    { url = \"https://x/u\u{7}.whl\" },\n",
    "\n    # none\n",
    "]\n",
    "[[package]]\n",
];

proptest! {
    /// However its lines are written, an array of wheels is read as TOML has it, or refused in the same words.
    #[test]
    fn wheels_by_lines_are_wheels(lines in proptest::collection::vec(0..WHEEL_LINES.len(), 0..4), usual in 0..5_usize) {
        let between: String = lines.iter().chain([&usual]).map(|at| WHEEL_LINES[*at]).collect();
        let package = |wheels: &str| {
            let first = "[[package]]\nname = 'a'\nversion = '1'\nsource = { registry = 'https://x/simple' }\n";
            let second = "[[package]]\nname = 'b'\nsource = { virtual = '.' }\n";
            Arc::new(format!("version = 1\n{first}wheels = {wheels}\n\n{second}"))
        };
        let place = place();
        let [open, close] = [["[\n", "[\n", "[ # all\n", "\"[\n"], ["]", "    ]", "]", "]\""]];
        for (open, close) in open.into_iter().zip(close) {
            let wheels = format!("{open}{between}{close}");
            let text = package(&wheels);
            let slow = whole(&text, &place).map(shown).map_err(|error| error.to_string());
            for quick in quickly(&text, &place).into_iter().flatten() {
                prop_assert_eq!(Ok(&quick), slow.as_ref(), "{}", text);
            }
            let read = read(&text, &place).map(shown).map_err(|error| error.to_string());
            prop_assert_eq!(read, slow);
        }
        let usual = lines.iter().all(|at| *at < 5);
        let by_one = package_by_package(&package(&format!("[\n{between}]")), &place, usize::MAX);
        let is_line = |file: &LockedFile| matches!(file, LockedFile::Line(_));
        let are_lines = by_one.is_some_and(|lock| lock.packages[0].wheels.iter().all(is_line));
        prop_assert!(!usual || are_lines, "uv writes such lines");
    }

    /// Two threads give what one gives; whatever one of them does not take is read as a whole, and then told as it is.
    #[test]
    fn halves_are_the_whole(chosen in proptest::collection::vec(0..ENTRIES.len(), 0..12), usual in 0..ENTRIES.len()) {
        let entries = chosen.iter().chain([&usual]).map(|at| format!("[[package]]\n{}", ENTRIES[*at]));
        let text = Arc::new(format!("version = 1\n{}", entries.collect::<String>()));
        let (place, told) = (place(), |error: crate::lock::LockError| error.to_string());
        let [by_one, by_two] = quickly(&text, &place);
        if by_two.is_some() {
            prop_assert_eq!(&by_two, &by_one);
        }
        let slow = whole(&text, &place).map(shown).map_err(told);
        if by_one.is_some() {
            prop_assert_eq!(by_one.as_ref(), slow.as_ref().ok());
        }
        let read = read(&text, &place).map(shown).map_err(told);
        prop_assert_eq!(read, slow);
        if chosen.iter().chain([&usual]).all(|at| [0, 3, 4, 5, 7, 12].contains(at)) {
            prop_assert!(by_one.is_some() && by_two.is_some(), "{}", text);
        }
    }
}
