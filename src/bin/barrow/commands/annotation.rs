//! What GitHub reads of a job's output and shows beside the code (GitHub Actions, "Workflow commands").

/// Escapes a text that is the message of a command.
pub(super) fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a text that is a value before the message.
pub(super) fn escaped_property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

/// A failure, at the place that its message begins with: `FILE:LINE: …`, with or without a label before it.
pub(super) fn of_failure(title: &str, message: &str, details: &str) -> String {
    let words: Vec<&str> = message.splitn(4, ": ").collect();
    let place = words.iter().find_map(|word| {
        let (file, line) = word.rsplit_once(':')?;
        let is_place = !file.is_empty() && !file.contains(' ') && line.chars().all(|c| c.is_ascii_digit());
        (is_place && !line.is_empty()).then_some((file, line))
    });
    let place = place.map(|(file, line)| format!("file={},line={line},", escaped_property(file))).unwrap_or_default();
    let text = if details.is_empty() { message.to_owned() } else { format!("{message}\n{details}") };
    format!("::error {place}title={}::{}\n", escaped_property(title), escaped(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_holds_cannot_end_a_command() {
        assert_eq!(escaped("a%\nb::c"), "a%25%0Ab::c");
        assert_eq!(escaped_property("a,line=1:b\r"), "a%2Cline=1%3Ab%0D");
    }

    #[test]
    fn a_failure_stands_at_its_place() {
        let check = |message: &str, expected: &str| assert_eq!(of_failure("x", message, ""), expected);
        check(
            "orders: a/requirements.txt:3: no",
            "::error file=a/requirements.txt,line=3,title=x::orders: a/requirements.txt:3: no\n",
        );
        check("orders: `absent` was not found: 404", "::error title=x::orders: `absent` was not found: 404\n");
        assert_eq!(of_failure("a:b", "m", "because: c\nhint: d"), "::error title=a%3Ab::m%0Abecause: c%0Ahint: d\n");
    }
}
