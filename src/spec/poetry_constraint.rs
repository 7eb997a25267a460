//! Poetry's language of version constraints (Poetry documentation, "Dependency specification").
//!
//! `^1.2`, `~1.2`, `1.*`, a bare version, PEP 440's operators, commas or blanks between what must hold together, and
//! `||` between alternatives. The answer is in PEP 440's words.

use std::str::FromStr as _;

use super::{MarkerTree, Operator, Version, VersionSpecifier, VersionSpecifiers, parse_marker};

/// Reads a constraint: the alternatives, of which one has to hold. An alternative without specifiers takes any version.
///
/// # Errors
/// What is wrong, as a fragment.
pub(crate) fn parse_poetry_constraint(text: &str) -> Result<Vec<VersionSpecifiers>, String> {
    let alternatives = text.split("||").flat_map(|part| part.split('|'));
    alternatives.filter(|part| !part.trim().is_empty() || text.trim().is_empty()).map(alternative).collect()
}

/// The alternatives as one list of specifiers; `None` where PEP 440 cannot say it.
///
/// It can where they meet, as `^1.10 || ^2` do, and where what lies between them is one version or a few families of
/// versions: `<2 || >=3` is `!=2.*`.
pub(crate) fn one_specifier_list(mut alternatives: Vec<VersionSpecifiers>) -> Option<VersionSpecifiers> {
    if alternatives.iter().any(VersionSpecifiers::is_empty) {
        return Some(VersionSpecifiers::empty());
    }
    if alternatives.len() < 2 {
        return Some(alternatives.pop().unwrap_or_else(VersionSpecifiers::empty));
    }
    let mut bounds: Vec<Bounds> = alternatives.iter().map(Bounds::of).collect::<Option<_>>()?;
    bounds.sort_by_key(|one| one.lower.as_ref().map(|lower| (lower.version().clone(), !includes(lower))));
    let all = &bounds;
    let excluded = all.iter().enumerate().flat_map(|(at, one)| {
        let is_taken =
            move |version: &Version| all.iter().enumerate().any(|(other, it)| other != at && it.take(version));
        one.excluded.iter().filter(move |it| !is_taken(it.version())).cloned()
    });
    let excluded: Vec<VersionSpecifier> = excluded.collect();
    let mut stretches: Vec<Bounds> = Vec::new();
    for next in bounds {
        match stretches.last_mut() {
            Some(last) if last.meets(&next) => last.go_on_to(next),
            _ => stretches.push(next),
        }
    }
    let mut specifiers: Vec<VersionSpecifier> = stretches.first()?.lower.iter().cloned().collect();
    for pair in stretches.windows(2) {
        specifiers.extend(gap(pair[0].upper.as_ref()?, pair[1].lower.as_ref()?)?);
    }
    specifiers.extend(excluded);
    specifiers.extend(stretches.last()?.upper.iter().cloned());
    Some(specifiers.into_iter().collect())
}

/// The alternatives of a constraint on Python as a marker.
pub(crate) fn python_marker(alternatives: &[VersionSpecifiers]) -> Result<MarkerTree, String> {
    let mut marker = MarkerTree::FALSE;
    for alternative in alternatives {
        let clauses: Vec<String> =
            alternative.iter().map(|it| format!("python_full_version {} '{}'", it.operator(), shown(it))).collect();
        if clauses.is_empty() {
            return Ok(MarkerTree::TRUE);
        }
        marker.or(parse_marker(&clauses.join(" and ")).map_err(|error| error.message)?);
    }
    Ok(marker)
}

/// The version of a specifier, with the star that its operator may imply.
fn shown(specifier: &VersionSpecifier) -> String {
    let text = specifier.to_string();
    text.trim_start_matches(['=', '!', '<', '>', '~', ' ']).to_owned()
}

/// A single stretch of versions, but for some of them.
struct Bounds {
    lower: Option<VersionSpecifier>,
    upper: Option<VersionSpecifier>,
    excluded: Vec<VersionSpecifier>,
}

