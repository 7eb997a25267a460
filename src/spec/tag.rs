//! Compatibility tags of wheels (PEP 425, PEP 600).

use std::fmt;

/// One tag: interpreter, ABI and platform that a wheel was made for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    /// Interpreter tag, such as `cp312` or `py3`.
    pub python: String,
    /// ABI tag, such as `cp312`, `abi3` or `none`.
    pub abi: String,
    /// Platform tag, such as `manylinux_2_17_x86_64` or `any`.
    pub platform: String,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.python, self.abi, self.platform)
    }
}
