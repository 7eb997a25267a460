//! The imports of a module, each with the moment at which it runs.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::{
    ExceptHandler, Expr, Stmt, StmtClassDef, StmtFor, StmtFunctionDef, StmtIf, StmtImport, StmtImportFrom, StmtMatch,
    StmtTry, StmtWhile, StmtWith,
};
use ruff_text_size::Ranged as _;

use super::calls::{Calls, names_of};
use super::condition::{KnownFacts, Truth, decide, text};
use super::flow::{always_raises, catches_import, default, leaves, may_return, runs_when_called, suppresses};
use super::module::{Import, Module, Moment};

/// The guard of what is looked for elsewhere in the file: no `try` has this number.
const ELSEWHERE: u32 = 0;

/// Walks the statements of a module.
pub(super) struct ImportWalk<'a> {
    module: &'a mut Module,
    /// The number of the line at an offset.
    line_at: &'a dyn Fn(usize) -> usize,
    minor: u8,
    functions: HashMap<&'a str, &'a StmtFunctionDef>,
    called: HashSet<&'a str>,
    guards: u32,
    scope: Scope<'a>,
    /// Names of the module that stand for a condition of the target; [`Truth::Unknown`] for all others that are bound.
    constants: HashMap<&'a str, Truth>,
    /// Modules that the file asks for before it imports them.
    looked_for: HashSet<&'a str>,
}

/// Where a statement stands, as far as that gives names a meaning.
#[derive(Default)]
struct Scope<'a> {
    /// The names that each of the functions and classes around has bound so far, from the outermost inwards.
    locals: Vec<HashSet<&'a str>>,
    /// Variables of the loops around, with the texts that they go through.
    loops: Vec<(&'a str, Vec<&'a str>)>,
}

impl Scope<'_> {
    /// Whether it is the body of a function or class: names that are bound are its own.
    fn is_inner(&self) -> bool {
        !self.locals.is_empty()
    }
}

impl<'a> ImportWalk<'a> {
    pub(super) fn new(module: &'a mut Module, line_at: &'a dyn Fn(usize) -> usize, minor: u8) -> Self {
        Self {
            module,
            line_at,
            minor,
            functions: HashMap::new(),
            called: HashSet::new(),
            guards: 0,
            scope: Scope::default(),
            constants: HashMap::new(),
            looked_for: HashSet::new(),
        }
    }

    /// Walks the whole module, then the functions that it does not call itself.
    pub(super) fn whole(&mut self, body: &'a [Stmt]) {
        self.block(body, Moment::Hard);
        let mut uncalled: Vec<_> = self.functions.iter().filter(|(name, _)| !self.called.contains(*name)).collect();
        uncalled.sort_by_key(|(_, function)| function.range().start());
        let uncalled: Vec<&StmtFunctionDef> = uncalled.into_iter().map(|(_, function)| *function).collect();
        for function in uncalled {
            self.function(function, Moment::Lazy);
        }
        self.spare_optional();
    }

    /// Whoever provides for the absence of a module in one place imports it elsewhere, later or perhaps, only where it
    /// is there.
    fn spare_optional(&mut self) {
        let top = |import: &Import| import.module.split('.').next().unwrap_or_default().to_owned();
        let imports = &mut self.module.imports;
        let guarded = imports.iter().filter(|import| import.level == 0 && matches!(import.moment, Moment::Guarded(_)));
        let looked_for = self.looked_for.iter().filter_map(|name| name.split('.').next()).map(str::to_owned);
        let optional: HashSet<String> = guarded.map(top).chain(looked_for).collect();
        for import in imports.iter_mut().filter(|import| import.level == 0) {
            if matches!(import.moment, Moment::Lazy | Moment::Conditional) && optional.contains(&top(import)) {
                import.moment = Moment::Guarded(ELSEWHERE);
            }
        }
    }

    fn block(&mut self, body: &'a [Stmt], moment: Moment) {
        let mut moment = moment;
        for statement in body {
            self.statement(statement, moment);
            // Behind `if …: return`, the rest of a function may never run.
            if self.scope.is_inner() && !matches!(statement, Stmt::Return(_)) && may_return(statement) {
                moment = moment.within(Moment::Conditional);
            }
        }
    }

