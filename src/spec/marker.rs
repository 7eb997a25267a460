//! Reading environment markers (PyPA specification "Dependency specifiers", "Environment markers"), strictly.
//!
//! A marker becomes a tree of `pep508_rs`, whose algebra compares versions as `packaging` does, but texts by their
//! order and versions in `in` lists one by one. So each comparison is put into a form that means the same in both,
//! and one that has no such form is an error: a marker never silently changes what is installed.

use std::str::FromStr;

use pep508_rs::{
    ExtraOperator, MarkerExpression, MarkerOperator, MarkerValueExtra, MarkerValueString, MarkerValueVersion,
};

use super::dependency::{Scanner, SyntaxError, parse_version_specifiers};
use super::marker_size::{FEW_COMPARISONS, MOST_COMPARISONS, is_manageable};
use super::{ExtraName, MarkerTree, Operator, Version, VersionSpecifier, lenient_marker};

/// Deepest nesting of parentheses; real markers have two or three.
const MAXIMUM_DEPTH: usize = 64;

/// Longest text on the other side of `in` next to a version, whose parts are all looked at.
const MAXIMUM_VERSION_LIST: usize = 1024;

/// Most versions in such a text.
const MAXIMUM_LISTED_VERSIONS: usize = 128;

/// Reads a marker such as `python_version < "3.13" and sys_platform != "win32"`.
///
/// # Errors
/// The first thing that is not in the grammar, or that cannot be kept without changing its meaning.
pub fn parse_marker(text: &str) -> Result<MarkerTree, SyntaxError> {
    parse_marker_at(&mut Scanner::new(text))
}

/// Reads a marker from here to the end of the text.
pub(super) fn parse_marker_at(scanner: &mut Scanner<'_>) -> Result<MarkerTree, SyntaxError> {
    let tree = parse_or(scanner, 0)?;
    scanner.skip_blanks();
    match scanner.peek() {
        None => Ok(tree),
        Some('#') => Err(scanner.wrong("a comment starts after a blank").hint("put a blank before `#`")),
        Some(_) => {
            Err(scanner.wrong("the marker goes on in a way that is not understood").expected("`and`, `or` or the end"))
        }
    }
}

fn parse_or(scanner: &mut Scanner<'_>, depth: usize) -> Result<MarkerTree, SyntaxError> {
    let mut tree = parse_and(scanner, depth)?;
    while eat_word(scanner, "or") {
        tree.or(parse_and(scanner, depth)?);
        check_size(scanner, &tree)?;
    }
    Ok(tree)
}

fn parse_and(scanner: &mut Scanner<'_>, depth: usize) -> Result<MarkerTree, SyntaxError> {
    let mut tree = parse_atom(scanner, depth)?;
    while eat_word(scanner, "and") {
        tree.and(parse_atom(scanner, depth)?);
        check_size(scanner, &tree)?;
    }
    Ok(tree)
}

/// Refuses a marker that has grown too large to be worked with.
fn check_size(scanner: &Scanner<'_>, tree: &MarkerTree) -> Result<(), SyntaxError> {
    if scanner.comparisons > FEW_COMPARISONS && (scanner.comparisons > MOST_COMPARISONS || !is_manageable(tree)) {
        return Err(scanner.wrong("the marker distinguishes too many cases"));
    }
    Ok(())
}

fn parse_atom(scanner: &mut Scanner<'_>, depth: usize) -> Result<MarkerTree, SyntaxError> {
    scanner.skip_blanks();
    let open = scanner.at;
    if !scanner.eat('(') {
        return parse_comparison(scanner);
    }
    if depth == MAXIMUM_DEPTH {
        return Err(SyntaxError::new(open, 1, format!("parentheses are nested more than {MAXIMUM_DEPTH} deep")));
    }
    let tree = parse_or(scanner, depth + 1)?;
    scanner.skip_blanks();
    if scanner.eat(')') {
        return Ok(tree);
    }
    Err(match scanner.peek() {
        None => SyntaxError::new(open, 1, "this `(` is never closed").expected("`)`"),
        Some(_) => scanner.wrong("the marker goes on in a way that is not understood").expected("`and`, `or` or `)`"),
    })
}

