//! The encoding that a file declares in a comment (PEP 263).

/// The name behind `coding:` or `coding=` in a comment, as in `# -*- coding: latin-1 -*-`.
pub(crate) fn declared_encoding(comment: &[u8]) -> Option<&str> {
    const WORD: &[u8] = b"coding";
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    comment.windows(WORD.len()).enumerate().filter(|(_, window)| *window == WORD).find_map(|(at, _)| {
        let rest = &comment[at + WORD.len()..];
        let rest = rest.strip_prefix(b":").or_else(|| rest.strip_prefix(b"="))?.trim_ascii_start();
        let length = rest.iter().take_while(|byte| is_of_name(byte)).count();
        std::str::from_utf8(&rest[..length]).ok().filter(|name| !name.is_empty())
    })
}
