//! Statements and expressions that stand where the grammar has them and Python's compiler does not: `return` outside of
//! a function, `await` in one that is not `async`, a parameter that is there twice.
//!
//! Only what is certain is a fault. What stands in comprehensions and annotations, whose rules differ between versions,
//! is passed over.

use std::collections::HashSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Parameters, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

/// Words without one of which no expression can stand in a wrong place.
const WORDS: [&str; 3] = ["await", "yield", "global"];

/// How deep an expression is looked into.
const DEPTH_MOST: usize = 128;

/// The first misplaced part of a module: its offset, and what Python says of it.
pub(super) fn misplaced(source: &str, body: &[Stmt]) -> Option<(usize, String)> {
    let looks_at_expressions = WORDS.iter().any(|word| source.contains(word));
    let mut walk =
        PlacementWalk { looks_at_expressions, scopes: vec![Scope::new(Kind::Module)], depth: 0, found: None };
    let mut may_be_future = true;
    for (place, statement) in body.iter().enumerate() {
        let is_future = is_of_future(statement);
        if is_future && !may_be_future {
            walk.refuse(statement, "from __future__ imports must occur at the beginning of the file".to_owned());
        }
        let is_text = matches!(statement, Stmt::Expr(text) if text.value.is_string_literal_expr());
        may_be_future &= is_future || (place == 0 && is_text);
        walk.visit_stmt(statement);
    }
    walk.found
}

/// What a block belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Class,
    Function,
    Coroutine,
}

/// A block with names of its own.
struct Scope<'a> {
    kind: Kind,
    is_in_loop: bool,
    /// The names that were used in it so far, its parameters among them.
    used: HashSet<&'a str>,
}

impl Scope<'_> {
    fn new(kind: Kind) -> Self {
        Self { kind, is_in_loop: false, used: HashSet::new() }
    }

    fn is_function(&self) -> bool {
        matches!(self.kind, Kind::Function | Kind::Coroutine)
    }
}

/// Walks a module until something is found.
struct PlacementWalk<'a> {
    looks_at_expressions: bool,
    /// The module, and what is around, from the outermost inwards.
    scopes: Vec<Scope<'a>>,
    depth: usize,
    found: Option<(usize, String)>,
}

impl<'a> Visitor<'a> for PlacementWalk<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if self.found.is_some() {
            return;
        }
        self.look(statement);
        match statement {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::For(each) => {
                self.visit_expr(&each.iter);
                self.visit_expr(&each.target);
                self.repeated(&each.body, &each.orelse);
            }
            Stmt::While(repeated) => {
                self.visit_expr(&repeated.test);
                self.repeated(&repeated.body, &repeated.orelse);
            }
            Stmt::AnnAssign(annotated) => annotated.value.iter().for_each(|value| self.visit_expr(value)),
            Stmt::TypeAlias(_) => {}
            other => walk_stmt(self, other),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if self.found.is_some() || !self.looks_at_expressions || self.depth == DEPTH_MOST {
            return;
        }
        self.depth += 1;
        self.look_into(expression);
        self.depth -= 1;
    }
}

impl<'a> PlacementWalk<'a> {
    fn refuse(&mut self, at: impl Ranged, reason: String) {
        self.found.get_or_insert((at.range().start().to_usize(), reason));
    }

