//! Lines, encodings, variables, and files that include each other.

use std::path::PathBuf;

use super::{Project, only, printed, read_text};
use crate::requirements::{Manifest, ManifestInputs, Origin, RemoteFiles};

#[test]
fn ordinary_lines_are_read() {
    let hash = "a".repeat(64);
    let other = "b".repeat(64);
    let text = format!(
        "# head\nrequests[security,socks] >= 2 ; sys_platform == 'linux' # why\n\nflask (>=1,<2)\nFoo_Bar==1.0 \\\n    \
         --hash=sha256:{hash} \\\n    --hash=sha256:{other}\n"
    );
    assert_eq!(
        printed(&text),
        [
            "requests[security,socks]>=2 ; sys_platform == \"linux\"".to_owned(),
            "flask>=1,<2".to_owned(),
            format!("foo-bar==1.0 --hash=sha256:{hash} --hash=sha256:{other}"),
        ]
    );
}

#[test]
fn an_entry_keeps_its_text_and_place() {
    let entry = only("\n\nFoo_Bar [x]>= 1.0 ;os_name=='posix'   # why\n");
    assert_eq!(entry.text, "Foo_Bar [x]>= 1.0 ;os_name=='posix'");
    assert_eq!(entry.origin, Origin::File { file: "requirements.txt".into(), line: 3 });
    let entry = only(
        "foo @ https://user:secret@host/foo-1.0-py3-none-any.whl?sig=x --hash=sha512:"
            .to_owned()
            .as_str()
            .trim_end_matches(" --hash=sha512:"),
    );
    assert_eq!(entry.text, "foo @ https://****@host/foo-1.0-py3-none-any.whl?****");
}

#[test]
fn joined_lines() {
    let check = |text: &str, expected: &[&str]| assert_eq!(printed(text), expected, "{text:?}");
    check("foo>=1,\\\n<2\nbar\n", &["foo>=1,<2", "bar"]);
    check("foo \\\n# why\nbar\n", &["foo", "bar"]);
    check("foo # why \\\nbar\nbaz\n", &["foo", "baz"]);
    check("# why \\\nbar\n", &["bar"]);
    check("foo \\", &["foo"]);
    check("foo\rbar\r\nbaz\u{2028}qux\x0cquux", &["foo", "bar", "baz", "qux", "quux"]);
    check("\u{a0}foo\u{a0}\t# why\n", &["foo"]);
}

