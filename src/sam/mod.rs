//! Templates of AWS SAM and of `CloudFormation`: which functions and layers they have, and the template that says where
//! they were built (AWS Serverless Application Model specification, version 2016-10-31; `aws cloudformation package`
//! for what is a local path).
//!
//! Texts are read, and `!Ref` to a parameter that has a value. Anything else that decides what is built (`!Sub`,
//! `!FindInMap`, `!If`, `Fn::ForEach`) is an error with its line: nothing is guessed. The rest of a template is not
//! looked at.

mod config;
mod local_paths;
mod parameters;
mod problem;
mod rewrite;
mod template;
mod unit;
#[cfg(test)]
mod tests;

pub use config::{SAM_CONFIG_NAMES, SamConfig};
pub use parameters::read_overrides;
pub use problem::{SamError, TemplateProblem};
pub use template::Template;
pub use unit::{Left, Nested, ResourceUse, SamUnit, SamUnitKind};
