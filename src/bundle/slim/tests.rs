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
    FileSelection { exclude: &exclude, slim, services: None }.apply(dists, None, 11).unwrap()
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
    let wrong =
        FileSelection { exclude: &exclude, slim: false, services: None }.apply(&mut dists, None, 11).unwrap_err();
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
        "demo/deep/__init__.py",
        "demo/deep/docs/template.md",
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
        "demo/tests/__init__.py",
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
    assert_eq!(slimmed.saved["tests"], (3, 3));
}

/// What `--slim` leaves of a project with these files.
fn left(files: &[(&str, &str)]) -> Vec<String> {
    let scene = Scene::new();
    let mut dists = [scene.dist("demo", "1.0", files)];
    apply(&mut dists, &[], true);
    paths(&dists[0]).into_iter().map(str::to_owned).collect()
}

#[test]
fn modules_of_tests_that_code_imports_stay_with_what_they_import() {
    let files = [
        ("demo/__init__.py", "from .sub.tests._values import one\nif TYPE_CHECKING:\n    from demo.tests import t\n"),
        ("demo/conftest.py", "from demo.tests import t\n"),
        ("demo/sub/__init__.py", ""),
        ("demo/sub/tests/__init__.py", "from . import base\n"),
        ("demo/sub/tests/_values.py", "import os\none = open('values.csv')\n"),
        ("demo/sub/tests/base.py", ""),
        ("demo/sub/tests/data/other.csv", ""),
        ("demo/sub/tests/data/values.csv", ""),
        ("demo/sub/tests/test_one.py", ""),
        ("demo/tests/__init__.py", ""),
        ("demo/tests/t.py", ""),
    ];
    let gone =
        ["demo/sub/tests/data/other.csv", "demo/sub/tests/test_one.py", "demo/tests/__init__.py", "demo/tests/t.py"];
    let stay: Vec<&str> = files.iter().map(|(path, _)| *path).filter(|path| !gone.contains(path)).collect();
    assert_eq!(left(&files), stay);
}

#[test]
fn modules_of_tests_that_another_project_imports_stay() {
    let scene = Scene::new();
    let demo =
        [("demo/__init__.py", ""), ("demo/tests/__init__.py", ""), ("demo/tests/a.py", ""), ("demo/tests/b.py", "")];
    let mut dists = [
        scene.dist("demo", "1.0", &demo),
        scene.dist("user", "1.0", &[("user.py", "def late():\n    from demo.tests.a import x\n")]),
    ];
    apply(&mut dists, &[], true);
    assert_eq!(paths(&dists[0]), ["demo/__init__.py", "demo/tests/__init__.py", "demo/tests/a.py"]);
}

#[test]
fn data_in_folders_called_tests_are_no_test_suite() {
    let files = [("demo/__init__.py", ""), ("demo/macros/tests/unique.sql", "")];
    assert_eq!(left(&files), files.map(|(path, _)| path));
}

#[test]
fn files_whose_names_stand_in_code_stay_with_what_they_include() {
    let files = [
        ("demo/__init__.py", "CODE = open(here / '_kernels.cu')\nB = 'native/api.h'  # see other.h\n"),
        ("demo/_kernels.cu", ""),
        ("demo/native/api.h", "#include \"vec.h\"\n"),
        ("demo/native/other.h", ""),
        ("demo/native/vec.h", ""),
        ("demo/setup.py", "sources = ['other.c']\n"),
        ("demo/other.c", ""),
    ];
    let stay = ["demo/__init__.py", "demo/_kernels.cu", "demo/native/api.h", "demo/native/vec.h", "demo/setup.py"];
    assert_eq!(left(&files), stay);
}

#[test]
fn endings_with_two_meanings() {
    // A file in the format of Windows, with or without a header of .NET.
    let windows = |clr: char| {
        let mut text = "\0".repeat(400);
        for (at, part) in [(0, "MZ"), (0x3c, "@"), (64, "PE"), (88, "\u{b}\u{2}"), (88 + 108, "\u{10}")] {
            text.replace_range(at..at + part.len(), part);
        }
        text.replace_range(88 + 112 + 112..=88 + 112 + 112, &clr.to_string());
        text
    };
    let (native, assembly) = (windows('\0'), windows('x'));
    let files = [
        ("demo/assembly.dll", assembly.as_str()),
        ("demo/molecule.pdb", "ATOM      1  N   ALA A   1\n"),
        ("demo/native.dll", native.as_str()),
        ("demo/symbols.pdb", "Microsoft C/C++ MSF 7.00\r\n"),
    ];
    assert_eq!(left(&files), ["demo/assembly.dll", "demo/molecule.pdb"]);
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
    let slimmed =
        FileSelection { exclude: &[], slim: false, services: Some(&services) }.apply(&mut dists, None, 11).unwrap();
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
