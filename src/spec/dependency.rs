//! Reading dependency specifiers (PyPA specification "Dependency specifiers", once PEP 508), strictly, with positions.
//!
//! `pep508_rs` gives the types, not the parser: its own drops marker comparisons that it cannot express, joins
//! names that the grammar keeps apart, and panics on some non-ASCII text. What is read here is what the
//! `packaging` library reads, or it is an error that points at the place.
//!
//! Two forms outside the grammar are taken because `packaging` takes them: specifiers in parentheses,
//! and a trailing comma.

use std::str::FromStr;

use super::marker::parse_marker_at;
use super::{ExtraName, MarkerTree, Operator, PackageName, Requirement, SafeUrl, Version, VersionOrUrl};
use super::{VersionSpecifier, VersionSpecifiers};

/// Where and why a text is not what its format asks for. Positions are byte offsets into the text that was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Where the error starts.
    pub at: usize,
    /// How many bytes are wrong; zero at the end of the text.
    pub length: usize,
    /// What is wrong.
    pub message: String,
    /// What could stand here.
    pub expected: Option<String>,
    /// What the author probably meant.
    pub hint: Option<String>,
}

impl SyntaxError {
    /// An error over `length` bytes at `at`.
    pub fn new(at: usize, length: usize, message: impl Into<String>) -> Self {
        Self { at, length, message: message.into(), expected: None, hint: None }
    }

    /// Says what could stand here.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what the author probably meant.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error in a longer text, in which the text that was read starts at `offset`.
    #[must_use]
    pub fn shifted(mut self, offset: usize) -> Self {
        self.at += offset;
        self
    }
}

/// The parts of a dependency specifier, its URL not yet read: what a relative one means depends on who asks.
#[derive(Clone, Debug, PartialEq)]
pub struct DependencyParts {
    /// The project.
    pub name: PackageName,
    /// Its extras, in the order written, each once.
    pub extras: Vec<ExtraName>,
    /// Version specifiers; empty when none stand there.
    pub specifiers: VersionSpecifiers,
    /// The URL after `@` and where it starts.
    pub url: Option<(usize, String)>,
    /// The marker; true when there is none.
    pub marker: MarkerTree,
}

/// Reads a whole dependency specifier such as `requests[socks] >=2 ; python_version < "3.13"`.
///
/// # Errors
/// The first thing that is not in the grammar, or that cannot be kept without changing its meaning.
pub fn parse_requirement(text: &str) -> Result<Requirement, SyntaxError> {
    whole_requirement(parse_dependency(text)?)
}

/// Reads a requirement of other people, comparisons in its marker repaired where needed.
pub(super) fn parse_requirement_of_others(text: &str) -> Result<Requirement, SyntaxError> {
    let mut scanner = Scanner::new(text);
    scanner.repairs_markers = true;
    whole_requirement(parse_parts(scanner)?)
}

fn whole_requirement(parts: DependencyParts) -> Result<Requirement, SyntaxError> {
    let version_or_url = match parts.url {
        Some((at, url)) => Some(VersionOrUrl::Url(
            SafeUrl::parse(&url).map_err(|error| SyntaxError::new(at, url.len(), error.to_string()))?,
        )),
        None if parts.specifiers.is_empty() => None,
        None => Some(VersionOrUrl::VersionSpecifier(parts.specifiers)),
    };
    Ok(Requirement { name: parts.name, extras: parts.extras, version_or_url, marker: parts.marker, origin: None })
}

/// Reads a dependency specifier into its parts.
///
/// # Errors
/// As [`parse_requirement`], but a URL may be any text without blanks.
pub fn parse_dependency(text: &str) -> Result<DependencyParts, SyntaxError> {
    parse_parts(Scanner::new(text))
}

fn parse_parts(mut scanner: Scanner<'_>) -> Result<DependencyParts, SyntaxError> {
    scanner.skip_blanks();
    let name = parse_name(&mut scanner)?;
    scanner.skip_blanks();
    let extras = parse_extras(&mut scanner)?;
    scanner.skip_blanks();
    let mut parts =
        DependencyParts { name, extras, specifiers: VersionSpecifiers::empty(), url: None, marker: MarkerTree::TRUE };
    if scanner.eat('@') {
        scanner.skip_blanks();
        let at = scanner.at;
        let url = scanner.take_while(|c| !matches!(c, ' ' | '\t'));
        if url.is_empty() {
            return Err(SyntaxError::new(at, 0, "there is no URL after `@`").expected("a URL"));
        }
        parts.url = Some((at, url.to_owned()));
        scanner.skip_blanks();
        if scanner.peek().is_some_and(|c| c != ';') {
            return Err(after_url(&scanner));
        }
    } else {
        parts.specifiers = parse_specifiers(&mut scanner)?;
        scanner.skip_blanks();
    }
    if scanner.eat(';') {
        parts.marker = parse_marker_at(&mut scanner)?;
        return Ok(parts);
    }
    if scanner.peek().is_some() {
        return Err(after_specifiers(&scanner, !parts.specifiers.is_empty()));
    }
    Ok(parts)
}

