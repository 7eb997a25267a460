//! The netrc file: machine, login, password (the format of ftp's `.netrc`, as CPython's `netrc` module reads it).
//!
//! Supported: `machine`, `default`, `login` (`user`), `account`, `password`, `macdef`, quotes, backslashes and `#`
//! comments. Of a machine that stands there twice, the last entry counts, as in CPython. Unlike there, a fault does
//! not void what stands before it.

use super::secret::Secret;

/// What a netrc file says.
#[derive(Debug, Default)]
pub(super) struct Netrc {
    /// In the order of the file.
    pub(super) entries: Vec<NetrcEntry>,
}

/// One `machine` or `default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NetrcEntry {
    /// Host without port; `None` for `default`.
    pub(super) machine: Option<String>,
    /// Empty when the file gives none.
    pub(super) login: String,
    /// Empty when the file gives none.
    pub(super) password: Secret,
    /// Line on which the entry starts.
    pub(super) line: usize,
}

/// A fault in a netrc file. The text is not repeated, it may hold a password.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NetrcFault {
    /// Line of the fault.
    pub(super) line: usize,
    /// What is wrong.
    pub(super) reason: &'static str,
}

impl Netrc {
    /// Reads the file's text; what stands before a fault counts.
    pub(super) fn parse(text: &str) -> (Self, Option<NetrcFault>) {
        let mut netrc = Self::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let mut lexer = Lexer { rest: &text, line: 1 };
        let fault = netrc.read(&mut lexer).err();
        (netrc, fault)
    }

    /// The entry of a host (without port), else `default`.
    pub(super) fn find(&self, host: &str) -> Option<&NetrcEntry> {
        let host = bare(host);
        let named =
            |entry: &&NetrcEntry| entry.machine.as_deref().is_some_and(|it| bare(it).eq_ignore_ascii_case(host));
        let newest_first = || self.entries.iter().rev();
        newest_first().find(named).or_else(|| newest_first().find(|entry| entry.machine.is_none()))
    }

    /// Line of the first entry that holds a password.
    pub(super) fn first_password_line(&self) -> Option<usize> {
        self.entries.iter().find(|entry| !entry.password.reveal().is_empty()).map(|entry| entry.line)
    }

    fn read(&mut self, lexer: &mut Lexer<'_>) -> Result<(), NetrcFault> {
        let mut pending = lexer.token();
        while let Some(token) = pending.take() {
            let line = token.line;
            let machine = match token.text.as_str() {
                _ if token.is_comment() => {
                    lexer.end_comment(&token);
                    pending = lexer.token();
                    continue;
                }
                "macdef" => {
                    lexer.token().ok_or(NetrcFault { line, reason: "`macdef` without a name" })?;
                    lexer.skip_macro();
                    pending = lexer.token();
                    continue;
                }
                "machine" => {
                    let name = lexer.token().filter(|name| !name.text.is_empty());
                    Some(name.ok_or(NetrcFault { line, reason: "`machine` without a name" })?.text)
                }
                "default" => None,
                _ => return Err(NetrcFault { line, reason: "expected `machine`, `default` or `macdef`" }),
            };
            let mut entry = NetrcEntry { machine, login: String::new(), password: Secret::new(""), line };
            let next = read_entry(lexer, &mut entry);
            // A fault behind a whole entry does not void it.
            if next.is_ok() || !entry.password.reveal().is_empty() {
                self.entries.push(entry);
            }
            pending = next?;
        }
        Ok(())
    }
}

/// Reads what follows `machine NAME`; returns the token that starts the next entry.
fn read_entry(lexer: &mut Lexer<'_>, entry: &mut NetrcEntry) -> Result<Option<Token>, NetrcFault> {
    loop {
        let Some(token) = lexer.token() else { return Ok(None) };
        if token.is_comment() {
            lexer.end_comment(&token);
            continue;
        }
        let missing = NetrcFault { line: token.line, reason: "a keyword without its value" };
        match token.text.as_str() {
            "machine" | "default" | "macdef" => return Ok(Some(token)),
            "login" | "user" => entry.login = lexer.token().ok_or(missing)?.text,
            "password" => entry.password = Secret::new(lexer.token().ok_or(missing)?.text),
            "account" => drop(lexer.token().ok_or(missing)?),
            _ => return Err(NetrcFault { line: token.line, reason: "expected `login`, `password` or `account`" }),
        }
    }
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

struct Token {
    text: String,
    /// Line on which it starts.
    line: usize,
    is_quoted: bool,
    /// Whether the line went on behind it.
    ended_line: bool,
}

impl Token {
    fn is_comment(&self) -> bool {
        !self.is_quoted && self.text.starts_with('#')
    }
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
}

impl Lexer<'_> {
    /// The next token: bare words end at white space, quoted ones at the quote; a backslash takes the next character
    /// as it is.
    fn token(&mut self) -> Option<Token> {
        while self.rest.starts_with(is_space) {
            self.character();
        }
        let line = self.line;
        let mut text = String::new();
        let is_quoted = self.rest.starts_with('"');
        if is_quoted {
            self.character();
        } else if self.rest.is_empty() {
            return None;
        }
        let mut ended_line = false;
        while let Some(character) = self.character() {
            match character {
                '"' if is_quoted => break,
                '\\' => text.extend(self.character()),
                _ if !is_quoted && is_space(character) => {
                    ended_line = character == '\n';
                    break;
                }
                _ => text.push(character),
            }
        }
        Some(Token { text, line, is_quoted, ended_line })
    }

    /// Skips to the end of the line on which a comment stands.
    fn end_comment(&mut self, comment: &Token) {
        if !comment.ended_line {
            self.skip_line();
        }
    }

    /// Skips a macro: it ends with an empty line or with the file.
    fn skip_macro(&mut self) {
        while !self.rest.is_empty() {
            if self.skip_line().trim_end_matches('\n').is_empty() {
                break;
            }
        }
    }

    fn skip_line(&mut self) -> &str {
        let length = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        let (line, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.line += usize::from(line.ends_with('\n'));
        line
    }

    fn character(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        self.line += usize::from(character == '\n');
        Some(character)
    }
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}
