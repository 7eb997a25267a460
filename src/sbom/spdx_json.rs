//! SPDX 2.3, JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::format::{SbomOptions, time, uuid_of};
use super::part::{self, BundledPart, purl};
use crate::inventory::{Component, FileEntry, Inventory};
use crate::spec::{License, SafeUrl, WeakHasher, sha256};

pub(super) const DOCUMENT: &str = "SPDXRef-DOCUMENT";
/// The identifier that stands for the whole output.
pub(super) const SUBJECT: &str = "SPDXRef-Output";
pub(super) const NO_ASSERTION: &str = "NOASSERTION";
/// A time has to be there; without one that the user gives, it is the one that files in zips have.
const NO_TIME: &str = "1980-01-01T00:00:00Z";

pub(super) fn value(inventory: &Inventory, options: &SbomOptions) -> Value {
    let mut writer = SpdxWriter::default();
    writer.relate(DOCUMENT, "DESCRIBES", SUBJECT);
    let all_files = || inventory.dists.iter().flat_map(|dist| &dist.files).chain(&inventory.own_files);
    writer.packages.push(subject(inventory, options, all_files()));
    for file in &inventory.own_files {
        writer.file(file, SUBJECT);
    }
    for dist in &inventory.dists {
        let own = id_of(dist);
        writer.dist(dist, &own);
        writer.relate(SUBJECT, "CONTAINS", &own);
        for other in dist.dependencies.iter().filter_map(|name| inventory.dist(name)) {
            writer.relate(&own, "DEPENDS_ON", &id_of(other));
        }
        for (number, part) in part::of(dist).iter().enumerate() {
            let id = format!("{own}-part-{}", number + 1);
            writer.part(part, &id);
            writer.relate(&own, "CONTAINS", &id);
        }
        for file in &dist.files {
            writer.file(file, &own);
        }
    }
    writer.document(&inventory.subject, options)
}

/// A document in the making.
#[derive(Default)]
pub(super) struct SpdxWriter {
    pub(super) packages: Vec<Value>,
    files: Vec<Value>,
    relationships: Vec<Value>,
    known_files: BTreeSet<String>,
    /// Licences that the SPDX list does not have: reference and name.
    licenses: BTreeMap<String, String>,
}

impl SpdxWriter {
    /// The finished document. Its namespace is a digest of all the rest.
    pub(super) fn document(self, name: &str, options: &SbomOptions) -> Value {
        let extracted: Vec<Value> = self
            .licenses
            .iter()
            .map(|(id, name)| json!({ "licenseId": id, "name": name, "extractedText": name }))
            .collect();
        let created = options.created.and_then(time).unwrap_or_else(|| NO_TIME.to_owned());
        let mut document = json!({
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": DOCUMENT,
            "name": name,
            "creationInfo": { "created": created, "creators": [format!("Tool: barrow-{}", env!("CARGO_PKG_VERSION"))] },
            "packages": self.packages,
            "files": self.files,
            "relationships": self.relationships,
        });
        if !extracted.is_empty() {
            document["hasExtractedLicensingInfos"] = json!(extracted);
        }
        document["documentNamespace"] = json!(format!("urn:uuid:{}", uuid_of(&document.to_string())));
        document
    }

    pub(super) fn relate(&mut self, from: &str, how: &str, to: &str) {
        self.relationships.push(json!({ "spdxElementId": from, "relationshipType": how, "relatedSpdxElement": to }));
    }

