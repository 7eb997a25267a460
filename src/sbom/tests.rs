//! What both formats say, and what bills of strangers become.

use super::part;
use super::{SbomFormat, SbomOptions};
use crate::inventory::{Inventory, Reading, Sbom, read_finished};
use crate::target::{Architecture, Runtime, Target};

fn inventory(sboms: &[&str]) -> Inventory {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path().join("one-1.0.dist-info");
    fs_err::create_dir(&folder).unwrap();
    fs_err::write(folder.join("METADATA"), "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n").unwrap();
    let target = Target::new("python3.13".parse::<Runtime>().unwrap(), Architecture::Arm64);
    let mut inventory = read_finished(top.path(), &target, Reading::AllDigests).unwrap();
    let sbom =
        |text: &&str| Sbom { path: "one-1.0.dist-info/sboms/x.json".to_owned(), content: text.as_bytes().to_vec() };
    inventory.dists[0].sboms = sboms.iter().map(sbom).collect();
    inventory.subject = "it".to_owned();
    inventory
}

/// What is taken of a bill: name, version, purl, licence.
fn taken(sbom: &str) -> Vec<String> {
    let parts = part::of(&inventory(&[sbom]).dists[0]);
    let show = |part: &part::BundledPart| {
        let (version, purl) = (part.version.as_deref().unwrap_or("-"), part.purl.as_deref().unwrap_or("-"));
        format!("{} {} {version} {purl} {}", part.kind, part.name, part.license)
    };
    parts.iter().map(show).collect()
}

#[test]
fn bills_of_strangers() {
    let nested = r#"{"bomFormat": "CycloneDX", "components": [{"type": "framework", "name": "a", "version": "1",
        "licenses": [{"expression": "MIT"}], "components": [{"type": "library", "name": "b", "purl": "pkg:rpm/b@2"}]}]}"#;
    assert_eq!(taken(nested), ["framework a 1 - MIT", "library b - pkg:rpm/b@2 unknown"]);
    let itself =
        r#"{"bomFormat": "CycloneDX", "components": [{"type": "library", "name": "One"}, {"type": "library"}, 5]}"#;
    assert_eq!(taken(itself), Vec::<String>::new());
    let spdx = r#"{"spdxVersion": "SPDX-2.3", "packages": [{"name": "c", "versionInfo": "3", "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "ISC", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:npm/c@3"}]}]}"#;
    assert_eq!(taken(spdx), ["library c 3 pkg:npm/c@3 ISC"]);
    let three = r#"{"@context": "x", "@graph": [{"type": "software_Package", "name": "d", "software_packageVersion": "4"}, {"type": "Person", "name": "e"}]}"#;
    assert_eq!(taken(three), ["library d 4 - unknown"]);
    let odd = r#"{"bomFormat": "CycloneDX", "components": [{"type": "rocket", "name": "f", "purl": "pkg:a/b c"}]}"#;
    assert_eq!(taken(odd), ["library f - - unknown"]);
    for nothing in ["", "[]", "{}", "<bom/>", r#"{"bomFormat": "CycloneDX", "components": 5}"#] {
        assert_eq!(taken(nothing), Vec::<String>::new(), "{nothing}");
    }
}

#[test]
fn serial_numbers_are_digests() {
    let text =
        |inventory: &Inventory, options: &SbomOptions| SbomFormat::ALL.map(|format| format.write(inventory, options));
    let number = |text: &str| {
        let at = text.find("urn:uuid:").unwrap() + 9;
        text[at..at + 36].to_owned()
    };
    let (plain, options) = (inventory(&[]), SbomOptions::default());
    let first = text(&plain, &options);
    assert_eq!(first, text(&plain, &options));
    let stated = SbomOptions { states_target: true, ..SbomOptions::default() };
    for (before, after) in first.iter().zip(text(&plain, &stated)) {
        assert_ne!(number(before), number(&after));
        assert!(number(before).chars().nth(14) == Some('8'), "{before}");
        assert!(!before.contains("python3.13") && after.contains("python3.13"), "{after}");
    }
}

#[test]
fn beside_an_output() {
    let beside = |out: &str| SbomFormat::CycloneDx.beside(out.as_ref()).display().to_string();
    assert_eq!(beside("build"), "build.cdx.json");
    assert_eq!(beside("a/build/"), "a/build.cdx.json");
    assert_eq!(SbomFormat::Spdx.beside("f.zip".as_ref()).display().to_string(), "f.zip.spdx.json");
}
