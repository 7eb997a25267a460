//! Names that come from outside, as a message shows them.

use std::fmt;

use crate::reporter::one_line;

/// Characters of a name that are shown; of a longer one, both ends are.
const MOST: usize = 160;

/// A name from an archive, an index or a file: what would harm a terminal or begin a line is shown as an escape, all
/// else as it is, and of a very long name its ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForeignName<'a>(pub(crate) &'a str);

impl fmt::Display for ForeignName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.chars().count();
        if count <= MOST {
            return f.write_str(&one_line(self.0));
        }
        let start: String = self.0.chars().take(MOST / 2).collect();
        let end: String = self.0.chars().skip(count - MOST / 2).collect();
        write!(f, "{}…{}", one_line(&start), one_line(&end))
    }
}

#[test]
fn names_are_shown_as_they_are_but_for_what_harms() {
    assert_eq!(ForeignName("a\\b 'c' ö").to_string(), "a\\b 'c' ö");
    assert_eq!(ForeignName("a\nb\0c\u{202e}").to_string(), "a\\nb\\u{0}c\\u{202e}");
    let long = format!("{}{}", "a".repeat(300), "b".repeat(300));
    assert_eq!(ForeignName(&long).to_string(), format!("{}…{}", "a".repeat(80), "b".repeat(80)));
}
