//! CycloneDX 1.6, JSON.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::format::{SbomOptions, time, uuid_of};
use super::part::{self, BundledPart, purl};
use crate::inventory::{Component, FileEntry, Inventory};
use crate::spec::{License, SafeUrl};

/// The reference that stands for the whole output.
const SUBJECT: &str = "output";

pub(super) fn value(inventory: &Inventory, options: &SbomOptions) -> Value {
    let mut references = References::default();
    let mut dependencies = vec![json!({ "ref": SUBJECT, "dependsOn": sorted(inventory.tops().map(reference)) })];
    let mut components = Vec::new();
    for dist in &inventory.dists {
        let own = reference(dist);
        references.0.insert(own.clone());
        let parts: Vec<(String, BundledPart)> = part::of(dist)
            .into_iter()
            .map(|part| (references.unique(&format!("{own}#{}", named(&part))), part))
            .collect();
        let requires = dist.dependencies.iter().filter_map(|name| inventory.dist(name)).map(reference);
        let carries = parts.iter().map(|(reference, _)| reference.clone());
        dependencies.push(json!({ "ref": own, "dependsOn": sorted(requires.chain(carries)) }));
        components.push(component(dist, &own, parts, &mut references));
    }
    for file in &inventory.own_files {
        components.push(file_component(file, SUBJECT, &mut references));
    }
    document(subject(inventory, options), &components, &dependencies, options)
}

/// The document about a subject, whose serial number is a digest of the rest.
pub(super) fn document(subject: Value, components: &[Value], dependencies: &[Value], options: &SbomOptions) -> Value {
    let mut metadata = Map::new();
    if let Some(time) = options.created.and_then(time) {
        metadata.insert("timestamp".to_owned(), json!(time));
    }
    let tool = json!({ "type": "application", "name": "barrow", "version": env!("CARGO_PKG_VERSION") });
    metadata.insert("tools".to_owned(), json!({ "components": [tool] }));
    metadata.insert("component".to_owned(), subject);
    let mut document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": components,
        "dependencies": dependencies,
    });
    document["serialNumber"] = json!(format!("urn:uuid:{}", uuid_of(&document.to_string())));
    document
}

/// References that are taken: each may stand in a document once.
#[derive(Default)]
struct References(BTreeSet<String>);

impl References {
    fn unique(&mut self, wanted: &str) -> String {
        let numbered = (2..).map(|number| format!("{wanted} ({number})"));
        let mut all = std::iter::once(wanted.to_owned()).chain(numbered);
        let free = all.find(|reference| !self.0.contains(reference)).expect("there is always another number");
        self.0.insert(free.clone());
        free
    }
}

fn sorted(references: impl Iterator<Item = String>) -> Vec<String> {
    references.collect::<BTreeSet<String>>().into_iter().collect()
}

fn reference(dist: &Component) -> String {
    purl(&dist.name, &dist.version.to_string())
}

fn named(part: &BundledPart) -> String {
    match &part.version {
        Some(version) => format!("{}@{version}", part.name),
        None => part.name.clone(),
    }
}

fn subject(inventory: &Inventory, options: &SbomOptions) -> Value {
    let target = &inventory.target;
    let mut properties = vec![property("barrow:unpacked-bytes", &inventory.size_bytes().to_string())];
    if options.states_target {
        properties.push(property("barrow:runtime", target.runtime().name()));
        properties.push(property("barrow:arch", target.architecture().as_str()));
        properties.push(property("barrow:glibc", &target.glibc().to_string()));
        properties.push(property("barrow:python", &target.python_full_version().to_string()));
    }
    let mut subject =
        json!({ "type": "application", "bom-ref": SUBJECT, "name": inventory.subject, "properties": properties });
    if let Some(digest) = &options.sha256 {
        subject["hashes"] = json!([{ "alg": "SHA-256", "content": digest.hex() }]);
    }
    subject
}

