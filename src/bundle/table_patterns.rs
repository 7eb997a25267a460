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

/// Whether a pattern is one for the file or folder at `path` itself: one that begins with a slash for a path from the
/// top, any other for a name; one that ends with a slash for folders alone.
pub(super) fn is_for(pattern: &str, path: &str, is_folder: bool) -> bool {
    let (pattern, folders_only) = pattern.strip_suffix('/').map_or((pattern, false), |pattern| (pattern, true));
    if folders_only && !is_folder {
        return false;
    }
    match pattern.strip_prefix('/') {
        Some(pattern) => leads_to(pattern.as_bytes(), path.as_bytes()),
        None => fits(folder_and_name(path).1.as_bytes(), pattern.as_bytes(), Case::Apart),
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
    match memchr::memchr(b'/', path) {
        Some(at) => (&path[..at], Some(&path[at + 1..])),
        None => (path, None),
    }
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

    use super::is_for;
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
                    prop_assert_eq!(is_for(pattern, &path, is_folder), expected, "{} {}", pattern, path);
                }
            }
        }
    }
}