impl Bounds {
    fn of(specifiers: &VersionSpecifiers) -> Option<Self> {
        let mut bounds = Self { lower: None, upper: None, excluded: Vec::new() };
        for specifier in specifiers.iter() {
            let slot = match specifier.operator() {
                Operator::GreaterThan | Operator::GreaterThanEqual => &mut bounds.lower,
                Operator::LessThan | Operator::LessThanEqual => &mut bounds.upper,
                Operator::NotEqual => {
                    bounds.excluded.push(specifier.clone());
                    continue;
                }
                _ => return None,
            };
            if slot.replace(specifier.clone()).is_some() {
                return None;
            }
        }
        Some(bounds)
    }

    fn take(&self, version: &Version) -> bool {
        let is_above =
            |it: &VersionSpecifier| if includes(it) { version >= it.version() } else { version > it.version() };
        let is_below =
            |it: &VersionSpecifier| if includes(it) { version <= it.version() } else { version < it.version() };
        let is_within = self.lower.as_ref().is_none_or(is_above) && self.upper.as_ref().is_none_or(is_below);
        is_within && self.excluded.iter().all(|it| it.version() != version)
    }

    /// Whether no version is between this stretch and one that begins at the same place or later.
    fn meets(&self, next: &Self) -> bool {
        let (Some(upper), Some(lower)) = (&self.upper, &next.lower) else { return true };
        let is_shared = upper.version() == lower.version() && (includes(upper) || includes(lower));
        upper.version() > lower.version() || is_shared
    }

    /// Goes on to the end of a stretch that it meets.
    fn go_on_to(&mut self, next: Self) {
        let end = |upper: &VersionSpecifier| (upper.version().clone(), includes(upper));
        self.upper = match (self.upper.take(), next.upper) {
            (Some(one), Some(other)) => Some(if end(&one) < end(&other) { other } else { one }),
            _ => None,
        };
    }
}

/// Whether a bound is one of the versions that it bounds.
fn includes(bound: &VersionSpecifier) -> bool {
    matches!(bound.operator(), Operator::GreaterThanEqual | Operator::LessThanEqual)
}

/// Most families of versions that are excluded one by one.
const FAMILIES_MOST: u64 = 16;

/// What excludes the versions between two stretches, and no other.
fn gap(upper: &VersionSpecifier, lower: &VersionSpecifier) -> Option<Vec<VersionSpecifier>> {
    let (from, to) = (upper.version(), lower.version());
    match (upper.operator(), lower.operator()) {
        (Operator::LessThan, Operator::GreaterThan) if from == to => {
            VersionSpecifier::from_version(Operator::NotEqual, from.clone()).ok().map(|it| vec![it])
        }
        (Operator::LessThan, Operator::GreaterThanEqual) => {
            let longest = from.release().len().max(to.release().len());
            let families = (1..=longest).find_map(|length| families(from, to, length))?;
            let excluded = |family| VersionSpecifier::from_version(Operator::NotEqualStar, family).ok();
            families.into_iter().map(excluded).collect()
        }
        _ => None,
    }
}

/// The families of versions with so many numbers that are all that is between two versions.
fn families(from: &Version, to: &Version, length: usize) -> Option<Vec<Version>> {
    let numbers = |version: &Version| -> Option<Vec<u64>> {
        let release: Vec<u64> = version.release().iter().copied().chain(std::iter::repeat(0)).take(length).collect();
        (Version::new(release.iter().copied()) == *version).then_some(release)
    };
    let (first, end) = (numbers(from)?, numbers(to)?);
    let (first_last, stem) = first.split_last()?;
    let (end_last, end_stem) = end.split_last()?;
    let count = end_last.checked_sub(*first_last)?;
    let is_near = stem == end_stem && (1..=FAMILIES_MOST).contains(&count);
    let family = |last| Version::new(stem.iter().copied().chain([last]));
    is_near.then(|| (*first_last..*end_last).map(family).collect())
}

