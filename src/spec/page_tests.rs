//! Index pages, core metadata and what other people's texts are repaired to.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use super::specifiers::parse_version_specifiers;
use super::*;

fn origin() -> Arc<IndexOrigin> {
    Arc::new(IndexOrigin { name: None, url: SafeUrl::parse("https://index.example/simple/").unwrap() })
}

fn page(text: &str) -> ProjectPage<'_> {
    let url = SafeUrl::parse("https://index.example/simple/acme-tools/").unwrap();
    ProjectPage::parse(text.as_bytes(), None, &url).unwrap()
}

fn detail(text: &str) -> ProjectDetail {
    packed(&page(text), "acme-tools")
}

/// What comes of packing and of reading in full, which is the same.
fn packed(page: &ProjectPage<'_>, project: &str) -> ProjectDetail {
    let project = project.parse().unwrap();
    let packed = page.pack(&project).unwrap().into_page().unwrap();
    let detail = Arc::new(packed).project(&project, &origin());
    let whole = page.pack_whole().unwrap().into_page().unwrap().unpack().unwrap();
    let in_full = whole.project(&project, &origin());
    assert_eq!(detail.files(), in_full.files());
    assert_eq!(detail.skipped, in_full.skipped);
    detail
}

fn check_specifiers(text: &str, expected: Option<&str>) {
    let read = lenient::specifiers(text).ok().map(|specifiers| specifiers.to_string());
    assert_eq!(read.as_deref(), expected, "{text}");
}

#[test]
fn specifiers_of_other_people() {
    check_specifiers(">=3.6", Some(">=3.6"));
    check_specifiers(">=3.6,", Some(">=3.6"));
    check_specifiers(">=3.6,,<4", Some(">=3.6, <4"));
    check_specifiers(">=3.6 <4", Some(">=3.6, <4"));
    check_specifiers(">=3.6<4", Some(">=3.6, <4"));
    check_specifiers(">=1.9.*", Some(">=1.9"));
    check_specifiers("<4.0.*", Some("<4.0"));
    check_specifiers(">= 3.5.*", Some(">=3.5"));
    check_specifiers(">=2.7,!=3.0*", Some(">=2.7, !=3.0.*"));
    check_specifiers("!=~5.0", Some("!=5.0.*"));
    check_specifiers("~=5", Some(">=5, ==5.*"));
    check_specifiers("~=3.7.*", Some("==3.7.*"));
    check_specifiers(">dev", Some(">0.dev0"));
    check_specifiers(">=9.0.0a1.0", Some(">=9.0.0a1"));
    check_specifiers("===2004d", Some("<0.dev0"));
    check_specifiers("===1.0.*,>=1", Some("<0.dev0, >=1"));
    check_specifiers("===1.0", Some("===1.0"));
    check_specifiers("'>=3.6'", Some(">=3.6"));
    check_specifiers(">='2.7'", Some(">=2.7"));
    check_specifiers(">=3.6, != 3.7.*, !=3.8.*,", Some(">=3.6, !=3.7.*, !=3.8.*"));
    check_specifiers(">=2.7, !=3.0.*, !=3.1.*, <3.10.*", Some(">=2.7, !=3.0.*, !=3.1.*, <3.10"));
    for beyond_repair in ["3.6", "python3", ">=", ">=three", "==*", ">*", "^3.6", "\u{0}", ">=\u{ff13}.6"] {
        check_specifiers(beyond_repair, None);
    }
}

fn check_requirement(text: &str, expected: Option<&str>) {
    let read = lenient::requirement(text).ok().map(|requirement| requirement.to_string());
    assert_eq!(read.as_deref(), expected, "{text}");
}

