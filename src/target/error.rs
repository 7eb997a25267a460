//! Texts that name no target.

/// A text that names no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not in the table.
    #[error("unknown runtime `{given}`: {}barrow knows {known}", meant.map_or_else(String::new, |it| format!("did you mean `{it}`? ")))]
    Runtime {
        /// What was asked for.
        given: String,
        /// The one that it names in the words of another program.
        meant: Option<&'static str>,
        /// The names of the table, from the first to the last.
        known: String,
    },
    /// A profile whose Python no runtime of the table has.
    #[error("the runtime `{name}` has Python {python}, and barrow knows 3.8 to 3.15")]
    Python {
        /// Name of the profile.
        name: String,
        /// What it says.
        python: String,
    },
    /// Not an architecture of Lambda.
    #[error("unknown architecture `{0}`: Lambda has x86_64 and arm64")]
    Architecture(String),
    /// Not of the form `2.N`.
    #[error("`{0}` is not a glibc version: give it as 2.N, such as 2.28")]
    Glibc(String),
}
