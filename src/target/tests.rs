//! The table of runtimes, the tags and the marker environment, item by item.

use std::str::FromStr;

use super::{Architecture, Glibc, Profile, Runtime, TagMismatch, Tags, Target, targets_that_load};
use crate::spec::{MarkerTree, PackageName, TagSet, Version, WheelFilename};

fn runtime(name: &str) -> Runtime {
    name.parse().unwrap()
}

fn target(name: &str, architecture: &str) -> Target {
    Target::new(runtime(name), architecture.parse().unwrap())
}

fn wheel(tags: &str) -> WheelFilename {
    format!("demo-1.0-{tags}.whl").parse().unwrap()
}

#[test]
fn platforms_in_order() {
    let check = |name: &str, architecture: &str, expected: &str| {
        let platforms: Vec<String> = target(name, architecture).tags().platforms().collect();
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(platforms, expected, "{name} {architecture}");
    };
    check(
        "python3.11",
        "x86_64",
        "manylinux_2_26_x86_64 manylinux_2_25_x86_64 manylinux_2_24_x86_64 manylinux_2_23_x86_64 manylinux_2_22_x86_64
         manylinux_2_21_x86_64 manylinux_2_20_x86_64 manylinux_2_19_x86_64 manylinux_2_18_x86_64 manylinux_2_17_x86_64
         manylinux2014_x86_64 manylinux_2_16_x86_64 manylinux_2_15_x86_64 manylinux_2_14_x86_64 manylinux_2_13_x86_64
         manylinux_2_12_x86_64 manylinux2010_x86_64 manylinux_2_11_x86_64 manylinux_2_10_x86_64 manylinux_2_9_x86_64
         manylinux_2_8_x86_64 manylinux_2_7_x86_64 manylinux_2_6_x86_64 manylinux_2_5_x86_64 manylinux1_x86_64 linux_x86_64",
    );
    check(
        "python3.13",
        "arm64",
        "manylinux_2_34_aarch64 manylinux_2_33_aarch64 manylinux_2_32_aarch64 manylinux_2_31_aarch64 manylinux_2_30_aarch64
         manylinux_2_29_aarch64 manylinux_2_28_aarch64 manylinux_2_27_aarch64 manylinux_2_26_aarch64 manylinux_2_25_aarch64
         manylinux_2_24_aarch64 manylinux_2_23_aarch64 manylinux_2_22_aarch64 manylinux_2_21_aarch64 manylinux_2_20_aarch64
         manylinux_2_19_aarch64 manylinux_2_18_aarch64 manylinux_2_17_aarch64 manylinux2014_aarch64 linux_aarch64",
    );
}

#[test]
fn rows_in_order() {
    let target = target("python3.8", "arm64");
    let mut rows: Vec<String> = target.tags().iter().map(|tag| tag.to_string()).collect();
    rows.retain(|tag| tag.ends_with("-linux_aarch64") || tag.ends_with("-any"));
    let expected = "cp38-cp38 cp38-abi3 cp38-none cp37-abi3 cp36-abi3 cp35-abi3 cp34-abi3 cp33-abi3 cp32-abi3
        py38-none py3-none py37-none py36-none py35-none py34-none py33-none py32-none py31-none py30-none";
    let any =
        "cp38-none py38-none py3-none py37-none py36-none py35-none py34-none py33-none py32-none py31-none py30-none";
    let expected: Vec<String> = expected
        .split_whitespace()
        .map(|row| format!("{row}-linux_aarch64"))
        .chain(any.split_whitespace().map(|row| format!("{row}-any")))
        .collect();
    assert_eq!(rows, expected);
}

/// The place that is computed for a tag is its place in the list, for every target and some odd ceilings.
#[test]
fn places_agree_with_the_list() {
    for runtime in Runtime::all() {
        for architecture in [Architecture::X86_64, Architecture::Arm64] {
            for minor in [2, 5, 11, 16, 17, 26, 28, 34, 40] {
                let tags = Tags::new(runtime, architecture, Glibc { major: 2, minor });
                let mut previous = None;
                for tag in tags.iter() {
                    let priority = tags.compatibility(&wheel(&tag.to_string())).unwrap();
                    assert!(
                        previous.is_none_or(|previous| previous > priority),
                        "{tag} for {runtime} on {architecture}"
                    );
                    previous = Some(priority);
                }
            }
        }
    }
}

