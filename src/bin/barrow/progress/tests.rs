//! What the progress line says.

use std::time::{Duration, Instant};

use barrow::reporter::Stage;

use super::table::table;
use super::{ProgressRow, ProgressState, RowState, line};

/// Two downloads of five, a second after the first byte.
fn downloading() -> (ProgressState, Instant) {
    let mut state = ProgressState::default();
    let first = state.start("six-1.17.0-py2.py3-none-any.whl".to_owned(), Some(11 << 10));
    let second = state.start("numpy-2.2.6-cp311-cp311-manylinux_2_17_x86_64.whl".to_owned(), Some(16 << 20));
    let begin = Instant::now();
    line(&mut state, begin, 80);
    state.receive(first, 11 << 10);
    state.finish(first);
    state.receive(second, 4 << 20);
    (state, begin + Duration::from_secs(1))
}

#[test]
fn a_line_says_less_where_there_is_less_room() {
    let check = |width: usize, expected: &str| {
        let (mut state, now) = downloading();
        let line = line(&mut state, now, width);
        assert_eq!(line, expected);
        assert!(line.chars().count() <= width, "{line}");
    };
    check(
        200,
        "Downloading 1/2  ━━━━━───────────────  4 MB of 16 MB  4 MB/s  2 s left  numpy-2.2.6-cp311-cp311-manylinux_2_17_x86_64.whl",
    );
    check(90, "Downloading 1/2  ━━━━━───────────────  4 MB of 16 MB  4 MB/s  2 s left  numpy-2.2.6-cp311…");
    check(40, "Downloading 1/2  ━━━━━───────────────");
    check(36, "Downloading 1/2  4 MB of 16 MB");
    check(20, "Downloading 1/2");
    check(5, "Downl");
    check(0, "");
}

#[test]
fn without_downloads_the_stage_is_told() {
    let check = |stage, done, total, expected: &str| {
        let mut state = ProgressState::default();
        state.reach(stage, done, total);
        assert_eq!(line(&mut state, Instant::now(), 80), expected);
    };
    check(Stage::Resolving, 0, 0, "Resolving");
    check(Stage::Resolving, 12, 0, "Resolving 12");
    check(Stage::Building, 0, 2, "Building 0/2");
    check(Stage::Unpacking, 3, 25, "Unpacking 3/25");
    check(Stage::Writing, 0, 5561, "Writing 5561 files");
    check(Stage::Removing, 0, 0, "Removing the temporary cache");
    assert_eq!(line(&mut ProgressState::default(), Instant::now(), 80), "");
}

#[test]
fn what_did_not_arrive_is_not_waited_for() {
    let (mut state, now) = downloading();
    state.finish(1);
    state.reach(Stage::Unpacking, 1, 2);
    assert_eq!(line(&mut state, now, 80), "Unpacking 1/2");
}

/// Three outputs: one made, one under work, one that waits.
fn rows(begin: Instant) -> Vec<ProgressRow> {
    let mut rows: Vec<ProgressRow> =
        ["orders", "a-long-name", "mail"].map(|name| ProgressRow::new(name.to_owned())).into();
    let done = RowState::Done("built", "1.8 MB".to_owned(), Duration::from_millis(2100));
    rows[0].reach(done, begin);
    // What is told late changes nothing.
    rows[0].reach(RowState::Working(None), begin);
    rows[1].reach(RowState::Working(Some(Stage::Unpacking)), begin);
    rows
}

#[test]
fn a_table_has_a_row_for_each_output_while_there_is_room() {
    let begin = Instant::now();
    let shown = |width, height| table(&rows(begin), begin + Duration::from_secs(3), width, height);
    assert_eq!(
        shown(80, 20),
        [
            "orders       built         1.8 MB    2.1 s",
            "a-long-name  unpacking               3.0 s",
            "mail         waiting"
        ]
    );
    let narrow = shown(30, 20);
    assert!(narrow.iter().all(|line| line.chars().count() <= 30) && narrow[1].starts_with("a-long-…"), "{narrow:?}");
}

#[test]
fn a_table_that_is_too_high_counts() {
    let begin = Instant::now();
    let mut rows = rows(begin);
    rows.extend((0..50).map(|at| ProgressRow::new(format!("unit-{at}"))));
    rows[9].reach(RowState::Failed(Duration::ZERO), begin);
    let shown = table(&rows, begin, 80, 4);
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!(shown[0].starts_with("a-long-name") && shown[1] == "2 of 53 are done, 1 of them failed", "{shown:?}");
}

#[test]
fn what_was_drawn_is_taken_away_whole_where_the_terminal_has_broken_it() {
    let (mut state, now) = downloading();
    assert_eq!(state.erased(80), "", "nothing was drawn yet");
    let first = state.redrawn(now, (24, 83));
    assert!(first.starts_with("Downloading 1/2") && first.chars().count() == 80, "{first}");
    assert_eq!(state.erased(83), "\r\u{1b}[J");
    assert_eq!(state.erased(50), "\r\u{1b}[A\u{1b}[J");
    assert_eq!(state.erased(30), "\r\u{1b}[A\u{1b}[A\u{1b}[J");
    // What is drawn next takes the place of what was there.
    assert!(state.redrawn(now, (24, 50)).starts_with("\r\u{1b}[A\u{1b}[JDownloading"));
    assert_eq!(state.erased(50), "\r\u{1b}[J");
}
