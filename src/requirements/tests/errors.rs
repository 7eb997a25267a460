//! What is shown when a line cannot be used.

use super::{Project, read_text};

#[test]
fn all_errors_are_shown_at_their_place() {
    let text = "requests=2.0\nflask ^1.2\n  ok>=1\nfoo ; python_version > 3.8\npip install bar\n";
    let expected = r#"requirements.txt:1:9: `=` is not a version operator
    requests=2.0
            ^ expected one of `==`, `>=`, `<=`, `!=`, `~=`, `<`, `>`, `===`
    hint: write `==2.0`
requirements.txt:2:7: `^` is not a version operator
    flask ^1.2
          ^ expected one of `==`, `>=`, `<=`, `!=`, `~=`, `<`, `>`, `===`
    hint: this is Poetry's notation; `^1.2` means `>=1.2,<2`
requirements.txt:4:24: a value in a marker stands in quotes
    foo ; python_version > 3.8
                           ^^^ expected a quoted text, or a variable such as `python_version`, `sys_platform` or `platform_machine`
    hint: write `"3.8"`
requirements.txt:5:5: `i` cannot stand after the name
    pip install bar
        ^ expected a requirement
    hint: this line is a command; remove `pip install` and write one requirement on each line"#;
    assert_eq!(read_text(text).unwrap_err(), expected);
}

/// Each line with a part of what is said about it.
#[test]
fn slips_are_understood() {
    let check = |line: &str, expected: &str| {
        let error = read_text(&format!("{line}\n")).expect_err(line);
        assert!(error.contains(expected), "{line}:\n{error}\nlacks {expected}");
    };
    check("foo=1", "write `==1`");
    check("foo=>1", "write `>=`");
    check("foo=<1", "write `<=`");
    check("foo~>1.2", "write `~=`");
    check("foo^1.2.3", "means `>=1.2.3,<2`");
    check("foo^0.2.3", "means `>=0.2.3,<0.3`");
    check("foo^0.0.3", "means `>=0.0.3,<0.0.4`");
    check("foo~1.2", "write `>=1.2,<1.3`");
    check("foo~=1", "write `~=1.0`");
    check("foo>=1.*", "write `>=1`");
    check("foo 1.0", "write `==1.0`");
    check("foo@1.0", "write `foo==1.0`");
    check("foo@latest", "write `foo` alone");
    check("foo\u{2013}1", "write `-`");
    check("foo; python_version >= \u{201c}3\u{201d}", "write `\"`");
    check("fo\u{f6}", "letters from a to z");
    check("<!DOCTYPE html>", "a page of a server");
    check("{\"a\": 1}", "looks like JSON");
    check("foo @ git@h.example:me/foo.git", "the short form of SSH addresses");
    check(".\\lib", "in a path `/` stands");
    check("foo==\"1.0\"", "without quotes");
    check("foo>=1 <2", "no comma between");
    check("foo>=1,,<2", "between the commas");
    check("foo, bar", "one requirement stands on a line");
    check("foo bar", "one requirement stands on a line");
    check("'foo>=1'", "without quotes around them");
    check("foo = \"^1\"", "looks like TOML");
    check("[packages]", "TOML or INI section");
    check("numpy=1.2=py38_0", "conda's");
    check("<<<<<<< HEAD", "unfinished merge");
    check("foo#why", "put a blank before `#`");
    check("foo ; os_name == 'nt", "this quote is never closed");
    check("foo ; os_name = 'nt'", "write `==`");
    check("foo ; bar", "another requirement stands on a line of its own");
    check("foo ; python_version >= '3.8.*'", "a wildcard cannot be used with `>=`");
    check("foo ; 'x' in extras", "lock files only");
    check("python -m pip install foo", "remove `python -m pip install`");
    check("uv add foo", "remove `uv add`");
    check("- foo", "without a dash before it");
    check("--pre foo", "`foo` belongs to no option");
    check("foo --global-option=x", "use `--config-settings KEY=VALUE`");
    check("--upgrade", "give it on the command line");
    check("foo --hash=md5:abc", "use sha256, sha384 or sha512");
    check("foo \\ ", "a backslash continues a line only where nothing follows it");
    check("./missing", "there is no file or folder `./missing`");
    check("--index-url", "`--index-url` needs a value");
    check("--use-feature x", "expected one of `fast-deps`");
    check("-e git+ssh://git@host.example:a/b.git#egg=x", "write `/` instead of `:`");
    check("https://h/download", "the name of the project is not known");
    check("foo @ hg+https://h/x", "only Git is");
}