#[test]
fn best_of_a_compressed_set_counts() {
    let target = target("python3.12", "x86_64");
    let priority = |tags: &str| target.tags().compatibility(&wheel(tags)).unwrap();
    let better = |better: &str, worse: &str| assert!(priority(better) > priority(worse), "{better} before {worse}");
    assert_eq!(
        priority("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64"),
        priority("cp312-cp312-manylinux_2_17_x86_64")
    );
    assert_eq!(priority("py2.py3-none-any"), priority("py3-none-any"));
    better("cp312-cp312-manylinux_2_34_x86_64", "cp312-cp312-manylinux_2_28_x86_64");
    better("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-manylinux2014_x86_64");
    better("cp312-cp312-manylinux1_x86_64", "cp312-cp312-linux_x86_64");
    better("cp312-cp312-linux_x86_64", "cp312-abi3-manylinux_2_34_x86_64");
    better("cp312-none-manylinux_2_17_x86_64", "cp37-abi3-manylinux_2_34_x86_64");
    better("cp37-abi3-manylinux_2_17_x86_64", "py3-none-manylinux_2_17_x86_64");
    better("py3-none-manylinux_2_17_x86_64", "cp312-none-any");
    better("cp312-none-any", "py312-none-any");
    better("py3-none-any", "py311-none-any");
}

#[test]
fn tags_count_in_lower_case() {
    let wheel = wheel("CP312-cp312-ManyLinux_2_17_x86_64.linux_x86_64");
    let sets = [wheel.pythons(), wheel.abis(), wheel.platforms()].map(TagSet::as_str);
    assert_eq!(sets, ["cp312", "cp312", "manylinux_2_17_x86_64.linux_x86_64"]);
    assert_eq!(wheel.as_str(), "demo-1.0-CP312-cp312-ManyLinux_2_17_x86_64.linux_x86_64.whl");
    assert!(target("python3.12", "x86_64").tags().priority(&wheel).is_some());
}

#[test]
fn a_look_at_a_name_refuses_only_what_does_not_load() {
    let target = target("python3.12", "x86_64");
    for (name, expected) in [
        ("demo-1.0-py3-none-any.whl", true),
        ("demo-1.0-1-cp312-cp312-manylinux_2_17_x86_64.whl", true),
        ("demo-1.0-cp310.cp312-abi3-win32.linux_x86_64.whl", true),
        ("demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", false),
        ("demo-1.0-cp312-cp312-win32.whl", false),
        ("Demo-1.0-cp312-cp312-win32.whl", false),
        // These are read to be sure.
        ("demo-1.0-CP311-cp311-win32.whl", true),
        ("cp311-cp311-win32.whl", true),
        ("any.whl", true),
        ("demo-1.0.tar.gz", true),
    ] {
        assert_eq!(target.tags().may_load(name), expected, "{name}");
    }
}

