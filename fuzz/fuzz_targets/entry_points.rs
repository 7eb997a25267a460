//! `entry_points.txt` and WHEEL: what is read can be printed and read back, and a reference is nothing but identifiers.

#![no_main]

use barrow::spec::{ObjectReference, WheelFile, parse_entry_points};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entries) = parse_entry_points(bytes) {
        let mut printed = String::new();
        for entry in &entries {
            printed += &format!("[{}]\n{} = {}\n", entry.group, entry.name, entry.value);
            if let Ok(reference) = ObjectReference::parse(&entry.value) {
                let parts = reference.module.split('.').chain(reference.attributes.split('.'));
                for part in parts {
                    assert!(!part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'), "{part:?}");
                }
                assert!(reference.attributes.starts_with(reference.imported()));
            }
        }
        // A name that looks like a comment or a group when it stands first on a line cannot have come from one.
        let again = parse_entry_points(printed.as_bytes()).unwrap_or_else(|error| panic!("{printed}\n{error}"));
        assert_eq!(again, entries, "{printed}");
    }
    if let Ok(wheel) = WheelFile::parse(bytes) {
        let (major, minor) = wheel.version;
        let mut printed = format!("Wheel-Version: {major}.{minor}\nRoot-Is-Purelib: {}\n", wheel.root_is_purelib);
        for tag in &wheel.tags {
            printed += &format!("Tag: {tag}\n");
        }
        assert_eq!(WheelFile::parse(printed.as_bytes()), Ok(wheel), "{printed}");
    }
});
