//! The lists of wheels in a `uv.lock`, read line by line.
//!
//! They are nine tenths of a lock, and uv writes each wheel as a line of its own, always in the same shape. Reading
//! such lines takes a small part of what reading them as TOML takes. Whatever has another shape stays where it is and
//! is read as TOML, which also says what is wrong with it.

use memchr::memchr;

use super::file::File;

/// A lock without the lists that were read, and those.
pub(super) struct Lists {
    /// The text with every list that was read turned into a comment of the same length, so that all else keeps its
    /// place.
    pub(super) rest: String,
    /// Where the `[[package]]` of a list begins, bytes, and its wheels; in the order of the text.
    pub(super) wheels: Vec<(usize, Vec<File>)>,
}

/// The header of a package.
const PACKAGE: &str = "[[package]]";
/// The line before the wheels of a package.
const BEGIN: &str = "wheels = [";
/// The line after them.
const END: &str = "]";

/// Takes the lists out of a lock. `None`: there is none that can be taken.
pub(super) fn take(text: &str) -> Option<Lists> {
    // In a text of several lines a line may look like any of these and be none.
    if text.contains("\"\"\"") || text.contains("'''") {
        return None;
    }
    let mut rest = text.as_bytes().to_vec();
    let mut wheels: Vec<(usize, Vec<File>)> = Vec::new();
    let mut package = None;
    let mut at = 0;
    while let Some((line, next)) = line_at(text, at) {
        // A header may be indented as well.
        if line.trim_start().starts_with('[') {
            package = (line == PACKAGE).then_some(at);
        } else if line == BEGIN
            && let Some(header) = package.take()
            && let Some((list, end)) = list_at(text, next)
            && !may_be_within(&text[..at], &text[end..])
        {
            let span = rest.get_mut(at..end)?;
            span.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
            *span.first_mut()? = b'#';
            wheels.push((header, list));
            at = end;
            continue;
        }
        at = next;
    }
    let rest = String::from_utf8(rest).ok()?;
    (!wheels.is_empty()).then_some(Lists { rest, wheels })
}

/// Whether a list between these texts may be in an array or an inline table, which may have several lines since TOML
/// 1.1: without the list, what is there could be TOML with another meaning.
fn may_be_within(before: &str, behind: &str) -> bool {
    let before = before.trim_end();
    let has_comment = before.rsplit('\n').next().is_some_and(|line| line.contains('#'));
    has_comment || before.ends_with(['[', '{', ',']) || behind.trim_start().starts_with([']', '}', ',', '#'])
}

/// The line that begins at `at`, and where the next one begins. `None` at the end, and for a last line without an end.
fn line_at(text: &str, at: usize) -> Option<(&str, usize)> {
    let rest = text.get(at..)?;
    let length = memchr(b'\n', rest.as_bytes())?;
    Some((&rest[..length], at + length + 1))
}

/// The wheels from `at` on, and where the line behind them ends, its line break left out. `None` when a line is not as
/// uv writes it.
fn list_at(text: &str, mut at: usize) -> Option<(Vec<File>, usize)> {
    let mut list = Vec::new();
    loop {
        let (line, next) = line_at(text, at)?;
        if line == END {
            return Some((list, next - 1));
        }
        list.push(wheel(line)?);
        at = next;
    }
}

/// A wheel: `    { url = "…", hash = "…", size = 1, upload-time = "…" },`. `None` when the line is not just that.
fn wheel(line: &str) -> Option<File> {
    let mut rest = line.trim_start_matches(' ').strip_prefix("{ ")?.strip_suffix(" },")?;
    let mut file = File::default();
    loop {
        let (key, value) = rest.split_once(" = ")?;
        let after = if let Some(text) = value.strip_prefix('"') {
            let (text, after) = text.split_at(memchr(b'"', text.as_bytes())?);
            // A backslash stands for something else, and control characters may not stand there at all.
            if text.bytes().any(|byte| byte == b'\\' || byte.is_ascii_control()) {
                return None;
            }
            put_text(&mut file, key, text)?;
            &after[1..]
        } else {
            let (number, after) = value.split_at(value.bytes().take_while(u8::is_ascii_digit).count());
            let is_plain = number == "0" || !number.starts_with('0');
            if key != "size" || !is_plain || file.size.replace(number.parse().ok()?).is_some() {
                return None;
            }
            after
        };
        match after.strip_prefix(", ") {
            Some(more) => rest = more,
            None => return after.is_empty().then_some(file),
        }
    }
}