#[test]
fn requirements_of_other_people() {
    check_requirement("dep", Some("dep"));
    check_requirement("dep (>=1.0)", Some("dep>=1.0"));
    check_requirement("dep (>=1.0,)", Some("dep>=1.0"));
    check_requirement("dep>=1.9.*", Some("dep>=1.9"));
    check_requirement(
        "dep[b,a] (>=1.9.*) ; python_version < '2.6'",
        Some("dep[b,a]>=1.9 ; python_full_version < '2.6'"),
    );
    check_requirement("dep ~=5", Some("dep>=5,==5.*"));
    check_requirement("dep (>=1.0 <2)", Some("dep>=1.0,<2"));
    check_requirement(
        "dep @ https://example.com/dep-1.0-py3-none-any.whl",
        Some("dep @ https://example.com/dep-1.0-py3-none-any.whl"),
    );
    for beyond_repair in ["", "dep >= three", "-dep", "dep[", "dep @", "dep ; marker", "d\u{e9}p>=1.*"] {
        check_requirement(beyond_repair, None);
    }
}

/// A marker of other people, its printed form, and whether it is true on python3.12.
fn check_marker(marker: &str, printed: Option<&str>, expected: bool) {
    let requirement = lenient::requirement(&format!("dep ; {marker}")).unwrap();
    let text = requirement.to_string();
    assert_eq!(text.strip_prefix("dep").unwrap().strip_prefix(" ; "), printed, "{marker}");
    let markers = MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
        implementation_name: "cpython",
        implementation_version: "3.12.1",
        os_name: "posix",
        platform_machine: "x86_64",
        platform_python_implementation: "CPython",
        platform_release: "",
        platform_system: "Linux",
        platform_version: "",
        python_full_version: "3.12.1",
        python_version: "3.12",
        sys_platform: "linux",
    });
    assert_eq!(requirement.marker.evaluate(&markers.unwrap(), &[]), expected, "{marker}");
}

#[test]
fn markers_of_other_people() {
    check_marker("python_version >= '3.8.*'", Some("python_full_version >= '3.8'"), true);
    check_marker("python_version < '3.8.*'", Some("python_full_version < '3.8'"), false);
    check_marker("python_version == '3.12*'", Some("python_full_version == '3.12.*'"), true);
    check_marker("python_version ~= '3'", Some("python_full_version >= '3' and python_full_version < '4'"), true);
    check_marker("'3.8.*' > python_version", Some("python_full_version < '3.8'"), false);
    check_marker("python_version < '3.12rc1'", Some("python_full_version < '3.12'"), false);
    check_marker("python_version > '3.12rc1'", Some("python_full_version >= '3.12'"), true);
    check_marker("python_version == '3.12rc1'", Some("python_version < '0'"), false);
    check_marker("python_version <= '3.12.post1'", Some("python_full_version < '3.13'"), true);
    check_marker("platform_release >= '5'", Some("python_version < '0'"), false);
    check_marker("platform_release != '5'", None, true);
    check_marker("sys_platform === 'linux'", Some("sys_platform == 'linux'"), true);
    check_marker("platform_machine ~= 'x86'", None, true);
    check_marker("'linux' == 'linux2'", None, true);
    check_marker("python_version >= 'three'", None, true);
    check_marker("extra == ':python_version<\"3\"'", Some("python_version < '0'"), false);
    check_marker("sys_platform == \"x' or os_name != 'x\"", Some("sys_platform == 'x` or os_name != `x'"), false);
    check_marker("sys_platform in \"'linux', 'darwin'\"", Some("sys_platform in '`linux`, `darwin`'"), true);
    check_marker(
        "os_name == 'nt' and python_version >= '3.8.*'",
        Some("python_full_version >= '3.8' and os_name == 'nt'"),
        false,
    );
    let part = lenient::requirement("dep ; '3.1' in python_version").unwrap();
    assert!(part.to_string().contains("python_full_version == '3.1.*'"), "{part}");
    check_requirement("dep>=1.9.* ; python_version >= '3.8.*'", Some("dep>=1.9 ; python_full_version >= '3.8'"));
}

