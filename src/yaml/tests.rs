//! Reading and changing documents.

use super::edits::plain_or_quoted;
use super::{Document, Edits, Node, NodeContent};

fn parse(text: &str) -> Document {
    Document::parse(text).unwrap_or_else(|error| panic!("{}: {}", error.line, error.reason))
}

fn at<'a>(document: &'a Document, path: &str) -> &'a Node {
    path.split('.').fold(&*document.root, |node, key| node.followed().own(key).expect("the key is there"))
}

#[test]
fn values_know_their_place() {
    let text = "a: # ünï\n  b: !Ref X\n  c: {\"d\": [1, 'two']}\n  e: &anchor three\n  f: *anchor\n";
    let document = parse(text);
    let span = |path: &str| &text[at(&document, path).span.clone()];
    assert_eq!(span("a.b"), "!Ref X");
    assert_eq!(at(&document, "a.b").tag.as_deref(), Some("Ref"));
    assert_eq!(at(&document, "a.b").text(), None, "a text with a tag means something else");
    assert_eq!(span("a.c"), "{\"d\": [1, 'two']}");
    assert_eq!((span("a.e"), at(&document, "a.e").line), ("&anchor three", 4));
    assert_eq!((span("a.f"), at(&document, "a.f").text()), ("*anchor", Some("three")));
}

#[test]
fn merged_keys_stand_behind_own_ones() {
    let document = parse("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 0\n");
    let node = at(&document, "z");
    let get = |key: &str| node.get(key).and_then(|value| value.text());
    assert_eq!((get("a"), get("b"), get("c"), get("d")), (Some("0"), Some("2"), Some("4"), None));
}

#[test]
fn what_is_no_document_is_refused_with_its_line() {
    let deep = "[".repeat(101) + &"]".repeat(101);
    for (text, line, part) in [
        ("", 1, "empty"),
        ("a: 1\nb: [\n", 3, "not valid YAML: a value is missing, or a `{` or `[` is not closed"),
        ("a:\n\tb: 1\n", 2, "a tab stands"),
        ("a:\n  b: 1\n c: 2\n", 3, "the indentation does not fit"),
        ("a: {b: 1\nc: 2", 2, "a `,` or `}` is missing"),
        ("a: \"b\n", 1, "a quote is not closed"),
        ("a: *b\n", 1, "an alias"),
        ("a:\n<<<<<<< HEAD\n  b: 1\n=======\n", 2, "the marks of an unfinished merge"),
        ("a: 1\nb: 2\na: 3\n", 3, "`a` is given twice"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: &a\n  b: *a\n", 2, "within what it names"),
        (deep.as_str(), 1, "more than 100 levels"),
    ] {
        let error = Document::parse(text).expect_err(text);
        assert!(error.line == line && error.reason.contains(part), "{text}: {error:?}");
    }
}

/// A document that would be immense if aliases were written out.
#[test]
fn aliases_of_aliases_cost_nothing() {
    let line = |at: usize| format!("a{at}: &a{at} {{<<: [*a{0}, *a{0}]}}\n", at - 1);
    let lines: Vec<String> = (1..20_000).map(line).collect();
    let text = format!("a0: &a0 {{k: v}}\n{}", lines.concat());
    let document = parse(&text);
    let last = at(&document, "a19999");
    assert_eq!(last.get("k").and_then(|value| value.text()), Some("v"));
    assert!(last.get("none").is_none());
}

#[test]
fn a_change_leaves_all_else() {
    let check = |text: &str, path: &str, expected: &str| {
        let document = parse(text);
        let mut edits = Edits::default();
        edits.replace(&document, at(&document, path), "New").unwrap();
        assert_eq!(edits.apply(&document), expected);
    };
    check("a:\n  b: ./x  # why\n  c: 1\n", "a.b", "a:\n  b: New  # why\n  c: 1\n");
    check("a: {\"b\": \"x\"}\n", "a.b", "a: {\"b\": \"New\"}\n");
    check("{\"a\": {\"b\": {\"Ref\": \"x\"}}}", "a.b", "{\"a\": {\"b\": \"New\"}}");
    check("a: !Ref X\r\nb: 1\r\n", "a", "a: New\r\nb: 1\r\n");
    check("a:\n  Ref: X\nb: 1\n", "a", "a:\n  New\nb: 1\n");
    check("a:\nb: 1\n", "a", "a: New\nb: 1\n");
    // What names the anchor elsewhere keeps what it meant.
    check("a: &s ./src\nb: *s\n", "a", "a: &s New\nb: ./src\n");
    check("a: &s ./src\nb: *s\n", "b", "a: &s ./src\nb: New\n");
}

#[test]
fn a_key_is_added_in_the_style_of_its_mapping() {
    let check = |text: &str, path: &str, expected: &str| {
        let document = parse(text);
        let mut edits = Edits::default();
        edits.insert(&document, at(&document, path), "Key", "Value").unwrap();
        let new = edits.apply(&document);
        assert_eq!(new, expected);
        assert_eq!(at(&parse(&new), &format!("{path}.Key")).text(), Some("Value"));
    };
    check("a:\n    b: 1\n", "a", "a:\n    Key: Value\n    b: 1\n");
    check("a:\r\n  b: 1\r\n", "a", "a:\r\n  Key: Value\r\n  b: 1\r\n");
    check("{\n  \"a\": {\n    \"b\": 1\n  }\n}", "a", "{\n  \"a\": {\n    \"Key\": \"Value\",\n    \"b\": 1\n  }\n}");
    check("a: {b: 1}\n", "a", "a: {\"Key\": \"Value\", b: 1}\n");
    check("a: {}\n", "a", "a: {\"Key\": \"Value\"}\n");
    check("a:\nb: 1\n", "a", "a: {\"Key\": \"Value\"}\nb: 1\n");
    check("a: ~\n", "a", "a: {\"Key\": \"Value\"}\n");
    let document = parse("a:\n  Type: X\n");
    let mut edits = Edits::default();
    edits.insert_map(&document, at(&document, "a"), "Properties", ("Key", "Value")).unwrap();
    assert_eq!(edits.apply(&document), "a:\n  Properties: {\"Key\": \"Value\"}\n  Type: X\n");
    let document = parse("a: &a {b: 1}\nc: *a\n");
    assert!(matches!(at(&document, "c").content, NodeContent::Alias(_)));
    assert!(Edits::default().insert(&document, at(&document, "c"), "Key", "Value").is_err());
}

#[test]
fn only_what_can_mean_nothing_else_has_no_quotes() {
    for (text, expected) in [
        ("Function", "Function"),
        ("../../src/a-b_c", "../../src/a-b_c"),
        ("yes", "\"yes\""),
        ("1.5", "\"1.5\""),
        ("a: b", "\"a: b\""),
        ("a\"b", "\"a\\\"b\""),
        ("", "\"\""),
        (".", "\".\""),
    ] {
        assert_eq!(plain_or_quoted(text, false), expected);
    }
}
