//! Advisories in the shapes that PyPI and OSV give.

use std::io::Write as _;

use fs_err as fs;

use super::{Advisories, Advisory, IgnoredAdvisory, Vulnerability, judge, read_answer};
use crate::spec::{PackageName, Version};

fn name(text: &str) -> PackageName {
    text.parse().unwrap()
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn osv(affected: &str) -> String {
    format!(
        r#"{{"id": "PYSEC-2024-1", "aliases": ["CVE-2024-1"], "details": "\n# Bad things. They happen.",
            "affected": [{{"package": {{"ecosystem": "PyPI", "name": "Some_Thing"}}, {affected}}},
                         {{"package": {{"ecosystem": "npm", "name": "other"}}, "versions": ["1"]}}]}}"#
    )
}

fn known(text: &str) -> Advisories {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    let mut advisories = Advisories::default();
    advisories.add(file.path()).unwrap();
    advisories
}

/// Which of some versions are affected, and what mends them.
fn affected(text: &str) -> Vec<String> {
    let advisories = known(text);
    let versions = ["0.9", "1.0", "1.5rc1", "1.5", "2.0", "2.1.post1", "3.0"];
    let shown = versions.iter().filter_map(|text| {
        let found = advisories.of(&name("some-thing"), &version(text));
        let fixed = found.first()?.fixed_in.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        Some(format!("{text} → {fixed}"))
    });
    shown.collect()
}

