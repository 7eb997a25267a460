//! What `setup.cfg` and `setup.py` say of a project without any code being run (setuptools documentation, "Configuring
//! setuptools using setup.cfg files", "Keywords").
//!
//! Of `setup.py` only literal texts that are arguments of `setup(…)` count. A wrong guess does no harm: the metadata of
//! what is built has the last word, and has to agree.

use std::str::FromStr as _;

use crate::spec::PackageName;

/// The name that the files of setuptools give the project; `read` gives the text of a file beside them.
pub(super) fn project_name(read: impl Fn(&str) -> Option<String>) -> Option<PackageName> {
    let in_cfg = read("setup.cfg").and_then(|text| cfg_value(&text, "metadata", "name"));
    let name = in_cfg.or_else(|| setup_argument(&read("setup.py")?, "name"))?;
    PackageName::from_str(name.trim()).ok()
}

/// A value of an ini file; lines that are indented belong to the value before them.
pub(super) fn cfg_value(text: &str, section: &str, key: &str) -> Option<String> {
    let mut is_inside = false;
    let mut found: Option<String> = None;
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) && !bare.is_empty() {
            if let Some(value) = &mut found {
                value.push('\n');
                value.push_str(bare);
            }
            continue;
        }
        if found.is_some() && !bare.is_empty() {
            break;
        }
        if let Some(header) = bare.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            is_inside = header.0.trim() == section;
        } else if is_inside
            && let Some((name, value)) = bare.split_once(['=', ':'])
            && name.trim().replace('-', "_") == key
        {
            found = Some(value.trim().to_owned());
        }
    }
    found
}

/// The literal text that `setup(…)` is given for an argument.
fn setup_argument(text: &str, wanted: &str) -> Option<String> {
    let mut scanner = Scanner { rest: text, depth: 0 };
    // The last call counts: before it there may be others, such as `distutils.core.setup_keywords`.
    let mut found = None;
    let mut is_setup = false;
    while let Some(token) = scanner.next_token() {
        let is_call = is_setup && token == Token::Open;
        is_setup = token == Token::Word("setup");
        if is_call {
            let level = scanner.depth;
            let mut is_argument = true;
            while scanner.depth >= level {
                let Some(token) = scanner.next_token() else { return found };
                match token {
                    Token::Word(word) if is_argument && word == wanted && scanner.depth == level => {
                        if scanner.next_token() == Some(Token::Other('='))
                            && let Some(Token::Text(value)) = scanner.next_token()
                        {
                            found = Some(value);
                        }
                        is_argument = false;
                    }
                    Token::Other(',') if scanner.depth == level => is_argument = true,
                    Token::Open if scanner.depth == level + 1 => is_argument = false,
                    _ => {}
                }
            }
        }
    }
    found
}

#[derive(Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Text(String),
    Open,
    Close,
    Other(char),
}

/// Takes a Python source apart as far as that needs no grammar: words, texts, brackets.
struct Scanner<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Scanner<'a> {
    fn next_token(&mut self) -> Option<Token<'a>> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n', '\\']);
            match self.rest.strip_prefix('#') {
                Some(comment) => self.rest = comment.find('\n').map_or("", |end| &comment[end..]),
                None => break,
            }
        }
        let first = self.rest.chars().next()?;
        if first.is_alphanumeric() || first == '_' {
            let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end);
            let is_prefix = word.len() <= 2 && word.chars().all(|c| "rRbBuUfF".contains(c));
            if is_prefix && rest.starts_with(['"', '\'']) {
                self.rest = rest;
                let text = self.quoted()?;
                // What an f-string says is known only when it runs.
                return Some(if word.contains(['f', 'F']) { Token::Other('f') } else { Token::Text(text) });
            }
            self.rest = rest;
            return Some(Token::Word(word));
        }
        if matches!(first, '"' | '\'') {
            return self.quoted().map(Token::Text);
        }
        self.rest = &self.rest[first.len_utf8()..];
        Some(match first {
            '(' | '[' | '{' => {
                self.depth += 1;
                Token::Open
            }
            ')' | ']' | '}' => {
                self.depth = self.depth.saturating_sub(1);
                Token::Close
            }
            other => Token::Other(other),
        })
    }

    fn quoted(&mut self) -> Option<String> {
        let quote = self.rest.get(..3).filter(|three| *three == "\"\"\"" || *three == "'''");
        let quote = quote.unwrap_or(self.rest.get(..1)?).to_owned();
        let body = &self.rest[quote.len()..];
        let mut from = 0;
        let end = loop {
            let at = from + body[from..].find(&*quote)?;
            let backslashes = body[..at].chars().rev().take_while(|c| *c == '\\').count();
            if backslashes % 2 == 0 {
                break at;
            }
            from = at + 1;
        };
        self.rest = &body[end + quote.len()..];
        Some(body[..end].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_setup() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(setup_argument(text, "name").as_deref(), expected, "{text}");
        };
        check("from setuptools import setup\nsetup(name='foo', version='1')\n", Some("foo"));
        check("setuptools.setup(\n    version = \"1\",\n    name = \"foo-bar\", # why\n)\n", Some("foo-bar"));
        check("setup(package_data={'name': 'x', \"a\": ['b']}, name=r'foo')", Some("foo"));
        check("'''setup(name='no')'''\n# setup(name='no')\nsetup(**config)\n", None);
        check("setup(name=NAME)", None);
        check("setup(name=f'{x}')", None);
        check("setup(entry_points=dict(name='no'))", None);
        check("def setup(name='x'): pass\nsetup(name='foo')", Some("foo"));
        check("setup(name='foo'", Some("foo"));
        check("setup(name='it\\'s", None);
        check("setup(", None);
        check("setup", None);
        check("", None);
    }

    #[test]
    fn values_of_setup_cfg() {
        let text = "[metadata]\nname = foo\n# no\nversion: 1\n[options]\ninstall_requires =\n    a>=1\n    # no\n    b\n\npackages = find:\n";
        assert_eq!(cfg_value(text, "metadata", "name").as_deref(), Some("foo"));
        assert_eq!(cfg_value(text, "metadata", "version").as_deref(), Some("1"));
        assert_eq!(cfg_value(text, "options", "install_requires").as_deref(), Some("\na>=1\nb"));
        assert_eq!(cfg_value(text, "options", "name"), None);
    }
}
