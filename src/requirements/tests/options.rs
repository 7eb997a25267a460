//! Option lines and per-requirement options.

use super::{Project, only, read_text};
use crate::requirements::{FileOptions, ProjectSet};

fn options(text: &str) -> FileOptions {
    read_text(text).unwrap().options
}

#[test]
fn both_spellings_of_every_option() {
    let text = "-i https://a/simple\n--extra-index-url=https://b/simple\n--extra-index-url https://c/simple\n-f https://d/links\n\
                --trusted-host=h:8443 --prefer-binary\n--pre\n--use-feature fast-deps\n";
    let options = options(text);
    let shown = |urls: &[crate::spec::SafeUrl]| urls.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(options.index_url.unwrap().to_string(), "https://a/simple");
    assert_eq!(shown(&options.extra_index_urls), ["https://b/simple", "https://c/simple"]);
    assert_eq!(shown(&options.find_links), ["https://d/links"]);
    assert_eq!(options.trusted_hosts, ["h:8443"]);
    assert_eq!(options.features, ["fast-deps"]);
    assert!(options.prefer_binary && options.pre && !options.no_index && !options.require_hashes);
}

#[test]
fn shell_quoting() {
    let check = |value: &str, expected: &str| {
        let options = options(&format!("--trusted-host {value}\n"));
        assert_eq!(options.trusted_hosts, [expected], "{value}");
    };
    check("'a'b\"c\"", "abc");
    check("a\\bc", "abc");
    check("\"a\\\\b\"", "a\\b");
    check("\"a\\b\"", "a\\b");
    check("'a\\b'", "a\\b");
    assert!(read_text("--trusted-host 'a\n").unwrap_err().contains("this quote is never closed"));
    assert!(read_text("--trusted-host \"a\n").unwrap_err().contains("this quote is never closed"));
}

#[test]
fn no_index_empties_the_others() {
    let options = options("-i https://a/simple\n--no-index\n--extra-index-url https://b/simple\n");
    assert!(options.no_index && options.index_url.is_none() && options.extra_index_urls.is_empty());
}

#[test]
fn an_index_does_not_discard_extra_ones() {
    assert_eq!(options("--extra-index-url https://b/simple\n-i https://a/simple\n").extra_index_urls.len(), 1);
}

#[test]
fn find_links_are_relative_to_their_file() {
    let project = Project::new(&[("a.txt", "-r sub/b.txt\n"), ("sub/b.txt", "-f wheels\n"), ("sub/wheels/x", "")]);
    let links = project.read().unwrap().options.find_links;
    assert_eq!(links[0].to_file_path().unwrap(), project.path().join("sub/wheels"));
    assert!(links[0].to_string().ends_with("/sub/wheels/"));
}

#[test]
fn format_control() {
    let check = |text: &str, wheels: bool, sdists: bool| {
        let control = options(text).format_control;
        let name = "foo".parse().unwrap();
        assert_eq!((control.allows_wheels(&name), control.allows_sdists(&name)), (wheels, sdists), "{text}");
    };
    check("", true, true);
    check("--no-binary foo,bar\n", false, true);
    check("--only-binary Foo\n", true, false);
    check("--no-binary :all:\n", false, true);
    check("--no-binary :all:\n--only-binary foo\n", true, false);
    check("--only-binary :all:\n--no-binary foo\n", false, true);
    check("--only-binary :all:\n--no-binary bar\n", true, false);
    check("--no-binary foo\n--only-binary foo\n", true, false);
    check("--no-binary foo\n--no-binary :none:\n", true, true);
    check("--no-binary :all:,:none:,bar\n", true, true);
    check("bar --no-binary foo\n", false, true);
    assert_eq!(options("--no-binary foo\n--only-binary foo\n").format_control.no_binary, ProjectSet::None);
    assert!(read_text("--no-binary 'a b'\n").unwrap_err().contains("`a b` is not a project name"));
}

#[test]
fn release_control() {
    let control = options("--all-releases foo,bar\n--only-final bar\n").release_control;
    assert!(
        control.all_releases.contains(&"foo".parse().unwrap())
            && !control.all_releases.contains(&"bar".parse().unwrap())
    );
    assert!(control.only_final.contains(&"bar".parse().unwrap()));
}

#[test]
fn hashes() {
    let (a, b) = ("a".repeat(64), "B".repeat(128));
    let entry = only(&format!("foo==1 \\\n --hash=sha256:{a} \\\n --hash sha512:{b} --hash=sha256:{a}\n"));
    let hashes: Vec<String> = entry.hashes.iter().map(ToString::to_string).collect();
    assert_eq!(hashes, [format!("sha256:{a}"), format!("sha512:{}", b.to_lowercase())]);
    let check = |text: &str, required: bool| assert_eq!(options(text).require_hashes, required, "{text}");
    check("foo==1\n", false);
    check("--require-hashes\nfoo==1\n", true);
    check(&format!("foo==1 --hash=sha256:{a}\n"), true);
    check(&format!("foo @ https://h/foo-1-py3-none-any.whl#sha256={a}\n"), false);
    check(&format!("--no-require-hashes\nfoo==1 --hash=sha256:{a}\n"), false);
    assert!(read_text("--require-hashes\n--no-require-hashes\n").unwrap_err().contains("exclude each other"));
    assert!(
        read_text("foo --hash=sha256:abc\n")
            .unwrap_err()
            .starts_with("requirements.txt:1:12: `abc` is not a sha256 digest")
    );
}

#[test]
fn config_settings() {
    let entry = only("foo -C a=1 -Ca=2 --config-settings=\"--build-option=--with x\"\n");
    let expected =
        [("a", "1"), ("a", "2"), ("--build-option", "--with x")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(entry.config_settings, expected);
    assert!(read_text("foo -C a\n").unwrap_err().contains("expected `KEY=VALUE`"));
}

#[test]
fn options_may_be_shortened_while_unique() {
    assert_eq!(options("--trust h\n").trusted_hosts, ["h"]);
    assert!(read_text("--re x\n").unwrap_err().contains("`--re` is ambiguous"));
}

#[test]
fn what_would_be_lost_is_an_error() {
    let check = |line: &str, expected: &str| {
        let error = Project::new(&[("a.txt", line), ("b.txt", "")]).read().expect_err(line);
        assert!(error.contains(expected), "{line}: {error}");
    };
    check("--pre foo\n", "`foo` belongs to no option");
    check("-r b.txt b.txt\n", "`b.txt` belongs to no option");
    check("-r b.txt -r b.txt\n", "a second option of this kind");
    check("foo -r b.txt\n", "this option stands beside a requirement");
}