#[test]
fn metadata_is_read_to_the_first_empty_line() {
    let text = "\u{feff}Metadata-Version: 2.1\r\nNAME: Acme.Tools\r\nVersion: 1.0\r\nRequires-Dist: dep (>=1.0,)\r\n\
        Requires-Dist: other;\r\n  extra == 'fast'\r\nProvides-Extra: Fast\r\nProvides-Extra: !\r\n\
        Requires-Python: 3.6\r\nnot a header\r\nDynamic: Requires-Dist\r\n\r\nRequires-Dist: body\r\n";
    let metadata = CoreMetadata::parse(text.as_bytes()).unwrap();
    assert_eq!((metadata.name.as_ref(), metadata.version.to_string().as_str()), ("acme-tools", "1.0"));
    let requires: Vec<String> = metadata.requires_dist.iter().map(ToString::to_string).collect();
    assert_eq!(requires, ["dep>=1.0", "other ; extra == 'fast'"]);
    assert_eq!(metadata.provides_extras, ["fast".parse().unwrap()]);
    assert_eq!(metadata.requires_python, None);
    assert_eq!(metadata.dynamic, ["requires-dist"]);
    assert_eq!(metadata.metadata_version, (2, 1));
    assert_eq!(metadata.warnings.len(), 2, "{:?}", metadata.warnings);
}

#[test]
fn metadata_that_cannot_be_used() {
    let check = |text: &str, expected: &str| {
        let error = CoreMetadata::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    };
    check("", "`Name`");
    check("Name: a\n\nVersion: 1", "`Version`");
    check("Name: a\nVersion: one", "`Version: one`");
    check("Name: a\nName: b\nVersion: 1", "twice");
    check("Metadata-Version: 3.0\nName: a\nVersion: 1", "3.0");
    check("Name: a\nVersion: 1\nRequires-Dist: dep >= three", "Requires-Dist: dep >= three");
    let same_twice = CoreMetadata::parse(b"Name: a\nName: a\nVersion: 1\nVersion: 1");
    assert!(same_twice.is_ok());
}

