//! Splitting the options of a line into words as a POSIX shell does (Python's `shlex.split`, which pip uses).

use crate::spec::SyntaxError;

/// One word, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Without quotes and escapes.
    pub(super) text: String,
    /// Byte offset of its first character, quotes included.
    pub(super) at: usize,
    /// Byte offset after its last character.
    pub(super) end: usize,
}

/// Splits a text into words.
///
/// Inside `'…'` nothing is special, inside `"…"` a backslash escapes `"` and `\`, outside it escapes anything.
pub(super) fn split_words(text: &str) -> Result<Vec<Word>, SyntaxError> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if matches!(c, ' ' | '\t' | '\r' | '\n') {
            words.extend(word.take().map(|word| Word { end: at, ..word }));
            continue;
        }
        let current = word.get_or_insert_with(|| Word { text: String::new(), at, end: at });
        match c {
            '\'' | '"' => loop {
                match characters.next() {
                    None => {
                        return Err(SyntaxError::new(at, 1, "this quote is never closed").expected(format!("`{c}`")));
                    }
                    Some((_, end)) if end == c => break,
                    Some((_, '\\')) if c == '"' => {
                        if let Some((_, escaped)) = characters.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                            current.text.push(escaped);
                        } else {
                            current.text.push('\\');
                        }
                    }
                    Some((_, inside)) => current.text.push(inside),
                }
            },
            '\\' => match characters.next() {
                None => return Err(SyntaxError::new(at, 1, "nothing follows this backslash")),
                Some((_, escaped)) => current.text.push(escaped),
            },
            plain => current.text.push(plain),
        }
    }
    words.extend(word.map(|word| Word { end: text.len(), ..word }));
    Ok(words)
}

/// Writes a word so that [`split_words`] reads it back.
pub(super) fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,~[]".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    // Inside single quotes nothing is special, so a quote itself is written between two quoted parts.
    format!("'{}'", word.replace('\'', "'\"'\"'"))
}
