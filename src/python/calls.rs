//! Calls in an expression, as far as they import something or run a function of the module.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Identifier, Pattern, Stmt};
use ruff_text_size::Ranged as _;

use super::condition::{is_dotted, is_name, last_name, text};

/// What an expression calls when it is evaluated.
#[derive(Default)]
pub(super) struct Calls<'a> {
    /// Functions by their plain names.
    pub(super) functions: Vec<&'a str>,
    /// Modules that are imported by call, as written, and where.
    pub(super) imported: Vec<(&'a str, usize)>,
    /// Modules that are imported by call, as the name of a variable, and where.
    pub(super) imported_by_name: Vec<(&'a str, usize)>,
    /// Modules that it asks for without importing them: `find_spec("x")`.
    pub(super) looked_for: Vec<&'a str>,
    /// Names that it binds, by `:=`.
    pub(super) bound: Vec<&'a str>,
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
            // Of these, only what comes first is evaluated for certain.
            Expr::If(choice) => return self.visit_below(&choice.test),
            Expr::BoolOp(operation) => {
                if let Some(first) = operation.values.first() {
                    self.visit_below(first);
                }
                return;
            }
            Expr::Named(named) => {
                if let Expr::Name(name) = &*named.target {
                    self.bound.push(name.id.as_str());
                }
            }
            Expr::Call(call) => {
                if let Expr::Name(name) = &*call.func {
                    self.functions.push(name.id.as_str());
                }
                if looks_for(call) {
                    self.looked_for.extend(call.arguments.args.first().and_then(text));
                }
                let at = call.range().start().to_usize();
                match imported_by(call) {
                    Some(Expr::Name(name)) => self.imported_by_name.push((name.id.as_str(), at)),
                    Some(written) => {
                        let module = text(written).filter(|module| !module.is_empty() && !module.starts_with('.'));
                        self.imported.extend(module.map(|module| (module, at)));
                    }
                    None => {}
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

impl<'a> Calls<'a> {
    fn visit_below(&mut self, expression: &'a Expr) {
        if self.depth < DEPTH_MOST {
            self.depth += 1;
            self.visit_expr(expression);
            self.depth -= 1;
        }
    }
}

/// The names that a pattern of `match` binds.
pub(super) fn names_of(pattern: &Pattern) -> Vec<&str> {
    let (mut names, mut open) = (Vec::new(), vec![pattern]);
    while let Some(pattern) = open.pop() {
        match pattern {
            Pattern::MatchAs(capture) => {
                names.extend(capture.name.as_ref().map(Identifier::as_str));
                open.extend(capture.pattern.as_deref());
            }
            Pattern::MatchStar(star) => names.extend(star.name.as_ref().map(Identifier::as_str)),
            Pattern::MatchMapping(mapping) => {
                names.extend(mapping.rest.as_ref().map(Identifier::as_str));
                open.extend(&mapping.patterns);
            }
            Pattern::MatchSequence(sequence) => open.extend(&sequence.patterns),
            Pattern::MatchOr(choice) => open.extend(&choice.patterns),
            Pattern::MatchClass(class) => {
                open.extend(&class.arguments.patterns);
                open.extend(class.arguments.keywords.iter().map(|keyword| &keyword.pattern));
            }
            Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        }
    }
    names
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

/// `importlib.util.find_spec(…)` and its older kin.
fn looks_for(call: &ExprCall) -> bool {
    matches!(last_name(&call.func), Some("find_spec" | "find_loader"))
}

/// What stands in the brackets of `importlib.import_module(…)` or `__import__(…)`.
fn imported_by(call: &ExprCall) -> Option<&Expr> {
    let is_import = ["import_module", "__import__"].into_iter().any(|name| is_name(&call.func, name))
        || is_dotted(&call.func, "importlib", "import_module");
    call.arguments.args.first().filter(|_| is_import)
}