#[test]
fn json_pages() {
    let read = detail(
        r#"{"meta":{"api-version":"1.4","tracks":["https://other.example/"]},"name":"acme-tools","alternate-locations":[],
        "versions":["1.0"],"files":[
        {"filename":"acme_tools-1.0-py3-none-any.whl","url":"../../files/acme_tools-1.0-py3-none-any.whl#frag",
         "hashes":{"md5":"00","sha256":"ABababababababababababababababababababababababababababababababab"},
         "requires-python":">=3.6,","size":10,"upload-time":"2024-02-03T04:05:06.789Z","yanked":"broken",
         "core-metadata":{"sha256":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"},"dist-info-metadata":false},
        {"filename":"acme_tools-2.0-py3-none-any.whl","url":"https://cdn.example/x?sig=1","hashes":{},"yanked":false,
         "dist-info-metadata":true,"size":"10","upload-time":"yesterday","requires-python":null},
        {"filename":"acme_tools-3.0-py3-none-any.whl","url":"file:///etc/passwd","hashes":{}},
        {"filename":"acme_tools-bad.whl","url":"x"}, {"filename":"acme-tools-1.0.tar.gz","url":"a.tar.gz"},
        {"filename":"acme-tools-1.0.exe","url":"x"}, {"filename":"acme-tools-1.0.egg","url":"x"}, 7, {"url":"x"},
        {"filename":"other-1.0-py3-none-any.whl","url":"x","hashes":null}]}"#,
    );
    let files = read.files();
    let [first, sdist, second] = files.as_slice() else { panic!("{read:?}") };
    assert_eq!(first.url.reveal().as_str(), "https://index.example/files/acme_tools-1.0-py3-none-any.whl");
    assert_eq!(first.hashes.len(), 1);
    assert_eq!((first.size, first.upload_time), (Some(10), Some(1_706_933_106_789_000)));
    assert_eq!(first.requires_python.as_ref().unwrap().to_string(), ">=3.6");
    assert_eq!(first.yanked, Yanked::Yes("broken".to_owned()));
    assert!(matches!(&first.metadata, MetadataOffer::Offered(digests) if digests.len() == 1));
    assert_eq!(second.url.reveal().as_str(), "https://cdn.example/x?sig=1");
    assert_eq!((second.size, second.upload_time, &second.requires_python), (None, None, &None));
    assert_eq!((&second.yanked, &second.metadata), (&Yanked::No, &MetadataOffer::Offered(Vec::new())));
    assert!(matches!(sdist.filename, DistFilename::Sdist(_)));
    let skipped: Vec<&str> = read.skipped.iter().map(|skipped| skipped.filename.as_str()).collect();
    assert_eq!(skipped, ["?", "x", "acme_tools-3.0-py3-none-any.whl"], "{:?}", read.skipped);
}

#[test]
fn a_base_keeps_no_credentials() {
    let text = "<base href='https://user:word@files.example/x/'><a href='acme_tools-1.0-py3-none-any.whl'>x</a>";
    assert_eq!(page(text).base.reveal().as_str(), "https://files.example/x/");
    let url = detail(text).files()[0].url.clone();
    assert_eq!(url.reveal().as_str(), "https://files.example/x/acme_tools-1.0-py3-none-any.whl");
}

#[test]
fn a_page_of_a_server_names_no_files_of_this_machine() {
    let wheel = "acme_tools-1.0-py3-none-any.whl";
    let read = |url: &str, text: &str| {
        let page = ProjectPage::parse(text.as_bytes(), Some("text/html"), &SafeUrl::parse(url).unwrap()).unwrap();
        let urls = packed(&page, "acme-tools").files().iter().map(|file| file.url.to_string()).collect::<Vec<_>>();
        urls.join(" ")
    };
    let based = |base: &str| format!("<base href='{base}'><a href='{wheel}'>x</a>");
    let server = "https://index.example/simple/acme-tools/";
    assert_eq!(read(server, &format!("<a href='file:///x/{wheel}'>x</a>")), "");
    for base in ["file:///x/", "FILE:/x/", "data:,x", "javascript:x"] {
        assert_eq!(read(server, &based(base)), format!("{server}{wheel}"), "{base}");
    }
    assert_eq!(read("file:///mirror/simple/", &based("file:///x/")), format!("file:///x/{wheel}"));
    assert_eq!(read("file:///mirror/simple/", &based(server)), format!("{server}{wheel}"));
}

#[test]
fn html_pages() {
    let hash = "ab".repeat(32);
    let read = detail(&format!(
        r#"<!DOCTYPE html><html><head><BASE HREF="../../packages/"><meta name="pypi:repository-version" content="1.1"></head>
        <body><!-- <a href="acme_tools-0.1-py3-none-any.whl">commented out</a> -->
        <a href="acme_tools-1.0-py3-none-any.whl#sha256={hash}" data-requires-python="&gt;=3.8,&lt;4" data-yanked>Acme</a>
        <A HREF='/abs/Acme.Tools-2.0.tar.gz#md5=900150983cd24fb0d6963f7d28e17f72' data-yanked="old &amp; bad">x</A>
        <a data-dist-info-metadata="sha256={hash}" href=https://cdn.example/acme_tools-3.0%2Blocal-py3-none-any.whl>x</a>
        <a href="acme_tools-4.0-py3-none-any.whl" data-core-metadata="true" data-dist-info-metadata="sha256={hash}"
           data-requires-python=">=3.8">no closing tag
        <a href="other-1.0-py3-none-any.whl">other</a> <a href="https://example.com/">home</a> <a name="top">top</a>
        <a href="acme_tools-1.0-py3-none.whl">x</a> <a href="acme-tools-extra-1.0.tar.gz">x</a> <a href="../">..</a></body>"#
    ));
    let files = read.files();
    let names: Vec<&str> = files.iter().map(|file| file.filename.as_str()).collect();
    assert_eq!(
        names,
        [
            "acme_tools-1.0-py3-none-any.whl",
            "Acme.Tools-2.0.tar.gz",
            "acme_tools-3.0+local-py3-none-any.whl",
            "acme_tools-4.0-py3-none-any.whl"
        ]
    );
    assert_eq!(files[0].url.reveal().as_str(), "https://index.example/packages/acme_tools-1.0-py3-none-any.whl");
    assert_eq!(files[0].hashes[0].hex(), hash);
    assert_eq!(files[0].requires_python.as_ref().unwrap().to_string(), ">=3.8, <4");
    assert_eq!(files[0].yanked, Yanked::Yes(String::new()));
    let weak = "https://index.example/abs/Acme.Tools-2.0.tar.gz#md5=900150983cd24fb0d6963f7d28e17f72";
    assert_eq!(files[1].url.reveal().as_str(), weak, "a digest that can only speak against the file");
    assert_eq!((files[1].hashes.len(), &files[1].yanked), (0, &Yanked::Yes("old & bad".to_owned())));
    assert!(matches!(&files[2].metadata, MetadataOffer::Offered(digests) if digests.len() == 1));
    assert_eq!(files[3].metadata, MetadataOffer::Offered(Vec::new()));
    let skipped: Vec<&str> = read.skipped.iter().map(|skipped| skipped.filename.as_str()).collect();
    assert_eq!(skipped, ["acme_tools-1.0-py3-none.whl"]);
}

#[test]
fn what_is_not_a_page() {
    let url = SafeUrl::parse("https://index.example/simple/x/").unwrap();
    let check = |text: &str, content_type: Option<&str>, expected: &str| {
        let error = ProjectPage::parse(text.as_bytes(), content_type, &url).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    };
    check(r#"{"meta":{"api-version":"2.0"},"files":[]}"#, None, "2.0");
    check(r#"<meta name="pypi:repository-version" content="2.0">"#, None, "2.0");
    check(r#"{"message":"not found"}"#, None, "JSON");
    check("%PDF-1.4", Some("application/pdf"), "application/pdf");
    check("", None, "neither");
    // UTF-16, with and without its mark: no page without files, but one that is not understood.
    check("\u{0}<\u{0}a\u{0} \u{0}h", Some("text/html; charset=utf-16"), "utf-16");
    check("<\u{0}a\u{0} \u{0}h\u{0}", None, "neither");
    // Types that say something else than the content.
    assert!(ProjectPage::parse(br#" {"files":[]}"#, Some("text/html"), &url).is_ok());
    assert!(ProjectPage::parse(b"<html>", Some("application/vnd.pypi.simple.v1+json"), &url).is_ok());
    assert!(ProjectPage::parse(b"", Some("text/html"), &url).is_ok());
}

#[test]
fn a_page_survives_the_cache() {
    let text = format!(
        r#"{{"files":[{{"filename":"a-1.tar.gz","url":"a-1.tar.gz","yanked":true,"size":1,"hashes":{{"sha256":"{}"}}}}, 3]}}"#,
        "0f".repeat(32)
    );
    let page = page(&text);
    let project = "a".parse().unwrap();
    let PackedBytes { head, blocks } = page.pack(&project).unwrap();
    let read = PackedPage::read(head.clone(), Box::new(blocks.clone())).unwrap();
    let read = Arc::new(read).project(&project, &origin());
    let files = read.files();
    assert_eq!(files[0].hashes, page.files[0].hashes);
    assert_eq!((files[0].yanked.is_yanked(), files[0].size), (true, Some(1)));
    assert_eq!(read.skipped, page.skipped);
    for length in 0..head.len() {
        assert!(PackedPage::read(head[..length].to_vec(), Box::new(Vec::new())).is_none(), "{length}");
    }
    for at in 0..head.len() {
        let mut damaged = head.clone();
        damaged[at] ^= 1;
        assert!(PackedPage::read(damaged, Box::new(Vec::new())).is_none(), "{at}");
    }
    // Damage in a block is told when the block is read.
    for at in 0..blocks.len() {
        let mut damaged = blocks.clone();
        damaged[at] ^= 0x10;
        let told = Arc::default();
        let blocks = Told { blocks: damaged, told: Arc::clone(&told) };
        let read = Arc::new(PackedPage::read(head.clone(), Box::new(blocks)).unwrap()).project(&project, &origin());
        assert!(!told.load(Ordering::Relaxed), "{at}");
        assert_eq!((read.version_count(), read.files().len()), (1, 0), "{at}");
        assert!(told.load(Ordering::Relaxed), "{at}");
    }
}

struct Told {
    blocks: Vec<u8>,
    told: Arc<AtomicBool>,
}

impl PageBlocks for Told {
    fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        self.blocks.read(range)
    }

    fn note_damage(&self) {
        self.told.store(true, Ordering::Relaxed);
    }
}

/// Versions come in order, equal ones together, whatever the order of the page.
#[test]
fn a_page_is_packed_by_version() {
    let names = [
        "a-1.10.tar.gz",
        "a-1.9-py3-none-any.whl",
        "a-1.8.tgz",
        "a-1.10.0-py3-none-any.whl",
        "a-1.9.tar.gz",
        "a-1!0.zip",
        "a-1.11.tar.bz2",
    ];
    let files: Vec<String> = names.iter().map(|name| format!(r#"{{"filename":"{name}","url":"{name}"}}"#)).collect();
    let detail = packed(&page(&format!(r#"{{"files":[{}]}}"#, files.join(","))), "a");
    let release = |place| {
        let names: Vec<String> =
            detail.files_at(place, &|_| true).iter().map(|file| file.filename.to_string()).collect();
        (detail.version(place).to_string(), names.join(" "))
    };
    let expected = [
        ("1.8", "a-1.8.tgz"),
        ("1.9", "a-1.9-py3-none-any.whl a-1.9.tar.gz"),
        ("1.10", "a-1.10.tar.gz a-1.10.0-py3-none-any.whl"),
        ("1!0", "a-1!0.zip"),
    ];
    let releases: Vec<(String, String)> = (0..detail.version_count()).map(release).collect();
    assert_eq!(releases, expected.map(|(version, names)| (version.to_owned(), names.to_owned())));
    assert_eq!(detail.files_at(1, &|name| name.contains("py3")).len(), 1);
}

#[test]
fn links_are_neither_seen_in_scripts_nor_hidden_by_text() {
    let link = |version: &str| format!(r#"<a href="acme_tools-{version}-py3-none-any.whl">x</a>"#);
    let files =
        |text: String| -> Vec<String> { detail(&text).files().iter().map(|file| file.version().to_string()).collect() };
    let (one, two, three) = (link("1"), link("2"), link("3"));
    assert_eq!(files(format!("{one}<script>var x = '{two}';</script>{three}")), ["1", "3"]);
    assert_eq!(files(format!("<STYLE type='a>b'>{one}</sTyLe >{two}<textarea\n>{three}")), ["2"]);
    assert_eq!(files(format!("{one}<!-- <script> -->{two}<!-- </script> -->")), ["1", "2"]);
    assert_eq!(
        files(format!("<p title='<script>'>{one}</p><scripting>{two}</scripting> 1 < 2 {three}")),
        ["1", "2", "3"]
    );
    assert_eq!(files(format!("<script>{one}</scripts></script>{two}<")), ["2"]);
    assert_eq!(files(format!("{one} <3 {two}<")), ["1", "2"]);
    assert_eq!(files(format!("{one}<script src='x.js'/>{two}<script>'{three}'</script>")), ["1", "2"]);
    assert_eq!(files(format!("{one}<!-- \0 -->{two}")), ["1", "2"]);
}

#[test]
fn deep_and_long_pages_end() {
    let deep = format!("{}{}", "<div>".repeat(100_000), r#"<a href="acme_tools-1.0-py3-none-any.whl">"#);
    assert_eq!(detail(&deep).files().len(), 1);
    let deep = format!(r#"{{"files":[{}1{}]}}"#, r#"{"x":"#.repeat(100_000), "}".repeat(100_000));
    assert_eq!(detail(&deep).skipped.len(), 1);
}

proptest! {
    #[test]
    fn nothing_panics_on_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400), json in any::<bool>()) {
        let start: &[u8] = if json { b"{\"files\":[{\"filename\":\"" } else { b"<a href=" };
        let bytes = [start, &bytes].concat();
        let url = SafeUrl::parse("https://index.example/simple/x/").unwrap();
        if let Ok(page) = ProjectPage::parse(&bytes, None, &url) {
            packed(&page, "x");
            page.holds_credentials();
        }
        let _ = CoreMetadata::parse(&bytes);
    }

    /// What a glance takes for readable is, and is put to the right version.
    #[test]
    fn a_glance_is_right(
        names in proptest::collection::vec(
            "[Aa]cme[-_.]{1,2}tools-{1,2}[-0-9a-zv._+!/% ]{0,9}(-1)?(-(py3|cp312|-|py2\\.py3|\\.))?(-none)?(-(any|a\\.\\.b))?(\\.whl|\\.tar\\.gz|\\.zip|\\.egg)?",
            1..6,
        ),
        references in proptest::collection::vec(
            "(https?:(//|/)?(host|host:80|host:x|u@host|[a b]|\\[::1\\]|%zz|)|ftp://host|//host|/|\\.\\./|)(/[a-z@:?% \\\\]{0,4}){0,2}",
            6,
        ),
    ) {
        let listed = |(name, reference): (&'_ String, &'_ String)| ListedFile {
            filename: name.clone().into(),
            reference: reference.clone().into(),
            ..ListedFile::default()
        };
        let base = SafeUrl::parse("https://index.example/simple/acme-tools/").unwrap();
        let files: Vec<ListedFile<'_>> = names.iter().zip(&references).map(listed).collect();
        let together = ProjectPage { base, files, skipped: Vec::new(), status: ProjectStatus::default() };
        packed(&together, "acme-tools");
    }

    #[test]
    fn nothing_panics_on_specifiers(text in "[<>=!~ ,.*'\"0-9a-z\u{e9}()\\[\\];@]{0,24}") {
        let _ = lenient::specifiers(&text);
        let _ = lenient::requirement(&text);
        let _ = lenient::requirement(&format!("dep{text}"));
    }

    #[test]
    fn what_is_right_is_not_repaired(version in "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}", operator in "(<|<=|>|>=|==|!=)") {
        let text = format!("{operator}{version}");
        prop_assert_eq!(lenient::specifiers(&text), Ok(parse_version_specifiers(&text).unwrap()));
    }
}

#[test]
fn a_digest_that_nothing_can_have_rules_a_file_out() {
    let check = |reference: &str, hashes: &str, expected: Result<usize, &str>| {
        let html = format!("<a href=\"acme_tools-1.0-py3-none-any.whl{reference}\">x</a>");
        let json = format!(
            r#"{{"files":[{{"filename":"acme_tools-1.0-py3-none-any.whl","url":"acme_tools-1.0-py3-none-any.whl","hashes":{hashes}}}]}}"#
        );
        for text in [&html, &json] {
            let page = page(text);
            let found = match (page.files.as_slice(), page.skipped.as_slice()) {
                ([file], []) => Ok(file.hashes.len()),
                ([], [skipped]) => Err(skipped.reason.as_str()),
                other => panic!("{text}: {other:?}"),
            };
            assert_eq!(found, expected, "{text}");
        }
    };
    let good = "ab".repeat(32);
    check(&format!("#sha256={good}"), &format!(r#"{{"sha256":"{good}"}}"#), Ok(1));
    check("#sha256=ab", r#"{"sha256":"ab"}"#, Err("its sha256 digest is malformed"));
    check("#SHA512=zz&md5=x", r#"{"md5":"x","sha512":"zz"}"#, Err("its sha512 digest is malformed"));
    // Servers that know none leave it empty, and one that counts is enough.
    check("#sha256=", r#"{"sha256":""}"#, Ok(0));
    check(&format!("#sha384=1&sha256={good}"), &format!(r#"{{"sha384":"1","sha256":"{good}"}}"#), Ok(1));
}
