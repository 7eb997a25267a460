//! Laws: what is printed reads back as the same, and no input panics.

use proptest::prelude::*;

use super::super::{Manifest, ManifestInputs, RequirementEntry};
use crate::spec::{MarkerTree, parse_marker, parse_requirement};

fn read(text: &str) -> Result<Manifest, String> {
    let inputs = ManifestInputs { working_folder: "/project".into(), ..ManifestInputs::default() };
    Manifest::read_bytes(text.as_bytes(), "a.txt".as_ref(), &inputs).map_err(|error| error.to_string())
}

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?".prop_filter("an archive is a path", |name| {
        ![".zip", ".whl", ".tar", ".tgz", ".tbz", ".txz", ".tlz"]
            .iter()
            .any(|ending| name.to_lowercase().ends_with(ending))
            && !name.to_lowercase().contains(".tar.")
    })
}

fn version() -> impl Strategy<Value = String> {
    "([0-9]!)?[0-9]{1,3}(\\.[0-9]{1,3}){0,3}((a|b|rc)[0-9])?(\\.post[0-9])?(\\.dev[0-9])?"
}

fn specifier() -> impl Strategy<Value = String> {
    prop_oneof![
        ("(==|!=|<=|>=|<|>|===)", version()).prop_map(|(operator, version)| format!("{operator}{version}")),
        "(==|!=)[0-9]{1,3}(\\.[0-9]{1,3}){0,3}\\.\\*",
        "~=[0-9]{1,3}(\\.[0-9]{1,3}){1,3}",
        "(==|!=)[0-9]\\.[0-9]\\+[a-z]{1,3}(\\.[0-9]{1,2})?",
    ]
}

fn comparison() -> impl Strategy<Value = String> {
    prop_oneof![
        "python_version (==|!=|<=|>=|<|>) \"[23]\\.[0-9]{1,2}\"",
        "python_version (==|!=) \"[23]\\.\\*\"",
        "python_version ~= \"3\\.[0-9](\\.[0-9])?\"",
        "python_version (not )?in \"3\\.[0-9], ?3\\.1[0-9]\"",
        "python_full_version (==|!=|<=|>=|<|>) \"3\\.[0-9]{1,2}\\.[0-9]\"",
        "\"3\\.[0-9]{1,2}\" (==|!=|<=|>=|<|>) python_version",
        "(sys_platform|os_name|platform_machine|platform_system) (==|!=|<=|>=|<|>|in|not in) '[a-z0-9_]{1,6}'",
        "'[a-z]{1,6}' (in|not in|==) (sys_platform|platform_version)",
        "extra (==|!=) '[a-z]([a-z_.-]{0,3}[a-z])?'",
    ]
}

fn marker() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 8, 3, |inner| {
        (proptest::collection::vec(inner, 1..3), prop_oneof![Just(" and "), Just(" or ")], any::<bool>()).prop_map(
            |(parts, join, parentheses)| {
                let joined = parts.join(join);
                if parentheses { format!("({joined})") } else { joined }
            },
        )
    })
}

fn line() -> impl Strategy<Value = String> {
    let extras = proptest::collection::vec("[A-Za-z]([A-Za-z._-]{0,3}[A-Za-z])?", 0..3);
    let what = prop_oneof![
        proptest::collection::vec(specifier(), 0..3).prop_map(|specifiers| specifiers.join(" , ")),
        "@ https://[a-z]{1,5}/[a-z]{1,5}\\.tar\\.gz(#subdirectory=[a-z]{1,4})?",
        "@ git\\+https://h/[a-z]{1,5}(@[a-z0-9]{1,8})?",
        "@ file:///srv/[a-z]{1,4} ?".prop_map(|text| text.trim_end().to_owned()),
    ];
    let hashes = proptest::collection::vec("--hash=(sha256:[0-9a-f]{64}|sha512:[0-9A-F]{128})", 0..3);
    let settings = proptest::option::of("-C '[a-z]{1,3}=[a-z \"]{0,5}'");
    (name(), extras, what, proptest::option::of(marker()), hashes, settings).prop_map(
        |(name, extras, what, marker, hashes, settings)| {
            let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(", ")) };
            let marker = marker.map_or(String::new(), |marker| format!(" ; {marker}"));
            let options: Vec<String> = hashes.into_iter().chain(settings).collect();
            format!("{name}{extras} {what}{marker} {}", options.join(" ")).trim_end().to_owned()
        },
    )
}

/// An entry without its text, place and marker, which differ between two ways to write the same.
fn plain(entry: &RequirementEntry) -> RequirementEntry {
    let mut entry =
        RequirementEntry { text: String::new(), origin: crate::requirements::Origin::CommandLine, ..entry.clone() };
    entry.requirement.marker = MarkerTree::TRUE;
    entry
}

/// Whether two markers are true in the same places. The trees themselves may be cut at other versions.
fn is_same(a: &MarkerTree, b: &MarkerTree) -> bool {
    a.is_disjoint(&b.negate()) && b.is_disjoint(&a.negate())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn printed_requirements_read_back(line in line()) {
        let entry = &read(&line).unwrap().requirements[0];
        for printed in [format!("{entry}\n"), format!("{entry:#}\n")] {
            let again = &read(&printed).unwrap().requirements[0];
            prop_assert_eq!(plain(entry), plain(again), "{}", printed);
            prop_assert!(is_same(&entry.requirement.marker, &again.requirement.marker), "{}", printed);
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = read(&text);
        let _ = parse_requirement(&text);
        let _ = parse_marker(&text);
    }

    #[test]
    fn no_likely_text_panics(text in "(foo|-r|-e|--hash=|\\\\|\n|\r| |\"|'|#|\\[|\\]|;|,|@|==|~=|\\$\\{A\\}|ä|€|1\\.0|\\.\\*|python_version|in|not|https://|file:|git\\+|:|/|\\(|\\)|%){0,24}") {
        if let Err(error) = read(&text) {
            prop_assert!(!error.is_empty());
        }
    }
}

#[test]
fn what_is_never_true_reads_back() {
    for marker in ["python_version < '0'", "sys_platform > 'a'", "os_name == 'a' and os_name == 'b'"] {
        let tree = parse_marker(marker).unwrap();
        assert!(tree.is_false(), "{marker}");
        let printed = tree.contents().unwrap().to_string();
        assert_eq!(parse_marker(&printed).unwrap(), tree, "{printed}");
    }
}
