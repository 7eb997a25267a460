//! Files that lie together for several applications, such as those of a mirror, as a bill lists them: each file is a
//! component, because of one version there may be files for several targets, and of one project several versions.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::cyclonedx::{add_licenses, document, property};
use super::format::{SbomFormat, SbomOptions};
use super::part::purl;
use super::spdx_json::{DOCUMENT, NO_ASSERTION, SUBJECT, SpdxWriter};
use crate::spec::{HashDigest, License, PackageName, SafeUrl, sha256};

/// Characters that a value of a package URL may not have as they are.
const QUALIFIER: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'/');

/// Files that lie together, and for whom.
#[derive(Clone, Debug)]
pub struct Collection {
    /// What it is called.
    pub name: String,
    /// Digest of its list of files, which decides the digest of each.
    pub manifest: HashDigest,
    /// For whom, sorted by name.
    pub collectors: Vec<Collector>,
    /// The files, distributions first, sorted by name.
    pub files: Vec<Collected>,
}

/// Somebody for whose sake files are there.
#[derive(Clone, Debug)]
pub struct Collector {
    pub name: String,
    /// What it is for, such as `python3.12/x86_64`.
    pub targets: Vec<String>,
    /// Names of its files, each with the projects that lead to it, its own last.
    pub files: BTreeMap<String, Vec<String>>,
}

/// One file.
#[derive(Clone, Debug)]
pub struct Collected {
    /// Its name.
    pub filename: String,
    /// What it is.
    pub kind: CollectedKind,
    pub sha256: HashDigest,
    /// Its size, bytes.
    pub size: u64,
    /// Its licence.
    pub license: License,
    /// Where its bytes came from; credentials are not shown.
    pub url: Option<SafeUrl>,
    /// The index that listed it.
    pub index: Option<SafeUrl>,
    /// Where there are attestations of who published it.
    pub provenance: Option<SafeUrl>,
    /// Why it was withdrawn, when it was.
    pub yanked: Option<String>,
}

/// What a file is.
#[derive(Clone, Debug)]
pub enum CollectedKind {
    /// A version of a project.
    Distribution {
        /// The project.
        name: PackageName,
        version: String,
    },
    /// All branches and tags of a Git repository.
    Repository {
        /// How collectors call it, as they call distributions by the names of their files.
        name: String,
    },
}

impl SbomFormat {
    /// The text of the bill of a collection.
    pub fn write_collection(self, collection: &Collection, options: &SbomOptions) -> String {
        let value = match self {
            Self::CycloneDx => cyclonedx(collection, options),
            Self::Spdx => spdx(collection, options),
        };
        format!("{value:#}\n")
    }
}

impl Collected {
    /// Its package URL.
    ///
    /// Source: purl specification, type `pypi`: the qualifier `file_name` tells the files of one version apart; type
    /// `generic`: `vcs_url` and `checksum`.
    fn purl(&self) -> String {
        match &self.kind {
            CollectedKind::Distribution { name, version } => {
                // Names of files have letters, digits, `-`, `.`, `_`, and these two.
                let filename = self.filename.replace('+', "%2B").replace('!', "%21");
                format!("{}?file_name={filename}", purl(name, version))
            }
            CollectedKind::Repository { .. } => {
                let place = self.place().map(|place| format!("&vcs_url={}", utf8_percent_encode(&place, &QUALIFIER)));
                let (name, checksum) = (self.name(), self.sha256.hex());
                format!("pkg:generic/{name}?checksum=sha256:{checksum}{}", place.unwrap_or_default())
            }
        }
    }

    /// The name of its component.
    fn name(&self) -> String {
        match &self.kind {
            CollectedKind::Distribution { name, .. } => name.to_string(),
            CollectedKind::Repository { .. } => self.filename.rsplit_once('.').map_or("", |(name, _)| name).to_owned(),
        }
    }

    fn version(&self) -> Option<&str> {
        match &self.kind {
            CollectedKind::Distribution { version, .. } => Some(version),
            CollectedKind::Repository { .. } => None,
        }
    }

    /// Where it came from.
    fn place(&self) -> Option<String> {
        let url = self.url.as_ref().and_then(SafeUrl::for_others)?;
        Some(match self.kind {
            CollectedKind::Distribution { .. } => url,
            CollectedKind::Repository { .. } => format!("git+{url}"),
        })
    }

    /// How collectors call it.
    fn key(&self) -> &str {
        match &self.kind {
            CollectedKind::Distribution { .. } => &self.filename,
            CollectedKind::Repository { name } => name,
        }
    }

    /// Who wants it: the application, then the projects that lead to it.
    fn ways<'a>(&'a self, collectors: &'a [Collector]) -> impl Iterator<Item = String> + 'a {
        let way = |it: &Collector| Some(format!("{}: {}", it.name, it.files.get(self.key())?.join(" → ")));
        collectors.iter().filter_map(way)
    }

    fn index_and_withdrawal(&self) -> Vec<(&'static str, String)> {
        let index = self.index.as_ref().and_then(SafeUrl::for_others).map(|index| ("barrow:index", index));
        let yanked = self.yanked.clone().map(|reason| ("barrow:yanked", reason));
        index.into_iter().chain(yanked).collect()
    }
}