/// Sets one of the texts of a file. `None` when there is none of that name, or it is set already.
fn put_text(file: &mut File, key: &str, text: &str) -> Option<()> {
    let place = match key {
        "url" => &mut file.url,
        "path" => &mut file.path,
        "filename" => &mut file.filename,
        "hash" => &mut file.hash,
        "upload-time" if file.upload_time.is_none() => {
            file.upload_time = Some(toml::Value::String(text.to_owned()));
            return Some(());
        }
        _ => return None,
    };
    place.replace(text.to_owned()).is_none().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"version = 1

[[package]]
name = "one"
source = { registry = "https://example.org/simple" }
wheels = [
    { url = "https://example.org/one-1-py3-none-any.whl", hash = "sha256:11", size = 12, upload-time = "2026-01-02T03:04:05Z" },
    { path = "one-1-cp312-cp312-linux.whl" },
]

[package.metadata]
wheels = [
    { url = "https://example.org/none.whl" },
]

[[package]]
name = "two"
wheels = [
    { url = "https://example.org/two \u0031.whl", hash = "sha256:22" },
]

[[package]]
name = "three"
wheels = [
    { url = "https://example.org/three-3-py3-none-any.whl" },
]
"#;

    #[test]
    fn lists_as_uv_writes_them_are_taken_and_all_else_stays() {
        let Lists { rest, wheels } = take(LOCK).expect("two lists");
        let names: Vec<&str> = wheels.iter().map(|(at, _)| LOCK[*at..].lines().nth(1).unwrap_or_default()).collect();
        assert_eq!(names, ["name = \"one\"", "name = \"three\""]);
        let one = &wheels[0].1;
        assert_eq!(one[0].url.as_deref(), Some("https://example.org/one-1-py3-none-any.whl"));
        assert_eq!((one[0].hash.as_deref(), one[0].size), (Some("sha256:11"), Some(12)));
        assert_eq!(one[0].upload_time.as_ref().and_then(toml::Value::as_str), Some("2026-01-02T03:04:05Z"));
        assert_eq!(one[1].path.as_deref(), Some("one-1-cp312-cp312-linux.whl"));
        assert_eq!(rest.len(), LOCK.len());
        for stays in ["name = \"three\"", "none.whl", "two \\u0031.whl"] {
            assert_eq!(rest.find(stays), LOCK.find(stays), "{stays}");
        }
        let is_comment = |line: &str| line.starts_with('#') && line.contains("three-3-py3");
        assert!(rest.lines().any(is_comment), "{rest}");
    }

    #[test]
    fn without_its_lists_a_lock_is_toml_still() {
        let Lists { rest, .. } = take(LOCK).expect("two lists");
        let read: toml::Table = toml::from_str(&rest).expect("TOML");
        assert_eq!(read["package"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn lines_of_another_shape_are_left_to_toml() {
        for line in [
            "{ url = \"a\", url = \"b\" },",
            "{ url = 'a' },",
            "{ url = \"a\" }",
            "{ url = \"a\" }, { url = \"b\" },",
            "{ size = 012 },",
            "{ size = },",
            "{ size = 1_000 },",
            "{ other = \"a\" },",
            "{ url = \"a\", },",
            "{ url = \"a\" }, # known",
            "# { url = \"a\" },",
            "",
        ] {
            let text = format!("[[package]]\nname = \"one\"\nwheels = [\n    {line}\n]\n");
            assert!(take(&text).is_none(), "{line}");
        }
    }

    #[test]
    fn lists_of_other_tables_are_left_to_toml() {
        let list = "wheels = [\n    { url = \"a\" },\n]\n";
        for text in [
            format!("[[package]]\nname = \"one\"\n  [package.metadata]\n{list}"),
            format!("[[package]]\nname = \"one\"\n\t[[package]]\nname = \"two\"\n{list}"),
            format!("[[package]]\nname = \"one\"\nsource = {{ registry = \"a\",\n{list}}}\n"),
            format!("[[package]]\nname = \"one\"\nsource = {{\n{list}\n, registry = \"a\" }}\n"),
            format!("[[package]]\nname = \"one\"\nsource = {{ url = \"a\", # b\n\n{list}path = \"c\" }}\n"),
            format!("[[package]]\nname = \"one\"\ndependencies = [\n{list}]\n"),
            format!("[[package]]\nname = \"one\"\ndependencies = [\n\"a\"\n{list}]\n"),
        ] {
            assert!(take(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn texts_of_several_lines_are_left_to_toml() {
        let text = "[[package]]\nname = \"\"\"\n[[package]]\nwheels = [\n    { url = \"a\" },\n]\n\"\"\"\n";
        assert!(take(text).is_none());
    }
}
