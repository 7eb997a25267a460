//! pylock.toml: what is read can be written and read back.

#![no_main]

use barrow::lock::pylock::{self, PylockInput};
use barrow::resolution::Resolution;
use barrow::target::{Architecture, Runtime, Target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let input = PylockInput { path: "pylock.toml".into(), folder: "/home/app".into(), ..PylockInput::default() };
    let target = Target::new(Runtime::newest(), Architecture::X86_64);
    let Ok(resolution) = pylock::read(text, &input, &target) else { return };
    let printed = pylock::write(&resolution, Some(&input.folder));
    let again = pylock::read(&printed, &input, &target).unwrap_or_else(|error| panic!("{printed}\n{error}"));
    assert_eq!(files(&again), files(&resolution), "{printed}");
});

fn files(resolution: &Resolution) -> Vec<String> {
    let file = |dist: &barrow::resolution::ResolvedDist| {
        format!("{} {} {} {:?}", dist.name, dist.version, dist.file.filename, dist.accepted_hashes.first())
    };
    resolution.dists.iter().map(file).collect()
}
