//! Conditions that the target decides.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprSlice, Number, UnaryOp};

/// What is known of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False,
    /// Only type checkers take it for true.
    Typing,
    Unknown,
}

impl Truth {
    fn of(is_true: bool) -> Self {
        if is_true { Self::True } else { Self::False }
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False | Self::Typing => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// What is known where a condition stands.
#[derive(Clone, Copy)]
pub(super) struct KnownFacts<'a> {
    /// The N of the target's Python 3.N.
    pub(super) minor: u8,
    /// Names of the module that stand for a condition of the target.
    pub(super) constants: &'a HashMap<&'a str, Truth>,
    /// Names that mean something else where the condition stands.
    pub(super) locals: &'a [HashSet<&'a str>],
}

/// Parts of `sys.version_info`.
const VERSION_PARTS: usize = 5;

/// Decides a condition for Python on Linux, in a module that is imported and not run.
pub(super) fn decide(condition: &Expr, known: KnownFacts<'_>) -> Truth {
    match condition {
        Expr::BooleanLiteral(literal) => Truth::of(literal.value),
        Expr::NoneLiteral(_) => Truth::False,
        Expr::NumberLiteral(_) => integer(condition).map_or(Truth::Unknown, |number| Truth::of(number != 0)),
        Expr::Name(name) => {
            let name = name.id.as_str();
            let meaning =
                known.constants.get(name).filter(|_| !known.locals.iter().any(|own| own.contains(name))).copied();
            meaning.filter(|meaning| *meaning != Truth::Unknown).unwrap_or_else(|| usual_meaning(name))
        }
        Expr::Attribute(attribute) => usual_meaning(attribute.attr.as_str()),
        Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => decide(&operation.operand, known).negated(),
        Expr::BoolOp(operation) => combine(operation.op, operation.values.iter().map(|part| decide(part, known))),
        Expr::Compare(compare) => {
            let lefts = std::iter::once(&*compare.left).chain(&compare.comparators);
            let pairs = lefts.zip(&compare.ops).zip(&compare.comparators);
            combine(
                BoolOp::And,
                pairs.map(|((left, operator), right)| compare_one(left, *operator, right, known.minor)),
            )
        }
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method) if method.attr.as_str() == "startswith" && is_platform(&method.value) => {
                let word = call.arguments.args.first().and_then(text);
                word.map_or(Truth::Unknown, |word| Truth::of("linux".starts_with(word)))
            }
            _ => Truth::Unknown,
        },
        _ => Truth::Unknown,
    }
}

/// What names mean wherever they come from: those of `typing` and of `six`.
fn usual_meaning(name: &str) -> Truth {
    match name {
        "TYPE_CHECKING" => Truth::Typing,
        "PY2" => Truth::False,
        "PY3" => Truth::True,
        _ => Truth::Unknown,
    }
}

fn combine(operator: BoolOp, parts: impl Iterator<Item = Truth>) -> Truth {
    let mut unknown = None;
    for part in parts {
        match (operator, part) {
            (BoolOp::And, Truth::False) => return Truth::False,
            (BoolOp::And, Truth::Typing) => return Truth::Typing,
            (BoolOp::Or, Truth::True) => return Truth::True,
            (_, Truth::Unknown) => unknown = Some(Truth::Unknown),
            (BoolOp::Or, Truth::Typing) => unknown = unknown.or(Some(Truth::Typing)),
            _ => {}
        }
    }
    unknown.unwrap_or(Truth::of(operator == BoolOp::And))
}

fn compare_one(left: &Expr, operator: CmpOp, right: &Expr, minor: u8) -> Truth {
    match compare_known(left, operator, right, minor) {
        Truth::Unknown => {
            flipped(operator).map_or(Truth::Unknown, |flipped| compare_known(right, flipped, left, minor))
        }
        truth => truth,
    }
}

/// The operator that says the same with its sides exchanged.
fn flipped(operator: CmpOp) -> Option<CmpOp> {
    match operator {
        CmpOp::Eq | CmpOp::NotEq => Some(operator),
        CmpOp::Lt => Some(CmpOp::Gt),
        CmpOp::LtE => Some(CmpOp::GtE),
        CmpOp::Gt => Some(CmpOp::Lt),
        CmpOp::GtE => Some(CmpOp::LtE),
        _ => None,
    }
}

