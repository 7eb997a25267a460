//! The licence of a distribution, as its METADATA says it (core metadata 2.4 and PEP 639; before that, `License` and
//! classifiers).
//!
//! Best first: `License-Expression`; `License`, where it is the well-known name of a licence; classifiers; `License` as
//! it stands. Well-known names become identifiers of the SPDX list. Names that say too little, such as "BSD License",
//! stay names: which of several licences is meant cannot be told from them. Whole licence texts in `License`, which
//! were usual once, are no names.

use std::fmt;

use globset::{Glob, GlobBuilder, GlobMatcher};

use super::metadata_fields;

/// Longest `License` that is taken for a name, bytes; texts of licences are longer.
const LONGEST_NAME: usize = 100;

/// Under which terms a distribution may be used, as far as it says so itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct License {
    /// A valid SPDX expression.
    expression: Option<String>,
    /// Without one: what the metadata calls it, each an SPDX identifier where one is certain.
    names: Vec<String>,
}

/// Names of licences that leave no doubt, in lower case, with their SPDX identifiers.
///
/// Source: the SPDX licence list, "Full name"; spellings as they are usual on PyPI.
const NAMES: &[(&str, &str)] = &[
    ("mit", "MIT"),
    ("mit license", "MIT"),
    ("the mit license", "MIT"),
    ("the mit license (mit)", "MIT"),
    ("expat", "MIT"),
    ("apache 2.0", "Apache-2.0"),
    ("apache 2", "Apache-2.0"),
    ("apache-2", "Apache-2.0"),
    ("apache license 2.0", "Apache-2.0"),
    ("apache license, version 2.0", "Apache-2.0"),
    ("apache license version 2.0", "Apache-2.0"),
    ("apache software license 2.0", "Apache-2.0"),
    ("apache 2.0 license", "Apache-2.0"),
    ("bsd 3-clause", "BSD-3-Clause"),
    ("bsd 3-clause license", "BSD-3-Clause"),
    ("bsd-3-clause license", "BSD-3-Clause"),
    ("3-clause bsd", "BSD-3-Clause"),
    ("3-clause bsd license", "BSD-3-Clause"),
    ("new bsd", "BSD-3-Clause"),
    ("new bsd license", "BSD-3-Clause"),
    ("modified bsd license", "BSD-3-Clause"),
    ("bsd 2-clause", "BSD-2-Clause"),
    ("bsd 2-clause license", "BSD-2-Clause"),
    ("2-clause bsd license", "BSD-2-Clause"),
    ("simplified bsd", "BSD-2-Clause"),
    ("isc license", "ISC"),
    ("mpl 2.0", "MPL-2.0"),
    ("mozilla public license 2.0", "MPL-2.0"),
    ("mozilla public license 2.0 (mpl 2.0)", "MPL-2.0"),
    ("the unlicense", "Unlicense"),
    ("psf", "PSF-2.0"),
    ("psf license", "PSF-2.0"),
    ("psfl", "PSF-2.0"),
    ("python software foundation license", "PSF-2.0"),
    ("zpl 2.1", "ZPL-2.1"),
    ("gplv2", "GPL-2.0-only"),
    ("gplv2+", "GPL-2.0-or-later"),
    ("gplv3", "GPL-3.0-only"),
    ("gplv3+", "GPL-3.0-or-later"),
    ("lgplv3", "LGPL-3.0-only"),
    ("lgplv3+", "LGPL-3.0-or-later"),
    ("agplv3", "AGPL-3.0-only"),
    ("agplv3+", "AGPL-3.0-or-later"),
];

