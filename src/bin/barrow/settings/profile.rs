//! `[runtime.NAME]`: a runtime that barrow does not have in its table.

use std::ops::Range;

use barrow::target::Profile;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::toml_values::{Locate, nearest, plain};

/// What a table can say.
const KNOWN: [&str; 5] = ["python", "glibc", "arch", "libraries", "provided"];

/// Reads the table of one runtime.
pub(super) fn read(at: &Locate<'_>, name: &str, table: &DeTable<'_>, span: Range<usize>) -> Result<Profile, String> {
    let mut python = None;
    let mut profile = Profile {
        name: name.to_owned(),
        python: barrow::spec::Version::new([3]),
        glibc: None,
        architecture: None,
        libraries: None,
        provided: Vec::new(),
    };
    for (key, value) in table {
        let spelled: &str = key.get_ref();
        let wrong = |what: &str| at(value.span(), &format!("`{spelled}` of a runtime must be {what}"));
        match spelled {
            "python" => {
                python = Some(text(value).and_then(|text| text.parse().ok()).ok_or_else(|| wrong("a Python version"))?);
            }
            "glibc" => {
                profile.glibc = Some(text(value).and_then(|text| text.parse().ok()).ok_or_else(|| wrong("2.N"))?);
            }
            "arch" => {
                let arch = text(value).and_then(|text| text.parse().ok());
                profile.architecture = Some(arch.ok_or_else(|| wrong("x86_64 or arm64"))?);
            }
            "libraries" => profile.libraries = Some(texts(value).ok_or_else(|| wrong("a list of file names"))?),
            "provided" => {
                let names = texts(value).and_then(|names| names.iter().map(|name| name.parse().ok()).collect());
                profile.provided = names.ok_or_else(|| wrong("a list of project names"))?;
            }
            _ => {
                let close = nearest(spelled, KNOWN.into_iter());
                let hint = close.map(|close| format!(": did you mean `{close}`?")).unwrap_or_default();
                return Err(at(key.span(), &format!("unknown setting `{spelled}` of a runtime{hint}")));
            }
        }
    }
    profile.python = python.ok_or_else(|| at(span, "a runtime needs `python`, such as \"3.12\""))?;
    Ok(profile)
}

fn text(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::Float(number) => Some(number.to_string()),
        value => plain(value),
    }
}

fn texts(value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
    match value.get_ref() {
        DeValue::Array(values) => values.iter().map(text).collect(),
        _ => None,
    }
}