/// A word that is not part of a longer one.
fn eat_word(scanner: &mut Scanner<'_>, word: &str) -> bool {
    scanner.skip_blanks();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let Some(after) = scanner.rest().strip_prefix(word) else { return false };
    let alone = !after.chars().next().is_some_and(is_part) && !scanner.before().is_some_and(is_part);
    if alone {
        scanner.at += word.len();
    }
    alone
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Side {
    Version(MarkerValueVersion),
    Text(MarkerValueString),
    Extra,
    Quoted(String),
}

fn parse_comparison(scanner: &mut Scanner<'_>) -> Result<MarkerTree, SyntaxError> {
    scanner.skip_blanks();
    let start = scanner.at;
    scanner.comparisons += 1;
    let left = parse_side(scanner)?;
    scanner.skip_blanks();
    let comparison = parse_comparison_sign(scanner)?;
    scanner.skip_blanks();
    let right = parse_side(scanner)?;
    let length = scanner.at - start;
    if !scanner.repairs_markers {
        return comparison_tree(left, comparison, right, start, length);
    }
    let strict = comparison_tree(left.clone(), comparison, right.clone(), start, length);
    strict.or_else(|_| Ok(lenient_marker::comparison_tree(left, comparison, right)))
}

/// The tree of a comparison that takes up `length` bytes at `start`.
fn comparison_tree(
    left: Side,
    comparison: Sign,
    right: Side,
    start: usize,
    length: usize,
) -> Result<MarkerTree, SyntaxError> {
    let wrong = |message: String| SyntaxError::new(start, length, message);
    match (left, right) {
        (Side::Version(key), Side::Quoted(value)) => version_tree(key, comparison, &value).map_err(wrong),
        (Side::Quoted(value), Side::Version(key)) => match comparison {
            Sign::In | Sign::NotIn => containing_tree(&key, &value, comparison == Sign::NotIn).map_err(wrong),
            Sign::Compatible => Err(wrong(format!("`~=` needs `{key}` on its left side"))),
            other => version_tree(key, other.turned(), &value).map_err(wrong),
        },
        (Side::Text(key), Side::Quoted(value)) => text_tree(key, comparison, value, false).map_err(wrong),
        (Side::Quoted(value), Side::Text(key)) => text_tree(key, comparison, value, true).map_err(wrong),
        (Side::Extra, Side::Quoted(value)) | (Side::Quoted(value), Side::Extra) => {
            extra_tree(comparison, &value).map_err(wrong)
        }
        (Side::Quoted(_), Side::Quoted(_)) => {
            Err(wrong("two texts are compared, which says nothing about the environment".into())
                .expected("a variable on one side"))
        }
        _ => Err(wrong("two variables are compared with each other".into()).expected("a quoted text on one side")),
    }
}

fn parse_side(scanner: &mut Scanner<'_>) -> Result<Side, SyntaxError> {
    let at = scanner.at;
    if let Some(quote @ ('"' | '\'')) = scanner.peek() {
        scanner.eat(quote);
        let value = scanner.take_while(|c| c != quote);
        if !scanner.eat(quote) {
            return Err(SyntaxError::new(at, 1, "this quote is never closed").expected(format!("`{quote}`")));
        }
        if value.contains('\\') || (!scanner.repairs_markers && value.contains(['"', '\''])) {
            return Err(SyntaxError::new(
                at,
                value.len() + 2,
                "escapes and quotes inside a quoted text are not supported",
            ));
        }
        // No variable has a value with quotes. What takes their place makes no difference either, and lets the marker be
        // printed, which is always done with the same quotes.
        return Ok(Side::Quoted(value.replace(['"', '\''], "`")));
    }
    let word = scanner.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    Ok(match word {
        "python_version" => Side::Version(MarkerValueVersion::PythonVersion),
        "python_full_version" => Side::Version(MarkerValueVersion::PythonFullVersion),
        "implementation_version" => Side::Version(MarkerValueVersion::ImplementationVersion),
        "implementation_name" => Side::Text(MarkerValueString::ImplementationName),
        "os_name" | "os.name" => Side::Text(MarkerValueString::OsName),
        "platform_machine" | "platform.machine" => Side::Text(MarkerValueString::PlatformMachine),
        "platform_python_implementation" | "platform.python_implementation" | "python_implementation" => {
            Side::Text(MarkerValueString::PlatformPythonImplementation)
        }
        "platform_release" => Side::Text(MarkerValueString::PlatformRelease),
        "platform_system" => Side::Text(MarkerValueString::PlatformSystem),
        "platform_version" | "platform.version" => Side::Text(MarkerValueString::PlatformVersion),
        "sys_platform" | "sys.platform" => Side::Text(MarkerValueString::SysPlatform),
        "extra" => Side::Extra,
        _ => {
            scanner.at = at;
            return Err(unknown_side(scanner, at, word));
        }
    })
}

fn unknown_side(scanner: &Scanner<'_>, at: usize, word: &str) -> SyntaxError {
    let expected = "a quoted text, or a variable such as `python_version`, `sys_platform` or `platform_machine`";
    let error = match word {
        "" if scanner.peek().is_none() => SyntaxError::new(at, 0, "the marker ends too early"),
        "" => scanner.wrong("neither a variable nor a quoted text stands here"),
        "extras" | "dependency_groups" => {
            SyntaxError::new(at, word.len(), format!("`{word}` has a meaning in lock files only"))
        }
        _ if word.starts_with(|c: char| c.is_ascii_digit()) => {
            SyntaxError::new(at, word.len(), "a value in a marker stands in quotes").hint(format!("write `\"{word}\"`"))
        }
        _ => SyntaxError::new(at, word.len(), format!("`{word}` is neither a marker variable nor a quoted text")).hint(
            format!("a value is written in quotes: `\"{word}\"`; another requirement stands on a line of its own"),
        ),
    };
    error.expected(expected)
}

/// A comparison as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Compatible,
    Identical,
    In,
    NotIn,
}

