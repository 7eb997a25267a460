//! What holds for every page of an index, in whichever shape it came.

use std::str::FromStr as _;
use std::sync::Arc;

use barrow::spec::{
    DistFilename, HashDigest, IndexOrigin, ListedFile, MetadataOffer, PackageName, PackedPage, ProjectPage, SafeUrl,
    Yanked,
};
use serde_json::json;

/// Where the pages come from.
pub fn page_url() -> SafeUrl {
    SafeUrl::parse("https://index.example/simple/tiny/").expect("a URL")
}

/// A page survives being packed and being printed, and its files are those that names and URLs make.
pub fn check(mut page: ProjectPage) {
    let packed = Arc::new(page.pack().expect("a page of a fuzzer is short"));
    let read = PackedPage::read(packed.as_bytes().to_vec(), 0).expect("what was packed can be read");
    assert_eq!(read.as_bytes(), packed.as_bytes());

    for project in projects(&page) {
        check_project(&page, &packed, &project);
    }

    // Times are printed in another precision; entries that could not be read cannot be printed.
    page.files.iter_mut().for_each(|file| file.upload_time = None);
    page.skipped.clear();
    let printed = as_json(&page);
    let again = ProjectPage::parse(printed.as_bytes(), None, &page.base).expect("our own JSON");
    assert_eq!(again, page, "{printed}");
}

fn projects(page: &ProjectPage) -> Vec<PackageName> {
    let mut names = vec![PackageName::from_str("tiny").expect("a name")];
    for file in page.files.iter().take(4) {
        for (at, _) in file.filename.match_indices('-').take(2) {
            names.extend(PackageName::from_str(&file.filename[..at]));
        }
    }
    names
}

fn check_project(page: &ProjectPage, packed: &Arc<PackedPage>, project: &PackageName) {
    let origin = Arc::new(IndexOrigin { name: None, url: page_url() });
    let detail = packed.project(project, &origin);
    let usable = |file: &&ListedFile| {
        let is_web = |url: SafeUrl| matches!(url.reveal().scheme(), "http" | "https");
        DistFilename::parse(&file.filename, project).is_ok() && page.base.join(&file.reference).is_ok_and(is_web)
    };
    let expected: Vec<&ListedFile> = page.files.iter().filter(usable).collect();
    let names: Vec<&str> = detail.files.iter().map(|file| file.filename.as_str()).collect();
    let expected_names: Vec<&str> = expected.iter().map(|file| &*file.filename).collect();
    assert_eq!(names, expected_names, "the short way and the long way list the same files of {project}");
    for (file, listed) in detail.files.iter().zip(expected) {
        assert_eq!(file.version(), file.filename.version());
        assert_eq!(file.filename.name(), project);
        assert!(!file.filename.as_str().contains(['/', '\\', '\0', '\n', '\u{1b}']), "{:?}", file.filename);
        assert_eq!((&file.hashes, &file.yanked, file.size), (&listed.hashes, &listed.yanked, listed.size));
        assert_eq!(file.url, page.base.join(&listed.reference).expect("it was joined above"));
    }
}

fn digests(digests: &[HashDigest]) -> String {
    // By hand, because a page may give two digests of one algorithm.
    let pairs: Vec<String> =
        digests.iter().map(|digest| format!("\"{}\":\"{}\"", digest.algorithm().as_str(), digest.hex())).collect();
    format!("{{{}}}", pairs.join(","))
}

fn as_json(page: &ProjectPage) -> String {
    let files: Vec<String> = page
        .files
        .iter()
        .map(|file| {
            let mut keys = vec![
                format!("\"filename\":{}", json!(file.filename)),
                format!("\"url\":{}", json!(file.reference)),
                format!("\"hashes\":{}", digests(&file.hashes)),
            ];
            keys.extend(file.size.map(|size| format!("\"size\":{size}")));
            keys.extend(file.requires_python.as_ref().map(|text| format!("\"requires-python\":{}", json!(text))));
            match &file.yanked {
                Yanked::Yes(reason) if reason.is_empty() => keys.push("\"yanked\":true".to_owned()),
                Yanked::Yes(reason) => keys.push(format!("\"yanked\":{}", json!(reason))),
                Yanked::No => {}
            }
            match &file.metadata {
                MetadataOffer::Offered(offered) if offered.is_empty() => keys.push("\"core-metadata\":true".to_owned()),
                MetadataOffer::Offered(offered) => keys.push(format!("\"core-metadata\":{}", digests(offered))),
                MetadataOffer::None => {}
            }
            format!("{{{}}}", keys.join(","))
        })
        .collect();
    format!("{{\"meta\":{{\"api-version\":\"1.1\"}},\"files\":[{}]}}", files.join(","))
}
