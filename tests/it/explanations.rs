//! What is said when there is no solution, kind by kind.

use barrow::resolve::ResolveError;

use crate::hints;
use crate::scenario::{self, TableSource};

/// The explanation and the hints of a scenario that has no solution.
fn explain(text: &str) -> String {
    let scenario = scenario::parse(text);
    let source = TableSource::new(&scenario);
    match scenario.resolve(&source) {
        Ok(resolution) => panic!("there is a solution: {:?}", scenario::pins(&resolution)),
        Err(ResolveError::NoSolution { explanation, hints, .. }) => {
            hints.iter().map(hints::resolution::of).fold(explanation, |text, hint| format!("{text}\nhint: {hint}"))
        }
        Err(other) => other.to_string(),
    }
}

#[test]
fn no_such_version() {
    let text = explain(
        r#"
requires = ["a>=3"]
packages.a = { "1.0" = [], "2.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"You require `a>=3` (requirements.txt:1), but no version of a>=3 exists (there are 2 versions from 1.0 to 2.0)."#);
}

#[test]
fn no_such_version_of_a_dependency() {
    let text = explain(
        r#"
requires = ["a"]
packages.a = { "1.0" = ["b>=3"] }
packages.b = { "1.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    Because a 1.0 requires `b>=3`, but no version of b>=3 exists (the only version is 1.0), a 1.0 cannot be used.
    And because you require `a` (requirements.txt:1), your requirements cannot be met.
    "#);
}

#[test]
fn two_lines_on_one_project() {
    let text = explain(
        r#"
requires = ["a>=2", "a<2"]
packages.a = { "1.0" = [], "2.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"You require `a>=2` (requirements.txt:1) and `a<2` (requirements.txt:2), which no version can meet."#);
}

#[test]
fn dependency_against_user() {
    let text = explain(
        r#"
requires = ["a>=2", "b<2"]
packages.a = { "1.0" = [], "2.0" = ["b>=2"] }
packages.b = { "1.0" = [], "2.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    Because you require `a>=2` (requirements.txt:1) and a 2.0 requires `b>=2`, b 2.0 is needed.
    And because you require `b<2` (requirements.txt:2), your requirements cannot be met together.
    "#);
}

#[test]
fn two_dependencies_disagree() {
    let text = explain(
        r#"
requires = ["a", "b"]
packages.a = { "1.0" = ["c<2"] }
packages.b = { "1.0" = ["c>=2"] }
packages.c = { "1.0" = [], "2.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    Because a 1.0 requires `c<2` and b 1.0 requires `c>=2`, a 1.0 and b 1.0 cannot be used together.
    And because you require `a` (requirements.txt:1), b 1.0 cannot be used.
    And because you require `b` (requirements.txt:2), your requirements cannot be met together.
    "#);
}

#[test]
fn long_chain() {
    let text = explain(
        r#"
requires = ["a", "d<2"]
packages.a = { "1.0" = ["b"] }
packages.b = { "1.0" = ["c"] }
packages.c = { "1.0" = ["d>=2"] }
packages.d = { "1.0" = [], "2.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    Because c 1.0 requires `d>=2` and b 1.0 requires `c`, b 1.0 requires d 2.0.
    And because a 1.0 requires `b`, a 1.0 requires d 2.0.
    And because you require `a` (requirements.txt:1), d 2.0 is needed.
    And because you require `d<2` (requirements.txt:2), your requirements cannot be met together.
    "#);
}

#[test]
fn every_version_asks_for_another() {
    let text = explain(
        r#"
requires = ["a", "b<1"]
packages.a = { "1.0" = ["b==1.0"], "1.1" = ["b==1.1"], "1.2" = ["b==1.2"], "1.3" = ["b==1.3"], "1.4" = ["b==1.4"] }
packages.b = { "0.9" = [], "1.0" = [], "1.1" = [], "1.2" = [], "1.3" = [], "1.4" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    Because a 1.4 requires `b==1.4`, a 1.0 requires `b==1.0` (3 more requirements between), every version of a requires b >=1.0.
    And because you require `a` (requirements.txt:1), b >=1.0 is needed.
    And because you require `b<1` (requirements.txt:2), your requirements cannot be met together.
    "#);
}

#[test]
fn unknown_name() {
    let text = explain(
        r#"
requires = ["requets", "requests-oauthlib"]
packages.requests = { "2.0" = [] }
packages.requests-oauthlib = { "1.0" = ["requests"] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `requets` (requirements.txt:1), but `requets` is not on https://index.example/simple/.
    hint: did you mean `requests`?
    "#);
}

#[test]
fn a_module_in_the_place_of_its_project() {
    let text = explain("requires = [\"PIL\"]\npackages.pip = { \"1.0\" = [] }\n");
    assert!(
        text.ends_with("hint: did you mean `pillow`?\n") || text.ends_with("hint: did you mean `pillow`?"),
        "{text}"
    );
    let text = explain("requires = [\"json\"]\npackages.ijson = { \"1.0\" = [] }\n");
    assert!(text.contains("hint: the module `json` comes with Python: leave it out"), "{text}");
}

#[test]
fn unknown_name_of_a_dependency() {
    let text = explain(
        r#"
requires = ["a"]
packages.a = { "1.0" = ["internal-tool>=1"] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    Because a 1.0 requires `internal-tool>=1`, but `internal-tool` is not on https://index.example/simple/, a 1.0 cannot be used.
    And because you require `a` (requirements.txt:1), your requirements cannot be met.
    "#);
}

#[test]
fn offline() {
    let text = explain(
        r#"
requires = ["a"]
offline = true
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `a` (requirements.txt:1), but nothing is known of `a` without a network.
    hint: run once without `--offline`, so that what is known of `a` is in the cache
    "#);
}

#[test]
fn page_without_usable_files() {
    let text = explain(
        r#"
requires = ["a"]
packages.a = {}
"#,
    );
    insta::assert_snapshot!(text, @r#"You require `a` (requirements.txt:1), but the index lists no usable file of `a`."#);
}

#[test]
fn only_sdist() {
    let text = explain(
        r#"
requires = ["a"]
packages.a = { "1.0" = { sdist = true }, "2.0" = { sdist = true } }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `a` (requirements.txt:1), but no version of a can be used for python3.12/x86_64 (it has only a source distribution, and building is not allowed).
    hint: a 2.0 has only a source distribution: allow building it with `--allow-build a`, or offer a wheel of it for python3.12/x86_64 with `--find-links`
    "#);
}

#[test]
fn glibc_too_new() {
    let text = explain(
        r#"
requires = ["a>=2"]
target = "python3.11/x86_64"
packages.a = { "1.0" = [], "2.5.5" = { wheels = ["cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64", "cp312-cp312-manylinux_2_28_x86_64", "cp311-cp311-macosx_11_0_arm64"] } }
"#,
    );
    insta::assert_snapshot!(text, @"
    You require `a>=2` (requirements.txt:1), but a 2.5.5 cannot be used for python3.11/x86_64 (its wheels need glibc 2.27, the runtime has 2.26).

      a      wheels for                                          could be loaded by
      2.5.5  CPython 3.11 and 3.12 on Linux x86_64 (glibc 2.27)  python3.12 (x86_64)
    hint: a 2.5.5 can be loaded by python3.12, with glibc 2.34
    hint: the newest a that python3.11 on x86_64 can load is 1.0
    ");
}

#[test]
fn other_python_tags() {
    let text = explain(
        r#"
requires = ["a"]
packages.a = { "1.0" = { wheels = ["cp310-cp310-manylinux2014_x86_64", "cp311-cp311-manylinux2014_x86_64", "cp311-cp311-win_amd64"] } }
"#,
    );
    insta::assert_snapshot!(text, @"
    You require `a` (requirements.txt:1), but a 1.0 cannot be used for python3.12/x86_64 (its wheels are for other Pythons: CPython 3.10 and 3.11).

      a    wheels for                             could be loaded by
      1.0  CPython 3.10 and 3.11 on Linux x86_64  python3.10 and python3.11 (x86_64)
    hint: a 1.0 can be loaded by python3.10 and python3.11
    ");
}

#[test]
fn other_processor() {
    let text = explain(
        r#"
requires = ["a"]
target = "python3.12/arm64"
packages.a = { "1.0" = { wheels = ["cp312-cp312-manylinux_2_17_x86_64"] } }
"#,
    );
    insta::assert_snapshot!(text, @"
    You require `a` (requirements.txt:1), but a 1.0 cannot be used for python3.12/arm64 (its wheels are for other processors: x86_64).

      a    wheels for                    could be loaded by
      1.0  CPython 3.12 on Linux x86_64  python3.12 (x86_64)
    hint: a 1.0 can be loaded by python3.12 on x86_64
    ");
}

#[test]
fn other_system() {
    let text = explain(
        r#"
requires = ["a"]
packages.a = { "1.0" = { wheels = ["py3-none-win_amd64", "cp312-cp312-macosx_11_0_arm64"] } }
"#,
    );
    insta::assert_snapshot!(text, @"
    You require `a` (requirements.txt:1), but a 1.0 cannot be used for python3.12/x86_64 (its wheels are for other platforms: Windows and macOS).

      a    wheels for                                      could be loaded by
      1.0  CPython 3.12 and Python 3 on Windows and macOS  no runtime
    hint: a 1.0 is not for Linux: where other systems alone need it, write `a; sys_platform == 'win32'`, or leave it out with `--exclude-package a`
    ");
}

#[test]
fn musl_only() {
    let text = explain(
        r#"
requires = ["a"]
packages.a = { "1.0" = { wheels = ["cp312-cp312-musllinux_1_2_x86_64"] } }
"#,
    );
    insta::assert_snapshot!(text, @"
    You require `a` (requirements.txt:1), but a 1.0 cannot be used for python3.12/x86_64 (its wheels are for other platforms: Linux with musl).

      a    wheels for                       could be loaded by
      1.0  CPython 3.12 on Linux with musl  no runtime
    ");
}

#[test]
fn free_threaded_only() {
    let text = explain(
        r#"
requires = ["a"]
target = "python3.13/x86_64"
packages.a = { "1.0" = { wheels = ["cp313-cp313t-manylinux_2_17_x86_64"] } }
"#,
    );
    insta::assert_snapshot!(text, @"
    You require `a` (requirements.txt:1), but a 1.0 cannot be used for python3.13/x86_64 (its wheels are for free-threaded Python, which no Lambda runtime is: cp313t).

      a    wheels for                                  could be loaded by
      1.0  free-threaded CPython 3.13 on Linux x86_64  no runtime
    ");
}

#[test]
fn requires_newer_python() {
    let text = explain(
        r#"
requires = ["a>=2"]
target = "python3.11/x86_64"
packages.a = { "1.0" = [], "2.0" = { requires-python = ">=3.12" } }
"#,
    );
    insta::assert_snapshot!(text, @"
    You require `a>=2` (requirements.txt:1), but a 2.0 cannot be used for python3.11/x86_64 (it needs Python >=3.12, the runtime has 3.11.14).
    hint: a 2.0 can be loaded by python3.12 to python3.14
    hint: the newest a that python3.11 on x86_64 can load is 1.0
    ");
}

#[test]
fn requires_older_python() {
    let text = explain(
        r#"
requires = ["a"]
target = "python3.13/x86_64"
packages.a = { "1.0" = { requires-python = ">=3.8,<3.12" } }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `a` (requirements.txt:1), but a 1.0 cannot be used for python3.13/x86_64 (it needs Python >=3.8, <3.12, the runtime has 3.13.11).
    hint: a 1.0 can be loaded by python3.8 to python3.11
    "#);
}

#[test]
fn requires_python_of_metadata() {
    let text = explain(
        r#"
requires = ["a"]
target = "python3.11/x86_64"
packages.a = { "1.0" = { requires-python = ">=3.12", hides-requires-python = true } }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `a` (requirements.txt:1), but a 1.0 cannot be used (it needs Python >=3.12, the runtime has 3.11.14).
    hint: `a` needs Python >=3.12, which python3.12 to python3.14 have
    "#);
}

#[test]
fn yanked() {
    let text = explain(
        r#"
requires = ["a>=2"]
packages.a = { "1.0" = [], "2.0" = { yanked = "breaks uploads" } }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `a>=2` (requirements.txt:1), but a 2.0 cannot be used for python3.12/x86_64 (it is yanked: breaks uploads).
    hint: a 2.0 is yanked: require `a==2.0` exactly to use it all the same
    "#);
}

#[test]
fn prerelease_disallowed() {
    let text = explain(
        r#"
requires = ["a>1"]
options.prerelease = "disallow"
packages.a = { "1.0" = [], "2.0rc1" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `a>1` (requirements.txt:1), but a 2.0rc1 cannot be used for python3.12/x86_64 (it is a pre-release).
    hint: a 2.0rc1 is a pre-release: allow it with `--prerelease if-necessary`
    "#);
}

#[test]
fn prerelease_of_a_dependency_not_named() {
    let text = explain(
        r#"
requires = ["a"]
options.prerelease = "explicit"
packages.a = { "1.0" = ["b>=2.0b1"] }
packages.b = { "1.0" = [], "2.0b1" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    Because a 1.0 requires `b>=2.0b1`, but b 2.0b1 cannot be used for python3.12/x86_64 (it is a pre-release), a 1.0 cannot be used.
    And because you require `a` (requirements.txt:1), your requirements cannot be met.
    hint: b 2.0b1 is a pre-release: allow it with `--prerelease if-necessary` or name it in a requirement
    "#);
}

#[test]
fn too_new() {
    let text = explain(
        r#"
requires = ["a>=2"]
options.exclude-newer = "2024-01-01"
packages.a = { "1.0" = { uploaded = "2023-01-01" }, "2.0" = { uploaded = "2024-06-01T12:00:00Z" } }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `a>=2` (requirements.txt:1), but a 2.0 cannot be used for python3.12/x86_64 (it was uploaded after the date that you set).
    hint: a 2.0 would do, but it was uploaded at 2024-06-01T12:00:00Z, after `--exclude-newer`
    "#);
}

#[test]
fn upload_time_unknown() {
    let text = explain(
        r#"
requires = ["a"]
options.exclude-newer = "2024-01-01"
packages.a = { "1.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `a` (requirements.txt:1), but a 1.0 cannot be used for python3.12/x86_64 (its upload time is not known, and you set a date).
    hint: a 1.0 would do, but its index gives no upload time, which `--exclude-newer` needs
    "#);
}

#[test]
fn constraint() {
    let text = explain(
        r#"
requires = ["a>=2"]
constraints = ["b==1.0", "a<2"]
packages.a = { "1.0" = [], "2.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `a>=2` (requirements.txt:1), but a 2.0 cannot be used for python3.12/x86_64 (the constraint `a<2` at constraints.txt:2 does not take it).
    hint: a 2.0 would do if the constraint `a<2` at constraints.txt:2 were not there
    "#);
}

#[test]
fn constraint_on_a_dependency() {
    let text = explain(
        r#"
requires = ["a"]
constraints = ["b<2"]
packages.a = { "1.0" = ["b>=2"] }
packages.b = { "1.0" = [], "2.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    Because a 1.0 requires `b>=2`, but b 2.0 cannot be used for python3.12/x86_64 (the constraint `b<2` at constraints.txt:1 does not take it), a 1.0 cannot be used.
    And because you require `a` (requirements.txt:1), your requirements cannot be met.
    hint: b 2.0 would do if the constraint `b<2` at constraints.txt:1 were not there
    "#);
}

#[test]
fn override_that_nothing_satisfies() {
    let text = explain(
        r#"
requires = ["a"]
overrides = ["b>=9"]
packages.a = { "1.0" = ["b<2"] }
packages.b = { "1.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    Because a 1.0 requires `b>=9` (override, overrides.txt:1), but no version of b>=9 exists (the only version is 1.0), a 1.0 cannot be used.
    And because you require `a` (requirements.txt:1), your requirements cannot be met.
    "#);
}

#[test]
fn extra_brings_the_conflict() {
    let text = explain(
        r#"
requires = ["a[speed]", "b<2"]
packages.a = { "1.0" = { requires = ["b>=2; extra == 'speed'"], extras = ["speed"] } }
packages.b = { "1.0" = [], "2.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    Because you require `b<2` (requirements.txt:2) and a[speed] 1.0 requires `b>=2`, a[speed] 1.0 cannot be used.
    And because you require `a[speed]` (requirements.txt:1), your requirements cannot be met together.
    "#);
}

#[test]
fn direct_reference_against_index_requirement() {
    let text = explain(
        r#"
requires = ["a @ https://example.org/a-1.0-py3-none-any.whl", "b"]
packages.b = { "1.0" = ["a>=2"] }
packages.a = { "2.0" = [] }
direct."https://example.org/a-1.0-py3-none-any.whl" = { name = "a", version = "1.0" }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    Because you require `a @ https://example.org/a-1.0-py3-none-any.whl` (requirements.txt:1) and b 1.0 requires `a>=2`, b 1.0 cannot be used.
    And because you require `b` (requirements.txt:2), your requirements cannot be met together.
    hint: `a` can only come from the URL that you give for it (requirements.txt:1)
    "#);
}

#[test]
fn two_direct_references() {
    let text = explain(
        r#"
requires = ["a @ https://example.org/a-1.0-py3-none-any.whl", "a @ https://example.org/a-2.0-py3-none-any.whl"]
direct."https://example.org/a-1.0-py3-none-any.whl" = { name = "a", version = "1.0" }
direct."https://example.org/a-2.0-py3-none-any.whl" = { name = "a", version = "2.0" }
"#,
    );
    insta::assert_snapshot!(text, @r#"You require `a @ https://example.org/a-1.0-py3-none-any.whl` (requirements.txt:1) and `a @ https://example.org/a-2.0-py3-none-any.whl` (requirements.txt:2), which no one file can meet."#);
}

#[test]
fn direct_wheel_for_another_platform() {
    let text = explain(
        r#"
requires = ["a @ https://example.org/a-1.0-cp312-cp312-win_amd64.whl"]
direct."https://example.org/a-1.0-cp312-cp312-win_amd64.whl" = { name = "a", version = "1.0" }
"#,
    );
    insta::assert_snapshot!(text, @r#"You require `a @ https://example.org/a-1.0-cp312-cp312-win_amd64.whl` (requirements.txt:1), but a 1.0 (from https://example.org/a-1.0-cp312-cp312-win_amd64.whl) cannot be used (its wheels are for other platforms: win_amd64)."#);
}

#[test]
fn digest_of_no_file() {
    let text = explain(
        r#"
requires = [{ line = "a==1.0", hash-of = ["something-else.whl"] }]
packages.a = { "1.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `a==1.0` (requirements.txt:1), but a 1.0 cannot be used for python3.12/x86_64 (none of its files has a digest that the requirements accept).
    hint: `a-1.0-py3-none-any.whl` has digest sha256:1db229cdeeab32dd89d9d116f4cad76e44c03462e956cb95fca0272c12d7a940, but `--hash` at requirements.txt:1 expects sha256:492ff16455e90ac49c846cffd20790174e47bec5cb5cad6cc16034ddaa83acc7
    "#);
}

#[test]
fn no_binary() {
    let text = explain(
        r#"
requires = ["a"]
options.no-binary = ["a"]
packages.a = { "1.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `a` (requirements.txt:1), but a 1.0 cannot be used for python3.12/x86_64 (leaving out wheels leaves no file of it).
    hint: a 1.0 has a wheel, but `--no-binary` leaves wheels out: leave that out for it
    "#);
}

#[test]
fn metadata_that_cannot_be_read() {
    let text = explain(
        r#"
requires = ["a"]
packages.a = { "1.0" = { broken = "line 3 of METADATA has no name" } }
"#,
    );
    insta::assert_snapshot!(text, @r#"You require `a` (requirements.txt:1), but a 1.0 cannot be used (its metadata is not usable: line 3 of METADATA has no name)."#);
}

#[test]
fn metadata_of_another_version() {
    let text = explain(
        r#"
requires = ["a"]
packages.a = { "1.0" = { says-version = "1.1" } }
"#,
    );
    insta::assert_snapshot!(text, @r#"You require `a` (requirements.txt:1), but a 1.0 cannot be used (its metadata is not usable: it says that it is version 1.1)."#);
}

#[test]
fn many_reasons_at_once() {
    let text = explain(
        r#"
requires = ["a"]
target = "python3.11/x86_64"
packages.a = { "1.0" = { sdist = true }, "1.1" = { sdist = true }, "2.0" = { yanked = "" }, "3.0" = { wheels = ["cp311-cp311-manylinux_2_34_x86_64"] }, "4.0" = { requires-python = ">=3.13" } }
"#,
    );
    insta::assert_snapshot!(text, @"
    You require `a` (requirements.txt:1), but no version of a can be used for python3.11/x86_64 (4.0: it needs Python >=3.13, the runtime has 3.11.14; 3.0: its wheels need glibc 2.34, the runtime has 2.26; 2 more reasons).

      a    wheels for                                 could be loaded by
      3.0  CPython 3.11 on Linux x86_64 (glibc 2.34)  no runtime
    hint: a 4.0 can be loaded by python3.13 and python3.14
    hint: a 2.0 is yanked: require `a==2.0` exactly to use it all the same
    ");
}

#[test]
fn hashes_without_pins() {
    let text = explain(
        r#"
requires = ["a>=1", "b==1.0", { line = "c==1.0", hash-of = ["c-1.0-py3-none-any.whl"] }]
options.require-hashes = true
packages.a = { "1.0" = [] }
packages.b = { "1.0" = [] }
packages.c = { "1.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    hashes are required, so every requirement must be pinned with `==`, but these are not:
      a>=1 (requirements.txt:1)
    hashes are required, but these requirements have none:
      b==1.0 (requirements.txt:2)
    "#);
}

#[test]
fn hashes_without_the_dependencies() {
    let text = explain(
        r#"
requires = [{ line = "a==1.0", hash-of = ["a-1.0-py3-none-any.whl"] }]
packages.a = { "1.0" = ["b>=1"] }
packages.b = { "1.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    hashes are required, so every requirement must be pinned with `==`, but these are not:
      b==1.0 --hash=sha256:b6704522508d8d8a3aa31c4aa975c4c524caf2d370df9d700805d31c2c0d7237   (`b>=1`, required by a)
    "#);
}

#[test]
fn exact_text() {
    let text = explain(
        r#"
requires = ["a===1.0"]
packages.a = { "1.0.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"You require `a===1.0` (requirements.txt:1), but the index writes that version otherwise, and `===` compares texts."#);
}

#[test]
fn conflict_below_backtracking() {
    let text = explain(
        r#"
requires = ["a", "b"]
packages.a = { "1.0" = ["c>=2"], "2.0" = ["c>=3"] }
packages.b = { "1.0" = ["c<2"], "2.0" = ["c<1"] }
packages.c = { "0.5" = [], "1.0" = [], "2.0" = [], "3.0" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    Because b 2.0 requires `c<1`, b 1.0 requires `c<2`, every version of b requires c <=1.0.
    And because a 1.0 requires `c>=2`, a 1.0 goes with no version of b.
    Because a 2.0 requires `c>=3` and every version of b requires c <=1.0, a 2.0 goes with no version of b.
    And because a 1.0 goes with no version of b, no version of a goes with any version of b.
    And because you require `a` (requirements.txt:1), no version of b can be used.
    And because you require `b` (requirements.txt:2), your requirements cannot be met together.
    "#);
}

#[test]
fn prerelease_of_the_version_asked_for() {
    let text = explain(
        r#"
requires = ["a>=2"]
packages.a = { "1.0" = [], "2.0rc1" = [] }
"#,
    );
    insta::assert_snapshot!(text, @r#"
    You require `a>=2` (requirements.txt:1), but no version of a>=2 exists (there are 2 versions from 1.0 to 2.0rc1).
    hint: a 2.0rc1 is a pre-release and comes before that: require `a>=2.0rc1` to use it
    "#);
}

#[test]
fn hints_name_what_would_do() {
    let check = |what: &str, text: &str, has: &[&str], has_not: &[&str]| {
        let text = explain(text);
        assert!(has.iter().all(|part| text.contains(part)), "{what}: {text}");
        assert!(!has_not.iter().any(|part| text.contains(part)), "{what}: {text}");
    };
    let glibc = r#"
requires = ["a==2.0"]
target = "python3.13/x86_64"
glibc = "2.17"
packages.a = { "2.0" = { wheels = ["cp313-cp313-manylinux_2_27_x86_64", "cp312-cp312-manylinux_2_27_x86_64"], sdist = true } }
"#;
    let own = ["leave out `--glibc 2.17`, without which python3.13 can load a 2.0"];
    check("a glibc of the user's", glibc, &own, &["can be loaded by", "--allow-build"]);
    let other = glibc.replace("python3.13/", "python3.9/");
    check("with that, no other runtime would do", &other, &[], &["can be loaded by", "leave out"]);
    let no_binary = r#"
requires = ["a"]
target = "python3.14/x86_64"
options.no-binary = ["a"]
packages.a = { "1.0" = { requires-python = "<3.13", sdist = true } }
"#;
    check("wheels are left out everywhere", no_binary, &[], &["can be loaded by"]);
    let yanked = r#"
requires = ["a>=2"]
target = "python3.14/x86_64"
packages.a = { "2.0" = { wheels = ["cp312-cp312-manylinux_2_17_x86_64"], yanked = "bad" } }
"#;
    check("another runtime does not take it either", yanked, &[], &["can be loaded by"]);
    let gap = r#"
requires = ["a>=1", "b<2"]
packages.a = { "1.0" = ["b>=2"], "1.1" = { requires = ["b>=2"], yanked = "bad" }, "1.2" = ["b>=2"] }
packages.b = { "1.0" = [], "2.0" = [] }
"#;
    check("a withdrawn version between others", gap, &["requires `b>=2`"], &["to use it all the same"]);
    let newest = r#"
requires = ["a>=2"]
target = "python3.9/x86_64"
packages.a = { "1.0" = [], "1.1b1" = [], "2.0" = { requires-python = ">=3.10" } }
"#;
    let is_final = ["the newest a that python3.9 on x86_64 can load is 1.0"];
    check("pre-releases come last", newest, &is_final, &[]);
    check("unless they count", &format!("{newest}options.prerelease = \"allow\"\n"), &["can load is 1.1b1"], &[]);
}
