//! One comparison of a marker, as a tree that means the same to `packaging` and to the algebra of `pep508_rs`.

use std::str::FromStr;

use pep508_rs::{
    ExtraOperator, MarkerExpression, MarkerOperator, MarkerValueExtra, MarkerValueString, MarkerValueVersion,
};

use super::specifiers::parse_version_specifiers;
use super::{ExtraName, MarkerTree, Operator, Version, VersionSpecifier};

/// Longest text on the other side of `in` next to a version, whose parts are all looked at.
const MAXIMUM_VERSION_LIST: usize = 1024;

/// Most versions in such a text.
const MAXIMUM_LISTED_VERSIONS: usize = 128;

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Side {
    Version(MarkerValueVersion),
    Text(MarkerValueString),
    Extra,
    Quoted(String),
}

/// A comparison as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// One that version specifiers have as well.
    Is(Operator),
    In,
    NotIn,
}

impl Sign {
    /// The comparison with its sides exchanged.
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Is(Operator::LessThan) => Self::Is(Operator::GreaterThan),
            Self::Is(Operator::LessThanEqual) => Self::Is(Operator::GreaterThanEqual),
            Self::Is(Operator::GreaterThan) => Self::Is(Operator::LessThan),
            Self::Is(Operator::GreaterThanEqual) => Self::Is(Operator::LessThanEqual),
            other => other,
        }
    }
}

/// A version compared with a text.
pub(super) fn version_tree(key: MarkerValueVersion, sign: Sign, value: &str) -> Result<MarkerTree, String> {
    let operator = match sign {
        Sign::In => return version_list_tree(&key, value, false),
        Sign::NotIn => return version_list_tree(&key, value, true),
        Sign::Is(Operator::ExactEqual) => {
            let version = Version::from_str(value).ok();
            let version = version.filter(|it| it.to_string() == value && is_whole_value(&key, it));
            return Ok(version.map_or(MarkerTree::FALSE, |version| equal_tree(key, version)));
        }
        Sign::Is(operator) => operator,
    };
    let not_a_version = |why: &str| format!("`{value}` cannot be compared with `{key}`: {why}");
    let specifiers =
        parse_version_specifiers(&format!("{operator}{value}")).map_err(|error| not_a_version(&error.message))?;
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

/// The Pythons in whose versions a text is looked for: major version and newest minor version, that of Python 3 years
/// beyond any that there is.
const PYTHONS: [(u64, u64); 2] = [(2, 7), (3, 60)];

/// The newest patch level that is looked at.
const NEWEST_PATCH: u64 = 60;

/// Runs of versions that a comparison may come to: each takes two leaves of the tree.
const MOST_RUNS: usize = 64;

/// `"3.1" in python_version` asks for a part of the value's text, as `packaging` has it. The versions whose texts hold
/// it become ranges, one for each run of neighbours.
pub(super) fn containing_tree(key: &MarkerValueVersion, value: &str, negated: bool) -> Result<MarkerTree, String> {
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

/// True for versions from `first` on that are older than `next`.
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
        (Sign::In, false) => MarkerOperator::In,
        (Sign::NotIn, false) => MarkerOperator::NotIn,
        (Sign::In, true) => MarkerOperator::Contains,
        (Sign::NotIn, true) => MarkerOperator::NotContains,
        (Sign::Is(operator), _) => match operator {
            Operator::NotEqual | Operator::NotEqualStar => MarkerOperator::NotEqual,
            Operator::LessThan | Operator::GreaterThan => return Ok(MarkerTree::FALSE),
            Operator::TildeEqual => return Err(format!("`~=` compares versions, and `{key}` is a text")),
            Operator::ExactEqual => return Err(format!("`===` compares versions, and `{key}` is a text; use `==`")),
            _ => MarkerOperator::Equal,
        },
    };
    Ok(MarkerTree::expression(MarkerExpression::String { key, operator, value }))
}

/// `extra == "name"` and its opposite.
pub(super) fn extra_tree(sign: Sign, value: &str) -> Result<MarkerTree, String> {
    let operator = match sign {
        Sign::Is(Operator::Equal) => ExtraOperator::Equal,
        Sign::Is(Operator::NotEqual) => ExtraOperator::NotEqual,
        _ => return Err("`extra` is compared with `==` or `!=` only".to_owned()),
    };
    let name = ExtraName::from_str(value).map_err(|_| format!("`{value}` is not the name of an extra"))?;
    Ok(MarkerTree::expression(MarkerExpression::Extra { operator, name: MarkerValueExtra::Extra(name) }))
}