/// Reads the inside of brackets, brackets included: `[security,socks]`.
///
/// # Errors
/// Anything but a list of names in brackets.
pub fn parse_extras_list(text: &str) -> Result<Vec<ExtraName>, SyntaxError> {
    let mut scanner = Scanner::new(text);
    let extras = parse_extras(&mut scanner)?;
    match scanner.peek() {
        None => Ok(extras),
        Some(_) => Err(scanner.wrong("nothing stands after the extras")),
    }
}

/// Reads version specifiers such as `>=1,<2`.
///
/// # Errors
/// The first specifier that is not one.
pub fn parse_version_specifiers(text: &str) -> Result<VersionSpecifiers, SyntaxError> {
    let mut scanner = Scanner::new(text);
    scanner.skip_blanks();
    let specifiers = parse_specifiers(&mut scanner)?;
    scanner.skip_blanks();
    match scanner.peek() {
        None => Ok(specifiers),
        Some(_) => Err(after_specifiers(&scanner, !specifiers.is_empty())),
    }
}

fn parse_name(scanner: &mut Scanner<'_>) -> Result<PackageName, SyntaxError> {
    let at = scanner.at;
    let name = scanner.take_while(is_name_character);
    if name.is_empty() {
        let error = match scanner.peek() {
            None => SyntaxError::new(at, 0, "there is no project name"),
            Some(_) => scanner.wrong("a requirement starts with the name of a project"),
        };
        return Err(name_hint(error, scanner.rest()).expected("a project name"));
    }
    PackageName::from_str(name).map_err(|_| {
        SyntaxError::new(at, name.len(), format!("`{name}` is not a project name"))
            .expected("letters, digits, `-`, `_` and `.`, with a letter or digit first and last")
    })
}

fn name_hint(error: SyntaxError, rest: &str) -> SyntaxError {
    match rest.chars().next() {
        Some('"' | '\'') => error.hint("a requirements file takes requirements without quotes around them"),
        Some('[') => error.hint("this looks like a TOML or INI section, which a requirements file does not have"),
        Some('<' | '>' | '=') if rest.len() > 6 && rest.bytes().take(7).all(|b| b == rest.as_bytes()[0]) => {
            error.hint("this looks like the mark of an unfinished merge")
        }
        Some('$') => error.hint("shell syntax is not read here; `${NAME}` with upper-case letters, digits and `_` is"),
        _ => error,
    }
}

fn parse_extras(scanner: &mut Scanner<'_>) -> Result<Vec<ExtraName>, SyntaxError> {
    let open = scanner.at;
    if !scanner.eat('[') {
        return Ok(Vec::new());
    }
    let mut extras: Vec<ExtraName> = Vec::new();
    loop {
        scanner.skip_blanks();
        let at = scanner.at;
        let name = scanner.take_while(is_name_character);
        if name.is_empty() {
            // Only an empty pair of brackets may hold no name.
            if extras.is_empty() && scanner.eat(']') {
                return Ok(extras);
            }
            return Err(match scanner.peek() {
                None => unclosed(open, '[', ']', "extras"),
                Some(_) => scanner.wrong("the name of an extra is missing").expected("a name"),
            });
        }
        let extra = ExtraName::from_str(name)
            .map_err(|_| SyntaxError::new(at, name.len(), format!("`{name}` is not the name of an extra")))?;
        if !extras.contains(&extra) {
            extras.push(extra);
        }
        scanner.skip_blanks();
        if scanner.eat(']') {
            return Ok(extras);
        }
        if !scanner.eat(',') {
            return Err(match scanner.peek() {
                None => unclosed(open, '[', ']', "extras"),
                Some(_) => scanner.wrong("extras are separated by commas").expected("`,` or `]`"),
            });
        }
    }
}

