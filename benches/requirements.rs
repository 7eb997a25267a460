//! Reading a requirements file.

use std::path::Path;

use barrow::requirements::{Manifest, ManifestInputs};

fn main() {
    divan::main();
}

/// 1,000 lines as `pip freeze` writes them, and as people do.
#[divan::bench]
fn a_thousand_lines(bencher: divan::Bencher) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    fs_err::write(folder.path().join("requirements.txt"), lines()).expect("a fresh folder is writable");
    let inputs = inputs(folder.path());
    bencher.bench(|| Manifest::read(&inputs).expect("the lines are right").requirements.len());
}

fn inputs(folder: &Path) -> ManifestInputs {
    ManifestInputs {
        requirement_files: vec![folder.join("requirements.txt")],
        working_folder: folder.to_owned(),
        ..ManifestInputs::default()
    }
}

fn lines() -> String {
    let mut text = String::new();
    for number in 0..250 {
        text += &[
            format!("project-{number}==1.{number}.0\n"),
            format!("Other.Project_{number}[extra,more] >= 1.2, != 1.{number}, < 3  # a comment\n"),
            format!("windows-{number} ~= 4.5; sys_platform == 'win32' and python_version < '3.9'\n"),
            format!("continued-{number} \\\n    >= 2.0\n"),
        ]
        .concat();
    }
    text
}