impl Sign {
    /// The comparison with its sides exchanged.
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
            other => other,
        }
    }

    /// The comparison that a version specifier writes so.
    pub(super) fn of(text: &str) -> Option<Self> {
        SIGNS.into_iter().find(|(sign, _)| *sign == text).map(|(_, sign)| sign)
    }

    /// The comparison as a version specifier has it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Compatible => "~=",
            Self::Identical => "===",
            Self::In => "in",
            Self::NotIn => "not in",
        }
    }
}

const SIGNS: [(&str, Sign); 8] = [
    ("===", Sign::Identical),
    ("==", Sign::Equal),
    ("~=", Sign::Compatible),
    ("!=", Sign::NotEqual),
    ("<=", Sign::LessEqual),
    (">=", Sign::GreaterEqual),
    ("<", Sign::Less),
    (">", Sign::Greater),
];

fn parse_comparison_sign(scanner: &mut Scanner<'_>) -> Result<Sign, SyntaxError> {
    if let Some((text, sign)) = SIGNS.into_iter().find(|(text, _)| scanner.rest().starts_with(text)) {
        scanner.at += text.len();
        return Ok(sign);
    }
    if eat_word(scanner, "in") {
        return Ok(Sign::In);
    }
    if eat_word(scanner, "not") {
        if scanner.peek().is_some_and(|c| matches!(c, ' ' | '\t')) && eat_word(scanner, "in") {
            return Ok(Sign::NotIn);
        }
        return Err(scanner.wrong("`not` stands only before `in`").expected("`not in`"));
    }
    let error = match scanner.peek() {
        None => scanner.wrong("the marker ends before a comparison"),
        Some(_) => scanner.wrong("there is no comparison here"),
    };
    let error = if scanner.rest().starts_with('=') { error.hint("write `==`") } else { error };
    Err(error.expected("one of `==`, `!=`, `<`, `<=`, `>`, `>=`, `~=`, `in`, `not in`"))
}

