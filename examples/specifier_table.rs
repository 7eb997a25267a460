//! Prints which versions each specifier takes, for comparing with `packaging`
//! (`tests/differential/packaging_specifiers.py` runs it).
//!
//! Reads JSON `{"versions": […], "specifiers": […]}` from standard input and writes `{specifier: [version, …]}`.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::str::FromStr as _;

use barrow::resolve;
use barrow::spec::{Version, VersionSpecifiers};

#[derive(serde::Deserialize)]
struct Table {
    versions: Vec<String>,
    specifiers: Vec<String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let table: Table = serde_json::from_str(&text)?;
    let mut taken: BTreeMap<&str, Option<Vec<&str>>> = BTreeMap::new();
    for specifier in &table.specifiers {
        let Ok(specifiers) = VersionSpecifiers::from_str(specifier) else {
            taken.insert(specifier, None);
            continue;
        };
        let range = resolve::specifiers_range(&specifiers);
        let is_textual = specifier.contains("===");
        let is_taken = |text: &&String| {
            let Ok(version) = Version::from_str(text) else { return false };
            let is_in = resolve::contains(&specifiers, &version);
            assert!(is_textual || is_in == range.contains(&version), "{specifier} as a range differs on {text}");
            is_in
        };
        taken.insert(specifier, Some(table.versions.iter().filter(is_taken).map(String::as_str).collect()));
    }
    serde_json::to_writer(std::io::stdout().lock(), &taken)?;
    std::io::stdout().lock().write_all(b"\n")?;
    Ok(())
}
