//! What the user can do about a template that cannot be built.

use barrow::sam::Problem;

/// What to do, in a sentence.
pub(crate) fn of(problem: &Problem) -> Option<String> {
    match problem {
        Problem::NoValue { name } => Some(format!("say --parameter-overrides {name}=VALUE")),
        Problem::Unreadable { .. } | Problem::NoParameter { .. } => {
            Some("make it a parameter with a default, or build this function by `sam build`".to_owned())
        }
        Problem::BuildProperty { .. } | Problem::ForEach { .. } => {
            Some("build it by `sam build`, or write the resources out".to_owned())
        }
        Problem::NoRuntime => Some("write `Runtime: python3.13`, or one for all below `Globals`".to_owned()),
        _ => None,
    }
}