    fn statement(&mut self, statement: &'a Stmt, moment: Moment) {
        match statement {
            Stmt::Import(import) => self.plain_import(import, moment),
            Stmt::ImportFrom(import) => self.import_from(import, moment),
            Stmt::FunctionDef(function) => self.definition(function, moment),
            Stmt::ClassDef(class) => self.class(class, moment),
            Stmt::If(statement) => self.branches(statement, moment),
            Stmt::Try(statement) => self.guarded(statement, moment),
            Stmt::With(statement) => self.with(statement, moment),
            Stmt::For(statement) => self.each(statement, moment),
            Stmt::While(statement) => self.repeated(statement, moment),
            Stmt::Match(statement) => self.cases(statement, moment),
            Stmt::Assign(statement) => {
                statement.targets.iter().for_each(|target| self.bind_target(target));
                self.constant(&statement.targets, &statement.value, moment);
                self.expression(&statement.value, moment);
            }
            Stmt::AnnAssign(statement) => {
                // Without a value, the name is only annotated.
                statement.value.iter().for_each(|_| self.bind_target(&statement.target));
                statement.value.iter().for_each(|value| self.expression(value, moment));
            }
            Stmt::AugAssign(statement) => {
                self.bind_target(&statement.target);
                self.expression(&statement.value, moment);
            }
            Stmt::TypeAlias(statement) => self.bind_target(&statement.name),
            Stmt::Global(statement) => statement.names.iter().for_each(|name| self.bind_in_module(name.as_str())),
            Stmt::Delete(statement) if moment == Moment::Hard && !self.scope.is_inner() => {
                for name in statement.targets.iter().filter_map(Expr::as_name_expr) {
                    self.module.names.remove(name.id.as_str());
                }
            }
            Stmt::Expr(statement) => self.expression(&statement.value, moment),
            Stmt::Return(statement) => statement.value.iter().for_each(|value| self.expression(value, moment)),
            _ => {}
        }
    }

    /// `import a, b.c as d`.
    fn plain_import(&mut self, import: &'a StmtImport, moment: Moment) {
        let moment = if import.is_lazy { moment.within(Moment::Lazy) } else { moment };
        for alias in &import.names {
            let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            self.bind(bound.split('.').next().unwrap_or(bound));
            self.import(alias.name.as_str(), 0, Vec::new(), import.range().start().to_usize(), moment);
        }
    }

    /// `from a import b as c`.
    fn import_from(&mut self, import: &'a StmtImportFrom, moment: Moment) {
        let moment = if import.is_lazy { moment.within(Moment::Lazy) } else { moment };
        for alias in &import.names {
            let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            self.bind(bound);
            if alias.name.as_str() == "TYPE_CHECKING" && !self.scope.is_inner() {
                self.constants.insert(bound, Truth::Typing);
            }
        }
        let names = import.names.iter().map(|alias| alias.name.to_string()).collect();
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        if module != "__future__" {
            self.import(module, import.level, names, import.range().start().to_usize(), moment);
        }
    }

    /// A function of the module is walked when it is called; one within another, where it stands.
    fn definition(&mut self, function: &'a StmtFunctionDef, moment: Moment) {
        for decorator in &function.decorator_list {
            if let Expr::Name(name) = &decorator.expression {
                self.call(name.id.as_str(), moment);
            }
            self.expression(&decorator.expression, moment);
        }
        self.bind(function.name.as_str());
        // Another of the same name may have stood here before, of a branch not taken perhaps: both are walked.
        if self.scope.is_inner() || self.functions.insert(function.name.as_str(), function).is_some() {
            self.function(function, moment.within(Moment::Lazy));
        }
    }

