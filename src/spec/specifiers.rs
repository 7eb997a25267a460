//! Reading version specifiers (PyPA specification "Version specifiers"), strictly.

use std::str::FromStr as _;

use super::ForeignName;
use super::scanner::{Scanner, SyntaxError, typographic};
use super::version::{Operator, Version, VersionSpecifier, VersionSpecifiers};

/// Reads version specifiers such as `>=1,<2`.
///
/// # Errors
/// The first specifier that is not one.
pub(crate) fn parse_version_specifiers(text: &str) -> Result<VersionSpecifiers, SyntaxError> {
    let mut scanner = Scanner::new(text);
    scanner.skip_blanks();
    let specifiers = parse_specifiers(&mut scanner)?;
    scanner.skip_blanks();
    match scanner.peek() {
        None => Ok(specifiers),
        Some(_) => Err(after_specifiers(&scanner, !specifiers.is_empty())),
    }
}

/// Specifiers from here on, in parentheses or without.
pub(super) fn parse_specifiers(scanner: &mut Scanner<'_>) -> Result<VersionSpecifiers, SyntaxError> {
    let open = scanner.at;
    let in_parentheses = scanner.eat('(');
    if in_parentheses {
        scanner.skip_blanks();
    }
    let mut specifiers = Vec::new();
    while let Some(specifier) = parse_specifier(scanner)? {
        specifiers.push(specifier);
        scanner.skip_blanks();
        if !scanner.eat(',') {
            break;
        }
        scanner.skip_blanks();
    }
    if in_parentheses && !scanner.eat(')') {
        return Err(match scanner.peek() {
            None => unclosed(open, '(', ')', "version specifiers"),
            Some(_) => after_specifiers(scanner, !specifiers.is_empty()).expected("`,` or `)`"),
        });
    }
    Ok(specifiers.into_iter().collect())
}

/// The operator that stands here, and how it is written.
pub(super) fn eat_operator(scanner: &mut Scanner<'_>) -> Option<(&'static str, Operator)> {
    const LONGER_FIRST: [(&str, Operator); 8] = [
        ("===", Operator::ExactEqual),
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("~=", Operator::TildeEqual),
        ("<=", Operator::LessThanEqual),
        (">=", Operator::GreaterThanEqual),
        ("<", Operator::LessThan),
        (">", Operator::GreaterThan),
    ];
    let found = LONGER_FIRST.into_iter().find(|(sign, _)| scanner.rest().starts_with(sign))?;
    scanner.at += found.0.len();
    Some(found)
}

/// One specifier; `None` when no operator stands here.
fn parse_specifier(scanner: &mut Scanner<'_>) -> Result<Option<VersionSpecifier>, SyntaxError> {
    let start = scanner.at;
    let Some((sign, operator)) = eat_operator(scanner) else { return Ok(None) };
    scanner.take_while(char::is_whitespace);
    let at = scanner.at;
    let text = scanner.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '!' | '+' | '*' | '_' | '-'));
    if text.is_empty() {
        return Err(missing_version(scanner, start, sign));
    }
    Written { sign, operator, text, at }.understood().map(Some)
}

/// An operator and what stands behind it.
struct Written<'a> {
    sign: &'static str,
    operator: Operator,
    text: &'a str,
    /// Where the text stands.
    at: usize,
}