#[test]
fn variables_are_expanded() {
    let check = |text: &str, expected: &str| {
        let mut project = Project::new(&[("a.txt", text)]);
        let variables =
            [("NAME", "foo"), ("EMPTY", ""), ("OUTER", "${INNER}"), ("INNER", "1"), ("HASH", ">=1 # x"), ("low", "x")];
        project.inputs.environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let answer = project
            .read()
            .map(|manifest| manifest.requirements.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        assert_eq!(
            answer.unwrap_or_else(|error| error.lines().next().unwrap_or_default().to_owned()),
            expected,
            "{text}"
        );
    };
    check("${NAME}==${INNER}", "foo==1");
    check("${NAME}-${NAME}>=2", "foo-foo>=2");
    check("foo==${OUTER}", "a.txt:1:6: this is not a version");
    check("foo==${OUTER},<=${INNER}", "foo==1,<=1");
    check("foo${HASH}", "a.txt:1:4: there are no comments here");
    check("foo==${UNSET}", "a.txt:1:6: this is not a version");
    check("foo==${EMPTY}", "a.txt:1:6: this is not a version");
    check("foo==${low}", "a.txt:1:6: this is not a version");
    check("foo # ${NAME}", "foo");
    check("${NAME}=1", "a.txt:1:8: `=` is not a version operator");
}

#[test]
fn encodings() {
    let check = |bytes: &[u8], expected: Result<&str, &str>| {
        let inputs = ManifestInputs { working_folder: "/project".into(), ..ManifestInputs::default() };
        let answer = Manifest::read_bytes(bytes, "a.txt".as_ref(), &inputs);
        let answer = answer.map(|manifest| manifest.requirements[0].to_string()).map_err(|error| error.to_string());
        assert_eq!(answer.as_deref().map_err(String::as_str), expected, "{bytes:?}");
    };
    let wide = |text: &str, big: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let wider = |text: &str, big: bool| -> Vec<u8> {
        text.chars().flat_map(|c| if big { u32::from(c).to_be_bytes() } else { u32::from(c).to_le_bytes() }).collect()
    };
    check("foo # ä".as_bytes(), Ok("foo"));
    check("\u{feff}foo # ä".as_bytes(), Ok("foo"));
    check(&wide("\u{feff}foo # ä", true), Ok("foo"));
    check(&wide("\u{feff}foo # ä", false), Ok("foo"));
    check(&wider("\u{feff}foo # ä", true), Ok("foo"));
    check(&wider("\u{feff}foo # ä", false), Ok("foo"));
    check(b"# coding: latin-1\nfoo # \xe4", Ok("foo"));
    check(b"#\n# vim: set fileencoding=cp1252 :\nfoo # \x80", Ok("foo"));
    check(b"# coding: iso-8859-15\nfoo # \xa4", Ok("foo"));
    check(b"# coding: cp1252\n# \x81", Err("a.txt:2:1: the file is not Windows-1252"));
    check(b"# coding: ascii\n# \xe4", Err("a.txt:2:1: the file says that it is ASCII, and it is not"));
    check(b"# coding: klingon\n", Err("a.txt:1:1: the encoding `klingon` is not known; UTF-8 is the one to use"));
    check(b"\xff\xfefoo", Err("a.txt:1:1: the file is not UTF-16"));
    check(b"\xff\xfe\0\0foo", Err("a.txt:1:1: the file is not UTF-32"));
    let not_utf8 = "a.txt:2:1: the file is not UTF-8; save it as UTF-8, or name its encoding in the first line: `# -*- coding: latin-1 -*-`";
    check(b"foo\n# \xe4", Err(not_utf8));
}

#[test]
fn files_include_each_other() {
    let project = Project::new(&[
        ("sub/a.txt", "a\n-r b.txt\n-c ../limits.txt\n"),
        ("sub/b.txt", "b\n-rc.txt\n"),
        ("sub/c.txt", "c\n"),
        ("limits.txt", "a<2\n-c more.txt\n-r forced.txt\n"),
        ("more.txt", "b<3\n"),
        ("forced.txt", "forced\n"),
    ]);
    let manifest = project.read().unwrap();
    let show = |entries: &[crate::requirements::RequirementEntry]| -> Vec<String> {
        entries.iter().map(|entry| format!("{entry} from {}", entry.origin)).collect()
    };
    assert_eq!(
        show(&manifest.requirements),
        ["a from sub/a.txt:1", "b from sub/b.txt:1", "c from sub/c.txt:1", "forced from forced.txt:1"]
    );
    assert_eq!(show(&manifest.constraints), ["a<2 from limits.txt:1", "b<3 from more.txt:1"]);
    let read: Vec<PathBuf> = ["sub/a.txt", "sub/b.txt", "sub/c.txt", "limits.txt", "more.txt", "forced.txt"]
        .map(|name| project.path().join(name))
        .into();
    let found: Vec<_> = manifest.files_read.into_iter().map(|file| file.path).collect();
    assert_eq!(found, read);
}

#[test]
fn cycles_are_found() {
    let project = Project::new(&[("a.txt", "-r sub/b.txt\n"), ("sub/b.txt", "-c ../x/../a.txt\n"), ("x/y", "")]);
    let error = project.read().unwrap_err();
    assert!(error.starts_with("sub/b.txt:1:4: `a.txt` includes itself: a.txt → sub/b.txt → a.txt\n"), "{error}");
}

#[test]
fn a_few_lines_cannot_ask_for_millions_of_files() {
    let files: Vec<(String, String)> =
        (0..40).map(|n| (format!("{n}.txt"), format!("-r {}.txt\n-r {}.txt\n", n + 1, n + 1))).collect();
    let mut files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.push(("40.txt", "foo\n"));
    let error = Project::new(&files).read().unwrap_err();
    assert!(error.contains("too many files include each other"), "{error}");
}

#[test]
fn command_line_overrides_and_constraints() {
    let mut project = Project::new(&[
        ("a.txt", "a\n"),
        ("limits.txt", "a<2\n"),
        ("overrides.txt", "b==3\n-r c.txt\n"),
        ("c.txt", "c==4\n"),
    ]);
    project.inputs.constraint_files = vec!["limits.txt".into()];
    project.inputs.override_files = vec!["overrides.txt".into()];
    project.inputs.positional = vec!["first>=1".into(), "second[x] ; os_name == 'posix'".into()];
    project.inputs.excluded = vec!["unwanted".parse().unwrap()];
    let manifest = project.read().unwrap();
    let show =
        |entries: &[crate::requirements::RequirementEntry]| entries.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(show(&manifest.requirements), ["first>=1", "second[x] ; os_name == \"posix\"", "a"]);
    assert_eq!(show(&manifest.constraints), ["a<2"]);
    assert_eq!(show(&manifest.overrides), ["b==3", "c==4"]);
    assert_eq!(manifest.requirements[0].origin, Origin::CommandLine);
    assert_eq!(manifest.excluded, project.inputs.excluded);
}

#[test]
fn remote_files_are_fetched_by_the_caller() {
    let mut project = Project::new(&[("a.txt", "-r https://user:secret@host/dir/base.txt\n")]);
    project.inputs.remote = Some(RemoteFiles::new(|url| match url.reveal().as_str() {
        "https://user:secret@host/dir/base.txt" => Ok(b"foo\n-r more.txt\n-c /limits.txt\n".to_vec()),
        "https://user:secret@host/dir/more.txt" => Ok(b"bar=1\n".to_vec()),
        "https://user:secret@host/limits.txt" => Err("status 404".to_owned()),
        other => Err(format!("{other} was not expected")),
    }));
    let error = project.read().unwrap_err();
    let lines: Vec<&str> = error.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(
        lines,
        [
            "https://user:****@host/dir/more.txt:1:4: `=` is not a version operator",
            "https://user:****@host/dir/base.txt:3:4: failed to read the constraints file `https://****@host/limits.txt`: status 404",
        ]
    );
    project.inputs.remote = None;
    assert!(project.read().unwrap_err().contains("remote requirements files are not available here"));
}

#[test]
fn a_page_cannot_name_local_files() {
    let mut project = Project::new(&[("a.txt", "-r https://host/base.txt\n")]);
    project.inputs.remote = Some(RemoteFiles::new(|_| Ok(b"-r file:///etc/passwd\n".to_vec())));
    let error = project.read().unwrap_err();
    assert!(error.contains("a page cannot name a local file"), "{error}");
}

#[test]
fn file_urls_are_read() {
    let project = Project::new(&[("a.txt", ""), ("my dir/b.txt", "foo\n-r c.txt\n"), ("my dir/c.txt", "bar\n")]);
    let url = format!("-r file://{}/my%20dir/b.txt\n", project.path().display());
    fs_err::write(project.path().join("a.txt"), url).unwrap();
    assert_eq!(project.printed(), ["foo", "bar"]);
}

#[test]
fn constraints_add_nothing() {
    for (line, expected) in
        [("foo[x]<2", "a constraint cannot have extras"), ("-e .", "a constraint cannot be editable")]
    {
        let error = Project::new(&[("a.txt", "-c b.txt\n"), ("b.txt", line)]).read().unwrap_err();
        assert!(error.contains(expected), "{line}: {error}");
    }
    let hash = "a".repeat(64);
    let text = format!("foo @ https://h/foo-1.0-py3-none-any.whl --hash=sha256:{hash}\n");
    let manifest = Project::new(&[("a.txt", "-c b.txt\n"), ("b.txt", &text)]).read().unwrap();
    assert_eq!(manifest.constraints[0].to_string(), text.trim_end());
    assert!(manifest.options.require_hashes);
}

#[test]
fn what_says_nothing_is_a_warning() {
    let warnings = |text: &str| read_text(text).unwrap().warnings;
    assert_eq!(warnings("foo --pre\n"), ["requirements.txt:1: `--pre` beside a requirement is ignored, as pip does"]);
    let hash = "a".repeat(64);
    assert_eq!(
        warnings(&format!("--hash=sha256:{hash}\n")),
        ["requirements.txt:1: `--hash` without a requirement says nothing"]
    );
    let md5 = "foo @ https://h/foo-1.0.tar.gz#md5=0123456789abcdef0123456789abcdef\n";
    assert_eq!(warnings(md5), ["requirements.txt:1: the md5 digest of this URL proves nothing: give a sha256"]);
}
