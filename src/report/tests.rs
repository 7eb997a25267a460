//! That a page is whole, whatever its data say.

use super::{BEGINNING, ReportPart, filled, page};
use crate::inventory::{Reading, read_finished};
use crate::target::{Architecture, Runtime, Target};

fn part(label: &str) -> ReportPart {
    let folder = tempfile::tempdir().unwrap();
    let info = folder.path().join("one-1.0.dist-info");
    fs_err::create_dir_all(&info).unwrap();
    let hostile =
        "Metadata-Version: 2.1\nName: one\nVersion: 1.0\nSummary: </script><script>alert(1)</script>{script}\n";
    fs_err::write(info.join("METADATA"), hostile).unwrap();
    fs_err::write(info.join("RECORD"), "one/tests/test.py,,\none-1.0.dist-info/METADATA,,\n").unwrap();
    fs_err::create_dir_all(folder.path().join("one/tests")).unwrap();
    fs_err::write(folder.path().join("one/tests/test.py"), "0123456789").unwrap();
    let target = Target::new("python3.13".parse::<Runtime>().unwrap(), Architecture::X86_64);
    let inventory = read_finished(folder.path(), &target, Reading::Sizes).unwrap();
    let passed_over = vec![("one".parse().unwrap(), "2.0".parse().unwrap(), "it is yanked".to_owned())];
    ReportPart { passed_over, ..ReportPart::new(label, inventory) }
}

fn data_of(page: &str) -> serde_json::Value {
    let (_, data) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn hostile_texts_stay_texts() {
    let page = page(&[part("<b>&out")]);
    assert!(page.starts_with(BEGINNING));
    assert!(!page.contains("alert(1)</script>") && !page.contains("<b>&out"));
    let data = data_of(&page);
    assert_eq!(data["parts"][0]["label"], "<b>&out");
    assert_eq!(data["parts"][0]["dists"][0]["summary"], "</script><script>alert(1)</script>{script}");
    assert_eq!(page.matches("<script").count(), 2, "the data, and the script");
}

#[test]
fn nothing_outside_is_asked_for() {
    let page = page(&[part("out")]);
    let markup = page.split_once("id=\"data\">").unwrap();
    let rest = markup.1.split_once("</script>").unwrap().1;
    for text in [markup.0, rest] {
        assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("src="));
        assert!(!text.contains("url(") && !text.contains("@import") && !text.contains("fetch("));
    }
}

#[test]
fn what_slimming_would_save_is_counted_by_rule() {
    let data = data_of(&page(&[part("out")]));
    let rules = data["parts"][0]["rules"].as_array().unwrap();
    assert!(rules.contains(&serde_json::json!(["tests", 1, 10])), "{rules:?}");
    assert_eq!(data["parts"][0]["dists"][0]["slim"], 10);
    assert_eq!(data["parts"][0]["dists"][0]["passed"], serde_json::json!([["2.0", "it is yanked"]]));
    let slimmed = data_of(&page(&[ReportPart { is_slimmed: true, ..part("out") }]));
    assert_eq!(slimmed["parts"][0]["dists"][0]["slim"], 0);
}

#[test]
fn gaps_are_filled_once_and_in_order() {
    assert_eq!(filled("a{x}b{y}c", &[("{x}", "{y}"), ("{y}", "{x}")]), "a{y}bc".replace("bc", "b{x}c"));
}
