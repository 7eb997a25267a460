//! What is left out of dependencies, and that what stays is whole.

use super::selection::Slimmed;
use super::{FileSelection, ServiceChoice, is_dist_pattern};
use crate::bundle::tests::Scene;
use crate::install::InstalledDist;

fn paths(dist: &InstalledDist) -> Vec<&str> {
    dist.files.iter().map(|file| file.path.as_str()).filter(|path| !path.ends_with("/RECORD")).collect()
}

fn record(dist: &InstalledDist) -> Vec<String> {
    let text = String::from_utf8(dist.record().unwrap().to_vec()).unwrap();
    text.lines()
        .map(|line| line.split(',').next().unwrap().to_owned())
        .filter(|path| !path.ends_with("/RECORD"))
        .collect()
}

fn apply(dists: &mut [InstalledDist], exclude: &[&str], slim: bool) -> Slimmed {
    let exclude: Vec<String> = exclude.iter().map(ToString::to_string).collect();
    FileSelection { exclude: &exclude, slim, services: None }.apply(dists).unwrap()
}

#[test]
fn patterns_with_a_name_are_for_dependencies() {
    assert_eq!(is_dist_pattern("numpy:**/tests/**"), Some(("numpy", "**/tests/**")));
    assert_eq!(is_dist_pattern("*:*.pyi"), Some(("*", "*.pyi")));
    for text in ["*.md", "./a:b", "a/b:c", "numpy:", ":x"] {
        assert_eq!(is_dist_pattern(text), None, "{text}");
    }
}

#[test]
fn files_go_with_their_lines_in_the_record() {
    let scene = Scene::new();
    let files =
        [("numpy/__init__.py", "1"), ("numpy/a.pyi", "22"), ("numpy/tests/t.py", "333"), ("numpy/x/tests/t.py", "4")];
    let fresh = || [scene.dist("numpy", "2.0", &files), scene.dist("other", "1.0", &[("other/a.pyi", "x")])];
    let check = |exclude: &[&str], numpy: &[&str], other: &[&str], warnings: &[&str]| {
        let mut dists = fresh();
        let slimmed = apply(&mut dists, exclude, false);
        assert_eq!((paths(&dists[0]), paths(&dists[1])), (numpy.to_vec(), other.to_vec()), "{exclude:?}");
        assert_eq!(record(&dists[0]), numpy, "{exclude:?}");
        assert_eq!(slimmed.warnings, warnings);
        let before: u64 = fresh().iter().flat_map(|dist| &dist.files).map(|file| file.size).sum();
        assert!(slimmed.saved.values().map(|(_, bytes)| bytes).sum::<u64>() <= before);
    };
    let (all, other) = (files.map(|(path, _)| path), ["other/a.pyi"]);
    check(&["numpy:**/tests/**"], &all[..2], &other, &[]);
    check(&["numpy:tests/"], &all[..2], &other, &[]);
    check(&["NumPy:/numpy/tests"], &[all[0], all[1], all[3]], &other, &[]);
    check(&["*:*.pyi"], &[all[0], all[2], all[3]], &[], &[]);
    check(&["oth*:*.pyi"], &all, &[], &[]);
    check(&["*.pyi"], &all, &other, &[]);
    check(&["numpy:*.py", "numpy:!t.py"], &[all[1], all[2], all[3]], &other, &[]);
    check(&["*:*.pyi", "numpy:!*.pyi"], &all, &[], &[]);
    check(&["numpy:!*.py", "numpy:t.py"], &all[..2], &other, &[]);
    // As in git, what lies in a folder that is left out is not taken back.
    check(&["numpy:/numpy/tests", "numpy:!t.py"], &[all[0], all[1], all[3]], &other, &[]);
    check(&["numpy:!*.c"], &all, &other, &["`--exclude numpy:!*.c` matches no file of a dependency"]);
    check(
        &["numpy:*.c", "absent:*"],
        &all,
        &other,
        &[
            "`--exclude numpy:*.c` matches no file of a dependency",
            "`--exclude absent:*` matches no file of a dependency",
        ],
    );
    let mut dists = fresh();
    let exclude = ["numpy:[".to_owned()];
    let wrong = FileSelection { exclude: &exclude, slim: false, services: None }.apply(&mut dists).unwrap_err();
    assert!(wrong.to_string().contains("`--exclude`"), "{wrong}");
}

