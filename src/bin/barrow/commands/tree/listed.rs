//! Packages by size.

#![expect(clippy::format_push_string, reason = "a text for people, made once in a run")]

use std::cmp::Reverse;

use barrow::bundle::Bytes;
use barrow::inventory::{Component, Inventory};

use super::drawing::{Looks, summary};

/// Every package with its unpacked size and share, largest first, and the way by which it came.
pub(super) fn by_size(inventory: &Inventory, looks: &Looks) -> String {
    let total = inventory.size_bytes();
    let mut dists: Vec<&Component> = inventory.dists.iter().collect();
    dists.sort_by_key(|dist| (Reverse(dist.size_bytes), &dist.name));
    let rows: Vec<[String; 3]> = dists.iter().map(|dist| row(dist, total)).collect();
    let own: u64 = inventory.own_files.iter().map(|file| file.size).sum();
    let own = (!inventory.own_files.is_empty())
        .then(|| [Bytes(own).to_string(), share(own, total), "other files".to_owned()]);
    let width = |column: usize| rows.iter().chain(&own).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (sizes, shares, names) = (width(0), width(1), width(2));
    let mut text = String::new();
    for (dist, [size, share, name]) in dists.iter().zip(&rows) {
        let padding = " ".repeat(names - name.chars().count());
        let license =
            if looks.licenses { format!("  {}", looks.paint("32", &dist.license.to_string())) } else { String::new() };
        let way = inventory.way_to(&dist.name);
        let way: Vec<&str> = way.iter().rev().skip(1).rev().map(AsRef::as_ref).collect();
        let way = if way.is_empty() { String::new() } else { looks.paint("2", &format!("  by {}", way.join(" → "))) };
        let line = format!(
            "{size:>sizes$}  {}  {}{padding}{}{license}{way}",
            looks.paint("2", &format!("{share:>shares$}")),
            looks.paint("1", name),
            looks.newer(dist),
        );
        text += line.trim_end();
        text.push('\n');
    }
    if let Some([size, share, name]) = &own {
        text += &format!("{size:>sizes$}  {}  {name}\n", looks.paint("2", &format!("{share:>shares$}")));
    }
    text + &summary(inventory, looks)
}

fn row(dist: &Component, total: u64) -> [String; 3] {
    let name = format!("{} {}", dist.name, dist.version);
    match dist.size_bytes {
        Some(size) => [Bytes(size).to_string(), share(size, total), name],
        None => ["?".to_owned(), String::new(), name],
    }
}

fn share(size: u64, total: u64) -> String {
    match (size * 100).checked_div(total) {
        Some(0) | None => "<1%".to_owned(),
        Some(percent) => format!("{percent}%"),
    }
}