    /// A body of a class runs at once. Its methods do not, and its names are its own: methods do not see them.
    fn class(&mut self, class: &'a StmtClassDef, moment: Moment) {
        class.decorator_list.iter().for_each(|decorator| self.expression(&decorator.expression, moment));
        self.bind(class.name.as_str());
        self.scope.locals.push(HashSet::new());
        for statement in &class.body {
            match statement {
                Stmt::FunctionDef(method) => {
                    let own = self.scope.locals.pop();
                    self.function(method, moment.within(Moment::Lazy));
                    self.scope.locals.extend(own);
                }
                other => self.statement(other, moment),
            }
        }
        self.scope.locals.pop();
    }

    fn function(&mut self, function: &'a StmtFunctionDef, moment: Moment) {
        let own = function.parameters.iter().map(|parameter| parameter.name().as_str()).collect();
        self.scope.locals.push(own);
        self.block(&function.body, moment);
        self.scope.locals.pop();
    }

    fn repeated(&mut self, statement: &'a StmtWhile, moment: Moment) {
        self.expression(&statement.test, moment);
        let moment = moment.within(Moment::Conditional);
        self.block(&statement.body, moment);
        self.block(&statement.orelse, moment);
    }

    fn cases(&mut self, statement: &'a StmtMatch, moment: Moment) {
        self.expression(&statement.subject, moment);
        for case in &statement.cases {
            for name in names_of(&case.pattern) {
                self.bind(name);
            }
            self.block(&case.body, moment.within(Moment::Conditional));
        }
    }

    /// A loop over something that is written out runs for certain, once for each.
    fn each(&mut self, statement: &'a StmtFor, moment: Moment) {
        self.bind_target(&statement.target);
        self.expression(&statement.iter, moment);
        let elements: &[Expr] = match &*statement.iter {
            Expr::Tuple(tuple) => &tuple.elts,
            Expr::List(list) => &list.elts,
            _ => &[],
        };
        let perhaps = moment.within(Moment::Conditional);
        let is_certain = !elements.is_empty()
            && !elements.iter().any(|element| matches!(element, Expr::Starred(_)))
            && !statement.body.iter().any(leaves);
        if let (true, Expr::Name(name)) = (is_certain, &*statement.target) {
            self.scope.loops.push((name.id.as_str(), elements.iter().filter_map(text).collect()));
            self.block(&statement.body, moment);
            self.scope.loops.pop();
        } else {
            self.block(&statement.body, if is_certain { moment } else { perhaps });
        }
        self.block(&statement.orelse, perhaps);
    }

