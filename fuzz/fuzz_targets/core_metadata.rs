//! Core metadata: the body counts for nothing, and what is read can be printed and read back.

#![no_main]

use barrow::spec::{CoreMetadata, Requirement};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(metadata) = CoreMetadata::parse(bytes) else { return };
    let with_body = [bytes, b"\n\nName: evil\nVersion: 666\nRequires-Dist: evil\n"].concat();
    assert_eq!(CoreMetadata::parse(&with_body).as_ref(), Ok(&metadata), "the description is no field");

    let (major, minor) = metadata.metadata_version;
    let mut printed =
        format!("Metadata-Version: {major}.{minor}\nName: {}\nVersion: {}\n", metadata.name, metadata.version);
    // What a URL hides when it is printed cannot be read back, and what is older than version 0 is read as nothing.
    let is_shown = |requirement: &&Requirement| {
        let text = requirement.to_string();
        !text.contains("****") && !text.contains("< '0'")
    };
    let shown: Vec<&Requirement> = metadata.requires_dist.iter().filter(is_shown).collect();
    for requirement in &shown {
        printed += &format!("Requires-Dist: {requirement}\n");
    }
    if let Some(specifiers) = &metadata.requires_python {
        printed += &format!("Requires-Python: {specifiers}\n");
    }
    for extra in &metadata.provides_extras {
        printed += &format!("Provides-Extra: {extra}\n");
    }
    let again = CoreMetadata::parse(printed.as_bytes()).unwrap_or_else(|error| panic!("{printed}\n{error}"));
    assert_eq!(again.name, metadata.name);
    assert_eq!(again.version, metadata.version);
    assert_eq!(again.requires_dist.iter().collect::<Vec<_>>(), shown, "{printed}");
    let specifiers = |metadata: &CoreMetadata| metadata.requires_python.clone().filter(|it| it.len() > 0);
    assert_eq!(specifiers(&again), specifiers(&metadata), "{printed}");
    assert_eq!(again.provides_extras, metadata.provides_extras);
});
