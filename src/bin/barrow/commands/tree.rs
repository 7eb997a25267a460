//! `barrow tree`.

#![expect(clippy::format_push_string, reason = "a text for people, made once in a run")]

use std::collections::BTreeSet;
use std::path::Path;

use barrow::bundle::Bytes;
use barrow::lock::json;
use barrow::ops;
use barrow::resolution::{Requirer, Resolution, ResolvedDist};
use barrow::spec::PackageName;

use super::meaning::refuse_paths;
use crate::args::{AssemblyArgs, SourceArgs, TreeArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::Flags;

pub(super) fn call(run: &Run, args: TreeArgs) -> Result<(), Failure> {
    refuse_paths(run, "tree", &args.requirements)?;
    let flags = Flags { settings: args.settings, assembly: AssemblyArgs::default(), files: SourceArgs::default() };
    let mut settings = run.settings(flags, Path::new("."))?;
    settings.detect_input(run, Path::new("."), &args.requirements)?;
    let (request, target) = (settings.request(args.requirements), settings.target.single()?);
    let resolution = run.block_on(|context| ops::resolve_only(request, target, context))?;
    if run.is_json() {
        return Output::object(&json::value(&resolution));
    }
    Output::text(&draw(&resolution, args.depth.unwrap_or(usize::MAX)))
}

/// The resolution as a tree below what the user asked for. A project that was drawn already is not drawn again.
pub(super) fn draw(resolution: &Resolution, depth: usize) -> String {
    let asked_for = |dist: &&ResolvedDist| dist.required_by.iter().any(|by| matches!(by, Requirer::User { .. }));
    let mut drawing = Drawing { resolution, depth, drawn: BTreeSet::new(), text: String::new() };
    for dist in resolution.dists.iter().filter(asked_for) {
        drawing.node(dist, "", "", 0);
    }
    let sizes: u64 = resolution.dists.iter().filter_map(|dist| dist.file.size).sum();
    let count = ops::packages(resolution.dists.len());
    drawing.text += &format!("{count}, {} to download\n", Bytes(sizes));
    drawing.text
}

struct Drawing<'a> {
    resolution: &'a Resolution,
    depth: usize,
    drawn: BTreeSet<&'a PackageName>,
    text: String,
}

impl<'a> Drawing<'a> {
    fn node(&mut self, dist: &'a ResolvedDist, first: &str, rest: &str, level: usize) {
        let is_repeated = !self.drawn.insert(&dist.name);
        let extras: Vec<&str> = dist.extras.iter().map(AsRef::as_ref).collect();
        let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
        let size = dist.file.size.map(|size| format!(" ({})", Bytes(size))).unwrap_or_default();
        let has_more = !dist.dependencies.is_empty() && (is_repeated || level >= self.depth);
        let more = if has_more { " …" } else { "" };
        self.text += &format!("{first}{}{extras} {}{size}{more}\n", dist.name, dist.version);
        if has_more {
            return;
        }
        let known = |name: &&PackageName| self.resolution.dists.iter().any(|other| other.name == **name);
        let children: Vec<&PackageName> = dist.dependencies.iter().filter(known).collect();
        for (index, name) in children.iter().enumerate() {
            let (branch, line) =
                if index + 1 == children.len() { ("└── ", "    ") } else { ("├── ", "│   ") };
            let Some(child) = self.resolution.dists.iter().find(|other| other.name == **name) else { continue };
            self.node(child, &format!("{rest}{branch}"), &format!("{rest}{line}"), level + 1);
        }
    }
}
