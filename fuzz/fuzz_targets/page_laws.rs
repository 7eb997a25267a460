//! What holds for every page of an index, in whichever shape it came.

use std::str::FromStr as _;
use std::sync::Arc;

use barrow::spec::{
    DistFilename, HashDigest, IndexOrigin, ListedFile, MetadataOffer, PackageName, ProjectDetail, ProjectPage, SafeUrl,
    Yanked,
};
use serde_json::json;

/// Where the pages come from.
pub fn page_url() -> SafeUrl {
    SafeUrl::parse("https://index.example/simple/tiny/").expect("a URL")
}

/// A page survives being packed and being printed, and its files are those that names and URLs make.
pub fn check(page: ProjectPage<'_>) {
    let mut page = page.into_owned();
    let whole = page.pack_whole().expect("a page of a fuzzer is short").into_page().expect("it was just packed");
    assert_eq!(whole.unpack().as_ref(), Some(&page));
    for project in projects(&page) {
        check_project(&page, &project);
    }

    // Times are printed in another precision; entries that could not be read cannot be printed.
    page.files.iter_mut().for_each(|file| file.upload_time = None);
    page.skipped.clear();
    let printed = as_json(&page);
    let again = ProjectPage::parse(printed.as_bytes(), None, &page.base).expect("our own JSON");
    assert_eq!(again, page, "{printed}");
}

fn projects(page: &ProjectPage<'_>) -> Vec<PackageName> {
    let mut names = vec![PackageName::from_str("tiny").expect("a name")];
    for file in page.files.iter().take(4) {
        for (at, _) in file.filename.match_indices('-').take(2) {
            names.extend(PackageName::from_str(&file.filename[..at]));
        }
    }
    names
}

fn check_project(page: &ProjectPage<'_>, project: &PackageName) {
    let origin = Arc::new(IndexOrigin { name: None, url: page_url() });
    let direct = page.project(project, &origin);
    let packed = page.pack(project).expect("a page of a fuzzer is short").into_page().expect("it was just packed");
    let packed = Arc::new(packed).project(project, &origin);
    assert_eq!(packed.files(), direct.files(), "packed and not, the same files of {project}");
    let versions =
        |detail: &ProjectDetail| (0..detail.version_count()).map(|at| detail.version(at)).collect::<Vec<_>>();
    assert_eq!(versions(&packed), versions(&direct));
    assert!(versions(&direct).is_sorted());

    let usable = |file: &&ListedFile<'_>| {
        let is_web = |url: SafeUrl| matches!(url.reveal().scheme(), "http" | "https");
        DistFilename::parse(&file.filename, project).is_ok() && page.base.join(&file.reference).is_ok_and(is_web)
    };
    let mut expected: Vec<String> = page.files.iter().filter(usable).map(|file| file.filename.to_string()).collect();
    let files = direct.files();
    let mut names: Vec<String> = files.iter().map(|file| file.filename.to_string()).collect();
    expected.sort();
    names.sort();
    assert_eq!(names, expected, "the files of {project}");
    for file in files {
        assert_eq!(file.filename.name(), project);
        assert!(file.filename.as_str().chars().all(|c| c.is_ascii_graphic() && c != '/' && c != '\\'));
        assert!(file.url.fragment().is_none() || file.url.reveal().scheme() != "file");
    }
}

fn digests(digests: &[HashDigest]) -> String {
    // By hand, because a page may give two digests of one algorithm.
    let pairs: Vec<String> =
        digests.iter().map(|digest| format!("\"{}\":\"{}\"", digest.algorithm().as_str(), digest.hex())).collect();
    format!("{{{}}}", pairs.join(","))
}

fn as_json(page: &ProjectPage<'_>) -> String {
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
            keys.extend(file.provenance.as_ref().map(|text| format!("\"provenance\":{}", json!(text))));
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
