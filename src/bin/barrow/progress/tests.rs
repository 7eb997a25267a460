//! What the progress line says.

use std::time::{Duration, Instant};

use barrow::reporter::Stage;

use super::{State, line};

/// Two downloads of five, a second after the first byte.
fn downloading() -> (State, Instant) {
    let mut state = State::default();
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
        let mut state = State::default();
        state.reach(stage, done, total);
        assert_eq!(line(&mut state, Instant::now(), 80), expected);
    };
    check(Stage::Resolving, 0, 0, "Resolving");
    check(Stage::Resolving, 12, 0, "Resolving 12");
    check(Stage::Building, 0, 2, "Building 0/2");
    check(Stage::Unpacking, 3, 25, "Unpacking 3/25");
    check(Stage::Writing, 0, 5561, "Writing 5561 files");
    assert_eq!(line(&mut State::default(), Instant::now(), 80), "");
}

#[test]
fn what_did_not_arrive_is_not_waited_for() {
    let (mut state, now) = downloading();
    state.finish(1);
    state.reach(Stage::Unpacking, 1, 2);
    assert_eq!(line(&mut state, now, 80), "Unpacking 1/2");
}