#[test]
fn rules_take_what_no_program_needs_and_nothing_else() {
    let scene = Scene::new();
    let kept = [
        "demo-1.0.dist-info/METADATA",
        "demo-1.0.dist-info/entry_points.txt",
        "demo-1.0.dist-info/licenses/tests/LICENSE.md",
        "demo/LICENSE.h",
        "demo/__init__.py",
        "demo/data/table.txt",
        "demo/docs/__init__.py",
        "demo/py.typed",
        "demo/test/util.py",
        "demo/testing.py",
        "tests/__init__.py",
    ];
    let gone = [
        "demo/__pycache__/a.cpython-311.pyc",
        "demo/a.pyi",
        "demo/a.pyx",
        "demo/deep/tests/t.py",
        "demo/docs/guide.rst",
        "demo/include/a.h",
        "demo/lib.a",
        "demo/run.exe",
        "demo/tests/data/x.bin",
        "share/doc/demo/x.html",
    ];
    let all: Vec<(&str, &str)> = kept.iter().chain(&gone).map(|path| (*path, "x")).collect();
    let mut dists = [scene.dist("demo", "1.0", &all), scene.dist("pybind11", "1.0", &[("pybind11/include/a.h", "x")])];
    let slimmed = apply(&mut dists, &[], true);
    assert_eq!(paths(&dists[0]), kept);
    assert_eq!(record(&dists[0]), kept);
    assert_eq!(paths(&dists[1]), ["pybind11/include/a.h"]);
    assert_eq!(slimmed.saved.values().map(|(files, _)| files).sum::<usize>(), gone.len());
    assert_eq!(slimmed.saved["tests"], (2, 2));
}

#[test]
fn what_the_user_takes_back_stays_with_slim() {
    let scene = Scene::new();
    let mut dists = [scene.dist("demo", "1.0", &[("demo/a.pyi", "x"), ("demo/b.pyi", "x")])];
    apply(&mut dists, &["demo:!a.pyi"], true);
    assert_eq!(paths(&dists[0]), ["demo/a.pyi"]);
}

#[test]
fn stubs_stay_where_they_are_read() {
    let scene = Scene::new();
    let mut dist = scene.dist("lazy", "1.0", &[("lazy/__init__.pyi", "x")]);
    dist.metadata = b"Metadata-Version: 2.1\nName: lazy\nVersion: 1.0\nRequires-Dist: lazy_loader>=0.3\n".to_vec();
    let mut dists = [dist];
    apply(&mut dists, &[], true);
    assert_eq!(paths(&dists[0]), ["lazy/__init__.pyi"]);
}

#[test]
fn api_data_of_chosen_services() {
    let scene = Scene::new();
    let files = [
        ("botocore/data/dynamodb/2012/service-2.json.gz", ""),
        ("botocore/data/endpoints.json", ""),
        ("botocore/data/s3/2006/service-2.json.gz", ""),
        ("botocore/session.py", ""),
    ];
    let mut dists = [scene.dist("botocore", "1.0", &files)];
    let services = ServiceChoice::parse("botocore=s3, sts").unwrap();
    let slimmed = FileSelection { exclude: &[], slim: false, services: Some(&services) }.apply(&mut dists).unwrap();
    assert_eq!(paths(&dists[0]), [files[1].0, files[2].0, files[3].0]);
    assert_eq!(slimmed.warnings, ["botocore 1.0 has no service sts"]);
    assert_eq!(ServiceChoice::parse("botocore="), None);
    assert_eq!(ServiceChoice::parse("boto3=s3"), None);
}

#[test]
fn every_rule_stands_in_the_documentation() {
    let page = include_str!("../../../docs/contents.md");
    for rule in super::rules::RULES {
        assert!(
            page.contains(rule.name) && page.contains(rule.why),
            "docs/contents.md lacks `{}`: {}",
            rule.name,
            rule.why
        );
    }
}
