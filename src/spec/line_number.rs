//! Places of a text as numbers of lines, by which messages name them.

use memchr::memchr_iter;

/// The one-based number of the line that the byte at `at` stands in; a place behind the text is in its last line.
pub fn line_at(text: impl AsRef<[u8]>, at: usize) -> usize {
    1 + text.as_ref().iter().take(at).filter(|byte| **byte == b'\n').count()
}

/// The line ends of a text, counted once, so that each of many places is looked up without reading the whole again.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineEnds {
    /// How many are before each [`PIECE`] of the text, and in all.
    before: Vec<usize>,
}

/// Bytes of a text that are counted together: a few dozen wide instructions.
const PIECE: usize = 1024;

impl LineEnds {
    pub(crate) fn of(text: &str) -> Self {
        let mut before = Vec::with_capacity(text.len() / PIECE + 2);
        let mut count = 0;
        before.push(count);
        for piece in text.as_bytes().chunks(PIECE) {
            count += ends_in(piece);
            before.push(count);
        }
        Self { before }
    }

    /// The one-based number of the line in the same text, as [`line_at`] gives it.
    pub(crate) fn line_at(&self, text: &str, at: usize) -> usize {
        let at = at.min(text.len());
        let piece = at / PIECE;
        1 + self.before.get(piece).copied().unwrap_or_default() + ends_in(&text.as_bytes()[piece * PIECE..at])
    }
}

fn ends_in(bytes: &[u8]) -> usize {
    memchr_iter(b'\n', bytes).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_its_own_end() {
        let text = "a\n\nbc\n";
        let ends = LineEnds::of(text);
        for (at, line) in [(0, 1), (1, 1), (2, 2), (3, 3), (5, 3), (6, 4), (99, 4)] {
            assert_eq!((line_at(text, at), ends.line_at(text, at)), (line, line), "{at}");
        }
    }

    #[test]
    fn each_piece_of_a_long_text_goes_on_where_the_one_before_ends() {
        for length in [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7] {
            let text: String = "ab\n\ncdefg\n".chars().cycle().take(length).collect();
            let ends = LineEnds::of(&text);
            for at in 0..length + 2 {
                assert_eq!(ends.line_at(&text, at), line_at(&text, at), "{at} of {length}");
            }
        }
    }
}
