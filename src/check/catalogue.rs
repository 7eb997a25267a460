//! Codes by number and by name, and what is documented about each.

use std::fmt;
use std::str::FromStr;

use super::code::{Code, Explanation};
use super::explanations::TABLE;

/// A text that is no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no code of a finding: they run from BAR001 to BAR{last:03}", last = TABLE.len())]
pub struct UnknownCode(String);

impl Code {
    /// Every code, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|explanation| explanation.code)
    }

    /// What is documented about it.
    pub fn explanation(self) -> &'static Explanation {
        &TABLE[self as usize - 1]
    }

    /// What is documented about it as a page of text.
    pub fn page(self) -> String {
        let Explanation { title, grade, aws_error, text, example, fix, .. } = self.explanation();
        let aws = aws_error.map(|error| format!("On Lambda: {error}\n")).unwrap_or_default();
        format!("{self}: {title}\n\n{text}\n\nExample: {example}\nGrade: {grade}\n{aws}What helps: {fix}\n")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BAR{:03}", *self as u16)
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    /// Reads a code such as `BAR012`, in any case and without the zeros as well.
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let unknown = || UnknownCode(text.to_owned());
        let digits =
            text.trim().get(3..).filter(|_| text.trim()[..3].eq_ignore_ascii_case("BAR")).ok_or_else(unknown)?;
        let number: u16 = digits.parse().map_err(|_| unknown())?;
        Self::all().find(|code| *code as u16 == number).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbered_without_gaps_and_read_back() {
        for (at, code) in Code::all().enumerate() {
            let explanation = code.explanation();
            assert_eq!((explanation.code, code as usize), (code, at + 1));
            assert_eq!(code.to_string().parse(), Ok(code));
            assert!(!explanation.title.ends_with('.') && explanation.text.ends_with('.'), "{code}");
        }
        assert_eq!("bar12".parse(), Ok(Code::MissingModule));
        for wrong in ["", "BAR", "BAR0", "BAR999", "E501", "BäR12"] {
            assert!(wrong.parse::<Code>().is_err(), "{wrong}");
        }
    }
}