pub(super) fn version_tree(key: MarkerValueVersion, sign: Sign, value: &str) -> Result<MarkerTree, String> {
    match sign {
        Sign::In => return version_list_tree(&key, value, false),
        Sign::NotIn => return version_list_tree(&key, value, true),
        Sign::Identical => {
            let tree = match Version::from_str(value) {
                Ok(version) if version.to_string() == value && is_whole_value(&key, &version) => {
                    equal_tree(key, version)
                }
                _ => MarkerTree::FALSE,
            };
            return Ok(tree);
        }
        _ => {}
    }
    let text = sign.text();
    let not_a_version = |why: &str| format!("`{value}` cannot be compared with `{key}`: {why}");
    let specifiers =
        parse_version_specifiers(&format!("{text}{value}")).map_err(|error| not_a_version(&error.message))?;
    let [specifier] = &*specifiers else { return Err(not_a_version("it is not one version")) };
    let version = specifier.version();
    if version.release().iter().any(|&number| u32::try_from(number).is_err()) {
        return Err(not_a_version("a number in it is too large"));
    }
    if version.epoch() != 0 || version.is_local() {
        return Err(not_a_version("Python has neither epochs nor local versions"));
    }
    let only_release = !version.is_pre() && !version.is_post() && !version.is_dev();
    if key == MarkerValueVersion::PythonVersion && !only_release {
        return Err(not_a_version("`python_version` has two numbers only; use `python_full_version`"));
    }
    // Nothing is older than version 0; this is how a marker that is never true is printed.
    if *specifier.operator() == Operator::LessThan
        && version.release().iter().all(|&number| number == 0)
        && only_release
    {
        return Ok(MarkerTree::FALSE);
    }
    if *specifier.operator() != Operator::TildeEqual {
        return Ok(version_leaf(key, specifier.clone()));
    }
    // `~=3.8.1` is `>=3.8.1` and `==3.8.*`. Written out, because the tree drops trailing zeros before it looks.
    let release = version.release();
    let family = Version::new(&release[..release.len() - 1]);
    let mut tree = version_leaf(key.clone(), VersionSpecifier::greater_than_equal_version(version.clone()));
    tree.and(version_leaf(key, VersionSpecifier::equals_star_version(family)));
    Ok(tree)
}

fn version_leaf(key: MarkerValueVersion, specifier: VersionSpecifier) -> MarkerTree {
    MarkerTree::expression(MarkerExpression::Version { key, specifier })
}

pub(super) fn equal_tree(key: MarkerValueVersion, version: Version) -> MarkerTree {
    version_leaf(key, VersionSpecifier::equals_version(version))
}

/// Whether the variable can have exactly this text: `python_version` is two numbers, the others at least three.
fn is_whole_value(key: &MarkerValueVersion, version: &Version) -> bool {
    let numbers = version.release().len();
    let plain = version.epoch() == 0 && !version.is_local() && !version.is_post() && !version.is_dev();
    let small = version.release().iter().all(|&number| u32::try_from(number).is_ok());
    match key {
        MarkerValueVersion::PythonVersion => plain && small && numbers == 2 && !version.is_pre(),
        MarkerValueVersion::PythonFullVersion | MarkerValueVersion::ImplementationVersion => {
            plain && small && numbers == 3
        }
    }
}

/// `python_version in "3.8 3.9"` asks whether the value is a part of the text, whatever separates versions there.
/// Every part that the value could be becomes one comparison, so that `"3.10"` holds 3.1 too, as it does in pip.
fn version_list_tree(key: &MarkerValueVersion, value: &str, negated: bool) -> Result<MarkerTree, String> {
    if value.len() > MAXIMUM_VERSION_LIST {
        return Err(format!("the list that `{key}` is looked for in is too long"));
    }
    let mut versions = Vec::new();
    let digit_starts = value.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at);
    for start in digit_starts {
        let rest = &value[start..];
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
        for end in 1..=length {
            let Ok(version) = Version::from_str(&rest[..end]) else { continue };
            if version.to_string() == rest[..end] && is_whole_value(key, &version) && !versions.contains(&version) {
                if versions.len() == MAXIMUM_LISTED_VERSIONS {
                    return Err(format!("the list that `{key}` is looked for in has too many versions"));
                }
                versions.push(version);
            }
        }
    }
    let mut tree = MarkerTree::FALSE;
    for version in versions {
        tree.or(equal_tree(key.clone(), version));
    }
    Ok(if negated { tree.negate() } else { tree })
}

/// The Pythons in whose versions a text is looked for: major version and newest minor version, that of Python 3 years beyond any
/// that there is.
const PYTHONS: [(u64, u64); 2] = [(2, 7), (3, 60)];

/// The newest patch level that is looked at.
const NEWEST_PATCH: u64 = 60;

/// Runs of versions that a comparison may come to: each takes two leaves of the tree.
const MOST_RUNS: usize = 64;

