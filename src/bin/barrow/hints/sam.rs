//! What the user can do about a template that cannot be built.

use barrow::sam::TemplateProblem;

/// What to do, in a sentence.
pub(crate) fn of(problem: &TemplateProblem) -> Option<String> {
    match problem {
        TemplateProblem::NoValue { name } => Some(format!("say --parameter-overrides {name}=VALUE")),
        TemplateProblem::Unreadable { .. } | TemplateProblem::NoParameter { .. } => {
            Some("make it a parameter with a default, or build this function by `sam build`".to_owned())
        }
        TemplateProblem::BuildProperty { .. } | TemplateProblem::ForEach { .. } => {
            Some("build it by `sam build`, or write the resources out".to_owned())
        }
        TemplateProblem::NoRuntime { .. } => {
            Some("write `Runtime: python3.13`, or one for all below `Globals`".to_owned())
        }
        _ => None,
    }
}
