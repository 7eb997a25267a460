//! Reading environment markers (PyPA specification "Dependency specifiers", "Environment markers"), strictly.
//!
//! A marker becomes a tree of `pep508_rs`, whose algebra compares versions as `packaging` does, but texts by their
//! order and versions in `in` lists one by one. So each comparison is put into a form that means the same in both,
//! and one that has no such form is an error: a marker never silently changes what is installed.

use pep508_rs::{MarkerValueString, MarkerValueVersion};

use super::comparison::{Side, Sign, containing_tree, extra_tree, text_tree, version_tree};
use super::marker_size::{FEW_COMPARISONS, MOST_COMPARISONS, is_manageable};
use super::scanner::{Scanner, SyntaxError, typographic};
use super::specifiers::eat_operator;
use super::{MarkerTree, Operator, lenient_marker};

/// Deepest nesting of parentheses; real markers have two or three.
const MAXIMUM_DEPTH: usize = 64;

/// Reads a marker such as `python_version < "3.13" and sys_platform != "win32"`.
///
/// # Errors
/// The first thing that is not in the grammar, or that cannot be kept without changing its meaning.
pub(crate) fn parse_marker(text: &str) -> Result<MarkerTree, SyntaxError> {
    parse_marker_at(&mut Scanner::new(text))
}

/// Reads a marker from here to the end of the text.
pub(super) fn parse_marker_at(scanner: &mut Scanner<'_>) -> Result<MarkerTree, SyntaxError> {
    let tree = parse_or(scanner, 0)?;
    scanner.skip_blanks();
    match scanner.peek() {
        None => Ok(tree),
        Some('#') if scanner.before().is_some_and(char::is_whitespace) => {
            Err(scanner.wrong("there are no comments here").hint("leave it out"))
        }
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
            Sign::Is(Operator::TildeEqual) => Err(wrong(format!("`~=` needs `{key}` on its left side"))),
            Sign::Is(_) => version_tree(key, comparison.turned(), &value).map_err(wrong),
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
        // No variable has a value with quotes. What takes their place makes no difference either, and lets the marker
        // be printed, which is always done with the same quotes.
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
        "" => {
            let error = scanner.wrong("neither a variable nor a quoted text stands here");
            match scanner.peek().and_then(typographic) {
                Some(hint) => error.hint(hint),
                None => error,
            }
        }
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

fn parse_comparison_sign(scanner: &mut Scanner<'_>) -> Result<Sign, SyntaxError> {
    if let Some((_, operator)) = eat_operator(scanner) {
        return Ok(Sign::Is(operator));
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