    /// The innermost scope; the module is always there.
    fn scope(&mut self) -> Option<&mut Scope<'a>> {
        self.scopes.last_mut()
    }

    fn is_in(&self, is_there: impl Fn(&Scope<'a>) -> bool) -> bool {
        self.scopes.last().is_some_and(is_there)
    }

    /// What is wrong with a statement where it stands.
    fn look(&mut self, statement: &'a Stmt) {
        let is_coroutine = self.is_in(|scope| scope.kind == Kind::Coroutine);
        let reason = match statement {
            Stmt::Return(_) if !self.is_in(Scope::is_function) => "'return' outside function".to_owned(),
            Stmt::Break(_) if !self.is_in(|scope| scope.is_in_loop) => "'break' outside loop".to_owned(),
            Stmt::Continue(_) if !self.is_in(|scope| scope.is_in_loop) => "'continue' not properly in loop".to_owned(),
            Stmt::For(each) if each.is_async && !is_coroutine => "'async for' outside async function".to_owned(),
            Stmt::With(with) if with.is_async && !is_coroutine => "'async with' outside async function".to_owned(),
            Stmt::Nonlocal(names) => {
                let around = self.scopes.iter().rev().skip(1).any(Scope::is_function);
                match names.names.first() {
                    Some(name) if !around => format!("no binding for nonlocal '{name}' found"),
                    _ => return,
                }
            }
            Stmt::Global(names) => {
                let used = |name: &&ruff_python_ast::Identifier| self.is_in(|scope| scope.used.contains(name.as_str()));
                match names.names.iter().find(used) {
                    Some(name) => format!("name '{name}' is used prior to global declaration"),
                    None => return,
                }
            }
            Stmt::ImportFrom(_) if self.scopes.len() > 1 && is_of_future(statement) => {
                "from __future__ imports must occur at the beginning of the file".to_owned()
            }
            _ => return,
        };
        self.refuse(statement, reason);
    }

    fn within(&mut self, scope: Scope<'a>, body: &'a [Stmt]) {
        self.scopes.push(scope);
        self.visit_body(body);
        self.scopes.pop();
    }

    fn function(&mut self, function: &'a StmtFunctionDef) {
        function.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
        let mut scope = Scope::new(if function.is_async { Kind::Coroutine } else { Kind::Function });
        scope.used = self.parameters(&function.parameters);
        self.within(scope, &function.body);
    }

    /// The names of parameters, each of which is there once; their defaults belong to the scope around.
    fn parameters(&mut self, parameters: &'a Parameters) -> HashSet<&'a str> {
        let mut names = HashSet::new();
        for parameter in parameters {
            parameter.default().into_iter().for_each(|default| self.visit_expr(default));
            let name = parameter.name().as_str();
            if !names.insert(name) {
                self.refuse(parameter.name(), format!("duplicate argument '{name}' in function definition"));
            }
        }
        names
    }

    fn class(&mut self, class: &'a StmtClassDef) {
        class.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        self.within(Scope::new(Kind::Class), &class.body);
    }

    fn repeated(&mut self, body: &'a [Stmt], orelse: &'a [Stmt]) {
        let around = self.scope().map(|scope| std::mem::replace(&mut scope.is_in_loop, true));
        self.visit_body(body);
        if let (Some(scope), Some(around)) = (self.scope(), around) {
            scope.is_in_loop = around;
        }
        self.visit_body(orelse);
    }

    fn look_into(&mut self, expression: &'a Expr) {
        let is_function = self.is_in(Scope::is_function);
        let is_coroutine = self.is_in(|scope| scope.kind == Kind::Coroutine);
        match expression {
            Expr::Name(name) => {
                self.scope().into_iter().for_each(|scope| _ = scope.used.insert(name.id.as_str()));
            }
            Expr::Await(_) if !is_function => self.refuse(expression, "'await' outside function".to_owned()),
            Expr::Await(_) if !is_coroutine => self.refuse(expression, "'await' outside async function".to_owned()),
            Expr::Yield(_) | Expr::YieldFrom(_) if !is_function => {
                self.refuse(expression, "'yield' outside function".to_owned());
            }
            Expr::YieldFrom(_) if is_coroutine => {
                self.refuse(expression, "'yield from' inside async function".to_owned());
            }
            Expr::Lambda(lambda) => {
                let mut scope = Scope::new(Kind::Function);
                if let Some(parameters) = &lambda.parameters {
                    scope.used = self.parameters(parameters);
                }
                self.scopes.push(scope);
                self.visit_expr(&lambda.body);
                self.scopes.pop();
            }
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {}
            other => walk_expr(self, other),
        }
    }
}

/// `from __future__ import …`.
fn is_of_future(statement: &Stmt) -> bool {
    let Stmt::ImportFrom(import) = statement else { return false };
    import.level == 0 && import.module.as_ref().is_some_and(|module| module.as_str() == "__future__")
}