fn unclosed(at: usize, open: char, close: char, around: &str) -> SyntaxError {
    SyntaxError::new(at, 1, format!("the `{open}` before the {around} is never closed")).expected(format!("`{close}`"))
}

fn parse_specifiers(scanner: &mut Scanner<'_>) -> Result<VersionSpecifiers, SyntaxError> {
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

/// One specifier; `None` when no operator stands here.
fn parse_specifier(scanner: &mut Scanner<'_>) -> Result<Option<VersionSpecifier>, SyntaxError> {
    const OPERATORS: [(&str, Operator); 8] = [
        ("===", Operator::ExactEqual),
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("~=", Operator::TildeEqual),
        ("<=", Operator::LessThanEqual),
        (">=", Operator::GreaterThanEqual),
        ("<", Operator::LessThan),
        (">", Operator::GreaterThan),
    ];
    let start = scanner.at;
    let Some((sign, operator)) = OPERATORS.into_iter().find(|(sign, _)| scanner.rest().starts_with(sign)) else {
        return Ok(None);
    };
    scanner.at += sign.len();
    scanner.take_while(char::is_whitespace);
    let at = scanner.at;
    let text = scanner.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '!' | '+' | '*' | '_' | '-'));
    if text.is_empty() {
        return Err(missing_version(scanner, start, sign));
    }
    let invalid = |why: String| SyntaxError::new(at, text.len(), why);
    let (number, wildcard) = match text.strip_suffix(".*") {
        Some(number) => (number, true),
        None => (text, false),
    };
    let version = Version::from_str(number).map_err(|_| {
        let error = invalid(format!("`{text}` is not a version")).expected("a version such as `1.2.3`");
        match operator {
            Operator::ExactEqual => {
                error.hint("`===` compares texts, but no index has a file whose version is not one")
            }
            _ if text.contains('*') => {
                error.hint(format!("a wildcard stands only at the end, after a dot: `{sign}1.2.*`"))
            }
            _ => error,
        }
    })?;
    let operator = match (operator, wildcard) {
        (Operator::Equal, true) => Operator::EqualStar,
        (Operator::NotEqual, true) => Operator::NotEqualStar,
        (_, true) => {
            let hint = match operator {
                Operator::TildeEqual => format!("write `=={text}` or `~={number}`"),
                Operator::ExactEqual => format!("write `=={text}`"),
                _ => format!("write `{sign}{number}`"),
            };
            return Err(invalid(format!("a wildcard cannot be used with `{sign}`"))
                .expected("`==` or `!=`")
                .hint(hint));
        }
        (plain, false) => plain,
    };
    if wildcard && (version.is_pre() || version.is_post() || version.is_dev() || version.is_local()) {
        return Err(invalid(
            "a wildcard cannot follow a pre-release, post-release, development or local version".into(),
        ));
    }
    if version.is_local() && !matches!(operator, Operator::Equal | Operator::NotEqual | Operator::ExactEqual) {
        return Err(invalid(format!("a local version (`+…`) cannot be used with `{sign}`")).expected("`==` or `!=`"));
    }
    if operator == Operator::TildeEqual && version.release().len() < 2 {
        return Err(invalid(format!("`~={text}` needs a version of at least two numbers"))
            .hint(format!("write `~={text}.0`, which means `>={text}.0,=={text}.*`")));
    }
    VersionSpecifier::from_version(operator, version).map(Some).map_err(|error| invalid(error.to_string()))
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

const OPERATOR_LIST: &str = "one of `==`, `>=`, `<=`, `!=`, `~=`, `<`, `>`, `===`";

fn after_url(scanner: &Scanner<'_>) -> SyntaxError {
    scanner.wrong("nothing but a marker follows a URL").expected("`;` and a marker, or the end")
}

