//! A resolution as one JSON object, with everything that barrow knows of it. Fields are only ever added.

use serde_json::{Value, json};

use crate::requirements::Origin;
use crate::resolution::{PassedOver, Requirer, Resolution, ResolvedDist};
use crate::spec::DistFile;
use crate::target::Target;

/// The version of the form.
pub const SCHEMA: u32 = 1;

/// A resolution as a value.
pub fn value(resolution: &Resolution) -> Value {
    json!({
        "schema": SCHEMA,
        "target": target(&resolution.target),
        "packages": resolution.dists.iter().map(dist).collect::<Vec<_>>(),
        "passed_over": resolution.passed_over.iter().map(passed_over).collect::<Vec<_>>(),
        "warnings": resolution.warnings,
    })
}

/// Writes a resolution.
pub fn write(resolution: &Resolution) -> String {
    format!("{:#}\n", value(resolution))
}

/// The target as a value.
pub fn target(target: &Target) -> Value {
    json!({
        "runtime": target.runtime().name(),
        "arch": target.architecture().as_str(),
        "glibc": target.glibc().to_string(),
        "python_full_version": target.python_full_version().to_string(),
    })
}

/// One distribution as a value.
pub fn dist(dist: &ResolvedDist) -> Value {
    json!({
        "name": dist.name.to_string(),
        "version": dist.version.to_string(),
        "extras": dist.extras.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "direct": dist.is_direct,
        "file": file(&dist.file),
        "accepted_hashes": dist.accepted_hashes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "dependencies": dist.dependencies.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "required_by": dist.required_by.iter().map(requirer).collect::<Vec<_>>(),
    })
}

fn file(file: &DistFile) -> Value {
    json!({
        "name": file.filename.as_str(),
        "url": file.url,
        "size": file.size,
        "hashes": file.hashes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "provenance": file.provenance,
        "index": { "name": file.origin.name, "url": file.origin.url },
    })
}

/// Who asked, and for what.
pub fn requirer(requirer: &Requirer) -> Value {
    match requirer {
        Requirer::User { origin: Origin::File { file, line }, requirement } => {
            json!({ "file": file.display().to_string(), "line": line, "requirement": requirement.to_string() })
        }
        Requirer::User { origin: Origin::CommandLine, requirement } => {
            json!({ "command_line": true, "requirement": requirement.to_string() })
        }
        // What is there already limits versions, and asks for nothing.
        Requirer::User { origin: Origin::Brought { by }, requirement } => {
            json!({ "brought_by": by.display().to_string(), "requirement": requirement.to_string() })
        }
        Requirer::Dist { name, requirement } => {
            json!({ "package": name.to_string(), "requirement": requirement.to_string() })
        }
    }
}

/// A version that was passed over, as a value.
pub fn passed_over(passed: &PassedOver) -> Value {
    json!({ "name": passed.name.to_string(), "version": passed.version.to_string(), "reason": passed.to_string() })
}
