//! Repair of comparisons in other people's markers that have no exact meaning (dependency specifiers, "Environment
//! markers"), as pip and uv get along with them.
//!
//! | comparison | read as |
//! |---|---|
//! | `python_version >= "3.8.*"` · `== "3.8*"` · `~= "3"` | its specifier, repaired as anywhere else |
//! | `python_version < "3.9.0rc1"` | what it says of versions of two numbers: `< "3.9"` |
//! | `platform_release >= "5"` | false, and `!=` true: no release of a kernel is promised |
//! | `sys_platform === "linux"` | `==` |
//! | `extra == ":python_version<'3'"` | false, and `!=` true: nobody can ask for such an extra |
//! | anything else | true, as in uv: a project too many does less harm than one that is missing |

use std::str::FromStr as _;

use pep508_rs::{MarkerValueString, MarkerValueVersion};

use super::comparison::{Side, Sign, text_tree, version_tree};
use super::lenient_specifiers::specifiers;
use super::{MarkerTree, Operator, Version};

/// The tree of a comparison that the strict reading refuses.
pub(super) fn comparison_tree(left: Side, sign: Sign, right: Side) -> MarkerTree {
    let tree = match (left, right) {
        (Side::Version(key), Side::Quoted(value)) => versions(&key, sign, &value),
        (Side::Quoted(value), Side::Version(key)) => versions(&key, sign.turned(), &value),
        (Side::Text(key), Side::Quoted(value)) => texts(key, sign, value, false),
        (Side::Quoted(value), Side::Text(key)) => texts(key, sign, value, true),
        (Side::Extra, Side::Quoted(_)) | (Side::Quoted(_), Side::Extra) => match sign {
            Sign::Is(Operator::Equal | Operator::ExactEqual) => Some(MarkerTree::FALSE),
            _ => None,
        },
        _ => None,
    };
    tree.unwrap_or(MarkerTree::TRUE)
}

fn versions(key: &MarkerValueVersion, sign: Sign, value: &str) -> Option<MarkerTree> {
    let Sign::Is(operator) = sign else { return None };
    let value = value.trim();
    if *key == MarkerValueVersion::PythonVersion
        && let Ok(version) = Version::from_str(value)
        && (version.is_pre() || version.is_dev() || version.is_post())
    {
        return two_numbers(operator, &version);
    }
    let specifiers = specifiers(&format!("{operator}{value}")).ok()?;
    let mut tree = MarkerTree::TRUE;
    for specifier in specifiers.iter() {
        let text = specifier.to_string();
        let value = text.trim_start_matches(['<', '>', '=', '!', '~']);
        tree.and(version_tree(key.clone(), Sign::Is(*specifier.operator()), value).ok()?);
    }
    Some(tree)
}

/// What a comparison with a pre-release, post-release or development version says of versions of two numbers.
fn two_numbers(operator: Operator, version: &Version) -> Option<MarkerTree> {
    let release = Version::new(version.release());
    let is_newer = release > *version;
    let operator = match (operator, is_newer) {
        (Operator::Equal | Operator::ExactEqual, _) => return Some(MarkerTree::FALSE),
        (Operator::NotEqual, _) => return Some(MarkerTree::TRUE),
        (Operator::GreaterThan | Operator::GreaterThanEqual, true) => Operator::GreaterThanEqual,
        (Operator::GreaterThan | Operator::GreaterThanEqual, false) => Operator::GreaterThan,
        (Operator::LessThan | Operator::LessThanEqual, true) => Operator::LessThan,
        (Operator::LessThan | Operator::LessThanEqual, false) => Operator::LessThanEqual,
        _ => return None,
    };
    version_tree(MarkerValueVersion::PythonVersion, Sign::Is(operator), &release.to_string()).ok()
}

fn texts(key: MarkerValueString, sign: Sign, value: String, turned: bool) -> Option<MarkerTree> {
    match sign {
        Sign::Is(Operator::ExactEqual) if key != MarkerValueString::PlatformRelease => {
            text_tree(key, Sign::Is(Operator::Equal), value, turned).ok()
        }
        Sign::Is(Operator::NotEqual) => Some(MarkerTree::TRUE),
        _ if key == MarkerValueString::PlatformRelease => Some(MarkerTree::FALSE),
        _ => None,
    }
}