#[test]
fn ranges_of_versions() {
    let range = |events: &str| osv(&format!(r#""ranges": [{{"type": "ECOSYSTEM", "events": [{events}]}}]"#));
    assert_eq!(
        affected(&range(r#"{"introduced": "0"}, {"fixed": "1.5"}"#)),
        ["0.9 → 1.5", "1.0 → 1.5", "1.5rc1 → 1.5"]
    );
    // In any order, with more than one part.
    assert_eq!(
        affected(&range(r#"{"fixed": "3.0"}, {"introduced": "2.0"}, {"introduced": "0"}, {"fixed": "1.0"}"#)),
        ["0.9 → 1.0", "2.0 → 3.0", "2.1.post1 → 3.0"]
    );
    assert_eq!(affected(&range(r#"{"introduced": "1.5"}, {"last_affected": "2.0"}"#)), ["1.5 → ", "2.0 → "]);
    assert_eq!(affected(&range(r#"{"introduced": "2.1"}"#)), ["2.1.post1 → ", "3.0 → "]);
    assert_eq!(
        affected(&osv(
            r#""versions": ["1.0.0", "not one"], "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]"#
        )),
        ["1.0 → "]
    );
    // A build of a version is that version.
    let last = known(&range(r#"{"introduced": "1.0"}, {"last_affected": "2.0"}"#));
    let listed = known(&osv(r#""versions": ["2.0"]"#));
    for advisories in [last, listed] {
        assert_eq!(advisories.of(&name("some-thing"), &version("2.0+cpu")).len(), 1);
        assert!(advisories.of(&name("some-thing"), &version("2.0.1+cpu")).is_empty());
    }
    let advisory = &known(&osv(r#""versions": ["1.0"]"#)).of(&name("some-thing"), &version("1.0"))[0];
    assert_eq!(advisory.summary.as_deref(), Some("Bad things."));
    assert!(known(&osv(r#""versions": ["1.0"]"#)).of(&name("other"), &version("1")).is_empty(), "another ecosystem");
}

#[test]
fn files_folders_and_zips() {
    let top = tempfile::tempdir().unwrap();
    let (one, text) = (top.path().join("deep/one.json"), osv(r#""versions": ["1.0"]"#));
    fs::create_dir(top.path().join("deep")).unwrap();
    fs::write(&one, &text).unwrap();
    fs::write(top.path().join("README.md"), "no advisory").unwrap();
    let list = top.path().join("list.json");
    fs::write(&list, format!("[{text}]")).unwrap();
    let all = top.path().join("all.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&all).unwrap());
    zip.start_file("PYSEC-2024-1.json", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap();
    for path in [one.as_path(), list.as_path(), all.as_path(), top.path()] {
        let mut advisories = Advisories::default();
        advisories.add(path).unwrap();
        assert!(!advisories.of(&name("some-thing"), &version("1.0")).is_empty(), "{}", path.display());
    }
    let error = |text: &str| {
        fs::write(&list, text).unwrap();
        Advisories::default().add(&list).unwrap_err().to_string()
    };
    assert!(error("{}").ends_with("it has no `id`"));
    assert!(error(r#"{"id": "x"}"#).ends_with("it has no list `affected`"));
    assert!(error("no JSON").contains("is not an advisory in OSV's form"));
    assert!(error("[]").contains("holds no advisories about Python packages"));
    let withdrawn = osv(r#""versions": ["1.0"]"#).replacen('{', r#"{"withdrawn": "2024-01-01T00:00:00Z", "#, 1);
    assert!(error(&withdrawn).contains("holds no advisories"));
    assert!(Advisories::default().add(&top.path().join("absent")).is_err());
}

#[test]
fn answers_of_an_index() {
    let answer = br#"{"info": {}, "vulnerabilities": [
        {"aliases": ["CVE-2018-18074"], "details": "The package sends headers. To anyone.", "fixed_in": ["2.20.0"], "id": "PYSEC-2018-28",
         "link": "https://osv.dev/vulnerability/PYSEC-2018-28", "source": "osv", "summary": null, "withdrawn": null},
        {"aliases": [], "details": "", "fixed_in": [], "id": "PYSEC-2020-1", "withdrawn": "2021-01-01T00:00:00Z"}]}"#;
    let advisories = read_answer(answer).unwrap();
    assert_eq!(advisories.len(), 1, "what was withdrawn does not count");
    assert_eq!(advisories[0].summary.as_deref(), Some("The package sends headers."));
    assert_eq!(advisories[0].fixed_in, [version("2.20.0")]);
    assert_eq!(read_answer(br#"{"vulnerabilities": []}"#), Some(Vec::new()));
    assert_eq!(read_answer(br#"{"info": {}}"#), None, "an index that does not say is no index that knows of none");
    assert_eq!(read_answer(b"<html>"), None);
}

#[test]
fn one_flaw_is_one_finding() {
    let finding = |id: &str, alias: &str, fixed: &str| Vulnerability {
        name: name("thing"),
        version: version("1.0"),
        advisory: Advisory {
            id: id.to_owned(),
            aliases: vec![alias.to_owned()],
            summary: None,
            fixed_in: vec![version(fixed)],
            link: None,
        },
    };
    let all =
        || vec![finding("PYSEC-1", "CVE-1", "2.0"), finding("GHSA-1", "CVE-1", "1.1"), finding("GHSA-2", "CVE-2", "3")];
    let judged = judge(all(), &[]);
    let ids: Vec<&str> = judged.findings.iter().map(|finding| finding.advisory.id.as_str()).collect();
    assert_eq!(ids, ["GHSA-2", "PYSEC-1"]);
    assert_eq!(judged.findings[1].advisory.aliases, ["CVE-1", "GHSA-1"]);
    assert_eq!(judged.findings[1].advisory.fixed_in, [version("1.1"), version("2.0")]);
    let ignores: Vec<IgnoredAdvisory> =
        ["cve-1=not reached", "CVE-9"].iter().map(|text| text.parse().unwrap()).collect();
    let judged = judge(all(), &ignores);
    assert_eq!((judged.findings.len(), judged.ignored.len()), (1, 1));
    assert_eq!(judged.ignored[0].1.reason.as_deref(), Some("not reached"));
    assert_eq!(judged.unused.iter().map(|ignore| ignore.id.as_str()).collect::<Vec<_>>(), ["CVE-9"]);
    assert!("".parse::<IgnoredAdvisory>().is_err() && "a b".parse::<IgnoredAdvisory>().is_err());
}
