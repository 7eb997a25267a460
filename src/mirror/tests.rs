//! Tests of the manifest and the pages; mirrors as a whole are tested from outside.

use fs_err as fs;

use crate::archive::Limits;

use super::{Mirror, MirrorError, MirrorFile};

fn file(filename: &str) -> MirrorFile {
    MirrorFile {
        filename: filename.to_owned(),
        project: "tiny".to_owned(),
        version: "1.0+local".to_owned(),
        sha256: "ab".repeat(32),
        size: 3,
        metadata_sha256: Some("cd".repeat(32)),
        requires_python: Some(">=3.8,<4".to_owned()),
        yanked: Some("\"bad\"".to_owned()),
        upload_time: None,
        index: "https://index.example/simple/".to_owned(),
    }
}

#[test]
fn attributes_and_links_are_escaped() {
    let page = super::pages::project_pages("tiny", &[&file("tiny-1.0+local-py3-none-any.whl")]);
    let link = format!("../../files/ab/{}/tiny-1.0%2Blocal-py3-none-any.whl", "ab".repeat(32));
    assert!(page.0.contains(&format!("href=\"{link}#sha256={}\"", "ab".repeat(32))), "{}", page.0);
    assert!(page.0.contains("data-requires-python=\"&gt;=3.8,&lt;4\""), "{}", page.0);
    assert!(page.0.contains("data-yanked=\"&quot;bad&quot;\""), "{}", page.0);
    let listing: serde_json::Value = serde_json::from_str(&page.1).unwrap();
    assert_eq!(listing["files"][0]["url"], link);
    assert_eq!(listing["files"][0]["yanked"], "\"bad\"");
}

#[test]
fn a_manifest_cannot_lead_out_of_the_mirror() {
    let good = "tiny-1.0+local-py3-none-any.whl";
    assert_eq!(file(good).problem(), None);
    let check = |change: fn(&mut MirrorFile)| {
        let mut file = file(good);
        change(&mut file);
        let folder = tempfile::tempdir().unwrap();
        let manifest = serde_json::json!({ "schema": 1, "files": [file] });
        fs::write(folder.path().join("barrow-mirror.json"), manifest.to_string()).unwrap();
        let opened = Mirror::open(folder.path(), Limits::default()).map(|_| ());
        assert!(matches!(opened, Err(MirrorError::ManifestContent { .. })), "{opened:?}");
    };
    check(|file| file.filename = "../../../tiny-1.0-py3-none-any.whl".to_owned());
    check(|file| file.filename = "other-1.0-py3-none-any.whl".to_owned());
    check(|file| file.project = "../tiny".to_owned());
    check(|file| file.project = "Tiny".to_owned());
    check(|file| file.sha256 = "../..".to_owned());
    check(|file| file.metadata_sha256 = Some(String::new()));
}