#[test]
fn nearest_miss() {
    let check = |name: &str, tags: &str, expected: &str| {
        let mismatch = target(name, "x86_64").tags().compatibility(&wheel(tags)).expect_err(tags);
        assert_eq!(mismatch.to_string(), expected, "{tags} for {name}");
    };
    check("python3.11", "cp311-cp311-manylinux_2_27_x86_64", "needs glibc 2.27, the runtime has 2.26");
    check(
        "python3.11",
        "cp311-cp311-manylinux_2_31_x86_64.manylinux_2_28_x86_64.musllinux_1_2_x86_64",
        "needs glibc 2.28, the runtime has 2.26",
    );
    check("python3.12", "cp312-cp312-manylinux_3_0_x86_64", "needs glibc 3.0, the runtime has 2.34");
    check("python3.12", "cp311-cp311-manylinux_2_17_x86_64", "is made for another Python: cp311");
    check("python3.12", "cp313-abi3-manylinux_2_17_x86_64", "is made for another Python: cp313");
    check("python3.12", "cp311-none-any", "is made for another Python: cp311");
    check("python3.12", "py313-none-any", "is made for another Python: py313");
    check("python3.12", "py2-none-any", "is made for another Python: py2");
    check("python3.12", "pp310-pypy310_pp73-manylinux_2_17_x86_64", "is made for another Python: pp310");
    check(
        "python3.13",
        "cp313-cp313t-manylinux_2_17_x86_64",
        "is made for free-threaded Python, which no Lambda runtime is: cp313t",
    );
    check(
        "python3.14",
        "cp315-abi3t-manylinux_2_17_x86_64",
        "is made for free-threaded Python, which no Lambda runtime is: abi3t",
    );
    check(
        "python3.14",
        "cp314-cp314t.abi3t-manylinux_2_17_x86_64",
        "is made for free-threaded Python, which no Lambda runtime is: cp314t.abi3t",
    );
    check("python3.14", "cp315-abi3.abi3t-manylinux_2_17_x86_64", "is made for another Python: cp315");
    check("python3.13", "cp313-cp313d-manylinux_2_17_x86_64", "is made for another Python ABI: cp313d");
    check("python3.13", "cp313-cp313-musllinux_1_2_x86_64", "is made for another platform: musllinux_1_2_x86_64");
    check("python3.13", "cp313-cp313-win_amd64", "is made for another platform: win_amd64");
    check("python3.13", "py3-none-macosx_11_0_arm64", "is made for another platform: macosx_11_0_arm64");
    check("python3.13", "cp39-abi3-manylinux_2_17_aarch64", "is made for another processor: manylinux_2_17_aarch64");
    check("python3.13", "cp39-abi3-linux_armv7l", "is made for another processor: linux_armv7l");
    check("python3.13", "cp313-cp313-manylinux_2_017_x86_64", "is made for another platform: manylinux_2_017_x86_64");
    check("python3.13", "cp3-abi3-manylinux_2_17_x86_64", "is made for another Python: cp3");
    check("python3.13", "cp313-cp313-manylinux_2_4_x86_64", "is made for another platform: manylinux_2_4_x86_64");
}

#[test]
fn nearer_misses_are_greater() {
    let glibc =
        |minor| TagMismatch::Glibc { needed: Glibc { major: 2, minor }, available: Glibc { major: 2, minor: 26 } };
    let text = String::new;
    assert!(glibc(27) > TagMismatch::Architecture(text()));
    assert!(TagMismatch::Architecture(text()) > TagMismatch::Platform(text()));
    assert!(TagMismatch::Platform(text()) > TagMismatch::FreeThreaded(text()));
    assert!(TagMismatch::FreeThreaded(text()) > TagMismatch::Abi(text()));
    assert!(TagMismatch::Abi(text()) > TagMismatch::Python(text()));
}

#[test]
fn runtimes_that_could_load_a_wheel() {
    let check = |tags: &str, expected: &str| {
        let found: Vec<String> = targets_that_load(&wheel(tags))
            .map(|(runtime, architecture)| format!("{}/{architecture}", runtime.name().trim_start_matches("python")))
            .collect();
        assert_eq!(found.join(" "), expected, "{tags}");
    };
    check("cp311-cp311-manylinux_2_17_x86_64", "3.11/x86_64");
    check("cp311-cp311-manylinux_2_28_x86_64", "");
    check("cp310-abi3-manylinux_2_28_aarch64", "3.12/arm64 3.13/arm64 3.14/arm64 3.15/arm64");
    check("cp315-abi3.abi3t-manylinux_2_28_x86_64", "3.15/x86_64");
    check("py313-none-any", "3.13/x86_64 3.13/arm64 3.14/x86_64 3.14/arm64 3.15/x86_64 3.15/arm64");
}

