//! What is in an output, as one JSON object. Fields are only ever added.

use std::collections::BTreeMap;

use barrow::inventory::{Component, Inventory, Requested};
use barrow::lock::json;
use barrow::resolution::Resolution;
use barrow::spec::{PackageName, Version};
use serde_json::{Value, json};

/// The object. Of a resolution it has all that `barrow lock --format json` has.
pub(super) fn value(
    inventory: &Inventory,
    newest: &BTreeMap<PackageName, Version>,
    resolution: Option<&Resolution>,
) -> Value {
    let mut object = resolution
        .map_or_else(|| json!({ "schema": json::SCHEMA, "target": json::target(&inventory.target) }), json::value);
    let known = |name: &str| {
        let packages = object.get("packages").and_then(Value::as_array);
        packages.and_then(|all| all.iter().find(|package| package["name"] == name)).cloned()
    };
    let package = |dist: &Component| {
        let mut package = known(dist.name.as_ref()).unwrap_or_else(|| of_finished(dist));
        package["unpacked_bytes"] = json!(dist.size_bytes);
        package["license"] = json!((!dist.license.is_unknown()).then(|| dist.license.to_string()));
        package["tags"] = json!(dist.tags);
        if !newest.is_empty() {
            package["newest"] = json!(newest.get(&dist.name).map(ToString::to_string));
        }
        package
    };
    let packages: Vec<Value> = inventory.dists.iter().map(package).collect();
    object["packages"] = json!(packages);
    object["unpacked_bytes"] = json!((inventory.unsized_dists() == 0).then(|| inventory.size_bytes()));
    if resolution.is_none() {
        object["other_files"] = json!(inventory.own_files.len());
        object["other_bytes"] = json!(inventory.own_files.iter().map(|file| file.size).sum::<u64>());
    }
    object
}

fn of_finished(dist: &Component) -> Value {
    let requested = |requested: &Requested| match &requested.by {
        Some(name) => json!({ "package": name.to_string(), "requirement": requested.requirement }),
        None => json!({ "requirement": requested.requirement }),
    };
    let vendored =
        dist.vendored.iter().map(|part| json!({ "name": part.name.to_string(), "version": part.version.to_string() }));
    json!({
        "name": dist.name.to_string(),
        "version": dist.version.to_string(),
        "extras": dist.extras.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "dependencies": dist.dependencies.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "required_by": dist.requested_by.iter().map(requested).collect::<Vec<_>>(),
        "files": dist.files.len(),
        "vendored": vendored.collect::<Vec<_>>(),
    })
}
