//! Installed distributions and source files put together: conflicts, layouts, sizes.

use super::Scene;
use crate::bundle::{Bundle, BundleContent, BundleError, BundleLayout, Bytes, assemble, check_size};
use crate::spec::{parse_record, sha256};

/// Path and content of every file, without RECORDs.
fn contents(bundle: &Bundle) -> Vec<(String, String)> {
    let content = |content: &BundleContent| match content {
        BundleContent::Dist { dist, file } => {
            fs_err::read_to_string(file.path.below(&dist.tree.as_ref().unwrap().folder)).unwrap()
        }
        BundleContent::Source(own) => fs_err::read_to_string(&own.from).unwrap(),
        BundleContent::Generated(bytes) => String::from_utf8(bytes.clone()).unwrap(),
    };
    let files = bundle.files.iter().filter(|file| !file.path.as_str().ends_with("/RECORD"));
    files.map(|file| (file.path.to_string(), content(&file.content))).collect()
}

#[test]
fn dists_and_source_side_by_side() {
    let scene = Scene::new();
    let dists = [scene.dist("b", "2.0", &[("b/x.py", "2"), ("bin/b*", "b")]), scene.dist("a", "1.0", &[("a.py", "1")])];
    scene.write("source", &[("app.py", "app"), ("z/y.py", "")]);
    let source = scene.collect("source", &[]).unwrap();
    let bundle = assemble(&dists, Some(&source), &BundleLayout::function()).unwrap();
    let paths: Vec<&str> = bundle.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        ["a-1.0.dist-info/RECORD", "a.py", "app.py", "b-2.0.dist-info/RECORD", "b/x.py", "bin/b", "z/y.py"]
    );
    assert!(bundle.files[5].executable && !bundle.files[1].executable);
    assert_eq!(bundle.warnings, Vec::<String>::new());
    assert_eq!(bundle.size_bytes, bundle.files.iter().map(|file| file.size).sum::<u64>());
    let names: Vec<String> = bundle.dists.iter().map(|dist| dist.name.to_string()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn layers_have_a_prefix() {
    let scene = Scene::new();
    let dists = [scene.dist("a", "1.0", &[("a.py", "1")])];
    let bundle = assemble(&dists, None, &BundleLayout::layer()).unwrap();
    let paths: Vec<&str> = bundle.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["python/a-1.0.dist-info/RECORD", "python/a.py"]);
}

#[test]
fn one_path_of_several() {
    let scene = Scene::new();
    let check = |first: &[(&str, &str)],
                 second: &[(&str, &str)],
                 own: &[(&str, &str)],
                 path: &str,
                 content: &str,
                 warnings: &[&str]| {
        let dists = [scene.dist("b", "2.0", second), scene.dist("a", "1.0", first)];
        let folder = format!("source-{}", super::version(own));
        scene.write(&folder, &[("app.py", "app")]);
        scene.write(&folder, own);
        let source = scene.collect(&folder, &[]).unwrap();
        let bundle = assemble(&dists, Some(&source), &BundleLayout::function()).unwrap();
        let found = contents(&bundle).into_iter().filter(|(found, _)| found == path).collect::<Vec<_>>();
        assert_eq!(found, [(path.to_owned(), content.to_owned())]);
        assert_eq!(bundle.warnings, warnings);
        // Whatever happened, every RECORD is true.
        for file in bundle.files.iter().filter(|file| file.path.as_str().ends_with("/RECORD")) {
            let record = match &file.content {
                BundleContent::Dist { dist, file } => {
                    fs_err::read(file.path.below(&dist.tree.as_ref().unwrap().folder)).unwrap()
                }
                BundleContent::Generated(bytes) => bytes.clone(),
                BundleContent::Source(_) => unreachable!(),
            };
            assert_eq!(file.size, record.len() as u64);
            for entry in parse_record(&record).unwrap() {
                let Some(hash) = entry.hash else { continue };
                let (_, content) = contents(&bundle).into_iter().find(|(path, _)| *path == entry.path).unwrap();
                assert_eq!((hash, entry.size.unwrap()), (sha256(content.as_bytes()), content.len() as u64));
            }
        }
    };
    check(&[("t/__init__.py", "same")], &[("t/__init__.py", "same")], &[], "t/__init__.py", "same", &[]);
    check(&[("t/x.py", "one")], &[("t/x.py", "two!")], &[], "t/x.py", "two!", &["b 2.0 replaces `t/x.py` of a 1.0"]);
    check(
        &[("t/x.py", "one"), ("t/y.py", "one"), ("t/z.py", "one")],
        &[("t/x.py", "two"), ("t/y.py", "two"), ("t/z.py", "one")],
        &[],
        "t/y.py",
        "two",
        &["b 2.0 replaces `t/x.py` and 1 more file of a 1.0"],
    );
    check(
        &[("a.py", "one")],
        &[("b.py", "two")],
        &[("a.py", "mine"), ("b.py", "two")],
        "a.py",
        "mine",
        &["the source folder replaces `a.py` of a 1.0"],
    );
    check(
        &[("t.py", "one")],
        &[("t.py", "two")],
        &[("t.py", "mine")],
        "t.py",
        "mine",
        &["b 2.0 replaces `t.py` of a 1.0", "the source folder replaces `t.py` of b 2.0"],
    );
}

