//! Behaviour of the room, construct by construct.

use std::path::PathBuf;

use super::{Manifest, ManifestInputs, RequirementEntry};

/// Reads one file with this text, in a folder of its own.
fn read_text(text: &str) -> Result<Manifest, String> {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("requirements.txt"), text).unwrap();
    let inputs = ManifestInputs {
        requirement_files: vec![PathBuf::from("requirements.txt")],
        working_folder: folder.path().to_owned(),
        ..ManifestInputs::default()
    };
    Manifest::read(&inputs).map_err(|error| error.to_string())
}

/// The entries of a file, printed.
fn printed(text: &str) -> Vec<String> {
    read_text(text).unwrap().requirements.iter().map(RequirementEntry::to_string).collect()
}

#[test]
fn ordinary_lines_are_read() {
    let hash = "a".repeat(64);
    let other = "b".repeat(64);
    let text = format!(
        "# head\nrequests[security,socks] >= 2 ; sys_platform == 'linux' # why\n\nflask (>=1,<2)\nFoo_Bar==1.0 \\\n    \
         --hash=sha256:{hash} \\\n    --hash=sha256:{other}\n"
    );
    assert_eq!(
        printed(&text),
        [
            "requests[security,socks]>=2 ; sys_platform == \"linux\"".to_owned(),
            "flask>=1,<2".to_owned(),
            format!("foo-bar==1.0 --hash=sha256:{hash} --hash=sha256:{other}"),
        ]
    );
}

#[test]
fn all_errors_are_shown_at_their_place() {
    let text = "requests=2.0\nflask ^1.2\n  ok>=1\nfoo ; python_version > 3.8\npip install bar\n";
    let expected = r#"requirements.txt:1:9: `=` is not a version operator
    requests=2.0
            ^ expected one of `==`, `>=`, `<=`, `!=`, `~=`, `<`, `>`, `===`
    hint: write `==2.0`
requirements.txt:2:7: `^` is not a version operator
    flask ^1.2
          ^ expected one of `==`, `>=`, `<=`, `!=`, `~=`, `<`, `>`, `===`
    hint: this is Poetry's notation; `^1.2` means `>=1.2,<2`
requirements.txt:4:24: a value in a marker stands in quotes
    foo ; python_version > 3.8
                           ^^^ expected a quoted text, or a variable such as `python_version`, `sys_platform` or `platform_machine`
    hint: write `"3.8"`
requirements.txt:5:5: `i` cannot stand after the name
    pip install bar
        ^ expected a requirement
    hint: this line is a command; remove `pip install` and write one requirement on each line"#;
    assert_eq!(read_text(text).unwrap_err(), expected);
}
