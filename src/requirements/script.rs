//! What a Python file says that it needs, in comments: inline script metadata (PEP 723).

use std::borrow::Cow;
use std::path::Path;

/// Opens the comments.
const OPENING: &str = "# /// script";
/// Ends them.
const CLOSING: &str = "# ///";

/// Whether requirements in a file of this name stand in comments.
pub fn is_script(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "py")
}

/// The text of a `pyproject.toml` that says the same on the same lines: keys of the comments are those of `[project]`,
/// and its tables are tables there.
pub(super) fn as_project(text: &str) -> Result<String, String> {
    let lines: Vec<&str> = text.lines().collect();
    let blocks: Vec<(usize, usize)> = (0..lines.len()).filter_map(|at| Some((at, end_of(&lines, at)?))).collect();
    let (first, last) = match blocks[..] {
        [only] => only,
        [] => return Err(format!("it has no comments between `{OPENING}` and `{CLOSING}` that say what it needs")),
        _ => return Err(format!("it says twice what it needs: `{OPENING}` opens both")),
    };
    let as_line = |(at, line): (usize, &&str)| match line.strip_prefix('#') {
        _ if at == first => "[project]\n".to_owned(),
        // A blank in the place of the `#`, so that columns stay what they are.
        Some(said) if first < at && at < last => format!(" {said}\n"),
        _ => "\n".to_owned(),
    };
    Ok(lines.iter().enumerate().map(as_line).collect())
}

/// What of a file states requirements: of a script its comments, of any other file all.
pub(crate) fn said_part<'t>(file: &Path, text: &'t str) -> Cow<'t, str> {
    let said = is_script(file).then(|| as_project(text).ok()).flatten();
    said.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Whether a text has requirements in its comments, as far as can be told without reading them.
pub(crate) fn names_requirements(text: &str) -> bool {
    // Most files have no such comments, and need not be parted into lines to know that.
    text.contains(OPENING)
        && as_project(text)
            .is_ok_and(|project| project.lines().any(|line| line.trim_start().starts_with("dependencies")))
}

/// The line that ends the comments which a line opens: the last such among comments that follow each other.
fn end_of(lines: &[&str], at: usize) -> Option<usize> {
    if lines[at].trim_end() != OPENING {
        return None;
    }
    let is_comment = |line: &&&str| line.trim_end() == "#" || line.starts_with("# ");
    let count = lines[at + 1..].iter().take_while(is_comment).count();
    (at + 1..=at + count).rev().find(|at| lines[*at].trim_end() == CLOSING)
}