    fn dist(&mut self, dist: &Component, id: &str) {
        let version = dist.version.to_string();
        let url = dist.origin.url.as_ref().and_then(SafeUrl::for_others).unwrap_or_else(|| NO_ASSERTION.to_owned());
        let mut package = json!({
            "SPDXID": id,
            "name": dist.name.to_string(),
            "versionInfo": version,
            "downloadLocation": url,
            "licenseConcluded": NO_ASSERTION,
            "licenseDeclared": self.license(&dist.license),
            "copyrightText": NO_ASSERTION,
            "primaryPackagePurpose": "LIBRARY",
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": purl(&dist.name, &version),
            }],
        });
        add_files(&mut package, dist.files.iter());
        if let Some(filename) = &dist.origin.filename {
            package["packageFileName"] = json!(filename);
        }
        if let Some(summary) = dist.summary.as_ref().filter(|text| !text.is_empty()) {
            package["summary"] = json!(summary);
        }
        if let Some(digest) = &dist.origin.sha256 {
            package["checksums"] = json!([{ "algorithm": "SHA256", "checksumValue": digest.hex() }]);
        }
        if let Some(index) = dist.origin.index.as_ref().and_then(|index| index.url.for_others()) {
            package["sourceInfo"] = json!(format!("listed by the index {index}"));
        }
        self.packages.push(package);
    }

    fn part(&mut self, part: &BundledPart, id: &str) {
        let mut package = json!({
            "SPDXID": id,
            "name": part.name,
            "downloadLocation": NO_ASSERTION,
            "filesAnalyzed": false,
            "licenseConcluded": NO_ASSERTION,
            "licenseDeclared": self.license(&part.license),
            "copyrightText": NO_ASSERTION,
            "comment": match &part.listed_in {
                Some(path) => format!("listed in {path}"),
                None => "its .dist-info folder lies inside the distribution".to_owned(),
            },
        });
        if let Some(version) = &part.version {
            package["versionInfo"] = json!(version);
        }
        if let Some(purl) = &part.purl {
            package["externalRefs"] = json!([{
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": purl,
            }]);
        }
        if let Some(digest) = &part.sha256 {
            package["checksums"] = json!([{ "algorithm": "SHA256", "checksumValue": digest.hex() }]);
        }
        self.packages.push(package);
    }

    fn file(&mut self, file: &FileEntry, owner: &str) {
        let id = format!("SPDXRef-File-{}", &sha256(file.path.as_bytes()).hex()[..20]);
        if !self.known_files.insert(id.clone()) {
            return;
        }
        let mut checksums = Vec::new();
        if let Some(sha1) = &file.sha1 {
            checksums.push(json!({ "algorithm": "SHA1", "checksumValue": sha1 }));
        }
        if let Some(digest) = &file.sha256 {
            checksums.push(json!({ "algorithm": "SHA256", "checksumValue": digest.hex() }));
        }
        self.files.push(json!({
            "SPDXID": id,
            "fileName": format!("./{}", file.path),
            "checksums": checksums,
            "licenseConcluded": NO_ASSERTION,
            "licenseInfoInFiles": [NO_ASSERTION],
            "copyrightText": NO_ASSERTION,
        }));
        self.relate(owner, "CONTAINS", &id);
    }

    /// The licence as an expression. Of several names it is said that all of them hold: who meets all meets any.
    pub(super) fn license(&mut self, license: &License) -> String {
        if let Some(expression) = license.expression() {
            for reference in license.references() {
                self.licenses.entry(reference.clone()).or_insert(reference);
            }
            return expression.to_owned();
        }
        let mut names: Vec<String> = Vec::new();
        for (name, is_identifier) in license.named() {
            names.push(if is_identifier { name.to_owned() } else { self.reference(name) });
        }
        match names.len() {
            0 => NO_ASSERTION.to_owned(),
            _ => names.join(" AND "),
        }
    }

    /// A reference for a licence that the list does not have.
    fn reference(&mut self, name: &str) -> String {
        let plain: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).take(60).collect();
        let plain = plain.trim_matches('-');
        let short = format!("LicenseRef-{}", if plain.is_empty() { "unnamed" } else { plain });
        let is_other = self.licenses.get(&short).is_some_and(|known| known != name);
        let id = if is_other { format!("{short}-{}", &sha256(name.as_bytes()).hex()[..8]) } else { short };
        self.licenses.insert(id.clone(), name.to_owned());
        id
    }
}

fn id_of(dist: &Component) -> String {
    // Names have letters, digits and `-` `_` `.` alone, and normalized ones no `_`.
    format!("SPDXRef-Package-{}", dist.name.as_ref())
}

fn subject<'a>(inventory: &'a Inventory, options: &SbomOptions, files: impl Iterator<Item = &'a FileEntry>) -> Value {
    let target = &inventory.target;
    let mut package = json!({
        "SPDXID": SUBJECT,
        "name": inventory.subject,
        "downloadLocation": NO_ASSERTION,
        "licenseConcluded": NO_ASSERTION,
        "licenseDeclared": NO_ASSERTION,
        "copyrightText": NO_ASSERTION,
        "primaryPackagePurpose": "APPLICATION",
    });
    add_files(&mut package, files);
    if options.states_target {
        let (runtime, arch, glibc) = (target.runtime().name(), target.architecture().as_str(), target.glibc());
        package["comment"] = json!(format!("for the AWS Lambda runtime {runtime} on {arch} (glibc {glibc})"));
    }
    if let Some(digest) = &options.sha256 {
        package["checksums"] = json!([{ "algorithm": "SHA256", "checksumValue": digest.hex() }]);
    }
    package
}

/// Says what is in a package: a code over the digests of its files (SPDX 2.3, 7.9).
fn add_files<'a>(package: &mut Value, files: impl Iterator<Item = &'a FileEntry>) {
    let mut digests: Vec<&str> = files.filter_map(|file| file.sha1.as_deref()).collect();
    if digests.is_empty() {
        package["filesAnalyzed"] = json!(false);
        return;
    }
    digests.sort_unstable();
    let mut hasher = WeakHasher::sha1();
    for digest in digests {
        hasher.update(digest.as_bytes());
    }
    package["filesAnalyzed"] = json!(true);
    package["packageVerificationCode"] = json!({ "packageVerificationCodeValue": hasher.finish_hex() });
    package["licenseInfoFromFiles"] = json!([NO_ASSERTION]);
}
