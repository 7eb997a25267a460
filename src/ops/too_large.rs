//! A bundle that is larger than it may be: what is large in it, who asked for that, and what would make it smaller.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use rayon::prelude::*;

use super::{Allowance, Error};
use crate::bundle::{Bundle, Bytes, saved_by_slim};
use crate::install::InstalledDist;
use crate::request::{BundleKind, BundleOptions};
use crate::resolution::{Requirer, Resolution, ResolvedDist};
use crate::spec::PackageName;

/// How many of the largest distributions are named.
const NAMED: usize = 5;

/// The error of `--max-size`, and of layers that Lambda would refuse.
pub(super) fn refuse(bundle: &Bundle, limit: Bytes, resolution: &Resolution, options: &BundleOptions) -> Error {
    let (size, Bytes(limit)) = (bundle.size_bytes, limit);
    let allows = if options.publish.max_size.is_some() { Allowance::OfUser } else { Allowance::OfLambda };
    let mut ways = ways(bundle, options);
    ways.extend(to_drop(bundle, size - limit, resolution));
    Error::TooLarge { size, limit, allows, largest: largest(bundle, resolution), ways }
}

/// What alone would be enough to leave out: the smallest of what the user asks for, with all that only it needs.
fn to_drop(bundle: &Bundle, excess: u64, resolution: &Resolution) -> Option<String> {
    let is_asked = |dist: &&ResolvedDist| dist.required_by.iter().any(|by| matches!(by, Requirer::User { .. }));
    let asked: Vec<&PackageName> = resolution.dists.iter().filter(is_asked).map(|dist| &dist.name).collect();
    let without = |left_out: &PackageName| -> u64 {
        let mut kept: BTreeSet<&PackageName> = BTreeSet::new();
        let mut next: Vec<&PackageName> = asked.iter().copied().filter(|name| *name != left_out).collect();
        while let Some(name) = next.pop() {
            if kept.insert(name) {
                next.extend(
                    resolution.dists.iter().filter(|dist| dist.name == *name).flat_map(|dist| &dist.dependencies),
                );
            }
        }
        bundle.dists.iter().filter(|dist| !kept.contains(&dist.name)).map(|dist| dist.size()).sum()
    };
    let saved = asked.iter().map(|name| (without(name), *name));
    let (saved, name) = saved.filter(|(saved, _)| *saved >= excess).min()?;
    Some(format!("without {name} and what only it needs, it would be {} less", Bytes(saved)))
}

/// The largest distributions and the user's own files, a fragment each.
fn largest(bundle: &Bundle, resolution: &Resolution) -> Vec<String> {
    let mut sizes: Vec<(u64, String)> = bundle
        .dists
        .iter()
        .map(|dist| {
            let asked = who_asked(resolution, &dist.name);
            let asked = if asked.is_empty() { String::new() } else { format!(", asked for by {asked}") };
            (dist.size(), format!("{} {} {}{asked}", dist.name, dist.version, Bytes(dist.size())))
        })
        .collect();
    let own = bundle.own_bytes();
    if own > 0 {
        sizes.push((own, format!("your own files {}", Bytes(own))));
    }
    sizes.sort_by(|(a, _), (b, _)| b.cmp(a));
    sizes.into_iter().take(NAMED).map(|(_, text)| text).collect()
}

/// Who asked for a distribution: the line of the user's, else the distributions that require it.
pub(super) fn who_asked(resolution: &Resolution, name: &PackageName) -> String {
    let Some(dist) = resolution.dists.iter().find(|dist| dist.name == *name) else { return String::new() };
    let by_user = dist.required_by.iter().find_map(|by| match by {
        Requirer::User { origin, .. } => Some(format!("you ({origin})")),
        Requirer::Dist { .. } => None,
    });
    by_user.unwrap_or_else(|| {
        let names = dist.required_by.iter().filter_map(|by| match by {
            Requirer::Dist { name, .. } => Some(name.as_ref()),
            Requirer::User { .. } => None,
        });
        let names: BTreeSet<&str> = names.collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    })
}

/// The sentences of [`ways`] that name a number of bytes.
pub(super) fn savings(bundle: &Bundle, options: &BundleOptions) -> Vec<String> {
    ways(bundle, options).into_iter().filter(|way| way.contains(" would save ")).collect()
}

/// What would make the bundle smaller, and by how much, a sentence each, the most useful first.
pub(super) fn ways(bundle: &Bundle, options: &BundleOptions) -> Vec<String> {
    let mut ways = Vec::new();
    let mut add = |saved: u64, text: String| {
        if saved > 0 {
            ways.push((saved, text));
        }
    };
    if !options.assembly.selection.slim {
        let saved = bundle.dists.par_iter().map(|dist| saved_by_slim(dist)).sum();
        add(saved, format!("`--slim` would save about {}", Bytes(saved)));
    }
    if !options.assembly.exclude_runtime {
        let provided = options.target.runtime().provided_projects();
        let provided: Vec<&&InstalledDist> =
            bundle.dists.iter().filter(|dist| provided.contains(&dist.name.as_ref())).collect();
        let saved = provided.iter().map(|dist| dist.size()).sum();
        let names: Vec<&str> = provided.iter().map(|dist| dist.name.as_ref()).collect();
        let text = format!("`--exclude-runtime` would save {} ({})", Bytes(saved), names.join(", "));
        add(saved, text);
    }
    let dependencies: u64 = bundle.dists.iter().map(|dist| dist.size()).sum();
    if options.assembly.kind == BundleKind::Function {
        let left = bundle.own_bytes();
        let text = format!(
            "with the dependencies in layers (`barrow layer`), the function itself would be {}; Lambda counts both together",
            Bytes(left)
        );
        // It saves nothing of the whole, so it stands last.
        add(u64::from(left > 0 && dependencies > 0), text);
    }
    ways.sort_by_key(|(saved, _)| Reverse(*saved));
    ways.into_iter().map(|(_, text)| text).collect()
}