impl Written<'_> {
    fn understood(&self) -> Result<VersionSpecifier, SyntaxError> {
        let Self { sign, operator, text, .. } = *self;
        let (number, has_wildcard) = text.strip_suffix(".*").map_or((text, false), |number| (number, true));
        let version = Version::from_str(number).map_err(|_| self.no_version())?;
        let operator = match (operator, has_wildcard) {
            (Operator::Equal, true) => Operator::EqualStar,
            (Operator::NotEqual, true) => Operator::NotEqualStar,
            (_, true) => return Err(self.misplaced_wildcard(number)),
            (plain, false) => plain,
        };
        if has_wildcard && (version.is_pre() || version.is_post() || version.is_dev() || version.is_local()) {
            return Err(
                self.invalid("a wildcard cannot follow a pre-release, post-release, development or local version")
            );
        }
        if version.is_local() && !matches!(operator, Operator::Equal | Operator::NotEqual | Operator::ExactEqual) {
            let error = self.invalid(format!("a local version (`+…`) cannot be used with `{sign}`"));
            return Err(error.expected("`==` or `!=`"));
        }
        if operator == Operator::TildeEqual && version.release().len() < 2 {
            return Err(self
                .invalid(format!("`~={text}` needs a version of at least two numbers"))
                .hint(format!("write `~={text}.0`, which means `>={text}.0,=={text}.*`")));
        }
        VersionSpecifier::from_version(operator, version).map_err(|error| self.invalid(error.to_string()))
    }

    fn invalid(&self, why: impl Into<String>) -> SyntaxError {
        SyntaxError::new(self.at, self.text.len(), why.into())
    }

    fn no_version(&self) -> SyntaxError {
        let Self { sign, operator, text, .. } = *self;
        let error = self.invalid(format!("`{}` is not a version", ForeignName(text)));
        let error = error.expected("a version such as `1.2.3`");
        match operator {
            Operator::ExactEqual => {
                error.hint("`===` compares texts, but no index has a file whose version is not one")
            }
            _ if text.contains('*') => {
                error.hint(format!("a wildcard stands only at the end, after a dot: `{sign}1.2.*`"))
            }
            _ => error,
        }
    }

    /// `.*` behind an operator that takes none.
    fn misplaced_wildcard(&self, number: &str) -> SyntaxError {
        let Self { sign, operator, text, .. } = *self;
        let hint = match operator {
            Operator::TildeEqual => format!("write `=={text}` or `~={number}`"),
            Operator::ExactEqual => format!("write `=={text}`"),
            _ => format!("write `{sign}{number}`"),
        };
        self.invalid(format!("a wildcard cannot be used with `{sign}`")).expected("`==` or `!=`").hint(hint)
    }
}

fn missing_version(scanner: &Scanner<'_>, start: usize, sign: &str) -> SyntaxError {
    let rest = scanner.rest();
    match scanner.peek() {
        None | Some(',' | ';' | ')') => {
            SyntaxError::new(scanner.at, 0, format!("there is no version after `{sign}`")).expected("a version")
        }
        Some('"' | '\'') => scanner.wrong("a version stands without quotes here").expected("a version"),
        Some('=' | '<' | '>') => {
            let wrong: String =
                format!("{sign}{}", rest.chars().take_while(|c| "=<>".contains(*c)).collect::<String>());
            let error = SyntaxError::new(start, wrong.len(), format!("`{wrong}` is not a version operator"));
            error.expected(OPERATOR_LIST)
        }
        Some(_) => scanner.wrong("this is not a version").expected("a version such as `1.2.3`"),
    }
}

/// The operators, as messages list them.
const OPERATOR_LIST: &str = "one of `==`, `>=`, `<=`, `!=`, `~=`, `<`, `>`, `===`";

/// The error for what stands where specifiers should start, go on or end; most slips of authors show here.
pub(super) fn after_specifiers(scanner: &Scanner<'_>, some_before: bool) -> SyntaxError {
    if let Some(error) = foreign_operator(scanner) {
        return error;
    }
    let rest = scanner.rest();
    let is_behind_blank = scanner.before().is_some_and(char::is_whitespace);
    let error = |length: usize, message: &str| SyntaxError::new(scanner.at, length, message);
    match rest.chars().next() {
        None => error(0, "the requirement ends too early"),
        Some('<' | '>' | '(') if some_before => error(1, "there is no comma between two version specifiers")
            .expected("`,`, `;` or the end")
            .hint("write `>=1,<2`"),
        // In the lines of a file both end a requirement, so what is read here has neither.
        Some('#') if is_behind_blank => error(1, "there are no comments here").hint("leave it out"),
        Some('-') if is_behind_blank => {
            error(1, "there are no options here").hint("write the line into a file of requirements")
        }
        Some('#') => error(1, "a comment starts after a blank").hint("put a blank before `#`"),
        Some('@') => error(1, "a requirement has a URL or version specifiers, not both"),
        Some('[') => error(1, "extras stand right after the name").hint("write `name[extra]>=1`"),
        Some('-') => error(1, "an option starts after a blank").hint("put a blank before the option"),
        Some('"' | '\'') => error(1, "a requirement is written without quotes"),
        Some(',') if !some_before => {
            error(1, "there is no version specifier before the comma").hint("one requirement stands on a line")
        }
        Some(',') => error(1, "there is no version specifier between the commas"),
        Some(digit) if digit.is_ascii_digit() && !some_before => {
            error(version_like(rest).len(), "there is no operator before the version")
                .expected(OPERATOR_LIST)
                .hint(format!("write `=={}`", version_like(rest)))
        }
        Some(other) => misplaced(scanner, other, some_before),
    }
}

