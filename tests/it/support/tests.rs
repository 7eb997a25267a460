//! The tools that the other tests believe are tested here.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::*;

/// Sends one request as it is, and returns the whole answer.
fn ask(server_url: &str, path: &str, headers: &str) -> String {
    let host = server_url.trim_start_matches("http://").split('/').next().expect("a URL has a host");
    let mut stream = TcpStream::connect(host).expect("the server listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n").expect("it listens");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_built_wheel_reads_as_one() {
    let wheel = WheelBuilder::new("Tiny.Thing", "1.0")
        .tag("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64")
        .build_tag("1")
        .requires("dep>=2")
        .extra("fast", &["speed"])
        .requires_python(">=3.9")
        .root_is_purelib(false)
        .file("tiny/__init__.py", "x = 1\n")
        .file("tiny/with,comma", "")
        .data("scripts/run", "#!python\n")
        .mode(0o755)
        .entry_point("console_scripts", "tiny = tiny:main")
        .entry_point("console_scripts", "tiny2 = tiny:main")
        .build();
    assert_eq!(wheel.filename, "tiny_thing-1.0-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl");
    let mut archive = ::zip::ZipArchive::new(std::io::Cursor::new(&wheel.bytes)).unwrap();
    let mut shown = String::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).unwrap();
        shown += &format!("{:o} {}\n", entry.unix_mode().unwrap(), entry.name().unwrap());
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        shown += &text;
    }
    insta::assert_snapshot!(shown, @r#"
    100644 tiny/__init__.py
    x = 1
    100644 tiny/with,comma
    100755 tiny_thing-1.0.data/scripts/run
    #!python
    100644 tiny_thing-1.0.dist-info/METADATA
    Metadata-Version: 2.1
    Name: Tiny.Thing
    Version: 1.0
    Requires-Python: >=3.9
    Requires-Dist: dep>=2
    Provides-Extra: fast
    Requires-Dist: speed; extra == 'fast'
    100644 tiny_thing-1.0.dist-info/WHEEL
    Wheel-Version: 1.0
    Generator: barrow-tests
    Root-Is-Purelib: false
    Tag: cp312-cp312-manylinux_2_17_x86_64
    Tag: cp312-cp312-manylinux2014_x86_64
    100644 tiny_thing-1.0.dist-info/entry_points.txt
    [console_scripts]
    tiny = tiny:main
    tiny2 = tiny:main
    100644 tiny_thing-1.0.dist-info/RECORD
    tiny/__init__.py,sha256=nia_NpkRxFwkPGhBR7I_yeHc_PJX0pmhxjIBam_NM_Q,6
    "tiny/with,comma",sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
    tiny_thing-1.0.data/scripts/run,sha256=NKJyCC0fONcaYytG9mysca37TZf8wBDISvRNAW-78pQ,9
    tiny_thing-1.0.dist-info/METADATA,sha256=QEnf7EVzktAky9vkjFIc1zXBg4BV0nU2AKRr8aj5qdc,156
    tiny_thing-1.0.dist-info/WHEEL,sha256=FX0fJeca4INCUgjeFb5qafWFQ91uh7oIVI0QeHzaM0E,143
    tiny_thing-1.0.dist-info/entry_points.txt,sha256=XuKkxbJZclfAhOP8VyjrMcRrsCaFF_TQqGUy6muccTE,53
    tiny_thing-1.0.dist-info/RECORD,,
    "#);
}

#[test]
fn record_lies_on_request() {
    let honest = WheelBuilder::new("tiny", "1").stored();
    let lying = honest.clone().wrong_in_record("tiny/__init__.py").build();
    let silent = honest.clone().missing_in_record("tiny/__init__.py").build();
    let record = |bytes: &[u8]| String::from_utf8_lossy(bytes).matches("tiny/__init__.py").count();
    assert_eq!((record(&lying.bytes), record(&silent.bytes)), (3, 2), "local header, central directory, RECORD");
    assert_ne!(lying.bytes, honest.build().bytes);
}

#[test]
fn an_sdist_holds_its_metadata() {
    let sdist = SdistBuilder::new("tiny", "1.0").requires("dep").file("setup.py", "").build();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&sdist.bytes[..]));
    let names: Vec<String> =
        archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(
        (sdist.filename.as_str(), names),
        ("tiny-1.0.tar.gz", vec!["tiny-1.0/PKG-INFO".into(), "tiny-1.0/setup.py".into()])
    );
}

