//! Installing a wheel of 2,000 files: checked and unpacked, taken from the cache, and placed in an output.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use barrow::cache::Cache;
use barrow::fetch::FetchedWheel;
use barrow::install::{InstallOptions, LinkMode, Share, install_wheel, link_shares};
use barrow::spec::sha256;

#[path = "../tests/it/support/wheel.rs"]
#[expect(
    dead_code,
    clippy::format_push_string,
    clippy::format_collect,
    reason = "made for tests, which build more kinds of wheels"
)]
mod wheel;
#[path = "../tests/it/support/zip.rs"]
mod zip;

use zip::{ZipEntry, write_zip};

fn main() {
    divan::main();
}

/// Everything is new: read, inflate, hash, compare with RECORD, write.
#[divan::bench]
fn unpack(bencher: divan::Bencher) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let wheel = fetched(folder.path());
    let runs = AtomicUsize::new(0);
    let fresh = || Cache::at(folder.path().join(format!("cache-{}", runs.fetch_add(1, Ordering::Relaxed))));
    bencher
        .with_inputs(fresh)
        .bench_refs(|cache| install_wheel(&wheel, cache, &options()).expect("the wheel is right"));
}

/// The cache has it: its plan is read and its files are compared with their stamps.
#[divan::bench]
fn known(bencher: divan::Bencher) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let wheel = fetched(folder.path());
    let cache = Cache::at(folder.path().join("cache"));
    install_wheel(&wheel, &cache, &options()).expect("the wheel is right");
    bencher.bench(|| install_wheel(&wheel, &cache, &options()).expect("the wheel is right"));
}

/// Placing its files in an empty output.
#[divan::bench(args = [LinkMode::Hardlink, LinkMode::Copy])]
fn link(bencher: divan::Bencher, mode: LinkMode) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let wheel = fetched(folder.path());
    let cache = Cache::at(folder.path().join("cache"));
    let dist = install_wheel(&wheel, &cache, &options()).expect("the wheel is right");
    let share = Share { dist: &dist, files: (0..dist.files.len()).collect() };
    let runs = AtomicUsize::new(0);
    let fresh = || folder.path().join(format!("out-{}", runs.fetch_add(1, Ordering::Relaxed)));
    bencher.with_inputs(fresh).bench_refs(|out| {
        fs_err::create_dir(&*out).expect("a fresh folder is writable");
        link_shares(std::slice::from_ref(&share), out, mode).expect("the output is empty")
    });
}

fn options() -> InstallOptions {
    InstallOptions { tree: true, ..InstallOptions::default() }
}

fn fetched(folder: &Path) -> FetchedWheel {
    let built = (0..2000)
        .fold(wheel::WheelBuilder::new("demo", "1.0"), |wheel, number: usize| {
            let line = format!("value_{number} = {number}  # one of many lines that look alike\n");
            wheel.file(&format!("demo/part_{}/module_{number}.py", number % 50), line.repeat(40))
        })
        .build();
    let path = folder.join(&built.filename);
    fs_err::write(&path, &built.bytes).expect("a fresh folder is writable");
    FetchedWheel {
        is_fresh: true,
        name: "demo".parse().expect("the name is right"),
        version: "1.0".parse().expect("the version is right"),
        filename: built.filename.parse().expect("the file name is right"),
        digest: sha256(&built.bytes),
        proof: barrow::fetch::Proof::Nothing,
        size: built.bytes.len() as u64,
        path,
    }
}
