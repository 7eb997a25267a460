//! Reading requirements files: 5,000 lines with hashes must take less than 20 ms.

use std::fmt::Write as _;
use std::path::Path;

use barrow::requirements::{Manifest, ManifestInputs};

fn main() {
    divan::main();
}

/// A file as `pip-compile --generate-hashes` writes it: each project takes five lines.
fn hashed_file(lines: usize) -> String {
    let mut text = String::new();
    for number in 0..lines / 5 {
        let hash = |salt: usize| format!("{:064x}", (number + 1) * 0x9E37_79B9 + salt);
        writeln!(
            text,
            "project-{number}[extra]=={}.{}.0 ; python_version >= \"3.8\" and sys_platform != \"win32\" \\",
            number % 40,
            number % 7
        )
        .and_then(|()| writeln!(text, "    --hash=sha256:{} \\\n    --hash=sha256:{}", hash(1), hash(2)))
        .and_then(|()| writeln!(text, "    # via\n    #   -r requirements.in"))
        .expect("writing to a string succeeds");
    }
    text
}

fn read(text: &str) -> Manifest {
    let inputs = ManifestInputs { working_folder: "/project".into(), ..ManifestInputs::default() };
    Manifest::read_bytes(text.as_bytes(), Path::new("requirements.txt"), &inputs).expect("the file is well formed")
}

#[divan::bench(args = [500, 5000, 50_000])]
fn hashed(bencher: divan::Bencher<'_, '_>, lines: usize) {
    let text = hashed_file(lines);
    bencher.bench(|| read(divan::black_box(&text)));
}

/// 5,000 projects, a line each.
#[divan::bench]
fn plain(bencher: divan::Bencher<'_, '_>) {
    let text = (0..5000).fold(String::new(), |text, number| text + &format!("project-{number}>=1.{number},<2\n"));
    bencher.bench(|| read(divan::black_box(&text)));
}