/// The error for what stands where specifiers should start, go on or end; most slips of authors show here.
fn after_specifiers(scanner: &Scanner<'_>, some_before: bool) -> SyntaxError {
    let rest = scanner.rest();
    let at = scanner.at;
    let version_like = |text: &str| {
        text.trim_start()
            .trim_matches(['"', '\''])
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '.')
            .collect::<String>()
    };
    let error = |length: usize, message: &str| SyntaxError::new(at, length, message);
    if let Some((wrong, right)) = [("=>", ">="), ("=<", "<="), ("=!", "!="), ("~>", "~="), ("<>", "!="), ("=~", "~=")]
        .into_iter()
        .find(|(wrong, _)| rest.starts_with(wrong))
    {
        return error(wrong.len(), &format!("`{wrong}` is not a version operator"))
            .expected(OPERATOR_LIST)
            .hint(format!("write `{right}`"));
    }
    let some = |specifier: String| if specifier.is_empty() { "1.2".to_owned() } else { specifier };
    match rest.chars().next() {
        None => error(0, "the requirement ends too early"),
        Some('=') if rest[1..].trim_start().starts_with(['"', '\'']) => error(1, "`=` is not a version operator")
            .expected(OPERATOR_LIST)
            .hint("this looks like TOML or a Pipfile; a requirements file has lines such as `name==1.2`"),
        Some('=') if rest[1..].contains('=') && !rest.contains([' ', ',']) => error(1, "`=` is not a version operator")
            .expected(OPERATOR_LIST)
            .hint("this looks like conda's `name=version=build`; write `name==version`"),
        Some('=') => error(1, "`=` is not a version operator")
            .expected(OPERATOR_LIST)
            .hint(format!("write `=={}`", some(version_like(&rest[1..])))),
        Some('^') => error(1, "`^` is not a version operator")
            .expected(OPERATOR_LIST)
            .hint(caret_meaning(&some(version_like(&rest[1..])))),
        Some('~') => error(1, "`~` is not a version operator")
            .expected(OPERATOR_LIST)
            .hint(tilde_meaning(&some(version_like(&rest[1..])))),
        Some('!') => error(1, "`!` is not a version operator").expected(OPERATOR_LIST).hint("write `!=`"),
        Some('<' | '>' | '(') if some_before => error(1, "there is no comma between two version specifiers")
            .expected("`,`, `;` or the end")
            .hint("write `>=1,<2`"),
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
        Some(other) => {
            let what = if some_before { "after the version specifiers" } else { "after the name" };
            let error = error(other.len_utf8(), &format!("`{}` cannot stand {what}", visible(other)));
            let error = if other.is_alphanumeric() {
                error.hint("one requirement stands on a line; extras stand in brackets")
            } else if rest.starts_with('\\') {
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
    }
}

/// A character as it can be shown.
fn visible(c: char) -> String {
    if c.is_control() || (c.is_whitespace() && c != ' ') { c.escape_unicode().to_string() } else { c.to_string() }
}

/// What Poetry's `^` means, as far as the version can be read.
fn caret_meaning(version: &str) -> String {
    let numbers: Option<Vec<u64>> = version.split('.').map(|part| part.parse().ok()).collect();
    let upper = numbers.and_then(|numbers| {
        let first = numbers.iter().position(|&number| number != 0).unwrap_or(numbers.len() - 1);
        let next = numbers[first].checked_add(1)?;
        Some(numbers[..first].iter().copied().chain([next]).map(|n| n.to_string()).collect::<Vec<_>>().join("."))
    });
    match upper {
        Some(upper) => format!("this is Poetry's notation; `^{version}` means `>={version},<{upper}`"),
        None => "this is Poetry's notation; write a lower and an upper bound: `>=1.2,<2`".to_owned(),
    }
}

/// What Poetry's `~` means, as far as the version can be read.
fn tilde_meaning(version: &str) -> String {
    let numbers: Option<Vec<u64>> = version.split('.').map(|part| part.parse().ok()).collect();
    let upper = numbers.and_then(|numbers| {
        let last = numbers.len().min(2) - 1;
        let next = numbers[last].checked_add(1)?;
        Some(numbers[..last].iter().copied().chain([next]).map(|n| n.to_string()).collect::<Vec<_>>().join("."))
    });
    match upper {
        Some(upper) => format!("write `>={version},<{upper}`, or use `~=`"),
        None => "write a lower and an upper bound, or use `~=`".to_owned(),
    }
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// A place in a text. Only spaces and tabs are blanks, as in `packaging`.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    /// Byte offset of the next character.
    pub(super) at: usize,
    /// Comparisons in markers that have no exact meaning are read as the ecosystem reads them.
    pub(super) repairs_markers: bool,
    /// Comparisons in markers so far.
    pub(super) comparisons: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, repairs_markers: false, comparisons: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The character before this place.
    pub(super) fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    pub(super) fn skip_blanks(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t'));
    }

    /// An error at the next character.
    pub(super) fn wrong(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError::new(self.at, self.peek().map_or(0, char::len_utf8), message)
    }
}