/// Classifiers that leave no doubt, without `License :: ` and `OSI Approved :: `.
///
/// Source: PyPI's list of classifiers.
const CLASSIFIERS: &[(&str, &str)] = &[
    ("MIT License", "MIT"),
    ("MIT No Attribution License (MIT-0)", "MIT-0"),
    ("ISC License (ISCL)", "ISC"),
    ("Mozilla Public License 1.1 (MPL 1.1)", "MPL-1.1"),
    ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
    ("GNU General Public License v2 (GPLv2)", "GPL-2.0-only"),
    ("GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"),
    ("GNU General Public License v3 (GPLv3)", "GPL-3.0-only"),
    ("GNU General Public License v3 or later (GPLv3+)", "GPL-3.0-or-later"),
    ("GNU Lesser General Public License v2 (LGPLv2)", "LGPL-2.0-only"),
    ("GNU Lesser General Public License v2 or later (LGPLv2+)", "LGPL-2.0-or-later"),
    ("GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0-only"),
    ("GNU Lesser General Public License v3 or later (LGPLv3+)", "LGPL-3.0-or-later"),
    ("GNU Affero General Public License v3", "AGPL-3.0-only"),
    ("GNU Affero General Public License v3 or later (AGPLv3+)", "AGPL-3.0-or-later"),
    ("Python Software Foundation License", "PSF-2.0"),
    ("The Unlicense (Unlicense)", "Unlicense"),
    ("zlib/libpng License", "Zlib"),
    ("Boost Software License 1.0 (BSL-1.0)", "BSL-1.0"),
    ("Eclipse Public License 1.0 (EPL-1.0)", "EPL-1.0"),
    ("Eclipse Public License 2.0 (EPL-2.0)", "EPL-2.0"),
    ("European Union Public Licence 1.2 (EUPL 1.2)", "EUPL-1.2"),
    ("Universal Permissive License (UPL)", "UPL-1.0"),
    ("CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
];

impl License {
    /// Reads the fields of a METADATA file.
    pub fn of_metadata(bytes: &[u8]) -> Self {
        Self::of_fields(&metadata_fields(bytes))
    }

    /// Reads the fields of a METADATA file that was split into names and values already.
    pub fn of_fields(fields: &[(String, String)]) -> Self {
        let values = |name: &'static str| {
            let of_name = move |(field, _): &&(String, String)| field.eq_ignore_ascii_case(name);
            let values = fields.iter().filter(of_name).map(|(_, value)| value.as_str());
            values.filter(|value| !value.is_empty() && !value.eq_ignore_ascii_case("unknown"))
        };
        if let Some(text) = values("License-Expression").next() {
            return Self::of_text(text);
        }
        let free = values("License").next();
        let named = free.filter(|text| text.len() <= LONGEST_NAME).map(Self::of_text);
        if let Some(known) = named.as_ref().filter(|known| known.expression.is_some()) {
            return known.clone();
        }
        let classified: Vec<&str> = values("Classifier").filter_map(|it| it.strip_prefix("License :: ")).collect();
        let classified = Self::of_classifiers(&classified);
        if !classified.is_unknown() {
            return classified;
        }
        named.or_else(|| free.map(Self::of_beginning)).unwrap_or_default()
    }

    /// What one text says: an expression, a well-known name, or any other name.
    pub fn of_text(text: &str) -> Self {
        if parse(text).is_some() {
            return Self { expression: Some(text.to_owned()), names: Vec::new() };
        }
        let lower = text.trim_end_matches('.').to_lowercase();
        match NAMES.iter().find(|(name, _)| *name == lower) {
            Some((_, id)) => Self { expression: Some((*id).to_owned()), names: Vec::new() },
            None => Self { expression: None, names: vec![text.to_owned()] },
        }
    }

    /// A text that is too long for a name: what it begins with.
    fn of_beginning(text: &str) -> Self {
        let beginning: String = text.chars().take(LONGEST_NAME / 2).collect();
        Self { expression: None, names: vec![format!("{}…", beginning.trim_end())] }
    }

    fn of_classifiers(classifiers: &[&str]) -> Self {
        // `OSI Approved` alone says nothing but that.
        let told: Vec<&str> = classifiers
            .iter()
            .map(|it| it.trim_start_matches("OSI Approved :: "))
            .filter(|it| *it != "OSI Approved")
            .collect();
        let id = |name: &&str| CLASSIFIERS.iter().find(|(classifier, _)| classifier == name).map(|(_, id)| *id);
        if let [only] = told[..]
            && let Some(id) = id(&only)
        {
            return Self { expression: Some(id.to_owned()), names: Vec::new() };
        }
        let names = told.iter().map(|name| id(name).unwrap_or(name).to_owned()).collect();
        Self { expression: None, names }
    }

    /// The SPDX expression, when the metadata has one or names one licence of the SPDX list without doubt.
    pub fn expression(&self) -> Option<&str> {
        self.expression.as_deref()
    }

    /// Whether the metadata says nothing about it.
    pub fn is_unknown(&self) -> bool {
        self.expression.is_none() && self.names.is_empty()
    }
}

impl fmt::Display for License {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.expression {
            Some(expression) => f.write_str(expression),
            None if self.names.is_empty() => f.write_str("unknown"),
            None => f.write_str(&self.names.join(", ")),
        }
    }
}

/// An expression of identifiers that the SPDX list has, or of the user's own (`LicenseRef-…`).
fn parse(text: &str) -> Option<spdx::Expression> {
    let mode = spdx::ParseMode { allow_deprecated: true, ..spdx::ParseMode::STRICT };
    spdx::Expression::parse_mode(text, mode).ok()
}

/// Whether an identifier stands alone on the SPDX list.
pub(super) fn is_identifier(text: &str) -> bool {
    spdx::license_id(text).is_some_and(|id| id.name == text)
}

impl License {
    /// The SPDX identifier, when the expression is nothing else.
    pub fn identifier(&self) -> Option<&str> {
        self.expression().filter(|text| is_identifier(text))
    }

    /// Names that are identifiers of the SPDX list, and whether they are.
    pub fn named(&self) -> impl Iterator<Item = (&str, bool)> {
        self.names.iter().map(|name| (name.as_str(), is_identifier(name)))
    }