#[test]
fn what_cannot_stand_together() {
    let scene = Scene::new();
    let check = |first: &str, second: &str, expected: &str| {
        let dists = [scene.dist("a", "1.0", &[(first, "1")]), scene.dist("b", "2.0", &[(second, "2")])];
        let error = assemble(&dists, None, &BundleLayout::function()).unwrap_err();
        assert!(matches!(error, BundleError::Clash { .. }));
        assert_eq!(error.to_string(), expected);
    };
    check(
        "tool",
        "tool/x.py",
        "`tool/x.py` of b 2.0 cannot stand beside `tool` of a 1.0: one is a file, the other a folder",
    );
}

#[test]
fn names_that_other_systems_take_for_one_are_told() {
    let scene = Scene::new();
    for (first, second) in [("Tool.py", "tool.py"), ("Tool/x.py", "tool/y.py"), ("caf\u{e9}.py", "cafe\u{301}.py")] {
        let dists = [scene.dist("a", "1.0", &[(first, "1")]), scene.dist("b", "2.0", &[(second, "2")])];
        let bundle = assemble(&dists, None, &BundleLayout::function()).unwrap();
        assert_eq!((bundle.files.len(), bundle.alike.len()), (4, 1), "{first}");
        assert!(bundle.warnings[0].contains("differ only in case or Unicode"), "{:?}", bundle.warnings);
    }
}

#[test]
fn nothing_is_an_error() {
    let scene = Scene::new();
    let source = scene.write("source", &[]);
    fs_err::create_dir_all(source).unwrap();
    let source = scene.collect("source", &[]).unwrap();
    for source in [None, Some(&source)] {
        assert!(matches!(assemble(&[], source, &BundleLayout::function()), Err(BundleError::Empty)));
    }
}

#[test]
fn sizes() {
    let check = |text: &str, expected: Option<u64>| {
        assert_eq!(text.parse::<Bytes>().ok().map(|bytes| bytes.0), expected, "{text}");
    };
    check("0", Some(0));
    check("262144000", Some(262_144_000));
    check("250MB", Some(262_144_000));
    check("250mb", Some(262_144_000));
    check("250 MiB", Some(262_144_000));
    check("250M", Some(262_144_000));
    check("1.5GB", Some(1_610_612_736));
    check("0.5k", Some(512));
    check("10b", Some(10));
    for wrong in ["", "MB", "-1", "1,5MB", "1.MB", ".5MB", "1..5MB", "1EB", "99999999999TB", "1.2345MB", "1 2MB", "1e3"]
    {
        check(wrong, None);
    }
    let print = |bytes: u64, expected: &str| assert_eq!(Bytes(bytes).to_string(), expected);
    print(0, "0 bytes");
    print(1023, "1023 bytes");
    print(262_144_000, "250 MB");
    print(1_610_612_736, "1.5 GB");
}

#[test]
fn size_limits() {
    let scene = Scene::new();
    let dists = [scene.dist("a", "1.0", &[("a.py", "12345")]), scene.dist("b", "1.0", &[("b.py", "1")])];
    let mut bundle = super::bundle(&dists);
    assert_eq!(check_size(&bundle, None).unwrap(), None);
    assert!(matches!(check_size(&bundle, Some(Bytes(3))), Err(BundleError::TooLarge { limit: 3, .. })));
    bundle.size_bytes = 262_144_001;
    assert_eq!(check_size(&bundle, Some(Bytes(1 << 30))).unwrap(), None);
    let warning = check_size(&bundle, None).unwrap().unwrap();
    assert!(warning.contains("Lambda accepts 250 MB") && warning.contains("(largest: a "), "{warning}");
}
