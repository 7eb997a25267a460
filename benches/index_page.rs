//! A project page of 5,000 files: as JSON, as HTML, and out of the cache.

use std::fmt::Write as _;
use std::sync::Arc;

use barrow::spec::{IndexOrigin, PackageName, PackedBytes, PackedPage, ProjectPage, SafeUrl};

fn main() {
    divan::main();
}

/// Parsing JSON (PEP 691) into files as listed.
#[divan::bench]
fn json(bencher: divan::Bencher) {
    let page = json_page();
    bencher.bench(|| parse(&page));
}

/// Parsing HTML (PEP 503) into files as listed.
#[divan::bench]
fn html(bencher: divan::Bencher) {
    let page = html_page();
    bencher.bench(|| parse(&page));
}

/// Writing the form that is cached.
#[divan::bench]
fn encode(bencher: divan::Bencher) {
    let text = json_page();
    let page = parse(&text);
    bencher.bench(|| page.pack(&acme()).expect("a page can be packed"));
}

/// Reading its head.
#[divan::bench]
fn decode(bencher: divan::Bencher) {
    let PackedBytes { head, .. } = packed();
    bencher.bench(|| PackedPage::read(head.clone(), Box::new(Vec::new())).expect("what was packed can be read"));
}

/// Looking at the newest version.
#[divan::bench]
fn newest(bencher: divan::Bencher) {
    let url = SafeUrl::parse("https://index.example/simple/").expect("a valid URL");
    let page = Arc::new(packed().into_page().expect("what was packed can be read"));
    let detail = page.project(&acme(), &Arc::new(IndexOrigin { name: None, url }));
    bencher.bench(|| detail.files_at(detail.version_count() - 1, &|_| true));
}

/// A page asked for a project of which it has no file, as find-links pages are.
#[divan::bench]
fn foreign(bencher: divan::Bencher) {
    let text = json_page();
    let page = parse(&text);
    let project: PackageName = "acne".parse().expect("a valid name");
    let url = SafeUrl::parse("https://index.example/simple/").expect("a valid URL");
    let origin = Arc::new(IndexOrigin { name: None, url });
    bencher.bench(|| page.project(&project, &origin));
}

fn packed() -> PackedBytes {
    parse(&json_page()).pack(&acme()).expect("a page can be packed")
}

fn parse(page: &str) -> ProjectPage<'_> {
    let url = SafeUrl::parse("https://index.example/simple/acme/").expect("a valid URL");
    ProjectPage::parse(page.as_bytes(), None, &url).expect("a valid page")
}

fn acme() -> PackageName {
    "acme".parse().expect("a valid name")
}

/// Versions with wheels for several platforms, as large projects have them.
fn names() -> impl Iterator<Item = String> {
    const PLATFORMS: [&str; 5] = [
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "manylinux_2_28_aarch64",
        "musllinux_1_2_x86_64",
        "win_amd64",
        "macosx_11_0_arm64",
    ];
    (0..1000).flat_map(|version| {
        PLATFORMS.iter().map(move |platform| {
            format!("acme-{}.{}.{version}-cp312-cp312-{platform}.whl", version / 100, version / 10 % 10)
        })
    })
}

fn json_page() -> String {
    let mut page = r#"{"meta":{"api-version":"1.4"},"name":"acme","files":["#.to_owned();
    for (at, name) in names().enumerate() {
        let separator = if at == 0 { "" } else { "," };
        write!(
            page,
            r#"{separator}{{"core-metadata":{{"sha256":"{at:064x}"}},"data-dist-info-metadata":{{"sha256":"{at:064x}"}},
            "filename":"{name}","hashes":{{"sha256":"{at:064x}"}},"provenance":null,"requires-python":">=3.{}","size":{at},
            "upload-time":"2024-02-03T04:05:06.{at:06}Z","url":"https://files.example/packages/ab/cd/{at:060x}/{name}","yanked":false}}"#,
            at % 8
        )
        .expect("writing to a string succeeds");
    }
    page + "]}"
}

fn html_page() -> String {
    let mut page = "<!DOCTYPE html><html><body><h1>Links for acme</h1>".to_owned();
    for (at, name) in names().enumerate() {
        writeln!(
            page,
            r#"<a href="https://files.example/packages/ab/cd/{at:060x}/{name}#sha256={at:064x}" data-requires-python="&gt;=3.{}" data-dist-info-metadata="sha256={at:064x}" data-core-metadata="sha256={at:064x}">{name}</a><br />"#,
            at % 8
        )
        .expect("writing to a string succeeds");
    }
    page + "</body></html>"
}