pub(super) fn property(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

fn component(dist: &Component, own: &str, parts: Vec<(String, BundledPart)>, references: &mut References) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": own,
        "name": dist.name.to_string(),
        "version": dist.version.to_string(),
        "purl": own,
    });
    if let Some(summary) = &dist.summary {
        component["description"] = json!(summary);
    }
    if let Some(author) = &dist.author {
        component["authors"] = json!([{ "name": author }]);
    }
    add_licenses(&mut component, &dist.license);
    let hashes = dist.origin.sha256.as_ref().map(|digest| json!([{ "alg": "SHA-256", "content": digest.hex() }]));
    if let Some(hashes) = &hashes {
        component["hashes"] = hashes.clone();
    }
    let mut links = Vec::new();
    if let Some(url) = dist.origin.url.as_ref().and_then(SafeUrl::for_others) {
        let mut link = json!({ "type": "distribution", "url": url });
        if let Some(hashes) = hashes {
            link["hashes"] = hashes;
        }
        links.push(link);
    }
    links.extend(dist.sboms.iter().map(|sbom| {
        json!({ "type": "bom", "url": path_reference(&sbom.path), "comment": "brought by the distribution, in the output" })
    }));
    if !links.is_empty() {
        component["externalReferences"] = json!(links);
    }
    let mut properties = Vec::new();
    if let Some(index) = dist.origin.index.as_ref().and_then(|index| index.url.for_others()) {
        properties.push(property("barrow:index", &index));
    }
    if let Some(filename) = &dist.origin.filename {
        properties.push(property("barrow:wheel", filename));
    }
    properties.extend(dist.tags.iter().map(|tag| property("barrow:tag", tag)));
    if let Some(size) = dist.size_bytes {
        properties.push(property("barrow:unpacked-bytes", &size.to_string()));
    }
    properties.extend(dist.extras.iter().map(|extra| property("barrow:extra", extra.as_ref())));
    component["properties"] = json!(properties);
    let parts = parts.into_iter().map(|(reference, part)| part_component(&reference, &part));
    let parts: Vec<Value> = parts.collect();
    let files = dist.files.iter().map(|file| file_component(file, own, references));
    component["components"] = json!(parts.into_iter().chain(files).collect::<Vec<Value>>());
    component
}

fn part_component(reference: &str, part: &BundledPart) -> Value {
    let mut component = json!({ "type": part.kind, "bom-ref": reference, "name": part.name });
    if let Some(version) = &part.version {
        component["version"] = json!(version);
    }
    if let Some(purl) = &part.purl {
        component["purl"] = json!(purl);
    }
    add_licenses(&mut component, &part.license);
    if let Some(digest) = &part.sha256 {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": digest.hex() }]);
    }
    let from = part.listed_in.as_deref().unwrap_or("a .dist-info folder inside the distribution");
    component["properties"] = json!([property("barrow:listed-in", from)]);
    component
}

fn file_component(file: &FileEntry, owner: &str, references: &mut References) -> Value {
    let mut component = json!({
        "type": "file",
        "bom-ref": references.unique(&format!("{owner}/{}", file.path)),
        "name": file.path,
    });
    if let Some(digest) = &file.sha256 {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": digest.hex() }]);
    }
    component
}

/// Either one expression or any number of licences may stand there.
pub(super) fn add_licenses(component: &mut Value, license: &License) {
    if let Some(id) = license.identifier() {
        component["licenses"] = json!([{ "license": { "id": id, "acknowledgement": "declared" } }]);
    } else if let Some(expression) = license.expression() {
        component["licenses"] = json!([{ "expression": expression, "acknowledgement": "declared" }]);
    } else if !license.is_unknown() {
        let one = |(name, is_identifier): (&str, bool)| {
            let key = if is_identifier { "id" } else { "name" };
            json!({ "license": { key: name, "acknowledgement": "declared" } })
        };
        component["licenses"] = json!(license.named().map(one).collect::<Vec<_>>());
    }
}

/// A path as a relative reference of a URL.
fn path_reference(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