    /// References of the expression to licences that stand on no list (`LicenseRef-…`).
    pub fn references(&self) -> Vec<String> {
        let Some(expression) = self.expression().and_then(parse) else { return Vec::new() };
        let all = expression.requirements().map(|it| it.req.license.to_string());
        all.filter(|name| name.starts_with("LicenseRef-")).collect()
    }
}

/// A pattern of licences that are not wanted, such as `GPL-*`; letters in any case.
#[derive(Clone, Debug)]
pub struct LicensePattern {
    text: String,
    glob: GlobMatcher,
}

impl LicensePattern {
    /// Parses a pattern. `unknown` is the licence of a distribution that names none.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let glob: Result<Glob, _> = GlobBuilder::new(text.trim()).case_insensitive(true).build();
        let glob = glob.map_err(|error| format!("`{text}` is not a pattern: {}", error.kind()))?;
        Ok(Self { text: text.trim().to_owned(), glob: glob.compile_matcher() })
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn takes(&self, name: &str) -> bool {
        self.glob.is_match(name)
    }
}

impl License {
    /// Whether some of these patterns rule the licence out. An expression with a choice (`OR`) is ruled out when each
    /// of its choices is; of several names, each counts.
    pub fn is_denied(&self, patterns: &[LicensePattern]) -> bool {
        let is_denied = |name: &str| patterns.iter().any(|pattern| pattern.takes(name));
        if self.is_unknown() {
            return is_denied("unknown");
        }
        match self.expression().and_then(|text| Some((text, parse(text)?))) {
            Some((text, expression)) => {
                is_denied(text)
                    || !expression.evaluate(|requirement| {
                        !is_denied(&requirement.license.to_string()) && !is_denied(&requirement.to_string())
                    })
            }
            None => self.names.iter().any(|name| is_denied(name)),
        }
    }
}

impl fmt::Display for LicensePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{License, LicensePattern};

    fn of(metadata: &str) -> License {
        License::of_metadata(format!("Metadata-Version: 2.4\nName: x\nVersion: 1\n{metadata}").as_bytes())
    }

    #[test]
    fn what_metadata_says() {
        let text = format!("License: {}\n", "Copyright the authors. ".repeat(40));
        let check = |metadata: &str, shown: &str, is_expression: bool| {
            let license = of(metadata);
            assert_eq!(
                (license.to_string().as_str(), license.expression().is_some()),
                (shown, is_expression),
                "{metadata}"
            );
        };
        check("License-Expression: MIT OR Apache-2.0\nLicense: BSD\n", "MIT OR Apache-2.0", true);
        check("License-Expression: Apache-2.0 WITH LLVM-exception\n", "Apache-2.0 WITH LLVM-exception", true);
        check("License-Expression: LicenseRef-Own\n", "LicenseRef-Own", true);
        check("License-Expression: our own\n", "our own", false);
        check("License: MIT\n", "MIT", true);
        check("License: The MIT License\nClassifier: License :: OSI Approved :: BSD License\n", "MIT", true);
        check("License: BSD\nClassifier: License :: OSI Approved :: BSD License\n", "BSD License", false);
        check("License: Dual\nClassifier: License :: OSI Approved :: MIT License\n", "MIT", true);
        check("License: UNKNOWN\nClassifier: License :: OSI Approved\n", "unknown", false);
        let two = "Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: OSI Approved :: Apache Software License\n";
        check(two, "MIT, Apache Software License", false);
        check("License: As you like it\n", "As you like it", false);
        check(&text, "Copyright the authors. Copyright the authors. Copy…", false);
        check(&format!("{text}Classifier: License :: OSI Approved :: ISC License (ISCL)\n"), "ISC", true);
        check("", "unknown", false);
        check("Name: x\n\nLicense: MIT\n", "unknown", false);
    }

    #[test]
    fn what_is_denied() {
        let check = |metadata: &str, patterns: &[&str], denied: bool| {
            let patterns: Vec<LicensePattern> = patterns.iter().map(|it| LicensePattern::parse(it).unwrap()).collect();
            assert_eq!(of(metadata).is_denied(&patterns), denied, "{metadata} {patterns:?}");
        };
        check("License-Expression: GPL-3.0-or-later\n", &["gpl-*"], true);
        check("License-Expression: LGPL-3.0-or-later\n", &["GPL-*"], false);
        check("License-Expression: MIT OR GPL-3.0-only\n", &["GPL-*"], false);
        check("License-Expression: MIT AND GPL-3.0-only\n", &["GPL-*"], true);
        check("License-Expression: MIT OR GPL-3.0-only\n", &["GPL-*", "MIT"], true);
        check("License-Expression: GPL-2.0-only WITH Classpath-exception-2.0\n", &["* WITH Classpath*"], true);
        check("License-Expression: LicenseRef-Proprietary\n", &["LicenseRef-*"], true);
        let two =
            "Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: Other/Proprietary License\n";
        check(two, &["*proprietary*"], true);
        check(two, &["Apache*"], false);
        check("", &["unknown"], true);
        check("", &["GPL*"], false);
        assert!(LicensePattern::parse("[").is_err());
    }
}
