//! A layer that is too large for one zip, as several: which distribution goes to which of them.
//!
//! The plan is made of names and sizes alone, so every machine makes the same one, and it is made so that little moves:
//! each distribution has its own order of layers to try ([`Piece::preferences`]), which depends on nothing but its name
//! and its kind, and takes the first one that has room. While no layer is full, a distribution that comes, goes or
//! changes its size moves no other. Room is counted in steps of about a fifth, so that the small changes of every
//! release do not tip a layer over.
//!
//! ```text
//! layers of large ones │ the rest │ what changes often, and the user's own files
//! ```
//!
//! What has to be uploaded anew when something changes is one layer, mostly the last one; the large ones stay as they
//! are.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::limits::{LAYER_LIMIT, ZIP_UPLOAD_LIMIT_BYTES};
use super::{Bundle, BundleContent, BundleError};
use crate::install::{FileContent, InstalledDist};
use crate::spec::{PackageName, sha256};

/// A distribution with a zip of at least this many bytes is kept apart from the small ones.
const LARGE: u64 = 4 << 20;

/// Bytes that an entry takes in a zip beside its data and twice its name.
///
/// Source: APPNOTE.TXT, sections 4.3.7 and 4.3.12: 30 of the local header and 46 of the central one.
const ENTRY_BYTES: u64 = 76;

/// Projects with an upload on more than thirty days of a year, which change nearly every time that versions are chosen
/// anew.
///
/// Source: upload times on PyPI, counted for the year up to 2026-11-29.
const CHANGES_OFTEN: &[&str] = &[
    "anthropic",
    "awscli",
    "boto3",
    "botocore",
    "ddtrace",
    "google-cloud-aiplatform",
    "langchain-core",
    "litellm",
    "openai",
    "sentry-sdk",
    "stripe",
];

/// What is to be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) name: PackageName,
    /// Bytes that it takes in a zip.
    pub(super) zipped: u64,
    pub(super) changes_often: bool,
}

impl Piece {
    fn of(dist: &InstalledDist, is_own: bool) -> Self {
        let zipped = dist.files.iter().map(|file| {
            let data = match &file.content {
                FileContent::WheelEntry { compressed_size, .. } => *compressed_size,
                FileContent::Generated(bytes) => bytes.len() as u64,
            };
            data + ENTRY_BYTES + 2 * file.path.as_str().len() as u64
        });
        let changes_often = is_own || CHANGES_OFTEN.contains(&dist.name.as_ref());
        Self { name: dist.name.clone(), zipped: zipped.sum(), changes_often }
    }

    /// What is reserved for it: the next step of a scale with four steps to a doubling. What is larger than a layer
    /// fills one.
    fn reserved(&self) -> u64 {
        let doubling = self.zipped.max(64).ilog2();
        let step = 1_u64 << (doubling - 2);
        self.zipped.div_ceil(step).saturating_mul(step).min(ZIP_UPLOAD_LIMIT_BYTES)
    }

    /// The layers that it may go to, best first.
    fn preferences(&self, layers: usize) -> Vec<usize> {
        // With two layers, the large ones and the rest share the first.
        let (last, rest) = (layers - 1, layers.saturating_sub(2));
        let mut apart: Vec<usize> = (0..rest).collect();
        // By a digest of both names: each layer is the favourite of as many, and that of one depends on no other.
        apart.sort_by_key(|layer| sha256(format!("{} {layer}", self.name).as_bytes()).hex());
        match (self.changes_often, self.zipped >= LARGE) {
            (true, _) => [last, rest].into_iter().chain(apart).collect(),
            (false, true) => apart.into_iter().chain([rest, last]).collect(),
            (false, false) => [rest].into_iter().chain(apart).chain([last]).collect(),
        }
    }
}

/// The layer of each piece, counted from 0; `None`: there is no room for all.
pub(super) fn plan(pieces: &[Piece], layers: usize) -> Option<BTreeMap<PackageName, usize>> {
    let exact = |piece: &Piece| piece.zipped.min(ZIP_UPLOAD_LIMIT_BYTES);
    place(pieces, layers, Piece::reserved).or_else(|| place(pieces, layers, exact))
}

/// Each piece in the first of its layers that has room, large ones first.
fn place(pieces: &[Piece], layers: usize, size: impl Fn(&Piece) -> u64) -> Option<BTreeMap<PackageName, usize>> {
    let mut order: Vec<&Piece> = pieces.iter().collect();
    order.sort_by_key(|piece| (Reverse(size(piece)), &piece.name));
    let mut used = vec![0; layers];
    let mut placed = BTreeMap::new();
    for piece in order {
        let size = size(piece);
        let has_room = |layer: &usize| used[*layer] + size <= ZIP_UPLOAD_LIMIT_BYTES;
        let layer = piece.preferences(layers).into_iter().find(has_room)?;
        used[layer] += size;
        placed.insert(piece.name.clone(), layer);
    }
    Some(placed)
}

/// Splits a layer into at most `layers`, in order; none of them is empty. `is_own` says which distributions are the
/// user's own, built from a folder or repository. The user's own files go to the last one.
///
/// # Errors
/// Not all have room: as zips, more than 50 MB for each layer.
pub(crate) fn split<'a>(
    bundle: &Bundle<'a>,
    layers: usize,
    is_own: impl Fn(&PackageName) -> bool,
) -> Result<Vec<Bundle<'a>>, BundleError> {
    let pieces: Vec<Piece> = bundle.dists.iter().map(|dist| Piece::of(dist, is_own(&dist.name))).collect();
    let Some(placed) = plan(&pieces, layers) else {
        let zipped = pieces.iter().map(|piece| piece.zipped).sum();
        let enough = (layers + 1..=LAYER_LIMIT).find(|layers| plan(&pieces, *layers).is_some());
        return Err(BundleError::LayersFull { layers, zipped, enough });
    };
    let last = layers - 1;
    let records: BTreeMap<_, usize> =
        bundle.dists.iter().map(|dist| (bundle.layout.place(&dist.record_path()), placed[&dist.name])).collect();
    let mut parts: Vec<Bundle<'a>> = Vec::with_capacity(layers);
    parts.resize_with(layers, || Bundle {
        files: Vec::new(),
        size_bytes: 0,
        dists: Vec::new(),
        layout: bundle.layout.clone(),
        source_folders: bundle.source_folders.clone(),
        warnings: Vec::new(),
        alike: bundle.alike.clone(),
    });
    for file in &bundle.files {
        let layer = match &file.content {
            BundleContent::Dist { dist, .. } => placed[&dist.name],
            BundleContent::Source(_) => last,
            BundleContent::Generated(_) => records.get(&file.path).copied().unwrap_or(last),
        };
        parts[layer].size_bytes += file.size;
        parts[layer].files.push(file.clone());
    }
    for dist in &bundle.dists {
        parts[placed[&dist.name]].dists.push(dist);
    }
    parts.retain(|part| !part.files.is_empty());
    Ok(parts)
}

/// Where the layer of this number (from 1) goes: `layers-1.zip` for `layers.zip`, `layers-1` for `layers`.
pub fn numbered(out: &Path, number: usize) -> PathBuf {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    let is_zip = name.len() > 4 && name.to_ascii_lowercase().ends_with(".zip") && name.is_char_boundary(name.len() - 4);
    let (stem, end) = if is_zip { name.split_at(name.len() - 4) } else { (name.as_ref(), "") };
    out.with_file_name(format!("{stem}-{number}{end}"))
}
