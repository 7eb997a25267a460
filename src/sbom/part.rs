//! What a distribution carries inside itself: other distributions, and what its own bills of materials list.
//!
//! Bills that distributions bring are documents of strangers in several formats and versions. What is taken of each
//! component is what both formats here can say, checked one by one; relations inside of such a bill are not taken over.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::inventory::{Component, Sbom};
use crate::spec::{HashAlgorithm, HashDigest, License, PackageName};

/// Most parts that are taken from one bill.
const MOST: usize = 10_000;

/// Kinds of components that CycloneDX 1.6 knows and that are parts of a wheel.
const KINDS: [&str; 8] =
    ["application", "framework", "library", "platform", "operating-system", "firmware", "file", "data"];

/// Something inside a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BundledPart {
    /// What kind of component it is, in a word of CycloneDX.
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) purl: Option<String>,
    pub(super) license: License,
    pub(super) sha256: Option<HashDigest>,
    /// Path of the bill that lists it; `None`: its `.dist-info` folder lies there.
    pub(super) listed_in: Option<String>,
}

/// Everything inside a distribution, each once.
pub(super) fn of(dist: &Component) -> Vec<BundledPart> {
    let vendored = dist.vendored.iter().map(|part| BundledPart {
        kind: "library",
        name: part.name.to_string(),
        version: Some(part.version.to_string()),
        purl: Some(purl(&part.name, &part.version.to_string())),
        license: part.license.clone(),
        sha256: None,
        listed_in: None,
    });
    let listed = dist.sboms.iter().flat_map(|sbom| read(sbom, dist));
    let mut seen = BTreeSet::new();
    let is_new = |part: &BundledPart| seen.insert((part.purl.clone(), part.name.clone(), part.version.clone()));
    vendored.chain(listed).filter(is_new).collect()
}

/// The package URL of a distribution.
///
/// Source: purl specification, type `pypi`: the name as indexes normalize it.
pub(super) fn purl(name: &PackageName, version: &str) -> String {
    // `+` of local versions and `!` of epochs are the only characters of a version that a URL minds.
    let version = version.replace('+', "%2B").replace('!', "%21");
    format!("pkg:pypi/{name}@{version}")
}

/// The components of a bill in a format that is known; what cannot be read lists nothing.
fn read(sbom: &Sbom, dist: &Component) -> Vec<BundledPart> {
    let Ok(document) = serde_json::from_slice::<Value>(&sbom.content) else { return Vec::new() };
    let mut parts = Vec::new();
    if document["bomFormat"] == "CycloneDX" {
        cyclonedx(&document, sbom, &mut parts, 0);
    } else if document["spdxVersion"].as_str().is_some_and(|version| version.starts_with("SPDX-2")) {
        for package in document["packages"].as_array().into_iter().flatten() {
            let references = package["externalRefs"].as_array().into_iter().flatten();
            let purl = references.clone().find(|it| it["referenceType"] == "purl").map(|it| &it["referenceLocator"]);
            let license = [&package["licenseConcluded"], &package["licenseDeclared"]];
            let license =
                license.into_iter().find_map(|it| it.as_str().filter(|it| *it != "NOASSERTION" && *it != "NONE"));
            let checksums = package["checksums"].as_array().into_iter().flatten();
            let sha256 = checksums.clone().find(|it| it["algorithm"] == "SHA256").map(|it| &it["checksumValue"]);
            parts.extend(part("library", &package["name"], &package["versionInfo"], purl, license, sha256, sbom));
        }
    } else if let Some(graph) = document["@graph"].as_array() {
        for element in graph.iter().filter(|it| it["type"] == "software_Package") {
            let (version, purl) = (&element["software_packageVersion"], &element["software_packageUrl"]);
            parts.extend(part("library", &element["name"], version, Some(purl), None, None, sbom));
        }
    }
    // A bill often lists the distribution itself.
    let is_itself = |part: &BundledPart| part.name.parse::<PackageName>().is_ok_and(|name| name == dist.name);
    parts.retain(|part| !is_itself(part));
    parts.truncate(MOST);
    parts
}

/// Components may lie in components; a few levels are more than any tool writes.
fn cyclonedx(of: &Value, sbom: &Sbom, parts: &mut Vec<BundledPart>, level: usize) {
    for component in of["components"].as_array().into_iter().flatten().take(MOST) {
        let kind = KINDS.into_iter().find(|kind| component["type"] == *kind).unwrap_or("library");
        let licenses = component["licenses"].as_array().into_iter().flatten();
        let license = licenses.clone().find_map(|it| {
            it["expression"]
                .as_str()
                .or_else(|| it["license"]["id"].as_str())
                .or_else(|| it["license"]["name"].as_str())
        });
        let hashes = component["hashes"].as_array().into_iter().flatten();
        let sha256 = hashes.clone().find(|it| it["alg"] == "SHA-256").map(|it| &it["content"]);
        let (name, version, purl) = (&component["name"], &component["version"], Some(&component["purl"]));
        parts.extend(part(kind, name, version, purl, license, sha256, sbom));
        if level < 4 {
            cyclonedx(component, sbom, parts, level + 1);
        }
    }
}

fn part(
    kind: &'static str,
    name: &Value,
    version: &Value,
    purl: Option<&Value>,
    license: Option<&str>,
    sha256: Option<&Value>,
    sbom: &Sbom,
) -> Option<BundledPart> {
    let text = |value: &Value| value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let is_purl = |text: &String| {
        text.strip_prefix("pkg:").is_some_and(|rest| rest.contains('/'))
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
    };
    Some(BundledPart {
        kind,
        name: text(name)?,
        version: text(version),
        purl: purl.and_then(text).filter(is_purl),
        license: license
            .map(|license| License::of_fields(&[("License-Expression".to_owned(), license.to_owned())]))
            .unwrap_or_default(),
        sha256: sha256.and_then(Value::as_str).and_then(|hex| HashDigest::from_hex(HashAlgorithm::Sha256, hex).ok()),
        listed_in: Some(sbom.path.clone()),
    })
}
