//! The options that may stand in a requirements file, and reading them
//! (pip documentation, "Requirements File Format", "Supported options"; Python's `optparse` for the spelling).
//!
//! A long option may be shortened as far as it stays unique, takes its value after `=` or as the next word;
//! a short one takes it attached or as the next word.

use super::shell::{Word, split_words};
use crate::spec::SyntaxError;

/// An option of requirements files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OptionName {
    IndexUrl,
    ExtraIndexUrl,
    NoIndex,
    Constraint,
    Requirement,
    Editable,
    FindLinks,
    NoBinary,
    OnlyBinary,
    PreferBinary,
    RequireHashes,
    NoRequireHashes,
    Pre,
    AllReleases,
    OnlyFinal,
    TrustedHost,
    UseFeature,
    Hash,
    ConfigSettings,
}

/// Long spelling, option, whether it takes a value. `--pypi-url` is an old name that pip still takes.
const LONG: [(&str, OptionName, bool); 20] = [
    ("--index-url", OptionName::IndexUrl, true),
    ("--pypi-url", OptionName::IndexUrl, true),
    ("--extra-index-url", OptionName::ExtraIndexUrl, true),
    ("--no-index", OptionName::NoIndex, false),
    ("--constraint", OptionName::Constraint, true),
    ("--requirement", OptionName::Requirement, true),
    ("--editable", OptionName::Editable, true),
    ("--find-links", OptionName::FindLinks, true),
    ("--no-binary", OptionName::NoBinary, true),
    ("--only-binary", OptionName::OnlyBinary, true),
    ("--prefer-binary", OptionName::PreferBinary, false),
    ("--require-hashes", OptionName::RequireHashes, false),
    ("--no-require-hashes", OptionName::NoRequireHashes, false),
    ("--pre", OptionName::Pre, false),
    ("--all-releases", OptionName::AllReleases, true),
    ("--only-final", OptionName::OnlyFinal, true),
    ("--trusted-host", OptionName::TrustedHost, true),
    ("--use-feature", OptionName::UseFeature, true),
    ("--hash", OptionName::Hash, true),
    ("--config-settings", OptionName::ConfigSettings, true),
];

/// Short spelling and option; each takes a value.
const SHORT: [(char, OptionName); 6] = [
    ('i', OptionName::IndexUrl),
    ('c', OptionName::Constraint),
    ('r', OptionName::Requirement),
    ('e', OptionName::Editable),
    ('f', OptionName::FindLinks),
    ('C', OptionName::ConfigSettings),
];

impl OptionName {
    /// Its long spelling.
    pub(super) fn long(self) -> &'static str {
        LONG.into_iter().find(|(_, name, _)| *name == self).map_or("", |(long, _, _)| long)
    }
}

/// One use of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OptionUse {
    /// Which option.
    pub(super) name: OptionName,
    /// Its value; empty when it takes none.
    pub(super) value: String,
    /// Byte offset of the option in the text.
    pub(super) at: usize,
    /// Byte offset after the option and its value.
    pub(super) end: usize,
    /// Byte offset where the value starts.
    pub(super) value_at: usize,
}

impl OptionUse {
    pub(super) fn value_length(&self) -> usize {
        self.end - self.value_at
    }

    /// An error over the option and its value.
    pub(super) fn wrong(&self, message: &str) -> SyntaxError {
        SyntaxError::new(self.at, self.end - self.at, message)
    }

    /// An error over the value alone.
    pub(super) fn wrong_value(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError::new(self.value_at, self.value_length(), message)
    }
}

/// The options of a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Options {
    /// Options in order.
    pub(super) uses: Vec<OptionUse>,
    /// Words that belong to no option.
    pub(super) stray: Vec<Word>,
}

impl Options {
    /// The uses of one option.
    pub(super) fn of(&self, name: OptionName) -> impl Iterator<Item = &OptionUse> {
        self.uses.iter().filter(move |option| option.name == name)
    }
}

/// Where the options of a line start: at the first space-separated word that starts with `-`.
///
/// What stands before is a requirement, in which quotes belong to markers.
pub(super) fn options_start(line: &str) -> usize {
    if line.starts_with('-') {
        return 0;
    }
    line.match_indices(" -").map(|(at, _)| at + 1).next().unwrap_or(line.len())
}