fn cyclonedx(collection: &Collection, options: &SbomOptions) -> Value {
    const MIRROR: &str = "mirror";
    let Collection { name, manifest, collectors, files } = collection;
    let reference = |collector: &Collector| format!("application:{}", collector.name);
    let mut components: Vec<Value> = Vec::new();
    let mut dependencies = vec![json!({
        "ref": MIRROR,
        "dependsOn": if collectors.is_empty() { files.iter().map(Collected::purl).collect() } else {
            collectors.iter().map(reference).collect::<Vec<String>>()
        },
    })];
    for collector in collectors {
        let of_it = files.iter().filter(|file| collector.files.contains_key(file.key()));
        dependencies.push(json!({
            "ref": reference(collector), "dependsOn": of_it.map(Collected::purl).collect::<Vec<String>>(),
        }));
        let targets = collector.targets.iter().map(|target| property("barrow:target", target));
        components.push(json!({
            "type": "application", "bom-ref": reference(collector), "name": collector.name,
            "properties": targets.collect::<Vec<Value>>(),
        }));
    }
    for file in files {
        dependencies.push(json!({ "ref": file.purl(), "dependsOn": [] }));
        components.push(component(file, collectors));
    }
    let subject = json!({
        "type": "data", "bom-ref": MIRROR, "name": name,
        "hashes": [{ "alg": "SHA-256", "content": manifest.hex() }],
        "properties": [property("barrow:files", &files.len().to_string())],
    });
    document(subject, &components, &dependencies, options)
}

fn component(file: &Collected, collectors: &[Collector]) -> Value {
    let hashes = json!([{ "alg": "SHA-256", "content": file.sha256.hex() }]);
    let mut component = json!({
        "type": "library",
        "bom-ref": file.purl(),
        "name": file.name(),
        "purl": file.purl(),
        "hashes": hashes,
    });
    if let Some(version) = file.version() {
        component["version"] = json!(version);
    }
    add_licenses(&mut component, &file.license);
    let source = file.url.as_ref().and_then(SafeUrl::for_others).map(|url| match file.kind {
        CollectedKind::Distribution { .. } => json!({ "type": "distribution", "url": url, "hashes": hashes }),
        CollectedKind::Repository { .. } => json!({ "type": "vcs", "url": url }),
    });
    let provenance = file.provenance.as_ref().and_then(SafeUrl::for_others);
    let provenance = provenance.map(|url| json!({ "type": "attestation", "url": url }));
    let links: Vec<Value> = source.into_iter().chain(provenance).collect();
    if !links.is_empty() {
        component["externalReferences"] = json!(links);
    }
    let mut properties =
        vec![property("barrow:file", &file.filename), property("barrow:bytes", &file.size.to_string())];
    properties.extend(file.index_and_withdrawal().iter().map(|(key, value)| property(key, value)));
    properties.extend(file.ways(collectors).map(|way| property("barrow:requested-by", &way)));
    component["properties"] = json!(properties);
    component
}

fn spdx(collection: &Collection, options: &SbomOptions) -> Value {
    let Collection { name, manifest, collectors, files } = collection;
    let mut writer = SpdxWriter::default();
    writer.relate(DOCUMENT, "DESCRIBES", SUBJECT);
    writer.packages.push(json!({
        "SPDXID": SUBJECT, "name": name, "downloadLocation": NO_ASSERTION, "filesAnalyzed": false,
        "licenseConcluded": NO_ASSERTION, "licenseDeclared": NO_ASSERTION, "copyrightText": NO_ASSERTION,
        "checksums": [{ "algorithm": "SHA256", "checksumValue": manifest.hex() }],
    }));
    let id = |file: &Collected| format!("SPDXRef-Package-{}", &sha256(file.key().as_bytes()).hex()[..20]);
    for file in files {
        let license = writer.license(&file.license);
        let said = file.index_and_withdrawal().into_iter().map(|(key, value)| format!("{key} {value}"));
        let said: Vec<String> = said.chain(file.ways(collectors).map(|way| format!("requested by {way}"))).collect();
        let mut package = json!({
            "SPDXID": id(file),
            "name": file.name(),
            "packageFileName": file.filename,
            "downloadLocation": file.place().unwrap_or_else(|| NO_ASSERTION.to_owned()),
            "filesAnalyzed": false,
            "licenseConcluded": NO_ASSERTION,
            "licenseDeclared": license,
            "copyrightText": NO_ASSERTION,
            "checksums": [{ "algorithm": "SHA256", "checksumValue": file.sha256.hex() }],
            "primaryPackagePurpose": "LIBRARY",
            "comment": said.join("\n"),
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": file.purl(),
            }],
        });
        if let Some(version) = file.version() {
            package["versionInfo"] = json!(version);
        }
        writer.packages.push(package);
        writer.relate(SUBJECT, "CONTAINS", &id(file));
    }
    for (number, collector) in (1..).zip(collectors) {
        let own = format!("SPDXRef-Application-{number}");
        writer.packages.push(json!({
            "SPDXID": own, "name": collector.name, "downloadLocation": NO_ASSERTION, "filesAnalyzed": false,
            "licenseConcluded": NO_ASSERTION, "licenseDeclared": NO_ASSERTION, "copyrightText": NO_ASSERTION,
            "primaryPackagePurpose": "APPLICATION", "comment": collector.targets.join(", "),
        }));
        for file in files.iter().filter(|file| collector.files.contains_key(file.key())) {
            writer.relate(&own, "DEPENDS_ON", &id(file));
        }
    }
    writer.document(name, options)
}
