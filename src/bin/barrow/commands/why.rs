//! `barrow why`.

#![expect(clippy::format_push_string, reason = "a text for people, made once in a run")]

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use barrow::lock::json;
use barrow::ops::{self, Error};
use barrow::resolution::{Requirer, Resolution, ResolvedDist};
use barrow::spec::PackageName;
use serde_json::json;

use super::meaning::{refuse_path, refuse_paths};
use crate::args::{AssemblyArgs, SourceArgs, WhyArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::Flags;

pub(super) fn call(run: &Run, args: WhyArgs) -> Result<(), Failure> {
    refuse_path(run, "why", args.name.as_ref())?;
    refuse_paths(run, "why", &args.requirements)?;
    let flags = Flags { settings: args.settings, assembly: AssemblyArgs::default(), files: SourceArgs::default() };
    let mut settings = run.settings(flags, Path::new("."))?;
    settings.detect_input((&run.host, &run.output), Path::new("."), &args.requirements)?;
    let target = settings.target.single()?;
    let request = settings.request_for(args.requirements, &target)?;
    let resolution = run.block_on(|context| ops::resolve_only(request, target, context))?;
    let Some(dist) = resolution.dists.iter().find(|dist| dist.name == args.name) else {
        return Err(Error::NotInResolution(args.name).into());
    };
    if run.is_json() {
        let passed = resolution.passed_over.iter().filter(|passed| passed.name == dist.name);
        return Output::object(&json!({
            "schema": 1,
            "target": json::target(&resolution.target),
            "package": json::dist(dist),
            "passed_over": passed.map(json::passed_over).collect::<Vec<_>>(),
        }));
    }
    Output::text(&explain(&resolution, dist))
}

/// Who asked for a distribution, all the way up to the user, and which versions were passed over.
pub(super) fn explain(resolution: &Resolution, dist: &ResolvedDist) -> String {
    let mut text = format!("{} {} ({})\n", dist.name, dist.version, dist.file.filename);
    text += &format!("from {}\n", dist.file.origin.url);
    text += "required by\n";
    let ways = ways_up(resolution);
    for requirer in &dist.required_by {
        match requirer {
            Requirer::User { origin, requirement } => text += &format!("  you: {requirement} ({origin})\n"),
            Requirer::Dist { name, requirement } => {
                let version = resolution.dists.iter().find(|other| other.name == *name).map(|other| &other.version);
                let version = version.map(ToString::to_string).unwrap_or_default();
                text += &format!("  {name} {version}: {requirement}\n");
                if let Some(way) = ways.get(name).filter(|way| way.len() > 1) {
                    let way: Vec<&str> = way.iter().map(AsRef::as_ref).collect();
                    text += &format!("    which came by {}\n", way.join(" → "));
                }
            }
        }
    }
    let passed: Vec<String> = resolution
        .passed_over
        .iter()
        .filter(|passed| passed.name == dist.name)
        .map(|passed| format!("  {passed}\n"))
        .collect();
    if !passed.is_empty() {
        text += "passed over\n";
        text += &passed.concat();
    }
    text
}

/// A shortest way from something the user asked for to every project.
fn ways_up(resolution: &Resolution) -> BTreeMap<&PackageName, Vec<&PackageName>> {
    let mut ways: BTreeMap<&PackageName, Vec<&PackageName>> = BTreeMap::new();
    let mut waiting = VecDeque::new();
    for dist in &resolution.dists {
        if dist.required_by.iter().any(|by| matches!(by, Requirer::User { .. })) {
            ways.insert(&dist.name, vec![&dist.name]);
            waiting.push_back(dist);
        }
    }
    while let Some(dist) = waiting.pop_front() {
        for name in &dist.dependencies {
            if ways.contains_key(name) {
                continue;
            }
            let Some(child) = resolution.dists.iter().find(|other| other.name == *name) else { continue };
            let way = ways.get(&dist.name).into_iter().flatten().copied().chain([name]).collect();
            ways.insert(name, way);
            waiting.push_back(child);
        }
    }
    ways
}
