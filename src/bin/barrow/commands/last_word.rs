//! What a run says last of an output: which versions have changed, and one line about its size.

use std::time::Duration;

use barrow::bundle::{Bytes, UNZIPPED_LIMIT_BYTES, ZIP_UPLOAD_LIMIT_BYTES};
use barrow::ops::{Published, PublishedLayer};
use barrow::reporter::{Level, Reporter as _, counted};

use crate::run::Run;

/// How many changes are listed without `-v`.
const LISTED: usize = 20;

/// How many distributions of a layer are named.
const NAMED: usize = 5;

/// Tells what changed and how large the output is. `what` is what was counted, `place` the words before the path.
pub(super) fn tell(run: &Run, published: &Published, what: &str, place: &str) {
    tell_changes(run, published, "");
    for layer in &published.layers {
        run.output.status(&layer_line(layer));
    }
    let took = run.began.elapsed();
    run.output.status(&format!(
        "{what} ({}) {place} {}{}",
        sizes(published),
        published.path.display(),
        end(published, took)
    ));
    if let Some(largest) = largest(published) {
        run.output.status(&format!("Largest: {largest}"));
    }
}

/// The versions that came, went and changed since the last run; with `-v` every version that is there.
pub(super) fn tell_changes(run: &Run, published: &Published, label: &str) {
    let changes = published.changes.as_deref().unwrap_or_default();
    if run.output.shows(Level::Detail) {
        for dist in &published.dists {
            let unchanged = changes.iter().all(|change| change.name != dist.name);
            if unchanged {
                run.output.detail(&format!("{label}  {} {} ({})", dist.name, dist.version, Bytes(dist.size_bytes)));
            }
        }
    }
    let listed = if run.output.shows(Level::Detail) { changes.len() } else { LISTED };
    for change in changes.iter().take(listed) {
        run.output.status(&format!("{label}{change}"));
    }
    if changes.len() > listed {
        run.output.status(&format!("{label}and {} more changes (all with -v)", changes.len() - listed));
    }
}

/// One layer of several: its place, sizes and largest parts.
fn layer_line(layer: &PublishedLayer) -> String {
    let zip = layer.zip.as_ref().map(|zip| format!("; zip {}", of_limit(zip.size_bytes, ZIP_UPLOAD_LIMIT_BYTES)));
    let names: Vec<&str> = layer.dists.iter().take(NAMED).map(AsRef::as_ref).collect();
    let more =
        if layer.dists.len() > NAMED { format!(" and {} more", layer.dists.len() - NAMED) } else { String::new() };
    let holds = if names.is_empty() { "your own files".to_owned() } else { names.join(", ") + &more };
    format!("{}: {} ({}{})", layer.path.display(), holds, Bytes(layer.size_bytes), zip.unwrap_or_default())
}

/// Sizes, with their share of what Lambda accepts where that is worth a thought.
fn sizes(published: &Published) -> String {
    let size = of_limit(published.size_bytes, UNZIPPED_LIMIT_BYTES);
    match &published.zip {
        Some(zip) => format!("{size}; zip {}", of_limit(zip.size_bytes, ZIP_UPLOAD_LIMIT_BYTES)),
        None => size,
    }
}

fn of_limit(size: u64, limit: u64) -> String {
    match size * 100 / limit {
        0 => Bytes(size).to_string(),
        percent => format!("{}, {percent}% of {}", Bytes(size), Bytes(limit)),
    }
}

/// How long it took, and what was left out.
fn end(published: &Published, took: Duration) -> String {
    let mut left_out = Vec::new();
    let slimmed = &published.left_out;
    if slimmed.files > 0 {
        left_out.push(format!("{} in {}", Bytes(slimmed.bytes), counted(slimmed.files, "file")));
    }
    if !published.excluded.is_empty() {
        let count = published.excluded.len();
        left_out.push(format!(
            "{} that {} there already",
            counted(count, "package"),
            if count == 1 { "is" } else { "are" }
        ));
    }
    let left_out = if left_out.is_empty() { String::new() } else { format!(", without {}", left_out.join(" and ")) };
    format!(" in {:.1} s{left_out}", took.as_secs_f64())
}

/// The three largest parts, once the whole is above half of what Lambda accepts.
fn largest(published: &Published) -> Option<String> {
    if published.size_bytes <= UNZIPPED_LIMIT_BYTES / 2 {
        return None;
    }
    let mut parts: Vec<(u64, &str)> =
        published.dists.iter().map(|dist| (dist.size_bytes, dist.name.as_ref())).collect();
    let dependencies: u64 = parts.iter().map(|(size, _)| size).sum();
    parts.push((published.size_bytes.saturating_sub(dependencies), "your own files"));
    parts.sort_by(|(a, _), (b, _)| b.cmp(a));
    let parts: Vec<String> = parts.iter().take(3).map(|(size, name)| format!("{name} {}", Bytes(*size))).collect();
    Some(parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_told_from_one_hundredth_on() {
        assert_eq!(of_limit(2_621_439, UNZIPPED_LIMIT_BYTES), "2.4 MB");
        assert_eq!(of_limit(2_621_440, UNZIPPED_LIMIT_BYTES), "2.5 MB, 1% of 250 MB");
        assert_eq!(of_limit(300 << 20, UNZIPPED_LIMIT_BYTES), "300 MB, 120% of 250 MB");
        assert_eq!(of_limit(45 << 20, ZIP_UPLOAD_LIMIT_BYTES), "45 MB, 90% of 50 MB");
    }
}
