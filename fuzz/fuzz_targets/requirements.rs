//! No bytes make the reader of requirements files panic, and what it reads it can print and read back.

#![no_main]

use std::path::Path;

use barrow::requirements::{Manifest, ManifestInputs, RequirementsError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let environment = [("A", "value"), ("EMPTY", ""), ("B", "${A} # ä")];
    let inputs = ManifestInputs {
        working_folder: "/nowhere".into(),
        environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..ManifestInputs::default()
    };
    let read = |bytes: &[u8]| Manifest::read_bytes(bytes, Path::new("a.txt"), &inputs);
    match read(bytes) {
        Err(RequirementsError::Invalid(problems)) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(problem.column > 0 && !problem.to_string().is_empty());
            }
        }
        Ok(manifest) => {
            for entry in manifest.requirements.iter().chain(&manifest.constraints) {
                let printed = entry.to_string();
                // What is hidden, and a variable's name that a value holds, cannot be read back as it was.
                if printed.contains("****") || printed.contains("${") || entry.direct.is_some() {
                    continue;
                }
                let again = read(printed.as_bytes()).unwrap_or_else(|error| panic!("{printed}\n{error}"));
                assert_eq!(again.requirements[0].requirement, entry.requirement, "{printed}");
                assert_eq!(again.requirements[0].hashes, entry.hashes, "{printed}");
            }
        }
    }
});
