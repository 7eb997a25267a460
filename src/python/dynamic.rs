//! Whether a module makes names or submodules of its own while it runs, which nobody can read off its source.
//!
//! What counts is what the source does, in its syntax tree: a comment, a string, and a method that happens to be called
//! `exec` or `setattr` do nothing to the module. In functions, which may be called from anywhere, only what reaches the
//! module from there counts.

use std::collections::{BTreeSet, HashSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{CmpOp, Expr, ExprCall, ExprContext, Stmt};

use super::condition::{is_name, text};

/// Words without one of which a source does nothing of the kind: most need not be walked.
const WORDS: [&str; 11] = [
    "modules",
    "meta_path",
    "__path__",
    "path_hooks",
    "__getattr__",
    "globals",
    "setattr",
    "exec",
    "__class__",
    "vars",
    "locals",
];

/// How deep an expression is looked into. Of what nests deeper, anything is believed.
const DEPTH_MOST: usize = 128;

/// Methods of a dictionary or list that only read it.
const READING: [&str; 6] = ["get", "keys", "items", "values", "copy", "index"];

/// Whether the module of this body, which binds these names, may come to have others while it runs.
pub(super) fn is_dynamic(source: &str, body: &[Stmt], names: &BTreeSet<String>) -> bool {
    if names.contains("__getattr__") || names.contains("__path__") {
        return true;
    }
    if !WORDS.iter().any(|word| source.contains(word)) {
        return false;
    }
    let mut walk = DynamicWalk { names, modules: HashSet::new(), functions: 0, depth: 0, found: false };
    for statement in body {
        walk.visit_stmt(statement);
    }
    walk.found
}

/// Walks statements and expressions until something is found.
struct DynamicWalk<'a> {
    /// The names of the module: a built-in function that it names anew is none.
    names: &'a BTreeSet<String>,
    /// Names that stand for whole modules.
    modules: HashSet<&'a str>,
    /// How many functions are around.
    functions: usize,
    depth: usize,
    found: bool,
}

impl<'a> Visitor<'a> for DynamicWalk<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if self.found {
            return;
        }
        match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    self.modules.insert(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                }
            }
            Stmt::ImportFrom(import) => {
                let is_sys = import.level == 0 && import.module.as_ref().is_some_and(|module| module == "sys");
                let is_state = |name: &str| matches!(name, "modules" | "meta_path" | "path_hooks");
                self.found |= is_sys && import.names.iter().any(|alias| is_state(alias.name.as_str()));
            }
            Stmt::FunctionDef(function) => {
                function.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
                self.functions += 1;
                function.body.iter().for_each(|inner| self.visit_stmt(inner));
                self.functions -= 1;
                return;
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if self.found {
            return;
        }
        if self.depth == DEPTH_MOST {
            self.found = true;
            return;
        }
        self.depth += 1;
        self.look(expression);
        self.depth -= 1;
    }
}

impl<'a> DynamicWalk<'a> {
    fn look(&mut self, expression: &'a Expr) {
        if let Some(read) = self.read_only(expression) {
            // What is only asked there: the rest of the expression is looked into, the table itself is not.
            for part in read {
                self.visit_expr(part);
            }
            return;
        }
        self.found |= match expression {
            Expr::Attribute(attribute) => match attribute.attr.as_str() {
                "modules" => is_sys(&attribute.value),
                "meta_path" | "path_hooks" => true,
                "__class__" => attribute.ctx == ExprContext::Store && self.functions == 0,
                _ => false,
            },
            // Where a package lies is asked in many a function, and changed only when it is imported.
            Expr::Name(name) if name.id.as_str() == "__path__" => self.functions == 0 || name.ctx != ExprContext::Load,
            Expr::Call(call) => self.is_call_that_binds(call),
            _ => false,
        };
        if !self.found {
            walk_expr(self, expression);
        }
    }

    /// The other parts of an expression that only reads a table of names or modules: `globals()["x"]`,
    /// `"x" in sys.modules`. `None` where it is no such.
    fn read_only(&self, expression: &'a Expr) -> Option<Vec<&'a Expr>> {
        match expression {
            Expr::Subscript(subscript) if subscript.ctx == ExprContext::Load => {
                // A module that is taken out of `sys.modules` may be this one, and be changed.
                let is_read = self.is_table(&subscript.value) && !is_modules(&subscript.value);
                is_read.then(|| vec![&*subscript.slice])
            }
            Expr::Compare(compare) => {
                let is_asked = |operator: &CmpOp| matches!(operator, CmpOp::In | CmpOp::NotIn);
                let [table] = &*compare.comparators else { return None };
                (self.is_table(table) && compare.ops.iter().all(is_asked)).then(|| vec![&*compare.left])
            }
            Expr::Call(call) => {
                let Expr::Attribute(method) = &*call.func else { return None };
                let is_reading = READING.contains(&method.attr.as_str()) && self.is_table(&method.value);
                let first = call.arguments.args.first();
                let is_own = is_modules(&method.value) && first.is_some_and(|first| text(first).is_none());
                (is_reading && !is_own).then(|| call.arguments.args.iter().collect())
            }
            _ => None,
        }
    }

    /// Whether an expression is the table of the module's names, or of all modules.
    fn is_table(&self, expression: &Expr) -> bool {
        let is_names = |call: &ExprCall| self.builtin(call) == Some("globals") && call.arguments.args.is_empty();
        is_modules(expression) || matches!(expression, Expr::Call(call) if is_names(call))
    }

    /// The built-in function that a call calls.
    fn builtin<'b>(&self, call: &'b ExprCall) -> Option<&'b str> {
        match &*call.func {
            Expr::Name(name) => Some(name.id.as_str()).filter(|name| !self.names.contains(*name)),
            Expr::Attribute(attribute) => is_name(&attribute.value, "builtins").then_some(attribute.attr.as_str()),
            _ => None,
        }
    }

    /// Whether a call makes names of the module, or hands out the table of them.
    fn is_call_that_binds(&self, call: &ExprCall) -> bool {
        let is_of_module = self.functions == 0;
        let arguments = &call.arguments.args;
        match self.builtin(call) {
            Some("globals") => true,
            Some("vars" | "locals") => is_of_module && arguments.is_empty(),
            // With a table of its own, or in a function, it binds the names of that.
            Some("exec") => is_of_module && arguments.len() < 2 && call.arguments.keywords.is_empty(),
            // Of the modules that a file imports, one may be the file itself.
            Some("setattr") => match arguments.first() {
                Some(Expr::Name(name)) => is_of_module && self.modules.contains(name.id.as_str()),
                Some(Expr::Call(inner)) => is_of_module || self.builtin(inner) == Some("__import__"),
                _ => false,
            },
            _ => false,
        }
    }
}

/// `sys`, or what it is called where its name shall not be seen.
fn is_sys(expression: &Expr) -> bool {
    matches!(expression, Expr::Name(name) if name.id.as_str().ends_with("sys"))
}

fn is_modules(expression: &Expr) -> bool {
    matches!(expression, Expr::Attribute(attribute) if attribute.attr.as_str() == "modules" && is_sys(&attribute.value))
}