#[test]
fn markers_of_the_target_alone() {
    let check = |name: &str, architecture: &str, marker: &str, expected: bool| {
        let tree = MarkerTree::from_str(marker).unwrap();
        assert_eq!(tree.evaluate(target(name, architecture).markers(), &[]), expected, "{marker} for {name}");
    };
    check(
        "python3.12",
        "x86_64",
        "os_name == 'posix' and sys_platform == 'linux' and platform_system == 'Linux'",
        true,
    );
    check("python3.12", "x86_64", "sys_platform == 'darwin' or os_name == 'nt'", false);
    check("python3.12", "x86_64", "platform_machine == 'x86_64'", true);
    check("python3.12", "arm64", "platform_machine == 'aarch64'", true);
    check("python3.12", "arm64", "platform_machine == 'arm64'", false);
    check(
        "python3.12",
        "arm64",
        "implementation_name == 'cpython' and platform_python_implementation == 'CPython'",
        true,
    );
    check("python3.15", "arm64", "python_version == '3.15' and python_full_version >= '3.15.0'", true);
    check("python3.8", "arm64", "python_version < '3.9' and python_full_version >= '3.8.20'", true);
    check("python3.10", "arm64", "python_version == '3.10' and python_version > '3.9'", true);
    check("python3.10", "arm64", "implementation_version >= '3.10'", true);
    check("python3.10", "arm64", "platform_release == '' and platform_version == ''", true);
}

#[test]
fn overrides() {
    let full_version = Version::from_str("3.12.1").unwrap();
    let glibc = Glibc::from_str("2.28").unwrap();
    let target =
        Target::with_overrides(runtime("python3.12"), Architecture::X86_64, Some(glibc), Some(full_version.clone()));
    assert_eq!(target.glibc().to_string(), "2.28");
    assert_eq!(target.python_full_version(), &full_version);
    assert!(MarkerTree::from_str("python_full_version < '3.12.2'").unwrap().evaluate(target.markers(), &[]));
    assert!(target.tags().compatibility(&wheel("cp312-cp312-manylinux_2_29_x86_64")).is_err());
}

#[test]
fn names_of_runtimes() {
    let check = |text: &str, expected: Option<&str>| {
        assert_eq!(Runtime::from_str(text).ok().map(Runtime::name), expected, "{text}");
    };
    check("python3.8", Some("python3.8"));
    check("python3.14", Some("python3.14"));
    check("3.9", Some("python3.9"));
    check("python3.15", Some("python3.15"));
    check("agentcore-python3.10", Some("agentcore-python3.10"));
    check("agentcore", Some("agentcore-python3.14"));
    for unknown in [
        "",
        "python",
        "python3",
        "python3.7",
        "python3.16",
        "agentcore-python3.9",
        "Python3.12",
        "python3.1",
        "nodejs22.x",
        "python3.12 ",
    ] {
        check(unknown, None);
    }
    for meant in ["PYTHON_3_13", "py313", "Python3.13", "python3.13.2", "cp313"] {
        let told = Runtime::from_str(meant).unwrap_err().to_string();
        assert!(told.contains(&format!("unknown runtime `{meant}`: did you mean `python3.13`? barrow")), "{told}");
    }
    assert_eq!(
        Runtime::from_str("python2.7").unwrap_err().to_string(),
        "unknown runtime `python2.7`: barrow knows python3.8 to python3.15, and agentcore-python3.10 to agentcore-python3.14"
    );
}

#[test]
fn runtime_of_a_python_version() {
    let check = |version: &str, expected: Option<&str>| {
        let found = Runtime::of_python(&Version::from_str(version).unwrap());
        assert_eq!(found.ok().map(Runtime::name), expected, "{version}");
    };
    check("3.12", Some("python3.12"));
    check("3.9.7", Some("python3.9"));
    check("3.14.0rc1", Some("python3.14"));
    check("3", None);
    check("3.7.4", None);
    check("2.12", None);
    check("1!3.12", None);
}

#[test]
fn glibc_versions() {
    let check = |text: &str, expected: Option<u32>| {
        assert_eq!(Glibc::from_str(text).ok().map(|glibc| glibc.minor), expected, "{text}");
    };
    check("2.28", Some(28));
    check("2.5", Some(5));
    for wrong in ["", "2", "2.", "3.1", "2.28.1", "2.+8", "2.-1", "2.99999999999", "2_28"] {
        check(wrong, None);
    }
}

