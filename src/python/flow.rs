//! How statements end: in an error, in a return, or by leaving a loop; and which errors they catch.

use ruff_python_ast::{Decorator, ExceptHandler, Expr, Stmt, StmtFunctionDef, StmtTry};
use ruff_python_stdlib::builtins::is_exception;

use super::calls::is_generator;
use super::condition::{is_dotted, is_name, last_name};

/// The built-in errors that a failed import is. Of names that are not built in nothing is known.
const IMPORT_ERRORS: [&str; 4] = ["BaseException", "Exception", "ImportError", "ModuleNotFoundError"];

/// Whether a statement may leave the loop that it stands in, or skip the rest of it.
pub(super) fn leaves(statement: &Stmt) -> bool {
    let leaves_inner = |body: &[Stmt], after: &[Stmt]| body.iter().any(may_return) || after.iter().any(leaves);
    match statement {
        Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => true,
        // What leaves an inner loop stays in this one; its `else` is outside of it.
        Stmt::For(inner) => leaves_inner(&inner.body, &inner.orelse),
        Stmt::While(inner) => leaves_inner(&inner.body, &inner.orelse),
        other => blocks(other).into_iter().flatten().any(leaves),
    }
}

/// Whether calling a function runs its body: that of a coroutine or generator runs later, and what a decorator makes of
/// one is not known, but for those that only remember answers.
pub(super) fn runs_when_called(function: &StmtFunctionDef) -> bool {
    let is_cache = |decorator: &Decorator| {
        let named = match &decorator.expression {
            Expr::Call(call) => &*call.func,
            other => other,
        };
        matches!(last_name(named), Some("cache" | "lru_cache"))
    };
    !function.is_async && function.decorator_list.iter().all(is_cache) && !is_generator(&function.body)
}

/// Whether a handler catches a failed import. Of a name that is not known it is believed: silence does less harm.
pub(super) fn catches_import(caught: Option<&Expr>, minor: u8) -> bool {
    let is_of_import = |name: &str| IMPORT_ERRORS.contains(&name) || !is_exception(name, minor);
    match caught {
        Some(Expr::Name(name)) => is_of_import(name.id.as_str()),
        Some(Expr::Attribute(attribute)) if is_name(&attribute.value, "builtins") => {
            is_of_import(attribute.attr.as_str())
        }
        Some(Expr::Tuple(tuple)) => tuple.elts.iter().any(|one| catches_import(Some(one), minor)),
        // A bare `except`, and what is computed.
        None | Some(_) => true,
    }
}

/// The value that a name of the module gets where nobody has made it a built-in one, as installers do to tell a package
/// that it is only being built: `try: NAME`, `except NameError: NAME = value`.
pub(super) fn default(statement: &StmtTry) -> Option<(&str, &Expr)> {
    let ([Stmt::Expr(asked)], [ExceptHandler::ExceptHandler(handler)]) = (&*statement.body, &*statement.handlers)
    else {
        return None;
    };
    let ([Stmt::Assign(given)], true) = (&*handler.body, is_name(handler.type_.as_deref()?, "NameError")) else {
        return None;
    };
    let (Expr::Name(asked), [Expr::Name(name)]) = (&*asked.value, &*given.targets) else { return None };
    (asked.id == name.id).then_some((name.id.as_str(), &*given.value))
}

/// Whether a block ends in an error whatever happens in it.
pub(super) fn always_raises(body: &[Stmt]) -> bool {
    match body.last() {
        Some(Stmt::Raise(_)) => !body.iter().any(may_return),
        Some(Stmt::Expr(last)) => ends_program(&last.value) && !body.iter().any(may_return),
        Some(Stmt::If(last)) => {
            let has_else = last.elif_else_clauses.last().is_some_and(|clause| clause.test.is_none());
            has_else
                && always_raises(&last.body)
                && last.elif_else_clauses.iter().all(|clause| always_raises(&clause.body))
        }
        Some(Stmt::With(last)) => always_raises(&last.body),
        _ => false,
    }
}

/// `sys.exit(…)` and its kin.
fn ends_program(expression: &Expr) -> bool {
    let Expr::Call(call) = expression else { return false };
    let functions = [("sys", "exit"), ("os", "_exit"), ("os", "abort")];
    ["exit", "quit"].into_iter().any(|name| is_name(&call.func, name))
        || functions.into_iter().any(|(module, name)| is_dotted(&call.func, module, name))
}

/// Whether a statement may end the function that it stands in.
pub(super) fn may_return(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Return(_)) || blocks(statement).into_iter().flatten().any(may_return)
}

/// The blocks of a statement that run where it stands; those of functions and classes do not count.
fn blocks(statement: &Stmt) -> Vec<&[Stmt]> {
    match statement {
        Stmt::If(choice) => {
            let others = choice.elif_else_clauses.iter().map(|clause| &*clause.body);
            std::iter::once(&*choice.body).chain(others).collect()
        }
        Stmt::Try(guarded) => {
            let handlers = guarded.handlers.iter().map(|ExceptHandler::ExceptHandler(handler)| &*handler.body);
            handlers.chain([&*guarded.body, &*guarded.orelse, &*guarded.finalbody]).collect()
        }
        Stmt::For(each) => vec![&*each.body, &*each.orelse],
        Stmt::While(repeated) => vec![&*repeated.body, &*repeated.orelse],
        Stmt::With(within) => vec![&*within.body],
        Stmt::Match(choice) => choice.cases.iter().map(|case| &*case.body).collect(),
        _ => Vec::new(),
    }
}

/// Whether a context manager lets a failed import pass: `suppress(ImportError)`, and those of packages that are called for
/// it, such as `try_import()` and `LazyImport("…")`. Others pass errors on, as files and locks do.
pub(super) fn suppresses(expression: &Expr, minor: u8) -> bool {
    let Expr::Call(call) = expression else { return false };
    let Some(name) = last_name(&call.func) else { return false };
    let catches = || call.arguments.args.iter().any(|caught| catches_import(Some(caught), minor));
    name.to_ascii_lowercase().contains("import") || name == "suppress" && catches()
}
