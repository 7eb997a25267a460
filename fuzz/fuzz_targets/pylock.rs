//! pylock.toml: what is read can be written and read back.

#![no_main]

use barrow::lock::{Lock, LockPlace, LockRequest, pylock, select};
use barrow::resolution::{Resolution, ResolvedDist};
use barrow::target::{Architecture, Runtime, Target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let target = Target::new(Runtime::newest(), Architecture::X86_64);
    let Some(resolution) = read(bytes, &target) else { return };
    let printed = pylock::write(std::slice::from_ref(&resolution), &place().folder);
    let again = read(printed.as_bytes(), &target).unwrap_or_else(|| panic!("{printed}"));
    assert_eq!(files(&again), files(&resolution), "{printed}");
});

fn place() -> LockPlace {
    LockPlace { path: "pylock.toml".into(), folder: "/home/app".into(), ..LockPlace::default() }
}

/// What the target gets; `None`: the lock cannot be read, or a folder would have to say a version.
fn read(bytes: &[u8], target: &Target) -> Option<Resolution> {
    let lock = Lock::read(bytes, &place()).ok()?;
    let packages = select(&lock, &LockRequest::default(), target).ok()?;
    let dists: Option<Vec<ResolvedDist>> = packages.into_iter().map(|package| package.into_known().ok()).collect();
    Some(Resolution { target: target.clone(), dists: dists?, warnings: Vec::new(), passed_over: Vec::new() })
}

fn files(resolution: &Resolution) -> Vec<String> {
    let file = |dist: &ResolvedDist| {
        format!("{} {} {} {:?}", dist.name, dist.version, dist.file.filename, dist.accepted_hashes.first())
    };
    resolution.dists.iter().map(file).collect()
}