/// The error for an operator of other tools and languages, or for one with its signs exchanged.
fn foreign_operator(scanner: &Scanner<'_>) -> Option<SyntaxError> {
    const EXCHANGED: [(&str, &str); 6] =
        [("=>", ">="), ("=<", "<="), ("=!", "!="), ("~>", "~="), ("<>", "!="), ("=~", "~=")];
    let rest = scanner.rest();
    let version = || match version_like(&rest[1..]) {
        version if version.is_empty() => "1.2".to_owned(),
        version => version,
    };
    let (sign, hint) = if let Some((wrong, right)) = EXCHANGED.into_iter().find(|(wrong, _)| rest.starts_with(wrong)) {
        (wrong, format!("write `{right}`"))
    } else {
        match rest.chars().next()? {
            '=' if rest[1..].trim_start().starts_with(['"', '\'']) => {
                let hint = "this looks like TOML or a Pipfile; a requirements file has lines such as `name==1.2`";
                ("=", hint.to_owned())
            }
            '=' if rest[1..].contains('=') && !rest.contains([' ', ',']) => {
                ("=", "this looks like conda's `name=version=build`; write `name==version`".to_owned())
            }
            '=' => ("=", format!("write `=={}`", version())),
            '^' => ("^", caret_meaning(&version())),
            '~' => ("~", tilde_meaning(&version())),
            '!' => ("!", "write `!=`".to_owned()),
            _ => return None,
        }
    };
    let error = SyntaxError::new(scanner.at, sign.len(), format!("`{sign}` is not a version operator"));
    Some(error.expected(OPERATOR_LIST).hint(hint))
}

/// The start of a text as far as it looks like a version.
fn version_like(text: &str) -> String {
    let text = text.trim_start().trim_matches(['"', '\'']);
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '.').collect()
}

/// The error for a character that no specifier begins with.
fn misplaced(scanner: &Scanner<'_>, other: char, some_before: bool) -> SyntaxError {
    let what = if some_before { "after the version specifiers" } else { "after the name" };
    let error = SyntaxError::new(scanner.at, other.len_utf8(), format!("`{}` cannot stand {what}", visible(other)));
    let error = if let Some(hint) = typographic(other) {
        error.hint(hint)
    } else if other.is_alphabetic() && !other.is_ascii() {
        error.hint("names and versions have letters from a to z alone")
    } else if other.is_alphanumeric() {
        error.hint("one requirement stands on a line; extras stand in brackets")
    } else if other == '\\' {
        error.hint("a backslash continues a line only where nothing follows it, not even a blank")
    } else {
        error
    };
    error.expected(if some_before {
        "`,` and another specifier, `;` and a marker, or the end"
    } else {
        "a version specifier, `@` and a URL, `;` and a marker, or the end"
    })
}

/// A character as it can be shown.
fn visible(c: char) -> String {
    if c.is_control() || (c.is_whitespace() && c != ' ') { c.escape_unicode().to_string() } else { c.to_string() }
}

/// What Poetry's `^` means, as far as the version can be read.
fn caret_meaning(version: &str) -> String {
    let is_first = |numbers: &[u64]| numbers.iter().position(|&number| number != 0).unwrap_or(numbers.len() - 1);
    match upper_bound(version, is_first) {
        Some(upper) => format!("this is Poetry's notation; `^{version}` means `>={version},<{upper}`"),
        None => "this is Poetry's notation; write a lower and an upper bound: `>=1.2,<2`".to_owned(),
    }
}

/// What Poetry's `~` means, as far as the version can be read.
fn tilde_meaning(version: &str) -> String {
    match upper_bound(version, |numbers| numbers.len().min(2) - 1) {
        Some(upper) => format!("write `>={version},<{upper}`, or use `~=`"),
        None => "write a lower and an upper bound, or use `~=`".to_owned(),
    }
}

/// The version with the number at the place, which is its last, raised by one.
fn upper_bound(version: &str, place: impl Fn(&[u64]) -> usize) -> Option<String> {
    let mut numbers = version.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
    numbers.truncate(place(&numbers) + 1);
    let last = numbers.last_mut()?;
    *last = last.checked_add(1)?;
    Some(numbers.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

/// A bracket that is opened and never closed.
pub(super) fn unclosed(at: usize, open: char, close: char, around: &str) -> SyntaxError {
    SyntaxError::new(at, 1, format!("the `{open}` before the {around} is never closed")).expected(format!("`{close}`"))
}
