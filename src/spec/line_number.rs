//! Places of a text as numbers of lines, by which messages name them.

use memchr::memchr_iter;

/// The one-based number of the line that the byte at `at` stands in; a place behind the text is in its last line.
pub fn line_at(text: impl AsRef<[u8]>, at: usize) -> usize {
    1 + text.as_ref().iter().take(at).filter(|byte| **byte == b'\n').count()
}

/// The line ends of a text, found once, so that each of many places is looked up without reading the text again.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineEnds(Vec<usize>);

impl LineEnds {
    pub(crate) fn of(text: &str) -> Self {
        Self(memchr_iter(b'\n', text.as_bytes()).collect())
    }

    /// The one-based number of the line, as [`line_at`] gives it.
    pub(crate) fn line_at(&self, at: usize) -> usize {
        1 + self.0.partition_point(|end| *end < at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_its_own_end() {
        let text = "a\n\nbc\n";
        let ends = LineEnds::of(text);
        for (at, line) in [(0, 1), (1, 1), (2, 2), (3, 3), (5, 3), (6, 4), (99, 4)] {
            assert_eq!((line_at(text, at), ends.line_at(at)), (line, line), "{at}");
        }
    }
}