/// Compares what the target decides, on the left, with what is written.
fn compare_known(left: &Expr, operator: CmpOp, right: &Expr, minor: u8) -> Truth {
    if let Some(order) = version_order(left, right, minor) {
        return match operator {
            CmpOp::Lt => Truth::of(order.is_lt()),
            CmpOp::LtE => Truth::of(order.is_le()),
            CmpOp::Gt => Truth::of(order.is_gt()),
            CmpOp::GtE => Truth::of(order.is_ge()),
            CmpOp::Eq => Truth::of(order.is_eq()),
            CmpOp::NotEq => Truth::of(order.is_ne()),
            _ => Truth::Unknown,
        };
    }
    let is_actual = |word: &str| match left {
        left if is_platform(left) => Some(word == "linux"),
        // No module of a function is the one that was started.
        Expr::Name(name) if name.id.as_str() == "__name__" => (word == "__main__").then_some(false),
        Expr::Attribute(attribute) if attribute.attr.as_str() == "name" && is_name(&attribute.value, "os") => {
            Some(word == "posix")
        }
        Expr::Call(call) if is_dotted(&call.func, "platform", "system") => Some(word == "Linux"),
        Expr::Call(call) if is_dotted(&call.func, "platform", "python_implementation") => Some(word == "CPython"),
        _ => None,
    };
    let is_any = |words: &[Expr]| {
        let known: Vec<Option<bool>> = words.iter().map(|word| is_actual(text(word)?)).collect();
        let is_there = known.contains(&Some(true));
        (is_there || !known.contains(&None)).then_some(is_there)
    };
    let is_equal = match (operator, right) {
        (CmpOp::Eq | CmpOp::NotEq, right) => text(right).and_then(is_actual),
        (CmpOp::In | CmpOp::NotIn, Expr::Tuple(words)) => is_any(&words.elts),
        (CmpOp::In | CmpOp::NotIn, Expr::List(words)) => is_any(&words.elts),
        (CmpOp::In | CmpOp::NotIn, Expr::Set(words)) => is_any(&words.elts),
        _ => None,
    };
    let Some(is_equal) = is_equal else { return Truth::Unknown };
    Truth::of(is_equal != matches!(operator, CmpOp::NotEq | CmpOp::NotIn))
}

/// How the target's version compares with what is written; `None` where it is no such comparison, or depends on a patch
/// level.
fn version_order(left: &Expr, right: &Expr, minor: u8) -> Option<std::cmp::Ordering> {
    let own = [3_i64, i64::from(minor)];
    let tuple = || match right {
        Expr::Tuple(tuple) => Some(&*tuple.elts),
        _ => None,
    };
    match left {
        left if is_version_info(left) => compare_parts(&own, VERSION_PARTS, tuple()?),
        Expr::Subscript(subscript) if is_version_info(&subscript.value) => match &*subscript.slice {
            Expr::Slice(slice) => compare_parts(&own, parts_of(slice)?, tuple()?),
            index => Some(own.get(usize::try_from(integer(index)?).ok()?)?.cmp(&integer(right)?)),
        },
        Expr::Attribute(attribute) if is_version_info(&attribute.value) => {
            let part = ["major", "minor"].iter().position(|part| *part == attribute.attr.as_str())?;
            Some(own[part].cmp(&integer(right)?))
        }
        _ => None,
    }
}

/// How many parts of the version a slice from its start takes.
fn parts_of(slice: &ExprSlice) -> Option<usize> {
    let is_from_start = slice.lower.as_deref().is_none_or(|lower| integer(lower) == Some(0));
    if !is_from_start || slice.step.is_some() {
        return None;
    }
    slice.upper.as_deref().map_or(Some(VERSION_PARTS), |upper| {
        usize::try_from(integer(upper)?).ok().map(|upper| upper.min(VERSION_PARTS))
    })
}

/// Compares the first `length` parts of the version with those that are written, as Python compares tuples: part by
/// part, and of two that agree as far as both go, the longer one is greater.
fn compare_parts(own: &[i64; 2], length: usize, written: &[Expr]) -> Option<std::cmp::Ordering> {
    for (place, part) in written.iter().take(length).enumerate() {
        let part = integer(part)?;
        let Some(own) = own.get(place) else {
            // No patch level is less than 0, and behind it stands more.
            let is_start = part == 0 && written.len() == place + 1 && written.len() < length;
            return is_start.then_some(std::cmp::Ordering::Greater);
        };
        let order = own.cmp(&part);
        if order.is_ne() {
            return Some(order);
        }
    }
    Some(length.cmp(&written.len()))
}

fn is_version_info(expression: &Expr) -> bool {
    is_dotted(expression, "sys", "version_info") || is_name(expression, "version_info")
}

fn is_platform(expression: &Expr) -> bool {
    is_dotted(expression, "sys", "platform")
}

/// Whether an expression is `module.name`.
pub(super) fn is_dotted(expression: &Expr, module: &str, name: &str) -> bool {
    matches!(expression, Expr::Attribute(found) if found.attr.as_str() == name && is_name(&found.value, module))
}

/// The last word of a name, whatever it is an attribute of.
pub(super) fn last_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

pub(super) fn is_name(expression: &Expr, name: &str) -> bool {
    matches!(expression, Expr::Name(found) if found.id.as_str() == name)
}

pub(super) fn text(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::StringLiteral(literal) => Some(literal.value.to_str()),
        _ => None,
    }
}

fn integer(expression: &Expr) -> Option<i64> {
    match expression {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(number) => number.as_i64(),
            _ => None,
        },
        _ => None,
    }
}
