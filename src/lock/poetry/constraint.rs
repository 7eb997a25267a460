//! Poetry's constraints: specifiers with `^`, `~`, `*` and `||` (Poetry documentation, "Version constraints").

use crate::spec::{Version, VersionSpecifiers, lenient, read_version};

/// Reads a constraint: one of the alternatives has to take a version. `*` gives one that takes all.
///
/// # Errors
/// The part that cannot be read.
pub(super) fn parse(text: &str) -> Result<Vec<VersionSpecifiers>, String> {
    text.split("||").flat_map(|part| part.split('|')).map(alternative).collect()
}

fn alternative(text: &str) -> Result<VersionSpecifiers, String> {
    let mut terms: Vec<String> = Vec::new();
    for word in text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty()) {
        // An operator may stand apart from its version.
        match terms.last_mut() {
            Some(last) if last.ends_with(['<', '>', '=', '^', '~', '!']) => last.push_str(word),
            _ => terms.push(word.to_owned()),
        }
    }
    let specifiers: Result<Vec<String>, String> = terms.iter().map(|term| specifier(term)).collect();
    let specifiers: Vec<String> = specifiers?.into_iter().filter(|text| !text.is_empty()).collect();
    lenient::specifiers(&specifiers.join(","))
}

fn specifier(term: &str) -> Result<String, String> {
    if term == "*" {
        return Ok(String::new());
    }
    if let Some(version) = term.strip_prefix('^') {
        return below(version, |release| release.iter().position(|number| *number != 0));
    }
    if term.starts_with("~=") {
        return Ok(term.to_owned());
    }
    if let Some(version) = term.strip_prefix('~') {
        return below(version, |release| Some(1).filter(|_| release.len() > 1));
    }
    let is_bare = term.starts_with(|c: char| c.is_ascii_alphanumeric());
    let term = if is_bare { format!("=={term}") } else { term.to_owned() };
    Ok(match term.strip_prefix('=') {
        Some(version) if !version.starts_with('=') => format!("=={version}"),
        _ => term,
    })
}

/// From a version to the next one that differs at a place of its release; without a place, at its last number for a
/// release of zeros, else at its first.
fn below(text: &str, place: impl Fn(&[u64]) -> Option<usize>) -> Result<String, String> {
    let text = text.trim();
    let version = read_version(text.trim_end_matches(".*"))?;
    let release = version.release();
    let is_zero = release.iter().all(|number| *number == 0);
    let place = place(release).unwrap_or(if is_zero { release.len() - 1 } else { 0 });
    let mut next: Vec<u64> = release[..=place].to_vec();
    next[place] += 1;
    Ok(format!(">={version},<{}", Version::new(next)))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn constraints_become_specifiers() {
        for (text, expected) in [
            ("*", ""),
            ("^1.2.3", ">=1.2.3, <2"),
            ("^0.2.3", ">=0.2.3, <0.3"),
            ("^0.0.3", ">=0.0.3, <0.0.4"),
            ("^0.0", ">=0.0, <0.1"),
            ("^0", ">=0, <1"),
            ("~1.2.3", ">=1.2.3, <1.3"),
            ("~1.2", ">=1.2, <1.3"),
            ("~1", ">=1, <2"),
            ("~=1.2", "~=1.2"),
            ("1.2.3", "==1.2.3"),
            ("=1.2.3", "==1.2.3"),
            ("1.2.*", "==1.2.*"),
            (">= 1.0, < 2", ">=1.0, <2"),
            (">=1.5.6,<1.5.7 || >1.5.7", ">=1.5.6, <1.5.7 | >1.5.7"),
            ("2.7 || ^3.4", "==2.7 | >=3.4, <4"),
        ] {
            let parsed = parse(text).expect("it is a constraint");
            let shown: Vec<String> = parsed.iter().map(ToString::to_string).collect();
            assert_eq!(shown.join(" | "), expected, "{text}");
        }
        assert!(parse("one two").is_err());
    }
}