/// Reads options.
pub(super) fn parse_options(text: &str) -> Result<Options, SyntaxError> {
    let mut words = split_words(text)?.into_iter();
    let mut options = Options::default();
    while let Some(word) = words.next() {
        if word.text == "--" {
            options.stray.extend(words);
            break;
        }
        if !word.text.starts_with('-') || word.text == "-" {
            options.stray.push(word);
            continue;
        }
        let (name, attached) = recognise(&word)?;
        let takes_value = LONG.iter().any(|(_, known, takes)| *known == name && *takes);
        let option = match (takes_value, attached) {
            (false, None) => OptionUse { name, value: String::new(), at: word.at, end: word.end, value_at: word.end },
            (false, Some(_)) => {
                return Err(SyntaxError::new(word.at, word.end - word.at, format!("`{}` takes no value", name.long())));
            }
            (true, Some(value)) => {
                // The value's own place is exact as long as neither quotes nor escapes are in the word.
                let value_at = (word.end - value.len().min(word.end - word.at)).max(word.at);
                OptionUse { name, value, at: word.at, end: word.end, value_at }
            }
            (true, None) => match words.next() {
                Some(value) => OptionUse { name, value: value.text, at: word.at, end: value.end, value_at: value.at },
                None => {
                    return Err(
                        SyntaxError::new(word.end, 0, format!("`{}` needs a value", name.long())).expected("a value")
                    );
                }
            },
        };
        options.uses.push(option);
    }
    Ok(options)
}

/// Which option a word is, and the value attached to it.
fn recognise(word: &Word) -> Result<(OptionName, Option<String>), SyntaxError> {
    let wrong = |message: String| SyntaxError::new(word.at, word.end - word.at, message);
    if !word.text.starts_with("--") {
        let letter = word.text[1..].chars().next().unwrap_or('-');
        let Some((_, name)) = SHORT.into_iter().find(|(short, _)| *short == letter) else {
            return Err(unknown(&word.text, wrong(format!("`-{letter}` is not an option of requirements files"))));
        };
        let attached = &word.text[1 + letter.len_utf8()..];
        return Ok((name, (!attached.is_empty()).then(|| attached.to_owned())));
    }
    let (long, attached) = match word.text.split_once('=') {
        Some((long, value)) => (long, Some(value.to_owned())),
        None => (word.text.as_str(), None),
    };
    if let Some((_, name, _)) = LONG.into_iter().find(|(known, _, _)| *known == long) {
        return Ok((name, attached));
    }
    let mut candidates = LONG.into_iter().filter(|(known, _, _)| known.starts_with(long));
    match (candidates.next(), candidates.next()) {
        (Some((_, name, _)), None) => Ok((name, attached)),
        (Some((first, ..)), Some((second, ..))) => {
            Err(wrong(format!("`{long}` is ambiguous")).expected(format!("`{first}`, `{second}`, …")))
        }
        (None, _) => Err(unknown(long, wrong(format!("`{long}` is not an option of requirements files")))),
    }
}

fn unknown(option: &str, error: SyntaxError) -> SyntaxError {
    /// Options of pip's command line that people write into files.
    const COMMAND_LINE: [&str; 22] = [
        "-U",
        "-t",
        "-q",
        "-v",
        "-h",
        "-I",
        "--upgrade",
        "--user",
        "--target",
        "--no-deps",
        "--no-cache-dir",
        "--quiet",
        "--platform",
        "--python-version",
        "--force-reinstall",
        "--no-build-isolation",
        "--proxy",
        "--cert",
        "--timeout",
        "--retries",
        "--index-strategy",
        "--no-build",
    ];
    match option {
        "--global-option" | "--install-option" | "--build-option" => error
            .hint("it hands arguments to `setup.py`, which builds no longer run; use `--config-settings KEY=VALUE`"),
        "--process-dependency-links"
        | "--allow-external"
        | "--allow-unverified"
        | "--allow-all-external"
        | "-Z"
        | "--always-unzip"
        | "--use-wheel"
        | "--no-use-wheel" => error.hint("pip has removed it; delete the line"),
        "-m" => error.hint("a requirements file holds requirements, not commands"),
        _ if COMMAND_LINE.contains(&option) => error.hint("give it on the command line instead"),
        _ if option.starts_with("--") => error,
        _ => error.hint("one requirement stands on a line, without a dash before it"),
    }
}
