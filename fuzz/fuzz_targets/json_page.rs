//! Pages of an index as JSON: no bytes make a reader panic, and `page_laws` holds for what is read.

#![no_main]

mod page_laws;

use barrow::spec::ProjectPage;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(page) = ProjectPage::parse(bytes, Some("application/vnd.pypi.simple.v1+json"), &page_laws::page_url()) {
        page_laws::check(page);
    }
});
