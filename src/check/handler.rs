//! The handler, by the rules of the runtime's own bootstrap (aws-lambda-python-runtime-interface-client,
//! `bootstrap.py`).

use super::code::Code;
use super::finding::{Finding, Grade};
use super::graph::Graph;
use super::imported::Certainty;
use super::tree::{RuntimeTree, TASK};
use crate::python::is_built_in;

/// The parts of a handler.
pub(super) struct Handler<'a> {
    text: &'a str,
    /// The module as a dotted name.
    pub(super) module: String,
    function: &'a str,
}

impl<'a> Handler<'a> {
    /// Splits a handler at its last dot; slashes separate packages too.
    pub(super) fn parse(text: &'a str) -> Result<Self, Finding> {
        let malformed = |reason: &str| {
            Finding::new(Code::MalformedHandler, Grade::Error, text, format!("the handler `{text}` {reason}"))
                .fix("write it as module.function, such as app.handler")
        };
        let (module, function) =
            text.rsplit_once('.').ok_or_else(|| malformed("has no dot between module and function"))?;
        let module = module.replace('/', ".");
        if function.is_empty() || function.contains('/') {
            return Err(malformed("names no function behind its last dot"));
        }
        if module.is_empty() || module.split('.').any(str::is_empty) {
            return Err(malformed("names no module before its last dot"));
        }
        Ok(Self { text, module, function })
    }

    /// The package or module at the top.
    pub(super) fn top(&self) -> &str {
        self.module.split('.').next().unwrap_or(&self.module)
    }

    /// Imports the module of the handler; gives its node.
    pub(super) fn start(&self, graph: &mut Graph<'_>, findings: &mut Vec<Finding>) -> Option<usize> {
        if is_built_in(self.top(), graph.search.minor()) {
            let message = format!("the handler `{}` names `{}`, which is built into Python", self.text, self.top());
            findings.push(
                Finding::new(Code::BuiltInHandler, Grade::Error, self.text, message)
                    .fix("rename the file of the handler"),
            );
            return None;
        }
        let missing = match graph.start(&self.module, Certainty::Surely) {
            Ok(node) if graph.nodes[node].file.is_some() => return Some(node),
            Ok(_) => self.module.clone(),
            Err(missing) => missing,
        };
        let message = format!("the handler `{}` is in no file: there is no module `{missing}`", self.text);
        let fix = match self.module.strip_suffix(".py") {
            Some(module) => format!("a handler names a module and no file: write it as `{module}.{}`", self.function),
            None => format!("bundle `{}.py`, or correct the handler", self.module.replace('.', "/")),
        };
        findings.push(Finding::new(Code::NoHandlerModule, Grade::Error, self.text, message).fix(fix));
        None
    }

    /// Looks for the function in its module.
    pub(super) fn function(&self, graph: &mut Graph<'_>, node: usize, findings: &mut Vec<Finding>) {
        let Some(module) = graph.module(node) else { return };
        if graph.binds(node, self.function) != Some(false) {
            return;
        }
        let alike: Vec<&str> =
            module.names.iter().map(String::as_str).filter(|name| name.to_lowercase().contains("handler")).collect();
        let fix = match alike.first() {
            Some(name) => format!("did you mean `{}.{name}`?", self.module),
            None => format!("define `{}`, or correct the handler", self.function),
        };
        let label = graph.label(node).to_owned();
        let message = format!("the handler `{}`: `{label}` binds no `{}`", self.text, self.function);
        findings.push(Finding::new(Code::NoHandlerFunction, Grade::Error, self.text, message).file(label).fix(fix));
    }
}

/// A handler that the Lambda Web Adapter starts as a program.
pub(super) fn is_script(handler: &str) -> bool {
    std::path::Path::new(handler).extension().is_some_and(|ending| ending == "sh")
}

/// Checks such a script.
pub(super) fn check_script(handler: &str, tree: &RuntimeTree) -> Vec<Finding> {
    let find =
        |message: &str, fix: &str| Finding::of_file(Code::HandlerScript, Grade::Error, handler, message).fix(fix);
    let Some(file) = tree.file(&format!("{TASK}/{handler}")) else {
        let message = format!("the handler `{handler}` is not in the bundle");
        return vec![
            Finding::new(Code::NoHandlerModule, Grade::Error, handler, message)
                .fix("bundle it, or correct the handler"),
        ];
    };
    let mut findings = Vec::new();
    let start = tree.start(file, 4096);
    if !start.starts_with(b"#!") {
        findings.push(find("the script does not begin with `#!`", "begin it with `#!/bin/bash`"));
    } else if start.contains(&b'\r') {
        findings.push(find("the script has the line ends of Windows", "save it with Unix line ends"));
    }
    if let Some(mode) = tree.files[file].mode.filter(|mode| mode & 0o005 != 0o005) {
        let message = format!("the script has mode {mode:04o}: it may not be executed");
        findings.push(find(&message, "give it the right to be executed: `chmod 755`"));
    }
    findings
}