/// One alternative: what must hold together.
fn alternative(text: &str) -> Result<VersionSpecifiers, String> {
    let mut specifiers = Vec::new();
    for part in parts(text) {
        specifiers.extend(single(&part)?);
    }
    Ok(specifiers.into_iter().collect())
}

/// The constraints of a list: between commas, or between blanks that no operator stands before.
fn parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for piece in text.split(',') {
        let mut waits = false;
        for word in piece.split_whitespace() {
            match parts.last_mut().filter(|_| waits) {
                Some(last) => last.push_str(word),
                None => parts.push(word.to_owned()),
            }
            waits = word.chars().all(is_operator);
        }
    }
    parts
}

fn is_operator(c: char) -> bool {
    matches!(c, '<' | '>' | '=' | '!' | '~' | '^')
}

fn single(text: &str) -> Result<Vec<VersionSpecifier>, String> {
    let start = text.find(|c: char| !is_operator(c)).unwrap_or(text.len());
    let (operator, rest) = text.split_at(start);
    let version_text = rest.trim().trim_start_matches(['v', 'V']);
    if version_text == "*" || version_text.eq_ignore_ascii_case("x") {
        return if operator.is_empty() || operator == "==" { Ok(Vec::new()) } else { Err(wrong(text)) };
    }
    let stem = version_text.strip_suffix(".*").or_else(|| version_text.strip_suffix(".x"));
    let version = Version::from_str(stem.unwrap_or(version_text)).map_err(|_| wrong(text))?;
    let made = |operator, version| VersionSpecifier::from_version(operator, version).map_err(|error| error.to_string());
    let between =
        |from: Version, to: Version| Ok(vec![made(Operator::GreaterThanEqual, from)?, made(Operator::LessThan, to)?]);
    if stem.is_some() {
        return match operator {
            "" | "=" | "==" => Ok(vec![made(Operator::EqualStar, version)?]),
            "!=" => Ok(vec![made(Operator::NotEqualStar, version)?]),
            "^" => between(version.clone(), caret(&version)),
            "~" => between(version.clone(), bumped(&version, version.release().len().min(2) - 1)),
            _ => Err(wrong(text)),
        };
    }
    let operator = match operator {
        "^" => return between(version.clone(), caret(&version)),
        "~" => return between(version.clone(), bumped(&version, version.release().len().min(2) - 1)),
        "" | "=" | "==" => Operator::Equal,
        "===" => Operator::ExactEqual,
        "!=" => Operator::NotEqual,
        ">" => Operator::GreaterThan,
        ">=" => Operator::GreaterThanEqual,
        "<" => Operator::LessThan,
        "<=" => Operator::LessThanEqual,
        "~=" => Operator::TildeEqual,
        _ => return Err(wrong(text)),
    };
    Ok(vec![made(operator, version)?])
}

fn wrong(text: &str) -> String {
    format!("`{text}` is not a version constraint")
}

/// The first version that `^` does not take: the leftmost number that is not zero is raised.
fn caret(version: &Version) -> Version {
    let release = version.release();
    let place = release.iter().position(|number| *number > 0).unwrap_or(release.len().saturating_sub(1));
    bumped(version, place)
}