/// `"3.1" in python_version` asks for a part of the value's text, as `packaging` has it. The versions whose texts hold it become
/// ranges, one for each run of neighbours.
fn containing_tree(key: &MarkerValueVersion, value: &str, negated: bool) -> Result<MarkerTree, String> {
    let holds = |(version, _): &(Vec<u64>, Vec<u64>)| {
        let numbers: Vec<String> = version.iter().map(u64::to_string).collect();
        numbers.join(".").contains(value)
    };
    let values = values_of(key);
    let runs: Vec<_> = values.chunk_by(|one, other| holds(one) == holds(other)).filter(|run| holds(&run[0])).collect();
    if runs.len() > MOST_RUNS {
        return Err(format!("`{value}` is a part of too many values of `{key}`"));
    }
    let mut tree = MarkerTree::FALSE;
    for run in runs {
        let [(first, _), .., (_, next)] = run else {
            let (only, next) = &run[0];
            tree.or(range_tree(key, only, next));
            continue;
        };
        tree.or(range_tree(key, first, next));
    }
    Ok(if negated { tree.negate() } else { tree })
}

/// From the first version to before the second.
fn range_tree(key: &MarkerValueVersion, first: &[u64], next: &[u64]) -> MarkerTree {
    let mut tree = version_leaf(key.clone(), VersionSpecifier::greater_than_equal_version(Version::new(first)));
    tree.and(version_leaf(key.clone(), VersionSpecifier::less_than_version(Version::new(next))));
    tree
}

/// Every value that a variable can have, in order, each with the version that comes next.
fn values_of(key: &MarkerValueVersion) -> Vec<(Vec<u64>, Vec<u64>)> {
    let has_patch = *key != MarkerValueVersion::PythonVersion;
    let mut values = Vec::new();
    for (major, newest) in PYTHONS {
        for minor in 0..=newest {
            let next = if minor == newest { vec![major + 1] } else { vec![major, minor + 1] };
            if !has_patch {
                values.push((vec![major, minor], next));
                continue;
            }
            for patch in 0..=NEWEST_PATCH {
                let next = if patch == NEWEST_PATCH { next.clone() } else { vec![major, minor, patch + 1] };
                values.push((vec![major, minor, patch], next));
            }
        }
    }
    values
}

/// A comparison with a text. `packaging` knows no order of texts: `<` and `>` are never true, `<=` and `>=` mean `==`.
pub(super) fn text_tree(key: MarkerValueString, sign: Sign, value: String, turned: bool) -> Result<MarkerTree, String> {
    if key == MarkerValueString::PlatformRelease
        && !matches!(sign, Sign::In | Sign::NotIn)
        && Version::from_str(value.strip_suffix(".*").unwrap_or(&value)).is_ok()
    {
        return Err("`platform_release` is the kernel's version, which differs between Lambda hosts".to_owned());
    }
    let operator = match (sign, turned) {
        (Sign::Equal | Sign::LessEqual | Sign::GreaterEqual, _) => MarkerOperator::Equal,
        (Sign::NotEqual, _) => MarkerOperator::NotEqual,
        (Sign::Less | Sign::Greater, _) => return Ok(MarkerTree::FALSE),
        (Sign::Compatible, _) => return Err(format!("`~=` compares versions, and `{key}` is a text")),
        (Sign::Identical, _) => return Err(format!("`===` compares versions, and `{key}` is a text; use `==`")),
        (Sign::In, false) => MarkerOperator::In,
        (Sign::NotIn, false) => MarkerOperator::NotIn,
        (Sign::In, true) => MarkerOperator::Contains,
        (Sign::NotIn, true) => MarkerOperator::NotContains,
    };
    Ok(MarkerTree::expression(MarkerExpression::String { key, operator, value }))
}

fn extra_tree(sign: Sign, value: &str) -> Result<MarkerTree, String> {
    let operator = match sign {
        Sign::Equal => ExtraOperator::Equal,
        Sign::NotEqual => ExtraOperator::NotEqual,
        _ => return Err("`extra` is compared with `==` or `!=` only".to_owned()),
    };
    let name = ExtraName::from_str(value).map_err(|_| format!("`{value}` is not the name of an extra"))?;
    Ok(MarkerTree::expression(MarkerExpression::Extra { operator, name: MarkerValueExtra::Extra(name) }))
}