#[test]
fn columns_and_marks_count_characters() {
    let error = read_text("# ä\nfoo ; os_name == 'ä' and büß == 'x'\n").unwrap_err();
    let expected = "requirements.txt:2:26: `büß` is neither a marker variable nor a quoted text\n    \
                    foo ; os_name == 'ä' and büß == 'x'\n                             ^^^ expected";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_long_line_is_shown_around_the_mark() {
    let error = read_text(&format!(
        "foo ; {}os_name = 'x'{}\n",
        "os_name == 'a' or ".repeat(40),
        " or os_name == 'a'".repeat(40)
    ))
    .unwrap_err();
    let lines: Vec<&str> = error.lines().collect();
    let mark = lines[2].chars().position(|c| c == '^').unwrap();
    assert_eq!(lines[1].chars().nth(mark), Some('='), "{error}");
    assert!(lines[1].chars().count() < 210 && lines[1].contains("    …") && lines[1].ends_with('…'), "{error}");
}

#[test]
fn errors_of_a_file_included_twice_are_shown_once() {
    let error = Project::new(&[("a.txt", "-r b.txt\n-r b.txt\n"), ("b.txt", "x=1\n")]).read().unwrap_err();
    assert_eq!(error.matches("b.txt:1:2").count(), 1, "{error}");
}

#[test]
fn places_are_those_of_the_physical_line() {
    let error = read_text("\nfoo \\\n  >=1, \\\n  =2 # why\n").unwrap_err();
    assert!(error.starts_with("requirements.txt:4:3: `=` is not"), "{error}");
    assert!(error.contains("\n      =2 # why\n      ^"), "{error}");
}

#[test]
fn errors_of_nested_files_name_them() {
    let project = Project::new(&[("sub/a.txt", "-r ../b.txt\n-r nowhere.txt\nx=1\n"), ("b.txt", "y=1\n")]);
    let error = project.read().unwrap_err();
    let lines: Vec<&str> = error.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(
        lines,
        [
            "b.txt:1:2: `=` is not a version operator",
            "sub/a.txt:2:4: failed to read the requirements file `sub/nowhere.txt`: there is no such file",
            "sub/a.txt:3:2: `=` is not a version operator",
        ]
    );
}

#[test]
fn a_missing_file_of_the_command_line_is_named() {
    let mut project = Project::new(&[("a.txt", "")]);
    project.inputs.requirement_files = vec!["nowhere.txt".into()];
    project.inputs.positional = vec!["foo=1".into()];
    let expected = "command line:4: `=` is not a version operator\n    foo=1\n       ^ expected one of `==`, `>=`, `<=`, `!=`, \
                    `~=`, `<`, `>`, `===`\n    hint: write `==1`\n\
                    command line: failed to read the requirements file `nowhere.txt`: there is no such file";
    assert_eq!(project.read().unwrap_err(), expected);
}

/// Credentials are hidden however wrong the line is around them.
#[test]
fn no_secret_is_shown() {
    let mut project = Project::new(&[("a.txt", "")]);
    project.inputs.environment =
        [("TOKEN".to_owned(), "hunter2".to_owned()), ("LINE".to_owned(), "foo=hunter2".to_owned())].into();
    for line in [
        "foo @ https://user:hunter2@host/a b",
        "foo @ https://user:hun/hunter2@host/a b",
        "foo @ https://hunter2@host/foo-1.0.whl",
        "https://host/foo?signature=hunter2",
        "-e https://user:hunter2@host/x",
        "--index-url 'https://user:hunter2@host/simple",
        "--index-url svn://user:hunter2@host/simple",
        "--index-url user:hunter2@host/simple",
        "--extra-index-url hunter2@host/simple",
        "--find-links=user:hun=ter2@host/hunter2@links",
        "--index-url user:hunter2@host/simple --wrong",
        "-r https://user:hunter2@host/base.txt",
        "foo=https://${TOKEN}@host/x",
        "${LINE}",
        "foo ; os_name == '${TOKEN}",
        "foo==${TOKEN}",
        "--use-feature ${TOKEN}",
        "--no-binary '${TOKEN} x'",
        "--trusted-host https://user:hunter2@host",
        "git+ssh://git:hunter2@host:a/b",
    ] {
        fs_err::write(project.path().join("a.txt"), format!("{line}\n")).unwrap();
        let error = project.read().expect_err(line);
        assert!(!error.contains("hunter2"), "{line}:\n{error}");
    }
}

#[test]
fn the_mark_stands_under_the_place_though_secrets_are_hidden() {
    let error = read_text("foo @ https://user:secret@host/a b\n").unwrap_err();
    assert!(error.contains("\n    foo @ https://****@host/a b\n                              ^"), "{error}");
}
