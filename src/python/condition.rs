//! Conditions that the target decides.

use ruff_python_ast::{BoolOp, CmpOp, Expr, Number, UnaryOp};

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

/// Decides a condition for Python 3.`minor` on Linux.
pub(super) fn decide(condition: &Expr, minor: u8) -> Truth {
    match condition {
        Expr::BooleanLiteral(literal) => Truth::of(literal.value),
        Expr::NumberLiteral(literal) => {
            integer(&Expr::NumberLiteral(literal.clone())).map_or(Truth::Unknown, |n| Truth::of(n != 0))
        }
        Expr::Name(name) if name.id.as_str() == "TYPE_CHECKING" => Truth::Typing,
        Expr::Attribute(attribute) if attribute.attr.as_str() == "TYPE_CHECKING" => Truth::Typing,
        Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => decide(&operation.operand, minor).negated(),
        Expr::BoolOp(operation) => {
            let parts = operation.values.iter().map(|part| decide(part, minor));
            combine(operation.op, parts)
        }
        Expr::Compare(compare) => match (&*compare.ops, &*compare.comparators) {
            ([operator], [right]) => compare_one(&compare.left, *operator, right, minor),
            _ => Truth::Unknown,
        },
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
    let actual = match left {
        left if is_platform(left) => "linux",
        Expr::Attribute(attribute) if attribute.attr.as_str() == "name" && is_name(&attribute.value, "os") => "posix",
        Expr::Call(call) if is_dotted(&call.func, "platform", "system") => "Linux",
        Expr::Call(call) if is_dotted(&call.func, "platform", "python_implementation") => "CPython",
        _ => return Truth::Unknown,
    };
    let is_equal = match (operator, right) {
        (CmpOp::Eq | CmpOp::NotEq, right) => text(right).map(|word| word == actual),
        (CmpOp::In | CmpOp::NotIn, Expr::Tuple(words)) => {
            Some(words.elts.iter().any(|word| text(word) == Some(actual)))
        }
        (CmpOp::In | CmpOp::NotIn, Expr::List(words)) => Some(words.elts.iter().any(|word| text(word) == Some(actual))),
        (CmpOp::In | CmpOp::NotIn, Expr::Set(words)) => Some(words.elts.iter().any(|word| text(word) == Some(actual))),
        _ => None,
    };
    let Some(is_equal) = is_equal else { return Truth::Unknown };
    Truth::of(is_equal != matches!(operator, CmpOp::NotEq | CmpOp::NotIn))
}

/// How the target's version compares with what is written; `None` where it is no such comparison, or depends on a patch
/// level.
fn version_order(left: &Expr, right: &Expr, minor: u8) -> Option<std::cmp::Ordering> {
    let own = [3_i64, i64::from(minor)];
    match left {
        left if is_version_info(left) => match right {
            Expr::Tuple(tuple) => compare_tuple(&own, &tuple.elts),
            _ => None,
        },
        Expr::Subscript(subscript) if is_version_info(&subscript.value) => match (&*subscript.slice, right) {
            (Expr::Slice(_), Expr::Tuple(tuple)) => compare_tuple(&own, &tuple.elts),
            (index, right) => Some(own.get(usize::try_from(integer(index)?).ok()?)?.cmp(&integer(right)?)),
        },
        Expr::Attribute(attribute) if is_version_info(&attribute.value) => {
            let part = ["major", "minor"].iter().position(|part| *part == attribute.attr.as_str())?;
            Some(own[part].cmp(&integer(right)?))
        }
        _ => None,
    }
}

fn compare_tuple(own: &[i64; 2], written: &[Expr]) -> Option<std::cmp::Ordering> {
    for (own, written) in own.iter().zip(written) {
        let order = own.cmp(&integer(written)?);
        if order.is_ne() {
            return Some(order);
        }
    }
    // `(3, 11)` is less than `(3, 11, 4, …)`, which is what the target has; three numbers depend on the patch level.
    (written.len() <= own.len()).then_some(std::cmp::Ordering::Greater)
}

fn is_version_info(expression: &Expr) -> bool {
    is_dotted(expression, "sys", "version_info") || is_name(expression, "version_info")
}

fn is_platform(expression: &Expr) -> bool {
    is_dotted(expression, "sys", "platform")
}

fn is_dotted(expression: &Expr, module: &str, name: &str) -> bool {
    match expression {
        Expr::Attribute(attribute) => attribute.attr.as_str() == name && is_name(&attribute.value, module),
        _ => false,
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
