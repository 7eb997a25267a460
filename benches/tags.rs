//! The tags of a target: making the list, and judging the wheels of a large project page.

use barrow::spec::WheelFilename;
use barrow::target::{Architecture, Runtime, Target};

fn main() {
    divan::main();
}

/// The whole list of a target, as text.
#[divan::bench]
fn list(bencher: divan::Bencher) {
    let target = Target::new(Runtime::newest(), Architecture::X86_64);
    bencher.bench(|| target.tags().iter().count());
}

/// A target with its markers.
#[divan::bench]
fn target() -> Target {
    Target::new(Runtime::newest(), Architecture::Arm64)
}

/// Judging 5,000 wheels, of which few fit.
#[divan::bench]
fn compatibility(bencher: divan::Bencher) {
    let target = Target::new(Runtime::newest(), Architecture::X86_64);
    let wheels = wheels();
    bencher.bench(|| wheels.iter().filter(|wheel| target.tags().priority(wheel).is_some()).count());
}

/// The same with the reason for each that does not fit.
#[divan::bench]
fn mismatches(bencher: divan::Bencher) {
    let target = Target::new(Runtime::newest(), Architecture::X86_64);
    let wheels = wheels();
    bencher.bench(|| wheels.iter().filter_map(|wheel| target.tags().compatibility(wheel).err()).count());
}

fn wheels() -> Vec<WheelFilename> {
    let platforms = [
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "manylinux_2_28_aarch64",
        "musllinux_1_2_x86_64",
        "macosx_11_0_arm64",
        "win_amd64",
    ];
    (0..5000)
        .map(|number: usize| {
            let minor = 8 + number / 5 % 7;
            let platform = platforms[number % 5];
            format!("demo-1.{number}-cp3{minor}-cp3{minor}-{platform}.whl").parse().expect("the name is well formed")
        })
        .collect()
}