/// The release with the number at `place` raised and all behind it left out.
fn bumped(version: &Version, place: usize) -> Version {
    let mut release: Vec<u64> = version.release().iter().copied().take(place + 1).collect();
    if let Some(last) = release.last_mut() {
        *last = last.saturating_add(1);
    }
    let epoch = version.epoch();
    // `<2` would take `2.0.dev0` neither in Poetry nor in PEP 440.
    Version::new(release).with_epoch(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match parse_poetry_constraint(text) {
            Ok(alternatives) => {
                let shown: Vec<String> = alternatives.iter().map(ToString::to_string).collect();
                shown.join(" or ").replace(' ', "").replace("or", " or ")
            }
            Err(why) => why,
        }
    }

    #[test]
    fn constraints_in_the_words_of_pep_440() {
        for (text, expected) in [
            ("^1.2.3", ">=1.2.3,<2"),
            ("^1", ">=1,<2"),
            ("^0.2.3", ">=0.2.3,<0.3"),
            ("^0.0.3", ">=0.0.3,<0.0.4"),
            ("^0.0", ">=0.0,<0.1"),
            ("^0", ">=0,<1"),
            ("~1.2.3", ">=1.2.3,<1.3"),
            ("~1.2", ">=1.2,<1.3"),
            ("~1", ">=1,<2"),
            ("~=1.2", "~=1.2"),
            ("*", ""),
            ("", ""),
            ("1.2", "==1.2"),
            ("=1.2", "==1.2"),
            ("==1.2.*", "==1.2.*"),
            ("1.*", "==1.*"),
            ("!=1.5.*", "!=1.5.*"),
            (">=1,<2", ">=1,<2"),
            (">= 1.0 , < 2", ">=1.0,<2"),
            (">=1 <2", ">=1,<2"),
            ("^1.0 || ^2.1", ">=1.0,<2 or >=2.1,<3"),
            ("<1|>=2", "<1 or >=2"),
            ("^1.0a1", ">=1.0a1,<2"),
            ("v1.2", "==1.2"),
            ("1!2.3", "==1!2.3"),
            ("^1.2.3.4", ">=1.2.3.4,<2"),
            ("latest", "`latest` is not a version constraint"),
            ("^", "`^` is not a version constraint"),
            ("=>1", "`=>1` is not a version constraint"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn alternatives_as_one_list() {
        let one = |text: &str| {
            let alternatives = parse_poetry_constraint(text).unwrap();
            one_specifier_list(alternatives).map(|list| list.to_string().replace(' ', ""))
        };
        assert_eq!(one("^1.2").as_deref(), Some(">=1.2,<2"));
        assert_eq!(one("<2 || >=3").as_deref(), Some("!=2.*"));
        assert_eq!(one(">=3 || >=1,<2").as_deref(), Some(">=1,!=2.*"));
        assert_eq!(one("<1.5 || >1.5,<2").as_deref(), Some("!=1.5,<2"));
        assert_eq!(one("<1.0 || >=1.1").as_deref(), Some("!=1.0.*"));
        assert_eq!(one("<2 || *").as_deref(), Some(""));
        assert_eq!(one("^1.10 || ^2.0").as_deref(), Some(">=1.10,<3"));
        assert_eq!(one("^2.0 || ^1.10").as_deref(), Some(">=1.10,<3"));
        assert_eq!(one("<2 || >=1").as_deref(), Some(""));
        assert_eq!(one(">1,<=2 || >2 || >=1,<1.5").as_deref(), Some(">=1"));
        assert_eq!(one(">=1,<=2 || >=1.5,<2").as_deref(), Some(">=1,<=2"));
        assert_eq!(one("<2 || >=2.3").as_deref(), Some("!=2.0.*,!=2.1.*,!=2.2.*"));
        assert_eq!(one("^1.26 || >=2.1,<4").as_deref(), Some(">=1.26,!=2.0.*,<4"));
        assert_eq!(one(">=2.30,!=2.31.0 || ^4").as_deref(), Some(">=2.30,!=2.31.0"));
        assert_eq!(one(">=2,<4,!=3.1 || ^3").as_deref(), Some(">=2,<4"));
        assert_eq!(one("<2 || >2.5"), None);
        assert_eq!(one("<2 || >=19"), None);
        assert_eq!(one("<2.0rc1 || >=3"), None);
        assert_eq!(one("1.0 || 2.0"), None);
    }

    #[test]
    fn constraints_on_python_as_markers() {
        let marker = |text: &str| {
            let marker = python_marker(&parse_poetry_constraint(text).unwrap()).unwrap();
            marker.try_to_string().unwrap_or_default()
        };
        assert_eq!(marker("*"), "");
        assert_eq!(marker("^3.9"), "python_full_version >= '3.9' and python_full_version < '4'");
        assert_eq!(marker("3.9.*"), "python_full_version == '3.9.*'");
        assert_eq!(marker("<3.8 || >=3.10"), "python_full_version < '3.8' or python_full_version >= '3.10'");
    }
}
