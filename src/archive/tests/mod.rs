//! Archives, honest and hostile, built byte by byte.

pub(crate) mod builder;
mod content;
mod content_coding;
mod corpus;
mod entries;
mod headers;
mod lenience;
mod honest;
mod structure;
mod tar;
pub(crate) mod tar_builder;
mod writer;

use std::cell::RefCell;

use super::{ArchiveError, Limits, ZipReader};
use builder::RawZip;

/// Opens an archive and reads every entry of it.
fn read_all(bytes: Vec<u8>, limits: &Limits) -> Result<(), ArchiveError> {
    let reader = ZipReader::new(bytes, limits)?;
    reader.entries().iter().try_for_each(|entry| reader.read(entry, u64::MAX).map(drop))
}

thread_local! {
    /// Every hostile archive that this thread has tried, and why it was refused.
    static REFUSED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes a refusal for the table of the corpus; some archives are named by what makes them, which can be long.
pub(crate) fn note(what: &str, refusal: &str) {
    let short = |text: &str, most: usize| match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    let line = format!("{}: {}", short(&what.escape_debug().to_string(), 60), short(refusal, 160));
    REFUSED.with_borrow_mut(|refused| refused.push(line));
}

/// Runs tests, and gives a line for each archive that was refused in them.
pub(crate) fn table_of(tests: &[fn()]) -> Vec<String> {
    REFUSED.take();
    for test in tests {
        test();
    }
    REFUSED.take()
}

/// The whole chain of an error, as the binary prints it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// Makes one change to an honest archive and expects that it is refused for the reason that `expected` is a part of.
fn refuses(what: &str, expected: &str, change: impl FnOnce(&mut RawZip)) {
    let mut zip = RawZip::honest();
    read_all(zip.bytes(), &Limits::default()).expect("the archive is good before the change");
    change(&mut zip);
    refuses_bytes(what, expected, zip.bytes());
}

fn refuses_bytes(what: &str, expected: &str, bytes: Vec<u8>) {
    match read_all(bytes, &Limits::default()) {
        Ok(()) => panic!("{what}: accepted"),
        Err(error) => {
            let text = chain(&error);
            assert!(text.contains(expected), "{what}: refused for another reason: {text}");
            note(what, &text);
        }
    }
}

fn accepts(what: &str, change: impl FnOnce(&mut RawZip)) {
    let mut zip = RawZip::honest();
    change(&mut zip);
    if let Err(error) = read_all(zip.bytes(), &Limits::default()) {
        panic!("{what}: {}", chain(&error));
    }
}
