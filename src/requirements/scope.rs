//! Which of the tables of a file count.

use crate::spec::ExtraName;

/// How a file came to be read, and so what of its tables counts.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    /// The file is an input, and these of its extras and groups were asked for.
    Input { extras: &'a [ExtraName], groups: &'a [ExtraName] },
    /// The file stands beside one that is an input.
    Beside,
    /// The file is that of a project which requirements lead to: it ties names and sets nothing.
    Reached,
}
