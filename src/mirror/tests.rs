//! Tests of the manifest and the pages; mirrors as a whole are tested from outside.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fs_err as fs;

use crate::archive::Limits;
use crate::spec::ProjectStatus;

use super::{Mirror, MirrorError, MirrorFile, Patience};

fn file(filename: &str) -> MirrorFile {
    MirrorFile {
        filename: filename.to_owned(),
        project: "tiny".to_owned(),
        version: "1.0+local".to_owned(),
        sha256: "ab".repeat(32),
        size: 3,
        measured: false,
        metadata_sha256: Some("cd".repeat(32)),
        requires_python: Some(">=3.8,<4".to_owned()),
        yanked: Some("\"bad\"".to_owned()),
        upload_time: None,
        provenance: None,
        index: "https://index.example/simple/".to_owned(),
        source: None,
        license: None,
    }
}

#[test]
fn attributes_and_links_are_escaped() {
    let page = super::pages::project_pages("tiny", &[&file("tiny-1.0+local-py3-none-any.whl")], None);
    let link = format!("../../files/ab/{}/tiny-1.0%2Blocal-py3-none-any.whl", "ab".repeat(32));
    assert!(page.0.contains(&format!("href=\"{link}#sha256={}\"", "ab".repeat(32))), "{}", page.0);
    assert!(page.0.contains("data-requires-python=\"&gt;=3.8,&lt;4\""), "{}", page.0);
    assert!(page.0.contains("data-yanked=\"&quot;bad&quot;\""), "{}", page.0);
    let listing: serde_json::Value = serde_json::from_str(&page.1).unwrap();
    assert_eq!(listing["files"][0]["url"], link);
    assert_eq!(listing["files"][0]["yanked"], "\"bad\"");
}

#[test]
fn what_an_index_says_of_a_project_stands_on_both_pages() {
    let status = ProjectStatus { word: "archived".to_owned(), reason: Some("see <other> & \"more\"".to_owned()) };
    let (html, json) = super::pages::project_pages("tiny", &[&file("tiny-1.0+local-py3-none-any.whl")], Some(&status));
    for part in
        ["content=\"1.4\"", "status\" content=\"archived\"", "content=\"see &lt;other&gt; &amp; &quot;more&quot;\""]
    {
        assert!(html.contains(part), "{part}: {html}");
    }
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["project-status"]["reason"], "see <other> & \"more\"");
    assert_eq!(json["meta"]["api-version"], "1.4");
}