    fn branches(&mut self, statement: &'a StmtIf, moment: Moment) {
        let others = statement.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &*clause.body));
        // Whether an earlier branch may be taken instead.
        let mut is_open = false;
        for (test, body) in std::iter::once((Some(&*statement.test), &*statement.body)).chain(others) {
            let truth = test.map_or(Truth::True, |test| self.decide(test));
            if let Some(test) = test {
                self.expression(test, moment);
            }
            match truth {
                Truth::False => {}
                Truth::Typing => self.block(body, moment.within(Moment::Typing)),
                Truth::Unknown => {
                    is_open = true;
                    self.block(body, moment.within(Moment::Conditional));
                }
                Truth::True => {
                    self.block(body, if is_open { moment.within(Moment::Conditional) } else { moment });
                    return;
                }
            }
        }
    }

    fn guarded(&mut self, statement: &'a StmtTry, moment: Moment) {
        let handlers: Vec<_> = statement.handlers.iter().map(|ExceptHandler::ExceptHandler(handler)| handler).collect();
        let minor = self.minor;
        let catches =
            |handler: &&&ruff_python_ast::ExceptHandlerExceptHandler| catches_import(handler.type_.as_deref(), minor);
        let catching: Vec<_> = handlers.iter().filter(catches).collect();
        let is_guarded = catching.first().is_some_and(|first| !always_raises(&first.body));
        self.guards += 1;
        let guard = self.guards;
        if !matches!(moment, Moment::Hard | Moment::Guarded(_) | Moment::Typing) {
            self.module.nested.push((guard, moment));
        }
        self.block(&statement.body, if is_guarded { moment.within(Moment::Guarded(guard)) } else { moment });
        for handler in &handlers {
            let is_fallback = catches(&handler) && is_guarded;
            let inner = if is_fallback { Moment::Fallback(guard) } else { Moment::Conditional };
            self.block(&handler.body, moment.within(inner));
        }
        let otherwise = if is_guarded { moment.within(Moment::Otherwise(guard)) } else { moment };
        self.block(&statement.orelse, otherwise);
        self.block(&statement.finalbody, moment);
        if let (Some((name, value)), Moment::Hard, false) = (default(statement), moment, self.scope.is_inner()) {
            let truth = self.decide(value);
            self.constants.insert(name, truth);
        }
    }

    fn with(&mut self, statement: &'a StmtWith, moment: Moment) {
        let mut moment = moment;
        for item in &statement.items {
            item.optional_vars.iter().for_each(|target| self.bind_target(target));
            self.expression(&item.context_expr, moment);
            if suppresses(&item.context_expr, self.minor) {
                self.guards += 1;
                moment = moment.within(Moment::Guarded(self.guards));
            }
        }
        self.block(&statement.body, moment);
    }

    /// What an expression imports by calls, or by calling a function of this module.
    fn expression(&mut self, expression: &'a Expr, moment: Moment) {
        let mut calls = Calls::default();
        calls.add(expression);
        for (module, at) in calls.imported {
            self.import(module, 0, Vec::new(), at, moment);
        }
        for (name, at) in calls.imported_by_name {
            let of_name = self.scope.loops.iter().rev().find(|(variable, _)| *variable == name);
            let words = of_name.map(|(_, words)| words.clone());
            for module in words.unwrap_or_default() {
                self.import(module, 0, Vec::new(), at, moment);
            }
        }
        self.looked_for.extend(calls.looked_for);
        for name in calls.bound {
            self.bind(name);
        }
        for name in calls.functions {
            self.call(name, moment);
        }
    }

    /// A function that runs while the module is imported imports what it imports then.
    fn call(&mut self, name: &'a str, moment: Moment) {
        if moment == Moment::Lazy || moment == Moment::Typing {
            return;
        }
        if let Some(function) = self.functions.get(name).copied()
            && runs_when_called(function)
            && self.called.insert(name)
        {
            // It sees nothing of what is around the call.
            let around = std::mem::take(&mut self.scope);
            self.function(function, moment);
            self.scope = around;
        }
    }

    fn import(&mut self, module: &str, level: u32, names: Vec<String>, at: usize, moment: Moment) {
        let line = (self.line_at)(at);
        self.module.imports.push(Import { module: module.to_owned(), level, names, line, moment });
    }

    fn bind(&mut self, name: &'a str) {
        match self.scope.locals.last_mut() {
            Some(own) => drop(own.insert(name)),
            None => self.bind_in_module(name),
        }
    }

    fn bind_in_module(&mut self, name: &'a str) {
        self.module.names.insert(name.to_owned());
        self.constants.insert(name, Truth::Unknown);
    }

    fn decide(&self, condition: &Expr) -> Truth {
        decide(condition, KnownFacts { minor: self.minor, constants: &self.constants, locals: &self.scope.locals })
    }

    /// Remembers a name that is bound once to a condition of the target, such as `PY2 = sys.version_info[0] == 2`. What
    /// is written as `True` or `False` is often changed somewhere.
    fn constant(&mut self, targets: &'a [Expr], value: &Expr, moment: Moment) {
        let ([Expr::Name(name)], Moment::Hard, false) = (targets, moment, self.scope.is_inner()) else { return };
        if matches!(value, Expr::BooleanLiteral(_) | Expr::NumberLiteral(_) | Expr::NoneLiteral(_)) {
            return;
        }
        let truth = self.decide(value);
        self.constants.insert(name.id.as_str(), truth);
    }

    fn bind_target(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str()),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|part| self.bind_target(part)),
            Expr::List(list) => list.elts.iter().for_each(|part| self.bind_target(part)),
            Expr::Starred(starred) => self.bind_target(&starred.value),
            _ => {}
        }
    }
}
