//! The patterns of this room's own tables, held against paths as they are.
//!
//! They mean what they mean in a `.gitignore` (`patterns.rs`), of which they use a part: `*` for any characters of a
//! component, `**` for any number of components. A set of patterns would compile regular expressions first, which takes
//! longer than to hold thousands of paths against each pattern of a table.

use crate::archive::folder_and_name;

/// Whether upper and lower case are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Alike,
    Apart,
}

impl Case {
    fn same(self, one: &[u8], other: &[u8]) -> bool {
        match self {
            Self::Alike => one.eq_ignore_ascii_case(other),
            Self::Apart => one == other,
        }
    }
}

/// A pattern of the rules of `--slim`: one that begins with a slash is for a path from the top, any other for a name; one
/// that ends with a slash for folders alone.
#[derive(Debug)]
pub(super) struct TablePattern {
    /// The components of the whole path, where it is for one.
    path: Option<&'static str>,
    folders_only: bool,
    name: NameText,
}

/// What a name has to be like; the rest of it may be anything.
#[derive(Debug)]
enum NameText {
    Is(&'static str),
    Begins(&'static str),
    Ends(&'static str),
}

impl TablePattern {
    pub(super) fn new(text: &'static str) -> Self {
        let (text, folders_only) = text.strip_suffix('/').map_or((text, false), |text| (text, true));
        let path = text.strip_prefix('/');
        let name = folder_and_name(path.unwrap_or(text)).1;
        let name = match (name.strip_prefix('*'), name.strip_suffix('*')) {
            (Some(end), _) => NameText::Ends(end),
            (None, Some(begin)) => NameText::Begins(begin),
            (None, None) => NameText::Is(name),
        };
        Self { path, folders_only, name }
    }

    /// Whether it is for the file or folder at `path`, which is called `name`.
    pub(super) fn is_for(&self, path: &str, name: &str, is_folder: bool) -> bool {
        // Nearly all that is not meant has another name, and of those nearly all another first or last character.
        let [first, last] = [<[u8]>::first, <[u8]>::last];
        let is_alike = |at: fn(&[u8]) -> Option<&u8>, text: &str| at(name.as_bytes()) == at(text.as_bytes());
        let is_called_so = match self.name {
            NameText::Is(text) => is_alike(first, text) && name == text,
            NameText::Begins(text) => is_alike(first, text) && name.starts_with(text),
            NameText::Ends(text) => is_alike(last, text) && name.ends_with(text),
        };
        is_called_so
            && (is_folder || !self.folders_only)
            && self.path.is_none_or(|pattern| leads_to(pattern.as_bytes(), path.as_bytes()))
    }
}

/// Whether the components of a path are those of a pattern.
fn leads_to(pattern: &[u8], path: &[u8]) -> bool {
    match split(pattern) {
        (b"**", Some(rest)) => leads_to(rest, path) || split(path).1.is_some_and(|below| leads_to(pattern, below)),
        (first, rest) => {
            let (component, below) = split(path);
            fits(component, first, Case::Apart)
                && match (rest, below) {
                    (None, None) => true,
                    (Some(rest), Some(below)) => leads_to(rest, below),
                    _ => false,
                }
        }
    }
}

/// The first component, and what is behind its slash.
fn split(path: &[u8]) -> (&[u8], Option<&[u8]>) {
    memchr::memchr(b'/', path).map_or((path, None), |at| (&path[..at], Some(&path[at + 1..])))
}

/// Whether a name is as a pattern says: `*` stands for any characters, `{a,b}` for one of several texts.
pub(super) fn fits(name: &[u8], pattern: &[u8], case: Case) -> bool {
    let end_of = |plain: &[u8]| name.len().checked_sub(plain.len()).map(|at| &name[at..]);
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) if !rest.iter().any(|byte| b"*{".contains(byte)) => {
            end_of(rest).is_some_and(|end| case.same(end, rest))
        }
        Some((b'*', rest)) => (0..=name.len()).any(|at| fits(&name[at..], rest, case)),
        Some((b'{', rest)) => {
            let mut parts = rest.splitn(2, |byte| *byte == b'}');
            let (choices, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            choices.split(|byte| *byte == b',').any(|choice| {
                let (begin, more) = name.split_at_checked(choice.len()).unwrap_or_default();
                case.same(begin, choice) && fits(more, rest, case)
            })
        }
        Some((byte, rest)) => {
            name.split_first().is_some_and(|(first, more)| case.same(&[*first], &[*byte]) && fits(more, rest, case))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::TablePattern;
    use crate::archive::folder_and_name;
    use crate::bundle::patterns::Patterns;
    use crate::bundle::slim::patterns_of_rules;

    proptest! {
        /// The patterns of the rules mean what they mean to those who write them for `--exclude`.
        #[test]
        fn patterns_are_those_of_gitignore(
            at in 0..patterns_of_rules().count(),
            folders in proptest::collection::vec("boto3|share|docs?|data|tests|a-1\\.dist-info|[a-z.]{1,3}", 0..4),
            inner in proptest::collection::vec("doc|[a-z]{1,2}", 0..3),
            fill in "[a-zA-Z._*-]{0,4}",
            rough in "[a-z.]{0,12}",
            is_folder: bool,
        ) {
            let pattern = patterns_of_rules().nth(at).expect("a pattern of the rules");
            let gitignore = Patterns::new(&[pattern], "--slim").expect("the patterns of the rules are patterns");
            let deep = [&inner[..], &[String::new()]].concat().join("/");
            let like = pattern.trim_matches('/').replace("**/", &deep).replace('*', &fill);
            for name in [like.clone(), like.to_uppercase(), format!("{like}{rough}"), format!("{rough}{like}"), rough] {
                for path in [name.clone(), [&folders[..], &[name]].concat().join("/")] {
                    let expected = gitignore.choose(std::path::Path::new(&path), is_folder);
                    let found = TablePattern::new(pattern).is_for(&path, folder_and_name(&path).1, is_folder);
                    prop_assert_eq!(found, expected, "{} {}", pattern, path);
                }
            }
        }
    }
}
