//! Digests of zips that go on from what was kept of an earlier one.

use std::path::PathBuf;
use std::time::Duration;

use fs_err as fs;

use super::{Scene, bundle};
use crate::archive::SafePath;
use crate::cache::Cache;
use crate::file_stamp::FileStamp;
use crate::install::InstalledDist;
use crate::publish::kept_digest::{KeptBeginning, KeptDigest};
use crate::publish::{OutputForm, PublishOptions, publish};
use crate::spec::{HashAlgorithm, Hasher, sha256};

struct Place {
    scene: Scene,
    cache: Cache,
    dists: Vec<InstalledDist>,
}

impl Place {
    fn new() -> Self {
        let scene = Scene::new();
        let cache = Cache::at(scene.path("kept"));
        let dists = vec![scene.dist("a", "1.0", &[("a.py", "a")]), scene.dist("b", "1.0", &[("b.py", "b")])];
        Self { scene, cache, dists }
    }

    /// Notes that the wheels were hashed, as a run does that finds them long after they were last changed.
    fn verify(&self) {
        std::thread::sleep(Duration::from_millis(150));
        for dist in &self.dists {
            let note = self.cache.install(&dist.digest).join("verified");
            self.cache.write(&note, &rmp_serde::to_vec(&FileStamp::at(&dist.wheel).unwrap()).unwrap()).unwrap();
        }
    }

    /// Publishes with a file that compiling has made; whether the digest that is given is that of the zip.
    fn has_its_digest(&self, made: &str) -> bool {
        let mut bundle = bundle(&self.dists);
        bundle.add_made(&[(SafePath::new("a.pyc").unwrap(), made.as_bytes().to_vec())]);
        let (out, cache) = (self.scene.path("out.zip"), Some(&self.cache));
        let options = PublishOptions { format: OutputForm::Zip, cache, ..self.scene.options(&out) };
        let published = publish(&bundle, &options).unwrap().zip.unwrap();
        published.sha256 == sha256(&fs::read(out).unwrap())
    }

    /// Where the beginning of that zip is kept.
    fn entry(&self) -> PathBuf {
        let mut bundle = bundle(&self.dists);
        bundle.add_made(&[(SafePath::new("a.pyc").unwrap(), b"made".to_vec())]);
        KeptDigest::find(&bundle, &bundle.files.iter().collect::<Vec<_>>(), &self.cache).entry
    }

    /// Puts the state of another digest in the place of the one that is kept: who goes on from it gives a wrong one.
    fn falsify(&self) {
        let mut kept: KeptBeginning = rmp_serde::from_slice(&self.cache.read(&self.entry()).unwrap()).unwrap();
        kept.state = Hasher::new(HashAlgorithm::Sha256).state().unwrap();
        self.cache.write(&self.entry(), &rmp_serde::to_vec(&kept).unwrap()).unwrap();
    }
}

#[test]
fn a_digest_goes_on_from_what_was_kept_of_the_same_beginning() {
    let place = Place::new();
    assert!(place.has_its_digest("made") && !place.entry().exists(), "nobody has hashed the wheels");
    place.verify();
    assert!(place.has_its_digest("made") && place.entry().exists());
    assert!(place.has_its_digest("made"), "the second one goes on from there");
    place.falsify();
    assert!(!place.has_its_digest("made"), "what was kept is not hashed again");
    assert!(place.has_its_digest("mads"), "other bytes of the same number");
    assert!(place.has_its_digest("made"), "now the other beginning is kept");
}

#[test]
fn a_wheel_that_somebody_has_touched_is_hashed_with_the_zip() {
    let place = Place::new();
    place.verify();
    assert!(place.has_its_digest("made"));
    place.falsify();
    let wheel = &place.dists[1].wheel;
    fs::write(wheel, fs::read(wheel).unwrap()).unwrap();
    assert!(place.has_its_digest("made"), "its bytes may be others");
    place.verify();
    assert!(!place.has_its_digest("made"), "they are not");
    fs::write(place.entry(), "damaged").unwrap();
    assert!(place.has_its_digest("made"));
}
