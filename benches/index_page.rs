//! Reading a project page of 5,000 files, as large projects have them.

use std::sync::Arc;

use barrow::spec::{IndexOrigin, PackageName, ProjectPage, SafeUrl};

fn main() {
    divan::main();
}

const FILES: usize = 5000;

/// JSON (PEP 691).
#[divan::bench]
fn json(bencher: divan::Bencher) {
    let page = json_page();
    bencher.bench(|| read(page.as_bytes()));
}

/// HTML (PEP 503).
#[divan::bench]
fn html(bencher: divan::Bencher) {
    let page = html_page();
    bencher.bench(|| read(page.as_bytes()));
}

/// From bytes to files that a resolver can choose from.
fn read(page: &[u8]) -> usize {
    let url = SafeUrl::parse("https://index.example/simple/demo/").expect("the URL is right");
    let name: PackageName = "demo".parse().expect("the name is right");
    let origin = Arc::new(IndexOrigin { name: None, url: url.clone() });
    let detail = ProjectPage::parse(page, None, &url).expect("the page is right").project(&name, &origin);
    assert_eq!(detail.files.len(), FILES);
    detail.files.len()
}

fn files() -> impl Iterator<Item = (String, String)> {
    let platforms =
        ["manylinux_2_17_x86_64.manylinux2014_x86_64", "macosx_11_0_arm64", "win_amd64", "musllinux_1_2_x86_64"];
    (0..FILES).map(move |number| {
        let (version, minor, platform) = (number / 20, 8 + number / 4 % 5, platforms[number % 4]);
        (format!("demo-1.{version}.0-cp3{minor}-cp3{minor}-{platform}.whl"), format!("{number:064x}"))
    })
}

fn json_page() -> String {
    let files: Vec<serde_json::Value> = files()
        .map(|(filename, digest)| {
            serde_json::json!({
                "filename": filename,
                "url": format!("https://files.example/packages/{digest}/{filename}"),
                "hashes": { "sha256": digest },
                "requires-python": ">=3.8",
                "size": 1_234_567,
                "upload-time": "2024-05-06T07:08:09.123456Z",
                "yanked": false,
                "core-metadata": { "sha256": digest },
            })
        })
        .collect();
    serde_json::json!({ "meta": { "api-version": "1.1" }, "name": "demo", "files": files }).to_string()
}

fn html_page() -> String {
    let anchors: String = files().fold(String::new(), |page, (filename, digest)| {
        let url = format!("https://files.example/packages/{digest}/{filename}#sha256={digest}");
        page + "<a href=\""
            + &url
            + "\" data-requires-python=\"&gt;=3.8\" data-core-metadata=\"sha256="
            + &digest
            + "\">"
            + &filename
            + "</a><br/>\n"
    });
    format!("<!DOCTYPE html><html><body>\n{anchors}</body></html>\n")
}
