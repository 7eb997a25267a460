//! Calls in an expression, as far as they import something or run a function of the module.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Stmt};
use ruff_text_size::Ranged as _;

use super::condition::{is_name, text};

/// What an expression calls when it is evaluated.
#[derive(Default)]
pub(super) struct Calls<'a> {
    /// Functions by their plain names.
    pub(super) functions: Vec<&'a str>,
    /// Modules that are imported by call, as written, and where.
    pub(super) imported: Vec<(&'a str, usize)>,
    depth: usize,
}

/// How deep a call may stand in an expression. Nobody imports deeper, and hostile source nests without end.
const DEPTH_MOST: usize = 64;

impl<'a> Calls<'a> {
    /// Adds what an expression calls.
    pub(super) fn add(&mut self, expression: &'a Expr) {
        self.visit_expr(expression);
    }
}

impl<'a> Visitor<'a> for Calls<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            // What a lambda or a generator holds runs later, if ever.
            Expr::Lambda(_) | Expr::Generator(_) => return,
            Expr::Call(call) => {
                if let Expr::Name(name) = &*call.func {
                    self.functions.push(name.id.as_str());
                }
                if let Some(module) = imported_by(call) {
                    self.imported.push((module, call.range().start().to_usize()));
                }
            }
            _ => {}
        }
        if self.depth < DEPTH_MOST {
            self.depth += 1;
            walk_expr(self, expression);
            self.depth -= 1;
        }
    }
}

/// Whether a body yields, and so runs only when somebody asks for what it yields.
pub(super) fn is_generator(body: &[Stmt]) -> bool {
    let mut yields = Yields::default();
    for statement in body {
        yields.visit_stmt(statement);
    }
    yields.found
}

#[derive(Default)]
struct Yields {
    found: bool,
    depth: usize,
}

impl<'a> Visitor<'a> for Yields {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if !self.found && !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Lambda(_) | Expr::Generator(_) => {}
            Expr::Yield(_) | Expr::YieldFrom(_) => self.found = true,
            _ if self.depth < DEPTH_MOST && !self.found => {
                self.depth += 1;
                walk_expr(self, expression);
                self.depth -= 1;
            }
            _ => {}
        }
    }
}

/// The module that `importlib.import_module("…")` or `__import__("…")` names, where it is written out.
fn imported_by(call: &ExprCall) -> Option<&str> {
    let is_import = match &*call.func {
        Expr::Name(name) => matches!(name.id.as_str(), "import_module" | "__import__"),
        Expr::Attribute(attribute) => {
            attribute.attr.as_str() == "import_module" && is_name(&attribute.value, "importlib")
        }
        _ => false,
    };
    let module = call.arguments.args.first().filter(|_| is_import).and_then(text)?;
    (!module.is_empty() && !module.starts_with('.')).then_some(module)
}
