//! Which distribution goes to which layer, and that little moves.

use std::path::Path;

use proptest::prelude::*;

use super::Scene;
use crate::bundle::split::{Piece, plan};
use crate::bundle::{BundleError, BundleLayout, ZIP_UPLOAD_LIMIT_BYTES, assemble, numbered, split};

fn piece(name: &str, zipped: u64) -> Piece {
    Piece { name: name.parse().unwrap(), zipped, changes_often: name.starts_with("own") }
}

const MB: u64 = 1 << 20;

/// Names, sizes from small to 12 MB, some of which change often: never so much that a layer is full.
fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let one = (0..200_u32, 1..12 * MB, any::<bool>());
    proptest::collection::vec(one, 1..12).prop_map(|pieces| {
        let mut pieces: Vec<Piece> = pieces
            .into_iter()
            .map(|(name, size, large)| {
                let own = if name % 7 == 0 { "own" } else { "p" };
                piece(&format!("{own}{name}"), if large { size } else { size / 100 })
            })
            .collect();
        pieces.sort_by(|a, b| a.name.cmp(&b.name));
        pieces.dedup_by(|a, b| a.name == b.name);
        let mut total = 0;
        // So much fits even into the one layer that all of them may prefer.
        pieces.retain(|piece| {
            total += piece.zipped * 5 / 4 + 64;
            total < 36 * MB
        });
        pieces
    })
}

proptest! {
    #[test]
    fn what_changes_in_one_moves_no_other(pieces in pieces(), layers in 1_usize..=5, at in any::<prop::sample::Index>(), size in 1..10 * MB) {
        prop_assume!(!pieces.is_empty());
        let before = plan(&pieces, layers).unwrap();
        let at = at.index(pieces.len());
        // One of another size.
        let mut changed = pieces.clone();
        changed[at].zipped = size;
        let after = plan(&changed, layers).unwrap();
        for piece in pieces.iter().filter(|piece| piece.name != pieces[at].name) {
            prop_assert_eq!(before[&piece.name], after[&piece.name], "{}", &piece.name);
        }
        // One less, and so one more.
        let name = changed.remove(at).name;
        for (other, layer) in &plan(&changed, layers).unwrap() {
            prop_assert_eq!(before[other], *layer, "{} without {}", other, &name);
        }
        // The order in which they are named does not matter.
        let mut turned = pieces.clone();
        turned.reverse();
        prop_assert_eq!(plan(&turned, layers).unwrap(), before);
    }

    #[test]
    fn nothing_is_lost_and_no_layer_is_too_full(sizes in proptest::collection::vec(1..60 * MB, 1..30), layers in 1_usize..=5) {
        let pieces: Vec<Piece> = sizes.iter().enumerate().map(|(at, size)| piece(&format!("p{at}"), *size)).collect();
        let total: u64 = sizes.iter().map(|size| (*size).min(ZIP_UPLOAD_LIMIT_BYTES)).sum();
        match plan(&pieces, layers) {
            None => prop_assert!(total > ZIP_UPLOAD_LIMIT_BYTES / 2, "refused though there is room"),
            Some(placed) => {
                prop_assert_eq!(placed.len(), pieces.len());
                for layer in 0..layers {
                    let inside = pieces.iter().filter(|piece| placed[&piece.name] == layer);
                    let (count, size) = inside.fold((0, 0), |(count, size), piece| (count + 1, size + piece.zipped));
                    prop_assert!(count <= 1 || size <= ZIP_UPLOAD_LIMIT_BYTES);
                }
            }
        }
    }
}

#[test]
fn large_ones_lie_apart_and_what_changes_often_lies_last() {
    let pieces = [piece("numpy", 20 * MB), piece("six", 1000), piece("own-library", 5000), piece("own-huge", 9 * MB)];
    let placed = plan(&pieces, 3).unwrap();
    let layer = |name: &str| placed[&name.parse().unwrap()];
    assert_eq!([layer("numpy"), layer("six"), layer("own-library"), layer("own-huge")], [0, 1, 2, 2]);
    // A release that is a little larger stays, even where the layer is nearly full.
    let tight = |size| plan(&[piece("a", 30 * MB), piece("b", size)], 2).unwrap();
    assert_eq!(tight(13 * MB), tight(13 * MB + 900_000));
}

#[test]
fn files_go_with_their_distribution_and_those_of_the_user_go_last() {
    let scene = Scene::new();
    scene.write("source", &[("shared.py", "x = 1\n")]);
    let source = scene.collect("source", &[]).unwrap();
    let dists = [scene.dist("boto3", "1.0", &[("boto3.py", "a")]), scene.dist("six", "1.0", &[("six.py", "b")])];
    let bundle = assemble(&dists, Some(&source), &BundleLayout::layer()).unwrap();
    let paths = |layers: usize| {
        let parts = split(&bundle, layers, |_| false).unwrap();
        let names = |files: &[crate::bundle::BundleFile]| {
            files.iter().map(|file| file.path.as_str().to_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(parts.iter().map(|part| part.size_bytes).sum::<u64>(), bundle.size_bytes);
        parts.iter().map(|part| names(&part.files)).collect::<Vec<_>>()
    };
    let (six, boto3) =
        ("python/six-1.0.dist-info/RECORD python/six.py", "python/boto3-1.0.dist-info/RECORD python/boto3.py");
    // Of three layers the one for large distributions has nothing in it, and is none.
    assert_eq!(paths(3), [six.to_owned(), format!("{boto3} python/shared.py")]);
    assert_eq!(paths(1).len(), 1);
}

#[test]
fn what_cannot_fit_is_told_by_how_much_and_how_many_layers_would_do() {
    let scene = Scene::new();
    let mut dists: Vec<_> = ["a", "b", "c"].map(|name| scene.dist(name, "1.0", &[("x.py", name)])).into();
    for (at, dist) in dists.iter_mut().enumerate() {
        for file in &mut dist.files {
            if let crate::install::FileContent::WheelEntry { compressed_size, .. } = &mut file.content {
                *compressed_size = 40 * MB;
            }
            file.path = file.path.prefixed(&crate::archive::SafePath::new(&format!("p{at}")).unwrap());
        }
    }
    let bundle = assemble(&dists, None, &BundleLayout::layer()).unwrap();
    let error = split(&bundle, 2, |_| false).unwrap_err();
    assert!(matches!(error, BundleError::LayersFull { layers: 2, enough: Some(3), .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the dependencies are 120 MB as zips, and 2 layers of 50 MB hold 100 MB: 20 MB too much"
    );
    assert_eq!(split(&bundle, 3, |_| false).unwrap().len(), 3);
}

#[test]
fn layers_are_numbered_before_the_end_of_their_name() {
    for (out, first) in
        [("a/layers.zip", "a/layers-1.zip"), ("layers", "layers-1"), ("x.ZIP", "x-1.ZIP"), (".zip", ".zip-1")]
    {
        assert_eq!(numbered(Path::new(out), 1), Path::new(first));
    }
}