#[test]
fn the_server_serves_both_formats() {
    let index = |format| {
        let wheel = WheelBuilder::new("Tiny", "1.0").stored().requires_python(">=3.8");
        IndexServer::new()
            .file(Listed::new(wheel).yanked("broken \"it\"").upload_time("2024-01-01T00:00:00Z"))
            .format(format)
            .start()
    };
    let json = ask(&index(Format::Json).url(), "/simple/tiny/", "");
    assert!(json.contains(r#""requires-python":">=3.8""#) && json.contains(r#""yanked":"broken \"it\"""#), "{json}");
    assert!(json.contains(r#""core-metadata":{"sha256":""#) && json.contains(r#""versions":["1.0"]"#), "{json}");
    let html = ask(&index(Format::Html).url(), "/simple/tiny/", "");
    assert!(html.contains("data-requires-python=\"&gt;=3.8\""), "{html}");
    assert!(html.contains("data-yanked=\"broken &quot;it&quot;\"") && html.contains("#sha256="), "{html}");
    let both = index(Format::Negotiated);
    assert!(ask(&both.url(), "/simple/tiny/", "").contains("text/html"));
    assert!(
        ask(&both.url(), "/simple/tiny/", "Accept: application/vnd.pypi.simple.v1+json\r\n").contains("{\"files\"")
    );
    assert!(ask(&both.url(), "/simple/tiny", "").starts_with("HTTP/1.1 301"));
    assert!(ask(&both.url(), "/files/tiny-1.0-py3-none-any.whl.metadata", "").contains("\r\n\r\nMetadata-Version"));
    assert!(ask(&both.url(), "/simple/other/", "").starts_with("HTTP/1.1 404"));
}

#[test]
fn the_server_hides_what_it_is_told_to_hide() {
    let server = IndexServer::new()
        .file(Listed::new(WheelBuilder::new("tiny", "1")).unhashed())
        .file(Listed::new(WheelBuilder::new("tiny", "2")).metadata(true))
        .without_metadata()
        .start();
    let page = ask(&server.url(), "/simple/tiny/", "");
    assert_eq!((page.matches("#sha256=").count(), page.matches("data-core-metadata").count()), (1, 1));
    assert!(ask(&server.url(), "/files/tiny-1-py3-none-any.whl.metadata", "").starts_with("HTTP/1.1 404"));
}

#[test]
fn the_server_asks_for_credentials_and_remembers_them() {
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1")).credentials("me", "secret").start();
    assert!(ask(&server.url(), "/simple/tiny/", "").starts_with("HTTP/1.1 401"));
    assert!(ask(&server.url(), "/simple/tiny/", "Authorization: Basic bWU6c2VjcmV0\r\n").starts_with("HTTP/1.1 200"));
    assert_eq!(server.log(), "200 /simple/tiny/ with credentials\n401 /simple/tiny/\n");
    assert!(server.url_with("me", "secret").starts_with("http://me:secret@127.0.0.1:"));
}

#[test]
fn the_server_answers_ranges_in_four_ways() {
    let status = |ranges, header: &str| {
        let server = IndexServer::new().file(WheelBuilder::new("tiny", "1")).ranges(ranges).start();
        ask(&server.url(), "/files/tiny-1-py3-none-any.whl", &format!("Range: {header}\r\n"))[9..12].to_owned()
    };
    for (ranges, suffix, part, beyond) in [
        (Ranges::Honoured, "206", "206", "416"),
        (Ranges::Ignored, "200", "200", "200"),
        (Ranges::NoSuffix, "416", "206", "416"),
        (Ranges::Refused, "416", "416", "416"),
    ] {
        assert_eq!(status(ranges, "bytes=-10"), suffix, "{ranges:?}");
        assert_eq!(status(ranges, "bytes=2-5"), part, "{ranges:?}");
        assert_eq!(status(ranges, "bytes=999999-"), beyond, "{ranges:?}");
    }
}

#[test]
fn faults_are_met_and_counted() {
    let wheel = "tiny-1-py3-none-any.whl";
    let path = format!("/files/{wheel}");
    let with = |fault| IndexServer::new().file(WheelBuilder::new("tiny", "1")).fault(wheel, fault).start();
    let statuses = |fault| {
        let server = with(fault);
        [0, 1].map(|_| ask(&server.url(), &path, "").get(9..12).unwrap_or("---").to_owned())
    };
    assert_eq!(statuses(Fault::Status(500)), ["500", "500"]);
    assert_eq!(statuses(Fault::Unavailable(1)), ["503", "200"]);
    assert_eq!(statuses(Fault::Redirect("/elsewhere".to_owned())), ["302", "302"]);
    assert_eq!(statuses(Fault::Slow(Duration::from_millis(1))), ["200", "200"]);

    let truncated = with(Fault::Truncated(1));
    let [short, whole] = [0, 1].map(|_| ask(&truncated.url(), &path, "").len());
    assert!(short < whole, "{short} < {whole}");
    let right = ask(&IndexServer::new().file(WheelBuilder::new("tiny", "1")).start().url(), &path, "");
    let wrong = ask(&with(Fault::WrongBytes).url(), &path, "");
    assert!(right.ends_with('\0') && wrong.ends_with('\u{1}'));
}

#[test]
fn a_context_is_clean_and_filters_what_varies() {
    let context = TestContext::new();
    context.write("folder/file.txt", "hello\n");
    context.chmod("folder/file.txt", 0o600);
    context.chmod("folder", 0o755);
    insta::assert_snapshot!(context.tree(""), @r"
    0755      -            -  folder/
    0600      6 5891b5b522d5  folder/file.txt
    ");
    let text = format!("{}/x 127.0.0.1:4321/ in 1.25s, in 3 steps", context.root().display());
    assert_eq!(context.filter(&text), "[TEMP]/x 127.0.0.1:[PORT]/ in [TIME], in 3 steps");
    assert!(context.home().starts_with(context.root()) && context.cache().starts_with(context.root()));

    let mut shell = std::process::Command::new("/bin/sh");
    assert_eq!(
        context.run(shell.args(["-c", "echo out; echo err >&2; exit 3"])),
        "exit code: 3\n----- stdout -----\nout\n----- stderr -----\nerr\n"
    );
}

#[test]
fn the_binary_starts_in_a_context() {
    let context = TestContext::new();
    for mut command in [context.barrow(), context.barrow_with_umask("077")] {
        assert!(command.arg("--version").output().unwrap().status.success());
    }
}
