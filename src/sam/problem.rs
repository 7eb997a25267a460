//! What is wrong with a template, and where.

use std::path::PathBuf;

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: {problem}", file.display())]
pub struct SamError {
    /// The template.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: TemplateProblem,
}

/// What is wrong at a line of a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each says what it is")]
pub enum TemplateProblem {
    #[error("{0}")]
    Text(String),
    #[error("`{name}` is no parameter of this template, so its value is not known before the deployment")]
    NoParameter { name: String },
    #[error("the parameter `{name}` has no default, and no value was given")]
    NoValue { name: String },
    #[error("{what} cannot be read before the deployment: only texts and `!Ref` to a parameter with a value can")]
    Unreadable { what: String },
    #[error("`{name}` has no Runtime")]
    NoRuntime { name: String },
    #[error("a function has one architecture, and here is also `{second}`")]
    TwoArchitectures { second: String },
    #[error("`{name}` asks for another layout than barrow makes")]
    BuildProperty { name: String },
    #[error("resources made by `{name}` cannot be read before the deployment")]
    ForEach { name: String },
    #[error("`{name}` is not the name of a resource: those have letters and digits only")]
    Name { name: String },
}

/// A problem with the line of the value that it is about.
pub(super) type ProblemAt = (usize, TemplateProblem);
