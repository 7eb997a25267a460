//! Command lines of pip and uv, and what becomes of them.

use std::ffi::OsString;

use super::{advice, understand};

fn check(written: &str, understood: &str) {
    let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
    assert_eq!(understand(words(written)), words(understood), "{written}");
}

#[test]
fn our_own_words_stay_as_they_are() {
    check("barrow bundle -o out --arch arm64", "barrow bundle -o out --arch arm64");
    check("barrow install -t out -- --platform x", "barrow install -t out -- --platform x");
    check("barrow", "barrow");
}

#[test]
fn a_script_that_calls_pip_is_understood() {
    check("barrow pip install -r a.txt -t out", "barrow install -r a.txt -t out");
    check(
        "barrow pip install --upgrade --no-input --progress-bar off --root-user-action=ignore a -t out",
        "barrow install a -t out",
    );
    // Only there: elsewhere they would be options that do nothing.
    check("barrow install --no-input -t out", "barrow install --no-input -t out");
    check("barrow pip download a", "barrow download a");
    check("barrow help pip", "barrow help install");
    check("barrow help pip install", "barrow help install");
    check("barrow pip install -t out -e ./lib --editable=../x", "barrow install -t out ./lib ../x");
    check("barrow install -t out -e ./lib", "barrow install -t out -e ./lib");
}

#[test]
fn an_abi_or_implementation_of_the_target_says_nothing_new() {
    let python = "--python-version 3.12";
    let told = |option: &str, words: &str| {
        check(&format!("barrow pip install {python} {option}"), &format!("barrow install {python} {words}"));
    };
    told("--implementation cp --abi cp312 a", "a");
    told("--abi=cp312 --abi abi3 --abi none a", "a");
    // What would choose other files is refused.
    told("--abi cp311 a", "--abi=cp311 a");
    told("--abi none a", "--abi=none a");
    told("--implementation pp a", "--implementation=pp a");
    check("barrow pip install --runtime python3.9 --abi cp39 a", "barrow install --runtime python3.9 a");
    check("barrow pip install --abi cp312 a", "barrow install --abi=cp312 a");
    check("barrow install --abi cp312 a", "barrow install --abi cp312 a");
}

#[test]
fn platforms_of_linux_are_processor_and_glibc() {
    let told =
        |option: &str, words: &str| check(&format!("barrow install {option}"), &format!("barrow install {words}"));
    told("--platform manylinux2014_x86_64", "--arch x86_64 --glibc 2.17");
    told("--platform=manylinux_2_28_aarch64", "--arch aarch64 --glibc 2.28");
    told("--platform manylinux1_x86_64", "--arch x86_64 --glibc 2.5");
    told("--platform linux_aarch64", "--arch aarch64");
    told(
        "--platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 a -- b",
        "--arch x86_64 --arch x86_64 a --glibc 2.28 -- b",
    );
    told("--glibc 2.28 --platform manylinux2014_x86_64 a", "--glibc 2.28 --arch x86_64 a");
    told("--platform manylinux2014_x86_64 a --glibc=2.28", "--arch x86_64 a --glibc=2.28");
    told("--python-platform aarch64-manylinux_2_28", "--arch aarch64 --glibc 2.28");
    told("--python-platform x86_64-unknown-linux-gnu", "--arch x86_64");
    told("--python-platform linux", "--arch x86_64");
    told("--platform win_amd64", "--platform=win_amd64");
    told("--platform macosx_11_0_arm64", "--platform=macosx_11_0_arm64");
    told("--platform musllinux_1_2_x86_64", "--platform=musllinux_1_2_x86_64");
}

#[test]
fn python_versions_without_a_point() {
    check("barrow install --python-version 312", "barrow install --python-version 3.12");
    check("barrow install --python-version py312", "barrow install --python-version 3.12");
    check("barrow install --python-version=python3.9", "barrow install --python-version 3.9");
    check("barrow install --python-version=3.9", "barrow install --python-version 3.9");
    check("barrow install --python-version 3", "barrow install --python-version 3");
}

#[test]
fn what_belongs_to_others_is_answered() {
    for word in ["--dry-run", "--python=3.12", "update", "download", "first-match", "--no-input"] {
        assert!(advice("install", word).is_some(), "{word}");
    }
    assert_eq!(advice("install", "--frobnicate"), None);
    // What a word means depends on the command that it stands behind.
    assert!(advice("sam", "sync").is_some_and(|text| text.contains("`sam`")));
    assert!(advice("", "sync").is_some_and(|text| text.contains("barrow install")));
    assert_eq!(advice("self", "uninstall"), advice("self", "remove"));
}