#[test]
fn the_table() {
    let names: Vec<&str> = Runtime::all().map(Runtime::name).collect();
    assert_eq!(names, (8..=15).map(|minor| format!("python3.{minor}")).collect::<Vec<_>>());
    assert_eq!(Runtime::newest(), runtime("python3.14"));
    assert!(runtime("python3.9") < runtime("python3.10"));
    for runtime in Runtime::all() {
        let provided = runtime.provided_projects();
        assert!(provided.is_sorted(), "{runtime}: {provided:?}");
        for project in provided {
            assert_eq!(PackageName::from_str(project).unwrap().as_ref(), *project);
        }
        let minor = u32::try_from(runtime.python_version().1).unwrap();
        assert_eq!(runtime.glibc().minor, if minor < 12 { 26 } else { 34 }, "{runtime}");
        assert_eq!(runtime.provides(&PackageName::from_str("Snapshot_Restore.py").unwrap()), minor >= 12);
        assert!(runtime.provides(&PackageName::from_str("boto3").unwrap()));
        assert!(!runtime.provides(&PackageName::from_str("requests").unwrap()));
    }
}

#[test]
fn three_dates_and_a_preview() {
    for runtime in Runtime::all() {
        let Some(dates) = runtime.dates() else {
            assert!(runtime.is_preview(), "{runtime}");
            continue;
        };
        assert!(dates.deprecated <= dates.no_new_functions && dates.no_new_functions < dates.no_updates, "{runtime}");
    }
    let warned = |name: &str, today: &str| runtime(name).warning(today).unwrap_or_default();
    assert_eq!(warned("python3.10", "2026-10-30"), "");
    assert_eq!(
        warned("python3.10", "2026-10-31"),
        "AWS no longer supports python3.10 (since 2026-10-31): no new functions from 2027-02-01, no updates from 2027-03-03"
    );
    assert_eq!(
        warned("python3.10", "2027-02-01"),
        "AWS creates no new functions with python3.10 (since 2027-02-01), and updates none from 2027-03-03"
    );
    assert_eq!(
        warned("python3.10", "2027-03-03"),
        "AWS no longer updates functions with python3.10 (since 2027-03-03)"
    );
    assert!(warned("python3.15", "2026-11-29").contains("is a preview"));
    assert_eq!(warned("agentcore", "2040-01-01"), "");
}

#[test]
fn profiles() {
    let profile = |python: &str| Profile {
        name: "ours".to_owned(),
        python: python.parse().unwrap(),
        glibc: None,
        architecture: None,
        libraries: Some(vec!["libz.so.1".to_owned(), "libexpat.so.1".to_owned()]),
        provided: vec!["Requests".parse().unwrap(), "boto3".parse().unwrap()],
    };
    let ours = Runtime::of_profile(profile("3.11")).unwrap();
    assert_eq!((ours.name(), ours.glibc().minor), ("ours", 26));
    assert_eq!(ours.python_full_version(), runtime("python3.11").python_full_version());
    assert_eq!(ours.provided_projects(), ["boto3", "requests"]);
    assert_eq!(ours.libraries(), Some(["libexpat.so.1", "libz.so.1"].as_slice()));
    assert_ne!(ours, runtime("python3.11"));
    let newer = Profile { glibc: Some("2.36".parse().unwrap()), ..profile("3.11.2") };
    let newer = Runtime::of_profile(newer).unwrap();
    assert_eq!((newer.glibc().minor, newer.python_full_version().to_string()), (36, "3.11.2".to_owned()));
    let error = Runtime::of_profile(profile("3.7")).unwrap_err().to_string();
    assert_eq!(error, "the runtime `ours` has Python 3.7, and barrow knows 3.8 to 3.15");
    let agentcore = runtime("agentcore-python3.10");
    assert_eq!((agentcore.glibc().minor, agentcore.only_architecture()), (34, Some(Architecture::Arm64)));
    assert!(agentcore.provided_projects().is_empty());
}