#[test]
fn a_lost_manifest_is_made_of_what_pages_tell_truly() {
    let folder = tempfile::tempdir().unwrap();
    let sha256 = crate::spec::sha256(b"abc").hex();
    let rebuilt = |size: u64| {
        let told =
            MirrorFile { sha256: sha256.clone(), metadata_sha256: None, size, ..file("tiny-1.0-py3-none-any.whl") };
        let (file, page) = (folder.path().join(told.path()), folder.path().join("simple/tiny/index.json"));
        for path in [&file, &page] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
        }
        fs::write(file, "abc").unwrap();
        fs::write(page, super::pages::project_pages("tiny", &[&told], None).1).unwrap();
        super::rebuild::rebuilt(folder.path()).map(|contents| contents.files.into_keys().collect::<Vec<_>>())
    };
    assert_eq!(rebuilt(3), Some(vec!["tiny-1.0-py3-none-any.whl".to_owned()]));
    assert_eq!(rebuilt(4), None, "the file is of another size");

    // It is there from then on, whatever becomes of the run that made it; and nothing of it goes by mistake.
    rebuilt(3);
    let none = AtomicBool::new(false);
    drop(open(folder.path(), &none, &|| {}).unwrap());
    fs::create_dir(folder.path().join(".barrow-temporary")).unwrap();
    fs::write(folder.path().join("barrow-mirror.json.new"), "half").unwrap();
    let mut mirror = open(folder.path(), &none, &|| {}).unwrap();
    assert!(!mirror.was_rebuilt() && !folder.path().join("barrow-mirror.json.new").exists());
    assert_eq!(mirror.names().collect::<Vec<_>>(), ["tiny-1.0-py3-none-any.whl"]);
    let pruned = mirror.check_prune(&BTreeSet::new());
    assert!(matches!(pruned, Err(MirrorError::UnknownWouldGo { .. })), "{pruned:?}");

    // A repository has one file, whatever commits it has.
    let url = crate::spec::SafeUrl::parse("https://me:secret@git.example/Team/Tool.git").unwrap();
    let place = |mirror: &mut Mirror, content: &str| {
        let file = folder.path().join("made");
        fs::write(&file, content).unwrap();
        let placed = mirror.place_repository(&url, Vec::new(), &file).unwrap();
        fs::remove_file(file).unwrap();
        mirror.list_repository(placed.clone(), None);
        mirror.publish(None).unwrap();
        placed
    };
    let (one, two) = (place(&mut mirror, "one"), place(&mut mirror, "two"));
    assert_eq!((one.url.as_str(), one.filename.as_str()), ("https://git.example/Team/Tool.git", "tool.bundle"));
    assert!(!folder.path().join(one.path()).exists() && folder.path().join(two.path()).exists());
    assert_eq!(mirror.verify(), Vec::<String>::new());
    fs::write(folder.path().join(two.path()), "damaged").unwrap();
    assert!(mirror.verify().concat().contains("tool.bundle has the sha256"), "{:?}", mirror.verify());
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
        let opened = open(folder.path(), &AtomicBool::new(false), &|| {}).map(|_| ());
        assert!(matches!(opened, Err(MirrorError::ManifestContent { .. })), "{opened:?}");
    };
    check(|file| file.filename = "../../../tiny-1.0-py3-none-any.whl".to_owned());
    check(|file| file.filename = "other-1.0-py3-none-any.whl".to_owned());
    check(|file| file.project = "../tiny".to_owned());
    check(|file| file.project = "Tiny".to_owned());
    check(|file| file.index = "nowhere".to_owned());
    check(|file| file.sha256 = "../..".to_owned());
    check(|file| file.metadata_sha256 = Some(String::new()));
}

#[test]
fn one_that_is_being_changed_is_waited_for_and_not_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let (cancel, told) = (AtomicBool::new(false), AtomicUsize::new(0));
    let waits = || {
        told.fetch_add(1, Ordering::Relaxed);
    };
    let first = open(folder.path(), &cancel, &waits).unwrap();
    assert_eq!(told.load(Ordering::Relaxed), 0);
    let busy = open(folder.path(), &cancel, &waits).map(|_| ()).unwrap_err();
    assert!(matches!(busy, MirrorError::Busy { .. }), "{busy}");
    #[cfg(target_os = "linux")]
    assert!(busy.to_string().contains(&format!("another run (process {})", std::process::id())), "{busy}");
    assert_eq!(told.load(Ordering::Relaxed), 1);
    cancel.store(true, Ordering::Relaxed);
    let cancelled = open(folder.path(), &cancel, &waits).map(|_| ()).unwrap_err();
    assert!(matches!(cancelled, MirrorError::Cancelled), "{cancelled}");
    drop(first);
    // The lock is free as long as nobody has it, and goes to who comes through a link as well.
    let link = folder.path().with_extension("link");
    fs::os::unix::fs::symlink(folder.path(), &link).unwrap();
    let _second = open(&link, &cancel, &waits).unwrap();
    assert!(open(folder.path(), &cancel, &waits).is_err());
    fs::remove_file(&link).unwrap();
}

fn open(folder: &Path, cancel: &AtomicBool, waits: &dyn Fn()) -> Result<Mirror, MirrorError> {
    Mirror::open(folder, Limits::default(), false, &Patience { longest: Duration::from_millis(20), cancel, waits })
}
