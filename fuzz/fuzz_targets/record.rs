//! RECORD: what is read can be written and read back, and lines are counted upwards.

#![no_main]

use barrow::spec::{RecordEntry, parse_record, write_record_line};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(entries) = parse_record(bytes) else { return };
    let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    assert!(entries.windows(2).all(|pair| pair[0].line < pair[1].line));
    assert!(entries.iter().all(|entry| (1..=lines).contains(&entry.line)));
    // A line is written with both proofs or with none.
    let writable: Vec<&RecordEntry> =
        entries.iter().filter(|entry| entry.hash.is_some() == entry.size.is_some()).collect();
    let mut printed = String::new();
    for entry in &writable {
        write_record_line(&mut printed, &entry.path, entry.hash.as_ref().zip(entry.size));
    }
    let again = parse_record(printed.as_bytes()).unwrap_or_else(|error| panic!("{printed}\n{error}"));
    let fields = |entry: &RecordEntry| (entry.path.clone(), entry.hash.clone(), entry.size);
    assert_eq!(
        again.iter().map(fields).collect::<Vec<_>>(),
        writable.into_iter().map(fields).collect::<Vec<_>>(),
        "{printed}"
    );
});
